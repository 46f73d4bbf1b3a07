"""The codebook of how it came about: history, timeline, changes, judgements."""

from __future__ import annotations

from typing import Final

from .codebook import (
    Column,
    ColumnType,
    Table,
    category,
    coded,
    data,
    date,
    instant,
    integer,
    listed,
    text,
)
from .codebook_state import (
    CASE,
    EVENT,
    HOW_A_CLAIM_STANDS,
    INDEX,
    LEAF,
    REF,
)
from .timeline import Order

__all__ = ["COURSE_TABLES"]

_HISTORY: Final = Table(
    "history",
    "Every claim in the order of the log, with how it reached the recorder; what ended keeps its row.",
    "a claim",
    ("case", "ref"),
    "that of the log",
    (
        CASE,
        REF,
        EVENT,
        INDEX,
        LEAF,
        *date("said", "when the speaker said it; empty where the alternatives differ"),
        text("who", "the speaker, and for whom, by labels; alternatives are parted by or", unit="English"),
        text("what", "what was said in a few words, without protected text", unit="English"),
        listed("relays", "each hop as its label, and its verb in quotation marks"),
        text("source", "the source it was read in", nullable=True, unit="name"),
        integer("locator_start", "where the words begin", "Unicode code points, from 0", nullable=True),
        integer("locator_end", "where they end", "Unicode code points, exclusive", nullable=True),
        listed("signers", "who signed the first record", "keyids, 64 hex digits"),
        instant("recorded_at", "when it was first recorded, by the recorder's clock"),
        category("status", "how it stands", HOW_A_CLAIM_STANDS),
        text("ended_by", "ref of the claim, or id of the event, that ended or displaced it", nullable=True),
        listed("judgements", "judgements that touch it", "event ids"),
        data(
            "amendments",
            "how the record was mended: index, because where it was asked for, what it said before",
        ),
        text(
            "basis", "what the recorder inferred, and from what; only where it was asked for", nullable=True
        ),
    ),
)
_TIMELINE: Final = Table(
    "timeline",
    "Every claim at the times that it states, by each of three clocks; nothing is made more exact than it is.",
    "a claim at a time, by one clock; one that states two times has two rows, one that states none has one",
    ("case", "by", "ref", "field"),
    "by clock, then by time: the first day that is possible, or else the last; the undated come last",
    (
        CASE,
        category(
            "by",
            "the clock",
            {
                "happened": "of when it tells",
                "said": "when the speaker said it",
                "recorded": "when it was first recorded, by the recorder's clock",
            },
        ),
        integer("place", "its place in the order of this clock", "rows, from 0"),
        category(
            "order",
            "how far that place is certain",
            {
                Order.CERTAIN.value: "all rows above are of an earlier time, whatever their exact days were",
                Order.OVERLAPS.value: "its days and those of a row above overlap",
                Order.UNKNOWN.value: "it, or a row above, is undated, uncertain, approximate or of no year",
            },
        ),
        text("date", "the time as stated; alternatives are parted by or", nullable=True, unit="EDTF"),
        Column("date_earliest", ColumnType.DAY, "first day that any alternative allows", True),
        Column("date_latest", ColumnType.DAY, "last day that any alternative allows", True),
        listed("words", "the source's words for it, and the time of day"),
        text("field", "where the claim states it: when, as_of, asserted_at or recorded_at"),
        REF,
        INDEX,
        instant("recorded_at", "when it was first recorded, by the recorder's clock"),
        listed("holders", "whose claim it is; several where the reader cannot tell", "names in force"),
        text("what", "what was said in a few words, without protected text", unit="English"),
        listed("questions", "the questions that it is at", "see `question`"),
        category("status", "how it stands", HOW_A_CLAIM_STANDS),
        text("ended_by", "ref of the claim, or id of the event, that ended or displaced it", nullable=True),
    ),
)
_CHANGES: Final = Table(
    "changes",
    "What changed between two moments of the log, and the claims and acts that did it; from its start unless asked.",
    "a change",
    ("case", "place"),
    "that of the questions, then by sort, then of the claims",
    (
        CASE,
        integer("place", "its place among the changes of the case", "rows, from 0"),
        category(
            "sort",
            "what sort of change it is",
            {
                "question_new": "a question is asked for the first time",
                "question_gone": "no claim is at the question any more",
                "questions_joined": "a same-as made one question of several",
                "question_parted": "a same-as was taken back, and claims have a question of their own again",
                "position_new": "an answer is given for the first time",
                "position_gone": "no claim is at the position any more, not even an ended one",
                "holder_moved": "a holder gave up a position and took another",
                "holder_joined": "a holder took a position",
                "holder_left": "a holder gave up a position",
                "said_again": "a holder said it once more",
                "no_answer_new": "somebody says that there is no answer",
                "no_answer_gone": "somebody says so no longer",
                "dispute_opened": "the question is disputed from now on",
                "dispute_settled": "the question is disputed no longer, under any reading",
                "state_changed": "the question's state changed otherwise",
                "corrected": "a claim was corrected by its holder",
                "retracted": "a claim was taken back by its holder",
                "reinstated": "what had ended a claim was itself taken back or mended",
                "superseded": "a later claim of its holder took the place of a claim",
                "went_stale": "what a claim rests on moved on",
                "withdrawn": "the recorder withdrew its record",
                "amended": "the recorder mended its record",
                "claim_new": "a new claim that changes no position",
                "claim_gone": "a claim is no longer there",
                "judged": "a recorder judged how claims stand to one another",
                "same_as_judged": "names were judged to mean the same",
                "same_as_undone": "that was taken back",
                "signature_disputed": "a key was revoked, and what it signed is trusted up to an earlier place only",
            },
        ),
        listed("questions", "the questions that it is at", "see `question`"),
        listed("holders", "whose change it is", "names in force"),
        text("before", "what was: a position, a state, a status, or what a claim said", nullable=True),
        text("after", "what is now", nullable=True),
        listed("claims", "the claims that brought it about", "refs"),
        listed("of", "the claims that it was done to", "refs"),
        listed("events", "the recorder's acts that brought it about", "event ids"),
        text("text", "the change in one line", unit="English"),
    ),
)
_JUDGEMENTS: Final = Table(
    "judgements",
    "What recorders judged of how claims stand to one another. None of them changes a value, position or state.",
    "a judgement",
    ("case", "event"),
    "that of recording",
    (
        CASE,
        EVENT,
        INDEX,
        coded("verb", "the relation", "verb"),
        listed("claims", "the claims that it speaks of", "refs"),
        listed("of", "the claims to which they stand in it", "refs"),
        data("under", "the reading under which it holds: variable to alternative; {} where none is stated"),
        text("note", "the recorder's remark; only where it was asked for", nullable=True),
        listed("signers", "who judged", "keyids, 64 hex digits"),
    ),
)

COURSE_TABLES: Final = (_HISTORY, _TIMELINE, _CHANGES, _JUDGEMENTS)
