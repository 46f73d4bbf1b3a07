"""What changed at each question between two states of one case.

1. Names are those in force at the later moment, so that a same-as alone moves nobody: what it did to questions is said
   as such (joined, parted).
2. A position is the same one where its answer reads the same, or where it holds the same unamended claims.
3. A holder has moved where it gave up a position of the question and took another. Only claims in force count; a
   holder whose voice is open is another one than the same holder for certain.
4. What brought a change about are the claims that are new, ended, or amended, or those that ended others; where no
   claim did, it was the same-as judgements between the two states.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeAlias

from .case import CaseState
from .change import Change, ChangeSort
from .positions import Holding, Position
from .questions import Question, QuestionState, StatusView, natural
from .standing import ClaimStatus

__all__ = ["QuestionChanges"]

Key: TypeAlias = tuple[tuple[str, ...], str]
Held: TypeAlias = dict[tuple[str, bool], dict[int, list[Holding]]]


class QuestionChanges:
    """Finds the changes of questions.

    Args:
        before: the one state.
        after: the other.
        same_as: ids of the same-as acts that only one of them knows, for changes that no claim brought about.
    """

    def __init__(self, before: CaseState, after: CaseState, same_as: tuple[str, ...]) -> None:
        self._before = before
        self._after = after
        self._same_as = same_as
        self._earlier = {question.key: question for question in before.questions}
        self._moved_by: dict[str, set[str]] = {}
        for question in after.questions:
            places: tuple[Position | StatusView, ...] = (*question.positions, *question.statuses)
            for place in places:
                for held in place.holders:
                    if held.by is not None and held.by not in before.claims:
                        self._moved_by.setdefault(held.ref, set()).add(held.by)

    def found(self) -> Iterator[Change]:
        """Every change, question by question."""
        earlier: dict[Key, list[Question]] = {}
        for question in self._before.questions:
            earlier.setdefault(self._key(question), []).append(question)
        for question in self._after.questions:
            yield from self._of_question(question, earlier.pop(self._key(question), []))
        for gone in earlier.values():
            for question in gone:
                claims, events = self._causes(question.claims)
                yield self._change(
                    ChangeSort.QUESTION_GONE, question, before=str(question.state), claims=claims, events=events,
                    text=f"no claim is at this question any more ({', '.join(question.claims)})",
                )  # fmt: skip

    def _key(self, question: Question) -> Key:
        canonical = self._after.names.canonical
        return (tuple(sorted({canonical(name) for name in question.entity})), question.property)

    def _of_question(self, question: Question, earlier: list[Question]) -> Iterator[Change]:
        parted = [] if earlier else self._parted_from(question)
        listed = list(self._changes(question, earlier, parted))
        yield from listed
        named = {ref for change in listed for ref in change.claims}
        for ref in question.claims:
            if ref not in self._before.claims and ref not in named:
                status = self._after.claims[ref].status
                yield self._change(
                    ChangeSort.CLAIM_NEW, question, after=str(status), claims=(ref,), text=f"{ref} is new ({status})"
                )  # fmt: skip

    def _changes(
        self, question: Question, earlier: list[Question], parted: list[Question]
    ) -> Iterator[Change]:
        causes, events = self._causes(
            dict.fromkeys(ref for one in (*earlier, *parted, question) for ref in one.claims)
        )
        state = str(question.state)
        if parted:
            keys = " and ".join(one.key for one in parted)
            yield self._change(
                ChangeSort.QUESTION_PARTED, question, before=keys, after=state, claims=causes, events=events,
                text=f"parted from {keys}; it is {_plain(state)}",
            )  # fmt: skip
            return
        if not earlier:
            yield self._change(
                ChangeSort.QUESTION_NEW, question, after=state, claims=causes, events=events,
                text=f"a new question; it is {_plain(state)}",
            )  # fmt: skip
        if len(earlier) > 1:
            keys = " and ".join(one.key for one in earlier)
            yield self._change(
                ChangeSort.QUESTIONS_JOINED, question, before=keys, after=state, events=self._same_as,
                text=f"one question now: {keys}",
            )  # fmt: skip
        yield from self._positions(question, earlier)
        yield from self._statuses(question, earlier)
        were = list(dict.fromkeys(str(one.state) for one in earlier))
        was_disputed = str(QuestionState.DISPUTED) in were
        is_disputed = question.state is QuestionState.DISPUTED
        was = " and ".join(were) or None
        if is_disputed != was_disputed:
            sort = ChangeSort.DISPUTE_OPENED if is_disputed else ChangeSort.DISPUTE_SETTLED
            text = "a dispute opened" if is_disputed else f"the dispute is settled: {_plain(state)} now"
            yield self._change(
                sort, question, before=was, after=state, claims=causes, events=events, text=text
            )
        if earlier and was != state:
            yield self._change(
                ChangeSort.STATE_CHANGED, question, before=was, after=state, claims=causes, events=events,
                text=f"{_plain(was or '')} before, {_plain(state)} now",
            )  # fmt: skip

    def _parted_from(self, question: Question) -> list[Question]:
        """The questions at which all of its claims were, where it is new only by name."""
        there = [ref for ref in question.claims if ref in self._before.claims]
        if not there or any(self._is_amended(ref) for ref in there):
            return []
        keys = dict.fromkeys(key for ref in there for key in self._before.claims[ref].questions)
        return [self._earlier[key] for key in keys]

    def _positions(self, question: Question, earlier: list[Question]) -> Iterator[Change]:
        old = [position for one in earlier for position in one.positions]
        matched = self._matched(old, question.positions)
        new = set(range(len(question.positions))) - set(matched.values())
        for number in sorted(new):
            position = question.positions[number]
            claims, events = self._causes(position.refs)
            holders = tuple(dict.fromkeys(one.holder for one in position.holders if _stands(one)))
            yield self._change(
                ChangeSort.POSITION_NEW, question, holders=holders, after=position.text, claims=claims, events=events,
                text=f"{self._labels(holders) or 'nobody now'}: {position.text}",
            )  # fmt: skip
        for place, position in enumerate(old):
            if place not in matched:
                claims, events = self._causes(position.refs)
                yield self._change(
                    ChangeSort.POSITION_GONE, question, before=position.text, claims=claims, events=events,
                    text=f"no claim holds this any more: {position.text}",
                )  # fmt: skip
        texts = {number: position.text for number, position in enumerate(question.positions)}
        # A position that is gone keeps a number of its own, below those of the positions that are there.
        numbers = {place: matched.get(place, -1 - place) for place in range(len(old))}
        texts.update((number, old[place].text) for place, number in numbers.items() if number < 0)
        held = self._held((numbers[place], position) for place, position in enumerate(old))
        holds = self._held(enumerate(question.positions))
        for holder in dict.fromkeys((*holds, *held)):
            yield from self._of_holder(
                question, holder, held.get(holder, {}), holds.get(holder, {}), texts, new
            )

    def _of_holder(
        self,
        question: Question,
        holder: tuple[str, bool],
        held: dict[int, list[Holding]],
        holds: dict[int, list[Holding]],
        texts: dict[int, str],
        new: set[int],
    ) -> Iterator[Change]:
        name, is_open = holder
        label = self._after.label(name) + ("?" if is_open else "")
        lost = [number for number in held if number not in holds]
        gained = [number for number in holds if number not in held]

        def made(
            sort: ChangeSort, before: Collection[int], after: Collection[int], refs: Iterable[str], text: str
        ) -> Change:
            claims, events = self._causes(refs)
            given_up = [one.ref for number in before if number not in after for one in held[number]]
            of = tuple(ref for ref in dict.fromkeys(given_up) if ref not in claims)
            was, now = (" and ".join(texts[one] for one in numbers) or None for numbers in (before, after))
            return self._change(
                sort, question, holders=(name,), before=was, after=now, claims=claims, of=of, events=events, text=text
            )  # fmt: skip

        of_lost = [one.ref for number in lost for one in held[number]]
        of_gained = [one.ref for number in gained for one in holds[number]]
        if lost and gained:
            text = f"{label}: from {_joined(texts, lost)} to {_joined(texts, gained)}"
            yield made(ChangeSort.HOLDER_MOVED, lost, gained, (*of_lost, *of_gained), text)
        elif lost:
            yield made(
                ChangeSort.HOLDER_LEFT, lost, (), of_lost, f"{label}: no longer {_joined(texts, lost)}"
            )
        joined = [] if lost else [number for number in gained if number not in new]
        if joined:
            also = "also " if held else ""
            refs = [one.ref for number in joined for one in holds[number]]
            yield made(ChangeSort.HOLDER_JOINED, (), joined, refs, f"{label}: {also}{_joined(texts, joined)}")
        for number in holds:
            again = [one.ref for one in holds[number] if one.ref not in self._before.claims]
            if number in held and again:
                yield made(
                    ChangeSort.SAID_AGAIN, (number,), (number,), again, f"{label}: again {texts[number]}"
                )

    def _statuses(self, question: Question, earlier: list[Question]) -> Iterator[Change]:
        old = {one.ref: one for other in earlier for one in other.statuses if one.is_current}
        now = {one.ref: one for one in question.statuses if one.is_current}
        for ref in (*(ref for ref in now if ref not in old), *(ref for ref in old if ref not in now)):
            is_new = ref in now
            status = now[ref] if is_new else old[ref]
            claims, events = self._causes((ref,))
            holders = tuple(dict.fromkeys(one.holder for one in status.holders))
            words = _in_words(status)
            yield self._change(
                ChangeSort.NO_ANSWER_NEW if is_new else ChangeSort.NO_ANSWER_GONE,
                question,
                holders=holders,
                before=None if is_new else words,
                after=words if is_new else None,
                claims=claims,
                events=events,
                text=f"{self._labels(holders)}: {'' if is_new else 'no longer '}{words}",
            )

    def _matched(self, old: list[Position], new: tuple[Position, ...]) -> dict[int, int]:
        """Place of an old position to the number of the one that it is now."""
        answers = [self._answer(position) for position in new]
        found: dict[int, int] = {}
        for place, position in enumerate(old):
            answer = self._answer(position)
            kept = {ref for ref in position.refs if not self._is_amended(ref)}
            shared = [len(kept & set(one.refs)) for one in new]
            # Two claims in which the reader cannot tell read alike, and each may mean another answer.
            alike = position.answer.get("openness") != "undecided"
            ranked = [
                (same, count, -number)
                for number, count in enumerate(shared)
                if (same := answers[number] == answer and (alike or count > 0)) or count
            ]
            if ranked:
                found[place] = -max(ranked)[2]
        return found

    def _answer(self, position: Position) -> str:
        parts = [dict(position.answer), position.polarity, list(position.conditional_on)]
        return json.dumps(self._in_force(parts), sort_keys=True)

    def _in_force(self, data: Any) -> Any:
        """The same data by the names in force later."""
        canonical = self._after.names.canonical
        if isinstance(data, dict):
            return {
                name: sorted({canonical(one) for one in value}) if name == "entities"
                else canonical(value) if name == "act"
                else self._in_force(value)
                for name, value in data.items()
            }  # fmt: skip
        return [self._in_force(one) for one in data] if isinstance(data, list) else data

    def _held(self, positions: Iterable[tuple[int, Position]]) -> Held:
        found: Held = {}
        for number, position in positions:
            for one in position.holders:
                if _stands(one):
                    holder = (self._after.names.canonical(one.holder), bool(one.readings))
                    found.setdefault(holder, {}).setdefault(number, []).append(one)
        return found

    def _is_amended(self, ref: str) -> bool:
        before, after = self._before.claims.get(ref), self._after.claims.get(ref)
        return before is None or after is None or len(before.versions) != len(after.versions)

    def _causes(self, refs: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The claims, and the recorder's acts, that changed how these claims stand."""
        claims: dict[str, None] = {}
        events: dict[str, None] = {}
        for ref in refs:
            before, after = self._before.claims.get(ref), self._after.claims.get(ref)
            if before is None or after is None:
                claims[ref] = None
                continue
            versions = sorted((before.versions, after.versions), key=len)
            events.update((one.event, None) for one in versions[1][len(versions[0]) :])
            marks = {before.ended_by, after.ended_by, *self._moved_by.get(ref, ())} | {
                before.stale,
                after.stale,
            }
            same = (before.ended_by, before.stale) == (after.ended_by, after.stale)
            for by in sorted((one for one in marks if one is not None), key=natural):
                if same and by in (before.ended_by, before.stale):
                    continue
                is_claim = by in self._after.claims or by in self._before.claims
                (claims if is_claim else events)[by] = None
        if not claims and not events:
            events = dict.fromkeys(self._same_as)
        return tuple(claims), tuple(events)

    def _labels(self, holders: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(self._after.label(holder) for holder in holders))

    def _change(
        self,
        sort: ChangeSort,
        question: Question,
        *,
        text: str,
        holders: tuple[str, ...] = (),
        before: str | None = None,
        after: str | None = None,
        claims: tuple[str, ...] = (),
        of: tuple[str, ...] = (),
        events: tuple[str, ...] = (),
    ) -> Change:
        if not claims and not events:
            # What did it stands elsewhere at this question, such as an amended time that displaces another claim.
            claims, events = self._causes(question.claims)
        if not claims and not events:
            claims, events = self._causes(dict.fromkeys((*self._before.claims, *self._after.claims)))
        return Change(sort, (question.key,), holders, before, after, claims, of, events, text)


def _stands(holding: Holding) -> bool:
    return holding.status is ClaimStatus.STANDING


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _joined(texts: dict[int, str], numbers: Iterable[int]) -> str:
    return " and ".join(texts[number] for number in numbers)


def _in_words(status: StatusView) -> str:
    words = _plain(status.status)
    return f"not {words}" if status.polarity == "negated" else words
