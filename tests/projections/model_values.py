"""The values of the model: plain data, compared by trying every number and every day.

1. A value is a tuple whose first item says what it is: ``number``, ``date``, ``terms``, ``who``, ``words`` or ``flag``.
2. Numbers are the halves from 0 to 100, dates the days of one summer, times the minutes of a day: two values can both
   hold where they share one, and one implies another where all of its own are among those of the other.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from claimledger.events import (
    Act,
    Attribute,
    CauseOfDeath,
    Count,
    Death,
    NoAnswer,
    Quantity,
    Reason,
    Relation,
    Shows,
    Voice,
    When,
)
from claimledger.events.errors import ClaimLedgerError

__all__ = [
    "COMPARED",
    "FIELDS",
    "SUBJECTS",
    "classes_of",
    "open_fields",
    "alternatives_of",
    "compare_dates",
    "compare_numbers",
    "compare_terms",
    "implies",
    "number_or_date",
    "of_other_roles_in_part",
    "openness_of",
    "speak_of_other_things",
    "verdict_of_alternatives",
    "when_said",
]

SPRING: Final = "2025-21"
SUMMER: Final = [datetime.date(2025, 5, 1) + datetime.timedelta(days=day) for day in range(150)]
NUMBERS: Final = [Decimal(half) / 2 for half in range(201)]
COMPARED: Final = {
    "cause_of_death": ("code", True), "manner_of_death": ("code", True), "death": ("code", True),
    "death.when": ("time", True), "death.place": ("entity", True), "death.in_custody": ("entity", True),
    "count": ("range", True), "age": ("range", True), "birth_date": ("time", True), "occupation": ("many", False),
    "by": ("entity", False), "to": ("entity", False), "place": ("entity", True), "when": ("time", True),
    "reason": ("code", False),
    "intent": ("code", True), "cause_of_death.in_custody": ("entity", True), "shows": ("many", False),
    "distributed_by": ("entity", False), "kinship.brother": ("entity", False), "membership": ("entity", False),
}  # fmt: skip
FIELDS: Final[Mapping[type, Mapping[str, str]]] = {
    CauseOfDeath: {
        "causes": "cause_of_death", "manner": "manner_of_death", "in_custody": "cause_of_death.in_custody",
    },
    Death: {"when": "death.when", "place": "death.place", "in_custody": "death.in_custody"},
    Count: {"quantity": "count"},
    Attribute: {"value": "{name}"},
    Act: {"by": "by", "to": "to", "when": "when", "place": "place", "intent": "intent"},
    Reason: {"values": "reason"},
    Relation: {"b": "{kind}"},
    Shows: {"what": "shows", "distributed_by": "distributed_by"},
}  # fmt: skip
SUBJECTS: Final[Mapping[type, str]] = {
    CauseOfDeath: "of", Death: "person", Count: "group", Attribute: "of", Act: "act", Reason: "act", NoAnswer: "of",
    Relation: "a", Shows: "items",
}  # fmt: skip


def openness_of(stated: Any) -> str:
    return (
        "undecided" if hasattr(stated, "undecided") else "either" if hasattr(stated, "either") else "stated"
    )


def alternatives_of(stated: Any) -> tuple[Any, ...]:
    openness = openness_of(stated)
    return (stated,) if openness == "stated" else tuple(getattr(stated, openness))


def number_or_date(property: str, words: Any) -> Quantity | When | None:
    if not isinstance(words, str):
        return None
    try:
        return Quantity.parse(words) if property == "age" else When.model_validate(words)
    except (ValueError, ClaimLedgerError):
        return None


def _days(text: str) -> tuple[set[datetime.date], bool, bool]:
    """The days that a date allows, whether it is hedged, and whether its beginning is open."""
    hedged = text.endswith("~")
    text = text.rstrip("~").removesuffix("-XX")
    if text.startswith("[.."):
        last = datetime.date.fromisoformat(text[3:-1])
        return {day for day in SUMMER if day <= last}, hedged, True
    if text[0] in "[{":
        return {datetime.date.fromisoformat(one) for one in text[1:-1].split(",")}, hedged, False
    if "/" in text:
        first, last = (datetime.date.fromisoformat(one) for one in text.split("/"))
        return {day for day in SUMMER if first <= day <= last}, hedged, False
    if text == SPRING:
        return set(SUMMER), hedged, False
    return {day for day in SUMMER if day.isoformat().startswith(text)}, hedged, False


def _minutes(date: Any) -> set[int] | None:
    """The minutes that a time of day allows, where it has bounds and an offset, and its day is certain."""
    _, text, time = date
    if time is None or not re.fullmatch("2025-[0-9]{2}-[0-9]{2}", text):
        return None
    _, offset, earliest, latest = time
    if offset is None or (earliest is None and latest is None):
        return None
    clock = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
    return {
        minute
        for minute, shown in enumerate(clock)
        if (earliest is None or shown >= earliest) and (latest is None or shown <= latest)
    }


def when_said(voice: Voice) -> tuple[datetime.date | None, datetime.date | None]:
    """The first and last day on which a speaker may have said it; None where that is not certain."""
    when = voice.asserted_at
    if when is None:
        return None, None
    days, hedged, open_start = _days(when.value if isinstance(when, When) else when)
    if hedged:
        return None, None
    return None if open_start else min(days), max(days)


def compare_dates(a: Any, b: Any, single: bool) -> str:
    if a[0] != "date" or b[0] != "date" or (a[1] != b[1] and "XXXX" in a[1] + b[1]):
        return "not_comparable"
    if a[1] == b[1]:
        minutes = [_minutes(one) for one in (a, b)]
        if minutes[0] is None or minutes[1] is None or a[2][1] != b[2][1] or minutes[0] & minutes[1]:
            return "compatible"
        return "contradicts" if single else "compatible"
    (days_a, hedged_a, _), (days_b, hedged_b, _) = _days(a[1]), _days(b[1])
    if days_a & days_b:
        return "compatible"
    return "not_comparable" if hedged_a or hedged_b else "contradicts" if single else "compatible"


def compare_numbers(a: Any, b: Any, single: bool) -> str:
    if a[0] != "number" or b[0] != "number" or a[7:] != b[7:]:
        return "not_comparable"
    found = [_numbers(*one[1:7]) for one in (a, b)]
    if found[0] is None or found[1] is None:
        return "not_comparable"
    return "compatible" if found[0] & found[1] or not single else "contradicts"


def _numbers(
    low: Any, high: Any, point: Any, low_open: bool, high_open: bool, hedge: str | None
) -> set[Decimal] | None:
    """The numbers that a quantity allows; None where it says no bound."""
    if hedge in ("around", "about") or (low is None and high is None and (point is None or hedge)):
        return None
    if point is not None:
        return {Decimal(point)}
    return {
        number
        for number in NUMBERS
        if (low is None or number > Decimal(low) or (number == Decimal(low) and not low_open))
        and (high is None or number < Decimal(high) or (number == Decimal(high) and not high_open))
    }


def _meet(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether two words may mean the same thing in part."""
    if one[:2] == other[:2]:
        return True
    if not one[0] == other[0] == "code":
        return False
    long, short = sorted((one[1].split("."), other[1].split(".")), key=len, reverse=True)
    several = ["injury", "multiple"] in (long, short) and long[0] == short[0] == "injury"
    return long[: len(short)] == short or several


def _of_other_roles(a: Any, b: Any) -> bool:
    ours, theirs = ({term[2] for term in side} - {""} for side in (a, b))
    return bool(ours | theirs) and not ours & theirs


def compare_terms(a: Any, b: Any, single: bool) -> str:
    if a[2] or b[2] or any(_meet(x, y) for x in a[1] for y in b[1]):
        return "compatible"
    if any(term[0] != "code" for term in a[1] | b[1]) or _of_other_roles(a[1], b[1]):
        return "not_comparable"
    return "contradicts" if single else "compatible"


def speak_of_other_things(new: tuple[Any, ...], old: tuple[Any, ...]) -> bool:
    """Whether one holder may well stand by both: other units or certainty, or causes that are links of a chain."""
    measures = [{one[7:] if one[0] == "number" else None for one in side} for side in (new, old)]
    if measures[0].isdisjoint(measures[1]):
        return True
    terms = [{term for one in side if one[0] == "terms" for term in one[1]} for side in (new, old)]
    if not _of_other_roles(*terms):
        return False
    all_stated = all(term[2] for side in terms for term in side)
    return all_stated or not any(_meet(x, y) for x in terms[0] for y in terms[1])


def of_other_roles_in_part(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether each word that both have in part is said in one role here and in another, or none, there."""
    sides = [[term for value in side if value[0] == "terms" for term in value[1]] for side in (a, b)]
    met = [x[2] == y[2] for x in sides[0] for y in sides[1] if _meet(x, y)]
    return bool(met) and not any(met)


Inside: TypeAlias = Callable[[str, str], bool]


def implies(affirmed: tuple[Any, ...], denied: tuple[Any, ...], inside: Inside, belongs: Inside) -> bool:
    """Whether each of what is affirmed comes with the one thing that is denied.

    `inside` says whether the first place or authority is a part of the second, `belongs` whether the first is a member
    of the second.
    """
    return len(denied) == 1 and all(_comes_with(one, denied[0], inside, belongs) for one in affirmed)


def _comes_with(affirmed: Any, denied: Any, inside: Inside, belongs: Inside) -> bool:
    if affirmed[0] == "who" and denied == ("flag", True):
        return True
    if affirmed[0] != denied[0]:
        return False
    if affirmed[0] == "terms" and not denied[2] and len(denied[1]) == 1:
        [(sort, word, role)] = denied[1]
        parts = word.split(".") if sort == "code" else [word]
        return any(
            (one_sort, one_role) == (sort, role)
            and (one.split(".")[: len(parts)] if sort == "code" else [one]) == parts
            for one_sort, one, one_role in affirmed[1]
        )
    if affirmed[0] == "number" and affirmed[7:] == denied[7:]:
        inner, outer = (_numbers(*one[1:7]) for one in (affirmed, denied))
        return inner is not None and outer is not None and inner <= outer
    if affirmed[0] == "date":
        return _date_comes_with(affirmed, denied)
    if affirmed[0] == "who" and denied[2] == "named" and len(denied[1]) == 1:
        [whole] = denied[1]
        also = belongs if affirmed[2] == "all_of" else inside
        if affirmed[2] == "all_of":
            return any(one == whole or also(whole, one) for one in affirmed[1])
        return any(one == whole or also(one, whole) for one in affirmed[1])
    return bool(affirmed[0] == "words" and len(denied[1]) == 1 and denied[1] <= affirmed[1])


def _date_comes_with(affirmed: Any, denied: Any) -> bool:
    (days, hedged, _), (others, other_hedged, _) = (
        (set[datetime.date](), True, False) if "XXXX" in one[1] else _days(one[1])
        for one in (affirmed, denied)
    )
    if hedged or other_hedged:
        return False
    if denied[2] is not None:
        minutes = [_minutes(one) for one in (affirmed, denied)]
        both = minutes[0] is not None and minutes[1] is not None and minutes[0] <= minutes[1]
        return both and affirmed[1] == denied[1] and affirmed[2][1] == denied[2][1]
    if "/" in denied[1] or denied[1][0] == "{" or denied[1] == SPRING:
        return False
    return bool(days & others) if affirmed[1][0] == "{" else days <= others


def verdict_of_alternatives(table: list[list[str]]) -> str:
    """The verdict on what speakers leave open between alternatives."""
    if len(table) == len(table[0]) == 1:
        return table[0][0]
    columns = list(zip(*table, strict=True))
    if all("same" in row for row in (*table, *columns)):
        return "same"
    found = {verdict for row in table for verdict in row}
    if found == {"contradicts"}:
        return "contradicts"
    return "compatible" if found & {"same", "compatible"} else "not_comparable"


def classes_of(names: list[str], same: list[tuple[str, ...]]) -> dict[str, set[str]]:
    """The names that mean the same as each name, itself included."""
    alike = {name: {name} for name in names}
    for _ in names:
        for group in same:
            joined = set().union(*(alike[name] for name in group))
            for name in joined:
                alike[name] = joined
    return alike


def open_fields(body: Any) -> Iterator[tuple[str, int]]:
    """The variables of a claim, with how many alternatives each has."""
    if len(body.voices) > 1:
        yield "voice", len(body.voices)
    if openness_of(body.strength) == "undecided":
        yield "strength", len(alternatives_of(body.strength))
    subject = SUBJECTS.get(type(body.claim))
    if subject is None:
        return
    for field in (subject, *FIELDS.get(type(body.claim), {})):
        stated = getattr(body.claim, field)
        if openness_of(stated) == "undecided" or (field == subject and openness_of(stated) == "either"):
            yield field, len(alternatives_of(stated))
