"""Claims and events of a case, as filed and as seen: every record is kept, the latest amendment is in force.

No protected content is in what `to_json` gives: only what was signed, and how it stands.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from claimledger.events.claims import ClaimAmended, ClaimRecorded
from claimledger.events.declared_kinds import DeclaredKind, as_declared
from claimledger.events.encoding import encode
from claimledger.events.kinds import OtherKind
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import ClaimsJudged
from claimledger.events.sources import Source

from .erasures import ErasureView
from .names import EntityView
from .revocations import RevocationView
from .standing import ClaimStatus

__all__ = [
    "ClaimView",
    "Filed",
    "Record",
    "SameAsView",
    "UnreadEvent",
    "Version",
    "Withdrawal",
    "version_of",
]


@dataclass(frozen=True, slots=True)
class Version:
    """One record of a claim: as first recorded, or as amended.

    Attributes:
        index: log index.
        event: event id.
        recorded_at: when, by the recorder's clock (UTC).
        signers: keyids of those who signed.
        because: why the record was mended; None for the first.
        body: the content, in today's shape.
        signed: the members that were signed, as they are.
    """

    index: int
    event: str
    recorded_at: datetime.datetime
    signers: tuple[str, ...]
    because: str | None
    body: ClaimRecorded | ClaimAmended
    signed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That a recorder withdrew a record.

    Attributes:
        index: log index of the event.
        event: its event id, which is what ended the claim.
        because: the recorder's reason, where it is at hand; protected.
        signers: keyids of those who signed it.
    """

    index: int
    event: str
    because: str | None
    signers: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but the reason, which is protected."""
        return {"index": self.index, "event": self.event, "signers": list(self.signers)}


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim as it stands.

    Attributes:
        ref: its short name in the case.
        event: event id of the first record.
        index: log index of the first record.
        leaf: leaf hash of the first record: the outside name of the claim.
        recorded_at: when it was first recorded, by the recorder's clock (UTC).
        signers: keyids of those who signed the first record.
        body: the content in force.
        versions: every record of it, the first one first.
        status: how it stands.
        ended_by: ref of the claim, or id of the event, that ended or displaced it.
        stale: ref of the claim that it rests on and that moved on.
        withdrawal: that its recorder withdrew the record, and why.
        questions: keys of the questions that it is at.
    """

    ref: str
    event: str
    index: int
    leaf: str
    recorded_at: datetime.datetime
    signers: tuple[str, ...]
    body: ClaimRecorded | ClaimAmended
    versions: tuple[Version, ...]
    status: ClaimStatus
    ended_by: str | None
    stale: str | None
    withdrawal: Withdrawal | None
    questions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The claim without protected content: what is signed, and how it stands."""
        return {
            "ref": self.ref,
            "event": self.event,
            "index": self.index,
            "leaf": self.leaf,
            "recorded_at": self.versions[0].recorded_at.isoformat(),
            "signers": list(self.signers),
            "status": str(self.status),
            "ended_by": self.ended_by,
            "stale": self.stale,
            "withdrawal": None if self.withdrawal is None else self.withdrawal.to_json(),
            "questions": list(self.questions),
            "versions": [
                {"index": one.index, "event": one.event, "signers": list(one.signers)}
                for one in self.versions
            ],
            "body": _public_members(self.versions[-1]),
        }


@dataclass(frozen=True, slots=True)
class UnreadEvent:
    """An event of the case that this release cannot read: kept and shown as such."""

    index: int
    event: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class SameAsView:
    """A recorder's judgement that names mean the same.

    Attributes:
        index: log index of the event.
        event: its event id.
        names: the names, ``shared:`` leading those of the shared register.
        because: on what ground.
        signers: keyids of those who judged.
        undone_by: id of the event that took it back; None while it is in force.
    """

    index: int
    event: str
    names: tuple[str, ...]
    because: str | None
    signers: tuple[str, ...]
    undone_by: str | None


@dataclass(slots=True)
class Record:
    """A claim while events are filed."""

    ref: str
    leaf: str
    versions: list[Version]
    withdrawal: Withdrawal | None = None


@dataclass(slots=True)
class Filed:
    """The events of one case, filed."""

    entities: dict[str, EntityView] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    source_events: dict[str, int] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    same: dict[str, tuple[str, ...]] = field(default_factory=dict)
    judged: list[tuple[Event, ClaimsJudged]] = field(default_factory=list)
    unread: list[UnreadEvent] = field(default_factory=list)
    erasures: list[ErasureView] = field(default_factory=list)
    revocations: list[RevocationView] = field(default_factory=list)
    declared: dict[str, type[DeclaredKind]] = field(default_factory=dict)
    recorders: dict[str, str] = field(default_factory=dict)


def version_of(
    event: Event,
    body: ClaimRecorded | ClaimAmended,
    because: str | None,
    declared: Mapping[str, type[DeclaredKind]],
) -> Version:
    """One record of a claim; one of a kind of one's own is read by its declaration, installed or not."""
    signed = event.header.body
    if "." in body.kind:
        body = as_declared(body, signed, declared)
    return Version(event.index, event.id, event.recorded_at, event.signers, because, body, signed)


def _public_members(version: Version) -> dict[str, Any]:
    claim = version.body.claim
    if isinstance(claim, OtherKind):
        # What is protected in an unknown kind is not known here, so only what was signed is shown; as text, since
        # its fields may nest as deeply as an event may, and the state lies around them.
        return {**version.signed, "claim": encode(version.signed.get("claim")).decode()}
    public: dict[str, Any] = dict(version.body.split()[0])
    if isinstance(claim, DeclaredKind) and claim.RAW:
        stated = public["claim"]
        raw = {name: encode(stated[name]).decode() for name in claim.RAW if name in stated}
        public["claim"] = {**stated, **raw}
    return public
