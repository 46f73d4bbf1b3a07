"""The recorder's acts on evidence: what they must say, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from claimledger.events import CustodyTransferred, EvidenceAttached, ReliabilityAssessed
from claimledger.events.errors import InvalidValue
from claimledger.events.evidence import SCALES, scale_problem

DIGEST = "ab" * 32
AN_ID = "c0000000-0000-4000-8000-000000000001"


def test_an_attached_copy_is_named_by_its_digest_and_needs_nothing_else() -> None:
    assert EvidenceAttached(item="film", sha256=DIGEST).split()[0] == {"item": "film", "sha256": DIGEST}


@pytest.mark.parametrize(
    "members",
    [
        {"sha256": DIGEST.upper()},
        {"sha256": DIGEST[:-1]},
        {"sha256": DIGEST, "size": -1},
        {"sha256": DIGEST, "size": "6"},
        {"sha256": DIGEST, "size": 2**53},
        {"sha256": DIGEST, "media_type": "video"},
        {"sha256": DIGEST, "obtained_at": "yesterday"},
        {"sha256": DIGEST, "path": "film.mp4"},
    ],
)
def test_a_copy_that_is_said_wrongly_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        EvidenceAttached(item="film", **members)


def test_custody_passes_on_without_a_giver_where_none_is_known() -> None:
    assert CustodyTransferred(item="film", received_by="lab").given_by is None
    with pytest.raises(InvalidValue, match="from one keeper to another"):
        CustodyTransferred(item="film", given_by="lab", received_by="lab")


def test_reliability_is_of_exactly_one_thing() -> None:
    grade: dict[str, Any] = {"scale": "admiralty", "grade": "B2", "assessor": "lab"}
    for of in ({"claim": AN_ID}, {"source": "doc"}, {"entity": "shared:ngo"}):
        assert ReliabilityAssessed(**of, **grade).grade == "B2"
    for wrong in ({}, {"claim": AN_ID, "source": "doc"}):
        with pytest.raises(InvalidValue, match="exactly one of claim, source or entity"):
            ReliabilityAssessed(**wrong, **grade)


@pytest.mark.parametrize("grade", ["A", "F6", "B2", "3"])
def test_a_scale_known_by_name_takes_its_own_grades(grade: str) -> None:
    assert scale_problem("admiralty", grade) is None


@pytest.mark.parametrize("grade", ["G", "B7", "b2", "B2 ", "good", ""])
def test_a_scale_known_by_name_takes_no_other_grades(grade: str) -> None:
    problem = scale_problem("admiralty", grade)
    assert problem is not None
    assert SCALES["admiralty"][1] in problem


def test_a_scale_that_is_a_text_takes_any_grade() -> None:
    assert scale_problem("the archive's own words", "mostly consistent") is None
