"""Going on from an earlier audit: what a checkpoint covers is trusted, and only what came since is verified.

1. Whoever keeps a checkpoint verified the ledger up to it then. The tiles of the tree must still lead to its root, and
   its log's keys must have signed it; else everything is verified again, and the report says so.
2. The key stream is folded from its beginning all the same: which keys count decides everything. Each of its events is
   proven to be in the checkpoint, and so is every earlier event that a new one follows, mends or names.
3. Events of the key stream could be left out at its end. Where the earlier report is at hand (`verify --json`), it says
   how many there were and which was the last, and that is asked for; of a checkpoint alone it is not known.

What is read is O(new events + key events), and O(log n) tiles for each proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from json import JSONDecodeError, loads
from typing import Any

from claimledger.events.envelope import Envelope
from claimledger.events.errors import ClaimLedgerError, InvalidInput, MalformedNote, WrongProof
from claimledger.events.event import Payload
from claimledger.events.identifiers import is_digest

from .audit_keys import KeyFold, envelope_of, opened_by_log
from .audit_store import Stored
from .checkpoints import Checkpoint
from .merkle import EMPTY_ROOT, verify_consistency, verify_inclusion
from .notes import Note
from .recording import Row
from .sealer import StoredTiles
from .tiles import TiledTree

__all__ = ["Earlier", "Since"]

_WHAT = "what to go on from is a checkpoint, or the report of an earlier audit"


@dataclass(frozen=True, slots=True)
class Since:
    """What an auditor kept of an earlier audit.

    Attributes:
        note: the checkpoint up to which everything was verified.
        size: of that checkpoint.
        key_events: how many events the key stream had below it; None where that was not kept.
        key_head: leaf hash of the last of them.
    """

    note: bytes
    size: int
    key_events: int | None = None
    key_head: str | None = None

    @classmethod
    def from_bytes(cls, data: bytes) -> Since:
        """Read a checkpoint, or the report of an earlier audit as ``verify --json`` wrote it.

        Raises:
            InvalidInput: it is neither, or a report in which no checkpoint holds, or one with findings: what an audit
                found wrong must not be trusted by the next.
        """
        events: int | None = None
        head: str | None = None
        if data.lstrip()[:1] == b"{":
            note, events, head = _of_report(data)
        else:
            note = data
        try:
            size = Checkpoint.from_text(Note.from_bytes(note).text).size
        except MalformedNote as error:
            raise InvalidInput(f"{_WHAT}: {error}") from None
        return cls(note, size, events, head)


def _of_report(data: bytes) -> tuple[bytes, int | None, str | None]:
    try:
        report: Any = loads(data)
        note, events, head = (
            report["checkpoint"],
            report["key_stream"]["events"],
            report["key_stream"]["last"],
        )
        findings = report["findings"]
    except (JSONDecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
        raise InvalidInput(f"{_WHAT}, as verify --json wrote it") from None
    if findings != []:
        raise InvalidInput(
            "that audit has findings; verify everything again, and go on from a report without any"
        )
    if type(note) is not str or type(events) is not int or not is_digest(head):
        raise InvalidInput("in that report no checkpoint holds; go on from another one, or verify everything")
    return note.encode(), events, head


class Earlier:
    """The part of a ledger that was verified before, proven to be there as far as it is asked for.

    Args:
        store: where the rows and tiles are.
        since: what the auditor kept.
        folded: an empty key stream; the key events of the earlier part are folded into it.

    Raises:
        ClaimLedgerError: it cannot be gone on from; everything is to be verified.
    """

    def __init__(self, store: Stored, since: Since, folded: KeyFold) -> None:
        self._store = store
        self.size = since.size
        self.note = since.note
        if store.size() < since.size:
            raise WrongProof(f"the log has fewer than the {since.size} events that it covers")
        first = store.row_at(0)
        rows = (
            []
            if first is None
            else [each for each in store.rows(-1, first.stream) if each.index < since.size]
        )
        folded.take(rows)
        if folded.keys is None or folded.broken_at is not None:
            raise WrongProof("the key stream does not hold")
        head = folded.heads[-1]
        if since.key_events is not None and head[1:] != (since.key_events, since.key_head):
            raise WrongProof("the key stream had other events below it when it was verified")
        signed, _ = opened_by_log(folded, since.note, since.size)
        self.tree = TiledTree(since.size, StoredTiles(store))
        self._root = signed.root
        if self.tree.root() != signed.root:
            raise WrongProof("the tiles of the tree do not lead to it")
        for row in rows:
            self.prove(row)

    def prove(self, row: Row) -> Envelope:
        """The envelope of an earlier row, proven to be in the checkpoint at its index.

        Raises:
            VerificationFailed: it is not.
        """
        envelope = envelope_of(row)
        leaf = bytes.fromhex(envelope.leaf())
        verify_inclusion(row.index, self.size, leaf, self.tree.inclusion_proof(row.index), self._root)
        return envelope

    def root_at(self, size: int) -> bytes:
        """The root at a size that is no larger, proven to be that of a beginning of this log.

        Raises:
            VerificationFailed: the tiles do not prove that.
        """
        if not size:
            return EMPTY_ROOT
        root = TiledTree(size, StoredTiles(self._store)).root()
        verify_consistency(size, self.size, root, self._root, self.tree.consistency_proof(size))
        return root

    def head(self, stream: str) -> tuple[int, str, int] | None:
        """The last earlier event of a stream: sequence, leaf hash and index; None where there is none that holds."""
        try:
            row = self._store.last_below(stream, self.size)
            if row is None:
                return None
            envelope = self.prove(row)
            payload = Payload.from_bytes(envelope.payload)
        except ClaimLedgerError:
            return None
        return (payload.sequence, envelope.leaf(), row.index) if payload.stream == stream else None
