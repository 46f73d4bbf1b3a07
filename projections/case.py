"""The state of a case: every claim, every question, who stands where. A fold over events; no I/O and no clock.

1. `CaseState.apply` only files an event; what follows from it is computed when it is asked for, once.
2. Every claim of the case is in the state: at a question, or listed under `opinions`, `patterns`, `replies`,
   `unread` or `unplaced`; of the last, `kept` says which give a value behind a commitment only. Withdrawn, retracted
   and corrected ones stay, marked. Records that cannot be read here are listed too.
3. The state depends on what was recorded, not on the order in which concurrent claims were recorded; only indexes do.
   What is recorded for other cases, or registered for them, changes nothing in it.
4. The three clocks are those of `claimledger.projections.clocks`, alone or together. What they leave out of the
   claims is listed under `not_yet_said` and `not_of_that_day`.
5. A state can be kept and gone on with: `save`, `load`, and the rest of the log give what a replay from the start
   gives. An event that is in it already is not taken in twice; one of another ledger is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from claimledger.events.encoding import encode
from claimledger.events.errors import UnknownName
from claimledger.events.kinds import General, Opinion, OtherKind, Reply
from claimledger.events.sources import Source

from .answers import Account
from .asking import find_question, spelled, spellings_of
from .claims import ClaimView
from .compute import Computed, compute
from .filing import CaseFile
from .kept import KEPT_SLOT, KeptValue, kept_property
from .names import EntityView, NamesInForce
from .questions import JudgementView, Question, natural
from .replay import RULES_VERSION, Provenance

__all__ = ["CaseState"]


class CaseState(CaseFile):
    """The state of one case, as a fold: ``ledger.replay(CaseState("yekaterinburg-2025"))``.

    Args and what it raises are those of `CaseFile`, which takes in the events: ``case``, and the clocks ``known_at``,
    ``asserted_by`` and ``true_on``.
    """

    _now: tuple[int, Computed] | None = None

    @property
    def entities(self) -> Mapping[str, EntityView]:
        """Every entity by name, in the order of registration; of the shared register those that belong to the case."""
        return MappingProxyType(self._belongs()[0].entities)

    @property
    def sources(self) -> Mapping[str, Source]:
        """Every source by name, in the order of registration."""
        return MappingProxyType(self._filed.sources)

    @property
    def recorders(self) -> Mapping[str, str]:
        """Keyid to holder, for the keys whose adding was replayed; no part of the state, and none of its hash."""
        return MappingProxyType(self._filed.recorders)

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

    def ref_of(self, named: str) -> str:
        """The short name of the claim that an event recorded, as replies and judgements name it.

        Args:
            named: an event id. What is no claim of the case is given back as it is.
        """
        return self._filed.refs.get(named, named)

    @property
    def not_yet_said(self) -> tuple[ClaimView, ...]:
        """With `asserted_by`, the claims that were not certainly said by then."""
        return self._computed().not_yet_said

    @property
    def not_of_that_day(self) -> tuple[ClaimView, ...]:
        """With `true_on`, the claims whose own time certainly leaves that day out."""
        return self._computed().not_of_that_day

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
    def kept(self) -> tuple[KeptValue, ...]:
        """The claims that give their value behind a commitment only, by entity and property; they answer nothing."""
        names, found = self.names, []
        for ref, account in self.accounts.items():
            named = kept_property(account.content)
            if named is not None:
                about = tuple(dict.fromkeys(one.entity for one in account.placements))
                status = self.status_at(self.claims[ref].versions[-1].index, KEPT_SLOT)
                found.append(KeptValue(ref, about, named, status))

        def place(one: KeptValue) -> tuple[Any, ...]:
            return (
                [[names.rank(name) for name in each] for each in one.about],
                one.property,
                natural(one.ref),
            )

        return tuple(sorted(found, key=place))

    @property
    def speakers(self) -> tuple[str, ...]:
        """Everybody who holds a claim, by name in force, in the order of registration."""
        names = self.names
        holders = {speaker.holder for account in self.accounts.values() for speaker in account.speakers}
        return tuple(sorted(holders, key=names.rank))

    def _is_about(self, value: KeptValue, text: str) -> bool:
        """Whether a person who writes so means the property of which a value is kept."""
        spellings = {
            spelling
            for names in value.about
            for entity in (" and ".join(names), self.names.labels(names))
            for spelling in spellings_of(entity, value.property)
        }
        return spelled(text) in spellings

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
        try:
            return find_question(text, self.case, self.questions, self.names, self.entities)
        except UnknownName:
            view = self.claims.get(text)
            if view is None:
                refs = ", ".join(one.ref for one in self.kept if self._is_about(one, text))
                if not refs:
                    raise
                raise UnknownName(
                    f'"{text}" is given behind a commitment only, by {refs}; what is protected answers no question'
                ) from None
        keys = ", ".join(f'"{key}"' for key in view.questions)
        at = f"it is at {keys}" if keys else "it answers no question"
        raise UnknownName(f"{text} is a claim of {self.case}, no question; {at}")

    def provenance(self) -> Provenance:
        """Where this state comes from, with the hash of it."""
        return self._provenance(self._content())

    def _provenance(self, content: dict[str, Any]) -> Provenance:
        filters = MappingProxyType({"case": self.case, **self.clocks.filters()})
        digest = sha256(encode(content, max_bytes=2**40)).hexdigest()
        last = None if self.index_range is None else self.index_range[1]
        return Provenance(self.ledger, last, filters, RULES_VERSION, digest)

    def to_json(self) -> dict[str, Any]:
        """The whole state as data, without protected content.

        Members: ``case``, ``title``, ``index_range``, ``entities`` and ``sources`` (name to what was registered),
        ``claims`` (in the order of recording, each as `ClaimView.to_json`), ``questions`` (as `Question.to_json`),
        ``judgements``, ``opinions``, ``patterns``, ``replies``, ``unread``, ``unplaced``, ``not_yet_said`` and
        ``not_of_that_day`` (refs), ``kept`` (as `KeptValue.to_json`), ``unread_events``, ``erasures``,
        ``revocations``, ``speakers`` (name to label) and ``provenance``.
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
                name: source.model_dump(mode="json", exclude_none=True, exclude=set(source.slots))
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
            "kept": [value.to_json() for value in self.kept],
            "not_yet_said": _refs(self.not_yet_said),
            "not_of_that_day": _refs(self.not_of_that_day),
            "unread_events": [
                {"index": one.index, "event": one.event, "type": one.type, "reason": one.reason}
                for one in self.unread_events
            ],
            "erasures": [erasure.to_json() for erasure in self.erasures],
            "revocations": [revocation.to_json() for revocation in self.revocations],
            "speakers": {name: self.label(name) for name in self.speakers},
        }

    def _let_go(self) -> None:
        super()._let_go()
        self._now = None

    def _computed(self) -> Computed:
        if self._now is None or self._now[0] != self.events_seen:
            self._now = (self.events_seen, compute(self._belongs()[0], self.clocks.said_by, self.clocks.day))
        return self._now[1]


def _refs(views: Iterable[ClaimView]) -> list[str]:
    return [view.ref for view in views]


def _public(view: EntityView) -> dict[str, Any]:
    return view.entity.model_dump(mode="json", exclude_none=True, exclude=set(view.entity.slots))
