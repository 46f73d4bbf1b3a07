"""Entities say which one is meant, and keep a protected person out of signed bytes."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from claimledger.events import EntityRegistered, Group, OneOf, Person, Source, SourceRegistered, Unnamed
from claimledger.events.errors import InvalidValue
from claimledger.events.registry import read_body


def test_nothing_of_a_protected_person_stands_in_signed_bytes() -> None:
    person = Person(
        label="a survivor", protected=True, name="Jane Doe", aliases=["JD"], contact="+1 555", handle="jane"
    )
    public, protected = EntityRegistered(name="person-0a1b", entity=person).split()
    signed = json.dumps(public)
    for secret in ("Jane", "JD", "555", "jane"):
        assert secret not in signed
    assert protected == {
        "entity.aliases": ["JD"],
        "entity.contact": "+1 555",
        "entity.handle": "jane",
        "entity.name": "Jane Doe",
    }
    read = read_body("entity.registered", 1, public, protected)
    assert read == EntityRegistered(name="person-0a1b", entity=person)


def test_a_protected_person_reads_without_the_disclosures_too() -> None:
    person = Person(label="a survivor", protected=True, name="Jane Doe")
    public, _ = EntityRegistered(name="person-0a1b", entity=person).split()
    read = read_body("entity.registered", 1, public, {})
    assert read == EntityRegistered(name="person-0a1b", entity=Person(label="a survivor", protected=True))


def test_an_unprotected_person_has_no_hidden_name() -> None:
    with pytest.raises(InvalidValue, match="for what is protected"):
        Person(label="z", name="Z")


def test_every_slot_of_a_protected_person_is_committed_to_whether_filled_or_not() -> None:
    body = EntityRegistered(name="p", entity=Person(label="a survivor", protected=True))
    assert set(body.split()[1]) == {"entity.aliases", "entity.contact", "entity.handle", "entity.name"}
    assert EntityRegistered(name="p", entity=Unnamed(label="reports")).split()[1] == {}


@pytest.mark.parametrize("candidates", [("z",), ("z", "z"), ()])
def test_one_of_needs_two_different_candidates(candidates: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValue, match="two different candidates"):
        OneOf(label="one", one_of=candidates)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "\u0437", "a" * 65, "shared:", "a\n"])
def test_a_name_is_a_short_ascii_word(name: str) -> None:
    with pytest.raises(InvalidValue):
        Group(label="g", members=[name])


def test_a_source_is_named_by_digest_and_never_contained() -> None:
    source = Source(
        title="a statement",
        sha256="0" * 64,
        published="2025-07-03",
        excluded=[{"locator": {"start": 1, "end": 2}, "because": "a banner"}],  # type: ignore[list-item]
    )
    public, protected = SourceRegistered(name="s", source=source).split()
    assert protected == {}
    assert read_body("source.registered", 1, public, {}) == SourceRegistered(name="s", source=source)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("sha256", "ABC"),
        ("url", "not an address"),
        ("language", "e"),
        ("media_type", "text"),
        ("published", "3 July"),
    ],
)
def test_a_source_member_of_the_wrong_form_is_refused(member: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Source.model_validate({"title": "t", member: value})
