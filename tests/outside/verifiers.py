"""The three verifiers, each over a folder of bundles in one process: what each says of each bundle, in one form.

A folder holds NAME.zip and `expected.json`: name to the ledger id (`ledger`) that it is held against.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimledger.bundle_verify import verify_bundle
from tests.conftest import Need

SCRIPT = Path(__file__).resolve().parent.parent.parent / "ledger" / "data" / "verify_claimledger.py"
OTHER = Path(__file__).resolve().parent / "verify_claimledger.mjs"

# One process for many bundles: what is held is the script, not how fast an interpreter starts.
_DRIVER = """
import contextlib, importlib.util, io, json, sys
script, folder, names = sys.argv[1:4]
spec = importlib.util.spec_from_file_location("verify", script)
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)
checks, check = [], verify.Check
verify.Check = lambda *arguments: checks.append(check(*arguments)) or checks[-1]
with open(folder + "/expected.json") as file:
    expected = json.load(file)
results = {}
for name in names.split() or expected:
    sys.argv = [script, f"{folder}/{name}.zip", "--trust", expected[name]["ledger"]]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        status = verify.main()
    results[name] = [status, [[code, index] for code, index, _ in checks.pop().findings]]
print(json.dumps(results))
"""

_NODE_DRIVER = """
import { readFileSync } from "node:fs";
const [script, folder] = process.argv.slice(1);
const { verify } = await import(script);
const results = {};
for (const [name, { ledger }] of Object.entries(JSON.parse(readFileSync(`${folder}/expected.json`)))) {
  const { status, findings } = verify(`${folder}/${name}.zip`, ledger);
  results[name] = [status, findings.map(({ code, index }) => [code, index ?? null])];
}
process.stdout.write(JSON.stringify(results));
"""


@dataclass(frozen=True)
class Verdict:
    """The exit status, and what was found: codes, each with the index of the event that it is about."""

    status: int
    found: tuple[tuple[str, int | None], ...]

    @classmethod
    def of(cls, status: int, found: Iterable[Sequence[Any]]) -> Verdict:
        def place(each: tuple[str, int | None]) -> tuple[str, int]:
            return each[0], -1 if each[1] is None else each[1]

        return cls(status, tuple(sorted({(code, index) for code, index in found}, key=place)))

    @property
    def codes(self) -> list[str]:
        return sorted({code for code, _ in self.found})


Verdicts = dict[str, Verdict]


def by_script(folder: Path, names: Sequence[str] = (), *, bare: bool = False) -> Verdicts:
    """What `verify_claimledger.py` says; `bare` leaves it the standard library and openssl only."""
    options = ["-B", "-I", "-S"] if bare else ["-B", "-I"]
    driver = ["-W", "error", "-c", _DRIVER, str(SCRIPT), str(folder), " ".join(names)]
    return _driven([sys.executable, *options, *driver])


def by_node(folder: Path, need: Need[str]) -> Verdicts:
    """What the verifier in JavaScript says."""
    how = "install Node 18 or newer (Debian and Ubuntu: apt-get install nodejs)"
    node = need("node", shutil.which("node"), how)
    return _driven([node, "--input-type=module", "-e", _NODE_DRIVER, OTHER.as_uri(), str(folder)])


def by_library(folder: Path) -> Verdicts:
    """What the library says."""
    verdicts = {}
    for name, each in json.loads((folder / "expected.json").read_text()).items():
        report = verify_bundle(folder / f"{name}.zip", pin=each["ledger"])
        found = [(finding.code, finding.index) for finding in report.findings]
        verdicts[name] = Verdict.of(report.exit_status(), found)
    return verdicts


def _driven(command: list[str]) -> Verdicts:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return {name: Verdict.of(*each) for name, each in json.loads(done.stdout).items()}
