"""Who says what on the questions on which several speak: a matrix of questions by holders.

1. A row is a question on which more than one speaks, or one that is disputed or conditional; a column is a holder.
   One claim that may be this or that speaker's is no second voice, and makes no row.
2. A cell holds every answer of that holder. ``?`` marks one that is about the question, or is this holder's, under
   some readings only. An empty cell says nothing, and is no agreement.
3. Answers that are no longer stood by keep their place, with how they ended as a mark; so do answers whose record was
   signed by a key that was revoked with less trust than it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .case import CaseState
from .positions import Holding
from .questions import Question, QuestionState
from .reading import OfCaseState
from .revocations import DISPUTED, RevocationView
from .standing import ClaimStatus
from .words import scoped_in_words

__all__ = ["Cell", "DisputeRow", "Disputes"]

EMPTY = "."


@dataclass(frozen=True, slots=True)
class Cell:
    """What one holder says on one question, once.

    Attributes:
        text: the answer in a few words, with its scope.
        refs: the claims in which it says so.
        marks: ``?`` for some readings only, strengths other than asserted, ``no answer``, how it ended, and
            ``signature disputed``.
        strength: how firmly it says so.
        said: when it said so (EDTF), each time once, in the order of the claims; times not stated are left out.
        status: whether it still stands by that, as `ClaimStatus` has it.
        revocation: the revocation by which the signature of a record of these claims is disputed; None where none is.
    """

    text: str
    refs: tuple[str, ...]
    marks: tuple[str, ...]
    strength: str
    said: tuple[str, ...]
    status: ClaimStatus
    revocation: RevocationView | None = None

    def __str__(self) -> str:
        open_mark = "?" if "?" in self.marks else ""
        rest = "".join(f" ({mark})" for mark in self.marks if mark != "?")
        return f"{self.text}{open_mark} {' '.join(self.refs)}{rest}"


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """One question, and what each holder says on it; holders without a word have no entry."""

    question: Question
    cells: dict[str, tuple[Cell, ...]]

    def text(self, holder: str) -> str:
        """A holder's cell as text; ``.`` where it says nothing."""
        return "; ".join(str(cell) for cell in self.cells.get(holder, ())) or EMPTY


class Disputes(OfCaseState):
    """The matrix of a case, as a fold.

    Args:
        case: the case's name.
        known_at, asserted_by, true_on: as for `CaseState`.
    """

    @property
    def rows(self) -> tuple[DisputeRow, ...]:
        """The questions on which several speak, in the order of `CaseState.questions`."""
        found = []
        for question in self.state.questions:
            cells = _cells(question, self.state)
            several = len(cells) > 1 and len(question.claims) > 1
            if several or question.state in (QuestionState.DISPUTED, QuestionState.CONDITIONAL):
                found.append(DisputeRow(question, cells))
        return tuple(found)

    @property
    def holders(self) -> tuple[str, ...]:
        """The columns: everybody who speaks in a row, in the order of registration."""
        named = {holder for row in self.rows for holder in row.cells}
        return tuple(sorted(named, key=self.state.names.rank))

    @property
    def labels(self) -> dict[str, str]:
        """Holder to what readers see for it."""
        return {holder: self.state.label(holder) for holder in self.holders}

    def to_json(self) -> dict[str, Any]:
        """``case``, ``holders`` (name to label), ``rows`` (question, state, cells by holder) and ``provenance``."""
        return {
            "case": self.case,
            "holders": self.labels,
            "rows": [
                {
                    "question": row.question.key,
                    "label": row.question.title,
                    "state": str(row.question.state),
                    "cells": {
                        holder: [
                            {
                                "text": cell.text,
                                "refs": list(cell.refs),
                                "marks": list(cell.marks),
                                "strength": cell.strength,
                                "said": list(cell.said),
                                "status": str(cell.status),
                                "revocation": None if cell.revocation is None else cell.revocation.to_json(),
                            }
                            for cell in cells
                        ]
                        for holder, cells in row.cells.items()
                    },
                }
                for row in self.rows
            ],
            "provenance": self.provenance().to_json(),
        }


def _cells(question: Question, state: CaseState) -> dict[str, tuple[Cell, ...]]:
    gathered: dict[str, dict[tuple[str, tuple[str, ...]], dict[str, Holding]]] = {}
    for holding, text, marks in _said(question, state.label):
        if _revocation_of(state, holding.ref) is not None:
            marks = (*marks, DISPUTED)
        gathered.setdefault(holding.holder, {}).setdefault((text, marks), {}).setdefault(holding.ref, holding)
    return {
        holder: tuple(
            _cell(text, marks, by_ref, _revocation_of(state, *by_ref))
            for (text, marks), by_ref in said.items()
        )
        for holder, said in gathered.items()
    }


def _cell(
    text: str, marks: tuple[str, ...], by_ref: dict[str, Holding], revocation: RevocationView | None
) -> Cell:
    # Marks hold strength and status, so that all holdings of a cell agree in both.
    first = next(iter(by_ref.values()))
    said = dict.fromkeys(holding.said for holding in by_ref.values() if holding.said is not None)
    return Cell(text, tuple(by_ref), marks, first.strength, tuple(said), first.status, revocation)


def _revocation_of(state: CaseState, *refs: str) -> RevocationView | None:
    return state.revocation_of(*(one.index for ref in refs for one in state.claims[ref].versions))


def _said(question: Question, label: Callable[[str], str]) -> Iterator[tuple[Holding, str, tuple[str, ...]]]:
    for position in question.positions:
        text = scoped_in_words(position.text, position.answer, label)
        for holding in position.holders:
            yield holding, text, _marks(holding, open=bool(position.conditional_on))
    for status in question.statuses:
        for holding in status.holders:
            marks = (*_marks(holding, open=bool(status.conditional_on)), "no answer")
            yield holding, status.status.replace("_", " "), marks


def _marks(holding: Holding, *, open: bool) -> tuple[str, ...]:
    marks = ["?"] if open or holding.readings else []
    if holding.strength != "asserted":
        marks.append(holding.strength)
    if holding.status is not ClaimStatus.STANDING:
        marks.append(str(holding.status))
    return tuple(marks)
