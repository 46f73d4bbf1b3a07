"""The state of a case: every claim, every question, who stands where. A fold over events; no I/O and no clock.

1. `CaseState.apply` only files an event; what follows from it is computed when it is asked for, once.
2. Every claim of the case is in the state: at a question, or listed under `opinions`, `patterns`, `replies` or
   `unread`. Withdrawn, retracted and corrected ones stay, marked. Records that cannot be read here are listed too.
3. The state depends on what was recorded, not on the order in which concurrent claims were recorded; only indexes do.
4. With ``asserted_by`` only claims that were certainly said by that day are placed; the others are listed by name.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from claimledger.events.claims import ClaimAmended, ClaimRecorded, ClaimWithdrawn
from claimledger.events.dates import parse_edtf
from claimledger.events.encoding import encode
from claimledger.events.envelope import keyid_of
from claimledger.events.errors import InvalidValue, UnknownName
from claimledger.events.governance import KeyAdded, LedgerOpened
from claimledger.events.kinds import General, Opinion, OtherKind, Reply
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
from claimledger.events.sources import Source
from claimledger.events.values import SHARED

from .answers import Account
from .claims import ClaimView, Filed, Record, UnreadEvent, version_of
from .compute import Computed, compute
from .names import EntityView, NamesInForce
from .questions import JudgementView, Question
from .replay import RULES_VERSION, Provenance

__all__ = ["CaseState"]

_SEPARATORS: Final = re.compile(r"[\s\u00b7.:_]+")


class CaseState:
    """The state of one case, as a fold: ``ledger.replay(CaseState("yekaterinburg-2025"))``.

    Args:
        case: the case's name.
        asserted_by: a day (EDTF, such as ``2025-07-03``): only what was certainly said by its end is placed.

    Raises:
        InvalidValue: `asserted_by` is not EDTF, or has no last day.
    """

    def __init__(self, case: str, *, asserted_by: str | None = None) -> None:
        self.case = case
        self.asserted_by = asserted_by
        self._until = None if asserted_by is None else _last_day(asserted_by)
        self.title = ""
        self.ledger: str | None = None
        self.events_seen = 0
        self.index_range: tuple[int, int] | None = None
        self._stream: str | None = None
        self._other_cases: set[str] = set()
        self._filed = Filed()
        self._now: Computed | None = None

    def apply(self, event: Event) -> None:
        """File one event. Those of other cases are left aside."""
        body, stream = event.body, event.stream
        if isinstance(body, CaseOpened):
            if body.case != self.case:
                self._other_cases.add(stream)
                return
            self._stream, self.title = stream, body.title
        elif stream in self._other_cases:
            return
        self._now = None
        self.ledger = event.header.ledger or self.ledger
        self.events_seen += 1
        first = event.index if self.index_range is None else self.index_range[0]
        self.index_range = (first, event.index)
        own = stream == self._stream
        if isinstance(body, EntityRegistered):
            self._register(event, body, shared=not own)
        elif isinstance(body, SameAsJudged):
            lead = "" if own else SHARED
            self._filed.same[event.id] = tuple(_led(name, lead) for name in body.entities)
        elif isinstance(body, SameAsUndone):
            self._filed.same.pop(body.undoes, None)
        elif isinstance(body, KeyAdded):
            self._filed.recorders[keyid_of(bytes.fromhex(body.key))] = body.holder
        elif isinstance(body, LedgerOpened):
            for root in body.roots:
                self._filed.recorders[keyid_of(bytes.fromhex(root.key))] = root.holder
        elif own:
            self._file(event, body)

    def _register(self, event: Event, body: EntityRegistered, *, shared: bool) -> None:
        name = _led(body.name, SHARED) if shared else body.name
        self._filed.entities[name] = EntityView(name, body.entity, body.entity.label, shared, event.index)

    def _file(self, event: Event, body: object) -> None:
        filed = self._filed
        if isinstance(body, ClaimRecorded):
            ref = body.ref if body.ref not in filed.records else f"{body.ref}~{event.id[:8]}"
            filed.records[ref] = Record(ref, event.leaf, [version_of(event, body, None)])
            filed.refs[event.id] = ref
        elif isinstance(body, ClaimAmended) and body.amends in filed.refs:
            filed.records[filed.refs[body.amends]].versions.append(version_of(event, body, body.because))
        elif isinstance(body, ClaimWithdrawn) and body.withdraws in filed.refs:
            filed.records[filed.refs[body.withdraws]].withdrawn = event.id
        elif isinstance(body, ClaimsJudged):
            filed.judged.append((event, body))
        elif isinstance(body, SourceRegistered):
            filed.sources[body.name] = body.source
        elif isinstance(body, UnknownBody):
            filed.unread.append(UnreadEvent(event.index, event.id, event.type, body.reason))
        elif isinstance(body, (ClaimAmended, ClaimWithdrawn)):
            filed.unread.append(
                UnreadEvent(event.index, event.id, event.type, "it names no claim of this case")
            )

    @property
    def entities(self) -> Mapping[str, EntityView]:
        """Every entity by name, in the order of registration; those of the shared register too."""
        return MappingProxyType(self._filed.entities)

    @property
    def sources(self) -> Mapping[str, Source]:
        """Every source by name, in the order of registration."""
        return MappingProxyType(self._filed.sources)

    @property
    def recorders(self) -> Mapping[str, str]:
        """Keyid to holder, for the keys whose adding was replayed."""
        return MappingProxyType(self._filed.recorders)

    @property
    def unread_events(self) -> tuple[UnreadEvent, ...]:
        """Events of the case that this release cannot read."""
        return tuple(self._filed.unread)

    @property
    def names(self) -> NamesInForce:
        """Who is meant: labels, same-as, and what is left open."""
        return self._computed().names

    @property
    def claims(self) -> Mapping[str, ClaimView]:
        """Every claim by ref, in the order of recording."""
        return MappingProxyType(self._computed().claims)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Every claim, taken apart for comparing."""
        return MappingProxyType(self._computed().accounts)

    @property
    def not_yet_said(self) -> tuple[ClaimView, ...]:
        """With `asserted_by`, the claims that were not certainly said by then."""
        return self._computed().not_yet_said

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question, by the order in which its entity was registered, then by property."""
        return tuple(self._computed().questions.values())

    @property
    def judgements(self) -> tuple[JudgementView, ...]:
        """Every judgement, in the order of recording."""
        return self._computed().judgements

    @property
    def opinions(self) -> tuple[ClaimView, ...]:
        """Characterisations, condemnations and demands: they answer no question."""
        return self._of_kind(Opinion)

    @property
    def patterns(self) -> tuple[ClaimView, ...]:
        """Patterns and norms: they answer no question of the case."""
        return self._of_kind(General)

    @property
    def replies(self) -> tuple[ClaimView, ...]:
        """Corrections, retractions, rebuttals and other answers to claims."""
        return self._of_kind(Reply)

    @property
    def unread(self) -> tuple[ClaimView, ...]:
        """Claims of kinds that are not known here."""
        return self._of_kind(OtherKind)

    @property
    def unplaced(self) -> tuple[ClaimView, ...]:
        """Claims that answer no question, opinions, patterns, replies and unknown kinds left out."""
        listed = (Opinion, General, Reply, OtherKind)
        return tuple(
            view
            for view in self.claims.values()
            if not view.questions and not isinstance(view.body.claim, listed)
        )

    @property
    def speakers(self) -> tuple[str, ...]:
        """Everybody who holds a claim, by name in force, in the order of registration."""
        names = self.names
        holders = {speaker.holder for account in self.accounts.values() for speaker in account.speakers}
        return tuple(sorted(holders, key=names.rank))

    def _of_kind(self, kind: type) -> tuple[ClaimView, ...]:
        return tuple(view for view in self.claims.values() if isinstance(view.body.claim, kind))

    def label(self, name: str) -> str:
        """What readers see for an entity."""
        return self.names.label(name)

    def question(self, entity: str, property: str) -> Question:
        """The question about one entity.

        Raises:
            UnknownName: no claim answers it; the message lists near ones.
        """
        names = self.names
        found = self._computed().questions.get(((names.canonical(entity),), property))
        return found if found is not None else self.find_question(f"{entity} {property}")

    def find_question(self, text: str) -> Question:
        """The question that a person means.

        Args:
            text: entity and property, by names or labels: ``z · cause of death``, ``z.cause_of_death``, ``z death``.

        Raises:
            UnknownName: no claim answers it, or several questions read so; the message lists near ones.
        """
        wanted = _spelled(text)
        for spellings in (self._by_name, self._by_label):
            found = [question for question in self.questions if wanted in spellings(question)]
            if len(found) == 1:
                return found[0]
            if found:
                keys = ", ".join(f'"{question.key}"' for question in found)
                raise UnknownName(f'"{text}" may mean several questions: {keys}')
        raise UnknownName(f'no claim of {self.case} answers "{text}"{self._guess(wanted)}')

    def _by_name(self, question: Question) -> set[str]:
        entity = " and ".join(question.entity)
        return {_spelled(f"{name} {question.property}") for name in (entity, entity.replace(SHARED, ""))}

    def _by_label(self, question: Question) -> set[str]:
        return {_spelled(f"{question.label} {question.property}")}

    def _guess(self, wanted: str) -> str:
        names = self.names
        for name in self.entities:
            choice = names.one_of(name)
            if choice is not None and wanted.startswith(f"{_spelled(name)} "):
                return f": {name} is one of {', '.join(choice.one_of)}; ask about one of them"
        spelled = {
            one: question.key
            for question in self.questions
            for one in (*self._by_name(question), *self._by_label(question))
        }
        near = difflib.get_close_matches(wanted, spelled, n=4, cutoff=0.5)
        listed = dict.fromkeys(spelled[one] for one in near)
        return f"; near ones: {', '.join(listed)}" if listed else "; `show` lists the questions"

    def provenance(self) -> Provenance:
        """Where this state comes from, with the hash of it."""
        return self._provenance(self._content())

    def _provenance(self, content: dict[str, Any]) -> Provenance:
        filters = {"case": self.case}
        if self.asserted_by is not None:
            filters["asserted_by"] = self.asserted_by
        digest = sha256(encode(content, max_bytes=2**40)).hexdigest()
        last = None if self.index_range is None else self.index_range[1]
        return Provenance(self.ledger, last, MappingProxyType(filters), RULES_VERSION, digest)

    def to_json(self) -> dict[str, Any]:
        """The whole state as data, without protected content.

        Members: ``case``, ``title``, ``index_range``, ``entities`` and ``sources`` (name to what was registered),
        ``claims`` (in the order of recording, each as `ClaimView.to_json`), ``questions`` (as `Question.to_json`),
        ``judgements``, ``opinions``, ``patterns``, ``replies``, ``unread``, ``unplaced`` and ``not_yet_said`` (refs),
        ``unread_events``, ``speakers`` (name to label), ``recorders``, and ``provenance``.
        """
        content = self._content()
        return {**content, "provenance": self._provenance(content).to_json()}

    def _content(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "title": self.title,
            "index_range": None if self.index_range is None else list(self.index_range),
            "entities": {
                name: {
                    "label": view.label,
                    "shared": view.shared,
                    "index": view.index,
                    "entity": _public(view),
                }
                for name, view in self.entities.items()
            },
            "sources": {
                name: source.model_dump(mode="json", exclude_none=True)
                for name, source in self.sources.items()
            },
            "claims": [view.to_json() for view in self.claims.values()],
            "questions": [question.to_json() for question in self.questions],
            "judgements": [judgement.to_json() for judgement in self.judgements],
            "opinions": _refs(self.opinions),
            "patterns": _refs(self.patterns),
            "replies": _refs(self.replies),
            "unread": _refs(self.unread),
            "unplaced": _refs(self.unplaced),
            "not_yet_said": _refs(self.not_yet_said),
            "unread_events": [
                {"index": one.index, "event": one.event, "type": one.type, "reason": one.reason}
                for one in self.unread_events
            ],
            "speakers": {name: self.label(name) for name in self.speakers},
            "recorders": dict(self.recorders),
        }

    def _computed(self) -> Computed:
        if self._now is None:
            self._now = compute(self._filed, self._until)
        return self._now


def _led(name: str, lead: str) -> str:
    return name if name.startswith(lead) else lead + name


def _refs(views: Iterable[ClaimView]) -> list[str]:
    return [view.ref for view in views]


def _spelled(text: str) -> str:
    """How questions are spelled for comparing: lower case, every separator a space."""
    return _SEPARATORS.sub(" ", text).strip().casefold()


def _last_day(text: str) -> datetime.date:
    last = parse_edtf(text).bounds.latest
    if last is None:
        raise InvalidValue(f'asserted_by: "{text}" has no last day; write a day such as 2025-07-03')
    return last


def _public(view: EntityView) -> dict[str, Any]:
    return view.entity.model_dump(mode="json", exclude_none=True, exclude=set(view.entity.slots))
