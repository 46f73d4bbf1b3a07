"""The custody of an item on a screen: steps, copies, and the gaps of the record in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from claimledger.events import (
    Attribute,
    CustodyTransferred,
    EvidenceAttached,
    EvidenceItem,
    ReliabilityAssessed,
)
from claimledger.projections import Custody, replay
from claimledger.projections.render_custody import custody_lines

if TYPE_CHECKING:
    from tests.projections.conftest import World


def test_each_step_copy_and_gap_is_shown(world: World) -> None:
    world.entity("video", EvidenceItem(label="the video"))
    world.claim("C1", Attribute(of="video", name="origin", value="a roof"), "az")
    world.add(EvidenceAttached(item="video", sha256="ab" * 32, media_type="video/mp4", size=9))
    world.add(CustodyTransferred(item="video", given_by="az", received_by="ngo", at="2025-07-04"))
    world.add(CustodyTransferred(item="video", given_by="ru", received_by="paper", note="by hand"))
    world.add(ReliabilityAssessed(entity="video", scale="Admiralty", grade="B2", assessor="ngo"))
    custody = replay(Custody(world.case), world.events)
    lines = custody_lines(custody)
    shown = " ".join(" ".join(line.plain for line in lines).split())
    assert "the video" in shown
    assert "copy abababab, video/mp4, 9 bytes" in shown
    assert "Azerbaijani authorities \N{RIGHTWARDS ARROW} the NGO" in shown
    assert "by hand" in shown
    for gap in (gap for step in custody.items[0].transfers for gap in step.gaps):
        assert gap.text in shown
    assert "the NGO assesses it as B2 (Admiralty)" in shown
    assert "by the record with the paper" in shown
    assert max(cell_len(line.plain) for line in lines) <= 100
