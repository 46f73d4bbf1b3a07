"""The keys of the log: which of them sign a checkpoint of a size, by the key stream, and how they do it.

1. A checkpoint of size n is signed by each log key that is active at index n: by all of them, so that a line that was
   dropped shows. Who pins the ledger's id pins these keys, for the opening names the first of them.
2. Ed25519 keys sign by lines of type 0x01, ML-DSA-44 keys by lines of type 0x06, both under the log's origin
   (C2SP signed-note, tlog-checkpoint, tlog-cosignature). Stream heads take Ed25519 keys alone, under a name of their
   own: lines of type 0x06 sign checkpoints and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from claimledger.events.envelope import keyid_of
from claimledger.events.errors import KeyMissing

from .cosignatures import SubtreeSigner, verifier_of
from .heads import heads_name
from .key_records import KeyRecord
from .keys import Keyring
from .notes import Ed25519NoteSigner, KeyType, NoteSigner, NoteVerifier, VerifierKey
from .signers import LogSigner
from .trust import KeyStream

__all__ = ["every_verifier", "head_signers", "head_verifiers", "log_signers", "log_verifiers", "verifier_key"]

_LINES = {"ed25519": KeyType.ED25519, "ml-dsa-44": KeyType.SUBTREE_V1}


def verifier_key(record: KeyRecord, origin: str) -> VerifierKey:
    """A log key in the form in which it is handed to those who verify checkpoints."""
    return VerifierKey(origin, _LINES[record.algorithm], record.public_key)


def log_verifiers(keys: KeyStream, size: int) -> tuple[NoteVerifier, ...]:
    """Verifiers of the log keys, each of which must have signed a checkpoint of a size."""
    return tuple(verifier_of(verifier_key(each, keys.origin)) for each in keys.active("log", size))


def every_verifier(keys: KeyStream) -> tuple[NoteVerifier, ...]:
    """Verifiers of every log key that the ledger has or had."""
    records = [each for each in keys.keys.values() if each.role == "log"]
    return tuple(verifier_of(verifier_key(each, keys.origin)) for each in records)


def head_verifiers(keys: KeyStream, size: int) -> tuple[NoteVerifier, ...]:
    """Verifiers of the log keys, each of which must have signed the stream heads of a size."""
    active = [each for each in keys.active("log", size) if each.algorithm == "ed25519"]
    return tuple(verifier_of(verifier_key(each, heads_name(keys.origin))) for each in active)


def log_signers(keyring: Keyring, keys: KeyStream, size: int) -> tuple[NoteSigner, ...]:
    """Signers for a checkpoint of a size: one for each log key that is active then.

    Raises:
        KeyMissing: the ledger has no log key, or one of them is not at hand.
    """
    return _signers(keyring, keys.active("log", size), keys.origin)


def head_signers(keyring: Keyring, keys: KeyStream, size: int) -> tuple[NoteSigner, ...]:
    """Signers for the stream heads of a size.

    Raises:
        KeyMissing: the ledger has no log key of Ed25519, or one of them is not at hand.
    """
    active = [each for each in keys.active("log", size) if each.algorithm == "ed25519"]
    return _signers(keyring, active, heads_name(keys.origin))


def _signers(keyring: Keyring, active: Iterable[KeyRecord], name: str) -> tuple[NoteSigner, ...]:
    at_hand = {keyid_of(each.public_key, each.algorithm): each for each in keyring.logs}
    signers: list[NoteSigner] = []
    for record in active:
        signer = at_hand.get(record.keyid)
        if signer is None:
            raise KeyMissing(
                f"checkpoints are signed by log key {record.keyid} of {record.holder}, which is not at hand in this "
                "keyring; open the ledger with the keyring that has it, or have the roots revoke it"
            )
        make: Callable[[str, LogSigner], NoteSigner] = (
            Ed25519NoteSigner if record.algorithm == "ed25519" else SubtreeSigner
        )
        signers.append(make(name, signer))
    if not signers:
        raise KeyMissing(
            "the ledger has no log key, so nothing can sign a checkpoint; have the roots add one"
        )
    return tuple(signers)
