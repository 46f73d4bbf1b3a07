"""Erased content is nowhere: not in the file or beside it, not in what is made of it later; and every proof holds."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from claimledger import (
    Case,
    ErasureUnfinished,
    IdempotencyConflict,
    InvalidInput,
    InvalidValue,
    Ledger,
    LedgerExists,
    RowMismatch,
    UnknownName,
)
from claimledger.audit_names import keyed, keyed_handle
from claimledger.cli import app
from claimledger.events import (
    Act,
    Attribute,
    Count,
    DisclosureErased,
    Group,
    Opinion,
    Organisation,
    Person,
    RegisteredAct,
)
from claimledger.events.disclosure import SlotStatus, commitment_of
from claimledger.events.encoding import encode
from claimledger.keys import Keyring
from claimledger.leaks import Leak
from claimledger.projections import CaseState, Tables
from claimledger.testing import memory_ledger, seeded_keyring

KEYS = seeded_keyring()
NAME, ALIAS, CONTACT, HANDLE = (
    "Zubeneschamali Óðinsdóttir",
    "Zubenelgenubi",
    "the blue house, 5550199",
    "zzhandlezz",
)
QUOTE, DETAILS, OPINION = (
    "qqwords of the witnessqq",
    "ddthe cellar of the schooldd",
    "ooa disgrace to the countryoo",
)
BASIS, BECAUSE = "bbinferred from the callbb", "ccthe tape says otherwisecc"
BIRTH = "yyin the year 1987yy"
WORDS = (NAME, ALIAS, CONTACT, HANDLE, QUOTE, DETAILS, OPINION, BASIS, BECAUSE, BIRTH)
WHY = {"authority": "the person concerned", "reason": "asked to be forgotten"}


@dataclass
class World:
    """A ledger in a file whose protected content is known word for word."""

    place: Path
    ledger: Ledger
    case: Case
    person: str

    def everything(self) -> tuple[str, ...]:
        """All that is protected, by the names under which it is erased."""
        return (self.person, "C1", "C2", "C3", "B1")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/x", keys=KEYS) as ledger:
        case = ledger.create_case("harbour", title="A case")
        yield World(place, ledger, case, filled(case))


def filled(case: Case) -> str:
    """Record something protected in every slot that there is; the person's random name."""
    person = case.register_entity(
        HANDLE, Person(label="a witness", protected=True, name=NAME, aliases=[ALIAS], contact=CONTACT)
    )
    case.register_entity("ngo", Organisation(label="An NGO"))
    case.register_entity("held", Group(label="those held"))
    case.register_entity("raid", RegisteredAct(label="the raid"))
    case.record(
        Count(group="held", quantity="3"), asserter=HANDLE, quote=QUOTE, basis=BASIS, idempotency_key="first"
    )
    case.record(Act.raid("raid", details=DETAILS), asserter="ngo")
    case.record(Opinion(about="raid", tone="condemns", text=OPINION), asserter="ngo")
    case.amend("C1", Count(group="held", quantity="4"), asserter=HANDLE, quote=QUOTE, because=BECAUSE)
    case.record(
        Attribute(of=HANDLE, name="birth_date", details=BIRTH),
        ref="B1",
        asserter="ngo",
        idempotency_key="born",
    )
    return person


def forms(words: str) -> dict[str, bytes]:
    """The byte sequences under which words could still be there."""
    raw = words.encode()
    found = {
        "utf-8": raw,
        "utf-16-le": words.encode("utf-16-le"),
        "utf-16-be": words.encode("utf-16-be"),
        "utf-32": words.encode("utf-32-le"),
        "json": json.dumps(words)[1:-1].encode(),
        "json without ascii": json.dumps(words, ensure_ascii=False)[1:-1].encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for shift in range(3):
        # The first and last digits mix with what stands around; those between are of the words alone.
        digits = base64.b64encode(b"\0" * shift + raw)[(shift * 8 + 5) // 6 :]
        whole = digits[: (len(raw) * 8 + shift * 8) // 6 - (shift * 8 + 5) // 6]
        found[f"base64 at {shift}"] = whole
        found[f"base64url at {shift}"] = whole.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def found_in(data: bytes, words: tuple[str, ...] = WORDS) -> list[str]:
    return [f"{each[:4]} as {form}" for each in words for form, raw in forms(each).items() if raw in data]


def on_disk(folder: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_the_search_finds_every_form() -> None:
    for words in WORDS:
        for form, raw in forms(words).items():
            assert len(raw) > 6
            assert f"{words[:4]} as {form}" in found_in(b"\0" + raw + b"\0")
    for shift in range(3):
        assert found_in(base64.b64encode(b"\0" * shift + NAME.encode() + b"\0\0"))


def test_before_an_erasure_the_words_are_in_the_file(world: World) -> None:
    assert {each.split(" as ")[0] for each in found_in(on_disk(world.place.parent))} == {
        words[:4] for words in WORDS
    }


def test_after_an_erasure_the_words_are_nowhere_on_the_disk_and_every_signature_holds(world: World) -> None:
    before = {event.index: event.leaf for event in world.ledger.events()}
    world.case.erase(*world.everything(), **WHY)
    assert found_in(on_disk(world.place.parent)) == []
    assert before.items() <= {event.index: event.leaf for event in world.ledger.events()}.items()
    report = world.ledger.verify(pin=world.ledger.id)
    assert report.is_sound
    assert "18 protected fields are erased; signed events say by whose authority and why" in report.notes
    world.ledger.close()
    assert [file.name for file in world.place.parent.iterdir()] == ["a.ledger"]
    assert found_in(on_disk(world.place.parent)) == []


def test_an_erased_slot_says_by_whose_authority_and_why(world: World) -> None:
    done = world.case.erase("C1:quote", **WHY)
    event = world.case.claim("C1")
    assert event.slots == {"basis": SlotStatus.DISCLOSED, "quote": SlotStatus.ERASED}
    assert event.erasures["quote"].authority == WHY["authority"]
    assert event.erasures["quote"].reason == WHY["reason"]
    assert event.erasures["quote"].index == done.receipts[0].index
    assert [(slot.where, slot.slot) for slot in done.slots] == [
        ("claim C1", "quote"),
        ("claim.amended at index 10", "quote"),
    ]
    body = world.ledger.event_of(done.receipts[0].event_id).body
    assert isinstance(body, DisclosureErased)
    assert (body.event, body.erases) == (event.id, ("quote",))


def test_one_slot_leaves_the_others(world: World) -> None:
    world.case.erase(f"{HANDLE}:contact", **WHY)
    entity = world.case.entity(HANDLE)
    assert isinstance(entity, Person)
    assert (entity.name, entity.aliases, entity.contact) == (NAME, (ALIAS,), None)
    assert found_in(on_disk(world.place.parent), (CONTACT,)) == []


def test_without_its_handle_a_person_is_called_by_its_random_name(world: World) -> None:
    world.case.erase(HANDLE, **WHY)
    assert world.case.entity_name(world.person) == world.person
    with pytest.raises(UnknownName):
        world.case.entity_name(HANDLE)
    again = world.case.erase(world.person, **WHY)
    assert (again.receipts, {slot.is_new for slot in again.slots}) == ((), {False})
    with pytest.raises(UnknownName) as caught:
        world.case.erase(HANDLE, **WHY)
    assert HANDLE not in str(caught.value)


def test_a_second_erasure_records_nothing(world: World) -> None:
    world.case.erase("C2", **WHY)
    size = world.ledger.size
    assert world.case.erase("C2", **WHY).receipts == ()
    assert world.ledger.size == size


def test_an_erasure_of_more_erases_the_rest(world: World) -> None:
    world.case.erase("C1:quote", f"{world.person}:name", **WHY)
    done = world.case.erase(world.person, **WHY)
    assert [(slot.slot, slot.is_new) for slot in done.slots] == [
        ("entity.aliases", True),
        ("entity.contact", True),
        ("entity.handle", True),
        ("entity.name", False),
    ]


@pytest.mark.parametrize(
    "said",
    [{"reason": f"because {NAME.upper()}  wished it"}, {"authority": f"a judge, of {ALIAS.casefold()}"}],
)
def test_authority_and_reason_may_not_hold_what_is_erased(world: World, said: dict[str, str]) -> None:
    size = world.ledger.size
    with pytest.raises(InvalidValue, match="signed in clear for good") as caught:
        world.case.erase(world.person, **{**WHY, **said})
    assert found_in(str(caught.value).encode()) == []
    assert world.ledger.size == size
    assert world.case.claim("C1").slots["quote"] is SlotStatus.DISCLOSED


@pytest.mark.parametrize("reason", ["1987", "year 1987", "born in 1987", "said about OARBLADES", "of 77"])
@pytest.mark.parametrize("argument", ["authority", "reason"])
def test_authority_and_reason_may_not_hold_a_telling_part_of_what_is_erased(
    world: World, argument: str, reason: str
) -> None:
    told = Attribute(of=HANDLE, name="birth_date", details="the year 1987")
    world.case.record(
        told, ref="B2", asserter="ngo", quote="they hit us with oarblades in the village77, house 77"
    )
    size = world.ledger.size
    with pytest.raises(
        InvalidValue, match=rf"^{argument}: it holds a part of what is to be erased"
    ) as caught:
        world.case.erase("B2", **{**WHY, argument: reason})
    for word in ("1987", "oarblades", "77"):
        assert word not in str(caught.value)
    assert world.ledger.size == size


@pytest.mark.parametrize(
    "reason",
    [
        "asked for it",
        "an order of the court",
        "a request of the person, this year",
        "the witness withdrew it",
    ],
)
def test_ordinary_reasons_pass_whatever_is_erased(world: World, reason: str) -> None:
    told = "a person asked the court this year with the witness who withdrew that request for an order"
    world.case.record(Count(group="held", quantity="5"), ref="B2", asserter="ngo", quote=told)
    assert world.case.erase("B2", authority="a judge", reason=reason).receipts


def test_of_one_field_that_is_erased_the_others_of_the_same_entity_are_told(world: World) -> None:
    done = world.case.erase(f"{HANDLE}:entity.name", **WHY)
    where = f"entity {world.person}"
    assert [(each.where, each.path, each.is_signed) for each in done.elsewhere if each.is_value] == [
        ("claim B1", "claim.details", False),
        (where, "entity.aliases", False),
        (where, "entity.contact", False),
        (where, "entity.handle", False),
    ]
    again = world.case.erase(world.person, **WHY)
    assert [each.where for each in again.elsewhere] == ["claim B1"]


def test_it_says_where_the_words_still_stand(world: World) -> None:
    world.case.record(Count(group="held", quantity="5"), asserter="ngo", quote=f"said {NAME}", hedges=[ALIAS])
    done = world.case.erase(world.person, **WHY)
    assert [(leak.where, leak.path, leak.slot, leak.is_signed) for leak in done.elsewhere] == [
        ("claim B1", "claim.details", "birth_date", False),
        ("claim C4", "hedges", "entity.aliases", True),
        ("claim C4", "quote.exact", "entity.name", False),
    ]
    assert found_in(repr(done).encode()) == []


def test_attributes_of_whoever_is_erased_are_told_until_they_are_erased_too(world: World) -> None:
    world.case.record(Attribute(of=HANDLE, name="residence", value="the village"), ref="B2", asserter="ngo")
    told = [
        (leak.where, leak.path, leak.slot, leak.is_signed)
        for leak in world.case.erase(HANDLE, **WHY).elsewhere
    ]
    in_clear = ("claim B2", "claim.value", "residence", True)
    assert told == [("claim B1", "claim.details", "birth_date", False), in_clear]
    again = world.case.erase(world.person, "B1", **WHY)
    assert [(leak.where, leak.path, leak.slot, leak.is_signed) for leak in again.elsewhere] == [in_clear]
    assert "is kept here" in str(
        Leak("claim B1", "claim.details", "w1", "age", is_signed=False, is_value=True)
    )


def test_what_cannot_be_erased_is_refused(world: World) -> None:
    with pytest.raises(UnknownName, match="nothing of it is protected"):
        world.case.erase("ngo", **WHY)
    with pytest.raises(UnknownName, match=r'no protected slot "text"; it has: basis, claim\.details, quote'):
        world.case.erase("C2:text", **WHY)
    with pytest.raises(InvalidInput, match="name what"):
        world.case.erase(**WHY)
    with world.case.batch(), pytest.raises(InvalidInput, match="end it first"):
        world.case.erase("C2", **WHY)
    world.case.register_entity("C2", Organisation(label="of the same name"))
    with pytest.raises(InvalidInput, match="write claim:C2 or entity:C2"):
        world.case.erase("C2", **WHY)
    assert world.case.erase("claim:C2:details", **WHY).receipts != ()


def test_an_event_is_erased_by_its_leaf(world: World) -> None:
    leaf = world.case.receipt("C3").leaf
    done = world.ledger.erase(leaf[:10], "text", **WHY)
    assert [(slot.where, slot.slot) for slot in done.slots] == [("claim C3", "claim.text")]
    assert found_in(on_disk(world.place.parent), (OPINION,)) == []


def test_a_ledger_in_memory_erases_as_well() -> None:
    with memory_ledger() as ledger:
        case = ledger.create_case("harbour", title="A case")
        person = filled(case)
        case.erase(person, **WHY)
        entity = case.entity(person)
        assert isinstance(entity, Person)
        assert entity.name is None
        assert ledger.store.marked_erasures() == []
        assert ledger.verify(pin=ledger.id).is_sound


# What is made of the ledger later


def test_nothing_that_is_made_later_holds_the_words(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG, logger="claimledger")
    world.case.erase(*world.everything(), **WHY)
    world.ledger.close()
    made = tmp_path / "made"
    made.mkdir()
    with Ledger.open(world.place, KEYS, read_only=True) as ledger:
        ledger.backup(made / "b.ledger")
        state = ledger.replay(CaseState("harbour"))
        (made / "state").write_bytes(state.save())
        (made / "state.json").write_text(json.dumps(state.to_json()))
        (made / "state.pickle").write_bytes(pickle.dumps(state))
        tables = ledger.replay(Tables("harbour", disclosed=True))
        for name in ("claims", "entities", "history"):
            (made / f"{name}.json").write_text(json.dumps(list(tables.rows(name)), default=str))
        for event in ledger.events("harbour"):
            ledger.export_event(event.leaf, made / f"event-{event.index}")
    shown = b""
    for arguments in (
        ["show", "--all"], ["show", "--json"], ["history"], ["history", "--json"], ["timeline"], ["disputes"],
        ["find", "--text", "country"], ["asserters"], ["verify", "--unpinned", "--json"],
    ):  # fmt: skip
        command, *options = arguments
        done = CliRunner().invoke(app, [command, str(world.place), *options], catch_exceptions=False)
        assert done.exit_code == 0, (arguments, done.output)
        shown += done.output.encode()
    exported = CliRunner().invoke(
        app, ["export", str(world.place), "--to", str(made / "tables"), "--format", "jsonl", "--disclosed"]
    )
    assert exported.exit_code == 0, exported.output
    assert found_in(shown) == []
    assert found_in(caplog.text.encode()) == []
    assert found_in(on_disk(tmp_path)) == []
    with Ledger.open(made / "b.ledger", read_only=True) as copy:
        assert copy.case("harbour").claim("C1").erasures["quote"].reason == WHY["reason"]


def test_a_state_that_is_in_memory_lets_go_of_what_is_erased_meanwhile(world: World) -> None:
    state = world.ledger.replay(CaseState("harbour"))
    before = state.provenance().state_hash
    assert OPINION in pickle.dumps(state).decode("latin-1")
    world.case.erase("C3", **WHY)
    world.ledger.replay(state)
    assert OPINION not in pickle.dumps(state).decode("latin-1")
    assert state.at(known_at=11).provenance().state_hash == before


# Guessing


def test_no_guess_at_what_was_erased_can_be_confirmed_from_what_is_left(tmp_path: Path) -> None:
    """All years tried against everything in the file: commitments, keyed handles, digests, with its own secret."""
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/x", keys=KEYS) as ledger:
        case = ledger.create_case("harbour", title="A case")
        case.register_entity("held", Group(label="those held"))
        person = case.register_entity("1987", Person(label="a witness", protected=True, name="1987"))
        case.record(
            Count(group="held", quantity="3"), asserter=person, quote="1987", idempotency_key="k", ref="C1"
        )
        claim, stream, ledger_id = case.claim("C1"), case.stream, ledger.id
        registered = next(
            event for event in ledger.events("harbour") if event.header.body.get("name") == person
        )
        assert confirmed(place, ledger_id, stream, claim.header.body, [claim.id, registered.id]) == {
            "handle", "digest", "disclosure",
        }  # fmt: skip
        case.erase("C1", person, **WHY)
        assert confirmed(place, ledger_id, stream, claim.header.body, [claim.id, registered.id]) == set()


def test_no_guess_at_an_erased_birth_year_can_be_confirmed_from_what_is_left(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/x", keys=KEYS) as ledger:
        case = ledger.create_case("harbour", title="A case")
        person = case.register_entity("w1", Person(label="a witness", protected=True))
        case.record(
            Attribute(of=person, name="birth_date", details="1987"),
            asserter=person,
            idempotency_key="k",
            ref="C1",
        )
        claim, stream, ledger_id = case.claim("C1"), case.stream, ledger.id
        seen = (place, ledger_id, stream, claim.header.body, [claim.id])
        assert confirmed(*seen) == {"digest", "disclosure"}
        case.erase("C1", **WHY)
        assert confirmed(*seen) == set()


def confirmed(
    place: Path, ledger_id: str, stream: str, claim: Mapping[str, Any], events: list[str]
) -> set[str]:
    """What in a file tells 1987 from every other year, for somebody who has the whole file."""
    with sqlite3.connect(place) as connection:
        secret = connection.execute("SELECT value FROM meta WHERE key='secret'").fetchone()[0]
        cells = set()
        for table in ("events", "disclosures", "names", "idempotency", "meta"):
            for row in connection.execute(f"SELECT * FROM {table}"):
                cells |= {cell.hex() if isinstance(cell, bytes) else str(cell) for cell in row}
    connection.close()
    payloads = b"".join(
        base64.b64decode(json.loads(bytes.fromhex(cell))["payload"])
        for cell in cells
        if cell.startswith("7b227061")
    ).decode()
    told = set()
    for year in map(str, range(1900, 2030)):
        tries = {
            "handle": {keyed_handle(secret, stream, year)},
            "digest": {
                keyed(secret, b"content", encode(["claim.recorded", 1, claim, protected])).hex()
                for protected in (
                    {"basis": None, "quote": {"exact": year}},
                    {"basis": None, "quote": None, "claim.details": year},
                )
            },
            "plain hash": {sha256(year.encode()).hexdigest(), sha256(f'"{year}"'.encode()).hexdigest()},
            "disclosure": {
                encode(["claimledger-disclosure/1", ledger_id, event, slot, salt, value]).hex()
                for event in events
                for slot, value in (
                    ("quote", {"exact": year}),
                    ("entity.name", year),
                    ("claim.details", year),
                )
                for salt in salts(cells)
            },
        }
        tries["commitment"] = {
            commitment_of(encode(["claimledger-disclosure/1", ledger_id, event, slot, salt, year]))
            for event in events
            for slot in ("entity.name", "entity.handle", "quote", "claim.details")
            for salt in ("0" * 32, "")
        }
        told |= {
            what
            for what, candidates in tries.items()
            if candidates & cells or any(each in payloads for each in candidates)
        }
    return told


def salts(cells: set[str]) -> set[str]:
    """Every salt that is in a file."""
    found = set()
    for cell in cells:
        if cell.startswith(b'["claimledger-disclosure'.hex()):
            found.add(json.loads(bytes.fromhex(cell))[4])
    return found


def test_a_retry_after_an_erasure_records_nothing_again(world: World) -> None:
    first = world.case.receipt("C1")
    world.case.erase("C1", **WHY)
    size = world.ledger.size
    again = world.case.record(
        Count(group="held", quantity="3"),
        asserter=world.person,
        quote=QUOTE,
        basis=BASIS,
        idempotency_key="first",
    )
    assert again == first
    with pytest.raises(IdempotencyConflict, match="some of which was erased"):
        world.case.record(Count(group="held", quantity="8"), asserter=world.person, idempotency_key="first")
    assert world.ledger.size == size
    assert found_in(on_disk(world.place.parent), (QUOTE,)) == []


# Interrupted


KILLED = """
import os, signal, sys
from claimledger import Ledger, sqlite_purge
from claimledger.testing import seeded_keyring
place, step, what = sys.argv[1], sys.argv[2], sys.argv[3:]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if step == "after the end":
    pass
else:
    setattr(sqlite_purge, step, die)
ledger = Ledger.open(place, seeded_keyring())
ledger.case("harbour").erase(*what, authority="the person concerned", reason="asked to be forgotten")
die()
"""
STEPS = ("delete_content", "write_anew", "cut_log", "take_marks_away", "after the end")


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_opening_finishes(tmp_path: Path, step: str) -> None:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/x", keys=KEYS) as ledger:
        person = filled(ledger.create_case("harbour", title="A case"))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(place), step, person, "C1", "C2", "C3", "B1"],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr
    with Ledger.open(place, read_only=True) as reading:
        # Signed is signed: bytes that are still there are not shown.
        entity = reading.case("harbour").entity(person)
        assert isinstance(entity, Person)
        assert (entity.name, entity.handle) == (None, None)
        assert set(reading.case("harbour").claim("C1").slots.values()) == {SlotStatus.ERASED}
        unfinished = {each.code for each in reading.verify(pin=reading.id).findings}
        assert unfinished <= ({"disclosure.erased", "names.wrong"} if step == "delete_content" else set())
        if step != "after the end":
            with pytest.raises(ErasureUnfinished, match="open it for writing"):
                reading.backup(tmp_path / "b.ledger")
    with Ledger.open(place) as opened:
        assert found_in(on_disk(tmp_path)) == []
        assert opened.store.marked_erasures() == []
        assert opened.verify(pin=opened.id).is_sound
    assert found_in(on_disk(tmp_path)) == []


def test_a_process_that_still_reads_is_waited_for_and_then_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = sqlite3.connect(world.place, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    monkeypatch.setattr("claimledger.sqlite.LOCK_SECONDS", 0.1)
    with pytest.raises(ErasureUnfinished, match="another process still reads an older state"):
        world.case.erase("C3", **WHY)
    assert world.case.claim("C3").slots["claim.text"] is SlotStatus.ERASED
    with pytest.raises(ErasureUnfinished):
        world.ledger.backup(world.place.with_name("b.ledger"))
    reader.close()
    assert world.case.erase("C3", **WHY).receipts == ()
    assert found_in(on_disk(world.place.parent), (OPINION,)) == []
    assert world.ledger.verify(pin=world.ledger.id).is_sound


# Changed from outside


def change(place: Path, statement: str, *parameters: object) -> None:
    connection = sqlite3.connect(place)
    connection.execute(statement, parameters)
    connection.commit()
    connection.close()


def codes(place: Path) -> set[tuple[int | None, str]]:
    with Ledger.open(place, read_only=True) as ledger:
        return {(each.index, each.code) for each in ledger.verify(pin=ledger.id).findings}


def test_bytes_that_are_put_back_are_a_finding_and_are_not_shown(world: World) -> None:
    index = world.case.receipt("C3").index
    kept = world.ledger.store.disclosures_after(index - 1, index)[index]["claim.text"]
    world.case.erase("C3", **WHY)
    world.ledger.close()
    change(world.place, "INSERT INTO disclosures VALUES (?, 'claim.text', ?)", index, kept)
    assert codes(world.place) == {(index, "disclosure.erased")}
    with Ledger.open(world.place, KEYS) as ledger:
        case = ledger.case("harbour")
        body = case.claim("C3").body
        assert OPINION not in pickle.dumps(body).decode("latin-1")
        assert case.erase("C3", **WHY).receipts == ()
    assert codes(world.place) == set()
    assert found_in(on_disk(world.place.parent), (OPINION,)) == []


def test_a_missing_slot_that_no_erasure_names_is_told_apart(world: World) -> None:
    index = world.case.receipt("C3").index
    world.case.erase("C2", **WHY)
    world.ledger.close()
    change(world.place, "DELETE FROM disclosures WHERE idx=? AND slot='claim.text'", index)
    assert codes(world.place) == {(index, "unchecked.disclosure")}


def test_an_index_that_denies_an_erasure_or_makes_one_up_is_found(world: World) -> None:
    claim, other = world.case.claim("C3"), world.case.claim("C2")
    erasing = world.case.erase("C3:text", **WHY).receipts[0]
    world.ledger.close()
    change(world.place, "DELETE FROM names WHERE what='erased'")
    assert codes(world.place) == {(erasing.index, "names.wrong")}
    for event, slot in ((claim.id, "claim.text"), (other.id, "quote")):
        change(
            world.place,
            "INSERT INTO names VALUES (?, 'erased', ?, ?)",
            claim.stream,
            f"{event}/{slot}",
            erasing.event_id,
        )
    assert codes(world.place) == {(erasing.index, "names.wrong")}
    with (
        Ledger.open(world.place, read_only=True) as ledger,
        pytest.raises(RowMismatch, match="does not erase"),
    ):
        ledger.event_of(other.id)


def test_an_erasure_of_what_comes_later_or_stands_elsewhere_erases_nothing(world: World) -> None:
    writer, stream = world.ledger._writer, world.case.stream
    elsewhere = world.ledger.create_case("other", title="Another")
    quoted = world.case.claim("C1")
    with writer.turn():
        for event, at, slot in ((quoted.id, elsewhere.stream, "quote"), (quoted.id, stream, "claim.text")):
            writer.record(
                DisclosureErased(event=event, erases=[slot], **WHY), at, case=None, name=None,
                names=[(at, "erased", f"{event}/{slot}")],
            )  # fmt: skip
    assert world.case.claim("C1").slots["quote"] is SlotStatus.DISCLOSED
    found = world.ledger.verify(pin=world.ledger.id).findings
    assert {each.code for each in found} == {"erasure.wrong"}
    assert len(found) == 2


# Backups


def test_a_backup_is_whole_verified_private_and_replaces_nothing(world: World) -> None:
    to = world.place.with_name("b.ledger")
    report = world.ledger.backup(to)
    assert (report.is_sound, report.events) == (True, world.ledger.size)
    assert to.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in to.parent.iterdir()) == [
        "a.ledger",
        "a.ledger-shm",
        "a.ledger-wal",
        "b.ledger",
    ]
    with pytest.raises(LedgerExists, match="replaces nothing"):
        world.ledger.backup(to)
    with Ledger.open(to, KEYS) as copy:
        entity = copy.case("harbour").entity(HANDLE)
        assert isinstance(entity, Person)
        assert entity.name == NAME
        copy.case("harbour").record(Count(group="held", quantity="9"), asserter="ngo")


def test_a_ledger_that_does_not_hold_gives_no_backup(world: World) -> None:
    change(world.place, "UPDATE events SET leaf=? WHERE idx=4", "0" * 64)
    to = world.place.with_name("b.ledger")
    with pytest.raises(Exception, match="no backup is kept") as caught:
        world.ledger.backup(to)
    assert type(caught.value).__name__ == "VerificationFailed"
    assert not [file for file in to.parent.iterdir() if file.name.startswith((".b", "b."))]


# The command line


def test_the_commands_erase_and_back_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keys = Keyring.create("keys", passphrase=None, plain=True)
    with Ledger.create("a.ledger", origin="example.org/x", keys=keys) as ledger:
        case = ledger.create_case("harbour", title="A case")
        person = filled(case)
        case.record(Count(group="held", quantity="5"), asserter="ngo", hedges=[ALIAS])
    run = CliRunner()
    command = ["erase", "a.ledger", "harbour", HANDLE, "C1", "C2", "C3", "B1", "--keys", "keys"]
    command += ["--authority", "the person", "--reason", "asked for it"]
    unasked = run.invoke(app, command)
    assert unasked.exit_code == 2
    assert "--yes" in unasked.output
    done = run.invoke(app, [*command, "--yes"], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"  entity {person}: aliases, contact, handle, name\n" in done.output
    assert "  claim C4, hedges: entity.aliases (signed for good)\n" in done.output
    assert "Beyond reach are copies made before" in done.output
    again = run.invoke(app, [*command, "--yes"], catch_exceptions=False)
    assert again.exit_code == 1
    assert found_in((unasked.output + done.output + again.output).encode()) == []
    by_random_name = [person if each == HANDLE else each for each in command]
    assert "erased already" in run.invoke(app, [*by_random_name, "--yes"], catch_exceptions=False).output
    copied = run.invoke(app, ["backup", "a.ledger", "b.ledger"], catch_exceptions=False)
    assert (copied.exit_code, "b.ledger: " in copied.output) == (0, True)
    assert run.invoke(app, ["backup", "a.ledger", "b.ledger"]).exit_code == 1
    assert [each for each in found_in(on_disk(tmp_path)) if not each.startswith(ALIAS[:4])] == []


# Proofs


def test_what_was_sealed_before_an_erasure_is_proven_after_it_and_so_is_the_erasure(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    keys = Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    with Ledger.create(place, origin="example.org/x", keys=keys) as ledger:
        case = ledger.create_case("harbour", title="A case")
        person = filled(case)
        before = ledger.seal()
        leaf = case.receipt("C1").leaf
        proof = ledger.proof(leaf)
        erased = case.erase(person, "C1", "C2", "C3", "B1", **WHY)
        assert ledger.proof(leaf) == proof
        after = ledger.seal()
        assert after.checkpoint.size == before.checkpoint.size + len(erased.receipts)
        assert ledger.proof(erased.receipts[0].leaf)
        report = ledger.verify(pin=ledger.id)
        assert [each.code for each in report.findings] == []
    assert found_in(on_disk(tmp_path)) == []
