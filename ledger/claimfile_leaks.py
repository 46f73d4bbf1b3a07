"""Protected words, and attributes of protected entities, that a claim file would have signed in clear.

1. What the file protects is looked for in all that it signs, and in what its case has recorded already; what its
   case protects is looked for in the file. Nothing here shows the words (`claimledger.leaks`).
2. Names by which the file calls protected entities and sources are left out where they stand alone: the ledger
   puts random names in their place.
3. What is recorded already is told apart from what would be: it can be said otherwise no more. A record that has a
   name is found by it, any other act by what it signs.
4. The value of an attribute of an entity that the file protects is told wherever the file gives it in clear.
5. A ledger is read for this only where somebody is protected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from claimledger.events.errors import UnknownName
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered, SourceRegistered
from claimledger.events.registry import Body

from .claimfile import ClaimFile
from .leaks import (
    Leak,
    Secret,
    clear_values,
    find_leaks,
    recorded_secrets,
    secrets_of,
    signed_places,
    source_secrets_of,
    strings_of,
    where_of,
)
from .ledger import Ledger

__all__ = ["leaks_of_file"]

_NAMED: Final = frozenset({"case", "claim", "entity", "source"})
"""How the records are called that have a name of their own."""


def leaks_of_file(claim_file: ClaimFile, ledger: Ledger | None = None) -> list[Leak]:
    """Where protected words, or attributes of protected entities, would be signed in clear, or are.

    Args:
        claim_file: from `read_claim_file`.
        ledger: where it is to be recorded; None to look at the file alone.

    Returns:
        The places, in the order of their records; entities are called as the file calls them.
    """
    handles = {body.name for body in claim_file.entities if body.entity.slots}
    sources = {body.name for body in claim_file.sources if body.source.slots}
    secrets = [secret for body in claim_file.entities for secret in _secrets(body)]
    secrets += [secret for body in claim_file.sources for secret in source_secrets_of(body.name, body.source)]
    places = [each for each in _places(claim_file) if each[2] not in handles | sources]
    values = [leak for where, body in _bodies(claim_file) for leak in clear_values(where, body, handles)]
    recorded = _Recorded()
    if ledger is not None:
        try:
            case = ledger.case(claim_file.case)
        except UnknownName:
            pass  # The case is made by this very file.
        else:
            if secrets or case.protects_somebody:
                for event in ledger.events(claim_file.case):
                    secrets += [] if _is_called(event.body, handles, sources) else recorded_secrets(event)
                    recorded.take(event)
    leaks = find_leaks(secrets, [place for place in places if not recorded.has(*place)])
    leaks += [replace(leak, is_recorded=True) for leak in find_leaks(secrets, recorded.places)]
    texts = {where: set(strings_of(body.split()[0])) for where, body in _bodies(claim_file)}
    for leak in values:
        of_value = [(leak.where, *each) for each in texts[leak.where] if each[0].startswith(leak.path)]
        places_of_value = of_value or [(leak.where, leak.path, "")]
        leaks.append(replace(leak, is_recorded=all(recorded.has(*place) for place in places_of_value)))
    return sorted(leaks)


class _Recorded:
    """What a case has recorded already, as far as it is looked for."""

    def __init__(self) -> None:
        self.places: list[tuple[str, str, str]] = []
        self._names: set[str] = set()
        self._texts: set[tuple[str, str]] = set()

    def take(self, event: Event) -> None:
        """Take in an event."""
        where = where_of(event)
        places = list(signed_places(event))
        self.places += places
        if where.partition(" ")[0] in _NAMED:
            self._names.add(where)
            handle = _handle_of(event.body)
            if handle is not None:
                self._names.add(f"{where.partition(' ')[0]} {handle}")
        else:
            self._texts.update((path, text) for _, path, text in places)

    def has(self, where: str, path: str, text: str) -> bool:
        """Whether a place in a file is in what is recorded."""
        if where.partition(" ")[0] in _NAMED:
            return where in self._names
        return (path, text) in self._texts


def _secrets(body: EntityRegistered) -> Iterator[Secret]:
    entity = body.entity
    if entity.slots:
        yield from secrets_of(body.name, {slot: getattr(entity, slot, None) for slot in entity.slots})


def _handle_of(body: object) -> str | None:
    """What its recorder calls something protected that was registered."""
    if isinstance(body, SourceRegistered):
        return body.source.handle
    return getattr(body.entity, "handle", None) if isinstance(body, EntityRegistered) else None


def _is_called(body: object, handles: set[str], sources: set[str]) -> bool:
    """Whether something protected is in the file as well, under its name there."""
    if isinstance(body, SourceRegistered):
        return body.source.handle in sources
    return isinstance(body, EntityRegistered) and getattr(body.entity, "handle", None) in handles


def _places(claim_file: ClaimFile) -> Iterator[tuple[str, str, str]]:
    yield f"case {claim_file.case}", "title", claim_file.title
    for where, body in _bodies(claim_file):
        for path, text in strings_of(body.split()[0]):
            yield where, path, text


def _bodies(claim_file: ClaimFile) -> Iterator[tuple[str, Body]]:
    for each in (*claim_file.shared, *claim_file.entities):
        yield f"entity {each.name}", each
    for source in claim_file.sources:
        yield f"source {source.name}", source
    for ref, claim in claim_file.claims.items():
        yield f"claim {ref}", claim
    for ref, amendment in claim_file.amendments.items():
        yield f"amendment of {ref}", amendment
    for ref, withdrawal in claim_file.withdrawals.items():
        yield f"withdrawal of {ref}", withdrawal
    for what, acts in (
        ("same-as", claim_file.same_as),
        ("same-as taken back", claim_file.undone),
        ("judgement", claim_file.judgements),
        ("evidence", claim_file.attachments),
        ("custody", claim_file.transfers),
        ("reliability", claim_file.assessments),
    ):
        for number, act in enumerate(acts, 1):
            yield f"{what} {number}", act
