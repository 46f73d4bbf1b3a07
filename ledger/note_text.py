"""What stands in the lines of a log, each in its one spelling: names, base64, hashes and decimal numbers.

1. Base64 is the standard one with padding (RFC 4648, section 4); unused bits that are set are refused.
2. A number is decimal ASCII without sign and leading zeros, at most 2**63 - 1.
3. A name (C2SP signed-note) is text without spaces, control characters and plus signs.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from claimledger.events.errors import MalformedNote

from .merkle import HASH_BYTES, MAX_SIZE

__all__ = ["has_controls", "is_name", "is_utf8", "read_base64", "read_decimal", "read_hash", "write_base64"]

_CONTROL: Final = re.compile("[\0-\x09\x0b-\x1f]").search
_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}").fullmatch


def write_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode()


def read_base64(text: str, what: str) -> bytes:
    """The bytes behind standard base64 with padding, in its one spelling.

    Raises:
        MalformedNote: anything else; the message begins with ``what``.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, and text that is not ASCII
        data = b""
    # Unused bits that are set would be a second spelling.
    if not data or write_base64(data) != text:
        raise MalformedNote(f"{what} must be standard base64 with padding")
    return data


def read_hash(text: str, what: str) -> bytes:
    """The 32 bytes behind a line of base64.

    Raises:
        MalformedNote: anything else.
    """
    data = read_base64(text, what)
    if len(data) != HASH_BYTES:
        raise MalformedNote(f"{what} must be a hash of {HASH_BYTES} bytes, not of {len(data)}")
    return data


def read_decimal(text: str, what: str) -> int:
    """A size, an index or a time: decimal ASCII digits without leading zeros, at most 2**63 - 1.

    Raises:
        MalformedNote: anything else.
    """
    if not _DECIMAL(text) or int(text) > MAX_SIZE:
        raise MalformedNote(
            f"{what} must be a decimal number without sign and leading zeros, at most 2**63 - 1"
        )
    return int(text)


def is_name(name: str) -> bool:
    """Whether a text can be the name of a key."""
    return (
        bool(name)
        and "+" not in name
        and not any(character.isspace() for character in name)
        and not has_controls(name)
        and is_utf8(name)
    )


def is_utf8(text: str) -> bool:
    """Whether a text has no lone surrogates."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def has_controls(text: str) -> bool:
    """Whether a text has control characters other than newline."""
    return _CONTROL(text) is not None
