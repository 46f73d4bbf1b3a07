"""Whether one case is read as fast in a large ledger as in a small one, and what statistics over all cost.

    python tests/benchmarks/bench_cases.py [--claims 1000 10000 100000] [--shared 60] [--rounds 5]

A ledger of cases of 50 claims each, recorded in batches, read again from its file. For each size: one case's state,
its history and its matrix, warm (the best of several rounds; reading, verifying, folding and computing each time),
against a budget of 50 ms that must not depend on the other cases, by the clock and in seconds of this process, which
other work on the machine does not lengthen as much; then what every asserter said, in one pass over everything, with
the memory that it takes above the opened ledger.

A speaker of the shared register speaks in every case; others belong to one. `--shared` is how many entities the
register holds besides, so that its size can be tried by itself.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from claimledger import Case, Keyring, Ledger
from claimledger.events import (
    Act,
    Authority,
    CauseOfDeath,
    Count,
    Death,
    Group,
    Organisation,
    Person,
    RegisteredAct,
    Reply,
    Source,
)
from claimledger.projections import Asserters, CaseState, Disputes, History

PER_CASE = 50
BUDGET = 0.050
CAUSES = ("natural.heart_failure", "torture", "injury.head", "natural", "suicide", "natural.illness")
SPEAKERS = ("shared:prison", "shared:ministry", "shared:ngo", "family", "lawyer")


class Seconds(NamedTuple):
    """What some work took, by the clock and by this process."""

    clock: float
    process: float

    def __str__(self) -> str:
        return f"{1000 * self.clock:5.1f} ({1000 * self.process:4.1f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--claims", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument(
        "--shared", type=int, default=60, help="entities of the shared register that nobody uses"
    )
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(
        f"{'claims':>8} {'cases':>6}  {'state':>13} {'history':>13} {'matrix':>13}  ms by the clock (by process)"
    )
    with tempfile.TemporaryDirectory() as folder:
        for claims in args.claims:
            place = Path(folder) / f"{claims}.ledger"
            recording = timed(lambda: record(place, claims, args.shared))  # noqa: B023 - called at once
            with Ledger.open(place, read_only=True) as ledger:
                reading = [best(ledger, view, args.rounds) for view in (CaseState, History, Disputes)]
                shown = " ".join(str(seconds) for seconds in reading)
                met = "met" if max(one.clock for one in reading) < BUDGET else "NOT met"
                print(
                    f"{claims:8} {claims // PER_CASE:6}  {shown}  budget {1000 * BUDGET:.0f} ms: {met} "
                    f"(recorded in {recording:.0f} s)"
                )
            with Ledger.open(place, read_only=True) as ledger:
                print(f"{'':15}   asserters: {statistics(ledger)}")


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best(ledger: Ledger, view: type[CaseState] | type[History] | type[Disputes], rounds: int) -> Seconds:
    """Seconds to read a case in the middle of the log and compute a view of it, the best of several rounds."""
    name = f"case-{len(ledger.cases()) // 2:05d}"
    clock = process = float("inf")
    for _ in range(rounds + 1):
        start, began = time.perf_counter(), time.process_time()
        projection = ledger.replay(view(name))
        if isinstance(projection, CaseState):
            projection.questions  # noqa: B018 - computed when it is asked for
        else:
            projection.rows  # noqa: B018
        clock, process = min(clock, time.perf_counter() - start), min(process, time.process_time() - began)
    return Seconds(clock, process)


def statistics(ledger: Ledger) -> str:
    """What all asserters said: time, memory, and the answer that the statistics are for."""
    size = ledger.size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = ledger.replay(Asserters())
    passed = time.perf_counter() - start
    rows = found.rows
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    given = found.of("shared:prison").answers_to("cause_of_death")[0]
    kept = held_by(ledger)
    return (
        f"{size} events in {passed:.1f} s ({size / passed:.0f}/s), {len(rows)} rows in {seconds - passed:.2f} s; "
        f"resident memory grew {peak / 1024:.0f} MB, the fold keeps {kept / 2**20:.1f} MB\n{'':18}{given}"
    )


def held_by(ledger: Ledger) -> int:
    """Bytes that the fold keeps after its pass, by tracemalloc; at most the first 25,000 events, scaled up."""
    found = Asserters()
    tracemalloc.start()
    counted = 0
    for event in ledger.events():
        found.apply(event)
        counted += 1
        if counted == 25_000:
            break
    del event
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held * ledger.size // counted


def record(place: Path, claims: int, shared: int) -> None:
    """Make a ledger with that many claims."""
    with Ledger.create(place, origin="example.org/bench", keys=Keyring.in_memory()) as ledger:
        ledger.register_entity("prison", Authority(label="The prison service", country="XX"))
        ledger.register_entity("ministry", Authority(label="The ministry", country="XX"))
        ledger.register_entity("ngo", Organisation(label="An organisation"))
        with ledger.batch():
            for number in range(shared):
                ledger.register_entity(
                    f"other-{number}", Organisation(label=f"Another organisation, {number}")
                )
        cases = claims // PER_CASE
        for first in range(0, cases, 10):
            with ledger.batch():
                for number in range(first, min(first + 10, cases)):
                    record_case(ledger.create_case(f"case-{number:05d}", title=f"Case {number}"), number)


def record_case(case: Case, number: int, claims: int = PER_CASE) -> None:
    """Record one case. Of each `PER_CASE` claims five speakers differ on a few questions, and take something back."""
    case.register_source("doc", Source(title="A document"))
    for name in ("family", "lawyer"):
        case.register_entity(name, Person(label=name.title()))
    for first in range(0, claims, PER_CASE):
        record_matter(case, number, first)


def record_matter(case: Case, number: int, first: int) -> None:
    """Record `PER_CASE` claims about one person, one group and one raid."""
    person, held, raid = f"person-{first}", f"held-{first}", f"raid-{first}"
    case.register_entity(person, Person(label=f"Person {first}"))
    case.register_entity(held, Group(label="those who were held"))
    case.register_entity(raid, RegisteredAct(label="a raid"))
    for place in range(1, PER_CASE + 1):
        day = 1 + (place * 3 + number) % 28
        kind = (
            CauseOfDeath(of=person, causes=CAUSES[(place * 7 + number) % len(CAUSES)]),
            Count(group=held, quantity=20 + (place * number) % 30),
            Death(person=person, when=f"2025-06-{day:02d}"),
            Act(act=raid, type="raid", by="shared:ministry", to=held, when=f"2025-06-{day:02d}"),
            Reply(claims=[f"C{first + max(1, place - 5)}"], kind="corrects" if number % 2 else "rebuts"),
        )[place % 5 if place > 5 else place % 4]
        case.record(
            kind,
            ref=f"C{first + place}",
            asserter=SPEAKERS[(place + number) % len(SPEAKERS)],
            asserted_at=f"2025-07-{day:02d}",
            relays=["shared:ngo"] if place % 2 else (),
            source="doc",
            locator=(place * 10, place * 10 + 9),
        )


if __name__ == "__main__":
    main()
