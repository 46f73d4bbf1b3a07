"""Keyrings keep keys and show none; weak public keys are refused; verification agrees with outside vectors."""

from __future__ import annotations

import copy
import pickle
import stat
from collections.abc import Callable
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from claimledger.ed25519 import D, P
from claimledger.events.envelope import keyid_of
from claimledger.events.errors import (
    ClaimLedgerError,
    InvalidInput,
    KeyMissing,
    KeyringError,
    WeakKey,
    WrongPassphrase,
)
from claimledger.keys import Keyring, PrivateKeySigner, check_public_key, keyid, verify

VECTORS = Path(cryptography_vectors.__file__).parent / "asymmetric" / "Ed25519" / "sign.input"
ORDER = 2**252 + 27742317777372353535851937790883648493
SIGN = 1 << 255

Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    """Addition on the twisted Edwards curve (RFC 8032, section 5.1.4), in plain affine numbers."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(number: int, point: Point) -> Point:
    result: Point = (0, 1)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def decompress(y: int) -> Point | None:
    """A point with that y, or None."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x, y) if x * x % P == square else None


def small_order_points() -> list[Point]:
    """All eight, from a point of order 8 that is found by multiplying the group's odd part away."""
    for y in range(2, 200):
        point = decompress(y)
        if point is not None:
            torsion = times(ORDER, point)
            if times(4, torsion) != (0, 1):
                return [times(n, torsion) for n in range(8)]
    raise AssertionError("no point of order 8 among the first candidates")


def spellings(point: Point) -> list[bytes]:
    """Each 32 bytes that some decoder reads as the point: y or y + p, and any sign where x is 0."""
    x, y = point
    signs = [0, SIGN] if x == 0 else [SIGN if x & 1 else 0]
    return [
        (number | sign).to_bytes(32, "little") for number in (y, y + P) if number < SIGN for sign in signs
    ]


SMALL_ORDER = [spelling for point in small_order_points() for spelling in spellings(point)]


def test_there_are_eight_points_of_small_order_and_fourteen_spellings() -> None:
    assert len(set(small_order_points())) == 8
    assert len(set(SMALL_ORDER)) == 14


@pytest.mark.parametrize("raw", SMALL_ORDER, ids=bytes.hex)
def test_a_point_of_small_order_is_no_key_in_any_spelling(raw: bytes) -> None:
    with pytest.raises(WeakKey, match=r"small order|canonical"):
        check_public_key(raw)


def test_the_identity_would_accept_one_signature_for_every_message() -> None:
    identity = b"\x01" + bytes(31)
    forged = identity + bytes(32)
    Ed25519PublicKey.from_public_bytes(identity).verify(forged, b"anything")  # what the rule is there for
    assert not verify(identity, forged, b"anything")
    assert not verify(identity, forged, b"anything else")


@pytest.mark.parametrize("y", range(P, SIGN))
def test_a_y_that_is_not_below_p_is_refused(y: int) -> None:
    for sign in (0, SIGN):
        with pytest.raises(WeakKey, match="canonical"):
            check_public_key((y | sign).to_bytes(32, "little"))


def test_bytes_that_are_no_point_are_refused_and_points_are_not() -> None:
    for y in range(2, 60):
        raw = y.to_bytes(32, "little")
        if decompress(y) is None:
            with pytest.raises(WeakKey, match="no point"):
                check_public_key(raw)
        else:
            check_public_key(raw)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(WeakKey, match=f"not {length}"):
        check_public_key(bytes(length))
    assert not verify(bytes(length), bytes(64), b"")


@given(seed=st.binary(min_size=32, max_size=32))
def test_every_generated_key_is_accepted(seed: bytes) -> None:
    check_public_key(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


@given(key=st.binary(max_size=40), signature=st.binary(max_size=70), message=st.binary(max_size=40))
def test_arbitrary_bytes_verify_nothing_and_raise_nothing(
    key: bytes, signature: bytes, message: bytes
) -> None:
    assert verify(key, signature, message) is False


def test_the_vectors_of_the_authors_of_ed25519_verify_and_sign_alike() -> None:
    lines = VECTORS.read_text("ascii").splitlines()
    assert len(lines) == 1024
    for line in lines:
        private, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        signature = signed[:64]
        assert PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(private[:32])).sign(message) == signature
        assert verify(public, signature, message)
        assert not verify(public, signature, message + b"\0")
        # The same s, written as s + order: RFC 8032 says to refuse it.
        larger = int.from_bytes(signature[32:], "little") + ORDER
        assert not verify(public, signature[:32] + larger.to_bytes(32, "little"), message)


def test_a_keyring_comes_back_from_its_folder(tmp_path: Path) -> None:
    made = Keyring.create(tmp_path / "keys", passphrase="a long one", holder="Ana", root_holder="The board")
    opened = Keyring.open(tmp_path / "keys", passphrase="a long one")
    assert opened.entries == made.entries
    assert opened.recorder.public_key == made.recorder.public_key
    assert [keyid(root) for root in opened.roots] == [keyid(root) for root in made.roots]
    assert opened.recorder_holder == "Ana"
    assert [(each.role, each.holder) for each in opened.entries] == [
        ("root", "The board"),
        ("recorder", "Ana"),
        ("log", "Log"),
        ("log", "Log"),
    ]
    assert [each.algorithm for each in opened.logs] == ["ed25519", "ml-dsa-44"]
    assert verify(made.recorder.public_key, opened.recorder.sign(b"m"), b"m")


def test_only_the_owner_may_read_a_keyring(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keys", passphrase="a long one")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_private_keys_are_encrypted_unless_that_is_declined(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="plain=True"):
        Keyring.create(tmp_path / "none", passphrase=None)
    with pytest.raises(InvalidInput, match="plain=True"):
        Keyring.create(tmp_path / "empty", passphrase="")
    assert list(tmp_path.iterdir()) == []
    Keyring.create(tmp_path / "closed", passphrase="a long one")
    Keyring.create(tmp_path / "plain", passphrase=None, plain=True)
    assert all(b"ENCRYPTED" in file.read_bytes() for file in (tmp_path / "closed").glob("*.pem"))
    assert not any(b"ENCRYPTED" in file.read_bytes() for file in (tmp_path / "plain").glob("*.pem"))
    assert Keyring.open(tmp_path / "plain", passphrase="of no effect").recorder.public_key


def test_an_existing_keyring_is_never_written_over(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keys", passphrase="a long one")
    before = {file.name: file.read_bytes() for file in (tmp_path / "keys").iterdir()}
    with pytest.raises(InvalidInput, match="there already"):
        Keyring.create(tmp_path / "keys", passphrase="another")
    assert {file.name: file.read_bytes() for file in (tmp_path / "keys").iterdir()} == before


def test_a_folder_with_other_files_gets_no_keyring(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="empty folder"):
        Keyring.create(tmp_path, passphrase="a long one")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyringError, match="no keyring can be written"):
        Keyring.create(tmp_path / "file" / "keys", passphrase="a long one")


@pytest.mark.parametrize(("passphrase", "words"), [("wrong", "does not open"), (None, "give the passphrase")])
def test_a_wrong_passphrase_is_said_to_be_one(tmp_path: Path, passphrase: str | None, words: str) -> None:
    Keyring.create(tmp_path / "keys", passphrase="a long one")
    with pytest.raises(WrongPassphrase, match=words) as caught:
        Keyring.open(tmp_path / "keys", passphrase=passphrase)
    assert "a long one" not in str(caught.value)


def test_a_folder_without_a_keyring_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="claimledger keys new"):
        Keyring.open(tmp_path / "nowhere")


def test_a_key_kept_elsewhere_is_missed_only_when_it_is_needed(tmp_path: Path) -> None:
    made = Keyring.create(tmp_path / "keys", passphrase="a long one")
    next((tmp_path / "keys").glob("root-*.pem")).unlink()
    opened = Keyring.open(tmp_path / "keys", passphrase="a long one")
    assert opened.roots == ()
    assert opened.entries == made.entries
    assert opened.recorder.public_key == made.recorder.public_key
    next((tmp_path / "keys").glob("recorder-*.pem")).unlink()
    with pytest.raises(KeyMissing, match="no private recorder key"):
        _ = Keyring.open(tmp_path / "keys", passphrase="a long one").recorder


def test_another_key_in_the_place_of_one_is_noticed(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "a", passphrase=None, plain=True)
    Keyring.create(tmp_path / "b", passphrase=None, plain=True)
    mine, theirs = (next((tmp_path / name).glob("recorder-*.pem")) for name in "ab")
    mine.write_bytes(theirs.read_bytes())
    with pytest.raises(KeyringError, match="another key"):
        Keyring.open(tmp_path / "a")


def test_a_key_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    next((tmp_path / "keys").glob("recorder-*.pem")).write_bytes(pem)
    with pytest.raises(KeyringError, match="neither an Ed25519"):
        Keyring.open(tmp_path / "keys")


def damaged(change: Callable[[str], str], tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    listing = tmp_path / "keys" / "keyring.json"
    listing.write_text(change(listing.read_text()))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: text[:-20],
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace("recorder-", "../recorder-"),
        lambda text: text.replace('"role": "root"', '"role": "king"'),
        lambda text: text.replace('"keyid": "', '"keyid": "0'),
    ],
)
def test_a_damaged_listing_is_said_to_be_damaged(tmp_path: Path, change: Callable[[str], str]) -> None:
    damaged(change, tmp_path)
    with pytest.raises(KeyringError, match=r"keyring\.json: damaged"):
        Keyring.open(tmp_path / "keys")


def test_a_listing_whose_keyid_is_not_that_of_the_key_is_damaged(tmp_path: Path) -> None:
    ring = Keyring.in_memory(seed=b"any")
    damaged(lambda text: text, tmp_path)
    listing = tmp_path / "keys" / "keyring.json"
    old = Keyring.describe(tmp_path / "keys")[0].keyid
    listing.write_text(listing.read_text().replace(old, ring.entries[0].keyid))
    with pytest.raises(KeyringError, match="keyid"):
        Keyring.describe(tmp_path / "keys")


@given(data=st.binary(max_size=300), encrypted=st.booleans())
def test_a_key_file_of_arbitrary_bytes_raises_only_our_own(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, encrypted: bool
) -> None:
    folder = tmp_path_factory.mktemp("keys") / "keys"
    Keyring.create(folder, passphrase=None, plain=True)
    word = b"ENCRYPTED " if encrypted else b""
    pem = b"-----BEGIN %bPRIVATE KEY-----\n%b\n-----END %bPRIVATE KEY-----\n" % (word, data, word)
    next(folder.glob("recorder-*.pem")).write_bytes(pem)
    with pytest.raises(ClaimLedgerError):
        Keyring.open(folder, passphrase="any")


def test_a_new_recorder_key_takes_over_and_stays(tmp_path: Path) -> None:
    ring = Keyring.create(tmp_path / "keys", passphrase="a long one", holder="Ana")
    with pytest.raises(WrongPassphrase):
        ring.new_key("recorder", "Ben", passphrase="another")
    made = ring.new_key("recorder", "Ben", passphrase="a long one")
    assert ring.recorder is made
    opened = Keyring.open(tmp_path / "keys", passphrase="a long one")
    assert opened.recorder_holder == "Ben"
    assert opened.recorder.public_key == made.public_key
    assert [each.holder for each in opened.entries] == ["Root", "Ana", "Log", "Log", "Ben"]


def test_the_same_seed_gives_the_same_keys_and_no_seed_gives_new_ones() -> None:
    first, second = Keyring.in_memory(seed=b"s"), Keyring.in_memory(seed=b"s")
    assert first.entries == second.entries
    assert first.recorder.public_key != first.roots[0].public_key
    assert Keyring.in_memory(seed=b"t").entries != first.entries
    assert Keyring.in_memory().entries != Keyring.in_memory().entries
    ring = Keyring.in_memory()
    assert ring.new_key("recorder", "Ben") is ring.recorder


@pytest.mark.parametrize("holder", ["", "x" * 201])
def test_a_holder_is_named(holder: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 200"):
        Keyring.in_memory(holder=holder)


def test_private_keys_are_not_pickled_copied_or_shown() -> None:
    ring = Keyring.in_memory(seed=b"s")
    for thing in (ring, ring.recorder):
        with pytest.raises(KeyringError, match="not pickled"):
            pickle.dumps(thing)
        with pytest.raises(KeyringError, match="not pickled"):
            copy.deepcopy(thing)
    assert repr(ring.recorder) == f"<PrivateKeySigner {keyid(ring.recorder)}>"
    assert keyid(ring.recorder) == keyid_of(ring.recorder.public_key)
    assert repr(ring).startswith("<Keyring root ")
