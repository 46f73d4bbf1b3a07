"""Timelines: rows in an order that nothing certain contradicts, and never more precision than was stated."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import Act, CauseOfDeath, Count, Death, Opinion, RegisteredAct, undecided
from claimledger.events.dates import Bounds, TimeOfDay, When, before, parse_edtf
from claimledger.events.errors import InvalidValue
from claimledger.projections import replay
from claimledger.projections.timeline import By, Order, Timeline, TimelineRow
from tests.projections.histories import History as Recorded
from tests.projections.histories import NewWorld, grown, histories

if TYPE_CHECKING:
    from tests.projections.conftest import World


def timeline(world: World, by: By = "happened", **clocks: Any) -> Timeline:
    return replay(Timeline("case", by, **clocks), world.events)


def shown(rows: tuple[TimelineRow, ...]) -> list[tuple[str | None, str, str]]:
    return [(row.date, row.ref, str(row.order)) for row in rows]


def test_what_happened_is_in_the_order_of_its_own_time(world: World) -> None:
    world.claim("C1", Death(person="z", when="2025-06-29"), "az", "2025-07-01")
    world.claim("C2", Death(person="g", when="2025-06-28"), "ru", "2025-07-02")
    world.claim("C3", CauseOfDeath(of="z", causes="torture"), "az", "2025-06-30")
    assert shown(timeline(world).rows) == [
        ("2025-06-28", "C2", "certain"),
        ("2025-06-29", "C1", "certain"),
        (None, "C3", "unknown"),
    ]
    assert shown(timeline(world, "said").rows) == [
        ("2025-06-30", "C3", "certain"),
        ("2025-07-01", "C1", "certain"),
        ("2025-07-02", "C2", "certain"),
    ]


def test_days_that_overlap_are_not_ordered(world: World) -> None:
    for number, when in enumerate(
        ("2025-06-28", "2025-06", "2025-07-02", "2025-07-02", "2025-08/..", "2025-09-01")
    ):
        world.claim(f"C{number}", Death(person="z", when=when), "az")
    assert shown(timeline(world).rows) == [
        ("2025-06", "C1", "certain"),
        ("2025-06-28", "C0", "overlaps previous"),
        ("2025-07-02", "C2", "certain"),
        ("2025-07-02", "C3", "overlaps previous"),
        ("2025-08/..", "C4", "certain"),
        ("2025-09-01", "C5", "overlaps previous"),
    ]


def test_nothing_is_certain_beside_an_uncertain_date(world: World) -> None:
    for number, when in enumerate(("2025-06-28", "2025-06-29~", "2025-06-30", "XXXX-06-27")):
        world.claim(f"C{number}", Death(person="z", when=when), "az")
    rows = timeline(world).rows
    assert shown(rows) == [
        ("2025-06-28", "C0", "certain"),
        ("2025-06-29~", "C1", "unknown"),
        ("2025-06-30", "C2", "unknown"),
        ("XXXX-06-27", "C3", "unknown"),
    ]
    assert [row.ref for row in timeline(world).undated] == ["C3"]


def test_a_date_with_an_open_end_keeps_it(world: World) -> None:
    world.claim("C1", Death(person="z", when="[..2025-07-03]"), "az", "[..2025-07-03]")
    for by in ("happened", "said"):
        [row] = timeline(world, by).rows
        assert (row.date, row.earliest, row.latest) == ("[..2025-07-03]", None, date(2025, 7, 3))


def test_alternatives_stay_alternatives(world: World) -> None:
    world.claim("C1", Death(person="z", when=undecided("2025-06-27", "2025-06-29")), "az")
    voice = {"undecided": [{"asserter": "az", "asserted_at": "2025-07-01"}, {"asserter": "ru"}]}
    world.claim("C2", Opinion(about="z", tone="condemns"), voice=voice)
    [dated, undated] = timeline(world).rows
    assert (dated.date, dated.earliest, dated.latest) == (
        "2025-06-27 or 2025-06-29", date(2025, 6, 27), date(2025, 6, 29)
    )  # fmt: skip
    assert undated.who == "Azerbaijani authorities or Russian authorities"
    # One of the two voices states no time, so that nothing is known of when it was said.
    assert timeline(world, "said").rows[-1].date is None


def test_words_and_the_time_of_day_are_shown_and_order_nothing(world: World) -> None:
    times = [("15:00", "C2"), ("09:00", "C1")]
    for clock, ref in times:
        time = TimeOfDay(earliest=clock, offset="+05:00")
        when = When(value="2025-06-27", verbatim="Friday", time=time)
        world.claim(ref, Death(person="z", when=when), "az")
    rows = timeline(world).rows
    assert [(row.ref, row.words, str(row.order)) for row in rows] == [
        ("C1", ('"Friday", 09:00 +05:00',), "certain"),
        ("C2", ('"Friday", 15:00 +05:00',), "overlaps previous"),
    ]


def test_what_was_recorded_is_in_the_order_of_the_log(world: World) -> None:
    for ref in ("C2", "C10", "C1"):
        world.claim(ref, Count(group="both", quantity=8, as_of="2025-07-01"), "az", None)
    rows = timeline(world, "recorded").rows
    assert shown(rows) == [("2025-07-04", ref, "certain") for ref in ("C2", "C10", "C1")]
    assert [row.field for row in rows] == ["recorded_at"] * 3
    assert [row.field for row in timeline(world).rows] == ["as_of"] * 3


def test_a_claim_that_ended_keeps_its_row(world: World) -> None:
    world.entity("raid", RegisteredAct(label="the raid"))
    world.claim("C1", Act(act="raid", when="2025-06-27", by="ru"), "az")
    world.withdraw("C1")
    [row] = timeline(world).rows
    assert (row.status, row.ended_by, row.what) == (
        "withdrawn", world.events[-1].id, "by: Russian authorities; when: 2025-06-27"
    )  # fmt: skip


def test_the_clocks_leave_out_and_list(world: World) -> None:
    world.claim("C1", Death(person="z", when="2025-06-27"), "az", "2025-07-01")
    world.claim("C2", Death(person="z", when="2025-06-28"), "ru", "2025-07-01")
    world.claim("C3", Death(person="z", when="2025-06-27"), "ru", "2025-07-05")
    made = timeline(world, asserted_by="2025-07-03", true_on="2025-06-27").to_json()
    assert [row["ref"] for row in made["rows"]] == ["C1"]
    assert (made["not_yet_said"], made["not_of_that_day"], made["undated"]) == (["C3"], ["C2"], [])
    assert made["provenance"]["filters"] == {
        "case": "case",
        "asserted_by": "2025-07-03",
        "true_on": "2025-06-27",
    }


def test_a_row_as_data_has_days_as_text(world: World) -> None:
    world.claim("C1", Death(person="z", when="2025-06"), "az", on_behalf_of="ru")
    [row] = timeline(world).to_json()["rows"]
    assert row == {
        "date": "2025-06", "words": [], "earliest": "2025-06-01", "latest": "2025-06-30", "field": "when",
        "order": "certain", "ref": "C1", "index": world.events[-1].index,
        "recorded_at": world.events[-1].header.recorded_at, "who": "Russian authorities", "holders": ["ru"],
        "what": "death: died; death when: 2025-06", "questions": ["z \u00b7 death", "z \u00b7 death when"],
        "status": "standing", "ended_by": None, "revocation": None,
    }  # fmt: skip


def test_another_clock_is_refused() -> None:
    with pytest.raises(InvalidValue, match="happened, said, recorded"):
        Timeline("case", "tomorrow")  # type: ignore[arg-type]


@given(history=histories(), by=st.sampled_from(["happened", "said", "recorded"]))
def test_every_claim_has_a_row_and_no_row_contradicts_a_certain_order(
    new_world: NewWorld, history: Recorded, by: By
) -> None:
    rows = timeline(grown(new_world, history), by).rows
    assert {row.ref for row in rows} == set(history.claims)
    assert not any(row.is_dated for row in rows[len([row for row in rows if row.is_dated]) :])
    if by == "recorded":
        return
    for place, row in enumerate(rows):
        above = [bounds_of(other) for other in rows[:place]]
        mine = bounds_of(row)
        if row.is_dated:
            assert not any(before(mine, other) for other in above)
        # A day or month that is not known has bounds all the same; a year has none.
        exact = [
            other.date is not None and not set("~?") & set(other.date) and "XXXX" not in other.date
            for other in rows[: place + 1]
        ]
        if all(exact):
            certain = all(before(other, mine) for other in above)
            assert row.order == (Order.CERTAIN if certain else Order.OVERLAPS)
        else:
            assert row.order is not Order.CERTAIN


def bounds_of(row: TimelineRow) -> Bounds:
    """The bounds that the date of a row has by its own text."""
    if row.date is None:
        return Bounds(None, None)
    every = [parse_edtf(text).bounds for text in row.date.split(" or ")]
    first, last = [one.earliest for one in every], [one.latest for one in every]
    made = Bounds(
        None if None in first else min(one for one in first if one),
        None if None in last else max(one for one in last if one),
    )
    assert (made.earliest, made.latest) == (row.earliest, row.latest)
    return made
