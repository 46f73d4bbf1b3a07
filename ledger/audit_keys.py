"""The key stream as an audit folds it: ahead of the rows that need its keys, and as far as it holds.

1. The key events of a chunk are folded in before any thread checks a row of it: a key counts from the index after the
   event that adds it, so that keys added meanwhile change nothing.
2. A key event that does not hold ends nothing: what follows it is checked as far as the keys before it reach, and
   what they do not reach is could-not-check (`broken_at`).
3. Which log keys must have signed a checkpoint, it says too (`claimledger.log_keys`).
4. Each revocation names a root of the log; what it says is kept here, and held against the leaves at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from claimledger.events.envelope import Envelope
from claimledger.events.errors import (
    ClaimLedgerError,
    CouldNotCheck,
    KeyNotAllowed,
    MalformedEvent,
    MalformedNote,
)
from claimledger.events.event import Payload
from claimledger.events.governance import KeyRevoked
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body

from .checkpoints import SignedCheckpoint, open_checkpoint
from .key_records import KeyRecord
from .log_keys import log_verifiers
from .notes import KeyType
from .recording import Row
from .trust import KeyStream, is_key_event

__all__ = ["KeyFold", "envelope_of", "opened_by_log"]


class KeyFold:
    """The key stream of a ledger, while its rows come by.

    Attributes:
        ledger_id: 64 hex digits, the hash of the first payload; None before it, or where it cannot be read.
        keys: the key stream; None where the first event does not hold.
        stream: UUID of the key stream, as far as anything says which it is.
        broken_at: index from which on it could not be followed, or None.
        revocations: index, size and root (hex) of each revocation that holds.
        heads: index, sequence and leaf hash of each event of it that holds.
    """

    def __init__(self) -> None:
        self.ledger_id: str | None = None
        self.keys: KeyStream | None = None
        self.stream = ""
        self.broken_at: int | None = None
        self.revocations: list[tuple[int, int, str]] = []
        self.heads: list[tuple[int, int, str]] = []

    @property
    def records(self) -> Mapping[str, KeyRecord]:
        """Every key, by keyid."""
        return self.keys.keys if self.keys is not None else {}

    def take(self, rows: Sequence[Row]) -> None:
        """Fold in the key events among the next rows."""
        for row in rows:
            if row.index == 0:
                self._open(row)
            elif self.keys is not None:
                # Either column tells: were one of them changed, its key would be missed at every later event.
                if row.stream == self.keys.stream or (type(row.type) is str and is_key_event(row.type)):
                    self._fold(row, self.keys)
        if self.keys is None and self.broken_at is None:
            self.broken_at = 0

    def _open(self, row: Row) -> None:
        self.stream = row.stream
        try:
            envelope = envelope_of(row)
            self.ledger_id = sha256(envelope.payload).hexdigest()
            self.keys = KeyStream.opened(envelope)
            self.stream = self.keys.stream
            self.heads.append((0, 1, envelope.leaf()))
        except ClaimLedgerError:
            # The row is held against itself like every other, and found wanting there.
            self.broken_at = 0

    def _fold(self, row: Row, keys: KeyStream) -> None:
        try:
            envelope = envelope_of(row)
            payload = Payload.from_bytes(envelope.payload)
            if payload.stream != keys.stream and not is_key_event(payload.type):
                return
            keys.verify(envelope, payload, row.index)
            body = read_body(payload.type, payload.version, payload.body, {})
            signers = tuple(each.keyid for each in envelope.signatures)
            keys.apply(Event(row.index, envelope.leaf(), payload, body, signers))
        except ClaimLedgerError:
            if self.broken_at is None:
                self.broken_at = row.index
        else:
            self.heads.append((row.index, payload.sequence, envelope.leaf()))
            if isinstance(body, KeyRevoked):
                self.revocations.append((row.index, body.size, body.root))


def opened_by_log(folded: KeyFold, note: bytes, size: int) -> tuple[SignedCheckpoint, bool]:
    """Open a checkpoint that each log key must have signed that was active at its size.

    Returns:
        The checkpoint, and whether a line of it could not be verified by this installation.

    Raises:
        VerificationFailed: it is none, of another log or size, or not signed by one of them.
        CouldNotCheck: which keys they are is not known, or none of their lines can be verified here.
    """
    keys = folded.keys
    if keys is None or (folded.broken_at is not None and folded.broken_at < size):
        raise CouldNotCheck("the key stream does not hold that says who must have signed it")
    verifiers = log_verifiers(keys, size)
    if not verifiers:
        raise KeyNotAllowed("the ledger had no log key at that size, so nothing could sign it")
    try:
        return _of_size(open_checkpoint(note, verifiers), size), False
    except CouldNotCheck:
        supported = [each for each in verifiers if each.key.type is not KeyType.SUBTREE_V1]
        if not supported:
            raise
    signed = open_checkpoint(note, supported)
    there = {(line.name, line.key_id) for line in signed.opened.note.lines}
    if any((each.key.name, each.key.key_id) not in there for each in verifiers):
        raise KeyNotAllowed("checkpoint: the log's ML-DSA-44 key did not sign it")
    return _of_size(signed, size), True


def _of_size(signed: SignedCheckpoint, size: int) -> SignedCheckpoint:
    if signed.size != size:
        raise MalformedNote(f"it is a checkpoint of size {signed.size}")
    return signed


def envelope_of(row: Row) -> Envelope:
    """The envelope of a row, whatever the row holds.

    Raises:
        MalformedEvent: it holds none.
    """
    if type(row.envelope) is not bytes:
        raise MalformedEvent(f"index {row.index}: where its signed bytes should be is no byte string")
    return Envelope.from_bytes(row.envelope)
