"""Signed notes: a text, and lines that sign it, as the logs of the world write them (C2SP signed-note).

    example.org/harbour
    3
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.org/harbour Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeM...

1. A note is UTF-8 without control characters but newline: the text, which ends in a newline, then an empty
   line, then one or more signature lines. The last empty line divides them. A signature line is an em dash, the
   name of a key, and the base64 of its key id (4 bytes) and the signature.
2. A line of an unknown key is ignored, whatever it holds. A line of a known key must verify, each time that it
   stands there, or the note is *wrong* (`WrongSignature`). A note that no known key signed is signed by no one who
   may (`KeyNotAllowed`).
3. A note has at most `MAX_NOTE_BYTES` bytes and `MAX_LINES` lines, counted before anything is decoded, so that
   thousands of signatures or megabytes of text cost what they weigh. There is one spelling of everything: what is
   read is written back with the same bytes.

Whose lines they are, and what a line of each type signs, is in `claimledger.note_keys`; names and numbers are spelled
as in `claimledger.note_text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from claimledger.events.errors import InvalidValue, KeyNotAllowed, MalformedNote, WrongSignature

from .note_keys import (
    KEY_ID_BYTES,
    Ed25519NoteSigner,
    Ed25519NoteVerifier,
    KeyType,
    NoteSigner,
    NoteVerifier,
    VerifierKey,
)
from .note_text import has_controls, is_name, is_utf8, read_base64, write_base64

__all__ = [
    "MAX_LINES",
    "MAX_NOTE_BYTES",
    "Ed25519NoteSigner",
    "Ed25519NoteVerifier",
    "KeyType",
    "Note",
    "NoteSigner",
    "NoteVerifier",
    "OpenedNote",
    "SignatureLine",
    "VerifierKey",
    "open_note",
    "read_base64",
    "sign_note",
    "write_base64",
]

MAX_NOTE_BYTES: Final = 1_000_000
MAX_LINES: Final = 100

_DASH: Final = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line that signs a note, as it stands there; whether it fits is another question.

    Args:
        name: the name of the key.
        key_id: 4 bytes.
        signature: at least one byte.

    Raises:
        InvalidValue: another shape.
    """

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise InvalidValue("the name of a key is text without spaces, control characters and plus signs")
        if len(self.key_id) != KEY_ID_BYTES or not self.signature:
            raise InvalidValue(f"a signature line has a key id of {KEY_ID_BYTES} bytes and a signature")

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {write_base64(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> SignatureLine:
        """Read a line without its newline.

        Raises:
            MalformedNote: it is no signature line.
        """
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not is_name(name):
            raise MalformedNote(
                "note: a signature line is an em dash, the name of a key and base64, each after a space"
            )
        raw = read_base64(encoded, "note: a signature")
        if len(raw) <= KEY_ID_BYTES:
            raise MalformedNote("note: a signature line has no signature after the key id")
        return cls(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the lines that stand below it. Nothing in it is verified: `open_note` does that.

    Args:
        text: ends in a newline; no control characters but newline.
        lines: none while it is being written, at most `MAX_LINES`.

    Raises:
        InvalidValue: another shape.
    """

    text: str
    lines: tuple[SignatureLine, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or has_controls(self.text) or not is_utf8(self.text):
            raise InvalidValue("the text of a note ends in a newline and holds no other control characters")
        if len(self.lines) > MAX_LINES:
            raise InvalidValue(f"a note has at most {MAX_LINES} signature lines")

    @classmethod
    def from_bytes(cls, data: bytes) -> Note:
        """Read a note.

        Args:
            data: any bytes whatsoever.

        Raises:
            MalformedNote: it is no signed note, or one beyond `MAX_NOTE_BYTES` or `MAX_LINES`.
        """
        if len(data) > MAX_NOTE_BYTES:
            raise MalformedNote(f"note: {len(data)} bytes, where at most {MAX_NOTE_BYTES} are read")
        head, divider, below = data.rpartition(b"\n\n")
        if not divider or not below.endswith(b"\n"):
            raise MalformedNote(
                "note: expected a text, an empty line and signature lines, with a newline at the end"
            )
        if below.count(b"\n") > MAX_LINES:
            raise MalformedNote(f"note: more than {MAX_LINES} signature lines")
        try:
            text, rest = head.decode() + "\n", below.decode()
        except UnicodeDecodeError:
            raise MalformedNote("note: not UTF-8") from None
        if has_controls(text) or has_controls(rest):
            raise MalformedNote("note: control characters other than newline")
        return cls(text, tuple(SignatureLine.parse(line) for line in rest[:-1].split("\n")))

    def to_bytes(self) -> bytes:
        """The note as it is stored and sent; a note that is signed by no one has no such form.

        Raises:
            InvalidValue: no line signs it, or it is beyond `MAX_NOTE_BYTES`.
        """
        if not self.lines:
            raise InvalidValue("a note needs at least one signature line")
        data = "".join((self.text, "\n", *map(str, self.lines))).encode()
        if len(data) > MAX_NOTE_BYTES:
            raise InvalidValue(f"a note has at most {MAX_NOTE_BYTES} bytes, not {len(data)}")
        return data

    def with_lines(self, lines: Iterable[SignatureLine]) -> Note:
        """The same text with more lines below; a line of the same name and key id takes the place of the older one."""
        kept = {(line.name, line.key_id): line for line in self.lines}
        kept.update({(line.name, line.key_id): line for line in lines})
        return replace(self, lines=tuple(kept.values()))

    def signed_by(self, *signers: NoteSigner) -> Note:
        """The same text with a line of each signer; see `with_lines`."""
        return self.with_lines(
            SignatureLine(each.key.name, each.key.key_id, each.sign(self.text)) for each in signers
        )


def sign_note(text: str, signers: Sequence[NoteSigner]) -> Note:
    """A note over a text, with a line of each signer in the order given.

    Raises:
        InvalidValue: the text is none of a note, or there is no signer.
    """
    if not signers:
        raise InvalidValue("a note needs at least one signer")
    return Note(text).signed_by(*signers)


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note whose known lines all fit.

    Attributes:
        note: the note as it was read, the lines of unknown keys included.
        verified: each known key that signed it, with its line; a key that signed twice is here once, with the
            first of its lines.
    """

    note: Note
    verified: tuple[tuple[VerifierKey, SignatureLine], ...]

    @property
    def text(self) -> str:
        """What was signed."""
        return self.note.text

    def signature_of(self, key: VerifierKey) -> bytes | None:
        """What a key signed it with, or None where it did not."""
        return next((line.signature for each, line in self.verified if each == key), None)


def open_note(data: bytes | Note, verifiers: Iterable[NoteVerifier]) -> OpenedNote:
    """Read a note and verify each line whose key is known.

    Args:
        data: any bytes whatsoever, or a note that was read already.
        verifiers: one for each known key; see `claimledger.cosignatures.verifier_of`.

    Raises:
        MalformedNote: the bytes are no note.
        WrongSignature: a line of a known key does not fit.
        KeyNotAllowed: no known key signed it.
        InvalidValue: two of the known keys have one name and one id, so that their lines cannot be told apart.
    """
    note = data if isinstance(data, Note) else Note.from_bytes(data)
    known: dict[tuple[str, bytes], NoteVerifier] = {}
    for verifier in verifiers:
        key = verifier.key
        if known.setdefault((key.name, key.key_id), verifier).key != key:
            raise InvalidValue(
                f"two keys have the name {key.name} and the id {key.key_id.hex()}: use another name"
            )
    verified: dict[tuple[str, bytes], tuple[VerifierKey, SignatureLine]] = {}
    for line in note.lines:
        place = (line.name, line.key_id)
        by = known.get(place)
        if by is None:
            continue
        if not by.verify(note.text, line.signature):
            raise WrongSignature(f"note: the line of {line.name} ({line.key_id.hex()}) does not fit the text")
        verified.setdefault(place, (by.key, line))
    if not verified:
        raise KeyNotAllowed("note: no line is by a key that is trusted for it")
    return OpenedNote(note, tuple(verified.values()))
