"""Whoever would pass for a witness, or for more of them than there are: the auditor says who counts, and how many.

The auditor verifies a proof that stands alone, or the whole ledger, and asks for cosignatures of witnesses whose keys
he has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from claimledger import Ledger
from claimledger.anchors import Trust
from claimledger.cosignatures import CosignatureSigner, SubtreeSigner, WitnessPolicy, verifier_of
from claimledger.events.envelope import pae
from claimledger.notes import Note, SignatureLine, VerifierKey
from claimledger.proofs import LogProof
from claimledger.testing import seeded_keyring

from .book import Check, attack
from .world import Copy, World, fresh, told

NOW = 1_764_000_000
COUNTED = "unknown and duplicated witnesses counted"
BY_LINES = Check(
    "cosignatures:WitnessPolicy.check",
    "len(found) < self.at_least",
    "len(signed.opened.note.lines) - len(signed.log_keys) < self.at_least",
)
ONE_WITNESS = Check("cosignatures:_witnesses", "group[0] & names or group[1] & raw")
LINE = Check("notes:open_note", "not by.verify(note.text, line.signature)")


def witness(name: str, key: str = "", at: int = NOW) -> CosignatureSigner:
    """A witness, by the name of his and of whoever's key he has."""
    return CosignatureSigner(f"w.example.org/{name}", fresh(key or name).recorder, lambda: at)


class Reader:
    """An auditor who holds the first event of the sealed ledger, and what reaches him."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.note = Note.from_bytes(world.checkpoint)
        self.log = [verifier_of(key) for key in world.log_keys]
        with Ledger.open(world.path, read_only=True) as ledger:
            self.proof = LogProof.from_bytes(ledger.proof(world.rows[0].leaf))

    def told(self, note: Note, keys: Sequence[VerifierKey], at_least: int) -> set[str]:
        proof = LogProof(self.proof.index, self.proof.hashes, note.to_bytes())
        policy = WitnessPolicy(keys, at_least)
        return told(lambda: proof.verify(self.world.leaves[0], self.log, policy, NOW))


@pytest.fixture(scope="module")
def reader(sealed_world: World) -> Reader:
    return Reader(sealed_world)


def test_as_many_witnesses_as_are_asked_for_are_enough(reader: Reader) -> None:
    one, other = witness("1"), witness("2")
    assert reader.told(reader.note.signed_by(one, other), [one.key, other.key], 2) == set()


@attack(COUNTED, found="unchecked.witnesses", by=BY_LINES)
def test_witnesses_whom_nobody_knows_are_counted(reader: Reader) -> set[str]:
    one, other = witness("1"), witness("2")
    cosigned = reader.note.signed_by(one, witness("3"), witness("4"))
    return reader.told(cosigned, [one.key, other.key], 2)


@attack(COUNTED, found="unchecked.witnesses", by=BY_LINES)
def test_a_witness_is_counted_for_each_of_his_lines(reader: Reader) -> set[str]:
    one, other = witness("1"), witness("2")
    (line,) = [line for line in reader.note.signed_by(one).lines if line.name == one.key.name]
    return reader.told(Note(reader.note.text, (*reader.note.lines, line, line)), [one.key, other.key], 2)


@attack("same key under two ids towards a threshold", found="unchecked.witnesses", by=ONE_WITNESS)
def test_one_key_cosigns_under_the_names_of_two_witnesses(reader: Reader) -> set[str]:
    one, again, other = witness("1"), witness("2", "1"), witness("3")
    return reader.told(reader.note.signed_by(one, again), [one.key, again.key, other.key], 2)


@attack(COUNTED, found="unchecked.witnesses", by=ONE_WITNESS)
def test_one_witness_cosigns_with_both_of_his_keys(reader: Reader) -> set[str]:
    one, other = witness("1"), witness("2")
    second = next(each for each in seeded_keyring(b"1").logs if each.algorithm == "ml-dsa-44")
    both = SubtreeSigner(one.key.name, second, lambda: NOW)
    return reader.told(reader.note.signed_by(one, both), [one.key, both.key, other.key], 2)


@attack(
    "one key in two roles",
    found="unchecked.witnesses",
    by=Check(
        "cosignatures:WitnessPolicy.cosignatures",
        "each.key.public_key not in log_keys and each.key.name != signed.checkpoint.origin",
        "True",
    ),
)
def test_the_log_witnesses_itself(reader: Reader) -> set[str]:
    own = CosignatureSigner("w.example.org/1", reader.world.a.logs[0], lambda: NOW)
    return reader.told(reader.note.signed_by(own), [own.key], 1)


@attack(
    "cosignature from the future",
    found="cosignature.future",
    by=Check("cosignatures:WitnessPolicy.cosignatures", "found.timestamp > now + leeway"),
)
def test_a_cosignature_names_a_time_that_has_not_come(reader: Reader) -> set[str]:
    ahead = witness("1", at=NOW + 1)
    return reader.told(reader.note.signed_by(ahead), [ahead.key], 1)


@attack("cosignature from the future", found="signature.wrong", by=LINE)
def test_the_time_in_front_of_a_cosignature_is_changed(reader: Reader) -> set[str]:
    one = witness("1", at=NOW - 1000)
    line = next(line for line in reader.note.signed_by(one).lines if line.name == one.key.name)
    later = SignatureLine(line.name, line.key_id, NOW.to_bytes(8, "big") + line.signature[8:])
    return reader.told(Note(reader.note.text, (*reader.note.lines, later)), [one.key], 1)


@attack("unknown and duplicated witnesses counted", found="signature.wrong", by=LINE)
def test_a_cosignature_is_moved_to_another_checkpoint(reader: Reader) -> set[str]:
    one = witness("1")
    before = Note.from_bytes(reader.world.signed_checkpoint(6, bytes(32))).signed_by(one)
    line = next(line for line in before.lines if line.name == one.key.name)
    return reader.told(Note(reader.note.text, (*reader.note.lines, line)), [one.key], 1)


INTERCHANGED = "signatures of events, checkpoints and cosignatures interchanged"
HEADER = "cosignature_message(timestamp, text)"


@attack(
    INTERCHANGED,
    found="signature.wrong",
    by=Check("cosignatures:CosignatureVerifier.verify", HEADER, "text.encode()"),
)
def test_what_a_witness_signed_as_a_checkpoint_is_passed_as_his_cosignature(reader: Reader) -> set[str]:
    """Without the header and the time in front, a log's signature would be a cosignature of any time."""
    one = witness("1")
    signed = NOW.to_bytes(8, "big") + fresh("1").recorder.sign(reader.note.text.encode())
    line = SignatureLine(one.key.name, one.key.key_id, signed)
    return reader.told(Note(reader.note.text, (*reader.note.lines, line)), [one.key], 1)


@attack(INTERCHANGED, found="signature.wrong", by=LINE)
def test_what_a_witness_signed_as_an_event_is_passed_as_his_cosignature(reader: Reader) -> set[str]:
    one = witness("1")
    signed = NOW.to_bytes(8, "big") + fresh("1").recorder.sign(pae(reader.note.text.encode()))
    line = SignatureLine(one.key.name, one.key.key_id, signed)
    return reader.told(Note(reader.note.text, (*reader.note.lines, line)), [one.key], 1)


# The same in an audit of the whole ledger, whose checkpoint bears the lines


def audited(sealed: Copy, note: Note, *keys: VerifierKey) -> set[str]:
    """What an auditor is told who asks for one of these witnesses, or for both where there are two."""
    sealed.sql(("UPDATE checkpoints SET note=?", (note.to_bytes(),)))
    trust = Trust(WitnessPolicy(keys, len(keys)), leeway=0)
    return sealed.told(trust=trust, now=datetime.fromtimestamp(NOW, UTC))


@attack(
    COUNTED,
    found="unchecked.witnesses",
    by=Check("anchors:anchors_of", "len(cosigned) >= trust.witnesses.at_least", "True"),
)
def test_a_ledger_has_fewer_witnesses_than_an_auditor_asks_for(sealed: Copy, reader: Reader) -> set[str]:
    one, other = witness("1"), witness("2")
    return audited(sealed, reader.note.signed_by(one, witness("3")), one.key, other.key)


@attack(COUNTED, found=("cosignature.wrong", "unchecked.witnesses"), by=LINE)
def test_a_ledger_has_a_line_of_a_witness_that_somebody_else_made(sealed: Copy, reader: Reader) -> set[str]:
    one, forger = witness("1"), witness("1", "forger")
    line = next(line for line in reader.note.signed_by(forger).lines if line.name == one.key.name)
    forged = SignatureLine(line.name, one.key.key_id, line.signature)
    return audited(sealed, Note(reader.note.text, (*reader.note.lines, forged)), one.key)


@attack(
    "cosignature from the future",
    found=("cosignature.future", "unchecked.witnesses"),
    by=Check("cosignatures:WitnessPolicy.cosignatures", "found.timestamp > now + leeway"),
)
def test_a_ledger_has_a_cosignature_of_tomorrow(sealed: Copy, reader: Reader) -> set[str]:
    tomorrow = witness("1", at=NOW + 86_400)
    return audited(sealed, reader.note.signed_by(tomorrow), tomorrow.key)
