"""Clocks and provenance: which part of a log a result was computed from, so that another machine can repeat it.

1. `known_at` cuts the log: by index (that event included), or by time, at the first event with a later
   ``recorded_at``. What was recorded late never leaks into an earlier cut, whatever its own dates say. A cut by time
   rests on the recorders' clocks and says so.
2. ``asserted_by`` and ``true_on`` are filters of the fold; see `claimledger.projections.clocks`.
3. A result names ledger, last index, filters, version of the rules, and the SHA-256 of its own strict JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from claimledger.events.errors import InvalidValue

if TYPE_CHECKING:
    from claimledger.events.recorded import Event

__all__ = ["RULES_VERSION", "Fold", "Provenance", "known_at", "replay"]

RULES_VERSION: Final = "6"
"""Version of the rules of questions, positions and comparators. Another version may compute another state."""


class Fold(Protocol):
    """Anything that takes in events one by one."""

    def apply(self, event: Event) -> None:
        """Take in one event; events come in the order of the log."""


SomeFold = TypeVar("SomeFold", bound=Fold)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from.

    Attributes:
        ledger: the ledger's id; None where no event named it.
        index: the last log index that the result rests on; None where there is none. For a case it is that of the last
            event that belongs to it; a replay up to there gives the same result.
        filters: what limited the result: the case, and every clock that is set, as given. ``known_at_by`` says that
            a cut by time rests on the recorders' clocks.
        rules_version: the rules it was computed by.
        state_hash: hex SHA-256 of the result's strict JSON, without this provenance.
    """

    ledger: str | None
    index: int | None
    filters: Mapping[str, str]
    rules_version: str
    state_hash: str

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "ledger": self.ledger,
            "index": self.index,
            "filters": dict(self.filters),
            "rules_version": self.rules_version,
            "state_hash": self.state_hash,
        }


def known_at(events: Iterable[Event], moment: int | datetime) -> Iterator[Event]:
    """The prefix of a log that was recorded by then.

    Args:
        events: events in the order of the log.
        moment: a log index (included), or an instant that knows its UTC offset.

    Raises:
        InvalidValue: the instant knows no UTC offset.
    """
    if isinstance(moment, datetime) and moment.utcoffset() is None:
        raise InvalidValue("known_at: an instant must know its UTC offset; give it a tzinfo, or a log index")
    return _prefix(events, moment)


def _prefix(events: Iterable[Event], moment: int | datetime) -> Iterator[Event]:
    for event in events:
        later = event.recorded_at > moment if isinstance(moment, datetime) else event.index > moment
        if later:
            return
        yield event


def replay(fold: SomeFold, events: Iterable[Event], *, at: int | datetime | None = None) -> SomeFold:
    """Run events through a fold and give it back.

    Args:
        fold: takes in the events.
        events: events in the order of the log.
        at: see `known_at`; all of them where it is None. A fold that has a method `cut_at` is told.
    """
    cut_at = getattr(fold, "cut_at", None)
    if at is not None and cut_at is not None:
        cut_at(at)
    for event in events if at is None else known_at(events, at):
        fold.apply(event)
    return fold
