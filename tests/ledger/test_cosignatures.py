"""Cosignatures and witness policies: the exact bytes, who counts, who never does, and times that have not come yet."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from claimledger import mldsa44
from claimledger.checkpoints import Checkpoint, SignedCheckpoint, open_checkpoint, sign_checkpoint
from claimledger.cosignatures import (
    CosignatureSigner,
    CosignatureVerifier,
    SubtreeSigner,
    SubtreeVerifier,
    WitnessPolicy,
    cosignature_message,
    read_timestamp,
    subtree_message,
    verifier_of,
)
from claimledger.events.errors import (
    CouldNotCheck,
    FutureCosignature,
    InvalidValue,
    KeyringError,
    NotWitnessed,
    WeakKey,
    WrongSignature,
)
from claimledger.keys import PrivateKeySigner
from claimledger.merkle import hash_leaf
from claimledger.mldsa44 import Mldsa44Signer
from claimledger.notes import (
    MAX_LINES,
    Ed25519NoteSigner,
    KeyType,
    Note,
    NoteSigner,
    SignatureLine,
    VerifierKey,
    open_note,
)

ORIGIN = "example.org/harbour"
CHECKPOINT = Checkpoint(ORIGIN, 7, hash_leaf(b"root"))
TEXT = CHECKPOINT.to_text()
NOW = 1_750_000_000


def raw(number: int) -> PrivateKeySigner:
    return PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def raw_mldsa(number: int) -> Mldsa44Signer:
    return Mldsa44Signer(MLDSA44PrivateKey.from_seed_bytes(bytes([number]) * 32))


LOG = Ed25519NoteSigner(ORIGIN, raw(1))


def witness(name: str, number: int, at: int = NOW) -> CosignatureSigner:
    return CosignatureSigner(name, raw(number), lambda: at)


def witness_mldsa(name: str, number: int, at: int | None = NOW) -> SubtreeSigner:
    clock: Callable[[], int] | None = None if at is None else lambda: at
    return SubtreeSigner(name, raw_mldsa(number), clock)


def cosigned(*signers: NoteSigner, log: Sequence[NoteSigner] = (LOG,)) -> SignedCheckpoint:
    note = Note.from_bytes(sign_checkpoint(CHECKPOINT, log)).signed_by(*signers)
    return open_checkpoint(note.to_bytes(), [verifier_of(each.key) for each in log])


def policy(*signers: NoteSigner, at_least: int = 1) -> WitnessPolicy:
    return WitnessPolicy([str(each.key) for each in signers], at_least)


def test_a_cosignature_signs_the_bytes_of_the_specification() -> None:
    assert cosignature_message(1679315147, "example.com/behind-the-sofa\n20852163\nCsU...=\n") == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsU...=\n"
    )


def test_an_mldsa_line_signs_the_bytes_of_the_specification() -> None:
    assert subtree_message("w.example/1", 258, "o.example", 0, 7, b"h" * 32) == (
        b"subtree/v1\n\x00"
        b"\x0bw.example/1"
        b"\x00\x00\x00\x00\x00\x00\x01\x02"
        b"\x09o.example"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x00\x07"
        b"hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"
    )
    assert (
        len(subtree_message("\u00e9" * 127, 0, "o" * 255, 0, 1, bytes(32))) == 12 + 1 + 254 + 8 + 1 + 255 + 48
    )


def test_the_published_line_of_a_witness_holds_its_time() -> None:
    # tlog-cosignature: the line of witness.example.com/w1; its key was not published.
    line = SignatureLine.parse(
        "\u2014 witness.example.com/w1 "
        "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    )
    assert len(line.signature) == 72
    assert read_timestamp(line.signature) == 1679315147


@pytest.mark.parametrize("signer", [witness("w", 2), witness_mldsa("w", 2), witness_mldsa("w", 2, None)])
def test_a_line_holds_its_time_and_fits_its_text_alone(signer: NoteSigner) -> None:
    signature = signer.sign(TEXT)
    verifier = verifier_of(signer.key)
    assert verifier.verify(TEXT, signature)
    assert read_timestamp(signature) in (NOW, 0)
    other = Checkpoint(ORIGIN, 8, CHECKPOINT.root).to_text()
    assert not verifier.verify(other, signature)
    assert not verifier.verify("no checkpoint\n", signature)
    # The time is signed with the rest.
    assert not verifier.verify(TEXT, bytes(7) + b"\1" + signature[8:])
    for bent in (b"", signature[:7], signature[:8], signature[:-1], signature + b"\0", bytes(len(signature))):
        assert not verifier.verify(TEXT, bent)


def test_a_time_beyond_63_bits_fits_nothing() -> None:
    for at in (2**63, 2**64 - 1):
        stamp = at.to_bytes(8, "big")
        ed25519 = stamp + raw(2).sign(cosignature_message(at, TEXT))
        assert not CosignatureVerifier(witness("w", 2).key).verify(TEXT, ed25519)
        mldsa = stamp + raw_mldsa(2).sign(subtree_message("w", at, ORIGIN, 0, 7, CHECKPOINT.root))
        assert not SubtreeVerifier(witness_mldsa("w", 2).key).verify(TEXT, mldsa)


def test_an_mldsa_line_is_bound_to_the_name_the_range_and_the_log() -> None:
    key = witness_mldsa("w", 2).key
    for message in (
        subtree_message("x", 0, ORIGIN, 0, 7, CHECKPOINT.root),
        subtree_message("w", 0, "other.example", 0, 7, CHECKPOINT.root),
        subtree_message("w", 0, ORIGIN, 4, 7, CHECKPOINT.root),
        subtree_message("w", 0, ORIGIN, 0, 8, CHECKPOINT.root),
        subtree_message("w", 0, ORIGIN, 0, 7, bytes(32)),
        TEXT.encode(),
    ):
        assert not SubtreeVerifier(key).verify(TEXT, bytes(8) + raw_mldsa(2).sign(message))


def test_the_kinds_of_lines_cannot_be_interchanged() -> None:
    # The same Ed25519 key signs a note, and a note that spells a cosignature's message: neither is one.
    cosignature = witness("w", 2).sign(TEXT)
    note = raw(2).sign(TEXT.encode())
    assert not CosignatureVerifier(witness("w", 2).key).verify(TEXT, cosignature[:8] + note)
    assert not verifier_of(VerifierKey("w", KeyType.ED25519, raw(2).public_key)).verify(TEXT, cosignature[8:])
    spelled = cosignature_message(NOW, TEXT).decode()
    with pytest.raises(InvalidValue, match="only a checkpoint"):
        witness("w", 2).sign(spelled)


@pytest.mark.parametrize("clock", [0, -1, 2**63])
def test_a_clock_that_gives_no_time_signs_nothing(clock: int) -> None:
    for signer in (witness("w", 2, clock), witness_mldsa("w", 2, clock)):
        with pytest.raises(InvalidValue, match="seconds since 1970"):
            signer.sign(TEXT)


def test_verifiers_take_only_keys_of_their_type() -> None:
    with pytest.raises(InvalidValue, match="0x04"):
        CosignatureVerifier(LOG.key)
    with pytest.raises(InvalidValue, match="0x06"):
        SubtreeVerifier(witness("w", 2).key)


def test_a_policy_is_met_by_as_many_witnesses_as_it_asks_for() -> None:
    a, b, c = witness("a", 2), witness_mldsa("b", 3), witness("c", 4)
    asked = policy(a, b, c, at_least=2)
    found = asked.check(cosigned(a, b), now=NOW)
    assert [(each.key.name, each.timestamp) for each in found] == [("a", NOW), ("b", NOW)]
    for few in ((), (a,), (c,)):
        with pytest.raises(NotWitnessed, match=f"cosigned by {len(few)} of the known witnesses, where 2"):
            asked.check(cosigned(*few))
    assert issubclass(NotWitnessed, CouldNotCheck)


def test_unknown_witnesses_never_count() -> None:
    known = witness("a", 2)
    strangers = [witness(f"stranger-{number}", 10 + number) for number in range(90)]
    with pytest.raises(NotWitnessed, match="cosigned by 0"):
        policy(known).check(cosigned(*strangers))
    # Nor does another key under a known name, or a known key under another name.
    with pytest.raises(NotWitnessed):
        policy(known).check(cosigned(witness("a", 3), witness("b", 2)))


def test_a_witness_with_two_keys_counts_once() -> None:
    a, a_too, b = witness("a", 2), witness_mldsa("a", 3), witness("b", 4)
    with pytest.raises(NotWitnessed, match="cosigned by 1"):
        policy(a, a_too, b, at_least=2).check(cosigned(a, a_too))
    assert len(policy(a, a_too, b, at_least=2).check(cosigned(a, a_too, b))) == 2
    with pytest.raises(InvalidValue, match="of 2 witnesses"):
        policy(a, a_too, b, at_least=3)


def test_one_key_under_two_names_is_one_witness() -> None:
    a, alias = witness("a", 2), witness("b", 2)
    with pytest.raises(InvalidValue, match="of 1 witnesses"):
        policy(a, alias, at_least=2)
    # Also where a third name ties two keys together, in whatever order they are named.
    tied = [witness("a", 2), witness("c", 3), CosignatureSigner("b", raw(2), lambda: NOW), witness("b", 3)]
    for keys in (tied, tied[::-1], tied[2:] + tied[:2]):
        with pytest.raises(InvalidValue, match="of 1 witnesses"):
            policy(*keys, at_least=2)
        assert len(policy(*keys).check(cosigned(*tied))) == 1


def test_a_witness_that_signed_twice_counts_once_with_its_latest_time() -> None:
    early, late = witness("a", 2, NOW - 100), witness_mldsa("a", 3, NOW)
    [found] = policy(early, late).check(cosigned(early, late))
    assert found.timestamp == NOW
    doubled = cosigned(early)
    note = doubled.opened.note
    twice = Note(note.text, (*note.lines, note.lines[-1])).to_bytes()
    assert len(policy(early).check(open_checkpoint(twice, [verifier_of(LOG.key)]))) == 1


def test_the_log_is_no_witness_of_itself() -> None:
    under_its_key = CosignatureSigner("w", raw(1), lambda: NOW)
    under_its_name = witness(ORIGIN, 5)
    for self_made in (under_its_key, under_its_name):
        with pytest.raises(NotWitnessed, match="cosigned by 0"):
            policy(self_made).check(cosigned(self_made))


def test_a_line_of_a_known_witness_that_does_not_fit_is_wrong() -> None:
    a, b = witness("a", 2), witness("b", 3)
    other = Note(Checkpoint(ORIGIN, 8, CHECKPOINT.root).to_text()).signed_by(b).lines
    note = Note.from_bytes(sign_checkpoint(CHECKPOINT, [LOG])).signed_by(a).with_lines(other)
    signed = open_checkpoint(note.to_bytes(), [verifier_of(LOG.key)])
    with pytest.raises(WrongSignature, match="b"):
        policy(a, b).check(signed)
    assert len(policy(a).check(signed)) == 1
    with pytest.raises(WrongSignature):
        open_checkpoint(note.to_bytes(), [verifier_of(LOG.key)], policy(a, b).verifiers)


def test_a_cosignature_from_the_future_is_refused() -> None:
    for signer in (witness("a", 2, NOW + 30), witness_mldsa("a", 2, NOW + 30)):
        signed = cosigned(signer)
        with pytest.raises(FutureCosignature, match="30 seconds from now"):
            policy(signer).check(signed, now=NOW)
        assert len(policy(signer).check(signed, now=NOW, leeway=30)) == 1
        assert len(policy(signer).check(signed, now=NOW + 30)) == 1
        assert len(policy(signer).check(signed)) == 1


def test_a_cosignature_without_a_time_counts_and_says_so() -> None:
    timeless = witness_mldsa("a", 2, None)
    [found] = policy(timeless).check(cosigned(timeless), now=NOW)
    assert found.timestamp == 0


@pytest.mark.parametrize("at_least", [0, -1, 2, True, 1.0])
def test_a_policy_that_cannot_be_met_or_asks_for_nothing_is_refused(at_least: int) -> None:
    with pytest.raises(InvalidValue):
        policy(witness("a", 2), at_least=at_least)


def test_a_policy_takes_keys_of_witnesses_only() -> None:
    with pytest.raises(InvalidValue, match="0x04 or 0x06"):
        WitnessPolicy([LOG.key], 1)
    with pytest.raises(InvalidValue, match="verifier key"):
        WitnessPolicy(["no key"], 1)
    with pytest.raises(WeakKey):
        WitnessPolicy([VerifierKey("w", KeyType.COSIGNATURE_V1, b"\1" + bytes(31))], 1)


def test_each_line_of_a_known_witness_costs_one_verification_and_there_are_at_most_a_hundred(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signer = witness_mldsa("a", 2)
    line = Note(TEXT).signed_by(signer).lines[0]
    note = Note(TEXT, (*Note.from_bytes(sign_checkpoint(CHECKPOINT, [LOG])).lines, *[line] * (MAX_LINES - 1)))
    signed = open_checkpoint(note.to_bytes(), [verifier_of(LOG.key)])
    verified, verify = [], mldsa44.verify

    def counted(public_key: bytes, signature: bytes, message: bytes) -> bool:
        verified.append(signature)
        return verify(public_key, signature, message)

    monkeypatch.setattr(mldsa44, "verify", counted)
    assert len(policy(signer).check(signed)) == 1
    assert len(verified) == MAX_LINES - 1


def test_without_mldsa_in_openssl_a_line_could_not_be_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = witness_mldsa("a", 2)
    signature = signer.sign(TEXT)

    def unsupported(public_key: bytes) -> None:
        raise UnsupportedAlgorithm("ML-DSA")

    monkeypatch.setattr(mldsa44, "_load", unsupported)
    with pytest.raises(CouldNotCheck, match="OpenSSL"):
        verifier_of(signer.key).verify(TEXT, signature)


def test_a_private_mldsa_key_stays_where_it_is() -> None:
    with pytest.raises(KeyringError, match="not pickled"):
        pickle.dumps(raw_mldsa(2))
    assert "MLDSA" not in repr(raw_mldsa(2))


@given(signature=st.binary(max_size=100) | st.binary(min_size=72, max_size=72), text=st.text(max_size=60))
def test_any_bytes_are_no_cosignature(signature: bytes, text: str) -> None:
    for signer in (witness("w", 2), witness_mldsa("w", 2)):
        verifier = verifier_of(signer.key)
        assert not verifier.verify(TEXT, signature)
        assert not verifier.verify(text, signature)


def test_a_note_that_is_no_checkpoint_bears_no_cosignature() -> None:
    text = "no checkpoint\n"
    signature = NOW.to_bytes(8, "big") + raw(2).sign(cosignature_message(NOW, text))
    key = witness("w", 2).key
    note = Note(text, (SignatureLine(key.name, key.key_id, signature),))
    with pytest.raises(WrongSignature):
        open_note(note, [verifier_of(key)])
