"""What a bundle costs: written by the library, verified by all three verifiers. A script, not a test.

    python tests/benchmarks/bench_bundle.py [--sizes 1000 10000]

For each size: a case of so many claims, each with a quote, sealed and bundled; then each verifier in a process of its
own, with the seconds of its processor and of the processes that it started, and the most memory that it held. The
floor is the Ed25519 signature of each of those events verified by `cryptography`, and nothing else. The script is run
with `cryptography`, and without it by `openssl`, which is a process for each signature.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from claimledger import Keyring, Ledger
from claimledger.bundle_files import Custody
from claimledger.bundle_lines import EventLine
from claimledger.bundle_read import Bundle
from claimledger.ed25519 import verify
from claimledger.events import Count, Organisation
from claimledger.events.envelope import Envelope

HERE = Path(__file__).resolve().parent.parent.parent
SCRIPT = HERE / "ledger" / "data" / "verify_claimledger.py"
PROGRAM = Path(sys.executable).with_name("claimledger")
OTHER = HERE / "tests" / "outside" / "verify_claimledger.mjs"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000])
    args = parser.parse_args()
    print("events    what                                 seconds    of floor    memory in all")
    for size in args.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), size)


def measure(folder: Path, size: int) -> None:
    """Write a bundle of so many claims, and verify it in each way."""
    bundle, ledger_id, public_key, written = make(folder, size)
    floor = floor_of(bundle, public_key)
    print(f"{size:<8}  {bundle.stat().st_size / 1e6:.1f} MB; written and verified {written:>17.2f}")
    print(f"{size:<8}  {'signatures alone':<34}  {floor:>8.2f}        1.00")
    ways: dict[str, list[str]] = {
        "claimledger verify": [str(PROGRAM), "verify", "--trust", ledger_id],
        "verify_claimledger.py": [sys.executable, "-I", str(SCRIPT), "--trust", ledger_id],
        "verify_claimledger.py, openssl": [sys.executable, "-I", "-S", str(SCRIPT), "--trust", ledger_id],
    }
    node = shutil.which("node")
    if node is not None:
        ways["verify_claimledger.mjs"] = [node, str(OTHER)]
    for name, command in ways.items():
        last = [ledger_id] if name.endswith(".mjs") else []
        seconds, megabytes = run([*command, str(bundle), *last])
        print(f"{size:<8}  {name:<34}  {seconds:>8.2f}    {seconds / floor:>8.2f}    {megabytes:>8.0f} MB")


def make(folder: Path, size: int) -> tuple[Path, str, bytes, float]:
    """A bundle of one case; with the ledger id, the recorder's key, and the seconds that writing it took."""
    keys = Keyring.in_memory(seed=b"bench")
    with Ledger.create(folder / "a.ledger", origin="example.org/bench", keys=keys) as ledger:
        ledger.register_entity("ngo", Organisation(label="An NGO"))
        case = ledger.create_case("harbour", title="Many claims")
        for start in range(0, size, 500):
            with case.batch():
                for number in range(start, min(size, start + 500)):
                    what = Count(group="shared:ngo", quantity=f"{number}")
                    case.record(what, asserter="shared:ngo", quote=f"words {number}")
        ledger.seal()
        began, place = time.process_time(), folder / "bundle.zip"
        ledger.bundle(["harbour"], to=place, custody=Custody(date="2025-07-10"))
        return place, ledger.id, keys.recorder.public_key, time.process_time() - began


def floor_of(place: Path, public_key: bytes) -> float:
    """Seconds of verifying the signature of each event, read before."""
    with Bundle.open(place) as bundle:
        lines = [line.envelope for line in bundle.events() if isinstance(line, EventLine)]
    read = [Envelope.from_bytes(each) for each in lines]
    signed = [(each.signatures[0].signature, each.pae()) for each in read]
    began = time.process_time()
    for signature, message in signed:
        verify(public_key, signature, message)
    return time.process_time() - began


# A process begins with the memory of the one that it was made from: so that one is small.
MEASURED = """
import os, sys
pid = os.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def run(command: list[str]) -> tuple[float, float]:
    """Seconds of the processor, those of its own processes included, and megabytes at most."""
    python = [sys.executable, "-I", "-S", "-c", MEASURED]
    done = subprocess.run([*python, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    status, seconds, megabytes = done.stdout.split()
    if status not in (b"0", b"3"):
        raise SystemExit(f"{command[0]}: status {status.decode()}")
    return float(seconds), float(megabytes)


if __name__ == "__main__":
    main()
