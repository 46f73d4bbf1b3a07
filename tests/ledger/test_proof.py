"""The real `openssl` verifies what was exported, and fails once a byte of it is changed."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from claimledger.events.envelope import Envelope, Signature, pae
from claimledger.events.errors import InvalidInput, KeyNotAllowed, WrongSignature
from claimledger.keys import Keyring, keyid
from claimledger.proof import export_event, openssl_command

PAYLOAD = b'{"any":"bytes are signed as they are"}'
RING = Keyring.in_memory(seed=b"proof")
SIGNERS = sorted([RING.recorder, *RING.roots], key=keyid)
KEYS = {keyid(each): each.public_key for each in SIGNERS}
ENVELOPE = Envelope(PAYLOAD, tuple(Signature(keyid(each), each.sign(pae(PAYLOAD))) for each in SIGNERS))

needs_openssl = pytest.mark.usefixtures("with_openssl")


def openssl(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        openssl_command(name).split(), cwd=folder, capture_output=True, text=True, check=False
    )


@needs_openssl
def test_openssl_alone_verifies_every_signature(tmp_path: Path) -> None:
    export_event(ENVELOPE, KEYS.values(), tmp_path / "proof")
    for name in KEYS:
        answer = openssl(name, tmp_path / "proof")
        assert (answer.returncode, answer.stdout.strip()) == (0, "Signature Verified Successfully")


@needs_openssl
@pytest.mark.parametrize("file", ["event.pae", "{}.sig"])
def test_openssl_refuses_once_a_byte_is_changed(tmp_path: Path, file: str) -> None:
    export_event(ENVELOPE, KEYS.values(), tmp_path / "proof")
    name = next(iter(KEYS))
    changed = tmp_path / "proof" / file.format(name)
    data = bytearray(changed.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    assert openssl(name, tmp_path / "proof").returncode == 1


def test_the_folder_holds_the_stored_bytes_the_signed_bytes_and_how_to_check_them(tmp_path: Path) -> None:
    written = export_event(ENVELOPE, KEYS.values(), tmp_path / "proof")
    names = {f"{name}.{kind}" for name in KEYS for kind in ("sig", "pem")}
    assert {file.name for file in written} == {"event.json", "event.pae", "README.txt"} | names
    assert set(written) == set((tmp_path / "proof").iterdir())
    assert (tmp_path / "proof" / "event.json").read_bytes() == ENVELOPE.to_bytes()
    assert (tmp_path / "proof" / "event.pae").read_bytes() == pae(PAYLOAD)
    readme = (tmp_path / "proof" / "README.txt").read_text()
    assert all(openssl_command(name) in readme for name in KEYS)
    entry = sha256(pae(PAYLOAD)).digest() + b"".join(
        bytes.fromhex(each.keyid) + each.signature for each in ENVELOPE.signatures
    )
    assert sha256(b"\0" + entry).hexdigest() in readme


def test_a_proof_is_never_written_over_something(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="empty folder"):
        export_event(ENVELOPE, KEYS.values(), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(InvalidInput, match="cannot be written"):
        export_event(ENVELOPE, KEYS.values(), tmp_path / "letter.txt" / "proof")


def test_a_proof_that_fails_is_not_handed_out(tmp_path: Path) -> None:
    first = ENVELOPE.signatures[0]
    with pytest.raises(KeyNotAllowed, match=first.keyid):
        export_event(ENVELOPE, [], tmp_path / "proof")
    with pytest.raises(WrongSignature, match=first.keyid):
        export_event(Envelope(b"other", ENVELOPE.signatures), KEYS.values(), tmp_path / "proof")
    assert not (tmp_path / "proof").exists()
