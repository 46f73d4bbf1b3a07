"""A protected source is used like any other, and nothing in signed bytes, screens or tables tells which it is."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from claimledger import Case, InvalidInput, Ledger, NameTaken, UnknownName
from claimledger.bundle_files import Custody
from claimledger.cli import app
from claimledger.events import Count, Excluded, Group, Locator, Person, Relay, Source, SourceRegistered
from claimledger.events.disclosure import SlotStatus
from claimledger.projections import CaseState, History, Tables, replay
from claimledger.projections.tables import withheld
from claimledger.testing import seeded_keyring

TITLE, ADDRESS, HANDLE, BECAUSE = (
    "Talk with Zubeneschamali",
    "https://example.org/zubenelgenubi",
    "zzbetelgeusezz",
    "qqa greeting by nameqq",
)
COPY = b"There were three, said Zubeneschamali.\n"
DIGEST = sha256(COPY).hexdigest()
WORDS = (TITLE, ADDRESS, HANDLE, BECAUSE, DIGEST)
QUOTE = "there were three"
WHY = {"authority": "the person concerned", "reason": "asked to be forgotten"}
DAY = Custody(date="2031-06-01")


def source() -> Source:
    return Source(
        protected=True, label="a talk", title=TITLE, url=ADDRESS, sha256=DIGEST, language="ab", published="2031-05-04",
        excluded=[Excluded(locator=Locator(start=30, end=36), because=BECAUSE)],
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a.ledger"


@pytest.fixture
def case(place: Path) -> Iterator[Case]:
    with Ledger.create(place, origin="example.org/x", keys=seeded_keyring()) as ledger:
        made = ledger.create_case("night", title="A night")
        made.register_entity("held", Group(label="those held"))
        made.register_source(HANDLE, source())
        made.register_source("report", Source(title="A report"))
        made.record(
            Count(group="held", quantity="3"), asserter="held", source=HANDLE, locator=(0, 16), quote=QUOTE
        )
        made.record(
            Count(group="held", quantity="4"),
            asserter="held",
            source="report",
            relays=[Relay(by="held", document=HANDLE)],
            quote="four",
        )
        yield made


def signed(ledger: Ledger) -> bytes:
    """Everything that is signed."""
    return b"".join(event.header.to_bytes() for event in ledger.events())


def forms(words: str) -> list[bytes]:
    raw = words.encode()
    encoded = [base64.b64encode(b"\0" * shift + raw)[4 : -4 or None] for shift in range(3)]
    return [
        raw,
        words.encode("utf-16-le"),
        words.encode("utf-16-be"),
        json.dumps(words)[1:-1].encode(),
        *encoded,
    ]


def found_in(data: bytes) -> list[str]:
    return [each for each in WORDS if any(form in data for form in forms(each))]


def test_a_claim_names_it_by_its_handle_and_signs_its_random_name(case: Case) -> None:
    name = case.source_name(HANDLE)
    assert name.startswith("source-")
    first, second = (case.claim(ref).body for ref in ("C1", "C2"))
    assert first.source == name  # type: ignore[union-attr]
    assert second.voices[0].relays[0].document == name  # type: ignore[union-attr]
    assert case.source(HANDLE) == case.source(name) == source().model_copy(update={"handle": HANDLE})
    case.assess_reliability(source=HANDLE, scale="admiralty", grade="B2", assessor="held")
    assert list(case.ledger.events())[-1].header.body["source"] == name


def test_nothing_of_it_is_signed_or_in_an_index(case: Case, place: Path) -> None:
    with sqlite3.connect(place) as connection:
        names = repr(list(connection.execute("SELECT * FROM names")))
    connection.close()
    assert found_in(signed(case.ledger) + names.encode()) == []
    case.ledger.close()
    assert set(found_in(place.read_bytes())) == set(WORDS), "the disclosures are in clear, in this file alone"


def test_its_names_are_taken_both_ways(case: Case) -> None:
    for taken in (HANDLE, case.source_name(HANDLE), "report"):
        for other in (source(), Source(title="Another")):
            with pytest.raises(NameTaken):
                case.register_source(taken, other)
    case.register_entity(HANDLE, Person(label="a person", protected=True))
    assert case.entity_name(HANDLE) != case.source_name(HANDLE)
    with pytest.raises(UnknownName):
        case.source_name("held")


def test_a_state_is_the_same_whether_or_not_it_is_at_hand(case: Case) -> None:
    events = list(case.ledger.events())
    state, bare = (replay(CaseState("night"), some) for some in (events, map(withheld, events)))
    assert state.provenance().state_hash == bare.provenance().state_hash
    name = case.source_name(HANDLE)
    assert state.to_json()["sources"] == {
        name: {"protected": True, "label": "a talk"},
        "report": {"title": "A report"},
    }
    assert state.sources[name].title == TITLE
    assert found_in(json.dumps(state.to_json()).encode() + state.save()) == []


def test_no_table_has_it_whatever_is_asked_for(case: Case) -> None:
    for disclosed in (False, True):
        rows = list(case.ledger.replay(Tables("night", disclosed=disclosed)).rows("sources"))
        assert [(row["title"], row["protected"], row["sha256"], row["published"]) for row in rows] == [
            ("a talk", True, None, None),
            ("A report", False, None, None),
        ]
        assert found_in(json.dumps(rows, default=str).encode()) == []


def test_history_names_it_at_random(case: Case) -> None:
    rows = case.ledger.replay(History("night")).rows
    assert [row.source for row in rows] == [case.source_name(HANDLE), "report"]


def test_the_ledger_verifies_and_the_index_is_held_against_it(case: Case, place: Path) -> None:
    ledger_id = case.ledger.id
    case.ledger.close()
    with Ledger.open(place, read_only=True) as ledger:
        assert ledger.verify(pin=ledger_id).is_sound
    with sqlite3.connect(place) as connection:
        assert connection.execute("DELETE FROM names WHERE what='handle'").rowcount == 1
    connection.close()
    with Ledger.open(place, read_only=True) as ledger:
        report = ledger.verify(pin=ledger_id)
        assert [finding.code for finding in report.findings] == ["names.wrong"]
        assert "does not lead from its handle to it" in report.findings[0].message
        with pytest.raises(UnknownName):
            ledger.case("night").source_name(HANDLE)


def test_after_an_erasure_it_is_nowhere_and_every_signature_holds(case: Case, place: Path) -> None:
    name = case.source_name(HANDLE)
    done = case.erase(HANDLE, **WHY)
    assert {slot.slot for slot in done.slots} == {f"source.{slot}" for slot in source().slots}
    assert {slot.where for slot in done.slots} == {f"source {name}"}
    report = case.ledger.verify(pin=case.ledger.id)
    assert report.is_sound
    with pytest.raises(UnknownName):
        case.source_name(HANDLE)
    assert case.source(name) == Source(protected=True, label="a talk")
    again = case.erase(f"source:{name}", **WHY)
    assert (again.receipts, {slot.is_new for slot in again.slots}) == ((), {False})
    case.ledger.close()
    assert found_in(b"".join(file.read_bytes() for file in place.parent.iterdir())) == []


def test_a_state_lets_go_of_a_source_that_is_erased_meanwhile(case: Case) -> None:
    state = case.ledger.replay(CaseState("night"))
    before, last = state.provenance().state_hash, case.ledger.size - 1
    name = case.source_name(HANDLE)
    case.erase(f"{HANDLE}:title", **WHY)
    case.ledger.replay(state)
    assert (state.sources[name].title, state.sources[name].url) == (None, ADDRESS)
    assert state.at(known_at=last).provenance().state_hash == before
    rows = list(case.ledger.replay(Tables("night")).rows("sources"))
    assert [row["erased"] is None for row in rows] == [False, True]
    assert "source.title" in rows[0]["erased"]


def test_whoever_has_the_document_cannot_tell_by_what_is_handed_on_that_it_is_the_one(
    case: Case, tmp_path: Path
) -> None:
    """Neither its digest, nor the commitment to a digest that is guessed: the salt is not handed on."""
    case.ledger.seal()
    case.ledger.bundle(["night"], to=tmp_path / "a.zip", custody=DAY, withhold=[HANDLE])
    data = (tmp_path / "a.zip").read_bytes()
    with Ledger.open(tmp_path / "a.zip") as bundle:
        in_clear = signed(bundle)
        [registered] = [
            event
            for event in bundle.events()
            if isinstance(event.body, SourceRegistered) and event.body.source.protected
        ]
        assert set(registered.slots.values()) == {SlotStatus.WITHHELD}
        assert bundle.case("night").claim("C1").slots["quote"] is SlotStatus.WITHHELD
        assert bundle.case("night").claim("C2").slots["quote"] is SlotStatus.WITHHELD, (
            "it was relayed through it"
        )
    assert found_in(data + in_clear) == []
    assert QUOTE.encode() not in data


def test_a_copy_of_it_is_not_put_into_a_bundle(case: Case, tmp_path: Path) -> None:
    """A file there is named by its digest, which an event must sign in clear."""
    (tmp_path / "copy.txt").write_bytes(COPY)
    case.ledger.seal()
    with pytest.raises(InvalidInput, match="no source or evidence item of these cases has the digest"):
        case.ledger.bundle(["night"], to=tmp_path / "a.zip", custody=DAY, sources=[tmp_path / "copy.txt"])
    assert not (tmp_path / "a.zip").exists()


# From the command line

FILE = f"""\
claimledger: 1
case: {{id: night, title: A night}}
sources:
  {HANDLE}:
    {{protected: true, label: a talk, title: {TITLE}, url: "{ADDRESS}", sha256: "{DIGEST}", published: 2031-05-04}}
  report: {{title: A report, protected: false}}
entities:
  held: {{group: those held}}
defaults: {{source: {HANDLE}, asserter: held}}
claims:
  C1: {{count: held, quantity: 3, words: 0-16}}
  C2: {{count: held, quantity: 4, source: report}}
reliability:
  - {{source: {HANDLE}, scale: admiralty, grade: B2, assessor: held}}
"""
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "night.yaml").write_text(FILE)
    (tmp_path / "copy.txt").write_bytes(COPY)
    runner = CliRunner()

    def ran(*arguments: object) -> Result:
        return runner.invoke(app, [str(each) for each in arguments], catch_exceptions=False)

    assert (
        ran("init", "a.ledger", "--origin", "example.org/x", "--keys", "keys", "--no-passphrase").exit_code
        == 0
    )
    recorded = ran("record", "a.ledger", "night.yaml", "--keys", "keys", "--source", f"{HANDLE}=copy.txt")
    assert recorded.exit_code == 0, recorded.output
    return ran


def test_a_file_is_recorded_once_and_a_change_of_what_is_protected_is_a_conflict(
    run: Run, tmp_path: Path
) -> None:
    again = run("record", "a.ledger", "night.yaml", "--keys", "keys")
    assert "nothing new in case night" in again.output
    (tmp_path / "night.yaml").write_text(FILE.replace(TITLE, "Another title"))
    changed = run("record", "a.ledger", "night.yaml", "--keys", "keys")
    assert changed.exit_code == 1
    assert "a registration stays as it is" in changed.output
    assert TITLE not in changed.output


def test_a_sheet_has_what_is_at_hand_and_names_what_is_not(run: Run) -> None:
    page = " ".join(
        run("sheet", "a.ledger", "--claim", "C1", "--source", f"{HANDLE}=copy.txt").output.split()
    )
    assert "Words There were three" in page
    assert f"Source {TITLE} dated 2031-05-04 {ADDRESS} SHA-256" in page
    assert run("seal", "a.ledger", "--keys", "keys").exit_code == 0
    made = run("bundle", "a.ledger", "night", "--to", "a.zip", "--keys", "keys", "--withhold", HANDLE)
    assert made.exit_code == 0
    assert run("verify", "a.zip", "--unpinned").exit_code == 0
    given = " ".join(run("sheet", "a.zip", "--claim", "C1").output.split())
    assert "Source a talk characters 0 to 16" in given
    assert "the field source.title is withheld" in given
    assert "no copy was held" not in given
    assert found_in(given.encode()) == []
    as_json = json.loads(run("sheet", "a.ledger", "--claim", "C1", "--json").output)
    assert as_json["exhibits"][0]["source"]["title"] == "a talk"
    assert found_in(json.dumps(as_json).encode()) == []


def test_every_other_screen_shows_nothing_of_it(run: Run) -> None:
    for command in (
        "show", "history", "timeline", "disputes", "custody", "counts", "asserters", "cases", "verify --unpinned",
        "find --source report", "show --json", "history --json", "custody --json",
    ):  # fmt: skip
        name, *options = command.split()
        done = run(name, "a.ledger", *options)
        assert done.exit_code == 0, command
        assert found_in(done.output.encode()) == [], command


def test_its_title_is_looked_for_where_it_would_be_signed(run: Run, tmp_path: Path) -> None:
    leaking = FILE.replace("A night", f"'A night, {TITLE.upper()}'").replace(
        "title: A report", f"title: see {ADDRESS}"
    )
    (tmp_path / "leaking.yaml").write_text(leaking)
    warned = " ".join(run("lint", "leaking.yaml").output.split())
    assert f"case night, title: the protected title of {HANDLE} stands here" in warned
    assert f"source report, source.title: the protected url of {HANDLE} stands here" in warned
    assert warned.count("stands here") == 2
    assert TITLE not in warned
    assert "stands here" not in run("lint", "night.yaml").output
    assert "no protected word is signed in clear" in run("lint", "a.ledger").output


def test_one_field_is_handed_over_later_and_fits(run: Run) -> None:
    assert run("seal", "a.ledger", "--keys", "keys").exit_code == 0
    run("bundle", "a.ledger", "night", "--to", "a.zip", "--keys", "keys", "--withhold", HANDLE)
    with Ledger.open("a.ledger", read_only=True) as ledger:
        case = ledger.case("night")
        name = case.source_name(HANDLE)
    assert (
        run("disclose", "a.ledger", f"source:{HANDLE}", "source.sha256", "--to", "digest.jsonl").exit_code
        == 0
    )
    assert run("merge", "a.zip", "digest.jsonl", "--to", "b.zip").exit_code == 0
    page = " ".join(run("sheet", "b.zip", "--claim", "C1", "--source", f"{name}=copy.txt").output.split())
    assert f"Source a talk SHA-256 {DIGEST}" in page
    assert "Words There were three" in page
    refused = run("sheet", "a.zip", "--claim", "C1", "--source", f"{name}=copy.txt")
    assert refused.exit_code == 1
    assert "no digest of source" in refused.output


def test_a_registration_is_named_for_prove_by_sort_and_name(run: Run) -> None:
    for named in (f"source:{HANDLE}", f"night/source:{HANDLE}", "entity:held"):
        done = run("prove", "a.ledger", named, "--to", named.replace(":", "-").replace("/", "-"))
        assert done.exit_code == 0, named
        assert f"{named.rpartition('/')[2].partition(':')[0]}.registered" in done.output
    refused = run("prove", "a.ledger", "source:nothing", "--to", "x")
    assert refused.exit_code == 1
    assert 'no source "nothing"' in refused.output
