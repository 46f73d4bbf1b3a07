"""PKCS#11 tokens: where a key is that never leaves its device, and the one session that a process has with it.

1. A `TokenKey` names library, token and key. All of it is public; a PIN is never part of it.
2. A library is loaded into this process and runs in it, so it is named by an absolute path: name only one that you
   trust.
3. A login holds for the whole process. So each token has one `TokenSession` here, and whoever joins it must know the
   PIN that opened it. A PIN is tried once: tokens lock themselves after a few wrong ones.
4. python-pkcs11 promises a library that it will be called by one thread at a time: `LOCK` stands before every call.
5. A library that was loaded before a fork is not used after it (PKCS#11 leaves open what happens then).

What the package python-pkcs11 raises becomes an error of ours, in `told`. The texts: PKCS#11 3.0, OASIS.

    >>> place = TokenKey(library="/usr/lib/softhsm/libsofthsm2.so", token="ledger", key="recorder-a")
    >>> place.where
    'key "recorder-a" in token "ledger"'
"""

from __future__ import annotations

import hmac
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import StringConstraints, model_validator

from claimledger.events.errors import (
    InvalidInput,
    KeyMissing,
    KeyringError,
    MissingExtra,
    NameTaken,
    TokenUnavailable,
    WrongPin,
)
from claimledger.events.values import Value

if TYPE_CHECKING:
    from pkcs11 import PKCS11Error, Session, Token

__all__ = [
    "LOCK",
    "TokenKey",
    "TokenSession",
    "package",
    "raw_point",
    "refuse_after_fork",
    "session_with",
    "told",
]

_EC_POINT_HEADS: Final = (b"", b"\x04\x20", b"\x03\x21\x00")
"""What may stand before the 32 raw bytes of CKA_EC_POINT: nothing (as SoftHSM keeps imported keys), the head of a DER
OCTET STRING (PKCS#11 3.0), or that of a DER BIT STRING (its drafts)."""

_EDWARDS25519: Final = bytes.fromhex("06032b6570")
"""CKA_EC_PARAMS of an Ed25519 key: the DER object identifier 1.3.101.112 (RFC 8410)."""

_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Path = Annotated[str, StringConstraints(pattern=r"^(/|[A-Za-z]:[\\/])[^\x00]{1,4000}$")]
_Id = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){1,64}$")]


class TokenKey(Value):
    """Where a key is that stays in its token; all of it is public, and no PIN belongs here.

    Attributes:
        library: absolute path of the PKCS#11 library that the token's maker ships.
        token: label of the token.
        serial: serial number of the token, where two have one label.
        key: label of the key in the token.
        key_id: id of the key in the token (CKA_ID, as lowercase hex), where two have one label.

    Raises:
        InvalidValue: neither label nor serial of the token, neither label nor id of the key, or a value that is no
            absolute path or no hex.
    """

    library: _Path
    token: _Name | None = None
    serial: _Name | None = None
    key: _Name | None = None
    key_id: _Id | None = None

    @model_validator(mode="after")
    def _named(self) -> TokenKey:
        if self.token is None and self.serial is None:
            raise ValueError("name the token, by its label or its serial number")
        if self.key is None and self.key_id is None:
            raise ValueError("name the key in the token, by its label or its id")
        return self

    @property
    def token_in_words(self) -> str:
        """The token, in words."""
        label = "token" if self.token is None else f'token "{self.token}"'
        return label if self.serial is None else f"{label} (serial {self.serial})"

    @property
    def where(self) -> str:
        """The key and its token, in words."""
        label = "key" if self.key is None else f'key "{self.key}"'
        return f"{label if self.key_id is None else f'{label} (id {self.key_id})'} in {self.token_in_words}"


LOCK: Final = threading.RLock()
"""Held during every call into any PKCS#11 library: a library, its sessions and its lock are the process's."""

_loaded: Final[dict[str, int]] = {}
_sessions: Final[dict[tuple[str, bytes], TokenSession]] = {}


class TokenSession:
    """A session with a token, logged in, for all signers of this process that use the token; made by `session_with`."""

    __slots__ = ("_name", "_pin", "_seen", "_session", "_token", "_users", "is_open")

    def __init__(self, name: tuple[str, bytes], token: Token, pin: str) -> None:
        self._name = name
        self._token = token
        self._session: Session = token.open(user_pin=pin)
        self._pin = pin
        self._users = 0
        self._seen: Any = None
        self.is_open = True

    def find(self, place: TokenKey) -> tuple[Any, bytes | None]:
        """The private key to sign with (a ``pkcs11.PrivateKey``), and its raw public key where the token keeps that.

        Raises:
            KeyMissing: no Ed25519 key of that name.
            KeyringError: several of that name, or what stands beside it is no Ed25519 public key.
        """
        from pkcs11 import Attribute, ObjectClass

        private = self._keys(ObjectClass.PRIVATE_KEY, place.key, place.key_id)
        if not private:
            named = sorted({str(each[Attribute.LABEL]) for each in self._keys(ObjectClass.PRIVATE_KEY)})
            there = f"there are: {', '.join(named[:10])}" if named else "it holds no Ed25519 key at all"
            raise KeyMissing(f"{place.where}: no Ed25519 key of that name is there; {there}")
        if len(private) > 1:
            raise KeyringError(
                f"{place.where}: {len(private)} keys are called so; name the id of the key too"
            )
        self._seen = private[0]
        key_id = bytes(private[0][Attribute.ID]).hex()
        beside = self._keys(ObjectClass.PUBLIC_KEY, None if key_id else place.key, key_id or None)
        points = {raw_point(bytes(each[Attribute.EC_POINT])) for each in beside}
        if None in points or len(points) > 1:
            raise KeyringError(
                f"{place.where}: what is kept as its public key is none of Ed25519, or there are several"
            )
        return private[0], next(iter(points), None)

    def make(self, place: TokenKey) -> None:
        """Make a key pair in the token: the private key is sensitive, and not extractable.

        Raises:
            NameTaken: a key of that label or that id is there.
            InvalidInput: the place names no label.
            KeyringError: the token makes no Ed25519 keys, or refuses to.
        """
        pkcs11 = package()
        if place.key is None:
            raise InvalidInput("a new key in a token needs a label: name it by `key`")
        kinds = (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY)
        try:
            taken = [each for kind in kinds for each in self._keys(kind, place.key)]
            if place.key_id is not None:
                taken += [each for kind in kinds for each in self._keys(kind, key_id=place.key_id)]
            if taken:
                raise NameTaken(
                    f"{place.where}: is there already; take that one, or name a new one otherwise"
                )
            with self._token.open(rw=True) as writing:
                writing.create_domain_parameters(
                    pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: _EDWARDS25519}, local=True
                ).generate_keypair(
                    store=True,
                    label=place.key,
                    id=secrets.token_bytes(8) if place.key_id is None else bytes.fromhex(place.key_id),
                    private_template={
                        pkcs11.Attribute.SENSITIVE: True,
                        pkcs11.Attribute.EXTRACTABLE: False,
                    },
                )
        except pkcs11.PKCS11Error as error:
            raise told(place, error) from None

    def answers(self) -> bool:
        """Whether the token still knows the session: it is asked for something harmless."""
        pkcs11 = package()
        if self._seen is None:
            return self.is_open
        try:
            self._seen[pkcs11.Attribute.KEY_TYPE]
        except pkcs11.PKCS11Error:
            return False
        return self.is_open

    def join(self) -> None:
        """Count one more signer that uses the session."""
        self._users += 1

    def leave(self) -> None:
        """Count one signer less; the last one logs out."""
        self._users -= 1
        if self._users <= 0:
            self.end()

    def end(self) -> None:
        """Log out and forget the session, once: a library may give its number to another one."""
        if not self.is_open:
            return
        self.is_open = False
        self._pin = ""
        if _sessions.get(self._name) is self:
            del _sessions[self._name]
        with suppress(package().PKCS11Error):
            self._session.close()

    def knows(self, pin: str) -> bool:
        """Whether the session was opened with this PIN."""
        return hmac.compare_digest(self._pin.encode(), pin.encode())

    def _keys(self, kind: Any, label: str | None = None, key_id: str | None = None) -> list[Any]:
        from pkcs11 import Attribute, KeyType

        wanted: dict[Attribute, Any] = {Attribute.CLASS: kind, Attribute.KEY_TYPE: KeyType.EC_EDWARDS}
        if label is not None:
            wanted[Attribute.LABEL] = label
        if key_id is not None:
            wanted[Attribute.ID] = bytes.fromhex(key_id)
        return list(self._session.get_objects(wanted))


def refuse_after_fork(place: TokenKey) -> None:
    """Refuse a library that was loaded before this process forked: its lock may be held for ever, and so may `LOCK`.

    Raises:
        KeyringError: it was.
    """
    if _loaded.get(place.library, os.getpid()) != os.getpid():
        raise KeyringError(
            f"{place.library}: was loaded before this process forked, and PKCS#11 libraries do not survive that; start "
            "a new process (spawn) in place of a fork"
        )


def session_with(place: TokenKey, pin: str) -> TokenSession:
    """The session of this process with a token: the one that is open, else a new one, logged in with the PIN.

    Call it, and all that the session gives, with `LOCK` held.

    Raises:
        MissingExtra: python-pkcs11 is not installed.
        TokenUnavailable: no such library or token, or one that cannot sign with Ed25519.
        KeyringError: several tokens of that name.
        WrongPin: the token refuses the PIN, or the session was opened with another one.
    """
    if not pin:
        raise WrongPin(f"{place.token_in_words}: a PIN is needed (CLAIMLEDGER_PIN, or pin=...)")
    pkcs11 = package()
    try:
        token = _token(place)
        name = (place.library, bytes(token.serial))
        session = _sessions.get(name)
        if session is not None:
            if not session.knows(pin):
                raise WrongPin(f"{place.token_in_words}: is open with another PIN in this process")
            if session.answers():
                return session
            session.end()
        if pkcs11.Mechanism.EDDSA not in token.slot.get_mechanisms():
            raise TokenUnavailable(
                f"{place.token_in_words}: cannot sign with Ed25519 (it has no mechanism CKM_EDDSA), and events take no "
                "other algorithm; use another token"
            )
        session = TokenSession(name, token, pin)
    except pkcs11.PKCS11Error as error:
        raise told(place, error) from None
    _sessions[name] = session
    return session


def package() -> Any:
    """The package python-pkcs11.

    Raises:
        MissingExtra: it is not installed; the message says how to get it.
    """
    try:
        import pkcs11
    except ImportError:
        raise MissingExtra("keys in a token need python-pkcs11: pip install claimledger[pkcs11]") from None
    return pkcs11


def told(place: TokenKey, error: PKCS11Error) -> KeyringError:
    """What the token says is wrong, as an error of ours in plain words."""
    name = type(error).__name__
    token = place.token_in_words
    if name in ("PinIncorrect", "PinInvalid", "PinLenRange"):
        return WrongPin(f"{token}: refuses this PIN; it locks itself after a few wrong ones")
    if name in ("PinLocked", "PinExpired"):
        return WrongPin(
            f"{token}: its PIN is locked or out of date; unlock it with the tool of the token's maker"
        )
    if name == "UserPinNotInitialized":
        return WrongPin(f"{token}: has no user PIN yet; set one with the tool of the token's maker")
    if name == "UserAlreadyLoggedIn":
        return KeyringError(f"{token}: other code of this process is logged in to it; let that log out first")
    if name == "DataLenRange":
        return KeyringError(
            f"{token}: takes no message of that length; Ed25519 signs a message whole, and an event has up to "
            "33,000 bytes: use a token that takes them"
        )
    said = f" ({name})" if not str(error) else f" ({name}: {error})"
    return TokenUnavailable(f"{token}: does not answer{said}; plug it in, or look whether its driver runs")


def _token(place: TokenKey) -> Token:
    tokens = list(_library(place.library).get_tokens(token_label=place.token))
    found = [each for each in tokens if place.serial in (None, _text(each.serial))]
    if not found:
        others = sorted({each.label for each in _library(place.library).get_tokens() if each.label})
        there = f"there are: {', '.join(others[:10])}" if others else "there is none at all"
        raise TokenUnavailable(
            f"{place.token_in_words}: is not there ({there}); plug it in, or mend its name"
        )
    if len(found) > 1:
        serials = ", ".join(_text(each.serial) for each in found)
        raise KeyringError(
            f"{place.token_in_words}: {len(found)} are called so; name the serial number too: {serials}"
        )
    token: Token = found[0]
    return token


def _library(path: str) -> Any:
    if not Path(path).is_file():
        raise TokenUnavailable(f"{path}: no such file; name the PKCS#11 library that the token's maker ships")
    pkcs11 = package()
    try:
        library = pkcs11.lib(path)
    except pkcs11.PKCS11Error as error:
        raise TokenUnavailable(f"{path}: cannot be loaded as a PKCS#11 library: {error}") from None
    _loaded[path] = os.getpid()
    return library


def _text(serial: bytes) -> str:
    return serial.decode("utf-8", "replace")


def raw_point(point: bytes) -> bytes | None:
    """The 32 raw bytes in a CKA_EC_POINT, or None where it is none of Ed25519."""
    raw = point[-32:]
    return raw if len(raw) == 32 and point[:-32] in _EC_POINT_HEADS else None
