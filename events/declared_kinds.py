"""Claims of a declared kind, read without the kind: a class made from the declaration.

1. The class has the fields, marks and subject of the declaration, and the types of `claimledger.events.values`. So
   everything that goes by the marks of a kind, projections above all, goes by those of a declared one.
2. `as_declared` reads a claim of a kind of one's own in this way always, whether the kind is installed or not; one
   that is not declared, or does not fit its declaration, is an `OtherKind`: kept and shown, and answers nothing.
3. Whether protected content is at hand changes what can be shown, never what the claim is read as.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import StrictBool, StrictInt, ValidationError, create_model

from .claims import ClaimContent
from .declarations import DeclaredField, Form, KindDeclaration
from .encoding import decode, encode
from .kind_registry import Kind, other_kind
from .values import (
    Answers,
    Codes,
    Names,
    Parties,
    QuantityLike,
    Scope,
    States,
    Terms,
    WhenLike,
    opened,
)

__all__ = ["DeclaredKind", "as_declared", "kind_of"]

Claim = TypeVar("Claim", bound=ClaimContent)

_TYPES: Final[Mapping[Form, Any]] = {
    "name": str,
    "names": str | tuple[str, ...],
    "parties": Parties,
    "terms": Terms,
    "code": str,
    "text": str,
    "texts": str | tuple[str, ...],
    "when": WhenLike,
    "quantity": QuantityLike,
    "flag": StrictBool,
    "whole": StrictInt,
    "other": Any,
}


class DeclaredKind(Kind):
    """Base of the classes that are made from declarations.

    Attributes:
        DECLARATION: the declaration, in strict JSON.
        RAW: fields of form ``other``, which hold whatever was signed.
    """

    KIND: ClassVar[str] = ""
    SUBJECT: ClassVar[str] = ""
    DECLARATION: ClassVar[bytes] = b""
    RAW: ClassVar[tuple[str, ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return (_read_again, (self.DECLARATION, self.model_dump()))


def kind_of(declaration: KindDeclaration) -> type[DeclaredKind]:
    """The class of a declared kind; equal declarations have the same one."""
    plain = declaration.model_dump(mode="json", exclude_none=True, include=set(KindDeclaration.model_fields))
    return _made(encode(plain))


@lru_cache(maxsize=1024)
def _made(written: bytes) -> type[DeclaredKind]:
    declaration = KindDeclaration.model_validate(decode(written))
    fields: dict[str, Any] = {}
    for name, field in declaration.fields.items():
        required = field.required and name not in declaration.protected
        fields[name] = (_type(field), ...) if required else (_type(field, optional=True), None)
    made = create_model(declaration.kind, __base__=DeclaredKind, **fields)
    made.KIND, made.SUBJECT = declaration.kind, declaration.subject
    made.SLOTS = tuple(declaration.protected)
    made.DECLARATION = written
    made.RAW = tuple(name for name, field in declaration.fields.items() if field.form == "other")
    return made


def _type(field: DeclaredField, *, optional: bool = False) -> Any:
    """The annotation of a field, with its marks."""
    stated = _TYPES[field.form]
    if field.names is not None and field.form in ("name", "names"):
        stated = Annotated[stated, Names(field.names)]
    if field.open:
        stated = opened(stated)
    if field.or_flag:
        stated = StrictBool | stated
    if optional:
        stated = stated | None
    marks: list[Any] = [] if field.codes is None else [Codes(field.codes)]
    if field.answers is not None:
        marks.append(Answers(field.answers.property, field.answers.by, field.answers.single))
    if field.states is not None:
        marks.append(States(field.states.property, field.states.code))
    if field.scope:
        marks.append(Scope())
    for mark in marks:
        stated = Annotated[stated, mark]
    return stated


def _read_again(written: bytes, members: dict[str, Any]) -> DeclaredKind:
    return _made(written).model_validate(members)


def as_declared(body: Claim, signed: Mapping[str, Any], declared: Mapping[str, type[DeclaredKind]]) -> Claim:
    """A claim, read by the declaration of its kind where the kind is one's own.

    Args:
        body: the claim; not changed.
        signed: the members of its body as they were signed.
        declared: for each kind that the ledger declares, the class of its declaration (`kind_of`).

    Returns:
        The claim itself where its kind is built in; else one whose `claim` is a `DeclaredKind` or an `OtherKind`.
    """
    if "." not in body.kind:
        return body
    members = signed.get("claim")
    stated = members if isinstance(members, dict) else {}
    cls = declared.get(body.kind)
    claim = None if cls is None else _read(cls, stated, body.claim)
    return body.model_copy(update={"claim": other_kind(body.kind, stated) if claim is None else claim})


def _read(cls: type[DeclaredKind], stated: Mapping[str, Any], at_hand: Kind) -> DeclaredKind | None:
    disclosed = {slot: getattr(at_hand, slot, None) for slot in cls.SLOTS}
    for members in ({**stated, **disclosed}, stated) if disclosed else (stated,):
        try:
            return cls.model_validate(members)
        except ValidationError:
            continue  # without what was disclosed, which must not decide how the claim is read
    return None
