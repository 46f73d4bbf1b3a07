"""A published log at an address of the web: one file at a time, bounded in length and time.

1. Each wait for the network ends after `timeout` seconds, and an answer, headers and all, after `MAX_SECONDS`,
   however slowly it drips.
2. No more than a file may have is read. A server may send gzip (C2SP tlog-tiles), unpacked no further than that.
3. No redirection is followed: the message says where to. The proxies of the environment are used.
4. Whatever a server answers, only errors of this library are raised.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from typing import Any, Final

from claimledger.events.errors import InvalidInput, LogUnavailable, WrongTile

__all__ = ["WebPlace", "within"]

MAX_SECONDS: Final = 60.0
_CHUNK: Final = 1 << 16
_GZIP: Final = 31


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
            _PlainHandler(),
            _SecureHandler(),
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
                return within(_body(answer, path, limit), path, limit)
        except urllib.error.HTTPError as error:
            error.close()
            where = error.headers.get("Location") if 300 <= error.code < 400 else None
            said = f"moved to {where!a}; give the address it moved to" if where else f"HTTP {error.code}"
            raise LogUnavailable(f"{path}: not to be had from {self._address}: {said}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            raise LogUnavailable(f"{path}: not to be had from {self._address}: {reason}") from None


class _Bytes(io.RawIOBase):
    """What comes from a socket, until its time is over."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._connection = connection
        self._wait = connection.gettimeout()
        self._ends = time.monotonic() + MAX_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"took more than {MAX_SECONDS:.0f} seconds")
        self._connection.settimeout(left if self._wait is None else min(self._wait, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer whose headers and content come within `MAX_SECONDS`."""

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp: Any = io.BufferedReader(_Bytes(self.fp.detach(), sock))


class _Connection(http.client.HTTPConnection):
    response_class = _Answer


class _SecureConnection(http.client.HTTPSConnection):
    response_class = _Answer


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_Connection, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def __init__(self) -> None:
        self._trusted = ssl.create_default_context()
        super().__init__(context=self._trusted)

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_SecureConnection, req, context=self._trusted)


def within(data: bytes, path: str, limit: int) -> bytes:
    """The bytes of a file, unless they are more than it may have.

    Raises:
        WrongTile: they are.
    """
    if len(data) > limit:
        raise WrongTile(f"{path}: more than the {limit} bytes that it may have")
    return data


def _body(answer: Any, path: str, limit: int) -> bytes:
    """The content of an answer, unpacked, up to one byte more than the limit."""
    coding = (answer.headers.get("Content-Encoding") or "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        raise LogUnavailable(f"{path}: sent in an encoding that was not asked for")
    unpack = None if coding == "identity" else zlib.decompressobj(_GZIP)
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
    return bytes(data)
