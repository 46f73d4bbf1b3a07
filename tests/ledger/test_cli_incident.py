"""The command line on the bundled incident and on small files: what it shows, what it says in JSON, how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE

Run = Callable[..., Result]

SMALL = """\
claimledger: 1
case: {id: harbour, title: A night at the harbour}
sources: {paper: {title: Report, SHA media_type: text/plain}}
shared: {police: {authority: "[red]Harbour police[/red]"}, union: {organisation: Dockers}}
entities: {man: {person: the man who died}}
defaults: {source: paper}
claims:
  C1: {cause_of_death: man, causes: asphyxia.drowning, asserter: police, asserted_at: 2031-05-03, words: 0-8}
  C2: {cause_of_death: man, causes: injury.blunt_force, asserter: union, asserted_at: 2031-05-04, words: 9-17}
  C3: {no_answer: whereabouts, of: man, status: no_comment, asserter: police}
"""
TEXT = "drowned, beaten up.\n"


def invoke(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env=env, catch_exceptions=False)


@pytest.fixture(scope="module")
def incident(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundled incident recorded in `incident.ledger`."""
    folder = tmp_path_factory.mktemp("incident")
    ledger, keys = str(folder / "incident.ledger"), str(folder / "keys")
    assert (
        invoke("init", ledger, "--origin", "example.org/x", "--keys", keys, "--no-passphrase").exit_code == 0
    )
    file = str(project / "ledger" / "data" / "yekaterinburg-2025.yaml")
    recorded = invoke("record", ledger, file, "--keys", keys)
    assert recorded.exit_code == 0, recorded.output
    return folder


@pytest.fixture
def run(incident: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in the folder of the incident."""
    monkeypatch.chdir(incident)
    monkeypatch.delenv(PASSPHRASE, raising=False)
    return invoke


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small claim file, a copy of its source, and an empty ledger with encrypted keys."""
    from hashlib import sha256

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    digest = sha256(TEXT.encode()).hexdigest()
    (tmp_path / "small.yaml").write_text(SMALL.replace("SHA ", f"sha256: {digest}, "))
    (tmp_path / "paper.txt").write_text(TEXT)
    assert invoke("init", "small.ledger", "--origin", "example.org/x", "--keys", "keys").exit_code == 0
    return tmp_path


def ledger_id(run: Run) -> str:
    return str(json.loads(run("verify", "incident.ledger", "--unpinned", "--json").stdout)["ledger"])


def answer(run: Run, *arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.isascii()
    return json.loads(result.stdout)


def test_init_shows_the_ledger_id_and_what_to_type_next(small: Path) -> None:
    result = invoke("init", "second.ledger", "--origin", "example.org/y", "--keys", "keys")
    assert result.exit_code == 0
    shown = result.stdout
    found = json.loads(invoke("verify", "second.ledger", "--unpinned", "--json").stdout)["ledger"]
    assert f"  {found}\n" in shown
    assert "Write the id down outside this machine" in shown
    assert f"claimledger verify second.ledger --trust {found}" in shown


def test_init_refuses_what_is_there_already(small: Path) -> None:
    before = (small / "small.ledger").read_bytes()
    result = invoke("init", "small.ledger", "--origin", "example.org/x", "--keys", "keys")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: small.ledger: something is there already")
    assert (small / "small.ledger").read_bytes() == before


def test_a_wrong_passphrase_is_a_message(small: Path) -> None:
    result = invoke("record", "small.ledger", "small.yaml", "--keys", "keys", **{PASSPHRASE: "wrong horse"})
    assert result.exit_code == 1
    assert "this passphrase does not open the key" in result.stderr
    assert "wrong horse" not in result.output


def test_a_second_record_of_the_same_file_adds_nothing(small: Path) -> None:
    first = invoke("record", "small.ledger", "small.yaml", "--keys", "keys")
    assert first.stdout == ("small.yaml: recorded in case harbour: 8 events, index 2 to 9\n")
    second = invoke("record", "small.ledger", "small.yaml", "--keys", "keys")
    assert second.exit_code == 0
    assert second.stdout.startswith("small.yaml: nothing new in case harbour")


def test_a_changed_claim_is_a_conflict_and_nothing_is_written(small: Path) -> None:
    invoke("record", "small.ledger", "small.yaml", "--keys", "keys")
    changed = (small / "small.yaml").read_text().replace("asphyxia.drowning", "accident.fall")
    (small / "small.yaml").write_text(changed + "  C4: {count: man, quantity: 1, asserter: police}\n")
    result = invoke("record", "small.ledger", "small.yaml", "--keys", "keys")
    assert result.exit_code == 1
    assert "claims.C1" in result.stderr
    assert "amend" in result.stderr
    assert [
        case["events"] for case in json.loads(invoke("cases", "small.ledger", "--json").stdout)["cases"]
    ] == [6]


def test_of_several_files_none_is_recorded_when_one_has_a_problem(small: Path) -> None:
    (small / "broken.yaml").write_text("claimledger: 1\ncase: {id: other}\n")
    result = invoke("record", "small.ledger", "small.yaml", "broken.yaml", "--keys", "keys")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: broken.yaml:2:")
    assert invoke("cases", "small.ledger").stdout.startswith("no case yet")


def test_lint_lists_every_problem_with_its_place(small: Path) -> None:
    broken = SMALL.replace("SHA ", "").replace("causes: asphyxia", "causes: asfyxia")
    broken = broken.replace("2031-05-04", "4 May").replace("of: man", "of: men")
    (small / "broken.yaml").write_text(broken)
    result = invoke("lint", "broken.yaml")
    assert result.exit_code == 1
    for place, path in (("broken.yaml:8:", "claims.C1.causes"), ("broken.yaml:9:", "claims.C2.asserted_at")):
        assert any(row.startswith(place) and path in row for row in result.stdout.splitlines())
    assert 'no entity "men"; did you mean "man"?' in " ".join(result.stdout.split())
    assert result.stdout.endswith("3 problems, nothing written\n")
    problems = json.loads(invoke("lint", "broken.yaml", "--json").stdout)["problems"]
    assert [problem["line"] for problem in problems] == [8, 9, 10]
    assert set(problems[0]) == {"file", "line", "column", "path", "message"}


def test_lint_shows_the_words_of_each_claim_from_a_copy_of_the_source(small: Path) -> None:
    result = invoke("lint", "small.yaml", "--source", "paper=paper.txt", "--words")
    assert result.exit_code == 0, result.output
    rows = [row.split(maxsplit=2) for row in result.stdout.splitlines()]
    assert ["C1", "0-8", "drowned,"] in rows
    assert ["C2", "9-17", "beaten u"] in rows
    assert "small.yaml: 3 claims" in result.stdout


def test_lint_finds_another_copy_of_the_source(small: Path) -> None:
    (small / "paper.txt").write_text("another text altogether")
    result = invoke("lint", "small.yaml", "--source", "paper=paper.txt")
    assert result.exit_code == 1
    assert "sources.paper" in result.stdout
    assert "is not the copy that was registered" in " ".join(result.stdout.split())


def test_a_copy_of_a_source_that_no_file_defines_is_said(small: Path) -> None:
    result = invoke("lint", "small.yaml", "--source", "papr=paper.txt")
    assert result.exit_code == 1
    assert '--source papr: no file defines a source "papr"; did you mean "paper"?' in result.stdout
    told = json.loads(invoke("lint", "small.yaml", "--source", "papr=paper.txt", "--json").stdout)
    assert (told["problems"], told["unknown_sources"]) == ([], ["papr"])
    refused = invoke("record", "small.ledger", "small.yaml", "--keys", "keys", "--source", "papr=paper.txt")
    assert refused.exit_code == 1
    assert 'no file defines a source "papr"' in refused.stderr
    assert invoke("cases", "small.ledger").stdout.startswith("no case yet")


def test_a_copy_of_an_item_that_no_file_attaches_is_said(small: Path) -> None:
    given = ("--evidence", "film=paper.txt")
    result = invoke("lint", "small.yaml", *given)
    assert result.exit_code == 1
    assert '--evidence film: no file attaches a copy of an item "film" (under evidence)' in result.stdout
    told = json.loads(invoke("lint", "small.yaml", *given, "--json").stdout)
    assert (told["problems"], told["unknown_sources"], told["unknown_evidence"]) == ([], [], ["film"])
    refused = invoke("record", "small.ledger", "small.yaml", "--keys", "keys", *given)
    assert refused.exit_code == 1
    assert "no file attaches a copy" in refused.stderr
    assert invoke("cases", "small.ledger").stdout.startswith("no case yet")
    wrong = invoke("lint", "small.yaml", "--evidence", "film")
    assert wrong.exit_code == 2
    assert "write ITEM=FILE" in wrong.stderr


def test_recording_a_long_file_says_on_a_terminal_what_is_being_done(small: Path) -> None:
    rows = [f"  D{n}: {{count: man, quantity: {n}, asserter: police}}\n" for n in range(1, 1400)]
    (small / "long.yaml").write_text((small / "small.yaml").read_text() + "".join(rows))
    main_end, terminal = pty.openpty()
    code = "from claimledger.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "record", "small.ledger", "long.yaml", "--keys", "keys"],
        cwd=small,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(terminal)
    said = b""
    try:
        while part := os.read(main_end, 65536):
            said += part
    except OSError:
        pass  # the other end is closed: all is read
    shown, _ = process.communicate(timeout=60)
    os.close(main_end)
    assert b"reading long.yaml" in said
    assert b"recording 1402 claims of long.yaml" in said
    assert shown.startswith(b"long.yaml: recorded in case harbour")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--source", "paper"], "write ID=FILE"),
        (["--source", "paper=nowhere.txt"], "no such file"),
        (["--source", "paper=paper.txt", "--source", "paper=paper.txt"], "given twice"),
        (["--words"], "needs a copy of the source"),
    ],
)
def test_a_source_that_cannot_be_used_is_wrong_usage(small: Path, option: list[str], said: str) -> None:
    result = invoke("lint", "small.yaml", *option)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_markup_and_escape_sequences_in_labels_are_shown_as_text(small: Path) -> None:
    from claimledger import Keyring, Ledger
    from claimledger.events import CauseOfDeath, Person

    invoke("record", "small.ledger", "small.yaml", "--keys", "keys")
    with Ledger.open("small.ledger", Keyring.open("keys", passphrase="correct horse")) as ledger:
        case = ledger.case("harbour")
        other = case.register_entity("other", Person(label="the \x1b[31mother\x1b[0m man"))
        case.record(CauseOfDeath(of=other, causes="torture"), asserter="shared:union")
        case.record(CauseOfDeath(of=other, causes="burns"), asserter="shared:police")
    for command in (
        ["show", "small.ledger", "--all"],
        ["history", "small.ledger"],
        ["disputes", "small.ledger"],
    ):
        result = invoke(*command)
        assert result.exit_code == 0, result.output
        assert "\x1b" not in result.stdout
        assert "[red]Harbour" in result.stdout
    assert "the \\x1b[31mother\\x1b[0m man" in invoke("show", "small.ledger").stdout


def test_show_puts_disputes_first_and_counts_the_rest(run: Run) -> None:
    shown = run("show", "incident.ledger").stdout
    lines = shown.splitlines()
    assert lines[0].endswith("yekaterinburg-2025")
    assert "63 claims by 7 speakers from 1 source" in lines[1]
    assert lines[3].startswith("DISPUTED OR CONDITIONAL (2 of ")
    assert lines[4].startswith("Ziyaddin Safarov \N{MIDDLE DOT} cause of death")
    assert lines[4].endswith("conditional")
    flat = " ".join(shown.split())
    assert "A and B contradict if the brother of whom Russia names a cause is Ziyaddin Safarov" in flat
    assert "undercut by C31: that changes no value" in flat
    assert "(being clarified)" in flat
    assert "SINGLE VOICE (" in flat


def test_no_screen_is_wider_than_100_columns_or_has_colour_in_a_pipe(run: Run) -> None:
    for command in (["show", "--all"], ["history"], ["disputes"]):
        shown = run(command[0], "incident.ledger", *command[1:]).stdout
        assert max(cell_len(row) for row in shown.splitlines()) <= 100
        assert "\x1b" not in shown
        assert all(row == row.rstrip() for row in shown.splitlines())


@pytest.mark.parametrize("command", ["show", "history", "disputes", "verify"])
def test_a_terminal_gets_the_same_words_with_style(run: Run, incident: Path, command: str) -> None:
    main_end, terminal = pty.openpty()
    code = "from claimledger.cli import main; main()"
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-c", code, command, "incident.ledger"],
        cwd=incident,
        stdin=terminal,
        stdout=terminal,
        env={**environment, "COLUMNS": "100", "TERM": "xterm-256color"},
    )
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(main_end, 65536):
            shown += part
    except OSError:
        pass  # the other end is closed: all is read
    process.wait(timeout=60)
    os.close(main_end)
    styled = shown.decode().replace("\r\n", "\n")
    assert "\x1b[" in styled
    assert re.sub(r"\x1b\[[0-9;]*m", "", styled) == run(command, "incident.ledger").stdout


def test_show_all_lists_every_question_and_every_claim(run: Run) -> None:
    state = answer(run, "show", "incident.ledger")
    shown = run("show", "incident.ledger", "--all").stdout
    flat = " ".join(shown.split())
    for question in state["questions"]:
        assert (
            " ".join(f"{question['label']} \N{MIDDLE DOT} {question['property_label']}".split())[:60] in flat
        )
    for claim in state["claims"]:
        assert claim["ref"] in shown


def test_the_json_of_show_has_the_documented_members(run: Run) -> None:
    state = answer(run, "show", "incident.ledger", "yekaterinburg-2025")
    assert state["shape"] == 1
    assert {"case", "title", "index_range", "questions", "claims", "judgements", "provenance"} <= set(state)
    [z] = [each for each in state["questions"] if each["key"] == "z \N{MIDDLE DOT} cause of death"]
    assert z["state"] == "conditional"
    [pair] = [each for each in z["pairs"] if each["verdict"] == "conditional"]
    assert pair["readings"] == [{"one": "z"}]


def test_a_case_may_be_left_out_only_where_there_is_one(small: Path) -> None:
    assert "has no case yet" in invoke("show", "small.ledger").stderr
    invoke("record", "small.ledger", "small.yaml", "--keys", "keys")
    text = (small / "small.yaml").read_text().replace("id: harbour", "id: quay")
    (small / "second.yaml").write_text(text)
    assert invoke("record", "small.ledger", "second.yaml", "--keys", "keys").exit_code == 0
    result = invoke("show", "small.ledger")
    assert result.exit_code == 1
    assert "2 cases, name one: harbour, quay" in result.stderr
    assert invoke("show", "small.ledger", "quay").exit_code == 0
    listed = json.loads(invoke("cases", "small.ledger", "--json").stdout)
    assert [case["name"] for case in listed["cases"]] == ["harbour", "quay"]
    assert 'no case "harbor"; did you mean "harbour"?' in invoke("show", "small.ledger", "harbor").stderr


@pytest.mark.parametrize(
    "question", ["z \N{MIDDLE DOT} cause of death", "z.cause_of_death", "Ziyaddin Safarov cause of death"]
)
def test_the_history_of_a_question_is_in_the_order_of_the_log(run: Run, question: str) -> None:
    told = answer(run, "history", "incident.ledger", "--question", question)
    assert [row["ref"] for row in told["rows"]] == ["C27", "C29", "C30", "C31"]
    assert [row["index"] for row in told["rows"]] == sorted(row["index"] for row in told["rows"])
    assert list(told["holders"].values()).count("Recorder A") == 1
    shown = " ".join(run("history", "incident.ledger", "--question", question).stdout.split())
    assert "judged by Recorder A: C31 undercuts C29" in shown
    assert "every signature here verifies" in shown


def test_an_unknown_question_names_near_ones(run: Run) -> None:
    result = run("history", "incident.ledger", "--question", "z.cause_of_deth")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no claim of yekaterinburg-2025 answers")
    assert "cause of death" in result.stderr


def test_disputes_are_a_table_of_questions_by_speakers(run: Run) -> None:
    matrix = answer(run, "disputes", "incident.ledger")
    [z] = [row for row in matrix["rows"] if row["question"] == "z \N{MIDDLE DOT} cause of death"]
    assert z["cells"]["shared:ru"][0]["marks"] == ["?"]
    shown = run("disputes", "incident.ledger").stdout
    assert "DISPUTED OR CONDITIONAL (2)" in shown
    assert "natural: heart failure? C29" in " ".join(shown.split())


def test_the_clocks_cut_what_is_shown(run: Run) -> None:
    early = answer(run, "show", "incident.ledger", "--known-at", "40")
    assert early["claims"] == []
    assert early["index_range"][1] <= 40
    assert early["known_at"] == "40"
    before = answer(run, "show", "incident.ledger", "--asserted-by", "2025-06-30")
    assert "C27" in before["not_yet_said"]
    assert "as asserted by 2025-06-30" in run("show", "incident.ledger", "--asserted-by", "2025-06-30").stdout
    result = run("show", "incident.ledger", "--known-at", "yesterday")
    assert result.exit_code == 1
    assert "known_at" in result.stderr


def test_verify_without_a_pin_is_never_success(run: Run) -> None:
    result = run("verify", "incident.ledger")
    assert result.exit_code == 3
    assert "every signature, chain and index holds" in result.stdout
    assert "no ledger id was given" in result.stdout
    assert run("verify", "incident.ledger", "--unpinned").exit_code == 0


def test_verify_with_the_right_pin_succeeds_and_says_what_it_does_not_cover(run: Run) -> None:
    result = run("verify", "incident.ledger", "--trust", ledger_id(run))
    assert result.exit_code == 0
    assert "it is the ledger that you trust" in result.stdout
    assert "nothing outside this file vouches for its end" in result.stdout


def test_verify_with_another_pin_fails(run: Run) -> None:
    result = run("verify", "incident.ledger", "--trust", "0" * 64)
    assert result.exit_code == 1
    assert "[ledger.other]" in result.stdout


def test_a_pin_that_is_none_is_refused(run: Run) -> None:
    refused = run("verify", "incident.ledger", "--trust", "abc")
    assert refused.exit_code == 2
    assert "64 hex digits" in refused.stderr
    assert run("verify", "incident.ledger", "--trust", "0" * 64, "--unpinned").exit_code == 2


def test_an_anchor_that_is_required_and_missing_is_could_not_check(run: Run) -> None:
    result = run("verify", "incident.ledger", "--trust", ledger_id(run), "--require-anchor")
    assert result.exit_code == 3
    assert "--require-anchor" in result.stdout


def test_a_changed_byte_is_named_with_its_event(run: Run, incident: Path, tmp_path: Path) -> None:
    data = bytearray((incident / "incident.ledger").read_bytes())
    at = data.rindex(b'"payload":"') + 300
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    (tmp_path / "copy.ledger").write_bytes(data)
    result = run("verify", str(tmp_path / "copy.ledger"), "--trust", ledger_id(run))
    assert result.exit_code == 1
    assert "\N{BALLOT X} index " in result.stdout
    assert "exit 1" in result.stdout
    report = json.loads(run("verify", str(tmp_path / "copy.ledger"), "--unpinned", "--json").stdout)
    assert report["status"] == 1
    assert report["findings"][0]["wrong"] is True
    assert report["holding"] < report["events"]


def test_reading_commands_refuse_a_ledger_that_was_changed(run: Run, incident: Path, tmp_path: Path) -> None:
    data = bytearray((incident / "incident.ledger").read_bytes())
    at = data.rindex(b'"payload":"') + 300
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    (tmp_path / "copy.ledger").write_bytes(data)
    result = run("show", str(tmp_path / "copy.ledger"))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")


@pytest.mark.usefixtures("with_openssl")
@pytest.mark.parametrize("event", ["C29", "yekaterinburg-2025/C29", None])
def test_openssl_alone_verifies_what_prove_writes(run: Run, tmp_path: Path, event: str | None) -> None:
    claims = {claim["ref"]: claim for claim in answer(run, "show", "incident.ledger")["claims"]}
    result = run(
        "prove", "incident.ledger", event or claims["C29"]["leaf"][:12], "--to", str(tmp_path / "proof")
    )
    assert result.exit_code == 0, result.output
    assert claims["C29"]["leaf"] in result.stdout
    [command] = [row.strip() for row in result.stdout.splitlines() if row.startswith("  openssl ")]
    done = subprocess.run(command.split(), cwd=tmp_path / "proof", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout


@pytest.mark.parametrize(
    ("event", "said"),
    [("C99", "neither a claim's name"), ("nowhere/C1", 'no case "nowhere"'), ("ffffffff00", "begins with")],
)
def test_an_event_that_is_not_there_is_a_message(run: Run, tmp_path: Path, event: str, said: str) -> None:
    result = run("prove", "incident.ledger", event, "--to", str(tmp_path / "proof"))
    assert result.exit_code == 1
    assert said in result.stderr
    assert not (tmp_path / "proof").exists()


def test_a_read_only_folder_is_enough_to_read(run: Run, incident: Path, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    place.mkdir()
    shutil.copy(incident / "incident.ledger", place)
    (place / "incident.ledger").chmod(0o444)
    place.chmod(0o555)
    try:
        assert run("show", str(place / "incident.ledger")).exit_code == 0
        assert run("verify", str(place / "incident.ledger"), "--unpinned").exit_code == 0
        assert [each.name for each in place.iterdir()] == ["incident.ledger"]
    finally:
        place.chmod(0o755)


def test_a_ledger_of_a_newer_release_says_so(run: Run, incident: Path, tmp_path: Path) -> None:
    data = bytearray((incident / "incident.ledger").read_bytes())
    data[60:64] = (99).to_bytes(4, "big")
    (tmp_path / "newer.ledger").write_bytes(data)
    for command in ("show", "verify"):
        result = run(command, str(tmp_path / "newer.ledger"))
        assert result.exit_code == 1
        assert "schema 99" in result.stderr
        assert "install a newer claimledger" in result.stderr


def test_a_missing_key_is_a_message_and_nothing_is_written(small: Path) -> None:
    next((small / "keys").glob("recorder-*.pem")).unlink()
    result = invoke("record", "small.ledger", "small.yaml", "--keys", "keys")
    assert result.exit_code == 1
    assert "error: keys: no private recorder key is at hand" in result.stderr
    assert invoke("cases", "small.ledger").stdout.startswith("no case yet")


def test_a_key_of_another_ledger_may_not_record(small: Path) -> None:
    invoke("keys", "new", "others")
    result = invoke("record", "small.ledger", "small.yaml", "--keys", "others")
    assert result.exit_code == 1
    assert "may not record in this ledger" in result.stderr


def test_recording_into_a_read_only_folder_is_a_message(small: Path) -> None:
    place = small / "kept"
    place.mkdir()
    shutil.copy(small / "small.ledger", place)
    place.chmod(0o555)
    try:
        if os.access(place, os.W_OK):
            pytest.skip("this user may write anywhere")
        result = invoke("record", "kept/small.ledger", "small.yaml", "--keys", "keys")
        assert result.exit_code == 1
        assert "cannot be written" in result.stderr
    finally:
        place.chmod(0o755)


def test_a_place_that_is_no_address_is_a_message(small: Path) -> None:
    result = invoke("show", "postgres://somewhere/x")
    assert result.exit_code == 1
    assert "no place of a ledger" in result.stderr
    assert invoke("cases", "sqlite:///small.ledger").exit_code == 0


def test_each_command_and_option_is_documented(project: Path) -> None:
    import typer.main

    page = (project / "docs" / "reference" / "command-line.md").read_text("utf-8")
    top = typer.main.get_command(app)
    commands = dict(top.commands)  # type: ignore[attr-defined]
    commands |= {f"keys {name}": each for name, each in commands.pop("keys").commands.items()}
    for name, command in commands.items():
        assert f"`claimledger {name} " in page
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--help":
                    heading = next(row for row in page.splitlines() if f"`claimledger {name} " in row)
                    assert option in heading, f"{name} {option}"


@pytest.mark.parametrize("command", ["cases", "show", "history", "disputes", "verify"])
def test_each_member_of_the_json_is_documented(run: Run, project: Path, command: str) -> None:
    page = (project / "docs" / "reference" / "command-line.md").read_text("utf-8")
    parts = [part for part in page.split("\n### ") if part.startswith(f"`claimledger {command} ")]
    assert parts, f"{command} has a section of its own"
    section = parts[0]
    common = page.partition("\n## Reading")[2].partition("\n### ")[0]
    document = json.loads(run(command, "incident.ledger", "--json").stdout)
    named = set(re.findall(r"[a-z_]+", section + common))
    assert set(document) <= named
    for member in ("cases", "questions", "claims", "judgements", "rows", "findings"):
        for item in document.get(member, ())[:1]:
            assert set(item) <= named, member
    for item in document.get("questions", ()):
        assert all(set(each) <= named for each in (*item["positions"], *item["pairs"]))
