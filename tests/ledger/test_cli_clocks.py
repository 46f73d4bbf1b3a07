"""The commands that read along clocks and over cases, on the three incidents of `examples/`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE

Run = Callable[..., Result]
KHASHOGGI, GRENFELL, MH17 = "khashoggi-2018", "grenfell-2017", "mh17-2014"
OF_A_CASE = ("show", "history", "disputes", "timeline", "counts", "custody")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three incidents recorded in `three.ledger`."""
    made = tmp_path_factory.mktemp("three")
    ledger, keys = str(made / "three.ledger"), str(made / "keys")
    assert (
        invoke("init", ledger, "--origin", "example.org/x", "--keys", keys, "--no-passphrase").exit_code == 0
    )
    files = [str(file) for file in sorted((project / "examples" / "incidents").glob("*.yaml"))]
    recorded = invoke("record", ledger, *files, "--keys", keys)
    assert recorded.exit_code == 0, recorded.output
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(folder)
    monkeypatch.delenv(PASSPHRASE, raising=False)
    return invoke


def answer(run: Run, *arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.isascii()
    return json.loads(result.stdout)


def flat(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


# The clocks


@pytest.mark.parametrize("command", OF_A_CASE)
def test_every_command_on_a_case_takes_the_three_clocks_and_says_so(run: Run, command: str) -> None:
    clocks = ["--known-at", "300", "--asserted-by", "2018-10-20", "--true-on", "2018-10-02"]
    shown = flat(run(command, "three.ledger", KHASHOGGI, *clocks))
    assert (
        "as known at index 300 \N{MIDDLE DOT} as asserted by 2018-10-20 \N{MIDDLE DOT} what is said of 2018-10-02"
        in shown
    )
    told = answer(run, command, "three.ledger", KHASHOGGI, *clocks)
    assert (told["known_at"], told["asserted_by"], told["true_on"]) == ("300", "2018-10-20", "2018-10-02")
    filters = told["provenance"]["filters"]
    assert (filters["known_at"], filters["asserted_by"], filters["true_on"]) == (
        "300",
        "2018-10-20",
        "2018-10-02",
    )
    assert told["provenance"]["index"] <= 300


def test_a_cut_by_time_says_whose_clocks_it_rests_on(run: Run) -> None:
    assert "as known on 2001-01-01, by the recorders' clocks" in flat(
        run("show", "three.ledger", MH17, "--known-at", "2001-01-01")
    )


def test_what_is_said_of_other_days_is_listed_and_not_placed(run: Run) -> None:
    told = answer(run, "show", "three.ledger", KHASHOGGI, "--true-on", "2018-10-02")
    assert "S05.3" in told["not_of_that_day"]
    assert "S01" not in told["not_of_that_day"]
    shown = flat(run("show", "three.ledger", KHASHOGGI, "--true-on", "2018-10-02"))
    assert "Said of other days than 2018-10-02: S05.3" in shown


@pytest.mark.parametrize(
    "option", [("--asserted-by", "soon"), ("--true-on", "2018-10"), ("--known-at", "soon")]
)
def test_a_clock_that_cannot_be_read_is_a_message(run: Run, option: tuple[str, str]) -> None:
    result = run("timeline", "three.ledger", KHASHOGGI, *option)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")


def test_judgements_on_what_had_not_been_said_are_not_counted(run: Run) -> None:
    whole = flat(run("show", "three.ledger", KHASHOGGI))
    early = flat(run("show", "three.ledger", KHASHOGGI, "--asserted-by", "2018-10-10"))
    assert "10 judgements" in whole
    assert "1 judgement " in early


def test_answers_that_nobody_stands_by_have_words_and_a_section(run: Run) -> None:
    shown = run("show", "three.ledger", KHASHOGGI).stdout
    part = shown.partition("NO LONGER HELD (3)")[2]
    assert "corrected by S06.1" in part
    assert all(not row.rstrip().endswith(":") for row in part.splitlines()[1:])


def test_a_claim_that_was_displaced_names_the_next_one(run: Run) -> None:
    rows = {row["ref"]: row for row in answer(run, "history", "three.ledger", GRENFELL)["rows"]}
    assert [rows[ref]["ended_by"] for ref in ("P01", "P02", "P03", "P04.1", "P05.2")] == [
        "P03",
        "P03",
        "P04.1",
        "P05.2",
        "P10.1",
    ]


# Along a clock


def test_the_timeline_goes_by_the_clock_that_was_asked_for(run: Run) -> None:
    happened = answer(run, "timeline", "three.ledger", KHASHOGGI)
    assert happened["by"] == "happened"
    assert [row["earliest"] for row in happened["rows"] if row["earliest"]] == sorted(
        row["earliest"] for row in happened["rows"] if row["earliest"]
    )
    recorded = answer(run, "timeline", "three.ledger", KHASHOGGI, "--by", "recorded")["rows"]
    assert [row["index"] for row in recorded] == sorted(row["index"] for row in recorded)
    said = run("timeline", "three.ledger", KHASHOGGI, "--by", "said").stdout
    assert said.index(" S01 ") < said.index(" S05.1 ") < said.index(" S12.1 ")
    assert run("timeline", "three.ledger", KHASHOGGI, "--by", "guessed").exit_code == 2


def test_the_timeline_marks_what_is_not_certain_and_puts_the_undated_last(run: Run) -> None:
    shown = run("timeline", "three.ledger", KHASHOGGI).stdout
    assert re.search(r"^~  2018-10-02 +S05\.1 ", shown, re.MULTILINE)
    assert shown.index("NO DATE STATED") > shown.index("S10.5")
    assert "~ overlaps a row above" in shown


def test_a_diff_names_what_changed_and_which_claims_did_it(run: Run) -> None:
    asked = [
        "diff",
        "three.ledger",
        KHASHOGGI,
        "--clock",
        "asserted-by",
        "--from",
        "2018-10-18",
        "--to",
        "2018-10-26",
    ]
    shown = flat(run(*asked))
    assert "as asserted by 2018-10-18 \N{RIGHTWARDS ARROW} as asserted by 2018-10-26" in shown
    assert "dispute settled" in shown
    assert (
        "holder moved Saudi Arabia: from not died (denied together with death S05.1 S06.1 place) to died"
        in shown
    )
    told = answer(run, *asked)
    assert (told["clock"], told["from"], told["to"]) == ("asserted_by", "2018-10-18", "2018-10-26")
    assert {change["sort"] for change in told["changes"]} >= {"dispute_settled", "holder_moved", "corrected"}
    assert told["before"]["filters"]["asserted_by"] == "2018-10-18"


def test_a_screen_of_a_day_before_the_case_was_recorded_names_the_clock_that_was_meant(run: Run) -> None:
    shown = flat(run("show", "three.ledger", MH17, "--known-at", "2014-07-20"))
    assert (
        "nothing of the case had been recorded by then; what had been said by a day: --asserted-by DAY"
        in shown
    )
    assert "nothing of the case" not in flat(run("show", "three.ledger", MH17, "--asserted-by", "2014-07-20"))


@pytest.mark.parametrize(
    "asking",
    [
        ["show", "three.ledger", MH17, "--known-at", "2018"],
        ["timeline", "three.ledger", MH17, "--known-at", "2018"],
        ["diff", "three.ledger", MH17, "--from", "2014", "--to", "2018"],
        ["asserters", "three.ledger", "--known-at", "2018"],
        ["find", "three.ledger", "--ref", "C01.1", "--known-at", "2018"],
        ["export", "three.ledger", "--to", "none", "--known-at", "2018"],
        ["export", "three.ledger", "--to", "none", "--since", "2018"],
    ],
)
def test_a_year_is_not_taken_for_an_index_that_the_log_has_not_reached(run: Run, asking: list[str]) -> None:
    result = run(*asking)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the log has no index 201" in result.stderr
    assert "a day is written as 2025-07-02" in result.stderr


def test_a_diff_of_a_moment_with_itself_is_nothing(run: Run) -> None:
    assert "nothing changed" in flat(run("diff", "three.ledger", MH17, "--from", "300", "--to", "300"))


def test_a_diff_from_the_beginning_brings_every_claim(run: Run) -> None:
    told = answer(run, "diff", "three.ledger", GRENFELL, "--to", "130")
    named = {ref for change in told["changes"] for ref in (*change["claims"], *change["of"])}
    assert named == {row["ref"] for row in answer(run, "history", "three.ledger", GRENFELL)["rows"]}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "at least one moment"),
        (["--from", "1", "--known-at", "2"], "is the clock of --from and --to already"),
        (["--from", "1", "--clock", "true-on"], "true-on"),
        (
            ["--from", "300", "--to", "299"],
            "--from: 300 is later than 299 of --to; --from is the earlier moment, --to the later one",
        ),
        (
            ["--from", "2026-01-02", "--to", "2026-01-01T12:00:00Z"],
            "2026-01-02 is later than 2026-01-01T12:00:00Z",
        ),
        (
            ["--clock", "asserted-by", "--from", "2018-10-26", "--to", "2018-10-18"],
            "2018-10-26 is later than 2018-10-18 of --to",
        ),
        (["--from", "300", "--to", "2001-01-01"], "300 is later than 2001-01-01 of --to"),
    ],
)
def test_a_diff_that_asks_for_nothing_or_the_wrong_way_round_is_wrong_usage(
    run: Run, options: list[str], said: str
) -> None:
    result = run("diff", "three.ledger", MH17, *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


# Numbers and items


def test_counts_list_each_number_and_add_nothing_up(run: Run) -> None:
    shown = run("counts", "three.ledger", GRENFELL).stdout
    assert re.search(r"2017-06-16 +at least 30 \(confirmed\) +P04\.1 +superseded by P05\.2", shown)
    assert "nothing is added up" in shown
    rows = answer(run, "counts", "three.ledger", GRENFELL)["rows"]
    assert {row["certainty"] for row in rows} == {"confirmed", "presumed", None}


def test_custody_says_of_an_item_what_the_record_holds(run: Run) -> None:
    shown = flat(run("custody", "three.ledger", MH17))
    assert "the missile" in shown
    assert "no copy and no transfer is recorded" in shown
    assert "no evidence item is registered" in flat(run("custody", "three.ledger", GRENFELL))


# Over all cases


def test_claims_are_found_over_all_cases(run: Run) -> None:
    found = answer(run, "find", "three.ledger", "--code", "asphyxia")["claims"]
    assert [(one["case"], one["ref"]) for one in found] == [
        (GRENFELL, "I04"),
        (KHASHOGGI, "S07"),
        (KHASHOGGI, "T04.1"),
        (KHASHOGGI, "U02"),
    ]
    shown = flat(run("find", "three.ledger", "--code", "asphyxia"))
    assert "4 claims in 2 cases" in shown


@pytest.mark.parametrize(
    ("options", "refs"),
    [
        (["--ref", "P01"], ["P01"]),
        (["--ref", "grenfell-2017/P01"], ["P01"]),
        (["--asserter", "sa", "--code", "overdose"], ["S10.1"]),
        (["--asserter", "shared:sa", "--code", "overdose"], ["S10.1"]),
        (["--asserter", "saudi arabia", "--code", "overdose"], ["S10.1"]),
        (["--asserter", "shared:met", "--code", "overdose"], []),
        (["--text", "CROWN PRINCE", "--asserted-by", "2018-10-10"], ["S02"]),
        (["--source", "insider-15nov"], ["S10.1"]),
        (["--code", "overdose", "--known-at", "20"], []),
        (["--code", "overdose", "--case", MH17], []),
        (["--code", "overdose", "--case", KHASHOGGI], ["S10.1"]),
    ],
)
def test_all_that_is_sought_must_fit(run: Run, options: list[str], refs: list[str]) -> None:
    found = answer(run, "find", "three.ledger", *options)["claims"]
    assert [one["ref"] for one in found] == refs


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ["find", "--asserter", "Saudi Arabai"],
            'nobody and nothing here is called "Saudi Arabai"; near ones: Saudi Arabia',
        ),
        (["find", "--source", "insider-15nof"], "near ones: insider-15nov"),
        (["find", "--ref", "mh17-2014/P01"], 'no claim here is called "mh17-2014/P01"'),
        (["find", "--code", "tortur"], "near ones: torture"),
        (["asserters", "--case", "mh17"], 'no case "mh17"'),
        (["asserters", "--property", "cause of deth"], "near ones: cause_of_death"),
    ],
)
def test_a_name_that_is_not_there_is_a_message_and_no_silence(
    run: Run, command: list[str], words: str
) -> None:
    for options in ([], ["--json"]):
        result = run(command[0], "three.ledger", *command[1:], *options)
        assert (result.exit_code, result.stdout) == (1, "")
        assert words in " ".join(result.stderr.split())


def test_to_find_nothing_in_particular_is_wrong_usage(run: Run) -> None:
    assert run("find", "three.ledger").exit_code == 2


def test_an_unknown_case_to_find_in_is_a_message(run: Run) -> None:
    result = run("find", "three.ledger", "--ref", "P01", "--case", "grenfell")
    assert result.exit_code == 1
    assert 'no case "grenfell"' in result.stderr


def test_asserters_tell_how_often_and_what_was_taken_back(run: Run) -> None:
    told = answer(run, "asserters", "three.ledger", "--of", "sa", "--property", "count")
    [saudi] = told["asserters"]
    assert saudi["corrected"]["refs"] == [[KHASHOGGI, "S01"], [KHASHOGGI, "S02"], [KHASHOGGI, "S03"]]
    assert {one["property"] for one in saudi["answers"]} == {"count"}
    shown = flat(run("asserters", "three.ledger", "--of", "Saudi Arabia"))
    assert "27 claims in 1 case" in shown
    assert "later corrected: 3" in shown
    listed = flat(run("asserters", "three.ledger"))
    assert "33 speakers" in listed
    assert "claimledger asserters three.ledger --of NAME" in listed


def test_a_speaker_who_is_not_there_is_a_message(run: Run) -> None:
    result = run("asserters", "three.ledger", "--of", "Saudi Arabai")
    assert result.exit_code == 1
    assert "near ones: shared:sa" in result.stderr


# Screens and shapes


EVERY = [
    ["timeline", "three.ledger", MH17],
    ["timeline", "three.ledger", GRENFELL, "--by", "said"],
    ["diff", "three.ledger", MH17, "--from", "400"],
    ["counts", "three.ledger", GRENFELL],
    ["custody", "three.ledger", MH17],
    ["find", "three.ledger", "--text", "a"],
    ["asserters", "three.ledger"],
    ["asserters", "three.ledger", "--of", "met"],
]


@pytest.mark.parametrize("command", EVERY, ids=lambda each: " ".join(each[:1] + each[2:]))
def test_no_screen_is_wider_than_100_columns(run: Run, command: list[str]) -> None:
    shown = run(*command)
    assert shown.exit_code == 0
    assert max(cell_len(row) for row in shown.stdout.splitlines()) <= 100
    assert all(row == row.rstrip() for row in shown.stdout.splitlines())


@pytest.mark.parametrize("command", EVERY, ids=lambda each: " ".join(each[:1] + each[2:]))
def test_each_member_of_the_json_is_documented(run: Run, project: Path, command: list[str]) -> None:
    page = (project / "docs" / "reference" / "command-line.md").read_text("utf-8")
    [section] = [part for part in page.split("\n### ") if part.startswith(f"`claimledger {command[0]} ")]
    common = page.partition("\n## Reading")[2].partition("\n### ")[0]
    named = set(re.findall(r"[a-z_]+", section + common))
    document = answer(run, *command)
    assert set(document) <= named
    assert document["shape"] == 1
    for member in ("rows", "series", "changes", "items", "claims", "asserters"):
        if isinstance(document.get(member), list):
            for item in document[member][:1]:
                assert set(item) <= named, member
                for answered in item.get("answers", ())[:1]:
                    assert set(answered) <= named
