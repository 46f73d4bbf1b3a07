"""What a case is computed from: its events, filed as they come; kept, cut by a clock, and gone on with.

1. Filing an event computes nothing. Those of other cases are left aside; those of the shared register and of the key
   stream are filed for every case, since a later event may name them. What of them belongs to the case, and so to its
   state, is of `claimledger.projections.belonging`.
2. Nothing that was recorded after ``known_at`` is filed, and once the cut is reached, nothing is.
3. Events come in the order of the log. One that is here already is not filed twice, so that handing in too much is
   harmless; one that cannot be of this log, or is of another ledger, is refused.
4. `CaseFile.save` and `CaseFile.load` are of `claimledger.projections.saved`: load, and the rest of the log, give
   what a replay from the start gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from claimledger.events.claims import ClaimAmended, ClaimRecorded, ClaimWithdrawn
from claimledger.events.declarations import KindDeclared
from claimledger.events.declared_kinds import kind_of
from claimledger.events.disclosure import SlotStatus
from claimledger.events.envelope import keyid_of
from claimledger.events.erasure import DisclosureErased
from claimledger.events.errors import BrokenChain, InvalidValue, WrongLedger
from claimledger.events.governance import KeyAdded, LedgerOpened, RootsChanged
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import (
    CaseOpened,
    ClaimsJudged,
    EntityRegistered,
    SameAsJudged,
    SameAsUndone,
    SourceRegistered,
)
from claimledger.events.registry import UnknownBody

from .belonging import belonging, led
from .claims import Filed, Record, SameAsView, UnreadEvent, Withdrawal, version_of
from .clocks import Clocks, Moment
from .erasures import ErasureView, view_of, without
from .names import EntityView
from .revocations import RevocationView
from .saved import Saved, read_saved, write_saved

__all__ = ["CaseFile"]


class CaseFile:
    """The filed events of one case.

    Args:
        case: the case's name.
        known_at: a log index (included), a day or an instant: later records are not taken in. `Ledger.replay` looks
            for the cut in the whole log; without it, it is looked for among the events that are handed in.
        asserted_by: a day (EDTF, such as ``2025-07-03``): only what was certainly said by its end is placed.
        true_on: a day: only what is said of that day, or of no day, is placed.

    Raises:
        InvalidValue: a clock is set to what it cannot show.
    """

    def __init__(
        self,
        case: str,
        *,
        known_at: Moment | None = None,
        asserted_by: str | None = None,
        true_on: str | None = None,
    ) -> None:
        self.case = case
        self.clocks = Clocks(known_at, asserted_by, true_on)
        self.title = ""
        self.ledger: str | None = None
        self._last: int | None = None
        self._stream: str | None = None
        self._cut = False
        self._other_cases: set[str] = set()
        self._events: dict[int, Event] = {}
        self._filed = Filed()
        self._belonging: tuple[int, Filed, frozenset[int]] | None = None

    @property
    def known_at(self) -> Moment | None:
        """Where the log was cut, as given."""
        return self.clocks.known_at

    @property
    def asserted_by(self) -> str | None:
        """The day by which it must have been said, as given."""
        return self.clocks.asserted_by

    @property
    def true_on(self) -> str | None:
        """The day that is spoken of, as given."""
        return self.clocks.true_on

    @property
    def taken_in(self) -> int | None:
        """The last log index that was taken in: a replay may go on after it."""
        return self._last

    @property
    def events_seen(self) -> int:
        """How many events were taken in."""
        return len(self._events)

    @property
    def indexes(self) -> frozenset[int]:
        """The log indexes of the events that belong to the case: its own, and what they rest on in the register."""
        return self._belongs()[1]

    @property
    def index_range(self) -> tuple[int, int] | None:
        """The first and the last of `indexes`; None where there is none."""
        indexes = self.indexes
        return (min(indexes), max(indexes)) if indexes else None

    def _belongs(self) -> tuple[Filed, frozenset[int]]:
        """What was filed that belongs to the case, and the log indexes of the events of it."""
        if self._belonging is None or self._belonging[0] != len(self._events):
            own = [event for event in self._events.values() if event.stream == self._stream]
            beside = [event for event in self._events.values() if event.stream != self._stream]
            self._belonging = (len(self._events), *belonging(self._filed, own, beside))
        return self._belonging[1:]

    def cut_at(self, known_at: Moment) -> None:
        """Say where the log is cut, where whoever hands in the events cuts it; for the provenance.

        Raises:
            InvalidValue: it has a cut of its own at another place, or holds what was recorded after this one.
        """
        clocks = self.clocks.joined(Clocks(known_at=known_at))
        if any(clocks.leave_out(event) for event in self._events.values()):
            raise InvalidValue(
                f"known_at: events up to index {self.taken_in} are in already, and some were recorded after "
                f"{clocks.known_at}; begin with a fresh one"
            )
        self.clocks = clocks

    def at(
        self, *, known_at: int | None = None, asserted_by: str | None = None, true_on: str | None = None
    ) -> Self:
        """This state by further clocks, computed from the events that are here; this one stays as it is.

        Args:
            known_at: a log index; for a time, replay the log, since events of other cases may cut it.
            asserted_by: as for the class.
            true_on: as for the class.

        Raises:
            InvalidValue: a clock is set already, otherwise.
        """
        clocks = self.clocks.joined(Clocks(known_at, asserted_by, true_on))
        made = type(self)(
            self.case,
            known_at=clocks.known_at,
            asserted_by=clocks.asserted_by,
            true_on=clocks.true_on,
        )
        made._take(self._other_cases, self._events.values())
        made._cut = made._cut or self._cut
        return made

    def save(self) -> bytes:
        """The state as bytes, to go on from later; without protected content. See `claimledger.projections.saved`."""
        return write_saved(
            Saved(
                self.case,
                self.ledger,
                self.clocks,
                self._cut,
                tuple(self._other_cases),
                tuple(self._events.values()),
            )
        )

    @classmethod
    def load(cls, data: bytes, *, ledger: str | None = None) -> Self:
        """A state that was saved. Go on with `Ledger.replay`, or hand in the events after `taken_in`.

        Hand in the same selection as before: events of this case and the shared register, or all of the log.

        Args:
            data: what `save` gave.
            ledger: the ledger's id that it must be of; None to take it as it comes.

        Raises:
            InvalidValue: no saved state, a damaged one, or one of another format or of other rules.
            WrongLedger: it is of another ledger.
        """
        saved = read_saved(data, ledger=ledger)
        clocks = saved.clocks
        made = cls(
            saved.case, known_at=clocks.known_at, asserted_by=clocks.asserted_by, true_on=clocks.true_on
        )
        made._take(saved.other_cases, saved.events)
        made._cut = made._cut or saved.cut
        return made

    def _take(self, other_cases: Iterable[str], events: Iterable[Event]) -> None:
        self._other_cases = set(other_cases)
        for event in events:
            self.apply(event)

    def apply(self, event: Event) -> None:
        """File one event. Those of other cases are left aside, those after `known_at` are not known.

        Raises:
            BrokenChain: it comes after a later one, or another event has its place.
            WrongLedger: it is of another ledger than those before it.
        """
        self._cut = self._cut or self.clocks.leave_out(event)
        if self._cut or self._has(event):
            return
        body, stream = event.body, event.stream
        if isinstance(body, CaseOpened) and event.sequence == 1:
            if body.case != self.case or self._stream is not None:
                # No writer of this library opens a second case of a name: the first one holds.
                self._other_cases.add(stream)
                return
            self._stream, self.title = stream, body.title
        elif stream in self._other_cases:
            return
        self.ledger = event.header.ledger or self.ledger
        self._events[event.index] = event
        self._last = event.index
        own = stream == self._stream
        if isinstance(body, EntityRegistered):
            self._register(event, body, shared=not own)
        elif isinstance(body, SameAsJudged):
            self._filed.same[event.id] = tuple(body.entities if own else map(led, body.entities))
        elif isinstance(body, SameAsUndone):
            self._filed.same.pop(body.undoes, None)
        elif isinstance(body, KeyAdded):
            self._filed.recorders[keyid_of(bytes.fromhex(body.key), body.algorithm)] = body.holder
        elif isinstance(body, (LedgerOpened, RootsChanged)):
            for root in body.roots:
                self._filed.recorders[keyid_of(bytes.fromhex(root.key))] = root.holder
        elif isinstance(body, DisclosureErased):
            if own:
                self._erase(event, body)
        elif isinstance(body, KindDeclared) and not own:
            # The first declaration holds; a writer of this library never makes another one.
            self._filed.declared.setdefault(body.kind, kind_of(body))
        elif own:
            self._file(event, body)

    def _has(self, event: Event) -> bool:
        """Whether an event is here already; refuses one that cannot be of this log."""
        ledger, last = event.header.ledger, self.taken_in
        if None not in (self.ledger, ledger) and ledger != self.ledger:
            raise WrongLedger(f"case {self.case}: an event of ledger {ledger}, after events of {self.ledger}")
        if last is None or event.index > last or event.stream in self._other_cases:
            return False
        here = self._events.get(event.index)
        if here is not None and here.leaf == event.leaf:
            return True
        opens_another = isinstance(event.body, CaseOpened) and event.body.case != self.case
        if here is None and opens_another:
            return False
        what = "comes after a later one" if here is None else "has the place of another one"
        raise BrokenChain(
            f"case {self.case}: the event at index {event.index} {what}; hand in events in the order of the log"
        )

    def _register(self, event: Event, body: EntityRegistered, *, shared: bool) -> None:
        name = led(body.name) if shared else body.name
        if name in self._filed.entities:
            self._leave_unread(event, "that name is registered already, and the first registration holds")
            return
        self._filed.entities[name] = EntityView(name, body.entity, body.entity.label, shared, event.index)

    def _file(self, event: Event, body: object) -> None:
        filed = self._filed
        if isinstance(body, ClaimRecorded):
            ref = body.ref if body.ref not in filed.records else f"{body.ref}~{event.id}"
            filed.records[ref] = Record(ref, event.leaf, [version_of(event, body, None, filed.declared)])
            filed.refs[event.id] = ref
        elif isinstance(body, ClaimAmended) and body.amends in filed.refs:
            version = version_of(event, body, body.because, filed.declared)
            filed.records[filed.refs[body.amends]].versions.append(version)
        elif isinstance(body, ClaimWithdrawn) and body.withdraws in filed.refs:
            withdrawal = Withdrawal(event.index, event.id, body.because, event.signers)
            filed.records[filed.refs[body.withdraws]].withdrawal = withdrawal
        elif isinstance(body, ClaimsJudged):
            filed.judged.append((event, body))
        elif isinstance(body, SourceRegistered) and body.name in filed.sources:
            self._leave_unread(event, "that name is registered already, and the first registration holds")
        elif isinstance(body, SourceRegistered):
            filed.sources[body.name] = body.source
            filed.source_events[body.name] = event.index
        elif isinstance(body, UnknownBody):
            self._leave_unread(event, body.reason)
        elif isinstance(body, (ClaimAmended, ClaimWithdrawn)):
            unseen = "the record that it mends is not here: whether its recorder might mend it could not be checked"
            self._leave_unread(event, unseen if event.mends_unseen else "it names no claim of this case")
        elif isinstance(body, CaseOpened) and event.sequence != 1:
            self._leave_unread(event, "a case is opened by the first event of its stream, and once")

    def _erase(self, event: Event, body: DisclosureErased) -> None:
        """Let go of what was erased, wherever it was filed."""
        filed = self._filed
        erased = next((each for each in self._events.values() if each.id == body.event), None)
        if erased is None or erased.stream != event.stream or erased.index >= event.index:
            self._leave_unread(event, "it erases content of an event that is not before it in its stream")
            return
        what = filed.refs.get(erased.id) or self._name_of(erased)
        view = view_of(event, body, erased, what)
        bare = without(erased, view)
        filed.erasures.append(view)
        self._let_go()
        self._events[erased.index] = bare
        if isinstance(bare.body, EntityRegistered):
            for name, entity in filed.entities.items():
                if entity.index == bare.index:
                    filed.entities[name] = replace(entity, entity=bare.body.entity)
        elif isinstance(bare.body, SourceRegistered):
            if filed.source_events.get(bare.body.name) == bare.index:
                filed.sources[bare.body.name] = bare.body.source
        elif isinstance(bare.body, (ClaimRecorded, ClaimAmended)):
            for record in filed.records.values():
                because = bare.body.because if isinstance(bare.body, ClaimAmended) else None
                record.versions[:] = [
                    version_of(bare, bare.body, because, filed.declared) if one.event == bare.id else one
                    for one in record.versions
                ]

        elif isinstance(bare.body, ClaimWithdrawn):
            for record in filed.records.values():
                if record.withdrawal is not None and record.withdrawal.event == bare.id:
                    record.withdrawal = replace(record.withdrawal, because=bare.body.because)
        elif isinstance(bare.body, ClaimsJudged):
            filed.judged[:] = [
                (bare, bare.body) if each.id == bare.id else (each, judged) for each, judged in filed.judged
            ]

    def _let_go(self) -> None:
        """Let go of what was computed earlier, which may still hold content that is erased."""
        self._belonging = None

    def _name_of(self, event: Event) -> str:
        members = event.header.body
        name = members.get("name") or self._filed.refs.get(
            str(members.get("amends") or members.get("withdraws"))
        )
        return name if isinstance(name, str) else event.type

    def _leave_unread(self, event: Event, reason: str) -> None:
        """Keep and show an event without letting it change anything."""
        self._filed.unread.append(UnreadEvent(event.index, event.id, event.type, reason))

    @property
    def unread_events(self) -> tuple[UnreadEvent, ...]:
        """Events of the case that this release cannot read."""
        return tuple(self._belongs()[0].unread)

    @property
    def erasures(self) -> tuple[ErasureView, ...]:
        """What was erased in the case, in the order of recording."""
        return tuple(self._belongs()[0].erasures)

    def erasures_of(self, *events: str) -> tuple[ErasureView, ...]:
        """What was erased of events, by their ids, in the order of recording."""
        return tuple(each for each in self._filed.erasures if each.of in events)

    def source_index(self, name: str) -> int | None:
        """The log index at which a source was registered, by its name; None where there is none."""
        return self._filed.source_events.get(name)

    def erasures_of_source(self, name: str) -> tuple[ErasureView, ...]:
        """What was erased of a source, by its name, in the order of recording."""
        at = self.source_index(name)
        return tuple(each for each in self._filed.erasures if each.of_index == at)

    @property
    def revocations(self) -> tuple[RevocationView, ...]:
        """The revocations of keys by which signatures of the case are disputed, in the order of recording."""
        return tuple(self._belongs()[0].revocations)

    def revocation_of(self, *indexes: int) -> RevocationView | None:
        """The last revocation by which the signature of one of some events is disputed; None where none is.

        Args:
            *indexes: log indexes of events of the case.
        """
        touching = (view for view in reversed(self.revocations) if not set(indexes).isdisjoint(view.disputed))
        return next(touching, None)

    def status_at(self, index: int, slot: str) -> SlotStatus | None:
        """What can be said here of the content of a protected slot of an event; None where it has no such slot."""
        return self._events[index].slots.get(slot)

    def name_at(self, index: int) -> str:
        """What was recorded at a log index, as a case calls it: ref of a claim, name, or type of the event."""
        event = self._events[index]
        return self._filed.refs.get(event.id) or self._name_of(event)

    @property
    def same_as(self) -> tuple[SameAsView, ...]:
        """Every judgement that names mean the same, undone ones too, in the order of recording."""
        listed = [event for event in self._events.values() if event.index in self.indexes]
        undone = {event.body.undoes: event.id for event in listed if isinstance(event.body, SameAsUndone)}
        return tuple(
            SameAsView(
                event.index,
                event.id,
                tuple(event.body.entities if event.stream == self._stream else map(led, event.body.entities)),
                event.body.because,
                event.signers,
                undone.get(event.id),
            )
            for event in listed
            if isinstance(event.body, SameAsJudged)
        )
