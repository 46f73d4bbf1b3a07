"""The signed payload: the header that every event has, and its body.

    {"type": "claim.recorded", "version": 1, "ledger": "<digest>", "stream": "<uuid>", "sequence": 7,
     "previous": "<digest>", "id": "<uuid4>", "recorded_at": "2025-07-03T16:20:11.000000Z",
     "body": {...}, "commitments": {"<slot>": "<digest>"}}

Rules, the same for writing and for reading:

1. Exactly these members, in the strict JSON of `claimledger.events.encoding`; names as in
   `claimledger.events.identifiers`.
2. ``ledger`` is null exactly when the type is ``ledger.opened``: the ledger's id is the hash of that payload.
3. ``sequence`` counts from 1 within the stream; ``previous``, the leaf hash of the event before in the same
   stream, is null exactly at 1.
4. ``recorded_at`` is an instant that exists, in UTC, to the microsecond: what the recorder's clock said.
5. ``body`` is an object whose shape the type's schema of that ``version`` knows; it is not looked at here, so
   that an event of an unknown type can still be read and verified.
6. ``commitments`` names each protected slot with the hash of its disclosure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from .encoding import JSONValue, decode, encode
from .errors import InvalidValue, MalformedEvent
from .identifiers import (
    are_names_of_event,
    is_digest,
    is_event_id,
    is_event_type,
    is_slot,
    is_stream,
)

__all__ = ["LEDGER_OPENED", "Payload", "end_of", "format_instant", "parse_instant"]

LEDGER_OPENED = "ledger.opened"

_MEMBERS = {
    "type",
    "version",
    "ledger",
    "stream",
    "sequence",
    "previous",
    "id",
    "recorded_at",
    "body",
    "commitments",
}
# The hours are bounded here, since some versions of Python read hour 24 as the next day.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
).fullmatch


@dataclass(frozen=True, slots=True)
class Payload:
    """What one event says, before it is signed or after it was read.

    Attributes:
        type: lowercase dotted words, such as ``claim.recorded``.
        version: of the type's schema, from 1.
        ledger: the ledger's id, 64 lowercase hex digits; None only in ``ledger.opened``.
        stream: the case, or the ledger's own stream: a canonical lowercase UUID.
        sequence: place in the stream, from 1.
        previous: leaf hash of the event before in the stream, 64 lowercase hex digits; None only at 1.
        id: canonical lowercase UUID of version 4.
        recorded_at: see `format_instant`.
        body: an object of strict JSON.
        commitments: from slot to the hex SHA-256 of its disclosure.
    """

    type: str
    version: int
    ledger: str | None
    stream: str
    sequence: int
    previous: str | None
    id: str
    recorded_at: str
    body: dict[str, JSONValue]
    commitments: dict[str, str]

    @classmethod
    def from_bytes(cls, data: bytes) -> Payload:
        """Read signed bytes.

        Args:
            data: any bytes whatsoever.

        Raises:
            MalformedEvent: `to_bytes` would not have written these bytes.
        """
        document = decode(data)
        if type(document) is not dict or document.keys() != _MEMBERS:
            raise MalformedEvent(f"event: its members must be {', '.join(sorted(_MEMBERS))}")
        payload = cls(**document)
        problem = None if _is_plainly_right(payload) else _problem(payload)
        if problem is not None:
            raise MalformedEvent(f"event: {problem}")
        return payload

    def to_bytes(self) -> bytes:
        """The bytes to sign.

        Raises:
            InvalidValue: a member has another shape, or the whole is not strict JSON of at most 32 KiB.
        """
        problem = _problem(self)
        if problem is not None:
            raise InvalidValue(f"event: {problem}")
        return encode(
            {
                "body": self.body,
                "commitments": self.commitments,
                "id": self.id,
                "ledger": self.ledger,
                "previous": self.previous,
                "recorded_at": self.recorded_at,
                "sequence": self.sequence,
                "stream": self.stream,
                "type": self.type,
                "version": self.version,
            }
        )


def format_instant(instant: datetime) -> str:
    """Write an instant as events carry it: UTC, microseconds, ``Z``.

    Args:
        instant: a datetime that knows its UTC offset.

    Raises:
        InvalidValue: it knows none, or lies outside the years 1 to 9999 in UTC.

    >>> format_instant(datetime(2025, 7, 3, 16, 20, 11, tzinfo=UTC))
    '2025-07-03T16:20:11.000000Z'
    """
    if instant.utcoffset() is None:
        raise InvalidValue("instant: a datetime must know its UTC offset; give it a tzinfo")
    try:
        in_utc = instant.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("instant: outside the years 1 to 9999 in UTC") from None
    # Without the offset, which is +00:00.
    return in_utc.isoformat(timespec="microseconds")[:-6] + "Z"


def parse_instant(text: str) -> datetime:
    """Read an instant; the exact opposite of `format_instant`.

    Returns:
        A datetime in UTC.

    Raises:
        InvalidValue: another spelling, or a day or time that does not exist.

    >>> parse_instant("2025-07-03T16:20:11.000000Z")
    datetime.datetime(2025, 7, 3, 16, 20, 11, tzinfo=datetime.timezone.utc)
    """
    if type(text) is str and _INSTANT(text) is not None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            # The one thing left that can be wrong is a day that its month does not have, or the year 0.
            pass
    raise InvalidValue(
        "instant: write UTC as 2025-07-03T16:20:11.000000Z, with six decimals, a day that exists"
    )


def end_of(moment: object) -> datetime:
    """The last instant of what a user names as a time: a day lasts until its end, UTC.

    Args:
        moment: a day as ``2025-07-02``, or an instant with its offset, as text or as a datetime.

    Raises:
        InvalidValue: neither.

    >>> end_of("2025-07-02")
    datetime.datetime(2025, 7, 2, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc)
    """
    try:
        if isinstance(moment, datetime):
            return parse_instant(format_instant(moment))
        if isinstance(moment, str) and len(moment) > len("2025-07-02"):
            return parse_instant(format_instant(datetime.fromisoformat(moment)))
        if isinstance(moment, str):
            day = datetime.combine(date.fromisoformat(moment), time(), UTC)
            return day + timedelta(days=1, microseconds=-1)
    except (ValueError, OverflowError):
        pass
    raise InvalidValue(
        "known_at: write a log index, a day as 2025-07-02, or an instant with its offset as "
        "2025-07-02T16:20:00+00:00"
    )


def _is_plainly_right(payload: Payload) -> bool:
    """Whether nothing is wrong with an event that follows another one; where this says no, `_problem` looks."""
    try:
        if _INSTANT(payload.recorded_at) is None:
            return False
        datetime.fromisoformat(payload.recorded_at)
    except (TypeError, ValueError):
        return False
    return (
        are_names_of_event(payload.type, payload.stream, payload.id, payload.ledger, payload.previous)
        and payload.type != LEDGER_OPENED
        and type(payload.version) is int
        and type(payload.sequence) is int
        and payload.version >= 1
        and payload.sequence > 1
        and type(payload.body) is dict
        and type(payload.commitments) is dict
        and all(map(is_slot, payload.commitments))
        and all(map(is_digest, payload.commitments.values()))
    )


def _problem(payload: Payload) -> str | None:
    """The first member whose shape is wrong, and what it should be."""
    if not is_event_type(payload.type):
        return "type must be lowercase dotted words, at least two"
    if type(payload.version) is not int or payload.version < 1:
        return "version must be a whole number from 1"
    if payload.type == LEDGER_OPENED:
        if payload.ledger is not None:
            return f"ledger must be null in {LEDGER_OPENED}"
    elif not is_digest(payload.ledger):
        return f"ledger must be 64 lowercase hex digits, and null only in {LEDGER_OPENED}"
    if not is_stream(payload.stream):
        return "stream must be a lowercase UUID"
    if type(payload.sequence) is not int or payload.sequence < 1:
        return "sequence must be a whole number from 1"
    if payload.sequence == 1:
        if payload.previous is not None:
            return "previous must be null at sequence 1"
    elif not is_digest(payload.previous):
        return "previous must be 64 lowercase hex digits, and null only at sequence 1"
    if not is_event_id(payload.id):
        return "id must be a lowercase UUID of version 4"
    try:
        parse_instant(payload.recorded_at)
    except InvalidValue as error:
        return f"recorded_at: {error}"
    if type(payload.body) is not dict:
        return "body must be an object"
    if type(payload.commitments) is not dict:
        return "commitments must be an object"
    for slot, commitment in payload.commitments.items():
        if not is_slot(slot):
            return "commitments must be named by slots: a lowercase letter, then letters, digits, _ and ."
        if not is_digest(commitment):
            return f"the commitment of slot {slot} must be 64 lowercase hex digits"
    return None
