"""What was sealed, held against the leaves that are stored, for the audit.

1. A checkpoint that is kept in the ledger is a note of its own log, kept under its size, and signed by each log key
   that was active at that size (`claimledger.log_keys`): a line that was dropped shows. Of an algorithm that is not
   supported here, lines are could-not-check.
2. Its root is that of the leaves at its size. One cause is one finding: behind the first that is not, roots are not
   compared again.
3. A checkpoint that is larger than the log, and that the log's keys signed, shows that the end was cut off.
4. A checkpoint that the auditor kept elsewhere, and that the log's keys signed, is of a beginning of this log; if not,
   the log showed somebody another history. One that they did not sign says nothing of this log.
5. A revocation names the size and root of the log up to which its roots trust a key: that too is held against the
   leaves.
6. A timestamp token is kept for a checkpoint that is there.

Everything goes by in the order of sizes: in memory are one checkpoint and what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain

from claimledger.events.errors import (
    ClaimLedgerError,
    CouldNotCheck,
    InvalidInput,
    KeyNotAllowed,
    LedgerClosed,
    MalformedNote,
    VerificationFailed,
)
from claimledger.events.event import Payload
from claimledger.events.governance import KeyRevoked

from .audit_anchors import Anchoring
from .audit_findings import Findings
from .audit_keys import KeyFold, envelope_of, opened_by_log
from .audit_since import Earlier
from .audit_store import Stored
from .audit_tree import LeafTree
from .checkpoints import Checkpoint, SignedCheckpoint
from .merkle import EMPTY_ROOT
from .notes import Note
from .report import (
    CHECKPOINT_CONTRADICTED,
    CHECKPOINT_UNSIGNED,
    CHECKPOINT_WRONG,
    LOG_CUT,
    REVOCATION_WRONG,
    SEALED_OTHERWISE,
    TIMESTAMP_WRONG,
    UNCHECKED_CHECKPOINT,
    UNCHECKED_KEYS,
)

__all__ = ["SealedPart"]

_NEVER = 2**63


class SealedPart:
    """Holds checkpoints and revocations against the tree, while its leaves come by.

    Args:
        store: where the checkpoints are.
        findings: gets what is found.
        folded: the key stream, as far as the audit has it.
        tree: over the leaves so far.
        end: how many events are audited; others may record and seal meanwhile.
        anchoring: gets those that hold.
        kept: checkpoints that the auditor kept elsewhere, by what they are called in the report.
        earlier: what was verified before; smaller checkpoints are not looked at again.

    Attributes:
        next_size: the size of the tree at which `look` is to be called next.
        sealed: the largest size of which a checkpoint holds; 0 where there is none.
        last: that checkpoint, byte for byte.
        checkpoints: how many hold.
    """

    def __init__(
        self,
        store: Stored,
        findings: Findings,
        folded: KeyFold,
        tree: LeafTree,
        end: int,
        anchoring: Anchoring,
        kept: Mapping[str, bytes],
        earlier: Earlier | None = None,
    ) -> None:
        self._store = store
        self._findings = findings
        self._folded = folded
        self._tree = tree
        self._end = end
        self._anchoring = anchoring
        self._earlier = earlier
        self._after = None if earlier is None else earlier.size
        self._stored: Iterator[tuple[int, object]] = iter(store.checkpoints(self._after))
        self._kept = sorted((_size_of(name, note), name, note) for name, note in kept.items())
        self._waiting: tuple[int, object] | None = None
        self._revoked = sorted(_revoked_sizes(store))
        self._roots = {0: EMPTY_ROOT}
        self._failed: tuple[int, bytes, str] | None = None
        self._failed_more = 0
        self._unsupported = 0
        self._without_keys = 0
        self.sealed = earlier.size if earlier else 0
        self.last = earlier.note if earlier else None
        self.checkpoints = 0
        self.next_size = 0
        self._read()
        self._plan()

    def look(self) -> None:
        """Hold what there is of the size of the tree, or of smaller ones that the tree passed over, against it."""
        size = self._tree.size if self._tree.is_whole else self.next_size
        while self._revoked and self._revoked[0] <= size:
            at = self._revoked.pop(0)
            if self._tree.is_whole and at == size:
                self._roots[at] = self._tree.root()
            elif self._earlier is not None and at < self._earlier.size:
                with suppress(VerificationFailed):
                    self._roots[at] = self._earlier.root_at(at)
        while self._waiting is not None and self._waiting[0] <= size:
            self._hold(*self._waiting)
            self._read()
        while self._kept and self._kept[0][0] <= size:
            self._hold_kept(*self._kept.pop(0))
        self._plan()

    def finish(self) -> None:
        """Hold what is left, once all leaves were taken in."""
        self._tree.end(self._end)
        while self.next_size <= self._end:
            self.look()
        is_cut = self._look_beyond()
        for size, name, note in self._kept:
            self._hold_kept(size, name, note)
        self._tree.hold(self.sealed, is_cut=is_cut)
        if self._failed is not None:
            self._tell_failed(*self._failed)
        self._tree.tell()
        for count, what in (
            (self._unsupported, "ML-DSA-44 lines cannot be verified by this installation"),
            (self._without_keys, "the key stream does not hold that says who must have signed"),
        ):
            if count:
                checkpoints = "1 checkpoint" if count == 1 else f"{count} checkpoints"
                message = f"{checkpoints} could not be checked in full: {what}"
                self._findings.add(UNCHECKED_CHECKPOINT, None, message)
        self._hold_revocations()
        self._findings.or_damaged(self._hold_timestamps, None)

    def opened(self, note: bytes, size: int) -> SignedCheckpoint:
        """Open a checkpoint that the log's keys of its size must have signed; see `opened_by_log`."""
        signed, is_partly = opened_by_log(self._folded, note, size)
        self._unsupported += is_partly
        return signed

    # What is kept in the ledger

    def _read(self) -> None:
        self._waiting = self._findings.or_damaged(lambda: next(self._stored, None), None)

    def _plan(self) -> None:
        waiting = _NEVER if self._waiting is None else self._waiting[0]
        self.next_size = min(waiting, *self._revoked[:1], *(each[0] for each in self._kept[:1]), _NEVER)

    def _hold(self, size: int, note: object) -> None:
        signed = self._judged(size, note)
        if signed is None:
            return
        if self._failed is not None:
            self._failed_more += 1
        elif self._tree.is_whole and self._tree.size == size and self._tree.root() == signed.root:
            self.sealed = size
            self.last = signed.data
            self.checkpoints += 1
            self._anchoring.take(signed)
        else:
            said = f"the first {size} events are not those over which the log signed a checkpoint"
            if not self._tree.is_whole:
                said = f"a checkpoint of size {size} covers events that are not here"
            self._failed = (size, signed.root, said)

    def _judged(self, size: int, note: object) -> SignedCheckpoint | None:
        """A checkpoint that the log's keys signed; None, and a finding, where they did not."""
        code, said = CHECKPOINT_WRONG, ""
        try:
            if type(note) is not bytes:
                raise MalformedNote("what is kept there is no byte string")
            if size < 1:
                raise MalformedNote("no ledger has a checkpoint of that size")
            checkpoint = Checkpoint.from_text(Note.from_bytes(note).text)
            if checkpoint.size != size:
                raise MalformedNote(f"what is kept there is a checkpoint of size {checkpoint.size}")
            return self.opened(note, size)
        except KeyNotAllowed as error:
            code, said = CHECKPOINT_UNSIGNED, str(error)
        except VerificationFailed as error:
            said = str(error)
        except CouldNotCheck:
            self._without_keys += 1
            return None
        self._findings.add(code, None, f"the checkpoint of size {size}: {said}")
        return None

    def _hold_kept(self, size: int, name: str, note: bytes) -> None:
        try:
            signed = self.opened(note, size)
        except (VerificationFailed, CouldNotCheck) as error:
            message = f"{name}: nothing could be held against it ({error})"
            self._findings.add(UNCHECKED_CHECKPOINT, None, message)
            return
        if self._root_at(size) == signed.root:
            self.checkpoints += 1
            self._anchoring.keep(size, name)
            self._anchoring.take(signed)
            return
        if size <= self._end:
            said = f"its {size} events are not the first {size} of this log"
        elif size > self._findings.or_damaged(self._store.size, size):
            said = f"it covers {size} events, and the log has {self._end}"
        else:
            self._findings.add(UNCHECKED_CHECKPOINT, None, f"{name}: made while this audit ran; verify again")
            return
        self._findings.add(CHECKPOINT_CONTRADICTED, None, f"{name}: {said}, and the log's keys signed it")

    def _root_at(self, size: int) -> bytes | None:
        if self._tree.is_whole and self._tree.size == size:
            return self._tree.root()
        if self._earlier is not None and size < self._earlier.size:
            with suppress(VerificationFailed):
                return self._earlier.root_at(size)
        return None

    def _look_beyond(self) -> bool:
        """Look at checkpoints that are larger than the log; whether they show that its end was cut off."""
        largest = 0
        rest = chain([self._waiting] if self._waiting is not None else [], self._stored)
        while (found := self._findings.or_damaged(lambda: next(rest, None), None)) is not None:
            size, note = found
            # Events are there before the checkpoint that covers them: what came meanwhile is no finding.
            if (
                size > self._findings.or_damaged(self._store.size, size)
                and self._judged(size, note) is not None
            ):
                largest = max(largest, size)
        if largest:
            message = (
                f"the log has {self._end} events, and a checkpoint in it that its keys signed covers {largest}: "
                f"{largest - self._end} were cut off"
            )
            self._findings.add(LOG_CUT, None, message)
        return bool(largest)

    def _tell_failed(self, size: int, root: bytes, message: str) -> None:
        otherwise = self._findings.or_damaged(lambda: self._tree.sealed_otherwise(size, root), None)
        if otherwise is not None:
            message = f"this is not the event that was sealed here, in the checkpoint of size {size}"
        elif self.sealed:
            message += f"; the first {self.sealed} still are"
        if self._failed_more:
            message += f"; {self._failed_more} later checkpoints could not be held against them either"
        self._findings.add(CHECKPOINT_WRONG, otherwise, message, SEALED_OTHERWISE)

    # What else names a place of the log

    def _hold_revocations(self) -> None:
        for index, size, root in self._folded.revocations:
            found = self._roots.get(size)
            if found is None:
                message = (
                    f"whether the root that it names is that of the log at size {size} could not be checked"
                )
                self._findings.add(UNCHECKED_KEYS, index, message)
            elif found.hex() != root:
                message = f"trusts a key up to size {size} of a log with another root than this one has there"
                self._findings.add(REVOCATION_WRONG, index, message)

    def _hold_timestamps(self) -> None:
        sizes: Iterator[int] | None = None
        at: int | None = -1
        missing = -1
        for size, _ in self._store.timestamps(self._after):
            if sizes is None:
                sizes = (found for found, _ in self._store.checkpoints(self._after))
            # Both come in the order of sizes.
            while at is not None and at < size:
                at = next(sizes, None)
            if at != size != missing:
                missing = size
                message = f"a timestamp is kept for a checkpoint of size {size}, and there is none"
                self._findings.add(TIMESTAMP_WRONG, None, message)


def _size_of(name: str, note: bytes) -> int:
    try:
        return Checkpoint.from_text(Note.from_bytes(note).text).size
    except MalformedNote as error:
        raise InvalidInput(f"{name}: no checkpoint: {error}") from None


def _revoked_sizes(store: Stored) -> set[int]:
    """The sizes that revocations name, read ahead. What is wrong with them is found when their rows come by."""
    sizes: set[int] = set()
    try:
        first = store.row_at(0)
        for row in store.rows(-1, first.stream) if first is not None else ():
            if row.type == KeyRevoked.TYPE:
                with suppress(ClaimLedgerError):
                    size = Payload.from_bytes(envelope_of(row).payload).body.get("size")
                    if type(size) is int and size >= 0:
                        sizes.add(size)
    except LedgerClosed:
        raise
    except ClaimLedgerError:
        pass
    return sizes
