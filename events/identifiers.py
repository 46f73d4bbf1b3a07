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

__all__ = ["is_digest", "is_event_id", "is_event_type", "is_slot", "is_stream"]

_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
_STREAM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_EVENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_EVENT_TYPE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+").fullmatch
_SLOT = re.compile(r"[a-z][a-z0-9_.]*").fullmatch


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
