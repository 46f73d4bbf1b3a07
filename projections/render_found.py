"""Claims that were found, as a person reads them: in which case, when, who, what, and where it is read.

A row is shown as soon as its claim is found, so the widths do not depend on what comes after.
"""

from __future__ import annotations

from collections.abc import Sequence

from .finding import Found
from .layout import Cell, Line, columns, paragraph
from .revocations import disputed_in_words

__all__ = ["found_head", "found_lines"]


def found_head(width: int = 100) -> list[Line]:
    """The heads of the columns."""
    return _row(["index", "claim", "said", "who", "what", "read in"], width, "dim")


def found_lines(found: Found, width: int = 100) -> list[Line]:
    """One claim.

    Args:
        found: the claim.
        width: cells of a line.
    """
    what = f"{found.what}: {found.text}" if found.text else found.what
    claim = f"{found.case}/{found.ref}"
    row = _row([str(found.index), claim, found.said, found.who, what, found.source or ""], width)
    if found.revocation is None:
        return row
    return [*row, *paragraph(disputed_in_words(found.revocation), width, indent=8, hanging=2)]


def _row(cells: Sequence[str], width: int, style: str = "") -> list[Line]:
    room = width - 6 - 22 - 13 - 10
    widths = [6, 22, 13, room * 36 // 100, room * 42 // 100]
    return columns([Cell(cell, style) for cell in cells], widths, width=width)
