"""Values as data and as readers see them. Both say what was stated and no more: a vague number stays vague."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from claimledger.events.claims import ClaimContent
from claimledger.events.dates import When, parse_edtf
from claimledger.events.quantities import Quantity

from .compare import Given, PartyValue, TermValue, WordValue

__all__ = [
    "as_put",
    "date_in_words",
    "date_text",
    "folded",
    "inferred_in_words",
    "property_in_words",
    "scoped_in_words",
    "value_as_json",
    "value_in_words",
]


def property_in_words(property: str) -> str:
    """A property in words: ``cause_of_death`` reads "cause of death"."""
    return property.replace("_", " ").replace(".", " ")


def value_as_json(value: Given) -> dict[str, Any]:
    """A value as data: one member that says what it is (terms, entities, texts, quantity, when or flag)."""
    if isinstance(value, bool):
        return {"flag": value}
    if isinstance(value, TermValue):
        terms = [{sort: word, **({"role": role} if role else {})} for sort, word, role in sorted(value.terms)]
        return {"terms": terms, "open": True} if value.open else {"terms": terms}
    if isinstance(value, PartyValue):
        return {"entities": sorted(value.names), **({} if value.form == "named" else {"form": value.form})}
    if isinstance(value, WordValue):
        return {"texts": sorted(value.texts)}
    dumped: dict[str, Any] = value.model_dump(mode="json", exclude_none=True)
    return {"quantity": dumped} if isinstance(value, Quantity) else {"when": dumped}


def value_in_words(value: Given, label: Callable[[str], str]) -> str:
    """A value as readers see it, in a few words.

    Args:
        value: the value.
        label: gives the label of an entity.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, TermValue):
        words = ", ".join(_term_in_words(term, label) for term in value.order or sorted(value.terms))
        return f"{words}, ..." if value.open else words
    if isinstance(value, PartyValue):
        words = " and ".join(label(name) for name in value.order or sorted(value.names))
        return (
            f"all of {words}"
            if value.form == "all_of"
            else f"{words}, ..."
            if value.form == "open"
            else words
        )
    if isinstance(value, WordValue):
        return ", ".join(value.order or sorted(value.texts))
    return _amount_in_words(value) if isinstance(value, Quantity) else _moment_in_words(value)


def scoped_in_words(text: str, answer: Mapping[str, Any], label: Callable[[str], str]) -> str:
    """An answer with its scope: "37 [as of 2017-06-15]". Without the days, numbers of two days seem to clash.

    Args:
        text: the answer in a few words.
        answer: the same as data, which has its scope (field to content) where it has one.
        label: what readers see for a name.
    """
    scope = [
        f"{field.replace('_', ' ')} {', '.join(map(label, stated.split(', ')))}"
        for field, stated in answer.get("scope", {}).items()
    ]
    return f"{text} [{'; '.join(scope)}]" if scope else text


def inferred_in_words(value: Given, label: Callable[[str], str]) -> str:
    """A value as `value_in_words` has it; a date that the recorder inferred says so, and from what."""
    said = value_in_words(value, label)
    if isinstance(value, When) and value.basis is not None:
        said += f" (inferred: {value.basis})"
    return said


def _moment_in_words(when: When) -> str:
    """A date, and the time of day beside it where one is stated."""
    day, time = date_in_words(when), when.time
    if time is None:
        return day
    clock = " to ".join(dict.fromkeys(one for one in (time.earliest, time.latest) if one is not None))
    if time.earliest is None or time.latest is None:
        clock = f"from {clock}" if time.earliest else f"until {clock}" if time.latest else ""
    return " ".join(part for part in (day, clock or time.verbatim, time.offset) if part)


def _term_in_words(term: tuple[str, str, str], label: Callable[[str], str]) -> str:
    sort, word, role = term
    said = (
        label(word)
        if sort == "act"
        else word.replace("_", " ").replace(".", ": ")
        if sort == "code"
        else word
    )
    return f"{said} ({role})" if role else said


def _amount_in_words(amount: Quantity) -> str:
    if amount.verbatim is not None:
        return amount.verbatim if amount.certainty is None else f"{amount.verbatim} ({amount.certainty})"
    numbers = [str(number) for number in (amount.point, amount.low, amount.high) if number is not None]
    words = [
        amount.qualifier,
        " to ".join(numbers),
        amount.unit,
        f"({amount.certainty})" if amount.certainty else None,
    ]
    return " ".join(word for word in words if word)


def folded(text: str) -> str:
    """Text as it is looked for: in any letter case, with or without the dot of the Azerbaijani and Turkish i."""
    return unicodedata.normalize("NFC", text).replace("\u0130", "i").replace("\u0131", "i").casefold()


def date_text(when: When | str | None) -> str | None:
    """The EDTF text of a date, None where none is stated."""
    return when.value if isinstance(when, When) else when


def date_in_words(when: When | str | None) -> str:
    """A date for a column of dates: ``[..2025-07-03]`` reads as at most that day."""
    text = date_text(when)
    if text is None:
        return ""
    date = parse_edtf(text)
    if date.kind != "one_of" or date.text.count("..") != 1 or "," in date.text:
        return date.text.replace("/", " to ")
    first, last = date.text[1:-1].split("..")
    return f"\u2264 {last}" if not first else f"\u2265 {first}" if not last else f"{first} \u2013 {last}"


def as_put(said: str, content: ClaimContent, strengths: tuple[str, ...]) -> str:
    """What was said as its speaker put it: denied or not, how firmly, and with which hedges.

    Args:
        said: the claim's answers or text, in words.
        content: the claim as recorded.
        strengths: how firmly it is put; several where that is open.
    """
    if content.polarity == "negated":
        said = f"not {said}"
    if strengths != ("asserted",):
        said = f"{said} ({' or '.join(strengths)})"
    if content.hedges:
        quoted = ", ".join(f'"{hedge}"' for hedge in content.hedges)
        said = f"{said} [{quoted}]"
    return said
