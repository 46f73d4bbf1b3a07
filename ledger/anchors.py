"""Anchors: who outside vouches for a checkpoint, and since when.

1. Who counts is the auditor's to say, never the ledger's: `Trust` holds the keys of witnesses, how many of them it
   takes, and the certificates of authorities, all of which reached the auditor by another way.
2. A checkpoint is *anchored* when as many witnesses cosigned it as are asked for, or when an authority that is trusted
   stamped it, or when the auditor kept it.
3. A line or token that names somebody trusted and does not fit is wrong, and raises. One of somebody unknown counts for
   nothing, and against nobody.

Pure: no store, and the clock comes in as a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from cryptography import x509

from claimledger.events.errors import NotWitnessed, UntrustedTimestamp

from .checkpoints import SignedCheckpoint
from .cosignatures import Cosignature, WitnessPolicy
from .notes import SignatureLine, VerifierKey
from .timestamps import verify_timestamp

__all__ = ["Anchor", "Trust", "anchors_of", "with_cosignatures"]

_NO_TIME = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Somebody's word for a checkpoint.

    Attributes:
        by: the name of the witness, of the authority's certificate, or of the checkpoint that the auditor kept.
        kind: which of them.
        at: when, by the clock of whoever it is; None for a witness that states no time, and for what was kept.
    """

    by: str
    kind: Literal["witness", "authority", "kept"]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom an auditor trusts to vouch for checkpoints.

    Attributes:
        witnesses: which witnesses count and how many of them it takes; None where none are asked for.
        authorities: certificates of timestamping authorities.
        leeway: seconds that a witness's clock may be ahead of the auditor's.
    """

    witnesses: WitnessPolicy | None = None
    authorities: tuple[x509.Certificate, ...] = ()
    leeway: int = 300

    @property
    def is_empty(self) -> bool:
        """Whether nobody is trusted, so that nothing can be anchored."""
        return self.witnesses is None and not self.authorities


def anchors_of(
    signed: SignedCheckpoint, tokens: Iterable[bytes], trust: Trust, now: int
) -> tuple[Anchor, ...]:
    """Who that is trusted vouches for a checkpoint; empty where it is not anchored.

    Args:
        signed: a checkpoint that the log's keys signed.
        tokens: the timestamp tokens that are kept for it, in DER.
        trust: whom the auditor trusts.
        now: seconds since 1970.

    Returns:
        The witnesses, where there are as many as it takes, and the authorities; the earliest first.

    Raises:
        WrongSignature, FutureCosignature: a line of a trusted witness does not fit, or is from the future.
        WrongTimestamp: a token is for something else, or does not verify under a trusted authority that it names.
        MissingExtra: there are tokens to verify, and rfc3161-client is not installed.
    """
    found: list[Anchor] = []
    if trust.witnesses is not None:
        cosigned = trust.witnesses.cosignatures(signed, now, trust.leeway)
        if len(cosigned) >= trust.witnesses.at_least:
            found += [
                Anchor(
                    each.key.name,
                    "witness",
                    datetime.fromtimestamp(each.timestamp, UTC) if each.timestamp else None,
                )
                for each in cosigned
            ]
    if trust.authorities:
        found += _stamped(tokens, signed.checkpoint.to_text(), trust.authorities)
    return tuple(sorted(found, key=lambda each: (each.at is None, each.at or _NO_TIME, each.by)))


def with_cosignatures(
    signed: SignedCheckpoint, lines: Iterable[SignatureLine], keys: Iterable[VerifierKey | str]
) -> tuple[bytes, tuple[Cosignature, ...]]:
    """Put the lines of witnesses under a checkpoint.

    Args:
        signed: a checkpoint that the log's keys signed.
        lines: what the witnesses answered.
        keys: theirs; lines of others are left out.

    Returns:
        The note with the lines, and what they say; a later line of the same key takes the place of an earlier one.

    Raises:
        NotWitnessed: no line is by one of these witnesses.
        WrongSignature: a line of theirs does not fit the checkpoint.
        InvalidValue: a key is none of a witness.
    """
    policy = WitnessPolicy(keys, 1)
    known = {(each.key.name, each.key.key_id) for each in policy.verifiers}
    theirs = [line for line in lines if (line.name, line.key_id) in known]
    note = signed.opened.note.with_lines(theirs)
    opened = replace(signed, data=note.to_bytes(), opened=replace(signed.opened, note=note))
    if not theirs:
        raise NotWitnessed(
            "no line is by one of these witnesses; are these their keys, and is this their answer?"
        )
    return opened.data, policy.check(opened)


def _stamped(tokens: Iterable[bytes], text: str, authorities: Sequence[x509.Certificate]) -> list[Anchor]:
    stamps = []
    for token in tokens:
        try:
            stamp = verify_timestamp(token, text, authorities)
        except UntrustedTimestamp:
            continue
        stamps.append(Anchor(stamp.authority, "authority", stamp.at))
    return stamps
