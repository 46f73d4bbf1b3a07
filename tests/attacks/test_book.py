"""The book itself: every line of it has a case, and every case a check that finds it and nothing else."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.scripts import load

from .book import LINES, Attack, Check, attack, switch_off


@pytest.fixture(scope="module")
def book(project: Path) -> ModuleType:
    """`docs/make_attacks.py`."""
    return load(project / "docs" / "make_attacks.py")


def cases(book: ModuleType) -> list[Attack]:
    return [case for module in book.ATTACKERS for case in book.attacks(module)]


def test_every_line_of_the_book_has_a_case(book: ModuleType) -> None:
    assert {case.line for case in cases(book)} == set(LINES)


def test_every_module_of_attacks_is_in_the_book(book: ModuleType, project: Path) -> None:
    written = {file.stem for file in (project / "tests" / "attacks").glob("test_*.py")} - {"test_book"}
    assert {*book.ATTACKERS, book.UNNOTICED} == written
    names = [(case.module, case.test) for case in cases(book)]
    assert len(set(names)) == len(names)


def test_a_check_that_is_not_there_any_more_fails_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Check("merkle:verify_inclusion", "node is not root")
    with pytest.raises(AssertionError, match="is in it 0 times, not once"):
        switch_off([gone], monkeypatch)


def test_a_case_that_is_found_as_well_without_its_check_is_none() -> None:
    with pytest.raises(AssertionError, match="shows nothing"):
        attack(LINES[0], found="a", by=Check("merkle:verify_inclusion", "node != root"), then="a")
