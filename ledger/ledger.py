"""The ledger: one log of signed events, the keys that may sign in it, its shared register and its cases.

1. `Ledger.create` refuses what is there already, `Ledger.open` creates nothing. Opening verifies the key stream;
   everything else is verified as it is read, and all of it by `Ledger.verify`.
2. What was recorded is on disk when a method returns its receipt. A batch is written whole or not at all.
3. Every event read back is verified: bytes, row, signatures, authority at its index, disclosures, and its link to
   the event before it in its stream. A reader never gets an event that was not.
4. The log's order is evidence; ``recorded_at`` is what the recorder's clock said.
5. Threads may share a ledger: writers take turns, and a batch keeps the turn until it ends. Use after fork or
   close is refused, and so is pickling.

Logging goes to ``claimledger`` and holds ids only.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from heapq import merge
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self, TypeVar
from uuid import UUID, uuid4, uuid5

from pydantic import ValidationError

from claimledger.events.claims import ClaimRecorded
from claimledger.events.encoding import JSONValue
from claimledger.events.entities import Entity
from claimledger.events.errors import (
    BrokenChain,
    InvalidInput,
    InvalidValue,
    KeyMissing,
    KeyNotAllowed,
    LedgerBusy,
    LedgerUnavailable,
    NameTaken,
    NotALedger,
    UnknownName,
    WrongLedger,
)
from claimledger.events.event import format_instant, parse_instant
from claimledger.events.governance import KeyAdded, LedgerOpened, RootKey
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import CaseOpened, EntityRegistered
from claimledger.events.registry import Body
from claimledger.events.values import SHARED

from .checks import did_you_mean, references
from .disclosures import close_slots
from .keys import Keyring, keyid
from .reading import open_row, read_opening, read_row
from .recording import NameKey, Pending, Receipt, Row, Signers
from .register import Register
from .store import PAGE, Store
from .trust import KeyStream, mended_record

if TYPE_CHECKING:
    from .audit import Report
    from .case import Case

__all__ = ["CaseInfo", "Clock", "Ledger", "Projection"]

Clock = Callable[[], datetime]
"""Gives the time now; a datetime that knows its UTC offset."""

_log = logging.getLogger("claimledger")
_SHARED_REGISTER = UUID("7f1c2a52-6c0b-5d0e-9a43-0d1f6a1f2b77")
_LEAF_DIGITS = 4


class Projection(Protocol):
    """Any fold over events."""

    def apply(self, event: Event) -> object:
        """Take the next event in."""
        ...


P = TypeVar("P", bound=Projection)


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """A case in a list of cases.

    Attributes:
        name: unique in the ledger.
        title: what it is about.
        stream: UUID of its stream.
        events: how many events it has.
    """

    name: str
    title: str
    stream: str
    events: int


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid4())


def readable(error: ValidationError, what: str) -> InvalidValue:
    """Say in one line what pydantic found wrong, without repeating what was handed in."""
    problems = [
        f"{'.'.join(str(part) for part in each['loc']) or what}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    return InvalidValue(f"{what}: {'; '.join(problems)}")


class Ledger:
    """A ledger that is open; made by `create` or `open`, and closed by `close` or at the end of a ``with``."""

    def __init__(self, store: Store, keys: Keyring | None, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.RLock()
        self._batch: list[tuple[Pending, Body]] | None = None
        self._keys = self._open_key_stream()
        self._signers = self._signers_of(keys)
        self._shared_stream = str(uuid5(_SHARED_REGISTER, self._keys.ledger_id))
        self._register = Register(store, lambda event_id: self.event_of(event_id).body, self._shared_stream)
        store.read_with(self._read)

    @classmethod
    def create(
        cls,
        url: str | os.PathLike[str],
        *,
        origin: str,
        keys: Keyring,
        clock: Clock = _now,
        new_id: Callable[[], str] = _new_id,
    ) -> Ledger:
        """Make a ledger, open it, and let the recorder of the keyring sign in it.

        Args:
            url: a path, ``sqlite:///path``, or ``memory:``.
            origin: the ledger's name in the world, such as ``example.org/yekaterinburg``.
            keys: a keyring with its root and recorder keys at hand.
            clock: gives the time now.
            new_id: gives a fresh UUID of version 4.

        Raises:
            LedgerExists, LedgerNotFound, ReadOnly: it cannot be made there.
            KeyMissing: the keyring lacks a root or a recorder key.
            InvalidValue: the origin is no name without spaces and ``+``.
        """
        roots = keys.roots
        recorder = keys.recorder
        if not roots:
            raise KeyMissing("a new ledger is signed by a root key, and none is at hand in this keyring")
        holders = {entry.public_key: entry.holder for entry in keys.entries}
        try:
            opened = LedgerOpened(
                origin=origin,
                roots=[RootKey(holder=holders[root.public_key.hex()], key=root.public_key.hex()) for root in roots],
                threshold=len(roots),
            )
        except ValidationError as error:
            raise readable(error, "ledger") from None
        added = KeyAdded(holder=keys.recorder_holder, role="recorder", key=recorder.public_key.hex())
        store = Store.create(url)
        try:
            stream = new_id()
            at = format_instant(clock())
            first = _governance(opened, None, stream, new_id(), at, Signers(roots))
            ledger_id = sha256(first.payload()).hexdigest()
            second = _governance(added, ledger_id, stream, new_id(), at, Signers([*roots, recorder]))
            store.append(
                [first, second], key_stream=stream, key_sequence=0, refold=_never_moves, recheck=_never_moves
            )
            ledger = cls(store, keys, clock, new_id)
        except BaseException:
            store.remove()
            raise
        _log.info("ledger %s created", ledger_id)
        return ledger

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        keys: Keyring | None = None,
        read_only: bool = False,
        pin: str | None = None,
        *,
        clock: Clock = _now,
        new_id: Callable[[], str] = _new_id,
    ) -> Ledger:
        """Open a ledger that is there, and verify its key stream.

        Args:
            url: a path or ``sqlite:///path``.
            keys: the keyring to record with; without one, the ledger can only be read.
            read_only: write nothing, so that a read-only folder will do.
            pin: the ledger id (64 hex) that this must be, known from elsewhere.
            clock: gives the time now.
            new_id: gives a fresh UUID of version 4.

        Raises:
            LedgerNotFound, NotALedger, NewerSchema, ReadOnly, LedgerUnavailable: it cannot be opened.
            WrongLedger: it is not the pinned one.
            KeyNotAllowed: the recorder key is not one of this ledger's.
            VerificationFailed: the key stream is not what its keys signed.
            CouldNotCheck: the key stream holds events that this release cannot read.
        """
        store = Store.open(url, read_only=read_only)
        try:
            ledger = cls(store, keys, clock, new_id)
            if pin is not None and pin != ledger.id:
                raise WrongLedger(f"{store.place}: holds ledger {ledger.id}, not the pinned {pin}")
        except BaseException:
            store.close()
            raise
        _log.info("ledger %s opened", ledger.id)
        return ledger

    @property
    def id(self) -> str:
        """The ledger id, 64 hex digits: what others pin."""
        return self._keys.ledger_id

    @property
    def origin(self) -> str:
        """The ledger's name in the world."""
        return self._keys.origin

    @property
    def size(self) -> int:
        """How many events the log has."""
        return self._store.size()

    @property
    def keys(self) -> KeyStream:
        """The keys of the ledger, as its key stream has them."""
        return self._keys

    @property
    def store(self) -> Store:
        """The rows, for audits: nothing that comes from here is verified."""
        return self._store

    # Cases and the shared register

    def create_case(self, name: str, *, title: str) -> Case:
        """Begin a case.

        Args:
            name: its name, ASCII, unique in the ledger.
            title: what it is about; it is signed in clear, so it must identify nobody who is protected.

        Raises:
            NameTaken: a case of that name is there.
            InvalidValue: a name or title that breaks a rule.
        """
        from .case import Case

        try:
            body = CaseOpened(case=name, title=title)
        except ValidationError as error:
            raise readable(error, "case") from None
        with self._writing():
            key = (self._keys.stream, "case", name)
            if self._register.event_id(*key) is not None:
                raise NameTaken(f'a case "{name}" is there already; open it with case("{name}")')
            stream = self._new_id()
            self._record(body, stream, case=name, name=name, names=(key,))
        return Case(self, name, title, stream)

    def case(self, name: str) -> Case:
        """Open a case.

        Raises:
            UnknownName: there is none of that name; the message names one that is near.
        """
        from .case import Case

        event_id = self._register.event_id(self._keys.stream, "case", name)
        if event_id is None:
            near = did_you_mean(name, self._register.known(self._keys.stream, "case"))
            raise UnknownName(f'{self._store.place}: no case "{name}"{near}')
        body, stream = self._case_opened(event_id)
        return Case(self, body.case, body.title, stream)

    def cases(self) -> list[CaseInfo]:
        """Every case, in the order of their names."""
        found = []
        for _, event_id in self._store.names(self._keys.stream, "case"):
            body, stream = self._case_opened(event_id)
            found.append(CaseInfo(body.case, body.title, stream, self._store.count(stream)))
        return found

    def register_entity(self, name: str, entity: Entity) -> str:
        """Register an entity for all cases: an authority, organisation, medium or place.

        Args:
            name: its name in the shared register, ASCII, unique there.
            entity: what it is; `part_of` names entities of the shared register, with ``shared:``.

        Returns:
            The name by which cases refer to it: ``shared:`` and the name.

        Raises:
            NameTaken: the name is there.
            InvalidValue: an entity of another type; those belong to one case.
            UnknownName: it refers to an entity that is not in the shared register.
        """
        if not isinstance(entity, Entity) or not entity.SHAREABLE:
            raise InvalidValue(
                f"{name}: only authorities, organisations, media and places are shared between cases; register "
                "it in its case"
            )
        try:
            body = EntityRegistered(name=name.removeprefix(SHARED), entity=entity)  # type: ignore[arg-type]
        except ValidationError as error:
            raise readable(error, "entity") from None
        with self._writing():
            key = (self._shared_stream, "entity", body.name)
            if self._register.event_id(*key) is not None:
                raise NameTaken(f'the shared register has an entity "{body.name}" already')
            for each in references(body):
                if not each.name.startswith(SHARED) or self._register.entity_event("", each.name) is None:
                    raise self._register.unknown(self._shared_stream, "entity", each.name, each.path)
            self._record(body, self._shared_stream, case=None, name=body.name, names=(key,))
        return SHARED + body.name

    def shared_entity(self, name: str) -> Entity:
        """The entity of the shared register under a name, with or without ``shared:``.

        Raises:
            UnknownName: there is none.
        """
        full = SHARED + name.removeprefix(SHARED)
        entity = self._register.entity("", full)
        if entity is None:
            raise self._register.unknown(self._shared_stream, "entity", full)
        return entity

    @contextmanager
    def batch(self) -> Iterator[list[Receipt]]:
        """Record several events in one transaction: all of them at the end of the ``with``, or none.

        Inside, names that were just recorded resolve; receipts are completed at the end. Other threads wait.

        Returns:
            The list of receipts, complete after the ``with``.

        Raises:
            InvalidInput: a batch is open already.
        """
        with self._lock:
            self._check_may_record()
            if self._batch is not None:
                raise InvalidInput("a batch is open already; record in it, or end it first")
            self._batch = []
            receipts: list[Receipt] = []
            try:
                yield receipts
                written, self._batch = self._batch, None
                receipts += [pending.receipt for pending, _ in written]
                self._append(written)
            except BaseException:
                self._batch = None
                self._register.discard()
                raise

    # Reading

    def events(self, case: str | None = None, after: int = -1) -> Iterator[Event]:
        """Events in the order of the log, verified as they are read, in flat memory.

        Args:
            case: only the events of that case and of the shared register, which its claims may refer to; None for
                all events, the key stream's included.
            after: only events whose index is higher. The first event of each stream is then taken as it is; its
                link to what came before is not looked at.

        Raises:
            UnknownName: no such case.
            VerificationFailed: an event is not what was signed; those before it were.
        """
        if case is None:
            return self._verified(self._store.rows(after), after, dense=True)
        streams = (self.case(case).stream, self._shared_stream)
        rows = merge(*(self._store.rows(after, stream) for stream in streams), key=attrgetter("index"))
        return self._verified(rows, after, dense=False)

    def event(self, leaf: str) -> Event:
        """The event of a leaf hash, or of its first digits (four at least).

        Raises:
            UnknownName: there is none.
            InvalidValue: several begin so, or these are no hex digits.
        """
        if len(leaf) < _LEAF_DIGITS or not set(leaf) <= set("0123456789abcdef"):
            raise InvalidValue(f"an event is named by {_LEAF_DIGITS} to 64 lowercase hex digits of its leaf hash")
        rows = self._store.rows_of_leaf(leaf)
        if not rows:
            raise UnknownName(f"no event's leaf hash begins with {leaf}")
        if len(rows) > 1:
            raise InvalidValue(f"several leaf hashes begin with {leaf}; give more digits")
        return self._read(rows[0])

    def event_of(self, event_id: str) -> Event:
        """The event of an event id.

        Raises:
            UnknownName: there is none.
        """
        return self._read(self._row_of(event_id))

    def find(
        self, *, asserter: str | None = None, source: str | None = None, case: str | None = None
    ) -> Iterator[Event]:
        """Claims by who said them, or by the source they were read in.

        Args:
            asserter: name of the speaker, as claims give it.
            source: name of the source.
            case: only claims of that case; names belong to their case unless they begin with ``shared:``.
        """
        for event in self.events(case):
            body = event.body
            if not isinstance(body, ClaimRecorded):
                continue
            if asserter is not None and all(voice.asserter != asserter for voice in body.voices):
                continue
            if source is None or body.source == source:
                yield event

    def replay(self, projection: P, *, known_at: int | str | datetime | None = None) -> P:
        """Fold events into a projection.

        Args:
            projection: anything with ``apply(event)``; if it has a name in ``case``, only that case's events and
                those of the shared register go in.
            known_at: a log index (that event included); or a time: the prefix of the log before the first event
                that was recorded later, by the recorders' clocks. A day means until its end, UTC.

        Returns:
            The projection.

        Raises:
            UnknownName: no such case.
            InvalidValue: `known_at` is no index, day or instant.
        """
        last = self._last_known(known_at)
        case = getattr(projection, "case", None)
        for event in self.events(case if isinstance(case, str) else None):
            if last is not None and event.index > last:
                break
            projection.apply(event)
        return projection

    def export_event(self, leaf: str, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write one event out so that ``openssl`` alone can verify it; see `claimledger.proof`.

        Args:
            leaf: leaf hash or its first digits.
            folder: an empty folder, or one that is not there yet.

        Returns:
            The files that were written.
        """
        from .proof import export_event

        event = self.event(leaf)
        public_keys = {signer: self._keys.keys[signer].public_key for signer in event.signers}
        return export_event(self._row_of(event.id).envelope, public_keys, folder)

    def verify(self, pin: str | None = None) -> Report:
        """Verify every event, row and derived table; see `claimledger.audit`.

        Args:
            pin: the ledger id that this must be, known from elsewhere.
        """
        from .audit import verify

        return verify(self._store, pin=pin)

    # Closing

    def close(self) -> None:
        """Close the ledger; a file is then one file. Closing twice does nothing."""
        with self._lock:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise LedgerUnavailable("a ledger is not pickled or copied; open it in each process")

    def __repr__(self) -> str:
        return f"<Ledger {self.id} at {self._store.place}>"

    # Recording, for the ledger and its cases

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._check_may_record()
            yield

    def _check_may_record(self) -> None:
        if self._signers is None:
            raise KeyMissing(f"{self._store.place}: opened without keys; open it with a keyring to record")
        self._store.check_usable(writing=True)

    def _record(
        self,
        body: Body,
        stream: str,
        *,
        case: str | None,
        name: str | None,
        names: Sequence[NameKey] = (),
        statements: Sequence[NameKey] = (),
        absent: Sequence[NameKey] = (),
        idempotency: tuple[bytes, bytes] | None = None,
        parts: tuple[dict[str, Any], dict[str, Any]] | None = None,
    ) -> Receipt:
        """Record a checked body; at once, or at the end of the batch that is open."""
        if self._signers is None:
            raise KeyMissing(f"{self._store.place}: opened without keys")
        public, protected = body.split() if parts is None else parts
        event_id = self._new_id()
        commitments, disclosures = close_slots(protected, ledger=self.id, event=event_id)
        pending = Pending(
            type=body.TYPE,
            version=body.VERSION,
            ledger=self.id,
            stream=stream,
            id=event_id,
            recorded_at=format_instant(self._clock()),
            public=public,
            commitments=commitments,
            disclosures=disclosures,
            signers=self._signers,
            receipt=Receipt(-1, "", event_id, stream, 0, case, name),
        )
        pending.names = names
        pending.statements = statements
        pending.absent = absent
        pending.idempotency = idempotency
        self._register.enter({key: event_id for key in (*names, *statements)}, event_id, body)
        if self._batch is not None:
            self._batch.append((pending, body))
        else:
            try:
                self._append([(pending, body)])
            except BaseException:
                self._register.discard()
                raise
        return pending.receipt

    def _append(self, written: Sequence[tuple[Pending, Body]]) -> None:
        if not written:
            return
        pendings = [pending for pending, _ in written]

        def recheck() -> None:
            self._register.discard()
            for pending, body in written:
                self._check_free(pending)
                self._register.enter({}, pending.id, body)

        self._store.append(
            pendings,
            key_stream=self._keys.stream,
            key_sequence=self._keys.sequence,
            refold=self._refold,
            recheck=recheck,
        )
        self._register.commit()
        _log.debug("recorded %d events up to index %d", len(pendings), pendings[-1].receipt.index)

    def _check_free(self, pending: Pending) -> None:
        """After another writer came first: whether an event can still be recorded as it is."""
        for stream, what, name in (*pending.names, *pending.absent):
            if self._store.name(stream, what, name) is not None:
                shown = "of a protected person" if what == "handle" else f'"{name}"'
                raise NameTaken(f"{what} {shown}: another writer recorded that name just now; nothing was written")
        taken = [key for key in pending.statements if self._store.name(*key) is not None]
        if taken or (pending.idempotency is not None and self._store.idempotent(pending.idempotency[0])):
            raise LedgerBusy("another writer recorded the same statement or key just now; nothing was written; try again")

    # Keys

    def _open_key_stream(self) -> KeyStream:
        first = self._store.row_at(0)
        if first is None:
            raise NotALedger(f"{self._store.place}: its making was interrupted; remove it and make it again")
        keys, _ = read_opening(first)
        self._fold(keys)
        return keys

    def _fold(self, keys: KeyStream) -> None:
        for row in self._store.rows(keys.index, keys.stream):
            keys.apply(read_row(row, keys, {}))

    def _refold(self) -> int:
        """Fold new key events in, and make sure that the recorder may still sign."""
        self._fold(self._keys)
        self._check_signers(self._signers)
        return self._keys.sequence

    def _signer_ids(self) -> tuple[str, ...]:
        return () if self._signers is None else self._signers.keyids

    def _signers_of(self, keys: Keyring | None) -> Signers | None:
        if keys is None:
            return None
        signers = Signers([keys.recorder])
        self._check_signers(signers)
        return signers

    def _check_signers(self, signers: Signers | None) -> None:
        for name in signers.keyids if signers is not None else ():
            record = self._keys.keys.get(name)
            if record is None or record.role != "recorder":
                raise KeyNotAllowed(
                    f"{self._store.place}: key {name} of this keyring may not record in this ledger; use the keyring "
                    "that it was made with, or have a root holder add the key"
                )

    # Rows into events

    def _verified(self, rows: Iterator[Row], after: int, *, dense: bool) -> Iterator[Event]:
        heads: dict[str, tuple[int, str]] = {}
        expected = after + 1
        while page := list(islice(rows, PAGE)):
            if self._store.count(self._keys.stream) != self._keys.sequence:
                with self._lock:
                    self._fold(self._keys)
            disclosures = self._store.disclosures(row.event_id for row in page)
            for row in page:
                if dense and row.index != expected:
                    raise BrokenChain(f"index {expected}: the log goes on at index {row.index}")
                event = self._read(row, disclosures.get(row.event_id, {}))
                before = heads.get(row.stream, (0, None) if after < 0 else None)
                if before is not None and (event.sequence, event.header.previous) != (before[0] + 1, before[1]):
                    raise BrokenChain(
                        f"index {row.index}: does not follow the event before it in stream {row.stream}"
                    )
                heads[row.stream] = (event.sequence, event.leaf)
                expected += 1
                yield event

    def _read(self, row: Row, disclosures: Mapping[str, bytes] | None = None) -> Event:
        if disclosures is None:
            disclosures = self._store.disclosures([row.event_id]).get(row.event_id, {})
            if row.index > self._keys.index and self._store.count(self._keys.stream) != self._keys.sequence:
                with self._lock:
                    self._fold(self._keys)
        signers: Sequence[str] = ()
        if row.type.startswith("claim.") and row.type != ClaimRecorded.TYPE:
            mended = mended_record(open_row(row)[1])
            if mended is not None:
                signers = self.event_of(mended).signers
        return read_row(row, self._keys, disclosures, record_signers=signers)

    def _row_of(self, event_id: str) -> Row:
        row = self._store.row_of_id(event_id)
        if row is None:
            raise UnknownName(f"no event has the id {event_id}")
        return row

    def _case_opened(self, event_id: str) -> tuple[CaseOpened, str]:
        """The opening of a case, stored or pending, and the stream that it opened."""
        for pending, body in self._batch or ():
            if pending.id == event_id and isinstance(body, CaseOpened):
                return body, pending.stream
        event = self.event_of(event_id)
        if not isinstance(event.body, CaseOpened):
            raise UnknownName(f"event {event_id} opens no case, although the names index says so; verify the ledger")
        return event.body, event.stream

    def _last_known(self, known_at: int | str | datetime | None) -> int | None:
        """The last index that `known_at` lets in."""
        if known_at is None or type(known_at) is int:
            return known_at
        until = _end_of(known_at)
        last = -1
        for event in self.events():
            if event.recorded_at > until:
                break
            last = event.index
        return last


def _end_of(moment: object) -> datetime:
    try:
        if isinstance(moment, datetime):
            return parse_instant(format_instant(moment))
        if isinstance(moment, str) and len(moment) > len("2025-07-02"):
            return parse_instant(format_instant(datetime.fromisoformat(moment)))
        if isinstance(moment, str):
            day = datetime.combine(date.fromisoformat(moment), time(), UTC)
            return day + timedelta(days=1, microseconds=-1)
    except (ValueError, OverflowError):
        pass
    raise InvalidValue(
        "known_at: write a log index, a day as 2025-07-02, or an instant with its offset as 2025-07-02T16:20:00+00:00"
    )


def _governance(
    body: Body, ledger: str | None, stream: str, id: str, recorded_at: str, signers: Signers
) -> Pending:
    public: dict[str, JSONValue] = body.split()[0]
    return Pending(
        type=body.TYPE,
        version=body.VERSION,
        ledger=ledger,
        stream=stream,
        id=id,
        recorded_at=recorded_at,
        public=public,
        commitments={},
        disclosures={},
        signers=signers,
        receipt=Receipt(-1, "", id, stream, 0, None, None),
    )


def _never_moves() -> NoReturn:
    raise LedgerBusy("another process writes into a ledger that is only being made")

