"""The tutorial "Verify what you were given" is typed in, block by block, by somebody who has only the two files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Need

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAID = "It answers `Signature Verified Successfully`."


@pytest.fixture
def folder(project: Path, tmp_path: Path) -> Path:
    shutil.copy(project / "ledger" / "data" / "verify_claimledger.py", tmp_path)
    shutil.copy(project / "tests" / "vectors" / "bundle" / "golden.zip", tmp_path)
    return tmp_path


def test_what_the_tutorial_says_to_type_answers_as_it_says(
    project: Path, folder: Path, need: Need[str], with_openssl: str
) -> None:
    for tool in ("bash", "unzip", "sha256sum", "perl"):
        need(
            tool,
            shutil.which(tool),
            "install it (Debian and Ubuntu: apt-get install bash unzip coreutils perl)",
        )
    page = (project / "docs" / "tutorials" / "verify-what-you-were-given.md").read_text("utf-8")
    typed = [text for language, text in BLOCK.findall(page) if language == "sh"]
    assert len(typed) > 5
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(typed)],
        cwd=folder, capture_output=True, text=True, check=False, env={"PATH": path, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    [answer] = [text for _, text in BLOCK.findall(page) if "RESULT" in text]
    assert done.stdout.startswith(answer)
    by_hand = done.stdout.removeprefix(answer).splitlines()
    ledger = (project / "tests" / "vectors" / "bundle" / "golden.id").read_text().strip()
    assert by_hand[0].split() == [ledger, "opening.json"]
    assert "".join(by_hand).count("Signature Verified Successfully") == 2
    assert SAID in page


def test_the_tutorial_names_each_line_of_the_report(project: Path) -> None:
    page = (project / "docs" / "tutorials" / "verify-what-you-were-given.md").read_text("utf-8")
    [answer] = [text for _, text in BLOCK.findall(page) if "RESULT" in text]
    asked = [line.split(maxsplit=1)[1] for line in answer.splitlines() if line.startswith("  yes")]
    explained = re.findall(r"^\| \*(.*) …\* \|", page, re.MULTILINE)
    assert len(asked) == len(explained)
    assert all(line.startswith(words) for line, words in zip(asked, explained, strict=True))
