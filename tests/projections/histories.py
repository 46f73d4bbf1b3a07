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
    EvidenceItem,
    Kind,
    NoAnswer,
    OneOf,
    Opinion,
    Person,
    Place,
    Quantity,
    Reason,
    RegisteredAct,
    Relation,
    Reply,
    Shows,
    Term,
    Unnamed,
    When,
    either,
    undecided,
)

if TYPE_CHECKING:
    from tests.projections.conftest import World

__all__ = ["PLAIN", "History", "NewWorld", "event_id", "grown", "histories"]

NewWorld: TypeAlias = "Callable[[], World]"

MOST_OPEN = 3
STRENGTHS: list[Any] = ["asserted"] * 6 + ["likely", "possible", {"either": ["likely", "possible"]}]
POLARITIES = ["affirmed"] * 3 + ["negated"]

STATEMENTS = {"s1": ("ru", "2025-07-03"), "s2": ("az", "2025-07-01")}


@dataclass(frozen=True)
class History:
    """What is recorded of a case.

    Attributes:
        claims: ref to what `World.claim` takes; those that are named by others come first.
        acts: what the recorder does afterwards: its name and arguments.
        candidates: who "one" and "other" may be: two persons, or three.
    """

    claims: dict[str, dict[str, Any]]
    acts: list[tuple[str, Any]] = field(default_factory=list)
    candidates: tuple[str, ...] = ("z", "g")


def event_id(ref: str, case: str = "case") -> str:
    """The id that a `World` gives the event of a claim."""
    return str(uuid.UUID(hashlib.sha256(f"{case} {ref}".encode()).hexdigest()[:32], version=4))


def grown(new_world: NewWorld, history: History, order: Sequence[str] | None = None) -> World:
    """A world in which a history was recorded, its claims in some order."""
    world = new_world()
    for name, entity in {
        "h": Person(label="H"),
        "one": OneOf(label="one", one_of=history.candidates),
        "other": OneOf(label="other", one_of=history.candidates, other_than="one"),
        "raid": RegisteredAct(label="the raid"),
        "city": Place(label="the city", country="RU"),
        "sizo": Place(label="the prison", part_of="city"),
        "cell": Place(label="the cell", part_of="sizo"),
        "square": Place(label="the square", part_of="city"),
        "capital": Place(label="the capital", country="AZ"),
        "ministry": Authority(label="the ministry", part_of="ru"),
        "police": Authority(label="the police", part_of="ministry"),
        "video": EvidenceItem(label="the video"),
        "photo": EvidenceItem(label="the photo"),
        "official": Unnamed(label="an official", part_of="ru"),
        "somewhere": OneOf(label="somewhere", one_of=("sizo", "capital")),
    }.items():
        # Each choice doubles the worlds that the model has to try.
        if name != "somewhere" or name in str(history):
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


people = st.sampled_from(["z", "z", "z", "g", "h", "one", "other"])
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
plain_days = st.sampled_from(
    ["2025-06-27", "2025-06-27", "2025-06-28", "2025-06", "2025-06-XX", "2025-21", "[..2025-06-20]",
     "[2025-06-26,2025-06-28]", "[2025-06-26,2025-06-27]", "{2025-06-27,2025-07-02}", "2025-06-29~", "2025-06-27~",
     "2025-06-01/2025-06-27", "2025-06-26/2025-06-27", "XXXX-06-27"]
)  # fmt: skip
hours = st.sampled_from([None, "09:00", "09:00", "15:00", "21:30"])


@st.composite
def timed(draw: st.DrawFn, dates: st.SearchStrategy[str] = plain_days) -> When:
    """A date with a time of day beside it."""
    first, last = sorted((draw(hours), draw(hours)), key=lambda hour: hour or "")
    if draw(st.booleans()) and first is None:
        first, last = last, first
    words = draw(st.sampled_from([None, "early"])) if first or last else "early"
    time = {"earliest": first, "latest": last, "verbatim": words, "offset": draw(offsets)}
    return When.model_validate({"value": draw(dates), "time": time})


offsets = st.sampled_from(["+05:00", "+05:00", "+05:00", "Z", None])
days = st.one_of(plain_days, plain_days, timed())
numbers = st.one_of(
    st.sampled_from(
        [
            "6",
            "8",
            "at least 8",
            "more than 8",
            "up to 8",
            "fewer than 8",
            "7 to 9",
            "around 50",
            "dozens",
            "8 people",
        ]
    ),
    st.builds(
        Quantity, point=st.sampled_from([6, 8]), certainty=st.sampled_from([None, "confirmed", "presumed"])
    ),
)
places = st.sampled_from(["city", "city", "sizo", "cell", "square", "capital", "somewhere"])
parties: st.SearchStrategy[Any] = st.sampled_from(
    ["az", "ru", "ministry", "police", "official", "ngo", ("az", "ru"), ("police", "ngo"), "one",
     {"open": ["ministry"]}]
)  # fmt: skip
persons: st.SearchStrategy[Any] = st.sampled_from(
    ["z", "g", ("z", "g"), "both", {"all_of": "both"}, {"all_of": "both"}, {"open": ["z"]}, "one"]
)


def either_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=2, max_size=3, unique_by=str).map(lambda some: either(*some))


def undecided_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=2, max_size=3, unique_by=str).map(lambda some: undecided(*some))


def lists_of_codes() -> st.SearchStrategy[Any]:
    return st.lists(codes, min_size=1, max_size=2, unique=True).map(tuple)


shown = st.sampled_from(["bruising", "bruising.face", "injury", "arrest"])
FAMILIES: dict[str, st.SearchStrategy[Kind]] = {
    "cause": st.one_of(
        st.builds(CauseOfDeath, of=people, causes=causes),
        st.builds(CauseOfDeath, of=people, causes=causes),
        st.builds(CauseOfDeath, of=st.just("z"), causes=codes),
        st.builds(CauseOfDeath, of=people, causes=codes, manner=st.sampled_from(["homicide", "natural"])),
        st.builds(CauseOfDeath, of=people, causes=either_of(lists_of_codes())),
        st.builds(
            CauseOfDeath, of=people, causes=st.one_of(st.none(), causes),
            in_custody=st.sampled_from(["ru", "ministry", "az"]),
        ),
    ),
    "death": st.builds(
        Death,
        person=people,
        when=st.one_of(st.none(), days, either_of(days)),
        place=st.one_of(st.none(), places),
        in_custody=st.sampled_from([None, None, True, False, "ru", "ministry"]),
    ),
    "count": st.builds(
        Count, group=st.just("both"), quantity=st.one_of(numbers, either_of(numbers)),
        as_of=st.sampled_from([None, None, "2025-07-01"]),
    ),
    "attribute": st.one_of(
        st.builds(
            Attribute, of=st.one_of(st.sampled_from(["z", "z", "one"]), persons), name=st.just("occupation"),
            value=st.sampled_from(["baker", "driver", ("baker", "driver")]),
            distribution=st.sampled_from([None, "each", "together"]),
        ),
        st.builds(
            Attribute, of=st.sampled_from(["z", "one"]), name=st.just("age"),
            value=st.sampled_from(["45", "at least 40", "46", "middle-aged", "around 45"]),
        ),
        st.builds(Attribute, of=st.just("z"), name=st.just("birth_date"), value=plain_days),
        st.builds(
            Attribute, of=st.sampled_from(["z", "one"]), name=st.just("age"), details=st.sampled_from(["45", "46"]),
            value=st.sampled_from([None, None, "46"]),
        ),
    ),
    "act": st.one_of(
        st.builds(Act, act=st.just("raid"), place=places),
        st.builds(Act, act=st.just("raid"), when=days),
        st.builds(Act, act=st.just("raid"), by=parties),
        st.builds(Act, act=st.just("raid"), to=persons),
        st.builds(
            Act, act=st.just("raid"), by=st.one_of(st.none(), parties), to=st.one_of(st.none(), persons),
            when=st.one_of(st.none(), days), place=st.one_of(st.none(), places),
            intent=st.sampled_from([None, "deliberate", "negligent"]),
        ),
    ),
    "reason": st.builds(
        Reason, act=st.just("raid"), kind=st.sampled_from(["stated", "motive"]),
        values=st.sampled_from(["espionage", "fraud", ("espionage", "fraud"), {"open": ["espionage"]}]),
        against=st.sampled_from([None, "z", "both", {"all_of": "both"}, ("z", "one")]),
    ),
    "shows": st.builds(
        Shows, items=st.sampled_from(["video", "video", ("video", "photo"), {"open": ["video"]}]),
        what=st.one_of(
            shown, st.lists(shown, min_size=1, max_size=2, unique=True), shown.map(lambda one: {"open": [one]})
        ),
        on=st.sampled_from([None, None, "z", {"all_of": "both"}, either("z", "g"), undecided("z", "g")]),
        distributed_by=st.one_of(st.none(), st.none(), parties),
    ),
    "relation": st.builds(
        Relation, a=people, kind=st.sampled_from(["kinship.brother", "kinship.brother", "membership"]),
        b=st.one_of(
            st.sampled_from(["g", "h", "one", "ministry", "ru"]), either_of(st.sampled_from(["g", "ru", "police"]))
        ),
    ),
}  # fmt: skip
PLAIN: dict[str, st.SearchStrategy[Kind]] = {
    "place": st.builds(Act, act=st.just("raid"), place=places),
    "day": st.builds(Act, act=st.just("raid"), when=plain_days),
    "time": st.builds(Act, act=st.just("raid"), when=timed(st.just("2025-06-27"))),
    "by": st.builds(Act, act=st.just("raid"), by=parties),
    "to": st.builds(Act, act=st.just("raid"), to=persons),
    "cause": st.builds(CauseOfDeath, of=st.just("z"), causes=causes),
    "count": st.builds(Count, group=st.just("both"), quantity=numbers),
    "occupation": st.builds(
        Attribute, of=st.just("z"), name=st.just("occupation"),
        value=st.sampled_from(["baker", "driver", ("baker", "driver")]),
    ),
    "shows": st.builds(Shows, items=st.just("video"), what=st.lists(shown, min_size=1, max_size=2, unique=True)),
    "several": st.builds(
        Death, person=st.just("z"), when=st.sampled_from([None, "2025-06", "2025-06-27"]),
        place=st.sampled_from([None, "city", "sizo"]), in_custody=st.sampled_from([None, None, True, "ru"]),
    ),
}  # fmt: skip
"""What a speaker plainly says, one sort of answer at a time: two of these meet at one question."""

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
        st.builds(
            CauseOfDeath, of=st.sampled_from([undecided("z", "g"), undecided("z", "g", "h")]), causes=codes
        ),
        st.builds(CauseOfDeath, of=st.just(either("z", "g")), causes=codes),
    ),
    "death": st.builds(Death, person=people, when=undecided_of(days)),
    "count": st.builds(Count, group=st.just("both"), quantity=undecided_of(numbers)),
    "attribute": st.builds(
        Attribute, of=st.just(undecided("z", "g")), name=st.just("occupation"), value=st.just("baker")
    ),
    "act": st.builds(
        Act, act=st.just("raid"), place=undecided_of(places), by=st.one_of(st.none(), undecided_of(parties))
    ),
    "shows": st.builds(Shows, items=st.just(undecided("video", "photo")), what=undecided_of(shown)),
    "relation": st.builds(
        Relation,
        a=st.just(undecided("z", "g", "h")),
        kind=st.just("kinship.brother"),
        b=st.sampled_from(["g", "one"]),
    ),
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
    family = draw(st.sampled_from(["cause", "act", *FAMILIES]))
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
            others = draw(st.lists(voices(), min_size=1, max_size=2))
            voice = {"undecided": [*others, voice]}
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
    candidates = draw(st.sampled_from([("z", "g"), ("z", "g"), ("z", "g", "h")]))
    return History(claims, draw(_acts(claims, FAMILIES[family])) if acts else [], candidates)


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
        ("g", "h"),
        ("cell", "square"),
        ("police", "az"),
        ("video", "photo"),
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
