"""What was erased in a case: which content of which record, by whose authority and why, as signed.

1. An erasure acts on an event that was filed before it, of the same stream, and on slots that this event has.
2. A state that holds the content when the erasure comes in lets go of it: nothing computed from then on has it.
3. What is here is read off the erasing events alone, so that a state is the same whether or not the content was ever
   at hand, and an erasure after ``known_at`` is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from claimledger.events.disclosure import SlotStatus
from claimledger.events.erasure import DisclosureErased
from claimledger.events.recorded import Erasure, Event
from claimledger.events.registry import Body, read_body

__all__ = ["ErasureView", "erased_in_words", "view_of", "without"]


@dataclass(frozen=True, slots=True)
class ErasureView:
    """An erasure, as a case shows it.

    Attributes:
        index: log index of the erasing event.
        event: its event id.
        of: event id of the record whose content was erased.
        of_index: its log index.
        what: that record: the ref of a claim, the name of an entity or source; its type where it has neither.
        slots: the slots that were erased.
        authority: by whose authority.
        reason: why.
        signers: keyids of those who signed.
    """

    index: int
    event: str
    of: str
    of_index: int
    what: str
    slots: tuple[str, ...]
    authority: str
    reason: str
    signers: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "index": self.index,
            "event": self.event,
            "of": self.of,
            "of_index": self.of_index,
            "what": self.what,
            "slots": list(self.slots),
            "authority": self.authority,
            "reason": self.reason,
            "signers": list(self.signers),
        }


def view_of(event: Event, body: DisclosureErased, erased: Event, what: str) -> ErasureView:
    """How a case shows that content of an event was erased; only the slots which that event has."""
    slots = tuple(slot for slot in body.erases if slot in erased.header.commitments)
    return ErasureView(
        event.index,
        event.id,
        body.event,
        erased.index,
        what,
        slots,
        body.authority,
        body.reason,
        event.signers,
    )


def without(event: Event, view: ErasureView) -> Event:
    """An event without content that was erased; what else was at hand stays."""
    header, body = event.header, event.body
    kept = {
        slot: value
        for slot, value in (body.split()[1].items() if isinstance(body, Body) else ())
        if event.slots.get(slot) is SlotStatus.DISCLOSED and slot not in view.slots
    }
    erasure = Erasure(view.index, view.event, view.authority, view.reason)
    return replace(
        event,
        body=read_body(header.type, header.version, header.body, kept, header.commitments),
        slots={**event.slots, **dict.fromkeys(view.slots, SlotStatus.ERASED)},
        erasures={**event.erasures, **dict.fromkeys(view.slots, erasure)},
    )


def erased_in_words(view: ErasureView) -> str:
    """What was erased, as a person calls it: "quote and text erased"."""
    words = [slot.rpartition(".")[2] for slot in view.slots] or ["nothing"]
    before = f"{', '.join(words[:-1])} and " if len(words) > 1 else ""
    return f"{before}{words[-1]} erased"
