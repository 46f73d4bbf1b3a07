"""How two answers to one question stand to one another: a closed set of named, pure comparators.

1. The default is `NOT_COMPARABLE`. A contradiction must be proven by a comparator, and says which one and why.
2. Values contradict only where a single one can hold (`single`). Where several can, different values are compatible
   at most.
3. Both values are taken as affirmed. What a denial makes of it stands in `claimledger.projections.denials`.
4. What a speaker leaves open (``either``) contradicts only if every alternative does.

======  ====================================================================================================
code    dotted codes. Same set: same. A common code, one that is a prefix of another, or one that includes its
        siblings (`claimledger.events.codes.INCLUSIVE`): compatible. Disjoint: contradicts where both name one role,
        or neither side states any. A stated role against another, or against none, is not comparable: the two may be
        links of one chain of causes. Acts and texts against codes: not comparable. An open list contradicts nothing.
range   numbers with bounds. 23 contradicts ">= 27", not ">= 23". Hedged or vague numbers ("around 50", "dozens")
        have no bounds and are not comparable, unless they are said alike. Other unit or certainty: not comparable.
time    EDTF. Days that cannot meet contradict, and so do times of one certain day, by clocks of one stated offset, that
        cannot meet; uncertain or approximate dates and open ends prove nothing.
entity  same entity: same. Part and whole: compatible. Different ones contradict where `Relations.apart` proves it.
flag    true or false.
many    several can hold: same or compatible.
text    same words: same. Other words are not comparable.
======  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, TypeAlias

from claimledger.events.codes import INCLUSIVE
from claimledger.events.dates import Bounds, EdtfDate, When, before
from claimledger.events.quantities import Quantity

__all__ = [
    "COMPARATORS",
    "Comparison",
    "Given",
    "PartyValue",
    "Relations",
    "TermValue",
    "Verdict",
    "WordValue",
    "compare",
    "compare_alternatives",
]


class Verdict(StrEnum):
    """How two answers, or two positions, stand to one another."""

    SAME = "same"
    COMPATIBLE = "compatible"
    CONTRADICTS = "contradicts"
    CONDITIONAL = "conditional"
    """Contradicts under some readings, not under all."""
    RELAYS_DIFFER = "relays_differ"
    """Two relays of one statement report it differently."""
    STALE = "stale"
    """One of them is no longer stood by, or rests on what moved on."""
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class TermValue:
    """Codes, acts and texts: (``code`` | ``act`` | ``text``, the word, the role or ""); `order` is as stated."""

    terms: frozenset[tuple[str, str, str]]
    open: bool = False
    order: tuple[tuple[str, str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class PartyValue:
    """Entities by name in force; `form` is ``named``, ``all_of`` or ``open``, `order` is as stated."""

    names: frozenset[str]
    form: str = "named"
    order: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class WordValue:
    """Words as the recorder wrote them; `order` is as stated."""

    texts: frozenset[str]
    order: tuple[str, ...] = field(default=(), compare=False)


Given: TypeAlias = TermValue | PartyValue | WordValue | Quantity | When | bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A verdict and its reason in one line."""

    verdict: Verdict
    why: str


class Relations(Protocol):
    """What is known of how entities stand to one another."""

    def related(self, a: str, b: str) -> bool:
        """Whether one is part or member of the other."""

    def apart(self, a: str, b: str) -> str | None:
        """Why they exclude one another, or None where that is not known."""

    def lies_in(self, part: str, whole: str) -> bool:
        """Whether what is said of the one, as a place or as who acted, holds of the other around it too."""

    def members(self, name: str) -> tuple[str, ...]:
        """The known members of a group."""


def _same(why: str = "the same answer") -> Comparison:
    return Comparison(Verdict.SAME, why)


def _fits(why: str) -> Comparison:
    return Comparison(Verdict.COMPATIBLE, why)


def _clash(why: str) -> Comparison:
    return Comparison(Verdict.CONTRADICTS, why)


def _apart(why: str) -> Comparison:
    return Comparison(Verdict.NOT_COMPARABLE, why)


def _code(a: Given, b: Given, single: bool, _: Relations) -> Comparison:
    if not isinstance(a, TermValue) or not isinstance(b, TermValue):
        return _apart("one is no list of codes")
    if a == b:
        return _same()
    if a.open or b.open:
        return _fits("a list that its speaker left open excludes nothing")
    common = in_common(a, b)
    if common is not None:
        return _fits(common)
    codes_a, codes_b = ({word for sort, word, _ in side.terms if sort == "code"} for side in (a, b))
    if any(sort != "code" for side in (a, b) for sort, _, _ in side.terms):
        return _apart("acts and texts are not held against other words")
    roles_a, roles_b = ({role for _, _, role in side.terms if role} for side in (a, b))
    if (roles_a or roles_b) and not roles_a & roles_b:
        return _apart(
            "they speak of different roles"
            if roles_a and roles_b
            else "one states a role and the other none: they may be links of one chain"
        )
    if not single:
        return _fits("several answers can hold together")
    return _clash(f"{', '.join(sorted(codes_a))} and {', '.join(sorted(codes_b))} have nothing in common")


def in_common(a: TermValue, b: TermValue) -> str | None:
    """Why two lists may well mean the same thing in part, whatever the roles; None where no word says so."""
    words_a, words_b = (sorted({(sort, word) for sort, word, _ in side.terms}) for side in (a, b))
    if not set(words_a).isdisjoint(words_b):
        return "they name the same in part"
    for sort, one in words_a:
        for other_sort, other in words_b:
            if not sort == other_sort == "code":
                continue
            if one.startswith(f"{other}.") or other.startswith(f"{one}."):
                return f"one of {one} and {other} is the narrower word"
            if _includes(one, other) or _includes(other, one):
                return f"one of {one} and {other} includes the other"
    return None


def _includes(code: str, other: str) -> bool:
    """Whether a code says "several of these", and the other one is one of these."""
    return code in INCLUSIVE and other.startswith(f"{code.rpartition('.')[0]}.")


def _range(a: Given, b: Given, single: bool, _: Relations) -> Comparison:
    if not isinstance(a, Quantity) or not isinstance(b, Quantity):
        return _apart("one is no quantity")
    if measure(a)[0] != measure(b)[0]:
        return _apart("different units")
    if a.certainty != b.certainty:
        if None in (a.certainty, b.certainty):
            return _apart(
                "one states how certain the number is (confirmed, presumed), and the other does not"
            )
        return _apart("one is confirmed and the other presumed")
    if (a.exact and a.point == b.point and b.exact) or amount_key(a) == amount_key(b):
        return _same()
    (low_a, high_a), (low_b, high_b) = a.bounds(), b.bounds()
    if (low_a is None and high_a is None) or (low_b is None and high_b is None):
        return _apart("a hedged or vague number has no bounds")
    if _below(high_a, a.high_open, low_b, b.low_open) or _below(high_b, b.high_open, low_a, a.low_open):
        return _clash("no number lies within both") if single else _fits("several answers can hold together")
    return _fits("some number lies within both")


def measure(quantity: Quantity) -> tuple[str, str | None]:
    """What is counted, and how certain it is; a number without a unit counts persons, as most do."""
    return quantity.unit or "person", quantity.certainty


def _below(high: Decimal | None, high_open: bool, low: Decimal | None, low_open: bool) -> bool:
    if high is None or low is None:
        return False
    return high < low or (high == low and (high_open or low_open))


def amount_key(quantity: Quantity) -> str:
    """What a quantity says, without the words in which it was found."""
    unsaid = {"verbatim", "unit"} if quantity.unit == "person" else {"verbatim"}
    return quantity.model_dump_json(exclude=unsaid, exclude_none=True)


def date_key(when: When) -> str:
    """What a date says, without the words beside it and what it was inferred from."""
    return when.model_dump_json(include={"value", "time"}, exclude_none=True)


def _time(a: Given, b: Given, single: bool, _: Relations) -> Comparison:
    if not isinstance(a, When) or not isinstance(b, When):
        return _apart("one is no date")
    if date_key(a) == date_key(b):
        return _same()
    first, second = a.edtf, b.edtf
    if first.text == second.text:
        return _clock(a, b, single)
    if _unbounded(first.bounds) or _unbounded(second.bounds):
        return _apart("a date without a year or other bounds")
    if not all(before(x, y) or before(y, x) for x in _parts(first) for y in _parts(second)):
        return _fits("some day lies within both")
    if first.approximate or first.uncertain or second.approximate or second.uncertain:
        return _apart("how far an approximate or uncertain date may be off is not stated")
    return _clash("no day lies within both") if single else _fits("several answers can hold together")


def _clock(a: When, b: When, single: bool) -> Comparison:
    """One date, with other times of day."""
    ours, theirs = window(a), window(b)
    if ours is None or theirs is None:
        return _fits("the same date")
    if None in (ours.offset, theirs.offset) or ours.offset != theirs.offset:
        return _fits(
            "the same date; times of day without one offset from UTC are not held against one another"
        )
    if single and (ours.last < theirs.first or theirs.last < ours.first):
        return _clash("no time of that day lies within both")
    return _fits("the same date")


class Window(NamedTuple):
    """A stretch of one day, as ``HH:MM:SS``, both ends included, on a clock of some offset from UTC."""

    offset: str | None
    first: str
    last: str


def window(when: When) -> Window | None:
    """Between which times of a day something was; None where no bound, or no one certain day, is stated."""
    date, time = when.edtf, when.time
    if time is None or (time.earliest is None and time.latest is None):
        return None
    one_day = date.kind == "day" and date.bounds.earliest == date.bounds.latest is not None
    if not one_day or date.approximate or date.uncertain:
        return None
    first, last = time.earliest or "00:00", time.latest or "23:59"
    return Window(time.offset, f"{first}:00"[:8], f"{last}:59"[:8])


def _unbounded(bounds: Bounds) -> bool:
    return bounds.earliest is None and bounds.latest is None


def _parts(date: EdtfDate) -> tuple[Bounds, ...]:
    return date.parts if date.kind in ("one_of", "all_of") else (date.bounds,)


def _entity(a: Given, b: Given, single: bool, relations: Relations) -> Comparison:
    if isinstance(a, bool) or isinstance(b, bool):
        if isinstance(a, bool) and isinstance(b, bool):
            return _flag(a, b, single, relations)
        stated = a if isinstance(a, bool) else b
        return _fits("one says only that it is so") if stated else _clash("one says that there is none")
    if not isinstance(a, PartyValue) or not isinstance(b, PartyValue):
        return _apart("one is no entity")
    if a == b:
        return _same()
    if a.names & b.names:
        return _fits("they name the same in part")
    if any(relations.related(x, y) for x in a.names for y in b.names):
        return _fits("one is part of the other")
    if single and len(a.names) == len(b.names) == 1 and a.form == b.form == "named":
        reason = relations.apart(min(a.names), min(b.names))
        if reason is not None:
            return _clash(reason)
    return _apart("nothing recorded says that one excludes the other")


def _flag(a: Given, b: Given, single: bool, _: Relations) -> Comparison:
    if not isinstance(a, bool) or not isinstance(b, bool):
        return _apart("one is neither true nor false")
    if a == b:
        return _same()
    return _clash("one says yes, the other no") if single else _fits("several answers can hold together")


def _many(a: Given, b: Given, _single: bool, _: Relations) -> Comparison:
    return _same() if _alike(a, b) else _fits("several answers can hold together")


def _text(a: Given, b: Given, _single: bool, _: Relations) -> Comparison:
    return _same() if _alike(a, b) else _apart("texts in other words are not held against one another")


def _alike(a: Given, b: Given) -> bool:
    return type(a) is type(b) and a == b


COMPARATORS: Final[Mapping[str, Callable[[Given, Given, bool, Relations], Comparison]]] = MappingProxyType(
    {
        "code": _code,
        "range": _range,
        "time": _time,
        "entity": _entity,
        "flag": _flag,
        "many": _many,
        "text": _text,
    }
)
"""The closed set of comparators, by the name that `Answers.by` gives."""


def compare(by: str, a: Given, b: Given, *, single: bool, relations: Relations) -> Comparison:
    """Compare two affirmed values.

    Args:
        by: the comparator's name; one that is not known here compares nothing.
        a: the one value.
        b: the other.
        single: whether only one value can hold.
        relations: what is known of how entities stand to one another.
    """
    comparator = COMPARATORS.get(by)
    if comparator is None:
        return _apart(f"no comparator {by} is known here")
    return comparator(a, b, single, relations)


def compare_alternatives(
    by: str, a: tuple[Given, ...], b: tuple[Given, ...], *, single: bool, relations: Relations
) -> Comparison:
    """Compare what speakers leave open between alternatives; one alternative is a plain value."""
    if len(a) == len(b) == 1:
        return compare(by, a[0], b[0], single=single, relations=relations)
    table = [[compare(by, x, y, single=single, relations=relations).verdict for y in b] for x in a]
    verdicts = {verdict for row in table for verdict in row}
    if all(Verdict.SAME in row for row in table) and all(
        Verdict.SAME in row for row in zip(*table, strict=True)
    ):
        return _same()
    if verdicts == {Verdict.CONTRADICTS}:
        return _clash("every alternative that is left open contradicts")
    if verdicts & {Verdict.SAME, Verdict.COMPATIBLE}:
        return _fits("an alternative that is left open fits")
    return _apart("not every alternative that is left open contradicts")
