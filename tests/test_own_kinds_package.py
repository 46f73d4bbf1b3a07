"""The example package: installed, it brings its kinds; without it, the ledger that it helped to write says the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

LOADS = "from claimledger.events import load_installed_kinds as load; print([each.name for each in load()])"


class Run(Protocol):
    """Runs Python with a folder of installed packages on its path, or without one."""

    def __call__(self, *arguments: str, site: Path | None = None) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def folder(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed under ``site``, and a ledger that its claim file was recorded in."""
    made = tmp_path_factory.mktemp("floods")
    shutil.copytree(project / "examples" / "own_kinds_package", made / "source")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    install += ["--no-deps", "--no-build-isolation", "--target", str(made / "site"), str(made / "source")]
    done = subprocess.run(install, cwd=made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    def python(*arguments: str, site: Path | None = None) -> subprocess.CompletedProcess[str]:
        paths = [*([] if site is None else [str(site)]), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        return subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return python


@pytest.fixture(scope="module")
def ledger(folder: Path, run: Run) -> str:
    site = folder / "site"
    start = ["-m", "claimledger.cli", "init", "a.ledger", "--origin", "example.org/floods", "--keys", "keys"]
    assert run(*start, "--no-passphrase").returncode == 0
    done = run(
        "-m", "claimledger.cli", "record", "a.ledger", "source/spring-flood.yaml", "--keys", "keys", site=site
    )
    assert done.returncode == 0, done.stderr
    return "a.ledger"


def asked(run: Run, *arguments: str, site: Path | None = None) -> str:
    done = run("-m", "claimledger.cli", *arguments, site=site)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_claim_file_is_read_by_the_kinds_of_the_package(folder: Path, run: Run) -> None:
    file = "source/spring-flood.yaml"
    assert "6 claims" in asked(run, "lint", file, site=folder / "site")
    without = run("-m", "claimledger.cli", "lint", file, "--json")
    assert without.returncode == 1
    told = [problem["message"] for problem in json.loads(without.stdout)["problems"]]
    assert told[-1] == (
        'no kind of claim "org.example.closure" is known here; install the package that brings it'
    )


def test_the_schema_and_the_code_lists_are_those_of_the_package_too(folder: Path, run: Run) -> None:
    site = folder / "site"
    schema = json.loads(asked(run, "schema", site=site))
    claims = schema["$defs"]["claim"]["anyOf"]
    assert any("org.example.water_level" in each.get("properties", {}) for each in claims)
    codes = json.loads(asked(run, "schema", "--codes", "org.example.closure_cause", "--json", site=site))
    assert codes["damage.bridge"] == "a bridge is damaged"


READING = (
    "show --all",
    "show --true-on 2031-04-02",
    "history --json",
    "disputes",
    "timeline",
    "diff --from 10",
    "counts",
    "asserters",
    "find --code water",
    "find --text bridge",
)


@pytest.mark.parametrize("reading", READING)
def test_the_ledger_shows_the_same_without_the_package(
    folder: Path, run: Run, ledger: str, reading: str
) -> None:
    command, *options = reading.split()
    shown = asked(run, command, ledger, *options)
    assert shown == asked(run, command, ledger, *options, site=folder / "site")
    assert "org.example" not in shown or command == "history"


def test_claims_of_own_kinds_are_found_by_their_codes_and_stand_in_time(run: Run, ledger: str) -> None:
    found = json.loads(asked(run, "find", ledger, "--code", "damage", "--json"))["claims"]
    assert [(claim["ref"], claim["what"]) for claim in found] == [
        (
            "R2",
            "the river road: closure: closed; closure cause: damage: bridge or works; closure since: 2031-04-01",
        )
    ]
    assert asked(run, "find", ledger, "--code", "works", "--ref", "R1") == "0 claims in 0 cases\n"
    strange = run("-m", "claimledger.cli", "find", ledger, "--code", "damages")
    assert (strange.returncode, "damage" in strange.stderr) == (1, True)
    rows = json.loads(asked(run, "timeline", ledger, "--json"))["rows"]
    assert [(row["ref"], row["date"], row["field"]) for row in rows if row["date"]] == [
        ("R2", "2031-04-01", "when"),
        ("L1", "2031-04-02", "as_of"),
        ("L2", "2031-04-02", "as_of"),
        ("R1", "2031-04-02", "when"),
        ("L3", "2031-04-03", "as_of"),
    ]


def test_the_tables_are_the_same_without_the_package(folder: Path, run: Run, ledger: str) -> None:
    to = ["--format", "csv", "--to"]
    asked(run, "export", ledger, *to, "with", site=folder / "site")
    asked(run, "export", ledger, *to, "without")
    written = sorted(path.name for path in (folder / "with").iterdir())
    assert any(name.startswith("claims") for name in written)
    for name in written:
        assert (folder / "with" / name).read_bytes() == (folder / "without" / name).read_bytes(), name


STATE = """
import json, sys
from claimledger import Ledger
from claimledger.projections import CaseState
if sys.argv[2:]:
    from claimledger.events import load_installed_kinds
    load_installed_kinds()
with Ledger.open(sys.argv[1], read_only=True) as ledger:
    state = ledger.replay(CaseState("spring-flood"))
    claim = ledger.case("spring-flood").claim("R1").body.claim
    print(json.dumps([type(claim).__name__, state.to_json()]))
"""


def test_the_state_has_the_same_hash_whether_the_kinds_are_loaded_or_not(
    folder: Path, run: Run, ledger: str
) -> None:
    (folder / "state.py").write_text(STATE)
    loaded = run("state.py", ledger, "load", site=folder / "site")
    bare = run("state.py", ledger)
    assert (loaded.returncode, bare.returncode) == (0, 0), loaded.stderr + bare.stderr
    (with_it, state), (without_it, same) = json.loads(loaded.stdout), json.loads(bare.stdout)
    assert (with_it, without_it) == ("Closure", "OtherKind")
    assert state["provenance"]["state_hash"] == same["provenance"]["state_hash"]
    assert state == same
    states: dict[str, Any] = {question["property"]: question["state"] for question in state["questions"]}
    assert states["closure"] == "disputed"
    assert states["closure.cause"] == "disputed"
    assert states["water_level"] == "disputed"
    assert "barrier" not in json.dumps(state)


def test_the_ledger_verifies_without_the_package(run: Run, ledger: str) -> None:
    asked(run, "verify", ledger, "--unpinned")


def test_recording_again_adds_nothing(folder: Path, run: Run, ledger: str) -> None:
    again = ["record", ledger, "source/spring-flood.yaml", "--keys", "keys"]
    assert "nothing new" in asked(run, *again, site=folder / "site")


def test_importing_claimledger_loads_no_package(folder: Path, run: Run) -> None:
    looks = "import sys, claimledger.events.kinds, claimledger.projections, claimledger.ledger; "
    done = run("-c", looks + "print('example_floods' in sys.modules)", site=folder / "site")
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_loading_again_gives_the_same_kinds(folder: Path, run: Run) -> None:
    done = run("-c", f"{LOADS}; {LOADS}", site=folder / "site")
    once = "['org.example.closure', 'org.example.water_level']\n"
    assert (done.stdout, done.stderr) == (once * 2, "")


def broken(folder: Path, name: str, target: str, source: str) -> Path:
    """A folder with an installed distribution that brings a kind which cannot be loaded."""
    site = folder / f"broken-{name}"
    info = site / "example_broken-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: example-broken\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(f"[claimledger.kinds]\norg.example.{name} = {target}\n")
    (site / "example_broken.py").write_text(source)
    return site


@pytest.mark.parametrize(
    ("name", "target", "source", "why"),
    [
        ("absent", "example_absent:Kind", "", "No module named 'example_absent'"),
        ("nameless", "example_broken:Gone", "", "has no attribute 'Gone'"),
        ("raising", "example_broken:Kind", "1 / 0", "ZeroDivisionError"),
        ("no_kind", "example_broken:Kind", "Kind = 5", "gives no kind of that name"),
        ("renamed", "example_broken:Act", "from claimledger.events import Act", "gives no kind of that name"),
    ],
)
def test_a_broken_package_is_an_error_that_names_it(
    folder: Path, run: Run, name: str, target: str, source: str, why: str
) -> None:
    site = broken(folder, name, target, source)
    done = run("-m", "claimledger.cli", "lint", "source/spring-flood.yaml", site=site)
    assert done.returncode == 1
    assert f'kind "org.example.{name}" of example-broken 2.0 ({target})' in done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_reading_a_ledger_does_not_mind_a_broken_package(folder: Path, run: Run, ledger: str) -> None:
    site = broken(folder, "unneeded", "example_absent:Kind", "")
    assert "spring-flood" in asked(run, "cases", ledger, site=site)
