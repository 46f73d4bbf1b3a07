"""What was erased, as it is read: which slots of an event a later signed event erased, and by whose authority.

1. The index of names says which event to look at; that event is read and verified, and must be an erasure of that very
   slot, of the same stream. Who changes the index erases nothing and hides nothing. An erasure acts on the past only:
   of itself and of what comes later it erases nothing, which the audit tells as `erasure.wrong`.
2. What was erased stays erased where its bytes are there (again): they are not shown.
3. An erasure that a newer release wrote still erases what it names so; its authority and reason are then not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from claimledger.events.erasure import DisclosureErased, erased_slots
from claimledger.events.errors import RowMismatch, UnknownName
from claimledger.events.recorded import Erasure, Event

from .recording import Row
from .store import Store

__all__ = ["Erasures", "erasure_of"]


def erasure_of(event: Event) -> Erasure:
    """What a ``disclosure.erased`` says to those who read what it erased."""
    body = event.body
    if isinstance(body, DisclosureErased):
        return Erasure(event.index, event.id, body.authority, body.reason)
    return Erasure(event.index, event.id, "", "")


class Erasures:
    """The erasures of one store.

    Args:
        store: the store.
        read: reads and verifies a stored event, by event id.
    """

    def __init__(self, store: Store, read: Callable[[str], Event]) -> None:
        self._store = store
        self._read = read
        self._seen: dict[str, Event] = {}

    def of(self, rows: Iterable[Row]) -> dict[str, Mapping[str, Erasure]]:
        """What was erased of events: event id to slot to what erased it.

        Raises:
            RowMismatch: the index of names leads to what is no erasure of that slot.
            VerificationFailed: an erasure is not what was signed.
        """
        places = {row.event_id: row for row in rows}
        found: dict[str, dict[str, Erasure]] = {}
        for event_id, slot, erasing in self._store.erased(
            (row.stream, row.event_id) for row in places.values()
        ):
            event = self._event(erasing)
            row = places[event_id]
            if (event_id, slot) not in erased_slots(event.header) or event.stream != row.stream:
                raise RowMismatch(
                    f"index {row.index}: the index of names leads to an event that does not erase slot {slot}; "
                    "verify the ledger"
                )
            if event.index > row.index:
                found.setdefault(event_id, {})[slot] = erasure_of(event)
        return dict(found)

    def _event(self, event_id: str) -> Event:
        event = self._seen.get(event_id)
        if event is None:
            try:
                event = self._seen[event_id] = self._read(event_id)
            except UnknownName:
                raise RowMismatch(
                    "the index of names leads to an erasure that is not in the log; verify the ledger"
                ) from None
        return event
