"""The keys of signed notes: their names and text form, and who verifies and signs the lines of each (C2SP signed-note).

1. A key is known by its name and its id together. The id is the first bytes of a hash over name, type and key,
   and proves nothing: a key made to collide with it only fails to verify.
2. What a signature signs is its type's affair, hence a `NoteVerifier` for each key: type 0x01 (Ed25519 over the
   text) is here, 0x04 and 0x06 (statements about checkpoints) are in `claimledger.cosignatures`, whose
   `verifier_of` picks the right one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import ClassVar, Final, Protocol

from claimledger.events.errors import InvalidValue, MalformedNote

from . import ed25519, mldsa44
from .note_text import is_name, read_base64, write_base64
from .signers import Signer

__all__ = [
    "KEY_ID_BYTES",
    "Ed25519NoteSigner",
    "Ed25519NoteVerifier",
    "KeyType",
    "NoteSigner",
    "NoteVerifier",
    "VerifierKey",
    "VerifierOfType",
]

KEY_ID_BYTES: Final = 4

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
        if not is_name(self.name) or len(self.name.encode()) > 255:
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


class VerifierOfType:
    """What verifiers of every type have in common: one key, of the type whose lines they verify.

    Args:
        key: the key.

    Raises:
        InvalidValue: a key of another type.
    """

    __slots__ = ("_key",)

    TYPE: ClassVar[KeyType]
    """The type of the lines."""

    def __init__(self, key: VerifierKey) -> None:
        if key.type is not self.TYPE:
            raise InvalidValue(
                f"a verifier of lines of type {self.TYPE:#04x} takes a key of that type, not of {key.type:#04x}"
            )
        self._key = key

    @property
    def key(self) -> VerifierKey:
        """The key whose lines it verifies."""
        return self._key


class Ed25519NoteVerifier(VerifierOfType):
    """Verifies lines of type 0x01: Ed25519 over the text."""

    __slots__ = ()

    TYPE = KeyType.ED25519

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
