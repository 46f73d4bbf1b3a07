"""What a case shows when a key that signed in it is revoked with less trust than it had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from claimledger.events import Count, Group, Organisation, Unnamed
from claimledger.events.errors import InvalidValue
from claimledger.keys import Keyring, keyid
from claimledger.ledger import Ledger
from claimledger.projections import CaseState, Changes, Disputes, History, Timeline
from claimledger.projections.asserter_rows import Behind, CaseRef
from claimledger.projections.asserters import Asserters
from claimledger.projections.finding import Finder, Found, Sought
from claimledger.projections.render import case_lines
from claimledger.projections.render_asserters import asserter_lines, asserters_lines
from claimledger.projections.render_changes import changes_lines
from claimledger.projections.render_found import found_lines
from claimledger.projections.render_history import history_lines
from claimledger.projections.render_matrix import matrix_lines
from claimledger.projections.render_sheets import sheets_as_html, sheets_lines
from claimledger.projections.render_timeline import timeline_lines
from claimledger.projections.revocations import disputed_in_words
from claimledger.projections.sheets import Exhibits, Sheets
from claimledger.projections.tables import Tables, asserter_table
from claimledger.testing import FixedClock, fixed_ids

ANA = Keyring.in_memory(seed=b"ana", holder="Ana")
BEN = Keyring.in_memory(seed=b"ben", holder="Ben", roles=["recorder"])


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Claims C1, C2, C3 at index 5, 6, 7 of a case; another case of one claim; Ben's key added at the end."""
    with Ledger.create(
        "memory:", origin="example.org/revoked", keys=ANA, clock=FixedClock(), new_id=fixed_ids()
    ) as made:
        for name, refs in (("harbour", ("C1", "C2", "C3")), ("other", ("X1",))):
            case = made.create_case(name, title=name)
            case.register_entity("held", Group(label="held"))
            case.register_entity("u1", Unnamed(label="reports"))
            for number, ref in enumerate(refs):
                case.record(
                    Count(group="held", quantity=number), ref=ref, asserter="u1", asserted_at="2025-07-03"
                )
        made.add_key(BEN.recorder, "Ben")
        yield made


def state(ledger: Ledger, **clocks: Any) -> CaseState:
    return ledger.replay(CaseState("harbour", **clocks))


def test_what_the_key_signed_from_there_on_is_shown_as_disputed_and_nothing_else_changes(
    ledger: Ledger,
) -> None:
    before = state(ledger)
    revocation = ledger.revoke_key(keyid(ANA.recorder), "stolen in a raid", size=6)
    after = state(ledger)
    assert [(each.index, each.key, each.size, each.disputed) for each in after.revocations] == [
        (revocation.index, keyid(ANA.recorder), 6, (6, 7))
    ]
    assert {ref: after.revocation_of(view.index) is not None for ref, view in after.claims.items()} == {
        "C1": False,
        "C2": True,
        "C3": True,
    }
    assert [question.to_json() for question in after.questions] == [
        question.to_json() for question in before.questions
    ]
    assert after.provenance().state_hash != before.provenance().state_hash
    assert state(ledger, known_at=revocation.index - 1).to_json()["revocations"] == []
    assert (
        state(ledger, known_at=revocation.index - 1).provenance().state_hash == before.provenance().state_hash
    )


def test_a_case_whose_records_stay_trusted_does_not_notice(ledger: Ledger) -> None:
    before = ledger.replay(CaseState("other")).provenance()
    at = ledger.size
    ledger.revoke_key(keyid(ANA.recorder), "rotated")
    assert ledger.replay(CaseState("other")).provenance() == before
    assert ledger.replay(CaseState("harbour")).revocations == ()
    ledger.revoke_key(keyid(ANA.recorder), "was stolen", size=at - 2)
    other = ledger.replay(CaseState("other"))
    assert other.revocation_of(other.claims["X1"].index) is not None
    assert ledger.replay(CaseState("harbour")).revocations == ()


def test_the_whole_log_and_a_saved_state_give_the_same(ledger: Ledger) -> None:
    saved = state(ledger).save()
    ledger.revoke_key(keyid(ANA.recorder), "stolen", size=6)
    gone_on = ledger.replay(CaseState.load(saved, ledger=ledger.id))
    assert gone_on.to_json() == state(ledger).to_json()
    assert CaseState.load(gone_on.save()).to_json() == gone_on.to_json()
    whole = CaseState("harbour")
    for event in ledger.events():
        whole.apply(event)
    assert [each.disputed for each in whole.revocations] == [(6, 7)]


def test_a_follower_is_told(ledger: Ledger) -> None:
    size = ledger.size
    ledger.revoke_key(keyid(ANA.recorder), "stolen", size=6)
    told = list(ledger.follow("harbour", after=size - 1, pause=lambda: False))
    assert [(event.type, event.index) for event in told] == [("key.revoked", size)]


def test_a_change_names_the_revocation_and_each_claim_whose_signature_is_disputed_by_it(
    ledger: Ledger,
) -> None:
    before = state(ledger)
    revocation = ledger.revoke_key(keyid(ANA.recorder), "stolen in a raid", size=6)
    [change] = Changes.between(before, state(ledger)).entries
    assert (change.sort, change.questions) == ("signature_disputed", ("held \u00b7 count",))
    assert (change.claims, change.of) == ((), ("C2", "C3"))
    assert change.events == (ledger.event(revocation.leaf).id,)
    assert change.text.startswith("the signatures of C2, C3 are disputed: by the revocation at index ")
    assert Changes.between(state(ledger), state(ledger)).entries == ()
    screen = changes_lines(Changes.between(before, state(ledger)), before, state(ledger), width=200)
    [shown] = [line.plain.split() for line in screen if "disputed:" in line.plain]
    assert shown[:2] == ["signature", "disputed"]
    assert shown[-2:] == ["root", "keys"]


def test_every_screen_and_table_says_so(ledger: Ledger) -> None:
    ledger.revoke_key(keyid(ANA.recorder), "stolen in a raid", size=6)
    said = "signature disputed: by the revocation at index"
    shown = "\n".join(map(str, case_lines(state(ledger), width=200)))
    assert "DISPUTED SIGNATURES (2)" in shown
    assert f"C2, C3: {said}" in shown
    history = ledger.replay(History("harbour"))
    shown = "\n".join(map(str, history_lines(history, width=200)))
    assert shown.count(said) == 2
    assert "every signature here verifies, 2 of 3 disputed since a key was revoked" in shown
    assert [row["revocation"] is not None for row in history.to_json()["rows"]] == [False, True, True]
    fold = ledger.replay(Sheets("harbour"))
    sheets = Exhibits("harbour", fold.state.title, ledger.id, ledger.origin, fold.exhibits())
    assert " ".join("\n".join(map(str, sheets_lines(sheets))).split()).count(said) == 2
    pages = [
        " ".join("\n".join(map(str, sheets_lines(replace(sheets, pages=(page,))))).split())
        for page in sheets.pages
    ]
    assert ["but not who recorded it" in page for page in pages] == [False, True, True]
    assert ["shows that the recorder recorded this" in page for page in pages] == [True, False, False]
    assert sheets_as_html(sheets).count("but not who recorded it") == 2
    timeline = Timeline.of(state(ledger))
    assert "\n".join(map(str, timeline_lines(timeline, width=200))).count(said) == 2
    assert [row["revocation"] is not None for row in timeline.to_json()["rows"]] == [False, True, True]
    rows = {row["ref"]: row["signature_disputed"] for row in Tables.of(state(ledger)).rows("claims")}
    assert rows == {"C1": False, "C2": True, "C3": True}
    json.dumps(state(ledger).to_json())


def test_the_matrix_says_so_at_the_answer_and_below_in_the_same_words(ledger: Ledger) -> None:
    case = ledger.case("harbour")
    case.register_entity("union", Organisation(label="the union"))
    trusted = case.record(Count(group="held", quantity=1), ref="C4", asserter="union")
    ledger.revoke_key(keyid(ANA.recorder), "stolen in a raid", size=trusted.index - 4)
    matrix = ledger.replay(Disputes("harbour"))
    (row,) = matrix.rows
    marks = {cell.refs: (cell.marks[-1:], cell.revocation) for cells in row.cells.values() for cell in cells}
    view = matrix.state.revocations[0]
    assert marks[("C1",)] == ((), None)
    assert marks[("C4",)] == (("signature disputed",), view)
    assert str(row.cells["union"][0]) == "1 C4 (signature disputed)"
    shown = "\n".join(map(str, matrix_lines(matrix, width=200)))
    assert "DISPUTED SIGNATURES (1)" in shown
    assert f"C4: {disputed_in_words(view)}" in shown
    cells = matrix.to_json()["rows"][0]["cells"]
    assert cells["union"][0]["revocation"] == view.to_json()
    assert cells["u1"][0]["revocation"] is None
    rows = [(row["refs"], row["signature_disputed"]) for row in Tables.of(matrix.state).rows("matrix")]
    assert (["C4"], True) in rows
    assert (["C1"], False) in rows


def test_speakers_keep_their_counts_and_say_which_claims_have_a_disputed_signature(ledger: Ledger) -> None:
    case = ledger.case("harbour")
    case.amend("C1", Count(group="held", quantity=9), because="misread", asserter="u1")
    case.withdraw("C3", because="recorded twice")
    before = ledger.replay(Asserters()).of("u1", "harbour")
    revocation = ledger.revoke_key(keyid(ANA.recorder), "stolen in a raid", size=6)
    fold = ledger.replay(Asserters())
    row = fold.of("u1", "harbour")
    assert (before.claims, before.signature_disputed) == (row.claims, ())
    (one,) = row.signature_disputed
    assert one.claims == Behind(2, 1, (CaseRef("harbour", "C1"), CaseRef("harbour", "C2")))
    assert (one.revocation.index, one.revocation.disputed) == (revocation.index, (6, ledger.size - 3))
    assert {answer.answer: answer.signature_disputed for answer in row.answers} == {"9": 1, "1": 1}
    assert fold.of("u1", "other").signature_disputed[0].claims.times == 1
    words = f"2 claims (harbour/C1 C2): {disputed_in_words(one.revocation)}"
    shown = "\n".join(map(str, asserters_lines(fold, fold.rows, width=200)))
    assert "DISPUTED SIGNATURES (3)" in shown
    assert f"reports: {words}" in shown
    shown = "\n".join(map(str, asserter_lines(fold, row, width=200)))
    assert words in shown
    assert shown.count("disputed 1") == 2
    assert row.to_json()["signature_disputed"] == [
        {"revocation": one.revocation.to_json(), **one.claims.to_json()}
    ]
    rows = [each for each in asserter_table(fold) if each["case"] == "harbour"]
    (counted,) = [each for each in rows if each["counted"] == "signature_disputed"]
    assert (counted["times"], counted["word"]) == (2, one.revocation.event)
    assert [each["of_them_signature_disputed"] for each in rows if each["counted"] == "answer"] == [1, 1]
    earlier = ledger.replay(Asserters(), known_at=revocation.index - 1).of("u1", "harbour")
    assert earlier.signature_disputed == ()


def test_a_claim_falls_under_the_last_revocation_that_disputes_it(ledger: Ledger) -> None:
    for size, reason in ((7, "stolen"), (6, "stolen earlier than was thought")):
        ledger.revoke_key(keyid(ANA.recorder), reason, size=size)
    row = ledger.replay(Asserters()).of("u1", "harbour")
    said = [(one.revocation.reason, [ref.ref for ref in one.claims.refs]) for one in row.signature_disputed]
    assert said == [("stolen earlier than was thought", ["C2", "C3"])]
    finder = Finder(Sought(asserter="u1"), case="harbour", revocations=ledger.revocations())
    views = [one.revocation for one in finder.found_in(ledger.events("harbour"))]
    assert [view and view.reason for view in views] == [None, *["stolen earlier than was thought"] * 2]


def test_found_claims_say_so_although_the_revocation_came_later(ledger: Ledger) -> None:
    revocation = ledger.revoke_key(keyid(ANA.recorder), "stolen in a raid", size=6)

    def found(known_at: int | str | None = None) -> list[Found]:
        finder = Finder(
            Sought(asserter="u1"), case="harbour", known_at=known_at, revocations=ledger.revocations(known_at)
        )
        return list(finder.found_in(ledger.events()))

    views = [one.revocation for one in found()]
    assert [None if view is None else (view.index, view.disputed) for view in views] == [
        None,
        (revocation.index, (6,)),
        (revocation.index, (7,)),
    ]
    shown = [" ".join("\n".join(map(str, found_lines(one))).split()) for one in found()]
    view = state(ledger).revocations[0]
    assert [disputed_in_words(view) in each for each in shown] == [False, True, True]
    assert [one.to_json()["revocation"] is None for one in found()] == [True, False, False]
    assert [one.revocation for one in found(revocation.index - 1)] == [None, None, None]
    assert [event.index for event in ledger.revocations()] == [revocation.index]
    day = ledger.event(revocation.leaf).recorded_at
    assert ledger.revocations(day) == ledger.revocations()
    assert ledger.revocations(day - timedelta(microseconds=1)) == []
    with pytest.raises(InvalidValue, match="has no index 400 yet"):
        ledger.revocations(400)
