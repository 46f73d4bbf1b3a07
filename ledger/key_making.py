"""Keys, made: what the listing says of a key, and private keys, random or from a seed.

1. Root and recorder keys are of Ed25519; a key of a log or of a witness may be of another algorithm.
2. A public key under which signatures prove nothing is listed nowhere (`claimledger.ed25519.check_public_key`).
3. The same seed gives the same keys, and who knows it can sign: seeds are for tests.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from pydantic import ValidationError

from claimledger.events.envelope import Algorithm, keyid_of
from claimledger.events.errors import InvalidInput, KeyringError

from .ed25519 import check_public_key
from .key_files import InMemory, KeyEntry, KeyringRole
from .mldsa44 import Mldsa44Signer
from .mldsa44 import is_supported as has_mldsa44
from .pkcs11_token import TokenKey
from .signers import PrivateKeySigner

__all__ = ["entry_of", "new_key", "new_keys"]

Made: TypeAlias = tuple[KeyEntry, InMemory]


def new_keys(
    holder: str, root_holder: str, log_holder: str, roles: Collection[KeyringRole], seed: bytes | None = None
) -> list[Made]:
    """The keys of a new keyring: one of each role; of those that sign notes also one of ML-DSA-44, where it is had."""
    made = []
    noting: tuple[tuple[KeyringRole, str], ...] = (("log", log_holder), ("witness", holder))
    if "root" in roles:
        made.append(new_key(root_holder, "root", seed))
    if "recorder" in roles:
        made.append(new_key(holder, "recorder", seed))
    for role, of in noting:
        if role in roles:
            made.append(new_key(of, role, seed))
            if has_mldsa44():
                made.append(new_key(of, role, seed, algorithm="ml-dsa-44"))
    return made


def new_key(
    holder: str, role: KeyringRole, seed: bytes | None = None, *, algorithm: Algorithm = "ed25519"
) -> Made:
    """One key, random or from a seed.

    Raises:
        InvalidInput: the holder has no name, or the role has no such algorithm.
        KeyringError: this installation does not know the algorithm.
    """
    signer: InMemory
    kind = role if algorithm == "ed25519" else f"{role}-{algorithm}"
    secret = (
        None if seed is None else sha256(b"claimledger-keyring/1\0" + kind.encode() + b"\0" + seed).digest()
    )
    if algorithm == "ed25519":
        signer = PrivateKeySigner(
            Ed25519PrivateKey.generate() if secret is None else Ed25519PrivateKey.from_private_bytes(secret)
        )
    else:
        if not has_mldsa44():
            raise KeyringError(f"the OpenSSL behind `cryptography` here does not know {algorithm}")
        signer = Mldsa44Signer(
            MLDSA44PrivateKey.generate() if secret is None else MLDSA44PrivateKey.from_seed_bytes(secret)
        )
    return entry_of(holder, role, signer.public_key, algorithm, file=f"{kind}-{{}}.pem"), signer


def entry_of(
    holder: str,
    role: KeyringRole,
    public_key: bytes,
    algorithm: Algorithm,
    *,
    file: str | None = None,
    pkcs11: TokenKey | None = None,
) -> KeyEntry:
    """What a listing says of a key.

    Args:
        holder: who holds it, in words.
        role: what it is for.
        public_key: the raw bytes.
        algorithm: of the key.
        file: name of its PEM file, in which ``{}`` stands for the first digits of the keyid.
        pkcs11: the token in which it stays.

    Raises:
        InvalidInput: the holder has no name, or the role has no such algorithm.
        WeakKey: a public key under which signatures prove nothing.
    """
    if algorithm != "ed25519" and role not in ("log", "witness"):
        raise InvalidInput(
            f"a {role} key is an Ed25519 key; only keys of logs and witnesses may be of another algorithm"
        )
    if algorithm == "ed25519":
        check_public_key(public_key)
    name = keyid_of(public_key, algorithm)
    try:
        return KeyEntry(
            holder=holder,
            role=role,
            algorithm=algorithm,
            keyid=name,
            public_key=public_key.hex(),
            file=None if file is None else file.format(name[:16]),
            pkcs11=pkcs11,
        )
    except ValidationError:
        raise InvalidInput("the holder of a key is named in 1 to 200 characters") from None
