"""Verify a whole ledger: one pass over the log, in flat memory, that never stops at the first finding.

Each row is held against itself: the bytes are the one spelling of an envelope and a payload, every signature fits
and is by a key that may sign this at this index, the header names this ledger, and each column (stream, sequence,
type, event id, leaf hash) says what was signed. Then rows are held against one another: indexes are dense from 0;
within a stream, sequence is the last plus one and `previous` the leaf before; no event id comes twice. Then what
stands beside the events: each disclosure opens a commitment of its event, none is missing, and the index of names
is what the events make it. At last the database is asked whether it finds itself sound.

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Protocol

from claimledger.events.envelope import Envelope
from claimledger.events.errors import (
    BrokenChain,
    ClaimLedgerError,
    CouldNotCheck,
    InvalidInput,
    KeyNotAllowed,
    LedgerClosed,
    LedgerUnavailable,
    MalformedEvent,
    VerificationFailed,
    WrongDisclosure,
    WrongLedger,
    WrongSignature,
)
from claimledger.events.event import Payload, format_instant
from claimledger.events.identifiers import is_digest, is_event_id, is_event_type
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body

from .audit_links import CLOCKS_DIFFER, Links, is_plain, words_for
from .audit_names import Names, names_of
from .audit_row import CheckedRow, check_disclosures, check_rows
from .recording import NameKey, Row
from .report import DAMAGED, MEANINGS, NAMES_WRONG, UNCHECKED_KEYS, Finding, Report
from .trust import KeyStream, is_key_event, mended_record

__all__ = ["Stored", "verify"]

_CHUNK = 100
_END = "nothing outside this file vouches for its end: later events could have been cut off"
_ORDER = "nothing outside this file vouches for the order of events of different streams"
_NO_PIN = "no ledger id was given: a whole other ledger in the place of this one would not show"


class Stored(Protocol):
    """What an audit reads: `claimledger.store.Store` is one."""

    def rows(self) -> Iterable[Row]:
        """Every row, in the order of the log."""
        ...

    def row_of_id(self, event_id: str) -> Row | None:
        """The row of an event id."""
        ...

    def disclosures(self, event_ids: Iterable[str]) -> Mapping[str, dict[str, bytes]]:
        """The disclosures at hand for events: event id to slot to bytes."""
        ...

    def all_disclosures(self) -> Iterable[tuple[str, str, bytes]]:
        """Every disclosure: event id, slot, bytes."""
        ...

    def all_names(self) -> Iterable[tuple[NameKey, str]]:
        """The whole index of names: stream, what and name, and the event id."""
        ...

    def damage(self) -> Sequence[str]:
        """What the database finds wrong with itself."""
        ...


def verify(
    store: Stored,
    *,
    pin: str | None,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Verify a whole ledger.

    Args:
        store: where the rows are.
        pin: the ledger's id as known from elsewhere, 64 hex digits; None leaves open whether it is that ledger.
        now: the time by which an event is dated in the future; by default the clock of this machine.
        progress: called now and then with the number of events that are done.

    Returns:
        The report; also when nothing of the ledger can be read.

    Raises:
        InvalidInput: the pin is no ledger id.
        LedgerClosed: the store is closed.
    """
    if pin is not None and not is_digest(pin.lower()):
        raise InvalidInput(
            "a ledger is pinned by its id, 64 hex digits: it was shown when the ledger was made"
        )
    audit = _Audit(store, pin.lower() if pin is not None else None, now or datetime.now(UTC))
    return audit.run(progress)


class _Audit:
    """The state of one pass; `run` is called once."""

    def __init__(self, store: Stored, pin: str | None, now: datetime) -> None:
        self.store = store
        self.pin = pin
        self.findings: list[Finding] = []
        self.keys: KeyStream | None = None
        self.ledger_id: str | None = None
        self.key_stream = ""
        self.keys_broken_at: int | None = None  # index from which on the key stream could not be followed
        self.unchecked = 0  # how many events this leaves unchecked
        self.links = Links(format_instant(now + CLOCKS_DIFFER))
        self.names = Names()
        self.events = 0
        self.disclosed = 0
        self.not_believed: dict[str, int] = {}  # event ids, as the rows have them
        self.nameless: dict[int, Row] = {}  # rows to find words for, without their bytes
        self.misfiled: set[str] = set()  # signed event ids whose rows have another

    def run(self, progress: Callable[[int], None] | None) -> Report:
        workers = os.cpu_count() or 1
        waiting: deque[Future[list[CheckedRow]]] = deque()
        rows = self._reading(self.store.rows)
        with ThreadPoolExecutor(workers, thread_name_prefix="claimledger-audit") as pool:
            while chunk := list(islice(rows, _CHUNK)):
                self._fold_keys(chunk)
                beside = self._disclosures_of([row.event_id for row in chunk])
                complete = self.keys_broken_at is None
                waiting.append(pool.submit(check_rows, chunk, beside, self.keys, are_keys_complete=complete))
                if len(waiting) > 2 * workers:
                    self._take(waiting.popleft().result(), progress)
            while waiting:
                self._take(waiting.popleft().result(), progress)
        self._look_at_the_whole()
        return self._report()

    # Reading, where anything may be damaged

    def _reading(self, read: Callable[[], Iterable[Row]]) -> Iterator[Row]:
        try:
            yield from read()
        except LedgerClosed:
            raise
        except (ClaimLedgerError, UnicodeError) as error:
            self._find(
                DAMAGED, None, f"the rows cannot be read on after index {self.links.next_index - 1}: {error}"
            )

    def _disclosures_of(self, event_ids: Iterable[str]) -> Mapping[str, dict[str, bytes]]:
        try:
            return self.store.disclosures([each for each in event_ids if is_event_id(each)])
        except LedgerClosed:
            raise
        except ClaimLedgerError as error:
            self._find(DAMAGED, None, f"disclosures cannot be read: {error}")
            return {}

    # Keys

    def _fold_keys(self, chunk: Sequence[Row]) -> None:
        """Fold the key events of the next rows in, before any thread needs their keys."""
        for row in chunk:
            if row.index == 0:
                self.key_stream = row.stream
                self._open(row)
            elif self.keys is not None:
                # Either column tells: were one of them changed, its key would be missed at every later event.
                if row.stream == self.keys.stream or (type(row.type) is str and is_key_event(row.type)):
                    self._fold(row, self.keys)
        if self.keys is None and self.keys_broken_at is None:
            self.keys_broken_at = 0

    def _open(self, row: Row) -> None:
        try:
            envelope = _envelope(row)
            self.ledger_id = sha256(envelope.payload).hexdigest()
            self.keys = KeyStream.opened(envelope)
            self.key_stream = self.keys.stream
        except ClaimLedgerError:
            # The row is held against itself like every other, and found wanting there.
            self.keys_broken_at = 0

    def _fold(self, row: Row, keys: KeyStream) -> None:
        try:
            envelope = _envelope(row)
            payload = Payload.from_bytes(envelope.payload)
            if payload.stream != keys.stream and not is_key_event(payload.type):
                return
            keys.verify(envelope, payload, row.index)
            body = read_body(payload.type, payload.version, payload.body, {})
            signers = tuple(each.keyid for each in envelope.signatures)
            keys.apply(Event(row.index, envelope.leaf(), payload, body, signers))
        except ClaimLedgerError:
            if self.keys_broken_at is None:
                self.keys_broken_at = row.index

    # What the threads made of the rows

    def _take(self, checked_rows: list[CheckedRow], progress: Callable[[int], None] | None) -> None:
        for checked in checked_rows:
            self.events += 1
            row, payload = checked.row, checked.payload
            if checked.is_believed and payload is not None:
                if row.event_id != payload.id:
                    self.misfiled.add(payload.id)
                    stored = self._disclosures_of([payload.id]).get(payload.id, {})
                    check_disclosures(checked, payload, stored)
                if mended_record(payload) is not None and self.keys is not None:
                    self._check_mending(checked, payload, self.keys)
                self.names.take(payload, self.key_stream)
            elif is_event_id(row.event_id):
                self.not_believed[row.event_id] = row.index
            self.disclosed += checked.disclosed
            for index, message in self.links.link(checked):
                self._find(BrokenChain.code, index, message, checked if index == row.index else None)
            self._take_problems(checked)
        if progress is not None:
            progress(self.events)

    def _take_problems(self, checked: CheckedRow) -> None:
        if self.keys is None:
            self.unchecked += checked.row.index != 0
        for code, message in checked.problems:
            if code == KeyNotAllowed.code and checked.is_unknown_key and self.keys_broken_at is not None:
                if checked.row.index > self.keys_broken_at:
                    self.unchecked += 1
                    continue
            if code == CouldNotCheck.code:
                code = UNCHECKED_KEYS
            self._find(code, checked.row.index, message, checked)

    def _check_mending(self, checked: CheckedRow, payload: Payload, keys: KeyStream) -> None:
        """Only the recorder of a record, or the roots, may amend or withdraw it."""
        record_signers: tuple[str, ...] = ()
        record = mended_record(payload) or ""
        row = self.store.row_of_id(record) if is_event_id(record) else None
        try:
            if row is not None and row.index < checked.row.index:
                envelope = _envelope(row)
                if Payload.from_bytes(envelope.payload).id == record:
                    record_signers = tuple(each.keyid for each in envelope.signatures)
            keys.check_authority(payload, checked.signers, checked.row.index, record_signers=record_signers)
        except ClaimLedgerError as error:
            checked.problems.append((error.code, str(error)))

    # What shows only at the end

    def _look_at_the_whole(self) -> None:
        if not self.events:
            self._find(BrokenChain.code, 0, "the log is empty: there is not even the opening of a ledger")
        elif self.keys_broken_at is not None and self.unchecked:
            at = self.keys_broken_at
            message = f"{self.unchecked} events could not be checked, for the key stream does not hold at index {at}"
            self._find(UNCHECKED_KEYS, None, message)
        if self.pin is not None and self.ledger_id not in (None, self.pin):
            self._find(WrongLedger.code, None, f"this is ledger {self.ledger_id}, not the pinned {self.pin}")
        repeated = self.links.repeated_prefixes()
        if repeated:
            self._look_for_repeated_ids(repeated)
        for look in (self._look_at_disclosures, self._look_at_names, self._look_for_damage):
            try:
                look()
            except LedgerClosed:
                raise
            except (ClaimLedgerError, UnicodeError) as error:
                self._find(DAMAGED, None, f"what stands beside the events cannot be read: {error}")

    def _look_for_repeated_ids(self, prefixes: set[int]) -> None:
        seen: dict[str, int] = {}
        for row, payload in self._payloads():
            if int(payload.id.replace("-", "")[:16], 16) in prefixes:
                first = seen.setdefault(payload.id, row.index)
                if first != row.index:
                    self._find(BrokenChain.code, row.index, f"has the event id of the event at index {first}")

    def _look_at_disclosures(self) -> None:
        """Each that is kept was opened, or it belongs to nothing."""
        kept = sum(1 for each in self.store.all_disclosures() if self._is_judged(each[0]))
        if kept == self.disclosed:
            return
        for event_id, slot, _ in self.store.all_disclosures():
            if not self._is_judged(event_id):
                continue
            found = self._event_of(event_id)
            if found is None:
                message = "protected content is kept under an event id that is not in the log"
                self._find(WrongDisclosure.code, None, message)
            elif slot not in found[1].commitments:
                message = "protected content is kept under a slot that this event does not commit to"
                self._find_at(WrongDisclosure.code, *found, message)

    def _look_at_names(self) -> None:
        """The index of names is what the events make it."""
        index = ((key, event_id) for key, event_id in self.store.all_names() if self._is_judged(event_id))
        wrong, extra = self.names.differences(each for each in index if each[0][1] != "handle")
        for key, event_id in self.store.all_names():
            if key[1] == "handle" and self._is_judged(event_id):
                found = self._event_of(event_id)
                if found is None or (found[1].type, found[1].stream) != ("entity.registered", key[0]):
                    extra.append((key, event_id))
        for key, event_id in extra:
            found = self._event_of(event_id)
            if found is not None:
                self._find_at(
                    NAMES_WRONG, *found, "the index of names has a name for it that it does not have"
                )
            elif self.names.mark(key) not in wrong:
                self._find(NAMES_WRONG, None, "the index of names leads to an event that is not in the log")
        if wrong:
            for row, payload in self._payloads():
                if any(self.names.mark(key) in wrong for key in names_of(payload, self.key_stream)):
                    self._find_at(
                        NAMES_WRONG, row, payload, "the index of names does not lead from its name to it"
                    )

    def _look_for_damage(self) -> None:
        for line in self.store.damage():
            self._find(DAMAGED, None, f"the database finds itself damaged: {line}")

    def _is_judged(self, event_id: object) -> bool:
        """Whether what is kept under an event id can be held against its event."""
        return event_id not in self.not_believed and event_id not in self.misfiled

    def _event_of(self, event_id: object) -> tuple[Row, Payload] | None:
        row = self.store.row_of_id(event_id) if isinstance(event_id, str) and is_event_id(event_id) else None
        payload = None if row is None else _payload(row)
        return None if row is None or payload is None else (row, payload)

    def _payloads(self) -> Iterator[tuple[Row, Payload]]:
        """The believed events once more, for the rare looking again."""
        for row in self._reading(self.store.rows):
            if row.event_id not in self.not_believed:
                payload = _payload(row)
                if payload is not None:
                    yield row, payload

    # Findings and their words

    def _find(self, code: str, index: int | None, message: str, checked: CheckedRow | None = None) -> None:
        where, meaning = "", MEANINGS.get(code, "")
        leaf = None
        if checked is not None:
            leaf = checked.leaf
            if checked.payload is not None and checked.is_believed:
                where = words_for(checked.payload, self.links.cases)
            else:
                self.nameless[checked.row.index] = replace(checked.row, envelope=b"")
            if code == WrongSignature.code:
                meaning = self._who_signed(checked)
        self.findings.append(Finding(code, index, leaf, where, message, meaning))

    def _find_at(self, code: str, row: Row, payload: Payload, message: str) -> None:
        where = words_for(payload, self.links.cases)
        self.findings.append(Finding(code, row.index, row.leaf, where, message, MEANINGS[code]))

    def _who_signed(self, checked: CheckedRow) -> str:
        keys = self.keys.keys if self.keys is not None else {}
        holders = " and ".join(keys[name].holder for name in checked.signers if name in keys)
        when = ""
        if checked.payload is not None:
            instant = checked.payload.recorded_at[:16].replace("T", " ")
            when = f" at {instant} UTC, as it says now (by the recorder's clock)"
        return (
            f"Someone changed this record, or its signature, after {holders or 'its signer'} signed it{when}."
        )

    def _name_the_nameless(self) -> None:
        """Find words for events whose bytes are not believed: by the index of names, else by their columns."""
        ids = {row.event_id: index for index, row in self.nameless.items()}
        words = {}
        for index, row in self.nameless.items():
            kind = row.type if is_event_type(row.type) else "event"
            number = row.sequence if type(row.sequence) is int else "?"
            words[index] = f"{kind}, number {number} of {self.links.cases.get(row.stream, 'its stream')}"
        for (stream, what, name), event_id in self._names_again():
            if event_id in ids and what in ("case", "claim", "entity", "source") and is_plain(name):
                case = self.links.cases.get(stream)
                words[ids[event_id]] = f"{what} {name}" if case is None else f"{what} {name} of {case}"
        self.findings = [
            replace(each, where=words[each.index]) if each.index in words and not each.where else each
            for each in self.findings
        ]

    def _names_again(self) -> Iterator[tuple[NameKey, str]]:
        with suppress(UnicodeError, VerificationFailed, LedgerUnavailable):
            # Already a finding; without names, columns must do.
            yield from self.store.all_names()

    def _report(self) -> Report:
        if self.nameless:
            self._name_the_nameless()
        links = self.links
        notes = [_END, _ORDER] if self.pin is not None else [_NO_PIN, _END, _ORDER]
        for (count, first), said in (
            (links.back_dated, "dated before an event that is earlier in the log"),
            (links.future_dated, "dated after the time of this audit"),
        ):
            if count:
                events = "1 event is" if count == 1 else f"{count} events are"
                notes.append(f"{events} {said}, by the recorders' clocks; the first at index {first}")
        touched = {each.index for each in self.findings if each.index is not None}
        return Report(
            ledger_id=self.ledger_id,
            origin=self.keys.origin if self.keys is not None else None,
            pinned=self.pin is not None,
            events=self.events,
            holding=max(0, self.events - len(touched) - self.unchecked),
            streams=len(links.heads),
            keys=len(self.keys.keys) if self.keys is not None else 0,
            findings=tuple(sorted(self.findings, key=lambda each: (each.index is None, each.index or 0))),
            notes=tuple(notes),
        )


def _envelope(row: Row) -> Envelope:
    if type(row.envelope) is not bytes:
        raise MalformedEvent(f"index {row.index}: where its signed bytes should be is no byte string")
    return Envelope.from_bytes(row.envelope)


def _payload(row: Row) -> Payload | None:
    try:
        return Payload.from_bytes(_envelope(row).payload)
    except MalformedEvent:
        return None
