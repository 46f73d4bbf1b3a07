"""What speakers have said over all cases, as a person reads it: how often, on what, and what they took back.

1. All speakers: a row for each, the shared register first. One speaker: its answers, by property, the most frequent
   first, with the claims behind each count.
2. A count is whole; of the claims behind it the first few are named, and an ellipsis says that there are more.
3. Nothing is added up: numbers that a speaker gave are listed as it gave them, each with how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from .asserter_rows import AnswerCount, AsserterRow, Behind
from .asserters import Asserters
from .layout import Cell, Line, aside, columns, fitting, line, paragraph
from .render_clocks import clocks_in_words
from .words import date_in_words, property_in_words

__all__ = ["asserter_lines", "asserters_lines"]

DOT = "\N{MIDDLE DOT}"
_NAMED = 6


def asserters_lines(
    fold: Asserters,
    rows: Sequence[AsserterRow],
    property: str | None = None,
    *,
    width: int = 100,
    more: str = "",
) -> list[Line]:
    """Every speaker in a row.

    Args:
        fold: gives the clocks.
        rows: the speakers.
        property: only those with an answer to it, and these answers.
        width: cells of a line.
        more: the command that shows one speaker.
    """
    shown = [row for row in rows if property is None or row.answers_to(property)]
    said = [_count(len(shown), "speaker"), *_left_out(fold), *clocks_in_words(fold.clocks)]
    lines = [*paragraph(f" {DOT} ".join(said), width, hanging=2), line()]
    names = fitting((_name(row) for row in shown), width * 23 // 100)
    heads = ["speaker", "name", "claims", "cases", "took back", "most often"]
    table = [[row.label, _name(row), *_counts(row), _most(row, property)] for row in shown]
    labels = fitting((row.label for row in shown), width * 28 // 100)
    widths = [labels, names, 6, 5, 9]
    lines += columns([Cell(head, "dim") for head in heads], widths, width=width)
    for cells in table:
        lines += columns(cells, widths, width=width)
    return [*lines, *([line(), line(f"one of them: {more}")] if more else [])]


def asserter_lines(
    fold: Asserters, row: AsserterRow, property: str | None = None, *, width: int = 100
) -> list[Line]:
    """One speaker.

    Args:
        fold: gives the clocks.
        row: the speaker.
        property: only its answers to this.
        width: cells of a line.
    """
    said = [f"{_count(row.claims.times, 'claim')} in {_count(row.claims.cases, 'case')}"]
    if row.first_said is not None and row.last_said is not None:
        said.append(f"first said {date_in_words(row.first_said)}, last {date_in_words(row.last_said)}")
    said += [f"{how} {n}" for how, n in row.strengths.items() if how != "asserted"]
    said += clocks_in_words(fold.clocks)
    lines = [
        aside(Cell(row.label, "bold"), _name(row), width),
        *paragraph(f" {DOT} ".join(said), width, hanging=2),
    ]
    for what, behind in (
        ("later corrected", row.corrected),
        ("later retracted", row.retracted),
        ("records withdrawn by their recorder, in no count", row.withdrawn),
        ("may be its voice or another's, in no count", row.maybe),
    ):
        if behind.times:
            lines += paragraph(f"{what}: {behind.times} ({_refs(behind)})", width, indent=2, hanging=2)
    if len(row.names) > 1:
        lines += paragraph(f"judged to be one: {', '.join(row.names)}", width, indent=2, hanging=2)
    answers = [one for one in row.answers if property in (None, one.property)]
    for asked, some in groupby(answers, key=lambda one: one.property):
        lines += [line(), line(Cell(property_in_words(asked), "bold"))]
        for one in some:
            lines += _answer_lines(one, width)
        if asked in row.more_answers:
            lines.append(line(f"  {_count(row.more_answers[asked], 'claim')} with other answers"))
    if not answers:
        wanted = "" if property is None else f" to {property_in_words(property)}"
        lines += [line(), line(f"no answer{wanted}")]
    return lines


def _answer_lines(one: AnswerCount, width: int) -> list[Line]:
    open_mark = {"undecided": " (undecided)", "either": " (left open)", "no_answer": " (no answer)"}
    text = f"{'not ' if one.polarity == 'negated' else ''}{one.answer}{open_mark.get(one.openness, '')}"
    times = "once" if one.said.times == 1 else f"{one.said.times} times"
    if one.said.cases > 1:
        times += f" in {one.said.cases} cases"
    ended = [f"corrected {one.corrected}"] if one.corrected else []
    ended += [f"retracted {one.retracted}"] if one.retracted else []
    cells = [text, times, ", ".join(ended), _refs(one.said)]
    return columns(cells, [width * 38 // 100, 19, 12], indent=2, width=width)


def _refs(behind: Behind) -> str:
    """The claims behind a count; the case is said where it changes."""
    named: list[str] = []
    case = ""
    for ref in behind.refs[:_NAMED]:
        named.append(ref.ref if ref.case == case else f"{ref.case}/{ref.ref}")
        case = ref.case
    return " ".join(named) + (" \N{HORIZONTAL ELLIPSIS}" if behind.times > len(named) else "")


def _counts(row: AsserterRow) -> list[str]:
    took_back = row.corrected.times + row.retracted.times
    maybe = f"+{row.maybe.times}?" if row.maybe.times else ""
    return [f"{row.claims.times}{maybe}", str(row.claims.cases), str(took_back) if took_back else "."]


def _most(row: AsserterRow, property: str | None) -> str:
    """The most frequent answer, among equals the first one."""
    answers = row.answers if property is None else row.answers_to(property)
    if not answers:
        return ""
    most = max(answers, key=lambda one: one.said.times)
    times = "" if most.said.times == 1 else f" ({most.said.times} times)"
    denied = "not " if most.polarity == "negated" else ""
    return f"{property_in_words(most.property)}: {denied}{most.answer}{times}"


def _name(row: AsserterRow) -> str:
    return row.holder if row.case is None else f"{row.case}/{row.holder}"


def _left_out(fold: Asserters) -> list[str]:
    return [f"{_count(fold.not_yet_said, 'claim')} not certainly said by then"] if fold.not_yet_said else []


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
