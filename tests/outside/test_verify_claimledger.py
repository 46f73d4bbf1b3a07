"""The verifier that a stranger runs: one file, in an interpreter that has nothing of ours, held to the specification.

Bundles are made by `bundle_maker`, from the specification too: golden, and broken in hundreds of named ways.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tokenize
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.bundles import variants as library
from tests.conftest import Need
from tests.outside import broken_bundles
from tests.outside.broken_bundles import VARIANTS
from tests.outside.bundle_maker import World, archive, with_manifests
from tests.outside.golden import Golden, golden
from tests.outside.verifiers import SCRIPT, Verdicts, by_library, by_node, by_script

GOLDEN = broken_bundles.GOLDEN / "golden.zip"
LEDGER_ID = (broken_bundles.GOLDEN / "golden.id").read_text().strip()
LINES, COLUMNS = 400, 120  # of the script
FEW = (
    "golden",
    "signature-flipped",
    "signature-high-s",
    "key-added-not-by-itself",
    "checkpoint-signature-flipped",
)
DISPUTED = 3  # the exit status of the golden bundle: one of its records is disputed
SOME = sorted({*sorted(VARIANTS)[::6], *FEW})  # all of them are slow


def run(*arguments: str | Path, bare: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the script apart from everything; `bare` leaves it the standard library and openssl only."""
    options = ["-B", "-I", "-S"] if bare else ["-B", "-I"]
    return subprocess.run(
        [sys.executable, *options, str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def status_of(codes: Iterable[str], *, disputed: bool = False) -> int:
    """The exit status that codes lead to."""
    listed = list(codes)
    return 1 if any(not code.startswith("unchecked.") for code in listed) else 3 if listed or disputed else 0


def written(
    folder: Path, bundles: Iterable[tuple[str, bytes]], ledger: str = LEDGER_ID, also: Iterable[str] = ()
) -> Path:
    """A folder with some bundles of one ledger in it, for the verifiers."""
    names = [*also]
    for name, data in bundles:
        (folder / f"{name}.zip").write_bytes(data)
        names.append(name)
    (folder / "expected.json").write_text(json.dumps({name: {"ledger": ledger} for name in names}))
    return folder


def agreed(folder: Path, need: Need[str]) -> Verdicts:
    """What all three verifiers say of the bundles in a folder: the same."""
    mine = by_script(folder)
    assert by_node(folder, need) == mine
    assert by_library(folder) == mine
    return mine


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broken")
    broken_bundles.write(folder, SOME)
    return folder


@pytest.fixture(scope="session")
def found(broken: Path) -> Verdicts:
    return by_script(broken)


def test_the_golden_bundle_is_the_one_that_the_specification_makes() -> None:
    data, ledger = golden()
    assert GOLDEN.read_bytes() == data
    assert ledger == LEDGER_ID


def test_the_golden_bundle_holds_and_is_told_in_plain_words() -> None:
    done = run(GOLDEN, "--trust", LEDGER_ID)
    assert (done.returncode, done.stderr) == (DISPUTED, "")
    assert done.stdout.splitlines()[3:6] == [
        "  record 8: entity.name is withheld (left out on purpose, as it says)",
        "  record 11: claim.text is erased on the authority of the speaker: asked for it",
        "  record 14 is disputed: its key was revoked later, as of before it",
    ]
    assert "RESULT: not all could be checked" in done.stdout
    assert "he died" not in done.stdout


def test_a_bundle_in_which_nothing_is_disputed_holds_altogether(broken: Path) -> None:
    files, ledger = VARIANTS["opening-well"][0]()
    (broken / "well.zip").write_bytes(archive(files))
    done = run(broken / "well.zip", "--trust", ledger)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("RESULT: all holds\n")


def test_openssl_alone_does(with_openssl: str) -> None:
    arguments = (GOLDEN, "--trust", LEDGER_ID)
    done = run(*arguments, bare=True)
    assert (done.returncode, done.stderr) == (DISPUTED, "")
    assert done.stdout == run(*arguments).stdout


def test_a_bundle_that_is_held_against_no_id_could_not_be_checked() -> None:
    done = run(GOLDEN)
    assert done.returncode == 3
    assert "WHICH YOU DID NOT NAME (--trust)" in done.stdout
    other = run(GOLDEN, "--trust", "0" * 64)
    assert other.returncode == 1
    assert run(GOLDEN, "--trust", LEDGER_ID.upper()).returncode == DISPUTED
    assert run(GOLDEN, "--trust", "").returncode == 2
    assert "ledger.other: This is not the ledger that you named." in other.stdout


def test_what_is_found_is_told_by_its_code_the_record_and_words(broken: Path) -> None:
    done = run(broken / "signature-flipped.zip", "--trust", LEDGER_ID)
    assert done.returncode == 1
    assert re.findall(r"^[a-z._]+: .*$", done.stdout, re.MULTILINE) == [
        "signature.wrong: record 22: It, or its signature, was changed after it was signed."
    ]
    assert done.stdout.endswith("RESULT: SOMETHING IS WRONG\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["/nowhere.zip"],
        [str(GOLDEN), "--trust", "x"],
        [str(GOLDEN), "--wrong"],
    ],
)
def test_wrong_usage_is_2_and_shows_no_traceback(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_there_are_hundreds_of_broken_bundles() -> None:
    assert sum(bool(codes) for _, codes in VARIANTS.values()) > 500


@pytest.mark.parametrize("name", SOME)
def test_each_defect_is_found_as_what_it_is(name: str, found: Verdicts) -> None:
    codes = list(VARIANTS[name][1])
    assert found[name].codes == codes
    # A record of the golden bundle is disputed; those that only begin a ledger have none.
    assert found[name].status == status_of(codes, disputed=not name.startswith("opening-"))


def test_a_verifier_in_another_language_agrees_on_all(broken: Path, found: Verdicts, need: Need[str]) -> None:
    """It was written from the specification as well: where the two part, the pages do not suffice."""
    assert by_node(broken, need) == found


def test_the_library_agrees_on_all(broken: Path, found: Verdicts) -> None:
    assert by_library(broken) == found


def test_openssl_finds_the_same_in_a_few(broken: Path, found: Verdicts, with_openssl: str) -> None:
    assert by_script(broken, FEW, bare=True) == {name: found[name] for name in FEW}


@pytest.mark.slow
def test_all_agree_on_every_defect(tmp_path: Path, need: Need[str], with_openssl: str) -> None:
    wanted = broken_bundles.write(tmp_path)
    mine = by_script(tmp_path)
    assert {name: each.codes for name, each in mine.items()} == {
        name: each["codes"] for name, each in wanted.items()
    }
    some = sorted(wanted)[1::5]  # a process for each signature takes its time
    assert by_script(tmp_path, some, bare=True) == {name: mine[name] for name in some}
    assert by_node(tmp_path, need) == mine
    assert by_library(tmp_path) == mine


def test_all_find_the_same_in_the_bundles_that_the_library_is_tried_with(
    tmp_path: Path, need: Need[str]
) -> None:
    ledger = library.LEDGER_ID.read_text().strip()
    bundles = {"golden": library.GOLDEN.read_bytes()} | library.variants()
    mine = agreed(written(tmp_path, bundles.items(), ledger), need)
    assert {name: each.codes for name, each in mine.items()} == {"golden": []} | library.expected()


def changed_bytes(every: int) -> Iterator[tuple[str, bytes]]:
    """The golden bundle with one byte changed, of each file that is signed for; the manifests are made anew."""
    files = Golden().bundle().files
    for name, data in files.items():
        if not name.startswith("data/") or name == "data/README.txt":
            continue
        step = max(1, len(data) // every)
        for at in range(0, len(data), step):
            changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
            yield (
                f"{name.replace('/', '-')[:40]}-{at}",
                archive(with_manifests({**files, name: changed}, LEDGER_ID)),
            )


def changed_lines(every: int) -> Iterator[tuple[str, bytes]]:
    """The golden bundle with a line of a file left out, there twice, or before the one ahead of it."""
    files = Golden().bundle().files
    heads = [name for name in files if name.startswith("data/heads/")]
    for name in ("data/events.jsonl", "data/checkpoint", *heads):
        lines = files[name].splitlines(keepends=True)
        for at in range(0, len(lines), every):
            rest = lines[:at] + lines[at + 1 :]
            changes = {"out": rest, "twice": lines[:at] + lines[at : at + 1] + lines[at:]}
            if at:
                changes["moved"] = [*rest[: at - 1], lines[at], *rest[at - 1 :]]
            for what, changed in changes.items():
                if not name.endswith("jsonl") and at == len(lines) - 1 and what == "twice":
                    continue  # a line that signs a note may be there twice
                made = with_manifests({**files, name: b"".join(changed)}, LEDGER_ID)
                yield f"{what}-{at}-{name.rpartition('/')[2]}", archive(made)


def test_no_line_can_be_left_out_repeated_or_moved(tmp_path: Path, need: Need[str]) -> None:
    verdicts = agreed(written(tmp_path, changed_lines(5)), need)
    assert {name for name, each in verdicts.items() if not each.found} == set()


def test_no_byte_can_be_changed_though_the_manifests_are_made_anew(tmp_path: Path, need: Need[str]) -> None:
    verdicts = agreed(written(tmp_path, changed_bytes(6)), need)
    assert {name for name, each in verdicts.items() if each.status != 1} == set()


@pytest.mark.slow
def test_no_line_of_any_file_can_be_left_out_repeated_or_moved(tmp_path: Path, need: Need[str]) -> None:
    verdicts = agreed(written(tmp_path, changed_lines(1)), need)
    assert {name for name, each in verdicts.items() if not each.found} == set()


@pytest.mark.slow
def test_no_byte_of_any_file_can_be_changed_though_the_manifests_are_made_anew(
    tmp_path: Path, need: Need[str]
) -> None:
    verdicts = agreed(written(tmp_path, changed_bytes(300)), need)
    assert {name for name, each in verdicts.items() if each.status != 1} == set()


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with zipfile.ZipFile(GOLDEN) as bundle:
        bundle.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    return folder


def test_a_bundle_that_was_unpacked_is_checked_as_a_folder_of_any_name(unpacked: Path) -> None:
    moved = unpacked.rename(unpacked.parent / "evidence")
    assert run(moved, "--trust", LEDGER_ID).stdout == run(GOLDEN, "--trust", LEDGER_ID).stdout
    (moved / "data" / "README.txt").write_text("another")
    assert "bundle.manifest: " in run(moved, "--trust", LEDGER_ID).stdout
    (moved / "data" / "more").write_text("more")
    assert "bundle.extra: " in run(moved, "--trust", LEDGER_ID).stdout


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("data/README.txt", "link"),
        ("data/README.txt", "pipe"),
        ("data/more", "link to a folder"),
        ("data/more", "pipe"),
        ("more", "dead link"),
    ],
)
def test_a_link_or_device_in_an_unpacked_bundle_makes_it_no_bundle(
    where: str, what: str, unpacked: Path
) -> None:
    place = unpacked / where
    place.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to({"link": "/etc/hostname", "dead link": "nowhere"}.get(what, "/etc"))
    folder = written(unpacked.rename(unpacked.parent / "folder.zip").parent, [], also=["folder"])
    assert by_script(folder)["folder"].codes == ["bundle.malformed"]
    assert by_library(folder) == by_script(folder)


def test_without_any_means_nothing_is_said_to_hold(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(GOLDEN), "--trust", LEDGER_ID],
        capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 3
    assert "unchecked.signatures: " in done.stdout
    assert "RESULT: not all could be checked" in done.stdout


def test_what_a_bundle_says_cannot_move_the_cursor(tmp_path: Path) -> None:
    world = World()
    world.add_key("recorder", "recorder", by=("root one", "root two", "recorder"))
    case = "\x1b[2Jharmless\u202e"
    world.add("case", "case.opened", {"case": case}, ["recorder"])
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(archive(world.files(["case"])))
    done = run(bundle, "--trust", str(world.ledger))
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_it_can_be_read_in_one_sitting_and_no_line_is_packed() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) <= LINES
    assert [line for line in text.splitlines() if len(line) > COLUMNS] == []
    words = tokenize.generate_tokens(io.StringIO(text).readline)
    assert [word.start for word in words if (word.type, word.string) == (tokenize.OP, ";")] == []


def test_it_imports_nothing_of_ours_and_speaks_python_3_9() -> None:
    tree = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 9))
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    tops = {name.partition(".")[0] for name in imported}
    assert tops - set(sys.stdlib_module_names) == {"cryptography"}


def test_it_runs_where_nothing_else_is(tmp_path: Path) -> None:
    alone = tmp_path / "verify_claimledger.py"
    shutil.copy(SCRIPT, alone)
    done = subprocess.run(
        [sys.executable, "-I", alone.name, str(GOLDEN), "--trust", LEDGER_ID],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == DISPUTED
    assert [path.name for path in tmp_path.iterdir()] == [alone.name]
