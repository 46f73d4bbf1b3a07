"""What belongs to a case of the shared register and the kinds; and that nothing else changes its state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import (
    Authority,
    CauseOfDeath,
    Event,
    Organisation,
    Person,
    Place,
    SameAsJudged,
    SameAsUndone,
)
from claimledger.projections import CaseState, replay
from claimledger.testing import memory_ledger
from tests.projections.conftest import World
from tests.projections.histories import History as Recorded
from tests.projections.histories import NewWorld, grown, histories

if TYPE_CHECKING:
    from claimledger import Ledger


def shared_names(state: CaseState) -> list[str]:
    return [name for name, view in state.entities.items() if view.shared]


def in_register(world: World, body: SameAsJudged | SameAsUndone) -> Event:
    """An event of the register that no command makes, and a log may hold."""
    register = next(one.stream for one in world.events if one.stream != world.stream)
    return world.add(body, stream=register)


def with_register(world: World) -> World:
    """A case that names two entities of the register, one of which is part of another."""
    world.entity("russia", Authority(label="Russia", country="RU"), shared=True)
    world.entity("prison", Authority(label="the prison service", part_of="shared:russia"), shared=True)
    world.entity("agency", Organisation(label="the agency"), shared=True)
    world.claim("R1", CauseOfDeath(of="z", causes="natural"), "shared:prison", "2025-07-01")
    world.claim("R2", CauseOfDeath(of="g", causes="natural"), "ru", relays=("shared:agency",))
    return world


def unrelated() -> World:
    """Another case, and what is registered for it; it builds on what is there already."""
    other = World("another")
    other.entity("police", Authority(label="the police", part_of="shared:russia"), shared=True)
    other.entity("city", Place(label="the city"), shared=True)
    other.claim("R1", CauseOfDeath(of="z", causes="torture"), "shared:police", relays=("shared:agency",))
    same = in_register(other, SameAsJudged(entities=("police", "city")))
    other.claim("C1", CauseOfDeath(of="g", causes="injury"), "shared:city")
    in_register(other, SameAsUndone(undoes=same.id))
    return other


@given(history=histories(), data=st.data())
def test_what_is_recorded_for_another_case_changes_nothing(
    new_world: NewWorld, history: Recorded, data: st.DataObject
) -> None:
    own = grown(lambda: with_register(new_world()), history).events
    foreign = unrelated().events
    # The register's own entries come first, as the other case builds on them.
    built_on = max(event.index for event in own if event.stream != own[0].stream) + 1
    free = st.lists(st.booleans(), min_size=len(own) - built_on, max_size=len(own) - built_on + len(foreign))
    merged: list[Event] = own[:built_on]
    rest, others = iter(own[built_on:]), iter(foreign)
    for is_own in data.draw(free):
        merged += [event for event in (next(rest if is_own else others, None),) if event is not None]
    merged = [replace(event, index=index) for index, event in enumerate([*merged, *rest, *others])]
    kept = [event for event in merged if event.leaf in {one.leaf for one in own}]

    alone, among = replay(CaseState("case"), kept), replay(CaseState("case"), merged)
    assert among.to_json() == alone.to_json()
    cut = data.draw(st.integers(0, len(merged)))
    loaded = CaseState.load(replay(CaseState("case"), merged[:cut]).save())
    assert replay(loaded, merged).to_json() == among.to_json()
    assert among.save() == loaded.save()


def test_what_is_named_belongs_with_all_that_it_leads_to(world: World) -> None:
    state = with_register(world).state()
    assert shared_names(state) == ["shared:russia", "shared:prison", "shared:agency"]
    world.entity("empire", Authority(label="the empire"), shared=True)
    assert shared_names(world.state()) == shared_names(state)
    same = in_register(world, SameAsJudged(entities=("empire", "agency")))
    assert shared_names(world.state()) == [*shared_names(state), "shared:empire"]
    in_register(world, SameAsUndone(undoes=same.id))
    assert shared_names(world.state()) == shared_names(state)
    world.claim("R3", CauseOfDeath(of="g", causes="natural"), "shared:empire")
    assert shared_names(world.state())[-1] == "shared:empire"


def test_a_later_claim_may_name_what_was_registered_for_another_case(world: World) -> None:
    with_register(world)
    world.entity("empire", Authority(label="the empire"), shared=True)
    saved = world.state()
    assert saved.index_range == (0, saved.taken_in - 1 if saved.taken_in else None)
    loaded = CaseState.load(saved.save())
    world.claim("R3", CauseOfDeath(of="g", causes="natural"), "shared:empire")
    assert replay(loaded, world.events).to_json() == world.state().to_json()
    assert loaded.label("shared:empire") == "the empire"


def test_a_ledger_gives_one_hash_whatever_is_added_for_other_cases() -> None:
    def recorded(ledger: Ledger, name: str, by: str) -> None:
        case = ledger.create_case(name, title=name)
        case.register_entity("z", Person(label="Z"))
        case.record(CauseOfDeath(of="z", causes="suicide"), ref="C1", asserter=by)

    with memory_ledger() as ledger:
        ledger.register_entity("prison", Authority(label="Prison service", country="XX"))
        recorded(ledger, "case", "shared:prison")
        before = ledger.replay(CaseState("case")).to_json()
        ledger.register_entity("police", Authority(label="Police", part_of="shared:prison"))
        recorded(ledger, "another", "shared:police")
        state = ledger.replay(CaseState("case"))
        assert state.to_json() == before
        assert replay(CaseState("case"), ledger.events()).to_json() == before
        assert state.taken_in == state.provenance().index + 1  # type: ignore[operator]
