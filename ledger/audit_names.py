"""The index of names held against the events that it is derived from, for the audit, in flat memory.

    what        stream            name                          leads to
    case        the key stream    name of the case              its case.opened
    source      the case          name of the source            its source.registered
    entity      case or shared    name of the entity            its entity.registered
    claim       the case          ref of the claim              its claim.recorded
    statement   the case          id of the speech act          a claim.recorded or .amended that carries it
    handle      case or shared    HMAC of a recorder's handle   an entity.registered of that stream

1. Of each name and of each name with its event, eight bytes of a hash are kept, keyed afresh for each audit, so that
   nobody can prepare two that agree. What differs is looked for in a second pass; without damage there is none.
2. A handle is not in the events, so that only where it leads to is looked at.
"""

from __future__ import annotations

import secrets
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from claimledger.events.event import Payload

from .recording import NameKey

__all__ = ["Names", "names_of"]

_NAMED = {
    "case.opened": ("case", "case"),
    "source.registered": ("source", "name"),
    "entity.registered": ("entity", "name"),
    "claim.recorded": ("claim", "ref"),
}
_SPOKEN = frozenset({"claim.recorded", "claim.amended"})


def names_of(payload: Payload, key_stream: str) -> Iterator[NameKey]:
    """The rows of the index that an event makes or, for a statement that several carry, may make."""
    named = _NAMED.get(payload.type)
    if named is not None:
        what, member = named
        name = payload.body.get(member)
        if isinstance(name, str):
            yield (key_stream if what == "case" else payload.stream, what, name)
    if payload.type in _SPOKEN:
        for statement in _statements(payload):
            yield (payload.stream, "statement", statement)


class Names:
    """What the events say the index must hold; give it all events, then hold the index against it."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._keys: array[int] = array("Q")
        self._entries: array[int] = array("Q")

    def take(self, payload: Payload, key_stream: str) -> None:
        """Take an event in that is believed."""
        for key in names_of(payload, key_stream):
            self._keys.append(self.mark(key))
            self._entries.append(self.mark(key, payload.id))

    def differences(self, index: Iterable[tuple[NameKey, str]]) -> tuple[set[int], list[tuple[NameKey, str]]]:
        """Hold the index against the events.

        Args:
            index: its rows, without handles.

        Returns:
            Marks of the names that the index leads wrong or not at all; and the rows that no event makes.
        """
        entries = array("Q", sorted(self._entries))
        found: array[int] = array("Q")
        extra = []
        for key, event_id in index:
            found.append(self.mark(key))
            if not _holds(entries, self.mark(key, event_id)):
                extra.append((key, event_id))
        stored = array("Q", sorted(found))
        wrong = {mark for mark in self._keys if not _holds(stored, mark)}
        derived = array("Q", sorted(self._keys))
        wrong |= {mark for mark in (self.mark(key) for key, _ in extra) if _holds(derived, mark)}
        return wrong, extra

    def mark(self, key: NameKey, event_id: str = "") -> int:
        """Eight bytes that stand for a name, or for a name with the event that it leads to."""
        text = "\0".join((str(key[0]), str(key[1]), str(key[2]), str(event_id)))
        return int.from_bytes(
            blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=self._secret).digest()
        )


def _holds(ascending: array[int], mark: int) -> bool:
    at = bisect_left(ascending, mark)
    return at < len(ascending) and ascending[at] == mark


def _statements(payload: Payload) -> Iterator[str]:
    voice = payload.body.get("voice")
    if not isinstance(voice, dict):
        return
    undecided = voice.get("undecided")
    for each in undecided if isinstance(undecided, list) else [voice]:
        if isinstance(each, dict):
            statement = each.get("statement")
            if isinstance(statement, str):
                yield statement
