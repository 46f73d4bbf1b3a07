"""What an audit says: findings, each with the event and the reason, and what was not covered.

    code                   what it means
    event.malformed        the stored bytes are not those of an event
    signature.wrong        the signature does not fit the bytes
    key.not_allowed        signed by a key that is unknown, or may not sign this here
    keys.weak              a key is added under which signatures prove nothing
    ledger.other           signed for another ledger, or the ledger is not the pinned one
    chain.broken           a gap, reorder, splice or duplicate in a stream or in the log
    row.mismatch           a column of the row says something else than the event signed in it
    disclosure.wrong       protected content that fits no commitment of its event
    disclosure.erased      content that a signed event erased is still here
    erasure.wrong          an erasure that names no protected field of an event before it in its stream
    names.wrong            the index of names says something else than the events
    checkpoint.wrong       a checkpoint that is none of this log, or not over these events
    checkpoint.unsigned    a key of the log that had to sign a checkpoint did not
    log.cut                the end of the log was cut off after it was sealed
    revocation.wrong       a key is revoked by the root of another log than this
    timestamp.wrong        a timestamp that is for no checkpoint that is here, or does not hold
    tree.wrong             the tiles of the tree do not hold the hashes of the events
    store.damaged          the database cannot be read there, or finds itself damaged
    unchecked.keys         could not check: what is missing or unreadable decides whose keys count
    unchecked.disclosure   could not check: protected content is not here, and nothing says why
    unchecked.checkpoint   could not check: whether the log's keys signed a checkpoint cannot be told here

Codes that begin with ``unchecked`` say that something is missing; all others that something is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CHECKPOINT_UNSIGNED",
    "CHECKPOINT_WRONG",
    "DAMAGED",
    "ERASURE_UNFINISHED",
    "ERASURE_WRONG",
    "LOG_CUT",
    "MEANINGS",
    "NAMES_WRONG",
    "REVOCATION_WRONG",
    "SEALED_OTHERWISE",
    "TIMESTAMP_WRONG",
    "TREE_WRONG",
    "UNCHECKED_CHECKPOINT",
    "UNCHECKED_KEYS",
    "Finding",
    "Report",
]

CHECKPOINT_UNSIGNED = "checkpoint.unsigned"
CHECKPOINT_WRONG = "checkpoint.wrong"
DAMAGED = "store.damaged"
ERASURE_UNFINISHED = "disclosure.erased"
ERASURE_WRONG = "erasure.wrong"
LOG_CUT = "log.cut"
NAMES_WRONG = "names.wrong"
REVOCATION_WRONG = "revocation.wrong"
TIMESTAMP_WRONG = "timestamp.wrong"
TREE_WRONG = "tree.wrong"
UNCHECKED_CHECKPOINT = "unchecked.checkpoint"
UNCHECKED_KEYS = "unchecked.keys"
SEALED_OTHERWISE = (
    "After it was sealed, an event was changed, inserted, removed or moved, by somebody who holds a key."
)
"""What follows where the events are not those that a checkpoint was signed over."""

MEANINGS = {
    "event.malformed": "No release of claimledger writes such bytes: the record was changed or damaged.",
    "signature.wrong": "Someone changed this record, or its signature, after it was signed.",
    "key.not_allowed": "It was signed by nobody whom the roots of this ledger let sign it here.",
    "keys.weak": "Anyone can sign for such a key; nothing that it signed proves anything.",
    "ledger.other": "What was signed for one ledger proves nothing in another.",
    "chain.broken": "An event of this stream was removed, added, changed or moved.",
    "row.mismatch": "The signed record stands; what the database keeps beside it was changed.",
    "disclosure.wrong": "The event stands; its protected content was changed, or put in another place.",
    "unchecked.disclosure": "The event stands without it: it was removed, or left out of this copy.",
    ERASURE_UNFINISHED: "It was promised to be gone: open the ledger for writing and erase it again.",
    ERASURE_WRONG: "No writer of claimledger signs that; it erases nothing.",
    NAMES_WRONG: "The signed records stand; the index by which they are found was changed.",
    CHECKPOINT_UNSIGNED: "A line was taken from it, or it was made by somebody who does not hold all keys of the log.",
    CHECKPOINT_WRONG: "The log did not sign this; nothing vouches for the order of the records nor for their end.",
    LOG_CUT: "Events that were sealed are gone: their end was cut off, or an earlier state of the file was put back.",
    REVOCATION_WRONG: "Those who revoked the key saw other events than these: the log was forked or changed.",
    TIMESTAMP_WRONG: "It proves nothing here: it was kept for something else, or changed.",
    TREE_WRONG: "The signed records stand; the tree that proofs are made from was changed. Have it built anew.",
    UNCHECKED_CHECKPOINT: "Whether the log vouches for the order and the end of the events is left open.",
    DAMAGED: "Restore the file from a copy, and verify that copy.",
    UNCHECKED_KEYS: "Whether their signatures count shows only with the whole key stream.",
}
"""What follows from a finding, by its code."""

_WRONG, _COULD_NOT_CHECK = 1, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold.

    Attributes:
        code: see the table above.
        index: place of the event in the log; None where it is about no single event.
        leaf: leaf hash of the bytes that are stored there now; None where they have none.
        where: the event in words, such as "claim C29 of yekaterinburg-2025"; may be empty.
        message: what is wrong, in a few words.
        meaning: what follows from it or what to do, in a sentence; may be empty.
    """

    code: str
    index: int | None
    leaf: str | None
    where: str
    message: str
    meaning: str

    @property
    def is_wrong(self) -> bool:
        """Whether something is wrong, rather than missing."""
        return not self.code.startswith("unchecked")

    def __str__(self) -> str:
        place = "" if self.index is None else f"index {self.index}"
        if self.where:
            place = f"{place} ({self.where})" if place else self.where
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit of a whole ledger found.

    Attributes:
        ledger_id: 64 hex digits, the hash of the first payload; None where that cannot be read.
        origin: the ledger's name in the world; None where the first event does not hold.
        pinned: whether the ledger was held against an id from outside.
        events: how many rows were read.
        holding: how many of them have nothing found against them.
        streams: how many streams they are in.
        keys: how many keys the key stream has.
        findings: in the order of the log, those about no single event last.
        notes: what an audit of this file alone cannot show, and remarks on the recorders' clocks.
    """

    ledger_id: str | None
    origin: str | None
    pinned: bool
    events: int
    holding: int
    streams: int
    keys: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong, nothing was left unchecked, and it is the ledger whose id was given.

        Without an id this is false: a whole other ledger in the place of this one would not show.
        """
        return self.pinned and not self.findings

    def exit_status(self, *, unpinned_will_do: bool = False) -> int:
        """Sum the report up as the command line does.

        Args:
            unpinned_will_do: count a ledger that was held against no id from outside as checked.

        Returns:
            0 when all holds, 1 when something is wrong, 3 when something could not be checked.
        """
        if any(each.is_wrong for each in self.findings):
            return _WRONG
        if self.findings or not (self.pinned or unpinned_will_do):
            return _COULD_NOT_CHECK
        return 0
