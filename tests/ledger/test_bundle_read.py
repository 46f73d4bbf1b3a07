"""A bundle is read like the ledger that it came from: the same events, the same state, and what is withheld."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from claimledger import Keyring, Ledger
from claimledger.events import Death
from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import (
    CouldNotCheck,
    InvalidInput,
    KeyMissing,
    MalformedBundle,
    NotSealed,
    UnknownName,
    WrongBundle,
    WrongLedger,
)
from claimledger.projections import CaseState, Disputes, Timeline
from claimledger.testing import seeded_keyring
from tests.bundles.variants import variants
from tests.bundles.world import CASE, CUSTODY, OTHER, new_ledger
from tests.outside.bundle_maker import World, archive


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with new_ledger() as opened:
        yield opened


@pytest.fixture
def whole(ledger: Ledger, tmp_path: Path) -> Iterator[Ledger]:
    """A bundle from which nothing is left out, opened."""
    ledger.bundle([CASE], to=tmp_path / "whole.zip", custody=CUSTODY)
    with Ledger.open(tmp_path / "whole.zip") as opened:
        yield opened


@pytest.fixture
def redacted(ledger: Ledger, tmp_path: Path) -> Iterator[Ledger]:
    ledger.bundle([CASE], to=tmp_path / "redacted.zip", custody=CUSTODY, withhold=["w1"])
    with Ledger.open(tmp_path / "redacted.zip") as opened:
        yield opened


def test_a_bundle_gives_the_events_that_the_ledger_gives(ledger: Ledger, whole: Ledger) -> None:
    assert whole.id == ledger.id
    assert list(whole.events(CASE)) == list(ledger.events(CASE))
    assert [(case.name, case.title, case.events) for case in whole.cases()] == [
        (case.name, case.title, case.events) for case in ledger.cases() if case.name == CASE
    ]


@pytest.mark.parametrize("known_at", [None, 9, "2025-07-04"])
def test_a_bundle_replays_to_the_same_state(
    known_at: int | str | None, ledger: Ledger, whole: Ledger
) -> None:
    for projection in (CaseState, Disputes, Timeline):
        mine = whole.replay(projection(CASE), known_at=known_at)
        theirs = ledger.replay(projection(CASE), known_at=known_at)
        assert mine.to_json() == theirs.to_json()


def test_the_log_of_a_bundle_has_gaps_and_is_read_all_the_same(redacted: Ledger) -> None:
    indexes = [event.index for event in redacted.events()]
    assert indexes == sorted(indexes)
    assert indexes != list(range(len(indexes)))


def test_what_is_withheld_shows_as_withheld_and_the_rest_as_disclosed(redacted: Ledger) -> None:
    statuses = {
        (event.type, slot): status for event in redacted.events(CASE) for slot, status in event.slots.items()
    }
    assert statuses["entity.registered", "entity.name"] is SlotStatus.WITHHELD
    assert {SlotStatus.MISSING, SlotStatus.MISMATCHED} & set(statuses.values()) == set()
    assert redacted.replay(CaseState(CASE)).to_json()["questions"]


def test_cases_that_are_not_in_the_bundle_are_not_there(redacted: Ledger) -> None:
    with pytest.raises(UnknownName, match=OTHER):
        redacted.case(OTHER)


def test_its_checkpoint_can_be_asked_for(ledger: Ledger, redacted: Ledger) -> None:
    checkpoint, original = redacted.checkpoint(), ledger.checkpoint()
    assert checkpoint is not None
    assert original is not None
    assert checkpoint.data == original.data


def test_each_event_of_a_bundle_is_proven_by_the_proof_that_came_with_it(
    ledger: Ledger, redacted: Ledger, tmp_path: Path
) -> None:
    for event in redacted.events():
        assert redacted.proof(event.leaf) == ledger.proof(event.leaf)
    event = next(iter(redacted.events(CASE)))
    redacted.export_event(event.leaf, tmp_path / "proof")
    assert (tmp_path / "proof" / "event.tlog-proof").read_bytes() == ledger.proof(event.leaf)


def test_an_event_whose_proof_was_left_out_of_a_bundle_is_not_said_to_be_sealed(tmp_path: Path) -> None:
    place = tmp_path / "a.zip"
    place.write_bytes(variants()["proof-left-out"])
    with Ledger.open(place) as opened:
        *others, last = opened.events()
        assert all(opened.proof(event.leaf) for event in others)
        with pytest.raises(NotSealed, match=f"no proof that the log has an event at index {last.index}"):
            opened.proof(last.leaf)


def test_what_takes_the_whole_log_is_not_done_with_a_part_of_it(redacted: Ledger, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds a part of the log; publish the ledger itself"):
        redacted.publish(tmp_path / "public")
    with pytest.raises(InvalidInput, match="a bundle is copied as any file is"):
        redacted.backup(tmp_path / "backup.ledger")
    with pytest.raises(InvalidInput, match="single proofs, and not the tree"):
        redacted.witness_request(old=1)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["redacted.zip"]


def test_nothing_is_recorded_in_a_bundle(redacted: Ledger, tmp_path: Path) -> None:
    keys: Keyring = seeded_keyring(b"bundles")
    with (
        Ledger.open(tmp_path / "redacted.zip", keys) as opened,
        pytest.raises(KeyMissing),
    ):
        opened.case(CASE).record(Death(person="man"), asserter="shared:ngo")


def test_a_folder_that_a_bundle_was_unpacked_into_is_read_as_well(redacted: Ledger, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "redacted.zip") as archive:
        archive.extractall(tmp_path / "out")
    [folder] = (tmp_path / "out").iterdir()
    with Ledger.open(folder) as opened:
        assert list(opened.events(CASE)) == list(redacted.events(CASE))


def test_a_bundle_in_which_something_is_wrong_is_not_opened(tmp_path: Path) -> None:
    for name, data in variants().items():
        if name in ("unsealed", "heads-left-out", "disclosure-left-out", "proof-left-out"):
            continue
        if not name.startswith(("event-c", "tail", "disclosure-", "checkpoint-of", "link", "bomb")):
            continue
        place = tmp_path / f"{name}.zip"
        place.write_bytes(data)
        with pytest.raises((WrongBundle, MalformedBundle)):
            Ledger.open(place)


def test_a_bundle_of_another_ledger_than_the_pinned_is_refused(redacted: Ledger, tmp_path: Path) -> None:
    with pytest.raises(WrongLedger):
        Ledger.open(tmp_path / "redacted.zip", pin="0" * 64)


def test_a_bundle_that_is_open_is_verified_as_a_file(redacted: Ledger) -> None:
    with pytest.raises(InvalidInput, match="verify_bundle"):
        redacted.verify()


def test_opening_writes_nothing(redacted: Ledger, tmp_path: Path) -> None:
    assert sorted(each.name for each in tmp_path.iterdir()) == ["redacted.zip"]


def test_erasures_that_erase_one_another_are_read_to_their_end(tmp_path: Path) -> None:
    world = World()
    world.add_key("ana", "recorder", by=["root one", "root two", "ana"])
    world.add("case", "case.opened", {"case": "harbour", "title": "A case"}, ["ana"])
    ids = [str(UUID(int=number, version=4)) for number in (1, 2)]
    for own, other in (ids, ids[::-1]):
        body = {"event": other, "slots": ["quote"], "authority": "a court", "reason": "ordered"}
        world.add("case", "disclosure.erased", body, ["ana"], {"quote": "x"}, id=own)
    (tmp_path / "a.zip").write_bytes(archive(world.files(["case"])))
    with Ledger.open(tmp_path / "a.zip", pin=world.ledger) as opened:
        first, second = list(opened.events("harbour"))[1:]
    assert (first.id, second.id) == tuple(ids)
    assert first.slots["quote"] is SlotStatus.ERASED
    assert second.slots["quote"] is SlotStatus.MISSING, "an erasure acts on the past only"


@pytest.mark.parametrize("changes", [{"version": 2}, {"body": {"case": "harbour"}}])
def test_a_case_that_is_opened_in_a_form_of_a_later_release_is_said_to_be_so(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    world = World()
    world.add_key("ana", "recorder", by=["root one", "root two", "ana"])
    world.add("case", "case.opened", {"case": "harbour", "title": "A case"}, ["ana"], **changes)
    (tmp_path / "a.zip").write_bytes(archive(world.files(["case"])))
    with Ledger.open(tmp_path / "a.zip", pin=world.ledger) as opened:
        for read in (opened.cases, lambda: opened.case("harbour"), lambda: list(opened.events("harbour"))):
            with pytest.raises(
                CouldNotCheck, match="index 2 opens a case in a form that this release cannot read"
            ) as caught:
                read()
            assert "verify the ledger" not in str(caught.value)
        assert len(list(opened.events())) == 3
