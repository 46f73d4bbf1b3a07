"""An event on its way from a body to a signed row, and what its recorder gets back for it.

1. A body is taken apart once: public members become bytes, protected ones disclosures with fresh salts, of which
   only the commitments are signed (`claimledger.disclosures`).
2. A `Pending` is linked to what comes before it in its stream: a head that is stored already, or another pending
   of the same batch. Signing therefore goes in order, and signing anew after another writer won changes only
   sequence, previous, signatures and leaf: id, time, body and disclosures stay.
3. Payload and envelope are written by joining bytes; the result is what `claimledger.events.event.Payload` and
   `claimledger.events.envelope.Envelope` give for the same members (tests hold them together).
4. A `Receipt` handed out inside a batch is completed when the batch is written; `is_written` says so.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any, Protocol

from claimledger.events.encoding import MAX_BYTES, JSONValue, encode_dumped
from claimledger.events.envelope import PAYLOAD_TYPE, pae
from claimledger.events.errors import InvalidInput, InvalidValue, LedgerBusy

from .keys import Signer, keyid

__all__ = [
    "Batch",
    "Head",
    "KeysMoved",
    "NameKey",
    "NamesMoved",
    "Overtaken",
    "Pending",
    "Receipt",
    "Row",
    "Sealing",
    "Signers",
]

_ENVELOPE = b'{"payload":"%b","payloadType":"' + PAYLOAD_TYPE.encode() + b'","signatures":[%b]}'
_SIGNATURE = b'{"keyid":"%b","sig":"%b"}'

NameKey = tuple[str, str, str]
"""A row of the names index: stream, what, name."""

_HEADER_ROOM = 512
"""Bytes of the longest header: ids, hashes, time, type and numbers are bounded; see `Pending`."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a stream: its sequence (0 when there is none) and leaf hash."""

    sequence: int
    leaf: str | None


_NOTHING = Head(0, None)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the store, as it is there: nothing of it is verified.

    Attributes:
        index: place in the log, from 0.
        stream: UUID of its stream.
        sequence: place in its stream, from 1.
        type: type of the event.
        envelope: the stored DSSE JSON.
        leaf: leaf hash, 64 hex.
        event_id: UUID of the event.
    """

    index: int
    stream: str
    sequence: int
    type: str
    envelope: bytes
    leaf: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a recorder gets for an event.

    Attributes:
        index: place in the log, from 0; -1 until the batch is written.
        leaf: leaf hash (64 hex), the outside name of the event; empty until the batch is written.
        event_id: id of the event.
        stream: UUID of its stream.
        sequence: place in its stream, from 1; 0 until the batch is written.
        case: name of the case, None for the ledger's own events.
        name: what was recorded: the claim's ref, or the name of the entity, source or case.

    Two receipts are equal when these are. A receipt that was pickled has everything but the way to its ledger.
    """

    index: int
    leaf: str
    event_id: str
    stream: str
    sequence: int
    case: str | None
    name: str | None
    _prove: Callable[[str], bytes] | None = field(default=None, repr=False, compare=False)

    def proof(self) -> bytes:
        """The proof that the event is in the log, as a text that stands alone (C2SP tlog-proof).

        Raises:
            NotSealed: no checkpoint covers the event yet: seal the ledger.
            LedgerClosed: the ledger that gave this receipt is closed.
            InvalidInput: the receipt is no longer, or not yet, tied to an event of a ledger.
        """
        if self._prove is None or not self.is_written:
            raise InvalidInput("this receipt leads to no ledger; ask the ledger itself, by the leaf hash")
        return self._prove(self.leaf)

    def __reduce__(self) -> tuple[type[Receipt], tuple[object, ...]]:
        return Receipt, tuple(
            getattr(self, each.name) for each in fields(self) if each.init and each.name != "_prove"
        )

    @property
    def ref(self) -> str:
        """The ref of the claim that was recorded.

        Raises:
            InvalidInput: the event is no claim, entity, source or case, and has no name.
        """
        if self.name is None:
            raise InvalidInput(
                f"event {self.event_id} has no name: it records no claim, entity, source or case"
            )
        return self.name

    @property
    def is_written(self) -> bool:
        """Whether the event is in the ledger: always, but for receipts of a batch that is still open."""
        return self.index >= 0

    def _complete(self, index: int, leaf: str, sequence: int) -> None:
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "leaf", leaf)
        object.__setattr__(self, "sequence", sequence)


class KeysMoved(Exception):
    """The key stream has events that the writer has not folded in."""


class NamesMoved(Exception):
    """A name, statement or idempotency key that was free when the writer looked is taken."""


class Overtaken(LedgerBusy):
    """Another writer took the ref that was picked, or the idempotency key, just now: looking again settles it."""


class Sealing(Protocol):
    """Makes the stored envelope of a payload: `Signers` do."""

    @property
    def keyids(self) -> tuple[str, ...]:
        """Whose signatures are on it, ascending."""
        ...

    def seal(self, payload: bytes) -> tuple[bytes, str]:
        """The stored envelope, and its leaf hash."""
        ...


class Signers:
    """Those who sign one event, ascending by keyid."""

    __slots__ = ("_keyids", "_named")

    def __init__(self, signers: Iterable[Signer]) -> None:
        named = sorted((keyid(signer), signer) for signer in {keyid(each): each for each in signers}.values())
        self._keyids = tuple(name for name, _ in named)
        self._named = tuple((name.encode(), bytes.fromhex(name), signer) for name, signer in named)

    @property
    def keyids(self) -> tuple[str, ...]:
        """Their keyids, ascending."""
        return self._keyids

    def seal(self, payload: bytes) -> tuple[bytes, str]:
        """Sign a payload: the stored envelope, and its leaf hash."""
        message = pae(payload)
        entry = b"\0" + sha256(message).digest()
        written = []
        for name, raw_name, signer in self._named:
            signature = signer.sign(message)
            entry += raw_name + signature
            written.append(_SIGNATURE % (name, b2a_base64(signature, newline=False)))
        envelope = _ENVELOPE % (b2a_base64(payload, newline=False), b",".join(written))
        return envelope, sha256(entry).hexdigest()


class Pending:
    """One event that is not written yet.

    Args:
        type: event type.
        version: schema version of the type.
        ledger: the ledger's id; None for ``ledger.opened``.
        stream: UUID of the stream.
        id: UUID (version 4) of the event.
        recorded_at: as `claimledger.events.event.format_instant` writes it.
        public: the members that are signed.
        commitments: slot to commitment.
        disclosures: slot to the bytes of the disclosure.
        signers: who signs.
        receipt: completed when the event is written.

    Raises:
        InvalidValue: the event would be longer than 32 KiB, or nested too deep.
    """

    __slots__ = (
        "_begin", "_end", "_middle", "absent", "after", "disclosures", "envelope", "id", "idempotency", "leaf", "names",
        "picked", "receipt", "sequence", "signers", "statements", "stream", "type",
    )  # fmt: skip

    def __init__(
        self,
        *,
        type: str,
        version: int,
        ledger: str | None,
        stream: str,
        id: str,
        recorded_at: str,
        public: Mapping[str, JSONValue],
        commitments: Mapping[str, str],
        disclosures: Mapping[str, bytes],
        signers: Sealing,
        receipt: Receipt,
    ) -> None:
        self.type = type
        self.stream = stream
        self.id = id
        self.disclosures = disclosures
        self.signers = signers
        self.receipt = receipt
        self.names: Sequence[NameKey] = ()
        self.statements: Sequence[NameKey] = ()
        self.absent: Sequence[NameKey] = ()
        self.idempotency: tuple[bytes, bytes] | None = None
        self.picked = False
        self.after: Pending | Head = _NOTHING
        self.sequence = 0
        self.leaf = ""
        self.envelope = b""
        try:
            begin = encode_dumped(
                {"body": public, "commitments": commitments}, max_bytes=MAX_BYTES - _HEADER_ROOM
            )
        except InvalidValue as error:
            raise InvalidValue(f"{type}: {error}; shorten it, or record it as several") from None
        named = f'"{ledger}"' if ledger is not None else "null"
        self._begin = b'%b,"id":"%b","ledger":%b,"previous":' % (begin[:-1], id.encode(), named.encode())
        self._end = f',"stream":"{stream}","type":"{type}","version":{version}}}'.encode()
        self._middle = f',"recorded_at":"{recorded_at}","sequence":'.encode()

    def payload(self) -> bytes:
        """The bytes to sign, at the place where the event stands now."""
        before = self.after
        previous = f'"{before.leaf}"' if before.sequence else "null"
        return b"%b%b%b%d%b" % (self._begin, previous.encode(), self._middle, before.sequence + 1, self._end)

    def sign(self) -> None:
        """Sign the event at its place; what it is linked to must have been signed before."""
        self.envelope, self.leaf = self.signers.seal(self.payload())
        self.sequence = self.after.sequence + 1


class Batch:
    """Events that are written together or not at all.

    Args:
        pendings: in the order in which they get their indexes.
        heads: the last event of each stream, as the writer knows it.
        key_stream: UUID of the key stream.
        key_sequence: how far the writer has folded it in.
        sign: signs a pending and gives its row.
    """

    def __init__(
        self,
        pendings: Sequence[Pending],
        heads: Mapping[str, Head],
        *,
        key_stream: str,
        key_sequence: int,
        sign: Callable[[Pending], Any],
    ) -> None:
        self.pendings = pendings
        self.key_stream = key_stream
        self.key_sequence = key_sequence
        self.first: int | None = None
        self._sign = sign
        self._heads = dict(heads)
        self._first: dict[str, Pending] = {}
        self.last: dict[str, Pending] = {}
        for pending in pendings:
            before = self.last.get(pending.stream)
            if before is None:
                self._first[pending.stream] = pending
                pending.after = self._heads[pending.stream]
            else:
                pending.after = before
            self.last[pending.stream] = pending

    def heads(self) -> Iterable[tuple[str, Head]]:
        """The head that the first event of each stream is chained to."""
        return self._heads.items()

    def signed_anew(self, moved: Mapping[str, Head]) -> list[Any]:
        """Chain to heads that moved, sign everything again, and give the rows."""
        for stream, head in moved.items():
            self._heads[stream] = head
            self._first[stream].after = head
        return [self._sign(pending) for pending in self.pendings]
