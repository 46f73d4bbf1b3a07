"""A ledger as its users meet it: made, opened, read strictly, replayed, closed."""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from claimledger import Case, Keyring, Ledger
from claimledger.events import Authority, Death, Group, Organisation, Person, Source, Unnamed
from claimledger.events.errors import (
    BrokenChain,
    ClaimLedgerError,
    InvalidInput,
    InvalidValue,
    KeyMissing,
    KeyNotAllowed,
    LedgerClosed,
    LedgerExists,
    LedgerUnavailable,
    NameTaken,
    NotALedger,
    ReadOnly,
    RowMismatch,
    UnknownName,
    VerificationFailed,
    WrongLedger,
)
from claimledger.events.recorded import Event
from claimledger.testing import FixedClock, fixed_ids, memory_ledger, seeded_keyring

KEYS = seeded_keyring()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a.ledger"


@pytest.fixture
def ledger(place: Path) -> Iterator[Ledger]:
    with Ledger.create(place, origin="example.org/x", keys=KEYS, clock=FixedClock()) as made:
        yield made


def with_claims(ledger: Ledger, count: int = 3, name: str = "harbour") -> Case:
    case = ledger.create_case(name, title="A case")
    case.register_entity("z", Person(label="Z"))
    case.register_entity("ngo", Organisation(label="An NGO"))
    case.register_source("doc", Source(title="A document", publisher="ngo"))
    for _ in range(count):
        case.record(Death(person="z"), asserter="ngo", source="doc")
    return case


class Seen:
    """A projection that only remembers."""

    def __init__(self, case: str | None = None) -> None:
        self.case = case
        self.events: list[Event] = []

    def apply(self, event: Event) -> None:
        self.events.append(event)

    @property
    def indexes(self) -> list[int]:
        return [event.index for event in self.events]


def test_a_new_ledger_begins_with_its_opening_and_its_recorders_key(ledger: Ledger) -> None:
    first, second = ledger.events()
    assert (first.type, first.index, first.header.ledger) == ("ledger.opened", 0, None)
    assert (second.type, second.index, second.header.ledger) == ("key.added", 1, ledger.id)
    assert first.stream == second.stream
    assert ledger.origin == "example.org/x"
    assert ledger.size == 2


def test_the_same_seeds_give_the_same_ledger() -> None:
    with memory_ledger() as one, memory_ledger() as two:
        one.create_case("a", title="A")
        two.create_case("a", title="A")
        assert one.id == two.id
        assert [event.leaf for event in one.events()] == [event.leaf for event in two.events()]


def test_what_was_recorded_is_there_after_closing(place: Path, ledger: Ledger) -> None:
    with_claims(ledger)
    leaves = [event.leaf for event in ledger.events()]
    ledger.close()
    assert [path.name for path in place.parent.iterdir()] == ["a.ledger"]
    with Ledger.open(f"sqlite:///{place}", pin=ledger.id) as again:
        assert [event.leaf for event in again.events()] == leaves
        assert again.case("harbour").refs() == ["C1", "C2", "C3"]
    assert [path.name for path in place.parent.iterdir()] == ["a.ledger"]


def test_a_ledger_is_not_made_over_what_is_there(place: Path, ledger: Ledger) -> None:
    with pytest.raises(LedgerExists):
        Ledger.create(place, origin="example.org/y", keys=KEYS)


def test_a_failed_making_leaves_nothing(place: Path) -> None:
    with pytest.raises(InvalidValue, match="origin"):
        Ledger.create(place, origin="has spaces", keys=KEYS)
    with pytest.raises(InvalidValue, match="instant"):
        Ledger.create(place, origin="example.org/x", keys=KEYS, clock=lambda: datetime(2025, 7, 3))
    assert list(place.parent.iterdir()) == []


def test_an_interrupted_making_is_no_ledger(place: Path, ledger: Ledger) -> None:
    ledger.close()
    connection = sqlite3.connect(place)
    connection.execute("DELETE FROM events")
    connection.commit()
    connection.close()
    with pytest.raises(NotALedger, match="interrupted"):
        Ledger.open(place)


def test_another_ledger_than_the_pinned_one_is_refused(place: Path, ledger: Ledger) -> None:
    ledger.close()
    with pytest.raises(WrongLedger, match="not the pinned"):
        Ledger.open(place, pin="0" * 64)


def test_recording_without_keys_says_what_is_missing(place: Path, ledger: Ledger) -> None:
    with_claims(ledger)
    ledger.close()
    with Ledger.open(place) as reading:
        with pytest.raises(KeyMissing, match="without keys"):
            reading.create_case("b", title="B")
        with pytest.raises(KeyMissing, match="without keys"):
            reading.case("harbour").record(Death(person="z"), asserter="ngo")


def test_the_keys_of_another_ledger_are_refused_with_what_to_do(place: Path, ledger: Ledger) -> None:
    ledger.close()
    with pytest.raises(KeyNotAllowed, match="root holder add the key"):
        Ledger.open(place, Keyring.in_memory(seed=b"other"))


def test_reading_only_refuses_to_record(place: Path, ledger: Ledger) -> None:
    ledger.close()
    with Ledger.open(place, KEYS, read_only=True) as reading, pytest.raises(ReadOnly, match="reading only"):
        reading.create_case("b", title="B")


READ_ONLY_FOLDER = """
import os, sys
os.setuid(65534)
from claimledger import Ledger
from claimledger.events.errors import ReadOnly
try:
    Ledger.open(sys.argv[1])
except ReadOnly as error:
    assert "read_only=True" in str(error), error
else:
    raise SystemExit("opened for writing")
with Ledger.open(sys.argv[1], read_only=True) as ledger:
    print(len(list(ledger.events())))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become nobody")
def test_a_read_only_folder_can_be_read(ledger: Ledger, place: Path) -> None:
    ledger.close()
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copy(place, folder / "a.ledger")
        (folder / "a.ledger").chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY_FOLDER, str(folder / "a.ledger")], capture_output=True, text=True
        )
        if "PermissionError" in done.stderr or "ModuleNotFoundError" in done.stderr:
            pytest.skip("nobody cannot read this installation")
        assert (done.stdout.strip(), done.stderr) == ("2", "")
        assert [path.name for path in folder.iterdir()] == ["a.ledger"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_cases_are_named_once_and_listed(ledger: Ledger) -> None:
    with_claims(ledger)
    with pytest.raises(NameTaken, match="harbour"):
        ledger.create_case("harbour", title="Again")
    with pytest.raises(UnknownName, match='did you mean "harbour"'):
        ledger.case("harbor")
    with pytest.raises(InvalidValue, match="case"):
        ledger.create_case("no spaces", title="B")
    assert [(info.name, info.title, info.events) for info in ledger.cases()] == [("harbour", "A case", 7)]
    assert ledger.case("harbour").stream == ledger.cases()[0].stream


def test_a_case_gets_its_own_and_the_shared_events_in_order(ledger: Ledger) -> None:
    ledger.register_entity("ru", Authority(label="Authorities"))
    with_claims(ledger, name="a")
    with_claims(ledger, name="b")
    ledger.register_entity("az", Authority(label="Other authorities"))
    types = [event.type for event in ledger.events("a")]
    assert types == [
        "entity.registered", "case.opened", "entity.registered", "entity.registered", "source.registered",
        "claim.recorded", "claim.recorded", "claim.recorded", "entity.registered",
    ]  # fmt: skip
    indexes = [event.index for event in ledger.events("a")]
    assert indexes == sorted(indexes)
    assert [event.index for event in ledger.events("a", after=indexes[4])] == indexes[5:]


def test_only_what_speaks_in_several_cases_is_shared(ledger: Ledger) -> None:
    assert ledger.register_entity("ru", Authority(label="Authorities")) == "shared:ru"
    assert (
        ledger.register_entity("shared:police", Authority(label="P", part_of="shared:ru")) == "shared:police"
    )
    with pytest.raises(NameTaken):
        ledger.register_entity("ru", Authority(label="Authorities"))
    for entity in (Person(label="Z"), Group(label="G"), Unnamed(label="reports")):
        with pytest.raises(InvalidValue, match="register it in its case"):
            ledger.register_entity("x", entity)
    with pytest.raises(UnknownName, match="part_of"):
        ledger.register_entity("x", Authority(label="X", part_of="ru"))
    assert ledger.shared_entity("ru").label == "Authorities"


def test_a_batch_is_written_whole_or_not_at_all(ledger: Ledger) -> None:
    size = ledger.size
    with ledger.batch() as receipts:
        case = with_claims(ledger)
        assert ledger.case("harbour").stream == case.stream
        assert ledger.size == size
        assert receipts == []
    assert [receipt.index for receipt in receipts] == list(range(size, size + 7))
    assert all(receipt.is_written for receipt in receipts)

    def a_batch_that_fails() -> None:
        with ledger.batch():
            case.record(Death(person="z"), asserter="ngo", ref="late")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        a_batch_that_fails()
    assert ledger.size == size + 7
    with pytest.raises(UnknownName):
        case.receipt("late")
    case.record(Death(person="z"), asserter="ngo", ref="late")


def test_a_batch_in_a_batch_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidInput, match="open already"), ledger.batch(), ledger.batch():
        pass
    with_claims(ledger)


def test_events_are_found_by_leaf_prefix_and_id(ledger: Ledger) -> None:
    case = with_claims(ledger)
    receipt = case.receipt("C2")
    assert ledger.event(receipt.leaf).id == ledger.event(receipt.leaf[:10]).id == receipt.event_id
    assert ledger.event_of(receipt.event_id).leaf == receipt.leaf
    with pytest.raises(InvalidValue, match="hex digits"):
        ledger.event("abc")
    with pytest.raises(UnknownName, match="no event"):
        ledger.event("f" * 64)
    with pytest.raises(UnknownName, match="no event"):
        ledger.event_of("f" * 36)


def test_claims_are_found_by_asserter_and_source(ledger: Ledger) -> None:
    case = with_claims(ledger)
    case.record(Death(person="z"), asserter="z")
    assert len(list(ledger.find(asserter="ngo"))) == 3
    assert len(list(ledger.find(asserter="z", case="harbour"))) == 1
    assert len(list(ledger.find(source="doc"))) == 3


def test_replay_gives_a_case_what_is_its_own(ledger: Ledger) -> None:
    with_claims(ledger, name="a")
    with_claims(ledger, name="b")
    assert ledger.replay(Seen("a")).indexes == [event.index for event in ledger.events("a")]
    assert ledger.replay(Seen()).indexes == list(range(ledger.size))


def test_replay_stops_at_an_index_or_before_the_first_later_recording(ledger: Ledger) -> None:
    with_claims(ledger)
    times = [event.recorded_at for event in ledger.events()]
    assert ledger.replay(Seen(), known_at=4).indexes == [0, 1, 2, 3, 4]
    assert ledger.replay(Seen(), known_at=times[4]).indexes == [0, 1, 2, 3, 4]
    assert ledger.replay(Seen(), known_at=times[4].isoformat()).indexes == [0, 1, 2, 3, 4]
    assert ledger.replay(Seen(), known_at="2025-07-03").indexes == []
    assert ledger.replay(Seen(), known_at="2025-07-04").indexes == list(range(ledger.size))
    for wrong in ("July", "2025-13-01", "2025-07-04T09:00:00", datetime(2025, 7, 4)):
        with pytest.raises(InvalidValue, match="known_at"):
            ledger.replay(Seen(), known_at=wrong)


def test_a_late_recording_by_a_slow_clock_never_leaks_into_an_earlier_prefix(place: Path) -> None:
    clock = FixedClock(datetime(2025, 7, 4, tzinfo=UTC))
    with Ledger.create(place, origin="example.org/x", keys=KEYS, clock=clock) as ledger:
        ledger.create_case("a", title="A")
        clock.now += timedelta(days=2)
        ledger.create_case("b", title="B")
        clock.now -= timedelta(days=2)
        ledger.create_case("c", title="C")
        assert ledger.replay(Seen(), known_at="2025-07-04").indexes == [0, 1, 2]


def tampered(place: Path, statement: str, *parameters: object) -> Ledger:
    connection = sqlite3.connect(place)
    connection.execute(statement, parameters)
    connection.commit()
    connection.close()
    return Ledger.open(place)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE events SET topic='claim.withdrawn' WHERE idx=6", RowMismatch),
        ("UPDATE events SET originator_version=9 WHERE idx=8", RowMismatch),
        ("UPDATE events SET originator_id='11111111-1111-4111-8111-111111111111' WHERE idx=6", RowMismatch),
        ("UPDATE events SET leaf=replace(leaf, substr(leaf, 1, 1), 'g') WHERE idx=6", RowMismatch),
        ("UPDATE events SET event_id='11111111-1111-4111-8111-111111111111' WHERE idx=6", RowMismatch),
        ("UPDATE events SET idx=20 WHERE idx=8", BrokenChain),
        ("DELETE FROM events WHERE idx=7", BrokenChain),
        ("UPDATE events SET state=cast('x' AS BLOB) WHERE idx=6", VerificationFailed),
        ("UPDATE events SET state='text' WHERE idx=6", VerificationFailed),
        ("UPDATE events SET state=(SELECT state FROM events WHERE idx=7) WHERE idx=6", RowMismatch),
        ("UPDATE disclosures SET content=cast('x' AS BLOB) WHERE idx=6", VerificationFailed),
    ],
)
def test_a_row_that_was_changed_is_refused_when_it_is_read(
    place: Path, ledger: Ledger, statement: str, error: type[ClaimLedgerError]
) -> None:
    with_claims(ledger)
    ledger.close()
    with tampered(place, statement) as changed, pytest.raises(error):
        list(changed.events())


def test_a_row_moved_to_another_case_is_refused(place: Path, ledger: Ledger) -> None:
    one = with_claims(ledger, name="a")
    two = with_claims(ledger, name="b")
    ledger.close()
    change = "UPDATE events SET originator_id=?, originator_version=8 WHERE originator_id=? AND originator_version=7"
    with (
        tampered(place, change, two.stream, one.stream) as changed,
        pytest.raises(RowMismatch, match="stream"),
    ):
        list(changed.events("b"))


def test_swapped_events_of_one_stream_break_its_chain(place: Path, ledger: Ledger) -> None:
    case = with_claims(ledger, count=0)
    case.register_entity("one", Group(label="one"))
    case.register_entity("two", Group(label="two"))
    ledger.close()
    tampered(place, "UPDATE events SET idx=100 WHERE idx=6").close()
    tampered(place, "UPDATE events SET idx=6 WHERE idx=7").close()
    with (
        tampered(place, "UPDATE events SET idx=7 WHERE idx=100") as changed,
        pytest.raises(BrokenChain, match="index 6"),
    ):
        list(changed.events())


def test_a_missing_disclosure_is_shown_and_stops_nothing(place: Path, ledger: Ledger) -> None:
    case = with_claims(ledger, count=0)
    case.record(Death(person="z"), asserter="ngo", quote="the words")
    ledger.close()
    with tampered(place, "DELETE FROM disclosures") as changed:
        assert dict(changed.case("harbour").claim("C1").slots) == {"basis": "missing", "quote": "missing"}


def test_a_key_that_another_process_added_is_known_when_its_events_are_read(
    place: Path, ledger: Ledger
) -> None:
    with Ledger.open(place) as reading:
        with_claims(ledger)
        assert len(list(reading.events())) == ledger.size


def test_a_ledger_is_not_used_after_closing_and_not_pickled(ledger: Ledger) -> None:
    case = with_claims(ledger)
    for each in (ledger, case):
        with pytest.raises(LedgerUnavailable, match="not pickled"):
            pickle.dumps(each)
    event = next(case.claims())
    assert pickle.loads(pickle.dumps(event)) == event
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerClosed, match="closed"):
        case.record(Death(person="z"), asserter="ngo")
    with pytest.raises(LedgerClosed):
        list(ledger.events())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_ledger_is_not_used_after_a_fork(ledger: Ledger) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ledger.create_case("b", title="B")
            answer = b"recorded"
        except LedgerClosed:
            answer = b"refused"
        os.write(writing, answer)
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 20) == b"refused"
    os.close(reading)
    os.close(writing)
    ledger.create_case("b", title="B")


def test_logging_holds_ids_only(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "claimledger")
    case = with_claims(ledger, count=0)
    case.register_entity("mrs-secret", Person(label="a witness", protected=True, name="Real Name"))
    case.record(Death(person="z"), asserter="mrs-secret", quote="secret words")
    text = caplog.text
    assert "recorded 1 events" in text
    assert not any(word in text for word in ("mrs-secret", "Real Name", "secret words", "witness"))


def test_ids_are_uuids_of_version_4(place: Path) -> None:
    from claimledger.events.identifiers import is_event_id
    from claimledger.ledger import _new_id

    ids = {_new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(map(is_event_id, ids))
    assert is_event_id(fixed_ids()())


def test_the_facade_loads_lazily() -> None:
    check = (
        "import sys, claimledger, claimledger.events; "
        "assert 'eventsourcing' not in sys.modules and 'cryptography' not in sys.modules; "
        "assert claimledger.__all__ == sorted(claimledger.__all__); "
        "assert all(getattr(claimledger, name) for name in claimledger.__all__)"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
