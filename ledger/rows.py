"""Rows as they stand in a store, read in pages: nothing that comes from here is verified.

1. Rows come out in pages, so that reading takes flat memory and holds no lock between pages.
2. Readers get values of the types that a ledger writes, or an error; only the audit sees rows whatever they hold.
3. What stands beside the events (names, disclosures, idempotency) is derived or local: the audit holds it against the
   signed events. What was sealed of them is in `claimledger.sealed_rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from claimledger.events.envelope import ENVELOPE_MAX_BYTES
from claimledger.events.errors import RowMismatch, WrongDisclosure

from .queries import PAGE
from .recording import NameKey, Row
from .sealed_rows import SealedRows
from .sqlite import read_head
from .sqlite_purge import find_erased, marked

__all__ = ["PAGE", "StoredRows", "row_of"]

# Of what is longer than any envelope, so much is read that it is refused, and no more: pages stay small.
_COLUMNS = f"idx, originator_id, originator_version, topic, substr(state, 1, {ENVELOPE_MAX_BYTES + 1}), leaf, event_id"

_TYPES = (int, str, int, str, bytes, str, str)


def row_of(found: Sequence[Any]) -> Row:
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


class StoredRows(SealedRows):
    """What one store holds, by the questions that are asked of it."""

    is_sparse = False
    """Whether events of the log are missing on purpose: in a bundle, those of other cases are."""

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

    def rows(
        self, after: int | None = None, stream: str | None = None, *, raw: bool = False
    ) -> Iterator[Row]:
        """Rows in the order of the log, in pages.

        Args:
            after: only rows whose index is higher. Without it, and without a stream, every row as it is, from the
                smallest index on, for an audit.
            stream: only rows of that stream.
            raw: rows as they are, for an audit; not with a stream.

        Raises:
            RowMismatch: a row holds what no ledger writes; not where rows as they are were asked for.
        """
        if stream is not None:
            yield from self._rows_of_stream(-1 if after is None else after, stream)
            return
        read = row_of if after is not None and not raw else lambda found: Row(*found)
        condition, bounds = ("", ()) if after is None else ("WHERE idx>?", (after,))
        while page := self._all(
            f"SELECT {_COLUMNS} FROM events {condition} ORDER BY idx LIMIT {PAGE}", *bounds
        ):
            for found in page:
                yield read(found)
            condition, bounds = "WHERE idx>?", (page[-1][0],)

    def _rows_of_stream(self, after: int, stream: str) -> Iterator[Row]:
        if after >= 0:
            # Mostly nothing is new, and the last of the stream says so without a walk along the log.
            last = self._one(
                "SELECT idx FROM events WHERE originator_id=? ORDER BY originator_version DESC LIMIT 1",
                stream,
            )
            if last is None or (type(last[0]) is int and last[0] <= after):
                return
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
                yield row_of(found)
            at = page[-1][2] if page else None

    def row_at(self, index: int) -> Row | None:
        """The row at an index of the log."""
        return self._row("idx=?", index)

    def last_below(self, stream: str, size: int) -> Row | None:
        """The last row of a stream among the first rows of the log, as many as ``size``."""
        found = self._one(
            f"SELECT {_COLUMNS} FROM events WHERE originator_id=? AND idx<? ORDER BY originator_version DESC LIMIT 1",
            stream,
            size,
        )
        return None if found is None else row_of(found)

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
        return [row_of(row) for row in found]

    def withheld(self, event_id: str) -> Collection[str]:  # noqa: ARG002 - a ledger withholds nothing
        """The slots of an event whose content was left out on purpose, of which a whole ledger has none."""
        return ()

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

    def erased(self, places: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
        """What the index of names says was erased of events.

        Args:
            places: stream and id of each event.

        Returns:
            For each erased slot: event id, slot, and the id of the event that erased it.
        """
        return find_erased(self._all, places)

    def digested(self) -> Iterator[str]:
        """The ids of the events of which a digest is kept, by which a retry is recognised."""
        table = "(SELECT key, event_id FROM idempotency WHERE content<>x'')"
        for _, event_id in self._pages("key, event_id", table, "key", 1):
            yield event_id

    def marked_erasures(self) -> list[int]:
        """The indexes of the erasures whose bytes may still be in the file."""
        return marked(self._all)

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

    def indexes_with(self, slots: Collection[str], after: int, last: int) -> list[int]:
        """The indexes of the events of which content of one of some slots is here, ascending.

        Args:
            slots: names of slots.
            after: only events whose index is higher.
            last: only events whose index is at most this.
        """
        marks = ",".join("?" * len(slots))
        found = self._all(
            f"SELECT DISTINCT idx FROM disclosures WHERE idx>? AND idx<=? AND slot IN ({marks}) ORDER BY idx",
            after,
            last,
            *slots,
        )
        return [index for (index,) in found]

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

    def _row(self, condition: str, value: object) -> Row | None:
        found = self._one(f"SELECT {_COLUMNS} FROM events WHERE {condition}", value)
        return None if found is None else row_of(found)
