from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from claimledger.events import (
    Act,
    Attribute,
    BasedOn,
    CauseOfDeath,
    Count,
    Death,
    Group,
    OneOf,
    Person,
    Place,
    Reason,
    RegisteredAct,
    Shows,
    either,
    undecided,
)
from claimledger.events.errors import UnknownName
from claimledger.events.values import OpenTerms
from claimledger.projections import Question, QuestionState, Verdict

if TYPE_CHECKING:
    from tests.projections.conftest import World

CAUSE = "cause_of_death"


def says(world: World, ref: str, who: str, causes: Any, **more: Any) -> None:
    world.claim(ref, CauseOfDeath(of=more.pop("of", "z"), causes=causes), who, **more)


def verdicts(question: Question) -> list[Verdict]:
    return [pair.verdict for pair in question.pairs]


# States


def test_two_distinct_firm_voices_agree(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ngo", "torture")
    question = world.state().question("z", CAUSE)
    assert question.state is QuestionState.AGREED
    assert question.positions[0].refs == ("C1", "C2")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"hedges": ["reportedly"]}),
        ({}, {"strength": "appears"}),
        ({}, {"strength": {"undecided": ["appears", "asserted"]}}),
    ],
)
def test_a_hedged_voice_makes_no_agreement(
    world: World, first: dict[str, Any], second: dict[str, Any]
) -> None:
    says(world, "C1", "az", "torture", **first)
    says(world, "C2", "ngo", "torture", **second)
    assert world.state().question("z", CAUSE).state is QuestionState.COMPATIBLE


@pytest.mark.parametrize("second", ["az", "reports"])
def test_one_holder_or_a_speaker_without_a_name_is_no_second_voice(world: World, second: str) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", second, "torture")
    assert world.state().question("z", CAUSE).state is QuestionState.SINGLE_VOICE


def test_an_undecided_voice_is_no_second_voice(world: World) -> None:
    says(world, "C1", "az", "torture")
    said = {"undecided": [{"asserter": "ru"}, {"asserter": "ngo"}]}
    says(world, "C2", "az", "torture", voice=said)
    assert world.state().question("z", CAUSE).state is QuestionState.SINGLE_VOICE


def test_who_relies_on_another_is_no_second_voice(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "paper", "torture", based_on=[BasedOn(claim=world.ids["C1"])])
    assert world.state().question("z", CAUSE).state is QuestionState.SINGLE_VOICE


def test_a_part_of_a_holder_is_no_second_voice(world: World) -> None:
    world.entity("unit", Group(label="a unit", part_of="ru"))
    says(world, "C1", "ru", "torture")
    says(world, "C2", "unit", "torture")
    assert world.state().question("z", CAUSE).state is QuestionState.SINGLE_VOICE


def test_a_broader_word_is_compatible_and_keeps_a_position_of_its_own(world: World) -> None:
    says(world, "C1", "az", "injury")
    says(world, "C2", "ngo", "injury.head")
    question = world.state().question("z", CAUSE)
    assert question.state is QuestionState.COMPATIBLE
    assert [position.text for position in question.positions] == ["injury", "injury: head"]
    assert verdicts(question) == [Verdict.COMPATIBLE]


def test_two_answers_that_cannot_both_hold_are_disputed(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", "suicide")
    question = world.state().question("z", CAUSE)
    assert question.state is QuestionState.DISPUTED
    [pair] = question.pairs
    assert (pair.comparator, pair.readings) == ("code", ())


# Polarity and strength


def test_a_denial_contradicts_the_same_value_and_holds_no_rival(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", "torture", polarity="negated")
    says(world, "C3", "ngo", "suicide")
    question = world.state().question("z", CAUSE)
    found = {(pair.a, pair.b): pair.verdict for pair in question.pairs}
    assert found == {
        (0, 1): Verdict.CONTRADICTS,
        (0, 2): Verdict.CONTRADICTS,
        (1, 2): Verdict.COMPATIBLE,
    }


def test_a_denial_of_several_things_together_denies_none_of_them_alone(world: World) -> None:
    world.entity("beating", RegisteredAct(label="the beating"))
    world.claim("C1", Act(act="beating", by="ru", to="z"), "az")
    world.claim("C2", Act(act="beating", by="ru", to="g"), "ru", polarity="negated")
    state = world.state()
    assert verdicts(state.question("beating", "by")) == [Verdict.NOT_COMPARABLE]
    world.claim("C3", Act(act="beating", by="ru", to="z"), "ru", polarity="negated")
    pairs = {
        (question.positions[pair.a].refs, question.positions[pair.b].refs): pair.verdict
        for question in [world.state().question("beating", "by")]
        for pair in question.pairs
    }
    assert pairs[("C1",), ("C3",)] is Verdict.CONTRADICTS
    assert pairs[("C1",), ("C2",)] is Verdict.NOT_COMPARABLE


def test_what_is_put_as_possible_contradicts_nothing(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", "suicide", strength="possible")
    question = world.state().question("z", CAUSE)
    assert verdicts(question) == [Verdict.COMPATIBLE]
    assert question.positions[1].strengths == ("possible",)


def test_an_undecided_strength_makes_a_conditional_dispute(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", "suicide", strength={"undecided": ["possible", "asserted"]})
    [pair] = world.state().question("z", CAUSE).pairs
    assert (pair.verdict, pair.readings) == (Verdict.CONDITIONAL, ({"C2.strength": "asserted"},))


# Openness


def test_an_undecided_value_makes_a_conditional_dispute(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", undecided(("suicide",), ("torture",)))
    question = world.state().question("z", CAUSE)
    [pair] = question.pairs
    assert (pair.verdict, pair.readings) == (Verdict.CONDITIONAL, ({"C2.causes": "suicide"},))
    assert question.positions[1].text == "suicide | torture"


def test_a_value_that_is_disputed_whatever_it_is_is_simply_disputed(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", undecided(("suicide",), ("natural",)))
    [pair] = world.state().question("z", CAUSE).pairs
    assert (pair.verdict, pair.readings) == (Verdict.CONTRADICTS, ())


def test_what_the_speaker_leaves_open_contradicts_only_if_every_alternative_does(world: World) -> None:
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", either(("suicide",), ("natural",)))
    says(world, "C3", "ngo", either(("suicide",), ("torture",)))
    found = {(pair.a, pair.b): pair.verdict for pair in world.state().question("z", CAUSE).pairs}
    assert found[0, 1] is Verdict.CONTRADICTS
    assert found[0, 2] is Verdict.COMPATIBLE


def test_an_undecided_subject_is_at_each_question_under_its_reading(world: World) -> None:
    says(world, "C1", "ru", "suicide", of=undecided("z", "g"))
    says(world, "C2", "az", "torture")
    state = world.state()
    assert state.question("z", CAUSE).pairs[0].readings == ({"C1.of": "z"},)
    assert state.question("g", CAUSE).positions[0].conditional_on == ({"C1.of": "g"},)


def test_one_of_three_and_the_other_of_three(world: World) -> None:
    world.entity("h", Person(label="H"))
    world.entity("one", OneOf(label="one", one_of=("z", "g", "h")))
    world.entity("other", OneOf(label="other", one_of=("z", "g", "h"), other_than="one"))
    says(world, "C1", "ru", "suicide", of="one")
    says(world, "C2", "az", "torture", of="other")
    question = world.state().question("h", CAUSE)
    assert verdicts(question) == [Verdict.NOT_COMPARABLE]
    assert question.pairs[0].why == "under no reading do both speak of this"


def test_alternatives_that_mean_the_same_leave_nothing_open(world: World) -> None:
    world.entity("y", Person(label="Y"))
    world.entity("cell", Place(label="the cell"))
    world.entity("room", Place(label="the room"))
    either_one: Any = undecided("z", "y")
    world.claim("C1", CauseOfDeath(of=either_one, causes="torture"), "az")
    world.claim("C2", CauseOfDeath(of="z", causes="torture"), "ngo")
    where: Any = undecided("cell", "room")
    world.claim("C3", Death(person="g", place=where), "az")
    assert len(world.state().question("z", "cause_of_death").positions) == 2
    world.same("z", "y")
    world.same("cell", "room")
    [position] = world.state().question("z", "cause_of_death").positions
    assert (position.refs, position.conditional_on) == (("C1", "C2"), ())
    [position] = world.state().question("g", "death.place").positions
    assert position.answer == {"values": [{"entities": ["cell"]}]}
    world.claim(
        "C4", Count.model_validate({"group": "both", "quantity": {"either": ["6", "exactly 6"]}}), "az"
    )
    world.claim("C5", Count(group="both", quantity=6), "ngo")
    assert world.state().question("both", "count").state == "agreed"


def test_a_reading_leaves_out_what_it_does_not_depend_on(world: World) -> None:
    world.entity("one", OneOf(label="one", one_of=("z", "g")))
    says(world, "C1", "az", "torture", strength={"undecided": ["asserted", "possible"]})
    says(world, "C2", "ru", undecided(("suicide",), ("natural",)), of="one")
    [pair] = world.state().question("z", CAUSE).pairs
    assert pair.readings == ({"C1.strength": "asserted", "one": "z"},)


# Subjects


def test_a_list_of_subjects_together_is_one_question_and_each_is_several(world: World) -> None:
    world.claim("C1", Attribute(of=["z", "g"], name="occupation", value="baker", distribution="each"))
    world.claim("C2", Attribute(of=["g", "z"], name="residence", value="a farm", distribution="together"))
    keys = [question.key for question in world.state().questions]
    assert keys == ["z \u00b7 occupation", "z and g \u00b7 residence", "g \u00b7 occupation"]
    assert world.state().find_question("Z and G residence").claims == ("C2",)


def test_what_is_said_of_each_of_a_group_reaches_its_known_members(world: World) -> None:
    world.claim("C1", Attribute(of="both", name="citizenship", value="X", distribution="each"))
    world.claim("C2", Attribute(of="both", name="residence", value="a farm"))
    places = {question.key for question in world.state().questions}
    assert places == {
        "z \u00b7 citizenship",
        "g \u00b7 citizenship",
        "both \u00b7 citizenship",
        "both \u00b7 residence",
    }


def test_a_death_answers_whether_and_when_and_in_whose_custody(world: World) -> None:
    world.claim("C1", Death(person="z", when="2025-06-28", in_custody="ru"))
    texts = {question.property: question.positions[0].text for question in world.state().questions}
    assert texts == {
        "death": "died",
        "death.in_custody": "Russian authorities",
        "death.when": "2025-06-28",
    }


def test_a_denied_death_contradicts_it(world: World) -> None:
    world.claim("C1", Death(person="z"), "az")
    world.claim("C2", Death(person="z"), "ru", polarity="negated")
    question = world.state().question("z", "death")
    assert [position.text for position in question.positions] == ["died", "not died"]
    assert question.state is QuestionState.DISPUTED


def test_reasons_of_different_sorts_are_not_comparable(world: World) -> None:
    world.entity("raid", RegisteredAct(label="the raid"))
    world.claim("C1", Reason(act="raid", kind="accusation", values=OpenTerms(open=["espionage"])), "az")
    world.claim("C2", Reason(act="raid", kind="motive", values="retaliation"), "ngo")
    question = world.state().question("raid", "reason")
    assert verdicts(question) == [Verdict.NOT_COMPARABLE]
    assert "kind" in question.pairs[0].why
    assert question.positions[0].text == "espionage, ..."


def test_counts_as_of_different_days_are_not_comparable(world: World) -> None:
    world.claim("C1", Count(group="both", quantity=6, as_of="2025-07-01"), "az")
    world.claim("C2", Count(group="both", quantity=8, as_of="2025-07-02"), "ru")
    world.claim("C3", Count(group="both", quantity=9, as_of="2025-07-02"), "ngo")
    found = {(pair.a, pair.b): pair.verdict for pair in world.state().question("both", "count").pairs}
    assert found == {
        (0, 1): Verdict.NOT_COMPARABLE,
        (0, 2): Verdict.NOT_COMPARABLE,
        (1, 2): Verdict.CONTRADICTS,
    }


def test_ages_and_days_of_birth_are_compared_as_what_they_are(world: World) -> None:
    world.claim("C1", Attribute(of="z", name="age", value="31"), "az")
    world.claim("C2", Attribute(of="z", name="age", value="at least 40"), "ru")
    world.claim("C3", Attribute(of="z", name="age", value="young"), "ngo")
    question = world.state().question("z", "age")
    found = {(pair.a, pair.b): (pair.verdict, pair.comparator) for pair in question.pairs}
    assert found[0, 1] == (Verdict.CONTRADICTS, "range")
    assert found[0, 2][0] is Verdict.NOT_COMPARABLE


def test_what_several_items_show_together_is_one_question(world: World) -> None:
    world.claim("C1", Shows(items=["z", "g"], what=["bruising.face"], on="both"))
    [question] = world.state().questions
    assert (question.entity, question.property) == (("z", "g"), "shows")


# Statements and relays


def test_two_relays_of_one_statement_are_one_voice_that_may_be_told_differently(world: World) -> None:
    says(world, "C1", "ru", "suicide", statement="ru1", relays=("ngo",))
    says(world, "C2", "ru", "natural", statement="ru1", relays=("paper",))
    question = world.state().question("z", CAUSE)
    assert verdicts(question) == [Verdict.RELAYS_DIFFER]
    assert question.state is QuestionState.SINGLE_VOICE


def test_one_relay_of_one_statement_that_says_both_contradicts_itself(world: World) -> None:
    says(world, "C1", "ru", "suicide", statement="ru1", relays=("ngo",))
    says(world, "C2", "ru", "natural", statement="ru1", relays=("ngo",))
    assert verdicts(world.state().question("z", CAUSE)) == [Verdict.CONTRADICTS]


def test_a_position_seen_only_through_its_opponent_is_flagged(world: World) -> None:
    says(world, "C1", "ru", "suicide", relays=("az",))
    says(world, "C2", "az", "torture")
    question = world.state().question("z", CAUSE)
    assert [position.marks for position in question.positions] == [("only_through_opponent",), ()]
    says(world, "C3", "ru", "suicide", relays=("ngo",))
    assert world.state().question("z", CAUSE).positions[0].marks == ()


# Names


def test_a_same_as_joins_two_questions_and_undoing_it_parts_them(world: World) -> None:
    world.entity("zia", Person(label="Zia"))
    says(world, "C1", "az", "torture")
    says(world, "C2", "ru", "suicide", of="zia")
    assert len(world.state().questions) == 2
    judged = world.same("z", "zia")
    [question] = world.state().questions
    assert (question.key, question.state) == ("z \u00b7 cause of death", QuestionState.DISPUTED)
    assert world.state().question("zia", CAUSE) == question
    world.undo(judged)
    assert len(world.state().questions) == 2


def test_two_names_of_one_speaker_are_one_voice(world: World) -> None:
    says(world, "C1", "ngo", "torture")
    says(world, "C2", "paper", "torture")
    assert world.state().question("z", CAUSE).state is QuestionState.AGREED
    world.same("ngo", "paper")
    assert world.state().question("z", CAUSE).state is QuestionState.SINGLE_VOICE


@pytest.mark.parametrize(
    "text",
    [
        "z \u00b7 cause of death",
        "z.cause_of_death",
        "z cause_of_death",
        "Z: Cause of Death",
        "Z cause of death",
    ],
)
def test_a_question_is_found_however_it_is_written(world: World, text: str) -> None:
    says(world, "C1", "az", "torture")
    assert world.state().find_question(text).key == "z \u00b7 cause of death"


def test_a_question_that_nobody_answers_is_refused_with_near_ones(world: World) -> None:
    world.entity("one", OneOf(label="one", one_of=("z", "g")))
    says(world, "C1", "az", "torture")
    state = world.state()
    with pytest.raises(UnknownName, match="near ones: z \u00b7 cause of death"):
        state.find_question("z cause of deaht")
    with pytest.raises(UnknownName, match="near ones"):
        state.question("z", "cause_of")
    with pytest.raises(UnknownName, match="one is one of z, g"):
        state.find_question("one cause of death")


def test_two_questions_of_one_label_are_told_apart_by_name(world: World) -> None:
    world.entity("z2", Person(label="Twin"))
    world.entity("z3", Person(label="Twin"))
    says(world, "C1", "az", "torture", of="z2")
    says(world, "C2", "az", "torture", of="z3")
    with pytest.raises(UnknownName, match="several questions"):
        world.state().find_question("Twin cause of death")
    assert world.state().find_question("z3 cause of death").claims == ("C2",)
