"""The read side: folds over events, and what they show. Pure logic: no I/O, no keys, no clock.

`CaseState` computes where everybody stands, `History` in which order it was said, `Disputes` who says what on the
questions on which several speak. What stands in `__all__` is public.
Names are loaded when they are first used: a command that only lays out lines computes no states.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .replay import RULES_VERSION, Fold, Provenance, known_at, replay

if TYPE_CHECKING:
    from .case import CaseState
    from .asserter_rows import AnswerCount, AsserterRow, Behind, CaseRef
    from .asserters import Asserters
    from .claims import ClaimView, UnreadEvent, Version
    from .compare import COMPARATORS, Verdict
    from .disputes import Cell, DisputeRow, Disputes
    from .history import Amendment, History, HistoryRow, Voiced
    from .names import EntityView
    from .positions import Holding, Hop, Pair, Position
    from .counts import CountRow, Counts, CountSeries
    from .custody import Assessment, Attachment, Custody, Gap, ItemCustody, Mention, Transfer
    from .questions import JudgementView, Question, QuestionState, StatusView
    from .standing import ClaimStatus

__all__ = [
    "Amendment",
    "COMPARATORS",
    "CaseState",
    "Cell",
    "ClaimStatus",
    "ClaimView",
    "AnswerCount",
    "AsserterRow",
    "Asserters",
    "Assessment",
    "Attachment",
    "Behind",
    "CaseRef",
    "DisputeRow",
    "Disputes",
    "EntityView",
    "Fold",
    "History",
    "HistoryRow",
    "Holding",
    "Hop",
    "Clocks",
    "CountRow",
    "Counts",
    "CountSeries",
    "Custody",
    "JudgementView",
    "Pair",
    "Position",
    "Provenance",
    "Gap",
    "Question",
    "QuestionState",
    "RULES_VERSION",
    "StatusView",
    "ItemCustody",
    "UnreadEvent",
    "Mention",
    "Order",
    "Verdict",
    "Version",
    "Voiced",
    "known_at",
    "replay",
]

_HOMES = {
    "Timeline",
    "TimelineRow",
    "Transfer",
    "Amendment": "history",
    "COMPARATORS": "compare",
    "CaseState": "case",
    "Cell": "disputes",
    "ClaimStatus": "standing",
    "ClaimView": "claims",
    "DisputeRow": "disputes",
    "Disputes": "disputes",
    "EntityView": "names",
    "History": "history",
    "AnswerCount": "asserter_rows",
    "AsserterRow": "asserter_rows",
    "Asserters": "asserters",
    "Assessment": "custody",
    "Attachment": "custody",
    "Behind": "asserter_rows",
    "CaseRef": "asserter_rows",
    "HistoryRow": "history",
    "Holding": "positions",
    "Hop": "positions",
    "JudgementView": "questions",
    "Pair": "positions",
    "Position": "positions",
    "Question": "questions",
    "QuestionState": "questions",
    "Clocks": "clocks",
    "CountRow": "counts",
    "Counts": "counts",
    "CountSeries": "counts",
    "Custody": "custody",
    "StatusView": "questions",
    "UnreadEvent": "claims",
    "Verdict": "compare",
    "Gap": "custody",
    "Version": "claims",
    "Voiced": "history",
}

    "ItemCustody": "custody",

    "Mention": "custody",
    "Order": "timeline",
def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


    "Timeline": "timeline",
    "TimelineRow": "timeline",
    "Transfer": "custody",
def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
