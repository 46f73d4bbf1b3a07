"""Three incidents as claim files: they are sound, they say what was said and no more, and their pages are true.

1. Each file lints clean, is recorded once, verifies, and replays to the state that its page speaks of.
2. What the pages quote of screens is what the command line shows: commands run, and quoted lines come in their order.
   ``...`` stands for lines that are left out.
"""

from __future__ import annotations

import re
import shlex
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimledger.claimfile import lint, read_claim_file
from claimledger.claimfile_record import record_claim_file
from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE
from claimledger.events.dates import When
from claimledger.events.kinds import Reply
from claimledger.events.recorded import Event
from claimledger.projections import CaseState, ClaimStatus, Position, Question, QuestionState, Verdict
from claimledger.testing import memory_ledger

ROOT = Path(__file__).resolve().parent.parent
INCIDENTS = ("khashoggi-2018", "grenfell-2017", "mh17-2014")
PAGES = (*INCIDENTS, "yekaterinburg-2025")  # the fourth is the bundled one: see test_incident.py
SAUDI = "shared:sa"
POLICE = "shared:met"
MINISTRY = "shared:ru-mod"
COMMITTEE = "shared:ru-ic"


def file_of(incident: str) -> Path:
    return ROOT / "examples" / "incidents" / f"{incident}.yaml"


@cache
def events_of(incident: str) -> tuple[Event, ...]:
    with memory_ledger() as ledger:
        record_claim_file(ledger, read_claim_file(file_of(incident)))
        return tuple(ledger.events())


@cache
def state_of(incident: str, asserted_by: str | None = None) -> CaseState:
    state = CaseState(incident, asserted_by=asserted_by)
    for event in events_of(incident):
        state.apply(event)
    return state


def question(incident: str, key: str, asserted_by: str | None = None) -> Question:
    return state_of(incident, asserted_by).find_question(key)


def refs(of: Position) -> set[str]:
    """The claims of a position."""
    return {holding.ref for holding in of.holders}


def position(of: Question, ref: str) -> Position:
    (found,) = [one for one in of.positions if ref in refs(one)]
    return found


def statuses(of: Question, holder: str) -> dict[str, ClaimStatus]:
    """How each claim of a holder stands at a question, in the order in which it was said."""
    held = [holding for one in of.positions for holding in one.holders if holding.holder == holder]
    return {
        holding.ref: holding.status for holding in sorted(held, key=lambda one: (one.said or "", one.ref))
    }


def verdict(of: Question, a: str, b: str) -> Verdict:
    numbers = {position(of, a).number, position(of, b).number}
    (found,) = [pair.verdict for pair in of.pairs if {pair.a, pair.b} == numbers]
    return found


@pytest.mark.parametrize("incident", INCIDENTS)
def test_each_file_lints_clean(incident: str) -> None:
    assert lint([file_of(incident)]) == []


def test_all_are_recorded_into_one_ledger_once_and_verify() -> None:
    with memory_ledger() as ledger:
        for incident in INCIDENTS:
            claim_file = read_claim_file(file_of(incident))
            assert record_claim_file(ledger, claim_file).added > 0
            assert record_claim_file(ledger, claim_file).added == 0
        assert {info.name for info in ledger.cases()} == set(INCIDENTS)
        assert ledger.verify(pin=ledger.id).findings == ()


@pytest.mark.parametrize("incident", INCIDENTS)
def test_every_claim_is_in_the_state_and_names_a_page_with_an_address(incident: str) -> None:
    state = state_of(incident)
    assert 20 <= len(state.claims) <= 50
    placed = {ref for one in state.questions for ref in one.claims}
    beside = {claim.ref for claim in (*state.opinions, *state.patterns, *state.replies)}
    assert placed | beside == set(state.claims)
    assert state.unread == ()
    for ref, claim in state.claims.items():
        assert claim.body.source is not None, ref
        assert claim.body.locator is None, ref
        assert claim.body.quote is None, ref
        assert all(voice.asserted_at is not None for voice in claim.body.voices), ref
    for source in state.sources.values():
        assert source.url is not None
        assert source.sha256 is None


@pytest.mark.parametrize("incident", INCIDENTS)
def test_nothing_was_said_after_the_page_in_which_it_was_read(incident: str) -> None:
    state = state_of(incident)
    for ref, claim in state.claims.items():
        published = last_day(state.sources[str(claim.body.source)].published)
        for voice in claim.body.voices:
            said = voice.asserted_at.edtf.bounds.earliest if isinstance(voice.asserted_at, When) else None
            # the official statement of 20 October 2018 bears the date of Washington, where it was still the 19th
            if said is not None and published is not None and voice.statement != "source1":
                assert said <= published, ref


def last_day(when: When | str | None) -> date | None:
    return when.edtf.bounds.latest if isinstance(when, When) else None


# An account that changed


def test_the_first_saudi_account_is_corrected_by_its_own_holder_and_still_listed() -> None:
    leaving = question("khashoggi-2018", "exit origin")
    assert statuses(leaving, SAUDI) == {"S02": ClaimStatus.CORRECTED, "S01": ClaimStatus.CORRECTED}
    assert {holding.by for holding in position(leaving, "S01").holders} == {"S06.1"}
    assert not position(leaving, "S01").is_current
    assert position(leaving, "T01").is_current


def test_the_exit_was_disputed_as_long_as_the_first_account_stood() -> None:
    before = question("khashoggi-2018", "exit origin", "2018-10-19")
    assert before.state is QuestionState.DISPUTED
    assert verdict(before, "S01", "T01") is Verdict.CONTRADICTS
    after = question("khashoggi-2018", "exit origin", "2018-10-20")
    assert after.state is not QuestionState.DISPUTED


def test_the_later_saudi_accounts_supersede_without_correcting() -> None:
    cause = question("khashoggi-2018", "khashoggi cause of death")
    assert statuses(cause, SAUDI) == {"S05.2": ClaimStatus.SUPERSEDED, "S10.1": ClaimStatus.STANDING}
    intent = question("khashoggi-2018", "killing intent")
    assert list(statuses(cause, SAUDI)) == ["S05.2", "S10.1"]
    assert list(statuses(intent, SAUDI)) == ["S09", "S12.1"]
    assert statuses(intent, SAUDI) == {"S09": ClaimStatus.SUPERSEDED, "S12.1": ClaimStatus.STANDING}
    state = state_of("khashoggi-2018")
    names = {view.event: ref for ref, view in state.claims.items()}
    replies = [view.body.claim for view in state.replies]
    answered = {names[event] for one in replies if isinstance(one, Reply) for event in one.claims}
    assert answered == {"S01", "S02", "S03"}


@pytest.mark.parametrize(
    ("day", "standing"),
    [("2018-10-20", "S05.2"), ("2018-10-31", "S05.2"), ("2018-11-15", "S10.1"), ("2019-12-31", "S10.1")],
)
def test_on_each_day_one_saudi_answer_stands_on_the_cause(day: str, standing: str) -> None:
    cause = question("khashoggi-2018", "khashoggi cause of death", day)
    current = [ref for ref, status in statuses(cause, SAUDI).items() if status is ClaimStatus.STANDING]
    assert current == [standing]


def test_a_fight_and_strangulation_are_no_dispute_but_an_injection_and_strangulation_are() -> None:
    october = question("khashoggi-2018", "khashoggi cause of death", "2018-10-31")
    assert verdict(october, "S05.2", "T04.1") is Verdict.NOT_COMPARABLE
    assert october.state is not QuestionState.DISPUTED
    today = question("khashoggi-2018", "khashoggi cause of death")
    assert verdict(today, "S10.1", "T04.1") is Verdict.CONTRADICTS


def test_planned_and_not_planned_contradict_and_the_rapporteur_decides_nothing() -> None:
    intent = question("khashoggi-2018", "killing intent")
    assert intent.state is QuestionState.DISPUTED
    assert verdict(intent, "S12.1", "U01.1") is Verdict.CONTRADICTS
    assert "T03.1" in refs(position(intent, "U01.1"))


def test_an_official_without_a_name_is_not_saudi_arabia() -> None:
    cause = question("khashoggi-2018", "khashoggi cause of death")
    assert "S07" not in statuses(cause, SAUDI)
    assert position(cause, "S07").is_current


def test_the_body_is_being_looked_for_and_that_is_no_answer() -> None:
    where = question("khashoggi-2018", "khashoggi whereabouts")
    assert where.state is QuestionState.OPEN
    assert where.positions == ()


# Counts


def test_confirmed_and_presumed_are_held_side_by_side_and_not_compared() -> None:
    toll = question("grenfell-2017", "dead count", "2017-06-17")
    assert statuses(toll, POLICE)["P05.1"] is ClaimStatus.STANDING
    assert statuses(toll, POLICE)["P05.2"] is ClaimStatus.STANDING
    assert verdict(toll, "P05.1", "P05.2") is Verdict.NOT_COMPARABLE


def test_each_certainty_has_a_history_of_its_own() -> None:
    presumed = ["P05.1", "P06.1", "P07.1", "P08.1", "P09.1"]
    confirmed = ["P01", "P02", "P03", "P04.1", "P05.2"]
    toll = statuses(question("grenfell-2017", "dead count"), POLICE)
    assert [toll[ref] for ref in presumed] == [ClaimStatus.CORRECTED] * 5
    assert [toll[ref] for ref in confirmed] == [ClaimStatus.SUPERSEDED] * 5
    assert toll["P10.1"] is ClaimStatus.STANDING
    october = statuses(question("grenfell-2017", "dead count", "2017-10-31"), POLICE)
    assert [ref for ref, status in october.items() if status is ClaimStatus.STANDING] == [
        "P05.2",
        "P08.6",
        "P09.1",
    ]


def test_no_number_is_in_the_state_that_is_not_in_the_file() -> None:
    text = file_of("grenfell-2017").read_text()
    stated = {int(number) for number in re.findall(r"(?:point|low|high): (\d+)", text)}
    stated |= {int(number) for number in re.findall(r"quantity: (?:at least )?(\d+)", text)}
    shown = set()
    for one in state_of("grenfell-2017").questions:
        if one.property == "count":
            for held in one.positions:
                for value in held.answer["values"]:
                    shown |= {
                        value["quantity"][key] for key in ("point", "low", "high") if key in value["quantity"]
                    }
    assert shown == stated
    assert not shown & {67, 88, 109, 143}


def test_counts_of_different_days_and_scopes_are_not_held_against_one_another() -> None:
    identified = question("grenfell-2017", "identified count")
    assert {pair.verdict for pair in identified.pairs} == {Verdict.NOT_COMPARABLE}
    assert len(identified.positions) == 4
    assert all(one.is_current for one in identified.positions)
    scopes = {
        question("grenfell-2017", f"{group} count").entity for group in ("dead", "recorded", "acknowledged")
    }
    assert len(scopes) == 3


def test_two_numbers_of_one_day_contradict_until_the_next_day() -> None:
    assert question("grenfell-2017", "dead count", "2017-06-14").state is QuestionState.DISPUTED
    assert question("grenfell-2017", "dead count", "2017-06-15").state is not QuestionState.DISPUTED


def test_a_rebuttal_without_a_number_is_no_number() -> None:
    toll = question("grenfell-2017", "dead count")
    assert not any("R01" in refs(one) for one in toll.positions)
    assert "shared:lammy" not in {holding.holder for one in toll.positions for holding in one.holders}


def test_an_exact_repetition_agrees_and_the_coroners_wider_count_is_not_taken_for_confirmed() -> None:
    toll = question("grenfell-2017", "dead count")
    assert refs(position(toll, "P10.1")) == {"P10.1", "C01.2"}
    wider = question("grenfell-2017", "recorded count")
    assert verdict(wider, "P10.3", "C01.1") is Verdict.NOT_COMPARABLE


# Two sides and a third


def test_the_two_causes_are_two_positions_and_the_court_is_a_holder_of_one() -> None:
    cause = question("mh17-2014", "aboard cause of death")
    assert cause.state is QuestionState.DISPUTED
    ground, air = position(cause, "A04.1"), position(cause, "R04")
    assert ground.number != air.number
    assert {"D01.2", "J01.1", "C01.1", "E01.1"} <= refs(ground)
    assert verdict(cause, "C01.1", "R04") is Verdict.CONTRADICTS
    assert air.is_current


@pytest.mark.parametrize("day", ["2015-12-31", "2018-12-31", "2022-11-16", "2022-11-17", "2025-12-31"])
def test_no_finding_of_a_later_body_settles_the_question(day: str) -> None:
    assert question("mh17-2014", "aboard cause of death", day).state is QuestionState.DISPUTED


def test_the_ministry_moved_on_and_the_committee_did_not() -> None:
    cause = question("mh17-2014", "aboard cause of death")
    assert statuses(cause, MINISTRY) == {"R01.2": ClaimStatus.SUPERSEDED, "R07.1": ClaimStatus.STANDING}
    assert statuses(cause, COMMITTEE) == {"R04": ClaimStatus.STANDING}
    jet = question("mh17-2014", "jet place")
    assert statuses(jet, MINISTRY) == {"R01.1": ClaimStatus.SUPERSEDED, "R06.1": ClaimStatus.STANDING}


def test_what_the_ministry_left_open_contradicted_nobody() -> None:
    cause = question("mh17-2014", "aboard cause of death", "2014-12-31")
    assert verdict(cause, "A04.1", "R01.2") is not Verdict.CONTRADICTS


def test_undercutting_a_judgment_changes_no_value() -> None:
    cause = question("mh17-2014", "aboard cause of death")
    assert set(position(cause, "C01.1").undercut_by) == {"R08", "R10"}
    assert statuses(cause, "shared:court-hague") == {"C01.1": ClaimStatus.STANDING}
    day_before = question("mh17-2014", "aboard cause of death", "2022-11-16")
    assert {one.text for one in day_before.positions} == {one.text for one in cause.positions}


def test_a_place_inside_another_fits_and_the_next_village_does_not() -> None:
    origin = question("mh17-2014", "launch origin")
    assert verdict(origin, "A04.2", "C01.2") is Verdict.COMPATIBLE
    assert verdict(origin, "D01.4", "R03.2") is Verdict.COMPATIBLE
    assert verdict(origin, "A04.2", "R03.2") is Verdict.CONTRADICTS
    assert verdict(origin, "A04.2", "R06.2") is Verdict.CONTRADICTS


def test_who_fired_stays_open_where_the_court_left_it_open() -> None:
    by = question("mh17-2014", "launch by")
    assert by.state is not QuestionState.DISPUTED
    assert position(by, "E01.2").answer["openness"] == "either"
    assert [status.ref for status in by.statuses] == ["D01.5"]


def test_nobody_is_convicted_but_by_the_court_and_the_acquitted_man_has_no_name() -> None:
    state = state_of("mh17-2014")
    convicted = {"girkin", "dubinskiy", "kharchenko", "convicted"}
    about = {
        ref
        for ref, claim in state.claims.items()
        if convicted & set(re.findall(r"[a-z]+", claim.body.claim.model_dump_json()))
    }
    assert about == {"C01.3"}
    assert "Pulatov" not in file_of("mh17-2014").read_text()


# The pages


def blocks(page: Path) -> list[list[str]]:
    found = re.findall(r"^```console\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in found]


@pytest.mark.parametrize("incident", PAGES)
def test_the_page_quotes_what_the_command_line_shows(
    incident: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PASSPHRASE, "a passphrase of the test")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    runner = CliRunner()
    commands = 0
    left: list[str] = []
    for line in [line for block in blocks(ROOT / "docs" / "incidents" / f"{incident}.md") for line in block]:
        if line.startswith("$ claimledger "):
            result = runner.invoke(app, shlex.split(line)[2:], catch_exceptions=False)
            assert result.exit_code == 0, f"{line}\n{result.output}"
            left = [" ".join(shown.split()) for shown in result.stdout.splitlines()]
            commands += 1
        elif line != "...":
            wanted = " ".join(line.split())
            assert wanted in left, f"not shown, or not in this order: {line}"
            left = left[left.index(wanted) + 1 :]
    assert commands >= 5
