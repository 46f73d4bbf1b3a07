"""Acts on evidence, recorded in a case: checked like everything else that is recorded there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from claimledger import Case, InvalidValue, UnknownName
from claimledger.events import (
    CustodyTransferred,
    EvidenceAttached,
    EvidenceItem,
    Organisation,
    Person,
    Place,
    ReliabilityAssessed,
    Shows,
    Source,
)
from claimledger.testing import memory_ledger

DIGEST = "ab" * 32


@pytest.fixture
def case() -> Iterator[Case]:
    with memory_ledger() as ledger:
        ledger.register_entity("ngo", Organisation(label="An NGO"))
        opened = ledger.create_case("case", title="A test")
        opened.register_entity("film", EvidenceItem(label="a film"))
        opened.register_entity("lab", Organisation(label="A laboratory"))
        opened.register_entity("store", Place(label="A store room"))
        opened.register_source("doc", Source(title="A report"))
        opened.record(Shows(items="film", what="bruising.face"), ref="C1", asserter="lab", source="doc")
        yield opened


def test_what_is_recorded_of_evidence_is_read_back_as_it_was_said(case: Case) -> None:
    attached = case.attach_evidence(
        "film",
        sha256=DIGEST,
        media_type="video/mp4",
        size=6,
        obtained_from="shared:ngo",
        obtained_at="2025-07-05",
        basis="same frames",
    )
    moved = case.transfer_custody(
        "film", given_by="shared:ngo", received_by="lab", at="2025-07", place="store"
    )
    graded = case.assess_reliability(claim="C1", scale="admiralty", grade="B2", assessor="lab", note="seen")
    bodies = [case.ledger.event(receipt.leaf).body for receipt in (attached, moved, graded)]
    assert bodies == [
        EvidenceAttached(
            item="film",
            sha256=DIGEST,
            media_type="video/mp4",
            size=6,
            obtained_from="shared:ngo",
            obtained_at="2025-07-05",
            basis="same frames",
        ),
        CustodyTransferred(
            item="film", given_by="shared:ngo", received_by="lab", at="2025-07", place="store"
        ),
        ReliabilityAssessed(
            claim=case.claim("C1").id, scale="admiralty", grade="B2", assessor="lab", note="seen"
        ),
    ]
    assert (attached.case, attached.name, graded.name) == ("case", "film", "C1")
    assert case.ledger.verify(pin=case.ledger.id).findings == ()


def test_custody_is_of_evidence_items_only(case: Case) -> None:
    with pytest.raises(InvalidValue, match='"lab" is no evidence item'):
        case.attach_evidence("lab", sha256=DIGEST)
    with pytest.raises(InvalidValue, match='"lab" is no evidence item'):
        case.transfer_custody("lab", received_by="shared:ngo")


def test_names_that_are_not_there_are_refused_with_the_nearest_one(case: Case) -> None:
    with pytest.raises(UnknownName, match='"films"; did you mean "film"'):
        case.attach_evidence("films", sha256=DIGEST)
    with pytest.raises(UnknownName, match="given_by"):
        case.transfer_custody("film", given_by="nobody", received_by="lab")
    with pytest.raises(UnknownName, match='"C2"'):
        case.assess_reliability(claim="C2", scale="admiralty", grade="B2", assessor="lab")
    with pytest.raises(UnknownName, match="source"):
        case.assess_reliability(source="book", scale="admiralty", grade="B", assessor="lab")


def test_a_grade_that_its_scale_does_not_have_is_refused(case: Case) -> None:
    with pytest.raises(InvalidValue, match="no such grade on the scale admiralty"):
        case.assess_reliability(source="doc", scale="admiralty", grade="Z9", assessor="lab")
    case.assess_reliability(source="doc", scale="our words", grade="fair", assessor="lab")


def test_a_protected_keeper_stands_in_signed_bytes_by_a_random_name(case: Case) -> None:
    signed = case.register_entity("medic", Person(label="a medic", protected=True))
    receipt = case.transfer_custody("film", given_by="medic", received_by="lab")
    body = case.ledger.event(receipt.leaf).body
    assert isinstance(body, CustodyTransferred)
    assert body.given_by == signed != "medic"


def test_acts_on_evidence_join_a_batch(case: Case) -> None:
    size = case.ledger.size
    with case.batch() as receipts:
        case.register_entity("photo", EvidenceItem(label="a photo"))
        case.attach_evidence("photo", sha256=DIGEST)
        assert case.ledger.size == size
    assert [receipt.name for receipt in receipts] == ["photo", "photo"]
