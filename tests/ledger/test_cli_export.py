"""The command `export`: tables of one case or of all of them, in a folder that is whole or not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from claimledger import Ledger
from claimledger.cli import app
from claimledger.projections import CaseState, known_at
from claimledger.projections.asserters import Asserters
from claimledger.projections.tables import CODEBOOK, Tables, provenance_of_all

Run = Callable[..., Result]

HARBOUR = """\
claimledger: 1
case: {id: harbour, title: A night at the harbour}
sources: {paper: {title: Report}}
shared: {police: {authority: Harbour police}, union: {organisation: Dockers}}
entities: {man: {person: the man who died}, crew: {group: the crew}}
defaults: {source: paper}
claims:
  C1: {cause_of_death: man, causes: asphyxia.drowning, asserter: police, asserted_at: 2031-05-03}
  C2: {cause_of_death: man, causes: injury.blunt_force, asserter: union, asserted_at: 2031-05-04}
  C3: {opinion: man, tone: condemns, text: "a remark that stays closed", asserter: union}
  C4: {count: crew, quantity: at least 8, asserter: union, asserted_at: 2031-05-04}
"""
MARKET = """\
claimledger: 1
case: {id: market, title: A day at the market}
shared: {police: {authority: Harbour police}}
entities: {woman: {person: the woman who died}}
claims:
  C1: {cause_of_death: woman, causes: asphyxia.drowning, asserter: police, asserted_at: 2031-06-03}
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a folder with a ledger of two cases."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def run_it(*arguments: str) -> Result:
        return runner.invoke(app, list(arguments), catch_exceptions=False)

    (tmp_path / "harbour.yaml").write_text(HARBOUR)
    (tmp_path / "market.yaml").write_text(MARKET)
    made = run_it("init", "x.ledger", "--origin", "example.org/x", "--keys", "keys", "--no-passphrase")
    assert made.exit_code == 0
    recorded = run_it("record", "x.ledger", "harbour.yaml", "market.yaml", "--keys", "keys")
    assert recorded.exit_code == 0, recorded.output
    return run_it


def replayed(case: str, **clocks: Any) -> Tables:
    with Ledger.open("x.ledger", read_only=True) as ledger:
        return ledger.replay(Tables(case, **clocks))


def beside(folder: str, name: str) -> dict[str, Any]:
    return dict(json.loads(Path(folder, f"{name}.provenance.json").read_text()))


def test_a_case_is_written_as_one_file_for_each_table(run: Run) -> None:
    done = run("export", "x.ledger", "harbour", "--to", "out")
    assert done.exit_code == 0
    assert "out/claims.parquet  4 rows" in done.stdout
    assert {path.name for path in Path("out").iterdir()} == {
        "codebook.json",
        *(f"{name}.parquet" for name in CODEBOOK),
    }
    expected = replayed("harbour")
    for name in CODEBOOK:
        assert pl.read_parquet(f"out/{name}.parquet").to_dicts() == list(expected.rows(name))
    book = json.loads(Path("out/codebook.json").read_text())
    assert [table["name"] for table in book["tables"]] == list(CODEBOOK)


def test_without_a_case_all_cases_are_in_one_set_of_tables(run: Run) -> None:
    assert run("export", "x.ledger", "--to", "out", "--format", "jsonl").exit_code == 0
    expected = [row for case in ("harbour", "market") for row in replayed(case).rows("holdings")]
    lines = Path("out/holdings.jsonl").read_text("utf-8").splitlines()
    assert [(row["case"], row["ref"]) for row in map(json.loads, lines)] == [
        (row["case"], row["ref"]) for row in expected
    ]
    with Ledger.open("x.ledger", read_only=True) as ledger:
        parts = [ledger.replay(CaseState(case)).provenance() for case in ("market", "harbour")]
        fold = ledger.replay(Asserters())
        whole = provenance_of_all(parts, ledger.id, {}).to_json()
    assert {key: beside("out", "claims")[key] for key in whole} == whole
    assert beside("out", "claims")["rows"] == 5
    assert beside("out", "asserters")["state_hash"] == fold.provenance().state_hash


def test_an_authority_is_one_speaker_over_all_cases(run: Run) -> None:
    run("export", "x.ledger", "--to", "out", "--format", "arrow", "--table", "asserters")
    frame = pl.read_ipc("out/asserters.arrow")
    said = frame.filter(holder="shared:police", counted="answer", word="asphyxia.drowning").to_dicts()
    assert [(row["times"], row["cases"], row["refs"]) for row in said] == [
        (2, 2, ["harbour/C1", "market/C1"])
    ]
    run("export", "x.ledger", "market", "--to", "one", "--format", "arrow", "--table", "asserters")
    frame = pl.read_ipc("one/asserters.arrow")
    assert frame.filter(holder="shared:police", counted="claims")["times"].to_list() == [1]


def test_only_the_tables_that_were_named_are_written(run: Run) -> None:
    done = run(
        "export", "x.ledger", "--to", "out", "--format", "csv", "--table", "pairs", "--table", "counts"
    )
    assert done.exit_code == 0
    names = {path.name for path in Path("out").iterdir()}
    assert names == {"codebook.json"} | {
        f"{name}.{end}" for name in ("pairs", "counts") for end in ("csv", "provenance.json")
    }


def test_the_clocks_hold_as_in_every_reading_command(run: Run) -> None:
    run("export", "x.ledger", "harbour", "--to", "out", "--format", "csv", "--asserted-by", "2031-05-03")
    assert Path("out/claims.csv").read_bytes().count(b"\r\n") == 1 + 1
    assert beside("out", "claims")["filters"] == {"case": "harbour", "asserted_by": "2031-05-03"}


def test_a_cut_by_time_is_one_cut_for_all_cases(run: Run) -> None:
    with Ledger.open("x.ledger", read_only=True) as ledger:
        opening = next(ledger.events("market"))
        [index] = [event.index for event in ledger.events("market") if event.type == "case.opened"]
        before = list(known_at(ledger.events(), index - 1))[-1].recorded_at
    for at in (str(index - 1), before.isoformat()):
        run("export", "x.ledger", "--to", at, "--format", "jsonl", "--known-at", at)
        cases = [json.loads(line) for line in Path(at, "cases.jsonl").read_text("utf-8").splitlines()]
        assert [case["case"] for case in cases] == ["harbour"]
        assert beside(at, "cases")["filters"]["known_at"] == at
    assert opening.index < index


def test_changes_count_from_the_moment_that_is_named(run: Run) -> None:
    [claim] = [row for row in replayed("harbour").rows("claims") if row["ref"] == "C2"]
    since = str(claim["index"] - 1)
    run("export", "x.ledger", "harbour", "--to", "out", "--format", "jsonl", "--since", since)
    rows = [json.loads(line) for line in Path("out/changes.jsonl").read_text("utf-8").splitlines()]
    assert {ref for row in rows for ref in row["claims"]} == {"C2", "C3", "C4"} | (
        {"C1"} if any(row["sort"] == "dispute_opened" and "C1" in row["claims"] for row in rows) else set()
    )
    assert beside("out", "changes")["since"] == int(since)


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl", "arrow"])
def test_two_exports_are_the_same_byte_for_byte(run: Run, format: str) -> None:
    for folder in ("one", "two"):
        assert run("export", "x.ledger", "--to", folder, "--format", format).exit_code == 0
    for path in Path("one").iterdir():
        assert path.read_bytes() == Path("two", path.name).read_bytes()


def test_protected_text_is_written_with_a_warning_and_only_when_asked_for(run: Run) -> None:
    closed = run("export", "x.ledger", "harbour", "--to", "closed", "--format", "csv")
    assert closed.stderr == ""
    opened = run("export", "x.ledger", "harbour", "--to", "opened", "--format", "csv", "--disclosed")
    assert opened.stderr.startswith("warning: texts behind commitments")
    secret = "a remark that stays closed"
    assert all(secret not in path.read_text("utf-8") for path in Path("closed").iterdir())
    assert secret in Path("opened/claims.csv").read_text("utf-8")
    assert beside("opened", "claims")["disclosed"] is True
    assert {file.stat().st_mode & 0o777 for file in Path("opened").iterdir()} == {0o600}


def test_the_answer_as_json_names_files_rows_and_provenance(run: Run) -> None:
    done = run("export", "x.ledger", "harbour", "--to", "out", "--table", "claims", "--json")
    document = json.loads(done.stdout)
    assert (document["shape"], document["to"], document["format"]) == (1, "out", "parquet")
    assert document["tables"] == [
        {
            "table": "claims",
            "file": "claims.parquet",
            "rows": 4,
            "provenance": replayed("harbour").provenance().to_json(),
        }
    ]


def test_a_folder_that_holds_something_is_refused_and_left_as_it_is(run: Run) -> None:
    Path("out").mkdir()
    Path("out/mine.txt").write_text("mine")
    done = run("export", "x.ledger", "--to", "out")
    assert done.exit_code == 1
    assert done.stderr == "error: out: holds files already; name a new or empty folder\n"
    assert [path.name for path in Path("out").iterdir()] == ["mine.txt"]


def test_an_export_that_fails_leaves_no_file(run: Run) -> None:
    done = run("export", "x.ledger", "nowhere", "--to", "out")
    assert done.exit_code == 1
    assert 'no case "nowhere"' in done.stderr
    assert list(Path("out").iterdir()) == []


def test_an_unknown_table_is_a_message_that_lists_them(run: Run) -> None:
    done = run("export", "x.ledger", "--to", "out", "--table", "claim")
    assert done.exit_code == 1
    assert done.stderr.startswith('error: no table "claim"; the tables are cases, claims')
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "arguments",
    [["x.ledger"], ["x.ledger", "--to", "o", "--format", "xls"], ["x.ledger", "--to", "o", "--excel-safe"]],
)
def test_wrong_usage_is_status_2(run: Run, arguments: list[str]) -> None:
    assert run("export", *arguments).exit_code == 2
