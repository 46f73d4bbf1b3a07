"""Keys of ML-DSA-44: which are refused, and what a signature shows."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from claimledger.events.envelope import keyid_of
from claimledger.events.errors import InvalidInput, KeyringError, WeakKey
from claimledger.keys import Keyring
from claimledger.mldsa44 import Mldsa44Signer, check_public_key, verify

SIGNER = Mldsa44Signer(MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))))


def test_a_signature_fits_its_message_and_key_only() -> None:
    signature = SIGNER.sign(b"a message")
    other = Mldsa44Signer(MLDSA44PrivateKey.from_seed_bytes(bytes(32)))
    assert verify(SIGNER.public_key, signature, b"a message")
    assert not verify(SIGNER.public_key, signature, b"another")
    assert not verify(other.public_key, signature, b"a message")
    assert not verify(SIGNER.public_key, signature[:-1], b"a message")
    assert not verify(SIGNER.public_key[:-1], signature, b"a message")


def test_a_key_without_a_secret_is_refused() -> None:
    weak = SIGNER.public_key[:32] + bytes(1280)
    with pytest.raises(WeakKey, match="anyone can sign"):
        check_public_key(weak)
    assert not verify(weak, bytes(2420), b"a message")
    with pytest.raises(WeakKey, match="1312 raw bytes, not 1311"):
        check_public_key(SIGNER.public_key[:-1])
    check_public_key(SIGNER.public_key)


def test_a_signer_shows_its_key_id_and_stays_in_its_process() -> None:
    assert repr(SIGNER) == f"<Mldsa44Signer {keyid_of(SIGNER.public_key, 'ml-dsa-44')}>"
    with pytest.raises(KeyringError, match="not pickled"):
        pickle.dumps(SIGNER)


def test_a_keyring_keeps_log_keys_of_both_algorithms(tmp_path: Path) -> None:
    made = Keyring.create(tmp_path / "keys", passphrase="a long one")
    opened = Keyring.open(tmp_path / "keys", passphrase="a long one")
    assert [each.public_key for each in opened.logs] == [each.public_key for each in made.logs]
    assert [keyid_of(each.public_key, each.algorithm) for each in opened.logs] == [
        entry.keyid for entry in opened.entries if entry.role == "log"
    ]
    assert verify(opened.logs[1].public_key, opened.logs[1].sign(b"a checkpoint"), b"a checkpoint")
    with pytest.raises(InvalidInput, match="another algorithm"):
        opened.new_key("recorder", "Ana", algorithm="ml-dsa-44", passphrase="a long one")
