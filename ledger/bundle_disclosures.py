"""The protected slots of a bundle's events: disclosed, withheld, erased, or missing, each held against its commitment.

1. An event's `commitments` say which slots it has. Content, or a word of what is withheld, for any other is a finding.
2. What a signed event erased must not be here: it is not opened, and it is shown nowhere.
3. Content is believed by its commitment alone (`claimledger.events.disclosure`); a slot without content, without an
   erasure and without a word is missing.
4. Of events of which nothing more is said, nothing is said here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container
from typing import Protocol

from claimledger.events.disclosure import SlotStatus, open_commitment
from claimledger.events.envelope import Envelope
from claimledger.events.errors import MalformedEvent, MissingDisclosure, WrongDisclosure
from claimledger.events.event import Payload

from .audit_links import words_for
from .bundle_findings import BundleFindings
from .bundle_lines import EventLine, SlotLine, Unreadable
from .bundle_links import BundleLinks
from .bundle_read import Bundle
from .bundle_slots import SlotProblem, Slots

__all__ = ["SlotSink", "verify_slots"]


class SlotSink(Protocol):
    """Takes what was found to hold of slots, as it comes by."""

    def disclosed(self, index: int, slot: str, content: bytes) -> None:
        """Content of a slot that is given."""
        ...

    def left_out(self, event: str, slot: str) -> None:
        """A slot whose content was left out on purpose."""
        ...


def verify_slots(
    bundle: Bundle,
    links: BundleLinks,
    findings: BundleFindings,
    silent: Container[int],
    *,
    sink: SlotSink | None,
    progress: Callable[[EventLine], None],
) -> Counter[SlotStatus]:
    """Read the events a second time, beside what is given and what is withheld of them.

    Args:
        bundle: an open bundle.
        links: of all its events: what erases a slot comes later than the slot.
        findings: takes what does not hold.
        silent: indexes of events of which nothing more is said.
        sink: is given what holds.
        progress: is told of each event that was read.

    Returns:
        How many slots have which status.
    """
    check = _SlotCheck(bundle.contents.ledger, links, findings, sink)
    disclosed = Slots(bundle.disclosures(), links.index_of, silent, check.report_disclosure)
    withheld = Slots(bundle.withheld(), links.index_of, silent, check.report_withheld)
    last = -1
    for line in bundle.events():
        if isinstance(line, Unreadable) or line.index <= last or line.index in silent:
            continue
        last = line.index
        progress(line)
        try:
            payload = Payload.from_bytes(Envelope.from_bytes(line.envelope).payload)
        except MalformedEvent:
            continue
        if links.index_of(payload.id) != line.index:
            continue  # a second event of one id, or a second line of one event: it was said already
        given = disclosed.of(line.index)
        left_out = withheld.of(line.index)
        if payload.commitments or given or left_out:
            check.look_at(line.index, payload, given, left_out)
    disclosed.end()
    withheld.end()
    return check.statuses


class _SlotCheck:
    def __init__(
        self, ledger: str, links: BundleLinks, findings: BundleFindings, sink: SlotSink | None
    ) -> None:
        self._ledger = ledger
        self._links = links
        self._findings = findings
        self._sink = sink
        self.statuses: Counter[SlotStatus] = Counter()

    def report_disclosure(self, problem: SlotProblem) -> None:
        code = "disclosure.elsewhere" if problem.is_elsewhere else "disclosure.malformed"
        said = f"line {problem.number} of disclosures.jsonl {problem.why}"
        self._findings.add(code, problem.index, said)

    def report_withheld(self, problem: SlotProblem) -> None:
        said = f"line {problem.number} of withheld.jsonl {problem.why}"
        self._findings.add("bundle.withheld", problem.index, said)

    def look_at(
        self, index: int, payload: Payload, given: dict[str, SlotLine], left_out: dict[str, SlotLine]
    ) -> None:
        where = words_for(payload, self._links.cases)
        for slot in given.keys() - payload.commitments.keys():
            said = f"content is here for its slot {slot}, and it has no such slot"
            self._findings.add("disclosure.elsewhere", index, said, where)
        for slot in left_out.keys() - payload.commitments.keys():
            said = f"its slot {slot} is said to be withheld, and it has no such slot"
            self._findings.add("bundle.withheld", index, said, where)
        for slot, commitment in payload.commitments.items():
            line = given.get(slot)
            is_erased = self._links.is_erased(payload, slot, index)
            status = SlotStatus.ERASED if is_erased else SlotStatus.MISSING
            if slot in left_out:
                if is_erased or line is not None:
                    but = "was erased" if is_erased else "is here"
                    said = f"its slot {slot} is said to be withheld, and it {but}"
                    self._findings.add("bundle.withheld", index, said, where)
                else:
                    status = SlotStatus.WITHHELD
                    if self._sink is not None:
                        self._sink.left_out(payload.id, slot)
            if line is not None:
                status = self._open(index, payload, slot, commitment, line, where, is_erased=is_erased)
            elif status is SlotStatus.MISSING:
                said = f"the protected content of slot {slot} is not here, and nothing says why"
                self._findings.add(MissingDisclosure.code, index, said, where)
            self.statuses[status] += 1

    def _open(
        self,
        index: int,
        payload: Payload,
        slot: str,
        commitment: str,
        line: SlotLine,
        where: str,
        *,
        is_erased: bool,
    ) -> SlotStatus:
        if is_erased:
            said = f"its slot {slot} was erased by a signed event, and its content is here all the same"
            self._findings.add("disclosure.erased", index, said, where)
            return SlotStatus.ERASED
        try:
            open_commitment(commitment, line.content, ledger=self._ledger, event=payload.id, slot=slot)
        except WrongDisclosure as error:
            self._findings.add(error.code, index, str(error), where)
            return SlotStatus.MISMATCHED
        if self._sink is not None:
            self._sink.disclosed(index, slot, line.content)
        return SlotStatus.DISCLOSED
