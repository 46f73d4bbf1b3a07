"""A witness cosigns one history of a log, however it is asked, and says so to auditors."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from claimledger import Keyring, Ledger
from claimledger.anchors import Trust, anchors_of
from claimledger.checkpoints import Checkpoint, sign_checkpoint
from claimledger.cli import app
from claimledger.cosignatures import WitnessPolicy
from claimledger.events.errors import (
    ForkRefused,
    InvalidInput,
    KeyMissing,
    KeyNotAllowed,
    MalformedNote,
    NotSealed,
    NotTheLatest,
    NotWitnessed,
    UnknownName,
    WrongProof,
    WrongSignature,
)
from claimledger.log_keys import log_signers
from claimledger.notes import Ed25519NoteSigner
from claimledger.testing import seeded_keyring
from claimledger.witness import Witness
from claimledger.witness_requests import WitnessRequest, read_lines
from claimledger.witness_server import WitnessServer, ask_witness

ORIGIN = "example.org/witnessed"
NAME = "witness.example.org/w1"
NOW = 1_764_000_000
NOTE = sign_checkpoint(
    Checkpoint(ORIGIN, 9, bytes(32)), [Ed25519NoteSigner(ORIGIN, seeded_keyring(b"any").recorder)]
)


@pytest.fixture
def keys() -> Keyring:
    return seeded_keyring(b"witnessed")


@pytest.fixture
def ledger(tmp_path: Path, keys: Keyring) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "a.ledger", origin=ORIGIN, keys=keys) as opened:
        opened.seal()
        yield opened


@pytest.fixture
def witness(tmp_path: Path, ledger: Ledger) -> Witness:
    made = Witness.create(tmp_path / "witness", name=NAME, passphrase=None, plain=True, clock=lambda: NOW)
    made.add_log(ledger.log_keys)
    return made


def grow(ledger: Ledger, name: str = "case") -> int:
    ledger.create_case(name, title="A case")
    return ledger.seal().size


def forged(ledger: Ledger, keys: Keyring, size: int, root: bytes) -> bytes:
    """A checkpoint that the log's own keys sign, past their memory: what a thief of them could do."""
    return sign_checkpoint(Checkpoint(ORIGIN, size, root), log_signers(keys, ledger.keys, size))


def test_what_a_witness_cosigned_anchors_the_checkpoint(ledger: Ledger, witness: Witness) -> None:
    said = ledger.add_cosignatures(witness.cosign(ledger.witness_request()), witness.keys)
    assert {(each.key.name, each.timestamp) for each in said} == {(NAME, NOW)}
    checkpoint = ledger.checkpoint()
    assert checkpoint is not None
    anchors = anchors_of(checkpoint, (), Trust(WitnessPolicy(witness.keys, 1)), NOW)
    assert [(each.by, each.kind) for each in anchors] == [(NAME, "witness")]
    assert ledger.seal().data == checkpoint.data, "sealing again keeps the witness's lines"


def test_a_witness_goes_on_from_what_it_cosigned(ledger: Ledger, witness: Witness) -> None:
    witness.cosign(ledger.witness_request())
    size = grow(ledger)
    with pytest.raises(NotTheLatest, match="cosigned size 2") as behind:
        witness.cosign(ledger.witness_request())
    witness.cosign(ledger.witness_request(behind.value.size))
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == size


def test_a_witness_that_is_asked_twice_cosigns_the_same_again(ledger: Ledger, witness: Witness) -> None:
    first = witness.cosign(ledger.witness_request())
    again = witness.cosign(ledger.witness_request(2))
    assert read_lines(first)[0] == read_lines(again)[0]


def test_a_witness_remembers_over_a_restart(ledger: Ledger, witness: Witness, tmp_path: Path) -> None:
    witness.cosign(ledger.witness_request())
    reopened = Witness.open(tmp_path / "witness")
    with pytest.raises(NotTheLatest):
        reopened.cosign(ledger.witness_request())
    assert reopened.keys == witness.keys


def test_two_histories_of_one_size_are_not_both_cosigned(
    ledger: Ledger, witness: Witness, keys: Keyring
) -> None:
    witness.cosign(ledger.witness_request())
    split = WitnessRequest(2, (), forged(ledger, keys, 2, bytes(32)))
    with pytest.raises(ForkRefused, match="two histories"):
        witness.cosign(split.to_bytes())


def test_a_history_that_does_not_go_on_is_not_cosigned(
    ledger: Ledger, witness: Witness, keys: Keyring
) -> None:
    witness.cosign(ledger.witness_request())
    grow(ledger)
    honest = WitnessRequest.from_bytes(ledger.witness_request(2))
    for size, proof in ((3, honest.proof), (3, ()), (5, honest.proof)):
        with pytest.raises(WrongProof, match="or the log shows another history"):
            witness.cosign(WitnessRequest(2, proof, forged(ledger, keys, size, bytes(32))).to_bytes())
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == 2


def test_an_older_checkpoint_is_not_cosigned_after_a_newer_one(ledger: Ledger, witness: Witness) -> None:
    old = WitnessRequest.from_bytes(ledger.witness_request()).checkpoint
    grow(ledger)
    witness.cosign(ledger.witness_request())
    with pytest.raises(MalformedNote, match="larger than"):
        witness.cosign(WitnessRequest(3, (), old).to_bytes())
    with pytest.raises(NotTheLatest):
        witness.cosign(WitnessRequest(2, (), old).to_bytes())


def test_a_first_checkpoint_takes_no_proof(ledger: Ledger, witness: Witness) -> None:
    note = WitnessRequest.from_bytes(ledger.witness_request()).checkpoint
    with pytest.raises(WrongProof, match="its proof is empty"):
        witness.cosign(WitnessRequest(0, (bytes(32),), note).to_bytes())
    witness.cosign(ledger.witness_request())
    with pytest.raises(WrongProof, match="nothing to prove"):
        witness.cosign(WitnessRequest(2, (bytes(32),), note).to_bytes())


def test_a_log_that_is_not_known_is_not_cosigned(tmp_path: Path, witness: Witness) -> None:
    with Ledger.create(tmp_path / "b.ledger", origin="example.org/b", keys=seeded_keyring(b"b")) as other:
        other.seal()
        with pytest.raises(UnknownName, match="no log of that name"):
            witness.cosign(other.witness_request())


def test_a_checkpoint_of_strangers_is_not_cosigned(tmp_path: Path, witness: Witness) -> None:
    with Ledger.create(tmp_path / "b.ledger", origin=ORIGIN, keys=seeded_keyring(b"thief")) as other:
        other.seal()
        with pytest.raises(KeyNotAllowed):
            witness.cosign(other.witness_request())


def test_a_checkpoint_that_was_changed_is_not_cosigned(ledger: Ledger, witness: Witness) -> None:
    with pytest.raises(WrongSignature):
        witness.cosign(ledger.witness_request().replace(f"{ORIGIN}\n2\n".encode(), f"{ORIGIN}\n3\n".encode()))


def test_keys_of_a_known_log_are_not_replaced_and_not_mixed(ledger: Ledger, witness: Witness) -> None:
    with pytest.raises(InvalidInput, match="other keys"):
        witness.add_log(ledger.log_keys[:1])
    with pytest.raises(InvalidInput, match="no other log"):
        witness.add_log(witness.keys)
    assert witness.add_log([str(key) for key in ledger.log_keys]) == ORIGIN


def test_a_witness_without_its_private_keys_cosigns_nothing(
    ledger: Ledger, witness: Witness, tmp_path: Path
) -> None:
    with pytest.raises(KeyMissing):
        Witness.describe(tmp_path / "witness").cosign(ledger.witness_request())
    with pytest.raises(KeyMissing, match="witness init"):
        Witness.open(tmp_path / "nowhere")


def test_lines_of_strangers_and_lines_that_do_not_fit_are_not_kept(
    ledger: Ledger, witness: Witness, tmp_path: Path
) -> None:
    answer = witness.cosign(ledger.witness_request())
    stranger = Witness.create(tmp_path / "stranger", name="stranger.example.org", passphrase=None, plain=True)
    with pytest.raises(NotWitnessed):
        ledger.add_cosignatures(answer, stranger.keys)
    grow(ledger)
    with pytest.raises(WrongSignature):
        ledger.add_cosignatures(answer, witness.keys)
    assert ledger.add_cosignatures(answer, witness.keys, size=2)


def test_a_witness_cannot_have_seen_more_than_is_sealed(ledger: Ledger) -> None:
    with pytest.raises(NotSealed, match="has seen size 3"):
        ledger.witness_request(3)


def test_of_two_witnesses_that_are_asked_for_one_does_not_do(
    ledger: Ledger, witness: Witness, tmp_path: Path
) -> None:
    second = Witness.create(
        tmp_path / "second", name="second.example.org", passphrase=None, plain=True, clock=lambda: NOW + 60
    )
    second.add_log(ledger.log_keys)
    trust = Trust(WitnessPolicy([*witness.keys, *second.keys], 2))
    ledger.add_cosignatures(witness.cosign(ledger.witness_request()), witness.keys)
    checkpoint = ledger.checkpoint()
    assert checkpoint is not None
    assert anchors_of(checkpoint, (), trust, NOW) == ()
    ledger.add_cosignatures(second.cosign(ledger.witness_request()), second.keys)
    checkpoint = ledger.checkpoint()
    assert checkpoint is not None
    assert [each.by for each in anchors_of(checkpoint, (), trust, NOW)] == [NAME, "second.example.org"]


@given(st.binary(max_size=400))
def test_any_bytes_are_a_request_or_refused_in_our_words(data: bytes) -> None:
    for read in (WitnessRequest.from_bytes, read_lines):
        with pytest.raises(MalformedNote):
            read(data)


@given(st.binary(max_size=8), st.integers(0, 250))
def test_requests_that_were_changed_raise_only_our_errors(junk: bytes, at: int) -> None:
    whole = WitnessRequest(7, (bytes(32), bytes(32)), NOTE).to_bytes()
    changed = whole[:at] + junk + whole[at + len(junk) :]
    with suppress(MalformedNote):
        assert WitnessRequest.from_bytes(changed).to_bytes() == changed


# Over HTTP


@pytest.fixture
def address(witness: Witness) -> Iterator[str]:
    with WitnessServer(("127.0.0.1", 0), witness) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_asking_over_http_finds_out_where_to_go_on_from(
    address: str, ledger: Ledger, witness: Witness
) -> None:
    ledger.add_cosignatures(ask_witness(address, ledger.witness_request), witness.keys)
    size = grow(ledger)
    ledger.add_cosignatures(ask_witness(address, ledger.witness_request), witness.keys)
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == size


def post(address: str, path: str, body: bytes, **headers: str) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers["Content-Type"]
    finally:
        connection.close()


def test_the_answers_are_those_of_the_specification(
    address: str, ledger: Ledger, witness: Witness, keys: Keyring, tmp_path: Path
) -> None:
    request = ledger.witness_request()
    assert post(address, "/elsewhere", request)[0] == 404
    assert post(address, "/add-checkpoint", b"nonsense")[0] == 400
    assert post(address, "/add-checkpoint", b"", **{"Content-Length": "99999999"})[0] == 413
    with Ledger.create(tmp_path / "b.ledger", origin="example.org/b", keys=seeded_keyring(b"b")) as other:
        other.seal()
        assert post(address, "/add-checkpoint", other.witness_request())[0] == 404
    with Ledger.create(tmp_path / "c.ledger", origin=ORIGIN, keys=seeded_keyring(b"thief")) as other:
        other.seal()
        assert post(address, "/add-checkpoint", other.witness_request())[0] == 403
    assert post(address, "/add-checkpoint", request)[0] == 200
    assert post(address, "/add-checkpoint", request) == (409, b"2\n", "text/x.tlog.size")
    split = WitnessRequest(2, (), forged(ledger, keys, 2, bytes(32))).to_bytes()
    assert post(address, "/add-checkpoint", split)[0] == 409
    gap = WitnessRequest(2, (), forged(ledger, keys, 3, bytes(32))).to_bytes()
    assert post(address, "/add-checkpoint", gap)[0] == 422


def test_a_witness_that_is_not_there_could_not_be_asked(ledger: Ledger) -> None:
    with pytest.raises(NotWitnessed, match="cannot be reached"):
        ask_witness("http://127.0.0.1:9", ledger.witness_request, seconds=2)
    with pytest.raises(NotWitnessed, match="begins with"):
        ask_witness("file:///etc/passwd", ledger.witness_request)


# On the command line


def run(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == status, result.output
    return result.output


def test_the_whole_way_by_files(ledger: Ledger, tmp_path: Path) -> None:
    ledger.close()
    place, folder = tmp_path / "a.ledger", tmp_path / "w"
    run("anchor", "keys", place, "--to", tmp_path / "log.keys")
    said = run("witness", "init", folder, "--name", NAME, "--no-passphrase")
    (tmp_path / "w.keys").write_text("\n".join(line.strip() for line in said.splitlines() if "+" in line))
    run("witness", "add-log", folder, tmp_path / "log.keys")
    run("anchor", "request", place, "--to", tmp_path / "request")
    run("witness", "cosign", folder, tmp_path / "request", "--to", tmp_path / "answer")
    assert f"cosigned by {NAME}" in run(
        "anchor", "add", place, tmp_path / "answer", "--witness", tmp_path / "w.keys"
    )
    listed = json.loads(run("anchor", "list", place, "--json"))
    assert [(each["size"], each["lines"]) for each in listed["checkpoints"]] == [(2, [NAME])]
    shown = json.loads(run("witness", "show", folder, "--json"))
    assert [(each["origin"], each["size"]) for each in shown["logs"]] == [(ORIGIN, 2)]
    assert "cosigned up to 2 events" in run("witness", "show", folder)
    again = run("witness", "cosign", folder, tmp_path / "request", status=3)
    assert "cosigned size 2 of this log last" in again
    assert "claimledger anchor request LEDGER --from 2 --to FILE" in again
