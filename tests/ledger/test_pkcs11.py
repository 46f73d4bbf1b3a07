"""A key in a token signs like any other, and whatever is wrong with token, key or PIN is said in plain words.

The token is SoftHSM2: a real PKCS#11 library, whose token is a folder.
"""

from __future__ import annotations

import copy
import logging
import os
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import Attribute, KeyType, ObjectClass

from claimledger.ed25519 import verify
from claimledger.events.errors import (
    ClaimLedgerError,
    InvalidInput,
    InvalidValue,
    KeyMissing,
    KeyringError,
    MissingExtra,
    NameTaken,
    TokenUnavailable,
    WeakKey,
    WrongPin,
)
from claimledger.pkcs11_signer import Pkcs11Signer
from claimledger.pkcs11_token import TokenKey, raw_point
from tests.ledger.softhsm import PIN, SoftToken

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def in_child(act: Callable[[], object]) -> str:
    """What an act answers, or raises, in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = repr(act())
        except ClaimLedgerError as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, answer.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading, "rb") as answered:
        return answered.read().decode()


def test_a_key_put_into_a_token_signs_as_it_did_outside(token: SoftToken) -> None:
    private = token.import_key("recorder", "01")
    signer = token.signer()
    assert signer.public_key == private.public_key().public_bytes_raw()
    assert signer.sign(b"message") == private.sign(b"message")


def test_a_key_made_in_a_token_signs_and_can_not_be_taken_out(token: SoftToken) -> None:
    made = Pkcs11Signer.generate(token.place(), pin=PIN)
    opened = token.signer()
    assert opened.public_key == made.public_key
    Ed25519PublicKey.from_public_bytes(made.public_key).verify(opened.sign(b"message"), b"message")
    made.close()
    opened.close()
    with token.session() as session:
        [private] = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        assert (private[Attribute.SENSITIVE], private[Attribute.EXTRACTABLE]) == (True, False)


def test_a_new_key_takes_no_name_that_is_taken(filled: SoftToken) -> None:
    for place in (filled.place(), filled.place("other", key_id="01")):
        with pytest.raises(NameTaken, match="is there already"):
            Pkcs11Signer.generate(place, pin=PIN)
    with pytest.raises(
        WrongPin, match="refuses this PIN"
    ):  # not "is open with another PIN": it is logged out
        Pkcs11Signer.generate(filled.place("other"), pin="wrong 1234")
    with pytest.raises(WrongPin, match="a PIN is needed"):
        Pkcs11Signer.generate(filled.place("other"), pin="")
    with pytest.raises(InvalidInput, match="needs a label"):
        Pkcs11Signer.generate(filled.place(None, key_id="02"), pin=PIN)


def test_an_event_of_any_length_is_signed(filled: SoftToken) -> None:
    signer = filled.signer()
    for length in (0, 1, 32 * 1024, 48 * 1024):
        message = bytes(length)
        assert verify(signer.public_key, signer.sign(message), message)


def test_a_key_is_named_by_label_by_id_or_by_both(token: SoftToken) -> None:
    first = token.import_key("recorder", "0a").public_key().public_bytes_raw()
    second = token.import_key("recorder", "0b").public_key().public_bytes_raw()
    assert token.signer(None, key_id="0a").public_key == first
    assert token.signer(key_id="0b").public_key == second
    with pytest.raises(KeyringError, match="2 keys are called so; name the id"):
        token.signer()


def test_a_token_is_named_by_its_serial_number_where_two_have_one_label(filled: SoftToken) -> None:
    serial = next(iter(filled.serials()))
    filled.initialize()
    with pytest.raises(KeyringError, match=f"2 are called so; name the serial number too: .*{serial}"):
        filled.signer()
    assert len(filled.signer(serial=serial).sign(b"m")) == 64


def test_what_is_not_there_is_said_with_what_is(filled: SoftToken, tmp_path: Path) -> None:
    with pytest.raises(TokenUnavailable, match=r'token "other": is not there \(there are: ledger'):
        Pkcs11Signer(TokenKey(library=filled.library, token="other", key="recorder"), pin=PIN)
    with pytest.raises(KeyMissing, match=r'key "recoder" in token "ledger": .*there are: recorder'):
        filled.signer("recoder")
    with pytest.raises(TokenUnavailable, match="no such file"):
        Pkcs11Signer(TokenKey(library="/nowhere/lib.so", token="ledger", key="recorder"), pin=PIN)
    text = tmp_path / "lib.so"
    text.write_text("no library")
    with pytest.raises(TokenUnavailable, match="cannot be loaded as a PKCS#11 library"):
        Pkcs11Signer(TokenKey(library=str(text), token="ledger", key="recorder"), pin=PIN)


def test_an_empty_token_holds_no_key(token: SoftToken) -> None:
    with pytest.raises(KeyMissing, match="it holds no Ed25519 key at all"):
        token.signer()


def test_a_key_of_another_algorithm_is_no_key_here(token: SoftToken) -> None:
    with token.session() as session:
        session.generate_keypair(KeyType.RSA, 1024, store=True, label="recorder")
    with pytest.raises(KeyMissing, match="no Ed25519 key of that name"):
        token.signer()


@pytest.mark.parametrize(
    ("pin", "said"), [("wrong 1234", "refuses this PIN"), ("", "a PIN is needed"), ("1", "refuses")]
)
def test_a_wrong_pin_is_said_and_never_shown(filled: SoftToken, pin: str, said: str) -> None:
    with pytest.raises(WrongPin, match=said) as caught:
        filled.signer(pin=pin)
    assert "wrong 1234" not in str(caught.value)


def test_a_token_that_cannot_sign_with_ed25519_is_refused(filled: SoftToken) -> None:
    filled.configure(mechanisms="CKM_RSA_PKCS")
    with pytest.raises(TokenUnavailable, match="no mechanism CKM_EDDSA"):
        filled.signer()


def test_a_key_other_than_the_one_named_is_refused(filled: SoftToken) -> None:
    with pytest.raises(KeyringError, match="another key than the one that is named"):
        Pkcs11Signer(filled.place(), pin=PIN, public_key=bytes(32))


def test_a_public_key_that_does_not_belong_to_the_private_one_is_found_at_once(token: SoftToken) -> None:
    token.import_key("recorder", "01")
    stranger = token.import_key("stranger", "02").public_key().public_bytes_raw()
    token.replace_public_key("01", b"\x04\x20" + stranger)
    with pytest.raises(KeyringError, match="does not fit the public key"):
        token.signer()


def test_a_weak_public_key_is_refused(filled: SoftToken) -> None:
    filled.replace_public_key("01", b"\x04\x20\x01" + bytes(31))
    with pytest.raises(WeakKey, match="small order"):
        filled.signer()


def test_a_token_without_the_public_key_signs_once_it_is_named(token: SoftToken) -> None:
    public = token.import_key("recorder", "01").public_key().public_bytes_raw()
    token.replace_public_key("01", None)
    with pytest.raises(KeyringError, match="keeps no public key beside it"):
        token.signer()
    signer = Pkcs11Signer(token.place(), pin=PIN, public_key=public)
    assert verify(public, signer.sign(b"m"), b"m")
    other = token.import_key("other", "02").public_key().public_bytes_raw()
    with pytest.raises(KeyringError, match="does not fit the public key"):
        Pkcs11Signer(token.place(), pin=PIN, public_key=other)


def test_a_token_that_was_reset_is_opened_anew(filled: SoftToken) -> None:
    signer = filled.signer()
    for _ in range(3):
        filled.reset()
        assert verify(signer.public_key, signer.sign(b"m"), b"m")


def test_a_token_that_is_gone_is_said_to_be_gone_and_used_again_once_it_is_back(filled: SoftToken) -> None:
    signer = filled.signer()
    filled.unplug()
    for _ in range(2):
        with pytest.raises(TokenUnavailable, match="is not there"):
            signer.sign(b"m")
    filled.plug_in()
    assert verify(signer.public_key, signer.sign(b"m"), b"m")


def test_another_token_of_the_same_name_does_not_sign_in_its_place(filled: SoftToken) -> None:
    signer = filled.signer()
    public_key = signer.public_key
    filled.unplug()
    filled.initialize()
    filled.import_key("recorder", "01")
    with pytest.raises(KeyringError, match="another key than the one that is named"):
        signer.sign(b"m")
    assert signer.public_key == public_key


def test_a_pin_that_was_refused_is_not_tried_again(filled: SoftToken) -> None:
    """A few wrong ones lock a token: a ledger that records on must not use them up."""
    signer = filled.signer()
    filled.reset()
    filled.change_pin(PIN, "another 1234")
    with pytest.raises(WrongPin, match="refuses this PIN"):
        signer.sign(b"m")
    filled.change_pin("another 1234", PIN)
    with pytest.raises(WrongPin, match="refused the PIN"):
        signer.sign(b"m")
    assert len(filled.signer().sign(b"m")) == 64


def test_a_key_that_asks_for_the_pin_each_time_gets_it(token: SoftToken) -> None:
    with token.session() as session:
        session.create_domain_parameters(
            KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: bytes.fromhex("06032b6570")}, local=True
        ).generate_keypair(
            store=True, label="recorder", id=b"\1", private_template={Attribute.ALWAYS_AUTHENTICATE: True}
        )
    signer = token.signer()
    for _ in range(3):
        assert verify(signer.public_key, signer.sign(b"m"), b"m")


def test_two_keys_of_one_token_share_its_session(filled: SoftToken) -> None:
    filled.import_key("root", "02")
    recorder, root = filled.signer(), filled.signer("root")
    with pytest.raises(WrongPin, match="open with another PIN"):
        filled.signer("root", pin="wrong 1234")
    recorder.close()
    recorder.close()
    assert verify(root.public_key, root.sign(b"m"), b"m")
    with pytest.raises(KeyringError, match="closed"):
        recorder.sign(b"m")
    filled.reset()
    assert verify(root.public_key, root.sign(b"m"), b"m")
    root.close()
    with pytest.raises(WrongPin, match="refuses this PIN"):
        filled.signer("root", pin="wrong 1234")


def test_a_login_of_other_code_is_not_joined(filled: SoftToken) -> None:
    with filled.session(), pytest.raises(KeyringError, match="other code of this process is logged in"):
        filled.signer()
    assert len(filled.signer().sign(b"m")) == 64


def test_threads_share_a_signer(filled: SoftToken) -> None:
    filled.import_key("root", "02")
    signers = [filled.signer(), filled.signer("root")]
    messages = [(signers[number % 2], b"%d" % number) for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda each: each[0].sign(each[1]), messages))
    for (signer, message), signature in zip(messages, signatures, strict=True):
        assert verify(signer.public_key, signature, message)


@needs_fork
def test_a_signer_is_not_used_after_a_fork_and_none_is_opened_there(filled: SoftToken) -> None:
    signer = filled.signer()
    assert "opened by another process" in in_child(lambda: signer.sign(b"m"))
    assert "was loaded before this process forked" in in_child(filled.signer)
    assert in_child(signer.close) == "None"
    assert len(signer.sign(b"m")) == 64


def test_a_signer_is_neither_pickled_nor_copied(filled: SoftToken) -> None:
    signer = filled.signer()
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(KeyringError, match="not pickled or copied"):
            act(signer)


def test_the_pin_is_shown_nowhere(filled: SoftToken, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    signer = filled.signer()
    session = signer._session
    assert PIN not in f"{signer!r} {signer.place!r} {session!r} {caplog.text}"
    filled.unplug()
    with pytest.raises(TokenUnavailable) as caught:
        signer.sign(b"m")
    assert PIN not in str(caught.getrepr(showlocals=False))


def test_without_the_package_the_message_says_what_to_install(
    filled: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(MissingExtra, match=r"pip install claimledger\[pkcs11\]"):
        filled.signer()


@pytest.mark.parametrize(
    "place",
    [
        {"library": "libsofthsm2.so", "token": "ledger", "key": "recorder"},
        {"library": "/lib.so", "key": "recorder"},
        {"library": "/lib.so", "token": "ledger"},
        {"library": "/lib.so", "token": "", "key": "recorder"},
        {"library": "/lib.so", "token": "ledger", "key_id": "0A"},
        {"library": "/lib.so", "token": "ledger", "key_id": "abc"},
    ],
)
def test_a_place_names_a_library_a_token_and_a_key(place: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        TokenKey(**place)


@given(st.binary(max_size=70))
def test_a_point_is_32_bytes_behind_a_head_that_is_known_or_none(point: bytes) -> None:
    assert raw_point(point) == (point if len(point) == 32 else None)
    raw = bytes(32 - len(point[:32])) + point[:32]
    assert raw_point(b"\x04\x20" + raw) == raw_point(b"\x03\x21\x00" + raw) == raw
    assert raw_point(b"\x04\x21" + raw) is None
