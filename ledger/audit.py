"""Verify a whole ledger: one pass over the log, in flat memory, that never stops at the first finding.

Each row is held against itself: the bytes are the one spelling of an envelope and a payload, every signature fits
and is by a key that may sign this at this index, the header names this ledger, and each column (stream, sequence,
type, event id, leaf hash) says what was signed. Then rows are held against one another: indexes are dense from 0;
within a stream, sequence is the last plus one and `previous` the leaf before; no event id comes twice. Then what
stands beside the events: each disclosure opens a commitment of its event, none is missing that no signed event
erased, none that was erased is still there, and the index of names is what the events make it. At last the database is
asked whether it finds itself sound. What was sealed is held against the leaves as they come by
(`claimledger.audit_log`).

1. A corrupt row is a finding, never an error that ends the audit. One cause is one finding where that can be told:
   of an event whose signature does not fit, nothing else is believed or held against it.
2. Reading and Ed25519 go through a pool of threads, one for each core; linking rows goes in order, in one thread.
3. What the file alone cannot show is said in `Report.notes`: a tail that was cut, rows of different streams that
   traded places, and, unpinned, another ledger in the place of this one.

The codes of the findings are listed in `claimledger.report`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from claimledger.events.envelope import Envelope
from claimledger.events.errors import (
    BrokenChain,
    ClaimLedgerError,
    CouldNotCheck,
    InvalidInput,
    KeyNotAllowed,
    LedgerClosed,
    MalformedEvent,
    WrongDisclosure,
    WrongLedger,
    WrongSignature,
)
from claimledger.events.event import Payload, format_instant
from claimledger.events.identifiers import is_digest, is_event_id

from .anchors import Trust
from .audit_anchors import Anchoring
from .audit_beside import Beside, Kept, read_beside
from .audit_disputes import disputes_of
from .audit_erased import ErasedContent
from .audit_findings import Findings
from .audit_keys import KeyFold, envelope_of
from .audit_links import CLOCKS_DIFFER, Links
from .audit_log import SealedPart
from .audit_notes import NO_PIN, remarks, what_is_left_open, what_no_anchor_mends
from .audit_row import CheckedRow, check_rows
from .audit_since import Earlier, Since
from .audit_store import Stored
from .audit_tree import LeafTree
from .recording import NameKey, Row
from .report import UNCHECKED_KEYS, Dispute, Report
from .trust import MENDS, KeyStream, mended_record

__all__ = ["Stored", "verify"]

_T = TypeVar("_T")
_CHUNK = 100
_NOT_SIGNED = {MalformedEvent.code, WrongSignature.code, KeyNotAllowed.code, WrongLedger.code}


def verify(
    store: Stored,
    *,
    pin: str | None,
    checkpoints: Mapping[str, bytes] | None = None,
    trust: Trust | None = None,
    since: bytes | None = None,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Verify a whole ledger, or what came since an earlier audit.

    Args:
        store: where the rows are.
        pin: the ledger's id as known from elsewhere, 64 hex digits; None leaves open whether it is that ledger.
        checkpoints: signed checkpoints that were kept elsewhere, by what the report is to call them: the ledger must
            be a continuation of each.
        trust: which witnesses and timestamping authorities count; None for none.
        since: a checkpoint up to which the ledger was verified before, or the report of that audit as ``verify
            --json`` wrote it: only what came since is verified (`claimledger.audit_since`). Where it cannot be gone
            on from, everything is.
        now: the time by which an event is dated in the future; by default the clock of this machine.
        progress: called now and then with the number of events that are done.

    Returns:
        The report; also when nothing of the ledger can be read.

    Raises:
        InvalidInput: the pin is no ledger id, or what was kept is no checkpoint.
        LedgerClosed: the store is closed.
    """
    if pin is not None and not is_digest(pin.lower()):
        raise InvalidInput(
            "a ledger is pinned by its id, 64 hex digits: it was shown when the ledger was made"
        )
    audit = _Audit(
        store,
        pin.lower() if pin is not None else None,
        dict(checkpoints or {}),
        trust or Trust(),
        None if since is None else Since.from_bytes(since),
        now or datetime.now(UTC),
    )
    return audit.run(progress)


class _Audit:
    """The state of one pass; `run` is called once."""

    def __init__(
        self,
        store: Stored,
        pin: str | None,
        kept: dict[str, bytes],
        trust: Trust,
        since: Since | None,
        now: datetime,
    ) -> None:
        self.store = store
        self.pin = pin
        self.folded = KeyFold()
        self.unchecked = 0  # how many events this leaves unchecked
        self.events = 0
        self.notes: list[str] = []
        self.links = Links(format_instant(now + CLOCKS_DIFFER))
        self.findings = Findings(self.links.cases)
        self.end = self.findings.or_damaged(store.size, 0)
        self.earlier = None if since is None else self._go_on_from(since, kept)
        self.start = 0
        self.disclosures_read = -(2**63)
        if self.earlier is not None:
            self.start = self.links.next_index = self.earlier.size
            self.links.earlier = self.earlier.head
            self.disclosures_read = self.start - 1
        self.beside = Beside(store, self.findings, self.end)
        self.content = ErasedContent(store, self.findings)
        self.erased = 0
        self.tree = LeafTree(store, self.findings, None if self.earlier is None else self.earlier.tree)
        self.anchoring = Anchoring(store, self.findings, trust, int(now.timestamp()))
        if self.earlier is not None:
            self.anchoring.keep(self.start, "the checkpoint of the earlier audit")
        self.sealed = SealedPart(
            store, self.findings, self.folded, self.tree, self.end, self.anchoring, kept, self.earlier
        )

    def _go_on_from(self, since: Since, kept: dict[str, bytes]) -> Earlier | None:
        try:
            earlier = Earlier(self.store, since, self.folded)
        except LedgerClosed:
            raise
        except ClaimLedgerError as error:
            self.folded = KeyFold()
            self.notes.append(
                f"everything was verified anew: the earlier audit cannot be gone on from ({error})"
            )
            kept["the checkpoint of the earlier audit"] = since.note
            return None
        self.notes.append(
            f"index 0 to {earlier.size - 1} was verified in an earlier audit and is trusted; it was not looked at again"
        )
        if since.key_events is None:
            self.notes.append(
                "whether a change of keys was taken out of it since then was not looked at: go on from the report of "
                "that audit (--json) to have that checked too"
            )
        return earlier

    def run(self, progress: Callable[[int], None] | None) -> Report:
        others = max(1, (os.cpu_count() or 1) - 1)
        waiting: deque[Future[list[CheckedRow]]] = deque()
        rows = self._rows()
        with ThreadPoolExecutor(others, thread_name_prefix="claimledger-audit") as pool:
            # After the end was noted: whatever belongs to the events before it is there to be read.
            kept = None if self.earlier else pool.submit(read_beside, self.store)
            while chunk := list(islice(rows, _CHUNK)):
                self.folded.take(chunk)
                self.beside.key_stream = self.folded.stream
                disclosures = self._disclosures_up_to(chunk[-1].index)
                self._look_for_strays(chunk, disclosures)
                job = partial(
                    check_rows,
                    chunk,
                    disclosures,
                    self.folded.keys,
                    are_keys_complete=self.folded.broken_at is None,
                )
                if sum(not each.done() for each in waiting) <= others:
                    waiting.append(pool.submit(job))
                else:
                    # This thread takes a share: one more thread than cores would only fight for the lock.
                    done: Future[list[CheckedRow]] = Future()
                    done.set_result(job())
                    waiting.append(done)
                while waiting and (waiting[0].done() or len(waiting) > 8 * others):
                    self._take(waiting.popleft().result(), progress)
            while waiting:
                self._take(waiting.popleft().result(), progress)
        self._look_for_strays((), self._disclosures_up_to(None))
        self._look_at_the_whole()
        self.sealed.finish()
        self.erased = self.findings.or_damaged(self.content.hold, 0)
        if kept is not None:
            self.findings.or_damaged(lambda: self._look_beside(kept), None)
        self.anchoring.finish(is_asked=self.end > self.start)
        return self._report()

    # Reading, where anything may be damaged

    def _rows(self, *, again: bool = False) -> Iterator[Row]:
        rows = self.store.rows(self.start - 1, raw=True) if self.earlier else self.store.rows()
        ended = False
        while not ended:
            # In one go as far as they can be read: what is raised ends them, and those before it are kept.
            page: list[Row] = []
            ended = self.findings.or_damaged(lambda page=page: not _fill(page, rows), True)  # type: ignore[misc]
            for row in page:
                if type(row.index) is not int or row.index < 0:
                    if not again:
                        self._add_outside(row.index)
                    continue
                if row.index >= self.end:
                    return
                yield row

    def _add_outside(self, index: object) -> None:
        at = index if type(index) is int else "that is no whole number"
        message = f"a row stands at an index {at}, and a log begins with index 0"
        self.findings.add(BrokenChain.code, None, message)

    def _disclosures_up_to(self, last: int | None) -> Mapping[int, dict[str, bytes]]:
        after = self.disclosures_read
        if last is not None:
            self.disclosures_read = last
        return self.findings.or_damaged(lambda: self.store.disclosures_after(after, last), {})

    # What the threads made of the rows

    def _take(self, checked_rows: list[CheckedRow], progress: Callable[[int], None] | None) -> None:
        for checked in checked_rows:
            row, payload = checked.row, checked.payload
            if checked.is_believed and payload is not None:
                if row.event_id != payload.id:
                    self.beside.not_judged.add(payload.id)
                if self.folded.keys is not None and not checked.problems and payload.type in MENDS:
                    self._check_mending(checked, payload, self.folded.keys)
                if self.earlier is None:
                    self.beside.take(payload)
                else:
                    self.findings.or_damaged(lambda: self.beside.hold_new(row, payload), None)  # noqa: B023
                self.content.take(checked, payload)
            else:
                self.beside.not_judged.add(row.event_id)
            self.tree.take(checked)
            while self.sealed.next_size <= row.index + 1:
                self.sealed.look()
            for index, message in self.links.link(checked):
                if index == row.index:
                    self.findings.add_checked(BrokenChain.code, checked, message, self.folded.records)
                else:
                    self.findings.add(BrokenChain.code, index, message)
            if self.folded.keys is None and row.index:
                self.unchecked += 1
            if checked.problems:
                self._take_problems(checked)
        self.events += len(checked_rows)
        if progress is not None:
            progress(self.events)

    def _take_problems(self, checked: CheckedRow) -> None:
        index = checked.row.index
        for code, message in checked.problems:
            if code == KeyNotAllowed.code and checked.is_unknown_key and self.folded.broken_at is not None:
                if index > self.folded.broken_at:
                    self.unchecked += 1
                    continue
            code = UNCHECKED_KEYS if code == CouldNotCheck.code else code
            self.findings.add_checked(code, checked, message, self.folded.records)

    def _check_mending(self, checked: CheckedRow, payload: Payload, keys: KeyStream) -> None:
        """Only a recorder who signed a record, or the roots, may amend or withdraw it."""
        try:
            record = mended_record(payload) or ""
            if record in self.beside.not_judged:
                message = "who may mend its record could not be checked, for that does not hold"
                checked.problems.append((UNCHECKED_KEYS, message))
            else:
                signers = self._signers_of(record, checked.row.index)
                keys.check_authority(payload, checked.signers, checked.row.index, record_signers=signers)
        except ClaimLedgerError as error:
            checked.problems.append((error.code, str(error)))

    def _signers_of(self, record: str, before: int) -> tuple[str, ...]:
        row = self.findings.or_damaged(
            lambda: self.store.row_of_id(record) if is_event_id(record) else None, None
        )
        if row is None or row.index >= before:
            return ()
        return tuple(each.keyid for each in self._envelope_of(row).signatures)

    def _envelope_of(self, row: Row) -> Envelope:
        """The envelope of a row that was read before this pass came to it, or is looked at again."""
        if self.earlier is not None and row.index < self.start:
            return self.earlier.prove(row)
        return envelope_of(row)

    # What shows only at the end

    def _look_at_the_whole(self) -> None:
        if not self.events and not self.start:
            self.findings.add(
                BrokenChain.code, 0, "the log is empty: there is not even the opening of a ledger"
            )
        elif self.unchecked and self.folded.broken_at is not None:
            events = "1 event" if self.unchecked == 1 else f"{self.unchecked} events"
            message = (
                f"{events} could not be checked, for the key stream does not hold at index "
                f"{self.folded.broken_at}"
            )
            self.findings.add(UNCHECKED_KEYS, None, message)
        if self.pin is not None and self.folded.ledger_id not in (None, self.pin):
            self.findings.add(
                WrongLedger.code, None, f"this is ledger {self.folded.ledger_id}, not the pinned {self.pin}"
            )
        prefixes = self.links.repeated_prefixes()
        if prefixes:
            self._look_for_repeated_ids(prefixes)

    def _look_for_repeated_ids(self, prefixes: set[int]) -> None:
        seen: dict[str, int] = {}
        for row in self._rows(again=True):
            with suppress(MalformedEvent):
                payload = Payload.from_bytes(envelope_of(row).payload)
                if int(payload.id.replace("-", "")[:16], 16) in prefixes:
                    first = seen.setdefault(payload.id, row.index)
                    if first != row.index:
                        message = f"has the event id of the event at index {first}"
                        self.findings.add_at(BrokenChain.code, row, payload, message)

    def _look_for_strays(self, rows: Sequence[Row], disclosures: Mapping[int, object]) -> None:
        """Add disclosures that are kept for an index without an event."""
        for index in disclosures.keys() - {row.index for row in rows}:
            # Beyond the end that was noted first, others may have recorded meanwhile.
            if type(index) is not int or not self.end <= index or not self._is_row_at(index):
                message = "protected content is kept for an event that is not in the log"
                self.findings.add(WrongDisclosure.code, index if type(index) is int else None, message)

    def _is_row_at(self, index: int) -> bool:
        return self.findings.or_damaged(lambda: self.store.row_at(index) is not None, True)

    def _look_beside(self, kept: Future[Kept]) -> None:
        self.beside.erased_handles = self.content.handles
        self.beside.hold(kept.result())

    def _report(self) -> Report:
        findings = self.findings.in_order(self._names())
        touched = {each.index for each in findings if each.index is not None}
        keys, sealed = self.folded.keys, self.sealed
        disputes: tuple[Dispute, ...] = ()
        wrong = {each.index for each in findings if each.index is not None and each.code in _NOT_SIGNED}
        if keys is not None:
            disputes = disputes_of(self.store, self.findings, keys, self.end, wrong, self._envelope_of)
            findings = self.findings.in_order(self._names())
        head = next((each for each in reversed(self.folded.heads) if each[0] < sealed.sealed), None)
        return Report(
            ledger_id=self.folded.ledger_id,
            origin=keys.origin if keys is not None else None,
            pinned=self.pin is not None,
            events=self.events,
            holding=max(0, self.events - len(touched) - self.unchecked),
            streams=len(self.links.heads),
            keys=len(self.folded.records),
            findings=findings,
            notes=(
                *([] if self.pin is not None else [NO_PIN]),
                *self.notes,
                *what_no_anchor_mends(wrong, self.anchoring.size),
                *what_is_left_open(self.anchoring.size, self.end),
                *remarks(self.erased, self.links),
            ),
            disputes=disputes,
            ranges=self.anchoring.ranges(self.start, sealed.sealed, self.end),
            checkpoints=sealed.checkpoints,
            checkpoint=sealed.last,
            key_events=head[1] if head is not None else 0,
            key_head=head[2] if head is not None else None,
            since=self.start,
        )

    def _names(self) -> Iterator[tuple[NameKey, str]]:
        # That they cannot be read is a finding already; columns must do for words.
        with suppress(ClaimLedgerError, UnicodeError):
            yield from self.store.all_names()


def _fill(page: list[Row], rows: Iterator[Row]) -> bool:
    """Put the next rows into a page; whether there were any. Those that came before an error are in it."""
    page.extend(islice(rows, _CHUNK))
    return bool(page)
