"""What the command line says to wrong usage, and how its help reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from claimledger.cli import app


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "said", "command"),
    [
        ("show", "missing argument 'LEDGER'", "claimledger show"),
        ("nonsense", "no such command 'nonsense'", "claimledger"),
        ("keys turn", "no such command 'turn'", "claimledger keys"),
        ("find x", "say what to find: --asserter, --source, --code, --ref or --text", "claimledger find"),
        ("--nonsense", "no such option: --nonsense", "claimledger"),
        (
            "timeline x --by guess",
            "invalid value for '--by': 'guess' is not one of 'happened', 'said', 'recorded'",
            "claimledger timeline",
        ),
    ],
)
def test_wrong_usage_has_the_form_of_every_message(arguments: str, said: str, command: str) -> None:
    result = run(*arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: {said}\n  see {command} --help\n"


def test_what_was_typed_cannot_write_to_the_terminal() -> None:
    result = run("\x1b[31mred")
    assert "\x1b" not in result.stderr
    assert "\\x1b[31mred" in result.stderr


def test_a_group_without_a_command_shows_its_help() -> None:
    assert "Usage: claimledger keys" in run("keys").output


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("history", "claimledger history [OPTIONS] LEDGER [CASE]"),
        ("record", "claimledger record [OPTIONS] LEDGER FILE..."),
        ("keys list", "claimledger keys list [OPTIONS] LEDGER|DIR"),
    ],
)
def test_help_names_arguments_by_their_words(command: str, usage: str) -> None:
    shown = run(*command.split(), "--help").stdout
    assert shown.startswith(f"Usage: {usage}\n")
    assert re.search(r"[{<]", shown) is None


@pytest.mark.parametrize("arguments", ["lint nothing.yaml", "show nothing.ledger"])
def test_a_file_that_is_not_there_is_status_1_wherever_it_is_named(arguments: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 1
    assert arguments.split()[1] in result.output


def test_lint_counts_in_words_that_fit_the_number(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(
        "claimledger: 1\ncase: {id: one, title: One}\nentities: {man: {person: A man}}\n"
        "claims:\n  C1: {death: man, asserter: man}\n"
    )
    assert run("lint", "one.yaml").stdout == "one.yaml: 1 claim, 1 entity, 0 judgements, no problem\n"
