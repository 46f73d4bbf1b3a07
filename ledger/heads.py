"""Stream heads: where a stream ended at a checkpoint, signed by the log's key as a note of its own.

    example.org/harbour/heads
    45
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    11111111-1111-4111-8111-111111111111 12 9c1f…

1. The first line is the log's origin and ``/heads``, and so is the name of the key that signs: a note of heads never
   passes as a checkpoint, nor a checkpoint as heads. Size and root are those of the checkpoint that it goes with.
2. Then the UUID of one stream, the sequence and the leaf hash (64 hex) of its last event below that size; 0 and 64
   zeros where it has none there, as the shared register of a ledger may.
3. A chain shows gaps before its last event, and nothing about what follows. Whoever holds a stream up to the head
   that is signed here holds all of it, on the log key's word; a full audit of the log shows whether that word was true.

The form of notes is that of C2SP signed-note (`claimledger.notes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from claimledger.events.errors import InvalidValue, KeyNotAllowed, MalformedNote, WrongLedger
from claimledger.events.identifiers import is_digest, is_stream

from .merkle import HASH_BYTES
from .note_text import read_decimal, read_hash, write_base64
from .notes import (
    Note,
    NoteSigner,
    NoteVerifier,
    open_note,
    sign_note,
)

__all__ = ["NO_LEAF", "StreamHead", "heads_name", "open_head", "sign_head"]

NO_LEAF: Final = "0" * 64
"""Stands in the head of a stream that has no event."""


def heads_name(origin: str) -> str:
    """The name under which the keys of a log sign stream heads."""
    return f"{origin}/heads"


@dataclass(frozen=True, slots=True)
class StreamHead:
    """The last event of a stream at one checkpoint. Nothing in it is verified: `open_head` does that.

    Args:
        origin: name of the log.
        size: of the checkpoint.
        root: of the checkpoint, 32 bytes.
        stream: UUID of the stream.
        sequence: of its last event below that size, from 1; 0 where it has none.
        leaf: leaf hash of that event, 64 hex digits; `NO_LEAF` where there is none.

    Raises:
        InvalidValue: another shape.
    """

    origin: str
    size: int
    root: bytes
    stream: str
    sequence: int
    leaf: str

    def __post_init__(self) -> None:
        if type(self.root) is not bytes or len(self.root) != HASH_BYTES:
            raise InvalidValue(f"the root of a checkpoint has {HASH_BYTES} bytes")
        if not is_stream(self.stream) or not is_digest(self.leaf):
            raise InvalidValue("a stream head has the UUID of a stream and a leaf hash of 64 hex digits")
        if type(self.sequence) is not int or not 0 <= self.sequence <= self.size:
            raise InvalidValue(
                "the sequence of a stream head is a whole number from 0 to the size of its log"
            )

    @classmethod
    def from_text(cls, text: str) -> StreamHead:
        """Read the text of a note.

        Raises:
            MalformedNote: it is no note of a stream head.
        """
        lines = text.split("\n")
        last = lines[3].split(" ") if len(lines) == 5 and not lines[4] else []
        if len(last) != 3 or not lines[0].endswith("/heads"):
            raise MalformedNote("stream head: expected lines of name, size, root and where one stream ends")
        try:
            return cls(
                lines[0].removesuffix("/heads"),
                read_decimal(lines[1], "stream head: the size"),
                read_hash(lines[2], "stream head: the root"),
                last[0],
                read_decimal(last[1], "stream head: the sequence"),
                last[2],
            )
        except InvalidValue as error:
            raise MalformedNote(f"stream head: {error}") from None

    def to_text(self) -> str:
        """The text of the note: what is signed."""
        end = f"{self.stream} {self.sequence} {self.leaf}"
        return f"{heads_name(self.origin)}\n{self.size}\n{write_base64(self.root)}\n{end}\n"


def sign_head(head: StreamHead, signers: Sequence[NoteSigner]) -> bytes:
    """Write and sign a stream head.

    Args:
        head: what to sign; the caller knows that it is so.
        signers: keys of the log, under the name of `heads_name`.

    Raises:
        InvalidValue: no signer, or one of another name.
    """
    if any(each.key.name != heads_name(head.origin) for each in signers):
        raise InvalidValue(f"a key that signs stream heads bears the name {heads_name(head.origin)}")
    return sign_note(head.to_text(), signers).to_bytes()


def open_head(data: bytes, log: Sequence[NoteVerifier]) -> StreamHead:
    """Read a stream head and verify that a log signed it.

    Args:
        data: any bytes whatsoever.
        log: keys of the log under the name of `heads_name`, of which each must have signed.

    Raises:
        MalformedNote: the bytes are no note of a stream head.
        WrongLedger: of another log.
        WrongSignature: a line of a known key does not fit.
        KeyNotAllowed: one of the log's keys did not sign it.
    """
    note = Note.from_bytes(data)
    head = StreamHead.from_text(note.text)
    if {each.key.name for each in log} != {heads_name(head.origin)}:
        raise WrongLedger(f"stream head: of the log {head.origin!r}, which is not the one that was asked for")
    opened = open_note(note, log)
    signed = {key for key, _ in opened.verified}
    for each in log:
        if each.key not in signed:
            raise KeyNotAllowed(f"stream head: the log's key {each.key.key_id.hex()} did not sign it")
    return head
