"""A cell of the matrix says the answer, how firmly, when, and whether its holder still stands by it."""

from __future__ import annotations

from claimledger.events import CauseOfDeath, Count, Group, Organisation, Person
from claimledger.projections import CaseState, Disputes
from claimledger.projections.render_question import held_in_words, question_lines
from claimledger.testing import memory_ledger


def test_a_cell_holds_answer_strength_dates_and_status() -> None:
    with memory_ledger() as ledger:
        case = ledger.create_case("harbour", title="A night")
        case.register_entity("man", Person(label="the man"))
        for name in ("police", "union"):
            case.register_entity(name, Organisation(label=name))
        for day in ("2031-05-02", "2031-05-03"):
            case.record(CauseOfDeath(of="man", causes="natural"), asserter="police", asserted_at=day)
        case.record(
            CauseOfDeath(of="man", causes="injury"),
            asserter="police",
            asserted_at="2031-05-04",
            strength="likely",
        )
        case.record(CauseOfDeath(of="man", causes="natural"), asserter="union")
        matrix = ledger.replay(Disputes("harbour"))
    (row,) = matrix.rows
    cells = {
        (holder, cell.text): (cell.strength, cell.said, str(cell.status))
        for holder, said in row.cells.items()
        for cell in said
    }
    assert cells == {
        ("police", "natural"): ("asserted", ("2031-05-02", "2031-05-03"), "superseded"),
        ("police", "injury"): ("likely", ("2031-05-04",), "standing"),
        ("union", "natural"): ("asserted", (), "standing"),
    }
    shown = matrix.to_json()["rows"][0]["cells"]["police"]
    assert {"strength", "said", "status"} <= set(shown[0])


def test_numbers_of_two_days_are_shown_with_their_days_and_are_two_answers_where_they_are_equal() -> None:
    with memory_ledger() as ledger:
        case = ledger.create_case("harbour", title="A night")
        case.register_entity("held", Group(label="those held"))
        for name in ("police", "union"):
            case.register_entity(name, Organisation(label=name))
        for ref, speaker, day in (("C1", "police", "02"), ("C2", "police", "04"), ("C3", "union", "04")):
            case.record(Count(group="held", quantity=8, as_of=f"2031-05-{day}"), ref=ref, asserter=speaker)
        case.record(Count(group="held", quantity=9), ref="C4", asserter="union")
        matrix = ledger.replay(Disputes("harbour"))
        state = ledger.replay(CaseState("harbour"))
    (row,) = matrix.rows
    assert row.text("police") == "8 [as of 2031-05-02] C1; 8 [as of 2031-05-04] C2"
    assert row.text("union") == "8 [as of 2031-05-04] C3; 9 C4"
    (question,) = state.questions
    assert held_in_words(question.positions[0], state.label) == "8 [as of 2031-05-02] (police, C1)"
    assert "8 [as of 2031-05-04]" in "\n".join(line.plain for line in question_lines(question, state.label))
