"""How fast claims are recorded, as ratios to floors measured in the same run. A script, not a test.

    python tests/benchmarks/bench_recording.py [--events 5000] [--singles 400] [--rounds 3]

batches of 500   floor: the same payloads through orjson, Ed25519 and the hash chain, then executemany into one table
one by one       floor: raw sqlite3, one transaction a row of the same size

Both floors and the ledger write to a file in one folder, with a write-ahead log and synchronous=FULL. The best of
several rounds counts, floor and ledger in turn: by the clock, which is what the budget means, and in seconds of this
process, which other work on the machine lengthens less.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from claimledger import Case, Keyring, Ledger
from claimledger.events import CauseOfDeath, Organisation, Person, Source

BATCH = 500
TABLE = "CREATE TABLE events (idx INTEGER PRIMARY KEY, stream TEXT, sequence INTEGER, state BLOB, leaf TEXT)"
BODY = {
    "basis": None,
    "claim": {"causes": [{"code": "torture"}, {"code": "injury"}], "of": "z"},
    "hedges": ["reportedly"],
    "kind": "cause_of_death",
    "locator": {"end": 20, "start": 10},
    "polarity": "affirmed",
    "ref": "C00000",
    "source": "doc",
    "strength": "asserted",
    "voice": {"asserted_at": {"edtf": "2025-07-03"}, "asserter": "ngo", "relays": [{"by": "paper"}]},
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=5000, help="events for the measure of batches")
    parser.add_argument("--singles", type=int, default=400, help="events for the measure one by one")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        best: dict[str, Pace] = {}
        for number in range(args.rounds):
            for name, measure, count in (
                ("floor", floor_batches, args.events),
                ("ledger", ledger_batches, args.events),
                ("floor1", floor_singles, args.singles),
                ("ledger1", ledger_singles, args.singles),
            ):
                took = measure(place / f"{name}-{number}", count)
                pace = Pace(count / took.clock, count / took.process)
                seen = best.get(name, pace)
                best[name] = Pace(max(seen.clock, pace.clock), max(seen.process, pace.process))
    report("batches of 500", best["floor"], best["ledger"], 0.6)
    report("one by one", best["floor1"], best["ledger1"], 0.5)


def report(what: str, floor: Pace, ledger: Pace, budget: float) -> None:
    """Print one line of the budget table."""
    ratio = ledger.clock / floor.clock
    met = "met" if ratio >= budget else "NOT met"
    print(
        f"{what:16} floor {floor.clock:8.0f}/s   ledger {ledger.clock:8.0f}/s   ratio {ratio:4.2f} "
        f"(budget {budget}: {met}); of this process's seconds {ledger.process / floor.process:4.2f}"
    )


class Pace(NamedTuple):
    """Seconds, or events a second, by the clock and by the seconds of this process."""

    clock: float
    process: float


def timed(work: Callable[[], object]) -> Pace:
    """Seconds that some work takes."""
    start, started = time.perf_counter(), time.process_time()
    work()
    return Pace(time.perf_counter() - start, time.process_time() - started)


def database(path: Path) -> sqlite3.Connection:
    """A database as durable as a ledger."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(TABLE)
    return connection


def floor_batches(path: Path, count: int) -> Pace:
    """The least that signed, chained, durable events can take."""
    connection = database(path)
    key = Ed25519PrivateKey.generate()

    def work() -> None:
        previous = "0" * 64
        for first in range(0, count, BATCH):
            rows = []
            for index in range(first, first + BATCH):
                members = {
                    "body": BODY,
                    "commitments": {},
                    "id": str(uuid4()),
                    "previous": previous,
                    "sequence": index,
                }
                payload = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
                signature = key.sign(payload)
                previous = sha256(payload + signature).hexdigest()
                state = b'{"payload":"%b","sig":"%b"}' % (b64encode(payload), b64encode(signature))
                rows.append((index, "stream", index, state, previous))
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO events VALUES (?,?,?,?,?)", rows)
            connection.execute("COMMIT")

    seconds = timed(work)
    connection.close()
    return seconds


def floor_singles(path: Path, count: int) -> Pace:
    """One row a transaction, nothing signed."""
    connection = database(path)
    state = b"x" * 1400

    def work() -> None:
        for index in range(count):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO events VALUES (?,?,?,?,?)", (index, "stream", index, state, "0" * 64)
            )
            connection.execute("COMMIT")

    seconds = timed(work)
    connection.close()
    return seconds


def open_case(path: Path) -> Case:
    """A ledger with a case in which claims can be recorded."""
    ledger = Ledger.create(path, origin="example.org/bench", keys=Keyring.in_memory())
    case = ledger.create_case("bench", title="A measure")
    case.register_entity("z", Person(label="Z"))
    case.register_entity("ngo", Organisation(label="An NGO"))
    case.register_entity("paper", Organisation(label="A paper"))
    case.register_source("doc", Source(title="A document"))
    return case


def record(case: Case) -> None:
    """Record one claim as an application would."""
    case.record(
        CauseOfDeath(of="z", causes=["torture", "injury"]),
        asserter="ngo",
        asserted_at="2025-07-03",
        relays=["paper"],
        hedges=["reportedly"],
        source="doc",
        locator=(10, 20),
    )


def ledger_batches(path: Path, count: int) -> Pace:
    """Claims in batches."""
    case = open_case(path)

    def work() -> None:
        for _ in range(0, count, BATCH):
            with case.batch():
                for _ in range(BATCH):
                    record(case)

    seconds = timed(work)
    case.ledger.close()
    return seconds


def ledger_singles(path: Path, count: int) -> Pace:
    """Claims one by one."""
    case = open_case(path)

    def work() -> None:
        for _ in range(count):
            record(case)

    seconds = timed(work)
    case.ledger.close()
    return seconds


if __name__ == "__main__":
    main()
