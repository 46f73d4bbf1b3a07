"""Values that are given behind a commitment only: where they belong, and what can be said of them without reading them.

1. An attribute without a value in clear gives it behind a commitment (`claimledger.events.kinds.Attribute.details`).
   It answers nothing, whether or not the value is at hand: no position, no state and no count rests on it.
2. It is seen all the same, at the entity and the property that are signed: who gives such a value, and what became
   of it.
3. Where it belongs is part of a state. Whether it is at hand is not, since that differs from reader to reader.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from claimledger.events.claims import ClaimContent
from claimledger.events.disclosure import SlotStatus
from claimledger.events.kinds import Attribute

from .words import property_in_words

__all__ = ["DISCLOSED_MEANS", "KEPT_SLOT", "KeptValue", "kept_in_words", "kept_property", "status_in_words"]

KEPT_SLOT: Final = "claim.details"
"""The slot of the value."""

_IN_WORDS: Final[Mapping[SlotStatus, str]] = MappingProxyType(
    {
        SlotStatus.DISCLOSED: "disclosed",
        SlotStatus.WITHHELD: "withheld",
        SlotStatus.ERASED: "erased",
        SlotStatus.MISSING: "missing, and nothing says why",
        SlotStatus.MISMATCHED: "does not fit what was signed",
    }
)
"""What can be said of the value, on a screen: it shows none."""

DISCLOSED_MEANS: Final = (
    "disclosed: the value is here, for whoever has this file, and its claim sheet shows it; that says not that "
    "anybody was given it"
)
"""Told once on each screen that has the word, which may frighten whoever looks at a ledger of their own."""


@dataclass(frozen=True, slots=True)
class KeptValue:
    """A claim that gives its value behind a commitment only.

    Attributes:
        ref: the claim.
        about: the entities that it is about, by names in force; several names in one where it is about them together.
        property: the property that the value is of.
        status: what can be said of the value here; None where nothing is committed to in its place.
    """

    ref: str
    about: tuple[tuple[str, ...], ...]
    property: str
    status: SlotStatus | None

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but the status, which differs from reader to reader."""
        return {"ref": self.ref, "about": [list(names) for names in self.about], "property": self.property}

    @builtins.property
    def in_words(self) -> str:
        """What became of the value: "withheld"."""
        return "no value is stated" if self.status is None else status_in_words(self.status)


def status_in_words(status: SlotStatus) -> str:
    """What became of content behind a commitment: "disclosed", "erased"."""
    return _IN_WORDS[status]


def kept_property(content: ClaimContent) -> str | None:
    """The property whose value a claim gives behind a commitment only; None for every other claim."""
    claim = content.claim
    return claim.name if isinstance(claim, Attribute) and claim.value is None else None


def kept_in_words(property: str) -> str:
    """What stands in the place of such a value: "birth year: no value in clear"."""
    return f"{property_in_words(property)}: no value in clear"
