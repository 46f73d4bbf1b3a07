"""What each speaker has said, over all cases: how often which answer, and what it later corrected or retracted.

A fold over all events of a ledger, in one pass. "How often does this authority give this cause?" is what it answers.

1. An entity of the shared register is one speaker across cases. Any other belongs to its case; two cases that use one
   name have two speakers. Names that a case judges to be the same are one there, until that is undone; where one of
   them is of the shared register, the claims count as that one's.
2. Counted is what was recorded and not withdrawn, as amended. A withdrawn record is no statement and is counted apart;
   what a speaker retracts or corrects was said, stays counted, and is marked. Only its own corrections and
   retractions count, and none that was itself taken back.
3. What is said for an institution is that institution's. Whoever spoke is listed with it under `spoke_for`.
4. Where the reader cannot tell whose voice a claim is, it counts for nobody: it is listed under `maybe`.
5. Nothing is compared between cases and no number is added up: equal answers are counted, and their claims named.
6. A claim whose record was signed by a key that was revoked with less trust than it had stays counted, and is marked:
   by the last revocation that disputes one of its records.
7. No body is kept. What stays is a tally for each answer of each speaker (`MOST_ANSWERS` of a property, the rest
   counted together), the labels of entities, and about a hundred bytes a claim.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from claimledger.events.codes import codes_of, is_listed
from claimledger.events.dates import parse_edtf
from claimledger.events.encoding import encode
from claimledger.events.errors import UnknownName
from claimledger.events.values import SHARED

from .asserter_rows import AnswerCount, AsserterRow, Behind, CaseRef, DisputedBy, SpokeFor
from .asserter_tallying import NOBODY, REGISTER, Place, Tallying, key_of
from .questions import natural
from .replay import RULES_VERSION, Provenance
from .tallies import NAMED, Heading, Key, Tally
from .words import folded

__all__ = ["Asserters"]


class Asserters(Tallying):
    """What every speaker has said, over all cases: ``ledger.replay(Asserters())``.

    Args and what it raises are those of `Tallying`, which takes in the events: the clocks ``known_at`` and
    ``asserted_by``.
    """

    @property
    def rows(self) -> tuple[AsserterRow, ...]:
        """Every speaker, those of the shared register first, then by how many claims and by name."""
        return _Reading(self).rows

    def of(self, holder: str, case: str | None = None) -> AsserterRow:
        """What one speaker has said.

        Args:
            holder: its name, with or without ``shared:``, or its label.
            case: the case that it belongs to; None where the name alone tells.

        Raises:
            UnknownName: nobody of that name has said anything, or several have; the message lists near ones.
        """
        rows = [row for row in self.rows if case is None or row.case == case]
        for spelled in (_by_name, _by_label):
            found = [row for row in rows if folded(holder) in spelled(row)]
            if len(found) == 1:
                return found[0]
            if found:
                several = ", ".join(sorted(_shown(row) for row in found)[:8])
                raise UnknownName(f'"{holder}" may mean several speakers: {several}; name the case')
        known = {name: _shown(row) for row in rows for name in (*_by_name(row), *_by_label(row))}
        near = dict.fromkeys(known[one] for one in difflib.get_close_matches(folded(holder), known, n=4))
        listed = f"; near ones: {', '.join(near)}" if near else ""
        raise UnknownName(f'nobody called "{holder}" has said anything in these cases{listed}')

    def property_named(self, text: str) -> str:
        """The property that a person means: ``cause of death`` is ``cause_of_death``.

        Raises:
            UnknownName: nobody here answers it, and no kind of this release asks it; the message lists near ones.
        """
        wanted = "_".join(folded(text).split())
        answered = {one.property for row in self.rows for one in row.answers}
        if wanted in answered or is_listed("property", wanted):
            return wanted
        near = difflib.get_close_matches(wanted, sorted({*answered, *(codes_of("property") or ())}), n=4)
        listed = f"; near ones: {', '.join(near)}" if near else ""
        raise UnknownName(f'"{text}" is no property that anybody here answers{listed}')

    @property
    def not_yet_said(self) -> int:
        """With `asserted_by`, how many claims were not certainly said by then."""
        return self.tallies[NOBODY].times

    def provenance(self) -> Provenance:
        """Where this comes from, with the hash of it."""
        return self._provenance(self._content())

    def to_json(self) -> dict[str, Any]:
        """``cases``, ``claims``, ``not_yet_said``, ``unread`` (how many), ``asserters`` (rows) and ``provenance``.

        ``unread`` are claims in no case whose opening this release can read; they count for nobody.
        """
        content = self._content()
        return {**content, "provenance": self._provenance(content).to_json()}

    def _content(self) -> dict[str, Any]:
        return {
            "cases": len(self.case_names),
            "claims": len(self.counted),
            "asserters": [row.to_json() for row in self.rows],
            "not_yet_said": self.not_yet_said,
            "unread": self.unread,
        }

    def _provenance(self, content: dict[str, Any]) -> Provenance:
        digest = sha256(encode(content, max_bytes=2**40)).hexdigest()
        filters = MappingProxyType(self.clocks.filters())
        return Provenance(self.ledger, self.taken_in, filters, RULES_VERSION, digest)


class _Disputed(NamedTuple):
    """A claim whose signature is disputed: by which revocation, and in which of its records."""

    revocation: int
    case: int
    ref: str
    records: tuple[int, ...]


class _Reading:
    """One look at the tallies: names that mean the same put together, and what was taken back found."""

    def __init__(self, fold: Asserters) -> None:
        self._fold = fold
        self._in_force = self._joined()
        self._gathered: dict[Key, list[Key]] = {}
        for key in fold.speakers:
            self._gathered.setdefault(self._in_force.get(key, key), []).append(key)
        self._ended = self._taken_back()
        self._signed = self._disputed()

    @cached_property
    def rows(self) -> tuple[AsserterRow, ...]:
        """Every speaker."""
        rows = (self._row(key, spoken) for key, spoken in self._gathered.items())
        shown = [
            row for row in rows if row.claims.times or row.spoke_for or row.maybe.times or row.withdrawn.times
        ]
        return tuple(
            sorted(shown, key=lambda row: (row.case is not None, -row.claims.times, row.holder, row.case))
        )

    def _joined(self) -> dict[Key, Key]:
        """Names to the name in force, where a same-as joins them."""
        above: dict[Key, Key] = {}

        def top(key: Key) -> Key:
            while key in above:
                key = above[key]
            return key

        # The register first, since a case builds on it; no case joins two names of the register.
        for case in sorted(self._fold.same):
            for names in self._fold.same[case].values():
                keys = [key_of(name, case) for name in names]
                for key in keys[1:]:
                    senior, junior = sorted((top(keys[0]), top(key)), key=self._seniority)
                    if senior != junior and (junior[0] == case):
                        above[junior] = senior
        return {key: top(key) for key in above}

    def _seniority(self, key: Key) -> tuple[bool, bool, int, str]:
        known = self._fold.entities.get(key)
        return (key[0] != REGISTER, known is None or not known.is_named, known.index if known else 0, key[1])

    def _taken_back(self) -> dict[int, dict[str, list[tuple[int, str]]]]:
        """Tally to the claims in it that their own speaker took back, by how: case and ref of each.

        Later replies come first, since they may end earlier ones.
        """
        ended: dict[str, str] = {}
        latest_first = sorted(
            self._fold.replies.items(), key=lambda one: (one[1].index, one[0]), reverse=True
        )
        for event_id, reply in latest_first:
            whose = self._speaker(event_id, reply.case)
            if event_id in ended or whose is None or self._type(whose) == "unnamed":
                continue
            for claim in reply.claims:
                if self._speaker(claim, reply.case) == whose:
                    ended[claim] = reply.kind
        found: dict[int, dict[str, list[tuple[int, str]]]] = {}
        for claim, how in ended.items():
            place = self._fold.place_of(claim)
            if place is None:
                continue
            for tally in place.tallies:
                found.setdefault(tally, {}).setdefault(how, []).append(
                    (place.case, self._fold.refs[place.ref])
                )
        return found

    def _disputed(self) -> dict[int, list[_Disputed]]:
        """Tally to the claims in it whose signatures are disputed."""
        found: dict[int, list[_Disputed]] = {}
        by: dict[str, list[int]] = {}  # keyid to the numbers of its revocations
        for number, one in enumerate(self._fold.revocations):
            by.setdefault(one.key, []).append(number)
        if not by:
            return found
        for place in map(Place.of, self._fold.counted.every()):
            keys = {key for _, signers in place.records for key in self._fold.signers[signers]}
            for number in sorted({number for key in keys for number in by.get(key, ())}, reverse=True):
                one = self._fold.revocations[number]
                records = tuple(
                    index
                    for index, signers in place.records
                    if one.size <= index < one.index and one.key in self._fold.signers[signers]
                )
                if records:
                    disputed = _Disputed(number, place.case, self._fold.refs[place.ref], records)
                    for tally in place.tallies:
                        found.setdefault(tally, []).append(disputed)
                    break
        return found

    def _speaker(self, event_id: str, case: int) -> Key | None:
        """Whose voice a claim of a case is, by the name in force; None where that is open or it is not counted."""
        place = self._fold.place_of(event_id)
        if place is not None and place.case == case:
            for tally in place.tallies:
                whose, heading = self._fold.headings.of(tally)
                if heading == ("claims",):
                    return self._in_force.get(whose, whose)
        return None

    def _type(self, key: Key) -> str:
        known = self._fold.entities.get(key)
        return "" if known is None else known.type

    def _row(self, key: Key, spoken: Iterable[Key]) -> AsserterRow:
        headings: dict[Heading, list[int]] = {}
        for one in spoken:
            for number, tally in self._fold.speakers[one].tallies.items():
                if self._fold.tallies[tally].times:
                    headings.setdefault(self._fold.headings.heading(number), []).append(tally)
        known = self._fold.entities.get(key)
        dates = sorted((heading[1] for heading in headings if heading[0] == "said"), key=_first)
        said = headings.get(("claims",), [])
        return AsserterRow(
            holder=key[1],
            case=None if key[0] == REGISTER else self._fold.case_names[key[0]],
            label=key[1] if known is None else known.label,
            names=tuple(dict.fromkeys(name for _, name in sorted(spoken, key=self._seniority))),
            is_named=known is None or known.is_named,
            claims=self._behind(said),
            spoke_for=self._spoke_for(key, headings),
            maybe=self._behind(headings.get(("maybe",), [])),
            withdrawn=self._behind(headings.get(("withdrawn",), [])),
            corrected=self._ended_of(said, "corrects"),
            retracted=self._ended_of(said, "retracts"),
            signature_disputed=self._disputed_by(said),
            kinds=self._times(headings, "kind"),
            strengths=self._times(headings, "strength"),
            first_said=dates[0] if dates else None,
            last_said=max(dates, key=_last) if dates else None,
            answers=self._answers(headings),
            more_answers=self._times(headings, "more"),
        )

    def _spoke_for(self, key: Key, headings: Mapping[Heading, list[int]]) -> tuple[SpokeFor, ...]:
        """The most claims first. One who is judged to be the institution itself spoke for nobody else."""
        found: dict[Key, list[int]] = {}
        for heading, tallies in headings.items():
            if heading[0] == "for":
                named = (int(heading[1]), heading[2])
                found.setdefault(self._in_force.get(named, named), []).extend(tallies)
        spoke = [
            SpokeFor(
                holder=whose[1],
                case=None if whose[0] == REGISTER else self._fold.case_names[whose[0]],
                label=whose[1] if (known := self._fold.entities.get(whose)) is None else known.label,
                said=self._behind(tallies),
            )
            for whose, tallies in found.items()
            if whose != key
        ]
        return tuple(
            sorted(spoke, key=lambda one: (-one.said.times, one.case is not None, one.holder, one.case))
        )

    def _answers(self, headings: Mapping[Heading, list[int]]) -> tuple[AnswerCount, ...]:
        found = [
            AnswerCount(
                property=heading[1],
                answer=heading[4],
                polarity=heading[2],
                openness=heading[3],
                said=self._behind(tallies),
                corrected=self._ended_of(tallies, "corrects").times,
                retracted=self._ended_of(tallies, "retracts").times,
                signature_disputed=sum(one.claims.times for one in self._disputed_by(tallies)),
            )
            for heading, tallies in headings.items()
            if heading[0] == "answer"
        ]
        return tuple(
            sorted(
                found, key=lambda one: (one.property, -one.said.times, one.answer, one.polarity, one.openness)
            )
        )

    def _times(self, headings: Mapping[Heading, list[int]], lead: str) -> Mapping[str, int]:
        """What follows a leading word, to how many claims; the most frequent first."""
        found = {
            heading[1]: sum(self._fold.tallies[tally].times for tally in tallies)
            for heading, tallies in headings.items()
            if heading[0] == lead
        }
        return MappingProxyType(dict(sorted(found.items(), key=lambda one: (-one[1], one[0]))))

    def _behind(self, tallies: Iterable[int]) -> Behind:
        every = (self._fold.tallies[tally] for tally in tallies)
        several = [one for one in every if isinstance(one, Tally)]
        named = sorted({one for tally in several for one in tally.named})[:NAMED]
        return Behind(
            times=sum(tally.times for tally in several),
            cases=len(set().union(*(tally.cases for tally in several))),
            refs=tuple(CaseRef(self._fold.case_names[case], self._fold.refs[ref]) for _, case, ref in named),
        )

    def _ended_of(self, tallies: Iterable[int], how: str) -> Behind:
        return self._named(one for tally in tallies for one in self._ended.get(tally, {}).get(how, ()))

    def _disputed_by(self, tallies: Iterable[int]) -> tuple[DisputedBy, ...]:
        by: dict[int, set[_Disputed]] = {}
        for disputed in (one for tally in tallies for one in self._signed.get(tally, ())):
            by.setdefault(disputed.revocation, set()).add(disputed)
        return tuple(
            DisputedBy(
                replace(
                    self._fold.revocations[number],
                    disputed=tuple(sorted(index for one in some for index in one.records)),
                ),
                self._named((one.case, one.ref) for one in some),
            )
            for number, some in sorted(by.items())
        )

    def _named(self, claims: Iterable[tuple[int, str]]) -> Behind:
        """A count of claims, each by the number of its case and by its ref; the first of them are named."""
        every = sorted(set(claims), key=lambda one: (one[0], natural(one[1])))
        named = tuple(CaseRef(self._fold.case_names[case], ref) for case, ref in every[:NAMED])
        return Behind(len(every), len({case for case, _ in every}), named)


def _first(text: str) -> tuple[datetime.date, str]:
    bounds = parse_edtf(text).bounds
    return (bounds.earliest or bounds.latest or datetime.date.max, text)


def _last(text: str) -> tuple[datetime.date, str]:
    bounds = parse_edtf(text).bounds
    return (bounds.latest or bounds.earliest or datetime.date.min, text)


def _by_name(row: AsserterRow) -> set[str]:
    return {folded(name) for one in (row.holder, *row.names) for name in (one, one.removeprefix(SHARED))}


def _by_label(row: AsserterRow) -> set[str]:
    return {folded(row.label)}


def _shown(row: AsserterRow) -> str:
    return row.holder if row.case is None else f"{row.holder} of {row.case}"
