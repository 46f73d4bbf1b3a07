"""The state of a case as a person reads it: what is in dispute first, then what is open, then the rest by number.

1. Pure: from a `CaseState` to lines. It says how much of the log it rests on, and through which filters.
2. Without `everything` only disputed, conditional and open questions are listed, and those on which nobody stands by
   an answer any more; the others are counted, never hidden. Where nothing is in dispute, the questions with several
   voices are listed too, and in a small case every question.
3. With `everything` each question is listed, and each claim that answers none. Claims that give a value behind a
   commitment only are listed always: who looks a property up must see that somebody gives it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from claimledger.events.dates import When
from claimledger.events.disclosure import SlotStatus
from claimledger.events.kinds import General, Opinion, Reply

from .case import CaseState
from .claims import ClaimView
from .erasures import erased_in_words
from .history import subject_in_words
from .kept import DISCLOSED_MEANS, status_in_words
from .layout import Cell, Line, amount, aside, columns, line, paragraph, short
from .questions import JudgementView, Question, QuestionState
from .render_clocks import clocks_in_words
from .render_question import (
    DOT,
    Beside,
    ended_by,
    ended_in_words,
    held_in_words,
    not_counted,
    question_lines,
    statuses_in_words,
)
from .revocations import disputed_in_words
from .words import property_in_words

__all__ = ["beside_of", "case_lines", "disputed_lines", "endings_in_words", "head_lines"]

_SMALL = 20
"""Questions of a case that is shown whole where nothing in it is in dispute."""

_NOT_YET = "nothing of the case had been recorded by then; what had been said by a day: --asserted-by DAY"
_REST = (QuestionState.SINGLE_VOICE, QuestionState.AGREED, QuestionState.COMPATIBLE)


def case_lines(
    state: CaseState,
    *,
    width: int = 100,
    everything: bool = False,
    more: str = "",
    holders: Mapping[str, str] | None = None,
) -> list[Line]:
    """The state of a case.

    Args:
        state: the state.
        width: cells of a line.
        everything: list every question and claim.
        more: the command that shows everything.
        holders: keyid to who holds the key, for those who withdrew records.
    """
    by_state: dict[QuestionState, list[Question]] = {each: [] for each in QuestionState}
    for question in state.questions:
        by_state[question.state].append(question)
    disputed = by_state[QuestionState.DISPUTED] + by_state[QuestionState.CONDITIONAL]
    beside = beside_of(state, holders)
    lines = head_lines(state, width)
    lines += _section(f"DISPUTED OR CONDITIONAL ({len(disputed)} of {len(state.questions)} questions)")
    lines += _blocks(disputed, state, beside, width, everything=everything)
    lines += _open([one for one in by_state[QuestionState.OPEN] if _has_word(one)], state, beside, width)
    lines += _left([one for one in by_state[QuestionState.OPEN] if not _has_word(one)], state, beside, width)
    if everything:
        for each in _REST:
            lines += _section(f"{_words(each)} ({len(by_state[each])})")
            lines += _blocks(by_state[each], state, beside, width, everything=True)
        lines += _unasked(state, beside.endings, width)
    else:
        if not disputed:
            lines += _undisputed(by_state, state, beside, width)
        counted = f" {DOT} ".join(f"{_words(each)} ({len(by_state[each])})" for each in _REST)
        lines += [line(), line(Cell(counted, "bold")), *([line(f"  all of it: {more}")] if more else [])]
    lines += _kept(state, beside.endings, width)
    lines += _not_read(state, width)
    return lines


def _section(title: str) -> list[Line]:
    return [line(), line(Cell(title, "bold"))]


def _words(state: QuestionState) -> str:
    return str(state).replace("_", " ").upper()


def endings_in_words(state: CaseState, holders: Mapping[str, str] | None = None) -> dict[str, str]:
    """How a withdrawal is told, by its event id: where in the log, by whom, and why.

    Args:
        state: the state.
        holders: keyid to who holds the key, beside those that the state knows.
    """
    named = {**state.recorders, **(holders or {})}
    return {
        one.event: f"at index {one.index} by "
        f"{', '.join(named.get(keyid, f'key {short(keyid)}') for keyid in one.signers)}"
        + (f", because {one.because}" if one.because else "")
        for view in state.claims.values()
        if (one := view.withdrawal) is not None
    }


def beside_of(state: CaseState, holders: Mapping[str, str] | None = None) -> Beside:
    """What the screens of a case say beside its questions; `holders` as for `endings_in_words`."""
    inferred = {
        (ref, answer.property): value.basis
        for ref, account in state.accounts.items()
        for answer in account.answers
        for value in answer.values
        if isinstance(value, When) and value.basis is not None
    }
    nameless = frozenset(name for name in state.speakers if state.names.is_nameless(name))
    return Beside(endings_in_words(state, holders), inferred, nameless)


def _undisputed(
    by_state: Mapping[QuestionState, list[Question]], state: CaseState, beside: Beside, width: int
) -> list[Line]:
    """What there is where nobody contradicts anybody: questions with several voices, and in a small case all."""
    lines: list[Line] = []
    small = len(state.questions) <= _SMALL
    for each in (QuestionState.AGREED, QuestionState.COMPATIBLE, QuestionState.SINGLE_VOICE):
        listed = by_state[each]
        if not listed or (each is QuestionState.SINGLE_VOICE and not small):
            continue
        lines += _section(f"{_words(each)} ({len(listed)})")
        if each is QuestionState.SINGLE_VOICE or len(listed) > _SMALL:
            for question in listed:
                said = [held_in_words(one, state.label, beside) for one in question.positions]
                said += not_counted(question, beside)
                lines += paragraph(f"{question.title}: {'; '.join(said)}", width, indent=2, hanging=2)
        else:
            lines += _blocks(listed, state, beside, width, everything=False)
    return lines


def _blocks(
    questions: Iterable[Question], state: CaseState, beside: Beside, width: int, *, everything: bool
) -> list[Line]:
    lines: list[Line] = []
    for question in questions:
        lines += question_lines(question, state.label, width=width, every_pair=everything, beside=beside)
        lines.append(line())
    return lines[:-1]


def _open(questions: list[Question], state: CaseState, beside: Beside, width: int) -> list[Line]:
    if not questions:
        return []
    lines = _section(
        f"OPEN ({len(questions)}): no value; what the speakers say is not known, or decline to say"
    )
    for question in questions:
        said = f"{question.title}: {statuses_in_words(question.statuses, state.label, beside)}"
        if question.positions:
            said += f"; no longer held: {ended_in_words(question.positions, state.label, beside)}"
        lines += paragraph(said, width, indent=2, hanging=2)
    return lines


def _left(questions: list[Question], state: CaseState, beside: Beside, width: int) -> list[Line]:
    if not questions:
        return []
    lines = _section(f"NO LONGER HELD ({len(questions)}): nobody stands by an answer any more")
    for question in questions:
        ended = [ended_in_words(question.positions, state.label, beside)] if question.positions else []
        if question.statuses:
            ended.append(statuses_in_words(question.statuses, state.label, beside))
        lines += paragraph(f"{question.title}: {'; '.join(ended)}", width, indent=2, hanging=2)
    return lines


def _has_word(question: Question) -> bool:
    """Whether somebody still says, of an open question, that it is not known or not told."""
    return any(status.is_current for status in question.statuses)


def _unasked(state: CaseState, endings: Mapping[str, str], width: int) -> list[Line]:
    """The claims that answer no question."""
    lines: list[Line] = []
    for title, views in (
        ("OPINIONS AND DEMANDS", state.opinions),
        ("PATTERNS AND NORMS", state.patterns),
        ("REPLIES TO CLAIMS", state.replies),
        ("OTHER CLAIMS", (*_others(state), *state.unread)),
    ):
        if views:
            lines += _section(f"{title} ({len(views)})")
            for view in views:
                row = [view.ref, _speakers(view, state), _gist(view, state, endings)]
                lines += columns(row, [6, width * 28 // 100], indent=2, width=width)
    return lines


def _others(state: CaseState) -> list[ClaimView]:
    """The claims without a question that are listed nowhere else."""
    kept = {value.ref for value in state.kept}
    return [view for view in state.unplaced if view.ref not in kept]


def _kept(state: CaseState, endings: Mapping[str, str], width: int) -> list[Line]:
    """The claims that give a value behind a commitment only, at their entity and property."""
    kept = state.kept
    if not kept:
        return []
    lines = _section(f"NOT IN CLEAR ({len(kept)}): values behind a commitment; no question rests on them")
    for value in kept:
        view = state.claims[value.ref]
        subject = subject_in_words(state, state.accounts[value.ref], view.body)
        said = f"{subject} {DOT} {property_in_words(value.property)}: {value.in_words}{_ended(view, endings)}"
        lines += columns(
            [view.ref, _speakers(view, state), said], [6, width * 28 // 100], indent=2, width=width
        )
    if any(value.status is SlotStatus.DISCLOSED for value in kept):
        lines += paragraph(DISCLOSED_MEANS, width, indent=2, style="dim")
    return lines


def _not_read(state: CaseState, width: int) -> list[Line]:
    lines: list[Line] = []
    if state.not_yet_said:
        refs = ", ".join(view.ref for view in state.not_yet_said)
        lines += [line(), *paragraph(f"Not certainly said by {state.asserted_by}: {refs}", width, hanging=2)]
    if state.not_of_that_day:
        refs = ", ".join(view.ref for view in state.not_of_that_day)
        lines += [line(), *paragraph(f"Said of other days than {state.true_on}: {refs}", width, hanging=2)]
    if state.erasures:
        lines += _section(f"ERASED ({len(state.erasures)})")
    for each in state.erasures:
        said = f"{each.what}: {erased_in_words(each)} at index {each.index}, by authority of {each.authority}"
        lines += paragraph(f"{said}: {each.reason}", width, indent=2, hanging=2)
    lines += disputed_lines(state, width)
    if state.unread_events:
        lines.append(line())
    for event in state.unread_events:
        lines += paragraph(
            f"index {event.index}: {event.type} is kept, not read: {event.reason}", width, hanging=2
        )
    return lines


def disputed_lines(state: CaseState, width: int, among: Collection[int] | None = None) -> list[Line]:
    """Whose signatures are disputed, and why; nothing where none is.

    Args:
        state: the case.
        width: cells of a line.
        among: only of events with these log indexes; None for all of the case.
    """
    lines: list[Line] = []
    count: set[int] = set()
    for revocation in state.revocations:
        disputed = [index for index in revocation.disputed if among is None or index in among]
        count.update(disputed)
        if disputed:
            what = ", ".join(dict.fromkeys(map(state.name_at, disputed)))
            lines += paragraph(f"{what}: {disputed_in_words(revocation)}", width, indent=2, hanging=2)
    return [*_section(f"DISPUTED SIGNATURES ({len(count)})"), *lines] if lines else []


def _speakers(view: ClaimView, state: CaseState) -> str:
    return " or ".join(dict.fromkeys(state.label(voice.asserter) for voice in view.body.voices))


def _gist(view: ClaimView, state: CaseState, endings: Mapping[str, str]) -> str:
    """What a claim without a question says, in a few words."""
    claim = view.body.claim
    ended = _ended(view, endings)
    if isinstance(claim, Opinion):
        return f"{claim.tone}: {claim.text or _text_away(view, state)}{ended}"
    if isinstance(claim, General):
        often = f" ({claim.frequency})" if claim.frequency else ""
        return f"{claim.topic}: {claim.text or _text_away(view, state)}{often}{ended}"
    if isinstance(claim, Reply):
        named = ", ".join(map(state.ref_of, claim.claims))
        return f"{claim.kind.replace('_', ' ')} {named}{ended}"
    return f"{view.body.kind.replace('_', ' ')}{ended}"


def _text_away(view: ClaimView, state: CaseState) -> str:
    """What stands in the place of a text that is not at hand."""
    status = state.status_at(view.versions[-1].index, "claim.text")
    return "(no text)" if status in (None, SlotStatus.DISCLOSED) else f"({status_in_words(status)})"


def _ended(view: ClaimView, endings: Mapping[str, str]) -> str:
    """How a claim ended, in brackets behind what it says; nothing of one that stands."""
    if view.status == "standing":
        return ""
    return f" ({ended_by(str(view.status), view.ended_by, endings)})"


def _is_of(judgement: JudgementView, state: CaseState) -> bool:
    """Whether a judgement speaks of claims that had been said, all of them."""
    return all(ref in state.claims for ref in (*judgement.claims, *judgement.of))


def head_lines(state: CaseState, width: int) -> list[Line]:
    """What a screen of a case begins with: its title, how much it rests on, and through which filters."""
    read = {view.body.source for view in state.claims.values()} - {None}
    said = [
        f"{amount(len(state.claims), 'claim')} by {amount(len(state.speakers), 'speaker')}"
        f" from {amount(len(read), 'source')}",
        amount(sum(_is_of(judgement, state) for judgement in state.judgements), "judgement"),
    ]
    if state.index_range is not None:
        said.append(f"index {state.index_range[0]} to {state.index_range[1]}")
    lines = [aside(Cell(state.title, "bold"), state.case, width), *paragraph(f" {DOT} ".join(said), width)]
    clocks = clocks_in_words(state.clocks)
    if clocks:
        lines += paragraph(f" {DOT} ".join(clocks), width, hanging=2)
    if state.known_at is not None and state.index_range is None:
        lines += paragraph(_NOT_YET, width, hanging=2)
    return lines
