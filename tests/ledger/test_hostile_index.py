"""Who changes what stands beside the events, without any key, makes no honest recorder or reader do the wrong thing.

Nor does a recorder's key that signs what no release of this library would write make reading fail in strange ways.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

import pytest

from claimledger import KeyNotAllowed, Ledger, RowMismatch, UnknownName
from claimledger.disclosures import close_slots
from claimledger.events.entities import Organisation, Person
from claimledger.events.kinds import CauseOfDeath
from claimledger.events.sources import Source
from claimledger.recording import Pending, Receipt, Signers
from claimledger.report import NAMES_WRONG
from claimledger.testing import seeded_keyring
from claimledger.writing import never_moves


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "a.ledger"
    with Ledger.create(path, origin="example.org/x", keys=seeded_keyring()) as made:
        for name in ("a", "b"):
            case = made.create_case(name, title=f"The case {name}")
            for entity in ("one", "two"):
                case.register_entity(entity, Organisation(label=entity))
                case.register_source(entity, Source(title=entity))
            case.register_entity("z", Person(label="Z"))
        case = made.case("a")
        for handle in ("anna", "boris"):
            case.register_entity(handle, Person(label="a survivor", protected=True, name=handle))
        for ref, key in (("C1", "k1"), ("C2", "k2")):
            record(made, ref, key)
    return path


def record(ledger: Ledger, ref: str | None, key: str, cause: str = "torture") -> str:
    case = ledger.case("a")
    kind = CauseOfDeath(of="z", causes=[cause])
    statement = None if ref is None else f"s-{ref}"
    return case.record(kind, ref=ref, asserter="one", statement=statement, idempotency_key=key).ref


def swap(place: Path, what: str, case: str | None = None) -> None:
    """Let the first two entries of one sort lead to one another's events."""
    with sqlite3.connect(place) as raw:
        stream = None
        if case is not None:
            found = raw.execute("SELECT event_id FROM names WHERE what='case' AND name=?", (case,)).fetchone()
            stream = raw.execute("SELECT originator_id FROM events WHERE event_id=?", found).fetchone()[0]
        rows = raw.execute("SELECT stream, name, event_id FROM names WHERE what=? ORDER BY name", (what,))
        first, second = [row for row in rows if stream is None or row[0] == stream][:2]
        for (at, name, _), (_, _, event_id) in ((first, second), (second, first)):
            raw.execute(
                "UPDATE names SET event_id=? WHERE stream=? AND what=? AND name=?", (event_id, at, what, name)
            )
    raw.close()


def test_a_case_whose_name_leads_to_another_case_is_not_shown(place: Path) -> None:
    swap(place, "case")
    with Ledger.open(place) as ledger:
        for look in (lambda: ledger.case("a"), ledger.cases, lambda: ledger.events("b")):
            with pytest.raises(RowMismatch):
                look()


def test_a_ref_that_leads_to_another_claim_is_neither_read_nor_mended(place: Path) -> None:
    swap(place, "claim", "a")
    with Ledger.open(place, seeded_keyring()) as ledger:
        case, size = ledger.case("a"), ledger.size
        kind = CauseOfDeath(of="z", causes=["natural"])
        for act in (
            lambda: case.claim("C1"),
            lambda: case.receipt("C2"),
            lambda: case.withdraw("C1", because="a slip"),
            lambda: case.amend("C1", kind, because="a slip", asserter="one"),
            lambda: case.judge("C1", "supports", "C2"),
        ):
            with pytest.raises(RowMismatch):
                act()
        assert ledger.size == size


@pytest.mark.parametrize("what", ["entity", "source", "statement"])
def test_a_name_that_leads_to_another_event_is_not_recorded_with(place: Path, what: str) -> None:
    swap(place, what, "a")
    with Ledger.open(place, seeded_keyring()) as ledger:
        kind = CauseOfDeath(of="z", causes=["natural"])
        with pytest.raises(RowMismatch):
            ledger.case("a").record(kind, asserter="one", source="one", statement="s-C1")


def test_a_name_that_leads_to_no_event_is_a_mismatch(place: Path) -> None:
    with sqlite3.connect(place) as raw:
        raw.execute("UPDATE names SET event_id='00000000-0000-4000-8000-000000000000' WHERE what='source'")
    raw.close()
    with Ledger.open(place) as ledger, pytest.raises(RowMismatch):
        ledger.case("a").source("one")


def test_a_handle_that_leads_to_another_person_is_refused(place: Path) -> None:
    swap(place, "handle")
    with Ledger.open(place, seeded_keyring()) as ledger:
        for handle in ("anna", "boris"):
            with pytest.raises(RowMismatch):
                ledger.case("a").entity_name(handle)


@pytest.mark.parametrize("other", ["source", "entity"])
def test_a_handle_of_a_source_that_leads_to_something_else_is_refused(
    place: Path, other: Literal["source", "entity"]
) -> None:
    with Ledger.open(place, seeded_keyring()) as ledger:
        case = ledger.case("a")
        for handle in ("anna", "boris"):
            case.register_source(handle, Source(protected=True, title=handle))
        mine, another = case.registration("source", "anna").id, case.registration(other, "boris").id
    with sqlite3.connect(place) as raw:
        led = raw.execute("UPDATE names SET event_id=? WHERE what='handle' AND event_id=?", (another, mine))
        assert led.rowcount == 1
    raw.close()
    with Ledger.open(place, seeded_keyring()) as ledger:
        with pytest.raises(RowMismatch):
            ledger.case("a").source_name("anna")
        assert [finding.code for finding in ledger.verify(pin=ledger.id).findings] == ["names.wrong"] * 2


@pytest.mark.parametrize("type", ["claim.recorded", "case.opened"])
def test_an_idempotency_key_that_leads_to_another_event_gives_no_receipt_of_it(
    place: Path, type: str
) -> None:
    with sqlite3.connect(place) as raw:
        raw.execute(
            "UPDATE idempotency SET event_id=(SELECT event_id FROM events WHERE topic=? ORDER BY idx DESC LIMIT 1)",
            (type,),
        )
    raw.close()
    with Ledger.open(place, seeded_keyring()) as ledger, pytest.raises(RowMismatch):
        record(ledger, "C1", "k1")


def test_names_that_lead_where_they_should_are_followed(place: Path) -> None:
    with Ledger.open(place, seeded_keyring()) as ledger:
        case = ledger.case("a")
        assert case.claim("C2").index == case.receipt("C2").index
        assert case.entity_name("anna").startswith("person-")
        assert record(ledger, "C1", "k1") == "C1"
        first = record(ledger, None, "k3")
        assert record(ledger, None, "k3") == first
        assert case.withdraw("C1", because="a slip").index == ledger.size - 1


def sign_amendment(ledger: Ledger, amends: str, number: int) -> str:
    """Sign and store an amendment of any event, past all checks of what is recorded; gives its event id."""
    case, event = ledger.case("a"), f"00000000-0000-4000-8000-{number:012}"
    said = {name: value for name, value in case.claim("C1").header.body.items() if name != "ref"}
    commitments, disclosures = close_slots({"quote": None}, ledger=ledger.id, event=event)
    pending = Pending(
        type="claim.amended",
        version=1,
        ledger=ledger.id,
        stream=case.stream,
        id=event,
        recorded_at="2026-01-01T00:00:00.000000Z",
        public={**said, "amends": amends, "because": "x"},
        commitments=commitments,
        disclosures=disclosures,
        signers=Signers([seeded_keyring().recorder]),
        receipt=Receipt(-1, "", event, case.stream, 0, None, None),
    )
    keys = ledger.keys
    ledger.store.append(
        [pending],
        key_stream=keys.stream,
        key_sequence=keys.sequence,
        refold=never_moves,
        recheck=never_moves,
    )
    return event


def test_a_long_chain_of_amendments_of_amendments_is_read(place: Path) -> None:
    with Ledger.open(place, seeded_keyring()) as ledger:
        last = ledger.case("a").claim("C1").id
        for number in range(400):
            last = sign_amendment(ledger, last, number)
        assert [event.id for event in ledger.events("a")][-1] == last


def test_an_amendment_of_itself_is_signed_by_nobody_who_may(place: Path) -> None:
    with Ledger.open(place, seeded_keyring()) as ledger:
        own = sign_amendment(ledger, "00000000-0000-4000-8000-000000000007", 7)
        with pytest.raises(KeyNotAllowed):
            ledger.event_of(own)


def test_only_a_claim_can_be_amended(place: Path) -> None:
    with Ledger.open(place, seeded_keyring()) as ledger:
        case = ledger.case("a")
        kind = CauseOfDeath(of="z", causes=["natural"])
        amendment = case.amend("C1", kind, because="a slip", asserter="one")
        with pytest.raises(UnknownName):
            case.amend(amendment.event_id, kind, because="a slip", asserter="one")


@pytest.mark.parametrize("how", ["swapped", "deleted", "secret"])
def test_a_handle_that_does_not_lead_to_its_person_is_found_by_an_audit(place: Path, how: str) -> None:
    if how == "swapped":
        swap(place, "handle")
    else:
        with sqlite3.connect(place) as raw:
            deleted = "DELETE FROM names WHERE what='handle'"
            raw.execute(
                deleted if how == "deleted" else "UPDATE meta SET value=randomblob(32) WHERE key='secret'"
            )
        raw.close()
    with Ledger.open(place) as ledger:
        found = {finding.code for finding in ledger.verify().findings}
    assert found == {NAMES_WRONG}


def test_handles_that_lead_where_they_should_are_no_finding(place: Path) -> None:
    with Ledger.open(place) as ledger:
        assert not ledger.verify().findings
