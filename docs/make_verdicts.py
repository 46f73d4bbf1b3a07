"""Write `reference/verdicts.md`: every verdict and every state of a question, as the code that decides it gives them.

Run it as ``python docs/make_verdicts.py`` after a rule changed; the tests hold the page to it. The values here are
examples of what sources say. Which verdict they get, why, and in what words is asked of the code; nothing of that
stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any, Final

from claimledger.events import (
    Act,
    Authority,
    CauseOfDeath,
    Count,
    Death,
    Entity,
    Group,
    Medium,
    NoAnswer,
    OneOf,
    Organisation,
    Person,
    Place,
    Quantity,
    RegisteredAct,
    Reply,
    Term,
    When,
)
from claimledger.projections import CaseState, Question, QuestionState, Verdict
from claimledger.projections.compare import COMPARATORS, Given, PartyValue, TermValue, WordValue, compare
from claimledger.projections.names import NamesInForce
from claimledger.projections.render_question import question_lines
from claimledger.projections.words import value_in_words
from claimledger.testing import memory_ledger

PAGE = Path(__file__).resolve().parent / "reference" / "verdicts.md"

Claims = list[tuple[Any, str, dict[str, Any]]]
Found = dict[tuple[str, Verdict], list[tuple[Given, Given, str]]]

ENTITIES: Final[Mapping[str, Entity]] = {
    "z": Person(label="the elder brother"),
    "g": Person(label="the younger brother"),
    "one": OneOf(label="one of the brothers", one_of=("z", "g")),
    "north": Authority(label="the North", country="AA"),
    "south": Authority(label="the South", country="BB"),
    "ngo": Organisation(label="the rights group"),
    "paper": Medium(label="the paper"),
    "agency": Medium(label="the agency"),
    "city": Place(label="the city", country="AA"),
    "prison": Place(label="the prison", part_of="city"),
    "capital": Place(label="the capital", country="BB"),
    "crossing": Place(label="the crossing"),
    "police": Authority(label="the police of the North", part_of="north"),
    "raid": RegisteredAct(label="the raid"),
}


def _codes(*words: str, role: str = "", is_open: bool = False) -> TermValue:
    terms = tuple(("code", word, role) for word in words)
    return TermValue(frozenset(terms), is_open, terms)


def _text(words: str) -> TermValue:
    return TermValue(frozenset({("text", words, "")}))


def _who(*names: str) -> PartyValue:
    return PartyValue(frozenset(names), order=names)


def _words(*texts: str) -> WordValue:
    return WordValue(frozenset(texts), texts)


def _hour(hour: str) -> When:
    time = {"earliest": hour, "latest": hour, "offset": "+05:00"}
    return When.model_validate({"value": "2025-06-27", "time": time})


def _presumed(number: int) -> Quantity:
    return Quantity(point=number, certainty="presumed")


def _amounts(one: str, other: str) -> tuple[Given, Given]:
    return Quantity.parse(one), Quantity.parse(other)


def _dates(one: str, other: str) -> tuple[Given, Given]:
    return When.model_validate(one), When.model_validate(other)


EXAMPLES: Final[Mapping[str, tuple[tuple[Given, Given], ...]]] = {
    "code": (
        (_codes("torture"), _codes("torture")),
        (_codes("injury"), _codes("injury.head")),
        (_codes("injury.multiple"), _codes("injury.gunshot")),
        (_codes("torture", "injury"), _codes("injury")),
        (_codes("torture", is_open=True), _codes("natural.heart_failure")),
        (_codes("torture"), _codes("natural.heart_failure")),
        (_codes("torture", role="underlying"), _codes("natural.heart_failure", role="underlying")),
        (_codes("torture", role="underlying"), _codes("natural.heart_failure", role="immediate")),
        (_codes("torture", role="underlying"), _codes("natural.heart_failure")),
        (_text("a fall in the yard"), _codes("torture")),
    ),
    "range": (
        _amounts("23", "exactly 23"),
        _amounts("23", "at least 23"),
        _amounts("23", "at least 27"),
        _amounts("up to 5", "more than 5"),
        _amounts("around 50", "44"),
        _amounts("1 hour", "1 day"),
        (Quantity.parse("12"), _presumed(30)),
    ),
    "time": (
        _dates("2025-06-27", "2025-06-27"),
        _dates("2025-06-27", "2025-06"),
        (_hour("09:00"), When.model_validate("2025-06-27")),
        _dates("2025-06-27", "2025-06-28"),
        _dates("2025-06-28", "{2025-06-27,2025-07-01}"),
        (_hour("09:00"), _hour("15:00")),
        _dates("2025-06-27", "2025-06-29~"),
        _dates("2025-06-27", "XXXX-06-28"),
    ),
    "entity": (
        (_who("city"), _who("city")),
        (_who("city"), _who("prison")),
        (_who("north"), True),
        (_who("city"), _who("capital")),
        (_who("north"), False),
        (_who("city"), _who("crossing")),
    ),
    "flag": ((True, True), (True, False), (True, _who("north"))),
    "many": ((_words("driver"), _words("driver")), (_words("driver"), _words("baker"))),
    "text": ((_words("a fall"), _words("a fall")), (_words("a fall"), _words("he fell"))),
}
"""For each comparator, values of a question on which a single answer can hold."""

TORTURE, HEART = "torture", "natural.heart_failure"


def _cause(of: str, *causes: Any) -> CauseOfDeath:
    return CauseOfDeath.model_validate({"of": of, "causes": list(causes)})


PAIRS: Final[Mapping[str, Claims]] = {
    "One affirms what the other denies": [
        (_cause("z", TORTURE), "south", {}),
        (_cause("z", TORTURE), "north", {"polarity": "negated"}),
    ],
    "One affirms what implies the denied value": [
        (_cause("z", "injury.head"), "south", {}),
        (_cause("z", "injury"), "north", {"polarity": "negated"}),
    ],
    "One affirms a part of the place that the other denies": [
        (Act(act="raid", place="prison"), "south", {}),
        (Act(act="raid", place="city"), "north", {"polarity": "negated"}),
    ],
    "One affirms what was done by a part of the authority that the other denies": [
        (Act(act="raid", by="police"), "south", {}),
        (Act(act="raid", by="north"), "ngo", {"polarity": "negated"}),
    ],
    "One affirms a day of the month that the other denies": [
        (Act(act="raid", when="2025-06-27"), "south", {}),
        (Act(act="raid", when="2025-06"), "north", {"polarity": "negated"}),
    ],
    "One denies one day of the month only": [
        (Act(act="raid", when="2025-06"), "south", {}),
        (Act(act="raid", when="2025-06-27"), "north", {"polarity": "negated"}),
    ],
    "One affirms all that the other denies together": [
        (Death(person="z", when="2025-06-27", place="prison"), "south", {}),
        (Death(person="z", when="2025-06", place="city"), "north", {"polarity": "negated"}),
    ],
    "One affirms a part of what the other denies together": [
        (Death(person="z"), "south", {}),
        (Death(person="z", place="city"), "north", {"polarity": "negated"}),
    ],
    "Both deny": [
        (_cause("z", TORTURE), "south", {"polarity": "negated"}),
        (_cause("z", HEART), "north", {"polarity": "negated"}),
    ],
    "A denial speaks of its own role only": [
        (_cause("z", TORTURE), "south", {"polarity": "negated"}),
        (_cause("z", Term(code=TORTURE, role="underlying")), "north", {"polarity": "negated"}),
        (_cause("z", Term(code=TORTURE, role="immediate")), "ngo", {}),
    ],
    "One denies the narrower value only": [
        (_cause("z", "injury"), "south", {}),
        (_cause("z", "injury.head"), "north", {"polarity": "negated"}),
    ],
    "A denied value holds no rival value": [
        (_cause("z", HEART), "south", {}),
        (_cause("z", TORTURE), "north", {"polarity": "negated"}),
    ],
    "Possible contradicts nothing": [
        (_cause("z", TORTURE), "south", {"strength": "possible"}),
        (_cause("z", HEART), "north", {}),
    ],
    "It is open who is meant": [
        (_cause("z", TORTURE), "south", {}),
        (_cause("one", HEART), "north", {}),
    ],
    "The same answer, whoever is meant": [
        (_cause("z", TORTURE), "south", {}),
        (_cause("one", TORTURE), "north", {}),
    ],
    "The reader cannot tell how firmly it is put": [
        (_cause("z", TORTURE), "south", {"strength": {"undecided": ["asserted", "possible"]}}),
        (_cause("z", HEART), "north", {}),
    ],
    "Two relays of one statement": [
        (Death(person="z", when=_hour("09:00")), "north", {"statement": "briefing", "relays": ["paper"]}),
        (Death(person="z", when=_hour("15:00")), "north", {"statement": "briefing", "relays": ["agency"]}),
    ],
    "The holder moved on": [
        (_cause("z", "suicide"), "north", {}),
        (_cause("z", HEART), "north", {"asserted_at": "2025-07-08"}),
        (_cause("z", TORTURE), "south", {}),
    ],
    "What it rests on was taken back": [
        (_cause("z", "suicide"), "north", {}),
        (_cause("z", "suicide"), "paper", {"based_on": ["C1"]}),
        (_cause("z", TORTURE), "south", {}),
        (Reply(claims=["C1"], kind="retracts"), "north", {"asserted_at": "2025-07-08"}),
    ],
    "They speak of different days": [
        (Count(group="both", quantity="23", as_of="2025-07-01"), "south", {}),
        (Count(group="both", quantity="27", as_of="2025-07-05"), "north", {}),
    ],
}

STATES: Final[Mapping[QuestionState, Claims]] = {
    QuestionState.OPEN: [
        (NoAnswer(of="z", property="cause_of_death", status="being_clarified"), "north", {}),
    ],
    QuestionState.SINGLE_VOICE: [
        (_cause("z", TORTURE), "south", {"relays": ["paper"], "statement": "briefing"}),
        (_cause("z", TORTURE), "south", {"relays": ["agency"], "statement": "briefing"}),
    ],
    QuestionState.AGREED: [
        (_cause("z", TORTURE), "south", {}),
        (_cause("z", TORTURE), "ngo", {}),
    ],
    QuestionState.COMPATIBLE: [
        (_cause("z", "injury"), "south", {}),
        (_cause("z", Term(code="injury.head", role="immediate")), "ngo", {}),
    ],
    QuestionState.CONDITIONAL: [
        (_cause("z", TORTURE), "south", {}),
        (_cause("one", HEART), "north", {}),
    ],
    QuestionState.DISPUTED: [
        (_cause("z", TORTURE), "south", {}),
        (_cause("z", HEART), "north", {}),
    ],
}


def replayed(claims: Claims) -> CaseState:
    """The state of a case in which these claims were recorded, by the code as it is."""
    with memory_ledger() as ledger:
        case = ledger.create_case("example", title="An example")
        for name, entity in ENTITIES.items():
            case.register_entity(name, entity)
        case.register_entity("both", Group(label="those who were held"))
        for kind, asserter, how in claims:
            case.record(kind, asserter=asserter, **{"asserted_at": "2025-07-03", **how})
        state: CaseState = ledger.replay(CaseState("example"))
        return state


def asked(claims: Claims) -> tuple[Question, Callable[[str], str]]:
    """The question of an example that most of its claims answer, and what readers see for a name."""
    state = replayed(claims)
    return max(
        state.questions, key=lambda question: (len(question.pairs), "z" in question.entity)
    ), state.label


def found(names: NamesInForce) -> Found:
    """The examples of each comparator by the verdict that the code gives them, with its reason."""
    by_verdict: Found = {}
    for by, pairs in EXAMPLES.items():
        for a, b in pairs:
            comparison = compare(by, a, b, single=True, relations=names)
            by_verdict.setdefault((by, comparison.verdict), []).append((a, b, comparison.why))
    return by_verdict


def is_never(by: str, verdict: Verdict, names: NamesInForce) -> bool:
    """Whether no two example values of a comparator get a verdict."""
    values = [value for pair in EXAMPLES[by] for value in pair]
    every = combinations_with_replacement(values, 2)
    return all(compare(by, a, b, single=True, relations=names).verdict is not verdict for a, b in every)


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _table(), BETWEEN]
    for title, claims in PAIRS.items():
        parts += [f"### {title}", _block(claims)]
    parts.append(ON_STATES)
    for state, claims in STATES.items():
        parts += [f"### {_plain(state)}", _block(claims)]
    return "\n\n".join(parts) + "\n"


def _plain(verdict: Verdict | QuestionState) -> str:
    return str(verdict).replace("_", " ")


def _table() -> str:
    state = replayed([])
    by_verdict = found(state.names)
    rows = ["| comparator | verdict | one says | the other says | why |", "|---|---|---|---|---|"]
    for by in COMPARATORS:
        for verdict in (Verdict.SAME, Verdict.COMPATIBLE, Verdict.CONTRADICTS, Verdict.NOT_COMPARABLE):
            for a, b, why in by_verdict.get((by, verdict), []):
                one, other = (value_in_words(value, state.label) for value in (a, b))
                rows.append(f"| {by} | {_plain(verdict)} | {one} | {other} | {why} |")
            if (by, verdict) not in by_verdict and is_never(by, verdict, state.names):
                rows.append(f"| {by} | {_plain(verdict)} | | | never |")
    return "\n".join(rows)


def _block(claims: Claims) -> str:
    question, label = asked(claims)
    lines = [line.plain for line in question_lines(question, label, every_pair=True)]
    verdicts = []
    for pair in question.pairs:
        a, b = "ABCDEFG"[pair.a], "ABCDEFG"[pair.b]
        verdicts.append(f"- {a} and {b}: **{_plain(pair.verdict)}** ({pair.why})")
    return "\n".join(["```text", *lines, "```", *(["", *verdicts] if verdicts else [])])


INTRODUCTION: Final = """# Every verdict, with an example

<!-- made by docs/make_verdicts.py; change that file, not this page -->

Two answers to one question are compared by a named comparator, which the kind of claim declares. Verdicts and
reasons on this page are what the code gives for these examples. The default is *not comparable*: [a contradiction has
to be proven](../adr/0005-what-proves-a-contradiction.md).

## Two values, by comparator

The values answer a question on which a single answer can hold. Where several can hold, different values are
compatible at most."""

BETWEEN: Final = """## Two positions

A position is one answer with all who hold it. Whether two of them clash depends also on who still stands by them, how
firmly, through whom they came, and on what a source leaves open."""

ON_STATES: Final = """## The state of a question"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
