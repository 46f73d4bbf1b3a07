"""The shared register is read once for all cases: it grows with the log, and nothing false comes out of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimledger import Ledger, VerificationFailed
from claimledger.events import EntityRegistered, Organisation
from claimledger.testing import seeded_keyring


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a.ledger"


@pytest.fixture
def ledger(place: Path) -> Iterator[Ledger]:
    with Ledger.create(place, origin="example.org/x", keys=seeded_keyring()) as made:
        made.register_entity("one", Organisation(label="One"))
        made.create_case("a", title="A test")
        yield made


def registered(ledger: Ledger, after: int = -1) -> list[str]:
    return [
        event.body.name for event in ledger.events("a", after) if isinstance(event.body, EntityRegistered)
    ]


def test_what_is_registered_after_a_first_reading_is_read_too_whoever_registers_it(
    ledger: Ledger, place: Path
) -> None:
    assert registered(ledger) == ["one"]
    ledger.register_entity("two", Organisation(label="Two"))
    assert registered(ledger) == ["one", "two"]
    with Ledger.open(place, keys=seeded_keyring()) as other:
        other.register_entity("three", Organisation(label="Three"))
    assert registered(ledger) == ["one", "two", "three"]


def test_events_of_case_and_register_come_in_the_order_of_the_log(ledger: Ledger) -> None:
    case = ledger.case("a")
    for name in ("p", "q"):
        case.register_entity(name, Organisation(label=name))
        ledger.register_entity(f"shared-{name}", Organisation(label=name))
    for _ in range(2):
        indexes = [event.index for event in ledger.events("a")]
        assert indexes == sorted(indexes)
        assert registered(ledger) == ["one", "p", "shared-p", "q", "shared-q"]
    assert registered(ledger, after=indexes[-3]) == ["q", "shared-q"]


def test_a_register_that_was_changed_before_it_was_read_is_refused(ledger: Ledger, place: Path) -> None:
    with sqlite3.connect(place) as raw:
        raw.execute(
            "UPDATE events SET originator_version=7 WHERE idx=(SELECT idx FROM events WHERE topic='entity.registered')"
        )
    with pytest.raises(VerificationFailed):
        registered(ledger)


def test_a_register_that_was_changed_after_it_was_read_is_found_by_an_audit(
    ledger: Ledger, place: Path
) -> None:
    assert registered(ledger) == ["one"]
    with sqlite3.connect(place) as raw:
        raw.execute("UPDATE events SET state=x'00' WHERE topic='entity.registered'")
    assert ledger.verify().findings
    with Ledger.open(place) as other, pytest.raises(VerificationFailed):
        registered(other)
