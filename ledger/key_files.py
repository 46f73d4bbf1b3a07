"""The files of a keyring: a listing, and one PEM file for each private key.

1. ``keyring.json`` names the keys; all of it is public, also where a key is that stays in a token. It is replaced in
   one step, so that a crash leaves the old one or the new one.
2. A private key is a PKCS#8 PEM file, encrypted unless its maker declined that; only its owner may ever read it.
3. A file that is not there is no error: the key is kept elsewhere. One that is damaged, or cannot be opened, is one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from claimledger.events.envelope import Algorithm, keyid_of
from claimledger.events.errors import InvalidInput, InvalidValue, KeyMissing, KeyringError, WrongPassphrase

from .mldsa44 import Mldsa44Signer
from .pkcs11_token import TokenKey
from .signers import PrivateKeySigner

__all__ = [
    "LISTING",
    "InMemory",
    "KeyEntry",
    "KeyringRole",
    "encryption_with",
    "read_key",
    "read_listing",
    "write_key",
    "write_listing",
]

LISTING = "keyring.json"

KeyringRole: TypeAlias = Literal["root", "recorder", "log", "witness"]
"""What a key of a keyring is for."""

InMemory: TypeAlias = PrivateKeySigner | Mldsa44Signer
"""A signer whose private key is in the memory of this process."""

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})+$")]
_FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,80}\.pem$")]


class KeyEntry(BaseModel):
    """What ``keyring.json`` says of one key; all of it is public.

    Attributes:
        holder: who holds the key, in words ("Recorder A").
        role: what it is for.
        algorithm: ``ed25519``; a key of a log or witness may be of ``ml-dsa-44``.
        keyid: see `claimledger.events.envelope.keyid_of`.
        public_key: the raw bytes as hex.
        file: name of the PEM file in the keyring's folder.
        pkcs11: in place of a file, the token in which the key stays. Neither, for a signer that is in memory only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    holder: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    role: KeyringRole
    algorithm: Algorithm
    keyid: _Digest
    public_key: _Hex
    file: _FileName | None = None
    pkcs11: TokenKey | None = None


class _Listing(BaseModel):
    """The shape of ``keyring.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1]
    keys: list[KeyEntry]


def read_listing(folder: Path) -> tuple[KeyEntry, ...]:
    """Read what is public of a keyring.

    Raises:
        KeyMissing: no keyring is there.
        KeyringError: the listing is damaged or unreadable.
    """
    listing = folder / LISTING
    try:
        read = _Listing.model_validate_json(listing.read_bytes())
    except FileNotFoundError:
        raise KeyMissing(f"{folder}: no keyring there; make one: claimledger keys new {folder}") from None
    except OSError as error:
        raise KeyringError(f"{listing}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise KeyringError(f"{listing}: damaged (at {where or 'top'}: {first['msg']})") from None
    for entry in read.keys:
        if _keyid_of(entry) != entry.keyid:
            raise KeyringError(f"{listing}: damaged (the keyid {entry.keyid} is not that of its key)")
        if entry.algorithm != "ed25519" and entry.role not in ("log", "witness"):
            raise KeyringError(f"{listing}: damaged (a {entry.role} key of {entry.algorithm})")
        if (entry.file is None) == (entry.pkcs11 is None):
            raise KeyringError(
                f"{listing}: damaged (key {entry.keyid} is neither in a file nor in a token, or in both)"
            )
        if entry.pkcs11 is not None and entry.algorithm != "ed25519":
            raise KeyringError(f"{listing}: damaged (a key of {entry.algorithm} in a token)")
    return tuple(read.keys)


def encryption_with(passphrase: str | None, plain: bool) -> KeySerializationEncryption:
    """How new private keys are kept: under a passphrase, or plainly where that was said.

    Raises:
        InvalidInput: neither.
    """
    if passphrase:
        return BestAvailableEncryption(passphrase.encode())
    if plain and passphrase is None:
        return NoEncryption()
    raise InvalidInput(
        "private keys are encrypted: give a passphrase that is not empty, or say plain=True to keep them as "
        "they are"
    )


def read_key(path: Path, passphrase: str | None) -> InMemory | None:
    """Load a private key; None where its file is not there.

    Raises:
        WrongPassphrase: a passphrase is needed, or this one does not open it.
        KeyringError: the file is damaged or unreadable, or holds a key that is not used here.
    """
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyringError(f"{path}: cannot be read: {error.strerror}") from None
    encrypted = _ENCRYPTED in pem
    if encrypted and not passphrase:
        raise WrongPassphrase(
            f"{path}: encrypted; give the passphrase (CLAIMLEDGER_PASSPHRASE, or passphrase=...)"
        )
    try:
        secret = passphrase.encode() if passphrase and encrypted else None
        private = load_pem_private_key(pem, password=secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if encrypted:
            raise WrongPassphrase(
                f"{path}: this passphrase does not open the key, or the file is damaged"
            ) from None
        raise KeyringError(f"{path}: no PKCS#8 PEM private key; put the original file back") from None
    if isinstance(private, MLDSA44PrivateKey):
        return Mldsa44Signer(private)
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyringError(f"{path}: neither an Ed25519 nor an ML-DSA-44 key; no other is used here")
    return PrivateKeySigner(private)


def write_key(path: Path, signer: InMemory, encryption: KeySerializationEncryption) -> None:
    """Write a private key to a file that is not there yet."""
    _write(path, signer._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def write_listing(folder: Path, entries: Sequence[KeyEntry]) -> None:
    """Replace the listing in one step: a crash leaves the old one or the new one."""
    beside = folder / f".{LISTING}.{secrets.token_hex(4)}"
    _write(
        beside,
        _Listing(version=1, keys=list(entries)).model_dump_json(indent=2, exclude_none=True).encode() + b"\n",
    )
    beside.replace(folder / LISTING)


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may ever read, and that is on disk when this returns."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _keyid_of(entry: KeyEntry) -> str | None:
    try:
        return keyid_of(bytes.fromhex(entry.public_key), entry.algorithm)
    except InvalidValue:
        return None
