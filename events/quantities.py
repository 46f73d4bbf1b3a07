"""Quantities as they were said: numbers, the hedge on them, and no precision that nobody stated.

The rules:

1. A quantity states something: a number, a hedge, or both. Nothing is ever added up or converted.
2. Exact is a point without a hedge: "6". A hedged point has no bounds: "around 50" is point 50, "around",
   and proves nothing about 49.
3. "At least 8" is low 8; "up to 5" is high 5; "more than 3" is low 3 with that end open, for whether the next
   value is 4 or 3.1 depends on what is counted. "3 to 5" is low 3, high 5.
4. "Dozens", "several", "many" are hedges without a number, and stay so.
5. Whole numbers are ints, others decimal strings in one canonical form ("1.5", never "1.50" or 1.5): signed
   bytes hold no floats. From 0 to 2^53-1, as in the signed JSON.
6. The words given are kept in `Quantity.verbatim`. Words outside the list of forms are refused, not guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    field_validator,
    model_validator,
)

from .date_hints import shown
from .errors import InvalidValue
from .plain import PlainModel

__all__ = ["Number", "Quantity"]

MAX_WHOLE: Final = 2**53 - 1
MAX_WORDS: Final = 200

_CANONICAL: Final = re.compile(r"[0-9]{1,16}(\.[0-9]{1,15})?")


def _number(value: object) -> object:
    """A whole number as an int, another as its shortest decimal text; floats and the rest are refused."""
    if value is None:
        return None
    if isinstance(value, float):
        raise InvalidValue('a float cannot be signed; write it as text, such as "1.5"')
    if isinstance(value, int) and not isinstance(value, bool):
        whole: int | str = value
    elif isinstance(value, str) and _CANONICAL.fullmatch(value):
        integer, _, fraction = value.partition(".")
        fraction = fraction.rstrip("0")
        whole = f"{int(integer)}.{fraction}" if fraction else int(integer)
    else:
        raise InvalidValue('a number is a whole number or decimal text such as "1.5", without sign or spaces')
    if not 0 <= Decimal(whole) <= MAX_WHOLE:
        raise InvalidValue(f"a number lies between 0 and {MAX_WHOLE}")
    return whole


Number: TypeAlias = Annotated[StrictInt | StrictStr, BeforeValidator(_number)]
_Text: TypeAlias = Annotated[StrictStr, Field(min_length=1)]

_WORDS_FOR_NUMBERS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
_SINGULAR: Final = ("second", "minute", "hour", "day", "week", "month", "year", "person")
_UNITS: Final = (
    {unit: unit for unit in _SINGULAR} | {f"{unit}s": unit for unit in _SINGULAR} | {"people": "person"}
)
# Hedges in front of a number that make it a bound, and whether they leave the number itself out.
_FROM_BELOW: Final = {
    "at least": False,
    "no fewer than": False,
    "no less than": False,
    "not less than": False,
    "more than": True,
    "over": True,
    "above": True,
}
_FROM_ABOVE: Final = {
    "at most": False,
    "up to": False,
    "no more than": False,
    "not more than": False,
    "less than": True,
    "fewer than": True,
    "under": True,
    "below": True,
}
_AFTER_LOW: Final = {"or more": False}
_AFTER_HIGH: Final = {"or fewer": False, "or less": False}
_ABOUT: Final = frozenset(
    {"about", "almost", "approximately", "around", "circa", "close to", "nearly", "roughly", "some"}
)
_VAGUE: Final = frozenset(
    {
        "a couple",
        "a few",
        "a handful",
        "a number",
        "an unknown number",
        "dozens",
        "few",
        "hundreds",
        "many",
        "numerous",
        "scores",
        "several",
        "some",
        "tens",
        "thousands",
        "unknown number",
    }
)
_FORMS: Final = (
    "write a number (6, six, 1.5, 1,000), at least 8, more than 3, up to 5, fewer than 5, 3 to 5, "
    'around 50, 8 or 9, dozens, several, many; and a unit after it (second to year, people), or as "unit"'
)


class Quantity(PlainModel):
    """How many, or how much, in the precision that was stated. Text or an int will do where one is taken.

    Attributes:
        low: The least that was stated; included unless `low_open`.
        high: The most that was stated; included unless `high_open`.
        point: The one number that was stated; never beside low or high.
        low_open: ``low`` itself is excluded, as in "more than 3".
        high_open: ``high`` itself is excluded, as in "fewer than 5".
        qualifier: The hedge as it was said, in lower case: "around", "at least", "dozens".
        unit: What is counted or measured, singular, lower case: "hour", "person".
        certainty: Whether the speaker calls the number confirmed or presumed.
        verbatim: The words of the source, or those that the quantity was parsed from.

    Example:
        >>> Quantity.parse("at least 8 people").bounds()
        (Decimal('8'), None)
        >>> Quantity.parse("around 50").bounds()
        (None, None)
    """

    low: Number | None = None
    high: Number | None = None
    point: Number | None = None
    low_open: bool = Field(default=False, exclude_if=lambda is_open: not is_open)
    high_open: bool = Field(default=False, exclude_if=lambda is_open: not is_open)
    qualifier: _Text | None = None
    unit: _Text | None = None
    certainty: Literal["confirmed", "presumed"] | None = None
    verbatim: _Text | None = None

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read a quantity from English words.

        Args:
            text: Such as ``6``, ``about 1 hour``, ``at least 8``, ``between 3 and 5``, ``dozens of people``.

        Returns:
            What was stated, with the text in ``verbatim``.

        Raises:
            InvalidValue: None of the forms read here; the message lists them.
        """
        try:
            return cls.model_validate({**_read(text), "verbatim": text})
        except ValidationError as refused:
            reasons = [error["msg"].removeprefix("Value error, ") for error in refused.errors()]
            raise InvalidValue(f"{shown(text)}: {'; '.join(reasons)}") from None

    @model_validator(mode="before")
    @classmethod
    def _takes_bare_text_or_number(cls, given: object) -> object:
        if isinstance(given, str):
            return {**_read(given), "verbatim": given}
        if isinstance(given, int | float):
            return {"point": given}
        return given

    @field_validator("qualifier")
    @classmethod
    def _is_in_lower_case(cls, value: str | None) -> str | None:
        return None if value is None else _plain(value)

    @field_validator("unit")
    @classmethod
    def _is_one_unit(cls, value: str | None) -> str | None:
        if value is None:
            return None
        unit = _plain(value)
        return _UNITS.get(unit, unit)

    @model_validator(mode="after")
    def _is_consistent(self) -> Quantity:
        low, high = self.low, self.high
        if self.point is None and low is None and high is None and self.qualifier is None:
            raise InvalidValue(f"a quantity says nothing; {_FORMS}")
        if self.point is not None and (low is not None or high is not None):
            raise InvalidValue("a quantity has a point, or low and high, never both")
        if (self.low_open and low is None) or (self.high_open and high is None):
            raise InvalidValue("low_open needs low, and high_open needs high")
        if low is not None and high is not None:
            least, most = Decimal(low), Decimal(high)
            if least > most or (least == most and (self.low_open or self.high_open)):
                raise InvalidValue(f"a quantity runs backwards: nothing lies between {low} and {high}")
        self._fits_its_hedge()
        return self

    def _fits_its_hedge(self) -> None:
        """Refuse numbers that say other than their hedge: point 8 with "at least" would lose the bound."""
        for side, bound, is_open, hedges in (
            ("low", self.low, self.low_open, _FROM_BELOW | _AFTER_LOW),
            ("high", self.high, self.high_open, _FROM_ABOVE | _AFTER_HIGH),
        ):
            if self.qualifier in hedges and (bound is None or is_open is not hedges[self.qualifier]):
                needs = f"{side} and {side}_open" if hedges[self.qualifier] else f"{side}, not {side}_open"
                raise InvalidValue(f'"{self.qualifier}" needs {needs}')

    @property
    def exact(self) -> bool:
        """Whether one number was stated, without a hedge."""
        return self.point is not None and self.qualifier is None

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the most that it may be; None where nothing proves one.

        Included, unless `low_open` or `high_open` says otherwise. A hedged point, a range that is itself
        hedged ("about 3 to 5") and a hedge without a number have none.
        """
        if self.exact and self.point is not None:
            return Decimal(self.point), Decimal(self.point)
        if self.qualifier in _ABOUT:
            return None, None
        return (
            None if self.low is None else Decimal(self.low),
            None if self.high is None else Decimal(self.high),
        )


def _plain(text: str) -> str:
    """Lower case, single spaces: how hedges and units are compared."""
    plain = " ".join(text.lower().split())
    if not plain:
        raise InvalidValue("a hedge or unit is blank; leave the field out")
    return plain


def _read(text: str) -> dict[str, Any]:
    """The fields that some English words state."""
    if len(text) > MAX_WORDS:
        raise InvalidValue(f"a quantity of {len(text)} characters is too long; at most {MAX_WORDS}")
    words = text.lower().replace("\u2013", "-").split()
    unit = _UNITS.get(words[-1]) if words else None
    if unit:
        words = words[:-1]
        words[-1:] = ["one" if word in ("a", "an") else word for word in words[-1:]]
    said = " ".join(words)
    fields = _vague(said) or _hedged(said) or _range(said) or _point(said)
    if fields is None:
        raise InvalidValue(f"{shown(text)} is no quantity; {_FORMS}")
    return {**fields, "unit": unit} if unit else fields


def _vague(said: str) -> dict[str, Any] | None:
    hedge = said.removesuffix(" of")
    return {"qualifier": hedge} if hedge in _VAGUE else None


def _hedged(said: str) -> dict[str, Any] | None:
    """A number, or a range, with a hedge in front of it or after it."""
    for side, hedges in (("low", _FROM_BELOW), ("high", _FROM_ABOVE)):
        for hedge, is_open in hedges.items():
            if said.startswith(hedge + " ") and (number := _figure(said[len(hedge) + 1 :])) is not None:
                bound = {side: number, "qualifier": hedge}
                return {**bound, f"{side}_open": True} if is_open else bound
    for side, after in (("low", _AFTER_LOW), ("high", _AFTER_HIGH)):
        for hedge in after:
            if said.endswith(" " + hedge) and (number := _figure(said[: -len(hedge) - 1])) is not None:
                return {side: number, "qualifier": hedge}
    for hedge in _ABOUT:
        if said.startswith(hedge + " "):
            rest = said[len(hedge) + 1 :]
            fields = _range(rest) or _point(rest)
            return {**fields, "qualifier": hedge} if fields else None
    return None


def _range(said: str) -> dict[str, Any] | None:
    for form in (
        r"between (.+) and (.+)",
        r"from (.+) to (.+)",
        r"([^ ]+) to ([^ ]+)",
        r"([^ ]+) ?- ?([^ ]+)",
    ):
        if found := re.fullmatch(form, said):
            low, high = _figure(found[1]), _figure(found[2])
            return None if low is None or high is None else {"low": low, "high": high}
    if found := re.fullmatch(r"([^ ]+) or ([^ ]+)", said):
        low, high = _figure(found[1]), _figure(found[2])
        if isinstance(low, int) and isinstance(high, int):
            if high != low + 1:
                raise InvalidValue(
                    f'"{low} or {high}" leaves out what lies between; write either: [{low}, {high}]'
                )
            return {"low": low, "high": high}
    return None


def _point(said: str) -> dict[str, Any] | None:
    number = _figure(said.removeprefix("exactly "))
    return None if number is None else {"point": number}


def _figure(said: str) -> int | str | None:
    """A number in figures or as a word, one to twelve."""
    if said in _WORDS_FOR_NUMBERS:
        return _WORDS_FOR_NUMBERS[said]
    if re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", said):
        plain = said.replace(".", "")
        raise InvalidValue(f'"{said}" may be thousands or a fraction; write {int(plain)}, or point: "{said}"')
    figures = said.replace(",", "") if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", said) else said
    if not _CANONICAL.fullmatch(figures):
        return None
    number = _number(figures)
    return number if isinstance(number, int | str) else None
