"""What to write instead of a date that is not EDTF.

Used for messages only: nothing that is recorded ever comes from here. A hint names the nearest form that
`claimledger.events.dates` reads. Where a text allows two readings, as the day and month of 03/07/2025, it
names both; where the text states no year, the year of the hint is an example, and the hint says so.
"""

from __future__ import annotations

import datetime
import re
from typing import Final

__all__ = ["shown", "what_to_write"]

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EXAMPLE_YEAR: Final = "2025"
_EXAMPLE: Final = "2025-07-03"
_CUT: Final = 60


def shown(text: str) -> str:
    """The text as an error quotes it: cut, and without what a terminal would obey."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[:_CUT])
    return f'"{printable}"' if len(text) <= _CUT else f'"{printable}..."'


def what_to_write(text: str) -> str:
    """The whole message for a text that is not EDTF."""
    said = shown(text) + " is not EDTF; "
    plain = text.strip()
    if re.match(r"Y-?[0-9]|-[0-9]{4}", plain):
        return said + "years run from 0001 to 9999, without Y or sign"
    if found := re.match(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]+[0-9]{1,2}[:.]?[0-9]{2}", plain):
        return said + f'a date holds no time of day: write {found[1]}, and the time under "time"'
    if found := re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", plain):
        readings = {_iso(found[3], found[2], found[1]), _iso(found[3], found[1], found[2])}
        return said + f"write the year first: {' or '.join(sorted(filter(None, readings))) or _EXAMPLE}"
    if found := re.fullmatch(r"([0-9-]*)\.\.([0-9-]*)", plain):
        return said + f"write [{plain}] for one day in it, {found[1] or '..'}/{found[2] or '..'} for a span"
    capital = re.sub("[xu]", "X", plain)
    if capital != plain and re.fullmatch(r"[0-9X]{4}(-[0-9X]{2}){0,2}", capital):
        return said + f"write {capital}: an unspecified digit is a capital X"
    if plain != text and re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", plain):
        return said + f"write {plain} without the space around it"
    date, year_is_stated = _date_in(plain)
    example = "" if year_is_stated else f" (XXXX{date[4:]} if the year is not stated)"
    return said + f'write {date}, or [..{date}] for "by then"{example}'


def _date_in(text: str) -> tuple[str, bool]:
    """The date that a text most likely means, and whether its year is stated there; else the example."""
    numeric = re.search(r"([0-9]{4})[-./ ]?([0-9]{1,2})[-./ ]?([0-9]{1,2})(?![0-9])", text)
    if numeric and (day := _iso(numeric[1], numeric[2], numeric[3])):
        return day, True
    words = re.findall(r"[0-9]+|[a-z]+", text.lower())
    months = [_MONTHS.index(word[:3]) + 1 for word in words if word[:3] in _MONTHS]
    days = [word for word in words if word.isdecimal() and len(word) <= 2]
    years = [word for word in words if word.isdecimal() and len(word) == 4]
    year = years[0] if years else _EXAMPLE_YEAR
    if months and days and (day := _iso(year, str(months[0]), days[0])):
        return day, bool(years)
    if months and not days and (day := _iso(year, str(months[0]), "1")):
        return day[:7], bool(years)
    return _EXAMPLE, True


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
