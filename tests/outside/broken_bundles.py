"""Bundles with one defect each, named after it, made from `docs/spec/` alone; and the golden bundle that they deviate from.

`python -m tests.outside.broken_bundles DIR` writes all of them, with `expected.json` beside: name to the codes that a
verifier must find; `--golden` in the place of DIR writes the golden bundle into `tests/vectors/bundle`. Where content is changed, there are two of each: the manifests made anew, as an attacker would, and
left as they were (`-unfixed`), which adds `bundle.manifest`.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.outside.bundle_maker import (
    Files,
    Key,
    World,
    archive,
    base64_of,
    encode,
    manifest,
    sha256,
    uuid_of,
    with_manifests,
)

ROOTS = ("root one", "root two")
DOCUMENT = b"On 3 July a spokesman said that one man had died.\n"
CASES = {"harbour": "harbour"}
A, B, C = ("recorder a",), ("recorder b",), ("recorder c",)

Names = dict[str, str]
Making = Callable[[World, Names], None]


def golden_world() -> tuple[World, Names]:
    """Two cases, a register, recorders who come and go, roots that change; and the ids of some events."""
    world, ids = World(), Names()
    for name in ("recorder a", "recorder b"):
        world.add_key(name, "recorder", by=(*ROOTS, name))
    world.add_key("a witness", "witness", by=ROOTS)
    world.add("register", "entity.registered", {"entity": "ministry"}, A)
    world.add("harbour", "case.opened", {"case": "harbour", "title": "Deaths at the harbour"}, A)
    world.add("quarry", "case.opened", {"case": "quarry"}, B)
    ids["source"] = world.add(
        "harbour",
        "source.registered",
        {"source": {"sha256": sha256(DOCUMENT).hex()}},
        A,
        {"entity.contact": None},
    )
    ids["claim"] = world.add(
        "harbour",
        "claim.recorded",
        {"n": 1},
        A,
        {"entity.name": "Anna \u0416 \U0001f600", "quote": "he died\n\u2028"},
    )
    world.add("quarry", "claim.recorded", {"n": 2}, B)
    ids["by b"] = world.add(
        "harbour", "claim.recorded", {"n": 3}, B, {"quote": {"exact": "one man", "n": [1, None]}}
    )
    ids["by both"] = world.add("harbour", "claim.recorded", {"n": 4}, (*A, *B), {"claim.text": "text"})
    world.add(
        "harbour", "claim.amended", {"amends": ids["claim"], "why": "a misprint"}, A, {"quote": "he had died"}
    )
    world.add_key("recorder c", "recorder", by=(*ROOTS, *C), body={"succeeds": Key(A[0]).id})
    ids["disputed"] = world.add("harbour", "claim.recorded", {"n": 5}, A)
    world.add(
        "harbour",
        "disclosure.erased",
        {
            "event": ids["by both"],
            "slots": ["claim.text"],
            "authority": "the speaker",
            "reason": "asked for it",
        },
        C,
    )
    size = next(i for i, e in enumerate(world.events) if e.payload["id"] == ids["disputed"])
    revoke(world, A[0], size=size)
    world.add("harbour", "claim.withdrawn", {"withdraws": ids["by b"]}, ROOTS)
    world.add("harbour", "claim.amended", {"amends": ids["claim"]}, C)
    change_roots(world, ("root one", "root two", "root four"), by=(*ROOTS, "root four"))
    world.add("harbour", "claim.recorded", {"n": 6}, C, {"quote": None})
    world.add("quarry", "claim.recorded", {"n": 7}, B)
    return world, ids


def revoke(world: World, name: str, *, size: int, by: Sequence[str] = ROOTS, **changes: Any) -> str:
    body = {"key": Key(name).id, "reason": "lost", "size": size, "root": world.root_hash(size).hex()}
    return world.add("keys", "key.revoked", body | changes.pop("body", {}), by, **changes)


def change_roots(
    world: World, roots: Sequence[str], *, by: Sequence[str], threshold: int = 2, **changes: Any
) -> str:
    body = {"roots": [Key(name).listed() for name in roots], "threshold": threshold} | changes.pop("body", {})
    return world.add("keys", "roots.changed", body, by, **changes)


def withheld(slot: str) -> bool:
    return slot == "entity.name"


def pack(world: World, files: Files | None = None) -> bytes:
    made = world.files(CASES, withhold=withheld, sources=[DOCUMENT]) if files is None else files
    return archive(world.folder, made)


def golden() -> tuple[bytes, str]:
    """The golden bundle, and the id of its ledger."""
    world, _ = golden_world()
    assert world.ledger
    return pack(world), world.ledger


VARIANTS: dict[str, tuple[Callable[[], tuple[bytes, str]], tuple[str, ...]]] = {}


def add(name: str, make: Callable[[], tuple[bytes, str]], codes: Sequence[str]) -> None:
    assert name not in VARIANTS, name
    VARIANTS[name] = (make, tuple(sorted(set(codes))))


def recorded(name: str, *codes: str) -> Callable[[Making], Making]:
    """A variant in which the ledger goes on with something that should not be."""

    def register(making: Making) -> Making:
        def make() -> tuple[bytes, str]:
            world, ids = golden_world()
            making(world, ids)
            return pack(world), str(world.ledger)

        add(name, make, codes)
        return making

    return register


def simple(name: str, codes: Sequence[str], *arguments: Any, **keywords: Any) -> None:
    recorded(name, *codes)(lambda world, ids: void(world.add(*arguments, **keywords)))


def void(_: object) -> None:
    return None


NOT_ALLOWED, MALFORMED, SIGNATURE = ("key.not_allowed",), ("event.malformed",), ("signature.wrong",)
LOST = ("event.malformed", "tail.cut")

# Who may sign what

for _who in ("stranger", "log", "root one", "a witness", "recorder a", "root three"):
    simple(f"claim-by-{_who.replace(' ', '-')}", NOT_ALLOWED, "harbour", "claim.recorded", {}, [_who])
simple("claim-by-one-too-many", NOT_ALLOWED, "harbour", "claim.recorded", {}, [*C, "stranger"])
simple("claim-by-two-recorders", (), "harbour", "claim.recorded", {}, [*B, *C])
simple("claim-in-key-stream", NOT_ALLOWED, "keys", "claim.recorded", {}, C)
simple("key-event-in-a-case", NOT_ALLOWED, "harbour", "key.rotated", {}, ROOTS)
simple("unknown-type", (), "harbour", "something.new", {"deep": [[[[[[[[[[[[[]]]]]]]]]]]]]}, C)
simple("newer-version", (), "harbour", "claim.recorded", {}, C, version=99)
simple("key-event-of-unknown-type", ("unchecked.keys",), "keys", "key.rotated", {}, ROOTS)
simple("key-event-of-newer-version", ("unchecked.keys",), "keys", "key.added", {}, ROOTS, version=2)
simple("key-event-of-unknown-type-by-one-root", NOT_ALLOWED, "keys", "key.rotated", {}, ["root one"])
simple(
    "key-event-of-newer-version-by-one-root", NOT_ALLOWED, "keys", "key.added", {}, ["root one"], version=2
)
simple("second-opening", NOT_ALLOWED, "harbour", "ledger.opened", {}, C, ledger=None)
simple("second-opening-in-key-stream", NOT_ALLOWED, "keys", "ledger.opened", {}, ROOTS, ledger=None)
simple("amends-nothing", MALFORMED, "harbour", "claim.amended", {}, C)
simple("amends-a-number", MALFORMED, "harbour", "claim.amended", {"amends": 1}, C)
simple("amends-what-is-not-here", ("unchecked.keys",), "harbour", "claim.amended", {"amends": "x"}, C)
simple("amends-what-is-not-here-by-roots", (), "harbour", "claim.amended", {"amends": "x"}, ROOTS)
simple("withdraws-what-is-not-here", ("unchecked.keys",), "harbour", "claim.withdrawn", {"withdraws": "x"}, C)


@recorded("amends-by-another-recorder", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    world.add("harbour", "claim.amended", {"amends": ids["claim"]}, B)


@recorded("amends-by-the-one-before", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    after = world.add("harbour", "claim.recorded", {}, C)
    world.add_key("recorder d", "recorder", by=(*ROOTS, "recorder d"), body={"succeeds": Key(C[0]).id})
    world.add("harbour", "claim.amended", {"amends": after}, ("recorder d",))
    last = world.add("harbour", "claim.recorded", {}, ("recorder d",))
    world.add("harbour", "claim.amended", {"amends": last}, C)


@recorded("amends-by-one-root", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    world.add("harbour", "claim.amended", {"amends": ids["claim"]}, ["root one"])


@recorded("amends-by-roots-and-a-recorder", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    world.add("harbour", "claim.amended", {"amends": ids["claim"]}, (*ROOTS, *C))


@recorded("amends-a-later-record", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add("harbour", "claim.amended", {"amends": uuid_of(f"{world.origin} event {world.count + 2}")}, C)
    world.add("harbour", "claim.recorded", {}, C)


@recorded("amends-itself", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add("harbour", "claim.amended", {"amends": uuid_of(f"{world.origin} event {world.count + 1}")}, C)


@recorded("amends-what-is-not-here-by-a-stranger", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    world.add("harbour", "claim.amended", {"amends": "x"}, ["stranger"])


@recorded("amends-nothing-badly-signed", *SIGNATURE)
def _(world: World, ids: Names) -> None:
    world.add("harbour", "claim.amended", {}, C, spoil=flipped)


@recorded("key-event-that-follows-another", "chain.broken", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add_key(NEW[0], "recorder", by=BY, previous="0" * 64)
    world.add("harbour", "claim.recorded", {}, NEW)


@recorded("key-event-of-an-id-that-was-there", "chain.broken")
def _(world: World, ids: Names) -> None:
    world.add_key(NEW[0], "recorder", by=BY, id=ids["claim"])
    world.add("harbour", "claim.recorded", {}, NEW)


# The key stream

NEW = ("recorder d",)
BY = (*ROOTS, *NEW)
_WEAK = (
    "01" + "00" * 31,
    "00" * 32,
    "ec" + "ff" * 30 + "7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "ff" * 32,
    "02" + "00" * 31,
    "01" + "00" * 30 + "80",
)
for _number, _key in enumerate(_WEAK):
    for _role in ("recorder", "witness"):
        simple(
            f"weak-key-{_number}-{_role}",
            ("keys.weak",),
            "keys",
            "key.added",
            {"holder": "h", "role": _role, "algorithm": "ed25519", "key": _key},
            ROOTS,
        )
for _name, _body in {
    "role": {"role": "king"},
    "algorithm": {"algorithm": "rsa"},
    "holder-empty": {"holder": ""},
    "holder-long": {"holder": "h" * 8001},
    "extra-member": {"more": 1},
    "key-short": {"key": "00" * 31},
    "key-upper-case": {"key": Key(NEW[0]).raw.hex().upper()},
    "succeeds-null": {"succeeds": None},
    "succeeds-no-keyid": {"succeeds": "x"},
    "ml-dsa-recorder": {"algorithm": "ml-dsa-44", "key": "00" * 1312},
}.items():
    recorded(f"key-added-{_name}", *MALFORMED)(
        lambda world, ids, body=_body: void(world.add_key(NEW[0], "recorder", by=ROOTS, body=body))  # type: ignore[misc]
    )
recorded("key-added-witness-succeeds", *MALFORMED)(
    lambda world, ids: void(world.add_key("w", "witness", by=ROOTS, body={"succeeds": Key(A[0]).id}))
)
for _name, _by in {
    "by-one-root": ("root one", *NEW),
    "by-no-root": NEW,
    "by-a-stranger": (*BY, "stranger"),
    "by-a-former-root": ("root one", "root three", *NEW),
    "not-by-itself": ROOTS,
    "by-a-recorder-too": (*BY, *B),
}.items():
    recorded(f"key-added-{_name}", *NOT_ALLOWED)(
        lambda world, ids, by=_by: void(world.add_key(NEW[0], "recorder", by=by))  # type: ignore[misc]
    )
recorded("key-added-by-all-roots")(
    lambda world, ids: void(world.add_key(NEW[0], "recorder", by=(*ROOTS, "root four", *NEW)))
)
recorded("key-added-holder-longest")(
    lambda world, ids: void(world.add_key(NEW[0], "recorder", by=BY, body={"holder": "\U0001f600" * 5000}))
)
for _again in ("recorder a", "recorder b", "root three", "log", "a witness"):
    recorded(f"key-added-again-{_again.replace(' ', '-')}", *NOT_ALLOWED)(
        lambda world, ids, again=_again: void(world.add_key(again, "recorder", by=(*ROOTS, again)))  # type: ignore[misc]
    )
for _who in ("root one", "log", "stranger", "recorder d"):
    recorded(f"key-added-succeeds-{_who.replace(' ', '-')}", *NOT_ALLOWED)(
        lambda world, ids, who=_who: void(  # type: ignore[misc]
            world.add_key(NEW[0], "recorder", by=BY, body={"succeeds": Key(who).id})
        )
    )
recorded("key-added-role-root", *NOT_ALLOWED)(
    lambda world, ids: void(world.add_key("root five", "root", by=ROOTS))
)
recorded("key-added-role-root-well")(
    lambda world, ids: void(world.add_key("root five", "root", by=(*ROOTS, "root five")))
)
recorded("witness-signs-its-own-adding")(
    lambda world, ids: void(world.add_key("w", "witness", by=(*ROOTS, "w")))
)


@recorded("new-key-signs-at-once")
def _(world: World, ids: Names) -> None:
    world.add_key(NEW[0], "recorder", by=BY)
    world.add("harbour", "claim.recorded", {}, NEW)


@recorded("log-key-added-and-not-signing", "checkpoint.wrong", "heads.wrong")
def _(world: World, ids: Names) -> None:
    world.add_key("log two", "log", by=ROOTS)


@recorded("log-key-added-and-signing")
def _(world: World, ids: Names) -> None:
    world.add_key("log two", "log", by=ROOTS)
    world.logs.append(Key("log two"))


@recorded("log-key-revoked", "checkpoint.wrong", "heads.wrong")
def _(world: World, ids: Names) -> None:
    revoke(world, "log", size=1)


@recorded("log-key-changed")
def _(world: World, ids: Names) -> None:
    world.add_key("log two", "log", by=ROOTS)
    revoke(world, "log", size=1)
    world.logs = [Key("log two")]
    world.add("harbour", "claim.recorded", {}, C)


for _name, _codes, _changes in (
    ("unknown-key", NOT_ALLOWED, {"name": "stranger", "size": 1}),
    ("of-a-later-size", NOT_ALLOWED, {"name": "recorder b", "size": 1, "body": {"size": 10**6}}),
    ("by-one-root", NOT_ALLOWED, {"name": "recorder b", "size": 1, "by": ["root one"]}),
    ("by-itself", NOT_ALLOWED, {"name": "recorder b", "size": 1, "by": ["recorder b"]}),
    ("again-as-small", NOT_ALLOWED, {"name": "recorder a", "size": 17, "body": {"size": 19}}),
    ("again-smaller", (), {"name": "recorder a", "size": 5}),
    ("in-time", (), {"name": "recorder b", "size": 21}),
    ("from-the-beginning", (), {"name": "recorder b", "size": 0}),
    ("root-that-was-dropped", (), {"name": "root three", "size": 3}),
    ("root", (), {"name": "root one", "size": 3}),
    ("witness", (), {"name": "a witness", "size": 3}),
    ("no-reason", MALFORMED, {"name": "recorder b", "size": 1, "body": {"reason": ""}}),
    ("negative", MALFORMED, {"name": "recorder b", "size": 1, "body": {"size": -1}}),
    ("no-root-hash", MALFORMED, {"name": "recorder b", "size": 1, "body": {"root": "x"}}),
    ("extra-member", MALFORMED, {"name": "recorder b", "size": 1, "body": {"more": 1}}),
    ("another-root-hash", (), {"name": "recorder b", "size": 1, "body": {"root": "0" * 64}}),
):
    recorded(f"revoked-{_name}", *_codes)(
        lambda world, ids, changes=_changes: void(revoke(world, **changes))  # type: ignore[misc]
    )


@recorded("revoked-last-recorder", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    revoke(world, "recorder b", size=3)
    revoke(world, "recorder c", size=3)


@recorded("revoked-more-roots-than-can-be-missed", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    revoke(world, "root one", size=3)
    revoke(world, "root two", size=3, by=("root two", "root four"))


@recorded("signed-after-revocation", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    revoke(world, "recorder b", size=3)
    world.add("harbour", "claim.recorded", {}, B)


@recorded("roots-signed-after-revocation", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    revoke(world, "root one", size=3)
    world.add_key(NEW[0], "recorder", by=BY)


FOUR = ("root one", "root two", "root four")
for _name, _codes, _keywords in (
    ("without-the-new", NOT_ALLOWED, {"roots": (*FOUR, "root five"), "by": ROOTS}),
    ("without-the-old", NOT_ALLOWED, {"roots": (*FOUR, "root five"), "by": ("root one", "root five")}),
    ("by-a-stranger", NOT_ALLOWED, {"roots": FOUR, "by": (*ROOTS, "stranger")}),
    ("well", (), {"roots": (*FOUR, "root five"), "by": (*ROOTS, "root five")}),
    ("to-one", (), {"roots": ("root one",), "by": ROOTS, "threshold": 1}),
    ("too-few-of-the-new", NOT_ALLOWED, {"roots": ("root one", "root four"), "by": ROOTS}),
    ("back-to-a-former", NOT_ALLOWED, {"roots": ("root one", "root three"), "by": (*ROOTS, "root three")}),
    ("to-a-recorder", NOT_ALLOWED, {"roots": ("root one", "recorder b"), "by": (*ROOTS, "recorder b")}),
    ("threshold-none", MALFORMED, {"roots": FOUR, "by": ROOTS, "threshold": 0}),
    ("threshold-too-high", MALFORMED, {"roots": FOUR, "by": ROOTS, "threshold": 4}),
    ("twice-the-same", MALFORMED, {"roots": ("root one", "root one"), "by": ROOTS}),
    ("none", MALFORMED, {"roots": (), "by": ROOTS}),
    ("nine", MALFORMED, {"roots": tuple(f"r{n}" for n in range(9)), "by": ROOTS}),
    (
        "another-holder",
        NOT_ALLOWED,
        {
            "roots": FOUR,
            "by": ROOTS,
            "body": {"roots": [Key("root one").listed(), {**Key("root two").listed(), "holder": "x"}]},
        },
    ),
):
    recorded(f"roots-{_name}", *_codes)(
        lambda world, ids, keywords=_keywords: void(change_roots(world, **keywords))  # type: ignore[misc]
    )


@recorded("roots-changed-and-old-ones-sign", *NOT_ALLOWED)
def _(world: World, ids: Names) -> None:
    change_roots(world, ("root four", "root five"), by=(*ROOTS, "root four", "root five"))
    world.add_key(NEW[0], "recorder", by=BY)


@recorded("after-a-broken-key-stream", "key.not_allowed", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add_key(NEW[0], "recorder", by=("root one", *NEW))
    world.add("harbour", "claim.recorded", {}, NEW)


@recorded("after-an-unreadable-key-event", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add("keys", "key.transferred", {"to": NEW[0]}, BY)
    world.add("harbour", "claim.recorded", {}, NEW)


@recorded("after-a-broken-key-stream-known-key", "key.not_allowed")
def _(world: World, ids: Names) -> None:
    world.add_key(NEW[0], "recorder", by=("root one", *NEW))
    world.add("harbour", "claim.recorded", {}, ["root two"])


@recorded("after-a-broken-key-stream-not-folded", "key.not_allowed", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add_key("w", "recorder", by=("root one", "w"))
    world.add_key(NEW[0], "recorder", by=BY)
    world.add("harbour", "claim.recorded", {}, NEW)


@recorded("after-a-badly-signed-key-event", "signature.wrong", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add_key(NEW[0], "recorder", by=BY, spoil=flipped)
    world.add("harbour", "claim.recorded", {}, NEW)


@recorded("after-a-gap-in-the-key-stream", "event.left_out", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    last = [e for e in world.events if e.payload["stream"] == world.streams["keys"]][-1].payload["sequence"]
    world.add_key("w", "witness", by=ROOTS, sequence=last + 2)
    world.add("harbour", "claim.recorded", {}, NEW)


@recorded("after-a-gap-in-the-key-stream-at-once", "event.left_out", "key.not_allowed")
def _(world: World, ids: Names) -> None:
    last = [e for e in world.events if e.payload["stream"] == world.streams["keys"]][-1].payload["sequence"]
    world.add_key("w", "witness", by=(*ROOTS, "stranger"), sequence=last + 2)


@recorded("after-a-malformed-key-event", "event.malformed", "unchecked.keys")
def _(world: World, ids: Names) -> None:
    world.add_key(NEW[0], "recorder", by=BY, body={"holder": ""})
    world.add("harbour", "claim.recorded", {}, NEW)


# Signatures and envelopes

Signature = dict[str, str]


def flipped(signatures: list[Signature]) -> list[Signature]:
    raw = bytearray(base64.b64decode(signatures[0]["sig"]))
    raw[5] ^= 1
    return [{**signatures[0], "sig": base64_of(bytes(raw))}, *signatures[1:]]


def high_s(signatures: list[Signature]) -> list[Signature]:
    raw = base64.b64decode(signatures[0]["sig"])
    s = int.from_bytes(raw[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    return [{**signatures[0], "sig": base64_of(raw[:32] + s.to_bytes(32, "little"))}]


def all_zero(signatures: list[Signature]) -> list[Signature]:
    return [{**each, "sig": base64_of(bytes(64))} for each in signatures]


for _name, _spoil in {"flipped": flipped, "high-s": high_s, "zeros": all_zero}.items():
    simple(f"signature-{_name}", SIGNATURE, "harbour", "claim.recorded", {}, B, {"quote": "x"}, spoil=_spoil)
simple("signature-flipped-of-a-log-key", SIGNATURE, "harbour", "claim.recorded", {}, ["log"], spoil=flipped)
simple(
    "signature-flipped-of-a-stranger",
    NOT_ALLOWED,
    "harbour",
    "claim.recorded",
    {},
    ["stranger"],
    spoil=flipped,
)
simple("signature-by-other-keyid", SIGNATURE, "harbour", "claim.recorded", {}, B,
       spoil=lambda s: [{**s[0], "keyid": Key(C[0]).id}])  # fmt: skip
recorded("key-added-own-signature-flipped", *SIGNATURE)(
    lambda world, ids: void(world.add_key(NEW[0], "recorder", by=NEW, spoil=flipped))
)
for _name, _spoil in {
    "none": lambda s: [],
    "twice": lambda s: [*s, *s],
    "descending": lambda s: [*s[::-1]],
    "seventeen": lambda s: [{"keyid": f"{n:064x}", "sig": s[0]["sig"]} for n in range(17)],
    "short": lambda s: [{**s[0], "sig": base64_of(bytes(63))}],
    "long": lambda s: [{**s[0], "sig": base64_of(bytes(65))}],
    "unpadded": lambda s: [{**s[0], "sig": s[0]["sig"].rstrip("=")}],
    "unused-bits": lambda s: [{**s[0], "sig": base64_of(bytes(64))[:85] + "B=="}],
    "url-safe": lambda s: [{**s[0], "sig": "-_" * 43 + "=="}],
    "extra-member": lambda s: [{**s[0], "alg": "none"}],
    "keyid-upper-case": lambda s: [{**s[0], "keyid": s[0]["keyid"].upper()}],
    "null": lambda s: [{**s[0], "sig": None}],
}.items():
    recorded(f"envelope-signatures-{_name}", *LOST)(
        lambda world, ids, spoil=_spoil: spoiled(world, spoil)  # type: ignore[misc]
    )


def spoiled(world: World, spoil: Any) -> None:
    """The last event of the case has an envelope that cannot be: its leaf is that of the right one."""
    world.add("harbour", "claim.recorded", {"n": 8}, (*B, *C))
    event = world.events[-1]
    right, _ = event.envelope, event.leaf
    vars(event)["envelope"] = {**right, "signatures": spoil(right["signatures"])}


# Payloads: each must be refused as malformed, and the log knows of it

_PAYLOADS: dict[str, dict[str, Any]] = {
    "type-of-one-word": {"type": "claim"},
    "type-upper-case": {"type": "Claim.recorded"},
    "version-zero": {"version": 0},
    "version-true": {"version": True},
    "version-text": {"version": "1"},
    "ledger-null": {"ledger": None},
    "ledger-upper-case": {"ledger": "A" * 64},
    "previous-null": {"previous": None},
    "previous-short": {"previous": "00"},
    "id-of-version-1": {"id": "ae89ec63-8bbe-1342-98be-9e233ed81038"},
    "id-of-variant": {"id": "ae89ec63-8bbe-4342-c8be-9e233ed81038"},
    "time-no-day": {"recorded_at": "2025-02-29T10:00:00.000000Z"},
    "time-leap-second": {"recorded_at": "2025-02-28T10:00:60.000000Z"},
    "time-hour-24": {"recorded_at": "2025-02-28T24:00:00.000000Z"},
    "time-year-0": {"recorded_at": "0000-02-28T10:00:00.000000Z"},
    "time-offset": {"recorded_at": "2025-02-28T10:00:00.000000+00:00"},
    "time-milliseconds": {"recorded_at": "2025-02-28T10:00:00.000Z"},
    "time-other-digits": {"recorded_at": "2025-02-28T10:00:0\u0664.000000Z"},
    "time-newline": {"recorded_at": "2025-02-28T10:00:00.000000Z\n"},
    "body-list": {"body": []},
    "body-float": {"body": {"n": 1.5}},
    "body-huge": {"body": {"n": 2**53}},
    "body-negative-huge": {"body": {"n": -(2**53)}},
    "body-name-not-ascii": {"body": {"\u00e9": 1}},
    "body-deep": {"body": {"n": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}},
    "body-long": {"body": {"n": "x" * 33_000}},
    "commitments-list": {"commitments": []},
    "commitments-slot": {"commitments": {"Quote": "0" * 64}},
    "commitments-digest": {"commitments": {"quote": "0" * 63}},
    "extra-member": {"more": 1},
}
for _name, _changes in _PAYLOADS.items():
    simple(f"payload-{_name}", LOST, "harbour", "claim.recorded", {}, C, **_changes)
for _name, _sequence in {"zero": 0, "huge": 2**53}.items():
    simple(
        f"payload-sequence-{_name}",
        ("event.malformed", "heads.wrong"),
        "harbour",
        "claim.recorded",
        {},
        C,
        sequence=_sequence,
    )
simple("payload-body-largest-number", (), "harbour", "claim.recorded", {"n": [2**53 - 1, 1 - 2**53]}, C)
simple("payload-body-deepest", (), "harbour", "claim.recorded", {"n": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}, C)
simple(
    "payload-body-brackets-in-text", (), "harbour", "claim.recorded", {"n": '[[[[[[\\"{{{{{{{{{{{{{{{{\\'}, C
)
simple("payload-every-escape", (), "harbour", "claim.recorded", {"n": "".join(map(chr, range(130)))}, C)
simple(
    "payload-time-early", (), "harbour", "claim.recorded", {}, C, recorded_at="0001-01-01T00:00:00.000000Z"
)
simple(
    "payload-time-leap-day", (), "harbour", "claim.recorded", {}, C, recorded_at="2024-02-29T23:59:59.999999Z"
)

# Chains

simple("chain-gap", ("event.left_out", "heads.wrong"), "harbour", "claim.recorded", {}, C, sequence=99)
simple("chain-repeated", ("chain.broken",), "harbour", "claim.recorded", {}, C, sequence=2)
simple("chain-previous", ("chain.broken",), "harbour", "claim.recorded", {}, C, previous="0" * 64)
simple("chain-case-opened-later", ("chain.broken",), "harbour", "case.opened", {"case": "x"}, C)
simple("chain-case-in-register", ("chain.broken",), "register", "case.opened", {"case": "x"}, C)
simple("ledger-of-another", ("ledger.other",), "harbour", "claim.recorded", {}, C, ledger="0" * 64)
recorded("chain-id-twice", "chain.broken")(
    lambda world, ids: void(world.add("harbour", "claim.recorded", {}, C, id=ids["claim"]))
)
recorded("chain-id-twice-with-a-slot", "chain.broken")(
    lambda world, ids: void(world.add("harbour", "claim.recorded", {}, C, id=ids["source"]))
)


def other_cases(name: str, codes: Sequence[str], making: Making, cases: Names) -> None:
    def make() -> tuple[bytes, str]:
        world, ids = golden_world()
        making(world, ids)
        return archive(world.folder, world.files(cases, withhold=withheld, sources=[DOCUMENT])), str(
            world.ledger
        )

    add(name, make, codes)


other_cases("cases-both", (), lambda world, ids: None, {"harbour": "harbour", "quarry": "quarry"})
other_cases(
    "cases-one-too-many", ("bundle.cases",), lambda world, ids: None, {"harbour": "harbour", "q": "quarry"}
)
other_cases(
    "cases-opened-twice", ("bundle.cases", "chain.broken"),
    lambda world, ids: void(world.add("again", "case.opened", {"case": "harbour"}, C)),
    {"harbour": "harbour", "x": "again"},
)  # fmt: skip
other_cases(
    "cases-without-an-opening", ("bundle.cases",),
    lambda world, ids: void(world.add("x", "claim.recorded", {}, C)), {"harbour": "harbour", "x": "x"},
)  # fmt: skip
other_cases(
    "cases-of-a-number", ("bundle.cases",),
    lambda world, ids: void(world.add("x", "case.opened", {"case": 7}, C)), {"harbour": "harbour", "x": "x"},
)  # fmt: skip
other_cases(
    "cases-opening-badly-signed", ("signature.wrong", "bundle.cases"),
    lambda world, ids: void(world.add("x", "case.opened", {"case": "x"}, C, spoil=flipped)),
    {"harbour": "harbour", "x": "x"},
)  # fmt: skip
other_cases(
    "cases-opening-not-allowed", ("key.not_allowed",),
    lambda world, ids: void(world.add("x", "case.opened", {"case": "x"}, ["stranger"])),
    {"harbour": "harbour", "x": "x"},
)  # fmt: skip

# Erasures


def erasing(
    name: str, codes: Sequence[str], stream: str, signers: Sequence[str], slots: Any, **changes: Any
) -> None:
    def making(world: World, ids: Names) -> None:
        body = {"event": ids["claim"], "slots": slots, "authority": "a court", "reason": "an order"}
        world.add(stream, "disclosure.erased", body, signers, **changes)

    recorded(name, *codes)(making)


erasing("erased-one-slot", (), "harbour", C, ["quote"])
erasing("erased-both-slots", (), "harbour", C, ["quote", "entity.name"])
erasing("erased-in-the-register", ("unchecked.disclosure",), "register", C, ["quote"])
erasing("erased-by-a-stranger", ("key.not_allowed",), "harbour", ["stranger"], ["quote"])
erasing(
    "erased-badly-signed", ("signature.wrong", "unchecked.disclosure"), "harbour", C, ["quote"], spoil=flipped
)
erasing("erased-a-slot-that-is-not", (), "harbour", C, ["x"])
erasing("erased-no-list", (), "harbour", C, {})


def first_in_the_register() -> tuple[bytes, str]:
    world = World()
    world.add_key("recorder c", "recorder", by=(*ROOTS, *C))
    world.add("harbour", "case.opened", {"case": "harbour"}, C)
    world.add("register", "case.opened", {"case": "hidden"}, C)
    return archive(world.folder, world.files(CASES)), str(world.ledger)


add("chain-register-begins-as-a-case", first_in_the_register, ("chain.broken",))

# Openings


def opened(name: str, codes: Sequence[str], **keywords: Any) -> None:
    def make() -> tuple[bytes, str]:
        world = World(**keywords)
        world.add_key("recorder c", "recorder", by=(*ROOTS, *C))
        world.add("harbour", "case.opened", {"case": "harbour"}, C)
        world.add("harbour", "claim.recorded", {}, C, {"quote": "x"})
        files = world.files(CASES)
        return archive(world.folder, files), str(world.ledger)

    add(f"opening-{name}", make, codes)


NO_OPENING = ("unchecked.keys",)
opened("well", ())
opened("by-all-roots", (), signers=("root one", "root two", "root three"))
opened("by-one-root", ("key.not_allowed", *NO_OPENING), signers=("root one",))
opened("by-a-stranger-too", ("key.not_allowed", *NO_OPENING), signers=(*ROOTS, "stranger"))
opened("by-the-log-too", ("key.not_allowed", *NO_OPENING), signers=(*ROOTS, "log"))
opened("badly-signed", ("signature.wrong", *NO_OPENING), spoil=flipped)
opened(
    "weak-root",
    ("keys.weak", *NO_OPENING),
    body={"roots": [Key("root one").listed(), {"holder": "x", "key": _WEAK[0]}]},
)
opened(
    "weak-log",
    ("keys.weak", *NO_OPENING),
    body={"logs": [{"holder": "x", "algorithm": "ed25519", "key": _WEAK[1]}]},
)
opened("without-a-log", ("checkpoint.wrong", "heads.wrong"), body={"logs": []}, logs=("log",))
opened("of-version-2", NO_OPENING, version=2)
opened("of-another-type", ("event.malformed", *NO_OPENING), type="case.opened", ledger="0" * 64)
opened("of-another-ledger-member", ("event.malformed", *NO_OPENING), ledger="0" * 64)
opened("origin-with-plus", ("event.malformed", *NO_OPENING), body={"origin": "a+b"})
opened("origin-with-space", ("event.malformed", *NO_OPENING), body={"origin": "a b"})
opened(
    "origin-of-another-name",
    ("ledger.other", "checkpoint.wrong", "heads.wrong"),
    body={"origin": "example.org/other"},
)
opened("extra-member", ("event.malformed", *NO_OPENING), body={"more": 1})
opened("threshold-too-high", ("event.malformed", *NO_OPENING), body={"threshold": 4})
opened("key-twice", ("event.malformed", *NO_OPENING), body={"roots": [Key("root one").listed()] * 2})
opened(
    "log-is-a-root",
    ("event.malformed", *NO_OPENING),
    body={"logs": [{**Key("root one").listed(), "algorithm": "ed25519"}]},
)
opened("at-sequence-2", ("event.malformed", *NO_OPENING), sequence=2, previous="0" * 64)

# The log


def files_of(
    name: str, codes: Sequence[str], change: Callable[[World, Files], Files | None], *, unfixed: bool = False
) -> None:
    """A variant in which files were changed: with manifests that fit, and (if asked) with the old ones."""

    def make(fix: bool) -> tuple[bytes, str]:
        world, _ = golden_world()
        files = world.files(CASES, withhold=withheld, sources=[DOCUMENT])
        files = change(world, files) or files
        if fix:
            files = with_manifests(files, str(world.ledger))
        return archive(world.folder, files), str(world.ledger)

    add(name, lambda: make(True), codes)
    if unfixed:
        only = any(code in ("bundle.malformed", "bundle.unsafe") for code in codes)
        add(f"{name}-unfixed", lambda: make(False), codes if only else (*codes, "bundle.manifest"))


def checkpoint(name: str, codes: Sequence[str], note: Callable[[World, int], bytes]) -> None:
    def change(world: World, files: Files) -> None:
        files["data/checkpoint"] = note(world, len(world.events))

    files_of(f"checkpoint-{name}", codes, change, unfixed=True)


WRONG_LOG = ("checkpoint.wrong",)
checkpoint("by-a-stranger", WRONG_LOG, lambda w, n: w.note(w.origin, n, logs=[Key("stranger")]))
checkpoint("by-a-stranger-too", (), lambda w, n: w.note(w.origin, n, logs=[Key("log"), Key("stranger")]))
checkpoint("of-a-smaller-size", WRONG_LOG, lambda w, n: w.note(w.origin, n - 1))
checkpoint("of-another-origin", WRONG_LOG, lambda w, n: w.note("example.org/x", n))
checkpoint("with-an-extension", WRONG_LOG, lambda w, n: w.note(w.origin, n, ["extension"]))
checkpoint(
    "signature-flipped", WRONG_LOG, lambda w, n: w.note(w.origin, n)[:-10] + b"A" + w.note(w.origin, n)[-9:]
)
checkpoint("without-signature", WRONG_LOG, lambda w, n: w.note(w.origin, n).partition(b"\n\n")[0] + b"\n\n")
checkpoint("cut", WRONG_LOG, lambda w, n: w.note(w.origin, n)[:-1])
checkpoint("empty", WRONG_LOG, lambda w, n: b"")
checkpoint("not-utf8", WRONG_LOG, lambda w, n: b"\xff" + w.note(w.origin, n))
checkpoint("carriage-return", WRONG_LOG, lambda w, n: w.note(w.origin, n).replace(b"\n", b"\r\n"))
checkpoint("leading-zero", WRONG_LOG, lambda w, n: w.note(w.origin, n).replace(b"\n%d\n" % n, b"\n0%d\n" % n))
checkpoint("hundred-and-one-lines", WRONG_LOG, lambda w, n: w.note(w.origin, n, logs=[Key("log")] * 101))
checkpoint("hundred-lines", (), lambda w, n: w.note(w.origin, n, logs=[Key("log")] * 100))
checkpoint(
    "one-good-line-one-bad",
    WRONG_LOG,
    lambda w, n: (lambda x: x + x.rpartition(b"\n\n")[2][:-10] + b"AAAAAAA==\n")(w.note(w.origin, n)),
)
checkpoint(
    "too-long", WRONG_LOG, lambda w, n: w.note(w.origin, n) + "\u2014 x {}\n".format("A" * 1_000_000).encode()
)
checkpoint(
    "line-of-a-witness",
    (),
    lambda w, n: w.note(w.origin, n) + f"\u2014 w {base64_of(bytes(76))}\n".encode(),
)
checkpoint(
    "line-without-name",
    WRONG_LOG,
    lambda w, n: w.note(w.origin, n) + f"\u2014  {base64_of(bytes(76))}\n".encode(),
)
checkpoint("line-not-base64", WRONG_LOG, lambda w, n: w.note(w.origin, n) + "\u2014 w AAA\n".encode())


def heads(name: str, codes: Sequence[str], *notes: Callable[[World, int, list[str]], bytes]) -> None:
    def change(world: World, files: Files) -> Files:
        kept = {path: data for path, data in files.items() if not path.startswith("data/heads/")}
        lines = world.heads(len(world.events), ["keys", "register", "harbour"])
        for note in notes:
            data = note(world, len(world.events), lines)
            kept[f"data/heads/{sha256(data).hex()}"] = data
        return kept

    files_of(f"heads-{name}", codes, change)


def _heads(w: World, n: int, lines: Sequence[str], **keywords: Any) -> bytes:
    return w.note(f"{w.origin}/heads", n, lines, **keywords)


WRONG_HEADS = ("heads.wrong",)
heads("none", ("unchecked.heads",))
heads("two-notes", (), lambda w, n, ls: _heads(w, n, ls[:2]), lambda w, n, ls: _heads(w, n, ls[1:]))
heads("one-stream-missing", WRONG_HEADS, lambda w, n, ls: _heads(w, n, ls[:2]))
heads("no-stream", WRONG_HEADS, lambda w, n, ls: _heads(w, n, []))
heads("unsorted", WRONG_HEADS, lambda w, n, ls: _heads(w, n, ls[::-1]))
heads("twice", WRONG_HEADS, lambda w, n, ls: _heads(w, n, [ls[0], *ls]))
heads("by-a-stranger", WRONG_HEADS, lambda w, n, ls: _heads(w, n, ls, logs=[Key("stranger")]))
heads("of-a-smaller-size", WRONG_HEADS, lambda w, n, ls: _heads(w, n - 1, ls))
heads("under-the-origin", WRONG_HEADS, lambda w, n, ls: w.note(w.origin, n, ls))
heads("is-the-checkpoint", WRONG_HEADS, lambda w, n, ls: w.note(w.origin, n))
heads(
    "another-stream",
    ("tail.cut",),
    lambda w, n, ls: _heads(w, n, sorted([*ls, f"{w.streams['quarry']} 3 {'0' * 64}"])),
)
heads("later-end", ("tail.cut",), lambda w, n, ls: _heads(w, n, [f"{ls[0][:36]} 21 {ls[0][-64:]}", *ls[1:]]))
heads("earlier-end", WRONG_HEADS, lambda w, n, ls: _heads(w, n, [f"{ls[0][:36]} 1 {ls[0][-64:]}", *ls[1:]]))
heads("another-leaf", WRONG_HEADS, lambda w, n, ls: _heads(w, n, [ls[0][:-1] + "g", *ls[1:]]))
heads("leaf-changed", WRONG_HEADS, lambda w, n, ls: _heads(w, n, [ls[0][:-64] + "0" * 64, *ls[1:]]))
heads("sequence-zero", WRONG_HEADS, lambda w, n, ls: _heads(w, n, [f"{ls[0][:36]} 0 {'0' * 64}", *ls[1:]]))
heads(
    "sequence-beyond-size",
    WRONG_HEADS,
    lambda w, n, ls: _heads(w, n, [f"{ls[0][:36]} 99999 {'0' * 64}", *ls[1:]]),
)
heads(
    "two-that-differ",
    WRONG_HEADS,
    lambda w, n, ls: _heads(w, n, ls),
    lambda w, n, ls: _heads(w, n, [ls[0][:-64] + "0" * 64]),
)


def sealed_at(name: str, codes: Sequence[str], size: int | None) -> None:
    def make() -> tuple[bytes, str]:
        world, _ = golden_world()
        at = size if size is None or size >= 0 else len(world.events) + size
        return archive(world.folder, world.files(CASES, size=at, withhold=withheld, sources=[DOCUMENT])), str(
            world.ledger
        )

    add(f"sealed-{name}", make, codes)


sealed_at("never", ("unchecked.checkpoint",), None)
sealed_at("before-the-last-three", ("unchecked.sealed",), -3)
sealed_at("at-one", ("unchecked.sealed",), 1)
sealed_at("at-five", ("unchecked.sealed",), 5)


# Files and lines


def lines_of(
    name: str,
    file: str,
    codes: Sequence[str],
    change: Callable[[list[bytes]], list[bytes]],
    *,
    unfixed: bool = True,
) -> None:
    def changed(world: World, files: Files) -> None:
        files[f"data/{file}.jsonl"] = b"".join(change(files[f"data/{file}.jsonl"].splitlines(keepends=True)))

    files_of(f"{file}-{name}", codes, changed, unfixed=unfixed)


def swap(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def space(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1].replace(b",", b", ", 1)]


def no_end(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1][:-1]]


PROOF = ("proof.wrong",)
for _file, _code, _kept in (
    ("disclosures", "disclosure.malformed", "unchecked.disclosure"),
    ("withheld", "bundle.withheld", "unchecked.disclosure"),
    ("proofs", "proof.wrong", "unchecked.proof"),
    ("events", "event.malformed", ""),
):
    _lost = (
        (_code, _kept) if _kept else ("event.malformed", "tail.cut", "disclosure.elsewhere", "proof.wrong")
    )
    lines_of("space", _file, _lost if _kept else _lost[:3], space)
    lines_of("without-end", _file, _lost, no_end)
    lines_of("empty-line", _file, (_code,), lambda lines: [*lines, b"\n"])
    lines_of("carriage-return", _file, _lost, lambda lines: [*lines[:-1], lines[-1][:-1] + b"\r\n"])
    lines_of("nonsense", _file, (_code,), lambda lines: [*lines, b"nonsense\n"])
    lines_of("long", _file, (_code,), lambda lines: [*lines, b'"' + b"x" * 70_000 + b'"\n'])
    lines_of("number", _file, (_code,), lambda lines: [*lines, b"1\n"])
    lines_of("deep", _file, (_code,), lambda lines: [*lines, b"[" * 20_000 + b"]" * 9_000 + b"\n"])
    lines_of("not-utf8", _file, (_code,), lambda lines: [*lines, b'"\xff"\n'])
    lines_of("lone-surrogate", _file, (_code,), lambda lines: [*lines, b'"\\ud800"\n'])

lines_of("first-twice", "events", ("chain.broken",), lambda lines: [lines[0], *lines])
lines_of("last-twice", "events", ("chain.broken",), lambda lines: [*lines, lines[-1]])
lines_of("last-cut", "events", ("tail.cut", "disclosure.elsewhere", *PROOF), lambda lines: lines[:-1])
lines_of("two-last-cut", "events", ("tail.cut", "disclosure.elsewhere", *PROOF), lambda lines: lines[:-2])
lines_of(
    "one-left-out",
    "events",
    ("event.left_out", *PROOF, "disclosure.elsewhere", "bundle.withheld", "unchecked.keys"),
    lambda lines: [*lines[:7], *lines[8:]],
)
lines_of("first-left-out", "events", (*PROOF, "unchecked.keys"), lambda lines: lines[1:])
lines_of(
    "index-text",
    "events",
    ("event.malformed", "tail.cut", "disclosure.elsewhere", *PROOF),
    lambda ls: [*ls[:-1], ls[-1].replace(b'"index":', b'"index":"').replace(b"}\n", b'"}\n')],
)
lines_of(
    "index-moved",
    "events",
    ("tail.cut", "unchecked.sealed", *PROOF),
    lambda ls: [*ls[:-1], re.sub(rb'"index":\d+', b'"index":99', ls[-1])],
)
lines_of(
    "extra-member",
    "events",
    ("event.malformed", "tail.cut", "disclosure.elsewhere", *PROOF),
    lambda ls: [*ls[:-1], ls[-1].replace(b"}\n", b',"more":1}\n')],
)
lines_of(
    "emptied",
    "events",
    ("unchecked.keys", "disclosure.elsewhere", "bundle.withheld", *PROOF),
    lambda lines: [],
)
lines_of("one-left-out", "proofs", ("unchecked.proof",), lambda lines: [*lines[:3], *lines[4:]])
lines_of("emptied", "proofs", ("unchecked.proof",), lambda lines: [])
lines_of("swapped", "proofs", ("unchecked.proof", *PROOF), swap)
lines_of("twice", "proofs", PROOF, lambda lines: [lines[0], *lines])
lines_of(
    "hash-missing",
    "proofs",
    PROOF,
    lambda ls: [json_line({**json.loads(ls[0]), "hashes": json.loads(ls[0])["hashes"][1:]}), *ls[1:]],
)
lines_of(
    "hash-more",
    "proofs",
    PROOF,
    lambda ls: [
        json_line({**json.loads(ls[0]), "hashes": [*json.loads(ls[0])["hashes"], base64_of(bytes(32))]}),
        *ls[1:],
    ],
)
lines_of(
    "hash-short",
    "proofs",
    (*PROOF, "unchecked.proof"),
    lambda ls: [json_line({**json.loads(ls[0]), "hashes": [base64_of(bytes(31))]}), *ls[1:]],
)
lines_of(
    "hash-changed",
    "proofs",
    PROOF,
    lambda ls: [
        json_line({**json.loads(ls[0]), "hashes": [base64_of(bytes(32)), *json.loads(ls[0])["hashes"][1:]]}),
        *ls[1:],
    ],
)
lines_of(
    "hashes-64",
    "proofs",
    (*PROOF, "unchecked.proof"),
    lambda ls: [json_line({"hashes": [base64_of(bytes(32))] * 64, "index": 0}), *ls[1:]],
)
lines_of("of-what-is-not-here", "proofs", PROOF, lambda ls: [*ls, json_line({"hashes": [], "index": 10**6})])
lines_of(
    "of-another-case",
    "proofs",
    PROOF,
    lambda ls: sorted(
        [*ls, json_line({"hashes": [], "index": 6})], key=lambda line: json.loads(line)["index"]
    ),
)
lines_of("one-left-out", "disclosures", ("unchecked.disclosure",), lambda lines: lines[1:])
lines_of("emptied", "disclosures", ("unchecked.disclosure",), lambda lines: [])
lines_of("swapped", "disclosures", ("disclosure.malformed", "unchecked.disclosure"), swap)
lines_of("twice", "disclosures", ("disclosure.malformed",), lambda lines: [lines[0], *lines])
lines_of(
    "value-changed", "disclosures", ("disclosure.wrong",), lambda ls: [edited(ls[0], 5, "another"), *ls[1:]]
)
lines_of(
    "salt-changed", "disclosures", ("disclosure.wrong",), lambda ls: [edited(ls[0], 4, "0" * 32), *ls[1:]]
)
lines_of(
    "salt-short",
    "disclosures",
    ("disclosure.malformed", "unchecked.disclosure"),
    lambda ls: [edited(ls[0], 4, "0" * 31), *ls[1:]],
)
lines_of(
    "tag-changed",
    "disclosures",
    ("disclosure.malformed", "unchecked.disclosure"),
    lambda ls: [edited(ls[0], 0, "claimledger-disclosure/2"), *ls[1:]],
)
lines_of(
    "ledger-changed", "disclosures", ("disclosure.wrong",), lambda ls: [edited(ls[0], 1, "0" * 64), *ls[1:]]
)
lines_of(
    "ledger-no-id",
    "disclosures",
    ("disclosure.malformed", "unchecked.disclosure"),
    lambda ls: [edited(ls[0], 1, 7), *ls[1:]],
)
lines_of(
    "event-no-id",
    "disclosures",
    ("disclosure.malformed", "unchecked.disclosure"),
    lambda ls: [edited(ls[0], 2, "0" * 36), *ls[1:]],
)
lines_of(
    "event-changed",
    "disclosures",
    ("disclosure.elsewhere", "unchecked.disclosure"),
    lambda ls: [edited(ls[0], 2, uuid_of("x")), *ls[1:]],
)
lines_of(
    "slot-changed",
    "disclosures",
    ("disclosure.elsewhere", "unchecked.disclosure"),
    lambda ls: [edited(ls[0], 3, "a.slot"), *ls[1:]],
)
lines_of(
    "seven-values",
    "disclosures",
    ("disclosure.malformed", "unchecked.disclosure"),
    lambda ls: [json_line([*json.loads(ls[0]), 1]), *ls[1:]],
)
lines_of("one-left-out", "withheld", ("unchecked.disclosure",), lambda lines: lines[1:])
lines_of("twice", "withheld", ("bundle.withheld",), lambda lines: [lines[0], *lines])
lines_of(
    "of-what-is-not-here", "withheld", ("bundle.withheld",), lambda ls: [*ls, json_line(["0" * 36, "x"])]
)
lines_of(
    "three-values",
    "withheld",
    ("bundle.withheld", "unchecked.disclosure"),
    lambda ls: [json_line([*json.loads(ls[0]), "x"]), *ls[1:]],
)


def json_line(value: object) -> bytes:
    return encode(value) + b"\n"


def edited(line: bytes, place: int, value: object) -> bytes:
    changed = json.loads(line)
    changed[place] = value
    return json_line(changed)


def given(name: str, codes: Sequence[str], which: str, *, also_withheld: bool) -> None:
    """A disclosure that the golden bundle leaves out, put in its place."""

    def change(world: World, files: Files) -> None:
        for event in world.events:
            for slot, text in event.disclosures.items():
                if slot == which:
                    lines = [*files["data/disclosures.jsonl"].splitlines(keepends=True), text + b"\n"]
                    order = {e.payload["id"]: i for i, e in enumerate(world.events)}
                    lines.sort(key=lambda line: (order[json.loads(line)[2]], json.loads(line)[3]))
                    files["data/disclosures.jsonl"] = b"".join(lines)
        if not also_withheld:
            files["data/withheld.jsonl"] = b""

    files_of(name, codes, change)


given("given-and-withheld", ("bundle.withheld",), "entity.name", also_withheld=True)
given("given-later", (), "entity.name", also_withheld=False)
given("given-though-erased", ("disclosure.erased",), "claim.text", also_withheld=True)


@recorded("withheld-and-erased", "bundle.withheld")
def _(world: World, ids: Names) -> None:
    body = {"event": ids["claim"], "slots": ["entity.name"], "authority": "a", "reason": "b"}
    world.add("harbour", "disclosure.erased", body, C)
    original = world.files

    def files(*arguments: Any, **keywords: Any) -> Files:
        made = original(*arguments, **keywords)
        made["data/withheld.jsonl"] += json_line([ids["claim"], "entity.name"])
        return with_manifests(made, str(world.ledger))

    world.files = files  # type: ignore[method-assign]


def about(name: str, codes: Sequence[str], **changes: Any) -> None:
    def change(world: World, files: Files) -> None:
        value = {**json.loads(files["data/bundle.json"]), **changes}
        files["data/bundle.json"] = json_line({k: v for k, v in value.items() if v != "GONE"})

    files_of(f"json-{name}", codes, change)


BAD = ("bundle.malformed",)
about("format", BAD, format="claimledger-bundle/2")
about("extra-member", BAD, more=1)
about("without-size", BAD, size="GONE")
about("size-text", BAD, size="22")
about("size-negative", BAD, size=-1)
about("size-other", WRONG_LOG, size=5)
about("size-null", WRONG_LOG, size=None)
about("cases-unsorted", BAD, cases=["harbour", "a"])
about("cases-twice", BAD, cases=["harbour", "harbour"])
about("cases-more", ("bundle.cases",), cases=["harbour", "quarry"])
about("cases-other", ("bundle.cases",), cases=["quarry"])
about("cases-null", BAD, cases=None)
about("ledger-other", BAD, ledger="0" * 64)
about("origin-number", BAD, origin=1)


def file_of(
    name: str, codes: Sequence[str], path: str, data: Callable[[bytes], bytes] | None, *, fix: bool = True
) -> None:
    def make() -> tuple[bytes, str]:
        world, _ = golden_world()
        files = world.files(CASES, withhold=withheld, sources=[DOCUMENT])
        if data is None:
            del files[path]
        else:
            files[path] = data(files.get(path, b""))
        if fix and path.startswith("data/"):
            files = with_manifests(files, str(world.ledger))
        elif fix and path == "bag-info.txt":
            listed = {name: files[name] for name in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")}
            files["tagmanifest-sha256.txt"] = manifest(listed)
        return archive(world.folder, files), str(world.ledger)

    add(name, make, codes)


for _path in (
    "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "data/README.txt", "data/bundle.json",
    "data/events.jsonl", "data/disclosures.jsonl", "data/withheld.jsonl", "data/proofs.jsonl",
):  # fmt: skip
    file_of(f"without-{_path.rpartition('/')[2]}", BAD, _path, None, fix=False)
file_of("without-checkpoint", WRONG_LOG, "data/checkpoint", None)
MANIFEST = ("bundle.manifest",)
file_of("readme-changed", MANIFEST, "data/README.txt", lambda d: d + b"x", fix=False)
file_of("readme-changed-and-listed", (), "data/README.txt", lambda d: d + b"x")
file_of("verifier-there", (), "data/verify_claimledger.py", lambda d: b"print(1)\n")
file_of("verifier-unlisted", MANIFEST, "data/verify_claimledger.py", lambda d: b"print(1)\n", fix=False)
file_of("bagit-changed", MANIFEST, "bagit.txt", lambda d: d.replace(b"1.0", b"0.97"), fix=False)
file_of("manifest-empty", MANIFEST, "manifest-sha256.txt", lambda d: b"", fix=False)
file_of("tagmanifest-empty", MANIFEST, "tagmanifest-sha256.txt", lambda d: b"", fix=False)
file_of("extra-data", ("bundle.extra",), "data/more.txt", lambda d: b"x")
file_of("extra-in-sources", ("bundle.extra",), "data/sources/readme", lambda d: b"x")
file_of("extra-tag", ("bundle.extra",), "more.txt", lambda d: b"x")
file_of("source-nobody-names", ("bundle.extra",), f"data/sources/{sha256(b'x').hex()}", lambda d: b"x")
file_of(
    "source-of-another-digest",
    (*MANIFEST, "bundle.extra"),
    f"data/sources/{sha256(b'x').hex()}",
    lambda d: b"y",
)
file_of("timestamp-there", (), f"data/timestamps/{sha256(b'x').hex()}", lambda d: b"x")
file_of("timestamp-of-another-digest", MANIFEST, f"data/timestamps/{sha256(b'x').hex()}", lambda d: b"y")
for _name, _codes, _edit in (
    ("note", MANIFEST, lambda d: b"Note: x\n" + d),
    ("order", MANIFEST, lambda d: b"".join(sorted(d.splitlines(keepends=True)))),
    ("date", MANIFEST, lambda d: d.replace(b"2025-07-10", b"2025-7-10")),
    ("space", MANIFEST, lambda d: d.replace(b"An Organisation", b" An Organisation")),
    ("value-empty", MANIFEST, lambda d: d.replace(b"An Organisation", b"")),
    ("value-500", (), lambda d: d.replace(b"An Organisation", b"x" * 500)),
    ("value-501", MANIFEST, lambda d: d.replace(b"An Organisation", b"x" * 501)),
    ("control", MANIFEST, lambda d: d.replace(b"An Organisation", b"An\tOrganisation")),
    ("not-utf8", MANIFEST, lambda d: d.replace(b"An Organisation", b"\xff")),
    ("other-letters", (), lambda d: d.replace(b"An Organisation", "\u0416 \u2028x".encode())),
    ("without-date", MANIFEST, lambda d: d.replace(b"Bagging-Date: 2025-07-10\n", b"")),
    ("without-organisation", (), lambda d: d.replace(b"Source-Organization: An Organisation\n", b"")),
    ("another-ledger", MANIFEST, lambda d: d.replace(b"Identifier: ", b"Identifier: 0")),
    ("another-oxum", MANIFEST, lambda d: d.replace(b"Oxum: ", b"Oxum: 1")),
    ("without-end", MANIFEST, lambda d: d[:-1]),
):  # fmt: skip
    file_of(f"bag-info-{_name}", _codes, "bag-info.txt", _edit)


# The archive


def zipped(name: str, codes: Sequence[str], change: Callable[[bytes], bytes]) -> None:
    def make() -> tuple[bytes, str]:
        data, ledger = golden()
        return change(data), ledger

    add(f"zip-{name}", make, codes)


zipped("golden", (), lambda d: d)
zipped("cut-in-half", BAD, lambda d: d[: len(d) // 2])
zipped("cut-by-one", BAD, lambda d: d[:-1])
zipped("empty", BAD, lambda d: b"")
zipped("one-byte-more", BAD, lambda d: d + b"\0")
zipped("one-byte-before", BAD, lambda d: b"\0" + d)
zipped("a-byte-of-content", BAD, lambda d: d[:400] + bytes([d[400] ^ 1]) + d[401:])
zipped("nothing-but-an-end", BAD, lambda d: b"PK\5\6" + bytes(18))
zipped("twice", BAD, lambda d: d + d)
zipped("compressed-flag", ("bundle.unsafe",), lambda d: _central(d, 10, b"\x08\0"))
zipped("encrypted-flag", ("bundle.unsafe",), lambda d: _central(d, 8, b"\1\0"))
zipped("link", ("bundle.unsafe",), lambda d: _central(d, 38, b"\0\0\xff\xa1"))
zipped("executable", BAD, lambda d: _central(d, 38, b"\0\0\xed\x81"))
zipped("made-by-dos", BAD, lambda d: _central(d, 4, b"\x14\0"))
zipped("size-of-4-gb", ("bundle.unsafe",), lambda d: _central(d, 20, b"\xfe\xff\xff\xff\xfe\xff\xff\xff"))
zipped("crc", BAD, lambda d: _central(d, 16, b"\0\0\0\0"))
zipped("name-absolute", ("bundle.unsafe",), lambda d: _central(d, 46, b"/"))
zipped("name-control", ("bundle.unsafe",), lambda d: _central(d, 46, b"\n"))
zipped("name-backslash", ("bundle.unsafe",), lambda d: _central(d, 46, b"\\"))
zipped("name-drive", ("bundle.unsafe",), lambda d: _central(d, 46, b"c:"))
zipped("name-up", ("bundle.unsafe",), lambda d: _central(d, 46, b"../"))
zipped("name-differs", BAD, lambda d: _central(d, 46, b"a"))


def _central(data: bytes, place: int, new: bytes) -> bytes:
    """Overwrite something in the first header of the list of files."""
    at = data.index(b"PK\1\2") + place
    return data[:at] + new + data[at + len(new) :]


GOLDEN = Path(__file__).resolve().parent.parent / "vectors" / "bundle"
"""Where the golden bundle is kept, with the id of its ledger beside it."""


def write(folder: Path, names: Iterable[str] = VARIANTS) -> dict[str, Any]:
    """Write variants as NAME.zip; gives name to the ledger id and the codes that a verifier must find."""
    expected = {}
    for name in names:
        make, codes = VARIANTS[name]
        data, ledger = make()
        (folder / f"{name}.zip").write_bytes(data)
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
