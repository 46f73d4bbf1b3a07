"""Who says what where several speak, as a table: a row for each question, a column for each speaker.

1. Pure: from `Disputes` to lines. Disputed and conditional questions come first, with the columns that they need.
2. Where the columns do not fit side by side, the table goes on below with the next ones; a row without a word in
   those columns is left out there. No cell is cut.
3. Why a signature is disputed stands below, in the words of every other screen.
"""

from __future__ import annotations

from collections.abc import Sequence

from .disputes import DisputeRow, Disputes
from .layout import Cell, Line, columns, fitting, line, paragraph
from .questions import QuestionState
from .render import disputed_lines, head_lines
from .render_question import DOT

__all__ = ["matrix_lines"]

_NARROWEST = 15
_GAP = 2
_STYLES = {QuestionState.DISPUTED: "red", QuestionState.CONDITIONAL: "yellow"}
_LEGEND = f"? holds under some readings only {DOT} . says nothing {DOT} (retracted) and the like: no longer stood by"


def matrix_lines(disputes: Disputes, *, width: int = 100) -> list[Line]:
    """The matrix of a case.

    Args:
        disputes: the matrix.
        width: cells of a line.
    """
    rows = disputes.rows
    clashing = [row for row in rows if row.question.state in _STYLES]
    others = [row for row in rows if row.question.state not in _STYLES]
    lines = head_lines(disputes.state, width)
    if not rows:
        return [*lines, line(), line("no question on which more than one speaker gives an answer")]
    for title, some in (("DISPUTED OR CONDITIONAL", clashing), ("SEVERAL VOICES, NO CONTRADICTION", others)):
        if some:
            lines += [line(), line(Cell(f"{title} ({len(some)})", "bold"))]
            lines += _table(disputes, some, width)
    refs = {ref for row in rows for cells in row.cells.values() for cell in cells for ref in cell.refs}
    records = {one.index for ref in refs for one in disputes.state.claims[ref].versions}
    lines += disputed_lines(disputes.state, width, records)
    return [*lines, line(), *paragraph(_LEGEND, width, style="dim")]


def _table(disputes: Disputes, rows: Sequence[DisputeRow], width: int) -> list[Line]:
    titles = fitting((row.question.title for row in rows), width * 3 // 10)
    spoken = {holder for row in rows for holder in row.cells}
    holders = [holder for holder in disputes.holders if holder in spoken]
    at_once = max((width - titles) // (_NARROWEST + _GAP), 1)
    lines: list[Line] = []
    for first in range(0, len(holders), at_once):
        some = holders[first : first + at_once]
        room = (width - titles) // len(some) - _GAP
        widths = [titles, *[room] * (len(some) - 1)]
        if first:
            lines.append(line())
        heads = [Cell("")] + [Cell(disputes.labels[holder], "bold") for holder in some]
        lines += columns(heads, widths, gap=_GAP, width=width)
        for row in rows:
            if any(holder in row.cells for holder in some):
                name = Cell(row.question.title, _STYLES.get(row.question.state, ""))
                cells: list[str | Cell] = [name, *(row.text(holder) for holder in some)]
                lines += columns(cells, widths, gap=_GAP, width=width)
    return lines
