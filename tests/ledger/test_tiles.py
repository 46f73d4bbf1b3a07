"""Tiles: their addresses, what is in them, the proofs made from them, and how they grow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.errors import ClaimLedgerError, InvalidValue, WrongTile
from claimledger.merkle import (
    MAX_SIZE,
    Frontier,
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    nodes_of,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from claimledger.tiles import (
    EntryBundle,
    Tile,
    TiledTree,
    decode_bundle,
    encode_bundle,
    new_tiles,
    parse_path,
    tile_width,
    tiles_between,
)


def leaves(start: int, end: int) -> Iterator[bytes]:
    return (hash_leaf(number.to_bytes(8, "big")) for number in range(start, end))


class Shelf:
    """Tiles in memory, the widest of each place, as a log keeps them."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.tiles[level, index][: width * 32]

    def grow(self, size: int) -> list[Tile]:
        grown = []
        for level, index, width, data in new_tiles(self.size, self, leaves(self.size, size)):
            assert len(data) == width * 32
            self.tiles[level, index] = data
            grown.append(Tile(level, index, width))
        self.size = size
        return grown


@pytest.fixture(scope="module")
def log() -> Shelf:
    """A log of 70,000 leaves, the example of tlog-tiles."""
    shelf = Shelf()
    shelf.grow(70_000)
    return shelf


@pytest.mark.parametrize(
    ("at", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 1234, 5), "tile/0/x001/234.p/5"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
        (EntryBundle(1000), "tile/entries/x001/000"),
        (EntryBundle(7, 1), "tile/entries/007.p/1"),
    ],
)
def test_the_address_of_a_tile_is_that_of_the_specification(at: Tile | EntryBundle, path: str) -> None:
    assert at.path == path
    assert parse_path(path) == at


@given(
    level=st.integers(0, 63),
    index=st.integers(0, MAX_SIZE // 256),
    width=st.integers(1, 256),
    bundle=st.booleans(),
)
def test_every_address_leads_back(level: int, index: int, width: int, bundle: bool) -> None:
    at = EntryBundle(index, width) if bundle else Tile(level, index, width)
    assert parse_path(at.path) == at


@pytest.mark.parametrize(
    "path",
    """tile/0/0 tile/0/00 tile/0/0000 tile/0/x000/001 tile/0/001/234 tile/0/x001/x234 tile/00/001 tile/64/001
    tile/-1/001 tile/0/001.p/0 tile/0/001.p/256 tile/0/001.p/05 tile/0/001.p/ tile/0/001.p tile/0/-01 tile/entries/1
    tile/data/001 /tile/0/001 tile/0/001/ tile/0/../001 tile//001 tile/0/x1/001
    tile/0/x999/x999/x999/x999/x999/x999/999 checkpoint
    tile/0/\u0661\u0661\u0661""".split(),
)
def test_another_spelling_of_an_address_is_refused(path: str) -> None:
    for spelling in (path, f"{path}\n", f" {path}"):
        with pytest.raises(InvalidValue, match="no path of a tile"):
            parse_path(spelling)


@given(path=st.text(max_size=60) | st.from_regex(r"tile/([0-9]{1,3}|entries)/[x0-9/]{1,20}(\.p/[0-9]{1,4})?"))
def test_any_text_is_an_address_or_refused(path: str) -> None:
    try:
        at = parse_path(path)
    except InvalidValue:
        return
    assert at.path == path


def test_a_tree_of_70000_leaves_has_the_tiles_of_the_specification(log: Shelf) -> None:
    tiles = list(tiles_between(0, 70_000))
    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert [each for each in tiles if each.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_between(0, 256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert {(each.level, each.index): each.width for each in tiles} == {
        place: len(data) // 32 for place, data in log.tiles.items()
    }


def test_tiles_hold_the_roots_of_what_is_below_them(log: Shelf) -> None:
    everything = list(leaves(0, 70_000))
    assert log.read(0, 3, 256) == b"".join(everything[768:1024])
    assert log.read(1, 1, 17)[-32:] == root_of(everything[272 * 256 : 273 * 256])
    assert log.read(2, 0, 1) == root_of(everything[:65_536])


@given(sizes=st.lists(st.integers(0, 1500), min_size=1, max_size=6))
def test_a_log_that_grows_in_steps_writes_the_tiles_that_arise_and_no_others(sizes: list[int]) -> None:
    shelf, frontier = Shelf(), Frontier()
    for size in sorted(sizes):
        old = shelf.size
        frontier.extend(leaves(old, size))
        grown = shelf.grow(size)
        assert sorted(grown, key=lambda tile: (tile.level, tile.index)) == list(tiles_between(old, size))
        tree = TiledTree(size, shelf)
        assert tree.root() == frontier.root()
        assert tree.frontier().hashes == frontier.hashes


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 70_000])
def test_proofs_from_tiles_are_those_of_a_list(log: Shelf, size: int) -> None:
    tree = TiledTree(size, log)
    root = tree.root()
    if size <= 600:
        everything = list(leaves(0, size))
        assert root == root_of(everything)
        for index in {0, 1, size // 3, size // 2, size - 1}:
            if index < size:
                assert tree.inclusion_proof(index) == inclusion_proof(index, size, nodes_of(everything))
                assert tree.consistency_proof(index + 1) == consistency_proof(
                    index + 1, size, nodes_of(everything)
                )
    for index in {0, size // 7, size // 2, size - 1}:
        [leaf] = leaves(index, index + 1)
        verify_inclusion(index, size, leaf, tree.inclusion_proof(index), root)
        verify_consistency(
            index + 1, size, TiledTree(index + 1, log).root(), root, tree.consistency_proof(index + 1)
        )


def test_a_proof_reads_at_most_two_tiles_of_each_level(log: Shelf) -> None:
    for index in (0, 1, 255, 256, 40_000, 65_535, 65_536, 69_887, 69_999):
        tree = TiledTree(70_000, log)
        tree.inclusion_proof(index)
        assert tree.tiles_read <= 5
        before = tree.tiles_read
        tree.inclusion_proof(index)
        assert tree.tiles_read == before


def test_many_proofs_keep_few_tiles(log: Shelf) -> None:
    tree = TiledTree(70_000, log)
    for index in range(0, 70_000, 256):
        tree.inclusion_proof(index)
    assert len(tree._kept) == 64


def test_a_tile_that_was_changed_makes_proofs_that_do_not_hold(log: Shelf) -> None:
    shelf = Shelf()
    shelf.tiles = dict(log.tiles)
    root = TiledTree(70_000, log).root()
    tile = shelf.tiles[0, 100]
    shelf.tiles[0, 100] = bytes(32) + tile[32:]
    assert TiledTree(70_000, shelf).root() == root  # the levels above hold what was hashed then
    [leaf] = leaves(25_601, 25_602)
    with pytest.raises(ClaimLedgerError, match="lead"):
        verify_inclusion(25_601, 70_000, leaf, TiledTree(70_000, shelf).inclusion_proof(25_601), root)


class Cut:
    def __init__(self, give: bytes) -> None:
        self.give = give

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.give


@pytest.mark.parametrize("give", [b"", bytes(31), bytes(32 * 2), bytes(32 * 4), bytes(32 * 256)])
def test_a_tile_of_another_length_is_wrong(give: bytes) -> None:
    with pytest.raises(WrongTile, match=r"tile/0/000\.p/3"):
        TiledTree(3, Cut(give)).root()
    with pytest.raises(WrongTile, match=r"tile/0/000\.p/3"):
        list(new_tiles(3, Cut(give), leaves(3, 4)))


@pytest.mark.parametrize("node", [(0, 3), (1, 1), (2, 0), (0, -1), (-1, 0), (70, 0)])
def test_a_tree_has_only_complete_nodes(node: tuple[int, int]) -> None:
    with pytest.raises(InvalidValue, match="no complete node"):
        TiledTree(3, Cut(bytes(96)))([node])


@pytest.mark.parametrize("size", [-1, MAX_SIZE + 1, True, 1.0])
def test_a_tree_of_an_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(InvalidValue):
        TiledTree(size, Cut(b""))


def test_an_empty_tree_has_no_tiles_and_the_empty_root() -> None:
    tree = TiledTree(0, Cut(b"unread"))
    assert tree.root() == root_of([])
    assert tree.tiles_read == 0
    assert not list(tiles_between(0, 0))
    assert not list(new_tiles(0, Cut(b""), []))


def test_a_leaf_hash_of_another_length_is_not_taken_in() -> None:
    with pytest.raises(InvalidValue, match="32 bytes"):
        list(new_tiles(0, Cut(b""), [bytes(31)]))


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=256))
def test_a_bundle_leads_back_to_its_entries(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


def test_a_bundle_is_lengths_and_entries() -> None:
    assert encode_bundle([b"ab", b"", b"c" * 258]) == b"\0\2ab\0\0\1\2" + b"c" * 258


@pytest.mark.parametrize("entries", [[], [b""] * 257, [bytes(65_536)]])
def test_what_does_not_fit_a_bundle_is_refused(entries: list[bytes]) -> None:
    with pytest.raises(InvalidValue):
        encode_bundle(entries)


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"", 1),
        (b"\0", 1),
        (b"\0\1", 1),
        (b"\0\1a\0", 1),
        (b"\0\1a\0\0", 1),
        (b"\0\1a", 2),
        (b"\0\0", 0),
        (b"\xff\xff", 1),
    ],
)
def test_a_bundle_that_is_cut_or_has_more_is_wrong(data: bytes, width: int) -> None:
    with pytest.raises(WrongTile):
        decode_bundle(data, width)


@given(data=st.binary(max_size=300), width=st.integers(0, 256))
def test_any_bytes_are_a_bundle_or_wrong(data: bytes, width: int) -> None:
    try:
        entries = decode_bundle(data, width)
    except WrongTile:
        return
    assert not entries or encode_bundle(entries) == data


def test_a_tile_is_as_wide_as_the_tree_fills_it() -> None:
    assert [tile_width(0, 1, size) for size in (0, 256, 257, 511, 512, 10_000)] == [0, 0, 1, 255, 256, 256]
    assert tile_width(1, 0, 70_000) == 256
    assert tile_width(1, 1, 70_000) == 17
