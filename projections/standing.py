"""Who still stands by what: records withdrawn, claims taken back, claims that moved on, claims that rest on them.

1. A recorder's *withdrawal* ends a record; a speaker's *retraction* or *correction* ends a claim. Both leave it in the
   history. Corrections and retractions act only on named claims of the same holder; anyone else's is a rebuttal and
   ends nothing. A reply that was itself taken back has no effect; replies that take one another back in a circle
   end nothing.
2. On a question where one answer can hold, a holder stands by its latest statement: the root's time decides, never a
   relay's; on one day the hour does, where clocks of one stated offset show it. Times that overlap, or are not known,
   leave both current; so does one statement. Numbers of another scope, unit or certainty, and causes that their roles
   make not comparable, do not displace one another.
3. "Undetermined" displaces the same holder's earlier answer; "being clarified" and "no comment" do not. A denial and
   an answer displace one another only where the answer says, or implies, what is denied; also where several can hold.
4. Speakers without a name are never taken for one holder, so nothing of theirs is displaced.
5. A claim that is based on one that ended or was displaced is *stale*: it stands, and proves no contradiction.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from operator import itemgetter

from claimledger.events.dates import When, parse_edtf
from claimledger.events.entities import Unnamed
from claimledger.events.kinds import NoAnswer, Reply
from claimledger.events.quantities import Quantity

from .answers import Account, Answer, Speaker
from .compare import TermValue, Window, in_common, measure, window
from .denials import takes_back
from .names import Condition, NamesInForce
from .words import date_text

__all__ = ["ClaimStatus", "Ended", "Entry", "displace", "ended_by_replies", "stale_claims"]


class ClaimStatus(StrEnum):
    """How a claim, or its record, stands."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"
    RETRACTED = "retracted"
    CORRECTED = "corrected"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Ended:
    """That a claim ended, how, and by which claim (or, for a withdrawal, which event)."""

    status: ClaimStatus
    by: str


@dataclass(slots=True)
class Entry:
    """One claim at one question: an answer, or that there is none.

    Attributes:
        account: the claim.
        answer: its answer; None for a `NoAnswer`.
        condition: under which reading it is about this question.
        ended: how it ended, for withdrawn, retracted and corrected claims.
        stale: the claim that it rests on and that moved on.
        displaced: the claim by which its holder moved on, under every reading.
        displaced_when: conditions under which a claim of its holder displaces it.
    """

    account: Account
    answer: Answer | None
    condition: Condition
    ended: Ended | None = None
    stale: str | None = None
    displaced: str | None = None
    displaced_when: list[tuple[Condition, str]] = field(default_factory=list)

    @property
    def status_code(self) -> str | None:
        """The status that a `NoAnswer` gives."""
        claim = self.account.content.claim
        return claim.status if isinstance(claim, NoAnswer) else None

    @property
    def is_current(self) -> bool:
        """Whether somebody stands by it, under some reading at least."""
        return self.ended is None and self.displaced is None

    @property
    def status(self) -> ClaimStatus:
        """How it stands at this question."""
        if self.ended is not None:
            return self.ended.status
        return ClaimStatus.STANDING if self.displaced is None else ClaimStatus.SUPERSEDED


def ended_by_replies(
    accounts: Mapping[str, Account],
    refs: Mapping[str, str],
    withdrawn: Mapping[str, Ended],
    names: NamesInForce,
) -> dict[str, Ended]:
    """Every claim that ended: withdrawn by its recorder, or taken back by its own holder.

    Args:
        accounts: the claims by ref.
        refs: event id to ref.
        withdrawn: the withdrawn records.
        names: the names in force.
    """
    acting: dict[str, list[tuple[str, ClaimStatus]]] = {}
    for ref, account in accounts.items():
        claim = account.content.claim
        if not isinstance(claim, Reply) or ref in withdrawn or account.content.polarity == "negated":
            continue
        status = {"retracts": ClaimStatus.RETRACTED, "corrects": ClaimStatus.CORRECTED}.get(claim.kind)
        if status is None:
            continue
        for named in claim.claims:
            target = refs.get(named, named)
            if target in accounts and _same_holder(account, accounts[target], names):
                acting.setdefault(target, []).append((ref, status))
    in_force = _in_force(acting, withdrawn)
    ended = dict(withdrawn)
    for target, replies in acting.items():
        for reply, status in replies:
            if reply in in_force:
                ended.setdefault(target, Ended(status, reply))
    return ended


def _in_force(acting: Mapping[str, list[tuple[str, ClaimStatus]]], withdrawn: Iterable[str]) -> set[str]:
    """The replies that nobody took back, however long the chain of who took back what."""
    targets: dict[str, list[str]] = {}
    for target, replies in acting.items():
        for reply, _ in replies:
            targets.setdefault(reply, []).append(target)
    against = {ref: len(acting.get(ref, ())) for ref in (*targets, *acting)}
    gone, in_force = set(withdrawn), set[str]()
    todo = [reply for reply in targets if not against[reply]]
    while todo:
        reply = todo.pop()
        in_force.add(reply)
        for taken_back in targets.get(reply, ()):
            if taken_back in gone:
                continue
            gone.add(taken_back)
            for ref in targets.get(taken_back, ()):
                against[ref] -= 1
                if not against[ref] and ref not in gone:
                    todo.append(ref)
    return in_force


def _same_holder(a: Account, b: Account, names: NamesInForce) -> bool:
    holders = {speaker.holder for account in (a, b) for speaker in account.speakers}
    return len(holders) == 1 and not any(isinstance(names.entity(holder), Unnamed) for holder in holders)


def stale_claims(
    accounts: Mapping[str, Account], refs: Mapping[str, str], moved_on: Iterable[str]
) -> dict[str, str]:
    """The claims that rest, directly or through others, on one that ended or was displaced; each with that one."""
    rests: dict[str, list[str]] = {}
    for ref, account in accounts.items():
        for ground in account.content.based_on:
            if ground.claim is not None:
                rests.setdefault(refs.get(ground.claim, ground.claim), []).append(ref)
    stale: dict[str, str] = {}
    todo = list(moved_on)
    while todo:
        source = todo.pop()
        for ref in rests.get(source, ()):
            if ref not in stale:
                stale[ref] = source
                todo.append(ref)
    return stale


@dataclass(frozen=True, slots=True)
class _Said:
    """An entry as one possible holder said it, with the days between which that was certainly said.

    On one certain day, ``hours`` is the stretch of it, by a clock whose offset from UTC is stated; else None.
    """

    entry: Entry
    condition: Condition
    earliest: datetime.date | None
    latest: datetime.date | None
    hours: Window | None


def displace(entries: Collection[Entry], names: NamesInForce) -> None:
    """Find, at one question, which entries a later one of the same holder displaces, and note it on them."""
    by_holder: dict[str, list[_Said]] = {}
    for entry in entries:
        if entry.ended is not None:
            continue
        for speaker in entry.account.speakers:
            _place(entry, speaker, names, by_holder)
    for said in by_holder.values():
        if len(said) > 1:
            _displace_within(said, names)
    for entry in entries:
        if entry.displaced is None and _moved_on_anyhow(entry, entries, names):
            entry.displaced = entry.displaced_when[0][1]
            entry.displaced_when.clear()


def _moved_on_anyhow(entry: Entry, entries: Collection[Entry], names: NamesInForce) -> bool:
    """Whether some later claim displaces it under each reading, though none does so under all of them."""
    if len(entry.displaced_when) < 2:
        return False
    own = {variable: domain for one in entries for variable, domain in one.account.domains.items()}
    variables = {variable for condition, _ in entry.displaced_when for variable, _ in condition}
    domains = {one: own.get(one) or names.domain(one) for one in sorted(variables)}
    readings = names.readings({**domains, **{variable: (value,) for variable, value in entry.condition}})
    return bool(readings) and all(
        any(
            all(reading[variable] == value for variable, value in condition)
            for condition, _ in entry.displaced_when
        )
        for reading in readings or ()
    )


def _place(entry: Entry, speaker: Speaker, names: NamesInForce, by_holder: dict[str, list[_Said]]) -> None:
    variable = entry.account.voice_variable
    own: Condition = () if variable is None else ((variable, speaker.label),)
    earliest = latest = hours = None
    said = speaker.voice.asserted_at
    text = date_text(said)
    if text is not None:
        date = parse_edtf(text)
        if not date.approximate and not date.uncertain:
            earliest, latest = date.bounds.earliest, date.bounds.latest
            if isinstance(said, When) and earliest == latest:
                hours = window(said)
                hours = None if hours is None or hours.offset is None else hours
    for holder, condition in names.placements(speaker.holder):
        if not isinstance(names.entity(holder), Unnamed):
            by_holder.setdefault(holder, []).append(_Said(entry, own + condition, earliest, latest, hours))


def _displace_within(said: list[_Said], names: NamesInForce) -> None:
    in_order = sorted(
        ((one.earliest, one.entry.account.ref, one) for one in said if one.earliest is not None),
        key=itemgetter(0, 1),
    )
    timed = [one for one in said if one.hours is not None]
    rivals: dict[object, _Rivals] = {}
    moves: dict[int, list[tuple[Condition, str]]] = {}
    dated = [(one.latest, place) for place, one in enumerate(said) if one.latest is not None]
    for latest, place in sorted(dated):
        earlier = said[place]
        found = rivals.get(likeness := _likeness(earlier.entry))
        if found is None:
            found = rivals[likeness] = _Rivals(earlier.entry, in_order, names)
        moves[place] = _moves(earlier, chain(_later_that_day(earlier, timed, names), found.after(latest)))
    for place in sorted(moves):
        entry = said[place].entry
        for condition, ref in moves[place]:
            if condition:
                entry.displaced_when.append((condition, ref))
            else:
                entry.displaced = ref


def _later_that_day(earlier: _Said, timed: Iterable[_Said], names: NamesInForce) -> list[_Said]:
    """Those that were certainly said later on the same day, by clocks of one offset, in order."""
    hours = earlier.hours
    if hours is None:
        return []
    later = [
        (one.hours.first, one.entry.account.ref, one)
        for one in timed
        if one.hours is not None
        and (one.earliest, one.hours.offset) == (earlier.earliest, hours.offset)
        and hours.last < one.hours.first
        and _takes_the_place(one.entry, earlier.entry, names)
    ]
    return [one for _, _, one in sorted(later, key=itemgetter(0, 1))]


def _likeness(entry: Entry) -> object:
    """Equal for entries whose place the same later ones take."""
    answer = entry.answer
    return None if answer is None else (answer.key, answer.by, answer.single, answer.together)


class _Rivals:
    """Those that take the place of any entry of one likeness, sought as far as is asked, each at most once.

    Args:
        entry: an entry of that likeness.
        in_order: what its holder said, by the first day on which it may have been said.
        names: the names in force.
    """

    __slots__ = ("_days", "_entry", "_found", "_listed", "_names", "_next")

    def __init__(
        self, entry: Entry, in_order: list[tuple[datetime.date, str, _Said]], names: NamesInForce
    ) -> None:
        self._entry = entry
        self._names = names
        old = entry.answer
        if old is not None and (old.negated or not old.single):
            # Only a yes to its no, a no to its yes, or that nobody knows.
            in_order = [
                one for one in in_order
                if (new := one[2].entry.answer) is None or new.negated != old.negated
            ]  # fmt: skip
        self._listed = in_order
        self._days = [earliest for earliest, _, _ in in_order]
        self._found: list[tuple[int, _Said]] = []
        self._next = 0

    def after(self, latest: datetime.date) -> Iterator[_Said]:
        """Those that were certainly said after a day, in order; no day is asked for before an earlier one."""
        start = bisect_right(self._days, latest)
        known = bisect_left(self._found, start, key=itemgetter(0))
        self._next = max(self._next, start)
        while True:
            while known == len(self._found):
                if self._next == len(self._listed):
                    return
                later = self._listed[self._next][2]
                if _takes_the_place(later.entry, self._entry, self._names):
                    self._found.append((self._next, later))
                self._next += 1
            yield self._found[known][1]
            known += 1


def _moves(earlier: _Said, rivals: Iterable[_Said]) -> list[tuple[Condition, str]]:
    """Under which conditions its holder moved on to which claim; the last one has none where that is plain."""
    found: list[tuple[Condition, str]] = []
    given = dict(earlier.entry.condition)
    # The next one counts, not the last one: a reader follows an account from change to change.
    for later in rivals:
        needed = {*later.condition, *later.entry.condition, *earlier.condition}
        if len(dict({*needed, *given.items()})) < len({*needed, *given.items()}):
            continue  # no reading gives one variable two values
        condition = tuple(sorted(one for one in needed if one[0] not in given))
        found.append((condition, later.entry.account.ref))
        if not condition:
            break
    return found


def _takes_the_place(later: Entry, earlier: Entry, names: NamesInForce) -> bool:
    if later.account.content.polarity == "negated" and later.answer is None:
        return False
    if later.answer is None:
        return later.status_code == "undetermined" or earlier.answer is None
    if earlier.answer is None:
        return not later.answer.negated
    new, old = later.answer, earlier.answer
    if new.key == old.key:
        return False  # said again, not otherwise
    if new.scope != old.scope:
        return False
    if new.negated == old.negated:
        return not new.negated and new.single and old.single and not _kept_beside(new, old)
    return takes_back(new, old, names)


def _kept_beside(new: Answer, old: Answer) -> bool:
    """Whether the answers speak of different things, so that the holder may well stand by both."""
    return _measures(new).isdisjoint(_measures(old)) or _roles_differ(new, old)


def _measures(answer: Answer) -> set[tuple[str | None, str | None]]:
    """Unit and certainty of its numbers; what is no number has neither."""
    return {measure(value) if isinstance(value, Quantity) else (None, None) for value in answer.values}


def _roles_differ(new: Answer, old: Answer) -> bool:
    """Whether the causes may be links of one chain; a cause that is said again with its role is no other link."""
    ours, theirs = (
        [value for value in answer.values if isinstance(value, TermValue)] for answer in (new, old)
    )
    roles = [{role for value in side for _, _, role in value.terms} for side in (ours, theirs)]
    if not (roles[0] | roles[1]) - {""} or roles[0] & roles[1] - {""}:
        return False
    return "" not in roles[0] | roles[1] or not any(in_common(x, y) for x in ours for y in theirs)
