"""Sealing builds the tree of what is committed, signs it once, and never signs two histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.checkpoint_signer import CheckpointSigner
from claimledger.checkpoints import open_checkpoint
from claimledger.events.errors import ForkRefused, KeyNotAllowed, KeyringError, RowMismatch, WrongTile
from claimledger.log_memory import FileMemory, LogMemory, ProcessMemory, memory_name
from claimledger.merkle import root_of, verify_consistency, verify_inclusion
from claimledger.notes import Ed25519NoteSigner, Ed25519NoteVerifier
from claimledger.recording import Pending, Receipt, Signers
from claimledger.sealer import Sealer, StoredTiles, built_size
from claimledger.store import Store
from claimledger.testing import fixed_ids, seeded_keyring
from claimledger.tiles import TiledTree

ORIGIN = "example.org/sealed"
KEY_STREAM = "00000000-0000-4000-8000-000000000000"
STREAM = "11111111-1111-4111-8111-111111111111"
RECORDER = Signers([seeded_keyring().recorder])
LOG = Ed25519NoteSigner(ORIGIN, seeded_keyring(b"a log").recorder)
OTHER_LOG = Ed25519NoteSigner(ORIGIN, seeded_keyring(b"another").recorder)
VERIFIER = Ed25519NoteVerifier(LOG.key)


def record(store: Store, count: int, seed: bytes = b"events") -> None:
    """Put events into a store, each with an id of its own."""
    new_id = fixed_ids(seed + str(store.size()).encode())
    some = []
    for _ in range(count):
        event_id = new_id()
        some.append(
            Pending(
                type="test.event",
                version=1,
                ledger="0" * 64,
                stream=STREAM,
                id=event_id,
                recorded_at="2025-07-03T16:20:11.000000Z",
                public={},
                commitments={},
                disclosures={},
                signers=RECORDER,
                receipt=Receipt(-1, "", event_id, STREAM, 0, None, None),
            )
        )
    store.append(some, key_stream=KEY_STREAM, key_sequence=0, refold=_unmoved, recheck=_unmoved)


def _unmoved() -> Any:
    raise AssertionError("nobody else writes")


def leaves(store: Store) -> list[bytes]:
    return [bytes.fromhex(row.leaf) for row in store.rows(-1)]


def signer(memory: LogMemory) -> CheckpointSigner:
    return CheckpointSigner([LOG], [VERIFIER], memory)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with_file = Store.create(tmp_path / "a.ledger")
    yield with_file
    with_file.close()


@pytest.fixture
def seal(store: Store, tmp_path: Path) -> Callable[[], bytes]:
    sealer = Sealer(store, ORIGIN, signer(FileMemory(tmp_path / "memory")))
    return lambda: sealer.seal(store.size())


def test_a_checkpoint_has_the_size_and_root_of_the_log(store: Store, seal: Callable[[], bytes]) -> None:
    record(store, 5)
    sealed = open_checkpoint(seal(), [VERIFIER])
    assert (sealed.checkpoint.origin, sealed.size) == (ORIGIN, 5)
    assert sealed.root == root_of(leaves(store))
    assert store.checkpoint() == sealed.data


def test_sealing_twice_gives_the_same_bytes(store: Store, seal: Callable[[], bytes]) -> None:
    record(store, 5)
    assert seal() == seal()
    assert [size for size, _ in store.checkpoints()] == [5]


@given(batches=st.lists(st.integers(1, 300), min_size=1, max_size=4))
def test_every_sealed_size_is_consistent_with_the_ones_before(batches: list[int]) -> None:
    store = Store.create("memory:")
    try:
        sealer = Sealer(store, ORIGIN, signer(ProcessMemory()))
        sealed = []
        for count in batches:
            record(store, count)
            sealed.append(open_checkpoint(sealer.seal(store.size()), [VERIFIER]))
            assert built_size(store) == store.size() == sealed[-1].size
        hashes = leaves(store)
        tree = TiledTree(len(hashes), StoredTiles(store))
        for each in sealed:
            assert each.root == root_of(hashes[: each.size])
            if each.size < tree.size:
                proof = tree.consistency_proof(each.size)
                verify_consistency(each.size, tree.size, each.root, tree.root(), proof)
        for index in (0, len(hashes) // 2, len(hashes) - 1):
            proof = tree.inclusion_proof(index)
            verify_inclusion(index, tree.size, hashes[index], proof, sealed[-1].root)
    finally:
        store.close()


def test_tiles_that_a_crash_left_without_a_checkpoint_are_gone_on_from(
    store: Store, seal: Callable[[], bytes]
) -> None:
    record(store, 300)
    Sealer(store, ORIGIN, signer(ProcessMemory())).seal(
        store.size()
    )  # another hand: its checkpoint is thrown away
    with store._writing() as cursor:
        cursor.execute("DELETE FROM checkpoints")
    record(store, 10)
    assert open_checkpoint(seal(), [VERIFIER]).root == root_of(leaves(store))


def test_a_checkpoint_that_was_signed_but_not_kept_is_kept_as_it_was_signed(
    store: Store, seal: Callable[[], bytes]
) -> None:
    record(store, 7)
    lost = seal()
    with store._writing() as cursor:
        cursor.execute("DELETE FROM checkpoints")
    record(store, 3)
    seal()
    assert store.checkpoint(7) == lost
    assert [size for size, _ in store.checkpoints()] == [7, 10]


def test_tiles_that_were_changed_are_built_anew(store: Store, seal: Callable[[], bytes]) -> None:
    record(store, 7)
    seal()
    with store._writing() as cursor:
        cursor.execute("UPDATE tiles SET hashes=?", (bytes(32 * 7),))
    record(store, 2)
    assert open_checkpoint(seal(), [VERIFIER]).root == root_of(leaves(store))


def test_an_older_copy_that_was_put_back_is_not_sealed(tmp_path: Path) -> None:
    place, memory = tmp_path / "a.ledger", FileMemory(tmp_path / memory_name(ORIGIN))
    store = Store.create(place)
    record(store, 5)
    Sealer(store, ORIGIN, signer(memory)).seal(store.size())
    store.close()
    backup = place.read_bytes()
    store = Store.open(place)
    record(store, 5)
    Sealer(store, ORIGIN, signer(memory)).seal(store.size())
    store.close()
    place.write_bytes(backup)
    store = Store.open(place)
    try:
        with pytest.raises(ForkRefused, match="older copy"):
            Sealer(store, ORIGIN, signer(memory)).seal(store.size())
        record(store, 5, b"others")
        with pytest.raises(ForkRefused, match="over other events"):
            Sealer(store, ORIGIN, signer(memory)).seal(store.size())
        record(store, 5, b"others")
        with pytest.raises(ForkRefused, match="over other events"):
            Sealer(store, ORIGIN, signer(memory)).seal(store.size())
        assert [size for size, _ in store.checkpoints()] == [5]
    finally:
        store.close()


def test_a_hand_that_remembers_nothing_adopts_only_when_told(
    store: Store, seal: Callable[[], bytes], tmp_path: Path
) -> None:
    record(store, 5)
    seal()
    record(store, 1)
    forgetful = Sealer(store, ORIGIN, signer(FileMemory(tmp_path / "elsewhere")))
    with pytest.raises(ForkRefused, match="remembers none"):
        forgetful.seal(store.size())
    assert open_checkpoint(forgetful.seal(store.size(), adopt=True), [VERIFIER]).size == 6


def test_a_memory_that_was_put_back_adopts_only_when_told(
    store: Store, seal: Callable[[], bytes], tmp_path: Path
) -> None:
    record(store, 5)
    before = seal()
    record(store, 5)
    seal()
    FileMemory(tmp_path / "memory").write(before)
    with pytest.raises(ForkRefused, match="remembers one of size 5"):
        seal()
    assert (
        open_checkpoint(
            Sealer(store, ORIGIN, signer(FileMemory(tmp_path / "memory"))).seal(store.size(), adopt=True),
            [VERIFIER],
        ).size
        == 10
    )


def test_a_checkpoint_that_nobody_signed_is_not_adopted(store: Store, tmp_path: Path) -> None:
    record(store, 5)
    forged = CheckpointSigner([OTHER_LOG], [Ed25519NoteVerifier(OTHER_LOG.key)], ProcessMemory())
    Sealer(store, ORIGIN, forged).seal(store.size())
    with pytest.raises(KeyNotAllowed):
        Sealer(store, ORIGIN, signer(FileMemory(tmp_path / "memory"))).seal(store.size(), adopt=True)
    assert not (tmp_path / "memory").exists()


def test_a_row_that_was_changed_is_not_sealed(store: Store, seal: Callable[[], bytes]) -> None:
    record(store, 5)
    with store._writing() as cursor:
        cursor.execute("UPDATE events SET leaf=? WHERE idx=3", ("0" * 64,))
    with pytest.raises(RowMismatch, match="index 3"):
        seal()
    assert store.checkpoint() is None


def test_a_row_that_is_gone_is_not_sealed_over(store: Store, seal: Callable[[], bytes]) -> None:
    record(store, 5)
    with store._writing() as cursor:
        cursor.execute("DELETE FROM events WHERE idx=2")
    with pytest.raises(RowMismatch, match="index 3"):
        seal()


def test_a_memory_that_cannot_be_written_releases_nothing(store: Store, tmp_path: Path) -> None:
    record(store, 5)
    with pytest.raises(KeyringError, match="cannot be signed there"):
        Sealer(store, ORIGIN, signer(FileMemory(tmp_path / "nowhere" / "memory"))).seal(store.size())
    assert store.checkpoint() is None


def test_a_memory_that_holds_no_checkpoint_stops_the_hand(
    store: Store, seal: Callable[[], bytes], tmp_path: Path
) -> None:
    record(store, 5)
    (tmp_path / "memory").write_bytes(b"something else\n")
    with pytest.raises(Exception, match="note"):
        seal()


def test_a_tile_that_was_not_built_is_named(store: Store) -> None:
    with pytest.raises(WrongTile, match="tile 0/0"):
        TiledTree(3, StoredTiles(store)).root()


@given(changes=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=6))
def test_whatever_is_put_back_the_hand_never_signs_two_histories(changes: list[tuple[int, bool]]) -> None:
    """Each step records events, some of another history; what gets signed is always one history."""
    memory = ProcessMemory()
    signed: list[tuple[int, bytes]] = []
    history: list[bytes] = []
    for step, (count, keeps) in enumerate(changes):
        store = Store.create("memory:")
        try:
            seeds = [*history, str(step).encode()] if keeps else [str(step).encode() + b"other"]
            for seed in seeds:
                record(store, count, seed)
            try:
                sealed = open_checkpoint(Sealer(store, ORIGIN, signer(memory)).seal(store.size()), [VERIFIER])
            except ForkRefused:
                continue
            history = seeds
            hashes = leaves(store)
            assert sealed.root == root_of(hashes)
            for size, root in signed:
                assert root_of(hashes[:size]) == root
            signed.append((sealed.size, sealed.root))
        finally:
            store.close()
