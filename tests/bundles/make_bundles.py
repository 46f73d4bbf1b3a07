"""Make `golden.zip`, from fixed keys, ids, clocks and salts; and, with ``--variants DIR``, every broken variant of it.

Run it as ``python -m tests.bundles.make_bundles`` from the top of the checkout. The golden bundle is kept, since
ML-DSA-44 signatures differ each time; the variants are made anew from it, with `expected.json` beside them: name to the
codes that a verifier finds. It holds no verifier, so that it need not be made anew with each change of that.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from unittest import mock

from tests.bundles.variants import ERASED, GOLDEN, LEDGER_ID, expected, variants
from tests.bundles.world import fixed_salts, golden


def main() -> None:
    if sys.argv[1:2] == ["--variants"]:
        folder = Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in variants().items():
            (folder / f"{name}.zip").write_bytes(data)
        (folder / "expected.json").write_text(json.dumps(expected(), indent=1) + "\n")
        return
    without_verifier = mock.patch("claimledger.bundle_write.verifier_script", return_value=None)
    with tempfile.TemporaryDirectory() as folder_name, fixed_salts(), without_verifier:
        made, ledger_id, given_away = golden(Path(folder_name))
        GOLDEN.write_bytes(made.read_bytes())
        LEDGER_ID.write_text(f"{ledger_id}\n")
        ERASED.write_bytes(given_away)


if __name__ == "__main__":
    main()
