"""Going on from an earlier audit costs only what came since, and trusts nothing that is not proven to be the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from claimledger import Keyring, Ledger, audit
from claimledger.audit_row import check_rows
from claimledger.cli_verify import report_as_json
from claimledger.events.entities import Organisation, Person
from claimledger.events.errors import InvalidInput
from claimledger.events.kinds import Death
from claimledger.recording import Row
from claimledger.report import Report
from claimledger.store import Store
from claimledger.testing import seeded_keyring

KEYS = seeded_keyring(b"since")
OLD = 400


class Grown:
    """A ledger that was audited at 400 events and has 20 more: its file, its id, what was kept of that audit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with Ledger.create(path, origin="example.org/since", keys=KEYS) as ledger:
            self.id = ledger.id
            case = ledger.create_case("harbour", title="A case")
            case.register_entity("man", Person(label="A man"))
            case.register_entity("ngo", Organisation(label="An NGO"))
            other = Keyring.in_memory(seed=b"other")
            ledger.add_key(other.recorder, "Recorder B")
            with case.batch():
                for _ in range(OLD - ledger.size):
                    case.record(Death(person="man"), asserter="ngo")
            self.note = ledger.seal().data
            report = ledger.verify(ledger.id)
            self.report = json.dumps(report_as_json(report, 0)).encode()
            for _ in range(8):
                case.record(Death(person="man"), asserter="ngo")
            case.withdraw("C3", because="a slip")
            ledger.revoke_key(other.entries[1].keyid, "it was lost", 396)
            ledger.create_case("quay", title="Another case")
            ledger.seal()
            for _ in range(20 - (ledger.size - OLD)):
                case.record(Death(person="man"), asserter="ngo")


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    return Grown(tmp_path_factory.mktemp("grown") / "a.ledger")


class Counting:
    """A store that counts the rows that are read from it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows_read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def rows(self, *args: Any, **named: Any) -> Iterator[Row]:
        for row in self._store.rows(*args, **named):
            self.rows_read += 1
            yield row

    def row_of_id(self, event_id: str) -> Row | None:
        self.rows_read += 1
        return self._store.row_of_id(event_id)

    def last_below(self, stream: str, size: int) -> Row | None:
        self.rows_read += 1
        return self._store.last_below(stream, size)


@pytest.fixture
def changed(grown: Grown, tmp_path: Path) -> Callable[..., Report]:
    """Runs SQL on a copy of the ledger, and goes on with its audit."""

    def change(*statements: str, since: bytes | None = None) -> Report:
        path = tmp_path / "copy.ledger"
        path.write_bytes(grown.path.read_bytes())
        with closing(sqlite3.connect(path)) as database:
            for each in statements:
                database.execute(each)
            database.commit()
        with closing(Store.open(path, read_only=True)) as store:
            return audit.verify(store, pin=grown.id, since=since or grown.report)

    return change


def found(report: Report) -> list[tuple[int | None, str]]:
    return [(each.index, each.code) for each in report.findings]


def test_only_what_came_since_is_verified(grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[int] = []

    def counted(rows: Any, *args: Any, **named: Any) -> Any:
        checked.extend(row.index for row in rows)
        return check_rows(rows, *args, **named)

    monkeypatch.setattr("claimledger.audit.check_rows", counted)
    with closing(Store.open(grown.path, read_only=True)) as store:
        counting = Counting(store)
        report = audit.verify(counting, pin=grown.id, since=grown.report)
    assert (report.findings, report.events, report.since) == ((), 20, OLD)
    assert checked == list(range(OLD, OLD + 20))
    # 20 new rows; of the earlier ones only the key stream (3 rows, read twice to look for revocations), the heads of
    # streams, the record that is withdrawn, names, and the rows that the revocation could dispute.
    assert counting.rows_read < 60
    assert [(each.first, each.last, each.standing) for each in report.ranges] == [
        (0, 399, "earlier"),
        (400, 410, "sealed"),
        (411, 419, "unsealed"),
    ]
    assert report.notes[0].startswith("index 0 to 399 was verified in an earlier audit and is trusted")


def test_a_checkpoint_alone_will_do_and_the_report_says_what_that_leaves_open(
    changed: Callable[..., Report], grown: Grown
) -> None:
    report = changed(since=grown.note)
    assert (report.findings, report.events) == ((), 20)
    assert any("whether a change of keys was taken out" in note for note in report.notes)


def test_what_is_found_in_what_came_since_is_found(changed: Callable[..., Report]) -> None:
    report = changed("UPDATE events SET state=replace(state, 'a', 'b') WHERE idx=405")
    assert (405, "event.malformed") in found(report) or (405, "signature.wrong") in found(report)
    assert report.events == 20


def test_a_new_event_that_does_not_follow_the_earlier_ones_is_found(changed: Callable[..., Report]) -> None:
    report = changed("DELETE FROM events WHERE idx=400", "DELETE FROM disclosures WHERE idx=400")
    assert (400, "chain.broken") in found(report)


def test_a_name_that_leads_elsewhere_is_found(changed: Callable[..., Report]) -> None:
    report = changed("DELETE FROM names WHERE what='case' AND name='quay'")
    assert [code for _, code in found(report)] == ["names.wrong"]


def test_what_was_verified_before_is_not_looked_at_again(changed: Callable[..., Report]) -> None:
    assert changed("UPDATE events SET state=x'00' WHERE idx=200").findings == ()


def test_the_key_events_of_before_are_proven_to_be_the_same(changed: Callable[..., Report]) -> None:
    report = changed("UPDATE events SET state=x'00' WHERE idx=5")
    assert any("everything was verified anew" in note for note in report.notes)
    assert (5, "event.malformed") in found(report)


def test_a_key_event_that_was_taken_out_of_the_earlier_part_shows_where_the_report_was_kept(
    changed: Callable[..., Report], grown: Grown
) -> None:
    gone = ["DELETE FROM events WHERE idx IN (5, 410)", "DELETE FROM events WHERE idx>410"]
    report = changed(*gone)
    assert any("the key stream had other events below it" in note for note in report.notes)
    assert (5, "chain.broken") in found(report)
    assert report.since == 0


def test_tiles_that_do_not_lead_to_the_checkpoint_have_everything_verified(
    changed: Callable[..., Report],
) -> None:
    report = changed("UPDATE tiles SET hashes=zeroblob(length(hashes)) WHERE level=0")
    assert any("everything was verified anew" in note for note in report.notes)
    assert (report.since, report.events) == (0, OLD + 20)
    assert found(report) == [(None, "tree.wrong")]


def test_a_ledger_that_was_put_back_behind_the_checkpoint_is_found(changed: Callable[..., Report]) -> None:
    report = changed(
        "DELETE FROM events WHERE idx>=390",
        "DELETE FROM disclosures WHERE idx>=390",
        "DELETE FROM checkpoints",
        "DELETE FROM tiles",
        "DELETE FROM names WHERE event_id NOT IN (SELECT event_id FROM events)",
    )
    assert found(report) == [(None, "checkpoint.contradicted")]
    assert "the checkpoint of the earlier audit: it covers 400 events" in report.findings[0].message


def test_a_ledger_in_which_nothing_came_since_holds(grown: Grown, tmp_path: Path) -> None:
    with Ledger.create(
        tmp_path / "b.ledger", origin="example.org/still", keys=seeded_keyring(b"still")
    ) as one:
        report = one.verify(one.id, since=one.seal().data)
    assert (report.findings, report.events, report.since, report.exit_status()) == ((), 0, 2, 0)


def test_an_audit_can_be_gone_on_from_again_and_again(tmp_path: Path) -> None:
    with Ledger.create(
        tmp_path / "b.ledger", origin="example.org/still", keys=seeded_keyring(b"still")
    ) as one:
        kept = None
        for number in range(4):
            one.create_case(f"case-{number}", title="A case")
            one.seal()
            report = one.verify(one.id, since=kept)
            assert (report.findings, report.since) == ((), 0 if number == 0 else number + 2)
            kept = json.dumps(report_as_json(report, 0)).encode()


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b"{", b'{"checkpoint": null, "key_stream": {}}', b"\xff" * 9]
)
def test_what_is_neither_report_nor_checkpoint_is_refused(grown: Grown, data: bytes) -> None:
    with closing(Store.open(grown.path, read_only=True)) as store, pytest.raises(InvalidInput):
        audit.verify(store, pin=grown.id, since=data)


def test_a_report_with_findings_is_not_gone_on_from(changed: Callable[..., Report], grown: Grown) -> None:
    told = json.loads(grown.report)
    told["findings"] = [{"code": "signature.wrong", "index": 7}]
    with pytest.raises(InvalidInput, match="that audit has findings"):
        changed(since=json.dumps(told).encode())
