"""The tree over the leaves that are stored, computed again, and the tiles that are kept of it, for the audit.

1. Each leaf hash is computed from the stored bytes. Of an event that is not believed, which is a finding already, the
   stored hash stands in: so the rest of the tree can still be held against what was sealed.
2. Where an event is missing, the tree ends: no root behind that place is one of this log.
3. Tiles are derived. They are held against the leaves as these come by, each when it is full; and all of them must be
   those of a tree of as many leaves as the lowest level has: none too many, none too few.
4. Where the tiles, and not the leaves, lead to a checkpoint that was signed, they are what was sealed: then they show
   which event is not (`sealed_otherwise`).

In memory are one partial tile of each level and the right edge of the tree: O(log n).
"""

from __future__ import annotations

from claimledger.events.errors import RowMismatch, VerificationFailed
from claimledger.events.identifiers import is_digest

from .audit_findings import Findings
from .audit_row import CheckedRow
from .audit_store import Stored
from .merkle import HASH_BYTES, Frontier, verify_inclusion
from .report import TREE_WRONG
from .sealer import StoredTiles
from .tiles import TILE_HEIGHT, TILE_WIDTH, GrowingTiles, TiledTree, tile_width

__all__ = ["LeafTree"]


class LeafTree:
    """The tree of one audit, while leaves come by.

    Args:
        store: where the tiles are.
        findings: gets what is found.
        base: the tree that the audit goes on from, where it does: its tiles lead to a root that is trusted.

    Attributes:
        is_whole: whether there was a leaf at each index so far.
    """

    def __init__(self, store: Stored, findings: Findings, base: TiledTree | None = None) -> None:
        self._store = store
        self._findings = findings
        self._tiles = StoredTiles(store)
        self._frontier = Frontier() if base is None else base.frontier()
        self._growing = GrowingTiles(self._frontier.size, self._tiles)
        self._wrong: list[str] = []
        self._more_wrong = 0
        self._differs_at: int | None = None
        self._built = self._built_size()
        self.is_whole = True

    @property
    def size(self) -> int:
        """How many leaves were taken in."""
        return self._frontier.size

    def root(self) -> bytes:
        """The root over them: 32 bytes."""
        return self._frontier.root()

    def take(self, checked: CheckedRow) -> None:
        """Take the leaf of the next row in."""
        leaf = checked.leaf if checked.is_believed else _stand_in(checked)
        if not self.is_whole or leaf is None or checked.row.index != self._frontier.size:
            self.is_whole = False
            return
        data = bytes.fromhex(leaf)
        self._frontier.append(data)
        for level, index, hashes in self._growing.append(data):
            self._hold(level, index, hashes)

    def end(self, size: int) -> None:
        """Say how many leaves the log has: where fewer came by, the tree is not whole."""
        self.is_whole = self.is_whole and self._frontier.size >= size

    def hold(self, sealed: int, *, is_cut: bool) -> None:
        """Hold what is left of the tiles against the leaves, once all were taken in.

        Args:
            sealed: the largest size of which a checkpoint holds: as many leaves the tiles must have.
            is_cut: whether it is a finding already that events at the end are missing.
        """
        if self.is_whole:
            for level, index, hashes in self._growing.partial():
                self._hold(level, index, hashes)
        wrong = self._findings.or_damaged(lambda: self._wrong_shape(sealed, is_cut=is_cut), None)
        if wrong is not None:
            self._wrong.append(wrong)

    def tell(self) -> None:
        """Add the finding that there is of the tiles."""
        if self._wrong:
            more = f", nor do {self._more_wrong} tiles more hold theirs" if self._more_wrong else ""
            self._findings.add(TREE_WRONG, None, "; ".join(self._wrong) + more)

    def sealed_otherwise(self, size: int, root: bytes) -> int | None:
        """The first event that is not the one over which a checkpoint was signed, where the tiles prove that.

        The tiles are then no finding: they hold what was sealed.

        Args:
            size: of the checkpoint, whose root is not that of the leaves.
            root: of the checkpoint.
        """
        index = self._differs_at
        if index is None or index >= size:
            return None
        tree = TiledTree(size, self._tiles)
        try:
            verify_inclusion(index, size, tree([(0, index)])[0], tree.inclusion_proof(index), root)
        except VerificationFailed:
            return None
        self._wrong, self._more_wrong = [], 0
        return index

    def _built_size(self) -> int:
        levels = self._findings.or_damaged(self._levels, None) or []
        return next((size // HASH_BYTES for level, _, _, _, size in levels if level == 0), 0)

    def _levels(self) -> list[tuple[int, int, int, int, int]] | None:
        try:
            return self._store.tile_levels()
        except RowMismatch:
            return None

    def _tile(self, level: int, index: int) -> bytes:
        try:
            return self._store.tile(level, index) or b""
        except RowMismatch:
            return b""

    def _hold(self, level: int, index: int, hashes: bytes) -> None:
        width = HASH_BYTES * tile_width(level, index, self._built)
        if not width:
            return
        kept = self._findings.or_damaged(lambda: self._tile(level, index), b"")
        # Sealing may have gone on meanwhile: what is kept may be longer than it was, or than the leaves so far.
        if len(kept) >= min(width, len(hashes)) and kept[: len(hashes)] == hashes[: len(kept)]:
            return
        if level == 0 and self._differs_at is None:
            at = _first_difference(kept, hashes)
            self._differs_at = None if at is None else index * TILE_WIDTH + at
        if self._wrong:
            self._more_wrong += 1
        else:
            first = index << TILE_HEIGHT * (level + 1)
            last = first + (len(hashes) // HASH_BYTES << TILE_HEIGHT * level) - 1
            self._wrong.append(
                f"tile {level}/{index} does not hold the hashes of the events {first} to {last}"
            )

    def _wrong_shape(self, sealed: int, *, is_cut: bool) -> str | None:
        levels = self._levels()
        if levels is None:
            return "the tiles that are kept hold what no ledger writes"
        size = next((length // HASH_BYTES for level, _, _, _, length in levels if level == 0), 0)
        wanted: list[tuple[int, int, int, int, int]] = []
        while size >> TILE_HEIGHT * len(wanted):
            level = len(wanted)
            nodes = size >> TILE_HEIGHT * level
            count = -(-nodes // TILE_WIDTH)
            wanted.append((level, count, 0, count - 1, nodes * HASH_BYTES))
        if levels != wanted:
            return f"the tiles that are kept are not those of a tree of {size} events"
        if size < sealed:
            return f"the tree that is kept holds {size} events, and {sealed} are sealed"
        if not is_cut and size > self._store.size():
            return f"the tree that is kept holds {size} events, which is more than there are"
        return None


def _stand_in(checked: CheckedRow) -> str | None:
    stored = checked.row.leaf
    return stored if type(stored) is str and is_digest(stored) else checked.leaf


def _first_difference(kept: bytes, hashes: bytes) -> int | None:
    for at in range(0, min(len(kept), len(hashes)), HASH_BYTES):
        if kept[at : at + HASH_BYTES] != hashes[at : at + HASH_BYTES]:
            return at // HASH_BYTES
    return None
