"""The strict JSON of `claimledger.events.encoding`, against the rfc8785 package and against bad bytes."""

from __future__ import annotations

import datetime
import enum
import json
import re
import time
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.encoding import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INTEGER,
    JSONValue,
    decode,
    encode,
    encode_dumped,
)
from claimledger.events.errors import InvalidValue, MalformedEvent

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES: st.SearchStrategy[JSONValue] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
ANY_TEXTS = st.text(st.characters(), max_size=5)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXTS, inner, max_size=4),
    max_leaves=12,
)


class Shade(enum.Enum):
    DARK = "dark"


class Word(enum.StrEnum):
    TORTURE = "torture"


class Sub(str):
    __slots__ = ()


@dataclass
class Box:
    a: int


def nested(levels: int) -> JSONValue:
    value: JSONValue = 0
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


@given(VALUES)
def test_encoding_equals_the_rfc8785_package(value: Any) -> None:
    assert encode(value) == rfc8785.dumps(value)


@given(VALUES)
def test_decoding_gives_back_what_was_encoded(value: JSONValue) -> None:
    again = decode(encode(value))
    assert again == value
    assert encode(again) == encode(value)


def test_members_are_sorted_and_nothing_is_escaped_without_need() -> None:
    value = {
        "b": "a/b\u007f\u2028 \u00dc\u00e7\U0001f600",
        "B": [True, None, -5],
        "a": '"\\\b\f\n\r\t\u0001\u001f',
    }
    expected = (
        '{"B":[true,null,-5],"a":"\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f",'
        '"b":"a/b\x7f\u2028 \u00dc\u00e7\U0001f600"}'
    )
    assert encode(value) == expected.encode()


def test_a_tuple_is_written_as_a_list() -> None:
    assert encode({"a": (1, ("b",), ())}) == b'{"a":[1,["b"],[]]}'


def test_strings_are_not_normalised() -> None:
    composed, decomposed = "\u00e9", "e\u0301"
    assert encode(composed) != encode(decomposed)
    assert decode(encode(decomposed)) == decomposed


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(1.5, "float", id="float"),
        pytest.param(1.0, "float", id="whole_float"),
        pytest.param(float("nan"), "float", id="nan"),
        pytest.param(float("inf"), "float", id="infinity"),
        pytest.param(MAX_INTEGER + 1, "integer", id="integer_2_to_53"),
        pytest.param(-MAX_INTEGER - 1, "integer", id="integer_minus_2_to_53"),
        pytest.param(10**30, "integer", id="integer_beyond_64_bits"),
        pytest.param("a\ud800b", "surrogate", id="lone_surrogate"),
        pytest.param("\udfff", "surrogate", id="lone_low_surrogate"),
        pytest.param({"\u00e9": 1}, "ASCII", id="name_not_ascii"),
        pytest.param({"\ud800": 1}, "ASCII", id="name_lone_surrogate"),
        pytest.param({1: 1}, "ASCII", id="name_integer"),
        pytest.param({None: 1}, "ASCII", id="name_none"),
        pytest.param({Word.TORTURE: 1}, "ASCII", id="name_enum"),
        pytest.param({Sub("a"): 1}, "ASCII", id="name_str_subclass"),
        pytest.param(b"a", "bytes", id="bytes"),
        pytest.param({1}, "set", id="set"),
        pytest.param(datetime.date(2025, 7, 3), "date", id="date"),
        pytest.param(datetime.datetime(2025, 7, 3, tzinfo=datetime.UTC), "datetime", id="datetime"),
        pytest.param(uuid.UUID(int=1), "UUID", id="uuid"),
        pytest.param(Decimal("1"), "Decimal", id="decimal"),
        pytest.param(Box(1), "Box", id="dataclass"),
        pytest.param(Shade.DARK, "Shade", id="enum"),
        pytest.param(Word.TORTURE, "Word", id="str_enum"),
        pytest.param(Sub("a"), "Sub", id="str_subclass"),
    ],
)
def test_a_value_outside_the_subset_is_refused_with_its_place(value: Any, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason) as top:
        encode(value)
    assert str(top.value).startswith("$: ")
    with pytest.raises(InvalidValue, match=reason) as below:
        encode({"ok": ["fine", "\u00dc"], "body": [0, {"x": value}]})
    assert str(below.value).startswith("$.body[1].x: ")


def test_the_message_never_shows_the_value_nor_an_unusual_name() -> None:
    with pytest.raises(InvalidValue) as caught:
        encode({"the hidden name": {"b": "hidden\ud800"}})
    assert "hidden" not in str(caught.value)
    assert "surrogate" in str(caught.value)


def test_sixteen_levels_are_allowed_and_seventeen_are_not() -> None:
    data = encode(nested(MAX_DEPTH))
    assert decode(data) == nested(MAX_DEPTH)
    with pytest.raises(InvalidValue, match="deeper than 16 levels"):
        encode(nested(MAX_DEPTH + 1))
    with pytest.raises(MalformedEvent, match="deeper than 16 levels"):
        decode(rfc8785.dumps(nested(MAX_DEPTH + 1)))


def test_the_depth_is_found_before_anything_is_parsed() -> None:
    with pytest.raises(MalformedEvent, match="deeper than 16 levels"):
        decode(b"[" * 17 + b"no json")
    with pytest.raises(MalformedEvent, match="no JSON"):
        decode(b"[" * 16 + b"no json")


def test_brackets_in_strings_are_not_levels() -> None:
    value: JSONValue = ["[" * 50, '"' + "{" * 50, "\\" + "[" * 50]
    assert decode(encode(value)) == value


def test_many_containers_side_by_side_are_not_levels() -> None:
    value: JSONValue = [[], {}] * 40
    assert decode(encode(value)) == value


def test_a_value_that_holds_itself_or_multiplies_out_is_refused() -> None:
    loop: list[Any] = []
    loop += [loop, loop]
    with pytest.raises(InvalidValue):
        encode(loop)
    wide: list[Any] = [0] * 100
    for _ in range(MAX_DEPTH - 1):
        wide = [wide] * 100
    with pytest.raises(InvalidValue, match="longer than"):
        encode(wide)


def test_the_size_limit_counts_bytes_and_is_exact() -> None:
    fits = "\u00fc" * (MAX_BYTES // 2 - 1)
    assert len(encode(fits)) == MAX_BYTES
    assert decode(encode(fits)) == fits
    with pytest.raises(InvalidValue, match="longer than 32768 bytes"):
        encode(fits + "a")
    with pytest.raises(MalformedEvent, match="32769 bytes, where at most 32768"):
        decode(encode(fits + "a", max_bytes=MAX_BYTES + 1))
    assert decode(encode(fits + "a", max_bytes=MAX_BYTES + 1), max_bytes=MAX_BYTES + 1) == fits + "a"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" 1", id="leading_space"),
        pytest.param(b"1\n", id="trailing_newline"),
        pytest.param(b'{"a": 1}', id="inner_space"),
        pytest.param(b"{}{}", id="trailing_value"),
        pytest.param(b"{}\x00", id="trailing_nul"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte_order_mark"),
        pytest.param('{"a":1}'.encode("utf-16"), id="utf_16"),
        pytest.param(b'{"a":1,"a":1}', id="duplicate_member"),
        pytest.param(b'{"a":1,"a":2}', id="duplicate_member_other_value"),
        pytest.param(b'{"b":1,"a":2}', id="unsorted_members"),
        pytest.param(b'"\\u0041"', id="needless_escape"),
        pytest.param(b'"\\/"', id="escaped_slash"),
        pytest.param(b'"\\u000A"', id="newline_as_unicode_escape"),
        pytest.param(b'"\\u001F"', id="upper_case_escape"),
        pytest.param(b'"\\u00fc"', id="escaped_umlaut"),
        pytest.param(b'"\\ud83d\\ude00"', id="escaped_pair"),
        pytest.param(b'"\\ud800"', id="escaped_lone_surrogate"),
        pytest.param(b'"\xed\xa0\x80"', id="raw_lone_surrogate"),
        pytest.param(b'"\xff"', id="not_utf_8"),
        pytest.param(b'"\xc0\xaf"', id="overlong_utf_8"),
        pytest.param(b'"\x01"', id="raw_control_character"),
        pytest.param(b"1.0", id="whole_float"),
        pytest.param(b"[1.5]", id="float"),
        pytest.param(b"1e2", id="exponent"),
        pytest.param(b"1E2", id="upper_case_exponent"),
        pytest.param(b"-0", id="minus_zero"),
        pytest.param(b"-0.0", id="minus_zero_float"),
        pytest.param(b"01", id="leading_zero"),
        pytest.param(b"+1", id="plus_sign"),
        pytest.param(b"9007199254740992", id="integer_2_to_53"),
        pytest.param(b"9007199254740993", id="integer_2_to_53_and_one"),
        pytest.param(b"-9007199254740993", id="integer_negative"),
        pytest.param(b"100000000000000000000000000", id="integer_beyond_64_bits"),
        pytest.param(b"NaN", id="nan"),
        pytest.param(b"[Infinity]", id="infinity"),
        pytest.param(b"-Infinity", id="minus_infinity"),
        pytest.param(b"[1,]", id="trailing_comma"),
        pytest.param(b"[1]//", id="comment"),
        pytest.param(b"{'a':1}", id="single_quotes"),
        pytest.param(b'{"\xc3\xa9":1}', id="name_not_ascii"),
        pytest.param(b'{"a":1', id="cut_off"),
        pytest.param(b"[" * 17 + b"]" * 17, id="seventeen_levels"),
        pytest.param(b"true ", id="trailing_space"),
        pytest.param(b"nul", id="cut_literal"),
    ],
)
def test_bytes_that_encode_would_not_write_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedEvent):
        decode(data)


def test_a_parse_error_does_not_carry_the_document() -> None:
    with pytest.raises(MalformedEvent, match="no JSON in UTF-8 at character 10") as caught:
        decode(b'["hidden",')
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[" * 100_000, id="opening_brackets"),
        pytest.param(b'{"a":' * 100_000, id="opening_objects"),
        pytest.param(b'[[[[[[[[[[[[[[[[["' + b'\\"' * 200_000, id="string_that_never_ends"),
        pytest.param(b"[" * 17 + b'"\\' * 200_000, id="escapes_that_never_end"),
        pytest.param(b'"' * 400_001 + b"[" * 17, id="quotes"),
    ],
)
def test_hostile_nesting_is_refused_in_linear_time(data: bytes) -> None:
    started = time.process_time()
    with pytest.raises(MalformedEvent):
        decode(data, max_bytes=1_000_000)
    assert time.process_time() - started < 5, "a quadratic scan takes minutes here"


@given(st.binary(max_size=300) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_either_read_back_exactly_or_are_malformed(data: bytes) -> None:
    try:
        value = decode(data)
    except MalformedEvent:
        return
    assert encode(value) == data


@given(ANY_JSON)
def test_what_is_told_at_one_look_is_what_walking_the_value_tells(value: Any) -> None:
    data = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
    try:
        is_strict = encode(value) == data
    except InvalidValue:
        is_strict = False
    if is_strict:
        assert decode(data) == value
    else:
        with pytest.raises(MalformedEvent):
            decode(data)


@given(st.dictionaries(NAMES | ANY_TEXTS, ANY_JSON, max_size=4), st.integers(0, 60))
def test_what_a_model_was_dumped_to_is_encoded_or_refused_like_anything_else(
    members: Any, max_bytes: int
) -> None:
    try:
        expected = encode(members, max_bytes=max_bytes)
    except InvalidValue as error:
        with pytest.raises(InvalidValue, match=f"^{re.escape(str(error))}$"):
            encode_dumped(members, max_bytes=max_bytes)
    else:
        assert encode_dumped(members, max_bytes=max_bytes) == expected


@pytest.mark.parametrize("value", [float("nan"), 1.0, Sub("a"), 2**60, "\ud800"])
def test_a_dumped_member_that_is_not_strict_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue):
        encode_dumped({"a": value})


@pytest.mark.parametrize(
    "data", [b"1.5", b"1e16", b"[1.5]", b"[1e16]", b'{"a":1.5}', b"[0,-0.5]", b"[0,1e-07,0]", b"[[1.5]]"]
)
def test_no_fraction_is_taken_for_plain(data: bytes) -> None:
    with pytest.raises(MalformedEvent, match="float"):
        decode(data)


@given(ANY_JSON)
def test_any_value_either_equals_rfc8785_or_is_invalid(value: Any) -> None:
    try:
        data = encode(value)
    except InvalidValue:
        return
    assert data == rfc8785.dumps(value)


@given(VALUES, st.data())
def test_changing_one_byte_changes_the_value_or_is_malformed(value: JSONValue, data: st.DataObject) -> None:
    original = encode(value)
    place = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda other: other != original[place]))
    changed = original[:place] + bytes([byte]) + original[place + 1 :]
    try:
        again = decode(changed)
    except MalformedEvent:
        return
    assert encode(again) == changed != original
