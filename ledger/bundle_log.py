"""The log's word in a bundle: its checkpoint, and who outside vouches for that.

1. The checkpoint is read before the keys are known, since its root is what the proofs lead to; it is believed once the
   ledger's own log keys, as of its size, are found to have signed it (C2SP tlog-checkpoint).
2. Every log key must have signed. Where ML-DSA-44 cannot be checked here, the Ed25519 line is enough; a note says so.
3. Witnesses and timestamps are asked for only where the auditor named some (`claimledger.anchors`). A checkpoint that
   the auditor kept is held against it: one of the same size is the same, or the log showed two histories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from claimledger.events.errors import (
    CouldNotCheck,
    InvalidValue,
    KeyNotAllowed,
    MalformedNote,
    MissingExtra,
    VerificationFailed,
    WrongSignature,
    WrongTimestamp,
)

from .anchors import Anchor, Trust, anchors_of
from .bundle_files import MAX_TOKEN_BYTES, TIMESTAMPS
from .bundle_findings import BundleFindings
from .bundle_read import Bundle
from .checkpoints import Checkpoint, SignedCheckpoint, open_checkpoint
from .log_keys import log_verifiers
from .note_text import read_decimal, read_hash
from .notes import KeyType, Note
from .report import (
    CHECKPOINT_CONTRADICTED,
    CHECKPOINT_WRONG,
    COSIGNATURE_WRONG,
    UNCHECKED_CHECKPOINT,
    UNCHECKED_TIMESTAMP,
    UNCHECKED_WITNESSES,
)
from .trust import KeyStream

__all__ = ["State", "hold_kept", "look_outside", "read_checkpoint", "verify_checkpoint"]

_NO_MLDSA = "the ML-DSA-44 line of the checkpoint could not be checked here; its Ed25519 line holds"


@dataclass(frozen=True, slots=True)
class State:
    """What a checkpoint says of the log, as it was read; whether the log signed it is another question.

    Attributes:
        note: the note.
        size: how many leaves.
        root: over them, 32 bytes.
    """

    note: Note
    size: int
    root: bytes


def read_checkpoint(bundle: Bundle, findings: BundleFindings) -> State | None:
    """Read the checkpoint as far as that goes before the keys are known.

    Args:
        bundle: an open bundle.
        findings: takes that it is no checkpoint.

    Returns:
        What it says; None where there is none, or it says nothing.
    """
    data = bundle.checkpoint()
    if data is None:
        return None
    try:
        note = Note.from_bytes(data)
        lines = note.text.split("\n")
        if len(lines) != 4:
            raise MalformedNote("checkpoint: expected three lines: origin, size and root")
        size = read_decimal(lines[1], "checkpoint: the size")
        return State(note, size, read_hash(lines[2], "checkpoint: the root"))
    except MalformedNote as error:
        findings.add(CHECKPOINT_WRONG, str(error))
    return None


def verify_checkpoint(
    state: State, keys: KeyStream, findings: BundleFindings, notes: list[str]
) -> SignedCheckpoint | None:
    """Hold a checkpoint against the keys of the log.

    Args:
        state: what it says.
        keys: those of the ledger.
        findings: takes what does not hold.
        notes: takes what could not be checked, and need not be.

    Returns:
        The checkpoint; None where it does not hold.
    """
    data = state.note.to_bytes()
    try:
        verifiers = log_verifiers(keys, state.size)
        classic = [each for each in verifiers if each.key.type is KeyType.ED25519]
        if not classic:
            raise KeyNotAllowed("the ledger had no Ed25519 log key that could have signed it")
        try:
            return open_checkpoint(data, verifiers)
        except CouldNotCheck:
            signed = open_checkpoint(data, classic)
            lines = {(line.name, line.key_id) for line in state.note.lines}
            if any((each.key.name, each.key.key_id) not in lines for each in verifiers):
                raise KeyNotAllowed("checkpoint: a key of the log did not sign it") from None
            notes.append(_NO_MLDSA)
            return signed
    except (VerificationFailed, InvalidValue) as error:
        findings.add(CHECKPOINT_WRONG, str(error))
        return None


def hold_kept(
    kept: Mapping[str, bytes], signed: SignedCheckpoint | None, keys: KeyStream, findings: BundleFindings
) -> tuple[Anchor, ...]:
    """Hold checkpoints that the auditor kept against the one of the bundle.

    A bundle shows one state of its log. Of another size, nothing here leads from the one to the other.

    Args:
        kept: their bytes, by the names that are shown for them.
        signed: the bundle's checkpoint; None where it has none that holds.
        keys: those of the ledger.
        findings: takes that the log showed another history, and what could not be held against the bundle.

    Returns:
        An anchor for each that is of the same state.
    """
    found = []
    for name, data in kept.items():
        try:
            size = Checkpoint.from_text(Note.from_bytes(data).text).size
            classic = [each for each in log_verifiers(keys, size) if each.key.type is KeyType.ED25519]
            own = open_checkpoint(data, classic)
        except (VerificationFailed, InvalidValue) as error:
            findings.add(UNCHECKED_CHECKPOINT, f"{name}: nothing could be held against it ({error})")
            continue
        if signed is None or own.size != signed.size:
            said = f"{name}: it is of size {own.size}, and a bundle shows one size of its log alone"
            findings.add(UNCHECKED_CHECKPOINT, said)
        elif own.root != signed.root:
            said = f"{name}: another history of the same {own.size} events, and the log's keys signed both"
            findings.add(CHECKPOINT_CONTRADICTED, said)
        else:
            found.append(Anchor(name, "kept", None))
    return tuple(found)


def look_outside(
    bundle: Bundle, signed: SignedCheckpoint, trust: Trust, now: int, findings: BundleFindings
) -> tuple[Anchor, ...]:
    """Ask those whom the auditor trusts for their word on the checkpoint.

    Args:
        bundle: an open bundle; its timestamps are read where authorities are trusted.
        signed: a checkpoint that holds.
        trust: which witnesses and authorities count.
        now: the time by which a witness's line is from the future, in seconds since 1970.
        findings: takes what does not hold, and that nobody vouches for it.

    Returns:
        Who vouches for it.
    """
    if trust.is_empty:
        return ()
    try:
        tokens = list(_tokens(bundle)) if trust.authorities else []
        anchors = anchors_of(signed, tokens, trust, now)
    except WrongSignature as error:
        findings.add(COSIGNATURE_WRONG, str(error))
    except VerificationFailed as error:
        findings.add(error.code, str(error))
    except MissingExtra as error:
        findings.add(UNCHECKED_TIMESTAMP, str(error))
    else:
        if not anchors:
            findings.add(UNCHECKED_WITNESSES, "nobody whom you trust vouches for the checkpoint")
        return anchors
    return ()


def _tokens(bundle: Bundle) -> Iterator[bytes]:
    for digest in bundle.below(TIMESTAMPS):
        token = bundle.read(TIMESTAMPS + digest, MAX_TOKEN_BYTES)
        if len(token) > MAX_TOKEN_BYTES:
            raise WrongTimestamp(f"timestamps/{digest}: longer than a token may be")
        yield token
