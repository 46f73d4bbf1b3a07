"""Events that are disputed as now known, for the audit: signed by a key that its roots stopped trusting before that.

1. Such an event was valid when recorded: it is no finding. Whether its recorder or somebody else signed it, its
   signature no longer tells, and so it is a state of its own: code ``key.disputed``.
2. Only a later revocation says so. The rows between the size that it trusts and itself are therefore looked at once
   more, when the whole key stream is known; there are none where no key was revoked so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from claimledger.events.envelope import Envelope
from claimledger.events.errors import VerificationFailed

from .audit_findings import Findings
from .audit_store import Stored
from .key_records import KeyRecord
from .recording import Row
from .report import Dispute
from .trust import KeyStream

__all__ = ["disputes_of"]

_NO_WINDOW = (0, 0, None)
_LISTED = 1000
"""How many ranges of one key a report lists; each of them is counted."""


def disputes_of(
    store: Stored,
    findings: Findings,
    keys: KeyStream,
    end: int,
    wrong: Collection[int],
    envelope_of: Callable[[Row], Envelope],
) -> tuple[Dispute, ...]:
    """The disputed events of each key, in the order in which the keys were added.

    Args:
        store: where to look again.
        findings: gets what cannot be read.
        keys: the key stream, all of it.
        end: how many events are audited.
        wrong: the indexes of events that do not hold anyhow.
        envelope_of: reads the envelope of a row, and raises where it is not what it was.
    """
    windows = {
        each.keyid: (max(each.trusted_below, each.added_at + 1), min(each.revoked_at, end), each)
        for each in keys.keys.values()
        if each.trusted_below is not None and each.revoked_at is not None
    }
    disputed = {name: _Runs() for name in windows}

    def look(start: int, stop: int) -> None:
        for row in store.rows(start - 1, raw=True):
            if row.index >= stop:
                return
            if row.index in wrong:
                continue
            try:
                signatures = envelope_of(row).signatures
            except VerificationFailed:
                continue
            for each in signatures:
                first, behind, _ = windows.get(each.keyid, _NO_WINDOW)
                if first <= row.index < behind:
                    disputed[each.keyid].add(row.index)

    at = 0
    for start, stop, _ in sorted(windows.values(), key=lambda each: each[:2]):
        if max(at, start) < stop:
            findings.or_damaged(partial(look, max(at, start), stop), None)
            at = stop
    return tuple(_dispute(windows[name][2], runs) for name, runs in disputed.items() if runs.events)


class _Runs:
    """Indexes in ascending order, as ranges."""

    def __init__(self) -> None:
        self.events = 0
        self.first = self.last = -1
        self.ranges: list[tuple[int, int]] = []

    def add(self, index: int) -> None:
        if not self.events:
            self.first = index
        if self.ranges and self.last == index - 1 == self.ranges[-1][1]:
            self.ranges[-1] = (self.ranges[-1][0], index)
        elif len(self.ranges) < _LISTED:
            self.ranges.append((index, index))
        self.last = index
        self.events += 1


def _dispute(record: KeyRecord, runs: _Runs) -> Dispute:
    return Dispute(
        keyid=record.keyid,
        holder=record.holder,
        reason=record.reason or "",
        trusted_below=record.trusted_below or 0,
        revoked_at=record.revoked_at or 0,
        events=runs.events,
        first=runs.first,
        last=runs.last,
        ranges=tuple(runs.ranges),
    )
