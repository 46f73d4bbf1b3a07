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
    checkpoint.contradicted  a checkpoint that was kept elsewhere is none of this log's history
    cosignature.wrong      a line of a trusted witness does not fit its checkpoint
    cosignature.future     a trusted witness names a time that has not come yet
    log.cut                the end of the log was cut off after it was sealed
    revocation.wrong       a key is revoked by the root of another log than this
    timestamp.wrong        a timestamp that is for no checkpoint that is here, or does not hold
    tree.wrong             the tiles of the tree do not hold the hashes of the events
    store.damaged          the database cannot be read there, or finds itself damaged
    unchecked.keys         could not check: what is missing or unreadable decides whose keys count
    unchecked.disclosure   could not check: protected content is not here, and nothing says why
    unchecked.checkpoint   could not check: whether the log's keys signed a checkpoint cannot be told here
    unchecked.witnesses    could not check: nobody who is trusted vouches for any checkpoint
    unchecked.timestamp    could not check: what verifies timestamps is not installed
    key.disputed           no finding, a state of its own: valid when recorded, and signed by a key that its roots
                           stopped trusting before that (`Report.disputes`)

and of a bundle also (``docs/spec/7-verifying.md`` has the check behind each):

    bundle.malformed       no bundle, or no whole one
    bundle.extra           a file that belongs to no bundle
    bundle.manifest        a file that is not the one that was packed
    event.left_out         an event inside a stream is not here
    proof.wrong            the log does not hold the event at its place
    heads.wrong            the log did not sign this about where a stream ends
    tail.cut               the log knows later events of a stream than are here
    disclosure.elsewhere   protected content of another event, or of another slot
    unchecked.proof        could not check: the proof of an event's place is not here
    unchecked.sealed       could not check: events are later than the checkpoint
    unchecked.heads        could not check: nothing that the log signed says where a stream ends

Codes that begin with ``unchecked`` say that something is missing; all others that something is wrong.

Findings stand in the order of `most_telling_first`: what is wrong before what could not be checked, and a cause before
what follows from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

__all__ = [
    "CHECKPOINT_CONTRADICTED",
    "CHECKPOINT_UNSIGNED",
    "CHECKPOINT_WRONG",
    "COSIGNATURE_WRONG",
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
    "UNCHECKED_TIMESTAMP",
    "UNCHECKED_WITNESSES",
    "Dispute",
    "Finding",
    "Range",
    "Report",
    "Voucher",
    "exit_status_of",
    "most_telling_first",
]

CHECKPOINT_CONTRADICTED = "checkpoint.contradicted"
CHECKPOINT_UNSIGNED = "checkpoint.unsigned"
CHECKPOINT_WRONG = "checkpoint.wrong"
COSIGNATURE_WRONG = "cosignature.wrong"
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
UNCHECKED_TIMESTAMP = "unchecked.timestamp"
UNCHECKED_WITNESSES = "unchecked.witnesses"
SEALED_OTHERWISE = (
    "After it was sealed, an event was changed, inserted, removed or moved; where nothing else is found wrong, by "
    "somebody who holds a key."
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
    CHECKPOINT_CONTRADICTED: "The log showed you another history than this one: it was forked, cut off or put back.",
    COSIGNATURE_WRONG: "Somebody made it who is not that witness, or changed it.",
    "cosignature.future": "One of the two clocks is wrong, or the cosignature was made to look later than it is.",
    UNCHECKED_TIMESTAMP: "The tokens are there; whether they hold is left open.",
    UNCHECKED_WITNESSES: "The operator could have shown you another history than others.",
    CHECKPOINT_UNSIGNED: "A line was taken from it, or it was made by somebody who does not hold all keys of the log.",
    CHECKPOINT_WRONG: "The log did not sign this; nothing vouches for the order of the records nor for their end.",
    LOG_CUT: "Events that were sealed are gone: their end was cut off, or an earlier state of the file was put back.",
    REVOCATION_WRONG: "Those who revoked the key saw other events than these: the log was forked or changed.",
    TIMESTAMP_WRONG: "It proves nothing here: it was kept for something else, or changed.",
    TREE_WRONG: "The signed records stand; the tree of proofs was changed: claimledger seal --rebuild makes it anew.",
    UNCHECKED_CHECKPOINT: "Whether the log vouches for the order and the end of the events is left open.",
    DAMAGED: "Restore the file from a copy, and verify that copy.",
    UNCHECKED_KEYS: "Whether their signatures count shows only with the whole key stream.",
}
"""What follows from a finding, by its code."""

_WRONG, _COULD_NOT_CHECK = 1, 3
_CAUSES = (DAMAGED, "bundle.malformed", "ledger.other", LOG_CUT, "tail.cut", UNCHECKED_KEYS)
"""What is said of the whole and leads to findings about single events: the one before the next."""


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
class Voucher:
    """Somebody outside the ledger who vouches for it up to a place.

    Attributes:
        by: the name of the witness or of the authority's certificate, or of the checkpoint that the auditor kept.
        kind: which of the three.
        at: when, by the clock of whoever it is; None where nothing says so.
    """

    by: str
    kind: Literal["witness", "authority", "kept"]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Range:
    """Events one after the other for which the same people vouch: that they are all there, unchanged, in that order.

    Attributes:
        first: index of the first of them.
        last: index of the last of them.
        standing: *anchored*: somebody outside vouches; *sealed*: on the word of whoever holds the log's keys;
            *unsealed*: on nobody's; *earlier*: verified in an earlier audit, and trusted in this one.
        by: who vouches from outside.
    """

    first: int
    last: int
    standing: Literal["anchored", "sealed", "unsealed", "earlier"]
    by: tuple[Voucher, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """Events that were valid when recorded, signed by a key that is not trusted as far as that any more.

    Attributes:
        keyid: of the key, 64 hex digits.
        holder: who held it, in words.
        reason: why it was revoked, as its roots say.
        trusted_below: what it signed from this index on is disputed.
        revoked_at: index of its revocation.
        events: how many events are disputed.
        first: index of the first of them.
        last: index of the last of them.
        ranges: first and last index of those that follow one another; at most 1,000 ranges are listed.
    """

    keyid: str
    holder: str
    reason: str
    trusted_below: int
    revoked_at: int
    events: int
    first: int
    last: int
    ranges: tuple[tuple[int, int], ...]

    CODE: ClassVar[str] = "key.disputed"
    MEANING: ClassVar[str] = (
        "Whether the holder signed these, or somebody who had the key, their signatures cannot tell any more."
    )


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
        findings: the most telling first; see `most_telling_first`.
        notes: what an audit of this file alone cannot show, and remarks on the recorders' clocks.
        disputes: events that are disputed as now known, by key: no findings.
        ranges: every event of the log, by who vouches for it.
        checkpoints: how many checkpoints were held against the events, and hold.
        checkpoint: the largest of them, byte for byte; None where there is none.
        key_events: how many events the key stream has below that checkpoint.
        key_head: leaf hash of the last of them.
        since: how many events were verified in an earlier audit and not in this one; 0 for a whole audit.
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
    disputes: tuple[Dispute, ...] = ()
    ranges: tuple[Range, ...] = ()
    checkpoints: int = 0
    checkpoint: bytes | None = None
    key_events: int = 0
    key_head: str | None = None
    since: int = 0

    @property
    def disputed(self) -> int:
        """How many events are disputed; one that two such keys signed counts for each."""
        return sum(each.events for each in self.disputes)

    @property
    def is_anchored(self) -> bool:
        """Whether somebody outside vouches for every event, the last one included."""
        return bool(self.ranges) and all(each.standing in ("anchored", "earlier") for each in self.ranges)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong, disputed or left unchecked, and it is the ledger whose id was given.

        Without an id this is false: a whole other ledger in the place of this one would not show.
        """
        return self.pinned and not self.findings and not self.disputes

    def exit_status(
        self,
        *,
        unpinned_will_do: bool = False,
        disputed_will_do: bool = False,
        require_anchor: bool = False,
    ) -> int:
        """Sum the report up as the command line does.

        Args:
            unpinned_will_do: count a ledger that was held against no id from outside as checked.
            disputed_will_do: count disputed events as checked. Who signed them could not be, for nobody can.
            require_anchor: ask that somebody outside vouches for every event, the last one included.

        Returns:
            0 when all holds, 1 when something is wrong, 3 when something could not be checked.
        """
        is_all = (
            (self.pinned or unpinned_will_do)
            and (disputed_will_do or not self.disputes)
            and (self.is_anchored or not require_anchor)
        )
        return exit_status_of(self.findings, is_all=is_all)


def most_telling_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order in which they are told.

    What is wrong comes before what could not be checked. Of each, causes that lie in the whole (the database is
    damaged, it is no bundle, it is another ledger, its end was cut off) come before the events, which stand in the
    order of the log; what else is about no single event comes last, for it may follow from those.
    """

    def place(finding: Finding) -> tuple[bool, int, int]:
        if finding.index is not None:
            return (not finding.is_wrong, len(_CAUSES), finding.index)
        is_cause = finding.code in _CAUSES
        return (not finding.is_wrong, _CAUSES.index(finding.code) if is_cause else len(_CAUSES) + 1, 0)

    return tuple(sorted(findings, key=place))


def exit_status_of(findings: Collection[Finding], *, is_all: bool) -> int:
    """The exit status that findings come to, as the command line has them.

    Args:
        findings: what was found.
        is_all: whether beside them all that was asked for was checked.

    Returns:
        1 when something is wrong, else 3 when something could not be checked, else 0.
    """
    if any(each.is_wrong for each in findings):
        return _WRONG
    return 0 if is_all and not findings else _COULD_NOT_CHECK
