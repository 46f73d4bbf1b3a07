"""What a denial denies: who affirms the narrower thing contradicts it, never who affirms the wider one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import (
    Act,
    Attribute,
    Authority,
    CauseOfDeath,
    Death,
    Place,
    Quantity,
    RegisteredAct,
    Term,
    When,
)
from claimledger.projections import Pair, Verdict
from claimledger.projections.compare import Given, WordValue, compare
from claimledger.projections.denials import implies
from tests.projections.test_compare import Known, act, codes, on, parties, values

if TYPE_CHECKING:
    from tests.projections.conftest import World


def at(value: str, first: str | None, last: str | None, offset: str | None = "+05:00") -> When:
    time = {"earliest": first, "latest": last, "offset": offset, "verbatim": "about then"}
    return When.model_validate({"value": value, "time": time})


def words(*texts: str) -> WordValue:
    return WordValue(frozenset(texts))


def follows(affirmed: Given, denied: Given) -> bool:
    return implies((affirmed,), (denied,), Known())


@pytest.mark.parametrize(
    ("affirmed", "denied", "expected"),
    [
        (codes("injury.head"), codes("injury"), True),
        (codes("injury"), codes("injury.head"), False),
        (codes("injury"), codes("injury"), True),
        (codes("injury_of_nature"), codes("injury"), False),
        (codes("injury.head", "torture"), codes("injury"), True),
        (codes("injury", "torture"), codes("injury"), True),
        (codes("injury.head", "torture"), codes("injury", "torture"), False),
        (codes("injury.head", open=True), codes("injury"), True),
        (codes("injury.head"), codes("injury", open=True), False),
        (codes("injury.head", role="immediate"), codes("injury", role="immediate"), True),
        (codes("injury.head", role="immediate"), codes("injury"), False),
        (codes("injury.head"), codes("injury", role="immediate"), False),
        (codes("injury.multiple"), codes("injury.head"), False),
        (codes("injury.head"), codes("injury.multiple"), False),
        (act("raid"), act("raid"), True),
        (act("raid.second"), act("raid"), False),
        (Quantity.parse("30"), Quantity.parse("at least 27"), True),
        (Quantity.parse("at least 30"), Quantity.parse("at least 27"), True),
        (Quantity.parse("at least 27"), Quantity.parse("30"), False),
        (Quantity.parse("at least 27"), Quantity.parse("at least 30"), False),
        (Quantity.parse("27"), Quantity.parse("at least 27"), True),
        (Quantity.parse("27"), Quantity.parse("more than 27"), False),
        (Quantity.parse("more than 27"), Quantity.parse("at least 27"), True),
        (Quantity.parse("at least 27"), Quantity.parse("more than 27"), False),
        (Quantity.parse("4"), Quantity.parse("up to 5"), True),
        (Quantity.parse("5"), Quantity.parse("fewer than 5"), False),
        (Quantity.parse("at least 4"), Quantity.parse("up to 5"), False),
        (Quantity.parse("4"), Quantity.parse("3 to 5"), True),
        (Quantity.parse("2 to 4"), Quantity.parse("3 to 5"), False),
        (Quantity.parse("around 30"), Quantity.parse("at least 27"), False),
        (Quantity.parse("30"), Quantity.parse("dozens"), False),
        (Quantity.parse("30 hours"), Quantity.parse("at least 27"), False),
        (Quantity(point=30, certainty="presumed"), Quantity.parse("at least 27"), False),
        (on("2025-06-27"), on("2025-06"), True),
        (on("2025-06"), on("2025-06-27"), False),
        (on("2025-06"), on("2025"), True),
        (on("2025-06-27"), on("202X"), True),
        (on("2025-06-27"), on("[..2025-06-30]"), True),
        (on("[..2025-06-27]"), on("[..2025-06-30]"), True),
        (on("[..2025-06-30]"), on("[..2025-06-27]"), False),
        (on("2025-06-27"), on("[2025-07-01..]"), False),
        (on("[2025-06-26,2025-06-28]"), on("2025-06"), True),
        (on("[2025-06-26,2025-07-01]"), on("2025-06"), False),
        (on("2025-06-26/2025-06-27"), on("2025-06"), True),
        (on("2025-06-26/2025-06-27"), on("[2025-06-26,2025-06-27]"), True),
        (on("2025-06-26/2025-06-27"), on("[2025-06-25,2025-06-27]"), False),
        (on("2025-06-26/.."), on("2025"), False),
        (on("2025-06-27"), on("2025-06-01/2025-06-30"), False),
        (on("{2025-06-26,2025-07-01}"), on("2025-06"), True),
        (on("2025-06-27"), on("{2025-06-27,2025-06-28}"), False),
        (on("2025-06-27~"), on("2025-06"), False),
        (on("2025-06-27"), on("2025-06~"), False),
        (on("2025-06-27"), on("XXXX-06-27"), False),
        (on("2025-07-05"), on("2025-22"), False),
        (on("2025-07-05"), on("[2025-22,2025-06]"), False),
        (on("2025-22"), on("[2024..2026]"), True),
        (at("2025-06-27", "09:00", "09:00"), on("2025-06"), True),
        (at("2025-06-27", "09:00", "10:00"), at("2025-06-27", "08:00", "12:00"), True),
        (at("2025-06-27", "08:00", "12:00"), at("2025-06-27", "09:00", "10:00"), False),
        (at("2025-06-27", "09:00", "10:00"), at("2025-06-27", None, "12:00"), True),
        (at("2025-06-27", None, "10:00"), at("2025-06-27", "09:00", None), False),
        (at("2025-06-27", "09:00", "10:00", "Z"), at("2025-06-27", "08:00", "12:00"), False),
        (at("2025-06-27", "09:00", "10:00", None), at("2025-06-27", "08:00", "12:00", None), False),
        (at("2025-06-28", "09:00", "10:00"), at("2025-06-27", "08:00", "12:00"), False),
        (at("2025-06-XX", "09:00", "10:00"), at("2025-06-XX", "08:00", "12:00"), False),
        (on("2025-06-27"), at("2025-06-27", "08:00", "12:00"), False),
        (on("2025-06-27"), at("2025-06-27", None, None), False),
        (parties("sizo"), parties("city"), True),
        (parties("city"), parties("sizo"), False),
        (parties("sizo", "capital"), parties("city"), True),
        (parties("sizo", form="open"), parties("city"), True),
        (parties("sizo"), parties("city", form="open"), False),
        (parties("city", "capital"), parties("sizo", "capital"), False),
        (parties("both", form="all_of"), parties("both"), True),
        (parties("both", form="all_of"), parties("z"), True),
        (parties("both"), parties("both", form="all_of"), False),
        (parties("both"), parties("z"), False),
        (parties("z"), parties("both"), False),
        (parties("city"), True, True),
        (parties("city"), False, False),
        (True, parties("city"), False),
        (words("driver", "baker"), words("baker"), True),
        (words("baker"), words("driver", "baker"), False),
    ],
)
def test_who_affirms_the_narrower_thing_says_the_wider_one_too(
    affirmed: Given, denied: Given, expected: bool
) -> None:
    assert follows(affirmed, denied) is expected


def test_each_alternative_that_a_speaker_leaves_open_has_to_imply_what_is_denied() -> None:
    head, shot, crush = codes("injury.head"), codes("injury.gunshot"), codes("crush")
    assert implies((head, shot), (codes("injury"),), Known())
    assert not implies((head, crush), (codes("injury"),), Known())
    assert not implies((head,), (codes("injury"), codes("torture")), Known())


@given(data=st.data(), by=st.sampled_from(["code", "range", "time", "entity", "many"]))
def test_what_implies_another_value_is_never_apart_from_it_and_implies_what_that_one_implies(
    data: st.DataObject, by: str
) -> None:
    a, b, c = (data.draw(values[by]) for _ in range(3))
    if follows(a, b):
        found = compare(by, a, b, single=True, relations=Known()).verdict
        assert found in (Verdict.SAME, Verdict.COMPATIBLE)
        if follows(b, c):
            assert follows(a, c)


# At a question

AFFIRMED, DENIED = "affirmed", "negated"


def pair_of(world: World, affirmed: Any, denied: Any, property: str, of: str = "raid") -> Pair:
    """How the denial of one claim stands to another claim."""
    world.entity("raid", RegisteredAct(label="the raid"))
    world.entity("russia", Place(label="Russia"))
    world.entity("yekaterinburg", Place(label="Yekaterinburg", part_of="russia"))
    world.entity("prison", Place(label="a prison", part_of="yekaterinburg"))
    world.entity("ministry", Authority(label="the ministry", part_of="ru"))
    world.entity("police", Authority(label="the police", part_of="ministry"))
    world.claim("C1", affirmed, "az")
    world.claim("C2", denied, "ru", polarity="negated")
    [pair] = world.state().question(of, property).pairs
    return pair


@pytest.mark.parametrize(
    ("field", "narrow", "wide"),
    [
        ("place", "yekaterinburg", "russia"),
        ("place", "prison", "russia"),
        ("when", "2025-06-27", "2025-06"),
        ("by", "ministry", "ru"),
        ("by", "police", "ru"),
        ("to", {"all_of": "both"}, "z"),
    ],
)
def test_a_denied_whole_contradicts_a_part_of_it_and_never_the_other_way_round(
    world: World, new_world: Any, field: str, narrow: Any, wide: Any
) -> None:
    small, large = (Act.model_validate({"act": "raid", field: value}) for value in (narrow, wide))
    found = pair_of(world, small, large, field)
    assert (found.verdict, found.why) == (
        Verdict.CONTRADICTS,
        "what one affirms implies what the other denies",
    )
    assert pair_of(new_world(), large, small, field).verdict is Verdict.COMPATIBLE


def test_an_official_of_an_authority_is_not_taken_for_it(world: World) -> None:
    """Who acts may act for himself: a part of another type proves nothing."""
    world.entity("gang", Place(label="a base", part_of="ru"))
    found = pair_of(world, Act(act="raid", by="gang"), Act(act="raid", by="ru"), "by")
    assert found.verdict is Verdict.COMPATIBLE


def test_who_affirms_all_that_is_denied_together_contradicts_the_denial(world: World) -> None:
    denied = Death(person="z", when="2025-06", place="russia")
    affirmed = Death(person="z", when="2025-06-27", place="yekaterinburg")
    assert pair_of(world, affirmed, denied, "death.place", "z").verdict is Verdict.CONTRADICTS
    for property in ("death", "death.when"):
        [pair] = world.state().question("z", property).pairs
        assert pair.verdict is Verdict.CONTRADICTS


def test_who_affirms_one_of_the_things_that_are_denied_together_contradicts_nothing(world: World) -> None:
    denied = Death(person="z", when="2025-06", place="russia")
    assert pair_of(world, Death(person="z", place="yekaterinburg"), denied, "death.place", "z").verdict is (
        Verdict.COMPATIBLE
    )
    [pair] = world.state().question("z", "death").pairs
    assert (pair.verdict, pair.why) == (Verdict.NOT_COMPARABLE, "the denial is of several things together")


def test_a_holder_that_affirms_later_what_it_denied_as_a_whole_is_in_no_dispute_with_itself(
    world: World,
) -> None:
    world.claim("C1", Death(person="z", when="2025-06"), "ru", "2025-07-01", polarity="negated")
    world.claim("C2", Death(person="z", when="2025-06-27"), "ru", "2025-07-05")
    for property in ("death", "death.when"):
        question = world.state().question("z", property)
        assert [position.is_current for position in question.positions] == [False, True]
        assert question.state == "single_voice"


def test_one_word_of_a_list_that_another_denies_contradicts_the_denial(world: World) -> None:
    both = Attribute(of="z", name="occupation", value=("driver", "baker"))
    found = pair_of(world, both, Attribute(of="z", name="occupation", value="baker"), "occupation", "z")
    assert found.verdict is Verdict.CONTRADICTS


TORTURE, UNDERLYING = Term(code="torture"), Term(code="torture", role="underlying")


@pytest.mark.parametrize("first", [AFFIRMED, DENIED])
@pytest.mark.parametrize("other", [TORTURE, Term(code="torture", role="immediate")])
def test_a_denial_speaks_of_its_own_role_only(world: World, first: str, other: Term) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes=UNDERLYING), "az", polarity=first)
    world.claim("C2", CauseOfDeath(of="z", causes=other), "ru", polarity="negated")
    [pair] = world.state().question("z", "cause_of_death").pairs
    assert pair.verdict is Verdict.NOT_COMPARABLE
    assert pair.why == "they speak of different roles, or one of them states none"


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (UNDERLYING, UNDERLYING, None),
        (UNDERLYING, Term(code="injury", role="underlying"), Verdict.COMPATIBLE),
        (TORTURE, Term(code="injury"), Verdict.COMPATIBLE),
        (TORTURE, Term(text="a fall"), Verdict.NOT_COMPARABLE),
        (UNDERLYING, Term(code="natural", role="immediate"), Verdict.NOT_COMPARABLE),
    ],
)
def test_two_denials_never_contradict_one_another(
    world: World, one: Term, other: Term, verdict: Verdict | None
) -> None:
    for ref, cause, who in (("C1", one, "az"), ("C2", other, "ru")):
        world.claim(ref, CauseOfDeath(of="z", causes=cause), who, polarity="negated")
    question = world.state().question("z", "cause_of_death")
    assert [pair.verdict for pair in question.pairs] == ([] if verdict is None else [verdict])
    assert question.state == ("agreed" if verdict is None else "compatible")


def test_the_denial_of_one_thing_and_of_two_together_are_not_the_same(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "ru", polarity="negated")
    world.claim("C2", CauseOfDeath(of="z", causes="torture", manner="homicide"), "az", polarity="negated")
    [pair] = world.state().question("z", "cause_of_death").pairs
    assert (pair.verdict, pair.why) == (Verdict.COMPATIBLE, "both deny")
