"""Histories of a case, generated: claims that meet on a few questions, replies to them, and acts of the recorder.

1. A `History` is plain data; `grown` makes a `World` of it, in the order that is asked for.
2. Names of events follow from refs alone, so that a reply names the same claim in whatever order things are recorded.
3. At most three things in a history are left open, so that every reading of all of them can be tried.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import strategies as st

from claimledger.events import (
    Act,
    Attribute,
    Authority,
    CauseOfDeath,
    Count,
    Death,
    Kind,
    NoAnswer,
    OneOf,
    Opinion,
    Place,
    Quantity,
    Reason,
    RegisteredAct,
    Reply,
    Term,
    Unnamed,
    either,
    undecided,
)

if TYPE_CHECKING:
    from tests.projections.conftest import World

__all__ = ["History", "NewWorld", "event_id", "grown", "histories"]

NewWorld: TypeAlias = "Callable[[], World]"

MOST_OPEN = 3
STRENGTHS: list[Any] = ["asserted"] * 6 + ["likely", "possible", {"either": ["likely", "possible"]}]
POLARITIES = ["affirmed"] * 5 + ["negated"]

STATEMENTS = {"s1": ("ru", "2025-07-03"), "s2": ("az", "2025-07-01")}


@dataclass(frozen=True)
class History:
    """What is recorded of a case.

    Attributes:
        claims: ref to what `World.claim` takes; those that are named by others come first.
        acts: what the recorder does afterwards: its name and arguments.
    """

    claims: dict[str, dict[str, Any]]
    acts: list[tuple[str, Any]] = field(default_factory=list)


def event_id(ref: str, case: str = "case") -> str:
    """The id that a `World` gives the event of a claim."""
    return str(uuid.UUID(hashlib.sha256(f"{case} {ref}".encode()).hexdigest()[:32], version=4))


def grown(new_world: NewWorld, history: History, order: Sequence[str] | None = None) -> World:
    """A world in which a history was recorded, its claims in some order."""
    world = new_world()
    for name, entity in {
        "one": OneOf(label="one", one_of=("z", "g")),
        "other": OneOf(label="other", one_of=("z", "g"), other_than="one"),
        "raid": RegisteredAct(label="the raid"),
        "city": Place(label="the city", country="RU"),
        "sizo": Place(label="the prison", part_of="city"),
        "capital": Place(label="the capital", country="AZ"),
        "ministry": Authority(label="the ministry", part_of="ru"),
        "official": Unnamed(label="an official", part_of="ru"),
    }.items():
        world.entity(name, entity)
    for ref in order or list(history.claims):
        world.claim(ref, **history.claims[ref])
    judged: list[str] = []
    for act, given in history.acts:
        if act == "judge":
            world.judge(*given)
        elif act == "same":
            judged.append(world.same(*given))
        elif act == "undo" and judged:
            world.undo(judged[given % len(judged)])
        elif act == "withdraw":
            world.withdraw(given)
        elif act == "amend":
            ref, content = given
            world.amend(ref, content["kind"], "ru", "2025-07-05", polarity=content["polarity"])
    return world


people = st.sampled_from(["z", "z", "z", "g", "one", "other"])
codes = st.sampled_from(
    ["torture", "torture", "natural", "injury", "injury.head", "injury.multiple", "injury.gunshot"]
)
roles = st.sampled_from([None, None, "immediate", "underlying"])
terms = st.one_of(
    st.builds(Term, code=codes, role=roles),
    st.builds(Term, code=codes, role=roles),
    st.builds(Term, act=st.just("raid"), role=roles),
    st.builds(Term, text=st.just("a fall")),
)
causes = st.one_of(
    codes,
    st.lists(terms, min_size=1, max_size=2, unique_by=str),
    st.builds(lambda code: {"open": [code]}, codes),
)
days = st.sampled_from(
    ["2025-06-27", "2025-06-28", "2025-06", "[..2025-06-20]", "[2025-06-26,2025-06-28]", "2025-06-29~",
     "2025-06-01/2025-06-27", "XXXX-06-27"]
)  # fmt: skip
numbers = st.one_of(
    st.sampled_from(
        ["6", "8", "at least 8", "more than 8", "up to 8", "fewer than 8", "7 to 9", "around 50", "dozens"]
    ),
    st.builds(
        Quantity, point=st.sampled_from([6, 8]), certainty=st.sampled_from([None, "confirmed", "presumed"])
    ),
)
places = st.sampled_from(["city", "sizo", "capital"])
parties = st.sampled_from(["az", "ru", "ministry", "ngo", ("az", "ru"), "one"])


def either_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=2, max_size=2, unique_by=str).map(lambda two: either(*two))


def undecided_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=2, max_size=2, unique_by=str).map(lambda two: undecided(*two))


def lists_of_codes() -> st.SearchStrategy[Any]:
    return st.lists(codes, min_size=1, max_size=2, unique=True).map(tuple)


FAMILIES: dict[str, st.SearchStrategy[Kind]] = {
    "cause": st.one_of(
        st.builds(CauseOfDeath, of=people, causes=causes),
        st.builds(CauseOfDeath, of=people, causes=causes),
        st.builds(CauseOfDeath, of=st.just("z"), causes=codes),
        st.builds(CauseOfDeath, of=people, causes=codes, manner=st.sampled_from(["homicide", "natural"])),
        st.builds(CauseOfDeath, of=people, causes=either_of(lists_of_codes())),
    ),
    "death": st.builds(
        Death,
        person=people,
        when=st.one_of(st.none(), days, either_of(days)),
        place=st.one_of(st.none(), places),
        in_custody=st.sampled_from([None, None, True, False, "ru"]),
    ),
    "count": st.builds(
        Count, group=st.just("both"), quantity=st.one_of(numbers, either_of(numbers)),
        as_of=st.sampled_from([None, None, "2025-07-01"]),
    ),
    "attribute": st.one_of(
        st.builds(
            Attribute, of=st.sampled_from(["z", "one", ("z", "g"), "both"]), name=st.just("occupation"),
            value=st.sampled_from(["baker", "driver", ("baker", "driver")]),
            distribution=st.sampled_from([None, "each", "together"]),
        ),
        st.builds(
            Attribute, of=st.sampled_from(["z", "one"]), name=st.just("age"),
            value=st.sampled_from(["45", "at least 40", "46", "middle-aged", "around 45"]),
        ),
        st.builds(Attribute, of=st.just("z"), name=st.just("birth_date"), value=days),
    ),
    "act": st.builds(
        Act, act=st.just("raid"), by=st.one_of(st.none(), parties), when=st.one_of(st.none(), days),
        place=st.one_of(st.none(), places), intent=st.sampled_from([None, "deliberate", "negligent"]),
    ),
    "reason": st.builds(
        Reason, act=st.just("raid"), kind=st.sampled_from(["stated", "motive"]),
        values=st.sampled_from(["espionage", "fraud", ("espionage", "fraud"), {"open": ["espionage"]}]),
        against=st.sampled_from([None, "z", "both"]),
    ),
}  # fmt: skip
SILENT = {
    "cause": "cause_of_death",
    "death": "death.when",
    "count": "count",
    "attribute": "age",
    "act": "when",
}
OPEN: dict[str, st.SearchStrategy[Kind]] = {
    "cause": st.one_of(
        st.builds(CauseOfDeath, of=people, causes=undecided_of(lists_of_codes())),
        st.builds(CauseOfDeath, of=st.just(undecided("z", "g")), causes=codes),
        st.builds(CauseOfDeath, of=st.just(either("z", "g")), causes=codes),
    ),
    "death": st.builds(Death, person=people, when=undecided_of(days)),
    "count": st.builds(Count, group=st.just("both"), quantity=undecided_of(numbers)),
    "attribute": st.builds(
        Attribute, of=st.just(undecided("z", "g")), name=st.just("occupation"), value=st.just("baker")
    ),
    "act": st.builds(Act, act=st.just("raid"), place=undecided_of(places)),
}

asserters = st.sampled_from(
    ["ru", "ru", "ru", "az", "az", "ngo", "ngo", "paper", "reports", "ministry", "official", "one"]
)
days_said = ["2025-07-01", "2025-07-03", "2025-07-05", "2025-07-06"]
times = st.sampled_from(
    [*days_said, *days_said, None, "[..2025-07-03]", "2025-07-05~", "2025-07-01/2025-07-04"]
)
relays = st.lists(st.sampled_from(["ngo", "paper", "az"]), max_size=2, unique=True)


@st.composite
def voices(draw: st.DrawFn) -> dict[str, Any]:
    """One voice, as its members."""
    hops = [{"by": by} for by in draw(relays)]
    statement = draw(st.sampled_from([None, None, None, "s1", "s2"]))
    if statement is not None:
        asserter, said = STATEMENTS[statement]
        return {"asserter": asserter, "asserted_at": said, "statement": statement, "relays": hops}
    voice = {
        "asserter": draw(asserters), "asserted_at": draw(times), "relays": hops,
        "on_behalf_of": draw(st.sampled_from([None, None, None, "ru"])),
    }  # fmt: skip
    return {name: value for name, value in voice.items() if value is not None}


@st.composite
def histories(draw: st.DrawFn, *, most: int = 6, acts: bool = True) -> History:
    """A history of a case.

    Args:
        draw: given by hypothesis.
        most: how many claims besides replies.
        acts: whether the recorder judges, amends, withdraws and says who is the same.
    """
    family = draw(st.sampled_from(["cause", "cause", *FAMILIES]))
    left = MOST_OPEN
    claims: dict[str, dict[str, Any]] = {}
    for number in range(draw(st.integers(2, most))):
        silent = family in SILENT and draw(st.integers(0, 5)) == 5
        opening = draw(st.sampled_from(["", "", "", "kind", "voice", "strength"])) if left else ""
        left -= bool(opening)
        kinds = OPEN.get(family, FAMILIES[family]) if opening == "kind" else FAMILIES[family]
        of = {"cause": people, "death": people, "count": st.just("both"), "act": st.just("raid")}
        kind = (
            NoAnswer(
                of=draw(of.get(family, people)), property=SILENT[family],
                status=draw(st.sampled_from(["undetermined", "no_comment", "being_clarified"])),
            )
            if silent
            else draw(kinds)
        )  # fmt: skip
        voice: Any = draw(voices())
        if opening == "voice":
            others = [draw(voices()), voice]
            voice = {"undecided": others}
        grounds = [{"claim": event_id(ref)} for ref in claims if draw(st.integers(0, 9)) == 9]
        claims[f"C{number}"] = {
            "kind": kind,
            "voice": voice,
            "polarity": draw(st.sampled_from(POLARITIES)),
            "strength": draw(
                st.just({"undecided": ["asserted", "possible"]})
                if opening == "strength"
                else st.sampled_from(STRENGTHS)
            ),
            "hedges": draw(st.sampled_from([[], [], [], [], ["reportedly"]])),
            "based_on": grounds,
        }
    for number in range(draw(st.integers(0, 3))):
        target = draw(st.sampled_from(list(claims)))
        how = draw(
            st.sampled_from(["retracts", "corrects", "rebuts", "undercuts", "clarifies", "corroborates"])
        )
        own = draw(st.booleans())
        claims[f"R{number}"] = {
            "kind": Reply(claims=[event_id(target)], kind=how),
            "voice": claims[target]["voice"] if own else draw(voices()),
            "polarity": draw(st.sampled_from(POLARITIES)),
        }
    for number in range(draw(st.integers(0, 1))):
        claims[f"P{number}"] = {"kind": Opinion(about="z", tone="condemns"), "voice": draw(voices())}
    return History(claims, draw(_acts(claims, FAMILIES[family])) if acts else [])


def _acts(claims: dict[str, Any], kinds: st.SearchStrategy[Kind]) -> st.SearchStrategy[list[tuple[str, Any]]]:
    ref = st.sampled_from(list(claims))
    plain = st.sampled_from([one for one in claims if one.startswith("C")])
    verbs = st.sampled_from(["undercuts", "contradicts", "supports"])
    judged = st.tuples(st.lists(ref, min_size=1, max_size=1), verbs, st.lists(ref, min_size=1, max_size=1))
    pairs = [
        ("one", "z"),
        ("ngo", "paper"),
        ("city", "capital"),
        ("official", "ministry"),
        ("reports", "ngo"),
    ]
    content = st.fixed_dictionaries({"kind": kinds, "polarity": st.sampled_from(["affirmed", "negated"])})
    return st.lists(
        st.one_of(
            st.tuples(st.just("judge"), judged),
            st.tuples(st.just("same"), st.sampled_from(pairs)),
            st.tuples(st.just("undo"), st.integers(0, 3)),
            st.tuples(st.just("withdraw"), ref),
            st.tuples(st.just("amend"), st.tuples(plain, content)),
        ),
        max_size=4,
    )
