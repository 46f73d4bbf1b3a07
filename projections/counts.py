"""Numbers over time: who said how many, when, and how that was later said otherwise.

1. A row is one number as one holder stated it: low, high and point exactly as said. "Dozens" has none of them, and
   gets none. Nothing is ever added up, averaged or carried over; parts and wholes stay side by side.
2. A series is all that one holder said of one quantity with one certainty (confirmed, presumed, or neither) and one
   unit, in the order in which it was said; what was said on no known day comes last.
3. Rows that are withdrawn, retracted, corrected or superseded stay, marked.
4. Alternatives that the reader cannot decide, or that the speaker leaves open, are a row each, marked so.
"""

from __future__ import annotations

import builtins
import datetime
from dataclasses import dataclass
from typing import Any, TypeAlias

from claimledger.events.dates import parse_edtf
from claimledger.events.quantities import Number, Quantity

from .case import CaseState
from .positions import Holding, Position
from .questions import Question, natural
from .reading import OfCaseState
from .standing import ClaimStatus

__all__ = ["CountRow", "CountSeries", "Counts"]

_SeriesKey: TypeAlias = tuple[tuple[str, ...], str, str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class CountRow:
    """One number, as one holder stated it.

    Attributes:
        entity: whose number it is, by name in force; several names where it is of them together.
        label: the entity as readers see it.
        property: what is counted or measured: ``count``, or another property that numbers answer.
        holder: whose number it is, by name in force.
        holder_label: the holder as readers see it.
        quantity: the number as recorded.
        as_of: the day that the number speaks of (EDTF), where stated.
        said: when the holder said it (EDTF), or None.
        ref: the claim.
        index: log index of the claim's first record.
        status: how the claim stands at its question.
        by: the claim or event that ended or displaced it.
        polarity: ``affirmed``, or ``negated`` where the number is denied.
        strength: how firmly.
        openness: ``stated``, ``undecided`` (by the reader) or ``either`` (by the speaker).
        is_conditional: whether it is about this entity, or this holder's, under some readings only.
    """

    entity: tuple[str, ...]
    label: str
    property: str
    holder: str
    holder_label: str
    quantity: Quantity
    as_of: str | None
    said: str | None
    ref: str
    index: int
    status: ClaimStatus
    by: str | None
    polarity: str
    strength: str
    openness: str
    is_conditional: bool

    @builtins.property
    def low(self) -> Number | None:
        """The least that was stated."""
        return self.quantity.low

    @builtins.property
    def high(self) -> Number | None:
        """The most that was stated."""
        return self.quantity.high

    @builtins.property
    def point(self) -> Number | None:
        """The number itself, where one was stated."""
        return self.quantity.point

    @builtins.property
    def certainty(self) -> str | None:
        """``confirmed``, ``presumed``, or None where neither was said."""
        return self.quantity.certainty

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name, the quantity's members beside the others; decimal numbers are text."""
        quantity = self.quantity
        return {
            "entity": list(self.entity),
            "label": self.label,
            "property": self.property,
            "holder": self.holder,
            "holder_label": self.holder_label,
            "low": quantity.low,
            "low_open": quantity.low_open,
            "high": quantity.high,
            "high_open": quantity.high_open,
            "point": quantity.point,
            "qualifier": quantity.qualifier,
            "unit": quantity.unit,
            "certainty": quantity.certainty,
            "verbatim": quantity.verbatim,
            "as_of": self.as_of,
            "said": self.said,
            "ref": self.ref,
            "index": self.index,
            "status": str(self.status),
            "by": self.by,
            "polarity": self.polarity,
            "strength": self.strength,
            "openness": self.openness,
            "is_conditional": self.is_conditional,
        }


@dataclass(frozen=True, slots=True)
class CountSeries:
    """What one holder said of one quantity, with one certainty and one unit, in the order in which it was said."""

    entity: tuple[str, ...]
    property: str
    holder: str
    certainty: str | None
    unit: str | None
    rows: tuple[CountRow, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; rows by ref."""
        return {
            "entity": list(self.entity),
            "property": self.property,
            "holder": self.holder,
            "certainty": self.certainty,
            "unit": self.unit,
            "refs": list(dict.fromkeys(row.ref for row in self.rows)),
        }


class Counts(OfCaseState):
    """The numbers of a case, as a fold: ``ledger.replay(Counts("grenfell-2017"))``.

    Args:
        case: the case's name.
        known_at, asserted_by, true_on: as for `CaseState`.
    """

    @property
    def rows(self) -> tuple[CountRow, ...]:
        """Every number, by question, holder, certainty, unit and the time at which it was said."""
        return tuple(row for question in self.state.questions for row in _rows(self.state, question))

    @property
    def series(self) -> tuple[CountSeries, ...]:
        """The same rows, gathered into what one holder said of one quantity."""
        found: dict[_SeriesKey, list[CountRow]] = {}
        for row in self.rows:
            key = (row.entity, row.property, row.holder, row.certainty, row.quantity.unit)
            found.setdefault(key, []).append(row)
        return tuple(CountSeries(*key, tuple(rows)) for key, rows in found.items())

    def of_group(self, entity: str, property: str = "count") -> tuple[CountRow, ...]:
        """The rows about one entity, by any of its names."""
        own = (self.state.names.canonical(entity),)
        return tuple(row for row in self.rows if row.entity == own and row.property == property)

    def to_json(self) -> dict[str, Any]:
        """``case``, ``rows``, ``series`` and ``provenance``."""
        return {
            "case": self.case,
            "rows": [row.to_json() for row in self.rows],
            "series": [one.to_json() for one in self.series],
            "provenance": self.provenance().to_json(),
        }


def _rows(state: CaseState, question: Question) -> list[CountRow]:
    rows: dict[CountRow, None] = {}
    for position in question.positions:
        for holding in position.holders:
            for answer in state.accounts[holding.ref].answers:
                if answer.property != question.property or answer.negated != (position.polarity == "negated"):
                    continue
                # The claim's own number: a position also holds those who say the same in other words.
                for value in answer.values:
                    if isinstance(value, Quantity):
                        row = _row(state, question, position, holding, value, answer.openness)
                        rows.setdefault(row)
    return sorted(rows, key=lambda row: _order(state, row))


def _row(
    state: CaseState,
    question: Question,
    position: Position,
    holding: Holding,
    quantity: Quantity,
    openness: str,
) -> CountRow:
    return CountRow(
        entity=question.entity,
        label=question.label,
        property=question.property,
        holder=holding.holder,
        holder_label=state.label(holding.holder),
        quantity=quantity,
        as_of=position.answer.get("scope", {}).get("as_of"),
        said=holding.said,
        ref=holding.ref,
        index=state.claims[holding.ref].index,
        status=holding.status,
        by=holding.by,
        polarity=position.polarity,
        strength=holding.strength,
        openness=openness,
        is_conditional=bool(position.conditional_on or holding.readings),
    )


def _order(state: CaseState, row: CountRow) -> tuple[object, ...]:
    return (
        state.names.rank(row.holder),
        row.certainty or "",
        row.quantity.unit or "",
        _when(row.said),
        _when(row.as_of),
        natural(row.ref),
    )


def _when(text: str | None) -> tuple[datetime.date, datetime.date]:
    """Sorts dates by when they end, then by when they begin; those without an end, or not known, last."""
    bounds = None if text is None else parse_edtf(text).bounds
    latest = None if bounds is None else bounds.latest
    earliest = None if bounds is None else bounds.earliest
    return (latest or datetime.date.max, earliest or datetime.date.min)
