"""A claim has one page, which says everything that a court asks of a record, and nothing that is not at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimledger import Ledger
from claimledger.case import Case
from claimledger.cli import app
from claimledger.events import (
    Act,
    Authority,
    CauseOfDeath,
    Death,
    EvidenceItem,
    OneOf,
    Organisation,
    Person,
    RegisteredAct,
    Relay,
    Shows,
    Source,
)
from claimledger.events.errors import UnknownName
from claimledger.projections.render_sheets import sheets_as_html, sheets_lines
from claimledger.projections.sheets import Exhibits, Sealing, Sheets
from claimledger.testing import memory_ledger, seeded_keyring

TEXT = "On that day he died. They said: his heart. Nothing more was said."


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with memory_ledger() as opened:
        yield opened


@pytest.fixture
def case(ledger: Ledger) -> Case:
    return fill(ledger)


def fill(ledger: Ledger) -> Case:
    case = ledger.create_case("harbour", title="A death at the harbour")
    for name, entity in (
        ("z", Person(label="Zakir")),
        ("g", Person(label="Guseyn")),
        ("one", OneOf(label="one of the two", one_of=("z", "g"))),
        ("state", Authority(label="The ministry")),
        ("ngo", Organisation(label="An NGO")),
        ("film", EvidenceItem(label="a film", held=True)),
        ("raid", RegisteredAct(label="a raid")),
    ):
        case.register_entity(name, entity)
    source = Source(title="A statement", sha256=sha256(TEXT.encode()).hexdigest(), publisher="ngo")
    case.register_source("statement", source)
    return case


def pages(ledger: Ledger, *refs: str, **more: object) -> Exhibits:
    fold = ledger.replay(Sheets("harbour"))
    holders = {keyid: record.holder for keyid, record in ledger.keys.keys.items()}
    found = fold.exhibits(refs or None, holders=holders, **more)  # type: ignore[arg-type]
    return Exhibits("harbour", fold.state.title, ledger.id, ledger.origin, found)


def as_text(exhibits: Exhibits) -> str:
    return " ".join("\n".join(map(str, sheets_lines(exhibits))).split())


def heart(case: Case, **more: object) -> str:
    receipt = case.record(
        CauseOfDeath(of="one", causes="natural.heart_failure"),
        asserter="state",
        asserted_at="2025-07-03",
        relays=[Relay(by="ngo", verb="have cited")],
        source="statement",
        locator=(32, 41),
        **more,  # type: ignore[arg-type]
    )
    return receipt.ref


def test_a_page_names_subject_speaker_relay_source_and_record(ledger: Ledger, case: Case) -> None:
    ref = heart(case)
    receipt = case.receipt(ref)
    said = as_text(pages(ledger))
    for part in (
        f"EXHIBIT 1 claim {ref} of harbour",
        "About one of Zakir, Guseyn",
        "What was said cause of death: natural: heart failure",
        "Who said it The ministry",
        'How it reached us An NGO, "have cited"',
        f"SHA-256 {sha256(TEXT.encode()).hexdigest()}",
        "characters 32 to 41",
        "by Recorder A, key",
        f"index {receipt.index}",
        f"leaf {receipt.leaf}",
        "not sealed: only the operator's word",
        "does not show that what was said is true",
    ):
        assert part in said, part


def test_exhibits_are_numbered_in_the_order_of_the_log_among_those_asked_for(
    ledger: Ledger, case: Case
) -> None:
    refs = [case.record(Death(person=who), asserter="ngo").ref for who in ("z", "g", "z")]
    assert [(page.number, page.row.ref) for page in pages(ledger).pages] == list(enumerate(refs, 1))
    chosen = pages(ledger, refs[2], refs[0]).pages
    assert [(page.number, page.row.ref) for page in chosen] == [(1, refs[0]), (2, refs[2])]
    with pytest.raises(UnknownName, match='no claim "C9"'):
        pages(ledger, "C9")


def test_words_come_from_the_quote_or_from_a_copy_and_else_are_not_at_hand(
    ledger: Ledger, case: Case
) -> None:
    heart(case)
    heart(case, quote="his heart")
    assert [page.words for page in pages(ledger).pages] == [None, "his heart"]
    assert "not at hand; they are at the characters below" in as_text(pages(ledger))
    with_copy = pages(ledger, words=lambda name, start, end: TEXT[start:end] if name == "statement" else None)
    assert [page.words for page in with_copy.pages] == ["his heart", "his heart"]
    assert all("his heart" not in json.dumps(page.to_json()) for page in with_copy.pages)


def test_a_withdrawn_and_an_amended_claim_keep_their_pages(ledger: Ledger, case: Case) -> None:
    first, second = heart(case), heart(case)
    case.amend(
        first, CauseOfDeath(of="one", causes="natural"), asserter="state", because="the code was too narrow"
    )
    case.withdraw(second, because="entered twice")
    exhibits = pages(ledger)
    assert [len(page.records) for page in exhibits.pages] == [2, 1]
    said = as_text(exhibits)
    assert "Amended by Recorder A" in said
    assert "because the code was too narrow" in said
    assert "How it stands its recorder withdrew the record" in said
    assert "entered twice" in said


def test_a_record_that_is_sealed_says_under_which_checkpoint(ledger: Ledger, case: Case) -> None:
    heart(case)
    said = as_text(pages(ledger, sealing=lambda _: Sealing(12, "ab" * 32)))
    assert f"proven to be in the log of 12 events with root {'ab' * 32}" in said


def test_what_was_erased_is_named_as_a_field_and_never_as_content(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/x", keys=seeded_keyring()) as ledger:
        case = fill(ledger)
        ref = heart(case, quote="words nobody shall read")
        case.erase(f"{ref}:quote", authority="the survivor", reason="at her wish")
        exhibits = pages(ledger)
        said = as_text(exhibits)
        assert "the field quote was erased, by authority of the survivor: at her wish" in said
        assert "nobody shall read" not in said + sheets_as_html(exhibits)


def test_evidence_that_a_claim_speaks_of_stands_with_its_copies(ledger: Ledger, case: Case) -> None:
    case.record(Shows(items="film", what="bruising.face"), asserter="ngo")
    case.attach_evidence("film", sha256="cd" * 32)
    said = as_text(pages(ledger))
    assert "Evidence a film (held)" in said
    assert f"copy with SHA-256 {'cd' * 32}" in said


class Tags(HTMLParser):
    """Every tag that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "style", "onload")]


def test_html_lets_no_text_out_of_a_ledger_act(ledger: Ledger) -> None:
    case = ledger.create_case("harbour", title="<script>alert(1)</script>")
    case.register_entity("raid", RegisteredAct(label='"><img src=x onerror=alert(1)>'))
    case.register_entity(
        "ngo", Organisation(label="\u202egnp.exe \u0627\u0644\u0639\u0631\u0628\u064a\u0629")
    )
    case.record(Act(act="raid", type="raid"), asserter="ngo")
    html = sheets_as_html(pages(ledger))
    tags = Tags()
    tags.feed(html)
    known = "html head meta title style body h1 section h2 bdi dl dt dd p footer".split()
    assert set(tags.seen) <= set(known)
    assert tags.addresses == []
    assert "\u202e" not in html
    assert "\u0627\u0644\u0639\u0631\u0628\u064a\u0629" in html


def run(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == status, result.output
    return result.output


def test_sheet_on_the_command_line(tmp_path: Path) -> None:
    place, copy = tmp_path / "a.ledger", tmp_path / "statement.txt"
    copy.write_text(TEXT)
    with Ledger.create(place, origin="example.org/x", keys=seeded_keyring()) as ledger:
        ref = heart(fill(ledger))
        sealed = ledger.seal()
    said = " ".join(run("sheet", place, "--claim", ref, "--source", f"statement={copy}").split())
    assert "Words his heart" in said
    assert f"proven to be in the log of {sealed.size} events" in said
    assert "1 exhibit in" in run("sheet", place, "--html", "--to", tmp_path / "sheet.html")
    assert (tmp_path / "sheet.html").read_text().startswith("<!doctype html>")
    document = json.loads(run("sheet", place, "--json"))
    assert document["exhibits"][0]["records"][0]["sealed"] == {"size": sealed.size, "root": sealed.root.hex()}
    copy.write_text(TEXT + " ")
    assert "not the copy that was registered" in run(
        "sheet", place, "--source", f"statement={copy}", status=1
    )
    assert 'no source "x"' in run("sheet", place, "--source", f"x={copy}", status=1)
    assert "something is there already" in run(
        "sheet", place, "--html", "--to", tmp_path / "sheet.html", status=1
    )
