"""Two kinds of claim about floods. The marks on the fields do all the work.

Every field that answers a question, or belongs to the scope of an answer, has one of the types of
`claimledger.events.values`, so that somebody without this package reads its claims in the same way. The dates stand in
fields called `as_of` and `when`, as in the built-in kinds: by these names timelines and ``--true-on`` go.
"""

from __future__ import annotations

from typing import Annotated

from claimledger.events import Answers, Codes, Kind, Open, Scope, States, register_kind
from claimledger.events.values import EntityName, ListedCode, Parties, QuantityLike, Text, WhenLike

__all__ = ["Closure", "WaterLevel"]

CAUSES = {
    "damage": "the road is damaged",
    "damage.bridge": "a bridge is damaged",
    "water": "water stands or flows on the road",
    "works": "work on the road",
}


@register_kind
class WaterLevel(Kind):
    """How high the water stood at a place.

    Attributes:
        place: where.
        metres: how high, above the gauge's zero.
        as_of: the day that the level speaks of; levels of different days are not comparable.
    """

    KIND = "org.example.water_level"
    SUBJECT = "place"

    place: Open[EntityName]
    metres: Annotated[Open[QuantityLike], Answers("water_level", by="range")]
    as_of: Annotated[WhenLike | None, Scope()] = None


@register_kind
class Closure(Kind):
    """A road was closed (negated: is said not to have been).

    Attributes:
        road: which.
        cause: why, by a code of the list that comes with this kind.
        when: from when on.
        by: who closed it.
        note: what no code holds, in the recorder's words (behind a commitment).
    """

    KIND = "org.example.closure"
    SUBJECT = "road"
    SLOTS = ("note",)
    CODES = {"org.example.closure_cause": CAUSES}  # noqa: RUF012 - a constant of the class, as KIND is

    road: Annotated[Open[EntityName], States("closure", "closed")]
    cause: Annotated[
        Open[ListedCode] | None,
        Codes("org.example.closure_cause"),
        Answers("closure.cause", by="code"),
    ] = None
    when: Annotated[Open[WhenLike] | None, Answers("closure.since", by="time")] = None
    by: Annotated[Open[Parties] | None, Answers("closure.by", by="entity", single=False)] = None
    note: Text | None = None
