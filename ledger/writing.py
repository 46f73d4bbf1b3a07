"""The writing side of a ledger: one recorder, taking turns with the other threads, alone or in a batch.

1. A checked body becomes a signed event with a fresh id, the time of the recorder's clock and its disclosures.
2. Outside a batch it is on disk when `Writer.record` returns. In a batch nothing is signed or written before the
   end; then all of it is, or nothing.
3. The recorder's key must be active in the key stream, at opening and again whenever the key stream has moved.
4. Where another process took a name, statement or key in the meantime, the error says so; nothing was written.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, TypeAlias

from claimledger.events.claims import ClaimAmended, ClaimRecorded
from claimledger.events.errors import (
    InvalidInput,
    InvalidValue,
    KeyMissing,
    KeyNotAllowed,
    LedgerBusy,
    NameTaken,
)
from claimledger.events.event import format_instant
from claimledger.events.registry import Body

from .disclosures import close_slots
from .keys import Keyring
from .log import Log
from .recording import NameKey, Overtaken, Pending, Receipt, Signers
from .register import Register
from .store import Store

__all__ = ["Clock", "Writer", "never_moves", "unsigned"]

Clock: TypeAlias = Callable[[], datetime]
"""Gives the time now; a datetime that knows its UTC offset."""

_log = logging.getLogger("claimledger")
_AGAIN = "nothing was written; record it again"


class Writer:
    """Records into one ledger, or refuses to when it was opened without keys.

    Args:
        store: where rows go.
        log: the verified log, which knows the keys.
        register: what names stand for.
        keys: the keyring whose recorder signs; None to refuse recording.
        clock: gives the time now.
        new_id: gives a fresh UUID of version 4.
        prove: proves that an event, by leaf hash, is in the log; receipts lead to it.

    Raises:
        KeyNotAllowed: the recorder key is none of this ledger's.
        KeyMissing: the keyring has no recorder key at hand.
    """

    def __init__(
        self,
        store: Store,
        log: Log,
        register: Register,
        keys: Keyring | None,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        prove: Callable[[str], bytes],
    ) -> None:
        self._store = store
        self._prove = prove
        self._log = log
        self._register = register
        self._clock = clock
        self.new_id = new_id
        self._lock = threading.RLock()
        self._batch: dict[str, Pending] | None = None
        self._keyed: dict[bytes, Pending] = {}
        self._signers = None if keys is None else Signers([keys.recorder])
        self._check_signers()

    @property
    def keyids(self) -> tuple[str, ...]:
        """The keys that sign what is recorded here."""
        return () if self._signers is None else self._signers.keyids

    @property
    def is_in_batch(self) -> bool:
        """Whether a batch is open."""
        return self._batch is not None

    def pending(self, event_id: str) -> Pending | None:
        """The event of that id in the batch that is open, or None."""
        return None if self._batch is None else self._batch.get(event_id)

    def pending_of_key(self, keyed: bytes) -> Pending | None:
        """The event of that idempotency key in the batch that is open, or None."""
        return self._keyed.get(keyed)

    def turn(self) -> Writer:
        """Take this process's turn to record, for the length of a ``with``.

        Raises:
            KeyMissing, ReadOnly, LedgerClosed: recording is not possible.
        """
        self._recorder()
        self._store.check_usable(writing=True)
        return self

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @contextmanager
    def batch(self) -> Iterator[list[Receipt]]:
        """Write what is recorded inside in one transaction, at the end.

        Raises:
            InvalidInput: a batch is open already.
        """
        with self.turn():
            if self._batch is not None:
                raise InvalidInput("a batch is open already; record in it, or end it first")
            receipts: list[Receipt] = []
            self._batch = written = dict[str, Pending]()
            try:
                yield receipts
                receipts += [pending.receipt for pending in written.values()]
                self._append(list(written.values()))
            except BaseException:
                self._register.discard()
                raise
            finally:
                self._batch = None
                self._keyed.clear()

    def record(
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
        is_picked: bool = False,
    ) -> Receipt:
        """Record a checked body; at once, or at the end of the batch that is open.

        Args:
            body: what to record.
            stream: UUID of the stream.
            case: name of the case, for the receipt.
            name: what the receipt calls it.
            names: rows of the names index that it takes; refused when they are taken.
            statements: statements that it is the first to carry.
            absent: rows of the names index that must not be there.
            idempotency: keyed idempotency key, and digest of the content.
            parts: what ``body.split()`` gave, where the caller has it already.
            is_picked: whether the name was picked here, so that another would do as well.
        """
        public, protected = body.split() if parts is None else parts
        event_id = self.new_id()
        ledger = self._log.keys.ledger_id
        commitments, disclosures = close_slots(protected, ledger=ledger, event=event_id)
        pending = Pending(
            type=body.TYPE,
            version=body.VERSION,
            ledger=ledger,
            stream=stream,
            id=event_id,
            recorded_at=format_instant(self._clock()),
            public=public,
            commitments=commitments,
            disclosures=disclosures,
            signers=self._recorder(),
            receipt=Receipt(-1, "", event_id, stream, 0, case, name, self._prove),
        )
        pending.names = names
        pending.statements = statements
        pending.absent = absent
        pending.idempotency = idempotency
        pending.picked = is_picked
        self._register.enter((*names, *statements), event_id, body)
        if self._batch is not None:
            self._batch[event_id] = pending
            if idempotency is not None:
                self._keyed[idempotency[0]] = pending
            return pending.receipt
        try:
            self._append([pending])
        except BaseException:
            self._register.discard()
            raise
        return pending.receipt

    def _append(self, pendings: Sequence[Pending]) -> None:
        if not pendings:
            return

        def recheck() -> None:
            for pending in pendings:
                self._check_free(pending)

        keys = self._log.keys
        self._store.append(
            pendings, key_stream=keys.stream, key_sequence=keys.sequence, refold=self._refold, recheck=recheck
        )
        self._register.commit()
        _log.debug("recorded %d events up to index %d", len(pendings), pendings[-1].receipt.index)

    def _check_free(self, pending: Pending) -> None:
        """After another writer came first: whether an event can still be recorded as it is."""
        for stream, what, name in (*pending.names, *pending.absent):
            if self._store.name(stream, what, name) is not None:
                if pending.picked:
                    raise Overtaken(f'another writer took the next name, "{name}", just now; {_AGAIN}')
                shown = "of a protected person" if what == "handle" else f'"{name}"'
                raise NameTaken(
                    f"{what} {shown}: another writer took that name just now; nothing was written"
                )
        if pending.idempotency is not None and self._store.idempotent(pending.idempotency[0]):
            raise Overtaken(f"another writer used this idempotency key just now; {_AGAIN}")
        still_new = []
        for key in pending.statements:
            first = self._store.name(*key)
            if first is None:
                still_new.append(key)
            elif key[1] == "kind":
                self._check_declaration(pending, key[2], first)
            else:
                self._check_statement(pending, key[2], first)
        pending.statements = still_new

    def _check_statement(self, pending: Pending, statement: str, first: str) -> None:
        body = self._register.body(pending.id)
        for voice in body.voices if isinstance(body, (ClaimRecorded, ClaimAmended)) else ():
            if voice.statement == statement:
                self._register.check_statement(first, voice)

    def _check_declaration(self, pending: Pending, kind: str, first: str) -> None:
        """Two writers may declare one kind at once, as long as they declare it alike: the first one holds."""
        if self._register.body(pending.id) != self._register.body(first):
            raise InvalidValue(
                f"kind {kind}: another writer declared it otherwise just now; nothing was written; "
                "give one of the two another name"
            )

    def _refold(self) -> int:
        self._log.fold()
        self._check_signers()
        return self._log.keys.sequence

    def _check_signers(self) -> None:
        for name in self.keyids:
            record = self._log.keys.keys.get(name)
            if record is None or record.role != "recorder":
                raise KeyNotAllowed(
                    f"{self._store.place}: key {name} of this keyring may not record in this ledger; use the "
                    "keyring that it was made with, or have a root holder add the key"
                )

    def _recorder(self) -> Signers:
        if self._signers is None:
            raise KeyMissing(f"{self._store.place}: opened without keys; open it with a keyring to record")
        return self._signers


def unsigned(
    body: Body, ledger: str | None, stream: str, *, event_id: str, recorded_at: str, signers: Signers
) -> Pending:
    """An event of the key stream: no name, nothing protected, signed by whom its type asks for."""
    return Pending(
        type=body.TYPE,
        version=body.VERSION,
        ledger=ledger,
        stream=stream,
        id=event_id,
        recorded_at=recorded_at,
        public=body.split()[0],
        commitments={},
        disclosures={},
        signers=signers,
        receipt=Receipt(-1, "", event_id, stream, 0, None, None),
    )


def never_moves() -> NoReturn:
    """For a ledger that is only being made: nobody else can be writing to it.

    Raises:
        LedgerBusy: somebody is.
    """
    raise LedgerBusy("another process writes into a ledger that is only being made")
