"""Bundles that verify, and were made so that whoever reads them is told something wrong, or sees the program break."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from claimledger import Ledger
from claimledger.bundle_verify import verify_bundle
from claimledger.cli import app
from claimledger.events.errors import CouldNotCheck
from claimledger.events.governance import KeyRevoked
from claimledger.events.recorded import Event
from claimledger.projections import CaseState
from claimledger.projections.asserters import Asserters
from claimledger.projections.finding import Finder, Sought
from claimledger.projections.revocations import RevocationView, touched_by
from tests.bundles.world import CASE, OTHER, new_ledger
from tests.outside.bundle_maker import Files, Key, World, archive, encode, uuid_of, with_manifests

EVENTS = "data/events.jsonl"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


def signed_again(**changes: Any) -> World:
    """Everything but the keys of a ledger of the library, signed in another one; openings of cases changed."""
    made = World(roots=("root one",), threshold=1)
    made.add_key("recorder", "recorder", by=("root one", "recorder"))
    with new_ledger(seal=False) as ledger:
        cases = {case.stream: case.name for case in ledger.cases()}
        for event in ledger.events():
            header = event.header
            if header.stream == ledger.keys.stream:
                continue
            given = ledger.store.disclosures([event.id]).get(event.id, {})
            slots = {slot: json.loads(content)[5] for slot, content in given.items()}
            other = changes if header.type == "case.opened" else {}
            stream = cases.get(header.stream, "register")
            made.add(stream, header.type, dict(header.body), ("recorder",), slots, id=event.id, **other)
    return made


def claims_of(ledger: World) -> int:
    return sum(event.payload["type"] == "claim.recorded" for event in ledger.events)


def written(place: Path, files: Files, ledger: World) -> Path:
    place.write_bytes(archive(with_manifests(files, str(ledger.ledger))))
    assert not [each for each in verify_bundle(place).findings if each.is_wrong]
    return place


def moved(files: Files, by: int) -> Files:
    """The events behind the keys, so much later in the log."""
    lines = [json.loads(line) for line in files[EVENTS].splitlines()]
    for line in lines[2:]:
        line["index"] += by
    return {**files, EVENTS: b"".join(encode(line) + b"\n" for line in lines)}


# Places in the log that no log reaches

COMMANDS = [
    ("cases",),
    ("show", CASE),
    ("timeline", CASE),
    ("disputes", CASE),
    ("counts", CASE),
    ("custody", CASE),
    ("asserters",),
    ("find", "--ref", "E1"),
    ("history", CASE, "--question", "man \N{MIDDLE DOT} death in custody"),
    ("sheet", CASE),
]


@pytest.mark.parametrize("by", [2**32, 2**53 - 300])
def test_a_place_in_the_log_that_is_past_all_counting_breaks_no_command(tmp_path: Path, by: int) -> None:
    ledger = signed_again()
    place = written(tmp_path / "a.zip", moved(ledger.files([CASE, OTHER], size=None), by), ledger)
    for command, *rest in COMMANDS:
        ran = run(command, place, *rest)
        assert ran.exit_code == 0, (command, ran.stdout, ran.stderr)
    assert run("export", place, "--to", tmp_path / "tables", "--format", "csv").exit_code == 0
    with Ledger.open(place) as opened, new_ledger(seal=False) as original:
        mine, theirs = (
            {row.holder: row.claims.times for row in each.replay(Asserters()).rows}
            for each in (opened, original)
        )
        assert mine == theirs


# Cases that are opened in a form that nobody can read yet


def test_a_case_that_was_opened_in_a_newer_form_could_not_be_read_and_that_is_said(tmp_path: Path) -> None:
    ledger = signed_again(version=2)
    place = written(tmp_path / "a.zip", ledger.files([CASE, OTHER]), ledger)
    assert run("verify", place, "--trust", ledger.ledger).exit_code == 0
    for command, *rest in COMMANDS:
        ran = run(command, place, *rest)
        assert ran.exit_code == (0 if command in ("asserters", "find") else 3), (
            command,
            ran.stdout,
            ran.stderr,
        )
        assert ran.exit_code == 0 or "in a form that this release cannot read" in " ".join(ran.stderr.split())
    with pytest.raises(CouldNotCheck), Ledger.open(place) as opened:
        opened.cases()


def test_claims_in_no_case_that_can_be_read_count_for_nobody_and_are_told(tmp_path: Path) -> None:
    ledger = signed_again(version=2)
    place = written(tmp_path / "a.zip", ledger.files([CASE, OTHER]), ledger)
    with Ledger.open(place) as opened:
        fold = opened.replay(Asserters())
    assert (fold.rows, fold.unread) == ((), claims_of(ledger))
    assert (
        f"{claims_of(ledger)} claims in no case that this release can read" in run("asserters", place).stdout
    )
    assert json.loads(run("asserters", place, "--json").stdout)["unread"] == claims_of(ledger)


# What mends a record that is not in the bundle


def mend(ledger: World, kind: str, case: str, record: str) -> None:
    """Withdraw a record, or amend it to what the first claim of a case says."""
    if kind == "withdrawn":
        ledger.add(case, "claim.withdrawn", {"withdraws": record, "because": "x"}, ("recorder",))
        return
    said = next(e for e in ledger.events if e.payload["type"] == "claim.recorded")
    body = {name: value for name, value in said.payload["body"].items() if name != "ref"}
    slots = {slot: json.loads(content)[5] for slot, content in said.disclosures.items()}
    ledger.add(case, "claim.amended", {**body, "amends": record, "because": "x"}, ("recorder",), slots)


@pytest.mark.parametrize("kind", ["amended", "withdrawn"])
def test_who_mends_a_record_that_is_not_here_makes_no_case_unreadable(tmp_path: Path, kind: str) -> None:
    ledger = signed_again()
    mend(ledger, kind, CASE, uuid_of("nobody"))
    place = written(tmp_path / "a.zip", ledger.files([CASE]), ledger)
    assert [each.code for each in verify_bundle(place).findings] == ["unchecked.keys"]
    for command, *rest in COMMANDS:
        assert run(command, place, *rest).exit_code == 0, command
    with Ledger.open(place) as opened:
        assert [event.index for event in opened.events() if event.mends_unseen] == [len(ledger.events) - 1]
        state = opened.replay(CaseState(CASE))
    could_not = (
        "the record that it mends is not here: whether its recorder might mend it could not be checked"
    )
    assert [(each.index, each.reason) for each in state.unread_events] == [
        (len(ledger.events) - 1, could_not)
    ]
    assert could_not in " ".join(run("show", place, CASE).stdout.split())
    found = json.loads(run("find", place, "--asserter", "shared:ngo", "--json").stdout)["claims"]
    assert found
    assert len(ledger.events) - 1 not in [each["index"] for each in found]


def test_who_mends_a_record_of_another_case_that_is_here_is_judged_by_it(tmp_path: Path) -> None:
    ledger = signed_again()
    [record] = [e.payload["id"] for e in ledger.events if e.payload["body"].get("ref") == "E1"]
    mend(ledger, "withdrawn", OTHER, record)
    place = written(tmp_path / "a.zip", ledger.files([CASE, OTHER]), ledger)
    with Ledger.open(place) as opened:
        assert not any(event.mends_unseen for event in opened.events())
    alone = written(tmp_path / "b.zip", ledger.files([OTHER]), ledger)
    with Ledger.open(alone) as opened:
        assert [event.index for event in opened.events() if event.mends_unseen] == [len(ledger.events) - 1]


# As many revocations as claims

MANY = 40


class Asked(list[RevocationView]):
    """Counts how many are looked at: all where it is gone through, and one where one is looked up."""

    times = 0

    def __iter__(self) -> Iterator[RevocationView]:
        self.times += len(self)
        return super().__iter__()

    def __getitem__(self, at: Any) -> Any:
        self.times += 1
        return super().__getitem__(at)


def test_many_revoked_keys_are_not_each_held_against_every_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = signed_again()
    said = next(e for e in ledger.events if e.payload["type"] == "claim.recorded")
    slots = {slot: json.loads(content)[5] for slot, content in said.disclosures.items()}
    names = [f"k{at}" for at in range(MANY)]
    for name in names:
        ledger.add_key(name, "recorder", by=("root one", name))
    for name in names:
        ledger.add(CASE, "claim.recorded", {**said.payload["body"], "ref": f"X-{name}"}, (name,), slots)
    for name in names:
        revoked = {"key": Key(name).id, "reason": "x", "size": 0, "root": "0" * 64}
        ledger.add("keys", "key.revoked", revoked, ("root one",))
    place = written(tmp_path / "a.zip", ledger.files([CASE, OTHER], size=None), ledger)
    looked_at: list[Event] = []

    def touched(event: Event, body: KeyRevoked, events: Iterable[Event]) -> RevocationView | None:
        given = [*events]
        looked_at.extend(given)
        return touched_by(event, body, given)

    monkeypatch.setattr("claimledger.projections.belonging.touched_by", touched)
    monkeypatch.setattr("claimledger.projections.finding.touched_by", touched)
    with Ledger.open(place) as opened:
        state = opened.replay(CaseState(CASE))
        assert len(state.revocations) == len(looked_at) == MANY
        found = [
            *Finder(Sought(asserter="shared:ngo"), revocations=opened.revocations()).found_in(opened.events())
        ]
        assert sum(each.revocation is not None for each in found) == MANY
        assert len(looked_at) == 2 * MANY
        fold = opened.replay(Asserters())
    fold.revocations = Asked(fold.revocations)
    [ngo] = [row for row in fold.rows if row.holder == "shared:ngo"]
    assert sum(each.claims.times for each in ngo.signature_disputed) == MANY
    assert fold.revocations.times <= 8 * MANY
