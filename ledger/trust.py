"""Who may sign what: the key stream folded into the keys that are trusted at each place of the log.

1. Index 0 is ``ledger.opened``, signed by a threshold of the root keys that it lists itself. The ledger's id
   is the SHA-256 of that payload; every later header names it.
2. Root keys sign ``key.*`` and ``roots.changed``: a threshold of them, and with a root or recorder key the
   new key itself, as proof that its holder has it. Recorder keys sign all other events.
3. An amended or withdrawn record takes a recorder who signed the record, or a threshold of roots.
4. A key counts from the index after its ``key.added``: the place decides, not a time that a signer wrote.
5. One key, one role: a key that is there is not added again. Weak keys (`claimledger.ed25519`) never are.
6. Each signature of an event must be good and be by a key that may sign it: one too many is refused as well.
7. What this release cannot read in the key stream (a revocation, a newer version) is `CouldNotCheck`, never
   ignored: whoever cannot read a revocation must not go on as if there were none.

Everything here is pure: no store, no clock, no private key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import TypeVar

from claimledger.events.claims import ClaimAmended, ClaimWithdrawn
from claimledger.events.encoding import encode
from claimledger.events.envelope import Envelope, keyid_of
from claimledger.events.errors import (
    BrokenChain,
    CouldNotCheck,
    KeyNotAllowed,
    MalformedEvent,
    WrongLedger,
    WrongSignature,
)
from claimledger.events.event import LEDGER_OPENED, Payload
from claimledger.events.governance import KeyAdded, LedgerOpened, Role
from claimledger.events.recorded import Event
from claimledger.events.registry import Body, UnknownBody, read_body

from .ed25519 import check_public_key, verify

__all__ = ["MENDS", "KeyRecord", "KeyStream", "is_key_event", "mended_record"]

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
        public_key: 32 raw bytes.
        added_at: index of the event that added it; it may sign from the next index on.
    """

    keyid: str
    holder: str
    role: Role
    public_key: bytes
    added_at: int


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
        threshold: how many roots must sign a key event.
        sequence: of the last event folded in.
        index: of the last event folded in.
    """

    __slots__ = ("_keys", "index", "ledger_id", "origin", "sequence", "stream", "threshold")

    def __init__(self, ledger_id: str, origin: str, stream: str, threshold: int) -> None:
        self.ledger_id = ledger_id
        self.origin = origin
        self.stream = stream
        self.threshold = threshold
        self.sequence = 1
        self.index = 0
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
            public_key = bytes.fromhex(root.key)
            check_public_key(public_key)
            name = keyid_of(public_key)
            stream._keys[name] = KeyRecord(name, root.holder, "root", public_key, 0)
        signers = [each.keyid for each in envelope.signatures]
        _only(signers, stream._keys, LEDGER_OPENED)
        stream._threshold_of_roots(signers, LEDGER_OPENED)
        wrong = stream.wrong_signatures(envelope, 0)
        if wrong:
            raise WrongSignature(f"the signature of root key {wrong[0]} does not fit the bytes")
        return stream

    @property
    def keys(self) -> Mapping[str, KeyRecord]:
        """Every key by keyid, in the order in which they were added."""
        return MappingProxyType(self._keys)

    def apply(self, event: Event) -> None:
        """Fold the next event of the key stream in, after its signatures were verified.

        Events of other streams change nothing.

        Raises:
            BrokenChain: it is not the next event of the key stream.
            KeyNotAllowed: not signed by those who may, or the key is there already.
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
        added = _governance(event.header, KeyAdded)
        public_key = bytes.fromhex(added.key)
        name = keyid_of(public_key)
        self._keys[name] = KeyRecord(name, added.holder, added.role, public_key, event.index)
        self.sequence, self.index = event.sequence, event.index

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
        signers = [each.keyid for each in envelope.signatures]
        self.check_authority(payload, signers, index, record_signers=record_signers)
        if payload.type == KeyAdded.TYPE:
            self._proves_possession(envelope, payload)

    def wrong_signatures(self, envelope: Envelope, index: int) -> list[str]:
        """The keyids that are in the ledger at an index, and whose signatures do not fit the bytes."""
        message = envelope.pae()
        wrong = []
        for each in envelope.signatures:
            record = self._keys.get(each.keyid)
            if record is not None and record.added_at < max(index, 1):
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
            or record.added_at >= index
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
                [name for name in signers if self._are_roots([name], index)], payload.type
            )
        if payload.type == KeyAdded.TYPE:
            self._may_add(payload, signers, index)
        elif is_key_event(payload.type):
            raise CouldNotCheck(
                f"{payload.type} cannot be read by this release; take a newer one to check this"
            )
        elif payload.type in MENDS and self._are_roots(signers, index):
            self._threshold_of_roots(signers, payload.type)
        else:
            self._are_recorders(payload.type, signers, index)
            if payload.type in MENDS and not set(signers) & set(record_signers):
                raise KeyNotAllowed(f"{payload.type} takes the recorder who made the record, or the roots")

    def _may_add(self, payload: Payload, signers: Collection[str], index: int) -> None:
        body = _governance(payload, KeyAdded)
        new_key = bytes.fromhex(body.key)
        check_public_key(new_key)
        new = keyid_of(new_key)
        known = self._keys.get(new)
        if known is not None and known.added_at != index:
            raise KeyNotAllowed(
                f"key {new} is in the ledger already, as a {known.role} key: one key, one role"
            )
        roots = [name for name in signers if name != new]
        if not self._are_roots(roots, index):
            raise KeyNotAllowed(f"{payload.type} may be signed by root keys and the new key only")
        self._threshold_of_roots(roots, payload.type)
        if body.role in _PROVES_POSSESSION and new not in signers:
            raise KeyNotAllowed(f"{payload.type}: a {body.role} key must sign its own adding")

    def _proves_possession(self, envelope: Envelope, payload: Payload) -> None:
        public_key = bytes.fromhex(_governance(payload, KeyAdded).key)
        new = keyid_of(public_key)
        for each in envelope.signatures:
            if each.keyid == new and not verify(public_key, each.signature, envelope.pae()):
                raise WrongSignature(f"the signature of the new key {new} does not fit the bytes")

    def _are_roots(self, signers: Collection[str], index: int) -> bool:
        records = [self._keys.get(name) for name in signers]
        return all(each is not None and each.role == "root" and each.added_at < index for each in records)

    def _threshold_of_roots(self, signers: Collection[str], type: str) -> None:
        if len(signers) < self.threshold:
            raise KeyNotAllowed(
                f"{type}: signed by {len(signers)} root keys, where it takes {self.threshold}"
            )

    def _are_recorders(self, type: str, signers: Collection[str], index: int) -> None:
        for name in signers:
            record = self._keys.get(name)
            if record is None or record.added_at >= index:
                raise KeyNotAllowed(
                    f"key {name} is not in the ledger at index {index}; it may not sign there"
                )
            if record.role != "recorder":
                raise KeyNotAllowed(f"key {name} is a {record.role} key; {type} is signed by recorder keys")


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
