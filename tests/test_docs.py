"""What the documentation says to type is typed here, and what it quotes of the code is the code."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of each fenced block of a page."""
    return BLOCK.findall(page.read_text())


def shell(folder: Path, script: str) -> str:
    """Run a block as its reader would: in one terminal, with claimledger on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_the_first_tutorial_works_as_written(project: Path, tmp_path: Path) -> None:
    page = blocks(project / "docs" / "tutorials" / "first-claim.md")
    (tmp_path / "harbour.yaml").write_text(next(text for language, text in page if language == "yaml"))
    script = "\n".join(text for language, text in page if language == "sh")
    shown = shell(tmp_path, script)
    assert "claims.C3.asserter" in shown
    assert "disputed" in shown.lower()
    assert "nothing new" in shown
    assert "Signature Verified Successfully" in shown


def test_the_ten_lines_of_the_readme_are_the_example(project: Path) -> None:
    example = (project / "examples" / "ten_lines.py").read_text()
    quoted = next(text for language, text in blocks(project / "README.md") if language == "python")
    body = example.split('"""', 2)[2].replace("import sys\nfrom pathlib import Path\n\n", "")
    body = re.sub(r"folder = .*\n\n", "", body).replace('folder / "keys"', '"keys"')
    body = body.replace("f\"sqlite:///{folder / 'first.ledger'}\"", '"first.ledger"')
    assert quoted.strip() == body.strip()


def test_the_map_of_files_is_the_tree(project: Path) -> None:
    found = importlib.util.spec_from_file_location("make_rooms", project / "docs" / "make_rooms.py")
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    text = (project / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert script.page(text) == text, "run: python docs/make_rooms.py"


def test_every_file_that_the_way_of_a_claim_names_is_there(project: Path) -> None:
    text = (project / "docs" / "architecture.md").read_text(encoding="utf-8")
    way = text.split("## The way of one claim", 1)[1].split("## Two kinds", 1)[0]
    stems = {
        file.stem for room in ("events", "ledger", "projections") for file in (project / room).glob("*.py")
    }
    named = set(re.findall(r"`(?:events/)?([a-z_]+)`", way)) - {"apply", "to_json"}
    assert named <= stems
