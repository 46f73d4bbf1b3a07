"""What was sealed holds against the events, or the audit says what does not: checkpoints, tiles, revocations.

A real ledger is made once and sealed twice. Each test changes a copy of it as one who holds the file could.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from claimledger import Keyring, Ledger, audit, mldsa44
from claimledger.checkpoints import Checkpoint, sign_checkpoint
from claimledger.events.entities import Organisation, Person
from claimledger.events.errors import CouldNotCheck
from claimledger.events.kinds import Death
from claimledger.log_keys import log_signers
from claimledger.merkle import root_of
from claimledger.notes import Ed25519NoteSigner, Note
from claimledger.report import Finding, Report, most_telling_first
from claimledger.store import Store
from claimledger.testing import seeded_keyring

ORIGIN = "example.org/sealed"
KEYS = seeded_keyring(b"audit of the log")


class Sealed:
    """A closed ledger of 600 events, sealed at 300 and at 590: its file, its id and its checkpoints."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with Ledger.create(path, origin=ORIGIN, keys=KEYS) as ledger:
            self.id = ledger.id
            case = ledger.create_case("harbour", title="A case")
            case.register_entity("man", Person(label="A man"))
            case.register_entity("ngo", Organisation(label="An NGO"))
            self.notes = []
            for size in (300, 590, 600):
                with case.batch():
                    for _ in range(size - ledger.size):
                        case.record(Death(person="man"), asserter="ngo")
                if size < 600:
                    self.notes.append(ledger.seal().data)
            self.signers = log_signers(KEYS, ledger.keys, 600)
        with closing(Store.open(path, read_only=True)) as store:
            self.leaves = [bytes.fromhex(row.leaf) for row in store.rows(-1)]

    def checkpoint(self, size: int, root: bytes | None = None) -> bytes:
        """A checkpoint that the log's keys sign, over whatever root."""
        return sign_checkpoint(
            Checkpoint(ORIGIN, size, root or root_of(self.leaves[:size])), list(self.signers)
        )


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    return Sealed(tmp_path_factory.mktemp("sealed") / "a.ledger")


@pytest.fixture
def changed(sealed: Sealed, tmp_path: Path) -> Callable[..., Report]:
    """Runs SQL on a copy of the ledger, and verifies the copy."""

    def change(*statements: tuple[str, tuple[object, ...]] | str) -> Report:
        path = tmp_path / "copy.ledger"
        path.write_bytes(sealed.path.read_bytes())
        with closing(sqlite3.connect(path)) as database:
            for each in statements:
                database.execute(*((each,) if isinstance(each, str) else each))
            database.commit()
        with closing(Store.open(path, read_only=True)) as store:
            return audit.verify(store, pin=sealed.id)

    return change


def found(report: Report) -> list[tuple[int | None, str]]:
    return [(each.index, each.code) for each in report.findings]


def only_message(report: Report) -> str:
    (finding,) = report.findings
    return finding.message


def keep(size: int, note: bytes | str) -> tuple[str, tuple[object, ...]]:
    return "INSERT OR REPLACE INTO checkpoints VALUES (?,?)", (size, note)


def test_a_sealed_ledger_holds(changed: Callable[..., Report]) -> None:
    report = changed()
    assert (report.findings, report.exit_status()) == ((), 0)


def test_a_checkpoint_over_other_events_is_found(changed: Callable[..., Report], sealed: Sealed) -> None:
    report = changed(keep(590, sealed.checkpoint(590, bytes(32))))
    assert found(report) == [(None, "checkpoint.wrong")]
    assert "the first 590 events are not those" in only_message(report)
    assert "the first 300 still are" in only_message(report)


def test_one_cause_is_one_finding_whatever_was_sealed_later(
    changed: Callable[..., Report], sealed: Sealed
) -> None:
    report = changed(keep(100, sealed.checkpoint(100, bytes(32))))
    assert "2 later checkpoints could not be held against them" in only_message(report)


def test_an_event_that_was_signed_anew_by_its_recorder_is_named(tmp_path: Path) -> None:
    """Its signature is good, its row agrees, nothing follows it in its stream: only what was sealed tells."""
    paths = [tmp_path / "a.ledger", tmp_path / "b.ledger"]
    with Ledger.create(paths[0], origin=ORIGIN, keys=KEYS) as ledger:
        pin = ledger.id
        ledger.create_case("harbour", title="A case")
    paths[1].write_bytes(paths[0].read_bytes())
    rows = []
    for path, label in zip(paths, ("A man", "Another man"), strict=True):
        with Ledger.open(path, seeded_keyring(b"audit of the log")) as ledger:
            ledger.case("harbour").register_entity("man", Person(label=label))
            ledger.create_case("quay", title="A later case")
            if path == paths[0]:
                ledger.seal()
        with closing(Store.open(path, read_only=True)) as store:
            rows.append(list(store.rows())[3])
    with closing(sqlite3.connect(paths[0])) as database:
        new = rows[1]
        database.execute(
            "UPDATE events SET state=?, leaf=?, event_id=? WHERE idx=3",
            (new.envelope, new.leaf, new.event_id),
        )
        database.execute("UPDATE names SET event_id=? WHERE event_id=?", (rows[1].event_id, rows[0].event_id))
        database.commit()
    with closing(Store.open(paths[0], read_only=True)) as store:
        report = audit.verify(store, pin=pin)
    assert (3, "checkpoint.wrong") in found(report)
    assert not any(code == "tree.wrong" for _, code in found(report))
    assert "not the event that was sealed here" in str(report.findings[0])


def test_a_tail_that_was_cut_after_it_was_sealed_is_found(changed: Callable[..., Report]) -> None:
    cut = ["DELETE FROM events WHERE idx>=580", "DELETE FROM disclosures WHERE idx>=580"]
    lost = "DELETE FROM names WHERE event_id NOT IN (SELECT event_id FROM events)"
    report = changed(*cut, lost)
    assert found(report) == [(None, "log.cut")]
    assert "has 580 events, and a checkpoint in it that its keys signed covers 590: 10 were cut off" in str(
        report.findings[0]
    )
    assert report.exit_status() == 1


def test_a_tail_that_was_cut_is_told_before_what_went_with_it(changed: Callable[..., Report]) -> None:
    report = changed(
        "DELETE FROM events WHERE idx>=585",
        "DELETE FROM disclosures WHERE idx=300 OR idx>586",
        "DELETE FROM names WHERE event_id NOT IN (SELECT event_id FROM events)",
    )
    assert found(report)[:3] == [(None, "log.cut"), (585, "disclosure.wrong"), (586, "disclosure.wrong")]
    assert set(found(report)[3:]) == {(300, "unchecked.disclosure")}


def test_what_is_wrong_is_told_first_and_a_cause_before_what_follows_from_it() -> None:
    places = [
        (None, "store.damaged"),
        (None, "ledger.other"),
        (None, "log.cut"),
        (3, "signature.wrong"),
        (4, "chain.broken"),
        (4, "ledger.other"),
        (None, "names.wrong"),
        (None, "tree.wrong"),
        (None, "unchecked.keys"),
        (0, "unchecked.disclosure"),
        (5, "unchecked.disclosure"),
        (None, "unchecked.witnesses"),
    ]
    told = [Finding(code, index, None, "", "", "") for index, code in places]
    shuffled = sorted(told, key=lambda each: (each.index is None, each.index or 0))
    assert [(each.index, each.code) for each in most_telling_first(shuffled)] == places


def test_a_tail_that_was_cut_with_its_checkpoint_shows_in_the_tiles_that_are_left(
    changed: Callable[..., Report],
) -> None:
    report = changed(
        "DELETE FROM events WHERE idx>=580",
        "DELETE FROM disclosures WHERE idx>=580",
        "DELETE FROM names WHERE event_id NOT IN (SELECT event_id FROM events)",
        "DELETE FROM checkpoints WHERE size=590",
    )
    assert found(report) == [(None, "tree.wrong")]
    assert "holds 590 events, which is more than there are" in only_message(report)


def test_what_was_not_sealed_can_be_cut_and_the_report_says_so(changed: Callable[..., Report]) -> None:
    report = changed(
        "DELETE FROM events WHERE idx>=595",
        "DELETE FROM disclosures WHERE idx>=595",
        "DELETE FROM names WHERE event_id NOT IN (SELECT event_id FROM events)",
    )
    assert report.findings == ()
    assert any("cut off" in note for note in report.notes)


def test_a_missing_event_is_missing_from_what_was_sealed_as_well(changed: Callable[..., Report]) -> None:
    report = changed("DELETE FROM events WHERE idx=400", "DELETE FROM disclosures WHERE idx=400")
    assert (400, "chain.broken") in found(report)
    assert (None, "checkpoint.wrong") in found(report)
    assert any("size 590 covers events that are not here" in str(each) for each in report.findings)


@pytest.mark.parametrize(
    ("note", "said"),
    [
        (b"not a note", "expected a text"),
        ("text", "no byte string"),
        (b"x" * 2_000_000, "at most"),
    ],
)
def test_what_is_no_checkpoint_is_found(changed: Callable[..., Report], note: bytes | str, said: str) -> None:
    report = changed(keep(450, note))
    assert found(report) == [(None, "checkpoint.wrong")]
    assert said in only_message(report)


def test_a_checkpoint_is_kept_under_its_size(changed: Callable[..., Report], sealed: Sealed) -> None:
    report = changed(keep(400, sealed.notes[0]))
    assert "is a checkpoint of size 300" in only_message(report)


@pytest.mark.parametrize("size", [0, -7])
def test_no_checkpoint_has_such_a_size(changed: Callable[..., Report], sealed: Sealed, size: int) -> None:
    assert found(changed(keep(size, sealed.notes[0]))) == [(None, "checkpoint.wrong")]


def test_a_checkpoint_of_another_log_is_found(changed: Callable[..., Report]) -> None:
    other = "example.org/other"
    note = sign_checkpoint(Checkpoint(other, 400, bytes(32)), [Ed25519NoteSigner(other, KEYS.logs[0])])
    report = changed(keep(400, note))
    assert found(report) == [(None, "checkpoint.wrong")]
    assert "of the log 'example.org/other'" in only_message(report)


def test_a_checkpoint_whose_quantum_safe_line_was_dropped_is_found(
    changed: Callable[..., Report], sealed: Sealed
) -> None:
    note = Note.from_bytes(sealed.notes[1])
    report = changed(keep(590, Note(note.text, note.lines[:1]).to_bytes()))
    assert found(report) == [(None, "checkpoint.unsigned")]
    assert "did not sign it" in only_message(report)


def test_a_checkpoint_by_a_strangers_key_is_found(changed: Callable[..., Report], sealed: Sealed) -> None:
    stranger = Ed25519NoteSigner(ORIGIN, Keyring.in_memory(seed=b"stranger").logs[0])
    note = sign_checkpoint(Checkpoint(ORIGIN, 700, bytes(32)), [stranger])
    assert found(changed(keep(700, note))) == [(None, "checkpoint.unsigned")]


def test_a_line_that_does_not_fit_is_found(changed: Callable[..., Report], sealed: Sealed) -> None:
    text = Note.from_bytes(sealed.notes[1]).text
    lines = Note.from_bytes(sealed.notes[0]).lines
    report = changed(keep(590, Note(text, lines).to_bytes()))
    assert found(report) == [(None, "checkpoint.wrong")]
    assert "does not fit the text" in only_message(report)


def test_lines_that_this_installation_cannot_verify_are_not_checked_and_not_wrong(
    changed: Callable[..., Report], sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> bool:
        raise CouldNotCheck("no ML-DSA-44 here")

    monkeypatch.setattr(mldsa44, "verify", unsupported)
    report = changed()
    assert found(report) == [(None, "unchecked.checkpoint")]
    assert "2 checkpoints could not be checked in full" in only_message(report)
    assert report.exit_status() == 3
    note = Note.from_bytes(sealed.notes[1])
    dropped = Note(note.text, note.lines[:1]).to_bytes()
    assert (None, "checkpoint.unsigned") in found(changed(keep(590, dropped)))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE tiles SET hashes=zeroblob(length(hashes)) WHERE level=0 AND idx=1",
            "tile 0/1 does not hold",
        ),
        ("UPDATE tiles SET hashes=zeroblob(length(hashes)) WHERE level=1", "tile 1/0 does not hold"),
        ("UPDATE tiles SET hashes=zeroblob(length(hashes))", "nor do 3 tiles more"),
        ("DELETE FROM tiles WHERE level=0 AND idx=1", "tile 0/1 does not hold"),
        ("DELETE FROM tiles WHERE level=1", "tile 1/0 does not hold"),
        ("DELETE FROM tiles", "holds 0 events, and 590 are sealed"),
        ("INSERT INTO tiles VALUES (0, 90, zeroblob(32))", "not those of a tree of"),
        ("INSERT INTO tiles VALUES (7, 0, zeroblob(32))", "not those of a tree of 590 events"),
        ("INSERT INTO tiles VALUES (-1, 0, zeroblob(32))", "not those of a tree of 590 events"),
        ("UPDATE tiles SET hashes='text' WHERE level=1", "hold what no ledger writes"),
        ("UPDATE tiles SET hashes=substr(hashes, 1, 64) WHERE level=0 AND idx=2", "holds 514 events"),
    ],
)
def test_tiles_that_are_not_those_of_the_events_are_found(
    changed: Callable[..., Report], statement: str, said: str
) -> None:
    report = changed(statement)
    assert found(report) == [(None, "tree.wrong")]
    assert said in only_message(report)


def test_a_timestamp_without_its_checkpoint_is_found(changed: Callable[..., Report]) -> None:
    report = changed(
        "INSERT INTO timestamps VALUES (299, x'00')", "INSERT INTO timestamps VALUES (299, x'01')"
    )
    assert found(report) == [(None, "timestamp.wrong")]
    assert "size 299" in only_message(report)


def with_a_revocation(path: Path, root: str | None) -> Report:
    """A ledger in which a recorder's key is revoked up to index 3, by the log's root there or by another."""
    with Ledger.create(path, origin=ORIGIN, keys=KEYS) as ledger:
        other = Keyring.in_memory(seed=b"second")
        ledger.add_key(other.recorder, "Recorder B")
        ledger.create_case("harbour", title="A case")
        change = ledger.revocation(other.entries[1].keyid, "its laptop was stolen", 3)
        if root is not None:
            change = change.model_copy(update={"root": root})
        ledger._change_keys(change, ())
        ledger.create_case("quay", title="Another case")
        return ledger.verify(pin=ledger.id)


def test_a_revocation_names_the_root_of_this_log(tmp_path: Path) -> None:
    assert with_a_revocation(tmp_path / "a.ledger", None).findings == ()
    report = with_a_revocation(tmp_path / "b.ledger", "00" * 32)
    assert found(report) == [(4, "revocation.wrong")]
    assert "trusts a key up to size 3 of a log with another root" in only_message(report)
