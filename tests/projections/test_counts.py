"""Numbers over time: as they were said, whose they are, and never added up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.claimfile import read_claim_file
from claimledger.claimfile_record import record_claim_file
from claimledger.events import Count, Group, either, undecided
from claimledger.events.quantities import Quantity
from claimledger.projections import ClaimStatus, CountRow, Counts, replay
from claimledger.testing import memory_ledger

if TYPE_CHECKING:
    from tests.projections.conftest import World

GRENFELL = Path(__file__).resolve().parents[2] / "examples" / "incidents" / "grenfell-2017.yaml"
POLICE = "shared:met"


@pytest.fixture(scope="module")
def grenfell() -> Counts:
    with memory_ledger() as ledger:
        record_claim_file(ledger, read_claim_file(GRENFELL))
        return ledger.replay(Counts("grenfell-2017"))


def counts_of(world: World) -> Counts:
    return replay(Counts(world.case), world.events)


def numbers(rows: tuple[CountRow, ...]) -> list[tuple[str, object, object, object]]:
    return [(row.ref, row.low, row.point, row.high) for row in rows]


def test_the_police_numbers_of_the_dead_stand_apart_by_certainty_in_the_order_of_saying(
    grenfell: Counts,
) -> None:
    said = {
        one.certainty: numbers(one.rows)
        for one in grenfell.series
        if (one.entity, one.holder) == (("dead",), POLICE)
    }
    assert said["confirmed"] == [
        ("P01", None, 6, None),
        ("P02", None, 12, None),
        ("P03", None, 17, None),
        ("P04.1", 30, None, None),
        ("P05.2", None, 30, None),
        ("P10.1", None, 70, None),
    ]
    assert said["presumed"] == [
        ("P05.1", None, 58, None),
        ("P06.1", None, 79, None),
        ("P07.1", None, 80, None),
        ("P08.1", None, 80, None),
        ("P09.1", None, None, 80),
    ]
    assert said[None] == [("P08.6", 100, None, 600)]


def test_numbers_that_were_corrected_stay_and_say_by_what(grenfell: Counts) -> None:
    rows = {row.ref: row for row in grenfell.of_group("dead")}
    for ref in ("P05.1", "P06.1", "P07.1", "P08.1", "P09.1"):
        assert (rows[ref].status, rows[ref].by) == (ClaimStatus.CORRECTED, "P10.4")
    assert rows["P10.1"].status is ClaimStatus.STANDING
    assert rows["P08.6"].polarity == "negated"


def test_parts_are_never_added(grenfell: Counts) -> None:
    """Adults and children make 72; nobody but those who said 72 has it."""
    assert {row.point for group in ("adults", "children") for row in grenfell.of_group(group)} == {54, 18}
    seventy_two = {row.ref for row in grenfell.rows if 72 in (row.low, row.point, row.high)}
    assert "I01" in seventy_two
    claims = grenfell.state.claims
    for row in grenfell.rows:
        stated = claims[row.ref].body.claim
        assert isinstance(stated, Count)
        assert row.quantity == stated.quantity


def test_the_day_that_a_number_speaks_of_is_kept_apart_from_the_day_it_was_said(grenfell: Counts) -> None:
    rows = {row.ref: row for row in grenfell.of_group("identified")}
    assert rows["P06.2"].as_of == "2017-06-19"
    assert [row.as_of for row in grenfell.of_group("identified")] == sorted(
        row.as_of or "" for row in rows.values()
    )


def test_what_was_said_by_a_day_holds_no_later_number(grenfell: Counts) -> None:
    early = Counts("grenfell-2017", asserted_by="2017-06-18")
    for event in grenfell.state._events.values():
        early.apply(event)
    assert {row.ref for row in early.of_group("dead")} == {"P01", "P02", "P03", "P04.1", "P05.1", "P05.2"}
    assert {row.status for row in early.of_group("dead") if row.certainty == "presumed"} == {
        ClaimStatus.STANDING
    }


def test_alternatives_are_a_row_each_and_marked(world: World) -> None:
    world.entity("held", Group(label="the held"))
    world.claim("C1", Count(group="held", quantity=either(8, 9)), "az")
    world.claim("C2", Count(group="held", quantity=undecided(15, 50)), "ru")
    world.claim("C3", Count(group="held", quantity="dozens"), "ngo")
    rows = counts_of(world).rows
    assert [(row.holder, row.point, row.openness) for row in rows] == [
        ("az", 8, "either"),
        ("az", 9, "either"),
        ("ru", 15, "undecided"),
        ("ru", 50, "undecided"),
        ("ngo", None, "stated"),
    ]
    assert (rows[-1].low, rows[-1].high, rows[-1].quantity.qualifier) == (None, None, "dozens")


def test_numbers_said_on_no_known_day_come_last(world: World) -> None:
    world.entity("held", Group(label="the held"))
    world.claim("C1", Count(group="held", quantity=3), said=None)
    world.claim("C2", Count(group="held", quantity=2), said="2025-07-03")
    world.claim("C3", Count(group="held", quantity=1), said="2025-07")
    assert [row.ref for row in counts_of(world).rows] == ["C2", "C3", "C1"]


def test_one_position_keeps_the_words_of_each_who_holds_it(world: World) -> None:
    world.entity("held", Group(label="the held"))
    world.claim("C1", Count(group="held", quantity="6"), "az")
    world.claim("C2", Count(group="held", quantity=Quantity(point=6, verbatim="six", unit="person")), "ru")
    assert [row.quantity.verbatim for row in counts_of(world).rows] == ["6", "six"]


@given(st.lists(st.tuples(st.sampled_from(["az", "ru", "ngo"]), st.integers(0, 9)), min_size=1, max_size=8))
def test_every_number_that_was_said_is_one_row_and_no_other_number_is_there(
    new_world: Callable[[], World], said: list[tuple[str, int]]
) -> None:
    world = new_world()
    world.entity("held", Group(label="the held"))
    for place, (holder, number) in enumerate(said, 1):
        world.claim(f"C{place}", Count(group="held", quantity=number), holder, f"2025-07-{place:02d}")
    counts = counts_of(world)
    assert sorted((row.ref, row.holder, row.point) for row in counts.rows) == sorted(
        (f"C{place}", holder, number) for place, (holder, number) in enumerate(said, 1)
    )
    assert [row for one in counts.series for row in one.rows] == list(counts.rows)


def test_the_data_form_carries_the_number_its_holder_and_where_it_comes_from(grenfell: Counts) -> None:
    data = grenfell.to_json()
    (row,) = [one for one in data["rows"] if one["ref"] == "P05.1"]
    assert (row["point"], row["certainty"], row["holder"], row["status"]) == (
        58,
        "presumed",
        POLICE,
        "corrected",
    )
    assert data["provenance"] == grenfell.state.provenance().to_json()
    assert sum(len(one["refs"]) for one in data["series"]) == len(data["rows"])
