"""Lines about protected slots, taken beside the events that they are about: in their order, each once.

Lines stand in the order of their events and, within an event, of their slots. What names an event that is not here,
is out of order, comes twice or cannot be read is a problem of its own, and does not disturb the lines around it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from .bundle_lines import SlotLine, Unreadable

__all__ = ["Slots", "SlotProblem"]


@dataclass(frozen=True, slots=True)
class SlotProblem:
    """A line that is about nothing here, or is not in its place.

    Attributes:
        number: which line, from 1.
        index: of the event that it is about, if it is here.
        why: in a few words.
        is_elsewhere: whether it is about something that is not here.
    """

    number: int
    index: int | None
    why: str
    is_elsewhere: bool


class Slots:
    """The lines of one file, beside the events.

    Args:
        lines: as they come.
        index_of: the index of an event id; None where it is not here.
        silent: indexes of events of which nothing more is said.
        report: is told of each line that is about nothing here, or not in its place.
    """

    def __init__(
        self,
        lines: Iterator[SlotLine | Unreadable],
        index_of: Callable[[str], int | None],
        silent: Container[int],
        report: Callable[[SlotProblem], None],
    ) -> None:
        self._lines = lines
        self._index_of = index_of
        self._silent = silent
        self._last: tuple[int, str] = (-1, "")
        self._next: tuple[int, SlotLine] | None = None
        self._report = report
        self._step()

    def of(self, index: int) -> dict[str, SlotLine]:
        """The lines about an event, by slot; events are asked for in the order of their indexes."""
        found = {}
        while self._next is not None and self._next[0] <= index:
            at, line = self._next
            if at == index:
                found[line.slot] = line
            self._step()
        return found

    def end(self) -> None:
        """There are no more events; what is left is about those of which nothing more is said."""
        while self._next is not None:
            self._step()

    def _step(self) -> None:
        self._next = None
        for line in self._lines:
            if isinstance(line, Unreadable):
                self._problem(line.number, None, line.why)
                continue
            index = self._index_of(line.event)
            if index is None:
                self._problem(line.number, None, "is about an event that is not here", is_elsewhere=True)
                continue
            if index in self._silent:
                continue
            if (index, line.slot) <= self._last:
                why = "comes a second time" if (index, line.slot) == self._last else "is out of its place"
                self._problem(line.number, index, f"{why}: slot {line.slot}")
                continue
            self._last = (index, line.slot)
            self._next = (index, line)
            return

    def _problem(self, number: int, index: int | None, why: str, *, is_elsewhere: bool = False) -> None:
        self._report(SlotProblem(number, index, why, is_elsewhere))
