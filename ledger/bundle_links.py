"""The events of a bundle held against one another, in the order of the log.

1. All are of one ledger: that of the first. No event id comes twice.
2. Each stream begins at 1 and has no gap; each event names the one before it. A bundle holds whole streams, so a gap is
   an event that was left out.
3. What opens a case is content, and not looked at; the names of cases are taken in, to name events by them.
4. What later checks ask for is kept: where each stream ends, who signed which event, what is erased, the documents that
   events speak of. That is some 200 bytes for each event.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Final

from claimledger.events.erasure import erased_slots
from claimledger.events.errors import BrokenChain, WrongLedger
from claimledger.events.identifiers import is_event_id

from .bundle_events import BundleEvent
from .bundle_findings import BundleFindings
from .key_records import KeyRecord

__all__ = ["BundleLinks"]

_LEFT_OUT: Final = "event.left_out"


class BundleLinks:
    """What the events that were read so far say of one another.

    Args:
        findings: takes what does not fit; it is told the names of cases as they are opened.

    Attributes:
        ledger: the ledger id of the bundle, that of its first event; None before that.
        key_stream: the stream of the event at index 0; None where that is not here.
        ends: by stream, the number of its last event below the size of the checkpoint, and its leaf hash in hex.
        sources: SHA-256 digests, in hex, of the documents that events speak of.
        count: how many events were read.
    """

    def __init__(self, findings: BundleFindings) -> None:
        self._findings = findings
        self.ledger: str | None = None
        self.key_stream: str | None = None
        self.ends: dict[str, tuple[int, str]] = {}
        self.sources: set[str] = set()
        self._heads: dict[str, tuple[int, str | None]] = {}
        self._ids: dict[bytes, int] = {}  # id to which of the events read it is
        self._indexes = array("Q")
        self._signers = _Signers()
        self._erased: dict[tuple[str, str, str], int] = {}

    @property
    def count(self) -> int:
        """How many events were read."""
        return len(self._indexes)

    def follow(self, event: BundleEvent, *, is_sealed: bool) -> bool:
        """Hold an event against those before it.

        Args:
            event: the next one.
            is_sealed: whether it is below the size of the checkpoint.

        Returns:
            Whether ledger, id and place hold.
        """
        problems = [self._ledger(event), self._id(event), self._chain(event)]
        found = [each for each in problems if each is not None]
        for code, said in found:
            self._findings.about(code, event, said)
        if is_sealed:
            self.ends[event.payload.stream] = (event.payload.sequence, event.leaf)
        self._remember(event)
        return not found

    def _ledger(self, event: BundleEvent) -> tuple[str, str] | None:
        if self.ledger is None:
            self.ledger = event.ledger
        if event.index == 0:
            self.key_stream = event.payload.stream
        if event.ledger != self.ledger:
            return (
                WrongLedger.code,
                f"is of ledger {event.ledger}, and the first event here is of another one",
            )
        return None

    def _id(self, event: BundleEvent) -> tuple[str, str] | None:
        first = self._ids.setdefault(_key(event.payload.id), self.count)
        if first != self.count:
            return BrokenChain.code, f"has the event id of the event at index {self._indexes[first]}"
        return None

    def _chain(self, event: BundleEvent) -> tuple[str, str] | None:
        stream, sequence = event.payload.stream, event.payload.sequence
        before, leaf = self._heads.get(stream, (0, None))
        self._heads[stream] = (sequence, event.leaf)
        here = f"is number {sequence} of its stream, and"
        if sequence == before + 2:
            return _LEFT_OUT, f"{here} number {before + 1} before it is not here"
        if sequence > before + 1:
            return _LEFT_OUT, f"{here} numbers {before + 1} to {sequence - 1} before it are not here"
        if sequence <= before:
            return BrokenChain.code, f"{here} comes after number {before}"
        if event.payload.previous != leaf:
            said = f"follows another event than number {before} of its stream, which stands here"
            return BrokenChain.code, said
        return None

    def _remember(self, event: BundleEvent) -> None:
        payload = event.payload
        self._indexes.append(event.index)
        self._signers.append(event.signers)
        for event_id, slot in erased_slots(payload):
            self._erased[payload.stream, event_id, slot] = event.index
        digest: object = None
        name = payload.body.get("case")
        if payload.type == "case.opened" and isinstance(name, str):
            self._findings.cases.setdefault(payload.stream, name)
        if payload.type == "source.registered":
            source = payload.body.get("source")
            digest = source.get("sha256") if isinstance(source, dict) else None
        elif payload.type == "evidence.attached":
            digest = payload.body.get("sha256")
        if isinstance(digest, str):
            self.sources.add(digest)

    def index_of(self, event_id: str) -> int | None:
        """Where the first event of an id stands; None where it is not here.

        Args:
            event_id: a UUID.
        """
        at = self._ids.get(_key(event_id))
        return None if at is None else self._indexes[at]

    def signers_of(self, event_id: str, below: int) -> tuple[str, ...] | None:
        """Keyids of those who signed an event, by its id; None where none of that id is here below an index."""
        at = self._ids.get(_key(event_id)) if is_event_id(event_id) else None
        return None if at is None or self._indexes[at] >= below else self._signers[at]

    def is_erased(self, event: BundleEvent, slot: str) -> bool:
        """Whether a later event of the same stream says that a slot of an event was erased."""
        return self._erased.get((event.payload.stream, event.payload.id, slot), -1) > event.index

    def disputed_by(self, keys: Mapping[str, KeyRecord]) -> dict[str, list[int]]:
        """Indexes of the events that keys signed, validly then, and that are disputed since they were revoked.

        All keys are asked in one pass: there may be as many revocations as events.

        Args:
            keys: every key of the ledger, by keyid.

        Returns:
            By the keyids of those by which there are such events.
        """
        found: dict[str, list[int]] = {}
        for at, index in enumerate(self._indexes):
            for name in self._signers[at]:
                record = keys.get(name)
                if record is not None and record.is_disputed_at(index):
                    found.setdefault(name, []).append(index)
        return found


class _Signers:
    """Who signed each event; many have the same signers, who are kept once."""

    def __init__(self) -> None:
        self._values: list[tuple[str, ...]] = []
        self._numbers: dict[tuple[str, ...], int] = {}
        self._of = array("L")

    def append(self, value: tuple[str, ...]) -> None:
        number = self._numbers.setdefault(value, len(self._values))
        if number == len(self._values):
            self._values.append(value)
        self._of.append(number)

    def __getitem__(self, at: int) -> tuple[str, ...]:
        return self._values[self._of[at]]


def _key(event_id: str) -> bytes:
    return bytes.fromhex(event_id.replace("-", ""))
