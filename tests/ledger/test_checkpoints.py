"""Checkpoints: the published ones are read; every other way of writing one is malformed; the log must have signed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from claimledger.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from claimledger.cosignatures import CosignatureSigner, SubtreeSigner, verifier_of
from claimledger.events.errors import InvalidValue, KeyNotAllowed, MalformedNote, WrongLedger, WrongSignature
from claimledger.keys import PrivateKeySigner
from claimledger.merkle import EMPTY_ROOT, hash_leaf
from claimledger.mldsa44 import Mldsa44Signer
from claimledger.notes import Ed25519NoteSigner, Note, NoteSigner, NoteVerifier, SignatureLine, open_note

ORIGIN = "example.org/harbour"
ROOT = hash_leaf(b"the only leaf")
CHECKPOINT = Checkpoint(ORIGIN, 1, ROOT)
# The head of the Go checksum database that tlog-checkpoint quotes under another name, and its published key.
SUMDB_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB = (
    "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 sum.golang.org "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()
# golang.org/x/mod, sumdb/tlog/note_test.go.
SUMDB_TEXT = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n"


def ed25519(name: str = ORIGIN, number: int = 1) -> Ed25519NoteSigner:
    return Ed25519NoteSigner(
        name, PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    )


def mldsa(name: str = ORIGIN, number: int = 1) -> SubtreeSigner:
    return SubtreeSigner(name, Mldsa44Signer(MLDSA44PrivateKey.from_seed_bytes(bytes([number]) * 32)))


def verifiers(*signers: NoteSigner) -> list[NoteVerifier]:
    return [verifier_of(each.key) for each in signers]


def test_a_checkpoint_signed_with_both_keys_opens_with_both() -> None:
    data = sign_checkpoint(CHECKPOINT, [ed25519(), mldsa()])
    signed = open_checkpoint(data, verifiers(ed25519(), mldsa()))
    assert signed.checkpoint == CHECKPOINT
    assert (signed.size, signed.root, signed.data) == (1, ROOT, data)
    assert [key.type for key, _ in signed.opened.verified] == [0x01, 0x06]


def test_the_signature_of_a_public_log_is_verified_under_its_published_key() -> None:
    opened = open_note(SUMDB, [verifier_of(SUMDB_KEY)])
    assert Checkpoint.from_text(opened.text).size == 20852163
    # Its key has another name than its origin, which is no log of ours.
    with pytest.raises(WrongLedger, match=r"go\.sum database tree"):
        open_checkpoint(SUMDB, [verifier_of(SUMDB_KEY)])


def test_an_mldsa_checkpoint_of_another_implementation_is_verified(project: Path) -> None:
    # torchwood v0.10.0, cmd/litewitness/testdata/mldsa.txt: a log that signs with ML-DSA-44 alone.
    folder = project / "tests" / "vectors" / "notes"
    key = verifier_of((folder / "mldsa-log.vkey").read_text("ascii").strip())
    data = (folder / "mldsa-log.note").read_bytes()
    assert open_checkpoint(data, [key]).size == 1
    with pytest.raises(WrongSignature):
        open_checkpoint(data.replace(b"log\n1\n", b"log\n2\n"), [key])


def test_a_published_text_is_written_and_read() -> None:
    checkpoint = Checkpoint("go.sum database tree", 123456789012, hash_leaf(b"hello world"))
    assert checkpoint.to_text() == SUMDB_TEXT
    assert Checkpoint.from_text(SUMDB_TEXT) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n\n",
        f"{ORIGIN}\n1\n",
        CHECKPOINT.to_text()[:-1],
        CHECKPOINT.to_text() + "\n",
        CHECKPOINT.to_text() + "\nextension\n",
        "\n" + CHECKPOINT.to_text(),
        CHECKPOINT.to_text().replace("\n1\n", "\n\n1\n"),
        *(
            CHECKPOINT.to_text().replace("\n1\n", f"\n{size}\n")
            for size in (
                *("01", "00", "-1", "+1", " 1", "1 ", "1.0", "1e1", "0x1", "1_0", "\u0661", "one"),
                *(str(2**63), str(2**64), "9" * 400_000),
            )
        ),
        CHECKPOINT.to_text().replace("=", ""),
        CHECKPOINT.to_text().replace("=", "=="),
        CHECKPOINT.to_text().replace("=\n", "= \n"),
        f"{ORIGIN}\n1\n{'A' * 40}\n",
        f"{ORIGIN}\n1\n{'A' * 44}\n",
        f"{ORIGIN}\n1\n{ROOT.hex()}\n",
        f"{'o' * 256}\n1\n{CHECKPOINT.to_text().split()[2]}\n",
        CHECKPOINT.to_text().replace("\n1\n", "\n0\n"),
    ],
)
def test_another_spelling_of_a_checkpoint_is_malformed(text: str) -> None:
    with pytest.raises(MalformedNote, match="checkpoint"):
        Checkpoint.from_text(text)


def test_a_log_of_no_leaves_has_the_root_of_no_leaves() -> None:
    assert Checkpoint.from_text(Checkpoint(ORIGIN, 0, EMPTY_ROOT).to_text()).size == 0
    with pytest.raises(InvalidValue, match="empty tree"):
        Checkpoint(ORIGIN, 0, ROOT)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, ROOT, ()),
        ("a\nb", 1, ROOT, ()),
        ("a\tb", 1, ROOT, ()),
        ("\ud800", 1, ROOT, ()),
        ("\u00e9" * 128, 1, ROOT, ()),
        ("a", -1, ROOT, ()),
        ("a", 2**63, ROOT, ()),
        ("a", True, ROOT, ()),
        ("a", 1, ROOT[:31], ()),
        ("a", 1, ROOT + b"\0", ()),
        ("a", 1, "A" * 32, ()),
        ("a", 1, ROOT, ("",)),
        ("a", 1, ROOT, ("a\nb",)),
        ("a", 1, ROOT, ("a\0",)),
    ],
)
def test_a_checkpoint_of_another_shape_is_refused(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValue):
        Checkpoint(origin, size, root, extensions)


def test_a_checkpoint_of_another_log_is_another_ledger() -> None:
    other = sign_checkpoint(Checkpoint("example.org/other", 1, ROOT), [ed25519("example.org/other")])
    with pytest.raises(WrongLedger, match=r"example\.org/other"):
        open_checkpoint(other, verifiers(ed25519()))


def test_another_key_under_the_name_of_the_log_is_no_key_of_the_log() -> None:
    data = sign_checkpoint(CHECKPOINT, [ed25519(number=9)])
    with pytest.raises(KeyNotAllowed):
        open_checkpoint(data, verifiers(ed25519()))


def test_whoever_asks_for_two_keys_gets_no_checkpoint_with_one_line_dropped() -> None:
    both: list[NoteSigner] = [ed25519(), mldsa()]
    for left in both:
        data = sign_checkpoint(CHECKPOINT, [left])
        with pytest.raises(KeyNotAllowed, match="did not sign"):
            open_checkpoint(data, verifiers(*both))
        assert open_checkpoint(data, verifiers(left)).size == 1


def test_a_line_of_an_earlier_key_must_fit_where_it_stands_and_need_not_stand() -> None:
    old, new = ed25519(number=1), ed25519(number=2)
    assert open_checkpoint(sign_checkpoint(CHECKPOINT, [new]), verifiers(new), verifiers(old)).size == 1
    bent = Note.from_bytes(sign_checkpoint(Checkpoint(ORIGIN, 2, ROOT), [old])).lines
    data = Note.from_bytes(sign_checkpoint(CHECKPOINT, [new])).with_lines(bent).to_bytes()
    with pytest.raises(WrongSignature):
        open_checkpoint(data, verifiers(new), verifiers(old))


def test_a_signature_over_another_size_or_root_does_not_fit() -> None:
    for signer in (ed25519(), mldsa()):
        data = sign_checkpoint(CHECKPOINT, [signer])
        for bent in (
            data.replace(b"\n1\n", b"\n2\n"),
            data.replace(CHECKPOINT.to_text().split()[2].encode(), b"A" * 43 + b"="),
        ):
            with pytest.raises(WrongSignature):
                open_checkpoint(bent, verifiers(signer))


def test_signatures_of_one_kind_are_none_of_another() -> None:
    # One Ed25519 key in two roles would be refused elsewhere; here even that gives no line of the other kind.
    raw = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
    witness = CosignatureSigner(ORIGIN, raw, lambda: 1)
    data = sign_checkpoint(CHECKPOINT, [ed25519()])
    cosigned = Note(CHECKPOINT.to_text()).signed_by(witness).to_bytes()
    with pytest.raises(KeyNotAllowed):
        open_checkpoint(cosigned, verifiers(ed25519()))
    [line], [other] = Note.from_bytes(data).lines, Note.from_bytes(cosigned).lines
    # Nor does the one signature fit behind the key id of the other.
    for signature in (other.signature, other.signature[8:]):
        moved = Note(CHECKPOINT.to_text(), (SignatureLine(ORIGIN, line.key_id, signature),))
        with pytest.raises(WrongSignature):
            open_checkpoint(moved.to_bytes(), verifiers(ed25519()))


def test_extension_lines_are_read_where_a_line_covers_them() -> None:
    extended = Checkpoint(ORIGIN, 1, ROOT, ("one", "two"))
    data = sign_checkpoint(extended, [ed25519()])
    assert open_checkpoint(data, verifiers(ed25519())).checkpoint.extensions == ("one", "two")
    with pytest.raises(WrongSignature):
        open_checkpoint(data.replace(b"two", b"2"), verifiers(ed25519()))
    with pytest.raises(InvalidValue, match="extension"):
        sign_checkpoint(extended, [mldsa()])
    # An extension slipped under a line that does not cover it.
    slipped = sign_checkpoint(CHECKPOINT, [mldsa()]).replace(b"\n\n", b"\nslipped in\n\n", 1)
    with pytest.raises(KeyNotAllowed, match="extension lines"):
        open_checkpoint(slipped, verifiers(mldsa()))


def test_only_the_keys_of_one_log_open_a_checkpoint() -> None:
    data = sign_checkpoint(CHECKPOINT, [ed25519()])
    witness = CosignatureSigner(
        ORIGIN, PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(b"\7" * 32)), lambda: 1
    )
    for log in ([], verifiers(ed25519(), ed25519("b")), verifiers(witness)):
        with pytest.raises(InvalidValue, match="keys of one log"):
            open_checkpoint(data, log)


def test_only_keys_that_bear_the_name_of_the_log_sign_for_it() -> None:
    with pytest.raises(InvalidValue, match="bears its name"):
        sign_checkpoint(CHECKPOINT, [ed25519(), mldsa("b")])
    with pytest.raises(InvalidValue, match="at least one"):
        sign_checkpoint(CHECKPOINT, [])


@given(
    origin=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60),
    size=st.integers(1, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20), max_size=3
    ),
)
def test_a_checkpoint_is_read_as_it_was_written(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert Checkpoint.from_text(checkpoint.to_text()) == checkpoint


@given(st.text(max_size=120) | st.lists(st.text(max_size=50), max_size=6).map("\n".join))
def test_any_text_is_a_checkpoint_or_malformed(text: str) -> None:
    try:
        checkpoint = Checkpoint.from_text(text)
    except MalformedNote:
        return
    assert checkpoint.to_text() == text
