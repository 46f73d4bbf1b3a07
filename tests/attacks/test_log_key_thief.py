"""Whoever holds the log's keys: signs checkpoints of histories that never were, and shows each reader another one.

Two entry points find it: an audit of the events, and a witness who remembers. The hand that signs in this library
cannot be brought to fork the log by putting an old copy of the file back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from claimledger import Ledger
from claimledger.checkpoints import Checkpoint, open_checkpoint
from claimledger.cosignatures import CosignatureSigner, verifier_of
from claimledger.events.envelope import pae
from claimledger.heads import StreamHead, sign_head
from claimledger.log_keys import head_signers
from claimledger.merkle import consistency_proof, nodes_of, root_of, verify_consistency
from claimledger.notes import (
    Ed25519NoteSigner,
    Ed25519NoteVerifier,
    KeyType,
    Note,
    SignatureLine,
    VerifierKey,
    open_note,
    write_base64,
)
from claimledger.witness import Witness
from claimledger.witness_requests import WitnessRequest

from .book import Check, attack
from .world import ORIGIN, Copy, World, everywhere, fresh, told

ROOT = Check("audit_log:SealedPart._hold", "self._tree.root() == signed.root", "True")
OTHER_ROOT = bytes(32)


class Watched:
    """The sealed ledger, and a witness who has cosigned it."""

    def __init__(self, world: World, folder: Path, *, cosigned: int) -> None:
        self.world = world
        self.witness = Witness.create(folder, name="w.example.org/1", passphrase=None, plain=True)
        self.witness.add_log(world.log_keys)
        self.ask(0, cosigned, ())

    def root(self, size: int) -> bytes:
        return root_of(self.world.leaves[:size])

    def ask(self, old: int, size: int, proof: Sequence[bytes], root: bytes | None = None) -> None:
        """Have the witness cosign a checkpoint that the thief signs."""
        note = self.world.signed_checkpoint(size, self.root(size) if root is None else root)
        self.witness.cosign(WitnessRequest(old, tuple(proof), note).to_bytes())

    def proof(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(old, new, nodes_of(self.world.leaves))


@pytest.fixture
def watched(sealed_world: World, tmp_path: Path) -> Watched:
    return Watched(sealed_world, tmp_path / "witness", cosigned=6)


# Other histories


@attack("split view to two auditors", found="checkpoint.wrong", by=ROOT)
def test_a_checkpoint_is_signed_over_events_that_never_were(sealed: Copy) -> set[str]:
    note = sealed.world.signed_checkpoint(15, OTHER_ROOT)
    return sealed.sql(("UPDATE checkpoints SET note=?", (note,))).told()


@attack(
    "split view to two auditors",
    found="log.fork",
    by=Check("witness:_check_goes_on", "signed.root != last.root"),
)
def test_two_histories_of_one_size_are_shown_to_a_witness(watched: Watched) -> set[str]:
    return told(lambda: watched.ask(6, 6, (), OTHER_ROOT))


NEWER = Check("merkle:verify_consistency", "_chain(seed, rest, inner, place) != new_root")
OLDER = Check("merkle:verify_consistency", "older != old_root")
COUNT = Check("merkle:_check_hashes", "len(proof) != count")


@attack("split view to two auditors", found="proof.wrong", by=NEWER)
def test_a_larger_history_that_does_not_go_on_is_shown_to_a_witness(watched: Watched) -> set[str]:
    return told(lambda: watched.ask(6, 15, watched.proof(6, 15), OTHER_ROOT))


@attack("split view to two auditors", found="proof.wrong", by=OLDER)
def test_a_history_with_a_proof_of_its_own_past_is_shown_to_a_witness(watched: Watched) -> set[str]:
    """The newer root follows from the proof; only the older one does not."""
    other = [bytes([at]) * 32 for at in range(15)]
    proof = consistency_proof(6, 15, nodes_of(other))
    return told(lambda: watched.ask(6, 15, proof, root_of(other)))


@attack(
    "old checkpoint served (roll-back)",
    found="unchecked.latest",
    by=Check("witness:_check_goes_on", "asked.old != size"),
    then="proof.wrong",
)
def test_a_witness_is_asked_to_go_back_behind_what_it_cosigned(watched: Watched) -> set[str]:
    return told(lambda: watched.ask(3, 4, watched.proof(3, 4)))


PROOFS = "proofs for the wrong index or size, too long, too short, empty"


@attack(PROOFS, found="proof.wrong", by=(COUNT, OLDER, NEWER))
def test_consistency_is_claimed_with_a_proof_for_other_sizes(sealed_world: World) -> set[str]:
    world = sealed_world
    roots = {size: root_of(world.leaves[:size]) for size in range(1, 16)}

    def claimed(old: int, new: int, proven: tuple[int, int]) -> set[str]:
        proof = consistency_proof(*proven, nodes_of(world.leaves))
        return told(lambda: verify_consistency(old, new, roots[old], roots[new], proof))

    pairs = [(old, new) for new in range(2, 16) for old in range(1, new)]
    return everywhere(
        partial(claimed, *pair, other)
        for pair in pairs
        for other in pairs
        if consistency_proof(*pair, nodes_of(world.leaves))
        != consistency_proof(*other, nodes_of(world.leaves))
        and abs(pair[0] - other[0]) + abs(pair[1] - other[1]) < 3
    )


@attack(PROOFS, found="proof.wrong", by=(COUNT, OLDER, NEWER))
def test_consistency_is_claimed_with_a_proof_that_is_too_long(watched: Watched) -> set[str]:
    return told(lambda: watched.ask(6, 15, [*watched.proof(6, 15), OTHER_ROOT]))


@attack(PROOFS, found="proof.wrong", by=(COUNT, OLDER, NEWER))
def test_consistency_is_claimed_with_no_proof(watched: Watched) -> set[str]:
    watched.ask(6, 8, watched.proof(6, 8))
    return told(lambda: watched.ask(8, 15, ()))


SIZES = "size 0, leading zeros, negative and huge sizes"


@attack(
    SIZES,
    found="proof.wrong",
    by=Check(
        "merkle:verify_consistency",
        "if old == 0:\n        raise",
        "if old == 0:\n        return\n        raise",
    ),
)
def test_consistency_is_claimed_with_the_empty_tree(sealed_world: World) -> set[str]:
    return told(lambda: verify_consistency(0, 15, OTHER_ROOT, OTHER_ROOT, ()))


# What a checkpoint says


def signed_text(world: World, text: str, name: str = ORIGIN) -> bytes:
    """A text that the log's Ed25519 key signs, whatever it says."""
    log = world.a.logs[0]
    key = VerifierKey(name, KeyType.ED25519, log.public_key)
    return Note(text, (SignatureLine(name, key.key_id, log.sign(text.encode())),)).to_bytes()


def opened(world: World, note: bytes) -> set[str]:
    """What an auditor is told who asks for a line of the log's Ed25519 key alone."""
    (key,) = [key for key in world.log_keys if key.type is KeyType.ED25519]
    return told(lambda: open_checkpoint(note, [verifier_of(key)]))


DECIMAL = Check("note_text:read_decimal", "not _DECIMAL(text) or int(text) > MAX_SIZE")


def with_size(world: World, size: str) -> bytes:
    return signed_text(world, f"{ORIGIN}\n{size}\n{write_base64(OTHER_ROOT)}\n")


@attack(SIZES, found="note.malformed", by=DECIMAL)
def test_a_size_is_written_in_another_way(sealed_world: World) -> set[str]:
    sizes = ("015", "+15", " 15", "15 ", "1_5", "\N{FULLWIDTH DIGIT ONE}5")
    return everywhere(
        partial(lambda size: opened(sealed_world, with_size(sealed_world, size)), size) for size in sizes
    )


RANGE = Check("checkpoints:Checkpoint.__post_init__", "not 0 <= self.size <= MAX_SIZE")


@attack(SIZES, found="note.malformed", by=(DECIMAL, RANGE))
def test_a_size_is_negative_or_huge(sealed_world: World) -> set[str]:
    sizes = ("-1", "-0015", "9223372036854775808", "9" * 400)
    return everywhere(
        partial(lambda size: opened(sealed_world, with_size(sealed_world, size)), size) for size in sizes
    )


@attack(
    SIZES,
    found="note.malformed",
    by=Check("checkpoints:Checkpoint.__post_init__", "not self.size and self.root != EMPTY_ROOT"),
)
def test_an_empty_log_has_a_root_of_something(sealed_world: World) -> set[str]:
    return opened(sealed_world, with_size(sealed_world, "0"))


@attack(
    SIZES,
    found="checkpoint.wrong",
    by=(
        Check("audit_log:SealedPart._judged", "size < 1"),
        ROOT,
        Check("audit_log:SealedPart._hold", "self._tree.size == size", "True"),
    ),
)
def test_a_checkpoint_of_size_0_is_kept_in_the_ledger(sealed: Copy) -> set[str]:
    note = sealed.world.signed_checkpoint(0, root_of([]))
    return sealed.sql(("INSERT INTO checkpoints VALUES (0, ?)", (note,))).told()


@attack(
    "wrong origin",
    found="ledger.other",
    by=Check("checkpoints:open_checkpoint", "checkpoint.origin not in origins"),
)
def test_a_checkpoint_says_another_origin_under_the_name_of_the_key(sealed_world: World) -> set[str]:
    return opened(
        sealed_world, signed_text(sealed_world, f"example.org/other\n15\n{write_base64(OTHER_ROOT)}\n")
    )


# Signatures that were made for something else

INTERCHANGED = "signatures of events, checkpoints and cosignatures interchanged"
LINE = Check("notes:open_note", "not by.verify(note.text, line.signature)")


@attack(INTERCHANGED, found="signature.wrong", by=LINE)
def test_what_the_same_key_signed_as_event_cosignature_or_heads_is_put_under_a_checkpoint(
    sealed_world: World,
) -> set[str]:
    world, log = sealed_world, sealed_world.a.logs[0]
    text = Note.from_bytes(world.checkpoint).text
    key = VerifierKey(ORIGIN, KeyType.ED25519, log.public_key)
    cosigned = CosignatureSigner(ORIGIN, log, lambda: 1).sign(text)[8:]
    head = StreamHead(ORIGIN, 15, root_of(world.leaves), world.harbour, 1, "0" * 64)
    with Ledger.open(world.path, fresh("A")) as ledger:
        note = Note.from_bytes(sign_head(head, head_signers(fresh("A"), ledger.keys, 15)))
    elsewhere = (log.sign(pae(text.encode())), cosigned, note.lines[0].signature)
    return everywhere(
        partial(
            lambda signature: opened(
                world, Note(text, (SignatureLine(ORIGIN, key.key_id, signature),)).to_bytes()
            ),
            each,
        )
        for each in elsewhere
    )


@attack(
    INTERCHANGED,
    found="ledger.other",
    by=Check("checkpoints:open_checkpoint", "checkpoint.origin not in origins"),
    then="key.not_allowed",
)
def test_signed_heads_are_served_as_a_checkpoint(sealed_world: World) -> set[str]:
    """Their lines bear a name of their own, so that the log's keys have not signed a checkpoint with them."""
    text = f"{ORIGIN}/heads\n15\n{write_base64(OTHER_ROOT)}\n{sealed_world.harbour} 1 {'0' * 64}\n"
    return opened(sealed_world, signed_text(sealed_world, text, f"{ORIGIN}/heads"))


COLLISION = "note key-id collision"


@attack(COLLISION, found="signature.wrong", by=LINE)
def test_a_key_that_collides_with_that_of_the_log_signs_a_checkpoint(sealed_world: World) -> set[str]:
    """Four bytes are soon found: here the line says at once what such a key would say."""
    text = f"{ORIGIN}\n15\n{write_base64(OTHER_ROOT)}\n"
    key = VerifierKey(ORIGIN, KeyType.ED25519, sealed_world.a.logs[0].public_key)
    stranger = fresh("Nobody").recorder
    return opened(
        sealed_world,
        Note(text, (SignatureLine(ORIGIN, key.key_id, stranger.sign(text.encode())),)).to_bytes(),
    )


@attack(
    COLLISION,
    found="input.value",
    by=Check(
        "notes:open_note",
        "known.setdefault((key.name, key.key_id), verifier).key != key",
        "not known.setdefault((key.name, key.key_id), verifier)",
    ),
    then="signature.wrong",
)
def test_two_known_keys_have_one_name_and_one_id(
    sealed_world: World, monkeypatch: pytest.MonkeyPatch
) -> set[str]:
    monkeypatch.setattr(VerifierKey, "key_id", b"same")
    one, other = fresh("C").recorder, fresh("D").recorder
    text = Note.from_bytes(sealed_world.checkpoint).text
    note = Note(text).signed_by(Ed25519NoteSigner(ORIGIN, other))
    known = [
        Ed25519NoteVerifier(VerifierKey(ORIGIN, KeyType.ED25519, each.public_key)) for each in (one, other)
    ]
    return told(lambda: open_note(note, known))


@attack(
    "keyid edited",
    found="input.value",
    by=Check("note_keys:VerifierKey.parse", "not _KEY_ID(key_id) or key.key_id.hex() != key_id"),
)
def test_the_id_in_a_verifier_key_is_edited(sealed_world: World) -> set[str]:
    name, _, typed = str(sealed_world.log_keys[0]).split("+", 2)
    return told(lambda: VerifierKey.parse(f"{name}+00000000+{typed}"))


@attack(
    "small-order and non-canonical keys",
    found="keys.weak",
    by=Check("note_keys:VerifierKey.__post_init__", "self.type is not KeyType.SUBTREE_V1"),
)
def test_a_witness_or_log_has_a_key_under_which_one_signature_fits_every_checkpoint() -> set[str]:
    identity = (1).to_bytes(32, "little")
    kinds = (KeyType.ED25519, KeyType.COSIGNATURE_V1)
    return everywhere(
        partial(lambda kind: told(lambda: VerifierKey("w", kind, identity)), kind) for kind in kinds
    )


# The hand that signs


@attack(
    "fork after restoring a backup",
    found="log.fork",
    by=(
        Check("sealer:Sealer._agree_on_the_last", "tree.root() != last.root"),
        Check("checkpoint_signer:Turn.sign", "checkpoint.size <= last.size"),
        Check(
            "checkpoint_signer:Turn.sign",
            "verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, proof)",
            "None",
        ),
    ),
    then="a second checkpoint of size 16",
)
def test_a_backup_is_put_back_and_sealed_with_other_events(sealed: Copy) -> set[str]:
    keys, backup = fresh("A"), sealed.path.read_bytes()
    with Ledger.open(sealed.path, keys) as ledger:
        ledger.seal(adopt=True)
        ledger.create_case("first", title="What happened")
        first = ledger.seal()
    sealed.path.write_bytes(backup)
    with Ledger.open(sealed.path, keys) as ledger:
        ledger.create_case("second", title="What is said to have happened")
        refused = told(ledger.seal)
    signed = Checkpoint.from_text(Note.from_bytes(keys.log_memory(ORIGIN).read() or b"").text)
    if (signed.size, signed.root) != (first.size, first.root):
        refused.add(f"a second checkpoint of size {signed.size}")
    return refused


@attack(
    "fork after restoring a backup",
    found="log.fork",
    by=Check("sealer:Sealer._agree_on_the_last", "if size < last.size:", "if False:"),
    then="row.mismatch",
)
def test_a_backup_is_put_back_and_sealed_as_it_is(sealed: Copy) -> set[str]:
    keys, backup = fresh("A"), sealed.path.read_bytes()
    with Ledger.open(sealed.path, keys) as ledger:
        ledger.create_case("first", title="What happened")
        ledger.seal(adopt=True)
    sealed.path.write_bytes(backup)
    with Ledger.open(sealed.path, keys) as ledger:
        return told(ledger.seal)
