"""The specification holds: its examples are the golden bundle's bytes, and its codes are those that are found."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from claimledger.bundle_report import BUNDLE_MEANINGS
from tests.bundles.variants import expected
from tests.scripts import load

PAGES = ("2-events", "4-disclosures", "5-log", "6-bundles")


@pytest.fixture(scope="module")
def make_spec(project: Path) -> ModuleType:
    return load(project / "docs" / "make_spec.py")


@pytest.mark.parametrize("name", PAGES)
def test_the_examples_are_the_bytes_of_the_golden_bundle(
    name: str, project: Path, make_spec: ModuleType
) -> None:
    text = (project / "docs" / "spec" / f"{name}.md").read_text(encoding="utf-8")
    assert "<!-- example " in text
    assert make_spec.page(text) == text, "run: python docs/make_spec.py"


def test_every_code_of_the_specification_has_a_meaning_and_every_variant_gives_codes_of_it(
    project: Path,
) -> None:
    text = (project / "docs" / "spec" / "7-verifying.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE))
    assert listed <= BUNDLE_MEANINGS.keys()
    assert {code for codes in expected().values() for code in codes} <= listed


def test_the_limits_of_the_specification_are_those_that_are_enforced(project: Path) -> None:
    from claimledger import bundle_files, bundle_zip, notes

    text = (project / "docs" / "spec" / "7-verifying.md").read_text(encoding="utf-8")
    for number in (
        bundle_zip.MAX_FILES,
        bundle_zip.MAX_NAME,
        bundle_files.MAX_TOKEN_BYTES,
        notes.MAX_NOTE_BYTES,
        notes.MAX_LINES,
    ):
        assert f"{number:,}" in text
