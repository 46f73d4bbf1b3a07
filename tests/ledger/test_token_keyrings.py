"""A ledger is recorded with a key in a token, or with any other signer, and a stranger verifies it as always."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from claimledger import Keyring, Ledger
from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE
from claimledger.cli_terminal import PIN as PIN_VARIABLE
from claimledger.events.errors import (
    InvalidInput,
    KeyMissing,
    KeyringError,
    TokenUnavailable,
    WeakKey,
    WrongPin,
)
from claimledger.keys import KeyringRole, PrivateKeySigner, keyid
from claimledger.pkcs11_signer import Pkcs11Signer
from claimledger.proof import openssl_command
from tests.ledger.softhsm import PIN, SoftToken

Run = Callable[..., Result]

CLAIMS = """
claimledger: 1
case: {id: quay, title: A night at the quay}
shared: {watch: {authority: The watch}}
entities: {docker: {person: a docker}}
claims:
  C1: {death: docker, when: 2031-05-02, asserter: watch, asserted_at: 2031-05-03}
"""


class Agent:
    """A signer of somebody else's: two members and nothing of ours."""

    def __init__(self, inner: PrivateKeySigner) -> None:
        self.public_key = inner.public_key
        self.asked: list[bytes] = []
        self._inner = inner

    def sign(self, message: bytes) -> bytes:
        self.asked.append(message)
        return self._inner.sign(message)


def agent(seed: bytes = b"agent") -> Agent:
    inner = Keyring.in_memory(seed=seed).recorder
    assert isinstance(inner, PrivateKeySigner)
    return Agent(inner)


def of_token(token: SoftToken, folder: Path) -> Path:
    """A keyring in files, but for the recorder key, which is in the token."""
    Keyring.create(folder, passphrase="a long one", roles=("root", "log"))
    signer = token.signer()
    Keyring.add_token(folder, signer, holder="Ana")
    signer.close()
    return folder


def openssl_verifies(folder: Path, names: list[str]) -> None:
    for name in names:
        done = subprocess.run(
            openssl_command(name).split(), cwd=folder, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a folder of its own, with a passphrase and the right PIN, unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def run_it(*arguments: str, **env: str | None) -> Result:
        known = {PASSPHRASE: "a long one", PIN_VARIABLE: PIN, **env}
        return runner.invoke(app, list(arguments), env=known, catch_exceptions=False)

    return run_it


@pytest.mark.usefixtures("with_openssl")
def test_a_ledger_recorded_by_a_token_verifies_by_audit_and_by_openssl(
    filled: SoftToken, tmp_path: Path
) -> None:
    keys = Keyring.open(of_token(filled, tmp_path / "keys"), passphrase="a long one", pin=PIN)
    place = tmp_path / "quay.ledger"
    with Ledger.create(place, origin="example.org/quay", keys=keys) as ledger:
        ledger_id = ledger.id
        ledger.create_case("quay", title="A night at the quay")
        filled.reset()
        ledger.create_case("pier", title="A night at the pier")
    recorder = keys.entries[-1]
    assert (recorder.holder, recorder.role, recorder.file) == ("Ana", "recorder", None)
    with Ledger.open(place, read_only=True) as opened:
        assert opened.verify(pin=ledger_id).is_sound
        last = list(opened.events())[-1]
        assert last.signers == (recorder.keyid,)
        opened.export_event(last.leaf, tmp_path / "proof")
    openssl_verifies(tmp_path / "proof", [recorder.keyid])


def test_a_token_is_not_touched_before_its_key_is_asked_for(filled: SoftToken, tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(entry: object) -> str:
        asked.append(repr(entry))
        return PIN

    folder = of_token(filled, tmp_path / "keys")
    filled.unplug()
    keys = Keyring.open(folder, passphrase="a long one", pin=ask)
    assert [keyid(each) for each in keys.roots] == [keys.entries[0].keyid]
    assert keys.recorder_holder == "Ana"
    assert asked == []
    filled.plug_in()
    assert keys.recorder is keys.recorder
    assert len(asked) == 1


def test_no_other_recorder_signs_in_the_place_of_one_whose_token_is_gone(
    filled: SoftToken, tmp_path: Path
) -> None:
    Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    signer = filled.signer()
    Keyring.add_token(tmp_path / "keys", signer, holder="Ana")
    signer.close()
    filled.unplug()
    keys = Keyring.open(tmp_path / "keys", pin=PIN)
    with pytest.raises(TokenUnavailable, match="is not there"):
        _ = keys.recorder
    assert [keyid(each) for each in keys.recorders] == [keys.entries[1].keyid]
    filled.plug_in()
    assert keyid(keys.recorder) == keys.entries[-1].keyid


def test_a_root_and_a_log_key_may_be_in_a_token_too(filled: SoftToken, tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keys", passphrase=None, plain=True, roles=["recorder"])
    roles: list[KeyringRole] = ["root", "log"]
    for role in roles:
        signer = Pkcs11Signer.generate(filled.place(role), pin=PIN)
        Keyring.add_token(tmp_path / "keys", signer, holder="The board", role=role)
        signer.close()
    keys = Keyring.open(tmp_path / "keys", pin=PIN)
    assert [log.algorithm for log in keys.logs] == ["ed25519"]
    with Ledger.create(tmp_path / "quay.ledger", origin="example.org/quay", keys=keys) as ledger:
        assert next(iter(ledger.events())).signers == (keyid(keys.roots[0]),)


def test_a_wrong_or_missing_pin_is_said_when_the_key_is_needed(filled: SoftToken, tmp_path: Path) -> None:
    folder = of_token(filled, tmp_path / "keys")
    for pin, words in ((None, "a PIN is needed"), ("wrong 1234", "refuses this PIN")):
        with pytest.raises(WrongPin, match=words):
            _ = Keyring.open(folder, passphrase="a long one", pin=pin).recorder


def test_one_key_is_listed_once(filled: SoftToken, tmp_path: Path) -> None:
    folder = of_token(filled, tmp_path / "keys")
    signer = filled.signer()
    with pytest.raises(InvalidInput, match="one key has one role"):
        Keyring.add_token(folder, signer, holder="Ana", role="root")
    with pytest.raises(InvalidInput, match="holder of a key"):
        Keyring.add_token(folder, signer, holder="")
    with pytest.raises(KeyMissing, match="no keyring there"):
        Keyring.add_token(tmp_path / "nowhere", signer, holder="Ana")
    assert len(Keyring.describe(folder)) == len(list(folder.glob("*.pem"))) + 1


def test_the_listing_names_a_file_or_a_token_and_no_pin(filled: SoftToken, tmp_path: Path) -> None:
    listing = of_token(filled, tmp_path / "keys") / "keyring.json"
    assert PIN not in listing.read_text()
    listed = json.loads(listing.read_text())
    assert listed["keys"][-1]["pkcs11"] == {"library": filled.library, "token": "ledger", "key": "recorder"}
    for change in ({"file": "recorder-1.pem"}, {"pkcs11": None}, {"pkcs11": {"library": "lib.so"}}):
        changed = {**listed["keys"][-1], **change}
        listing.write_text(json.dumps({"version": 1, "keys": [changed]}))
        with pytest.raises(KeyringError, match=r"keyring\.json: damaged"):
            Keyring.describe(tmp_path / "keys")


def test_any_signer_records() -> None:
    signer, board = agent(), Keyring.in_memory(seed=b"board")
    keys = Keyring.of([("The board", "root", board.roots[0]), ("The desk", "recorder", signer)])
    with Ledger.create("memory:", origin="example.org/desk", keys=keys) as ledger:
        ledger.create_case("quay", title="A night at the quay")
        events = list(ledger.events())
    assert events[-1].signers == (keyid(signer),)
    assert len(signer.asked) == 2  # that it holds its key, and the case
    assert all(
        message.startswith(b"DSSEv1 38 application/vnd.claimledger.event+json ") for message in signer.asked
    )


def test_a_keyring_of_signers_refuses_a_key_twice_a_weak_one_and_another_algorithm() -> None:
    signer = agent()
    with pytest.raises(InvalidInput, match="comes twice"):
        Keyring.of([("The board", "root", signer), ("The desk", "recorder", signer)])
    weak = agent()
    weak.public_key = b"\1" + bytes(31)
    with pytest.raises(WeakKey):
        Keyring.of([("The desk", "recorder", weak)])
    with pytest.raises(InvalidInput, match="holder of a key"):
        Keyring.of([("", "recorder", signer)])
    other = next(each for each in Keyring.in_memory(seed=b"x").logs if each.algorithm == "ml-dsa-44")
    with pytest.raises(InvalidInput, match="a recorder key is an Ed25519 key"):
        Keyring.of([("The desk", "recorder", other)])
    assert Keyring.of([("The log", "log", other)]).logs == (other,)


@pytest.mark.usefixtures("with_openssl")
def test_the_command_line_makes_a_key_in_a_token_and_records_with_it(
    token: SoftToken, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "quay.yaml").write_text(CLAIMS)
    made = run(
        "keys",
        "new",
        "keys",
        "--holder",
        "Ana",
        "--pkcs11",
        token.library,
        "--token",
        "ledger",
        "--key",
        "ana",
    )
    assert made.exit_code == 0
    assert 'key "ana" in token "ledger"' in made.stdout
    listed = json.loads(run("keys", "list", "keys", "--json").stdout)
    assert [(each["role"], each["at_hand"]) for each in listed[:-1]] == [
        ("root", True),
        ("log", True),
        ("log", True),
    ]
    assert (listed[-1]["holder"], listed[-1]["file"], listed[-1]["at_hand"]) == ("Ana", None, None)
    assert listed[-1]["pkcs11"]["library"] == token.library
    assert run("init", "quay.ledger", "--origin", "example.org/quay", "--keys", "keys").exit_code == 0
    assert run("record", "quay.ledger", "quay.yaml", "--keys", "keys").exit_code == 0
    assert run("prove", "quay.ledger", "C1", "--to", "proof").exit_code == 0
    openssl_verifies(tmp_path / "proof", [listed[-1]["keyid"]])
    token.unplug()
    gone = run("record", "quay.ledger", "quay.yaml", "--keys", "keys")
    assert (gone.exit_code, gone.stderr.split(":")[:2]) == (1, ["error", ' token "ledger"'])


def test_the_command_line_takes_an_existing_key_into_a_keyring_that_is_there(
    filled: SoftToken, run: Run
) -> None:
    options = ("--pkcs11", filled.library, "--token", "ledger", "--key", "recorder")
    run("keys", "new", "keys")
    taken = run("keys", "new", "keys", *options)
    assert (taken.exit_code, "is there already" in taken.stderr) == (1, True)
    assert run("keys", "new", "keys", *options, "--existing", **{PASSPHRASE: None}).exit_code == 0
    assert json.loads(run("keys", "list", "keys", "--json").stdout)[-1]["role"] == "recorder"


def test_the_command_line_says_what_is_missing_before_it_makes_anything(
    token: SoftToken, run: Run, tmp_path: Path
) -> None:
    options = ("--pkcs11", token.library, "--token", "ledger", "--key", "ana")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    for arguments, env, words in (
        (("keys", *options), {PIN_VARIABLE: None}, "a PIN is needed and there is no terminal"),
        (("keys", *options), {PIN_VARIABLE: "wrong 1234"}, "refuses this PIN"),
        (("keys", *options[:4]), {}, "name the key in the token"),
        (("full", *options), {}, "holds other files already"),
        (("keys", *options, "--existing"), {}, "it holds no Ed25519 key at all"),
    ):
        refused = run("keys", "new", *arguments, **env)
        assert refused.exit_code == 1
        assert words in " ".join(refused.stderr.split())
    assert run("keys", "new", "keys", "--token", "ledger").exit_code == 2
    assert not (tmp_path / "keys").exists()
    with token.session() as session:
        assert list(session.get_objects()) == []
