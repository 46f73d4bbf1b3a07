"""Whoever stands between the log and its reader, or publishes it, and holds no key: proofs that do not lead there.

The auditor holds an event, hence its leaf hash, and the log's keys. What reaches him is a proof that stands alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from claimledger import Ledger
from claimledger.cosignatures import verifier_of
from claimledger.events.envelope import hash_leaf
from claimledger.merkle import hash_children, root_of
from claimledger.notes import Note
from claimledger.proofs import LogProof

from .book import Check, attack
from .world import World, everywhere, fresh, told

PROOFS = "proofs for the wrong index or size, too long, too short, empty"
COUNT = Check("merkle:_check_hashes", "len(proof) != count")
NODE = Check("merkle:verify_inclusion", "node != root")
OTHER_HASH = bytes(32)


class Proven:
    """Every event of the sealed ledger with its proof, and the keys that the auditor has."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.leaves = world.leaves
        with Ledger.open(world.path, read_only=True) as ledger:
            self.proofs = [LogProof.from_bytes(ledger.proof(row.leaf)) for row in world.rows]
        self.log = [verifier_of(key) for key in world.log_keys]

    def told(self, proof: LogProof, leaf: bytes) -> set[str]:
        """What the auditor is told of a proof, read from its bytes, for an event that he holds."""
        return told(lambda: LogProof.from_bytes(proof.to_bytes()).verify(leaf, self.log))


@pytest.fixture(scope="module")
def proven(sealed_world: World) -> Proven:
    return Proven(sealed_world)


@attack(PROOFS, found="proof.wrong", by=(COUNT, NODE))
def test_the_proof_of_any_event_is_served_for_any_other_place(proven: Proven) -> set[str]:
    return everywhere(
        partial(
            lambda at, index: proven.told(replace(proven.proofs[at], index=index), proven.leaves[at]),
            at,
            index,
        )
        for at in range(15)
        for index in {at ^ 1, (at + 4) % 15, 14 - at} - {at, 15}
    )


@attack(PROOFS, found="proof.wrong", by=(COUNT, NODE))
def test_the_proof_of_any_event_is_served_for_any_other_event(proven: Proven) -> set[str]:
    return everywhere(
        partial(lambda at, other: proven.told(proven.proofs[at], proven.leaves[other]), at, (at + step) % 15)
        for at in range(15)
        for step in (1, 7)
    )


@attack(
    PROOFS,
    found="proof.wrong",
    by=(
        Check("proofs:LogProof.verify", "self.index >= signed.size"),
        Check("merkle:verify_inclusion", "not 0 <= index < size"),
        COUNT,
        NODE,
    ),
)
def test_an_index_behind_the_end_of_the_log_is_proven(proven: Proven) -> set[str]:
    return everywhere(
        partial(lambda index: proven.told(replace(proven.proofs[14], index=index), proven.leaves[14]), index)
        for index in (15, 16, 2**62)
    )


@attack(PROOFS, found="proof.wrong", by=(COUNT, NODE))
def test_a_proof_is_made_too_long(proven: Proven) -> set[str]:
    longer = (
        (proof, (*proof.hashes, OTHER_HASH), (OTHER_HASH, *proof.hashes), (*proof.hashes, proof.hashes[-1]))
        for proof in proven.proofs
    )
    return everywhere(
        partial(
            lambda proof, hashes: proven.told(replace(proof, hashes=hashes), proven.leaves[proof.index]),
            proof,
            each,
        )
        for proof, *made in longer
        for each in made
    )


@attack(PROOFS, found="proof.wrong", by=(COUNT, NODE))
def test_a_proof_is_made_too_short_or_empty(proven: Proven) -> set[str]:
    return everywhere(
        partial(
            lambda proof, hashes: proven.told(replace(proof, hashes=hashes), proven.leaves[proof.index]),
            proof,
            each,
        )
        for proof in proven.proofs
        for each in (proof.hashes[1:], proof.hashes[:-1], ())
    )


@attack(PROOFS, found="proof.wrong", by=(COUNT, NODE))
def test_a_proof_is_served_with_the_checkpoint_of_another_size(proven: Proven) -> set[str]:
    """The log's key signed both: one proof leads to one root."""
    world = proven.world

    def served(at: int, size: int) -> set[str]:
        note = world.signed_checkpoint(size, root_of(proven.leaves[:size]))
        return proven.told(replace(proven.proofs[at], checkpoint=note), proven.leaves[at])

    return everywhere(partial(served, at, size) for at in (0, 3, 6) for size in (8, 11, 14))


@attack(PROOFS, found="proof.wrong", by=(COUNT, NODE))
def test_a_larger_log_is_claimed_over_the_same_root(proven: Proven) -> set[str]:
    world = proven.world
    note = world.signed_checkpoint(31, root_of(proven.leaves))
    return everywhere(
        partial(lambda proof: proven.told(replace(proof, checkpoint=note), proven.leaves[proof.index]), proof)
        for proof in proven.proofs
    )


@attack(
    "leaf passed as node",
    found="proof.wrong",
    by=(COUNT, Check("events.envelope:hash_leaf", 'b"\\0" + entry', 'b"\\1" + entry')),
)
def test_two_hashes_are_passed_as_the_entry_of_an_event(proven: Proven) -> set[str]:
    """Without the two prefixes of RFC 6962 a node would be the leaf whose entry is its two children."""
    entry = proven.leaves[2] + proven.leaves[3]
    forged = replace(proven.proofs[2], index=1, hashes=proven.proofs[2].hashes[1:])
    return proven.told(forged, hash_leaf(entry))


@attack("leaf passed as node", found="proof.wrong", by=COUNT)
def test_a_node_is_passed_as_the_hash_of_an_event(proven: Proven) -> set[str]:
    """The number of hashes says how far from the root a leaf is: a node is nearer."""
    node = hash_children(proven.leaves[2], proven.leaves[3])
    return proven.told(replace(proven.proofs[2], index=1, hashes=proven.proofs[2].hashes[1:]), node)


@attack(
    "wrong origin",
    found="ledger.other",
    by=Check("checkpoints:open_checkpoint", "checkpoint.origin not in origins"),
    then="key.not_allowed",
)
def test_a_proof_is_served_from_another_log_of_the_same_people(
    proven: Proven, tmp_path_factory: pytest.TempPathFactory
) -> set[str]:
    path = tmp_path_factory.mktemp("other") / "other.ledger"
    with Ledger.create(path, origin="example.org/other", keys=fresh("A")) as other:
        other.seal()
        leaf = next(other.events()).leaf
        proof = LogProof.from_bytes(other.proof(leaf))
    return proven.told(proof, bytes.fromhex(leaf))


UNSIGNED = Check("checkpoints:open_checkpoint", "key not in signed")


@attack("dropped ML-DSA line", found="key.not_allowed", by=UNSIGNED)
def test_a_proof_is_served_without_the_line_of_ml_dsa(proven: Proven) -> set[str]:
    note = Note.from_bytes(proven.world.checkpoint)
    dropped = replace(note, lines=note.lines[:1]).to_bytes()
    return proven.told(replace(proven.proofs[0], checkpoint=dropped), proven.leaves[0])


@attack(
    "signature stripped", found="key.not_allowed", by=(Check("notes:open_note", "not verified"), UNSIGNED)
)
def test_a_proof_is_served_with_lines_of_strangers_alone(proven: Proven) -> set[str]:
    note = Note.from_bytes(proven.world.checkpoint)
    strangers = tuple(replace(line, key_id=b"\0\0\0\0") for line in note.lines)
    checkpoint = replace(note, lines=strangers).to_bytes()
    return proven.told(replace(proven.proofs[0], checkpoint=checkpoint), proven.leaves[0])


@attack(
    "signature doubled",
    found="signature.wrong",
    by=Check("notes:open_note", "not by.verify(note.text, line.signature)"),
)
def test_a_second_line_of_the_log_that_does_not_fit_stands_below_the_first(proven: Proven) -> set[str]:
    note = Note.from_bytes(proven.world.checkpoint)
    wrong = replace(note.lines[0], signature=bytes(64))
    checkpoint = replace(note, lines=(*note.lines, wrong)).to_bytes()
    return proven.told(replace(proven.proofs[0], checkpoint=checkpoint), proven.leaves[0])


@attack(
    "envelope re-encoded",
    found="note.malformed",
    by=Check("note_text:read_base64", "not data or write_base64(data) != text"),
)
def test_a_line_of_a_checkpoint_is_written_in_a_second_spelling(proven: Proven) -> set[str]:
    """Bits of base64 that nothing uses are set: the same signature in other bytes."""
    data = proven.proofs[0].to_bytes()
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    second = data.rindex("\N{EM DASH}".encode())
    at = data.rindex(b"=\n", 0, second)  # of the line of Ed25519: 68 bytes leave two bits over
    other = alphabet[alphabet.index(data[at - 1]) + 1]
    spelt = data[: at - 1] + bytes([other]) + data[at:]
    return told(lambda: LogProof.from_bytes(spelt).verify(proven.leaves[0], proven.log))
