"""Whoever holds root keys, but fewer than the threshold, or makes a ledger in bad faith: keys that prove nothing."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Any

from claimledger.ed25519 import D, P
from claimledger.events.encoding import JSONValue
from claimledger.events.envelope import pae
from claimledger.events.event import Payload
from claimledger.events.governance import KeyAdded
from claimledger.keys import keyid
from claimledger.recording import Row, Signers

from .book import Check, attack
from .world import Copy, dsse, everywhere, fresh, parts, row_of

SIGNATURE = Check(
    "trust:KeyStream.wrong_signatures", "not verify(record.public_key, each.signature, message)"
)
STREAM = "7f1c2a52-6c0b-4d0e-9a43-0d1f6a1f2b77"


def opening(roots: list[tuple[str, bytes]], threshold: int, logs: list[bytes], *signers: Any) -> Row:
    """The first event of another ledger, whatever it says."""
    body: dict[str, JSONValue] = {
        "origin": "example.org/other",
        "roots": [{"holder": holder, "key": key.hex()} for holder, key in roots],
        "threshold": threshold,
        "logs": [{"holder": "Log", "algorithm": "ed25519", "key": key.hex()} for key in logs],
    }
    payload = Payload(
        "ledger.opened", 1, None, STREAM, 1, None, STREAM, "2025-07-04T09:00:00.000000Z", body, {}
    )
    envelope, _ = Signers(signers).seal(payload.to_bytes())
    return row_of(envelope)


def opened(copy: Copy, row: Row) -> set[str]:
    """What an auditor is told who pins the ledger that begins so."""
    return copy.write([row]).told(pin=sha256(parts(row.envelope)[0]).hexdigest())


@attack(
    "one key in two roles",
    found="key.not_allowed",
    by=Check("key_rules:_is_new", "known is not None and known.added_at != index"),
)
def test_the_key_of_the_log_is_added_as_that_of_a_recorder(copy: Copy) -> set[str]:
    world, log = copy.world, copy.world.a.logs[0]
    return copy.write([*world.rows, world.key_added(world.rows, log.public_key, *world.a.roots, log)]).told(
        15
    )


@attack(
    "one key in two roles",
    found="event.malformed",
    by=Check("events.governance:LedgerOpened._reachable", "len(set(keys)) != len(keys)"),
)
def test_a_ledger_is_opened_with_one_key_as_root_and_as_log(copy: Copy) -> set[str]:
    root = fresh("C").roots[0]
    return opened(copy, opening([("Root", root.public_key)], 1, [root.public_key], root))


@attack(
    "one key in two roles",
    found="key.not_allowed",
    by=Check("key_rules:are_recorders", 'record.role != "recorder"'),
)
def test_a_root_signs_what_a_recorder_has_to_sign(copy: Copy) -> set[str]:
    world = copy.world
    return copy.write([*world.rows, world.entity(world.rows, *world.a.roots)]).told(15)


TWO_IDS = "same key under two ids towards a threshold"


@attack(
    TWO_IDS,
    found="event.malformed",
    by=(
        Check("events.governance:_check_roots", "len({root.key for root in roots}) != len(roots)"),
        Check("events.governance:LedgerOpened._reachable", "len(set(keys)) != len(keys)"),
    ),
    then="key.not_allowed",
)
def test_a_ledger_is_opened_with_one_root_key_for_two_people(copy: Copy) -> set[str]:
    root = fresh("C").roots[0]
    two = [("One", root.public_key), ("Other", root.public_key)]
    return opened(copy, opening(two, 2, [], root))


@attack(TWO_IDS, found="signature.wrong", by=SIGNATURE)
def test_one_of_two_roots_signs_under_both_names(copy: Copy) -> set[str]:
    one, other = fresh("C").roots[0], fresh("D").roots[0]
    row = opening([("One", one.public_key), ("Other", other.public_key)], 2, [], one)
    payload, _ = parts(row.envelope)
    signatures = sorted((keyid(each), one.sign(pae(payload))) for each in (one, other))
    return opened(copy, row_of(dsse(payload, signatures)))


@attack(
    TWO_IDS,
    found="key.not_allowed",
    by=Check("key_rules:threshold_of_roots", "len(signers) < threshold"),
)
def test_one_of_two_roots_signs_alone(copy: Copy) -> set[str]:
    one, other = fresh("C").roots[0], fresh("D").roots[0]
    return opened(copy, opening([("One", one.public_key), ("Other", other.public_key)], 2, [], one))


POSSESSION = "registration without possession"


@attack(
    POSSESSION,
    found="key.not_allowed",
    by=Check("key_rules:may_add", "body.role in _PROVES_POSSESSION and new not in signers"),
)
def test_the_key_of_somebody_else_is_registered_without_him(copy: Copy) -> set[str]:
    world, his = copy.world, fresh("C").recorder.public_key
    return copy.write([*world.rows, world.key_added(world.rows, his, *world.a.roots)]).told(15)


@attack(POSSESSION, found="signature.wrong", by=SIGNATURE)
def test_the_key_of_somebody_else_is_registered_with_a_signature_that_is_not_his(copy: Copy) -> set[str]:
    world, his = copy.world, fresh("C").recorder
    payload, signatures = parts(world.key_added(world.rows, his.public_key, *world.a.roots).envelope)
    forged = sorted([*signatures, (keyid(his), fresh("D").recorder.sign(pae(payload)))])
    return copy.write([*world.rows, row_of(dsse(payload, forged))]).told(15)


WEAK = "small-order and non-canonical keys"
REGISTERED = Check("key_records:record_of", "check_public_key(public_key, algorithm)", "None")


def small_order() -> list[bytes]:
    """The points of small order, in each spelling, with either sign."""
    eight = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    ys = (0, 1, P - 1, eight, P - eight, P, P + 1)
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


def identity_signature() -> bytes:
    """Fits every message under the identity key: R is the identity, s is 0."""
    return (1).to_bytes(32, "little") + bytes(32)


@attack(
    WEAK,
    found="keys.weak",
    by=(REGISTERED, Check("ed25519:load_public_key", "check_public_key(raw)", "None")),
)
def test_a_key_is_registered_under_which_one_signature_fits_every_message(copy: Copy) -> set[str]:
    world, identity = copy.world, (1).to_bytes(32, "little")
    row = world.key_added(world.rows, identity, *world.a.roots)
    payload, signatures = parts(row.envelope)
    name = sha256(b"ed25519\0" + identity).hexdigest()
    signed = sorted([*signatures, (name, identity_signature())])
    added = row_of(dsse(payload, signed))
    anything, _ = parts(world.entity([*world.rows, added], world.a.recorder).envelope)
    forged = row_of(dsse(anything, [(name, identity_signature())]))
    return copy.write([*world.rows, added, forged]).told() & {"keys.weak"}


@attack(WEAK, found="keys.weak", by=REGISTERED, then="signature.wrong")
def test_any_key_of_small_order_is_registered_in_any_spelling(copy: Copy) -> set[str]:
    world = copy.world

    def added(key: bytes) -> set[str]:
        payload, signatures = parts(world.key_added(world.rows, key, *world.a.roots).envelope)
        name = sha256(b"ed25519\0" + key).hexdigest()
        signed = sorted([*signatures, (name, identity_signature())])
        return copy.write([*world.rows, row_of(dsse(payload, signed))]).told(15)

    return everywhere(partial(added, key) for key in small_order())


@attack(WEAK, found="keys.weak", by=REGISTERED, then="signature.wrong")
def test_bytes_that_are_no_point_of_the_curve_are_registered(copy: Copy) -> set[str]:
    world = copy.world
    key = next(y.to_bytes(32, "little") for y in range(2, 100) if not is_on_curve(y))
    payload, signatures = parts(world.key_added(world.rows, key, *world.a.roots).envelope)
    signed = sorted([*signatures, (sha256(b"ed25519\0" + key).hexdigest(), identity_signature())])
    return copy.write([*world.rows, row_of(dsse(payload, signed))]).told(15)


def is_on_curve(y: int) -> bool:
    square = y * y
    return pow((square - 1) * (D * square + 1), (P - 1) // 2, P) == 1


@attack(
    WEAK,
    found="keys.weak",
    by=(REGISTERED, Check("ed25519:load_public_key", "check_public_key(raw)", "None")),
)
def test_a_ledger_is_opened_by_a_root_for_whom_anyone_can_sign(copy: Copy) -> set[str]:
    identity = (1).to_bytes(32, "little")
    payload, _ = parts(opening([("Root", identity)], 1, [], fresh("C").roots[0]).envelope)
    return opened(
        copy, row_of(dsse(payload, [(sha256(b"ed25519\0" + identity).hexdigest(), identity_signature())]))
    )


@attack(WEAK, found="keys.weak", by=REGISTERED)
def test_a_log_key_of_ml_dsa_is_added_for_which_anyone_can_sign(copy: Copy) -> set[str]:
    """Its vector is zero: there is no secret behind it."""
    world = copy.world
    body = KeyAdded(holder="New", role="log", algorithm="ml-dsa-44", key=bytes(1312).hex()).split()[0]
    row = world.forge(world.rows, KeyAdded.TYPE, body, world.key_stream, *world.a.roots)
    return copy.write([*world.rows, row]).told(15)
