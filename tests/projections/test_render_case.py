"""The screens of a case: who withdrew a record and why, which dates are the recorder's, and what nobody disputes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from claimledger.events import CauseOfDeath, Death, Reply, Voice
from claimledger.events.dates import When
from claimledger.events.errors import UnknownName
from claimledger.projections import CaseState, History, Timeline, replay
from claimledger.projections.layout import Line
from claimledger.projections.render import case_lines
from claimledger.projections.render_history import history_lines
from claimledger.projections.render_timeline import timeline_lines
from tests.projections.conftest import SIGNER, World

if TYPE_CHECKING:
    from collections.abc import Iterable

HOLDERS = {SIGNER: "Recorder A"}
ASKED = "z \u00b7 cause of death"
WITHDRAWN = "withdrawn at index 10 by Recorder A, because recorded twice"


def flat(lines: Iterable[Line]) -> str:
    return " ".join(" ".join(line.plain for line in lines).split())


def shown(world: World, *, everything: bool = False) -> str:
    return flat(case_lines(world.state(), everything=everything, holders=HOLDERS))


def told(world: World, question: str | None = ASKED) -> str:
    return flat(history_lines(replay(History("case", question), world.events), holders=HOLDERS))


def suicide(of: str = "z") -> CauseOfDeath:
    return CauseOfDeath(of=of, causes="suicide")


def torture() -> CauseOfDeath:
    return CauseOfDeath(of="z", causes="torture")


def test_a_withdrawn_record_says_where_by_whom_and_why_on_every_screen(world: World) -> None:
    world.claim("C1", suicide(), "ru")
    world.withdraw("C1")
    timeline = flat(timeline_lines(replay(Timeline("case"), world.events), holders=HOLDERS))
    for screen in (shown(world), shown(world, everything=True), told(world), timeline):
        assert WITHDRAWN in screen
        assert world.events[-1].id not in screen


def test_a_withdrawal_is_data_in_a_history(world: World) -> None:
    world.claim("C1", suicide(), "ru")
    world.withdraw("C1")
    world.claim("C2", suicide(), "az")
    first, second = replay(History("case", ASKED), world.events).to_json()["rows"]
    assert first["withdrawal"] == {"index": 10, "recorder": [SIGNER]}
    assert first["ended_by"] == world.events[10].id
    assert second["withdrawal"] is None


def test_a_withdrawal_of_which_the_holder_is_not_known_names_the_key(world: World) -> None:
    world.claim("C1", suicide(), "ru")
    world.withdraw("C1")
    assert f"by key {SIGNER[:8]}, because" in flat(case_lines(world.state()))


def test_a_reply_that_was_corrected_says_by_which_claim(world: World) -> None:
    world.claim("C1", suicide(), "ru", "2025-07-01")
    world.claim("C2", Reply(kind="retracts", claims=["C1"]), "ru", "2025-07-02")
    world.claim("C3", Reply(kind="retracts", claims=["C2"]), "ru", "2025-07-03")
    assert "retracts C1 (retracted by C3)" in shown(world, everything=True)


def test_an_inferred_date_is_shown_as_the_recorders(world: World) -> None:
    when = When(value="2025-06-27/2025-07-03", basis="order of events")
    world.claim("C1", Death(person="z", when=when), "ru")
    assert "2025-06-27 to 2025-07-03 (inferred: order of events)" in told(world, None)
    assert "directly C1 inferred: order of events" in shown(world, everything=True)


def test_a_date_that_one_inferred_and_another_stated_says_for_which_claim(world: World) -> None:
    world.claim("C1", Death(person="z", when=When(value="2025-06-27", basis="order of events")), "ru")
    world.claim("C2", Death(person="z", when=When(value="2025-06-27")), "az")
    assert "inferred for C1: order of events" in shown(world, everything=True)


def test_a_stated_date_is_not_called_inferred(world: World) -> None:
    world.claim("C1", Death(person="z", when=When(value="2025-06-27")), "ru")
    assert "inferred" not in shown(world, everything=True) + told(world, None)


def test_an_inferred_time_of_being_said_has_a_star_and_a_line(world: World) -> None:
    for ref, said in {"C1": When(value="2025-07-01", basis="date of the page"),
                      "C2": When(value="2025-07-02", basis="the night after"),
                      "C3": When(value="2025-07-03")}.items():  # fmt: skip
        world.claim(ref, suicide(), voice=Voice(asserter="ru", asserted_at=said))
    screen = told(world)
    assert "C1 2025-07-01* " in screen
    assert "C2 2025-07-02*2 " in screen
    assert "C3 2025-07-03 " in screen
    assert "* date inferred by the recorder: date of the page" in screen
    assert "*2 date inferred by the recorder: the night after" in screen
    rows = replay(History("case", ASKED), world.events).to_json()["rows"]
    assert [row["voices"][0]["said_basis"] for row in rows] == ["date of the page", "the night after", None]


def test_without_a_dispute_what_several_say_is_shown_and_in_a_small_case_all(world: World) -> None:
    world.claim("C1", suicide(), "ru")
    world.claim("C2", suicide(), "az")
    world.claim("C3", suicide("g"), "ngo")
    screen = shown(world)
    assert "DISPUTED OR CONDITIONAL (0 of 2 questions) AGREED (1) Z \u00b7 cause of death agreed" in screen
    assert "SINGLE VOICE (1) G \u00b7 cause of death: suicide (the NGO, C3)" in screen


def test_without_a_dispute_a_large_case_lists_only_what_several_say(world: World) -> None:
    world.claim("C1", suicide(), "ru")
    world.claim("C2", suicide(), "az")
    for number in range(20):
        world.entity(f"p{number}", world.state().entities["z"].entity)
        world.claim(f"D{number}", suicide(f"p{number}"), "ngo")
    screen = shown(world)
    assert "AGREED (1) Z" in screen
    assert "D7" not in screen
    assert "SINGLE VOICE (20)" in screen


def test_with_a_dispute_only_that_is_listed(world: World) -> None:
    world.claim("C1", suicide(), "ru")
    world.claim("C2", torture(), "az")
    world.claim("C3", suicide("g"), "ngo")
    assert "C3" not in shown(world)


def test_who_is_not_counted_as_a_second_voice_is_said(world: World) -> None:
    world.claim("C1", Death(person="z", when="2025-07-01/2025-07-03"), "ru")
    world.claim("C2", Death(person="z", when="2025-07-02"), "reports")
    remark = "an unnamed speaker is not counted as a second voice"
    assert remark in shown(world)
    assert remark in shown(world, everything=True)


def test_two_answers_of_one_speaker_need_no_such_remark(world: World) -> None:
    world.claim("C1", Death(person="z", when="2025-07-01/2025-07-03"), "ru", None)
    world.claim("C2", Death(person="z", when="2025-07-02"), "ru", None)
    assert "second voice" not in shown(world, everything=True)


def test_a_claim_asked_for_as_a_question_names_its_questions(world: World) -> None:
    world.claim("C1", suicide(), "ru")
    with pytest.raises(UnknownName, match=f'C1 is a claim of case, no question; it is at "{ASKED}"'):
        replay(CaseState("case"), world.events).find_question("C1")
