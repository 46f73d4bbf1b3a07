"""What speakers say over all cases: counted once each, by who spoke, as it stands in the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimledger import Case, Ledger, UnknownName
from claimledger.events import (
    Act,
    Attribute,
    Authority,
    CauseOfDeath,
    Death,
    NoAnswer,
    OneOf,
    Organisation,
    Person,
    RegisteredAct,
    Reply,
    Term,
    Unnamed,
    Voice,
    undecided,
)
from claimledger.projections import Asserters, Behind, CaseRef, CaseState, ClaimStatus
from claimledger.projections.asserter_tallying import MOST_ANSWERS
from claimledger.projections.render_asserters import asserters_lines
from claimledger.projections.tallies import NAMED
from claimledger.testing import memory_ledger

PRISON = "shared:prison"


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with memory_ledger() as made:
        made.register_entity("prison", Authority(label="Prison service", country="XX"))
        made.register_entity("ministry", Authority(label="Ministry", country="XX"))
        made.register_entity("ngo", Organisation(label="An NGO"))
        yield made


def new_case(ledger: Ledger, name: str) -> Case:
    case = ledger.create_case(name, title=f"The case {name}")
    case.register_entity("z", Person(label="Z"))
    case.register_entity("spokesman", Person(label="A spokesman"))
    case.register_entity("reports", Unnamed(label="reports"))
    return case


def cause(case: Case, ref: str, code: str = "natural.heart_failure", by: str = PRISON, **how: Any) -> None:
    case.record(
        CauseOfDeath(of="z", causes=code), ref=ref, asserter=by, **{"asserted_at": "2025-07-03", **how}
    )


def reply(case: Case, ref: str, kind: str, *claims: str, by: str = PRISON) -> None:
    case.record(Reply(claims=claims, kind=kind), ref=ref, asserter=by, asserted_at="2025-08-01")


def answers(found: Asserters, holder: str, case: str | None = None) -> dict[str, tuple[int, int]]:
    return {
        f"{one.property} {one.polarity} {one.answer}": (one.said.times, one.said.cases)
        for one in found.of(holder, case).answers
    }


def test_how_often_an_authority_gives_a_cause_is_counted_over_claims_and_cases(ledger: Ledger) -> None:
    for number in range(5):
        case = new_case(ledger, f"case-{number}")
        cause(case, "C1")
        if number < 2:
            cause(case, "C2", asserted_at="2025-07-09")
        cause(case, "C3", "torture", by="shared:ngo")
    row = ledger.replay(Asserters()).of(PRISON)
    (given,) = row.answers_to("cause_of_death")
    assert str(given) == "cause_of_death = natural.heart_failure: 7 times in 5 cases"
    assert given.said.refs[:3] == (CaseRef("case-0", "C1"), CaseRef("case-0", "C2"), CaseRef("case-1", "C1"))
    assert (row.claims.times, row.claims.cases, row.case) == (7, 5, None)
    assert (row.first_said, row.last_said) == ("2025-07-03", "2025-07-09")
    assert (dict(row.kinds), dict(row.strengths)) == ({"cause_of_death": 7}, {"asserted": 7})


def test_one_name_in_two_cases_is_two_speakers(ledger: Ledger) -> None:
    for name in ("a", "b"):
        cause(new_case(ledger, name), "C1", by="spokesman")
    found = ledger.replay(Asserters())
    assert [(row.case, row.claims.times) for row in found.rows if row.holder == "spokesman"] == [
        ("a", 1),
        ("b", 1),
    ]
    assert found.of("spokesman", "b").claims.refs == (CaseRef("b", "C1"),)
    with pytest.raises(UnknownName, match="spokesman of a, spokesman of b; name the case"):
        found.of("spokesman")


def test_the_institution_spoken_for_is_the_holder(ledger: Ledger) -> None:
    cause(new_case(ledger, "a"), "C1", by="spokesman", on_behalf_of=PRISON)
    found = ledger.replay(Asserters())
    assert [(row.holder, row.claims.times) for row in found.rows] == [(PRISON, 1), ("spokesman", 0)]
    spokesman = found.of("A spokesman")
    assert (spokesman.answers, spokesman.first_said) == ((), None)
    [spoke] = spokesman.spoke_for
    assert (spoke.holder, spoke.case, spoke.label) == (PRISON, None, "Prison service")
    assert spoke.said == Behind(1, 1, (CaseRef("a", "C1"),))
    assert found.of(PRISON).spoke_for == ()


def test_one_who_is_judged_to_be_the_institution_spoke_for_nobody_else(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1", by="spokesman", on_behalf_of=PRISON)
    case.same_as(["spokesman", PRISON])
    [row] = ledger.replay(Asserters()).rows
    assert (row.holder, row.claims.times, row.spoke_for) == (PRISON, 1, ())


def test_a_withdrawn_or_amended_claim_is_spoken_for_nobody_any_more(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1", by="spokesman", on_behalf_of=PRISON)
    cause(case, "C2", by="spokesman", on_behalf_of=PRISON)
    case.withdraw("C1", because="twice")
    case.amend(
        "C2",
        CauseOfDeath(of="z", causes="torture"),
        because="misread",
        asserter="spokesman",
        on_behalf_of="shared:ministry",
        asserted_at="2025-07-03",
    )
    spokesman = ledger.replay(Asserters()).of("spokesman")
    assert [(one.holder, one.said.refs) for one in spokesman.spoke_for] == [
        ("shared:ministry", (CaseRef("a", "C2"),))
    ]
    assert spokesman.withdrawn.refs == (CaseRef("a", "C1"),)


def test_answers_that_are_equally_frequent_are_shown_as_such(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    shown = []
    for number, code in enumerate(("torture", "injury", "suicide")):
        cause(case, f"C{number}", code)
        found = ledger.replay(Asserters())
        shown.append(str(asserters_lines(found, found.rows, width=160)[-1]))
    assert [line.split("  ")[-1].strip() for line in shown] == [
        "cause of death: torture",
        "cause of death: injury / torture (once each)",
        "3 answers, once each",
    ]


def test_no_speaker_is_a_line_and_no_table(ledger: Ledger) -> None:
    found = ledger.replay(Asserters())
    assert [str(line) for line in asserters_lines(found, found.rows)] == ["0 speakers"]


def test_same_as_joins_a_speaker_to_a_shared_one_in_its_case_until_it_is_undone(ledger: Ledger) -> None:
    for name in ("a", "b"):
        cause(new_case(ledger, name), "C1", by="spokesman")
        cause(ledger.case(name), "C2", "torture")
    same = ledger.case("a").same_as(["spokesman", PRISON])
    joined = ledger.replay(Asserters())
    assert (joined.of(PRISON).claims.times, joined.of(PRISON).names) == (3, (PRISON, "spokesman"))
    assert joined.of("spokesman", "b").claims.times == 1
    ledger.case("a").undo_same_as(same)
    parted = ledger.replay(Asserters())
    assert (parted.of(PRISON).claims.times, parted.of("spokesman", "a").claims.times) == (2, 1)


def test_a_case_cannot_join_two_speakers_of_the_register(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1")
    cause(case, "C2", by="shared:ministry")
    case.same_as([PRISON, "shared:ministry", "spokesman"])
    cause(case, "C3", by="spokesman")
    found = ledger.replay(Asserters())
    assert {row.holder: row.claims.times for row in found.rows} == {PRISON: 2, "shared:ministry": 1}


def test_what_a_speaker_took_back_was_said_and_is_marked(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    for ref in ("C1", "C2", "C3"):
        cause(case, ref)
    reply(case, "C4", "corrects", "C1")
    reply(case, "C5", "retracts", "C2")
    reply(case, "C6", "corrects", "C3", by="shared:ngo")
    row = ledger.replay(Asserters()).of(PRISON)
    (given,) = row.answers_to("cause_of_death")
    assert (given.said.times, given.corrected, given.retracted) == (3, 1, 1)
    assert (row.corrected.refs, row.retracted.refs) == ((CaseRef("a", "C1"),), (CaseRef("a", "C2"),))


def test_a_retraction_that_was_itself_retracted_takes_nothing_back(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1")
    reply(case, "C2", "retracts", "C1")
    reply(case, "C3", "retracts", "C2")
    row = ledger.replay(Asserters()).of(PRISON)
    assert row.retracted.refs == (CaseRef("a", "C2"),)
    reply(case, "C4", "retracts", "C3")
    assert ledger.replay(Asserters()).of(PRISON).retracted.refs == (CaseRef("a", "C1"), CaseRef("a", "C3"))


def test_speakers_without_a_name_take_nothing_back(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1", by="reports")
    reply(case, "C2", "retracts", "C1", by="reports")
    row = ledger.replay(Asserters()).of("reports")
    assert (row.is_named, row.retracted.times) == (False, 0)


def test_an_amended_claim_counts_as_amended_and_a_withdrawn_one_only_as_withdrawn(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1")
    cause(case, "C2", asserted_at="1925-01-01")
    case.amend("C1", CauseOfDeath(of="z", causes="torture"), because="misread", asserter=PRISON)
    case.withdraw("C2", because="recorded twice")
    row = ledger.replay(Asserters()).of(PRISON)
    assert answers(ledger.replay(Asserters()), PRISON) == {"cause_of_death affirmed torture": (1, 1)}
    assert (row.claims.refs, row.withdrawn.refs) == ((CaseRef("a", "C1"),), (CaseRef("a", "C2"),))
    assert row.first_said is None


def test_a_claim_amended_to_another_speaker_counts_for_that_one(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1")
    case.amend("C1", CauseOfDeath(of="z", causes="torture"), because="misread", asserter="shared:ngo")
    assert [(row.holder, row.claims.times) for row in ledger.replay(Asserters()).rows] == [("shared:ngo", 1)]


def test_a_claim_whose_voice_is_open_counts_for_nobody(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    voice = undecided(Voice(asserter=PRISON), Voice(asserter="shared:ngo"))
    case.record(CauseOfDeath(of="z", causes="torture"), ref="C1", voice=voice)
    for row in ledger.replay(Asserters()).rows:
        assert (row.claims.times, row.maybe.refs, row.answers) == (0, (CaseRef("a", "C1"),), ())


def test_a_denial_no_answer_and_an_open_answer_are_told_from_an_answer(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1", "torture", polarity="negated")
    case.record(NoAnswer(of="z", property="cause_of_death", status="being_clarified"), asserter=PRISON)
    case.record(CauseOfDeath(of="z", causes=undecided("torture", "injury")), asserter=PRISON)
    shown = [str(one) for one in ledger.replay(Asserters()).of(PRISON).answers]
    assert shown == [
        "cause_of_death = no answer, being_clarified: once in 1 case",
        "cause_of_death = injury | torture: once in 1 case",
        "cause_of_death = not torture: once in 1 case",
    ]


def test_a_denial_of_several_things_at_once_is_no_denial_of_each(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    case.record(Death(person="z", in_custody=True), ref="C1", asserter=PRISON, polarity="negated")
    case.record(Death(person="z"), ref="C2", asserter=PRISON, polarity="negated")
    shown = [str(one) for one in ledger.replay(Asserters()).of(PRISON).answers]
    assert shown == [
        "death = not died: once in 1 case",
        "death = not died (denied together with death.in_custody): once in 1 case",
        "death.in_custody = not yes (denied together with death): once in 1 case",
    ]


def test_an_entity_of_a_case_is_named_with_its_case_in_answers(ledger: Ledger) -> None:
    for name in ("a", "b"):
        case = new_case(ledger, name)
        case.register_entity("raid", RegisteredAct(label="a raid"))
        case.record(Act(act="raid", type="raid", by="shared:ministry", to="z"), asserter=PRISON)
        case.record(CauseOfDeath(of="z", causes=[Term(act="raid")]), asserter=PRISON)
    found = answers(ledger.replay(Asserters()), PRISON)
    assert found["by affirmed shared:ministry"] == (2, 2)
    assert found["to affirmed a/z"] == found["cause_of_death affirmed b/raid"] == (1, 1)


def test_what_was_said_by_a_day_leaves_the_rest_out(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    cause(case, "C1", asserted_at="2025-07-01")
    cause(case, "C2", "torture", asserted_at="2025-08-01")
    reply(case, "C3", "retracts", "C1")
    found = ledger.replay(Asserters(asserted_by="2025-07"))
    row = found.of(PRISON)
    assert (row.claims.times, row.retracted.times, found.not_yet_said) == (1, 0, 2)
    assert found.provenance().filters == {"asserted_by": "2025-07"}


def test_answers_beyond_the_limit_are_counted_together_and_named_claims_are_capped(ledger: Ledger) -> None:
    case = new_case(ledger, "a")
    with case.batch():
        for number in range(MOST_ANSWERS + 3):
            case.record(Attribute(of="z", name="occupation", value=f"name {number}"), asserter=PRISON)
    row = ledger.replay(Asserters()).of(PRISON)
    assert (len(row.answers), dict(row.more_answers)) == (MOST_ANSWERS, {"occupation": 3})
    assert (row.claims.times, len(row.claims.refs)) == (MOST_ANSWERS + 3, NAMED)


def test_a_row_is_found_by_name_by_label_and_never_by_guess(ledger: Ledger) -> None:
    cause(new_case(ledger, "a"), "C1")
    found = ledger.replay(Asserters())
    assert found.of("prison") == found.of("Prison Service") == found.of(PRISON)
    with pytest.raises(UnknownName, match="near ones: shared:prison"):
        found.of("prisn")


def test_the_same_log_gives_the_same_hash_and_going_on_equals_starting_anew(ledger: Ledger) -> None:
    cause(new_case(ledger, "a"), "C1")
    events = list(ledger.events())
    part = Asserters()
    for event in events[:-1]:
        part.apply(event)
    for event in events:
        part.apply(event)
    assert part.provenance() == ledger.replay(Asserters()).provenance()
    assert part.to_json()["provenance"]["index"] == ledger.size - 1


SPEAKERS = (PRISON, "shared:ngo", "spokesman", "reports", "one")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("claim"), st.sampled_from(SPEAKERS), st.sampled_from(("torture", "natural", "injury"))
        ),
        st.tuples(st.sampled_from(("corrects", "retracts")), st.sampled_from(SPEAKERS), st.integers(0, 9)),
        st.tuples(st.just("withdraw"), st.just(""), st.integers(0, 9)),
        st.tuples(st.just("amend"), st.sampled_from(SPEAKERS), st.integers(0, 9)),
        st.tuples(st.just("same"), st.just(""), st.just("")),
    ),
    max_size=14,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, STEPS)
def test_the_counts_are_those_of_the_states_of_the_cases(first: Any, second: Any) -> None:
    """Against `CaseState`, case by case, which keeps every body and shares none of the counting."""
    with memory_ledger() as ledger:
        ledger.register_entity("prison", Authority(label="Prison service"))
        ledger.register_entity("ngo", Organisation(label="An NGO"))
        for name, steps in (("a", first), ("b", second)):
            case = new_case(ledger, name)
            case.register_entity("one", OneOf(label="one of two", one_of=["spokesman", "z"]))
            act_out(case, steps)
        found = ledger.replay(Asserters())
        expected: Counter[tuple[str | None, str, str]] = Counter()
        for name in ("a", "b"):
            expected += counted(ledger.replay(CaseState(name)), name)
    mine: Counter[tuple[str | None, str, str]] = Counter()
    for row in found.rows:
        for what, count in (
            ("claims", row.claims.times),
            ("withdrawn", row.withdrawn.times),
            ("corrected", row.corrected.times),
            ("retracted", row.retracted.times),
            *((f"= {one.answer}", one.said.times) for one in row.answers),
        ):
            mine[row.case, row.holder, what] += count
    assert +mine == expected


def act_out(case: Case, steps: Any) -> None:
    made: list[str] = []
    for what, speaker, rest in steps:
        ref = f"C{len(made) + 1}"
        if what == "claim":
            cause(case, ref, rest, by=speaker)
            made.append(ref)
        elif what == "same":
            case.same_as(["spokesman", PRISON])
        elif made:
            target = made[rest % len(made)]
            if what == "withdraw":
                case.withdraw(target, because="recorded twice")
            elif what == "amend":
                case.amend(
                    target, CauseOfDeath(of="z", causes="natural"), because="misread", asserter=speaker
                )
            else:
                reply(case, ref, what, target, by=speaker)
                made.append(ref)


def counted(state: CaseState, case: str) -> Counter[tuple[str | None, str, str]]:
    found: Counter[tuple[str | None, str, str]] = Counter()
    joined = bool(state.same_as)
    for ref, view in state.claims.items():
        (voice,) = view.body.voices
        holder = PRISON if joined and voice.asserter == "spokesman" else voice.asserter
        whose = (None if holder.startswith("shared:") else case, holder)
        if view.status is ClaimStatus.WITHDRAWN:
            found[*whose, "withdrawn"] += 1
            continue
        found[*whose, "claims"] += 1
        if view.status in (ClaimStatus.CORRECTED, ClaimStatus.RETRACTED):
            found[*whose, str(view.status)] += 1
        for answer in state.accounts[ref].answers:
            for value in answer.values:
                for _, word, _ in getattr(value, "terms", ()):
                    found[*whose, f"= {word}"] += 1
    return found
