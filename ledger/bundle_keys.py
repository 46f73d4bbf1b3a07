"""Who signed the events of a bundle, and whether they might: the key stream as the verification folds it.

1. Whether signatures fit and whether those who signed may sign there are two questions, each answered by itself.
2. An event of the key stream is folded in where nothing was found against it but its proof.
3. Once one was not, or any line could not be taken in, and until a ledger was opened, nobody can tell which keys there
   are: what is not allowed is then *could not check*, no longer wrong.
"""

from __future__ import annotations

from collections.abc import Collection

from claimledger.events.errors import CouldNotCheck, KeyNotAllowed, WeakKey, WrongSignature
from claimledger.events.event import LEDGER_OPENED

from .bundle_events import BundleEvent
from .bundle_findings import BundleFindings
from .bundle_links import BundleLinks
from .key_records import KeyRecord
from .key_rules import keys_brought
from .report import UNCHECKED_KEYS
from .trust import KeyStream, mended_record

__all__ = ["BundleKeys"]


class BundleKeys:
    """The keys of a bundle's ledger, folded as its events are read.

    Args:
        links: what the events that were read before say of one another.
        findings: takes what does not hold.
    """

    def __init__(self, links: BundleLinks, findings: BundleFindings) -> None:
        self._links = links
        self._findings = findings
        self._table = KeyStream("", "", "", 1)
        self._is_open = False
        self._is_lost = False

    @property
    def stream(self) -> KeyStream | None:
        """The keys; None where no opening of the ledger was folded in."""
        return self._table if self._is_open else None

    def lose(self) -> None:
        """Nobody can tell any more which keys there are: something that might change them could not be taken in."""
        self._is_lost = True

    def judge(self, event: BundleEvent, *, is_in_place: bool) -> None:
        """Hold an event against the keys, and fold it in where it changes them and all of it holds.

        Args:
            event: the next one.
            is_in_place: whether its ledger, its id and its place hold.
        """
        is_of_keys = event.payload.stream == self._links.key_stream
        if is_of_keys and not is_in_place:
            self.lose()
        table = self._table if event.index else self._opening(event)
        holds = table is not None and self._holds(event, table)
        if not is_of_keys:
            return
        if table is None or not holds or not is_in_place:
            self.lose()
        elif event.index:
            table.fold(event.payload, event.index)
        else:
            self._table, self._is_open = table, True

    def _opening(self, event: BundleEvent) -> KeyStream | None:
        """The keys that the opening lists, by which it is judged itself; None where they cannot be had."""
        try:
            return KeyStream.opening(event.payload, event.ledger)
        except WeakKey as error:
            self._findings.about(error.code, event, str(error))
        except CouldNotCheck as error:
            self._findings.about(UNCHECKED_KEYS, event, str(error))
        return None

    def _holds(self, event: BundleEvent, table: KeyStream) -> bool:
        payload, index = event.payload, event.index
        brought: Collection[KeyRecord] = ()
        try:
            brought = keys_brought(payload, index) if payload.type != LEDGER_OPENED else ()
        except WeakKey as error:
            self._findings.about(error.code, event, str(error))
            return False
        except CouldNotCheck:
            pass  # It brings no keys; that it cannot be read is said below, where enough roots signed it.
        wrong = table.wrong_signatures(event.envelope, index, brought)
        if wrong:
            said = f"the signature of key {wrong[0]} does not fit the bytes"
            self._findings.about(WrongSignature.code, event, said)
        mended = mended_record(payload)
        by = () if mended is None else self._links.signers_of(mended, index)
        try:
            table.check_signers(payload, event.signers, index, record_signers=by)
        except KeyNotAllowed as error:
            nobody_can_tell = index > 0 and (self._is_lost or not self._is_open)
            self._findings.about(UNCHECKED_KEYS if nobody_can_tell else error.code, event, str(error))
            return False
        except CouldNotCheck as error:
            self._findings.about(UNCHECKED_KEYS, event, str(error))
            return False
        return not wrong
