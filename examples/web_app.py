"""A case database as a small web service: one class that embeds the ledger, and a WSGI application around it.

The class is all that a web framework's view needs; the application uses the standard library only. Two things to
take from it: a request's ``Idempotency-Key`` makes a retried POST record once, and every error of claimledger has a
stable code that a client can act on.

Run it as ``python web_app.py FOLDER`` and try::

    curl -s localhost:8000/cases/harbour -d '{"title": "A night at the harbour"}'
    curl -s localhost:8000/cases/harbour/counts -H 'Idempotency-Key: form-1' \
        -d '{"group": "held", "quantity": "at least 8", "speaker": "police", "said": "2025-07-01"}'
    curl -s localhost:8000/cases/harbour
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import make_server

from claimledger import ClaimLedgerError, Keyring, Ledger, UnknownName
from claimledger.events import Authority, Count, Group
from claimledger.projections import CaseState

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class CaseDatabase:
    """The model: what the application can do, each in a few lines on the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def open_case(self, name: str, title: str) -> dict[str, Any]:
        """Open a case with the two entities that its form offers."""
        case = self.ledger.create_case(name, title=title)
        with case.batch():
            case.register_entity("held", Group(label="those detained"))
            case.register_entity("police", Authority(label="the police"))
        return {"case": name, "title": title}

    def add_count(self, name: str, form: dict[str, str], key: str | None) -> dict[str, Any]:
        """Record how many a speaker says they are."""
        receipt = self.ledger.case(name).record(
            Count(group=form["group"], quantity=form["quantity"]),
            asserter=form["speaker"],
            asserted_at=form["said"],
            idempotency_key=key,
        )
        return {"index": receipt.index, "leaf": receipt.leaf}

    def show(self, name: str) -> dict[str, Any]:
        """The state of a case: positions and who holds them, never one value."""
        self.ledger.case(name)
        return self.ledger.replay(CaseState(name)).to_json()


def application(database: CaseDatabase) -> Any:
    """Wrap the model into a WSGI application."""

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, answer = "200 OK", route(environ)
        except UnknownName as error:
            status, answer = "404 Not Found", {"code": error.code, "error": str(error)}
        except ClaimLedgerError as error:
            status, answer = "409 Conflict", {"code": error.code, "error": str(error)}
        except ValueError as error:
            status, answer = "400 Bad Request", {"code": "request", "error": str(error)}
        start_response(status, [("Content-Type", "application/json; charset=utf-8")])
        return [json.dumps(answer, ensure_ascii=False).encode()]

    def route(environ: WSGIEnvironment) -> dict[str, Any]:
        parts = [part for part in environ["PATH_INFO"].split("/") if part]
        if len(parts) < 2 or parts[0] != "cases":
            raise ValueError("ask for /cases/NAME")
        if environ["REQUEST_METHOD"] == "GET":
            return database.show(parts[1])
        form = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        if parts[2:] == ["counts"]:
            return database.add_count(parts[1], form, environ.get("HTTP_IDEMPOTENCY_KEY"))
        return database.open_case(parts[1], form["title"])

    return respond


def main(folder: Path) -> None:
    """Serve a ledger in that folder on port 8000 until interrupted."""
    passphrase = "read it from your secret store"
    path = folder / "cases.ledger"
    if path.exists():
        ledger = Ledger.open(path, keys=Keyring.open(folder / "keys", passphrase=passphrase))
    else:
        keys = Keyring.create(folder / "keys", passphrase=passphrase)
        ledger = Ledger.create(path, origin="example.org/cases", keys=keys)
    with ledger, make_server("127.0.0.1", 8000, application(CaseDatabase(ledger))) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
