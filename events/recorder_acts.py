"""What a recorder does besides recording claims, each an event of its own.

Keep apart: *retract* and *correct* are claims of a speaker (`claimledger.events.kinds.Reply`); *withdraw* and *amend*
are a recorder's acts on its own record (`claimledger.events.claims`). A judgement stands beside what is computed, as
the judgement of the recorder who signed it; it never changes a value.

What a recorder gives for a reason or remark is free text that may identify somebody: it is committed to, never signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from .claims import EventId
from .entities import AnyEntity, Entity
from .registry import Body, register_body
from .sources import Source
from .values import Codes, EntityName, ListedCode, Name, Names, ReadAs, Text

__all__ = [
    "CaseOpened",
    "ClaimsJudged",
    "EntityRegistered",
    "SameAsJudged",
    "SameAsUndone",
    "SourceRegistered",
]

ClaimIds = Annotated[Sequence[EventId], ReadAs(tuple[EventId, ...]), Names("claim")]


@register_body
class CaseOpened(Body):
    """A case begins: the first event of its stream.

    Attributes:
        case: the case's name, unique in the ledger.
        title: what it is about, identifying nobody who is protected.
    """

    TYPE: ClassVar[str] = "case.opened"

    case: Name
    title: Text


@register_body
class SourceRegistered(Body):
    """A document is registered under a name that is unique in the case."""

    TYPE: ClassVar[str] = "source.registered"

    name: Name
    source: Source

    @property
    def slots(self) -> tuple[str, ...]:
        """The members of a protected source."""
        return tuple(f"source.{slot}" for slot in self.source.slots)


@register_body
class EntityRegistered(Body):
    """An entity is registered under a name that is unique in the case, or in the shared register."""

    TYPE: ClassVar[str] = "entity.registered"

    name: Name
    entity: AnyEntity

    @property
    def slots(self) -> tuple[str, ...]:
        """The entity's protected members."""
        entity: Entity = self.entity
        return tuple(f"entity.{slot}" for slot in entity.slots)


@register_body
class SameAsJudged(Body):
    """The recorder judges that two names mean the same entity.

    Attributes:
        entities: the names.
        because: on what ground (behind a commitment).
    """

    TYPE: ClassVar[str] = "same_as.judged"

    entities: Annotated[Sequence[EntityName], ReadAs(tuple[EntityName, ...])]
    because: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """The recorder's own words: they may identify somebody."""
        return ("because",)

    @model_validator(mode="after")
    def _two_at_least(self) -> SameAsJudged:
        if len(set(self.entities)) < 2:
            raise ValueError("same-as needs two different entities at least")
        return self


@register_body
class SameAsUndone(Body):
    """The recorder takes a same-as back.

    Attributes:
        undoes: event id of the ``same_as.judged``.
        because: on what ground (behind a commitment).
    """

    TYPE: ClassVar[str] = "same_as.undone"

    undoes: EventId
    because: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """The recorder's own words: they may identify somebody."""
        return ("because",)


@register_body
class ClaimsJudged(Body):
    """A recorder judges how claims stand to one another; signed by who judges.

    Attributes:
        claims: event ids of the claims that the verb speaks of.
        verb: the relation (code list ``verb``, closed).
        of: event ids of the claims to which they stand in it.
        under: `OneOf` entity to the candidate under which it holds, where it holds under one reading only.
        note: a remark of the recorder (behind a commitment).
    """

    TYPE: ClassVar[str] = "claims.judged"

    claims: ClaimIds
    verb: Annotated[ListedCode, Codes("verb")]
    of: ClaimIds
    under: Annotated[Mapping[Name, EntityName], ReadAs(dict[Name, EntityName])] | None = None
    note: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """The recorder's own words: they may identify somebody."""
        return ("note",)
