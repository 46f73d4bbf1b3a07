"""The shapes of names: one spelling each, and nothing that only looks like it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.identifiers import is_digest, is_event_id, is_event_type, is_slot, is_stream

DIGEST = "0123456789abcdef" * 4
EVENT = "7d444840-9dc0-4f2a-9b1c-c2a8e5f0d1ab"


@pytest.mark.parametrize(
    ("has_shape", "text"),
    [
        (is_digest, DIGEST),
        (is_stream, EVENT),
        (is_stream, "00000000-0000-0000-0000-000000000000"),
        (is_event_id, EVENT),
        (is_event_type, "claim.recorded"),
        (is_event_type, "org.example.visa_2.refused"),
        (is_slot, "name"),
        (is_slot, "asserter.name_2"),
    ],
)
def test_a_right_name_is_taken(has_shape: Callable[[object], bool], text: str) -> None:
    assert has_shape(text)


@pytest.mark.parametrize(
    ("has_shape", "value"),
    [
        pytest.param(is_digest, DIGEST.upper(), id="digest_upper_case"),
        pytest.param(is_digest, DIGEST[:-1], id="digest_short"),
        pytest.param(is_digest, DIGEST + "0", id="digest_long"),
        pytest.param(is_digest, DIGEST + "\n", id="digest_newline"),
        pytest.param(is_digest, "\u0661" * 64, id="digest_arabic_digits"),
        pytest.param(is_digest, DIGEST.encode(), id="digest_bytes"),
        pytest.param(is_stream, EVENT.upper(), id="stream_upper_case"),
        pytest.param(is_stream, EVENT.replace("-", ""), id="stream_without_dashes"),
        pytest.param(is_stream, "{" + EVENT + "}", id="stream_in_braces"),
        pytest.param(is_stream, "urn:uuid:" + EVENT, id="stream_urn"),
        pytest.param(is_stream, EVENT + "\n", id="stream_newline"),
        pytest.param(is_event_id, "7d444840-9dc0-1f2a-9b1c-c2a8e5f0d1ab", id="event_of_version_1"),
        pytest.param(is_event_id, "7d444840-9dc0-4f2a-cb1c-c2a8e5f0d1ab", id="event_of_other_variant"),
        pytest.param(is_event_id, None, id="event_none"),
        pytest.param(is_event_type, "claim", id="type_of_one_word"),
        pytest.param(is_event_type, "claim.", id="type_with_empty_word"),
        pytest.param(is_event_type, "claim..recorded", id="type_with_two_dots"),
        pytest.param(is_event_type, "Claim.recorded", id="type_upper_case"),
        pytest.param(is_event_type, "claim.1", id="type_word_begins_with_digit"),
        pytest.param(is_event_type, "claim.recorded\n", id="type_newline"),
        pytest.param(is_slot, "", id="slot_empty"),
        pytest.param(is_slot, "1", id="slot_begins_with_digit"),
        pytest.param(is_slot, "Name", id="slot_upper_case"),
        pytest.param(is_slot, "a b", id="slot_space"),
        pytest.param(is_slot, "a/../b", id="slot_path"),
        pytest.param(is_slot, 1, id="slot_integer"),
    ],
)
def test_what_only_looks_like_it_is_not_taken(has_shape: Callable[[object], bool], value: object) -> None:
    assert not has_shape(value)


@given(st.uuids(version=4))
def test_every_random_uuid_is_an_event_id_and_a_stream(value: uuid.UUID) -> None:
    assert is_event_id(str(value))
    assert is_stream(str(value))


@given(st.uuids(version=5))
def test_a_uuid_of_another_version_is_a_stream_but_no_event_id(value: uuid.UUID) -> None:
    assert is_stream(str(value))
    assert not is_event_id(str(value))
