"""The marks on the kinds' fields hold together with the code lists and with one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimledger.events import Act, Kind
from claimledger.events.codes import CODES, VERBS, is_listed, problem_with
from claimledger.events.kinds import kinds
from claimledger.events.values import Answers, Codes, States

BUILT_IN = (
    "act attribute cause_of_death count death general no_answer opinion reason relation reply shows"
).split()


def marks(kind: type[Kind]) -> list[tuple[str, object]]:
    return [(name, mark) for name, field in kind.model_fields.items() for mark in field.metadata]


def test_the_twelve_kinds_are_there() -> None:
    assert sorted(name for name in kinds if "." not in name) == BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_code_list_that_a_kind_names_exists(name: str) -> None:
    listed = [mark.list for _, mark in marks(kinds[name]) if isinstance(mark, Codes)]
    assert set(listed) <= set(CODES)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_question_that_a_kind_answers_can_be_left_unanswered(name: str) -> None:
    """A speaker who gives no answer names the property by the list `property`."""
    answered = [mark.property for _, mark in marks(kinds[name]) if isinstance(mark, Answers | States)]
    plain = {property for property in answered if "{" not in property}
    own = {"because_of", "distributed_by", "ordered_by", "requested_by", "shows"}
    assert plain - own <= set(CODES["property"])


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_template_names_a_field_of_its_kind(name: str) -> None:
    for _, mark in marks(kinds[name]):
        if isinstance(mark, Answers) and mark.property.startswith("{"):
            assert mark.property.strip("{}") in kinds[name].model_fields


@pytest.mark.parametrize("name", ["general", "opinion", "reply"])
def test_opinions_patterns_and_replies_answer_no_question(name: str) -> None:
    assert not [mark for _, mark in marks(kinds[name]) if isinstance(mark, Answers | States)]


@pytest.mark.parametrize(
    ("constructor", "code"),
    [
        ("arrest", "arrest"),
        ("detention", "detention"),
        ("raid", "raid"),
        ("charge", "charge"),
        ("release", "release"),
        ("torture", "ill_treatment.torture"),
        ("hearing", "hearing"),
        ("accreditation_withdrawn", "measure.accreditation_withdrawn"),
    ],
)
def test_a_friendly_constructor_fills_in_a_listed_code(constructor: str, code: str) -> None:
    act = getattr(Act, constructor)("a1", to="z")
    assert act == Act(act="a1", type=code, to="z")
    assert is_listed("act", code)


def test_a_mistyped_code_gets_the_nearest_one() -> None:
    assert problem_with("cause", "tortur") == (
        'no cause code "tortur"; did you mean "torture"? (codes: claimledger schema --codes cause)'
    )


def test_a_code_of_ones_own_needs_no_entry() -> None:
    assert problem_with("cause", "example.org:tear_gas") is None


@pytest.mark.parametrize("listing", sorted(CODES))
def test_every_broader_code_of_a_dotted_code_is_listed_too(listing: str) -> None:
    if listing == "property":
        return  # names of questions, not words that hold one another
    for code in CODES[listing]:
        for cut in range(1, code.count(".") + 1):
            assert code.rsplit(".", cut)[0] in CODES[listing]


def test_every_code_stands_in_the_documentation_with_its_meaning(project: Path) -> None:
    page = (project / "docs" / "reference" / "codes.md").read_text()
    for listing, codes in CODES.items():
        assert f"(`{listing}`)" in page
        for code, meaning in codes.items():
            assert f"| `{code}` | {meaning} |" in page


def test_the_verbs_of_judgements_are_a_closed_list() -> None:
    assert len(VERBS) == 19
