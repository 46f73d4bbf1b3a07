"""Handing on from the command line: bundle, verify, disclose, merge, and reading what was handed on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from claimledger import Ledger
from claimledger.cli import app
from claimledger.cli_terminal import PASSPHRASE
from claimledger.events import Count, Group, Organisation
from claimledger.events.disclosure import SlotStatus
from claimledger.events.recorder_acts import EntityRegistered
from claimledger.testing import seeded_keyring
from tests.bundles.packing import bundle, unpack, with_manifests
from tests.bundles.variants import GOLDEN, LEDGER_ID, variants
from tests.bundles.world import CASE, OTHER, new_ledger

Run = Callable[..., Result]
DAY = ("--date", "2025-07-10")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(PASSPHRASE, raising=False)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture
def ledger_id(run: Run, tmp_path: Path) -> str:
    """A sealed ledger at `a.ledger`; the keys that sealed it are not at hand."""
    assert seeded_keyring(b"bundles").logs
    with new_ledger("a.ledger") as made:
        return made.id


def test_a_bundle_is_written_verified_and_read(run: Run, ledger_id: str) -> None:
    made = run("bundle", "a.ledger", CASE, "--to", "a.zip", "--withhold", "w1", *DAY)
    assert made.exit_code == 0
    assert "a.zip: 13 events of harbour-2025, verified as its recipient will" in made.stdout
    assert "7 disclosed, 1 erased, 7 withheld" in made.stdout
    assert "--keys DIR" in made.stderr, "nobody vouches for the end without the log's keys"
    verified = run("verify", "a.zip", "--trust", ledger_id)
    assert verified.exit_code == 3
    assert "[unchecked.heads]" in verified.stdout
    assert "exit 3" in verified.stdout
    shown = run("show", "a.zip")
    assert shown.exit_code == 0
    assert "Deaths at the harbour" in shown.stdout
    for command in ("cases", "history", "disputes", "timeline", "custody", "counts", "asserters", "sheet"):
        assert run(command, "a.zip").exit_code == 0, command
    assert "proven to be in the log of" in " ".join(run("sheet", "a.zip").stdout.split())


def test_a_bundle_that_holds_is_status_0_and_says_what_it_does_not_show(run: Run) -> None:
    verified = run("verify", GOLDEN, "--trust", LEDGER_ID.read_text().strip())
    assert verified.exit_code == 0
    assert "every signature, key, chain and proof holds" in verified.stdout
    assert "only somebody from outside could vouch" in " ".join(verified.stdout.split())
    assert "7 disclosed, 1 erased, 7 withheld" in verified.stdout
    assert run("verify", GOLDEN).exit_code == 3
    assert run("verify", GOLDEN, "--unpinned").exit_code == 0
    assert run("verify", GOLDEN, "--unpinned", "--require-anchor").exit_code == 3


def test_what_is_wrong_is_said_with_its_code_and_what_it_means(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(variants()["tail-cut"])
    verified = run("verify", "cut.zip", "--unpinned")
    assert verified.exit_code == 1
    said = " ".join(verified.stdout.split())
    assert "the log knows 10 events of the case harbour-2025, and it ends here with number 9" in said
    assert "[tail.cut]" in said
    assert "The log knows later records than are here: they were cut off." in said


def test_the_answer_as_json_has_its_shape(run: Run) -> None:
    answer = json.loads(run("verify", GOLDEN, "--unpinned", "--json").stdout)
    assert list(answer) == [
        "shape", "bundle", "ledger", "origin", "pinned", "status", "cases", "events", "holding", "size", "slots",
        "disputed", "anchors", "findings", "more", "notes",
    ]  # fmt: skip
    assert answer["slots"] == {"disclosed": 7, "erased": 1, "withheld": 7}
    assert answer["status"] == 0


def test_a_zip_with_something_before_it_is_a_bundle_that_is_malformed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"#!/bin/sh\n" + GOLDEN.read_bytes())
    verified = run("verify", "a.zip", "--trust", LEDGER_ID.read_text().strip())
    assert verified.exit_code == 1
    assert "[bundle.malformed]" in verified.stdout


def test_a_program_in_a_bundle_that_is_not_the_one_of_this_release_is_said(
    run: Run, ledger_id: str, tmp_path: Path
) -> None:
    assert run("bundle", "a.ledger", CASE, "--to", "a.zip", *DAY).exit_code == 0
    honest = run("verify", "a.zip", "--trust", ledger_id)
    assert "is not the program of this release" not in " ".join(honest.stdout.split())
    folder, files = unpack(tmp_path / "a.zip")
    files["data/verify_claimledger.py"] = b'print("all holds")\n'
    (tmp_path / "b.zip").write_bytes(bundle(folder, with_manifests(files)))
    swapped = run("verify", "b.zip", "--trust", ledger_id)
    assert swapped.exit_code == honest.exit_code, "nothing that is signed was changed"
    assert "verify_claimledger.py in it is not the program of this release" in " ".join(
        swapped.stdout.split()
    )


def test_what_is_no_bundle_is_no_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "not.zip").write_bytes(b"PK and then something else")
    verified = run("verify", "not.zip", "--unpinned")
    assert (verified.exit_code, "[bundle.malformed]" in verified.stdout) == (1, True)
    shown = run("show", "not.zip")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("error: ")


def test_content_is_handed_over_later_and_fitted_in(run: Run, ledger_id: str, tmp_path: Path) -> None:
    run("bundle", "a.ledger", CASE, "--to", "a.zip", "--withhold", "*", *DAY)
    handed = run("disclose", "a.ledger", "C1", "quote", "--to", "quote.jsonl")
    assert handed.exit_code == 1, "there are two claims C1"
    handed = run("disclose", "a.ledger", f"{CASE}/C1", "quote", "--to", "quote.jsonl")
    assert handed.exit_code == 0
    assert "one man had died" in (tmp_path / "quote.jsonl").read_text()
    merged = run("merge", "a.zip", "quote.jsonl", "--to", "b.zip", "--trust", ledger_id, *DAY)
    assert merged.exit_code == 0
    assert "1 disclosed, 1 erased, 13 withheld" in merged.stdout
    assert run("disclose", "a.ledger", f"{CASE}/C1", "quote", "--to", "quote.jsonl").exit_code == 1


def test_two_cases_are_merged_into_one_bundle(run: Run, ledger_id: str) -> None:
    for case, name in ((CASE, "a.zip"), (OTHER, "b.zip")):
        assert run("bundle", "a.ledger", case, "--to", name, *DAY).exit_code == 0
    assert run("merge", "a.zip", "b.zip", "--to", "c.zip", *DAY).exit_code == 0
    assert run("bundle", "a.ledger", CASE, OTHER, "--to", "d.zip", *DAY).exit_code == 0
    assert Path("c.zip").read_bytes() == Path("d.zip").read_bytes()


def test_mistakes_are_messages(run: Run, ledger_id: str) -> None:
    for arguments, said in (
        (("bundle", "a.ledger", "nothing", "--to", "a.zip"), 'no case "nothing"'),
        (("bundle", "a.ledger", CASE, "--to", "a.zip", "--date", "yesterday"), "2025-07-05"),
        (("bundle", "a.ledger", CASE, "--to", "none/a.zip"), "none/a.zip: cannot be written there"),
        (("bundle", "a.ledger", CASE, "--to", "a.zip", "--withhold", "anna"), '--withhold "anna"'),
        (("bundle", "a.ledger", CASE, "--to", "a.zip", "--source", "none.txt"), "none.txt: cannot be read"),
        (("merge", "a.ledger", "--to", "b.zip"), "no bundle among these files"),
    ):
        result = run(*arguments)
        assert result.exit_code == 1, arguments
        assert result.stderr.startswith("error: ")
        assert said in " ".join(result.stderr.split())


KEPT = """\
claimledger: 1
case: {id: night, title: A night}
entities:
  w1: {person: protected, label: a witness, name: To be kept out}
  police: {authority: The police}
claims:
  B1: {attribute: w1, name: birth_date, details: the year 1987, asserter: police}
"""


def test_a_birth_year_is_withheld_handed_over_later_and_fits(run: Run, tmp_path: Path) -> None:
    """In the bundle nothing tells which year it is; the line that is handed over fits its commitment alone."""
    (tmp_path / "night.yaml").write_text(KEPT)
    assert (
        run("init", "b.ledger", "--origin", "example.org/b", "--keys", "keys", "--no-passphrase").exit_code
        == 0
    )
    assert run("record", "b.ledger", "night.yaml", "--keys", "keys").exit_code == 0
    assert run("seal", "b.ledger", "--keys", "keys").exit_code == 0
    made = run(
        "bundle",
        "b.ledger",
        "night",
        "--to",
        "b.zip",
        "--withhold",
        "B1:claim.details",
        "--keys",
        "keys",
        *DAY,
    )
    assert made.exit_code == 0
    assert b"the year 1987" not in (tmp_path / "b.zip").read_bytes()
    assert "a witness \u00b7 birth date: withheld" in " ".join(run("show", "b.zip").stdout.split())
    assert run("verify", "b.zip", "--unpinned").exit_code == 0
    assert run("disclose", "b.ledger", "B1", "claim.details", "--to", "b.jsonl").exit_code == 0
    assert run("merge", "b.zip", "b.jsonl", "--to", "b-2.zip", *DAY).exit_code == 0
    assert run("verify", "b-2.zip", "--unpinned").exit_code == 0
    assert "Details the year 1987" in " ".join(run("sheet", "b-2.zip").stdout.split())
    shown = " ".join(run("show", "b-2.zip").stdout.split())
    assert "a witness \u00b7 birth date: disclosed" in shown
    assert "1987" not in shown


def at_hand(run: Run) -> None:
    """A ledger at `b.ledger` in which a birth year is kept, and a quote of somebody else."""
    Path("night.yaml").write_text(
        KEPT.replace(
            "claims:", "sources:\n  talk: {protected: true, label: a talk, title: Talk by night}\nclaims:"
        )
        + "  B2: {attribute: police, name: kind, value: harbour, asserter: police, source: talk, "
        "quote: of the harbour}\n"
    )
    made = run("init", "b.ledger", "--origin", "example.org/b", "--keys", "keys", "--no-passphrase")
    assert made.exit_code == 0
    assert run("record", "b.ledger", "night.yaml", "--keys", "keys").exit_code == 0


HELD = "claim.details, quote, source.title"


@pytest.mark.parametrize("how", [["--html"], []])
def test_sheets_with_protected_content_are_their_owners_alone_and_it_is_said(
    run: Run, how: list[str]
) -> None:
    at_hand(run)
    before = os.umask(0)
    try:
        made = run("sheet", "b.ledger", *how, "--to", "all.html")
    finally:
        os.umask(before)
    assert made.exit_code == 0
    assert Path("all.html").stat().st_mode & 0o777 == 0o600
    said = " ".join(made.stderr.split())
    assert (
        f"warning: 2 of 2 pages hold protected content in clear ({HELD}): keep them like the ledger" in said
    )
    assert "--withhold '*'" in said
    assert "a bundle that withholds it" in said
    page = " ".join(Path("all.html").read_text().split())
    for words in (
        "the year 1987",
        "of the harbour",
        "Talk by night",
        "and on this page in clear: claim.details",
    ):
        assert words in page
    shown = run("sheet", "b.ledger", *how)
    assert "protected content in clear" in " ".join(shown.stderr.split())
    one = run("sheet", "b.ledger", "--claim", "B1", *how)
    assert "1 of 1 page holds protected content in clear (claim.details)" in " ".join(one.stderr.split())


def test_sheets_leave_out_what_a_bundle_would_leave_out_by_the_same_words(run: Run) -> None:
    at_hand(run)
    quiet = run("sheet", "b.ledger", "--withhold", "*", "--to", "none.txt")
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    said = " ".join(Path("none.txt").read_text().split())
    for words in ("1987", "of the harbour", "Talk by night", "on this page in clear"):
        assert words not in said
    for field in ("claim.details", "quote", "source.title"):
        assert f"the field {field} is withheld" in said
    for left_out, left in (
        (["w1"], "quote, source.title"),
        (["B1:claim.details", "talk"], None),
        (["quote"], "claim.details, source.title"),
    ):
        made = run("sheet", "b.ledger", *(part for word in left_out for part in ("--withhold", word)))
        assert made.exit_code == 0
        assert ("1987" in made.stdout) == (left is not None and "details" in left)
        assert (f"({left})" in " ".join(made.stderr.split())) == (left is not None)
        assert (made.stderr == "") == (left is None)
    as_bundled = run("bundle", "b.ledger", "night", "--to", "b.zip", "--withhold", "w1", *DAY)
    assert as_bundled.exit_code == 0
    of_bundle = run("sheet", "b.zip")
    assert of_bundle.stdout == run("sheet", "b.ledger", "--withhold", "w1").stdout
    assert "what was given to you in confidence" in " ".join(of_bundle.stderr.split())
    mistyped = run("sheet", "b.ledger", "--withhold", "w2")
    assert mistyped.exit_code == 1
    assert '--withhold "w2": no slot' in mistyped.stderr
    both = run("sheet", "b.ledger", "--withhold", "quote", "--source", "talk=night.yaml")
    assert both.exit_code == 2
    assert "give one of them" in both.stderr


def test_several_claims_take_an_option_each_and_a_claim_in_the_place_of_a_case_says_so(run: Run) -> None:
    at_hand(run)
    both = run("sheet", "b.ledger", "--claim", "B1", "--claim", "B2")
    assert (both.exit_code, both.stdout.count("EXHIBIT")) == (0, 2)
    wrong = run("sheet", "b.ledger", "--claim", "B1", "B2")
    assert wrong.exit_code == 1
    assert "B2 is a claim: each takes an option of its own: --claim B1 --claim B2" in " ".join(
        wrong.stderr.split()
    )
    assert "option of its own" not in run("sheet", "b.ledger", "--claim", "B1", "B9").stderr


CUSTODY_WORDS = ("--organization", "--contact", "--email", "--description")


@pytest.mark.parametrize("option", CUSTODY_WORDS)
@pytest.mark.parametrize("words", ["TO BE KEPT  OUT", "Talk by Night"])
def test_what_is_written_of_a_bundle_holds_no_protected_name(run: Run, option: str, words: str) -> None:
    at_hand(run)
    made = run("bundle", "b.ledger", "night", "--to", "b.zip", option, f"of {words}, here", *DAY)
    said = " ".join(made.stderr.split())
    assert made.exit_code == 1
    assert re.match(
        rf"error: {option.removeprefix('--')}: the protected (name|title) of (person|source)-[0-9a-f]{{8}} "
        r"\(case night\) stands in it, and it goes out with the bundle in clear; say it without",
        said,
    )
    assert words.casefold() not in said.casefold()
    assert not Path("b.zip").exists()


def test_parts_of_protected_names_beside_a_bundle_are_warned_of(run: Run) -> None:
    Path("night.yaml").write_text(KEPT.replace("To be kept out", "Zuben Kale"))
    made = run("init", "b.ledger", "--origin", "example.org/b", "--keys", "keys", "--no-passphrase")
    assert made.exit_code == 0
    assert run("record", "b.ledger", "night.yaml", "--keys", "keys").exit_code == 0
    made = run(
        "bundle", "b.ledger", "night", "--to", "of-zuben.zip", "--description", "for Kale", "--contact", "W1", *DAY
    )  # fmt: skip
    said = " ".join(made.stderr.split())
    assert made.exit_code == 0
    for option, what in (
        ("--to", "a part of the protected name of person-"),
        ("--description", "a part of the protected name of person-"),
        ("--contact", "what its recorder calls person-"),
    ):
        assert f"warning: {option}: {what}" in said
    assert said.count("warning") == 3
    assert "kale" not in said.casefold()
    quiet = run("bundle", "b.ledger", "night", "--to", "b.zip", "--description", "for a court", *DAY)
    assert "warning" not in quiet.stderr


def test_a_bundle_says_which_protected_words_are_signed_in_clear_whatever_is_withheld(run: Run) -> None:
    Path("night.yaml").write_text(
        KEPT.replace("To be kept out", "Zuben Kale")
        .replace("details:", "value:")
        .replace("The police", "The police of Zuben")
    )
    made = run("init", "b.ledger", "--origin", "example.org/b", "--keys", "keys", "--no-passphrase")
    assert made.exit_code == 0
    assert run("record", "b.ledger", "night.yaml", "--keys", "keys").exit_code == 0
    for more in ((), ("--json",)):
        made = run("bundle", "b.ledger", "night", "--to", f"b{len(more)}.zip", "--withhold", "*", *DAY, *more)
        said = " ".join(made.stderr.split())
        assert made.exit_code == 0
        assert "warning: entity police, entity.label: a part of the protected name of person-" in said
        assert "warning: claim B1, claim.value: the birth date of person-" in said
        assert "what is signed in clear is in the bundle, whatever was withheld" in said
        for word in ("Zuben", "1987"):
            assert word not in made.output


def test_what_is_written_of_a_merged_bundle_is_held_against_the_words_that_it_gives(run: Run) -> None:
    at_hand(run)
    for name, withheld in (("a.zip", "quote"), ("none.zip", "*")):
        made = run("bundle", "b.ledger", "night", "--to", name, "--withhold", withheld, *DAY)
        assert made.exit_code == 0
    said = ("--description", "what was To Be Kept Out")
    warned = run("merge", "a.zip", "none.zip", "--to", "both.zip", *said, *DAY)
    assert warned.exit_code == 0
    assert "warning: --description: the protected name of person-" in " ".join(warned.stderr.split())
    assert "kept out" not in warned.stderr.casefold()
    for quiet in (
        ("none.zip", "--to", "c.zip", *said),
        ("a.zip", "--to", "d.zip", "--description", "for a court"),
    ):
        merged = run("merge", *quiet, *DAY)
        assert (merged.exit_code, merged.stderr) == (0, "")


NAMED = """
claimledger: 1
case: {id: quay, title: A night at the quay}
sources:
  report: {title: Report of the night, publisher: paper, language: en, published: 2031-05-04}
  talk: {protected: true, label: a talk, title: Talk with Zuben Kale}
shared:
  paper: {medium: The paper}
entities:
  w1: {person: protected, label: a witness, name: Zuben Kale, aliases: [Kale of the quay]}
  held: {group: those held}
defaults: {source: report, asserter: paper, asserted_at: 2031-05-04}
claims:
  C1: {count: held, quantity: 20, asserter: w1, quote: there were twenty}
  C2: {count: held, quantity: 12, quote: zuben  kale was one of twelve}
  C3: {count: held, quantity: 11, source: talk, quote: eleven of them}
"""


@pytest.fixture
def named(run: Run) -> str:
    """A ledger at `q.ledger` in which a protected name stands in other protected content; the person's random name."""
    Path("quay.yaml").write_text(NAMED)
    assert (
        run("init", "q.ledger", "--origin", "example.org/q", "--keys", "keys", "--no-passphrase").exit_code
        == 0
    )
    assert run("record", "q.ledger", "quay.yaml", "--keys", "keys").exit_code == 0
    with Ledger.open("q.ledger", read_only=True) as ledger:
        body = ledger.event(ledger.case("quay").registration("entity", "w1").leaf).body
    assert isinstance(body, EntityRegistered)
    return body.name


def test_where_a_withheld_name_is_given_elsewhere_is_said_with_what_withholds_it(
    run: Run, named: str
) -> None:
    for number, word in enumerate(("w1", "w1:entity.name", "entity.name", f"{named}:name")):
        made = run("bundle", "q.ledger", "quay", "--to", f"{number}.zip", "--withhold", word, *DAY)
        said = " ".join(made.stderr.split())
        assert made.exit_code == 0
        assert (
            f"warning: claim C2, quote.exact: the protected name of {named} stands here, and it is given; "
            "--withhold C2:quote leaves it out" in said
        )
        title = re.search(r"warning: (source \S+), source.title: the protected name", said)
        assert title is not None
        assert f"--withhold {title[1].removeprefix('source ')}:source.title leaves it out" in said
        alias = f"entity {named}, entity.aliases: a part of the protected name of {named}"
        assert (alias in said) == (word != "w1"), "all of w1 is withheld, or the name alone"
        assert "kale" not in said.casefold()
    told = json.loads(
        run(
            "bundle", "q.ledger", "quay", "--to", "j.zip", "--withhold", "w1", "--json", *DAY
        ).stdout
    )["still_given"]  # fmt: skip
    assert [(each["where"].split()[0], each["slot"], each["of"], each["words_of"]) for each in told] == [
        ("claim", "quote", named, "name"),
        ("source", "source.title", named, "name"),
    ]
    also = [part for each in told for part in ("--withhold", each["withhold"])]
    quiet = run("bundle", "q.ledger", "quay", "--to", "q.zip", "--withhold", "w1", *also, *DAY)
    assert (quiet.exit_code, "warning" in quiet.stderr) == (0, False)
    shown = run("sheet", "q.zip").stdout
    assert "kale" not in shown.casefold()
    assert "eleven of them" in shown


def test_sheets_say_where_on_their_pages_a_withheld_name_is_given(run: Run, named: str) -> None:
    both = " ".join(run("sheet", "q.ledger", "--withhold", "w1").stderr.split())
    assert f"claim C2, quote.exact: the protected name of {named} stands here" in both
    assert "source.title: the protected name" in both
    one = " ".join(run("sheet", "q.ledger", "--withhold", "w1", "--claim", "C2").stderr.split())
    assert "claim C2, quote.exact" in one
    assert "source.title" not in one
    none = run("sheet", "q.ledger", "--withhold", "w1", "--withhold", "C2:quote", "--withhold", "talk:title")
    assert "is given" not in none.stderr
    assert "kale" not in none.output.casefold()


def test_one_slot_is_withheld_by_the_name_of_whose_it_is_and_no_other(run: Run, named: str) -> None:
    for number, word in enumerate(("w1:entity.name", f"{named}:name", "entity:w1:name")):
        made = run("bundle", "q.ledger", "quay", "--to", f"{number}.zip", "--withhold", word, "--json", *DAY)
        assert made.exit_code == 0
        assert json.loads(made.stdout)["slots"]["withheld"] == 1
        with Ledger.open(f"{number}.zip") as bundled:
            event = bundled.event(bundled.case("quay").registration("entity", named).leaf)
        assert {slot for slot, status in event.slots.items() if status is SlotStatus.WITHHELD} == {
            "entity.name"
        }
    for wrong in ("w1:quote", "w2:entity.name", "claim:w1:entity.name", "w1:"):
        refused = run("bundle", "q.ledger", "quay", "--to", "no.zip", "--withhold", wrong, *DAY)
        assert (refused.exit_code, Path("no.zip").exists()) == (1, False)
        assert f'--withhold "{wrong}"' in refused.stderr


def test_one_slot_of_a_claim_is_withheld_in_what_amends_it_too(run: Run, named: str) -> None:
    assert named
    with new_ledger("w.ledger") as ledger:
        case = ledger.create_case("else", title="Another night")
        case.register_entity("held", Group(label="those held"))
        case.register_entity("ngo", Organisation(label="An NGO"))
        case.record(Count(group="held", quantity="3"), ref="X1", asserter="ngo", quote="three of them")
        case.amend(
            "X1", Count(group="held", quantity="4"), asserter="ngo", quote="four then", because="recounted"
        )
    made = run("bundle", "w.ledger", "else", "--to", "w.zip", "--withhold", "X1:quote", "--json", *DAY)
    assert json.loads(made.stdout)["slots"]["withheld"] == 2


def test_a_withheld_name_is_handed_over_later_and_shown(run: Run, named: str) -> None:
    assert run("seal", "q.ledger", "--keys", "keys").exit_code == 0
    assert run("bundle", "q.ledger", "quay", "--to", "q.zip", "--withhold", "w1", *DAY).exit_code == 0
    assert run("disclose", "q.ledger", "entity:w1", "entity.name", "--to", "name.jsonl").exit_code == 0
    assert run("merge", "q.zip", "name.jsonl", "--to", "q-2.zip", *DAY).exit_code == 0
    with Ledger.open("q.zip") as before, Ledger.open("q-2.zip") as after:
        leaf = before.case("quay").registration("entity", named).leaf
        bodies = [each.event(leaf).body for each in (before, after)]
    assert [getattr(body.entity, "name", "") for body in bodies if isinstance(body, EntityRegistered)] == [
        None,
        "Zuben Kale",
    ]
    assert "entity:NAME" in " ".join(run("disclose", "--help").stdout.split())
