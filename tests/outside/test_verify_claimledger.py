"""The verifier that a stranger runs: one file, in an interpreter that has nothing of ours, held to the specification.

Bundles are made by `bundle_maker`, from the specification too: golden, and broken in hundreds of named ways.
"""

from __future__ import annotations

import ast
import io
import json
import shutil
import subprocess
import sys
import tokenize
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from claimledger.bundle_verify import verify_bundle
from tests.bundles import variants as library
from tests.conftest import Need
from tests.outside import broken_bundles
from tests.outside.broken_bundles import VARIANTS
from tests.outside.bundle_maker import Key, World, archive, base64_of, sha256, with_manifests

SCRIPT = Path(__file__).resolve().parent.parent.parent / "ledger" / "data" / "verify_claimledger.py"
OTHER = Path(__file__).resolve().parent / "verify_claimledger.mjs"
GOLDEN = broken_bundles.GOLDEN / "golden.zip"
LEDGER_ID = (broken_bundles.GOLDEN / "golden.id").read_text().strip()
Broken = tuple[Path, dict[str, Any]]
LINES = 790  # of the script; a change may lower it
FEW = (
    "zip-golden",
    "signature-flipped",
    "signature-high-s",
    "key-added-not-by-itself",
    "checkpoint-signature-flipped",
)
SOME = sorted({*sorted(VARIANTS)[::4], *FEW})  # all of them are slow

# One process for many bundles: what is held is the script, not how fast an interpreter starts.
DRIVER = """
import contextlib, importlib.util, io, json, sys
script, means, folder, names = sys.argv[1:5]
spec = importlib.util.spec_from_file_location("verify", script)
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)
with open(folder + "/expected.json") as file:
    expected = json.load(file)
results = {}
for name in names.split() or expected:
    sys.argv = [script, f"{folder}/{name}.zip", "--trust", expected[name]["ledger"], "--json", "--with", means]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = verify.main()
    told = json.loads(out.getvalue())
    results[name] = {"status": status, "codes": sorted(told["codes"]), "disputed": told["disputed"]}
print(json.dumps(results))
"""

NODE_DRIVER = """
import { readFileSync } from "node:fs";
const [script, folder] = process.argv.slice(1);
const { verify } = await import(script);
const results = {};
for (const [name, { ledger }] of Object.entries(JSON.parse(readFileSync(`${folder}/expected.json`)))) {
  const { status, codes, disputed } = verify(`${folder}/${name}.zip`, ledger);
  results[name] = { status, codes, disputed };
}
process.stdout.write(JSON.stringify(results));
"""


def run(*arguments: str | Path, bare: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the script apart from everything; `bare` leaves it the standard library and openssl only."""
    options = ["-B", "-I", "-S"] if bare else ["-B", "-I"]
    return subprocess.run(
        [sys.executable, *options, str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def drive(folder: Path, means: str, names: Sequence[str] = ()) -> dict[str, Any]:
    options = ["-B", "-I", "-S"] if means == "openssl" else ["-B", "-I"]
    command = [
        sys.executable,
        *options,
        "-W",
        "error",
        "-c",
        DRIVER,
        str(SCRIPT),
        means,
        str(folder),
        " ".join(names),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def drive_node(folder: Path, need: Need[str]) -> dict[str, Any]:
    node = need(
        "node", shutil.which("node"), "install Node 18 or newer (Debian and Ubuntu: apt-get install nodejs)"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", NODE_DRIVER, OTHER.as_uri(), str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def status_of(codes: Sequence[str], *, disputed: bool = False) -> int:
    return 1 if any(not code.startswith("unchecked.") for code in codes) else 3 if codes or disputed else 0


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    folder = tmp_path_factory.mktemp("broken")
    return folder, broken_bundles.write(folder, SOME)


@pytest.fixture(scope="session")
def found(broken: Broken) -> dict[str, Any]:
    return drive(broken[0], "cryptography")


def test_the_golden_bundle_is_the_one_that_the_specification_makes() -> None:
    data, ledger = broken_bundles.golden()
    assert GOLDEN.read_bytes() == data
    assert ledger == LEDGER_ID


def test_the_golden_bundle_holds_and_is_told_in_plain_words() -> None:
    done = run(GOLDEN, "--trust", LEDGER_ID, "--accept-disputed")
    assert (done.returncode, done.stderr) == (0, "")
    assert "NO " not in done.stdout
    assert "NOT CHECKED" not in done.stdout
    assert "record 8: entity.name was withheld on purpose by whoever made the bundle" in done.stdout
    assert "record 11: claim.text was erased on the authority of the speaker: asked for it" in done.stdout
    assert "record 14 is disputed: its key was revoked later" in done.stdout
    assert "RESULT: all holds (exit status 0)" in done.stdout
    assert run(GOLDEN, "--trust", LEDGER_ID).returncode == 3
    assert "he died" not in done.stdout


def test_openssl_alone_does(with_openssl: str) -> None:
    arguments = (GOLDEN, "--trust", LEDGER_ID, "--accept-disputed")
    done = run(*arguments, bare=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run(*arguments).stdout


def test_a_bundle_that_is_held_against_no_id_could_not_be_checked() -> None:
    done = run(GOLDEN)
    assert done.returncode == 3
    assert "WHICH YOU DID NOT NAME (--trust)" in done.stdout
    assert run(GOLDEN, "--trust", "0" * 64).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["/nowhere.zip"],
        [str(GOLDEN), "--trust", "x"],
        [str(GOLDEN), "--witness", "x"],
        [str(GOLDEN), "--wrong"],
    ],
)
def test_wrong_usage_is_2_and_shows_no_traceback(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_there_are_hundreds_of_broken_bundles() -> None:
    assert sum(bool(codes) for _, codes in VARIANTS.values()) > 300


@pytest.mark.parametrize("name", SOME)
def test_each_defect_is_found_as_what_it_is(name: str, found: dict[str, Any]) -> None:
    codes = list(VARIANTS[name][1])
    assert found[name]["codes"] == codes
    assert found[name]["status"] == status_of(codes, disputed=bool(found[name]["disputed"]))


def test_all_three_find_the_same_in_the_bundles_that_the_library_is_tried_with(
    tmp_path: Path, need: Need[str]
) -> None:
    ledger = library.LEDGER_ID.read_text().strip()
    wanted = {"golden": {"ledger": ledger, "codes": []}}
    (tmp_path / "golden.zip").write_bytes(library.GOLDEN.read_bytes())
    for name, data in library.variants().items():
        (tmp_path / f"{name}.zip").write_bytes(data)
        wanted[name] = {"ledger": ledger, "codes": library.expected()[name]}
    (tmp_path / "expected.json").write_text(json.dumps(wanted))
    mine = drive(tmp_path, "cryptography")
    assert {name: result["codes"] for name, result in mine.items()} == {
        name: each["codes"] for name, each in wanted.items()
    }
    assert drive_node(tmp_path, need) == mine


def test_a_verifier_in_another_language_agrees_on_all(
    broken: Broken, found: dict[str, Any], need: Need[str]
) -> None:
    """It was written from the specification as well: where the two part, the pages do not suffice."""
    node = need(
        "node", shutil.which("node"), "install Node 18 or newer (Debian and Ubuntu: apt-get install nodejs)"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", NODE_DRIVER, OTHER.as_uri(), str(broken[0])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == found


def test_openssl_finds_the_same_in_a_few(broken: Broken, found: dict[str, Any], with_openssl: str) -> None:
    assert drive(broken[0], "openssl", FEW) == {name: found[name] for name in FEW}


@pytest.mark.slow
def test_all_agree_on_every_defect(tmp_path: Path, need: Need[str], with_openssl: str) -> None:
    wanted = broken_bundles.write(tmp_path)
    mine = drive(tmp_path, "cryptography")
    assert {name: each["codes"] for name, each in mine.items()} == {
        name: each["codes"] for name, each in wanted.items()
    }
    assert drive(tmp_path, "openssl") == mine
    assert drive_node(tmp_path, need) == mine
    for name, each in wanted.items():
        report = verify_bundle(tmp_path / f"{name}.zip", pin=each["ledger"])
        assert (name, report.exit_status()) == (name, mine[name]["status"])
        assert (name, sorted({finding.code for finding in report.findings})) == (name, each["codes"])


@pytest.mark.slow
def test_no_byte_of_any_file_can_be_changed_though_the_manifests_are_made_anew(
    tmp_path: Path, need: Need[str]
) -> None:
    world, _ = broken_bundles.golden_world()
    files = world.files(
        broken_bundles.CASES, withhold=broken_bundles.withheld, sources=[broken_bundles.DOCUMENT]
    )
    wanted = {}
    for name, data in files.items():
        if not name.startswith("data/") or name == "data/README.txt":
            continue
        for at in range(0, len(data), max(1, len(data) // 60)):
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            made = with_manifests({**files, name: changed}, LEDGER_ID)
            variant = f"{name.replace('/', '-')[:40]}-{at}"
            (tmp_path / f"{variant}.zip").write_bytes(archive(world.folder, made))
            wanted[variant] = {"ledger": LEDGER_ID}
    (tmp_path / "expected.json").write_text(json.dumps(wanted))
    mine = drive(tmp_path, "cryptography")
    assert {name for name, each in mine.items() if each["status"] != 1} == set()
    assert drive_node(tmp_path, need) == mine
    # Whether the index of a damaged line can still be read is told in two ways: what is held is that each finds it.
    for name in mine:
        assert (name, verify_bundle(tmp_path / f"{name}.zip", pin=LEDGER_ID).exit_status()) == (name, 1)


def test_a_bundle_that_was_unpacked_is_checked_as_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(GOLDEN) as bundle:
        bundle.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    asked = ("--trust", LEDGER_ID, "--accept-disputed")
    assert run(folder, *asked).returncode == 0
    (folder / "data" / "README.txt").write_text("another")
    assert "bundle.manifest" in run(folder, *asked).stdout
    (folder / "data" / "README.txt").unlink()
    (folder / "data" / "README.txt").symlink_to("/etc/hostname")
    assert "bundle.unsafe" in run(folder, *asked).stdout


def test_without_any_means_nothing_is_said_to_hold(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(GOLDEN), "--trust", LEDGER_ID],
        capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 3
    assert "unchecked.signatures" in done.stdout
    assert "yes" not in done.stdout


def test_a_checkpoint_from_elsewhere_is_held_against_the_bundle(tmp_path: Path) -> None:
    world, _ = broken_bundles.golden_world()
    size = len(world.events)
    mine = tmp_path / "checkpoint"
    cases = {
        world.note(world.origin, size): [],
        world.note(world.origin, size - 1): ["unchecked.checkpoint"],
        world.note(world.origin, size, logs=[Key("stranger")]): ["unchecked.checkpoint"],
        b"nothing": ["unchecked.checkpoint"],
    }
    for note, codes in cases.items():
        mine.write_bytes(note)
        done = run(GOLDEN, "--trust", LEDGER_ID, "--accept-disputed", "--json", "--checkpoint", mine)
        assert (done.returncode, sorted(json.loads(done.stdout)["codes"])) == (status_of(codes), codes)


def test_two_states_of_one_size_are_a_log_that_shows_two_faces(tmp_path: Path) -> None:
    world, _ = broken_bundles.golden_world()
    other, _ = broken_bundles.golden_world()
    other.events[-1] = other.events[-2]
    mine = tmp_path / "checkpoint"
    mine.write_bytes(other.note(other.origin, len(world.events)))
    done = run(GOLDEN, "--trust", LEDGER_ID, "--checkpoint", mine)
    assert done.returncode == 1
    assert "the log signed two states of one size" in done.stdout
    assert "checkpoint.contradicted (1)" in done.stdout


def test_a_witness_that_is_asked_for_must_have_signed(tmp_path: Path) -> None:
    world, _ = broken_bundles.golden_world()
    key, name = Key("witness"), "example.org/witness"
    typed = b"\x04" + key.raw
    keyid = sha256(name.encode() + b"\n" + typed)[:4]
    vkey = f"{name}+{keyid.hex()}+{base64_of(typed)}"
    assert "unchecked.witnesses" in run(GOLDEN, "--trust", LEDGER_ID, "--witness", vkey).stdout

    files = world.files(broken_bundles.CASES, withhold=broken_bundles.withheld)
    text = files["data/checkpoint"].partition(b"\n\n")[0] + b"\n"
    when = 1751536800
    for spoilt in (b"", b"x"):
        signature = key.private.sign(b"cosignature/v1\ntime %d\n%s%s" % (when, text, spoilt))
        line = base64_of(keyid + when.to_bytes(8, "big") + signature)
        noted = {**files, "data/checkpoint": files["data/checkpoint"] + f"\u2014 {name} {line}\n".encode()}
        bundle = tmp_path / "bundle.zip"
        bundle.write_bytes(archive(world.folder, with_manifests(noted, LEDGER_ID)))
        done = run(bundle, "--trust", LEDGER_ID, "--accept-disputed", "--witness", vkey)
        assert done.returncode == (1 if spoilt else 0)
        assert ("cosignature.wrong" if spoilt else f"The witness {name} signed this state") in done.stdout


def test_what_a_bundle_says_cannot_move_the_cursor(tmp_path: Path) -> None:
    world = World()
    world.add_key("recorder", "recorder", by=("root one", "root two", "recorder"))
    case = "\x1b[2Jharmless\u202e"
    world.add("case", "case.opened", {"case": case}, ["recorder"])
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(archive(world.folder, world.files({case: "case"})))
    done = run(bundle, "--trust", str(world.ledger))
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_it_does_not_grow_and_no_line_is_packed() -> None:
    """It is to be read in one sitting: 400 lines are wanted, and this is as near as it came."""
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) <= LINES
    assert [line for line in text.splitlines() if len(line) > 110] == []
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
        [sys.executable, "-I", alone.name, str(GOLDEN), "--trust", LEDGER_ID, "--accept-disputed"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == [alone.name]
