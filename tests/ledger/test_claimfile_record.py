"""Recording claim files: all or nothing, a second time nothing, and no change of what is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimledger.case import Case
from claimledger.claimfile import read_claim_file
from claimledger.claimfile_record import Recorded, record_claim_file
from claimledger.events import (
    Authority,
    ClaimAmended,
    ClaimRecorded,
    ClaimsJudged,
    ClaimWithdrawn,
    CustodyTransferred,
    EvidenceAttached,
    Medium,
    Person,
    ReliabilityAssessed,
    Reply,
    SameAsJudged,
    SameAsUndone,
)
from claimledger.events.errors import ClaimFileError
from claimledger.keys import Keyring
from claimledger.ledger import Ledger
from claimledger.projections import Custody

HARBOUR = Path(__file__).parent / "claimfiles" / "good" / "harbour.yaml"
END = "judgements: [{claim: C1, precedes: C2}]\n"
DIGEST = "ab" * 32
EVIDENCE = f"""evidence:
  - {{item: photo, sha256: {DIGEST}, size: 7, obtained_from: b, obtained_at: 2031-05-04, basis: its crane}}
custody:
  - {{item: photo, given_by: b, received_by: paper, at: 2031-05-04}}
  - {{item: photo, given_by: paper, received_by: police, at: 2031-05-06, note: in a sealed bag}}
reliability:
  - {{claim: C2, scale: admiralty, grade: C3, assessor: paper}}
  - {{entity: photo, scale: admiralty, grade: B2, assessor: paper, at: 2031-05-05}}
"""


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.create("memory:", origin="example.org/harbour", keys=Keyring.in_memory(seed=b"harbour"))


def record(ledger: Ledger, folder: Path, *edits: tuple[str, str]) -> Recorded:
    """Record the good file with some passages put in the place of others."""
    text = HARBOUR.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return record_claim_file(ledger, read_claim_file(path))


def refused(ledger: Ledger, folder: Path, *edits: tuple[str, str]) -> list[str]:
    """The problems with which a file is refused; that nothing was written is checked."""
    before = ledger.size
    with pytest.raises(ClaimFileError) as error:
        record(ledger, folder, *edits)
    assert ledger.size == before
    return [problem.removeprefix(str(folder / "file.yaml:")) for problem in error.value.problems]


def bodies(case: Case) -> list[object]:
    return [event.body for event in case.ledger.events(case.name) if event.stream == case.stream]


def test_everything_of_a_file_is_recorded_once(ledger: Ledger, tmp_path: Path) -> None:
    first = record(ledger, tmp_path)
    assert (first.case, first.added, first.unchanged) == ("harbour-2031", 13, 0)
    assert all(receipt.is_written for receipt in first.receipts)
    assert ledger.case("harbour-2031").refs() == ["C1", "C2"]
    second = record(ledger, tmp_path)
    assert (second.added, second.unchanged, second.receipts) == (0, 13, ())


def test_claims_name_one_another_by_event_id(ledger: Ledger, tmp_path: Path) -> None:
    further = "  C3: {reply: C2, kind: corrects, by: C1, statement: police1, based_on: [C1, photo]}\n"
    record(ledger, tmp_path, (END, further + END))
    case = ledger.case("harbour-2031")
    ids = {ref: case.claim(ref).id for ref in case.refs()}
    reply = case.claim("C3").body
    assert isinstance(reply, ClaimRecorded)
    assert reply.claim == Reply(claims=[ids["C2"]], kind="corrects", by=[ids["C1"]])
    assert [(each.claim, each.item) for each in reply.based_on] == [(ids["C1"], None), (None, "photo")]
    [judged] = [body for body in bodies(case) if isinstance(body, ClaimsJudged)]
    assert (judged.claims, judged.of) == ((ids["C1"],), (ids["C2"],))
    assert record(ledger, tmp_path, (END, further + END)).added == 0


def test_a_file_that_grew_adds_what_is_new(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path)
    grown = record(ledger, tmp_path, (END, "  C3: {count: held, quantity: around 20}\n" + END))
    assert (grown.added, grown.unchanged) == (1, 13)
    assert [receipt.name for receipt in grown.receipts] == ["C3"]


def test_a_second_file_may_name_claims_of_the_first(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path)
    path = tmp_path / "second.yaml"
    case = "claimledger: 1\ncase: {id: harbour-2031, title: Two accounts of a night at the harbour}\n"
    path.write_text(case + "judgements: [{claim: C2, in_tension_with: C1}]\n")
    assert record_claim_file(ledger, read_claim_file(path)).added == 1
    path.write_text(case + "judgements: [{claim: C2, in_tension_with: C9}]\nwithdraw: {C8: a mistake}\n")
    with pytest.raises(ClaimFileError, match='no claim "C9"') as error:
        record_claim_file(ledger, read_claim_file(path))
    assert [problem.split("  ")[1] for problem in error.value.problems] == [
        "judgements[0].in_tension_with",
        "withdraw.C8",
    ]


def test_every_conflict_is_told_and_nothing_is_written(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path)
    found = refused(
        ledger,
        tmp_path,
        ("Two accounts of", "Three accounts of"),
        ("{medium: The paper}", "{medium: Another paper}"),
        ("those detained", "those taken away"),
        ("Report of the night", "Report of that night"),
        ("type: detention", "type: arrest"),
        (END, "  C3: {count: held, quantity: 7}\n" + END),
    )
    assert [line.split("  ")[1] for line in found] == [
        "case",
        "sources.report",
        "shared.paper",
        "entities.held",
        "claims.C1",
    ]
    assert 'under "amend" or "withdraw"' in found[4]


def test_amending_and_withdrawing_are_recorded_once(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path)
    mended = (
        END
        + "amend: {C1: {because: misread, act: sweep, type: arrest, to: held}}\nwithdraw: {C2: not in it}\n"
    )
    assert record(ledger, tmp_path, (END, mended)).added == 2
    case = ledger.case("harbour-2031")
    [amended] = [body for body in bodies(case) if isinstance(body, ClaimAmended)]
    [withdrawn] = [body for body in bodies(case) if isinstance(body, ClaimWithdrawn)]
    assert (amended.amends, amended.because) == (case.claim("C1").id, "misread")
    assert (withdrawn.withdraws, withdrawn.because) == (case.claim("C2").id, "not in it")
    assert record(ledger, tmp_path, (END, mended)).added == 0
    [line] = refused(ledger, tmp_path, (END, mended.replace("not in it", "another reason")))
    assert "withdraw.C2  is withdrawn already, for another reason" in line


def test_a_protected_person_is_found_again_by_the_name_in_the_file(ledger: Ledger, tmp_path: Path) -> None:
    edits = (
        ("{person: Second detainee}", "{person: protected, label: a witness, name: Jane Example}"),
        ("to: held, words: 10-80", "to: held, asserter: b, quote: words of a witness"),
    )
    record(ledger, tmp_path, *edits)
    case = ledger.case("harbour-2031")
    signed = case.entity_name("b")
    assert signed != "b"
    assert case.entity("b") == Person(label="a witness", protected=True, name="Jane Example", handle="b")
    claim = case.claim("C1")
    assert isinstance(claim.body, ClaimRecorded)
    assert claim.body.voices[0].asserter == signed
    for event in ledger.events():
        assert "Jane" not in str(event.header.body)
        assert "words of a witness" not in str(event.header.body)
    assert record(ledger, tmp_path, *edits).added == 0
    found = refused(
        ledger,
        tmp_path,
        (edits[0][0], edits[0][1].replace("Jane", "June")),
        (edits[1][0], edits[1][1].replace("a witness", "two witnesses")),
    )
    assert [line.split("  ")[1] for line in found] == ["entities.b", "claims.C1"]
    assert "June" not in "".join(found)


def test_shared_entities_are_one_across_cases(ledger: Ledger, tmp_path: Path) -> None:
    ledger.register_entity("police", Authority(label="Harbour police"))
    assert record(ledger, tmp_path).unchanged == 1
    assert record(ledger, tmp_path, ("id: harbour-2031", "id: harbour-2032")).unchanged == 2


def test_a_shared_name_of_another_content_is_refused_in_a_sentence(ledger: Ledger, tmp_path: Path) -> None:
    ledger.register_entity("police", Authority(label="City police"))
    [line] = refused(ledger, tmp_path, ("id: harbour", "id: harbour"))
    assert (
        "shared.police  shared:police of the ledger's register is registered with other content, and a"
        in line
    )


def test_a_shared_name_that_is_written_out_must_be_in_the_register(ledger: Ledger, tmp_path: Path) -> None:
    edit = ("asserter: paper, asserted_at", "asserter: shared:gazette, asserted_at")
    [line] = refused(ledger, tmp_path, edit)
    assert 'claims.C1  no entity "shared:gazette"' in line
    ledger.register_entity("gazette", Medium(label="The gazette"))
    assert record(ledger, tmp_path, edit).added == 13


def test_same_as_is_recorded_once_and_stays_undone(ledger: Ledger, tmp_path: Path) -> None:
    edit = (END, END + "same_as: [{entities: [a, b], because: two spellings}]\n")
    record(ledger, tmp_path, edit)
    case = ledger.case("harbour-2031")
    [event] = [event for event in ledger.events("harbour-2031") if isinstance(event.body, SameAsJudged)]
    case.undo_same_as(event.id, "two men after all")
    assert record(ledger, tmp_path, edit).added == 0


SAME = "same_as: [{entities: [a, b], because: two spellings}]\n"
UNDO = "undo_same_as: [{entities: [b, a], because: two men after all}]\n"


def undoings(ledger: Ledger) -> list[tuple[str, str | None]]:
    """Each undoing: the id of the same-as that it ends, and why."""
    found = [event.body for event in ledger.events("harbour-2031")]
    return [(body.undoes, body.because) for body in found if isinstance(body, SameAsUndone)]


def same_as(ledger: Ledger) -> list[str]:
    return [event.id for event in ledger.events("harbour-2031") if isinstance(event.body, SameAsJudged)]


def test_a_file_takes_a_same_as_back_once(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path, (END, END + SAME))
    for added in (1, 0):
        assert record(ledger, tmp_path, (END, END + SAME + UNDO)).added == added
        [event] = same_as(ledger)
        assert undoings(ledger) == [(event, "two men after all")]
    assert record(ledger, tmp_path, (END, END + UNDO)).added == 0


def test_a_same_as_and_its_undoing_are_recorded_from_one_file(ledger: Ledger, tmp_path: Path) -> None:
    assert record(ledger, tmp_path, (END, END + SAME + UNDO)).added == 15
    assert undoings(ledger) == [(same_as(ledger)[0], "two men after all")]
    assert record(ledger, tmp_path, (END, END + SAME + UNDO)).added == 0


def test_each_undoing_ends_a_same_as_of_its_own(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path, (END, END + SAME + UNDO))
    twice = SAME.replace("[{", "[{entities: [a, b], because: two spellings}, {")
    assert record(ledger, tmp_path, (END, END + twice + UNDO)).added == 1
    both = UNDO.replace("}]", "}, {entities: [a, b], because: seen together}]")
    assert record(ledger, tmp_path, (END, END + twice + both)).added == 1
    assert undoings(ledger) == [*zip(same_as(ledger), ("two men after all", "seen together"), strict=True)]


def test_a_same_as_that_is_not_there_or_ended_for_another_reason_is_not_taken_back(
    ledger: Ledger, tmp_path: Path
) -> None:
    [line] = refused(ledger, tmp_path, (END, END + UNDO))
    assert (
        "undo_same_as[0]  there is no same-as of b and a to take back; name the entities as it does" in line
    )
    record(ledger, tmp_path, (END, END + SAME + UNDO))
    [line] = refused(ledger, tmp_path, (END, END + SAME + UNDO.replace("two men", "three men")))
    assert "the same-as of b and a is taken back already, for another reason; put it back" in line


def test_a_same_as_of_somebody_protected_is_taken_back_by_the_name_in_the_file(
    ledger: Ledger, tmp_path: Path
) -> None:
    protected = ("a: {person: First detainee}", "a: {person: protected}")
    record(ledger, tmp_path, protected, (END, END + SAME))
    assert record(ledger, tmp_path, protected, (END, END + SAME + UNDO)).added == 1
    assert [each for each, _ in undoings(ledger)] == same_as(ledger)
    assert record(ledger, tmp_path, protected, (END, END + SAME + UNDO)).added == 0


def test_acts_on_evidence_are_recorded_once_as_the_api_records_them(ledger: Ledger, tmp_path: Path) -> None:
    edit = (END, END + EVIDENCE)
    assert record(ledger, tmp_path, edit).added == 18
    case = ledger.case("harbour-2031")
    acts = (EvidenceAttached, CustodyTransferred, ReliabilityAssessed)
    assert [body for body in bodies(case) if isinstance(body, acts)] == [
        EvidenceAttached(
            item="photo",
            sha256=DIGEST,
            size=7,
            obtained_from="b",
            obtained_at="2031-05-04",
            basis="its crane",
        ),
        CustodyTransferred(item="photo", given_by="b", received_by="shared:paper", at="2031-05-04"),
        CustodyTransferred(
            item="photo",
            given_by="shared:paper",
            received_by="shared:police",
            at="2031-05-06",
            note="in a sealed bag",
        ),
        ReliabilityAssessed(
            claim=case.claim("C2").id, scale="admiralty", grade="C3", assessor="shared:paper"
        ),
        ReliabilityAssessed(
            entity="photo", scale="admiralty", grade="B2", assessor="shared:paper", at="2031-05-05"
        ),
    ]
    assert record(ledger, tmp_path, edit) == Recorded("harbour-2031", 0, 18, ())
    item = ledger.replay(Custody("harbour-2031")).item("photo")
    assert item is not None
    assert (item.digests, item.keeper, item.is_unbroken) == ((DIGEST,), "shared:police", True)
    assert [one.grade for one in item.assessments] == ["B2"]
    assert ledger.verify(pin=ledger.id).findings == ()


def test_acts_recorded_by_call_are_found_again_in_a_file(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path)
    case = ledger.case("harbour-2031")
    case.attach_evidence(
        "photo", sha256=DIGEST, size=7, obtained_from="b", obtained_at="2031-05-04", basis="its crane"
    )
    case.assess_reliability(claim="C2", scale="admiralty", grade="C3", assessor="shared:paper")
    grown = record(ledger, tmp_path, (END, END + EVIDENCE))
    assert (grown.added, grown.unchanged) == (3, 15)


def test_an_item_that_goes_and_returns_is_passed_on_as_often_as_the_file_says(
    ledger: Ledger, tmp_path: Path
) -> None:
    there, back = (
        f"  - {{item: photo, given_by: {giver}, received_by: {receiver}}}\n"
        for giver, receiver in (("a", "b"), ("b", "a"))
    )
    once = END + "custody:\n" + there + back
    assert record(ledger, tmp_path, (END, once)).added == 15
    assert record(ledger, tmp_path, (END, once + there)).added == 1
    assert record(ledger, tmp_path, (END, once + there)).added == 0
    item = ledger.replay(Custody("harbour-2031")).item("photo")
    assert item is not None
    assert [step.received_by for step in item.transfers] == ["b", "a", "b"]
    assert item.keeper == "b"


def test_protected_keepers_stand_in_the_record_under_their_random_names(
    ledger: Ledger, tmp_path: Path
) -> None:
    edits = (
        ("{person: Second detainee}", "{person: protected, label: a witness, name: Jane Example}"),
        (END, END + EVIDENCE),
    )
    record(ledger, tmp_path, *edits)
    case = ledger.case("harbour-2031")
    [attached] = [body for body in bodies(case) if isinstance(body, EvidenceAttached)]
    assert attached.obtained_from == case.entity_name("b") != "b"
    assert record(ledger, tmp_path, *edits).added == 0


def test_evidence_names_of_a_second_file_are_held_against_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path)
    path = tmp_path / "second.yaml"
    head = (
        "claimledger: 1\ncase: {id: harbour-2031, title: Two accounts of a night at the harbour}\n"
        "entities: {photo: {item: a photo of the quay}}\n"
    )
    path.write_text(
        head + "reliability: [{claim: C1, scale: admiralty, grade: B2, assessor: shared:paper}]\n"
        "custody: [{item: photo, received_by: shared:police}]\n"
    )
    assert record_claim_file(ledger, read_claim_file(path)).added == 2
    size = ledger.size
    path.write_text(
        head + "reliability: [{claim: C9, scale: admiralty, grade: B2, assessor: shared:paper}]\n"
        "custody: [{item: photo, received_by: shared:gazette}]\n"
    )
    with pytest.raises(ClaimFileError) as error:
        record_claim_file(ledger, read_claim_file(path))
    assert [problem.split("  ")[1:] for problem in error.value.problems] == [
        ["reliability[0].claim", 'no claim "C9"'],
        ["custody[0]", 'no entity "shared:gazette"; did you mean "shared:paper"?'],
    ]
    assert ledger.size == size


def test_what_goes_wrong_late_leaves_nothing_behind(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, tmp_path, ("id: harbour-2031", "id: another-case"))
    before = ledger.size
    claim_file = read_claim_file(HARBOUR)
    broken = claim_file.claims["C2"].model_copy(update={"source": "nowhere"})
    object.__setattr__(claim_file, "claims", {**claim_file.claims, "C2": broken})
    with pytest.raises(Exception, match="nowhere"):
        record_claim_file(ledger, claim_file)
    assert ledger.size == before
    assert [case.name for case in ledger.cases()] == ["another-case"]


def test_every_form_that_a_value_may_take_is_recorded_and_found_again(ledger: Ledger) -> None:
    claim_file = read_claim_file(HARBOUR.parent / "every-form.yaml")
    added = record_claim_file(ledger, claim_file).added
    assert set(ledger.case("forms").refs()) == set(claim_file.claims)
    assert record_claim_file(ledger, claim_file) == Recorded("forms", 0, added, ())


def test_the_bundled_incident_is_recorded_whole_and_once(ledger: Ledger, project: Path) -> None:
    claim_file = read_claim_file(project / "ledger" / "data" / "yekaterinburg-2025.yaml")
    first = record_claim_file(ledger, claim_file)
    case = ledger.case("yekaterinburg-2025")
    assert set(case.refs()) == set(claim_file.claims)
    assert first.unchanged == 0
    assert record_claim_file(ledger, claim_file) == Recorded("yekaterinburg-2025", 0, first.added, ())
