"""Values that are given behind a commitment only: they answer nothing, and vanish from no screen, table or page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger import Case
from claimledger.events import Attribute, Event, Opinion, Person
from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import InvalidValue, UnknownName
from claimledger.projections import CaseState, History, QuestionState, Tables, replay
from claimledger.projections.finding import Finder, Sought
from claimledger.projections.kept import DISCLOSED_MEANS, KEPT_SLOT
from claimledger.projections.layout import Line
from claimledger.projections.render import case_lines
from claimledger.projections.render_history import history_lines
from claimledger.projections.render_sheets import sheets_lines
from claimledger.projections.sheets import Exhibits, Sheets
from claimledger.projections.tables import withheld
from claimledger.testing import memory_ledger
from tests.projections.conftest import World

VALUE = "born in 1987"


@pytest.fixture
def case() -> Iterator[Case]:
    """A case in which w1 says its year of birth behind a commitment, and another speaker says one in clear."""
    with memory_ledger() as ledger:
        made = ledger.create_case("night", title="A night")
        made.register_entity("w1", Person(label="a witness", protected=True, name="To be kept out"))
        made.register_entity("b", Person(label="B"))
        made.record(
            Attribute(of="w1", name="birth_date", details=VALUE), asserter="w1", asserted_at="2031-05"
        )
        made.record(Attribute(of="b", name="birth_date", value="1990"), asserter="w1")
        made.record(Attribute(of="b", name="birth_date", details=VALUE), asserter="b")
        yield made


def flat(lines: list[Line]) -> str:
    return " ".join(" ".join(line.plain for line in lines).split())


def missing(event: Event) -> Event:
    """An event as it is where its content is gone and nothing says why."""
    gone = withheld(event)
    return replace(gone, slots=dict.fromkeys(gone.slots, SlotStatus.MISSING))


def test_what_is_protected_answers_nothing(case: Case) -> None:
    state = case.ledger.replay(CaseState("night"))
    assert [(question.key, question.state) for question in state.questions] == [
        ("b \u00b7 birth date", QuestionState.SINGLE_VOICE)
    ]
    [question] = state.questions
    assert [position.text for position in question.positions] == ["1990"]
    assert question.claims == ("C2",)


def test_a_value_in_clear_answers_whatever_stands_beside_it(case: Case) -> None:
    case.record(Attribute(of="w1", name="birth_date", value="in the 1980s", details=VALUE), asserter="b")
    state = case.ledger.replay(CaseState("night"))
    assert [one.ref for one in state.kept] == ["C1", "C3"]
    assert state.claims["C4"].questions == (f"{case.entity_name('w1')} \u00b7 birth date",)


def test_a_state_names_where_such_a_value_belongs_and_never_the_value(case: Case) -> None:
    state = case.ledger.replay(CaseState("night"))
    person = case.entity_name("w1")
    as_json = state.to_json()
    assert as_json["kept"] == [
        {"ref": "C1", "about": [[person]], "property": "birth_date"},
        {"ref": "C3", "about": [["b"]], "property": "birth_date"},
    ]
    assert as_json["unplaced"] == ["C1", "C3"]
    assert VALUE not in str(as_json)


@given(
    details=st.text(min_size=1, max_size=40),
    name=st.sampled_from(["birth_date", "age", "occupation", "example.org:village"]),
    value=st.none() | st.sampled_from(["1987", "46", ("baker", "driver")]),
    polarity=st.sampled_from(["affirmed", "negated"]),
)
def test_no_state_depends_on_whether_protected_content_is_at_hand(
    new_world: Callable[[], World], details: str, name: str, value: Any, polarity: str
) -> None:
    hashes = set()
    for given_details in (details, None):
        world = new_world()
        world.claim("C1", Attribute(of="z", name=name, value="45"), "az")
        world.claim(
            "C2", Attribute(of="z", name=name, value=value, details=given_details), "ru", polarity=polarity
        )
        state = world.state()
        hashes.add(state.provenance().state_hash)
        shown = {ref for question in state.questions for ref in question.claims}
        assert shown | {one.ref for one in state.kept} == {"C1", "C2"}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda event: event, "disclosed"),
        (withheld, "withheld"),
        (missing, "missing, and nothing says why"),
    ],
)
def test_every_screen_shows_the_claim_and_what_became_of_its_value(
    case: Case, read: Callable[[Event], Event], said: str
) -> None:
    events = [read(event) for event in case.ledger.events()]
    state = replay(CaseState("night"), events)
    for everything in (False, True):
        shown = flat(case_lines(state, everything=everything))
        assert (
            "NOT IN CLEAR (2): values behind a commitment; no question rests on them "
            f"C1 a witness a witness \u00b7 birth date: {said} C3 B B \u00b7 birth date: {said}"
        ) in shown
        assert "OTHER CLAIMS" not in shown
        assert VALUE not in shown
        assert shown.count(DISCLOSED_MEANS) == (said == "disclosed")
    told = flat(history_lines(replay(History("night"), events)))
    assert told.count(DISCLOSED_MEANS) == (said == "disclosed")
    assert told.count(f"the value is kept behind a commitment: {said}") == 2
    assert VALUE not in told


def test_what_was_erased_says_so_on_every_screen(case: Case) -> None:
    case.erase("C1", authority="the person", reason="asked for it")
    events = list(case.ledger.events())
    shown = flat(case_lines(replay(CaseState("night"), events)))
    assert "C1 a witness a witness \u00b7 birth date: erased" in shown
    history = replay(History("night"), events)
    assert "the value is kept behind a commitment: erased" in flat(history_lines(history))
    statuses = {row["ref"]: row["kept"] and row["kept"]["status"] for row in history.to_json()["rows"]}
    assert statuses == {"C1": "erased", "C2": None, "C3": "disclosed"}


def test_the_history_of_a_question_holds_those_who_gave_their_value_behind_a_commitment(case: Case) -> None:
    rows = case.ledger.replay(History("night", "b birth date")).rows
    assert [(row.ref, row.what) for row in rows] == [
        ("C2", "1990"),
        ("C3", "birth date: no value in clear"),
    ]


def test_a_question_that_is_answered_behind_commitments_only_says_by_which_claim(case: Case) -> None:
    history = case.ledger.replay(History("night", "a witness birth date"))
    with pytest.raises(UnknownName, match="is given behind a commitment only, by C1;"):
        _ = history.rows
    with pytest.raises(UnknownName, match="no claim of night answers"):
        _ = case.ledger.replay(History("night", "a witness age")).rows


def test_a_withdrawn_one_stays_and_is_marked(case: Case) -> None:
    case.withdraw("C1", because="not to be recorded")
    shown = flat(case_lines(case.ledger.replay(CaseState("night"))))
    assert "birth date: disclosed (withdrawn at index" in shown


def test_an_amendment_can_put_a_value_behind_a_commitment_and_the_first_record_stays_in_clear(
    case: Case,
) -> None:
    case.amend(
        "C2", Attribute(of="b", name="birth_date", details=VALUE), asserter="w1", because="identifies B"
    )
    state = case.ledger.replay(CaseState("night"))
    assert [one.ref for one in state.kept] == ["C1", "C2", "C3"]
    assert state.questions == ()
    told = flat(history_lines(case.ledger.replay(History("night"))))
    assert "before: birth date: 1990" in told


def test_tables_give_the_property_and_what_became_of_the_value(case: Case) -> None:
    def kept(disclosed: bool) -> list[tuple[Any, ...]]:
        tables = case.ledger.replay(Tables("night", disclosed=disclosed))
        rows = list(tables.rows("claims"))
        return [(row["ref"], row["kept_property"], row["kept_value"], row["disclosures"]) for row in rows]

    given_away = f'{{"{KEPT_SLOT}":"{VALUE}"}}'
    assert kept(False) == [
        ("C1", "birth_date", "withheld", None),
        ("C2", None, None, None),
        ("C3", "birth_date", "withheld", None),
    ]
    assert kept(True) == [
        ("C1", "birth_date", "disclosed", given_away),
        ("C2", None, None, None),
        ("C3", "birth_date", "disclosed", given_away),
    ]


def test_a_claim_sheet_has_the_value_where_it_is_at_hand_and_names_the_field_where_not(case: Case) -> None:
    def page(events: list[Event]) -> str:
        pages = replay(Sheets("night"), events).exhibits(["C1"])
        assert VALUE not in str(pages[0].to_json())
        return flat(sheets_lines(Exhibits("night", "A night", "a" * 64, "example.org/x", pages)))

    events = list(case.ledger.events())
    assert f"What was said birth date: no value in clear Details {VALUE} Who said it" in page(events)
    away = page([withheld(event) for event in events])
    assert "What was said birth date: no value in clear Who said it" in away
    assert f"the field {KEPT_SLOT} is withheld" in away
    assert VALUE not in away


def test_it_is_found_by_whom_it_is_about(case: Case) -> None:
    found = list(Finder(Sought(text="a witness")).found_in(case.ledger.events()))
    assert [(one.ref, one.what) for one in found] == [
        ("C1", "a witness: birth date: no value in clear"),
        ("C2", "B: birth date: 1990"),
    ]
    assert list(Finder(Sought(text="1987")).found_in(case.ledger.events())) == []


def test_an_attribute_without_any_value_is_refused(case: Case) -> None:
    with pytest.raises(InvalidValue, match="details is missing; give the value as value, in clear, or here"):
        case.record(Attribute(of="w1", name="birth_date"), asserter="w1")


def test_an_event_that_commits_to_nothing_in_the_place_of_a_value_states_none(
    new_world: Callable[[], World],
) -> None:
    """No writer of this library signs one; whoever does cannot make it look as if a value were kept."""
    world = new_world()
    world.claim("C1", Attribute(of="z", name="birth_date"), "az")
    assert "Z \u00b7 birth date: no value is stated" in flat(case_lines(world.state()))


def test_a_repr_shows_no_value(case: Case) -> None:
    assert VALUE not in repr(case.claim("C1").body)


def test_a_text_that_is_not_at_hand_says_what_became_of_it(case: Case) -> None:
    case.record(Opinion(about="b", tone="condemns", text="a disgrace"), ref="O1", asserter="w1")

    def shown(read: Callable[[Event], Event]) -> str:
        events = [read(event) for event in case.ledger.events()]
        return flat(case_lines(replay(CaseState("night"), events), everything=True))

    assert "condemns: a disgrace" in shown(lambda event: event)
    assert "condemns: (withheld)" in shown(withheld)
    assert "condemns: (missing, and nothing says why)" in shown(missing)
    case.erase("O1", authority="the person", reason="asked for it")
    assert "condemns: (erased)" in shown(lambda event: event)
