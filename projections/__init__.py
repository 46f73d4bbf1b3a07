"""The read side: folds over events, and what they show. Pure logic: no I/O, no keys, no clock.

`CaseState` computes where everybody stands, `History` in which order it was said, `Disputes` who says what on the
questions on which several speak. What stands in `__all__` is public.
"""

from __future__ import annotations

from .case import CaseState
from .claims import ClaimView, UnreadEvent, Version
from .compare import COMPARATORS, Verdict
from .disputes import Cell, DisputeRow, Disputes
from .history import Amendment, History, HistoryRow, Voiced
from .names import EntityView
from .positions import Holding, Hop, Pair, Position
from .questions import JudgementView, Question, QuestionState, StatusView
from .replay import RULES_VERSION, Fold, Provenance, known_at, replay
from .standing import ClaimStatus

__all__ = [
    "Amendment",
    "COMPARATORS",
    "CaseState",
    "Cell",
    "ClaimStatus",
    "ClaimView",
    "DisputeRow",
    "Disputes",
    "EntityView",
    "Fold",
    "History",
    "HistoryRow",
    "Holding",
    "Hop",
    "JudgementView",
    "Pair",
    "Position",
    "Provenance",
    "Question",
    "QuestionState",
    "RULES_VERSION",
    "StatusView",
    "UnreadEvent",
    "Verdict",
    "Version",
    "Voiced",
    "known_at",
    "replay",
]
