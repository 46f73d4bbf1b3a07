"""Keys as records, and the table of them: which key may sign at which place of the log.

1. The place decides, not a time: a key counts from the index after its `key.added` to the event that ended it.
2. A key that was revoked stays in the table: what it signed before is judged by it.
3. Weak keys (`claimledger.ed25519`, `claimledger.mldsa44`) never become a record.

Who may change the table stands in `claimledger.key_rules`; what changes it, in `claimledger.trust`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from claimledger.events.envelope import Algorithm, keyid_of
from claimledger.events.governance import KeyAdded, LogKey, Role, RootKey

from . import ed25519, mldsa44

__all__ = ["KeyRecord", "KeyTable", "check_public_key", "record_of"]


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as the key stream has it.

    Attributes:
        keyid: 64 lowercase hex digits.
        holder: who holds it, in words.
        role: what it may sign.
        algorithm: of the key.
        public_key: the raw bytes: 32 of an Ed25519 key, 1,312 of an ML-DSA-44 key.
        added_at: index of the event that added it; it may sign from the next index on.
        succeeds: keyid of the recorder key that its holder signed with before, or None.
        revoked_at: index of the ``key.revoked`` that ended it, or of the ``roots.changed`` that dropped it, or None.
        trusted_below: what it signed from this index on is disputed; None where it was not revoked.
        reason: why it was revoked, as its revocation says.
    """

    keyid: str
    holder: str
    role: Role
    algorithm: Algorithm
    public_key: bytes
    added_at: int
    succeeds: str | None = None
    revoked_at: int | None = None
    trusted_below: int | None = None
    reason: str | None = None

    def is_active_at(self, index: int) -> bool:
        """Whether it may sign the event at an index; the opening's own keys sign from index 0 on."""
        return self.added_at < max(index, 1) and (self.revoked_at is None or index <= self.revoked_at)

    @property
    def ended(self) -> str:
        """How and where a key that is no longer active came to its end, in words."""
        how = "dropped" if self.trusted_below is None else "revoked"
        return f"{how} at index {self.revoked_at}"

    def is_disputed_at(self, index: int) -> bool:
        """Whether what it signed at an index, validly then, is disputed as now known."""
        return (
            self.trusted_below is not None
            and self.revoked_at is not None
            and max(self.trusted_below, self.added_at + 1) <= index < self.revoked_at
        )


class KeyTable:
    """The keys of one ledger, and how many roots must sign, at each place of its log.

    Attributes:
        index: of the last event that was folded in.
    """

    __slots__ = ("_keys", "_lines", "_standing", "_thresholds", "index")

    def __init__(self, threshold: int) -> None:
        self.index = 0
        self._thresholds = [(0, threshold)]  # from the event after an index on
        self._keys: dict[str, KeyRecord] = {}
        self._standing: set[str] = set()  # root keys that did not end
        self._lines: dict[
            str, tuple[int, str]
        ] = {}  # how many keys it succeeds, and one of them to go on from

    @property
    def keys(self) -> Mapping[str, KeyRecord]:
        """Every key by keyid, in the order in which they were added; those that were revoked too."""
        return MappingProxyType(self._keys)

    @property
    def threshold(self) -> int:
        """How many roots must sign a key event from now on."""
        return self._thresholds[-1][1]

    def threshold_at(self, index: int) -> int:
        """How many roots must sign a key event at an index."""
        return next(
            threshold for since, threshold in reversed(self._thresholds) if since < index or not since
        )

    def active(self, role: Role, index: int | None = None) -> tuple[KeyRecord, ...]:
        """The keys of a role that may sign at an index, in the order in which they were added.

        Args:
            role: what they may sign.
            index: place in the log; None for what comes after everything that was folded in.
        """
        at = self.index + 1 if index is None else index
        return tuple(each for each in self._keys.values() if each.role == role and each.is_active_at(at))

    def are_roots(self, signers: Collection[str], index: int) -> bool:
        """Whether every one of these keyids is that of a root key that may sign at an index."""
        records = [self._keys.get(name) for name in signers]
        return all(each is not None and each.role == "root" and each.is_active_at(index) for each in records)

    def enter(self, record: KeyRecord) -> None:
        """Take a key in that comes in by an event; one that is there stays as it is.

        Each key has a jump to one far behind it (Myers, "An applicative random-access stack", 1983): the lengths of
        the jumps grow so that any key behind is reached in a number of steps that is logarithmic in its distance.
        """
        name = record.keyid
        if name in self._keys:
            return
        before = record.succeeds
        if before is None or before not in self._lines:
            self._lines[name] = 0, name
        else:
            distance, jump = self._lines[before]
            far, further = self._lines[jump]
            as_long = distance - far == far - self._lines[further][0]
            self._lines[name] = distance + 1, further if as_long else before
        if record.role == "root":
            self._standing.add(name)
        self._keys[name] = record

    def succeeds_any(self, keyids: Collection[str], others: Collection[str]) -> bool:
        """Whether one of some keys is one of others, or succeeds it, at whatever distance: see `predecessors`.

        It takes as many steps as the length of a chain has digits, so that no chain is too long to ask for each event.
        """
        return any(self._is_behind(name, other) for name in keyids for other in others)

    def _is_behind(self, name: str, other: str) -> bool:
        if name == other or name not in self._lines or other not in self._lines:
            return name == other
        wanted, _ = self._lines[other]
        distance, jump = self._lines[name]
        while distance > wanted:
            # As far back as the jump leads, where that is not too far; else one key.
            before = self._keys[name].succeeds or name
            name = jump if self._lines[jump][0] >= wanted else before
            distance, jump = self._lines[name]
        return name == other

    def predecessors(self, keyids: Collection[str]) -> set[str]:
        """These keys, and the keys that they succeed, one after the other: whose records their holders may mend."""
        found: set[str] = set()
        waiting = list(keyids)
        while waiting:
            name = waiting.pop()
            record = self._keys.get(name)
            found.add(name)
            if record is not None and record.succeeds is not None and record.succeeds not in found:
                waiting.append(record.succeeds)
        return found


def check_public_key(raw: bytes, algorithm: Algorithm = "ed25519") -> None:
    """Refuse a public key under which signatures would prove nothing.

    Raises:
        WeakKey: see `claimledger.ed25519.check_public_key` and `claimledger.mldsa44.check_public_key`.
    """
    check = ed25519.check_public_key if algorithm == "ed25519" else mldsa44.check_public_key
    check(raw)


def record_of(
    said: RootKey | LogKey | KeyAdded,
    role: Role,
    algorithm: Algorithm,
    index: int,
    succeeds: str | None = None,
) -> KeyRecord:
    """The record of a key that an event brings in.

    Raises:
        WeakKey: it is one under which signatures prove nothing.
    """
    public_key = bytes.fromhex(said.key)
    check_public_key(public_key, algorithm)
    name = keyid_of(public_key, algorithm)
    return KeyRecord(name, said.holder, role, algorithm, public_key, index, succeeds)
