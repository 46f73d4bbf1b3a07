"""What a claim names and which codes it uses is found by the marks on its fields, whatever they are wrapped in."""

from __future__ import annotations

from typing import Annotated

import pytest

from claimledger.checks import (
    Reference,
    code_problems,
    protected_gap,
    references,
    with_claim_ids,
    with_entity_names,
)
from claimledger.events import (
    Act,
    CauseOfDeath,
    General,
    Kind,
    OneOf,
    Opinion,
    OtherKind,
    Reason,
    Reply,
    Term,
)
from claimledger.events.claims import ClaimRecorded
from claimledger.events.kinds import kinds
from claimledger.events.values import EntityName, Names, Open, OpenTerms, Value


def found(value: Value) -> list[tuple[str, str, str]]:
    return [(each.path, each.what, each.name) for each in references(value)]


def test_entities_are_found_inside_lists_open_lists_and_alternatives() -> None:
    act = Act.model_validate(
        {
            "act": "raid",
            "by": ["police", "shared:army"],
            "to": {"undecided": ["a", ["b", "c"]]},
            "because_of": {"open": ["e"]},
            "place": {"either": ["home", "work"]},
        }
    )
    assert found(act) == [
        ("act", "entity", "raid"),
        ("by.0", "entity", "police"),
        ("by.1", "entity", "shared:army"),
        ("to.undecided.0", "entity", "a"),
        ("to.undecided.1.0", "entity", "b"),
        ("to.undecided.1.1", "entity", "c"),
        ("place.either.0", "entity", "home"),
        ("place.either.1", "entity", "work"),
        ("because_of.open.0", "entity", "e"),
    ]


def test_all_that_a_claim_names_is_found_with_its_path() -> None:
    claim = ClaimRecorded.model_validate(
        {
            "ref": "C1",
            "claim": CauseOfDeath(of="z", causes=["torture", Term(act="raid")]),
            "voice": {
                "undecided": [{"asserter": "a"}, {"asserter": "b", "relays": [{"by": "c", "document": "d"}]}]
            },
            "source": "s",
            "based_on": [{"item": "video"}],
        }
    )
    assert found(claim) == [
        ("claim.of", "entity", "z"),
        ("claim.causes.1.act", "entity", "raid"),
        ("voice.undecided.0.asserter", "entity", "a"),
        ("voice.undecided.1.asserter", "entity", "b"),
        ("voice.undecided.1.relays.0.by", "entity", "c"),
        ("voice.undecided.1.relays.0.document", "source", "d"),
        ("source", "source", "s"),
        ("based_on.0.item", "entity", "video"),
    ]


def test_a_choice_names_its_candidates_and_its_complement() -> None:
    choice = OneOf(label="the other", one_of=["z", "g"], other_than="one")
    assert found(choice) == [
        ("one_of.0", "entity", "z"),
        ("one_of.1", "entity", "g"),
        ("other_than", "entity", "one"),
    ]


class Boat(Value):
    """A model inside a kind of one's own."""

    skipper: EntityName
    next: Boat | None = None


class Crossing(Kind):
    """A kind of one's own."""

    KIND = "org.example.crossing"
    SUBJECT = "boats"

    boats: tuple[Boat, ...]
    seen_in: Annotated[tuple[str, ...], Names("claim")] = ()
    owner: Open[EntityName] | None = None


def test_a_kind_of_ones_own_with_models_inside_itself_is_walked() -> None:
    crossing = Crossing(boats=(Boat(skipper="a", next=Boat(skipper="b")),), seen_in=("C1",), owner="c")
    assert found(crossing) == [
        ("boats.0.skipper", "entity", "a"),
        ("boats.0.next.skipper", "entity", "b"),
        ("seen_in.0", "claim", "C1"),
        ("owner", "entity", "c"),
    ]
    renamed = with_entity_names(crossing, {"b": "person-1"})
    assert [each.name for each in references(renamed)] == ["a", "person-1", "C1", "c"]
    assert with_entity_names(crossing, {"x": "y"}) is crossing


def test_codes_are_held_against_the_list_of_their_field() -> None:
    assert list(code_problems(CauseOfDeath(of="z", causes=["torture", "example.org:venom"]))) == []
    wrong = CauseOfDeath(of="z", causes=["tortur"], manner="torture")
    paths = [path for path, _ in code_problems(wrong)]
    assert paths == ["causes.0.code", "manner"]
    assert 'did you mean "torture"?' in next(code_problems(wrong))[1]


def test_codes_are_found_in_open_lists_and_alternatives() -> None:
    reason = Reason(act="raid", kind="stated", values=OpenTerms(open=["espionage", "nonsense"]))
    assert [path for path, _ in code_problems(reason)] == ["values.open.1.code"]
    act = Act.model_validate({"act": "raid", "type": {"undecided": ["raid", "nonsense"]}})
    assert [path for path, _ in code_problems(act)] == ["type.undecided.1"]


def test_names_of_claims_become_event_ids_and_nothing_else_changes() -> None:
    reply = Reply(claims=["C1", "C2"], kind="rebuts", by=["C3"])
    changed = with_claim_ids(reply, {"C1": "one", "C2": "two", "C3": "three"}.__getitem__)
    assert (changed.claims, changed.kind, changed.by) == (("one", "two"), "rebuts", ("three",))
    act = Act(act="raid", by="police")
    assert with_claim_ids(act, str.upper) is act


@pytest.mark.parametrize("name", sorted(kinds))
def test_no_kind_loses_a_mark_on_the_way(name: str) -> None:
    marked = {
        field
        for field, info in kinds[name].model_fields.items()
        if "Names(" in repr(info.annotation) + repr(info.metadata)
    }
    kind = kinds[name].model_construct()
    for field in kinds[name].model_fields:
        object.__setattr__(kind, field, "some-name" if field in marked else None)
    assert {each.path for each in references(kind)} == marked


def test_an_opinion_and_a_pattern_need_their_text() -> None:
    assert protected_gap(Opinion(about="raid", tone="condemns")) == "text"
    assert protected_gap(General(topic="deaths")) == "text"
    assert protected_gap(General(topic="deaths", text="They are often given as ...")) is None
    assert protected_gap(OtherKind()) is None


def test_a_reference_shows_where_it_stands() -> None:
    assert Reference("claim.by", "entity", "x").path == "claim.by"
