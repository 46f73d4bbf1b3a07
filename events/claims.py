"""The claim: what was said, by whom, how it reached the recorder, and how firmly it was put.

1. ``claim.recorded`` is a fact about a speech act: "R recorded that A asserted P, relayed by B, in source S".
   The signature is the recorder's; nothing here says that P holds.
2. A claim is a *kind* with its fields (`claimledger.events.kinds`) and how it came: the `Voice`.
3. Denial of a value is `polarity` and nothing else; doubt of the speaker is `strength` and the verbatim hedges.
4. Where the reader cannot tell whose voice it is, `voice` is undecided between whole alternatives.
5. Inside bodies claims are named by event id; ``ref`` is the case's short name of a claim, unique and signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, SerializeAsAny, StringConstraints, model_validator

from .kinds import Kind, OtherKind, read_kind
from .registry import Body, register_body
from .sources import TextQuote
from .values import EntityName, Locator, Name, Names, Open, ReadAs, Text, Undecided, Value, WhenLike

__all__ = ["BasedOn", "ClaimContent", "ClaimRecorded", "EventId", "Polarity", "Relay", "Strength", "Voice"]

EventId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Polarity: TypeAlias = Literal["affirmed", "negated"]
Strength: TypeAlias = Literal["asserted", "appears", "likely", "possible"]


class Relay(Value):
    """One hop between the speaker and the recorder.

    Attributes:
        by: the entity that passed the words on.
        verb: the relaying word, verbatim ("claims", "reportedly"): it belongs to this hop, not to the speaker.
        document: the registered source in which it did so, where that is not the claim's own source.
        at: when it did so (EDTF), where that is known.
    """

    by: EntityName
    verb: Text | None = None
    document: Annotated[Name, Names("source")] | None = None
    at: WhenLike | None = None


class Voice(Value):
    """Who said it, when, and through whom it came.

    Attributes:
        asserter: the speaker; an unnamed, protected or `OneOf` entity where that is all that is known.
        on_behalf_of: the institution that the speaker speaks for, where stated.
        statement: name of the speech act, when several relays or claims carry the same one.
        asserted_at: when the speaker said it (EDTF); absent where nothing is known.
        relays: the hops, the one nearest the speaker first.
    """

    asserter: EntityName
    on_behalf_of: EntityName | None = None
    statement: Name | None = None
    asserted_at: WhenLike | None = None
    relays: Annotated[Sequence[Relay], ReadAs(tuple[Relay, ...])] = ()


class BasedOn(Value):
    """Something that the speaker relied on: another claim (by event id) or an evidence item."""

    claim: Annotated[EventId, Names("claim")] | None = None
    item: EntityName | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> BasedOn:
        if (self.claim is None) == (self.item is None):
            raise ValueError("say exactly one of claim or item")
        return self


class ClaimContent(Value):
    """What a claim says and how it came; shared by the claim as first recorded and as amended."""

    kind: str
    claim: SerializeAsAny[Kind]
    voice: Voice | Undecided[Voice]
    polarity: Polarity = "affirmed"
    strength: Open[Strength] = "asserted"
    hedges: Annotated[Sequence[Text], ReadAs(tuple[Text, ...])] = ()
    standard_of_proof: Text | None = None
    source: Annotated[Name, Names("source")] | None = None
    locator: Locator | None = None
    quote: TextQuote | None = Field(default=None, repr=False)
    basis: Text | None = Field(default=None, repr=False)
    based_on: Annotated[Sequence[BasedOn], ReadAs(tuple[BasedOn, ...])] = ()

    @model_validator(mode="before")
    @classmethod
    def _kind_of_its_name(cls, members: Any) -> Any:
        if isinstance(members, dict):
            claim = members.get("claim")
            if isinstance(claim, Kind):
                members = {**members, "kind": claim.kind_name}
            elif isinstance(claim, dict) and isinstance(members.get("kind"), str):
                members = {**members, "claim": read_kind(members["kind"], claim)}
        return members

    @property
    def voices(self) -> tuple[Voice, ...]:
        """The voice, or every alternative where the reader cannot tell."""
        return tuple(self.voice.undecided) if isinstance(self.voice, Undecided) else (self.voice,)

    @property
    def slots(self) -> tuple[str, ...]:
        """The quote, what the recorder inferred, and the free text of the kind."""
        return ("basis", "quote", *(f"claim.{slot}" for slot in self.claim.SLOTS))

    def may_commit_to(self, path: str) -> bool:
        """The slots; of a kind that is not known here, any field of the claim."""
        own, _, field = path.partition(".")
        is_unknown_field = own == "claim" and "." not in field and isinstance(self.claim, OtherKind)
        return path in self.slots or is_unknown_field


@register_body
class ClaimRecorded(ClaimContent, Body):
    """A claim, as recorded.

    Attributes:
        ref: the case's short name of the claim: ASCII, unique in the case, signed.
        kind: the kind's name.
        claim: the kind with its fields.
        voice: who said it and how it came.
        polarity: whether the value is affirmed or denied.
        strength: how firmly the speaker puts it.
        hedges: the hedging words, verbatim.
        standard_of_proof: the standard that the speaker applied, where stated.
        source: the registered document it was read in.
        locator: where in that document the words stand.
        quote: the words themselves (behind a commitment).
        basis: what the recorder inferred and from what, where the words alone do not say it.
        based_on: claims or items that the speaker relied on: such a holder is no independent voice.
    """

    TYPE: ClassVar[str] = "claim.recorded"

    ref: Name


@register_body
class ClaimAmended(ClaimContent, Body):
    """The recorder mends its own record of a claim: the whole content anew, and why.

    Attributes:
        amends: event id of the ``claim.recorded``.
        because: why the record was wrong (behind a commitment).
    """

    TYPE: ClassVar[str] = "claim.amended"

    amends: Annotated[EventId, Names("claim")]
    because: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """Those of the content, and the recorder's reason."""
        return (*super().slots, "because")


@register_body
class ClaimWithdrawn(Body):
    """The recorder withdraws its own record of a claim. The claim stays in the history, marked.

    Attributes:
        withdraws: event id of the ``claim.recorded``.
        because: why (behind a commitment).
    """

    TYPE: ClassVar[str] = "claim.withdrawn"

    withdraws: Annotated[EventId, Names("claim")]
    because: Text | None = Field(default=None, repr=False)

    @property
    def slots(self) -> tuple[str, ...]:
        """The recorder's own words: they may identify somebody."""
        return ("because",)
