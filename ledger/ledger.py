"""The ledger: one log of signed events, the keys that may sign in it, its shared register and its cases.

1. `Ledger.create` refuses what is there already, `Ledger.open` creates nothing. Opening verifies the key stream;
   everything else is verified as it is read, and all of it by `Ledger.verify`.
2. What was recorded is on disk when a method returns its receipt. A batch is written whole or not at all.
3. Reading is that of `claimledger.ledger_reading`.
4. Threads may share a ledger: writers take turns, and a batch keeps the turn until it ends. Use after fork or
   close is refused, and so is pickling.

Logging goes to ``claimledger`` and holds ids only.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from claimledger.events.entities import Entity
from claimledger.events.errors import (
    InvalidInput,
    InvalidValue,
    NameTaken,
    WrongLedger,
)
from claimledger.events.event import format_instant
from claimledger.events.governance import KeyAdded
from claimledger.events.recorder_acts import CaseOpened, EntityRegistered
from claimledger.events.values import SHARED

from .bundle_read import is_bundle
from .checks import references
from .erasing import Erased, Eraser, finish_while_opening
from .handing_on import HandingOn
from .key_changes import KeyChanges, opening, opening_signers
from .keys import Keyring
from .ledger_keys import LedgerWithKeys
from .ledger_sealing import SealableLedger
from .recording import Receipt, Signers
from .store import Store
from .writing import Clock, Writer, never_moves, unsigned

if TYPE_CHECKING:
    from .case import Case
    from .report import Report

__all__ = ["CaseInfo", "Clock", "Ledger"]

_log = logging.getLogger("claimledger")


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
    # What uuid4 gives, without the object.
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class Ledger(LedgerWithKeys, SealableLedger, HandingOn):
    """A ledger that is open; made by `create` or `open`, and closed by `close` or at the end of a ``with``."""

    def __init__(self, store: Store, keys: Keyring | None, clock: Clock, new_id: Callable[[], str]) -> None:
        super().__init__(store)
        self._keyring = keys
        self._writer = Writer(store, self._log, self._register, keys, clock, new_id, prove=self.proof)
        self._key_changes = KeyChanges(store, self._log, clock, new_id, self._register.words)
        if not store.is_read_only:
            finish_while_opening(store, self._log, self._register)

    @classmethod
    def create(
        cls,
        url: str | os.PathLike[str],
        *,
        origin: str,
        keys: Keyring,
        roots: Sequence[Keyring] | None = None,
        threshold: int | None = None,
        clock: Clock = _now,
        new_id: Callable[[], str] = _new_id,
    ) -> Ledger:
        """Make a ledger, open it, and let the recorder of the keyring sign in it.

        Args:
            url: a path, ``sqlite:///path``, or ``memory:``.
            origin: the ledger's name in the world, such as ``example.org/yekaterinburg``.
            keys: the keyring to record with; its log keys are written into the opening.
            roots: keyrings whose root keys are those of the ledger; by default the root keys of `keys`. A root key
                that is listed, and whose private key is not at hand, becomes a root and does not sign here.
            threshold: how many roots must sign from now on; by default all of them.
            clock: gives the time now.
            new_id: gives a fresh UUID of version 4.

        Raises:
            LedgerExists, LedgerNotFound, ReadOnly: it cannot be made there.
            KeyMissing: there is no recorder key, or fewer root keys are at hand than must sign.
            InvalidValue: the origin is no name without spaces and ``+``.
        """
        recorder = keys.recorder
        rings = (keys,) if roots is None else tuple(roots)
        opened = opening(origin, rings, keys, threshold)
        signing = opening_signers(rings, opened)
        added = KeyAdded(holder=keys.recorder_holder, role="recorder", key=recorder.public_key.hex())
        store = Store.create(url)
        try:
            stream = new_id()
            at = format_instant(clock())
            first = unsigned(
                opened, None, stream, event_id=new_id(), recorded_at=at, signers=Signers(signing)
            )
            ledger_id = sha256(first.payload()).hexdigest()
            second = unsigned(
                added,
                ledger_id,
                stream,
                event_id=new_id(),
                recorded_at=at,
                signers=Signers([*signing, recorder]),
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
        """Open a ledger that is there, and verify its key stream; or open a bundle, verified whole, for reading.

        Of a bundle, what is in it can be read as in any ledger: its cases, their events, and of protected content
        what was given. What was left out shows as withheld.

        Args:
            url: a path or ``sqlite:///path``; or the path of a bundle, or of the folder that it was unpacked into.
            keys: the keyring to record with; without one, the ledger can only be read.
            read_only: write nothing, so that a read-only folder will do.
            pin: the ledger id (64 hex) that this must be, known from elsewhere.
            clock: gives the time now.
            new_id: gives a fresh UUID of version 4.

        Raises:
            LedgerNotFound, NotALedger, NewerSchema, ReadOnly, LedgerUnavailable: it cannot be opened.
            WrongLedger: it is not the pinned one.
            MalformedBundle, WrongBundle: a bundle in which something does not hold.
            KeyNotAllowed: the recorder key is not one of this ledger's.
            VerificationFailed: the key stream is not what its keys signed.
            CouldNotCheck: the key stream holds events that this release cannot read.
        """
        store: Store
        if is_bundle(url):
            from .bundle_store import BundleStore

            # Its keys are for recording, and in a bundle nothing is recorded.
            store, keys = BundleStore.load(url)[0], None
        else:
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

    # Cases and the shared register

    def create_case(self, name: str, *, title: str) -> Case:
        """Begin a case.

        Args:
            name: its name, ASCII, unique in the ledger.
            title: what it is about; it is signed in clear, so it must identify nobody who is protected.

        Raises:
            NameTaken: a case of that name is there.
            InvalidValue: a name or title that breaks a rule, or holds the name of somebody whom another case protects.
        """
        from .case import Case

        body = CaseOpened(case=name, title=title)
        with self._writer.turn():
            key = (self._log.keys.stream, "case", name)
            if self._register.event_id(*key) is not None:
                raise NameTaken(f'a case "{name}" is there already; open it with case("{name}")')
            self._register.words.refuse({"name": name, "title": title}, whole_only=True)
            stream = self._writer.new_id()
            self._writer.record(body, stream, case=name, name=name, names=(key,))
        return Case(self, name, title, stream)

    def case(self, name: str) -> Case:
        """Open a case.

        Raises:
            UnknownName: there is none of that name; the message names one that is near.
            CouldNotCheck: it was opened in a form that this release cannot read.
        """
        from .case import Case

        body, stream = self._find_case(name)
        return Case(self, body.case, body.title, stream)

    def cases(self) -> list[CaseInfo]:
        """Every case, in the order of their names.

        Raises:
            CouldNotCheck: a case was opened in a form that this release cannot read.
        """
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
        if entity.slots:
            raise InvalidValue(
                "what is protected belongs to one case: shared, it would have one random name in all of them; register "
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

    # Erasing and copying

    def erase(self, leaf: str, *slots: str, authority: str, reason: str) -> Erased:
        """Erase protected content of one event, for good; see `Case.erase`.

        Args:
            leaf: leaf hash of the event, or its first digits.
            *slots: which of its protected slots; none for all of them.
            authority: by whose authority; signed in clear.
            reason: why; signed in clear.
        """
        event = self.event(leaf)
        case = next((info.name for info in self.cases() if info.stream == event.stream), None)
        eraser = Eraser(self._store, self._log, self._register, self._writer, event.stream, case)
        what = [f"{event.id}:{slot}" for slot in slots] or [event.id]
        return eraser.erase(what, authority=authority, reason=reason)

    def backup(self, path: str | os.PathLike[str]) -> Report:
        """Write a copy of the whole ledger, protected content included, and verify the copy.

        Nothing that was erased is in it. The copy takes its name when it is whole and on disk, and is readable and
        writable by its owner alone.

        Args:
            path: a new file.

        Returns:
            The report on the copy, held against this ledger's id.

        Raises:
            LedgerExists, LedgerNotFound, ReadOnly: it cannot be made there.
            InvalidInput: this was read from a bundle.
            ErasureUnfinished: bytes that were erased are still in the file; open it for writing, which finishes that.
            VerificationFailed: something is wrong with the copy, hence with this ledger; no copy is left.
        """
        from .backup import backup

        if self._store.is_sparse:
            raise InvalidInput(f"{self._store.place}: a bundle is copied as any file is")
        return backup(self._store, self.id, Path(path))

    def _case_opened(self, event_id: str) -> tuple[CaseOpened, str]:
        """The opening of a case, stored or pending, and the stream that it opened."""
        pending = self._writer.pending(event_id)
        if pending is not None:
            body = self._register.body(event_id)
            if isinstance(body, CaseOpened):
                return body, pending.stream
        return super()._case_opened(event_id)
