"""What a store keeps of what was sealed: tiles of the tree, checkpoints and timestamps; nothing of it is verified.

All of it is derived from the events or was signed over them: `claimledger.sealed` believes none of it for being there,
and the audit holds it against the events.
"""

from __future__ import annotations

from collections.abc import Iterator

from claimledger.events.errors import RowMismatch

from .queries import Queries

__all__ = ["SealedRows"]

_HASH_BYTES = 32


class SealedRows(Queries):
    """The sealed part of one store, by the questions that are asked of it."""

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a tile, 32 bytes each, as many as were built so far; None where none was.

        Raises:
            RowMismatch: what is kept there is no row of hashes.
        """
        found = self._one("SELECT hashes FROM tiles WHERE level=? AND idx=?", level, index)
        if found is None:
            return None
        if type(found[0]) is not bytes or len(found[0]) % _HASH_BYTES:
            raise RowMismatch(f"tile {level}/{index}: holds what no ledger writes; verify the ledger")
        return found[0]

    def last_tile(self) -> tuple[int, bytes] | None:
        """The last tile of level 0: its index and its hashes. How far the tree was built is read off it."""
        found = self._one("SELECT idx FROM tiles WHERE level=0 ORDER BY idx DESC LIMIT 1")
        if found is None:
            return None
        if type(found[0]) is not int or found[0] < 0:
            raise RowMismatch(
                "the tiles of the tree are numbered as no ledger numbers them; verify the ledger"
            )
        return found[0], self.tile(0, found[0]) or b""

    def tiles(self) -> Iterator[tuple[int, int, bytes]]:
        """Every tile as it is, in pages: level, index, hashes."""
        yield from self._pages("level, idx, hashes", "tiles", "level, idx", 2)

    def tile_levels(self) -> list[tuple[int, int, int, int, int]]:
        """What tiles there are, in one look, for an audit.

        Returns:
            For each level: level, how many tiles, the lowest and the highest index, and bytes of all of them.

        Raises:
            RowMismatch: levels, indexes or hashes are not what they are in any ledger.
        """
        found = self._all(
            "SELECT level, count(*), min(idx), max(idx), sum(length(hashes)), "
            "sum(typeof(level)<>'integer' OR typeof(idx)<>'integer' OR typeof(hashes)<>'blob') "
            "FROM tiles GROUP BY level ORDER BY level"
        )
        if any(row[5] for row in found):
            raise RowMismatch("the tiles of the tree hold what no ledger writes; verify the ledger")
        return [tuple(row[:5]) for row in found]

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """The signed note of the checkpoint at a size, or of the largest one; None where there is none."""
        found = (
            self._one("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
            if size is None
            else self._one("SELECT note FROM checkpoints WHERE size=?", size)
        )
        if found is not None and type(found[0]) is not bytes:
            raise RowMismatch("a checkpoint is kept as what no ledger writes; verify the ledger")
        return None if found is None else found[0]

    def proof_of(self, index: int) -> tuple[bytes, ...] | None:  # noqa: ARG002 - what a bundle has in place of tiles
        """The inclusion proof of an event, where proofs are kept and not the tree; None in a ledger."""
        return None

    def checkpoints(self, after: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Checkpoints as they are, in the order of sizes: the size that one is kept under, and the note.

        Args:
            after: only those of a larger size; None for all of them.
        """
        table = "checkpoints" if after is None else f"(SELECT * FROM checkpoints WHERE size>{int(after)})"
        yield from self._pages("size, note", table, "size", 1)

    def timestamps(self, after: int | None = None, *, size: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Timestamp tokens as they are: the size of the checkpoint that one is kept for, and the token.

        Args:
            after: only those for a larger size; None for all of them.
            size: only those for this size.
        """
        table = "timestamps"
        if size is not None:
            table = f"(SELECT * FROM timestamps WHERE size={int(size)})"
        elif after is not None:
            table = f"(SELECT * FROM timestamps WHERE size>{int(after)})"
        yield from self._pages("size, token", table, "size, token", 2)
