"""Where a ledger is kept: rows in the order of the log, on eventsourcing's persistence.

1. An eventsourcing `Application` without aggregates: its mapper signs on the way in and verifies on the way out, and
   never resolves a topic that a row names. Its environment is what stands here; variables of the process
   (``PERSISTENCE_MODULE``, ``COMPRESSOR_TOPIC`` and the like) cannot redirect a ledger.
2. `append` writes a batch whole or not at all. When another writer was faster, the batch is chained and signed anew
   under the write lock; when the keys or names moved, the caller's checks run again, a bounded number of times.
3. Rows come out in pages, so that reading takes flat memory and holds no lock between pages.
4. What stands beside the events (names, disclosures, idempotency) is derived or local: the audit holds it against
   the signed events.
5. Readers get values of the types that a ledger writes, or an error; only the audit sees rows whatever they hold.

The backends differ in `claimledger.sqlite` alone: a file, or memory.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import Environment

from claimledger.events.errors import (
    LedgerBusy,
    LedgerClosed,
    LedgerUnavailable,
    NotALedger,
    ReadOnly,
    RowMismatch,
    VerificationFailed,
    WrongDisclosure,
)
from claimledger.events.recorded import Event

from .recording import Batch, Head, KeysMoved, NameKey, NamesMoved, Pending, Row
from .sqlite import (
    TABLES,
    Factory,
    StoredRow,
    check_file,
    create_file,
    database_name,
    place_of,
    read_head,
    translated,
)

__all__ = ["PAGE", "Row", "Store"]

PAGE = 500
"""How many rows are read at once."""

_ATTEMPTS = 8
_COLUMNS = "idx, originator_id, originator_version, topic, state, leaf, event_id"


_TYPES = (int, str, int, str, bytes, str, str)


def _row_of(found: Sequence[Any]) -> Row:
    """A row for readers.

    Raises:
        RowMismatch: a column holds what no ledger writes: SQLite keeps any type anywhere.
    """
    if tuple(map(type, found)) != _TYPES or not (found[1] + found[3] + found[5] + found[6]).isascii():
        raise RowMismatch(f"index {found[0]}: the row holds values that no ledger writes; verify the ledger")
    return Row(*found)


def _text_of(value: object) -> str:
    # What was no UTF-8 came out with surrogates, which cannot be written anywhere.
    if type(value) is not str or any("\ud800" <= each <= "\udfff" for each in value):
        raise RowMismatch(
            "the index of names holds what no ledger writes; it was changed from outside; verify the ledger"
        )
    return value


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
            _row_of(
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


class Store:
    """The rows of one ledger; made by `create` or `open`."""

    def __init__(self, application: LedgerApplication, path: Path | None, *, read_only: bool) -> None:
        self._application = application
        self._datastore = application.recorder.datastore  # type: ignore[attr-defined]
        self._path = path
        self._read_only = read_only
        self._is_memory = path is None
        self._pid = os.getpid()
        self._closed = False
        self._heads: dict[str, Head] = {}
        self.place = "memory:" if path is None else str(path)

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

    def head(self, stream: str) -> Head:
        """The last event of a stream, as this process last saw it; `append` corrects it when it moved."""
        head = self._heads.get(stream)
        if head is None:
            with self._reading() as cursor:
                head = self._heads[stream] = read_head(cursor, stream)
        return head

    def size(self) -> int:
        """How many events the log has."""
        found = self._one("SELECT coalesce(max(idx) + 1, 0) FROM events")
        return int(found[0]) if found is not None else 0

    def streams(self) -> list[str]:
        """Every stream, in the order of its UUID."""
        return [row[0] for row in self._all("SELECT DISTINCT originator_id FROM events ORDER BY 1")]

    def count(self, stream: str) -> int:
        """How many events a stream has, by its last sequence."""
        with self._reading() as cursor:
            return read_head(cursor, stream).sequence

    def rows(self, after: int | None = None, stream: str | None = None) -> Iterator[Row]:
        """Rows in the order of the log, in pages.

        Args:
            after: only rows whose index is higher. Without it, and without a stream, every row as it is, from the
                smallest index on, for an audit.
            stream: only rows of that stream.

        Raises:
            RowMismatch: a row holds what no ledger writes; not where every row was asked for.
        """
        if stream is not None:
            yield from self._rows_of_stream(-1 if after is None else after, stream)
            return
        read = _row_of if after is not None else lambda found: Row(*found)
        condition, bounds = ("", ()) if after is None else ("WHERE idx>?", (after,))
        while page := self._all(
            f"SELECT {_COLUMNS} FROM events {condition} ORDER BY idx LIMIT {PAGE}", *bounds
        ):
            for found in page:
                yield read(found)
            condition, bounds = "WHERE idx>?", (page[-1][0],)

    def _rows_of_stream(self, after: int, stream: str) -> Iterator[Row]:
        # The first one is looked for along the log (the plus sign keeps the other index out of it), the rest along
        # the stream: both take time for what is new only.
        first = (
            self._one(
                "SELECT originator_version FROM events WHERE idx>? AND +originator_id=? ORDER BY idx LIMIT 1",
                after,
                stream,
            )
            if after >= 0
            else (0,)
        )
        if first is not None and type(first[0]) is not int:
            raise RowMismatch(f"stream {stream}: a row's sequence is no number; verify the ledger")
        at = first[0] - 1 if first is not None else None
        while at is not None:
            page = self._all(
                f"SELECT {_COLUMNS} FROM events WHERE originator_id=? AND originator_version>? "
                f"ORDER BY originator_version LIMIT {PAGE}",
                stream,
                at,
            )
            for found in page:
                yield _row_of(found)
            at = page[-1][2] if page else None

    def row_at(self, index: int) -> Row | None:
        """The row at an index of the log."""
        return self._row("idx=?", index)

    def row_of_id(self, event_id: str) -> Row | None:
        """The row of an event id."""
        return self._row("event_id=?", event_id)

    def rows_of_leaf(self, prefix: str) -> list[Row]:
        """The rows whose leaf hash begins with these hex digits: at most two, to tell one from several."""
        found = self._all(
            f"SELECT {_COLUMNS} FROM events WHERE leaf>=? AND leaf<? ORDER BY leaf LIMIT 2",
            prefix,
            prefix + "g",
        )
        return [_row_of(row) for row in found]

    def disclosures(self, event_ids: Iterable[str]) -> Mapping[str, dict[str, bytes]]:
        """The disclosures at hand for events: event id to slot to bytes."""
        ids = list(event_ids)
        found: dict[str, dict[str, bytes]] = {}
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            marks = ",".join("?" * len(some))
            for event_id, slot, content in self._all(
                "SELECT event_id, slot, content FROM events JOIN disclosures USING (idx) "
                f"WHERE event_id IN ({marks})",
                *some,
            ):
                if type(slot) is not str or type(content) is not bytes:
                    raise WrongDisclosure(
                        f"event {event_id}: what is kept as its protected content is no byte string"
                    )
                found.setdefault(event_id, {})[slot] = content
        return found

    def disclosures_after(self, index: int, last: int | None = None) -> dict[int, dict[str, bytes]]:
        """The disclosures behind an index, up to and with the last: index to slot to bytes.

        Args:
            index: only disclosures of events whose index is higher.
            last: only those whose index is at most this; None for all the rest.
        """
        limit, bounds = ("", (index,)) if last is None else (" AND idx<=?", (index, last))
        found: dict[int, dict[str, bytes]] = {}
        for at, slot, content in self._all(
            f"SELECT idx, slot, content FROM disclosures WHERE idx>?{limit}", *bounds
        ):
            found.setdefault(at, {})[slot] = content
        return found

    def all_disclosures(self) -> Iterator[tuple[str, str, bytes]]:
        """Every disclosure, in pages: event id (empty where there is no such event), slot, bytes."""
        table = "disclosures LEFT JOIN events USING (idx)"
        for _, slot, content, event_id in self._pages("idx, slot, content, event_id", table, "idx, slot", 2):
            yield event_id or "", slot, content

    def name(self, stream: str, what: str, name: str) -> str | None:
        """The event id behind a name of a stream, or None."""
        found = self._one(
            "SELECT event_id FROM names WHERE stream=? AND what=? AND name=?", stream, what, name
        )
        return None if found is None else _text_of(found[0])

    def names(self, stream: str, what: str) -> list[tuple[str, str]]:
        """All names of one sort in a stream with their event ids, in the order of the names."""
        found = self._all(
            "SELECT name, event_id FROM names WHERE stream=? AND what=? ORDER BY name", stream, what
        )
        return [(_text_of(name), _text_of(event_id)) for name, event_id in found]

    def highest_ref(self, stream: str) -> int:
        """The highest number of a claim's ref of the form C1, C2 ... in a stream; 0 when there is none."""
        found = self._one(
            "SELECT coalesce(max(cast(substr(name, 2) AS INTEGER)), 0) FROM names WHERE stream=? AND what='claim' "
            "AND name GLOB 'C[0-9]*' AND substr(name, 2) NOT GLOB '*[^0-9]*'",
            stream,
        )
        return int(found[0])

    def all_names(self) -> Iterator[tuple[NameKey, str]]:
        """The whole names index, in pages: stream, what and name, and the event id."""
        for stream, what, name, event_id in self._pages(
            "stream, what, name, event_id", "names", "stream, what, name", 3
        ):
            yield (stream, what, name), event_id

    def idempotent(self, key: bytes) -> tuple[str, bytes] | None:
        """The event id and content digest kept under an idempotency key (both keyed), or None."""
        found = self._one("SELECT event_id, content FROM idempotency WHERE key=?", key)
        if found is None:
            return None
        if type(found[1]) is not bytes:
            raise RowMismatch("an idempotency entry holds what no ledger writes; it was changed from outside")
        return _text_of(found[0]), found[1]

    def damage(self) -> list[str]:
        """What SQLite itself finds wrong with the file: nothing, or lines for a person."""
        lines = [str(row[0]) for row in self._all("PRAGMA integrity_check(20)")]
        return [] if lines == ["ok"] else lines

    def check_usable(self, *, writing: bool = False) -> None:
        """Refuse use after close, after fork and, for writing, of a store opened for reading.

        Raises:
            LedgerClosed, ReadOnly: what the names say.
        """
        if self._closed:
            raise LedgerClosed(f"{self.place}: the ledger is closed; open it again")
        if os.getpid() != self._pid:
            raise LedgerClosed(f"{self.place}: opened in another process; open it again after the fork")
        if writing and self._read_only:
            raise ReadOnly(f"{self.place}: open for reading only; open it without read_only")

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

    def _reading(self) -> Any:
        self.check_usable()
        return self._datastore.transaction(commit=False)

    def _writing(self) -> Any:
        self.check_usable(writing=True)
        return self._datastore.transaction(commit=True)

    def _all(self, statement: str, *parameters: object) -> list[Any]:
        with translated(self.place), self._reading() as cursor:
            rows: list[Any] = cursor.execute(statement, parameters).fetchall()
            return rows

    def _one(self, statement: str, *parameters: object) -> Any:
        self.check_usable()
        with translated(self.place):
            return self._datastore.one(statement, parameters)

    def _row(self, condition: str, value: object) -> Row | None:
        found = self._one(f"SELECT {_COLUMNS} FROM events WHERE {condition}", value)
        return None if found is None else _row_of(found)

    def _pages(self, columns: str, table: str, key: str, width: int) -> Iterator[Any]:
        marks = ",".join("?" * width)
        page = self._all(f"SELECT {columns} FROM {table} ORDER BY {key} LIMIT {PAGE}")
        while page:
            yield from page
            page = self._all(
                f"SELECT {columns} FROM {table} WHERE ({key})>({marks}) ORDER BY {key} LIMIT {PAGE}",
                *page[-1][:width],
            )
