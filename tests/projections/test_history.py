from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from claimledger.events import CauseOfDeath, General, NoAnswer, OneOf, Opinion, Reply
from claimledger.events.encoding import encode
from claimledger.events.errors import UnknownName
from claimledger.projections import History, HistoryRow, replay

if TYPE_CHECKING:
    from tests.projections.conftest import World

ASKED = "z \u00b7 cause of death"


def rows(world: World, question: str | None = ASKED) -> dict[str, HistoryRow]:
    return {row.ref: row for row in replay(History("case", question), world.events).rows}


def test_the_rows_come_in_the_order_of_the_log(world: World) -> None:
    world.claim("C2", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-05")
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru", "2025-07-01")
    world.claim("C3", CauseOfDeath(of="g", causes="suicide"), "ru")
    assert list(rows(world)) == ["C2", "C1"]
    assert list(rows(world, None)) == ["C2", "C1", "C3"]


def test_a_row_says_who_said_what_when_and_how_it_came(world: World) -> None:
    world.claim(
        "C1",
        CauseOfDeath(of="z", causes=["torture", "injury.head"]),
        "g",
        "[..2025-07-03]",
        on_behalf_of="ru",
        relays=("ngo",),
        strength="likely",
        hedges=["reportedly"],
        locator={"start": 5, "end": 9},
    )
    row = rows(world)["C1"]
    assert (row.said, row.who) == ("\u2264 2025-07-03", "G, for Russian authorities")
    assert row.what == 'torture, injury: head (likely) ["reportedly"]'
    assert row.relays == ('the NGO, "claim"',)
    assert row.locator is not None
    assert (row.locator.start, row.locator.end) == (5, 9)
    assert row.recorder == ("b" * 64,)


def test_a_claim_about_one_of_several_says_so(world: World) -> None:
    world.entity("one", OneOf(label="one", one_of=("z", "g")))
    world.claim("C1", CauseOfDeath(of="one", causes="suicide"), "ru")
    row = rows(world)["C1"]
    assert row.what == "suicide \u00b7 one of Z, G"
    assert row.conditional_on == ({"one": "z"},)


def test_a_denial_and_a_missing_answer_are_shown_as_such(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "ru", polarity="negated")
    world.claim("C2", NoAnswer(of="z", property="cause_of_death", status="no_comment"), "az")
    shown = rows(world)
    assert shown["C1"].what == "not torture"
    assert shown["C2"].what == "no answer: no comment"


def test_both_alternatives_of_an_undecided_voice_are_shown(world: World) -> None:
    said = [
        {"asserter": "reports", "asserted_at": "[..2025-07-03]", "relays": [{"by": "ngo"}]},
        {"asserter": "ngo"},
    ]
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), voice={"undecided": said})
    row = rows(world)["C1"]
    assert (row.who, row.relays) == ("reports or the NGO", ("the NGO",))


def test_a_pattern_that_is_judged_to_undercut_stands_in_the_history(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru")
    world.claim("C2", General(topic="deaths", text="often given", frequency="often"))
    world.claim("C3", Opinion(about="ru", tone="condemns", text="a disgrace"))
    world.judge(["C2"], "undercuts", ["C1"])
    shown = rows(world)
    assert list(shown) == ["C1", "C2"]
    assert shown["C2"].what == "(pattern) often: often given"
    assert [judgement.verb for judgement in shown["C2"].judgements] == ["undercuts"]
    assert rows(world, None)["C3"].what == "(condemns) a disgrace"


def test_replies_to_a_claim_stand_in_the_history_and_ended_claims_keep_their_rows(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru")
    world.claim("C2", Reply(claims=[world.ids["C1"]], kind="retracts"), "ru", "2025-07-09")
    world.claim("C3", CauseOfDeath(of="z", causes="torture"), "az")
    world.withdraw("C3")
    shown = rows(world)
    assert [(row.ref, row.status) for row in shown.values()] == [
        ("C1", "retracted"),
        ("C2", "standing"),
        ("C3", "withdrawn"),
    ]
    assert shown["C1"].ended_by == "C2"


def test_a_reply_to_a_reply_stands_in_the_history_and_each_says_to_which_claim_it_is_one(
    world: World,
) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru")
    world.claim("C2", Reply(claims=[world.ids["C1"]], kind="retracts"), "ru", "2025-07-09")
    world.claim("C3", Reply(claims=[world.ids["C2"]], kind="retracts"), "ru", "2025-07-10")
    world.claim("C4", Reply(claims=[world.ids["C3"]], kind="rebuts"), "az", "2025-07-11")
    world.claim("C5", CauseOfDeath(of="g", causes="torture"), "az")
    world.claim("C6", Reply(claims=[world.ids["C5"]], kind="rebuts"), "ru", "2025-07-12")
    assert [(row.ref, row.what, row.status, row.ended_by) for row in rows(world).values()] == [
        ("C1", "suicide", "standing", None),
        ("C2", "(retracts C1)", "retracted", "C3"),
        ("C3", "(retracts C2)", "standing", None),
        ("C4", "(rebuts C3)", "standing", None),
    ]


def test_an_amended_claim_shows_both_and_stays_where_it_was(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru")
    world.claim("C2", CauseOfDeath(of="z", causes="torture"), "az")
    world.amend("C1", CauseOfDeath(of="g", causes="torture"), "ru")
    row = rows(world)["C1"]
    assert [(one.because, one.before) for one in row.amendments] == [("misread", "suicide")]
    assert row.what == "torture"


def test_a_history_is_data_too(world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="suicide"), "ru")
    shown = replay(History("case", ASKED), world.events).to_json()
    assert encode(shown, max_bytes=10**6)
    assert (shown["question"], shown["rows"][0]["ref"]) == (ASKED, "C1")


def test_a_question_that_nobody_answers_is_refused(world: World) -> None:
    with pytest.raises(UnknownName, match="no claim of case answers"):
        rows(world)
