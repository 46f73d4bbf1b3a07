"""A stranger verifies a bundle: what holds, and every way of breaking it, each found as what it is."""

from __future__ import annotations

import os
import resource
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claimledger import Ledger
from claimledger.anchors import Trust
from claimledger.bundle_report import BUNDLE_MEANINGS, BundleReport
from claimledger.bundle_verify import verify_bundle
from claimledger.checkpoints import Checkpoint, sign_checkpoint
from claimledger.cosignatures import CosignatureSigner, WitnessPolicy
from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import InvalidInput, LedgerNotFound, MalformedBundle, VerificationFailed
from claimledger.keys import keyid
from claimledger.log_keys import log_signers
from claimledger.notes import Ed25519NoteSigner
from claimledger.report import most_telling_first
from claimledger.testing import seeded_keyring
from tests.bundles.packing import Entry, bundle, entries, pack, unpack, with_manifests
from tests.bundles.variants import GOLDEN, LEDGER_ID, expected, variants
from tests.bundles.world import CASE, CUSTODY, new_ledger
from tests.outside.bundle_maker import World, archive

PIN = LEDGER_ID.read_text().strip()
SHARES = 8
WORDS = ("data/README.txt", "bag-info.txt")
"""What no signature covers: whoever changes it and makes the manifests anew is not found out, as the pages say."""


@pytest.fixture(scope="session")
def broken() -> dict[str, bytes]:
    return variants()


@pytest.fixture(scope="session")
def golden() -> tuple[str, dict[str, bytes]]:
    return unpack(GOLDEN)


def verified(folder: Path, data: bytes) -> BundleReport:
    place = folder / "bundle.zip"
    place.write_bytes(data)
    return verify_bundle(place, pin=PIN)


def codes(report: BundleReport) -> list[str]:
    return sorted({finding.code for finding in report.findings})


def test_the_golden_bundle_holds() -> None:
    report = verify_bundle(GOLDEN, pin=PIN)
    assert report.findings == ()
    assert report.is_sound
    assert report.exit_status() == 0
    assert (report.cases, report.events, report.size) == (("harbour-2025",), 13, 17)
    assert report.slots[SlotStatus.WITHHELD] == 7
    assert report.slots[SlotStatus.DISCLOSED] == 7
    assert report.slots[SlotStatus.ERASED] == 1


def test_a_bundle_that_is_held_against_no_id_never_reads_as_success() -> None:
    report = verify_bundle(GOLDEN)
    assert not report.is_sound
    assert report.exit_status() == 3
    assert report.exit_status(unpinned_will_do=True) == 0
    assert "no ledger id was given" in report.notes[0]


def test_a_bundle_of_another_ledger_than_the_pinned_one_is_wrong() -> None:
    report = verify_bundle(GOLDEN, pin="0" * 64)
    assert codes(report) == ["ledger.other"]
    assert report.exit_status() == 1


def test_a_pin_that_is_no_id_is_refused() -> None:
    with pytest.raises(InvalidInput, match="64 hex digits"):
        verify_bundle(GOLDEN, pin="abc")


def test_a_file_that_is_not_there_is_no_finding_of_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(LedgerNotFound, match=r"none\.zip"):
        verify_bundle(tmp_path / "none.zip", pin=PIN)


@pytest.mark.parametrize("name", sorted(expected()))
def test_a_broken_variant_is_found_as_what_it_is(name: str, broken: dict[str, bytes], tmp_path: Path) -> None:
    began = time.process_time()
    report = verified(tmp_path, broken[name])
    assert codes(report) == expected()[name]
    wrong = [code for code in codes(report) if not code.startswith("unchecked.")]
    assert report.exit_status() == (1 if wrong else 3 if codes(report) else 0)
    assert all(BUNDLE_MEANINGS[code] for code in codes(report)), (
        "each says what it means to somebody who is no engineer"
    )
    assert time.process_time() - began < 20
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bundle.zip"]


def test_there_are_a_hundred_variants() -> None:
    assert len(expected()) >= 100


def test_no_variant_takes_more_memory_than_a_bundle(broken: dict[str, bytes], tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in (
        "bomb",
        "declares-4-gb",
        "declares-zip64",
        "declares-65534-files",
        "event-line-of-a-megabyte",
    ):
        verified(tmp_path, broken[name])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def changed_bundles(
    golden: tuple[str, dict[str, bytes]], every: int, first: int = 0
) -> Iterator[tuple[str, str, bytes]]:
    """Each file with one byte changed, every so many bytes: the manifests left as they are, and made anew."""
    folder, files = golden
    for name, data in files.items():
        for at in range(first, len(data), every):
            other = bytes([data[at] ^ (1 << at % 8)])
            changed = {**files, name: data[:at] + other + data[at + 1 :]}
            # A manifest that was left tells of any byte alike: of the files under it, some places will do.
            if name in WORDS or not name.startswith("data/") or at % 5 == 0:
                yield name, "left", pack(entries(folder, changed))
            if name.startswith("data/") and name not in WORDS:
                yield name, "anew", bundle(folder, changed)


def every_change_is_found(
    golden: tuple[str, dict[str, bytes]], every: int, folder: Path, first: int = 0
) -> None:
    for name, manifests, data in changed_bundles(golden, every, first):
        report = verified(folder, data)
        assert report.findings, f"{name} with a byte changed and manifests {manifests}"
        if manifests == "left" and name.startswith("data/") and "bundle.malformed" not in codes(report):
            assert "bundle.manifest" in codes(report)


def test_a_changed_byte_of_any_file_is_found(golden: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    every_change_is_found(golden, 211, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_every_changed_byte_of_every_file_is_found(
    share: int, golden: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    """All bytes, in shares that the workers of a run divide among them."""
    every_change_is_found(golden, SHARES, tmp_path, first=share)


def test_a_changed_byte_of_the_archive_itself_is_found(tmp_path: Path) -> None:
    whole = GOLDEN.read_bytes()
    for at in range(0, len(whole), 97):
        report = verified(tmp_path, whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        assert report.findings, f"byte {at}"


def test_every_archive_that_is_cut_short_is_found(tmp_path: Path) -> None:
    whole = GOLDEN.read_bytes()
    for length in [*range(0, len(whole), 499), *range(len(whole) - 60, len(whole))]:
        assert codes(verified(tmp_path, whole[:length])) == ["bundle.malformed"]


def line_changes(data: bytes) -> dict[str, bytes]:
    """Each line removed, repeated, and put before the one ahead of it."""
    lines = data.splitlines(keepends=True)
    found = {}
    for at in range(len(lines)):
        found[f"removed {at}"] = b"".join(lines[:at] + lines[at + 1 :])
        found[f"repeated {at}"] = b"".join(lines[: at + 1] + lines[at:])
        if at:
            found[f"moved {at}"] = b"".join([*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]])
    return found


def test_every_line_that_is_removed_repeated_or_moved_is_found(
    golden: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, files = golden
    path = "data/events.jsonl"
    for what, data in line_changes(files[path]).items():
        report = verified(tmp_path, bundle(folder, {**files, path: data}))
        assert report.findings, what


@pytest.mark.parametrize("name", ["data/checkpoint", "manifest-sha256.txt"])
def test_every_line_of_a_note_or_list_that_is_removed_or_moved_is_found(
    name: str, golden: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, files = golden
    for what, data in line_changes(files[name]).items():
        if name == "data/checkpoint" and what in ("repeated 4", "repeated 5", "moved 5"):
            continue  # lines that sign a note may stand in any order, and twice
        changed = {**files, name: data}
        packed = pack(entries(folder, changed)) if name.startswith("manifest") else bundle(folder, changed)
        assert verified(tmp_path, packed).findings, what


def test_a_bundle_that_was_unpacked_is_verified_as_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(GOLDEN) as archive:
        archive.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    assert verify_bundle(folder, pin=PIN).is_sound
    (folder / "data" / "README.txt").write_text("something else")
    assert codes(verify_bundle(folder, pin=PIN)) == ["bundle.manifest"]


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="a system without links")
def test_a_link_in_an_unpacked_bundle_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(GOLDEN) as archive:
        archive.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    readme = folder / "data" / "README.txt"
    readme.unlink()
    readme.symlink_to("/etc/hostname")
    assert codes(verify_bundle(folder, pin=PIN)) == ["bundle.malformed"]


def test_a_zip_of_something_else_is_no_bundle_and_none_of_its_names_is_followed(
    golden: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    _, files = golden
    report = verified(tmp_path, pack(entries("bundle-453ad315de125a55", files)))
    assert codes(report) == ["bundle.extra", "bundle.malformed"]
    assert (report.ledger_id, report.origin, report.cases, report.events) == (None, None, (), 0)
    strange = [Entry(name, b"x") for name in (b"../../x", b"/etc/x", b"c:\\x", b"\xff\xfe")]
    listed = sorted([*entries(golden[0], files), *strange], key=lambda each: each.name)
    report = verified(tmp_path, pack(listed))
    assert codes(report) == ["bundle.extra"]
    assert [each.message.partition(":")[0] for each in report.findings][:2] == ["'../../x'", "'/etc/x'"]
    assert all(each.message.isascii() and each.message.isprintable() for each in report.findings)
    assert [each.name for each in tmp_path.iterdir()] == ["bundle.zip"]
    (tmp_path / "other.zip").write_bytes(pack(entries("other", files)))
    with pytest.raises(MalformedBundle, match="no bundle is without it"):
        Ledger.open(tmp_path / "other.zip")


def test_random_bytes_and_cut_files_raise_nothing_but_findings(tmp_path: Path) -> None:
    for data in (b"", b"PK", b"PK\5\6" + bytes(18), os.urandom(5_000), b"PK\3\4" + os.urandom(500)):
        try:
            report = verified(tmp_path, data)
        except VerificationFailed as error:
            pytest.fail(f"raised {error!r}")
        assert codes(report) == ["bundle.malformed"]


def test_manifests_that_are_made_anew_are_those_of_the_writer(golden: tuple[str, dict[str, bytes]]) -> None:
    _, files = golden
    assert with_manifests(files) == files
    assert pack(entries(golden[0], files)) == GOLDEN.read_bytes()


def test_a_witness_whom_the_auditor_trusts_anchors_the_bundle(tmp_path: Path) -> None:
    witness = CosignatureSigner(
        "witness.example/1", seeded_keyring(b"witness").recorder, lambda: 1_752_000_000
    )
    stranger = CosignatureSigner(
        "witness.example/2", seeded_keyring(b"other").recorder, lambda: 1_752_000_000
    )
    with new_ledger() as ledger:
        checkpoint = ledger.checkpoint()
        assert checkpoint is not None
        line = checkpoint.opened.note.signed_by(witness).lines[-1]
        ledger.add_cosignatures(str(line).encode(), [witness.key])
        ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
        pin = ledger.id
    trusted = verify_bundle(tmp_path / "a.zip", pin=pin, trust=Trust(WitnessPolicy([witness.key], 1)))
    assert [each.by for each in trusted.anchors] == ["witness.example/1"]
    assert trusted.exit_status(require_anchor=True) == 0
    other = verify_bundle(tmp_path / "a.zip", pin=pin, trust=Trust(WitnessPolicy([stranger.key], 1)))
    assert codes(other) == ["unchecked.witnesses"]
    early = datetime(2020, 1, 1, tzinfo=UTC)
    future = verify_bundle(
        tmp_path / "a.zip", pin=pin, trust=Trust(WitnessPolicy([witness.key], 1)), now=early
    )
    assert codes(future) == ["cosignature.future"]


def test_a_checkpoint_that_the_auditor_kept_is_held_against_the_one_of_the_bundle(tmp_path: Path) -> None:
    with new_ledger() as ledger:
        checkpoint = ledger.checkpoint()
        assert checkpoint is not None
        ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
        pin, size = ledger.id, checkpoint.size
        log = log_signers(seeded_keyring(b"bundles"), ledger.keys, size)

        def against(kept: bytes) -> BundleReport:
            return verify_bundle(tmp_path / "a.zip", pin=pin, checkpoints={"mine": kept})

        same = against(checkpoint.data)
        assert ([(each.by, each.kind) for each in same.anchors], codes(same)) == ([("mine", "kept")], [])
        assert same.exit_status(require_anchor=True) == 0
        forked = against(sign_checkpoint(Checkpoint(ledger.origin, size, bytes(32)), log))
        assert (codes(forked), forked.exit_status()) == (["checkpoint.contradicted"], 1)
        later = against(sign_checkpoint(Checkpoint(ledger.origin, size + 1, bytes(32)), log))
        assert (codes(later), later.exit_status()) == (["unchecked.checkpoint"], 3)
    stranger = Ed25519NoteSigner(ledger.origin, seeded_keyring(b"stranger").recorder)
    for kept in (sign_checkpoint(Checkpoint(ledger.origin, size, bytes(32)), [stranger]), b"no checkpoint"):
        assert codes(against(kept)) == ["unchecked.checkpoint"]


def test_what_a_revoked_key_signed_is_disputed_and_not_plainly_sound(tmp_path: Path) -> None:
    with new_ledger() as ledger:
        stolen = seeded_keyring(b"bundles").recorder
        newer = seeded_keyring(b"newer")
        ledger.add_key(newer.recorder, holder="Recorder B", role="recorder")
        ledger.revoke_key(keyid(stolen), "stolen with a bag", size=10)
        ledger.seal()
        report = ledger.bundle([CASE], to=tmp_path / "a.zip", custody=CUSTODY)
    assert report.findings == ()
    assert report.disputed == sum(1 for at in (10, 11, 12, 13, 15) if at >= 10)
    assert report.exit_status() == 3
    assert report.exit_status(disputed_will_do=True) == 0
    assert "is not to be trusted" in " ".join(report.notes)


def test_what_is_wrong_is_told_before_what_may_follow_from_it(tmp_path: Path) -> None:
    """The end is cut off, and with it the erasure that says why content is not here."""
    world = World()
    world.add_key("ana", "recorder", by=["root one", "root two", "ana"])
    world.add("case", "case.opened", {"case": "harbour", "title": "A case"}, ["ana"])
    registered = {"name": "group-1f2e3d4c", "entity": {"type": "group", "label": "some", "protected": True}}
    slots = {f"entity.{slot}": None for slot in ("name", "aliases", "contact", "handle")}
    event = world.add("case", "entity.registered", registered, ["ana"], slots)
    body = {"event": event, "slots": ["entity.name"], "authority": "a court", "reason": "ordered"}
    world.add("case", "disclosure.erased", body, ["ana"])
    whole = world.files(["case"])
    lines = whole["data/events.jsonl"].splitlines(keepends=True)
    cut = with_manifests({**whole, "data/events.jsonl": b"".join(lines[:-1])})
    (tmp_path / "whole.zip").write_bytes(archive(whole))
    (tmp_path / "cut.zip").write_bytes(archive(cut))
    assert verify_bundle(tmp_path / "whole.zip", pin=world.ledger).findings == ()
    found = [
        (each.code, each.index) for each in verify_bundle(tmp_path / "cut.zip", pin=world.ledger).findings
    ]
    assert found == [("tail.cut", None), ("unchecked.disclosure", 3)]


def test_every_broken_bundle_is_told_what_is_wrong_first(tmp_path: Path) -> None:
    for name, data in variants().items():
        place = tmp_path / "broken.zip"
        place.write_bytes(data)
        findings = verify_bundle(place).findings
        assert findings == most_telling_first(findings), name
