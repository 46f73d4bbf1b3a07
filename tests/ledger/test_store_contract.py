"""One contract for every backend: a file and memory keep the same rows and refuse the same things."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from claimledger.events.errors import (
    LedgerBusy,
    LedgerClosed,
    LedgerExists,
    LedgerNotFound,
    LedgerUnavailable,
    NameTaken,
    NewerSchema,
    NotALedger,
    ReadOnly,
)
from claimledger.recording import Head, Pending, Receipt, Row, Signers
from claimledger.rows import PAGE
from claimledger.sqlite_file import SCHEMA
from claimledger.store import Store
from claimledger.testing import fixed_ids, seeded_keyring

LEDGER = "0" * 64
KEY_STREAM = "00000000-0000-4000-8000-000000000000"
STREAM = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
SIGNERS = Signers([seeded_keyring().recorder])
IDS = fixed_ids(b"contract")


def event(stream: str = STREAM, **public: int) -> Pending:
    event_id = IDS()
    return Pending(
        type="test.event",
        version=1,
        ledger=LEDGER,
        stream=stream,
        id=event_id,
        recorded_at="2025-07-03T16:20:11.000000Z",
        public=dict(public),
        commitments={},
        disclosures={},
        signers=SIGNERS,
        receipt=Receipt(-1, "", event_id, stream, 0, None, None),
    )


def unmoved() -> int:
    raise AssertionError("the key stream did not move")


def unchecked() -> None:
    raise AssertionError("no name was taken")


def append(
    store: Store,
    *events: Pending,
    key_sequence: int = 0,
    refold: Callable[[], int] = unmoved,
    recheck: Callable[[], None] = unchecked,
) -> None:
    store.append(events, key_stream=KEY_STREAM, key_sequence=key_sequence, refold=refold, recheck=recheck)


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = Store.create(tmp_path / "a.ledger" if request.param == "file" else "memory:")
    yield made
    made.close()


def test_indexes_are_dense_and_sequences_count_in_each_stream(store: Store) -> None:
    append(store, event(), event(OTHER), event())
    append(store, event(OTHER))
    rows = list(store.rows())
    assert [row.index for row in rows] == [0, 1, 2, 3]
    assert [(row.stream, row.sequence) for row in rows] == [(STREAM, 1), (OTHER, 1), (STREAM, 2), (OTHER, 2)]
    assert store.size() == 4
    assert store.count(STREAM) == 2
    assert store.streams() == [STREAM, OTHER]


def test_rows_are_what_was_signed_and_receipts_are_complete(store: Store) -> None:
    one = event(n=1)
    append(store, one)
    assert list(store.rows()) == [Row(0, STREAM, 1, "test.event", one.envelope, one.leaf, one.id)]
    assert (one.receipt.index, one.receipt.leaf, one.receipt.sequence) == (0, one.leaf, 1)


def test_rows_come_in_pages_and_from_a_place_on(store: Store) -> None:
    append(store, *(event(STREAM if n % 2 else OTHER) for n in range(PAGE + 7)))
    assert [row.index for row in store.rows()] == list(range(PAGE + 7))
    assert [row.index for row in store.rows(PAGE + 4)] == [PAGE + 5, PAGE + 6]
    assert [row.index for row in store.rows(3, STREAM)] == list(range(5, PAGE + 7, 2))
    assert [row.index for row in store.rows(-1, OTHER)] == list(range(0, PAGE + 7, 2))
    assert list(store.rows(PAGE + 6)) == []
    assert list(store.rows(0, KEY_STREAM)) == []


def test_a_row_is_found_by_index_id_and_leaf(store: Store) -> None:
    one, two = event(), event()
    append(store, one, two)
    assert store.row_at(1) == store.row_of_id(two.id) == store.rows_of_leaf(two.leaf[:12])[0]
    assert store.row_at(2) is None
    assert store.row_of_id(IDS()) is None
    assert len(store.rows_of_leaf("")) == 2


def test_a_head_that_another_writer_moved_is_chained_to(store: Store) -> None:
    first, second = event(), event()
    append(store, first)
    store._heads[STREAM] = Head(0, None)
    append(store, second)
    assert [row.sequence for row in store.rows()] == [1, 2]
    assert second.after == Head(1, first.leaf)


def test_an_insert_whose_acknowledgement_was_lost_is_found_again(store: Store) -> None:
    one, two = event(), event()
    append(store, one, two)
    leaves = [one.leaf, two.leaf]
    store._heads[STREAM] = Head(0, None)
    append(store, one, two)
    assert [row.leaf for row in store.rows()] == leaves
    assert [one.receipt.index, two.receipt.index] == [0, 1]


def test_nothing_of_a_batch_is_written_when_a_name_is_taken(store: Store) -> None:
    one, two = event(), event()
    one.names = [(STREAM, "entity", "ngo")]
    append(store, one)
    two.names = [(STREAM, "entity", "ngo")]
    three = event()

    def taken() -> None:
        raise NameTaken("ngo")

    with pytest.raises(NameTaken):
        append(store, three, two, recheck=taken)
    assert store.size() == 1
    assert store.name(STREAM, "entity", "ngo") == one.id
    assert store.names(STREAM, "entity") == [("ngo", one.id)]
    assert list(store.all_names()) == [((STREAM, "entity", "ngo"), one.id)]


def test_a_name_that_must_be_absent_stops_the_write(store: Store) -> None:
    one, two = event(), event()
    one.names = [(STREAM, "entity", "ngo")]
    append(store, one)
    two.absent = [(STREAM, "entity", "ngo")]
    checks = []
    with pytest.raises(LedgerBusy, match="nothing was written"):
        append(store, two, recheck=lambda: checks.append(1))
    assert len(checks) > 1
    assert store.size() == 1


def test_a_key_stream_that_moved_is_folded_again_before_anything_is_written(store: Store) -> None:
    append(store, event(KEY_STREAM))
    folded = []

    def refold() -> int:
        folded.append(store.count(KEY_STREAM))
        return folded[-1]

    append(store, event(), key_sequence=0, refold=refold)
    assert folded == [1]
    assert store.size() == 2


def test_disclosures_and_idempotency_are_kept_with_their_event(store: Store) -> None:
    one = event()
    one.disclosures = {"quote": b"bytes", "claim.text": b"more"}
    one.idempotency = (b"key", b"digest")
    append(store, event(), one)
    assert store.disclosures([one.id, IDS()]) == {one.id: {"quote": b"bytes", "claim.text": b"more"}}
    assert list(store.all_disclosures()) == [(one.id, "claim.text", b"more"), (one.id, "quote", b"bytes")]
    assert store.idempotent(b"key") == (one.id, b"digest")
    assert store.idempotent(b"other") is None


def test_an_undamaged_store_reports_no_damage(store: Store) -> None:
    append(store, event())
    assert store.damage() == []


def test_a_closed_store_refuses_everything(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(LedgerClosed):
        store.size()
    with pytest.raises(LedgerClosed):
        append(store, event())


def test_variables_of_the_process_redirect_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PERSISTENCE_MODULE": "eventsourcing.popo",
        "LEDGER_PERSISTENCE_MODULE": "eventsourcing.popo",
        "COMPRESSOR_TOPIC": "zlib",
        "CIPHER_TOPIC": "eventsourcing.cipher:AESCipher",
        "CIPHER_KEY": "bm90IGEga2V5",
        "MAPPER_TOPIC": "nowhere:Mapper",
        "TRANSCODER_TOPIC": "nowhere:Transcoder",
        "SQLITE_DBNAME": str(tmp_path / "elsewhere"),
        "IS_SNAPSHOTTING_ENABLED": "y",
        "APPLICATION_RECORDER_TOPIC": "nowhere:Recorder",
        "CREATE_TABLE": "n",
    }.items():
        monkeypatch.setenv(name, value)
    with_stray = Store.create(tmp_path / "a.ledger")
    append(with_stray, event(n=1))
    with_stray.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.ledger"]
    rows = sqlite3.connect(tmp_path / "a.ledger").execute("SELECT state FROM events").fetchall()
    assert rows[0][0].startswith(b'{"payload":"')


def test_a_closed_file_is_one_file_and_durable_while_open(tmp_path: Path) -> None:
    made = Store.create(tmp_path / "a.ledger")
    append(made, event())
    with made._datastore.transaction(commit=False) as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    made.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.ledger"]


def test_creating_never_touches_what_is_there(tmp_path: Path) -> None:
    place = tmp_path / "notes.txt"
    place.write_bytes(b"mine")
    with pytest.raises(LedgerExists, match="already"):
        Store.create(place)
    assert place.read_bytes() == b"mine"
    with pytest.raises(LedgerNotFound, match="no folder"):
        Store.create(tmp_path / "none" / "a.ledger")


def test_opening_never_creates_and_never_changes_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerNotFound, match="nothing is there"):
        Store.open(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    text = tmp_path / "text"
    text.write_text("not a database")
    for path in (other, text, tmp_path):
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(NotALedger):
            Store.open(path)
        assert before == (path.read_bytes() if path.is_file() else b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.db", "text"]


def test_a_newer_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    Store.create(tmp_path / "a.ledger").close()
    connection = sqlite3.connect(tmp_path / "a.ledger")
    connection.execute(f"PRAGMA user_version={SCHEMA + 1}")
    connection.close()
    with pytest.raises(NewerSchema, match=f"schema {SCHEMA + 1}.*install a newer"):
        Store.open(tmp_path / "a.ledger")


def test_reading_only_writes_nothing(tmp_path: Path) -> None:
    made = Store.create(tmp_path / "a.ledger")
    append(made, event())
    made.close()
    before = (tmp_path / "a.ledger").read_bytes()
    reading = Store.open(tmp_path / "a.ledger", read_only=True)
    assert reading.size() == 1
    with pytest.raises(ReadOnly, match="read_only"):
        append(reading, event())
    reading.close()
    assert (tmp_path / "a.ledger").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.ledger"]


@pytest.mark.parametrize("url", ["postgresql://host/name", "sqlite://two", "", "http://x"])
def test_a_place_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(LedgerUnavailable, match="write a path"):
        Store.open(url)


def test_a_url_with_three_slashes_is_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Store.create("sqlite:///a%20b?.ledger").close()
    assert [path.name for path in tmp_path.iterdir()] == ["a%20b?.ledger"]
    Store.open("a%20b?.ledger").close()
    Store.open(f"sqlite:///{tmp_path}/a%20b?.ledger").close()


def test_memory_is_not_opened_twice() -> None:
    with pytest.raises(LedgerUnavailable, match="creator"):
        Store.open("memory:")
