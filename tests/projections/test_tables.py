"""Tables in memory: every projection in typed columns, in the words of the codebook, with where it comes from."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from claimledger.events import CauseOfDeath, Count
from claimledger.events.errors import InvalidValue, MissingExtra, UnknownName
from claimledger.projections import CaseState
from claimledger.projections.codebook import ColumnType, codebook_as_json, codebook_as_markdown
from claimledger.projections.tables import (
    CODEBOOK,
    Tables,
    arrow_table,
    provenance_of,
    provenance_of_all,
    schema,
)
from tests.projections.table_world import (
    ARABIC,
    AZERBAIJANI,
    CYRILLIC,
    IDENTITY,
    SECRET,
    another,
    filled,
    tables_of,
)

BEGIN = "<!-- from here on, written by claimledger.projections.codebook -->\n"


@pytest.fixture
def world(world: Any) -> Any:
    return filled(world)


@pytest.fixture
def tables(world: Any) -> Tables:
    return tables_of(world)


def rows(tables: Tables, name: str, **equal: Any) -> list[dict[str, Any]]:
    """The rows of a table, those alone that have these values."""
    return [row for row in tables.rows(name) if all(row[key] == value for key, value in equal.items())]


@pytest.mark.parametrize("name", CODEBOOK)
def test_each_table_has_rows_in_the_columns_and_types_of_the_codebook(tables: Tables, name: str) -> None:
    table = tables[name]
    assert table.num_rows > 0
    table.validate(full=True)
    assert table.schema.equals(schema(name))
    columns = CODEBOOK[name].columns
    assert table.column_names == [column.name for column in columns]
    for column in columns:
        values = table[column.name].to_pylist()
        assert column.nullable or None not in values, column.name
        if column.vocabulary is not None:
            assert set(values) - {None} <= set(column.vocabulary)
        if column.type is ColumnType.DECIMAL:
            assert all(Decimal(value) >= 0 for value in values if value is not None)
        if column.type is ColumnType.JSON:
            assert all(json.loads(value) is not Ellipsis for value in values if value is not None)


@pytest.mark.parametrize("name", CODEBOOK)
def test_a_row_is_named_by_its_key(tables: Tables, name: str) -> None:
    keys = [tuple(str(row[column]) for column in CODEBOOK[name].key) for row in tables.rows(name)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", CODEBOOK)
def test_no_protected_content_is_in_a_table(tables: Tables, name: str) -> None:
    said = str(list(tables.rows(name)))
    assert SECRET not in said
    assert IDENTITY not in said


def test_protected_text_is_shown_where_it_is_asked_for_and_an_identity_never_is(world: Any) -> None:
    tables = tables_of(world, disclosed=True)
    [opinion] = rows(tables, "claims", ref="C9")
    assert json.loads(opinion["disclosures"]) == {
        "claim.text": SECRET,
        "quote": {"exact": SECRET},
    }
    assert SECRET in rows(tables, "history", ref="C9")[0]["what"]
    assert tables.origin("claims")["disclosed"] is True
    for name in CODEBOOK:
        assert IDENTITY not in str(list(tables.rows(name)))


def test_withholding_changes_neither_rows_of_other_claims_nor_the_state_hash(world: Any) -> None:
    closed, opened = tables_of(world), tables_of(world, disclosed=True)
    assert closed.provenance() == opened.provenance()
    assert rows(closed, "positions") == rows(opened, "positions")


def test_a_state_that_is_there_already_gives_the_same_tables(world: Any, tables: Tables) -> None:
    again = Tables.of(world.state())
    assert again.provenance() == world.state().provenance()
    for name in CODEBOOK:
        assert list(again.rows(name)) == list(tables.rows(name))


def test_a_date_has_its_text_and_its_bounds(tables: Tables) -> None:
    [by] = rows(tables, "holdings", ref="C2", question="z \u00b7 cause of death")
    assert (by["said"], by["said_earliest"], by["said_latest"]) == (
        "[..2025-07-02]",
        None,
        date(2025, 7, 2),
    )
    [month] = rows(tables, "claims", ref="C5")
    assert (month["said_earliest"], month["said_latest"]) == (date(2025, 7, 1), date(2025, 7, 31))


def test_alternatives_of_a_voice_that_differ_have_no_text_of_a_date(tables: Tables) -> None:
    [row] = rows(tables, "claims", ref="C13")
    assert row["asserters"] == ["reports", "ngo"]
    assert (row["said"], row["said_earliest"], row["said_latest"]) == (None, None, None)


def test_numbers_stay_as_they_were_stated(tables: Tables) -> None:
    counts = {row["ref"]: row for row in tables.rows("counts")}
    assert (counts["C5"]["low"], counts["C5"]["low_open"], counts["C5"]["point"]) == ("8", False, None)
    assert (counts["C6"]["point"], counts["C6"]["qualifier"]) == ("50", "around")
    assert {counts["C7"][name] for name in ("low", "high", "point")} == {None}
    assert counts["C7"]["qualifier"] == "dozens"
    assert counts["C16"]["status"] == "withdrawn"


def test_every_claim_is_in_claims_and_every_claim_at_a_question_in_holdings(
    world: Any, tables: Tables
) -> None:
    state = world.state()
    assert [row["ref"] for row in tables.rows("claims")] == list(state.claims)
    held = {row["ref"] for row in tables.rows("holdings")}
    assert held == {ref for question in state.questions for ref in question.claims}
    assert rows(tables, "holdings", ref="C4")[0]["no_answer"] == "no_comment"
    assert rows(tables, "holdings", ref="C4")[0]["position"] is None


def test_pairs_and_holdings_name_the_positions_of_the_table_positions(tables: Tables) -> None:
    known = {row["position"] for row in tables.rows("positions")}
    assert {row["position"] for row in tables.rows("holdings")} - {None} <= known
    pairs = list(tables.rows("pairs"))
    assert {row["a"] for row in pairs} | {row["b"] for row in pairs} <= known


def test_a_position_keeps_its_id_when_claims_are_added_and_its_words_change(world: Any) -> None:
    before = {row["text"]: row["position"] for row in tables_of(world).rows("positions")}
    world.claim("C5a", Count(group="both", quantity="exactly 6"))
    world.claim("A1", Count(group="both", quantity="8 or more"))
    world.claim("A0", CauseOfDeath(of="z", causes="suicide"))
    after = {row["text"]: row["position"] for row in tables_of(world).rows("positions")}
    assert set(before.values()) <= set(after.values())
    assert len(set(after.values())) == len(after)


def test_names_in_every_script_are_kept_code_point_by_code_point(tables: Tables) -> None:
    labels = tables["entities"]["label"].to_pylist()
    assert {ARABIC, CYRILLIC, AZERBAIJANI} <= set(labels)
    [row] = rows(tables, "positions", question="arabic \u00b7 name")
    assert sorted(row["terms"] or json.loads(row["answer"])["values"][0]["texts"]) == sorted(
        (ARABIC, CYRILLIC, AZERBAIJANI)
    )


def test_columns_hold_typed_values(tables: Tables) -> None:
    claims = tables["claims"].schema
    assert claims.field("index").type == pa.int64()
    assert claims.field("said_latest").type == pa.date32()
    assert claims.field("recorded_at").type == pa.timestamp("us", "UTC")
    assert claims.field("strengths").type == pa.list_(pa.string())
    assert claims.field("status").type == pa.dictionary(pa.int32(), pa.string())
    assert tables["positions"].schema.field("low").type == pa.string()
    assert rows(tables, "claims", ref="C1")[0]["recorded_at"] == datetime(2025, 7, 4, 9, 16, tzinfo=UTC)


def test_a_dictionary_holds_the_whole_vocabulary_whatever_stands_in_the_column(tables: Tables) -> None:
    [column] = [column for column in CODEBOOK["pairs"].columns if column.name == "verdict"]
    for given in ([], list(tables.rows("pairs"))):
        chunk = arrow_table("pairs", given)["verdict"].combine_chunks()
        assert chunk.dictionary.to_pylist() == list(column.vocabulary or ())


@pytest.mark.parametrize("name", CODEBOOK)
def test_an_empty_table_keeps_its_schema(new_world: Callable[..., Any], name: str) -> None:
    empty = Tables("nowhere")
    for event in another(new_world).events:
        empty.apply(event)
    table = empty[name]
    assert table.schema.equals(schema(name))
    assert arrow_table(name, []).num_rows == 0


def test_a_table_says_where_it_comes_from(world: Any, tables: Tables) -> None:
    said = provenance_of(tables["positions"])
    assert said is not None
    assert {**said, "library": ""} == {
        "shape": 1,
        "table": "positions",
        "library": "",
        "disclosed": False,
        **world.state().provenance().to_json(),
    }
    assert said["library"].startswith("claimledger ")
    assert provenance_of(arrow_table("positions", [])) is None


def test_the_clocks_hold_for_every_table(world: Any) -> None:
    tables = tables_of(world, asserted_by="2025-07-03", known_at=17)
    assert [row["ref"] for row in tables.rows("claims")] == ["C1", "C2"]
    assert tables.provenance().filters == {
        "case": "case",
        "known_at": "17",
        "asserted_by": "2025-07-03",
    }
    assert rows(tables, "cases")[0]["not_yet_said"] == []
    later = tables_of(world, asserted_by="2025-07-03")
    assert "C3" in rows(later, "cases")[0]["not_yet_said"]


def test_changes_are_those_since_the_moment_that_was_asked_for(world: Any) -> None:
    index = world.events[-1].index
    world.claim("C17", CauseOfDeath(of="z", causes="suicide"), "paper", "2025-07-09")
    since = tables_of(world, since=index)
    assert {ref for row in since.rows("changes") for ref in row["claims"]} == {"C17"}
    assert since.origin("changes")["since"] == index
    assert "since" not in since.origin("claims")
    assert len(rows(tables_of(world), "changes")) > len(rows(since, "changes"))


def test_several_cases_have_one_hash_whatever_their_order(world: Any, new_world: Callable[..., Any]) -> None:
    parts = [CaseState("a").provenance(), world.state().provenance()]
    there = provenance_of_all(parts, "f" * 64, {"asserted_by": "2025"})
    assert there == provenance_of_all(reversed(parts), "f" * 64, {"asserted_by": "2025"})
    assert there.index == world.events[-1].index
    assert there.state_hash != parts[1].state_hash


def test_a_table_that_there_is_not_is_refused_with_those_there_are(tables: Tables) -> None:
    for ask in (tables.rows, tables.__getitem__):
        with pytest.raises(UnknownName, match="cases, claims, questions"):
            ask("claim")


def test_a_word_that_the_codebook_has_not_is_refused(tables: Tables) -> None:
    [row] = rows(tables, "cases")
    assert arrow_table("cases", [row]).num_rows == 1
    [first, *_] = tables.rows("pairs")
    with pytest.raises(InvalidValue, match="column verdict: the codebook has no word maybe"):
        arrow_table("pairs", [{**first, "verdict": "maybe"}])


def test_without_arrow_the_message_says_what_to_install(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return importing(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"pip install claimledger\[tables\]"):
        tables["claims"]
    assert list(tables.rows("claims"))


def test_the_page_describes_every_column_and_no_other(project: Path) -> None:
    """To write it again, put what `codebook_as_markdown(CODEBOOK.values())` gives below the line that says so."""
    page = (project / "docs" / "reference" / "tables.md").read_text("utf-8")
    _, _, generated = page.partition(BEGIN)
    assert generated == codebook_as_markdown(CODEBOOK.values())


def test_the_codebook_says_the_same_as_data() -> None:
    book = json.loads(json.dumps(codebook_as_json(CODEBOOK.values())))
    assert [table["name"] for table in book["tables"]] == list(CODEBOOK)
    for table in book["tables"]:
        names = [column["name"] for column in table["columns"]]
        assert len(set(names)) == len(names)
        assert set(table["key"]) <= set(names)
        for column in table["columns"]:
            assert column["meaning"]
            assert column["type"] in book["types"]
            assert (column["type"] == "category") == ("vocabulary" in column)
