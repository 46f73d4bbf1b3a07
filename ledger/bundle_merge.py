"""Make one bundle of several of the same ledger, or fit disclosures that were handed over later into one.

1. What comes out holds every event and every disclosure of what went in. Slots that any of them discloses are
   disclosed; what a later event erased is not, whoever had it.
2. It has one checkpoint, the largest, and each event below it needs a proof that leads there: bundles of different
   checkpoints can be merged only where those with the largest have all events of the others.
3. Each bundle is verified before, and the result after. Nothing is invented: events, proofs, notes and disclosures
   are the bytes that were there.
4. What cannot stand together is refused, and the bundle named by which it came in: two lines of one key below the
   checkpoint, since a false one would spoil the true one, and who merges can tell neither from the other; more lines
   than a note may have; two cases of one name, since no ledger has them and nobody could open the result.
5. The page of the result says that nothing was cut off only where the log signed the end of every stream in it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from claimledger.events.disclosure import Disclosure, SlotStatus, commitment_of
from claimledger.events.encoding import MAX_BYTES, encode
from claimledger.events.erasure import erased_slots
from claimledger.events.errors import (
    InvalidInput,
    MalformedEvent,
    WrongBundle,
    WrongDisclosure,
    WrongLedger,
)
from claimledger.events.recorder_acts import CaseOpened

from .bundle_events import BundleEvent, events_of
from .bundle_files import (
    CHECKPOINT,
    EVENTS,
    HEADS,
    README,
    SOURCES,
    TIMESTAMPS,
    VERIFIER,
    Custody,
    verifier_script,
)
from .bundle_findings import shown
from .bundle_lines import event_line, lines_of
from .bundle_pack import Packer
from .bundle_read import Bundle, is_bundle
from .bundle_readme import readme
from .bundle_report import BundleReport
from .bundle_verify import verify_bundle
from .notes import MAX_LINES, MAX_NOTE_BYTES, Note

__all__ = ["merge_bundles"]

_MAX_DISCLOSURES = 10_000
"""How many disclosures are fitted in at once from files."""


def merge_bundles(
    given: Sequence[str | os.PathLike[str]],
    *,
    to: str | os.PathLike[str],
    custody: Custody,
    pin: str | None = None,
) -> BundleReport:
    """Make one bundle.

    Args:
        given: bundles of one ledger, at least one; and files of disclosures, as `Ledger.disclosure` gives them.
        to: the file to make; nothing may be there.
        custody: who hands it over, and on which day.
        pin: the ledger id that they must be of.

    Returns:
        What its recipient will find.

    Raises:
        InvalidInput: no bundle among them, a disclosure that none of their events commits to, or bundles whose events
            cannot all be proven against one checkpoint, or whose checkpoints have too many signature lines together.
        WrongLedger: they are of different ledgers.
        WrongBundle: what they say cannot all be so: different events at one place, different states of one size,
            different lines of one key, two cases of one name; or see `BundleReport.require_usable`.
        MalformedBundle, CouldNotCheck: see `BundleReport.require_usable`.
        LedgerNotFound: nothing is there.
    """
    with ExitStack() as stack:
        bundles = [stack.enter_context(Bundle.open(each)) for each in given if is_bundle(each)]
        if not bundles:
            raise InvalidInput("there is no bundle among these files; nothing can be fitted into none")
        verified: list[_Verified] = []
        for bundle in bundles:
            verified.append(_verify(bundle, pin or (verified[0].ledger if verified else None)))
        handed = _Handed(Path(each) for each in given if not is_bundle(each))
        verified.sort(key=lambda each: each.size or 0, reverse=True)
        with Packer(Path(to)) as packer:
            return _Merging(verified, handed, packer).run(custody)


@dataclass(frozen=True, slots=True)
class _Verified:
    """A bundle in which nothing is wrong, and what its verification said of it."""

    bundle: Bundle
    ledger: str
    origin: str
    cases: tuple[str, ...]
    size: int | None

    def note(self) -> Note | None:
        """The checkpoint."""
        data = self.bundle.checkpoint()
        return None if data is None else Note.from_bytes(data)


def _verify(bundle: Bundle, ledger: str | None) -> _Verified:
    report = verify_bundle(bundle)
    report.require_usable(bundle.path)
    if ledger is not None and report.ledger_id != ledger.lower():
        raise WrongLedger(f"{bundle.path}: is of ledger {report.ledger_id}, not of {ledger}")
    return _Verified(bundle, report.ledger_id or "", report.origin or "", report.cases, report.size)


class _Handed:
    """Disclosures out of files, by event and slot."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.lines: dict[tuple[str, str], bytes] = {}
        for path in paths:
            try:
                with path.open("rb") as file:
                    for number, line in lines_of(file, MAX_BYTES):
                        self._add(path, number, line)
            except OSError as error:
                raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None

    def _add(self, path: Path, number: int, line: bytes) -> None:
        try:
            found = Disclosure.from_bytes(line)
        except MalformedEvent:
            raise InvalidInput(
                f"{path}: line {number} is no disclosure, and the file is no bundle either"
            ) from None
        self.lines[found.event, found.slot] = line
        if len(self.lines) > _MAX_DISCLOSURES:
            raise InvalidInput(f"{path}: more than {_MAX_DISCLOSURES} disclosures at once")

    def take(self, event: str, slot: str, commitment: str) -> bytes | None:
        """The disclosure of a slot, if it was handed over.

        Raises:
            WrongDisclosure: what was handed over does not fit.
        """
        content = self.lines.pop((event, slot), None)
        if content is not None and commitment_of(content) != commitment:
            raise WrongDisclosure(
                f"event {event}: what was handed over for slot {slot} is not what was recorded there"
            )
        return content


class _Merging:
    """One merging; `run` is called once."""

    def __init__(self, given: Sequence[_Verified], handed: _Handed, packer: Packer) -> None:
        self.given = given
        self.handed = handed
        self.packer = packer
        self.size = given[0].size
        self.newest = [each for each in given if each.size == self.size]
        self.erased: dict[tuple[str, str, str], int] = {}  # stream, event id and slot to the last erasure
        for event in (event for each in given for event in events_of(each.bundle)):
            for event_id, slot in erased_slots(event.payload):
                place = event.payload.stream, event_id, slot
                self.erased[place] = max(event.index, self.erased.get(place, -1))
        self.slots: Counter[SlotStatus] = Counter()
        self.count = self.later = 0
        self.sealed: set[str] = set()  # streams that have events below the size of the checkpoint
        self.opened: dict[str, tuple[str, int]] = {}  # name of a case to its stream and to who has it

    def run(self, custody: Custody) -> BundleReport:
        self._check_roots()
        packer, ledger = self.packer, self.given[0].ledger
        events = packer.spool()
        for index, held in _side_by_side(self.given):
            event = held[0][1]
            if any(other.line.envelope != event.line.envelope for _, other in held):
                raise WrongBundle(
                    f"index {index}: these bundles have different events there: the log was forked"
                )
            self._check_name(held[0][0], event)
            slots = self._slots_of(event, [other.line.slots for _, other in held])
            events.write(event_line(index, event.line.envelope, self._proof(index, held), slots))
            self.count += 1
            if self.size is not None and index < self.size:
                self.sealed.add(event.payload.stream)
        if self.handed.lines:
            name, slot = next(iter(self.handed.lines))
            raise InvalidInput(f"nothing here has a slot {slot} of event {name}; it fits into another bundle")
        packer.add_spool(EVENTS, events)
        self._add_beside()
        return packer.finish(ledger, custody)

    def _check_roots(self) -> None:
        texts = [(each, each.note()) for each in self.newest]
        for each, note in texts:
            if note is not None and texts[0][1] is not None and note.text != texts[0][1].text:
                raise WrongBundle(
                    f"{each.bundle.path}: the log signed two different states of one size: it was forked; keep both "
                    "bundles"
                )

    def _check_name(self, at: int, event: BundleEvent) -> None:
        """Refuse a second case of one name."""
        name = event.payload.body.get("case")
        if event.payload.type != CaseOpened.TYPE or not isinstance(name, str):
            return
        stream, first = self.opened.setdefault(name, (event.payload.stream, at))
        if stream != event.payload.stream:
            raise WrongBundle(
                f"{self.given[at].bundle.path}: index {event.index} opens a case of the same name as another case, in "
                f"{self.given[first].bundle.path}: no ledger has two cases of one name; keep both bundles"
            )

    def _proof(self, index: int, held: Sequence[tuple[int, BundleEvent]]) -> tuple[bytes, ...] | None:
        if self.size is None:
            return None
        if index >= self.size:
            self.later += 1
            return None
        for at, event in held:
            if self.given[at].size == self.size and event.line.proof is not None:
                return event.line.proof
        path = self.given[held[0][0]].bundle.path
        raise InvalidInput(
            f"{path}: its event at index {index} has no proof that leads to the checkpoint of size {self.size}; make "
            "both bundles at one checkpoint, or a new one of all their cases"
        )

    def _slots_of(self, event: BundleEvent, held: Sequence[Mapping[str, Any]]) -> dict[str, bytes | None]:
        """What any bundle gives of an event, or was handed over; None for what each that says something withholds."""
        given: dict[str, bytes | None] = {}
        for slot, commitment in event.payload.commitments.items():
            handed = self.handed.take(event.payload.id, slot, commitment)
            said = [slots[slot] for slots in held if slot in slots]
            values = [value for value in said if value is not None]
            status = SlotStatus.MISSING
            if self.erased.get((event.payload.stream, event.payload.id, slot), -1) > event.index:
                status = SlotStatus.ERASED
            elif handed is not None or values:
                given[slot], status = handed or encode(values[0]), SlotStatus.DISCLOSED
            elif said:
                given[slot], status = None, SlotStatus.WITHHELD
            self.slots[status] += 1
        return given

    def _add_beside(self) -> None:
        packer = self.packer
        for each in self.given:
            wanted = (SOURCES, TIMESTAMPS, HEADS) if each in self.newest else (SOURCES,)
            for name in each.bundle.files:
                if name.startswith(wanted) and name not in packer:
                    packer.add_file(name, partial(each.bundle.chunks, name))
        checkpoint = self._checkpoint()
        if checkpoint is not None:
            packer.add(CHECKPOINT, checkpoint)
        script = verifier_script()
        if script is not None:
            packer.add(VERIFIER, script)
        signed = {stream for each in self.newest for stream in each.bundle.below(HEADS)}
        page = readme(
            ledger=self.given[0].ledger,
            origin=self.given[0].origin,
            cases=sorted({name for each in self.given for name in each.cases}),
            size=self.size,
            events=self.count,
            later=self.later,
            slots=self.slots,
            has_heads=bool(self.sealed) and self.sealed <= signed,
        )
        packer.add(README, page)

    def _checkpoint(self) -> bytes | None:
        """The checkpoint, with the lines of the witnesses that any bundle has."""
        notes = [(each.bundle.path, note) for each in self.newest if (note := each.note()) is not None]
        if not notes:
            return None
        # What stands twice in one note is left as it is: that bundle was verified with it.
        first, whole = notes[0]
        by = {(line.name, line.key_id): (line.signature, first) for line in whole.lines}
        for path, note in notes[1:]:
            new = tuple(line for line in note.lines if (line.name, line.key_id) not in by)
            for line in note.lines:
                signature, other = by.setdefault((line.name, line.key_id), (line.signature, path))
                if signature != line.signature:
                    raise WrongBundle(
                        f"{path}: its checkpoint has another line of {shown(line.name)} ({line.key_id.hex()}) than "
                        f"{other} has: one of them may be false, and would spoil the other; see which one holds "
                        "(claimledger verify, with the keys of the witnesses that you trust), and leave the other "
                        "bundle out"
                    )
            size = len(whole.to_bytes()) + sum(len(str(line).encode()) for line in new)
            if len(whole.lines) + len(new) > MAX_LINES or size > MAX_NOTE_BYTES:
                raise InvalidInput(
                    f"{path}: its checkpoint brings {len(new)} signature lines to the {len(whole.lines)} of {first}, "
                    f"where a note has {MAX_LINES} at most and {MAX_NOTE_BYTES} bytes; which of them count, only who "
                    "knows the keys can tell: ask for a bundle with fewer lines, or leave this one out"
                )
            whole = replace(whole, lines=(*whole.lines, *new))
        return whole.to_bytes()


def _side_by_side(given: Sequence[_Verified]) -> Iterator[tuple[int, list[tuple[int, BundleEvent]]]]:
    """The events of all bundles in the order of the log, each index with the bundles that have it."""

    def numbered(at: int, each: _Verified) -> Iterator[tuple[int, int, BundleEvent]]:
        return ((event.index, at, event) for event in events_of(each.bundle))

    merged = merge(*(numbered(at, each) for at, each in enumerate(given)), key=itemgetter(0, 1))
    for index, held in groupby(merged, key=itemgetter(0)):
        yield index, [(at, event) for _, at, event in held]
