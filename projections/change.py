"""One change between two moments: what sort it is, at which questions, whose it is, and what brought it about.

A change is named from the one moment to the other and never the other way round; where the first moment is the later
one, questions, positions and claims are *gone*. Nothing here is computed again: both sides are states.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Change", "ChangeSort"]


class ChangeSort(StrEnum):
    """What sort of change it is, in the order in which the changes of a question are listed."""

    QUESTION_NEW = "question_new"
    QUESTION_GONE = "question_gone"
    QUESTIONS_JOINED = "questions_joined"
    """A same-as made one question of several."""
    QUESTION_PARTED = "question_parted"
    """A same-as was taken back, and claims are at a question of their own again."""
    POSITION_NEW = "position_new"
    POSITION_GONE = "position_gone"
    """No claim is at the position any more, not even an ended one: a record was amended, or names were."""
    HOLDER_MOVED = "holder_moved"
    HOLDER_JOINED = "holder_joined"
    HOLDER_LEFT = "holder_left"
    SAID_AGAIN = "said_again"
    """A holder of a position said it once more."""
    NO_ANSWER_NEW = "no_answer_new"
    NO_ANSWER_GONE = "no_answer_gone"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_SETTLED = "dispute_settled"
    STATE_CHANGED = "state_changed"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    REINSTATED = "reinstated"
    """What had ended or displaced a claim was itself taken back, or mended."""
    SUPERSEDED = "superseded"
    """A later claim of its holder took the place of a claim; said only where no holder has moved by that."""
    WENT_STALE = "went_stale"
    """What a claim rests on moved on."""
    WITHDRAWN = "withdrawn"
    AMENDED = "amended"
    CLAIM_NEW = "claim_new"
    """A new claim that changes no position: it answers nothing, or nobody stands by it."""
    CLAIM_GONE = "claim_gone"
    JUDGED = "judged"
    SAME_AS_JUDGED = "same_as_judged"
    SAME_AS_UNDONE = "same_as_undone"
    SIGNATURE_DISPUTED = "signature_disputed"
    """A key was revoked, and what it signed is trusted up to an earlier place only."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        sort: what sort of change it is.
        questions: keys of the questions that it is at.
        holders: the holders whose change it is, by name.
        before: what was: a position, a state, a status, or what a claim said.
        after: what is now.
        claims: refs of the claims that brought it about.
        of: refs of the claims that it was done to.
        events: ids of the recorder's acts that brought it about: amendments, withdrawals, judgements, same-as; or of
            the roots': revocations.
        text: the change in one line, by labels.
    """

    sort: ChangeSort
    questions: tuple[str, ...]
    holders: tuple[str, ...]
    before: str | None
    after: str | None
    claims: tuple[str, ...]
    of: tuple[str, ...]
    events: tuple[str, ...]
    text: str

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "sort": str(self.sort),
            "questions": list(self.questions),
            "holders": list(self.holders),
            "before": self.before,
            "after": self.after,
            "claims": list(self.claims),
            "of": list(self.of),
            "events": list(self.events),
            "text": self.text,
        }
