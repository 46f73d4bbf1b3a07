"""Quantities: each English form, what each refuses, and that no precision is invented."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from claimledger.events.errors import InvalidValue
from claimledger.events.quantities import Quantity

WHOLE = st.integers(min_value=0, max_value=2**53 - 1)

FORMS: list[tuple[str, dict[str, Any]]] = [
    ("6", {"point": 6}),
    ("six", {"point": 6}),
    ("exactly 6", {"point": 6}),
    ("0", {"point": 0}),
    ("007", {"point": 7}),
    ("1,000", {"point": 1000}),
    ("1.50 hours", {"point": "1.5", "unit": "hour"}),
    ("2.0", {"point": 2}),
    ("an hour", {"point": 1, "unit": "hour"}),
    ("about 1 hour", {"point": 1, "qualifier": "about", "unit": "hour"}),
    ("About an Hour", {"point": 1, "qualifier": "about", "unit": "hour"}),
    ("around 50 people", {"point": 50, "qualifier": "around", "unit": "person"}),
    ("some 50", {"point": 50, "qualifier": "some"}),
    ("approximately  50", {"point": 50, "qualifier": "approximately"}),
    ("nearly 50", {"point": 50, "qualifier": "nearly"}),
    ("almost 50", {"point": 50, "qualifier": "almost"}),
    ("about 3 to 5", {"low": 3, "high": 5, "qualifier": "about"}),
    ("at least 8", {"low": 8, "qualifier": "at least"}),
    ("at least one person", {"low": 1, "qualifier": "at least", "unit": "person"}),
    ("no fewer than 8", {"low": 8, "qualifier": "no fewer than"}),
    ("8 or more", {"low": 8, "qualifier": "or more"}),
    ("more than 3", {"low": 3, "low_open": True, "qualifier": "more than"}),
    ("over 50", {"low": 50, "low_open": True, "qualifier": "over"}),
    ("at most 5", {"high": 5, "qualifier": "at most"}),
    ("up to 5 days", {"high": 5, "qualifier": "up to", "unit": "day"}),
    ("no more than 5", {"high": 5, "qualifier": "no more than"}),
    ("5 or fewer", {"high": 5, "qualifier": "or fewer"}),
    ("less than an hour", {"high": 1, "high_open": True, "qualifier": "less than", "unit": "hour"}),
    ("fewer than 5", {"high": 5, "high_open": True, "qualifier": "fewer than"}),
    ("3 to 5", {"low": 3, "high": 5}),
    ("3-5", {"low": 3, "high": 5}),
    ("3\u20135 weeks", {"low": 3, "high": 5, "unit": "week"}),
    ("between 3 and 5", {"low": 3, "high": 5}),
    ("from three to five months", {"low": 3, "high": 5, "unit": "month"}),
    ("1.5 to 2", {"low": "1.5", "high": 2}),
    ("8 or 9", {"low": 8, "high": 9}),
    ("dozens", {"qualifier": "dozens"}),
    ("dozens of people", {"qualifier": "dozens", "unit": "person"}),
    ("several", {"qualifier": "several"}),
    ("several hours", {"qualifier": "several", "unit": "hour"}),
    ("a few days", {"qualifier": "a few", "unit": "day"}),
    ("a number of people", {"qualifier": "a number", "unit": "person"}),
    ("a number of", {"qualifier": "a number"}),
    ("an unknown number", {"qualifier": "an unknown number"}),
    ("some", {"qualifier": "some"}),
    ("hundreds", {"qualifier": "hundreds"}),
]


@pytest.mark.parametrize(("words", "fields"), FORMS)
def test_each_form_states_what_its_words_state_and_keeps_them(words: str, fields: dict[str, Any]) -> None:
    quantity = Quantity.parse(words)
    assert quantity.model_dump(exclude_none=True) == {**fields, "verbatim": words}
    assert Quantity.model_validate(words) == quantity


@pytest.mark.parametrize("words", [words for words, _ in FORMS])
def test_a_parsed_quantity_survives_a_round_trip(words: str) -> None:
    quantity = Quantity.parse(words)
    assert Quantity.model_validate(quantity.model_dump(exclude_none=True)) == quantity
    assert Quantity.model_validate_json(quantity.model_dump_json()) == quantity
    assert hash(quantity) == hash(Quantity.parse(words))


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ("6", "6", "6"),
        ("1.5", "1.5", "1.5"),
        ("at least 8", "8", None),
        ("more than 3", "3", None),
        ("up to 5", None, "5"),
        ("3 to 5", "3", "5"),
        ("about 3 to 5", None, None),
        ("dozens", None, None),
        ("several", None, None),
    ],
)
def test_bounds_are_those_stated_and_no_others(words: str, low: str | None, high: str | None) -> None:
    expected = (None if low is None else Decimal(low), None if high is None else Decimal(high))
    assert Quantity.parse(words).bounds() == expected


@given(WHOLE, st.sampled_from(("around", "about", "some", "approximately", "nearly", "almost", "roughly")))
def test_a_number_hedged_as_near_has_no_bounds(number: int, hedge: str) -> None:
    quantity = Quantity.parse(f"{hedge} {number}")
    assert (quantity.point, quantity.qualifier) == (number, hedge)
    assert quantity.bounds() == (None, None)
    assert not quantity.exact


@given(WHOLE)
def test_a_bare_number_is_exact_as_int_as_figures_and_with_separators(number: int) -> None:
    for given_number in (number, str(number), f"{number:,}"):
        quantity = Quantity.model_validate(given_number)
        assert quantity.point == number
        assert quantity.exact
        assert quantity.bounds() == (Decimal(number), Decimal(number))


@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_a_number_has_one_form_however_it_is_written(number: Decimal) -> None:
    point = Quantity.model_validate({"point": f"{number:.4f}"}).point
    assert point is not None
    assert Decimal(point) == number
    assert Quantity(point=point).point == point
    assert isinstance(point, int) == (number == number.to_integral_value())


WORDS = st.lists(
    st.sampled_from(
        "at least most up to more fewer less than between and from or about around some dozens of a an "
        "few number one two twelve 3 5 8 9 1.5 1,000 1.000 - hour hours people exactly".split()
    ),
    max_size=6,
).map(" ".join)


@given(st.one_of(st.text(), WORDS))
@settings(max_examples=500)
def test_any_text_is_read_or_refused_as_invalid(text: str) -> None:
    try:
        quantity = Quantity.parse(text)
    except InvalidValue as refusal:
        message = str(refusal)
    else:
        message = "read"
        assert quantity.verbatim == text
        assert Quantity.model_validate(quantity.model_dump(exclude_none=True)) == quantity
    assert message.isprintable()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "is no quantity; write a number"),
        ("lots", '"lots" is no quantity; write a number (6, six, 1.5, 1,000), at least 8'),
        ("thirteen", "is no quantity"),
        ("-5", "is no quantity"),
        ("6 detainees", "or as"),
        ("hours", "is no quantity"),
        ("around", "is no quantity"),
        ("at least dozens", "is no quantity"),
        ("at least around 50", "is no quantity"),
        ("1,00", "is no quantity"),
        ("1e3", "is no quantity"),
        ("\u0663", "is no quantity"),
        ("1.500", 'may be thousands or a fraction; write 1500, or point: "1.500"'),
        ("8 or 10", "write either: [8, 10]"),
        ("9 or 8", "write either: [9, 8]"),
        ("5 to 3", "runs backwards: nothing lies between 5 and 3"),
        ("9007199254740992", "between 0 and 9007199254740991"),
        ("6 " * 101, "too long"),
    ],
)
def test_other_words_are_refused_with_the_forms_to_write(words: str, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity.parse(words)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "says nothing"),
        ({"unit": "hour", "certainty": "presumed", "verbatim": "hours"}, "says nothing"),
        ({"point": 3, "low": 3}, "never both"),
        ({"low": 5, "high": 3}, "runs backwards"),
        ({"low": 5, "high": 5, "low_open": True}, "runs backwards"),
        ({"low": 10, "high": "9.5"}, "runs backwards"),
        ({"point": 3, "low_open": True}, "low_open needs low"),
        ({"low": 3, "high_open": True}, "high_open needs high"),
        ({"point": 8, "qualifier": "at least"}, '"at least" needs low, not low_open'),
        ({"point": 8, "qualifier": "or more"}, '"or more" needs low'),
        ({"low": 3, "qualifier": "more than"}, '"more than" needs low and low_open'),
        ({"low": 3, "low_open": True, "qualifier": "At least"}, "needs low, not low_open"),
        ({"low": 5, "qualifier": "up to"}, '"up to" needs high'),
        ({"point": 1.5}, "a float cannot be signed"),
        ({"point": True}, "a number is a whole number"),
        ({"point": -1}, "between 0 and"),
        ({"point": "-1"}, "without sign"),
        ({"point": "1e3"}, "a number is a whole number"),
        ({"point": " 1"}, "a number is a whole number"),
        ({"point": "\u0663"}, "a number is a whole number"),
        ({"low": 2**53}, "between 0 and"),
        ({"qualifier": " "}, "blank"),
        ({"point": 1, "unit": ""}, "unit"),
        ({"point": 1, "certainty": "sure"}, "certainty"),
        ({"point": 1, "total": 3}, "total"),
    ],
)
def test_fields_that_say_nothing_or_disagree_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Quantity.model_validate(fields)
    assert message in str(caught.value)


class Tally(BaseModel):
    value: Quantity


def test_an_int_and_words_are_taken_where_a_quantity_is() -> None:
    assert Tally.model_validate({"value": 6}).value == Quantity(point=6)
    assert Tally.model_validate({"value": "about 50"}).value.bounds() == (None, None)


@pytest.mark.parametrize("value", [1.5, True, None, "lots", [6]])
def test_a_float_a_bool_and_unknown_words_are_not_taken_where_a_quantity_is(value: object) -> None:
    with pytest.raises(ValidationError):
        Tally.model_validate({"value": value})


def test_numbers_units_and_hedges_take_their_one_form() -> None:
    quantity = Quantity.model_validate({"point": "1.50", "unit": "Hours", "qualifier": " About "})
    assert quantity.model_dump(exclude_none=True) == {"point": "1.5", "unit": "hour", "qualifier": "about"}


def test_a_unit_of_ones_own_is_kept() -> None:
    assert Quantity(point=3, unit="detainee").unit == "detainee"


def test_a_quantity_cannot_be_changed() -> None:
    quantity = Quantity(point=3)
    with pytest.raises(ValidationError, match="frozen"):
        quantity.point = 4  # type: ignore[misc]
