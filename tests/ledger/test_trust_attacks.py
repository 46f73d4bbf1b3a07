"""Attacks on keys, one case each: what is found, and by which rule of `claimledger.trust`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from claimledger.events.envelope import Envelope, Signature, keyid_of
from claimledger.events.errors import InvalidValue, KeyNotAllowed, MalformedEvent, WeakKey, WrongSignature
from claimledger.keys import keyid
from claimledger.trust import KeyStream
from tests.ledger.key_histories import (
    KEYS,
    key_added,
    opening,
    payload,
    revoked,
    roots_changed,
    sign,
    signer,
    take,
)

ROOT, OTHER_ROOT, ANA, BEN, THIEF = map(signer, ("root", "other root", "ana", "ben", "thief"))
P = 2**255 - 19
IDENTITY = b"\x01" + bytes(31)
ORDER_2 = (P - 1).to_bytes(32, "little")
SECOND_SPELLING = (P + 1).to_bytes(32, "little")  # of the identity: y is not below p


@pytest.fixture
def stream() -> KeyStream:
    """One root; Ana records from index 2 on, Ben from index 3 on."""
    opened = KeyStream.opened(sign(opening(ROOT), ROOT))
    take(opened, sign(key_added(opened, ANA.public_key), ROOT, ANA), 1)
    take(opened, sign(key_added(opened, BEN.public_key), ROOT, BEN), 2)
    return opened


def test_a_recorder_adds_no_key(stream: KeyStream) -> None:
    added = key_added(stream, THIEF.public_key)
    with pytest.raises(KeyNotAllowed, match="signed by 0 root keys, where it takes 1"):
        stream.verify(sign(added, ANA, THIEF), added, 3)
    with pytest.raises(KeyNotAllowed, match="root keys and the new key only"):
        stream.verify(sign(added, ROOT, ANA, THIEF), added, 3)


def test_a_recorder_revokes_no_key_and_changes_no_root(stream: KeyStream) -> None:
    for header in (revoked(stream, BEN, 0), roots_changed(stream, ANA)):
        with pytest.raises(KeyNotAllowed, match="signed by 0 root keys"):
            stream.verify(sign(header, ANA), header, 3)


@pytest.mark.parametrize("role", ["recorder", "root"])
def test_a_key_is_not_registered_without_possession(stream: KeyStream, role: str) -> None:
    added = key_added(stream, THIEF.public_key, role=role)
    with pytest.raises(KeyNotAllowed, match="must sign its own adding"):
        stream.verify(sign(added, ROOT), added, 3)
    good = sign(added, ROOT, THIEF)
    stolen = tuple(
        Signature(each.keyid, ROOT.sign(good.pae())) if each.keyid == keyid(THIEF) else each
        for each in good.signatures
    )
    with pytest.raises(WrongSignature, match="new key"):
        stream.verify(Envelope(good.payload, stolen), added, 3)


def test_a_new_root_is_not_listed_without_possession(stream: KeyStream) -> None:
    changed = roots_changed(stream, ROOT, OTHER_ROOT)
    with pytest.raises(KeyNotAllowed, match="is new and must sign it as well"):
        stream.verify(sign(changed, ROOT), changed, 3)
    good = sign(changed, ROOT, OTHER_ROOT)
    stolen = tuple(
        Signature(each.keyid, ROOT.sign(good.pae())) if each.keyid == keyid(OTHER_ROOT) else each
        for each in good.signatures
    )
    with pytest.raises(WrongSignature, match="new key"):
        stream.verify(Envelope(good.payload, stolen), changed, 3)


@pytest.mark.parametrize("role", ["recorder", "root", "log", "witness"])
def test_one_key_has_one_role_also_after_it_was_revoked(stream: KeyStream, role: str) -> None:
    take(stream, sign(revoked(stream, ANA, 3), ROOT), 3)
    again = key_added(stream, ANA.public_key, role=role)
    with pytest.raises(KeyNotAllowed, match="is in the ledger already, as a recorder key"):
        stream.verify(sign(again, ROOT, ANA), again, 4)
    listed = roots_changed(stream, ROOT, ANA)
    with pytest.raises(KeyNotAllowed, match="is in the ledger already, as a recorder key"):
        stream.verify(sign(listed, ROOT, ANA), listed, 4)


def test_a_key_is_not_root_and_log_at_once() -> None:
    log = {"holder": "Log", "algorithm": "ed25519", "key": ROOT.public_key.hex()}
    first = opening(ROOT, logs=[log])
    with pytest.raises(MalformedEvent, match="one key, one role"):
        KeyStream.opened(sign(first, ROOT))


def test_the_same_key_counts_once_towards_a_threshold() -> None:
    first = opening(ROOT, OTHER_ROOT, threshold=2)
    one = sign(first, ROOT)
    with pytest.raises(InvalidValue, match="each key may sign once"):
        Envelope(one.payload, one.signatures * 2)
    with pytest.raises(MalformedEvent, match="listed twice"):
        KeyStream.opened(sign(opening(ROOT, ROOT, threshold=2), ROOT))


def test_the_same_key_under_an_edited_keyid_counts_for_nothing() -> None:
    opened = KeyStream.opened(sign(opening(ROOT, OTHER_ROOT, threshold=2), ROOT, OTHER_ROOT))
    added = key_added(opened, ANA.public_key)
    good = sign(added, ROOT, ANA)
    edited = replace(next(each for each in good.signatures if each.keyid == keyid(ROOT)), keyid="f" * 64)
    with pytest.raises(KeyNotAllowed, match="signed by 1 root keys, where it takes 2"):
        opened.verify(Envelope(good.payload, (*good.signatures, edited)), added, 1)
    # Under the id of the other root it is that root's signature, and a wrong one.
    as_other = tuple(
        sorted((*good.signatures, replace(edited, keyid=keyid(OTHER_ROOT))), key=lambda s: s.keyid)
    )
    with pytest.raises(WrongSignature, match=keyid(OTHER_ROOT)):
        opened.verify(Envelope(good.payload, as_other), added, 1)


@pytest.mark.parametrize("clock", ["2020-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"])
def test_a_key_signs_neither_before_it_was_added_nor_after_it_was_revoked_whatever_the_clock_says(
    stream: KeyStream, clock: str
) -> None:
    take(stream, sign(revoked(stream, BEN, 4), ROOT), 6)
    recorded = payload("claim.recorded", {}, ledger=stream.ledger_id, recorded_at=clock)
    for index in (1, 2):
        with pytest.raises(KeyNotAllowed, match=f"is not in the ledger at index {index}"):
            stream.verify(sign(recorded, BEN), recorded, index)
    for index in (3, 5):
        stream.verify(sign(recorded, BEN), recorded, index)
    for index in (7, 700):
        with pytest.raises(KeyNotAllowed, match="was revoked at index 6; it may not sign"):
            stream.verify(sign(recorded, BEN), recorded, index)


def test_a_root_that_was_dropped_signs_nothing_and_does_not_come_back(stream: KeyStream) -> None:
    take(stream, sign(roots_changed(stream, OTHER_ROOT), ROOT, OTHER_ROOT), 3)
    for header in (key_added(stream, THIEF.public_key), revoked(stream, ANA, 0), roots_changed(stream, ROOT)):
        with pytest.raises(KeyNotAllowed, match="signed by 0 root keys"):
            stream.verify(sign(header, ROOT, THIEF), header, 4)
    back = roots_changed(stream, OTHER_ROOT, ROOT)
    with pytest.raises(KeyNotAllowed, match="is in the ledger already, as a root key"):
        stream.verify(sign(back, OTHER_ROOT, ROOT), back, 4)


@pytest.mark.parametrize("weak", [IDENTITY, ORDER_2, SECOND_SPELLING, bytes(32)])
@pytest.mark.parametrize("role", ["recorder", "root", "log"])
def test_a_key_under_which_nothing_is_proven_is_never_registered(
    stream: KeyStream, weak: bytes, role: str
) -> None:
    added = key_added(stream, weak, role=role)
    forged = Signature(keyid_of(weak), IDENTITY + bytes(32))
    signatures = tuple(sorted((*sign(added, ROOT).signatures, forged), key=lambda each: each.keyid))
    with pytest.raises(WeakKey, match="public key"):
        stream.verify(Envelope(added.to_bytes(), signatures), added, 3)


def test_a_log_key_without_a_secret_is_never_registered(stream: KeyStream) -> None:
    key = MLDSA44PrivateKey.from_seed_bytes(bytes(32)).public_key().public_bytes_raw()
    weak = key[:32] + bytes(len(key) - 32)
    added = key_added(stream, weak, role="log", algorithm="ml-dsa-44")
    with pytest.raises(WeakKey, match="anyone can sign"):
        stream.verify(sign(added, ROOT), added, 3)
    good = key_added(stream, key, role="log", algorithm="ml-dsa-44")
    take(stream, sign(good, ROOT), 3)
    assert [each.algorithm for each in stream.active("log")] == ["ml-dsa-44"]


def test_events_take_no_key_of_another_algorithm(stream: KeyStream) -> None:
    key = MLDSA44PrivateKey.from_seed_bytes(bytes(32)).public_key().public_bytes_raw()
    added = key_added(stream, key, role="recorder", algorithm="ml-dsa-44")
    with pytest.raises(MalformedEvent, match="only log keys"):
        stream.verify(sign(added, ROOT), added, 3)


def test_a_revocation_names_a_key_that_is_there(stream: KeyStream) -> None:
    header = revoked(stream, THIEF, 3)
    with pytest.raises(KeyNotAllowed, match="is not in the ledger"):
        stream.verify(sign(header, ROOT), header, 3)


def test_of_several_revocations_the_last_one_counts(stream: KeyStream) -> None:
    for index, size in ((3, 3), (4, 2), (5, 3)):
        take(stream, sign(revoked(stream, ANA, size), ROOT), index)
        assert stream.keys[keyid(ANA)].trusted_below == size
        assert stream.keys[keyid(ANA)].revoked_at == 3


def test_a_stranger_succeeds_nobody(stream: KeyStream) -> None:
    for before, words in ((keyid(ROOT), "no recorder key here"), ("0" * 64, "no recorder key here")):
        added = key_added(stream, THIEF.public_key, succeeds=before)
        with pytest.raises(KeyNotAllowed, match=words):
            stream.verify(sign(added, ROOT, THIEF), added, 3)
    withdrawn = payload("claim.withdrawn", {"withdraws": "x", "because": "y"}, ledger=stream.ledger_id)
    with pytest.raises(KeyNotAllowed, match="the recorder who made the record"):
        stream.verify(sign(withdrawn, BEN), withdrawn, 4, record_signers=[keyid(ANA)])
    new = signer("ana 2")
    take(stream, sign(key_added(stream, new.public_key, succeeds=keyid(ANA)), ROOT, new), 3)
    stream.verify(sign(withdrawn, new), withdrawn, 4, record_signers=[keyid(ANA)])


def test_key_events_are_found_out_in_another_stream(stream: KeyStream) -> None:
    elsewhere = payload("key.revoked", dict(revoked(stream, ANA, 3).body), ledger=stream.ledger_id)
    assert elsewhere.stream != KEYS
    with pytest.raises(KeyNotAllowed, match="stream"):
        stream.verify(sign(elsewhere, ROOT), elsewhere, 3)
