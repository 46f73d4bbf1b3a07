"""Signatures that are disputed: what a case rests on that was signed by a key which was later said to have been lost.

1. A revocation says how many leaves of the log stay trusted. What the key signed from there to the revocation was valid
   when it was recorded, and is disputed as now known: shown as such, never left out, and no value changes by it.
   Events of the key stream are the ledger's affair, and `claimledger.trust`'s; a case shows its own and the register's.
2. A revocation that touches nothing of a case is nothing to the case: its state, its hash included, stays as it was.
3. A revocation is an event like any other: after ``known_at``, it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from claimledger.events.governance import KeyRevoked
from claimledger.events.recorded import Event

__all__ = ["DISPUTED", "RevocationView", "disputed_in_words", "touched_by"]

DISPUTED: Final = "signature disputed"
"""The mark of whatever rests on such a signature."""


@dataclass(frozen=True, slots=True)
class RevocationView:
    """A revocation, as a case shows it that rests on what the key signed.

    Attributes:
        index: log index of the revocation.
        event: its event id.
        key: keyid of the key that was revoked.
        reason: why, as the roots say.
        size: what the key signed from this index on is disputed.
        disputed: log indexes of the events of the case whose signatures are disputed by it.
    """

    index: int
    event: str
    key: str
    reason: str
    size: int
    disputed: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "index": self.index,
            "event": self.event,
            "key": self.key,
            "reason": self.reason,
            "size": self.size,
            "disputed": list(self.disputed),
        }


def touched_by(event: Event, body: KeyRevoked, events: Iterable[Event]) -> RevocationView | None:
    """How a case shows a revocation; None where it disputes nothing of it.

    Args:
        event: the revocation.
        body: what it says.
        events: those that belong to the case.
    """
    disputed = tuple(
        sorted(
            one.index
            for one in events
            if body.size <= one.index < event.index and body.key in one.signers and one.stream != event.stream
        )
    )
    if not disputed:
        return None
    return RevocationView(event.index, event.id, body.key, body.reason, body.size, disputed)


def disputed_in_words(view: RevocationView) -> str:
    """Why a signature is disputed, in a few words."""
    return (
        f"{DISPUTED}: by the revocation at index {view.index}, key {view.key[:8]} is trusted below index "
        f"{view.size} only: {view.reason}"
    )
