"""Who may sign what: the key stream folded into the keys that are trusted at each place of the log.

1. Index 0 is ``ledger.opened``, signed by a threshold of the root keys that it lists itself. The ledger's id
   is the SHA-256 of that payload; every later header names it.
2. Root keys sign ``key.*`` and ``roots.changed``: a threshold of them, and with a root or recorder key the new key
   itself, as proof that its holder has it. ``roots.changed`` takes a threshold of the old roots, a threshold of the
   new ones, and each root that is new; a root that it leaves out is dropped. Recorder keys sign all other events.
3. An amended or withdrawn record takes a recorder who signed the record, or whose key succeeds one that did, or a
   threshold of roots.
4. The place decides, not a time that a signer wrote: a key counts from the index after its ``key.added`` to its
   ``key.revoked``. Nothing that it signed after that is valid, whatever its clock said.
5. Two verdicts (`KeyStream.verdicts`): what was valid when recorded stays so; as now known it is *disputed* where a key
   that signed it was later revoked with a `size` at or below its index.
6. One key, one role, one algorithm: a key that is there, or ever was, is not added again. Weak keys
   (`claimledger.ed25519`, `claimledger.mldsa44`) never are.
7. A revocation names a key that is active, trusts no more leaves than come before it, and leaves at least one recorder
   key and as many roots as must sign. A key that is no longer active may be revoked again only to trust fewer leaves:
   when a theft shows late. Whether the root is that of the log, who holds the leaves can tell: the audit.
8. Each signature of an event must be good and be by a key that may sign it: one too many is refused as well.
9. What this release cannot read in the key stream (a newer version, an unknown type) is `CouldNotCheck`, never
   ignored: whoever cannot read a revocation must not go on as if there were none.

Everything here is pure: no store, no clock, no private key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Literal, TypeVar

from claimledger.events.claims import ClaimAmended, ClaimWithdrawn
from claimledger.events.encoding import encode
from claimledger.events.envelope import Algorithm, Envelope, keyid_of
from claimledger.events.errors import (
    BrokenChain,
    CouldNotCheck,
    KeyNotAllowed,
    MalformedEvent,
    WeakKey,
    WrongLedger,
    WrongSignature,
)
from claimledger.events.event import LEDGER_OPENED, Payload
from claimledger.events.governance import (
    KeyAdded,
    KeyRevoked,
    LedgerOpened,
    LogKey,
    Role,
    RootKey,
    RootsChanged,
)
from claimledger.events.recorded import Event
from claimledger.events.registry import Body, UnknownBody, read_body

from . import ed25519, mldsa44
from .ed25519 import verify

__all__ = ["MENDS", "KeyRecord", "KeyStream", "Verdicts", "check_public_key", "is_key_event", "mended_record"]

_Governance = TypeVar("_Governance", bound=Body)
_PROVES_POSSESSION: frozenset[Role] = frozenset({"root", "recorder"})
MENDS = {ClaimAmended.TYPE: "amends", ClaimWithdrawn.TYPE: "withdraws"}
"""The types that mend a record, and the member of their body that names it."""


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

    def is_disputed_at(self, index: int) -> bool:
        """Whether what it signed at an index, validly then, is disputed as now known."""
        return (
            self.trusted_below is not None
            and self.revoked_at is not None
            and max(self.trusted_below, self.added_at + 1) <= index < self.revoked_at
        )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is to be thought of an event's signatures, by the keys alone.

    Attributes:
        when_recorded: whether each key was active at that place.
        as_now_known: the same with all revocations since; disputed where one of its keys was not to be trusted there.
    """

    when_recorded: Literal["valid", "invalid"]
    as_now_known: Literal["valid", "disputed", "invalid"]


def check_public_key(raw: bytes, algorithm: Algorithm = "ed25519") -> None:
    """Refuse a public key under which signatures would prove nothing.

    Raises:
        WeakKey: see `claimledger.ed25519.check_public_key` and `claimledger.mldsa44.check_public_key`.
    """
    check = ed25519.check_public_key if algorithm == "ed25519" else mldsa44.check_public_key
    check(raw)


def is_key_event(type: str) -> bool:
    """Whether events of a type belong to the key stream, hence to the roots."""
    return type == LEDGER_OPENED or type.startswith("key.") or type == "roots.changed"


def mended_record(payload: Payload) -> str | None:
    """The event id of the record that an event amends or withdraws; None if it does neither.

    Raises:
        MalformedEvent: it names none.
    """
    member = MENDS.get(payload.type)
    if member is None:
        return None
    record = payload.body.get(member)
    if not isinstance(record, str):
        raise MalformedEvent(f"{payload.type}: body.{member} must name the record, by its event id")
    return record


class KeyStream:
    """The keys of one ledger: opened with its first event, then folded over the rest of the key stream.

    Attributes:
        ledger_id: 64 lowercase hex digits.
        origin: the ledger's name in the world.
        stream: UUID of the key stream.
        sequence: of the last event folded in.
        index: of the last event folded in.
    """

    __slots__ = ("_keys", "_revocations", "_thresholds", "index", "ledger_id", "origin", "sequence", "stream")

    def __init__(self, ledger_id: str, origin: str, stream: str, threshold: int) -> None:
        self.ledger_id = ledger_id
        self.origin = origin
        self.stream = stream
        self.sequence = 1
        self.index = 0
        self._revocations: dict[str, list[tuple[int, int]]] = {}  # by keyid: index and size
        self._thresholds = [(0, threshold)]  # from the event after an index on
        self._keys: dict[str, KeyRecord] = {}

    @classmethod
    def opened(cls, envelope: Envelope) -> KeyStream:
        """Begin with the first event of a ledger, checked by what it says itself.

        Args:
            envelope: of the event at index 0. Whether it is the right ledger's, only a pinned id can tell.

        Raises:
            MalformedEvent: it is no opening of a ledger.
            WeakKey: a root key is one under which signatures prove nothing.
            WrongSignature: a signature does not fit.
            KeyNotAllowed: signed by others than its roots, or by fewer than its threshold.
            CouldNotCheck: written by a newer release.
        """
        payload = Payload.from_bytes(envelope.payload)
        if payload.type != LEDGER_OPENED or payload.sequence != 1:
            raise MalformedEvent(f"the first event must be {LEDGER_OPENED} at sequence 1 of its stream")
        body = _governance(payload, LedgerOpened)
        ledger_id = sha256(envelope.payload).hexdigest()
        stream = cls(ledger_id, body.origin, payload.stream, body.threshold)
        for root in body.roots:
            record = _record(root, "root", "ed25519", 0)
            stream._keys[record.keyid] = record
        signers = [each.keyid for each in envelope.signatures]
        _only(signers, stream._keys, LEDGER_OPENED)
        stream._threshold_of_roots(signers, LEDGER_OPENED, 0)
        wrong = stream.wrong_signatures(envelope, 0)
        if wrong:
            raise WrongSignature(f"the signature of root key {wrong[0]} does not fit the bytes")
        for log in body.logs:
            record = _record(log, "log", log.algorithm, 0)
            stream._keys[record.keyid] = record
        return stream

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

    def verdicts(self, signers: Collection[str], index: int) -> Verdicts:
        """What is to be thought of an event by the keys that signed it; for one whose signatures fit.

        A key that signed its own adding counts from the next index on, and so has no say here.

        Args:
            signers: keyids of its signatures.
            index: its place in the log.
        """
        records = [self._keys.get(name) for name in signers]
        known = [each for each in records if each is not None and each.added_at < max(index, 1)]
        own = sum(each is not None and each.added_at == index for each in records) if index else 0
        if (
            not known
            or len(known) + own < len(records)
            or not all(each.is_active_at(index) for each in known)
        ):
            return Verdicts("invalid", "invalid")
        disputed = any(each.is_disputed_at(index) for each in known)
        return Verdicts("valid", "disputed" if disputed else "valid")

    def apply(self, event: Event) -> None:
        """Fold the next event of the key stream in, after its signatures were verified.

        Events of other streams change nothing.

        Raises:
            BrokenChain: it is not the next event of the key stream.
            KeyNotAllowed: not signed by those who may, or it does to a key what cannot be done to it.
            WeakKey: the new key is one under which signatures prove nothing.
            MalformedEvent: its body is not that of its type.
            CouldNotCheck: this release cannot read it.
        """
        if event.stream != self.stream or (event.index == 0 and self.index == 0):
            return
        if event.sequence != self.sequence + 1 or event.index <= self.index:
            raise BrokenChain(
                f"index {event.index}: does not follow sequence {self.sequence} of the key stream"
            )
        self.check_authority(event.header, event.signers, event.index)
        if event.type == KeyAdded.TYPE:
            added = _governance(event.header, KeyAdded)
            record = _record(added, added.role, added.algorithm, event.index, added.succeeds)
            self._keys[record.keyid] = record
        elif event.type == KeyRevoked.TYPE:
            revoked = _governance(event.header, KeyRevoked)
            record = self._keys[revoked.key]
            self._revocations.setdefault(revoked.key, []).append((event.index, revoked.size))
            self._keys[revoked.key] = replace(
                record,
                revoked_at=event.index if record.revoked_at is None else record.revoked_at,
                trusted_below=revoked.size,
                reason=revoked.reason,
            )
        else:
            self._change_roots(_governance(event.header, RootsChanged), event.index)
        self.sequence, self.index = event.sequence, event.index

    def _change_roots(self, changed: RootsChanged, index: int) -> None:
        listed = [_record(root, "root", "ed25519", index) for root in changed.roots]
        for dropped in {each.keyid for each in self.active("root", index)} - {each.keyid for each in listed}:
            self._keys[dropped] = replace(self._keys[dropped], revoked_at=index)
        for record in listed:
            self._keys.setdefault(record.keyid, record)
        self._thresholds.append((index, changed.threshold))

    def verify(
        self, envelope: Envelope, payload: Payload, index: int, *, record_signers: Collection[str] = ()
    ) -> None:
        """Check everything that one event's signatures must prove, for any event but the first.

        Args:
            envelope: the envelope.
            payload: its payload, read.
            index: its place in the log; the keys that were added before it count.
            record_signers: keyids that signed the record which the event mends (`mended_record`), if it does.

        Raises:
            WrongLedger: the header names another ledger.
            KeyNotAllowed: see `check_authority`.
            WeakKey: it adds a key under which signatures prove nothing.
            WrongSignature: a signature does not fit the bytes.
            MalformedEvent: a key event whose body is not that of its type.
            CouldNotCheck: a key event that this release cannot read.
        """
        wrong = self.wrong_signatures(envelope, index)
        if wrong:
            raise WrongSignature(f"the signature of key {wrong[0]} does not fit the bytes")
        brought: Collection[bytes] = ()
        # What cannot be read brings no keys; why not is said where authority is looked at.
        with suppress(MalformedEvent, WeakKey, CouldNotCheck):
            new_keys = self._new_keys(payload, index)
            for public_key in new_keys:
                check_public_key(public_key)
            brought = new_keys
        for public_key in brought:
            new = keyid_of(public_key)
            for each in envelope.signatures:
                if each.keyid == new and not verify(public_key, each.signature, envelope.pae()):
                    raise WrongSignature(f"the signature of the new key {new} does not fit the bytes")
        signers = [each.keyid for each in envelope.signatures]
        self.check_authority(payload, signers, index, record_signers=record_signers)

    def wrong_signatures(self, envelope: Envelope, index: int) -> list[str]:
        """The keyids that are in the ledger at an index, and whose signatures do not fit the bytes."""
        message = envelope.pae()
        wrong = []
        for each in envelope.signatures:
            record = self._keys.get(each.keyid)
            # A log key of another algorithm has no signature of that form; that it may not sign this is said later.
            if record is not None and record.algorithm == "ed25519" and record.added_at < max(index, 1):
                if not verify(record.public_key, each.signature, message):
                    wrong.append(each.keyid)
        return wrong

    def recorder_key(self, keyid: str, payload: Payload, index: int) -> bytes | None:
        """The public key (32 raw bytes) of a recorder who may sign an event alone, whatever other events say.

        None where `verify` must tell: for key events, mended records, other ledgers and other keys.
        """
        record = self._keys.get(keyid)
        if (
            record is None
            or record.role != "recorder"
            or not record.is_active_at(index)
            or payload.ledger != self.ledger_id
            or payload.stream == self.stream
            or payload.type in MENDS
            or is_key_event(payload.type)
        ):
            return None
        return record.public_key

    def check_authority(
        self, payload: Payload, signers: Collection[str], index: int, *, record_signers: Collection[str] = ()
    ) -> None:
        """Check that those who signed may sign this there. The signatures themselves are not looked at.

        Args:
            payload: the event's header and body.
            signers: keyids of its signatures.
            index: its place in the log.
            record_signers: keyids that signed the record which the event mends (`mended_record`), if it does.

        Raises:
            WrongLedger, KeyNotAllowed, WeakKey, MalformedEvent, CouldNotCheck: see `verify`.
        """
        if payload.type == LEDGER_OPENED:
            raise KeyNotAllowed(f"{LEDGER_OPENED} is the first event of a ledger and comes once")
        if payload.ledger != self.ledger_id:
            raise WrongLedger(f"signed for ledger {payload.ledger}, but stored in ledger {self.ledger_id}")
        if is_key_event(payload.type) != (payload.stream == self.stream):
            raise KeyNotAllowed(
                f"{payload.type} may not stand in this stream: key events have one of their own"
            )
        if is_key_event(payload.type):
            # Before anything is called unreadable: who is no root makes nothing uncertain here.
            self._threshold_of_roots(
                [name for name in signers if self._are_roots([name], index)], payload.type, index
            )
        if payload.type == KeyAdded.TYPE:
            self._may_add(payload, signers, index)
        elif payload.type == KeyRevoked.TYPE:
            self._may_revoke(payload, signers, index)
        elif payload.type == RootsChanged.TYPE:
            self._may_change_roots(payload, signers, index)
        elif is_key_event(payload.type):
            raise CouldNotCheck(
                f"{payload.type} cannot be read by this release; take a newer one to check this"
            )
        elif payload.type in MENDS and self._are_roots(signers, index):
            self._threshold_of_roots(signers, payload.type, index)
        else:
            self._are_recorders(payload.type, signers, index)
            if payload.type in MENDS and not self.predecessors(signers) & set(record_signers):
                raise KeyNotAllowed(f"{payload.type} takes the recorder who made the record, or the roots")

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

    def _may_add(self, payload: Payload, signers: Collection[str], index: int) -> None:
        body = _governance(payload, KeyAdded)
        new = _record(body, body.role, body.algorithm, index).keyid
        self._is_new(new, index)
        roots = [name for name in signers if name != new]
        if not self._are_roots(roots, index):
            raise KeyNotAllowed(f"{payload.type} may be signed by root keys and the new key only")
        self._threshold_of_roots(roots, payload.type, index)
        if body.role in _PROVES_POSSESSION and new not in signers:
            raise KeyNotAllowed(f"{payload.type}: a {body.role} key must sign its own adding")
        before = self._keys.get(body.succeeds) if body.succeeds is not None else None
        if body.succeeds is not None and (
            before is None or before.added_at >= index or before.role != "recorder"
        ):
            raise KeyNotAllowed(
                f"{payload.type}: is to succeed key {body.succeeds}, which is no recorder key here"
            )

    def _may_revoke(self, payload: Payload, signers: Collection[str], index: int) -> None:
        body = _governance(payload, KeyRevoked)
        if not self._are_roots(signers, index):
            raise KeyNotAllowed(f"{payload.type} may be signed by root keys only")
        record = self._keys.get(body.key)
        if record is None or record.added_at >= index:
            raise KeyNotAllowed(f"{payload.type}: key {body.key} is not in the ledger; it cannot be revoked")
        if body.size > index:
            raise KeyNotAllowed(
                f"{payload.type}: {body.size} leaves are to stay trusted, where {index} come before it"
            )
        if not record.is_active_at(index):
            sizes = [size for at, size in self._revocations.get(body.key, ()) if at < index]
            if sizes and body.size >= sizes[-1]:
                raise KeyNotAllowed(
                    f"{payload.type}: key {body.key} was {_ended(record)} already, trusted up to {sizes[-1]} leaves; "
                    "again only to trust fewer"
                )
            return
        others = [each for each in self.active(record.role, index) if each.keyid != body.key]
        if record.role == "recorder" and not others:
            raise KeyNotAllowed(
                f"{payload.type}: key {body.key} is the last recorder key; add another one first"
            )
        if record.role == "root" and len(others) < self.threshold_at(index):
            raise KeyNotAllowed(
                f"{payload.type}: without root key {body.key} too few are left to sign; change the roots instead"
            )

    def _may_change_roots(self, payload: Payload, signers: Collection[str], index: int) -> None:
        body = _governance(payload, RootsChanged)
        listed = {
            each.keyid: each for each in (_record(root, "root", "ed25519", index) for root in body.roots)
        }
        new = [name for name in listed if not self._are_roots([name], index)]
        for name in new:
            self._is_new(name, index)
            if name not in signers:
                raise KeyNotAllowed(f"{payload.type}: root key {name} is new and must sign it as well")
        for name, record in listed.items():
            if name not in new and self._keys[name].holder != record.holder:
                raise KeyNotAllowed(
                    f'{payload.type}: root key {name} is held by "{self._keys[name].holder}"; a new holder takes a '
                    "new key"
                )
        if not self._are_roots([name for name in signers if name not in new], index):
            raise KeyNotAllowed(f"{payload.type} may be signed by the old and the new root keys only")
        among = sum(name in listed for name in signers)
        if among < body.threshold:
            raise KeyNotAllowed(
                f"{payload.type}: signed by {among} of the new root keys, where it takes {body.threshold}"
            )

    def _is_new(self, name: str, index: int) -> None:
        known = self._keys.get(name)
        if known is not None and known.added_at != index:
            raise KeyNotAllowed(
                f"key {name} is in the ledger already, as a {known.role} key: one key, one role, and once"
            )

    def _new_keys(self, payload: Payload, index: int) -> list[bytes]:
        """The Ed25519 keys that an event brings in, and that may have to sign it themselves."""
        if payload.type == KeyAdded.TYPE:
            body = _governance(payload, KeyAdded)
            return [bytes.fromhex(body.key)] if body.algorithm == "ed25519" else []
        if payload.type == RootsChanged.TYPE:
            keys = [bytes.fromhex(root.key) for root in _governance(payload, RootsChanged).roots]
            return [key for key in keys if not self._are_roots([keyid_of(key)], index)]
        return []

    def _are_roots(self, signers: Collection[str], index: int) -> bool:
        records = [self._keys.get(name) for name in signers]
        return all(each is not None and each.role == "root" and each.is_active_at(index) for each in records)

    def _threshold_of_roots(self, signers: Collection[str], type: str, index: int) -> None:
        threshold = self.threshold_at(index)
        if len(signers) < threshold:
            raise KeyNotAllowed(f"{type}: signed by {len(signers)} root keys, where it takes {threshold}")

    def _are_recorders(self, type: str, signers: Collection[str], index: int) -> None:
        if not signers:
            raise KeyNotAllowed(f"{type}: nobody signed it")
        for name in signers:
            record = self._keys.get(name)
            if record is None or record.added_at >= index:
                raise KeyNotAllowed(
                    f"key {name} is not in the ledger at index {index}; it may not sign there"
                )
            if not record.is_active_at(index):
                raise KeyNotAllowed(
                    f"key {name} was {_ended(record)}; it may not sign at index {index}, whatever its clock says"
                )
            if record.role != "recorder":
                raise KeyNotAllowed(f"key {name} is a {record.role} key; {type} is signed by recorder keys")


def _record(
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


def _ended(record: KeyRecord) -> str:
    how = "dropped" if record.trusted_below is None else "revoked"
    return f"{how} at index {record.revoked_at}"


def _governance(payload: Payload, cls: type[_Governance]) -> _Governance:
    """The body of a key event, exactly as it was signed: pydantic would also read "1" as 1."""
    if payload.type != cls.TYPE or payload.version > cls.VERSION:
        what = f"{payload.type} version {payload.version}"
        raise CouldNotCheck(f"{what} cannot be read by this release; take a newer one to check this")
    body = read_body(payload.type, payload.version, payload.body, {})
    if isinstance(body, UnknownBody):
        raise MalformedEvent(body.reason)
    # Compared as bytes: in Python True == 1.
    if not isinstance(body, cls) or encode(body.split()[0]) != encode(payload.body) or payload.commitments:
        raise MalformedEvent(f"the members do not fit {payload.type} version {payload.version}")
    return body


def _only(signers: Collection[str], allowed: Mapping[str, KeyRecord], type: str) -> None:
    for name in signers:
        if name not in allowed:
            raise KeyNotAllowed(f"{type}: signed by key {name}, which is none of the root keys that it lists")
