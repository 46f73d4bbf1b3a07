"""A kind of claim as data: enough for a stranger to compute with claims of a kind that is not installed there.

1. ``kind.declared`` stands in the ledger's shared register, once for each kind of one's own, before its first claim.
   Built-in kinds are never declared: they are part of this specification.
2. A declaration says which field a claim is about, what each field names, by which comparator it answers which
   question, what belongs to its scope, and its form: how its signed members are read.
3. What is computed from a claim of one's own kind is computed from its signed members and the declaration alone
   (`claimledger.events.declared_kinds`). Whether the kind is installed makes no difference.
4. What is protected answers nothing, so that no state depends on whether protected content is at hand.

Forms: ``name`` and ``names`` (of what `names` says), ``parties`` and ``terms`` (as in `claimledger.events.values`),
``code``, ``text``, ``texts`` (one or several), ``when``, ``quantity``, ``flag``, ``whole``; ``other`` is kept and
shown as it was signed, and answers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import StringConstraints, model_validator

from .registry import Body, register_body
from .values import Comparator, ReadAs, Value

__all__ = ["DeclaredAnswer", "DeclaredField", "DeclaredState", "Form", "KindDeclaration", "KindDeclared"]

Form: TypeAlias = Literal[
    "name",
    "names",
    "parties",
    "terms",
    "code",
    "text",
    "texts",
    "when",
    "quantity",
    "flag",
    "whole",
    "other",
]
FieldName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
PropertyName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(\{[a-z][a-z0-9_]*\}|[A-Za-z0-9][A-Za-z0-9._:-]*)$", max_length=128)
]
KindName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]+$", max_length=128)]

OWN_NAME: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9_-]+)+\Z")
"""A reverse-domain name, of a kind or a code list of one's own."""

_WORDS: Final[frozenset[Form]] = frozenset({"text", "texts"})
_COMPARED: Final[Mapping[Comparator, frozenset[Form]]] = MappingProxyType(
    {
        "code": _WORDS | {"code", "terms"},
        "range": _WORDS | {"quantity"},
        "time": _WORDS | {"when"},
        "entity": frozenset({"name", "names", "parties"}),
        "flag": frozenset({"flag"}),
        "many": _WORDS | {"code", "terms"},
        "text": _WORDS,
    }
)


class DeclaredAnswer(Value):
    """The question that a field answers; see `claimledger.events.values.Answers`.

    Attributes:
        property: the property asked about; ``{name}`` takes it from the field `name`.
        by: the comparator.
        single: whether only one answer can hold.
    """

    property: PropertyName
    by: Comparator
    single: bool


class DeclaredState(Value):
    """What recording the claim states by itself; see `claimledger.events.values.States`."""

    property: PropertyName
    code: str


class DeclaredField(Value):
    """One field of a kind.

    Attributes:
        form: how its signed members are read.
        required: whether it must be there.
        open: whether it may be undecided (by the reader) or left open (by the speaker).
        or_flag: whether a bare true or false may stand in its place.
        names: what its strings name, where they name something.
        codes: the code list of its codes.
        words: the only words that it takes, where there are such.
        answers: the question that it answers.
        states: what recording the claim states, at the subject.
        scope: whether answers that differ in it are not comparable.
    """

    form: Form
    required: bool
    open: bool
    or_flag: bool = False
    names: Literal["entity", "source", "claim"] | None = None
    codes: str | None = None
    words: Annotated[Sequence[str] | None, ReadAs(tuple[str, ...] | None)] = None
    answers: DeclaredAnswer | None = None
    states: DeclaredState | None = None
    scope: bool = False


class KindDeclaration(Value):
    """A kind of claim as data.

    Attributes:
        kind: the kind's name; one's own is a reverse-domain name.
        subject: the field that says what a claim is about.
        protected: fields that are committed to and never stand in signed bytes.
        fields: every field by name.
        code_lists: code lists of one's own, each code with its meaning.
    """

    kind: KindName
    subject: FieldName
    protected: Annotated[Sequence[FieldName], ReadAs(tuple[FieldName, ...])] = ()
    fields: Annotated[Mapping[FieldName, DeclaredField], ReadAs(dict[FieldName, DeclaredField])]
    code_lists: Annotated[
        Mapping[str, Mapping[str, str]] | None, ReadAs(dict[str, dict[str, str]] | None)
    ] = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.subject not in self.fields:
            raise ValueError(f"its subject {self.subject!r} is none of its fields")
        strangers = [name for name in self.protected if name not in self.fields]
        if strangers:
            raise ValueError(f"protected {strangers[0]!r} is none of its fields")
        for name, field in self.fields.items():
            if name.startswith("model_") or name == "kind_name" or hasattr(Value, name):
                raise ValueError(f"field {name}: the name has a meaning of its own here; pick another")
            problem = self._problem(name, field)
            if problem is not None:
                raise ValueError(f"field {name}: {problem}")
        return self

    def _problem(self, name: str, field: DeclaredField) -> str | None:
        """Why a field cannot be computed with by somebody who has nothing but this declaration."""
        computes = field.answers is not None or field.states is not None or field.scope
        if not computes:
            return None
        if name in self.protected:
            return "what is protected answers nothing and is no scope"
        if field.form == "other":
            return "a type of one's own cannot be read without its kind; use the types of events.values"
        subject = self.fields[self.subject]
        if subject.names != "entity" or subject.form == "terms" or self.subject in self.protected:
            return f"a question is about entities, and the subject {self.subject!r} names none"
        if field.states is not None and name != self.subject:
            return "States belongs on the subject"
        if field.answers is None:
            return None
        fits = field.form in _COMPARED[field.answers.by]
        if not fits or (field.answers.by == "entity" and field.names != "entity"):
            return f"{field.form} cannot be compared by {field.answers.by}"
        if field.answers.property.startswith("{"):
            named = self.fields.get(field.answers.property.strip("{}"))
            if named is None or named.open or not named.required or named.form not in ("code", "text"):
                return f"{field.answers.property} must be a code or text that is always stated"
        return None


@register_body
class KindDeclared(KindDeclaration, Body):
    """The recorder declares a kind of its own, in the shared register, before the kind's first claim.

    The first declaration of a name holds for the whole ledger; another one under that name is never recorded, and
    does nothing if it is found.
    """

    TYPE: ClassVar[str] = "kind.declared"

    @model_validator(mode="after")
    def _is_ones_own(self) -> Self:
        if not OWN_NAME.match(self.kind):
            raise ValueError("only kinds of one's own are declared, by a reverse-domain name")
        return self

    @classmethod
    def of(cls, declaration: KindDeclaration) -> KindDeclared:
        """The body that declares a kind."""
        return cls.model_validate(declaration.model_dump())
