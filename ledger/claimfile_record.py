"""Recording a claim file: all of it or nothing, and a second time nothing.

1. First the file is held against the ledger (`claimledger.claimfile_matching`): what is there with the same content is
   left alone, and where anything contradicts what is recorded, nothing is written.
2. What is new is written in one transaction, entities before what names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claimledger.events.claims import BasedOn, ClaimContent
from claimledger.events.errors import ClaimFileError
from claimledger.events.registry import Body

from .checks import with_claim_ids
from .claimfile import ClaimFile
from .claimfile_matching import Matching
from .ledger import Ledger
from .recording import Receipt

__all__ = ["Recorded", "record_claim_file"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a claim file did.

    Attributes:
        case: the case's name.
        added: how many events were recorded.
        unchanged: how many things of the file were recorded already.
        receipts: one for each event that was recorded.
    """

    case: str
    added: int
    unchanged: int
    receipts: tuple[Receipt, ...]


def record_claim_file(ledger: Ledger, claim_file: ClaimFile) -> Recorded:
    """Record what a ledger does not hold yet of a claim file, in one transaction.

    Args:
        ledger: open, with a keyring.
        claim_file: from `read_claim_file`.

    Returns:
        What was added and what was there.

    Raises:
        ClaimFileError: names that are recorded with other content, or claims and shared entities that are neither
            in the file nor in the ledger; all of them are in ``problems``. Nothing was written.
        KeyNotAllowed: it amends or withdraws what another recorder recorded.
        LedgerUnavailable, KeyringError: it cannot be written to.
    """
    with ledger.batch() as receipts:
        matching = Matching(ledger, claim_file)
        if matching.problems:
            raise ClaimFileError(tuple(str(problem) for problem in sorted(matching.problems)))
        _write(ledger, claim_file, matching)
    return Recorded(claim_file.case, len(receipts), matching.unchanged, tuple(receipts))


def _write(ledger: Ledger, claim_file: ClaimFile, new: Matching) -> None:
    refs = claim_file.refs
    case = new.case if new.case is not None else ledger.create_case(claim_file.case, title=claim_file.title)
    for body in new.shared:
        ledger.register_entity(body.name, body.entity)
    for body in new.entities:
        case.register_entity(body.name, body.entity)
    for source in new.sources:
        case.register_source(source.name, source.source)
    for claim in new.claims:
        case.record(with_claim_ids(claim.claim, refs.__getitem__), ref=claim.ref, **_came(claim, refs))
    for ref, amendment in new.amendments.items():
        kind = with_claim_ids(amendment.claim, refs.__getitem__)
        case.amend(ref, kind, because=amendment.because or "", **_came(amendment, refs))
    for ref, withdrawal in new.withdrawals.items():
        case.withdraw(ref, because=withdrawal.because or "")
    judged_same = [case.same_as(same.entities, because=same.because) for same in new.same_as]
    for which, reason in new.undone.items():
        case.undo_same_as(judged_same[which] if isinstance(which, int) else which, because=reason)
    for judged in new.judgements:
        claims, of = ([refs[claim] for claim in side] for side in (judged.claims, judged.of))
        case.judge(claims, judged.verb, of, under=judged.under, note=judged.note)
    for attached in new.attachments:
        case.attach_evidence(**_members(attached))
    for moved in new.transfers:
        case.transfer_custody(**_members(moved))
    for assessed in new.assessments:
        claim_ref = None if assessed.claim is None else refs[assessed.claim]
        case.assess_reliability(**{**_members(assessed), "claim": claim_ref})


def _members(act: Body) -> dict[str, Any]:
    """The members of an act, which are the arguments of the method that records it."""
    return {name: getattr(act, name) for name in type(act).model_fields}


def _came(claim: ClaimContent, refs: Mapping[str, str]) -> dict[str, Any]:
    """How a claim came, in the words of `Case.record`."""
    return {
        "voice": claim.voice,
        "polarity": claim.polarity,
        "strength": claim.strength,
        "hedges": claim.hedges,
        "standard_of_proof": claim.standard_of_proof,
        "source": claim.source,
        "locator": claim.locator,
        "quote": claim.quote,
        "basis": claim.basis,
        "based_on": [
            BasedOn(item=each.item) if each.claim is None else refs[each.claim] for each in claim.based_on
        ],
    }
