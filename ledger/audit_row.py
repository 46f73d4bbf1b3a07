"""One row held against itself, for the audit: everything that can be said without its neighbours.

1. What cannot be read is not believed: of a row whose envelope, payload or signature is bad, that is the one thing
   reported, and its columns are not held against bytes that nobody signed.
2. Nothing that a row holds, of whatever type SQLite gives it, raises.
3. This runs in several threads at once. It reads the key stream, whose keys carry the index from which they count,
   so that keys added meanwhile change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from claimledger.events.disclosure import open_commitment
from claimledger.events.envelope import Envelope
from claimledger.events.errors import (
    ClaimLedgerError,
    KeyNotAllowed,
    MalformedEvent,
    RowMismatch,
    WrongDisclosure,
    WrongSignature,
)
from claimledger.events.event import Payload

from .audit_plain import is_plainly_absent, plainly_held
from .recording import Row
from .trust import KeyStream

__all__ = ["CheckedRow", "Problem", "check_row", "check_rows"]

Problem = tuple[str, str]
"""Code and message of something that does not hold."""

_COLUMNS = ("stream", "sequence", "type", "event id", "leaf hash")


@dataclass(slots=True)
class CheckedRow:
    """What became of a row.

    Attributes:
        row: as stored.
        payload: as signed; None where the bytes are no event.
        leaf: leaf hash of the stored bytes; None where they are no envelope.
        signers: keyids of the signatures.
        is_believed: whether payload is there and no signature on it was found not to fit.
        is_unknown_key: whether all that is wrong with its signatures is that a key is not in the key stream.
        problems: what does not hold.
        missing: slots whose content is not here; whether something says why shows only at the end.
    """

    row: Row
    payload: Payload | None = None
    leaf: str | None = None
    signers: tuple[str, ...] = ()
    is_believed: bool = False
    is_unknown_key: bool = False
    problems: list[Problem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def check_rows(
    rows: Sequence[Row],
    disclosures: Mapping[int, Mapping[str, bytes]],
    keys: KeyStream | None,
    *,
    are_keys_complete: bool,
) -> list[CheckedRow]:
    """Hold rows against themselves.

    Args:
        rows: as stored.
        disclosures: index to slot to bytes, those of these rows.
        keys: the key stream, folded at least up to the last of the rows; None where signatures cannot be checked.
        are_keys_complete: whether every key event up to there was folded in. If not, an event by an unknown key is
            believed for the sake of its place in the log.
    """
    checked = []
    for row in rows:
        stored = disclosures.get(row.index)
        plain = plainly_held(row, stored, keys) if keys is not None else None
        if plain is not None:
            checked.append(CheckedRow(row, plain[0], row.leaf, (plain[1],), True))
        else:
            checked.append(check_row(row, stored or {}, keys, are_keys_complete=are_keys_complete))
    return checked


def check_row(
    row: Row, disclosures: Mapping[str, bytes], keys: KeyStream | None, *, are_keys_complete: bool
) -> CheckedRow:
    """Hold one row against itself by every rule, one after the other; arguments as for `check_rows`."""
    result = CheckedRow(row)
    _check_bytes(result, keys)
    if result.is_unknown_key and not are_keys_complete:
        result.is_believed = True
    if result.is_believed and result.payload is not None:
        _check_columns(result, result.payload)
        _check_disclosures(result, result.payload, disclosures)
    return result


def _check_bytes(result: CheckedRow, keys: KeyStream | None) -> None:
    row = result.row
    if type(row.envelope) is not bytes:
        result.problems.append((MalformedEvent.code, "where its signed bytes should be is no byte string"))
        return
    try:
        envelope = Envelope.from_bytes(row.envelope)
    except MalformedEvent as error:
        result.problems.append((MalformedEvent.code, str(error)))
        return
    result.leaf = envelope.leaf()
    result.signers = tuple([each.keyid for each in envelope.signatures])
    try:
        payload = result.payload = Payload.from_bytes(envelope.payload)
    except MalformedEvent as error:
        wrong = keys is not None and keys.wrong_signatures(envelope, row.index)
        problem = (
            (WrongSignature.code, "the signature does not fit the bytes")
            if wrong
            else (error.code, str(error))
        )
        result.problems.append(problem)
        return
    try:
        if row.index == 0:
            KeyStream.opened(envelope)
        elif keys is not None:
            # Who made the record that this one mends stands in another row: the audit looks at that itself.
            keys.verify(envelope, payload, row.index, record_signers=result.signers)
    except ClaimLedgerError as error:
        result.problems.append((error.code, str(error)))
        if isinstance(error, KeyNotAllowed):
            result.is_unknown_key = keys is not None and any(name not in keys.keys for name in result.signers)
        # An opening that does not hold is not to be told from one whose signature does not fit.
        result.is_believed = not (
            row.index == 0 or isinstance(error, WrongSignature) or result.is_unknown_key
        )
    else:
        result.is_believed = True


def _check_columns(result: CheckedRow, payload: Payload) -> None:
    row = result.row
    signed = (payload.stream, payload.sequence, payload.type, payload.id, result.leaf)
    stored = (row.stream, row.sequence, row.type, row.event_id, row.leaf)
    if signed == stored:
        return
    names = [name for name, mine, theirs in zip(_COLUMNS, signed, stored, strict=True) if mine != theirs]
    result.problems.append(
        (RowMismatch.code, f"the row's {' and '.join(names)} is not that of the event signed in it")
    )


def _check_disclosures(result: CheckedRow, payload: Payload, stored: Mapping[str, bytes]) -> None:
    for slot, commitment in payload.commitments.items():
        data = stored.get(slot)
        if data is None:
            result.missing.append(slot)
        elif is_plainly_absent(commitment, data, payload, slot):
            continue
        elif type(data) is not bytes:
            result.problems.append(
                (WrongDisclosure.code, f"slot {slot}: what is kept there is no byte string")
            )
        else:
            try:
                open_commitment(commitment, data, ledger=payload.ledger or "", event=payload.id, slot=slot)
            except WrongDisclosure as error:
                result.problems.append((error.code, str(error)))
    if len(stored) > len(payload.commitments) or stored.keys() - payload.commitments.keys():
        message = "protected content is kept for it under a slot that it does not commit to"
        result.problems.append((WrongDisclosure.code, message))
