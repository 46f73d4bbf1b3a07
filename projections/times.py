"""The times that claims state: of what they tell, and of their being said. Nothing is made more exact than it is.

1. A claim's own time is what its kind has in the fields ``when`` and ``as_of`` (an act, a death, a count; and likewise
   any kind of one's own, whether or not it is installed here).
2. Where a time is left open, every alternative counts: the bounds are those of all of them together.
3. A day is certainly left out only by exact dates, all of them. An uncertain or approximate date (``?``, ``~``)
   leaves out nothing, since how far off it may be is not stated.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from claimledger.events.claims import ClaimContent
from claimledger.events.dates import Bounds, EdtfDate, When, parse_edtf
from claimledger.events.kinds import Kind, OtherKind
from claimledger.events.values import alternatives

from .words import date_text

__all__ = ["OWN_TIMES", "Stated", "is_not_of", "own_times", "said_times"]

OWN_TIMES: Final = ("when", "as_of")
"""The fields in which a kind says of what time it tells."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A time as a claim states it, or that it states none.

    Attributes:
        field: the field it stands in.
        dates: the alternatives; one where it is plainly stated, none where it is not.
        words: the source's words and the time of day, one for each alternative; empty where there are none.
    """

    field: str
    dates: tuple[EdtfDate, ...]
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str | None:
        """The EDTF text; alternatives are parted by " or "."""
        return " or ".join(dict.fromkeys(date.text for date in self.dates)) or None

    @property
    def bounds(self) -> Bounds:
        """The first and the last day that any alternative allows."""
        firsts = [date.bounds.earliest for date in self.dates]
        lasts = [date.bounds.latest for date in self.dates]
        earliest = [day for day in firsts if day is not None]
        latest = [day for day in lasts if day is not None]
        return Bounds(
            min(earliest) if earliest and len(earliest) == len(firsts) else None,
            max(latest) if latest and len(latest) == len(lasts) else None,
        )

    @property
    def is_exact(self) -> bool:
        """Whether the bounds hold as written: nothing is uncertain, approximate or of an unknown year."""
        return bool(self.dates) and not any(
            date.uncertain or date.approximate or date.yearless is not None for date in self.dates
        )

    def leaves_out(self, day: datetime.date) -> bool:
        """Whether it certainly leaves out a day."""
        return bool(self.dates) and all(
            not date.uncertain and not date.approximate and not date.admits(day) for date in self.dates
        )


def own_times(claim: Kind) -> tuple[Stated, ...]:
    """The times that a claim states of what it tells; empty where it states none."""
    found = []
    for field in OWN_TIMES:
        if isinstance(claim, OtherKind):
            whens = tuple(_read((claim.model_extra or {}).get(field)))
        else:
            given, _ = alternatives(getattr(claim, field, None))
            whens = tuple(one for one in given if isinstance(one, When))
        if whens:
            found.append(_stated(field, whens))
    return tuple(found)


def said_times(content: ClaimContent) -> Stated:
    """When a claim was said, for every voice that it may be."""
    given = [voice.asserted_at for voice in content.voices]
    if any(one is None for one in given):
        return Stated("asserted_at", ())
    return _stated(
        "asserted_at", [one if isinstance(one, When) else When(value=date_text(one) or "") for one in given]
    )


def is_not_of(claim: Kind, day: datetime.date) -> bool:
    """Whether what a claim tells is certainly not of that day."""
    return any(stated.leaves_out(day) for stated in own_times(claim))


def _stated(field: str, whens: Iterable[When]) -> Stated:
    listed = tuple(whens)
    words = tuple(dict.fromkeys(found for when in listed if (found := _words(when))))
    return Stated(field, tuple(parse_edtf(when.value) for when in listed), words)


def _words(when: When) -> str:
    """What stands beside the date: the words of the source, and the time of day as it was stated."""
    parts = [f'"{when.verbatim}"'] if when.verbatim is not None else []
    if when.time is not None:
        clock = " to ".join(
            dict.fromkeys(one for one in (when.time.earliest, when.time.latest) if one is not None)
        )
        parts += [
            " ".join(one for one in (clock, when.time.offset) if one),
            f'"{when.time.verbatim}"' if when.time.verbatim is not None else "",
        ]
    return ", ".join(part for part in parts if part)


def _read(raw: Any) -> Iterable[When]:
    """The dates in a field of a kind that is not known here, whose fields are as they were signed."""
    listed = raw
    if isinstance(raw, dict) and len(raw) == 1:
        listed = raw.get("undecided", raw.get("either", raw))
    for one in listed if isinstance(listed, (list, tuple)) else (listed,):
        try:
            yield When.model_validate(one)
        except ValidationError:
            continue  # another thing under the same name: no time is read into it
