"""What a recorder does with evidence items: attach a copy, hand it on, note how reliable somebody finds a thing.

1. All that an act names must be there, as for claims; handles of protected persons become their random names.
2. Copies are attached to, and custody is of, registered evidence items only.
3. A grade on a scale that is known by name must be one of that scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimledger.events.dates import When
from claimledger.events.entities import EvidenceItem
from claimledger.events.errors import InvalidValue
from claimledger.events.evidence import (
    CustodyTransferred,
    EvidenceAttached,
    ReliabilityAssessed,
    scale_problem,
)
from claimledger.events.registry import Body

from .recording import Receipt

if TYPE_CHECKING:
    from .composing import Composer
    from .writing import Writer

__all__ = ["EvidenceActs"]


class EvidenceActs:
    """The part of a `claimledger.Case` that records acts on evidence."""

    _compose: Composer
    _writer: Writer
    _stream: str
    _name: str

    def attach_evidence(
        self,
        item: str,
        *,
        sha256: str,
        media_type: str | None = None,
        size: int | None = None,
        obtained_from: str | None = None,
        obtained_at: When | str | None = None,
        basis: str | None = None,
    ) -> Receipt:
        """Record that a copy of an evidence item is held. The bytes stay outside the ledger.

        Args:
            item: name of the item.
            sha256: hex SHA-256 of the copy.
            media_type: IANA media type of the copy.
            size: length of the copy in bytes.
            obtained_from: the entity that the recorder has it from.
            obtained_at: when (EDTF).
            basis: how the recorder knows that this is the item that the claims speak of.

        Raises:
            UnknownName: the item, or whom it was obtained from, is not there.
            InvalidValue: it is no evidence item, or a value breaks a rule.
        """
        return self._of_item(
            EvidenceAttached(
                item=item,
                sha256=sha256,
                media_type=media_type,
                size=size,
                obtained_from=obtained_from,
                obtained_at=obtained_at,
                basis=basis,
            )
        )

    def transfer_custody(
        self,
        item: str,
        *,
        received_by: str,
        given_by: str | None = None,
        at: When | str | None = None,
        place: str | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Record that an evidence item went from one keeper to another.

        Args:
            item: name of the item.
            received_by: the entity that has it from then on.
            given_by: the entity that had it; left out where that is not known.
            at: when (EDTF).
            place: the registered place.
            note: a remark, such as the state of a seal.

        Raises:
            UnknownName: the item, a keeper or the place is not there.
            InvalidValue: it is no evidence item, both keepers are the same, or a value breaks a rule.
        """
        return self._of_item(
            CustodyTransferred(
                item=item, given_by=given_by, received_by=received_by, at=at, place=place, note=note
            )
        )

    def assess_reliability(
        self,
        *,
        claim: str | None = None,
        source: str | None = None,
        entity: str | None = None,
        scale: str,
        grade: str,
        assessor: str,
        at: When | str | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Record how reliable somebody finds a claim, a source or an entity. No question's state takes it in.

        Args:
            claim: ref of the claim; or
            source: name of the source; or
            entity: name of the entity.
            scale: ``admiralty``, or another scale in words.
            grade: the grade on it.
            assessor: the entity that assesses.
            at: when (EDTF).
            note: on what ground.

        Raises:
            UnknownName: what is assessed, or the assessor, is not there.
            InvalidValue: not exactly one thing is assessed, or the scale has no such grade.
        """
        problem = scale_problem(scale, grade)
        if problem is not None:
            raise InvalidValue(f"reliability: {problem}")
        with self._writer.turn():
            body = ReliabilityAssessed(
                claim=None if claim is None else self._compose.claim_id(claim),
                source=source,
                entity=entity,
                scale=scale,
                grade=grade,
                assessor=assessor,
                at=at,
                note=note,
            )
            return self._acted(body, claim or source or entity)

    def _of_item(self, body: EvidenceAttached | CustodyTransferred) -> Receipt:
        with self._writer.turn():
            if not isinstance(self._compose.entity(body.item, self._compose.where), EvidenceItem):
                raise InvalidValue(
                    f'{self._compose.where}: "{body.item}" is no evidence item; register an EvidenceItem'
                )
            return self._acted(body, body.item)

    def _acted(self, body: Body, name: str | None) -> Receipt:
        named = self._compose.named(body)
        return self._writer.record(named, self._stream, case=self._name, name=name)
