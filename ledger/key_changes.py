"""The events of the key stream, composed: what a new ledger is opened with.

1. Roots and log keys are taken from keyrings by what is public of them; who signs must be at hand.
2. No more roots sign than must: each signature is one more thing to carry.
"""

from __future__ import annotations

from collections.abc import Sequence

from claimledger.events.errors import KeyMissing
from claimledger.events.governance import LedgerOpened, LogKey, RootKey

from .keys import Keyring, Signer

__all__ = ["opening", "opening_signers"]


def opening(origin: str, roots: Sequence[Keyring], logs: Keyring, threshold: int | None) -> LedgerOpened:
    """The body of the first event of a ledger.

    Args:
        origin: the ledger's name in the world.
        roots: keyrings whose root keys are those of the ledger.
        logs: the keyring whose log keys are.
        threshold: how many roots must sign; None for all of them.

    Raises:
        KeyMissing: no keyring lists a root key.
        InvalidValue: an origin or threshold that breaks a rule, or a key that is listed twice.
    """
    listed = [
        RootKey(holder=entry.holder, key=entry.public_key)
        for ring in roots
        for entry in ring.entries
        if entry.role == "root"
    ]
    if not listed:
        raise KeyMissing("a new ledger is signed by a root key, and none is at hand in this keyring")
    return LedgerOpened(
        origin=origin,
        roots=listed,
        threshold=len(listed) if threshold is None else threshold,
        logs=[
            LogKey(holder=entry.holder, algorithm=entry.algorithm, key=entry.public_key)
            for entry in logs.entries
            if entry.role == "log"
        ],
    )


def opening_signers(roots: Sequence[Keyring], opened: LedgerOpened) -> tuple[Signer, ...]:
    """The root keys at hand that sign an opening, as many as must.

    Raises:
        KeyMissing: fewer are at hand.
    """
    at_hand = [root for ring in roots for root in ring.roots]
    if len(at_hand) < opened.threshold:
        raise KeyMissing(
            f"a new ledger is signed by {opened.threshold} of its root keys, and {len(at_hand)} are at hand"
        )
    return tuple(at_hand[: opened.threshold])
