"""Keys on the command line: listed, rotated, revoked, and changed by roots that are kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE
from claimledger.keys import Keyring

Run = Callable[..., Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a folder of its own; its status must be the one that is expected."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(PASSPHRASE, raising=False)
    runner = CliRunner()

    def run_it(line: str, status: int = 0, **env: str) -> Any:
        result = runner.invoke(app, line.split(), env=env, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    return run_it


@pytest.fixture
def board(run: Run) -> Run:
    """A ledger whose two roots of three are kept in folders of their own."""
    for number in (1, 2, 3):
        run(f"keys new board-{number} --role root --holder Board-{number} --no-passphrase")
    roots = "--roots board-1 --roots board-2 --roots board-3 --threshold 2"
    run(f"init a.ledger --origin example.org/a --keys keys --holder Ana {roots} --no-passphrase")
    return run


def keys_of(run: Run) -> dict[str, Any]:
    listed: dict[str, Any] = json.loads(run("keys list a.ledger --json").stdout)
    return listed


def test_a_root_may_be_made_alone_and_kept_elsewhere(board: Run, tmp_path: Path) -> None:
    assert [each.role for each in Keyring.describe(tmp_path / "board-1")] == ["root"]
    assert sorted(each.role for each in Keyring.describe(tmp_path / "keys")) == [
        "log", "log", "recorder", "root", "root", "root",
    ]  # fmt: skip
    assert not list((tmp_path / "keys").glob("root-*.pem"))
    listed = keys_of(board)
    assert listed["threshold"] == 2
    assert [each["role"] for each in listed["keys"]] == ["root", "root", "root", "log", "log", "recorder"]
    shown = board("keys list a.ledger").stdout
    assert "keys are changed by 2 of 3 root keys" in shown
    assert "signs from index 2 on" in shown


def test_several_roots_take_a_threshold(run: Run) -> None:
    for number in (1, 2):
        run(f"keys new board-{number} --role root --no-passphrase")
    refused = run("init a.ledger --origin example.org/a --keys keys --roots board-1 --roots board-2", 2)
    assert "--threshold" in refused.stderr


def test_a_request_is_signed_elsewhere_and_brought_back(board: Run, tmp_path: Path) -> None:
    board("keys new ben --role recorder --holder Ben --no-passphrase")
    asked = board("keys request a.ledger --add ben --to ask.json").stdout
    assert "add recorder key" in asked
    assert "signed: Ben (new key" in asked
    (tmp_path / "copy.json").write_bytes((tmp_path / "ask.json").read_bytes())
    assert "1 more of the roots" in board("keys sign ask.json --keys board-2 --yes").stdout
    assert "none of its keys is asked for" in board("keys sign ask.json --keys board-2 --yes", 1).stderr
    assert "signed by 1 root keys, where 2 must sign" in board("keys apply a.ledger ask.json", 1).stderr
    board("keys sign copy.json --keys board-3 --yes --to back.json")
    assert "written at index 2" in board("keys apply a.ledger ask.json back.json").stdout
    assert [each["holder"] for each in keys_of(board)["keys"] if each["role"] == "recorder"] == ["Ana", "Ben"]
    void = board("keys apply a.ledger ask.json back.json", 1).stderr
    assert "void; nothing was written" in void


def test_nothing_is_signed_unasked(board: Run, tmp_path: Path) -> None:
    board("keys new ben --role recorder --no-passphrase")
    board("keys request a.ledger --add ben --to ask.json")
    before = (tmp_path / "ask.json").read_bytes()
    refused = board("keys sign ask.json --keys board-1", 1)
    assert "This request is to" in refused.stdout
    assert "say --yes" in refused.stderr
    assert (tmp_path / "ask.json").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("held by: Ben", "held by: Ana"), "was changed; sign nothing"),
        (lambda text: text.replace('"threshold": 2', '"threshold": "two"'), "a damaged one (at threshold"),
        (lambda text: text[:200], "no request for keys"),
        (lambda text: "", "no request for keys"),
        (lambda text: text.replace('"payload": "eyJ', '"payload": "eyK'), "no event"),
    ],
)
def test_a_request_that_was_changed_is_refused(
    board: Run, tmp_path: Path, change: Callable[[str], str], words: str
) -> None:
    board("keys new ben --role recorder --holder Ben --no-passphrase")
    board("keys request a.ledger --add ben --to ask.json")
    file = tmp_path / "ask.json"
    file.write_text(change(file.read_text()))
    for command in ("keys sign ask.json --keys board-1 --yes", "keys apply a.ledger ask.json"):
        refused = board(command, 1).stderr
        assert words in " ".join(refused.split())
        assert "Traceback" not in refused


def test_a_recorder_key_is_rotated_and_the_new_one_records(run: Run, tmp_path: Path) -> None:
    run("init a.ledger --origin example.org/a --keys keys --holder Ana", **{PASSPHRASE: "correct horse"})
    shown = run("keys rotate a.ledger --keys keys", **{PASSPHRASE: "correct horse"}).stdout
    assert "added at index 2: a new recorder key of Ana" in shown
    assert "revoked at index 3" in shown
    old, new = (each for each in keys_of(run)["keys"] if each["role"] == "recorder")
    assert (new["succeeds"], old["revoked_at"], old["trusted_below"], old["reason"]) == (
        old["keyid"], 3, 3, "rotated",
    )  # fmt: skip
    assert all(b"ENCRYPTED" in pem.read_bytes() for pem in (tmp_path / "keys").glob("*.pem"))
    (tmp_path / "b.yaml").write_text("claimledger: 1\ncase: {id: pier, title: Pier}\n")
    run("record a.ledger b.yaml --keys keys", **{PASSPHRASE: "correct horse"})
    run("verify a.ledger --unpinned")
    assert "all that it signed stays trusted" in " ".join(run("keys list a.ledger").stdout.split())


def test_rotating_without_roots_says_how_and_makes_no_key(board: Run, tmp_path: Path) -> None:
    before = sorted(each.name for each in (tmp_path / "keys").iterdir())
    refused = board("keys rotate a.ledger --keys keys --roots board-1", 1).stderr
    assert "takes 2 of the root keys, and 1 are at hand" in " ".join(refused.split())
    assert sorted(each.name for each in (tmp_path / "keys").iterdir()) == before
    board("keys rotate a.ledger --keys keys --roots board-1 --roots board-3")


def test_a_stolen_key_is_revoked_from_an_index_on(board: Run) -> None:
    board("keys rotate a.ledger --keys keys --roots board-1 --roots board-3")
    new = keys_of(board)["keys"][-1]["keyid"]
    last = f"keys revoke a.ledger {new[:8]} --reason stolen --size 3 --roots board-1 --roots board-3"
    assert "is the last recorder key" in board(last, 1).stderr
    old = next(each["keyid"] for each in keys_of(board)["keys"] if each["role"] == "recorder")
    narrowed = last.replace(new[:8], old).replace("--size 3", "--size 1")
    assert "what it signed at index 1 or later is disputed" in " ".join(board(narrowed).stdout.split())
    assert "already, trusted up to 1 leaves" in " ".join(board(narrowed, 1).stderr.split())
    assert "no key of this ledger" in board(last.replace(new[:8], "12345678"), 1).stderr
    assert "name the folder with the root key" in board(f"keys revoke a.ledger {new} --reason x", 2).stderr


def test_roots_are_changed_by_a_request(board: Run) -> None:
    board("keys new board-4 --role root --holder Board-4 --no-passphrase")
    assert (
        "--threshold" in board("keys request a.ledger --roots board-1 --roots board-4 --to r.json", 2).stderr
    )
    board("keys request a.ledger --roots board-1 --roots board-4 --threshold 1 --to r.json")
    for number in (1, 2, 4):
        board(f"keys sign r.json --keys board-{number} --yes")
    board("keys apply a.ledger r.json")
    listed = keys_of(board)
    assert listed["threshold"] == 1
    assert [each["holder"] for each in listed["keys"] if each["revoked_at"] == 2] == ["Board-2", "Board-3"]
    assert "no root any more from index 2 on" in board("keys list a.ledger").stdout
    assert board("keys rotate a.ledger --keys keys --roots board-4").exit_code == 0


def test_one_thing_is_asked_for_at_a_time(board: Run) -> None:
    assert "ask for one thing" in board("keys request a.ledger --to r.json", 2).stderr
    both = "keys request a.ledger --add keys --revoke 12345678 --to r.json"
    assert "ask for one thing" in board(both, 2).stderr
    assert "say why" in board("keys request a.ledger --revoke 12345678 --to r.json", 2).stderr
    nothing_new = board("keys request a.ledger --add keys --to r.json", 1).stderr
    assert "every recorder key of it is in the ledger" in nothing_new
    assert "one of root, recorder, log" in board("keys new x --role king --no-passphrase", 2).stderr
