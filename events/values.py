"""How a field is stated: plainly, left open by its speaker, or undecidable for its reader.

1. A field that is absent was not stated. Nothing is filled in.
2. ``{"undecided": [a, b]}``: the *reader* cannot tell which of these the source means.
3. ``{"either": [a, b]}``: the *speaker* leaves it open between these.
4. ``{"open": [a, b]}``: a list that its speaker did not close ("ranging from", "such as").
5. ``{"all_of": group}``: every member, as the speaker says; a bare group does not say that.
6. Names of entities are ASCII words, unique in their case; ``shared:`` names one of the ledger's register.

The same shapes stand in signed bytes, in claim files and in Python. `Names`, `Codes` and `Answers` are notes
on a field: what its strings refer to, which code list they come from, which question the field answers. Those
notes drive the reference checks, the code checks, the editors' schema and the projections; there is no second list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import CoreSchema

from .dates import When
from .plain import PlainModel
from .quantities import Quantity

__all__ = [
    "SHARED",
    "AllOf",
    "Answers",
    "Codes",
    "Either",
    "EntityName",
    "ListedCode",
    "Locator",
    "Name",
    "Named",
    "Names",
    "Open",
    "OpenParties",
    "OpenTerms",
    "Parties",
    "QuantityLike",
    "Scope",
    "States",
    "Term",
    "Terms",
    "Text",
    "Undecided",
    "Value",
    "WhenLike",
    "alternatives",
    "either",
    "opened",
    "strings",
    "undecided",
]

SHARED = "shared:"
"""What the name of an entity of the ledger's shared register begins with, wherever a case refers to it."""

T = TypeVar("T")

Comparator = Literal["code", "range", "time", "entity", "flag", "many", "text"]


@dataclass(frozen=True, slots=True)
class Names:
    """The strings of this field name something registered or recorded."""

    what: Literal["entity", "source", "claim"]


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of this field come from the code list of that name (`claimledger.events.codes`)."""

    list: str


@dataclass(frozen=True, slots=True)
class Answers:
    """This field answers a question about the claim's subject.

    Attributes:
        property: the property asked about, such as ``cause_of_death``; ``{name}`` takes it from the field `name`.
        by: the comparator that decides whether two answers are the same, compatible or contradict.
        single: whether only one answer can hold, so that other answers may contradict it.
    """

    property: str
    by: Comparator
    single: bool = True


@dataclass(frozen=True, slots=True)
class States:
    """Recording the claim itself answers a question: a `Death` states ``died`` for ``death``."""

    property: str
    code: str


@dataclass(frozen=True, slots=True)
class Scope:
    """This field is part of what an answer means: answers of different scope are not comparable."""


@dataclass(frozen=True, slots=True)
class ReadAs:
    """Let type checkers see what a caller may write, while pydantic reads (and always returns) `model`."""

    model: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self.model)


class Value(PlainModel):
    """Base of every value object: immutable, and no member that it does not know."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled by its members: the class of an inner value, such as Undecided[Voice], has no name to be found by.
        return (_read_again, (type(self), self.model_dump()))


def _read_again(cls: type[Value], members: dict[str, Any]) -> Value:
    return cls.model_validate(members)


Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Named: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(shared:)?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
EntityName: TypeAlias = Annotated[Named, Names("entity")]
ListedCode: TypeAlias = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9][a-z0-9.-]*:)?[A-Za-z0-9][A-Za-z0-9_]*(\.[A-Za-z0-9][A-Za-z0-9_]*)*$"
    ),
]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=8000)]


class Undecided(Value, Generic[T]):
    """The reader cannot tell which of these the source means."""

    undecided: tuple[T, ...]

    @model_validator(mode="after")
    def _two_at_least(self) -> Undecided[T]:
        if len(self.undecided) < 2:
            raise ValueError("needs at least two alternatives; a single reading is simply stated")
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (undecided, self.undecided)


class Either(Value, Generic[T]):
    """The speaker leaves it open between these."""

    either: tuple[T, ...]

    @model_validator(mode="after")
    def _two_at_least(self) -> Either[T]:
        if len(self.either) < 2:
            raise ValueError("needs at least two alternatives; a single one is simply stated")
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (either, self.either)


def undecided(*readings: T) -> Undecided[T]:
    """Say that the reader cannot tell which of these the source means."""
    return Undecided(undecided=readings)


def either(*readings: T) -> Either[T]:
    """Say that the speaker leaves it open between these."""
    return Either(either=readings)


def _form(value: Any) -> str:
    if type(value) is str:
        return "stated"
    if isinstance(value, dict):
        if "undecided" in value:
            return "undecided"
        return "either" if "either" in value else "stated"
    if isinstance(value, Undecided):
        return "undecided"
    return "either" if isinstance(value, Either) else "stated"


if TYPE_CHECKING:
    Open: TypeAlias = T | Undecided[T] | Either[T]
    """A field of type T that may also be undecided (by the reader) or left open (by the speaker)."""
else:

    class Open:
        """See the type checkers' definition above."""

        # typing does not substitute a type variable inside a pydantic class, so the alias is built by hand
        def __class_getitem__(cls, stated: Any) -> Any:
            return Annotated[
                Annotated[stated, Tag("stated")]
                | Annotated[Undecided[stated], Tag("undecided")]
                | Annotated[Either[stated], Tag("either")],
                Discriminator(_form),
            ]


def opened(stated: Any) -> Any:
    """The type ``Open[stated]``, where `stated` is known only when the program runs."""
    alias: Any = Open
    return alias[stated]


def alternatives(value: Any) -> tuple[tuple[Any, ...], Literal["stated", "undecided", "either"]]:
    """Give the readings of an open field, and whose openness it is.

    Args:
        value: what a field of type `Open` holds.

    Returns:
        The plain values (one when it is simply stated), and how they stand to one another.
    """
    if isinstance(value, Undecided):
        return tuple(value.undecided), "undecided"
    if isinstance(value, Either):
        return tuple(value.either), "either"
    return (value,), "stated"


class AllOf(Value):
    """Every member of a group, as the speaker says."""

    all_of: EntityName


class OpenParties(Value):
    """Some of those meant; the speaker did not close the list."""

    open: Annotated[Sequence[EntityName], ReadAs(tuple[EntityName, ...])]


def _party_form(value: Any) -> str:
    if isinstance(value, (str, bytes)):
        return "one"
    if isinstance(value, AllOf) or (isinstance(value, dict) and "all_of" in value):
        return "all_of"
    if isinstance(value, (OpenParties, dict)):
        return "open"
    return "several"


Parties: TypeAlias = Annotated[
    Annotated[EntityName, Tag("one")]
    | Annotated[Sequence[EntityName], ReadAs(tuple[EntityName, ...]), Tag("several")]
    | Annotated[AllOf, Tag("all_of")]
    | Annotated[OpenParties, Tag("open")],
    Discriminator(_party_form),
]
"""One entity, several, all members of a group, or a list that its speaker left open."""


class Term(Value):
    """One thing named in an answer: a code, an act of this case, or the speaker's matter in the recorder's words.

    Attributes:
        code: a code of the field's list; a prefix is a broader word (``injury`` is broader than ``injury.head``).
        act: the act that is meant, where one is registered.
        text: the recorder's own words, where no code fits; texts never contradict one another.
        role: for causes, ``immediate``, ``underlying`` or ``contributing``, where stated.
    """

    code: ListedCode | None = None
    act: EntityName | None = None
    text: Text | None = None
    role: Literal["immediate", "underlying", "contributing"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_code(cls, value: Any) -> Any:
        return {"code": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Term:
        if (self.code, self.act, self.text).count(None) != 2:
            raise ValueError("say exactly one of code, act or text")
        return self


class OpenTerms(Value):
    """Some of what the speaker names; the list was not closed."""

    open: Annotated[Sequence[Term | str], ReadAs(tuple[Term, ...])]


def _terms_form(value: Any) -> str:
    return (
        "open" if isinstance(value, OpenTerms) or (isinstance(value, dict) and "open" in value) else "closed"
    )


def as_list(value: Any) -> Any:
    """One thing stands for the list of that one thing."""
    return [value] if isinstance(value, (str, Term, dict)) else value


Terms: TypeAlias = Annotated[
    Annotated[
        str | Term | Sequence[Term | str],
        ReadAs(Annotated[tuple[Term, ...], BeforeValidator(as_list)]),
        Tag("closed"),
    ]
    | Annotated[OpenTerms, Tag("open")],
    Discriminator(_terms_form),
]
"""One or more terms; a bare code stands for the list of that one code."""

WhenLike: TypeAlias = Annotated[When | str, ReadAs(When)]
QuantityLike: TypeAlias = Annotated[Quantity | int | str, ReadAs(Quantity)]


class Locator(Value):
    """Where in a source the words stand: W3C TextPosition, in Unicode code points, end exclusive.

    Attributes:
        start: code points before the first word meant (from 0).
        end: code points up to and including the last one.
    """

    start: Annotated[int, Field(strict=True, le=2**53 - 1)]
    end: Annotated[int, Field(strict=True, le=2**53 - 1)]

    @model_validator(mode="after")
    def _forwards(self) -> Locator:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a locator runs forwards from 0: {self.start}-{self.end} does not")
        return self


def strings(value: Any) -> Iterator[str]:
    """Every plain string inside a dumped field, whatever its shape (`undecided`, `open`, lists ...)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)
