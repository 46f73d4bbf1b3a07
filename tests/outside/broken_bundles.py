"""Bundles with one defect each, named after it, made from `docs/spec/` alone; and the golden bundle that they deviate from.

A row of a table is a defect: its name, the codes that a verifier must find, and what is done. In the tables `RECORDED`
the ledger itself goes on with something that should not be; in `OPENED` it begins so; in `PACKED` the golden bundle is
changed afterwards. Of those there are two each: the manifests made anew, as an attacker would, and left as they were
(`-unfixed`), which adds `bundle.manifest`. Archives that are none are in `tests/bundles/variants.py`.

`python -m tests.outside.broken_bundles DIR` writes all of them, with `expected.json` beside: name to the codes that a
verifier must find; `--golden` in the place of DIR writes the golden bundle into `tests/vectors/bundle`.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.outside.bundle_maker import Key, World, archive, base64_of, sha256, uuid_of
from tests.outside.golden import (
    CHECKPOINT,
    DOCUMENT,
    EVENTS,
    ROOTS,
    A,
    B,
    C,
    D,
    Golden,
    Packed,
    flipped,
    golden,
    high_s,
    key_sequence,
    zeros,
)


def nested(depth: int) -> list[Any]:
    """A list of so many levels."""
    return [nested(depth - 1)] if depth > 1 else []


def _nothing(_: object) -> None:
    return None


LOST = "event.malformed tail.cut"  # where a record cannot be read and is the last one of its stream
NOT_ALLOWED, UNTOLD, SIGNATURE = "key.not_allowed", "unchecked.keys", "signature.wrong"
NO_OPENING = "event.left_out unchecked.keys"  # the key stream begins with its second event
ML_DSA = sha256(b"ml-dsa-44\0" + b"x" * 1312).hex()  # keyid of a key that is nobody's
FOUR = ("root one", "root two", "root four")
WEAK = (
    "01" + "00" * 31,
    "00" * 32,
    "ec" + "ff" * 30 + "7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "ff" * 32,
    "02" + "00" * 31,
    "01" + "00" * 30 + "80",
)

Recorded = dict[str, tuple[str, Callable[[Golden], object]]]
Changed = dict[str, tuple[str, Callable[[Packed], object]]]

# fmt: off
SIGNERS: Recorded = {
    **{f"claim-by-{who.replace(' ', '-')}": (NOT_ALLOWED, lambda w, who=who: w.claim([who]))  # type: ignore[misc]
       for who in ("stranger", "log", "root one", "a witness", "recorder a", "root three")},
    "claim-by-one-too-many": (NOT_ALLOWED, lambda w: w.claim([*C, "stranger"])),
    "claim-by-two-recorders": ("", lambda w: w.claim([*B, *C])),
    "claim-in-key-stream": (NOT_ALLOWED, lambda w: w.claim(stream="keys")),
    "unknown-type": ("", lambda w: w.say("something.new", {"deep": [[[[[[[[[[[[[]]]]]]]]]]]]]})),
    "newer-version": ("", lambda w: w.claim(version=99)),
    "key-event-in-a-case": (NOT_ALLOWED, lambda w: w.say("key.rotated", {}, ROOTS)),
    "key-event-of-unknown-type": (UNTOLD, lambda w: w.say("key.rotated", {}, ROOTS, stream="keys")),
    "key-event-of-unknown-type-by-one-root": (NOT_ALLOWED, lambda w: w.say("key.rotated", {}, ROOTS[:1], stream="keys")),
    "key-event-of-newer-version": (UNTOLD, lambda w: w.say("key.added", {}, ROOTS, stream="keys", version=2)),
    "key-event-of-newer-version-by-one-root":
        (NOT_ALLOWED, lambda w: w.say("key.added", {}, ROOTS[:1], stream="keys", version=2)),
    "key-event-of-unknown-type-that-commits": (
        f"{UNTOLD} unchecked.disclosure", lambda w: w.say("key.rotated", {}, ROOTS, stream="keys", commitments={"quote": "0" * 64})),
    "second-opening": (f"ledger.other {NOT_ALLOWED}", lambda w: w.say("ledger.opened", {}, ledger=None)),
    "second-opening-in-key-stream":
        (f"ledger.other {UNTOLD}", lambda w: w.say("ledger.opened", {}, ROOTS, stream="keys", ledger=None)),
    "amends-nothing": (LOST, lambda w: w.say("claim.amended", {})),
    "amends-nothing-badly-signed": (LOST, lambda w: w.say("claim.amended", {}, spoil=flipped)),
    "amends-a-number": (LOST, lambda w: w.say("claim.amended", {"amends": 1})),
    "amends-what-is-not-here": (UNTOLD, lambda w: w.amend("x")),
    "amends-what-is-not-here-by-roots": ("", lambda w: w.amend("x", ROOTS)),
    "amends-what-is-not-here-by-a-stranger": (NOT_ALLOWED, lambda w: w.amend("x", ["stranger"])),
    "amends-what-is-not-here-badly-signed": (f"{SIGNATURE} {UNTOLD}", lambda w: w.amend("x", spoil=flipped)),
    "withdraws-what-is-not-here": (UNTOLD, lambda w: w.say("claim.withdrawn", {"withdraws": "x"})),
    "amends-by-another-recorder": (NOT_ALLOWED, lambda w: w.amend(w.first, B)),
    "amends-by-one-root": (NOT_ALLOWED, lambda w: w.amend(w.first, ROOTS[:1])),
    "amends-by-roots-and-a-recorder": (NOT_ALLOWED, lambda w: w.amend(w.first, (*ROOTS, *C))),
    "amends-itself": (UNTOLD, lambda w: w.amend(w.later(1))),
    "amends-a-later-record": (UNTOLD, lambda w: (w.amend(w.later(2)), w.claim())),
    "amends-by-the-one-before": (NOT_ALLOWED, lambda w: (w.key(succeeds=Key(C[0]).id), w.amend(w.claim(D), C))),
    "amends-by-the-one-after": ("", lambda w: (w.key(succeeds=Key(C[0]).id), w.amend(w.first, D))),
}

KEYS: Recorded = {
    **{f"weak-key-{n}-{role}": ("keys.weak", lambda w, key=key, role=role: w.key("x", role, ROOTS, key=key))  # type: ignore[misc]
       for n, key in enumerate(WEAK) for role in ("recorder", "witness")},
    "weak-key-of-ml-dsa-with-a-seed":
        ("keys.weak", lambda w: w.key("x", "log", ROOTS, algorithm="ml-dsa-44", key="5a" * 32 + "00" * 1280)),
    "weak-key-of-ml-dsa": ("keys.weak", lambda w: w.key("x", "log", ROOTS, algorithm="ml-dsa-44", key="00" * 1312)),
    "weak-key-badly-signed": ("keys.weak", lambda w: w.key("x", by=ROOTS, key=WEAK[0], spoil=flipped)),
    "weak-key-among-roots": ("keys.weak", lambda w: w.roots(*FOUR, roots=[{"holder": "x", "key": WEAK[0]}], threshold=1)),
    **{f"key-added-{name}": (LOST, lambda w, body=body: w.key(by=ROOTS, **body))  # type: ignore[misc]
       for name, body in {
           "role-king": {"role": "king"}, "algorithm": {"algorithm": "rsa"}, "extra-member": {"more": 1},
           "holder-empty": {"holder": ""}, "holder-long": {"holder": "h" * 8001}, "key-short": {"key": "00" * 31},
           "key-upper-case": {"key": Key(D[0]).raw.hex().upper()}, "succeeds-null": {"succeeds": None},
           "succeeds-no-keyid": {"succeeds": "x"}, "ml-dsa-recorder": {"algorithm": "ml-dsa-44", "key": "00" * 1312},
       }.items()},
    "key-added-witness-succeeds": (LOST, lambda w: w.key("w", "witness", ROOTS, succeeds=Key(A[0]).id)),
    **{f"key-added-{name}": (NOT_ALLOWED, lambda w, by=by: w.key(by=by))  # type: ignore[misc]
       for name, by in {
           "by-one-root": ("root one", *D), "by-no-root": D, "by-a-stranger": (*ROOTS, *D, "stranger"),
           "by-a-former-root": ("root one", "root three", *D), "not-by-itself": ROOTS, "by-a-recorder-too": (*ROOTS, *D, *B),
       }.items()},
    **{f"key-added-again-{name.replace(' ', '-')}": (NOT_ALLOWED, lambda w, name=name: w.key(name))  # type: ignore[misc]
       for name in ("recorder a", "recorder b", "root three", "log", "a witness")},
    "key-added-succeeds-a-stranger": (NOT_ALLOWED, lambda w: w.key(succeeds=Key("stranger").id)),
    "key-added-succeeds-itself": (NOT_ALLOWED, lambda w: w.key(succeeds=Key(*D).id)),
    "key-added-succeeds-a-root": (NOT_ALLOWED, lambda w: w.key(succeeds=Key("root one").id)),
    "key-added-that-commits": (LOST, lambda w: w.key(commitments={"quote": "0" * 64})),
    "key-added-by-all-roots": ("", lambda w: w.key(by=(*FOUR, *D))),
    "key-added-holder-longest": ("", lambda w: w.key(holder="\U0001f600" * 5000)),
    "key-added-role-root": (NOT_ALLOWED, lambda w: w.key("root five", "root", ROOTS)),
    "key-added-role-root-well": ("", lambda w: w.key("root five", "root")),
    "key-added-own-signature-flipped": (f"{SIGNATURE} {NOT_ALLOWED}", lambda w: w.key(by=D, spoil=flipped)),
    "witness-signs-its-own-adding": ("", lambda w: w.key("w", "witness")),
    "new-key-signs-at-once": ("", lambda w: (w.key(), w.claim(D))),
    "log-key-added-and-not-signing": ("checkpoint.wrong heads.wrong", lambda w: w.key("log two", "log", ROOTS)),
    "log-key-added-and-signing": ("", lambda w: (w.key("log two", "log", ROOTS), w.sealed_by("log", "log two"))),
    "log-key-revoked": ("checkpoint.wrong heads.wrong", lambda w: w.revoke("log")),
    "log-key-changed": ("", lambda w: (w.key("log two", "log", ROOTS), w.revoke("log"), w.claim(), w.sealed_by("log two"))),
    "revoked-unknown-key": (NOT_ALLOWED, lambda w: w.revoke("stranger")),
    "revoked-of-a-later-size": ("", lambda w: w.revoke(*B, size=10**6, root="0" * 64)),
    "revoked-by-one-root": (NOT_ALLOWED, lambda w: w.revoke(*B, by=ROOTS[:1])),
    "revoked-by-itself": (NOT_ALLOWED, lambda w: w.revoke(*B, by=B)),
    "revoked-again-as-small": ("", lambda w: w.revoke(*A, 14)),
    "revoked-again-smaller": ("", lambda w: w.revoke(*A, 5)),
    "revoked-in-time": ("", lambda w: w.revoke(*B, 21)),
    "revoked-from-the-beginning": ("", lambda w: w.revoke(*B, 0)),
    "revoked-root-that-was-dropped": ("", lambda w: w.revoke("root three", 3)),
    "revoked-root": ("", lambda w: w.revoke("root one", 3)),
    "revoked-witness": ("", lambda w: w.revoke("a witness", 3)),
    "revoked-no-reason": (LOST, lambda w: w.revoke(*B, reason="")),
    "revoked-negative": (LOST, lambda w: w.revoke(*B, -1)),
    "revoked-no-root-hash": (LOST, lambda w: w.revoke(*B, root="x")),
    "revoked-extra-member": (LOST, lambda w: w.revoke(*B, more=1)),
    "revoked-another-root-hash": ("", lambda w: w.revoke(*B, root="0" * 64)),
    "revoked-last-recorder": ("", lambda w: (w.revoke(*B, 3), w.revoke(*C, 3))),
    "revoked-more-roots-than-can-be-missed":
        ("", lambda w: (w.revoke("root one", 3), w.revoke("root two", 3, by=("root two", "root four")))),
    "signed-after-revocation": (NOT_ALLOWED, lambda w: (w.revoke(*B, 3), w.claim(B))),
    "roots-signed-after-revocation": (NOT_ALLOWED, lambda w: (w.revoke("root one", 3), w.key())),
    "roots-well": ("", lambda w: w.roots(*FOUR, "root five", by=(*ROOTS, "root five"))),
    "roots-to-one": ("", lambda w: w.roots("root one", threshold=1)),
    "roots-without-the-new": (NOT_ALLOWED, lambda w: w.roots(*FOUR, "root five")),
    "roots-without-the-old": (NOT_ALLOWED, lambda w: w.roots(*FOUR, "root five", by=("root one", "root five"))),
    "roots-by-a-stranger": (NOT_ALLOWED, lambda w: w.roots(*FOUR, by=(*ROOTS, "stranger"))),
    "roots-too-few-of-the-new": (NOT_ALLOWED, lambda w: w.roots("root one", "root four")),
    "roots-back-to-a-former": (NOT_ALLOWED, lambda w: w.roots("root one", "root three", by=(*ROOTS, "root three"))),
    "roots-to-a-recorder": (NOT_ALLOWED, lambda w: w.roots("root one", *B, by=(*ROOTS, *B))),
    "roots-another-holder":
        ("", lambda w: w.roots(roots=[Key("root one").listed(), {**Key("root two").listed(), "holder": "x"}])),
    "roots-threshold-none": (LOST, lambda w: w.roots(*FOUR, threshold=0)),
    "roots-threshold-too-high": (LOST, lambda w: w.roots(*FOUR, threshold=4)),
    "roots-twice-the-same": (LOST, lambda w: w.roots("root one", "root one")),
    "roots-none": (LOST, lambda w: w.roots()),
    "roots-nine": (LOST, lambda w: w.roots(*(f"r{n}" for n in range(9)))),
    "roots-changed-and-old-ones-sign":
        (NOT_ALLOWED, lambda w: (w.roots("root four", "root five", by=(*ROOTS, "root four", "root five")), w.key())),
}

# A key event that does not hold, and what comes after it.
AFTER: Recorded = {
    "after-a-key-event-not-allowed": (f"{NOT_ALLOWED} {UNTOLD}", lambda w: (w.key(by=("root one", *D)), w.claim(D))),
    "after-a-key-event-not-allowed-known-key":
        (f"{NOT_ALLOWED} {UNTOLD}", lambda w: (w.key(by=("root one", *D)), w.claim(["root two"]))),
    "after-a-key-event-not-allowed-allowed": (NOT_ALLOWED, lambda w: (w.key(by=("root one", *D)), w.claim(C))),
    "after-a-key-event-not-allowed-badly-signed":
        (f"{NOT_ALLOWED} {SIGNATURE}", lambda w: (w.key(by=("root one", *D)), w.claim(C, spoil=flipped))),
    "after-a-key-event-not-allowed-one-that-holds":
        (NOT_ALLOWED, lambda w: (w.key("w", by=("root one", "w")), w.key(), w.claim(D))),
    "after-a-key-event-not-allowed-another":
        (f"{NOT_ALLOWED} {UNTOLD}", lambda w: (w.key("w", by=("root one", "w")), w.key(by=("root one", *D)))),
    "after-an-unreadable-key-event": (UNTOLD, lambda w: (w.say("key.transferred", {"to": "d"}, ROOTS, stream="keys"), w.claim(D))),
    "after-an-unreadable-key-event-by-one-root":
        (f"{NOT_ALLOWED} {UNTOLD}", lambda w: (w.say("key.transferred", {}, ROOTS[:1], stream="keys"), w.claim(D))),
    "after-a-badly-signed-key-event": (f"{SIGNATURE} {UNTOLD}", lambda w: (w.key(spoil=flipped), w.claim(D))),
    "after-a-weak-key": (f"keys.weak {UNTOLD}", lambda w: (w.key("x", key=WEAK[0]), w.claim(D))),
    "after-a-malformed-key-event": (f"{LOST} {UNTOLD}", lambda w: (w.key(holder=""), w.claim(D))),
    "after-a-malformed-event": (f"event.malformed event.left_out {UNTOLD}", lambda w: (w.claim(version=0), w.claim(D))),
    "after-a-gap-in-the-key-stream":
        (f"event.left_out {UNTOLD}", lambda w: (w.key("w", "witness", sequence=key_sequence(w) + 1), w.claim(D))),
    "after-a-gap-in-the-key-stream-at-once":
        (f"event.left_out {UNTOLD}", lambda w: w.key("w", "witness", (*ROOTS, "stranger"), sequence=key_sequence(w) + 1)),
    "after-a-key-event-of-another-chain": (f"chain.broken {UNTOLD}", lambda w: (w.key(previous="0" * 64), w.claim(D))),
    "after-a-key-event-of-an-id-that-was-there": (f"chain.broken {UNTOLD}", lambda w: (w.key(id=w.first), w.claim(D))),
    "after-a-claim-in-the-key-stream": (f"{NOT_ALLOWED} {UNTOLD}", lambda w: (w.claim(stream="keys"), w.claim(["stranger"]))),
    "after-a-key-event-in-a-case": (NOT_ALLOWED, lambda w: (w.say("key.rotated", {}, ROOTS), w.claim(D))),
    "after-a-case-event-not-allowed": (NOT_ALLOWED, lambda w: (w.claim(["stranger"]), w.claim(D))),
}

SIGNED: Recorded = {
    "signature-flipped": (SIGNATURE, lambda w: w.claim(B, {"quote": "x"}, spoil=flipped)),
    "signature-high-s": (SIGNATURE, lambda w: w.claim(B, {"quote": "x"}, spoil=high_s)),
    "signature-zeros": (SIGNATURE, lambda w: w.claim(B, {"quote": "x"}, spoil=zeros)),
    "signature-flipped-of-a-log-key": (f"{SIGNATURE} {NOT_ALLOWED}", lambda w: w.claim(["log"], spoil=flipped)),
    "signature-flipped-of-a-key-that-ended": (f"{SIGNATURE} {NOT_ALLOWED}", lambda w: w.claim(A, spoil=flipped)),
    "signature-flipped-of-a-stranger": (NOT_ALLOWED, lambda w: w.claim(["stranger"], spoil=flipped)),
    "signature-under-a-key-of-ml-dsa": (NOT_ALLOWED, lambda w: (
        w.key("x", "log", ROOTS, algorithm="ml-dsa-44", key="78" * 1312),
        w.claim(spoil=lambda s: [{**s[0], "keyid": ML_DSA}]), w.revoke("x", key=ML_DSA))),
    "signature-by-other-keyid": (SIGNATURE, lambda w: w.claim(B, spoil=lambda s: [{**s[0], "keyid": Key(C[0]).id}])),
    **{f"envelope-signatures-{name}": (LOST, lambda w, spoil=spoil: w.signed_anyhow(spoil))  # type: ignore[misc]
       for name, spoil in {
           "none": lambda s: [], "twice": lambda s: [*s, *s], "descending": lambda s: s[::-1],
           "seventeen": lambda s: [{"keyid": f"{n:064x}", "sig": s[0]["sig"]} for n in range(17)],
           "short": lambda s: [{**s[0], "sig": base64_of(bytes(63))}], "long": lambda s: [{**s[0], "sig": base64_of(bytes(65))}],
           "unpadded": lambda s: [{**s[0], "sig": s[0]["sig"].rstrip("=")}],
           "unused-bits": lambda s: [{**s[0], "sig": base64_of(bytes(64))[:85] + "B=="}],
           "url-safe": lambda s: [{**s[0], "sig": "-_" * 43 + "=="}], "extra-member": lambda s: [{**s[0], "alg": "none"}],
           "keyid-upper-case": lambda s: [{**s[0], "keyid": s[0]["keyid"].upper()}],
           "null": lambda s: [{**s[0], "sig": None}], "no-list": lambda s: s[0],
       }.items()},
}

PAYLOADS: Recorded = {
    **{f"payload-{name}": (LOST, lambda w, changes=changes: w.claim(**changes))  # type: ignore[misc]
       for name, changes in {
           "type-of-one-word": {"type": "claim"}, "type-upper-case": {"type": "Claim.recorded"},
           "version-zero": {"version": 0}, "version-true": {"version": True}, "version-text": {"version": "1"},
           "ledger-null": {"ledger": None}, "ledger-upper-case": {"ledger": "A" * 64},
           "previous-null": {"previous": None}, "previous-short": {"previous": "00"},
           "opening-that-names-a-ledger": {"type": "ledger.opened"},
           "id-of-version-1": {"id": "ae89ec63-8bbe-1342-98be-9e233ed81038"},
           "id-of-variant": {"id": "ae89ec63-8bbe-4342-c8be-9e233ed81038"},
           "time-no-day": {"recorded_at": "2025-02-29T10:00:00.000000Z"},
           "time-leap-second": {"recorded_at": "2025-02-28T10:00:60.000000Z"},
           "time-hour-24": {"recorded_at": "2025-02-28T24:00:00.000000Z"},
           "time-year-0": {"recorded_at": "0000-02-28T10:00:00.000000Z"},
           "time-offset": {"recorded_at": "2025-02-28T10:00:00.000000+00:00"},
           "time-milliseconds": {"recorded_at": "2025-02-28T10:00:00.000Z"},
           "time-other-digits": {"recorded_at": "2025-02-28T10:00:0\u0664.000000Z"},
           "time-zone": {"recorded_at": "2025-02-28T10:00:00.000000+05:30Z"},
           "time-newline": {"recorded_at": "2025-02-28T10:00:00.000000Z\n"},
           "body-list": {"body": []}, "body-float": {"body": {"n": 1.5}}, "body-huge": {"body": {"n": 2**53}},
           "body-negative-huge": {"body": {"n": -(2**53)}}, "body-name-not-ascii": {"body": {"\u00e9": 1}},
           "body-deep": {"body": {"n": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}}, "body-long": {"body": {"n": "x" * 33_000}},
           "commitments-list": {"commitments": []}, "commitments-slot": {"commitments": {"Quote": "0" * 64}},
           "commitments-digest": {"commitments": {"quote": "0" * 63}}, "extra-member": {"more": 1},
       }.items()},
    "payload-sequence-zero": ("event.malformed heads.wrong", lambda w: w.claim(sequence=0)),
    "payload-sequence-huge": ("event.malformed heads.wrong", lambda w: w.claim(sequence=2**53)),
    "payload-body-largest-number": ("", lambda w: w.claim(body={"n": [2**53 - 1, 1 - 2**53]})),
    "payload-body-deepest": ("", lambda w: w.claim(body={"n": [[[[[[[[[[[[[[]]]]]]]]]]]]]]})),
    "payload-body-brackets-in-text": ("", lambda w: w.claim(body={"n": '[[[[[[\\"{{{{{{{{{{{{{{{{\\'})),
    "payload-every-escape": ("", lambda w: w.claim(body={"n": "".join(map(chr, range(130)))})),
    "payload-time-early": ("", lambda w: w.claim(recorded_at="0001-01-01T00:00:00.000000Z")),
    "payload-time-leap-day": ("", lambda w: w.claim(recorded_at="2024-02-29T23:59:59.999999Z")),
}

CHAINS: Recorded = {
    "chain-gap": ("event.left_out", lambda w: w.claim(sequence=20)),
    "chain-gap-beyond-the-log": ("event.left_out heads.wrong", lambda w: w.claim(sequence=99)),
    "chain-repeated": ("chain.broken", lambda w: w.claim(sequence=2)),
    "chain-previous": ("chain.broken", lambda w: w.claim(previous="0" * 64)),
    "chain-goes-on-from-there": ("event.left_out", lambda w: (w.claim(sequence=20), w.claim())),
    "chain-case-opened-later": ("", lambda w: w.say("case.opened", {"case": "x"})),
    "chain-case-in-register": ("", lambda w: w.say("case.opened", {"case": "x"}, stream="register")),
    "chain-id-twice": ("chain.broken", lambda w: w.claim(id=w.first)),
    "chain-id-twice-with-a-slot": ("chain.broken", lambda w: w.claim(id=w.source)),
    "ledger-of-another": ("ledger.other", lambda w: w.claim(ledger="0" * 64)),
    "erased-one-slot": ("", lambda w: w.erase(["quote"])),
    "erased-both-slots": ("", lambda w: w.erase(["quote", "entity.name"])),
    "erased-in-the-register": ("unchecked.disclosure", lambda w: w.erase(["quote"], stream="register")),
    "erased-by-a-stranger": (NOT_ALLOWED, lambda w: w.erase(["quote"], ["stranger"])),
    "erased-badly-signed": (SIGNATURE, lambda w: w.erase(["quote"], spoil=flipped)),
    "erased-a-slot-that-is-not": ("", lambda w: w.erase(["x"])),
    "erased-no-list": ("", lambda w: w.erase({})),
    "erased-a-list-of-more-than-slots": ("", lambda w: w.erase([1, "quote", None])),
    "erased-where-two-have-one-id": ("chain.broken", lambda w: (w.claim(C, {"quote": "x"}, id=w.first), w.erase(["quote"]))),
    "said-in-32768-bytes": ("", lambda w: w.claim(C, {"quote": "x" * (32_768 - w.length_of_words())})),
    "said-in-32769-bytes": ("disclosure.wrong", lambda w: w.claim(C, {"quote": "x" * (32_769 - w.length_of_words())})),
    "said-as-deep-as-can-be": ("", lambda w: w.claim(C, {"quote": nested(15)})),
    "said-deeper-than-can-be": (LOST, lambda w: w.claim(C, {"quote": nested(16)})),
    "erased-with-its-erasure": ("", lambda w: w.erase(["quote"], of=w.later(1))),
    "erased-before-it-was-said": ("unchecked.disclosure", lambda w: (w.erase(["quote"], of=w.later(2)), w.claim(C, {"quote": "x"}))),
}

# Records in a second case, which is in the bundle as well.
CASES: Recorded = {
    "cases-opened-twice": ("", lambda w: w.say("case.opened", {"case": "harbour"}, stream="x")),
    "cases-without-an-opening": ("", lambda w: w.claim(stream="x")),
    "cases-of-a-number": ("", lambda w: w.say("case.opened", {"case": 7}, stream="x")),
    "cases-opening-badly-signed": (SIGNATURE, lambda w: w.say("case.opened", {"case": "x"}, stream="x", spoil=flipped)),
    "cases-opening-not-allowed": (NOT_ALLOWED, lambda w: w.say("case.opened", {"case": "x"}, ["stranger"], stream="x")),
}

OPENED: dict[str, tuple[str, dict[str, Any]]] = {
    "well": ("", {}),
    "by-all-roots": ("", {"signers": (*ROOTS, "root three")}),
    "by-one-root": (f"{NOT_ALLOWED} {UNTOLD}", {"signers": ROOTS[:1]}),
    "by-a-stranger-too": (f"{NOT_ALLOWED} {UNTOLD}", {"signers": (*ROOTS, "stranger")}),
    "by-the-log-too": (f"{NOT_ALLOWED} {UNTOLD}", {"signers": (*ROOTS, "log")}),
    "badly-signed": (f"{SIGNATURE} {UNTOLD}", {"spoil": flipped}),
    "badly-signed-by-one-root": (f"{SIGNATURE} {NOT_ALLOWED} {UNTOLD}", {"signers": ROOTS[:1], "spoil": flipped}),
    "weak-root": (f"keys.weak {UNTOLD}", {"body": {"roots": [Key("root one").listed(), {"holder": "x", "key": WEAK[0]}]}}),
    "weak-log": (f"keys.weak {UNTOLD}", {"body": {"logs": [{"holder": "x", "algorithm": "ed25519", "key": WEAK[1]}]}}),
    "without-a-log": ("checkpoint.wrong heads.wrong", {"body": {"logs": []}}),
    "of-version-2": (UNTOLD, {"version": 2}),
    "origin-of-200-characters": ("", {"origin": "!~" * 100}),
    "origin-of-another-name": ("checkpoint.wrong heads.wrong", {"body": {"origin": "example.org/other"}}),
    **{name: (f"event.malformed {NO_OPENING}", changes) for name, changes in dict[str, dict[str, Any]]({
        "of-another-type": {"type": "case.opened", "ledger": "0" * 64},
        "of-another-ledger-member": {"ledger": "0" * 64},
        **{f"origin-with-{ord(each):04x}": {"body": {"origin": f"a{each}b"}} for each in "\x01\t\x1c\x7f\xa0\xe9\u2028\ufeff\U0001f600"},
        "origin-empty": {"body": {"origin": ""}}, "origin-of-201-characters": {"body": {"origin": "a" * 201}},
        "origin-with-plus": {"body": {"origin": "a+b"}}, "origin-with-space": {"body": {"origin": "a b"}},
        "extra-member": {"body": {"more": 1}}, "threshold-too-high": {"body": {"threshold": 4}},
        "key-twice": {"body": {"roots": [Key("root one").listed()] * 2}},
        "log-is-a-root": {"body": {"logs": [{**Key("root one").listed(), "algorithm": "ed25519"}]}},
        "that-commits": {"commitments": {"quote": "0" * 64}},
        "at-sequence-2": {"sequence": 2, "previous": "0" * 64},
    }).items()},
}

BAD, NOT_THE_LOGS, NOT_AN_END = "bundle.malformed", "checkpoint.wrong", "heads.wrong"
LINE = "\u2014 {} {}\n"

LOG: Changed = {
    "checkpoint-gone": ("unchecked.checkpoint", lambda b: b.drop(CHECKPOINT)),
    "checkpoint-by-a-stranger": (NOT_THE_LOGS, lambda b: b.checkpoint(logs=[Key("stranger")])),
    "checkpoint-by-a-stranger-too": ("", lambda b: b.checkpoint(logs=[Key("log"), Key("stranger")])),
    "checkpoint-of-a-smaller-size": (f"proof.wrong {NOT_AN_END}", lambda b: b.checkpoint(size=b.size - 1)),
    "checkpoint-of-a-size-that-leaves-one-out":
        (f"proof.wrong {NOT_AN_END} unchecked.sealed", lambda b: b.checkpoint(size=b.size - 2)),
    "checkpoint-of-size-zero": (f"proof.wrong {NOT_AN_END} unchecked.sealed", lambda b: b.checkpoint(size=0)),
    "checkpoint-of-another-root": (f"{NOT_THE_LOGS} proof.wrong {NOT_AN_END}", lambda b: b.put(
        CHECKPOINT, lambda d: d.replace(base64_of(b.world.root_hash(b.size)).encode(), base64_of(bytes(32)).encode()))),
    "checkpoint-of-another-origin": (NOT_THE_LOGS, lambda b: b.checkpoint(origin="example.org/x")),
    "checkpoint-with-an-extension": (NOT_THE_LOGS, lambda b: b.checkpoint(lines=["extension"])),
    "checkpoint-signature-flipped": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n[:-10] + b"A" + n[-9:])),
    "checkpoint-without-signature": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n.partition(b"\n\n")[0] + b"\n\n")),
    "checkpoint-cut": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n[:-1])),
    "checkpoint-empty": (NOT_THE_LOGS, lambda b: b.put(CHECKPOINT, b"")),
    "checkpoint-not-utf8": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: b"\xff" + n)),
    "checkpoint-carriage-return": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n.replace(b"\n", b"\r\n"))),
    "checkpoint-leading-zero": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n.replace(b"\n%d\n" % b.size, b"\n0%d\n" % b.size))),
    "checkpoint-hundred-lines": ("", lambda b: b.checkpoint(logs=[Key("log")] * 100)),
    "checkpoint-hundred-and-one-lines": (NOT_THE_LOGS, lambda b: b.checkpoint(logs=[Key("log")] * 101)),
    "checkpoint-one-good-line-one-bad": (
        NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n + n.rpartition(b"\n\n")[2][:-10] + b"AAAAAAA==\n")),
    "checkpoint-too-long": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n + LINE.format("x", "A" * 1_000_000).encode())),
    "checkpoint-line-of-a-witness": ("", lambda b: b.checkpoint(lambda n: n + LINE.format("w", base64_of(bytes(76))).encode())),
    "checkpoint-line-without-name": (
        NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n + LINE.format("", base64_of(bytes(76))).encode())),
    "checkpoint-line-not-base64": (NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n + LINE.format("w", "AAA").encode())),
    "checkpoint-line-of-one-byte": ("", lambda b: b.checkpoint(lambda n: n + LINE.format("w", base64_of(bytes(5))).encode())),
    "checkpoint-line-of-no-byte": (
        NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n + LINE.format("w", base64_of(bytes(4))).encode())),
    "checkpoint-line-of-a-name-with-a-control": (
        NOT_THE_LOGS, lambda b: b.checkpoint(lambda n: n + LINE.format("w\x01", base64_of(bytes(76))).encode())),
    "checkpoint-is-a-head": (NOT_THE_LOGS, lambda b: b.put(CHECKPOINT, b.files[b.head_of("harbour")])),
    "heads-none": ("unchecked.heads", lambda b: b.drop(*(b.head_of(name) for name in ("keys", "register", "harbour")))),
    "heads-one-gone": ("unchecked.heads", lambda b: b.drop(b.head_of("register"))),
    "heads-of-another-stream": (NOT_AN_END, lambda b: b.head(of="register", under="harbour")),
    "heads-swapped": (NOT_AN_END, lambda b: b.head(of="register", under="keys").head(of="keys", under="register")),
    "heads-under-another-name": (f"{NOT_AN_END} unchecked.heads", lambda b: b.head(under="quarry").drop(b.head_of("harbour"))),
    "heads-of-a-stream-that-is-not-here": ("tail.cut", lambda b: b.head(of="quarry")),
    "heads-of-a-stream-that-never-was":
        ("tail.cut", lambda b: b.head(f"{uuid_of('x')} 1 {'0' * 64}", under=uuid_of("x"))),
    "heads-two-lines": (NOT_AN_END, lambda b: b.head(*b.world.heads(b.size, ["harbour", "keys"]).values())),
    "heads-no-line": (NOT_AN_END, lambda b: b.put(b.head_of("harbour"), b.world.note(f"{b.world.origin}/heads", b.size))),
    "heads-by-a-stranger": (NOT_AN_END, lambda b: b.head(logs=[Key("stranger")])),
    "heads-by-a-stranger-too": ("", lambda b: b.head(logs=[Key("log"), Key("stranger")])),
    "heads-by-the-log-twice": ("", lambda b: b.head(logs=[Key("log")] * 2)),
    "heads-one-good-line-one-bad": (NOT_AN_END, lambda b: b.put(
        b.head_of("harbour"), lambda n: n + n.rpartition(b"\n\n")[2][:-10] + b"AAAAAAA==\n")),
    "heads-of-a-smaller-size": (NOT_AN_END, lambda b: b.head(size=b.size - 1)),
    "heads-under-the-origin": (NOT_AN_END, lambda b: b.head(name="")),
    "heads-is-the-checkpoint": (NOT_AN_END, lambda b: b.put(b.head_of("harbour"), b.files[CHECKPOINT])),
    "heads-empty": (NOT_AN_END, lambda b: b.put(b.head_of("harbour"), b"")),
    "heads-hundred-and-one-lines": (NOT_AN_END, lambda b: b.head(logs=[Key("log")] * 101)),
    "heads-register-taken-out-whole": ("unchecked.heads", lambda b: b.drop(b.head_of("register")).lines(
        EVENTS, lambda ls: [line for line in ls if b.world.streams["register"].encode() not in base64.b64decode(
            json.loads(line)["envelope"]["payload"])])),
    "heads-register-taken-out-and-its-head-left": ("tail.cut", lambda b: b.lines(
        EVENTS, lambda ls: [line for line in ls if b.world.streams["register"].encode() not in base64.b64decode(
            json.loads(line)["envelope"]["payload"])])),
    "heads-later-end": ("tail.cut", lambda b: b.end(12)),
    "heads-earlier-end": (NOT_AN_END, lambda b: b.end(10)),
    "heads-leaf-changed": (NOT_AN_END, lambda b: b.end(leaf="0" * 64)),
    "heads-leaf-of-no-form": (NOT_AN_END, lambda b: b.end(leaf="g" * 64)),
    "heads-sequence-zero": (NOT_AN_END, lambda b: b.end(0)),
    "heads-sequence-leading-zero": (NOT_AN_END, lambda b: b.end("011")),
    "heads-sequence-beyond-size": (NOT_AN_END, lambda b: b.end(99)),
}

LINES: Changed = {
    **{f"events-line-{name}": (codes, lambda b, change=change: b.lines(EVENTS, change))  # type: ignore[misc]
       for name, codes, change in (
           ("with-a-space", LOST, lambda ls: [*ls[:-1], ls[-1].replace(b",", b", ", 1)]),
           ("without-its-end", LOST, lambda ls: [*ls[:-1], ls[-1][:-1]]),
           ("with-a-carriage-return", LOST, lambda ls: [*ls[:-1], ls[-1][:-1] + b"\r\n"]),
           ("empty", "event.malformed", lambda ls: [*ls, b"\n"]),
           ("nonsense", "event.malformed", lambda ls: [*ls, b"nonsense\n"]),
           ("number", "event.malformed", lambda ls: [*ls, b"1\n"]),
           ("nonsense-and-one-after", "event.malformed", lambda ls: [*ls[:-1], b"nonsense\n", ls[-1]]),
           ("of-three-megabytes", "event.malformed", lambda ls: [*ls, b"[" * 3_000_000 + b"\n"]),
           ("deep", "event.malformed", lambda ls: [*ls, b"[" * 20_000 + b"]" * 9_000 + b"\n"]),
           ("not-utf8", "event.malformed", lambda ls: [*ls, b'"\xff"\n']),
           ("of-quotes", "event.malformed", lambda ls: [*ls, b'"' + b'\\"' * 2**20 + b"\n"]),
           ("of-many-digits", "event.malformed", lambda ls: [*ls, b"1" * 2**20 + b"\n"]),
           ("lone-surrogate", "event.malformed", lambda ls: [*ls, b'"\\ud800"\n']),
       )},
    "events-first-twice": ("chain.broken", lambda b: b.lines(EVENTS, lambda ls: [ls[0], *ls])),
    "events-last-twice": ("chain.broken", lambda b: b.lines(EVENTS, lambda ls: [*ls, ls[-1]])),
    "events-first-left-out": (NO_OPENING, lambda b: b.lines(EVENTS, lambda ls: ls[1:])),
    "events-no-key-stream": (UNTOLD, lambda b: b.lines(EVENTS, lambda ls: [*ls[4:11], *ls[12:14], *ls[15:17], ls[18]])),
    "events-one-left-out":
        (f"event.left_out {UNTOLD}", lambda b: b.lines(EVENTS, lambda ls: [*ls[:7], *ls[8:]])),
    "events-one-malformed": (f"event.malformed event.left_out {UNTOLD}",
                             lambda b: b.lines(EVENTS, lambda ls: [*ls[:7], b"x\n", *ls[8:]])),
    "events-last-cut": ("tail.cut", lambda b: b.lines(EVENTS, lambda ls: ls[:-1])),
    "events-two-last-cut": ("tail.cut", lambda b: b.lines(EVENTS, lambda ls: ls[:-2])),
    "events-two-first-swapped":
        (f"chain.broken {NO_OPENING}", lambda b: b.lines(EVENTS, lambda ls: [ls[1], ls[0], *ls[2:]])),
    "events-two-last-swapped":
        ("chain.broken tail.cut", lambda b: b.lines(EVENTS, lambda ls: [*ls[:-2], ls[-1], ls[-2]])),
    "events-emptied": ("ledger.other", lambda b: b.put(EVENTS, b"")),
    "events-reversed": (f"chain.broken event.left_out {UNTOLD}", lambda b: b.lines(EVENTS, lambda ls: ls[::-1])),
    "events-index-moved": ("proof.wrong unchecked.sealed tail.cut", lambda b: b.event(-1, index=99)),
    "events-index-moved-a-little": ("proof.wrong", lambda b: b.event(-1, index=21)),
    "events-index-as-before": ("chain.broken tail.cut", lambda b: b.event(-1, index=19)),
    **{f"events-{name}": (LOST, lambda b, change=change: b.event(-1, **change))  # type: ignore[misc]
       for name, change in {
           "extra-member": {"more": 1}, "without-envelope": {"envelope": ...}, "without-index": {"index": ...},
           "without-proof": {"proof": ...}, "without-slots": {"slots": ...}, "envelope-null": {"envelope": None},
           "index-text": {"index": "20"}, "index-negative": {"index": -20}, "index-true": {"index": True},
           "proof-number": {"proof": 1}, "proof-of-64": {"proof": [base64_of(bytes(32))] * 64},
           "proof-of-short-hashes": {"proof": [base64_of(bytes(31))]}, "proof-of-hex": {"proof": ["00" * 32]},
           "proof-of-null": {"proof": [None]}, "slots-null": {"slots": None}, "slots-text": {"slots": "quote"},
           "slots-list": {"slots": ["quote"]}, "of-an-older-format": {"slots": ..., "withheld": []},
       }.items()},
    "events-envelope-extra-member": (LOST, lambda b: b.envelope(more=1)),
    "events-envelope-of-another-type": (LOST, lambda b: b.envelope(payloadType="application/json")),
    "events-envelope-payload-unpadded":
        (LOST, lambda b: b.envelope(payload=base64_of(b'{"a":1} ').rstrip("="))),
    "proof-null": ("unchecked.proof", lambda b: b.event(5, proof=None)),
    "proof-null-everywhere": ("unchecked.proof", lambda b: [b.event(which, proof=None) for which in range(19)]),
    "proof-empty": ("proof.wrong", lambda b: b.event(5, proof=[])),
    "proof-hash-missing": ("proof.wrong", lambda b: b.proof(0, lambda hashes: hashes[1:])),
    "proof-hash-more": ("proof.wrong", lambda b: b.proof(0, lambda hashes: [*hashes, base64_of(bytes(32))])),
    "proof-hash-changed": ("proof.wrong", lambda b: b.proof(0, lambda hashes: [base64_of(bytes(32)), *hashes[1:]])),
    "proof-hashes-reversed": ("proof.wrong", lambda b: b.proof(0, lambda hashes: hashes[::-1])),
    "proof-of-63": ("proof.wrong", lambda b: b.event(5, proof=[base64_of(bytes(32))] * 63)),
}

# As long as a line can be, and longer: nothing is looked at after such a line.
LONG: Changed = {
    "line-as-long-as-can-be": ("disclosure.elsewhere", lambda b: b.fill(2**24)),
    "line-longer-than-can-be": (LOST, lambda b: b.fill(2**24 + 1)),
    "line-that-is-long-and-one-after": (LOST, lambda b: b.lines(EVENTS, lambda ls: [*ls[:-1], b"x" * (2**24 + 1) + b"\n", ls[-1]])),
}

# What stands for the protected content of a record: left out, withheld, of another one, wrong, erased.
WORDS: Changed = {
    "slot-left-out": ("unchecked.disclosure", lambda b: b.slot(-1, "quote", ...)),
    "slot-withheld": ("", lambda b: b.slot(-1, "quote", None)),
    "slot-that-was-withheld-left-out": ("unchecked.disclosure", lambda b: b.slot(7, "entity.name", ...)),
    "slot-that-was-withheld-given": ("", lambda b: b.slot(7, "entity.name", b.kept("entity.name"))),
    "slot-that-is-none-withheld": ("disclosure.elsewhere", lambda b: b.slot(-1, "x", None)),
    "slot-that-is-none-given": ("disclosure.elsewhere", lambda b: b.slot(-1, "x", b.kept("entity.contact"))),
    "slots-emptied": ("unchecked.disclosure", lambda b: [b.event(which, slots={}) for which in range(19)]),
    "slot-that-was-erased-withheld": ("", lambda b: b.slot(9, "claim.text", None)),
    "slot-that-was-erased-given": ("disclosure.erased", lambda b: b.slot(9, "claim.text", b.kept("claim.text"))),
    "slot-that-was-erased-given-wrong":
        ("disclosure.erased disclosure.wrong", lambda b: b.slot(9, "claim.text", [*b.kept("claim.text")[:5], "lies"])),
    "slot-that-was-erased-given-from-elsewhere":
        ("disclosure.erased disclosure.elsewhere", lambda b: b.slot(9, "claim.text", b.kept("entity.name"))),
    "slot-that-was-erased-is-text": ("disclosure.erased disclosure.wrong", lambda b: b.slot(9, "claim.text", "text")),
    "words-of-each-other": ("disclosure.elsewhere", lambda b: b.exchange(7, 8, slice(0, 6))),
    "words-of-each-other-under-the-right-names": ("disclosure.wrong", lambda b: b.exchange(7, 8, slice(4, 6))),
    "words-guessed": ("disclosure.wrong", lambda b: b.slot(7, "entity.name", [*b.kept("entity.name")[:4], "0" * 32, "Anna"])),
    **{f"words-{name}": ("disclosure.wrong", lambda b, at=at, value=value: b.value(at, value))  # type: ignore[misc]
       for name, at, value in (
           ("value-changed", 5, "another"), ("salt-changed", 4, "0" * 32), ("salt-short", 4, "0" * 31), ("salt-upper-case", 4, "A" * 32),
           ("salt-null", 4, None), ("tag-changed", 0, "claimledger-disclosure/2"), ("tag-null", 0, None))},
    **{f"words-{name}": ("disclosure.elsewhere", lambda b, at=at, value=value: b.value(at, value))  # type: ignore[misc]
       for name, at, value in (
           ("ledger-changed", 1, "0" * 64), ("ledger-number", 1, 7), ("event-changed", 2, uuid_of("x")), ("event-no-id", 2, "0" * 36),
           ("slot-changed", 3, "a.slot"), ("slot-null", 3, None))},
    "words-seven-values": ("disclosure.wrong", lambda b: b.slot(-1, "quote", lambda said: [*said, 1])),
    "words-five-values": ("disclosure.wrong", lambda b: b.slot(-1, "quote", lambda said: said[:5])),
    "words-three-values": ("disclosure.elsewhere", lambda b: b.slot(-1, "quote", lambda said: said[:3])),
    **{f"words-are-{name}": ("disclosure.wrong", lambda b, value=value: b.slot(-1, "quote", value))  # type: ignore[misc]
       for name, value in {"text": "he died", "number": 7, "true": True, "object": {"quote": "he died"}}.items()},
}

X = sha256(b"x").hex()
FILES: Changed = {
    "readme-changed": ("", lambda b: b.put("data/README.txt", b"x")),
    "verifier-there": ("", lambda b: b.put("data/verify_claimledger.py", b"print(1)\n")),
    "source-gone": ("", lambda b: b.drop(f"data/sources/{sha256(DOCUMENT).hex()}")),
    "source-changed": ("bundle.manifest", lambda b: b.put(f"data/sources/{sha256(DOCUMENT).hex()}", b"x")),
    "source-nobody-names": ("bundle.extra", lambda b: b.put(f"data/sources/{X}", b"x")),
    "source-of-another-digest": ("bundle.extra bundle.manifest", lambda b: b.put(f"data/sources/{X}", b"y")),
    "timestamp-there": ("", lambda b: b.put(f"data/timestamps/{X}", b"x")),
    "timestamp-of-another-digest": ("bundle.manifest", lambda b: b.put(f"data/timestamps/{X}", b"y")),
    **{f"extra-{name}-listed": ("bundle.extra bundle.manifest", lambda b, path=path: b.put(path, b"x"))  # type: ignore[misc]
       for name, path in (
           ("file", "data/more.txt"), ("source", "data/sources/readme"), ("head", "data/heads/harbour"),
           ("head-upper-case", f"data/heads/{uuid_of('x').upper()}"), ("timestamp", f"data/timestamps/{X.upper()}"),
           ("of-an-older-format", "data/disclosures.jsonl"))},
}

# The bag files as they are left by who changed something, whether they fit or not.
BAG: Changed = {
    **{f"without-{path.rpartition('/')[2]}": (BAD, lambda b, path=path: b.drop(path))  # type: ignore[misc]
       for path in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "data/README.txt", EVENTS)},
    **{f"extra-{name}": ("bundle.extra", lambda b, path=path: b.put(path, b"x"))  # type: ignore[misc]
       for name, path in (
           ("file", "data/more.txt"), ("beside-data", "fetch.txt"), ("source", "data/sources/readme"),
           ("head", "data/heads/harbour"), ("in-a-folder", "data/heads/more/x"), ("in-other-letters", "data/EVENTS.jsonl"))},
    "verifier-unlisted": ("bundle.manifest", lambda b: b.put("data/verify_claimledger.py", b"print(1)\n")),
    "bag-info-of-somebody-else": ("", lambda b: b.tag("bag-info.txt", lambda d: b"\xff" + d[:-1])),
    "bag-info-empty": ("", lambda b: b.tag("bag-info.txt", lambda d: b"")),
    "bag-info-changed": ("bundle.manifest", lambda b: b.put("bag-info.txt", b"Contact-Name: x\n")),
    "bagit-changed": ("bundle.manifest", lambda b: b.tag("bagit.txt", lambda d: d.replace(b"1.0", b"0.97"))),
    "bagit-without-end": ("bundle.manifest", lambda b: b.tag("bagit.txt", lambda d: d[:-1])),
    **{f"manifest-{name}": ("bundle.manifest", lambda b, change=change: b.tag("manifest-sha256.txt", change))  # type: ignore[misc]
       for name, change in {
           "empty": lambda d: b"", "upper-case": lambda d: d[:64].upper() + d[64:], "one-space": lambda d: d.replace(b"  ", b" "),
           "another-order": lambda d: b"".join(sorted(d.splitlines(keepends=True))), "cut": lambda d: d[:-1],
           "twice": lambda d: d + d, "carriage-return": lambda d: d.replace(b"\n", b"\r\n"),
           "one-more": lambda d: d + b"0" * 64 + b"  data/zzz\n", "one-less": lambda d: d.split(b"\n", 1)[1],
       }.items()},
    "manifest-changed": ("bundle.manifest", lambda b: b.put("manifest-sha256.txt", lambda d: d[::-1])),
    "tagmanifest-empty": ("bundle.manifest", lambda b: b.put("tagmanifest-sha256.txt", b"")),
    "tagmanifest-one-more": ("bundle.manifest", lambda b: b.put("tagmanifest-sha256.txt", lambda d: d + b"0" * 64 + b"  x\n")),
}

# Size of the checkpoint, and where it is not the whole log what else is done.
SEALED: dict[str, tuple[str, int | None, Callable[[Packed], object]]] = {
    "never": ("unchecked.checkpoint", None, _nothing),
    "never-with-a-proof": ("unchecked.checkpoint", None, lambda b: b.event(0, proof=[])),
    "before-the-last-three": ("unchecked.sealed", 19, _nothing),
    "before-the-last-three-with-a-proof": ("unchecked.sealed proof.wrong", 19, lambda b: b.event(-1, proof=[])),
    "at-zero": ("unchecked.sealed", 0, _nothing),
    "at-one": ("unchecked.sealed", 1, _nothing),
    "at-five": ("unchecked.sealed", 5, _nothing),
}
# fmt: on

Made = tuple[dict[str, bytes], str]
VARIANTS: dict[str, tuple[Callable[[], Made], tuple[str, ...]]] = {}
"""Name to what makes the files of a bundle and the id of its ledger, and the codes that a verifier must find."""


def _recorded(what: Callable[[Golden], object], cases: Sequence[str] = ("harbour",)) -> Made:
    world = Golden()
    what(world)
    return world.bundle(cases).files, str(world.ledger)


def _opened(**keywords: Any) -> Made:
    world = World(**keywords)
    world.add_key(C[0], "recorder", by=(*ROOTS, *C))
    world.add("harbour", "case.opened", {"case": "harbour"}, C)
    world.add("harbour", "claim.recorded", {}, C, {"quote": "x"})
    return world.files(["harbour"]), str(world.ledger)


def _changed(change: Callable[[Packed], object], *, fixed: bool, size: int | None = -1) -> Made:
    packed = Golden().bundle(size=size)
    change(packed)
    return (packed.repack() if fixed else packed).files, str(packed.world.ledger)


def _add(name: str, codes: str, make: Callable[[], Made]) -> None:
    assert name not in VARIANTS, name
    VARIANTS[name] = (make, tuple(sorted({*codes.split()})))


def _add_all() -> None:
    _add("golden", "", partial(_recorded, _nothing))
    _add("cases-both", "", partial(_recorded, _nothing, ("harbour", "quarry")))
    _add("cases-none", "bundle.extra", partial(_recorded, _nothing, ()))  # its source is that of a case
    for name, (codes, keywords) in OPENED.items():
        _add(f"opening-{name}", codes, partial(_opened, **keywords))
    for name, (codes, what) in (SIGNERS | KEYS | AFTER | SIGNED | PAYLOADS | CHAINS).items():
        _add(name, codes, partial(_recorded, what))
    for name, (codes, what) in CASES.items():
        _add(name, codes, partial(_recorded, what, ("harbour", "x")))
    for name, (codes, change) in (LOG | LINES | LONG | WORDS | FILES).items():
        _add(name, codes, partial(_changed, change, fixed=True))
        if "bundle.extra" not in codes and name not in LONG:
            _add(f"{name}-unfixed", f"{codes} bundle.manifest", partial(_changed, change, fixed=False))
    for name, (codes, change) in BAG.items():
        _add(name, codes, partial(_changed, change, fixed=False))
    for name, (codes, size, change) in SEALED.items():
        _add(f"sealed-{name}", codes, partial(_changed, change, size=size, fixed=True))


_add_all()

GOLDEN = Path(__file__).resolve().parent.parent / "vectors" / "bundle"
"""Where the golden bundle is kept, with the id of its ledger beside it."""


def write(folder: Path, names: Iterable[str] = VARIANTS) -> dict[str, Any]:
    """Write variants as NAME.zip; gives name to the ledger id and the codes that a verifier must find."""
    expected = {}
    for name in names:
        make, codes = VARIANTS[name]
        files, ledger = make()
        (folder / f"{name}.zip").write_bytes(archive(files))
        expected[name] = {"ledger": ledger, "codes": list(codes)}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    return expected


def main() -> None:
    if sys.argv[1:] == ["--golden"]:
        data, ledger = golden()
        (GOLDEN / "golden.zip").write_bytes(data)
        (GOLDEN / "golden.id").write_text(f"{ledger}\n")
        return
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write(folder)


if __name__ == "__main__":
    main()
