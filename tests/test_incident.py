"""The first real incident: every row of the careful reading is in the bundled file, and nothing that is not.

The reading and the statement are somebody else's and are kept beside the checkout. Tests that hold the bundled file
against them are skipped where they are not there; the tests of the state run everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import claimledger
from claimledger import Keyring, Ledger
from claimledger.claimfile import ClaimFile, read_claim_file
from claimledger.claimfile_record import record_claim_file
from claimledger.events import (
    AllOf,
    ClaimRecorded,
    Count,
    Death,
    NoAnswer,
    Person,
    Reason,
    Shows,
    Unnamed,
    Voice,
    When,
)
from claimledger.events.values import strings
from claimledger.projections import CaseState, Question

BUNDLED = Path(claimledger.__file__).parent / "data" / "yekaterinburg-2025.yaml"
CASE = "yekaterinburg-2025"
ROWS = [f"C{number:02d}" for number in range(1, 46)]
SPEAKERS = {
    "Amnesty": "shared:ngo",
    "Struthers": "struthers",
    "reports (unnamed)": "reports",
    "reports?": "reports",
    "survivor [anonymous]": "survivor",
    "survivor?": "survivor",
    "AZ authorities": "shared:az",
    "AZ authorities?": "shared:az",
    "RU authorities": "shared:ru",
}


@pytest.fixture(scope="module")
def bundled() -> ClaimFile:
    return read_claim_file(BUNDLED)


@pytest.fixture(scope="module")
def state(bundled: ClaimFile) -> Iterator[CaseState]:
    with Ledger.create("memory:", origin="example.org/incident", keys=Keyring.in_memory()) as ledger:
        record_claim_file(ledger, bundled)
        yield ledger.replay(CaseState(CASE))


@pytest.fixture(scope="session")
def reading(incident_folder: Path) -> dict[str, dict[str, Any]]:
    rows = json.loads((incident_folder / "claims.json").read_text())["claims"]
    return {row["id"]: row for row in rows}


def claims_of(bundled: ClaimFile, row: str) -> dict[str, ClaimRecorded]:
    return {ref: claim for ref, claim in bundled.claims.items() if ref.partition(".")[0] == row}


def dates_of(claim: ClaimRecorded) -> list[Any]:
    fields = (getattr(claim.claim, name, None) for name in type(claim.claim).model_fields if name != "as_of")
    return [field for field in fields if type(field).__name__ == "When"]


def words_of(claim: ClaimRecorded) -> set[str]:
    """Every hedging word that a claim keeps: of the speaker, of a relay, of a number, of a pattern."""
    words = set(claim.hedges)
    for voice in claim.voices:
        words |= {relay.verb for relay in voice.relays if relay.verb}
    quantity = getattr(claim.claim, "quantity", None) or getattr(claim.claim, "duration", None)
    if quantity is not None:
        words |= {quantity.qualifier} if quantity.qualifier else set()
    frequency = getattr(claim.claim, "frequency", None)
    return words | ({frequency} if frequency else set())


def entity_types(bundled: ClaimFile) -> dict[str, Any]:
    types: dict[str, Any] = {body.name: body.entity for body in bundled.entities}
    return types | {f"shared:{body.name}": body.entity for body in bundled.shared}


# The bundled file against the reading, row by row


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_in_the_file_with_its_offsets(
    row: str, bundled: ClaimFile, reading: dict[str, dict[str, Any]]
) -> None:
    claims = claims_of(bundled, row)
    assert claims
    for claim in claims.values():
        assert claim.locator is not None
        assert (claim.locator.start, claim.locator.end) == (
            reading[row]["char_start"],
            reading[row]["char_end"],
        )
        assert claim.source == "ngo-en"


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_chain_of_speakers(
    row: str, bundled: ClaimFile, reading: dict[str, dict[str, Any]]
) -> None:
    chain = reading[row]["asserter_chain"]
    entities = entity_types(bundled)
    for claim in claims_of(bundled, row).values():
        chains = {(voice.asserter, *(relay.by for relay in voice.relays)) for voice in claim.voices}
        if match := re.fullmatch(r"\[(\w+ or .+)\]", chain):
            first, second = match[1].split(" or ")
            assert {voice.asserter for voice in claim.voices} == {SPEAKERS[first], SPEAKERS[second]}
        elif match := re.fullmatch(r"\[(\w+\?)\]>Amnesty", chain):
            assert chains == {(SPEAKERS[match[1]], "shared:ngo"), ("shared:ngo",)}
        elif re.fullmatch(r"\[unnamed.*\]>Amnesty", chain):
            ((speaker, relay),) = chains
            assert isinstance(entities[speaker], Unnamed)
            assert relay == "shared:ngo"
        elif chain == "[photographer unstated]>Amnesty":
            assert chains == {("shared:ngo",)}
            assert getattr(claim.claim, "distributed_by", None) is None
        elif chain == "AZ law-enforcement channels (distributor)>Amnesty":
            assert chains == {("shared:ngo",)}
            spread = getattr(claim.claim, "distributed_by", None) or getattr(claim.claim, "by", None)
            assert spread == "shared:az-channels"
        elif match := re.fullmatch(r"Amnesty reading of (C\d+), (C\d+)", chain):
            assert chains == {("shared:ngo",)}
            used = {bundled.refs[ground.claim].partition(".")[0] for ground in claim.based_on if ground.claim}
            assert used == {match[1], match[2]}
        else:
            assert chains == {tuple(SPEAKERS[speaker] for speaker in chain.split(">"))}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_was_said_when_it_was_said(
    row: str, bundled: ClaimFile, reading: dict[str, dict[str, Any]]
) -> None:
    stated = reading[row]["asserted_at"].split(" (ext.")[0]
    for claim in claims_of(bundled, row).values():
        times = [voice.asserted_at for voice in claim.voices]
        said = {time.value: time for time in times if isinstance(time, When)}
        assert stated.rstrip("\u2020") in said
        if stated.endswith("\u2020"):
            assert said[stated.rstrip("\u2020")].basis


@pytest.mark.parametrize("row", ROWS)
def test_a_row_happened_within_its_bounds_and_nothing_is_more_exact(
    row: str, bundled: ClaimFile, reading: dict[str, dict[str, Any]]
) -> None:
    text = reading[row]["happened_at"]
    day = r"\d{4}(?:-\d\d-\d\d)?"
    stated = set(re.findall(rf"\[(?:{day})?\.\.{day}\]|{day}/{day}|{day}", text))
    dates = [date for claim in claims_of(bundled, row).values() for date in dates_of(claim)]
    assert {date.value for date in dates} == stated
    if "\u2021" in text:
        assert all(date.basis for date in dates)
    for verbatim in re.findall(r'"([^"]+)"', text):
        assert any(date.verbatim and date.verbatim in verbatim for date in dates)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_keeps_its_hedges_and_gets_no_others(
    row: str, bundled: ClaimFile, reading: dict[str, dict[str, Any]]
) -> None:
    hedge = reading[row]["hedge"]
    claims = claims_of(bundled, row)
    kept = {word for claim in claims.values() for word in words_of(claim)}
    if hedge.startswith("none"):
        assert not any(claim.hedges or claim.strength != "asserted" for claim in claims.values())
        return
    assert any(word in hedge for word in kept)
    for claim in claims.values():
        assert all(word in hedge for word in claim.hedges)
        if "appears" in hedge:
            assert claim.strength != "asserted"
    if "universal" in hedge:
        assert all(isinstance(claim.claim.to, AllOf) for claim in claims.values())  # type: ignore[attr-defined]
    if "voice ambiguous" in hedge or "ambiguous: inside or outside" in hedge:
        assert all(len(claim.voices) == 2 for claim in claims.values())


def test_every_judgement_of_the_draft_is_there_and_each_rests_on_the_reading(
    bundled: ClaimFile, reading: dict[str, dict[str, Any]], incident_folder: Path
) -> None:
    passive = {"restated_by": "restates", "supported_by": "supports"}
    wanted: set[tuple[str, str, str]] = set()
    for judgement in yaml.safe_load((incident_folder / "draft.yaml").read_text())["judgements"]:
        ((verb, others),) = (
            (key, value) for key, value in judgement.items() if key not in {"claim", "under", "note"}
        )
        one = judgement["claim"]
        for mine in one if isinstance(one, list) else [one]:
            for other in others if isinstance(others, list) else [others]:
                pair = (other, mine) if verb in passive else (mine, other)
                wanted.add((pair[0].partition(".")[0], passive.get(verb, verb), pair[1].partition(".")[0]))
    made = {
        (bundled.refs[mine].partition(".")[0], judgement.verb, bundled.refs[other].partition(".")[0])
        for judgement in bundled.judgements
        for mine in judgement.claims
        for other in judgement.of
    }
    assert wanted <= made
    for mine, _, other in made:
        mentioned = mentions(reading[mine]) | mentions(reading[other])
        assert mine in mentioned or other in mentioned


def mentions(row: dict[str, Any]) -> set[str]:
    """The rows that a row's relations name, ranges written out."""
    text = row["relations"].replace("\u2013", "-")
    found = set(re.findall(r"C\d\d", text))
    for first, last in re.findall(r"C(\d\d)-C(\d\d)", text):
        found |= {f"C{number:02d}" for number in range(int(first), int(last) + 1)}
    return found


def test_the_source_is_the_statement_and_its_survey_is_excluded(
    bundled: ClaimFile, incident_folder: Path
) -> None:
    meta = json.loads((incident_folder / "claims.json").read_text())["source"]
    (registered,) = bundled.sources
    assert registered.source.sha256 == meta["sha256"]
    assert registered.source.url == meta["url"]
    assert registered.source.excluded is not None
    (excluded,) = registered.source.excluded
    assert [excluded.locator.start, excluded.locator.end] == meta["exclude"]
    read_claim_file(BUNDLED, copies={"ngo-en": incident_folder / "statement.txt"})


def test_the_words_that_a_claim_points_at_can_be_shown(incident_folder: Path) -> None:
    shown = read_claim_file(BUNDLED, copies={"ngo-en": incident_folder / "statement.txt"})
    assert (shown.words_of("C14.2") or "").startswith("On 27 June")


# What must not come out


def test_every_row_is_in_the_file_under_its_own_id(bundled: ClaimFile) -> None:
    assert {ref.partition(".")[0] for ref in bundled.claims} == set(ROWS)


def test_every_claim_of_the_file_is_in_the_state(bundled: ClaimFile, state: CaseState) -> None:
    placed = {ref for question in state.questions for ref in question.claims}
    placed |= {view.ref for views in (state.opinions, state.patterns, state.replies) for view in views}
    assert placed == set(bundled.claims) == set(state.claims)


def cause(state: CaseState, who: str) -> Question:
    return state.question(who, "cause_of_death")


@pytest.mark.parametrize(("who", "claim"), [("z", "C27"), ("g", "C28")])
def test_each_brothers_cause_of_death_is_disputed_under_one_reading(
    who: str, claim: str, state: CaseState
) -> None:
    question = cause(state, who)
    assert question.state == "conditional"
    against = [pair for pair in question.pairs if pair.verdict == "conditional"]
    assert len(against) == 1
    (pair,) = against
    refs = {ref for number in (pair.a, pair.b) for ref in question.positions[number].refs}
    assert refs == {claim, "C29"}
    assert [dict(reading) for reading in pair.readings] == [{"one": who}]
    assert pair.comparator == "code"


@pytest.mark.parametrize("who", ["z", "g"])
def test_being_clarified_is_neither_a_value_nor_a_denial(who: str, state: CaseState) -> None:
    question = cause(state, who)
    assert [status.ref for status in question.statuses] == ["C30"]
    assert all("C30" not in position.refs for position in question.positions)


def test_the_undercutting_pattern_changes_no_value(bundled: ClaimFile, state: CaseState) -> None:
    before = {who: [position.text for position in cause(state, who).positions] for who in ("z", "g")}
    without = [each for each in bundled.judgements if each.verb != "undercuts"]
    assert len(without) == len(bundled.judgements) - 1
    with Ledger.create("memory:", origin="example.org/incident", keys=Keyring.in_memory()) as ledger:
        record_claim_file(ledger, replace(bundled, judgements=tuple(without)))
        bare = ledger.replay(CaseState(CASE))
    assert {who: [position.text for position in cause(bare, who).positions] for who in ("z", "g")} == before
    assert [cause(bare, who).state for who in ("z", "g")] == ["conditional", "conditional"]
    assert all("C31" not in question.claims for question in state.questions)


def test_nobody_denies_anything_and_so_nobody_denies_torture(bundled: ClaimFile) -> None:
    assert {claim.polarity for claim in bundled.claims.values()} == {"affirmed"}


def test_numbers_stand_as_they_were_said_and_are_never_summed(bundled: ClaimFile, state: CaseState) -> None:
    said = {
        ref: (claim.claim.group, claim.claim.quantity.verbatim or claim.claim.quantity.point)  # type: ignore[union-attr]
        for ref, claim in bundled.claims.items()
        if isinstance(claim.claim, Count) and isinstance(claim.claim.group, str)
    }
    assert {text for _, text in said.values()} == {2, 6, "around 50", "several", "at least 8", "at least 1"}
    counts = [question for question in state.questions if question.property == "count"]
    assert all(question.state != "disputed" for question in counts)
    assert not re.search(r"\b(44|42|48)\b", json.dumps([question.to_json() for question in counts]))


def test_no_date_of_death_is_more_than_bounds_with_a_basis(bundled: ClaimFile) -> None:
    for ref, claim in bundled.claims.items():
        if isinstance(claim.claim, Death) and claim.claim.when is not None:
            assert claim.claim.when.value == "[2025-06-27..2025-07-03]", ref  # type: ignore[union-attr]
            assert claim.claim.when.basis  # type: ignore[union-attr]


def test_which_brother_is_meant_stays_open(bundled: ClaimFile, state: CaseState) -> None:
    assert bundled.claims["C29"].claim.of == "one"  # type: ignore[attr-defined]
    no_answer = bundled.claims["C30"].claim
    assert isinstance(no_answer, NoAnswer)
    assert no_answer.of == "other"
    shared = json.dumps(state.to_json())
    assert '"of": "z", "causes": [{"code": "natural.heart_failure"}]' not in shared


def test_nobody_is_said_to_have_caused_the_visible_injuries(bundled: ClaimFile) -> None:
    shows = bundled.claims["C45"].claim
    assert isinstance(shows, Shows)
    assert shows.distributed_by is None
    assert not {"shared:ru-police", "shared:az"} & set(strings(shows.model_dump()))


def test_the_ngo_calls_no_killing_unlawful_and_names_no_charge_in_baku(bundled: ClaimFile) -> None:
    for ref, claim in bundled.claims.items():
        written = json.dumps(claim.model_dump(mode="json"))
        assert "unlawful" not in written, ref
        if '"charge"' in written:
            assert claim.claim.to == "charged", ref  # type: ignore[attr-defined]
    accusation = bundled.claims["C33"].claim
    assert isinstance(accusation, Reason)
    assert (accusation.kind, accusation.distribution) == ("accusation", "unknown")


def test_the_invasion_is_no_claim_and_its_day_is_nowhere(bundled: ClaimFile) -> None:
    text = BUNDLED.read_text()
    assert "2022-02-24" not in text
    assert "invasion" not in text.lower()


def test_the_survivor_is_protected_and_nothing_is_known_of_them(bundled: ClaimFile) -> None:
    (survivor,) = (body.entity for body in bundled.entities if body.name == "survivor")
    assert isinstance(survivor, Person)
    assert survivor.protected
    assert (survivor.name, survivor.aliases, survivor.contact) == (None, None, None)


def test_the_archive_relays_the_document_and_asserts_nothing(bundled: ClaimFile) -> None:
    voices: list[Voice] = [voice for claim in bundled.claims.values() for voice in claim.voices]
    named = {name for voice in voices for name in (voice.asserter, voice.on_behalf_of)}
    assert "shared:archive" not in named
    assert bundled.sources[0].source.via == "shared:archive"
