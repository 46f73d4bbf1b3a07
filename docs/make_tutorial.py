"""Write the answers that the tutorial `verify-what-you-were-given.md` shows, as the programs give them now.

Run it as ``python docs/make_tutorial.py`` after the words of the script or of claim sheets were changed; the tests hold
the page to it. Everything is asked as the page says, of the bundles that it names.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "tutorials" / "verify-what-you-were-given.md"
FILES = {
    "verify_claimledger.py": "ledger/data/verify_claimledger.py",
    "golden.zip": "tests/vectors/bundle/golden.zip",
    "harbour-2025.zip": "tests/bundles/golden.zip",
}
"""What the reader of the page has in one folder, and where it lies here."""
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"(<!-- example (\w+) -->\n).*?(<!-- end of example -->)", re.DOTALL)


def blocks(text: str, section: int) -> list[tuple[str, str]]:
    """Language and text of each block of a section of the page."""
    return _BLOCK.findall(re.split(r"^## \d+\. ", text, flags=re.MULTILINE)[section])


def fill(folder: Path, text: str) -> None:
    """Put into a folder what the reader has there, and what the page says to save."""
    for name, place in FILES.items():
        shutil.copyfile(ROOT / place, folder / name)
    [program] = [block for language, block in blocks(text, 4) if language == "python"]
    (folder / "read_records.py").write_text(program, encoding="utf-8")


def typed(commands: str, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """What comes of commands that are typed in that folder, in a terminal of 100 columns."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    passed_on = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return subprocess.run(
        ["bash", *flags, "-c", commands],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        env={"PATH": path, "LC_ALL": "C.UTF-8", "COLUMNS": "100", "HOME": str(folder), **passed_on},
    )  # fmt: skip


def page(text: str) -> str:
    """The page with its answers as they are now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, text)
        [check] = [block for language, block in blocks(text, 2) if language == "sh"]
        sheets, records = [block for language, block in blocks(text, 4) if language == "sh"]
        made = {
            "answer": typed(check, folder).stdout,
            "sheet": typed(sheets, folder).stdout.split("-" * 80)[0].rstrip("\n") + "\n",
        }
        typed(records, folder)
        listed = (folder / "harbour-2025.txt").read_text(encoding="utf-8")
        made["record"] = next(each for each in listed.split("\n\n") if each.startswith("RECORD 9 ")) + "\n"
    return _PLACE.sub(lambda found: f"{found[1]}```text\n{made[found[2]]}```\n{found[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
