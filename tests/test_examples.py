"""Every example runs, and shows what it says it shows."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from claimledger import Keyring, Ledger
from claimledger.events.kinds import kinds
from tests.scripts import load


def run(example: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ten_lines_show_a_dispute_and_leave_a_ledger_that_verifies(project: Path, tmp_path: Path) -> None:
    shown = run(project / "examples" / "ten_lines.py", str(tmp_path))
    assert "disputed" in shown.splitlines()[0]
    assert "torture" in shown
    assert "heart failure" in shown.replace("_", " ")
    with Ledger.open(tmp_path / "first.ledger", read_only=True) as ledger:
        assert ledger.verify(pin=ledger.id).findings == ()


def test_ten_lines_are_ten_statements(project: Path) -> None:
    tree = ast.parse((project / "examples" / "ten_lines.py").read_text())
    said = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    preamble = [tree.body[0], *(node for node in said if isinstance(node, ast.Import | ast.ImportFrom))]
    set_up = [node for node in said if isinstance(node, ast.Assign) and "sys.argv" in ast.unparse(node)]
    assert len(said) - len(preamble) - len(set_up) == 10


def test_a_kind_of_ones_own_is_disputed_like_any_other(project: Path) -> None:
    shown = run(project / "examples" / "own_kind.py")
    assert "disputed" in shown
    assert "org.example.water_level" not in kinds


@pytest.fixture
def web(project: Path) -> Any:
    module = load(project / "examples" / "web_app.py")
    with Ledger.create("memory:", origin="example.org/cases", keys=Keyring.in_memory()) as ledger:
        respond = module.application(module.CaseDatabase(ledger))

        def call(method: str, path: str, form: Any = None, key: str | None = None) -> tuple[str, Any]:
            content = b"" if form is None else json.dumps(form).encode()
            environ = {
                "REQUEST_METHOD": method,
                "PATH_INFO": path,
                "CONTENT_LENGTH": str(len(content)),
                "wsgi.input": io.BytesIO(content),
            }
            if key is not None:
                environ["HTTP_IDEMPOTENCY_KEY"] = key
            status: list[str] = []
            body = b"".join(respond(environ, lambda line, headers: status.append(line)))
            return status[0], json.loads(body)

        yield call


COUNT = {"group": "held", "quantity": "at least 8", "speaker": "police", "said": "2025-07-01"}


def test_a_retried_request_records_once(web: Any) -> None:
    assert web("POST", "/cases/harbour", {"title": "A night"})[0] == "200 OK"
    first = web("POST", "/cases/harbour/counts", COUNT, key="form-1")
    assert first[0] == "200 OK"
    assert web("POST", "/cases/harbour/counts", COUNT, key="form-1") == first
    changed = web("POST", "/cases/harbour/counts", {**COUNT, "quantity": "9"}, key="form-1")
    assert (changed[0], changed[1]["code"]) == ("409 Conflict", "input.conflict")
    status, state = web("GET", "/cases/harbour")
    assert status == "200 OK"
    assert "at least 8" in json.dumps(state)


def test_mistakes_of_a_client_have_stable_codes(web: Any) -> None:
    assert web("GET", "/cases/nowhere")[0] == "404 Not Found"
    assert web("GET", "/elsewhere")[0] == "400 Bad Request"
    web("POST", "/cases/harbour", {"title": "A night"})
    status, answer = web("POST", "/cases/harbour/counts", {**COUNT, "speaker": "polcie"})
    assert (status, answer["code"]) == ("404 Not Found", "input.unknown")
    assert "police" in answer["error"]
