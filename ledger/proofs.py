"""A proof that stands alone: one leaf, its way to the root, and the checkpoint, in one text (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    index 1
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    example.org/harbour
    2
    ...

1. The first line names the format. A line of extra data may follow; nothing vouches for what it holds. Then the
   index of the leaf, then the inclusion proof, one hash in base64 on each line, at most 63, then an empty line, and
   the checkpoint with its lines, byte for byte.
2. The leaf itself is not in it: whoever verifies computes the leaf hash from the event that they hold.
3. It is verified with the keys of the log, and of witnesses, that one knows from elsewhere; no network, no ledger
   and no clock is needed. It shows that the leaf is in the log at that index, not that the log is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from claimledger.events.errors import InvalidValue, MalformedNote, WrongProof

from .checkpoints import Checkpoint, SignedCheckpoint, open_checkpoint
from .cosignatures import Cosignature, WitnessPolicy
from .merkle import MAX_SIZE, verify_inclusion
from .note_text import read_base64, read_decimal, read_hash, write_base64
from .notes import MAX_NOTE_BYTES, Note, NoteVerifier
from .proof_text import MAX_HASHES, check_hashes, join_text, split_text

__all__ = ["MAX_PROOF_BYTES", "LogProof", "VerifiedProof"]

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES: Final = MAX_NOTE_BYTES + 100_000
"""Room for a checkpoint of the largest size, the hashes, and extra data."""


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """What a proof has shown: the leaf is in the log of this checkpoint.

    Attributes:
        checkpoint: as the log signed it.
        cosignatures: of the witnesses that were asked for; none where none were.
    """

    checkpoint: SignedCheckpoint
    cosignatures: tuple[Cosignature, ...]


@dataclass(frozen=True, slots=True)
class LogProof:
    """A proof as it is stored and sent. Nothing in it is verified: `verify` does that.

    Args:
        index: place of the leaf in the log, from 0.
        hashes: the inclusion proof, 32 bytes each; see `merkle.inclusion_proof`.
        checkpoint: a signed checkpoint.
        extra: data that nothing vouches for, not empty, or None.

    Raises:
        InvalidValue: another shape.
        MalformedNote: the checkpoint is none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if type(self.index) is not int or not 0 <= self.index < MAX_SIZE:
            raise InvalidValue("the index of a leaf is a whole number from 0 to below 2**63 - 1")
        check_hashes(self.hashes, "an inclusion proof")
        if self.extra is not None and not self.extra:
            raise InvalidValue("extra data that is empty is left out: None")
        Checkpoint.from_text(Note.from_bytes(self.checkpoint).text)

    @classmethod
    def from_bytes(cls, data: bytes) -> LogProof:
        """Read a proof.

        Args:
            data: any bytes whatsoever.

        Raises:
            MalformedNote: it is no proof, or its checkpoint is none.
        """
        (header, *lines), checkpoint = split_text(data, MAX_PROOF_BYTES, "proof")
        if header != HEADER:
            raise MalformedNote(f"proof: the first line must be {HEADER}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = read_base64(lines.pop(0).removeprefix("extra "), "proof: extra data")
        if not lines or not lines[0].startswith("index "):
            raise MalformedNote("proof: expected a line with the index of the leaf")
        index = read_decimal(lines.pop(0).removeprefix("index "), "proof: the index")
        if len(lines) > MAX_HASHES:
            raise MalformedNote(f"proof: {len(lines)} hashes, where no tree asks for more than {MAX_HASHES}")
        hashes = tuple(read_hash(line, "proof: a line of the inclusion proof") for line in lines)
        try:
            return cls(index, hashes, checkpoint, extra)
        except InvalidValue as error:
            raise MalformedNote(f"proof: {error}") from None

    def to_bytes(self) -> bytes:
        """The text of the proof; by custom in a file whose name ends in ``.tlog-proof``."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {write_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [write_base64(each) for each in self.hashes]
        return join_text(lines, self.checkpoint)

    def verify(
        self,
        leaf_hash: bytes,
        log: Sequence[NoteVerifier],
        policy: WitnessPolicy | None = None,
        now: int | None = None,
    ) -> VerifiedProof:
        """Hold a leaf against the log.

        Args:
            leaf_hash: 32 bytes, computed from the event; see `claimledger.events.envelope.Envelope.leaf`.
            log: keys of the log, of which each must have signed; see `checkpoints.open_checkpoint`.
            policy: which witnesses must have cosigned.
            now: seconds since 1970, for the policy: cosignatures from later are refused.

        Raises:
            WrongLedger: of another log.
            WrongSignature: a line of a known key does not fit.
            KeyNotAllowed: the log did not sign it.
            WrongProof: the hashes do not lead from this leaf, at this index, to the root.
            FutureCosignature: a witness's time is after ``now``.
            NotWitnessed: fewer witnesses than the policy asks for.
        """
        signed = open_checkpoint(self.checkpoint, log)
        if self.index >= signed.size:
            raise WrongProof(f"proof: there is no leaf {self.index} in a log of {signed.size} leaves")
        verify_inclusion(self.index, signed.size, leaf_hash, self.hashes, signed.root)
        return VerifiedProof(signed, policy.check(signed, now) if policy else ())
