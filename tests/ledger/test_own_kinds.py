"""Kinds of one's own in a ledger: declared once, with their first claim, and for good."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest

from claimledger import Case, Ledger
from claimledger.events import (
    Answers,
    Codes,
    Death,
    Kind,
    KindDeclared,
    Open,
    OtherKind,
    Person,
    Place,
    Unnamed,
    register_kind,
)
from claimledger.events.errors import InvalidValue
from claimledger.events.kinds import kinds
from claimledger.events.values import EntityName, ListedCode, QuantityLike, Text
from claimledger.projections import CaseState
from claimledger.testing import seeded_keyring

KEYS = seeded_keyring()
DEFINED = """
from typing import Annotated
from claimledger.events import Answers, Kind, register_kind
from claimledger.events.values import EntityName, QuantityLike
@register_kind
class Level(Kind):
    KIND = "org.example.level"
    SUBJECT = "place"
    place: EntityName
    metres: Annotated[QuantityLike, Answers("level", by="range", single=SINGLE)]
"""
WRITER = """
import sys
from claimledger import Ledger
from claimledger.testing import seeded_keyring
with Ledger.open(sys.argv[1], seeded_keyring()) as ledger:
    case = ledger.case("flood")
    print("ready", flush=True)
    sys.stdin.readline()
    with case.batch():
        for number in range(3):
            case.record(Level(place="gauge", metres=number + 6), asserter="farmer", ref=f"{sys.argv[2]}.{number}")
"""


class Level(Kind):
    """How high the water stood."""

    KIND = "org.example.level"
    SUBJECT = "place"
    SLOTS = ("note",)
    CODES = {"org.example.level_method": {"read": "off a gauge", "guess": "from memory"}}  # noqa: RUF012

    place: Open[EntityName]
    metres: Annotated[Open[QuantityLike], Answers("level", by="range")]
    how: Annotated[ListedCode | None, Codes("org.example.level_method")] = None
    note: Text | None = None


@pytest.fixture
def own() -> Iterator[None]:
    register_kind(Level)
    yield
    kinds.pop(Level.KIND, None)


@pytest.fixture
def ledger(own: None, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "a.ledger", origin="example.org/x", keys=KEYS) as made:
        case = made.create_case("flood", title="A flood")
        case.register_entity("gauge", Place(label="the gauge"))
        case.register_entity("farmer", Unnamed(label="a farmer"))
        yield made


@pytest.fixture
def case(ledger: Ledger) -> Case:
    return ledger.case("flood")


def declarations(ledger: Ledger) -> list[int]:
    return [event.index for event in ledger.events() if isinstance(event.body, KindDeclared)]


def test_the_first_claim_declares_its_kind_just_before_itself_and_later_ones_do_not(
    ledger: Ledger, case: Case
) -> None:
    first = case.record(Level(place="gauge", metres="6"), asserter="farmer")
    second = case.record(Level(place="gauge", metres="at least 8"), asserter="farmer")
    assert first.is_written
    assert declarations(ledger) == [first.index - 1]
    assert second.index == first.index + 1
    assert ledger.verify(pin=ledger.id).exit_status() == 0


def test_a_ledger_that_is_opened_again_declares_no_second_time(ledger: Ledger, case: Case) -> None:
    case.record(Level(place="gauge", metres="6"), asserter="farmer")
    with Ledger.open(ledger.store.place, KEYS) as again:
        again.case("flood").record(Level(place="gauge", metres="7"), asserter="farmer")
        other = again.create_case("other", title="Another")
        other.register_entity("gauge", Place(label="the gauge"))
        other.register_entity("farmer", Unnamed(label="a farmer"))
        other.record(Level(place="gauge", metres="7"), asserter="farmer")
        assert len(declarations(again)) == 1


def in_a_batch_that_fails(ledger: Ledger, case: Case) -> None:
    with ledger.batch():
        case.record(Level(place="gauge", metres="6"), asserter="farmer")
        raise RuntimeError("stop")


def test_a_declaration_is_in_the_transaction_of_its_claim(ledger: Ledger, case: Case) -> None:
    size = ledger.size
    with pytest.raises(RuntimeError, match="stop"):
        in_a_batch_that_fails(ledger, case)
    assert ledger.size == size
    with ledger.batch() as receipts:
        case.record(Level(place="gauge", metres="6"), asserter="farmer")
        case.record(Level(place="gauge", metres="7"), asserter="farmer")
    assert [receipt.name for receipt in receipts] == ["org.example.level", "C1", "C2"]
    assert declarations(ledger) == [size]


def test_a_refused_claim_declares_nothing(ledger: Ledger, case: Case) -> None:
    with pytest.raises(
        InvalidValue, match=r'how: no org\.example\.level_method code "raed"; did you mean "read"'
    ):
        case.record(Level(place="gauge", metres="6", how="raed"), asserter="farmer")
    assert declarations(ledger) == []


def test_an_amendment_declares_the_kind_that_it_brings(ledger: Ledger, case: Case) -> None:
    case.register_entity("z", Person(label="Z"))
    case.record(Death(person="z"), asserter="farmer", ref="C1")
    case.amend("C1", Level(place="gauge", metres="6"), because="the wrong row", asserter="farmer")
    assert len(declarations(ledger)) == 1
    state = ledger.replay(CaseState("flood"))
    assert state.question("gauge", "level").claims == ("C1",)


def test_built_in_kinds_are_never_declared(ledger: Ledger, case: Case) -> None:
    case.register_entity("z", Person(label="Z"))
    case.record(Death(person="z"), asserter="farmer")
    assert declarations(ledger) == []


def test_another_declaration_under_the_same_name_is_refused(ledger: Ledger, case: Case) -> None:
    case.record(Level(place="gauge", metres="6"), asserter="farmer")
    size = ledger.size
    del kinds[Level.KIND]

    @register_kind
    class Changed(Kind):
        KIND = "org.example.level"
        SUBJECT = "place"

        place: Open[EntityName]
        metres: Annotated[Open[QuantityLike], Answers("level", by="range", single=False)]

    with pytest.raises(InvalidValue, match=r"name of its own, such as org\.example\.level_2"):
        case.record(Changed(place="gauge", metres="7"), asserter="farmer")
    assert ledger.size == size


def test_a_ledger_replays_shows_and_verifies_without_the_kind(ledger: Ledger, case: Case) -> None:
    case.record(Level(place="gauge", metres="6", note="seen by me"), asserter="farmer")
    with_it = ledger.replay(CaseState("flood")).to_json()
    del kinds[Level.KIND]
    with Ledger.open(ledger.store.place) as stranger:
        assert isinstance(stranger.case("flood").claim("C1").body.claim, OtherKind)  # type: ignore[union-attr]
        state = stranger.replay(CaseState("flood"))
        assert state.to_json() == with_it
        assert getattr(state.claims["C1"].body.claim, "note") == "seen by me"  # noqa: B009
        assert stranger.verify(pin=ledger.id).exit_status() == 0


def start(place: str, who: str, single: bool) -> subprocess.Popen[str]:
    program = DEFINED.replace("SINGLE", str(single)) + WRITER
    writer = subprocess.Popen(
        [sys.executable, "-c", program, place, who],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def test_two_processes_may_declare_one_kind_at_once(ledger: Ledger) -> None:
    writers = [start(str(ledger.store.place), who, single=True) for who in ("a", "b")]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    ends = [writer.communicate(timeout=60)[1] for writer in writers]
    with Ledger.open(ledger.store.place) as after:
        assert ends == ["", ""]
        assert len(list(after.case("flood").claims())) == 6
        assert 1 <= len(declarations(after)) <= 2
        assert after.verify(pin=after.id).exit_status() == 0
        assert after.replay(CaseState("flood")).unread == ()


def while_another_declares_it_otherwise(ledger: Ledger, case: Case) -> None:
    with ledger.batch():
        case.record(Level(place="gauge", metres="6"), asserter="farmer", ref="mine")
        writer = start(str(ledger.store.place), "b", single=False)
        assert writer.communicate("go\n", timeout=60)[1] == ""


def test_a_kind_that_others_declared_otherwise_in_the_meantime_is_refused(ledger: Ledger, case: Case) -> None:
    with pytest.raises(InvalidValue, match="another writer declared it otherwise"):
        while_another_declares_it_otherwise(ledger, case)
    assert len(declarations(ledger)) == 1


def test_one_declared_alike_in_the_meantime_is_no_hindrance(ledger: Ledger, case: Case) -> None:
    with Ledger.open(ledger.store.place, KEYS) as other, ledger.batch():
        case.record(Level(place="gauge", metres="6"), asserter="farmer", ref="mine")
        other.case("flood").record(Level(place="gauge", metres="7"), asserter="farmer", ref="theirs")
    state = ledger.replay(CaseState("flood"))
    assert set(state.claims) == {"mine", "theirs"}
    assert state.unread == ()
    assert ledger.verify(pin=ledger.id).exit_status() == 0
