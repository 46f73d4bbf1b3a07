"""Dates: every form the grammar reads, every form it refuses, and the laws of bounds."""

from __future__ import annotations

import datetime
import importlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from claimledger.events.dates import Bounds, EdtfDate, TimeOfDay, When, before, parse_edtf
from claimledger.events.errors import InvalidValue

D = datetime.date
DAYS = st.dates()


def bounds(earliest: str | None, latest: str | None) -> Bounds:
    return Bounds(
        D.fromisoformat(earliest) if earliest else None,
        D.fromisoformat(latest) if latest else None,
    )


READ = [
    ("2025", "year", "2025-01-01", "2025-12-31"),
    ("2025-06", "month", "2025-06-01", "2025-06-30"),
    ("2024-02", "month", "2024-02-01", "2024-02-29"),
    ("2025-06-27", "day", "2025-06-27", "2025-06-27"),
    ("2025?", "year", "2025-01-01", "2025-12-31"),
    ("2025-06~", "month", "2025-06-01", "2025-06-30"),
    ("2025-06-27%", "day", "2025-06-27", "2025-06-27"),
    ("201X", "year", "2010-01-01", "2019-12-31"),
    ("20XX", "year", "2000-01-01", "2099-12-31"),
    ("00XX", "year", "0001-01-01", "0099-12-31"),
    ("XXXX", "year", None, None),
    ("2025-XX", "month", "2025-01-01", "2025-12-31"),
    ("2025-06-XX", "day", "2025-06-01", "2025-06-30"),
    ("2025-XX-XX", "day", "2025-01-01", "2025-12-31"),
    ("XXXX-06-27", "day", None, None),
    ("XXXX-02-29", "day", None, None),
    ("XXXX-06", "month", None, None),
    ("2025-21", "season", "2025-01-01", "2025-12-31"),
    ("2025-22", "season", "2024-12-01", "2026-03-31"),
    ("2025-24", "season", "2024-12-01", "2026-03-31"),
    ("0001-24", "season", None, "0002-03-31"),
    ("9999-22", "season", "9998-12-01", None),
    ("2025-06-30/2025-07-01", "interval", "2025-06-30", "2025-07-01"),
    ("2022/2025-07-01", "interval", "2022-01-01", "2025-07-01"),
    ("2025-06-15/2025-06", "interval", "2025-06-15", "2025-06-30"),
    ("../2025", "interval", None, "2025-12-31"),
    ("2025/..", "interval", "2025-01-01", None),
    ("/2025", "interval", None, "2025-12-31"),
    ("2025-06-27/", "interval", "2025-06-27", None),
    ("XXXX-06-30/XXXX-07-01", "interval", None, None),
    ("2025?/2026~", "interval", "2025-01-01", "2026-12-31"),
    ("[..2025-07-03]", "one_of", None, "2025-07-03"),
    ("[2025-06-27..2025-07-03]", "one_of", "2025-06-27", "2025-07-03"),
    ("[2025-06-27,2025-06-29]", "one_of", "2025-06-27", "2025-06-29"),
    ("[2025-06-29, 2025-06-27]", "one_of", "2025-06-27", "2025-06-29"),
    ("[2025-06-27..]", "one_of", "2025-06-27", None),
    ("[..1983,1984-10..1984-11,1990-01-01..]", "one_of", None, None),
    ("{2025-06-27,2025-06-29}", "all_of", "2025-06-27", "2025-06-29"),
]


@pytest.mark.parametrize(("text", "kind", "earliest", "latest"), READ)
def test_each_form_has_its_kind_and_its_closed_days(
    text: str, kind: str, earliest: str | None, latest: str | None
) -> None:
    date = parse_edtf(text)
    assert (date.text, date.kind, date.bounds) == (text, kind, bounds(earliest, latest))


@pytest.mark.parametrize("text", [text for text, *_ in READ])
def test_what_is_read_here_is_valid_edtf_by_the_reference_package(text: str) -> None:
    edtf: Any = importlib.import_module("edtf")
    assert edtf.parse_edtf(text) is not None


@pytest.mark.parametrize(
    ("text", "approximate", "uncertain"),
    [("2025", False, False), ("2025~", True, False), ("2025?", False, True), ("2025%", True, True)],
)
def test_qualifiers_are_flags_and_leave_the_bounds_alone(
    text: str, approximate: bool, uncertain: bool
) -> None:
    date = parse_edtf(text)
    assert (date.approximate, date.uncertain) == (approximate, uncertain)
    assert date.bounds == parse_edtf("2025").bounds


def test_an_interval_takes_on_the_qualifiers_and_blanks_of_its_ends() -> None:
    date = parse_edtf("2025-06-XX/2026~")
    assert date.approximate
    assert date.unspecified
    assert not date.uncertain
    assert date.parts == (bounds("2025-06-01", "2025-06-30"), bounds("2026-01-01", "2026-12-31"))


def test_a_day_without_a_year_keeps_month_and_day_and_gets_no_year() -> None:
    date = parse_edtf("XXXX-06-27")
    assert date.yearless == (6, 27)
    assert date.admits(D(1998, 6, 27))
    assert not date.admits(D(1998, 6, 28))
    assert parse_edtf("XXXX-06").admits(D(2025, 6, 1))
    assert not parse_edtf("XXXX-06").admits(D(2025, 7, 1))


def test_a_set_does_not_admit_the_days_in_its_gaps() -> None:
    date = parse_edtf("[2025-06-27,2025-06-29..]")
    assert [date.admits(D(2025, 6, day)) for day in (26, 27, 28, 29, 30)] == [False, True, False, True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3 July", '"3 July" is not EDTF; write 2025-07-03, or [..2025-07-03] for "by then"'),
        ("3 July", "(XXXX-07-03 if the year is not stated)"),
        ("3 July 1998", 'write 1998-07-03, or [..1998-07-03] for "by then"'),
        ("July 1998", 'write 1998-07, or [..1998-07] for "by then"'),
        ("2025-7-3", '"2025-7-3" is not EDTF; write 2025-07-03'),
        ("20250703", "write 2025-07-03"),
        ("by 2024-07-04", "write 2024-07-04, or [..2024-07-04]"),
        ("03/07/2025", "year first: 2025-03-07 or 2025-07-03"),
        ("13/07/2025", "year first: 2025-07-13"),
        ("31.02.2025", "year first"),
        ("2025-07-03T10:00:00Z", 'write 2025-07-03, and the time under "time"'),
        ("2025-07-03 15:00", 'write 2025-07-03, and the time under "time"'),
        (" 2025-07-03", "write 2025-07-03 without the space"),
        ("2025-07-03\n", "write 2025-07-03 without the space"),
        ("2025-06-uu", "write 2025-06-XX"),
        ("xxxx-06-27", "write XXXX-06-27"),
        ("..2025-07-03", "write [..2025-07-03] for one day in it, ../2025-07-03 for a span"),
        ("", "empty; leave the field out"),
        (" \t", "empty; leave the field out"),
        ("yesterday", "is not EDTF"),
        ("2025-02-30", "no day 30 in 2025-02, which has 28 days"),
        ("2025-02-29", "no day 29"),
        ("XXXX-02-30", "no day 30"),
        ("2025-06-00", "no day 00"),
        ("2025-00", "no month 00"),
        ("2025-13", "no month 13"),
        ("2025-25", "no month 25"),
        ("2025-21-01", "no month 21"),
        ("XXXX-21", "no month 21"),
        ("2025-0X", "is not EDTF"),
        ("0000", "0001 to 9999"),
        ("Y17000", "0001 to 9999"),
        ("Y-17000", "0001 to 9999"),
        ("-0044", "0001 to 9999"),
        ("201X-06", "X in the year"),
        ("XXXX-XX", "X in the year"),
        ("2025-XX-27", "write 2025-XX"),
        ("X025", "is not EDTF"),
        ("2025?-06", "is not EDTF"),
        ("2025-07-03/2025-06", "runs backwards: 2025-06-30 is before 2025-07-03"),
        ("[2025-07-03..2025-06-27]", "runs backwards"),
        ("/", "says nothing"),
        ("../..", "says nothing"),
        ("[..]", "says nothing"),
        ("[]", "is not EDTF"),
        ("[", "is not EDTF"),
        ("[2025-07-03}", "is not EDTF"),
        ("2025/2026/2027", "is not EDTF"),
        ("[2025-07-03]", "holds one date; write 2025-07-03, or [..2025-07-03]"),
        ("[..2025?]", "plain dates"),
        ("[XXXX-06-27,XXXX-06-28]", "plain dates"),
        ("[2025-01,..2025-07]", "only the first item may begin"),
        ("[2025-01..,2025-07]", "only the last end with"),
        ("[2025-01,]", "is not EDTF"),
        ("\u0662\u0660\u0662\u0665", "is not EDTF"),
        ("2" * 501, "too long"),
    ],
)
def test_what_is_not_read_is_refused_with_the_form_to_write(text: str, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_edtf(text)
    assert message in str(caught.value)


def test_an_error_quotes_no_control_characters_and_cuts_long_text() -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_edtf("\x1b[31m" + "soon " * 40 + "\ud800")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


ALPHABET = st.text(alphabet="0123456789X-/.[]{},?~% :TYu", max_size=24)


@given(st.one_of(st.text(), ALPHABET))
@settings(max_examples=400)
def test_any_text_is_read_or_refused_as_invalid_and_kept_as_it_is(text: str) -> None:
    try:
        date = parse_edtf(text)
    except InvalidValue as refusal:
        message = str(refusal)
    else:
        message = "read"
        assert date.text == text
        assert date.parts
    assert message.isprintable()


@given(DAYS)
def test_every_day_of_the_calendar_is_its_own_bounds(day: datetime.date) -> None:
    assert parse_edtf(day.isoformat()) == EdtfDate(
        day.isoformat(), "day", Bounds(day, day), parts=(Bounds(day, day),)
    )


@given(DAYS, DAYS)
def test_an_interval_and_a_set_over_the_same_days_share_bounds_and_not_their_kind(
    one: datetime.date, other: datetime.date
) -> None:
    first, last = sorted((one, other))
    interval, choice = parse_edtf(f"{first}/{last}"), parse_edtf(f"[{first}..{last}]")
    assert interval.bounds == choice.bounds == Bounds(first, last)
    assert (interval.kind, choice.kind) == ("interval", "one_of")


@st.composite
def some_bounds(draw: st.DrawFn) -> Bounds:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    return Bounds(draw(st.sampled_from((first, None))), draw(st.sampled_from((last, None))))


@given(some_bounds(), some_bounds())
def test_two_bounds_overlap_or_one_lies_before_the_other(a: Bounds, b: Bounds) -> None:
    assert [a.overlaps(b), before(a, b), before(b, a)].count(True) == 1
    assert a.overlaps(b) == b.overlaps(a)


@given(some_bounds(), some_bounds(), DAYS)
def test_what_contains_bounds_holds_each_of_their_days(a: Bounds, b: Bounds, day: datetime.date) -> None:
    on_it = Bounds(day, day)
    assert a.contains(a)
    if a.contains(b):
        assert a.overlaps(b)
        assert a.contains(on_it) or not b.contains(on_it)


def test_bounds_touching_on_one_day_overlap() -> None:
    a, b = bounds("2025-06-27", "2025-06-28"), bounds("2025-06-28", None)
    assert a.overlaps(b)
    assert not before(a, b)
    assert before(a, bounds("2025-06-29", None))


def test_bounds_that_run_backwards_are_refused() -> None:
    with pytest.raises(InvalidValue, match="run backwards"):
        bounds("2025-07-03", "2025-06-27")


def test_a_qualified_or_open_date_is_not_certainly_before_another() -> None:
    assert before(parse_edtf("2024"), parse_edtf("2025"))
    assert not before(parse_edtf("2024~"), parse_edtf("2025"))
    assert not before(parse_edtf("2024"), parse_edtf("2025?"))
    assert before(parse_edtf("2024~").bounds, parse_edtf("2025"))
    assert not before(parse_edtf("2024/.."), parse_edtf("2025"))
    assert not before(parse_edtf("XXXX-06-27"), parse_edtf("2025-06-28"))


class Raid(BaseModel):
    when: When


@pytest.mark.parametrize(
    "value", ["2025-06-27", D(2025, 6, 27), {"value": "2025-06-27"}, When(value="2025-06-27")]
)
def test_bare_text_and_a_date_are_taken_where_a_when_is(value: object) -> None:
    raid = Raid.model_validate({"when": value})
    assert raid.model_dump(exclude_none=True) == {"when": {"value": "2025-06-27"}}
    assert raid.when.edtf.kind == "day"
    assert raid.when.bounds == bounds("2025-06-27", "2025-06-27")


def test_a_when_keeps_words_basis_and_time_through_a_round_trip() -> None:
    whole = {
        "value": "2025-06-27",
        "verbatim": "27 June",
        "basis": "the year is that of the publication",
        "time": {"verbatim": "around 3 pm", "offset": "+05:00", "earliest": "14:30", "latest": "15:30:00"},
    }
    when = When.model_validate(whole)
    assert when.model_dump(exclude_none=True) == whole
    assert When.model_validate_json(when.model_dump_json()) == when
    assert hash(when) == hash(When.model_validate(whole))


@pytest.mark.parametrize(
    ("given_value", "message"),
    [
        ("3 July", 'is not EDTF; write 2025-07-03, or [..2025-07-03] for "by then"'),
        (datetime.datetime(2025, 7, 3, 10, 0), 'the time under "time"'),
        ({"value": "2025", "verbatim": ""}, "verbatim"),
        ({"value": "2025", "year": 2025}, "year"),
        ({"value": b"2025"}, "value"),
        (2025, "When"),
        (None, "When"),
    ],
)
def test_a_when_refuses_what_is_no_date(given_value: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        When.model_validate(given_value)
    assert message in str(caught.value)


def test_a_when_cannot_be_changed() -> None:
    when = When(value="2025")
    with pytest.raises(ValidationError, match="frozen"):
        when.value = "2026"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ({}, "needs verbatim, earliest or latest"),
        ({"offset": "Z"}, "needs verbatim, earliest or latest"),
        ({"earliest": "24:00"}, "up to 23:59:59"),
        ({"latest": "3 pm"}, "HH:MM"),
        ({"latest": "15:00\n"}, "HH:MM"),
        ({"earliest": "9:00"}, "HH:MM"),
        ({"earliest": "22:00", "latest": "02:00"}, "over midnight"),
        ({"earliest": "15:01", "latest": "15:00:59"}, "over midnight"),
        ({"verbatim": "noon", "offset": "+5"}, "+05:00"),
        ({"verbatim": "noon", "offset": "-00:00"}, "+05:00"),
        ({"verbatim": "noon", "offset": "+15:00"}, "+05:00"),
        ({"verbatim": "noon", "zone": "Asia/Baku"}, "zone"),
    ],
)
def test_a_time_of_day_that_says_nothing_or_no_time_is_refused(time: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TimeOfDay.model_validate(time)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "time",
    [
        {"verbatim": "at dawn"},
        {"earliest": "00:00"},
        {"latest": "23:59:59", "offset": "-03:30"},
        {"earliest": "15:00:30", "latest": "15:00", "offset": "Z"},
    ],
)
def test_a_time_of_day_needs_no_more_than_one_thing_stated(time: dict[str, str]) -> None:
    assert TimeOfDay.model_validate(time).model_dump(exclude_none=True) == time
