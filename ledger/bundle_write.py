"""Write a bundle: whole cases of a ledger for somebody who has nothing else, with what it takes to check them.

1. In it are the key stream, the shared register and the streams of the cases, each whole; of their protected content
   what is at hand and not withheld. What is withheld is listed; what was erased is not there.
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

from .bundle_files import (
    CHECKPOINT,
    DISCLOSURES,
    EVENTS,
    HEADS,
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
from .bundle_lines import event_line, proof_line, withheld_line
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
        contents: what the bundle says it is.
        streams: UUIDs of the key stream, the shared register and the cases.
        withholding: which slots are left out.
        checkpoint: the last checkpoint, or None.
        tree: the tree of that size, or None.
        heads: the signed note of where the streams end, or None.
        sources: files to put in: sources and evidence items that events name by their digest.
        custody: who hands it over.
    """

    store: StoredRows
    log: Log
    contents: Contents
    streams: Sequence[str]
    withholding: Withholding
    checkpoint: SignedCheckpoint | None
    tree: TiledTree | None
    heads: bytes | None
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
        return packer.finish(what.contents, what.custody)


class _Collected:
    """The files of a bundle as they fill."""

    def __init__(self, what: Bundling, packer: Packer) -> None:
        self._what = what
        self._packer = packer
        self._events, self._proofs, self._disclosed, self._withheld = (packer.spool() for _ in range(4))
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
                self._events.write(event_line(row.index, row.envelope))
                self._prove(row.index)
                withheld = what.withholding.slots(event)
                at_hand = disclosures.get(row.event_id, {})
                for slot in sorted(event.header.commitments):
                    self._take_slot(
                        row.event_id, slot, event.slots[slot], at_hand, is_withheld=slot in withheld
                    )
                self._remember_digest(event.header.body)
                self._count += 1
            if progress is not None:
                progress(self._count)

    def add_beside(self) -> None:
        """Add the files of lines, and what stands beside them."""
        what, packer = self._what, self._packer
        for name, spool in (
            (EVENTS, self._events), (PROOFS, self._proofs), (DISCLOSURES, self._disclosed), (WITHHELD, self._withheld)
        ):  # fmt: skip
            packer.add_spool(name, spool)
        if what.checkpoint is not None:
            packer.add(CHECKPOINT, what.checkpoint.data)
            for size, token in what.store.timestamps():
                if size == what.checkpoint.size:
                    packer.add(TIMESTAMPS + sha256(token).hexdigest(), token)
        if what.heads is not None:
            packer.add(HEADS + sha256(what.heads).hexdigest(), what.heads)
        for path in what.sources:
            self._add_source(path)
        script = verifier_script()
        if script is not None:
            packer.add(VERIFIER, script)
        packer.add(
            README,
            readme(what.contents, self._count, self._later, self._slots, has_heads=what.heads is not None),
        )

    def _prove(self, index: int) -> None:
        what = self._what
        if what.checkpoint is None or what.tree is None:
            return
        if index < what.checkpoint.size:
            self._proofs.write(proof_line(index, what.tree.inclusion_proof(index)))
        else:
            self._later += 1

    def _take_slot(
        self, event: str, slot: str, status: SlotStatus, at_hand: dict[str, bytes], *, is_withheld: bool
    ) -> None:
        if status is SlotStatus.DISCLOSED and is_withheld:
            status = SlotStatus.WITHHELD
        if status is SlotStatus.WITHHELD:
            self._withheld.write(withheld_line(event, slot))
        elif status is SlotStatus.DISCLOSED:
            content = at_hand.get(slot)
            if content is None:
                raise MissingDisclosure(
                    f"event {event}: its slot {slot} was erased while it was bundled; try again"
                )
            self._disclosed.write(content + b"\n")
        self._slots[status] += 1

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
            if self._packer.add_file(SOURCES + name, read).digest != name:
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
