"""Tiles: the tree of a log in files of 256 hashes, and its entries in bundles of 256 (C2SP tlog-tiles).

1. Tile n of level l holds the nodes (8 * l, 256 * n) to (8 * l, 256 * n + 255) of the tree: level 0 the leaf
   hashes, each level above the roots of the full tiles below it. A full tile has 256 hashes of 32 bytes and never
   changes. The last of a level may be partial: it has 1 to 255, and is hashed into no level above.
2. Their names are their addresses: ``tile/0/x001/x234/067`` is tile 1234067 of level 0, ``.p/5`` behind it says
   that it is partial and has 5 hashes, ``tile/entries/...`` is the bundle of the same leaves. Each has one name.
3. A bundle is the leaf entries one after the other, each behind its length in two bytes, big-endian.
4. Whatever lies between the levels of tiles is hashed from them: a proof in a log of n leaves reads at most two
   tiles of each level (O(log n)), and appending reads the last tile of each level and writes new ones.
5. Tiles are not trusted here, only their lengths are checked: what is made from them is held against a
   checkpoint by whoever asks (`merkle.verify_inclusion`, `merkle.verify_consistency`, `TiledTree.root`).

A `TileReader` gives the bytes, from a store, a folder or over a network.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from claimledger.events.errors import InvalidValue, WrongTile

from .merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    MAX_SIZE,
    Frontier,
    consistency_proof,
    hash_children,
    inclusion_proof,
    nodes_over,
)

__all__ = [
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "EntryBundle",
    "GrowingTiles",
    "Tile",
    "TileReader",
    "TiledTree",
    "decode_bundle",
    "encode_bundle",
    "full_tile_root",
    "new_tiles",
    "parse_path",
    "tile_width",
    "tiles_between",
]

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
MAX_LEVEL: Final = 63
MAX_ENTRY_BYTES: Final = 0xFFFF
KEPT_TILES: Final = 64
"""How many tiles a `TiledTree` keeps: some 3 MB."""

_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
).fullmatch


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a tile is, and how many hashes it has.

    Args:
        level: of tiles, from 0.
        index: within the level, from 0.
        width: 1 to 256; 256 is full.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its address, relative to that of the log."""
        return f"tile/{self.level}/{_index_path(self.index, self.width)}"


@dataclass(frozen=True, slots=True)
class EntryBundle:
    """Where a bundle of leaf entries is, and how many it has: index and width are those of the tile of level 0."""

    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its address, relative to that of the log."""
        return f"tile/entries/{_index_path(self.index, self.width)}"


class TileReader(Protocol):
    """Gives the bytes of tiles: one method, so that a store, a folder or a server can stand behind it."""

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile, 32 bytes each; a wider tile that is kept instead is cut down.

        Raises:
            ClaimLedgerError: of the reader's choice, where the tile is not there.
        """
        ...


def parse_path(path: str) -> Tile | EntryBundle:
    """Read the address of a tile or bundle, in its one spelling.

    Raises:
        InvalidValue: it is none.
    """
    match = _PATH(path)
    if match:
        index = int(match["index"].replace("x", "").replace("/", ""))
        width = int(match["width"] or TILE_WIDTH)
        at = (
            EntryBundle(index, width)
            if match["level"] == "entries"
            else Tile(int(match["level"]), index, width)
        )
        # So `.p/256`, further levels, numbers out of range and needless zeros are refused.
        known_level = isinstance(at, EntryBundle) or at.level <= MAX_LEVEL
        if at.path == path and index <= MAX_SIZE // TILE_WIDTH and known_level:
            return at
    raise InvalidValue(
        "no path of a tile: expected tile/LEVEL/INDEX or tile/entries/INDEX, such as tile/0/x001/234.p/5"
    )


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes a tile has in a tree of ``size`` leaves: 0 where it is not there, 256 where it is full."""
    return min(max((size >> TILE_HEIGHT * level) - index * TILE_WIDTH, 0), TILE_WIDTH)


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """The tiles that a tree of ``new`` leaves has and one of ``old`` had not, or not as wide: level by level."""
    level = 0
    while new >> TILE_HEIGHT * level:
        before, now = old >> TILE_HEIGHT * level, new >> TILE_HEIGHT * level
        if now > before:
            for index in range(before // TILE_WIDTH, (now - 1) // TILE_WIDTH + 1):
                yield Tile(level, index, tile_width(level, index, new))
        level += 1


class TiledTree:
    """A tree of a certain size, read from tiles: makes proofs, and counts the tiles that this takes.

    Tiles are kept once they were read, up to `KEPT_TILES`. Not shared between threads.

    Args:
        size: how many leaves the tree has; the reader must have all tiles of a tree of this size.
        reader: gives the tiles.
    """

    __slots__ = ("_kept", "reader", "size", "tiles_read")

    def __init__(self, size: int, reader: TileReader) -> None:
        if type(size) is not int or not 0 <= size <= MAX_SIZE:
            raise InvalidValue(f"a tree has 0 to {MAX_SIZE} leaves, a whole number")
        self.size = size
        self.reader = reader
        self.tiles_read = 0
        self._kept: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def __call__(self, nodes: Sequence[tuple[int, int]], /) -> list[bytes]:
        """The hashes of complete nodes (level, index) of the tree: a `merkle.NodeReader`.

        Raises:
            InvalidValue: the tree has no such node.
            WrongTile: the reader gave a tile of another length.
        """
        return [self._node(level, index) for level, index in nodes]

    def root(self) -> bytes:
        """The root of the tree: 32 bytes."""
        return self.frontier().root() if self.size else EMPTY_ROOT

    def frontier(self) -> Frontier:
        """What has to be kept of the tree in order to append to it."""
        return Frontier(self.size, self(list(nodes_over(0, self.size))))

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The proof that a leaf is in this tree; see `merkle.inclusion_proof`."""
        return inclusion_proof(index, self.size, self)

    def consistency_proof(self, old: int) -> list[bytes]:
        """The proof that this tree has grown from one of ``old`` leaves; see `merkle.consistency_proof`."""
        return consistency_proof(old, self.size, self)

    def _node(self, level: int, index: int) -> bytes:
        if not 0 <= level < 64 or index < 0 or index + 1 << level > self.size:
            raise InvalidValue(f"a tree of {self.size} leaves has no complete node {index} of level {level}")
        tile_level, inside = divmod(level, TILE_HEIGHT)
        tile_index, place = divmod(index << inside, TILE_WIDTH)
        return self._rows(tile_level, tile_index)[inside][place >> inside]

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        """The nodes inside a tile: the hashes that it holds, and above them each row of complete nodes."""
        rows = self._kept.get((level, index))
        if rows is not None:
            self._kept.move_to_end((level, index))
            return rows
        width = tile_width(level, index, self.size)
        row = _split_hashes(self.reader.read(level, index, width), level, index, width)
        self.tiles_read += 1
        rows = [row]
        while len(row) > 1 and len(rows) < TILE_HEIGHT:
            row = [hash_children(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
            rows.append(row)
        self._kept[level, index] = rows
        if len(self._kept) > KEPT_TILES:
            self._kept.popitem(last=False)
        return rows


def new_tiles(
    old_size: int, reader: TileReader, leaf_hashes: Iterable[bytes]
) -> Iterator[tuple[int, int, int, bytes]]:
    """The tiles that arise when leaves are appended, one after the other, in little memory.

    Full tiles come as soon as they are full; when the leaves have ended, the partial tile of each level that
    changed. Together they are the tiles of `tiles_between`.

    Args:
        old_size: how many leaves the tree has.
        reader: gives the partial tiles of the tree as it is: at most one of each level is read.
        leaf_hashes: 32 bytes each.

    Yields:
        Level, index, width and the hashes of each tile, 32 bytes for each of its width.

    Raises:
        InvalidValue: a leaf hash is not 32 bytes.
        WrongTile: the reader gave a tile of another length.
    """
    growing = GrowingTiles(old_size, reader)
    for leaf_hash in leaf_hashes:
        for level, index, data in growing.append(leaf_hash):
            yield level, index, TILE_WIDTH, data
    for level, index, data in growing.partial():
        yield level, index, len(data) // HASH_BYTES, data


class GrowingTiles:
    """The right edge of a tree in tiles, while leaves are appended: a partial tile of each level in memory.

    Args:
        size: how many leaves the tree has.
        reader: gives the partial tiles of the tree as it is; not asked for anything where it is empty.

    Raises:
        WrongTile: the reader gave a tile of another length.
    """

    __slots__ = ("_edges",)

    def __init__(self, size: int, reader: TileReader) -> None:
        self._edges: list[_Edge] = []
        level = 0
        while size >> TILE_HEIGHT * level:
            index, width = divmod(size >> TILE_HEIGHT * level, TILE_WIDTH)
            hashes = _split_hashes(reader.read(level, index, width), level, index, width) if width else []
            self._edges.append(_Edge(index, hashes))
            level += 1

    def append(self, leaf_hash: bytes) -> Sequence[tuple[int, int, bytes]]:
        """Take one more leaf in; gives the tiles that this fills: level, index and hashes.

        Raises:
            InvalidValue: the hash is not 32 bytes.
        """
        if type(leaf_hash) is not bytes or len(leaf_hash) != HASH_BYTES:
            raise InvalidValue("a leaf hash has 32 bytes")
        edges = self._edges
        full: list[tuple[int, int, bytes]] = []
        node, level = leaf_hash, 0
        while True:
            if level == len(edges):
                edges.append(_Edge(0, []))
            edge = edges[level]
            edge.hashes.append(node)
            edge.grew = True
            if len(edge.hashes) < TILE_WIDTH:
                return full
            full.append((level, edge.index, b"".join(edge.hashes)))
            node = _root_of_full(edge.hashes)
            edges[level] = _Edge(edge.index + 1, [])
            level += 1

    def partial(self) -> Iterator[tuple[int, int, bytes]]:
        """The last tile of each level that grew and is not full: level, index and hashes."""
        for level, edge in enumerate(self._edges):
            if edge.grew:
                yield level, edge.index, b"".join(edge.hashes)


class _Edge:
    """The tile at the right end of a level, while it fills."""

    __slots__ = ("grew", "hashes", "index")

    def __init__(self, index: int, hashes: list[bytes]) -> None:
        self.index = index
        self.hashes = hashes
        self.grew = False


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """A bundle of leaf entries.

    Args:
        entries: 1 to 256, of at most 65,535 bytes each.

    Raises:
        InvalidValue: more, or longer ones.
    """
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise InvalidValue(f"a bundle has 1 to {TILE_WIDTH} entries, not {len(entries)}")
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise InvalidValue(f"an entry of a bundle has at most {MAX_ENTRY_BYTES} bytes")
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry)])


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The leaf entries of a bundle.

    Args:
        data: any bytes whatsoever.
        width: how many entries it must have.

    Raises:
        WrongTile: it has another number, or does not end where an entry ends.
    """
    entries: list[bytes] = []
    at = 0
    while at + 2 <= len(data) and len(entries) < width:
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if len(entries) != width or at != len(data):
        raise WrongTile(f"bundle: not {width} entries with their lengths, and nothing else")
    return entries


def full_tile_root(data: bytes) -> bytes:
    """The root over the hashes of a full tile: what the tile above it holds of it.

    Args:
        data: 256 hashes of 32 bytes.

    Raises:
        WrongTile: another length.
    """
    return _root_of_full(_split_hashes(data, 0, 0, TILE_WIDTH))


def _split_hashes(data: bytes, level: int, index: int, width: int) -> list[bytes]:
    if len(data) != width * HASH_BYTES:
        path = Tile(level, index, width).path
        raise WrongTile(f"{path}: {len(data)} bytes, where {width} hashes have {width * HASH_BYTES}")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _root_of_full(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [hash_children(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _index_path(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "".join(f"x{part}/" for part in parts[:-1]) + parts[-1]
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
