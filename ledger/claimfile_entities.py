"""The entities of a claim file: who and what its claims speak of, in the case or in the ledger's register.

1. One member says what an entity is, and its value is the label: ``{group: those detained}``. A variable says
   ``one_of`` instead, with a label beside it.
2. ``{person: protected}`` is a person (or group, organisation, place, item) whose identity is only committed to. Its
   name in the file is its handle; no message repeats its name, its aliases or how it is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from claimledger.events.entities import (
    Authority,
    Entity,
    EvidenceItem,
    Group,
    Medium,
    OneOf,
    Organisation,
    Person,
    Place,
    Protectable,
    RegisteredAct,
    Unnamed,
)
from claimledger.events.recorder_acts import EntityRegistered

from .checks import did_you_mean
from .claimfile_shapes import Field, fields_of
from .claimfile_text import Scalar, Table, child
from .claimfile_values import BAD, Values

__all__ = ["PROTECTED", "PROTECTED_LABEL", "TYPE_WORDS", "UNWRITTEN", "check_variables", "read_entity"]

TYPE_WORDS: Final[Mapping[str, type[Entity]]] = MappingProxyType(
    {
        "person": Person,
        "authority": Authority,
        "organisation": Organisation,
        "medium": Medium,
        "group": Group,
        "act": RegisteredAct,
        "place": Place,
        "item": EvidenceItem,
        "unnamed": Unnamed,
        "one_of": OneOf,
    }
)
"""The word that says what an entity is."""

PROTECTED: Final = ("name", "aliases", "contact")
PROTECTED_LABEL: Final = "a protected {}"
UNWRITTEN: Final = frozenset({"type", "protected", "handle", "label"})


def read_entity(values: Values, section: Table, name: str, where: str) -> Any:
    """Read the entity `name` of the section ``shared`` or ``entities``; `BAD` when it cannot be read."""
    path = child(where, name)
    table = values.table(section.members[name], path, "a table such as {person: ...} or {group: ...}")
    if table is None:
        return BAD
    words = [word for word in table.keys if word in TYPE_WORDS]
    if len(words) != 1:
        if words:
            return values.problem(table, path, f"is {' and '.join(words)} at once; one of them")
        strangers = [word for word in table.keys if word not in {*fields_of(Person), *fields_of(Group)}]
        guesses = (did_you_mean(word, TYPE_WORDS) for word in strangers)
        guess = next(filter(None, guesses), f"; expected one of {', '.join(TYPE_WORDS)}")
        return values.problem(table, path, f"does not say what it is{guess}")
    word, cls = words[0], TYPE_WORDS[words[0]]
    if where == "shared" and not cls.SHAREABLE:
        message = (
            "the shared register takes authorities, organisations, media and places; put this under entities"
        )
        return values.problem(table.keys[word], path, message)
    label = table.members.get(word)
    is_protected = issubclass(cls, Protectable) and isinstance(label, Scalar) and label.text == "protected"
    if is_protected and where == "shared":
        message = (
            "what is protected belongs to one case, under a random name of that case; put it under entities"
        )
        return values.problem(table.keys[word], path, message)
    data = _read_members(values, table, path, word, cls, is_protected)
    if data is BAD:
        return BAD
    data["type"] = fields_of(cls)["type"].shape.words[0]  # type: ignore[union-attr]
    if is_protected:
        data |= {"protected": True, "handle": name, "label": data.get("label", PROTECTED_LABEL.format(word))}
    elif cls is not OneOf:
        data["label"] = data.pop(word)
    entity = values.validate(cls, data, table, path)
    return (
        BAD if entity is BAD else values.body(EntityRegistered, {"name": name, "entity": entity}, table, path)
    )


def check_variables(values: Values, section: Table, entities: Mapping[str, Any]) -> None:
    """Hold each ``other_than`` against the variable that it names."""
    for name, body in entities.items():
        if body is BAD or not isinstance(body.entity, OneOf) or body.entity.other_than is None:
            continue
        other = entities.get(body.entity.other_than)
        if other is BAD:
            continue
        path = f"entities.{name}.other_than"
        table = section.members[name]
        if other is body:
            values.problem(table, path, f'"{name}" cannot differ from itself; name another one_of')
        elif other is None or not isinstance(other.entity, OneOf):
            values.problem(table, path, "expected the name of another one_of")
        elif set(other.entity.one_of) != set(body.entity.one_of):
            values.problem(table, path, f'"{other.name}" has other candidates; both must have the same')


def _read_members(
    values: Values, table: Table, path: str, word: str, cls: type[Entity], is_protected: bool
) -> Any:
    """Read the members of an entity, protected ones without ever repeating them."""
    own = {name: member for name, member in fields_of(cls).items() if name not in UNWRITTEN}
    label = fields_of(cls)["label"]
    if is_protected:
        own |= {word: Field(label.shape, required=True), "label": Field(label.shape, required=False)}
    else:
        own = {name: member for name, member in own.items() if name not in PROTECTED}
        own[word if cls is not OneOf else "label"] = label
    hidden = [name for name in PROTECTED if name in table.members]
    if issubclass(cls, Protectable) and hidden and not is_protected:
        for name in hidden:
            message = f"is for what is protected only: {{{word}: protected, label: ..., name: ...}}"
            values.problem(table.keys[name], child(path, name), message)
        return BAD
    seen = Table(
        {k: v for k, v in table.members.items() if k not in hidden},
        {k: v for k, v in table.keys.items() if k not in PROTECTED or not is_protected},
        table.place,
    )
    data = values.members(seen, own, path)
    secret = {
        name: values.read(table.members[name], own[name].shape, child(path, name), hidden=True)
        for name in hidden
    }
    if data is BAD or BAD in secret.values():
        return BAD
    if is_protected:
        del data[word]
    return data | secret
