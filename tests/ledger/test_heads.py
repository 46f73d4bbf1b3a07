"""Heads of streams are signed as a note of their own, which no other note passes for."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from claimledger.events.errors import (
    InvalidValue,
    KeyNotAllowed,
    MalformedNote,
    VerificationFailed,
    WrongLedger,
    WrongSignature,
)
from claimledger.heads import StreamHead, StreamHeads, heads_name, open_heads, sign_heads
from claimledger.notes import Ed25519NoteSigner, Ed25519NoteVerifier
from claimledger.testing import seeded_keyring

ORIGIN = "example.org/heads"
KEY = seeded_keyring(b"a log").recorder
SIGNER = Ed25519NoteSigner(heads_name(ORIGIN), KEY)
VERIFIER = Ed25519NoteVerifier(SIGNER.key)
ROOT = sha256(b"root").digest()


def heads_of(*streams: str, size: int = 9) -> StreamHeads:
    return StreamHeads(
        ORIGIN, size, ROOT, tuple(StreamHead(each, 3, sha256(each.encode()).hexdigest()) for each in streams)
    )


A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@given(
    st.lists(st.uuids(version=4).map(str), min_size=1, unique=True).map(sorted),
    st.integers(3, 2**62),
)
def test_heads_come_back_as_they_were_signed(streams: list[str], size: int) -> None:
    heads = heads_of(*streams, size=size)
    assert open_heads(sign_heads(heads, [SIGNER]), [VERIFIER]) == heads
    assert all(heads.of(stream) is not None for stream in streams)


def test_a_stream_that_is_not_named_has_no_head() -> None:
    assert heads_of(A).of(B) is None


def test_a_checkpoint_does_not_pass_as_heads_nor_heads_as_a_checkpoint() -> None:
    name = heads_name(ORIGIN)
    checkpoint = sign_checkpoint(Checkpoint(name, 9, ROOT), [SIGNER])
    with pytest.raises(MalformedNote, match="one for each stream"):
        open_heads(checkpoint, [VERIFIER])
    of_the_log = Ed25519NoteVerifier(Ed25519NoteSigner(ORIGIN, KEY).key)
    with pytest.raises(WrongLedger):
        open_checkpoint(sign_heads(heads_of(A), [SIGNER]), [of_the_log])


def test_heads_of_another_log_are_refused() -> None:
    other = Ed25519NoteSigner(heads_name("example.org/other"), KEY)
    with pytest.raises(WrongLedger, match="not the one"):
        open_heads(sign_heads(heads_of(A), [SIGNER]), [Ed25519NoteVerifier(other.key)])


def test_heads_that_nobody_of_the_log_signed_are_refused() -> None:
    forger = Ed25519NoteSigner(heads_name(ORIGIN), seeded_keyring(b"forger").recorder)
    with pytest.raises(KeyNotAllowed):
        open_heads(sign_heads(heads_of(A), [forger]), [VERIFIER])


def test_a_sequence_that_was_changed_does_not_fit_its_signature() -> None:
    changed = sign_heads(heads_of(A), [SIGNER]).replace(b" 3 ", b" 2 ")
    with pytest.raises(WrongSignature):
        open_heads(changed, [VERIFIER])


def test_only_a_key_that_bears_the_name_of_heads_signs_them() -> None:
    with pytest.raises(InvalidValue, match="bears the name"):
        sign_heads(heads_of(A), [Ed25519NoteSigner(ORIGIN, KEY)])


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        (lambda: heads_of(B, A), "ascending"),
        (lambda: heads_of(A, A), "each stream once"),
        (lambda: heads_of(), "at least one"),
        (lambda: heads_of(A, size=2), "no more events"),
        (lambda: StreamHead("x", 1, "0" * 64), "UUID"),
        (lambda: StreamHead(A, 0, "0" * 64), "from 1"),
        (lambda: StreamHead(A, 1, "0" * 63), "64 hex"),
    ],
)
def test_heads_of_another_shape_are_refused(heads: object, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        heads()  # type: ignore[operator]


@given(st.text())
def test_any_text_is_heads_or_malformed(text: str) -> None:
    with pytest.raises(MalformedNote):
        StreamHeads.from_text(text)


@given(st.binary(), st.integers(0, 400))
def test_bytes_that_were_changed_raise_only_our_errors(junk: bytes, at: int) -> None:
    note = sign_heads(heads_of(A, B), [SIGNER])
    changed = note[:at] + junk + note[at + len(junk) :]
    try:
        assert open_heads(changed, [VERIFIER]) == heads_of(A, B)
    except VerificationFailed:
        assert changed != note
