"""The state of a case as a person reads it: what is in dispute first, then what is open, then the rest by number.

1. Pure: from a `CaseState` to lines. It says how much of the log it rests on, and through which filters.
2. Without `everything` only disputed, conditional and open questions are listed, and those on which nobody stands by
   an answer any more; the others are counted, never hidden.
3. With `everything` each question is listed, and each claim that answers none.
"""

from __future__ import annotations

from collections.abc import Iterable

from claimledger.events.kinds import General, Opinion, Reply

from .case import CaseState
from .claims import ClaimView
from .layout import Cell, Line, aside, columns, line, paragraph
from .questions import JudgementView, Question, QuestionState
from .render_clocks import clocks_in_words
from .render_question import DOT, ended_in_words, question_lines, statuses_in_words

__all__ = ["case_lines", "head_lines"]

_REST = (QuestionState.SINGLE_VOICE, QuestionState.AGREED, QuestionState.COMPATIBLE)


def case_lines(
    state: CaseState,
    *,
    width: int = 100,
    everything: bool = False,
    more: str = "",
) -> list[Line]:
    """The state of a case.

    Args:
        state: the state.
        width: cells of a line.
        everything: list every question and claim.
        more: the command that shows everything.
    """
    by_state: dict[QuestionState, list[Question]] = {each: [] for each in QuestionState}
    for question in state.questions:
        by_state[question.state].append(question)
    disputed = by_state[QuestionState.DISPUTED] + by_state[QuestionState.CONDITIONAL]
    lines = head_lines(state, width)
    lines += _section(f"DISPUTED OR CONDITIONAL ({len(disputed)} of {len(state.questions)} questions)")
    lines += _blocks(disputed, state, width, everything=everything)
    lines += _open([one for one in by_state[QuestionState.OPEN] if _has_word(one)], state, width)
    lines += _left([one for one in by_state[QuestionState.OPEN] if not _has_word(one)], state, width)
    if everything:
        for each in _REST:
            lines += _section(f"{_words(each)} ({len(by_state[each])})")
            lines += _blocks(by_state[each], state, width, everything=True)
        lines += _unasked(state, width)
    else:
        counted = f" {DOT} ".join(f"{_words(each)} ({len(by_state[each])})" for each in _REST)
        lines += [line(), line(Cell(counted, "bold")), *([line(f"  all of it: {more}")] if more else [])]
    lines += _not_read(state, width)
    return lines


def _section(title: str) -> list[Line]:
    return [line(), line(Cell(title, "bold"))]


def _words(state: QuestionState) -> str:
    return str(state).replace("_", " ").upper()


def _blocks(questions: Iterable[Question], state: CaseState, width: int, *, everything: bool) -> list[Line]:
    lines: list[Line] = []
    for question in questions:
        lines += question_lines(question, state.label, width=width, every_pair=everything)
        lines.append(line())
    return lines[:-1]


def _open(questions: list[Question], state: CaseState, width: int) -> list[Line]:
    if not questions:
        return []
    lines = _section(
        f"OPEN ({len(questions)}): no value; what the speakers say is not known, or decline to say"
    )
    for question in questions:
        said = f"{question.title}: {statuses_in_words(question.statuses, state.label)}"
        if question.positions:
            said += f"; no longer held: {ended_in_words(question.positions, state.label)}"
        lines += paragraph(said, width, indent=2, hanging=2)
    return lines


def _left(questions: list[Question], state: CaseState, width: int) -> list[Line]:
    if not questions:
        return []
    lines = _section(f"NO LONGER HELD ({len(questions)}): nobody stands by an answer any more")
    for question in questions:
        ended = [ended_in_words(question.positions, state.label)] if question.positions else []
        if question.statuses:
            ended.append(statuses_in_words(question.statuses, state.label))
        lines += paragraph(f"{question.title}: {'; '.join(ended)}", width, indent=2, hanging=2)
    return lines


def _has_word(question: Question) -> bool:
    """Whether somebody still says, of an open question, that it is not known or not told."""
    return any(status.is_current for status in question.statuses)


def _unasked(state: CaseState, width: int) -> list[Line]:
    """The claims that answer no question."""
    lines: list[Line] = []
    for title, views in (
        ("OPINIONS AND DEMANDS", state.opinions),
        ("PATTERNS AND NORMS", state.patterns),
        ("REPLIES TO CLAIMS", state.replies),
        ("OTHER CLAIMS", (*state.unplaced, *state.unread)),
    ):
        if views:
            lines += _section(f"{title} ({len(views)})")
            for view in views:
                row = [view.ref, _speakers(view, state), _gist(view, state)]
                lines += columns(row, [6, width * 28 // 100], indent=2, width=width)
    return lines


def _not_read(state: CaseState, width: int) -> list[Line]:
    lines: list[Line] = []
    if state.not_yet_said:
        refs = ", ".join(view.ref for view in state.not_yet_said)
        lines += [line(), *paragraph(f"Not certainly said by {state.asserted_by}: {refs}", width, hanging=2)]
    if state.not_of_that_day:
        refs = ", ".join(view.ref for view in state.not_of_that_day)
        lines += [line(), *paragraph(f"Said of other days than {state.true_on}: {refs}", width, hanging=2)]
    if state.unread_events:
        lines.append(line())
    for event in state.unread_events:
        lines += paragraph(
            f"index {event.index}: {event.type} is kept, not read: {event.reason}", width, hanging=2
        )
    return lines


def _speakers(view: ClaimView, state: CaseState) -> str:
    return " or ".join(dict.fromkeys(state.label(voice.asserter) for voice in view.body.voices))


def _gist(view: ClaimView, state: CaseState) -> str:
    """What a claim without a question says, in a few words."""
    claim = view.body.claim
    ended = "" if view.status == "standing" else f" ({view.status})"
    if isinstance(claim, Opinion):
        return f"{claim.tone}: {claim.text or '(withheld)'}{ended}"
    if isinstance(claim, General):
        often = f" ({claim.frequency})" if claim.frequency else ""
        return f"{claim.topic}: {claim.text or '(withheld)'}{often}{ended}"
    if isinstance(claim, Reply):
        refs = {one.event: one.ref for one in state.claims.values()}
        named = ", ".join(refs.get(event, event) for event in claim.claims)
        return f"{claim.kind.replace('_', ' ')} {named}{ended}"
    return f"{view.body.kind.replace('_', ' ')}{ended}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _is_of(judgement: JudgementView, state: CaseState) -> bool:
    """Whether a judgement speaks of claims that had been said, all of them."""
    return all(ref in state.claims for ref in (*judgement.claims, *judgement.of))


def head_lines(state: CaseState, width: int) -> list[Line]:
    """What a screen of a case begins with: its title, how much it rests on, and through which filters."""
    read = {view.body.source for view in state.claims.values()} - {None}
    said = [
        f"{_count(len(state.claims), 'claim')} by {_count(len(state.speakers), 'speaker')}"
        f" from {_count(len(read), 'source')}",
        _count(sum(_is_of(judgement, state) for judgement in state.judgements), "judgement"),
    ]
    if state.index_range is not None:
        said.append(f"index {state.index_range[0]} to {state.index_range[1]}")
    lines = [aside(Cell(state.title, "bold"), state.case, width), *paragraph(f" {DOT} ".join(said), width)]
    clocks = clocks_in_words(state.clocks)
    return [*lines, *(paragraph(f" {DOT} ".join(clocks), width, hanging=2) if clocks else [])]
