"""A ledger is sealed: its checkpoints hold, its receipts become proofs, and its streams have signed ends."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimledger import Keyring, Ledger, Receipt
from claimledger.case import Case
from claimledger.cli import app
from claimledger.cosignatures import verifier_of
from claimledger.events import Death, Organisation, Person
from claimledger.events.errors import (
    ForkRefused,
    InvalidInput,
    KeyMissing,
    KeyNotAllowed,
    LedgerClosed,
    NotSealed,
    ReadOnly,
    WrongProof,
)
from claimledger.heads import heads_name, open_head
from claimledger.log_keys import head_verifiers
from claimledger.merkle import root_of
from claimledger.notes import KeyType, Note
from claimledger.proofs import LogProof
from claimledger.testing import seeded_keyring

ORIGIN = "example.org/sealing"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a.ledger"


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keys", passphrase=None, plain=True)


@pytest.fixture
def ledger(place: Path, keys: Keyring) -> Iterator[Ledger]:
    with Ledger.create(place, origin=ORIGIN, keys=keys) as opened:
        opened.create_case("harbour", title="A case")
        yield opened


@pytest.fixture
def case(ledger: Ledger) -> Case:
    case = ledger.case("harbour")
    case.register_entity("man", Person(label="A man"))
    case.register_entity("ngo", Organisation(label="An NGO"))
    return case


def record(case: Case) -> Receipt:
    return case.record(Death(person="man"), asserter="ngo")


def test_a_checkpoint_covers_what_is_recorded_and_each_log_key_signs_it(ledger: Ledger, case: Case) -> None:
    record(case)
    sealed = ledger.seal()
    assert sealed.size == ledger.size
    assert sealed.root == root_of(bytes.fromhex(event.leaf) for event in ledger.events())
    assert {key.type for key in sealed.log_keys} == {KeyType.ED25519, KeyType.SUBTREE_V1}
    again = ledger.checkpoint()
    assert again is not None
    assert again.data == sealed.data
    assert [each.size for each in ledger.checkpoints()] == [sealed.size]


def test_a_ledger_that_was_never_sealed_has_no_checkpoint(ledger: Ledger) -> None:
    assert ledger.checkpoint() is None
    assert list(ledger.checkpoints()) == []


def test_a_receipt_becomes_a_proof_that_stands_alone(ledger: Ledger, case: Case) -> None:
    receipt = record(case)
    with pytest.raises(NotSealed, match="nothing is sealed yet"):
        receipt.proof()
    ledger.seal()
    late = record(case)
    with pytest.raises(NotSealed, match="recorded after the last checkpoint"):
        late.proof()
    proof = LogProof.from_bytes(receipt.proof())
    verifiers = [verifier_of(str(key)) for key in ledger.log_keys]
    assert proof.verify(bytes.fromhex(receipt.leaf), verifiers).checkpoint.size == late.index
    with pytest.raises(WrongProof):
        proof.verify(bytes.fromhex(late.leaf), verifiers)


def test_a_receipt_of_before_and_one_of_a_batch_prove_as_well(ledger: Ledger, case: Case) -> None:
    first = case.record(Death(person="man"), asserter="ngo", idempotency_key="once")
    again = case.record(Death(person="man"), asserter="ngo", idempotency_key="once")
    with case.batch() as receipts:
        record(case)
        with pytest.raises(InvalidInput, match="leads to no ledger"):
            record(case).proof()
    ledger.seal()
    assert first.proof() == again.proof() == case.receipt(first.ref).proof() == ledger.proof(first.leaf)
    assert {LogProof.from_bytes(each.proof()).index for each in receipts} == {each.index for each in receipts}


def test_a_receipt_travels_without_its_ledger(ledger: Ledger, case: Case) -> None:
    receipt = record(case)
    ledger.seal()
    travelled = pickle.loads(pickle.dumps(receipt))
    assert travelled == receipt
    with pytest.raises(InvalidInput, match="leads to no ledger"):
        travelled.proof()
    ledger.close()
    with pytest.raises(LedgerClosed):
        receipt.proof()


def test_a_tile_that_was_changed_proves_nothing(ledger: Ledger, case: Case) -> None:
    receipt = record(case)
    ledger.seal()
    with ledger.store._writing() as cursor:
        cursor.execute("UPDATE tiles SET hashes=zeroblob(length(hashes))")
    with pytest.raises(WrongProof):
        receipt.proof()


def test_a_checkpoint_whose_quantum_safe_line_was_dropped_is_refused(ledger: Ledger) -> None:
    sealed = ledger.seal()
    note = Note.from_bytes(sealed.data)
    ledger.store.keep_checkpoint(sealed.size, Note(note.text, note.lines[:1]).to_bytes())
    with pytest.raises(KeyNotAllowed, match="did not sign it"):
        ledger.checkpoint()


def test_a_checkpoint_that_did_not_change_is_opened_once_and_one_that_did_anew(ledger: Ledger) -> None:
    sealed = ledger.seal()
    assert ledger.checkpoint() is ledger.checkpoint()
    note = Note.from_bytes(sealed.data)
    ledger.store.keep_checkpoint(sealed.size, Note(note.text, note.lines[::-1]).to_bytes())
    again = ledger.checkpoint()
    assert again is not None
    assert (again.data == sealed.data, again.checkpoint) == (False, sealed.checkpoint)


def test_a_checkpoint_ahead_of_the_log_is_held_to_the_keys_that_the_log_gets(
    ledger: Ledger, case: Case, place: Path, keys: Keyring, tmp_path: Path
) -> None:
    ledger.backup(tmp_path / "earlier.ledger")
    record(case)
    record(case)
    sealed = ledger.seal()
    with Ledger.open(tmp_path / "earlier.ledger", keys) as earlier:
        earlier.store.keep_checkpoint(sealed.size, sealed.data)
        assert earlier.checkpoint() is not None
        earlier.add_key(seeded_keyring(b"another log").logs[0], "Another", role="log")
        with pytest.raises(KeyNotAllowed, match="did not sign it"):
            earlier.checkpoint()


def test_the_proof_of_an_event_is_that_of_its_leaf(ledger: Ledger, case: Case) -> None:
    receipt = record(case)
    ledger.seal()
    event = ledger.event(receipt.leaf)
    assert ledger.proof(event) == ledger.proof(receipt.leaf)
    with pytest.raises(WrongProof):
        ledger.proof(replace(event, index=event.index - 1))


def test_heads_say_where_a_case_the_register_and_the_keys_ended(ledger: Ledger, case: Case) -> None:
    receipt = record(case)
    ledger.register_entity("north", Organisation(label="North"))
    ledger.seal()
    record(case)
    verifiers = head_verifiers(ledger.keys, receipt.index + 2)
    heads = {stream: open_head(note, verifiers) for stream, note in ledger.sign_heads(["harbour"]).items()}
    of_case = heads[receipt.stream]
    assert (of_case.sequence, of_case.leaf) == (receipt.sequence, receipt.leaf)
    assert len(heads) == 3
    assert {head.size for head in heads.values()} == {receipt.index + 2}
    assert [head.stream for head in heads.values()] == list(heads)


def test_heads_take_a_checkpoint(ledger: Ledger) -> None:
    with pytest.raises(NotSealed):
        ledger.sign_heads(["harbour"])


def test_heads_have_a_name_of_their_own(ledger: Ledger) -> None:
    ledger.seal()
    notes = map(Note.from_bytes, ledger.sign_heads(["harbour"]).values())
    assert {line.name for note in notes for line in note.lines} == {heads_name(ORIGIN)}


def test_sealing_takes_the_logs_keys(ledger: Ledger, place: Path, keys: Keyring) -> None:
    ledger.close()
    with Ledger.open(place) as opened, pytest.raises(KeyMissing, match="opened without keys"):
        opened.seal()
    with Ledger.open(place, keys, read_only=True) as opened, pytest.raises(ReadOnly):
        opened.seal()
    assert keys.folder is not None
    for entry in keys.entries:
        if entry.role == "log" and entry.file is not None:
            (keys.folder / entry.file).unlink()
    with (
        Ledger.open(place, Keyring.open(keys.folder)) as opened,
        pytest.raises(KeyMissing, match="not at hand"),
    ):
        opened.seal()


def test_a_second_ledger_of_the_same_name_and_keys_is_not_sealed(
    ledger: Ledger, tmp_path: Path, keys: Keyring
) -> None:
    ledger.seal()
    with Ledger.create(tmp_path / "b.ledger", origin=ORIGIN, keys=keys) as other, pytest.raises(ForkRefused):
        other.seal()
    with Ledger.create(tmp_path / "c.ledger", origin="example.org/another", keys=keys) as other:
        assert other.seal().size == 2


def test_keys_in_memory_remember_what_they_signed(tmp_path: Path) -> None:
    keys = seeded_keyring(b"remembers")
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin=ORIGIN, keys=keys) as ledger:
        ledger.seal()
    with Ledger.open(place, keys) as ledger:
        ledger.create_case("harbour", title="A case")
        assert ledger.seal().size == 3


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_seal_on_the_command_line_says_what_was_sealed_and_writes_it_out(
    ledger: Ledger, case: Case, place: Path, keys: Keyring, tmp_path: Path
) -> None:
    record(case)
    ledger.close()
    said = run("seal", place, "--keys", keys.folder, "--to", tmp_path / "checkpoint")
    assert f"sealed: 6 events of {ORIGIN}, 6 of them new" in said
    assert (tmp_path / "checkpoint").read_bytes().startswith(f"{ORIGIN}\n6\n".encode())
    again = json.loads(run("seal", place, "--keys", keys.folder, "--json"))
    assert (again["size"], again["new"], again["origin"]) == (6, 0, ORIGIN)
    assert again["checkpoint"].encode() == (tmp_path / "checkpoint").read_bytes()
    refused = CliRunner().invoke(
        app, ["seal", str(place), "--keys", str(keys.folder), "--to", str(tmp_path / "checkpoint")]
    )
    assert refused.exit_code == 1
    assert "something is there already" in refused.output


def test_prove_adds_the_proof_of_a_sealed_event(
    ledger: Ledger, case: Case, place: Path, keys: Keyring, tmp_path: Path
) -> None:
    receipt = record(case)
    ledger.seal()
    log_keys = [verifier_of(str(key)) for key in ledger.log_keys]
    ledger.close()
    run("prove", place, receipt.ref, "--to", tmp_path / "proof")
    proof = LogProof.from_bytes((tmp_path / "proof" / "event.tlog-proof").read_bytes())
    assert proof.verify(bytes.fromhex(receipt.leaf), log_keys).checkpoint.size == receipt.index + 1
    written = (tmp_path / "proof" / "log.keys").read_text().splitlines()
    assert written == [str(each.key) for each in log_keys]
    assert "event.tlog-proof" in (tmp_path / "proof" / "README.txt").read_text()
