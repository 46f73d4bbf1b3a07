"""A witness: somebody outside, who says that a log only ever grew from what he saw of it before (C2SP tlog-witness).

1. A witness knows logs by their keys, which reached him by a way that he trusts. Of each log he keeps the last
   checkpoint that he cosigned, and nothing else: no event, no content.
2. He cosigns a checkpoint that each of the log's keys signed, and that is proven to go on from the one that he keeps.
   Of two histories he cosigns one at the most.
3. What he cosigns he keeps first, and on disk. Looking and keeping are one step, over processes too.
4. His time is that of his own clock: it is what his cosignature says, and it may be wrong as any clock.

A witness is a folder: a keyring with his keys, ``witness.json`` with the logs' keys, and a file for each log.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from claimledger.events.errors import (
    ForkRefused,
    InvalidInput,
    InvalidValue,
    KeyMissing,
    KeyringError,
    MalformedNote,
    NotTheLatest,
    UnknownName,
    WrongProof,
)

from .checkpoints import Checkpoint, SignedCheckpoint, open_checkpoint
from .cosignatures import CosignatureSigner, SubtreeSigner, verifier_of
from .keys import Keyring, KeyringRole
from .merkle import verify_consistency
from .notes import KeyType, Note, NoteSigner, NoteVerifier, VerifierKey
from .witness_requests import WitnessRequest, write_lines

__all__ = ["Witness"]

_FILE = "witness.json"


def _seconds() -> int:
    return int(time.time())


class Witness:
    """A witness, from his folder: made by `create` or `open`.

    Attributes:
        name: by which his cosignatures are known; by custom an address without its scheme.
    """

    def __init__(
        self, folder: Path, keyring: Keyring, name: str, logs: Sequence[VerifierKey], clock: Callable[[], int]
    ) -> None:
        self.name = name
        self._folder = folder
        self._keyring = keyring
        self._logs = tuple(logs)
        self._clock = clock

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        *,
        name: str,
        passphrase: str | None,
        plain: bool = False,
        clock: Callable[[], int] = _seconds,
    ) -> Witness:
        """Make a witness with new keys, who knows no log yet.

        Args:
            folder: a folder that is not there yet, or is empty.
            name: by which his cosignatures are to be known.
            passphrase: encrypts the private keys; None only together with `plain`.
            plain: keep the private keys unencrypted.
            clock: the time in seconds since 1970.

        Raises:
            InvalidInput: the folder holds something, the name is none, or there is no passphrase.
            KeyringError: the folder cannot be written.
        """
        VerifierKey(
            name, KeyType.SUBTREE_V1, bytes(1312)
        )  # the rules of a key's name, before anything is written
        roles: tuple[KeyringRole, ...] = ("witness",)
        keyring = Keyring.create(folder, passphrase=passphrase, plain=plain, holder=name[:200], roles=roles)
        made = cls(Path(folder), keyring, name, (), clock)
        made._write()
        return made

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        *,
        passphrase: str | None = None,
        clock: Callable[[], int] = _seconds,
    ) -> Witness:
        """Open a witness that is there.

        Raises:
            KeyMissing: no witness is there.
            WrongPassphrase: a passphrase is needed, or this one does not open a key.
            KeyringError: a file is damaged or unreadable.
        """
        place = Path(folder)
        name, logs = _read(place / _FILE)
        return cls(place, Keyring.open(place, passphrase=passphrase), name, logs, clock)

    @classmethod
    def describe(cls, folder: str | os.PathLike[str]) -> Witness:
        """Open what is public of a witness: without a passphrase, and unable to cosign."""
        place = Path(folder)
        name, logs = _read(place / _FILE)
        return cls(place, Keyring(Keyring.describe(place), {}, place), name, logs, _seconds)

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """His public keys, for auditors: hand them out by another way than the cosignatures."""
        types = {"ed25519": KeyType.COSIGNATURE_V1, "ml-dsa-44": KeyType.SUBTREE_V1}
        entries = [each for each in self._keyring.entries if each.role == "witness"]
        return tuple(
            VerifierKey(self.name, types[each.algorithm], bytes.fromhex(each.public_key)) for each in entries
        )

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """The keys of the logs that he knows."""
        return self._logs

    def last(self, origin: str) -> SignedCheckpoint | None:
        """The checkpoint of a log that he cosigned last; None where he never did.

        Raises:
            UnknownName: he does not know the log.
        """
        note = self._keyring.log_memory(origin).read()
        verifiers = self._of(origin)
        return None if note is None else open_checkpoint(note, verifiers)

    def add_log(self, keys: Sequence[VerifierKey | str]) -> str:
        """Know a log from now on, by its keys; all of them sign each of its checkpoints.

        Args:
            keys: of one log, as `Ledger.log_keys` gives them.

        Returns:
            The log's origin.

        Raises:
            InvalidInput: no keys, keys of several logs, or keys of a witness; or he knows other keys of that log.
        """
        read = [VerifierKey.parse(key) if isinstance(key, str) else key for key in keys]
        origins = {key.name for key in read}
        if len(origins) != 1 or any(key.type is KeyType.COSIGNATURE_V1 for key in read):
            raise InvalidInput("a log is made known by its own keys, all of them and of no other log")
        if self.name in origins:
            raise InvalidInput(f"{self.name} is this witness's own name; a log does not witness itself")
        origin = origins.pop()
        known = {key for key in self._logs if key.name == origin}
        if known and known != set(read):
            raise InvalidInput(
                f"{origin}: other keys of this log are known already; take it out first, if they were replaced"
            )
        if not known:
            self._logs = (*self._logs, *read)
            self._write()
        return origin

    def cosign(self, request: bytes) -> bytes:
        """Look at a checkpoint, and cosign it.

        Args:
            request: what the log sent: see `claimledger.witness_requests`.

        Returns:
            Signature lines: the cosignatures.

        Raises:
            MalformedNote: it is no request.
            UnknownName: the log is not known here.
            KeyNotAllowed, WrongSignature: the log's keys did not sign the checkpoint.
            NotTheLatest: the request goes on from another size than that of the last cosigned checkpoint.
            ForkRefused: a checkpoint of the same size and another root: the log shows two histories.
            WrongProof: the checkpoint is not proven to go on from the last one.
            KeyMissing: the witness's private keys are not at hand.
            KeyringError: it cannot be kept; nothing was cosigned.
        """
        asked = WitnessRequest.from_bytes(request)
        origin = Checkpoint.from_text(Note.from_bytes(asked.checkpoint).text).origin
        signed = open_checkpoint(asked.checkpoint, self._of(origin))
        signers = self._signers()
        memory = self._keyring.log_memory(origin)
        with memory.held():
            kept = memory.read()
            last = None if kept is None else open_checkpoint(kept, self._of(origin))
            _check_goes_on(asked, signed, last)
            lines = signed.opened.note.with_lines(()).signed_by(*signers).lines
            own = {(each.key.name, each.key.key_id) for each in signers}
            cosignatures = tuple(line for line in lines if (line.name, line.key_id) in own)
            memory.write(asked.checkpoint)
        return write_lines(cosignatures)

    def _of(self, origin: str) -> list[NoteVerifier]:
        verifiers = [verifier_of(key) for key in self._logs if key.name == origin]
        if not verifiers:
            raise UnknownName(f"{origin}: no log of that name is known to this witness")
        return verifiers

    def _signers(self) -> list[NoteSigner]:
        signers: list[NoteSigner] = []
        for each in self._keyring.witnesses:
            if each.algorithm == "ed25519":
                signers.append(CosignatureSigner(self.name, each, self._clock))
            else:
                signers.append(SubtreeSigner(self.name, each, self._clock))
        if not signers:
            raise KeyMissing(f"{self._folder}: no private key of the witness is at hand")
        return signers

    def _write(self) -> None:
        document = {"version": 1, "name": self.name, "logs": [str(key) for key in self._logs]}
        beside = self._folder / f".{_FILE}.new"
        try:
            beside.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            beside.replace(self._folder / _FILE)
        except OSError as error:
            raise KeyringError(f"{self._folder}: cannot be written: {error.strerror}") from None


def _check_goes_on(asked: WitnessRequest, signed: SignedCheckpoint, last: SignedCheckpoint | None) -> None:
    size = 0 if last is None else last.size
    if asked.old > signed.size:
        raise MalformedNote("request: the old size is larger than that of the checkpoint")
    if asked.old != size:
        raise NotTheLatest(
            f"the witness cosigned size {size} of this log last, and the request goes on from {asked.old}; "
            f"ask for one with claimledger anchor request LEDGER --from {size} --to FILE",
            size,
        )
    if last is None:
        if asked.proof:
            raise WrongProof("request: the first checkpoint goes on from nothing, and its proof is empty")
        return
    if signed.size == size:
        if signed.root != last.root:
            raise ForkRefused(
                f"the log signed two checkpoints of size {size} with different roots: it shows two histories"
            )
        if asked.proof:
            raise WrongProof("request: between two checkpoints of one size there is nothing to prove")
        return
    try:
        verify_consistency(size, signed.size, last.root, signed.root, asked.proof)
    except WrongProof as error:
        raise WrongProof(
            f"request: it does not show that the log goes on from the {size} events that the witness cosigned "
            f"({error}): its proof was changed, or the log shows another history"
        ) from None


def _read(path: Path) -> tuple[str, tuple[VerifierKey, ...]]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise KeyMissing(
            f"{path.parent}: no witness there; make one: claimledger witness init {path.parent} --name NAME"
        ) from None
    except OSError as error:
        raise KeyringError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        document = None
    try:
        if document["version"] != 1 or document.keys() != {"version", "name", "logs"}:
            raise InvalidValue("another shape")
        return str(document["name"]), tuple(VerifierKey.parse(key) for key in document["logs"])
    except (TypeError, KeyError, AttributeError, InvalidValue):
        raise KeyringError(f"{path}: damaged; restore it, or make the witness anew") from None
