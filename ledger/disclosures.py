"""The vault: protected content on its way into the store and back, tied to what was signed by commitments.

1. Every protected slot of a body is committed, null when absent, so that absence shows no more than presence.
2. The content stands in the disclosure and nowhere else: not in the payload, in logs, messages or indexes.
3. Reading opens each commitment: hash first, then strict parsing, then ledger, event and slot. Content that does
   not fit is an error; content that is not there leaves its slot missing, and the event readable.
4. What a signed event erased is not opened, whatever bytes are there: its slot is erased.

The bytes are those of `claimledger.events.disclosure`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from claimledger.events.disclosure import (
    Disclosure,
    SlotStatus,
    absent_bytes,
    commitment_of,
    new_salt,
    open_commitment,
)
from claimledger.events.encoding import JSONValue
from claimledger.events.event import Payload
from claimledger.events.identifiers import is_event_id, is_slot

__all__ = ["close_slots", "open_slots"]


def close_slots(
    protected: Mapping[str, JSONValue], *, ledger: str | None, event: str
) -> tuple[dict[str, str], dict[str, bytes]]:
    """Commit to the protected content of an event.

    Args:
        protected: slot to content, None when absent.
        ledger: the ledger's id.
        event: the event's id.

    Returns:
        Slot to commitment, which is signed; and slot to the disclosure's bytes, which are kept.

    Raises:
        InvalidValue: content that is no strict JSON, or longer than 32 KiB; nothing of it is shown.
    """
    if ledger is None or not protected:
        return {}, {}
    disclosures = {
        slot: (
            absent_bytes(ledger, event, slot, new_salt())
            if value is None and is_event_id(event) and is_slot(slot)
            else Disclosure(ledger, event, slot, new_salt(), value).to_bytes()
        )
        for slot, value in protected.items()
    }
    return {slot: commitment_of(content) for slot, content in disclosures.items()}, disclosures


def open_slots(
    header: Payload, disclosures: Mapping[str, bytes], *, ledger: str, erased: Container[str] = ()
) -> tuple[dict[str, JSONValue], dict[str, SlotStatus]]:
    """Open the commitments of an event with the disclosures at hand.

    Args:
        header: the event's payload.
        disclosures: slot to bytes, for this event.
        ledger: the ledger's id.
        erased: the slots that a later event erased.

    Returns:
        Slot to content, for the slots whose content is here; and slot to what can be said of it.

    Raises:
        WrongDisclosure: content that does not fit its commitment.
    """
    contents: dict[str, JSONValue] = {}
    slots: dict[str, SlotStatus] = {}
    for slot, commitment in header.commitments.items():
        data = disclosures.get(slot)
        if slot in erased:
            slots[slot] = SlotStatus.ERASED
            continue
        if data is None:
            slots[slot] = SlotStatus.MISSING
            continue
        contents[slot] = open_commitment(commitment, data, ledger=ledger, event=header.id, slot=slot).value
        slots[slot] = SlotStatus.DISCLOSED
    return contents, slots
