"""How the verification of a bundle collects what it finds, and finds words for it.

1. Of one code the first two hundred findings are listed; the others are counted.
2. A name is repeated to a person only where it is plain; no finding repeats content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from claimledger.events.event import Payload

from .audit_links import is_plain, words_for
from .bundle_report import BUNDLE_MEANINGS
from .report import Finding

__all__ = ["BundleFindings", "counted", "shown"]

_PER_CODE: Final = 200


class BundleFindings:
    """What was found so far, bounded for each code.

    Args:
        cases: the names of the cases, by their streams; looked at when a finding is added, so it may still grow.

    Attributes:
        listed: the findings that are listed, in the order in which they were made.
        counted: how many there are of each code, listed or not.
        touched: indexes of events that something was found against.
    """

    def __init__(self, cases: Mapping[str, str]) -> None:
        self._cases = cases
        self.listed: list[Finding] = []
        self.counted: Counter[str] = Counter()
        self.touched: set[int] = set()

    def add(
        self, code: str, index: int | None, message: str, where: str = "", leaf: str | None = None
    ) -> None:
        """Add a finding about a place in the log, or about the whole where the index is None."""
        self.counted[code] += 1
        if index is not None:
            self.touched.add(index)
        if self.counted[code] <= _PER_CODE:
            self.listed.append(Finding(code, index, leaf, where, message, BUNDLE_MEANINGS.get(code, "")))

    def about(self, code: str, index: int, payload: Payload, leaf: str, message: str) -> None:
        """Add a finding about an event that could be read: it is named in words, and by its leaf hash."""
        self.add(code, index, message, words_for(payload, self._cases), leaf)


def shown(name: str) -> str:
    """A name as it is, where it can be repeated to a person."""
    return name if is_plain(name) else "(a name that is not shown)"


def counted(number: int) -> str:
    """A number of events in words."""
    return "1 event" if number == 1 else f"{number} events"
