"""The key stream as an audit folds it: ahead of the rows that need its keys, and as far as it holds.

1. The key events of a chunk are folded in before any thread checks a row of it: a key counts from the index after the
   event that adds it, so that keys added meanwhile change nothing.
2. A key event that does not hold ends nothing: what follows it is checked as far as the keys before it reach, and
   what they do not reach is could-not-check (`broken_at`).
3. Each revocation names a root of the log; what it says is kept here, and held against the leaves at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from claimledger.events.envelope import Envelope
from claimledger.events.errors import ClaimLedgerError, MalformedEvent
from claimledger.events.event import Payload
from claimledger.events.governance import KeyRevoked
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body

from .recording import Row
from .trust import KeyRecord, KeyStream, is_key_event

__all__ = ["KeyFold", "envelope_of"]


class KeyFold:
    """The key stream of a ledger, while its rows come by.

    Attributes:
        ledger_id: 64 hex digits, the hash of the first payload; None before it, or where it cannot be read.
        keys: the key stream; None where the first event does not hold.
        stream: UUID of the key stream, as far as anything says which it is.
        broken_at: index from which on it could not be followed, or None.
        revocations: index, size and root (hex) of each revocation that holds.
    """

    def __init__(self) -> None:
        self.ledger_id: str | None = None
        self.keys: KeyStream | None = None
        self.stream = ""
        self.broken_at: int | None = None
        self.revocations: list[tuple[int, int, str]] = []

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
            if isinstance(body, KeyRevoked):
                self.revocations.append((row.index, body.size, body.root))


def envelope_of(row: Row) -> Envelope:
    """The envelope of a row, whatever the row holds.

    Raises:
        MalformedEvent: it holds none.
    """
    if type(row.envelope) is not bytes:
        raise MalformedEvent(f"index {row.index}: where its signed bytes should be is no byte string")
    return Envelope.from_bytes(row.envelope)
