"""Publishing: the sealed part of a ledger, as files that any web server or object store serves (C2SP tlog-tiles).

1. What goes out is the last checkpoint, the tiles of its tree, and the leaf entries: of each event a digest, keyids and
   signatures. No event, no content, no name, no time of recording (`claimledger.events.envelope`, rule 5).
2. Nothing goes out that does not lead to the signed root: tiles are held against it, and entries are computed again
   from the envelopes and held against the tiles.
3. Publishing again writes what is new (O(new) files and reads) and never changes what was published. The checkpoint
   comes last, so that a crash at any place is mended by publishing again; readers see the older one until then.
4. A folder that holds another log, a log that goes on further, or another history of this one, is left as it is.
5. Checkpoints that were signed since the last time and are not published themselves can be proven from the files too,
   as the standard asks: the partial tiles of their sizes are written with them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claimledger.events.envelope import Envelope
from claimledger.events.errors import ForkRefused, InvalidInput, RowMismatch, VerificationFailed

from .checkpoints import SignedCheckpoint, open_by_any
from .log_folder import LogFolder
from .notes import NoteVerifier
from .rows import StoredRows
from .sealer import StoredTiles
from .tiles import TILE_HEIGHT, TILE_WIDTH, EntryBundle, Tile, encode_bundle, tile_width, tiles_between
from .verified_tiles import VerifiedTiles, check_entries

__all__ = ["Published", "publish"]


@dataclass(frozen=True, slots=True)
class Published:
    """What was published.

    Attributes:
        folder: where.
        origin: the name of the log.
        size: how many events the folder covers now.
        before: how many it covered before; 0 for a new one.
        written: how many files were written.
    """

    folder: Path
    origin: str
    size: int
    before: int
    written: int


def publish(
    rows: StoredRows,
    checkpoint: SignedCheckpoint,
    known: Sequence[NoteVerifier],
    folder: str | os.PathLike[str],
    *,
    everything: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Published:
    """Write a log into a folder, or bring the folder up to what is sealed now.

    Args:
        rows: the ledger's store.
        checkpoint: its last one, verified.
        known: verifiers of all keys that the log has or had.
        folder: where to; made where there is none. Other files in it are left alone.
        everything: look at each file, those of earlier times too, and write what is missing or changed.
        progress: called with the number of events that are covered, as it grows.

    Raises:
        InvalidInput: the folder holds another log, or cannot be written.
        ForkRefused: the folder holds more of this log, or another history of it.
        RowMismatch, MalformedEvent, WrongTile: the ledger is not what was sealed; the checkpoint was not replaced.
    """
    log = LogFolder(folder)
    with log.held():
        tiles = VerifiedTiles(checkpoint.size, checkpoint.root, [StoredTiles(rows)])
        before = _published(log, tiles, known, checkpoint.checkpoint.origin)
        start = 0 if everything else before
        partials = _partials_between(rows, start, checkpoint.size)
        for tile in tiles_between(start, checkpoint.size):
            log.put(tile, tiles.read(tile.level, tile.index))
        for bundle, entries in _bundles(rows, start, checkpoint.size):
            check_entries(bundle, entries, tiles.read(0, bundle.index))
            log.put(bundle, encode_bundle(entries))
            for tile in partials:
                if (tile.level, tile.index) == (0, bundle.index):
                    log.put(EntryBundle(bundle.index, tile.width), encode_bundle(entries[: tile.width]))
            if progress is not None:
                progress(bundle.index * TILE_WIDTH + len(entries))
        for tile in partials:
            log.put(tile, tiles.read(tile.level, tile.index, tile.width))
        log.put_checkpoint(checkpoint.data)
        for tile in tiles_between(start, checkpoint.size):
            if tile.width == TILE_WIDTH:
                log.drop_partials(tile)
                if tile.level == 0:
                    log.drop_partials(EntryBundle(tile.index))
    return Published(log.path, checkpoint.checkpoint.origin, checkpoint.size, before, log.written)


def _published(log: LogFolder, tiles: VerifiedTiles, known: Sequence[NoteVerifier], origin: str) -> int:
    """How much of this log is in the folder already."""
    note = log.checkpoint()
    if note is None:
        return 0
    try:
        there = open_by_any(note, known)
    except VerificationFailed:
        raise InvalidInput(
            f"{log.path}: holds a checkpoint that the keys of {origin} did not sign: that of another log; name another "
            "folder"
        ) from None
    if there.size > tiles.size:
        raise ForkRefused(
            f"{log.path}: {there.size} events of {origin} are published there, and {tiles.size} are sealed here; seal "
            "the ledger, or go on with the copy of it that was published"
        )
    if tiles.root_at(there.size) != there.root:
        raise ForkRefused(
            f"{log.path}: the {there.size} events of {origin} that are published there are not the first ones of this "
            "ledger: the log shows two histories"
        )
    return there.size


def _bundles(rows: StoredRows, start: int, size: int) -> Iterator[tuple[EntryBundle, list[bytes]]]:
    """The bundles that change between two sizes, with their entries, computed from the stored envelopes."""
    if start == size:
        return
    first = expected = start // TILE_WIDTH * TILE_WIDTH
    entries: list[bytes] = []
    for row in rows.rows(first - 1):
        if row.index >= size or row.index != expected:
            break
        entries.append(Envelope.from_bytes(row.envelope).leaf_entry())
        expected += 1
        if expected % TILE_WIDTH == 0 or expected == size:
            index = (expected - 1) // TILE_WIDTH
            yield EntryBundle(index, len(entries)), entries
            entries = []
    if expected != size:
        raise RowMismatch(
            f"index {expected}: there is no event; the checkpoint was not replaced; verify the ledger"
        )


def _partials_between(rows: StoredRows, start: int, size: int) -> list[Tile]:
    """The partial tiles of the checkpoints between two sizes, as far as the tiles are not full by now."""
    wanted = set()
    for between, _ in rows.checkpoints(after=start):
        if type(between) is not int or between >= size:
            break
        level = 0
        while nodes := between >> TILE_HEIGHT * level:
            index, width = divmod(nodes, TILE_WIDTH)
            if 0 < width < tile_width(level, index, size) < TILE_WIDTH:
                wanted.add(Tile(level, index, width))
            level += 1
    return sorted(wanted, key=lambda tile: (tile.level, tile.width))
