"""What is checked of a claim before it is recorded, as pure functions over the marks that its fields carry.

1. `references` finds everything that a body or kind names: entities, sources, claims (`Names` marks).
2. `code_problems` holds each code against the code list of its field (`Codes` marks). Codes are checked when
   recording, never on replay.
3. `with_claim_ids` puts event ids in the place of the short names by which people call claims.
4. A mark on a field holds for whatever the field is wrapped in: undecided, either, lists, open lists.

Kinds of one's own get all of it by marking their fields; nothing here knows a single kind. The recorder and
the reader of claim files use the same functions, so that they cannot come to disagree.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, get_args

from pydantic import BaseModel

from claimledger.events.claims import Voice
from claimledger.events.codes import problem_with
from claimledger.events.entities import Entity, OneOf
from claimledger.events.errors import InvalidValue
from claimledger.events.kinds import Attribute, General, Kind, Opinion
from claimledger.events.values import Codes, Either, Names, OpenTerms, ReadAs, Term, Undecided

__all__ = [
    "Reference",
    "check_agreement",
    "check_not_apart",
    "code_problems",
    "did_you_mean",
    "protected_gap",
    "references",
    "with_claim_ids",
    "with_entity_names",
    "with_source_names",
]

What: TypeAlias = Literal["entity", "source", "claim"]
M = TypeVar("M", bound=BaseModel)


class Reference(NamedTuple):
    """A name that stands somewhere in a body.

    Attributes:
        path: where, dotted: ``claim.by.0``.
        what: what it names.
        name: the name as written; ``shared:`` and a name for the ledger's register.
    """

    path: str
    what: What
    name: str


_NAMED = frozenset({"entity", "source", "claim"})
_ANYTHING = _NAMED | {"code"}
_reached: dict[type[BaseModel], frozenset[str]] = {}


@dataclass(frozen=True, slots=True)
class _Field:
    """A field worth a walk: what its own strings are, and what the models inside it may hold."""

    name: str
    names: What | None
    codes: str | None
    inside: frozenset[str]


def references(body: BaseModel) -> Iterator[Reference]:
    """Find every name that a body, kind or value uses, in the order of its fields."""
    found: list[Reference] = []
    _names_in_model(body, "", found)
    return iter(found)


def code_problems(kind: BaseModel) -> Iterator[tuple[str, str]]:
    """Find every code that its field's code list does not have.

    Returns:
        Pairs of the dotted path and one line for a person, with the nearest code where one is near.
    """
    found: list[tuple[str, str]] = []
    _codes_in_model(kind, "", None, found)
    return iter(found)


def with_claim_ids(value: M, event_id_of: Callable[[str], str]) -> M:
    """Put event ids in the place of the names of claims.

    Args:
        value: a kind or body; it is not changed.
        event_id_of: gives the event id of a claim's name, or raises.

    Returns:
        A copy with event ids, or the value itself where it names no claim.
    """
    return _renamed(value, "claim", event_id_of)


def with_entity_names(value: M, names: Mapping[str, str]) -> M:
    """Put other names in the place of names of entities, wherever they stand; a copy where any changed."""
    return _renamed(value, "entity", lambda name: names.get(name, name))


def with_source_names(value: M, names: Mapping[str, str]) -> M:
    """Put other names in the place of names of sources, wherever they stand; a copy where any changed."""
    return _renamed(value, "source", lambda name: names.get(name, name))


def protected_gap(kind: Kind) -> str | None:
    """The committed field without which a claim says nothing, where it is left out."""
    if isinstance(kind, (General, Opinion)) and kind.text is None:
        return "text"
    if isinstance(kind, Attribute) and kind.value is None and kind.details is None:
        return "details"
    return None


def check_agreement(first: Voice, voice: Voice) -> None:
    """Check that two voices of one statement are of one speech act.

    Raises:
        InvalidValue: they disagree in asserter or time.
    """
    if (first.asserter, first.asserted_at) != (voice.asserter, voice.asserted_at):
        raise InvalidValue(
            f'statement "{voice.statement}": its claims disagree in asserter or time; a statement is one speech act '
            f"of {first.asserter}, and all its claims name the same time"
        )


def check_not_apart(names: Sequence[str], entity_of: Callable[[str], Entity | None]) -> None:
    """Check that no two names that are judged to be the same are recorded as differing from one another.

    Args:
        names: the names, as signed.
        entity_of: gives the entity of a name, or None.

    Raises:
        InvalidValue: one is ``other_than`` another, be it through choices between the same two.
    """
    for name in names:
        seen, at = [name], name
        while isinstance(entity := entity_of(at), OneOf) and entity.other_than not in (None, *seen):
            at = str(entity.other_than)
            differs = len(seen) == 1 or (len(seen) % 2 == 1 and len(entity.one_of) == 2)
            if differs and at in names:
                raise InvalidValue(
                    f'"{name}" is recorded as other than "{at}", so they cannot be the same; leave one of them out'
                )
            seen.append(at)


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """End a message about an unknown name with the nearest known one, or with nothing.

    Args:
        name: what was written.
        known: the names that there are.
        cutoff: how near a name must be, from 0 to 1.
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f'; did you mean "{near[0]}"?' if near else ""


def _names_in_model(model: BaseModel, path: str, found: list[Reference]) -> None:
    members = model.__dict__
    for name, what in _fields_with_names(type(model)):
        value = members[name]
        if value is not None:
            _names_in(value, what, path + name, found)


def _names_in(value: Any, what: What | None, path: str, found: list[Reference]) -> None:
    if type(value) is str:
        if what is not None:
            found.append(Reference(path, what, value))
        return
    form = _form(value.__class__)
    if form == "text":
        if what is not None:
            found.append(Reference(path, what, value))
    elif form == "list":
        for position, inner in enumerate(value):
            _names_in(inner, what, f"{path}.{position}", found)
    elif form == "undecided" or form == "either":
        _names_in(getattr(value, form), what, f"{path}.{form}", found)
    elif form == "model":
        _names_in_model(value, f"{path}.", found)
    elif form == "mapping":
        for key, inner in value.items():
            _names_in(inner, what, f"{path}.{key}", found)


def _codes_in_model(model: BaseModel, path: str, outer: str | None, found: list[tuple[str, str]]) -> None:
    members = model.__dict__
    for name, listing in _fields_with_codes(type(model)):
        value = members[name]
        if value is not None:
            # The terms inside an open list are written under the code list of the field that holds it.
            _codes_in(value, outer if listing is None else listing, path + name, found)


def _codes_in(value: Any, listing: str | None, path: str, found: list[tuple[str, str]]) -> None:
    form = _form(value.__class__)
    if form == "text":
        problem = problem_with(listing, value) if listing is not None else None
        if problem is not None:
            found.append((path, problem))
    elif form == "list":
        for position, inner in enumerate(value):
            _codes_in(inner, listing, f"{path}.{position}", found)
    elif form == "undecided" or form == "either":
        _codes_in(getattr(value, form), listing, f"{path}.{form}", found)
    elif isinstance(value, Term):
        if value.code is not None:
            _codes_in(value.code, listing, f"{path}.code", found)
    elif form == "model":
        _codes_in_model(value, f"{path}.", listing if isinstance(value, OpenTerms) else None, found)


def _renamed(model: M, what: What, new_name: Callable[[str], str]) -> M:
    changed: dict[str, Any] = {}
    for field in _fields(type(model)):
        if field.names == what or what in field.inside:
            old = getattr(model, field.name)
            new = old if old is None else _mapped(old, field.names == what, what, new_name)
            if new is not old:
                changed[field.name] = new
    return model.model_copy(update=changed) if changed else model


def _mapped(value: Any, is_name: bool, what: What, new_name: Callable[[str], str]) -> Any:
    form = _form(value.__class__)
    if form == "text":
        return new_name(value) if is_name else value
    if form == "list":
        mapped = tuple(_mapped(inner, is_name, what, new_name) for inner in value)
        return value if all(new is old for new, old in zip(mapped, value, strict=True)) else mapped
    if form == "undecided" or form == "either":
        old = getattr(value, form)
        new = _mapped(old, is_name, what, new_name)
        return value if new is old else value.model_copy(update={form: new})
    if form == "mapping" and is_name:
        return {key: _mapped(inner, is_name, what, new_name) for key, inner in value.items()}
    return _renamed(value, what, new_name) if form == "model" else value


@cache
def _form(cls: type[Any]) -> str:
    """How values of a class are walked. Cached: isinstance on pydantic classes is slow."""
    if issubclass(cls, str):
        return "text"
    if issubclass(cls, (list, tuple)):
        return "list"
    if issubclass(cls, Undecided):
        return "undecided"
    if issubclass(cls, Either):
        return "either"
    if issubclass(cls, BaseModel):
        return "model"
    return "mapping" if issubclass(cls, Mapping) else "plain"


@cache
def _fields(model: type[BaseModel]) -> tuple[_Field, ...]:
    """The fields of a model that lead to names or codes; plain text, numbers, dates and the like are left out."""
    found = []
    for name, field in model.model_fields.items():
        marks = [mark for note in (field.annotation, *field.metadata) for mark in _marks(note)]
        names: list[What] = [mark.what for mark in marks if isinstance(mark, Names)]
        codes = [mark.list for mark in marks if isinstance(mark, Codes)]
        inside = frozenset[str]().union(*(_reach(mark) for mark in marks if isinstance(mark, type)))
        if names or codes or inside:
            found.append(_Field(name, names[0] if names else None, codes[0] if codes else None, inside))
    return tuple(found)


@cache
def _fields_with_names(model: type[BaseModel]) -> tuple[tuple[str, What | None], ...]:
    """The fields that are names, or lead to some: each with what its own strings name."""
    return tuple(
        (field.name, field.names) for field in _fields(model) if field.names or field.inside & _NAMED
    )


@cache
def _fields_with_codes(model: type[BaseModel]) -> tuple[tuple[str, str | None], ...]:
    """The fields that are codes, or lead to some: each with the code list of its own."""
    return tuple(
        (field.name, field.codes) for field in _fields(model) if field.codes or "code" in field.inside
    )


def _reach(model: type[BaseModel]) -> frozenset[str]:
    """What a model, or a model inside it, may hold: names of which sorts, and codes."""
    if model is Term:
        return frozenset({"entity", "code"})
    if model not in _reached:
        # A base stands for classes that come later, a model inside itself for itself: both may hold anything.
        _reached[model] = _ANYTHING
        if not model.__subclasses__() and model is not BaseModel:
            found: set[str] = set()
            for field in _fields(model):
                found |= field.inside
                found |= {each for each in (field.names, field.codes and "code") if each}
            _reached[model] = frozenset(found)
    return _reached[model]


def _marks(note: Any) -> Iterator[Any]:
    """Every mark and every model class in an annotation, through unions, lists and `ReadAs`."""
    if isinstance(note, ReadAs):
        yield from _marks(note.model)
    elif isinstance(note, (Names, Codes)):
        yield note
    elif note is Any or isinstance(note, TypeVar):
        yield BaseModel
    elif isinstance(note, type) and not get_args(note):
        if issubclass(note, BaseModel):
            yield note
    else:
        for part in (*get_args(note), *getattr(note, "__metadata__", ())):
            yield from _marks(part)
