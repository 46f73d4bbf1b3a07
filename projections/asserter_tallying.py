"""The counting behind `claimledger.projections.asserters`: each claim under each of its headings, in one pass.

1. A heading is a few words: ``claims``, ``maybe``, ``withdrawn``, a kind, a strength, a date at which something was
   said, an answer, or for whom somebody spoke. Each speaker has a tally for each of its headings. What is said for
   an institution is that one's; whoever spoke has it under ``for`` alone.
2. An amended claim is counted as amended, in the place of what was counted before; a withdrawn one under
   ``withdrawn`` alone. Replies by which a speaker may take claims back are kept; what they end is found on reading.
3. Of each record of a claim its place and its signers are kept, for a revocation may come later that disputes them.
4. A claim in no case whose opening this release can read counts for nobody; how many there are is told (`unread`).
5. No body is kept. What stays is the tallies, labels and types of entities, and a few numbers for each claim.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from claimledger.events.claims import ClaimAmended, ClaimContent, ClaimRecorded, ClaimWithdrawn, Voice
from claimledger.events.dates import parse_edtf
from claimledger.events.declarations import KindDeclared
from claimledger.events.declared_kinds import DeclaredKind, as_declared, kind_of
from claimledger.events.governance import KeyRevoked
from claimledger.events.kinds import NoAnswer, Reply
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import CaseOpened, EntityRegistered, SameAsJudged, SameAsUndone
from claimledger.events.values import SHARED, alternatives

from .answers import account_of
from .asserter_rows import answer_text
from .clocks import Clocks, Moment
from .names import NamesInForce
from .revocations import RevocationView
from .tallies import Counted, Heading, Headings, Key, Plain, Tally
from .words import date_text

__all__ = ["MOST_ANSWERS", "NOBODY", "REGISTER", "Place", "Tallying", "key_of"]

MOST_ANSWERS: Final = 200
"""How many different answers of one speaker to one sort of question are told apart; the rest is counted together."""

REGISTER: Final = -1
"""Stands where the number of a case stands, for the shared register."""
NOBODY: Final = 0
"""The tally of claims that `asserted_by` leaves out."""
_WITHDRAWN: Final = ("withdrawn",)
_NAMED: Final = ("claims", "maybe", "withdrawn", "answer", "for")
"""Headings whose claims are named; of the others they are only counted."""
_TAKES_BACK: Final = ("corrects", "retracts")

Records: TypeAlias = tuple[tuple[int, int], ...]

_AS_WRITTEN: Final = NamesInForce({})


@dataclass(frozen=True, slots=True)
class _Known:
    """An entity, as far as it matters here."""

    index: int
    label: str
    type: str

    @property
    def is_named(self) -> bool:
        """Whether it is known who that is."""
        return self.type not in ("unnamed", "one_of")


@dataclass(frozen=True, slots=True)
class _TakesBack:
    """A reply by which a speaker may take claims back."""

    index: int
    case: int
    kind: str
    claims: tuple[str, ...]


class Place(NamedTuple):
    """Where a claim is counted, as numbers.

    Attributes:
        ref: number of its ref.
        case: number of its case.
        records: log index of each of its records, and the number of those who signed it.
        tallies: numbers of the tallies that it is in.
    """

    ref: int
    case: int
    records: Records
    tallies: tuple[int, ...]

    @classmethod
    def of(cls, numbers: Sequence[int]) -> Place:
        """Read it from the numbers that are kept."""
        ref, case, count, *rest = numbers
        records = tuple(zip(rest[: 2 * count : 2], rest[1 : 2 * count : 2], strict=True))
        return cls(ref, case, records, tuple(rest[2 * count :]))

    def numbers(self) -> list[int]:
        """The numbers to keep."""
        flat = [number for record in self.records for number in record]
        return [self.ref, self.case, len(self.records), *flat, *self.tallies]


@dataclass(slots=True)
class _Speaker:
    """Where the claims of one speaker are counted: number of heading to tally, property to number of answers."""

    number: int
    tallies: dict[int, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)


class Tallying:
    """Counts the claims of every speaker, over all cases.

    Args:
        known_at: as for `CaseState`.
        asserted_by: a day: only what was certainly said by its end is counted.

    Raises:
        InvalidValue: a clock is set to what it cannot show.
    """

    def __init__(self, *, known_at: Moment | None = None, asserted_by: str | None = None) -> None:
        self.clocks = Clocks(known_at, asserted_by)
        self.ledger: str | None = None
        self.taken_in: int | None = None
        self._until = self.clocks.said_by
        self._cut = False
        self.case_names: list[str] = []
        self._case_of: dict[str, int] = {}
        self.entities: dict[Key, _Known] = {}
        self.same: dict[int, dict[str, tuple[str, ...]]] = {}
        self.speakers: dict[Key, _Speaker] = {}
        self.headings = Headings()
        self.tallies: list[Tally | Plain] = []
        self._tally((REGISTER, ""), ("nobody",))
        self.speakers.clear()
        self.counted = Counted()
        self.refs: list[str] = []
        self._ref_numbers: dict[str, int] = {}
        self.signers: list[tuple[str, ...]] = []
        self._signer_numbers: dict[tuple[str, ...], int] = {}
        self.revocations: list[RevocationView] = []
        self.unread = 0
        self.replies: dict[str, _TakesBack] = {}
        self._declared: dict[str, type[DeclaredKind]] = {}

    @property
    def known_at(self) -> Moment | None:
        """Where the log was cut, as given."""
        return self.clocks.known_at

    def cut_at(self, known_at: Moment) -> None:
        """Say where the log is cut, where whoever hands in the events cuts it; for the provenance."""
        self.clocks = self.clocks.joined(Clocks(known_at=known_at))

    def apply(self, event: Event) -> None:
        """Take in the next event of the log. One that is in already is left aside."""
        self._cut = self._cut or self.clocks.leave_out(event)
        if self._cut or (self.taken_in is not None and event.index <= self.taken_in):
            return
        self.taken_in = event.index
        self.ledger = event.header.ledger or self.ledger
        body = event.body
        case = self._case_of.get(event.stream, REGISTER)
        if isinstance(body, (ClaimRecorded, ClaimAmended)) and "." in body.kind:
            body = as_declared(body, event.header.body, self._declared)
        if case == REGISTER and isinstance(body, (ClaimRecorded, ClaimAmended, ClaimWithdrawn)):
            # Whose voices these are, its case would say: its opening is none that could be read.
            self.unread += isinstance(body, ClaimRecorded)
        elif isinstance(body, ClaimRecorded):
            self._count(event.id, (self._record(event),), case, body, body.ref)
        elif isinstance(body, ClaimAmended):
            self._amend(event, case, body)
        elif isinstance(body, ClaimWithdrawn):
            self._withdraw(event, case, body)
        elif isinstance(body, CaseOpened):
            self._case_of[event.stream] = len(self.case_names)
            self.case_names.append(body.case)
        elif isinstance(body, EntityRegistered):
            entity = body.entity
            self.entities[case, _led(body.name, case)] = _Known(event.index, entity.label, entity.type)
        elif isinstance(body, SameAsJudged):
            names = tuple(_led(name, case) for name in body.entities)
            self.same.setdefault(case, {})[event.id] = names
        elif isinstance(body, SameAsUndone):
            self.same.get(case, {}).pop(body.undoes, None)
        elif isinstance(body, KeyRevoked):
            self.revocations.append(
                RevocationView(event.index, event.id, body.key, body.reason, body.size, ())
            )
        elif isinstance(body, KindDeclared) and case == REGISTER:
            self._declared.setdefault(body.kind, kind_of(body))

    # Counting

    def _record(self, event: Event) -> tuple[int, int]:
        number = self._signer_numbers.get(event.signers)
        if number is None:
            number = self._signer_numbers[event.signers] = len(self.signers)
            self.signers.append(event.signers)
        return event.index, number

    def _count(self, event_id: str, records: Records, case: int, content: ClaimContent, ref: str) -> None:
        number = self._ref_numbers.get(ref)
        if number is None:
            number = self._ref_numbers[ref] = len(self.refs)
            self.refs.append(ref)
        tallies = self._tallies_of(case, content)
        index = records[-1][0]
        self._put(event_id, index, Place(number, case, records, tuple(tallies)))
        claim = content.claim
        if isinstance(claim, Reply) and claim.kind in _TAKES_BACK and content.polarity == "affirmed":
            if tallies != [NOBODY] and len(content.voices) == 1:
                self.replies[event_id] = _TakesBack(index, case, claim.kind, tuple(claim.claims))

    def _put(self, event_id: str, index: int, place: Place) -> None:
        for tally in place.tallies:
            self.tallies[tally].add(index, place.case, place.ref)
        self.counted.put(event_id, place.numbers())

    def _amend(self, event: Event, case: int, body: ClaimAmended) -> None:
        place = self._take_out(body.amends, case)
        if place is None:
            return
        records = (*place.records, self._record(event))
        if self._are_withdrawn(place.tallies):
            tallies = self._tallies_of(case, body)
            self._count_withdrawn(body.amends, event.index, place._replace(records=records), tallies)
        else:
            self._count(body.amends, records, case, body, self.refs[place.ref])

    def _withdraw(self, event: Event, case: int, body: ClaimWithdrawn) -> None:
        place = self._take_out(body.withdraws, case)
        if place is not None:
            self._count_withdrawn(body.withdraws, event.index, place, place.tallies)

    def _are_withdrawn(self, tallies: Iterable[int]) -> bool:
        return all(self.headings.of(tally)[1] == _WITHDRAWN for tally in tallies)

    def _count_withdrawn(self, event_id: str, index: int, place: Place, tallies: Iterable[int]) -> None:
        """Count a claim as withdrawn, for whoever it would count for."""
        keys = sorted({self.headings.of(tally)[0] for tally in tallies if tally != NOBODY})
        withdrawn = tuple(self._tally(key, _WITHDRAWN) for key in keys)
        self._put(event_id, index, place._replace(tallies=withdrawn))

    def _take_out(self, event_id: str, case: int) -> Place | None:
        """Count a claim no more. Gives where it was counted."""
        place = self.place_of(event_id)
        if place is None or place.case != case:
            return None
        for tally in place.tallies:
            self.tallies[tally].take_out(case, place.ref)
        self.replies.pop(event_id, None)
        return place

    def place_of(self, event_id: str) -> Place | None:
        """Where a claim is counted; None where no such claim was."""
        numbers = self.counted.get(event_id)
        return None if numbers is None else Place.of(numbers)

    def _tallies_of(self, case: int, content: ClaimContent) -> list[int]:
        """Where a claim is counted."""
        if self._until is not None and not all(_said_by(voice, self._until) for voice in content.voices):
            return [NOBODY]
        if len(content.voices) > 1:
            names = (one for voice in content.voices for one in (voice.on_behalf_of, voice.asserter))
            keys = dict.fromkeys(key_of(name, case) for name in names if name is not None)
            return [self._tally(key, ("maybe",)) for key in keys]
        voice = content.voices[0]
        key, spoke = key_of(voice.on_behalf_of or voice.asserter, case), key_of(voice.asserter, case)
        strengths, _ = alternatives(content.strength)
        headings: list[Heading] = [
            ("claims",),
            ("kind", content.kind),
            ("strength", " or ".join(strengths)),
        ]
        said = date_text(voice.asserted_at)
        if said is not None:
            headings.append(("said", said))
        headings += self._answers(case, content)
        tallies = [self._tally(key, heading) for heading in dict.fromkeys(headings)]
        return tallies if spoke == key else [*tallies, self._tally(spoke, ("for", str(key[0]), key[1]))]

    def _answers(self, case: int, content: ClaimContent) -> Iterator[Heading]:
        claim = content.claim
        if isinstance(claim, NoAnswer):
            yield ("answer", claim.property, content.polarity, "no_answer", claim.status)
        for answer in account_of("", content, _AS_WRITTEN).answers:
            text = answer_text(answer, self.case_names[case])
            yield ("answer", answer.property, content.polarity, answer.openness, text)

    def _tally(self, key: Key, heading: Heading) -> int:
        speaker = self.speakers.get(key)
        if speaker is None:
            speaker = self.speakers[key] = _Speaker(self.headings.add_speaker(key))
        number = self.headings.number(heading)
        found = speaker.tallies.get(number)
        if found is None and heading[0] == "answer":
            told_apart = speaker.answers.get(heading[1], 0)
            if told_apart >= MOST_ANSWERS:
                return self._tally(key, ("more", heading[1]))
            speaker.answers[heading[1]] = told_apart + 1
        if found is None:
            found = speaker.tallies[number] = len(self.tallies)
            self.tallies.append(Tally() if heading[0] in _NAMED else Plain())
            self.headings.add_tally(speaker.number, number)
        return found


def key_of(name: str, case: int) -> Key:
    """The speaker that a name means, in a case by its number or in the register."""
    return (REGISTER, name) if name.startswith(SHARED) else (case, _led(name, case))


def _led(name: str, case: int) -> str:
    return name if case != REGISTER or name.startswith(SHARED) else SHARED + name


def _said_by(voice: Voice, day: datetime.date) -> bool:
    text = date_text(voice.asserted_at)
    latest = None if text is None else parse_edtf(text).bounds.latest
    return latest is not None and latest <= day
