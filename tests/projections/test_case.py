"""The core of the first real incident, built by hand: one authority names one of two brothers without saying which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from claimledger.events import (
    Act,
    CauseOfDeath,
    Count,
    General,
    Group,
    NoAnswer,
    OneOf,
    Quantity,
    RegisteredAct,
)
from claimledger.projections import CaseState, Question, QuestionState, Verdict

if TYPE_CHECKING:
    from tests.projections.conftest import World


@pytest.fixture
def incident(world: World) -> World:
    world.entity("one", OneOf(label="the brother it is about", one_of=("z", "g")))
    world.entity("other", OneOf(label="the other brother", one_of=("z", "g"), other_than="one"))
    world.claim(
        "C27",
        CauseOfDeath(of="z", causes=["torture", "injury.multiple"]),
        "az",
        statement="az1",
        relays=("ngo",),
    )
    world.claim(
        "C28",
        CauseOfDeath(of="g", causes=["torture", "injury.multiple"]),
        "az",
        statement="az1",
        relays=("ngo",),
    )
    heart = CauseOfDeath(of="one", causes="natural.heart_failure")
    world.claim("C29", heart, "ru", statement="ru1", relays=("ngo",))
    clarified = NoAnswer(of="other", property="cause_of_death", status="being_clarified")
    world.claim("C30", clarified, "ru", statement="ru1", relays=("ngo",))
    world.claim("C31", General(topic="deaths in custody", text="a cause often given", frequency="often"))
    world.judge(["C27"], "contradicts", ["C29"], under={"one": "z"})
    world.judge(["C28"], "contradicts", ["C29"], under={"one": "g"})
    world.judge(["C31"], "undercuts", ["C29"])
    return world


def without_judgements(question: Question) -> dict[str, Any]:
    shown = question.to_json()
    shown.pop("judgements")
    for position in shown["positions"]:
        position.pop("undercut_by")
    return shown


@pytest.mark.parametrize("brother", ["z", "g"])
def test_the_two_governments_conflict_about_each_brother_under_one_reading(
    incident: World, brother: str
) -> None:
    question = incident.state().question(brother, "cause_of_death")
    assert question.state is QuestionState.CONDITIONAL
    [pair] = question.pairs
    assert (pair.verdict, pair.comparator, pair.readings) == (
        Verdict.CONDITIONAL,
        "code",
        ({"one": brother},),
    )
    assert "nothing in common" in pair.why
    held = {
        position.text: [holding.holder for holding in position.holders] for position in question.positions
    }
    assert held == {"torture, injury: multiple": ["az"], "natural: heart failure": ["ru"]}
    assert [position.conditional_on for position in question.positions] == [(), ({"one": brother},)]


def test_being_clarified_is_neither_a_value_nor_a_denial(incident: World) -> None:
    state = incident.state()
    for brother, rival in (("z", "g"), ("g", "z")):
        question = state.question(brother, "cause_of_death")
        [status] = question.statuses
        assert (status.ref, status.status, status.conditional_on) == (
            "C30",
            "being_clarified",
            ({"one": rival},),
        )
        assert status.is_current
        assert all("C30" not in position.refs for position in question.positions)
    assert state.claims["C29"].status == "standing"


def test_nobody_denies_torture(incident: World) -> None:
    positions = [one for question in incident.state().questions for one in question.positions]
    assert {position.polarity for position in positions} == {"affirmed"}


def test_a_pattern_that_is_judged_to_undercut_changes_no_value(incident: World) -> None:
    before = incident.state()
    without = [event for event in incident.events if event.id != incident.ids["C31"]][:-1]
    bare = CaseState("case")
    for event in without:
        bare.apply(event)
    for brother in ("z", "g"):
        question = before.question(brother, "cause_of_death")
        assert without_judgements(question) == without_judgements(bare.question(brother, "cause_of_death"))
        assert [position.undercut_by for position in question.positions] == [(), ("C31",)]
    assert [view.ref for view in before.patterns] == ["C31"]
    assert before.claims["C31"].questions == ()


def test_judgements_stand_beside_the_question_that_they_touch(incident: World) -> None:
    question = incident.state().question("z", "cause_of_death")
    seen = [(one.verb, one.claims, one.of, one.under) for one in question.judgements]
    assert seen == [
        ("contradicts", ("C27",), ("C29",), {"one": "z"}),
        ("contradicts", ("C28",), ("C29",), {"one": "g"}),
        ("undercuts", ("C31",), ("C29",), {}),
    ]


def test_the_relaying_organisation_is_not_taken_for_a_voice(incident: World) -> None:
    state = incident.state()
    question = state.question("z", "cause_of_death")
    assert {holding.holder for position in question.positions for holding in position.holders} == {"az", "ru"}
    assert [hop.by for hop in question.positions[0].holders[0].relays] == ["ngo"]
    assert all(position.marks == () for position in question.positions)


def test_counts_of_different_groups_are_never_summed(world: World) -> None:
    world.entity("held", Group(label="the detained"))
    world.entity("charged", Group(label="the charged", part_of="held"))
    world.entity("freed", Group(label="the released", part_of="held"))
    world.entity("freeing", RegisteredAct(label="the release"))
    world.claim("C1", Count(group="held", quantity="around 50"))
    world.claim("C2", Count(group="charged", quantity=6))
    world.claim("C3", Act.release("freeing", to="freed"))
    state = world.state()
    assert [question.key for question in state.questions if question.property == "count"] == [
        "held \u00b7 count",
        "charged \u00b7 count",
    ]
    values = [
        value for question in state.questions for one in question.positions for value in one.answer["values"]
    ]
    numbers = [value["quantity"].get("point") for value in values if "quantity" in value]
    assert numbers == [50, 6]
    assert Quantity.parse("around 50").bounds() == (None, None)


def test_a_withdrawn_claim_says_so_as_data_without_the_reason_which_is_protected(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"))
    assert world.state().to_json()["claims"][0]["withdrawal"] is None
    world.withdraw("C1")
    event = world.events[-1]
    [claim] = world.state().to_json()["claims"]
    assert claim["withdrawal"] == {
        "index": event.index, "event": event.id, "signers": list(event.signers)
    }  # fmt: skip
