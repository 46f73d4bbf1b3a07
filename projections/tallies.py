"""Counting over a whole ledger in little memory: which claims fell under what, so that one can be taken out again.

1. A `Tally` counts the claims under one heading, in how many cases they are, and names the first few of them.
2. `Counted` remembers of each claim only where it was counted: its event id, and a few numbers, those of its tallies
   among them. That is about a hundred bytes a claim, without any body, and it is what a later amendment, withdrawal,
   retraction or revocation needs.
3. Taking a claim out again leaves the counts as if it had never been counted; of the first few named, it leaves a gap.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Final, TypeAlias

__all__ = ["NAMED", "Counted", "Heading", "Headings", "Key", "Plain", "Tally"]

Heading: TypeAlias = tuple[str, ...]
"""Words under which claims are counted."""

Key: TypeAlias = tuple[int, str]
"""A speaker: the number of its case, or one that stands for the shared register; and its name."""

NAMED: Final = 20
"""How many claims are named behind a count; the count itself is whole."""

_SMALLEST: Final = 1024
_MOST_OF_32_BITS: Final = 2**32 - 1


class Plain:
    """How many claims, and nothing more."""

    __slots__ = ("times",)

    def __init__(self) -> None:
        self.times = 0

    def add(self, index: int, case: int, ref: int) -> None:  # noqa: ARG002 - as for a tally
        """Count a claim."""
        self.times += 1

    def take_out(self, case: int, ref: int) -> None:  # noqa: ARG002 - as for a tally
        """Count a claim no more."""
        self.times -= 1


class Tally:
    """How many claims, in how many cases, and which the first ones are; each as whole numbers in flat arrays."""

    __slots__ = ("_first", "_more")

    def __init__(self) -> None:
        self._first = array("Q")  # a place in the log has up to 53 bits, in a bundle at once
        self._more: array[int] | None = None

    def add(self, index: int, case: int, ref: int) -> None:
        """Count a claim, by its place in the log and the numbers of its case and its ref."""
        if len(self._first) < 3 * NAMED:
            self._first.extend((index, case, ref))
        elif self._more is None:
            self._more = array("I", (case,))
        else:
            self._more.append(case)

    def take_out(self, case: int, ref: int) -> None:
        """Count a claim no more."""
        for at in range(0, len(self._first), 3):
            if (self._first[at + 1], self._first[at + 2]) == (case, ref):
                del self._first[at : at + 3]
                return
        if self._more is not None:
            self._more.remove(case)

    @property
    def times(self) -> int:
        """How many claims."""
        return len(self._first) // 3 + len(self._more or ())

    @property
    def cases(self) -> set[int]:
        """The numbers of the cases that they are in."""
        return {*self._first[1::3], *(self._more or ())}

    @property
    def named(self) -> list[tuple[int, int, int]]:
        """The first of them: place in the log, number of the case, number of the ref."""
        return list(zip(self._first[::3], self._first[1::3], self._first[2::3], strict=True))


class Headings:
    """What each tally is of: a speaker and a heading, as two whole numbers, since both are many times the same."""

    __slots__ = ("_heading_of", "_headings", "_numbers", "_speaker_of", "_speakers")

    def __init__(self) -> None:
        self._numbers: dict[Heading, int] = {}
        self._headings: list[Heading] = []
        self._speakers: list[Key] = []
        self._speaker_of = array("I")
        self._heading_of = array("I")

    def number(self, heading: Heading) -> int:
        """The number of a heading, the same for every speaker."""
        found = self._numbers.get(heading)
        if found is None:
            found = self._numbers[heading] = len(self._headings)
            self._headings.append(heading)
        return found

    def heading(self, number: int) -> Heading:
        """The heading of a number."""
        return self._headings[number]

    def add_speaker(self, key: Key) -> int:
        """Number a speaker."""
        self._speakers.append(key)
        return len(self._speakers) - 1

    def add_tally(self, speaker: int, heading: int) -> None:
        """Say of what the next tally is."""
        self._speaker_of.append(speaker)
        self._heading_of.append(heading)

    def of(self, tally: int) -> tuple[Key, Heading]:
        """The speaker and the heading of a tally."""
        return self._speakers[self._speaker_of[tally]], self._headings[self._heading_of[tally]]


class Counted:
    """Where each claim was counted: from its event id to the numbers of its tallies, in flat arrays.

    A table with open addressing over four arrays, of 20 bytes a place and half full on average: a dict of the same
    would take five times as much. The numbers have 32 bits, and 64 from the first on that is larger: a bundle may have
    any index at once.
    """

    __slots__ = ("_first", "_high", "_low", "_places", "_used")

    def __init__(self) -> None:
        self._used = 0
        self._places = array("I", [0])
        self._high, self._low, self._first = _table(_SMALLEST)

    def __len__(self) -> int:
        return self._used

    def put(self, event_id: str, numbers: Sequence[int]) -> None:
        """Say where a claim is counted from now on."""
        high, low = _halves(event_id)
        at = self._find(high, low)
        if self._first[at] == 0:
            self._used += 1
            self._high[at], self._low[at] = high, low
        self._first[at] = len(self._places)
        if self._places.typecode == "I" and max(numbers, default=0) > _MOST_OF_32_BITS:
            self._places = array("Q", self._places)
        self._places.append(len(numbers))
        self._places.extend(numbers)
        if 3 * self._used > 2 * len(self._first):
            self._grow()

    def get(self, event_id: str) -> Sequence[int] | None:
        """The numbers of a claim's tallies; None where no such claim was counted."""
        start = self._first[self._find(*_halves(event_id))]
        return None if start == 0 else self._places[start + 1 : start + 1 + self._places[start]]

    def every(self) -> Iterator[Sequence[int]]:
        """What is said of each claim, in no order."""
        for start in self._first:
            if start != 0:
                yield self._places[start + 1 : start + 1 + self._places[start]]

    def _find(self, high: int, low: int) -> int:
        """The place of an id, or the free one where it would go."""
        mask = len(self._first) - 1
        at = hash((high, low)) & mask
        while self._first[at] != 0 and (self._high[at], self._low[at]) != (high, low):
            at = (at + 1) & mask
        return at

    def _grow(self) -> None:
        entries: Iterable[tuple[int, int, int]] = zip(self._high, self._low, self._first, strict=True)
        self._high, self._low, self._first = _table(2 * len(self._first))
        for high, low, first in entries:
            if first != 0:
                at = self._find(high, low)
                self._high[at], self._low[at], self._first[at] = high, low, first


def _table(size: int) -> tuple[array[int], array[int], array[int]]:
    return array("Q", repeat(0, size)), array("Q", repeat(0, size)), array("I", repeat(0, size))


def _halves(event_id: str) -> tuple[int, int]:
    whole = int(event_id.replace("-", ""), 16)
    return whole >> 64, whole & 0xFFFFFFFFFFFFFFFF
