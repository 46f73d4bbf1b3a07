from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import Quantity, When
from claimledger.projections.compare import (
    COMPARATORS,
    Given,
    PartyValue,
    TermValue,
    Verdict,
    WordValue,
    compare,
    compare_alternatives,
)

SAME, FITS, CLASH, APART = (
    Verdict.SAME,
    Verdict.COMPATIBLE,
    Verdict.CONTRADICTS,
    Verdict.NOT_COMPARABLE,
)


class Known:
    """sizo lies in the city, which excludes the capital; z and g are both; nothing is known of the rest."""

    def related(self, a: str, b: str) -> bool:
        return {a, b} == {"sizo", "city"}

    def apart(self, a: str, b: str) -> str | None:
        return "they are different" if {a, b} == {"city", "capital"} else None

    def lies_in(self, part: str, whole: str) -> bool:
        return (part, whole) == ("sizo", "city")

    def members(self, name: str) -> tuple[str, ...]:
        return ("z", "g") if name == "both" else ()


def verdict(by: str, a: Given, b: Given, *, single: bool = True) -> Verdict:
    return compare(by, a, b, single=single, relations=Known()).verdict


def codes(*words: str, open: bool = False, role: str = "") -> TermValue:
    return TermValue(frozenset(("code", word, role) for word in words), open)


def several(*terms: tuple[str, str]) -> TermValue:
    return TermValue(frozenset(("code", word, role) for word, role in terms))


def act(name: str) -> TermValue:
    return TermValue(frozenset({("act", name, "")}))


def parties(*names: str, form: str = "named") -> PartyValue:
    return PartyValue(frozenset(names), form)


def on(text: str) -> When:
    return When.model_validate(text)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (codes("torture"), codes("torture"), SAME),
        (codes("torture", "injury"), codes("injury", "torture"), SAME),
        (codes("injury"), codes("injury.head"), FITS),
        (codes("injury"), codes("injury_of_nature"), CLASH),
        (codes("torture", "injury"), codes("injury"), FITS),
        (codes("torture"), codes("natural.heart_failure"), CLASH),
        (codes("torture", role="underlying"), codes("natural", role="immediate"), APART),
        (codes("torture", role="underlying"), codes("natural", role="underlying"), CLASH),
        (codes("torture", role="underlying"), codes("natural"), APART),
        (codes("torture", role="underlying"), codes("torture"), FITS),
        (
            several(("torture", "underlying"), ("injury", "immediate")),
            codes("natural", role="immediate"),
            CLASH,
        ),
        (several(("torture", "underlying"), ("injury", "")), codes("natural"), APART),
        (several(("torture", "underlying"), ("injury", "")), codes("natural", role="immediate"), APART),
        (codes("injury.multiple"), codes("injury.head"), FITS),
        (codes("injury.multiple"), codes("injury.gunshot", "crush"), FITS),
        (codes("injury.multiple", role="immediate"), codes("injury.head", role="underlying"), FITS),
        (codes("injury.multiple"), codes("natural"), CLASH),
        (codes("injury.head"), codes("injury.gunshot"), CLASH),
        (codes("torture", open=True), codes("natural", open=True), FITS),
        (codes("torture", open=True, role="immediate"), codes("natural", role="immediate"), FITS),
        (codes("torture", open=True), codes("natural"), FITS),
        (act("raid"), act("raid"), SAME),
        (act("raid"), act("sweep"), APART),
        (act("raid"), codes("torture"), APART),
        (TermValue(frozenset({("text", "a fall", "")})), codes("torture"), APART),
    ],
)
def test_codes(a: TermValue, b: TermValue, expected: Verdict) -> None:
    assert verdict("code", a, b) is expected


def test_codes_never_contradict_where_several_can_hold() -> None:
    assert verdict("code", codes("torture"), codes("natural"), single=False) is FITS


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("23", "at least 27", CLASH),
        ("23", "at least 23", FITS),
        ("23", "more than 23", CLASH),
        ("23", "23", SAME),
        ("23", "24", CLASH),
        ("3 to 5", "5 to 8", FITS),
        ("at most 5", "at least 6", CLASH),
        ("around 50", "44", APART),
        ("around 50", "around 50", SAME),
        ("dozens", "dozens", SAME),
        ("dozens", "6", APART),
        ("1 hour", "1 day", APART),
        ("8", "8 people", SAME),
        ("8", "9 people", CLASH),
    ],
)
def test_ranges(a: str, b: str, expected: Verdict) -> None:
    assert verdict("range", Quantity.parse(a), Quantity.parse(b)) is expected


def test_confirmed_and_presumed_numbers_are_not_held_against_one_another() -> None:
    confirmed, presumed = Quantity(point=12, certainty="confirmed"), Quantity(point=30, certainty="presumed")
    assert verdict("range", confirmed, presumed) is APART
    assert verdict("range", confirmed, Quantity(point=13, certainty="confirmed")) is CLASH


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("2025-06-27", "2025-06-27", SAME),
        ("2025-06-27", "2025-06-28", CLASH),
        ("2025-06-27", "2025-06", FITS),
        ("2025-06-27", "2025-06-28~", APART),
        ("2025-06-27", "[..2025-06-20]", CLASH),
        ("2025-06-27", "[2025-06-26,2025-06-28]", CLASH),
        ("2025-06-27", "XXXX-06-28", APART),
        ("2022/2025-07-01", "2023-05-05", FITS),
    ],
)
def test_times(a: str, b: str, expected: Verdict) -> None:
    assert verdict("time", on(a), on(b)) is expected


def test_hours_of_one_day_contradict_only_on_one_clock() -> None:
    def at(hour: str, offset: str | None) -> When:
        time = {"earliest": hour, "latest": hour, "offset": offset}
        return When.model_validate({"value": "2025-06-27", "time": time})

    assert verdict("time", at("09:00", "+05:00"), at("15:00", "+05:00")) is CLASH
    assert verdict("time", at("09:00", "+05:00"), at("15:00", None)) is FITS
    assert verdict("time", at("09:00", "+05:00"), at("09:00", "+05:00")) is SAME


def test_times_of_a_day_that_is_not_certain_prove_nothing() -> None:
    def at(value: str, **hours: str) -> When:
        return When.model_validate({"value": value, "time": {"offset": "+05:00", **hours}})

    def between(value: str) -> Verdict:
        return verdict("time", at(value, latest="09:00"), at(value, earliest="15:00"))

    assert between("2025-06-27") is CLASH
    assert {between(value) for value in ("2025-06-27~", "2025-06-27?", "2025-06-XX", "2025-06")} == {FITS}


def test_a_day_that_is_none_of_several_contradicts_all_of_them() -> None:
    assert verdict("time", on("2025-06-28"), on("{2025-06-27,2025-07-02}")) is CLASH
    assert verdict("time", on("2025-06-27"), on("{2025-06-27,2025-07-02}")) is FITS


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (parties("city"), parties("city"), SAME),
        (parties("city"), parties("sizo"), FITS),
        (parties("city"), parties("capital"), CLASH),
        (parties("city"), parties("elsewhere"), APART),
        (parties("city", form="all_of"), parties("city"), FITS),
        (parties("city", "sizo"), parties("capital"), APART),
        (True, parties("city"), FITS),
        (False, parties("city"), CLASH),
        (False, True, CLASH),
    ],
)
def test_entities(a: Given, b: Given, expected: Verdict) -> None:
    assert verdict("entity", a, b) is expected
    assert verdict("entity", b, a) is expected


def test_texts_never_contradict() -> None:
    one, other = WordValue(frozenset({"a"})), WordValue(frozenset({"b"}))
    assert verdict("text", one, other) is APART
    assert verdict("many", one, other) is FITS
    assert verdict("text", one, one) is verdict("many", one, one) is SAME


def test_a_comparator_that_is_not_known_compares_nothing() -> None:
    assert verdict("soundex", codes("a"), codes("b")) is APART


def test_what_a_speaker_leaves_open_contradicts_only_if_every_alternative_does() -> None:
    def found(a: tuple[Given, ...], b: tuple[Given, ...]) -> Verdict:
        return compare_alternatives("code", a, b, single=True, relations=Known()).verdict

    torture, heart, stroke = codes("torture"), codes("natural.heart_failure"), codes("natural.stroke")
    assert found((heart, stroke), (torture,)) is CLASH
    assert found((heart, torture), (torture,)) is FITS
    assert found((heart, stroke), (stroke, heart)) is SAME
    assert found((heart,), (torture,)) is CLASH


words = st.sampled_from(["torture", "injury", "injury.head", "injury.multiple", "natural", "natural.stroke"])
terms = st.builds(
    lambda given, open, role: codes(*given, open=open, role=role),
    st.lists(words, min_size=1, max_size=3),
    st.booleans(),
    st.sampled_from(["", "immediate", "underlying"]),
)
amounts = st.sampled_from(["1", "2", "at least 2", "up to 5", "1 to 3", "around 3", "dozens", "more than 2"])
dates = st.sampled_from(
    ["2025-06-27", "2025-06", "2025", "2025-07~", "[..2025-06-20]", "XXXX-06-27", "2025-07/.."]
)
values: dict[str, st.SearchStrategy[Given]] = {
    "code": terms,
    "range": amounts.map(Quantity.parse),
    "time": dates.map(on),
    "entity": st.one_of(
        st.booleans(),
        st.lists(st.sampled_from(["city", "sizo", "capital"]), min_size=1).map(lambda names: parties(*names)),
    ),
    "flag": st.booleans(),
    "many": st.lists(words, min_size=1).map(lambda texts: WordValue(frozenset(texts))),
    "text": st.lists(words, min_size=1).map(lambda texts: WordValue(frozenset(texts))),
}


def test_the_laws_below_cover_every_comparator() -> None:
    assert set(values) == set(COMPARATORS)


@pytest.mark.parametrize("by", sorted(COMPARATORS))
@given(data=st.data(), single=st.booleans())
def test_comparing_is_symmetric_reflexive_and_clashes_only_where_one_can_hold(
    by: str, data: st.DataObject, single: bool
) -> None:
    a, b = data.draw(values[by]), data.draw(values[by])
    there, back = (verdict(by, x, y, single=single) for x, y in ((a, b), (b, a)))
    assert there is back
    assert verdict(by, a, a, single=single) is SAME
    if not single and not isinstance(a, bool) and not isinstance(b, bool):
        assert there is not CLASH
