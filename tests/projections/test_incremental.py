"""A state that is saved and gone on with is the state that a replay from the start gives; and nothing else is taken."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import CaseOpened, CauseOfDeath, Count, Opinion, Person, UnknownBody
from claimledger.events.encoding import decode, encode
from claimledger.events.errors import BrokenChain, InvalidValue, WrongLedger
from claimledger.projections import CaseState, Disputes, History, Timeline, replay
from claimledger.testing import memory_ledger
from tests.projections.histories import History as Recorded
from tests.projections.histories import NewWorld, grown, histories

if TYPE_CHECKING:
    from tests.projections.conftest import World

FOREIGN = "8d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab"

clocks = st.fixed_dictionaries(
    {
        "known_at": st.sampled_from([None, None, 15, 19, "2025-07-04T09:17:00Z"]),
        "asserted_by": st.sampled_from([None, "2025-07-03"]),
        "true_on": st.sampled_from([None, "2025-06-27"]),
    }
)


@given(history=histories(), asked=clocks, data=st.data())
def test_load_and_the_rest_equal_a_replay_from_the_start(
    new_world: NewWorld, history: Recorded, asked: dict[str, Any], data: st.DataObject
) -> None:
    events = grown(new_world, history).events
    full = replay(CaseState("case", **asked), events)
    cut = data.draw(st.integers(0, len(events)))
    state = CaseState.load(replay(CaseState("case", **asked), events[:cut]).save())
    for event in events[cut:]:
        state.apply(event)
    assert state.to_json() == full.to_json()
    for view in (History, Disputes, Timeline):
        assert view.of(state).to_json() == view.of(full).to_json()
    assert state.save() == full.save()


@given(history=histories())
def test_handing_in_what_is_there_already_changes_nothing(new_world: NewWorld, history: Recorded) -> None:
    world = grown(new_world, history)
    state = world.state()
    shown = state.to_json()
    assert replay(CaseState.load(state.save()), world.events).to_json() == shown
    assert replay(state, world.events).to_json() == shown


def test_a_ledger_goes_on_after_what_was_taken_in() -> None:
    with memory_ledger() as ledger:
        case = ledger.create_case("case", title="A case")
        for name in ("z", "ru"):
            case.register_entity(name, Person(label=name))
        case.record(CauseOfDeath(of="z", causes="suicide"), asserter="ru", ref="C1", quote="in so many words")
        saved = ledger.replay(CaseState("case")).save()
        case.record(CauseOfDeath(of="z", causes="torture"), asserter="z", ref="C2")
        state = CaseState.load(saved, ledger=ledger.id)
        seen = state.events_seen
        assert ledger.replay(state).to_json() == ledger.replay(CaseState("case")).to_json()
        assert (state.events_seen, list(state.claims)) == (seen + 1, ["C1", "C2"])


def test_events_of_other_cases_stay_aside_after_loading(world: World) -> None:
    world.add(CaseOpened(case="another", title="Another case"), stream=FOREIGN)
    state = CaseState.load(world.state().save())
    own, world.stream = world.stream, FOREIGN
    world.entity("stranger", Person(label="a stranger"))
    world.stream = own
    state.apply(world.events[-1])
    assert "stranger" not in state.entities


def test_what_cannot_be_read_is_still_listed_after_loading(world: World) -> None:
    body = UnknownBody(
        type="org.example.seen", version=1, members={}, reason="no event type org.example.seen is known here"
    )
    world.add(body)
    assert CaseState.load(world.state().save()).unread_events == world.state().unread_events


def test_no_protected_content_is_saved(world: World) -> None:
    world.entity("witness", Person(label="a witness", protected=True, name="Real Name"))
    world.claim(
        "C1", Opinion(about="z", tone="condemns", text="secret words"), "witness", quote={"exact": "a quote"}
    )
    state = world.state()
    saved = state.save()
    for secret in (b"Real Name", b"secret words", b"a quote"):
        assert secret not in saved
    loaded = CaseState.load(saved)
    assert loaded.provenance() == state.provenance()
    [row] = History.of(loaded).rows
    assert "text not at hand" in row.what


def tampered(saved: bytes, **members: Any) -> bytes:
    """A saved state with other members, under a digest that fits."""
    found: Any = decode(saved.partition(b"\n")[2], max_bytes=10**7)
    content = encode({**found, **members}, max_bytes=10**7)
    return b"claimledger-state/1 " + hashlib.sha256(content).hexdigest().encode() + b"\n" + content


@pytest.fixture
def saved(world: World) -> bytes:
    world.claim("C1", Count(group="both", quantity=8))
    return world.state().save()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda saved: b"", "these bytes are none"),
        (lambda saved: b"claimledger-state/2" + saved[len("claimledger-state/1") :], "not of format"),
        (lambda saved: saved.replace(b"C1", b"C2"), "damaged"),
        (lambda saved: saved[:-1], "damaged"),
        (lambda saved: tampered(saved, rules_version="0"), "computed by rules 0, and these are rules"),
        (lambda saved: tampered(saved, more=1), "not as it is written here"),
        (lambda saved: tampered(saved, events=[{}]), "not as it is written here"),
        (lambda saved: tampered(saved, events=7), "not as it is written here"),
        (lambda saved: tampered(saved, clocks={"true_on": 7}), "true_on: write a day as text"),
        (lambda saved: tampered(saved, clocks={"by": "2025"}), "not as it is written here"),
    ],
)
def test_what_was_not_saved_here_is_refused(saved: bytes, spoil: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        CaseState.load(spoil(saved))


def test_a_state_of_another_ledger_is_refused(saved: bytes, world: World) -> None:
    assert CaseState.load(saved, ledger="a" * 64).claims.keys() == {"C1"}
    with pytest.raises(WrongLedger, match="replay from the start"):
        CaseState.load(saved, ledger="f" * 64)
    with memory_ledger() as ledger:
        case = ledger.create_case("case", title="Another one")
        for name in "abcdefghijklmnop":
            case.register_entity(name, Person(label=name))
        with pytest.raises(WrongLedger):
            ledger.replay(CaseState.load(saved))


def test_events_out_of_the_order_of_the_log_are_refused(world: World) -> None:
    state = CaseState("case")
    for place in (0, 2):
        state.apply(world.events[place])
    with pytest.raises(BrokenChain, match="index 1 comes after a later one"):
        state.apply(world.events[1])


def test_another_event_in_the_place_of_one_is_refused(world: World, new_world: NewWorld) -> None:
    state = world.state()
    other = new_world()
    other.events.clear()
    other.add(CaseOpened(case="case", title="A case"), identity="another")
    with pytest.raises(BrokenChain, match="index 0 has the place of another one"):
        state.apply(other.events[0])
