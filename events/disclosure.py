"""Disclosures: protected content, kept outside the signed bytes and tied to them by a hash.

Rules:

1. A disclosure is the exact bytes, in the strict JSON of `claimledger.events.encoding`, of
   ``["claimledger-disclosure/1", ledger, event id, slot, salt, value]``. The event carries only their hex
   SHA-256, its commitment, under the slot. Deleting the disclosure leaves every signature as it was.
2. The salt is 128 random bits, fresh for each disclosure and never derived from anything: without it a
   commitment to a name could be opened by trying names. It is written as 32 lowercase hex digits.
3. Ledger, event and slot stand inside, so that no disclosure can be passed off as that of another place.
4. Opening goes hash first, then strict parsing, then ledger, event, slot. Bytes that do not fit the hash are
   never parsed.
5. No message, no repr and no log line shows a value or a salt.

The idea is that of SD-JWT (RFC 9901), section 4.2: salted digests of single disclosures.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from .encoding import JSONValue, decode, encode
from .errors import InvalidValue, MalformedEvent, WrongDisclosure
from .identifiers import is_digest, is_event_id, is_slot

__all__ = [
    "DISCLOSURE_TAG",
    "Disclosure",
    "SlotStatus",
    "absent_bytes",
    "commitment_of",
    "new_salt",
    "open_commitment",
]

DISCLOSURE_TAG = "claimledger-disclosure/1"

_SALT_BYTES = 16


class SlotStatus(StrEnum):
    """What can be said of the content behind a commitment."""

    DISCLOSED = "disclosed"
    """It is here and fits the commitment."""
    WITHHELD = "withheld"
    """It is left out on purpose."""
    ERASED = "erased"
    """It is gone for good; a signed event names authority and reason."""
    MISSING = "missing"
    """It is not here, and nothing says why."""
    MISMATCHED = "mismatched"
    """What is here does not fit the commitment."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The content of one protected slot of one event.

    Attributes:
        ledger: the ledger's id, 64 lowercase hex digits.
        event: the event's id, a lowercase UUID of version 4.
        slot: the name of the protected field.
        salt: 16 random bytes, see `new_salt`; not shown in the repr.
        value: the content, null when the field is absent; not shown in the repr.

    Raises:
        InvalidValue: ledger, event, slot or salt has another shape.
    """

    ledger: str
    event: str
    slot: str
    salt: bytes = field(repr=False)
    value: JSONValue = field(repr=False)

    def __post_init__(self) -> None:
        if not is_digest(self.ledger):
            raise InvalidValue("disclosure: ledger must be 64 lowercase hex digits")
        if not is_event_id(self.event):
            raise InvalidValue("disclosure: event must be a lowercase UUID of version 4")
        if not is_slot(self.slot):
            raise InvalidValue("disclosure: a slot is a lowercase letter, then letters, digits, _ and .")
        if type(self.salt) is not bytes or len(self.salt) != _SALT_BYTES:
            raise InvalidValue(f"disclosure: the salt must have {_SALT_BYTES} bytes")

    @classmethod
    def from_bytes(cls, data: bytes) -> Disclosure:
        """Read a disclosure without holding it against a commitment; see `open_commitment` for both.

        Args:
            data: any bytes whatsoever.

        Raises:
            MalformedEvent: `to_bytes` would not have written these bytes; nothing of them is shown.
        """
        disclosure = _read(data)
        if disclosure is None:
            raise MalformedEvent("disclosure: not the bytes of a disclosure (its content is not shown)")
        return disclosure

    def to_bytes(self) -> bytes:
        """The bytes that are hashed and kept.

        Raises:
            InvalidValue: the value is not strict JSON, or too long; nothing of it is shown.
        """
        try:
            return encode([DISCLOSURE_TAG, self.ledger, self.event, self.slot, self.salt.hex(), self.value])
        except InvalidValue:
            # Its message would name members of the protected value.
            pass
        raise InvalidValue(
            f"disclosure: the value of slot {self.slot} breaks a rule of strict JSON, or is longer than "
            "32 KiB with its frame (the value is not shown; encode it alone to learn the place)"
        )


def absent_bytes(ledger: str, event: str, slot: str, salt: bytes) -> bytes:
    """The bytes of the disclosure of an absent value: `Disclosure.to_bytes` for null, which most slots hold.

    The names must have the shapes that a `Disclosure` has; they are not looked at again.
    """
    return f'["{DISCLOSURE_TAG}","{ledger}","{event}","{slot}","{salt.hex()}",null]'.encode()


def new_salt() -> bytes:
    """A fresh salt: 16 bytes from the operating system's random source."""
    return secrets.token_bytes(_SALT_BYTES)


def commitment_of(data: bytes) -> str:
    """The commitment to a disclosure's bytes: their SHA-256, 64 lowercase hex digits."""
    return sha256(data).hexdigest()


def open_commitment(commitment: str, data: bytes, *, ledger: str, event: str, slot: str) -> Disclosure:
    """Hold a disclosure against the commitment in an event, and read it.

    Args:
        commitment: from the event's payload, 64 lowercase hex digits.
        data: the bytes said to be the disclosure; any bytes whatsoever.
        ledger: the id of the ledger that the event is in.
        event: the event's id.
        slot: the slot that the commitment stands under.

    Raises:
        WrongDisclosure: the bytes do not fit the commitment, are no disclosure, or belong to another ledger,
            event or slot; nothing of them is shown.
    """
    place = f"slot {slot} of event {event}"
    if commitment_of(data) != commitment:
        raise WrongDisclosure(f"{place}: the disclosure does not fit its commitment")
    disclosure = _read(data)
    if disclosure is None:
        raise WrongDisclosure(f"{place}: the commitment is to bytes that are no disclosure")
    if disclosure.ledger != ledger:
        raise WrongDisclosure(f"{place}: the disclosure is of another ledger")
    if disclosure.event != event:
        raise WrongDisclosure(f"{place}: the disclosure is of another event")
    if disclosure.slot != slot:
        raise WrongDisclosure(f"{place}: the disclosure is of another slot")
    return disclosure


def _read(data: bytes) -> Disclosure | None:
    """Parse strictly, or None: no error of a parser, with what it quotes, may leave this module."""
    try:
        members = decode(data)
        if type(members) is not list or len(members) != 6 or members[0] != DISCLOSURE_TAG:
            return None
        _, ledger, event, slot, salt, value = members
        if type(salt) is not str:
            return None
        disclosure = Disclosure(ledger, event, slot, bytes.fromhex(salt), value)
    except (MalformedEvent, ValueError):
        return None
    # Hex has several spellings, upper case and spaces among them; one of them is ours.
    return disclosure if disclosure.salt.hex() == salt else None
