"""Who outside the ledger vouches for how much of it, for the audit.

1. Three count: a checkpoint that the auditor kept, as many witnesses on one checkpoint as the auditor's policy asks
   for, and a timestamping authority that the auditor trusts (`claimledger.anchors`). Each was held against the events
   first: a checkpoint that holds vouches for everything before it.
2. Up to the last anchor, what was anchored then is there still, in that order. Behind it there is only the log key's
   word, and behind the last checkpoint nobody's: no wording says or implies more.
3. A line or token of somebody trusted that does not fit is a finding. Of many anchors a report names some hundreds:
   each range is then told by a later anchor than its first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from claimledger.events.errors import (
    FutureCosignature,
    MissingExtra,
    VerificationFailed,
    WrongSignature,
    WrongTimestamp,
)

from .anchors import Trust, anchors_of
from .audit_findings import Findings
from .audit_store import Stored
from .checkpoints import SignedCheckpoint
from .report import (
    COSIGNATURE_WRONG,
    TIMESTAMP_WRONG,
    UNCHECKED_TIMESTAMP,
    UNCHECKED_WITNESSES,
    Range,
    Voucher,
)

__all__ = ["Anchoring"]

_MOST = 512


class Anchoring:
    """Collects who vouches, while checkpoints that hold come by.

    Args:
        store: where timestamp tokens are.
        findings: gets what is found.
        trust: whom the auditor trusts.
        now: seconds since 1970.
    """

    def __init__(self, store: Stored, findings: Findings, trust: Trust, now: int) -> None:
        self._store = store
        self._findings = findings
        self._trust = trust
        self._now = now
        self._anchored: dict[int, tuple[Voucher, ...]] = {}
        self._cannot_stamp = 0
        self._met = trust.is_empty

    @property
    def size(self) -> int:
        """How many events somebody outside vouches for; 0 where nobody does."""
        return max(self._anchored, default=0)

    def keep(self, size: int, name: str) -> None:
        """Take in that a checkpoint which the auditor kept holds."""
        self._add(size, [Voucher(name, "kept", None)])

    def take(self, signed: SignedCheckpoint) -> None:
        """Take in a checkpoint that holds, with whoever that is trusted vouches for it."""
        if self._trust.is_empty:
            return
        vouchers = self._asked(signed, (), replace(self._trust, authorities=()))
        if self._trust.authorities:
            none: list[bytes] = []
            tokens = self._findings.or_damaged(lambda: self._tokens(signed.size), none)
            for token in tokens:
                vouchers += self._asked(signed, (token,), replace(self._trust, witnesses=None))
        if vouchers:
            self._met = True
            self._add(signed.size, vouchers)

    def finish(self, *, is_asked: bool) -> None:
        """Say what is missing; whether anything is there that could be anchored decides whether that is asked."""
        if self._cannot_stamp:
            message = "timestamps need rfc3161-client to be verified: pip install claimledger[anchors]"
            self._findings.add(UNCHECKED_TIMESTAMP, None, message)
        elif is_asked and not self._met:
            message = "nobody whom you trust vouches for any checkpoint of this ledger"
            self._findings.add(UNCHECKED_WITNESSES, None, message)

    def ranges(self, start: int, sealed: int, end: int) -> tuple[Range, ...]:
        """Every event of the log in ranges, by who vouches for it.

        Args:
            start: how many events were verified in an earlier audit, and not again.
            sealed: how many a checkpoint covers that holds.
            end: how many there are.
        """
        found = []
        if start:
            found.append(Range(0, start - 1, "earlier", ()))
        at = start
        for size in sorted(self._anchored):
            if at < size <= end:
                found.append(Range(at, size - 1, "anchored", self._anchored[size]))
                at = size
        if at < min(sealed, end):
            found.append(Range(at, sealed - 1, "sealed", ()))
            at = sealed
        if at < end:
            found.append(Range(at, end - 1, "unsealed", ()))
        return tuple(found)

    def _add(self, size: int, vouchers: Sequence[Voucher]) -> None:
        self._anchored[size] = (*self._anchored.get(size, ()), *vouchers)
        if len(self._anchored) > _MOST:
            for each in sorted(self._anchored)[:-1:2]:
                del self._anchored[each]

    def _tokens(self, size: int) -> list[bytes]:
        tokens = [token for _, token in self._store.timestamps(size=size)]
        if any(type(token) is not bytes for token in tokens):
            message = f"the checkpoint of size {size}: what is kept as a timestamp is no byte string"
            self._findings.add(TIMESTAMP_WRONG, None, message)
        return [token for token in tokens if type(token) is bytes]

    def _asked(self, signed: SignedCheckpoint, tokens: Sequence[bytes], trust: Trust) -> list[Voucher]:
        place = f"the checkpoint of size {signed.size}"
        try:
            anchors = anchors_of(signed, tokens, trust, self._now)
        except (FutureCosignature, WrongTimestamp) as error:
            self._findings.add(error.code, None, f"{place}: {error}")
        except WrongSignature as error:
            self._findings.add(COSIGNATURE_WRONG, None, f"{place}: {error}")
        except MissingExtra:
            self._cannot_stamp += 1
        except VerificationFailed as error:
            self._findings.add(error.code, None, f"{place}: {error}")
        else:
            return [Voucher(each.by, each.kind, each.at) for each in anchors]
        return []
