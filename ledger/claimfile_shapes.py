"""What a field takes, read off its type and its marks: the shapes that claim files and their schema share.

1. There is no second list of fields: shapes come from the annotations of `claimledger.events`, so that kinds of
   one's own are read, checked and described like the built-in ones.
2. `Names` and `Codes` on a field hold for whatever it is wrapped in: undecided, either, lists, open lists.
3. A type that is not known here is `Anything`: its texts go to pydantic as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from claimledger.events.dates import When
from claimledger.events.quantities import Quantity
from claimledger.events.values import Answers, Codes, ListedCode, Names, ReadAs, States, Term

__all__ = [
    "Anything",
    "Choice",
    "Code",
    "AnyOf",
    "Field",
    "Keyed",
    "Record",
    "Reference",
    "Several",
    "Shape",
    "Truth",
    "Whole",
    "Words",
    "fields_of",
    "leaves",
]


@dataclass(frozen=True, slots=True)
class Words:
    """A text."""

    pattern: str | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of an entity, a source or a claim."""

    what: Literal["entity", "source", "claim"]


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a list."""

    listing: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""


@dataclass(frozen=True, slots=True)
class Several:
    """A list; a list of one may stand without brackets."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Keyed:
    """A table whose names are not fixed."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Record:
    """A table with the members of a model; `bare` is what may stand in its place as a plain text."""

    model: type[BaseModel]
    listing: str | None = None
    names: Literal["entity", "source", "claim"] | None = None
    bare: Shape | None = None

    @property
    def fields(self) -> Mapping[str, Field]:
        """The members by name."""
        return _fields(self.model, self.listing, self.names)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any one of several shapes."""

    options: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Anything:
    """A type of one's own; pydantic reads it."""


Shape: TypeAlias = (
    Words | Reference | Code | Choice | Truth | Whole | Several | Keyed | Record | AnyOf | Anything
)


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a model.

    Attributes:
        shape: what it takes.
        required: whether it must be there.
        answers: whether it answers a question (`Answers`).
        states: whether being there states something by itself (`States`).
        listing: its code list, where it has one.
    """

    shape: Shape
    required: bool
    answers: bool = False
    states: bool = False
    listing: str | None = None


_LISTED: Final = get_args(ListedCode)[1]
_What: TypeAlias = Literal["entity", "source", "claim"]


def fields_of(model: type[BaseModel]) -> Mapping[str, Field]:
    """The members of a model by name, with what each takes."""
    return _fields(model, None, None)


def leaves(shape: Shape) -> Iterator[Shape]:
    """Every shape that a plain text may have where `shape` is wanted, lists and their items included."""
    if isinstance(shape, AnyOf):
        for option in shape.options:
            yield from leaves(option)
    elif isinstance(shape, (Several, Keyed)):
        yield from leaves(shape.item)
    elif not isinstance(shape, Record):
        yield shape
    elif shape.bare is not None:
        yield shape.bare


@cache
def _fields(model: type[BaseModel], listing: str | None, names: _What | None) -> Mapping[str, Field]:
    return {name: _field(field, listing, names) for name, field in model.model_fields.items()}


def _field(field: FieldInfo, listing: str | None, names: _What | None) -> Field:
    marks = tuple(field.metadata)
    listing = next((mark.list for mark in marks if isinstance(mark, Codes)), listing)
    return Field(
        shape=_shape(field.annotation, marks, listing, names),
        required=field.is_required(),
        answers=any(isinstance(mark, Answers) for mark in marks),
        states=any(isinstance(mark, States) for mark in marks),
        listing=listing,
    )


def _shape(annotation: Any, marks: tuple[Any, ...], listing: str | None, names: _What | None) -> Shape:
    while get_origin(annotation) is Annotated:
        annotation, *notes = get_args(annotation)
        marks = (*marks, *notes)
    for mark in marks:
        if isinstance(mark, Codes):
            listing = mark.list
        elif isinstance(mark, Names):
            names = mark.what
    if read_as := next((mark for mark in marks if isinstance(mark, ReadAs)), None):
        return _shape(read_as.model, (), listing, names)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _either(_shape(part, (), listing, names) for part in arguments if part is not NoneType)
    if origin is Literal:
        return Choice(tuple(str(word) for word in arguments))
    if origin in (tuple, list, Sequence) and arguments:
        return Several(_shape(arguments[0], (), listing, names))
    if origin in (dict, Mapping):
        return Keyed(_shape(arguments[1], (), listing, names))
    if annotation is bool:
        return Truth()
    if annotation is int:
        return Whole()
    if annotation is str:
        return _text(marks, listing, names)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Record(annotation, listing, names, _bare(annotation, listing))
    return Anything()


def _either(shapes: Iterator[Shape]) -> Shape:
    options: list[Shape] = []
    for shape in shapes:
        options += shape.options if isinstance(shape, AnyOf) else (shape,)
    distinct = tuple(dict.fromkeys(options))
    return distinct[0] if len(distinct) == 1 else AnyOf(distinct)


def _text(marks: tuple[Any, ...], listing: str | None, names: _What | None) -> Shape:
    if names is not None:
        return Reference(names)
    limits = [mark for mark in marks if isinstance(mark, StringConstraints)]
    if listing is not None and _LISTED in limits:
        return Code(listing)
    words = Words()
    for limit in limits:
        pattern = limit.pattern if isinstance(limit.pattern, str) else None
        words = replace(words, pattern=pattern or words.pattern, longest=limit.max_length or words.longest)
    return words


def _bare(model: type[BaseModel], listing: str | None) -> Shape | None:
    if model is Term:
        return Words() if listing is None else Code(listing)
    return Words() if model in (When, Quantity) else None
