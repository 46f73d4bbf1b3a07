"""The page of verdicts is what the code gives today, and leaves no verdict, comparator or state out."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from claimledger.projections import COMPARATORS, QuestionState, Verdict
from tests.scripts import load


@pytest.fixture(scope="module")
def script(project: Path) -> ModuleType:
    return load(project / "docs" / "make_verdicts.py")


def test_the_page_of_verdicts_is_what_the_code_gives(script: ModuleType, project: Path) -> None:
    text = (project / "docs" / "reference" / "verdicts.md").read_text(encoding="utf-8")
    assert script.page() == text, "run: python docs/make_verdicts.py"


def test_every_comparator_has_an_example_of_every_verdict_that_it_gives(script: ModuleType) -> None:
    names = script.replayed([]).names
    found = script.found(names)
    by_value = (Verdict.SAME, Verdict.COMPATIBLE, Verdict.CONTRADICTS, Verdict.NOT_COMPARABLE)
    without = [
        (by, verdict)
        for by in COMPARATORS
        for verdict in by_value
        if (by, verdict) not in found and not script.is_never(by, verdict, names)
    ]
    assert set(script.EXAMPLES) == set(COMPARATORS)
    assert without == []
    never = {(by, str(verdict)) for by in COMPARATORS for verdict in by_value if (by, verdict) not in found}
    assert never == {
        ("flag", "compatible"),
        ("many", "contradicts"),
        ("many", "not_comparable"),
        ("text", "compatible"),
        ("text", "contradicts"),
    }


def test_every_verdict_on_positions_is_shown(script: ModuleType) -> None:
    shown = {pair.verdict for claims in script.PAIRS.values() for pair in script.asked(claims)[0].pairs}
    assert shown == set(Verdict)


@pytest.mark.parametrize("state", list(QuestionState))
def test_every_state_of_a_question_is_shown_by_an_example_that_has_it(
    script: ModuleType, state: QuestionState
) -> None:
    assert script.asked(script.STATES[state])[0].state is state
