"""Erasure: protected content of an event is gone for good, by whose authority and why.

1. An erasure is an event in the stream of the event whose content it erases. It names that event and the slots;
   what was in them is in no signed bytes, before or after.
2. It acts on the past only: an event later in the log, or of another stream, is not erased by it.
3. Authority and reason are signed in clear, so they must hold nothing of the content. The recorder refuses them
   where they do; nobody can tell once the content is gone.
4. Commitments stay: an erased slot can be told from one that is withheld, or missing without a word.

How the bytes are deleted is of `claimledger.erasing`; what a reader gets is `claimledger.events.recorded.Erasure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import StringConstraints, model_validator

from .claims import EventId
from .encoding import JSONValue
from .event import Payload
from .registry import Body, register_body
from .values import ReadAs, Text

__all__ = ["DisclosureErased", "erased_slots"]

SlotName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$")]


@register_body
class DisclosureErased(Body):
    """The content behind commitments of an earlier event of the same stream is erased.

    Attributes:
        event: event id of the event whose content it is.
        erases: its protected slots, each once, in the order of their names; ``slots`` in signed bytes.
        authority: by whose authority: a person asked, a court ordered, the recorder decided.
        reason: why.
    """

    TYPE: ClassVar[str] = "disclosure.erased"

    event: EventId
    erases: Annotated[Sequence[SlotName], ReadAs(tuple[SlotName, ...])]
    authority: Text
    reason: Text

    @model_validator(mode="before")
    @classmethod
    def _as_signed(cls, members: Any) -> Any:
        # Every body has `slots` of its own, those that it commits to itself: here there are none.
        if isinstance(members, dict) and "slots" in members and "erases" not in members:
            return {("erases" if name == "slots" else name): value for name, value in members.items()}
        return members

    def split(self) -> tuple[dict[str, JSONValue], dict[str, JSONValue]]:
        """The public members, as they are signed; nothing is protected."""
        public, protected = super().split()
        public["slots"] = public.pop("erases")
        return public, protected

    @model_validator(mode="after")
    def _each_slot_once(self) -> DisclosureErased:
        if not self.erases or list(self.erases) != sorted(set(self.erases)):
            raise ValueError("erases: at least one, each once, in the order of their names")
        return self


def erased_slots(payload: Payload) -> list[tuple[str, str]]:
    """What a signed payload says it erases: pairs of event id and slot; nothing where it is no erasure.

    What this release cannot read in full, a newer version among it, still erases what it names so.
    """
    event, slots = payload.body.get("event"), payload.body.get("slots")
    if payload.type != DisclosureErased.TYPE or not isinstance(event, str) or not isinstance(slots, list):
        return []
    return [(event, slot) for slot in slots if isinstance(slot, str)]
