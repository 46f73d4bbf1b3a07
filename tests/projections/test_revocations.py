"""What a case shows when a key that signed in it is revoked with less trust than it had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from claimledger.events import Count, Group, Unnamed
from claimledger.keys import Keyring, keyid
from claimledger.ledger import Ledger
from claimledger.projections import CaseState, Changes, History, Timeline
from claimledger.projections.render import case_lines
from claimledger.projections.render_changes import changes_lines
from claimledger.projections.render_history import history_lines
from claimledger.projections.render_sheets import sheets_as_html, sheets_lines
from claimledger.projections.render_timeline import timeline_lines
from claimledger.projections.sheets import Exhibits, Sheets
from claimledger.projections.tables import Tables
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
