"""Dates as a source states them: EDTF text, its bounds in days, and the words beside it.

The rules, in the order in which the code keeps them:

1. The text is kept as it was written. Parsing adds what it means, and changes nothing of it.
2. Bounds are closed days. None is an end that is open or not stated; no year, month or day is invented.
   ``XXXX-06-27`` is a day of some year, so it has no bounds at all.
3. ``a/b`` is a span that the thing covers. ``[..]`` is one date, somewhere inside. ``{..}`` is all of them.
   They may share bounds and never mean the same.
4. ``?`` (uncertain), ``~`` (approximate) and ``%`` (both) are flags; they neither widen nor narrow bounds.
5. EDTF gives seasons no months and no hemisphere. Spring and autumn (21, 23) are bounded by their year,
   summer and winter (22, 24), which cross it in one hemisphere, by 1 December before and 31 March after.
6. What is not understood is refused, with the form to write instead. Nothing is guessed from the order of
   day and month.

The grammar is that of the Extended Date/Time Format (Library of Congress, 2019; ISO 8601-2): levels 0 and 1
for dates and intervals, sets of level 2 over plain dates, a year wholly unspecified (``XXXX-06-27``), and
unspecified digits at the ends of an interval. Left out: years before 0001 and after 9999, qualifiers inside
a date, and time of day, which stands beside the date with its own words and offset (`TimeOfDay`).
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, StrictStr, field_validator, model_validator

from .date_hints import shown, what_to_write
from .errors import InvalidValue
from .plain import PlainModel

__all__ = ["Bounds", "DateKind", "EdtfDate", "TimeOfDay", "When", "before", "parse_edtf"]

DateKind: TypeAlias = Literal["day", "month", "season", "year", "interval", "one_of", "all_of"]

MAX_LENGTH: Final = 500
_DATE: Final = re.compile(r"([0-9X]{4})(?:-([0-9]{2}|XX)(?:-([0-9]{2}|XX))?)?([?~%])?")
_YEAR: Final = re.compile(r"[0-9]{4}|[0-9]{3}X|[0-9]{2}XX|XXXX")
_SEASON: Final = re.compile(r"(?<![0-9-])[0-9]{4}-2[1-4](?![0-9-])")
_CROSSES_THE_YEAR: Final = frozenset({22, 24})


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first and the last day that a date allows, both included. None is an open end.

    Raises:
        InvalidValue: The earliest day is after the latest.
    """

    earliest: datetime.date | None
    latest: datetime.date | None

    def __post_init__(self) -> None:
        if self.earliest is not None and self.latest is not None and self.earliest > self.latest:
            raise InvalidValue(f"bounds run backwards: {self.earliest} is after {self.latest}")

    def overlaps(self, other: Bounds) -> bool:
        """Whether some day lies within both."""
        return not before(self, other) and not before(other, self)

    def contains(self, other: Bounds) -> bool:
        """Whether every day of the other lies within this one."""
        starts = self.earliest is None or (other.earliest is not None and self.earliest <= other.earliest)
        ends = self.latest is None or (other.latest is not None and other.latest <= self.latest)
        return starts and ends


@dataclass(frozen=True, slots=True)
class EdtfDate:
    """What an EDTF text means.

    Attributes:
        text: The text, as written.
        kind: Its finest stated unit, or the shape: ``interval`` is a span that the thing covers, ``one_of``
            one date somewhere within the bounds, ``all_of`` each of the dates.
        bounds: The first and last day that it allows, qualifiers aside.
        approximate: ``~`` or ``%`` stands at it, or at one end of it.
        uncertain: ``?`` or ``%`` stands at it, or at one end of it.
        unspecified: Some digits of it are X.
        parts: Of a set, the bounds of each item, in the order written; of an interval, those of its start
            and of its end; of a single date, its bounds.
        yearless: Month and day (or None) of a date whose year is wholly unspecified, as in ``XXXX-06-27``.
    """

    text: str
    kind: DateKind
    bounds: Bounds
    approximate: bool = False
    uncertain: bool = False
    unspecified: bool = False
    parts: tuple[Bounds, ...] = ()
    yearless: tuple[int, int | None] | None = None

    @property
    def seasonal(self) -> bool:
        """Whether a season stands in it: its bounds are wider then, since its months depend on where it is."""
        return _SEASON.search(self.text) is not None

    def admits(self, day: datetime.date) -> bool:
        """Whether the text leaves this day possible, its qualifiers aside."""
        on_it = Bounds(day, day)
        if self.yearless is not None:
            return self.yearless[0] == day.month and self.yearless[1] in (None, day.day)
        if self.kind in ("one_of", "all_of"):
            return any(part.contains(on_it) for part in self.parts)
        return self.bounds.contains(on_it)


def before(a: EdtfDate | Bounds, b: EdtfDate | Bounds) -> bool:
    """Whether a certainly ends before b begins.

    Open ends prove nothing. Nor does a date that its source calls uncertain or approximate, for how far off
    it may be is not stated; to compare such dates as they are written, hand in their ``bounds``.
    """
    for date in (a, b):
        if isinstance(date, EdtfDate) and (date.approximate or date.uncertain):
            return False
    ends = (a.bounds if isinstance(a, EdtfDate) else a).latest
    begins = (b.bounds if isinstance(b, EdtfDate) else b).earliest
    return ends is not None and begins is not None and ends < begins


def parse_edtf(text: str) -> EdtfDate:
    """Read an EDTF text.

    Args:
        text: For instance ``2025-07-03``, ``2025-06``, ``XXXX-06-27``, ``2025-06~``, ``../2025``,
            ``2025-06-30/2025-07-01``, ``[..2025-07-03]``, ``[2025-06-27,2025-06-29]``.

    Returns:
        What it means. The text itself is in ``text``, unchanged.

    Raises:
        InvalidValue: It is not EDTF, or beyond the part of EDTF that is read here. The message says what to
            write.
    """
    return _parse(text)


@lru_cache(maxsize=4096)
def _parse(text: str) -> EdtfDate:
    if not text.strip():
        raise InvalidValue("a date is empty; leave the field out where no date is stated")
    if len(text) > MAX_LENGTH:
        raise InvalidValue(f"a date of {len(text)} characters is too long; at most {MAX_LENGTH}")
    if text[0] + text[-1] in ("[]", "{}"):
        return _set(text)
    if text.count("/") == 1:
        return _interval(text)
    return _single(text, text)


def _single(text: str, whole: str) -> EdtfDate:
    """Read one date; `whole` is the text that it stands in, which errors name."""
    found = _DATE.fullmatch(text)
    if found is None or _YEAR.fullmatch(found[1]) is None:
        raise InvalidValue(what_to_write(whole))
    year, month, day, qualifier = found.groups()
    if "X" in year and month is not None and (year != "XXXX" or month == "XX"):
        raise InvalidValue(f"{shown(whole)}: X in the year takes no month, but for XXXX-06, XXXX-06-27")
    if month == "XX" and day not in (None, "XX"):
        raise InvalidValue(f"{shown(whole)}: a day needs its month; write {year}-XX")
    kind, bounds = _unit(year, month, day, whole)
    known = year == "XXXX" and month is not None
    return EdtfDate(
        text=text,
        kind=kind,
        bounds=bounds,
        approximate=qualifier in ("~", "%"),
        uncertain=qualifier in ("?", "%"),
        unspecified="X" in text,
        parts=(bounds,),
        yearless=(int(month), None if day in (None, "XX") else int(day)) if known else None,
    )


def _unit(year: str, month: str | None, day: str | None, whole: str) -> tuple[DateKind, Bounds]:
    """The finest stated unit of one date, and its first and last day; refuses what no calendar has."""
    kind: DateKind = "day" if day else "month" if month else "year"
    first, last = int(year.replace("X", "0")), int(year.replace("X", "9"))
    if last == 0:
        raise InvalidValue(f"{shown(whole)}: years run from 0001 to 9999")
    first = max(first, 1)
    of_year = Bounds(datetime.date(first, 1, 1), datetime.date(last, 12, 31))
    if month is None or month == "XX":
        return kind, Bounds(None, None) if year == "XXXX" else of_year
    number = int(month)
    if 21 <= number <= 24 and day is None and "X" not in year:
        return "season", _season(first, number)
    if not 1 <= number <= 12:
        raise InvalidValue(f"{shown(whole)}: no month {month}: 01 to 12, or a season 21 to 24 of a year")
    # A leap year stands in where the year is unspecified: 29 February exists in some year.
    length = calendar.monthrange(2000 if year == "XXXX" else first, number)[1]
    if day not in (None, "XX") and not 1 <= int(day or 0) <= length:
        raise InvalidValue(f"{shown(whole)}: no day {day} in {year}-{month}, which has {length} days")
    if year == "XXXX":
        return kind, Bounds(None, None)
    if day is None or day == "XX":
        return kind, Bounds(datetime.date(first, number, 1), datetime.date(first, number, length))
    on = datetime.date(first, number, int(day))
    return kind, Bounds(on, on)


def _season(year: int, number: int) -> Bounds:
    if number not in _CROSSES_THE_YEAR:
        return Bounds(datetime.date(year, 1, 1), datetime.date(year, 12, 31))
    return Bounds(
        datetime.date(year - 1, 12, 1) if year > datetime.MINYEAR else None,
        datetime.date(year + 1, 3, 31) if year < datetime.MAXYEAR else None,
    )


def _interval(text: str) -> EdtfDate:
    ends = [None if end in ("", "..") else _single(end, text) for end in text.split("/")]
    dates = [end for end in ends if end is not None]
    if not dates:
        raise InvalidValue(f"{shown(text)} says nothing; give the start or the end, or leave the field out")
    start, end = (Bounds(None, None) if date is None else date.bounds for date in ends)
    return EdtfDate(
        text=text,
        kind="interval",
        bounds=_span(start, end, text),
        approximate=any(date.approximate for date in dates),
        uncertain=any(date.uncertain for date in dates),
        unspecified=any(date.unspecified for date in dates),
        parts=(start, end),
    )


def _set(text: str) -> EdtfDate:
    items = [item.strip(" ") for item in text[1:-1].split(",")]
    if len(items) == 1 and ".." not in items[0]:
        plain = _single(items[0], text).text
        raise InvalidValue(f'{shown(text)} holds one date; write {plain}, or [..{plain}] for "by then"')
    parts = tuple(
        _item(item, text, first=place == 0, last=place == len(items) - 1) for place, item in enumerate(items)
    )
    starts = [part.earliest for part in parts if part.earliest is not None]
    ends = [part.latest for part in parts if part.latest is not None]
    return EdtfDate(
        text=text,
        kind="one_of" if text[0] == "[" else "all_of",
        bounds=Bounds(
            min(starts) if len(starts) == len(parts) else None,
            max(ends) if len(ends) == len(parts) else None,
        ),
        parts=parts,
    )


def _item(item: str, whole: str, *, first: bool, last: bool) -> Bounds:
    """One item of a set: a plain date or ``a..b``; ``..b`` only in front, ``a..`` only at the end."""
    start, dots, end = item.partition("..")
    if not dots:
        return _plain(item, whole)
    if not start and not end:
        raise InvalidValue(f"{shown(whole)} says nothing; give a first or last day, or leave the field out")
    if (not start and not first) or (not end and not last):
        raise InvalidValue(f"{shown(whole)}: only the first item may begin, only the last end with ..")
    open_end = Bounds(None, None)
    return _span(_plain(start, whole) if start else open_end, _plain(end, whole) if end else open_end, whole)


def _plain(text: str, whole: str) -> Bounds:
    date = _single(text, whole)
    if date.unspecified or date.approximate or date.uncertain:
        raise InvalidValue(f"{shown(whole)}: the items of a set are plain dates, without X, ?, ~ and %")
    return date.bounds


def _span(start: Bounds, end: Bounds, whole: str) -> Bounds:
    """From the first day of the start to the last day of the end."""
    if before(end, start):
        raise InvalidValue(f"{shown(whole)} runs backwards: {end.latest} is before {start.earliest}")
    return Bounds(start.earliest, end.latest)


_Words: TypeAlias = Annotated[StrictStr, Field(min_length=1)]
_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?")
_OFFSET: Final = re.compile(r"Z|\+(?:0[0-9]|1[0-4]):[0-5][0-9]|-(?!00:00)(?:0[0-9]|1[0-2]):[0-5][0-9]")


class TimeOfDay(PlainModel):
    """A time of day beside a date: the source's words, the offset from UTC, and bounds on the clock.

    Attributes:
        verbatim: The source's own words, such as "early in the morning".
        offset: ``+05:00`` or ``Z``; None where it is not stated.
        earliest: ``HH:MM`` or ``HH:MM:SS``, 24 hours; ``15:00`` is the whole of that minute.
        latest: Likewise, included. Not before `earliest`: what goes over midnight takes two dates.
    """

    verbatim: _Words | None = None
    offset: StrictStr | None = None
    earliest: StrictStr | None = None
    latest: StrictStr | None = None

    @field_validator("earliest", "latest")
    @classmethod
    def _is_on_the_clock(cls, value: str | None) -> str | None:
        if value is not None and not _CLOCK.fullmatch(value):
            raise InvalidValue(f"{shown(value)} is no time of day; write HH:MM or HH:MM:SS, up to 23:59:59")
        return value

    @field_validator("offset")
    @classmethod
    def _is_an_offset(cls, value: str | None) -> str | None:
        if value is not None and not _OFFSET.fullmatch(value):
            raise InvalidValue(f"{shown(value)} is no offset from UTC; write +05:00, -03:30 or Z")
        return value

    @model_validator(mode="after")
    def _says_something_in_order(self) -> TimeOfDay:
        if self.verbatim is None and self.earliest is None and self.latest is None:
            raise InvalidValue("a time of day needs verbatim, earliest or latest")
        if self.earliest is None or self.latest is None:
            return self
        if f"{self.earliest}:00"[:8] > f"{self.latest}:59"[:8]:
            raise InvalidValue(
                f"{self.earliest} is after {self.latest}; a span over midnight is said by two dates "
                "(2025-06-27/2025-06-28)"
            )
        return self


class When(PlainModel):
    """A date as it was stated. Wherever one is taken, bare EDTF text or a `datetime.date` will do.

    Attributes:
        value: EDTF, kept as written.
        verbatim: The source's own words, such as "27 June".
        basis: What the recorder inferred the value from, where the source does not state it so.
        time: The time of day.

    Example:
        >>> When.model_validate("[..2025-07-03]").bounds.latest
        datetime.date(2025, 7, 3)
    """

    value: StrictStr
    verbatim: _Words | None = None
    basis: _Words | None = None
    time: TimeOfDay | None = None

    @model_validator(mode="before")
    @classmethod
    def _takes_a_bare_date(cls, given: object) -> object:
        if isinstance(given, datetime.datetime):
            raise InvalidValue('a date holds no time of day: write the date, and the time under "time"')
        if isinstance(given, datetime.date):
            return {"value": given.isoformat()}
        return {"value": given} if isinstance(given, str) else given

    @field_validator("value")
    @classmethod
    def _is_edtf(cls, value: str) -> str:
        parse_edtf(value)
        return value

    @property
    def edtf(self) -> EdtfDate:
        """What the value means."""
        return parse_edtf(self.value)

    @property
    def bounds(self) -> Bounds:
        """The first and the last day that the value allows."""
        return self.edtf.bounds
