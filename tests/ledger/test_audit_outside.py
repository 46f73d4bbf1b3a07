"""Who outside vouches for how much of a ledger: kept checkpoints, witnesses, authorities; and what is disputed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from claimledger import Keyring, Ledger
from claimledger.anchors import Trust
from claimledger.checkpoints import Checkpoint, sign_checkpoint
from claimledger.cosignatures import CosignatureSigner, WitnessPolicy
from claimledger.events.entities import Organisation, Person
from claimledger.events.errors import InvalidInput
from claimledger.events.kinds import Death
from claimledger.log_keys import log_signers
from claimledger.notes import Note, SignatureLine
from claimledger.report import Report, Voucher
from claimledger.testing import seeded_keyring
from claimledger.timestamps import read_authorities

from .authority import NOW, Authority

ORIGIN = "example.org/outside"
TIME = int(NOW.timestamp())


def keyring() -> Keyring:
    """The keyring of the ledgers here, each time with a memory of its own: the operator forgot what was signed."""
    return seeded_keyring(b"outside")


@dataclass
class Seen:
    """A ledger in a file, open, with a case to record in."""

    ledger: Ledger
    path: Path

    def record(self, count: int = 1) -> None:
        case = self.ledger.case("harbour")
        for _ in range(count):
            case.record(Death(person="man"), asserter="ngo")

    def seal(self) -> bytes:
        return self.ledger.seal().data

    def audit(self, **outside: object) -> Report:
        return self.ledger.verify(self.ledger.id, **outside)  # type: ignore[arg-type]


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    path = tmp_path / "a.ledger"
    with Ledger.create(path, origin=ORIGIN, keys=keyring()) as ledger:
        case = ledger.create_case("harbour", title="A case")
        case.register_entity("man", Person(label="A man"))
        case.register_entity("ngo", Organisation(label="An NGO"))
        yield Seen(ledger, path)


def found(report: Report) -> list[tuple[int | None, str]]:
    return [(each.index, each.code) for each in report.findings]


def standing(report: Report) -> list[tuple[int, int, str]]:
    return [(each.first, each.last, each.standing) for each in report.ranges]


def witness(name: str, at: int = TIME) -> CosignatureSigner:
    return CosignatureSigner(name, Keyring.in_memory(seed=name.encode()).recorder, lambda: at)


def policy(at_least: int, *names: str) -> Trust:
    return Trust(witnesses=WitnessPolicy([witness(name).key for name in names], at_least))


# Ranges


def test_a_ledger_that_was_never_sealed_has_one_range_for_which_nobody_vouches(seen: Seen) -> None:
    report = seen.audit()
    assert standing(report) == [(0, 4, "unsealed")]
    assert (report.checkpoints, report.checkpoint, report.exit_status()) == (0, None, 0)
    assert report.exit_status(require_anchor=True) == 3


def test_what_only_the_log_signed_is_told_from_what_is_not_sealed(seen: Seen) -> None:
    note = seen.seal()
    seen.record(2)
    report = seen.audit()
    assert standing(report) == [(0, 4, "sealed"), (5, 6, "unsealed")]
    assert (report.checkpoints, report.checkpoint) == (1, note)
    assert not report.is_anchored
    assert any("nothing outside this file vouches for its end" in note for note in report.notes)


def test_a_checkpoint_that_the_auditor_kept_vouches_for_what_it_covers(seen: Seen) -> None:
    note = seen.seal()
    seen.record(2)
    seen.seal()
    seen.record()
    report = seen.audit(checkpoints={"mine": note})
    assert standing(report) == [(0, 4, "anchored"), (5, 6, "sealed"), (7, 7, "unsealed")]
    assert report.ranges[0].by == (Voucher("mine", "kept", None),)
    assert (report.findings, report.exit_status(), report.exit_status(require_anchor=True)) == ((), 0, 3)
    assert any("nobody outside vouches for what follows index 4" in note for note in report.notes)


def test_an_anchor_of_the_last_event_is_what_require_anchor_asks_for(seen: Seen) -> None:
    report = seen.audit(checkpoints={"mine": seen.seal()})
    assert report.exit_status(require_anchor=True) == 0
    assert any("recorded later, and cut off, would not show" in note for note in report.notes)
    seen.record()
    assert seen.audit(checkpoints={"mine": report.checkpoint}).exit_status(require_anchor=True) == 3


# Checkpoints kept elsewhere


def test_a_ledger_that_was_put_back_contradicts_a_kept_checkpoint(seen: Seen) -> None:
    pin = seen.ledger.id
    seen.ledger.close()
    before = seen.path.read_bytes()
    with Ledger.open(seen.path, keyring()) as ledger:
        Seen(ledger, seen.path).record(3)
        note = ledger.seal().data
    seen.path.write_bytes(before)
    with Ledger.open(seen.path) as again:
        report = again.verify(pin, checkpoints={"mine": note})
    assert found(report) == [(None, "checkpoint.contradicted")]
    assert "mine: it covers 8 events, and the log has 5" in report.findings[0].message
    assert report.exit_status() == 1


def test_two_auditors_who_were_shown_two_histories_find_it_when_they_compare(
    seen: Seen, tmp_path: Path
) -> None:
    pin = seen.ledger.id
    seen.ledger.close()
    notes = []
    for name, count in (("one", 2), ("two", 3)):
        path = tmp_path / name
        path.write_bytes(seen.path.read_bytes())
        with Ledger.open(path, keyring()) as fork:
            fork.case("harbour").register_entity(name, Person(label=name))
            Seen(fork, path).record(count - 1)
            notes.append(fork.seal().data)
    with Ledger.open(tmp_path / "one") as one:
        assert one.verify(pin, checkpoints={"mine": notes[0]}).findings == ()
        report = one.verify(pin, checkpoints={"mine": notes[0], "theirs": notes[1]})
    with Ledger.open(tmp_path / "two") as two:
        other = two.verify(pin, checkpoints={"theirs": notes[0]})
    assert found(report) == found(other) == [(None, "checkpoint.contradicted")]
    assert "its 7 events are not the first 7 of this log" in other.findings[0].message


def test_a_checkpoint_that_the_logs_keys_did_not_sign_says_nothing_of_this_log(seen: Seen) -> None:
    seen.seal()
    stranger = seeded_keyring(b"a stranger")
    with Ledger.create("memory:", origin=ORIGIN, keys=stranger) as other:
        note = other.seal().data
    report = seen.audit(checkpoints={"theirs": note})
    assert found(report) == [(None, "unchecked.checkpoint")]
    assert report.exit_status() == 3


def test_what_is_no_checkpoint_is_refused_before_anything_is_read(seen: Seen) -> None:
    with pytest.raises(InvalidInput, match="mine: no checkpoint"):
        seen.audit(checkpoints={"mine": b"something else"})


def test_a_damaged_tree_is_built_anew_on_request(seen: Seen) -> None:
    seen.record(300)
    seen.seal()
    with seen.ledger.store._writing() as cursor:
        cursor.execute("UPDATE tiles SET hashes=zeroblob(length(hashes)) WHERE level=0 AND idx=0")
    seen.seal()
    assert found(seen.audit()) == [(None, "tree.wrong")]
    seen.ledger.seal(rebuild=True)
    assert seen.audit().findings == ()


# Witnesses and authorities


def cosigned(note: bytes, *signers: CosignatureSigner) -> list[SignatureLine]:
    text = Note.from_bytes(note).text
    return [SignatureLine(each.key.name, each.key.key_id, each.sign(text)) for each in signers]


def test_witnesses_vouch_when_there_are_as_many_as_the_auditor_asks_for(seen: Seen) -> None:
    lines = cosigned(seen.seal(), witness("w1"), witness("w2", TIME + 60))
    data = "".join(map(str, lines)).encode()
    seen.ledger.add_cosignatures(data, [witness("w1").key, witness("w2").key])
    report = seen.audit(trust=policy(2, "w1", "w2", "w3"))
    assert (report.findings, report.exit_status(require_anchor=True)) == ((), 0)
    (anchored,) = report.ranges
    assert [(each.by, each.kind, each.at) for each in anchored.by] == [
        ("w1", "witness", NOW.replace(microsecond=0)),
        ("w2", "witness", NOW.replace(microsecond=0) + timedelta(seconds=60)),
    ]
    too_few = seen.audit(trust=policy(3, "w1", "w2", "w3"))
    assert found(too_few) == [(None, "unchecked.witnesses")]
    assert standing(too_few) == [(0, 4, "sealed")]
    assert found(seen.audit(trust=policy(1, "w9"))) == [(None, "unchecked.witnesses")]


def test_a_line_of_a_trusted_witness_that_does_not_fit_is_wrong(seen: Seen) -> None:
    note = seen.seal()
    (line,) = cosigned(note, witness("w1"))
    forged = SignatureLine(line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    seen.ledger.store.keep_checkpoint(5, Note.from_bytes(note).with_lines([forged]).to_bytes())
    assert found(seen.audit(trust=policy(1, "w1"))) == [
        (None, "cosignature.wrong"),
        (None, "unchecked.witnesses"),
    ]
    assert seen.audit().findings == ()


def test_a_cosignature_from_the_future_is_wrong(seen: Seen) -> None:
    note = seen.seal()
    lines = cosigned(note, witness("w1", TIME + 10**6))
    seen.ledger.store.keep_checkpoint(5, Note.from_bytes(note).with_lines(lines).to_bytes())
    assert (None, "cosignature.future") in found(seen.audit(trust=policy(1, "w1")))


def test_a_timestamp_says_since_when_somebody_vouches(seen: Seen, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    seen.seal()
    token = authority.answer(seen.ledger.timestamp_request(), authority.signer())
    seen.ledger.add_timestamp(token)
    trust = Trust(authorities=read_authorities(authority.pem))
    report = seen.audit(trust=trust)
    assert report.findings == ()
    (anchored,) = report.ranges
    assert (anchored.standing, anchored.by[0].by, anchored.by[0].kind) == (
        "anchored",
        "CN=A Signer",
        "authority",
    )
    seen.record()
    seen.seal()
    seen.ledger.store.keep_timestamp(6, token)
    wrong = seen.audit(trust=trust)
    assert found(wrong) == [(None, "timestamp.wrong")]
    assert standing(wrong) == [(0, 4, "anchored"), (5, 5, "sealed")]


def test_of_many_anchors_each_range_has_one_that_covers_it(seen: Seen) -> None:
    notes = {}
    for number in range(6):
        seen.record()
        notes[f"number {number}"] = seen.seal()
    report = seen.audit(checkpoints=notes)
    assert [each.last for each in report.ranges] == [5, 6, 7, 8, 9, 10]
    assert [each.by[0].by for each in report.ranges] == list(notes)


# Disputed events


def test_what_a_key_signed_before_it_was_revoked_is_disputed_and_not_wrong(seen: Seen) -> None:
    thief = Keyring.in_memory(seed=b"thief")
    seen.ledger.add_key(thief.recorder, "Recorder B")
    seen.record(2)
    seen.ledger.close()
    with Ledger.open(seen.path, thief) as ledger:
        Seen(ledger, seen.path).record(3)
    with Ledger.open(seen.path, keyring()) as ledger:
        Seen(ledger, seen.path).record()
    with Ledger.open(seen.path, thief) as ledger:
        Seen(ledger, seen.path).record()
    with Ledger.open(seen.path, keyring()) as ledger:
        name = ledger.keys.active("recorder")[-1].keyid
        ledger.revoke_key(name, "its laptop was stolen", 9)
        report = ledger.verify(ledger.id)
    (dispute,) = report.disputes
    assert (report.findings, report.disputed, report.is_sound) == ((), 3, False)
    assert (dispute.keyid, dispute.holder, dispute.reason) == (name, "Recorder B", "its laptop was stolen")
    assert (dispute.trusted_below, dispute.revoked_at) == (9, 13)
    assert dispute.ranges == ((9, 10), (12, 12))
    assert (report.exit_status(), report.exit_status(disputed_will_do=True)) == (3, 0)
    assert report.holding == report.events


def test_a_revocation_that_disputes_nothing_leaves_a_ledger_sound(seen: Seen) -> None:
    other = Keyring.in_memory(seed=b"other")
    seen.ledger.add_key(other.recorder, "Recorder B")
    seen.record()
    seen.ledger.revoke_key(seen.ledger.keys.active("recorder")[-1].keyid, "left", 6)
    report = seen.audit()
    assert (report.disputes, report.exit_status(), report.is_sound) == ((), 0, True)


def test_a_checkpoint_signed_by_a_fork_of_the_log_that_has_its_keys_is_a_contradiction(seen: Seen) -> None:
    seen.seal()
    signers = log_signers(keyring(), seen.ledger.keys, 3)
    note = sign_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)), list(signers))
    assert found(seen.audit(checkpoints={"theirs": note})) == [(None, "checkpoint.contradicted")]


def test_an_anchor_is_not_said_to_make_a_record_right_that_was_changed_below_it(seen: Seen) -> None:
    seen.record(2)
    kept = {"kept": seen.seal()}
    last = seen.ledger.size - 1
    assert not [note for note in seen.audit(checkpoints=kept).notes if "does not make" in note]
    seen.ledger.close()
    with sqlite3.connect(seen.path) as database:
        [state] = database.execute("SELECT state FROM events WHERE idx=?", (last,)).fetchone()
        changed = bytes(state[:-9]) + bytes([state[-9] ^ 1]) + bytes(state[-8:])
        database.execute("UPDATE events SET state=? WHERE idx=?", (changed, last))
    database.close()
    with Ledger.open(seen.path, read_only=True) as ledger:
        report = ledger.verify(ledger.id, checkpoints=kept)
    assert [each.index for each in report.findings if each.is_wrong] == [last]
    assert standing(report) == [(0, last, "anchored")]
    [said] = [note for note in report.notes if "does not make" in note]
    assert f"a record that is found wrong above (the first at index {last})" in said
