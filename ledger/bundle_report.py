"""What the verification of a bundle says: findings as in `claimledger.report`, and what was given, withheld and
erased.

Codes, and what each means to somebody who is no engineer, stand here; which check gives which,
in ``docs/spec/7-verifying.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claimledger.events.disclosure import SlotStatus
from claimledger.events.errors import CouldNotCheck, MalformedBundle, WrongBundle

from .anchors import Anchor
from .report import MEANINGS, Finding, exit_status_of

__all__ = ["BUNDLE_MEANINGS", "BundleReport"]

BUNDLE_MEANINGS = {
    **MEANINGS,
    "bundle.malformed": "This is no whole bundle: cut short, damaged, or packed anew by some other program. Ask for "
    "the file as it was made.",
    "bundle.extra": "Nothing vouches for this file, and nobody looked at it: anybody may have put it in. Do not unpack "
    "it.",
    "bundle.manifest": "It was damaged, or changed after it was packed. What was signed is checked all the same.",
    "event.left_out": "A record is missing in the middle: it was taken out, or cannot be read.",
    "proof.wrong": "The log does not hold this record at this place, whatever its signature says.",
    "checkpoint.contradicted": "The log showed you another history than this one: it was forked, or put back.",
    "checkpoint.wrong": "The log did not sign this; nothing vouches for the order of the records nor for their end.",
    "heads.wrong": "Where this case ends is not what the log signed.",
    "tail.cut": "The log knows later records than are here: they were cut off.",
    "disclosure.elsewhere": "What is shown is of another record, or of another part of it; it proves nothing here.",
    "disclosure.erased": "A signed decision erased it. It must not be here, and it is not shown.",
    "unchecked.proof": "The record is signed; that the log holds it at this place is not shown.",
    "unchecked.checkpoint": "The records are signed; nothing vouches for their order, nor that none was cut off.",
    "unchecked.sealed": "Nothing vouches for their order, nor that they are all; ask for a bundle sealed later.",
    "unchecked.heads": "Later records of this case could have been cut off, and it would not show.",
}
"""What follows from a finding in a bundle, by its code."""


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was found in a bundle.

    Attributes:
        ledger_id: the ledger that its first event is of, 64 hex digits; None where no event could be read.
        origin: the log's name; None where no opening of the ledger holds.
        pinned: whether it was held against a ledger id from outside.
        cases: the cases that are opened in it, by their names.
        events: how many events were read.
        holding: how many of them have nothing found against them.
        size: of the checkpoint that the log signed; None where there is none, or it does not hold.
        slots: how many protected slots of the events have which status.
        disputed: how many events were signed, validly then, with a key that its roots stopped trusting before that.
        anchors: who outside, of those whom the auditor trusts, vouches for the checkpoint.
        findings: the most telling first; see `claimledger.report.most_telling_first`.
        more: how many findings further there are, which are not listed.
        notes: what a verification of this file alone cannot show, and remarks.
    """

    ledger_id: str | None
    origin: str | None
    pinned: bool
    cases: tuple[str, ...]
    events: int
    holding: int
    size: int | None
    slots: Mapping[SlotStatus, int]
    disputed: int
    anchors: tuple[Anchor, ...]
    findings: tuple[Finding, ...]
    more: int
    notes: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong, disputed or left unchecked, and it is of the ledger whose id was given."""
        return self.pinned and not self.findings and not self.disputed

    def require_usable(self, place: object) -> None:
        """Refuse a bundle from which nothing can be taken on: something is wrong, or no opening of its ledger is in it.

        Args:
            place: where it is, for the message.

        Raises:
            MalformedBundle: it is no bundle, or no whole one.
            WrongBundle: something in it does not hold.
            CouldNotCheck: the opening of its ledger is not in it, or cannot be read.
        """
        wrong = [each for each in self.findings if each.is_wrong]
        malformed = [each for each in wrong if each.code == MalformedBundle.code]
        if malformed:
            raise MalformedBundle(f"{place}: {malformed[0]}")
        if wrong:
            raise WrongBundle(
                f"{place}: {wrong[0]} [{wrong[0].code}]; see all of it: claimledger verify {place}"
            )
        if self.origin is None:
            raise CouldNotCheck(
                f"{place}: the opening of its ledger is not in it, or cannot be read; nobody can tell whose keys count"
            )

    def exit_status(
        self,
        *,
        unpinned_will_do: bool = False,
        disputed_will_do: bool = False,
        require_anchor: bool = False,
    ) -> int:
        """Sum the report up as the command line does.

        Args:
            unpinned_will_do: count a bundle that was held against no ledger id from outside as checked.
            disputed_will_do: count disputed events as checked. Who signed them could not be, for nobody can.
            require_anchor: ask that somebody outside vouches for the checkpoint.

        Returns:
            0 when all holds, 1 when something is wrong, 3 when something could not be checked.
        """
        is_all = (
            (self.pinned or unpinned_will_do)
            and (disputed_will_do or not self.disputed)
            and (bool(self.anchors) or not require_anchor)
        )
        return exit_status_of(self.findings, is_all=is_all)
