"""The codebook of what stands: cases, claims, questions, positions and who holds them, pairs, the dispute matrix."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from claimledger.events.disclosure import SlotStatus

from .codebook import (
    Column,
    Table,
    category,
    coded,
    data,
    date,
    flag,
    instant,
    integer,
    listed,
    quantity,
    text,
)
from .compare import Verdict
from .questions import QuestionState
from .standing import ClaimStatus

__all__ = [
    "CASE",
    "EVENT",
    "HOW_A_CLAIM_STANDS",
    "INDEX",
    "LEAF",
    "OPENNESS",
    "POLARITIES",
    "POSITION",
    "QUESTION",
    "REF",
    "STATE_TABLES",
    "STRENGTHS",
]

QUESTION_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        QuestionState.DISPUTED.value: "a pair of positions contradicts under every reading",
        QuestionState.CONDITIONAL.value: "a pair contradicts under some readings, not under all",
        QuestionState.OPEN.value: "nobody gives a value, or stands by one any more",
        QuestionState.SINGLE_VOICE.value: "fewer than two voices that are known to be distinct",
        QuestionState.AGREED.value: "one position; two voices known to be distinct, firm, without hedges",
        QuestionState.COMPATIBLE.value: "several voices, and none contradicts another",
    }
)
VERDICTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Verdict.SAME.value: "they say the same",
        Verdict.COMPATIBLE.value: "both can hold",
        Verdict.CONTRADICTS.value: "both cannot hold, proven by the comparator",
        Verdict.CONDITIONAL.value: "both cannot hold under some readings, not under all",
        Verdict.RELAYS_DIFFER.value: "two relays of one statement report it differently",
        Verdict.STALE.value: "one is no longer stood by, or rests on what moved on",
        Verdict.NOT_COMPARABLE.value: "nothing is proven either way",
    }
)
HOW_A_CLAIM_STANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ClaimStatus.STANDING.value: "its holder stands by it",
        ClaimStatus.WITHDRAWN.value: "the recorder withdrew the record",
        ClaimStatus.RETRACTED.value: "its holder took it back",
        ClaimStatus.CORRECTED.value: "its holder corrected it",
        ClaimStatus.SUPERSEDED.value: "its holder said otherwise later",
    }
)
KEPT_VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        SlotStatus.DISCLOSED.value: "it is under disclosures",
        SlotStatus.WITHHELD.value: "it is left out on purpose, of this table or of what the table was made from",
        SlotStatus.ERASED.value: "it is gone for good; see erased",
        SlotStatus.MISSING.value: "it is not here, and nothing says why",
        SlotStatus.MISMATCHED.value: "what is here does not fit the commitment",
    }
)
POLARITIES: Final[Mapping[str, str]] = MappingProxyType(
    {"affirmed": "the value is said to hold", "negated": "the value is denied"}
)
STRENGTHS: Final = "asserted, appears, likely or possible"
OPENNESS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stated": "one value",
        "undecided": "the reader cannot tell which of the values the source means",
        "either": "the speaker leaves it open between the values",
    }
)

CASE: Final = text("case", "name of the case", unit="name, unique in the ledger")
REF: Final = text("ref", "the claim's short name", unit="name, unique in the case")
EVENT: Final = text("event", "event id: how events name one another", unit="UUID")
INDEX: Final = integer("index", "place of the event in the log", "log index, from 0")
LEAF: Final = text("leaf", "leaf hash: the outside name of the event", unit="64 hex digits, SHA-256")
QUESTION: Final = text("question", "the question, by names in force", unit="entity, middle dot, property")
POSITION: Final = text(
    "position",
    "the position: hash of the question and of the answer, the same in every run and every later state",
    unit="16 hex digits",
)
READINGS: Final = "list of readings, each variable to alternative; [] where it holds under every one"


def _state_columns(what: str) -> tuple[Column, Column]:
    return (
        category("status", f"how {what} stands", HOW_A_CLAIM_STANDS),
        text("ended_by", "ref of the claim, or id of the event, that ended or displaced it", nullable=True),
    )


_SIGNATURE_DISPUTED: Final = flag(
    "signature_disputed", "whether a key that signed it, or a later version of it, was later said to be lost"
)

_CASES: Final = Table(
    "cases",
    "The cases that the tables hold, each with what its state can be repeated from.",
    "a case",
    ("case",),
    "by name",
    (
        CASE,
        text("title", "what the case is about"),
        integer(
            "events",
            "events that belong to the case: its own, and what they rest on in the register",
            "events",
        ),
        integer("first_index", "log index of the first of them", "log index, from 0", nullable=True),
        integer("last_index", "log index of the last of them", "log index, from 0", nullable=True),
        integer("claims", "claims that are placed", "claims"),
        integer("questions", "questions that they answer", "questions"),
        integer("disputed", "questions in state disputed", "questions"),
        integer("conditional", "questions in state conditional", "questions"),
        listed("not_yet_said", "claims that were not certainly said by the day asked for", "refs"),
        listed("not_of_that_day", "claims whose own time certainly leaves out the day asked for", "refs"),
        listed("unread_events", "events that this release cannot read", "event ids"),
        text("rules_version", "version of the rules that the state was computed by"),
        text("state_hash", "hash of the state of this case", unit="64 hex digits, SHA-256 of strict JSON"),
    ),
)
_CLAIMS: Final = Table(
    "claims",
    "Every claim that is placed: what was said, how it came, and how it stands. The latest amendment is in force.",
    "a claim",
    ("case", "ref"),
    "that of recording",
    (
        CASE,
        REF,
        EVENT,
        INDEX,
        LEAF,
        instant("recorded_at", "when it was first recorded, by the recorder's clock"),
        listed("signers", "who signed the first record", "keyids, 64 hex digits"),
        integer("versions", "records of it: 1, and one for each amendment", "records"),
        text("kind", "kind of claim: act, count, cause_of_death ..., or a kind of one's own"),
        listed("subject", "what it is about", "names, or refs where it answers claims"),
        data("content", "the fields of the kind, as signed"),
        text("said_in_words", "what it says in a few words, without protected text", unit="English"),
        category("polarity", "whether the value is affirmed or denied", POLARITIES),
        listed("strengths", "how firmly the speaker puts it; several where that is open", STRENGTHS),
        listed("hedges", "the hedging words", "verbatim"),
        text("standard_of_proof", "the standard that the speaker applied", nullable=True),
        listed("asserters", "the speaker; several where the reader cannot tell whose voice it is", "names"),
        listed("holders", "for each of them the institution spoken for where stated, else itself", "names"),
        listed("statements", "the speech act, where several claims carry one", "names"),
        *date("said", "when the speaker said it; empty where the alternatives differ"),
        text("source", "the source it was read in", nullable=True, unit="name"),
        integer("locator_start", "where the words begin", "Unicode code points, from 0", nullable=True),
        integer("locator_end", "where they end", "Unicode code points, exclusive", nullable=True),
        text(
            "basis", "what the recorder inferred, and from what; only where it was asked for", nullable=True
        ),
        listed("based_on", "claims and items that the speaker relied on", "refs and names"),
        *_state_columns("it"),
        text("stale", "ref of the claim that it rests on and that moved on", nullable=True),
        listed("questions", "the questions that it is at", "see `question`"),
        data("disclosures", "slot to protected text at hand; only where it was asked for", nullable=True),
        data("erased", "slot to where in the log it was erased, by whose authority and why", nullable=True),
        text(
            "kept_property",
            "the property of which it gives a value behind a commitment only, answering nothing",
            nullable=True,
        ),
        category("kept_value", "what can be said here of that value", KEPT_VALUES, nullable=True),
        _SIGNATURE_DISPUTED,
    ),
)
_QUESTIONS: Final = Table(
    "questions",
    "What the claims answer, and what can be said of each question as a whole.",
    "a question",
    ("case", "question"),
    "that of the entity's registration, then by property",
    (
        CASE,
        QUESTION,
        listed("entity", "what it is about; several where it is about them together", "names in force"),
        text("label", "the entity as readers see it"),
        coded("property", "the property asked about", "property"),
        category("state", "what can be said of it as a whole", QUESTION_STATES),
        integer("positions", "positions, those that nobody stands by any more included", "positions"),
        integer("current_positions", "positions that somebody stands by", "positions"),
        integer("no_answers", "claims that give no answer to it", "claims"),
        listed("holders", "everybody who speaks on it", "names in force"),
        listed("claims", "its claims", "refs"),
        listed("judgements", "judgements that touch its claims", "event ids"),
    ),
)
_POSITIONS: Final = Table(
    "positions",
    "The answers to each question. Answers that are the same are one position; those that nobody stands by stay.",
    "a position",
    ("case", "position"),
    "that of the questions, then by number",
    (
        CASE,
        QUESTION,
        POSITION,
        integer("number", "its place at the question, which may change as claims are added", "from 0"),
        text("text", "the answer in a few words", unit="English"),
        category("polarity", "whether the value is affirmed or denied", POLARITIES),
        category("openness", "whether the answer is one value", OPENNESS),
        listed("strengths", "how firmly it is put, by those who hold it", STRENGTHS),
        flag("is_current", "whether anybody stands by it"),
        listed("marks", "retracted, corrected, withdrawn, superseded, stale, only_through_opponent"),
        listed("holders", "who holds or held it", "names in force"),
        listed("refs", "the claims in which it is or was held", "refs"),
        listed("undercut_by", "claims that undercut one of these; they change no value", "refs"),
        data("conditional_on", f"under which readings it is about this question: {READINGS}"),
        data("answer", "the answer as data: values, openness, scope"),
        listed("terms", "of one value: its codes, acts and texts", "codes, names, texts"),
        listed("entities", "of one value: the entities that it names", "names in force"),
        *quantity("one value"),
        *date("when", "of one value: the date that it states"),
    ),
)
_HOLDINGS: Final = Table(
    "holdings",
    "Who holds what, in which claim and how it came; those who give no answer have no position.",
    "a claim at a question, as one speaker's",
    ("case", "question", "position", "ref", "holder", "asserter", "readings"),
    "that of the questions, then of the positions, then those without an answer",
    (
        CASE,
        QUESTION,
        text("position", f"{POSITION.meaning}; empty for no answer", nullable=True, unit=POSITION.unit),
        category(
            "no_answer",
            "what is said in place of an answer",
            {
                "being_clarified": "the speaker says that it is looking into it",
                "no_comment": "the speaker declines to say",
                "undetermined": "the speaker says that it cannot be told",
                "other": "another status, of a newer release or of one's own",
            },
            nullable=True,
        ),
        REF,
        text("holder", "the institution spoken for where stated, else the asserter", unit="name in force"),
        text("holder_label", "the holder as readers see it"),
        text("asserter", "the speaker, as recorded", unit="name"),
        text("on_behalf_of", "the institution spoken for, as recorded", nullable=True, unit="name"),
        listed("relays", "through whom it reached the recorder, the one nearest the speaker first", "names"),
        data("hops", "the same, each with by, verb, document and at"),
        *date("said", "when the speaker said it; never a relay's date"),
        listed("strengths", "how firmly; several where that is open", STRENGTHS),
        listed("hedges", "the hedging words", "verbatim"),
        data("readings", "under which reading it is this speaker's: variable to alternative; {} where plain"),
        *_state_columns("the claim at this question"),
        text("statement", "the speech act, where several claims carry one", nullable=True, unit="name"),
        flag("independent", "whether the speaker is named, certain and relies on nobody else"),
    ),
)
_PAIRS: Final = Table(
    "pairs",
    "How each two positions of a question stand to one another.",
    "a pair of positions",
    ("case", "a", "b"),
    "that of the questions, then of the positions",
    (
        CASE,
        QUESTION,
        text("a", "the one position", unit="see `position`"),
        text("b", "the other position", unit="see `position`"),
        category("verdict", "how they stand", VERDICTS),
        text(
            "comparator", "the comparator that found it; empty where they have none in common", nullable=True
        ),
        data("readings", READINGS),
        text("why", "one line", unit="English"),
    ),
)
_MATRIX: Final = Table(
    "matrix",
    "Who says what on the questions on which several speak, or that are disputed or conditional.",
    "an answer of one holder on one question; a holder without a word has no row",
    ("case", "question", "holder", "text", "marks"),
    "that of the questions, then of the holders",
    (
        CASE,
        QUESTION,
        text("label", "the question by labels"),
        category("state", "what can be said of the question as a whole", QUESTION_STATES),
        text("holder", "who says it", unit="name in force"),
        text("holder_label", "the holder as readers see it"),
        text("text", "the answer in a few words", unit="English"),
        listed("refs", "the claims in which it says so", "refs"),
        listed(
            "marks",
            "? for some readings only, strengths other than asserted, no answer, how it ended, signature disputed",
        ),
        text("strength", 'how firmly; alternatives are parted by " or "', unit="strength"),
        listed("said", "when it said so, each time once", "EDTF"),
        category("status", "whether it still stands by that", HOW_A_CLAIM_STANDS),
        _SIGNATURE_DISPUTED,
    ),
)

STATE_TABLES: Final = (_CASES, _CLAIMS, _QUESTIONS, _POSITIONS, _HOLDINGS, _PAIRS, _MATRIX)
