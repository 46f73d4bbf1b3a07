"""What a recorder does with its record: judge claims, join names, mend a record of its own.

1. All that an act names must be there, as for claims; handles of protected persons become their random names.
2. Judgements of claims and of names are the recorder's own and decide nothing: each stands as an event of its own,
   beside what is computed, and a same-as can be undone.
3. Amending and withdrawing mend the recorder's own record, and take the key that signed it. What a speaker corrects
   or retracts is a claim (`claimledger.events.kinds.Reply`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

from claimledger.events.claims import BasedOn, ClaimAmended, ClaimWithdrawn, Polarity, Relay, Strength
from claimledger.events.codes import VERBS
from claimledger.events.dates import When
from claimledger.events.entities import OneOf
from claimledger.events.errors import InvalidValue, UnknownName
from claimledger.events.kinds import Kind
from claimledger.events.recorder_acts import ClaimsJudged, SameAsJudged, SameAsUndone
from claimledger.events.registry import Body
from claimledger.events.sources import TextQuote
from claimledger.events.values import Either, Undecided

from .checks import did_you_mean
from .composing import Place, Spoken
from .recording import Receipt

if TYPE_CHECKING:
    from .composing import Composer
    from .writing import Writer

__all__ = ["How", "RecorderActs"]


class How(TypedDict, total=False):
    """How a claim came, and how firmly it was put; each as `Case.record` says."""

    asserter: str | None
    on_behalf_of: str | None
    statement: str | None
    asserted_at: When | str | None
    relays: Sequence[Relay | str]
    voice: Spoken | None
    polarity: Polarity
    strength: Strength | Undecided[Strength] | Either[Strength]
    hedges: Sequence[str]
    standard_of_proof: str | None
    source: str | None
    locator: Place | None
    quote: TextQuote | str | None
    basis: str | None
    based_on: Sequence[str | BasedOn]


class RecorderActs:
    """The part of a `claimledger.Case` that records what its recorder judges and mends."""

    _compose: Composer
    _writer: Writer
    _stream: str
    _name: str

    def judge(
        self,
        claims: str | Sequence[str],
        verb: str,
        of: str | Sequence[str],
        *,
        under: Mapping[str, str] | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Record how claims stand to one another, as the recorder judges.

        Args:
            claims: refs of the claims that the verb speaks of.
            verb: a code of the closed list ``verb``.
            of: refs of the claims to which they stand in it.
            under: `OneOf` entity to the candidate under which it holds, where it holds under one reading only.
            note: a remark.

        Raises:
            UnknownName: a claim, entity or verb is not there.
            InvalidValue: `under` names no `OneOf`, or none of its candidates.
        """
        if verb not in VERBS:
            raise UnknownName(
                f'no verb "{verb}"{did_you_mean(verb, VERBS)} (verbs: claimledger schema --codes verb)'
            )
        with self._writer.turn():
            body = ClaimsJudged(
                claims=[self._compose.claim_id(each) for each in _several(claims)],
                verb=verb,
                of=[self._compose.claim_id(each) for each in _several(of)],
                under=None if under is None else dict(under),
                note=note,
            )
            for variable, candidate in (under or {}).items():
                entity = self._compose.entity(variable, "under")
                if not isinstance(entity, OneOf):
                    raise InvalidValue(
                        f'under: "{variable}" is no one_of entity; nothing can hold under a reading of it'
                    )
                if candidate not in entity.one_of:
                    raise InvalidValue(
                        f'under.{variable}: "{candidate}" is none of its candidates ({", ".join(entity.one_of)})'
                    )
            return self._plain(self._compose.named(body))

    def same_as(self, entities: Sequence[str], because: str | None = None) -> Receipt:
        """Record the recorder's judgement that several names mean the same entity.

        Raises:
            UnknownName: a name is not there.
            InvalidValue: one of them is recorded as other than another.
        """
        with self._writer.turn():
            body = self._compose.named(SameAsJudged(entities=list(entities), because=because))
            self._compose.check_same_as(body)
            return self._plain(body)

    def undo_same_as(self, same_as: str | Receipt, because: str | None = None) -> Receipt:
        """Take a same-as back.

        Args:
            same_as: its receipt or event id.
            because: on what ground.

        Raises:
            UnknownName: no such same-as in this case.
        """
        event_id = same_as.event_id if isinstance(same_as, Receipt) else same_as
        with self._writer.turn():
            if self._compose.own_type(event_id) != SameAsJudged.TYPE:
                raise UnknownName(f"{self._compose.where}: event {event_id} is no same-as of this case")
            return self._plain(SameAsUndone(undoes=event_id, because=because))

    def amend(self, ref: str, kind: Kind, *, because: str, **how: Unpack[How]) -> Receipt:
        """Mend the recorder's own record of a claim: the whole content anew. The first record stays in the history.

        Args:
            ref: the claim.
            kind: what was said, as it should have been recorded.
            because: why the record was wrong.
            **how: as for `record`.

        Raises:
            KeyNotAllowed: another recorder made the record.
            UnknownName, InvalidValue: see `record`.
        """
        _check_reason(because)
        with self._writer.turn():
            amends = self._compose.own_claim(ref)
            members = self._compose.content(kind, **how)
            built = ClaimAmended(**members, amends=amends, because=because)
            body = self._compose.named(built)
            statements = self._compose.statements(body.voices, but=amends)
            with self._compose.declared(kind, body):
                return self._writer.record(
                    body, self._stream, case=self._name, name=ref, statements=statements
                )

    def withdraw(self, ref: str, *, because: str) -> Receipt:
        """Withdraw the recorder's own record of a claim. The claim stays in the history, marked.

        Raises:
            KeyNotAllowed: another recorder made the record.
            UnknownName: no such claim.
        """
        _check_reason(because)
        with self._writer.turn():
            body = ClaimWithdrawn(withdraws=self._compose.own_claim(ref), because=because)
            return self._writer.record(body, self._stream, case=self._name, name=ref)

    def _plain(self, body: Body) -> Receipt:
        return self._writer.record(body, self._stream, case=self._name, name=None)


def _several(claims: str | Sequence[str]) -> Sequence[str]:
    return (claims,) if isinstance(claims, str) else claims


def _check_reason(because: object) -> None:
    # It may be absent where it is read, withheld or erased, but never where it is recorded.
    if not because:
        raise InvalidValue("because: say why; it is kept behind a commitment")
