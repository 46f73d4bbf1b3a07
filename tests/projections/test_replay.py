from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from claimledger.events import CauseOfDeath, Reply
from claimledger.events.encoding import encode
from claimledger.events.errors import InvalidValue
from claimledger.projections import RULES_VERSION, CaseState, known_at, replay

if TYPE_CHECKING:
    from tests.projections.conftest import World


@pytest.fixture
def told(world: World) -> World:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-01")
    world.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-05")
    world.claim("C3", Reply(claims=[world.ids["C1"]], kind="retracts"), "ru", "[..2025-07-09]")
    return world


def test_a_cut_by_index_includes_that_event(told: World) -> None:
    state = replay(CaseState("case"), told.events, at=told.events[-2].index)
    assert list(state.claims) == ["C1", "C2"]
    assert state.index_range == (0, told.events[-2].index)


def test_a_cut_by_time_ends_at_the_first_event_recorded_later(told: World) -> None:
    first = told.events[-3]
    early, late = told.events[-2], told.events[-1]
    assert [one.index for one in known_at(told.events, first.recorded_at)][-1] == first.index
    # An event after it that claims an earlier clock reading does not slip in.
    shuffled = [*told.events[:-2], late, early]
    cut = list(known_at(shuffled, early.recorded_at + timedelta(seconds=1)))
    assert cut[-1].index == first.index


def test_an_instant_without_an_offset_is_refused(told: World) -> None:
    with pytest.raises(InvalidValue, match="offset"):
        known_at(told.events, datetime(2025, 7, 4))


def test_only_what_was_certainly_said_by_a_day_is_placed(told: World) -> None:
    by = {day: told.state(asserted_by=f"2025-07-{day:02d}") for day in (1, 5, 8, 9)}
    assert {day: sorted(state.claims) for day, state in by.items()} == {
        1: ["C1"],
        5: ["C1", "C2"],
        8: ["C1", "C2"],
        9: ["C1", "C2", "C3"],
    }
    assert [by[day].claims["C1"].status for day in (8, 9)] == ["standing", "retracted"]
    assert [view.ref for view in by[1].not_yet_said] == ["C2", "C3"]


def test_what_was_said_on_an_unknown_day_is_not_placed_by_any(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", None)
    state = world.state(asserted_by="2030-01-01")
    assert (list(state.claims), [view.ref for view in state.not_yet_said]) == ([], ["C1"])


@pytest.mark.parametrize("day", ["3 July", "2025-07-03/.."])
def test_a_day_that_is_none_is_refused(day: str) -> None:
    with pytest.raises(InvalidValue):
        CaseState("case", asserted_by=day)


def test_the_provenance_names_what_is_needed_to_repeat_it(told: World) -> None:
    state = told.state(asserted_by="2025-07-05")
    shown = state.to_json()
    provenance = shown.pop("provenance")
    assert provenance == {
        "ledger": "a" * 64,
        "index": told.events[-1].index,
        "filters": {"case": "case", "asserted_by": "2025-07-05"},
        "rules_version": RULES_VERSION,
        "state_hash": hashlib.sha256(encode(shown, max_bytes=10**6)).hexdigest(),
    }
    assert told.state().provenance().state_hash != provenance["state_hash"]
    assert told.state().provenance() == told.state().provenance()


def test_a_state_that_is_asked_in_between_ends_the_same(told: World) -> None:
    asked = CaseState("case")
    for event in told.events:
        asked.apply(event)
        assert len(asked.questions) <= asked.events_seen == event.index + 1
    assert asked.to_json() == told.state().to_json()
