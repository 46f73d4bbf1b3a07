"""A claim file held against a ledger: what of it is new, what is there, and what contradicts what is recorded.

1. The case, entities and sources are found by name, protected ones by their handle, claims by ref; judgements, same-as
   and acts on evidence by what they say, each as often as it is said; the undoing of a same-as by its entities and its
   reason.
2. Other content under a name that is recorded is a conflict. Every conflict is told: a record is mended by ``amend`` or
   ``withdraw``, never by changing the file.
3. Protected content is compared where it is at hand; what was withheld or erased is no conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from claimledger.events.claims import ClaimAmended, ClaimRecorded, ClaimWithdrawn
from claimledger.events.disclosure import SlotStatus
from claimledger.events.encoding import encode
from claimledger.events.errors import UnknownName
from claimledger.events.evidence import CustodyTransferred, EvidenceAttached, ReliabilityAssessed
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import (
    ClaimsJudged,
    EntityRegistered,
    SameAsJudged,
    SameAsUndone,
    SourceRegistered,
)
from claimledger.events.registry import Body
from claimledger.events.values import SHARED

from .case import Case
from .checks import did_you_mean, references, with_claim_ids, with_entity_names, with_source_names
from .claimfile import ClaimFile
from .claimfile_text import Place, Problem, child
from .ledger import Ledger

__all__ = ["Matching"]

B = TypeVar("B", bound=Body)
_MEND = (
    'is recorded with other content; put it back as it was, and mend the record under "amend" or "withdraw"'
)
_STAYS = (
    "is registered with other content, and a registration stays as it is; put it back, or take another name"
)


@dataclass(slots=True)
class _Known:
    """What a case holds, by the names and contents under which a file finds it again."""

    entities: dict[str, tuple[EntityRegistered, Event]] = field(default_factory=dict)
    sources: dict[str, tuple[SourceRegistered, Event]] = field(default_factory=dict)
    claims: dict[str, tuple[ClaimRecorded, Event]] = field(default_factory=dict)
    acts: dict[bytes, list[tuple[Body, Event]]] = field(default_factory=dict)
    same_as: dict[str, frozenset[str]] = field(default_factory=dict)
    undone: dict[str, list[tuple[SameAsUndone, Event]]] = field(default_factory=dict)
    amendments: list[tuple[ClaimAmended, Event]] = field(default_factory=list)
    withdrawals: list[tuple[ClaimWithdrawn, Event]] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Take an event of the case in."""
        body = event.body
        match body:
            case EntityRegistered():
                self.entities[body.name] = (body, event)
            case SourceRegistered():
                self.sources[body.name] = (body, event)
            case ClaimRecorded():
                self.claims[body.ref] = (body, event)
            case (
                SameAsJudged()
                | ClaimsJudged()
                | EvidenceAttached()
                | CustodyTransferred()
                | ReliabilityAssessed()
            ):
                self.acts.setdefault(_content(body), []).append((body, event))
                if isinstance(body, SameAsJudged):
                    self.same_as[event.id] = frozenset(body.entities)
            case SameAsUndone():
                self.undone.setdefault(body.undoes, []).append((body, event))
            case ClaimAmended():
                self.amendments.append((body, event))
            case ClaimWithdrawn():
                self.withdrawals.append((body, event))


class Matching:
    """A claim file held against a ledger: what is new, what is there, what is in conflict.

    Args:
        ledger: open; what its batch holds is not looked at.
        claim_file: from `read_claim_file`.

    Attributes:
        problems: the conflicts; where there are any, nothing may be written.
        unchanged: how many things of the file are recorded already.
        case: the case, or None where it is new.
        shared, entities, sources, claims, same_as, judgements, attachments, transfers, assessments: what is new of
            each, in the order of the file.
        amendments, withdrawals: ref of a claim to what is new.
        undone: what is to be taken back, an event id or the place of a new same-as in `same_as`, to the reason.
    """

    def __init__(self, ledger: Ledger, claim_file: ClaimFile) -> None:
        self.problems: list[Problem] = []
        self.unchanged = 0
        self.case: Case | None = None
        self._file = claim_file
        self._known = known = _Known()
        self._pseudonyms: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        try:
            self.case = ledger.case(claim_file.case)
        except UnknownName:
            pass  # a new case
        else:
            for event in ledger.events(claim_file.case):
                if event.stream == self.case.stream:
                    known.apply(event)
            if self.case.title != claim_file.title:
                self._problem("case", "is recorded with another title; put it back")
            self.unchanged += 1
            entities = [body.name for body in claim_file.entities if body.entity.slots]
            sources = [body.name for body in claim_file.sources if body.source.slots]
            self._pseudonyms = dict(_registered(entities, self.case.entity_name))
            self._sources = dict(_registered(sources, self.case.source_name))
        refs = claim_file.refs.items()
        self._ids = {stand_in: known.claims[ref][1].id for stand_in, ref in refs if ref in known.claims}
        self.shared = [body for body in claim_file.shared if self._shared_is_new(ledger, body)]
        self.entities = [
            body for body in claim_file.entities if self._is_new("entities", body, known.entities, _STAYS)
        ]
        self.sources = [
            body for body in claim_file.sources if self._is_new("sources", body, known.sources, _STAYS)
        ]
        self.claims = [
            body for body in claim_file.claims.values() if self._is_new("claims", body, known.claims, _MEND)
        ]
        self.same_as = [body for body in claim_file.same_as if self._is_new_act(body)]
        self.undone = dict(self._undoings(claim_file.undone))
        self.judgements = [body for body in claim_file.judgements if self._is_new_act(body)]
        self.attachments = [body for body in claim_file.attachments if self._is_new_act(body)]
        self.transfers = [body for body in claim_file.transfers if self._is_new_act(body)]
        self.assessments = [body for body in claim_file.assessments if self._is_new_act(body)]
        self.amendments = {
            ref: body for ref, body in claim_file.amendments.items() if self._is_new_amendment(ref, body)
        }
        self.withdrawals = {
            ref: body for ref, body in claim_file.withdrawals.items() if self._is_new_withdrawal(ref, body)
        }
        self._check_outside(ledger)

    def _problem(self, path: str, message: str) -> None:
        place = self._file.places.get(path, Place(1, 1))
        self.problems.append(Problem(self._file.file, place.line, place.column, path, message))

    def _settled(self, body: B) -> B:
        """The body as it would be recorded, as far as what it names is recorded."""
        named = with_source_names(with_entity_names(body, self._pseudonyms), self._sources)
        return with_claim_ids(named, lambda claim: self._ids.get(claim, claim))

    def _shared_is_new(self, ledger: Ledger, body: EntityRegistered) -> bool:
        try:
            there = ledger.shared_entity(body.name)
        except UnknownName:
            return True
        if there != body.entity:
            self._problem(
                child("shared", body.name), f"{SHARED}{body.name} of the ledger's register {_STAYS}"
            )
        self.unchanged += 1
        return False

    def _is_new(self, section: str, body: B, known: Mapping[str, tuple[B, Event]], conflict: str) -> bool:
        name = body.ref if isinstance(body, ClaimRecorded) else body.name  # type: ignore[attr-defined]
        signed = {"entities": self._pseudonyms, "sources": self._sources}.get(section, {})
        found = known.get(signed.get(name, name))
        if found is None:
            return True
        there, event = found
        settled = self._settled(body)
        if isinstance(there, (EntityRegistered, SourceRegistered)):
            settled = settled.model_copy(update={"name": there.name})
        if not _is_same(settled, there, event):
            self._problem(child(section, name), conflict)
        self.unchanged += 1
        return False

    def _is_new_act(self, body: Body) -> bool:
        """Whether an act without a name is to be recorded. The same one may be meant twice: items go and return."""
        settled = self._settled(body)
        alike = self._known.acts.get(_content(settled), [])
        found = next((each for each in alike if _is_same(settled, *each)), None)
        if found is None:
            return True
        alike.remove(found)
        self.unchanged += 1
        return False

    def _undoings(self, undone: Sequence[SameAsJudged]) -> Iterator[tuple[str | int, str | None]]:
        """What is to be taken back: an event id, or the place of a same-as that is new; each with the reason."""
        recorded = dict(self._known.same_as)
        coming = {at: frozenset(self._settled(body).entities) for at, body in enumerate(self.same_as)}
        for at, body in enumerate(undone):
            names = frozenset(self._settled(body).entities)
            alike = [event for event, entities in recorded.items() if entities == names]
            there = next((event for event in alike if self._is_undone(event, body.because)), None)
            standing = next((event for event in alike if event not in self._known.undone), None)
            new = next((place for place, entities in coming.items() if entities == names), None)
            if there is not None:
                del recorded[there]
                self.unchanged += 1
            elif standing is not None:
                del recorded[standing]
                yield standing, body.because
            elif new is not None:
                del coming[new]
                yield new, body.because
            else:
                listed = " and ".join(body.entities)
                self._problem(
                    child("undo_same_as", at),
                    f"the same-as of {listed} is taken back already, for another reason; put it back"
                    if alike
                    else f"there is no same-as of {listed} to take back; name the entities as it does",
                )

    def _is_undone(self, event_id: str, because: str | None) -> bool:
        undoing = SameAsUndone(undoes=event_id, because=because)
        return any(_is_same(undoing, *there) for there in self._known.undone.get(event_id, ()))

    def _is_new_amendment(self, ref: str, body: ClaimAmended) -> bool:
        settled = self._settled(body)
        if not any(_is_same(settled, there, event) for there, event in self._known.amendments):
            return self._is_recorded("amend", ref)
        self.unchanged += 1
        return False

    def _is_new_withdrawal(self, ref: str, body: ClaimWithdrawn) -> bool:
        settled = self._settled(body)
        there = [each for each in self._known.withdrawals if each[0].withdraws == settled.withdraws]
        if not there:
            return self._is_recorded("withdraw", ref)
        if not any(_is_same(settled, *each) for each in there):
            self._problem(child("withdraw", ref), "is withdrawn already, for another reason; put it back")
        self.unchanged += 1
        return False

    def _is_recorded(self, section: str, ref: str) -> bool:
        """Only what is recorded, or is about to be, can be mended."""
        if ref in self._known.claims or ref in self._file.claims:
            return True
        self._problem(child(section, ref), f'no claim "{ref}"{did_you_mean(ref, self._known.claims)}')
        return False

    def _check_outside(self, ledger: Ledger) -> None:
        """Hold names that the file leaves to the ledger against it."""
        self.problems += [
            problem for ref, problem in self._file.outside.items() if ref not in self._known.claims
        ]
        own = {SHARED + body.name for body in self._file.shared}
        for path, body in self._bodies():
            for reference in references(body):
                name = reference.name
                if reference.what == "entity" and name.startswith(SHARED) and name not in own:
                    own.add(name)
                    try:
                        ledger.shared_entity(name)
                    except UnknownName as error:
                        self._problem(path, str(error))

    def _bodies(self) -> Iterator[tuple[str, Body]]:
        file = self._file
        registered: tuple[tuple[str, Sequence[Any]], ...] = (
            ("shared", file.shared),
            ("entities", file.entities),
            ("sources", file.sources),
        )
        for section, bodies in registered:
            yield from ((child(section, body.name), body) for body in bodies)
        for section, claims in (("claims", file.claims), ("amend", file.amendments)):
            yield from ((child(section, ref), body) for ref, body in claims.items())
        listed: tuple[tuple[str, Sequence[Body]], ...] = (
            ("same_as", file.same_as),
            ("undo_same_as", file.undone),
            ("judgements", file.judgements),
            ("evidence", file.attachments),
            ("custody", file.transfers),
            ("reliability", file.assessments),
        )
        for section, acts in listed:
            yield from ((child(section, at), body) for at, body in enumerate(acts))


def _content(body: Body) -> bytes:
    """A body without protected members, in a form that can be looked up; it begins with its type."""
    return encode([body.TYPE, body.split()[0]])


def _is_same(new: Body, there: Body, event: Event) -> bool:
    """Whether two bodies say the same, but for protected content that is not at hand."""
    public, protected = new.split()
    recorded, disclosed = there.split()
    if public != recorded or protected.keys() != disclosed.keys():
        return False
    at_hand = [slot for slot in protected if event.slots.get(slot) is SlotStatus.DISCLOSED]
    return all(protected[slot] == disclosed[slot] for slot in at_hand)


def _registered(names: Iterable[str], signed: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Of the names that a file has for what is protected, those that are registered, with the names that are signed."""
    for name in names:
        try:
            yield name, signed(name)
        except UnknownName:
            continue
