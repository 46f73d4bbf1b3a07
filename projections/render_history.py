"""The history of a question as a person reads it: every claim in the order of the log, and how it reached us.

1. Pure: from a `History` to lines. Nothing is left out; what ended, was amended or was judged says so below its row.
2. A judgement is shown once, as that of who judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .history import History, HistoryRow
from .layout import Cell, Line, columns, line, paragraph, short
from .render import head_lines
from .render_question import DOT, Labels, judgement_line, reading_in_words

__all__ = ["followed_lines", "history_lines"]

_INDENT = 7


def history_lines(
    history: History,
    *,
    width: int = 100,
    holders: Mapping[str, str] | None = None,
    more: str = "",
) -> list[Line]:
    """The history of a question, or of a case.

    Args:
        history: the history.
        width: cells of a line.
        holders: keyid to who holds the key, for those who recorded and judged.
        more: the command that writes a proof.
    """
    named = holders or {}
    question = history.question
    lines = head_lines(history.state, width)
    if question is not None:
        state = str(question.state).replace("_", " ")
        lines += [line(), line(Cell(question.title, "bold"), f"  ({state})")]
    lines.append(line())
    lines += _row_lines(["index", "claim", "said", "who", "what", "how it reached us"], width, "dim")
    judged: set[int] = set()
    for row in history.rows:
        lines += _claim_lines(row, history.state.label, named, judged, width)
    recorders = dict.fromkeys(keyid for row in history.rows for keyid in row.recorder)
    by = ", ".join(_holder(keyid, named) for keyid in recorders)
    said = [f"recorded by {by}" if by else "nothing recorded", "every signature here verifies"]
    lines += [line(), *paragraph(f" {DOT} ".join([*said, *([more] if more else [])]), width, hanging=2)]
    return lines


def followed_lines(
    before: Sequence[HistoryRow],
    after: Sequence[HistoryRow],
    labels: Labels,
    *,
    width: int = 100,
    holders: Mapping[str, str] | None = None,
) -> list[Line]:
    """What came to a history that is shown already: new claims, and what became of those above.

    Args:
        before: the rows that were shown.
        after: the rows as they are now.
        labels: what readers see for a name.
        width: cells of a line.
        holders: keyid to who holds the key.
    """
    named = holders or {}
    shown = {row.ref: row for row in before}
    judged = {judgement.index for row in before for judgement in row.judgements}
    lines: list[Line] = []
    for row in after:
        earlier = shown.get(row.ref)
        if earlier is None:
            lines += _claim_lines(row, labels, named, judged, width)
        elif earlier != row:
            known = _remarks(earlier, labels, named, set())
            for remark in _remarks(row, labels, named, judged):
                if remark not in known:
                    lines += paragraph(f"{row.index} {row.ref}: {remark}", width, hanging=_INDENT)
    return lines


def _claim_lines(
    row: HistoryRow, labels: Labels, named: Mapping[str, str], judged: set[int], width: int
) -> list[Line]:
    cells = [str(row.index), row.ref, row.said, row.who, row.what, _how(row)]
    lines = _row_lines(cells, width, "" if row.status == "standing" else "strike")
    for remark in _remarks(row, labels, named, judged):
        lines += paragraph(remark, width, indent=_INDENT, hanging=2, style="dim")
    return lines


def _row_lines(cells: Sequence[str], width: int, style: str) -> list[Line]:
    room = width - 5 - 6 - 13 - 10
    widths = [5, 6, 13, room * 30 // 100, room * 34 // 100]
    return columns([Cell(cell, style) for cell in cells], widths, width=width)


def _how(row: HistoryRow) -> str:
    parts = list(row.relays) or ["directly"]
    if row.source is not None:
        words = "" if row.locator is None else f" words {row.locator.start}-{row.locator.end}"
        parts.append(f"{row.source}{words}")
    return ", ".join(parts)


def _remarks(row: HistoryRow, labels: Labels, named: Mapping[str, str], judged: set[int]) -> list[str]:
    remarks = [
        f"about this question only if {reading_in_words(reading, labels)}" for reading in row.conditional_on
    ]
    if row.status != "standing":
        remarks.append(f"{row.status}" + (f" by {row.ended_by}" if row.ended_by else ""))
    remarks += [
        f"the record was amended at index {each.index}, because {each.because}; before: {each.before}"
        for each in row.amendments
    ]
    if row.basis:
        remarks.append(f"basis: {row.basis}")
    for judgement in row.judgements:
        if judgement.index not in judged:
            judged.add(judgement.index)
            by = ", ".join(named.get(keyid, short(keyid)) for keyid in judgement.signers)
            remarks.append(judgement_line(judgement, labels).replace("judged:", f"judged by {by}:", 1))
    return remarks


def _holder(keyid: str, named: Mapping[str, str]) -> str:
    holder = named.get(keyid)
    return f"key {short(keyid)}" if holder is None else f"{holder} (key {short(keyid)})"
