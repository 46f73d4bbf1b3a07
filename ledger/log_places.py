"""Where a published log is read, file by file: a folder, or an address of the web. Nothing here is verified.

1. A file is read up to the bytes that it may have, and one that has more is *wrong*. A file that is not there, or
   cannot be had in time, is *could not check* (`LogUnavailable`).
2. A partial tile that is gone is looked for in the full one: a log may take it away once that is there.

Addresses and forms of the files are those of C2SP tlog-tiles.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

from claimledger.events.envelope import MAX_SIGNATURES
from claimledger.events.errors import InvalidInput, LogUnavailable, WrongTile

from .log_web import WebPlace, within
from .merkle import HASH_BYTES
from .tiles import TILE_WIDTH, EntryBundle, Tile, decode_bundle, tile_width

__all__ = ["ENTRY_MAX_BYTES", "FolderPlace", "LogPlace", "PlacedTiles", "file_of", "place_of"]

ENTRY_MAX_BYTES: Final = 32 + 96 * MAX_SIGNATURES
"""How long a leaf entry may be: a digest, and keyid and signature of each key; see `claimledger.events.envelope`."""


_T = TypeVar("_T")


class LogPlace(Protocol):
    """Gives the files of a published log: one method."""

    def read(self, path: str, limit: int) -> bytes:
        """A file.

        Args:
            path: below the log's address, such as ``checkpoint`` or ``tile/0/000``.
            limit: how many bytes it may have.

        Raises:
            LogUnavailable: it is not there, or cannot be had.
            WrongTile: it is longer.
        """
        ...


def place_of(place: str | os.PathLike[str], timeout: float = 10) -> LogPlace:
    """What stands behind an address or a path.

    Args:
        place: ``http://...``, ``https://...`` or a folder.
        timeout: seconds after which a wait for the network ends.

    Raises:
        InvalidInput: an address that cannot be one of a log.
    """
    text = os.fspath(place)
    if text.lower().startswith(("http://", "https://")):
        return WebPlace(text, timeout)
    if "://" in text:
        raise InvalidInput(f"{text}: a log is read from a folder, or from http:// or https://")
    return FolderPlace(text)


class FolderPlace:
    """A log in a folder.

    Args:
        folder: where its ``checkpoint`` is.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)

    def read(self, path: str, limit: int) -> bytes:
        """A file; see `LogPlace.read`."""
        file = self._folder / path
        try:
            if not file.is_file():
                raise LogUnavailable(f"{path}: not in the folder {self._folder}")
            with file.open("rb") as opened:
                return within(opened.read(limit + 1), path, limit)
        except OSError as error:
            raise LogUnavailable(f"{path}: cannot be read: {error.strerror}") from None


class PlacedTiles:
    """The tiles and bundles of a log of a certain size, from where it is published: a `claimledger.tiles.TileReader`.

    Args:
        place: gives the files.
        size: of the checkpoint that was found there; its tiles are asked for, and no others.
    """

    def __init__(self, place: LogPlace, size: int) -> None:
        self._place = place
        self._size = size

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first hashes of a tile.

        Raises:
            LogUnavailable: it is not there, or cannot be had.
            WrongTile: it has another length.
        """
        whole = max(width, tile_width(level, index, self._size))
        try:
            data = self._hashes(Tile(level, index, whole))
        except LogUnavailable as error:
            data = _instead(error, whole, lambda: self._hashes(Tile(level, index)))
        return data[: width * HASH_BYTES]

    def entries(self, bundle: EntryBundle) -> list[bytes]:
        """The leaf entries of a bundle.

        Raises:
            LogUnavailable: it is not there, or cannot be had.
            WrongTile: it is none, or an entry has not the length of one.
        """
        try:
            return self._bundle(bundle)
        except LogUnavailable as error:
            return _instead(error, bundle.width, lambda: self._bundle(EntryBundle(bundle.index)))[
                : bundle.width
            ]

    def _hashes(self, tile: Tile) -> bytes:
        path, length = file_of(tile)
        data = self._place.read(path, length)
        if len(data) != length:
            raise WrongTile(f"{path}: {len(data)} bytes, where {tile.width} hashes have {length}")
        return data

    def _bundle(self, bundle: EntryBundle) -> list[bytes]:
        data = self._place.read(*file_of(bundle))
        try:
            entries = decode_bundle(data, bundle.width)
        except WrongTile:
            raise WrongTile(
                f"{bundle.path}: is not {bundle.width} entries with their lengths, and nothing else"
            ) from None
        for place, entry in enumerate(entries):
            signatures, rest = divmod(len(entry) - 32, 96)
            if rest or not 1 <= signatures <= MAX_SIGNATURES:
                raise WrongTile(
                    f"{bundle.path}: entry {place} has {len(entry)} bytes; a leaf entry has 32, and 96 for each "
                    "signature"
                )
        return entries


def file_of(at: Tile | EntryBundle) -> tuple[str, int]:
    """The path of a tile or bundle, and how many bytes it may have."""
    return at.path, at.width * (HASH_BYTES if isinstance(at, Tile) else 2 + ENTRY_MAX_BYTES)


def _instead(error: LogUnavailable, width: int, read_full: Callable[[], _T]) -> _T:
    """The full tile in place of a partial one that is not there; that it was not, where there is no full one either."""
    if width < TILE_WIDTH:
        try:
            return read_full()
        except LogUnavailable:
            pass
    raise error
