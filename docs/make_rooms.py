"""Write the tables of files in `architecture.md` from the first line of each file's docstring.

Run it as ``python docs/make_rooms.py`` after a file came, went or changed its purpose; the tests hold the page to it.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = {"events": "claimledger.events", "ledger": "claimledger", "projections": "claimledger.projections"}


def purpose(file: Path) -> str:
    """The first paragraph of a file's docstring, on one line."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


def room(folder: str) -> str:
    """The table of one room."""
    files = sorted((ROOT / folder).glob("*.py"))
    rows = [f"| `{file.name}` | {purpose(file)} |" for file in files]
    return "\n".join(
        [f"### `{folder}/`: `{ROOMS[folder]}`", "", "| file | what it is for |", "|---|---|", *rows]
    )


def page(text: str) -> str:
    """The page with its tables as the tree has them now."""
    head, rest = text.split("<!-- rooms -->\n", 1)
    tail = rest.split("<!-- end of rooms -->", 1)[1]
    tables = "\n\n".join(room(folder) for folder in ROOMS)
    return f"{head}<!-- rooms -->\n\n{tables}\n\n<!-- end of rooms -->{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
