"""Who signs: a public key and a `sign`, and nothing else that the ledger has to know.

1. `Signer` stands before any device that signs with Ed25519: a file, a token, an agent in another process.
2. `LogSigner` says its algorithm too, for keys of the log may be of another one than Ed25519.
3. Private keys never come out: not in a repr, not in an error, and signers are not pickled.
"""

from __future__ import annotations

from typing import ClassVar, Generic, NoReturn, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from claimledger.events.envelope import Algorithm, keyid_of
from claimledger.events.errors import KeyringError

__all__ = ["InMemorySigner", "LogSigner", "PrivateKeySigner", "Signer", "keyid"]

PrivateKey = TypeVar("PrivateKey", bound=Ed25519PrivateKey | MLDSA44PrivateKey)


class Signer(Protocol):
    """Something that can sign with one Ed25519 key: two members, so that it can stand before any device."""

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature over a message: 64 bytes."""
        ...


def keyid(signer: Signer) -> str:
    """The keyid (64 lowercase hex digits) of a signer's key."""
    return keyid_of(signer.public_key)


class LogSigner(Protocol):
    """Something that can sign checkpoints: as `Signer`, with a key of the algorithm that it names."""

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of the key: ``ed25519`` or ``ml-dsa-44``."""
        ...

    @property
    def public_key(self) -> bytes:
        """The raw bytes of the public key: 32 of an Ed25519 key, 1,312 of an ML-DSA-44 key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over a message: 64 bytes of Ed25519, 2,420 of ML-DSA-44 (with an empty context)."""
        ...


class InMemorySigner(Generic[PrivateKey]):
    """A signer whose private key is in the memory of this process: what those of every algorithm have in common.

    Args:
        private_key: the key.
    """

    __slots__ = ("_private_key", "_public_key")

    ALGORITHM: ClassVar[Algorithm]
    """The algorithm of its keys."""

    def __init__(self, private_key: PrivateKey) -> None:
        self._private_key: PrivateKey = private_key
        self._public_key = private_key.public_key().public_bytes_raw()

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of the key."""
        return self.ALGORITHM

    @property
    def public_key(self) -> bytes:
        """The raw bytes of the public key: 32 of an Ed25519 key, 1,312 of an ML-DSA-44 key."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The signature over a message: 64 bytes of Ed25519; 2,420 of ML-DSA-44, other ones each time."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {keyid_of(self._public_key, self.ALGORITHM)}>"

    def __reduce__(self) -> NoReturn:
        raise KeyringError("the private keys are not pickled or copied; open the keyring in each process")


class PrivateKeySigner(InMemorySigner[Ed25519PrivateKey]):
    """A signer whose Ed25519 key is in the memory of this process."""

    __slots__ = ()

    ALGORITHM = "ed25519"
