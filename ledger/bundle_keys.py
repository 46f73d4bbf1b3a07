"""Who signed the events of a bundle, and whether they might: the key stream as the verification folds it.

1. The event at index 0 opens the ledger that the bundle says it is of; without it no other event can be believed.
2. An event is believed where every signature fits its bytes. Where one fits and its key may not sign there, that is a
   finding; what the event says is looked at all the same.
3. Once an event of the key stream is missing, unreadable or wrong, a key that is not known might have been added there:
   it is then *could not check*, no longer wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from claimledger.events.envelope import Envelope
from claimledger.events.errors import (
    BrokenChain,
    ClaimLedgerError,
    CouldNotCheck,
    KeyNotAllowed,
    MalformedEvent,
    WrongLedger,
    WrongSignature,
)
from claimledger.events.event import Payload
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body

from .bundle_files import Contents
from .bundle_findings import BundleFindings
from .report import UNCHECKED_KEYS
from .trust import KeyStream, mended_record

__all__ = ["BundleKeys"]


class BundleKeys:
    """The keys of a bundle's ledger, folded as its events are read.

    Args:
        contents: what the bundle says it is.
        signers_of: keyids of those who signed an event that was read before, by its id.
        findings: takes what does not hold.

    Attributes:
        stream: the keys; None until the ledger was opened.
        unchecked: how many events there were without any keys to hold them against.
    """

    def __init__(
        self,
        contents: Contents,
        signers_of: Callable[[str], tuple[str, ...]],
        findings: BundleFindings,
    ) -> None:
        self._contents = contents
        self._signers_of = signers_of
        self._findings = findings
        self._is_broken = False
        self._stream_id: str | None = None
        self._last: str | None = None
        self.stream: KeyStream | None = None
        self.unchecked = 0

    def broken(self) -> None:
        """An event of the key stream is not here, or cannot be read."""
        self._is_broken = True

    def is_of_keys(self, payload: Payload) -> bool:
        """Whether an event stands in the stream of the opening."""
        return payload.stream == self._stream_id

    def believes(
        self, index: int, envelope: Envelope, payload: Payload, signers: tuple[str, ...], leaf: str
    ) -> bool:
        """Whether the signatures of an event fit; an event of the key stream is folded in.

        Args:
            index: its place in the log; events come in their order.
            envelope: it.
            payload: what is in the envelope, read.
            signers: keyids of its signatures.
            leaf: its leaf hash, in hex.
        """
        if index == 0:
            self._stream_id = payload.stream
            return self._open(envelope, payload, leaf)
        if self.stream is None:
            self.unchecked += 1
            return False
        mended: str | None = None
        by: tuple[str, ...] = ()
        try:
            try:
                mended = mended_record(payload)
            except MalformedEvent:
                # What was changed after it was signed is told as that.
                if self.stream.wrong_signatures(envelope, index):
                    raise WrongSignature("the signature does not fit the bytes") from None
                raise
            by = () if mended is None else self._signers_of(mended)
            self.stream.verify(envelope, payload, index, record_signers=by)
            if self.is_of_keys(payload):
                before, self._last = self._last, leaf
                if before is not None and payload.previous != before:
                    raise BrokenChain("it follows another event of the key stream than the one before it")
                body = read_body(payload.type, payload.version, payload.body, {})
                self.stream.apply(Event(index, leaf, payload, body, signers))
        except WrongSignature as error:
            self._findings.about(error.code, index, payload, leaf, str(error))
            if self.is_of_keys(payload):
                self._is_broken, self._last = True, None
            return False
        except ClaimLedgerError as error:
            code = error.code
            if isinstance(error, CouldNotCheck):
                code = UNCHECKED_KEYS
            if isinstance(error, KeyNotAllowed):
                is_unknown = self._is_broken and any(name not in self.stream.keys for name in signers)
                # Only a recorder may have recorded the record that is not here.
                is_lost = (
                    mended is not None and not by and all(self._records(name, index) for name in signers)
                )
                if is_unknown or is_lost:
                    code = UNCHECKED_KEYS
            # That it does not follow the event before is said where its stream is looked at.
            if not isinstance(error, BrokenChain):
                self._findings.about(code, index, payload, leaf, str(error))
            self._is_broken |= self.is_of_keys(payload)
        return True

    def _records(self, name: str, index: int) -> bool:
        record = None if self.stream is None else self.stream.keys.get(name)
        return record is not None and record.role == "recorder" and record.is_active_at(index)

    def _open(self, envelope: Envelope, payload: Payload, leaf: str) -> bool:
        try:
            keys = KeyStream.opened(envelope)
        except ClaimLedgerError as error:
            code = UNCHECKED_KEYS if isinstance(error, CouldNotCheck) else error.code
            self._findings.about(code, 0, payload, leaf, str(error))
            self._is_broken = True
            return False
        if keys.ledger_id != self._contents.ledger or keys.origin != self._contents.origin:
            said = f"opens ledger {keys.ledger_id}, and the bundle says that it is of another one"
            self._findings.about(WrongLedger.code, 0, payload, leaf, said)
        self.stream = keys
        self._last = leaf
        return True
