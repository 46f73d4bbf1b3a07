"""A case as its recorder meets it: what is refused before anything is written, and what stands in signed bytes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claimledger import Case, Keyring, Ledger
from claimledger.events import (
    Act,
    Authority,
    BasedOn,
    CauseOfDeath,
    ClaimRecorded,
    Count,
    Death,
    EvidenceItem,
    General,
    Group,
    Kind,
    OneOf,
    Opinion,
    Organisation,
    OtherKind,
    Person,
    Place,
    RegisteredAct,
    Relay,
    Reply,
    Source,
    TextQuote,
    Unnamed,
    Voice,
    undecided,
)
from claimledger.events.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidValue,
    KeyNotAllowed,
    NameTaken,
    UnknownName,
)
from claimledger.events.values import EntityName
from claimledger.testing import FixedClock, add_recorder, seeded_keyring

KEYS = seeded_keyring()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "a.ledger", origin="example.org/x", keys=KEYS, clock=FixedClock()) as made:
        yield made


@pytest.fixture
def case(ledger: Ledger) -> Case:
    ledger.register_entity("ru", Authority(label="Authorities"))
    made = ledger.create_case("harbour", title="A case")
    for name in ("z", "g"):
        made.register_entity(name, Person(label=name.upper()))
    made.register_entity("ngo", Organisation(label="An NGO"))
    made.register_entity("reports", Unnamed(label="reports"))
    made.register_entity("raid", RegisteredAct(label="The raid"))
    made.register_entity("video", EvidenceItem(label="A video"))
    made.register_entity("one", OneOf(label="one of them", one_of=["z", "g"]))
    made.register_source("doc", Source(title="A document", publisher="ngo"))
    return made


def body(case: Case, ref: str) -> ClaimRecorded:
    found = case.claim(ref).body
    assert isinstance(found, ClaimRecorded)
    return found


def test_a_claim_keeps_all_that_was_said_of_it(case: Case) -> None:
    receipt = case.record(
        CauseOfDeath(of="z", causes=["torture", "injury"]),
        ref="C27",
        asserter="shared:ru",
        on_behalf_of="shared:ru",
        statement="ru1",
        asserted_at="[..2025-07-03]",
        relays=[Relay(by="ngo", verb="claim"), "reports"],
        polarity="negated",
        strength="possible",
        hedges=["reportedly"],
        standard_of_proof="balance of probabilities",
        source="doc",
        locator=(1837, 1991),
        quote=TextQuote(exact="the words"),
        basis="inferred from the heading",
        based_on=["video"],
    )
    said = body(case, "C27")
    assert (receipt.name, receipt.case, receipt.sequence) == ("C27", "harbour", 10)
    assert said.kind == "cause_of_death"
    voice = said.voices[0]
    assert (voice.asserter, voice.on_behalf_of, voice.statement) == ("shared:ru", "shared:ru", "ru1")
    assert [(hop.by, hop.verb) for hop in voice.relays] == [("ngo", "claim"), ("reports", None)]
    assert (said.polarity, said.strength, said.hedges) == ("negated", "possible", ("reportedly",))
    assert said.locator is not None
    assert (said.locator.start, said.locator.end, said.source) == (1837, 1991, "doc")
    assert said.quote == TextQuote(exact="the words")
    assert said.based_on == (BasedOn(item="video"),)
    assert case.receipt("C27") == receipt


def test_refs_are_picked_in_turn_around_those_that_are_there(case: Case) -> None:
    for ref in ("C7", "C2x", "x"):
        case.record(Death(person="z"), asserter="ngo", ref=ref)
    assert [case.record(Death(person="z"), asserter="ngo").name for _ in range(2)] == ["C8", "C9"]
    with pytest.raises(NameTaken, match='"C7" is there already; amend it'):
        case.record(Death(person="z"), asserter="ngo", ref="C7")
    assert case.refs() == ["C2x", "C7", "C8", "C9", "x"]


def test_an_undecided_voice_is_kept_whole(case: Case) -> None:
    voice = undecided(Voice(asserter="reports", relays=[Relay(by="ngo")]), Voice(asserter="ngo"))
    case.record(Death(person="z"), voice=voice, ref="C6")
    assert [each.asserter for each in body(case, "C6").voices] == ["reports", "ngo"]
    with pytest.raises(InvalidValue, match="not both"):
        case.record(Death(person="z"), voice=voice, asserter="ngo")


def refused(case: Case, error: type[InvalidInput], words: str, kind: Kind | None = None, **how: Any) -> None:
    size = case.ledger.size
    with pytest.raises(error, match=words):
        case.record(kind or Death(person="z"), **({"asserter": "ngo"} | how))
    assert case.ledger.size == size


def test_whatever_a_claim_names_must_be_there(case: Case) -> None:
    refused(case, UnknownName, 'voice.asserter: no entity "ngoo"; did you mean "ngo"', asserter="ngoo")
    refused(case, UnknownName, 'voice.relays.0.by: no entity "paper"', relays=["paper"])
    refused(case, UnknownName, 'source: no source "dok"; did you mean "doc"', source="dok")
    refused(case, UnknownName, 'no entity "shared:az"', asserter="shared:az")
    refused(case, UnknownName, 'did you mean "shared:ru"', asserter="shared:rus")
    refused(case, UnknownName, 'claim.person: no entity "y"', Death(person="y"))
    refused(case, UnknownName, "claim.person.undecided.1", Death(person=undecided("z", "y")))
    refused(case, UnknownName, 'based_on: no claim or item "vidoe"; did you mean "video"', based_on=["vidoe"])
    refused(case, UnknownName, 'no claim "C1"', Reply(claims=["C1"], kind="rebuts"))
    refused(case, UnknownName, "no claim", based_on=[BasedOn(claim="11111111-1111-4111-8111-111111111111")])


def test_values_that_break_a_rule_are_refused_with_the_rule(case: Case) -> None:
    refused(
        case,
        InvalidValue,
        'no cause code "tortur"; did you mean "torture"',
        CauseOfDeath(of="z", causes="tortur"),
    )
    refused(case, InvalidValue, "say who said it", asserter=None)
    refused(case, InvalidValue, "asserted_at", asserted_at="3 July")
    refused(case, InvalidValue, "locator", locator=(5, 5))
    refused(case, InvalidValue, "locator", locator=(1, 2, 3))
    refused(case, InvalidValue, "ref", ref="no spaces")
    refused(case, InvalidValue, "polarity", polarity="maybe")
    refused(case, InvalidValue, "opinion: text is missing", Opinion(about="z", tone="condemns"))
    refused(case, InvalidValue, "general: text is missing", General(topic="a pattern"))
    refused(case, InvalidValue, "longer than", basis="x" * 7999, hedges=["y" * 8000] * 4)
    refused(case, UnknownName, "register_kind", OtherKind())
    refused(case, InvalidValue, "a kind of claim", kind="death")  # type: ignore[arg-type]


def test_no_message_repeats_protected_content(case: Case) -> None:
    with pytest.raises(InvalidValue) as caught:
        case.record(Death(person="z"), asserter="ngo", quote="Real Name" * 1000)
    assert "Real Name" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_kind_that_was_not_made_known_is_refused(case: Case) -> None:
    class Flood(Kind):
        KIND = "org.example.flood"
        SUBJECT = "place"
        place: EntityName

    refused(case, UnknownName, "register_kind", Flood(place="z"))


def test_replies_name_claims_by_event_id_in_signed_bytes(case: Case) -> None:
    first = case.record(Death(person="z"), asserter="ngo")
    case.record(Reply(claims=["C1"], kind="rebuts", by=[first.event_id]), asserter="z", based_on=["C1"])
    reply = body(case, "C2").claim
    assert isinstance(reply, Reply)
    assert (reply.claims, reply.by) == ((first.event_id,), (first.event_id,))
    assert body(case, "C2").based_on == (BasedOn(claim=first.event_id),)


def test_claims_of_one_statement_agree_in_speaker_and_time(case: Case) -> None:
    how: dict[str, Any] = {"asserter": "shared:ru", "asserted_at": "2025-07-03", "statement": "ru1"}
    case.record(Death(person="z"), **how)
    case.record(Death(person="g"), **how)
    refused(case, InvalidValue, 'statement "ru1"', **(how | {"asserter": "ngo"}))
    refused(case, InvalidValue, 'statement "ru1"', **(how | {"asserted_at": "2025-07-04"}))
    with case.batch():
        case.record(Death(person="z"), asserter="ngo", statement="n1")
        with pytest.raises(InvalidValue, match='statement "n1"'):
            case.record(Death(person="z"), asserter="z", statement="n1")


def test_a_protected_person_has_a_random_name_everywhere_but_in_disclosures(
    case: Case, tmp_path: Path
) -> None:
    person = Person(
        label="a witness", protected=True, name="Real Name", aliases=["Other Name"], contact="+1 555"
    )
    signed = case.register_entity("mrs-w", person)
    assert signed.startswith("person-")
    assert case.entity_name("mrs-w") == case.entity_name(signed) == signed
    entity = case.entity("mrs-w")
    assert isinstance(entity, Person)
    assert (entity.name, entity.handle) == ("Real Name", "mrs-w")
    case.record(Death(person="mrs-w"), asserter="mrs-w", relays=["ngo"])
    assert body(case, "C1").voices[0].asserter == signed
    with pytest.raises(NameTaken) as caught:
        case.register_entity("mrs-w", Person(label="W"))
    assert "mrs-w" not in str(caught.value)
    with pytest.raises(NameTaken):
        case.register_entity("z", Person(label="Z", protected=True))
    case.ledger.close()
    rows = sqlite3.connect(tmp_path / "a.ledger")
    for table in ("events", "names", "meta", "idempotency"):
        content = repr(rows.execute(f"SELECT * FROM {table}").fetchall())
        assert not any(word in content for word in ("mrs-w", "Real Name", "Other Name", "+1 555"))
    assert "Real Name" in repr(rows.execute("SELECT * FROM disclosures").fetchall())


def test_quotes_and_committed_texts_are_not_in_signed_bytes(case: Case) -> None:
    case.record(Opinion(about="z", tone="condemns", text="strong words"), asserter="ngo", quote="the words")
    event = case.claim("C1")
    assert "words" not in repr(event.header.body)
    assert set(event.header.commitments) == {"basis", "quote", "claim.text"}
    opinion = body(case, "C1").claim
    assert isinstance(opinion, Opinion)
    assert opinion.text == "strong words"


def test_the_same_key_with_the_same_content_records_once(case: Case) -> None:
    first = case.record(Death(person="z"), asserter="ngo", quote="a", idempotency_key="k")
    size = case.ledger.size
    assert case.record(Death(person="z"), asserter="ngo", quote="a", idempotency_key="k") == first
    with pytest.raises(IdempotencyConflict, match="other content"):
        case.record(Death(person="z"), asserter="ngo", quote="b", idempotency_key="k")
    with pytest.raises(IdempotencyConflict, match="other content"):
        case.record(Death(person="g"), asserter="ngo", quote="a", idempotency_key="k")
    assert case.ledger.size == size
    with case.batch() as receipts:
        one = case.record(Death(person="g"), asserter="ngo", idempotency_key="l")
        assert case.record(Death(person="g"), asserter="ngo", idempotency_key="l") is one
        with pytest.raises(IdempotencyConflict):
            case.record(Death(person="z"), asserter="ngo", idempotency_key="l")
    assert len(receipts) == 1
    other = case.ledger.create_case("b", title="B")
    other.register_entity("z", Person(label="Z"))
    assert other.record(Death(person="z"), asserter="z", idempotency_key="k").index == size + 3


def test_names_of_a_batch_resolve_before_it_is_written(case: Case) -> None:
    with case.batch() as receipts:
        case.register_entity("new", Person(label="N"))
        case.register_entity("w", Person(label="a witness", protected=True))
        case.register_entity("other", OneOf(label="the other", one_of=["z", "g"], other_than="one"))
        case.register_source("new-doc", Source(title="N", publisher="new"))
        receipt = case.record(Death(person="new"), asserter="w", source="new-doc", ref="A")
        assert (receipt.index, receipt.leaf, receipt.sequence) == (-1, "", 0)
        case.record(Reply(claims=["A"], kind="rebuts"), asserter="ngo", based_on=["A"])
        case.judge("A", "contradicts", "C1", under={"other": "z"})
        case.withdraw("A", because="a slip")
        with pytest.raises(NameTaken):
            case.record(Death(person="z"), asserter="ngo", ref="A")
    assert receipt.is_written
    assert len(receipts) == 8
    assert case.ledger.verify(pin=case.ledger.id).exit_status() == 0


def test_what_was_recorded_in_a_failed_batch_is_forgotten(case: Case) -> None:
    def a_batch_that_fails() -> None:
        with case.batch():
            case.register_entity("new", Person(label="N"))
            case.record(Death(person="z"), asserter="ngo")
            case.record(Death(person="nobody"), asserter="ngo")

    with pytest.raises(UnknownName):
        a_batch_that_fails()
    refused(case, UnknownName, 'no entity "new"', Death(person="new"))
    assert case.record(Death(person="z"), asserter="ngo").name == "C1"


def test_structure_of_entities_is_checked(case: Case) -> None:
    for wrong in (Organisation(label="O", part_of="none"), Group(label="G", members=["z", "none"])):
        with pytest.raises(UnknownName, match='no entity "none"'):
            case.register_entity("x", wrong)
    with pytest.raises(UnknownName, match="one_of"):
        case.register_entity("x", OneOf(label="O", one_of=["z", "none"]))
    with pytest.raises(InvalidValue, match="same candidates"):
        case.register_entity("x", OneOf(label="O", one_of=["z", "ngo"], other_than="one"))
    with pytest.raises(InvalidValue, match="same candidates"):
        case.register_entity("x", OneOf(label="O", one_of=["z", "g"], other_than="z"))
    with pytest.raises(InvalidValue, match='"x" cannot differ from itself'):
        case.register_entity("x", OneOf(label="O", one_of=["z", "g"], other_than="x"))
    with pytest.raises(NameTaken):
        case.register_entity("z", Person(label="Z"))
    with pytest.raises(InvalidValue, match="one of the types of entity"):
        case.register_entity("x", "Person")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="publisher"):
        case.register_source("x", Source(title="X", publisher="none"))
    with pytest.raises(NameTaken, match='source "doc"'):
        case.register_source("doc", Source(title="X"))
    assert case.source("doc").title == "A document"
    with pytest.raises(UnknownName):
        case.source("none")


def test_judgements_are_held_against_claims_verbs_and_readings(case: Case) -> None:
    case.record(CauseOfDeath(of="z", causes="torture"), asserter="ngo")
    case.record(CauseOfDeath(of="one", causes="torture"), asserter="shared:ru")
    event = case.ledger.event_of(
        case.judge("C1", "contradicts", ["C2"], under={"one": "z"}, note="n").event_id
    )
    assert event.header.body["under"] == {"one": "z"}
    for arguments, under, error, words in (
        (("C1", "contradict", "C2"), None, UnknownName, 'did you mean "contradicts"'),
        (("C1", "contradicts", "C9"), None, UnknownName, 'no claim "C9"'),
        (("C1", "contradicts", "C2"), {"z": "g"}, InvalidValue, "no one_of entity"),
        (("C1", "contradicts", "C2"), {"one": "ngo"}, InvalidValue, "none of its candidates"),
        (("C1", "contradicts", "C2"), {"two": "z"}, UnknownName, 'no entity "two"'),
    ):
        with pytest.raises(error, match=words):
            case.judge(*arguments, under=under)


def test_what_is_other_than_a_thing_is_not_judged_to_be_that_thing(case: Case) -> None:
    for name, link in (("other", "one"), ("third", "other"), ("fourth", "third")):
        case.register_entity(name, OneOf(label="O", one_of=["z", "g"], other_than=link))
    for wrong in (["other", "one"], ["one", "z", "other"], ["third", "other"], ["one", "fourth"]):
        with pytest.raises(
            InvalidValue, match=r'is recorded as other than "\w+", so they cannot be the same'
        ):
            case.same_as(wrong)
    case.same_as(["one", "third"], because="with two candidates, what differs from the other is the one")


def test_same_as_is_taken_back_by_its_receipt_only(case: Case) -> None:
    receipt = case.same_as(["z", "g"], because="one photograph")
    case.undo_same_as(receipt)
    case.undo_same_as(receipt.event_id, because="two photographs")
    claim = case.record(Death(person="z"), asserter="ngo")
    for wrong in (claim, "11111111-1111-4111-8111-111111111111"):
        with pytest.raises(UnknownName, match="no same-as"):
            case.undo_same_as(wrong)
    with pytest.raises(InvalidValue, match="two different"):
        case.same_as(["z", "z"])
    with pytest.raises(UnknownName):
        case.same_as(["z", "none"])


def test_a_record_is_amended_and_withdrawn_by_its_recorder(case: Case, tmp_path: Path) -> None:
    case.record(
        Count(group="raid", quantity="about 50"), asserter="ngo", statement="s", asserted_at="2025-07-03"
    )
    case.amend(
        "C1", Count(group="raid", quantity=50), because="a slip", asserter="z", statement="s", source="doc"
    )
    case.withdraw("C1", because="a double")
    types = [event.type for event in case.ledger.events("harbour")][-2:]
    assert types == ["claim.amended", "claim.withdrawn"]
    with pytest.raises(UnknownName):
        case.withdraw("C2", because="x")
    with pytest.raises(UnknownName, match='no entity "none"'):
        case.amend("C1", Death(person="none"), because="x", asserter="ngo")
    assert case.ledger.verify(pin=case.ledger.id).exit_status() == 0


def test_a_record_of_another_recorder_is_not_mended(case: Case, tmp_path: Path) -> None:
    other = Keyring.in_memory(seed=b"b")
    add_recorder(case.ledger, KEYS, other)
    case.record(Death(person="z"), asserter="ngo")
    with Ledger.open(tmp_path / "a.ledger", other) as by_other:
        theirs = by_other.case("harbour")
        with pytest.raises(KeyNotAllowed, match="another key"):
            theirs.withdraw("C1", because="x")
        with pytest.raises(KeyNotAllowed, match="another key"):
            theirs.amend("C1", Death(person="g"), because="x", asserter="ngo")
        theirs.record(Death(person="g"), asserter="ngo")
        theirs.withdraw("C2", because="x")
        assert by_other.verify(pin=by_other.id).exit_status() == 0


def test_an_act_is_recorded_with_a_single_relay_written_plainly(case: Case) -> None:
    case.record(Act.raid("raid", by="shared:ru"), asserter="reports", relays="ngo")
    assert [hop.by for hop in body(case, "C1").voices[0].relays] == ["ngo"]


def test_an_idempotency_key_is_not_readable_in_the_file(case: Case, tmp_path: Path) -> None:
    case.record(Death(person="z"), asserter="ngo", idempotency_key="key-of-mrs-w")
    case.ledger.close()
    assert b"key-of-mrs-w" not in (tmp_path / "a.ledger").read_bytes()


def test_a_shared_name_without_its_prefix_is_recognised(case: Case) -> None:
    case.ledger.register_entity("harbour-police", Authority(label="Harbour police"))
    with pytest.raises(UnknownName, match='no entity "harbour-police"; did you mean "shared:harbour-police"'):
        case.record(Death(person="z"), asserter="harbour-police")


def test_a_receipt_says_the_ref_that_was_picked(case: Case) -> None:
    receipt = case.record(Death(person="z"), asserter="ngo")
    case.withdraw(receipt.ref, because="recorded twice")
    judged = case.same_as(["z", "g"])
    with pytest.raises(InvalidInput, match="has no name"):
        judged.ref  # noqa: B018


def test_a_new_ledger_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "case.ledger"
    with Ledger.create(path, origin="example.org/harbour", keys=Keyring.in_memory()) as ledger:
        ledger.create_case("harbour", title="A night")
        assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_an_unpinned_check_is_never_sound(case: Case) -> None:
    ledger = case.ledger
    assert ledger.verify(pin=ledger.id).is_sound
    assert not ledger.verify().is_sound


@pytest.mark.parametrize(
    "entity",
    [
        Group(label="a family", protected=True, name="The Somebodies"),
        Organisation(label="a shelter", protected=True, name="The House", contact="Quay 5"),
        Place(label="a village", protected=True, name="Somewhere", aliases=["Elsewhere"]),
        EvidenceItem(label="a letter", protected=True, name="Letter of somebody"),
    ],
    ids=lambda entity: entity.type,
)
def test_whatever_is_protected_has_a_random_name_and_nothing_else_in_signed_bytes(
    case: Case, entity: Group | Organisation | Place | EvidenceItem
) -> None:
    name = case.register_entity("mine", entity)
    assert re.fullmatch(rf"{entity.type}-[0-9a-f]{{8}}", name)
    assert case.entity_name("mine") == name
    registered = [each for each in case.ledger.events("harbour") if each.header.body.get("name") == name]
    (event,) = registered
    assert set(event.header.commitments) == {
        "entity.aliases",
        "entity.contact",
        "entity.handle",
        "entity.name",
    }
    assert "mine" not in repr(event.header.body)
    found = case.entity("mine")
    assert getattr(found, "name", None) == entity.name
    done = case.erase("mine", authority="the family", reason="asked for it")
    assert {slot.where for slot in done.slots} == {f"entity {name}"}


def test_what_is_protected_is_not_shared_between_cases(case: Case) -> None:
    with pytest.raises(InvalidValue, match="belongs to one case"):
        case.ledger.register_entity(
            "shelter", Organisation(label="a shelter", protected=True, name="The House")
        )


def test_a_name_without_protection_is_refused() -> None:
    with pytest.raises(InvalidValue, match="for what is protected"):
        Place(label="a village", name="Somewhere")
