"""Sources say which document is meant; a protected one keeps all that could tell which it is out of signed bytes."""

from __future__ import annotations

import json
from itertools import compress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import Source, SourceRegistered
from claimledger.events.errors import InvalidValue
from claimledger.events.registry import read_body
from claimledger.events.sources import PROTECTED_SOURCE

TITLE = "Talk with Jane Doe"

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
days = st.sampled_from(["2031-05-04", "2031-05", "[..2031-05-04]"])
sources = st.builds(
    Source,
    protected=st.just(True),
    label=st.none() | texts,
    title=st.none() | texts,
    publisher=st.sampled_from([None, "paper", "shared:paper"]),
    via=st.sampled_from([None, "ngo"]),
    url=st.sampled_from([None, "https://example.org/jane"]),
    language=st.sampled_from([None, "ab"]),
    media_type=st.sampled_from([None, "text/plain"]),
    sha256=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    published=st.none() | days,
    retrieved=st.none() | days,
    excluded=st.none() | st.just([{"locator": {"start": 0, "end": 3}, "because": "a greeting"}]),
    handle=st.sampled_from([None, "talk"]),
)


@given(sources, st.data())
def test_a_protected_source_reads_with_whatever_of_it_is_at_hand(source: Source, data: st.DataObject) -> None:
    body = SourceRegistered(name="source-0a1b", source=source)
    public, protected = body.split()
    assert set(public["source"]) <= {"protected", "label", "publisher", "via"}  # type: ignore[arg-type]
    assert set(protected) == {f"source.{slot}" for slot in source.slots}
    assert read_body("source.registered", 1, public, protected, protected) == body
    kept = data.draw(st.lists(st.booleans(), min_size=len(protected), max_size=len(protected)))
    at_hand = {slot: protected[slot] for slot in compress(protected, kept)}
    read = read_body("source.registered", 1, public, at_hand, protected)
    assert isinstance(read, SourceRegistered)
    assert read.split() == (public, {slot: at_hand.get(slot) for slot in protected})


def test_every_slot_of_a_protected_source_is_committed_to_whether_filled_or_not() -> None:
    slots = SourceRegistered(name="s", source=Source(protected=True)).split()[1]
    assert set(slots) == {
        "source.excluded", "source.handle", "source.language", "source.media_type", "source.published",
        "source.retrieved", "source.sha256", "source.title", "source.url",
    }  # fmt: skip
    assert set(slots.values()) == {None}


@pytest.mark.parametrize("protected", [None, False])
def test_any_other_source_is_signed_as_it_is(protected: bool | None) -> None:
    body = SourceRegistered(name="doc", source=Source(title=TITLE, protected=protected))
    assert body.split() == ({"name": "doc", "source": {"title": TITLE}}, {})


def test_only_a_protected_source_may_be_without_a_title() -> None:
    with pytest.raises(InvalidValue, match="needs a title"):
        Source(url="https://example.org/report")


def test_only_a_protected_source_has_a_label_and_a_handle() -> None:
    with pytest.raises(InvalidValue, match="label is for a protected source"):
        Source(title=TITLE, label="a talk")
    with pytest.raises(InvalidValue, match="label is for a protected source"):
        Source(title=TITLE, handle="talk")


def test_readers_see_the_label_of_a_protected_source_and_the_title_of_any_other() -> None:
    assert Source(title=TITLE).shown_as == TITLE
    assert Source(protected=True, title=TITLE, label="a talk").shown_as == "a talk"
    assert Source(protected=True, title=TITLE).shown_as == PROTECTED_SOURCE


def test_a_repr_shows_nothing_that_is_protected() -> None:
    shown = repr(
        Source(protected=True, label="a talk", title=TITLE, url="https://example.org/jane", handle="jane")
    )
    assert "a talk" in shown
    assert "jane" not in shown.lower()
    assert TITLE in repr(Source(title=TITLE))


def test_a_claimed_kind_of_protection_is_no_json_that_reads_otherwise() -> None:
    """Whoever signs ``protected: false`` beside commitments has an event that is shown raw, not half protected."""
    public = {"name": "doc", "source": {"protected": False, "label": "a talk"}}
    read = read_body("source.registered", 1, json.loads(json.dumps(public)), {"source.title": TITLE})
    assert not isinstance(read, SourceRegistered)
