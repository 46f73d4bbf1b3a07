"""Several writers at once: nothing is lost, nothing is doubled, and the log stays dense and chained."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from claimledger import Case, Keyring, Ledger
from claimledger.events import Death, Organisation, Person
from claimledger.events.errors import IdempotencyConflict, InvalidValue, KeyNotAllowed, LedgerBusy, NameTaken
from claimledger.testing import add_recorder, seeded_keyring

KEYS = seeded_keyring()

WRITER = """
import sys
from claimledger import Ledger
from claimledger.events import Death, Organisation
from claimledger.testing import seeded_keyring
place, who, singles, batches = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with Ledger.open(place, seeded_keyring()) as ledger:
    case = ledger.case("harbour")
    own = ledger.create_case("own-" + who, title="Its own")
    for number in range(singles):
        case.record(Death(person="z"), asserter="ngo")
        case.record(Death(person="z"), asserter="ngo", ref=f"{who}.{number}")
        own.register_entity(f"e{number}", Organisation(label="E"))
    for number in range(batches):
        with case.batch():
            for each in range(5):
                case.record(Death(person="z"), asserter="ngo", ref=f"{who}.b{number}.{each}", statement="s")
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with Ledger.create(tmp_path / "a.ledger", origin="example.org/x", keys=KEYS) as ledger:
        case = ledger.create_case("harbour", title="A case")
        case.register_entity("z", Person(label="Z"))
        case.register_entity("ngo", Organisation(label="An NGO"))
    return tmp_path / "a.ledger"


def refs(ledger: Ledger) -> list[str]:
    return [str(event.body.ref) for event in ledger.case("harbour").claims()]  # type: ignore[union-attr]


def test_two_processes_record_into_one_ledger_and_lose_nothing(place: Path) -> None:
    singles, batches = 40, 10
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(place), who, str(singles), str(batches)])
        for who in ("a", "b")
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    with Ledger.open(place) as ledger:
        assert ledger.verify(pin=ledger.id).exit_status() == 0
        assert [event.index for event in ledger.events()] == list(range(ledger.size))
        assert ledger.size == 5 + 2 * (1 + 3 * singles + 5 * batches)
        recorded = refs(ledger)
        expected = {f"C{number + 1}" for number in range(2 * singles)}
        for who in ("a", "b"):
            expected |= {f"{who}.{number}" for number in range(singles)}
            expected |= {f"{who}.b{number}.{each}" for number in range(batches) for each in range(5)}
        assert len(recorded) == len(expected)
        assert set(recorded) == expected
    assert [path.name for path in place.parent.iterdir()] == ["a.ledger"]


@pytest.mark.parametrize("url", ["file", "memory:"])
def test_threads_share_a_ledger(place: Path, url: str) -> None:
    if url == "file":
        ledger = Ledger.open(place, KEYS)
    else:
        ledger = Ledger.create("memory:", origin="example.org/x", keys=KEYS)
        fresh = ledger.create_case("harbour", title="A case")
        fresh.register_entity("z", Person(label="Z"))
        fresh.register_entity("ngo", Organisation(label="An NGO"))
    failures: list[BaseException] = []

    def work(who: int) -> None:
        try:
            case = ledger.case("harbour")
            for number in range(10):
                case.record(Death(person="z"), asserter="ngo")
                with case.batch():
                    case.record(Death(person="z"), asserter="ngo", ref=f"{who}.{number}.a")
                    case.record(Death(person="z"), asserter="ngo", ref=f"{who}.{number}.b")
                assert len(list(case.claims())) >= 3
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which fails the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    recorded = refs(ledger)
    assert len(recorded) == len(set(recorded)) == 4 * 10 * 3
    assert [event.index for event in ledger.events()] == list(range(ledger.size))
    ledger.close()


@pytest.fixture
def two(place: Path) -> tuple[Case, Case]:
    """Two openings of one case, as two processes have them; each has looked once."""
    cases = Ledger.open(place, KEYS).case("harbour"), Ledger.open(place, KEYS).case("harbour")
    for case in cases:
        case.record(Death(person="z"), asserter="ngo")
    return cases


def test_names_that_another_writer_took_are_found_taken(two: tuple[Case, Case]) -> None:
    one, other = two
    one.register_entity("new", Person(label="N"))
    with pytest.raises(NameTaken):
        other.register_entity("new", Person(label="N"))
    one.record(Death(person="new"), asserter="ngo", ref="same")
    with pytest.raises(NameTaken):
        other.record(Death(person="new"), asserter="ngo", ref="same")
    with pytest.raises(NameTaken):
        other.ledger.create_case("harbour", title="Again")
    assert other.ledger.size == 5 + 2 + 2


def test_a_name_taken_between_the_look_and_the_write_is_found_taken(two: tuple[Case, Case]) -> None:
    one, other = two

    def overtaken() -> None:
        with other.batch():
            other.record(Death(person="z"), asserter="ngo", ref="same")
            one.record(Death(person="z"), asserter="ngo", ref="same")

    with pytest.raises(NameTaken, match="nothing was written"):
        overtaken()
    assert other.record(Death(person="z"), asserter="ngo", ref="another").sequence == 7


def test_a_handle_and_a_clear_name_that_meet_are_refused(two: tuple[Case, Case]) -> None:
    one, other = two

    def overtaken() -> None:
        with other.batch():
            other.register_entity("mrs-w", Person(label="a witness", protected=True))
            one.register_entity("mrs-w", Person(label="W"))

    with pytest.raises(NameTaken, match="nothing was written"):
        overtaken()


def test_a_ref_picked_by_two_writers_at_once_is_picked_anew(two: tuple[Case, Case]) -> None:
    one, other = two
    names = [
        case.record(Death(person="z"), asserter="ngo").name for case in (one, other, other, one, one, other)
    ]
    assert names == ["C3", "C4", "C5", "C6", "C7", "C8"]


def test_a_statement_that_another_writer_began_must_agree(two: tuple[Case, Case]) -> None:
    one, other = two
    one.record(Death(person="z"), asserter="ngo", asserted_at="2025-07-03", statement="s")
    with pytest.raises(InvalidValue, match='statement "s"'):
        other.record(Death(person="z"), asserter="z", asserted_at="2025-07-03", statement="s")
    other.record(Death(person="z"), asserter="ngo", asserted_at="2025-07-03", statement="s")


def test_refs_picked_in_a_batch_that_was_overtaken_are_said_to_be_worth_another_try(
    two: tuple[Case, Case],
) -> None:
    one, other = two

    def overtaken() -> None:
        with other.batch():
            other.record(Death(person="z"), asserter="ngo")
            one.record(Death(person="z"), asserter="ngo")

    with pytest.raises(
        LedgerBusy, match='the next name, "C3", just now; nothing was written; record it again'
    ):
        overtaken()
    with other.batch() as receipts:
        other.record(Death(person="z"), asserter="ngo")
    assert receipts[0].name == "C4"


def test_a_statement_begun_by_two_writers_at_once_is_one_if_they_agree(two: tuple[Case, Case]) -> None:
    one, other = two
    ref = iter("abcd").__next__
    with other.batch() as receipts:
        other.record(Death(person="z"), ref=ref(), asserter="ngo", asserted_at="2025-07-03", statement="s")
        one.record(Death(person="z"), ref=ref(), asserter="ngo", asserted_at="2025-07-03", statement="s")
    assert receipts[0].is_written

    def disagreeing() -> None:
        with other.batch():
            other.record(
                Death(person="z"), ref=ref(), asserter="ngo", asserted_at="2025-07-03", statement="t"
            )
            one.record(Death(person="z"), ref=ref(), asserter="ngo", asserted_at="2025-07-04", statement="t")

    size = one.ledger.size
    with pytest.raises(InvalidValue, match='statement "t"'):
        disagreeing()
    assert one.ledger.size == size + 1
    assert one.ledger.verify(pin=one.ledger.id).exit_status() == 0


def test_one_idempotency_key_of_two_writers_records_once(two: tuple[Case, Case]) -> None:
    one, other = two
    first = one.record(Death(person="z"), asserter="ngo", idempotency_key="k")
    assert other.record(Death(person="z"), asserter="ngo", idempotency_key="k") == first

    def overtaken() -> None:
        with other.batch():
            other.record(Death(person="z"), asserter="ngo", ref="x", idempotency_key="l")
            one.record(Death(person="z"), asserter="ngo", ref="y", idempotency_key="l")

    with pytest.raises(LedgerBusy, match="idempotency key just now; nothing was written"):
        overtaken()
    with pytest.raises(IdempotencyConflict):
        other.record(Death(person="z"), asserter="z", idempotency_key="k")


def test_a_writer_folds_new_keys_in_before_it_writes_on(two: tuple[Case, Case], place: Path) -> None:
    one, other = two
    fresh = Keyring.in_memory(seed=b"b")
    with pytest.raises(KeyNotAllowed):
        Ledger.open(place, fresh)
    add_recorder(one.ledger, KEYS, fresh)
    receipt = other.record(Death(person="z"), asserter="ngo")
    assert other.ledger.keys.sequence == 3
    with Ledger.open(place, fresh) as by_b:
        by_b.case("harbour").record(Death(person="z"), asserter="ngo")
        assert by_b.size == receipt.index + 2
    assert len(list(one.ledger.events())) == receipt.index + 2
