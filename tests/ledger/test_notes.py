"""Signed notes: published ones are read, signed and opened; whatever is none is malformed, and never anything else."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from claimledger.cosignatures import verifier_of
from claimledger.events.errors import InvalidValue, KeyNotAllowed, MalformedNote, WeakKey, WrongSignature
from claimledger.keys import PrivateKeySigner
from claimledger.note_text import read_base64, read_decimal, read_hash, write_base64
from claimledger.notes import (
    MAX_LINES,
    MAX_NOTE_BYTES,
    Ed25519NoteSigner,
    Ed25519NoteVerifier,
    KeyType,
    Note,
    SignatureLine,
    VerifierKey,
    open_note,
    sign_note,
)
from tests.memory import peak_of

# golang.org/x/mod, sumdb/note/note_test.go: two keys and a note that both signed.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "\u2014 PeterNeumann "
    + "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "\u2014 EnochRoot "
    + "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
# The example of signed-note; its key was not published.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "\u2014 quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
).encode()


def signer(name: str, number: int = 1) -> Ed25519NoteSigner:
    return Ed25519NoteSigner(
        name, PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    )


def note(*lines: str, text: str = TEXT) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


def test_the_published_note_is_signed_with_the_same_bytes() -> None:
    peter = Ed25519NoteSigner(
        "PeterNeumann", PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    )
    assert str(peter.key) == PETER
    assert sign_note(TEXT, [peter]).to_bytes() == note(PETER_LINE)


def test_the_published_note_opens_with_one_key_and_with_both() -> None:
    both = note(PETER_LINE, ENOCH_LINE)
    peter, enoch = verifier_of(PETER), verifier_of(ENOCH)
    opened = open_note(both, [peter])
    assert opened.text == TEXT
    assert [key.name for key, _ in opened.verified] == ["PeterNeumann"]
    assert [key.name for key, _ in open_note(both, [enoch, peter]).verified] == ["PeterNeumann", "EnochRoot"]
    assert opened.signature_of(peter.key) == base64.b64decode(PETER_LINE.split()[2])[4:]
    assert opened.signature_of(enoch.key) is None


def test_a_note_with_empty_lines_in_its_text_is_divided_at_the_last_one() -> None:
    poem = Note.from_bytes(POEM)
    assert poem.text.endswith("sole:\n\ned è subito sera.\n")
    assert [line.name for line in poem.lines] == ["quasimodo.example/salvatore"]
    assert poem.to_bytes() == POEM


def test_lines_of_unknown_keys_are_ignored_whatever_they_hold() -> None:
    garbage = (
        f"\u2014 EnochRoot {write_base64(b'garbage')}\n\u2014 PeterNeumann {write_base64(b'another id')}\n"
    )
    opened = open_note(note(garbage, PETER_LINE), [verifier_of(PETER)])
    assert len(opened.verified) == 1
    assert len(opened.note.lines) == 3


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    for verifiers in ([], [verifier_of(ENOCH)]):
        with pytest.raises(KeyNotAllowed, match="no line is by a key"):
            open_note(note(PETER_LINE), verifiers)


def test_a_line_of_a_known_key_that_does_not_fit_makes_the_note_wrong() -> None:
    bent = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    with pytest.raises(WrongSignature, match=r"PeterNeumann \(c74f20a3\)"):
        open_note(note(bent, ENOCH_LINE), [verifier_of(PETER), verifier_of(ENOCH)])
    with pytest.raises(WrongSignature):
        open_note(note(PETER_LINE, text=TEXT.replace("think", "thinK")), [verifier_of(PETER)])


def test_a_doubled_line_is_verified_each_time_and_counted_once() -> None:
    opened = open_note(note(PETER_LINE, PETER_LINE), [verifier_of(PETER)])
    assert len(opened.verified) == 1
    with pytest.raises(WrongSignature):
        open_note(note(PETER_LINE, PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]), [verifier_of(PETER)])


def test_a_key_made_to_collide_with_a_known_id_only_fails_to_verify() -> None:
    own = signer("a", 2)
    forged = SignatureLine("PeterNeumann", bytes.fromhex("c74f20a3"), own.sign(TEXT))
    with pytest.raises(WrongSignature):
        open_note(note(PETER_LINE, str(forged)), [verifier_of(PETER)])


class Twin(VerifierKey):
    """A key whose id is that of another one, as a search through 2**32 keys would find it."""

    @property
    def key_id(self) -> bytes:
        return bytes.fromhex("c74f20a3")


def test_two_known_keys_of_one_name_and_id_cannot_be_told_apart_and_are_refused() -> None:
    twin = Twin("PeterNeumann", KeyType.ED25519, signer("a").key.public_key)
    with pytest.raises(InvalidValue, match="use another name"):
        open_note(note(PETER_LINE), [verifier_of(PETER), Ed25519NoteVerifier(twin)])
    assert len(open_note(note(PETER_LINE), [verifier_of(PETER), verifier_of(PETER)]).verified) == 1


def test_a_signature_over_one_name_is_no_signature_under_another() -> None:
    renamed = note(PETER_LINE.replace("PeterNeumann", "CarmenSandiego"))
    with pytest.raises(KeyNotAllowed):
        open_note(renamed, [verifier_of(PETER)])


@pytest.mark.parametrize(
    "data",
    {
        "nothing": b"",
        "a text alone": TEXT.encode(),
        "no signature lines": note(),
        "no newline at the end": note(PETER_LINE)[:-1],
        "no empty line": (TEXT + PETER_LINE).encode(),
        "an empty line after the signatures": note(PETER_LINE) + b"\n",
        "an empty text": ("\n" + PETER_LINE).encode(),
        "a control character": b"\x01" + note(PETER_LINE),
        "a tab": b"\t" + note(PETER_LINE),
        "a carriage return": note(PETER_LINE).replace(b"\n", b"\r\n"),
        "a null": note(PETER_LINE.replace("Peter", "Peter\0")),
        "not UTF-8": b"\xff" + note(PETER_LINE),
        "a surrogate": b"\xed\xa0\x80" + note(PETER_LINE),
        "UTF-16": note(PETER_LINE).decode().encode("utf-16"),
        "a line that is none": note(PETER_LINE, "Unexpected line.\n"),
        "a hyphen for the dash": note(PETER_LINE.replace("\u2014", "-")),
        "an en dash for the dash": note(PETER_LINE.replace("\u2014", "\u2013")),
        "no space after the dash": note(PETER_LINE.replace("\u2014 ", "\u2014")),
        "a name of two words": note(PETER_LINE.replace("PeterNeumann", "Bad Name")),
        "no name": note(PETER_LINE.replace("PeterNeumann", "")),
        "a plus in the name": note(PETER_LINE.replace("PeterNeumann", "Peter+Neumann")),
        "a space of Unicode in the name": note(PETER_LINE.replace("PeterNeumann", "Peter\u2003Neumann")),
        "a line separator in the name": note(PETER_LINE.replace("PeterNeumann", "Peter\u2028Neumann")),
        "two spaces": note(PETER_LINE.replace("Neumann ", "Neumann  ")),
        "a space at the end": note(PETER_LINE[:-1] + " \n"),
        "no base64": note(PETER_LINE.replace("x08g", "x0!g")),
        "base64 for addresses": note(PETER_LINE.replace("o/ZJ", "o_ZJ")),
        "no padding": note(PETER_LINE.replace("=", "")),
        "too much padding": note(PETER_LINE.replace("=", "==")),
        "unused bits that are set": note(PETER_LINE.replace("nAM=", "nAN=")),
        "a key id without a signature": note(
            f"\u2014 PeterNeumann {write_base64(bytes.fromhex('c74f20a3'))}\n"
        ),
        "half a key id": note("\u2014 PeterNeumann x08=\n"),
        "no signature": note("\u2014 PeterNeumann \n"),
        "no word after the name": note("\u2014 PeterNeumann\n"),
    }.items(),
    ids=lambda case: case[0] if isinstance(case, tuple) else None,
)
def test_what_is_no_note_is_malformed(data: tuple[str, bytes]) -> None:
    with pytest.raises(MalformedNote):
        Note.from_bytes(data[1])


def test_sixteen_lines_are_read_and_so_are_a_hundred_but_no_more() -> None:
    unknown = f"\u2014 a {write_base64(bytes(100))}\n"
    assert len(Note.from_bytes(note(unknown * 16)).lines) == 16
    assert len(Note.from_bytes(note(unknown * MAX_LINES)).lines) == MAX_LINES
    with pytest.raises(MalformedNote, match="more than 100"):
        Note.from_bytes(note(unknown * (MAX_LINES + 1)))
    with pytest.raises(InvalidValue, match="at most 100"):
        Note(TEXT, Note.from_bytes(note(unknown)).lines * (MAX_LINES + 1))


def test_a_megabyte_is_read_and_no_more() -> None:
    for text, fits in ("a" * (MAX_NOTE_BYTES - 200) + "\n", True), ("a" * MAX_NOTE_BYTES + "\n", False):
        whole = text.encode() + b"\n" + PETER_LINE.encode()
        if fits:
            assert Note.from_bytes(whole).text == text
        else:
            with pytest.raises(MalformedNote, match="at most"):
                Note.from_bytes(whole)
            with pytest.raises(InvalidValue, match="at most"):
                Note(text, Note.from_bytes(note(PETER_LINE)).lines).to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        note(PETER_LINE * 9_000),
        note("\u2014 a AAAAAAA=\n" * 60_000),
        b"\n" * 999_999,
        b"\n\n" + "\u2014 ".encode() * 200_000 + b"\n",
        b"a\n\n" + b"\xe2\x80\x94 a " + b"A" * 999_000 + b"\n",
        b"x\n\n" * 333_333,
    ],
    ids=["doubled", "many", "newlines", "dashes", "long", "divided"],
)
def test_thousands_of_lines_and_megabytes_cost_what_they_weigh(data: bytes) -> None:
    def read() -> None:
        with suppress(MalformedNote):
            Note.from_bytes(data)

    assert peak_of(read)[1] < 12 * MAX_NOTE_BYTES


def test_a_text_that_is_no_text_of_a_note_cannot_be_signed() -> None:
    for text in ("", "no newline", "a\tb\n", "a\0\n", "\ud800\n", "a\r\n"):
        with pytest.raises(InvalidValue, match="ends in a newline"):
            sign_note(text, [signer("a")])
    with pytest.raises(InvalidValue, match="at least one signer"):
        sign_note(TEXT, [])
    with pytest.raises(InvalidValue, match="at least one signature"):
        Note(TEXT).to_bytes()


def test_signing_anew_takes_the_place_of_the_older_line() -> None:
    old = SignatureLine(signer("a").key.name, signer("a").key.key_id, b"old")
    signed = Note(TEXT, (old,)).signed_by(signer("a"), signer("b"))
    assert [line.name for line in signed.lines] == ["a", "b"]
    open_note(signed.to_bytes(), [Ed25519NoteVerifier(signer("a").key)])


@pytest.mark.parametrize(
    ("name", "key_id", "signature"),
    [("a b", bytes(4), b"s"), ("a", bytes(3), b"s"), ("a", bytes(4), b""), ("", bytes(4), b"s")],
)
def test_a_line_of_another_shape_is_refused(name: str, key_id: bytes, signature: bytes) -> None:
    with pytest.raises(InvalidValue):
        SignatureLine(name, key_id, signature)


def test_a_verifier_key_with_any_part_cut_or_changed_is_refused() -> None:
    for start in range(len(PETER)):
        for end in range(start + 1, len(PETER) + 1):
            if end - start < len(PETER):
                with pytest.raises((InvalidValue, WeakKey)):
                    VerifierKey.parse(PETER[start:end])
    for at in range(len(PETER)):
        with pytest.raises((InvalidValue, WeakKey)):
            VerifierKey.parse(PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        # golang.org/x/mod: a key of another length, and another algorithm, each with its right id.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "+",
        "++",
        "a+00000000+",
        "a+00000000+AQ==",
        PETER.upper(),
        PETER + "\n",
        " " + PETER,
        PETER.replace("c74f20a3", "C74F20A3"),
        "\ud800" + PETER,
        "a" * 300 + PETER,
    ],
)
def test_another_text_is_no_verifier_key(text: str) -> None:
    with pytest.raises((InvalidValue, WeakKey)):
        VerifierKey.parse(text)


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.COSIGNATURE_V1])
@pytest.mark.parametrize(
    "raw",
    [
        b"\1" + bytes(31),
        bytes(32),
        bytes.fromhex("ec" + "ff" * 30 + "7f"),
        bytes.fromhex("ee" + "ff" * 30 + "7f"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        b"\2" + bytes(31),
    ],
    ids=["identity", "order 4", "order 2", "not canonical", "order 8", "no point"],
)
def test_a_weak_key_is_no_verifier_key(kind: KeyType, raw: bytes) -> None:
    with pytest.raises(WeakKey):
        VerifierKey("example.org/log", kind, raw)


def test_one_key_has_another_id_for_each_type_and_name() -> None:
    raw = signer("a").key.public_key
    ids = {VerifierKey(name, kind, raw).key_id for name in "ab" for kind in list(KeyType)[:2]}
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("kind", "raw"), [(KeyType.SUBTREE_V1, bytes(32)), (KeyType.ED25519, bytes(1312)), (1, bytes(32))]
)
def test_a_key_of_another_length_or_type_is_refused(kind: KeyType, raw: bytes) -> None:
    with pytest.raises(InvalidValue):
        VerifierKey("a", kind, raw)


def test_a_verifier_of_texts_takes_keys_for_texts() -> None:
    with pytest.raises(InvalidValue, match="0x01"):
        Ed25519NoteVerifier(VerifierKey("a", KeyType.COSIGNATURE_V1, signer("a").key.public_key))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01",
        "00",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1_0",
        "0x1",
        "1.0",
        "1e3",
        "\u0661",
        "\u00b2",
        "1\n",
        str(2**63),
        "9" * 19,
        "9" * 5000,
    ],
)
def test_a_number_in_another_spelling_is_malformed(text: str) -> None:
    with pytest.raises(MalformedNote, match="the size must be a decimal"):
        read_decimal(text, "the size")


@given(st.integers(0, 2**63 - 1))
def test_every_number_is_read(number: int) -> None:
    assert read_decimal(str(number), "the size") == number


@given(st.binary(min_size=1, max_size=200))
def test_base64_has_one_spelling(data: bytes) -> None:
    text = write_base64(data)
    assert read_base64(text, "it") == data
    for other in (text + "\n", text[:2] + "\n" + text[2:], text.rstrip("=") + "====", text.replace("A", "-")):
        if other != text:
            with pytest.raises(MalformedNote):
                read_base64(other, "it")


@pytest.mark.parametrize("length", [1, 31, 33, 64])
def test_a_hash_has_32_bytes(length: int) -> None:
    with pytest.raises(MalformedNote, match="32 bytes"):
        read_hash(write_base64(bytes(length)), "the root")


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="+"),
    min_size=1,
    max_size=20,
)
LINES = st.builds(SignatureLine, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=80).map(
    lambda text: text + "\n"
)


@given(text=TEXTS, lines=st.lists(LINES, min_size=1, max_size=5))
def test_a_note_is_read_as_it_was_written(text: str, lines: list[SignatureLine]) -> None:
    whole = Note(text, tuple(lines))
    assert Note.from_bytes(whole.to_bytes()) == whole


@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass"))
    | st.builds(
        lambda text, tail: (text + "\n" + tail).encode(errors="surrogatepass"), TEXTS, st.text(max_size=60)
    )
)
def test_any_bytes_are_a_note_or_malformed(data: bytes) -> None:
    try:
        read = Note.from_bytes(data)
    except MalformedNote:
        return
    assert read.to_bytes() == data


@given(data=st.data())
def test_a_note_with_any_byte_changed_is_malformed_or_wrong_or_says_the_same(data: st.DataObject) -> None:
    whole = bytearray(note(PETER_LINE, ENOCH_LINE))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    try:
        opened = open_note(bytes(whole), [verifier_of(PETER)])
    except (MalformedNote, WrongSignature, KeyNotAllowed):
        return
    assert opened.text == TEXT


@given(st.text(max_size=80))
def test_any_text_is_a_verifier_key_or_refused(text: str) -> None:
    with pytest.raises((InvalidValue, WeakKey)):
        VerifierKey.parse(text)
