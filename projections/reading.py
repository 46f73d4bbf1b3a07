"""What the projections have in common that are read out of the state of one case: fold, clocks, provenance.

A projection of this sort computes nothing of its own: it shows a `CaseState` from one side. So it is filled by a
replay, or made from a state that is there already (``of``), one that was saved and gone on with for instance.
"""

from __future__ import annotations

from typing import Self

from claimledger.events.recorded import Event

from .case import CaseState
from .clocks import Clocks, Moment
from .replay import Provenance

__all__ = ["OfCaseState"]


class OfCaseState:
    """A view of the state of one case, as a fold.

    Args:
        case: the case's name.
        known_at, asserted_by, true_on: as for `CaseState`.
    """

    def __init__(
        self,
        case: str,
        *,
        known_at: Moment | None = None,
        asserted_by: str | None = None,
        true_on: str | None = None,
    ) -> None:
        self.state = CaseState(case, known_at=known_at, asserted_by=asserted_by, true_on=true_on)

    @classmethod
    def of(cls, state: CaseState) -> Self:
        """The same view of a state that is there already."""
        made = cls(state.case)
        made.state = state
        return made

    @property
    def case(self) -> str:
        """The case's name."""
        return self.state.case

    @property
    def clocks(self) -> Clocks:
        """The clocks of the state."""
        return self.state.clocks

    @property
    def known_at(self) -> Moment | None:
        """Where the log was cut, as given."""
        return self.state.known_at

    @property
    def taken_in(self) -> int | None:
        """The last log index that was taken in: a replay may go on after it."""
        return self.state.taken_in

    def cut_at(self, known_at: Moment) -> None:
        """Say where the log is cut; see `CaseState.cut_at`."""
        self.state.cut_at(known_at)

    def apply(self, event: Event) -> None:
        """File one event."""
        self.state.apply(event)

    def provenance(self) -> Provenance:
        """Where this comes from: the provenance of the state that it was read out of."""
        return self.state.provenance()
