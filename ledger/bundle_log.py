"""The log's word in a bundle: its checkpoint, and who outside vouches for that.

1. The checkpoint is read before the keys are known, since its root is what the proofs lead to; it is believed once the
   ledger's own log keys, as of its size, are found to have signed it (C2SP tlog-checkpoint).
2. Every log key must have signed. Where ML-DSA-44 cannot be checked here, the Ed25519 line is enough; a note says so.
3. Witnesses and timestamps are asked for only where the auditor named some (`claimledger.anchors`). A checkpoint that
   the auditor kept is held against it: one of the same size is the same, or the log showed two histories.
"""

from __future__ import annotations

from collections.abc import Mapping

from claimledger.events.errors import (
    CouldNotCheck,
    InvalidValue,
    KeyNotAllowed,
    MissingExtra,
    VerificationFailed,
    WrongSignature,
)

from .anchors import Anchor, Trust, anchors_of
from .bundle_findings import BundleFindings
from .bundle_read import Bundle
from .checkpoints import Checkpoint, SignedCheckpoint, open_checkpoint
from .log_keys import log_verifiers
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

__all__ = ["hold_kept", "look_outside", "read_checkpoint", "verify_checkpoint"]

_NO_MLDSA = "the ML-DSA-44 line of the checkpoint could not be checked here; its Ed25519 line holds"


def read_checkpoint(bundle: Bundle, findings: BundleFindings) -> tuple[bool, Note | None, Checkpoint | None]:
    """Read the checkpoint as far as that goes before the keys are known.

    Args:
        bundle: an open bundle.
        findings: takes what does not hold, and that there is none.

    Returns:
        Whether the bundle was sealed, or says that it was; and the checkpoint, as a note and read, where it is one of
        this log and of the size that the bundle names.
    """
    contents = bundle.contents
    is_sealed = True
    try:
        data = bundle.checkpoint()
        is_sealed = data is not None or contents.size is not None
        if data is None:
            if contents.size is not None:
                said = f"the bundle says that it has a checkpoint of size {contents.size}, and it has none"
                findings.add(CHECKPOINT_WRONG, None, said)
            else:
                findings.add("unchecked.checkpoint", None, "there is no checkpoint: nothing here was sealed")
            return is_sealed, None, None
        note = Note.from_bytes(data)
        checkpoint = Checkpoint.from_text(note.text)
    except VerificationFailed as error:
        findings.add(CHECKPOINT_WRONG, None, str(error))
        return is_sealed, None, None
    if checkpoint.origin != contents.origin or checkpoint.extensions:
        findings.add(CHECKPOINT_WRONG, None, "the checkpoint is not one of this log")
    elif checkpoint.size != contents.size:
        said = f"the checkpoint has size {checkpoint.size}, and the bundle says {contents.size}"
        findings.add(CHECKPOINT_WRONG, None, said)
    else:
        return is_sealed, note, checkpoint
    return is_sealed, None, None


def verify_checkpoint(
    note: Note, size: int, keys: KeyStream, findings: BundleFindings, notes: list[str]
) -> SignedCheckpoint | None:
    """Hold a checkpoint against the keys of the log.

    Args:
        note: the checkpoint as it was signed.
        size: what it says of its size, in leaves.
        keys: those of the ledger.
        findings: takes what does not hold.
        notes: takes what could not be checked, and need not be.

    Returns:
        The checkpoint; None where it does not hold.
    """
    data = note.to_bytes()
    verifiers = log_verifiers(keys, size)
    classic = [each for each in verifiers if each.key.type is KeyType.ED25519]
    if not classic:
        said = "the ledger had no Ed25519 log key that could have signed it"
        findings.add(CHECKPOINT_WRONG, None, said)
        return None
    try:
        try:
            return open_checkpoint(data, verifiers)
        except CouldNotCheck:
            signed = open_checkpoint(data, classic)
            lines = {(line.name, line.key_id) for line in note.lines}
            if any((each.key.name, each.key.key_id) not in lines for each in verifiers):
                raise KeyNotAllowed("checkpoint: a key of the log did not sign it") from None
            notes.append(_NO_MLDSA)
            return signed
    except VerificationFailed as error:
        findings.add(CHECKPOINT_WRONG, None, str(error))
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
            findings.add(UNCHECKED_CHECKPOINT, None, f"{name}: nothing could be held against it ({error})")
            continue
        if signed is None or own.size != signed.size:
            said = f"{name}: it is of size {own.size}, and a bundle shows one size of its log alone"
            findings.add(UNCHECKED_CHECKPOINT, None, said)
        elif own.root != signed.root:
            said = f"{name}: another history of the same {own.size} events, and the log's keys signed both"
            findings.add(CHECKPOINT_CONTRADICTED, None, said)
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
    tokens = [data for _, data in bundle.timestamps()] if trust.authorities else []
    try:
        anchors = anchors_of(signed, tokens, trust, now)
    except WrongSignature as error:
        findings.add(COSIGNATURE_WRONG, None, str(error))
    except VerificationFailed as error:
        findings.add(error.code, None, str(error))
    except MissingExtra as error:
        findings.add(UNCHECKED_TIMESTAMP, None, str(error))
    else:
        if not anchors:
            findings.add(UNCHECKED_WITNESSES, None, "nobody whom you trust vouches for the checkpoint")
        return anchors
    return ()
