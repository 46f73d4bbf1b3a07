"""The custody of evidence items: who speaks of them, which copies there are, and where the chain has gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimledger.events import (
    Act,
    Attribute,
    CustodyTransferred,
    Death,
    EvidenceAttached,
    EvidenceItem,
    Place,
    RegisteredAct,
    ReliabilityAssessed,
    Shows,
)
from claimledger.events.claims import BasedOn
from claimledger.projections import Custody, ItemCustody, replay
from claimledger.projections.render_custody import custody_lines

if TYPE_CHECKING:
    from tests.projections.conftest import World

DIGEST, OTHER = "ab" * 32, "cd" * 32


def film(world: World) -> ItemCustody:
    found = replay(Custody(world.case), world.events).item("film")
    assert found is not None
    return found


def with_film(world: World, *, held: bool = False) -> World:
    world.entity("film", EvidenceItem(label="a film", held=held))
    return world


def gaps(item: ItemCustody) -> list[list[str]]:
    return [[gap.what for gap in step.gaps] for step in item.transfers]


def test_an_item_that_nobody_holds_is_listed_with_those_who_speak_of_it(world: World) -> None:
    with_film(world).entity("leak", RegisteredAct(label="a leak"))
    world.claim("C1", Shows(items="film", what="bruising.face"), "ngo")
    world.claim("C2", Attribute(of="film", name="owner", value="a guard"), "paper")
    world.claim("C3", Act(act="leak", type="publication", to="film"), "az")
    world.claim("C4", Death(person="z"), "ru", based_on=(BasedOn(item="film"),))
    world.withdraw("C2")
    item = film(world)
    assert [(one.ref, one.how, one.holder, str(one.status)) for one in item.mentions] == [
        ("C1", "shows", "ngo", "standing"),
        ("C2", "about", "paper", "withdrawn"),
        ("C3", "names", "az", "standing"),
        ("C4", "based_on", "ru", "standing"),
    ]
    assert (item.held, item.keeper, item.is_unbroken, item.attachments) == (False, None, False, ())


def test_a_copy_makes_an_item_held_and_two_digests_show_that_copies_differ(world: World) -> None:
    with_film(world).add(EvidenceAttached(item="film", sha256=DIGEST, size=6, obtained_from="ngo"))
    assert (film(world).held, film(world).digests) == (True, (DIGEST,))
    world.add(EvidenceAttached(item="film", sha256=OTHER, obtained_at="2025-07-05"))
    item = film(world)
    assert item.digests == (DIGEST, OTHER)
    assert [(one.obtained_from, one.obtained_at) for one in item.attachments] == [
        ("ngo", None),
        (None, "2025-07-05"),
    ]
    assert item.keeper is None


def test_an_item_registered_as_held_is_held(world: World) -> None:
    assert film(with_film(world, held=True)).held


def test_a_chain_without_gaps_is_unbroken_and_ends_with_its_keeper(world: World) -> None:
    with_film(world).entity("store", Place(label="a store room"))
    world.add(CustodyTransferred(item="film", given_by="paper", received_by="ngo", at="2025-07-04"))
    world.add(
        CustodyTransferred(item="film", given_by="ngo", received_by="az", at="2025-07-04", place="store")
    )
    item = film(world)
    assert (gaps(item), item.is_unbroken, item.keeper) == ([[], []], True, "az")
    assert [step.place for step in item.transfers] == [None, "store"]


def test_every_gap_of_a_chain_is_named_where_it_is(world: World) -> None:
    with_film(world)
    world.add(CustodyTransferred(item="film", received_by="ngo"))
    world.add(CustodyTransferred(item="film", given_by="paper", received_by="az", at="2025-07-05"))
    world.add(CustodyTransferred(item="film", given_by="az", received_by="ru", at="2025-07-04"))
    item = film(world)
    assert gaps(item) == [["no_giver", "no_date"], ["other_giver"], ["earlier_date"]]
    assert item.transfers[1].gaps[0].text == "given by the paper, while by the record the NGO had it"
    assert item.transfers[2].gaps[0].text == "dated 2025-07-04, before the transfer of 2025-07-05"
    assert (item.keeper, item.is_unbroken) == ("ru", False)


def test_a_vague_date_is_not_held_against_another(world: World) -> None:
    with_film(world)
    world.add(CustodyTransferred(item="film", given_by="paper", received_by="ngo", at="2025-07"))
    world.add(CustodyTransferred(item="film", given_by="ngo", received_by="az", at="2025-06-30~"))
    assert gaps(film(world)) == [[], []]


def test_keepers_and_items_that_are_judged_the_same_are_one(world: World) -> None:
    with_film(world).entity("clip", EvidenceItem(label="a clip", held=True))
    world.add(CustodyTransferred(item="film", given_by="ru", received_by="ngo", at="2025-07-04"))
    world.add(CustodyTransferred(item="clip", given_by="paper", received_by="az", at="2025-07-05"))
    same = [world.same("film", "clip"), world.same("ngo", "paper")]
    joined = replay(Custody(world.case), world.events)
    (item,) = joined.items
    assert (item.held, gaps(item), item.keeper, joined.item("clip")) == (True, [[], []], "az", item)
    for one in same:
        world.undo(one)
    parted = replay(Custody(world.case), world.events).items
    assert [(one.item, one.held, one.keeper) for one in parted] == [
        ("film", False, "ngo"),
        ("clip", True, "az"),
    ]


def test_assessments_stand_beside_the_item_and_change_no_question(world: World) -> None:
    with_film(world)
    world.claim("C1", Shows(items="film", what="bruising.face"), "ngo")
    before = world.state()
    world.add(ReliabilityAssessed(entity="film", scale="admiralty", grade="B2", assessor="paper"))
    world.add(ReliabilityAssessed(claim=world.ids["C1"], scale="admiralty", grade="F", assessor="paper"))
    assert [(one.scale, one.grade, one.assessor) for one in film(world).assessments] == [
        ("admiralty", "B2", "paper")
    ]
    assert [one.to_json() for one in world.state().questions] == [one.to_json() for one in before.questions]


def test_assessments_of_claims_sources_and_speakers_are_listed_with_those_of_items(world: World) -> None:
    with_film(world).claim("C1", Shows(items="film", what="bruising.face"), "ngo")
    world.add(ReliabilityAssessed(entity="film", scale="admiralty", grade="B2", assessor="paper"))
    world.add(ReliabilityAssessed(claim=world.ids["C1"], scale="admiralty", grade="F", assessor="paper"))
    world.add(ReliabilityAssessed(source="doc", scale="our words", grade="fair", assessor="ngo", note="seen"))
    world.add(ReliabilityAssessed(entity="ru", scale="admiralty", grade="D", assessor="ngo", at="2025-07"))
    custody = replay(Custody(world.case), world.events)
    assert [(one.of, one.name, one.grade, one.assessor) for one in custody.assessments] == [
        ("entity", "film", "B2", "paper"),
        ("claim", "C1", "F", "paper"),
        ("source", "doc", "fair", "ngo"),
        ("entity", "ru", "D", "ngo"),
    ]
    assert custody.to_json()["assessments"] == [one.to_json() for one in custody.assessments]
    shown = [" ".join(line.plain.split()) for line in custody_lines(custody)]
    assert shown[shown.index("ASSESSED BY SOMEBODY") + 1 :] == [
        f"index {custody.assessments[1].index}: the paper assesses claim C1 as F (admiralty)",
        f"index {custody.assessments[2].index}: the NGO assesses source doc as fair (our words): seen",
        f"index {custody.assessments[3].index}: the NGO assesses Russian authorities as D (admiralty, 2025-07)",
    ]


def test_what_was_recorded_later_is_not_known_earlier(world: World) -> None:
    with_film(world).add(CustodyTransferred(item="film", given_by="paper", received_by="ngo"))
    then = len(world.events) - 1
    world.add(CustodyTransferred(item="film", given_by="ngo", received_by="az"))
    earlier = replay(Custody(world.case, known_at=then), world.events).item("film")
    assert earlier is not None
    assert (earlier.keeper, film(world).keeper) == ("ngo", "az")


def test_the_data_form_holds_every_step_and_where_it_comes_from(world: World) -> None:
    with_film(world).add(EvidenceAttached(item="film", sha256=DIGEST))
    world.add(CustodyTransferred(item="film", received_by="ngo", note="sealed"))
    custody = replay(Custody(world.case), world.events)
    data = custody.to_json()
    (item,) = data["items"]
    assert (item["digests"], item["keeper"]) == ([DIGEST], "ngo")
    assert "note" not in item["transfers"][0]
    assert item["transfers"][0]["gaps"][0] == {"what": "no_giver", "text": "who gave it is not stated"}
    assert data["provenance"] == custody.state.provenance().to_json()
