"""Tiles that lead to a signed root: whatever comes from here was held against it before.

1. The last tile of each level, while it is partial, is the right edge of the tree: together these tiles are hashed into
   the root, and are right when it is the one that was signed (RFC 6962, section 2.1).
2. A full tile is right when the tile above it, which is held against the root in the same way, has its hash.
3. A bundle of entries is right when each entry hashes to what the tile of level 0 has at its place.
4. Several sources may be asked, one after the other: what one of them gets wrong, the next one may have. No source is
   believed, and only the last one's failure is raised.

So a tile that was changed, cut or put in another's place is found at once, and named, wherever it came from: a store, a
folder, a server. Memory is bounded: `KEPT_TILES` tiles.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from claimledger.events.envelope import hash_leaf
from claimledger.events.errors import CouldNotCheck, InvalidValue, WrongTile

from .merkle import HASH_BYTES
from .tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    EntryBundle,
    Tile,
    TiledTree,
    TileReader,
    full_tile_root,
    tile_width,
)

__all__ = ["VerifiedTiles", "check_entries", "first_right"]

KEPT_TILES: Final = 64

_S = TypeVar("_S")
_T = TypeVar("_T")


class VerifiedTiles:
    """The tiles of a tree whose root is known: a `TileReader` that gives nothing else. Not shared between threads.

    Args:
        size: how many leaves the tree has.
        root: 32 bytes, from a checkpoint that was verified.
        sources: give tiles, right or wrong; asked in this order.
    """

    def __init__(self, size: int, root: bytes, sources: Sequence[TileReader]) -> None:
        self.size = size
        self.root = root
        self._sources = sources
        self._tell: Callable[[Tile, bytes], None] | None = None
        self._edge: dict[int, bytes] | None = None
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def read(self, level: int, index: int, width: int = 0) -> bytes:
        """The first hashes of a tile; all that it has in this tree, where no width is given.

        Raises:
            InvalidValue: the tree has no such tile, or not as wide.
            WrongTile: what the sources have there does not lead to the root.
            CouldNotCheck: the sources do not have it.
        """
        whole = tile_width(level, index, self.size)
        if not 0 <= width <= whole or not whole:
            raise InvalidValue(f"a tree of {self.size} leaves has no tile {level}/{index} of that width")
        data = self.edge()[level] if whole < TILE_WIDTH else self._full(level, index)
        return data[: (width or whole) * HASH_BYTES]

    def edge(self) -> dict[int, bytes]:
        """The partial tile of each level that has one; read and checked once.

        Raises:
            WrongTile, CouldNotCheck: as `read`.
        """
        if self._edge is None:
            self._edge = first_right(self._sources, self._read_edge)
            for level, data in self._edge.items():
                self._found(_partial(level, self.size), data)
        return self._edge

    def root_at(self, size: int) -> bytes:
        """The root of the same tree when it had fewer leaves, or as many: 32 bytes.

        Raises:
            InvalidValue: it never had as many.
            WrongTile, CouldNotCheck: as `read`.
        """
        if not 0 <= size <= self.size:
            raise InvalidValue(f"a tree of {self.size} leaves was none of {size}")
        return TiledTree(size, self).root()

    def has(self, level: int, index: int) -> bool:
        """Whether a tile is at hand, so that reading it asks no source."""
        edge = (self._edge or {}) if tile_width(level, index, self.size) < TILE_WIDTH else ()
        return level in edge or (level, index) in self._kept

    def tell(self, found: Callable[[Tile, bytes], None]) -> None:
        """Call somebody with each tile that is read and right, and its hashes; with those read before, too."""
        self._tell = found
        for level, data in (self._edge or {}).items():
            found(_partial(level, self.size), data)
        for (level, index), data in self._kept.items():
            found(Tile(level, index), data)

    def _found(self, tile: Tile, data: bytes) -> None:
        if self._tell is not None:
            self._tell(tile, data)

    def _full(self, level: int, index: int) -> bytes:
        data = self._kept.get((level, index))
        if data is None:
            above = self.read(level + 1, index // TILE_WIDTH, index % TILE_WIDTH + 1)[-HASH_BYTES:]
            data = first_right(self._sources, lambda source: _read_full(source, Tile(level, index), above))
            self._kept[level, index] = data
            if len(self._kept) > KEPT_TILES:
                self._kept.popitem(last=False)
            self._found(Tile(level, index), data)
        else:
            self._kept.move_to_end((level, index))
        return data

    def _read_edge(self, source: TileReader) -> dict[int, bytes]:
        tiles = [_partial(level, self.size) for level in range(-(-self.size.bit_length() // TILE_HEIGHT))]
        edge = {
            each.level: source.read(each.level, each.index, each.width)
            for each in tiles
            if each.width < TILE_WIDTH
        }
        if TiledTree(self.size, _Edge(edge)).root() != self.root:
            paths = ", ".join(each.path for each in tiles if each.level in edge)
            raise WrongTile(f"{paths}: do not lead to the signed root; one of them was changed or swapped")
        return edge


def first_right(sources: Sequence[_S], read: Callable[[_S], _T]) -> _T:
    """What the first of several sources gives that is there and right.

    Args:
        sources: at least one.
        read: reads and checks.

    Raises:
        WrongTile, CouldNotCheck: no source gave it; the last one's failure.
    """
    for source in sources[:-1]:
        try:
            return read(source)
        except (WrongTile, CouldNotCheck):
            continue
    return read(sources[-1])


def check_entries(bundle: EntryBundle, entries: Sequence[bytes], hashes: bytes) -> None:
    """Hold the entries of a bundle against the tile of level 0 that was verified.

    Args:
        bundle: which it is.
        entries: its leaf entries.
        hashes: 32 bytes for each of them.

    Raises:
        WrongTile: an entry is not the one whose hash is in the tree.
    """
    for place, entry in enumerate(entries):
        if hash_leaf(entry) != hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]:
            raise WrongTile(
                f"{bundle.path}: entry {place} is not the one that was sealed at index "
                f"{bundle.index * TILE_WIDTH + place}; it was changed"
            )


class _Edge:
    """The tiles of the right edge, as a tree reads them."""

    def __init__(self, tiles: dict[int, bytes]) -> None:
        self._tiles = tiles

    def read(self, level: int, index: int, width: int) -> bytes:  # noqa: ARG002 - there is one of each level
        return self._tiles[level]


def _partial(level: int, size: int) -> Tile:
    """The tile that is being filled at a level; of full width where there is none."""
    nodes = size >> TILE_HEIGHT * level
    return Tile(level, nodes // TILE_WIDTH, nodes % TILE_WIDTH or TILE_WIDTH)


def _read_full(source: TileReader, tile: Tile, above: bytes) -> bytes:
    data = source.read(tile.level, tile.index, TILE_WIDTH)
    if full_tile_root(data) != above:
        raise WrongTile(f"{tile.path}: does not lead to the signed root; it was changed or swapped")
    return data
