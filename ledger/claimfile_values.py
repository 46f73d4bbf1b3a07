"""Reading one value of a claim file into what its field takes, with every mistake in plain words.

1. A value is read by the shape of its field (`claimledger.claimfile_shapes`), never by how YAML would type it.
2. Reading goes on behind a mistake, and a mistake is told once: what rests on a value that could not be read
   is left alone.
3. Messages say what was expected. Where a value is protected (names, aliases, contact, quotes), no message
   repeats it, nor the names of members written inside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ValidationError

from claimledger.events.codes import codes_of, problem_with
from claimledger.events.dates import When, parse_edtf
from claimledger.events.encoding import encode
from claimledger.events.errors import InvalidValue
from claimledger.events.quantities import Quantity
from claimledger.events.registry import Body
from claimledger.events.values import SHARED

from .checks import did_you_mean
from .claimfile_shapes import (
    AnyOf,
    Anything,
    Choice,
    Code,
    Field,
    Keyed,
    Record,
    Reference,
    Several,
    Shape,
    Truth,
    Whole,
    Words,
)
from .claimfile_text import Listing, Node, Place, Problem, Scalar, Table, child
from .claimfile_words import NAME_RULE, codes_hint, describe, form_of, plain_words, with_article

__all__ = ["BAD", "NAME", "Names", "Values", "stand_in"]

M = TypeVar("M", bound=BaseModel)

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CODE: Final = re.compile(r"([a-z0-9][a-z0-9.-]*:)?[A-Za-z0-9][A-Za-z0-9_]*(\.[A-Za-z0-9][A-Za-z0-9_]*)*")
_STAND_INS: Final = UUID("5c1b7f0e-2f0a-4c55-9d3b-6f1c3a3f5d10")
_DIGITS: Final = re.compile(r"[0-9]{1,16}")


def stand_in(claim: str) -> str:
    """The UUID that stands for a claim's name until the claim is recorded.

    Bodies name claims by event id. Event ids are UUIDs of version 4, this one is of version 5, so that the one is
    never taken for the other.
    """
    return str(uuid5(_STAND_INS, claim))


class _Bad:
    """The value could not be read; its problems are told already."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()


@dataclass(frozen=True, slots=True)
class Names:
    """What a claim file defines, by name.

    Attributes:
        entities: name in the file to name in events (``shared:`` and the name for those under ``shared``).
        sources, statements, claims: the names.
        unreadable: what stands in sections that could not be read, where any name may be right.
    """

    entities: Mapping[str, str]
    sources: frozenset[str]
    statements: frozenset[str]
    claims: frozenset[str]
    unreadable: frozenset[str]

    def elsewhere(self, name: str, wanted: str) -> str:
        """Say that a name is there, but of something else."""
        for what, names in (
            ("an entity", self.entities),
            ("a source", self.sources),
            ("a statement", self.statements),
            ("a claim", self.claims),
        ):
            if name in names and what.split()[1] != wanted:
                return f" (it is {what})"
        return ""


@dataclass(slots=True)
class Values:
    """Reads values of one file; collects its problems.

    Attributes:
        file: the file's name.
        names: what the file defines.
        problems: what is wrong, in the order found.
        outside: claims that are named and not in the file: maybe they are in the ledger.
    """

    file: str
    names: Names
    problems: list[Problem] = field(default_factory=list)
    outside: dict[str, Problem] = field(default_factory=dict)

    def problem(self, at: Node | Place, path: str, message: str) -> Any:
        """Note a problem, and give `BAD`."""
        place = at if isinstance(at, Place) else at.place
        self.problems.append(Problem(self.file, place.line, place.column, path, message))
        return BAD

    def read(self, node: Node, shape: Shape, path: str, *, hidden: bool = False) -> Any:
        """Read a value into what pydantic takes for its field; `BAD` when it cannot be read."""
        if isinstance(node, Scalar):
            return self._scalar(node, shape, path, hidden)
        if isinstance(node, Listing):
            return self._listing(node, shape, path, hidden)
        return self._table(node, shape, path, hidden)

    def members(self, table: Table, fields: Mapping[str, Field], path: str, *, hidden: bool = False) -> Any:
        """Read the members of a table, unknown and missing ones told; `BAD` when any of them is."""
        good = self.known(table, fields, path, hidden=hidden)
        data: dict[str, Any] = {}
        for name, node in table.members.items():
            if name in fields:
                data[name] = self.read(node, fields[name].shape, child(path, name), hidden=hidden)
        missing = [name for name, member in fields.items() if member.required and name not in table.members]
        for name in missing:
            self.problem(table, path, f'needs "{name}"{codes_hint(fields[name].listing)}')
        return data if good and not missing and BAD not in data.values() else BAD

    def known(self, table: Table, allowed: Iterable[str], path: str, *, hidden: bool = False) -> bool:
        """Tell every member that is not one of those allowed."""
        allowed = tuple(allowed)
        strangers = [name for name in table.keys if name not in allowed]
        for name in strangers:
            expected = f"; expected {', '.join(allowed)}"
            value = table.members.get(name)
            if isinstance(value, Scalar) and not value.quoted and not value.text:
                # {label: one, two}: YAML takes what follows the comma for a member of its own.
                message = "a name without a value; a text with a comma inside {...} needs quotes"
                self.problem(table.keys[name], path, message)
            elif hidden:
                self.problem(table.keys[name], path, f"a member that is not known here{expected}")
            else:
                guess = did_you_mean(name, allowed, cutoff=0.7) or expected
                self.problem(table.keys[name], child(path, name), f"no such member{guess}")
        return not strangers

    def validate(self, model: type[M], data: Any, at: Node | Place, path: str) -> Any:
        """Hold data against a model; gives the model, or `BAD` with its problems told."""
        try:
            return model.model_validate(data)
        except ValidationError as refused:
            for error in refused.errors(include_input=False, include_url=False):
                where, place = path, at
                if error["loc"] and isinstance(at, Table) and error["loc"][0] in at.members:
                    part = str(error["loc"][0])
                    where, place = child(path, part), at.members[part]
                self.problem(place, where, plain_words(error))
            return BAD

    def body(self, cls: type[Body], data: Mapping[str, Any], at: Node, path: str) -> Any:
        """Make a body, and see that it can be written as an event."""
        body = self.validate(cls, data, at, path)
        if body is BAD:
            return BAD
        try:
            encode(body.split()[0])
        except InvalidValue:
            return self.problem(at, path, "is too long to sign: more than 32 KiB; shorten its texts")
        return body

    def name(self, text: str, at: Node | Place, path: str) -> bool:
        """Check the form of a name that the file gives."""
        if NAME.fullmatch(text):
            return True
        self.problem(at, path, NAME_RULE)
        return False

    def table(self, node: Node, path: str, expected: str) -> Table | None:
        """The node as a table, or None with the problem told."""
        if isinstance(node, Table):
            return node
        self.problem(node, path, f"expected {expected}")
        return None

    def items(self, node: Node) -> tuple[Node, ...]:
        """The items of a list; a value that is no list is a list of one."""
        return node.items if isinstance(node, Listing) else (node,)

    def reference(self, node: Node, what: str, path: str) -> Any:
        """Read the name of something: as events write it, or `BAD`."""
        if not isinstance(node, Scalar):
            return self.problem(node, path, f"expected the name of {with_article(what)}")
        text, names = node.text, self.names
        bare = text.removeprefix(SHARED) if what == "entity" else text
        if not text:
            return self._empty(node, path)
        if not NAME.fullmatch(bare):
            return self.problem(node, path, f"expected the name of {with_article(what)}; {NAME_RULE}")
        if what == "entity":
            if bare != text or bare in names.entities:
                return names.entities.get(text, text)
            known: Iterable[str] = names.entities
        elif what == "source":
            known = names.sources
        elif what == "statement":
            known = names.statements
        else:
            known = names.claims
        if text in known:
            return stand_in(text) if what == "claim" else text
        if what in names.unreadable:
            return BAD
        guess = names.elsewhere(text, what) or did_you_mean(text, self._others(what, path, known))
        message = f'no {what} "{text}"{guess}'
        if what == "claim":
            place = node.place
            self.outside.setdefault(text, Problem(self.file, place.line, place.column, path, message))
            return stand_in(text)
        return self.problem(node, path, message)

    def _others(self, what: str, path: str, known: Iterable[str]) -> list[str]:
        """What may have been meant by a name that is not known: never the claim in which it stands."""
        own = _own(path, known) if what == "claim" else ""
        return sorted(name for name in known if name != own)

    def _empty(self, node: Node, path: str) -> Any:
        return self.problem(node, path, "is empty; leave it out where nothing is stated")

    def _scalar(self, node: Scalar, shape: Shape, path: str, hidden: bool) -> Any:
        if not node.text.strip():
            return self._empty(node, path)
        options = shape.options if isinstance(shape, AnyOf) else (shape,)
        if not node.quoted:
            if Truth() in options and node.text in ("true", "false"):
                return node.text == "true"
            if Whole() in options and _DIGITS.fullmatch(node.text):
                return int(node.text)
        for option in options:
            match option:
                case Reference(what):
                    return self.reference(node, what, path)
                case Code(listing):
                    return self._code(node, listing, path)
                case Choice(words):
                    if node.text in words:
                        return node.text
                    # All are listed, and none is proposed: which one was meant changes the evidence.
                    return self.problem(node, path, f"expected {describe(option)}")
                case Words():
                    return self._words(node, option, path)
                case Record(model=model, bare=bare) if bare is not None:
                    if isinstance(bare, Code):
                        return self._code(node, bare.listing, path, "; {text: ...} for words of one's own")
                    is_number = model is Quantity and not node.quoted and _DIGITS.fullmatch(node.text)
                    given = int(node.text) if is_number else node.text
                    return BAD if self.validate(model, given, node, path) is BAD else given
                case Anything():
                    return _as_written(node)
                case Several(item):
                    inner = self.read(node, item, path, hidden=hidden)
                    return BAD if inner is BAD else [inner]
                case _:
                    continue
        return self.problem(node, path, f"expected {describe(shape)}")

    def _code(self, node: Scalar, listing: str, path: str, otherwise: str = "") -> Any:
        problem = problem_with(listing, node.text) if codes_of(listing) else None
        if problem is None and not _CODE.fullmatch(node.text):
            problem = (
                "a code is words of ASCII letters, digits and _, parted by dots; own ones as example.org:word"
            )
        return node.text if problem is None else self.problem(node, path, problem + otherwise)

    def _words(self, node: Scalar, shape: Words, path: str) -> Any:
        if shape.longest is not None and len(node.text) > shape.longest:
            return self.problem(node, path, f"is too long; at most {shape.longest} characters")
        if shape.pattern is not None and not re.search(shape.pattern, node.text):
            return self.problem(node, path, f"expected {form_of(shape.pattern)}")
        return node.text

    def _listing(self, node: Listing, shape: Shape, path: str, hidden: bool) -> Any:
        options = shape.options if isinstance(shape, AnyOf) else (shape,)
        if any(isinstance(option, Record) and option.model is When for option in options):
            if date := _unquoted_date(node):
                return self.problem(
                    node, path, f'without quotes this is a list; write "{date}", with the quotes'
                )
        if Anything() in options:
            return _as_written(node)
        several = next((option for option in options if isinstance(option, Several)), None)
        if several is None:
            return self.problem(node, path, f"expected {describe(shape)}, not a list")
        if not node.items:
            return self.problem(node, path, "is an empty list; leave it out where nothing is stated")
        read = [
            self.read(item, several.item, child(path, place), hidden=hidden)
            for place, item in enumerate(node.items)
        ]
        return BAD if BAD in read else read

    def _table(self, node: Table, shape: Shape, path: str, hidden: bool) -> Any:
        options = shape.options if isinstance(shape, AnyOf) else (shape,)
        records = [option for option in options if isinstance(option, Record)]
        best = max(records, key=lambda record: len(node.members.keys() & record.fields.keys()), default=None)
        several = next((option for option in options if isinstance(option, Several)), None)
        keyed = next((option for option in options if isinstance(option, Keyed)), None)
        if best is not None and (
            node.members.keys() & best.fields.keys() or (several is None and len(records) == 1)
        ):
            data = self.members(node, best.fields, path, hidden=hidden)
            if data is not BAD and self.validate(best.model, data, node, path) is BAD:
                return BAD
            return data
        if keyed is not None:
            read = {
                name: self.read(value, keyed.item, child(path, name)) for name, value in node.members.items()
            }
            return BAD if BAD in read.values() else read
        if several is not None and isinstance(several.item, (Record, AnyOf)):
            inner = self.read(node, several.item, path, hidden=hidden)
            return BAD if inner is BAD else [inner]
        if Anything() in options:
            return _as_written(node)
        return self.problem(node, path, f"expected {describe(shape)}")


def _unquoted_date(node: Listing) -> str | None:
    """The EDTF set that a list without quotes was meant to be."""
    if not all(isinstance(item, Scalar) for item in node.items):
        return None
    text = "[" + ",".join(item.text for item in node.items if isinstance(item, Scalar)) + "]"
    try:
        parse_edtf(text)
    except InvalidValue:
        return None
    return text


def _own(path: str, claims: Iterable[str]) -> str:
    """The claim in which a path lies; "" where it lies in none. A name may have dots: the longest one counts."""
    _, _, inside = path.partition(".")
    return max((ref for ref in claims if inside.startswith(f"{ref}.")), key=len, default="")


def _as_written(node: Node) -> Any:
    """For types of one's own: truth values and whole numbers as such where they stand bare, all else as text."""
    if isinstance(node, Table):
        return {name: _as_written(value) for name, value in node.members.items()}
    if isinstance(node, Listing):
        return [_as_written(item) for item in node.items]
    return node.text
