"""Who may sign what: every rule of the key stream, and that nothing but our own errors come out of it."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.envelope import Envelope, Signature, keyid_of
from claimledger.events.errors import (
    BrokenChain,
    ClaimLedgerError,
    CouldNotCheck,
    KeyNotAllowed,
    MalformedEvent,
    WeakKey,
    WrongLedger,
    WrongSignature,
)
from claimledger.keys import Signer, keyid
from claimledger.trust import KeyStream, is_key_event, mended_record
from tests.ledger.key_histories import (
    CASE,
    KEYS,
    as_event,
    key_added,
    opening,
    payload,
    revoked,
    roots_changed,
    sign,
    signer,
    take,
)

IDENTITY = b"\x01" + bytes(31)


ROOT, OTHER_ROOT, ANA, BEN, STRANGER = map(signer, ("root", "other root", "ana", "ben", "stranger"))


@pytest.fixture
def stream() -> KeyStream:
    """A ledger with one root, and Ana as its recorder from index 2 on."""
    opened = KeyStream.opened(sign(opening(ROOT), ROOT))
    take(opened, sign(key_added(opened, ANA.public_key), ROOT, ANA), 1)
    return opened


def test_a_ledger_is_named_by_the_hash_of_its_first_payload() -> None:
    first = opening(ROOT)
    opened = KeyStream.opened(sign(first, ROOT))
    assert opened.ledger_id == sha256(first.to_bytes()).hexdigest()
    assert (opened.origin, opened.stream, opened.threshold) == ("example.org/test", KEYS, 1)
    assert [(each.role, each.added_at) for each in opened.keys.values()] == [("root", 0)]


def test_the_opening_takes_as_many_roots_as_its_threshold() -> None:
    first = opening(ROOT, OTHER_ROOT, threshold=2)
    assert KeyStream.opened(sign(first, ROOT, OTHER_ROOT)).threshold == 2
    with pytest.raises(KeyNotAllowed, match="signed by 1 root keys, where it takes 2"):
        KeyStream.opened(sign(first, ROOT))


def test_the_opening_is_signed_by_its_own_roots_only() -> None:
    with pytest.raises(KeyNotAllowed, match="none of the root keys"):
        KeyStream.opened(sign(opening(ROOT), ROOT, STRANGER))


def test_an_opening_whose_signature_does_not_fit_is_refused() -> None:
    good = sign(opening(ROOT), ROOT)
    forged = Envelope(opening(ROOT, origin="example.org/other").to_bytes(), good.signatures)
    with pytest.raises(WrongSignature, match=keyid(ROOT)):
        KeyStream.opened(forged)


def test_a_root_under_which_any_signature_fits_is_refused() -> None:
    body = {
        "origin": "example.org/test",
        "roots": [{"holder": "X", "key": IDENTITY.hex()}],
        "threshold": 1,
        "logs": [],
    }
    first = payload("ledger.opened", body, ledger=None, stream=KEYS, sequence=1)
    with pytest.raises(WeakKey, match="small order"):
        KeyStream.opened(Envelope(first.to_bytes(), (Signature(keyid_of(IDENTITY), bytes(64)),)))


@pytest.mark.parametrize(
    "members",
    [
        {"threshold": "1"},
        {"threshold": True},
        {"threshold": 0},
        {"threshold": 2},
        {"extra": 1},
        {"roots": []},
        {"origin": "has a space"},
    ],
)
def test_an_opening_that_does_not_say_what_it_must_is_refused(members: dict[str, object]) -> None:
    first = opening(ROOT)
    body = {**first.body, **members}
    changed = payload("ledger.opened", body, ledger=None, stream=KEYS, sequence=1)
    with pytest.raises(MalformedEvent, match=r"ledger\.opened"):
        KeyStream.opened(sign(changed, ROOT))


def test_an_opening_of_a_newer_version_could_not_be_checked() -> None:
    first = opening(ROOT)
    newer = payload("ledger.opened", dict(first.body), ledger=None, stream=KEYS, sequence=1, version=2)
    with pytest.raises(CouldNotCheck, match="newer"):
        KeyStream.opened(sign(newer, ROOT))


def test_a_recorder_signs_from_the_index_after_its_key_was_added(stream: KeyStream) -> None:
    recorded = payload("claim.recorded", {}, ledger=stream.ledger_id)
    stream.verify(sign(recorded, ANA), recorded, 2)
    with pytest.raises(KeyNotAllowed, match="not in the ledger at index 1"):
        stream.verify(sign(recorded, ANA), recorded, 1)


@pytest.mark.parametrize(
    ("signers", "words"),
    [
        ((STRANGER,), "not in the ledger"),
        ((ANA, STRANGER), "not in the ledger"),
        ((ROOT,), "root key"),
        ((ANA, ROOT), "root"),
    ],
)
def test_events_are_signed_by_recorders_only(
    stream: KeyStream, signers: tuple[Signer, ...], words: str
) -> None:
    recorded = payload("claim.recorded", {}, ledger=stream.ledger_id)
    with pytest.raises(KeyNotAllowed, match=words):
        stream.verify(sign(recorded, *signers), recorded, 2)


def test_a_signature_over_other_bytes_is_wrong(stream: KeyStream) -> None:
    recorded = payload("claim.recorded", {}, ledger=stream.ledger_id)
    other = payload("claim.recorded", {"a": 1}, ledger=stream.ledger_id)
    with pytest.raises(WrongSignature, match=keyid(ANA)):
        stream.verify(Envelope(other.to_bytes(), sign(recorded, ANA).signatures), other, 2)


def test_an_event_of_another_ledger_is_refused_although_its_signature_fits(stream: KeyStream) -> None:
    elsewhere = payload("claim.recorded", {}, ledger="f" * 64)
    with pytest.raises(WrongLedger, match="f" * 64):
        stream.verify(sign(elsewhere, ANA), elsewhere, 2)


def test_a_second_opening_is_refused(stream: KeyStream) -> None:
    again = opening(ROOT)
    with pytest.raises(KeyNotAllowed, match="comes once"):
        stream.verify(sign(again, ROOT), again, 2)


def test_key_events_stand_in_the_key_stream_and_nothing_else_does(stream: KeyStream) -> None:
    elsewhere = payload("key.added", dict(key_added(stream, BEN.public_key).body), ledger=stream.ledger_id)
    with pytest.raises(KeyNotAllowed, match="stream"):
        stream.verify(sign(elsewhere, ROOT, BEN), elsewhere, 2)
    claim = payload("claim.recorded", {}, ledger=stream.ledger_id, stream=KEYS, sequence=3)
    with pytest.raises(KeyNotAllowed, match="stream"):
        stream.verify(sign(claim, ANA), claim, 2)


@pytest.mark.parametrize(
    ("signers", "words"),
    [
        ((ROOT,), "must sign its own adding"),
        ((BEN,), "signed by 0 root keys"),
        ((ANA, BEN), "signed by 0 root keys"),
        ((ROOT, BEN, STRANGER), "root keys and the new key only"),
        ((ROOT, ANA, BEN), "root keys and the new key only"),
    ],
)
def test_a_key_is_added_by_the_roots_and_itself(
    stream: KeyStream, signers: tuple[Signer, ...], words: str
) -> None:
    added = key_added(stream, BEN.public_key, sequence=3)
    with pytest.raises(KeyNotAllowed, match=words):
        stream.verify(sign(added, *signers), added, 2)


def test_a_new_key_that_did_not_sign_its_adding_itself_is_refused(stream: KeyStream) -> None:
    added = key_added(stream, BEN.public_key, sequence=3)
    good = sign(added, ROOT, BEN)
    forged = tuple(
        Signature(each.keyid, STRANGER.sign(good.pae())) if each.keyid == keyid(BEN) else each
        for each in good.signatures
    )
    with pytest.raises(WrongSignature, match="new key"):
        stream.verify(Envelope(good.payload, forged), added, 2)


def test_a_log_key_needs_no_proof_and_may_not_sign_events(stream: KeyStream) -> None:
    take(stream, sign(key_added(stream, BEN.public_key, role="log", sequence=3), ROOT), 2)
    recorded = payload("claim.recorded", {}, ledger=stream.ledger_id)
    with pytest.raises(KeyNotAllowed, match="log key"):
        stream.verify(sign(recorded, BEN), recorded, 3)


def test_one_key_has_one_role(stream: KeyStream) -> None:
    for key in (ANA, ROOT):
        again = key_added(stream, key.public_key, role="log", sequence=3)
        with pytest.raises(KeyNotAllowed, match="already"):
            stream.verify(sign(again, ROOT), again, 2)


def test_a_key_under_which_any_signature_fits_is_never_added(stream: KeyStream) -> None:
    added = key_added(stream, IDENTITY, sequence=3)
    forged = Signature(keyid_of(IDENTITY), IDENTITY + bytes(32))
    signatures = (*sign(added, ROOT).signatures, forged)
    envelope = Envelope(added.to_bytes(), tuple(sorted(signatures, key=lambda each: each.keyid)))
    with pytest.raises(WeakKey, match="small order"):
        stream.verify(envelope, added, 2)
    with pytest.raises(WeakKey, match="small order"):
        stream.apply(as_event(envelope, 2))
    assert keyid_of(IDENTITY) not in stream.keys


def test_an_added_root_counts_towards_the_threshold() -> None:
    opened = KeyStream.opened(sign(opening(ROOT, OTHER_ROOT, threshold=2), ROOT, OTHER_ROOT))
    take(opened, sign(key_added(opened, BEN.public_key, role="root"), ROOT, OTHER_ROOT, BEN), 1)
    take(opened, sign(key_added(opened, ANA.public_key, sequence=3), ROOT, BEN, ANA), 2)
    assert opened.keys[keyid(ANA)].role == "recorder"


@pytest.mark.parametrize(
    ("type", "version"), [("key.of_a_later_release", 1), ("key.revoked", 2), ("roots.changed", 2)]
)
def test_a_key_event_that_is_not_known_here_is_never_ignored(
    stream: KeyStream, type: str, version: int
) -> None:
    unknown = payload(type, {}, ledger=stream.ledger_id, stream=KEYS, sequence=3, version=version)
    with pytest.raises(CouldNotCheck, match="newer"):
        stream.verify(sign(unknown, ROOT), unknown, 2)
    with pytest.raises(CouldNotCheck, match="newer"):
        stream.apply(as_event(sign(unknown, ROOT), 2))


def test_the_key_stream_is_folded_in_order_and_once(stream: KeyStream) -> None:
    added = as_event(sign(key_added(stream, BEN.public_key, sequence=3), ROOT, BEN), 2)
    stream.apply(added)
    with pytest.raises(BrokenChain, match="sequence 3"):
        stream.apply(added)


def test_events_of_cases_change_no_key(stream: KeyStream) -> None:
    before = dict(stream.keys)
    stream.apply(as_event(sign(payload("claim.recorded", {}, ledger=stream.ledger_id), ANA), 2))
    assert stream.keys == before


def test_a_record_is_mended_by_who_made_it_or_by_the_roots(stream: KeyStream) -> None:
    take(stream, sign(key_added(stream, BEN.public_key, sequence=3), ROOT, BEN), 2)
    body: dict[str, object] = {"withdraws": "00000000-0000-4000-8000-000000000009", "because": "a slip"}
    withdrawn = payload("claim.withdrawn", body, ledger=stream.ledger_id)
    assert mended_record(withdrawn) == body["withdraws"]
    stream.verify(sign(withdrawn, ANA), withdrawn, 3, record_signers=[keyid(ANA)])
    stream.verify(sign(withdrawn, ROOT), withdrawn, 3, record_signers=[keyid(ANA)])
    with pytest.raises(KeyNotAllowed, match="the recorder who made the record, or the roots"):
        stream.verify(sign(withdrawn, BEN), withdrawn, 3, record_signers=[keyid(ANA)])


def test_key_events_are_told_by_their_type() -> None:
    assert all(map(is_key_event, ["ledger.opened", "key.added", "key.revoked", "roots.changed"]))
    assert not any(map(is_key_event, ["claim.recorded", "keys.added", "roots.seen", "case.opened"]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdekyrolt", max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(["origin", "roots", "threshold", "holder", "role", "algorithm", "key", "withdraws"])


@given(
    type=st.sampled_from(["ledger.opened", "key.added", "key.revoked", "claim.withdrawn", "claim.recorded"]),
    body=st.dictionaries(NAMES, JSON | st.just("recorder") | st.just(ANA.public_key.hex()), max_size=5),
    in_key_stream=st.booleans(),
    version=st.integers(1, 3),
    index=st.integers(0, 4),
    signature=st.binary(min_size=64, max_size=64),
)
def test_whatever_was_signed_only_our_own_errors_come_out(
    type: str, body: dict[str, object], in_key_stream: bool, version: int, index: int, signature: bytes
) -> None:
    stream = KeyStream.opened(sign(opening(ROOT), ROOT))
    header = payload(
        type,
        body,
        ledger=None if type == "ledger.opened" else stream.ledger_id,
        stream=KEYS if in_key_stream else CASE,
        version=version,
        sequence=1 if type == "ledger.opened" else 2,
    )
    for envelope in (sign(header, ROOT), Envelope(header.to_bytes(), (Signature(keyid(ROOT), signature),))):
        with pytest.raises(ClaimLedgerError):
            KeyStream.opened(envelope)
        with suppress(ClaimLedgerError):
            stream.verify(envelope, header, index)
            stream.apply(as_event(envelope, index))
        assert set(stream.keys) == {keyid(ROOT)}


def test_a_revoked_key_may_not_sign_after_its_revocation_and_what_it_signed_is_told_apart(
    stream: KeyStream,
) -> None:
    take(stream, sign(key_added(stream, BEN.public_key, sequence=3), ROOT, BEN), 2)
    take(stream, sign(revoked(stream, ANA, 5), ROOT), 8)
    recorded = payload("claim.recorded", {}, ledger=stream.ledger_id)
    stream.verify(sign(recorded, ANA), recorded, 7)
    with pytest.raises(KeyNotAllowed, match=r"was revoked at index 8; it may not sign at index 9"):
        stream.verify(sign(recorded, ANA), recorded, 9)
    said = [stream.verdicts([keyid(ANA)], index) for index in (1, 4, 5, 7, 9)]
    assert [(each.when_recorded, each.as_now_known) for each in said] == [
        ("invalid", "invalid"),
        ("valid", "valid"),
        ("valid", "disputed"),
        ("valid", "disputed"),
        ("invalid", "invalid"),
    ]
    assert stream.keys[keyid(ANA)].reason == "stolen"


def test_dropped_roots_may_no_longer_sign_and_new_ones_prove_that_they_have_their_keys(
    stream: KeyStream,
) -> None:
    changed = roots_changed(stream, OTHER_ROOT, BEN, threshold=2)
    with pytest.raises(KeyNotAllowed, match=f"{keyid(BEN)} is new and must sign it as well"):
        stream.verify(sign(changed, ROOT, OTHER_ROOT), changed, 2)
    with pytest.raises(KeyNotAllowed, match="signed by 0 root keys, where it takes 1"):
        stream.verify(sign(changed, OTHER_ROOT, BEN), changed, 2)
    take(stream, sign(changed, ROOT, OTHER_ROOT, BEN), 2)
    added = key_added(stream, STRANGER.public_key, sequence=4)
    with pytest.raises(KeyNotAllowed, match="signed by 0 root keys, where it takes 2"):
        stream.verify(sign(added, ROOT, STRANGER), added, 3)
    take(stream, sign(added, OTHER_ROOT, BEN, STRANGER), 3)
    assert stream.threshold_at(2) == 1
    assert stream.threshold == 2
    # What was signed before is verified again as it was then.
    stream.verify(sign(changed, ROOT, OTHER_ROOT, BEN), changed, 2)
