"""The claims of a case in the order of a clock: of when they tell, when they were said, or when they were recorded.

1. A row is a claim at a time that it states. One that states two (``when`` and ``as_of``) has two rows; one that
   states none, or a date whose year is not known, comes last, and is listed.
2. The text is the one that was stated, and its bounds are days. Where a time is open between several, the bounds are
   those of all of them. Nothing is made more exact than it is: a time of day is shown, and puts no row in order.
3. The order of rows is one that no certain order contradicts: by the first day that is possible, or else the last.
   How far it holds is said of each row (`Order`): only *certain* says that all rows above come before it.
4. By ``recorded`` rows stand in the order of the log, which is certain; the days beside are the recorders' clocks'.
5. Withdrawn, retracted and displaced claims keep their rows, marked; what a clock leaves out is listed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias, get_args

from claimledger.events.dates import parse_edtf
from claimledger.events.errors import InvalidValue
from claimledger.events.event import format_instant

from .case import CaseState
from .claims import ClaimView
from .clocks import Moment
from .history import what_was_said
from .questions import natural
from .reading import OfCaseState
from .revocations import RevocationView
from .standing import ClaimStatus
from .times import Stated, own_times, said_times

__all__ = ["By", "Order", "Timeline", "TimelineRow"]

By: TypeAlias = Literal["happened", "said", "recorded"]

_NO_TIME: Final = {"happened": "when", "said": "asserted_at"}


class Order(StrEnum):
    """How far the place of a row is certain."""

    CERTAIN = "certain"
    """All rows above it are of an earlier time, whatever their exact days were."""
    OVERLAPS = "overlaps previous"
    """Its days and those of a row above overlap, open ends included: which came first is not known."""
    UNKNOWN = "unknown"
    """It, or a row above, is undated, uncertain, approximate or of an unknown year: nothing is known of its order."""


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A claim at a time.

    Attributes:
        date: the time as stated (EDTF), alternatives parted by " or "; None where none is stated.
        words: the source's words for it, and the time of day.
        earliest, latest: the first and the last day that it allows; None where that is open or not known.
        field: where the claim states it: ``when``, ``as_of``, ``asserted_at`` or ``recorded_at``.
        order: how far its place among the rows is certain.
        ref: the claim.
        index: log index of its first record.
        recorded_at: when it was first recorded, by the recorder's clock (UTC).
        who: labels of the holders, parted by " or " where it is open whose voice it is.
        holders: the holders by name.
        what: what was said, in a few words.
        questions: keys of the questions that it is at.
        status: how the claim stands.
        ended_by: what ended or displaced it.
        revocation: the revocation by which the signature of one of its records is disputed; None where none is.
    """

    date: str | None
    words: tuple[str, ...]
    earliest: datetime.date | None
    latest: datetime.date | None
    field: str
    order: Order
    ref: str
    index: int
    recorded_at: datetime.datetime
    who: str
    holders: tuple[str, ...]
    what: str
    questions: tuple[str, ...]
    status: ClaimStatus
    ended_by: str | None
    revocation: RevocationView | None = None

    @property
    def is_dated(self) -> bool:
        """Whether anything is known of its place in time."""
        return self.earliest is not None or self.latest is not None

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; days as ``2025-07-03``."""
        return {
            "date": self.date,
            "words": list(self.words),
            "earliest": None if self.earliest is None else self.earliest.isoformat(),
            "latest": None if self.latest is None else self.latest.isoformat(),
            "field": self.field,
            "order": str(self.order),
            "ref": self.ref,
            "index": self.index,
            "recorded_at": format_instant(self.recorded_at),
            "who": self.who,
            "holders": list(self.holders),
            "what": self.what,
            "questions": list(self.questions),
            "status": str(self.status),
            "ended_by": self.ended_by,
            "revocation": None if self.revocation is None else self.revocation.to_json(),
        }


class Timeline(OfCaseState):
    """The timeline of a case, as a fold.

    Args:
        case: the case's name.
        by: the clock: when it ``happened``, was ``said``, or was ``recorded``.
        known_at, asserted_by, true_on: as for `CaseState`.

    Raises:
        InvalidValue: no such clock.
    """

    def __init__(
        self,
        case: str,
        by: By = "happened",
        *,
        known_at: Moment | None = None,
        asserted_by: str | None = None,
        true_on: str | None = None,
    ) -> None:
        if by not in get_args(By):
            raise InvalidValue(f'by: a timeline is by {", ".join(get_args(By))}, not "{by}"')
        super().__init__(case, known_at=known_at, asserted_by=asserted_by, true_on=true_on)
        self.by = by

    @classmethod
    def of(cls, state: CaseState, by: By = "happened") -> Timeline:
        """The timeline out of a state that is there already."""
        made = cls(state.case, by)
        made.state = state
        return made

    @property
    def rows(self) -> tuple[TimelineRow, ...]:
        """Every claim in the order of the clock; the undated last, in the order of their refs."""
        views = self.state.claims.values()
        if self.by == "recorded":
            return tuple(self._recorded(view) for view in sorted(views, key=lambda view: view.index))
        found = [(stated, self._row(view, stated)) for view in views for stated in self._stated(view)]
        return _in_order(found)

    @property
    def undated(self) -> tuple[TimelineRow, ...]:
        """The rows of whose place in time nothing is known."""
        return tuple(row for row in self.rows if not row.is_dated)

    def to_json(self) -> dict[str, Any]:
        """``case``, ``by``, ``rows``, ``undated``, ``not_yet_said``, ``not_of_that_day`` (refs), ``provenance``."""
        rows = self.rows
        return {
            "case": self.case,
            "by": self.by,
            "rows": [row.to_json() for row in rows],
            "undated": list(dict.fromkeys(row.ref for row in rows if not row.is_dated)),
            "not_yet_said": [view.ref for view in self.state.not_yet_said],
            "not_of_that_day": [view.ref for view in self.state.not_of_that_day],
            "provenance": self.provenance().to_json(),
        }

    def _stated(self, view: ClaimView) -> tuple[Stated, ...]:
        none_stated = (Stated(_NO_TIME[self.by], ()),)
        return (
            (own_times(view.body.claim) or none_stated) if self.by == "happened" else (said_times(view.body),)
        )

    def _recorded(self, view: ClaimView) -> TimelineRow:
        day = view.recorded_at.date().isoformat()
        row = self._row(view, Stated("recorded_at", (parse_edtf(day),)))
        return replace(row, order=Order.CERTAIN)

    def _row(self, view: ClaimView, stated: Stated) -> TimelineRow:
        account = self.state.accounts[view.ref]
        holders = tuple(dict.fromkeys(speaker.holder for speaker in account.speakers))
        return TimelineRow(
            date=stated.text,
            words=stated.words,
            earliest=stated.bounds.earliest,
            latest=stated.bounds.latest,
            field=stated.field,
            order=Order.UNKNOWN,
            ref=view.ref,
            index=view.index,
            recorded_at=view.recorded_at,
            who=" or ".join(dict.fromkeys(self.state.label(holder) for holder in holders)),
            holders=holders,
            what=what_was_said(self.state, account, view.body),
            questions=view.questions,
            status=view.status,
            ended_by=view.ended_by,
            revocation=self.state.revocation_of(*(one.index for one in view.versions)),
        )


def _in_order(found: Iterable[tuple[Stated, TimelineRow]]) -> tuple[TimelineRow, ...]:
    """Put rows in an order that no certain order contradicts, and say of each how far it is certain."""
    rows: list[TimelineRow] = []
    all_exact = True
    last: datetime.date | None = None  # of the exact rows above; an open end counts as the last of all days
    for stated, row in sorted(found, key=lambda one: _key(one[1])):
        begins = row.earliest or datetime.date.min
        if not stated.is_exact:
            order = Order.UNKNOWN
        elif last is not None and last >= begins:
            order = Order.OVERLAPS
        else:
            order = Order.CERTAIN if all_exact else Order.UNKNOWN
        rows.append(replace(row, order=order))
        all_exact = all_exact and stated.is_exact
        if stated.is_exact:
            last = max(last or datetime.date.min, row.latest or datetime.date.max)
    return tuple(rows)


def _key(row: TimelineRow) -> tuple[bool, datetime.date, datetime.date, object, str]:
    first = row.earliest or row.latest or datetime.date.max
    last = row.latest or datetime.date.max
    return (not row.is_dated, first, last, natural(row.ref), row.field)
