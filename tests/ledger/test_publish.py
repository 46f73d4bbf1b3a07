"""The sealed log is published as files: whole at every moment, the same however it grew, and without content."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from claimledger import (
    ForkRefused,
    InvalidInput,
    Keyring,
    Ledger,
    NotSealed,
    RowMismatch,
    VerificationFailed,
    WrongTile,
)
from claimledger.cli import app
from claimledger.events import Organisation
from claimledger.events.envelope import hash_leaf
from claimledger.log_client import LogClient
from claimledger.log_folder import LogFolder
from claimledger.store import Store
from claimledger.testing import seeded_keyring
from claimledger.tiles import EntryBundle, decode_bundle, parse_path, tiles_between
from claimledger.witness import Witness
from tests.ledger.published import ORIGIN, files_of, grow, keys_of, leaves_of, ledger_in_memory
from tests.ledger.test_erasing import WORDS, filled, found_in


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with ledger_in_memory() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published"


def published_leaves(folder: Path, size: int) -> list[str]:
    """The leaf hashes of the entries in a folder."""
    leaves = []
    for index in range(-(-size // 256)):
        width = min(size - 256 * index, 256)
        data = (folder / EntryBundle(index, width).path).read_bytes()
        leaves += [hash_leaf(entry).hex() for entry in decode_bundle(data, width)]
    return leaves


def test_the_files_are_those_of_the_standard(ledger: Ledger, folder: Path) -> None:
    grow(ledger, 300)
    done = ledger.publish(folder)
    assert set(files_of(folder)) == {
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    }
    assert (done.origin, done.size, done.before, done.written) == (ORIGIN, 300, 0, 6)
    checkpoint = ledger.checkpoint()
    assert checkpoint is not None
    assert (folder / "checkpoint").read_bytes() == checkpoint.data
    assert published_leaves(folder, 300) == leaves_of(ledger, 300)


@settings(max_examples=6, deadline=None)
@given(sizes=st.lists(st.integers(3, 540), min_size=1, max_size=4).map(sorted))
def test_however_a_log_grew_the_same_leaves_and_tiles_are_published(
    sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("published")
    with ledger_in_memory() as ledger:
        for size in sizes:
            grow(ledger, size)
            assert ledger.publish(folder / "grown").size == size
        ledger.publish(folder / "at once")
        assert published_leaves(folder / "grown", sizes[-1]) == leaves_of(ledger, sizes[-1])
    grown, at_once = files_of(folder / "grown"), files_of(folder / "at once")
    wanted = {tile.path for tile in tiles_between(0, sizes[-1])}
    assert wanted <= at_once.keys()
    assert at_once.items() <= grown.items()
    for path in grown.keys() - at_once.keys():
        partial = parse_path(path)
        assert partial.width < 256
        assert f"{path.partition('.p/')[0]}" not in grown, "a partial tile is left beside its full one"


def test_only_what_is_new_is_written(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    grow(ledger, 600)
    assert ledger.publish(folder).written == 8
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    grow(ledger, 601)
    assert ledger.publish(folder).written == 3, "a tile, a bundle, the checkpoint"
    for path in (folder / "tile/0/000", folder / "tile/entries/001", folder / "tile/1/000.p/2"):
        assert path.stat().st_mtime_ns == before[path]
    assert ledger.publish(folder).written == 0


def test_only_new_rows_are_read(ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(ledger, 600)
    ledger.publish(folder)
    grow(ledger, 601)
    started_after: list[int | None] = []
    rows = Store.rows

    def watched(self: Store, after: int | None = None, stream: str | None = None) -> object:
        if stream is None:
            started_after.append(after)
        return rows(self, after, stream)

    monkeypatch.setattr(Store, "rows", watched)
    ledger.publish(folder)
    assert started_after == [511]


def test_the_keys_are_not_looked_for_along_the_whole_log(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(ledger, 20)
    ledger.publish(folder)
    asked: list[str] = []
    one = Store._one

    def watched(self: Store, statement: str, *parameters: object) -> object:
        asked.append(statement)
        return one(self, statement, *parameters)

    monkeypatch.setattr(Store, "_one", watched)
    ledger.publish(folder)
    assert any("ORDER BY originator_version DESC" in each for each in asked)
    assert not any("+originator_id" in each for each in asked)


def test_partial_tiles_stay_until_the_full_one_is_there(ledger: Ledger, folder: Path) -> None:
    for size in (100, 200):
        grow(ledger, size)
        ledger.publish(folder)
    assert {"tile/0/000.p/100", "tile/entries/000.p/100"} <= files_of(folder).keys()
    grow(ledger, 256)
    ledger.publish(folder)
    assert set(files_of(folder)) == {"checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"}


def test_checkpoints_that_were_not_published_can_be_proven_too(ledger: Ledger, folder: Path) -> None:
    for size in (100, 300, 310, 320):
        grow(ledger, size)
    ledger.publish(folder)
    partial = {path for path in files_of(folder) if "001.p/" in path}
    assert partial == {f"tile/{what}/001.p/{width}" for what in ("0", "entries") for width in (44, 54, 64)}


def test_a_reader_finds_every_file_at_every_moment(
    ledger: Ledger, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(ledger, 250)
    ledger.publish(folder)
    grow(ledger, 600)
    seen: list[int] = []

    def look() -> None:
        state = tmp_path / f"state{len(seen)}"
        seen.append(LogClient(folder, keys_of(ledger), state=state).follow().checkpoint.size)

    for name in ("put", "put_checkpoint", "drop_partials"):
        original = getattr(LogFolder, name)

        def watched(self: LogFolder, *arguments: object, original: object = original) -> None:
            look()
            original(self, *arguments)  # type: ignore[operator]
            look()

        monkeypatch.setattr(LogFolder, name, watched)
    ledger.publish(folder)
    assert seen == sorted(seen)
    assert set(seen) == {250, 600}


@pytest.mark.parametrize("step", range(12))
def test_stopped_at_any_step_publishing_again_mends_it(
    step: int, ledger: Ledger, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(ledger, 250)
    ledger.publish(folder)
    grow(ledger, 600)
    ledger.publish(tmp_path / "clean")
    steps = 0

    class Stopped(BaseException):
        pass

    for name in ("put", "put_checkpoint", "drop_partials"):
        original = getattr(LogFolder, name)

        def stops(self: LogFolder, *arguments: object, original: object = original) -> None:
            nonlocal steps
            if steps == step:
                raise Stopped
            steps += 1
            original(self, *arguments)  # type: ignore[operator]

        monkeypatch.setattr(LogFolder, name, stops)
    with pytest.raises(Stopped):
        ledger.publish(folder)
    monkeypatch.undo()
    found = LogClient(folder, keys_of(ledger), state=tmp_path / "state").follow()
    assert found.checkpoint.size in (250, 600)
    ledger.publish(folder, everything=True)
    assert files_of(folder) == files_of(tmp_path / "clean")


DIES = """
import os, sys
from claimledger import Ledger
from claimledger import disk, log_folder
place, folder, step = sys.argv[1:]
real, left = os.replace, int(step)
def dies(path, target):
    global left
    if not left:
        os._exit(9)
    left -= 1
    real(path, target)
    return target
from pathlib import Path
Path.replace = dies
with Ledger.open(place, read_only=True) as ledger:
    ledger.publish(folder)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 1, 4, 5])
def test_killed_while_it_writes_a_half_file_is_never_seen(step: int, tmp_path: Path) -> None:
    keys = Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    place, folder = tmp_path / "a.ledger", tmp_path / "published"
    with Ledger.create(place, origin=ORIGIN, keys=keys) as ledger:
        grow(ledger, 100)
        ledger.publish(folder)
        grow(ledger, 300)
        known = keys_of(ledger)
    killed = subprocess.run([sys.executable, "-c", DIES, str(place), str(folder), str(step)], check=False)
    assert killed.returncode == 9
    assert LogClient(folder, known, state=tmp_path / "state").follow().checkpoint.size == 100
    with Ledger.open(place, read_only=True) as ledger:
        ledger.publish(folder)
        ledger.publish(tmp_path / "clean")
    assert files_of(folder) == files_of(tmp_path / "clean")
    assert LogClient(folder, known, state=tmp_path / "state").follow().checkpoint.size == 300


def test_what_is_missing_or_changed_is_written_again_where_everything_is_looked_at(
    ledger: Ledger, folder: Path
) -> None:
    grow(ledger, 300)
    ledger.publish(folder)
    whole = files_of(folder)
    (folder / "tile/0/000").unlink()
    (folder / "tile/entries/000").write_bytes(b"changed")
    assert ledger.publish(folder).written == 0
    assert ledger.publish(folder, everything=True).written == 2
    assert files_of(folder) == whole


def test_cosignatures_that_came_later_are_published(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    grow(ledger, 10)
    ledger.publish(folder)
    witness = Witness.create(tmp_path / "w", name="witness.example.org/w", passphrase=None, plain=True)
    witness.add_log(ledger.log_keys)
    ledger.add_cosignatures(witness.cosign(ledger.witness_request()), witness.keys)
    assert ledger.publish(folder).written == 1
    assert b"witness.example.org/w" in (folder / "checkpoint").read_bytes()


def test_nothing_is_published_that_is_not_sealed(ledger: Ledger, folder: Path) -> None:
    with pytest.raises(NotSealed, match="nothing is sealed yet"):
        ledger.publish(folder)
    assert not folder.exists()
    grow(ledger, 10)
    ledger.register_entity("later", Organisation(label="Later"))
    assert ledger.publish(folder).size == 10


def test_a_folder_of_another_log_is_left_alone(ledger: Ledger, folder: Path) -> None:
    grow(ledger, 10)
    ledger.publish(folder)
    whole = files_of(folder)
    with Ledger.create("memory:", origin="example.org/other", keys=Keyring.in_memory(seed=b"other")) as other:
        grow(other, 20)
        with pytest.raises(InvalidInput, match="that of another log"):
            other.publish(folder)
    with ledger_in_memory(b"a stranger's keys") as stranger:
        grow(stranger, 20)
        with pytest.raises(InvalidInput, match="that of another log"):
            stranger.publish(folder)
    assert files_of(folder) == whole
    (folder / "checkpoint").write_text("about our log\n")
    with pytest.raises(InvalidInput, match="that of another log"):
        ledger.publish(folder)


def test_a_folder_that_goes_on_further_is_left_alone(ledger: Ledger, folder: Path) -> None:
    grow(ledger, 80)
    ledger.publish(folder)
    whole = files_of(folder)
    with ledger_in_memory() as older:
        grow(older, 72)
        with pytest.raises(ForkRefused, match=r"80 events .* are published there, and 72 are sealed here"):
            older.publish(folder)
    assert files_of(folder) == whole


@pytest.mark.parametrize("size", [80, 90])
def test_a_folder_with_another_history_of_the_log_is_left_alone(
    size: int, ledger: Ledger, folder: Path
) -> None:
    grow(ledger, 80)
    ledger.publish(folder)
    whole = files_of(folder)
    with ledger_in_memory(ids=b"another history") as other:
        grow(other, size)
        with pytest.raises(ForkRefused, match="two histories"):
            other.publish(folder)
    assert files_of(folder) == whole


def test_a_ledger_that_was_changed_after_it_was_sealed_publishes_nothing(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(ledger, 80)
    ledger.publish(folder)
    whole = files_of(folder)
    grow(ledger, 90)
    rows = Store.rows

    def swapped(self: Store, after: int | None = None, stream: str | None = None) -> object:
        for row in rows(self, after, stream):
            other = self.row_at(84)
            assert other is not None
            yield row if row.index != 85 else replace(other, index=85)

    monkeypatch.setattr(Store, "rows", swapped)
    with pytest.raises(WrongTile, match="sealed at index 85"):
        ledger.publish(folder)
    monkeypatch.setattr(Store, "rows", lambda self, *given: (r for r in rows(self, *given) if r.index != 85))
    with pytest.raises(RowMismatch, match="index 85: there is no event"):
        ledger.publish(folder)
    monkeypatch.setattr(Store, "rows", rows)
    tile = Store.tile
    monkeypatch.setattr(Store, "tile", lambda self, *at: bytes(reversed(tile(self, *at) or b"")))
    with pytest.raises(VerificationFailed):
        ledger.publish(folder)
    assert (folder / "checkpoint").read_bytes() == whole["checkpoint"]
    assert {path: data for path, data in files_of(folder).items() if path in whole} == whole


def test_nothing_of_the_content_goes_out(tmp_path: Path, folder: Path) -> None:
    with Ledger.create(
        tmp_path / "a.ledger", origin=ORIGIN, keys=seeded_keyring(holder="Qrecorder")
    ) as ledger:
        filled(ledger.create_case("qcaseq", title="Qtitle of the case"))
        ids = [
            part for each in ledger.events() for part in (each.id, each.stream, str(each.recorded_at)[:19])
        ]
        ledger.seal()
        size = ledger.publish(folder).size
    files = files_of(folder)
    assert (
        found_in(b"\n".join(files.values()), (*WORDS, *ids, "Qrecorder", "qcaseq", "Qtitle of the case"))
        == []
    )
    assert set(files) == {"checkpoint", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}"}
    # A length, a digest, a keyid and a signature each; the recorder's key was signed for by the root and by itself.
    assert len(files[f"tile/entries/000.p/{size}"]) == size * (2 + 32 + 96) + 96


def test_others_may_read_what_is_published_whatever_the_mask_says(ledger: Ledger, folder: Path) -> None:
    grow(ledger, 300)
    mask = os.umask(0o077)
    try:
        ledger.publish(folder)
    finally:
        os.umask(mask)
    for path in (folder, *folder.rglob("*")):
        if not path.name.startswith("."):
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_a_place_that_cannot_be_written_is_said(ledger: Ledger, tmp_path: Path) -> None:
    grow(ledger, 10)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidInput, match="cannot be published there"):
        ledger.publish(tmp_path / "file" / "below")


def test_the_command_says_what_it_wrote_and_how_to_watch_it(tmp_path: Path, folder: Path) -> None:
    keys = Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin=ORIGIN, keys=keys) as ledger:
        known = keys_of(ledger)
    run = CliRunner().invoke
    refused = run(app, ["publish", str(place), str(folder)])
    assert (refused.exit_code, "nothing is sealed yet" in refused.output) == (3, True)
    with Ledger.open(place, keys) as ledger:
        grow(ledger, 12)
    first = run(app, ["publish", str(place), str(folder)])
    assert first.exit_code == 0
    assert f"published: 12 events of {ORIGIN}, 12 of them new; 3 files written" in first.output
    assert "claimledger monitor PLACE --key log.keys" in first.output
    again = run(app, ["publish", str(place), str(folder), "--json"])
    assert json.loads(again.output) == {
        "shape": 1,
        "folder": str(folder),
        "origin": ORIGIN,
        "size": 12,
        "before": 12,
        "files": 0,
        "log_keys": known,
    }
