"""A kind's declaration is its marks as data, and a class made from it reads what the kind's own class reads."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from claimledger.events import Answers, ClaimRecorded, Codes, Kind, KindDeclared, Open, Scope, States, Voice
from claimledger.events.codes import codes_of, problem_with
from claimledger.events.declarations import KindDeclaration
from claimledger.events.declared_kinds import DeclaredKind, as_declared, kind_of
from claimledger.events.declaring import declaration_of
from claimledger.events.encoding import decode, encode
from claimledger.events.kinds import OtherKind, kinds, register_kind
from claimledger.events.registry import read_body
from claimledger.events.values import EntityName, ListedCode, Parties, QuantityLike, Terms, Text, WhenLike
from claimledger.testing_strategies import kinds as any_kind

BUILT_IN = sorted(name for name in kinds if "." not in name)


class Dam(Kind):
    """A dam broke; made for these tests, and registered where one asks for it."""

    KIND = "org.example.dam"
    SUBJECT = "dam"
    SLOTS = ("note",)
    CODES = {"org.example.dam_cause": {"quake": "the earth shook", "rain": "too much of it"}}  # noqa: RUF012

    dam: Annotated[Open[EntityName], States("org.example.dam", "broken")]
    cause: Annotated[Open[Terms] | None, Codes("org.example.dam_cause"), Answers("dam.cause", by="code")] = (
        None
    )
    drop: Annotated[Open[QuantityLike] | None, Answers("dam.drop", by="range")] = None
    on: Annotated[WhenLike | None, Scope()] = None
    hit: Annotated[Open[Parties] | None, Answers("dam.hit", by="entity", single=False)] = None
    plan: dict[str, Any] | None = None
    note: Text | None = None


@pytest.fixture
def dam() -> Iterator[type[Dam]]:
    register_kind(Dam)
    yield Dam
    del kinds[Dam.KIND]


def as_signed(kind: Kind) -> dict[str, Any]:
    members = kind.model_dump(mode="json", exclude_none=True, exclude=set(kind.SLOTS))
    again: Any = decode(encode(members))
    return dict(again)


@given(kind=any_kind)
def test_a_class_made_from_the_declaration_reads_what_the_kinds_own_class_reads(kind: Kind) -> None:
    made = kind_of(declaration_of(type(kind)))
    read = made.model_validate(as_signed(kind))
    for name in type(kind).model_fields:
        stated = None if name in kind.SLOTS else getattr(kind, name)
        found = getattr(read, name)
        assert found == stated


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_declaration_of_a_class_made_from_a_declaration_is_that_declaration(name: str) -> None:
    declared = declaration_of(kinds[name])
    fields = {field: each.model_copy(update={"words": None}) for field, each in declared.fields.items()}
    assert declaration_of(kind_of(declared)) == declared.model_copy(update={"fields": fields})


def test_a_declaration_says_what_is_needed_to_compute() -> None:
    declared = declaration_of(Dam)
    assert (declared.kind, declared.subject, declared.protected) == ("org.example.dam", "dam", ("note",))
    assert {name: field.form for name, field in declared.fields.items()} == {
        "dam": "name",
        "cause": "terms",
        "drop": "quantity",
        "on": "when",
        "hit": "parties",
        "plan": "other",
        "note": "text",
    }
    drop = declared.fields["drop"].answers
    assert drop is not None
    assert (drop.property, drop.by, drop.single) == ("dam.drop", "range", True)
    assert declared.fields["on"].scope
    assert declared.fields["dam"].names == "entity"
    assert declared.code_lists == {"org.example.dam_cause": dict(Dam.CODES["org.example.dam_cause"])}


def test_a_declaration_survives_being_signed() -> None:
    body = KindDeclared.of(declaration_of(Dam))
    public, protected = body.split()
    signed: Any = decode(encode(public))
    assert protected == {}
    assert read_body("kind.declared", 1, signed, {}) == body


def test_only_kinds_of_ones_own_are_declared() -> None:
    with pytest.raises(ValidationError, match="reverse-domain"):
        KindDeclared.of(declaration_of(kinds["count"]))


def test_an_installed_kind_is_read_by_the_ledgers_declaration_all_the_same(dam: type[Dam]) -> None:
    body = ClaimRecorded(ref="C1", kind=dam.KIND, claim=dam(dam="high", drop="6"), voice=Voice(asserter="a"))
    signed = body.split()[0]
    read = as_declared(body, signed, {dam.KIND: kind_of(declaration_of(dam))})
    assert isinstance(read.claim, DeclaredKind)
    assert read.claim.kind_name == dam.KIND
    assert isinstance(as_declared(body, signed, {}).claim, OtherKind)


def test_protected_content_is_kept_where_it_is_at_hand_and_decides_nothing(dam: type[Dam]) -> None:
    declared = {dam.KIND: kind_of(declaration_of(dam))}
    body = ClaimRecorded(
        ref="C1", kind=dam.KIND, claim=dam(dam="high", note="seen"), voice=Voice(asserter="a")
    )
    signed = body.split()[0]
    with_note = as_declared(body, signed, declared)
    assert getattr(with_note.claim, "note") == "seen"  # noqa: B009 - the class is made at run time
    assert with_note.split()[0] == signed
    withheld = ClaimRecorded.model_validate(signed)
    assert as_declared(withheld, signed, declared).split()[0] == signed


def test_members_that_do_not_fit_the_declaration_leave_the_claim_unread(dam: type[Dam]) -> None:
    declared = {dam.KIND: kind_of(declaration_of(dam))}
    signed: dict[str, Any] = {"dam": "high", "drop": {"low": "no number"}}
    body = ClaimRecorded.model_validate(
        {"ref": "C1", "kind": dam.KIND, "claim": signed, "voice": {"asserter": "a"}}
    )
    read = as_declared(body, {"claim": signed}, declared)
    assert isinstance(read.claim, OtherKind)
    assert read.claim.model_extra == signed


def test_a_declared_claim_can_be_pickled() -> None:
    made = kind_of(declaration_of(Dam)).model_validate({"dam": "high", "cause": ["rain"]})
    assert pickle.loads(pickle.dumps(made)) == made


def of_fields(**fields: Any) -> type[Kind]:
    members = {
        "KIND": "org.example.wrong",
        "SUBJECT": "of",
        "__annotations__": fields,
        "__module__": __name__,
    }
    return type("Wrong", (Kind,), members)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"of": EntityName, "x": Annotated[dict[str, int], Answers("x", by="many")]}, "field x: .*cannot be read"),
        ({"of": EntityName, "x": Annotated[WhenLike, Answers("x", by="range")]}, "field x: when cannot be compared"),
        ({"of": EntityName, "x": Annotated[Text, Answers("x", by="entity")]}, "field x: text cannot be compared"),
        ({"of": Text, "x": Annotated[Text, Answers("x", by="text")]}, "names none"),
        ({"of": EntityName, "x": Annotated[Text, Answers("{y}", by="text")]}, "must be a code or text"),
        ({"of": EntityName, "x": Annotated[Text, States("x", "y")]}, "States belongs on the subject"),
        ({"of": EntityName, "x": Annotated[ListedCode, Codes("org.example.none")]}, "no code list"),
        ({"other": EntityName}, "none of its fields"),
    ],
)  # fmt: skip
def test_a_kind_with_which_strangers_could_not_compute_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        register_kind(of_fields(**fields))
    assert "org.example.wrong" not in kinds


def test_what_is_protected_answers_nothing() -> None:
    cls = of_fields(of=EntityName, x=Annotated[Text | None, Answers("x", by="text")])
    cls.SLOTS = ("x",)
    with pytest.raises(ValueError, match="protected answers nothing"):
        declaration_of(cls)


def test_field_names_with_a_meaning_of_their_own_are_refused() -> None:
    for name in ("model_fields", "kind_name", "copy"):
        with pytest.raises(ValidationError, match="meaning of its own"):
            KindDeclaration.model_validate(
                {
                    "kind": "org.example.odd",
                    "subject": name,
                    "fields": {name: {"form": "text", "required": True, "open": False}},
                }
            )


def test_a_code_list_of_ones_own_is_checked_like_any_other(dam: type[Dam]) -> None:
    assert codes_of("org.example.dam_cause") == Dam.CODES["org.example.dam_cause"]
    assert problem_with("org.example.dam_cause", "quake") is None
    assert 'did you mean "quake"?' in str(problem_with("org.example.dam_cause", "quaker"))
    assert problem_with("org.example.dam_cause", "example.org:war") is None


def test_two_code_lists_of_one_name_are_refused(dam: type[Dam]) -> None:
    other = type(
        "Other",
        (Dam,),
        {
            "KIND": "org.example.other_dam",
            "CODES": {"org.example.dam_cause": {"rain": "wet"}},
            "__module__": __name__,
        },
    )
    with pytest.raises(ValueError, match="with other codes"):
        register_kind(other)
