"""Wrong lengths everywhere: of signatures, keys, ids, hashes, roots, tiles and entries."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import sha256

import pytest

from claimledger import Ledger
from claimledger.checkpoints import open_checkpoint
from claimledger.cosignatures import CosignatureSigner, WitnessPolicy, verifier_of
from claimledger.events.event import Payload
from claimledger.notes import Note, SignatureLine, VerifierKey, write_base64
from claimledger.proofs import LogProof
from claimledger.recording import Signers
from claimledger.tiles import decode_bundle, encode_bundle

from .book import Check, attack
from .world import ORIGIN, Copy, World, dsse, everywhere, fresh, parts, row_of, told

LENGTHS = "wrong lengths everywhere"
LINE = Check("notes:open_note", "not by.verify(note.text, line.signature)")


# Of events


@attack(
    LENGTHS,
    found="event.malformed",
    by=Check(
        "events.envelope:Signature.__post_init__",
        "type(self.signature) is not bytes or len(self.signature) != _SIGNATURE_BYTES",
    ),
    then="signature.wrong",
)
def test_the_signature_of_an_event_is_too_short_or_too_long(copy: Copy) -> set[str]:
    payload, ((name, signature),) = parts(copy.world.rows[-1].envelope)
    return everywhere(
        partial(
            lambda sig: copy.write([*copy.world.rows[:-1], row_of(dsse(payload, [(name, sig)]))]).told(14),
            each,
        )
        for each in (signature[:-1], signature + b"\0", signature * 2, b"\0")
    )


@attack(
    LENGTHS,
    found="event.malformed",
    by=Check("events.envelope:Signature.__post_init__", "not is_digest(self.keyid)"),
    then="key.not_allowed",
)
def test_the_keyid_of_an_event_is_too_short_or_too_long(copy: Copy) -> set[str]:
    payload, ((name, signature),) = parts(copy.world.rows[-1].envelope)
    return everywhere(
        partial(
            lambda keyid: copy.write(
                [*copy.world.rows[:-1], row_of(dsse(payload, [(keyid, signature)]))]
            ).told(14),
            each,
        )
        for each in (name[:-2], name + "00")
    )


@attack(
    LENGTHS,
    found="event.malformed",
    by=Check("events.governance:_check_length", "len(key) != 2 * KEY_BYTES[algorithm]"),
    then="keys.weak",
)
def test_a_key_is_added_that_is_too_short_or_too_long(copy: Copy) -> set[str]:
    world, new = copy.world, fresh("C").recorder

    def added(key: bytes) -> set[str]:
        row = world.key_added(world.rows, new.public_key, *world.a.roots, new)
        header = Payload.from_bytes(parts(row.envelope)[0])
        changed = replace(header, body={**header.body, "key": key.hex()})
        envelope, _ = Signers([*world.a.roots, new]).seal(changed.to_bytes())
        return copy.write([*world.rows, row_of(envelope)]).told(15) - {"unchecked.keys"}

    return everywhere(
        partial(added, key) for key in (new.public_key[:-1], new.public_key + b"\0", b""[:0] or b"\1")
    )


@attack(
    LENGTHS,
    found="tree.wrong",
    by=(
        Check(
            "audit_tree:LeafTree._hold",
            "len(kept) >= min(width, len(hashes)) and kept[: len(hashes)] == hashes[: len(kept)]",
            "True",
        ),
        Check("audit_tree:LeafTree._wrong_shape", "levels != wanted"),
    ),
)
def test_a_tile_is_too_short_or_too_long(sealed: Copy) -> set[str]:
    hashes = b"".join(sealed.world.leaves)
    return everywhere(
        partial(lambda data: sealed.sql(("UPDATE tiles SET hashes=?", (data,))).told(), data)
        for data in (hashes[:-1], hashes + b"\0", hashes + bytes(32))
    )


# Of notes


class Opened:
    """What an auditor is told of a checkpoint who has the log's keys."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.log = [verifier_of(key) for key in world.log_keys]
        self.note = Note.from_bytes(world.checkpoint)
        with Ledger.open(world.path, read_only=True) as ledger:
            self.proof = ledger.proof(world.rows[5].leaf)

    def told(self, data: bytes, keys: int = 2) -> set[str]:
        return told(lambda: open_checkpoint(data, self.log[:keys]))

    def line(self, number: int, signature: bytes) -> bytes:
        """The checkpoint with another signature in one of its lines."""
        lines = list(self.note.lines)
        lines[number] = replace(lines[number], signature=signature)
        return replace(self.note, lines=tuple(lines)).to_bytes()


@pytest.fixture(scope="module")
def checkpoint(sealed_world: World) -> Opened:
    return Opened(sealed_world)


@attack(LENGTHS, found="signature.wrong", by=LINE)
def test_the_ed25519_signature_of_a_checkpoint_is_too_short_or_too_long(checkpoint: Opened) -> set[str]:
    signature = checkpoint.note.lines[0].signature
    made = (signature[:-1], signature + b"\0", signature[:1])
    return everywhere(partial(lambda each: checkpoint.told(checkpoint.line(0, each)), each) for each in made)


@attack(LENGTHS, found="signature.wrong", by=LINE)
def test_the_ml_dsa_signature_of_a_checkpoint_is_too_short_or_too_long(checkpoint: Opened) -> set[str]:
    signature = checkpoint.note.lines[1].signature
    made = (signature[:-1], signature + b"\0", signature[8:], signature[:7])
    return everywhere(partial(lambda each: checkpoint.told(checkpoint.line(1, each)), each) for each in made)


@attack(LENGTHS, found="signature.wrong", by=LINE)
def test_a_cosignature_is_too_short_or_too_long(checkpoint: Opened) -> set[str]:
    witness = CosignatureSigner("w.example.org/1", fresh("1").recorder, lambda: 1)
    cosigned = checkpoint.note.signed_by(witness)
    signature = cosigned.lines[-1].signature
    policy = WitnessPolicy([witness.key], 1)

    def counted(made: bytes) -> set[str]:
        line = SignatureLine(witness.key.name, witness.key.key_id, made)
        data = replace(checkpoint.note, lines=(*checkpoint.note.lines, line)).to_bytes()
        return told(lambda: policy.check(open_checkpoint(data, checkpoint.log)))

    return everywhere(
        partial(counted, made) for made in (signature[:-1], signature + b"\0", signature[8:], b"\0")
    )


@attack(
    LENGTHS,
    found="note.malformed",
    by=(
        Check("notes:SignatureLine.parse", "len(raw) <= KEY_ID_BYTES"),
        Check("notes:SignatureLine.__post_init__", "len(self.key_id) != KEY_ID_BYTES or not self.signature"),
    ),
    then="signature.wrong",
)
def test_a_line_has_a_key_id_and_no_signature(checkpoint: Opened) -> set[str]:
    line = f"\N{EM DASH} {ORIGIN} {write_base64(checkpoint.note.lines[0].key_id)}\n".encode()
    return checkpoint.told(checkpoint.world.checkpoint + line)


@attack(
    LENGTHS,
    found="note.malformed",
    by=(
        Check("note_text:read_hash", "len(data) != HASH_BYTES"),
        Check(
            "checkpoints:Checkpoint.__post_init__",
            "type(self.root) is not bytes or len(self.root) != HASH_BYTES",
        ),
    ),
)
def test_the_root_of_a_checkpoint_is_too_short_or_too_long(checkpoint: Opened) -> set[str]:
    log = checkpoint.world.a.logs[0]

    def signed(root: bytes) -> set[str]:
        text = f"{ORIGIN}\n15\n{write_base64(root)}\n"
        line = SignatureLine(ORIGIN, checkpoint.note.lines[0].key_id, log.sign(text.encode()))
        return checkpoint.told(Note(text, (line,)).to_bytes(), keys=1)

    return everywhere(partial(signed, root) for root in (bytes(31), bytes(33), bytes(20), bytes(64)))


@attack(
    LENGTHS,
    found="input.value",
    by=Check(
        "note_keys:VerifierKey.__post_init__",
        "type(self.public_key) is not bytes or len(self.public_key) != _KEY_BYTES[self.type]",
    ),
    then="keys.weak",
)
def test_a_verifier_key_is_too_short_or_too_long(checkpoint: Opened) -> set[str]:
    key = checkpoint.log[0].key

    def parsed(raw: bytes) -> set[str]:
        typed = bytes([key.type]) + raw
        key_id = sha256(key.name.encode() + b"\n" + typed).hexdigest()[:8]
        return told(lambda: VerifierKey.parse(f"{key.name}+{key_id}+{write_base64(typed)}"))

    return everywhere(partial(parsed, raw) for raw in (key.public_key[:-1], key.public_key + b"\0", b"\1"))


# Of proofs and entries

HASHES = Check("merkle:_check_hashes", "any(not _is_hash(each) for each in (*proof, *others))")


@attack(
    LENGTHS,
    found="note.malformed",
    by=(
        Check("note_text:read_hash", "len(data) != HASH_BYTES"),
        Check("proof_text:check_hashes", "any(len(each) != HASH_BYTES for each in hashes)"),
    ),
    then="proof.wrong",
)
def test_a_hash_of_a_proof_is_too_short_or_too_long(checkpoint: Opened) -> set[str]:
    lines = checkpoint.proof.split(b"\n")

    def served(made: bytes) -> set[str]:
        data = b"\n".join([*lines[:2], write_base64(made).encode(), *lines[3:]])
        leaf = checkpoint.world.leaves[5]
        return told(lambda: LogProof.from_bytes(data).verify(leaf, checkpoint.log))

    return everywhere(partial(served, made) for made in (bytes(31), bytes(33), bytes(64)))


@attack(
    LENGTHS,
    found="proof.wrong",
    by=(HASHES, Check("merkle:verify_inclusion", "node != root")),
)
def test_a_leaf_hash_is_too_short_or_too_long(checkpoint: Opened) -> set[str]:
    leaf, proof = checkpoint.world.leaves[5], LogProof.from_bytes(checkpoint.proof)
    made = (leaf[:-1], leaf + b"\0", b"", leaf * 2)
    return everywhere(
        partial(lambda each: told(lambda: proof.verify(each, checkpoint.log)), each) for each in made
    )


@attack(
    LENGTHS,
    found="tile.wrong",
    by=Check("tiles:decode_bundle", "len(entries) != width or at != len(data)"),
)
def test_an_entry_of_a_bundle_is_shorter_or_longer_than_it_says() -> set[str]:
    bundle = encode_bundle([b"one", b"two"])
    made = (bundle[:-1], bundle + b"\0", bundle[:5], b"\xff\xff" + bundle)
    return everywhere(partial(lambda each: told(lambda: decode_bundle(each, 2)), each) for each in made)
