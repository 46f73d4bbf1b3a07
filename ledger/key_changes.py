"""Changes of the keys of a ledger: composed, signed by whoever is at hand, and written.

1. A change is composed for the end of the key stream as it is, and written only there: the bytes that the roots signed
   are the bytes that are stored.
2. It is held against the key stream before it is written, as it will be by every reader. What would not be allowed is
   refused, and nothing is written.
3. A revocation names the root of the log at its size, computed from the bytes of the events and from nothing derived.
4. No more roots sign than must: each signature is one more thing to carry.
5. Reasons and holders are signed in clear: they are refused where they hold what a case protects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from claimledger.events.envelope import Envelope
from claimledger.events.errors import (
    InvalidInput,
    InvalidValue,
    KeyMissing,
    RowMismatch,
)
from claimledger.events.event import Payload, format_instant
from claimledger.events.governance import KeyAdded, KeyRevoked, LedgerOpened, LogKey, RootKey, RootsChanged

from .clear_words import ProtectedWords
from .key_records import KeyRecord
from .key_refusals import refuse_unwise
from .key_requests import Asked, KeyChange, KeyRequest
from .keys import Keyring, Signer, keyid
from .log import Log
from .merkle import Frontier
from .recording import Pending, Receipt
from .store import Store

__all__ = ["KeyChanges", "opening", "opening_signers"]


class KeyChanges:
    """The keys of one ledger, as they are changed.

    Args:
        store: where the events are.
        log: the verified log, which knows the keys.
        clock: gives the time now.
        new_id: gives a fresh UUID of version 4.
        words: the protected words of all cases.
    """

    def __init__(
        self,
        store: Store,
        log: Log,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        words: ProtectedWords,
    ) -> None:
        self._store = store
        self._log = log
        self._clock = clock
        self._new_id = new_id
        self._words = words

    def key(self, name: str) -> KeyRecord:
        """The key of a keyid, or of its first digits (eight at least).

        Raises:
            InvalidValue: no key of the ledger begins so, or several do.
        """
        found = [each for each in self._log.keys.keys.values() if each.keyid.startswith(name)]
        if len(name) < _DIGITS or len(found) != 1:
            what = "several keys" if len(found) > 1 and len(name) >= _DIGITS else "no key of this ledger"
            raise InvalidValue(
                f"key {name}: {what} by that name; give {_DIGITS} to 64 digits of a keyid, as `keys list` shows them"
            )
        return found[0]

    def revocation(self, name: str, reason: str, size: int | None) -> KeyRevoked:
        """The body that revokes a key.

        Args:
            name: keyid, or its first digits.
            reason: why, in words.
            size: how many leaves stay trusted; None for all that there are now.

        Raises:
            InvalidValue: no such key, no reason, one that names somebody who is protected, or more leaves than there
                are.
            RowMismatch: the log is not what it was when it was recorded.
        """
        self.check_reason(reason)
        there = self._store.size()
        size = there if size is None else size
        if not 0 <= size <= there:
            raise InvalidValue(f"size: the log has {there} events; {size} of them cannot stay trusted")
        return KeyRevoked(key=self.key(name).keyid, reason=reason, size=size, root=self._root_at(size).hex())

    def request(self, change: KeyChange) -> KeyRequest:
        """Write a change for the end of the key stream, to be signed.

        Raises:
            VerificationFailed: it could not be signed by anybody: the key is there already, or the last one, and so on.
            InvalidValue: it is too long, or holds words that a case protects.
        """
        self._log.fold()
        self._check_words(change)
        keys = self._log.keys
        payload = Payload(
            type=change.TYPE,
            version=change.VERSION,
            ledger=keys.ledger_id,
            stream=keys.stream,
            sequence=keys.sequence + 1,
            previous=self._head(),
            id=self._new_id(),
            recorded_at=format_instant(self._clock()),
            body=change.split()[0],
            commitments={},
        )
        index = self._store.size()
        roots = [
            Asked(holder=each.holder, key=each.public_key.hex(), why="root") for each in keys.active("root")
        ]
        new = _new_keys(change, {each.key for each in roots})
        # Held against the rules as if all had signed: so that nobody signs in vain.
        keys.check_authority(payload, sorted(each.keyid for each in (*roots, *new)), index)
        refuse_unwise(keys, payload, index)
        return KeyRequest(keys.origin, payload.to_bytes(), keys.threshold, (*roots, *new))

    def write(self, request: KeyRequest) -> Receipt:
        """Write what the roots signed; on return it is on disk.

        Raises:
            InvalidInput: the key stream has moved on since the request was made, or it is for another ledger.
            KeyMissing: signatures are missing.
            InvalidValue: it holds words that a case protects.
            VerificationFailed: it is not allowed.
            LedgerBusy, ReadOnly: it cannot be written.
        """
        self._store.check_usable(writing=True)
        self._log.fold()
        keys, header = self._log.keys, request.header
        if request.ledger != keys.ledger_id:
            raise InvalidInput(f"the request is for ledger {request.ledger}, and this is {keys.ledger_id}")
        if (header.sequence, header.previous) != (keys.sequence + 1, self._head()):
            raise InvalidInput(_MOVED)
        if request.missing:
            who = ", ".join(f"{each.holder} (key {each.keyid[:_DIGITS]})" for each in request.missing)
            raise KeyMissing(
                f"the request is signed by {request.roots_signed} root keys, where {request.threshold} must sign; "
                f"still to sign, or some of them: {who}"
            )
        self._check_words(request.change)
        keys.verify(request.envelope, header, self._store.size())
        refuse_unwise(keys, header, self._store.size())
        pending = _signed(request, header)
        self._store.append(
            [pending], key_stream=keys.stream, key_sequence=keys.sequence, refold=_moved, recheck=_nothing
        )
        self._log.fold()
        return pending.receipt

    def change(self, change: KeyChange, signers: Sequence[Signer]) -> Receipt:
        """Write a change that those at hand can sign.

        Raises:
            KeyMissing: too few of those who must sign are at hand; make a request of it.
            VerificationFailed, InvalidInput, LedgerBusy, ReadOnly: see `request` and `write`.
        """
        asked = self.request(change)
        roots = {each.keyid for each in asked.asked if each.why == "root"}
        signed = asked.signed_by([signer for signer in signers if keyid(signer) not in roots])
        for signer in signers:
            if keyid(signer) in {each.keyid for each in signed.missing}:
                signed = signed.signed_by([signer])
        if signed.missing:
            who = ", ".join(each.holder for each in signed.missing)
            raise KeyMissing(
                f"{self._store.place}: {change.TYPE} takes {asked.threshold} of the roots, and {signed.roots_signed} "
                f"are at hand (missing: {who}); make a request that is signed where the root keys are: "
                "claimledger keys request"
            )
        return self.write(signed)

    def check_reason(self, reason: str) -> None:
        """Refuse a reason that names somebody whom a case protects, in whole or in part.

        Raises:
            InvalidValue: it does.
        """
        self._words.refuse({"reason": reason})

    def _check_words(self, change: KeyChange) -> None:
        if isinstance(change, KeyRevoked):
            self.check_reason(change.reason)
            return
        holders = [change.holder] if isinstance(change, KeyAdded) else [each.holder for each in change.roots]
        for holder in holders:
            self._words.refuse({"holder": holder}, whole_only=True)

    def _head(self) -> str | None:
        """The leaf hash of the last event of the key stream, as far as it was folded in."""
        row = self._store.row_at(self._log.keys.index)
        return None if row is None else row.leaf

    def _root_at(self, size: int) -> bytes:
        frontier = Frontier()
        for row in self._store.rows(-1):
            if row.index >= size:
                break
            leaf = Envelope.from_bytes(row.envelope).leaf()
            if (row.index, row.leaf) != (frontier.size, leaf):
                raise RowMismatch(
                    f"index {frontier.size}: the row is not what it was when it was recorded; verify the ledger"
                )
            frontier.append(bytes.fromhex(leaf))
        return frontier.root()


class _Collected:
    """Those who signed a request already; they sign nothing else."""

    def __init__(self, payload: bytes, envelope: Envelope) -> None:
        self.keyids = tuple(each.keyid for each in envelope.signatures)
        self._payload = payload
        self._envelope = envelope

    def seal(self, payload: bytes) -> tuple[bytes, str]:
        """The stored envelope, and its leaf hash.

        Raises:
            InvalidInput: it is to stand at another place than it was signed for.
        """
        if payload != self._payload:
            raise InvalidInput(_MOVED)
        return self._envelope.to_bytes(), self._envelope.leaf()


def _signed(request: KeyRequest, header: Payload) -> Pending:
    return Pending(
        type=header.type,
        version=header.version,
        ledger=header.ledger,
        stream=header.stream,
        id=header.id,
        recorded_at=header.recorded_at,
        public=header.body,
        commitments={},
        disclosures={},
        signers=_Collected(request.payload, request.envelope),
        receipt=Receipt(-1, "", header.id, header.stream, 0, None, None),
    )


def _new_keys(change: KeyChange, roots: set[str]) -> list[Asked]:
    """Who proves possession of a key that a change brings in."""
    if isinstance(change, KeyAdded):
        if change.role in ("root", "recorder"):
            return [Asked(holder=change.holder, key=change.key, why="new")]
        return []
    if isinstance(change, RootsChanged):
        return [
            Asked(holder=each.holder, key=each.key, why="new")
            for each in change.roots
            if each.key not in roots
        ]
    return []


def _moved() -> int:
    raise InvalidInput(_MOVED)


def _nothing() -> None:
    """A change of keys takes no name."""


_DIGITS = 8
_MOVED = (
    "the keys were changed since this request was made, and it is void; nothing was written; make a new one"
)


def opening(origin: str, roots: Sequence[Keyring], logs: Keyring, threshold: int | None) -> LedgerOpened:
    """The body of the first event of a ledger.

    Args:
        origin: the ledger's name in the world.
        roots: keyrings whose root keys are those of the ledger.
        logs: the keyring whose log keys are.
        threshold: how many roots must sign; None for all of them.

    Raises:
        KeyMissing: no keyring lists a root key.
        InvalidValue: an origin or threshold that breaks a rule, or a key that is listed twice.
    """
    listed = [
        RootKey(holder=entry.holder, key=entry.public_key)
        for ring in roots
        for entry in ring.entries
        if entry.role == "root"
    ]
    if not listed:
        raise KeyMissing("a new ledger is signed by a root key, and none is at hand in this keyring")
    return LedgerOpened(
        origin=origin,
        roots=listed,
        threshold=len(listed) if threshold is None else threshold,
        logs=[
            LogKey(holder=entry.holder, algorithm=entry.algorithm, key=entry.public_key)
            for entry in logs.entries
            if entry.role == "log"
        ],
    )


def opening_signers(roots: Sequence[Keyring], opened: LedgerOpened) -> tuple[Signer, ...]:
    """The root keys at hand that sign an opening, as many as must.

    Raises:
        KeyMissing: fewer are at hand.
    """
    at_hand = [root for ring in roots for root in ring.roots]
    if len(at_hand) < opened.threshold:
        raise KeyMissing(
            f"a new ledger is signed by {opened.threshold} of its root keys, and {len(at_hand)} are at hand"
        )
    return tuple(at_hand[: opened.threshold])
