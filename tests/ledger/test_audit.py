"""The audit as a whole: what it reports, what it leaves open, and that no bytes make it fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.audit import verify
from claimledger.events.envelope import Envelope, Signature, keyid_of, pae
from claimledger.events.errors import InvalidInput, LedgerClosed
from claimledger.events.event import Payload, format_instant
from claimledger.keys import Keyring, Signer, keyid
from claimledger.recording import NameKey, Row
from claimledger.report import Report

KEYS, CASE = str(UUID(int=1)), str(UUID(int=2))
NOON = datetime(2025, 7, 3, 12, tzinfo=UTC)
RING = Keyring.in_memory(seed=b"audit")
OTHER = Keyring.in_memory(seed=b"other")
ROOT, ANA, BEN = RING.roots[0], RING.recorder, OTHER.recorder


@dataclass
class Listed:
    """A ledger written down as lists: what the audit reads, with nothing that would refuse to hold it."""

    listed: list[Row] = field(default_factory=list)
    kept: dict[int, dict[str, bytes]] = field(default_factory=dict)
    index: dict[NameKey, str] = field(default_factory=dict)
    damaged: Sequence[str] = ()
    notes: dict[int, bytes] = field(default_factory=dict)
    tokens: list[tuple[int, bytes]] = field(default_factory=list)

    def size(self) -> int:
        return self.listed[-1].index + 1 if self.listed else 0

    def rows(
        self, after: int | None = None, stream: str | None = None, *, raw: bool = False
    ) -> Iterator[Row]:
        return (
            row
            for row in self.listed
            if (after is None or row.index > after) and (stream is None or row.stream == stream)
        )

    def last_below(self, stream: str, size: int) -> Row | None:
        below = [row for row in self.listed if row.stream == stream and row.index < size]
        return below[-1] if below else None

    def name(self, stream: str, what: str, name: str) -> str | None:
        return self.index.get((stream, what, name))

    def tile(self, level: int, index: int) -> bytes | None:
        return None

    def tile_levels(self) -> list[tuple[int, int, int, int, int]]:
        return []

    def checkpoints(self, after: int | None = None) -> Iterator[tuple[int, bytes]]:
        return ((size, self.notes[size]) for size in sorted(self.notes) if after is None or size > after)

    def timestamps(self, after: int | None = None, *, size: int | None = None) -> Iterator[tuple[int, bytes]]:
        return (each for each in self.tokens if after is None or each[0] > after)

    def row_at(self, index: int) -> Row | None:
        return next((row for row in self.listed if row.index == index), None)

    def row_of_id(self, event_id: str) -> Row | None:
        return next((row for row in self.listed if row.event_id == event_id), None)

    def disclosures_after(self, index: int, last: int | None = None) -> Mapping[int, dict[str, bytes]]:
        return {at: each for at, each in self.kept.items() if index < at and (last is None or at <= last)}

    def all_names(self) -> Iterable[tuple[NameKey, str]]:
        return list(self.index.items())

    def damage(self) -> Sequence[str]:
        return self.damaged

    @property
    def ledger(self) -> str | None:
        return (
            sha256(Envelope.from_bytes(self.listed[0].envelope).payload).hexdigest() if self.listed else None
        )

    def add(
        self,
        type: str,
        body: Mapping[str, object],
        *signers: Signer,
        stream: str = CASE,
        at: datetime = NOON,
        id: int | None = None,
    ) -> str:
        """Sign an event as the next of its stream; returns its event id."""
        before = [row for row in self.listed if row.stream == stream]
        payload = Payload(
            type=type,
            version=1,
            ledger=self.ledger,
            stream=stream,
            sequence=len(before) + 1,
            previous=before[-1].leaf if before else None,
            id=str(UUID(int=len(self.listed) if id is None else id, version=4)),
            recorded_at=format_instant(at),
            body=dict(body),  # type: ignore[arg-type]
            commitments={},
        )
        data = payload.to_bytes()
        made = sorted(
            (Signature(keyid(each), each.sign(pae(data))) for each in signers), key=lambda one: one.keyid
        )
        envelope = Envelope(data, tuple(made))
        self.listed.append(
            Row(
                len(self.listed),
                stream,
                payload.sequence,
                type,
                envelope.to_bytes(),
                envelope.leaf(),
                payload.id,
            )
        )
        return payload.id

    def add_key(self, key: bytes, *signers: Signer, role: str = "recorder") -> None:
        body = {"holder": "Someone", "role": role, "algorithm": "ed25519", "key": key.hex()}
        self.add("key.added", body, *signers, stream=KEYS)

    def add_claim(self, ref: str, *signers: Signer, at: datetime = NOON, id: int | None = None) -> str:
        event_id = self.add("claim.recorded", {"ref": ref}, *signers, at=at, id=id)
        self.index[(CASE, "claim", ref)] = event_id
        return event_id


def opened(threshold: int = 1, recorders: Sequence[Signer] = (ANA,)) -> Listed:
    """A ledger of one root whose recorders' keys are added."""
    ledger = Listed()
    roots = [{"holder": "Root", "key": ROOT.public_key.hex()}]
    body = {"origin": "example.org/audit", "roots": roots, "threshold": threshold, "logs": []}
    ledger.add("ledger.opened", body, ROOT, stream=KEYS)
    for each in recorders:
        ledger.add_key(each.public_key, ROOT, each)
    return ledger


def audited(ledger: Listed, pin: str | None = None) -> Report:
    return verify(ledger, pin=pin or ledger.ledger, now=NOON)


def found(report: Report) -> list[tuple[int | None, str]]:
    return [(each.index, each.code) for each in report.findings]


def test_a_sound_ledger_is_reported_as_sound() -> None:
    ledger = opened()
    ledger.add_claim("C1", ANA)
    report = audited(ledger)
    assert (report.findings, report.exit_status(), report.pinned) == ((), 0, True)
    assert (report.events, report.holding, report.streams, report.keys) == (3, 3, 2, 2)
    assert report.origin == "example.org/audit"


def test_without_a_pin_a_sound_ledger_could_not_be_checked() -> None:
    report = verify(opened(), pin=None, now=NOON)
    assert (report.findings, report.pinned) == ((), False)
    assert report.exit_status() == 3
    assert report.exit_status(unpinned_will_do=True) == 0
    assert "no ledger id was given" in report.notes[0]


def test_a_pin_that_is_no_ledger_id_is_refused() -> None:
    with pytest.raises(InvalidInput, match="64 hex digits"):
        verify(opened(), pin="3f9ac2", now=NOON)


def test_a_pin_may_be_written_in_capitals() -> None:
    ledger = opened()
    assert audited(ledger, (ledger.ledger or "").upper()).exit_status() == 0


def test_a_key_that_was_not_added_may_not_sign() -> None:
    ledger = opened()
    ledger.add_claim("C1", BEN)
    assert found(audited(ledger)) == [(2, "key.not_allowed")]


def test_a_key_may_not_sign_before_the_index_at_which_it_was_added() -> None:
    ledger = opened(recorders=())
    ledger.add_claim("C1", ANA)
    ledger.add_key(ANA.public_key, ROOT, ANA)
    ledger.add_claim("C2", ANA)
    assert found(audited(ledger)) == [(1, "key.not_allowed")]


def test_a_key_added_and_used_among_the_same_rows_is_known() -> None:
    ledger = opened()
    for number in range(260):
        ledger.add_claim(f"A{number}", ANA)
    ledger.add_key(BEN.public_key, ROOT, BEN)
    ledger.add_claim("B1", BEN)
    report = audited(ledger)
    assert (report.findings, report.events, report.keys) == ((), 264, 3)


def test_what_a_key_event_of_a_later_release_decides_could_not_be_checked() -> None:
    ledger = opened()
    ledger.add("key.suspended", {"key": keyid(ANA), "reason": "lost"}, ROOT, stream=KEYS)
    ledger.add_claim("C1", ANA)
    report = audited(ledger)
    assert (2, "unchecked.keys") in found(report)
    assert not any(each.is_wrong for each in report.findings)
    assert report.exit_status() == 3


def test_when_the_key_stream_is_damaged_later_keys_are_unchecked_and_not_wrong() -> None:
    ledger = opened()
    ledger.add_claim("C1", ANA)
    ledger.add_claim("C2", ANA)
    ledger.listed[1] = replace(ledger.listed[1], envelope=b"{}")
    report = audited(ledger)
    assert found(report) == [(1, "event.malformed"), (None, "unchecked.keys")]
    assert "2 events could not be checked, for the key stream does not hold at index 1" in str(
        report.findings[1]
    )
    assert report.holding == 1


def test_a_weak_key_is_found_and_forges_nothing() -> None:
    identity = b"\x01" + bytes(31)

    class Forger:
        """Signs everything with the one signature that fits every message under the identity."""

        public_key = identity

        def sign(self, message: bytes) -> bytes:
            return identity + bytes(32)

    ledger = opened()
    ledger.add_key(identity, ROOT, Forger())
    ledger.add_claim("C1", Forger())
    report = audited(ledger)
    assert found(report) == [(2, "keys.weak"), (None, "unchecked.keys")]
    assert report.exit_status() == 1
    assert keyid_of(identity) in Envelope.from_bytes(ledger.listed[3].envelope).signatures[0].keyid


def test_only_who_made_a_record_or_the_roots_may_mend_it() -> None:
    ledger = opened(recorders=(ANA, BEN))
    claim = ledger.add_claim("C1", ANA)
    for signer in (ANA, BEN, ROOT):
        ledger.add("claim.withdrawn", {"withdraws": claim, "because": "a slip"}, signer)
    ledger.add("claim.withdrawn", {"withdraws": str(UUID(int=99, version=4)), "because": "a slip"}, ANA)
    ledger.add("claim.withdrawn", {"withdraws": 7, "because": "a slip"}, ANA)
    assert found(audited(ledger)) == [(5, "key.not_allowed"), (7, "key.not_allowed"), (8, "event.malformed")]


def test_an_event_id_that_two_signed_events_share_is_found() -> None:
    ledger = opened()
    ledger.add_claim("C1", ANA, id=77)
    ledger.add_claim("C2", ANA, id=77)
    report = audited(ledger)
    assert found(report) == [(3, "chain.broken")]
    assert "event id of the event at index 2" in report.findings[0].message


def test_clocks_that_run_back_or_ahead_are_notes_and_not_findings() -> None:
    ledger = opened()
    ledger.add_claim("C1", ANA, at=NOON - timedelta(minutes=1))
    assert len(audited(ledger).notes) == 2
    ledger.add_claim("C2", ANA, at=NOON - timedelta(days=1))
    ledger.add_claim("C3", ANA, at=NOON + timedelta(days=1))
    report = audited(ledger)
    assert report.findings == ()
    assert [note for note in report.notes if "recorders' clocks" in note] == [
        "1 event is dated before an event that is earlier in the log, by the recorders' clocks; the first at index 3",
        "1 event is dated after the time of this audit, by the recorders' clocks; the first at index 4",
    ]


def test_what_the_database_says_of_itself_is_reported() -> None:
    ledger = opened()
    ledger.damaged = ["row 3 missing from index"]
    report = audited(ledger)
    assert found(report) == [(None, "store.damaged")]
    assert "row 3 missing" in str(report.findings[0])


def test_names_are_repeated_only_if_they_are_plain() -> None:
    ledger = opened()
    ledger.add_claim("C1", BEN)
    ledger.add("claim.recorded", {"ref": "C2\u001b[31m"}, BEN)
    ledger.index[(CASE, "claim", "C2\u001b[31m")] = ledger.listed[-1].event_id
    assert [each.where for each in audited(ledger).findings] == [
        "claim C1",
        "claim.recorded, number 2 of its stream",
    ]


def test_progress_is_told() -> None:
    ledger = opened()
    for number in range(250):
        ledger.add_claim(f"C{number}", ANA)
    done: list[int] = []
    verify(ledger, pin=None, now=NOON, progress=done.append)
    assert done == sorted(done)
    assert done[-1] == 252


def test_events_that_come_while_the_audit_runs_are_left_alone() -> None:
    class Growing(Listed):
        def rows(
            self, after: int | None = None, stream: str | None = None, *, raw: bool = False
        ) -> Iterator[Row]:
            for number in range(3):
                self.add_claim(f"late {number}", ANA)
            return super().rows(after, stream, raw=raw)

    ledger = Growing(opened().listed)
    report = verify(ledger, pin=None, now=NOON)
    assert (report.findings, report.events) == ((), 2)


def test_a_closed_store_is_an_error_and_not_a_finding() -> None:
    class Closed(Listed):
        def rows(
            self, after: int | None = None, stream: str | None = None, *, raw: bool = False
        ) -> Iterator[Row]:
            raise LedgerClosed("the ledger is closed")

    with pytest.raises(LedgerClosed):
        verify(Closed(opened().listed), pin=None, now=NOON)


ANYTHING: st.SearchStrategy[Any] = (
    st.none() | st.integers() | st.text(max_size=5) | st.binary(max_size=5) | st.floats()
)
TEXTS: st.SearchStrategy[Any] = (
    st.sampled_from([KEYS, CASE, "ledger.opened", "key.added", "claim.recorded", "0" * 64]) | ANYTHING
)
GOOD = opened()
GOOD.add_claim("C1", ANA)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Real rows with some fields replaced by anything, and envelopes around any payload."""
    made = []
    for index, row in enumerate(draw(st.lists(st.sampled_from(GOOD.listed), max_size=5))):
        envelope = draw(
            st.just(row.envelope)
            | st.binary(max_size=30)
            | ANYTHING
            | st.binary(max_size=60).map(
                lambda data: Envelope(data, (Signature(keyid(ANA), ANA.sign(pae(data))),)).to_bytes()
            )
        )
        fields = draw(
            st.dictionaries(st.sampled_from(["stream", "sequence", "type", "leaf", "event_id"]), TEXTS)
        )
        changed = replace(row, index=draw(st.just(index) | st.integers(0, 9)), envelope=envelope, **fields)
        made.append(changed)
    return sorted(made, key=lambda each: each.index)


@given(
    listed=rows(),
    kept=st.dictionaries(
        st.integers(-1, 5), st.dictionaries(st.text(max_size=3), st.binary(max_size=9)), max_size=2
    ),
    index=st.dictionaries(st.tuples(TEXTS, TEXTS, TEXTS), TEXTS, max_size=2),
)
def test_whatever_is_stored_the_audit_ends_with_a_report(
    listed: list[Row], kept: dict[int, dict[str, bytes]], index: dict[NameKey, str]
) -> None:
    report = verify(Listed(listed, kept, index), pin=None, now=NOON)
    unchanged = [(row.index, row.envelope) for row in listed] == [
        (row.index, row.envelope) for row in GOOD.listed[: len(listed)]
    ]
    assert report.events == len(listed)
    assert unchanged or report.findings
    assert all(str(each) for each in report.findings)
