"""Readings that a careless machine gets wrong: each test is one case that somebody could use against a ledger."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from claimledger.events import (
    Attribute,
    Authority,
    BasedOn,
    CauseOfDeath,
    Count,
    Death,
    Group,
    NoAnswer,
    OneOf,
    Person,
    Reply,
    Term,
    Unnamed,
    When,
    undecided,
)
from claimledger.projections import Disputes, Question, Verdict, replay
from claimledger.projections.render_matrix import matrix_lines
from claimledger.projections.render_question import question_lines

if TYPE_CHECKING:
    from tests.projections.conftest import World

ARABIC = "\u0645\u062d\u0645\u062f \u0639\u0628\u062f \u0627\u0644\u0644\u0647"
HEBREW = "\u05de\u05e9\u05e8\u05d3 \u05d4\u05d1\u05d9\u05d8\u05d7\u05d5\u05df (2)"
CYRILLIC = (
    "\u0421\u043b\u0435\u0434\u0441\u0442\u0432\u0435\u043d\u043d\u044b\u0439 \u043e\u0442\u0434\u0435\u043b"
)
AZERBAIJANI = "\u018fli H\u00fcseyno\u011flu \u0130\u015f\u0131q"
ISOLATE, ISOLATED = "\u2067", "\u2069"
EMBEDDING = "\u202b\u202e"


def asked(world: World, property: str = "cause_of_death", of: str = "z") -> Question:
    return world.state().question(of, property)


def verdicts(question: Question) -> list[Verdict]:
    return [pair.verdict for pair in question.pairs]


def took_place(value: str, hour: str) -> When:
    time = {"earliest": hour, "latest": hour, "offset": "+05:00"}
    return When.model_validate({"value": value, "time": time})


def test_a_holder_that_contradicts_itself_on_one_day_is_in_dispute_with_itself(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-03")
    world.claim("C2", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-03")
    question = asked(world)
    assert [position.is_current for position in question.positions] == [True, True]
    assert (verdicts(question), question.state) == ([Verdict.CONTRADICTS], "disputed")


def test_a_holder_that_denies_later_what_it_affirmed_is_in_no_dispute_with_itself(world: World) -> None:
    world.entity("ministry", Authority(label="the ministry"))
    world.claim("C1", Count(group="both", quantity="6"), "ru", "2025-07-01")
    world.claim("C2", Count(group="both", quantity="exactly 6"), "ru", "2025-07-05", polarity="negated")
    question = asked(world, "count", "both")
    assert [position.is_current for position in question.positions] == [False, True]
    assert (verdicts(question), question.state) == ([Verdict.STALE], "single_voice")
    world.claim("C3", Attribute(of="z", name="occupation", value="driver"), "ru", "2025-07-01")
    world.claim(
        "C4", Attribute(of="z", name="occupation", value="driver"), "ru", "2025-07-05", polarity="negated"
    )
    assert asked(world, "occupation").state == "single_voice"


def test_two_relays_of_one_statement_with_different_hours_are_no_dispute_between_speakers(
    world: World,
) -> None:
    for ref, relay, hour in (("C1", "ngo", "09:00"), ("C2", "paper", "15:00")):
        world.claim(
            ref, Death(person="z", when=took_place("2025-06-27", hour)), "ru", statement="s", relays=(relay,)
        )
    question = asked(world, "death.when")
    assert (verdicts(question), question.state) == ([Verdict.RELAYS_DIFFER], "single_voice")
    texts = [position.text for position in question.positions]
    assert texts == ["2025-06-27 09:00 +05:00", "2025-06-27 15:00 +05:00"]


def test_one_relay_that_reports_one_statement_with_two_hours_contradicts_itself(world: World) -> None:
    for ref, hour in (("C1", "09:00"), ("C2", "15:00")):
        when = took_place("2025-06-27", hour)
        world.claim(ref, Death(person="z", when=when), "ru", statement="s", relays=("ngo",))
    assert verdicts(asked(world, "death.when")) == [Verdict.CONTRADICTS]


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        ("at least 23", Verdict.COMPATIBLE),
        ("more than 23", Verdict.CONTRADICTS),
        ("at least 27", Verdict.CONTRADICTS),
        ("up to 23", Verdict.COMPATIBLE),
        ("around 50", Verdict.NOT_COMPARABLE),
    ],
)
def test_a_lower_bound_against_an_exact_count_contradicts_only_what_it_excludes(
    world: World, bound: str, verdict: Verdict
) -> None:
    world.claim("C1", Count(group="both", quantity=bound), "az")
    world.claim("C2", Count(group="both", quantity="23"), "ru")
    assert verdicts(asked(world, "count", "both")) == [verdict]


def test_a_negated_cause_denies_that_cause_and_holds_no_other(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "ru", polarity="negated")
    world.claim("C2", CauseOfDeath(of="z", causes="natural"), "az")
    assert asked(world).state == "compatible"
    world.claim("C3", CauseOfDeath(of="z", causes="torture"), "paper")
    question = asked(world)
    clashing = [
        (pair.a, pair.b) for pair in question.pairs if pair.why == "one affirms what the other denies"
    ]
    assert [position.text for position in question.positions] == ["not torture", "natural", "torture"]
    assert (clashing, question.state) == ([(0, 2)], "disputed")


def test_who_affirms_a_narrower_cause_contradicts_who_denies_the_wider_one(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="injury"), "ru", polarity="negated")
    world.claim("C2", CauseOfDeath(of="z", causes="injury.head"), "az")
    question = asked(world)
    assert (verdicts(question), question.state) == ([Verdict.CONTRADICTS], "disputed")
    assert question.pairs[0].why == "what one affirms implies what the other denies"


def test_who_denies_a_narrower_cause_may_well_affirm_the_wider_one(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="injury.head"), "ru", polarity="negated")
    world.claim("C2", CauseOfDeath(of="z", causes="injury"), "az")
    question = asked(world)
    assert (verdicts(question), question.state) == ([Verdict.COMPATIBLE], "compatible")


def test_who_denies_several_things_together_is_not_contradicted_by_a_narrower_one_of_them(
    world: World,
) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes=("injury", "torture")), "ru", polarity="negated")
    world.claim("C2", CauseOfDeath(of="z", causes="injury", manner="homicide"), "ngo", polarity="negated")
    world.claim("C3", CauseOfDeath(of="z", causes="injury.head"), "az")
    assert set(verdicts(asked(world))) == {Verdict.COMPATIBLE}


def test_a_number_that_lies_within_what_is_denied_contradicts_the_denial(world: World) -> None:
    world.claim("C1", Count(group="both", quantity="at least 27"), "ru", polarity="negated")
    world.claim("C2", Count(group="both", quantity="30"), "az")
    world.claim("C3", Count(group="both", quantity="at least 20"), "ngo")
    question = asked(world, "count", "both")
    found = {(pair.a, pair.b): pair.verdict for pair in question.pairs}
    assert found[0, 1] is Verdict.CONTRADICTS
    assert found[0, 2] is Verdict.COMPATIBLE


def test_an_open_list_that_is_denied_contradicts_nobody(world: World) -> None:
    causes = {"open": ["torture"]}
    world.claim("C1", CauseOfDeath.model_validate({"of": "z", "causes": causes}), "ru", polarity="negated")
    world.claim("C2", CauseOfDeath.model_validate({"of": "z", "causes": causes}), "az")
    assert verdicts(asked(world)) == [Verdict.NOT_COMPARABLE]


def test_a_cause_given_by_role_against_one_without_is_not_comparable(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes=Term(code="torture", role="underlying")), "az")
    world.claim("C2", CauseOfDeath(of="z", causes="natural.heart_failure"), "ru")
    question = asked(world)
    [pair] = question.pairs
    assert (pair.verdict, question.state) == (Verdict.NOT_COMPARABLE, "compatible")
    assert pair.why == "one states a role and the other none: they may be links of one chain"


def test_a_holder_may_add_a_link_to_a_chain_of_causes_without_taking_one_back(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="injury.head"), "ru", "2025-07-01")
    link = Term(code="torture", role="underlying")
    world.claim("C2", CauseOfDeath(of="z", causes=link), "ru", "2025-07-05")
    assert [position.is_current for position in asked(world).positions] == [True, True]
    again = Term(code="torture", role="contributing")
    world.claim("C3", CauseOfDeath(of="z", causes=(link, again)), "ru", "2025-07-06")
    assert [position.is_current for position in asked(world).positions] == [True, False, True]


def test_several_injuries_include_the_one_that_another_names(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="injury.multiple"), "az")
    world.claim("C2", CauseOfDeath(of="z", causes="injury.gunshot"), "ru")
    assert asked(world).state == "compatible"


@pytest.mark.parametrize("distribution", ["each", "together", None])
def test_a_plural_whose_members_are_unknown_says_nothing_of_anybody(
    world: World, distribution: str | None
) -> None:
    world.entity("held", Group(label="those who were held"))
    job = {"of": "held", "name": "occupation", "value": "driver", "distribution": distribution}
    world.claim("C1", Attribute.model_validate(job), "az")
    world.claim("C2", Attribute(of="z", name="occupation", value="driver"), "ru", polarity="negated")
    state = world.state()
    assert [(question.entity, question.state) for question in state.questions] == [
        (("z",), "single_voice"),
        (("held",), "single_voice"),
    ]


def test_an_anonymous_official_corrects_its_institution_only_where_it_speaks_for_it(world: World) -> None:
    world.entity("official", Unnamed(label="an official", part_of="ru"))
    ground = world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-01")
    world.claim("C2", Reply(claims=[ground], kind="corrects"), "official", "2025-07-05")
    assert world.state().claims["C1"].status == "standing"
    world.claim("C3", Reply(claims=[ground], kind="corrects"), "official", "2025-07-05", on_behalf_of="ru")
    view = world.state().claims["C1"]
    assert (view.status, view.ended_by) == ("corrected", "C3")


def test_a_chain_of_ten_relays_carries_one_voice(world: World) -> None:
    names = [f"r{place}" for place in range(10)]
    for name in names:
        world.entity(name, Authority(label=f"relay {name}"))
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az", relays=tuple(names), statement="s")
    for place in range(1, 10):
        said = tuple(names[:place])
        world.claim(f"C{place + 1}", CauseOfDeath(of="z", causes="torture"), "az", relays=said, statement="s")
    question = asked(world)
    [position] = question.positions
    assert [hop.by for hop in position.holders[0].relays] == names
    assert (question.state, {one.holder for one in position.holders}) == ("single_voice", {"az"})


def test_a_loop_in_same_as_makes_one_entity_of_all_and_ends_with_any_undoing(world: World) -> None:
    for name in ("a", "b", "c"):
        world.entity(name, Person(label=name))
        world.claim(f"C{name}", CauseOfDeath(of=name, causes="torture"), "az")
    judged = [world.same(*names) for names in (("a", "b"), ("b", "c"), ("c", "a"))]
    assert [question.claims for question in world.state().questions] == [("Ca", "Cb", "Cc")]
    world.undo(judged[1])
    assert [question.entity for question in world.state().questions] == [("a",)]
    world.undo(judged[2])
    assert [question.entity for question in world.state().questions] == [("a",), ("c",)]


@pytest.mark.parametrize("links", [("a",), ("b", "a"), ("b", "c", "a")])
def test_choices_that_differ_from_one_another_all_around_stop_no_reader(
    world: World, links: tuple[str, ...]
) -> None:
    for place, link in enumerate(links):
        world.entity("abc"[place], OneOf(label="one", one_of=("z", "g"), other_than=link))
    world.claim("C1", CauseOfDeath(of="a", causes="torture"), "az")
    world.claim("C2", CauseOfDeath(of="z", causes="natural"), "ru")
    state = world.state()
    assert {ref for question in state.questions for ref in question.claims} == {"C1", "C2"}
    [told, _] = state.question("z", "cause_of_death").positions
    assert told.conditional_on == ({"a": "z"},)
    assert [pair.readings for pair in state.question("z", "cause_of_death").pairs] == [({"a": "z"},)]
    world.same("a", "z")
    assert set(world.state().claims) == {"C1", "C2"}


def test_bodies_that_are_part_of_one_another_are_one_voice(world: World) -> None:
    world.entity("p", Authority(label="p", part_of="q"))
    world.entity("q", Authority(label="q", part_of="p"))
    for ref, who in (("C1", "p"), ("C2", "q")):
        world.claim(ref, CauseOfDeath(of="z", causes="torture"), who)
    assert asked(world).state == "single_voice"


@pytest.mark.parametrize("names", [("a", "b", "m"), ("x", "y", "m"), ("a", "y", "m")])
def test_how_many_voices_there_are_does_not_depend_on_what_they_are_called(
    world: World, names: tuple[str, str, str]
) -> None:
    *parts, whole = names
    world.entity(whole, Authority(label="the ministry"))
    for part in parts:
        world.entity(part, Authority(label=part, part_of=whole))
    for place, name in enumerate(names):
        world.claim(f"C{place}", CauseOfDeath(of="z", causes="torture"), name)
    assert asked(world).state == "single_voice"


def test_a_claim_about_a_claim_about_a_claim_changes_no_value(world: World) -> None:
    first = world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az")
    second = world.claim("C2", Reply(claims=[first], kind="undercuts"), "ru")
    third = world.claim("C3", Reply(claims=[second], kind="rebuts"), "ngo")
    world.claim("C4", Reply(claims=[third], kind="corroborates"), "paper")
    question = asked(world)
    assert (question.state, question.positions[0].undercut_by) == ("single_voice", ("C2",))
    assert [view.ref for view in world.state().replies] == ["C2", "C3", "C4"]


def test_who_denies_to_undercut_a_claim_does_not_undercut_it(world: World) -> None:
    first = world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az")
    world.claim("C2", Reply(claims=[first], kind="undercuts"), "ru", polarity="negated")
    assert asked(world).positions[0].undercut_by == ()


def test_what_rests_on_a_claim_that_rests_on_a_claim_is_stale_with_it(world: World) -> None:
    first = world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az")
    second = world.claim("C2", CauseOfDeath(of="z", causes="torture"), "ngo", based_on=[BasedOn(claim=first)])
    world.claim("C3", CauseOfDeath(of="z", causes="torture"), "paper", based_on=[BasedOn(claim=second)])
    world.claim("C4", Reply(claims=[first], kind="retracts"), "az", "2025-07-09")
    assert [world.state().claims[ref].stale for ref in ("C2", "C3")] == ["C1", "C2"]


@pytest.mark.parametrize("depth", [2, 3, 10, 3000])
def test_a_retraction_of_a_retraction_gives_the_claim_back_however_deep(world: World, depth: int) -> None:
    last = world.claim("C0", CauseOfDeath(of="z", causes="torture"), "ru")
    for place in range(1, depth + 1):
        last = world.claim(f"C{place}", Reply(claims=[last], kind="retracts"), "ru")
    assert world.state().claims["C0"].status == ("standing" if depth % 2 == 0 else "retracted")


def test_retractions_that_take_one_another_back_in_a_circle_end_nothing(world: World) -> None:
    first = world.claim("C0", CauseOfDeath(of="z", causes="torture"), "ru")
    one = world.claim("C1", Reply(claims=[first], kind="retracts"), "ru")
    two = world.claim("C2", Reply(claims=[one], kind="retracts"), "ru")
    world.amend("C1", Reply(claims=[first, two], kind="retracts"), "ru")
    assert {view.status for view in world.state().claims.values()} == {"standing"}


def test_who_says_of_one_and_of_the_other_moved_on_whoever_is_which(world: World) -> None:
    world.entity("one", OneOf(label="one", one_of=("z", "g")))
    world.entity("other", OneOf(label="the other", one_of=("z", "g"), other_than="one"))
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-01")
    world.claim("C2", CauseOfDeath(of="one", causes="natural"), "ru", "2025-07-05")
    world.claim("C3", CauseOfDeath(of="other", causes="injury"), "ru", "2025-07-05")
    world.claim("C4", CauseOfDeath(of="z", causes="torture"), "az")
    question = asked(world)
    assert [position.is_current for position in question.positions] == [False, True, True, True]
    assert question.state == "conditional"


def test_a_denial_that_the_reader_cannot_tell_contradicts_under_the_reading_that_meets(world: World) -> None:
    causes: Any = undecided("torture", "natural")
    world.claim("C1", CauseOfDeath(of="z", causes=causes), "ru", polarity="negated")
    world.claim("C2", CauseOfDeath(of="z", causes="torture"), "az")
    [pair] = asked(world).pairs
    assert (pair.verdict, pair.readings) == (Verdict.CONDITIONAL, ({"C1.causes": "torture"},))


# Names in other scripts


def straight(text: str) -> str:
    """A line as a terminal lays it out: what turns the direction takes no cell."""
    return text.replace(ISOLATE, "").replace(ISOLATED, "")


def many_scripts(world: World) -> None:
    world.entity("man", Person(label=ARABIC))
    for name, label in (("a", HEBREW), ("b", CYRILLIC), ("c", AZERBAIJANI), ("d", f"{EMBEDDING}{ARABIC}")):
        world.entity(name, Authority(label=label))
    for ref, who, code in (("C1", "a", "torture"), ("C2", "b", "natural"), ("C3", "c", "torture")):
        world.claim(ref, CauseOfDeath(of="man", causes=code), who, relays=("d",))
    status: Any = {"property": "cause_of_death", "of": "man", "status": "no_comment"}
    world.claim("C4", NoAnswer.model_validate(status), "d")


def test_names_in_any_script_keep_the_columns_of_a_question(world: World) -> None:
    many_scripts(world)
    state = world.state()
    lines = [line.plain for line in question_lines(state.question("man", "cause_of_death"), state.label)]
    assert max(cell_len(line) for line in lines) <= 100
    rows = [straight(line) for line in lines if re.search(r" C[1-4]$", straight(line))]
    assert len({cell_len(row[: row.rindex("C")]) for row in rows}) == 1
    assert sum(label in straight("\n".join(lines)) for label in (ARABIC, CYRILLIC, AZERBAIJANI)) == 3


def test_names_in_any_script_keep_the_columns_of_the_matrix(world: World) -> None:
    many_scripts(world)
    lines = [line.plain for line in matrix_lines(replay(Disputes("case"), world.events))]
    assert max(cell_len(line) for line in lines) <= 100
    heads = next(line for line in lines if CYRILLIC[:8] in line)
    row = next(line for line in lines if "natural" in line)
    assert cell_len(heads[: heads.index(CYRILLIC[:8])]) == cell_len(row[: row.index("natural")])


def test_right_to_left_text_is_isolated_and_balanced_on_every_line(world: World) -> None:
    many_scripts(world)
    state = world.state()
    lines = [line.plain for line in question_lines(state.question("man", "cause_of_death"), state.label)]
    lines += [line.plain for line in matrix_lines(replay(Disputes("case"), world.events))]
    for line in lines:
        outside = re.sub(f"{ISOLATE}[^{ISOLATE}{ISOLATED}]*{ISOLATED}", "", line)
        assert not re.search(r"[\u0590-\u08ff\u2066-\u2069\u202a-\u202e]", outside), line
    assert any(ISOLATE in line for line in lines)
    assert any("\\u202e" in line for line in lines)


def test_a_question_is_found_by_a_name_in_any_script(world: World) -> None:
    many_scripts(world)
    world.entity("ali", Person(label=AZERBAIJANI))
    world.claim("C5", CauseOfDeath(of="ali", causes="torture"), "a")
    state = world.state()
    assert state.find_question(f"{ARABIC} cause of death").entity == ("man",)
    assert state.find_question(f"{AZERBAIJANI} cause of death").entity == ("ali",)
