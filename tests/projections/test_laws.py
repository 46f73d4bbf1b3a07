"""Laws of the read side over generated histories, and the whole of it against a model that shares no code with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import Opinion, Reply
from claimledger.events.values import Either
from claimledger.projections import CaseState, Position, Question, replay
from tests.projections.histories import PLAIN, History, NewWorld, event_id, grown, histories
from tests.projections.model import Findings, Found, findings

if TYPE_CHECKING:
    from tests.projections.conftest import World


def refs_of(position: Position) -> frozenset[str]:
    return frozenset(position.refs)


def as_found(question: Question) -> Found:
    """A computed question in the words of the model."""
    names = [refs_of(position) for position in question.positions]
    return Found(
        state=str(question.state),
        positions=frozenset(names),
        current=frozenset(refs_of(one) for one in question.positions if one.is_current),
        pairs={frozenset({names[pair.a], names[pair.b]}): str(pair.verdict) for pair in question.pairs},
        through_opponent=frozenset(
            refs_of(one) for one in question.positions if "only_through_opponent" in one.marks
        ),
        statuses={status.ref: status.is_current for status in question.statuses},
    )


def as_findings(state: CaseState) -> Findings:
    """A computed state in the words of the model."""
    views = state.claims
    return Findings(
        questions={(one.entity, one.property): as_found(one) for one in state.questions},
        status={ref: str(view.status) for ref, view in views.items()},
        stale=frozenset(ref for ref, view in views.items() if view.stale is not None),
        undercut={},
    )


def shown(world: World, **replayed: Any) -> dict[str, Any]:
    """A state as data, without places in the log, in an order that does not depend on them."""
    data = replay(CaseState("case"), world.events, **replayed).to_json()
    for place in ("index_range", "provenance", "judgements"):
        del data[place]
    data["claims"] = sorted(
        (_without(claim, "index", "recorded_at", "versions") for claim in data["claims"]),
        key=lambda claim: str(claim["ref"]),
    )
    data["questions"] = [_without(question, "judgements") for question in data["questions"]]
    return {name: sorted(part) if isinstance(part, list) and part and isinstance(part[0], str) else part
            for name, part in data.items()}  # fmt: skip


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def valued(world: World) -> list[dict[str, Any]]:
    """The questions with all that bears on a value: what people judge, and what is undercut, left out."""
    found = [question.to_json() for question in world.state().questions]
    for question in found:
        del question["judgements"]
        question["positions"] = [_without(position, "undercut_by") for position in question["positions"]]
    return found


@given(history=histories())
def test_the_state_is_what_the_model_finds(new_world: NewWorld, history: History) -> None:
    world = grown(new_world, history)
    state, expected = world.state(), findings(world.events)
    computed = as_findings(state)
    assert computed.status == expected.status
    assert computed.stale == expected.stale
    assert computed.questions.keys() == expected.questions.keys()
    for key, found in computed.questions.items():
        assert found == expected.questions[key], key


@pytest.mark.parametrize("asked", sorted(PLAIN))
@given(polarity=st.sampled_from(["affirmed", "affirmed", "negated"]), data=st.data())
def test_a_denial_stands_to_an_answer_and_to_another_denial_as_the_model_finds(
    new_world: NewWorld, asked: str, polarity: str, data: st.DataObject
) -> None:
    denied, other = (data.draw(PLAIN[asked]) for _ in range(2))
    claims: dict[str, dict[str, Any]] = {
        "C0": {"kind": denied, "voice": {"asserter": "az"}, "polarity": "negated"},
        "C1": {"kind": other, "voice": {"asserter": "ngo"}, "polarity": polarity},
    }
    world = grown(new_world, History(claims))
    assert as_findings(world.state()).questions == findings(world.events).questions


@given(history=histories(most=3))
def test_what_is_undercut_is_what_the_model_finds(new_world: NewWorld, history: History) -> None:
    world = grown(new_world, history)
    expected = findings(world.events).undercut
    for question in world.state().questions:
        for position in question.positions:
            by = frozenset[str]().union(*(expected.get(ref, frozenset()) for ref in position.refs))
            assert frozenset(position.undercut_by) == by


@given(history=histories(most=5), data=st.data())
def test_the_order_of_concurrent_claims_changes_nothing(
    new_world: NewWorld, history: History, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(list(history.claims)))
    assert shown(grown(new_world, history, order)) == shown(grown(new_world, history))


@given(history=histories(most=4))
def test_no_recorded_claim_is_in_no_position_and_no_list(new_world: NewWorld, history: History) -> None:
    state = grown(new_world, history).state()
    lists = (state.opinions, state.patterns, state.replies, state.unread, state.unplaced)
    placed = {view.ref for views in lists for view in views}
    for question in state.questions:
        placed |= {ref for position in question.positions for ref in position.refs}
        placed |= {status.ref for status in question.statuses}
    assert placed == set(history.claims)


@given(history=histories(most=4), data=st.data())
def test_a_later_record_never_changes_what_was_known_before(
    new_world: NewWorld, history: History, data: st.DataObject
) -> None:
    world = grown(new_world, history)
    index = data.draw(st.integers(0, len(world.events) - 1))
    for moment in (index, world.events[index].recorded_at):
        before = replay(CaseState("case"), world.events[: index + 1], at=moment).to_json()
        assert replay(CaseState("case"), world.events, at=moment).to_json() == before


@given(
    history=histories(most=4),
    names=st.sampled_from(
        [
            ("one", "z"),
            ("ngo", "paper"),
            ("z", "g", "h"),
            ("one", "other"),
            ("city", "capital"),
            ("police", "az"),
        ]
    ),
)
def test_a_same_as_that_was_undone_leaves_no_trace(
    new_world: NewWorld, history: History, names: tuple[str, str]
) -> None:
    world = grown(new_world, history)
    before = shown(world)
    world.undo(world.same(*names))
    assert shown(world) == before


@given(history=histories(), relay=st.sampled_from(["ngo", "paper", "ministry"]), data=st.data())
def test_another_relay_of_a_statement_is_no_new_voice(
    new_world: NewWorld, history: History, relay: str, data: st.DataObject
) -> None:
    world = grown(new_world, history)
    state = world.state()
    amended = {given[0] for act, given in history.acts if act == "amend"}
    told = [
        ref
        for ref, view in state.claims.items()
        if ref not in amended and view.ended_by is None and "statement" in history.claims[ref]["voice"]
        # what is left open in one claim need not be what is meant in the other
        and "ndecided" not in str(history.claims[ref])
        and not isinstance(getattr(view.body.claim, view.body.claim.SUBJECT), Either)
    ]  # fmt: skip
    if not told:
        return
    said = history.claims[data.draw(st.sampled_from(told))]
    voices = [str(each["voice"]) for each in history.claims.values()]
    if any(f"'{said['voice']['statement']}'" in voice and f"'{relay}'" in voice for voice in voices):
        return  # no other relay; and one that says two things of a statement contradicts itself
    world.claim("C99", **{**said, "voice": {**said["voice"], "relays": [{"by": relay}]}})
    again = world.state()
    assert again.speakers == state.speakers
    assert len(again.questions) == len(state.questions)
    for before, after in zip(state.questions, again.questions, strict=True):
        assert after.state == before.state
        assert [one.text for one in after.positions] == [one.text for one in before.positions]
        assert [pair.verdict for pair in after.pairs] == [pair.verdict for pair in before.pairs]


@given(history=histories(most=4), data=st.data())
def test_an_undercut_changes_no_value(new_world: NewWorld, history: History, data: st.DataObject) -> None:
    world = grown(new_world, history)
    before = valued(world)
    target, by = (data.draw(st.sampled_from(list(history.claims))) for _ in range(2))
    world.judge([by], "undercuts", [target])
    assert valued(world) == before
    world.claim("R99", Reply(claims=[event_id(target)], kind="undercuts"), "ngo", "2025-08-01")
    assert valued(world) == before


@given(history=histories(most=4), negated=st.booleans())
def test_an_opinion_changes_nothing(new_world: NewWorld, history: History, negated: bool) -> None:
    world = grown(new_world, history)
    before = [question.to_json() for question in world.state().questions]
    polarity = "negated" if negated else "affirmed"
    world.claim("P99", Opinion(about="z", tone="condemns"), "ru", "2025-08-01", polarity=polarity)
    assert [question.to_json() for question in world.state().questions] == before


@given(history=histories(acts=False), data=st.data())
def test_what_is_put_as_possible_contradicts_nothing(
    new_world: NewWorld, history: History, data: st.DataObject
) -> None:
    some = data.draw(st.sets(st.sampled_from(list(history.claims)), min_size=1))
    for ref in some:
        history.claims[ref]["strength"] = data.draw(
            st.sampled_from(["possible", {"either": ["possible", "likely"]}])
        )
    for question in grown(new_world, history).state().questions:
        for pair in question.pairs:
            for number in (pair.a, pair.b):
                if set(question.positions[number].refs) <= some:
                    assert pair.verdict not in ("contradicts", "conditional")


@given(history=histories(acts=False))
def test_a_denied_value_holds_no_rival(new_world: NewWorld, history: History) -> None:
    for content in history.claims.values():
        content["polarity"] = "negated"
    questions = grown(new_world, history).state().questions
    assert {pair.verdict for question in questions for pair in question.pairs}.isdisjoint(
        {"contradicts", "conditional", "relays_differ"}
    )
    assert {str(question.state) for question in questions}.isdisjoint({"disputed", "conditional"})
