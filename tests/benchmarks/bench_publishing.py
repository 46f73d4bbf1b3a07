"""What publishing a log and following it cost: at first, and for what is new. A script, not a test.

    python tests/benchmarks/bench_publishing.py [--sizes 10000 100000] [--new 1000]

For each size: publishing everything, and then a thousand new events, with the files that were written; following
everything from a folder and over HTTP, and then what is new, with the files that were read. The cost of what is new
must not depend on the size. The floor of following is SHA-256 over the same entries and nodes, and nothing else; that
of publishing is the same, and writing the same files.

The rows are put into the ledger's file as they are, with random signatures: neither sealing nor publishing nor
following verifies those. Tiles, checkpoint and keys are real. Times are by the clock and, in brackets, of the process.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

from claimledger import Keyring, Ledger
from claimledger.events.envelope import Envelope, Signature
from claimledger.log_client import LogClient
from claimledger.log_places import LogPlace, place_of

INSERT = (
    "INSERT INTO events (idx, originator_id, originator_version, topic, state, leaf, event_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--new", type=int, default=1_000)
    args = parser.parse_args()
    keys = Keyring.in_memory()
    for size in args.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), keys, size, args.new)


def measure(folder: Path, keys: Keyring, size: int, new: int) -> None:
    """Publish and follow a log of a size, and then what is new in it."""
    place, public = folder / "log.ledger", folder / "public"
    origin = f"example.org/bench-{size}"
    Ledger.create(place, origin=origin, keys=keys).close()
    fill(place, size)
    with Ledger.open(place, keys) as ledger:
        known = [str(key) for key in ledger.log_keys]
        ledger.seal()
    print(f"{size:,} events; hashing alone takes {hashing(size):.2f} s")
    with Ledger.open(place, read_only=True) as ledger, Clock() as clock:
        done = ledger.publish(public)
    print(f"  publish all       {clock}  {done.written:,} files written")
    states = {"from a folder": folder / "state1", "over HTTP": folder / "state2"}
    with serving(public) as address:
        places = {"from a folder": Counting(place_of(public)), "over HTTP": Counting(place_of(address))}
        clients = {how: LogClient(places[how], known, state=states[how]) for how in states}
        follow(clients, places, "all")
        before = fill(place, size + new)
        with Ledger.open(place, keys) as ledger:
            ledger.seal()
        with Ledger.open(place, read_only=True) as ledger, Clock() as clock:
            done = ledger.publish(public)
        print(f"  publish {size + new - before:,} new {clock}  {done.written:,} files written")
        follow(clients, places, f"{size + new - before:,} new")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak of this process, filling the ledger included: {peak:.0f} MB")
    print(
        f"  (floor: writing those files alone takes {written_again(public, folder / 'again'):.2f} s)",
        flush=True,
    )


def follow(clients: dict[str, LogClient], places: dict[str, Counting], what: str) -> None:
    """Follow by each client, and print what it took."""
    for how, client in clients.items():
        places[how].count = 0
        with Clock() as clock:
            client.follow()
        print(f"  follow {what:10} {clock}  {places[how].count:,} files read {how}")


def fill(place: Path, size: int) -> int:
    """Put rows into the file until there are so many; give back how many there were."""
    with closing(sqlite3.connect(place)) as connection, connection:
        (before,) = connection.execute("SELECT max(idx) + 1 FROM events").fetchone()
        connection.executemany(INSERT, rows(before, size))
    return int(before)


def rows(first: int, size: int) -> Iterator[tuple[object, ...]]:
    """Rows with the envelopes of events that nobody signed."""
    keyid, stream = sha256(b"a key").hexdigest(), str(UUID(int=1))
    for index in range(first, size):
        payload = b'{"body":{"measure":%d},"type":"a measure"}' % index
        envelope = Envelope(payload, (Signature(keyid, os.urandom(64)),))
        event_id = str(UUID(bytes=sha256(b"%d" % index).digest()[:16], version=4))
        yield index, stream, index, "a measure", envelope.to_bytes(), envelope.leaf(), event_id


def hashing(size: int) -> float:
    """Seconds that SHA-256 takes over as many entries and nodes as a tree has."""
    entry, nodes = bytes(129), bytes(65)
    start = time.perf_counter()
    for _ in range(size):
        sha256(entry).digest()
        sha256(nodes).digest()
    return time.perf_counter() - start


def written_again(folder: Path, to: Path) -> float:
    """Seconds that writing the files of a folder takes, read before."""
    files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    start = time.perf_counter()
    for path, data in files.items():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        (to / path).write_bytes(data)
    os.sync()
    return time.perf_counter() - start


class Clock:
    """Seconds by the clock and of this process, for the length of a ``with``."""

    def __enter__(self) -> Clock:
        self._start, self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds, self.process = time.perf_counter() - self._start, time.process_time() - self._began

    def __str__(self) -> str:
        return f"{self.seconds:7.2f} s ({self.process:.2f})"


class Counting:
    """A place that counts the files that are read."""

    def __init__(self, place: LogPlace) -> None:
        self._place = place
        self.count = 0

    def read(self, path: str, limit: int) -> bytes:
        """A file."""
        self.count += 1
        return self._place.read(path, limit)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback, in this process."""
    os.environ["no_proxy"] = "*"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    main()
