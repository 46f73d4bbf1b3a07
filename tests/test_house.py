"""The house: what ships is the tree, under one name, with nothing of a machine or of the statement in it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOMS = {"ledger": "claimledger", "events": "claimledger.events", "projections": "claimledger.projections"}
RUN_OF_WORDS = 8
STATEMENT_ENDS = 3153  # code points; what follows in that file is the archive's own, no part of the statement


@pytest.fixture(scope="module")
def settings(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of this tree, by way of the sdist, built from a copy so stale output cannot help."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(project / name, copy)
    for room in ROOMS:
        shutil.copytree(project / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "uv", "build", "--quiet", "--offline", "--no-build-isolation"]
    done = subprocess.run(
        [*build, "--python", sys.executable, "--out-dir", "dist"], cwd=copy, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    [path] = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def shipped_files(project: Path) -> set[str]:
    """The names that a wheel of this tree must have below its import package."""
    names = set()
    for room, package in ROOMS.items():
        folder = package.replace(".", "/")
        names |= {f"{folder}/{file.name}" for file in (project / room).glob("*.py")}
    names |= {f"claimledger/data/{file.name}" for file in (project / "ledger/data").glob("*")}
    return names | {"claimledger/py.typed"}


def text_files(project: Path) -> Iterator[tuple[str, str]]:
    """Every file that is tracked, or would be by the next `git add`, as its name and its text."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=project, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        path = project / name
        content = path.read_bytes() if path.is_file() else b"\0"
        if b"\0" not in content:
            yield name, content.decode("utf-8", errors="replace")


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + length]) for at in range(len(found) - length + 1)}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Each import of a file: how many dots lead it, and the dotted name behind them."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.level, node.module
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, alias.name) for alias in node.names)


def is_in(module: str, *packages: str) -> bool:
    return module.split(".")[0] in packages


def room_of(module: str) -> str:
    second = module.split(".")[1:2]
    return second[0] if second in (["events"], ["projections"]) else "ledger"


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_packages_listed_by_hand_are_the_rooms(project: Path, settings: dict[str, Any]) -> None:
    packaging = settings["tool"]["setuptools"]
    assert sorted(packaging["packages"]) == sorted(ROOMS.values())
    assert packaging["package-dir"] == {package: room for room, package in ROOMS.items()}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_is_flat(project: Path, room: str) -> None:
    """But for one file that is data: the verifier that is handed on, and that nothing here imports."""
    nested = {path.relative_to(project).as_posix() for path in (project / room).glob("*/**/*.py")}
    assert nested <= {"ledger/data/verify_claimledger.py"}
    assert (project / room / "__init__.py").is_file()


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_imports_are_relative_inside_a_room_and_absolute_across_rooms(project: Path, room: str) -> None:
    """Mixed, type checkers see two identities of one class; a bare folder name is someone else's package."""
    neighbours = {"events", "projections"} - {room}
    wrong = [
        f"{path.relative_to(project)}: {module}"
        for path in sorted((project / room).glob("*.py"))
        for level, module in imported(path)
        if (level == 0 and is_in(module, *ROOMS))
        or (level == 0 and is_in(module, "claimledger") and room_of(module) == room)
        or (level == 1 and is_in(module, *neighbours))
        or level > 1
    ]
    assert wrong == []


def test_the_wheel_holds_the_tree_and_no_more(project: Path, wheel: zipfile.ZipFile) -> None:
    in_wheel = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert in_wheel == shipped_files(project)


def test_the_wheel_has_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"claimledger"}


def test_the_wheel_says_that_it_is_typed_and_under_which_licence(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "claimledger/py.typed" in names
    [licence] = [name for name in names if name.endswith("/licenses/LICENSE")]
    assert b"Apache License" in wheel.read(licence)
    [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
    assert "License-Expression: Apache-2.0" in wheel.read(metadata).decode().splitlines()


def test_the_version_has_one_source(settings: dict[str, Any], project: Path) -> None:
    stated = settings["project"]["version"]
    assert version("claimledger") == stated
    assert f"## {stated} " in (project / "CHANGELOG.md").read_text("utf-8")


def test_every_module_of_the_ledger_room_is_in_one_import_layer(
    project: Path, settings: dict[str, Any]
) -> None:
    [contract] = settings["tool"]["importlinter"]["contracts"]
    assert contract["exhaustive"] is True
    listed = [name.strip(" ()\n") for layer in contract["layers"] for name in layer.split(":")]
    assert len(listed) == len(set(listed))
    there = {path.stem for path in (project / "ledger").glob("*.py")} - {"__init__"}
    assert there | {"events", "projections"} <= set(listed)


def test_the_layers_run_from_the_command_line_down_to_the_events(settings: dict[str, Any]) -> None:
    [contract] = settings["tool"]["importlinter"]["contracts"]
    height = {
        name.strip(" ()\n"): -at for at, layer in enumerate(contract["layers"]) for name in layer.split(":")
    }
    assert height["cli"] > height["projections"] > height["ledger"] > height["events"]


def test_the_events_room_loads_neither_a_store_nor_keys() -> None:
    loaded = run_python("import claimledger.events, sys; print(*sys.modules)").split()
    assert "claimledger.events" in loaded
    assert {"eventsourcing", "cryptography", "claimledger.projections"}.isdisjoint(loaded)


def test_importing_the_package_loads_no_room() -> None:
    loaded = run_python("import claimledger, sys; print(*sys.modules)").split()
    assert "claimledger" in loaded
    assert {name for name in loaded if name.startswith("claimledger.")} == set()


def test_no_file_holds_a_path_of_a_machine(project: Path) -> None:
    machine_path = re.compile(r"(?<![\w.~)}])(?:/(?:home|root|Users|work|tmp|mnt)/\w|[A-Z]:\\Users\\)")
    found = [
        f"{name}: {line.strip()}"
        for name, text in text_files(project)
        for line in text.splitlines()
        if machine_path.search(line)
    ]
    assert found == []


def test_no_sentence_of_the_statement_is_in_the_project(project: Path, incident_folder: Path) -> None:
    statement = (incident_folder / "statement.txt").read_text("utf-8")[:STATEMENT_ENDS]
    theirs = runs(statement, RUN_OF_WORDS)
    assert len(theirs) > 100
    found = {
        name: shared for name, text in text_files(project) if (shared := runs(text, RUN_OF_WORDS) & theirs)
    }
    assert list(found) == []


def test_a_sentence_that_is_copied_would_be_seen() -> None:
    """The check above cannot go blind: case, punctuation and line ends do not hide a run of words."""
    original = "one two three four five six seven eight nine"
    copied = "# One two,\n#   three four -- five: SIX seven eight!"
    assert runs(copied, RUN_OF_WORDS) & runs(original, RUN_OF_WORDS)
