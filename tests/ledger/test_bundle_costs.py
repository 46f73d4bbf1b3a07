"""Bundles that were made to take long, or that change while they are read.

No time is measured: what is counted is how often a key is looked at.
"""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger import Ledger
from claimledger.bundle_findings import BundleFindings
from claimledger.bundle_merge import merge_bundles
from claimledger.bundle_read import Bundle
from claimledger.bundle_slots import verify_slots
from claimledger.bundle_verify import verify_bundle
from claimledger.events.errors import MalformedBundle
from claimledger.key_records import KeyRecord, KeyTable
from tests.bundles.world import CUSTODY
from tests.outside.bundle_maker import FOLDER, Files, Key, World, archive, encode, sha256, with_manifests

EVENTS = "data/events.jsonl"
SECOND_READING = "claimledger.bundle_verify.verify_slots"
MANY = 60


def world() -> World:
    made = World(roots=("root one",), threshold=1)
    made.add_key("recorder", "recorder", by=("root one", "recorder"))
    return made


def looks(monkeypatch: pytest.MonkeyPatch, method: str) -> list[str]:
    """The keyids of the keys that are looked at by a method, once for each time."""
    seen: list[str] = []
    real: Callable[[KeyRecord, int], bool] = getattr(KeyRecord, method)

    def look(self: KeyRecord, index: int) -> bool:
        seen.append(self.keyid)
        return real(self, index)

    monkeypatch.setattr(KeyRecord, method, look)
    return seen


# As many revocations, changes of roots and successors as there is room for


class Counting(dict[str, tuple[int, str]]):
    """Counts how often something is looked up."""

    times = 0

    def __getitem__(self, name: str) -> tuple[int, str]:
        self.times += 1
        return super().__getitem__(name)


def table_of(before: list[int | None]) -> tuple[KeyTable, list[str]]:
    """Recorder keys, each of which succeeds the one at that place, or none."""
    table, names = KeyTable(1), [f"{at:064x}" for at in range(len(before))]
    for at, (name, earlier) in enumerate(zip(names, before, strict=True)):
        succeeds = None if earlier is None else names[earlier]
        table.enter(KeyRecord(name, "A", "recorder", "ed25519", bytes(32), at, succeeds))
    return table, names


@st.composite
def successions(draw: st.DrawFn) -> list[int | None]:
    count = draw(st.integers(1, 40))
    return [draw(st.none() | st.integers(max(0, at - 3), at - 1)) if at else None for at in range(count)]


@given(successions(), st.data())
def test_a_key_may_mend_what_the_keys_before_it_recorded_and_nothing_else(
    before: list[int | None], data: st.DataObject
) -> None:
    table, names = table_of(before)
    some = st.lists(st.sampled_from([*names, "f" * 64]), max_size=3)
    signers, others = data.draw(some), data.draw(some)
    assert table.succeeds_any(signers, others) is bool(table.predecessors(signers) & set(others))


def test_a_long_line_of_successors_is_not_walked_for_each_amendment() -> None:
    table, names = table_of([None, *range(5_000)])
    counting = Counting(table._lines)
    table._lines = counting
    assert table.succeeds_any([names[5_000]], [names[1]])
    assert not table.succeeds_any([names[1]], [names[5_000]])
    assert counting.times < 100


def test_many_revoked_keys_are_held_against_the_events_in_one_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = world()
    names = [f"k{at}" for at in range(MANY)]
    for name in names:
        ledger.add_key(name, "recorder", by=("root one", name))
    ledger.add("harbour", "case.opened", {"case": "harbour", "title": "t"}, ("recorder",))
    for name in names:
        ledger.add("harbour", "claim.recorded", {"n": 1}, (name,))
    for name in names:
        said = {"key": Key(name).id, "reason": "x", "size": 0, "root": "0" * 64}
        ledger.add("keys", "key.revoked", said, ("root one",))
    (tmp_path / "a.zip").write_bytes(archive(ledger.files(["harbour"], size=None)))
    seen = looks(monkeypatch, "is_disputed_at")
    report = verify_bundle(tmp_path / "a.zip", pin=ledger.ledger)
    assert report.disputed == MANY
    assert sum(each.startswith("1 event is disputed") for each in report.notes) == MANY
    assert len(seen) <= 2 * len(ledger.events)


def test_many_changes_of_the_roots_do_not_look_at_the_roots_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = world()
    before = "root one"
    for at in range(MANY):
        body = {"roots": [Key(f"r{at}").listed()], "threshold": 1}
        ledger.add("keys", "roots.changed", body, (before, f"r{at}"))
        before = f"r{at}"
    ledger.add("harbour", "case.opened", {"case": "harbour", "title": "t"}, ("recorder",))
    (tmp_path / "a.zip").write_bytes(archive(ledger.files(["harbour"], size=None)))
    seen = looks(monkeypatch, "is_active_at")
    report = verify_bundle(tmp_path / "a.zip", pin=ledger.ledger)
    assert [each.code for each in report.findings] == ["unchecked.checkpoint"]
    assert len(seen) <= 8 * len(ledger.events)


def test_a_thousand_findings_of_a_code_are_listed_and_the_others_counted() -> None:
    findings = BundleFindings()
    for index in range(1_001):
        findings.add("event.malformed", "no event", index)
    assert len(findings.listed) == 1_000
    assert findings.counted["event.malformed"] == 1_001


# A file that is written to while it is read

Attack = Callable[[], None]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a.zip"


@pytest.fixture
def exchange(place: Path) -> Attack:
    """Puts other content of the same length, with a commitment that fits it, in the place of what is there."""
    ledger = world()
    ledger.add("harbour", "case.opened", {"case": "harbour", "title": "t"}, ("recorder",))
    ledger.add("harbour", "claim.recorded", {"n": 1}, ("recorder",), {"quote": "true words"})
    files = ledger.files(["harbour"])
    place.write_bytes(archive(files))
    other = archive(lying(files, str(ledger.ledger)))
    assert len(other) == place.stat().st_size

    def write() -> None:
        with place.open("r+b") as file:
            file.write(other)

    return write


def lying(files: Files, ledger: str) -> Files:
    lines: list[dict[str, Any]] = [json.loads(line) for line in files[EVENTS].splitlines()]
    lines[3]["slots"]["quote"][5] = "lies words"
    payload = json.loads(base64.b64decode(lines[3]["envelope"]["payload"]))
    payload["commitments"]["quote"] = sha256(encode(lines[3]["slots"]["quote"])).hex()
    lines[3]["envelope"]["payload"] = base64.b64encode(encode(payload)).decode()
    return with_manifests({**files, EVENTS: b"".join(encode(line) + b"\n" for line in lines)}, ledger)


def at_once(attack: Attack, then: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    attack()
    return then(*args, **keywords)


def test_what_is_written_between_the_two_readings_of_a_bundle_is_seen(
    place: Path, exchange: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {each.code for each in verify_bundle(place).findings} == set()
    monkeypatch.setattr(SECOND_READING, partial(at_once, exchange, verify_slots))
    report = verify_bundle(place)
    assert [each.code for each in report.findings] == ["bundle.malformed"]
    assert "was changed while the bundle was read" in report.findings[0].message
    assert report.exit_status(unpinned_will_do=True) == 1


def test_what_was_written_to_while_it_was_read_becomes_no_ledger_and_no_other_bundle(
    place: Path, exchange: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = place.read_bytes()
    monkeypatch.setattr(SECOND_READING, partial(at_once, exchange, verify_slots))
    with pytest.raises(MalformedBundle, match="was changed while the bundle was read"):
        Ledger.open(place)
    place.write_bytes(original)
    with pytest.raises(MalformedBundle, match="was changed while the bundle was read"):
        merge_bundles([place], to=place.with_name("b.zip"), custody=CUSTODY)
    assert not place.with_name("b.zip").exists()


def test_a_note_that_was_written_to_since_the_bundle_was_opened_is_not_read(
    place: Path, exchange: Attack, tmp_path: Path
) -> None:
    exchange()
    with zipfile.ZipFile(place) as whole:
        whole.extractall(tmp_path)
    folder = tmp_path / FOLDER
    with Bundle.open(folder) as bundle:
        right = bundle.checkpoint() or b""
        (folder / "data" / "checkpoint").write_bytes(right.replace(b"example", b"elpmaxe"))
        with pytest.raises(MalformedBundle, match="data/checkpoint: was changed while the bundle was read"):
            bundle.checkpoint()
