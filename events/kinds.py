"""The kinds of claim: what can be said, as data.

1. A kind names its subject field and marks each field with what it holds, what it names, which code list it uses
   and which question it answers (`claimledger.events.values`). Checks, claim files, schema and projections follow
   those marks, so that a kind of one's own gets all of them.
2. Friendly constructors (`Act.arrest`, `Act.release` ...) only fill in a code.
3. Kinds of one's own, and how all of them are made known: `claimledger.events.kind_registry`.
4. Free text that may identify somebody is a protected slot of its kind (`SLOTS`): committed to, never in signed bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, StrictBool

from .kind_registry import Kind, LoadedKind, OtherKind, kinds, load_installed_kinds, read_kind, register_kind
from .values import (
    Answers,
    Codes,
    EntityName,
    ListedCode,
    Names,
    Open,
    Parties,
    QuantityLike,
    ReadAs,
    Scope,
    States,
    Terms,
    Text,
    WhenLike,
    as_list,
)

__all__ = [
    "Act",
    "Attribute",
    "CauseOfDeath",
    "Count",
    "Death",
    "General",
    "Kind",
    "LoadedKind",
    "NoAnswer",
    "Opinion",
    "OtherKind",
    "Reason",
    "Relation",
    "Reply",
    "Shows",
    "kinds",
    "load_installed_kinds",
    "read_kind",
    "register_kind",
]

Distribution: TypeAlias = Literal["each", "together", "unknown"]
Texts: TypeAlias = Annotated[Text | Sequence[Text], ReadAs(Text | tuple[Text, ...])]
ClaimNames: TypeAlias = Annotated[
    str | Sequence[str], ReadAs(Annotated[tuple[str, ...], BeforeValidator(as_list)]), Names("claim")
]


@register_kind
class Act(Kind):
    """Somebody did something to somebody.

    Attributes:
        act: the registered act that this is about.
        type: what sort of act (code list ``act``).
        by: who is said to have done it.
        ordered_by: who is said to have ordered it.
        requested_by: who is said to have asked for it.
        to: whom it was done to.
        distribution: whether it holds for each of several persons, for them together, or is not known.
        when: when it happened (EDTF); an interval is a span that the parts of the act cover.
        place, origin, destination: where.
        duration: how long it lasted.
        intent: whether it was meant (code list ``intent``).
        during: the act within which it happened.
        because_of: the act or death that it answers.
        details: what no code holds, in the recorder's words (behind a commitment).
    """

    KIND: ClassVar[str] = "act"
    SUBJECT: ClassVar[str] = "act"
    SLOTS: ClassVar[tuple[str, ...]] = ("details",)

    act: Open[EntityName]
    type: Annotated[Open[ListedCode] | None, Codes("act"), Answers("type", by="code", single=False)] = None
    by: Annotated[Open[Parties] | None, Answers("by", by="entity", single=False)] = None
    ordered_by: Annotated[Open[Parties] | None, Answers("ordered_by", by="entity", single=False)] = None
    requested_by: Annotated[Open[Parties] | None, Answers("requested_by", by="entity", single=False)] = None
    to: Annotated[Open[Parties] | None, Answers("to", by="entity", single=False)] = None
    distribution: Distribution | None = None
    when: Annotated[Open[WhenLike] | None, Answers("when", by="time")] = None
    place: Annotated[Open[EntityName] | None, Answers("place", by="entity")] = None
    origin: Annotated[Open[EntityName] | None, Answers("origin", by="entity")] = None
    destination: Annotated[Open[EntityName] | None, Answers("destination", by="entity")] = None
    duration: Annotated[Open[QuantityLike] | None, Answers("duration", by="range")] = None
    intent: Annotated[Open[ListedCode] | None, Codes("intent"), Answers("intent", by="code")] = None
    during: EntityName | None = None
    because_of: Annotated[Open[Parties] | None, Answers("because_of", by="entity", single=False)] = None
    details: Text | None = Field(default=None, repr=False)

    @classmethod
    def of_type(cls, type: str, act: str, **fields: Any) -> Self:
        """An act of that type; `fields` are those of the class."""
        return cls(act=act, type=type, **fields)

    @classmethod
    def arrest(cls, act: str, **fields: Any) -> Self:
        """A person is arrested."""
        return cls.of_type("arrest", act, **fields)

    @classmethod
    def detention(cls, act: str, **fields: Any) -> Self:
        """A person is held."""
        return cls.of_type("detention", act, **fields)

    @classmethod
    def raid(cls, act: str, **fields: Any) -> Self:
        """A place is raided."""
        return cls.of_type("raid", act, **fields)

    @classmethod
    def charge(cls, act: str, **fields: Any) -> Self:
        """A person is formally charged."""
        return cls.of_type("charge", act, **fields)

    @classmethod
    def release(cls, act: str, **fields: Any) -> Self:
        """A person is let go."""
        return cls.of_type("release", act, **fields)

    @classmethod
    def torture(cls, act: str, **fields: Any) -> Self:
        """Treatment that the speaker calls torture."""
        return cls.of_type("ill_treatment.torture", act, **fields)

    @classmethod
    def hearing(cls, act: str, **fields: Any) -> Self:
        """A court or body hears a matter."""
        return cls.of_type("hearing", act, **fields)

    @classmethod
    def accreditation_withdrawn(cls, act: str, **fields: Any) -> Self:
        """An accreditation is taken away."""
        return cls.of_type("measure.accreditation_withdrawn", act, **fields)


@register_kind
class Death(Kind):
    """A person died (negated: is said not to have died).

    Attributes:
        person: who.
        when: when (EDTF).
        place: where.
        in_custody: true or false where only that is said, or the authority in whose custody.
    """

    KIND: ClassVar[str] = "death"
    SUBJECT: ClassVar[str] = "person"

    person: Annotated[Open[EntityName], States("death", "died")]
    when: Annotated[Open[WhenLike] | None, Answers("death.when", by="time")] = None
    place: Annotated[Open[EntityName] | None, Answers("death.place", by="entity")] = None
    in_custody: Annotated[StrictBool | Open[EntityName] | None, Answers("death.in_custody", by="entity")] = (
        None
    )


@register_kind
class CauseOfDeath(Kind):
    """Of what a person, or the persons of a group, died.

    Attributes:
        of: the person or group.
        causes: codes of list ``cause`` or registered acts, with their roles where stated.
        manner: in what manner (code list ``manner``).
        in_custody: in whose custody the causes arose, where stated.
    """

    KIND: ClassVar[str] = "cause_of_death"
    SUBJECT: ClassVar[str] = "of"

    of: Open[EntityName]
    causes: Annotated[Open[Terms] | None, Codes("cause"), Answers("cause_of_death", by="code")] = None
    manner: Annotated[Open[ListedCode] | None, Codes("manner"), Answers("manner_of_death", by="code")] = None
    in_custody: Annotated[Open[EntityName] | None, Answers("cause_of_death.in_custody", by="entity")] = None


@register_kind
class Count(Kind):
    """How many persons a group has.

    Attributes:
        group: the group that is counted; groups of different scope are different entities.
        quantity: how many, with its own hedge; parts are never summed.
        as_of: the day that the number speaks of (EDTF), where stated.
    """

    KIND: ClassVar[str] = "count"
    SUBJECT: ClassVar[str] = "group"

    group: Open[EntityName]
    quantity: Annotated[Open[QuantityLike], Answers("count", by="range")]
    as_of: Annotated[WhenLike | None, Scope()] = None


@register_kind
class Attribute(Kind):
    """A property of a person, group, organisation or thing.

    Its value stands in `value`, in clear, or in `details`, behind a commitment; in both where a part of it may be known
    (``value="in her forties", details="born in May 1987"``). What stands in `details` alone answers nothing, so that no
    state depends on whether it is at hand; the claim is shown at its entity and property all the same.

    Attributes:
        of: whose; several names with `distribution` each are several subjects.
        name: which property (code list ``attribute``).
        value: the value or values, in short words of the recorder or of the source; signed in clear.
        distribution: whether it holds for each of several persons, for them together, or is not known.
        details: the value, or more of it, where it may identify somebody (behind a commitment).
    """

    KIND: ClassVar[str] = "attribute"
    SUBJECT: ClassVar[str] = "of"
    SLOTS: ClassVar[tuple[str, ...]] = ("details",)

    of: Open[Parties]
    name: Annotated[ListedCode, Codes("attribute")]
    value: Annotated[Open[Texts] | None, Answers("{name}", by="many", single=False)] = None
    distribution: Distribution | None = None
    details: Text | None = Field(default=None, repr=False)


@register_kind
class Relation(Kind):
    """How one entity stands to another: kinship, membership, being the same.

    Attributes:
        a: the one.
        kind: the relation of `a` to `b` (code list ``relation``).
        b: the other.
    """

    KIND: ClassVar[str] = "relation"
    SUBJECT: ClassVar[str] = "a"

    a: Open[EntityName]
    kind: Annotated[ListedCode, Codes("relation")]
    b: Annotated[Open[EntityName], Answers("{kind}", by="entity", single=False)]


@register_kind
class Reason(Kind):
    """Why an act was done: as given, as an accusation, as a motive, or by what its targets were picked.

    Attributes:
        act: the act.
        kind: which sort of reason (code list ``reason_kind``); reasons of different sorts are not comparable.
        values: codes of list ``reason``, acts or texts; ``{open: [...]}`` where the speaker did not close the list.
        against: those whom it concerns.
        distribution: who of several is meant by which value; ``unknown`` where it is not said.
    """

    KIND: ClassVar[str] = "reason"
    SUBJECT: ClassVar[str] = "act"

    act: Open[EntityName]
    kind: Annotated[ListedCode, Codes("reason_kind"), Scope()]
    values: Annotated[Open[Terms], Codes("reason"), Answers("reason", by="code", single=False)]
    against: Annotated[Open[Parties] | None, Scope()] = None
    distribution: Distribution | None = None


@register_kind
class Shows(Kind):
    """What a video, photo or document shows, as somebody reads it.

    Attributes:
        items: the items.
        what: codes of list ``shows``.
        on: on whom or what it is seen. That says nothing about who did it.
        distributed_by: who distributed the items, where stated.
    """

    KIND: ClassVar[str] = "shows"
    SUBJECT: ClassVar[str] = "items"

    items: Open[Parties]
    what: Annotated[Open[Terms], Codes("shows"), Answers("shows", by="many", single=False)]
    on: Annotated[Open[Parties] | None, Scope()] = None
    distributed_by: Annotated[Open[Parties] | None, Answers("distributed_by", by="entity", single=False)] = (
        None
    )


@register_kind
class NoAnswer(Kind):
    """The speaker gives no answer to a question: neither a value nor a denial.

    Attributes:
        property: the property asked about (code list ``property``).
        of: the entity asked about.
        status: being clarified, undetermined or no comment (code list ``status``).
    """

    KIND: ClassVar[str] = "no_answer"
    SUBJECT: ClassVar[str] = "of"

    property: Annotated[ListedCode, Codes("property")]
    of: Open[EntityName]
    status: Annotated[ListedCode, Codes("status")]


@register_kind
class Opinion(Kind):
    """A characterisation, condemnation, welcome or demand. It answers no question.

    Attributes:
        about: what it is about.
        tone: which of those it is (code list ``opinion``).
        text: what it says, in the recorder's words (behind a commitment).
        of: of whom something is demanded.
    """

    KIND: ClassVar[str] = "opinion"
    SUBJECT: ClassVar[str] = "about"
    SLOTS: ClassVar[tuple[str, ...]] = ("text",)

    about: Open[Parties]
    tone: Annotated[ListedCode, Codes("opinion")]
    text: Text | None = Field(default=None, repr=False)
    of: Open[Parties] | None = None


@register_kind
class General(Kind):
    """A pattern, a norm, a statement about more than this case. It answers no question of the case.

    Attributes:
        topic: what it is about, in the recorder's words.
        text: what it says, in the recorder's words (behind a commitment).
        frequency: how often, verbatim ("often"), for patterns.
        norm: the body of law, for norms.
    """

    KIND: ClassVar[str] = "general"
    SUBJECT: ClassVar[str] = "topic"
    SLOTS: ClassVar[tuple[str, ...]] = ("text",)

    topic: Text
    text: Text | None = Field(default=None, repr=False)
    frequency: Text | None = None
    norm: Text | None = None


@register_kind
class Reply(Kind):
    """A speaker answers claims: its own (corrects, retracts, clarifies) or another's.

    Attributes:
        claims: the claims that are answered (names in the case; event ids once recorded).
        kind: how (code list ``reply``). Corrections and retractions act only on claims of the same holder.
        by: the claims that take their place or give the grounds.
    """

    KIND: ClassVar[str] = "reply"
    SUBJECT: ClassVar[str] = "claims"

    claims: ClaimNames
    kind: Annotated[ListedCode, Codes("reply")]
    by: ClaimNames | None = None
