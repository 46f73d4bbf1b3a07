"""The header of events: its bytes by hand, round trips, and every wrong shape under its own name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.encoding import encode
from claimledger.events.errors import InvalidValue, MalformedEvent
from claimledger.events.event import LEDGER_OPENED, Payload, format_instant, parse_instant

LEDGER = "ab" * 32
PREVIOUS = "cd" * 32
COMMITMENT = "ef" * 32
STREAM = "11111111-2222-1333-8444-555555555555"
EVENT = "7d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab"

MEMBERS: dict[str, Any] = {
    "type": "claim.recorded",
    "version": 1,
    "ledger": LEDGER,
    "stream": STREAM,
    "sequence": 7,
    "previous": PREVIOUS,
    "id": EVENT,
    "recorded_at": "2025-07-03T16:20:11.000000Z",
    "body": {"ref": "C27", "causes": ["torture", None, True, 3]},
    "commitments": {"asserter.name": COMMITMENT},
}
FIRST = MEMBERS | {"sequence": 1, "previous": None}
OPENED = FIRST | {"type": LEDGER_OPENED, "ledger": None}

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
BODIES = st.dictionaries(
    st.text("abc_", max_size=4),
    st.none() | st.integers(-9, 9) | st.text(st.characters(codec="utf-8"), max_size=5),
    max_size=3,
)
HEADERS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["claim.recorded", "org.example.visa_2.refused"]),
        "version": st.integers(1, 9),
        "ledger": DIGESTS,
        "stream": st.uuids().map(str),
        "sequence": st.integers(2, 2**53 - 1),
        "previous": DIGESTS,
        "id": st.uuids(version=4).map(str),
        "recorded_at": st.datetimes().map(lambda when: format_instant(when.replace(tzinfo=UTC))),
        "body": BODIES,
        "commitments": st.dictionaries(st.from_regex(r"[a-z][a-z0-9_.]{0,5}", fullmatch=True), DIGESTS),
    }
)


def test_a_payload_has_exactly_these_bytes() -> None:
    assert Payload(**MEMBERS).to_bytes() == (
        b'{"body":{"causes":["torture",null,true,3],"ref":"C27"},'
        b'"commitments":{"asserter.name":"' + b"ef" * 32 + b'"},'
        b'"id":"7d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab","ledger":"'
        + b"ab" * 32
        + b'","previous":"'
        + b"cd" * 32
        + b'",'
        b'"recorded_at":"2025-07-03T16:20:11.000000Z","sequence":7,'
        b'"stream":"11111111-2222-1333-8444-555555555555","type":"claim.recorded","version":1}'
    )


@given(HEADERS)
def test_reading_gives_back_what_was_written(members: dict[str, Any]) -> None:
    payload = Payload(**members)
    assert Payload.from_bytes(payload.to_bytes()) == payload


@pytest.mark.parametrize("members", [MEMBERS, FIRST, OPENED, FIRST | {"body": {}, "commitments": {}}])
def test_a_right_header_is_written_and_read(members: dict[str, Any]) -> None:
    assert Payload.from_bytes(encode(members)) == Payload(**members)
    assert Payload(**members).to_bytes() == encode(members)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "type_of_one_word": (MEMBERS | {"type": "claim"}, "type must"),
    "type_upper_case": (MEMBERS | {"type": "Claim.recorded"}, "type must"),
    "type_newline": (MEMBERS | {"type": "claim.recorded\n"}, "type must"),
    "type_null": (MEMBERS | {"type": None}, "type must"),
    "type_list": (MEMBERS | {"type": ["claim.recorded"]}, "type must"),
    "version_zero": (MEMBERS | {"version": 0}, "version must"),
    "version_true": (MEMBERS | {"version": True}, "version must"),
    "version_text": (MEMBERS | {"version": "1"}, "version must"),
    "ledger_null_in_another_type": (MEMBERS | {"ledger": None}, "ledger must"),
    "ledger_given_in_ledger_opened": (OPENED | {"ledger": LEDGER}, "ledger must be null"),
    "ledger_upper_case": (MEMBERS | {"ledger": LEDGER.upper()}, "ledger must"),
    "ledger_short": (MEMBERS | {"ledger": LEDGER[:-2]}, "ledger must"),
    "stream_upper_case": (MEMBERS | {"stream": EVENT.upper()}, "stream must"),
    "stream_without_dashes": (MEMBERS | {"stream": STREAM.replace("-", "")}, "stream must"),
    "stream_null": (MEMBERS | {"stream": None}, "stream must"),
    "sequence_zero": (MEMBERS | {"sequence": 0}, "sequence must"),
    "sequence_negative": (MEMBERS | {"sequence": -1}, "sequence must"),
    "sequence_true": (FIRST | {"sequence": True}, "sequence must"),
    "sequence_text": (MEMBERS | {"sequence": "7"}, "sequence must"),
    "sequence_null": (MEMBERS | {"sequence": None}, "sequence must"),
    "previous_given_at_first": (FIRST | {"previous": PREVIOUS}, "previous must be null"),
    "previous_null_later": (MEMBERS | {"previous": None}, "previous must"),
    "previous_upper_case": (MEMBERS | {"previous": PREVIOUS.upper()}, "previous must"),
    "previous_empty_at_first": (FIRST | {"previous": ""}, "previous must be null"),
    "id_of_version_1": (MEMBERS | {"id": STREAM}, "id must"),
    "id_upper_case": (MEMBERS | {"id": EVENT.upper()}, "id must"),
    "id_null": (MEMBERS | {"id": None}, "id must"),
    "recorded_at_without_zone": (MEMBERS | {"recorded_at": "2025-07-03T16:20:11.000000"}, "recorded_at"),
    "recorded_at_with_offset": (MEMBERS | {"recorded_at": "2025-07-03T16:20:11.000000+00:00"}, "recorded_at"),
    "recorded_at_no_such_day": (MEMBERS | {"recorded_at": "2025-02-29T00:00:00.000000Z"}, "recorded_at"),
    "recorded_at_integer": (MEMBERS | {"recorded_at": 1751559611}, "recorded_at"),
    "recorded_at_null": (MEMBERS | {"recorded_at": None}, "recorded_at"),
    "body_null": (MEMBERS | {"body": None}, "body must"),
    "body_list": (MEMBERS | {"body": []}, "body must"),
    "body_text": (MEMBERS | {"body": "{}"}, "body must"),
    "commitments_null": (MEMBERS | {"commitments": None}, "commitments must"),
    "commitments_list": (MEMBERS | {"commitments": []}, "commitments must"),
    "commitment_null": (MEMBERS | {"commitments": {"name": None}}, "commitment of slot name"),
    "commitment_short": (MEMBERS | {"commitments": {"name": "ef"}}, "commitment of slot name"),
    "commitment_upper_case": (MEMBERS | {"commitments": {"name": COMMITMENT.upper()}}, "commitment of slot"),
    "slot_upper_case": (MEMBERS | {"commitments": {"Name": COMMITMENT}}, "commitments must be named"),
    "slot_empty": (MEMBERS | {"commitments": {"": COMMITMENT}}, "commitments must be named"),
}


@pytest.mark.parametrize(("members", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_header_is_neither_written_nor_read(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        Payload(**members).to_bytes()
    with pytest.raises(MalformedEvent, match=reason):
        Payload.from_bytes(encode(members))


@pytest.mark.parametrize("name", MEMBERS)
def test_a_missing_member_is_malformed(name: str) -> None:
    members = {key: value for key, value in MEMBERS.items() if key != name}
    with pytest.raises(MalformedEvent, match="its members must be"):
        Payload.from_bytes(encode(members))


def test_an_unknown_member_is_malformed() -> None:
    with pytest.raises(MalformedEvent, match="its members must be"):
        Payload.from_bytes(encode(MEMBERS | {"note": "x"}))


@pytest.mark.parametrize("document", [None, [], "claim.recorded", 1, {}, [MEMBERS]])
def test_what_is_no_object_of_those_members_is_malformed(document: Any) -> None:
    with pytest.raises(MalformedEvent, match="its members must be"):
        Payload.from_bytes(encode(document))


def test_a_payload_that_is_not_strict_json_is_malformed() -> None:
    with pytest.raises(MalformedEvent, match="not the one spelling"):
        Payload.from_bytes(json.dumps(MEMBERS).encode())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"count": 1.5}, r"\$\.body\.count: a float"),
        ({"words": ["a\ud800"]}, r"\$\.body\.words\[0\]: a string"),
        ({"text": "x" * 33_000}, "longer than 32768 bytes"),
    ],
)
def test_a_body_outside_strict_json_is_refused_with_its_place(body: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        Payload(**MEMBERS | {"body": body}).to_bytes()


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed_and_nothing_else(data: bytes) -> None:
    with pytest.raises(MalformedEvent):
        Payload.from_bytes(data)


ANY_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from([*map(str, MEMBERS.values()), "", LEDGER]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(MEMBERS)), ANY_VALUE, max_size=4), st.booleans())
def test_any_object_reads_back_exactly_or_is_malformed(changes: dict[str, Any], is_whole: bool) -> None:
    data = encode(MEMBERS | changes if is_whole else changes)
    try:
        again = Payload.from_bytes(data).to_bytes()
    except MalformedEvent:
        return
    assert again == data


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS))
def test_an_instant_reads_back_as_itself(instant: datetime) -> None:
    text = format_instant(instant)
    assert parse_instant(text) == instant
    assert parse_instant(text).utcoffset() == timedelta(0)
    assert format_instant(parse_instant(text)) == text


def test_an_instant_is_written_in_utc_with_six_decimals_and_four_digits_of_year() -> None:
    summer = timezone(timedelta(hours=5))
    assert format_instant(datetime(2025, 7, 3, 21, 20, 11, tzinfo=summer)) == "2025-07-03T16:20:11.000000Z"
    assert format_instant(datetime(25, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "0025-01-02T03:04:05.000006Z"


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(InvalidValue, match="UTC offset"):
        format_instant(datetime(2025, 7, 3))


def test_an_instant_that_utc_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidValue, match="years 1 to 9999"):
        format_instant(datetime.min.replace(tzinfo=timezone(timedelta(hours=1))))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("2025-07-03", id="day"),
        pytest.param("2025-07-03T16:20:11Z", id="no_decimals"),
        pytest.param("2025-07-03T16:20:11.000Z", id="milliseconds"),
        pytest.param("2025-07-03T16:20:11.000000000Z", id="nanoseconds"),
        pytest.param("2025-07-03 16:20:11.000000Z", id="space_for_t"),
        pytest.param("2025-07-03t16:20:11.000000z", id="lower_case"),
        pytest.param("2025-07-03T16:20:11,000000Z", id="comma"),
        pytest.param("2025-07-03T16:20:11.000000Z\n", id="newline"),
        pytest.param("20250703T162011.000000Z", id="basic_format"),
        pytest.param("2025-W27-4T16:20:11.000000Z", id="week"),
        pytest.param("2025-07-03T24:00:00.000000Z", id="hour_24"),
        pytest.param("2025-06-30T23:59:60.000000Z", id="leap_second"),
        pytest.param("2025-07-03T16:60:11.000000Z", id="minute_60"),
        pytest.param("2025-13-01T00:00:00.000000Z", id="month_13"),
        pytest.param("2025-06-31T00:00:00.000000Z", id="june_31"),
        pytest.param("2025-02-29T00:00:00.000000Z", id="february_29"),
        pytest.param("0000-01-01T00:00:00.000000Z", id="year_0"),
        pytest.param("\u0662\u0660\u0662\u0665-07-03T16:20:11.000000Z", id="arabic_digits"),
    ],
)
def test_another_spelling_or_no_real_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="instant: "):
        parse_instant(text)


def test_the_leap_day_of_a_leap_year_is_an_instant() -> None:
    assert parse_instant("2024-02-29T23:59:59.999999Z") == datetime(
        2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC
    )
