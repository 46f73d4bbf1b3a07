"""One question as a person reads it: its positions, who holds them and how they came, and why they clash.

1. Pure: from the objects of `claimledger.projections.questions` to lines. Labels come from whoever calls.
2. Positions have letters, in the order of their claims, and pairs speak of them by these. None is put first by merit.
3. A voice or a reading that is open is shown as open: every alternative, and "if ..." with the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .compare import Verdict
from .layout import Cell, Line, aside, columns, paragraph
from .names import Reading
from .positions import Holding, Pair, Position
from .questions import JudgementView, Question, QuestionState, StatusView
from .words import scoped_in_words

__all__ = [
    "STATE_STYLES",
    "Beside",
    "Labels",
    "ended_by",
    "ended_in_words",
    "held_in_words",
    "judgement_line",
    "not_counted",
    "question_lines",
    "reading_in_words",
    "statuses_in_words",
]

Labels = Callable[[str], str]
"""The name of an entity to what readers see."""

DOT = "\N{MIDDLE DOT}"
_LETTERS = 26

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
    "stale": "rests on a claim that moved on",
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What a screen says of claims beside what their question holds.

    Attributes:
        endings: event id of a withdrawal to its words: "at index 7 by Recorder A, because ...".
        inferred: ref and property to from what the recorder inferred the date that is the answer.
        nameless: the speakers who have no name, or of whom it is open who is meant.
    """

    endings: Mapping[str, str] = field(default_factory=dict)
    inferred: Mapping[tuple[str, str], str] = field(default_factory=dict)
    nameless: frozenset[str] = frozenset()


_NOTHING = Beside()


@dataclass(frozen=True, slots=True)
class _Row:
    """One voice at a position: who, how it came, and by which claims."""

    who: str
    via: str
    refs: tuple[str, ...]
    marks: tuple[str, ...]


def question_lines(
    question: Question,
    labels: Labels,
    *,
    width: int = 100,
    every_pair: bool = False,
    beside: Beside = _NOTHING,
) -> list[Line]:
    """A question in a block: its title and state, a row for each voice, and why positions clash.

    Args:
        question: the question.
        labels: what readers see for a name.
        width: cells of a line.
        every_pair: list also the pairs of answers in force that do not clash, and the judgements; the other pairs
            are counted.
        beside: what is said of its claims beside it.
    """
    state = str(question.state).replace("_", " ")
    lines = [aside(Cell(question.title, "bold"), state, width)]
    lines[0].stylize(STATE_STYLES.get(question.state, ""), len(lines[0].plain) - len(state))
    numbered = len(question.positions) > 1
    for position in question.positions:
        lines += _position_lines(position, labels, beside, numbered=numbered, width=width)
        lines += _inferred_lines(position, question.property, beside, width)
    for status in question.statuses:
        lines += _status_lines(status, labels, beside, width)
    lines += [under for why in not_counted(question, beside) for under in _under(why, width)]
    current = {position.number for position in question.positions if position.is_current}
    left = 0
    for pair in question.pairs:
        if pair.verdict in _CLASHES or (every_pair and {pair.a, pair.b} <= current):
            lines += _pair_lines(pair, labels, width)
        else:
            left += 1
    if every_pair:
        lines += _pairs_left(left, width)
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


def statuses_in_words(statuses: Iterable[StatusView], labels: Labels, beside: Beside = _NOTHING) -> str:
    """Who gives no answer, and how: "being clarified (Russian authorities, C30)"."""
    return "; ".join(
        f"{_status_word(status)} ({', '.join([*_voices(status.holders, labels), status.ref])}"
        f"{_and_ended(status.holders, beside)})"
        for status in statuses
    )


def ended_in_words(positions: Iterable[Position], labels: Labels, beside: Beside = _NOTHING) -> str:
    """Which answers nobody stands by any more, whose they were, and how they ended."""
    return "; ".join(
        f"{_in_words(position, labels)} ({_held_in_words(position, labels, beside)})"
        for position in positions
    )


def held_in_words(position: Position, labels: Labels, beside: Beside = _NOTHING) -> str:
    """An answer and whose it is, in a line: "torture (Azerbaijani authorities, C27)"."""
    text = _in_words(position, labels) + _how_firmly(position)
    return f"{text} ({_held_in_words(position, labels, beside)})"


def _held_in_words(position: Position, labels: Labels, beside: Beside) -> str:
    return " and ".join(f"{row.who}, {_refs(row)}" for row in _rows(position.holders, labels, beside))


def ended_by(status: str, by: str | None, endings: Mapping[str, str]) -> str:
    """How a claim ended: "corrected by C3", "withdrawn at index 7 by Recorder A, because ..."."""
    if by is None:
        return status
    return f"{status} {endings[by]}" if by in endings else f"{status} by {by}"


def _refs(row: _Row) -> str:
    return ", ".join((" ".join(row.refs), *row.marks))


def _and_ended(holders: Sequence[Holding], beside: Beside) -> str:
    ended = dict.fromkeys(_ended(holding, beside) for holding in holders if holding.status != "standing")
    return "".join(f", {how}" for how in ended)


def _choice(variable: str, value: str, labels: Labels) -> str:
    label = labels(variable)
    if label != variable or "." not in variable:
        return f"{label} is {labels(value)}"
    ref, _, field = variable.rpartition(".")
    if field == "voice":
        return f"{ref} is said by {labels(value)}"
    return f"the {field.replace('_', ' ')} of {ref} is {labels(value)}"


def _in_words(position: Position, labels: Labels) -> str:
    return scoped_in_words(position.text, position.answer, labels)


def _how_firmly(position: Position) -> str:
    return "" if position.strengths in ((), ("asserted",)) else f" ({' or '.join(position.strengths)})"


def _position_lines(
    position: Position, labels: Labels, beside: Beside, *, numbered: bool, width: int
) -> list[Line]:
    text = _in_words(position, labels) + _how_firmly(position)
    style = "" if position.is_current else "strike"
    lines: list[Line] = []
    for place, row in enumerate(_rows(position.holders, labels, beside)):
        number = _letter(position.number) if numbered and place == 0 else ""
        cells: list[str | Cell] = [
            number,
            Cell(text if place == 0 else "", style),
            row.who,
            row.via,
            " ".join(row.refs),
        ]
        lines += columns(cells, _widths(width), indent=2, width=width)
        lines += [under for mark in row.marks for under in _under(mark, width)]
    lines += _only_if(position.conditional_on, labels, width)
    for mark in position.marks:
        if mark in _MARKS:
            lines += _under(_MARKS[mark], width)
    if position.undercut_by:
        lines += _under(f"undercut by {', '.join(position.undercut_by)}: that changes no value", width)
    return lines


def _inferred_lines(position: Position, property: str, beside: Beside, width: int) -> list[Line]:
    """That the date is the recorder's, from what, and in which claims."""
    refs: dict[str, list[str]] = {}
    for ref in position.refs:
        if (ref, property) in beside.inferred:
            refs.setdefault(beside.inferred[ref, property], []).append(ref)
    everywhere = len(refs) == 1 and set(*refs.values()) == set(position.refs)
    return [
        under
        for basis, named in refs.items()
        for under in _under(f"inferred{'' if everywhere else ' for ' + ', '.join(named)}: {basis}", width)
    ]


def not_counted(question: Question, beside: Beside = _NOTHING) -> list[str]:
    """Why a question with several answers has a single voice."""
    holders = [
        holding
        for position in question.positions
        for holding in position.holders
        if holding.status == "standing"
    ]
    one_voice = len({holding.holder for holding in holders}) < 2
    if question.state is not QuestionState.SINGLE_VOICE or len(question.positions) < 2 or one_voice:
        return []
    why = dict.fromkeys(
        "an undecided voice"
        if holding.readings
        else "an unnamed speaker"
        if holding.holder in beside.nameless
        else "a speaker who relies on another's claim"
        for holding in holders
        if not holding.independent
    )
    return [f"{one} is not counted as a second voice" for one in why]


def _status_lines(status: StatusView, labels: Labels, beside: Beside, width: int) -> list[Line]:
    lines: list[Line] = []
    for place, row in enumerate(_rows(status.holders, labels, beside)):
        text = f"({_status_word(status)})" if place == 0 else ""
        lines += columns(
            ["", text, row.who, row.via, " ".join(row.refs)], _widths(width), indent=2, width=width
        )
        lines += [under for mark in row.marks for under in _under(mark, width)]
    lines += _only_if(status.conditional_on, labels, width)
    return lines


def _only_if(readings: Sequence[Reading], labels: Labels, width: int) -> list[Line]:
    if not readings:
        return []
    return _under(
        "only if " + ", or if ".join(reading_in_words(reading, labels) for reading in readings), width
    )


def _under(remark: str, width: int) -> list[Line]:
    return paragraph(remark, width, indent=5, hanging=2, style="dim")


def _pair_lines(pair: Pair, labels: Labels, width: int) -> list[Line]:
    said = f"{_letter(pair.a)} and {_letter(pair.b)} {_VERDICTS[pair.verdict]}"
    if pair.readings:
        said += " if " + ", or if ".join(reading_in_words(reading, labels) for reading in pair.readings)
    if pair.why:
        said += f": {pair.why}"
    return paragraph(said, width, indent=2, hanging=2, style=_STYLES.get(pair.verdict, ""))


def _pairs_left(number: int, width: int) -> list[Line]:
    """How many pairs with an answer that nobody stands by are not listed: they can stand against nobody."""
    if not number:
        return []
    pairs = "1 pair" if number == 1 else f"{number} pairs"
    said = f"{pairs} with an answer that nobody stands by any more: --json lists them"
    return paragraph(said, width, indent=2, hanging=2, style="dim")


def _letter(number: int) -> str:
    """A position's letter on the screen, so that nobody takes its number for an index."""
    return chr(ord("A") + number) if number < _LETTERS else str(number)


def _rows(holders: Iterable[Holding], labels: Labels, beside: Beside = _NOTHING) -> list[_Row]:
    """Voices in the order of their claims; claims of one voice that came the same way share a row."""
    by_ref: dict[str, list[Holding]] = {}
    for holding in holders:
        by_ref.setdefault(holding.ref, []).append(holding)
    rows: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for ref, alternatives in by_ref.items():
        who = " or ".join(dict.fromkeys(_voice(holding, labels) for holding in alternatives))
        via = " or ".join(dict.fromkeys(_came(holding, labels) for holding in alternatives))
        marks = [] if alternatives[0].status == "standing" else [_ended(alternatives[0], beside)]
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


def _ended(holding: Holding, beside: Beside) -> str:
    return ended_by(str(holding.status), holding.by, beside.endings)


def _status_word(status: StatusView) -> str:
    word = status.status.replace("_", " ")
    return f"not {word}" if status.polarity == "negated" else word


def _widths(width: int) -> list[int]:
    """Of the number, the answer, the holder and the way; the claims take what is left."""
    return [1, width * 25 // 100, width * 25 // 100, width * 29 // 100]
