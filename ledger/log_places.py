"""Where a published log is read: a folder, or an address of the web (C2SP tlog-tiles). Nothing here is verified.

1. A file is read up to the bytes that it may have, and one that has more is *wrong*. A file that is not there, or
   cannot be had in time, is *could not check* (`LogUnavailable`).
2. Over HTTP each wait for the network ends after `timeout` seconds, and the content of each file after `MAX_SECONDS`.
   A server may send gzip, which is unpacked no further than the limit. No redirection is followed: the message says
   where to. Whatever a server answers, only errors of this library are raised.
3. A partial tile that is gone is looked for in the full one: a log may take it away once that is there.
"""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from claimledger.events.envelope import MAX_SIGNATURES
from claimledger.events.errors import InvalidInput, LogUnavailable, WrongTile

from .merkle import HASH_BYTES
from .tiles import TILE_WIDTH, EntryBundle, Tile, decode_bundle, tile_width

__all__ = ["ENTRY_MAX_BYTES", "FolderPlace", "LogPlace", "PlacedTiles", "WebPlace", "place_of"]

ENTRY_MAX_BYTES: Final = 32 + 96 * MAX_SIGNATURES
"""How long a leaf entry may be: a digest, and keyid and signature of each key; see `claimledger.events.envelope`."""

MAX_SECONDS: Final = 60.0
_CHUNK: Final = 1 << 16
_GZIP: Final = 31

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
                return _within(opened.read(limit + 1), path, limit)
        except OSError as error:
            raise LogUnavailable(f"{path}: cannot be read: {error.strerror}") from None


class WebPlace:
    """A log at an address of the web.

    Args:
        address: ``http://...`` or ``https://...``, without query; the proxies of the environment are used.
        timeout: seconds after which a wait for the network ends.

    Raises:
        InvalidInput: it is no such address.
    """

    def __init__(self, address: str, timeout: float = 10) -> None:
        try:
            parts = urllib.parse.urlsplit(address)
            known = (
                parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
            )
        except ValueError:
            known = False
        if not known or parts.query or parts.fragment or parts.username is not None or not address.isascii():
            raise InvalidInput(
                f"{address}: no address of a log: expected https://HOST/PATH, without query and password"
            )
        self._address = address.rstrip("/")
        self._timeout = timeout
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            self._opener.add_handler(handler)

    def read(self, path: str, limit: int) -> bytes:
        """A file; see `LogPlace.read`."""
        request = urllib.request.Request(
            f"{self._address}/{path}",
            headers={"Accept-Encoding": "gzip, identity", "User-Agent": "claimledger", "Accept": "*/*"},
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return _within(_body(answer, path, limit), path, limit)
        except urllib.error.HTTPError as error:
            error.close()
            where = error.headers.get("Location") if 300 <= error.code < 400 else None
            said = f"moved to {where!a}; give the address it moved to" if where else f"HTTP {error.code}"
            raise LogUnavailable(f"{path}: not to be had from {self._address}: {said}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            raise LogUnavailable(f"{path}: not to be had from {self._address}: {reason}") from None


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
        length = tile.width * HASH_BYTES
        data = self._place.read(tile.path, length)
        if len(data) != length:
            raise WrongTile(f"{tile.path}: {len(data)} bytes, where {tile.width} hashes have {length}")
        return data

    def _bundle(self, bundle: EntryBundle) -> list[bytes]:
        data = self._place.read(bundle.path, bundle.width * (2 + ENTRY_MAX_BYTES))
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


def _instead(error: LogUnavailable, width: int, read_full: Callable[[], _T]) -> _T:
    """The full tile in place of a partial one that is not there; that it was not, where there is no full one either."""
    if width < TILE_WIDTH:
        try:
            return read_full()
        except LogUnavailable:
            pass
    raise error


def _within(data: bytes, path: str, limit: int) -> bytes:
    if len(data) > limit:
        raise WrongTile(f"{path}: more than the {limit} bytes that it may have")
    return data


def _body(answer: Any, path: str, limit: int) -> bytes:
    """The content of an answer, unpacked, up to one byte more than the limit."""
    coding = (answer.headers.get("Content-Encoding") or "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        raise LogUnavailable(f"{path}: sent in an encoding that was not asked for")
    unpack = None if coding == "identity" else zlib.decompressobj(_GZIP)
    ends = time.monotonic() + MAX_SECONDS
    data = bytearray()
    while len(data) <= limit and not (unpack is not None and unpack.eof):
        chunk = answer.read1(_CHUNK)
        if not chunk:
            if answer.length or unpack is not None:
                raise LogUnavailable(f"{path}: broken off before its end")
            break
        if unpack is not None:
            try:
                chunk = unpack.decompress(chunk, limit + 1 - len(data))
            except zlib.error:
                raise LogUnavailable(f"{path}: broken in packing (gzip)") from None
        data += chunk[: limit + 1 - len(data)]
        if time.monotonic() > ends:
            raise LogUnavailable(f"{path}: took more than {MAX_SECONDS:.0f} seconds")
    return bytes(data)
