"""The shapes of the names that stand in signed bytes. One pattern each, matched against the whole text.

    digest       64 lowercase hex digits: a SHA-256, hence a ledger id, a leaf hash, a keyid, a commitment
    stream       a UUID of any version, canonical and lowercase
    event id     a UUID of version 4, canonical and lowercase (RFC 9562)
    event type   dotted words, at least two: ``claim.recorded``
    slot         the name of a protected field: ``asserter.name``, in letters, digits, ``_`` and ``.``

A name that merely parses is not enough: two spellings of one name would be two names in an index.
"""

from __future__ import annotations

import re

__all__ = ["are_names_of_event", "is_digest", "is_event_id", "is_event_type", "is_slot", "is_stream"]

_A_DIGEST = r"[0-9a-f]{64}"
_A_STREAM = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_AN_EVENT_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_AN_EVENT_TYPE = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+"
_DIGEST = re.compile(_A_DIGEST).fullmatch
_STREAM = re.compile(_A_STREAM).fullmatch
_EVENT_ID = re.compile(_AN_EVENT_ID).fullmatch
_EVENT_TYPE = re.compile(_AN_EVENT_TYPE).fullmatch
_SLOT = re.compile(r"[a-z][a-z0-9_.]*").fullmatch
# No shape has a space in it, so that one look at five of them, joined by spaces, is as good as five looks.
_OF_EVENT = re.compile(f"{_AN_EVENT_TYPE} {_A_STREAM} {_AN_EVENT_ID} {_A_DIGEST} {_A_DIGEST}").fullmatch


def are_names_of_event(type: object, stream: object, id: object, ledger: object, previous: object) -> bool:
    """Whether five values have the shapes that they must have in an event that follows another one."""
    try:
        return _OF_EVENT(" ".join((type, stream, id, ledger, previous))) is not None  # type: ignore[arg-type]
    except TypeError:
        return False


def is_digest(value: object) -> bool:
    """Whether a value is 64 lowercase hex digits."""
    return type(value) is str and _DIGEST(value) is not None


def is_stream(value: object) -> bool:
    """Whether a value is the canonical lowercase text of a UUID."""
    return type(value) is str and _STREAM(value) is not None


def is_event_id(value: object) -> bool:
    """Whether a value is the canonical lowercase text of a UUID of version 4."""
    return type(value) is str and _EVENT_ID(value) is not None


def is_event_type(value: object) -> bool:
    """Whether a value names a type of event: lowercase dotted words, at least two."""
    return type(value) is str and _EVENT_TYPE(value) is not None


def is_slot(value: object) -> bool:
    """Whether a value names a slot: it starts with a letter, then letters, digits, ``_`` and ``.``."""
    return type(value) is str and _SLOT(value) is not None
