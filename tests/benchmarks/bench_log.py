"""What the log costs as it grows: sealing, proofs, going on with an audit, and the memory of a whole one. No test.

    python tests/benchmarks/bench_log.py [--sizes 10000 100000] [--new 1000] [--proofs 200] [--keep FILE]

One ledger in a file grows from size to size. At each: what sealing the new leaves took; how many tiles a proof reads
and how long it takes, cold (nothing read yet) and warm (by a tree that made proofs nearby before); then some more
events are recorded and verified from the last checkpoint on (budget: no more for a larger log). At last the whole
ledger is verified in a process of its own, whose memory is held against that of the same for an empty ledger (budget:
200 MB above it).

Times are by the clock: on a busy machine read the ratios and the counts. `--keep` leaves the ledger there.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claimledger import Keyring, Ledger, audit
from claimledger.events import Death, Organisation, Person
from claimledger.merkle import verify_inclusion
from claimledger.sealer import StoredTiles
from claimledger.store import Store
from claimledger.tiles import TiledTree

BATCH = 500
ORIGIN = "example.org/bench"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--new", type=int, default=1_000, help="events that an audit goes on over")
    parser.add_argument("--proofs", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="where to leave the ledger")
    parser.add_argument("--audit", type=Path, help="only verify this ledger, and say what memory that took")
    args = parser.parse_args()
    if args.audit:
        verify_whole(args.audit)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = args.keep or Path(folder) / "log.ledger"
        keys = Keyring.in_memory()
        with Ledger.create(place, origin=ORIGIN, keys=keys) as ledger:
            for size in args.sizes:
                grow(ledger, size, args)
        empty = Path(folder) / "empty.ledger"
        Ledger.create(empty, origin=ORIGIN, keys=Keyring.in_memory()).close()
        for each in (empty, place):
            subprocess.run([sys.executable, __file__, "--audit", str(each)], check=True)


def grow(ledger: Ledger, size: int, args: argparse.Namespace) -> None:
    """Bring a ledger to a size, and measure there."""
    start = time.perf_counter()
    before = ledger.size
    record(ledger, size)
    recorded = time.perf_counter() - start
    last = ledger.checkpoint()
    new = ledger.size - (last.size if last else 0)
    start = time.perf_counter()
    sealed = ledger.seal()
    sealing = time.perf_counter() - start
    print(
        f"{sealed.size:9,} leaves: recorded {ledger.size - before:,} in {recorded:.0f} s; sealed {new:,} new in "
        f"{sealing:.2f} s ({100_000 * sealing / new:.2f} s for 100,000)"
    )
    chosen = random.Random(size).sample(range(sealed.size), args.proofs)
    leaves = {index: bytes.fromhex(leaf_at(ledger.store, index)) for index in chosen}
    warm = TiledTree(sealed.size, StoredTiles(ledger.store))
    for index in chosen:
        warm.inclusion_proof(index)
    cold, read = 0.0, 0
    for index in chosen:
        start = time.perf_counter()
        tree = TiledTree(sealed.size, StoredTiles(ledger.store))
        proof = tree.inclusion_proof(index)
        cold += time.perf_counter() - start
        read += tree.tiles_read
        verify_inclusion(index, sealed.size, leaves[index], proof, sealed.root)
    near = chosen[0] // 256 * 256
    warm.inclusion_proof(near)
    start = time.perf_counter()
    for _ in range(args.proofs):
        warm.inclusion_proof(near)
    hot = time.perf_counter() - start
    print(
        f"{'':9}  proof: {read / args.proofs:.1f} tiles read; {1000 * cold / args.proofs:.2f} ms cold, "
        f"{1000 * hot / args.proofs:.3f} ms warm (budget 1 ms)"
    )
    record(ledger, sealed.size + args.new)
    start = time.perf_counter()
    report = ledger.verify(ledger.id, since=sealed.data)
    passed = time.perf_counter() - start
    if report.findings or report.since != sealed.size:
        raise SystemExit(f"the audit should have gone on: {report.findings}")
    print(f"{'':9}  going on with an audit: {report.events:,} new events in {passed:.2f} s", flush=True)


def record(ledger: Ledger, size: int) -> None:
    """Record small claims until the ledger has at least so many events, a case for each batch."""
    while ledger.size < size:
        number = ledger.size
        with ledger.batch():
            case = ledger.create_case(f"case-{number}", title="A measure")
            case.register_entity("man", Person(label="A man"))
            case.register_entity("ngo", Organisation(label="An NGO"))
            for _ in range(min(BATCH, size - number) - 3):
                case.record(Death(person="man"), asserter="ngo")


def leaf_at(store: Store, index: int) -> str:
    """The leaf hash of a row."""
    row = store.row_at(index)
    if row is None:
        raise SystemExit(f"no event at index {index}")
    return row.leaf


def verify_whole(place: Path) -> None:
    """Verify a ledger in this process, and print what that took."""
    with opened(place) as store:
        start = time.perf_counter()
        report = audit.verify(store, pin=None)
        passed = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    others = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{report.events:9,} events verified in {passed:.1f} s ({report.events / passed:.0f}/s), "
        f"{len(report.findings)} findings; peak {own:.0f} MB"
        + (f", and {others:.0f} MB for the largest process beside it" if others else ""),
        flush=True,
    )


@contextmanager
def opened(place: Path) -> Iterator[Store]:
    """A store that is open for reading."""
    store = Store.open(place, read_only=True)
    try:
        yield store
    finally:
        store.close()


if __name__ == "__main__":
    main()
