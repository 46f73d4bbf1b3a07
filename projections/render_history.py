"""The history of a question as a person reads it: every claim in the order of the log, and how it reached us.

1. Pure: from a `History` to lines. Nothing is left out; what ended, was amended or was judged says so below its row.
2. A judgement is shown once, as that of who judged.
3. When it was said has a star where the recorder inferred it; what from is said below the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from claimledger.events.disclosure import SlotStatus

from .erasures import erased_in_words
from .history import History, HistoryRow
from .kept import DISCLOSED_MEANS
from .layout import Cell, Line, columns, line, paragraph, short
from .render import endings_in_words, head_lines
from .render_question import DOT, Labels, ended_by, judgement_line, reading_in_words
from .revocations import disputed_in_words

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
    rows = history.rows
    stars = _stars(rows)
    endings = endings_in_words(history.state, holders)
    for row in rows:
        lines += _claim_lines(row, history.state.label, named, judged, stars, endings, width)
    lines += _footnotes(stars, width)
    if any(row.kept is not None and row.kept.status is SlotStatus.DISCLOSED for row in rows):
        lines += paragraph(DISCLOSED_MEANS, width, hanging=2)
    recorders = dict.fromkeys(keyid for row in rows for keyid in row.recorder)
    by = ", ".join(_holder(keyid, named) for keyid in recorders)
    disputed = sum(row.revocation is not None for row in rows)
    but = f", {disputed} of {len(rows)} disputed since a key was revoked" if disputed else ""
    said = [f"recorded by {by}" if by else "nothing recorded", f"every signature here verifies{but}"]
    lines += [line(), *paragraph(f" {DOT} ".join([*said, *([more] if more else [])]), width, hanging=2)]
    return lines


def followed_lines(
    before: Sequence[HistoryRow],
    after: Sequence[HistoryRow],
    labels: Labels,
    *,
    width: int = 100,
    holders: Mapping[str, str] | None = None,
    endings: Mapping[str, str] | None = None,
) -> list[Line]:
    """What came to a history that is shown already: new claims, and what became of those above.

    Args:
        before: the rows that were shown.
        after: the rows as they are now.
        labels: what readers see for a name.
        width: cells of a line.
        holders: keyid to who holds the key.
        endings: event id of a withdrawal to its words, as `endings_in_words` gives them.
    """
    named = holders or {}
    ends = endings or {}
    shown = {row.ref: row for row in before}
    judged = {judgement.index for row in before for judgement in row.judgements}
    lines: list[Line] = []
    stars = _stars([row for row in after if row.ref not in shown])
    for row in after:
        earlier = shown.get(row.ref)
        if earlier is None:
            lines += _claim_lines(row, labels, named, judged, stars, ends, width)
        elif earlier != row:
            known = _remarks(earlier, labels, named, set(), ends)
            told = [one for one in _remarks(row, labels, named, judged, ends) if one not in known]
            if row.status == "standing" != earlier.status:
                told.insert(
                    0, f"stands again, no longer {ended_by(str(earlier.status), earlier.ended_by, ends)}"
                )
            for remark in told:
                lines += paragraph(f"{row.index} {row.ref}: {remark}", width, hanging=_INDENT)
    return lines + _footnotes(stars, width)


def _stars(rows: Sequence[HistoryRow]) -> dict[str, str]:
    """From what the times of being said were inferred, each with its mark: ``*``, ``*2``, ``*3``."""
    bases = dict.fromkeys(voice.said_basis for row in rows for voice in row.voices if voice.said_basis)
    return {basis: "*" if number == 1 else f"*{number}" for number, basis in enumerate(bases, 1)}


def _footnotes(stars: Mapping[str, str], width: int) -> list[Line]:
    notes = [
        note
        for basis, mark in stars.items()
        for note in paragraph(f"{mark} date inferred by the recorder: {basis}", width, hanging=2)
    ]
    return [line(), *notes] if notes else []


def _said(row: HistoryRow, stars: Mapping[str, str]) -> str:
    dates = [voice.said + stars.get(voice.said_basis or "", "") for voice in row.voices if voice.said]
    return " or ".join(dict.fromkeys(dates))


def _claim_lines(
    row: HistoryRow,
    labels: Labels,
    named: Mapping[str, str],
    judged: set[int],
    stars: Mapping[str, str],
    endings: Mapping[str, str],
    width: int,
) -> list[Line]:
    cells = [str(row.index), row.ref, _said(row, stars), row.who, row.what, _how(row)]
    lines = _row_lines(cells, width, "" if row.status == "standing" else "strike")
    for remark in _remarks(row, labels, named, judged, endings):
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


def _remarks(
    row: HistoryRow,
    labels: Labels,
    named: Mapping[str, str],
    judged: set[int],
    endings: Mapping[str, str],
) -> list[str]:
    remarks = [
        f"about this question only if {reading_in_words(reading, labels)}" for reading in row.conditional_on
    ]
    if row.status != "standing":
        remarks.append(ended_by(str(row.status), row.ended_by, endings))
    remarks += [
        f"the record was amended at index {each.index}"
        + (f", because {each.because}" if each.because else "")
        + f"; before: {each.before}"
        for each in row.amendments
    ]
    remarks += [
        f"{erased_in_words(each)} at index {each.index}, by authority of {each.authority}: {each.reason}"
        for each in row.erasures
    ]
    if row.kept is not None:
        remarks.append(f"the value is kept behind a commitment: {row.kept.in_words}")
    if row.revocation is not None:
        remarks.append(disputed_in_words(row.revocation))
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
