"""Claim files: each mistake is told once, in its place, in plain words; what is right becomes bodies of events."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.claimfile import ClaimFile, lint, read_claim_file
from claimledger.claimfile_values import stand_in
from claimledger.events import (
    Act,
    Answers,
    CauseOfDeath,
    Codes,
    Kind,
    OneOf,
    Open,
    Person,
    Relay,
    Reply,
    Voice,
    register_kind,
)
from claimledger.events.errors import ClaimFileError
from claimledger.events.kinds import kinds
from claimledger.events.values import EntityName, Undecided

HERE = Path(__file__).parent / "claimfiles"
BAD = sorted((HERE / "bad").glob("*.yaml"))
HARBOUR = HERE / "good" / "harbour.yaml"


def told(path: Path) -> list[str]:
    """The problems of a file, without its name."""
    return [str(problem).removeprefix(f"{path}:") for problem in lint([path])]


def expected(path: Path) -> list[str]:
    """What a bad file says of itself in the comments at its beginning."""
    text = path.read_bytes().decode("utf-8", errors="replace").removeprefix("\ufeff")
    lines = text.splitlines()
    return [
        line.removeprefix("# ")
        for line in lines[: next(i for i, line in enumerate([*lines, "x"]) if line[:1] != "#")]
    ]


def changed(folder: Path, *edits: tuple[str, str], name: str = "file.yaml") -> Path:
    """The good file with some passages put in the place of others."""
    text = HARBOUR.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def with_claims(folder: Path, *claims: str) -> ClaimFile:
    lines = "".join(f"  {claim}\n" for claim in claims)
    return read_claim_file(changed(folder, ("judgements:", f"{lines}judgements:")))


def test_there_are_bad_files() -> None:
    assert len(BAD) > 100


@pytest.mark.parametrize("path", BAD, ids=[path.stem for path in BAD])
def test_a_bad_file_is_told_exactly_its_mistake(path: Path) -> None:
    found = told(path)
    assert found
    assert found == expected(path)


@pytest.mark.parametrize("path", BAD, ids=[path.stem for path in BAD])
def test_no_message_speaks_of_the_machine_inside(path: Path) -> None:
    jargon = (
        "pydantic",
        "Input should",
        "Value error",
        "Traceback",
        "NoneType",
        "<class",
        "tuple",
        "str ",
    )
    assert [word for word in jargon for line in told(path) if word in line] == []


@pytest.mark.parametrize(
    "name",
    [
        "protected-name-that-is-a-table",
        "protected-alias-too-long",
        "quote-with-unknown-member",
        "attribute-with-details-as-list",
        "protected-source-with-bad-address",
        "protected-source-with-bad-reason",
    ],
)
def test_protected_content_is_not_repeated(name: str) -> None:
    [line] = told(HERE / "bad" / f"{name}.yaml")
    assert "Jane" not in line
    assert "xxx" not in line


def test_ten_mistakes_are_told_as_ten(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("claimledger: 1", "claimledger: 3"),
        ("{title: Report of the night, ", "{title: Report of the night, langauge: en, "),
        ("{person: Second detainee}", "{persn: Second detainee}"),
        ("members: [a, b]", "members: [a, bb]"),
        ('asserted_at: "[..2031-05-04]"', "asserted_at: by then"),
        ("type: detention, to: held, words: 10-80", "type: detension, to: hled, words: 900-901"),
        ("causes: natural.heart_failure", "causes: natural.hart"),
        ("precedes: C2", "precedes: C9"),
    )
    found = told(path)
    assert [line.split("  ")[1] for line in found] == [
        "claimledger", "sources.report.langauge", "entities.b", "entities.held.members[1]",
        "statements.police1.asserted_at", "claims.C1.type", "claims.C1.to", "claims.C1.words", "claims.C2.causes",
        "judgements[0].precedes",
    ]  # fmt: skip
    with pytest.raises(ClaimFileError) as refused:
        read_claim_file(path)
    assert refused.value.problems == tuple(f"{path}:{line}" for line in found)


def test_a_claim_that_may_be_in_the_ledger_is_told_by_lint_and_kept_by_read(tmp_path: Path) -> None:
    path = changed(tmp_path, ("precedes: C2", "precedes: C9"))
    assert [problem.path for problem in lint([path])] == ["judgements[0].precedes"]
    claim_file = read_claim_file(path)
    assert list(claim_file.outside) == ["C9"]
    assert claim_file.refs[stand_in("C9")] == "C9"


def with_photo(folder: Path, act: str) -> Path:
    """The good file with an act of the section ``evidence``."""
    path = changed(folder, ("claims:", f"evidence: [{{item: photo, {act}}}]\nclaims:"))
    (folder / "photo.jpg").write_bytes(b"a photo")
    return path


PHOTO = sha256(b"a photo").hexdigest()


@pytest.mark.parametrize("act", [f"sha256: {PHOTO}", f"sha256: {PHOTO}, size: 7"])
def test_a_copy_of_evidence_that_is_the_one_attached_is_no_problem(act: str, tmp_path: Path) -> None:
    path = with_photo(tmp_path, act)
    assert lint([path], evidence={"photo": tmp_path / "photo.jpg"}) == []
    [attached] = read_claim_file(path, evidence={"photo": tmp_path / "photo.jpg"}).attachments
    assert attached.sha256 == PHOTO


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (f"sha256: {'0' * 64}", "FILE is not the copy that was attached: its SHA-256 is DIGEST"),
        (f"sha256: {PHOTO}, size: 8", "FILE has 7 bytes"),
        ("size: 7", 'needs "sha256"; that of FILE is DIGEST'),
    ],
)
def test_a_copy_of_evidence_that_differs_is_told_with_its_own_digest(
    act: str, message: str, tmp_path: Path
) -> None:
    copy = tmp_path / "photo.jpg"
    [problem] = lint([with_photo(tmp_path, act)], evidence={"photo": copy})
    assert problem.message == message.replace("FILE", str(copy)).replace("DIGEST", PHOTO)
    assert problem.path.startswith("evidence[0]")


def test_a_copy_of_evidence_may_be_any_of_those_attached(tmp_path: Path) -> None:
    path = with_photo(tmp_path, f"sha256: {'0' * 64}}}, {{item: photo, sha256: {PHOTO}")
    assert lint([path], evidence={"photo": tmp_path / "photo.jpg"}) == []


def test_a_copy_of_evidence_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    [problem] = lint([with_photo(tmp_path, f"sha256: {PHOTO}")], evidence={"photo": tmp_path})
    assert problem.message == f"the copy {tmp_path} cannot be read: is a directory"


def test_names_under_shared_are_written_as_such(tmp_path: Path) -> None:
    claim_file = with_claims(tmp_path, "C3: {act: sweep, by: police, place: shared:quay}")
    kind = claim_file.claims["C3"].claim
    assert isinstance(kind, Act)
    assert (kind.act, kind.by, kind.place) == ("sweep", "shared:police", "shared:quay")
    assert claim_file.claims["C1"].voice == Voice(asserter="shared:paper", asserted_at="2031-05-04")


def test_a_statement_gives_its_speaker_and_the_claim_its_relays() -> None:
    claim = read_claim_file(HARBOUR).claims["C2"]
    assert claim.voice == Voice(
        asserter="shared:police",
        statement="police1",
        asserted_at="[..2031-05-04]",
        relays=[Relay(by="shared:paper", verb="said")],
    )
    assert claim.source == "report"
    assert claim.claim == CauseOfDeath(of="one", causes=["natural.heart_failure"])


def test_a_claim_with_a_speaker_takes_nothing_from_the_default_speaker(tmp_path: Path) -> None:
    claims = with_claims(
        tmp_path,
        "C3: {act: sweep, type: raid, asserter: police}",
        "C4: {act: sweep, type: raid, asserted_at: 2031-05-03}",
        "C5: {act: sweep, type: raid, undecided: [{asserter: police, relays: paper}, {asserter: paper}]}",
    ).claims
    assert claims["C3"].voice == Voice(asserter="shared:police")
    assert claims["C4"].voice == Voice(asserter="shared:paper", asserted_at="2031-05-03")
    assert isinstance(claims["C5"].voice, Undecided)
    assert claims["C5"].voices == (
        Voice(asserter="shared:police", relays=[Relay(by="shared:paper")]),
        Voice(asserter="shared:paper"),
    )


def test_default_relays_without_speaker_hold_for_every_claim(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("asserter: paper, asserted_at: 2031-05-04}", "relays: paper}"),
        ("C1: {act: sweep,", "C1: {act: sweep, asserter: police,"),
    )
    claims = read_claim_file(path).claims
    assert [hop.by for hop in claims["C1"].voices[0].relays] == ["shared:paper"]
    assert [hop.verb for hop in claims["C2"].voices[0].relays] == ["said"]


def test_texts_are_read_by_their_field(tmp_path: Path) -> None:
    claims = with_claims(
        tmp_path,
        "C3: {death: a, in_custody: true}",
        'C4: {death: a, in_custody: "no"}'.replace('"no"', "police"),
        "C5: {count: held, quantity: 6}",
        "C6: {count: held, quantity: around 50}",
        "C7: {attribute: a, name: age, value: 15:00}",
        'C8: {act: sweep, when: {value: 2031-05-02, time: {earliest: 15:00, offset: "+05:00"}}}',
        "C9: {attribute: a, name: residence, value: no}",
    ).claims
    assert claims["C3"].claim.model_dump(exclude_none=True) == {"person": "a", "in_custody": True}
    assert claims["C4"].claim.model_dump(exclude_none=True) == {"person": "a", "in_custody": "shared:police"}
    assert claims["C5"].claim.model_dump(exclude_none=True)["quantity"] == {"point": 6}
    assert claims["C6"].claim.model_dump(exclude_none=True)["quantity"]["verbatim"] == "around 50"
    assert claims["C7"].claim.model_dump(exclude_none=True)["value"] == "15:00"
    assert claims["C8"].claim.model_dump(exclude_none=True)["when"]["time"] == {
        "earliest": "15:00",
        "offset": "+05:00",
    }
    assert claims["C9"].claim.model_dump(exclude_none=True)["value"] == "no"


def test_claims_are_named_by_stand_ins_and_come_after_those_that_they_name(tmp_path: Path) -> None:
    claim_file = with_claims(
        tmp_path,
        "C3: {reply: C4, kind: clarifies, by: [C1, C2]}",
        "C4: {shows: photo, what: injury.head, based_on: [C1, photo]}",
    )
    assert list(claim_file.claims) == ["C1", "C2", "C4", "C3"]
    reply = claim_file.claims["C3"].claim
    assert isinstance(reply, Reply)
    assert [claim_file.refs[each] for each in reply.claims] == ["C4"]
    grounds = claim_file.claims["C4"].based_on
    assert [(each.claim and claim_file.refs[each.claim], each.item) for each in grounds] == [
        ("C1", None),
        (None, "photo"),
    ]


def test_entities_come_after_those_that_they_name(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        (
            "  a: {person: First detainee}",
            "  a: {person: First detainee, part_of: crew}\n  crew: {group: the crew}",
        ),
    )
    names = [body.name for body in read_claim_file(path).entities]
    assert names.index("crew") < names.index("a") < names.index("one")


def test_a_protected_person_is_called_by_its_handle_and_labelled_safely(tmp_path: Path) -> None:
    path = changed(
        tmp_path, ("{person: Second detainee}", "{person: protected, name: Jane Example, aliases: JE}")
    )
    claim_file = read_claim_file(path)
    [person] = [body.entity for body in claim_file.entities if body.name == "b"]
    assert person == Person(
        label="a protected person", protected=True, name="Jane Example", aliases=["JE"], handle="b"
    )
    assert "Jane" not in repr(claim_file)


def test_a_variable_and_its_complement(tmp_path: Path) -> None:
    path = changed(
        tmp_path, ("  held: {", "  other: {one_of: [a, b], other_than: one, label: the other}\n  held: {")
    )
    entities = {body.name: body.entity for body in read_claim_file(path).entities}
    assert entities["other"] == OneOf(label="the other", one_of=["a", "b"], other_than="one")


def test_a_field_of_the_kind_wins_over_a_member_of_every_claim(tmp_path: Path) -> None:
    claims = with_claims(tmp_path, "C3: {reason: sweep, kind: stated, values: security}").claims
    assert claims["C3"].kind == "reason"


def test_a_kind_of_ones_own_is_read_and_checked_by_its_marks(tmp_path: Path) -> None:
    class Flood(Kind):
        KIND: ClassVar[str] = "org.example.flood"
        SUBJECT: ClassVar[str] = "where"

        where: Open[EntityName]
        cause: Annotated[str, Codes("cause"), Answers("flood.cause", by="code")]
        depth: int | None = None
        source: str | None = None

    register_kind(Flood)
    try:
        path = changed(
            tmp_path,
            (
                "judgements:",
                "  C3: {org.example.flood: a, cause: crush, depth: 3, source: river}\njudgements:",
            ),
        )
        claim = read_claim_file(path).claims["C3"]
        assert claim.claim == Flood(where="a", cause="crush", depth=3, source="river")
        assert claim.source == "report"
        path = changed(
            tmp_path,
            ("judgements:", "  C3: {org.example.flood: nowhere, cause: crush, deepness: 3}\njudgements:"),
        )
        assert [line.split("  ")[1] for line in told(path)] == [
            "claims.C3.org.example.flood",
            "claims.C3.deepness",
        ]
    finally:
        del kinds["org.example.flood"]


def test_json_says_the_same(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "claimledger": 1,
        "case": {"id": "harbour-2031", "title": "Two accounts"},
        "entities": {"paper": {"medium": "The paper", "country": None}, "held": {"group": "those detained"}},
        "claims": {
            "C1": {"count": "held", "quantity": 6, "asserter": "paper", "asserted_at": "[..2031-05-04]"}
        },
    }
    path = tmp_path / "file.json"
    path.write_text(json.dumps(document, indent="\t"), "utf-8")
    assert read_claim_file(path).claims["C1"].claim.model_dump(exclude_none=True)["quantity"] == {"point": 6}
    document["claims"]["C1"]["quantity"] = True
    path.write_text(json.dumps(document, indent=1), "utf-8")
    assert [line.split("  ")[1] for line in told(path)] == ["claims.C1.quantity"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_bytes(("\u00fc" * 500 + "the words meant" + "x" * 1000).encode())
    return path


def test_a_copy_shows_the_words_counted_in_code_points(tmp_path: Path, copy: Path) -> None:
    digest = sha256(copy.read_bytes()).hexdigest()
    path = changed(tmp_path, ("{title:", f"{{sha256: {digest}, title:"), ("words: 10-80", "words: 500-515"))
    claim_file = read_claim_file(path, copies={"report": copy})
    assert claim_file.words_of("C1") == "the words meant"
    assert read_claim_file(path).words_of("C1") is None
    assert "the words meant" not in repr(claim_file)


def test_a_copy_is_held_against_digest_and_offsets(tmp_path: Path, copy: Path) -> None:
    digest = sha256(copy.read_bytes()).hexdigest()
    copies = {"report": copy}
    other = changed(tmp_path, ("{title:", f"{{sha256: {'0' * 64}, title:"))
    assert [problem.message for problem in lint([other], copies)] == [
        f"{copy} is not the copy that was registered: its SHA-256 is {digest}"
    ]
    none = changed(tmp_path)
    assert [problem.message for problem in lint([none], copies)] == [
        f'needs "sha256" to hold the copy against; that of {copy} is {digest}'
    ]
    outside = changed(
        tmp_path, ("{title:", f"{{sha256: {digest}, title:"), ("words: 10-80", "words: 1500-1516")
    )
    assert [problem.message for problem in lint([outside], copies)] == [
        "lies outside the copy, which has 1515 code points"
    ]
    latin = changed(
        tmp_path, ("{title:", f"{{sha256: {digest}, media_type: text/plain; charset=ascii, title:")
    )
    assert ["charset" in problem.message for problem in lint([latin], copies)] == [True]


def test_the_bundled_incident_has_no_mistake_and_its_offsets_fit(
    project: Path, incident_folder: Path
) -> None:
    path = project / "ledger" / "data" / "yekaterinburg-2025.yaml"
    claim_file = read_claim_file(path, copies={"ngo-en": incident_folder / "statement.txt"})
    rows = {ref.split(".")[0] for ref in claim_file.claims}
    assert rows == {f"C{number:02}" for number in range(1, 46)}
    assert all(claim_file.words_of(ref) for ref in claim_file.claims)


@given(st.data())
def test_a_file_cut_anywhere_gives_problems_or_a_smaller_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """No mistake of a user, whatever it is, ends in anything but our own problems."""
    text = HARBOUR.read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    put = data.draw(
        st.sampled_from(["", "null", "[]", "{}", ": ", "a, b", "{undecided: [a, b]}", "7", "\n", "true"])
    )
    path = tmp_path_factory.mktemp("cut") / "file.yaml"
    path.write_text(text[:start] + put + text[end:], "utf-8")
    problems = lint([path])
    assert problems == sorted(set(problems))
