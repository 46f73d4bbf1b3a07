"""A stored row read back into an event, strictly: the signed bytes decide, and every column must agree with them.

In this order, each a class of error of its own:

1. The envelope is the one spelling of itself, and so is the payload in it (`MalformedEvent`).
2. Type, stream, sequence and event id of the row are those of the payload; the leaf hash is that of the envelope
   (`RowMismatch`).
3. The header names this ledger (`WrongLedger`); the signatures fit and are by keys that may sign this at this
   index (`WrongSignature`, `KeyNotAllowed`). `claimledger.trust` knows how.
4. The disclosures at hand fit their commitments (`WrongDisclosure`); what was erased is not looked at.
5. Whoever mends a record must be one who made it, which takes that record. In a bundle it may not be here: then all
   but this is checked, and the event says so (`Event.mends_unseen`).
6. The body is read into today's shape, or kept as an `UnknownBody`.

What a row says about itself never decides how it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from hashlib import sha256

from claimledger.events.envelope import Envelope
from claimledger.events.errors import CouldNotCheck, MalformedEvent, RowMismatch
from claimledger.events.event import Payload
from claimledger.events.recorded import Erasure, Event
from claimledger.events.registry import read_body

from .disclosures import open_slots
from .recording import Row
from .trust import MENDS, KeyStream

__all__ = ["open_row", "read_opening", "read_row"]


def open_row(row: Row) -> tuple[Envelope, Payload]:
    """Read the envelope and payload of a row and hold the row's columns against them.

    Raises:
        MalformedEvent: bytes that no writer produces.
        RowMismatch: a column says something else than what was signed.
    """
    if type(row.envelope) is not bytes:
        raise MalformedEvent(f"index {row.index}: the row holds no bytes of an event")
    envelope = Envelope.from_bytes(row.envelope)
    payload = Payload.from_bytes(envelope.payload)
    signed = (payload.stream, payload.sequence, payload.type, payload.id, envelope.leaf())
    stored = (row.stream, row.sequence, row.type, row.event_id, row.leaf)
    for what, mine, theirs in zip(
        ("stream", "sequence", "type", "event id", "leaf hash"), signed, stored, strict=True
    ):
        if mine != theirs:
            raise RowMismatch(f"index {row.index}: the row's {what} is not that of the event signed in it")
    return envelope, payload


def read_opening(row: Row) -> tuple[KeyStream, Event]:
    """Read the first event of a ledger, and begin the fold of its key stream with it.

    Raises:
        VerificationFailed: it is not what its own roots signed.
    """
    envelope, payload = open_row(row)
    keys = KeyStream.opened(envelope)
    return keys, _event(row, envelope, payload, {}, keys.ledger_id, {})


def read_row(
    row: Row,
    keys: KeyStream,
    disclosures: Mapping[str, bytes],
    *,
    record_signers: Collection[str] | None = (),
    erasures: Mapping[str, Erasure] | None = None,
) -> Event:
    """Read a row into an event, verifying all that the row alone can show.

    Args:
        row: the row.
        keys: the key stream, folded at least as far as the row's index.
        disclosures: slot to bytes, those at hand for this event.
        record_signers: who signed the record that this event mends, if it does; None where that is not at hand.
        erasures: slot to what erased it, for the slots that a later event erased.

    Raises:
        VerificationFailed: see the rules of this module.
        CouldNotCheck: a key event that this release cannot read.
    """
    envelope, payload = open_row(row)
    mends_unseen = False
    if row.index == 0 and sha256(envelope.payload).hexdigest() == keys.ledger_id:
        # The opening is checked by what it says itself; these are the very bytes that were.
        KeyStream.opened(envelope)
    else:
        try:
            keys.verify(envelope, payload, row.index, record_signers=record_signers)
        except CouldNotCheck:
            # Of what mends a record that is not at hand, this is raised once all else was found to hold.
            if record_signers is not None or payload.type not in MENDS:
                raise
            mends_unseen = True
    event = _event(row, envelope, payload, disclosures, keys.ledger_id, erasures or {})
    return replace(event, mends_unseen=True) if mends_unseen else event


def _event(
    row: Row,
    envelope: Envelope,
    payload: Payload,
    disclosures: Mapping[str, bytes],
    ledger: str,
    erasures: Mapping[str, Erasure],
) -> Event:
    contents, slots = open_slots(payload, disclosures, ledger=ledger, erased=erasures)
    return Event(
        index=row.index,
        leaf=row.leaf,
        header=payload,
        body=read_body(payload.type, payload.version, payload.body, contents, payload.commitments),
        signers=tuple(each.keyid for each in envelope.signatures),
        slots=slots,
        erasures=erasures,
    )
