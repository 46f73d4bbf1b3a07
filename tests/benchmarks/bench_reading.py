"""How fast a ledger is verified and a case replayed, as ratios to floors measured in the same run. A script, no test.

    python tests/benchmarks/bench_reading.py [--events 4000] [--claims 1000] [--rounds 3]

verify a whole ledger   floor: Ed25519 over the same messages and nothing else, all cores, by threads (budget 0.75)
replay a case           floor: pydantic's validate_json of the same bodies; events already verified (budget 0.25)

The best of several rounds counts, floor and ledger in turn. The replay is in seconds of this process, which other work
on the machine does not lengthen as much; the verification, which uses every core, is by the clock.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench_cases import record, record_case  # type: ignore[import-not-found]  # beside this script
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from claimledger import Keyring, Ledger
from claimledger.events import ClaimRecorded, Event, Organisation
from claimledger.events.encoding import encode
from claimledger.events.envelope import Envelope
from claimledger.projections import CaseState, replay


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=4000, help="claims of the ledger that is verified")
    parser.add_argument("--claims", type=int, default=1000, help="claims of the case that is replayed")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "many.ledger"
        record(place, args.events, 0)
        with Ledger.open(place, read_only=True) as ledger:
            work = signatures(ledger)
            floor, mine = best(
                args.rounds, time.perf_counter, lambda: check_all(work), lambda: ledger.verify(pin=ledger.id)
            )
            report("verify a whole ledger", ledger.size, floor, mine, 0.75)
        place = Path(folder) / "one.ledger"
        with Ledger.create(place, origin="example.org/bench", keys=Keyring.in_memory()) as ledger:
            events = one_case(ledger, args.claims)
        bodies = [encode(event.header.body) for event in events if isinstance(event.body, ClaimRecorded)]
        floor, mine = best(
            args.rounds, time.process_time, lambda: validate_all(bodies), lambda: state_of(events)
        )
        report(f"replay {len(bodies)} claims", len(bodies), floor, mine, 0.25)


def best(rounds: int, clock: Callable[[], float], *work: Callable[[], object]) -> tuple[float, ...]:
    """Seconds that each piece of work takes, the best of several rounds in turn."""
    found = [float("inf")] * len(work)
    for _ in range(rounds):
        for place, one in enumerate(work):
            start = clock()
            one()
            found[place] = min(found[place], clock() - start)
    return tuple(found)


def report(what: str, count: int, floor: float, mine: float, budget: float) -> None:
    """Print one line of the budget table."""
    ratio = floor / mine
    met = "met" if ratio >= budget else "NOT met"
    print(
        f"{what:22} floor {count / floor:8.0f}/s   here {count / mine:8.0f}/s   "
        f"ratio {ratio:4.2f} (budget {budget}: {met})"
    )


def signatures(ledger: Ledger) -> list[tuple[Ed25519PublicKey, bytes, bytes]]:
    """Key, signature and message of every signature of a ledger."""
    keys = {
        name: Ed25519PublicKey.from_public_bytes(record.public_key)
        for name, record in ledger.keys.keys.items()
        if record.algorithm == "ed25519"
    }
    found = []
    for row in ledger.store.rows():
        envelope = Envelope.from_bytes(row.envelope)
        found += [(keys[one.keyid], one.signature, envelope.pae()) for one in envelope.signatures]
    return found


def check_all(work: Sequence[tuple[Ed25519PublicKey, bytes, bytes]]) -> None:
    """Check signatures on every core: OpenSSL lets go of the interpreter's lock."""

    def check(some: Sequence[tuple[Ed25519PublicKey, bytes, bytes]]) -> None:
        for key, signature, message in some:
            key.verify(signature, message)

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(check, [work[start::cores] for start in range(cores)]))


def one_case(ledger: Ledger, claims: int) -> list[Event]:
    """The events of one case of that many claims, read and verified: several cases' claims under one name."""
    ledger.register_entity("prison", Organisation(label="The prison service"))
    ledger.register_entity("ministry", Organisation(label="The ministry"))
    ledger.register_entity("ngo", Organisation(label="An organisation"))
    with ledger.batch():
        record_case(ledger.create_case("bench", title="A measure"), 1, claims)
    return list(ledger.events("bench"))


def validate_all(bodies: Sequence[bytes]) -> None:
    """The floor of a replay: bodies to objects."""
    for body in bodies:
        ClaimRecorded.model_validate_json(body)


def state_of(events: Sequence[Event]) -> None:
    """Fold events, and compute the state."""
    replay(CaseState("bench"), events).questions  # noqa: B018 - computed when it is asked for


if __name__ == "__main__":
    main()
