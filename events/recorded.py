"""An event as it is read back from a ledger: its place in the log, its signed header, and today's body.

`Event` is what projections fold over and what an embedding tool sees. The signed bytes themselves stay in the store;
`claimledger.Ledger.export_event` writes them out for others to verify.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .disclosure import SlotStatus
from .event import Payload, parse_instant
from .registry import Body, UnknownBody

__all__ = ["Erasure", "Event"]


@dataclass(frozen=True, slots=True)
class Erasure:
    """By whose authority and why the content of a slot was erased: what a signed ``disclosure.erased`` says.

    Attributes:
        index: of the event that erased it.
        event: id of that event.
        authority: by whose authority.
        reason: why.
    """

    index: int
    event: str
    authority: str
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a ledger, verified when it was read.

    Attributes:
        index: place in the log, from 0.
        leaf: leaf hash (64 hex): the outside name of the event.
        header: the signed header, with the signed members of the body as they are.
        body: the body in today's shape, or `UnknownBody`.
        signers: keyids of the keys that signed, ascending.
        slots: for each protected slot, whether its content is at hand.
        erasures: for each slot whose content was erased, by whose authority and why.
        mends_unseen: whether it amends or withdraws a record that is not here, in a bundle of other cases: recorders
            signed it, and whether they might mend that record could not be checked.
    """

    index: int
    leaf: str
    header: Payload
    body: Body | UnknownBody
    signers: tuple[str, ...]
    slots: Mapping[str, SlotStatus] = field(default_factory=dict)
    erasures: Mapping[str, Erasure] = field(default_factory=dict)
    mends_unseen: bool = False

    @property
    def id(self) -> str:
        """The event id: how bodies of other events refer to it."""
        return self.header.id

    @property
    def type(self) -> str:
        """The event type, as signed."""
        return self.header.type

    @property
    def stream(self) -> str:
        """The stream (a case, the shared register, or the key stream)."""
        return self.header.stream

    @property
    def sequence(self) -> int:
        """Place in its stream, from 1."""
        return self.header.sequence

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded, by the recorder's clock (UTC)."""
        return parse_instant(self.header.recorded_at)
