"""A bundle of 10,000 events streams: written, verified and found whole in memory that does not grow with it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from claimledger import Keyring, Ledger
from claimledger.bundle_files import Custody
from claimledger.events import Count, Organisation

EVENTS = 10_000
CODE = """
import json, resource, sys, time
from claimledger.bundle_verify import verify_bundle
began = time.process_time()
report = verify_bundle(sys.argv[1], pin=sys.argv[2])
print(json.dumps({
    "events": report.events, "sound": report.is_sound, "seconds": time.process_time() - began,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def verified_apart(place: Path, pin: str) -> dict[str, float]:
    """Verify in a process of its own, whose memory is its own."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(place), pin], capture_output=True, text=True, check=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


@pytest.mark.slow
def test_ten_thousand_events_are_verified_in_flat_memory(tmp_path: Path) -> None:
    with Ledger.create(
        tmp_path / "a.ledger", origin="example.org/large", keys=Keyring.in_memory(seed=b"large")
    ) as ledger:
        ledger.register_entity("ngo", Organisation(label="An NGO"))
        for name, many in (("small", 100), ("large", EVENTS)):
            case = ledger.create_case(name, title="Many claims")
            for start in range(0, many, 500):
                with case.batch():
                    for number in range(start, min(many, start + 500)):
                        case.record(
                            Count(group="shared:ngo", quantity=f"{number}"),
                            asserter="shared:ngo",
                            quote=f"words {number}",
                        )
        ledger.seal()
        began = time.process_time()
        for name in ("small", "large"):
            ledger.bundle([name], to=tmp_path / f"{name}.zip", custody=Custody(date="2025-07-10"))
        written = time.process_time() - began
        pin = ledger.id
    small = verified_apart(tmp_path / "small.zip", pin)
    large = verified_apart(tmp_path / "large.zip", pin)
    print({"written and verified": written, "bytes": (tmp_path / "large.zip").stat().st_size, **large})
    assert large["sound"]
    assert large["events"] > EVENTS
    assert large["megabytes"] - small["megabytes"] < 16
