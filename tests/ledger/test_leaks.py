"""Protected words that are signed in clear are found, named by their place, and shown nowhere."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from claimledger.cli import app
from claimledger.events import Attribute, Group, Organisation, Person, Source
from claimledger.keys import Keyring
from claimledger.leaks import Leak, Secret, find_leaks, normal, secrets_of
from claimledger.ledger import Ledger
from claimledger.testing import memory_ledger

NAME = "Zuben Óðinsdóttir"


def found(text: str, **contents: object) -> list[tuple[str, bool]]:
    secrets = secrets_of("person-1", contents or {"name": NAME, "aliases": ["the Fox"], "contact": "5550199"})
    return [(leak.slot, leak.is_part) for leak in find_leaks(secrets, [("claim C1", "hedges", text)])]


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        (f"as {NAME} put it", [("name", False)]),
        (NAME.upper(), [("name", False)]),
        (unicodedata.normalize("NFD", NAME), [("name", False)]),
        ("Zuben\u00a0\n Óðinsdóttir's brother", [("name", False)]),
        ("interview_with_zuben", [("name", True)]),
        ("the brother of zuben", [("name", True)]),
        ("THE FOX", [("aliases", False)]),
        ("call 5550199", [("contact", False)]),
        ("15550199", []),
        ("Zubenelgenubi is a star", []),
        ("the witness", []),
    ],
)
def test_words_are_found_however_they_are_written_and_only_whole(
    text: str, leaks: list[tuple[str, bool]]
) -> None:
    assert found(text) == leaks


def test_small_words_of_a_name_are_no_names() -> None:
    assert found("a part of the house", name="Anna of the House") == [("name", True)]
    assert found("of the", name="Anna of the House") == []
    assert found("for the family", name="The House", aliases=["For the Many"]) == []


@given(st.text(min_size=1).filter(lambda text: normal(text).strip() != ""), st.text(), st.text())
def test_what_is_there_word_for_word_is_always_found(name: str, before: str, after: str) -> None:
    place = ("claim C1", "hedges", f"{before} {name} {after}")
    leaks = find_leaks([Secret("p", "name", (normal(name),))], [place])
    if normal(name)[0].isalnum() and normal(name)[-1].isalnum():
        inner = normal(place[2])
        assert bool(leaks) or normal(name) not in inner
    assert all(leak == Leak("claim C1", "hedges", "p", "name") for leak in leaks)


def test_a_case_says_where_words_of_its_protected_people_are_signed() -> None:
    with memory_ledger() as ledger:
        case = ledger.create_case("night", title=f"What {NAME} saw")
        assert case.leaks() == []
        person = case.register_entity("w1", Person(label="a witness", protected=True, name=NAME))
        case.register_entity("ngo", Organisation(label="Friends of Zuben"))
        case.register_entity("held", Group(label="those held"))
        case.register_source("doc", Source(title="A talk", url="https://example.org/zuben-talk"))
        case.record(
            Attribute(of="held", name="occupation", value="dockers"),
            asserter="w1",
            statement="interview-with-Zuben",
            quote=f"said {NAME}",
        )
        leaks = case.leaks()
    assert [(leak.where, leak.path, leak.is_part) for leak in leaks] == [
        ("case night", "title", False),
        ("claim C1", "voice.statement", True),
        ("entity ngo", "entity.label", True),
        ("source doc", "source.url", True),
    ]
    assert {leak.of for leak in leaks} == {person}
    assert NAME not in repr(leaks) + "".join(map(str, leaks))


FILE = """\
claimledger: 1
case: {id: night, title: A night}
sources:
  doc: {title: Talk with ZUBEN}
entities:
  zuben: {person: protected, label: a witness, name: Zuben Smith, aliases: [Second Name]}
  held: {group: those held}
claims:
  C1: {count: held, quantity: 12, asserter: zuben, source: doc, hedges: [as second name says], quote: Zuben Smith said}
"""


def test_lint_and_record_warn_before_anything_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("night.yaml").write_text(FILE)
    run = CliRunner()
    linted = run.invoke(app, ["lint", "night.yaml"], catch_exceptions=False)
    assert linted.exit_code == 0
    warnings = [
        "night.yaml: warning: claim C1, hedges: the protected alias of zuben stands here",
        "night.yaml: warning: source doc, source.title: a part of the protected name of zuben stands here",
    ]
    for warning in warnings:
        assert warning in " ".join(linted.output.split())
    assert linted.output.count("warning") == 2
    assert "Smith" not in linted.output
    as_json = json.loads(run.invoke(app, ["lint", "night.yaml", "--json"]).output)
    assert as_json["warnings"][0] == {
        "file": "night.yaml", "where": "claim C1", "path": "hedges", "of": "zuben", "slot": "aliases", "part": False,
        "value": False,
    }  # fmt: skip
    keys = Keyring.create("keys", passphrase=None, plain=True)
    Ledger.create("a.ledger", origin="example.org/x", keys=keys).close()
    recorded = run.invoke(app, ["record", "a.ledger", "night.yaml", "--keys", "keys"], catch_exceptions=False)
    assert recorded.exit_code == 0
    for warning in warnings:
        assert warning in " ".join(recorded.output.split())
    later = FILE.replace("held: {group: those held}", "held: {group: friends of Zuben}").replace(
        "night.yaml", "x"
    )
    later = later.replace(
        "  zuben: {person: protected, label: a witness, name: Zuben Smith, aliases: [Second Name]}\n", ""
    )
    later = later.replace("asserter: zuben", "asserter: held").replace("C1:", "C2:").replace("held", "others")
    Path("later.yaml").write_text(later)
    with Ledger.open("a.ledger", read_only=True) as ledger:
        person = ledger.case("night").entity_name("zuben")
    second = run.invoke(app, ["record", "a.ledger", "later.yaml", "--keys", "keys"], catch_exceptions=False)
    assert second.exit_code == 0, second.output
    in_one_line = " ".join(second.output.split())
    assert f"entity others, entity.label: a part of the protected name of {person} stands here" in in_one_line
    looked = run.invoke(app, ["lint", "a.ledger"], catch_exceptions=False)
    assert looked.exit_code == 0
    assert f"source doc, source.title: a part of the protected name of {person}" in " ".join(
        looked.output.split()
    )
    assert "Smith" not in recorded.output + second.output + looked.output


def test_a_ledger_without_leaks_says_so(tmp_path: Path) -> None:
    keys = Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    Ledger.create(tmp_path / "a.ledger", origin="example.org/x", keys=keys).close()
    looked = CliRunner().invoke(app, ["lint", str(tmp_path / "a.ledger")], catch_exceptions=False)
    assert (looked.exit_code, "no protected word" in looked.output) == (0, False)
    assert looked.stdout.endswith("a.ledger: there is no case in it yet, so nothing to look through\n")
    with Ledger.open(tmp_path / "a.ledger", keys) as ledger:
        ledger.create_case("night", title="A night")
    looked = CliRunner().invoke(app, ["lint", str(tmp_path / "a.ledger")], catch_exceptions=False)
    assert (looked.exit_code, "no protected word is signed in clear" in looked.output) == (0, True)


BEFORE = "say it otherwise before you record it"
SIGNED = "these are signed already, and stay"


def test_record_tells_what_is_signed_already_from_what_can_still_be_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = FILE + (
        "  C2: {attribute: zuben, name: residence, value: the village, asserter: held, source: doc}\n"
        "judgements:\n  - {claim: C1, supports: C2}\n"
        "amend:\n  C2: {attribute: zuben, name: residence, value: the town, asserter: held, hedges: [as Zuben has it], "
        "because: clearer}\n"
    )
    Path("night.yaml").write_text(file)
    keys = Keyring.create("keys", passphrase=None, plain=True)
    Ledger.create("a.ledger", origin="example.org/x", keys=keys).close()
    run = CliRunner()

    def recorded() -> str:
        done = run.invoke(app, ["record", "a.ledger", "night.yaml", "--keys", "keys"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert "Smith" not in done.output
        return " ".join(done.stderr.split())

    first = recorded()
    assert (first.count("warning"), BEFORE in first, SIGNED in first) == (5, True, False)
    second = recorded()
    assert (second.count("warning"), BEFORE in second, SIGNED in second) == (5, False, True)
    Path("night.yaml").write_text(
        file.replace(
            "claims:", "claims:\n  C3: {count: held, quantity: 3, asserter: held, hedges: [so ZUBEN says]}"
        )
    )
    third = recorded()
    assert (third.count("warning"), BEFORE in third, SIGNED in third) == (6, True, True)
    new, old = third.split(BEFORE)
    assert new.count("warning") == 1
    assert "claim C3, hedges: a part of the protected name of zuben" in new
    assert old.count("warning") == 5


CLEAR = """\
claimledger: 1
case: {id: night, title: A night}
entities:
  w1: {person: protected, label: a witness, name: Zuben Smith}
  w2: {person: protected, label: another witness}
  held: {group: those held}
claims:
  C1: {attribute: w1, name: birth_date, value: the year 1987, asserter: held}
  C2: {attribute: w1, name: birth_date, details: the year 1987, asserter: held}
  C3: {attribute: held, name: occupation, value: dockers, asserter: w1}
  C4: {attribute: {undecided: [w1, w2]}, name: residence, value: the village, asserter: held}
amend:
  C2: {attribute: [w1, held], name: birth_date, value: the year 1987, asserter: held, because: no secret}
"""
OF_A_FILE = [
    ("amendment of C2", "birth_date", "w1"),
    ("claim C1", "birth_date", "w1"),
    ("claim C4", "residence", "w1"),
    ("claim C4", "residence", "w2"),
]


def test_lint_and_record_warn_of_attributes_of_the_protected_in_clear_and_show_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("night.yaml").write_text(CLEAR)
    run = CliRunner()
    linted = run.invoke(app, ["lint", "night.yaml"], catch_exceptions=False)
    in_one_line = " ".join(linted.output.split())
    assert linted.exit_code == 0
    assert (
        "night.yaml: warning: claim C1, claim.value: the birth date of w1, who is protected, stands in clear here"
    ) in in_one_line
    assert "where it stands under details" in in_one_line
    as_json = json.loads(run.invoke(app, ["lint", "night.yaml", "--json"]).output)["warnings"]
    assert [(one["where"], one["slot"], one["of"]) for one in as_json] == OF_A_FILE
    assert {(one["path"], one["value"], one["part"]) for one in as_json} == {("claim.value", True, False)}
    keys = Keyring.create("keys", passphrase=None, plain=True)
    Ledger.create("a.ledger", origin="example.org/x", keys=keys).close()
    recorded = run.invoke(app, ["record", "a.ledger", "night.yaml", "--keys", "keys"], catch_exceptions=False)
    assert recorded.exit_code == 0
    assert " ".join(recorded.output.split()).count("stands in clear here") == len(OF_A_FILE)
    with Ledger.open("a.ledger", read_only=True) as ledger:
        case = ledger.case("night")
        first, second = case.entity_name("w1"), case.entity_name("w2")
        assert sorted(
            (leak.where.partition(" at ")[0], leak.slot, leak.of) for leak in case.leaks()
        ) == sorted(
            [
                ("claim C1", "birth_date", first),
                ("claim C4", "residence", first),
                ("claim C4", "residence", second),
                ("claim.amended", "birth_date", first),
            ]
        )
    looked = run.invoke(app, ["lint", "a.ledger"], catch_exceptions=False)
    assert " ".join(looked.output.split()).count("stands in clear here") == len(OF_A_FILE)
    for output in (linted.output, recorded.output, looked.output):
        assert "1987" not in output
        assert "village" not in output


_WORDS = st.lists(st.text("aAbé1_- …", min_size=1, max_size=7).filter(normal), min_size=1, max_size=3)


@given(st.lists(_WORDS, max_size=5), st.lists(st.text("aAbé1_- …", max_size=16), max_size=5))
def test_words_are_found_wherever_they_stand_by_themselves_however_many_are_looked_for(
    words: list[list[str]], texts: list[str]
) -> None:
    secrets = [
        Secret(f"w{number}", "name", tuple(normal(each) for each in some))
        for number, some in enumerate(words)
    ]
    expected = {
        (str(place), secret.of)
        for place, text in enumerate(texts)
        for secret in secrets
        for word in secret.words
        if re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", normal(text))
    }
    found = find_leaks(secrets, [(str(place), "", text) for place, text in enumerate(texts)])
    assert {(leak.where, leak.of) for leak in found} == expected
    assert len(found) == len(expected)
