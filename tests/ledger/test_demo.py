"""The demonstration: what it shows is what the commands show, for any claim file, and it minds its folder."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from claimledger import cli_verify, demo
from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE


@pytest.fixture(autouse=True)
def _no_passphrase(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(PASSPHRASE, raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["demo", *arguments], catch_exceptions=False)


def test_it_records_shows_disputes_verifies_and_finds_the_flipped_byte() -> None:
    result = run("work")
    assert result.exit_code == 0, result.output
    shown = " ".join(result.stdout.split())
    order = [
        "$ claimledger init work/incident.ledger",
        "$ claimledger record work/incident.ledger",
        "recorded in case yekaterinburg-2025: 154 events",
        "$ claimledger show work/incident.ledger",
        "DISPUTED OR CONDITIONAL (2 of",
        '$ claimledger history work/incident.ledger yekaterinburg-2025 --question "z \N{MIDDLE DOT} cause of death"',
        "$ claimledger disputes work/incident.ledger",
        "$ claimledger verify work/incident.ledger --trust",
        "exit 0: all that was asked holds",
        "$ claimledger verify work/copy.ledger --trust",
        "(claim C27 of yekaterinburg-2025)",
        "[signature.wrong]",
        "exit 1: something is wrong",
        "It fails, as it should.",
        "Now try:",
    ]
    places = [shown.index(each) for each in order]
    assert places == sorted(places)


def test_one_byte_differs_between_the_ledger_and_the_copy(tmp_path: Path) -> None:
    run("work")
    ledger, copy = ((tmp_path / "work" / name).read_bytes() for name in ("incident.ledger", "copy.ledger"))
    assert len(ledger) == len(copy)
    assert sum(one != other for one, other in zip(ledger, copy, strict=True)) == 1


def test_what_it_says_to_type_next_works(tmp_path: Path) -> None:
    shown = run("work").stdout
    program = tmp_path / "work" / "ten_lines.py"
    assert "python work/ten_lines.py" in shown
    done = subprocess.run([sys.executable, "-W", "error", str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Ziyaddin Safarov \N{MIDDLE DOT} cause of death: conditional" in done.stdout
    assert done.stdout.endswith("findings: 0\n")
    typed = [row.split() for row in shown.partition("Now try:")[2].splitlines() if "--all" in row]
    assert CliRunner().invoke(app, typed[0][1:]).exit_code == 0


def test_where_claimledger_is_not_on_the_path_it_says_how_to_bring_it_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "activate").write_text("")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setenv("PATH", str(tmp_path))
    after = run("work").stdout.partition("Now try:\n")[2].splitlines()
    assert after[0] == "  . .venv/bin/activate"
    assert after[-1] == "  python work/ten_lines.py"


def test_where_claimledger_is_on_the_path_nothing_is_to_be_activated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("claimledger", "python"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    after = run("work").stdout.partition("Now try:\n")[2].splitlines()
    assert after[0].startswith("  claimledger history")
    assert after[-1] == f"  {sys.executable} work/ten_lines.py"


def test_only_commands_are_longer_than_a_line(tmp_path: Path) -> None:
    rows = run(str(tmp_path / ("a_folder_of_a_long_name" * 3))).stdout.splitlines()
    assert [
        row for row in rows if len(row) > 100 and "claimledger " not in row and str(tmp_path) not in row
    ] == []


def test_a_folder_of_its_own_is_made_again_and_other_files_stay(tmp_path: Path) -> None:
    assert run("work").exit_code == 0
    first = (tmp_path / "work" / "incident.ledger").read_bytes()
    (tmp_path / "work" / "notes.txt").write_text("mine")
    assert run("work").exit_code == 0
    assert (tmp_path / "work" / "incident.ledger").read_bytes() != first
    assert (tmp_path / "work" / "notes.txt").read_text() == "mine"


def test_a_folder_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "incident.ledger").write_text("mine")
    result = run("mine")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: mine: holds other files and no earlier demonstration")
    assert (tmp_path / "mine" / "incident.ledger").read_text() == "mine"


def test_it_needs_no_folder_and_no_terminal() -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "claimledger-demo-" in result.stdout.splitlines()[0]


def test_it_fails_when_the_flipped_byte_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_verify, "verify", lambda *arguments, **options: 0)
    result = run("work")
    assert result.exit_code == 1
    assert "It should have failed, and did not." in result.stdout


def test_nothing_in_it_knows_the_incident(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another claim file in the place of the bundled one goes the same way."""
    data = tmp_path / "package" / "data"
    data.mkdir(parents=True)
    (data / "harbour.yaml").write_text(
        "claimledger: 1\n"
        "case: {id: harbour, title: A night}\n"
        "shared: {police: {authority: Police}, union: {organisation: Dockers}}\n"
        "entities: {man: {person: the man who died}}\n"
        "claims:\n"
        "  C1: {cause_of_death: man, causes: asphyxia.drowning, asserter: police}\n"
        "  C2: {cause_of_death: man, causes: injury.blunt_force, asserter: union}\n"
    )
    (data / "ten_lines.py.txt").write_text("")
    monkeypatch.setattr(demo, "INCIDENT", "harbour.yaml")
    monkeypatch.setattr(resources, "files", lambda package: tmp_path / "package")
    result = run("work")
    assert result.exit_code == 0, result.output
    assert '--question "man \N{MIDDLE DOT} cause of death"' in result.stdout
    assert "claim C1 of harbour" in result.stdout
