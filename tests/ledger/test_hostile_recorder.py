"""What a recorder with a good key, or somebody with none, can sign: none of it changes what others said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest

from claimledger import Case, Keyring, Ledger
from claimledger.disclosures import close_slots
from claimledger.events import Authority, CauseOfDeath, Organisation, Person, UnknownBody
from claimledger.events.encoding import JSONValue
from claimledger.projections import CaseState
from claimledger.recording import Pending, Receipt, Signers
from claimledger.testing import seeded_keyring
from claimledger.writing import never_moves

KEYS = seeded_keyring()


@pytest.fixture
def case() -> Iterator[Case]:
    with Ledger.create("memory:", origin="example.org/x", keys=KEYS) as ledger:
        made = ledger.create_case("harbour", title="A night")
        made.register_entity("man", Person(label="the man"))
        made.register_entity("ngo", Organisation(label="The NGO"))
        made.register_entity("gov", Organisation(label="The Government"))
        made.record(CauseOfDeath(of="man", causes="torture"), asserter="ngo")
        yield made


def sign(
    case: Case,
    type: str,
    body: Mapping[str, JSONValue],
    stream: str,
    *,
    protected: Mapping[str, JSONValue] | None = None,
    names: Sequence[tuple[str, str, str]] = (),
    keys: Keyring = KEYS,
) -> None:
    """Sign an event that no method of the library would make, and store it as the library stores events."""
    ledger, event_id = case.ledger, str(uuid4())
    commitments, disclosures = close_slots(protected or {}, ledger=ledger.id, event=event_id)
    pending = Pending(
        type=type,
        version=1,
        ledger=ledger.id,
        stream=stream,
        id=event_id,
        recorded_at="2026-01-01T09:00:00.000000Z",
        public=body,
        commitments=commitments,
        disclosures=disclosures,
        signers=Signers([keys.recorder]),
        receipt=Receipt(-1, "", event_id, stream, 0, None, None),
    )
    pending.names = names
    sequence = ledger.store.count(ledger.keys.stream)
    ledger.store.append(
        [pending],
        key_stream=ledger.keys.stream,
        key_sequence=sequence,
        refold=never_moves,
        recheck=never_moves,
    )


def members(case: Case) -> dict[str, Any]:
    return dict(case.claim("C1").header.body)


def state(case: Case) -> CaseState:
    return case.ledger.replay(CaseState("harbour"))


@pytest.mark.parametrize(
    "protected",
    [
        {"quote": None, "polarity": "negated"},
        {"quote": None, "claim.causes": [{"code": "natural"}]},
        {"quote": None, "voice.asserter": "gov"},
        {"quote": None, "standard_of_proof": "added behind the signature"},
    ],
)
def test_a_commitment_changes_no_signed_member(case: Case, protected: dict[str, JSONValue]) -> None:
    sign(
        case,
        "claim.recorded",
        {**members(case), "ref": "X1"},
        case.stream,
        protected=protected,
        names=[(case.stream, "claim", "X1")],
    )
    body = list(case.ledger.events(case="harbour"))[-1].body
    assert isinstance(body, UnknownBody)
    assert "commits to a member" in body.reason
    shown = state(case)
    assert [event.type for event in shown.unread_events] == ["claim.recorded"]
    assert [position.text for position in shown.question("man", "cause_of_death").positions] == ["torture"]


def test_a_second_opening_hides_and_renames_nothing(case: Case) -> None:
    before = state(case)
    shared = case.ledger.event_of(_register(case)).stream
    for stream, name in ((case.stream, "other"), (shared, "other"), (shared, "harbour")):
        sign(case, "case.opened", {"case": name, "title": "Another title"}, stream)
    case.record(CauseOfDeath(of="man", causes="natural"), asserter="shared:north")
    after = state(case)
    assert (after.title, after.label("shared:north")) == (before.title, "The North")
    assert set(after.claims) == {"C1", "C2"}
    findings = case.ledger.verify(pin=case.ledger.id).findings
    assert sum("not the first event of its stream" in finding.message for finding in findings) == 3


def _register(case: Case) -> str:
    case.ledger.register_entity("north", Authority(label="The North"))
    return list(case.ledger.events())[-1].id


def test_a_name_that_is_registered_again_keeps_its_first_meaning(case: Case) -> None:
    sign(
        case,
        "entity.registered",
        {"name": "gov", "entity": {"type": "organisation", "label": "Somebody else"}},
        case.stream,
    )
    shown = state(case)
    assert shown.label("gov") == "The Government"
    assert [event.type for event in shown.unread_events] == ["entity.registered"]


def test_a_key_event_by_a_stranger_is_wrong_and_never_only_unreadable(case: Case) -> None:
    stranger, forged = Keyring.in_memory(seed=b"nobody"), {**members(case), "ref": "F1"}
    sign(case, "key.revoked", {"x": 1}, case.ledger.keys.stream, keys=stranger)
    sign(
        case,
        "claim.recorded",
        forged,
        case.stream,
        protected={"quote": None},
        names=[(case.stream, "claim", "F1")],
        keys=stranger,
    )
    report = case.ledger.verify(pin=case.ledger.id)
    assert report.exit_status() == 1
    assert (report.findings[0].code, report.findings[0].is_wrong) == ("key.not_allowed", True)
