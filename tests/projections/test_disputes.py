from __future__ import annotations

from typing import TYPE_CHECKING

from claimledger.events import CauseOfDeath, Death, NoAnswer, OneOf
from claimledger.events.encoding import encode
from claimledger.projections import Disputes, replay

if TYPE_CHECKING:
    from tests.projections.conftest import World


def matrix(world: World) -> dict[str, dict[str, str]]:
    found = replay(Disputes("case"), world.events)
    return {row.question.key: {who: row.text(who) for who in found.holders} for row in found.rows}


def test_a_row_holds_what_each_holder_says(world: World) -> None:
    world.entity("one", OneOf(label="one", one_of=("z", "g")))
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az")
    world.claim("C2", CauseOfDeath(of="one", causes="natural"), "ru")
    world.claim("C3", NoAnswer(of="z", property="cause_of_death", status="no_comment"), "paper")
    world.claim("C4", Death(person="z"), "ngo")
    assert matrix(world) == {
        "z \u00b7 cause of death": {
            "az": "torture C1",
            "ru": "natural? C2",
            "paper": "no comment C3 (no answer)",
        }
    }


def test_a_holder_that_says_nothing_has_an_empty_cell(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az")
    world.claim("C2", CauseOfDeath(of="z", causes="natural"), "ru", strength="likely")
    world.claim("C3", CauseOfDeath(of="g", causes="torture"), "az")
    world.claim("C4", CauseOfDeath(of="g", causes="torture"), "ngo")
    assert matrix(world) == {
        "z \u00b7 cause of death": {"az": "torture C1", "ru": "natural C2 (likely)", "ngo": "."},
        "g \u00b7 cause of death": {"az": "torture C3", "ru": ".", "ngo": "torture C4"},
    }


def test_what_a_holder_moved_on_from_keeps_its_place(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-01")
    world.claim("C2", CauseOfDeath(of="z", causes="natural"), "ru", "2025-07-05")
    world.claim("C3", CauseOfDeath(of="z", causes="torture"), "az")
    assert matrix(world)["z \u00b7 cause of death"]["ru"] == "suicide C1 (superseded); natural C2"


def test_one_claim_of_one_voice_or_another_makes_no_row(world: World) -> None:
    voice = {"undecided": [{"asserter": "az"}, {"asserter": "ngo"}]}
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), voice=voice)
    assert matrix(world) == {}
    world.claim("C2", CauseOfDeath(of="z", causes="natural"), "ru")
    assert matrix(world)["z \u00b7 cause of death"] == {
        "az": "torture? C1",
        "ru": "natural C2",
        "ngo": "torture? C1",
    }


def test_a_matrix_is_data_too_and_can_be_read_out_of_a_state(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "az")
    world.claim("C2", CauseOfDeath(of="z", causes="natural"), "ru")
    shown = Disputes.of(world.state()).to_json()
    assert encode(shown, max_bytes=10**6)
    assert shown["rows"][0]["state"] == "disputed"
    assert shown == replay(Disputes("case"), world.events).to_json()
