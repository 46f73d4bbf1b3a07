"""The rows of the tables of one case, as plain values in the columns of the codebook.

1. A row is a mapping from column to value: text, int, bool, date, datetime (UTC) or a list of text; None where nothing
   is stated. An empty text is written as None, so that no format has to tell the two apart.
2. Rows show free text behind commitments where the state holds it; `claimledger.projections.tables` hands in states
   that do not, unless it is asked for. The identity of a protected person is in no row, whatever the state holds.
3. Numbers of claims are decimal text, as stated; nothing is rounded, added up or converted.
4. A position is named by a hash of its question and its answer, without the words in which the answer was found, so
   that it keeps its name in every run and in every later state.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, TypeAlias

from claimledger.events.claims import ClaimContent
from claimledger.events.dates import When, parse_edtf
from claimledger.events.encoding import JSONValue, encode
from claimledger.events.quantities import Quantity
from claimledger.events.values import alternatives, strings

from .case import CaseState
from .claims import ClaimView
from .compare import amount_key, date_key
from .disputes import Disputes
from .erasures import ErasureView
from .history import what_was_said
from .kept import KeptValue
from .positions import Holding, Position
from .questions import Question, QuestionState, StatusView
from .words import date_text

__all__ = [
    "STATE_ROWS",
    "Row",
    "amount",
    "as_json",
    "dated",
    "position_ids",
    "in_words",
    "said_of",
]

Row: TypeAlias = dict[str, Any]

_NO_ANSWERS: Final = ("being_clarified", "no_comment", "undetermined")
_NO_AMOUNT: Final = ("low", "high", "point", "low_open", "high_open", "qualifier", "unit", "certainty")


def as_json(value: Any) -> str:
    """A value as strict JSON text."""
    return encode(value, max_bytes=2**40).decode()


def erased_as_json(erasures: Iterable[ErasureView]) -> str | None:
    """What was erased of a record, as slot to index, authority and reason; None where nothing was."""
    erased: dict[str, Any] = {
        slot: {"index": each.index, "authority": each.authority, "reason": each.reason}
        for each in erasures
        for slot in each.slots
    }
    return as_json(erased) if erased else None


def dated(name: str, text: str | None) -> Row:
    """The columns of a date: the text, and the first and the last day that it allows."""
    bounds = None if text is None else parse_edtf(text).bounds
    return {
        name: text,
        f"{name}_earliest": None if bounds is None else bounds.earliest,
        f"{name}_latest": None if bounds is None else bounds.latest,
    }


def said_of(content: ClaimContent) -> Row:
    """When a claim was said. Of alternatives that differ there is no text, and the bounds hold all of them."""
    texts = [date_text(voice.asserted_at) for voice in content.voices]
    if len(set(texts)) == 1:
        return dated("said", texts[0])
    bounds = [None if text is None else parse_edtf(text).bounds for text in texts]
    firsts = [None if one is None else one.earliest for one in bounds]
    lasts = [None if one is None else one.latest for one in bounds]
    return {"said": None, "said_earliest": _hull(firsts, min), "said_latest": _hull(lasts, max)}


def _hull(days: list[datetime.date | None], pick: Any) -> datetime.date | None:
    known = [day for day in days if day is not None]
    found: datetime.date | None = pick(known) if known and len(known) == len(days) else None
    return found


def in_words(state: CaseState, view: ClaimView) -> str:
    """A claim in a few words."""
    return what_was_said(state, state.accounts[view.ref], view.body)


def position_ids(question: Question) -> dict[int, str]:
    """The number of each position at a question, and the id by which tables name it."""
    found: dict[int, str] = {}
    for position in question.positions:
        said: list[JSONValue] = [
            "claimledger-position/1",
            list(question.entity),
            question.property,
            position.polarity,
            _unworded(position.answer),
            list(position.conditional_on),
            # An undecided value is a variable of its own claim; two claims with one choice are two positions.
            position.refs[0] if position.answer.get("openness") == "undecided" else "",
        ]
        identity = sha256(encode(said, max_bytes=2**40)).hexdigest()[:16]
        while identity in found.values():
            identity = sha256(identity.encode()).hexdigest()[:16]
        found[position.number] = identity
    return found


def _unworded(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as data, its quantities and dates without the words beside them."""
    values = []
    for value in answer["values"]:
        if "quantity" in value:
            values.append({"quantity": amount_key(Quantity.model_validate(value["quantity"]))})
        elif "when" in value:
            values.append({"when": date_key(When.model_validate(value["when"]))})
        else:
            values.append(value)
    return {**answer, "values": sorted(values, key=as_json)}


def _cases(state: CaseState) -> Iterator[Row]:
    questions = state.questions
    provenance = state.provenance()
    first, last = state.index_range or (None, None)
    yield {
        "case": state.case,
        "title": state.title,
        "events": len(state.indexes),
        "first_index": first,
        "last_index": last,
        "claims": len(state.claims),
        "questions": len(questions),
        "disputed": sum(question.state is QuestionState.DISPUTED for question in questions),
        "conditional": sum(question.state is QuestionState.CONDITIONAL for question in questions),
        "not_yet_said": [view.ref for view in state.not_yet_said],
        "not_of_that_day": [view.ref for view in state.not_of_that_day],
        "unread_events": [event.event for event in state.unread_events],
        "rules_version": provenance.rules_version,
        "state_hash": provenance.state_hash,
    }


def _claims(state: CaseState) -> Iterator[Row]:
    refs = {view.event: view.ref for view in _all_views(state)}
    kept = {value.ref: value for value in state.kept}
    for view in state.claims.values():
        body, seen = view.body, view.to_json()["body"]
        account = state.accounts[view.ref]
        subject = seen["claim"].get(body.claim.SUBJECT) if isinstance(seen["claim"], dict) else None
        protected = {slot: value for slot, value in body.split()[1].items() if value is not None}
        yield {
            "case": state.case,
            "ref": view.ref,
            "event": view.event,
            "index": view.index,
            "leaf": view.leaf,
            "recorded_at": view.recorded_at,
            "signers": list(view.signers),
            "versions": len(view.versions),
            "kind": body.kind,
            "subject": [refs.get(name, name) for name in strings(subject)],
            "content": seen["claim"] if isinstance(seen["claim"], str) else as_json(seen["claim"]),
            "said_in_words": in_words(state, view),
            "polarity": body.polarity,
            "strengths": list(alternatives(body.strength)[0]),
            "hedges": list(body.hedges),
            "standard_of_proof": body.standard_of_proof,
            "asserters": [voice.asserter for voice in body.voices],
            "holders": [speaker.holder for speaker in account.speakers],
            "statements": _distinct(voice.statement for voice in body.voices),
            **said_of(body),
            "source": body.source,
            "locator_start": None if body.locator is None else body.locator.start,
            "locator_end": None if body.locator is None else body.locator.end,
            "basis": body.basis,
            "based_on": [refs.get(one.claim or "", one.claim) or one.item for one in body.based_on],
            "status": str(view.status),
            "ended_by": view.ended_by,
            "stale": view.stale,
            "questions": list(view.questions),
            "disclosures": as_json(protected) if protected else None,
            "erased": erased_as_json(state.erasures_of(*(one.event for one in view.versions))),
            **_kept(kept.get(view.ref)),
            "signature_disputed": state.revocation_of(*(one.index for one in view.versions)) is not None,
        }


def _kept(value: KeptValue | None) -> Row:
    """The columns of a value that is given behind a commitment only."""
    status = None if value is None or value.status is None else str(value.status)
    return {"kept_property": None if value is None else value.property, "kept_value": status}


def _all_views(state: CaseState) -> Iterator[ClaimView]:
    yield from (*state.claims.values(), *state.not_yet_said, *state.not_of_that_day)


def _distinct(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text is not None))


def _questions(state: CaseState) -> Iterator[Row]:
    for question in state.questions:
        places: tuple[Position | StatusView, ...] = (*question.positions, *question.statuses)
        holdings = [one for place in places for one in place.holders]
        yield {
            "case": state.case,
            "question": question.key,
            "entity": list(question.entity),
            "label": question.label,
            "property": question.property,
            "state": str(question.state),
            "positions": len(question.positions),
            "current_positions": sum(position.is_current for position in question.positions),
            "no_answers": len(question.statuses),
            "holders": _distinct(holding.holder for holding in holdings),
            "claims": list(question.claims),
            "judgements": [judgement.event for judgement in question.judgements],
        }


def _positions(state: CaseState) -> Iterator[Row]:
    for question in state.questions:
        ids = position_ids(question)
        for position in question.positions:
            yield {
                "case": state.case,
                "question": question.key,
                "position": ids[position.number],
                "number": position.number,
                "text": position.text,
                "polarity": position.polarity,
                "openness": position.answer.get("openness", "stated"),
                "strengths": list(position.strengths),
                "is_current": position.is_current,
                "marks": list(position.marks),
                "holders": _distinct(holding.holder for holding in position.holders),
                "refs": list(position.refs),
                "undercut_by": list(position.undercut_by),
                "conditional_on": as_json(list(position.conditional_on)),
                "answer": as_json(dict(position.answer)),
                **_one_value(position),
            }


def _one_value(position: Position) -> Row:
    """The value of a position that has one, in columns of its own."""
    values = position.answer["values"]
    value: Mapping[str, Any] = values[0] if len(values) == 1 else {}
    return {
        "terms": [word for term in value.get("terms", ()) for sort, word in term.items() if sort != "role"],
        "entities": list(value.get("entities", ())),
        **amount(value.get("quantity")),
        **dated("when", value["when"]["value"] if "when" in value else None),
    }


def amount(quantity: Mapping[str, Any] | None) -> Row:
    """The columns of a quantity as data; numbers become decimal text."""
    if quantity is None:
        return dict.fromkeys(_NO_AMOUNT)
    numbers = {
        name: None if quantity.get(name) is None else str(quantity[name]) for name in ("low", "high", "point")
    }
    return {
        **numbers,
        "low_open": None if numbers["low"] is None else bool(quantity.get("low_open")),
        "high_open": None if numbers["high"] is None else bool(quantity.get("high_open")),
        **{name: quantity.get(name) for name in ("qualifier", "unit", "certainty")},
    }


def _holdings(state: CaseState) -> Iterator[Row]:
    for question in state.questions:
        ids = position_ids(question)
        for position in question.positions:
            for holding in position.holders:
                yield _held(state, question, ids[position.number], None, holding)
        for status in question.statuses:
            said = status.status if status.status in _NO_ANSWERS else "other"
            for holding in status.holders:
                yield _held(state, question, None, said, holding)


def _held(
    state: CaseState, question: Question, position: str | None, no_answer: str | None, holding: Holding
) -> Row:
    seen = holding.to_json()
    return {
        "case": state.case,
        "question": question.key,
        "position": position,
        "no_answer": no_answer,
        "ref": holding.ref,
        "holder": holding.holder,
        "holder_label": state.label(holding.holder),
        "asserter": holding.asserter,
        "on_behalf_of": holding.on_behalf_of,
        "relays": [hop.by for hop in holding.relays],
        "hops": as_json(seen["relays"]),
        **dated("said", holding.said),
        "strengths": holding.strength.split(" or "),
        "hedges": list(holding.hedges),
        "readings": as_json(dict(holding.readings)),
        "status": str(holding.status),
        "ended_by": holding.by,
        "statement": holding.statement,
        "independent": holding.independent,
    }


def _pairs(state: CaseState) -> Iterator[Row]:
    for question in state.questions:
        ids = position_ids(question)
        for pair in question.pairs:
            yield {
                "case": state.case,
                "question": question.key,
                "a": ids[pair.a],
                "b": ids[pair.b],
                "verdict": str(pair.verdict),
                "comparator": pair.comparator,
                "readings": as_json(list(pair.readings)),
                "why": pair.why,
            }


def _matrix(state: CaseState) -> Iterator[Row]:
    for row in Disputes.of(state).rows:
        for holder, cells in row.cells.items():
            for cell in cells:
                yield {
                    "case": state.case,
                    "question": row.question.key,
                    "label": row.question.title,
                    "state": str(row.question.state),
                    "holder": holder,
                    "holder_label": state.label(holder),
                    "text": cell.text,
                    "refs": list(cell.refs),
                    "marks": list(cell.marks),
                    "strength": cell.strength,
                    "said": list(cell.said),
                    "status": str(cell.status),
                    "signature_disputed": cell.revocation is not None,
                }


STATE_ROWS: Final = {
    "cases": _cases,
    "claims": _claims,
    "questions": _questions,
    "positions": _positions,
    "holdings": _holdings,
    "pairs": _pairs,
    "matrix": _matrix,
}
"""Table to what gives its rows for a state, in the columns of `claimledger.projections.codebook_state`."""
