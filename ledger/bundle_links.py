"""The events of a bundle held against one another, in the order of the log.

1. Each stream begins at 1 and has no gap; each event names the one before it. A bundle holds whole streams, so a gap is
   an event that was left out.
2. No event id comes twice. A case is opened by the first event of its stream, and once under a name.
3. An event whose signatures do not fit is counted in its place, and nothing that it says is taken in.
4. What later checks ask for is kept: where each stream ends, who signed which event, what was erased by which event,
   the documents that events speak of. That is some 200 bytes for each event.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection

from claimledger.events.erasure import erased_slots
from claimledger.events.errors import BrokenChain
from claimledger.events.event import Payload

from .bundle_findings import BundleFindings
from .key_records import KeyRecord
from .register import shared_register

__all__ = ["BundleLinks"]


class BundleLinks:
    """What the events that were read so far say of one another.

    Args:
        cases: is filled with the name of each case that is opened here, by its stream.
        findings: takes what does not fit.

    Attributes:
        ends: by stream, the number of its last event below the size of the checkpoint, and its leaf hash in hex; None
            where that event is not believed.
        cases: names of cases, by their streams.
        sources: SHA-256 digests, in hex, of the documents that events speak of.
    """

    def __init__(self, cases: dict[str, str], findings: BundleFindings) -> None:
        self.cases = cases
        self._findings = findings
        self._heads: dict[str, tuple[int, str | None]] = {}
        self.ends: dict[str, tuple[int, str | None]] = {}
        self._ids: dict[bytes, int] = {}  # id to which of the events read it is
        self._indexes = array("Q")
        self._signed_by = array("L")
        self._signers: dict[tuple[str, ...], int] = {}
        self._erased: dict[tuple[str, str], list[tuple[str, int]]] = {}
        self.sources: set[str] = set()

    @property
    def streams(self) -> Collection[str]:
        """The streams of which events were read."""
        return self._heads.keys()

    def follow(self, index: int, payload: Payload, leaf: str, *, is_believed: bool, is_sealed: bool) -> bool:
        """Hold an event against the one before it in its stream.

        Args:
            index: its place in the log.
            payload: it.
            leaf: its leaf hash, in hex.
            is_believed: whether its signatures fit.
            is_sealed: whether it is below the size of the checkpoint.

        Returns:
            Whether it follows; also where it is not believed, and nothing was looked at.
        """
        stream, sequence = payload.stream, payload.sequence
        before, known = self._heads.get(stream, (0, None))
        code, problem = BrokenChain.code, None
        if is_believed:
            if sequence > before + 1:
                code = "event.left_out"
                missing = (
                    f"number {before + 1}"
                    if sequence == before + 2
                    else f"numbers {before + 1} to {sequence - 1}"
                )
                problem = f"is number {sequence} of its stream, and {missing} before it are not here"
            elif sequence <= before:
                problem = f"is number {sequence} of its stream, and comes after number {before}"
            elif known is not None and payload.previous != known:
                problem = f"follows another event than number {before} of its stream, which stands here"
        if problem is not None:
            self._findings.about(code, index, payload, leaf, problem)
        self._heads[stream] = (sequence, leaf if is_believed else None)
        if is_sealed:
            self.ends[stream] = self._heads[stream]
        return problem is None

    def remember(
        self, index: int, payload: Payload, signers: tuple[str, ...], leaf: str, *, is_believed: bool
    ) -> None:
        """Take in what an event says: its id, its signers, and what it opens, erases or speaks of."""
        first = self._ids.setdefault(_key(payload.id), len(self._indexes))
        if first != len(self._indexes) and is_believed:
            said = f"has the event id of the event at index {self._indexes[first]}"
            self._findings.about(BrokenChain.code, index, payload, leaf, said)
        self._indexes.append(index)
        self._signed_by.append(self._signers.setdefault(signers, len(self._signers)))
        if not is_believed:
            return
        for place in erased_slots(payload):
            self._erased.setdefault(place, []).append((payload.stream, index))
        body = payload.body
        if payload.type == "case.opened":
            self._open(index, payload, leaf)
        elif payload.type == "source.registered":
            source = body.get("source")
            self._speaks_of(source.get("sha256") if isinstance(source, dict) else None)
        elif payload.type == "evidence.attached":
            self._speaks_of(body.get("sha256"))

    def index_of(self, event_id: str) -> int | None:
        """Where the first event of an id stands; None where it is not here.

        Args:
            event_id: a UUID.
        """
        at = self._ids.get(_key(event_id))
        return None if at is None else self._indexes[at]

    def signers_of(self, event_id: str) -> tuple[str, ...]:
        """Keyids of those who signed an event, by its id; none where it is not here, or that is no id."""
        try:
            at = self._ids.get(_key(event_id))
        except ValueError:
            return ()
        return () if at is None else list(self._signers)[self._signed_by[at]]

    def is_erased(self, payload: Payload, slot: str, index: int) -> bool:
        """Whether a later event of the same stream says that a slot of the event at an index was erased."""
        return any(
            stream == payload.stream and at > index for stream, at in self._erased.get((payload.id, slot), ())
        )

    def disputed_by(self, record: KeyRecord) -> list[int]:
        """Indexes of the events that a key signed, validly then, and that are disputed since it was revoked."""
        of_key = {number for names, number in self._signers.items() if record.keyid in names}
        return [
            index
            for index, number in zip(self._indexes, self._signed_by, strict=True)
            if number in of_key and record.is_disputed_at(index)
        ]

    def _open(self, index: int, payload: Payload, leaf: str) -> None:
        name = payload.body.get("case")
        if payload.sequence != 1:
            said = "opens a case, and is not the first event of its stream"
            self._findings.about(BrokenChain.code, index, payload, leaf, said)
        elif payload.ledger is not None and payload.stream == shared_register(payload.ledger):
            said = "opens a case in the shared register"
            self._findings.about(BrokenChain.code, index, payload, leaf, said)
        elif isinstance(name, str):
            if name in self.cases.values():
                said = "opens a case, and there is one of that name already"
                self._findings.about(BrokenChain.code, index, payload, leaf, said)
            else:
                self.cases[payload.stream] = name

    def _speaks_of(self, digest: object) -> None:
        if isinstance(digest, str):
            self.sources.add(digest)


def _key(event_id: str) -> bytes:
    return bytes.fromhex(event_id.replace("-", ""))
