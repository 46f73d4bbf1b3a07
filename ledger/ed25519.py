"""Ed25519: which public keys may be registered, and whether a signature fits (RFC 8032, section 5.1).

1. A public key is 32 bytes that encode a point of the curve in the one canonical way: y below p, and no sign
   bit where x is 0. Any other spelling would be a second keyid for the same key.
2. None of the eight points of small order is a key. Under the identity, which the `cryptography` package
   accepts, one signature fits every message; under the others it fits a good share of messages.
3. `verify` answers only whether a signature fits: it is False for whatever is wrong, a weak key included. It
   never raises. Loaded keys are kept, so that a whole ledger costs one loading for each key.

The signatures themselves are left to the `cryptography` package (OpenSSL), which releases the interpreter's
lock and refuses an s that is not below the group order, so that a signature has no second spelling either.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from claimledger.events.errors import WeakKey

__all__ = ["check_public_key", "load_public_key", "verify"]

P: Final = 2**255 - 19
D: Final = -121665 * pow(121666, -1, P) % P
_LOW_255_BITS: Final = 2**255 - 1
# y of the points of order 8: the roots of d*y**4 + 2*y**2 = 1. Both signs of x belong to each.
_Y_OF_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_Y_OF_SMALL_ORDER: Final = frozenset({0, 1, P - 1, _Y_OF_ORDER_8, P - _Y_OF_ORDER_8})


def check_public_key(raw: bytes) -> None:
    """Refuse a public key under which signatures would prove nothing.

    Args:
        raw: 32 bytes, as RFC 8032 encodes a point.

    Raises:
        WeakKey: another length, a second spelling of a point, no point of the curve, or one of small order.
    """
    if len(raw) != 32:
        raise WeakKey(f"public key: an Ed25519 key has 32 raw bytes, not {len(raw)}")
    number = int.from_bytes(raw, "little")
    y = number & _LOW_255_BITS
    if y >= P:
        raise WeakKey("public key: its bytes are not the canonical spelling of their point; make a new key")
    if y in _Y_OF_SMALL_ORDER:
        raise WeakKey("public key: a point of small order, under which nothing is proven; make a new key")
    if not _is_on_curve(y):
        raise WeakKey("public key: its bytes are no point of the curve Ed25519; make a new key")


@lru_cache(maxsize=4096)
def _is_on_curve(y: int) -> bool:
    """Whether there is a point with that y: asked several times of a key that an event brings."""
    # On the curve, x**2 = (y**2 - 1) / (d*y**2 + 1); the quotient is a square exactly when the product is
    # one. It is 0 only where y is 1 or -1, and those are of small order.
    square = y * y
    return pow((square - 1) * (D * square + 1), (P - 1) // 2, P) == 1


@lru_cache(maxsize=4096)
def load_public_key(raw: bytes) -> Ed25519PublicKey:
    """A key ready to verify with, checked by `check_public_key` the first time.

    Args:
        raw: 32 raw bytes.

    Raises:
        WeakKey: see `check_public_key`.
    """
    check_public_key(raw)
    return Ed25519PublicKey.from_public_bytes(raw)


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature over a message was made by the holder of a key.

    Args:
        public_key: 32 raw bytes.
        signature: 64 bytes.
        message: the signed bytes; for events, the PAE of the envelope.
    """
    try:
        load_public_key(public_key).verify(signature, message)
    except (InvalidSignature, WeakKey):
        return False
    return True
