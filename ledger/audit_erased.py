"""Missing and erased content held against the erasures that are signed, for the audit.

1. Content that is not here is a finding, unless a later signed event of its stream erased it: that may come any number
   of rows later, so that what is missing waits for the end.
2. Content that was erased and is still here is a finding, and so is what could confirm a guess at it: the keyed handle
   in the index of names, the digest by which a retry is recognised.
3. An erasure that names no slot of an event before it in its stream erases nothing, and is a finding.

Kept in memory are a few words for each slot that is missing or erased.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from claimledger.events.envelope import Envelope
from claimledger.events.erasure import DisclosureErased, erased_slots
from claimledger.events.errors import MalformedEvent, MissingDisclosure
from claimledger.events.event import Payload

from .audit_findings import Findings
from .audit_names import HANDLES
from .audit_row import CheckedRow
from .recording import Row
from .report import ERASURE_UNFINISHED, ERASURE_WRONG

if TYPE_CHECKING:
    from .audit_store import Stored

__all__ = ["ErasedContent"]

_HANDLES = frozenset(HANDLES.values())


@runtime_checkable
class _Digests(Protocol):
    """A store that keeps digests of what was recorded under idempotency keys."""

    def digested(self) -> Iterable[str]:
        """The ids of the events of which it keeps one."""
        ...


class ErasedContent:
    """What an audit knows of missing content and of erasures.

    Args:
        store: where to look again.
        findings: gets what is found.
    """

    def __init__(self, store: Stored, findings: Findings) -> None:
        self._store = store
        self._findings = findings
        self._missing: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._erased: dict[tuple[str, str], tuple[int, str]] = {}

    def take(self, checked: CheckedRow, payload: Payload) -> None:
        """Take in a believed event: what is missing of it, and what it erases."""
        if checked.missing:
            self._missing[payload.id] = (checked.row.index, tuple(checked.missing))
        if payload.type == DisclosureErased.TYPE and not checked.problems:
            for key in erased_slots(payload):
                self._erased.setdefault(key, (checked.row.index, payload.stream))

    @property
    def handles(self) -> set[str]:
        """The ids of the events whose handle is erased."""
        return {event for event, slot in self._erased if slot in _HANDLES}

    def hold(self) -> int:
        """Hold everything against one another once all events were taken in; gives how many slots are erased."""
        erased: set[tuple[str, str]] = set()
        for (event_id, slot), (index, stream) in self._erased.items():
            found = self._event_of(event_id)
            if found is None or (found[1].stream != stream or found[0].index >= index):
                what = "erases content of an event that is not before it in its stream"
            elif slot not in found[1].commitments:
                what = f"erases slot {slot}, which its event does not have"
            else:
                erased.add((event_id, slot))
                continue
            self._at(ERASURE_WRONG, index, what)
        self._hold_missing(erased)
        self._hold_bytes(erased)
        return len(erased)

    def _hold_missing(self, erased: set[tuple[str, str]]) -> None:
        for event_id, (index, slots) in self._missing.items():
            for slot in slots:
                if (event_id, slot) not in erased:
                    message = f"the protected content of slot {slot} is not here, and nothing says why"
                    self._at(MissingDisclosure.code, index, message)

    def _hold_bytes(self, erased: set[tuple[str, str]]) -> None:
        events = {event_id for event_id, _ in erased}
        digested = events.intersection(self._store.digested()) if isinstance(self._store, _Digests) else set()
        for event_id, slot in sorted(erased):
            row = self._store.row_of_id(event_id)
            if row is not None and slot in self._store.disclosures_after(row.index - 1, row.index).get(
                row.index, {}
            ):
                self._at(
                    ERASURE_UNFINISHED, row.index, f"slot {slot} is erased, and its content is still here"
                )
        for event_id in sorted(digested):
            row = self._store.row_of_id(event_id)
            if row is not None:
                message = (
                    "content of it is erased, and a digest that could confirm a guess at it is still here"
                )
                self._at(ERASURE_UNFINISHED, row.index, message)

    def _at(self, code: str, index: int, message: str) -> None:
        row = self._store.row_at(index)
        payload = None if row is None else _payload(row)
        if row is not None and payload is not None:
            self._findings.add_at(code, row, payload, message)
        else:
            self._findings.add(code, index, message)

    def _event_of(self, event_id: str) -> tuple[Row, Payload] | None:
        row = self._store.row_of_id(event_id)
        payload = None if row is None else _payload(row)
        return None if row is None or payload is None else (row, payload)


def _payload(row: Row) -> Payload | None:
    try:
        return (
            Payload.from_bytes(Envelope.from_bytes(row.envelope).payload)
            if type(row.envelope) is bytes
            else None
        )
    except MalformedEvent:
        return None
