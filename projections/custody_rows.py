"""What is shown of an evidence item: who speaks of it, its copies, its way through hands, how reliable it was found.

1. What recorders wrote of their own (the basis of a copy, the note of a transfer or an assessment) is protected, and is
   in no JSON.
2. A gap is a gap of the record. Nothing here says that an item is, or is not, what it is said to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .standing import ClaimStatus

__all__ = ["Assessment", "Attachment", "Gap", "ItemCustody", "Mention", "Transfer"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A claim that speaks of an item.

    Attributes:
        ref: the claim.
        how: ``shows`` (what the item shows), ``about`` (another claim about it), ``names`` (an answer names it) or
            ``based_on`` (the speaker relied on it).
        holder: whose claim it is, by name in force; alternatives are parted by " or ".
        status: how the claim stands.
    """

    ref: str
    how: str
    holder: str
    status: ClaimStatus

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {"ref": self.ref, "how": self.how, "holder": self.holder, "status": str(self.status)}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A copy that the recorder holds.

    Attributes:
        index, event: log index and event id.
        recorded_at: when it was recorded, by the recorder's clock.
        signers: keyids of those who signed.
        sha256: hex digest of the copy.
        media_type, size, obtained_from, obtained_at, basis: as recorded; size in bytes, the date EDTF.
    """

    index: int
    event: str
    recorded_at: str
    signers: tuple[str, ...]
    sha256: str
    media_type: str | None
    size: int | None
    obtained_from: str | None
    obtained_at: str | None
    basis: str | None

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but the basis, which is protected."""
        return _plain(self)


@dataclass(frozen=True, slots=True)
class Gap:
    """What the record does not say, or says otherwise than before.

    Attributes:
        what: ``no_giver``, ``other_giver``, ``no_date`` or ``earlier_date``.
        text: the same in words.
    """

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One step from keeper to keeper.

    Attributes:
        index, event: log index and event id.
        recorded_at: when it was recorded, by the recorder's clock.
        signers: keyids of those who signed.
        given_by, received_by: the keepers, by name in force.
        at: when (EDTF).
        place: where, by name in force.
        note: the recorder's remark.
        gaps: what is missing between this step and the one before.
    """

    index: int
    event: str
    recorded_at: str
    signers: tuple[str, ...]
    given_by: str | None
    received_by: str
    at: str | None
    place: str | None
    note: str | None
    gaps: tuple[Gap, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but the note, which is protected; gaps as objects."""
        return {**_plain(self), "gaps": [{"what": gap.what, "text": gap.text} for gap in self.gaps]}


@dataclass(frozen=True, slots=True)
class Assessment:
    """How reliable somebody finds a thing.

    Attributes:
        index, event: log index and event id.
        of: what sort of thing: ``claim``, ``source`` or ``entity``.
        name: the claim's short name, the source's name, or the entity's name in force.
        scale, grade: as recorded.
        assessor: who assesses, by name in force.
        at: when (EDTF).
        note: on what ground.
    """

    index: int
    event: str
    of: str
    name: str
    scale: str
    grade: str
    assessor: str
    at: str | None
    note: str | None

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but the note, which is protected."""
        return _plain(self)


@dataclass(frozen=True, slots=True)
class ItemCustody:
    """All that the record says of the keeping of one item.

    Attributes:
        item: its name in force.
        label: what readers see for it.
        index: log index of its registration.
        held: whether the recorder holds it: registered as held, or a copy is attached.
        mentions: the claims that speak of it, in the order of the log.
        attachments: the copies, in the order of the log.
        transfers: the steps from keeper to keeper, in the order of the log.
        keeper: who has it by the record; None where no transfer is recorded.
        assessments: how reliable it was found, in the order of the log.
    """

    item: str
    label: str
    index: int
    held: bool
    mentions: tuple[Mention, ...]
    attachments: tuple[Attachment, ...]
    transfers: tuple[Transfer, ...]
    keeper: str | None
    assessments: tuple[Assessment, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """The different digests of its copies; several mean that the copies differ."""
        return tuple(dict.fromkeys(one.sha256 for one in self.attachments))

    @property
    def is_unbroken(self) -> bool:
        """Whether transfers are recorded, and no gap between them."""
        return bool(self.transfers) and not any(step.gaps for step in self.transfers)

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "item": self.item,
            "label": self.label,
            "index": self.index,
            "held": self.held,
            "keeper": self.keeper,
            "digests": list(self.digests),
            "is_unbroken": self.is_unbroken,
            "mentions": [one.to_json() for one in self.mentions],
            "attachments": [one.to_json() for one in self.attachments],
            "transfers": [one.to_json() for one in self.transfers],
            "assessments": [one.to_json() for one in self.assessments],
        }


_PROTECTED = ("basis", "note")


def _plain(row: Attachment | Transfer | Assessment) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in row.__dataclass_fields__ if name not in _PROTECTED}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
