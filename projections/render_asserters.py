"""What speakers have said over all cases, as a person reads it: how often, on what, and what they took back.

1. All speakers: a row for each, the shared register first. One speaker: its answers, by property, the most frequent
   first, with the claims behind each count.
2. Answers that are equally frequent are never told apart by their order: a tie is said.
3. A count is whole; of the claims behind it the first few are named, and an ellipsis says that there are more.
4. Claims whose signatures are disputed stay counted; how many, and why, stands beside or below.
5. Nothing is added up: numbers that a speaker gave are listed as it gave them, each with how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from .asserter_rows import AnswerCount, AsserterRow, Behind, DisputedBy
from .asserters import Asserters
from .layout import Cell, Line, amount, aside, columns, fitting, line, paragraph
from .render_clocks import clocks_in_words
from .revocations import DISPUTED, disputed_in_words
from .words import date_in_words, property_in_words

__all__ = ["asserter_lines", "asserters_lines"]

DOT = "\N{MIDDLE DOT}"
_NAMED = 6
_TIED = 2
"""As many answers that are equally frequent are written out; of more, only the number."""


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
    asked = [row for row in rows if property is None or row.answers_to(property)]
    shown = [row for row in asked if row.claims.times or row.maybe.times or row.withdrawn.times]
    spoke = [row for row in asked if row not in shown]
    said = [amount(len(shown), "speaker")]
    said += [f"{len(spoke)} more spoke for others only"] if spoke else []
    said += [*_left_out(fold), *clocks_in_words(fold.clocks)]
    lines = paragraph(f" {DOT} ".join(said), width, hanging=2)
    most = (width * 26 // 100, width * 20 // 100)
    heads = ["speaker", "name", "claims", "cases", "took back", "most often"]
    table = [[row.label, _name(row), *_counts(row), _most(row, property)] for row in shown]
    lines += _table(heads, table, [6, 5, 9], most, width)
    disputed = [(row.label, one) for row in shown for one in row.signature_disputed]
    if disputed:
        lines += [
            line(),
            line(Cell(f"DISPUTED SIGNATURES ({sum(one.claims.times for _, one in disputed)})", "bold")),
        ]
    for label, one in disputed:
        lines += paragraph(f"{label}: {_disputed(one)}", width, indent=2, hanging=2)
    voices = [[row.label, _name(row), _spoke_for(row)] for row in spoke]
    lines += _table(["who spoke", "name", "for whom, whose claims they are"], voices, [], most, width)
    return [*lines, *([line(), line(f"one of them: {more}")] if more and asked else [])]


def _table(
    heads: list[str], rows: list[list[str]], further: list[int], most: tuple[int, int], width: int
) -> list[Line]:
    """A table under its heads; nothing where there is no row."""
    if not rows:
        return []
    fitted = [fitting((row[at] for row in [heads, *rows]), most[at]) for at in (0, 1)]
    lines = [line(), *columns([Cell(head, "dim") for head in heads], [*fitted, *further], width=width)]
    for cells in rows:
        lines += columns(cells, [*fitted, *further], width=width)
    return lines


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
    counted = f"{amount(row.claims.times, 'claim')} in {amount(row.claims.cases, 'case')}"
    said = [counted if row.claims.times else "no claim of its own"]
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
    for disputed in row.signature_disputed:
        lines += paragraph(_disputed(disputed), width, indent=2, hanging=2)
    if len(row.names) > 1:
        lines += paragraph(f"judged to be one: {', '.join(row.names)}", width, indent=2, hanging=2)
    for spoke in row.spoke_for:
        whose = spoke.label if spoke.case is None else f"{spoke.label} ({spoke.case}/{spoke.holder})"
        text = f"spoke for {whose}, whose claims they are: {spoke.said.times} ({_refs(spoke.said)})"
        lines += paragraph(text, width, indent=2, hanging=2)
    answers = [one for one in row.answers if property in (None, one.property)]
    for asked, some in groupby(answers, key=lambda one: one.property):
        lines += [line(), line(Cell(property_in_words(asked), "bold"))]
        for one in some:
            lines += _answer_lines(one, width)
        if asked in row.more_answers:
            lines.append(line(f"  {amount(row.more_answers[asked], 'claim')} with other answers"))
    if not answers and (row.claims.times or property is not None):
        wanted = "" if property is None else f" to {property_in_words(property)}"
        lines += [line(), line(f"no answer{wanted}")]
    return lines


def _answer_lines(one: AnswerCount, width: int) -> list[Line]:
    open_mark = {"undecided": " (undecided)", "either": " (left open)", "no_answer": " (no answer)"}
    text = f"{_answer(one)}{open_mark.get(one.openness, '')}"
    times = _times(one.said.times)
    if one.said.cases > 1:
        times += f" in {one.said.cases} cases"
    ended = [f"corrected {one.corrected}"] if one.corrected else []
    ended += [f"retracted {one.retracted}"] if one.retracted else []
    ended += [f"{DISPUTED} {one.signature_disputed}"] if one.signature_disputed else []
    cells = [text, times, ", ".join(ended), _refs(one.said)]
    return columns(cells, [width * 38 // 100, 19, 12], indent=2, width=width)


def _disputed(one: DisputedBy) -> str:
    return f"{amount(one.claims.times, 'claim')} ({_refs(one.claims)}): {disputed_in_words(one.revocation)}"


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
    """The most frequent answer; where several are, what they are or how many."""
    answers = row.answers if property is None else row.answers_to(property)
    if not answers:
        return ""
    times = max(one.said.times for one in answers)
    most = [one for one in answers if one.said.times == times]
    if len(most) > _TIED:
        return f"{len(most)} answers, {_times(times)} each"
    each = " each" if len(most) > 1 else ""
    how_often = f" ({_times(times)}{each})" if times > 1 or each else ""
    listed = (
        f"{property_in_words(asked)}: {' / '.join(_answer(one) for one in some)}"
        for asked, some in groupby(most, key=lambda one: one.property)
    )
    return f"{'; '.join(listed)}{how_often}"


def _spoke_for(row: AsserterRow) -> str:
    return "; ".join(f"{one.label} ({_times(one.said.times)})" for one in row.spoke_for)


def _answer(one: AnswerCount) -> str:
    return f"{'not ' if one.polarity == 'negated' else ''}{one.answer}"


def _times(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _name(row: AsserterRow) -> str:
    return row.holder if row.case is None else f"{row.case}/{row.holder}"


def _left_out(fold: Asserters) -> list[str]:
    not_said = (
        [f"{amount(fold.not_yet_said, 'claim')} not certainly said by then"] if fold.not_yet_said else []
    )
    unread = [f"{amount(fold.unread, 'claim')} in no case that this release can read"] if fold.unread else []
    return [*not_said, *unread]
