"""Write a bundle: whole cases of a ledger for somebody who has nothing else, with what it takes to check them.

1. In it are the key stream, the shared register and the streams of the cases, each whole; of their protected content
   what is at hand and not withheld. What is withheld is named; what was erased is not there.
2. Every event is verified as it is read, each proof leads to the last checkpoint, and the finished bundle is verified
   as its recipient would: nothing is handed out that does not hold.
3. The same ledger, choice, custody data and day give the same bytes.
4. A ledger that was never sealed can be bundled; then the bundle, its README and its verification say that nothing
   vouches for the order of its events nor for their end.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from heapq import merge
from itertools import islice
from operator import attrgetter
from pathlib import Path

from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import InvalidInput, MissingDisclosure, WrongDisclosure
from claimledger.events.recorded import Event

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
from .bundle_lines import event_line
from .bundle_pack import Packer
from .bundle_readme import readme
from .bundle_report import BundleReport
from .bundle_withhold import Withholding
from .checkpoints import SignedCheckpoint
from .log import Log
from .recording import Row
from .rows import PAGE, StoredRows
from .tiles import TiledTree

__all__ = ["Bundling", "write_bundle"]


@dataclass(frozen=True, slots=True)
class Bundling:
    """What a bundle is made of.

    Attributes:
        store: the rows.
        log: the same, verified as they are read.
        ledger: the ledger id.
        origin: the log's name.
        cases: names of the cases, ascending.
        streams: UUIDs of the key stream, the shared register and the cases.
        withholding: which slots are left out.
        checkpoint: the last checkpoint, or None.
        tree: the tree of that size, or None.
        heads: by stream the signed note of where it ends; none where the log's keys are not at hand.
        sources: files to put in: sources and evidence items that events name by their digest.
        custody: who hands it over.
    """

    store: StoredRows
    log: Log
    ledger: str
    origin: str
    cases: Sequence[str]
    streams: Sequence[str]
    withholding: Withholding
    checkpoint: SignedCheckpoint | None
    tree: TiledTree | None
    heads: Mapping[str, bytes]
    sources: Sequence[Path]
    custody: Custody


def write_bundle(
    what: Bundling, target: str | os.PathLike[str], progress: Callable[[int], None] | None = None
) -> BundleReport:
    """Write a bundle.

    Args:
        what: what goes in.
        target: the file to make.
        progress: called now and then with the number of events that are done.

    Returns:
        What its recipient will find.

    Raises:
        InvalidInput: something is there already, or a source file is named by no event.
        UnknownName: a word of what to withhold fits nothing.
        VerificationFailed: an event, proof or the finished bundle does not hold; nothing was written.
    """
    with Packer(Path(target)) as packer:
        collected = _Collected(what, packer)
        collected.take(progress)
        what.withholding.check()
        collected.add_beside()
        return packer.finish(what.ledger, what.custody)


class _Collected:
    """The files of a bundle as they fill."""

    def __init__(self, what: Bundling, packer: Packer) -> None:
        self._what = what
        self._packer = packer
        self._events = packer.spool()
        self._count = self._later = 0
        self._slots: Counter[SlotStatus] = Counter()
        self._digests: set[str] = set()

    def take(self, progress: Callable[[int], None] | None) -> None:
        """Go through the events once."""
        what = self._what
        events = what.log.events(what.streams)
        for page in _pages(what.store, what.streams):
            disclosures = what.store.disclosures(row.event_id for row in page)
            for row, event in zip(page, events, strict=False):
                if row.index != event.index:
                    raise InvalidInput("the ledger grew while it was bundled; try again")
                slots = self._slots_of(event, disclosures.get(row.event_id, {}))
                self._events.write(event_line(row.index, row.envelope, self._proof(row.index), slots))
                self._remember_digest(event.header.body)
                self._count += 1
            if progress is not None:
                progress(self._count)

    def add_beside(self) -> None:
        """Add the events, and what stands beside them."""
        what, packer = self._what, self._packer
        packer.add_spool(EVENTS, self._events)
        if what.checkpoint is not None:
            packer.add(CHECKPOINT, what.checkpoint.data)
            for size, token in what.store.timestamps():
                if size == what.checkpoint.size:
                    packer.add(TIMESTAMPS + sha256(token).hexdigest(), token)
        for stream, note in what.heads.items():
            packer.add(HEADS + stream, note)
        for path in what.sources:
            self._add_source(path)
        script = verifier_script()
        if script is not None:
            packer.add(VERIFIER, script)
        page = readme(
            ledger=what.ledger,
            origin=what.origin,
            cases=what.cases,
            size=None if what.checkpoint is None else what.checkpoint.size,
            events=self._count,
            later=self._later,
            slots=self._slots,
            has_heads=bool(what.heads),
        )
        packer.add(README, page)

    def _proof(self, index: int) -> Sequence[bytes] | None:
        what = self._what
        if what.checkpoint is None or what.tree is None:
            return None
        if index < what.checkpoint.size:
            return what.tree.inclusion_proof(index)
        self._later += 1
        return None

    def _slots_of(self, event: Event, at_hand: Mapping[str, bytes]) -> dict[str, bytes | None]:
        """What is given of an event's protected content; None for what is withheld."""
        asked, given = self._what.withholding.slots(event), dict[str, bytes | None]()
        for slot in event.header.commitments:
            status = event.slots[slot]
            if status is SlotStatus.DISCLOSED and slot in asked:
                status = SlotStatus.WITHHELD
            if status is SlotStatus.WITHHELD:
                given[slot] = None
            elif status is SlotStatus.DISCLOSED:
                if slot not in at_hand:
                    raise MissingDisclosure(
                        f"event {event.id}: its slot {slot} was erased while it was bundled; try again"
                    )
                given[slot] = at_hand[slot]
            self._slots[status] += 1
        return given

    def _remember_digest(self, body: Mapping[str, object]) -> None:
        source = body.get("source")
        digest = source.get("sha256") if isinstance(source, dict) else body.get("sha256")
        if isinstance(digest, str):
            self._digests.add(digest)

    def _add_source(self, path: Path) -> None:
        try:
            read = partial(_read_file, path)
            digest = sha256()
            for piece in read():
                digest.update(piece)
            name = digest.hexdigest()
            if name not in self._digests:
                raise InvalidInput(
                    f"{path}: no source or evidence item of these cases has the digest {name}; it is not put in"
                )
            if self._packer.add_file(SOURCES + name, read) != name:
                raise WrongDisclosure(f"{path}: was changed while it was bundled")
        except OSError as error:
            raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None


def _pages(store: StoredRows, streams: Sequence[str]) -> Iterator[list[Row]]:
    rows = merge(*(store.rows(-1, stream) for stream in streams), key=attrgetter("index"))
    while page := list(islice(rows, PAGE)):
        yield page


def _read_file(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
