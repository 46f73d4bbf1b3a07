"""The index of names held against the events that it is derived from, for the audit, in flat memory.

    what        stream            name                          leads to
    case        the key stream    name of the case              its case.opened
    source      the case          name of the source            its source.registered
    entity      case or shared    name of the entity            its entity.registered
    claim       the case          ref of the claim              its claim.recorded
    kind        shared            name of a kind of one's own   its first kind.declared
    statement   the case          id of the speech act          a claim.recorded or .amended that carries it
    handle      case or shared    HMAC of a recorder's handle   an entity.registered or source.registered there
    erased      its stream        event id / slot               a disclosure.erased that erases that slot

1. Of each name, and of each name with its event, eight bytes are kept: Python's own hash, keyed afresh for each
   process, so that nobody can prepare two that agree. What differs is looked for again, row by row.
2. A handle is in no signed bytes. Where it is disclosed, its row must be there and lead to that event; where not, only
   where the row leads to can be looked at.
"""

from __future__ import annotations

import hmac
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from claimledger.events.erasure import DisclosureErased, erased_slots
from claimledger.events.event import Payload

from .recording import NameKey

__all__ = ["HANDLES", "Names", "erased_key", "keyed", "keyed_handle", "mark", "names_of"]

HANDLES: Final = MappingProxyType(
    {"entity.registered": "entity.handle", "source.registered": "source.handle"}
)
"""Type of event to the slot in which it has the name by which its recorder calls something protected."""

_NAMED = {
    "case.opened": ("case", "case"),
    "source.registered": ("source", "name"),
    "entity.registered": ("entity", "name"),
    "claim.recorded": ("claim", "ref"),
    "kind.declared": ("kind", "kind"),
}
_EIGHT_BYTES = 2**64 - 1
_SPOKEN = frozenset({"claim.recorded", "claim.amended"})


def names_of(payload: Payload, key_stream: str) -> list[NameKey]:
    """The rows of the index that an event makes or, for a statement that several carry, may make."""
    keys: list[NameKey] = []
    named = _NAMED.get(payload.type)
    if named is not None:
        what, member = named
        name = payload.body.get(member)
        if isinstance(name, str):
            keys.append((key_stream if what == "case" else payload.stream, what, name))
    if payload.type in _SPOKEN:
        voice = payload.body.get("voice")
        if isinstance(voice, dict) and ("statement" in voice or "undecided" in voice):
            keys += [(payload.stream, "statement", statement) for statement in _statements(voice)]
    elif payload.type == DisclosureErased.TYPE:
        keys += [erased_key(payload.stream, event, slot) for event, slot in erased_slots(payload)]
    return keys


def erased_key(stream: str, event: str, slot: str) -> NameKey:
    """The row of the index that says what erased a slot of an event."""
    return (stream, "erased", f"{event}/{slot}")


class Names:
    """Marks of names, from the events that make the index or from the index itself.

    Attributes:
        keys: marks of names.
        entries: marks of names with the event that each leads to.
    """

    __slots__ = ("entries", "keys")

    def __init__(self) -> None:
        self.keys: array[int] = array("Q")
        self.entries: array[int] = array("Q")

    def take(self, key: NameKey, event_id: str) -> None:
        """Take a name in, and where it leads to."""
        stream, what, name = key
        self.keys.append(hash((stream, what, name, "")) & _EIGHT_BYTES)
        self.entries.append(hash((stream, what, name, event_id)) & _EIGHT_BYTES)

    def not_in(self, index: Names) -> set[int]:
        """Marks of the names here that are not in an index."""
        return _missing(self.keys, index.keys)

    def leads_elsewhere(self, index: Names) -> set[int]:
        """Marks of the entries of an index that are not here."""
        return _missing(index.entries, self.entries)


def mark(key: NameKey, event_id: str = "") -> int:
    """Eight bytes that stand for a name, or for a name with the event that it leads to."""
    return hash((*key, event_id)) & _EIGHT_BYTES


def keyed(secret: bytes, *parts: bytes) -> bytes:
    """How what may not stand in clear stands in the store: HMAC-SHA256 under the ledger's own secret."""
    return hmac.new(secret, b"\0".join(parts), sha256).digest()


def keyed_handle(secret: bytes, stream: str, handle: str, slot: str = "entity.handle") -> str:
    """The name of a recorder's handle in the index (64 hex digits).

    Args:
        secret: the ledger's own.
        stream: UUID of the stream.
        handle: the handle.
        slot: one of `HANDLES`: a source may have the name of an entity.
    """
    label = b"handle" if slot == "entity.handle" else b"source handle"
    return keyed(secret, label, stream.encode(), handle.encode("utf-8", "surrogatepass")).hex()


def _missing(wanted: array[int], there: array[int]) -> set[int]:
    if wanted == there:
        return set()
    ascending = array("Q", sorted(there))
    count = len(ascending)
    missing = set()
    for each in wanted:
        at = bisect_left(ascending, each)
        if at == count or ascending[at] != each:
            missing.add(each)
    return missing


def _statements(voice: Mapping[str, Any]) -> Iterator[str]:
    undecided = voice.get("undecided")
    for each in undecided if isinstance(undecided, list) else [voice]:
        if isinstance(each, dict):
            statement = each.get("statement")
            if isinstance(statement, str):
                yield statement
