"""Private keys: how events and checkpoints are signed, and where the keys are kept.

1. `Signer` is all that the ledger asks for: a public key and a `sign`. A hardware module or an agent is
   plugged in by writing those two members; no private key needs to be in this process. `LogSigner` says its
   algorithm too, for keys of the log may be of another one than Ed25519.
2. A `Keyring` is a folder: ``keyring.json`` names the keys (public), and each private key is a PKCS#8 PEM
   file of its own, encrypted with a passphrase unless its maker says ``plain=True``. The folder is 0700, the
   files are 0600. The format's key derivation is quick (2,048 rounds), so a short passphrase is soon guessed.
3. A file that is not there is no error until its key is asked for: a root key can be kept on another medium, and the
   listing of a keyring may name a root key whose private half was never here.
4. A key that is loaded is the key that ``keyring.json`` names. One that stays in a token is looked for when it is asked
   for, not before; if its token is not there, no other recorder key signs in its place.
5. Private keys never come out: not in a repr, not in an error, and neither keyrings nor signers are pickled.

    >>> keys = Keyring.in_memory(seed=b"an example")
    >>> signature = keys.recorder.sign(b"message")
    >>> verify(keys.recorder.public_key, signature, b"message")
    True
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeAlias, cast

from claimledger.events.envelope import Algorithm
from claimledger.events.errors import InvalidInput, KeyMissing, KeyringError, TokenUnavailable

from .ed25519 import check_public_key, verify
from .key_files import (
    LISTING,
    KeyEntry,
    KeyringRole,
    encryption_with,
    read_key,
    read_listing,
    write_key,
    write_listing,
)
from .key_making import entry_of, new_key, new_keys
from .log_memory import FileMemory, LogMemory, ProcessMemory, memory_name
from .pkcs11_signer import Pkcs11Signer
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


Pin: TypeAlias = str | Callable[[KeyEntry], str] | None
"""A PIN, or who is asked for that of a key when the key is."""


class Keyring:
    """The keys with which one person records: made by `create`, `open`, `of` or `in_memory`, never directly."""

    __slots__ = ("_entries", "_folder", "_memories", "_pin", "_signers")

    def __init__(
        self, entries: Sequence[KeyEntry], signers: Mapping[str, Signer], folder: Path | None, pin: Pin = None
    ) -> None:
        self._entries = tuple(entries)
        self._signers = dict(signers)
        self._folder = folder
        self._pin = pin
        self._memories: dict[str, LogMemory] = {}

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
        made = new_keys(holder, root_holder, log_holder, roles)
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(place.iterdir()):
                raise InvalidInput(f"{place}: holds other files already; name a new or empty folder")
            place.chmod(0o700)
            for entry, signer in made:
                write_key(place / str(entry.file), signer, encryption)
            write_listing(place, [entry for entry, _ in made])
        except OSError as error:
            raise KeyringError(f"{place}: no keyring can be written there: {error.strerror}") from None
        return cls([entry for entry, _ in made], {entry.keyid: signer for entry, signer in made}, place)

    @classmethod
    def open(
        cls, folder: str | os.PathLike[str], *, passphrase: str | None = None, pin: Pin = None
    ) -> Keyring:
        """Open a keyring and load each private key whose file is there.

        Args:
            folder: the keyring's folder.
            passphrase: the passphrase, if the keys are encrypted; of no effect on keys that are not.
            pin: the PIN of the token, if a key is in one; or a function that is given the key's entry, and asks for
                it. A token is opened when its key is asked for, and only then runs its library in this process.

        Raises:
            KeyMissing: no keyring is there.
            WrongPassphrase: a passphrase is needed, or this one does not open a key.
            KeyringError: a file is damaged, unreadable, or holds another key than the listing names.
        """
        place = Path(folder)
        entries = cls.describe(place)
        signers = {}
        for entry in entries:
            signer = None if entry.file is None else read_key(place / entry.file, passphrase)
            if signer is None:
                continue
            if (signer.algorithm, signer.public_key.hex()) != (entry.algorithm, entry.public_key):
                raise KeyringError(
                    f"{place / str(entry.file)}: holds another key than {LISTING} names for it"
                )
            signers[entry.keyid] = signer
        return cls(entries, signers, place, pin)

    @classmethod
    def of(cls, signers: Iterable[tuple[str, KeyringRole, Signer | LogSigner]]) -> Keyring:
        """A keyring of any signers, written nowhere: of tokens, agents, or keys of other keyrings.

        Args:
            signers: of each, who holds it, in words; its role; and the signer. One that does not say its
                `algorithm` is of Ed25519.

        Raises:
            InvalidInput: one key twice; or a root or recorder key that is not of Ed25519; or a holder without a name.
            WeakKey: a public key under which signatures prove nothing.
        """
        held: dict[str, Signer] = {}
        entries = []
        for holder, role, signer in signers:
            entry = entry_of(holder, role, signer.public_key, getattr(signer, "algorithm", "ed25519"))
            if entry.keyid in held:
                raise InvalidInput(f"key {entry.keyid} comes twice; one key has one role")
            entries.append(entry)
            held[entry.keyid] = signer
        return cls(entries, held, None)

    @classmethod
    def add_token(
        cls,
        folder: str | os.PathLike[str],
        signer: Pkcs11Signer,
        *,
        holder: str,
        role: KeyringRole = "recorder",
    ) -> KeyEntry:
        """Write into the listing of a keyring that one more key of it is in a token; no passphrase is needed.

        The key may sign in a ledger only after a ``key.added`` there. A new recorder key is `recorder` from now on.

        Args:
            folder: the keyring's folder.
            signer: the key, opened.
            holder: who holds it, in words.
            role: what it is for.

        Returns:
            What the listing says of it.

        Raises:
            KeyMissing: no keyring is there.
            InvalidInput: the key is listed already, or the holder has no name.
            KeyringError: the listing is damaged, or the folder cannot be written.
        """
        place = Path(folder)
        entries = read_listing(place)
        entry = entry_of(holder, role, signer.public_key, "ed25519", pkcs11=signer.place)
        if entry.keyid in {each.keyid for each in entries}:
            raise InvalidInput(f"{place}: lists key {entry.keyid} already; one key has one role")
        try:
            write_listing(place, [*entries, entry])
        except OSError as error:
            raise KeyringError(f"{place}: cannot be written: {error.strerror}") from None
        return entry

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
        made = new_keys(holder, root_holder, log_holder, roles, seed)
        return cls([entry for entry, _ in made], {entry.keyid: signer for entry, signer in made}, None)

    @property
    def folder(self) -> Path | None:
        """Where the keys are kept; None for keys that are in memory only."""
        return self._folder

    def log_memory(self, origin: str) -> LogMemory:
        """Where these keys remember what they signed last for a log: in the folder, or for as long as they live.

        Args:
            origin: of the log.
        """
        if self._folder is not None:
            return FileMemory(self._folder / memory_name(origin))
        return self._memories.setdefault(origin, ProcessMemory())

    @property
    def entries(self) -> tuple[KeyEntry, ...]:
        """What is public of each key, also of those whose private key is not at hand."""
        return self._entries

    @property
    def roots(self) -> tuple[Signer, ...]:
        """The root keys that are at hand, in the order of the listing; those in a token, where the token is there.

        Raises:
            KeyringError: a token is there, and its key cannot be used; as all that follows.
        """
        return self._at_hand("root")

    @property
    def recorders(self) -> tuple[Signer, ...]:
        """The recorder keys that are at hand, in the order of the listing: the newest last."""
        return self._at_hand("recorder")

    @property
    def logs(self) -> tuple[LogSigner, ...]:
        """The keys at hand that sign checkpoints, in the order of the listing."""
        return cast("tuple[LogSigner, ...]", self._at_hand("log"))

    @property
    def witnesses(self) -> tuple[LogSigner, ...]:
        """The keys at hand that cosign checkpoints of others, in the order of the listing."""
        return cast("tuple[LogSigner, ...]", self._at_hand("witness"))

    def _at_hand(self, role: KeyringRole) -> tuple[Signer, ...]:
        found = []
        for entry in self._entries:
            if entry.role == role and self._is_named_here(entry):
                with suppress(TokenUnavailable):
                    found.append(self._signer(entry))
        return tuple(found)

    def _is_named_here(self, entry: KeyEntry) -> bool:
        return entry.keyid in self._signers or entry.pkcs11 is not None

    def _signer(self, entry: KeyEntry) -> Signer:
        """The signer of a key whose file was there, or whose token is asked for now."""
        if entry.pkcs11 is not None and entry.keyid not in self._signers:
            pin = self._pin(entry) if callable(self._pin) else self._pin
            self._signers[entry.keyid] = Pkcs11Signer(
                entry.pkcs11, pin=pin or "", public_key=bytes.fromhex(entry.public_key)
            )
        return self._signers[entry.keyid]

    @property
    def recorder(self) -> Signer:
        """The recorder key to sign with: the one added last whose private key is at hand, or in a token.

        Raises:
            KeyMissing: there is none.
            KeyringError: it is in a token that is not there, or does not sign; see `Pkcs11Signer`.
        """
        return self._signer(self._recorder_entry())

    def recorder_among(self, keyids: Collection[str]) -> Signer | None:
        """The newest recorder key at hand, or in a token, among some; None where there is none.

        Raises:
            KeyringError: it is in a token that is not there, or does not sign: no other one signs in its place.
        """
        for entry in reversed(self._entries):
            if entry.role == "recorder" and entry.keyid in keyids and self._is_named_here(entry):
                return self._signer(entry)
        return None

    def holds_any(self, keyids: Collection[str]) -> bool:
        """Whether one of some keys is at hand, or is said to be in a token; no token is opened."""
        return any(entry.keyid in keyids and self._is_named_here(entry) for entry in self._entries)

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
            algorithm: of the key; ``ml-dsa-44`` for a key of a log or witness only.
            passphrase: encrypts the private key; the passphrase of the other keys.
            plain: keep it unencrypted. A keyring in memory needs neither.

        Returns:
            The new key; of a root or recorder key, a `Signer`.

        Raises:
            InvalidInput: there is no passphrase and `plain` was not said; or that role has no such algorithm.
            WrongPassphrase: the passphrase does not open the keys that are there already.
            KeyringError: the folder cannot be written.
        """
        entry, signer = new_key(holder, role, algorithm=algorithm)
        if self._folder is not None:
            encryption = encryption_with(passphrase, plain)
            for other in self._entries:
                if other.file is not None:
                    read_key(self._folder / other.file, passphrase)
            try:
                write_key(self._folder / str(entry.file), signer, encryption)
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
            if entry.role == "recorder" and self._is_named_here(entry):
                return entry
        where = self._folder if self._folder is not None else "this keyring"
        raise KeyMissing(
            f"{where}: no private recorder key is at hand; put its PEM file back, or make a new one"
        )

    def __repr__(self) -> str:
        return f"<Keyring {', '.join(f'{entry.role} {entry.keyid}' for entry in self._entries)}>"

    def __reduce__(self) -> NoReturn:
        raise KeyringError(_STAY_HERE)
