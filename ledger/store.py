"""Where a ledger is kept: rows in the order of the log, on eventsourcing's persistence.

1. An eventsourcing `Application` without aggregates: its mapper signs on the way in and verifies on the way out, and
   never resolves a topic that a row names. Its environment is what stands here; variables of the process
   (``PERSISTENCE_MODULE``, ``COMPRESSOR_TOPIC`` and the like) cannot redirect a ledger.
2. `append` writes a batch whole or not at all. When another writer was faster, the batch is chained and signed anew
   under the write lock; when the keys or names moved, the caller's checks run again, a bounded number of times.
3. Reading is that of `claimledger.rows`.

The backends differ in `claimledger.sqlite` alone: a file, or memory.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import Environment

from claimledger.events.errors import LedgerBusy, LedgerUnavailable, NotALedger, VerificationFailed
from claimledger.events.recorded import Event

from .recording import Batch, Head, KeysMoved, NamesMoved, Pending, Row
from .rows import StoredRows, row_of
from .sqlite import Factory, StoredRow, read_head
from .sqlite_file import TABLES, check_file, create_file, database_name, place_of, translated
from .sqlite_purge import Doomed, copy_into, purge, purge_in_memory

__all__ = ["Row", "Store"]

_ATTEMPTS = 8


class Reader(Protocol):
    """Turns a row into a verified event."""

    def __call__(self, row: Row) -> Event:
        """Verify and read."""
        ...


class SigningMapper(Mapper[str]):
    """Signs on the way in, verifies on the way out; knows no topics, ciphers or compressors."""

    def __init__(self) -> None:
        self.reader: Reader | None = None

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        pending: Pending = domain_event
        pending.sign()
        return StoredRow(
            pending.stream, pending.sequence, pending.type, pending.envelope, -1, pending.leaf, pending.id
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if self.reader is None or not isinstance(stored_event, StoredRow):
            raise LedgerUnavailable("events are read through an open ledger, which knows the keys")
        return self.reader(
            row_of(
                (
                    stored_event.index,
                    stored_event.originator_id,
                    stored_event.originator_version,
                    stored_event.topic,
                    stored_event.state,
                    stored_event.leaf,
                    stored_event.event_id,
                )
            )
        )


class LedgerApplication(Application[str]):
    """The application: a mapper, a recorder and nothing from the process's environment."""

    name = "Ledger"

    def __init__(self, db_name: str, *, query_only: bool) -> None:
        self._db_name = db_name
        self._query_only = query_only
        super().__init__()

    def construct_env(self, name: str, env: Any = None) -> Environment:  # noqa: ARG002 - ignored on purpose
        """An environment with nothing in it."""
        return Environment(name, {})

    def construct_factory(self, env: Environment) -> Any:  # noqa: ARG002 - nothing can be set from outside
        """The SQLite factory, whatever an environment says."""
        return Factory(self._db_name, query_only=self._query_only)

    def construct_mapper(self) -> SigningMapper:
        """The signing mapper."""
        return SigningMapper()


class Store(StoredRows):
    """The rows of one ledger; made by `create` or `open`."""

    def __init__(self, application: LedgerApplication, path: Path | None, *, read_only: bool) -> None:
        super().__init__(application.recorder.datastore, path, read_only=read_only)  # type: ignore[attr-defined]
        self._application = application
        self._heads: dict[str, Head] = {}

    @classmethod
    def create(cls, url: str | os.PathLike[str]) -> Store:
        """Make an empty store, with a fresh secret for the keyed entries beside the events.

        Raises:
            LedgerExists, LedgerNotFound, ReadOnly, LedgerUnavailable: it cannot be made there.
        """
        path = place_of(url)
        if path is None:
            name = f"file:claimledger-{uuid4().hex}?mode=memory&cache=shared"
            store = cls(LedgerApplication(name, query_only=False), None, read_only=False)
            with store._writing() as cursor:
                for table in TABLES:
                    cursor.execute(table)
        else:
            create_file(path)
            store = cls(
                LedgerApplication(database_name(path, read_only=False), query_only=False),
                path,
                read_only=False,
            )
        with store._writing() as cursor:
            cursor.execute("INSERT INTO meta VALUES ('secret', ?)", (secrets.token_bytes(32),))
        return store

    @classmethod
    def open(cls, url: str | os.PathLike[str], *, read_only: bool = False) -> Store:
        """Open a store that is there.

        Raises:
            LedgerNotFound, NotALedger, NewerSchema, ReadOnly, LedgerUnavailable: it cannot be opened.
            VerificationFailed: its tables or its secret are not those that a ledger is made with.
        """
        path = place_of(url)
        if path is None:
            raise LedgerUnavailable(
                "memory: nothing to open; a ledger in memory lives and ends with its creator"
            )
        check_file(path)
        name = database_name(path, read_only=read_only)
        store = cls(LedgerApplication(name, query_only=read_only), path, read_only=read_only)
        try:
            store.secret()
        except (VerificationFailed, LedgerUnavailable):
            store._application.close()
            raise
        return store

    @property
    def is_read_only(self) -> bool:
        """Whether it was opened for reading only."""
        return self._read_only

    def read_with(self, reader: Reader) -> None:
        """Say how rows become events, for those who read through the application's event store."""
        self._application.mapper.reader = reader  # type: ignore[attr-defined]

    def secret(self) -> bytes:
        """The random key under which idempotency keys and protected names are kept (32 bytes)."""
        found = self._one("SELECT value FROM meta WHERE key='secret'")
        if found is None or not isinstance(found[0], bytes):
            if self.size():
                raise VerificationFailed(
                    f"{self.place}: its secret is missing, though it has events; it was changed from outside; "
                    "restore the file from a copy"
                )
            raise NotALedger(f"{self.place}: its making was interrupted; remove it and make it again")
        return found[0]

    def append(
        self,
        pendings: Sequence[Pending],
        *,
        key_stream: str,
        key_sequence: int,
        refold: Callable[[], int],
        recheck: Callable[[], None],
    ) -> None:
        """Sign and write events, all or none; on return they are on disk and their receipts complete.

        Args:
            pendings: the events, in order.
            key_stream: UUID of the key stream.
            key_sequence: how far the writer folded it in.
            refold: called when the key stream moved: folds it in and says how far; raises if the key may not sign.
            recheck: called when names moved: raises if the events cannot be recorded as they are.

        Raises:
            LedgerBusy: others kept moving keys or names, or held the lock too long; nothing was written.
        """
        self.check_usable(writing=True)
        sign: Callable[[Any], StoredEvent] = self._application.mapper.to_stored_event
        for attempt in range(_ATTEMPTS):
            heads = {stream: self.head(stream) for stream in {pending.stream for pending in pendings}}
            batch = Batch(pendings, heads, key_stream=key_stream, key_sequence=key_sequence, sign=sign)
            try:
                with translated(self.place):
                    self._application.events.put(pendings, batch=batch)  # type: ignore[arg-type]
            except KeysMoved:
                key_sequence = refold()
            except NamesMoved:
                recheck()
            else:
                self._heads.update(
                    {stream: Head(last.sequence, last.leaf) for stream, last in batch.last.items()}
                )
                for index, pending in enumerate(pendings, batch.first or 0):
                    pending.receipt._complete(index, pending.leaf, pending.sequence)
                return
            for stream in heads:
                self._heads.pop(stream, None)
            time.sleep(0.001 * 2**attempt)
        raise LedgerBusy(f"{self.place}: other writers kept coming first; nothing was written; try again")

    def keep_tiles(self, tiles: Iterable[tuple[int, int, bytes]]) -> None:
        """Keep tiles, all or none: level, index and hashes; a tile that grew takes the place of its beginning."""
        with translated(self.place), self._writing() as cursor:
            cursor.executemany("INSERT OR REPLACE INTO tiles VALUES (?,?,?)", list(tiles))

    def drop_tiles(self) -> None:
        """Forget the tree. It is derived from the events, and is built anew when it is next sealed."""
        with translated(self.place), self._writing() as cursor:
            cursor.execute("DELETE FROM tiles")

    def keep_checkpoint(self, size: int, note: bytes) -> None:
        """Keep the signed note of a checkpoint; one of the same size, with fewer lines below, is replaced."""
        with translated(self.place), self._writing() as cursor:
            cursor.execute("INSERT OR REPLACE INTO checkpoints VALUES (?,?)", (size, note))

    def keep_timestamp(self, size: int, token: bytes) -> None:
        """Keep a timestamp token for the checkpoint of a size; the same one twice is kept once."""
        with translated(self.place), self._writing() as cursor:
            cursor.execute("INSERT OR IGNORE INTO timestamps VALUES (?,?)", (size, token))

    def head(self, stream: str) -> Head:
        """The last event of a stream, as this process last saw it; `append` corrects it when it moved."""
        head = self._heads.get(stream)
        if head is None:
            with self._reading() as cursor:
                head = self._heads[stream] = read_head(cursor, stream)
        return head

    def purge(self, doomed: Sequence[Doomed], marks: Sequence[int], *, patience: float | None = None) -> None:
        """Delete erased content from the file and all beside it; see `claimledger.sqlite_purge`.

        Args:
            doomed: what to delete.
            marks: indexes of the erasures that are finished by this.
            patience: seconds to wait for other processes; None for as long as for any lock.

        Raises:
            ErasureUnfinished: another process still reads an older state.
        """
        self.check_usable(writing=True)
        with translated(self.place):
            if self._path is None:
                with self._writing() as cursor:
                    purge_in_memory(cursor, doomed, marks)
                return
            with self._datastore.apart() as connection:
                if patience is not None:
                    connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
                purge(connection, self._path, doomed, marks)

    def copy_into(self, path: Path, check: Callable[[Path], None]) -> None:
        """Write a copy of the store to a new file; see `claimledger.sqlite_purge.copy_into`."""
        self.check_usable()
        with translated(self.place), self._datastore.apart() as connection:
            copy_into(connection, path, check)

    def close(self) -> None:
        """Write everything into the one file and let go of it. Closing twice does nothing."""
        if self._closed or os.getpid() != self._pid:
            return
        try:
            if self._path is not None and "mode=ro" not in self._datastore.pool.db_name:
                with translated(self.place), self._datastore.get_connection(commit=False) as connection:
                    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._closed = True
            self._application.close()

    def remove(self) -> None:
        """Close, and take away a file whose making failed."""
        self.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _writing(self) -> Any:
        self.check_usable(writing=True)
        return self._datastore.transaction(commit=True)
