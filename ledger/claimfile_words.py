"""How claim files talk to people: what a field takes, and what pydantic found, in plain words without the value."""

from __future__ import annotations

from typing import Final

from pydantic_core import ErrorDetails

from claimledger.events.codes import codes_of
from claimledger.events.dates import When
from claimledger.events.quantities import Quantity

from .claimfile_shapes import AnyOf, Choice, Code, Keyed, Record, Reference, Several, Shape, Truth, Whole

__all__ = ["NAME_RULE", "codes_hint", "describe", "form_of", "plain_words", "with_article"]

NAME_RULE: Final = (
    'a name is 1 to 64 ASCII letters, digits, ".", "_" and "-", and begins with a letter or digit'
)
_PLAIN: Final = {
    "string_too_long": "is too long; at most {max_length} characters",
    "string_too_short": "is too short; at least {min_length} characters",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "int_parsing": "is no whole number",
    "bool_parsing": "is neither true nor false",
    "float_parsing": "is no number",
    "decimal_parsing": "is no number",
    "date_from_datetime_parsing": "is no date; write it as 2025-07-03",
}
_FORMS: Final = {
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": NAME_RULE.replace("a name is", "a name,"),
    r"^[a-z][a-z0-9+.-]*:\S+$": "an address such as https://example.org/report",
    r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$": "a language tag such as en or de-AT",
    r"^[a-z]+/[a-z0-9.+-]+(;.*)?$": "a media type such as text/html",
    r"^[0-9a-f]{64}$": "64 lowercase hex digits",
}


def describe(shape: Shape) -> str:
    """What a shape takes, in words."""
    match shape:
        case Reference(what):
            return f"the name of {with_article(what)}"
        case Code(listing):
            return f"a code (claimledger schema --codes {listing})"
        case Choice(words):
            return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
        case Truth():
            return "true or false"
        case Whole():
            return "a whole number"
        case Several(item):
            return f"a list, each {describe(item)}"
        case Record(model=model):
            if model is When:
                return "an EDTF date"
            if model is Quantity:
                return "a quantity such as 6, around 50 or at least 8"
            if shape.bare is not None:
                return describe(shape.bare)
            return f"a table of {', '.join(shape.fields)}"
        case AnyOf(options):
            # Undecided and either go with every field: not named, so that the line stays readable.
            plain = dict.fromkeys(describe(option) for option in options if not _is_openness(option))
            return " or ".join(plain)
    return "a table" if isinstance(shape, Keyed) else "a text"


def codes_hint(listing: str | None) -> str:
    """Where the codes of a list are shown."""
    known = listing is not None and codes_of(listing) is not None
    return f" (codes: claimledger schema --codes {listing})" if known else ""


def plain_words(error: ErrorDetails) -> str:
    """What pydantic found, in plain words and without the value."""
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    template = _PLAIN.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else "does not fit this field"


def form_of(pattern: str) -> str:
    """What a text of some pattern looks like."""
    return _FORMS.get(pattern, f"text of the form {pattern}")


def with_article(word: str) -> str:
    """A word with its indefinite article."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _is_openness(shape: Shape) -> bool:
    return isinstance(shape, Record) and bool({"undecided", "either", "open"} & shape.fields.keys())
