"""Screens from projection objects: the order, the words and the width, whatever stands in the labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from claimledger.projections.compare import Verdict
from claimledger.projections.layout import Line
from claimledger.projections.positions import Holding, Hop, Pair, Position
from claimledger.projections.questions import JudgementView, Question, QuestionState, StatusView
from claimledger.projections.render_question import (
    ended_in_words,
    judgement_line,
    question_lines,
    reading_in_words,
    statuses_in_words,
)
from claimledger.projections.standing import ClaimStatus

LABELS = {"one": "the brother", "z": "Z", "shared:ru": "Russia", "shared:az": "Azerbaijan", "ngo": "The NGO"}


def label(name: str) -> str:
    return LABELS.get(name, name)


def holding(ref: str, holder: str, **changes: object) -> Holding:
    fields: dict[str, object] = {
        "ref": ref,
        "holder": holder,
        "asserter": holder,
        "on_behalf_of": None,
        "relays": (),
        "said": "2025-07-03",
        "strength": "asserted",
        "hedges": (),
        "readings": {},
        "status": ClaimStatus.STANDING,
        "by": None,
        "statement": None,
        "independent": True,
    }
    return Holding(**{**fields, **changes})  # type: ignore[arg-type]


def position(number: int, text: str, *holders: Holding, **changes: object) -> Position:
    fields: dict[str, object] = {
        "number": number,
        "text": text,
        "answer": {},
        "polarity": "affirmed",
        "strengths": ("asserted",),
        "holders": holders,
        "conditional_on": (),
        "marks": (),
        "undercut_by": (),
        "is_current": True,
    }
    return Position(**{**fields, **changes})  # type: ignore[arg-type]


def question(*positions: Position, **changes: object) -> Question:
    fields: dict[str, object] = {
        "entity": ("z",),
        "label": "Z",
        "property": "cause_of_death",
        "state": QuestionState.DISPUTED,
        "positions": positions,
        "pairs": (),
        "statuses": (),
        "judgements": (),
        "claims": (),
    }
    return Question(**{**fields, **changes})  # type: ignore[arg-type]


def flat(lines: list[Line]) -> str:
    return " ".join(" ".join(line.plain for line in lines).split())


def test_a_block_begins_with_the_question_and_its_state() -> None:
    [first, *_] = question_lines(question(position(0, "torture", holding("C27", "shared:az"))), label)
    assert first.plain.startswith("Z \N{MIDDLE DOT} cause of death ")
    assert first.plain.endswith("disputed")
    assert cell_len(first.plain) == 100


def test_a_row_says_what_who_how_and_by_which_claim() -> None:
    made = holding("C27", "shared:az", relays=(Hop("ngo", "claim", None, None),))
    lines = question_lines(question(position(0, "torture", made)), label)
    assert lines[1].plain.split() == ["torture", "Azerbaijan", "via", "The", "NGO", '("claim")', "C27"]


def test_claims_of_one_voice_that_came_the_same_way_share_a_row() -> None:
    lines = question_lines(
        question(position(0, "torture", holding("C1", "shared:az"), holding("C2", "shared:az"))), label
    )
    assert lines[1].plain.split() == ["torture", "Azerbaijan", "directly", "C1", "C2"]


def test_whoever_speaks_for_an_institution_is_named_beside_it() -> None:
    made = holding("C9", "ngo", asserter="director", on_behalf_of="ngo")
    assert "The NGO (director)" in flat(question_lines(question(position(0, "x", made)), label))


def test_an_undecided_voice_shows_every_alternative_in_one_row() -> None:
    one = holding("C6", "shared:az", readings={"C6.voice": "shared:az"})
    other = holding("C6", "ngo", readings={"C6.voice": "ngo"})
    assert "Azerbaijan or The NGO" in flat(question_lines(question(position(0, "x", one, other)), label))


def test_positions_have_letters_and_a_clash_says_which_and_why() -> None:
    pair = Pair(0, 1, Verdict.CONDITIONAL, "code", ({"one": "z"},), "nothing in common")
    asked = question(
        position(0, "torture", holding("C27", "shared:az")),
        position(
            1, "heart", holding("C29", "shared:ru"), conditional_on=({"one": "z"},), undercut_by=("C31",)
        ),
        pairs=(pair,),
        state=QuestionState.CONDITIONAL,
    )
    shown = flat(question_lines(asked, label))
    assert "A torture" in shown
    assert "B heart" in shown
    assert "only if the brother is Z" in shown
    assert "undercut by C31: that changes no value" in shown
    assert "A and B contradict if the brother is Z: nothing in common" in shown


@pytest.mark.parametrize("verdict", [Verdict.COMPATIBLE, Verdict.NOT_COMPARABLE, Verdict.STALE])
def test_pairs_that_do_not_clash_are_shown_only_when_asked_for(verdict: Verdict) -> None:
    asked = question(
        position(0, "a", holding("C1", "ngo")),
        position(1, "b", holding("C2", "ngo")),
        pairs=(Pair(0, 1, verdict, "code", (), "because"),),
    )
    assert "because" not in flat(question_lines(asked, label))
    assert "because" in flat(question_lines(asked, label, every_pair=True))


def test_pairs_with_an_answer_that_nobody_stands_by_are_counted_not_listed() -> None:
    ended = holding("C1", "ngo", status=ClaimStatus.SUPERSEDED, by="C2")
    asked = question(
        position(0, "a", ended, marks=("superseded",), is_current=False),
        position(1, "b", holding("C2", "ngo")),
        position(2, "c", holding("C3", "ngo")),
        pairs=(
            Pair(0, 1, Verdict.STALE, "code", (), "gone"),
            Pair(0, 2, Verdict.STALE, "code", (), "gone"),
            Pair(1, 2, Verdict.COMPATIBLE, "code", (), "because"),
        ),
    )
    shown = flat(question_lines(asked, label, every_pair=True))
    assert "B and C can both hold: because" in shown
    assert "gone" not in shown
    assert "2 pairs with an answer that nobody stands by any more: --json lists them" in shown
    assert "stands by" not in flat(question_lines(asked, label))


def test_an_answer_that_is_no_longer_held_is_put_in_words() -> None:
    first = holding("C1", "shared:ru", status=ClaimStatus.CORRECTED, by="C9")
    again = holding("C2", "ngo", status=ClaimStatus.RETRACTED, by="C8")
    ended = position(0, "a fall", first, again, marks=("corrected", "retracted"), is_current=False)
    assert ended_in_words((ended,), label) == (
        "a fall (Russia, C1, corrected by C9 and The NGO, C2, retracted by C8)"
    )


def test_a_status_that_ended_says_how() -> None:
    ended = holding("C30", "shared:ru", status=ClaimStatus.SUPERSEDED, by="C31")
    status = StatusView("C30", "being_clarified", "affirmed", (ended,), (), False)
    assert statuses_in_words((status,), label) == "being clarified (Russia, C30, superseded by C31)"
    shown = flat(question_lines(question(statuses=(status,), state=QuestionState.OPEN), label))
    assert "superseded by C31" in shown


def test_what_ended_says_how() -> None:
    ended = holding("C1", "shared:ru", status=ClaimStatus.RETRACTED, by="C9")
    asked = question(position(0, "a", ended, marks=("retracted", "only_through_opponent"), is_current=False))
    shown = flat(question_lines(asked, label))
    assert "retracted by C9" in shown
    assert "known only through an opponent" in shown


def test_a_status_is_neither_a_value_nor_a_denial() -> None:
    status = StatusView(
        "C30", "being_clarified", "affirmed", (holding("C30", "shared:ru"),), ({"one": "z"},), True
    )
    shown = flat(question_lines(question(statuses=(status,), state=QuestionState.OPEN), label))
    assert "(being clarified) Russia directly C30" in shown
    assert "only if the brother is Z" in shown
    assert statuses_in_words((status,), label) == "being clarified (Russia, C30)"


def test_readings_are_put_in_words() -> None:
    assert reading_in_words({"one": "z"}, label) == "the brother is Z"
    assert reading_in_words({"C06.1.voice": "ngo"}, label) == "C06.1 is said by The NGO"
    assert reading_in_words({"C10.strength": "appears"}, label) == "the strength of C10 is appears"


def test_a_judgement_is_in_a_line_with_its_reading_and_note() -> None:
    judged = JudgementView(9, "id", "in_tension_with", ("C1", "C2"), ("C3",), {"one": "z"}, "a note", ("k",))
    assert (
        judgement_line(judged, label) == "judged: C1 and C2 in tension with C3, if the brother is Z (a note)"
    )


@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.integers(min_value=60, max_value=140),
)
def test_any_label_and_value_stay_within_the_width_and_cannot_act(value: str, name: str, width: int) -> None:
    made = holding("C1", "x", relays=(Hop("x", value, None, None),))
    asked = question(position(0, value, made), position(1, "b", holding("C2", "x")), label=name)
    for line in question_lines(asked, lambda _: name, width=width):
        assert cell_len(line.plain) <= width
        assert "\x1b" not in line.plain
        assert "\n" not in line.plain
