"""The demonstration: the bundled incident, from a claim file to a ledger that is verified, and one that is not.

1. It calls the functions of the commands that it prints, and nothing in it knows this incident: the claim file
   is data of the package, and any other would go the same way.
2. It asks nothing: its private keys are not encrypted, and it says so. They sign nothing but the demonstration.
3. It writes inside its own folder only, and makes over again only a folder that it marked as its own.
4. Its status is 0 only if every step did what it should, and that includes the verification that must fail.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import cli_case, cli_read, cli_verify, cli_write
from .cli_terminal import say, screen_width, shown_path

if TYPE_CHECKING:
    from claimledger.projections.layout import Line

__all__ = ["demo"]

INCIDENT = "yekaterinburg-2025.yaml"
PROGRAM = "ten_lines.py"
ORIGIN = "example.org/demo"
MARKER = ".claimledger-demo"
_MADE = (INCIDENT, PROGRAM, "incident.ledger", "copy.ledger", "keys")
_BESIDE = ("-wal", "-shm")
_PIECE = 12
_WORD = re.compile(rb'":"([a-z_.]{3,})"')
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def demo(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to work; a new temporary folder if left out.")
    ] = None,
) -> int:
    """Record a real incident, show its disputes, verify it, and show what a flipped byte does."""
    place = _prepared(folder)
    here = shown_path(place)
    file, ledger, copy, keys = (place / name for name in (INCIDENT, "incident.ledger", "copy.ledger", "keys"))
    at = str(ledger)
    said = f"The demonstration works in {here}, with keys of its own that are not encrypted."
    say(*_prose(said))

    _step(
        "A ledger, and keys to sign with",
        f"init {here}/incident.ledger --origin {ORIGIN} --keys {here}/keys --no-passphrase",
    )
    ledger_id = cli_write.make_ledger(at, ORIGIN, keys, plain=True)

    _step(
        "Every claim of the file, signed",
        f"record {here}/incident.ledger {here}/{INCIDENT} --keys {here}/keys",
    )
    done = [cli_write.record(at, [file], keys) == 0]
    case, question, index = _recorded(at)

    _step("What stands, and on whose word", f"show {here}/incident.ledger {case}")
    done.append(cli_read.show(at, case) == 0)

    if question is not None:
        _step(
            "One question, claim by claim", f'history {here}/incident.ledger {case} --question "{question}"'
        )
        done.append(cli_read.history(at, case, question=question) == 0)

    _step("Who contradicts whom", f"disputes {here}/incident.ledger {case}")
    done.append(cli_read.disputes(at, case) == 0)

    _step("Does all of it hold?", f"verify {here}/incident.ledger --trust {ledger_id}")
    done.append(cli_verify.verify(at, trust=ledger_id) == 0)

    flipped = _flip_one_byte(ledger, copy, index)
    _step(
        f"The same, with one byte changed in a copy ({flipped})",
        f"verify {here}/copy.ledger --trust {ledger_id}",
    )
    found = cli_verify.verify(str(copy), trust=ledger_id) == 1
    done.append(found)
    say("", "It fails, as it should." if found else "It should have failed, and did not.")

    say("", "Now try:", *(f"  {command}" for command in _activation()))
    if question is not None:
        say(f'  claimledger history {here}/incident.ledger {case} --question "{question}" --json | less')
    say(
        f"  claimledger show {here}/incident.ledger {case} --all",
        f"  claimledger lint {here}/{INCIDENT}          (after a change of your own)",
        f"  {_python()} {here}/{PROGRAM}",
    )
    return 0 if all(done) else 1


def _recorded(ledger: str) -> tuple[str, str | None, int]:
    """The case of a ledger, its first question that is in dispute, and the index of a claim on it."""
    from claimledger.projections.case import CaseState
    from claimledger.projections.questions import QuestionState

    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        case = cli_case.case_named(opened, None)
        state = opened.replay(CaseState(case))
        clashing = (QuestionState.DISPUTED, QuestionState.CONDITIONAL)
        found = next((each for each in state.questions if each.state in clashing), None)
        refs = list(state.claims) if found is None else found.claims
        return case, None if found is None else found.key, state.claims[refs[0]].index


def _step(title: str, command: str) -> None:
    say("", *_prose(f"-- {title}"), f"$ claimledger {command}")


def _prose(text: str) -> list[Line]:
    from claimledger.projections.layout import paragraph

    return paragraph(text, screen_width(), hanging=3)


def _activation() -> list[str]:
    """The command that brings ``claimledger`` and its Python on the search path, where they are not on it."""
    scripts = Path(sys.prefix) / ("Scripts" if os.name == "nt" else "bin")
    if shutil.which("claimledger") or sys.prefix == sys.base_prefix or not (scripts / "activate").is_file():
        return []
    return [f"{'' if os.name == 'nt' else '. '}{shown_path(scripts / 'activate')}"]


def _python() -> str:
    """The Python that has claimledger: by its word where that finds it, now or after `_activation`."""
    found = shutil.which("python")
    if _activation() or (found is not None and Path(found).parent == Path(sys.executable).parent):
        return "python"
    return shown_path(Path(sys.executable).parent) + os.sep + Path(sys.executable).name


def _prepared(folder: Path | None) -> Path:
    """A folder to work in: a new one, an empty one, or one that an earlier demonstration made.

    Raises:
        InvalidInput: the folder holds something that is not ours.
    """
    if folder is None:
        place = Path(tempfile.mkdtemp(prefix="claimledger-demo-"))
    else:
        place = folder
        place.mkdir(parents=True, exist_ok=True)
        if (place / MARKER).is_file():
            _clear(place)
        elif any(place.iterdir()):
            from claimledger.events.errors import InvalidInput

            raise InvalidInput(f"{place}: holds other files and no earlier demonstration; name a new folder")
    (place / MARKER).write_text("made by: claimledger demo\n", "utf-8")
    data = resources.files(__package__) / "data"
    (place / INCIDENT).write_bytes((data / INCIDENT).read_bytes())
    (place / PROGRAM).write_bytes((data / f"{PROGRAM}.txt").read_bytes())
    return place


def _clear(place: Path) -> None:
    """Remove what an earlier demonstration made, and nothing else."""
    for name in _MADE:
        if (place / name).is_dir():
            shutil.rmtree(place / name)
        else:
            for suffix in ("", *_BESIDE):
                (place / f"{name}{suffix}").unlink(missing_ok=True)


def _flip_one_byte(ledger: Path, copy: Path, index: int) -> str:
    """Copy a closed ledger and change one letter of a signed claim in the copy, in the bytes of the file.

    Args:
        ledger: the file of the ledger.
        copy: the file to write.
        index: of the claim.

    Returns:
        What was changed, in words.

    Raises:
        InvalidInput: no letter of the claim stands in one piece in the file.
    """
    from claimledger.events.errors import InvalidInput

    envelope = _stored(ledger, index)
    data = ledger.read_bytes()
    for at in _letters(envelope):
        piece = envelope[at - _PIECE : at + _PIECE]
        for found in re.finditer(re.escape(piece), data):
            place = found.start() + _PIECE
            changed = _BASE64[_BASE64.index(data[place]) ^ 1]
            copy.write_bytes(data[:place] + bytes([changed]) + data[place + 1 :])
            # Space that the database no longer uses may hold the same bytes; a change there changes nothing.
            if _stored(copy, index) != envelope:
                return f"byte {place} of the file, inside index {index}"
    raise InvalidInput(f"{ledger}: index {index} holds no letter to change in one piece")


def _stored(ledger: Path, index: int) -> bytes:
    from .store import Store

    store = Store.open(ledger, read_only=True)
    try:
        row = store.row_at(index)
    finally:
        store.close()
    return b"" if row is None else row.envelope


def _letters(envelope: bytes) -> Iterator[int]:
    """Places in an envelope where the lowest bit of one base64 digit changes one letter of a word in the claim."""
    from claimledger.events.envelope import Envelope

    payload = Envelope.from_bytes(envelope).payload
    begin = envelope.index(b'"payload":"') + len(b'"payload":"')
    for word in _WORD.finditer(payload, 0, payload.index(b',"commitments":')):
        for at in range(*word.span(1)):
            if at % 3 == 2 and chr(payload[at]).isalpha() and chr(payload[at] ^ 1).isalpha():
                yield begin + at // 3 * 4 + 3
