"""The three clocks, alone and together: a late record never leaks, an account that was given up does not come back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger import Ledger
from claimledger.events import Act, CauseOfDeath, Count, Death, RegisteredAct, undecided
from claimledger.events.errors import InvalidValue
from claimledger.events.kinds import read_kind
from claimledger.projections import CaseState, Disputes, History, Timeline, replay
from claimledger.projections.clocks import BY_THE_RECORDERS, Clocks
from claimledger.testing import FixedClock, fixed_ids, seeded_keyring
from tests.projections.histories import History as Recorded
from tests.projections.histories import NewWorld, grown, histories

if TYPE_CHECKING:
    from tests.projections.conftest import World

days = st.sampled_from([None, "2025-07-01", "2025-07-03", "2025-07-06"])
own_days = st.sampled_from([None, "2025-06-15", "2025-06-27", "2025-07-01"])


def bare(state: CaseState) -> dict[str, Any]:
    """A state as data, without what says how it was asked for."""
    return {name: value for name, value in state.to_json().items() if name != "provenance"}


@given(history=histories(), data=st.data(), said=days, day=own_days)
def test_the_clocks_compose_in_any_order(
    new_world: NewWorld, history: Recorded, data: st.DataObject, said: str | None, day: str | None
) -> None:
    events = grown(new_world, history).events
    index = data.draw(st.integers(0, len(events) - 1))
    whole = replay(CaseState("case"), events)
    at_once = replay(CaseState("case", known_at=index, asserted_by=said, true_on=day), events)
    cut_before = replay(CaseState("case", asserted_by=said, true_on=day), events[: index + 1])
    assert bare(cut_before) == bare(at_once)
    clocks: list[dict[str, Any]] = [{"known_at": index}, {"asserted_by": said}, {"true_on": day}]
    for order in permutations(clocks):
        state = whole
        for clock in order:
            state = state.at(**clock)
        assert state.to_json() == at_once.to_json()
    alone = [set(whole.at(known_at=index).at(**clock).claims) for clock in clocks[1:]]
    assert set(at_once.claims) == alone[0] & alone[1]


@given(history=histories(), data=st.data())
def test_a_later_record_never_changes_an_earlier_known_at(
    new_world: NewWorld, history: Recorded, data: st.DataObject
) -> None:
    world = grown(new_world, history)
    index = data.draw(st.integers(0, len(world.events) - 1))
    before = replay(CaseState("case"), world.events[: index + 1]).provenance()
    instant = world.events[index].recorded_at
    for moment in (index, instant, instant.isoformat()):
        after = replay(CaseState("case", known_at=moment), world.events).provenance()
        assert (after.state_hash, after.index) == (before.state_hash, before.index)


@given(history=histories(), said=days, day=own_days)
def test_what_a_clock_leaves_out_is_listed(
    new_world: NewWorld, history: Recorded, said: str | None, day: str | None
) -> None:
    state = grown(new_world, history).state(asserted_by=said, true_on=day)
    listed = [set(state.claims)] + [
        {view.ref for view in views} for views in (state.not_yet_said, state.not_of_that_day)
    ]
    assert set.union(*listed) == set(history.claims)
    assert sum(map(len, listed)) == len(history.claims)
    assert set(state.to_json()["not_of_that_day"]) == listed[2]


@pytest.mark.parametrize(
    ("when", "kept"),
    [
        ("2025-06-27", True),
        ("2025-06", True),
        ("2025-06-20/2025-06-27", True),
        ("[..2025-06-27]", True),
        ("2025-06-28/..", False),
        ("2025-06-26", False),
        ("2025-07", False),
        ("[2025-06-26,2025-06-28]", False),
        ("XXXX-06-27", True),
        ("XXXX-06-28", False),
        ("2025-06-26~", True),
        ("2025-05?", True),
        (undecided("2025-06-26", "2025-06-27"), True),
        (undecided("2025-06-26", "2025-06-28"), False),
        (None, True),
    ],
)
def test_only_a_time_that_certainly_leaves_the_day_out_is_of_another_day(
    world: World, when: Any, kept: bool
) -> None:
    world.claim("C1", Death(person="z", when=when))
    state = world.state(true_on="2025-06-27")
    assert (list(state.claims), [view.ref for view in state.not_of_that_day]) == (
        (["C1"], []) if kept else ([], ["C1"])
    )


def test_counts_are_of_the_day_that_they_speak_of(world: World) -> None:
    for day, number in (("2025-07-01", 5), ("2025-07-02", 8)):
        world.claim(f"C{number}", Count(group="both", quantity=number, as_of=day), "ru", "2025-07-03")
    world.claim("C9", Count(group="both", quantity=9), "az")
    state = world.state(true_on="2025-07-02")
    assert [position.text for position in state.question("both", "count").positions] == ["8", "9"]


def test_a_kind_that_is_not_known_here_tells_its_time_likewise(world: World) -> None:
    for number, when in enumerate(("2025-07-01", {"value": "2025-07-02"}, {"undecided": ["2025-07-02"]}, 7)):
        world.claim(f"C{number}", read_kind("org.example.flood", {"river": "Iset", "when": when}))
    state = world.state(true_on="2025-07-01")
    assert [view.ref for view in state.not_of_that_day] == ["C1", "C2"]


def test_an_account_that_was_given_up_does_not_come_back_on_its_day(world: World) -> None:
    world.claim("C1", Death(person="z", when="2025-06-27"), "ru", "2025-07-01")
    world.claim("C2", Death(person="z", when="2025-06-28"), "ru", "2025-07-05")
    state = world.state(true_on="2025-06-27")
    [position] = state.question("z", "death.when").positions
    assert (position.text, position.is_current, position.holders[0].by) == ("2025-06-27", False, "C2")
    assert [view.ref for view in state.not_of_that_day] == ["C2"]
    assert state.at(asserted_by="2025-07-04").question("z", "death.when").positions[0].is_current


@pytest.mark.parametrize(
    "day", ["2025-06", "2025-06-27~", "2025-06-27/2025-06-28", "[..2025-06-27]", "27 June"]
)
def test_true_on_is_one_day(day: str) -> None:
    with pytest.raises(InvalidValue):
        CaseState("case", true_on=day)


@pytest.mark.parametrize("moment", ["2025-07-02T16:20", "2 July", datetime(2025, 7, 2)])
def test_known_at_is_an_index_a_day_or_an_instant_with_its_offset(moment: Any) -> None:
    with pytest.raises(InvalidValue, match="offset"):
        CaseState("case", known_at=moment)


def test_a_clock_is_not_set_twice(world: World) -> None:
    state = world.state(asserted_by="2025-07-03")
    assert state.at(asserted_by="2025-07-03").asserted_by == "2025-07-03"
    with pytest.raises(InvalidValue, match="asserted_by is given twice"):
        state.at(asserted_by="2025-07-04")
    with pytest.raises(InvalidValue, match="known_at is given twice"):
        replay(CaseState("case", known_at=3), world.events, at=4)


def test_a_state_that_holds_later_records_is_not_cut_afterwards(world: World) -> None:
    with pytest.raises(InvalidValue, match="begin with a fresh one"):
        world.state().cut_at(2)


def test_the_provenance_names_all_clocks_as_given(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"))
    instant = world.events[-1].recorded_at
    asked = {"known_at": instant, "asserted_by": "2025-07", "true_on": "2025-06-27"}
    filters = {
        "case": "case",
        "known_at": "2025-07-04T09:09:00.000000Z",
        "known_at_by": BY_THE_RECORDERS,
        "asserted_by": "2025-07",
        "true_on": "2025-06-27",
    }
    made: list[Any] = [CaseState, History, Disputes, Timeline]
    folds = [fold("case", **asked) for fold in made]
    for fold in folds:
        for event in world.events:
            fold.apply(event)
        found = fold.provenance()
        assert (dict(found.filters), found.index) == (filters, world.events[-1].index)
        assert found == folds[0].provenance()
    by_index = replay(CaseState("case"), world.events, at=3).provenance()
    assert dict(by_index.filters) == {"case": "case", "known_at": "3"}


def test_a_cut_by_a_day_lasts_until_its_end(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"))
    claims = {day: list(world.state(known_at=day).claims) for day in ("2025-07-03", "2025-07-04")}
    assert claims == {"2025-07-03": [], "2025-07-04": ["C1"]}


def test_once_the_cut_is_reached_an_earlier_clock_reading_does_not_slip_in(world: World) -> None:
    first = world.claim("C1", CauseOfDeath(of="z", causes="torture"))
    world.claim("C2", CauseOfDeath(of="z", causes="suicide"))
    late, early = world.events[-2], world.events[-1]
    assert late.id == first
    state = CaseState("case", known_at=late.recorded_at - timedelta(seconds=1))
    replay(state, world.events[:-2])
    for event in (late, early):
        state.apply(event)
    assert (list(state.claims), state.taken_in) == ([], late.index - 1)


def test_equal_instants_are_equal_clocks() -> None:
    in_utc = datetime(2025, 7, 2, 16, tzinfo=UTC)
    assert (
        Clocks(in_utc).joined(Clocks("2025-07-02T16:00:00.000000Z")).known_at == "2025-07-02T16:00:00.000000Z"
    )


def test_a_ledger_cuts_the_whole_log_and_tells_the_projection() -> None:
    clock = FixedClock(step=timedelta(0))
    keys = seeded_keyring()
    with Ledger.create(
        "memory:", origin="example.org/clocks", keys=keys, clock=clock, new_id=fixed_ids()
    ) as ledger:
        one, other = (ledger.create_case(name, title=name) for name in ("one", "other"))
        one.register_entity("first", RegisteredAct(label="a raid"))
        known = ledger.size - 1
        clock.now += timedelta(days=1)
        other.register_entity("elsewhere", RegisteredAct(label="a raid"))
        clock.now -= timedelta(days=1)
        one.register_entity("second", RegisteredAct(label="another raid"))
        told = ledger.replay(CaseState("one"), known_at=clock.now)
        own = ledger.replay(CaseState("one", known_at=clock.now))
        assert told.to_json() == own.to_json()
        assert (told.taken_in, list(told.entities)) == (known, ["first"])
        assert told.provenance().filters["known_at_by"] == BY_THE_RECORDERS
        with pytest.raises(InvalidValue, match="given twice"):
            ledger.replay(CaseState("one", known_at=1), known_at=2)


_HASHES = """
import sys
from claimledger.projections import CaseState
state = CaseState.load(sys.stdin.buffer.read())
print(state.provenance().state_hash, state.at(asserted_by="2025-07-03", true_on="2025-06-27").provenance().state_hash)
"""


def test_two_processes_give_equal_hashes(new_world: Callable[[], World]) -> None:
    world = new_world()
    world.entity("raid", RegisteredAct(label="the raid"))
    for number, (cause, who) in enumerate((("torture", "az"), ("suicide", "ru"), ("injury", "ngo"))):
        world.claim(f"C{number}", CauseOfDeath(of="z", causes=[cause, "injury.head"]), who, relays=("paper",))
        world.claim(f"D{number}", Death(person="z", when=f"2025-06-2{number + 6}"), who)
    world.claim("A1", Act(act="raid", by=("az", "ru"), to=("z", "g"), when="2025-06-27"))
    world.same("ngo", "paper")
    state = world.state()
    expected = [
        one.provenance().state_hash
        for one in (state, state.at(asserted_by="2025-07-03", true_on="2025-06-27"))
    ]
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _HASHES],
            input=state.save(),
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout.decode().split() == expected
