"""Bytes out of the file, and copies of the file: what erasing and backing up ask of SQLite.

1. Purging goes in four steps, each of which can be done again after a crash at any moment: delete the content from the
   tables, overwriting it (``secure_delete``); write the whole file anew, so that no free page and no gap in a page
   keeps it (``VACUUM``); fold the write-ahead log into the file and cut it to nothing, on disk; take away the mark
   that says that all of this is still to be done. The mark was set by the transaction that wrote the erasure.
2. With the content of a slot goes all that could confirm a guess at it: the salt (it is in the same bytes), the keyed
   handle in the index of names, and the digest under which a retry was recognised. A retry stays recognised by what
   is signed.
3. What the file is rewritten from is kept in memory, never in a temporary file: erasing needs as much memory as the
   file has bytes.
4. A copy is whole or not there: it is made beside its place, and takes its name when it is on disk. No copy
   holds what free pages held.

Only `claimledger.store` uses this module.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from claimledger.events.errors import ErasureUnfinished, LedgerExists, LedgerNotFound, ReadOnly

__all__ = ["MARK", "Doomed", "copy_into", "find_erased", "marked", "purge", "purge_in_memory"]

MARK = "erasing."
"""What the key of a mark begins with, in the table ``meta``; the index of the erasing event follows."""

_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Doomed:
    """Content to delete.

    Attributes:
        index: of the event whose content it is.
        event: id of that event.
        stream: UUID of its stream.
        slots: its slots.
        is_handle: whether the name by which a recorder called a protected entity is among them.
    """

    index: int
    event: str
    stream: str
    slots: tuple[str, ...]
    is_handle: bool


def marked(read: Callable[..., list[Any]]) -> list[int]:
    """The indexes of the erasures that are not known to be finished.

    Args:
        read: runs a statement and gives its rows.
    """
    keys = read("SELECT key FROM meta WHERE key>=? AND key<?", MARK, MARK + ":")
    return sorted(int(key.removeprefix(MARK)) for (key,) in keys if key.removeprefix(MARK).isdecimal())


def find_erased(
    read: Callable[..., list[Any]], places: Iterable[tuple[str, str]]
) -> list[tuple[str, str, str]]:
    """What the index of names says was erased: event id, slot and id of the erasing event.

    Args:
        read: runs a statement and gives its rows.
        places: stream and id of the events that are asked about.
    """
    asked = list(places)
    found: list[tuple[str, str, str]] = []
    for start in range(0, len(asked), _AT_ONCE):
        some = json.dumps(asked[start : start + _AT_ONCE])
        found += [
            (str(event), str(name).removeprefix(f"{event}/"), str(erasing))
            for event, name, erasing in read(
                "SELECT json_extract(asked.value, '$[1]'), names.name, names.event_id "
                "FROM json_each(?) AS asked CROSS JOIN names "
                "WHERE names.stream=json_extract(asked.value, '$[0]') AND names.what='erased' "
                "AND names.name>=json_extract(asked.value, '$[1]')||'/' "
                "AND names.name<json_extract(asked.value, '$[1]')||'0'",
                some,
            )
        ]
    return found


def purge(connection: sqlite3.Connection, path: Path, doomed: Sequence[Doomed], marks: Iterable[int]) -> None:
    """Delete content from the file and everything beside it, step by step; on return it is gone from the disk.

    Args:
        connection: to the file, used for this alone and in no transaction.
        path: the file.
        doomed: what to delete.
        marks: indexes of the erasures whose marks are taken away at the end.

    Raises:
        ErasureUnfinished: another process still reads an older state, whose bytes must stay until it has ended.
    """
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    delete_content(connection, doomed)
    write_anew(connection, path)
    cut_log(connection, path)
    take_marks_away(connection, marks)


def delete_content(connection: sqlite3.Connection, doomed: Sequence[Doomed]) -> None:
    """First step: the content, and what could confirm a guess at it, leave the tables."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _delete(connection, doomed)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def write_anew(connection: sqlite3.Connection, path: Path) -> None:
    """Second step: a file without free pages, and without gaps that keep what was once there."""
    with _finishable(path):
        connection.execute("VACUUM")


def cut_log(connection: sqlite3.Connection, path: Path) -> None:
    """Third step: nothing of an older state stays in the write-ahead log, on disk."""
    with _finishable(path):
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    log = Path(f"{path}-wal")
    if busy or (log.exists() and log.stat().st_size):
        raise _unfinished(path)
    with suppress(FileNotFoundError):
        handle = os.open(log, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def take_marks_away(connection: sqlite3.Connection, marks: Iterable[int]) -> None:
    """Last step: nothing is left to be done at the next opening."""
    connection.executemany("DELETE FROM meta WHERE key=?", [(f"{MARK}{mark}",) for mark in marks])


def purge_in_memory(cursor: Any, doomed: Sequence[Doomed], marks: Iterable[int]) -> None:
    """Delete content from a ledger that is in memory only, where there is no file to write anew."""
    _delete(cursor, doomed)
    take_marks_away(cursor, marks)


def copy_into(connection: sqlite3.Connection, path: Path, check: Callable[[Path], None]) -> None:
    """Write a copy of a database that takes its name once it is whole, checked and on disk.

    Args:
        connection: to the database, in no transaction.
        path: where the copy goes; nothing may be there.
        check: looks at the copy before it gets its name, and raises where it does not hold.

    Raises:
        LedgerExists, LedgerNotFound, ReadOnly: it cannot be made there.
    """
    taken = LedgerExists(f"{path}: something is there already; a backup replaces nothing, name another file")
    if os.path.lexists(path):
        raise taken
    try:
        handle, name = mkstemp(suffix=".partial", prefix=f".{path.name}.", dir=path.absolute().parent)
    except (FileNotFoundError, NotADirectoryError):
        raise LedgerNotFound(f"{path}: there is no folder {path.parent}; make it first") from None
    except OSError as error:
        raise ReadOnly(f"{path}: cannot be created: {error.strerror}") from None
    partial = Path(name)
    try:
        # What was opened for reading refuses this as well, though it writes elsewhere.
        connection.execute("PRAGMA query_only=OFF")
        connection.execute("VACUUM INTO ?", (name,))
        check(partial)
        os.fsync(handle)
        try:
            os.link(partial, path)
        except FileExistsError:
            raise taken from None
        except OSError:
            # A file system without links: the last one to come would win, so look once more.
            if os.path.lexists(path):
                raise taken from None
            os.rename(partial, path)
    finally:
        os.close(handle)
        for each in (partial, Path(f"{partial}-wal"), Path(f"{partial}-shm")):
            each.unlink(missing_ok=True)
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _delete(cursor: Any, doomed: Sequence[Doomed]) -> None:
    for each in doomed:
        cursor.executemany(
            "DELETE FROM disclosures WHERE idx=? AND slot=?", [(each.index, slot) for slot in each.slots]
        )
        cursor.execute("UPDATE idempotency SET content=x'' WHERE event_id=?", (each.event,))
        if each.is_handle:
            cursor.execute(
                "DELETE FROM names WHERE stream=? AND what='handle' AND event_id=?", (each.stream, each.event)
            )


@contextmanager
def _finishable(path: Path) -> Iterator[None]:
    """Turn SQLite's "busy" into what a person can do about an erasure that waits for others."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise _unfinished(path) from None
        raise


def _unfinished(path: Path) -> ErasureUnfinished:
    return ErasureUnfinished(
        f"{path}: the erasure is recorded and signed, but another process still reads an older state, so its bytes "
        "are still on the disk; end that process and open the ledger for writing, which finishes it"
    )
