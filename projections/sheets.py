"""Claim sheets: one page for each claim, numbered as exhibits, with everything that a court asks of a record.

1. An exhibit is one claim: what it says, on whose word, how it reached the recorder, in which words of which source;
   each record of it with recorder, key, index and leaf; where it is sealed; what of it is withheld or erased; the
   custody of the evidence that it speaks of; the questions that it answers, and how those stand.
2. Exhibits are numbered from 1 in the order of the log, among those that were asked for.
3. Nothing is left out because it ended: a withdrawn, retracted or displaced claim has its page, and the page says so.
4. What is protected and at hand is on the page, and the page says so, since it is for whom its reader decides; what is
   withheld or erased is named as a field, never as content.

Whose key it was, and where the log is sealed, come in from outside the fold: see `Sealing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import UnknownName
from claimledger.events.event import format_instant
from claimledger.events.kinds import Act, Attribute, Kind
from claimledger.events.recorded import Event
from claimledger.events.registry import Body
from claimledger.events.sources import Source

from .custody import Custody
from .custody_rows import ItemCustody
from .history import History, HistoryRow, subject_in_words
from .questions import natural
from .reading import OfCaseState
from .revocations import RevocationView
from .words import date_text

__all__ = ["Exhibit", "Exhibits", "Field", "RecordLine", "Sealing", "Sheets"]

Words = Callable[[str, int, int], str | None]
"""The words of a source (by its name) between two offsets, where a copy is at hand."""

_OF_A_SOURCE = frozenset({"source.title", "source.url", "source.published", "source.sha256"})
"""What a page shows of a protected source where it is at hand."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """Under which checkpoint a record was proven to be in the log.

    Attributes:
        size: events that the checkpoint covers.
        root: its root, 64 hex digits.
    """

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Field:
    """A protected field of a record, and what can be said of its content.

    Attributes:
        slot: the name of the field.
        status: whether its content is at hand.
        authority: of whom it was erased; None unless it was.
        reason: why it was erased; None unless it was.
    """

    slot: str
    status: SlotStatus
    authority: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record of a claim: the first one, or an amendment.

    Attributes:
        index: place in the log, from 0.
        leaf: leaf hash, 64 hex digits: the name by which it is cited and proven.
        event: event id.
        recorded_at: when, by the recorder's clock.
        signers: keyid and holder of each key that signed.
        because: why the record was mended; None for the first.
        sealed: the checkpoint under which it is proven to be in the log; None where it is not sealed.
        fields: its protected fields whose content is not at hand.
        revocation: the revocation by which its signature is disputed; None where none is.
    """

    index: int
    leaf: str
    event: str
    recorded_at: str
    signers: tuple[tuple[str, str], ...]
    because: str | None
    sealed: Sealing | None
    fields: tuple[Field, ...]
    revocation: RevocationView | None = None


@dataclass(frozen=True, slots=True)
class Exhibit:
    """The page of one claim.

    Attributes:
        number: from 1, in the order of the log.
        row: the claim, as its history has it.
        subject: labels of whom or what it is about; empty where that is nothing named.
        about: the questions that it answers, by labels, and how each stands.
        words: the words that it rests on; None where no quote and no copy of the source is at hand.
        source: the document in which they were read; None where it was in none.
        publisher: label of who published it, and of who relayed it.
        records: the first record, then the amendments.
        items: the evidence items that the claim speaks of, with their custody.
        details: what its recorder put behind a commitment in place of a value or beside it; None where not at hand.
        source_fields: the protected fields of the source whose content is not at hand.
        in_clear: the protected fields whose content stands on the page.
    """

    number: int
    row: HistoryRow
    subject: str
    about: tuple[tuple[str, str], ...]
    words: str | None
    source: Source | None
    publisher: tuple[str, ...]
    records: tuple[RecordLine, ...]
    items: tuple[ItemCustody, ...]
    details: str | None = None
    source_fields: tuple[Field, ...] = ()
    in_clear: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name, but for words and details, which are protected content."""
        source = self.source
        return {
            "number": self.number,
            "claim": self.row.to_json(),
            "subject": self.subject,
            "questions": [{"question": title, "state": state} for title, state in self.about],
            "source": None
            if source is None
            else {
                "title": source.shown_as,
                "protected": bool(source.slots),
                **{
                    name: value
                    for name, value in (
                        ("sha256", source.sha256),
                        ("url", source.url),
                        ("language", source.language),
                        ("published", date_text(source.published)),
                    )
                    if name not in source.slots
                },
                "publisher": list(self.publisher),
                "fields": [_as_json(field) for field in self.source_fields],
            },
            "records": [
                {
                    "index": one.index,
                    "leaf": one.leaf,
                    "event": one.event,
                    "recorded_at": one.recorded_at,
                    "signers": [{"keyid": keyid, "holder": holder} for keyid, holder in one.signers],
                    "because": one.because,
                    "revocation": None if one.revocation is None else one.revocation.to_json(),
                    "sealed": None
                    if one.sealed is None
                    else {"size": one.sealed.size, "root": one.sealed.root},
                    "fields": [_as_json(field) for field in one.fields],
                }
                for one in self.records
            ],
            "items": [one.to_json() for one in self.items],
        }


@dataclass(frozen=True, slots=True)
class Exhibits:
    """The pages that were asked for, and what they are pages of.

    Attributes:
        case: the case's name.
        title: what it is about.
        ledger: the ledger's id, 64 hex digits.
        origin: the ledger's name in the world.
        pages: the exhibits, in the order of their numbers.
    """

    case: str
    title: str
    ledger: str
    origin: str
    pages: tuple[Exhibit, ...]


class Sheets(OfCaseState):
    """The claim sheets of a case, as a fold: ``ledger.replay(Sheets("yekaterinburg-2025"))``.

    Args:
        case: the case's name.
        known_at, asserted_by, true_on: as for `CaseState`.
    """

    def exhibits(
        self,
        refs: Iterable[str] | None = None,
        *,
        holders: Mapping[str, str] | None = None,
        sealing: Callable[[Event], Sealing | None] = lambda _: None,
        words: Words = lambda *_: None,
    ) -> tuple[Exhibit, ...]:
        """The pages of claims.

        Args:
            refs: the claims' short names; None for all.
            holders: keyid to holder, for every key of the ledger; None takes what the case alone shows.
            sealing: under which checkpoint a record was proven to be in the log.
            words: the words of a source where a copy is at hand.

        Raises:
            UnknownName: no claim of that name; the message names it.
        """
        state = self.state
        asked = None if refs is None else set(refs)
        for ref in sorted(asked or (), key=natural):
            if ref not in state.claims:
                raise UnknownName(f'case {self.case}: no claim "{ref}"')
        known = {**state.recorders, **(holders or {})}
        states = {each.key: (each.title, str(each.state).replace("_", " ")) for each in state.questions}
        custody = Custody.of(state).items
        pages: list[Exhibit] = []
        for row in History.of(state).rows:
            if asked is not None and row.ref not in asked:
                continue
            view = state.claims[row.ref]
            source = None if row.source is None else state.sources.get(row.source)
            parties = () if source is None else (source.publisher, source.via)
            pages.append(
                Exhibit(
                    number=len(pages) + 1,
                    row=row,
                    subject=subject_in_words(state, state.accounts[row.ref], view.body),
                    about=tuple(states[key] for key in view.questions if key in states),
                    words=self._words_of(row, view.body.quote, words),
                    source=source,
                    publisher=tuple(state.label(one) for one in parties if one is not None),
                    records=tuple(
                        self._record(version.index, version.because, known, sealing)
                        for version in view.versions
                    ),
                    items=tuple(item for item in custody if any(one.ref == row.ref for one in item.mentions)),
                    details=_details(view.body.claim),
                    source_fields=self._source_fields(row.source),
                    in_clear=self._in_clear(row.source, [version.index for version in view.versions]),
                )
            )
        return tuple(pages)

    def _words_of(self, row: HistoryRow, quote: Any, words: Words) -> str | None:
        if quote is not None:
            return str(quote.exact)
        if row.source is None or row.locator is None:
            return None
        return words(row.source, row.locator.start, row.locator.end)

    def _source_fields(self, name: str | None) -> tuple[Field, ...]:
        index = None if name is None else self.state.source_index(name)
        return () if index is None else _away(self.state._events[index])

    def _in_clear(self, source: str | None, records: Iterable[int]) -> tuple[str, ...]:
        """The protected fields of a claim and its source whose content is on its page, each once."""
        about = None if source is None else self.state.source_index(source)
        *mended, last = [_at_hand(self.state._events[index]) for index in records]
        # Of a record that was amended, the page has the reason alone.
        shown = [*(slots & {"because"} for slots in mended), last]
        shown += [] if about is None else [_at_hand(self.state._events[about]) & _OF_A_SOURCE]
        return tuple(sorted(frozenset().union(*shown)))

    def _record(
        self,
        index: int,
        because: str | None,
        holders: Mapping[str, str],
        sealing: Callable[[Event], Sealing | None],
    ) -> RecordLine:
        event = self.state._events[index]
        return RecordLine(
            index=event.index,
            leaf=event.leaf,
            event=event.id,
            recorded_at=format_instant(event.recorded_at),
            signers=tuple((keyid, holders.get(keyid, "")) for keyid in event.signers),
            because=because,
            sealed=sealing(event),
            fields=_away(event),
            revocation=self.state.revocation_of(event.index),
        )


def _at_hand(event: Event) -> frozenset[str]:
    """The protected slots of an event that have content, which is here."""
    contents = event.body.split()[1] if isinstance(event.body, Body) else {}
    return frozenset(
        slot
        for slot, content in contents.items()
        if content is not None and event.slots.get(slot) is SlotStatus.DISCLOSED
    )


def _details(claim: Kind) -> str | None:
    return claim.details if isinstance(claim, (Act, Attribute)) else None


def _as_json(field: Field) -> dict[str, Any]:
    return {
        "slot": field.slot,
        "status": str(field.status),
        "authority": field.authority,
        "reason": field.reason,
    }


def _away(event: Event) -> tuple[Field, ...]:
    """The protected fields of an event whose content is not at hand."""
    fields = []
    for slot, status in event.slots.items():
        if status is not SlotStatus.DISCLOSED:
            erasure = event.erasures.get(slot)
            by = (None, None) if erasure is None else (erasure.authority, erasure.reason)
            fields.append(Field(slot, status, *by))
    return tuple(fields)
