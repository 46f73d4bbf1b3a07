"""Whoever serves the published log, with the log's keys or without: shows each reader another log, or an older one.

The auditor follows it with a client that remembers what it saw, and holds no event: all that is published is
checkpoints, tiles and entries.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from claimledger import Ledger
from claimledger.log_client import LogClient
from claimledger.notes import VerifierKey

from .book import Check, attack
from .world import ORIGIN, everywhere, fresh, told


class Published:
    """One log's keys, and two histories that they signed: each at 4 events and at 6, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.keys: tuple[VerifierKey, ...] = ()
        self.notes: dict[str, bytes] = {}
        self.folder = folder
        for history in ("one", "other"):
            with Ledger.create(folder / f"{history}.ledger", origin=ORIGIN, keys=fresh("A")) as ledger:
                self.keys = ledger.log_keys
                for size in (4, 6):
                    for at in range(ledger.size, size):
                        ledger.create_case(f"{history}-{at}", title="A case")
                    self.notes[f"{history}-{size}"] = ledger.seal().data
                    ledger.publish(folder / f"{history}-{size}")


class Follower:
    """An auditor who follows what is served in one folder."""

    def __init__(self, published: Published, folder: Path) -> None:
        self.published = published
        self.served = folder / "served"
        folder.mkdir(exist_ok=True)
        self.client = LogClient(self.served, published.keys, state=folder / "state")

    def serve(self, which: str) -> None:
        shutil.rmtree(self.served, ignore_errors=True)
        shutil.copytree(self.published.folder / which, self.served)

    def told(self, which: str) -> set[str]:
        self.serve(which)
        return told(self.client.follow)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published(tmp_path_factory.mktemp("published"))


@pytest.fixture
def follower(published: Published, tmp_path: Path) -> Follower:
    return Follower(published, tmp_path)


def test_a_log_that_only_grows_is_followed(follower: Follower) -> None:
    assert follower.told("one-4") == follower.told("one-6") == set()


@attack(
    "old checkpoint served (roll-back)",
    found="log.rolled_back",
    by=Check("log_client:LogClient._compare", "raise RolledBack(", "return RolledBack("),
)
def test_an_older_checkpoint_is_served_than_was_seen(follower: Follower) -> set[str]:
    assert follower.told("one-6") == set()
    return follower.told("one-4")


SPLIT = "split view to two auditors"
SEEN = Check("log_client:LogClient._compare", "tiles.root_at(old.size) == old.root", "True")


@attack(SPLIT, found="log.split", by=SEEN)
def test_another_history_is_served_than_was_seen(follower: Follower) -> set[str]:
    assert follower.told("one-4") == set()
    return follower.told("other-6")


@attack(SPLIT, found="log.split", by=SEEN)
def test_another_history_of_the_same_size_is_served(follower: Follower) -> set[str]:
    assert follower.told("one-6") == set()
    return follower.told("other-6")


@attack(
    SPLIT,
    found="log.split",
    by=Check("log_client:LogClient.agrees", "tiles.root_at(signed.size) != signed.root"),
)
def test_two_auditors_compare_the_checkpoints_that_they_were_shown(follower: Follower) -> set[str]:
    assert follower.told("one-6") == set()
    return told(lambda: follower.client.agrees(follower.published.notes["other-4"]))


EDGE = Check(
    "verified_tiles:VerifiedTiles._read_edge", "TiledTree(self.size, _Edge(edge)).root() != self.root"
)
ENTRY = Check(
    "verified_tiles:check_entries",
    "hash_leaf(entry) != hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]",
)


@attack(
    "reorder, insert, remove, duplicate at every place of a small log", found="tile.wrong", by=(EDGE, ENTRY)
)
def test_any_two_leaves_trade_places_in_what_is_served(published: Published, tmp_path: Path) -> set[str]:
    def swapped(at: int) -> set[str]:
        follower = Follower(published, tmp_path / str(at))
        follower.serve("one-6")
        tile = follower.served / "tile" / "0" / "000.p" / "6"
        hashes = [tile.read_bytes()[32 * each : 32 * each + 32] for each in range(6)]
        hashes[at], hashes[at + 1] = hashes[at + 1], hashes[at]
        tile.write_bytes(b"".join(hashes))
        return told(follower.client.follow)

    return everywhere(partial(swapped, at) for at in range(5))


@attack("event from another ledger", found="tile.wrong", by=ENTRY)
def test_the_entries_of_another_log_are_served(follower: Follower) -> set[str]:
    follower.serve("one-6")
    shutil.rmtree(follower.served / "tile" / "entries")
    shutil.copytree(
        follower.published.folder / "other-6" / "tile" / "entries", follower.served / "tile" / "entries"
    )
    return told(follower.client.follow)
