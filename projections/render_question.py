"""One question as a person reads it: its positions, who holds them and how they came, and why they clash.

1. Pure: from the objects of `claimledger.projections.questions` to lines. Labels come from whoever calls.
2. Positions are numbered as in the data; pairs speak of them by number. No position is put before another by merit.
3. A voice or a reading that is open is shown as open: every alternative, and "if ..." with the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .compare import Verdict
from .layout import Cell, Line, aside, columns, paragraph
from .names import Reading
from .positions import Holding, Pair, Position
from .questions import JudgementView, Question, QuestionState, StatusView

__all__ = [
    "STATE_STYLES",
    "Labels",
    "judgement_line",
    "question_lines",
    "reading_in_words",
    "statuses_in_words",
]

Labels = Callable[[str], str]
"""The name of an entity to what readers see."""

DOT = "\N{MIDDLE DOT}"

STATE_STYLES = {
    QuestionState.DISPUTED: "bold red",
    QuestionState.CONDITIONAL: "bold yellow",
    QuestionState.AGREED: "green",
}

_VERDICTS = {
    Verdict.SAME: "say the same",
    Verdict.COMPATIBLE: "can both hold",
    Verdict.CONTRADICTS: "contradict",
    Verdict.CONDITIONAL: "contradict",
    Verdict.RELAYS_DIFFER: "are two reports of one statement that differ",
    Verdict.STALE: "no longer stand against one another",
    Verdict.NOT_COMPARABLE: "cannot be compared",
}
_CLASHES = (Verdict.CONTRADICTS, Verdict.CONDITIONAL, Verdict.RELAYS_DIFFER)
_STYLES = {Verdict.CONTRADICTS: "red", Verdict.CONDITIONAL: "yellow"}

_MARKS = {
    "only_through_opponent": "known only through an opponent",
    "superseded": "its speaker moved on",
    "withdrawn": "record withdrawn",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One voice at a position: who, how it came, and by which claims."""

    who: str
    via: str
    refs: tuple[str, ...]
    marks: tuple[str, ...]


def question_lines(
    question: Question, labels: Labels, *, width: int = 100, every_pair: bool = False
) -> list[Line]:
    """A question in a block: its title and state, a row for each voice, and why positions clash.

    Args:
        question: the question.
        labels: what readers see for a name.
        width: cells of a line.
        every_pair: list also the pairs that do not clash, and the judgements.
    """
    state = str(question.state).replace("_", " ")
    lines = [aside(Cell(question.title, "bold"), state, width)]
    lines[0].stylize(STATE_STYLES.get(question.state, ""), len(lines[0].plain) - len(state))
    numbered = len(question.positions) > 1
    for position in question.positions:
        lines += _position_lines(position, question.entity, labels, numbered=numbered, width=width)
    for status in question.statuses:
        lines += _status_lines(status, labels, width)
    for pair in question.pairs:
        if every_pair or pair.verdict in _CLASHES:
            lines += _pair_lines(pair, labels, width)
    if every_pair:
        for judgement in question.judgements:
            lines += paragraph(judgement_line(judgement, labels), width, indent=2, hanging=2, style="dim")
    return lines


def reading_in_words(reading: Reading, labels: Labels) -> str:
    """A reading as a condition: "the brother is Z", "C10's strength is appears"."""
    return " and ".join(_choice(variable, value, labels) for variable, value in reading.items())


def judgement_line(judgement: JudgementView, labels: Labels) -> str:
    """A judgement in a line, as somebody's."""
    said = f"judged: {' and '.join(judgement.claims)} {judgement.verb.replace('_', ' ')} {', '.join(judgement.of)}"
    if judgement.under:
        said += f", if {reading_in_words(judgement.under, labels)}"
    return f"{said} ({judgement.note})" if judgement.note else said


def statuses_in_words(statuses: Iterable[StatusView], labels: Labels) -> str:
    """Who gives no answer, and how: "being clarified (Russian authorities, C30)"."""
    return "; ".join(
        f"{_status_word(status)} ({', '.join(_voices(status.holders, labels))}, {status.ref})"
        for status in statuses
    )


def _choice(variable: str, value: str, labels: Labels) -> str:
    label = labels(variable)
    if label != variable or "." not in variable:
        return f"{label} is {labels(value)}"
    ref, _, field = variable.rpartition(".")
    if field == "voice":
        return f"{ref} is said by {labels(value)}"
    return f"the {field.replace('_', ' ')} of {ref} is {labels(value)}"


def _position_lines(
    position: Position, entity: Sequence[str], labels: Labels, *, numbered: bool, width: int
) -> list[Line]:
    text = position.text
    if position.strengths not in ((), ("asserted",)):
        text += f" ({' or '.join(position.strengths)})"
    marks = [_MARKS.get(mark, mark) for mark in position.marks]
    marks += [f"undercut by {ref}" for ref in position.undercut_by]
    style = "" if position.is_current else "strike"
    lines: list[Line] = []
    for place, row in enumerate(_rows(position.holders, labels)):
        said = " ".join([*row.refs, *(f"({mark})" for mark in (*row.marks, *(marks if place == 0 else ())))])
        lines += columns(
            [Cell(text if place == 0 else "", style), row.who, row.via, said], widths, indent=2, width=width
        )
    if position.conditional_on:
        readings = " or if ".join(reading_in_words(reading, labels) for reading in position.conditional_on)
        lines += paragraph(
            f"it is about {_together(entity, labels)} only if {readings}", width, indent=5, hanging=2
        )
    return lines


def _status_lines(status: StatusView, labels: Labels, width: int) -> list[Line]:
    lines: list[Line] = []
    for place, row in enumerate(_rows(status.holders, labels)):
        text = f"({_status_word(status)})" if place == 0 else ""
        lines += columns(["", text, row.who, row.via, " ".join(row.refs)], _widths(width), indent=2, width=width)
    if status.conditional_on:
        readings = " or if ".join(reading_in_words(reading, labels) for reading in status.conditional_on)
        lines += paragraph(f"only if {readings}", width, indent=5, hanging=2)
    return lines


def _pair_lines(pair: Pair, labels: Labels, width: int) -> list[Line]:
    said = f"{pair.a} and {pair.b} {_VERDICTS[pair.verdict]}"
    if pair.readings:
        said += " if " + ", or if ".join(reading_in_words(reading, labels) for reading in pair.readings)
    if pair.why:
        said += f": {pair.why}"
    return paragraph(said, width, indent=2, hanging=2, style=_STYLES.get(pair.verdict, ""))


def _rows(holders: Iterable[Holding], labels: Labels) -> list[_Row]:
    """Voices in the order of their claims; claims of one voice that came the same way share a row."""
    by_ref: dict[str, list[Holding]] = {}
    for holding in holders:
        by_ref.setdefault(holding.ref, []).append(holding)
    rows: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for ref, alternatives in by_ref.items():
        who = " or ".join(dict.fromkeys(_voice(holding, labels) for holding in alternatives))
        via = " or ".join(dict.fromkeys(_came(holding, labels) for holding in alternatives))
        marks = [] if alternatives[0].status == "standing" else [_ended(alternatives[0])]
        rows.setdefault((who, via, tuple(marks)), []).append(ref)
    return [_Row(who, via, tuple(refs), marks) for (who, via, marks), refs in rows.items()]


def _voices(holders: Iterable[Holding], labels: Labels) -> list[str]:
    return [row.who for row in _rows(holders, labels)]


def _voice(holding: Holding, labels: Labels) -> str:
    holder = labels(holding.holder)
    asserter = labels(holding.asserter)
    return holder if asserter == holder else f"{holder} ({asserter})"


def _came(holding: Holding, labels: Labels) -> str:
    hops = [f'{labels(hop.by)} ("{hop.verb}")' if hop.verb else labels(hop.by) for hop in holding.relays]
    return f"via {', '.join(hops)}" if hops else "directly"


def _ended(holding: Holding) -> str:
    return f"{holding.status} by {holding.by}" if holding.by else str(holding.status)


def _status_word(status: StatusView) -> str:
    word = status.status.replace("_", " ")
    return f"not {word}" if status.polarity == "negated" else word


def _together(entity: Sequence[str], labels: Labels) -> str:
    return " and ".join(labels(name) for name in entity)


def _widths(width: int) -> list[int]:
    """Of the number, the answer, the holder and the way; the claims take what is left."""
    return [1, width * 25 // 100, width * 25 // 100, width * 28 // 100]
