"""From a claim to the questions that it answers, by the marks on the fields of its kind.

1. Each stated field marked `Answers` answers the question of the claim's subject and that property; `States` on the
   subject answers with a constant. Nothing else does: opinions, patterns, replies and kinds that are not known here
   answer nothing, whatever they say.
2. `Scope` fields and the certainty of numbers belong to the answer, never to the question.
3. ``undecided`` makes a variable (``C10.strength``, ``C06.voice``); ``either`` stays a choice inside the answer.
4. A list of subjects with distribution ``each`` gives an answer to each; so does a group whose members are known.
   Any other list is one subject together. Nothing is inferred from a group for its members, or back.
5. Nothing is ever counted or summed here.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from claimledger.events.claims import ClaimContent, Voice
from claimledger.events.codes import SINGLE_ATTRIBUTES
from claimledger.events.dates import When
from claimledger.events.errors import InvalidValue
from claimledger.events.kinds import Kind, NoAnswer
from claimledger.events.quantities import Quantity
from claimledger.events.values import (
    AllOf,
    Answers,
    Either,
    OpenParties,
    OpenTerms,
    Scope,
    States,
    Term,
    Undecided,
    alternatives,
)

from .compare import Given, PartyValue, TermValue, WordValue, amount_key, date_key
from .names import Condition, NamesInForce
from .words import value_as_json, value_in_words

__all__ = [
    "Account",
    "Answer",
    "Placement",
    "Speaker",
    "account_of",
]

Openness: TypeAlias = Literal["stated", "undecided", "either"]


@dataclass(frozen=True, slots=True)
class Placement:
    """A question's entity, and under which reading the claim is about it."""

    entity: tuple[str, ...]
    condition: Condition


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of one claim.

    Attributes:
        property: the property asked about.
        by: the name of its comparator.
        single: whether only one answer can hold.
        values: the value, or the alternatives.
        openness: whose openness several alternatives are.
        variable: the variable that picks one of them, when the reader cannot tell.
        labels: for an undecided value, the name of each alternative in a reading.
        scope: field and content of what belongs to the answer.
        negated: whether the value is denied.
        together: where a claim says several things at once, all of them; to deny it denies their conjunction only.
        whole: everything that the claim answers, by property.
        key: equal for two answers that are the same under every reading.
    """

    property: str
    by: str
    single: bool
    values: tuple[Given, ...]
    openness: Openness
    variable: str | None
    labels: tuple[str, ...]
    scope: tuple[tuple[str, str], ...]
    negated: bool
    together: frozenset[str]
    whole: tuple[tuple[str, tuple[Given, ...]], ...]
    key: Hashable

    def denied_too(self) -> tuple[str, ...]:
        """Of a denial of several things at once, the other properties: this one alone is not denied."""
        named = {one.split(" ", 1)[0] for one in self.together} if self.negated else set()
        return tuple(sorted(named - {self.property}))


@dataclass(frozen=True, slots=True)
class Speaker:
    """One alternative of who said it.

    Attributes:
        label: the name of this alternative in a reading.
        voice: the alternative itself.
        holder: the institution spoken for where stated, else the asserter, by name in force.
    """

    label: str
    voice: Voice
    holder: str


@dataclass(frozen=True, slots=True)
class Account:
    """What one claim says, taken apart for comparing.

    Attributes:
        ref: the claim's short name.
        content: the content in force.
        speakers: who said it; several where the reader cannot tell.
        strengths: how firmly; several where that is open.
        strength_variable: the variable that picks one of them, when the reader cannot tell.
        answers: its answers.
        placements: the entities that it is about, for the answers and for a `NoAnswer`.
        domains: the variables of this claim's own, each with its alternatives.
    """

    ref: str
    content: ClaimContent
    speakers: tuple[Speaker, ...]
    strengths: tuple[str, ...]
    strength_variable: str | None
    answers: tuple[Answer, ...]
    placements: tuple[Placement, ...]
    domains: Mapping[str, tuple[str, ...]]

    @property
    def voice_variable(self) -> str | None:
        """The variable that says whose voice it is, where the reader cannot tell."""
        return f"{self.ref}.voice" if len(self.speakers) > 1 else None


@dataclass(frozen=True, slots=True)
class _Marks:
    answers: tuple[tuple[str, Answers], ...]
    states: tuple[tuple[str, States], ...]
    scope: tuple[str, ...]


@cache
def _marks(kind: type[Kind]) -> _Marks:
    found = [(name, mark) for name, info in kind.model_fields.items() for mark in info.metadata]
    return _Marks(
        tuple((name, mark) for name, mark in found if isinstance(mark, Answers)),
        tuple((name, mark) for name, mark in found if isinstance(mark, States)),
        tuple(name for name, mark in found if isinstance(mark, Scope)),
    )


def account_of(ref: str, content: ClaimContent, names: NamesInForce) -> Account:
    """Take a claim apart.

    Args:
        ref: the claim's short name; its variables are named after it.
        content: what the claim says and how it came, in force.
        names: the names in force.
    """
    claim = content.claim
    domains: dict[str, tuple[str, ...]] = {}
    speakers = _speakers(ref, content, names, domains)
    strengths, openness = alternatives(content.strength)
    strength_variable = f"{ref}.strength" if openness == "undecided" else None
    if strength_variable is not None:
        domains[strength_variable] = strengths
    answers: tuple[Answer, ...] = ()
    placements: tuple[Placement, ...] = ()
    marks = _marks(type(claim))
    if marks.answers or marks.states or isinstance(claim, NoAnswer):
        placements = _placements(ref, claim, names, domains)
        answers = _answers(ref, content, marks, names, domains)
    return Account(ref, content, speakers, strengths, strength_variable, answers, placements, domains)


def _speakers(
    ref: str, content: ClaimContent, names: NamesInForce, domains: dict[str, tuple[str, ...]]
) -> tuple[Speaker, ...]:
    labels = _distinct(voice.asserter for voice in content.voices)
    if len(labels) > 1:
        domains[f"{ref}.voice"] = labels
    return tuple(
        Speaker(label, voice, names.canonical(voice.on_behalf_of or voice.asserter))
        for label, voice in zip(labels, content.voices, strict=True)
    )


def _distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels of alternatives, told apart where two read alike."""
    found: list[str] = []
    for label in labels:
        place = 2
        fresh = label
        while fresh in found:
            fresh, place = f"{label} ({place})", place + 1
        found.append(fresh)
    return tuple(found)


def _placements(
    ref: str, claim: Kind, names: NamesInForce, domains: dict[str, tuple[str, ...]]
) -> tuple[Placement, ...]:
    subjects, _ = alternatives(getattr(claim, claim.SUBJECT))
    if len(subjects) > 1:  # Alternatives that mean the same leave nothing open.
        subjects = tuple({_plain(subject, names): subject for subject in reversed(subjects)}.values())[::-1]
    each = getattr(claim, "distribution", None) == "each"
    if len(subjects) == 1:
        # Alike where two names mean the same one: once, then.
        return tuple(dict.fromkeys(Placement(*about) for about in _about(subjects[0], each, names)))
    variable = f"{ref}.{claim.SUBJECT}"
    labels = domains[variable] = _distinct(" and ".join(_entity_names(subject)) for subject in subjects)
    found: dict[Placement, None] = {}
    for subject, label in zip(subjects, labels, strict=True):
        own: Condition = ((variable, label),)
        for entity, condition in _about(subject, each, names):
            found[Placement(entity, own + condition)] = None
    return tuple(found)


def _about(subject: Any, each: bool, names: NamesInForce) -> list[tuple[tuple[str, ...], Condition]]:
    """The entities of questions that a stated subject is about."""
    listed = _entity_names(subject)
    each = each or isinstance(subject, AllOf)
    if len(listed) > 1 and not each:
        return [(tuple(sorted({names.canonical(name) for name in listed}, key=names.rank)), ())]
    found: list[tuple[tuple[str, ...], Condition]] = [
        ((entity,), condition) for name in listed for entity, condition in names.placements(name)
    ]
    if each:
        found += [((member,), ()) for name in listed for member in names.members(name)]
    return found


def _entity_names(value: Any) -> tuple[str, ...]:
    if isinstance(value, AllOf):
        return (value.all_of,)
    if isinstance(value, OpenParties):
        return tuple(value.open)
    return (value,) if isinstance(value, str) else tuple(value)


def _answers(
    ref: str, content: ClaimContent, marks: _Marks, names: NamesInForce, domains: dict[str, tuple[str, ...]]
) -> tuple[Answer, ...]:
    claim = content.claim
    scope = tuple(
        (name, _plain(getattr(claim, name), names))
        for name in marks.scope
        if getattr(claim, name) is not None
    )
    negated = content.polarity == "negated"
    drafts: list[tuple[str, str, bool, tuple[Given, ...], Openness, str]] = [
        (mark.property, "code", True, (TermValue(frozenset({("code", mark.code, "")})),), "stated", field)
        for field, mark in marks.states
    ]
    for field, mark in marks.answers:
        stated = getattr(claim, field)
        if stated is None:
            continue
        property, by, single = _question(claim, mark)
        given, openness = alternatives(stated)
        values = tuple(_value(by, one, names) for one in given)
        if len(values) > 1:
            values = tuple({_one_key(value): value for value in reversed(values)}.values())[::-1]
            openness = openness if len(values) > 1 else "stated"
        if by != mark.by and any(isinstance(value, WordValue) for value in values):
            by, single = mark.by, mark.single
        drafts.append((property, by, single, values, openness, field))
    keys = [_key(values) for _, _, _, values, _, _ in drafts]
    together = frozenset[str]()
    if len(drafts) > 1:
        whole = frozenset(f"{draft[0]} {key}" for draft, key in zip(drafts, keys, strict=True))
        together = whole if len(whole) > 1 else together
    denied = together if negated else frozenset[str]()
    everything = tuple((draft[0], draft[3]) for draft in drafts)
    found = []
    for (property, by, single, values, openness, field), said in zip(drafts, keys, strict=True):
        variable: str | None = None
        labels: tuple[str, ...] = ()
        if openness == "undecided":
            variable = f"{ref}.{field}"
            labels = domains[variable] = _distinct(
                value_in_words(value, lambda name: name) for value in values
            )
        found.append(
            Answer(property, by, single, values, openness, variable, labels, scope, negated, together, everything,
                   (said, openness, variable, scope, negated, denied))
        )  # fmt: skip
    return tuple(found)


def _question(claim: Kind, mark: Answers) -> tuple[str, str, bool]:
    """Property, comparator and whether it is single, with ``{field}`` filled in from the claim."""
    if not mark.property.startswith("{"):
        return mark.property, mark.by, mark.single
    named = str(getattr(claim, mark.property.strip("{}")))
    by = SINGLE_ATTRIBUTES.get(named) if mark.property == "{name}" and mark.by == "many" else None
    return (named, mark.by, mark.single) if by is None else (named, by, True)


def _value(by: str, stated: Any, names: NamesInForce) -> Given:
    """What a field holds, in the shape that its comparator reads."""
    if isinstance(stated, (bool, Quantity, When)):
        return stated
    if isinstance(stated, OpenTerms):
        return _terms(stated.open, names, open=True)
    if by == "entity":
        form = (
            "all_of" if isinstance(stated, AllOf) else "open" if isinstance(stated, OpenParties) else "named"
        )
        parties = tuple(dict.fromkeys(names.canonical(name) for name in _entity_names(stated)))
        return PartyValue(frozenset(parties), form, parties)
    listed = (stated,) if isinstance(stated, (str, Term)) else tuple(stated)
    if by == "code" or any(isinstance(one, Term) for one in listed):
        return _terms(listed, names)
    if len(listed) == 1 and by in ("range", "time"):
        try:
            return Quantity.parse(listed[0]) if by == "range" else When.model_validate(listed[0])
        except InvalidValue:
            pass  # words that state no number or date: kept as words, and held against nothing
        except ValueError:
            pass  # the same, as pydantic reports it
    texts = tuple(dict.fromkeys(str(one) for one in listed))
    return WordValue(frozenset(texts), texts)


def _terms(listed: Iterable[Any], names: NamesInForce, *, open: bool = False) -> TermValue:
    order = tuple(dict.fromkeys(_term(one, names) for one in listed))
    return TermValue(frozenset(order), open, order)


def _term(term: Any, names: NamesInForce) -> tuple[str, str, str]:
    if isinstance(term, str):
        return ("code", term, "")
    if term.act is not None:
        return ("act", names.canonical(term.act), term.role or "")
    return (
        ("code", term.code, term.role or "")
        if term.code is not None
        else ("text", term.text, term.role or "")
    )


def _plain(value: Any, names: NamesInForce) -> str:
    """The content of a scope field as text that is equal where the scope is."""
    if isinstance(value, (Undecided, Either)):
        parts, openness = alternatives(value)
        return f"{openness}: {' | '.join(sorted(_plain(part, names) for part in parts))}"
    if isinstance(value, When):
        return value.value
    if isinstance(value, Quantity):
        return amount_key(value)
    if isinstance(value, OpenTerms) or (
        isinstance(value, tuple) and any(isinstance(one, Term) for one in value)
    ):
        listed = value.open if isinstance(value, OpenTerms) else value
        form = "open: " if isinstance(value, OpenTerms) else ""
        return form + ", ".join(sorted(" ".join(_term(term, names)) for term in listed))
    if isinstance(value, (AllOf, OpenParties, tuple)):
        form = "" if isinstance(value, tuple) else "all of " if isinstance(value, AllOf) else "open: "
        return form + ", ".join(sorted({names.canonical(str(name)) for name in _entity_names(value)}))
    return names.canonical(value) if isinstance(value, str) else str(value)


def _key(values: tuple[Given, ...]) -> str:
    return _one_key(values[0]) if len(values) == 1 else " | ".join(sorted(map(_one_key, values)))


def _one_key(value: Given) -> str:
    if isinstance(value, Quantity):
        # "6" and "exactly 6" say the same; what stands beside a number (unit, certainty) is kept
        return f"range {amount_key(value)}"
    if isinstance(value, When):
        return f"time {date_key(value)}"
    if isinstance(value, TermValue):
        return f"terms {sorted(value.terms)} {value.open}"
    return json.dumps(value_as_json(value), sort_keys=True)
