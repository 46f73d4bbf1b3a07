"""The rows of the tables of how it came about: history, judgements, what was registered, numbers, custody.

The rules are those of `claimledger.projections.table_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, get_args

from claimledger.events.entities import EvidenceItem, Group, OneOf

from .asserter_rows import AsserterRow, Behind
from .case import CaseState
from .changes import Changes
from .codebook_register import REGISTER_TABLES
from .counts import Counts
from .custody import Custody
from .history import History
from .table_rows import Row, amount, as_json, dated, erased_as_json, said_of
from .timeline import By, Timeline
from .words import date_text

__all__ = ["COURSE_ROWS", "asserter_rows", "change_rows"]


def _history(state: CaseState) -> Iterator[Row]:
    for row in History.of(state).rows:
        view = state.claims[row.ref]
        yield {
            "case": state.case,
            "ref": row.ref,
            "event": view.event,
            "index": row.index,
            "leaf": view.leaf,
            **said_of(view.body),
            "who": row.who,
            "what": row.what,
            "relays": list(row.relays),
            "source": row.source,
            "locator_start": None if row.locator is None else row.locator.start,
            "locator_end": None if row.locator is None else row.locator.end,
            "signers": list(row.recorder),
            "recorded_at": row.recorded_at,
            "status": str(row.status),
            "ended_by": row.ended_by,
            "judgements": [judgement.event for judgement in row.judgements],
            "amendments": as_json(
                [{"index": one.index, "because": one.because, "before": one.before} for one in row.amendments]
            ),
            "basis": row.basis,
        }


def _timeline(state: CaseState) -> Iterator[Row]:
    for by in get_args(By):
        for place, row in enumerate(Timeline.of(state, by).rows):
            yield {
                "case": state.case,
                "by": by,
                "place": place,
                "order": str(row.order),
                "date": row.date,
                "date_earliest": row.earliest,
                "date_latest": row.latest,
                "words": list(row.words),
                "field": row.field,
                "ref": row.ref,
                "index": row.index,
                "recorded_at": row.recorded_at,
                "holders": list(row.holders),
                "what": row.what,
                "questions": list(row.questions),
                "status": str(row.status),
                "ended_by": row.ended_by,
            }


def _judgements(state: CaseState) -> Iterator[Row]:
    for judgement in state.judgements:
        yield {
            "case": state.case,
            "event": judgement.event,
            "index": judgement.index,
            "verb": judgement.verb,
            "claims": list(judgement.claims),
            "of": list(judgement.of),
            "under": as_json(dict(judgement.under)),
            "note": judgement.note,
            "signers": list(judgement.signers),
        }


def _entities(state: CaseState) -> Iterator[Row]:
    for name, view in state.entities.items():
        entity = view.entity
        choice = entity if isinstance(entity, OneOf) else None
        yield {
            "case": state.case,
            "name": name,
            "in_force": state.names.canonical(name),
            "type": getattr(entity, "type", None),
            "label": view.label,
            "shared": view.shared,
            "index": view.index,
            "part_of": entity.part_of,
            "country": entity.country,
            "members": list(entity.members or ()) if isinstance(entity, Group) else [],
            "one_of": [] if choice is None else list(choice.one_of),
            "other_than": None if choice is None else choice.other_than,
            "protected": bool(entity.slots),
            "held": entity.held if isinstance(entity, EvidenceItem) else None,
            "erased": erased_as_json(each for each in state.erasures if each.of_index == view.index),
        }


def _sources(state: CaseState) -> Iterator[Row]:
    for name, whole in state.sources.items():
        # Who is protected stands in no table; what a protected source is may tell it.
        source = whole.model_copy(update=dict.fromkeys(whole.slots))
        excluded = [
            {"locator": [part.locator.start, part.locator.end], "because": part.because}
            for part in source.excluded or ()
        ]
        yield {
            "case": state.case,
            "name": name,
            "title": source.shown_as,
            "protected": bool(whole.slots),
            "publisher": source.publisher,
            "via": source.via,
            "url": source.url,
            "language": source.language,
            "media_type": source.media_type,
            "sha256": source.sha256,
            **dated("published", date_text(source.published)),
            **dated("retrieved", date_text(source.retrieved)),
            "excluded": as_json(excluded),
            "erased": erased_as_json(state.erasures_of_source(name)),
        }


def _counts(state: CaseState) -> Iterator[Row]:
    keys = {(question.entity, question.property): question.key for question in state.questions}
    for row in Counts.of(state).rows:
        yield {
            "case": state.case,
            "question": keys[row.entity, row.property],
            "entity": list(row.entity),
            "label": row.label,
            "property": row.property,
            "holder": row.holder,
            "holder_label": row.holder_label,
            **amount(row.quantity.model_dump(mode="json")),
            "verbatim": row.quantity.verbatim,
            **dated("as_of", row.as_of),
            **dated("said", row.said),
            "ref": row.ref,
            "index": row.index,
            "status": str(row.status),
            "ended_by": row.by,
            "polarity": row.polarity,
            "strengths": row.strength.split(" or "),
            "openness": row.openness,
            "is_conditional": row.is_conditional,
        }


def _custody(state: CaseState) -> Iterator[Row]:
    for item in Custody.of(state).items:
        blank: Row = dict.fromkeys(column.name for column in _CUSTODY.columns)
        blank |= {"case": state.case, "item": item.item, "label": item.label, "holders": [], "gaps": []}
        blank |= {"held": item.held, "keeper": item.keeper}
        yield {**blank, "record": "item", "index": item.index}
        for mention in item.mentions:
            view = state.claims[mention.ref]
            yield {
                **blank,
                "record": "claim",
                "index": view.index,
                "event": view.event,
                "ref": mention.ref,
                "how": mention.how,
                "holders": mention.holder.split(" or "),
                "status": str(mention.status),
            }
        for copy in item.attachments:
            yield {
                **blank,
                "record": "copy",
                "index": copy.index,
                "event": copy.event,
                "given_by": copy.obtained_from,
                **dated("at", copy.obtained_at),
                "sha256": copy.sha256,
                "media_type": copy.media_type,
                "size": copy.size,
                "note": copy.basis,
            }
        for step in item.transfers:
            yield {
                **blank,
                "record": "transfer",
                "index": step.index,
                "event": step.event,
                "given_by": step.given_by,
                "received_by": step.received_by,
                **dated("at", step.at),
                "place": step.place,
                "note": step.note,
                "gaps": [gap.what for gap in step.gaps],
            }
        for assessment in item.assessments:
            yield {
                **blank,
                "record": "assessment",
                "index": assessment.index,
                "event": assessment.event,
                **dated("at", assessment.at),
                "scale": assessment.scale,
                "grade": assessment.grade,
                "assessor": assessment.assessor,
                "note": assessment.note,
            }


def _assessments(state: CaseState) -> Iterator[Row]:
    for one in Custody.of(state).assessments:
        yield {
            "case": state.case,
            "index": one.index,
            "event": one.event,
            "of": one.of,
            "name": one.name,
            "scale": one.scale,
            "grade": one.grade,
            "assessor": one.assessor,
            **dated("at", one.at),
            "note": one.note,
        }


_CUSTODY: Final = next(table for table in REGISTER_TABLES if table.name == "custody")


def change_rows(changes: Changes) -> Iterator[Row]:
    """The rows of the table ``changes``."""
    for place, change in enumerate(changes.entries):
        yield {
            "case": changes.case,
            "place": place,
            "sort": str(change.sort),
            "questions": list(change.questions),
            "holders": list(change.holders),
            "before": change.before,
            "after": change.after,
            "claims": list(change.claims),
            "of": list(change.of),
            "events": list(change.events),
            "text": change.text,
        }


def asserter_rows(asserters: Iterable[AsserterRow]) -> Iterator[Row]:
    """The rows of the table ``asserters``: for each speaker its claims as a whole, then one count after another."""
    for speaker in asserters:
        who = {
            "case": speaker.case,
            "holder": speaker.holder,
            "label": speaker.label,
            "names": list(speaker.names),
            "is_named": speaker.is_named,
            **dated("first_said", speaker.first_said),
            **dated("last_said", speaker.last_said),
        }
        blank: Row = dict.fromkeys(column.name for column in _ASSERTERS.columns)
        blank |= {**who, "refs": []}
        for counted in ("claims", "maybe", "withdrawn", "corrected", "retracted"):
            yield {**blank, "counted": counted, **_behind(getattr(speaker, counted))}
        for disputed in speaker.signature_disputed:
            by = disputed.revocation.event
            yield {**blank, "counted": "signature_disputed", "word": by, **_behind(disputed.claims)}
        for spoke in speaker.spoke_for:
            whose = spoke.holder if spoke.case is None else f"{spoke.case}/{spoke.holder}"
            yield {**blank, "counted": "spoke_for", "word": whose, **_behind(spoke.said)}
        for kind, times in speaker.kinds.items():
            yield {**blank, "counted": "kind", "word": kind, "times": times}
        for strength, times in speaker.strengths.items():
            yield {**blank, "counted": "strength", "word": strength, "times": times}
        for answer in speaker.answers:
            yield {
                **blank,
                "counted": "answer",
                "property": answer.property,
                "word": answer.answer,
                "polarity": answer.polarity,
                "openness": answer.openness,
                **_behind(answer.said),
                "of_them_corrected": answer.corrected,
                "of_them_retracted": answer.retracted,
                "of_them_signature_disputed": answer.signature_disputed,
            }
        for property, times in speaker.more_answers.items():
            yield {**blank, "counted": "more_answers", "property": property, "times": times}


def _behind(behind: Behind) -> Row:
    return {
        "times": behind.times,
        "cases": behind.cases,
        "refs": [f"{case}/{ref}" for case, ref in behind.refs],
    }


_ASSERTERS: Final = next(table for table in REGISTER_TABLES if table.name == "asserters")

COURSE_ROWS: Final = {
    "history": _history,
    "timeline": _timeline,
    "judgements": _judgements,
    "entities": _entities,
    "sources": _sources,
    "counts": _counts,
    "custody": _custody,
    "assessments": _assessments,
}
"""Table to what gives its rows for a state, in the columns of `codebook_course` and `codebook_register`."""
