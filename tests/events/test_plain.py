"""Errors of building a value are ours, name the field, and never repeat what was handed in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from claimledger.events import CauseOfDeath, Count, Death, Person, Reply, TextQuote, Voice, When
from claimledger.events.errors import InvalidValue


@pytest.mark.parametrize(
    ("cls", "members", "said"),
    [
        (Death, {"of": "man"}, 'Death: needs "person"; has no "of" (it has person, when, place, in_custody)'),
        (Person, {"label": "x", "nam": "y"}, 'Person: has no "nam"; did you mean "name"?'),
        (CauseOfDeath, {"of": "z", "causes": 3}, "CauseOfDeath: causes must be a list"),
        (
            CauseOfDeath,
            {"of": "z", "causes": {"undecided": ["a b", "c"]}},
            "CauseOfDeath: causes.undecided.0.0.code must be a code such as injury.head",
        ),
        (CauseOfDeath, {"of": "the man"}, "CauseOfDeath: of must be a name, 1 to 64 ASCII"),
        (Count, {"group": "g", "quantity": "lots"}, 'Count: quantity "lots" is no quantity; write a number'),
        (
            Voice,
            {"asserter": "a", "asserted_at": "1 July 2025"},
            'Voice: asserted_at.value "1 July 2025" is not EDTF; write 2025-07-01',
        ),
        (When, {"value": "3 July"}, 'When: value "3 July" is not EDTF'),
    ],
)
def test_a_mistake_is_named_in_plain_words(cls: type[BaseModel], members: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        cls(**members)
    assert str(caught.value).startswith(said)
    assert "pydantic" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    "members",
    [
        {"label": "x", "name": "Secret Name"},
        {"label": "x", "protected": True, "nam": "Secret Name"},
        {"label": "x", "protected": True, "name": ["Secret Name"]},
        {"label": "x", "protected": True, "aliases": "Secret Name"},
    ],
)
def test_a_protected_name_is_in_no_error_text(members: dict[str, object]) -> None:
    with pytest.raises(InvalidValue) as caught:
        Person(**members)  # type: ignore[arg-type]
    assert "Secret" not in str(caught.value)


def test_protected_content_is_in_no_repr() -> None:
    person = Person(
        label="x", protected=True, name="Secret", aliases=["Secret"], contact="Secret", handle="Secret"
    )
    assert "Secret" not in repr(person)
    assert "Secret" not in repr(TextQuote(exact="Secret", prefix="Secret"))


def test_one_claim_stands_for_the_list_of_that_claim() -> None:
    assert Reply(claims="C1", kind="corrects", by="C2") == Reply(claims=["C1"], kind="corrects", by=["C2"])
