"""Questions: what the claims of a case answer, who stands where, and whether that is a dispute.

1. A question is an entity (or several together) and a property. It has the positions of `claimledger.projections
   .positions`, every pair of them, and beside them those who give no answer (`statuses`).
2. Its state: *open* (nobody gives a value), *disputed* (a pair contradicts under every reading), *conditional* (under
   some), *single_voice*, *agreed* (one position; two voices known to be distinct, firm and without hedges),
   *compatible* (several voices, and none contradicts another).
3. A voice counts as distinct when it is named, certain, relies on nobody else, and is no part of another one.
4. Judgements stand beside all this. They change no verdict, no position and no state.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from .compare import Verdict
from .names import NamesInForce, Reading
from .pairing import Pairing
from .positions import Draft, Holding, Pair, Position, holdings_of, is_independent
from .standing import ClaimStatus, Entry
from .words import property_in_words

__all__ = ["JudgementView", "Question", "QuestionState", "StatusView", "question_of"]


class QuestionState(StrEnum):
    """What can be said of a question as a whole."""

    DISPUTED = "disputed"
    CONDITIONAL = "conditional"
    OPEN = "open"
    SINGLE_VOICE = "single_voice"
    AGREED = "agreed"
    COMPATIBLE = "compatible"


@dataclass(frozen=True, slots=True)
class JudgementView:
    """A recorder's judgement of how claims stand to one another.

    Attributes:
        index: log index of the event.
        event: its event id.
        verb: the relation.
        claims: refs of the claims that it speaks of.
        of: refs of the claims to which they stand in it.
        under: the reading under which it holds, where one is stated.
        note: the recorder's remark.
        signers: keyids of those who judged.
    """

    index: int
    event: str
    verb: str
    claims: tuple[str, ...]
    of: tuple[str, ...]
    under: Reading
    note: str | None
    signers: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but the note, which is protected."""
        return {
            "index": self.index,
            "event": self.event,
            "verb": self.verb,
            "claims": list(self.claims),
            "of": list(self.of),
            "under": self.under,
            "signers": list(self.signers),
        }


@dataclass(frozen=True, slots=True)
class StatusView:
    """That a speaker gives no answer: neither a value nor a denial.

    Attributes:
        ref: the claim.
        status: being clarified, undetermined or no comment.
        polarity: affirmed, or negated where a speaker denies that it is so.
        holders: the speaker, as in a position.
        conditional_on: the readings under which it is about this question; empty where it is so under every one.
        is_current: whether the speaker still says so.
    """

    ref: str
    status: str
    polarity: str
    holders: tuple[Holding, ...]
    conditional_on: tuple[Reading, ...]
    is_current: bool

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "ref": self.ref,
            "status": self.status,
            "polarity": self.polarity,
            "holders": [holding.to_json() for holding in self.holders],
            "conditional_on": list(self.conditional_on),
            "is_current": self.is_current,
        }


@dataclass(frozen=True, slots=True)
class Question:
    """A question and where everybody stands on it.

    Attributes:
        entity: the entity, by name in force; several names where it is about them together.
        label: the entity as readers see it.
        property: the property asked about.
        state: what can be said of it as a whole.
        positions: the answers, each with those who hold it.
        pairs: how each two of the positions stand to one another.
        statuses: those who give no answer.
        judgements: the judgements that touch its claims.
        claims: refs of all its claims.
    """

    entity: tuple[str, ...]
    label: str
    property: str
    state: QuestionState
    positions: tuple[Position, ...]
    pairs: tuple[Pair, ...]
    statuses: tuple[StatusView, ...]
    judgements: tuple[JudgementView, ...]
    claims: tuple[str, ...]

    @builtins.property
    def property_label(self) -> str:
        """The property in words: ``cause_of_death`` reads "cause of death"."""
        return property_in_words(self.property)

    @builtins.property
    def key(self) -> str:
        """The question by names: "z · cause of death"."""
        return f"{' and '.join(self.entity)} \u00b7 {self.property_label}"

    @builtins.property
    def title(self) -> str:
        """The question by labels."""
        return f"{self.label} \u00b7 {self.property_label}"

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; judgements by index."""
        return {
            "key": self.key,
            "entity": list(self.entity),
            "label": self.label,
            "property": self.property,
            "property_label": self.property_label,
            "state": str(self.state),
            "positions": [position.to_json() for position in self.positions],
            "pairs": [pair.to_json() for pair in self.pairs],
            "statuses": [status.to_json() for status in self.statuses],
            "judgements": [judgement.index for judgement in self.judgements],
            "claims": list(self.claims),
        }


@lru_cache(maxsize=2**14)
def natural(ref: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts C2 before C10, whatever was recorded first."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"[0-9]+|[^0-9]+", ref)
    )


def question_of(
    entity: tuple[str, ...],
    property: str,
    entries: Iterable[Entry],
    *,
    names: NamesInForce,
    pairing: Pairing,
    judgements: Iterable[JudgementView],
    undercutting: Mapping[str, tuple[str, ...]],
) -> Question:
    """Compute one question.

    Args:
        entity: what it is about.
        property: the property asked about.
        entries: its claims, with what ended or displaced them.
        names: the names in force.
        pairing: compares positions.
        judgements: those that touch its claims.
        undercutting: ref to the claims that are judged, or said, to undercut it.
    """
    ordered = sorted(entries, key=lambda entry: (natural(entry.account.ref), entry.condition))
    drafts = _drafts(ordered)
    pairs = pairing.pairs(drafts)
    positions = tuple(_position(draft, names, undercutting) for draft in drafts)
    opponents = _opponents(positions, pairs)
    positions = tuple(
        _seen_through_opponent(position, opponents.get(position.number, set()), names)
        for position in positions
    )
    return Question(
        entity=entity,
        label=names.labels(entity),
        property=property,
        state=_state(drafts, positions, pairs, names),
        positions=positions,
        pairs=pairs,
        statuses=tuple(_status(entry, names) for entry in ordered if entry.answer is None),
        judgements=tuple(judgements),
        claims=tuple(dict.fromkeys(entry.account.ref for entry in ordered)),
    )


def _drafts(entries: list[Entry]) -> list[Draft]:
    grouped: dict[object, Draft] = {}
    for entry in entries:
        if entry.answer is None:
            continue
        key = (entry.answer.key, entry.answer.by, entry.condition)
        draft = grouped.get(key)
        if draft is None:
            draft = grouped[key] = Draft(len(grouped), entry.answer, entry.condition, [])
        draft.entries.append(entry)
    return list(grouped.values())


def _position(draft: Draft, names: NamesInForce, undercutting: Mapping[str, tuple[str, ...]]) -> Position:
    current = [entry for entry in draft.entries if entry.is_current]
    marks = {str(entry.status) for entry in draft.entries if not current}
    marks |= {"stale" for entry in current if entry.stale is not None}
    refs = dict.fromkeys(entry.account.ref for entry in draft.entries)
    return Position(
        number=draft.number,
        text=draft.in_words(names),
        answer=draft.as_data(),
        polarity="negated" if draft.answer.negated else "affirmed",
        strengths=tuple(
            sorted({one for entry in current or draft.entries for one in entry.account.strengths})
        ),
        holders=tuple(holding for entry in draft.entries for holding in holdings_of(entry, names)),
        conditional_on=(dict(draft.condition),) if draft.condition else (),
        marks=tuple(sorted(marks)),
        undercut_by=tuple(sorted({one for ref in refs for one in undercutting.get(ref, ())}, key=natural)),
        is_current=bool(current),
    )


def _status(entry: Entry, names: NamesInForce) -> StatusView:
    return StatusView(
        ref=entry.account.ref,
        status=entry.status_code or "",
        polarity=entry.account.content.polarity,
        holders=tuple(holdings_of(entry, names)),
        conditional_on=(dict(entry.condition),) if entry.condition else (),
        is_current=entry.is_current,
    )


def _opponents(positions: tuple[Position, ...], pairs: tuple[Pair, ...]) -> dict[int, set[str]]:
    """Number of a position to those who stand by one that contradicts it."""
    found: dict[int, set[str]] = {}
    for pair in pairs:
        if pair.verdict not in (Verdict.CONTRADICTS, Verdict.CONDITIONAL):
            continue
        for one, other in ((pair.a, pair.b), (pair.b, pair.a)):
            found.setdefault(one, set()).update(
                holding.holder
                for holding in positions[other].holders
                if holding.status is ClaimStatus.STANDING
            )
    return found


def _seen_through_opponent(position: Position, opponents: set[str], names: NamesInForce) -> Position:
    """Flag a position of which each claim reaches us only through a holder of a contradicting one."""
    standing = [holding for holding in position.holders if holding.status is ClaimStatus.STANDING]
    if not opponents or not standing:
        return position
    for holding in standing:
        relayed = {names.canonical(hop.by) for hop in holding.relays}
        relayed |= {wider for name in relayed for wider in names.wider(name)}
        if holding.holder in opponents or not relayed & opponents:
            return position
    fields = {name: getattr(position, name) for name in Position.__dataclass_fields__}
    return Position(**{**fields, "marks": tuple(sorted({*position.marks, "only_through_opponent"}))})


def _state(
    drafts: list[Draft], positions: tuple[Position, ...], pairs: tuple[Pair, ...], names: NamesInForce
) -> QuestionState:
    current = [draft for draft, position in zip(drafts, positions, strict=True) if position.is_current]
    if not current:
        return QuestionState.OPEN
    verdicts = {pair.verdict for pair in pairs}
    if Verdict.CONTRADICTS in verdicts:
        return QuestionState.DISPUTED
    if Verdict.CONDITIONAL in verdicts:
        return QuestionState.CONDITIONAL
    standing = [entry for draft in current for entry in draft.entries if entry.is_current]
    if len(_voices(standing, names)) < 2:
        return QuestionState.SINGLE_VOICE
    if len(current) == 1 and not current[0].condition:
        firm = [entry for entry in standing if _is_firm(entry)]
        if len(_voices(firm, names)) >= 2:
            return QuestionState.AGREED
    return QuestionState.COMPATIBLE


def _is_firm(entry: Entry) -> bool:
    hedged = entry.account.content.hedges or entry.account.strengths != ("asserted",)
    return not hedged and entry.stale is None and not entry.displaced_when


def _voices(entries: Iterable[Entry], names: NamesInForce) -> set[str]:
    """The voices that are known to be distinct from one another."""
    holders = {entry.account.speakers[0].holder for entry in entries if is_independent(entry.account, names)}
    return {
        holder
        for holder in holders
        if not any(_lies_within(holder, other, names) for other in holders - {holder})
    }


def _lies_within(holder: str, other: str, names: NamesInForce) -> bool:
    """Whether a holder is part or member of another one; of two within one another, the first name counts."""
    inside = other in names.wider(holder) or holder in names.members(other)
    around = holder in names.wider(other) or other in names.members(holder)
    return inside and not (around and holder < other)
