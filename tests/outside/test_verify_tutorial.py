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
SAID = "Signature Verified Successfully"


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
    command, *by_hand = [text for language, text in BLOCK.findall(page) if language == "sh"]
    assert len(by_hand) > 5
    [answer] = [text for _, text in BLOCK.findall(page) if "RESULT" in text]
    asked = typed(command, folder)
    assert (asked.returncode, asked.stdout, asked.stderr) == (3, answer, "")
    done = typed("\n".join(by_hand), folder)
    assert (done.returncode, done.stderr) == (0, "")
    ledger = (project / "tests" / "vectors" / "bundle" / "golden.id").read_text().strip()
    [opening, *others] = done.stdout.splitlines()
    assert opening.split() == [ledger, "opening.json"]
    signed, counted, sealed = others[-3:]  # what comes before are keys
    assert (signed[-len(SAID) :], counted, sealed) == (SAID, "1", SAID)
    assert f"It answers `{SAID}`." in page


def typed(commands: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder, capture_output=True, text=True, check=False, env={"PATH": path, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


def test_the_tutorial_names_each_line_of_the_report(project: Path) -> None:
    page = (project / "docs" / "tutorials" / "verify-what-you-were-given.md").read_text("utf-8")
    [answer] = [text for _, text in BLOCK.findall(page) if "RESULT" in text]
    explained = re.findall(r"^\| \*(.*)\* \|", page, re.MULTILINE)
    assert len(explained) == 6
    at = [answer.index(words) for words in explained]
    assert at == sorted(at)
    assert {line.split()[0].rstrip(":") for line in answer.splitlines() if line[0] in " R"} == {
        "record",
        "RESULT",
    }
