"""What changed between two moments: who moved, what was taken back, which disputes opened, which claims did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import CauseOfDeath, Count, Death, NoAnswer, OneOf, Opinion, Person, Reply, undecided
from claimledger.events.errors import InvalidValue
from claimledger.projections import CaseState, Change, Changes, ChangeSort, ClaimStatus, replay
from claimledger.testing import memory_ledger
from tests.projections.histories import History as Recorded
from tests.projections.histories import NewWorld, grown, histories

if TYPE_CHECKING:
    from tests.projections.conftest import World

CAUSE = "z \u00b7 cause of death"


def since(world: World, index: int) -> tuple[Change, ...]:
    """What changed since an index."""
    state = world.state()
    return Changes.between(state.at(known_at=index), state).entries


def last(world: World) -> int:
    return world.events[-1].index


def told(
    found: tuple[Change, ...],
) -> list[tuple[str, tuple[str, ...], str | None, str | None, tuple[str, ...]]]:
    return [(str(one.sort), one.holders, one.before, one.after, one.claims) for one in found]


@pytest.fixture
def cause(world: World) -> World:
    """Russia said suicide."""
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-01")
    return world


def test_a_new_question_is_named_with_its_positions(cause: World) -> None:
    assert told(since(cause, last(cause) - 1)) == [
        ("question_new", (), None, "single_voice", ("C1",)),
        ("position_new", ("ru",), None, "suicide", ("C1",)),
    ]


def test_a_new_position_opens_a_dispute(cause: World) -> None:
    index = last(cause)
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-02")
    found = since(cause, index)
    assert told(found) == [
        ("position_new", ("az",), None, "torture", ("C2",)),
        ("dispute_opened", (), "single_voice", "disputed", ("C2",)),
    ]
    assert {one.questions for one in found} == {(CAUSE,)}


def test_a_holder_that_changes_its_account_has_moved_and_the_dispute_is_settled(cause: World) -> None:
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-02")
    index = last(cause)
    cause.claim("C3", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-05")
    found = since(cause, index)
    assert told(found) == [
        ("holder_moved", ("ru",), "suicide", "torture", ("C3",)),
        ("dispute_settled", (), "disputed", "agreed", ("C3",)),
    ]
    assert (found[0].of, found[0].text) == (("C1",), "Russian authorities: from suicide to torture")


def test_a_dispute_is_opened_by_the_claims_that_contradict_and_by_no_others(cause: World) -> None:
    index = last(cause)
    cause.claim("C2", CauseOfDeath(of="z", causes="heart"), "az", "2025-07-02")
    cause.claim("C3", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-03")
    cause.claim("C4", CauseOfDeath(of="z", causes="suicide"), "ngo", "2025-07-03")
    cause.claim("C5", CauseOfDeath(of="z", causes="torture"), "paper", "2025-07-04", strength="possible")
    [opened] = [one for one in since(cause, index) if one.sort is ChangeSort.DISPUTE_OPENED]
    assert opened.claims == ("C3",)


def test_a_dispute_is_settled_by_what_ended_a_side_as_a_whole(cause: World) -> None:
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-02")
    cause.claim("C3", CauseOfDeath(of="z", causes="torture"), "ngo", "2025-07-02")
    cause.claim("C4", CauseOfDeath(of="z", causes="suicide"), "paper", "2025-07-02")
    index = last(cause)
    cause.claim("R1", Reply(claims=[cause.ids["C2"]], kind="retracts"), "az", "2025-07-03")
    cause.claim("C5", CauseOfDeath(of="z", causes="heart"), "ru", "2025-07-04")
    cause.claim("C6", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-05")
    cause.claim("R2", Reply(claims=[cause.ids["C4"]], kind="retracts"), "paper", "2025-07-06")
    [settled] = [one for one in since(cause, index) if one.sort is ChangeSort.DISPUTE_SETTLED]
    assert (settled.claims, settled.after) == (("C6", "R2"), "agreed")


def test_a_dispute_that_depends_on_a_reading_now_is_not_settled(cause: World) -> None:
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-02")
    index = last(cause)
    cause.amend("C2", CauseOfDeath(of="z", causes=undecided("torture", "suicide")), "az", "2025-07-02")
    changed = [one for one in since(cause, index) if one.before == "disputed"]
    assert [(str(one.sort), one.after, one.events) for one in changed] == [
        ("state_changed", "conditional", (cause.events[-1].id,))
    ]


def test_a_holder_that_moved_at_a_new_question_has_a_line_of_its_own(world: World) -> None:
    index = last(world)
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-01")
    world.claim("C2", CauseOfDeath(of="z", causes="heart"), "az", "2025-07-02")
    world.claim("C3", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-03")
    found = since(world, index)
    assert told(found) == [
        ("question_new", (), None, "disputed", ("C1", "C2", "C3")),
        ("position_new", (), None, "suicide", ("C1",)),
        ("position_new", ("az",), None, "heart", ("C2",)),
        ("position_new", ("ru",), None, "torture", ("C3",)),
        ("holder_moved", ("ru",), "suicide", "torture", ("C3",)),
        ("dispute_opened", (), None, "disputed", ("C2", "C3")),
    ]
    assert (found[4].of, found[4].text) == (("C1",), "Russian authorities: from suicide to torture")


def test_what_a_holder_said_on_the_way_is_named(cause: World) -> None:
    index = last(cause)
    cause.claim("C2", CauseOfDeath(of="z", causes="heart"), "ru", "2025-07-02")
    cause.claim("C3", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-03")
    [moved] = [one for one in since(cause, index) if one.sort is ChangeSort.HOLDER_MOVED]
    assert moved.text == "Russian authorities: from suicide, by way of heart, to torture"
    assert (moved.claims, moved.of) == (("C3",), ("C1", "C2"))


def test_what_a_claim_did_at_another_question_is_not_named(world: World) -> None:
    world.claim("D1", Death(person="z", when="2025-06-27", in_custody=True), "ru", "2025-07-01")
    index = last(world)
    world.claim("D2", Death(person="z", when="2025-06-28"), "ru", "2025-07-02")
    world.claim("D3", Death(person="z", in_custody=False), "az", "2025-07-02")
    found = since(world, index)
    assert [(one.questions, one.claims) for one in found if one.sort is ChangeSort.HOLDER_MOVED] == [
        (("z \u00b7 death when",), ("D2",))
    ]
    assert [(one.questions, one.claims) for one in found if one.sort is ChangeSort.DISPUTE_OPENED] == [
        (("z \u00b7 death in custody",), ("D3",))
    ]


def test_a_dispute_that_a_retraction_of_a_retraction_opens_again_names_it(cause: World) -> None:
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-02")
    cause.claim("R1", Reply(claims=[cause.ids["C1"]], kind="retracts"), "ru", "2025-07-05")
    index = last(cause)
    cause.claim("R2", Reply(claims=[cause.ids["R1"]], kind="retracts"), "ru", "2025-07-06")
    [opened] = [one for one in since(cause, index) if one.sort is ChangeSort.DISPUTE_OPENED]
    assert opened.claims == ("R2",)


def test_a_holder_that_joins_or_says_it_again_is_named(cause: World) -> None:
    index = last(cause)
    cause.claim("C2", CauseOfDeath(of="z", causes="suicide"), "ngo", "2025-07-02")
    cause.claim("C3", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-03")
    assert told(since(cause, index)) == [
        ("holder_joined", ("ngo",), None, "suicide", ("C2",)),
        ("said_again", ("ru",), "suicide", "suicide", ("C3",)),
        ("state_changed", (), "single_voice", "agreed", ("C2", "C3")),
    ]


@pytest.mark.parametrize(("kind", "sort"), [("retracts", "retracted"), ("corrects", "corrected")])
def test_what_was_taken_back_is_named_with_what_did_it(cause: World, kind: str, sort: str) -> None:
    index = last(cause)
    cause.claim("R1", Reply(claims=[cause.ids["C1"]], kind=kind), "ru", "2025-07-05")
    found = since(cause, index)
    assert told(found) == [
        ("holder_left", ("ru",), "suicide", None, ("R1",)),
        ("state_changed", (), "single_voice", "open", ("R1",)),
        (sort, ("ru",), "cause of death: suicide", None, ("R1",)),
    ]
    assert found[-1].of == ("C1",)


def test_a_retraction_of_a_retraction_puts_the_claim_back(cause: World) -> None:
    cause.claim("R1", Reply(claims=[cause.ids["C1"]], kind="retracts"), "ru", "2025-07-05")
    index = last(cause)
    cause.claim("R2", Reply(claims=[cause.ids["R1"]], kind="retracts"), "ru", "2025-07-06")
    found = {one.sort: one for one in since(cause, index)}
    assert found[ChangeSort.HOLDER_JOINED].text == "Russian authorities: suicide"
    assert (found[ChangeSort.REINSTATED].claims, found[ChangeSort.REINSTATED].of) == (("R2",), ("C1",))
    assert found[ChangeSort.RETRACTED].of == ("R1",)
    assert found[ChangeSort.RETRACTED].text == "R1 (retracts C1) retracted by R2"


def test_a_rebuttal_takes_nothing_back_and_is_listed(cause: World) -> None:
    index = last(cause)
    cause.claim("R1", Reply(claims=[cause.ids["C1"]], kind="retracts"), "az", "2025-07-05")
    assert told(since(cause, index)) == [("claim_new", ("az",), None, "(retracts C1)", ("R1",))]


def test_a_withdrawn_and_an_amended_record_name_the_act_of_the_recorder(cause: World) -> None:
    index = last(cause)
    cause.amend("C1", CauseOfDeath(of="z", causes="injury"), "ru", "2025-07-01")
    amended = cause.events[-1].id
    found = since(cause, index)
    assert [(str(one.sort), one.before, one.after) for one in found] == [
        ("position_new", None, "injury"),
        ("position_gone", "suicide", None),
        ("holder_moved", "suicide", "injury"),
        ("amended", "cause of death: suicide", "cause of death: injury"),
    ]
    assert {one.events for one in found} == {(amended,)}
    assert found[-1].text == "the record of C1 was amended"
    assert found[2].text == (
        "Russian authorities: from suicide to injury (by the record alone; it said nothing new)"
    )
    index = last(cause)
    cause.withdraw("C1")
    found = since(cause, index)
    assert [str(one.sort) for one in found] == ["holder_left", "state_changed", "withdrawn"]
    assert found[0].text.endswith("no longer injury (by the record alone; it said nothing new)")
    assert {one.events for one in found} == {(cause.events[-1].id,)}


def test_statuses_appear_and_go(cause: World) -> None:
    index = last(cause)
    cause.claim(
        "N1", NoAnswer(of="z", property="cause_of_death", status="being_clarified"), "az", "2025-07-02"
    )
    assert told(since(cause, index)) == [("no_answer_new", ("az",), None, "being clarified", ("N1",))]
    index = last(cause)
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-05")
    assert ("no_answer_gone", ("az",), "being clarified", None, ("C2",)) in told(since(cause, index))


def test_what_rests_on_a_claim_that_moved_on_went_stale(cause: World) -> None:
    cause.claim(
        "C2",
        CauseOfDeath(of="z", causes="suicide"),
        "paper",
        "2025-07-02",
        based_on=[{"claim": cause.ids["C1"]}],
    )
    index = last(cause)
    cause.claim("C3", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-05")
    [stale] = [one for one in since(cause, index) if one.sort is ChangeSort.WENT_STALE]
    assert (stale.of, stale.claims, stale.holders) == (("C2",), ("C1",), ("paper",))


def test_a_judgement_is_added_beside_what_is_computed(cause: World) -> None:
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-02")
    index = last(cause)
    cause.judge(["C2"], "contradicts", ["C1"])
    [judged] = since(cause, index)
    assert (judged.sort, judged.questions, judged.claims, judged.of) == ("judged", (CAUSE,), ("C2",), ("C1",))
    assert judged.events == (cause.events[-1].id,)


def test_a_same_as_and_its_undoing_are_named_with_their_effect(cause: World) -> None:
    cause.entity("zed", Person(label="Zed"))
    cause.claim("C2", CauseOfDeath(of="zed", causes="torture"), "az", "2025-07-02")
    apart = last(cause)
    same = cause.same("z", "zed")
    together = last(cause)
    found = {one.sort: one for one in since(cause, apart)}
    joined = found[ChangeSort.QUESTIONS_JOINED]
    assert (joined.questions, joined.before) == ((CAUSE,), f"{CAUSE} and zed \u00b7 cause of death")
    assert found[ChangeSort.DISPUTE_OPENED].events == (same,)
    judged = found[ChangeSort.SAME_AS_JUDGED]
    assert (judged.text, judged.after) == ("Z (z) and Zed (zed) judged to be the same", "z")
    assert ChangeSort.HOLDER_MOVED not in found
    cause.undo(same)
    undone = cause.events[-1].id
    found = {one.sort: one for one in since(cause, together)}
    assert found[ChangeSort.QUESTION_PARTED].before == CAUSE
    assert found[ChangeSort.QUESTION_PARTED].questions == ("zed \u00b7 cause of death",)
    assert found[ChangeSort.SAME_AS_UNDONE].events == (undone,)
    assert found[ChangeSort.DISPUTE_SETTLED].events == (undone,)
    assert since(cause, apart) == ()


def test_a_settled_choice_leaves_the_question_of_the_other(world: World) -> None:
    world.entity("one", OneOf(label="one", one_of=("z", "g")))
    world.claim("C1", CauseOfDeath(of="one", causes="torture"), "az")
    index = last(world)
    world.same("one", "g")
    found = since(world, index)
    assert [(str(one.sort), one.questions) for one in found if one.sort is ChangeSort.QUESTION_GONE] == [
        ("question_gone", (CAUSE,))
    ]


def test_one_whose_voice_is_open_is_marked(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-01")
    index = last(world)
    voice = undecided({"asserter": "ru"}, {"asserter": "ngo"})
    world.claim("C2", CauseOfDeath(of="z", causes="torture"), voice=voice.model_dump())
    texts = [one.text for one in since(world, index) if one.sort is ChangeSort.HOLDER_JOINED]
    assert texts == ["the NGO?: torture", "Russian authorities?: torture"]


def test_two_answers_that_the_reader_cannot_tell_stay_two(world: World) -> None:
    for ref, day in (("C1", "2025-07-01"), ("C2", "2025-07-03")):
        world.claim(
            ref, Count(group="both", quantity=undecided("6", "8")), "ru" if ref == "C1" else "az", day
        )
        assert since(world, last(world)) == ()
    found = since(world, last(world) - 1)
    assert told(found)[0] == ("position_new", ("az",), None, "6 | 8", ("C2",))


def test_changes_by_what_was_said(cause: World) -> None:
    cause.claim("C2", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-05")
    found = Changes.of(
        iter(cause.events), "case", before="2025-07-03", after="2025-07-09", clock="asserted_by"
    )
    assert told(found.of_sort(ChangeSort.HOLDER_MOVED)) == [
        ("holder_moved", ("ru",), "suicide", "torture", ("C2",))
    ]
    assert (found.before.filters["asserted_by"], found.after.filters["asserted_by"]) == (
        "2025-07-03",
        "2025-07-09",
    )
    assert found.before.index == found.after.index


def test_changes_from_nothing_to_all(cause: World) -> None:
    found = Changes.of(cause.events, "case")
    assert [str(one.sort) for one in found.entries] == ["question_new", "position_new"]
    assert (found.before.index, found.after.index) == (None, last(cause))


def test_changes_of_a_ledger() -> None:
    with memory_ledger() as ledger:
        case = ledger.create_case("case", title="A case")
        for name in ("z", "ru"):
            case.register_entity(name, Person(label=name))
        first = case.record(CauseOfDeath(of="z", causes="suicide"), asserter="ru", asserted_at="2025-07-01")
        case.record(CauseOfDeath(of="z", causes="torture"), asserter="ru", asserted_at="2025-07-05")
        found = Changes.of(ledger, "case", before=first.index, asserted_by="2025-07-09")
        assert [str(one.sort) for one in found.entries] == ["position_new", "holder_moved"]
        assert dict(found.before.filters) == {
            "case": "case", "known_at": str(first.index), "asserted_by": "2025-07-09"
        }  # fmt: skip


def test_two_moments_the_other_way_round_lose_what_is_gone(cause: World) -> None:
    cause.claim("P1", Opinion(about="z", tone="condemns"), "az")
    state = cause.state()
    found = Changes.between(state, state.at(known_at=last(cause) - 2)).entries
    assert [(str(one.sort), one.claims) for one in found] == [
        ("question_gone", ("C1",)), ("claim_gone", ("C1",)), ("claim_gone", ("P1",))
    ]  # fmt: skip


def test_a_change_as_data(cause: World) -> None:
    state = cause.state()
    shown = Changes.between(state.at(known_at=last(cause) - 1), state).to_json()
    assert set(shown) == {"case", "before", "after", "changes", "labels"}
    assert shown["labels"] == {"ru": "Russian authorities"}
    assert shown["after"] == state.provenance().to_json()
    assert shown["changes"][1] == {
        "sort": "position_new", "questions": [CAUSE], "holders": ["ru"], "before": None, "after": "suicide",
        "claims": ["C1"], "of": [], "events": [], "text": "Russian authorities: suicide",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"clock": "true_on"}, "by known_at or asserted_by"),
        ({"clock": "asserted_by", "asserted_by": "2025-07-01"}, "it is the clock of these changes"),
        ({"clock": "asserted_by", "before": 3}, "write a day as text"),
        ({"clock": "asserted_by", "before": 3, "after": 2}, "write a day as text"),
        ({"before": "yesterday"}, "known_at: write"),
        ({"before": 3, "after": 2}, "before=3 is later than after=2"),
        ({"before": "2025-07-02", "after": "2025-07-01T23:00:00Z"}, "give the earlier moment as before"),
        ({"before": 30, "after": "2001-01-01"}, "before=30 is later than after=2001-01-01"),
        ({"clock": "asserted_by", "before": "2025-07", "after": "2025-07-30"}, "before=2025-07 is later"),
    ],
)
def test_moments_that_are_none_are_refused(world: World, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        Changes.of(world.events, "case", **asked)


def test_states_of_two_cases_are_not_compared(world: World) -> None:
    with pytest.raises(InvalidValue, match="of two cases"):
        Changes.between(world.state(), CaseState("another"))


@given(history=histories(), data=st.data())
def test_all_that_changed_is_named(new_world: NewWorld, history: Recorded, data: st.DataObject) -> None:
    world = grown(new_world, history)
    after = world.state()
    before = after.at(known_at=data.draw(st.integers(0, last(world))))
    assert Changes.between(after, after).entries == ()
    found = Changes.between(before, after).entries
    prefix = replay(CaseState("case"), world.events[: (before.taken_in or 0) + 1])
    assert found == Changes.between(prefix, after).entries
    did = {ref for one in found for ref in one.claims}
    named = did | {ref for one in found for ref in one.of}
    assert set(after.claims) - set(before.claims) <= did
    for ref, view in before.claims.items():
        now = after.claims[ref]
        if (view.status, len(view.versions)) != (now.status, len(now.versions)):
            assert ref in named
        if view.status != now.status and now.status in (ClaimStatus.RETRACTED, ClaimStatus.CORRECTED):
            assert now.ended_by in did
    states = {one.key: one.state for one in before.questions}
    of_state = (ChangeSort.STATE_CHANGED, ChangeSort.DISPUTE_OPENED, ChangeSort.DISPUTE_SETTLED)
    changes_of_state = [one.questions[0] for one in found if one.sort in of_state]
    changed = set(changes_of_state)
    assert len(changed) == len(changes_of_state)
    for question in after.questions:
        if states.get(question.key, question.state) != question.state and len(question.entity) == 1:
            assert question.key in changed or any(
                one.sort is ChangeSort.QUESTIONS_JOINED and question.key in one.questions for one in found
            )
    for one in found:
        assert one.claims or one.events
        assert one.text


@given(history=histories(acts=False), data=st.data())
def test_the_order_of_recording_changes_no_change(
    new_world: NewWorld, history: Recorded, data: st.DataObject
) -> None:
    early = [ref for ref in history.claims if ref.startswith("C")]
    mixed = data.draw(st.permutations(early))
    rest = [ref for ref in history.claims if ref not in early]
    worlds = [grown(new_world, history, [*order, *rest]) for order in (early, mixed)]
    found = []
    for world in worlds:
        state = world.state()
        found.append(Changes.between(state.at(known_at=last(world) - len(history.claims)), state).entries)
    assert found[0] == found[1]


def test_counts_and_deaths_are_changed_at_their_own_questions(world: World) -> None:
    world.claim("C1", Count(group="both", quantity=6), "ru", "2025-07-01")
    index = last(world)
    world.claim("C2", Count(group="both", quantity=8), "ru", "2025-07-02")
    world.claim("C3", Death(person="g"), "ru", "2025-07-02")
    assert [(str(one.sort), one.questions) for one in since(world, index)] == [
        ("question_new", ("g \u00b7 death",)),
        ("position_new", ("g \u00b7 death",)),
        ("position_new", ("both \u00b7 count",)),
        ("holder_moved", ("both \u00b7 count",)),
    ]


def test_a_claim_that_stands_again_by_an_amendment_names_it(cause: World) -> None:
    cause.claim("N1", NoAnswer(of="z", property="cause_of_death", status="undetermined"), "ru", "2025-07-03")
    index = last(cause)
    cause.amend("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-05")
    [back] = [one for one in since(cause, index) if one.sort is ChangeSort.REINSTATED]
    assert (back.of, back.claims, back.events) == (("C1",), (), (cause.events[-1].id,))
