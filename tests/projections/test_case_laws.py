"""Laws of the case state over generated histories: nothing vanishes, and the order of recording changes nothing."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import (
    Act,
    Attribute,
    Authority,
    CaseOpened,
    CauseOfDeath,
    Count,
    Death,
    General,
    NoAnswer,
    OneOf,
    Opinion,
    Person,
    RegisteredAct,
    Reply,
    UnknownBody,
    either,
    undecided,
)
from claimledger.events.kinds import read_kind
from claimledger.projections import CaseState, Verdict

if TYPE_CHECKING:
    from tests.projections.conftest import World

NewWorld = Callable[[], "World"]

people = st.sampled_from(["z", "g", "one", "other", "both"])
causes = st.sampled_from(["torture", "injury", "injury.head", "natural.heart_failure"])
speakers = st.sampled_from(["az", "ru", "ngo", "paper", "reports"])
days = st.sampled_from(
    [None, "2025-07-01", "2025-07-03", "[..2025-07-03]", "2025-07-05~", "2025-07-01/2025-07-09"]
)
voices = st.fixed_dictionaries({"asserter": speakers, "asserted_at": days, "relays": st.just(())})
statuses = st.sampled_from(["undetermined", "no_comment", "being_clarified"])
kinds = st.one_of(
    st.builds(CauseOfDeath, of=people, causes=st.lists(causes, min_size=1, max_size=2)),
    st.builds(CauseOfDeath, of=people, causes=st.just(undecided(("torture",), ("natural",)))),
    st.builds(CauseOfDeath, of=people, causes=st.just(either(("torture",), ("natural",)))),
    st.builds(CauseOfDeath, of=st.just(undecided("z", "g")), causes=causes),
    st.builds(Death, person=people, when=st.sampled_from([None, "2025-06-27", "2025-06-28", "2025-06"])),
    st.builds(Count, group=st.just("both"), quantity=st.sampled_from(["6", "around 50", "at least 8", "dozens"])),
    st.builds(Act, act=st.just("raid"), by=st.one_of(st.none(), people), to=st.one_of(st.none(), people)),
    st.builds(
        Attribute, of=st.sampled_from(["z", ("z", "g"), "both"]), name=st.just("occupation"), value=st.just("baker"),
        distribution=st.sampled_from([None, "each", "together"]),
    ),
    st.builds(NoAnswer, of=people, property=st.just("cause_of_death"), status=statuses),
    st.builds(Opinion, about=people, tone=st.just("condemns"), text=st.just("words")),
    st.builds(General, topic=st.just("deaths"), text=st.just("words")),
    st.just(read_kind("org.example.flood", {"river": "Iset", "deep": [[[{"a": [1]}]]]})),
)  # fmt: skip
contents = st.fixed_dictionaries(
    {
        "kind": kinds,
        "voice": st.one_of(
            voices.map(lambda voice: {k: v for k, v in voice.items() if v is not None}),
            st.just({"undecided": [{"asserter": "reports", "relays": [{"by": "ngo"}]}, {"asserter": "ngo"}]}),
        ),
        "polarity": st.sampled_from(["affirmed", "affirmed", "negated"]),
        "strength": st.sampled_from(["asserted", "possible", {"undecided": ["asserted", "possible"]}]),
        "hedges": st.sampled_from([[], ["reportedly"]]),
    }
)
histories = st.lists(contents, max_size=9)
takebacks = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from(["retracts", "corrects", "rebuts"])), max_size=2
)


def grown(new_world: NewWorld, history: list[dict[str, Any]], order: list[int]) -> World:
    """A world in which the claims of a history were recorded in some order."""
    world = new_world()
    world.entity("one", OneOf(label="one", one_of=("z", "g")))
    world.entity("other", OneOf(label="other", one_of=("z", "g"), other_than="one"))
    world.entity("raid", RegisteredAct(label="the raid"))
    for place in order:
        content = dict(history[place])
        world.claim(f"C{place}", content.pop("kind"), **content)
    return world


def take_back(world: World, history: list[dict[str, Any]], replies: list[tuple[int, str]]) -> None:
    for number, (target, kind) in enumerate(replies):
        if target < len(history):
            ref = f"C{target}"
            world.claim(f"R{number}", Reply(claims=[world.ids[ref]], kind=kind), "ru", "2025-08-01")


def placeless(shown: Any) -> Any:
    """A state as data, without places in the log and clock readings, and with its lists of claims in one order."""
    if isinstance(shown, dict):
        return {k: placeless(v) for k, v in shown.items() if k not in ("index", "recorded_at", "provenance")}
    if isinstance(shown, list):
        return [placeless(one) for one in shown]
    return shown


def sorted_lists(state: CaseState) -> Any:
    shown = placeless(state.to_json())
    for name in ("opinions", "patterns", "replies", "unread", "unplaced"):
        shown[name] = sorted(shown[name])
    shown["claims"] = sorted(shown["claims"], key=lambda claim: str(claim["ref"]))
    return shown


@given(history=histories, replies=takebacks)
def test_no_recorded_claim_vanishes(
    new_world: NewWorld, history: list[dict[str, Any]], replies: list[Any]
) -> None:
    world = grown(new_world, history, list(range(len(history))))
    take_back(world, history, replies)
    for number in range(0, len(history), 4):
        world.withdraw(f"C{number}")
    state = world.state()
    placed = {ref for question in state.questions for ref in question.claims}
    lists = (state.opinions, state.patterns, state.replies, state.unread, state.unplaced)
    assert placed | {view.ref for views in lists for view in views} == set(state.claims) == set(world.ids)
    for question in state.questions:
        held = {ref for position in question.positions for ref in position.refs}
        assert held | {status.ref for status in question.statuses} == set(question.claims)


@given(history=histories, replies=takebacks, data=st.data())
def test_the_order_of_recording_changes_nothing_but_places(
    new_world: NewWorld, history: list[dict[str, Any]], replies: list[Any], data: st.DataObject
) -> None:
    straight = grown(new_world, history, list(range(len(history))))
    mixed = grown(new_world, history, data.draw(st.permutations(range(len(history)))))
    for world in (straight, mixed):
        take_back(world, history, replies)
    assert sorted_lists(mixed.state()) == sorted_lists(straight.state())


@given(history=histories)
def test_every_pair_keeps_the_laws(new_world: NewWorld, history: list[dict[str, Any]]) -> None:
    state = grown(new_world, history, list(range(len(history)))).state()
    for question in state.questions:
        count = len(question.positions)
        assert len(question.pairs) == count * (count - 1) // 2
        for pair in question.pairs:
            a, b = question.positions[pair.a], question.positions[pair.b]
            if pair.verdict in (Verdict.CONTRADICTS, Verdict.CONDITIONAL):
                assert a.is_current
                assert b.is_current
                assert a.strengths != ("possible",)
                assert b.strengths != ("possible",)
                assert not a.polarity == b.polarity == "negated"
            assert bool(pair.readings) or pair.verdict is not Verdict.CONDITIONAL
            assert pair.why
        verdicts = {pair.verdict for pair in question.pairs}
        assert (question.state == "disputed") == (Verdict.CONTRADICTS in verdicts)
        if question.state == "conditional":
            assert Verdict.CONDITIONAL in verdicts


@given(history=histories)
def test_a_state_survives_being_pickled(new_world: NewWorld, history: list[dict[str, Any]]) -> None:
    state = grown(new_world, history, list(range(len(history)))).state()
    before = pickle.loads(pickle.dumps(state))
    shown = state.to_json()
    assert before.to_json() == shown
    assert pickle.loads(pickle.dumps(state)).to_json() == shown


def test_events_of_another_case_are_left_aside(world: World) -> None:
    world.add(CaseOpened(case="another", title="Another case"), stream="8d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab")
    own = world.stream
    world.stream = "8d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab"
    world.claim("C1", CauseOfDeath(of="z", causes="torture"))
    world.entity("stranger", Person(label="a stranger"))
    world.stream = own
    state = world.state()
    assert (dict(state.claims), "stranger" in state.entities, state.title) == ({}, False, "A case")


def test_the_shared_register_is_named_as_such(world: World) -> None:
    world.entity("un", Authority(label="the committee"), shared=True)
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "shared:un")
    state = world.state()
    assert state.entities["shared:un"].shared
    assert (state.speakers, state.label("shared:un")) == (("shared:un",), "the committee")


def test_a_record_that_cannot_be_read_is_listed(world: World) -> None:
    body = UnknownBody(type="claim.recorded", version=9, members={}, reason="version 9 is newer")
    event = world.add(body)
    [unread] = world.state().unread_events
    assert (unread.index, unread.reason) == (event.index, "version 9 is newer")


def test_a_claim_of_an_unknown_kind_is_listed_with_what_was_signed(world: World) -> None:
    world.claim("C1", read_kind("org.example.flood", {"river": "Iset"}))
    state = world.state()
    assert [view.ref for view in state.unread] == ["C1"]
    assert state.to_json()["claims"][0]["body"]["claim"] == '{"river":"Iset"}'


def test_protected_content_is_in_no_state(world: World) -> None:
    world.entity("witness", Person(label="a witness", protected=True, name="Real Name"))
    opinion = Opinion(about="z", tone="condemns", text="secret words")
    world.claim("C1", opinion, "witness", quote={"exact": "secret quote"})
    shown = str(world.state().to_json())
    assert "a witness" in shown
    assert "Real Name" not in shown
    assert "secret" not in shown


def test_two_records_of_one_name_are_both_kept(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"))
    first = dict(world.state().claims)
    world.claim("C1", CauseOfDeath(of="g", causes="torture"), "az")
    assert first.keys() < world.state().claims.keys()
    assert len(world.state().claims) == 2


def test_a_case_that_was_never_opened_is_empty() -> None:
    state = CaseState("nowhere")
    assert (state.questions, dict(state.claims), state.index_range) == ((), {}, None)
    assert state.to_json()["provenance"]["index"] is None
