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
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NoReturn, Protocol, Self, TypeVar
from uuid import UUID, uuid5

from claimledger.events.claims import ClaimRecorded
from claimledger.events.entities import Entity
from claimledger.events.errors import (
    InvalidValue,
    KeyMissing,
    LedgerUnavailable,
    NameTaken,
    UnknownName,
    WrongLedger,
)
from claimledger.events.event import format_instant
from claimledger.events.governance import KeyAdded, LedgerOpened, RootKey
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import CaseOpened, EntityRegistered
from claimledger.events.values import SHARED

from .checks import did_you_mean, references
from .keys import Keyring
from .log import Log
from .reading import open_row
from .recording import Receipt, Signers
from .register import Register
from .store import Store
from .trust import KeyStream
from .writing import Clock, Writer, never_moves, unsigned

if TYPE_CHECKING:
    from .case import Case
    from .report import Report

__all__ = ["CaseInfo", "Clock", "Ledger", "Projection"]

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


def _a_second() -> bool:
    time.sleep(1)
    return True


def _new_id() -> str:
    # What uuid4 gives, without the object.
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class Ledger:
    """A ledger that is open; made by `create` or `open`, and closed by `close` or at the end of a ``with``."""

    def __init__(self, store: Store, keys: Keyring | None, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store = store
        self._log = Log(store)
        self._shared_stream = str(uuid5(_SHARED_REGISTER, self._log.keys.ledger_id))
        self._log.keep(self._shared_stream)
        self._register = Register(store, self._log.event_of, self._log.keys.stream, self._shared_stream)
        self._writer = Writer(store, self._log, self._register, keys, clock, new_id)

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
        opened = LedgerOpened(
            origin=origin,
            roots=[
                RootKey(holder=holders[root.public_key.hex()], key=root.public_key.hex()) for root in roots
            ],
            threshold=len(roots),
        )
        added = KeyAdded(holder=keys.recorder_holder, role="recorder", key=recorder.public_key.hex())
        store = Store.create(url)
        try:
            stream = new_id()
            at = format_instant(clock())
            first = unsigned(opened, None, stream, event_id=new_id(), recorded_at=at, signers=Signers(roots))
            ledger_id = sha256(first.payload()).hexdigest()
            second = unsigned(
                added,
                ledger_id,
                stream,
                event_id=new_id(),
                recorded_at=at,
                signers=Signers([*roots, recorder]),
            )
            store.append(
                [first, second], key_stream=stream, key_sequence=0, refold=never_moves, recheck=never_moves
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
        return self._log.keys.ledger_id

    @property
    def origin(self) -> str:
        """The ledger's name in the world."""
        return self._log.keys.origin

    @property
    def size(self) -> int:
        """How many events the log has."""
        return self._store.size()

    @property
    def keys(self) -> KeyStream:
        """The keys of the ledger, as its key stream has them."""
        return self._log.keys

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

        body = CaseOpened(case=name, title=title)
        with self._writer.turn():
            key = (self._log.keys.stream, "case", name)
            if self._register.event_id(*key) is not None:
                raise NameTaken(f'a case "{name}" is there already; open it with case("{name}")')
            stream = self._writer.new_id()
            self._writer.record(body, stream, case=name, name=name, names=(key,))
        return Case(self, name, title, stream)

    def case(self, name: str) -> Case:
        """Open a case.

        Raises:
            UnknownName: there is none of that name; the message names one that is near.
        """
        from .case import Case

        event_id = self._register.event_id(self._log.keys.stream, "case", name)
        if event_id is None:
            near = did_you_mean(name, self._register.known(self._log.keys.stream, "case"))
            raise UnknownName(f'{self._store.place}: no case "{name}"{near}')
        body, stream = self._case_opened(event_id)
        return Case(self, body.case, body.title, stream)

    def cases(self) -> list[CaseInfo]:
        """Every case, in the order of their names."""
        found = []
        key_stream = self._log.keys.stream
        for name, _ in self._store.names(key_stream, "case"):
            event_id = self._register.event_id(key_stream, "case", name)
            if event_id is None:
                continue
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
        if not entity.SHAREABLE:
            raise InvalidValue(
                f"{name}: only authorities, organisations, media and places are shared between cases; register "
                "it in its case"
            )
        body = EntityRegistered(name=name.removeprefix(SHARED), entity=entity)  # type: ignore[arg-type]
        with self._writer.turn():
            key = (self._shared_stream, "entity", body.name)
            if self._register.event_id(*key) is not None:
                raise NameTaken(f'the shared register has an entity "{body.name}" already')
            for each in references(body):
                if not each.name.startswith(SHARED) or self._register.entity_event("", each.name) is None:
                    raise self._register.unknown(self._shared_stream, "entity", each.name, each.path)
            self._writer.record(body, self._shared_stream, case=None, name=body.name, names=(key,))
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

    def batch(self) -> AbstractContextManager[list[Receipt]]:
        """Record several events in one transaction: all of them at the end of the ``with``, or none.

        Inside, names that were just recorded resolve; receipts are completed at the end. Other threads wait.

        Returns:
            A context manager that gives the list of receipts, complete after the ``with``.

        Raises:
            InvalidInput: a batch is open already.
        """
        return self._writer.batch()

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
        streams = None if case is None else (self.case(case).stream, self._shared_stream)
        return self._log.events(streams, after)

    def follow(
        self, case: str | None = None, after: int = -1, *, pause: Callable[[], bool] | None = None
    ) -> Iterator[Event]:
        """Events as `events` gives them, and then those that are recorded from now on, by whomever.

        Args:
            case: as for `events`.
            after: as for `events`.
            pause: called each time all that is recorded was given; it waits, and says whether to go on. Without
                one, it waits a second, and goes on.

        Raises:
            UnknownName: no such case.
            VerificationFailed: an event is not what was signed; those before it were.
        """
        streams = None if case is None else (self.case(case).stream, self._shared_stream)
        return self._log.follow(streams, after, pause or _a_second)

    def event(self, leaf: str) -> Event:
        """The event of a leaf hash, or of its first digits (four at least).

        Raises:
            UnknownName: there is none.
            InvalidValue: several begin so, or these are no hex digits.
        """
        if len(leaf) < _LEAF_DIGITS or not set(leaf) <= set("0123456789abcdef"):
            raise InvalidValue(
                f"an event is named by {_LEAF_DIGITS} to 64 lowercase hex digits of its leaf hash"
            )
        rows = self._store.rows_of_leaf(leaf)
        if not rows:
            raise UnknownName(f"no event's leaf hash begins with {leaf}")
        if len(rows) > 1:
            raise InvalidValue(f"several leaf hashes begin with {leaf}; give more digits")
        return self._log.read(rows[0])

    def event_of(self, event_id: str) -> Event:
        """The event of an event id.

        Raises:
            UnknownName: there is none.
        """
        return self._log.event_of(event_id)

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
                that was recorded later, by the recorders' clocks. A day means until its end, UTC. A projection may
                have one of its own in ``known_at``; it is told of this one by its method `cut_at`, if it has one.

        A projection that says in ``taken_in`` up to which index it has taken events in, such as a state that was
        saved and loaded, gets the events after that.

        Returns:
            The projection.

        Raises:
            UnknownName: no such case.
            InvalidValue: `known_at` is no index, day or instant.
        """
        cut_at, taken_in = getattr(projection, "cut_at", None), getattr(projection, "taken_in", None)
        if known_at is None:
            known_at = getattr(projection, "known_at", None)
        elif cut_at is not None:
            cut_at(known_at)
        last = self._log.last_known(known_at)
        case = getattr(projection, "case", None)
        after = taken_in if isinstance(taken_in, int) else -1
        for event in self.events(case if isinstance(case, str) else None, after):
            if last is not None and event.index > last:
                break
            projection.apply(event)
        return projection

    def export_event(self, leaf: str, folder: str | os.PathLike[str]) -> Event:
        """Write one event out so that ``openssl`` alone can verify it; see `claimledger.proof`.

        Args:
            leaf: leaf hash or its first digits.
            folder: an empty folder, or one that is not there yet.

        Returns:
            The event.
        """
        from .proof import export_event

        event = self.event(leaf)
        envelope, _ = open_row(self._log.row_of(event.id))
        export_event(envelope, [self._log.keys.keys[signer].public_key for signer in event.signers], folder)
        return event

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
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise LedgerUnavailable("a ledger is not pickled or copied; open it in each process")

    def __repr__(self) -> str:
        return f"<Ledger {self.id} at {self._store.place}>"

    def _case_opened(self, event_id: str) -> tuple[CaseOpened, str]:
        """The opening of a case, stored or pending, and the stream that it opened."""
        pending = self._writer.pending(event_id)
        if pending is not None:
            body = self._register.body(event_id)
            if isinstance(body, CaseOpened):
                return body, pending.stream
        event = self._log.event_of(event_id)
        if not isinstance(event.body, CaseOpened):
            raise UnknownName(
                f"event {event_id} opens no case, although the names index says so; verify the ledger"
            )
        return event.body, event.stream
