"""What changed between two moments, as a person reads it: question by question, and by which claims.

1. Pure: from `Changes` and the two states. What opened or settled a dispute comes first, then the other questions in
   the order of the case, then what touches no question.
2. Every line ends in the claims that brought it about, or in whose act did: the recorder's, or the root keys'.
"""

from __future__ import annotations

from collections.abc import Iterable

from .case import CaseState
from .change import Change, ChangeSort
from .changes import Changes
from .layout import Cell, Line, amount, aside, columns, line, paragraph
from .render_clocks import clocks_in_words
from .render_question import DOT

__all__ = ["changes_lines"]

_STYLES = {
    ChangeSort.DISPUTE_OPENED: "red",
    ChangeSort.DISPUTE_SETTLED: "green",
    ChangeSort.CORRECTED: "yellow",
    ChangeSort.RETRACTED: "yellow",
}
_DISPUTES = (ChangeSort.DISPUTE_OPENED, ChangeSort.DISPUTE_SETTLED)


def changes_lines(changed: Changes, before: CaseState, after: CaseState, *, width: int = 100) -> list[Line]:
    """The changes of a case.

    Args:
        changed: the changes.
        before: the one state.
        after: the other.
        width: cells of a line.
    """
    title = after.title or before.title
    lines = [aside(Cell(title, "bold"), changed.case, width)]
    lines += paragraph(f"{_moment(before)} \N{RIGHTWARDS ARROW} {_moment(after)}", width, hanging=2)
    if not changed.entries:
        return [*lines, line(), line("nothing changed")]
    titles = {one.key: one.title for state in (before, after) for one in state.questions}
    disputes = changed.of_sort(*_DISPUTES)
    counted = [amount(len(changed.entries), "change")]
    counted += (
        [amount(len(disputes), "dispute opened or settled", "disputes opened or settled")] if disputes else []
    )
    lines += [line(f" {DOT} ".join(counted))]
    for key, some in _grouped(changed.entries):
        lines += [line(), line(Cell(titles.get(key, key) if key else "AT NO QUESTION", "bold"))]
        for change in some:
            lines += _change_lines(change, key, width)
    return lines


def _grouped(entries: Iterable[Change]) -> list[tuple[str, list[Change]]]:
    """The changes by the first question that they are at, those of disputes first; what is at none comes last."""
    groups: dict[str, list[Change]] = {}
    for change in entries:
        groups.setdefault(change.questions[0] if change.questions else "", []).append(change)
    return sorted(
        groups.items(), key=lambda one: (one[0] == "", not any(each.sort in _DISPUTES for each in one[1]))
    )


def _change_lines(change: Change, key: str, width: int) -> list[Line]:
    sort = str(change.sort).replace("_", " ")
    text = change.text.removeprefix(f"{sort}: ")
    if len(change.questions) > 1:
        text += f" (also at {', '.join(one for one in change.questions if one != key)})"
    whose = "root keys" if change.sort is ChangeSort.SIGNATURE_DISPUTED else "recorder"
    by = " ".join(change.claims) or (whose if change.events else "")
    widths = [18, width - 2 - 18 - 2 - 2 - 16]
    return columns([Cell(sort, _STYLES.get(change.sort, "")), text, by], widths, indent=2, width=width)


def _moment(state: CaseState) -> str:
    if state.clocks.known_at == -1:
        return "before anything was recorded"
    return ", ".join(clocks_in_words(state.clocks)) or "as it stands now"
