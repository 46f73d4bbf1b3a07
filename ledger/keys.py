"""Private keys: how events and checkpoints are signed, and where the keys are kept.

1. `Signer` is all that the ledger asks for: a public key and a `sign`. A hardware module or an agent is
   plugged in by writing those two members; no private key needs to be in this process. `LogSigner` says its
   algorithm too, for keys of the log may be of another one than Ed25519.
2. A `Keyring` is a folder: ``keyring.json`` names the keys (public), and each private key is a PKCS#8 PEM
   file of its own, encrypted with a passphrase unless its maker says ``plain=True``. The folder is 0700, the
   files are 0600. The format's key derivation is quick (2,048 rounds), so a short passphrase is soon guessed.
3. A file that is not there is no error until its key is asked for: a root key can be kept on another medium, and the
   listing of a keyring may name a root key whose private half was never here.
4. A key that is loaded is the key that ``keyring.json`` names.
5. Private keys never come out: not in a repr, not in an error, and neither keyrings nor signers are pickled.

    >>> keys = Keyring.in_memory(seed=b"an example")
    >>> signature = keys.recorder.sign(b"message")
    >>> verify(keys.recorder.public_key, signature, b"message")
    True
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NoReturn, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from pydantic import ValidationError

from claimledger.events.envelope import Algorithm, keyid_of
from claimledger.events.errors import InvalidInput, KeyMissing, KeyringError

from .ed25519 import check_public_key, verify
from .key_files import (
    LISTING,
    InMemory,
    KeyEntry,
    KeyringRole,
    encryption_with,
    read_key,
    read_listing,
    write_key,
    write_listing,
)
from .mldsa44 import Mldsa44Signer
from .mldsa44 import is_supported as has_mldsa44
from .signers import LogSigner, PrivateKeySigner, Signer, keyid

__all__ = [
    "LISTING",
    "KeyEntry",
    "Keyring",
    "KeyringRole",
    "LogSigner",
    "PrivateKeySigner",
    "Signer",
    "check_public_key",
    "keyid",
    "verify",
]

_STAY_HERE = "the private keys are not pickled or copied; open the keyring in each process"


class Keyring:
    """The keys with which one person records: made by `create`, `open` or `in_memory`, never directly."""

    __slots__ = ("_entries", "_folder", "_signers")

    def __init__(
        self, entries: Sequence[KeyEntry], signers: dict[str, InMemory], folder: Path | None
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
        log_holder: str = "Log",
        roles: Collection[KeyringRole] = ("root", "recorder", "log"),
        plain: bool = False,
    ) -> Keyring:
        """Make a keyring of one root key, one recorder key, and the keys that sign checkpoints.

        Those last are two, of Ed25519 and of ML-DSA-44; the latter where this installation has the algorithm.

        Args:
            folder: a folder that is not there yet, or is empty.
            passphrase: encrypts the private keys; None only together with `plain`.
            holder: who will hold the recorder key, in words.
            root_holder: who will hold the root key, in words.
            log_holder: who will hold the log keys, in words.
            roles: of which keys to make one; ``("root",)`` for a root key that is kept elsewhere.
            plain: keep the private keys unencrypted.

        Raises:
            InvalidInput: the folder holds something already; or no passphrase, and `plain` was not said.
            KeyringError: the folder cannot be written.
        """
        place = Path(folder)
        encryption = encryption_with(passphrase, plain)
        if (place / LISTING).exists():
            raise InvalidInput(f"{place}: a keyring is there already; open it, or name another folder")
        made = _new_keys(holder, root_holder, log_holder, roles)
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(place.iterdir()):
                raise InvalidInput(f"{place}: holds other files already; name a new or empty folder")
            place.chmod(0o700)
            for entry, signer in made:
                write_key(place / entry.file, signer, encryption)
            write_listing(place, [entry for entry, _ in made])
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
            signer = read_key(place / entry.file, passphrase)
            if signer is None:
                continue
            if (signer.algorithm, signer.public_key.hex()) != (entry.algorithm, entry.public_key):
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
        return read_listing(Path(folder))

    @classmethod
    def in_memory(
        cls,
        *,
        seed: bytes | None = None,
        holder: str = "Recorder A",
        root_holder: str = "Root",
        log_holder: str = "Log",
        roles: Collection[KeyringRole] = ("root", "recorder", "log"),
    ) -> Keyring:
        """A keyring that is written nowhere: for tests and for ledgers in memory.

        Args:
            seed: any bytes; the same seed gives the same keys, and who knows it can sign. None: random keys.
            holder: who holds the recorder key, in words.
            root_holder: who holds the root key, in words.
            log_holder: who holds the log keys, in words.
            roles: of which keys to make one.
        """
        made = _new_keys(holder, root_holder, log_holder, roles, seed)
        return cls([entry for entry, _ in made], {entry.keyid: signer for entry, signer in made}, None)

    @property
    def folder(self) -> Path | None:
        """Where the keys are kept; None for keys that are in memory only."""
        return self._folder

    @property
    def entries(self) -> tuple[KeyEntry, ...]:
        """What is public of each key, also of those whose private key is not at hand."""
        return self._entries

    @property
    def roots(self) -> tuple[Signer, ...]:
        """The root keys that are at hand, in the order of the listing."""
        return self._at_hand("root")

    @property
    def recorders(self) -> tuple[Signer, ...]:
        """The recorder keys that are at hand, in the order of the listing: the newest last."""
        return self._at_hand("recorder")

    @property
    def logs(self) -> tuple[LogSigner, ...]:
        """The keys at hand that sign checkpoints, in the order of the listing."""
        return self._at_hand("log")

    def _at_hand(self, role: KeyringRole) -> tuple[InMemory, ...]:
        named = [entry.keyid for entry in self._entries if entry.role == role]
        return tuple(self._signers[name] for name in named if name in self._signers)

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

    def new_key(
        self,
        role: KeyringRole,
        holder: str,
        *,
        algorithm: Algorithm = "ed25519",
        passphrase: str | None = None,
        plain: bool = False,
    ) -> LogSigner:
        """Make one more key. It may sign in a ledger only after a ``key.added`` there.

        Args:
            role: what it is for. A new recorder key is `recorder` from now on.
            holder: who will hold it, in words.
            algorithm: of the key; ``ml-dsa-44`` for a log key only.
            passphrase: encrypts the private key; the passphrase of the other keys.
            plain: keep it unencrypted. A keyring in memory needs neither.

        Returns:
            The new key; of a root or recorder key, a `Signer`.

        Raises:
            InvalidInput: there is no passphrase and `plain` was not said; or that role has no such algorithm.
            WrongPassphrase: the passphrase does not open the keys that are there already.
            KeyringError: the folder cannot be written.
        """
        if algorithm != "ed25519" and role != "log":
            raise InvalidInput(f"a {role} key is an Ed25519 key; only log keys may be of another algorithm")
        entry, signer = _new(holder, role, algorithm=algorithm)
        if self._folder is not None:
            encryption = encryption_with(passphrase, plain)
            for other in self._entries:
                read_key(self._folder / other.file, passphrase)
            try:
                write_key(self._folder / entry.file, signer, encryption)
                write_listing(self._folder, [*self._entries, entry])
            except OSError as error:
                raise KeyringError(f"{self._folder}: cannot be written: {error.strerror}") from None
        self._entries = (*self._entries, entry)
        self._signers[entry.keyid] = signer
        return signer

    def list_public(self, entries: Sequence[KeyEntry]) -> None:
        """Take keys into the listing whose private halves are kept elsewhere; those that are there already stay.

        Raises:
            KeyringError: the folder cannot be written.
        """
        here = {entry.keyid for entry in self._entries}
        added = (*self._entries, *(entry for entry in entries if entry.keyid not in here))
        if self._folder is not None:
            try:
                write_listing(self._folder, added)
            except OSError as error:
                raise KeyringError(f"{self._folder}: cannot be written: {error.strerror}") from None
        self._entries = added

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


_Made: TypeAlias = tuple[KeyEntry, InMemory]


def _new_keys(
    holder: str, root_holder: str, log_holder: str, roles: Collection[KeyringRole], seed: bytes | None = None
) -> list[_Made]:
    made = []
    if "root" in roles:
        made.append(_new(root_holder, "root", seed))
    if "recorder" in roles:
        made.append(_new(holder, "recorder", seed))
    if "log" in roles:
        made.append(_new(log_holder, "log", seed))
        if has_mldsa44():
            made.append(_new(log_holder, "log", seed, algorithm="ml-dsa-44"))
    return made


def _new(
    holder: str, role: KeyringRole, seed: bytes | None = None, *, algorithm: Algorithm = "ed25519"
) -> _Made:
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
    name = keyid_of(signer.public_key, algorithm)
    try:
        entry = KeyEntry(
            holder=holder,
            role=role,
            algorithm=algorithm,
            keyid=name,
            public_key=signer.public_key.hex(),
            file=f"{kind}-{name[:16]}.pem",
        )
    except ValidationError:
        raise InvalidInput("the holder of a key is named in 1 to 200 characters") from None
    return entry, signer
