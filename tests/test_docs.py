"""What the documentation says to type is typed here, and what it quotes of the code is the code."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from claimledger.events import errors
from tests.attacks.book import switch_off
from tests.ledger import softhsm
from tests.scripts import load

# Pages of which each block is typed in, in order, in one folder.
WORKED = (
    "guides/changing-accounts.md",
    "guides/protecting-people.md",
    "guides/embedding.md",
    "guides/erasing.md",
    "guides/keeping-evidence.md",
    "guides/publishing.md",
    "guides/handing-on.md",
    "guides/keys.md",
    "reference/log-formats.md",
)
PAGE_LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"  # where Debian has it
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of each fenced block of a page."""
    return BLOCK.findall(page.read_text())


def shell(folder: Path, script: str) -> str:
    """Run a block as its reader would: in one terminal, with claimledger on the path."""
    passed_on = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **passed_on},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def script(project: Path, name: str) -> ModuleType:
    """A script of the documentation, loaded and not run."""
    return load(project / "docs" / f"{name}.py")


def in_their_order(wanted: str, shown: str) -> None:
    """Each quoted line is shown, after the one quoted before it; spaces do not count."""
    left = [" ".join(line.split()) for line in shown.splitlines()]
    for line in (" ".join(line.split()) for line in wanted.splitlines()):
        assert line in left, f"not shown, or not in this order: {line}\n{shown}"
        left = left[left.index(line) + 1 :]


def work_through(page: str, folder: Path, pairs: list[tuple[str, str]]) -> None:
    """Type in each block of a page, in order, and hold what it says is shown against what is."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exports, shown = "", ""
    for language, text in pairs:
        first, _, rest = text.partition("\n")
        if language == "yaml" and re.fullmatch(r"# [\w-]+\.yaml", first):
            (folder / first.removeprefix("# ")).write_text(rest)
        elif language == "sh":
            shown = shell(folder, exports + text)
            exports += "".join(f"{line}\n" for line in text.splitlines() if line.startswith("export "))
        elif language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(text, page, "exec"), names)
            assert printed.getvalue() == "".join(re.findall(r"^ *# (.*\n)", text, re.MULTILINE)), text
        elif language == "text":
            in_their_order(text, shown)


@pytest.mark.parametrize("page", WORKED)
def test_a_page_works_as_written(
    page: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    work_through(page, tmp_path, blocks(project / "docs" / page))


@pytest.mark.usefixtures("with_openssl")
def test_the_page_of_signers_works_as_written(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    need: Callable[[str, str | None, str], str],
) -> None:
    library = need("softhsm2", softhsm.library(), softhsm.HOW)
    page = "guides/signers.md"
    here = [(kind, text.replace(PAGE_LIBRARY, library)) for kind, text in blocks(project / "docs" / page)]
    assert here != blocks(project / "docs" / page) or library == PAGE_LIBRARY
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    try:
        work_through(page, tmp_path, here)
    finally:
        softhsm.finalize(library)


@pytest.mark.usefixtures("with_openssl")
def test_the_first_tutorial_works_as_written(project: Path, tmp_path: Path) -> None:
    page = blocks(project / "docs" / "tutorials" / "first-claim.md")
    (tmp_path / "harbour.yaml").write_text(next(text for language, text in page if language == "yaml"))
    typed = "\n".join(text for language, text in page if language == "sh")
    shown = shell(tmp_path, typed)
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
    text = (project / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert script(project, "make_rooms").page(text) == text, "run: python docs/make_rooms.py"


def test_every_file_that_the_way_of_a_claim_names_is_there(project: Path) -> None:
    text = (project / "docs" / "architecture.md").read_text(encoding="utf-8")
    way = text.split("## The way of one claim", 1)[1].split("## Two kinds", 1)[0]
    stems = {
        file.stem for room in ("events", "ledger", "projections") for file in (project / room).glob("*.py")
    }
    named = set(re.findall(r"`(?:events/)?([a-z_]+)`", way)) - {"apply", "to_json"}
    assert named <= stems


def test_the_list_of_public_names_is_the_code(project: Path) -> None:
    text = (project / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    assert script(project, "make_python").page() == text, "run: python docs/make_python.py"


def test_the_attack_book_is_the_cases_and_names_checks_that_are_in_the_code(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = script(project, "make_attacks")
    text = (project / "docs" / "reference" / "attack-book.md").read_text(encoding="utf-8")
    assert text == book.page(), "run: python docs/make_attacks.py"
    checks = {check for module in book.ATTACKERS for case in book.attacks(module) for check in case.by}
    assert len(checks) > 50
    for check in checks:
        switch_off([check], monkeypatch)
        monkeypatch.undo()


def test_every_error_and_its_code_stand_in_the_table_of_errors(project: Path) -> None:
    text = (project / "docs" / "guides" / "embedding.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([a-z_.]+)` \| .{8,} \|$", text, re.MULTILINE)
    assert dict(rows) == {name: getattr(errors, name).code for name in errors.__all__}
