"""Numbers over time as a person reads them: what is counted, by whom, and how the number was later said otherwise.

1. A block is a quantity, and in it a series for each holder and certainty, in the order in which it was said.
2. Nothing is added up. What ended keeps its row, and says so.
"""

from __future__ import annotations

from itertools import groupby

from .counts import CountRow, Counts
from .layout import Cell, Line, columns, line, paragraph
from .render import head_lines
from .words import date_in_words, property_in_words, value_in_words

__all__ = ["counts_lines"]


def counts_lines(counts: Counts, *, width: int = 100) -> list[Line]:
    """The numbers of a case.

    Args:
        counts: the numbers.
        width: cells of a line.
    """
    rows = counts.rows
    lines = head_lines(counts.state, width)
    if not rows:
        return [*lines, line(), line("no claim states a number")]
    for (title, asked), block in groupby(rows, key=lambda row: (row.label, row.property)):
        lines += [line(), line(Cell(f"{title} \N{MIDDLE DOT} {property_in_words(asked)}", "bold"))]
        for (_, _, _), series in groupby(
            block, key=lambda row: (row.holder, row.certainty, row.quantity.unit)
        ):
            for place, row in enumerate(series):
                lines += _row_lines(row, width, first=place == 0)
    return [*lines, line(), *paragraph("as each holder stated them; nothing is added up", width, style="dim")]


def _row_lines(row: CountRow, width: int, *, first: bool) -> list[Line]:
    style = "" if row.status == "standing" else "strike"
    number = value_in_words(row.quantity, lambda name: name)
    number = f"not {number}" if row.polarity == "negated" else number
    open_mark = {"undecided": "one reading", "either": "left open", "stated": ""}[row.openness]
    asides = [
        "" if row.strength == "asserted" else row.strength,
        open_mark,
        "under some readings" if row.is_conditional else "",
        f"as of {date_in_words(row.as_of)}" if row.as_of else "",
        "" if row.status == "standing" else f"{row.status}" + (f" by {row.by}" if row.by else ""),
    ]
    cells: list[str | Cell] = [
        row.holder_label if first else "",
        date_in_words(row.said) or "no date",
        Cell(number, style),
        row.ref,
        ", ".join(one for one in asides if one),
    ]
    return columns(cells, [width * 25 // 100, 13, width * 23 // 100, 6], indent=2, width=width)
