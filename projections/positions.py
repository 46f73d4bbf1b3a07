"""Positions at a question and who holds them.

1. Answers are grouped by *same under every reading*, never by *compatible*. What is about this question under one
   reading only forms a position of its own (`Position.conditional_on`).
2. A position that nobody stands by any more keeps its place, marked: nothing is dropped.
3. The holder is the institution spoken for where that is stated; speaker and institution are both kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import Account, Answer, Speaker
from .compare import Verdict
from .names import Condition, NamesInForce, Reading
from .standing import ClaimStatus, Entry
from .words import date_text, property_in_words, value_as_json, value_in_words

__all__ = ["Draft", "Holding", "Hop", "Pair", "Position", "holdings_of", "hops_of", "is_independent"]


@dataclass(frozen=True, slots=True)
class Hop:
    """One relay: who passed it on, with which word."""

    by: str
    verb: str | None
    document: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class Holding:
    """One claim in which a position is held, as one speaker's.

    Attributes:
        ref: the claim.
        holder: the institution spoken for where stated, else the asserter, by name in force.
        asserter: the asserter, as recorded.
        on_behalf_of: the institution, as recorded, where stated.
        relays: the hops, the one nearest the speaker first.
        said: when the speaker said it (EDTF), or None.
        strength: how firmly; alternatives are parted by " or ".
        hedges: the hedging words.
        readings: under which readings it is this speaker's; empty where that is plain.
        status: how the claim stands at this question.
        by: the claim or event that ended or displaced it.
        statement: the speech act, where several claims carry one.
        independent: whether the speaker is named, certain and relies on nobody else's claim or item.
    """

    ref: str
    holder: str
    asserter: str
    on_behalf_of: str | None
    relays: tuple[Hop, ...]
    said: str | None
    strength: str
    hedges: tuple[str, ...]
    readings: Reading
    status: ClaimStatus
    by: str | None
    statement: str | None
    independent: bool

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; relays as objects."""
        return {
            "ref": self.ref,
            "holder": self.holder,
            "asserter": self.asserter,
            "on_behalf_of": self.on_behalf_of,
            "relays": [
                {"by": hop.by, "verb": hop.verb, "document": hop.document, "at": hop.at}
                for hop in self.relays
            ],
            "said": self.said,
            "strength": self.strength,
            "hedges": list(self.hedges),
            "readings": self.readings,
            "status": str(self.status),
            "by": self.by,
            "statement": self.statement,
            "independent": self.independent,
        }


@dataclass(frozen=True, slots=True)
class Position:
    """One answer and those who hold it.

    Attributes:
        number: its place in `Question.positions`, from 0; pairs name positions by it.
        text: the answer in a few words.
        answer: the answer as data: ``values``, ``openness``, ``scope``.
        polarity: whether the value is affirmed or denied.
        strengths: how firmly it is put, by those who hold it.
        holders: every claim in which it is or was held.
        conditional_on: the readings under which it is about this question; empty where it is so under every one.
        marks: ``retracted``, ``corrected``, ``withdrawn``, ``superseded``, where nobody stands by it any more;
            ``stale``, where a claim rests on one that moved on; ``only_through_opponent``.
        undercut_by: claims that somebody judged, or a speaker said, to undercut a claim of it. They change no value.
        is_current: whether anybody stands by it.
    """

    number: int
    text: str
    answer: Mapping[str, Any]
    polarity: str
    strengths: tuple[str, ...]
    holders: tuple[Holding, ...]
    conditional_on: tuple[Reading, ...]
    marks: tuple[str, ...]
    undercut_by: tuple[str, ...]
    is_current: bool

    @property
    def refs(self) -> tuple[str, ...]:
        """The claims in which it is or was held."""
        return tuple(dict.fromkeys(holding.ref for holding in self.holders))

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "number": self.number,
            "text": self.text,
            "answer": dict(self.answer),
            "polarity": self.polarity,
            "strengths": list(self.strengths),
            "holders": [holding.to_json() for holding in self.holders],
            "conditional_on": list(self.conditional_on),
            "marks": list(self.marks),
            "undercut_by": list(self.undercut_by),
            "is_current": self.is_current,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """How two positions stand to one another.

    Attributes:
        a, b: their numbers, that is their places in `Question.positions`.
        verdict: the verdict.
        comparator: the comparator that found it.
        readings: the readings under which it holds; empty where it holds under every one.
        why: one line.
    """

    a: int
    b: int
    verdict: Verdict
    comparator: str
    readings: tuple[Reading, ...]
    why: str

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "a": self.a,
            "b": self.b,
            "verdict": str(self.verdict),
            "comparator": self.comparator,
            "readings": list(self.readings),
            "why": self.why,
        }


@dataclass(slots=True)
class Draft:
    """A position while its question is computed."""

    number: int
    answer: Answer
    condition: Condition
    entries: list[Entry]

    def in_words(self, names: NamesInForce) -> str:
        """The answer in a few words, a denial as such."""
        between = {"either": " or ", "undecided": " | ", "stated": ""}[self.answer.openness]
        said = between.join(value_in_words(value, names.label) for value in self.answer.values)
        if not self.answer.negated:
            return said
        others = ", ".join(map(property_in_words, self.answer.denied_too()))
        return f"not {said} (denied together with {others})" if others else f"not {said}"

    def as_data(self) -> dict[str, Any]:
        """The answer as data."""
        data: dict[str, Any] = {"values": [value_as_json(value) for value in self.answer.values]}
        if self.answer.openness != "stated":
            data["openness"] = self.answer.openness
        if self.answer.scope:
            data["scope"] = dict(self.answer.scope)
        if denied_too := self.answer.denied_too():
            data["denied_together_with"] = list(denied_too)
        return data


def holdings_of(entry: Entry, names: NamesInForce) -> list[Holding]:
    """One holding for each speaker whose voice the claim may be."""
    content, variable = entry.account.content, entry.account.voice_variable
    by = entry.ended.by if entry.ended is not None else entry.displaced
    strength, hedges, status = " or ".join(entry.account.strengths), tuple(content.hedges), entry.status
    independent = is_independent(entry.account, names)
    return [
        Holding(
            ref=entry.account.ref,
            holder=speaker.holder,
            asserter=speaker.voice.asserter,
            on_behalf_of=speaker.voice.on_behalf_of,
            relays=hops_of(speaker),
            said=date_text(speaker.voice.asserted_at),
            strength=strength,
            hedges=hedges,
            readings={} if variable is None else {variable: speaker.label},
            status=status,
            by=by,
            statement=speaker.voice.statement,
            independent=independent,
        )
        for speaker in entry.account.speakers
    ]


def is_independent(account: Account, names: NamesInForce) -> bool:
    """Whether a claim's speaker is named, certain, and relies on nobody else's claim or item."""
    certain = account.voice_variable is None and not account.content.based_on
    return certain and not names.is_nameless(account.speakers[0].holder)


def hops_of(speaker: Speaker) -> tuple[Hop, ...]:
    """The relays of a voice."""
    if not speaker.voice.relays:
        return ()
    return tuple(
        [Hop(relay.by, relay.verb, relay.document, date_text(relay.at)) for relay in speaker.voice.relays]
    )
