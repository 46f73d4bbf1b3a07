"""A state is the same whether the kinds of its claims are installed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace as with_changes
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events import (
    Answers,
    Codes,
    Event,
    Kind,
    KindDeclared,
    Open,
    RegisteredAct,
    Scope,
    States,
    either,
    undecided,
)
from claimledger.events.declaring import declaration_of
from claimledger.events.encoding import decode, encode
from claimledger.events.kinds import OtherKind, kinds, register_kind
from claimledger.events.registry import UnknownBody, read_body
from claimledger.events.values import EntityName, ListedCode, Parties, QuantityLike, Terms, Text, WhenLike
from claimledger.projections import CaseState, History, QuestionState, replay

if TYPE_CHECKING:
    from tests.projections.conftest import World

REGISTER = "4b3b5f0e-6f5c-5d5e-8f55-1d0a9a7f0a11"


class Flood(Kind):
    """Every form that a field may have, and every comparator."""

    KIND = "org.example.flood"
    SUBJECT = "of"
    SLOTS = ("note",)

    of: Annotated[Open[Parties], States("org.example.flooded", "yes")]
    name: ListedCode
    cause: Annotated[Open[Terms] | None, Answers("flood.cause", by="code")] = None
    metres: Annotated[Open[QuantityLike] | None, Answers("flood.metres", by="range")] = None
    when: Annotated[Open[WhenLike] | None, Answers("flood.when", by="time")] = None
    hit: Annotated[Open[Parties] | None, Answers("flood.hit", by="entity")] = None
    warned: Annotated[Open[bool] | None, Answers("flood.warned", by="flag")] = None
    value: Annotated[Open[Text | tuple[Text, ...]] | None, Answers("{name}", by="many", single=False)] = None
    said: Annotated[Text | None, Answers("flood.said", by="text")] = None
    by: Annotated[bool | Open[EntityName] | None, Answers("flood.by", by="entity")] = None
    level: Annotated[QuantityLike | None, Scope()] = None
    sorts: Annotated[Open[Terms] | None, Scope()] = None
    at: Annotated[Open[Parties] | None, Scope()] = None
    distribution: Literal["each", "together"] | None = None
    about: Annotated[tuple[EntityName, ...] | None, Codes("cause")] = None
    plan: dict[str, Any] | None = None
    note: Text | None = None


@contextmanager
def installed() -> Iterator[None]:
    register_kind(Flood)
    try:
        yield
    finally:
        del kinds[Flood.KIND]


def maybe_open(stated: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    two = st.tuples(stated, stated)
    return st.one_of(
        st.none(), stated, two.map(lambda pair: undecided(*pair)), two.map(lambda pair: either(*pair))
    )


people = st.sampled_from(["z", "g", "both", "az"])
parties = st.one_of(
    people,
    st.lists(people, min_size=1, max_size=2, unique=True),
    st.just({"all_of": "both"}),
    st.just({"open": ["z"]}),
)
term = st.one_of(
    st.sampled_from(["rain", "rain.heavy", "quake"]),
    st.just({"code": "rain", "role": "immediate"}),
    st.just({"act": "raid"}),
    st.just({"text": "the dam"}),
)
terms = st.one_of(
    st.lists(term, min_size=1, max_size=2), st.lists(term, min_size=1, max_size=2).map(lambda some: {"open": some})
)  # fmt: skip
amounts = st.sampled_from(["6", "at least 8", "about 5", "dozens", "3 to 5"])
days = st.sampled_from(["2031-04-02", "2031-04", "[..2031-04-03]", "2031-04-05~"])
words = st.sampled_from(["high", "low", "7", "2031-04-02"])
floods = st.builds(
    Flood,
    of=st.one_of(parties, st.just(undecided("z", "g")), st.just(either("z", "g"))),
    name=st.sampled_from(["height", "age", "birth_date"]),
    cause=maybe_open(terms),
    metres=maybe_open(amounts),
    when=maybe_open(days),
    hit=maybe_open(parties),
    warned=maybe_open(st.booleans()),
    value=maybe_open(words | st.lists(words, min_size=1, max_size=2).map(tuple)),
    said=st.none() | words,
    by=st.one_of(st.none(), st.booleans(), people, st.just(undecided("az", "ru"))),
    level=st.none() | amounts,
    sorts=maybe_open(terms),
    at=maybe_open(parties),
    distribution=st.sampled_from([None, "each", "together"]),
    plan=st.sampled_from([None, {"deep": [[{"a": [1, {"b": [[[[[[1]]]]]]}]}]]}]),
    note=st.sampled_from([None, "seen"]),
)
contents = st.fixed_dictionaries(
    {
        "kind": floods,
        "asserter": st.sampled_from(["az", "ru", "ngo", "reports"]),
        "polarity": st.sampled_from(["affirmed", "negated"]),
    }
)


def declared_in(world: World) -> None:
    world.add(KindDeclared.of(declaration_of(Flood)), stream=REGISTER)


def as_stored(event: Event) -> Event:
    """An event as another machine reads it, with what that machine knows."""
    members: Any = decode(encode(event.header.body))
    header = with_changes(event.header, body=members)
    body = read_body(header.type, header.version, members, {})
    assert not isinstance(body, UnknownBody)
    return with_changes(event, header=header, body=body)


def shown(events: list[Event]) -> tuple[Any, Any]:
    stored = [as_stored(event) for event in events]
    return replay(CaseState("case"), stored).to_json(), replay(History("case"), stored).to_json()


@given(history=st.lists(contents, min_size=1, max_size=5))
def test_the_state_is_the_same_with_and_without_the_kind(
    new_world: Callable[[], World], history: list[dict[str, Any]]
) -> None:
    world = new_world()
    world.entity("raid", RegisteredAct(label="the raid"))
    declared_in(world)
    for number, content in enumerate(history):
        world.claim(f"C{number}", content["kind"], content["asserter"], polarity=content["polarity"])
    with installed():
        with_it = shown(world.events)
        assert {type(as_stored(event).body.claim) for event in world.events[-1:]} == {Flood}  # type: ignore[union-attr]
    without_it = shown(world.events)
    assert {type(as_stored(event).body.claim) for event in world.events[-1:]} == {OtherKind}  # type: ignore[union-attr]
    assert with_it == without_it
    state = with_it[0]
    assert state["unread"] == []
    assert {ref for question in state["questions"] for ref in question["claims"]} == {
        f"C{number}" for number in range(len(history))
    }


def test_claims_of_a_declared_kind_are_disputed_like_any_other(world: World) -> None:
    declared_in(world)
    world.claim("C1", Flood(of="z", name="height", metres="6", cause=["rain"]), "az")
    world.claim("C2", Flood(of="z", name="height", metres="at least 8", cause=["rain.heavy"]), "ru")
    state = world.state()
    assert state.question("z", "flood.metres").state is QuestionState.DISPUTED
    assert state.question("z", "flood.cause").state is QuestionState.COMPATIBLE


def test_a_kind_that_the_ledger_does_not_declare_answers_nothing_though_it_is_installed(world: World) -> None:
    with installed():
        world.claim("C1", Flood(of="z", name="height", metres="6"))
        state = world.state()
    assert [view.ref for view in state.unread] == ["C1"]
    assert state.questions == ()


def test_the_first_declaration_of_a_kind_holds(world: World) -> None:
    declared_in(world)
    first = KindDeclared.of(declaration_of(Flood))
    fields = {name: field.model_copy(update={"answers": None}) for name, field in first.fields.items()}
    world.add(first.model_copy(update={"fields": fields}), stream=REGISTER)
    world.claim("C1", Flood(of="z", name="height", metres="6"))
    assert world.state().question("z", "flood.metres").claims == ("C1",)


def test_a_declaration_in_a_case_declares_nothing(world: World) -> None:
    world.add(KindDeclared.of(declaration_of(Flood)))
    world.claim("C1", Flood(of="z", name="height"))
    assert [view.ref for view in world.state().unread] == ["C1"]


def test_protected_content_is_in_no_state(world: World) -> None:
    declared_in(world)
    world.claim("C1", Flood(of="z", name="height", note="the keeper saw it", plan={"a": [1]}))
    state = world.state()
    assert getattr(state.claims["C1"].body.claim, "note") == "the keeper saw it"  # noqa: B009
    assert "keeper" not in str(state.to_json())


@pytest.mark.parametrize("deep", [{"a": [[[[[[[[[[1]]]]]]]]]]}])
def test_what_has_no_form_is_shown_as_text(world: World, deep: dict[str, Any]) -> None:
    declared_in(world)
    world.claim("C1", Flood(of="z", name="height", plan=deep))
    [claim] = world.state().to_json()["claims"]
    assert claim["body"]["claim"]["plan"] == encode(deep).decode()
