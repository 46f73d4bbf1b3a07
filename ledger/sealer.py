"""Sealing: the tree over the leaves that are committed, kept as tiles, and the checkpoint that is signed over it.

1. Tiles are built from leaves that are committed, each computed again from the bytes of its envelope, in
   transactions that each leave a whole tree. Only tiles that change are written, and of what is there already only
   the right edge is read (O(log n)).
2. Then the checkpoint is signed (`claimledger.checkpoint_signer` refuses all that does not extend the last one) and
   kept.
3. A crash at any place is mended by sealing again: tiles without a checkpoint are gone on from, and a checkpoint
   that was signed but not kept is kept as it was signed, before anything new is.
4. Tiles are derived. Where they do not lead to what was signed, they are built anew from the events; where the events
   do not either, nothing is signed.

The tree is that of `claimledger.merkle` (RFC 6962, section 2.1) over the leaves of `claimledger.events.envelope`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from claimledger.events.envelope import Envelope
from claimledger.events.errors import ForkRefused, RowMismatch, WrongTile

from .checkpoint_signer import CheckpointSigner, Turn
from .checkpoints import Checkpoint
from .merkle import HASH_BYTES
from .rows import StoredRows
from .store import Store
from .tiles import TILE_WIDTH, TiledTree, new_tiles

__all__ = ["Sealer", "StoredTiles", "built_size"]

_LEAVES_AT_ONCE = 64 * TILE_WIDTH
"""How many leaves go into the tree in one transaction: half a megabyte of hashes."""

_log = logging.getLogger("claimledger")


class _HasTiles(Protocol):
    """A store, as far as its tiles go."""

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a tile, 32 bytes each; None where there is none."""
        ...


class StoredTiles:
    """The tiles of a store, as `claimledger.tiles.TiledTree` reads them.

    Args:
        rows: where they are kept.
    """

    def __init__(self, rows: _HasTiles) -> None:
        self._rows = rows

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first hashes of a tile.

        Raises:
            WrongTile: it is not there, or not as wide.
        """
        data = self._rows.tile(level, index) or b""
        if len(data) < width * HASH_BYTES:
            raise WrongTile(
                f"tile {level}/{index}: {width} hashes are asked for, and {len(data) // HASH_BYTES} are kept; seal the "
                "ledger again to have them built"
            )
        return data[: width * HASH_BYTES]


def built_size(rows: StoredRows) -> int:
    """How many leaves the tiles of a store hold."""
    last = rows.last_tile()
    return 0 if last is None else last[0] * TILE_WIDTH + len(last[1]) // HASH_BYTES


class Sealer:
    """Seals one ledger.

    Args:
        store: where the events are, and where tiles and checkpoints go.
        origin: the log's name.
        signer: the log's signing hand.
    """

    def __init__(self, store: Store, origin: str, signer: CheckpointSigner) -> None:
        self._store = store
        self._origin = origin
        self._signer = signer
        self._tiles = StoredTiles(store)

    def seal(
        self,
        size: int,
        *,
        adopt: bool = False,
        rebuild: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> bytes:
        """Sign a checkpoint over the first events of the log.

        Args:
            size: how many; all that are committed, as a rule.
            adopt: go on from the last checkpoint in the ledger where the log's key remembers none, or an older one.
            rebuild: build all tiles anew from the events, where some of them were damaged.
            progress: called with the number of leaves in the tree, as it grows.

        Returns:
            The signed note; the last one, where nothing was recorded since.

        Raises:
            ForkRefused: what the log's key signed before is not a beginning of this log; nothing was signed.
            RowMismatch, MalformedEvent: a row is not what it was when it was recorded; nothing was signed.
            KeyringError, LedgerBusy, ReadOnly: it cannot be written.
        """
        self._store.check_usable(writing=True)
        with self._signer.turn() as turn:
            if rebuild:
                self._store.drop_tiles()
            self._agree_on_the_last(turn, size, adopt=adopt)
            self._build(size, progress)
            tree = self._tree_that_extends(turn, size, progress)
            last = turn.last
            proof = tree.consistency_proof(last.size) if last is not None and last.size < size else []
            note = turn.sign(Checkpoint(self._origin, size, tree.root()), proof)
            if last is None or last.size < size:
                self._store.keep_checkpoint(size, note)
        _log.info("sealed %d events", size)
        return note

    def _agree_on_the_last(self, turn: Turn, size: int, *, adopt: bool) -> None:
        """Bring the memory of the log's key and the ledger's last checkpoint to one."""
        note = self._store.checkpoint()
        kept_size = 0 if note is None else turn.open(note).size
        if note is not None and adopt:
            turn.adopt(note)
        last = turn.last
        if kept_size > (0 if last is None else last.size):
            remembered = "none" if last is None else f"one of size {last.size}"
            raise ForkRefused(
                f"the ledger has a checkpoint of size {kept_size}, and the log's key remembers {remembered}: its "
                "memory was lost or put back, or this is a copy of the key; if no other copy of the ledger was sealed, "
                "say that the ledger's last checkpoint is to be adopted"
            )
        if last is None:
            return
        if size < last.size:
            raise ForkRefused(
                f"the log's key signed a checkpoint of size {last.size}, and here are {size} events: this is an older "
                "copy of the ledger that was put back; go on with the copy that was signed"
            )
        if kept_size < last.size:
            # Signed, and then something came in between. It may have been given away: keep it, or find a fork.
            self._build(last.size, None)
            tree = self._tree_that_extends(turn, last.size, None)
            if tree.root() != last.root:
                raise ForkRefused(
                    f"the log's key signed a checkpoint of size {last.size} over other events than these; go on with "
                    "the copy of the ledger that was signed"
                )
            self._store.keep_checkpoint(last.size, last.data)

    def _tree_that_extends(self, turn: Turn, size: int, progress: Callable[[int], None] | None) -> TiledTree:
        """The tree, built anew where its tiles do not lead to what was signed last."""
        tree = TiledTree(size, self._tiles)
        if turn.last is None or TiledTree(turn.last.size, self._tiles).root() == turn.last.root:
            return tree
        _log.warning("the tiles of the tree do not fit the last checkpoint; they are built anew")
        self._store.drop_tiles()
        self._build(size, progress)
        return TiledTree(size, self._tiles)

    def _build(self, size: int, progress: Callable[[int], None] | None) -> None:
        built = built_size(self._store)
        if built > size:
            # A crash cannot bring this about: tiles come after events.
            self._store.drop_tiles()
            built = 0
        leaves = self._leaves(built, size)
        while built < size:
            some = list(islice(leaves, _LEAVES_AT_ONCE))
            tiles = new_tiles(built, self._tiles, some)
            self._store.keep_tiles([(level, index, data) for level, index, _, data in tiles])
            built += len(some)
            if progress is not None:
                progress(built)

    def _leaves(self, first: int, size: int) -> Iterator[bytes]:
        """Leaf hashes, computed from the stored envelopes, from an index on."""
        expected = first
        for row in self._store.rows(first - 1):
            if row.index >= size:
                break
            leaf = Envelope.from_bytes(row.envelope).leaf()
            if row.index != expected or row.leaf != leaf:
                raise RowMismatch(
                    f"index {row.index}: the row is not what it was when it was recorded; nothing was sealed; verify "
                    "the ledger"
                )
            expected += 1
            yield bytes.fromhex(leaf)
        if expected != size:
            raise RowMismatch(f"index {expected}: there is no event; nothing was sealed; verify the ledger")
