"""Rows held against one another, in the order of the log, for the audit.

1. Indexes are dense from 0.
2. Within a stream, each sequence is the last plus one, and `previous` is the leaf hash of the event before, computed
   from the bytes that are stored now. After a break the count goes on from there: one break is one finding.
3. No event id comes twice. Of each id eight bytes are kept; the rare candidates are looked at again.
4. Instants run forward, give or take what clocks differ by. A clock reading is a claim: this gives notes only.

Memory is 8 bytes an event and a little for each stream.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from claimledger.events.event import Payload, parse_instant
from claimledger.events.identifiers import is_stream

from .audit_row import CheckedRow

__all__ = ["CLOCKS_DIFFER", "Links", "is_plain", "words_for"]

CLOCKS_DIFFER = timedelta(minutes=5)
"""Recorders' clocks differ, and writers overtake one another: less than this is not worth a word."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}").fullmatch
_NAMED = {
    "case.opened": ("case", "opening of case"),
    "claim.recorded": ("ref", "claim"),
    "entity.registered": ("name", "entity"),
    "kind.declared": ("kind", "declaration of kind"),
    "source.registered": ("name", "source"),
}


@dataclass(slots=True)
class Links:
    """What was seen of the log so far.

    Attributes:
        next_index: the index that must come next.
        heads: for each stream the last sequence, its leaf hash (None if unknown) and index.
        cases: names of the cases by stream.
        case_names: the names that are taken.
        id_prefixes: the first eight bytes of each event id.
        latest: the latest instant so far.
        back_dated: how many events are dated before an earlier one, and the first of them.
        future_dated: how many are dated after the audit, and the first of them.
        earlier: gives the head of a stream among events that were verified before, where there are such.
    """

    latest_allowed: str
    next_index: int = 0
    heads: dict[str, tuple[int, str | None, int]] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    case_names: set[str] = field(default_factory=set)
    id_prefixes: array[int] = field(default_factory=lambda: array("Q"))
    latest: str = ""
    back_dated: list[int] = field(default_factory=lambda: [0, -1])
    future_dated: list[int] = field(default_factory=lambda: [0, -1])
    earlier: Callable[[str], tuple[int, str | None, int] | None] | None = None

    def link(self, checked: CheckedRow) -> Sequence[tuple[int, str]]:
        """Take the next row in.

        Returns:
            Index and message of each break.
        """
        row, payload = checked.row, checked.payload
        breaks: list[tuple[int, str]] = []
        if row.index != self.next_index:
            breaks.append((self.next_index, _missing_indexes(self.next_index, row.index)))
        self.next_index = row.index + 1
        if payload is None or not checked.is_believed:
            # Only its columns say where it stands; what follows it will show whether they are right.
            if is_stream(row.stream) and type(row.sequence) is int:
                stored_leaf = row.leaf if type(row.leaf) is str else None
                self.heads[row.stream] = (row.sequence, checked.leaf or stored_leaf, row.index)
            return breaks
        broken = self._break_before(payload)
        if broken is not None:
            breaks.append((row.index, broken))
        self.heads[payload.stream] = (payload.sequence, checked.leaf, row.index)
        self.id_prefixes.append(int(payload.id[:8] + payload.id[9:13] + payload.id[14:18], 16))
        self._look_at_the_clock(payload, row.index)
        if payload.type == "case.opened":
            name = payload.body.get("case")
            if payload.sequence != 1:
                breaks.append((row.index, "opens a case, but is not the first event of its stream"))
            elif isinstance(name, str) and is_plain(name):
                if name in self.case_names:
                    breaks.append((row.index, f"opens a case {name}, and there is one of that name already"))
                self.case_names.add(name)
                self.cases[payload.stream] = name
        return breaks

    def repeated_prefixes(self) -> set[int]:
        """First eight bytes of the event ids that may have come twice."""
        repeated, last = set(), -1
        for prefix in sorted(self.id_prefixes):
            if prefix == last:
                repeated.add(prefix)
            last = prefix
        return repeated

    def _break_before(self, payload: Payload) -> str | None:
        sequence = payload.sequence
        head = self.heads.get(payload.stream)
        if head is None and self.earlier is not None and sequence > 1:
            head = self.earlier(payload.stream)
        if head is None:
            return (
                None
                if sequence == 1
                else f"is number {sequence} of its stream, whose earlier events are not here"
            )
        last, leaf, index = head
        if sequence > last + 1:
            return f"is number {sequence} of its stream, but the one before it here is number {last}"
        if sequence <= last:
            return f"is number {sequence} of its stream, but comes after number {last} at index {index}"
        if leaf is not None and payload.previous != leaf:
            return f"names a predecessor that is not the event at index {index}"
        return None

    def _look_at_the_clock(self, payload: Payload, index: int) -> None:
        instant = payload.recorded_at
        # Instants have one spelling of one length, so that they are ordered as text.
        if instant >= self.latest:
            if instant > self.latest_allowed:
                _count(self.future_dated, index)
            self.latest = instant
        elif parse_instant(self.latest) - parse_instant(instant) > CLOCKS_DIFFER:
            _count(self.back_dated, index)


def words_for(payload: Payload, cases: Mapping[str, str]) -> str:
    """An event in words, such as "claim C29 of yekaterinburg-2025"; only plain names are repeated."""
    case = cases.get(payload.stream)
    if payload.type == "ledger.opened":
        return "opening of the ledger"
    if payload.type == "key.added":
        return "adding of a key"
    member, noun = _NAMED.get(payload.type, ("", ""))
    name = payload.body.get(member)
    if isinstance(name, str) and is_plain(name):
        return (
            f"{noun} {name}" if case is None or payload.type == "case.opened" else f"{noun} {name} of {case}"
        )
    return f"{payload.type}, number {payload.sequence} of {case or 'its stream'}"


def is_plain(name: object) -> bool:
    """Whether a name can be repeated to a person as it is."""
    return isinstance(name, str) and _PLAIN(name) is not None


def _missing_indexes(wanted: int, found: int) -> str:
    if found == wanted + 1:
        return f"there is no event at this index; the log goes on at {found}"
    return f"there are no events from this index to {found - 1}; the log goes on at {found}"


def _count(counted: list[int], index: int) -> None:
    if not counted[0]:
        counted[1] = index
    counted[0] += 1
