"""The claims of the model: who is meant, what is said and who still stands by it, in each world that is possible.

1. A *world* decides everything that is left open: who each `OneOf` is and which alternative each undecided field means.
2. Every world that the records allow is tried, each time anew. Nothing is quick, and nothing is kept but the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

from claimledger.events import (
    Authority,
    ClaimAmended,
    ClaimRecorded,
    ClaimsJudged,
    ClaimWithdrawn,
    Count,
    Death,
    Entity,
    EntityRegistered,
    Event,
    Group,
    NoAnswer,
    OneOf,
    Place,
    Quantity,
    Reason,
    Reply,
    SameAsJudged,
    SameAsUndone,
    Shows,
    Unnamed,
    Voice,
    When,
)
from tests.projections.model_values import (
    COMPARED,
    FIELDS,
    SUBJECTS,
    alternatives_of,
    classes_of,
    implies,
    number_or_date,
    open_fields,
    openness_of,
    speak_of_other_things,
    when_said,
)

__all__ = ["Entry", "Key", "Said", "Told", "World"]

World: TypeAlias = Mapping[Any, Any]
"""Entity name to who it is, and (claim, field) to the place of the alternative that is meant."""

Key: TypeAlias = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class Said:
    """One answer of one claim: its alternatives as written, each with the property and comparator."""

    property: str
    by: str
    single: bool
    values: tuple[Any, ...]
    openness: str
    field: str


@dataclass(frozen=True)
class Entry:
    """One claim at one question; `said` is None where it gives no answer."""

    ref: str
    said: Said | None
    worlds: tuple[int, ...]


class Told:
    """What is told in the events of one case."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.entities: dict[str, Entity] = {}
        self.claims: dict[str, Any] = {}
        self.refs: dict[str, str] = {}
        self.withdrawn: set[str] = set()
        self.judged: list[ClaimsJudged] = []
        same: dict[str, tuple[str, ...]] = {}
        for event in events:
            body = event.body
            if isinstance(body, EntityRegistered):
                self.entities[body.name] = body.entity
            elif isinstance(body, ClaimRecorded):
                self.claims[body.ref] = body
                self.refs[event.id] = body.ref
            elif isinstance(body, ClaimAmended):
                self.claims[self.refs[body.amends]] = body
            elif isinstance(body, ClaimWithdrawn):
                self.withdrawn.add(self.refs[body.withdraws])
            elif isinstance(body, ClaimsJudged):
                self.judged.append(body)
            elif isinstance(body, SameAsJudged):
                same[event.id] = tuple(body.entities)
            elif isinstance(body, SameAsUndone):
                same.pop(body.undoes, None)
        self.alike = classes_of(list(self.entities), list(same.values()))
        self.worlds = list(self._every_world())
        self.ended = self._ended()
        self.entries = self._entries()
        self.displaced = {
            (key, entry.ref): self._displaced(entry, at) for key, at in self.entries.items() for entry in at
        }
        self.stale = self._stale()

    # Who is meant

    def name(self, name: str) -> str:
        """The known entity that stands for all names that mean the same, else the first `OneOf`."""
        order = list(self.entities)
        names = self.alike.get(name, {name})
        return min(names, key=lambda one: (isinstance(self.entities.get(one), OneOf), order.index(one)))

    def _every_world(self) -> Iterator[World]:
        choices: dict[Any, list[Any]] = {}
        for name, entity in self.entities.items():
            if isinstance(entity, OneOf) and self.name(name) == name:
                choices[name] = list(dict.fromkeys(self.name(one) for one in entity.one_of))
        for ref, body in self.claims.items():
            for field, count in open_fields(body):
                choices[(ref, field)] = list(range(count))
        for picked in product(*choices.values()):
            world = dict(zip(choices, picked, strict=True))
            differ = (
                (name, entity.other_than)
                for name, entity in self.entities.items()
                if isinstance(entity, OneOf) and entity.other_than is not None
            )
            if all(self.who(one, world) != self.who(other, world) for one, other in differ):
                yield world

    def who(self, name: str, world: World) -> str:
        own = self.name(name)
        return str(world[own]) if isinstance(self.entities.get(own), OneOf) else own

    def within(self, name: str) -> set[str]:
        """What an entity is part of."""
        found: set[str] = set()
        at: str | None = name
        while at is not None:
            entity = self.entities.get(at)
            inside = None if entity is None else entity.part_of
            at = None if inside is None or self.name(inside) in found | {name} else self.name(inside)
            found |= set() if at is None else {at}
        return found

    def members(self, name: str) -> set[str]:
        entity = self.entities.get(name)
        return {self.name(one) for one in entity.members or ()} if isinstance(entity, Group) else set()

    def related(self, a: str, b: str) -> bool:
        return a in self.within(b) | self.members(b) or b in self.within(a) | self.members(a)

    def lies_in(self, part: str, whole: str) -> bool:
        """Whether a place lies in another, or an authority belongs to another, all the way by parts of one type."""
        kind, way = type(self.entities[part]), [part]
        while kind in (Place, Authority):
            around = self.entities[way[-1]].part_of
            if around is None or self.name(around) in way:
                break
            way.append(self.name(around))
            if type(self.entities[way[-1]]) is not kind:
                break
            if way[-1] == whole:
                return True
        return False

    def exclude(self, a: str, b: str) -> bool:
        """Whether what is recorded proves that two entities exclude one another."""
        first, second = self.entities[a], self.entities[b]
        types = {first.model_dump()["type"], second.model_dump()["type"]}
        if a == b or self.related(a, b) or types & {"group", "unnamed", "one_of"}:
            return False
        if not types & {"place", "authority"}:
            return True
        if first.country and second.country and first.country != second.country:
            return True
        return bool(self.within(a) & self.within(b))

    # What a claim says, in a world

    def voice(self, ref: str, world: World) -> Voice:
        voices: Sequence[Voice] = self.claims[ref].voices
        return voices[world.get((ref, "voice"), 0)]

    def holder(self, ref: str, world: World) -> str:
        voice = self.voice(ref, world)
        return self.who(voice.on_behalf_of or voice.asserter, world)

    def nameless(self, name: str) -> bool:
        return isinstance(self.entities.get(self.name(name)), (Unnamed, OneOf))

    def strength(self, ref: str, world: World) -> set[str]:
        stated = alternatives_of(self.claims[ref].strength)
        picked = world.get((ref, "strength"))
        return set(stated) if picked is None else {stated[picked]}

    def subjects(self, ref: str, world: World) -> set[tuple[str, ...]]:
        claim = self.claims[ref].claim
        field = SUBJECTS.get(type(claim))
        if field is None:
            return set()
        stated = alternatives_of(getattr(claim, field))
        subject = stated[world.get((ref, field), 0)]
        form, names = self.listed(subject)
        if getattr(claim, "distribution", None) == "each" or form == "all_of":
            found = {(self.who(name, world),) for name in names}
            return found | {(one,) for name in names for one in self.members(self.name(name))}
        order = list(self.entities)
        return {tuple(sorted({self.who(name, world) for name in names}, key=order.index))}

    def listed(self, stated: Any) -> tuple[str, list[str]]:
        """How entities are stated, and which."""
        form = "open" if hasattr(stated, "open") else "all_of" if hasattr(stated, "all_of") else "named"
        names = getattr(stated, form, stated)
        return form, [names] if isinstance(names, str) else list(names)

    def answers(self, ref: str) -> list[Said]:
        claim = self.claims[ref].claim
        found: list[Said] = []
        if isinstance(claim, Death):
            found.append(Said("death", "code", True, ("died",), "stated", "person"))
        for field, asked in FIELDS.get(type(claim), {}).items():
            stated = getattr(claim, field)
            if stated is None:
                continue
            property = getattr(claim, asked.strip("{}")) if "{" in asked else asked
            by, single = COMPARED[property]
            values = alternatives_of(stated)
            if property in ("age", "birth_date"):
                read = [number_or_date(property, value) for value in values]
                if any(one is None for one in read):
                    by, single = "many", False
                values = tuple(one or value for one, value in zip(read, values, strict=True))
            found.append(Said(property, by, single, values, openness_of(stated), field))
        return found

    def values(self, ref: str, said: Said, world: World | None) -> tuple[Any, ...]:
        """The alternatives as plain data; with a world, only the one that is meant where the reader cannot tell."""
        picked = None if world is None else world.get((ref, said.field))
        values = said.values if picked is None or said.openness != "undecided" else (said.values[picked],)
        return tuple(dict.fromkeys(self.plain(said.by, value, world) for value in values))

    def plain(self, by: str, value: Any, world: World | None) -> Any:
        def called(name: str) -> str:
            return self.name(name) if world is None else self.who(name, world)

        if isinstance(value, bool):
            return ("flag", value)
        if isinstance(value, Quantity):
            stated = (value.low, value.high, value.point, value.low_open, value.high_open, value.qualifier)
            return ("number", *stated, value.unit or "person", value.certainty)
        if isinstance(value, When):
            time = value.time
            return (
                "date",
                value.value,
                None if time is None else (time.verbatim, time.offset, time.earliest, time.latest),
            )
        if by == "entity":
            form, names = self.listed(value)
            return ("who", frozenset(called(name) for name in names), form)
        listed = getattr(value, "open", value)
        listed = [listed] if isinstance(listed, str) or not isinstance(listed, Iterable) else list(listed)
        if by == "many" and all(isinstance(one, str) for one in listed):
            return ("words", frozenset(listed))
        terms = [
            ("code", one, "")
            if isinstance(one, str)
            else (
                "code" if one.code else "act" if one.act else "text",
                one.code or (called(one.act) if one.act else one.text),
                one.role or "",
            )
            for one in listed
        ]
        return ("terms", frozenset(terms), hasattr(value, "open"))

    def scope(self, ref: str) -> Any:
        claim = self.claims[ref].claim
        if isinstance(claim, Count):
            return claim.as_of and self.plain("time", claim.as_of, None)[1]
        if isinstance(claim, Reason):
            return (claim.kind, self.scoped(claim.against))
        return self.scoped(claim.on) if isinstance(claim, Shows) else None

    def scoped(self, stated: Any) -> Any:
        """Entities that belong to what an answer means, as they stand: whatever is left open is no variable here."""
        if stated is None:
            return None
        if openness_of(stated) != "stated":
            return openness_of(stated), frozenset(self.scoped(one) for one in alternatives_of(stated))
        form, names = self.listed(stated)
        return form, frozenset(self.name(name) for name in names)

    def negated(self, ref: str) -> bool:
        return bool(self.claims[ref].polarity == "negated")

    def together(self, ref: str) -> dict[str, frozenset[Any]]:
        """All that a claim answers, by property, where that is more than one thing."""
        whole = {one.property: frozenset(self.values(ref, one, None)) for one in self.answers(ref)}
        return whole if len(whole) > 1 else {}

    def affirms_the_rest(self, answer: str, denial: str, property: str) -> bool:
        """Whether one claim affirms, or implies, what another denies together with the value of a property."""
        whole = {one.property: self.values(answer, one, None) for one in self.answers(answer)}
        return all(
            other == property
            or (other in whole and (set(whole[other]) == values or self.implies(whole[other], tuple(values))))
            for other, values in self.together(denial).items()
        )

    def implies(self, affirmed: tuple[Any, ...], denied: tuple[Any, ...]) -> bool:
        return implies(affirmed, denied, self.lies_in, lambda one, group: one in self.members(group))

    def likeness(self, ref: str, said: Said) -> Any:
        """Equal for two answers that are the same in every world."""
        own = (ref, said.field) if said.openness == "undecided" else said.openness
        if len(set(self.values(ref, said, None))) == 1:
            own = "stated"
        denied = frozenset(self.together(ref).items()) if self.negated(ref) else None
        return (
            frozenset(self.values(ref, said, None)),
            own,
            self.scope(ref),
            self.negated(ref),
            denied,
            said.by,
        )

    # Who still stands by what

    def _ended(self) -> dict[str, str]:
        acts = {"retracts": "retracted", "corrects": "corrected"}

        def of_same_holder(one: str, other: str) -> bool:
            holders = {self.holder(ref, world) for world in self.worlds for ref in (one, other)}
            together = all(self.holder(one, world) == self.holder(other, world) for world in self.worlds)
            return together and not any(isinstance(self.entities[name], Unnamed) for name in holders)

        def ends(ref: str) -> str | None:
            """How a claim ended; a reply names only claims that were there before it, so this comes to an end."""
            if ref in self.withdrawn:
                return "withdrawn"
            for reply, body in sorted(self.claims.items()):
                claim = body.claim
                if isinstance(claim, Reply) and claim.kind in acts and not self.negated(reply):
                    named = {self.refs[one] for one in claim.claims}
                    if ref in named and of_same_holder(ref, reply) and ends(reply) is None:
                        return acts[claim.kind]
            return None

        return {ref: how for ref in self.claims if (how := ends(ref)) is not None}

    def _entries(self) -> dict[Key, list[Entry]]:
        found: dict[Key, list[Entry]] = {}
        for ref, body in self.claims.items():
            about: dict[tuple[str, ...], list[int]] = {}
            for place, world in enumerate(self.worlds):
                for subject in self.subjects(ref, world):
                    about.setdefault(subject, []).append(place)
            for subject, worlds in about.items():
                if isinstance(body.claim, NoAnswer):
                    entry = Entry(ref, None, tuple(worlds))
                    found.setdefault((subject, body.claim.property), []).append(entry)
                for said in self.answers(ref):
                    found.setdefault((subject, said.property), []).append(Entry(ref, said, tuple(worlds)))
        return found

    def _displaced(self, entry: Entry, at: list[Entry]) -> set[int]:
        """The worlds in which a later claim of its holder takes the place of an entry."""
        found: set[int] = set()
        if entry.ref in self.ended:
            return found
        for place in entry.worlds:
            world = self.worlds[place]
            holder = self.holder(entry.ref, world)
            last = when_said(self.voice(entry.ref, world))[1]
            for later in at:
                first = when_said(self.voice(later.ref, world))[0]
                if (
                    later.ref not in self.ended
                    and place in later.worlds
                    and self.holder(later.ref, world) == holder
                    and not isinstance(self.entities[holder], Unnamed)
                    and first is not None
                    and last is not None
                    and first > last
                    and self.takes_place(later, entry)
                ):
                    found.add(place)
        return found

    def takes_place(self, later: Entry, earlier: Entry) -> bool:
        if later.said is None:
            claim = self.claims[later.ref].claim
            return not self.negated(later.ref) and (claim.status == "undetermined" or earlier.said is None)
        if earlier.said is None:
            return not self.negated(later.ref)
        if self.likeness(later.ref, later.said) == self.likeness(earlier.ref, earlier.said):
            return False
        if self.scope(later.ref) != self.scope(earlier.ref):
            return False
        new, old = (self.values(one.ref, one.said, None) for one in (later, earlier) if one.said is not None)
        if self.negated(later.ref) != self.negated(earlier.ref):
            denial = later if self.negated(later.ref) else earlier
            denied, affirmed = (new, old) if denial is later else (old, new)
            answer = earlier if denial is later else later
            one_thing = set(new) == set(old) or self.implies(affirmed, denied)
            return one_thing and self.affirms_the_rest(answer.ref, denial.ref, later.said.property)
        if self.negated(later.ref) or not (later.said.single and earlier.said.single):
            return False
        return not speak_of_other_things(new, old)

    def superseded(self, key: Key, entry: Entry) -> bool:
        return self.displaced[key, entry.ref] >= set(entry.worlds)

    def in_force(self, key: Key, entry: Entry) -> bool:
        return entry.ref not in self.ended and not self.superseded(key, entry)

    def _stale(self) -> set[str]:
        gone = set(self.ended) | self.moved_on()
        stale: set[str] = set()
        for _ in self.claims:
            for ref, body in self.claims.items():
                grounds = {self.refs[ground.claim] for ground in body.based_on if ground.claim is not None}
                if grounds & (gone | stale):
                    stale.add(ref)
        return stale

    def moved_on(self) -> set[str]:
        held = [(key, entry) for key, at in self.entries.items() for entry in at]
        kept = {
            entry.ref for key, entry in held if entry.ref in self.ended or not self.superseded(key, entry)
        }
        return {entry.ref for _, entry in held} - kept
