"""The read side: folds over events, and what they show. Pure logic: no I/O, no keys, no clock.

`CaseState` computes where everybody stands, `History` in which order it was said, `Disputes` who says what on the
questions on which several speak, `Timeline` what was when, `Changes` what became otherwise between two moments;
`Tables` gives all of it to other tools. What stands in `__all__` is public.
Names are loaded when they are first used: a command that only lays out lines computes no states.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .replay import RULES_VERSION, Fold, Provenance, known_at, replay

if TYPE_CHECKING:
    from .asserter_rows import AnswerCount, AsserterRow, Behind, CaseRef, SpokeFor
    from .asserters import Asserters
    from .case import CaseState
    from .change import Change, ChangeSort
    from .changes import Changes
    from .claims import ClaimView, SameAsView, UnreadEvent, Version, Withdrawal
    from .clocks import Clocks
    from .compare import COMPARATORS, Verdict
    from .counts import CountRow, Counts, CountSeries
    from .custody import Custody
    from .custody_rows import Assessment, Attachment, Gap, ItemCustody, Mention, Transfer
    from .disputes import Cell, DisputeRow, Disputes
    from .history import Amendment, History, HistoryRow, Voiced
    from .names import EntityView
    from .positions import Holding, Hop, Pair, Position
    from .questions import JudgementView, Question, QuestionState, StatusView
    from .standing import ClaimStatus
    from .table_files import table_writer
    from .tables import CODEBOOK, Tables, provenance_of
    from .timeline import Order, Timeline, TimelineRow

__all__ = [
    "Amendment",
    "AnswerCount",
    "AsserterRow",
    "Asserters",
    "Assessment",
    "Attachment",
    "Behind",
    "CODEBOOK",
    "COMPARATORS",
    "CaseRef",
    "CaseState",
    "Cell",
    "Change",
    "ChangeSort",
    "Changes",
    "ClaimStatus",
    "ClaimView",
    "Clocks",
    "CountRow",
    "CountSeries",
    "Counts",
    "Custody",
    "DisputeRow",
    "Disputes",
    "EntityView",
    "Fold",
    "Gap",
    "History",
    "HistoryRow",
    "Holding",
    "Hop",
    "ItemCustody",
    "JudgementView",
    "Mention",
    "Order",
    "Pair",
    "Position",
    "Provenance",
    "Question",
    "QuestionState",
    "RULES_VERSION",
    "SameAsView",
    "SpokeFor",
    "StatusView",
    "Tables",
    "Timeline",
    "TimelineRow",
    "Transfer",
    "UnreadEvent",
    "Verdict",
    "Version",
    "Voiced",
    "Withdrawal",
    "known_at",
    "provenance_of",
    "replay",
    "table_writer",
]

_HOMES = {
    "Amendment": "history",
    "AnswerCount": "asserter_rows",
    "AsserterRow": "asserter_rows",
    "Asserters": "asserters",
    "Assessment": "custody_rows",
    "Attachment": "custody_rows",
    "Behind": "asserter_rows",
    "CaseRef": "asserter_rows",
    "CODEBOOK": "tables",
    "COMPARATORS": "compare",
    "CaseState": "case",
    "Cell": "disputes",
    "Change": "change",
    "ChangeSort": "change",
    "Changes": "changes",
    "ClaimStatus": "standing",
    "ClaimView": "claims",
    "Clocks": "clocks",
    "CountRow": "counts",
    "Counts": "counts",
    "CountSeries": "counts",
    "Custody": "custody",
    "DisputeRow": "disputes",
    "Disputes": "disputes",
    "EntityView": "names",
    "Gap": "custody_rows",
    "History": "history",
    "HistoryRow": "history",
    "Holding": "positions",
    "Hop": "positions",
    "ItemCustody": "custody_rows",
    "JudgementView": "questions",
    "Mention": "custody_rows",
    "Order": "timeline",
    "Pair": "positions",
    "Position": "positions",
    "Question": "questions",
    "QuestionState": "questions",
    "SameAsView": "claims",
    "SpokeFor": "asserter_rows",
    "StatusView": "questions",
    "Tables": "tables",
    "Timeline": "timeline",
    "TimelineRow": "timeline",
    "Transfer": "custody_rows",
    "UnreadEvent": "claims",
    "Verdict": "compare",
    "Version": "claims",
    "Withdrawal": "claims",
    "Voiced": "history",
    "provenance_of": "tables",
    "table_writer": "table_files",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
