"""What is shown of one speaker over all cases: counts, and the first claims behind each of them.

1. A count is whole; the claims named behind it are the first ones of the log, `claimledger.projections.tallies.NAMED`
   at most.
2. An answer is text: codes, numbers and dates as they are written in claims, so that equal answers read alike in
   every case. An entity of a case is led by the case's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from claimledger.events.dates import When
from claimledger.events.quantities import Quantity
from claimledger.events.values import SHARED

from .answers import Answer
from .compare import Given, PartyValue, TermValue, WordValue
from .revocations import RevocationView

__all__ = ["AnswerCount", "AsserterRow", "Behind", "CaseRef", "DisputedBy", "SpokeFor", "answer_text"]


class CaseRef(NamedTuple):
    """A claim of a case."""

    case: str
    ref: str


@dataclass(frozen=True, slots=True)
class Behind:
    """A count and the claims behind it.

    Attributes:
        times: how many claims.
        cases: in how many cases.
        refs: the first of them, in the order of the log.
    """

    times: int
    cases: int
    refs: tuple[CaseRef, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; a claim as case and ref."""
        return {"times": self.times, "cases": self.cases, "refs": [list(ref) for ref in self.refs]}


@dataclass(frozen=True, slots=True)
class DisputedBy:
    """Claims of a speaker whose signatures one revocation makes disputed.

    Attributes:
        revocation: the revocation, with the log indexes of the records that it disputes.
        claims: how many claims, and which.
    """

    revocation: RevocationView
    claims: Behind

    def to_json(self) -> dict[str, Any]:
        """The revocation as every other answer has it, and the claims beside it."""
        return {"revocation": self.revocation.to_json(), **self.claims.to_json()}


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How often a speaker gave one answer to one sort of question.

    Attributes:
        property: the property asked about.
        answer: the answer as text, or the status of a claim that gives none.
        polarity: whether it is affirmed or denied.
        openness: ``stated``, ``undecided`` (by the reader), ``either`` (left open by the speaker) or ``no_answer``.
        said: in how many claims, and which.
        corrected: how many of them the speaker later corrected.
        retracted: how many of them the speaker later retracted.
        signature_disputed: how many of them have a record whose signature is disputed.
    """

    property: str
    answer: str
    polarity: str
    openness: str
    said: Behind
    corrected: int
    retracted: int
    signature_disputed: int

    def __str__(self) -> str:
        lead = "not " if self.polarity == "negated" else ""
        lead = f"{lead}no answer, " if self.openness == "no_answer" else lead
        cases = "1 case" if self.said.cases == 1 else f"{self.said.cases} cases"
        times = "once" if self.said.times == 1 else f"{self.said.times} times"
        return f"{self.property} = {lead}{self.answer}: {times} in {cases}"

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; what is behind the count beside them."""
        return {
            "property": self.property,
            "answer": self.answer,
            "polarity": self.polarity,
            "openness": self.openness,
            **self.said.to_json(),
            "corrected": self.corrected,
            "retracted": self.retracted,
            "signature_disputed": self.signature_disputed,
        }


@dataclass(frozen=True, slots=True)
class SpokeFor:
    """The claims that a speaker put for somebody else, whose claims they are.

    Attributes:
        holder: for whom, by name; ``shared:`` leads those of the shared register.
        case: the case that this one belongs to; None for the shared register.
        label: what readers see for it.
        said: how many claims, and which.
    """

    holder: str
    case: str | None
    label: str
    said: Behind

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; what is behind the count beside them."""
        return {"holder": self.holder, "case": self.case, "label": self.label, **self.said.to_json()}


@dataclass(frozen=True, slots=True)
class AsserterRow:
    """One speaker.

    Attributes:
        holder: its name; ``shared:`` leads those of the shared register.
        case: the case that it belongs to; None for those of the shared register.
        label: what readers see for it.
        names: every name by which it spoke, where a case judges several to mean it.
        is_named: whether it is known who that is; two speakers without a name are never one.
        claims: what it said, itself or through those who speak for it.
        spoke_for: what it said for others, by whom that was for; those claims are theirs, and in no other count here.
        maybe: claims that may be its voice or another's; they are in no other count.
        withdrawn: records that their recorder withdrew; they are in no other count.
        corrected: of `claims`, those that it later corrected.
        retracted: of `claims`, those that it later retracted.
        signature_disputed: of `claims`, those that have a record whose signature is disputed, by revocation; each is
            under the last one.
        kinds: kind of claim to how many.
        strengths: strength to how many.
        first_said, last_said: the earliest and the latest date (EDTF) at which it said something; None where no date
            is known.
        answers: its answers, by property and then the most frequent first.
        more_answers: property to how many claims gave answers that are not listed one by one.
    """

    holder: str
    case: str | None
    label: str
    names: tuple[str, ...]
    is_named: bool
    claims: Behind
    spoke_for: tuple[SpokeFor, ...]
    maybe: Behind
    withdrawn: Behind
    corrected: Behind
    retracted: Behind
    signature_disputed: tuple[DisputedBy, ...]
    kinds: Mapping[str, int]
    strengths: Mapping[str, int]
    first_said: str | None
    last_said: str | None
    answers: tuple[AnswerCount, ...]
    more_answers: Mapping[str, int]

    def answers_to(self, property: str) -> tuple[AnswerCount, ...]:
        """Its answers to one sort of question, the most frequent first."""
        return tuple(one for one in self.answers if one.property == property)

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "holder": self.holder,
            "case": self.case,
            "label": self.label,
            "names": list(self.names),
            "is_named": self.is_named,
            "claims": self.claims.to_json(),
            "spoke_for": [one.to_json() for one in self.spoke_for],
            "maybe": self.maybe.to_json(),
            "withdrawn": self.withdrawn.to_json(),
            "corrected": self.corrected.to_json(),
            "retracted": self.retracted.to_json(),
            "signature_disputed": [one.to_json() for one in self.signature_disputed],
            "kinds": dict(self.kinds),
            "strengths": dict(self.strengths),
            "first_said": self.first_said,
            "last_said": self.last_said,
            "answers": [one.to_json() for one in self.answers],
            "more_answers": dict(self.more_answers),
        }


def answer_text(answer: Answer, case: str) -> str:
    """An answer as text that is equal where the answer is, in whatever case; that it is denied is not said here.

    Args:
        answer: the answer, with names as they were written.
        case: the case's name, which leads its own entities.
    """
    between = " or " if answer.openness == "either" else " | "
    text = between.join(sorted({_text(value, case) for value in answer.values}))
    # "He did not die in the consulate" denies neither that he died nor the place.
    return f"{text} (denied together with {', '.join(answer.denied_too())})" if answer.denied_too() else text


def _text(value: Given, case: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, TermValue):
        terms = sorted(
            f"{_entity(word, case) if sort == 'act' else word}{f' ({role})' if role else ''}"
            for sort, word, role in value.terms
        )
        return ", ".join([*terms, "..."] if value.open else terms)
    if isinstance(value, PartyValue):
        parties = ", ".join(sorted(_entity(name, case) for name in value.names))
        return {"all_of": f"all of {parties}", "open": f"{parties}, ..."}.get(value.form, parties)
    if isinstance(value, WordValue):
        return ", ".join(sorted(value.texts))
    return _amount(value) if isinstance(value, Quantity) else _date(value)


def _entity(name: str, case: str) -> str:
    return name if name.startswith(SHARED) else f"{case}/{name}"


def _amount(value: Quantity) -> str:
    parts = [
        value.qualifier,
        None if value.point is None else str(value.point),
        None if value.low is None else f"{'>' if value.low_open else '>='} {value.low}",
        None if value.high is None else f"{'<' if value.high_open else '<='} {value.high}",
        value.unit,
        None if value.certainty is None else f"({value.certainty})",
    ]
    return " ".join(part for part in parts if part)


def _date(value: When) -> str:
    if value.time is None:
        return value.value
    clock = "-".join(dict.fromkeys(part for part in (value.time.earliest, value.time.latest) if part))
    return " ".join(part for part in (value.value, clock or value.time.verbatim, value.time.offset) if part)
