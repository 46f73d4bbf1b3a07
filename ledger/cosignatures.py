"""Cosignatures: what witnesses, and logs with ML-DSA-44, say of a checkpoint (C2SP tlog-cosignature).

1. A line of type 0x04 (cosignature/v1, Ed25519) signs a time and the whole text of the note, behind a header that
   no other message of the log begins with. A line of type 0x06 (subtree/v1, ML-DSA-44) signs the name of the key, a
   time, the origin, the range of leaves from 0 to the size, and the root: no extension lines.
2. Both hold the time as 8 bytes, big-endian, in front of the signature: seconds since 1970, at most 2**63 - 1.
   In a line of type 0x06 it may be 0, which says only that the tree is consistent with all that was seen. A log
   signs its own checkpoints so: named as the log, with time 0.
3. A witness is a name with its keys. A `WitnessPolicy` says which witnesses count and how many of them must have
   cosigned. Unknown ones never count. One witness counts once, however many lines it has; names that share a key
   are one witness; a key of the log, or one that bears the log's name, is no witness.
4. A line of a known witness that does not fit is *wrong*, and so is one from the future. Too few of them is *could
   not check*: nobody outside vouched that the log shows everybody the same.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from claimledger.events.errors import FutureCosignature, InvalidValue, MalformedNote, NotWitnessed

from . import ed25519, mldsa44
from .checkpoints import Checkpoint, SignedCheckpoint
from .keys import Signer
from .merkle import MAX_SIZE
from .note_keys import Ed25519NoteVerifier, KeyType, NoteVerifier, VerifierKey, VerifierOfType
from .notes import open_note

__all__ = [
    "Cosignature",
    "CosignatureSigner",
    "CosignatureVerifier",
    "SubtreeSigner",
    "SubtreeVerifier",
    "WitnessPolicy",
    "cosignature_message",
    "read_timestamp",
    "subtree_message",
    "verifier_of",
]

TIME_BYTES: Final = 8


def cosignature_message(timestamp: int, text: str) -> bytes:
    """What a line of type 0x04 signs: a header, the time in seconds since 1970, and the text of the checkpoint."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def subtree_message(name: str, timestamp: int, origin: str, start: int, end: int, root: bytes) -> bytes:
    """What a line of type 0x06 signs.

    Args:
        name: of the key; 1 to 255 bytes of UTF-8.
        timestamp: seconds since 1970, or 0; always 0 where ``start`` is not.
        origin: of the log; 1 to 255 bytes of UTF-8.
        start: first leaf of the subtree; 0 for a checkpoint.
        end: the leaf behind its last; the size for a checkpoint.
        root: 32 bytes.
    """
    by, log = name.encode(), origin.encode()
    return struct.pack(
        f">12sB{len(by)}sQB{len(log)}sQQ32s",
        *(b"subtree/v1\n\0", len(by), by, timestamp, len(log), log, start, end, root),
    )


def read_timestamp(signature: bytes) -> int:
    """The time in front of a signature of type 0x04 or 0x06: seconds since 1970; 0 where none is stated."""
    return int.from_bytes(signature[:TIME_BYTES], "big")


class CosignatureVerifier(VerifierOfType):
    """Verifies lines of type 0x04: Ed25519 over a time and a checkpoint."""

    __slots__ = ()

    TYPE = KeyType.COSIGNATURE_V1

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether a time and a signature (72 bytes) fit the text of a checkpoint."""
        timestamp = read_timestamp(signature)
        if len(signature) != TIME_BYTES + 64 or timestamp > MAX_SIZE or _checkpoint(text) is None:
            return False
        message = cosignature_message(timestamp, text)
        return ed25519.verify(self._key.public_key, signature[TIME_BYTES:], message)


class SubtreeVerifier(VerifierOfType):
    """Verifies lines of type 0x06: ML-DSA-44 over a name, a time and a checkpoint."""

    __slots__ = ()

    TYPE = KeyType.SUBTREE_V1

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether a time and a signature (2,428 bytes) fit the text of a checkpoint.

        Raises:
            CouldNotCheck: this installation has no ML-DSA-44.
        """
        timestamp, checkpoint = read_timestamp(signature), _checkpoint(text)
        if timestamp > MAX_SIZE or checkpoint is None:
            return False
        message = subtree_message(
            self._key.name, timestamp, checkpoint.origin, 0, checkpoint.size, checkpoint.root
        )
        return mldsa44.verify(self._key.public_key, signature[TIME_BYTES:], message)


def verifier_of(key: VerifierKey | str) -> NoteVerifier:
    """The verifier of a key's lines, by its type.

    Args:
        key: a key, or its text form; see `VerifierKey.parse`.

    Raises:
        InvalidValue: the text is no key.
        WeakKey: an Ed25519 key under which signatures prove nothing.
    """
    key = VerifierKey.parse(key) if isinstance(key, str) else key
    if key.type is KeyType.ED25519:
        return Ed25519NoteVerifier(key)
    return CosignatureVerifier(key) if key.type is KeyType.COSIGNATURE_V1 else SubtreeVerifier(key)


class CosignatureSigner:
    """Cosigns checkpoints with lines of type 0x04.

    Args:
        name: of the witness.
        signer: whatever holds its Ed25519 key; a key that does nothing else.
        clock: the time in seconds since 1970.
    """

    __slots__ = ("_clock", "_key", "_signer")

    def __init__(self, name: str, signer: Signer, clock: Callable[[], int]) -> None:
        self._key = VerifierKey(name, KeyType.COSIGNATURE_V1, signer.public_key)
        self._signer = signer
        self._clock = clock

    @property
    def key(self) -> VerifierKey:
        """The public half, with the name that its lines bear."""
        return self._key

    def sign(self, text: str) -> bytes:
        """The time and the signature over a checkpoint: 72 bytes.

        Raises:
            InvalidValue: the text is no checkpoint.
        """
        _require_checkpoint(text)
        timestamp = _time(self._clock)
        return timestamp.to_bytes(TIME_BYTES, "big") + self._signer.sign(cosignature_message(timestamp, text))


class SubtreeSigner:
    """Signs checkpoints with lines of type 0x06.

    Args:
        name: of the witness; for a log, its origin.
        signer: whatever holds the ML-DSA-44 key, such as `claimledger.mldsa44.Mldsa44Signer`.
        clock: the time in seconds since 1970. None states no time, as a log does for its own checkpoints.
    """

    __slots__ = ("_clock", "_key", "_signer")

    def __init__(self, name: str, signer: Signer, clock: Callable[[], int] | None = None) -> None:
        self._key = VerifierKey(name, KeyType.SUBTREE_V1, signer.public_key)
        self._signer = signer
        self._clock = clock

    @property
    def key(self) -> VerifierKey:
        """The public half, with the name that its lines bear."""
        return self._key

    def sign(self, text: str) -> bytes:
        """The time and the signature over a checkpoint: 2,428 bytes.

        Raises:
            InvalidValue: the text is no checkpoint, or has extension lines, which this signature would not cover.
        """
        checkpoint = _require_checkpoint(text)
        if checkpoint.extensions:
            raise InvalidValue(
                "an ML-DSA-44 line does not cover extension lines: sign a checkpoint without any"
            )
        timestamp = _time(self._clock) if self._clock else 0
        message = subtree_message(
            self._key.name, timestamp, checkpoint.origin, 0, checkpoint.size, checkpoint.root
        )
        return timestamp.to_bytes(TIME_BYTES, "big") + self._signer.sign(message)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's word for a checkpoint.

    Attributes:
        key: the key that gave it, with the name of the witness.
        timestamp: when, in seconds since 1970, by the witness's clock; 0 where it stated no time.
    """

    key: VerifierKey
    timestamp: int


class WitnessPolicy:
    """Which witnesses count, and how many of them must have cosigned a checkpoint.

    Args:
        keys: of the witnesses, of type 0x04 or 0x06, as keys or in text form. Keys of one name belong to one
            witness.
        at_least: how many witnesses must have cosigned: 1 to as many as the keys belong to.

    Raises:
        InvalidValue: no such policy can be met, or a key is none of a witness.
        WeakKey: an Ed25519 key under which signatures prove nothing.
    """

    __slots__ = ("_verifiers", "_witness_of", "at_least")

    def __init__(self, keys: Iterable[VerifierKey | str], at_least: int) -> None:
        self._verifiers = [verifier_of(key) for key in keys]
        if any(each.key.type is KeyType.ED25519 for each in self._verifiers):
            raise InvalidValue(
                "the key of a witness has type 0x04 or 0x06; one of type 0x01 signs no cosignatures"
            )
        self._witness_of = _witnesses([each.key for each in self._verifiers])
        witnesses = len(set(self._witness_of.values()))
        if type(at_least) is not int or not 1 <= at_least <= witnesses:
            raise InvalidValue(f"of {witnesses} witnesses, 1 to {witnesses} can be asked for, not {at_least}")
        self.at_least = at_least

    @property
    def verifiers(self) -> tuple[NoteVerifier, ...]:
        """One for each key: what `checkpoints.open_checkpoint` takes as its others."""
        return tuple(self._verifiers)

    def cosignatures(
        self, signed: SignedCheckpoint, now: int | None = None, leeway: int = 0
    ) -> tuple[Cosignature, ...]:
        """The cosignatures that count, one for each witness: its latest.

        Args:
            signed: a checkpoint that the log signed.
            now: seconds since 1970; None takes the witnesses' times as they are.
            leeway: seconds that a witness's clock may be ahead of ``now``.

        Raises:
            WrongSignature: a line of a known witness does not fit.
            FutureCosignature: one names a time after ``now``.
        """
        log_keys = {key.public_key for key in signed.log_keys}
        counting = [
            each
            for each in self._verifiers
            if each.key.public_key not in log_keys and each.key.name != signed.checkpoint.origin
        ]
        # The lines of the log are known to fit; they let a checkpoint without cosignatures be opened.
        opened = open_note(signed.opened.note, [*map(verifier_of, signed.log_keys), *counting])
        known = {each.key for each in counting}
        latest: dict[int, Cosignature] = {}
        for key, line in opened.verified:
            if key not in known:
                continue
            found = Cosignature(key, read_timestamp(line.signature))
            if now is not None and found.timestamp > now + leeway:
                raise FutureCosignature(
                    f"checkpoint: the witness {key.name} cosigned it {found.timestamp - now} seconds from now; one of "
                    "the two clocks is wrong, or the cosignature is"
                )
            witness = self._witness_of[key]
            if witness not in latest or latest[witness].timestamp < found.timestamp:
                latest[witness] = found
        return tuple(latest.values())

    def check(
        self, signed: SignedCheckpoint, now: int | None = None, leeway: int = 0
    ) -> tuple[Cosignature, ...]:
        """Hold a checkpoint against the policy; see `cosignatures`.

        Raises:
            NotWitnessed: fewer witnesses have cosigned it than the policy asks for.
            WrongSignature: a line of a known witness does not fit.
            FutureCosignature: one names a time after ``now``.
        """
        found = self.cosignatures(signed, now, leeway)
        if len(found) < self.at_least:
            raise NotWitnessed(
                f"checkpoint: cosigned by {len(found)} of the known witnesses, where {self.at_least} are asked for"
            )
        return found


def _witnesses(keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """Which witness each key belongs to: keys with one name or one public key are of one witness."""
    groups: list[tuple[set[str], set[bytes], list[VerifierKey]]] = []
    for key in keys:
        names, raw, members = {key.name}, {key.public_key}, [key]
        apart = []
        for group in groups:
            if group[0] & names or group[1] & raw:
                names, raw, members = names | group[0], raw | group[1], members + group[2]
            else:
                apart.append(group)
        groups = [*apart, (names, raw, members)]
    return {key: number for number, group in enumerate(groups) for key in group[2]}


def _checkpoint(text: str) -> Checkpoint | None:
    try:
        return Checkpoint.from_text(text)
    except MalformedNote:
        return None


def _require_checkpoint(text: str) -> Checkpoint:
    checkpoint = _checkpoint(text)
    if checkpoint is None:
        raise InvalidValue("only a checkpoint can be cosigned")
    return checkpoint


def _time(clock: Callable[[], int]) -> int:
    timestamp = int(clock())
    if not 0 < timestamp <= MAX_SIZE:
        raise InvalidValue("the clock must give whole seconds since 1970")
    return timestamp
