"""Who is meant: entities, same-as, and the variables that a source leaves open.

1. Names that a recorder judged to be the same are one; undoing the judgement parts them again. The name in force is
   that of the entity registered first, a known entity before a `OneOf`.
2. A `OneOf` is a variable. A *reading* gives every variable one of its candidates. ``other_than`` makes one variable
   what the other is not: with two candidates it is computed, with more it is a variable of its own that must differ.
   A chain of these is followed for 64 links; what lies beyond is a variable of its own. Where choices differ from one
   another all around, which no recorder here writes, the one registered first is simply a variable.
3. A same-as between a `OneOf` and an entity settles the variable, until it is undone.
4. Entities that exclude one another are known to do so (`apart`): two different names alone prove nothing of groups,
   of speakers without a name, or of places and authorities that may lie within one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

from claimledger.events.entities import Entity, Group, OneOf, Unnamed
from claimledger.events.values import SHARED

__all__ = ["Condition", "EntityView", "NamesInForce", "Reading"]

Reading: TypeAlias = dict[str, str]
Condition: TypeAlias = tuple[tuple[str, str], ...]

MAX_READINGS: Final = 512
MAX_LINKS: Final = 64
_MAY_NEST: Final = frozenset({"place", "authority"})
_ONE_BY_ONE: Final = frozenset({"person", "organisation", "medium", "place", "authority", "item", "act"})


@dataclass(frozen=True, slots=True)
class EntityView:
    """An entity as registered.

    Attributes:
        name: the name by which claims speak of it; ``shared:`` leads those of the shared register.
        entity: what was registered.
        label: what readers see.
        shared: whether it belongs to the ledger's shared register.
        index: log index of its registration.
    """

    name: str
    entity: Entity
    label: str
    shared: bool
    index: int


class NamesInForce:
    """The names of a case at one moment of its replay.

    Args:
        entities: every registered entity by name.
        same: the groups of names that are judged to be the same, those taken back left out.
    """

    def __init__(self, entities: Mapping[str, EntityView], same: Iterable[tuple[str, ...]] = ()) -> None:
        self._entities = dict(entities)
        self._order = {name: place for place, name in enumerate(self._entities)}
        self._in_force = self._joined(same)
        self._others = self._differing()
        # Asked of every claim, and always answered alike: nothing here changes once it was made.
        self._placed: dict[str, tuple[tuple[str, Condition], ...]] = {}
        self._around: dict[str, tuple[str, ...]] = {}
        self._nameless: dict[str, bool] = {}

    def _joined(self, same: Iterable[tuple[str, ...]]) -> dict[str, str]:
        above: dict[str, str] = {}

        def top(name: str) -> str:
            while above.get(name, name) != name:
                above[name] = above.get(above[name], above[name])
                name = above[name]
            return name

        for names in same:
            for name in names[1:]:
                one, other = sorted((top(names[0]), top(name)), key=self._seniority)
                above[other] = one
        return {name: top(name) for name in above}

    def _differing(self) -> dict[str, str]:
        """Each choice, by its name in force, and what it is other than; the first of each circle is left out."""
        links = {
            name: self.canonical(view.entity.other_than)
            for name, view in self._entities.items()
            if isinstance(view.entity, OneOf)
            and view.entity.other_than is not None
            and self.canonical(name) == name
        }
        seen: set[str] = set()
        for start in list(links):
            trail: dict[str, int] = {}
            at = start
            while at in links and at not in seen and at not in trail:
                trail[at] = len(trail)
                at = links[at]
            seen |= trail.keys()
            if at in trail:
                del links[min([name for name in trail if trail[name] >= trail[at]], key=self.rank)]
        return links

    def _seniority(self, name: str) -> tuple[bool, int, str]:
        return (isinstance(self.entity(name), OneOf), self._order.get(name, len(self._order)), name)

    def rank(self, name: str) -> tuple[int, str]:
        """Where a name stands in the order of registration; names that were never registered come last."""
        return (self._order.get(name, len(self._order)), name)

    def entity(self, name: str) -> Entity | None:
        """What is registered under a name, or None."""
        view = self._entities.get(name)
        return None if view is None else view.entity

    def canonical(self, name: str) -> str:
        """The name in force: that of the entity with which this one is judged to be the same."""
        return self._in_force.get(name, name)

    def label(self, name: str) -> str:
        """What readers see for a name."""
        view = self._entities.get(self.canonical(name)) or self._entities.get(name)
        return name if view is None else view.label

    def labels(self, names: Iterable[str]) -> str:
        """Several names as readers see them: "A and B"."""
        return " and ".join(self.label(name) for name in names)

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a group that are known one by one, by their names in force."""
        entity = self.entity(self.canonical(name))
        if isinstance(entity, Group) and entity.members:
            return tuple(self.canonical(member) for member in entity.members)
        return ()

    def one_of(self, name: str) -> OneOf | None:
        """The open choice that a name stands for, unless a same-as settled it."""
        entity = self.entity(self.canonical(name))
        return entity if isinstance(entity, OneOf) else None

    def variables(self, name: str) -> tuple[str, ...]:
        """The variables on which it depends who is meant by a name; none for a known entity."""
        found: dict[str, None] = {}
        links = 0
        while self.one_of(name) is not None:
            own = self.canonical(name)
            base = self._complement_of(own)
            if base is None or links == MAX_LINKS:
                found[own] = None
            following = self._others.get(own)
            if following is None or links == MAX_LINKS:
                break
            links += 1
            name = following
        return tuple(found)

    def value(self, name: str, reading: Mapping[str, str]) -> str:
        """Who is meant by a name under a reading; the name itself where the reading leaves it open."""
        trail: dict[str, OneOf] = {}
        taken = own = self.canonical(name)
        while (choice := self.one_of(own)) is not None:
            base = self._complement_of(own)
            if base is None or len(trail) == MAX_LINKS:
                taken = reading.get(own, own)
                break
            trail[own] = choice
            taken = own = base
        for each, choice in reversed(trail.items()):
            left = [candidate for candidate in self._candidates(choice) if candidate != taken]
            taken = left[0] if len(left) == 1 else each
        return taken

    def placements(self, name: str) -> tuple[tuple[str, Condition], ...]:
        """The entities that a name may stand for, each with the condition under which it does."""
        found = self._placed.get(name)
        if found is None:
            found = self._placed[name] = self._placements(name)
        return found

    def _placements(self, name: str) -> tuple[tuple[str, Condition], ...]:
        variables = self.variables(name)
        choice = self.one_of(name)
        if choice is None:
            return ((self.canonical(name), ()),)
        if not variables:
            return ((self.value(name, {}), ()),)
        variable = variables[0]
        return tuple(
            (self.value(name, {variable: candidate}), ((variable, candidate),))
            for candidate in self.domain(variable)
        )

    def domain(self, variable: str) -> tuple[str, ...]:
        """The candidates of a variable, without the one that it is known to differ from."""
        choice = self.one_of(variable)
        if choice is None:
            return ()
        taken = self._others.get(self.canonical(variable))
        return tuple(name for name in self._candidates(choice) if name != taken)

    def _candidates(self, choice: OneOf) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.canonical(name) for name in choice.one_of))

    def _complement_of(self, own: str) -> str | None:
        """The variable of which a choice between two is what the other one is not; None where there is none."""
        base, choice = self._others.get(own), self.one_of(own)
        if base is None or choice is None or len(self._candidates(choice)) != 2:
            return None
        of_base = self.one_of(base)
        if of_base is None:
            return base if base in self._candidates(choice) else None
        return base if set(self._candidates(of_base)) == set(self._candidates(choice)) else None

    def readings(self, domains: Mapping[str, tuple[str, ...]]) -> list[Reading] | None:
        """Every reading of some variables that keeps ``other_than``; None where there are too many to try.

        Args:
            domains: variable to its candidates.
        """
        size = 1
        for candidates in domains.values():
            size *= len(candidates)
            if size > MAX_READINGS:
                return None
        every = [dict(zip(domains, picked, strict=True)) for picked in product(*domains.values())]
        return [reading for reading in every if self._keeps_apart(reading)]

    def _keeps_apart(self, reading: Reading) -> bool:
        for variable, value in reading.items():
            other = self._others.get(variable)
            if other is not None and self.value(other, reading) == value:
                return False
        return True

    def wider(self, name: str) -> tuple[str, ...]:
        """What an entity is part of, from near to far, by names in force."""
        around = self._around.get(name)
        if around is None:
            around = self._around[name] = self._wider(name)
        return around

    def _wider(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        own = at = self.canonical(name)
        while True:
            entity = self.entity(at)
            if entity is None or entity.part_of is None:
                return tuple(found)
            inside = entity.part_of
            if at.startswith(SHARED) and not inside.startswith(SHARED):
                inside = SHARED + inside
            at = self.canonical(inside)
            if at in found or at == own:
                return tuple(found)
            found.append(at)

    def related(self, a: str, b: str) -> bool:
        """Whether one is part of the other, or a known member of it."""
        return b in self.wider(a) or a in self.wider(b) or b in self.members(a) or a in self.members(b)

    def lies_in(self, part: str, whole: str) -> bool:
        """Whether a place lies in another, or an authority belongs to another, by parts of one type all the way."""
        around = self.wider(part)
        if whole not in around:
            return False
        chain = (part, *around[: around.index(whole) + 1])
        types = {getattr(self.entity(name), "type", "") for name in chain}
        return len(types) == 1 and types <= _MAY_NEST

    def apart(self, a: str, b: str) -> str | None:
        """Why two entities exclude one another, in words; None where nothing recorded proves it."""
        first, second = self.entity(a), self.entity(b)
        if first is None or second is None or a == b or self.related(a, b):
            return None
        types = {getattr(first, "type", ""), getattr(second, "type", "")}
        if not types <= _ONE_BY_ONE:
            return None
        if not types & _MAY_NEST:
            return "they are different"
        if first.country is not None and second.country is not None and first.country != second.country:
            return "they are of different countries"
        # Neither lies in the other: where their wholes meet, they lie in different parts of it.
        if set(self.wider(a)) & set(self.wider(b)):
            return "they are different parts of the same"
        return None

    def is_nameless(self, name: str) -> bool:
        """Whether a speaker has no name, or it is open which one is meant."""
        found = self._nameless.get(name)
        if found is None:
            entity = self.entity(self.canonical(name))
            found = self._nameless[name] = isinstance(entity, (Unnamed, OneOf))
        return found
