"""What brought a change at a question about: the claims, and the recorder's acts, by which it is otherwise than before.

1. A claim that is there now and was not there before did it itself; for one whose record was amended, the amendments
   did. What ended or displaced a claim is named in its place, and for one that stands again what ended or mended that.
2. Of a chain of claims by which a holder moved on, the last one is named: that is the one which is in force.
3. A dispute opens by what is new on a side of a contradiction that nobody stood by before, and is settled by what
   ended a side. A side that is as it was did nothing, nor did claims that prove no contradiction: superseded, stale
   and possible ones.
4. What a claim did at other questions is not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from .case import CaseState
from .claims import ClaimView
from .compare import Verdict
from .positions import Holding, Position
from .questions import Question, StatusView, natural
from .standing import ClaimStatus

__all__ = ["Causes", "Did", "stands"]

Did: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Refs of claims, and ids of the recorder's acts."""


class Causes:
    """Finds what brought changes about at one question.

    Args:
        before: the one state.
        after: the other.
        earlier: the questions of the one state that are this one; none where it is new.
        question: the question, in the other state; None where no claim is at it any more.
        same_as: ids of the same-as acts that only one of them knows, for changes that no claim brought about.
    """

    def __init__(
        self,
        before: CaseState,
        after: CaseState,
        earlier: list[Question],
        question: Question | None,
        same_as: tuple[str, ...],
    ) -> None:
        self._before = before.claims
        self._after = after.claims
        self._earlier = earlier
        self._question = question
        self._same_as = same_as
        self._was = _held(earlier)
        self._is = _held([] if question is None else [question])

    def of(self, refs: Iterable[str]) -> Did:
        """What changed how these claims stand here; where nothing did, what else changed, the nearest first."""
        found = self._of(refs)
        if not any(found):
            found = ((), self._same_as)
        if not any(found):
            # What did it stands elsewhere at this question, such as an amended time that displaces another claim.
            found = self._of((*self._was, *self._is))
        return found if any(found) else self._of((*self._before, *self._after))

    def of_state(self) -> Did:
        """What changed the state of the question: what became of the claims that are, or were, in force."""
        return self.of(
            ref for held in (self._was, self._is) for ref, some in held.items() if any(map(stands, some))
        )

    def of_opening(self) -> Did:
        """What made two positions of the question contradict one another."""
        return self._of_sides(_sides([] if self._question is None else [self._question], self._after))

    def of_settling(self) -> Did:
        """What made those that contradicted one another do so no more."""
        return self._of_sides(_sides(self._earlier, self._before))

    def _of_sides(self, sides: list[list[str]]) -> Did:
        """What became of the sides of which every claim changed; where there is none, of all of them."""
        changed = [side for side in sides if all(any(self._of((ref,))) for ref in side)]
        return self.of(ref for side in changed or sides for ref in side)

    def _of(self, refs: Iterable[str]) -> Did:
        found = dict.fromkeys(one for ref in dict.fromkeys(refs) for one in self._of_claim(ref))
        claims = tuple(sorted((one for one in found if self._is_claim(one)), key=natural))
        return claims, tuple(one for one in found if not self._is_claim(one))

    def _of_claim(self, ref: str) -> Iterator[str]:
        """What changed how one claim stands here; nothing where it stands as it did."""
        before, after = self._before.get(ref), self._after.get(ref)
        if before is None or after is None:
            yield ref
            return
        yield from self._mended(ref)
        was, now = self._was.get(ref, ()), self._is.get(ref, ())
        if was and now:
            stood, does_stand = any(map(stands, was)), any(map(stands, now))
            if stood and does_stand:
                pass
            elif does_stand:
                for by in _by(was):
                    yield from self._undoing(by, {ref})
            else:
                for by in _by(now):
                    if by not in _by(was):
                        yield from self._ending(by, {ref})
        if before.stale != after.stale:
            if after.stale is not None:
                yield from self._ending(after.stale, {ref})
            elif before.stale is not None:
                yield from self._undoing(before.stale, {ref})

    def _ending(self, by: str, seen: set[str]) -> Iterator[str]:
        """What ended a claim, by what ended or displaced it: the one that is in force at the end of the chain."""
        while by in self._after and by not in seen:
            seen.add(by)
            at = self._is.get(by)
            further = self._after[by].ended_by if at is None else None if any(map(stands, at)) else at[0].by
            if further is None:
                break
            by = further
        known = self._before.get(by)
        if known is None or by not in self._after:
            yield by
            return
        # It was there before: its record was mended, or what had ended it has no effect any more.
        yield from self._mended(by)
        if known.ended_by not in (None, self._after[by].ended_by):
            yield from self._undoing(known.ended_by, seen)

    def _undoing(self, by: str | None, seen: set[str]) -> Iterator[str]:
        """Why what ended or displaced a claim has no effect any more."""
        if by is None or by in seen:
            return
        seen.add(by)
        now = self._after.get(by)
        if now is None:
            yield by
            return
        yield from self._mended(by)
        known = self._before.get(by)
        if now.ended_by is not None and (known is None or known.ended_by != now.ended_by):
            yield from self._ending(now.ended_by, seen)

    def _mended(self, ref: str) -> tuple[str, ...]:
        """The amendments of a record that only one of the states knows."""
        before, after = self._before.get(ref), self._after.get(ref)
        if before is None or after is None:
            return ()
        shorter, longer = sorted((before.versions, after.versions), key=len)
        return tuple(one.event for one in longer[len(shorter) :])

    def _is_claim(self, name: str) -> bool:
        return name in self._after or name in self._before


def stands(holding: Holding) -> bool:
    """Whether its holder stands by it."""
    return holding.status is ClaimStatus.STANDING


def _held(questions: Iterable[Question]) -> dict[str, list[Holding]]:
    """Every claim at some questions, with how it stands there."""
    found: dict[str, list[Holding]] = {}
    for question in questions:
        places: tuple[Position | StatusView, ...] = (*question.positions, *question.statuses)
        for place in places:
            for one in place.holders:
                found.setdefault(one.ref, []).append(one)
    return found


def _by(held: Iterable[Holding]) -> list[str]:
    return sorted({one.by for one in held if one.by is not None}, key=natural)


def _sides(questions: Iterable[Question], claims: Mapping[str, ClaimView]) -> list[list[str]]:
    """The two sides of each contradiction: of each position, the claims that can prove one."""
    return [
        _proving(question.positions[number], claims)
        for question in questions
        for pair in question.pairs
        if pair.verdict is Verdict.CONTRADICTS
        for number in (pair.a, pair.b)
    ]


def _proving(position: Position, claims: Mapping[str, ClaimView]) -> list[str]:
    standing = [one for one in position.holders if stands(one)]
    firm = [one for one in standing if claims[one.ref].stale is None and "possible" not in one.strength]
    return list(dict.fromkeys(one.ref for one in firm or standing))
