"""The page on clocks and changes: its example gives what it says, and every member and sort is on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from claimledger import Ledger
from claimledger.claimfile import read_claim_file
from claimledger.claimfile_record import record_claim_file
from claimledger.events import CauseOfDeath
from claimledger.projections import Changes, ChangeSort, Order, Timeline
from claimledger.testing import seeded_keyring

if TYPE_CHECKING:
    from tests.projections.conftest import World


@pytest.fixture
def page(project: Path) -> str:
    return (project / "docs" / "reference" / "projections-clocks-and-changes.md").read_text(encoding="utf-8")


def test_the_example_gives_what_the_page_says(
    project: Path,
    page: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    [expected] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    with Ledger.create("incidents.ledger", origin="example.org/incidents", keys=seeded_keyring()) as ledger:
        record_claim_file(ledger, read_claim_file(project / "examples" / "incidents" / "khashoggi-2018.yaml"))
    capsys.readouterr()
    exec(compile(code, "the example of the page", "exec"), {})
    assert capsys.readouterr().out == expected


def test_every_sort_order_and_member_is_on_the_page(page: str, world: World) -> None:
    world.claim("C1", CauseOfDeath(of="z", causes="torture"))
    state = world.state()
    found = Changes.between(state.at(known_at=0), state).to_json()
    timeline = Timeline.of(state).to_json()
    members = {*found, *found["changes"][0], *timeline, *timeline["rows"][0]}
    named = set(re.findall(r"[a-z_]+", page))
    assert members <= named
    assert {str(sort) for sort in ChangeSort} <= named
    assert all(f"`{order}`" in page for order in Order)
