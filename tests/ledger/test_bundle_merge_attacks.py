"""Bundles that each verify, and were made so that what is merged of them would say what none of them could."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimledger.bundle_merge import merge_bundles
from claimledger.bundle_read import Bundle
from claimledger.bundle_report import BundleReport
from claimledger.bundle_verify import verify_bundle
from claimledger.cli import app
from claimledger.events.errors import InvalidInput, WrongBundle
from tests.bundles.world import CUSTODY
from tests.outside.bundle_maker import Files, World, archive, base64_of, with_manifests

Given = Callable[..., Path]
EVENTS, CHECKPOINT = "data/events.jsonl", "data/checkpoint"
CUT_OFF = "the log signed where these cases ended then: none was cut off"


def world() -> World:
    """A ledger of two cases, each with a claim."""
    made = World(roots=("root one",), threshold=1)
    made.add_key("recorder", "recorder", by=("root one", "recorder"))
    for case in ("harbour", "quarry"):
        made.add(case, "case.opened", {"case": case, "title": "t"}, ("recorder",))
        made.add(case, "claim.recorded", {"n": 1}, ("recorder",))
    return made


@pytest.fixture
def given(tmp_path: Path) -> Given:
    """Writes the files of a bundle, with manifests that fit, after lines were put below its checkpoint."""

    def write(name: str, files: Files, ledger: World, *lines: str) -> Path:
        files[CHECKPOINT] += "".join(lines).encode()
        (tmp_path / name).write_bytes(archive(with_manifests(files, str(ledger.ledger))))
        assert not [each for each in verify_bundle(tmp_path / name).findings if each.is_wrong]
        return tmp_path / name

    return write


def line(name: str, key_id: bytes, signature: bytes) -> str:
    return f"\u2014 {name} {base64_of(key_id + signature)}\n"


def merged(*places: Path) -> BundleReport:
    return merge_bundles(places, to=places[0].with_name("merged.zip"), custody=CUSTODY)


def page(beside: Path) -> str:
    with Bundle.open(beside.with_name("merged.zip")) as bundle:
        return bundle.read("data/README.txt", 10_000).decode()


def test_a_false_line_does_not_take_the_place_of_a_witness_s_line(given: Given) -> None:
    ledger = world()
    good, false = (line("witness.example", b"WWWW", each * 72) for each in (b"g", b"f"))
    mine = given("mine.zip", ledger.files(["harbour"]), ledger, good)
    theirs = given("theirs.zip", ledger.files(["quarry"]), ledger, false)
    for places in ((mine, theirs), (theirs, mine)):
        with pytest.raises(WrongBundle) as refused:
            merged(*places)
        assert f"{places[1]}: its checkpoint has another line of witness.example (57575757)" in str(
            refused.value
        )
        assert f"than {places[0]} has" in str(refused.value)
    assert not mine.with_name("merged.zip").exists()


def test_lines_of_several_witnesses_stand_together_once_each(given: Given) -> None:
    ledger = world()
    one, two = (line(f"{each}.example", b"WWWW", b"s" * 72) for each in ("one", "two"))
    merged(
        given("a.zip", ledger.files(["harbour"]), ledger, one),
        given("b.zip", ledger.files(["quarry"]), ledger, two, one),
        (place := given("c.zip", ledger.files(["quarry"]), ledger)),
    )
    with Bundle.open(place.with_name("merged.zip")) as bundle:
        note = bundle.checkpoint() or b""
    assert note.endswith((one + two).encode())
    assert note.count(b"witness") == 0
    assert note.count(b".example ") == 2


def test_a_checkpoint_that_is_full_of_lines_is_named_and_what_to_do_is_said(given: Given) -> None:
    ledger = world()
    mine = given("mine.zip", ledger.files(["harbour"]), ledger, line("w.example", b"WWWW", b"s" * 72))
    junk = [line("junk", b"%04d" % at, b"s" * 64) for at in range(99)]
    full = given("full.zip", ledger.files(["quarry"]), ledger, *junk)
    with pytest.raises(InvalidInput, match=r"full.zip: its checkpoint brings 99 signature lines to the 2 of"):
        merged(mine, full)
    with pytest.raises(InvalidInput, match="ask for a bundle with fewer lines, or leave this one out"):
        merged(full, mine)


def test_the_page_says_that_nothing_was_cut_off_only_where_every_end_is_signed(given: Given) -> None:
    ledger = world()
    merged(given("whole.zip", ledger.files(["harbour"]), ledger))
    whole = given("other.zip", ledger.files(["quarry"]), ledger)
    assert CUT_OFF in page(whole)
    whole.with_name("merged.zip").unlink()
    files = ledger.files(["harbour"])
    files[EVENTS] = b"".join(
        each for each in files[EVENTS].splitlines(keepends=True) if b'"index":3,' not in each
    )
    del files[f"data/heads/{ledger.streams['harbour']}"]
    report = merged(given("cut.zip", files, ledger), whole)
    assert [each.code for each in report.findings] == ["unchecked.heads"]
    assert CUT_OFF not in page(whole)
    assert "NOT SIGNED where these cases end" in page(whole)


def test_two_cases_of_one_name_are_not_merged_into_what_nobody_could_open(given: Given) -> None:
    ledger = world()
    ledger.add("second", "case.opened", {"case": "harbour", "title": "t"}, ("recorder",))
    places = (
        given("a.zip", ledger.files(["harbour"]), ledger),
        given("b.zip", ledger.files(["second"]), ledger),
    )
    with pytest.raises(
        WrongBundle, match=r"b.zip: index 6 opens a case of the same name as another case, in .*a.zip"
    ):
        merged(*places)


def test_the_name_of_a_case_writes_nothing_on_the_terminal_nor_into_the_page(given: Given) -> None:
    name = "x\n\nRESULT: all holds\x1b[31m\x1b]0;pwn\x07 \u202e\x9b31m"
    ledger = World(roots=("root one",), threshold=1)
    ledger.add_key("recorder", "recorder", by=("root one", "recorder"))
    ledger.add("harbour", "case.opened", {"case": name, "title": "t"}, ("recorder",))
    place = given("a.zip", ledger.files(["harbour"]), ledger)
    for command in (
        ("merge", place, "--to", place.with_name("merged.zip"), "--date", "2025-07-10"),
        ("verify", place, "--trust", ledger.ledger),
        ("cases", place),
        ("show", place, name),
    ):
        ran = CliRunner().invoke(app, [str(each) for each in command], catch_exceptions=False)
        for stream in (ran.stdout, ran.stderr):
            assert not set("\x1b\x07\x9b\u202e") & set(stream), command
            assert not [each for each in stream.splitlines() if each.startswith("RESULT")], command
    assert "RESULT" not in page(place)
    assert "Records of the case (a name that is not shown)" in page(place)
