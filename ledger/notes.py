"""Signed notes: a text, and lines that sign it, as the logs of the world write them (C2SP signed-note).

    example.org/harbour
    3
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.org/harbour Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeM...

1. A note is UTF-8 without control characters but newline: the text, which ends in a newline, then an empty
   line, then one or more signature lines. The last empty line divides them. A signature line is an em dash, the
   name of a key, and the base64 of its key id (4 bytes) and the signature.
2. A key is known by its name and its id together. The id is the first bytes of a hash over name, type and key,
   and proves nothing: a key made to collide with it only fails to verify.
3. A line of an unknown key is ignored, whatever it holds. A line of a known key must verify, each time that it
   stands there, or the note is *wrong* (`WrongSignature`). A note that no known key signed is signed by no one who
   may (`KeyNotAllowed`).
4. A note has at most `MAX_NOTE_BYTES` bytes and `MAX_LINES` lines, counted before anything is decoded, so that
   thousands of signatures or megabytes of text cost what they weigh. There is one spelling of everything: what is
   read is written back with the same bytes.
5. What a signature signs is its type's affair, hence a `NoteVerifier` for each key: type 0x01 (Ed25519 over the
   text) is here, 0x04 and 0x06 (statements about checkpoints) are in `ledger/cosignatures.py`, whose
   `verifier_of` picks the right one.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from hashlib import sha256
from typing import Final, Protocol

from claimledger.events.errors import InvalidValue, KeyNotAllowed, MalformedNote, WrongSignature

from . import ed25519, mldsa44
from .keys import Signer
from .merkle import HASH_BYTES, MAX_SIZE

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
    "read_decimal",
    "read_hash",
    "sign_note",
    "write_base64",
]

MAX_NOTE_BYTES: Final = 1_000_000
MAX_LINES: Final = 100
KEY_ID_BYTES: Final = 4

_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile("[\0-\x09\x0b-\x1f]").search
_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}").fullmatch
_KEY_ID: Final = re.compile("[0-9a-f]{8}").fullmatch


class KeyType(IntEnum):
    """The byte that names what a key's signatures say, as signed-note assigns them."""

    ED25519 = 0x01
    """Ed25519 over the text of the note."""
    COSIGNATURE_V1 = 0x04
    """Ed25519 over a time and a checkpoint (tlog-cosignature)."""
    SUBTREE_V1 = 0x06
    """ML-DSA-44 over a name, a time and a checkpoint (tlog-cosignature)."""


_KEY_BYTES: Final = {
    KeyType.ED25519: 32,
    KeyType.COSIGNATURE_V1: 32,
    KeyType.SUBTREE_V1: mldsa44.PUBLIC_KEY_BYTES,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name that its lines bear: what one person hands to another, once, by a way they trust.

    Args:
        name: not empty, without spaces and plus signs; by custom an address without its scheme. At most 255
            bytes of UTF-8.
        type: what the signatures of the key say.
        public_key: 32 raw bytes of Ed25519, or 1,312 of ML-DSA-44.

    Raises:
        InvalidValue: another shape.
        WeakKey: an Ed25519 key under which signatures prove nothing.
    """

    name: str
    type: KeyType
    public_key: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name) or len(self.name.encode()) > 255:
            raise InvalidValue(
                "the name of a key is 1 to 255 bytes of text without spaces, controls and plus signs"
            )
        if type(self.type) is not KeyType:
            raise InvalidValue("the type of a key is one of KeyType")
        if type(self.public_key) is not bytes or len(self.public_key) != _KEY_BYTES[self.type]:
            raise InvalidValue(f"a public key of type {self.type:#04x} has {_KEY_BYTES[self.type]} bytes")
        if self.type is not KeyType.SUBTREE_V1:
            ed25519.check_public_key(self.public_key)

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, type and key."""
        return sha256(self.name.encode() + b"\n" + self._typed()).digest()[:KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read the text form: name, key id in hex and base64 of type and key, joined by plus signs.

        Raises:
            InvalidValue: it is no such text, its id is not that of its key, or its type is not known here.
            WeakKey: see the class.
        """
        # Base64 may hold plus signs, names may not.
        name, _, rest = text.partition("+")
        key_id, _, typed = rest.partition("+")
        try:
            raw = read_base64(typed, "verifier key")
            key = cls(name, KeyType(raw[0]), raw[1:])
        except (MalformedNote, IndexError) as error:
            raise InvalidValue("verifier key: expected NAME+ID+KEY, as its owner printed it") from error
        except ValueError as error:
            if isinstance(error, InvalidValue):
                raise
            raise InvalidValue(f"verifier key: type {raw[0]:#04x} is not known here") from error
        if not _KEY_ID(key_id) or key.key_id.hex() != key_id:
            raise InvalidValue(
                "verifier key: its id is not that of its name and key; was a part of it changed?"
            )
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{write_base64(self._typed())}"

    def _typed(self) -> bytes:
        return bytes([self.type]) + self.public_key


class NoteVerifier(Protocol):
    """Something that can tell whether a line of one key signs a text."""

    @property
    def key(self) -> VerifierKey:
        """The key whose lines it verifies."""
        ...

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether a signature (what follows the key id in a line) fits a note's text. Raises only `CouldNotCheck`."""
        ...


class NoteSigner(Protocol):
    """Something that can sign notes with one key: two members, so that it can stand before any device."""

    @property
    def key(self) -> VerifierKey:
        """The public half, with the name that its lines bear."""
        ...

    def sign(self, text: str) -> bytes:
        """The signature over a note's text: what follows the key id in a line."""
        ...


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
        if not _is_name(self.name):
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
        if not line.startswith(_DASH) or not _is_name(name):
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
        if not self.text.endswith("\n") or _CONTROL(self.text) or not _is_utf8(self.text):
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
        if _CONTROL(text) or _CONTROL(rest):
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


class Ed25519NoteVerifier:
    """Verifies lines of type 0x01: Ed25519 over the text."""

    __slots__ = ("_key",)

    def __init__(self, key: VerifierKey) -> None:
        if key.type is not KeyType.ED25519:
            raise InvalidValue("a verifier of note texts takes a key of type 0x01")
        self._key = key

    @property
    def key(self) -> VerifierKey:
        """The key whose lines it verifies."""
        return self._key

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether a signature of 64 bytes fits a text."""
        return ed25519.verify(self._key.public_key, signature, text.encode())


class Ed25519NoteSigner:
    """Signs notes with lines of type 0x01.

    Args:
        name: the name that its lines bear; for a log, its origin.
        signer: whatever holds the Ed25519 key.
    """

    __slots__ = ("_key", "_signer")

    def __init__(self, name: str, signer: Signer) -> None:
        self._key = VerifierKey(name, KeyType.ED25519, signer.public_key)
        self._signer = signer

    @property
    def key(self) -> VerifierKey:
        """The public half, with the name that its lines bear."""
        return self._key

    def sign(self, text: str) -> bytes:
        """The signature over a text: 64 bytes."""
        return self._signer.sign(text.encode())


def write_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode()


def read_base64(text: str, what: str) -> bytes:
    """The bytes behind standard base64 with padding, in its one spelling.

    Raises:
        MalformedNote: anything else; the message begins with ``what``.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, and text that is not ASCII
        data = b""
    # Unused bits that are set would be a second spelling.
    if not data or write_base64(data) != text:
        raise MalformedNote(f"{what} must be standard base64 with padding")
    return data


def read_hash(text: str, what: str) -> bytes:
    """The 32 bytes behind a line of base64.

    Raises:
        MalformedNote: anything else.
    """
    data = read_base64(text, what)
    if len(data) != HASH_BYTES:
        raise MalformedNote(f"{what} must be a hash of {HASH_BYTES} bytes, not of {len(data)}")
    return data


def read_decimal(text: str, what: str) -> int:
    """A size, an index or a time: decimal ASCII digits without leading zeros, at most 2**63 - 1.

    Raises:
        MalformedNote: anything else.
    """
    if not _DECIMAL(text) or int(text) > MAX_SIZE:
        raise MalformedNote(
            f"{what} must be a decimal number without sign and leading zeros, at most 2**63 - 1"
        )
    return int(text)


def _is_name(name: str) -> bool:
    return (
        bool(name)
        and "+" not in name
        and not any(character.isspace() for character in name)
        and not _CONTROL(name)
        and _is_utf8(name)
    )


def _is_utf8(text: str) -> bool:
    """Whether a text has no lone surrogates."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
