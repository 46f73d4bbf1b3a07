"""How two positions at one question stand to one another, under every reading of what is left open.

1. A pair contradicts when two claims in force do so under every reading, and is conditional when they do so under
   some; `Pair.readings` names those. Under a reading, a claim may not be about the question at all.
2. "Possible" contradicts nothing. Two relays of one statement that differ are no contradiction between speakers
   (`RELAYS_DIFFER`); one relay of it that says both is. A claim that is stale or displaced proves none (`STALE`).
3. Two answers of which one is denied, or both, stand as `claimledger.projections.denials` says.
4. Too many readings to try means that nothing is proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from .answers import Answer, Speaker
from .compare import Comparison, Given, PartyValue, Verdict, compare_alternatives
from .denials import denied_and_affirmed, two_denials
from .names import Condition, NamesInForce, Reading
from .positions import Draft, Pair, hops_of
from .standing import Entry

__all__ = ["Pairing"]


class _Side:
    """A position, with what each of its pairs asks of it; asked once."""

    __slots__ = ("_found", "draft", "is_open")

    def __init__(self, draft: Draft, is_open: bool) -> None:
        self.draft = draft
        self.is_open = is_open
        self._found: dict[bool, list[Entry]] = {}

    def in_force(self, yes_and_no: bool) -> list[Entry]:
        """Its claims that are compared, against a position that says yes where it says no, or not."""
        found = self._found.get(yes_and_no)
        if found is None:
            found = self._found[yes_and_no] = _in_force(self.draft, yes_and_no)
        return found


class Pairing:
    """Compares the positions of questions.

    Args:
        names: the names in force.
        domains: the variables of claims, each with its alternatives.
    """

    def __init__(self, names: NamesInForce, domains: Mapping[str, tuple[str, ...]]) -> None:
        self._names = names
        self._domains = domains

    def pairs(self, drafts: Sequence[Draft]) -> tuple[Pair, ...]:
        """How each two positions of one question stand to one another; the first ones first."""
        sides = [_Side(draft, self._is_open(draft)) for draft in drafts]
        return tuple([self._pair(a, b) for a, b in combinations(sides, 2)])

    def _pair(self, one: _Side, other: _Side) -> Pair:
        a, b = one.draft, other.draft
        by = a.answer.by if a.answer.by == b.answer.by else ""
        yes_and_no = a.answer.negated != b.answer.negated
        ours, theirs = one.in_force(yes_and_no), other.in_force(yes_and_no)
        if not ours or not theirs:
            return Pair(a.number, b.number, Verdict.STALE, by, (), "nobody stands by one of them any more")
        if not one.is_open and not other.is_open:
            plain = self._held_against(a.answer, b.answer, {})
            if plain.verdict is not Verdict.CONTRADICTS and not yes_and_no:
                return Pair(a.number, b.number, plain.verdict, by, (), plain.why)
        found: list[tuple[Verdict, tuple[Reading, ...], str]] = []
        for ours_one in ours:
            for theirs_one in theirs:
                outcome = self._outcome(ours_one, theirs_one)
                if outcome[0] is Verdict.CONTRADICTS:
                    return Pair(a.number, b.number, outcome[0], by, (), outcome[2])
                found.append(outcome)
        return self._summed_up(a.number, b.number, by, found)

    def _summed_up(
        self, a: int, b: int, by: str, found: list[tuple[Verdict, tuple[Reading, ...], str]]
    ) -> Pair:
        for verdict in (
            Verdict.CONDITIONAL,
            Verdict.RELAYS_DIFFER,
            Verdict.STALE,
            Verdict.SAME,
            Verdict.COMPATIBLE,
        ):
            hits = [one for one in found if one[0] is verdict]
            if not hits:
                continue
            readings = _distinct(reading for _, under, _ in hits for reading in under)
            whole = any(not under for _, under, _ in hits)
            if verdict is Verdict.CONDITIONAL and self._covers(readings):
                return Pair(a, b, Verdict.CONTRADICTS, by, (), hits[0][2])
            return Pair(a, b, verdict, by, () if whole else readings, hits[0][2])
        return Pair(a, b, Verdict.NOT_COMPARABLE, by, (), found[0][2])

    def _covers(self, readings: tuple[Reading, ...]) -> bool:
        """Whether one of these partial readings holds whatever the whole reading is."""
        every = self._readings({variable for reading in readings for variable in reading})
        return every is not None and all(
            any(reading.items() <= whole.items() for reading in readings) for whole in every
        )

    def _is_open(self, draft: Draft) -> bool:
        return bool(
            draft.condition
            or draft.answer.variable
            or any(self._value_variables(draft.answer))
            or any(entry.displaced_when for entry in draft.entries)
        )

    def _value_variables(self, answer: Answer) -> Iterable[str]:
        for value in answer.values:
            if isinstance(value, PartyValue):
                for name in value.names:
                    yield from self._names.variables(name)

    def _outcome(self, a: Entry, b: Entry) -> tuple[Verdict, tuple[Reading, ...], str]:
        variables = self._variables(a) | self._variables(b)
        shared = _statements(a) & _statements(b)
        if shared:
            variables |= {one for entry in (a, b) if (one := entry.account.voice_variable) is not None}
        if not variables:
            only = self._under(a, b, {}, bool(shared))
            return (only.verdict, (), only.why)
        readings = self._readings(variables)
        if readings is None:
            return (Verdict.NOT_COMPARABLE, (), "too many readings to try")
        table = [(reading, self._under(a, b, reading, bool(shared))) for reading in readings]
        for verdict in (
            Verdict.CONTRADICTS,
            Verdict.RELAYS_DIFFER,
            Verdict.STALE,
            Verdict.SAME,
            Verdict.COMPATIBLE,
        ):
            hits = [reading for reading, comparison in table if comparison.verdict is verdict]
            if not hits:
                continue
            why = next(comparison.why for _, comparison in table if comparison.verdict is verdict)
            if len(hits) == len(table):
                return (verdict, (), why)
            under = _reduced(hits, readings)
            return (Verdict.CONDITIONAL if verdict is Verdict.CONTRADICTS else verdict, under, why)
        both = [comparison.why for _, comparison in table if comparison.why != _NEVER_BOTH]
        return (Verdict.NOT_COMPARABLE, (), both[0] if both else _NEVER_BOTH)

    def _variables(self, entry: Entry) -> set[str]:
        found = {variable for variable, _ in entry.condition}
        found |= {variable for condition, _ in entry.displaced_when for variable, _ in condition}
        if entry.account.strength_variable is not None and "possible" in entry.account.strengths:
            found.add(entry.account.strength_variable)
        if entry.answer is not None:
            found |= set(self._value_variables(entry.answer))
            if entry.answer.variable is not None:
                found.add(entry.answer.variable)
        return found

    def _readings(self, variables: set[str]) -> list[Reading] | None:
        domains = {one: self._domains.get(one) or self._names.domain(one) for one in sorted(variables)}
        return self._names.readings(domains)

    def _under(self, a: Entry, b: Entry, reading: Reading, one_statement: bool) -> Comparison:
        """Compare two claims under one reading."""
        if not _applies(a, reading) or not _applies(b, reading) or a.answer is None or b.answer is None:
            return Comparison(Verdict.NOT_COMPARABLE, _NEVER_BOTH)
        comparison = self._held_against(a.answer, b.answer, reading)
        if comparison.verdict is not Verdict.CONTRADICTS:
            return comparison
        if _is_possible_only(a, reading) or _is_possible_only(b, reading):
            return Comparison(Verdict.COMPATIBLE, "what is put as possible contradicts nothing")
        for entry in (a, b):
            for condition, ref in entry.displaced_when:
                if _holds(condition, reading):
                    return Comparison(Verdict.STALE, f"{entry.account.ref} moved on with {ref}")
            if entry.stale is not None:
                return Comparison(
                    Verdict.STALE, f"{entry.account.ref} rests on {entry.stale}, which moved on"
                )
        if one_statement and _differently_relayed(a, b, reading):
            return Comparison(Verdict.RELAYS_DIFFER, "two relays of one statement report it differently")
        return comparison

    def _held_against(self, a: Answer, b: Answer, reading: Reading) -> Comparison:
        if a.scope != b.scope:
            parts = sorted({name for name, _ in set(a.scope) ^ set(b.scope)})
            return Comparison(
                Verdict.NOT_COMPARABLE, f"they differ in what they speak of ({', '.join(parts)})"
            )
        if a.by != b.by:
            return Comparison(Verdict.NOT_COMPARABLE, f"one is compared as {a.by}, the other as {b.by}")
        ours, theirs = self._values(a, reading), self._values(b, reading)
        found = compare_alternatives(a.by, ours, theirs, single=a.single and b.single, relations=self._names)
        if not a.negated and not b.negated:
            return found
        if a.negated and b.negated:
            return two_denials(found, a, b, ours, theirs)
        if a.negated:
            return denied_and_affirmed(found, a, b, ours, theirs, self._names)
        return denied_and_affirmed(found, b, a, theirs, ours, self._names)

    def _values(self, answer: Answer, reading: Reading) -> tuple[Given, ...]:
        values = answer.values
        if answer.variable is not None and answer.variable in reading:
            values = (values[answer.labels.index(reading[answer.variable])],)
        return tuple(
            PartyValue(frozenset(self._names.value(name, reading) for name in value.names), value.form)
            if isinstance(value, PartyValue)
            else value
            for value in values
        )


_NEVER_BOTH = "under no reading do both speak of this"


def _in_force(draft: Draft, yes_and_no: bool) -> list[Entry]:
    """The claims of a position that somebody stands by; of claims that compare alike, one."""
    alike: dict[object, Entry] = {}
    for entry in draft.entries:
        if entry.is_current and entry.answer is not None:
            likeness = (
                entry.stale is None,
                "possible" in entry.account.strengths,
                entry.account.strength_variable,
                tuple(entry.displaced_when),
                entry.account.ref if _statements(entry) else None,
                entry.answer.together if yes_and_no else None,
            )
            alike.setdefault(likeness, entry)
    return list(alike.values())


def _applies(entry: Entry, reading: Reading) -> bool:
    return _holds(entry.condition, reading)


def _holds(condition: Condition, reading: Reading) -> bool:
    return all(reading.get(variable) == value for variable, value in condition)


def _is_possible_only(entry: Entry, reading: Reading) -> bool:
    variable = entry.account.strength_variable
    if variable is not None and variable in reading:
        return reading[variable] == "possible"
    return "possible" in entry.account.strengths


def _statements(entry: Entry) -> set[tuple[str, str]]:
    return {
        (speaker.holder, speaker.voice.statement)
        for speaker in entry.account.speakers
        if speaker.voice.statement is not None
    }


def _differently_relayed(a: Entry, b: Entry, reading: Reading) -> bool:
    """Whether both carry one statement under this reading, by other relays or in other documents."""
    one, other = _speaker(a, reading), _speaker(b, reading)
    if (
        one.holder != other.holder
        or one.voice.statement != other.voice.statement
        or one.voice.statement is None
    ):
        return False
    return _route(a, one) != _route(b, other)


def _speaker(entry: Entry, reading: Reading) -> Speaker:
    picked = reading.get(entry.account.voice_variable or "")
    return next((one for one in entry.account.speakers if one.label == picked), entry.account.speakers[0])


def _route(entry: Entry, speaker: Speaker) -> object:
    return (entry.account.content.source, tuple((hop.by, hop.document) for hop in hops_of(speaker)))


def _distinct(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for reading in readings:
        if reading not in found:
            found.append(reading)
    return tuple(found)


def _reduced(hits: list[Reading], every: list[Reading]) -> tuple[Reading, ...]:
    """The readings that were hit, without the variables on which it does not depend."""
    keep = list(every[0])
    for variable in list(keep):
        rest = [one for one in keep if one != variable]
        inside = {tuple(reading[one] for one in rest) for reading in hits}
        outside = {tuple(reading[one] for one in rest) for reading in every if reading not in hits}
        if inside.isdisjoint(outside):
            keep = rest
    return _distinct({one: reading[one] for one in keep} for reading in hits)
