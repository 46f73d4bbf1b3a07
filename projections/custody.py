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
from .custody_rows import Assessment, Attachment, Gap, ItemCustody, Mention, Transfer
from .names import EntityView
from .reading import OfCaseState
from .words import date_text

__all__ = ["Custody"]


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
