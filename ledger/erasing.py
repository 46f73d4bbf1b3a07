"""Erasing: protected content of a case taken out for good, while every signature and proof stays as it is.

1. First the erasure is recorded: a signed ``disclosure.erased`` for each event, with authority and reason, all of
   them in one transaction. Then the bytes are deleted (`claimledger.sqlite_purge`). Interrupted at any moment, the next
   opening for writing finishes it; until then what was erased is read as erased, bytes or no bytes.
2. Authority and reason are signed in clear for good: they are refused where they hold what is erased or a telling part
   of it (a number of two digits or more, a word of four letters or more that is no everyday one), or words of anything
   else that the case protects (`claimledger.clear_words`).
3. Erasing what is erased already records nothing and looks again for its bytes.
4. The result names where the same words still stand, and attributes and other protected fields of the same entity:
   signed in clear, where nobody can take them out, or in other protected content, which can be erased as well.
5. Copies that were given away, backups made before, and what other programs kept are beyond reach.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claimledger.events.claims import ClaimAmended, ClaimWithdrawn
from claimledger.events.disclosure import SlotStatus
from claimledger.events.encoding import JSONValue
from claimledger.events.erasure import DisclosureErased, erased_slots
from claimledger.events.errors import (
    ErasureUnfinished,
    InvalidInput,
    InvalidValue,
    LedgerBusy,
    NameTaken,
    UnknownName,
    VerificationFailed,
)
from claimledger.events.identifiers import is_event_id
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered

from .audit_names import HANDLES, erased_key
from .clear_words import ProtectedWords
from .disclosures import open_slots
from .leaks import (
    Leak,
    Secret,
    attribute_values,
    find_leaks,
    normal,
    protected_places,
    signed_places,
    strings_of,
    telling_parts,
    where_of,
)
from .recording import Receipt
from .sqlite_purge import Doomed

if TYPE_CHECKING:
    from .log import Log
    from .register import Register
    from .store import Store
    from .writing import Writer

__all__ = ["Erased", "ErasedSlot", "Eraser", "finish_erasures"]

_log = logging.getLogger("claimledger")
_ATTEMPTS = 4
_HANDLES = frozenset(HANDLES.values())
_NO_WORDS = _HANDLES | {"source.language", "source.media_type"}
"""Slots whose content is no words that stand for somebody: they are not looked for elsewhere."""
_SORTS = ("claim", "entity", "source")
_WHILE_OPENING = 1.0
"""Seconds that an opening waits for other processes before it leaves an erasure to the next one."""


@dataclass(frozen=True, slots=True)
class ErasedSlot:
    """A slot that is erased.

    Attributes:
        where: the record in words: "claim C4", "entity person-1f2e3d4c".
        event: id of the event whose content it was.
        slot: the slot.
        is_new: whether it is erased only now.
    """

    where: str
    event: str
    slot: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    Attributes:
        slots: every slot that was meant, each of them erased now.
        receipts: one for each erasure that was recorded; none where all of it was erased before.
        elsewhere: where the same words still stand in the case, and attributes and protected fields that stay of an
            entity of which something was erased; neither words nor values are in it.
    """

    slots: tuple[ErasedSlot, ...]
    receipts: tuple[Receipt, ...]
    elsewhere: tuple[Leak, ...]


@dataclass(slots=True)
class _Target:
    event: Event
    slots: list[str]
    contents: Mapping[str, JSONValue]

    @property
    def new(self) -> list[str]:
        """The slots that are not erased yet."""
        return sorted(slot for slot in self.slots if self.event.slots[slot] is not SlotStatus.ERASED)


class Eraser:
    """Erases content of one stream.

    Args:
        store: where rows are.
        log: the verified log.
        register: what names stand for.
        writer: records the erasures.
        stream: UUID of the stream.
        case: the case's name; None for the shared register.
    """

    def __init__(
        self, store: Store, log: Log, register: Register, writer: Writer, stream: str, case: str | None
    ) -> None:
        self._store = store
        self._log = log
        self._register = register
        self._writer = writer
        self._stream = stream
        self._case = case
        self._where = f"case {case}" if case is not None else "the shared register"

    def erase(self, what: Sequence[str], *, authority: str, reason: str) -> Erased:
        """Erase what is named; see `claimledger.Case.erase`."""
        if not what:
            raise InvalidInput("erase: name what is to be erased: a claim, an entity, or one slot of them")
        with self._writer.turn():
            if self._writer.is_in_batch:
                raise InvalidInput("erase: a batch is open; end it first, an erasure stands alone")
            for attempt in range(_ATTEMPTS):
                targets = self._targets(what)
                self._check_words(targets, authority=authority, reason=reason)
                elsewhere = self._elsewhere(targets)
                try:
                    receipts = self._record(targets, authority, reason)
                except NameTaken:
                    # Another process erased some of it just now; what is left is looked for again.
                    if attempt + 1 == _ATTEMPTS:
                        raise
                else:
                    break
            finish_erasures(self._store, self._log, self._register, also=(target.event for target in targets))
        slots = _slots(targets)
        _log.info("erased %d slots in stream %s", len(slots), self._stream)
        return Erased(slots, receipts, elsewhere)

    def look(self, what: Sequence[str]) -> tuple[ErasedSlot, ...]:
        """What `erase` would erase, or has erased; nothing is written."""
        return _slots(self._targets(what))

    def _record(self, targets: Iterable[_Target], authority: str, reason: str) -> tuple[Receipt, ...]:
        with self._writer.batch() as receipts:
            for target in targets:
                if target.new:
                    body = DisclosureErased(
                        event=target.event.id, erases=target.new, authority=authority, reason=reason
                    )
                    names = [erased_key(self._stream, target.event.id, slot) for slot in target.new]
                    self._writer.record(body, self._stream, case=self._case, name=None, names=names)
        return tuple(receipts)

    # What is meant

    def _targets(self, what: Iterable[str]) -> list[_Target]:
        chosen: dict[str, _Target] = {}
        for each in what:
            events, slot = self._meant(each)
            some = False
            for event in events:
                slots = [name for name in event.slots if slot is None or _is_called(name, slot)]
                some = some or bool(slots)
                if slots:
                    target = chosen.setdefault(event.id, _Target(event, [], self._contents(event)))
                    target.slots += [name for name in slots if name not in target.slots]
            if not some:
                there = sorted({name for event in events for name in event.slots})
                has = f"it has: {', '.join(there)}" if there else "nothing of it is protected"
                asked = "nothing to erase" if slot is None else f'no protected slot "{slot}"'
                raise UnknownName(f"{self._where}: {where_of(events[0])} has {asked}; {has}")
        return [target for target in chosen.values() if target.slots]

    def _meant(self, what: str) -> tuple[list[Event], str | None]:
        """The events that a name means, and the slot that is named with it."""
        sort, colon, rest = what.partition(":")
        if not colon or sort not in _SORTS or not rest:
            sort, rest = "", what
        name, _, slot = rest.partition(":")
        found = {each: self._found(each, name) for each in _SORTS if sort in ("", each)}
        there = {each: event_id for each, event_id in found.items() if event_id is not None}
        if not there and is_event_id(name):
            event = self._log.event_of(name)
            if event.stream == self._stream:
                return [event], slot or None
        if not there:
            kinds = sort or "claim, entity or source"
            # Not repeated: the name that was typed may be one that was erased.
            raise UnknownName(
                f"{self._where}: no {kinds} of that name; a protected one whose name in your file was erased is "
                "called by its random name"
            )
        if len(there) > 1:
            which = " or ".join(f"{each}:{name}" for each in there)
            raise InvalidInput(f"{self._where}: this is the name of a {' and a '.join(there)}; write {which}")
        ((sort, event_id),) = there.items()
        events = [self._log.event_of(event_id)]
        if sort == "claim":
            events += self._mending(event_id)
        return events, slot or None

    def _found(self, sort: str, name: str) -> str | None:
        register, stream = self._register, self._stream
        found = register.event_id(stream, sort, name)
        if found is None and sort != "claim":
            found = register.event_id(stream, "handle", register.keyed(stream, name, f"{sort}.handle"))
        return found

    def _mending(self, claim: str) -> Iterator[Event]:
        """What amended or withdrew a claim: it holds the same words anew, or the recorder's own."""
        for event in self._log.events([self._stream]):
            body = event.body
            amends = body.amends if isinstance(body, ClaimAmended) else None
            if claim in (amends, body.withdraws if isinstance(body, ClaimWithdrawn) else None):
                yield event

    def _contents(self, event: Event) -> Mapping[str, JSONValue]:
        at_hand = self._store.disclosures([event.id]).get(event.id, {})
        ledger = self._log.keys.ledger_id
        return open_slots(event.header, at_hand, ledger=ledger, erased=event.erasures)[0]

    # The words

    def _check_words(self, targets: Iterable[_Target], *, authority: str, reason: str) -> None:
        places = [("authority", "", authority), ("reason", "", reason)]
        for leak in find_leaks([*_secrets(targets), *_parts(targets)], places):
            held = "a part of" if leak.is_part else "words of"
            raise InvalidValue(
                f"{leak.where}: it holds {held} what is to be erased ({leak.slot} of {leak.of}), and it is signed "
                "in clear for good; say it without"
            )
        # Of the shared register nothing is protected: what is erased there may be about any case.
        streams = None if self._case is None else (self._stream,)
        words = ProtectedWords(self._store, self._log, streams)
        words.refuse({"authority": authority, "reason": reason})

    def _elsewhere(self, targets: Sequence[_Target]) -> tuple[Leak, ...]:
        secrets = list(_secrets(targets))
        bodies = [target.event.body for target in targets]
        people = {body.name for body in bodies if isinstance(body, EntityRegistered)}
        if not secrets and not people:
            return ()
        doomed = {(where_of(target.event), slot) for target in targets for slot in target.slots}
        signed, protected, values = [], [], list(_kept(targets))
        for event in self._log.events([self._stream]):
            where = where_of(event)
            values += [
                leak
                for leak in attribute_values(where, event.body, people)
                if leak.is_signed or (where, leak.path) not in doomed
            ]
            signed += list(signed_places(event))
            protected += [
                (where, path, text)
                for where, path, text in protected_places(event)
                if not any(
                    where == at and (path == slot or path.startswith(f"{slot}.")) for at, slot in doomed
                )
            ]
        found = find_leaks(secrets, signed) + find_leaks(secrets, protected, is_signed=False) + values
        return tuple(sorted(found))


def finish_erasures(
    store: Store,
    log: Log,
    register: Register,
    *,
    also: Iterable[Event] = (),
    patience: float | None = None,
) -> None:
    """Delete the bytes of every erasure that is recorded and not known to be finished.

    Args:
        store: where they are.
        log: the verified log: nothing is deleted on an unsigned word.
        register: lets go of what it keeps in memory.
        also: events whose erased slots are looked at though no mark says so.
        patience: seconds to wait for other processes; None for as long as for any lock.

    Raises:
        ErasureUnfinished: another process still reads an older state.
    """
    marks = store.marked_erasures()
    erasing = [log.read(row) for mark in marks if (row := store.row_at(mark)) is not None]
    wanted = {(event.id, slot) for event in also for slot in log.event_of(event.id).erasures}
    slots: dict[str, set[str]] = {}
    for event in erasing:
        for target, slot in erased_slots(event.header):
            row = store.row_of_id(target)
            if row is not None and row.stream == event.stream and row.index < event.index:
                slots.setdefault(target, set()).add(slot)
    for target, slot in wanted:
        slots.setdefault(target, set()).add(slot)
    doomed = [
        Doomed(row.index, target, row.stream, tuple(sorted(some)), not _HANDLES.isdisjoint(some))
        for target, some in slots.items()
        if (row := store.row_of_id(target)) is not None
    ]
    if not doomed and not marks:
        return
    log.forget()
    register.forget(slots)
    store.purge(doomed, marks, patience=patience)


def finish_while_opening(store: Store, log: Log, register: Register) -> None:
    """Finish what was interrupted, as far as that can be done now; reading does not depend on it."""
    try:
        finish_erasures(store, log, register, patience=_WHILE_OPENING)
    except (ErasureUnfinished, LedgerBusy):
        _log.warning("an erasure is not finished: another process reads the ledger; open it again later")
    except VerificationFailed:
        _log.warning("an erasure is not finished: it is not what was signed; verify the ledger")


def _slots(targets: Iterable[_Target]) -> tuple[ErasedSlot, ...]:
    return tuple(
        ErasedSlot(where_of(target.event), target.event.id, slot, slot in target.new)
        for target in targets
        for slot in sorted(target.slots)
    )


def _secrets(targets: Iterable[_Target]) -> Iterator[Secret]:
    for target in targets:
        of = where_of(target.event)
        for slot in target.slots:
            words = {normal(text) for _, text in strings_of(target.contents.get(slot))} - {""}
            if words and slot not in _NO_WORDS:
                yield Secret(of, slot, tuple(sorted(words)))


def _parts(targets: Iterable[_Target]) -> Iterator[Secret]:
    """What tells a part of what is erased: numbers, and words that are not everybody's."""
    for secret in _secrets(targets):
        parts = {part for word in secret.words for part in telling_parts(word)}
        if parts:
            yield Secret(secret.of, f"part of {secret.slot}", tuple(sorted(parts)))


def _kept(targets: Iterable[_Target]) -> Iterator[Leak]:
    """What stays of an entity of which something is erased: its other protected fields that are at hand."""
    for target in targets:
        body = target.event.body
        if isinstance(body, EntityRegistered):
            for slot, status in target.event.slots.items():
                if status is SlotStatus.DISCLOSED and slot not in target.slots:
                    kept = slot.removeprefix("entity.")
                    yield Leak(where_of(target.event), slot, body.name, kept, is_signed=False, is_value=True)


def _is_called(slot: str, name: str) -> bool:
    """Whether a person means a slot: by its whole name, or by the end of it."""
    return slot == name or slot.endswith(f".{name}")
