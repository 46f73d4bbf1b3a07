"""Lines of proofs, taken beside the events that they are for: in their order, each once.

A line that is for no sealed event here, is out of order, comes twice or cannot be read is a finding of its own, and
does not disturb the lines around it. What a proof proves is not looked at here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from claimledger.events.errors import WrongProof

from .bundle_findings import BundleFindings
from .bundle_lines import ProofLine, Unreadable

__all__ = ["ProofLines"]


class ProofLines:
    """The lines of `proofs.jsonl`, beside the events.

    Args:
        lines: as they come.
        findings: takes each line that is for nothing here, or not in its place.
        silent: indexes of events of which nothing more is said.
    """

    def __init__(
        self, lines: Iterator[ProofLine | Unreadable], findings: BundleFindings, silent: Container[int]
    ) -> None:
        self._lines = lines
        self._silent = silent
        self._findings = findings
        self._next: ProofLine | None = None
        self._last = -1
        self._step()

    def of(self, index: int) -> tuple[bytes, ...] | None:
        """The hashes for an event; None where they are not here. Events are asked for in the order of their indexes."""
        self._skip_to(index)
        if self._next is None or self._next.index != index:
            return None
        hashes = self._next.hashes
        self._step()
        return hashes

    def none_for(self, index: int) -> None:
        """There must be no proof for this event."""
        self._skip_to(index + 1)

    def end(self) -> None:
        """There are no more events."""
        self._skip_to(None)

    def _skip_to(self, index: int | None) -> None:
        while self._next is not None and (index is None or self._next.index < index):
            if self._next.index not in self._silent:
                said = f"line {self._next.number} of proofs.jsonl proves an event that is not here, or not sealed"
                self._findings.add(WrongProof.code, self._next.index, said)
            self._step()

    def _step(self) -> None:
        self._next = None
        for line in self._lines:
            if isinstance(line, Unreadable):
                self._findings.add(WrongProof.code, None, f"line {line.number} of proofs.jsonl {line.why}")
            elif line.index <= self._last:
                said = f"line {line.number} of proofs.jsonl stands behind a later one, or a second time"
                self._findings.add(WrongProof.code, line.index, said)
            else:
                self._next, self._last = line, line.index
                return
