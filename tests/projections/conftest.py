"""A case built by hand, event by event: bodies under headers that nobody signed, in the order of a log."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from claimledger.events import (
    Authority,
    Body,
    CaseOpened,
    ClaimAmended,
    ClaimRecorded,
    ClaimsJudged,
    ClaimWithdrawn,
    Entity,
    EntityRegistered,
    Event,
    Group,
    Kind,
    Organisation,
    Person,
    SameAsJudged,
    SameAsUndone,
    Unnamed,
    Voice,
)
from claimledger.events.dates import When
from claimledger.events.event import Payload, format_instant
from claimledger.events.registry import UnknownBody
from claimledger.projections import CaseState, replay

LEDGER = "a" * 64
SIGNER = "b" * 64
BEGINNING = datetime(2025, 7, 4, 9, 0, tzinfo=UTC)


class World:
    """One case and the shared register, as events.

    Known from the start: z and g, two authorities (az, ru), two organisations (ngo, paper), reports without a name.
    """

    def __init__(self, case: str = "case") -> None:
        self.case = case
        self.events: list[Event] = []
        self.ids: dict[str, str] = {}
        self.stream = str(uuid.uuid5(uuid.NAMESPACE_URL, case))
        self.add(CaseOpened(case=case, title="A case"))
        for name, entity in {
            "z": Person(label="Z"),
            "g": Person(label="G"),
            "both": Group(label="both", members=("z", "g")),
            "az": Authority(label="Azerbaijani authorities", country="AZ"),
            "ru": Authority(label="Russian authorities", country="RU"),
            "ngo": Organisation(label="the NGO"),
            "paper": Organisation(label="the paper"),
            "reports": Unnamed(label="reports"),
        }.items():
            self.entity(name, entity)

    def add(
        self, body: Body | UnknownBody, *, stream: str | None = None, identity: str | None = None
    ) -> Event:
        """Append an event at the end of the log."""
        index = len(self.events)
        digest = hashlib.sha256(f"{self.case} {identity or index}".encode()).hexdigest()
        members = body.members if isinstance(body, UnknownBody) else body.split()[0]
        header = Payload(
            type=body.type if isinstance(body, UnknownBody) else body.TYPE,
            version=1,
            ledger=LEDGER,
            stream=stream or self.stream,
            sequence=index + 1,
            previous=None if index == 0 else "c" * 64,
            id=str(uuid.UUID(digest[:32], version=4)),
            recorded_at=format_instant(BEGINNING + timedelta(minutes=index)),
            body=members,
            commitments={},
        )
        event = Event(index=index, leaf=digest, header=header, body=body, signers=(SIGNER,))
        self.events.append(event)
        return event

    def entity(self, name: str, entity: Entity, *, shared: bool = False) -> Event:
        """Register an entity, in the case or in the shared register."""
        stream = str(uuid.uuid5(uuid.NAMESPACE_URL, "register")) if shared else None
        return self.add(EntityRegistered.model_validate({"name": name, "entity": entity}), stream=stream)

    def claim(
        self,
        ref: str,
        kind: Kind,
        asserter: str = "ngo",
        said: When | str | None = "2025-07-03",
        *,
        voice: Any = None,
        on_behalf_of: str | None = None,
        statement: str | None = None,
        relays: tuple[str, ...] = (),
        **content: Any,
    ) -> str:
        """Record a claim; gives its event id. `relays` are names of relaying entities."""
        if voice is None:
            voice = Voice.model_validate(
                {
                    "asserter": asserter,
                    "on_behalf_of": on_behalf_of,
                    "statement": statement,
                    "asserted_at": said,
                    "relays": [{"by": by, "verb": "claim"} for by in relays],
                }
            )
        body = ClaimRecorded.model_validate({"ref": ref, "claim": kind, "voice": voice, **content})
        self.ids[ref] = self.add(body, identity=ref).id
        return self.ids[ref]

    def amend(
        self, ref: str, kind: Kind, asserter: str = "ngo", said: str = "2025-07-03", **content: Any
    ) -> None:
        """Amend a record."""
        body = {"amends": self.ids[ref], "because": "misread", "claim": kind, **content}
        self.add(ClaimAmended.model_validate({**body, "voice": Voice(asserter=asserter, asserted_at=said)}))

    def withdraw(self, ref: str) -> None:
        """Withdraw a record."""
        self.add(ClaimWithdrawn(withdraws=self.ids[ref], because="recorded twice"))

    def judge(self, claims: Iterable[str], verb: str, of: Iterable[str], **more: Any) -> None:
        """Record a judgement."""
        ids = [[self.ids[ref] for ref in refs] for refs in (claims, of)]
        self.add(ClaimsJudged(claims=ids[0], verb=verb, of=ids[1], **more))

    def same(self, *names: str) -> str:
        """Judge that names mean the same; gives the event id."""
        return self.add(SameAsJudged(entities=names)).id

    def undo(self, same: str) -> None:
        """Take a same-as back."""
        self.add(SameAsUndone(undoes=same))

    def state(self, **filters: Any) -> CaseState:
        """The state of the case after all of this."""
        return replay(CaseState(self.case, **filters), self.events)


@pytest.fixture
def world() -> World:
    """A fresh case."""
    return World()


@pytest.fixture(scope="session")
def new_world() -> Callable[[], World]:
    """Makes fresh cases, for tests that need one for each example."""
    return World
