"""The head of a stream is signed as a note of its own, which no other note passes for."""

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
from claimledger.heads import StreamHead, heads_name, open_head, sign_head
from claimledger.notes import Ed25519NoteSigner, Ed25519NoteVerifier
from claimledger.testing import seeded_keyring

ORIGIN = "example.org/heads"
KEY = seeded_keyring(b"a log").recorder
SIGNER = Ed25519NoteSigner(heads_name(ORIGIN), KEY)
VERIFIER = Ed25519NoteVerifier(SIGNER.key)
ROOT = sha256(b"root").digest()


A = "11111111-1111-4111-8111-111111111111"


def head_of(stream: str = A, *, size: int = 9, sequence: int = 3, leaf: str = "0" * 64) -> StreamHead:
    return StreamHead(ORIGIN, size, ROOT, stream, sequence, leaf)


@given(st.uuids(version=4).map(str), st.integers(3, 2**62))
def test_a_head_comes_back_as_it_was_signed(stream: str, size: int) -> None:
    head = head_of(stream, size=size)
    assert open_head(sign_head(head, [SIGNER]), [VERIFIER]) == head


def test_a_checkpoint_does_not_pass_as_a_head_nor_a_head_as_a_checkpoint() -> None:
    name = heads_name(ORIGIN)
    checkpoint = sign_checkpoint(Checkpoint(name, 9, ROOT), [SIGNER])
    with pytest.raises(MalformedNote, match="where one stream ends"):
        open_head(checkpoint, [VERIFIER])
    of_the_log = Ed25519NoteVerifier(Ed25519NoteSigner(ORIGIN, KEY).key)
    with pytest.raises(WrongLedger):
        open_checkpoint(sign_head(head_of(), [SIGNER]), [of_the_log])


def test_a_head_of_another_log_is_refused() -> None:
    other = Ed25519NoteSigner(heads_name("example.org/other"), KEY)
    with pytest.raises(WrongLedger, match="not the one"):
        open_head(sign_head(head_of(), [SIGNER]), [Ed25519NoteVerifier(other.key)])


def test_a_head_that_nobody_of_the_log_signed_is_refused() -> None:
    forger = Ed25519NoteSigner(heads_name(ORIGIN), seeded_keyring(b"forger").recorder)
    with pytest.raises(KeyNotAllowed):
        open_head(sign_head(head_of(), [forger]), [VERIFIER])


def test_a_sequence_that_was_changed_does_not_fit_its_signature() -> None:
    changed = sign_head(head_of(), [SIGNER]).replace(b" 3 ", b" 2 ")
    with pytest.raises(WrongSignature):
        open_head(changed, [VERIFIER])


def test_only_a_key_that_bears_the_name_of_heads_signs_them() -> None:
    with pytest.raises(InvalidValue, match="bears the name"):
        sign_head(head_of(), [Ed25519NoteSigner(ORIGIN, KEY)])


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (lambda: head_of(size=2), "to the size of its log"),
        (lambda: head_of("x"), "UUID"),
        (lambda: head_of(sequence=-1), "from 0"),
        (lambda: head_of(leaf="0" * 63), "64 hex"),
        (lambda: StreamHead(ORIGIN, 9, b"short", A, 3, "0" * 64), "32 bytes"),
    ],
)
def test_a_head_of_another_shape_is_refused(head: object, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        head()  # type: ignore[operator]


@given(st.text())
def test_any_text_is_a_head_or_malformed(text: str) -> None:
    with pytest.raises(MalformedNote):
        StreamHead.from_text(text)


@given(st.binary(), st.integers(0, 400))
def test_bytes_that_were_changed_raise_only_our_errors(junk: bytes, at: int) -> None:
    note = sign_head(head_of(), [SIGNER])
    changed = note[:at] + junk + note[at + len(junk) :]
    try:
        assert open_head(changed, [VERIFIER]) == head_of()
    except VerificationFailed:
        assert changed != note
