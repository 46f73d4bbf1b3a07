"""Checkpoints: what a log says of itself at one size, in three lines of a signed note (C2SP tlog-checkpoint).

    example.org/harbour
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

1. Origin, size, root, then extension lines. The origin is the name of the log; here the names of the log's keys
   are the same, so that no other log's key can sign for it. The size is decimal without leading zeros, from 0 to
   2**63 - 1. The root is base64 of 32 bytes; of an empty log it is the root of the empty tree.
2. Extension lines are opaque. None is written here. They are read, and only where a line of the log signs the
   whole text: ML-DSA-44 lines do not cover them.
3. `open_checkpoint` asks for a line of *each* key that the log is held to: a checkpoint whose ML-DSA-44 line was
   dropped is refused by whoever asks for both. Lines of unknown keys are ignored, as in any note.
4. The bytes are kept as they came: they are what was signed, and what is shown to others.

That a log stands at a size says nothing of the sizes before: `merkle.verify_consistency` does, and witnesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from claimledger.events.errors import (
    InvalidValue,
    KeyNotAllowed,
    MalformedNote,
    VerificationFailed,
    WrongLedger,
)

from .merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from .note_text import read_decimal, read_hash, write_base64
from .notes import (
    KeyType,
    Note,
    NoteSigner,
    NoteVerifier,
    OpenedNote,
    VerifierKey,
    open_note,
    sign_note,
)

__all__ = [
    "MAX_ORIGIN_BYTES",
    "Checkpoint",
    "SignedCheckpoint",
    "open_by_any",
    "open_checkpoint",
    "sign_checkpoint",
]

MAX_ORIGIN_BYTES: Final = 255
"""What the ML-DSA-44 message of tlog-cosignature has room for."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root of a log. Nothing in it is verified: `open_checkpoint` does that.

    Args:
        origin: name of the log, one line of text, at most `MAX_ORIGIN_BYTES` bytes of UTF-8.
        size: how many leaves it has.
        root: 32 bytes, over all of them.
        extensions: opaque lines, not empty; better none.

    Raises:
        InvalidValue: another shape.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if "\n" in self.origin or not 1 <= len(self.origin.encode(errors="replace")) <= MAX_ORIGIN_BYTES:
            raise InvalidValue(f"the origin of a checkpoint is one line of 1 to {MAX_ORIGIN_BYTES} bytes")
        if type(self.size) is not int or not 0 <= self.size <= MAX_SIZE:
            raise InvalidValue(f"the size of a checkpoint is a whole number from 0 to {MAX_SIZE}")
        if type(self.root) is not bytes or len(self.root) != HASH_BYTES:
            raise InvalidValue(f"the root of a checkpoint has {HASH_BYTES} bytes")
        if not self.size and self.root != EMPTY_ROOT:
            raise InvalidValue("the root of a checkpoint of size 0 is that of the empty tree")
        if any(not line or "\n" in line for line in self.extensions):
            raise InvalidValue("an extension of a checkpoint is one line that is not empty")
        Note(self.to_text())

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read the text of a note.

        Raises:
            MalformedNote: it is no checkpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or "" in lines:
            raise MalformedNote("checkpoint: expected lines of origin, size and root, none of them empty")
        origin, size, root, *extensions = lines
        try:
            return cls(
                origin,
                read_decimal(size, "checkpoint: the size"),
                read_hash(root, "checkpoint: the root"),
                tuple(extensions),
            )
        except InvalidValue as error:
            raise MalformedNote(f"checkpoint: {error}") from None

    def to_text(self) -> str:
        """The text of the note: what is signed."""
        lines = (self.origin, str(self.size), write_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that the log signed.

    Attributes:
        data: the note, byte for byte as it came.
        checkpoint: what it says.
        log_keys: the keys of the log that it was held to, each of which signed it.
        opened: the note, with every line that was verified, those of witnesses included.
    """

    data: bytes
    checkpoint: Checkpoint
    log_keys: tuple[VerifierKey, ...]
    opened: OpenedNote

    @property
    def size(self) -> int:
        """How many leaves the log had."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """The root over them: 32 bytes."""
        return self.checkpoint.root


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[NoteSigner]) -> bytes:
    """Write and sign a checkpoint. Whether the log may sign it is the caller's to know: it must never fork.

    Args:
        checkpoint: what to sign.
        signers: keys of the log; the name of each is the origin.

    Returns:
        The note.

    Raises:
        InvalidValue: no signer, or one of another name.
    """
    if any(each.key.name != checkpoint.origin for each in signers):
        raise InvalidValue(f"a key that signs for the log {checkpoint.origin} bears its name")
    return sign_note(checkpoint.to_text(), signers).to_bytes()


def open_checkpoint(
    data: bytes, log: Sequence[NoteVerifier], others: Iterable[NoteVerifier] = ()
) -> SignedCheckpoint:
    """Read a checkpoint and verify that a log signed it.

    Args:
        data: any bytes whatsoever.
        log: keys of the log, of which each must have signed. All bear one name: the origin that is asked for.
        others: further known keys: of witnesses, or earlier keys of the log. Their lines must fit where they
            stand there; none needs to.

    Raises:
        MalformedNote: the bytes are no checkpoint.
        WrongLedger: a checkpoint of another log.
        WrongSignature: a line of a known key does not fit.
        KeyNotAllowed: one of the log's keys did not sign it.
        InvalidValue: no key of the log was given, or keys of several logs.
    """
    keys = tuple(each.key for each in log)
    origins = {key.name for key in keys}
    if len(origins) != 1 or any(key.type is KeyType.COSIGNATURE_V1 for key in keys):
        raise InvalidValue(
            "a checkpoint is opened with the keys of one log, of type 0x01 or 0x06, named as the log is"
        )
    note = Note.from_bytes(data)
    checkpoint = Checkpoint.from_text(note.text)
    if checkpoint.origin not in origins:
        raise WrongLedger(
            f"checkpoint: of the log {checkpoint.origin!r}, where {origins.pop()!r} was asked for"
        )
    opened = open_note(note, [*log, *others])
    signed = {key for key, _ in opened.verified}
    for key in keys:
        if key not in signed:
            raise KeyNotAllowed(f"checkpoint: the log's key {key.name}+{key.key_id.hex()} did not sign it")
    if checkpoint.extensions and all(key.type is KeyType.SUBTREE_V1 for key in keys):
        raise KeyNotAllowed(
            "checkpoint: it has extension lines, and no key of the log that was asked for signs those"
        )
    return SignedCheckpoint(data, checkpoint, keys, opened)


def open_by_any(data: bytes, keys: Iterable[NoteVerifier]) -> SignedCheckpoint:
    """Open a checkpoint that was signed by any key that a log has or had.

    Raises:
        VerificationFailed: none of them signed it.
    """
    first: VerificationFailed | None = None
    for verifier in keys:
        try:
            return open_checkpoint(data, [verifier])
        except VerificationFailed as error:
            first = first or error
    raise first or KeyNotAllowed("checkpoint: the log has no key that could have signed it")
