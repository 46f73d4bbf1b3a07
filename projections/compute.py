"""From filed events to the state of a case: every claim is taken apart once, and every question computed.

The order: names in force; claims in force; what ended (withdrawn, retracted, corrected); at each question what its
holder moved on from; what rests on any of those; then positions, pairs and states.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from claimledger.events.claims import ClaimContent
from claimledger.events.dates import parse_edtf
from claimledger.events.kinds import NoAnswer, Reply
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import ClaimsJudged

from .answers import Account, account_of
from .claims import ClaimView, Filed, Record
from .names import NamesInForce
from .pairing import Pairing
from .questions import JudgementView, Question, natural, question_of
from .standing import ClaimStatus, Ended, Entry, displace, ended_by_replies, stale_claims
from .times import is_not_of
from .words import date_text

__all__ = ["Computed", "compute"]

QuestionKey = tuple[tuple[str, ...], str]


@dataclass(slots=True)
class Computed:
    """What follows from the filed events."""

    names: NamesInForce
    claims: dict[str, ClaimView]
    not_yet_said: tuple[ClaimView, ...]
    not_of_that_day: tuple[ClaimView, ...]
    accounts: dict[str, Account]
    questions: dict[tuple[tuple[str, ...], str], Question]
    judgements: tuple[JudgementView, ...]


def compute(filed: Filed, until: datetime.date | None, day: datetime.date | None = None) -> Computed:
    """Compute the state of a case.

    Args:
        filed: its events.
        until: only what was certainly said by the end of that day is placed; None for no such filter.
        day: only what is said of that day, or of no day, is placed; None for no such filter.
    """
    names = NamesInForce(filed.entities, filed.same.values())
    said = {
        ref: record
        for ref, record in filed.records.items()
        if until is None or _said_by(record.versions[-1].body, until)
    }
    # By ref, so that nothing below depends on the order of recording.
    accounts = {ref: account_of(ref, said[ref].versions[-1].body, names) for ref in sorted(said, key=natural)}
    withdrawn = {
        ref: Ended(ClaimStatus.WITHDRAWN, record.withdrawal.event)
        for ref, record in said.items()
        if record.withdrawal is not None
    }
    ended = ended_by_replies(accounts, filed.refs, withdrawn, names)
    entries = _entries(accounts, ended)
    for at_question in entries.values():
        displace(at_question, names)
    ended_anywhere = {**ended, **_moved_on(entries)}
    stale = stale_claims(accounts, filed.refs, sorted(ended_anywhere, key=natural))
    for at_question in entries.values():
        for entry in at_question:
            entry.stale = stale.get(entry.account.ref)
    # Who still stands by what is known by now; the day only picks what of it is looked at.
    away = (
        set() if day is None else {ref for ref in said if is_not_of(said[ref].versions[-1].body.claim, day)}
    )
    entries = {
        key: kept
        for key, listed in entries.items()
        if (kept := [entry for entry in listed if entry.account.ref not in away])
    }
    judgements = tuple(_judgement(event, body, filed.refs) for event, body in filed.judged)
    questions = _questions(entries, names, judgements, accounts, ended, filed.refs)
    at: dict[str, list[str]] = {}
    for question in questions.values():
        key = question.key
        for ref in question.claims:
            at.setdefault(ref, []).append(key)
    views = {
        ref: _view(record, ended_anywhere.get(ref), stale.get(ref), tuple(at.get(ref, ())))
        for ref, record in filed.records.items()
    }
    return Computed(
        names=names,
        claims={ref: view for ref, view in views.items() if ref in said and ref not in away},
        not_yet_said=tuple(view for ref, view in views.items() if ref not in said),
        not_of_that_day=tuple(view for ref, view in views.items() if ref in away),
        accounts={ref: account for ref, account in accounts.items() if ref not in away},
        questions=questions,
        judgements=judgements,
    )


def _said_by(content: ClaimContent, day: datetime.date) -> bool:
    """Whether the speaker certainly said it by the end of that day, whosever voice it is."""
    for voice in content.voices:
        text = date_text(voice.asserted_at)
        latest = None if text is None else parse_edtf(text).bounds.latest
        if latest is None or latest > day:
            return False
    return True


def _entries(accounts: Mapping[str, Account], ended: Mapping[str, Ended]) -> dict[QuestionKey, list[Entry]]:
    entries: dict[QuestionKey, list[Entry]] = {}
    for ref, account in accounts.items():
        claim = account.content.claim
        for placement in account.placements:
            if isinstance(claim, NoAnswer):
                _add(
                    entries,
                    (placement.entity, claim.property),
                    Entry(account, None, placement.condition, ended.get(ref)),
                )
            for answer in account.answers:
                entry = Entry(account, answer, placement.condition, ended.get(ref))
                _add(entries, (placement.entity, answer.property), entry)
    return entries


def _add(entries: dict[QuestionKey, list[Entry]], key: QuestionKey, entry: Entry) -> None:
    entries.setdefault(key, []).append(entry)


def _moved_on(entries: Mapping[QuestionKey, list[Entry]]) -> dict[str, Ended]:
    """The claims that are displaced wherever they answer."""
    kept: set[str] = set()
    by: dict[str, str] = {}
    for at_question in entries.values():
        for entry in at_question:
            if entry.displaced is None:
                kept.add(entry.account.ref)
            else:
                by[entry.account.ref] = entry.displaced
    return {ref: Ended(ClaimStatus.SUPERSEDED, later) for ref, later in by.items() if ref not in kept}


def _judgement(event: Event, body: ClaimsJudged, refs: Mapping[str, str]) -> JudgementView:
    return JudgementView(
        index=event.index,
        event=event.id,
        verb=body.verb,
        claims=tuple(refs.get(one, one) for one in body.claims),
        of=tuple(refs.get(one, one) for one in body.of),
        under=dict(body.under or {}),
        note=body.note,
        signers=event.signers,
    )


def _questions(
    entries: Mapping[QuestionKey, list[Entry]],
    names: NamesInForce,
    judgements: tuple[JudgementView, ...],
    accounts: Mapping[str, Account],
    ended: Mapping[str, Ended],
    refs: Mapping[str, str],
) -> dict[QuestionKey, Question]:
    touching: dict[str, list[JudgementView]] = {}
    for judgement in judgements:
        for ref in {*judgement.claims, *judgement.of}:
            touching.setdefault(ref, []).append(judgement)
    undercutting = _undercutting(judgements, accounts, ended, refs)
    domains: dict[str, tuple[str, ...]] = {}
    for account in accounts.values():
        domains.update(account.domains)
    pairing = Pairing(names, domains)
    found: dict[QuestionKey, Question] = {}
    for key in sorted(entries, key=lambda key: ([names.rank(name) for name in key[0]], key[1])):
        about = {one.index: one for entry in entries[key] for one in touching.get(entry.account.ref, ())}
        found[key] = question_of(
            *key,
            entries[key],
            names=names,
            pairing=pairing,
            judgements=[about[index] for index in sorted(about)],
            undercutting=undercutting,
        )
    return found


def _undercutting(
    judgements: tuple[JudgementView, ...],
    accounts: Mapping[str, Account],
    ended: Mapping[str, Ended],
    refs: Mapping[str, str],
) -> dict[str, tuple[str, ...]]:
    """Ref to the claims that are judged, or said by their speakers, to undercut it."""
    found: dict[str, list[str]] = {}
    for judgement in judgements:
        if judgement.verb == "undercuts":
            for ref in judgement.of:
                found.setdefault(ref, []).extend(one for one in judgement.claims if one not in ended)
    for ref, account in accounts.items():
        claim = account.content.claim
        if not isinstance(claim, Reply) or claim.kind != "undercuts" or account.content.polarity == "negated":
            continue
        if ref not in ended:
            for target in claim.claims:
                found.setdefault(refs.get(target, target), []).append(ref)
    return {ref: tuple(by) for ref, by in found.items()}


def _view(record: Record, ended: Ended | None, stale: str | None, questions: tuple[str, ...]) -> ClaimView:
    first = record.versions[0]
    return ClaimView(
        ref=record.ref,
        event=first.event,
        index=first.index,
        leaf=record.leaf,
        recorded_at=first.recorded_at,
        signers=first.signers,
        body=record.versions[-1].body,
        versions=tuple(record.versions),
        status=ClaimStatus.STANDING if ended is None else ended.status,
        ended_by=None if ended is None else ended.by,
        stale=stale,
        withdrawal=record.withdrawal,
        questions=questions,
    )
