"""The protected slots of a bundle's events: disclosed, withheld, erased, or missing, each held against its commitment.

1. An event's `commitments` say which slots it has. Content under any other name, or of another place, is a finding.
2. Content is believed by its commitment alone (`claimledger.events.disclosure`).
3. What a signed event erased must not be here: it is a finding, and it is shown nowhere.
4. A slot without content, without an erasure and without a word that it was left out is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from claimledger.events.disclosure import SlotStatus, open_commitment
from claimledger.events.encoding import encode
from claimledger.events.errors import InvalidValue, MissingDisclosure, WrongDisclosure

from .bundle_events import BundleEvent, events_of
from .bundle_findings import BundleFindings
from .bundle_links import BundleLinks
from .bundle_read import Bundle

__all__ = ["SlotSink", "verify_slots"]


class SlotSink(Protocol):
    """Takes what was found to hold of slots, as it comes by."""

    def disclosed(self, index: int, slot: str, content: bytes) -> None:
        """Content of a slot that is given."""
        ...

    def left_out(self, event: str, slot: str) -> None:
        """A slot whose content was left out on purpose."""
        ...


def verify_slots(
    bundle: Bundle,
    links: BundleLinks,
    findings: BundleFindings,
    *,
    sink: SlotSink | None,
    progress: Callable[[BundleEvent], None],
) -> Counter[SlotStatus]:
    """Read the events a second time, for what is given of them.

    Args:
        bundle: an open bundle.
        links: of all its events: what erases a slot may come later than the slot.
        findings: takes what does not hold.
        sink: is given what holds.
        progress: is told of each event that was read.

    Returns:
        How many slots have which status.
    """
    statuses: Counter[SlotStatus] = Counter()
    for event in events_of(bundle):
        progress(event)
        payload, given = event.payload, event.line.slots
        found = {slot: _look_at(event, slot, given[slot], links, findings, sink) for slot in sorted(given)}
        if links.index_of(payload.id) != event.index:
            continue  # Of events of one id an erasure is of the first, and so is what is missing.
        for slot in sorted(payload.commitments):
            status = found.get(slot, SlotStatus.MISSING)
            if links.is_erased(event, slot):
                if given.get(slot) is not None:
                    said = (
                        f"its slot {slot} was erased by a signed event, and its content is here all the same"
                    )
                    findings.about("disclosure.erased", event, said)
                status = SlotStatus.ERASED
            elif slot not in given:
                said = f"the protected content of slot {slot} is not here, and nothing says why"
                findings.about(MissingDisclosure.code, event, said)
            statuses[status] += 1
    return statuses


def _look_at(
    event: BundleEvent,
    slot: str,
    value: Any,
    links: BundleLinks,
    findings: BundleFindings,
    sink: SlotSink | None,
) -> SlotStatus:
    """Find what can be said of content that stands under a name."""
    payload, ledger = event.payload, links.ledger or ""
    if slot not in payload.commitments:
        # A name that is no slot could be content itself.
        findings.about(
            "disclosure.elsewhere", event, "content is here under a name that is none of its slots"
        )
        return SlotStatus.MISMATCHED
    if value is None:
        if sink is not None:
            sink.left_out(payload.id, slot)
        return SlotStatus.WITHHELD
    if type(value) is list and value[1:4] != [ledger, payload.id, slot]:
        said = f"what is shown as its slot {slot} is of another ledger, record or slot"
        findings.about("disclosure.elsewhere", event, said)
        return SlotStatus.MISMATCHED
    try:
        content = encode(value)
        open_commitment(payload.commitments[slot], content, ledger=ledger, event=payload.id, slot=slot)
    except (InvalidValue, WrongDisclosure):
        said = f"what is shown as its slot {slot} is not what was recorded"
        findings.about(WrongDisclosure.code, event, said)
        return SlotStatus.MISMATCHED
    if sink is not None:
        sink.disclosed(event.index, slot, content)
    return SlotStatus.DISCLOSED
