"""The events of a bundle that can be taken in: of their form, and each after those before it.

What is malformed or out of its order counts as not here. Whoever goes through the events of a bundle does it by
`events_of`, so that all see the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from claimledger.events.envelope import Envelope
from claimledger.events.errors import BrokenChain, MalformedEvent
from claimledger.events.event import LEDGER_OPENED, Payload

from .bundle_lines import EventLine, Unreadable
from .bundle_read import Bundle
from .key_rules import check_form
from .trust import mended_record

__all__ = ["BundleEvent", "Refused", "events_of"]

Refused = Callable[[str, int | None, str], None]
"""Is told of a line that is not taken in: code, index where it can be read, and words."""


@dataclass(frozen=True)
class BundleEvent:
    """One event of a bundle; of its form, and not checked any further.

    Attributes:
        line: the line that it stands in.
        envelope: the envelope, read.
        payload: what was signed, read.
    """

    line: EventLine
    envelope: Envelope
    payload: Payload

    @property
    def index(self) -> int:
        """Place in the log, as the line says."""
        return self.line.index

    @cached_property
    def leaf(self) -> str:
        """Leaf hash, 64 hex digits."""
        return self.envelope.leaf()

    @property
    def signers(self) -> tuple[str, ...]:
        """Keyids of those who signed it."""
        return tuple(each.keyid for each in self.envelope.signatures)

    @property
    def ledger(self) -> str:
        """The ledger id that it is of: what it names, or, where it opens a ledger, its digest."""
        return self.payload.ledger or sha256(self.envelope.payload).hexdigest()


def events_of(bundle: Bundle, refused: Refused | None = None) -> Iterator[BundleEvent]:
    """The events that are taken in, in the order of the log.

    Args:
        bundle: an open bundle.
        refused: is told of each line that is not taken in; none where that was said already.
    """
    refuse = refused or _nobody
    last = -1
    for line in bundle.events():
        if isinstance(line, Unreadable):
            refuse(MalformedEvent.code, None, f"line {line.number} of events.jsonl is no event of a bundle")
            continue
        try:
            event = _read(line)
        except MalformedEvent as error:
            refuse(error.code, None, f"line {line.number} of events.jsonl: {error}")
            continue
        if line.index <= last:
            said = "stands in events.jsonl behind a later one, or a second time"
            refuse(BrokenChain.code, line.index, said)
            continue
        last = line.index
        yield event


def _read(line: EventLine) -> BundleEvent:
    envelope = Envelope.from_bytes(line.envelope)
    payload = Payload.from_bytes(envelope.payload)
    if not line.index and (payload.type != LEDGER_OPENED or payload.sequence != 1):
        raise MalformedEvent(f"the first event of a ledger is {LEDGER_OPENED}")
    if payload.type != LEDGER_OPENED or not line.index:
        check_form(payload)
    mended_record(payload)
    return BundleEvent(line, envelope, payload)


def _nobody(code: str, index: int | None, why: str) -> None:
    """Tell nobody."""
