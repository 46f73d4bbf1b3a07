"""A witness over HTTP, and how a log asks one: the call ``add-checkpoint`` of C2SP tlog-witness.

    POST /add-checkpoint     200 signature lines · 400 no request · 403 not signed by the log · 404 unknown log
                             409 another size is the latest (its number), or another root of that size
                             422 not proven to go on from the latest

1. Nothing is believed of who asks: the checkpoint's signature says whose it is. There is nothing to read but answers.
2. A body is read up to the length that a request can have, for a bounded time; one request at a time decides.
3. Asking: a witness that has seen another size says which, and is asked once more from there.

What is decided is `claimledger.witness`'s to decide.
"""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from claimledger.events.errors import (
    ClaimLedgerError,
    ForkRefused,
    KeyNotAllowed,
    MalformedNote,
    NotTheLatest,
    NotWitnessed,
    UnknownName,
    WrongProof,
    WrongSignature,
)

from .note_text import read_decimal
from .notes import MAX_NOTE_BYTES
from .witness import Witness
from .witness_requests import MAX_REQUEST_BYTES

__all__ = ["WitnessServer", "ask_witness"]

_log = logging.getLogger("claimledger")
_SECONDS = 30.0
_STATUS: tuple[tuple[type[ClaimLedgerError], HTTPStatus], ...] = (
    (MalformedNote, HTTPStatus.BAD_REQUEST),
    (UnknownName, HTTPStatus.NOT_FOUND),
    (KeyNotAllowed, HTTPStatus.FORBIDDEN),
    (WrongSignature, HTTPStatus.FORBIDDEN),
    (ForkRefused, HTTPStatus.CONFLICT),
    (WrongProof, HTTPStatus.UNPROCESSABLE_ENTITY),
)


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness until it is shut down.

    Args:
        address: host and port; port 0 takes a free one (see ``server_port``).
        witness: who cosigns.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "claimledger"
    sys_version = ""
    timeout = _SECONDS
    server: WitnessServer

    def do_POST(self) -> None:  # the name that http.server calls
        if self.path != "/add-checkpoint":
            return self._answer(HTTPStatus.NOT_FOUND, b"there is only /add-checkpoint here\n")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 9:
            return self._answer(HTTPStatus.LENGTH_REQUIRED, b"say how long the request is\n")
        if int(length) > MAX_REQUEST_BYTES:
            return self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"no request is as long\n")
        try:
            lines = self.server.witness.cosign(self.rfile.read(int(length)))
        except NotTheLatest as error:
            return self._answer(HTTPStatus.CONFLICT, b"%d\n" % error.size, "text/x.tlog.size")
        except ClaimLedgerError as error:
            _log.info("did not cosign: %s", error.code)
            status = next((each for kind, each in _STATUS if isinstance(error, kind)), None)
            if status is None:
                return self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"the witness cannot cosign now\n")
            return self._answer(status, f"{error}\n".encode())
        return self._answer(HTTPStatus.OK, lines)

    def _answer(self, status: HTTPStatus, body: bytes, content: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(len(body)))
        if status is not HTTPStatus.OK and status is not HTTPStatus.CONFLICT:
            # What follows on the connection may be the rest of a body that was not read.
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        _log.debug("witness: " + format, *args)


def ask_witness(address: str, request: Callable[[int], bytes], *, seconds: float = _SECONDS) -> bytes:
    """Ask a witness over HTTP to cosign.

    Args:
        address: where it is, such as ``https://witness.example.org``; ``/add-checkpoint`` is added to it.
        request: gives the request that goes on from a size.
        seconds: how long to wait for each answer.

    Returns:
        Its signature lines, not verified.

    Raises:
        NotWitnessed: it cannot be reached, or does not cosign; the message says why.
        NotSealed, VerificationFailed: as `request` raises.
    """
    old = 0
    for _ in range(2):
        status, body = _post(f"{address.rstrip('/')}/add-checkpoint", request(old), seconds)
        if status == HTTPStatus.OK:
            return body
        if status != HTTPStatus.CONFLICT:
            break
        try:
            latest = read_decimal(body.decode("ascii", "replace").removesuffix("\n"), "the witness's size")
        except MalformedNote:
            break
        if latest == old:
            break
        old = latest
    said = body[:300].decode("utf-8", "replace").strip()
    raise NotWitnessed(f"{address}: the witness did not cosign (status {status}): {said}")


def _post(url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
    if not url.startswith(("http://", "https://")):
        raise NotWitnessed(f"{url}: a witness is asked at an address that begins with https:// or http://")
    asked = urllib.request.Request(url, body, {"Content-Type": "text/plain; charset=utf-8"}, method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=seconds) as answer:
            return answer.status, answer.read(MAX_NOTE_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_NOTE_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NotWitnessed(f"{url}: the witness cannot be reached: {reason}") from None
