"""Killed at any moment of sealing, a ledger forks nothing, loses nothing, and needs nobody to repair it."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from claimledger import Keyring, Ledger
from claimledger.events import Organisation, Person
from claimledger.merkle import root_of

SEALER = """
import sys
from claimledger import Keyring, Ledger
from claimledger.events import Death
with Ledger.open(sys.argv[1], Keyring.open(sys.argv[2])) as ledger:
    case = ledger.case("harbour")
    print("ready", flush=True)
    while True:
        with case.batch() as receipts:
            for _ in range(3):
                case.record(Death(person="z"), asserter="ngo")
        print("event", receipts[-1].index, receipts[-1].leaf, flush=True)
        sealed = ledger.seal()
        print("sealed", sealed.size, sealed.root.hex(), flush=True)
"""

DIES_AT = """
import os, sys
from claimledger import Keyring, Ledger, checkpoint_signer, log_memory, sealer
from claimledger.store import Store

def dies(function, *, before):
    def run(*arguments, **named):
        if before:
            os._exit(9)
        function(*arguments, **named)
        os._exit(9)
    return run

place, keys, step = sys.argv[1:]
when, _, what = step.partition(" ")
owner, name = {"tiles": (Store, "keep_tiles"), "memory": (log_memory.FileMemory, "write"),
               "checkpoint": (Store, "keep_checkpoint")}[what]
setattr(owner, name, dies(getattr(owner, name), before=when == "before"))
with Ledger.open(place, Keyring.open(keys)) as ledger:
    ledger.seal()
"""


def make(folder: Path) -> tuple[Path, Path]:
    """A ledger with a case, and the folder of its keys."""
    keys = Keyring.create(folder / "keys", passphrase=None, plain=True)
    with Ledger.create(folder / "a.ledger", origin="example.org/x", keys=keys) as ledger:
        case = ledger.create_case("harbour", title="A case")
        case.register_entity("z", Person(label="Z"))
        case.register_entity("ngo", Organisation(label="An NGO"))
    return folder / "a.ledger", folder / "keys"


def killed(place: Path, keys: Path, lines: int, late: float) -> list[list[str]]:
    """Let a sealer work, and kill it some moments after it said so many lines; what it had said by then."""
    worker = subprocess.Popen(
        [sys.executable, "-c", SEALER, str(place), str(keys)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    said = [worker.stdout.readline() for _ in range(lines)]
    try:
        worker.wait(late)
    except subprocess.TimeoutExpired:
        worker.kill()
    said += [line for line in worker.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    worker.stdout.close()
    worker.wait()
    return [line.split() for line in said]


def check(ledger: Ledger, said: list[list[str]]) -> None:
    """Nothing that was said is gone, and every checkpoint is of the one history that there is."""
    leaves = [event.leaf for event in ledger.events()]
    roots = {}
    for what, number, digest in said:
        if what == "event":
            assert leaves[int(number)] == digest
        else:
            roots[int(number)] = digest
    for checkpoint in ledger.checkpoints():
        roots.setdefault(checkpoint.size, checkpoint.root.hex())
        assert roots[checkpoint.size] == checkpoint.root.hex()
    for size, root in roots.items():
        assert root_of(map(bytes.fromhex, leaves[:size])).hex() == root
    assert ledger.verify(pin=ledger.id).exit_status() == 0


def run(folder: Path, kills: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    place, keys = make(folder)
    said: list[list[str]] = []
    for _ in range(kills):
        said += killed(place, keys, chance.randrange(3), chance.random() * 0.02)
        with Ledger.open(place, Keyring.open(keys)) as ledger:
            sealed = ledger.seal()
            assert sealed.size == ledger.size
            check(ledger, said)


def test_a_sealer_killed_five_times_forks_and_loses_nothing(tmp_path: Path) -> None:
    run(tmp_path, 5)


@pytest.mark.slow
@pytest.mark.parametrize("_ledger", range(8))
def test_a_sealer_killed_two_hundred_times_forks_and_loses_nothing(_ledger: int, tmp_path: Path) -> None:
    """Twenty-five times in each of eight ledgers, which the workers of a run divide among them."""
    run(tmp_path, 25)


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    return make(tmp_path)


@pytest.mark.parametrize(
    "step",
    [
        "before tiles",
        "after tiles",
        "before memory",
        "after memory",  # signed and remembered, never released
        "before checkpoint",
        "after checkpoint",
    ],
)
def test_a_sealer_that_dies_between_two_steps_is_gone_on_from(world: tuple[Path, Path], step: str) -> None:
    place, keys = world
    died = subprocess.run([sys.executable, "-c", DIES_AT, str(place), str(keys), step], check=False)
    assert died.returncode == 9
    remembered = [each.read_bytes() for each in keys.glob("log-*.checkpoint") if each.suffix == ".checkpoint"]
    assert bool(remembered) == (step.split()[1] == "checkpoint" or step == "after memory")
    with Ledger.open(place, Keyring.open(keys)) as ledger:
        ledger.case("harbour").register_entity("later", Person(label="Later"))
        ledger.seal()
        check(ledger, [])
        sizes = [each.size for each in ledger.checkpoints()]
        assert sizes == ([ledger.size - 1, ledger.size] if remembered else [ledger.size])
        # What was signed is given out as it was signed, whatever happened in between.
        assert not remembered or next(each.data for each in ledger.checkpoints()) == remembered[0]
    assert not Path(f"{place}-wal").exists()
