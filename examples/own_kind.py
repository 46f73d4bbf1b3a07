"""A kind of claim of one's own: how high the water stood, with questions and disputes like any other.

The marks on the fields do all the work: `Names` gets the reference checked, `Codes` the code, `Answers` makes it a
question with a comparator, `Scope` says what must agree before two answers are compared at all.

Run it as ``python own_kind.py``.
"""

from __future__ import annotations

from typing import Annotated

from claimledger import Keyring, Ledger
from claimledger.events import Answers, Authority, Kind, Place, Scope, Unnamed, register_kind
from claimledger.events.values import EntityName, QuantityLike, WhenLike
from claimledger.projections import CaseState


@register_kind
class WaterLevel(Kind):
    """How high the water stood at a place.

    Attributes:
        place: where.
        metres: how high, above the gauge's zero.
        as_of: the day that the level speaks of.
    """

    KIND = "org.example.water_level"
    SUBJECT = "place"

    place: EntityName
    metres: Annotated[QuantityLike, Answers("org.example.water_level", by="range")]
    as_of: Annotated[WhenLike | None, Scope()] = None


def main() -> None:
    """Record two readings of one gauge and show that they contradict."""
    with Ledger.create("memory:", origin="example.org/floods", keys=Keyring.in_memory()) as ledger:
        office = ledger.register_entity("office", Authority(label="Water Office"))
        case = ledger.create_case("spring-flood", title="The spring flood")
        gauge = case.register_entity("gauge", Place(label="the gauge at the bridge"))
        farmer = case.register_entity("farmer", Unnamed(label="a farmer at the river"))
        case.record(
            WaterLevel(place=gauge, metres="6", as_of="2031-04-02"), asserter=office, asserted_at="2031-04-03"
        )
        case.record(
            WaterLevel(place=gauge, metres="at least 8", as_of="2031-04-02"),
            asserter=farmer,
            asserted_at="2031-04-03",
        )
        question = ledger.replay(CaseState("spring-flood")).question(gauge, "org.example.water_level")
        print(f"{question.key}: {question.state}")
        for position in question.positions:
            print(f"  {position.text}")


if __name__ == "__main__":
    main()
