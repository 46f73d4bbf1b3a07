"""What an audit reads of a ledger, as it is: nothing that comes from here is believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from .recording import NameKey, Row

__all__ = ["Stored"]


class Stored(Protocol):
    """What an audit reads: `claimledger.store.Store` is one."""

    def size(self) -> int:
        """How many events the log has: the last index and one."""
        ...

    def rows(
        self, after: int | None = None, stream: str | None = None, *, raw: bool = False
    ) -> Iterator[Row]:
        """Every row, in the order of the log; or those behind an index, or of a stream; raw: whatever they hold."""
        ...

    def last_below(self, stream: str, size: int) -> Row | None:
        """The last row of a stream among the first rows of the log, as many as ``size``."""
        ...

    def name(self, stream: str, what: str, name: str) -> str | None:
        """The event id behind a name of a stream, or None."""
        ...

    def row_of_id(self, event_id: str) -> Row | None:
        """The row of an event id."""
        ...

    def row_at(self, index: int) -> Row | None:
        """The row at an index."""
        ...

    def disclosures_after(self, index: int, last: int | None = None) -> Mapping[int, dict[str, bytes]]:
        """The disclosures behind an index, up to and with the last: index to slot to bytes."""
        ...

    def all_names(self) -> Iterable[tuple[NameKey, str]]:
        """The whole index of names: stream, what and name, and the event id."""
        ...

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a tile."""
        ...

    def tile_levels(self) -> list[tuple[int, int, int, int, int]]:
        """For each level: level, how many tiles, the lowest and the highest index, and bytes of all of them."""
        ...

    def checkpoints(self, after: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Checkpoints of a larger size than one, in the order of sizes: the size each is kept under, and the note."""
        ...

    def timestamps(self, after: int | None = None, *, size: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Timestamp tokens for larger sizes than one, or for one size: the size of the checkpoint, and the token."""
        ...

    def damage(self) -> Sequence[str]:
        """What the database finds wrong with itself."""
        ...
