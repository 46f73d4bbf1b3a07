"""What a denial denies, and which answers contradict it.

1. A denied value holds no rival. It is contradicted by who affirms the same value, or one that *implies* it: "injury of
   the head" against "no injury", "in the city" against "not in that country", "27 June" against "not in June". Never
   the other way round: who affirms the wider thing leaves the narrower one open.
2. A denial of several things at once denies that all of them hold. It is contradicted by a claim that affirms, or
   implies, each of them.
3. A denial is held only against what is said in its own role. A stated role against another, or against none, is not
   comparable, whether the other side affirms or denies.
4. Two denials never contradict one another. They are the same where they deny the same, not comparable where the
   comparator cannot hold what they deny against one another, and compatible otherwise.
5. Where the speaker leaves open what is denied, it contradicts nobody.

==========  ================================================================================================
codes       a list implies one word when it holds that word, or a narrower one, in the same role
numbers     a number implies a range in which it lies whatever it is, of one unit and certainty
dates       a date implies one in which each of its days lies. Of a set of which all hold, one item is enough. Uncertain
            and approximate dates, and dates without a year, imply nothing; nothing implies a season, whose months
            depend on where it is, or a span, which is denied as a whole. A time of day is implied by one inside it, on
            the same day and with the same offset from UTC
entities    a place implies what it is part of, and so does an authority, as far as the parts are of one type; a list
            implies each that it names, all of a group implies the group and each known member; an authority in whose
            custody somebody was implies that it was in custody
words       a list implies each of its words
==========  ================================================================================================
"""

from __future__ import annotations

import datetime
from itertools import product
from typing import Final, TypeAlias

from claimledger.events.dates import Bounds, EdtfDate, When
from claimledger.events.quantities import Quantity

from .answers import Answer
from .compare import (
    Comparison,
    Given,
    PartyValue,
    Relations,
    TermValue,
    Verdict,
    WordValue,
    amount_key,
    date_key,
    in_common,
    measure,
    window,
)

__all__ = ["denied_and_affirmed", "implies", "takes_back", "two_denials"]

Values: TypeAlias = tuple[Given, ...]

_ONE_DAY: Final = datetime.timedelta(days=1)
_OTHER_ROLES: Final = "they speak of different roles, or one of them states none"


def two_denials(found: Comparison, a: Answer, b: Answer, ours: Values, theirs: Values) -> Comparison:
    """How two denials stand to one another.

    Args:
        found: how what they deny compares.
        a: the one denial.
        b: the other.
        ours: what the one denies, under the reading that is tried.
        theirs: what the other denies.
    """
    if found.verdict is Verdict.NOT_COMPARABLE:
        return found
    if found.verdict is Verdict.SAME and a.together == b.together:
        return found
    if _roles_differ(ours, theirs):
        return Comparison(Verdict.NOT_COMPARABLE, _OTHER_ROLES)
    return Comparison(Verdict.COMPATIBLE, "both deny")


def denied_and_affirmed(
    found: Comparison, denial: Answer, answer: Answer, denied: Values, affirmed: Values, relations: Relations
) -> Comparison:
    """How a denial stands to what another claim affirms.

    Args:
        found: how the two values compare.
        denial: the denial.
        answer: what the other claim affirms.
        denied: the value that is denied, or its alternatives, under the reading that is tried.
        affirmed: what is affirmed, likewise.
        relations: what is known of how entities stand to one another.
    """
    if found.verdict is Verdict.NOT_COMPARABLE:
        return found
    is_whole = _affirms_the_rest(answer, denial, relations)
    if found.verdict is Verdict.SAME:
        if not is_whole:
            return Comparison(Verdict.NOT_COMPARABLE, "the denial is of several things together")
        if len(denied) > 1 or _is_unclosed(denied[0]):
            return Comparison(Verdict.NOT_COMPARABLE, "what is denied is left open")
        return Comparison(Verdict.CONTRADICTS, "one affirms what the other denies")
    if is_whole and implies(affirmed, denied, relations):
        return Comparison(Verdict.CONTRADICTS, "what one affirms implies what the other denies")
    if _roles_differ(affirmed, denied):
        return Comparison(Verdict.NOT_COMPARABLE, _OTHER_ROLES)
    return Comparison(Verdict.COMPATIBLE, "a denied value holds no rival value")


def takes_back(new: Answer, old: Answer, relations: Relations) -> bool:
    """Whether a holder that says the one, after it denied or affirmed the other, no longer stands by that one."""
    denial, answer = (new, old) if new.negated else (old, new)
    said_so = _said(new.values) == _said(old.values) or implies(answer.values, denial.values, relations)
    return said_so and _affirms_the_rest(answer, denial, relations)


def _affirms_the_rest(answer: Answer, denial: Answer, relations: Relations) -> bool:
    """Whether the claim of an answer also affirms, or implies, what is denied together with the value."""
    affirmed = dict(answer.whole)
    for property, denied in denial.whole:
        if property == denial.property:
            continue
        stated = affirmed.get(property)
        if stated is None:
            return False
        if _said(stated) != _said(denied) and not implies(stated, denied, relations):
            return False
    return True


def _said(values: Values) -> set[object]:
    """What is said, whatever words stand beside it: "6" and "exactly 6" are the same."""
    return {
        amount_key(value)
        if isinstance(value, Quantity)
        else date_key(value)
        if isinstance(value, When)
        else value
        for value in values
    }


def _is_unclosed(value: Given) -> bool:
    """Whether its speaker did not close the list."""
    return (isinstance(value, TermValue) and value.open) or (
        isinstance(value, PartyValue) and value.form == "open"
    )


def _roles_differ(ours: Values, theirs: Values) -> bool:
    """Whether they name the same in part, and never in one role."""
    sides = [
        [
            TermValue(frozenset({term}))
            for value in side
            if isinstance(value, TermValue)
            for term in value.terms
        ]
        for side in (ours, theirs)
    ]
    met = [{role for one in pair for _, _, role in one.terms} for pair in product(*sides) if in_common(*pair)]
    return bool(met) and all(len(roles) > 1 for roles in met)


def implies(affirmed: Values, denied: Values, relations: Relations) -> bool:
    """Whether who affirms the one says what the denial of the other rules out, be it in a narrower word.

    Args:
        affirmed: the value, or the alternatives that its speaker leaves open: each of them has to imply it.
        denied: the value that is denied. Nothing implies what is left open between alternatives.
        relations: what is known of how entities stand to one another.
    """
    return len(denied) == 1 and all(_implies(one, denied[0], relations) for one in affirmed)


def _implies(affirmed: Given, denied: Given, relations: Relations) -> bool:
    if isinstance(affirmed, TermValue) and isinstance(denied, TermValue):
        return _terms_imply(affirmed, denied)
    if isinstance(affirmed, Quantity) and isinstance(denied, Quantity):
        return measure(affirmed) == measure(denied) and _lies_within(affirmed, denied)
    if isinstance(affirmed, When) and isinstance(denied, When):
        return _date_implies(affirmed, denied)
    if isinstance(affirmed, PartyValue):
        return denied is True or (
            isinstance(denied, PartyValue) and _parties_imply(affirmed, denied, relations)
        )
    if isinstance(affirmed, WordValue) and isinstance(denied, WordValue):
        return len(denied.texts) == 1 and denied.texts <= affirmed.texts
    return False


def _terms_imply(affirmed: TermValue, denied: TermValue) -> bool:
    if denied.open or len(denied.terms) != 1:
        return False
    [(sort, word, role)] = denied.terms
    return (sort, word, role) in affirmed.terms or any(
        one_sort == sort == "code" and one_role == role and one.startswith(f"{word}.")
        for one_sort, one, one_role in affirmed.terms
    )


def _parties_imply(affirmed: PartyValue, denied: PartyValue, relations: Relations) -> bool:
    if denied.form != "named" or len(denied.names) != 1:
        return False
    [name] = denied.names
    if affirmed.form == "all_of":
        return any(name == group or name in relations.members(group) for group in affirmed.names)
    return any(one == name or relations.lies_in(one, name) for one in affirmed.names)


def _lies_within(inner: Quantity, outer: Quantity) -> bool:
    """Whether no number that the one allows is beyond the other; False where the other has no bounds."""
    (low, high), (least, most) = inner.bounds(), outer.bounds()
    if least is None and most is None:
        return False
    from_below = least is None or (
        low is not None and (low > least or (low == least and (inner.low_open or not outer.low_open)))
    )
    from_above = most is None or (
        high is not None and (high < most or (high == most and (inner.high_open or not outer.high_open)))
    )
    return from_below and from_above


def _date_implies(affirmed: When, denied: When) -> bool:
    inner, outer = affirmed.edtf, denied.edtf
    if any(date.approximate or date.uncertain for date in (inner, outer)):
        return False
    if denied.time is not None:
        return _time_implies(affirmed, denied)
    if outer.kind in ("interval", "all_of") or outer.seasonal or outer.bounds == Bounds(None, None):
        return False
    wholes = _joined(outer.parts)
    lies_inside = [any(whole.contains(part) for whole in wholes) for part in _pieces(inner)]
    return any(lies_inside) if inner.kind == "all_of" else all(lies_inside)


def _pieces(date: EdtfDate) -> tuple[Bounds, ...]:
    return date.parts if date.kind in ("one_of", "all_of") else (date.bounds,)


def _joined(parts: tuple[Bounds, ...]) -> list[Bounds]:
    """Stretches of days without the seams between those that touch: 26 and 27 June are the 26th to the 27th."""
    found: list[Bounds] = []
    for part in sorted(parts, key=lambda part: part.earliest or datetime.date.min):
        last = found[-1] if found else None
        if last is None or (
            last.latest is not None
            and part.earliest is not None
            and last.latest < datetime.date.max
            and part.earliest > last.latest + _ONE_DAY
        ):
            found.append(part)
        else:
            if last.latest is not None and (part.latest is None or part.latest > last.latest):
                found[-1] = Bounds(last.earliest, part.latest)
    return found


def _time_implies(affirmed: When, denied: When) -> bool:
    """Whether a time of day lies within a denied one: of one day, by clocks of one offset."""
    inner, outer = window(affirmed), window(denied)
    if inner is None or outer is None or affirmed.value != denied.value:
        return False
    on_one_clock = inner.offset is not None and inner.offset == outer.offset
    return on_one_clock and outer.first <= inner.first and inner.last <= outer.last
