"""Verify a bundle: everything that a stranger can check of it, offline, in the order of `docs/spec/7-verifying.md`.

1. Archive, names, manifests; then each event (bytes, ledger, signatures, authority, chain, id, proof), each protected
   slot (disclosed, withheld, erased, or missing), and the whole (cases, heads, checkpoint, the pinned ledger).
2. Nothing stops at the first finding but an archive that is no bundle. One cause is one finding where that can be
   told: of an event whose signature does not fit, nothing else is said.
3. Events are read twice, line by line: once for what they are, once for their slots, since what erases a slot comes
   later. Memory is some 200 bytes for each event, for its id and who signed it.
4. What no check of this file can show stands in the notes.

Findings are those of `claimledger.report`.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime
from typing import Final, Protocol

from claimledger.events.disclosure import SlotStatus, open_commitment
from claimledger.events.envelope import Envelope
from claimledger.events.erasure import erased_slots
from claimledger.events.errors import (
    BrokenChain,
    ClaimLedgerError,
    CouldNotCheck,
    InvalidInput,
    KeyNotAllowed,
    MalformedBundle,
    MalformedEvent,
    MissingDisclosure,
    MissingExtra,
    VerificationFailed,
    WrongDisclosure,
    WrongLedger,
    WrongProof,
    WrongSignature,
)
from claimledger.events.event import Payload
from claimledger.events.identifiers import is_digest
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body

from .anchors import Anchor, Trust, anchors_of
from .audit_links import is_plain, words_for
from .bundle_files import EVENTS
from .bundle_lines import EventLine, ProofLine, SlotLine, Unreadable
from .bundle_read import Bundle
from .bundle_report import BUNDLE_MEANINGS, BundleReport
from .bundle_slots import SlotProblem, Slots
from .checkpoints import Checkpoint, SignedCheckpoint, open_checkpoint
from .heads import StreamHead, open_heads
from .log_keys import head_verifiers, log_verifiers
from .merkle import verify_inclusion
from .notes import KeyType, Note
from .register import shared_register
from .report import (
    CHECKPOINT_WRONG,
    COSIGNATURE_WRONG,
    UNCHECKED_KEYS,
    UNCHECKED_TIMESTAMP,
    UNCHECKED_WITNESSES,
    Finding,
)
from .trust import KeyStream, mended_record

__all__ = ["Sink", "verify_bundle"]

_PER_CODE: Final = 200
"""How many findings of one code are listed; the others are counted."""

_NO_PIN = "no ledger id was given: a bundle of a whole other ledger would not show"
_WORDS = "README.txt, bag-info.txt and verify_claimledger.py are the words of whoever made it; no signature covers them"
_VIEWS = "whether the log shows everybody the same, only somebody from outside could vouch; nobody whom you trust does"
_NO_MLDSA = "the ML-DSA-44 line of the checkpoint could not be checked here; its Ed25519 line holds"


class Sink(Protocol):
    """Takes what was found to hold, as it comes by: to make a ledger of it."""

    def event(self, index: int, envelope: bytes, payload: Payload, leaf: str) -> None:
        """An event, in the order of the log."""
        ...

    def disclosed(self, index: int, slot: str, content: bytes) -> None:
        """Content of a slot that is given."""
        ...

    def left_out(self, event: str, slot: str) -> None:
        """A slot whose content was left out on purpose."""
        ...


def verify_bundle(
    place: str | os.PathLike[str] | Bundle,
    *,
    pin: str | None = None,
    trust: Trust | None = None,
    now: datetime | None = None,
    sink: Sink | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BundleReport:
    """Verify a bundle.

    Args:
        place: a zip, the folder that was unpacked from one, or a bundle that is open.
        pin: the ledger id as known from elsewhere, 64 hex digits; None leaves open whether it is of that ledger.
        trust: which witnesses and timestamping authorities count; None for none.
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
        return _Verification(place, wanted, sink, progress, trust or Trust(), now).run()
    try:
        bundle = Bundle.open(place)
    except MalformedBundle as error:
        finding = Finding(error.code, None, None, "", str(error), BUNDLE_MEANINGS[error.code])
        return BundleReport(None, None, wanted is not None, (), 0, 0, None, {}, 0, (), (finding,), 0, ())
    with bundle:
        return _Verification(bundle, wanted, sink, progress, trust or Trust(), now).run()


class _Findings:
    """What was found, bounded for each code."""

    def __init__(self) -> None:
        self.listed: list[Finding] = []
        self.counted: Counter[str] = Counter()
        self.touched: set[int] = set()

    def add(
        self, code: str, index: int | None, message: str, where: str = "", leaf: str | None = None
    ) -> None:
        self.counted[code] += 1
        if index is not None:
            self.touched.add(index)
        if self.counted[code] <= _PER_CODE:
            self.listed.append(Finding(code, index, leaf, where, message, BUNDLE_MEANINGS.get(code, "")))


class _Verification:
    """The state of one verification; `run` is called once."""

    def __init__(
        self,
        bundle: Bundle,
        pin: str | None,
        sink: Sink | None,
        progress: Callable[[int, int], None] | None,
        trust: Trust,
        now: datetime | None,
    ) -> None:
        self.trust = trust
        self.now = int((now or datetime.now(UTC)).timestamp())
        self.disputed = 0
        self.anchors: tuple[Anchor, ...] = ()
        self.bundle = bundle
        self.contents = bundle.contents
        self.pin = pin
        self.sink = sink
        self.progress = progress
        self.findings = _Findings()
        self.notes: list[str] = []
        self.keys: KeyStream | None = None
        self.keys_broken = False
        self.key_stream: str | None = None
        self.checkpoint: Checkpoint | None = None
        self.is_sealed = True  # or said to be
        self.done = 0
        self.events = 0
        self.unchecked = 0
        self.later = 0
        self.first_later: int | None = None
        self.cases: dict[str, str] = {}  # stream to name
        self.heads: dict[str, tuple[int, str | None]] = {}
        self.ends: dict[str, tuple[int, str | None]] = {}  # the same, below the size of the checkpoint
        self.ids: dict[bytes, int] = {}  # id to which of the events read it is
        self.indexes = array("Q")
        self.signed_by = array("L")
        self.signers: dict[tuple[str, ...], int] = {}
        self.silent: set[int] = set()  # indexes of events that nothing more is said of
        self.erased: dict[tuple[str, str], list[tuple[str, int]]] = {}
        self.sources: set[str] = set()
        self.slots: Counter[SlotStatus] = Counter()

    def run(self) -> BundleReport:
        for problem in self.bundle.problems():
            self.findings.add("bundle.manifest", None, problem)
        if self.bundle.extra is not None:
            self.findings.add("bundle.extra", None, self.bundle.extra)
        note = self._read_checkpoint()
        self._look_at_events()
        self._look_at_slots()
        self._look_at_the_whole(note)
        return self._report()

    # The checkpoint, as far as it can be read before the keys are known

    def _read_checkpoint(self) -> Note | None:
        try:
            data = self.bundle.checkpoint()
            self.is_sealed = data is not None or self.contents.size is not None
            if data is None:
                if self.contents.size is not None:
                    said = f"the bundle says that it has a checkpoint of size {self.contents.size}, and it has none"
                    self.findings.add(CHECKPOINT_WRONG, None, said)
                else:
                    self.findings.add(
                        "unchecked.checkpoint", None, "there is no checkpoint: nothing here was sealed"
                    )
                return None
            note = Note.from_bytes(data)
            checkpoint = Checkpoint.from_text(note.text)
        except VerificationFailed as error:
            self.findings.add(CHECKPOINT_WRONG, None, str(error))
            return None
        if checkpoint.origin != self.contents.origin or checkpoint.extensions:
            self.findings.add(CHECKPOINT_WRONG, None, "the checkpoint is not one of this log")
        elif checkpoint.size != self.contents.size:
            said = f"the checkpoint has size {checkpoint.size}, and the bundle says {self.contents.size}"
            self.findings.add(CHECKPOINT_WRONG, None, said)
        else:
            self.checkpoint = checkpoint
            return note
        return None

    # Events

    def _look_at_events(self) -> None:
        # Without the root that they lead to, there is nothing to say of proofs.
        lines = iter(()) if self.checkpoint is None and self.is_sealed else self.bundle.proofs()
        proofs = _Proofs(lines, self.findings, self.silent)
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
                    self.keys_broken = True
                continue
            self._take(line.index, envelope, payload, line.envelope, proofs)
            self._advance(line)
        proofs.end()

    def _advance(self, line: EventLine) -> None:
        self.done += len(line.envelope)
        if self.progress is not None and line.number % 250 == 0:
            self.progress(self.done, 2 * self.bundle.files[EVENTS].size)

    def _take(self, index: int, envelope: Envelope, payload: Payload, data: bytes, proofs: _Proofs) -> None:
        leaf = envelope.leaf()
        self.events += 1
        if index == 0:
            self.key_stream = payload.stream
        signers = tuple(each.keyid for each in envelope.signatures)
        is_believed = self._is_believed(index, envelope, payload, signers, leaf)
        if not is_believed:
            self.silent.add(index)
        self._link(index, payload, leaf, is_believed=is_believed)
        self._remember(index, payload, signers, is_believed=is_believed, leaf=leaf)
        checkpoint = self.checkpoint
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

    def _add(self, code: str, index: int, payload: Payload, leaf: str, message: str) -> None:
        self.findings.add(code, index, message, words_for(payload, self.cases), leaf)

    def _is_believed(
        self, index: int, envelope: Envelope, payload: Payload, signers: tuple[str, ...], leaf: str
    ) -> bool:
        if index == 0:
            try:
                keys = KeyStream.opened(envelope)
            except ClaimLedgerError as error:
                code = UNCHECKED_KEYS if isinstance(error, CouldNotCheck) else error.code
                self._add(code, index, payload, leaf, str(error))
                self.keys_broken = True
                return False
            if keys.ledger_id != self.contents.ledger or keys.origin != self.contents.origin:
                said = f"opens ledger {keys.ledger_id}, and the bundle says that it is of another one"
                self._add(WrongLedger.code, index, payload, leaf, said)
            self.keys = keys
            return True
        if self.keys is None:
            self.unchecked += 1
            return False
        mended: str | None = None
        by: tuple[str, ...] = ()
        try:
            mended = mended_record(payload)
            by = () if mended is None else self._signers_of(mended)
            self.keys.verify(envelope, payload, index, record_signers=by)
            if payload.stream == self.key_stream:
                body = read_body(payload.type, payload.version, payload.body, {})
                self.keys.apply(Event(index, leaf, payload, body, signers))
        except WrongSignature as error:
            self._add(error.code, index, payload, leaf, str(error))
            self.keys_broken |= payload.stream == self.key_stream
            return False
        except ClaimLedgerError as error:
            code = error.code
            if isinstance(error, CouldNotCheck):
                code = UNCHECKED_KEYS
            if isinstance(error, KeyNotAllowed):
                is_unknown = self.keys_broken and any(name not in self.keys.keys for name in signers)
                if is_unknown or (mended is not None and not by):
                    code = UNCHECKED_KEYS
            # That it does not follow the event before is said where its stream is looked at.
            if not isinstance(error, BrokenChain):
                self._add(code, index, payload, leaf, str(error))
            self.keys_broken |= payload.stream == self.key_stream
        return True

    def _signers_of(self, event_id: str) -> tuple[str, ...]:
        try:
            at = self.ids.get(bytes.fromhex(event_id.replace("-", "")))
        except ValueError:
            return ()
        return () if at is None else list(self.signers)[self.signed_by[at]]

    def _link(self, index: int, payload: Payload, leaf: str, *, is_believed: bool) -> None:
        stream, sequence = payload.stream, payload.sequence
        before, known = self.heads.get(stream, (0, None))
        if is_believed:
            problem = None
            code = BrokenChain.code
            if sequence > before + 1:
                code = "event.left_out"
                missing = (
                    f"number {before + 1}"
                    if sequence == before + 2
                    else f"numbers {before + 1} to {sequence - 1}"
                )
                problem = f"is number {sequence} of its stream, and {missing} before it are not here"
            elif sequence <= before:
                problem = f"is number {sequence} of its stream, and comes after number {before}"
            elif known is not None and payload.previous != known:
                problem = f"follows another event than number {before} of its stream, which stands here"
            if problem is not None:
                self._add(code, index, payload, leaf, problem)
                self.keys_broken |= stream == self.key_stream
        self.heads[stream] = (sequence, leaf if is_believed else None)
        if self.checkpoint is not None and index < self.checkpoint.size:
            self.ends[stream] = self.heads[stream]

    def _remember(
        self, index: int, payload: Payload, signers: tuple[str, ...], *, is_believed: bool, leaf: str
    ) -> None:
        key = bytes.fromhex(payload.id.replace("-", ""))
        first = self.ids.setdefault(key, len(self.indexes))
        if first != len(self.indexes) and is_believed:
            said = f"has the event id of the event at index {self.indexes[first]}"
            self._add(BrokenChain.code, index, payload, leaf, said)
        self.indexes.append(index)
        self.signed_by.append(self.signers.setdefault(signers, len(self.signers)))
        if not is_believed:
            return
        for place in erased_slots(payload):
            self.erased.setdefault(place, []).append((payload.stream, index))
        body = payload.body
        if payload.type == "case.opened":
            name = body.get("case")
            if payload.sequence != 1:
                said = "opens a case, and is not the first event of its stream"
                self._add(BrokenChain.code, index, payload, leaf, said)
            elif isinstance(name, str):
                if name in self.cases.values():
                    said = "opens a case, and there is one of that name already"
                    self._add(BrokenChain.code, index, payload, leaf, said)
                else:
                    self.cases[payload.stream] = name
        elif payload.type == "source.registered":
            source = body.get("source")
            digest = source.get("sha256") if isinstance(source, dict) else None
            if isinstance(digest, str):
                self.sources.add(digest)
        elif payload.type == "evidence.attached":
            digest = body.get("sha256")
            if isinstance(digest, str):
                self.sources.add(digest)

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
            self._add("unchecked.proof", index, payload, leaf, said)
            return
        try:
            verify_inclusion(index, checkpoint.size, bytes.fromhex(leaf), hashes, checkpoint.root)
        except WrongProof as error:
            self._add(error.code, index, payload, leaf, str(error))

    # Slots

    def _look_at_slots(self) -> None:
        disclosed = Slots(self.bundle.disclosures(), self._index_of, self.silent, self._report_disclosure)
        withheld = Slots(self.bundle.withheld(), self._index_of, self.silent, self._report_withheld)
        last = -1
        for line in self.bundle.events():
            if isinstance(line, Unreadable) or line.index <= last or line.index in self.silent:
                continue
            last = line.index
            self._advance(line)
            try:
                payload = Payload.from_bytes(Envelope.from_bytes(line.envelope).payload)
            except MalformedEvent:
                continue
            if self._index_of(payload.id) != line.index:
                continue  # a second event of one id, or a second line of one event: it was said already
            given = disclosed.of(line.index)
            left_out = withheld.of(line.index)
            if payload.commitments or given or left_out:
                self._look_at_slots_of(line.index, payload, given, left_out)
        disclosed.end()
        withheld.end()

    def _report_disclosure(self, problem: SlotProblem) -> None:
        code = "disclosure.elsewhere" if problem.is_elsewhere else "disclosure.malformed"
        self.findings.add(code, problem.index, f"line {problem.number} of disclosures.jsonl {problem.why}")

    def _report_withheld(self, problem: SlotProblem) -> None:
        said = f"line {problem.number} of withheld.jsonl {problem.why}"
        self.findings.add("bundle.withheld", problem.index, said)

    def _look_at_slots_of(
        self, index: int, payload: Payload, given: dict[str, SlotLine], left_out: dict[str, SlotLine]
    ) -> None:
        where = words_for(payload, self.cases)
        for slot in given.keys() - payload.commitments.keys():
            said = f"content is here for its slot {slot}, and it has no such slot"
            self.findings.add("disclosure.elsewhere", index, said, where)
        for slot in left_out.keys() - payload.commitments.keys():
            said = f"its slot {slot} is said to be withheld, and it has no such slot"
            self.findings.add("bundle.withheld", index, said, where)
        for slot, commitment in payload.commitments.items():
            line = given.get(slot)
            is_erased = any(
                stream == payload.stream and at > index
                for stream, at in self.erased.get((payload.id, slot), ())
            )
            status = SlotStatus.ERASED if is_erased else SlotStatus.MISSING
            if slot in left_out:
                if is_erased or line is not None:
                    but = "was erased" if is_erased else "is here"
                    said = f"its slot {slot} is said to be withheld, and it {but}"
                    self.findings.add("bundle.withheld", index, said, where)
                else:
                    status = SlotStatus.WITHHELD
                    if self.sink is not None:
                        self.sink.left_out(payload.id, slot)
            if line is not None:
                status = self._open(index, payload, slot, commitment, line, where, is_erased=is_erased)
            elif status is SlotStatus.MISSING:
                said = f"the protected content of slot {slot} is not here, and nothing says why"
                self.findings.add(MissingDisclosure.code, index, said, where)
            self.slots[status] += 1

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
            self.findings.add("disclosure.erased", index, said, where)
            return SlotStatus.ERASED
        try:
            open_commitment(
                commitment, line.content, ledger=self.contents.ledger, event=payload.id, slot=slot
            )
        except WrongDisclosure as error:
            self.findings.add(error.code, index, str(error), where)
            return SlotStatus.MISMATCHED
        if self.sink is not None:
            self.sink.disclosed(index, slot, line.content)
        return SlotStatus.DISCLOSED

    def _index_of(self, event_id: str) -> int | None:
        at = self.ids.get(bytes.fromhex(event_id.replace("-", "")))
        return None if at is None else self.indexes[at]

    # The whole

    def _look_at_the_whole(self, note: Note | None) -> None:
        if self.keys is None:
            events = "1 event" if self.unchecked == 1 else f"{self.unchecked} events"
            said = f"{events} could not be checked: the opening of the ledger is not here, or does not hold"
            self.findings.add(UNCHECKED_KEYS, None, said)
        else:
            self._look_at_cases(self.keys)
            if note is not None and self.checkpoint is not None:
                self._look_at_checkpoint(note, self.checkpoint, self.keys)
                self._look_at_heads(self.checkpoint, self.keys)
            self._look_at_sources()
            self._say_what_is_disputed(self.keys)
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
            said = f"the case {_shown(name)} is said to be here, and is not"
            self.findings.add("bundle.cases", None, said)
        known = {keys.stream, shared_register(self.contents.ledger)}
        for stream in sorted(self.heads.keys() - known):
            opened = self.cases.get(stream)
            if opened not in wanted:
                what = "a stream that opens no case" if opened is None else f"the case {_shown(opened)}"
                self.findings.add(
                    "bundle.cases", None, f"it holds {what}, which it does not say that it holds"
                )

    def _look_at_sources(self) -> None:
        for digest in self.bundle.sources():
            if digest not in self.sources:
                said = f"sources/{digest}: no event that is here speaks of a document with this digest"
                self.findings.add("bundle.extra", None, said)

    def _look_at_checkpoint(self, note: Note, checkpoint: Checkpoint, keys: KeyStream) -> None:
        data = note.to_bytes()
        verifiers = log_verifiers(keys, checkpoint.size)
        classic = [each for each in verifiers if each.key.type is KeyType.ED25519]
        if not classic:
            self.findings.add(
                CHECKPOINT_WRONG, None, "the ledger had no Ed25519 log key that could have signed it"
            )
            return
        try:
            try:
                signed = open_checkpoint(data, verifiers)
            except CouldNotCheck:
                signed = open_checkpoint(data, classic)
                lines = {(line.name, line.key_id) for line in note.lines}
                if any((each.key.name, each.key.key_id) not in lines for each in verifiers):
                    raise KeyNotAllowed("checkpoint: a key of the log did not sign it") from None
                self.notes.append(_NO_MLDSA)
        except VerificationFailed as error:
            self.findings.add(CHECKPOINT_WRONG, None, str(error))
        else:
            self._look_outside(signed)

    def _look_outside(self, signed: SignedCheckpoint) -> None:
        """Ask those whom the auditor trusts for their word on the checkpoint."""
        if self.trust.is_empty:
            return
        tokens = [data for _, data in self.bundle.timestamps()] if self.trust.authorities else []
        try:
            self.anchors = anchors_of(signed, tokens, self.trust, self.now)
        except WrongSignature as error:
            self.findings.add(COSIGNATURE_WRONG, None, str(error))
        except VerificationFailed as error:
            self.findings.add(error.code, None, str(error))
        except MissingExtra as error:
            self.findings.add(UNCHECKED_TIMESTAMP, None, str(error))
        else:
            if not self.anchors:
                said = "nobody whom you trust vouches for the checkpoint"
                self.findings.add(UNCHECKED_WITNESSES, None, said)

    def _look_at_heads(self, checkpoint: Checkpoint, keys: KeyStream) -> None:
        named: dict[str, StreamHead] = {}
        read = failed = 0
        verifiers = head_verifiers(keys, checkpoint.size)
        for name, data in self.bundle.heads():
            read += 1
            try:
                heads = open_heads(data, verifiers)
            except VerificationFailed as error:
                failed += 1
                self.findings.add("heads.wrong", None, f"{name}: {error}")
                continue
            if (heads.size, heads.root) != (checkpoint.size, checkpoint.root):
                failed += 1
                self.findings.add("heads.wrong", None, f"{name}: is of another checkpoint")
                continue
            for head in heads.heads:
                if named.setdefault(head.stream, head) != head:
                    self.findings.add(
                        "heads.wrong", None, f"{name}: says another end of a stream than another note"
                    )
        if not read:
            self.findings.add(
                "unchecked.heads", None, "nothing that the log signed says where these cases end"
            )
            return
        for stream, head in named.items():
            self._compare(stream, head)
        if not failed:
            for stream in self.ends.keys() - named.keys():
                said = f"the log signed nothing about the end of {self._stream_in_words(stream)}"
                self.findings.add("heads.wrong", None, said)

    def _compare(self, stream: str, head: StreamHead) -> None:
        what = self._stream_in_words(stream)
        here, leaf = self.ends.get(stream, (0, None))
        if here == 0:
            said = f"the log knows {_count(head.sequence)} of {what}, and none of them is here"
            self.findings.add("tail.cut", None, said)
        elif here < head.sequence:
            said = f"{what} had {_count(head.sequence)} when the log was sealed, and ends here with number {here}"
            self.findings.add("tail.cut", None, said)
        elif here > head.sequence or (leaf is not None and leaf != head.leaf):
            said = f"the log signed another end of {what} than stands here"
            self.findings.add("heads.wrong", None, said)

    def _stream_in_words(self, stream: str) -> str:
        if stream == self.key_stream:
            return "the list of keys"
        if stream == shared_register(self.contents.ledger):
            return "the shared register"
        name = self.cases.get(stream)
        return f"the case {_shown(name)}" if name is not None else f"stream {stream}"

    def _say_what_is_disputed(self, keys: KeyStream) -> None:
        for record in keys.keys.values():
            if record.trusted_below is None:
                continue
            of_key = {number for names, number in self.signers.items() if record.keyid in names}
            disputed = [
                index
                for index, number in zip(self.indexes, self.signed_by, strict=True)
                if number in of_key and record.is_disputed_at(index)
            ]
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
        notes = [*([] if self.pin is not None else [_NO_PIN]), *self.notes, *views, _WORDS]
        return BundleReport(
            ledger_id=self.contents.ledger,
            origin=self.contents.origin,
            pinned=self.pin is not None,
            cases=self.contents.cases,
            events=self.events,
            holding=max(0, self.events - len(self.findings.touched) - self.unchecked),
            size=self.checkpoint.size if self.checkpoint is not None and not failed else None,
            slots=dict(self.slots),
            disputed=self.disputed,
            anchors=self.anchors,
            findings=tuple(listed),
            more=sum(self.findings.counted.values()) - len(listed),
            notes=tuple(notes),
        )


class _Proofs:
    """The lines of proofs, beside the events that they are for."""

    def __init__(
        self, lines: Iterator[ProofLine | Unreadable], findings: _Findings, silent: Container[int]
    ) -> None:
        self._lines = lines
        self._silent = silent
        self._findings = findings
        self._next: ProofLine | None = None
        self._last = -1
        self._step()

    def of(self, index: int) -> tuple[bytes, ...] | None:
        """The hashes for an event; None where they are not here."""
        self._skip_to(index)
        if self._next is None or self._next.index != index:
            return None
        hashes = self._next.hashes
        self._step()
        return hashes

    def none_for(self, index: int) -> None:
        """There must be no proof for this event."""
        self._skip_to(index + 1)

    def end(self) -> None:
        """There are no more events."""
        self._skip_to(None)

    def _skip_to(self, index: int | None) -> None:
        while self._next is not None and (index is None or self._next.index < index):
            if self._next.index not in self._silent:
                said = f"line {self._next.number} of proofs.jsonl proves an event that is not here, or not sealed"
                self._findings.add(WrongProof.code, self._next.index, said)
            self._step()

    def _step(self) -> None:
        self._next = None
        for line in self._lines:
            if isinstance(line, Unreadable):
                self._findings.add(WrongProof.code, None, f"line {line.number} of proofs.jsonl {line.why}")
            elif line.index <= self._last:
                said = f"line {line.number} of proofs.jsonl stands behind a later one, or a second time"
                self._findings.add(WrongProof.code, line.index, said)
            else:
                self._next, self._last = line, line.index
                return


def _shown(name: str) -> str:
    return name if is_plain(name) else "(a name that is not shown)"


def _count(number: int) -> str:
    return "1 event" if number == 1 else f"{number} events"
