"""Stream heads: where each of some streams ended at a checkpoint, signed by the log's key as a note of its own.

    example.org/harbour/heads
    45
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    11111111-1111-4111-8111-111111111111 12 9c1f…
    7f1c2a52-6c0b-5d0e-9a43-0d1f6a1f2b77 30 07aa…

1. The first line is the log's origin and ``/heads``, and so is the name of the key that signs: a note of heads never
   passes as a checkpoint, nor a checkpoint as heads. Size and root are those of the checkpoint that it goes with.
2. Then a line for each stream: its UUID, the sequence and the leaf hash (64 hex) of its last event below that size,
   ascending by UUID, each stream once.
3. A chain shows gaps before its last event, and nothing about what follows. Whoever holds a stream up to the head
   that is signed here holds all of it, on the log key's word; a full audit of the log shows whether that word was true.

The form of notes is that of C2SP signed-note (`claimledger.notes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimledger.events.errors import InvalidValue, KeyNotAllowed, MalformedNote, WrongLedger
from claimledger.events.identifiers import is_digest, is_stream

from .merkle import HASH_BYTES
from .note_text import read_decimal, read_hash, write_base64
from .notes import (
    MAX_NOTE_BYTES,
    Note,
    NoteSigner,
    NoteVerifier,
    open_note,
    sign_note,
)

__all__ = ["StreamHead", "StreamHeads", "heads_name", "open_heads", "sign_heads"]


def heads_name(origin: str) -> str:
    """The name under which the keys of a log sign stream heads."""
    return f"{origin}/heads"


@dataclass(frozen=True, slots=True, order=True)
class StreamHead:
    """The last event of a stream below a size of the log.

    Args:
        stream: UUID of the stream.
        sequence: of its last event, from 1.
        leaf: leaf hash of that event, 64 hex digits.

    Raises:
        InvalidValue: another shape.
    """

    stream: str
    sequence: int
    leaf: str

    def __post_init__(self) -> None:
        if not is_stream(self.stream) or not is_digest(self.leaf):
            raise InvalidValue("a stream head has the UUID of a stream and a leaf hash of 64 hex digits")
        if type(self.sequence) is not int or self.sequence < 1:
            raise InvalidValue("the sequence of a stream head is a whole number from 1")


@dataclass(frozen=True, slots=True)
class StreamHeads:
    """Heads of some streams at one checkpoint. Nothing in it is verified: `open_heads` does that.

    Args:
        origin: name of the log.
        size: of the checkpoint.
        root: of the checkpoint, 32 bytes.
        heads: ascending by stream, each stream once, at least one.

    Raises:
        InvalidValue: another shape.
    """

    origin: str
    size: int
    root: bytes
    heads: tuple[StreamHead, ...]

    def __post_init__(self) -> None:
        if type(self.root) is not bytes or len(self.root) != HASH_BYTES:
            raise InvalidValue(f"the root of a checkpoint has {HASH_BYTES} bytes")
        streams = [head.stream for head in self.heads]
        if not streams or sorted(set(streams)) != streams:
            raise InvalidValue("stream heads are ascending by stream, each stream once, and at least one")
        if any(head.sequence > self.size for head in self.heads):
            raise InvalidValue("a stream has no more events than its log")

    @classmethod
    def from_text(cls, text: str) -> StreamHeads:
        """Read the text of a note.

        Raises:
            MalformedNote: it is no note of stream heads.
        """
        lines = text.split("\n")
        if len(lines) < 5 or lines.pop() or not lines[0].endswith("/heads"):
            raise MalformedNote("stream heads: expected lines of name, size, root and one for each stream")
        heads = []
        for line in lines[3:]:
            stream, _, rest = line.partition(" ")
            sequence, _, leaf = rest.partition(" ")
            try:
                heads.append(StreamHead(stream, read_decimal(sequence, "stream heads: a sequence"), leaf))
            except InvalidValue as error:
                raise MalformedNote(f"stream heads: {error}") from None
        try:
            return cls(
                lines[0].removesuffix("/heads"),
                read_decimal(lines[1], "stream heads: the size"),
                read_hash(lines[2], "stream heads: the root"),
                tuple(heads),
            )
        except InvalidValue as error:
            raise MalformedNote(f"stream heads: {error}") from None

    def to_text(self) -> str:
        """The text of the note: what is signed."""
        begin = f"{heads_name(self.origin)}\n{self.size}\n{write_base64(self.root)}\n"
        return begin + "".join(f"{head.stream} {head.sequence} {head.leaf}\n" for head in self.heads)

    def of(self, stream: str) -> StreamHead | None:
        """The head of a stream, or None where nothing is said of it."""
        return next((head for head in self.heads if head.stream == stream), None)


def sign_heads(heads: StreamHeads, signers: Sequence[NoteSigner]) -> bytes:
    """Write and sign stream heads.

    Args:
        heads: what to sign; the caller knows that it is so.
        signers: keys of the log, under the name of `heads_name`.

    Raises:
        InvalidValue: no signer, one of another name, or more streams than fit into a note.
    """
    if any(each.key.name != heads_name(heads.origin) for each in signers):
        raise InvalidValue(f"a key that signs stream heads bears the name {heads_name(heads.origin)}")
    text = heads.to_text()
    if len(text) > MAX_NOTE_BYTES:
        raise InvalidValue("these are more streams than fit into one note")
    return sign_note(text, signers).to_bytes()


def open_heads(data: bytes, log: Sequence[NoteVerifier]) -> StreamHeads:
    """Read stream heads and verify that a log signed them.

    Args:
        data: any bytes whatsoever.
        log: keys of the log under the name of `heads_name`, of which each must have signed.

    Raises:
        MalformedNote: the bytes are no note of stream heads.
        WrongLedger: of another log.
        WrongSignature: a line of a known key does not fit.
        KeyNotAllowed: one of the log's keys did not sign it.
    """
    note = Note.from_bytes(data)
    heads = StreamHeads.from_text(note.text)
    if {each.key.name for each in log} != {heads_name(heads.origin)}:
        raise WrongLedger(
            f"stream heads: of the log {heads.origin!r}, which is not the one that was asked for"
        )
    opened = open_note(note, log)
    signed = {key for key, _ in opened.verified}
    for each in log:
        if each.key not in signed:
            raise KeyNotAllowed(f"stream heads: the log's key {each.key.key_id.hex()} did not sign them")
    return heads
