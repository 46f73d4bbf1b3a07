"""One SQLite file (or memory) as the persistence module of eventsourcing.

1. Each event gets its index in the log, from 0 and without gaps, and its leaf hash in the transaction that
   inserts it, under the write lock. Writers take the lock with their first statement (BEGIN IMMEDIATE), so that
   nothing that they read in it can change.
2. The same transaction writes the disclosures, names and idempotency entries of its events. It refuses to go on
   when the key stream moved since the writer looked, and re-signs when only a stream's head moved.
3. Acknowledged means on disk: write-ahead log with synchronous=FULL, set on each connection.
4. A closed ledger is one file: closing checkpoints the write-ahead log, and the last one to close leaves none.
5. What is there already is looked at before it is touched: a file that is no ledger is never changed, and of one
   whose tables are not exactly those that a ledger is made with (a trigger, a view, a table more) nothing is read.

Only this module and `claimledger.store` import sqlite3 or eventsourcing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from operator import methodcaller
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from threading import Lock
from typing import Any
from urllib.parse import quote
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

from claimledger.events.errors import (
    ClaimLedgerError,
    LedgerBusy,
    LedgerExists,
    LedgerNotFound,
    LedgerUnavailable,
    NewerSchema,
    NotALedger,
    ReadOnly,
    RowMismatch,
    VerificationFailed,
)

from .recording import Batch, Head, KeysMoved, NamesMoved, Pending

__all__ = ["SCHEMA", "Factory", "Recorder", "StoredRow", "create_file", "place_of", "translated"]

SCHEMA = 1
"""Number of the tables' shape; a file with a higher one was written by a newer release."""

APPLICATION_ID = 0x434C4447
LOCK_SECONDS = 30
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_LONGEST_VALUE = 1 << 24  # bytes; an event has at most 48 KiB, and nothing beside one has as much

TABLES = (
    """CREATE TABLE events (
        idx INTEGER PRIMARY KEY,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        leaf TEXT NOT NULL UNIQUE,
        event_id TEXT NOT NULL UNIQUE,
        UNIQUE (originator_id, originator_version))""",
    """CREATE TABLE disclosures (
        idx INTEGER NOT NULL,
        slot TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (idx, slot)) WITHOUT ROWID""",
    """CREATE TABLE names (
        stream TEXT NOT NULL,
        what TEXT NOT NULL,
        name TEXT NOT NULL,
        event_id TEXT NOT NULL,
        PRIMARY KEY (stream, what, name)) WITHOUT ROWID""",
    """CREATE TABLE idempotency (
        key BLOB PRIMARY KEY,
        event_id TEXT NOT NULL,
        content BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)

_INSERT_EVENT = "INSERT INTO events VALUES (?,?,?,?,?,?,?)"
_HEAD = "SELECT originator_version, leaf FROM events WHERE originator_id=? ORDER BY originator_version DESC LIMIT 1"


@dataclass(frozen=True)
class StoredRow(StoredEvent):
    """A stored event of eventsourcing, with what this ledger keeps beside it."""

    index: int
    leaf: str
    event_id: str


def place_of(url: str | os.PathLike[str]) -> Path | None:
    """Read where a ledger is: a path, ``sqlite:///path``, or ``memory:`` (None).

    Raises:
        LedgerUnavailable: a URL of a kind that this release does not know.
    """
    text = os.fspath(url)
    if text == "memory:":
        return None
    if text.startswith("sqlite:///"):
        return Path(text.removeprefix("sqlite:///"))
    if "://" in text or not text:
        raise LedgerUnavailable(
            f'"{text}": no place of a ledger; write a path, sqlite:///PATH (four slashes for an absolute path) '
            "or memory:"
        )
    return Path(text)


def create_file(path: Path) -> None:
    """Make a file with the tables of a ledger and nothing in them, on disk when this returns.

    Raises:
        LedgerExists: something is there already.
        LedgerNotFound: its folder is not there.
        ReadOnly: its folder cannot be written.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise LedgerExists(f"{path}: something is there already; open it, or name another file") from None
    except (FileNotFoundError, NotADirectoryError):
        raise LedgerNotFound(f"{path}: there is no folder {path.parent}; make it first") from None
    except OSError as error:
        raise ReadOnly(f"{path}: cannot be created: {error.strerror}") from None
    with translated(str(path)):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            # Before any table, so that the file names its kind from its first page on.
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                connection.execute(table)
            connection.execute(f"PRAGMA user_version={SCHEMA}")
            connection.execute("COMMIT")
        finally:
            connection.close()


def check_file(path: Path) -> None:
    """Look at the first bytes of a file without touching it.

    Raises:
        LedgerNotFound, NotALedger, NewerSchema, ReadOnly: what the names say.
    """
    try:
        mode = path.stat().st_mode
        # Before it is opened: a pipe would keep its reader waiting for ever.
        if not S_ISREG(mode) and not S_ISDIR(mode):
            raise NotALedger(f"{path}: no file but a pipe, socket or device; name the ledger's file")
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        raise LedgerNotFound(
            f"{path}: nothing is there; make a ledger first: claimledger init {path} --origin NAME --keys DIR"
        ) from None
    except IsADirectoryError:
        raise NotALedger(f"{path}: a folder, not a ledger; name the ledger's file") from None
    except OSError as error:
        raise ReadOnly(f"{path}: cannot be read: {error.strerror}") from None
    written_by = int.from_bytes(header[68:72], "big")
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC) or written_by != APPLICATION_ID:
        raise NotALedger(f"{path}: not a claimledger ledger, or one whose making was interrupted")
    schema = int.from_bytes(header[60:64], "big")
    if schema > SCHEMA:
        raise NewerSchema(
            f"{path}: its tables are of schema {schema}, and this release reads up to {SCHEMA}; install a newer "
            "claimledger"
        )


def database_name(path: Path, *, read_only: bool) -> str:
    """The name under which SQLite opens a file that `check_file` found to be a ledger.

    Raises:
        ReadOnly: it cannot be written there, and reading only was not asked for; or its write-ahead log cannot be read.
    """
    uri = "file:" + quote(str(path.absolute()))
    if os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK):
        return uri + "?mode=rw"
    if not read_only:
        raise ReadOnly(f"{path}: the file or its folder cannot be written; open it with read_only=True")
    # An immutable file is read without locks and without files beside it; a write-ahead log would be ignored.
    has_log = Path(f"{path}-wal").exists()
    return uri + ("?mode=ro" if has_log else "?mode=ro&immutable=1")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn what SQLite raises into this library's errors; its own pass through.

    Raises:
        LedgerBusy, ReadOnly, VerificationFailed, LedgerUnavailable: what the names say.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        raise _translation(place, code, error) from None
    except UnicodeError:
        # Text that is no UTF-8 comes out of the database, but does not go in again.
        raise VerificationFailed(
            f"{place}: it holds text that no ledger writes; it was changed from outside"
        ) from None
    except OSError as error:
        raise LedgerUnavailable(f"{place}: {error.strerror or 'the system refused'}") from None


def _translation(place: str, code: int, error: sqlite3.Error) -> ClaimLedgerError:
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerBusy(f"{place}: another writer held it for more than {LOCK_SECONDS} seconds; try again")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return ReadOnly(
            f"{place}: cannot be opened or written there; open it with read_only=True, or copy it (with its -wal "
            "file, if there is one) to a folder that can be written"
        )
    if code == sqlite3.SQLITE_ERROR:
        return NotALedger(f"{place}: its tables are not those of a ledger ({error})")
    if code == sqlite3.SQLITE_TOOBIG:
        return VerificationFailed(
            f"{place}: it holds a value longer than any that a ledger writes; restore a copy and verify it"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return VerificationFailed(
            f"{place}: the database file is damaged ({error}); restore a copy and verify it"
        )
    return LedgerUnavailable(f"{place}: the database answered: {error}")


# Damaged text must reach the checks, which name the event; it must not stop the reading of others.
_any_text = methodcaller("decode", "utf-8", "surrogateescape")


def check_tables(connection: sqlite3.Connection) -> int:
    """Compare all that a file has for tables with what a ledger is made with.

    Returns:
        SQLite's number of the tables' state: it moves when anything about them does.

    Raises:
        NotALedger: there are no tables at all.
        RowMismatch: something is there that no ledger has, or is not as it was made.
    """
    place = connection.execute("PRAGMA database_list").fetchone()[2]
    moves_with_them = int(connection.execute("PRAGMA schema_version").fetchone()[0])
    found = _tables_of(connection)
    if not found:
        raise NotALedger(
            f"{place}: its making was interrupted before it had tables; remove it and make it again"
        )
    wrong = sorted(
        {f"{each[0]} {each[1]}".encode("ascii", "replace").decode() for each in found ^ _made_with()}
    )
    if wrong:
        raise RowMismatch(
            f"{place}: its tables are not those that a ledger is made with: {', '.join(wrong[:5])}; it was changed "
            "from outside; restore the file from a copy"
        )
    return moves_with_them


def _tables_of(connection: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM main.sqlite_master").fetchall()
    return frozenset(tuple(" ".join(str(each).split()) for each in row) for row in rows)


@cache
def _made_with() -> frozenset[tuple[str, ...]]:
    connection = sqlite3.connect(":memory:")
    try:
        for table in TABLES:
            connection.execute(table)
        return _tables_of(connection)
    finally:
        connection.close()


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
    disclosures, names, statements, idempotency = [], [], [], []
    for index, pending in enumerate(pendings, first):
        disclosures += [(index, slot, content) for slot, content in pending.disclosures.items()]
        names += [(*key, pending.id) for key in pending.names]
        statements += [(*key, pending.id) for key in pending.statements]
        if pending.idempotency is not None:
            idempotency.append((pending.idempotency[0], pending.id, pending.idempotency[1]))
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
