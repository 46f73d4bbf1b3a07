"""Bytes that are joined by hand are those that the strict writers give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.encoding import MAX_BYTES
from claimledger.events.envelope import Envelope, Signature
from claimledger.events.errors import InvalidValue
from claimledger.events.event import Payload
from claimledger.keys import Keyring
from claimledger.recording import Batch, Head, Pending, Receipt, Signers

LEDGER = "0" * 64
STREAM = "11111111-1111-4111-8111-111111111111"
EVENT = "22222222-2222-4222-8222-222222222222"
KEYS = Keyring.in_memory(seed=b"recording")


def pending(
    public: dict[str, object], *, ledger: str | None = LEDGER, type: str = "claim.recorded"
) -> Pending:
    return Pending(
        type=type,
        version=1,
        ledger=ledger,
        stream=STREAM,
        id=EVENT,
        recorded_at="2025-07-03T16:20:11.000000Z",
        public=public,  # type: ignore[arg-type]
        commitments={"quote": "a" * 64},
        disclosures={},
        signers=Signers([KEYS.recorder]),
        receipt=Receipt(-1, "", EVENT, STREAM, 0, None, None),
    )


texts = st.text(max_size=20)
publics = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), texts | st.integers(0, 9) | st.none())


@given(publics, st.integers(0, 10**9), st.booleans())
def test_the_joined_payload_is_what_payload_writes(
    public: dict[str, object], before: int, opening: bool
) -> None:
    event = pending(public, ledger=None, type="ledger.opened") if opening else pending(public)
    event.after = Head(before, "b" * 64 if before else None)
    again = Payload.from_bytes(event.payload())
    assert again.to_bytes() == event.payload()
    assert (again.sequence, again.previous) == (before + 1, "b" * 64 if before else None)
    assert again.body == public


def test_the_joined_envelope_and_leaf_are_what_envelope_writes() -> None:
    signers = Signers([KEYS.recorder, *KEYS.roots])
    data, leaf = signers.seal(b"payload")
    envelope = Envelope.from_bytes(data)
    assert [each.keyid for each in envelope.signatures] == sorted(signers.keyids)
    assert all(isinstance(each, Signature) for each in envelope.signatures)
    assert envelope.leaf() == leaf


def test_an_event_of_more_than_32_kib_is_refused_before_it_is_signed() -> None:
    with pytest.raises(InvalidValue, match=r"claim.recorded: .*longer than .* bytes"):
        pending({"text": "x" * MAX_BYTES})


def test_the_longest_event_that_is_taken_is_one_that_can_be_read() -> None:
    size = MAX_BYTES
    while size > 0:
        try:
            event = pending({"text": "x" * size})
        except InvalidValue:
            size -= 1
            continue
        event.after = Head(2**53 - 2, "b" * 64)
        assert Payload.from_bytes(event.payload()).sequence == 2**53 - 1
        return
    raise AssertionError("nothing was taken")


def test_a_batch_signed_anew_keeps_ids_and_moves_places() -> None:
    first, second = pending({"n": 1}), pending({"n": 2})

    def sign(event: Pending) -> tuple[int, str]:
        event.sign()
        return event.sequence, event.leaf

    batch = Batch([first, second], {STREAM: Head(4, "a" * 64)}, key_stream=STREAM, key_sequence=0, sign=sign)
    before = [sign(event) for event in batch.pendings]
    after = batch.signed_anew({STREAM: Head(9, "c" * 64)})
    assert [sequence for sequence, _ in before] == [5, 6]
    assert [sequence for sequence, _ in after] == [10, 11]
    assert Payload.from_bytes(second.payload()).previous == first.leaf
    assert second.id == EVENT


def test_a_receipt_says_whether_it_is_written() -> None:
    receipt = Receipt(-1, "", EVENT, STREAM, 0, None, None)
    assert not receipt.is_written
    receipt._complete(3, "a" * 64, 2)
    assert (receipt.index, receipt.leaf, receipt.sequence, receipt.is_written) == (3, "a" * 64, 2, True)
