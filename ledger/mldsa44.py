"""ML-DSA-44: which public keys may be registered, whether a signature fits, and a signer (FIPS 204, empty context).

1. A public key has 1,312 bytes, a signature 2,420. Every string of 1,312 bytes is a key of one spelling; but where
   its vector t1 is zero there is no secret behind it, and whoever likes can sign: that one is refused.
   `verify` is False for whatever does not fit and raises only where it cannot answer.
2. Signatures of the log and of witnesses may take this algorithm beside Ed25519, so that a checkpoint stays
   evidence when Ed25519 no longer is one. Events take Ed25519 alone.
3. The `cryptography` package needs an OpenSSL that has the algorithm (3.5 or newer; its wheels bring one).
   Without it a line of this kind could not be checked, which is never the same as wrong.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from claimledger.events.envelope import KEY_BYTES
from claimledger.events.errors import CouldNotCheck, WeakKey

from .signers import InMemorySigner

__all__ = [
    "PUBLIC_KEY_BYTES",
    "SIGNATURE_BYTES",
    "Mldsa44Signer",
    "check_public_key",
    "is_supported",
    "verify",
]

PUBLIC_KEY_BYTES: Final = KEY_BYTES["ml-dsa-44"]
SIGNATURE_BYTES: Final = 2420
_SEED_BYTES: Final = 32


@cache
def is_supported() -> bool:
    """Whether this installation of `cryptography` has ML-DSA."""
    try:
        MLDSA44PrivateKey.from_seed_bytes(bytes(_SEED_BYTES))
    except UnsupportedAlgorithm:
        return False
    return True


def check_public_key(raw: bytes) -> None:
    """Refuse a public key under which signatures would prove nothing.

    Args:
        raw: 1,312 bytes, as FIPS 204 encodes a key: a seed, then the vector t1.

    Raises:
        WeakKey: another length, or a t1 of zeros.
    """
    if len(raw) != PUBLIC_KEY_BYTES:
        raise WeakKey(f"public key: an ML-DSA-44 key has {PUBLIC_KEY_BYTES} raw bytes, not {len(raw)}")
    if not any(raw[_SEED_BYTES:]):
        raise WeakKey("public key: a vector of zeros, under which anyone can sign; make a new key")


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature over a message was made by the holder of a key.

    Args:
        public_key: 1,312 raw bytes.
        signature: 2,420 bytes.
        message: the signed bytes.

    Raises:
        CouldNotCheck: this installation of `cryptography` has no ML-DSA.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    if not any(public_key[_SEED_BYTES:]):
        return False
    try:
        _load(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise CouldNotCheck(
            "ML-DSA-44 is not in this installation's OpenSSL (3.5 or newer has it): install a wheel of `cryptography`"
        ) from error
    return True


@lru_cache(maxsize=256)
def _load(public_key: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public_key)


class Mldsa44Signer(InMemorySigner[MLDSA44PrivateKey]):
    """A signer whose ML-DSA-44 key is in the memory of this process.

    >>> signer = Mldsa44Signer(MLDSA44PrivateKey.from_seed_bytes(bytes(32)))
    >>> verify(signer.public_key, signer.sign(b"message"), b"message")
    True
    """

    __slots__ = ()

    ALGORITHM = "ml-dsa-44"
