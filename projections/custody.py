"""The custody of evidence items: which claims speak of them, which copies are held, through whose hands they went.

1. Every registered item of the case is listed, also one that is known only through those who speak of it.
2. Transfers stand in the order of the log. Each is held against the one before it, and what is missing is named: a
   giver or date that is not stated, a giver who is not the last keeper, a date before that of the transfer before.
3. A gap is a gap of the record. Nothing here says that an item is, or is not, what it is said to be.
4. The keeper is who received the item last by the record. An attached copy moves no item.
5. Assessments of reliability stand beside what they are of, as their assessor's; they change nothing. Those of claims,
   sources and other entities are listed after the items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from claimledger.events.dates import before, parse_edtf
from claimledger.events.entities import EvidenceItem
from claimledger.events.event import format_instant
from claimledger.events.evidence import CustodyTransferred, EvidenceAttached, ReliabilityAssessed
from claimledger.events.kinds import Shows
from claimledger.events.recorded import Event

from .answers import Account
from .case import CaseState
from .compare import PartyValue
from .names import EntityView
from .reading import OfCaseState
from .standing import ClaimStatus
from .words import date_text

__all__ = ["Assessment", "Attachment", "Custody", "Gap", "ItemCustody", "Mention", "Transfer"]


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


class Custody(OfCaseState):
    """The custody of the evidence items of a case, as a fold: ``ledger.replay(Custody("yekaterinburg-2025"))``.

    Args:
        case: the case's name.
        known_at, asserted_by, true_on: as for `CaseState`. Recorder's acts follow `known_at` alone.
    """

    @property
    def items(self) -> tuple[ItemCustody, ...]:
        """Every item of the case, in the order of registration; items judged to be the same are one."""
        state = self.state
        gathered: dict[str, _Gathered] = {
            name: _Gathered(view)
            for name, view in state.entities.items()
            if isinstance(view.entity, EvidenceItem) and state.names.canonical(name) == name
        }
        for name, view in state.entities.items():
            if isinstance(view.entity, EvidenceItem) and state.names.canonical(name) in gathered:
                gathered[state.names.canonical(name)].held |= view.entity.held
        for ref, account in state.accounts.items():
            for item, how in _mentions(account, state):
                if item in gathered:
                    gathered[item].mentions.append((ref, how))
        for event in state._events.values():
            body = event.body
            if isinstance(body, (EvidenceAttached, CustodyTransferred)):
                named: str | None = body.item
            else:
                named = body.entity if isinstance(body, ReliabilityAssessed) else None
            if named is not None and state.names.canonical(named) in gathered:
                gathered[state.names.canonical(named)].acts.append(event)
        return tuple(_item(state, one) for one in gathered.values())

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """How reliable claims, sources and entities were found, in the order of the log; those of items included."""
        state = self.state
        refs = {view.event: ref for ref, view in state.claims.items()}
        return tuple(
            _assessment(state, event, event.body, refs)
            for event in state._events.values()
            if isinstance(event.body, ReliabilityAssessed)
        )

    def item(self, name: str) -> ItemCustody | None:
        """The custody of one item, by any of its names; None where there is no such item."""
        own = self.state.names.canonical(name)
        return next((one for one in self.items if one.item == own), None)

    def to_json(self) -> dict[str, Any]:
        """``case``, ``items``, ``assessments`` (those of items included) and ``provenance``."""
        return {
            "case": self.case,
            "items": [one.to_json() for one in self.items],
            "assessments": [one.to_json() for one in self.assessments],
            "provenance": self.provenance().to_json(),
        }


class _Gathered:
    """What was found of one item."""

    def __init__(self, view: EntityView) -> None:
        self.view = view
        self.held = False
        self.mentions: list[tuple[str, str]] = []
        self.acts: list[Event] = []


def _mentions(account: Account, state: CaseState) -> Iterator[tuple[str, str]]:
    """The names that a claim speaks of or relies on, and how; each once."""
    found: dict[str, str] = {}
    about = "shows" if isinstance(account.content.claim, Shows) else "about"
    for placement in account.placements:
        for name in placement.entity:
            found.setdefault(name, about)
    for answer in account.answers:
        for value in answer.values:
            if isinstance(value, PartyValue):
                for name in sorted(value.names):
                    found.setdefault(name, "names")
    for ground in account.content.based_on:
        if ground.item is not None:
            found.setdefault(state.names.canonical(ground.item), "based_on")
    yield from found.items()


def _item(state: CaseState, gathered: _Gathered) -> ItemCustody:
    attachments: list[Attachment] = []
    transfers: list[Transfer] = []
    assessments: list[Assessment] = []
    for event in gathered.acts:
        body = event.body
        if isinstance(body, EvidenceAttached):
            attachments.append(_attachment(state, event, body))
        elif isinstance(body, CustodyTransferred):
            transfers.append(_transfer(state, event, body, transfers[-1] if transfers else None))
        elif isinstance(body, ReliabilityAssessed):
            assessments.append(_assessment(state, event, body, {}))
    mentions = sorted(gathered.mentions, key=lambda one: state.claims[one[0]].index)
    return ItemCustody(
        item=gathered.view.name,
        label=gathered.view.label,
        index=gathered.view.index,
        held=gathered.held or bool(attachments),
        mentions=tuple(
            Mention(ref, how, _holder(state.accounts[ref]), state.claims[ref].status) for ref, how in mentions
        ),
        attachments=tuple(attachments),
        transfers=tuple(transfers),
        keeper=transfers[-1].received_by if transfers else None,
        assessments=tuple(assessments),
    )


def _holder(account: Account) -> str:
    return " or ".join(dict.fromkeys(speaker.holder for speaker in account.speakers))


def _attachment(state: CaseState, event: Event, body: EvidenceAttached) -> Attachment:
    return Attachment(
        index=event.index,
        event=event.id,
        recorded_at=format_instant(event.recorded_at),
        signers=event.signers,
        sha256=body.sha256,
        media_type=body.media_type,
        size=body.size,
        obtained_from=_in_force(state, body.obtained_from),
        obtained_at=date_text(body.obtained_at),
        basis=body.basis,
    )


def _transfer(
    state: CaseState, event: Event, body: CustodyTransferred, previous: Transfer | None
) -> Transfer:
    given_by, at = _in_force(state, body.given_by), date_text(body.at)
    return Transfer(
        index=event.index,
        event=event.id,
        recorded_at=format_instant(event.recorded_at),
        signers=event.signers,
        given_by=given_by,
        received_by=state.names.canonical(body.received_by),
        at=at,
        place=_in_force(state, body.place),
        note=body.note,
        gaps=tuple(_gaps(state, given_by, at, previous)),
    )


def _gaps(state: CaseState, given_by: str | None, at: str | None, previous: Transfer | None) -> Iterator[Gap]:
    if given_by is None:
        yield Gap("no_giver", "who gave it is not stated")
    elif previous is not None and given_by != previous.received_by:
        had, gave = state.label(previous.received_by), state.label(given_by)
        yield Gap("other_giver", f"given by {gave}, while by the record {had} had it")
    if at is None:
        yield Gap("no_date", "no date is stated")
    elif previous is not None and previous.at is not None:
        if before(parse_edtf(at), parse_edtf(previous.at)):
            yield Gap("earlier_date", f"dated {at}, before the transfer of {previous.at}")


def _assessment(
    state: CaseState, event: Event, body: ReliabilityAssessed, refs: Mapping[str, str]
) -> Assessment:
    if body.claim is not None:
        of, name = "claim", refs.get(body.claim, body.claim)
    elif body.source is not None:
        of, name = "source", body.source
    else:
        of, name = "entity", state.names.canonical(body.entity or "")
    return Assessment(
        index=event.index,
        event=event.id,
        of=of,
        name=name,
        scale=body.scale,
        grade=body.grade,
        assessor=state.names.canonical(body.assessor),
        at=date_text(body.at),
        note=body.note,
    )


def _in_force(state: CaseState, name: str | None) -> str | None:
    return None if name is None else state.names.canonical(name)


_PROTECTED = ("basis", "note")


def _plain(row: Attachment | Transfer | Assessment) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in row.__dataclass_fields__ if name not in _PROTECTED}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
