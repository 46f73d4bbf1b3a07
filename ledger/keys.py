"""Private keys: how events are signed, and where the keys are kept.

1. `Signer` is all that the ledger asks for: a public key and a `sign`. A hardware module or an agent is
   plugged in by writing those two members; no private key needs to be in this process.
2. A `Keyring` is a folder: ``keyring.json`` names the keys (public), and each private key is a PKCS#8 PEM
   file of its own, encrypted with a passphrase unless its maker says ``plain=True``. The folder is 0700, the
   files are 0600. The format's key derivation is quick (2,048 rounds), so a short passphrase is soon guessed.
3. A file that is not there is no error until its key is asked for: a root key can be kept on another medium.
4. A key that is loaded is the key that ``keyring.json`` names.
5. Private keys never come out: not in a repr, not in an error, and neither keyrings nor signers are pickled.

    >>> keys = Keyring.in_memory(seed=b"an example")
    >>> signature = keys.recorder.sign(b"message")
    >>> verify(keys.recorder.public_key, signature, b"message")
    True
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, NoReturn, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from claimledger.events.envelope import keyid_of
from claimledger.events.errors import InvalidInput, KeyMissing, KeyringError, WrongPassphrase

from .ed25519 import check_public_key, verify

__all__ = ["KeyEntry", "Keyring", "PrivateKeySigner", "Signer", "check_public_key", "keyid", "verify"]

LISTING = "keyring.json"
_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_STAY_HERE = "the private keys are not pickled or copied; open the keyring in each process"

_Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,80}\.pem$")]


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


class PrivateKeySigner:
    """A signer whose private key is in the memory of this process."""

    __slots__ = ("_private_key", "_public_key")

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self._public_key = private_key.public_key().public_bytes_raw()

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature over a message: 64 bytes."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"<PrivateKeySigner {keyid(self)}>"

    def __reduce__(self) -> NoReturn:
        raise KeyringError(_STAY_HERE)


class KeyEntry(BaseModel):
    """What ``keyring.json`` says of one key; all of it is public.

    Attributes:
        holder: who holds the key, in words ("Recorder A").
        role: what it is for.
        keyid: see `claimledger.events.envelope.keyid_of`.
        public_key: the 32 raw bytes as hex.
        file: name of the PEM file in the keyring's folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    holder: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    role: Literal["root", "recorder"]
    keyid: _Hex
    public_key: _Hex
    file: _FileName


class _Listing(BaseModel):
    """The shape of ``keyring.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1]
    keys: list[KeyEntry]


class Keyring:
    """The keys with which one person records: made by `create`, `open` or `in_memory`, never directly."""

    __slots__ = ("_entries", "_folder", "_signers")

    def __init__(
        self, entries: Sequence[KeyEntry], signers: dict[str, PrivateKeySigner], folder: Path | None
    ) -> None:
        self._entries = tuple(entries)
        self._signers = dict(signers)
        self._folder = folder

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        *,
        passphrase: str | None,
        holder: str = "Recorder A",
        root_holder: str = "Root",
        plain: bool = False,
    ) -> Keyring:
        """Make a keyring of one root key and one recorder key.

        Args:
            folder: a folder that is not there yet, or is empty.
            passphrase: encrypts the private keys; None only together with `plain`.
            holder: who will hold the recorder key, in words.
            root_holder: who will hold the root key, in words.
            plain: keep the private keys unencrypted.

        Raises:
            InvalidInput: the folder holds something already; or no passphrase, and `plain` was not said.
            KeyringError: the folder cannot be written.
        """
        place = Path(folder)
        encryption = _encryption(passphrase, plain)
        if (place / LISTING).exists():
            raise InvalidInput(f"{place}: a keyring is there already; open it, or name another folder")
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(place.iterdir()):
                raise InvalidInput(f"{place}: holds other files already; name a new or empty folder")
            place.chmod(0o700)
            made = [_new(root_holder, "root"), _new(holder, "recorder")]
            for entry, signer in made:
                _write_key(place / entry.file, signer, encryption)
            _write_listing(place, [entry for entry, _ in made])
        except OSError as error:
            raise KeyringError(f"{place}: no keyring can be written there: {error.strerror}") from None
        return cls([entry for entry, _ in made], {entry.keyid: signer for entry, signer in made}, place)

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, passphrase: str | None = None) -> Keyring:
        """Open a keyring and load each private key whose file is there.

        Args:
            folder: the keyring's folder.
            passphrase: the passphrase, if the keys are encrypted; of no effect on keys that are not.

        Raises:
            KeyMissing: no keyring is there.
            WrongPassphrase: a passphrase is needed, or this one does not open a key.
            KeyringError: a file is damaged, unreadable, or holds another key than the listing names.
        """
        place = Path(folder)
        entries = cls.describe(place)
        signers = {}
        for entry in entries:
            signer = _read_key(place / entry.file, passphrase)
            if signer is None:
                continue
            if signer.public_key.hex() != entry.public_key:
                raise KeyringError(f"{place / entry.file}: holds another key than {LISTING} names for it")
            signers[entry.keyid] = signer
        return cls(entries, signers, place)

    @classmethod
    def describe(cls, folder: str | os.PathLike[str]) -> tuple[KeyEntry, ...]:
        """Read what is public of a keyring, without a passphrase.

        Raises:
            KeyMissing: no keyring is there.
            KeyringError: the listing is damaged or unreadable.
        """
        listing = Path(folder) / LISTING
        try:
            read = _Listing.model_validate_json(listing.read_bytes())
        except FileNotFoundError:
            raise KeyMissing(
                f"{Path(folder)}: no keyring there; make one: claimledger keys new {Path(folder)}"
            ) from None
        except OSError as error:
            raise KeyringError(f"{listing}: cannot be read: {error.strerror}") from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise KeyringError(f"{listing}: damaged (at {where or 'top'}: {first['msg']})") from None
        for entry in read.keys:
            if keyid_of(bytes.fromhex(entry.public_key)) != entry.keyid:
                raise KeyringError(f"{listing}: damaged (the keyid of {entry.file} is not that of its key)")
        return tuple(read.keys)

    @classmethod
    def in_memory(
        cls, *, seed: bytes | None = None, holder: str = "Recorder A", root_holder: str = "Root"
    ) -> Keyring:
        """A keyring that is written nowhere: for tests and for ledgers in memory.

        Args:
            seed: any bytes; the same seed gives the same keys, and who knows it can sign. None: random keys.
            holder: who holds the recorder key, in words.
            root_holder: who holds the root key, in words.
        """
        made = [_new(root_holder, "root", seed), _new(holder, "recorder", seed)]
        return cls([entry for entry, _ in made], {entry.keyid: signer for entry, signer in made}, None)

    @property
    def entries(self) -> tuple[KeyEntry, ...]:
        """What is public of each key, also of those whose private key is not at hand."""
        return self._entries

    @property
    def roots(self) -> tuple[Signer, ...]:
        """The root keys that are at hand, in the order of the listing."""
        return tuple(
            self._signers[entry.keyid]
            for entry in self._entries
            if entry.role == "root" and entry.keyid in self._signers
        )

    @property
    def recorder(self) -> Signer:
        """The recorder key to sign with: the one added last whose private key is at hand.

        Raises:
            KeyMissing: there is none.
        """
        return self._signers[self._recorder_entry().keyid]

    @property
    def recorder_holder(self) -> str:
        """Who holds `recorder`, in words.

        Raises:
            KeyMissing: there is no recorder key at hand.
        """
        return self._recorder_entry().holder

    def new_recorder(self, holder: str, *, passphrase: str | None = None, plain: bool = False) -> Signer:
        """Make one more recorder key; from now on `recorder` is that one.

        It may sign in a ledger only after a ``key.added`` there.

        Args:
            holder: who will hold it, in words.
            passphrase: encrypts the private key; the passphrase of the other keys.
            plain: keep it unencrypted. A keyring in memory needs neither.

        Raises:
            InvalidInput: there is no passphrase and `plain` was not said.
            WrongPassphrase: the passphrase does not open the keys that are there already.
            KeyringError: the folder cannot be written.
        """
        entry, signer = _new(holder, "recorder")
        if self._folder is not None:
            encryption = _encryption(passphrase, plain)
            for other in self._entries:
                _read_key(self._folder / other.file, passphrase)
            try:
                _write_key(self._folder / entry.file, signer, encryption)
                _write_listing(self._folder, [*self._entries, entry])
            except OSError as error:
                raise KeyringError(f"{self._folder}: cannot be written: {error.strerror}") from None
        self._entries = (*self._entries, entry)
        self._signers[entry.keyid] = signer
        return signer

    def _recorder_entry(self) -> KeyEntry:
        for entry in reversed(self._entries):
            if entry.role == "recorder" and entry.keyid in self._signers:
                return entry
        where = self._folder if self._folder is not None else "this keyring"
        raise KeyMissing(
            f"{where}: no private recorder key is at hand; put its PEM file back, or make a new one"
        )

    def __repr__(self) -> str:
        return f"<Keyring {', '.join(f'{entry.role} {entry.keyid}' for entry in self._entries)}>"

    def __reduce__(self) -> NoReturn:
        raise KeyringError(_STAY_HERE)


def _new(
    holder: str, role: Literal["root", "recorder"], seed: bytes | None = None
) -> tuple[KeyEntry, PrivateKeySigner]:
    if seed is None:
        private = Ed25519PrivateKey.generate()
    else:
        digest = sha256(b"claimledger-keyring/1\0" + role.encode() + b"\0" + seed).digest()
        private = Ed25519PrivateKey.from_private_bytes(digest)
    signer = PrivateKeySigner(private)
    name = keyid(signer)
    try:
        entry = KeyEntry(
            holder=holder,
            role=role,
            keyid=name,
            public_key=signer.public_key.hex(),
            file=f"{role}-{name[:16]}.pem",
        )
    except ValidationError:
        raise InvalidInput("the holder of a key is named in 1 to 200 characters") from None
    return entry, signer


def _encryption(passphrase: str | None, plain: bool) -> KeySerializationEncryption:
    if passphrase:
        return BestAvailableEncryption(passphrase.encode())
    if plain and passphrase is None:
        return NoEncryption()
    raise InvalidInput(
        "private keys are encrypted: give a passphrase that is not empty, or say plain=True to keep them as "
        "they are"
    )


def _read_key(path: Path, passphrase: str | None) -> PrivateKeySigner | None:
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
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyringError(f"{path}: not an Ed25519 key; events take no other algorithm")
    return PrivateKeySigner(private)


def _write_key(path: Path, signer: PrivateKeySigner, encryption: KeySerializationEncryption) -> None:
    _write(path, signer._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def _write_listing(folder: Path, entries: Sequence[KeyEntry]) -> None:
    """Replace the listing in one step: a crash leaves the old one or the new one."""
    beside = folder / f".{LISTING}.{secrets.token_hex(4)}"
    _write(beside, _Listing(version=1, keys=list(entries)).model_dump_json(indent=2).encode() + b"\n")
    beside.replace(folder / LISTING)


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may ever read, and that is on disk when this returns."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
