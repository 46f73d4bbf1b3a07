"""Killed at any moment, a writer loses nothing that it acknowledged and leaves a ledger that opens and verifies."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from claimledger import Ledger
from claimledger.events import Organisation, Person
from claimledger.testing import seeded_keyring

KEYS = seeded_keyring()

WRITER = """
import sys
from claimledger import Ledger
from claimledger.events import Death
from claimledger.testing import seeded_keyring
with Ledger.open(sys.argv[1], seeded_keyring()) as ledger:
    case = ledger.case("harbour")
    say = lambda receipts: print(*(f"{each.index}:{each.leaf}" for each in receipts), flush=True)
    print("ready", flush=True)
    while True:
        say([case.record(Death(person="z"), asserter="ngo", quote="the words")])
        with case.batch() as receipts:
            for _ in range(20):
                case.record(Death(person="z"), asserter="ngo")
        say(receipts)
"""


def killed_after(place: Path, lines: int, late: float) -> list[str]:
    """Let a writer record, and kill it some moments after it has acknowledged so many lines."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    acknowledged = []
    assert writer.stdout.readline() == "ready\n"
    for _ in range(lines):
        acknowledged += writer.stdout.readline().split()
    try:
        writer.wait(late)
    except subprocess.TimeoutExpired:
        writer.kill()
    # What was printed before the kill was acknowledged, too; a line that was cut off was not read by anyone.
    rest = writer.stdout.read()
    acknowledged += [
        word for line in rest.splitlines(keepends=True) if line.endswith("\n") for word in line.split()
    ]
    writer.stdout.close()
    writer.wait()
    return acknowledged


def run(tmp_path: Path, kills: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    place = tmp_path / "a.ledger"
    for number in range(kills):
        if number % 6 == 0:
            place = tmp_path / f"{number}.ledger"
            with Ledger.create(place, origin="example.org/x", keys=KEYS) as ledger:
                case = ledger.create_case("harbour", title="A case")
                case.register_entity("z", Person(label="Z"))
                case.register_entity("ngo", Organisation(label="An NGO"))
        acknowledged = killed_after(place, chance.randrange(3), chance.random() * 0.02)
        with Ledger.open(place, KEYS) as ledger:
            kept = {f"{event.index}:{event.leaf}" for event in ledger.events()}
            assert set(acknowledged) <= kept, f"kill {number}"
            assert ledger.verify(pin=ledger.id).exit_status() == 0, f"kill {number}"
        assert not Path(f"{place}-wal").exists()


def test_a_writer_killed_six_times_loses_nothing(tmp_path: Path) -> None:
    run(tmp_path, 6)


@pytest.mark.slow
def test_a_writer_killed_fifty_times_loses_nothing(tmp_path: Path) -> None:
    run(tmp_path, 50)


def test_a_batch_that_is_cut_off_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/x", keys=KEYS) as ledger:
        case = ledger.create_case("harbour", title="A case")
        case.register_entity("z", Person(label="Z"))
        case.register_entity("ngo", Organisation(label="An NGO"))
    chance = random.Random(7)
    for _ in range(3):
        killed_after(place, chance.randrange(2), chance.random() * 0.01)
        with Ledger.open(place, KEYS) as ledger:
            quoted = [event.body.quote is not None for event in ledger.case("harbour").claims()]  # type: ignore[union-attr]
        runs = "".join("q" if each else "b" for each in quoted).replace("b" * 20, "B")
        assert set(runs) <= {"q", "B"}, runs
