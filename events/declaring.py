"""From the class of a kind to its declaration: the marks on its fields, and the form of their types, as data.

1. Forms are read off the annotations, through unions, lists and `ReadAs`; there is no second list of fields.
2. A field that answers, states or is a scope must be of a form that is readable without the class; a class that
   breaks this is refused when it is registered, not when its first claim is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from .dates import When
from .declarations import DeclaredAnswer, DeclaredField, DeclaredState, Form, KindDeclaration
from .quantities import Quantity
from .values import (
    AllOf,
    Answers,
    Codes,
    Either,
    Names,
    OpenParties,
    OpenTerms,
    ReadAs,
    Scope,
    States,
    Term,
    Undecided,
)

if TYPE_CHECKING:
    from .kind_registry import Kind

__all__ = ["declaration_of"]

_PLAIN: dict[Any, str] = {
    str: "text",
    bool: "flag",
    int: "whole",
    When: "when",
    Quantity: "quantity",
    AllOf: "all_of",
    OpenParties: "open_parties",
    OpenTerms: "open_terms",
    Term: "term",
}
_LISTS = (tuple, list, Sequence)
_ALONE: tuple[Form, ...] = ("when", "quantity", "flag", "whole")
_TEXTS = frozenset({"text", "text+"})
_PARTIES = _TEXTS | {"all_of", "open_parties"}
_TERMS = frozenset({"term", "term+", "open_terms"})


class _Leaf(NamedTuple):
    """One thing that a field may hold; ``+`` ends the name of what comes in a list."""

    what: str
    words: tuple[str, ...] = ()


@cache
def declaration_of(cls: type[Kind]) -> KindDeclaration:
    """The declaration of a kind.

    Args:
        cls: its class.

    Raises:
        ValueError: strangers could not compute with it; the message says which field, and why.
    """
    fields = {name: _field(info) for name, info in cls.model_fields.items()}
    try:
        return KindDeclaration.model_validate(
            {
                "kind": cls.KIND,
                "subject": cls.SUBJECT,
                "protected": cls.SLOTS,
                "fields": fields,
                "code_lists": {listing: dict(codes) for listing, codes in cls.CODES.items()} or None,
            }
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"kind {cls.KIND}: {f'{where}: ' if where else ''}{said}") from None


def _field(info: FieldInfo) -> DeclaredField:
    marks: list[Any] = list(info.metadata)
    read_as = next((mark.model for mark in marks if isinstance(mark, ReadAs)), info.annotation)
    leaves = list(_leaves(read_as, marks))
    # A field of one's own form may hold marks anywhere inside; outermost ones come first and win.
    answers = next((mark for mark in marks if isinstance(mark, Answers)), None)
    states = next((mark for mark in marks if isinstance(mark, States)), None)
    names = next((mark.what for mark in marks if isinstance(mark, Names)), None)
    codes = next((mark.list for mark in marks if isinstance(mark, Codes)), None)
    held = {leaf.what for leaf in leaves} - {"undecided", "either"}
    or_flag = "flag" in held and len(held) > 1
    form = _form(held - {"flag"} if or_flag else held, names, codes)
    words = tuple(word for leaf in leaves for word in leaf.words)
    return DeclaredField(
        form=form,
        required=info.is_required(),
        open={"undecided", "either"} <= {leaf.what for leaf in leaves},
        or_flag=or_flag and form != "other",
        names="entity" if form == "parties" else names if form in ("name", "names") else None,
        codes=codes,
        words=words if form == "text" and words else None,
        answers=None
        if answers is None
        else DeclaredAnswer(property=answers.property, by=answers.by, single=answers.single),
        states=None if states is None else DeclaredState(property=states.property, code=states.code),
        scope=any(isinstance(mark, Scope) for mark in marks),
    )


def _form(held: set[str], names: str | None, codes: str | None) -> Form:
    """The one form of all that a field may hold."""
    for alone in _ALONE:
        if held == {alone}:
            return alone
    one = held == {"text"}
    if names == "entity" and held <= _PARTIES:
        return "name" if one else "parties"
    if held <= _TEXTS:
        if names is not None:
            return "name" if one else "names"
        if codes is not None:
            return "code" if one else "terms"
        return "text" if one else "texts"
    if held <= _TERMS or (codes is not None and held <= _TERMS | _TEXTS):
        return "terms"
    return "other"


def _leaves(note: Any, marks: list[Any]) -> Iterator[_Leaf]:
    """What an annotation may hold, the marks on the way added to `marks`."""
    origin, inner = get_origin(note), get_args(note)
    if origin is Annotated:
        marks += note.__metadata__
        read_as = next((mark.model for mark in note.__metadata__ if isinstance(mark, ReadAs)), inner[0])
        yield from _leaves(read_as, marks)
        return
    if note in (None, NoneType):
        return
    if origin in (Union, UnionType):
        for part in inner:
            yield from _leaves(part, marks)
    elif origin is Literal:
        yield _Leaf("text", tuple(str(word) for word in inner))
    elif origin in _LISTS and inner and set(inner[1:]) <= {Ellipsis}:
        for leaf in _leaves(inner[0], marks):
            yield _Leaf(f"{leaf.what}+")
    elif isinstance(note, type) and issubclass(note, (Undecided, Either)):
        yield _Leaf("undecided" if issubclass(note, Undecided) else "either")
    else:
        yield _Leaf(_PLAIN.get(note, "other"))
