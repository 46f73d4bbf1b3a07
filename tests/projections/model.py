"""A slow, plain model of questions, positions and disputes, to hold the projections against. It shares no code.

1. A pair contradicts where some two claims in force do so in every world (`tests.projections.model_case`), and is
   conditional where in some.
2. Covered: causes with roles, deaths, counts, attributes, acts, reasons, relations, what items show, no answer,
   replies, judgements, same-as, amended and withdrawn records, times of day, all members of a group, and voices,
   strengths, subjects and values that are open between two or three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from claimledger.events import Event, Reply
from tests.projections.model_case import Entry, Key, Told, World
from tests.projections.model_values import (
    alternatives_of,
    compare_dates,
    compare_numbers,
    compare_terms,
    of_other_roles_in_part,
    verdict_of_alternatives,
)

__all__ = ["Findings", "Found", "findings"]

RANKED: Final = ("relays_differ", "stale", "same", "compatible", "not_comparable")


@dataclass(frozen=True)
class Found:
    """What the model finds of one question; positions are named by the refs of their claims."""

    state: str
    positions: frozenset[frozenset[str]]
    current: frozenset[frozenset[str]]
    pairs: Mapping[frozenset[frozenset[str]], str]
    through_opponent: frozenset[frozenset[str]]
    statuses: Mapping[str, bool]


@dataclass(frozen=True)
class Findings:
    """What the model finds of a case."""

    questions: Mapping[Key, Found]
    status: Mapping[str, str]
    stale: frozenset[str]
    undercut: Mapping[str, frozenset[str]]


def findings(events: Sequence[Event]) -> Findings:
    """Everything that the model finds in the events of one case."""
    return _Case(events).findings()


class _Case(Told):
    # How answers and positions stand to one another

    def held_against(self, a: Entry, b: Entry, world: World) -> str:
        if (
            a.said is None
            or b.said is None
            or self.scope(a.ref) != self.scope(b.ref)
            or a.said.by != b.said.by
        ):
            return "not_comparable"
        ours, theirs = self.values(a.ref, a.said, world), self.values(b.ref, b.said, world)
        single = a.said.single and b.said.single
        table = [[self.compare(a.said.by, x, y, single) for y in theirs] for x in ours]
        verdict = verdict_of_alternatives(table)
        yes_and_no = (self.negated(a.ref), self.negated(b.ref))
        if yes_and_no == (False, False):
            return verdict
        if verdict == "not_comparable":
            return verdict
        other_roles = of_other_roles_in_part(ours, theirs)
        if yes_and_no == (True, True):
            if verdict == "same" and self.together(a.ref) == self.together(b.ref):
                return "same"
            return "not_comparable" if other_roles else "compatible"
        denial, answer = (a, b) if yes_and_no[0] else (b, a)
        denied, affirmed = (ours, theirs) if yes_and_no[0] else (theirs, ours)
        whole = self.affirms_the_rest(answer.ref, denial.ref, a.said.property)
        if verdict != "same":
            if whole and self.implies(affirmed, denied):
                return "contradicts"
            return "not_comparable" if other_roles else "compatible"
        unclosed = denied[0][0] in ("terms", "who") and denied[0][2] in (True, "open")
        return "contradicts" if whole and len(denied) == 1 and not unclosed else "not_comparable"

    def compare(self, by: str, a: Any, b: Any, single: bool) -> str:
        if a == b:
            return "same"
        if by == "many":
            return "compatible"
        if by == "range":
            return compare_numbers(a, b, single)
        if by == "time":
            return compare_dates(a, b, single)
        if by == "code":
            return compare_terms(a, b, single)
        if "flag" in (a[0], b[0]):
            return "compatible" if ("flag", False) not in (a, b) else "contradicts"
        if a[1] & b[1] or any(self.related(x, y) for x in a[1] for y in b[1]):
            return "compatible"
        plain = a[2] == b[2] == "named" and len(a[1]) == len(b[1]) == 1
        if single and plain and self.exclude(*a[1], *b[1]):
            return "contradicts"
        return "not_comparable"

    def outcome(self, key: Key, a: Entry, b: Entry, place: int) -> str:
        if place not in a.worlds or place not in b.worlds:
            return "not_comparable"
        world = self.worlds[place]
        verdict = self.held_against(a, b, world)
        if verdict != "contradicts":
            return verdict
        if "possible" in self.strength(a.ref, world) | self.strength(b.ref, world):
            return "compatible"
        for entry in (a, b):
            if place in self.displaced[key, entry.ref] or entry.ref in self.stale:
                return "stale"
        one, other = self.voice(a.ref, world), self.voice(b.ref, world)
        if (
            one.statement is not None
            and one.statement == other.statement
            and self.holder(a.ref, world) == self.holder(b.ref, world)
            and self.route(a.ref, world) != self.route(b.ref, world)
        ):
            return "relays_differ"
        return verdict

    def route(self, ref: str, world: World) -> Any:
        hops = self.voice(ref, world).relays
        return (self.claims[ref].source, [(hop.by, hop.document) for hop in hops])

    def pair(self, key: Key, ours: list[Entry], theirs: list[Entry]) -> str:
        ours, theirs = ([one for one in side if self.in_force(key, one)] for side in (ours, theirs))
        if not ours or not theirs:
            return "stale"
        table = [
            {self.outcome(key, a, b, place) for a in ours for b in theirs}
            for place in range(len(self.worlds))
        ]
        if all("contradicts" in row for row in table):
            return "contradicts"
        found = set().union(*table)
        if "contradicts" in found:
            return "conditional"
        return next(verdict for verdict in RANKED if verdict in found)

    # Questions

    def findings(self) -> Findings:
        status = {ref: self.ended.get(ref, "standing") for ref in self.claims}
        status |= dict.fromkeys(self.moved_on() - set(self.ended), "superseded")
        questions = {key: self.question(key, at) for key, at in self.entries.items()}
        return Findings(questions, status, frozenset(self.stale), self.undercut())

    def undercut(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for judgement in self.judged:
            if judgement.verb == "undercuts":
                for one in judgement.of:
                    found.setdefault(self.refs[one], set()).update(self.refs[by] for by in judgement.claims)
        for ref, body in self.claims.items():
            if isinstance(body.claim, Reply) and body.claim.kind == "undercuts" and not self.negated(ref):
                for one in body.claim.claims:
                    found.setdefault(self.refs[one], set()).add(ref)
        return {ref: frozenset(by - set(self.ended)) for ref, by in found.items()}

    def question(self, key: Key, at: list[Entry]) -> Found:
        groups: dict[Any, list[Entry]] = {}
        for entry in at:
            if entry.said is not None:
                groups.setdefault((self.likeness(entry.ref, entry.said), entry.worlds), []).append(entry)
        positions = {frozenset(entry.ref for entry in group): group for group in groups.values()}
        pairs = {
            frozenset({one, other}): self.pair(key, positions[one], positions[other])
            for one, other in combinations(positions, 2)
        }
        current = {name for name, group in positions.items() if any(self.in_force(key, one) for one in group)}
        return Found(
            state=self.state(key, {name: positions[name] for name in current}, set(pairs.values())),
            positions=frozenset(positions),
            current=frozenset(current),
            pairs=pairs,
            through_opponent=frozenset(
                name for name in positions if self.through_opponent(key, name, positions, pairs)
            ),
            statuses={entry.ref: self.in_force(key, entry) for entry in at if entry.said is None},
        )

    def state(self, key: Key, current: dict[frozenset[str], list[Entry]], verdicts: set[str]) -> str:
        if not current:
            return "open"
        for verdict, state in (("contradicts", "disputed"), ("conditional", "conditional")):
            if verdict in verdicts:
                return state
        standing = [entry for group in current.values() for entry in group if self.in_force(key, entry)]
        if len(self.voices(standing)) < 2:
            return "single_voice"
        everywhere = all(len(entry.worlds) == len(self.worlds) for entry in standing)
        firm = [
            entry
            for entry in standing
            if alternatives_of(self.claims[entry.ref].strength) == ("asserted",)
            and not self.claims[entry.ref].hedges
            and entry.ref not in self.stale
            and not self.displaced[key, entry.ref]
        ]
        agreed = len(current) == 1 and everywhere and len(self.voices(firm)) >= 2
        return "agreed" if agreed else "compatible"

    def voices(self, entries: list[Entry]) -> set[str]:
        holders: set[str] = set()
        for entry in entries:
            body = self.claims[entry.ref]
            voice = body.voices[0]
            name = voice.on_behalf_of or voice.asserter
            if len(body.voices) == 1 and not body.based_on and not self.nameless(name):
                holders.add(self.name(name))
        return {one for one in holders if not any(self.inside(one, other) for other in holders - {one})}

    def inside(self, one: str, other: str) -> bool:
        return other in self.within(one) or one in self.members(other)

    def through_opponent(
        self,
        key: Key,
        name: frozenset[str],
        positions: Mapping[frozenset[str], list[Entry]],
        pairs: Mapping[frozenset[frozenset[str]], str],
    ) -> bool:
        opponents: set[str] = set()
        for both, verdict in pairs.items():
            if name in both and verdict in ("contradicts", "conditional"):
                [other] = both - {name}
                opponents |= {
                    voice for one in positions[other] for voice, _ in self.standing_voices(key, one)
                }
        standing = [found for one in positions[name] for found in self.standing_voices(key, one)]
        return bool(opponents and standing) and all(
            holder not in opponents and any({by, *self.within(by)} & opponents for by in relayed)
            for holder, relayed in standing
        )

    def standing_voices(self, key: Key, entry: Entry) -> list[tuple[str, set[str]]]:
        """Each holder that a claim in force may have, with those through whom it comes."""
        if not self.in_force(key, entry):
            return []
        return [
            (self.name(voice.on_behalf_of or voice.asserter), {self.name(hop.by) for hop in voice.relays})
            for voice in self.claims[entry.ref].voices
        ]
