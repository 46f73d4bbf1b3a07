"""The file of a ledger: where it is, how it is made, and what is looked at before anything in it is believed.

1. What is there already is looked at before it is touched: a file that is no ledger is never changed, and of one
   whose tables are not exactly those that a ledger is made with (a trigger, a view, a table more) nothing is read.
2. A file names its kind and the number of its tables' shape in its first page; a newer shape is refused.
3. What SQLite raises becomes an error of this library, which says what to do.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from urllib.parse import quote

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

__all__ = [
    "LOCK_SECONDS",
    "SCHEMA",
    "TABLES",
    "check_file",
    "check_tables",
    "create_file",
    "database_name",
    "place_of",
    "translated",
]

SCHEMA = 1
"""Number of the tables' shape; a file with a higher one was written by a newer release."""

APPLICATION_ID = 0x434C4447
LOCK_SECONDS = 30
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100

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
    """CREATE TABLE tiles (
        level INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        hashes BLOB NOT NULL,
        PRIMARY KEY (level, idx))""",
    "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note BLOB NOT NULL)",
    """CREATE TABLE timestamps (
        size INTEGER NOT NULL,
        token BLOB NOT NULL,
        PRIMARY KEY (size, token))""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)


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
