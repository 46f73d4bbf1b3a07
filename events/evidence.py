"""Evidence items: which copy is held, through whose hands they went, and how reliable somebody finds a thing.

Recorder's acts, like those of `claimledger.events.recorder_acts`. What an item *shows* is a claim.

1. An item is attached by digest: the bytes themselves stay outside the ledger, and whoever has them can hash them.
2. A transfer names who gave and who received. Nothing is filled in: a giver or a date that is not known stays absent,
   and the record shows the gap.
3. Reliability is somebody's assessment, on a named scale, by a named assessor. It stands beside what it is of and is
   never a property of it: no state of a question takes it in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints, model_validator

from .claims import EventId
from .registry import Body, register_body
from .values import EntityName, Name, Names, Text, WhenLike

__all__ = ["SCALES", "CustodyTransferred", "EvidenceAttached", "ReliabilityAssessed", "scale_problem"]

SCALES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "admiralty": (
            r"[A-F][1-6]?|[1-6]",
            "A to F for the source, 1 to 6 for what it says, or both: B2",
        )
    }
)
"""Scales that are known by name: the shape of their grades, and that shape in words. Any other scale is a text."""

_DIGEST = r"^[0-9a-f]{64}$"
_MEDIA_TYPE = r"^[a-z]+/[a-z0-9.+-]+(;.*)?$"


@register_body
class EvidenceAttached(Body):
    """The recorder holds a copy of an evidence item, and names it by its digest.

    Attributes:
        item: the evidence item.
        sha256: hex SHA-256 of the copy.
        media_type: IANA media type of the copy.
        size: length of the copy in bytes.
        obtained_from: from whom the recorder has it.
        obtained_at: when (EDTF).
        basis: how the recorder knows that this is the item that the claims speak of.
    """

    TYPE: ClassVar[str] = "evidence.attached"

    item: EntityName
    sha256: Annotated[str, StringConstraints(pattern=_DIGEST)]
    media_type: Annotated[str, StringConstraints(pattern=_MEDIA_TYPE)] | None = None
    size: Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)] | None = None
    obtained_from: EntityName | None = None
    obtained_at: WhenLike | None = None
    basis: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """The recorder's own words: they may identify somebody."""
        return ("basis",)


@register_body
class CustodyTransferred(Body):
    """An evidence item went from one keeper to another.

    Attributes:
        item: the evidence item.
        given_by: who had it before; absent where that is not known.
        received_by: who has it from then on.
        at: when (EDTF); absent where that is not known.
        place: where.
        note: a remark, such as the state of a seal.
    """

    TYPE: ClassVar[str] = "custody.transferred"

    item: EntityName
    given_by: EntityName | None = None
    received_by: EntityName
    at: WhenLike | None = None
    place: EntityName | None = None
    note: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """The recorder's own words: they may identify somebody."""
        return ("note",)

    @model_validator(mode="after")
    def _from_one_to_another(self) -> CustodyTransferred:
        if self.given_by == self.received_by:
            raise ValueError("a transfer goes from one keeper to another")
        return self


@register_body
class ReliabilityAssessed(Body):
    """Somebody's assessment of how reliable a claim, a source or an entity is.

    Attributes:
        claim: event id of the claim that is assessed; or
        source: name of the source; or
        entity: name of the entity (a speaker, an evidence item).
        scale: name of the scale: ``admiralty``, or another in words.
        grade: the grade on that scale.
        assessor: who assesses.
        at: when (EDTF).
        note: on what ground.
    """

    TYPE: ClassVar[str] = "reliability.assessed"

    claim: Annotated[EventId, Names("claim")] | None = None
    source: Annotated[Name, Names("source")] | None = None
    entity: EntityName | None = None
    scale: Text
    grade: Text
    assessor: EntityName
    at: WhenLike | None = None
    note: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """The recorder's own words: they may identify somebody."""
        return ("note",)

    @model_validator(mode="after")
    def _of_one_thing(self) -> ReliabilityAssessed:
        if sum(of is not None for of in (self.claim, self.source, self.entity)) != 1:
            raise ValueError("say exactly one of claim, source or entity")
        return self


def scale_problem(scale: str, grade: str) -> str | None:
    """What is wrong with a grade on a scale, in one line; None for a good one, and for scales not known by name."""
    known = SCALES.get(scale)
    if known is None or re.fullmatch(known[0], grade) is not None:
        return None
    return f"no such grade on the scale {scale}: write {known[1]}"
