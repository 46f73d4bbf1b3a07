"""For the tests of those who embed claimledger: ledgers in memory, whose keys, clock and ids are fixed.

Nothing here is for real use: whoever knows a seed can sign with its keys.

    from claimledger.testing import memory_ledger

    with memory_ledger() as ledger:
        case = ledger.create_case("harbour-2025", title="A test")
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from claimledger.events.event import format_instant
from claimledger.events.governance import KeyAdded

from .keys import Keyring
from .ledger import Ledger
from .recording import Signers
from .writing import never_moves, unsigned

__all__ = ["FixedClock", "add_recorder", "fixed_ids", "memory_ledger", "seeded_keyring"]


class FixedClock:
    """A clock that shows what it is set to, and goes on by a step each time it is read.

    Args:
        start: what it shows first; a datetime that knows its UTC offset.
        step: by how much it goes on.
    """

    def __init__(
        self, start: datetime = datetime(2025, 7, 4, 9, 0, tzinfo=UTC), step: timedelta = timedelta(seconds=1)
    ) -> None:
        self.now = start
        self.step = step

    def __call__(self) -> datetime:
        """What it shows; then it goes on."""
        shown, self.now = self.now, self.now + self.step
        return shown


def fixed_ids(seed: bytes = b"claimledger") -> Callable[[], str]:
    """A source of ids (UUID version 4 in shape) that gives the same ones for the same seed."""
    count = 0

    def next_id() -> str:
        nonlocal count
        count += 1
        digest = sha256(seed + b"\0" + str(count).encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))

    return next_id


def seeded_keyring(seed: bytes = b"claimledger", *, holder: str = "Recorder A") -> Keyring:
    """A keyring whose keys are the same for the same seed, and hence secret to nobody."""
    return Keyring.in_memory(seed=seed, holder=holder)


def memory_ledger(seed: bytes = b"claimledger", *, origin: str = "example.org/testing") -> Ledger:
    """A ledger in memory with seeded keys, a fixed clock and fixed ids.

    Salts stay random, so that leaf hashes of events with protected slots differ from run to run.
    """
    return Ledger.create(
        "memory:", origin=origin, keys=seeded_keyring(seed), clock=FixedClock(), new_id=fixed_ids(seed)
    )


def add_recorder(ledger: Ledger, roots: Keyring, recorder: Keyring) -> None:
    """Let the recorder of a second keyring sign in a ledger.

    Args:
        ledger: an open ledger.
        roots: the keyring with the ledger's root keys.
        recorder: the keyring whose recorder is added.
    """
    body = KeyAdded(holder=recorder.recorder_holder, role="recorder", key=recorder.recorder.public_key.hex())
    event = unsigned(
        body,
        ledger.id,
        ledger.keys.stream,
        event_id=fixed_ids(recorder.recorder.public_key)(),
        recorded_at=format_instant(FixedClock()()),
        signers=Signers([*roots.roots, recorder.recorder]),
    )
    ledger.store.append(
        [event],
        key_stream=ledger.keys.stream,
        key_sequence=ledger.keys.sequence,
        refold=never_moves,
        recheck=never_moves,
    )
