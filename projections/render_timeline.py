"""The timeline of a case as a person reads it: when, who, what, and how far the order is certain.

1. A mark beside the date says what is not certain: ``~`` its days and those of a row above overlap, ``?`` nothing is
   known of its order. No mark says that all rows above come before it.
2. Nothing is left out; what is undated comes last, what ended says so below its row.
"""

from __future__ import annotations

from collections.abc import Mapping

from .layout import Cell, Line, columns, line, paragraph
from .render import endings_in_words, head_lines
from .render_question import DOT, ended_by
from .revocations import disputed_in_words
from .timeline import Order, Timeline, TimelineRow

__all__ = ["timeline_lines"]

_MARKS = {Order.CERTAIN: "", Order.OVERLAPS: "~", Order.UNKNOWN: "?"}
_LEGEND = (
    "~ overlaps a row above, so that either may come first \N{MIDDLE DOT} ? nothing is known of its order"
)
_HEADS = {"happened": "happened", "said": "said", "recorded": "recorded"}
_INDENT = 2


def timeline_lines(
    timeline: Timeline, *, width: int = 100, holders: Mapping[str, str] | None = None
) -> list[Line]:
    """The timeline of a case.

    Args:
        timeline: the timeline.
        width: cells of a line.
        holders: keyid to who holds the key, for those who withdrew records.
    """
    state, rows = timeline.state, timeline.rows
    lines = [*head_lines(state, width), line()]
    if not rows:
        return [*lines, line("no claim")]
    lines += _row_lines(["", _HEADS[timeline.by], "claim", "who", "what"], width, "dim")
    undated = False
    about = {question.key: question.label for question in state.questions}
    endings = endings_in_words(state, holders)
    for row in rows:
        if not row.is_dated and not undated:
            lines += [line(), line(Cell("NO DATE STATED, OR NONE WITH A YEAR", "bold"))]
            undated = True
        style = "" if row.status == "standing" else "strike"
        date = row.date or ""
        if timeline.by == "recorded":
            date = f"{row.index}  {row.recorded_at:%Y-%m-%d}"
        mark = _MARKS[row.order] if row.is_dated else ""
        lines += _row_lines([mark, date, row.ref, row.who, _what(row, about)], width, style)
        for remark in _remarks(row, endings):
            lines += paragraph(remark, width, indent=_INDENT + 2, hanging=2, style="dim")
    if any(row.order is not Order.CERTAIN for row in rows if row.is_dated):
        lines += [line(), *paragraph(_LEGEND, width, style="dim")]
    for views, said in (
        (state.not_yet_said, f"Not certainly said by {state.asserted_by}"),
        (state.not_of_that_day, f"Said of other days than {state.true_on}"),
    ):
        if views:
            refs = ", ".join(view.ref for view in views)
            lines += [line(), *paragraph(f"{said}: {refs}", width, hanging=2)]
    return lines


def _what(row: TimelineRow, about: Mapping[str, str]) -> str:
    """What was said, led by whom or what it is about."""
    labels = dict.fromkeys(about[key] for key in row.questions if key in about)
    return f"{' or '.join(labels)}: {row.what}" if labels else row.what


def _remarks(row: TimelineRow, endings: Mapping[str, str]) -> list[str]:
    remarks = [f"{row.field.replace('_', ' ')}: {', '.join(row.words)}"] if row.words else []
    if row.status != "standing":
        remarks.append(ended_by(str(row.status), row.ended_by, endings))
    said = [f" {DOT} ".join(remarks)] if remarks else []
    return said if row.revocation is None else [*said, disputed_in_words(row.revocation)]


def _row_lines(cells: list[str], width: int, style: str) -> list[Line]:
    room = width - 1 - 21 - 6 - 8
    return columns([Cell(cell, style) for cell in cells], [1, 21, 6, room * 38 // 100], width=width)
