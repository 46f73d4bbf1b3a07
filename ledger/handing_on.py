"""Handing on what a ledger holds: cases as one bundle, and single disclosures that fit into one later.

1. What is handed on was verified as it was read, and is verified once more as its recipient would.
2. With the log's keys at hand the log signs where the cases end; without them the bundle says that nobody did.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import InvalidInput, MissingDisclosure, UnknownName

from .bundle_files import Custody
from .bundle_report import BundleReport
from .bundle_write import Bundling, write_bundle
from .checks import did_you_mean
from .clear_words import ProtectedWords
from .leaks import Leak, where_of
from .ledger_reading import LedgerReader
from .withheld_words import StillGiven, still_given

__all__ = ["HandingOn"]

_GOES_OUT = "goes out with the bundle in clear"


class HandingOn(LedgerReader):
    """A ledger that is open, as far as handing on goes."""

    def bundle(
        self,
        cases: Sequence[str],
        *,
        to: str | os.PathLike[str],
        custody: Custody,
        withhold: Iterable[str] = (),
        sources: Iterable[str | os.PathLike[str]] = (),
        progress: Callable[[int], None] | None = None,
    ) -> BundleReport:
        """Write cases into one file, with all that a stranger needs to check them; see `claimledger.bundle_write`.

        Seal the ledger first: what is later than the last checkpoint has no proof. With the log's keys at hand the log
        also signs where the cases end, so that a record that is cut off shows.

        Args:
            cases: names of the cases, at least one.
            to: the file to make; nothing may be there.
            custody: who hands it over, and on which day.
            withhold: what to leave out of protected content: ``SLOT``, ``EVENT:SLOT``, an entity, or ``*``; see
                `claimledger.bundle_withhold`.
            sources: files of source documents and evidence items to put in; an event must name the digest of each.
            progress: called now and then with the number of events that are done.

        Returns:
            What its recipient will find.

        Raises:
            UnknownName: no such case, or nothing is called as something that is to be withheld.
            InvalidInput: a file is there already, cannot be read, or is no source of these cases.
            InvalidValue: custody data that hold the whole name, or another word, of somebody whom these cases protect.
            VerificationFailed: something does not hold; nothing was written.
        """
        wanted = sorted(set(cases))
        if not wanted:
            raise InvalidInput("a bundle holds one case at least: name it")
        if self._store.is_sparse:
            raise InvalidInput(
                f"{self._store.place}: a bundle is made from a ledger; hand this one on as it is, or merge it"
            )
        of_cases = [self._find_case(case)[1] for case in wanted]
        self._words_of(wanted).refuse(custody.texts(), whole_only=True, because=_GOES_OUT)
        checkpoint = self.checkpoint()
        return write_bundle(
            Bundling(
                store=self._store,
                log=self._log,
                ledger=self.id,
                origin=self.origin,
                cases=wanted,
                streams=[self._log.keys.stream, self._shared_stream, *of_cases],
                withholding=self._withholding(withhold, of_cases),
                checkpoint=checkpoint,
                tree=self._sealed.tree(checkpoint.size) if checkpoint else None,
                heads=self._heads_of(wanted) if checkpoint else {},
                sources=[Path(each) for each in sources],
                custody=custody,
            ),
            to,
            progress,
        )

    def still_given(self, withhold: Iterable[str], cases: Sequence[str] | None = None) -> list[StillGiven]:
        """Where words of what is to be withheld stand in protected content that is given.

        How words are compared, and which are looked for, says `claimledger.withheld_words`.

        Args:
            withhold: what is left out, in the words of `bundle`.
            cases: names of the cases that are handed on together; None for all that are here.

        Raises:
            UnknownName: no such case.
            VerificationFailed: an event is not what was signed.
        """
        asked = set(withhold)
        if not asked or "*" in asked:
            return []
        names = [None] if cases is None else sorted(set(cases))
        streams = [stream for name in names for stream in self._streams_of(name)]
        return still_given(self._log.events(streams), self._withholding(asked, streams))

    def words_in(self, cases: Sequence[str] | None, texts: Mapping[str, str | None]) -> list[Leak]:
        """Where texts that go out with a bundle hold words that its cases protect, parts of names too; not the words.

        Args:
            cases: names of the cases; None for all that are here.
            texts: by what results call them.

        Raises:
            UnknownName: no such case.
        """
        return [leak for leak, _ in self._words_of(cases).look(texts)]

    def _words_of(self, cases: Sequence[str] | None) -> ProtectedWords:
        streams = None if cases is None else [self._find_case(case)[1] for case in cases]
        return ProtectedWords(self._store, self._log, streams)

    def disclosure(self, leaf: str, slot: str) -> bytes:
        """The disclosure of one protected slot, to hand over to somebody who has the event: it fits into their bundle.

        Args:
            leaf: leaf hash of the event, or its first digits.
            slot: name of the slot, such as ``quote``.

        Returns:
            The line that a bundle has for it: the bytes that the event commits to, and a newline.

        Raises:
            UnknownName: no such event, or it has no such slot.
            MissingDisclosure: the content is not here, or was erased.
            VerificationFailed: the event or its content is not what was signed.
        """
        event = self.event(leaf)
        called = f"{where_of(event)} (leaf {event.leaf[:8]})"
        if slot not in event.header.commitments:
            near = did_you_mean(slot, sorted(event.header.commitments))
            raise UnknownName(f'{called}: it has no protected slot "{slot}"{near}')
        status = event.slots[slot]
        if status is not SlotStatus.DISCLOSED:
            erasure = event.erasures.get(slot)
            why = "" if erasure is None else f", by authority of {erasure.authority}: {erasure.reason}"
            raise MissingDisclosure(f"{called}: the content of slot {slot} is {status.value}{why}")
        return self._store.disclosures([event.id])[event.id][slot] + b"\n"

    def _heads_of(self, cases: Sequence[str]) -> Mapping[str, bytes]:  # noqa: ARG002 - nobody signs here
        """By stream the note of where it ends, signed by the log; none where its keys are not at hand."""
        return {}
