"""What `lint` and `record` warn of: protected words, and attributes of protected people, signed in clear or to be.

A warning names the field and whose it is, by a random name or the name in the file; never what stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cli_terminal import note, say, screen_width

if TYPE_CHECKING:
    from .leaks import Leak
    from .withheld_words import StillGiven

__all__ = [
    "is_ledger",
    "leaks_as_json",
    "leaks_of_ledger",
    "said_of_clean",
    "say_leaks",
    "still_given_as_json",
    "warn_of_bundle",
    "warn_of_leaks",
    "warn_of_still_given",
]

_MAGIC = b"SQLite format 3\0"
_BEFORE = "what is signed is there for good: say it otherwise before you record it"
_DETAILS = "the value of an attribute is kept behind a commitment where it stands under details"
_SIGNED = "these are signed already, and stay: record no more of it, and mind it when you hand something out"
_NO_CASE = "there is no case in it yet, so nothing to look through"
_CLEAN = "no protected word is signed in clear, as far as it is written as it was given"
_HANDED_ON = (
    "what is signed in clear is in the bundle, whatever was withheld: think twice before you hand it out"
)
_STILL_GIVEN = (
    "words of what was withheld are in what was made: if they must not be, delete it, and make it anew with these "
    "withheld as well"
)
_LISTED = 20
"""How many places are listed where a bundle is made; `lint` lists all."""
_AFTER = "what is signed is there for good: record no more of it, and mind it when you hand something out"


def is_ledger(path: Path) -> bool:
    """Whether a path is a ledger's file rather than a claim file."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def leaks_of_ledger(place: Path) -> list[Leak] | None:
    """Where the protected words of each case stand in what is signed of it; None where there is no case."""
    from .ledger import Ledger

    with Ledger.open(place, read_only=True) as opened:
        cases = opened.cases()
        return [leak for info in cases for leak in opened.case(info.name).leaks()] if cases else None


def said_of_clean(leaks: Sequence[Leak] | None) -> str:
    """What is said of a ledger in which nothing was found."""
    return _NO_CASE if leaks is None else _CLEAN


def warn_of_leaks(file: Path, leaks: Sequence[Leak]) -> None:
    """Warn on standard error, before a file is recorded."""
    for some, advice in (
        ([leak for leak in leaks if not leak.is_recorded], _BEFORE),
        ([leak for leak in leaks if leak.is_recorded], _SIGNED),
    ):
        if some:
            note(*_lines(file, some, advice))


def warn_of_bundle(leaks: Sequence[Leak], beside: Sequence[Leak]) -> None:
    """Warn on standard error of what goes out with a bundle in clear, whatever was withheld.

    Args:
        leaks: where words that its cases protect are signed in clear.
        beside: where such words stand in what was written beside them, by the names of the options.
    """
    from claimledger.projections.layout import paragraph

    from .clear_words import said_of

    width = screen_width()
    lines: list[Any] = []
    for leak in beside:
        said = f"warning: {leak.where}: {said_of(leak)} stands in it, and it goes out in clear: make it anew without"
        lines += paragraph(said, width, hanging=4)
    note(*lines, *_warnings(leaks, ": claimledger lint LEDGER lists them", _HANDED_ON))


def warn_of_still_given(given: Sequence[StillGiven]) -> None:
    """Warn on standard error, for each slot that is given though it holds words of what was withheld."""
    if given:
        note(*_warnings(given, "; withhold these first, and see", _STILL_GIVEN))


def still_given_as_json(given: Iterable[StillGiven]) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "where": each.leak.where,
            "slot": each.slot,
            "of": each.leak.of,
            "words_of": each.leak.slot,
            "part": each.leak.is_part,
            "withhold": each.withhold,
        }
        for each in given
    ]


def say_leaks(file: Path, leaks: Sequence[Leak]) -> None:
    """Say as an answer where protected words stand."""
    if leaks:
        say(*_lines(file, leaks, _AFTER if is_ledger(file) else _BEFORE))


def leaks_as_json(file: Path, leaks: Iterable[Leak]) -> list[dict[str, Any]]:
    """Leaks as data."""
    return [
        {
            "file": str(file),
            "where": leak.where,
            "path": leak.path,
            "of": leak.of,
            "slot": leak.slot,
            "part": leak.is_part,
            "value": leak.is_value,
        }
        for leak in leaks
    ]


def _lines(file: Path, leaks: Sequence[Leak], advice: str) -> list[Any]:
    from claimledger.projections.layout import paragraph

    width = screen_width()
    lines: list[Any] = []
    for leak in leaks:
        lines += paragraph(f"{file}: warning: {leak}", width, hanging=4)
    if any(leak.is_value for leak in leaks) and advice == _BEFORE:
        lines += paragraph(_DETAILS, width)
    return [*lines, *paragraph(advice, width)]


def _warnings(found: Sequence[Leak | StillGiven], rest: str, advice: str) -> list[Any]:
    """A warning for each place, as many as are listed; what is said of the rest; and what to do. Nothing for none."""
    from claimledger.projections.layout import paragraph

    width = screen_width()
    lines: list[Any] = []
    for each in found[:_LISTED]:
        lines += paragraph(f"warning: {each}", width, hanging=4)
    if len(found) > _LISTED:
        lines.append(f"warning: and {len(found) - _LISTED} more{rest}")
    return [*lines, *paragraph(advice, width)] if found else lines
