"""Signing with a key that never leaves its token: a `claimledger.keys.Signer` over PKCS#11.

1. The token itself signs, by the mechanism CKM_EDDSA without parameters, which is pure Ed25519 (PKCS#11 3.0, section
   2.3.14; RFC 8032, section 5.1). The private key is never asked for, and never in this process.
2. Opening checks that the token's public key is one under which signatures prove something, and, by a signature over
   random bytes that are no event, that private and public key belong together. Every later signature is verified
   too, before it is handed out.
3. A session that the token gave up (reset, logged out, plugged in again) is opened anew, once for each signature, and
   goes on only with the same public key. A PIN that was refused is forgotten and never tried again.
4. Signers may be shared between threads. No signer works after a fork, and none is pickled. The PIN is in no repr,
   no error and no log.

What is said to the token, and how its errors are told, is in `claimledger.pkcs11_token`.
"""

from __future__ import annotations

import os
import secrets
from typing import Any, Final, Literal, NoReturn

from claimledger.events.envelope import keyid_of
from claimledger.events.errors import KeyringError, WrongPin

from .ed25519 import check_public_key, verify
from .pkcs11_token import LOCK, TokenKey, TokenSession, package, refuse_after_fork, session_with, told

__all__ = ["Pkcs11Signer", "TokenKey"]

_SELF_TEST: Final = b"claimledger self-test, no event\0"


class Pkcs11Signer:
    """A signer whose private key is in a PKCS#11 token.

    Args:
        place: which library, token and key.
        pin: the user PIN of the token.
        public_key: the 32 raw bytes that the key must have; needed where the token keeps no public key beside it.

    Raises:
        MissingExtra: python-pkcs11 is not installed.
        TokenUnavailable: no such library or token, or one that does not answer or cannot sign with Ed25519.
        KeyMissing: the key is not in the token.
        WrongPin: the token refuses the PIN.
        WeakKey: a public key under which signatures prove nothing.
        KeyringError: several keys or tokens of that name, another key than `public_key`, no public key at all, or a
            private and a public key that do not belong together.
    """

    __slots__ = ("_is_closed", "_key", "_pid", "_pin", "_place", "_public_key", "_session")

    def __init__(self, place: TokenKey, *, pin: str, public_key: bytes | None = None) -> None:
        self._place = place
        self._pin: str | None = pin
        self._public_key = public_key
        self._session: TokenSession | None = None
        self._key: Any = None
        self._is_closed = False
        self._pid = os.getpid()
        refuse_after_fork(place)
        with LOCK:
            try:
                self._open()
            except BaseException:
                self.close()
                raise

    @property
    def algorithm(self) -> Literal["ed25519"]:
        """``ed25519``."""
        return "ed25519"

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return self._public_key or b""

    @property
    def place(self) -> TokenKey:
        """Which library, token and key."""
        return self._place

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature over a message, made by the token: 64 bytes.

        Raises:
            TokenUnavailable: the token is gone, and was not there when it was looked for once more.
            WrongPin: the token had to be opened anew, and refuses the PIN by now.
            KeyringError: the signer is closed or of another process, the token takes no message of that length, holds
                another key by now, or makes signatures that do not fit.
        """
        if self._pid != os.getpid():
            raise KeyringError(
                f"{self._place.where}: opened by another process; open the keyring in each process"
            )
        with LOCK:
            if self._is_closed:
                raise KeyringError(f"{self._place.where}: closed; open the keyring again")
            if self._session is not None and self._session.is_open:
                try:
                    return self._signature(message)
                except WrongPin:
                    self._pin = None
                    raise
                except KeyringError:  # whatever it is, a new session tells whether it lasts
                    self._session.end()
            self._open()
            return self._signature(message)

    @classmethod
    def generate(cls, place: TokenKey, *, pin: str) -> Pkcs11Signer:
        """Make a new key pair in the token, which the token will neither show nor give away, and open it.

        Args:
            place: which library and token, and the label that the new key gets. Its id is random, or the one that is
                named.
            pin: the user PIN of the token.

        Raises:
            NameTaken: a key of that label, or of that id, is in the token already; nothing was made.
            KeyringError: as for opening; or the token makes no Ed25519 keys.
        """
        refuse_after_fork(place)
        with LOCK:
            session = session_with(place, pin)
            session.join()
            try:
                session.make(place)
                return cls(place, pin=pin)
            finally:
                session.leave()

    def close(self) -> None:
        """Forget the PIN, and log out of the token where no other signer of this process uses it."""
        self._is_closed = True
        self._pin = None
        if self._pid == os.getpid():
            with LOCK:
                self._leave()

    def _open(self) -> None:
        if self._pin is None:
            raise WrongPin(
                f"{self._place.token_in_words}: it refused the PIN; open the keyring again with the right one"
            )
        self._leave()
        try:
            session = session_with(self._place, self._pin)
        except WrongPin:
            self._pin = None
            raise
        session.join()
        self._session = session
        try:
            key, found = session.find(self._place)
        except package().PKCS11Error as error:
            raise told(self._place, error) from None
        if found is None and self._public_key is None:
            raise KeyringError(
                f"{self._place.where}: the token keeps no public key beside it; say which one it is (public_key=...)"
            )
        if found is not None and self._public_key not in (None, found):
            raise KeyringError(f"{self._place.where}: is another key than the one that is named for it")
        public_key = found or self._public_key or b""
        check_public_key(public_key)
        self._key, self._public_key = key, public_key
        self._signature(_SELF_TEST + secrets.token_bytes(32))

    def _leave(self) -> None:
        session, self._session, self._key = self._session, None, None
        if session is not None:
            session.leave()

    def _signature(self, message: bytes) -> bytes:
        pkcs11 = package()
        if self._key is None or self._public_key is None:
            raise KeyringError(f"{self._place.where}: not open")
        try:
            asks_each_time = self._key[pkcs11.Attribute.ALWAYS_AUTHENTICATE]
            signature: bytes = self._key.sign(
                message, mechanism=pkcs11.Mechanism.EDDSA, pin=self._pin if asks_each_time else None
            )
        except pkcs11.PKCS11Error as error:
            raise told(self._place, error) from None
        if not verify(self._public_key, signature, message):
            raise KeyringError(
                f"{self._place.where}: the signature does not fit the public key: the two do not belong together, or "
                "the token is broken"
            )
        return signature

    def __repr__(self) -> str:
        return f"<Pkcs11Signer {keyid_of(self._public_key) if self._public_key else 'not open'}>"

    def __reduce__(self) -> NoReturn:
        raise KeyringError("a signer with a token is not pickled or copied; open the keyring in each process")
