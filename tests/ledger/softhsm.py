"""A PKCS#11 token in a folder of its own: SoftHSM2, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute, KeyType, ObjectClass

from claimledger.pkcs11_signer import Pkcs11Signer
from claimledger.pkcs11_token import TokenKey

PIN = "correct horse 7351"
HOW = "install SoftHSM2 (Debian and Ubuntu: apt-get install softhsm2), or name its library: CLAIMLEDGER_TEST_PKCS11"
_USUAL = (
    "lib/softhsm",
    "lib64/softhsm",
    "lib64/pkcs11",
    "lib64",
    "lib",
    "local/lib/softhsm",
    "lib/*/softhsm",
)


def library() -> str | None:
    """The library of SoftHSM2, or None where it or its tool is not installed."""
    named = os.environ.get("CLAIMLEDGER_TEST_PKCS11")
    usual = (found for folder in _USUAL for found in Path("/usr").glob(f"{folder}/libsofthsm2.so"))
    brewed = Path("/opt/homebrew/lib/softhsm/libsofthsm2.so")
    places = [Path(named)] if named else [*usual, brewed]
    if shutil.which("softhsm2-util") is None:
        return None
    return next((str(place) for place in places if place.is_file()), None)


class SoftToken:
    """A token that is made, filled, broken and mended from outside the signer under test."""

    def __init__(self, library: str, folder: Path, label: str = "ledger") -> None:
        self.library = library
        self.folder = folder
        self.label = label
        self.configure()

    def configure(self, mechanisms: str = "ALL") -> None:
        """Write the configuration that SOFTHSM2_CONF names, and let the library read it."""
        self.tokens.mkdir(exist_ok=True)
        self.config.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
            f"slots.mechanisms = {mechanisms}\n"
        )
        self.reset()

    @property
    def config(self) -> Path:
        return self.folder / "softhsm2.conf"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    def place(self, key: str | None = "recorder", **other: str) -> TokenKey:
        return TokenKey(library=self.library, token=self.label, key=key, **other)

    def signer(self, key: str | None = "recorder", pin: str = PIN, **other: str) -> Pkcs11Signer:
        return Pkcs11Signer(self.place(key, **other), pin=pin)

    def serials(self) -> list[str]:
        tokens = pkcs11.lib(self.library).get_tokens(token_label=self.label)
        return [token.serial.decode() for token in tokens]

    def initialize(self, label: str | None = None) -> None:
        self.util(
            "--init-token", "--free", "--label", label or self.label, "--so-pin", "12345678", "--pin", PIN
        )

    def util(self, *arguments: str) -> None:
        """Run softhsm2-util, as a person does."""
        done = subprocess.run(["softhsm2-util", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.reset()

    def import_key(
        self, label: str, key_id: str, private: Ed25519PrivateKey | None = None
    ) -> Ed25519PrivateKey:
        """Put a key into the token that was made outside."""
        private = private or Ed25519PrivateKey.generate()
        file = self.folder / f"{label}-{key_id}.pem"
        file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.util(
            "--import",
            str(file),
            "--token",
            self.label,
            "--label",
            label,
            "--id",
            key_id,
            "--pin",
            PIN,
            "--force",
        )
        return private

    def reset(self) -> None:
        """As if the token had been unplugged and plugged in again: every session is over."""
        pkcs11.lib(self.library).reinitialize()

    def unplug(self) -> None:
        self.tokens.rename(self.folder / "in a drawer")
        self.tokens.mkdir()
        self.reset()

    def plug_in(self) -> None:
        self.tokens.rmdir()
        (self.folder / "in a drawer").rename(self.tokens)
        self.reset()

    def change_pin(self, old: str, new: str) -> None:
        with self.session(old) as session:
            session.set_pin(old, new)
        self.reset()

    @contextmanager
    def session(self, pin: str = PIN) -> Iterator[Any]:
        """A session of our own that may write: for making what a signer must refuse."""
        token = pkcs11.lib(self.library).get_token(token_label=self.label)
        with token.open(user_pin=pin, rw=True) as session:
            yield session

    def replace_public_key(self, key_id: str, point: bytes | None) -> None:
        """Put another point beside a private key, or none."""
        with self.session() as session:
            wanted = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: bytes.fromhex(key_id)}
            for public in list(session.get_objects(wanted)):
                public.destroy()
            if point is not None:
                session.create_object(
                    {
                        **wanted,
                        Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
                        Attribute.TOKEN: True,
                        Attribute.EC_PARAMS: bytes.fromhex("06032b6570"),
                        Attribute.EC_POINT: point,
                        Attribute.LABEL: "recorder",
                    }
                )


@contextmanager
def soft_token(library: str, folder: Path, set_variable: Callable[[str, str], None]) -> Iterator[SoftToken]:
    """A token with a PIN and no key, for as long as the ``with``."""
    set_variable("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
    token = SoftToken(library, folder)
    token.initialize()
    yield token
    finalize(library)


def finalize(library: str) -> None:
    """Let the library go: whoever uses it next reads the configuration of then."""
    pkcs11.lib(library).finalize()
