"""What changed at each question between two states of one case.

1. Names are those in force at the later moment, so that a same-as alone moves nobody: what it did to questions is said
   as such (joined, parted).
2. A position is the same one where its answer reads the same, or where it holds the same unamended claims.
3. A holder has moved where it gave up a position of the question and took another. Only claims in force count; a
   holder whose voice is open is another one than the same holder for certain. What it took and gave up on the way is
   said too, and one that is new at the question and gave up its first position has moved as well.
4. One change is listed once: a dispute that opened or was settled is no other change of the question's state. One that
   now depends on a reading is not settled. What brought changes about is of `claimledger.projections.causes`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from .case import CaseState
from .causes import Causes, Did, stands
from .change import Change, ChangeSort
from .positions import Holding, Position
from .questions import Question, QuestionState, StatusView
from .standing import ClaimStatus

__all__ = ["QuestionChanges"]

_BY_RECORD = "by the record alone; it said nothing new"
"""Of a holder whose answer changed because the recorder mended a record, or judged names: no change of account."""

Key: TypeAlias = tuple[tuple[str, ...], str]
Places: TypeAlias = dict[int, list[Holding]]
Held: TypeAlias = dict[tuple[str, bool], Places]


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

    def found(self) -> Iterator[Change]:
        """Every change, question by question."""
        earlier: dict[Key, list[Question]] = {}
        for question in self._before.questions:
            earlier.setdefault(self._key(question), []).append(question)
        for question in self._after.questions:
            yield from self._of_question(question, earlier.pop(self._key(question), []))
        for gone in earlier.values():
            for question in gone:
                causes = Causes(self._before, self._after, [question], None, self._same_as)
                yield _change(
                    ChangeSort.QUESTION_GONE, question, causes.of(question.claims), before=str(question.state),
                    text=f"no claim is at this question any more ({', '.join(question.claims)})",
                )  # fmt: skip

    def _key(self, question: Question) -> Key:
        canonical = self._after.names.canonical
        return (tuple(sorted({canonical(name) for name in question.entity})), question.property)

    def _of_question(self, question: Question, earlier: list[Question]) -> Iterator[Change]:
        parted = [] if earlier else self._parted_from(question)
        causes = Causes(self._before, self._after, earlier or parted, question, self._same_as)
        listed = list(
            self._parted(question, parted, causes) if parted else self._changes(question, earlier, causes)
        )
        yield from listed
        named = {ref for change in listed for ref in change.claims}
        for ref in question.claims:
            if ref not in self._before.claims and ref not in named:
                status = str(self._after.claims[ref].status)
                yield _change(
                    ChangeSort.CLAIM_NEW, question, ((ref,), ()), after=status, text=f"{ref} is new ({status})"
                )  # fmt: skip

    def _parted(self, question: Question, parted: list[Question], causes: Causes) -> Iterator[Change]:
        keys = " and ".join(one.key for one in parted)
        yield _change(
            ChangeSort.QUESTION_PARTED, question, causes.of(question.claims), before=keys, after=str(question.state),
            text=f"parted from {keys}; it is {_plain(question.state)}",
        )  # fmt: skip

    def _changes(self, question: Question, earlier: list[Question], causes: Causes) -> Iterator[Change]:
        is_disputed = question.state is QuestionState.DISPUTED
        if not earlier:
            text = "a new question" if is_disputed else f"a new question; it is {_plain(question.state)}"
            did = causes.of(question.claims)
            yield _change(ChangeSort.QUESTION_NEW, question, did, after=str(question.state), text=text)
        if len(earlier) > 1:
            keys = " and ".join(one.key for one in earlier)
            yield _change(
                ChangeSort.QUESTIONS_JOINED, question, ((), self._same_as), before=keys, after=str(question.state),
                text=f"one question now: {keys}",
            )  # fmt: skip
        yield from self._positions(question, earlier, causes)
        yield from self._statuses(question, earlier, causes)
        were = list(dict.fromkeys(one.state for one in earlier))
        was = " and ".join(were) or None
        was_disputed = QuestionState.DISPUTED in were
        if is_disputed and not was_disputed:
            sort, did, text = ChangeSort.DISPUTE_OPENED, causes.of_opening(), "a dispute opened"
        elif was_disputed and not is_disputed and question.state is not QuestionState.CONDITIONAL:
            sort, did = ChangeSort.DISPUTE_SETTLED, causes.of_settling()
            text = f"the dispute is settled: {_plain(question.state)} now"
        elif was is not None and was != question.state:
            sort, did = ChangeSort.STATE_CHANGED, causes.of_settling() if was_disputed else causes.of_state()
            text = f"{_plain(was)} before, {_plain(question.state)} now"
        else:
            return
        yield _change(sort, question, did, before=was, after=str(question.state), text=text)

    def _parted_from(self, question: Question) -> list[Question]:
        """The questions at which all of its claims were, where it is new only by name."""
        there = [ref for ref in question.claims if ref in self._before.claims]
        if not there or any(self._is_amended(ref) for ref in there):
            return []
        keys = dict.fromkeys(key for ref in there for key in self._before.claims[ref].questions)
        return [self._earlier[key] for key in keys]

    def _positions(self, question: Question, earlier: list[Question], causes: Causes) -> Iterator[Change]:
        old = [position for one in earlier for position in one.positions]
        matched = self._matched(old, question.positions)
        new = set(range(len(question.positions))) - set(matched.values())
        for number in sorted(new):
            position = question.positions[number]
            holders = tuple(dict.fromkeys(one.holder for one in position.holders if stands(one)))
            yield _change(
                ChangeSort.POSITION_NEW, question, causes.of(position.refs), holders=holders, after=position.text,
                text=f"{self._labels(holders) or 'nobody now'}: {position.text}",
            )  # fmt: skip
        for place, position in enumerate(old):
            if place not in matched:
                yield _change(
                    ChangeSort.POSITION_GONE, question, causes.of(position.refs), before=position.text,
                    text=f"no claim holds this any more: {position.text}",
                )  # fmt: skip
        texts = {number: position.text for number, position in enumerate(question.positions)}
        # A position that is gone keeps a number of its own, below those of the positions that are there.
        numbers = {place: matched.get(place, -1 - place) for place in range(len(old))}
        texts.update((number, old[place].text) for place, number in numbers.items() if number < 0)
        held = self._held(((numbers[place], position) for place, position in enumerate(old)), stands)
        now = tuple(enumerate(question.positions))
        holds, passed = self._held(now, stands), self._held(now, self._is_passed)
        for holder in dict.fromkeys((*holds, *held)):
            three = (held.get(holder, {}), passed.get(holder, {}), holds.get(holder, {}))
            for moved in self._of_holder(holder, *three, texts, new):
                given_up = (one.ref for one in moved.given_up)
                did = causes.of(one.ref for one in moved.through)
                text = moved.text if did[0] or not did[1] else f"{moved.text} ({_BY_RECORD})"
                yield _change(
                    moved.sort, question, did, holders=(holder[0],), before=moved.before, after=moved.after,
                    of=tuple(ref for ref in dict.fromkeys(given_up) if ref not in did[0]), text=text,
                )  # fmt: skip

    def _of_holder(
        self,
        holder: tuple[str, bool],
        held: Places,
        passed: Places,
        holds: Places,
        texts: dict[int, str],
        new: set[int],
    ) -> Iterator[_Moved]:
        """What one holder did at a question: what it held, took and gave up on the way, and holds now."""
        label = self._after.label(holder[0]) + ("?" if holder[1] else "")

        def listed(numbers: Iterable[int]) -> str:
            return " and ".join(texts[number] for number in numbers)

        def of(places: Places, numbers: Iterable[int]) -> list[Holding]:
            return [one for number in numbers for one in places[number]]

        lost = [number for number in held if number not in holds]
        gained = [number for number in holds if number not in held]
        between = [number for number in passed if number not in held and number not in holds]
        if not held and gained and between:
            # All of it between the two moments: it is new here, and has moved already.
            was, now = listed(between), listed(gained)
            text = f"{label}: from {was} to {now}"
            yield _Moved(ChangeSort.HOLDER_MOVED, was, now, of(holds, gained), of(passed, between), text)
        elif lost and gained:
            was, now = listed(lost), listed(gained)
            way = f", by way of {listed(between)}," if between else ""
            text = f"{label}: from {was}{way} to {now}"
            through = of(held, lost) + of(holds, gained)
            yield _Moved(
                ChangeSort.HOLDER_MOVED, was, now, through, of(held, lost) + of(passed, between), text
            )
        elif lost:
            was = listed(lost)
            text = f"{label}: no longer {was}"
            yield _Moved(ChangeSort.HOLDER_LEFT, was, None, of(held, lost), of(held, lost), text)
        joined = [] if lost else [number for number in gained if number not in new]
        if joined and (held or not between):
            now = listed(joined)
            text = f"{label}: {'also ' if held else ''}{now}"
            yield _Moved(ChangeSort.HOLDER_JOINED, None, now, of(holds, joined), [], text)
        for number in holds:
            again = [one for one in holds[number] if one.ref not in self._before.claims]
            if number in held and again:
                text = f"{label}: again {texts[number]}"
                yield _Moved(ChangeSort.SAID_AGAIN, texts[number], texts[number], again, [], text)

    def _is_passed(self, holding: Holding) -> bool:
        """Whether its holder took it after the one moment, and gave it up before the other."""
        gave_up = not stands(holding) and holding.status is not ClaimStatus.WITHDRAWN
        return gave_up and holding.ref not in self._before.claims

    def _statuses(self, question: Question, earlier: list[Question], causes: Causes) -> Iterator[Change]:
        old = {one.ref: one for other in earlier for one in other.statuses if one.is_current}
        now = {one.ref: one for one in question.statuses if one.is_current}
        for ref in (*(ref for ref in now if ref not in old), *(ref for ref in old if ref not in now)):
            is_new = ref in now
            status = now[ref] if is_new else old[ref]
            words = _in_words(status)
            holders = tuple(dict.fromkeys(one.holder for one in status.holders))
            yield _change(
                ChangeSort.NO_ANSWER_NEW if is_new else ChangeSort.NO_ANSWER_GONE,
                question,
                causes.of((ref,)),
                holders=holders,
                before=None if is_new else words,
                after=words if is_new else None,
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

    def _held(self, positions: Iterable[tuple[int, Position]], counts: Callable[[Holding], bool]) -> Held:
        """Who holds, or held, which positions by their numbers, by the claims that count."""
        found: Held = {}
        for number, position in positions:
            for one in position.holders:
                if counts(one):
                    holder = (self._after.names.canonical(one.holder), bool(one.readings))
                    found.setdefault(holder, {}).setdefault(number, []).append(one)
        return found

    def _is_amended(self, ref: str) -> bool:
        before, after = self._before.claims.get(ref), self._after.claims.get(ref)
        return before is None or after is None or len(before.versions) != len(after.versions)

    def _labels(self, holders: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(self._after.label(holder) for holder in holders))


@dataclass(frozen=True, slots=True)
class _Moved:
    """What one holder did at a question, by which claims, and those that it gave up."""

    sort: ChangeSort
    before: str | None
    after: str | None
    through: list[Holding]
    given_up: list[Holding]
    text: str


def _change(
    sort: ChangeSort,
    question: Question,
    did: Did,
    *,
    text: str,
    holders: tuple[str, ...] = (),
    before: str | None = None,
    after: str | None = None,
    of: tuple[str, ...] = (),
) -> Change:
    return Change(sort, (question.key,), holders, before, after, did[0], of, did[1], text)


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _in_words(status: StatusView) -> str:
    words = _plain(status.status)
    return f"not {words}" if status.polarity == "negated" else words
