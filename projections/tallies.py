"""Counting over a whole ledger in little memory: which claims fell under what, so that one can be taken out again.

1. A `Tally` counts the claims under one heading, in how many cases they are, and names the first few of them.
2. `Counted` remembers of each claim only where it was counted: its event id, and the numbers of its tallies. That is
   about a hundred bytes a claim, without any body, and it is what a later amendment, withdrawal or retraction needs.
3. Taking a claim out again leaves the counts as if it had never been counted; of the first few named, it leaves a gap.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final

__all__ = ["NAMED", "Counted", "Tally"]

NAMED: Final = 20
"""How many claims are named behind a count; the count itself is whole."""

_SMALLEST: Final = 1024


class Tally:
    """How many claims, in how many cases, and which the first ones are."""

    __slots__ = ("_cases", "named")

    def __init__(self) -> None:
        self._cases = array("I")
        self.named: list[tuple[int, int, str]] = []

    def add(self, index: int, case: int, ref: str) -> None:
        """Count a claim, by its place in the log, the number of its case and its ref."""
        self._cases.append(case)
        if len(self.named) < NAMED:
            self.named.append((index, case, ref))

    def take_out(self, case: int, ref: str) -> None:
        """Count a claim no more."""
        self._cases.remove(case)
        self.named = [one for one in self.named if one[1:] != (case, ref)]

    @property
    def times(self) -> int:
        """How many claims."""
        return len(self._cases)

    @property
    def cases(self) -> set[int]:
        """The numbers of the cases that they are in."""
        return set(self._cases)


class Counted:
    """Where each claim was counted: from its event id to the numbers of its tallies, in flat arrays.

    A table with open addressing over four arrays, of 20 bytes a place and half full on average: a dict of the same
    would take five times as much.
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
        self._places.append(len(numbers))
        self._places.extend(numbers)
        if 3 * self._used > 2 * len(self._first):
            self._grow()

    def get(self, event_id: str) -> Sequence[int] | None:
        """The numbers of a claim's tallies; None where no such claim was counted."""
        start = self._first[self._find(*_halves(event_id))]
        return None if start == 0 else self._places[start + 1 : start + 1 + self._places[start]]

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
