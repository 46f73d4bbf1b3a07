"""The history of a question, or of a whole case: every claim in the order of the log, with how it reached us.

1. A row is a claim: what was said, by whom, when, through whom, where it stands in which source, who recorded it.
2. Nothing is left out because it ended: withdrawn, retracted and displaced claims keep their rows, marked, and an
   amended one shows both what was recorded first and what is in force.
3. The history of a question holds the claims that answer it under any reading, now or as first recorded, or that give
   their value behind a commitment only, the patterns
   and opinions that somebody judged to undercut one of those, and every reply to one of them or to such a reply: a
   retraction that was itself retracted shows by which claim.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from claimledger.events.claims import ClaimContent
from claimledger.events.dates import When
from claimledger.events.event import format_instant
from claimledger.events.kinds import General, NoAnswer, Opinion, OtherKind, Reply
from claimledger.events.values import Locator, alternatives

from .answers import Account, account_of
from .case import CaseState
from .claims import ClaimView, Version, Withdrawal
from .clocks import Moment
from .erasures import ErasureView
from .kept import KeptValue, kept_in_words, kept_property
from .positions import Hop, hops_of
from .questions import JudgementView, Question, natural
from .reading import OfCaseState
from .revocations import RevocationView
from .standing import ClaimStatus
from .words import as_put, date_in_words, inferred_in_words, property_in_words

__all__ = ["Amendment", "History", "HistoryRow", "Voiced", "subject_in_words", "what_was_said"]


@dataclass(frozen=True, slots=True)
class Voiced:
    """Who said it, as one reading has it.

    Attributes:
        asserter: the speaker, by name.
        label: what readers see for it.
        on_behalf_of: label of the institution, where stated.
        said: when, for a column of dates.
        relays: the hops, the one nearest the speaker first; `by` is a name.
        said_basis: from what the recorder inferred when it was said; None where that is stated.
    """

    asserter: str
    label: str
    on_behalf_of: str | None
    said: str
    relays: tuple[Hop, ...]
    said_basis: str | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """That the recorder mended its record: what stood before, and why it was changed."""

    index: int
    because: str
    before: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One claim.

    Attributes:
        index: log index of its first record.
        ref: its short name.
        said: when it was said, for a column of dates; alternatives are parted by " or ".
        who: label of the speaker, and of whom it speaks for; alternatives are parted by " or ".
        what: what was said, in a few words.
        voices: who said it, one for each alternative.
        relays: how it reached us: each hop as its label, and its verb in quotation marks.
        source: name of the source.
        locator: where in it the words stand.
        recorder: keyids of those who signed the first record.
        recorded_at: when, by the recorder's clock (UTC).
        status: how the claim stands.
        ended_by: what ended or displaced it.
        conditional_on: the readings under which it is about this question.
        judgements: the judgements that touch it.
        amendments: how the record was mended.
        basis: what the recorder inferred, and from what.
        withdrawal: that the recorder withdrew the record, and why.
        erasures: which protected content of its records was erased, by whose authority and why.
        revocation: the revocation by which the signature of one of its records is disputed; None where none is.
        kept: that its value is given behind a commitment only, and what can be said of it here.
    """

    index: int
    ref: str
    said: str
    who: str
    what: str
    voices: tuple[Voiced, ...]
    relays: tuple[str, ...]
    source: str | None
    locator: Locator | None
    recorder: tuple[str, ...]
    recorded_at: datetime.datetime
    status: ClaimStatus
    ended_by: str | None
    conditional_on: tuple[dict[str, str], ...]
    judgements: tuple[JudgementView, ...]
    amendments: tuple[Amendment, ...]
    basis: str | None
    withdrawal: Withdrawal | None
    erasures: tuple[ErasureView, ...] = ()
    revocation: RevocationView | None = None
    kept: KeptValue | None = None

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but reasons and basis, which are protected; voices and locator as objects."""
        return {
            "index": self.index,
            "ref": self.ref,
            "said": self.said,
            "who": self.who,
            "what": self.what,
            "voices": [
                {
                    "asserter": voice.asserter,
                    "label": voice.label,
                    "on_behalf_of": voice.on_behalf_of,
                    "said": voice.said,
                    "said_basis": voice.said_basis,
                    "relays": [
                        {"by": hop.by, "verb": hop.verb, "document": hop.document, "at": hop.at}
                        for hop in voice.relays
                    ],
                }
                for voice in self.voices
            ],
            "relays": list(self.relays),
            "source": self.source,
            "locator": None if self.locator is None else [self.locator.start, self.locator.end],
            "recorder": list(self.recorder),
            "recorded_at": format_instant(self.recorded_at),
            "status": str(self.status),
            "ended_by": self.ended_by,
            "conditional_on": list(self.conditional_on),
            "judgements": [judgement.to_json() for judgement in self.judgements],
            "amendments": [{"index": one.index, "before": one.before} for one in self.amendments],
            "withdrawal": None
            if self.withdrawal is None
            else {
                "index": self.withdrawal.index,
                "recorder": list(self.withdrawal.signers),
            },
            "erasures": [erasure.to_json() for erasure in self.erasures],
            "revocation": None if self.revocation is None else self.revocation.to_json(),
            "kept": None
            if self.kept is None
            else {
                **self.kept.to_json(),
                "status": None if self.kept.status is None else str(self.kept.status),
            },
        }


class History(OfCaseState):
    """The history of a case or of one question, as a fold.

    Args:
        case: the case's name.
        question: as `CaseState.find_question` reads it; None for every claim of the case.
        known_at, asserted_by, true_on: as for `CaseState`.
    """

    def __init__(
        self,
        case: str,
        question: str | None = None,
        *,
        known_at: Moment | None = None,
        asserted_by: str | None = None,
        true_on: str | None = None,
    ) -> None:
        super().__init__(case, known_at=known_at, asserted_by=asserted_by, true_on=true_on)
        self.asked = question

    @classmethod
    def of(cls, state: CaseState, question: str | None = None) -> History:
        """The history out of a state that is there already."""
        made = cls(state.case, question)
        made.state = state
        return made

    @property
    def question(self) -> Question | None:
        """The question that was asked for.

        Raises:
            UnknownName: no claim answers it.
        """
        return None if self.asked is None else self.state.find_question(self.asked)

    @property
    def rows(self) -> tuple[HistoryRow, ...]:
        """The claims, in the order of the log.

        Raises:
            UnknownName: no claim answers the question that was asked for.
        """
        state, question = self.state, self.question
        touching: dict[str, list[JudgementView]] = {}
        for judgement in state.judgements:
            for ref in sorted({*judgement.claims, *judgement.of}, key=natural):
                touching.setdefault(ref, []).append(judgement)
        views = state.claims.values() if question is None else _about(state, question)
        ordered = sorted(views, key=lambda view: view.index)
        kept = {value.ref: value for value in state.kept}
        return tuple(
            _row(state, view, question, tuple(touching.get(view.ref, ())), kept.get(view.ref))
            for view in ordered
        )

    def to_json(self) -> dict[str, Any]:
        """``case``, ``question`` (its key, or None), ``rows`` and ``provenance``."""
        question = self.question
        return {
            "case": self.case,
            "question": None if question is None else question.key,
            "rows": [row.to_json() for row in self.rows],
            "provenance": self.provenance().to_json(),
        }


def _about(state: CaseState, question: Question) -> Iterable[ClaimView]:
    refs = set(question.claims)
    refs.update(
        one.ref for one in state.kept if one.property == question.property and question.entity in one.about
    )
    for view in state.claims.values():
        if len(view.versions) > 1 and any(
            _answers(state, view, version, question) for version in view.versions
        ):
            refs.add(view.ref)
    refs.update(ref for position in question.positions for ref in position.undercut_by)
    replies: dict[str, list[str]] = {}
    for reply in state.replies:
        for ref in _replied_to(state, reply.body):
            replies.setdefault(ref, []).append(reply.ref)
    todo = list(refs)
    while todo:
        found = [ref for ref in replies.get(todo.pop(), ()) if ref not in refs]
        refs.update(found)
        todo += found
    return [state.claims[ref] for ref in refs if ref in state.claims]


def _replied_to(state: CaseState, content: ClaimContent) -> list[str]:
    """The claims that a reply answers, by their short names; what is not placed here, as it is named there."""
    claim = content.claim
    return [state.ref_of(named) for named in claim.claims] if isinstance(claim, Reply) else []


def _answers(state: CaseState, view: ClaimView, version: Version, question: Question) -> bool:
    account = account_of(view.ref, version.body, state.names)
    claim = version.body.claim
    properties = {answer.property for answer in account.answers}
    if isinstance(claim, NoAnswer):
        properties.add(claim.property)
    kept = kept_property(version.body)
    if kept is not None:
        properties.add(kept)
    about = {placement.entity for placement in account.placements}
    return question.property in properties and question.entity in about


def _row(
    state: CaseState,
    view: ClaimView,
    question: Question | None,
    judgements: tuple[JudgementView, ...],
    kept: KeptValue | None,
) -> HistoryRow:
    account = state.accounts[view.ref]
    body = view.body
    voices = tuple(
        Voiced(
            speaker.voice.asserter,
            state.label(speaker.voice.asserter),
            None if speaker.voice.on_behalf_of is None else state.label(speaker.voice.on_behalf_of),
            date_in_words(speaker.voice.asserted_at),
            hops_of(speaker),
            _basis_of(speaker.voice.asserted_at),
        )
        for speaker in account.speakers
    )
    return HistoryRow(
        index=view.index,
        ref=view.ref,
        said=" or ".join(dict.fromkeys(voice.said for voice in voices if voice.said)),
        who=" or ".join(dict.fromkeys(_named(voice) for voice in voices)),
        what=what_was_said(state, account, body, question),
        voices=voices,
        relays=tuple(dict.fromkeys(_hop(state, hop) for voice in voices for hop in voice.relays)),
        source=body.source,
        locator=body.locator,
        recorder=view.signers,
        recorded_at=view.recorded_at,
        status=view.status,
        ended_by=view.ended_by,
        conditional_on=tuple(
            dict(placement.condition)
            for placement in account.placements
            if question is not None and placement.entity == question.entity and placement.condition
        ),
        judgements=judgements,
        amendments=tuple(
            Amendment(
                after.index,
                after.because or "",
                what_was_said(state, account_of(view.ref, before.body, state.names), before.body, question),
            )
            for before, after in zip(view.versions, view.versions[1:], strict=False)
        ),
        basis=body.basis,
        withdrawal=view.withdrawal,
        erasures=state.erasures_of(*(one.event for one in view.versions)),
        revocation=state.revocation_of(*(one.index for one in view.versions)),
        kept=kept,
    )


def _basis_of(when: When | str | None) -> str | None:
    return when.basis if isinstance(when, When) else None


def _named(voice: Voiced) -> str:
    return voice.label if voice.on_behalf_of is None else f"{voice.label}, for {voice.on_behalf_of}"


def _hop(state: CaseState, hop: Hop) -> str:
    return state.label(hop.by) if hop.verb is None else f'{state.label(hop.by)}, "{hop.verb}"'


def what_was_said(
    state: CaseState, account: Account, content: ClaimContent, question: Question | None = None
) -> str:
    """A claim in a few words: its answer to a question or all its answers, with polarity, strength and hedges.

    Args:
        state: gives labels.
        account: the claim, taken apart.
        content: the same claim as recorded.
        question: the question whose answer is wanted; None for all of them.
    """
    said = _answered(state, account, question) or _unanswered(state, content)
    if question is not None and any(placement.condition for placement in account.placements):
        said = f"{said} \u00b7 {_open_subject(state, content)}"
    return as_put(said, content, account.strengths)


def _answered(state: CaseState, account: Account, question: Question | None) -> str:
    parts = []
    for answer in account.answers:
        if question is not None and answer.property != question.property:
            continue
        between = {"either": " or ", "undecided": " | ", "stated": ""}[answer.openness]
        words = between.join(inferred_in_words(value, state.label) for value in answer.values)
        parts.append(words if question is not None else f"{property_in_words(answer.property)}: {words}")
    return "; ".join(parts)


def subject_in_words(state: CaseState, account: Account, content: ClaimContent) -> str:
    """Whom or what a claim is about, by labels: what is left open stays open; empty where it is about nothing named."""
    if any(placement.condition for placement in account.placements):
        return _open_subject(state, content)
    named = [" and ".join(map(state.label, placement.entity)) for placement in account.placements]
    if not named and content.claim.SUBJECT:
        subjects, _ = alternatives(getattr(content.claim, content.claim.SUBJECT))
        flat = [one for each in subjects for one in ((each,) if isinstance(each, str) else each)]
        named = [state.label(one) for one in flat if one in state.entities]
    return ", ".join(dict.fromkeys(named))


def _open_subject(state: CaseState, content: ClaimContent) -> str:
    """Whom a claim may be about, where that is open."""
    subjects, openness = alternatives(getattr(content.claim, content.claim.SUBJECT))
    named = [one for subject in subjects for one in ((subject,) if isinstance(subject, str) else ())]
    choice = state.names.one_of(named[0]) if len(named) == 1 else None
    if choice is not None:
        return f"one of {', '.join(state.label(name) for name in choice.one_of)}"
    return f"{openness}: {' | '.join(state.label(name) for name in named)}"


def _unanswered(state: CaseState, content: ClaimContent) -> str:
    """What a claim says that answers nothing."""
    claim = content.claim
    if isinstance(claim, NoAnswer):
        return f"no answer: {claim.status.replace('_', ' ')}"
    if isinstance(claim, Opinion):
        return f"({claim.tone}) {claim.text or 'text not at hand'}"
    if isinstance(claim, General):
        sort = "norm" if claim.norm is not None else "pattern"
        often = f"{claim.frequency}: " if claim.frequency is not None else ""
        return f"({sort}) {often}{claim.text or claim.topic}"
    kept = kept_property(content)
    if kept is not None:
        return kept_in_words(kept)
    if isinstance(claim, Reply):
        return f"({claim.kind.replace('_', ' ')} {', '.join(_replied_to(state, content))})"
    if isinstance(claim, OtherKind):
        return f"({claim.kind_name}: a kind that is not known here)"
    return f"({claim.kind_name.replace('_', ' ')})"
