"""A claim keeps everything that was said of it, and nothing that was not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from claimledger.events import (
    CauseOfDeath,
    ClaimRecorded,
    General,
    Kind,
    Locator,
    Opinion,
    OtherKind,
    Relay,
    Term,
    TextQuote,
    Undecided,
    UnknownBody,
    Voice,
    either,
    registry,
    undecided,
)
from claimledger.events.encoding import decode, encode
from claimledger.events.errors import InvalidValue
from claimledger.events.kinds import kinds, register_kind
from claimledger.events.registry import Members, body_types, read_body, upcaster
from claimledger.events.values import alternatives
from claimledger.testing_strategies import claims


def a_claim(**changes: Any) -> ClaimRecorded:
    members: dict[str, Any] = {
        "ref": "C1",
        "claim": CauseOfDeath(of="z", causes="torture"),
        "voice": Voice(asserter="az", relays=[Relay(by="ngo", verb="claim")]),
        **changes,
    }
    return ClaimRecorded(**members)


@given(claims)
def test_every_claim_survives_the_way_through_signed_bytes(claim: ClaimRecorded) -> None:
    public, protected = claim.split()
    members = decode(encode(public, max_bytes=10**6), max_bytes=10**6)
    assert isinstance(members, dict)
    assert read_body("claim.recorded", 1, members, protected) == claim


@given(claims)
def test_protected_text_never_stands_in_the_signed_members(claim: ClaimRecorded) -> None:
    public, protected = claim.split()
    assert set(protected) == {"basis", "quote", *(f"claim.{slot}" for slot in claim.claim.SLOTS)}
    assert {"basis", "quote"}.isdisjoint(public)
    inner = public["claim"]
    assert isinstance(inner, dict)
    assert not set(claim.claim.SLOTS) & set(inner)


def test_a_protected_slot_is_committed_to_also_when_it_is_empty() -> None:
    _, protected = a_claim(claim=Opinion(about="raid", tone="condemns")).split()
    assert protected == {"basis": None, "quote": None, "claim.text": None}


def test_withheld_text_reads_as_absent() -> None:
    claim = a_claim(claim=General(topic="deaths", text="often so"), quote=TextQuote(exact="words"))
    public, _ = claim.split()
    read = read_body("claim.recorded", 1, public, {})
    assert isinstance(read, ClaimRecorded)
    assert isinstance(read.claim, General)
    assert (read.claim.text, read.quote) == (None, None)


def test_what_is_not_stated_is_absent_from_the_signed_members() -> None:
    public, _ = a_claim().split()
    assert public["claim"] == {"of": "z", "causes": [{"code": "torture"}]}
    assert "source" not in public
    assert "asserted_at" not in json.dumps(public)


def test_a_bare_code_stands_for_a_list_of_one() -> None:
    assert CauseOfDeath(of="z", causes="torture") == CauseOfDeath(of="z", causes=[Term(code="torture")])


def test_a_term_says_exactly_one_thing() -> None:
    with pytest.raises(InvalidValue, match="exactly one of code, act or text"):
        Term(code="torture", text="beaten")


@pytest.mark.parametrize("form", ["undecided", "either"])
def test_openness_needs_two_readings(form: str) -> None:
    with pytest.raises(ValidationError, match="at least two alternatives"):
        CauseOfDeath.model_validate({"of": {form: ["z"]}, "causes": "torture"})


def test_an_alternative_is_checked_like_a_stated_value() -> None:
    with pytest.raises(InvalidValue, match="asserted"):
        a_claim(strength={"undecided": ["appears", "surely"]})


def test_openness_says_whose_it_is() -> None:
    assert alternatives("z") == (("z",), "stated")
    assert alternatives(undecided("z", "g")) == (("z", "g"), "undecided")
    assert alternatives(either("z", "g")) == (("z", "g"), "either")


def test_an_undecided_voice_holds_whole_alternatives() -> None:
    first = Voice(asserter="reports", relays=[Relay(by="ngo", verb="reports of")])
    claim = a_claim(voice=undecided(first, Voice(asserter="ngo")))
    assert isinstance(claim.voice, Undecided)
    assert claim.voices == (first, Voice(asserter="ngo"))


def test_a_locator_runs_forwards() -> None:
    with pytest.raises(InvalidValue, match="forwards"):
        Locator(start=5, end=5)


def test_claims_are_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_claim().polarity = "negated"  # type: ignore[misc]


def test_an_unknown_kind_keeps_its_fields_and_its_name() -> None:
    public, protected = a_claim().split()
    public["kind"] = "org.example.flood"
    public["claim"] = {"river": "ob", "level": 3}
    read = read_body("claim.recorded", 1, public, protected)
    assert isinstance(read, ClaimRecorded)
    assert isinstance(read.claim, OtherKind)
    assert (read.kind, read.claim.kind_name) == ("org.example.flood", "org.example.flood")
    assert read.split()[0] == public


def test_fields_of_a_newer_kind_are_kept_and_not_refused() -> None:
    public, _ = a_claim().split()
    public["claim"] = {"of": "z", "causes": [{"code": "torture"}], "weather": "hot"}
    read = read_body("claim.recorded", 1, public, {})
    assert isinstance(read, ClaimRecorded)
    assert isinstance(read.claim, OtherKind)
    assert read.claim.kind_name == "cause_of_death"


def test_an_unknown_type_or_newer_version_is_read_raw() -> None:
    for type, version, word in [("weather.seen", 1, "known here"), ("claim.recorded", 2, "newer")]:
        read = read_body(type, version, {"a": 1}, {})
        assert isinstance(read, UnknownBody)
        assert word in read.reason
        assert read.members == {"a": 1}


def test_members_that_do_not_fit_are_read_raw_and_named() -> None:
    read = read_body("case.opened", 1, {"case": "x"}, {})
    assert isinstance(read, UnknownBody)
    assert "title" in read.reason


def test_an_upcaster_turns_old_members_into_todays(monkeypatch: pytest.MonkeyPatch) -> None:
    case_opened = body_types["case.opened"]
    monkeypatch.setattr(case_opened, "VERSION", 2)
    monkeypatch.setattr(registry, "_upcasters", {})

    @upcaster("case.opened", 1)
    def titled(members: Members) -> Members:
        return {"case": members["case"], "title": members["heading"]}

    old: Members = {"case": "x", "heading": "Y"}
    read = read_body("case.opened", 1, old, {})
    assert read == case_opened.model_validate({"case": "x", "title": "Y"})
    assert old == {"case": "x", "heading": "Y"}


def test_a_kind_of_ones_own_has_a_reverse_domain_name() -> None:
    class Flood(Kind):
        KIND = "flood"
        SUBJECT = "river"
        river: str

    with pytest.raises(ValueError, match="reverse-domain"):
        register_kind(Flood)
    assert "flood" not in kinds


def test_a_kind_cannot_take_the_name_of_another() -> None:
    class Mine(Kind):
        KIND = "org.example.mine"
        SUBJECT = "who"
        who: str

    class Other(Kind):
        KIND = "org.example.mine"
        SUBJECT = "who"
        who: str

    try:
        register_kind(Mine)
        with pytest.raises(ValueError, match="registered already"):
            register_kind(Other)
    finally:
        kinds.pop("org.example.mine", None)
