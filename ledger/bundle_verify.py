"""Verify a bundle: everything that a stranger can check of it, offline, in the order of `docs/spec/7-verifying.md`.

1. Archive, names, manifests; then each event (bytes, ledger, signatures, authority, chain, id, proof), each protected
   slot (disclosed, withheld, erased, or missing), and the whole (cases, heads, checkpoint, the pinned ledger).
2. Nothing stops at the first finding but an archive that is no bundle. One cause is one finding where that can be
   told: of an event whose signature does not fit, nothing else is said.
3. Events are read twice, line by line: once for what they are, once for their slots, since what erases a slot comes
   later. Memory is some 200 bytes for each event, for its id and who signed it.
4. What no check of this file can show stands in the notes.

Each group of checks has a file of its own: `claimledger.bundle_keys`, `bundle_links`, `bundle_proofs`,
`bundle_disclosures`, `bundle_log` and `bundle_heads`. Here they are put in their order.
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
from claimledger.events.envelope import Envelope
from claimledger.events.errors import (
    BrokenChain,
    InvalidInput,
    MalformedBundle,
    MalformedEvent,
    WrongLedger,
    WrongProof,
)
from claimledger.events.event import Payload
from claimledger.events.identifiers import is_digest

from .anchors import Anchor, Trust
from .bundle_disclosures import SlotSink, verify_slots
from .bundle_files import EVENTS, VERIFIER, verifier_script
from .bundle_findings import BundleFindings, counted, shown
from .bundle_heads import verify_heads
from .bundle_keys import BundleKeys
from .bundle_lines import EventLine, Unreadable
from .bundle_links import BundleLinks
from .bundle_log import hold_kept, look_outside, read_checkpoint, verify_checkpoint
from .bundle_proofs import ProofLines
from .bundle_read import Bundle
from .bundle_report import BUNDLE_MEANINGS, BundleReport
from .checkpoints import Checkpoint
from .merkle import verify_inclusion
from .notes import Note
from .register import shared_register
from .report import CHECKPOINT_WRONG, UNCHECKED_KEYS, Finding
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
    if isinstance(place, Bundle):
        return _Verification(place, wanted, sink, progress, trust or Trust(), checkpoints or {}, now).run()
    try:
        bundle = Bundle.open(place)
    except MalformedBundle as error:
        finding = Finding(error.code, None, None, "", str(error), BUNDLE_MEANINGS[error.code])
        return BundleReport(None, None, wanted is not None, (), 0, 0, None, {}, 0, (), (finding,), 0, ())
    with bundle:
        return _Verification(bundle, wanted, sink, progress, trust or Trust(), checkpoints or {}, now).run()


class _Verification:
    """The state of one verification; `run` is called once."""

    def __init__(
        self,
        bundle: Bundle,
        pin: str | None,
        sink: Sink | None,
        progress: Callable[[int, int], None] | None,
        trust: Trust,
        kept: Mapping[str, bytes],
        now: datetime | None,
    ) -> None:
        self.trust = trust
        self.kept = kept
        self.now = int((now or datetime.now(UTC)).timestamp())
        self.disputed = 0
        self.anchors: tuple[Anchor, ...] = ()
        self.bundle = bundle
        self.contents = bundle.contents
        self.pin = pin
        self.sink = sink
        self.progress = progress
        self.cases: dict[str, str] = {}  # stream to name
        self.findings = BundleFindings(self.cases)
        self.links = BundleLinks(self.cases, self.findings)
        self.keys = BundleKeys(self.contents, self.links.signers_of, self.findings)
        self.notes: list[str] = []
        self.checkpoint: Checkpoint | None = None
        self.is_sealed = True  # or said to be
        self.done = 0
        self.events = 0
        self.later = 0
        self.first_later: int | None = None
        self.silent: set[int] = set()  # indexes of events that nothing more is said of
        self.slots: Counter[SlotStatus] = Counter()

    def run(self) -> BundleReport:
        for problem in self.bundle.problems():
            self.findings.add("bundle.manifest", None, problem)
        if self.bundle.extra is not None:
            self.findings.add("bundle.extra", None, self.bundle.extra)
        self.is_sealed, note, self.checkpoint = read_checkpoint(self.bundle, self.findings)
        self._look_at_events()
        self.slots = verify_slots(
            self.bundle, self.links, self.findings, self.silent, sink=self.sink, progress=self._advance
        )
        self._look_at_the_whole(note)
        return self._report()

    # Events

    def _look_at_events(self) -> None:
        # Without the root that they lead to, there is nothing to say of proofs.
        lines = iter(()) if self.checkpoint is None and self.is_sealed else self.bundle.proofs()
        proofs = ProofLines(lines, self.findings, self.silent)
        last = -1
        for line in self.bundle.events():
            if isinstance(line, Unreadable):
                self.findings.add(MalformedEvent.code, None, f"line {line.number} of events.jsonl {line.why}")
                continue
            if line.index <= last:
                said = "stands in events.jsonl behind a later one, or a second time"
                self.findings.add(BrokenChain.code, line.index, said)
                continue
            last = line.index
            try:
                envelope = Envelope.from_bytes(line.envelope)
                payload = Payload.from_bytes(envelope.payload)
            except MalformedEvent as error:
                self.findings.add(error.code, line.index, str(error))
                self.silent.add(line.index)
                if line.index == 0:
                    self.keys.broken()
                continue
            self._take(line.index, envelope, payload, line.envelope, proofs)
            self._advance(line)
        proofs.end()

    def _advance(self, line: EventLine) -> None:
        self.done += len(line.envelope)
        if self.progress is not None and line.number % 250 == 0:
            self.progress(self.done, 2 * self.bundle.files[EVENTS].size)

    def _take(
        self, index: int, envelope: Envelope, payload: Payload, data: bytes, proofs: ProofLines
    ) -> None:
        leaf = envelope.leaf()
        self.events += 1
        signers = tuple(each.keyid for each in envelope.signatures)
        is_believed = self.keys.believes(index, envelope, payload, signers, leaf)
        if not is_believed:
            self.silent.add(index)
        checkpoint = self.checkpoint
        is_sealed = checkpoint is not None and index < checkpoint.size
        follows = self.links.follow(index, payload, leaf, is_believed=is_believed, is_sealed=is_sealed)
        if not follows and self.keys.is_of_keys(payload):
            self.keys.broken()
        self.links.remember(index, payload, signers, leaf, is_believed=is_believed)
        if checkpoint is None or index >= checkpoint.size:
            if checkpoint is not None:
                self.later += 1
                self.first_later = index if self.first_later is None else self.first_later
            proofs.none_for(index)
        else:
            hashes = proofs.of(index)
            if is_believed:
                self._prove(index, payload, leaf, hashes, checkpoint)
        if is_believed and self.sink is not None:
            self.sink.event(index, data, payload, leaf)

    def _prove(
        self,
        index: int,
        payload: Payload,
        leaf: str,
        hashes: tuple[bytes, ...] | None,
        checkpoint: Checkpoint,
    ) -> None:
        if hashes is None:
            said = "the proof that the log holds it at this place is not here"
            self.findings.about("unchecked.proof", index, payload, leaf, said)
            return
        try:
            verify_inclusion(index, checkpoint.size, bytes.fromhex(leaf), hashes, checkpoint.root)
        except WrongProof as error:
            self.findings.about(error.code, index, payload, leaf, str(error))
            return
        if self.sink is not None:
            self.sink.proven(index, hashes)

    def _program(self) -> Iterator[str]:
        """What is to be said of the program that is in the bundle: whoever made the bundle can make it say anything."""
        packed = self.bundle.files.get(VERIFIER)
        script = verifier_script()
        if packed is not None and script is not None and packed.digest != sha256(script).hexdigest():
            yield _OTHER_PROGRAM

    # The whole

    def _look_at_the_whole(self, note: Note | None) -> None:
        keys = self.keys.stream
        if keys is None:
            events = counted(self.keys.unchecked)
            said = f"{events} could not be checked: the opening of the ledger is not here, or does not hold"
            self.findings.add(UNCHECKED_KEYS, None, said)
        else:
            self._look_at_cases(keys)
            signed = None
            if note is not None and self.checkpoint is not None:
                signed = verify_checkpoint(note, self.checkpoint.size, keys, self.findings, self.notes)
                if signed is not None:
                    self.anchors = look_outside(self.bundle, signed, self.trust, self.now, self.findings)
                verify_heads(self.bundle, self.checkpoint, keys, self.links, self.findings)
            self.anchors += hold_kept(self.kept, signed, keys, self.findings)
            self._look_at_sources()
            self._say_what_is_disputed(keys)
        if self.later:
            events = "1 event is" if self.later == 1 else f"{self.later} events are"
            said = f"{events} later than the checkpoint, from index {self.first_later} on"
            self.findings.add("unchecked.sealed", None, said)
        if self.pin is not None and self.contents.ledger != self.pin:
            said = f"this is of ledger {self.contents.ledger}, not of the pinned {self.pin}"
            self.findings.add(WrongLedger.code, None, said)

    def _look_at_cases(self, keys: KeyStream) -> None:
        wanted = set(self.contents.cases)
        for name in sorted(wanted - set(self.cases.values())):
            said = f"the case {shown(name)} is said to be here, and is not"
            self.findings.add("bundle.cases", None, said)
        known = {keys.stream, shared_register(self.contents.ledger)}
        for stream in sorted(set(self.links.streams) - known):
            opened = self.cases.get(stream)
            if opened not in wanted:
                what = "a stream that opens no case" if opened is None else f"the case {shown(opened)}"
                self.findings.add(
                    "bundle.cases", None, f"it holds {what}, which it does not say that it holds"
                )

    def _look_at_sources(self) -> None:
        for digest in self.bundle.sources():
            if digest not in self.links.sources:
                said = f"sources/{digest}: no event that is here speaks of a document with this digest"
                self.findings.add("bundle.extra", None, said)

    def _say_what_is_disputed(self, keys: KeyStream) -> None:
        for record in keys.keys.values():
            if record.trusted_below is None:
                continue
            disputed = self.links.disputed_by(record)
            if disputed:
                self.disputed += len(disputed)
                events = "1 event is" if len(disputed) == 1 else f"{len(disputed)} events are"
                self.notes.append(
                    f"{events} disputed, the first at index {disputed[0]}: the key {record.keyid} was revoked at index "
                    f"{record.revoked_at}, and what it signed from index {record.trusted_below} on is not to be trusted"
                )

    def _report(self) -> BundleReport:
        where_no_index = self.events + 1 << 64
        listed = sorted(
            self.findings.listed, key=lambda each: where_no_index if each.index is None else each.index
        )
        failed = {each.code for each in listed} & {CHECKPOINT_WRONG}
        views = [] if self.anchors else [_VIEWS]
        notes = [*([] if self.pin is not None else [_NO_PIN]), *self.notes, *views, _WORDS, *self._program()]
        return BundleReport(
            ledger_id=self.contents.ledger,
            origin=self.contents.origin,
            pinned=self.pin is not None,
            cases=self.contents.cases,
            events=self.events,
            holding=max(0, self.events - len(self.findings.touched) - self.keys.unchecked),
            size=self.checkpoint.size if self.checkpoint is not None and not failed else None,
            slots=dict(self.slots),
            disputed=self.disputed,
            anchors=self.anchors,
            findings=tuple(listed),
            more=sum(self.findings.counted.values()) - len(listed),
            notes=tuple(notes),
        )
