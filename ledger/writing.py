"""The writing side of a ledger: one recorder, taking turns with the other threads, alone or in a batch.

1. A checked body becomes a signed event with a fresh id, the time of the recorder's clock and its disclosures.
2. Outside a batch it is on disk when `Writer.record` returns. In a batch nothing is signed or written before the
   end; then all of it is, or nothing.
3. The recorder's key must be active in the key stream, at opening and again whenever the key stream has moved: of the
   keyring's recorder keys, the newest that is. What was composed with a key that was revoked meanwhile is refused.
   `Writer.as_roots` lets the roots amend or withdraw a record, and nothing else.
4. Where another process took a name, statement or key in the meantime (`claimledger.writing_checks`), the error says
   so; nothing was written.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, TypeAlias

from claimledger.events.errors import (
    InvalidInput,
    KeyMissing,
    KeyNotAllowed,
    LedgerBusy,
)
from claimledger.events.event import format_instant
from claimledger.events.registry import Body

from .disclosures import close_slots
from .keys import Keyring, Signer, keyid
from .log import Log
from .recording import NameKey, Pending, Receipt, Signers
from .register import Register
from .store import Store
from .trust import MENDS
from .writing_checks import Rechecks

__all__ = ["Clock", "Writer", "never_moves", "unsigned"]

Clock: TypeAlias = Callable[[], datetime]
"""Gives the time now; a datetime that knows its UTC offset."""

_log = logging.getLogger("claimledger")


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
        self._rechecks = Rechecks(store, log, register)
        self._clock = clock
        self.new_id = new_id
        self._lock = threading.RLock()
        self._batch: dict[str, Pending] | None = None
        self._keyed: dict[bytes, Pending] = {}
        self._keyring = keys
        self._signers: Signers | None = None
        self._roots: Signers | None = None
        self._picked_at = 0
        self.pick_key()
        roots = {each.keyid for each in log.keys.active("root")}
        # A keyring with a root is good for changing keys, also where it may not record.
        if keys is not None and not self.keyids and not keys.holds_any(roots):
            self._rechecks.may_record(keyid(keys.recorder))

    @property
    def keyids(self) -> tuple[str, ...]:
        """The keys that sign what is recorded here."""
        signers = self._roots or self._signers
        return () if signers is None else signers.keyids

    @property
    def is_as_roots(self) -> bool:
        """Whether the roots are signing, to mend somebody's record."""
        return self._roots is not None

    @contextmanager
    def as_roots(self, signers: Sequence[Signer]) -> Iterator[None]:
        """Let the roots sign for the length of a ``with``: amendments and withdrawals, and nothing else.

        Raises:
            KeyMissing: fewer root keys of this ledger are at hand than must sign.
            InvalidInput: a batch is open.
        """
        with self._lock:
            if self._batch is not None:
                raise InvalidInput("a batch is open; end it first")
            self._log.fold()
            keys = self._log.keys
            active = {each.keyid for each in keys.active("root")}
            at_hand = {keyid(each): each for each in signers if keyid(each) in active}
            if len(at_hand) < keys.threshold:
                raise KeyMissing(
                    f"{self._store.place}: it takes {keys.threshold} of the root keys, and {len(at_hand)} are at hand"
                )
            self._roots = Signers([at_hand[name] for name in sorted(at_hand)[: keys.threshold]])
            try:
                yield
            finally:
                self._roots = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the other threads from recording for the length of a ``with``, while keys are changed.

        Raises:
            InvalidInput: a batch is open.
        """
        with self._lock:
            if self._batch is not None:
                raise InvalidInput("a batch is open; end it before the keys are changed")
            yield
            self.pick_key()

    def pick_key(self) -> None:
        """Take the newest recorder key at hand that may sign here now, if there is one."""
        self._picked_at = self._log.keys.sequence
        active = {each.keyid for each in self._log.keys.active("recorder")}
        newest = None if self._keyring is None else self._keyring.recorder_among(active)
        self._signers = None if newest is None else Signers([newest])

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
            signers=self._signers_of(body),
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
                self._rechecks.free(pending)

        def checked() -> int:
            # Read before looking: what others fold in meanwhile shows in the transaction, as keys that moved.
            folded = self._log.keys.sequence
            for pending in pendings:
                self._rechecks.may_sign(pending)
            return folded

        def refold() -> int:
            self._log.fold()
            return checked()

        try:
            # Reading folds the key stream as well: that it has not moved since says nothing of who signs here.
            self._store.append(
                pendings,
                key_stream=self._log.keys.stream,
                key_sequence=checked(),
                refold=refold,
                recheck=recheck,
            )
        finally:
            if self._log.keys.sequence != self._picked_at:
                self.pick_key()
        self._register.commit()
        _log.debug("recorded %d events up to index %d", len(pendings), pendings[-1].receipt.index)

    def _recorder(self) -> Signers:
        if self._roots is not None:
            return self._roots
        if self._log.keys.sequence != self._picked_at:
            self.pick_key()
        if self._signers is None:
            if self._keyring is not None:
                self._rechecks.may_record(keyid(self._keyring.recorder))
            raise KeyMissing(f"{self._store.place}: opened without keys; open it with a keyring to record")
        return self._signers

    def _signers_of(self, body: Body) -> Signers:
        if self._roots is not None and body.TYPE not in MENDS:
            raise KeyNotAllowed(
                f"{body.TYPE}: the roots amend and withdraw records; all else takes a recorder key"
            )
        return self._recorder()


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
