"""Whatever is changed in a stored ledger is found, with the event and the reason named.

A small real ledger is made once. Each test changes a copy of it through sqlite3, as one who holds the database could,
and verifies the copy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from claimledger import audit
from claimledger.audit_row import check_rows
from claimledger.events.entities import Organisation, Person
from claimledger.events.envelope import Envelope, Signature, pae
from claimledger.events.errors import ClaimLedgerError, MissingDisclosure
from claimledger.events.event import Payload
from claimledger.events.kinds import CauseOfDeath
from claimledger.events.sources import Source
from claimledger.keys import Keyring, keyid
from claimledger.ledger import Ledger
from claimledger.reading import read_opening, read_row
from claimledger.recording import Row
from claimledger.report import Report
from claimledger.store import Store
from claimledger.trust import KeyStream


class Small:
    """A closed ledger of ten events: its file, its id, and its rows."""

    def __init__(self, path: Path, seed: bytes = b"s") -> None:
        self.path = path
        keyring = Keyring.in_memory(seed=seed)
        self.recorder = keyid(keyring.recorder)
        with Ledger.create(f"sqlite:///{path}", origin="example.org/small", keys=keyring) as made:
            self.id = made.id
            case = made.create_case("small-2025", title="A small case")
            case.register_source("page", Source(title="A page", url="https://example.org/a"))
            case.register_entity("ngo", Organisation(label="An NGO"))
            case.register_entity("z", Person(label="Z"))
            case.register_entity("hidden", Person(label="a survivor", protected=True, name="The Name"))
            for ref, cause in (("C1", "natural.stroke"), ("C2", "natural.illness"), ("C3", "natural")):
                case.record(
                    CauseOfDeath(of="z", causes=[cause]),
                    ref=ref,
                    asserter="ngo",
                    statement="s1",
                    source="page",
                    quote="the words",
                    idempotency_key=ref,
                )
            case.withdraw("C3", because="a slip")
        with closing(Store.open(path, read_only=True)) as store:
            self.rows = list(store.rows())

    def row_of(self, type: str) -> Row:
        """The first row of a type."""
        return next(row for row in self.rows if row.type == type)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return Small(tmp_path_factory.mktemp("small") / "small.ledger")


@pytest.fixture
def tampered(small: Small, tmp_path: Path) -> Callable[..., Report]:
    """Runs SQL on a copy of the small ledger, and verifies the copy."""

    def tamper(*statements: str | tuple[str, tuple[object, ...]]) -> Report:
        path = tmp_path / "copy.ledger"
        path.write_bytes(small.path.read_bytes())
        with closing(sqlite3.connect(path)) as database:
            for each in statements:
                database.execute(*((each,) if isinstance(each, str) else each))
            database.commit()
        return verified(path, small.id)

    return tamper


def verified(path: Path, pin: str) -> Report:
    with closing(Store.open(path, read_only=True)) as store:
        return audit.verify(store, pin=pin)


def codes_at(report: Report) -> set[tuple[int | None, str]]:
    return {(each.index, each.code) for each in report.findings}


def test_an_untouched_ledger_has_no_finding(small: Small) -> None:
    report = verified(small.path, small.id)
    assert report.findings == ()
    assert (report.events, report.holding, report.keys, report.ledger_id) == (
        len(small.rows),
        len(small.rows),
        4,
        small.id,
    )
    assert report.exit_status() == 0
    assert any("later events could have been cut off" in note for note in report.notes)
    assert any("order of events of different streams" in note for note in report.notes)


@pytest.fixture(scope="module")
def keys(small: Small) -> KeyStream:
    """The key stream of the small ledger, read strictly."""
    stream, _ = read_opening(small.rows[0])
    for row in small.rows:
        if row.index and row.stream == stream.stream:
            stream.apply(read_row(row, stream, {}))
    return stream


def problems(row: Row, keys: KeyStream) -> list[str]:
    """What the audit has against the row itself, disclosures apart."""
    checked = check_rows([row], {}, keys, are_keys_complete=True)[0]
    return [code for code, _ in checked.problems if code != MissingDisclosure.code]


def test_every_value_of_every_byte_of_one_event_is_found(small: Small, keys: KeyStream) -> None:
    row = min(small.rows, key=lambda each: len(each.envelope))
    assert problems(row, keys) == []
    for at, before in enumerate(row.envelope):
        changed = bytearray(row.envelope)
        for value in set(range(256)) - {before}:
            changed[at] = value
            assert problems(replace(row, envelope=bytes(changed)), keys), (at, value)


def test_one_flipped_bit_at_every_byte_of_every_event_is_found(small: Small, keys: KeyStream) -> None:
    for row in small.rows:
        assert problems(row, keys) == []
        for at in range(len(row.envelope)):
            changed = bytearray(row.envelope)
            changed[at] ^= 1 << (at % 8)
            assert problems(replace(row, envelope=bytes(changed)), keys), (row.index, at)


def test_one_flipped_bit_at_every_byte_of_every_column_is_found(small: Small, keys: KeyStream) -> None:
    for row in small.rows:
        for column in ("stream", "type", "leaf", "event_id"):
            text = getattr(row, column).encode()
            for at in range(len(text)):
                changed = bytearray(text)
                changed[at] ^= 1 << (at % 8)
                new: dict[str, Any] = {column: bytes(changed).decode("utf-8", "surrogateescape")}
                assert problems(replace(row, **new), keys) == ["row.mismatch"], (row, column, at)
        for bit in range(63):
            assert problems(replace(row, sequence=row.sequence ^ 1 << bit), keys) == ["row.mismatch"]


@pytest.mark.parametrize("step", [97, pytest.param(1, marks=pytest.mark.slow)])
def test_verify_names_the_event_whose_bytes_were_changed(
    small: Small, tampered: Callable[..., Report], step: int
) -> None:
    reasons = {"event.malformed", "signature.wrong", "key.not_allowed", "keys.weak"}
    for row in small.rows:
        for at in range(row.index, len(row.envelope), step):
            changed = bytearray(row.envelope)
            changed[at] ^= 1 << (at % 8)
            report = tampered(("UPDATE events SET state=? WHERE idx=?", (bytes(changed), row.index)))
            assert {code for index, code in codes_at(report) if index == row.index} & reasons, (row.index, at)
            assert report.exit_status() == 1
            # What else is found follows from it: the chain to the next event, or keys that cannot be followed.
            others = {(index, code) for index, code in codes_at(report) if index != row.index}
            assert {code for _, code in others} <= {"chain.broken", "unchecked.keys", "ledger.other"}, others


@pytest.mark.parametrize("column", ["originator_id", "originator_version", "topic", "leaf", "event_id"])
def test_a_column_that_disagrees_with_its_event_is_named(
    small: Small, tampered: Callable[..., Report], column: str
) -> None:
    for row in small.rows:
        if column == "originator_version":
            report = tampered(f"UPDATE events SET {column}={column}+64 WHERE idx={row.index}")
        else:
            report = tampered(f"UPDATE events SET {column}='x'||substr({column},2) WHERE idx={row.index}")
        wrong = [each for each in report.findings if each.is_wrong]
        assert [(each.index, each.code) for each in wrong] == [(row.index, "row.mismatch")], report.findings


@pytest.mark.parametrize("value", [77, 1.5, "text", "", b"", "\ufffd", b"\xff\x00"])
def test_a_column_of_another_type_is_a_finding_and_not_an_error(
    tampered: Callable[..., Report], value: object
) -> None:
    for column in ("originator_id", "originator_version", "topic", "state", "leaf", "event_id"):
        report = tampered((f"UPDATE events SET {column}=? WHERE idx=6", (value,)))
        assert 6 in {each.index for each in report.findings}, column
        assert report.exit_status() == 1


def test_the_finding_says_in_words_what_was_changed(small: Small, tampered: Callable[..., Report]) -> None:
    row = small.row_of("claim.recorded")
    envelope = Envelope.from_bytes(row.envelope)
    payload = envelope.payload.replace(b"natural.stroke", b"natural.strike")
    changed = Envelope(payload, envelope.signatures).to_bytes()
    report = tampered(("UPDATE events SET state=? WHERE idx=?", (changed, row.index)))
    first, second = report.findings
    assert (first.index, first.code, first.where) == (row.index, "signature.wrong", "claim C1 of small-2025")
    assert (
        str(first)
        == f"index {row.index} (claim C1 of small-2025): the signature of key {small.recorder} does not fit the bytes"
    )
    assert "Recorder A" in first.meaning
    assert "UTC" in first.meaning
    assert (second.index, second.code, second.where) == (
        row.index + 1,
        "chain.broken",
        "claim C2 of small-2025",
    )
    assert f"not the event at index {row.index}" in second.message
    assert report.holding == report.events - 2


def test_a_removed_event_is_missed(small: Small, tampered: Callable[..., Report]) -> None:
    for row in small.rows[1:-1]:
        report = tampered(f"DELETE FROM events WHERE idx={row.index}")
        assert (row.index, "chain.broken") in codes_at(report)
        assert report.exit_status() == 1


def test_a_removed_event_is_missed_even_if_the_rest_is_renumbered(
    small: Small, tampered: Callable[..., Report]
) -> None:
    for row in small.rows[1:-1]:
        report = tampered(
            f"DELETE FROM events WHERE idx={row.index}",
            f"UPDATE events SET idx=-idx WHERE idx>{row.index}",
            "UPDATE events SET idx=-idx-1 WHERE idx<0",
        )
        assert report.exit_status() == 1, row
        assert all(each.index is not None or each.code != "chain.broken" for each in report.findings)
        assert {each.code for each in report.findings} & {"chain.broken", "key.not_allowed"}, row


def test_removing_the_first_event_leaves_nothing_to_trust(tampered: Callable[..., Report]) -> None:
    report = tampered("DELETE FROM events WHERE idx=0")
    assert {(0, "chain.broken"), (None, "unchecked.keys")} <= codes_at(report)


def test_a_ledger_without_events_is_found_empty(tampered: Callable[..., Report]) -> None:
    report = tampered("DELETE FROM events")
    assert (0, "chain.broken") in codes_at(report)
    assert report.exit_status() == 1


def swap(a: int, b: int, columns: str) -> tuple[str, ...]:
    """SQL that lets two rows trade the named columns."""
    names = columns.split(",")
    return (
        f"CREATE TEMP TABLE kept AS SELECT * FROM events WHERE idx IN ({a},{b})",
        f"DELETE FROM events WHERE idx IN ({a},{b})",
        *(
            f"INSERT INTO events (idx,originator_id,originator_version,topic,state,leaf,event_id) "
            f"SELECT {to}, "
            + ",".join(
                f"(SELECT {name} FROM kept WHERE idx={other if name in names else to})"
                for name in ("originator_id", "originator_version", "topic", "state", "leaf", "event_id")
            )
            for to, other in ((a, b), (b, a))
        ),
    )


def test_two_events_of_a_stream_that_traded_places_are_found(
    small: Small, tampered: Callable[..., Report]
) -> None:
    first, second = (row.index for row in small.rows if row.type == "claim.recorded" and row.index != 9)
    everything = "originator_id,originator_version,topic,state,leaf,event_id"
    report = tampered(*swap(first, second, everything))
    assert {(first, "chain.broken"), (second, "chain.broken")} <= codes_at(report)
    report = tampered(*swap(first, second, "state"))
    assert {(first, "row.mismatch"), (second, "row.mismatch")} <= codes_at(report)


def test_an_event_that_comes_twice_is_found(small: Small, tampered: Callable[..., Report]) -> None:
    row = small.row_of("claim.recorded")
    last = len(small.rows)
    first = small.row_of("case.opened").index - 1
    # The tables let no column come twice; what is signed in a row can.
    columns = "originator_id, 99, topic, state, 'leaf', 'id'"
    again = f"INSERT INTO events SELECT {last},{columns} FROM events WHERE idx={row.index}"
    report = tampered(again)
    messages = [each.message for each in report.findings if (each.index, each.code) == (last, "chain.broken")]
    assert any(f"comes after number {last - 1 - first}" in each for each in messages), messages
    assert any(f"has the event id of the event at index {row.index}" in each for each in messages), messages


def test_a_row_moved_to_another_case_is_refused(small: Small, tampered: Callable[..., Report]) -> None:
    row = small.row_of("claim.recorded")
    report = tampered(
        f"UPDATE events SET originator_id='{small.rows[0].stream}', originator_version=99 WHERE idx={row.index}"
    )
    assert codes_at(report) == {(row.index, "row.mismatch")}
    assert "stream and sequence" in report.findings[0].message


def test_an_event_by_a_stranger_is_refused(small: Small, tampered: Callable[..., Report]) -> None:
    row = small.rows[-1]
    envelope = Envelope.from_bytes(row.envelope)
    stranger = Keyring.in_memory(seed=b"stranger").recorder
    forged = Envelope(envelope.payload, (Signature(keyid(stranger), stranger.sign(envelope.pae())),))
    report = tampered(
        ("UPDATE events SET state=?, leaf=? WHERE idx=?", (forged.to_bytes(), forged.leaf(), row.index))
    )
    assert codes_at(report) == {(row.index, "key.not_allowed")}
    assert "is not in the ledger" in report.findings[0].message


def test_an_event_signed_for_another_ledger_is_refused(small: Small, tampered: Callable[..., Report]) -> None:
    row = small.rows[-1]
    payload = Payload.from_bytes(Envelope.from_bytes(row.envelope).payload)
    foreign = replace(payload, ledger="f" * 64).to_bytes()
    signer = Keyring.in_memory(seed=b"s").recorder
    forged = Envelope(foreign, (Signature(keyid(signer), signer.sign(pae(foreign))),))
    report = tampered(
        ("UPDATE events SET state=?, leaf=? WHERE idx=?", (forged.to_bytes(), forged.leaf(), row.index))
    )
    # What it protects was committed to for this ledger, and is another's now.
    assert codes_at(report) == {(row.index, "ledger.other"), (row.index, "disclosure.wrong")}


def test_another_ledger_in_the_place_of_the_pinned_one_is_refused(small: Small, tmp_path: Path) -> None:
    other = Small(tmp_path / "other.ledger", seed=b"other")
    report = verified(other.path, small.id)
    assert codes_at(report) == {(None, "ledger.other")}
    assert report.exit_status() == 1


@pytest.mark.parametrize("table", ["disclosures", "names"])
def test_every_change_beside_the_events_is_found(
    small: Small, tampered: Callable[..., Report], table: str
) -> None:
    with closing(sqlite3.connect(small.path)) as database:
        rows = database.execute(f"SELECT * FROM {table}").fetchall()
        columns = [each[1] for each in database.execute(f"PRAGMA table_info({table})")]
    assert rows
    where = " AND ".join(f"{name}=?" for name in columns)
    for row in rows:
        for number, column in enumerate(columns):
            if row[1] == "handle" and column == "name":
                continue  # a keyed hash of a word that is in no event: only where it leads to can be checked
            for new in nearby(row[number]):
                report = tampered((f"UPDATE {table} SET {column}=? WHERE {where}", (new, *row)))
                assert report.exit_status() == 1, (row, column, new)
                assert row[1] == "handle" or any(each.index is not None for each in report.findings), (
                    row,
                    column,
                )


def nearby(value: object) -> list[object]:
    """The value with a bit of its first, middle and last byte flipped; each is a value that no other row has."""
    if isinstance(value, int):
        return [value ^ 64, -1 - value]
    data = value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]
    found: list[object] = []
    for at in {0, len(data) // 2, len(data) - 1}:
        changed = bytearray(data)
        changed[at] ^= 16
        found.append(changed.decode() if isinstance(value, str) else bytes(changed))
    return found


def test_the_content_of_a_disclosure_is_never_shown(small: Small, tampered: Callable[..., Report]) -> None:
    report = tampered("UPDATE disclosures SET content=CAST(replace(content, 'The', 'Tha') AS BLOB)")
    assert {"disclosure.wrong"} == {each.code for each in report.findings}
    assert not any("Name" in str(each) or "Name" in each.meaning for each in report.findings)


def test_a_removed_disclosure_could_not_be_checked(small: Small, tampered: Callable[..., Report]) -> None:
    row = small.row_of("claim.recorded")
    report = tampered(f"DELETE FROM disclosures WHERE idx={row.index} AND slot='quote'")
    assert codes_at(report) == {(row.index, "unchecked.disclosure")}
    assert report.exit_status() == 3


def test_what_only_a_checkpoint_can_show_is_said_not_to_be_covered(
    small: Small, tampered: Callable[..., Report]
) -> None:
    last = small.rows[-1]
    report = tampered(
        f"DELETE FROM events WHERE idx={last.index}", f"DELETE FROM disclosures WHERE idx={last.index}"
    )
    assert report.findings == ()
    assert any("cut off" in note for note in report.notes)


def test_a_flipped_bit_anywhere_in_the_file_is_found_refused_or_harmless(
    small: Small, tmp_path: Path
) -> None:
    data = small.path.read_bytes()
    path = tmp_path / "flipped.ledger"
    outcomes = {"refused": 0, "found": 0, "harmless": 0}
    for at in [*range(0, 100, 7), *Random(20250703).sample(range(100, len(data)), 200)]:
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(changed)
        try:
            with closing(Store.open(path, read_only=True)) as store:
                if audit.verify(store, pin=small.id).findings:
                    outcomes["found"] += 1
                else:
                    assert list(store.rows()) == small.rows, at
                    outcomes["harmless"] += 1
        except ClaimLedgerError:
            outcomes["refused"] += 1
    assert all(outcomes.values()), outcomes
