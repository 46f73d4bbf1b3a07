"""Proofs that stand alone: written, read and verified; every other text is malformed, every other leaf is wrong."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from claimledger.checkpoints import Checkpoint, sign_checkpoint
from claimledger.cosignatures import CosignatureSigner, WitnessPolicy, verifier_of
from claimledger.events.errors import (
    ClaimLedgerError,
    FutureCosignature,
    InvalidValue,
    KeyNotAllowed,
    MalformedNote,
    NotWitnessed,
    WrongLedger,
    WrongProof,
    WrongSignature,
)
from claimledger.keys import PrivateKeySigner
from claimledger.merkle import hash_children, hash_leaf, inclusion_proof, nodes_of, root_of
from claimledger.notes import Ed25519NoteSigner, Note
from claimledger.proofs import MAX_PROOF_BYTES, LogProof

ORIGIN = "example.org/harbour"
LEAVES = [hash_leaf(bytes([number])) for number in range(11)]
ROOT = root_of(LEAVES)


def raw(number: int) -> PrivateKeySigner:
    return PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


LOG = Ed25519NoteSigner(ORIGIN, raw(1))
WITNESS = CosignatureSigner("witness.example/1", raw(2), lambda: 1_750_000_000)
KEYS = [verifier_of(LOG.key)]
CHECKPOINT = (
    Note.from_bytes(sign_checkpoint(Checkpoint(ORIGIN, 11, ROOT), [LOG])).signed_by(WITNESS).to_bytes()
)


def proof_of(index: int, extra: bytes | None = None) -> LogProof:
    return LogProof(index, tuple(inclusion_proof(index, 11, nodes_of(LEAVES))), CHECKPOINT, extra)


@pytest.mark.parametrize("extra", [None, b"\0 anything"])
@pytest.mark.parametrize("index", range(11))
def test_each_leaf_has_a_proof_that_stands_alone(index: int, extra: bytes | None) -> None:
    proof = LogProof.from_bytes(proof_of(index, extra).to_bytes())
    assert proof == proof_of(index, extra)
    verified = proof.verify(LEAVES[index], KEYS)
    assert verified.checkpoint.size == 11
    assert verified.checkpoint.data == CHECKPOINT
    assert verified.cosignatures == ()


def test_a_proof_is_written_as_the_specification_shows_it() -> None:
    lines = proof_of(10, b"extra data").to_bytes().split(b"\n")
    h = [base64.b64encode(each) for each in inclusion_proof(10, 11, nodes_of(LEAVES))]
    assert lines[:3] == [b"c2sp.org/tlog-proof@v1", b"extra ZXh0cmEgZGF0YQ==", b"index 10"]
    assert lines[3:6] == [*h, b""]
    assert b"\n".join(lines[6:]) == CHECKPOINT


def test_a_log_of_one_leaf_has_a_proof_without_hashes() -> None:
    data = sign_checkpoint(Checkpoint(ORIGIN, 1, LEAVES[0]), [LOG])
    proof = LogProof.from_bytes(LogProof(0, (), data).to_bytes())
    assert proof.hashes == ()
    proof.verify(LEAVES[0], KEYS)


def test_a_proof_for_another_leaf_index_or_with_other_hashes_is_wrong() -> None:
    proof = proof_of(4)
    with pytest.raises(WrongProof):
        proof.verify(LEAVES[5], KEYS)
    for index in (0, 5, 9, 10):
        with pytest.raises(WrongProof):
            LogProof(index, proof.hashes, CHECKPOINT).verify(LEAVES[4], KEYS)
    with pytest.raises(WrongProof, match="no leaf 11 in a log of 11"):
        LogProof(11, proof.hashes, CHECKPOINT).verify(LEAVES[4], KEYS)
    for hashes in ((), proof.hashes[:-1], proof.hashes[1:], (*proof.hashes, bytes(32)), proof.hashes[::-1]):
        with pytest.raises(WrongProof):
            LogProof(4, hashes, CHECKPOINT).verify(LEAVES[4], KEYS)


def test_a_node_does_not_pass_as_a_leaf() -> None:
    proof = proof_of(4)
    parent = hash_children(LEAVES[4], LEAVES[5])
    with pytest.raises(WrongProof):
        LogProof(2, proof.hashes[1:], CHECKPOINT).verify(parent, KEYS)
    with pytest.raises(WrongProof, match="32 bytes"):
        proof.verify(LEAVES[4] + LEAVES[5], KEYS)


def test_a_proof_is_held_to_the_log_that_is_asked_for() -> None:
    other = Ed25519NoteSigner("example.org/other", raw(1))
    with pytest.raises(WrongLedger):
        proof_of(0).verify(LEAVES[0], [verifier_of(other.key)])
    with pytest.raises(KeyNotAllowed):
        proof_of(0).verify(LEAVES[0], [verifier_of(Ed25519NoteSigner(ORIGIN, raw(9)).key)])
    forged = LogProof(0, proof_of(0).hashes, CHECKPOINT.replace(b"\n11\n", b"\n12\n"))
    with pytest.raises(WrongSignature):
        forged.verify(LEAVES[0], KEYS)


def test_a_proof_is_held_to_the_witnesses_that_are_asked_for() -> None:
    policy = WitnessPolicy([WITNESS.key], 1)
    verified = proof_of(0).verify(LEAVES[0], KEYS, policy, now=1_750_000_000)
    assert [each.key.name for each in verified.cosignatures] == ["witness.example/1"]
    with pytest.raises(FutureCosignature):
        proof_of(0).verify(LEAVES[0], KEYS, policy, now=1_749_999_999)
    stranger = CosignatureSigner("witness.example/2", raw(3), lambda: 1)
    with pytest.raises(NotWitnessed):
        proof_of(0).verify(LEAVES[0], KEYS, WitnessPolicy([stranger.key], 1))


H = b"A" * 43 + b"="


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        b"c2sp.org/tlog-proof@v1",
        b"c2sp.org/tlog-proof@v1\n",
        b"c2sp.org/tlog-proof@v2\nindex 0",
        b"c2sp.org/tlog-proof@v1 \nindex 0",
        b"\xef\xbb\xbfc2sp.org/tlog-proof@v1\nindex 0",
        b"c2sp.org/tlog-proof@v1\r\nindex 0\r",
        b"c2sp.org/tlog-proof@v1\nindex",
        b"c2sp.org/tlog-proof@v1\nindex ",
        b"c2sp.org/tlog-proof@v1\nindex 00",
        b"c2sp.org/tlog-proof@v1\nindex 01",
        b"c2sp.org/tlog-proof@v1\nindex -1",
        b"c2sp.org/tlog-proof@v1\nindex +1",
        b"c2sp.org/tlog-proof@v1\nindex 1 ",
        b"c2sp.org/tlog-proof@v1\nindex  1",
        b"c2sp.org/tlog-proof@v1\nindex \xd9\xa1",
        b"c2sp.org/tlog-proof@v1\nindex 9223372036854775807",
        b"c2sp.org/tlog-proof@v1\nindex " + b"9" * 1_000,
        b"c2sp.org/tlog-proof@v1\n" + H + b"\nindex 0",
        b"c2sp.org/tlog-proof@v1\nindex 0\nindex 0",
        b"c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA",
        b"c2sp.org/tlog-proof@v1\nextra \nindex 0",
        b"c2sp.org/tlog-proof@v1\nextra AAA\nindex 0",
        b"c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0",
        b"c2sp.org/tlog-proof@v1\nextra AAAA",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + H[:-1],
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + H + b" ",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"A" * 88,
        b"c2sp.org/tlog-proof@v1\nindex 0" + (b"\n" + H) * 64,
        b"c2sp.org/tlog-proof@v1\nindex 0" + (b"\n" + H) * 20_000,
    ],
)
def test_another_head_is_malformed(head: bytes) -> None:
    with pytest.raises(MalformedNote):
        LogProof.from_bytes(head + b"\n\n" + CHECKPOINT)


@pytest.mark.parametrize(
    "checkpoint",
    [
        b"",
        b"\n" + CHECKPOINT,
        CHECKPOINT[:-1],
        b"a note\n\n" + CHECKPOINT.split(b"\n\n")[1],
        b"x" * 1_000_001,
    ],
)
def test_another_checkpoint_is_malformed(checkpoint: bytes) -> None:
    with pytest.raises(MalformedNote):
        LogProof.from_bytes(b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + checkpoint)
    with pytest.raises(MalformedNote):
        LogProof(0, (), checkpoint)


def test_a_proof_beyond_its_size_is_malformed_before_it_is_read() -> None:
    with pytest.raises(MalformedNote, match="at most"):
        LogProof.from_bytes(bytes(MAX_PROOF_BYTES + 1))


@pytest.mark.parametrize(
    ("index", "hashes", "extra"),
    [
        (-1, (), None),
        (True, (), None),
        (2**63 - 1, (), None),
        (0, (bytes(31),), None),
        (0, (bytes(32),) * 64, None),
        (0, (), b""),
    ],
)
def test_a_proof_of_another_shape_is_refused(
    index: int, hashes: tuple[bytes, ...], extra: bytes | None
) -> None:
    with pytest.raises(InvalidValue):
        LogProof(index, hashes, CHECKPOINT, extra)


@given(
    st.binary(max_size=200)
    | st.text(max_size=80).map(
        lambda text: b"c2sp.org/tlog-proof@v1\n" + text.encode("utf-8", "surrogatepass")
    )
)
def test_any_bytes_are_a_proof_or_malformed(data: bytes) -> None:
    for whole in (data, data + b"\n\n" + CHECKPOINT):
        try:
            proof = LogProof.from_bytes(whole)
        except MalformedNote:
            continue
        assert proof.to_bytes() == whole


@given(data=st.data())
def test_a_proof_with_any_byte_changed_fails_with_our_errors_or_shows_the_same(data: st.DataObject) -> None:
    whole = bytearray(proof_of(4).to_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    try:
        shown = LogProof.from_bytes(bytes(whole)).verify(LEAVES[4], KEYS)
    except ClaimLedgerError:
        return
    assert (shown.checkpoint.size, shown.checkpoint.root) == (11, ROOT)
