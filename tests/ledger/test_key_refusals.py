"""What a ledger does not write of its own keys, though its roots could sign it, and though it would verify."""

from __future__ import annotations

import pytest

from claimledger.events.errors import KeyNotAllowed
from claimledger.events.event import Payload
from claimledger.key_refusals import refuse_unwise
from claimledger.trust import KeyStream
from tests.ledger.key_histories import as_event, key_added, opening, revoked, roots_changed, sign, signer

ROOT, OTHER_ROOT, ANA, BEN = (signer(name) for name in ("root", "other root", "ana", "ben"))


@pytest.fixture
def stream() -> KeyStream:
    """Two roots, each of whom may sign, and two recorders."""
    opened = KeyStream.opened(sign(opening(ROOT, OTHER_ROOT), ROOT))
    for index, recorder in ((1, ANA), (2, BEN)):
        take(opened, key_added(opened, recorder.public_key), index, recorder)
    return opened


def take(stream: KeyStream, header: Payload, index: int, *others: object) -> None:
    envelope = sign(header, ROOT, *others)  # type: ignore[arg-type]
    stream.verify(envelope, header, index)
    stream.apply(as_event(envelope, index))


def refused(stream: KeyStream, header: Payload, index: int, words: str) -> None:
    """It verifies, and is not written."""
    stream.verify(sign(header, ROOT), header, index)
    with pytest.raises(KeyNotAllowed, match=words):
        refuse_unwise(stream, header, index)


def test_no_more_leaves_stay_trusted_than_there_are(stream: KeyStream) -> None:
    refused(stream, revoked(stream, ANA, 4), 3, "4 leaves are to stay trusted, where 3 come before it")
    refuse_unwise(stream, revoked(stream, ANA, 3), 3)


def test_the_last_recorder_stays(stream: KeyStream) -> None:
    take(stream, revoked(stream, ANA, 3), 3)
    refused(stream, revoked(stream, BEN, 4), 4, "last recorder key; add another one first")


def test_a_key_is_revoked_again_only_to_trust_fewer(stream: KeyStream) -> None:
    take(stream, revoked(stream, ANA, 3), 3)
    refused(stream, revoked(stream, ANA, 3), 4, "already, trusted up to 3 leaves; again only to trust fewer")
    refuse_unwise(stream, revoked(stream, ANA, 2), 4)


def test_as_many_roots_stay_as_must_sign(stream: KeyStream) -> None:
    refuse_unwise(stream, revoked(stream, OTHER_ROOT, 3), 3)
    take(stream, revoked(stream, OTHER_ROOT, 3), 3)
    refused(stream, revoked(stream, ROOT, 4), 4, "too few are left to sign; change the roots instead")


def test_a_root_that_stays_keeps_its_holder(stream: KeyStream) -> None:
    changed = roots_changed(stream, ROOT)
    refuse_unwise(stream, changed, 3)
    changed.body["roots"][0]["holder"] = "Somebody else"  # type: ignore[index]
    refused(stream, changed, 3, 'held by ".*"; a new holder takes a new key')


def test_of_other_events_nothing_is_refused(stream: KeyStream) -> None:
    refuse_unwise(stream, key_added(stream, signer("new").public_key), 3)
