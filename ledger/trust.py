"""Who may sign what: the key stream folded into the keys that are trusted at each place of the log.

1. Index 0 is ``ledger.opened``, signed by a threshold of the root keys that it lists itself. The ledger's id
   is the SHA-256 of that payload; every later header names it.
2. Root keys change the keys, recorder keys sign all other events; `claimledger.key_rules` has the rules of who may do
   what to which key. A root that ``roots.changed`` leaves out is dropped.
3. An amended or withdrawn record takes a recorder who signed the record, or whose key succeeds one that did, or a
   threshold of roots.
4. The place decides, not a time that a signer wrote: a key counts from the index after its ``key.added`` to its
   ``key.revoked``. Nothing that it signed after that is valid, whatever its clock said.
5. Two verdicts (`KeyStream.verdicts`): what was valid when recorded stays so; as now known it is *disputed* where a key
   that signed it was later revoked with a `size` at or below its index.
6. Whether the root that a revocation names is that of the log, who holds the leaves can tell: the audit.
7. Each signature of an event must be good and be by a key that may sign it: one too many is refused as well.
8. What this release cannot read in the key stream (a newer version, an unknown type) is `CouldNotCheck`, never
   ignored: whoever cannot read a revocation must not go on as if there were none.

Everything here is pure: no store, no clock, no private key.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

from claimledger.events.claims import ClaimAmended, ClaimWithdrawn
from claimledger.events.envelope import Envelope
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
from claimledger.events.governance import KeyAdded, KeyRevoked, LedgerOpened, RootsChanged
from claimledger.events.recorded import Event

from .ed25519 import verify
from .key_records import KeyRecord, KeyTable
from .key_rules import (
    are_recorders,
    governance_of,
    keys_brought,
    may_add,
    may_change_roots,
    may_open,
    may_revoke,
    threshold_of_roots,
)

__all__ = ["MENDS", "KeyStream", "Verdicts", "is_key_event", "mended_record"]

MENDS = {ClaimAmended.TYPE: "amends", ClaimWithdrawn.TYPE: "withdraws"}
"""The types that mend a record, and the member of their body that names it."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is to be thought of an event's signatures, by the keys alone.

    Attributes:
        when_recorded: whether each key was active at that place.
        as_now_known: the same with all revocations since; disputed where one of its keys was not to be trusted there.
    """

    when_recorded: Literal["valid", "invalid"]
    as_now_known: Literal["valid", "disputed", "invalid"]


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


class KeyStream(KeyTable):
    """The keys of one ledger: opened with its first event, then folded over the rest of the key stream.

    Attributes:
        ledger_id: 64 lowercase hex digits.
        origin: the ledger's name in the world.
        stream: UUID of the key stream.
        sequence: of the last event folded in.
        index: of the last event folded in.
    """

    __slots__ = ("ledger_id", "origin", "sequence", "stream")

    def __init__(self, ledger_id: str, origin: str, stream: str, threshold: int) -> None:
        super().__init__(threshold)
        self.ledger_id = ledger_id
        self.origin = origin
        self.stream = stream
        self.sequence = 1

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
        stream = cls.opening(payload, sha256(envelope.payload).hexdigest())
        stream.check_signers(payload, [each.keyid for each in envelope.signatures], 0)
        wrong = stream.wrong_signatures(envelope, 0)
        if wrong:
            raise WrongSignature(f"the signature of root key {wrong[0]} does not fit the bytes")
        return stream

    @classmethod
    def opening(cls, payload: Payload, ledger_id: str) -> KeyStream:
        """The keys that the first event of a ledger lists; who signed it is not looked at.

        Args:
            payload: of a ``ledger.opened`` at sequence 1.
            ledger_id: the SHA-256 of its bytes.

        Raises:
            MalformedEvent, WeakKey, CouldNotCheck: see `opened`.
        """
        body = governance_of(payload, LedgerOpened)
        stream = cls(ledger_id, body.origin, payload.stream, body.threshold)
        for each in keys_brought(payload, 0):
            stream.enter(each)
        return stream

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
        self.fold(event.header, event.index)

    def fold(self, payload: Payload, index: int) -> None:
        """Take in what a key event does to the keys; all that can be wrong with it was looked at before.

        Args:
            payload: it, of the key stream, and later than the opening.
            index: its place in the log.
        """
        if payload.type == KeyRevoked.TYPE:
            revoked = governance_of(payload, KeyRevoked)
            record = self._keys[revoked.key]
            self._keys[revoked.key] = replace(
                record,
                revoked_at=index if record.revoked_at is None else record.revoked_at,
                trusted_below=revoked.size,
                reason=revoked.reason,
            )
            self._standing.discard(revoked.key)
        brought = {each.keyid: each for each in keys_brought(payload, index)}
        if payload.type == RootsChanged.TYPE:
            self._thresholds.append((index, governance_of(payload, RootsChanged).threshold))
            for name in self._standing - brought.keys():
                self._standing.discard(name)
                self._keys[name] = replace(self._keys[name], revoked_at=index)
        for each in brought.values():
            self.enter(each)
        self.sequence, self.index = payload.sequence, index

    def verify(
        self,
        envelope: Envelope,
        payload: Payload,
        index: int,
        *,
        record_signers: Collection[str] | None = (),
    ) -> None:
        """Check everything that one event's signatures must prove, for any event but the first.

        Args:
            envelope: the envelope.
            payload: its payload, read.
            index: its place in the log; the keys that were added before it count.
            record_signers: keyids that signed the record which the event mends (`mended_record`), if it does; None
                where that record is not at hand.

        Raises:
            WrongLedger: the header names another ledger.
            KeyNotAllowed: see `check_authority`.
            WeakKey: it adds a key under which signatures prove nothing.
            WrongSignature: a signature does not fit the bytes.
            MalformedEvent: a key event whose body is not that of its type.
            CouldNotCheck: a key event that this release cannot read; or, where all else holds, recorders mend a record
                that is not at hand.
        """
        brought: Collection[KeyRecord] = ()
        # What cannot be read brings no keys; why not is said where authority is looked at.
        with suppress(MalformedEvent, WeakKey, CouldNotCheck):
            brought = keys_brought(payload, index) if payload.type != LEDGER_OPENED else ()
        wrong = self.wrong_signatures(envelope, index, brought)
        if wrong:
            key = "key" if wrong[0] in self._keys else "the new key"
            raise WrongSignature(f"the signature of {key} {wrong[0]} does not fit the bytes")
        signers = [each.keyid for each in envelope.signatures]
        self.check_authority(payload, signers, index, record_signers=record_signers)

    def wrong_signatures(
        self, envelope: Envelope, index: int, brought: Collection[KeyRecord] = ()
    ) -> list[str]:
        """The keyids whose signatures do not fit the bytes, of keys in the ledger at an index and of those brought.

        Args:
            envelope: the envelope of an event.
            index: its place in the log.
            brought: the keys that the event itself brings (`claimledger.key_rules.keys_brought`).
        """
        message = envelope.pae()
        new = {each.keyid: each for each in brought}
        wrong = []
        for each in envelope.signatures:
            record = self._keys.get(each.keyid)
            if record is None or record.added_at >= max(index, 1):
                record = new.get(each.keyid)
            # A log key of another algorithm has no signature of that form; that it may not sign this is said later.
            if record is not None and record.algorithm == "ed25519":
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
        self,
        payload: Payload,
        signers: Collection[str],
        index: int,
        *,
        record_signers: Collection[str] | None = (),
    ) -> None:
        """Check that an event is of this ledger, and that those who signed may sign it there.

        The signatures themselves are not looked at.

        Args:
            payload: the event's header and body.
            signers: keyids of its signatures.
            index: its place in the log.
            record_signers: as for `verify`.

        Raises:
            WrongLedger, KeyNotAllowed, WeakKey, MalformedEvent, CouldNotCheck: see `verify`.
        """
        if payload.type != LEDGER_OPENED and payload.ledger != self.ledger_id:
            raise WrongLedger(f"signed for ledger {payload.ledger}, but stored in ledger {self.ledger_id}")
        self.check_signers(payload, signers, index, record_signers=record_signers)

    def check_signers(
        self,
        payload: Payload,
        signers: Collection[str],
        index: int,
        *,
        record_signers: Collection[str] | None = (),
    ) -> None:
        """Check that those who signed an event may sign it there, whatever ledger it names.

        Args:
            payload: the event's header and body.
            signers: keyids of its signatures.
            index: its place in the log.
            record_signers: as for `verify`.

        Raises:
            KeyNotAllowed, WeakKey, MalformedEvent: see `verify`.
            CouldNotCheck: a key event that this release cannot read, or recorders mend a record that is not at hand.
        """
        if payload.type == LEDGER_OPENED:
            if index:
                raise KeyNotAllowed(f"{LEDGER_OPENED} is the first event of a ledger and comes once")
            may_open(self, payload.type, signers)
            return
        if is_key_event(payload.type) != (payload.stream == self.stream):
            raise KeyNotAllowed(
                f"{payload.type} may not stand in this stream: key events have one of their own"
            )
        if is_key_event(payload.type):
            # Before anything is called unreadable: who is no root makes nothing uncertain here.
            threshold_of_roots(
                self, [name for name in signers if self.are_roots([name], index)], payload.type, index
            )
        if payload.type == KeyAdded.TYPE:
            may_add(self, payload, signers, index)
        elif payload.type == KeyRevoked.TYPE:
            may_revoke(self, payload, signers, index)
        elif payload.type == RootsChanged.TYPE:
            may_change_roots(self, payload, signers, index)
        elif is_key_event(payload.type):
            raise CouldNotCheck(
                f"{payload.type} cannot be read by this release; take a newer one to check this"
            )
        elif payload.type in MENDS and self.are_roots(signers, index):
            threshold_of_roots(self, signers, payload.type, index)
        else:
            are_recorders(self, payload.type, signers, index)
            if payload.type in MENDS and record_signers is None:
                raise CouldNotCheck(f"{payload.type}: the record is not here; who made it cannot be told")
            if payload.type in MENDS and not self.succeeds_any(signers, record_signers or ()):
                raise KeyNotAllowed(f"{payload.type} takes the recorder who made the record, or the roots")
