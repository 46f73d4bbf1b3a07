"""Write `reference/attack-book.md`: every case of `tests/attacks`, with what is found, and by which check.

Run it as ``python docs/make_attacks.py`` after a case was added or changed; the tests hold the page to it. Nothing of
the cases stands here: each is asked for what it says of itself, and the test that runs it holds it to that.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "attack-book.md"

if TYPE_CHECKING:
    from tests.attacks.book import Attack, Check, Unnoticed

ATTACKERS: Final = (
    "test_database_thief",
    "test_recorder_thief",
    "test_root_thief",
    "test_log_key_thief",
    "test_network",
    "test_publisher",
    "test_witnesses",
    "test_timestamps",
    "test_lengths",
    "test_exhaustion",
)
UNNOTICED: Final = "test_unnoticed"

_OPENING: Final = """# The attack book

What an attacker tries, what the auditor is told, and which check of the code finds it. Each row is a test in
`tests/attacks`, which attacks a real ledger from one end to the other and runs twice: with the code as it is, and with
the named checks taken out of it. The last column says what is left then: *nothing* means that no other check would
have found the attack.

Codes are those of `claimledger verify` and of the errors ([the table](../guides/embedding.md)). A check is named by
its module, its function, and its own words in there. This page is written from the cases by
`python docs/make_attacks.py`, and a test holds it to them. At its end stands what nothing finds by itself; who can do
what with which stolen thing is told in the [threat model](threat-model.md).
"""


def attacks(module: str) -> list[Attack]:
    """The cases of one module, in the order in which they stand there."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    tests = vars(import_module(f"tests.attacks.{module}")).values()
    return [test.attack for test in tests if inspect.isfunction(test) and hasattr(test, "attack")]


def page() -> str:
    """The whole page."""
    parts = [_OPENING]
    for module in ATTACKERS:
        cases = attacks(module)
        about = inspect.getdoc(import_module(f"tests.attacks.{module}")) or ""
        parts.append(f"## `tests/attacks/{module}.py`\n\n{about}\n")
        parts.append(
            "| line of the book | what is tried | found | by which check | without it |\n|---|---|---|---|---|"
        )
        parts[-1] = "\n".join([parts[-1], *map(_row, cases)]) + "\n"
    gaps = import_module(f"tests.attacks.{UNNOTICED}")
    head = ("| what is done | what finds it | found then |", "|---|---|---|")
    rows = [_gap(test.unnoticed) for test in vars(gaps).values() if hasattr(test, "unnoticed")]
    parts.append(f"## `tests/attacks/{UNNOTICED}.py`\n\n{inspect.getdoc(gaps)}\n")
    parts.append("\n".join([*head, *rows]) + "\n")
    return "\n".join(parts)


def _gap(case: Unnoticed) -> str:
    found = ", ".join(f"`{code}`" for code in case.found)
    return f"| {case.sentence} | {case.unless or '*nothing*'} | {found} |"


def _row(case: Attack) -> str:
    found = ", ".join(f"`{code}`" for code in case.found)
    left = ", ".join(map(_code, case.then)) or "*nothing*"
    checks = "<br>".join(map(_check, case.by))
    return f"| {case.line} | {case.sentence} | {found} | {checks} | {left} |"


def _check(check: Check) -> str:
    words = " ".join(check.words.split()).replace("|", "\\|")
    return f"`{check.where.replace(':', ' ')}`: `{words}`"


def _code(said: str) -> str:
    code, _, more = said.partition(" ")
    return f"`{code}` {more}".strip() if "." in code else said


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
