"""Bundles of one ledger are put together, and what is handed over later is fitted in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from claimledger import Ledger
from claimledger.bundle_merge import merge_bundles
from claimledger.bundle_verify import verify_bundle
from claimledger.events import Death
from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import InvalidInput, WrongBundle, WrongDisclosure, WrongLedger
from claimledger.testing import memory_ledger
from tests.bundles.variants import variants
from tests.bundles.world import CASE, CUSTODY, OTHER, leaf_of, new_ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with new_ledger() as opened:
        yield opened


def test_two_cases_of_one_checkpoint_make_the_bundle_of_both(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["quote"])
    ledger.bundle([OTHER], to=tmp_path / "b.zip", custody=CUSTODY)
    report = merge_bundles([tmp_path / "a.zip", tmp_path / "b.zip"], to=tmp_path / "c.zip", custody=CUSTODY)
    assert report.is_sound
    assert report.cases == (CASE, OTHER)
    with Ledger.open(tmp_path / "c.zip") as merged:
        assert [event.leaf for event in merged.events()] == [event.leaf for event in ledger.events()]


def test_what_either_discloses_is_disclosed(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["quote"])
    ledger.bundle([CASE], to=tmp_path / "b.zip", custody=CUSTODY, withhold=["w1"])
    ledger.bundle([CASE], to=tmp_path / "all.zip", custody=CUSTODY)
    for order in ("ab", "ba"):
        given = [tmp_path / f"{each}.zip" for each in order]
        report = merge_bundles(given, to=tmp_path / f"{order}.zip", custody=CUSTODY)
        assert report.is_sound
    # C2's quote is withheld in both: w1 speaks there.
    assert report.slots[SlotStatus.WITHHELD] == 1
    assert (tmp_path / "ab.zip").read_bytes() == (tmp_path / "ba.zip").read_bytes()


def test_what_the_log_signed_of_the_ends_is_taken_from_each(tmp_path: Path) -> None:
    with new_ledger(tmp_path / "a.ledger") as ledger:
        ledger.bundle([CASE], to=tmp_path / "signed.zip", custody=CUSTODY)
    with Ledger.open(tmp_path / "a.ledger", read_only=True) as ledger:
        ledger.bundle([OTHER], to=tmp_path / "unsigned.zip", custody=CUSTODY)
    given = [tmp_path / "unsigned.zip", tmp_path / "signed.zip"]
    report = merge_bundles(given, to=tmp_path / "both.zip", custody=CUSTODY)
    assert [each.code for each in report.findings] == ["unchecked.heads"]
    assert report.findings[0].message.endswith(f"the case {OTHER}")


def test_merging_a_bundle_with_itself_gives_it_again(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["w1"])
    merge_bundles([tmp_path / "a.zip", tmp_path / "a.zip"], to=tmp_path / "b.zip", custody=CUSTODY)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_later_bundle_takes_the_content_of_an_earlier_one(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "early.zip", custody=CUSTODY)
    ledger.case(CASE).record(Death(person="man"), asserter="shared:ngo", ref="LATER")
    ledger.seal()
    ledger.bundle([CASE], to=tmp_path / "late.zip", custody=CUSTODY, withhold=["*"])
    report = merge_bundles(
        [tmp_path / "early.zip", tmp_path / "late.zip"], to=tmp_path / "c.zip", custody=CUSTODY, pin=ledger.id
    )
    assert report.is_sound
    assert report.size == ledger.size
    with Ledger.open(tmp_path / "c.zip") as merged:
        withheld = [event.leaf for event in merged.events() if SlotStatus.WITHHELD in event.slots.values()]
        assert withheld == [leaf_of(ledger, "LATER")]


def test_events_that_cannot_be_proven_to_the_later_checkpoint_are_not_merged(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.bundle([OTHER], to=tmp_path / "early.zip", custody=CUSTODY)
    ledger.case(CASE).record(Death(person="man"), asserter="shared:ngo")
    ledger.seal()
    ledger.bundle([CASE], to=tmp_path / "late.zip", custody=CUSTODY)
    with pytest.raises(InvalidInput, match="make both bundles at one checkpoint"):
        merge_bundles([tmp_path / "early.zip", tmp_path / "late.zip"], to=tmp_path / "c.zip", custody=CUSTODY)
    assert not (tmp_path / "c.zip").exists()


def test_a_disclosure_that_is_handed_over_later_fits_in(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["quote"])
    handed = tmp_path / "quote.jsonl"
    handed.write_bytes(ledger.disclosure(leaf_of(ledger, "C1"), "quote"))
    merge_bundles([tmp_path / "a.zip", handed], to=tmp_path / "b.zip", custody=CUSTODY)
    report = verify_bundle(tmp_path / "b.zip", pin=ledger.id)
    assert report.is_sound
    assert (
        report.slots[SlotStatus.WITHHELD] == verify_bundle(tmp_path / "a.zip").slots[SlotStatus.WITHHELD] - 1
    )


def test_a_disclosure_that_was_changed_or_is_of_nothing_here_is_refused(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY, withhold=["quote"])
    line = ledger.disclosure(leaf_of(ledger, "C1"), "quote")
    handed = tmp_path / "quote.jsonl"
    for data, error, said in (
        (line.replace(b"had died", b"had lied"), WrongDisclosure, "not what was recorded there"),
        (line.replace(b'"quote"', b'"quota"'), InvalidInput, "fits into another bundle"),
        (b"not a disclosure\n", InvalidInput, "line 1 is no disclosure"),
        (line.rstrip(), InvalidInput, "line 1 is no disclosure"),
    ):
        handed.write_bytes(data)
        with pytest.raises(error, match=said):
            merge_bundles([tmp_path / "a.zip", handed], to=tmp_path / "b.zip", custody=CUSTODY)
        assert not (tmp_path / "b.zip").exists()


def test_bundles_of_two_ledgers_and_broken_ones_are_not_merged(ledger: Ledger, tmp_path: Path) -> None:
    ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    with memory_ledger() as other:
        other.create_case(CASE, title="Of the same name")
        other.bundle([CASE], to=tmp_path / "other.zip", custody=CUSTODY)
    with pytest.raises(WrongLedger):
        merge_bundles([tmp_path / "a.zip", tmp_path / "other.zip"], to=tmp_path / "c.zip", custody=CUSTODY)
    with pytest.raises(WrongLedger):
        merge_bundles([tmp_path / "a.zip"], to=tmp_path / "c.zip", custody=CUSTODY, pin="0" * 64)
    (tmp_path / "broken.zip").write_bytes(variants()["event-changed"])
    with pytest.raises(WrongBundle, match=r"signature\.wrong"):
        merge_bundles([tmp_path / "broken.zip"], to=tmp_path / "c.zip", custody=CUSTODY)
    with pytest.raises(InvalidInput, match="no bundle among"):
        merge_bundles([], to=tmp_path / "c.zip", custody=CUSTODY)
