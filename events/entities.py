"""Who and what claims speak of: registered once, with a name, a type, a label and structure.

1. Every *fact* about an entity is a claim. What stands here only says which one is meant.
2. An act is an entity, so that two reports meet only where somebody says that they speak of one act.
3. A speaker or a person without a name is registered as `Unnamed`; two of them are never taken for one.
4. `OneOf` is a variable that several claims share ("one of the brothers"); with `other_than` it is what the
   other variable is not. Nobody here decides which candidate it is.
5. The identity of a protected person, group, organisation, place or item is never in signed bytes: name, aliases and
   contact are committed slots, and the ledger gives it a random name of its own (`claimledger.events.disclosure`). What
   is protected belongs to one case: shared, it would have one random name in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, model_validator

from .values import EntityName, ReadAs, Text, Value

__all__ = [
    "AnyEntity",
    "Authority",
    "Entity",
    "EvidenceItem",
    "Group",
    "Medium",
    "OneOf",
    "Organisation",
    "Person",
    "Place",
    "Protectable",
    "RegisteredAct",
    "Unnamed",
]

Country: TypeAlias = Annotated[str, "ISO 3166-1 alpha-2, or a code of one's own for other territories"]
EntityNames: TypeAlias = Annotated[Sequence[EntityName], ReadAs(tuple[EntityName, ...])]

_PROTECTED = ("aliases", "contact", "handle", "name")


class Entity(Value):
    """Base of all entities. Use one of the types below.

    Attributes:
        label: what readers see; for a protected entity a description that identifies nobody.
        part_of: the larger entity that this one belongs to.
        country: two-letter country code, where it says which authority, medium or place is meant.
    """

    SHAREABLE: ClassVar[bool] = False

    label: Text
    part_of: EntityName | None = None
    country: Country | None = None

    @property
    def slots(self) -> tuple[str, ...]:
        """The members that are committed to and never stand in signed bytes."""
        return ()


class Protectable(Entity):
    """Base of the entities whose identity can be kept out of everything that is signed.

    Attributes:
        protected: whether the identity stays out of everything that is signed.
        name: the real name of a protected entity; `label` holds the name of any other.
        aliases: other names of a protected entity.
        contact: how a protected entity is reached; of a place, where it is.
        handle: what the recorder calls a protected entity in its own files.
    """

    protected: bool = False
    name: Text | None = Field(default=None, repr=False)
    aliases: Annotated[Sequence[Text], ReadAs(tuple[Text, ...])] | None = Field(default=None, repr=False)
    contact: Text | None = Field(default=None, repr=False)
    handle: Text | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _identity_only_behind_commitments(self) -> Self:
        if not self.protected and any(getattr(self, slot) is not None for slot in _PROTECTED):
            raise ValueError(
                "name, aliases and contact are for what is protected; write protected: true, or use label"
            )
        return self

    @property
    def slots(self) -> tuple[str, ...]:
        """Everything that could identify what is protected; nothing for others."""
        return _PROTECTED if self.protected else ()


class Person(Protectable):
    """A person."""

    type: Literal["person"] = "person"


class Authority(Entity):
    """A government, ministry, police force, court or other public body."""

    SHAREABLE: ClassVar[bool] = True
    type: Literal["authority"] = "authority"


class Organisation(Protectable):
    """An organisation that is no public body."""

    SHAREABLE: ClassVar[bool] = True
    type: Literal["organisation"] = "organisation"


class Medium(Entity):
    """A newspaper, agency, broadcaster, channel or account."""

    SHAREABLE: ClassVar[bool] = True
    type: Literal["medium"] = "medium"


class Place(Protectable):
    """A place."""

    SHAREABLE: ClassVar[bool] = True
    type: Literal["place"] = "place"


class Group(Protectable):
    """Several persons.

    Attributes:
        members: all the members, where they are known one by one; leave it out where they are not.
    """

    type: Literal["group"] = "group"
    members: EntityNames | None = None


class RegisteredAct(Entity):
    """An act that claims speak of: a raid, a mass detention, a hearing."""

    type: Literal["act"] = "act"


class EvidenceItem(Protectable):
    """A video, photo, document or object.

    Attributes:
        held: whether the recorder holds it; an item may be known only through those who speak of it.
    """

    type: Literal["item"] = "item"
    held: bool = False


class Unnamed(Entity):
    """A speaker or source without a name: "reports", "several people", or one not stated at all."""

    type: Literal["unnamed"] = "unnamed"


class OneOf(Entity):
    """Exactly one of several candidates, and the source does not say which: a variable that claims share.

    Attributes:
        one_of: the candidates.
        other_than: another `OneOf` over the same candidates, from which this one differs.
    """

    type: Literal["one_of"] = "one_of"
    one_of: EntityNames
    other_than: EntityName | None = None

    @model_validator(mode="after")
    def _a_choice(self) -> OneOf:
        if len(set(self.one_of)) < 2 or len(set(self.one_of)) != len(self.one_of):
            raise ValueError("one_of needs at least two different candidates")
        return self


AnyEntity: TypeAlias = Annotated[
    Person
    | Authority
    | Organisation
    | Medium
    | Place
    | Group
    | RegisteredAct
    | EvidenceItem
    | Unnamed
    | OneOf,
    Discriminator("type"),
]
