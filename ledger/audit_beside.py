"""The index of names and the database itself, held against the events, for the audit.

1. The index of names is what the events make it (`claimledger.audit_names`), and the handles that are disclosed; a
   handle that was erased is in it no longer.
2. The database is asked whether it finds itself sound.
3. Names of an event that is not believed are not held against it: the event is the finding.

Both are read once, while the signatures are verified; only what does not agree is looked for row by row.
Entries for idempotency are local to a recorder, keyed, and in no event: they are not evidence and not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from claimledger.events.disclosure import open_commitment
from claimledger.events.envelope import Envelope
from claimledger.events.errors import MalformedEvent, WrongDisclosure
from claimledger.events.event import Payload
from claimledger.events.identifiers import is_event_id

from .audit_findings import Findings
from .audit_names import HANDLES, Names, keyed_handle, mark, names_of
from .recording import NameKey, Row
from .report import DAMAGED, NAMES_WRONG

if TYPE_CHECKING:
    from .audit_store import Stored

__all__ = ["Beside", "Kept", "read_beside"]


@runtime_checkable
class _Keyed(Protocol):
    """A store that keeps handles, under a secret."""

    def secret(self) -> bytes:
        """The key under which they stand in the index of names."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What was read beside the events: counts and marks, no content.

    Attributes:
        names: marks of the index of names.
        has_handles: whether the index has handles of protected persons.
        damage: what the database finds wrong with itself.
    """

    names: Names
    has_handles: bool
    damage: tuple[str, ...]


def read_beside(store: Stored) -> Kept:
    """Read what stands beside the events.

    Raises:
        VerificationFailed, LedgerUnavailable: it cannot be read.
        UnicodeError: the database holds bytes that cannot be asked for again.
    """
    names = Names()
    has_handles = False
    for key, event_id in store.all_names():
        if key[1] == "handle":
            has_handles = True
        else:
            names.take(key, event_id)
    return Kept(names, has_handles, tuple(store.damage()))


class Beside:
    """Holds what was read beside the events against them, once all events were read.

    Args:
        store: where to look again.
        findings: gets what is found.
        end: how many events were audited; those that came meanwhile are left alone.
    """

    def __init__(self, store: Stored, findings: Findings, end: int) -> None:
        self._store = store
        self._findings = findings
        self._end = end
        self.names = Names()
        self.key_stream = ""
        self.not_judged: set[str] = set()
        self.erased_handles: set[str] = set()
        self._protected: dict[str, Payload] = {}
        self._told: set[str] = set()

    def take(self, payload: Payload) -> None:
        """Take in the names that a believed event makes."""
        for key in names_of(payload, self.key_stream):
            self.names.take(key, payload.id)
        if HANDLES.get(payload.type) in payload.commitments:
            self._protected[payload.id] = payload

    def hold_new(self, row: Row, payload: Payload) -> None:
        """Hold the names of one believed event against the index, where the rest was verified in an earlier audit."""
        for key in names_of(payload, self.key_stream):
            event_id = self._store.name(*key)
            if event_id == payload.id:
                continue
            first = (
                self._store.row_of_id(event_id) if event_id is not None and is_event_id(event_id) else None
            )
            if first is None or first.index > row.index:
                message = "the index of names does not lead from its name to it"
                self._findings.add_at(NAMES_WRONG, row, payload, message)

    def hold(self, kept: Kept) -> None:
        """Hold it all against the events that were taken in."""
        missing = self.names.not_in(kept.names)
        elsewhere = self.names.leads_elsewhere(kept.names)
        handles = self._disclosed_handles()
        if elsewhere or kept.has_handles:
            missing |= self._look_for_wrong_names(elsewhere, handles)
        for event_id in handles.values():
            found = self._event_of(event_id)
            if found is not None:
                message = "the index of names does not lead from its handle to it"
                self._findings.add_at(NAMES_WRONG, *found, message)
        if missing:
            for row, payload in self._events():
                if any(mark(key) in missing for key in names_of(payload, self.key_stream)):
                    message = "the index of names does not lead from its name to it"
                    self._findings.add_at(NAMES_WRONG, row, payload, message)
        for line in kept.damage:
            self._findings.add(DAMAGED, None, f"the database finds itself damaged: {line}")

    def _disclosed_handles(self) -> dict[NameKey, str]:
        """The rows of the index that handles take, as far as they are disclosed; those of events that hold."""
        handles: dict[NameKey, str] = {}
        self._told.clear()
        if not self._protected or not isinstance(self._store, _Keyed):
            return handles
        secret = self._store.secret()
        for payload in self._protected.values():
            slot = HANDLES[payload.type]
            row = None if payload.id in self.not_judged else self._store.row_of_id(payload.id)
            if row is None:
                continue
            data = self._store.disclosures_after(row.index - 1, row.index).get(row.index, {}).get(slot)
            if type(data) is not bytes:
                continue
            try:
                handle = open_commitment(
                    payload.commitments[slot],
                    data,
                    ledger=payload.ledger or "",
                    event=payload.id,
                    slot=slot,
                ).value
            except WrongDisclosure:
                continue  # the row's own finding
            if isinstance(handle, str):
                keyed = keyed_handle(secret, payload.stream, handle, slot)
                handles.setdefault((payload.stream, "handle", keyed), payload.id)
                self._told.add(payload.id)
        return handles

    def _look_for_wrong_names(self, elsewhere: set[int], handles: dict[NameKey, str]) -> set[int]:
        """Add what the index has too much; give the names that lead elsewhere than events say.

        Handles that are where they should be are taken out of those given.
        """
        derived = set(self.names.keys) if elsewhere else set()
        misled = set()
        for key, event_id in self._wrong_names(elsewhere, handles):
            found = self._event_of(event_id)
            if mark(key) in derived:
                misled.add(mark(key))
            elif found is None:
                self._findings.add(
                    NAMES_WRONG, None, "the index of names leads to an event that is not in the log"
                )
            elif found[0].index < self._end:
                message = "the index of names has a name for it that it does not have"
                self._findings.add_at(NAMES_WRONG, *found, message)
        return misled

    def _wrong_names(self, elsewhere: set[int], handles: dict[NameKey, str]) -> Iterator[tuple[NameKey, str]]:
        for key, event_id in self._store.all_names():
            if event_id in self.not_judged:
                continue
            if key[1] == "handle":
                if handles.get(key) == event_id:
                    del handles[key]
                    continue
                found = self._event_of(event_id)
                is_made = found is not None and found[1].type in HANDLES and found[1].stream == key[0]
                known_otherwise = event_id in self._told or event_id in self.erased_handles
                if not is_made or known_otherwise:
                    yield key, event_id
            elif mark(key, event_id) in elsewhere:
                yield key, event_id

    def _event_of(self, event_id: object) -> tuple[Row, Payload] | None:
        row = self._store.row_of_id(event_id) if isinstance(event_id, str) and is_event_id(event_id) else None
        return None if row is None else next(iter(_read([row])), None)

    def _events(self) -> Iterator[tuple[Row, Payload]]:
        for row, payload in _read(self._store.rows()):
            if row.index >= self._end:
                return
            if payload.id not in self.not_judged:
                yield row, payload


def _read(rows: Iterable[Row]) -> Iterator[tuple[Row, Payload]]:
    for row in rows:
        if type(row.envelope) is bytes:
            try:
                payload = Payload.from_bytes(Envelope.from_bytes(row.envelope).payload)
            except MalformedEvent:
                continue
            yield row, payload
