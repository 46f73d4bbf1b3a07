"""The log's signing hand: it signs checkpoints, and never two that show different histories.

1. What was signed last is remembered beside the log's key, outside the database: a copy of the database that is put
   back takes nothing of that memory with it.
2. Only a checkpoint that extends the last one is signed, proven by a consistency proof (RFC 6962, section 2.1.2).
   The last one itself is given again as it is; everything else is `ForkRefused`.
3. The memory is written, and on disk, before a signature leaves this module. A crash in between costs nothing: what
   was remembered but never released is released the next time.
4. One turn at a time, over processes too: what a turn found as the last checkpoint stays the last one until it ends.
5. A log that has checkpoints, and a hand that remembers none, do not fit: somebody lost the memory, or took it away.
   It signs nothing until it is told which checkpoint to go on from (`Turn.adopt`).

Signatures are those of `claimledger.checkpoints`; which keys sign for a log is the key stream's affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from claimledger.events.errors import ForkRefused, WrongProof

from .checkpoints import Checkpoint, SignedCheckpoint, open_by_any, sign_checkpoint
from .log_memory import LogMemory
from .merkle import verify_consistency
from .notes import NoteSigner, NoteVerifier

__all__ = ["CheckpointSigner", "Turn"]


class CheckpointSigner:
    """Signs the checkpoints of one log.

    Args:
        signers: the log's keys, each of which signs every checkpoint; their name is the log's origin.
        known: verifiers of all keys that ever signed for the log: what is remembered may be by an earlier one.
        memory: where the last checkpoint is remembered.
    """

    def __init__(
        self, signers: Sequence[NoteSigner], known: Sequence[NoteVerifier], memory: LogMemory
    ) -> None:
        self._signers = tuple(signers)
        self._known = tuple(known)
        self._memory = memory

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Take the one turn to sign, for the length of a ``with``.

        Raises:
            VerificationFailed: what is remembered is no checkpoint that this log's keys signed.
            KeyringError: the memory cannot be read or written.
        """
        with self._memory.held():
            yield Turn(self._signers, self._known, self._memory)


class Turn:
    """One turn to sign.

    Attributes:
        last: the checkpoint that was signed last, whether it was released or not; None before the first.
    """

    def __init__(
        self, signers: Sequence[NoteSigner], known: Sequence[NoteVerifier], memory: LogMemory
    ) -> None:
        self._signers = signers
        self._known = known
        self._memory = memory
        remembered = memory.read()
        self.last = None if remembered is None else self.open(remembered)

    def adopt(self, note: bytes) -> None:
        """Go on from a checkpoint that this hand does not remember; it must not be behind one that it does.

        Args:
            note: a checkpoint that the log's keys signed.

        Raises:
            VerificationFailed: the log's keys did not sign it.
            ForkRefused: the memory knows a larger one, or another one of its size.
        """
        adopted = self.open(note)
        last = self.last
        if last is not None and (adopted.size, adopted.root) != (last.size, last.root):
            if adopted.size <= last.size:
                raise ForkRefused(
                    f"the log's key signed a checkpoint of size {last.size} already; one of size {adopted.size} "
                    "cannot be gone on from"
                )
        self._memory.write(note)
        self.last = adopted

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> bytes:
        """Sign a checkpoint that extends the last one.

        Args:
            checkpoint: what to sign.
            proof: the consistency proof between the last one's size and this one's; empty for the first one, and
                for the last one itself.

        Returns:
            The note; for the last one itself, the note that was signed then.

        Raises:
            ForkRefused: it does not extend the last one; nothing was signed.
            KeyringError: it cannot be remembered; nothing was released.
        """
        last = self.last
        if last is not None:
            if (checkpoint.size, checkpoint.root) == (last.size, last.root):
                return last.data
            if checkpoint.size <= last.size:
                raise ForkRefused(_fork(last.size, checkpoint.size))
            try:
                verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, proof)
            except WrongProof:
                raise ForkRefused(_fork(last.size, checkpoint.size)) from None
        note = sign_checkpoint(checkpoint, self._signers)
        self._memory.write(note)
        self.last = self.open(note)
        return note

    def open(self, note: bytes) -> SignedCheckpoint:
        """Open a checkpoint that was signed by any key that the log has or had.

        Raises:
            VerificationFailed: none of them signed it.
        """
        return open_by_any(note, self._known)


def _fork(last: int, size: int) -> str:
    return (
        f"the log's key signed a checkpoint of size {last}, and these {size} events are not a continuation of it: this "
        "is an older copy that was put back, or its events were changed; go on with the copy that was signed"
    )
