"""What the tests of publishing and following share: ledgers that grow, and a web server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from claimledger import Ledger
from claimledger.events import Organisation
from claimledger.testing import FixedClock, fixed_ids, seeded_keyring

ORIGIN = "example.org/published"


def ledger_in_memory(seed: bytes = b"published", ids: bytes = b"published") -> Ledger:
    """A ledger in memory. One seed means the same keys, in two hands that know nothing of one another."""
    return Ledger.create(
        "memory:", origin=ORIGIN, keys=seeded_keyring(seed), clock=FixedClock(), new_id=fixed_ids(ids)
    )


def grow(ledger: Ledger, size: int) -> int:
    """Record until the log has a size, and seal; give the size back."""
    if size > ledger.size:
        with ledger.batch():
            for number in range(ledger.size, size):
                ledger.register_entity(f"o{number}", Organisation(label=f"Organisation {number}"))
    return ledger.seal().size


def keys_of(ledger: Ledger) -> list[str]:
    """The log's keys, as an auditor has them."""
    return [str(key) for key in ledger.log_keys]


def leaves_of(ledger: Ledger, size: int) -> list[str]:
    """The leaf hashes of the first events."""
    return [event.leaf for event in ledger.events() if event.index < size]


def files_of(folder: Path) -> dict[str, bytes]:
    """What a web server would serve of a folder: each file that is not hidden, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


class Served(ThreadingHTTPServer):
    """A web server whose requests are counted."""

    daemon_threads = True

    def __init__(self, handler: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.asked: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has read enough."""

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class FileHandler(SimpleHTTPRequestHandler):
    """Serves a folder as it is."""

    def do_GET(self) -> None:
        """Serve a file."""
        assert isinstance(self.server, Served)
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: Any) -> Iterator[Served]:
    """A server, for the length of a ``with``."""
    with Served(handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A folder, served."""
    with serving(partial(FileHandler, directory=str(folder))) as server:
        yield server
