"""What changed between two moments: positions and who moved, what was taken back, disputes, and the claims that did it.

    Changes.between(before, after)                                           two states of a case, by whatever clocks
    Changes.of(ledger, "case", before="2025-07-01", after="2025-07-09")      what was recorded between the two
    Changes.of(ledger, "case", before=..., after=..., clock="asserted_by")   what was said between the two

1. Each entry names the questions it is at, and the claims or the recorder's acts that brought it about.
2. Every claim that one of the states has and the other has not is named by an entry, and so is every claim whose
   standing or whose record changed. Between a state and itself there is nothing.
3. The order is that of the questions of the later state, then of `ChangeSort`, then of the claims: the same two states
   give the same entries in the same order on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from claimledger.events.errors import InvalidValue
from claimledger.events.recorded import Event

from .case import CaseState
from .change import Change, ChangeSort
from .changed_questions import QuestionChanges
from .claims import ClaimView
from .clocks import Moment, is_later
from .history import what_was_said
from .questions import natural
from .replay import Fold, Provenance
from .revocations import RevocationView, disputed_in_words
from .standing import ClaimStatus

__all__ = ["Changes", "is_turned"]

P = TypeVar("P", bound=Fold)

_ENDED = {
    ClaimStatus.CORRECTED: ChangeSort.CORRECTED,
    ClaimStatus.RETRACTED: ChangeSort.RETRACTED,
    ClaimStatus.WITHDRAWN: ChangeSort.WITHDRAWN,
}


class Replays(Protocol):
    """A ledger, as far as it is used here."""

    def replay(self, projection: P, /) -> P:
        """Fold events into a projection, up to the `known_at` that it has."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed from one state of a case to another.

    Attributes:
        case: the case's name.
        before, after: where the two states come from.
        entries: the changes, in order.
        labels: what readers see for each holder that an entry names.
    """

    case: str
    before: Provenance
    after: Provenance
    entries: tuple[Change, ...]
    labels: dict[str, str]

    @classmethod
    def between(cls, before: CaseState, after: CaseState) -> Changes:
        """The changes from one state to another.

        Raises:
            InvalidValue: they are of two cases, or of two ledgers.
        """
        if before.case != after.case:
            raise InvalidValue(
                f"changes: of two cases, {before.case} and {after.case}; compare states of one"
            )
        if before.ledger is not None and after.ledger is not None and before.ledger != after.ledger:
            raise InvalidValue(f"changes: case {before.case} of two ledgers; compare states of one")
        found = _Finder(before, after).entries()
        holders = dict.fromkeys(holder for change in found for holder in change.holders)
        labels = {holder: after.label(holder) for holder in holders}
        return cls(after.case, before.provenance(), after.provenance(), found, labels)

    @classmethod
    def of(
        cls,
        source: Iterable[Event] | Replays,
        case: str,
        *,
        before: Moment | None = None,
        after: Moment | None = None,
        clock: Literal["known_at", "asserted_by"] = "known_at",
        **clocks: Any,
    ) -> Changes:
        """What changed in a case between two moments of a clock.

        Args:
            source: a ledger, or events in the order of the log (read once).
            case: the case's name.
            before: the one moment, as the clock takes it; None for the time before anything was recorded.
            after: the other moment; None for all that there is.
            clock: by which clock: when it was recorded (``known_at``), or said (``asserted_by``, days as text).
            clocks: the other clocks, the same for both states.

        Raises:
            InvalidValue: a moment is none of that clock's, or the clock is given twice; or `before` is later than
                `after`.
            UnknownName: the ledger has no such case.
        """
        if clock not in ("known_at", "asserted_by"):
            raise InvalidValue(f'clock: changes are by known_at or asserted_by, not "{clock}"')
        if clock in clocks:
            raise InvalidValue(f"{clock}: it is the clock of these changes; give before and after")
        if before is not None and after is not None and is_later(clock, before, after):
            raise InvalidValue(_turned(before, after))
        first: dict[str, Any] = {"known_at": -1} if before is None else {clock: before}
        last: dict[str, Any] = {} if after is None else {clock: after}
        states = [CaseState(case, **{**clocks, **first}), CaseState(case, **{**clocks, **last})]
        if isinstance(source, Iterable):
            for event in source:
                for state in states:
                    state.apply(event)
        else:
            for state in states:
                source.replay(state)
        if is_turned(*states):
            raise InvalidValue(_turned(before, after))
        return cls.between(*states)

    def of_sort(self, *sorts: ChangeSort) -> tuple[Change, ...]:
        """The changes of these sorts."""
        return tuple(change for change in self.entries if change.sort in sorts)

    def to_json(self) -> dict[str, Any]:
        """``case``, ``before`` and ``after`` (provenance), ``changes``, ``labels`` (holder to label)."""
        return {
            "case": self.case,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "changes": [change.to_json() for change in self.entries],
            "labels": self.labels,
        }


def is_turned(before: CaseState, after: CaseState) -> bool:
    """Whether a state that is to be the earlier one has taken in more of the log than the other."""
    return before.taken_in is not None and (after.taken_in is None or before.taken_in > after.taken_in)


def _turned(before: Moment | None, after: Moment | None) -> str:
    return f"changes: before={before} is later than after={after}; give the earlier moment as before"


class _Finder:
    """Finds all changes and puts them in order."""

    def __init__(self, before: CaseState, after: CaseState) -> None:
        self._before = before
        self._after = after
        judged = [
            {one.event: one for one in state.same_as if one.undone_by is None} for state in (before, after)
        ]
        self._same = [
            (ChangeSort.SAME_AS_JUDGED, one) for key, one in judged[1].items() if key not in judged[0]
        ]
        self._same += [
            (ChangeSort.SAME_AS_UNDONE, one) for key, one in judged[0].items() if key not in judged[1]
        ]
        undone = {one.event: one.undone_by for one in after.same_as if one.undone_by is not None}
        self._same_ids = tuple(undone.get(one.event) or one.event for _, one in self._same)

    def entries(self) -> tuple[Change, ...]:
        """Every change, in order."""
        found = list(QuestionChanges(self._before, self._after, self._same_ids).found())
        found += self._of_claims({ref for change in found for ref in (*change.claims, *change.of)})
        found += self._judged()
        found += self._same_as()
        found += self._disputed()
        keys = dict.fromkeys(one.key for state in (self._after, self._before) for one in state.questions)
        rank = {key: place for place, key in enumerate(keys)}
        sorts = {sort: place for place, sort in enumerate(ChangeSort)}

        def place(change: Change) -> tuple[Any, ...]:
            at = min((rank.get(key, len(rank)) for key in change.questions), default=len(rank))
            refs = [natural(ref) for ref in (*change.of, *change.claims)]
            return (
                at,
                sorts[change.sort],
                change.holders,
                refs,
                change.before or "",
                change.after or "",
                change.events,
            )

        return tuple(sorted(found, key=place))

    def _of_claims(self, named: set[str]) -> Iterator[Change]:
        """What became of claims and of their records."""
        earlier, later = self._before.claims, self._after.claims
        for ref in sorted({*earlier, *later}, key=natural):
            before, after = earlier.get(ref), later.get(ref)
            if after is None:
                if before is not None:
                    yield self._change(
                        ChangeSort.CLAIM_GONE, self._before, before, claims=(ref,), text=f"{ref} is gone"
                    )
                continue
            if before is None and ref not in named:
                said = what_was_said(self._after, self._after.accounts[ref], after.body)
                yield self._change(
                    ChangeSort.CLAIM_NEW, self._after, after, after=said, claims=(ref,), text=f"{ref}: {said}"
                )  # fmt: skip
            yield from self._standing(before, after, named)
            if before is not None and len(before.versions) != len(after.versions):
                yield self._amended(before, after)

    def _standing(self, before: ClaimView | None, after: ClaimView, named: set[str]) -> Iterator[Change]:
        was = ClaimStatus.STANDING if before is None else before.status
        now = after.status
        if now is not was and now in _ENDED:
            yield self._ended(_ENDED[now], after)
        elif now is not was and now is ClaimStatus.SUPERSEDED and (after.ref not in named or was in _ENDED):
            yield self._ended(ChangeSort.SUPERSEDED, after)
        elif now is not was and now is ClaimStatus.STANDING and before is not None:
            by = self._reinstating(before)
            yield self._change(
                ChangeSort.REINSTATED, self._after, after, of=(after.ref,), by=by,
                text=f"{after.ref} stands again: {before.ended_by} has no effect on it any more",
            )  # fmt: skip
        if after.stale is not None and (before is None or before.stale is None):
            yield self._change(
                ChangeSort.WENT_STALE, self._after, after, of=(after.ref,), by=(after.stale,),
                text=f"{after.ref} rests on {after.stale}, which moved on",
            )  # fmt: skip

    def _reinstating(self, before: ClaimView) -> tuple[str, ...]:
        """What mended its record, or ended or mended that by which it was ended; else what changed the names."""
        ender = before.ended_by or ""
        view = self._after.claims.get(ender)
        by = () if view is None or view.ended_by is None else (view.ended_by,)
        return self._mended(before.ref) or by or self._mended(ender) or self._same_ids

    def _mended(self, ref: str) -> tuple[str, ...]:
        """The amendments of a record that only the later state knows."""
        before, after = self._before.claims.get(ref), self._after.claims.get(ref)
        if before is None or after is None:
            return ()
        return tuple(version.event for version in after.versions[len(before.versions) :])

    def _ended(self, sort: ChangeSort, view: ClaimView) -> Change:
        said = what_was_said(self._after, self._after.accounts[view.ref], view.body)
        by = () if view.ended_by is None else (view.ended_by,)
        in_words = said if said.startswith("(") else f"({said})"
        through = f" by {view.ended_by}" if view.ended_by in self._after.claims else " by its recorder"
        return self._change(
            sort, self._after, view, before=said, of=(view.ref,), by=by, text=f"{view.ref} {in_words} {sort}{through}"
        )  # fmt: skip

    def _amended(self, before: ClaimView, after: ClaimView) -> Change:
        shorter, longer = sorted((before.versions, after.versions), key=len)
        mended = longer[len(shorter) :]
        was = what_was_said(self._before, self._before.accounts[before.ref], before.body)
        now = what_was_said(self._after, self._after.accounts[after.ref], after.body)
        return self._change(
            ChangeSort.AMENDED, self._after, after, before=was, after=now, of=(after.ref,),
            by=tuple(one.event for one in mended), text=f"the record of {after.ref} was amended",
        )  # fmt: skip

    def _judged(self) -> Iterator[Change]:
        known = {one.event for one in self._before.judgements}
        for one in self._after.judgements:
            if one.event in known:
                continue
            touched = [ref for ref in (*one.claims, *one.of) if ref in self._after.claims]
            keys = dict.fromkeys(key for ref in touched for key in self._after.claims[ref].questions)
            verb = one.verb.replace("_", " ")
            yield Change(
                ChangeSort.JUDGED, tuple(keys), (), None, one.verb, one.claims, one.of, (one.event,),
                f"judged: {', '.join(one.claims)} {verb} {', '.join(one.of)}",
            )  # fmt: skip

    def _same_as(self) -> Iterator[Change]:
        """The same-as acts, with the questions whose entity or holders they join or part."""
        for (sort, one), event in zip(self._same, self._same_ids, strict=True):
            names = set(one.names)
            keys = [
                question.key
                for question in self._after.questions
                if names
                & {*question.entity, *(held.asserter for it in question.positions for held in it.holders)}
            ]
            labels = " and ".join(_named(self._after, name) for name in one.names)
            judged = sort is ChangeSort.SAME_AS_JUDGED
            text = (
                f"{labels} judged to be the same" if judged else f"{labels} no longer judged to be the same"
            )
            in_force = self._after.names.canonical(one.names[0]) if judged else None
            yield Change(sort, tuple(keys), (), ", ".join(one.names), in_force, (), (), (event,), text)

    def _disputed(self) -> Iterator[Change]:
        """The revocations by which signatures came to be disputed; no answer and no state changes by that."""
        known = {one.event for one in self._before.revocations}
        for one in self._after.revocations:
            if one.event in known:
                continue
            signed = [
                view
                for view in self._after.claims.values()
                if any(version.index in one.disputed for version in view.versions)
            ]
            keys = dict.fromkeys(key for view in signed for key in view.questions)
            yield Change(
                ChangeSort.SIGNATURE_DISPUTED, tuple(keys), (), None, None, (), tuple(view.ref for view in signed),
                (one.event,), _disputed_in_words(one, [view.ref for view in signed]),
            )  # fmt: skip

    def _change(
        self,
        sort: ChangeSort,
        state: CaseState,
        view: ClaimView,
        *,
        text: str,
        before: str | None = None,
        after: str | None = None,
        claims: tuple[str, ...] = (),
        of: tuple[str, ...] = (),
        by: tuple[str, ...] = (),
    ) -> Change:
        """A change of one claim; `by` are refs of claims, or ids of the recorder's acts."""
        refs = tuple(one for one in by if one in self._after.claims or one in self._before.claims)
        events = tuple(one for one in by if one not in refs)
        holders = tuple(dict.fromkeys(speaker.holder for speaker in state.accounts[view.ref].speakers))
        return Change(sort, view.questions, holders, before, after, (*claims, *refs), of, events, text)


def _disputed_in_words(revocation: RevocationView, refs: Sequence[str]) -> str:
    others = len(revocation.disputed) - len(refs)
    what = [*refs, *([f"{others} of the recorder's acts"] if others > 0 else [])]
    why = disputed_in_words(revocation).removeprefix("signature disputed: ")
    return f"the signatures of {', '.join(what)} are disputed: {why}"


def _named(state: CaseState, name: str) -> str:
    """The label of a name as registered, whatever it is judged to be the same as."""
    view = state.entities.get(name)
    return name if view is None else f"{view.label} ({name})"
