"""The library finds in each broken bundle what the two verifiers that share no line with it are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from claimledger.bundle_verify import verify_bundle
from tests.outside import broken_bundles


def library(folder: Path, ledgers: dict[str, str]) -> dict[str, list[str]]:
    """What the library finds: name to codes."""
    found = {}
    for name, ledger in ledgers.items():
        report = verify_bundle(folder / f"{name}.zip", pin=ledger)
        found[name] = sorted({each.code for each in report.findings})
    return found


@pytest.mark.slow
def test_the_library_finds_what_the_specification_says_of_bundles_that_it_did_not_make(
    tmp_path: Path,
) -> None:
    wanted: dict[str, Any] = broken_bundles.write(tmp_path)
    found = library(tmp_path, {name: each["ledger"] for name, each in wanted.items()})
    assert found == {name: sorted(each["codes"]) for name, each in wanted.items()}
