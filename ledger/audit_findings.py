"""How an audit collects what it finds, and finds words for it.

1. An event that holds is named by what it says itself: "claim C29 of yekaterinburg-2025".
2. An event whose bytes are not believed is named by the index of names, else by the columns of its row.
3. Only plain names are repeated, and no content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from claimledger.events.errors import ClaimLedgerError, LedgerClosed, WrongSignature
from claimledger.events.event import Payload
from claimledger.events.identifiers import is_event_type

from .audit_links import is_plain, words_for
from .audit_row import CheckedRow
from .key_records import KeyRecord
from .recording import NameKey, Row
from .report import DAMAGED, MEANINGS, Finding, most_telling_first

__all__ = ["Findings"]

_T = TypeVar("_T")


class Findings:
    """What an audit found so far.

    Args:
        cases: names of the cases by stream; the audit goes on filling it.
    """

    def __init__(self, cases: Mapping[str, str]) -> None:
        self._cases = cases
        self._found: list[Finding] = []
        self._nameless: dict[int, Row] = {}  # without their bytes

    def __len__(self) -> int:
        return len(self._found)

    def or_damaged(self, read: Callable[[], _T], otherwise: _T) -> _T:
        """Read, where anything may be damaged: what cannot be read is a finding."""
        try:
            return read()
        except LedgerClosed:
            raise
        except (ClaimLedgerError, UnicodeError) as error:
            # Text that is no UTF-8 comes out of the database, but does not go in again.
            self.add(DAMAGED, None, f"the database cannot be read: {error}")
            return otherwise

    def add(self, code: str, index: int | None, message: str, meaning: str | None = None) -> None:
        """Add what is about no event that could be read."""
        meaning = MEANINGS.get(code, "") if meaning is None else meaning
        self._found.append(Finding(code, index, None, "", message, meaning))

    def add_at(self, code: str, row: Row, payload: Payload, message: str) -> None:
        """Add what is about an event that holds itself."""
        where = words_for(payload, self._cases)
        self._found.append(Finding(code, row.index, row.leaf, where, message, MEANINGS.get(code, "")))

    def add_checked(
        self, code: str, checked: CheckedRow, message: str, keys: Mapping[str, KeyRecord]
    ) -> None:
        """Add what was found in a row, or between it and the one before."""
        index = checked.row.index
        meaning = MEANINGS.get(code, "")
        if code == WrongSignature.code:
            meaning = _who_signed(checked, keys)
        where = ""
        if checked.is_believed and checked.payload is not None:
            where = words_for(checked.payload, self._cases)
        else:
            self._nameless[index] = replace(checked.row, envelope=b"")
        self._found.append(Finding(code, index, checked.leaf, where, message, meaning))

    def in_order(self, names: Iterable[tuple[NameKey, str]]) -> tuple[Finding, ...]:
        """All findings, the most telling first.

        Args:
            names: the index of names: stream, what and name, and the event id. Read only if needed.
        """
        words = self._words(names) if self._nameless else {}
        found = [
            replace(each, where=words[each.index]) if each.index in words and not each.where else each
            for each in self._found
        ]
        return most_telling_first(found)

    def _words(self, names: Iterable[tuple[NameKey, str]]) -> dict[int, str]:
        words = {}
        for index, row in self._nameless.items():
            kind = row.type if is_event_type(row.type) else "event"
            number = row.sequence if type(row.sequence) is int else "?"
            words[index] = f"{kind}, number {number} of {self._cases.get(row.stream, 'its stream')}"
        indexes = {row.event_id: index for index, row in self._nameless.items()}
        for (stream, what, name), event_id in names:
            if event_id in indexes and what in ("case", "claim", "entity", "source") and is_plain(name):
                case = self._cases.get(stream)
                words[indexes[event_id]] = f"{what} {name}" if case is None else f"{what} {name} of {case}"
        return words


def _who_signed(checked: CheckedRow, keys: Mapping[str, KeyRecord]) -> str:
    holders = " and ".join(keys[name].holder for name in checked.signers if name in keys)
    when = ""
    if checked.payload is not None:
        instant = checked.payload.recorded_at[:16].replace("T", " ")
        when = f" at {instant} UTC, as it says now (by the recorder's clock)"
    return f"Someone changed this record, or its signature, after {holders or 'its signer'} signed it{when}."
