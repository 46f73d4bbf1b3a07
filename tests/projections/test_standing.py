from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from claimledger.events import (
    Attribute,
    BasedOn,
    CauseOfDeath,
    Count,
    Kind,
    NoAnswer,
    Quantity,
    Reply,
    When,
)
from claimledger.events.dates import TimeOfDay
from claimledger.projections import Question, QuestionState, Verdict

if TYPE_CHECKING:
    from tests.projections.conftest import World


def cause(code: str, of: str = "z") -> Kind:
    return CauseOfDeath(of=of, causes=code)


def asked(world: World, property: str = "cause_of_death") -> Question:
    return world.state().question("z", property)


def current(question: Question) -> list[str]:
    return [position.text for position in question.positions if position.is_current]


def test_a_holder_stands_by_its_latest_statement(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru", "2025-07-01")
    world.claim("C2", cause("torture"), "ru", "2025-07-05")
    question = asked(world)
    assert current(question) == ["torture"]
    assert question.state is QuestionState.SINGLE_VOICE
    assert [pair.verdict for pair in question.pairs] == [Verdict.STALE]
    view = world.state().claims["C1"]
    assert (view.status, view.ended_by) == ("superseded", "C2")
    assert question.positions[0].marks == ("superseded",)


def at(earliest: str, latest: str | None = None, offset: str | None = "+00:00") -> When:
    time = TimeOfDay(offset=offset, earliest=earliest, latest=latest or earliest)
    return When(value="2025-07-01", time=time)


def test_a_holder_stands_by_what_it_said_later_on_the_same_day(world: World) -> None:
    world.claim("C1", cause("torture"), "ru", at("17:00"))
    world.claim("C2", cause("suicide"), "ru", at("09:00"))
    question = asked(world)
    assert current(question) == ["torture"]
    assert question.state is QuestionState.SINGLE_VOICE
    view = world.state().claims["C2"]
    assert (view.status, view.ended_by) == ("superseded", "C1")


def test_the_next_hour_counts_and_not_the_last_one_nor_the_next_day(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru", at("09:00"))
    world.claim("C2", cause("torture"), "ru", at("17:00"))
    world.claim("C3", cause("natural"), "ru", at("12:00"))
    world.claim("C4", cause("accident"), "ru", "2025-07-02")
    claims = world.state().claims
    assert {ref: claims[ref].ended_by for ref in claims} == {"C1": "C3", "C2": "C4", "C3": "C2", "C4": None}


@pytest.mark.parametrize(
    "other",
    [at("09:30"), at("17:00", offset=None), at("17:00", offset="+05:00"), "2025-07-01"],
    ids=["overlapping", "no offset", "another offset", "no hour"],
)
def test_hours_that_do_not_show_which_was_later_leave_both_current(world: World, other: When | str) -> None:
    world.claim("C1", cause("suicide"), "ru", at("09:00", "10:00"))
    world.claim("C2", cause("torture"), "ru", other)
    assert len(current(asked(world))) == 2


def test_what_was_said_later_counts_not_what_was_recorded_later(world: World) -> None:
    world.claim("C1", cause("torture"), "ru", "2025-07-05")
    world.claim("C2", cause("suicide"), "ru", "2025-07-01")
    assert current(asked(world)) == ["torture"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("[..2025-07-03]", "2025-07-03"),
        ("2025-07-01/2025-07-04", "2025-07-03"),
        (None, "2025-07-03"),
        ("2025-06~", "2025-07-03"),
    ],
)
def test_times_that_may_overlap_leave_both_current(world: World, first: str | None, second: str) -> None:
    world.claim("C1", cause("suicide"), "ru", first)
    world.claim("C2", cause("torture"), "ru", second)
    question = asked(world)
    assert question.state is QuestionState.DISPUTED
    assert [pair.verdict for pair in question.pairs] == [Verdict.CONTRADICTS]


def test_saying_it_again_displaces_nothing(world: World) -> None:
    world.claim("C1", cause("torture"), "ru", "2025-07-01")
    world.claim("C2", cause("torture"), "ru", "2025-07-05")
    assert {view.status for view in world.state().claims.values()} == {"standing"}


def test_many_valued_answers_stay_beside_one_another(world: World) -> None:
    world.claim("C1", Attribute(of="z", name="occupation", value="baker"), "ru", "2025-07-01")
    world.claim("C2", Attribute(of="z", name="occupation", value="driver"), "ru", "2025-07-05")
    assert current(asked(world, "occupation")) == ["baker", "driver"]


def test_confirmed_and_presumed_numbers_do_not_displace_one_another(world: World) -> None:
    for ref, day, point, certainty in (
        ("C1", "01", 12, "confirmed"),
        ("C2", "01", 30, "presumed"),
        ("C3", "05", 15, "confirmed"),
    ):
        quantity = Quantity.model_validate({"point": point, "certainty": certainty})
        world.claim(ref, Count(group="both", quantity=quantity), "ru", f"2025-07-{day}")
    question = world.state().question("both", "count")
    assert current(question) == ["30 (presumed)", "15 (confirmed)"]
    assert question.state is QuestionState.SINGLE_VOICE


def test_the_holder_is_the_institution_spoken_for(world: World) -> None:
    world.claim("C1", cause("suicide"), "g", "2025-07-01", on_behalf_of="ru")
    world.claim("C2", cause("torture"), "ru", "2025-07-05")
    question = asked(world)
    assert current(question) == ["torture"]
    holding = question.positions[0].holders[0]
    assert (holding.holder, holding.asserter, holding.on_behalf_of) == ("ru", "g", "ru")


def test_a_speaker_without_a_name_is_never_taken_for_one_holder(world: World) -> None:
    world.claim("C1", cause("suicide"), "reports", "2025-07-01")
    world.claim("C2", cause("torture"), "reports", "2025-07-05")
    assert current(asked(world)) == ["suicide", "torture"]


def test_undetermined_displaces_an_answer_and_the_others_do_not(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru", "2025-07-01")
    world.claim("C2", NoAnswer(of="z", property="cause_of_death", status="no_comment"), "ru", "2025-07-03")
    assert current(asked(world)) == ["suicide"]
    world.claim("C3", NoAnswer(of="z", property="cause_of_death", status="undetermined"), "ru", "2025-07-05")
    question = asked(world)
    assert current(question) == []
    assert question.state is QuestionState.OPEN
    assert [(one.ref, one.is_current) for one in question.statuses] == [("C2", False), ("C3", True)]


def test_an_answer_ends_being_clarified(world: World) -> None:
    world.claim(
        "C1", NoAnswer(of="z", property="cause_of_death", status="being_clarified"), "ru", "2025-07-01"
    )
    world.claim("C2", cause("suicide"), "ru", "2025-07-05")
    question = asked(world)
    assert not question.statuses[0].is_current
    assert question.state is QuestionState.SINGLE_VOICE


def test_a_denial_displaces_only_the_same_answer(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru", "2025-07-01")
    world.claim("C2", cause("torture"), "ru", "2025-07-05", polarity="negated")
    assert current(asked(world)) == ["suicide", "not torture"]
    world.claim("C3", cause("suicide"), "ru", "2025-07-06", polarity="negated")
    assert current(asked(world)) == ["not torture", "not suicide"]


def test_a_holder_that_affirms_later_what_it_had_denied_in_a_wider_word_moved_on(world: World) -> None:
    world.claim("C1", cause("injury"), "ru", "2025-07-01", polarity="negated")
    world.claim("C2", cause("injury.head"), "ru", "2025-07-05")
    assert current(asked(world)) == ["injury: head"]
    world.claim("C3", cause("injury"), "ru", "2025-07-06", polarity="negated")
    assert current(asked(world)) == ["not injury"]


def test_a_holder_that_denies_one_injury_still_stands_by_an_injury(world: World) -> None:
    world.claim("C1", cause("injury"), "ru", "2025-07-01")
    world.claim("C2", cause("injury.head"), "ru", "2025-07-05", polarity="negated")
    assert current(asked(world)) == ["injury", "not injury: head"]


@pytest.mark.parametrize("named", ["age", "occupation"])
def test_each_of_many_statements_is_displaced_by_the_next_that_says_otherwise(
    world: World, named: str
) -> None:
    said = ["40", "40", "41", "41", "40", "42"]
    for place, value in enumerate(said, 1):
        claim = Attribute(of="z", name=named, value=value)
        world.claim(f"C{place}", claim, "ru", f"2025-07-{place:02d}")
    by = {
        holding.ref: holding.by for position in asked(world, named).positions for holding in position.holders
    }
    ages = {"C1": "C3", "C2": "C3", "C3": "C5", "C4": "C5", "C5": "C6", "C6": None}
    assert by == (ages if named == "age" else dict.fromkeys(ages))


def test_whose_voice_it_is_may_decide_who_moved_on(world: World) -> None:
    said = [{"asserter": "ru", "asserted_at": "2025-07-01"}, {"asserter": "az", "asserted_at": "2025-07-01"}]
    world.claim("C1", cause("suicide"), voice={"undecided": said})
    world.claim("C2", cause("torture"), "ru", "2025-07-05")
    question = asked(world)
    [pair] = question.pairs
    assert (pair.verdict, pair.readings) == (Verdict.CONDITIONAL, ({"C1.voice": "az"},))


# Replies


@pytest.mark.parametrize(("kind", "status"), [("retracts", "retracted"), ("corrects", "corrected")])
def test_a_speaker_takes_its_own_claim_back(world: World, kind: str, status: str) -> None:
    world.claim("C1", cause("suicide"), "ru")
    world.claim("C2", cause("torture"), "az")
    world.claim("C3", Reply(claims=[world.ids["C1"]], kind=kind), "ru", "2025-07-09")
    question = asked(world)
    assert question.state is QuestionState.SINGLE_VOICE
    assert question.positions[0].marks == (status,)
    view = world.state().claims["C1"]
    assert (view.status, view.ended_by) == (status, "C3")
    assert [one.ref for one in world.state().replies] == ["C3"]


def test_nobody_takes_back_the_claim_of_another(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru")
    world.claim("C2", Reply(claims=[world.ids["C1"]], kind="retracts"), "az", "2025-07-09")
    assert world.state().claims["C1"].status == "standing"


def test_a_retraction_that_is_taken_back_has_no_effect(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru")
    world.claim("C2", Reply(claims=[world.ids["C1"]], kind="retracts"), "ru", "2025-07-09")
    world.claim("C3", Reply(claims=[world.ids["C2"]], kind="retracts"), "ru", "2025-07-10")
    state = world.state()
    assert [state.claims[ref].status for ref in ("C1", "C2", "C3")] == ["standing", "retracted", "standing"]


def test_a_withdrawn_record_of_a_retraction_has_no_effect(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru")
    world.claim("C2", Reply(claims=[world.ids["C1"]], kind="retracts"), "ru", "2025-07-09")
    world.withdraw("C2")
    assert world.state().claims["C1"].status == "standing"


def test_who_denies_having_retracted_has_not_retracted(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru")
    world.claim("C2", Reply(claims=[world.ids["C1"]], kind="retracts"), "ru", polarity="negated")
    assert world.state().claims["C1"].status == "standing"


# What rests on what


def test_a_claim_is_stale_once_what_it_rests_on_moved_on(world: World) -> None:
    ground = world.claim("C1", cause("suicide"), "ru", "2025-07-01")
    world.claim("C2", cause("suicide"), "paper", "2025-07-02", based_on=[BasedOn(claim=ground)])
    world.claim("C3", cause("torture"), "az", "2025-07-02")
    assert {pair.verdict for pair in asked(world).pairs} == {Verdict.CONTRADICTS}
    world.claim("C4", Reply(claims=[ground], kind="retracts"), "ru", "2025-07-09")
    question = asked(world)
    assert [pair.verdict for pair in question.pairs] == [Verdict.STALE]
    assert question.state is not QuestionState.DISPUTED
    assert question.positions[0].marks == ("stale",)
    assert world.state().claims["C2"].stale == "C1"


# Records


def test_a_withdrawn_record_stays_listed_and_holds_no_position(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru")
    world.claim("C2", cause("torture"), "az")
    world.withdraw("C1")
    state = world.state()
    assert state.claims["C1"].status == "withdrawn"
    question = asked(world)
    assert current(question) == ["torture"]
    assert question.claims == ("C1", "C2")


def test_an_amended_record_counts_with_its_amended_content(world: World) -> None:
    world.claim("C1", cause("suicide"), "ru")
    world.amend("C1", cause("torture"), "ru")
    assert current(asked(world)) == ["torture"]
    view = world.state().claims["C1"]
    assert [version.because for version in view.versions] == [None, "misread"]
