"""Make one bundle of several of the same ledger, or fit disclosures that were handed over later into one.

1. What comes out holds every event and every disclosure of what went in. Slots that any of them discloses are
   disclosed; what a later event erased is not, whoever had it.
2. It has one checkpoint, the largest, and each event below it needs a proof that leads there: bundles of different
   checkpoints can be merged only where the one with the largest has all events of the others.
3. Each bundle is verified before, and the result after. Nothing is invented: events, proofs, notes and disclosures
   are the bytes that were there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO

from claimledger.events.disclosure import SlotStatus, commitment_of
from claimledger.events.envelope import Envelope
from claimledger.events.erasure import erased_slots
from claimledger.events.errors import InvalidInput, WrongBundle, WrongDisclosure, WrongLedger
from claimledger.events.event import Payload

from .bundle_files import (
    CHECKPOINT,
    DISCLOSURES,
    EVENTS,
    HEADS,
    LINE_BYTES,
    PROOFS,
    README,
    SOURCES,
    TIMESTAMPS,
    VERIFIER,
    WITHHELD,
    Contents,
    Custody,
    verifier_script,
)
from .bundle_lines import (
    EventLine,
    ProofLine,
    SlotLine,
    Unreadable,
    disclosure_lines,
    event_line,
    proof_line,
    withheld_line,
)
from .bundle_pack import Packer
from .bundle_read import Bundle, is_bundle
from .bundle_readme import readme
from .bundle_report import BundleReport
from .bundle_verify import verify_bundle
from .checkpoints import Checkpoint
from .notes import Note

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
            cannot all be proven against one checkpoint.
        WrongLedger: they are of different ledgers.
        WrongBundle, MalformedBundle: something in one of them does not hold.
        LedgerNotFound: nothing is there.
    """
    with ExitStack() as stack:
        bundles = [stack.enter_context(Bundle.open(each)) for each in given if is_bundle(each)]
        if not bundles:
            raise InvalidInput("there is no bundle among these files; nothing can be fitted into none")
        for bundle in bundles:
            _check(bundle, bundles[0].contents.ledger, pin)
        handed = _Handed(Path(each) for each in given if not is_bundle(each))
        bundles.sort(key=lambda each: each.contents.size or 0, reverse=True)
        with Packer(Path(to)) as packer:
            return _Merging(bundles, handed, packer).run(custody)


def _check(bundle: Bundle, ledger: str, pin: str | None) -> None:
    if bundle.contents.ledger != ledger or (pin is not None and ledger != pin.lower()):
        raise WrongLedger(f"{bundle.path}: is of ledger {bundle.contents.ledger}, not of {pin or ledger}")
    wrong = [each for each in verify_bundle(bundle, pin=ledger).findings if each.is_wrong]
    if wrong:
        raise WrongBundle(f"{bundle.path}: {wrong[0]} [{wrong[0].code}]; it is not merged")


class _Handed:
    """Disclosures out of files, by event and slot."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.lines: dict[tuple[str, str], bytes] = {}
        for path in paths:
            try:
                with path.open("rb") as file:
                    for line in disclosure_lines(file, LINE_BYTES[DISCLOSURES]):
                        if not isinstance(line, SlotLine):
                            raise InvalidInput(
                                f"{path}: line {line.number} {line.why}, and the file is no bundle either"
                            )
                        self.lines[line.event, line.slot] = line.content
                        if len(self.lines) > _MAX_DISCLOSURES:
                            raise InvalidInput(f"{path}: more than {_MAX_DISCLOSURES} disclosures at once")
            except OSError as error:
                raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None

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

    def __init__(self, bundles: Sequence[Bundle], handed: _Handed, packer: Packer) -> None:
        self.bundles = bundles
        self.handed = handed
        self.packer = packer
        newest = bundles[0]
        self.contents = Contents(
            newest.contents.ledger,
            newest.contents.origin,
            tuple(sorted({name for each in bundles for name in each.contents.cases})),
            newest.contents.size,
        )
        self.roots = [_root(each) for each in bundles]
        self.erased = self._erasures()
        self.slots: Counter[SlotStatus] = Counter()
        self.count = self.later = 0
        self._proof_readers: dict[int, Iterator[ProofLine | Unreadable]] = {}

    def run(self, custody: Custody) -> BundleReport:
        self._check_roots()
        packer = self.packer
        events, proofs, disclosed, withheld = (packer.spool() for _ in range(4))
        slots = [_SlotReader(each) for each in self.bundles]
        for index, lines in _side_by_side(self.bundles):
            envelope = lines[0][1].envelope
            if any(line.envelope != envelope for _, line in lines):
                raise WrongBundle(
                    f"index {index}: these bundles have different events there: the log was forked"
                )
            events.write(event_line(index, envelope))
            self._prove(index, [at for at, _ in lines], proofs)
            payload = Payload.from_bytes(Envelope.from_bytes(envelope).payload)
            given = [slots[at].of(payload.id) for at, _ in lines]
            self._slots_of(index, payload, given, disclosed, withheld)
            self.count += 1
        if self.handed.lines:
            event, slot = next(iter(self.handed.lines))
            raise InvalidInput(
                f"nothing here has a slot {slot} of event {event}; it fits into another bundle"
            )
        for name, spool in (
            (EVENTS, events),
            (PROOFS, proofs),
            (DISCLOSURES, disclosed),
            (WITHHELD, withheld),
        ):
            packer.add_spool(name, spool)
        has_heads = self._add_beside()
        packer.add(README, readme(self.contents, self.count, self.later, self.slots, has_heads=has_heads))
        return packer.finish(self.contents, custody)

    def _erasures(self) -> dict[tuple[str, str], list[tuple[str, int]]]:
        found: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for bundle in self.bundles:
            for line in bundle.events():
                if isinstance(line, EventLine):
                    payload = Payload.from_bytes(Envelope.from_bytes(line.envelope).payload)
                    for place in erased_slots(payload):
                        found.setdefault(place, []).append((payload.stream, line.index))
        return found

    def _check_roots(self) -> None:
        for bundle, root in zip(self.bundles, self.roots, strict=True):
            if bundle.contents.size == self.contents.size and root != self.roots[0]:
                raise WrongBundle(
                    f"{bundle.path}: the log signed two different states of one size: it was forked; keep both bundles"
                )

    def _prove(self, index: int, holders: Sequence[int], proofs: IO[bytes]) -> None:
        size = self.contents.size
        if size is None:
            return
        if index >= size:
            self.later += 1
            return
        for at in holders:
            if self.bundles[at].contents.size == size:
                proofs.write(proof_line(index, self._proof(at, index)))
                return
        path = self.bundles[holders[0]].path
        raise InvalidInput(
            f"{path}: its event at index {index} has no proof that leads to the checkpoint of size {size}; make both "
            "bundles at one checkpoint, or a new one of all their cases"
        )

    def _proof(self, at: int, index: int) -> tuple[bytes, ...]:
        reader = self._proof_readers.setdefault(at, self.bundles[at].proofs())
        for line in reader:
            if isinstance(line, ProofLine) and line.index == index:
                return line.hashes
        raise WrongBundle(f"{self.bundles[at].path}: the proof of index {index} is not here")

    def _slots_of(
        self,
        index: int,
        payload: Payload,
        given: Sequence[dict[str, SlotLine | None]],
        disclosed: IO[bytes],
        withheld: IO[bytes],
    ) -> None:
        for slot in sorted(payload.commitments):
            handed = self.handed.take(payload.id, slot, payload.commitments[slot])
            is_erased = any(
                stream == payload.stream and at > index
                for stream, at in self.erased.get((payload.id, slot), ())
            )
            found = [each[slot] for each in given if slot in each]
            contents = [each.content for each in found if each is not None]
            if is_erased:
                status = SlotStatus.ERASED
            elif handed is not None or contents:
                status = SlotStatus.DISCLOSED
                disclosed.write((handed or contents[0]) + b"\n")
            elif found:
                status = SlotStatus.WITHHELD
                withheld.write(withheld_line(payload.id, slot))
            else:
                status = SlotStatus.MISSING
            self.slots[status] += 1

    def _add_beside(self) -> bool:
        packer = self.packer
        newest = [each for each in self.bundles if each.contents.size == self.contents.size]
        # The notes together name every stream, or nothing is said of any end.
        has_heads = all(any(name.startswith(HEADS) for name in each.files) for each in newest)
        for bundle in self.bundles:
            wanted = [SOURCES]
            if bundle in newest:
                wanted += [TIMESTAMPS, *([HEADS] if has_heads else [])]
            for name in bundle.files:
                if name.startswith(tuple(wanted)):
                    packer.add_file(name, partial(bundle.chunks, name))
        note = self._checkpoint()
        if note is not None:
            packer.add(CHECKPOINT, note)
        script = verifier_script()
        if script is not None:
            packer.add(VERIFIER, script)
        return has_heads

    def _checkpoint(self) -> bytes | None:
        """The note of the newest checkpoint, with the lines of witnesses that any bundle has."""
        notes = [each.checkpoint() for each in self.bundles if each.contents.size == self.contents.size]
        read = [Note.from_bytes(each) for each in notes if each is not None]
        if not read:
            return None
        return read[0].with_lines(line for each in read[1:] for line in each.lines).to_bytes()


class _SlotReader:
    """What one bundle has for the slots of events, asked for in the order of the log: content, or None for withheld."""

    def __init__(self, bundle: Bundle) -> None:
        self._readers = [
            groupby((line for line in lines if isinstance(line, SlotLine)), key=lambda line: line.event)
            for lines in (bundle.disclosures(), bundle.withheld())
        ]
        self._next: list[tuple[str, list[SlotLine]] | None] = [None, None]
        for which in (0, 1):
            self._step(which)

    def of(self, event: str) -> dict[str, SlotLine | None]:
        """Slot to its disclosure, or to None where it is withheld."""
        found: dict[str, SlotLine | None] = {}
        for which in (1, 0):
            waiting = self._next[which]
            if waiting is not None and waiting[0] == event:
                found.update({line.slot: line if which == 0 else None for line in waiting[1]})
                self._step(which)
        return found

    def _step(self, which: int) -> None:
        group = next(self._readers[which], None)
        self._next[which] = None if group is None else (group[0], list(group[1]))


def _side_by_side(bundles: Sequence[Bundle]) -> Iterator[tuple[int, list[tuple[int, EventLine]]]]:
    """The events of all bundles in the order of the log, each index with the bundles that have it."""

    def numbered(at: int, bundle: Bundle) -> Iterator[tuple[int, int, EventLine]]:
        for line in bundle.events():
            if isinstance(line, EventLine):
                yield line.index, at, line

    merged = merge(*(numbered(at, each) for at, each in enumerate(bundles)), key=itemgetter(0, 1))
    for index, lines in groupby(merged, key=itemgetter(0)):
        yield index, [(at, line) for _, at, line in lines]


def _root(bundle: Bundle) -> bytes | None:
    note = bundle.checkpoint()
    return None if note is None else Checkpoint.from_text(Note.from_bytes(note).text).root
