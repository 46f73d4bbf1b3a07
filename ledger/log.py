"""The log as it is read: every event verified, its link to the event before it included.

1. The key stream is folded when a ledger is opened, and again whenever it has grown.
2. Each row is read by the strict rules of `claimledger.reading`.
3. Reading on, each event must follow the one before it in its stream; reading the whole log, indexes must follow
   one another. Both are checked as events come by, in memory that does not grow with their number.
4. A time asked for is answered by place: the log up to the first event that was recorded later.
5. A stream that every case needs (`Log.keep`: the shared register) is read and verified once, then kept in memory and
   gone on with; an audit reads the rows themselves. Reading a case takes no longer for the other cases.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter

from claimledger.events.claims import ClaimRecorded
from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import BrokenChain, InvalidValue, NotALedger, UnknownName
from claimledger.events.event import end_of
from claimledger.events.governance import KeyRevoked
from claimledger.events.recorded import Erasure, Event

from .erasures import Erasures
from .reading import open_row, read_opening, read_row
from .recording import Row
from .rows import PAGE
from .store import Store
from .trust import KeyStream, mended_record

__all__ = ["Log", "reached"]


class Log:
    """The verified events of one store.

    Raises:
        NotALedger: the store has no events.
        VerificationFailed: the key stream is not what its keys signed.
        CouldNotCheck: the key stream holds events that this release cannot read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept_stream: str | None = None
        self._kept: list[Event] = []
        self._kept_lock = threading.Lock()
        self._revocations: list[Event] = []
        first = store.row_at(0)
        if first is None:
            raise NotALedger(f"{store.place}: its making was interrupted; remove it and make it again")
        self._keys, _ = read_opening(first)
        self._erasures = Erasures(store, self._read_erasure)
        self.fold()
        store.read_with(self.read)

    @property
    def keys(self) -> KeyStream:
        """The key stream, folded as far as it was last looked at."""
        return self._keys

    def fold(self) -> None:
        """Fold in what the key stream has grown by."""
        with self._lock:
            for row in self._store.rows(self._keys.index, self._keys.stream):
                event = read_row(row, self._keys, {})
                self._keys.apply(event)
                if isinstance(event.body, KeyRevoked):
                    self._revocations.append(event)

    def revocations(self, after: int = -1, below: int | None = None) -> list[Event]:
        """The revocations of keys with a higher index, and a lower one: every case may rest on what a key signed."""
        if self._keys_have_grown():
            self.fold()
        return [
            event
            for event in self._revocations
            if after < event.index and (below is None or event.index < below)
        ]

    def events(self, streams: Sequence[str] | None = None, after: int = -1) -> Iterator[Event]:
        """Events in the order of the log, verified as they are read.

        Args:
            streams: only the events of these streams; None for all.
            after: only events whose index is higher.

        Raises:
            VerificationFailed: an event is not what was signed; those before it were.
        """
        read = None if streams is None else [stream for stream in streams if stream != self._kept_stream]
        events = self._verified(
            self._rows(read, after), after, {}, dense=read is None and not self._store.is_sparse
        )
        if streams is None or read == [*streams]:
            return events
        return merge(self._kept_events(after), events, key=attrgetter("index"))

    def forget(self) -> None:
        """Let go of the events that are kept in memory; they are read again when they are asked for."""
        with self._kept_lock:
            self._kept = []

    def keep(self, stream: str) -> None:
        """Keep the events of a stream in memory once they were read and verified; one stream only."""
        self._kept_stream = stream

    def follow(self, streams: Sequence[str] | None, after: int, pause: Callable[[], bool]) -> Iterator[Event]:
        """Events in the order of the log, and then those that are recorded later; verified and linked like any.

        Args:
            streams: only the events of these streams, and the revocations of keys; None for all.
            after: only events whose index is higher.
            pause: called each time all that is recorded was given; it waits, and says whether to go on.

        Raises:
            VerificationFailed: an event is not what was signed; those before it were.
        """
        heads: dict[str, tuple[int, str | None]] = {}
        while True:
            # Two streams are read one after the other: what came in between must wait, or it would be passed over.
            size = self._store.size()
            rows = _below(size, self._rows(streams, after))
            events = self._verified(rows, after, heads, dense=streams is None)
            beside = () if streams is None else self.revocations(after, size)
            yield from merge(events, beside, key=attrgetter("index"))
            after = size - 1
            if not pause():
                return

    def _rows(self, streams: Sequence[str] | None, after: int) -> Iterator[Row]:
        if streams is None:
            return self._store.rows(after)
        return merge(*(self._store.rows(after, stream) for stream in streams), key=attrgetter("index"))

    def event_of(self, event_id: str) -> Event:
        """The event of an event id.

        Raises:
            UnknownName: there is none.
        """
        return self.read(self.row_of(event_id))

    def row_of(self, event_id: str) -> Row:
        """The row of an event id, not verified.

        Raises:
            UnknownName: there is none.
        """
        row = self._store.row_of_id(event_id)
        if row is None:
            raise UnknownName(f"no event has the id {event_id}")
        return row

    def read(self, row: Row) -> Event:
        """Verify one row and read it into an event."""
        if row.index > self._keys.index and self._keys_have_grown():
            self.fold()
        erased = self._erasures.of([row]).get(row.event_id, {})
        return self._read(row, self._store.disclosures([row.event_id]).get(row.event_id, {}), erased)

    def last_known(self, known_at: int | str | datetime | None) -> int | None:
        """The last index that was known at an index or time; None for all of them.

        Args:
            known_at: an index, a day (until its end, UTC), or an instant with its offset.

        Raises:
            InvalidValue: none of these, or an index that the log has not reached.
        """
        if known_at is None:
            return None
        if type(known_at) is int:
            return reached(known_at, self._store.size())
        until = end_of(known_at)
        last = -1
        for event in self.events():
            if event.recorded_at > until:
                break
            last = event.index
        return last

    def _keys_have_grown(self) -> bool:
        return self._store.count(self._keys.stream) != self._keys.sequence

    def _kept_events(self, after: int) -> Iterator[Event]:
        stream = self._kept_stream
        if stream is None:
            return
        with self._kept_lock:
            count = self._store.count(stream)
            if count < len(self._kept):
                self._kept = []  # the file was put back to an earlier state while it was open
            if count > len(self._kept):
                heads: dict[str, tuple[int, str | None]] = {}
                at = -1
                if self._kept:
                    last = self._kept[-1]
                    at, heads[stream] = last.index, (last.sequence, last.leaf)
                grown = self._verified(self._store.rows(at, stream), at, heads, dense=False)
                self._kept = [*self._kept, *grown]
            kept = self._kept
        yield from islice(kept, bisect_right(kept, after, key=attrgetter("index")), None)

    def _verified(
        self, rows: Iterator[Row], after: int, heads: dict[str, tuple[int, str | None]], *, dense: bool
    ) -> Iterator[Event]:
        expected = after + 1
        while page := list(islice(rows, PAGE)):
            if self._keys_have_grown():
                self.fold()
            disclosures = self._store.disclosures(row.event_id for row in page)
            erased = self._erasures.of(page)
            for row in page:
                if dense and row.index != expected:
                    raise BrokenChain(f"index {expected}: the log goes on at index {row.index}")
                event = self._read(row, disclosures.get(row.event_id, {}), erased.get(row.event_id, {}))
                # Of a stream that is entered in its middle, the first event is taken as it is.
                before = heads.get(row.stream, (0, None) if after < 0 else None)
                if before is not None and (event.sequence, event.header.previous) != (
                    before[0] + 1,
                    before[1],
                ):
                    raise BrokenChain(
                        f"index {row.index}: does not follow the event before it in stream {row.stream}"
                    )
                heads[row.stream] = (event.sequence, event.leaf)
                expected += 1
                yield event

    def _read_erasure(self, event_id: str) -> Event:
        """An event that erases; what was erased of it in turn is not looked at: of that there might be no end."""
        row = self.row_of(event_id)
        if row.index > self._keys.index and self._keys_have_grown():
            self.fold()
        return self._read(row, {}, {})

    def _read(self, row: Row, disclosures: Mapping[str, bytes], erased: Mapping[str, Erasure]) -> Event:
        signers: Sequence[str] | None = ()
        if row.type.startswith("claim.") and row.type != ClaimRecorded.TYPE:
            mended = mended_record(open_row(row)[1])
            signers = () if mended is None else self._signers_of(mended, row.index)
        event = read_row(row, self._keys, disclosures, record_signers=signers, erasures=erased)
        left_out = self._store.withheld(row.event_id)
        if not left_out:
            return event
        # What a bundle leaves out on purpose is not missing.
        slots = {
            slot: SlotStatus.WITHHELD if status is SlotStatus.MISSING and slot in left_out else status
            for slot, status in event.slots.items()
        }
        return replace(event, slots=slots)

    def _signers_of(self, record: str, before: int) -> Sequence[str] | None:
        """Who signed the record that an event mends. Where none comes before it: nobody, and in a bundle nobody knows.

        The record's own signatures are verified, but not what it may mend in turn: of that there is no end.
        """
        row = self._store.row_of_id(record)
        if row is None or row.index >= before:
            return None if self._store.is_sparse else ()
        envelope, payload = open_row(row)
        signers = [each.keyid for each in envelope.signatures]
        if row.index:
            self._keys.verify(envelope, payload, row.index, record_signers=signers)
        return signers


def reached(index: int, size: int) -> int:
    """An index at which somebody asks what was known, given back.

    Args:
        index: a log index.
        size: how many events the log has.

    Raises:
        InvalidValue: the log has not reached it: two people who ask would not know the same there, and it may be a
            year that was meant.
    """
    if index >= size:
        raise InvalidValue(
            f"known_at: the log has no index {index} yet, its last is {size - 1}; a day is written as 2025-07-02"
        )
    return index


def _below(size: int, rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if row.index >= size:
            return
        yield row
