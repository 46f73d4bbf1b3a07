"""How the verification of a bundle collects what it finds, and finds words for it.

1. Of one code the first thousand findings are listed; the others are counted.
2. A name is repeated to a person only where it is plain; no finding repeats content.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from .audit_links import is_plain, words_for
from .bundle_events import BundleEvent
from .bundle_report import BUNDLE_MEANINGS
from .report import Finding

__all__ = ["BundleFindings", "counted", "shown"]

_PER_CODE: Final = 1_000


class BundleFindings:
    """What was found so far, bounded for each code.

    Attributes:
        cases: the names of the cases that are opened here, by their streams: by them events are named in words.
        listed: the findings that are listed, in the order in which they were made.
        counted: how many there are of each code, listed or not.
        touched: indexes of events that something was found against.
    """

    def __init__(self) -> None:
        self.cases: dict[str, str] = {}
        self.listed: list[Finding] = []
        self.counted: Counter[str] = Counter()
        self.touched: set[int] = set()

    def add(self, code: str, message: str, index: int | None = None) -> None:
        """Add a finding about the whole, or about a line at an index that is no event here."""
        self._add(code, index, message)

    def about(self, code: str, event: BundleEvent, message: str) -> None:
        """Add a finding about an event: it is named in words, and by its leaf hash."""
        self.touched.add(event.index)
        stream = event.payload.stream
        cases = {stream: shown(self.cases[stream])} if stream in self.cases else {}
        self._add(code, event.index, message, words_for(event.payload, cases), event.leaf)

    def _add(
        self, code: str, index: int | None, message: str, where: str = "", leaf: str | None = None
    ) -> None:
        self.counted[code] += 1
        if self.counted[code] <= _PER_CODE:
            self.listed.append(Finding(code, index, leaf, where, message, BUNDLE_MEANINGS.get(code, "")))


def shown(name: str) -> str:
    """A name as it is, where it can be repeated to a person."""
    return name if is_plain(name) else "(a name that is not shown)"


def counted(number: int) -> str:
    """A number of events in words."""
    return "1 event" if number == 1 else f"{number} events"
