"""One SQLite file (or memory) as the persistence module of eventsourcing.

1. Each event gets its index in the log, from 0 and without gaps, and its leaf hash in the transaction that
   inserts it, under the write lock. Writers take the lock with their first statement (BEGIN IMMEDIATE), so that
   nothing that they read in it can change.
2. The same transaction writes the disclosures, names and idempotency entries of its events. It refuses to go on
   when the key stream moved since the writer looked, and re-signs when only a stream's head moved.
3. Acknowledged means on disk: write-ahead log with synchronous=FULL, set on each connection.
4. A closed ledger is one file: closing checkpoints the write-ahead log, and the last one to close leaves none.

Only `claimledger.store` and the modules named after SQLite import sqlite3 or eventsourcing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import methodcaller
from threading import Lock
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
    SQLiteFactory,
)
from eventsourcing.utils import Environment

from claimledger.events.erasure import DisclosureErased
from claimledger.events.errors import RowMismatch

from .recording import Batch, Head, KeysMoved, NamesMoved, Pending
from .sqlite_file import LOCK_SECONDS, TABLES, check_tables
from .sqlite_purge import MARK

__all__ = ["Factory", "Recorder", "StoredRow", "read_head"]

_LONGEST_VALUE = (
    1 << 21
)  # bytes; an event has at most 48 KiB, a checkpoint a megabyte, and all else is smaller

_INSERT_EVENT = "INSERT INTO events VALUES (?,?,?,?,?,?,?)"
_HEAD = "SELECT originator_version, leaf FROM events WHERE originator_id=? ORDER BY originator_version DESC LIMIT 1"


@dataclass(frozen=True)
class StoredRow(StoredEvent):
    """A stored event of eventsourcing, with what this ledger keeps beside it."""

    index: int
    leaf: str
    event_id: str


# Damaged text must reach the checks, which name the event; it must not stop the reading of others.
_any_text = methodcaller("decode", "utf-8", "surrogateescape")


class Connection(SQLiteConnection):
    """A connection whose writing transactions hold the write lock from their first statement on.

    Args:
        connection: of sqlite3.
        max_age: seconds until it is closed; None for never.
        tables: what `check_tables` gave when it was opened; None where there is nothing to hold against.
    """

    def __init__(
        self, connection: sqlite3.Connection, max_age: float | None, tables: int | None = None
    ) -> None:
        super().__init__(connection, max_age=max_age)
        self._tables = tables

    def _check_tables_again(self, cursor: sqlite3.Cursor) -> None:
        # Copying a file into itself (VACUUM) moves the number too, and changes nothing.
        if self._tables is not None:
            if cursor.execute("PRAGMA schema_version").fetchone()[0] != self._tables:
                self._tables = check_tables(self._sqlite_conn)

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[Any]:
        cursor = self._sqlite_conn.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if commit else "BEGIN")
            try:
                if commit:
                    self._check_tables_again(cursor)
                yield cursor
            except BaseException:
                self._sqlite_conn.rollback()
                raise
            if commit:
                self._sqlite_conn.commit()
            else:
                self._sqlite_conn.rollback()
        finally:
            cursor.close()


class ConnectionPool(SQLiteConnectionPool):
    """Connections to one ledger, each durable and patient."""

    query_only = False

    def _create_connection(self) -> SQLiteConnection:
        connection = sqlite3.connect(
            self.db_name, uri=True, check_same_thread=False, isolation_level=None, timeout=LOCK_SECONDS
        )
        connection.text_factory = _any_text
        try:
            tables = self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return Connection(connection, self.max_age, tables)

    def _prepare(self, connection: sqlite3.Connection) -> int | None:
        """Make a new connection wary and durable, in this order."""
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        tables = None if self.is_sqlite_memory_mode else check_tables(connection)
        writable = "mode=ro" not in self.db_name
        if writable and not self.is_sqlite_memory_mode:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        if self.query_only:
            connection.execute("PRAGMA query_only=ON")
        return tables


class Datastore(SQLiteDatastore):
    """The connections of one ledger."""

    def __init__(self, db_name: str, *, query_only: bool) -> None:
        super().__init__(
            db_name, lock_timeout=LOCK_SECONDS, pool_timeout=LOCK_SECONDS, originator_id_type="text"
        )
        self.pool = ConnectionPool(db_name=db_name, lock_timeout=LOCK_SECONDS, pool_timeout=LOCK_SECONDS)
        self.pool.query_only = query_only
        self._own: Any = None
        self._own_lock = Lock()

    def one(self, statement: str, parameters: Sequence[object]) -> Any:
        """The first row of one statement, on a connection that is kept for this: a transaction of its own."""
        if self.pool.is_sqlite_memory_mode:
            # Connections to one memory lock one another out table by table; the pool makes them take turns.
            with self.transaction(commit=False) as turn:
                turn.execute(statement, parameters)
                return turn.fetchone()
        with self._own_lock:
            if self._own is None:
                self._own = self.pool._create_connection()._sqlite_conn
            cursor = self._own.execute(statement, parameters)
            try:
                return cursor.fetchone()
            finally:
                cursor.close()

    @contextmanager
    def apart(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own, closed at the end, for what no transaction can do."""
        connection: sqlite3.Connection = self.pool._create_connection()._sqlite_conn
        try:
            yield connection
        finally:
            connection.close()

    def close(self) -> None:
        """Close every connection."""
        with self._own_lock:
            if self._own is not None:
                self._own.close()
                self._own = None
        super().close()


class Recorder(SQLiteApplicationRecorder):
    """Inserts events with index and leaf, and all that belongs to them, in one transaction."""

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(datastore, events_table_name="events")

    def construct_create_table_statements(self) -> list[str]:
        """The tables of a ledger."""
        return list(TABLES)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredRow]:
        """Rows of one stream, with index, leaf hash and event id."""
        order = "DESC" if desc else "ASC"
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(
                "SELECT originator_id, originator_version, topic, state, idx, leaf, event_id FROM events "
                "WHERE originator_id=? AND originator_version>? AND originator_version<=? "
                f"ORDER BY originator_version {order} LIMIT ?",
                (str(originator_id), gt or 0, 2**62 if lte is None else lte, -1 if limit is None else limit),
            )
            return [StoredRow(*row) for row in cursor.fetchall()]

    def _insert_events(self, c: Any, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        # The indexes go into the batch: eventsourcing would make two more objects an event of them.
        batch: Batch = kwargs["batch"]
        rows: Sequence[Any] = stored_events
        if self._keys_moved(c, batch):
            raise KeysMoved
        moved = {stream: head for stream, seen in batch.heads() if (head := read_head(c, stream)) != seen}
        if moved:
            batch.first = self._found_again(c, batch.pendings)
            if batch.first is not None:
                return
            rows = batch.signed_anew(moved)
        first = batch.first = c.execute("SELECT coalesce(max(idx) + 1, 0) FROM events").fetchone()[0]
        c.executemany(
            _INSERT_EVENT,
            [
                (
                    index,
                    row.originator_id,
                    row.originator_version,
                    row.topic,
                    row.state,
                    row.leaf,
                    row.event_id,
                )
                for index, row in enumerate(rows, first)
            ],
        )
        _insert_beside(c, batch.pendings, first)

    def _keys_moved(self, c: Any, batch: Batch) -> bool:
        head = read_head(c, batch.key_stream)
        return head.sequence != batch.key_sequence

    def _found_again(self, c: Any, pendings: Sequence[Pending]) -> int | None:
        """Where an insert whose acknowledgement was lost stands already, byte for byte."""
        found = c.execute("SELECT idx, leaf FROM events WHERE event_id=?", (pendings[0].id,)).fetchone()
        return found[0] if found is not None and found[1] == pendings[0].leaf else None


def read_head(c: Any, stream: str) -> Head:
    """The last event of a stream, inside a transaction.

    Raises:
        RowMismatch: its row holds what no ledger writes.
    """
    found = c.execute(_HEAD, (stream,)).fetchone()
    if found is None:
        return Head(0, None)
    if type(found[0]) is not int or type(found[1]) is not str:
        raise RowMismatch(f"stream {stream}: its last row holds values of types that no ledger writes")
    return Head(found[0], found[1])


def _insert_beside(c: Any, pendings: Sequence[Pending], first: int) -> None:
    """Write what belongs to events but is not signed with them."""
    disclosures, names, statements, idempotency, marks = [], [], [], [], []
    for index, pending in enumerate(pendings, first):
        disclosures += [(index, slot, content) for slot, content in pending.disclosures.items()]
        names += [(*key, pending.id) for key in pending.names]
        statements += [(*key, pending.id) for key in pending.statements]
        if pending.idempotency is not None:
            idempotency.append((pending.idempotency[0], pending.id, pending.idempotency[1]))
        if pending.type == DisclosureErased.TYPE:
            # What it erases is deleted after this transaction; until then a mark says that it is to be done.
            marks.append((f"{MARK}{index}", b""))
        for key in pending.absent:
            if c.execute("SELECT 1 FROM names WHERE stream=? AND what=? AND name=?", key).fetchone():
                raise NamesMoved
    try:
        if disclosures:
            c.executemany("INSERT INTO disclosures VALUES (?,?,?)", disclosures)
        if names:
            c.executemany("INSERT INTO names VALUES (?,?,?,?)", names)
        if statements:
            c.executemany("INSERT INTO names VALUES (?,?,?,?)", statements)
        if idempotency:
            c.executemany("INSERT INTO idempotency VALUES (?,?,?)", idempotency)
        if marks:
            c.executemany("INSERT OR REPLACE INTO meta VALUES (?,?)", marks)
    except sqlite3.IntegrityError:
        # Another writer came first with a name, statement or key that was free when this one looked.
        raise NamesMoved from None


class Factory(SQLiteFactory):
    """Makes the recorder of one ledger; takes nothing from environment variables."""

    def __init__(self, db_name: str, *, query_only: bool) -> None:
        super().__init__(Environment("Ledger", {"SQLITE_DBNAME": db_name, "ORIGINATOR_ID_TYPE": "text"}))
        self.datastore: Datastore = Datastore(db_name, query_only=query_only)

    def application_recorder(self) -> Recorder:
        """The recorder of this ledger."""
        return Recorder(self.datastore)
