"""What a bundle, or a reading, leaves out: which protected slots of which events, as its maker says it in words.

    *                every protected slot
    SLOT             every slot of that name: ``quote``, ``entity.name``
    EVENT:SLOT       one slot of one event, named by its event id or the first digits of its leaf hash
    NAME:SLOT        one slot of a claim, in what amends or withdraws it too; of the registration of an entity or of a
                     source: ``w1:entity.name``; the end of the slot's name will do, and ``claim:NAME:SLOT``,
                     ``entity:NAME:SLOT`` and ``source:NAME:SLOT`` tell several of one name apart
    ENTITY           every protected slot of the events that register that entity or speak of it, by its name in the
                     case, or by the name that its recorder calls a protected person
    SOURCE           the same of a source: of its registration, and of the events that name it

1. What is left out of an event of which an entity is spoken is everything that is protected there, absent values
   too: free text and quotes may name it in words that nobody can look for.
2. Of an event that this release cannot read, everything is left out as soon as an entity is withheld: it may be named
   there.
3. A reading that leaves something out gets each event as the recipient of such a bundle would.
4. A word that fits nothing is refused: whoever mistyped a name must not believe that it was withheld.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from claimledger.events.claims import ClaimAmended, ClaimRecorded, ClaimWithdrawn
from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import UnknownName
from claimledger.events.identifiers import is_slot
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered, SourceRegistered
from claimledger.events.registry import Body, UnknownBody, read_body
from claimledger.events.values import SHARED

from .checks import references

__all__ = ["Withholding"]

_LEAF_DIGITS = 8
_HEX = re.compile(r"[0-9a-f]+").fullmatch
_SORTS = ("claim", "entity", "source")


class Withholding:
    """Tells which slots are withheld, and at the end whether every word fitted something.

    Args:
        words: as in the table above.
        shared_stream: UUID of the shared register's stream.
        pseudonym: the signed name of a protected person, by stream and the name that its recorder uses; or None.
        source_name: the signed name of a source, in the same way.
        streams: UUIDs of the cases' streams.
    """

    def __init__(
        self,
        words: Iterable[str],
        shared_stream: str,
        pseudonym: Callable[[str, str], str | None],
        source_name: Callable[[str, str], str | None],
        streams: Sequence[str],
    ) -> None:
        self._shared = shared_stream
        self._pseudonym = pseudonym
        self._source_name = source_name
        self._left = set(words)
        self._everything = "*" in self._left
        self._left.discard("*")
        self._names: dict[tuple[str, str], str] = {}  # stream and name of an entity to the word for it
        self._sources: dict[tuple[str, str], str] = {}  # the same of a source
        self._plain: dict[str, str] = {}
        self._of_events: list[tuple[str, str, str]] = []
        self._claims: dict[str, set[str]] = {}  # word to the ids of the claims that it names
        for word in sorted(self._left):
            event, colon, slot = word.rpartition(":")
            if colon and word.startswith(SHARED) and word.count(":") == 1:
                self._plain[word] = word
            elif colon:
                self._of_events.append((event, slot, word))
            else:
                self._plain[word] = word
                for stream in streams:
                    name = pseudonym(stream, word)
                    if name is not None:
                        self._names[stream, name] = word
                    source = source_name(stream, word)
                    if source is not None:
                        self._sources[stream, source] = word

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be withheld."""
        return not (self._everything or self._plain or self._of_events)

    def slots(self, event: Event) -> set[str]:
        """The slots of an event whose content is left out.

        Args:
            event: with its body, as disclosed.
        """
        committed = set(event.header.commitments)
        if not committed or self.is_empty:
            return set()
        if self._everything:
            self._speaks_of(event)
            return committed
        found = {slot for slot in committed if self._fits(slot)}
        for name, asked, word in self._of_events:
            slots = {slot for slot in committed if slot == asked or slot.endswith(f".{asked}")}
            if self._is_named(event, name, word) and slots:
                found |= slots
                self._left.discard(word)
        return committed if self._speaks_of(event) else found

    def left_out(self, event: Event) -> Event:
        """An event as it is for whoever got a bundle of it: what is withheld of it is not in its body."""
        gone = {slot for slot in self.slots(event) if event.slots.get(slot) is SlotStatus.DISCLOSED}
        if not gone or not isinstance(event.body, Body):
            return replace(event, slots={**event.slots, **dict.fromkeys(gone, SlotStatus.WITHHELD)})
        kept = {slot: value for slot, value in event.body.split()[1].items() if slot not in gone}
        header = event.header
        return replace(
            event,
            body=read_body(header.type, header.version, header.body, kept, header.commitments),
            slots={**event.slots, **dict.fromkeys(gone, SlotStatus.WITHHELD)},
        )

    def check(self) -> None:
        """Refuse words that fitted nothing.

        Raises:
            UnknownName: there are some.
        """
        if self._left:
            words = ", ".join(f'"{word}"' for word in sorted(self._left))
            raise UnknownName(
                f"--withhold {words}: no slot with protected content, no entity and no source here is called so"
            )

    def _fits(self, slot: str) -> bool:
        if slot in self._plain and is_slot(slot):
            self._left.discard(slot)
            return True
        return False

    def _is_named(self, event: Event, named: str, word: str) -> bool:
        if named == event.id:
            return True
        if len(named) >= _LEAF_DIGITS and _HEX(named) and event.leaf.startswith(named):
            return True
        sort, colon, name = named.partition(":")
        if not colon or sort not in _SORTS:
            sort, name = "", named
        body = event.body
        if isinstance(body, ClaimRecorded) and sort in ("", "claim") and body.ref == name:
            self._claims.setdefault(word, set()).add(event.id)
            return True
        if isinstance(body, ClaimAmended):
            return body.amends in self._claims.get(word, ())
        if isinstance(body, ClaimWithdrawn):
            return body.withdraws in self._claims.get(word, ())
        if isinstance(body, EntityRegistered) and sort in ("", "entity"):
            return name == body.name or self._pseudonym(event.stream, name) == body.name
        if isinstance(body, SourceRegistered) and sort in ("", "source"):
            return self._source_name(event.stream, name) == body.name
        return False

    def _speaks_of(self, event: Event) -> bool:
        """Whether an event registers, or speaks of, an entity or a source that is withheld."""
        if isinstance(event.body, UnknownBody):
            return bool(self._plain)
        named = list(references(event.body))
        spoken = {each.name for each in named if each.what == "entity"}
        sources = {each.name for each in named if each.what == "source"}
        if isinstance(event.body, SourceRegistered):
            sources.add(event.body.name)
        if isinstance(event.body, EntityRegistered):
            spoken.add(SHARED + event.body.name if event.stream == self._shared else event.body.name)
        words = [self._plain.get(name) or self._names.get((event.stream, name)) for name in spoken]
        words += [self._sources.get((event.stream, name)) for name in sources]
        speaks = False
        for word in words:
            if word is not None:
                self._left.discard(word)
                speaks = True
        return speaks
