"""The three clocks of a question to the ledger, alone or together: what was recorded, what was said, of which day.

1. ``known_at`` cuts the log: a log index (that event included), a day (until its end, UTC) or an instant. By a time,
   the cut is before the first event with a later ``recorded_at``, and rests on the recorders' clocks; results say so.
   Nothing that was recorded after the cut is in the result, whatever its own dates say.
2. ``asserted_by`` is a day: only what was certainly said by its end has any effect. The rest is listed.
3. ``true_on`` is a day: only what is said *of* that day, or of no day, is placed. A claim whose own time certainly
   leaves that day out is listed. It still tells where its speaker moved on: the day picks what is looked at, not
   what was said, so that an account that was given up does not come back.
4. The three do not touch one another. Each keeps or leaves out a claim by itself, so their order is of no account.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from claimledger.events.dates import parse_edtf
from claimledger.events.errors import InvalidValue
from claimledger.events.event import end_of, format_instant
from claimledger.events.recorded import Event

__all__ = ["BY_THE_RECORDERS", "Clocks", "Moment", "is_later"]

Moment: TypeAlias = int | str | datetime.datetime

BY_THE_RECORDERS: Final = "the recorders' clocks"
"""What a cut by time rests on."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one result.

    Args:
        known_at: a log index, a day such as ``2025-07-02``, or an instant with its UTC offset.
        asserted_by: EDTF that has a last day.
        true_on: one day, as EDTF such as ``2025-06-27``.

    Raises:
        InvalidValue: one of them is none of that.
    """

    known_at: Moment | None = None
    asserted_by: str | None = None
    true_on: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.known_at, datetime.datetime):
            if self.known_at.utcoffset() is None:
                raise InvalidValue(
                    "known_at: an instant must know its UTC offset; give it a tzinfo, or a log index"
                )
            object.__setattr__(self, "known_at", format_instant(self.known_at))
        if self.known_at is not None and type(self.known_at) is not int:
            end_of(self.known_at)
        for name in ("asserted_by", "true_on"):
            if type(getattr(self, name)) not in (str, type(None)):
                raise InvalidValue(f"{name}: write a day as text, such as 2025-07-03")
        if self.asserted_by is not None:
            _last_day(self.asserted_by)
        if self.true_on is not None:
            _one_day(self.true_on)

    @property
    def said_by(self) -> datetime.date | None:
        """The last day of `asserted_by`."""
        return None if self.asserted_by is None else _last_day(self.asserted_by)

    @property
    def day(self) -> datetime.date | None:
        """The day of `true_on`."""
        return None if self.true_on is None else _one_day(self.true_on)

    def leave_out(self, event: Event) -> bool:
        """Whether an event was recorded after `known_at`; so is then every event after it."""
        if self.known_at is None:
            return False
        if isinstance(self.known_at, int):
            return event.index > self.known_at
        return event.recorded_at > _until(str(self.known_at))

    def joined(self, other: Clocks) -> Clocks:
        """These clocks and others.

        Raises:
            InvalidValue: both name another time for one clock.
        """
        for name in ("known_at", "asserted_by", "true_on"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is not None and theirs is not None and mine != theirs:
                raise InvalidValue(f"{name} is given twice, as {mine} and as {theirs}; give it once")
        return replace(
            self,
            known_at=other.known_at if self.known_at is None else self.known_at,
            asserted_by=other.asserted_by if self.asserted_by is None else self.asserted_by,
            true_on=other.true_on if self.true_on is None else self.true_on,
        )

    def filters(self) -> dict[str, str]:
        """The clocks that are set, as given, by name; ``known_at_by`` says on what a cut by time rests."""
        found = {
            name: str(given)
            for name in ("known_at", "asserted_by", "true_on")
            if (given := getattr(self, name)) is not None
        }
        if isinstance(self.known_at, str):
            found["known_at_by"] = BY_THE_RECORDERS
        return found


def is_later(clock: Literal["known_at", "asserted_by"], one: Moment, other: Moment) -> bool | None:
    """Whether a moment of a clock is later than another one.

    Args:
        clock: the clock that shows both.
        one: a moment, as the clock takes it.
        other: another one.

    Returns:
        None where only the log can tell: of a log index and a time.

    Raises:
        InvalidValue: one of them is no moment of that clock.
    """
    if clock == "asserted_by":
        if not isinstance(one, str) or not isinstance(other, str):
            raise InvalidValue("asserted_by: write a day as text, such as 2025-07-03")
        return _last_day(one) > _last_day(other)
    if isinstance(one, int) and isinstance(other, int):
        return one > other
    if isinstance(one, int) or isinstance(other, int):
        return None
    return end_of(one) > end_of(other)


@lru_cache(maxsize=64)
def _until(text: str) -> datetime.datetime:
    return end_of(text)


def _last_day(text: str) -> datetime.date:
    last = parse_edtf(text).bounds.latest
    if last is None:
        raise InvalidValue(f'asserted_by: "{text}" has no last day; write a day such as 2025-07-03')
    return last


def _one_day(text: str) -> datetime.date:
    date = parse_edtf(text)
    day = date.bounds.earliest
    if date.kind != "day" or day is None or day != date.bounds.latest or date.approximate or date.uncertain:
        raise InvalidValue(f'true_on: "{text}" is not one day; write a day such as 2025-06-27')
    return day
