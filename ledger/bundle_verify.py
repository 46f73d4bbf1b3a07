"""Verify a bundle: everything that a stranger can check of it, offline, in the order of `docs/spec/7-verifying.md`.

1. Archive, names, manifests; then each event (form, ledger, id, chain, keys, proof), each protected slot
   (disclosed, withheld, erased, or missing), and the whole (what the log signed, sources, the pinned ledger).
2. Each check stands alone: what one finds is no reason to leave out another. So one change may have several witnesses.
3. Events are read twice, line by line: once for what they are, once for their slots, since what erases a slot comes
   later. Memory is some 200 bytes for each event, for its id and who signed it. What is read again must have the
   digest that it had when the bundle was opened: nobody is told what was found in one file of what stands in another.
4. What no check of this file can show stands in the notes.

Each group of checks has a file of its own: `claimledger.bundle_events`, `bundle_links`, `bundle_keys`,
`bundle_slots`, `bundle_log` and `bundle_heads`. Here they are put in their order.
Findings are those of `claimledger.report`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import (
    InvalidInput,
    MalformedBundle,
    WrongLedger,
    WrongProof,
)
from claimledger.events.event import Payload
from claimledger.events.identifiers import is_digest

from .anchors import Anchor, Trust
from .bundle_events import BundleEvent, events_of
from .bundle_files import EVENTS, SOURCES, VERIFIER, verifier_script
from .bundle_findings import BundleFindings
from .bundle_heads import verify_heads
from .bundle_keys import BundleKeys
from .bundle_links import BundleLinks
from .bundle_log import State, hold_kept, look_outside, read_checkpoint, verify_checkpoint
from .bundle_read import Bundle
from .bundle_report import BundleReport
from .bundle_slots import SlotSink, verify_slots
from .checkpoints import SignedCheckpoint
from .merkle import verify_inclusion
from .report import UNCHECKED_CHECKPOINT, most_telling_first
from .trust import KeyStream

__all__ = ["Sink", "verify_bundle"]

_NO_PIN = "no ledger id was given: a bundle of a whole other ledger would not show"
_WORDS = "README.txt, bag-info.txt and verify_claimledger.py are the words of whoever made it; no signature covers them"
_OTHER_PROGRAM = (
    "verify_claimledger.py in it is not the program of this release: it was changed, or is of another release; take "
    "one from somewhere else"
)
_VIEWS = "whether the log shows everybody the same, only somebody from outside could vouch; nobody whom you trust does"


class Sink(SlotSink, Protocol):
    """Takes what was found to hold, as it comes by: to make a ledger of it."""

    def event(self, index: int, envelope: bytes, payload: Payload, leaf: str) -> None:
        """An event, in the order of the log."""
        ...

    def proven(self, index: int, hashes: tuple[bytes, ...]) -> None:
        """A proof that leads from an event to the root."""
        ...


def verify_bundle(
    place: str | os.PathLike[str] | Bundle,
    *,
    pin: str | None = None,
    trust: Trust | None = None,
    checkpoints: Mapping[str, bytes] | None = None,
    now: datetime | None = None,
    sink: Sink | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BundleReport:
    """Verify a bundle.

    Args:
        place: a zip, the folder that was unpacked from one, or a bundle that is open.
        pin: the ledger id as known from elsewhere, 64 hex digits; None leaves open whether it is of that ledger.
        trust: which witnesses and timestamping authorities count; None for none.
        checkpoints: signed checkpoints that the auditor kept, by the names that are shown for them.
        now: the time by which a witness's line is from the future; by default the clock of this machine.
        sink: is given what the bundle holds, as it is read; what does not hold is in the report.
        progress: called now and then with how many bytes of events were read, and how many there are to read; each is
            read twice.

    Returns:
        The report; also where it is no bundle at all.

    Raises:
        InvalidInput: the pin is no ledger id.
        LedgerNotFound: nothing is there, or it cannot be read.
    """
    if pin is not None and not is_digest(pin.lower()):
        raise InvalidInput(
            "a ledger is pinned by its id, 64 hex digits: it was shown when the ledger was made"
        )
    wanted = None if pin is None else pin.lower()
    run = _Verification(wanted, sink, progress, trust or Trust(), checkpoints or {}, now)
    try:
        if isinstance(place, Bundle):
            return run.run(place)
        with Bundle.open(place) as bundle:
            return run.run(bundle)
    except MalformedBundle as error:
        run.findings.add(error.code, str(error))
        return run.report()


class _Verification:
    """The state of one verification; `run` is called once."""

    def __init__(
        self,
        pin: str | None,
        sink: Sink | None,
        progress: Callable[[int, int], None] | None,
        trust: Trust,
        kept: Mapping[str, bytes],
        now: datetime | None,
    ) -> None:
        self.pin = pin
        self.sink = sink
        self.progress = progress
        self.trust = trust
        self.kept = kept
        self.now = int((now or datetime.now(UTC)).timestamp())
        self.findings = BundleFindings()
        self.links = BundleLinks(self.findings)
        self.keys = BundleKeys(self.links, self.findings)
        self.notes: list[str] = []
        self.state: State | None = None
        self.signed: SignedCheckpoint | None = None
        self.anchors: tuple[Anchor, ...] = ()
        self.slots: Counter[SlotStatus] = Counter()
        self.disputed = 0
        self.done = self.total = 0

    def run(self, bundle: Bundle) -> BundleReport:
        for name in bundle.extra:
            self.findings.add("bundle.extra", f"{name!a}: belongs to no bundle")
        if bundle.missing:
            said = f"{bundle.missing[0]}: is not there, and no bundle is without it"
            self.findings.add(MalformedBundle.code, said)
            return self.report()
        for problem in bundle.problems():
            self.findings.add("bundle.manifest", problem)
        self.state = read_checkpoint(bundle, self.findings)
        self.total = 2 * bundle.files[EVENTS].size
        self._look_at_events(bundle)
        self.slots = verify_slots(bundle, self.links, self.findings, sink=self.sink, progress=self._advance)
        if self.keys.stream is not None:
            self._look_at_the_whole(bundle, self.keys.stream)
        if self.pin is not None and self.links.ledger != self.pin:
            said = f"this is of ledger {self.links.ledger or 'unknown'}, not of the pinned {self.pin}"
            self.findings.add(WrongLedger.code, said)
        self.notes += [_VIEWS] if not self.anchors else []
        self.notes += [_WORDS, *_program(bundle)]
        return self.report()

    # Events

    def _look_at_events(self, bundle: Bundle) -> None:
        later, first = 0, 0
        for event in events_of(bundle, self._refuse):
            is_sealed = self.state is not None and event.index < self.state.size
            is_in_place = self.links.follow(event, is_sealed=is_sealed)
            self.keys.judge(event, is_in_place=is_in_place)
            self._look_at_proof(event)
            if self.sink is not None:
                self.sink.event(event.index, event.line.envelope, event.payload, event.leaf)
            if self.state is not None and not is_sealed:
                first = first if later else event.index
                later += 1
            self._advance(event)
        if later:
            events = "1 event is" if later == 1 else f"{later} events are"
            said = f"{events} later than the checkpoint, from index {first} on"
            self.findings.add("unchecked.sealed", said)

    def _refuse(self, code: str, index: int | None, why: str) -> None:
        self.findings.add(code, why, index)
        self.keys.lose()

    def _look_at_proof(self, event: BundleEvent) -> None:
        state, hashes = self.state, event.line.proof
        if state is None:
            return
        if event.index >= state.size:
            if hashes is not None:
                said = "a proof is here, and the checkpoint is of fewer events"
                self.findings.about(WrongProof.code, event, said)
            return
        if hashes is None:
            said = "the proof that the log holds it at this place is not here"
            self.findings.about("unchecked.proof", event, said)
            return
        try:
            verify_inclusion(event.index, state.size, bytes.fromhex(event.leaf), hashes, state.root)
        except WrongProof as error:
            self.findings.about(error.code, event, str(error))
            return
        if self.sink is not None:
            self.sink.proven(event.index, hashes)

    def _advance(self, event: BundleEvent) -> None:
        self.done += event.line.length + 1
        if self.progress is not None and event.line.number % 250 == 0:
            self.progress(self.done, self.total)

    # The whole

    def _look_at_the_whole(self, bundle: Bundle, keys: KeyStream) -> None:
        if bundle.checkpoint() is None:
            self.findings.add(UNCHECKED_CHECKPOINT, "there is no checkpoint: nothing here was sealed")
        if self.state is not None:
            self.signed = verify_checkpoint(self.state, keys, self.findings, self.notes)
            verify_heads(bundle, self.state, keys, self.links, self.findings)
        if self.signed is not None:
            self.anchors = look_outside(bundle, self.signed, self.trust, self.now, self.findings)
        self.anchors += hold_kept(self.kept, self.signed, keys, self.findings)
        for digest in bundle.below(SOURCES):
            if digest not in self.links.sources:
                said = f"sources/{digest}: no event that is here speaks of a document with this digest"
                self.findings.add("bundle.extra", said)
        self._say_what_is_disputed(keys)

    def _say_what_is_disputed(self, keys: KeyStream) -> None:
        by = self.links.disputed_by(keys.keys)
        for record in keys.keys.values():
            disputed = by.get(record.keyid, ())
            if disputed:
                self.disputed += len(disputed)
                events = "1 event is" if len(disputed) == 1 else f"{len(disputed)} events are"
                self.notes.append(
                    f"{events} disputed, the first at index {disputed[0]}: the key {record.keyid} was revoked at index "
                    f"{record.revoked_at}, and what it signed from index {record.trusted_below} on is not to be trusted"
                )

    def report(self) -> BundleReport:
        findings, keys = self.findings, self.keys.stream
        return BundleReport(
            ledger_id=self.links.ledger,
            origin=None if keys is None else keys.origin,
            pinned=self.pin is not None,
            cases=tuple(sorted(set(findings.cases.values()))),
            events=self.links.count,
            holding=self.links.count - len(findings.touched),
            size=None if self.signed is None else self.signed.size,
            slots=dict(self.slots),
            disputed=self.disputed,
            anchors=self.anchors,
            findings=most_telling_first(findings.listed),
            more=sum(findings.counted.values()) - len(findings.listed),
            notes=(*([] if self.pin is not None else [_NO_PIN]), *self.notes),
        )


def _program(bundle: Bundle) -> Iterator[str]:
    """What is to be said of the program that is in the bundle: whoever made the bundle can make it say anything."""
    packed, script = bundle.files.get(VERIFIER), verifier_script()
    if packed is not None and script is not None and packed.digest != sha256(script).hexdigest():
        yield _OTHER_PROGRAM
