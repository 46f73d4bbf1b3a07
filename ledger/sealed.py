"""What of a ledger is sealed: its checkpoints, proofs that events are in them, and where its streams ended.

1. A checkpoint counts when each log key signed it that was active at its size (`claimledger.log_keys`).
2. Which keys those are is settled once the log has as many events as the checkpoint covers: a key that comes later is
   active later, and one that is revoked later was active there. So the last checkpoint that was opened is kept, by
   its bytes.
3. A proof is handed out only after it was verified: tiles are derived, and are not believed for being there.
4. A proof stands alone: index, hashes and checkpoint in one text (C2SP tlog-proof), checked with the log's keys.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from claimledger.events.errors import InvalidInput, NotSealed, RowMismatch

from .checkpoints import Checkpoint, SignedCheckpoint, open_checkpoint
from .heads import NO_LEAF, StreamHead
from .log_keys import log_verifiers
from .merkle import verify_consistency, verify_inclusion
from .notes import Note
from .proofs import LogProof
from .rows import StoredRows
from .sealer import StoredTiles
from .tiles import TiledTree
from .trust import KeyStream
from .witness_requests import WitnessRequest

__all__ = ["SealedLog"]


class SealedLog:
    """The sealed part of one ledger. Threads may share it.

    Args:
        rows: where checkpoints and tiles are kept.
        keys: gives the key stream, folded as far as the ledger goes now.
    """

    def __init__(self, rows: StoredRows, keys: Callable[[], KeyStream]) -> None:
        self._rows = rows
        self._keys = keys
        self._lock = threading.Lock()
        self._tree: TiledTree | None = None
        self._opened: SignedCheckpoint | None = None

    def checkpoint(self, size: int | None = None) -> SignedCheckpoint | None:
        """The checkpoint of a size, or the largest; None where there is none.

        Raises:
            VerificationFailed: what is kept there is none that the log's keys signed.
            CouldNotCheck: it was signed by an algorithm that is not supported here.
        """
        note = self._rows.checkpoint(size)
        return None if note is None else self._open(note)

    def checkpoints(self) -> Iterator[SignedCheckpoint]:
        """Every checkpoint, in the order of sizes; raises as `checkpoint` does."""
        for _, note in self._rows.checkpoints():
            yield self._open(note)

    def tree(self, size: int) -> TiledTree:
        """The tree at a size, over the tiles that are kept; for one thread.

        Raises:
            InvalidInput: this is a bundle, which holds no tiles.
        """
        if self._rows.is_sparse:
            raise InvalidInput(
                f"{self._rows.place}: a bundle holds single proofs, and not the tree; ask the ledger that it was made "
                "from"
            )
        return TiledTree(size, StoredTiles(self._rows))

    def proof(self, index: int, leaf: str, size: int | None = None) -> LogProof:
        """The proof that an event is in the log.

        Args:
            index: its place.
            leaf: its leaf hash, 64 hex digits, computed from its bytes.
            size: of the checkpoint that it shall lead to; None for the largest.

        Raises:
            NotSealed: no checkpoint covers the event yet, or there is none of that size.
            WrongProof, WrongTile: the tiles do not lead from the event to the checkpoint.
        """
        checkpoint = self.last(size)
        if index >= checkpoint.size:
            raise NotSealed(
                f"index {index}: recorded after the last checkpoint, which has {checkpoint.size} events; seal the "
                "ledger, then ask for the proof"
            )
        hashes = self._rows.proof_of(index)
        if hashes is None:
            with self._lock:
                if self._tree is None or self._tree.size != checkpoint.size:
                    self._tree = self.tree(checkpoint.size)
                hashes = tuple(self._tree.inclusion_proof(index))
        verify_inclusion(index, checkpoint.size, bytes.fromhex(leaf), hashes, checkpoint.root)
        return LogProof(index, hashes, checkpoint.data)

    def heads(self, streams: Iterable[str]) -> list[StreamHead]:
        """Where streams ended at the last checkpoint, to be signed by the log's key; each is proven to be in it.

        Args:
            streams: UUIDs; of those that had no event then, the head says so.

        Raises:
            NotSealed: nothing is sealed yet.
            RowMismatch, WrongProof, WrongTile: the rows are not those that were sealed.
        """
        checkpoint = self.last().checkpoint
        found = []
        for stream in sorted(set(streams)):
            row = self._rows.last_below(stream, checkpoint.size)
            if row is not None:
                self.proof(row.index, row.leaf, checkpoint.size)
            end = (0, NO_LEAF) if row is None else (row.sequence, row.leaf)
            found.append(StreamHead(checkpoint.origin, checkpoint.size, checkpoint.root, stream, *end))
        return found

    def last(self, size: int | None = None) -> SignedCheckpoint:
        """The largest checkpoint, or that of a size.

        Raises:
            NotSealed: there is none.
            VerificationFailed: as `checkpoint`.
        """
        checkpoint = self.checkpoint(size)
        if checkpoint is None:
            what = "nothing is sealed yet" if size is None else f"there is no checkpoint of size {size}"
            raise NotSealed(f"{what}; seal the ledger first")
        return checkpoint

    def witness_request(self, old: int) -> bytes:
        """What a witness is asked: to cosign the last checkpoint, which goes on from the one that it cosigned last.

        Args:
            old: size of the checkpoint that the witness cosigned last; 0 where it never did.

        Raises:
            NotSealed: nothing is sealed yet, or not as far as the witness has seen.
            WrongProof, WrongTile: the tiles do not lead from the one to the other.
        """
        last = self.last()
        if old > last.size:
            raise NotSealed(
                f"the witness has seen size {old}, and the last checkpoint here has size {last.size}"
            )
        proof: list[bytes] = []
        if 0 < old < last.size:
            tree = self.tree(last.size)
            proof = tree.consistency_proof(old)
            verify_consistency(old, last.size, self.tree(old).root(), last.root, proof)
        return WitnessRequest(old, tuple(proof), last.data).to_bytes()

    def _open(self, note: bytes) -> SignedCheckpoint:
        opened = self._opened
        if opened is not None and opened.data == note:
            return opened
        reached = self._rows.size()  # before the keys are folded: no key event below it may be missed
        keys = self._keys()
        # The size decides which keys must have signed; what it says is believed once they have.
        size = Checkpoint.from_text(Note.from_bytes(note).text).size
        verifiers = log_verifiers(keys, size)
        if not verifiers:
            raise RowMismatch(f"a checkpoint of size {size} is kept, and the ledger had no log key then")
        opened = open_checkpoint(note, verifiers)
        if size <= reached or self._rows.is_sparse:  # a bundle does not grow
            self._opened = opened
        return opened
