"""Finding claims as events come by: all criteria must fit, and what is protected stays out of the answer as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from claimledger.events import Authority, CauseOfDeath, General, NoAnswer, Opinion
from claimledger.events.errors import UnknownName
from claimledger.projections.finding import Finder, Found, Sought

if TYPE_CHECKING:
    from tests.projections.conftest import World


def found(world: World, sought: Sought, **options: str | int) -> list[Found]:
    return list(Finder(sought, **options).found_in(world.events))  # type: ignore[arg-type]


def refs(world: World, sought: Sought, **options: str | int) -> list[str]:
    return [one.ref for one in found(world, sought, **options)]


@pytest.fixture
def told(world: World) -> World:
    """Three claims on a death, and an opinion."""
    world.claim("C1", CauseOfDeath(of="z", causes="torture.falaka"), "az", "2025-07-01")
    world.claim("C2", CauseOfDeath(of="z", causes="natural.heart_failure"), "ru", "2025-07-03")
    world.claim("C3", NoAnswer(property="cause_of_death", of="g", status="being_clarified"), "ru", None)
    world.claim("C4", Opinion(about="z", tone="condemns", text="a disgrace"), "ngo", "2025-07-04")
    return world


def test_a_code_finds_its_narrower_ones_and_no_other_that_begins_alike(told: World) -> None:
    assert refs(told, Sought(code="torture")) == ["C1"]
    with pytest.raises(UnknownName, match="near ones: torture"):
        refs(told, Sought(code="tort"))
    assert refs(told, Sought(code="being_clarified")) == ["C3"]
    assert refs(told, Sought(code="condemns")) == ["C4"]


def test_a_speaker_is_found_with_whom_it_speaks_for(told: World) -> None:
    assert refs(told, Sought(asserter="ru")) == ["C2", "C3"]
    assert refs(told, Sought(asserter="ru", code="natural")) == ["C2"]
    assert refs(told, Sought(asserter="russian AUTHORITIES")) == ["C2", "C3"]
    assert refs(told, Sought(asserter="paper")) == []


def test_text_is_found_in_labels_and_in_texts_whatever_the_case(told: World) -> None:
    assert refs(told, Sought(text="RUSSIAN AUTH")) == ["C2", "C3"]
    assert refs(told, Sought(text="Disgrace")) == ["C4"]


@pytest.mark.parametrize(
    "asked", ["İŞLƏR NAZİRLİYİ", "işlər nazirliyi", "IŞLƏR NAZIRLIYI", "I\u0307şlər Nazirliyi"]
)
def test_letters_of_azerbaijani_are_found_in_any_case(world: World, asked: str) -> None:
    world.entity("din", Authority(label="İşlər Nazirliyi", country="AZ"))
    world.claim("C1", CauseOfDeath(of="z", causes="torture"), "din")
    assert refs(world, Sought(asserter=asked)) == ["C1"]
    assert refs(world, Sought(text=asked.split()[0])) == ["C1"]


def test_the_clocks_leave_out_what_was_not_said_or_not_recorded(told: World) -> None:
    assert refs(told, Sought(text="a"), asserted_by="2025-07-03") == ["C1", "C2"]
    first = next(one.index for one in found(told, Sought(ref="C1")))
    assert refs(told, Sought(text="a"), known_at=first) == ["C1"]


def test_a_claim_is_named_with_its_case(told: World) -> None:
    assert refs(told, Sought(ref=f"{told.case}/C2")) == ["C2"]
    with pytest.raises(UnknownName, match='no claim here is called "elsewhere/C2"'):
        refs(told, Sought(ref="elsewhere/C2"))
    assert refs(told, Sought(ref="C2"), case="elsewhere") == []


def test_an_answer_as_data_holds_no_protected_text(told: World) -> None:
    [opinion] = found(told, Sought(ref="C4"))
    assert opinion.text == "a disgrace"
    assert "disgrace" not in str(opinion.to_json())


def test_a_found_claim_is_put_as_firmly_as_its_speaker_put_it(world: World) -> None:
    world.claim(
        "C1", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-01", strength="possible", hedges=["may"]
    )
    world.claim("C2", General(topic="deaths in custody", frequency="often"), "ngo", "2025-07-01")
    world.claim("C3", CauseOfDeath(of="z", causes="torture"), "ru", "2025-07-02", polarity="negated")
    (first, pattern, denial) = found(world, Sought())
    assert first.what.endswith('cause of death: torture (possible) ["may"]')
    assert pattern.what == "often: deaths in custody"
    assert "not cause of death: torture" in denial.what
