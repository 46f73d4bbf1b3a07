"""A case is handed on: what goes into a bundle, what is left out, and that it is the same each time."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bagit
import pytest

from claimledger import Ledger
from claimledger.bundle_files import Custody
from claimledger.bundle_verify import verify_bundle
from claimledger.events import Death, Organisation, Person
from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import (
    InvalidInput,
    InvalidValue,
    MissingDisclosure,
    UnknownName,
    VerificationFailed,
)
from tests.attacks.world import Copy, World
from tests.bundles.packing import unpack
from tests.bundles.world import CASE, CUSTODY, DOCUMENT, ERASED, OTHER, leaf_of, new_ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with new_ledger() as opened:
        yield opened


def lines(files: dict[str, bytes]) -> list[Any]:
    return [json.loads(line) for line in files["data/events.jsonl"].decode().splitlines()]


def withheld(files: dict[str, bytes]) -> set[str]:
    """Names of the slots that are withheld of any event."""
    return {slot for line in lines(files) for slot, value in line["slots"].items() if value is None}


def test_a_case_goes_out_with_keys_register_and_proofs_and_verifies(ledger: Ledger, tmp_path: Path) -> None:
    report = ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert report.is_sound
    assert report == verify_bundle(tmp_path / "a.zip", pin=ledger.id)
    _, files = unpack(tmp_path / "a.zip")
    indexes = [line["index"] for line in lines(files)]
    assert indexes == [event.index for event in ledger.events() if event.stream != ledger.case(OTHER).stream]
    assert all(line["proof"] for line in lines(files))


def test_the_same_bundle_has_the_same_bytes(ledger: Ledger, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        ledger.bundle([CASE], to=tmp_path / name, custody=CUSTODY, withhold=["w1"])
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_cases_named_twice_or_in_another_order_make_the_same_bundle(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([OTHER, CASE, CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    ledger.bundle([CASE, OTHER], to=tmp_path / "b.zip", custody=CUSTODY)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_bag_validates_with_the_library_of_congress(ledger: Ledger, tmp_path: Path) -> None:
    document = tmp_path / "document.txt"
    document.write_bytes(DOCUMENT)
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, sources=[document])
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "out")
    [folder] = (tmp_path / "out").iterdir()
    bag = bagit.Bag(str(folder))
    assert bag.validate()
    assert bag.version_info == (1, 0)
    assert bag.info["External-Identifier"] == ledger.id
    assert bag.info["Source-Organization"] == CUSTODY.organization
    assert bag.info["Bagging-Date"] == "2025-07-10"


def test_the_file_is_for_its_owner_alone_and_nothing_is_left_beside_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        ([], set()),
        (["quote"], {"quote"}),
        (["C2:claim.text"], {"claim.text"}),
        (["w1"], {"entity.name", "entity.aliases", "entity.contact", "entity.handle", "claim.text", "quote"}),
        (["*"], {"entity.name", "entity.aliases", "entity.contact", "entity.handle", "claim.text", "quote"}),
    ],
)
def test_what_is_withheld_is_listed_and_is_not_there(
    words: list[str], left_out: set[str], ledger: Ledger, tmp_path: Path
) -> None:
    report = ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=words)
    assert report.is_sound
    _, files = unpack(tmp_path / "a.zip")
    found = withheld(files)
    assert left_out <= found
    assert found == left_out or words in (["w1"], ["*"])
    assert words != ["*"] or b"claimledger-disclosure/1" not in files["data/events.jsonl"]


def test_withholding_a_person_leaves_no_trace_of_the_name(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "all.zip", custody=CUSTODY)
    assert b"Anna" in (tmp_path / "all.zip").read_bytes()
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["w1"])
    packed = (tmp_path / "a.zip").read_bytes()
    assert b"Anna" not in packed
    assert b"one man had died" in packed, "what does not speak of her is given"


def test_withholding_an_entity_by_its_name_leaves_out_what_is_said_of_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["man"])
    _, files = unpack(tmp_path / "a.zip")
    assert "quote" in withheld(files)
    assert b"one man had died" not in files["data/events.jsonl"]
    assert b"Anna Example" in files["data/events.jsonl"], "the witness's own name stays"


@pytest.mark.parametrize("word", ["w2", "quota", "C9:quote", "C1:claim.text", "shared:police"])
def test_a_word_that_fits_nothing_is_refused(word: str, ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=f'--withhold "{word}"'):
        ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["quote", word])
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_of_a_ledger_that_was_never_sealed_says_that_nothing_vouches(tmp_path: Path) -> None:
    with new_ledger(seal=False) as ledger:
        report = ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert [each.code for each in report.findings] == ["unchecked.checkpoint"]
    assert report.exit_status() == 3
    _, files = unpack(tmp_path / "a.zip")
    assert b"nothing vouches" in files["data/README.txt"]
    assert all(line["proof"] is None for line in lines(files))


def test_events_after_the_checkpoint_are_said_to_be_later(ledger: Ledger, tmp_path: Path) -> None:
    ledger.case(CASE).record(Death(person="man"), asserter="shared:ngo")
    report = ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert [(each.code, each.message) for each in report.findings] == [
        ("unchecked.sealed", "1 event is later than the checkpoint, from index 17 on")
    ]
    _, files = unpack(tmp_path / "a.zip")
    assert b"1 of those here are later" in files["data/README.txt"]


def test_without_the_log_keys_nobody_vouches_for_the_end(tmp_path: Path) -> None:
    with new_ledger(tmp_path / "a.ledger"):
        pass
    with Ledger.open(tmp_path / "a.ledger", read_only=True) as ledger:
        report = ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert [each.code for each in report.findings] == ["unchecked.heads"] * 3
    assert {each.message.partition("the end of ")[2] for each in report.findings} == {
        "the case harbour-2025",
        "the list of keys",
        "the shared register",
    }


def test_nothing_is_written_over(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("kept")
    with pytest.raises(InvalidInput, match="something is there already"):
        ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert (tmp_path / "a.zip").read_text() == "kept"


def test_a_document_that_no_event_names_is_not_put_in(ledger: Ledger, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("another document")
    with pytest.raises(InvalidInput, match="no source or evidence item of these cases"):
        ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, sources=[other])
    assert not (tmp_path / "a.zip").exists()


def test_unknown_cases_and_no_case_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="harbour"):
        ledger.bundle(["harbour-2026"], to=tmp_path / "a.zip", custody=CUSTODY)
    with pytest.raises(InvalidInput, match="one case at least"):
        ledger.bundle([], to=tmp_path / "a.zip", custody=CUSTODY)


def test_nothing_is_handed_out_that_does_not_hold(tmp_path: Path) -> None:
    import sqlite3

    with new_ledger(tmp_path / "a.ledger"):
        pass
    with sqlite3.connect(tmp_path / "a.ledger") as database:
        database.execute("UPDATE disclosures SET content = replace(content, 'one man', 'two men')")
    database.close()
    with Ledger.open(tmp_path / "a.ledger", read_only=True) as ledger, pytest.raises(VerificationFailed):
        ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    "changes",
    [{"date": "10 July"}, {"organization": ""}, {"contact": "a\nb"}, {"email": " a"}, {"address": "x" * 501}],
)
def test_custody_data_that_do_not_fit_on_a_line_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        Custody(**{"date": "2025-07-10", **changes})


def test_the_disclosure_of_a_slot_is_what_stands_in_a_bundle(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    _, files = unpack(tmp_path / "a.zip")
    leaf = leaf_of(ledger, "C1")
    line = ledger.disclosure(leaf[:10], "quote")
    assert b'"quote":' + line.removesuffix(b"\n") in files["data/events.jsonl"]
    with pytest.raises(UnknownName, match='did you mean "quote"'):
        ledger.disclosure(leaf, "quota")


def test_what_is_not_at_hand_cannot_be_disclosed(tmp_path: Path) -> None:
    with new_ledger() as ledger:
        ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["quote"])
    with Ledger.open(tmp_path / "a.zip") as opened:
        with pytest.raises(MissingDisclosure, match=r"^claim C1 \(leaf [0-9a-f]{8}\): .* quote is withheld$"):
            opened.disclosure(leaf_of(opened, "C1"), "quote")
        with pytest.raises(
            MissingDisclosure, match=r"^claim E1 .* claim\.text is erased, by authority of .*: "
        ):
            opened.disclosure(leaf_of(opened, "E1"), "claim.text")


def test_what_was_erased_is_not_in_a_bundle_and_reads_as_erased(ledger: Ledger, tmp_path: Path) -> None:
    report = ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert report.slots[SlotStatus.ERASED] == 1
    assert ERASED.encode() not in (tmp_path / "a.zip").read_bytes()
    with Ledger.open(tmp_path / "a.zip") as opened:
        event = opened.event(leaf_of(opened, "E1"))
        assert event.slots["claim.text"] is SlotStatus.ERASED
        assert event.erasures["claim.text"].authority == "the speaker"


def test_a_person_withheld_in_one_case_is_not_looked_for_in_another(tmp_path: Path) -> None:
    with new_ledger() as ledger:
        other = ledger.case(OTHER)
        other.register_entity("w9", Person(label="another witness", protected=True, name="Bela", handle="w9"))
        ledger.register_entity("court", Organisation(label="A court"))
        ledger.seal()
        with pytest.raises(UnknownName, match="w9"):
            ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["w9"])
        ledger.bundle([CASE, OTHER], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["w9"])
    assert b"Bela" not in (tmp_path / "a.zip").read_bytes()
    assert b"Anna" in (tmp_path / "a.zip").read_bytes()


def test_the_page_for_the_recipient_says_what_a_check_needs_and_what_its_answers_mean(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    written = unpack(tmp_path / "a.zip")[1]["data/README.txt"].decode()
    assert max(map(len, written.splitlines())) <= 80
    page = " ".join(written.split())
    assert "are in base64, which no editor shows as words" in page
    assert '"claimledger sheet THIS_FILE.zip" writes each claim as a page' in page
    assert "the same words, the same index and the same leaf" in page
    assert "Python 3.9 or newer" in page
    assert 'package "cryptography" or the program openssl, version 3 or newer' in page
    assert '3 is NOT "wrong"' in page
    assert "disputed" in page


def test_an_erasure_out_of_another_case_erases_nothing_and_keeps_no_bundle_from_being_written(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "world.ledger", sealed=False)
    claim = next(row for row in world.rows if row.type == "claim.recorded" and row.stream == world.harbour)
    slot = min(world.disclosures[claim.event_id])
    body = {"event": claim.event_id, "slots": [slot], "authority": "nobody", "reason": "to be in the way"}
    rows = [*world.rows, world.forge(world.rows, "disclosure.erased", body, world.quay, world.b.recorder)]
    copy = Copy(world, tmp_path / "copy.ledger").write(rows)
    with Ledger.open(copy.path, read_only=True) as ledger:
        both = ledger.bundle(["harbour", "quay"], to=tmp_path / "both.zip", custody=CUSTODY)
        alone = ledger.bundle(["harbour"], to=tmp_path / "alone.zip", custody=CUSTODY)
    assert {each.code for each in (*both.findings, *alone.findings)} == {"unchecked.checkpoint"}
    assert SlotStatus.ERASED not in {*both.slots, *alone.slots}
