"""Our formats and a verifier that was written from the texts alone, each held against the other.

What ours makes must pass theirs, what theirs makes must pass ours, and whatever is changed must be refused by both or
by neither.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from claimledger.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from claimledger.cosignatures import CosignatureSigner, SubtreeSigner, WitnessPolicy, verifier_of
from claimledger.events.errors import ClaimLedgerError, WrongProof
from claimledger.keys import PrivateKeySigner
from claimledger.merkle import (
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    nodes_of,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from claimledger.mldsa44 import Mldsa44Signer
from claimledger.notes import Ed25519NoteSigner, Note, NoteSigner
from claimledger.proofs import LogProof
from tests.outside import c2sp_verifier as theirs

ORIGIN = "example.org/harbour"
LEAVES = [hash_leaf(bytes([number])) for number in range(40)]
SEEDS = {0x01: b"\1" * 32, 0x04: b"\2" * 32, 0x06: b"\3" * 32}
TIME = 1_750_000_000


def our_signer(name: str, kind: int, timestamp: int = 0, seed: bytes | None = None) -> NoteSigner:
    seed = seed or SEEDS[kind]
    if kind == 0x06:
        mldsa = Mldsa44Signer(MLDSA44PrivateKey.from_seed_bytes(seed))
        return SubtreeSigner(name, mldsa, (lambda: timestamp) if timestamp else None)
    key = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(seed))
    return Ed25519NoteSigner(name, key) if kind == 0x01 else CosignatureSigner(name, key, lambda: timestamp)


OUR_LOG = [our_signer(ORIGIN, 0x01), our_signer(ORIGIN, 0x06)]
OUR_WITNESS = our_signer("witness.example/1", 0x04, TIME)
THEIR_LOG = [theirs.author(ORIGIN, kind, SEEDS[kind]) for kind in (0x01, 0x06)]
THEIR_WITNESS = theirs.author("witness.example/1", 0x04, SEEDS[0x04])


def ours_accepts(proof: bytes, leaf: bytes, log: Sequence[str], witnesses: Sequence[str]) -> bool:
    policy = WitnessPolicy(witnesses, len(witnesses)) if witnesses else None
    try:
        LogProof.from_bytes(proof).verify(leaf, [verifier_of(key) for key in log], policy)
    except ClaimLedgerError:
        return False
    return True


def theirs_accepts(proof: bytes, leaf: bytes, log: Sequence[str], witnesses: Sequence[str]) -> bool:
    read = theirs.Key.read
    try:
        theirs.verify_proof(proof, leaf, [read(key) for key in log], [read(key) for key in witnesses])
    except theirs.Refused:
        return False
    return True


LOG_KEYS = [str(each.key) for each in OUR_LOG]
WITNESS_KEYS = [str(OUR_WITNESS.key)]


def our_proof(
    index: int,
    size: int,
    log: Sequence[NoteSigner] = OUR_LOG,
    extra: bytes | None = None,
    witnessed: bool = True,
) -> bytes:
    signed = sign_checkpoint(Checkpoint(ORIGIN, size, root_of(LEAVES[:size])), log)
    if witnessed:
        signed = Note.from_bytes(signed).signed_by(OUR_WITNESS).to_bytes()
    hashes = inclusion_proof(index, size, nodes_of(LEAVES))
    return LogProof(index, tuple(hashes), signed, extra).to_bytes()


def their_proof(index: int, size: int, extra: bytes = b"") -> bytes:
    text = theirs.make_checkpoint(ORIGIN, size, theirs.tree_root(LEAVES[:size]))
    lines = [each.line(text) for each in THEIR_LOG] + [THEIR_WITNESS.line(text, TIME)]
    return theirs.make_proof(
        index, theirs.tree_path(index, LEAVES[:size]), text + b"\n" + b"".join(lines), extra
    )


def test_theirs_imports_nothing_of_ours() -> None:
    tree = ast.parse(Path(theirs.__file__).read_text("utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    outside = {name for name in names if name and name.split(".")[0] not in sys.stdlib_module_names}
    assert {name.split(".")[0] for name in outside} == {"cryptography"}


def test_both_write_the_same_keys() -> None:
    assert [each.key.text for each in [*THEIR_LOG, THEIR_WITNESS]] == LOG_KEYS + WITNESS_KEYS


@given(size=st.integers(1, 40), data=st.data())
def test_what_one_makes_the_other_accepts(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    extra = data.draw(st.none() | st.binary(min_size=1, max_size=40))
    proofs = (our_proof(index, size, extra=extra), their_proof(index, size, extra or b""))
    for proof in proofs:
        for accepts in (ours_accepts, theirs_accepts):
            assert accepts(proof, LEAVES[index], LOG_KEYS, WITNESS_KEYS)
            assert accepts(proof, LEAVES[index], LOG_KEYS[:1], [])
            assert not accepts(proof, LEAVES[(index + 1) % 40], LOG_KEYS, [])
    # Ed25519 is deterministic, so all but the ML-DSA-44 lines are the same bytes.
    ours, others = ([line for line in proof.split(b"\n") if len(line) < 1_000] for proof in proofs)
    assert ours == others


@given(
    size=st.integers(1, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    timestamp=st.integers(1, 2**63 - 1),
)
def test_checkpoints_and_cosignatures_of_any_size_and_time_pass_on_both_sides(
    size: int, root: bytes, timestamp: int
) -> None:
    text = theirs.make_checkpoint(ORIGIN, size, root)
    assert Checkpoint(ORIGIN, size, root).to_text().encode() == text
    witnesses = [theirs.author(f"w{kind}", kind, b"\7" * 32) for kind in (0x04, 0x06)]
    lines = [each.line(text) for each in THEIR_LOG] + [each.line(text, timestamp) for each in witnesses]
    signed = open_checkpoint(text + b"\n" + b"".join(lines), [verifier_of(key) for key in LOG_KEYS])
    policy = WitnessPolicy([each.key.text for each in witnesses], 2)
    assert {each.timestamp for each in policy.check(signed)} == {timestamp}
    ours = Note.from_bytes(sign_checkpoint(signed.checkpoint, OUR_LOG)).signed_by(
        *(our_signer(f"w{kind}", kind, timestamp, b"\7" * 32) for kind in (0x04, 0x06))
    )
    keys = [each.key for each in THEIR_LOG]
    assert theirs.verify_checkpoint(ours.to_bytes(), keys, [each.key for each in witnesses]) == (size, root)


SMALL = our_proof(2, 5, OUR_LOG[:1], extra=b"extra", witnessed=False)
SMALL_WITNESSED = our_proof(2, 5, OUR_LOG[:1])


def agree(proof: bytes, witnesses: Sequence[str] = ()) -> bool:
    mine, other = (
        accepts(proof, LEAVES[2], LOG_KEYS[:1], witnesses) for accepts in (ours_accepts, theirs_accepts)
    )
    assert mine == other, proof
    return mine


def test_both_refuse_and_accept_the_same_of_every_changed_byte() -> None:
    original = LogProof.from_bytes(SMALL)
    accepted = 0
    for at in range(len(SMALL)):
        changed = [
            SMALL[:at] + bytes([SMALL[at] ^ flip]) + SMALL[at + 1 :] for flip in (0x01, 0x02, 0x20, 0x80)
        ]
        changed += [SMALL[:at] + more + SMALL[at:] for more in (b"0", b"\n", b" ")]
        changed += [SMALL[:at] + SMALL[at + 1 :], SMALL[:at]]
        for proof in changed:
            if agree(proof):
                # Only the extra data is other, for which nothing vouches.
                assert replace(LogProof.from_bytes(proof), extra=original.extra) == original
                accepted += 1
    assert accepted > 0
    assert agree(SMALL)


@given(data=st.data())
def test_both_refuse_and_accept_the_same_of_lines_dropped_doubled_swapped_and_cut(
    data: st.DataObject,
) -> None:
    lines = SMALL_WITNESSED.split(b"\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        to = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "swap", "cut", "insert", "paste"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(to, lines[at])
            case "swap":
                lines[at], lines[to] = lines[to], lines[at]
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, 40))]
            case "insert":
                lines.insert(at, data.draw(st.binary(max_size=8)))
            case _:
                lines[at] += data.draw(
                    st.sampled_from([b" ", b"=", b"0", b"+", b"\r", b"\xe2\x80\x83", b"AAAA"])
                )
        if not lines:
            break
    agree(b"\n".join(lines), data.draw(st.sampled_from([[], WITNESS_KEYS])))


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_both_refuse_whatever_is_no_proof(data: bytes) -> None:
    assert not agree(data)
    agree(data + b"\n\n" + SMALL.split(b"\n\n", 1)[1])


def test_both_verify_and_refuse_the_same_proofs_in_every_tree_of_up_to_20_leaves() -> None:
    roots = [root_of(LEAVES[:size]) for size in range(21)]
    read = nodes_of(LEAVES)
    for size in range(1, 21):
        for place in range(size):
            proof = inclusion_proof(place, size, read)
            older = consistency_proof(place + 1, size, read)
            for index in range(size + 2):
                for bent in (proof, proof[1:], [*proof, bytes(32)], older):
                    same_inclusion(index, size, LEAVES[place], bent, roots[size])
                for bent in (older, older[1:], [*older, bytes(32)], proof):
                    same_consistency(index, size, roots[place + 1], roots[size], bent)


def same_inclusion(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> None:
    try:
        verify_inclusion(index, size, leaf, proof, root)
        mine = True
    except WrongProof:
        mine = False
    try:
        theirs.verify_inclusion(leaf, index, size, proof, root)
        other = True
    except theirs.Refused:
        other = False
    assert mine == other


def same_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> None:
    try:
        verify_consistency(old, new, old_root, new_root, proof)
        mine = True
    except WrongProof:
        mine = False
    try:
        theirs.verify_consistency(old, new, old_root, new_root, proof)
        other = True
    except theirs.Refused:
        other = False
    assert mine == other


@pytest.mark.parametrize(
    ("leaf", "status", "said"), [(2, 0, "leaf 2 is in the log"), (3, 1, "refused: another root")]
)
def test_theirs_is_a_program_that_an_auditor_can_run(
    tmp_path: Path, leaf: int, status: int, said: str
) -> None:
    file = tmp_path / "event.tlog-proof"
    file.write_bytes(our_proof(2, 5))
    command = [sys.executable, "-I", theirs.__file__, str(file), LEAVES[leaf].hex(), *LOG_KEYS]
    done = subprocess.run([*command, "--witness", WITNESS_KEYS[0]], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split("\n")[0][: len(said)]) == (status, said)
