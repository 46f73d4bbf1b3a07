"""A file that someone changed without keys is refused or reported in words, whatever stands in it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from claimledger import audit
from claimledger.events.errors import ClaimLedgerError, NotALedger, RowMismatch, VerificationFailed
from claimledger.keys import Keyring
from claimledger.ledger import Ledger
from claimledger.report import Report
from claimledger.store import Store


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A closed ledger of three events."""
    path = tmp_path / "a.ledger"
    with Ledger.create(path, origin="example.org/a", keys=Keyring.in_memory(seed=b"s")) as made:
        made.create_case("a", title="A case")
    return path


@pytest.fixture
def changed(place: Path) -> Callable[..., Path]:
    """Runs SQL on the ledger, and gives its place."""

    def change(*statements: str) -> Path:
        with closing(sqlite3.connect(place)) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()
        return place

    return change


def audited(path: Path) -> Report:
    with closing(Store.open(path, read_only=True)) as store:
        return audit.verify(store, pin=None)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM names; END", "trigger t"),
        ("CREATE VIEW v AS SELECT * FROM events", "view v"),
        ("CREATE TABLE hidden (a)", "table hidden"),
        ("CREATE INDEX i ON events (topic)", "index i"),
        ("ALTER TABLE names ADD COLUMN more", "table names"),
        ("DROP TABLE idempotency", "table idempotency"),
        ("ANALYZE", "table sqlite_stat1"),
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_with_other_tables_is_refused_by_their_name(
    changed: Callable[..., Path], statement: str, named: str, read_only: bool
) -> None:
    path = changed(statement)
    with pytest.raises(RowMismatch, match=f"not those that a ledger is made with: .*{named}.*from outside"):
        Ledger.open(path, read_only=read_only)


def test_a_trigger_put_in_while_the_ledger_is_open_stops_the_writing(
    place: Path, changed: Callable[..., Path]
) -> None:
    with Ledger.open(place, Keyring.in_memory(seed=b"s")) as ledger:
        changed("CREATE TRIGGER t AFTER INSERT ON names BEGIN DELETE FROM names; END")
        with pytest.raises(RowMismatch, match="trigger t"):
            ledger.create_case("b", title="Another")
        changed("DROP TRIGGER t")
        ledger.create_case("b", title="Another")
        assert ledger.size == 4


def test_a_file_copied_into_itself_is_still_a_ledger(place: Path, changed: Callable[..., Path]) -> None:
    with Ledger.open(place, Keyring.in_memory(seed=b"s")) as ledger:
        changed("VACUUM")
        ledger.create_case("b", title="Another")
    assert audited(place).findings == ()


def test_a_value_longer_than_any_of_a_ledger_is_not_read(changed: Callable[..., Path]) -> None:
    path = changed("UPDATE events SET state=zeroblob(20000000) WHERE idx=0")
    with pytest.raises(VerificationFailed, match="longer than any"):
        Ledger.open(path)
    assert audited(path).exit_status() == 1


def test_a_ledger_without_its_secret_is_to_be_restored_not_removed(changed: Callable[..., Path]) -> None:
    with pytest.raises(VerificationFailed, match=r"secret is missing.*restore the file from a copy"):
        Store.open(changed("DELETE FROM meta"))


def test_a_pipe_is_no_ledger_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotALedger, match="pipe"):
        Store.open(tmp_path / "pipe")


def test_rows_before_the_beginning_of_the_log_are_found(changed: Callable[..., Path]) -> None:
    path = changed("INSERT INTO events VALUES (-3, 'zz', 1, 't', x'00', 'l', 'e')")
    report = audited(path)
    assert [(each.code, each.index) for each in report.findings] == [("chain.broken", None)]
    assert "index -3" in report.findings[0].message


@pytest.mark.parametrize("value", ["x'ff'", "cast(x'ff' as text)", "'x'", "5.5", "zeroblob(9)"])
@pytest.mark.parametrize(
    "column", ["originator_id", "originator_version", "topic", "state", "leaf", "event_id"]
)
@pytest.mark.parametrize("index", [1, 2])
def test_a_column_of_another_type_is_an_error_to_readers_and_a_finding_to_the_audit(
    changed: Callable[..., Path], column: str, value: str, index: int
) -> None:
    path = changed(f"UPDATE events SET {column}={value} WHERE idx={index}")
    assert audited(path).exit_status() == 1
    with pytest.raises(ClaimLedgerError), Ledger.open(path) as ledger:
        list(ledger.events())


@pytest.mark.parametrize("value", ["x'ff'", "cast(x'ff' as text)"])
@pytest.mark.parametrize("column", ["name", "event_id"])
def test_a_name_of_another_type_is_an_error_to_readers_and_a_finding_to_the_audit(
    changed: Callable[..., Path], column: str, value: str
) -> None:
    path = changed(f"UPDATE names SET {column}={value} WHERE what='case'")
    assert audited(path).exit_status() == 1
    with pytest.raises(VerificationFailed), Ledger.open(path) as ledger:
        ledger.cases()
