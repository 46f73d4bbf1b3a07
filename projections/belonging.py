"""What beside its own events belongs to a case: of the shared register and the declared kinds, what it rests on.

1. An entity of the register belongs to a case where an event of the case names it, or where it is reached from one that
   belongs to it: by ``part_of``, ``one_of``, ``other_than``, a group's members, or a same-as that is in force.
2. A same-as of the register, its undoing, and a registration that does not count belong to it with the names in them; a
   declared kind with the claims of that kind. Of the key stream, only a revocation belongs to a case, where it makes
   signatures of it disputed: to replay the whole log, or the case and the register alone, gives the same.
3. So what is recorded for other cases, and registered for them, changes nothing in the state of this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from claimledger.events.declarations import KindDeclared
from claimledger.events.encoding import encode_dumped
from claimledger.events.entities import Entity, Group, OneOf
from claimledger.events.governance import KeyRevoked
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered, SameAsJudged, SameAsUndone
from claimledger.events.values import SHARED

from .claims import Filed
from .revocations import touched_by

__all__ = ["belonging", "led"]

_NAME: Final = re.compile(rb'"(%b[^"]+)"' % SHARED.encode())


def belonging(filed: Filed, own: Iterable[Event], beside: Iterable[Event]) -> tuple[Filed, frozenset[int]]:
    """What belongs to a case.

    Args:
        filed: all that was filed for it.
        own: its own events.
        beside: the other events that were taken in: those of the shared register and of the key stream.

    Returns:
        What was filed, without what does not belong to the case; and the log indexes of all events that do.
    """
    own, beside = list(own), list(beside)
    shared = {event.id for event in beside}
    names = _named(filed, own, [group for event, group in filed.same.items() if event in shared])
    kinds = {version.body.kind for record in filed.records.values() for version in record.versions}
    belongs = {event.index for event in own}
    same: set[str] = set()
    for event in beside:
        body = event.body
        if isinstance(body, EntityRegistered):
            belongs_too = led(body.name) in names
        elif isinstance(body, SameAsJudged):
            belongs_too = not names.isdisjoint(map(led, body.entities))
            same.update((event.id,) if belongs_too else ())
        elif isinstance(body, SameAsUndone):
            belongs_too = body.undoes in same
        elif isinstance(body, KindDeclared):
            belongs_too = body.kind in kinds
        else:
            belongs_too = False
        if belongs_too:
            belongs.add(event.index)
    erasures = [one for one in filed.erasures if one.of_index in belongs]
    belongs.update(one.index for one in erasures)
    resting = [event for event in (*own, *beside) if event.index in belongs]
    signed: dict[
        str, list[Event]
    ] = {}  # by keyid, so that many revocations do not each go through all of them
    for event in resting:
        for keyid in event.signers:
            signed.setdefault(keyid, []).append(event)
    revocations = [
        view
        for event in beside
        if isinstance(event.body, KeyRevoked)
        if (view := touched_by(event, event.body, signed.get(event.body.key, ()))) is not None
    ]
    belongs.update(view.index for view in revocations)
    kept = replace(
        filed,
        entities={
            name: view for name, view in filed.entities.items() if not view.shared or view.index in belongs
        },
        same={event: group for event, group in filed.same.items() if event in same or event not in shared},
        erasures=erasures,
        unread=[one for one in filed.unread if one.index in belongs],
        revocations=revocations,
    )
    return kept, frozenset(belongs)


def led(name: str) -> str:
    """A name of the shared register as cases write it."""
    return name if name.startswith(SHARED) else SHARED + name


def _named(filed: Filed, own: Iterable[Event], groups: Iterable[tuple[str, ...]]) -> set[str]:
    """The names of the register that the events of a case name, and those that are reached from there."""
    register = {name: view.entity for name, view in filed.entities.items() if view.shared}
    found: set[str] = set()
    if not register:
        return found
    # Found in the text of what was signed, since to walk every body would take as long as to compute with it.
    texts = (one for event in own for one in _NAME.findall(encode_dumped(event.header.body)))
    todo = [name.decode() for name in dict.fromkeys(texts)]
    same: dict[str, list[str]] = {}
    for group in groups:
        for name in group:
            same.setdefault(name, []).extend(group)
    while todo:
        name = todo.pop()
        if name not in found and name in register:
            found.add(name)
            todo += map(led, _structure(register[name]))
            todo += same.get(name, ())
    return found


def _structure(entity: Entity) -> Iterator[str]:
    if entity.part_of is not None:
        yield entity.part_of
    if isinstance(entity, Group):
        yield from entity.members or ()
    if isinstance(entity, OneOf):
        yield from entity.one_of
        if entity.other_than is not None:
            yield entity.other_than
