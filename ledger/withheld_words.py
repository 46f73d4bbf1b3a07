"""What is withheld in one place and given in another: protected content that goes out with words of what does not.

1. Looked for is what was asked to be withheld and is at hand: of a protected entity the name, aliases and contact,
   parts of names too; of anything else each text whole. Words are compared as `claimledger.leaks` compares.
2. Looked through is the protected content that is given, of all records that are handed on together. What is signed in
   clear is looked through by `claimledger.leaks` alone.
3. A result names the record, the slot, whose words they are, and what withholds that slot, too; never the words. Of one
   place and one person there is one, of whole words rather than of a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claimledger.events.claims import ClaimRecorded
from claimledger.events.disclosure import SlotStatus
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered, SourceRegistered
from claimledger.events.registry import Body

from .bundle_withhold import Withholding
from .leaks import Leak, Secret, find_leaks, normal, secrets_of, strings_of, where_of

__all__ = ["StillGiven", "still_given"]

_NO_WORDS = {"entity.handle", "source.handle", "source.language", "source.media_type"}
"""Slots whose content is no words that stand for somebody."""
_LEAF_DIGITS = 16


@dataclass(frozen=True, slots=True, order=True)
class StillGiven:
    """A slot that is given and holds words of what is withheld.

    Attributes:
        leak: the place, and whose words stand there.
        slot: the slot that is given.
        withhold: the word that withholds it, for ``--withhold``.
    """

    leak: Leak
    slot: str
    withhold: str

    def __str__(self) -> str:
        return f"{self.leak}, and it is given; --withhold {self.withhold} leaves it out"


def still_given(events: Iterable[Event], withholding: Withholding) -> list[StillGiven]:
    """Where words of what is withheld stand in protected content that is given.

    Args:
        events: what is handed on together, as disclosed.
        withholding: what is left out of it.
    """
    secrets: list[Secret] = []
    places: list[tuple[str, str, str]] = []
    words: dict[tuple[str, str], tuple[str, str]] = {}
    for event in events:
        if not isinstance(event.body, Body):
            continue
        gone, where = withholding.slots(event), where_of(event)
        at_hand = {
            slot: content
            for slot, content in event.body.split()[1].items()
            if event.slots.get(slot) is SlotStatus.DISCLOSED
        }
        secrets += _secrets(event, {slot: content for slot, content in at_hand.items() if slot in gone})
        for slot in sorted(at_hand.keys() - gone):
            for path, text in strings_of(at_hand[slot], slot):
                places.append((where, path, text))
                words[where, path] = (slot, f"{_named(event)}:{slot}")
    found: dict[tuple[str, str, str], Leak] = {}
    for leak in find_leaks(secrets, places, is_signed=False):
        key = (leak.where, leak.path, leak.of)
        if key not in found or (found[key].is_part and not leak.is_part):
            found[key] = leak
    return sorted(StillGiven(leak, *words[leak.where, leak.path]) for leak in found.values())


def _secrets(event: Event, withheld: dict[str, object]) -> Iterator[Secret]:
    body = event.body
    if isinstance(body, EntityRegistered):
        yield from secrets_of(
            body.name, {slot.removeprefix("entity."): content for slot, content in withheld.items()}
        )
        return
    for slot, content in withheld.items():
        texts = {normal(text) for _, text in strings_of(content)} - {""}
        if texts and slot not in _NO_WORDS:
            if isinstance(body, SourceRegistered):
                yield Secret(body.name, slot.removeprefix("source."), tuple(sorted(texts)))
            else:
                yield Secret(where_of(event), slot, tuple(sorted(texts)))


def _named(event: Event) -> str:
    """How a person names an event where something of it is to be withheld."""
    body = event.body
    if isinstance(body, ClaimRecorded):
        return body.ref
    if isinstance(body, (EntityRegistered, SourceRegistered)):
        return body.name
    return event.leaf[:_LEAF_DIGITS]
