"""The command line as a whole: exit statuses, messages in place of tracebacks, a quick and quiet start."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE
from claimledger.events.codes import CODES

Run = Callable[..., Result]
COMMANDS = (
    "demo init lint record cases show history disputes timeline diff counts custody find "
    "asserters verify prove erase backup schema keys bundle disclose merge"
).split()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a folder of its own, without a passphrase in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(PASSPHRASE, raising=False)
    runner = CliRunner()

    def run_it(*arguments: str, **env: str) -> Result:
        return runner.invoke(app, list(arguments), env=env, catch_exceptions=False)

    return run_it


def started(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    """The command line as a process of its own."""
    code = "from claimledger.cli import main; main()"
    return subprocess.Popen([sys.executable, "-c", code, *arguments], **options)  # type: ignore[call-overload, no-any-return]


def loaded_by(*arguments: str) -> set[str]:
    code = (
        "import sys\nfrom claimledger.cli import app\n"
        f"try: app({list(arguments)!r})\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_names_every_command(run: Run) -> None:
    shown = run("--help").stdout
    for command in COMMANDS:
        assert f"\n  {command} " in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_in_one_screen(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout
    assert len(result.stdout.splitlines()) < 40


def test_help_loads_neither_vocabulary_nor_store_nor_keys() -> None:
    for arguments in (["--help"], ["show", "--help"]):
        loaded = loaded_by(*arguments)
        assert "claimledger.cli" in loaded
        assert {"claimledger.events", "eventsourcing", "cryptography", "rich.console"}.isdisjoint(loaded)


def test_listing_keys_computes_no_state_and_opens_no_store(run: Run) -> None:
    run("keys", "new", "keys", "--no-passphrase")
    loaded = loaded_by("keys", "list", "keys")
    assert "claimledger.projections.layout" in loaded
    assert {"claimledger.projections.case", "claimledger.events.kinds", "eventsourcing"}.isdisjoint(loaded)


def test_the_version_is_that_of_the_package(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").stdout == f"claimledger {version('claimledger')}\n"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["show"], ["show", "--nonsense", "x"], ["keys", "rotate"], ["record", "x"]]
)
def test_wrong_usage_is_status_2(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert re.search(r"\n  see claimledger( \w+)* --help\n\Z", result.stderr)
    assert result.stdout == ""


def test_what_is_no_ledger_is_a_message_and_status_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no ledger " * 50)
    result = run("cases", "notes.txt")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: notes.txt: not a claimledger ledger")
    assert "Traceback" not in result.stderr


def test_a_ledger_that_is_not_there_says_how_to_make_one(run: Run) -> None:
    result = run("show", "nothing.ledger")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: nothing.ledger: nothing is there")
    assert "claimledger init nothing.ledger" in result.stderr


def test_an_error_cannot_write_to_the_terminal(run: Run) -> None:
    result = run("cases", "\x1b[31mred.ledger")
    assert result.exit_code == 1
    assert "\x1b" not in result.stderr
    assert "\\x1b[31mred.ledger" in result.stderr


def test_keys_are_made_encrypted_with_the_passphrase_of_the_environment(run: Run, tmp_path: Path) -> None:
    result = run("keys", "new", "keys", "--holder", "Recorder B", **{PASSPHRASE: "correct horse"})
    assert result.exit_code == 0
    assert "recorder  Recorder B" in result.stdout
    assert result.stderr == ""
    pems = list((tmp_path / "keys").glob("*.pem"))
    assert len(pems) == 4
    assert all(pem.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY") for pem in pems)


def test_keys_without_a_passphrase_are_made_with_a_warning(run: Run, tmp_path: Path) -> None:
    result = run("keys", "new", "keys", "--no-passphrase")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: the private keys are not encrypted")
    assert all("ENCRYPTED" not in pem.read_text() for pem in (tmp_path / "keys").glob("*.pem"))


def test_without_a_terminal_a_missing_passphrase_names_the_variable(run: Run, tmp_path: Path) -> None:
    result = run("keys", "new", "keys")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: keys: a passphrase is needed and there is no terminal to ask on")
    assert PASSPHRASE in result.stderr
    assert not (tmp_path / "keys").exists()


def test_no_option_takes_a_passphrase(run: Run) -> None:
    for command in (["init"], ["record"], ["keys", "new"], ["prove"]):
        assert "--passphrase" not in run(*command, "--help").stdout


def test_keys_are_listed_without_a_passphrase(run: Run, tmp_path: Path) -> None:
    run("keys", "new", "keys", **{PASSPHRASE: "correct horse"})
    result = run("keys", "list", "keys", "--json")
    assert result.exit_code == 0
    listed = json.loads(result.stdout)
    assert [entry["role"] for entry in listed] == ["root", "recorder", "log", "log"]
    assert [entry["algorithm"] for entry in listed] == ["ed25519", "ed25519", "ed25519", "ml-dsa-44"]
    assert all(entry["at_hand"] for entry in listed)
    assert listed[0]["keyid"][:8] in run("keys", "list", "keys").stdout


def test_a_key_kept_elsewhere_is_listed_as_such(run: Run, tmp_path: Path) -> None:
    run("keys", "new", "keys", "--no-passphrase")
    next((tmp_path / "keys").glob("root-*.pem")).unlink()
    assert "its private key is not in the folder" in run("keys", "list", "keys").stdout


def test_a_folder_without_keys_says_how_to_make_them(run: Run) -> None:
    result = run("keys", "list", "nowhere")
    assert result.exit_code == 1
    assert result.stderr == "error: nowhere: no keyring there; make one: claimledger keys new nowhere\n"


def test_a_person_is_asked_for_the_passphrase_twice_and_it_is_not_shown(tmp_path: Path) -> None:
    main_end, terminal = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != PASSPHRASE}
    process = started(
        "keys", "new", "keys", cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal, env=environment,
        start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    for prompt in (b"New passphrase for keys", b"Repeat for confirmation"):
        while prompt not in shown:
            shown += os.read(main_end, 1024)
        while not shown.endswith(b": "):
            shown += os.read(main_end, 1024)
        os.write(main_end, b"correct horse\n")
    assert process.wait(timeout=60) == 0
    while b"recorder" not in shown:
        shown += os.read(main_end, 1024)
    os.close(main_end)
    assert b"correct horse" not in shown
    assert b"ENCRYPTED" in next((tmp_path / "keys").glob("root-*.pem")).read_bytes()


@pytest.mark.parametrize("listing", sorted(CODES))
def test_every_code_list_is_shown_with_its_meanings(run: Run, listing: str) -> None:
    shown = run("schema", "--codes", listing).stdout
    for code in CODES[listing]:
        assert code in shown
    assert json.loads(run("schema", "--codes", listing, "--json").stdout) == dict(CODES[listing])


def test_an_unknown_code_list_names_those_there_are(run: Run) -> None:
    result = run("schema", "--codes", "causes")
    assert result.exit_code == 1
    assert result.stderr.startswith('error: no code list "causes"; did you mean "cause"?')
    assert "reason_kind" in result.stderr


def test_the_schema_is_a_json_schema_with_the_sections_of_a_claim_file(run: Run) -> None:
    schema = json.loads(run("schema").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"case", "claims", "judgements"} <= set(schema["properties"])


def test_a_reader_that_leaves_early_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = started("schema", "--codes", "act", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 141
    assert stderr == b""


def test_signs_that_the_output_cannot_write_become_ascii(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", PASSPHRASE: "correct horse"}
    holder = "Recorder \N{CYRILLIC CAPITAL LETTER A} \N{MIDDLE DOT}"
    process = started(
        "keys", "new", "keys", "--holder", holder, cwd=tmp_path, stdout=subprocess.PIPE, env=environment
    )
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Recorder \\u0410 -" in shown
