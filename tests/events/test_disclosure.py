"""Disclosures: their bytes by hand, opening in the right order, and silence about what they hold."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.disclosure import (
    DISCLOSURE_TAG,
    Disclosure,
    SlotStatus,
    absent_bytes,
    commitment_of,
    new_salt,
    open_commitment,
)
from claimledger.events.encoding import MAX_BYTES, JSONValue, encode
from claimledger.events.errors import InvalidValue, MalformedEvent, WrongDisclosure

LEDGER = "ab" * 32
OTHER_LEDGER = "cd" * 32
EVENT = "7d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab"
OTHER_EVENT = "7d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ac"
SALT = bytes(range(16))
HIDDEN = "hidden name"

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=6,
)


def disclosure(value: JSONValue = HIDDEN) -> Disclosure:
    return Disclosure(ledger=LEDGER, event=EVENT, slot="asserter.name", salt=SALT, value=value)


def written(*members: Any) -> bytes:
    return encode(list(members))


def test_a_disclosure_has_exactly_these_bytes_and_this_commitment() -> None:
    data = disclosure({"b": None, "a": "x"}).to_bytes()
    assert data == (
        b'["claimledger-disclosure/1","' + b"ab" * 32 + b'","7d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab",'
        b'"asserter.name","000102030405060708090a0b0c0d0e0f",{"a":"x","b":null}]'
    )
    assert commitment_of(data) == hashlib.sha256(data).hexdigest()


@given(VALUES)
def test_a_commitment_opens_to_what_was_committed(value: JSONValue) -> None:
    data = disclosure(value).to_bytes()
    opened = open_commitment(commitment_of(data), data, ledger=LEDGER, event=EVENT, slot="asserter.name")
    assert opened == disclosure(value)
    assert Disclosure.from_bytes(data) == opened


def test_the_same_value_under_another_salt_has_another_commitment() -> None:
    one = Disclosure(LEDGER, EVENT, "name", new_salt(), HIDDEN)
    two = Disclosure(LEDGER, EVENT, "name", new_salt(), HIDDEN)
    assert commitment_of(one.to_bytes()) != commitment_of(two.to_bytes())


def test_a_new_salt_is_sixteen_bytes_and_never_the_same() -> None:
    salts = {new_salt() for _ in range(100)}
    assert len(salts) == 100
    assert {len(salt) for salt in salts} == {16}


def test_neither_repr_nor_str_shows_value_or_salt() -> None:
    for shown in (repr(disclosure()), str(disclosure()), f"{disclosure()}"):
        assert HIDDEN not in shown
        assert SALT.hex() not in shown
        assert repr(SALT) not in shown
        assert "asserter.name" in shown


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"ledger": OTHER_LEDGER}, "another ledger"),
        ({"event": OTHER_EVENT}, "another event"),
        ({"slot": "name"}, "another slot"),
    ],
)
def test_a_disclosure_of_another_place_is_refused_though_its_hash_fits(
    place: dict[str, str], reason: str
) -> None:
    data = disclosure().to_bytes()
    asked = {"ledger": LEDGER, "event": EVENT, "slot": "asserter.name"} | place
    with pytest.raises(WrongDisclosure, match=reason) as caught:
        open_commitment(commitment_of(data), data, **asked)
    assert HIDDEN not in str(caught.value)


def test_other_content_does_not_open_a_commitment_and_is_not_shown() -> None:
    commitment = commitment_of(disclosure().to_bytes())
    forged = disclosure("another hidden name").to_bytes()
    with pytest.raises(WrongDisclosure, match="does not fit its commitment") as caught:
        open_commitment(commitment, forged, ledger=LEDGER, event=EVENT, slot="asserter.name")
    assert "hidden" not in str(caught.value)


def test_the_hash_is_compared_before_anything_is_parsed() -> None:
    with pytest.raises(WrongDisclosure, match="does not fit its commitment"):
        open_commitment("00" * 32, b"no json", ledger=LEDGER, event=EVENT, slot="name")


def test_a_commitment_in_upper_case_opens_nothing() -> None:
    data = disclosure().to_bytes()
    with pytest.raises(WrongDisclosure, match="does not fit"):
        open_commitment(commitment_of(data).upper(), data, ledger=LEDGER, event=EVENT, slot="asserter.name")


MALFORMED = {
    "empty": b"",
    "not_json": HIDDEN.encode(),
    "not_utf_8": b"\xff",
    "object": written({"value": HIDDEN})[1:-1],
    "null": b"null",
    "five_members": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", SALT.hex()),
    "seven_members": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", SALT.hex(), HIDDEN, None),
    "other_tag": written("claimledger-disclosure/2", LEDGER, EVENT, "name", SALT.hex(), HIDDEN),
    "no_tag": written(None, LEDGER, EVENT, "name", SALT.hex(), HIDDEN),
    "ledger_upper_case": written(DISCLOSURE_TAG, LEDGER.upper(), EVENT, "name", SALT.hex(), HIDDEN),
    "ledger_null": written(DISCLOSURE_TAG, None, EVENT, "name", SALT.hex(), HIDDEN),
    "event_upper_case": written(DISCLOSURE_TAG, LEDGER, EVENT.upper(), "name", SALT.hex(), HIDDEN),
    "event_integer": written(DISCLOSURE_TAG, LEDGER, 7, "name", SALT.hex(), HIDDEN),
    "slot_empty": written(DISCLOSURE_TAG, LEDGER, EVENT, "", SALT.hex(), HIDDEN),
    "slot_list": written(DISCLOSURE_TAG, LEDGER, EVENT, ["name"], SALT.hex(), HIDDEN),
    "salt_short": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", SALT.hex()[2:], HIDDEN),
    "salt_long": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", SALT.hex() + "00", HIDDEN),
    "salt_upper_case": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", SALT.hex().upper(), HIDDEN),
    "salt_with_spaces": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", SALT.hex(" "), HIDDEN),
    "salt_no_hex": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", "zz" * 16, HIDDEN),
    "salt_null": written(DISCLOSURE_TAG, LEDGER, EVENT, "name", None, HIDDEN),
    "value_float": disclosure(1).to_bytes().replace(b",1]", b",1.0]"),
    "value_too_deep": disclosure(1).to_bytes().replace(b",1]", b"," + b"[" * 16 + b"]" * 17),
    "whitespace": disclosure().to_bytes().replace(b",", b", "),
    "needless_escape": disclosure().to_bytes().replace(b"hidden", b"\\u0068idden"),
    "trailing_newline": disclosure().to_bytes() + b"\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_bytes_are_refused_even_where_their_hash_fits(data: bytes) -> None:
    with pytest.raises(MalformedEvent, match="not the bytes of a disclosure") as read:
        Disclosure.from_bytes(data)
    with pytest.raises(WrongDisclosure, match="no disclosure") as opened:
        open_commitment(commitment_of(data), data, ledger=LEDGER, event=EVENT, slot="name")
    for caught in (read.value, opened.value):
        assert "hidden" not in str(caught)
        assert caught.__context__ is None


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed_or_wrong_and_nothing_else(data: bytes) -> None:
    with pytest.raises(MalformedEvent):
        Disclosure.from_bytes(data)
    with pytest.raises(WrongDisclosure):
        open_commitment(commitment_of(data), data, ledger=LEDGER, event=EVENT, slot="name")


@given(st.lists(VALUES | st.sampled_from([DISCLOSURE_TAG, LEDGER, EVENT, "name", SALT.hex()]), max_size=7))
def test_any_list_reads_back_exactly_or_is_malformed(members: list[JSONValue]) -> None:
    data = encode(members)
    try:
        again = Disclosure.from_bytes(data).to_bytes()
    except MalformedEvent:
        return
    assert again == data


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"hidden": 1.5}, id="float"),
        pytest.param({"hidden": {"hidden": "hidden\ud800"}}, id="lone_surrogate"),
        pytest.param("hidden" * MAX_BYTES, id="too_long"),
    ],
)
def test_a_value_that_cannot_be_written_is_refused_without_a_word_of_it(value: Any) -> None:
    with pytest.raises(InvalidValue, match=r"the value of slot asserter\.name") as caught:
        disclosure(value).to_bytes()
    assert "hidden" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"ledger": "ab"}, "ledger"),
        ({"event": "7"}, "event"),
        ({"slot": "Name"}, "slot"),
        ({"salt": b""}, "16 bytes"),
        ({"salt": bytes(15)}, "16 bytes"),
        ({"salt": SALT.hex()}, "16 bytes"),
    ],
)
def test_a_disclosure_of_wrong_shape_cannot_be_built(members: dict[str, Any], reason: str) -> None:
    shape: dict[str, Any] = {"ledger": LEDGER, "event": EVENT, "slot": "name", "salt": SALT, "value": 1}
    with pytest.raises(InvalidValue, match=reason):
        Disclosure(**shape | members)


def test_a_slot_has_one_of_five_states() -> None:
    assert [str(status) for status in SlotStatus] == [
        "disclosed",
        "withheld",
        "erased",
        "missing",
        "mismatched",
    ]


@given(st.binary(min_size=16, max_size=16))
def test_an_absent_value_is_written_as_every_other_is(salt: bytes) -> None:
    long = Disclosure(ledger=LEDGER, event=EVENT, slot="claim.details", salt=salt, value=None)
    assert absent_bytes(LEDGER, EVENT, "claim.details", salt) == long.to_bytes()
