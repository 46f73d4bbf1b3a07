r"""What the command line writes on and asks for: lines, JSON, passphrases, keyrings, and where a ledger is.

1. On a terminal, lines may have colour; anywhere else they are plain text of 100 cells, and JSON is ASCII.
2. A passphrase comes from a hidden prompt or from the variable CLAIMLEDGER_PASSPHRASE, the PIN of a token from a prompt
   or from CLAIMLEDGER_PIN; neither comes from an option (options are seen by every process of the machine). Keys that
   are not encrypted are asked no passphrase.
3. Control characters that come in by a text (a name of a case, of a file) are shown as what they are (``\x1b``),
   whoever writes it; lines that are laid out (`claimledger.projections.layout`) have none already.
4. What a screen writes in signs of its own (a middle dot, an ellipsis) becomes ASCII where the output has none.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from claimledger.projections.layout import Line

    from .keys import KeyEntry, Keyring

__all__ = [
    "PASSPHRASE",
    "ask_passphrase",
    "ask_pin",
    "note",
    "open_keyring",
    "progress",
    "progress_bar",
    "say",
    "say_json",
    "screen_width",
    "shown_path",
    "copies_at",
    "tell",
    "working",
    "write_new",
]

PASSPHRASE = "CLAIMLEDGER_PASSPHRASE"
PIN = "CLAIMLEDGER_PIN"

_ACTS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]").sub
_LONG_WORK = 5_000
_NARROWEST, _WIDEST, _PIPED = 60, 140, 100
_ASCII = {
    "\N{MIDDLE DOT}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{CHECK MARK}": "ok",
    "\N{BALLOT X}": "WRONG",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{EN DASH}": "-",
    "\N{RIGHT-TO-LEFT ISOLATE}": "",
    "\N{POP DIRECTIONAL ISOLATE}": "",
}


def screen_width() -> int:
    """How many cells a line may have: those of the terminal within reason, else 100."""
    if not sys.stdout.isatty():
        return _PIPED
    return max(_NARROWEST, min(shutil.get_terminal_size((_PIPED, 24)).columns, _WIDEST))


def say(*lines: Line | str) -> None:
    """Write lines to standard output, with their styles on a terminal only."""
    _write(lines, sys.stdout)


def tell(*texts: str) -> None:
    """Write texts in which a ledger or a file has words of its own: folded to the screen, further lines indented."""
    from claimledger.projections.layout import paragraph

    for text in texts:
        say(*paragraph(text, screen_width(), hanging=2))


def note(*lines: Line | str) -> None:
    """Write lines to standard error: what is no part of the answer."""
    _write(lines, sys.stderr)


def say_json(document: Mapping[str, Any] | list[Any]) -> None:
    """Write a document as indented ASCII JSON: safe for any terminal, pipe and encoding."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say on a terminal what is being done while it takes its time; nothing anywhere else.

    Args:
        what: in a few words, such as "recording 12,000 claims of FILE".
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    from claimledger.projections.layout import line

    with Console(file=sys.stderr, markup=False).status(line(what)):
        yield


@contextmanager
def progress(what: str, total: int, done: int = 0) -> Iterator[Callable[[int], None] | None]:
    """A bar on standard error, on a terminal and for long work only; None where there is no need of one.

    Args:
        what: the work in a word, such as "verifying".
        total: how many events there are.
        done: how many of them are done already.
    """
    if total - done < _LONG_WORK or not sys.stderr.isatty():
        yield None
        return
    with progress_bar(what) as show:
        show(done, total)
        yield lambda now: show(now, total)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, which must be a terminal; it is gone when the work is done.

    Args:
        what: the work in a word.

    Yields:
        Shows how much is done, and of how much.
    """
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def write_new(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Write a file that is not there yet.

    Args:
        path: where.
        data: all of it.
        is_private: let its owner alone read it, whatever the umask.

    Raises:
        InvalidInput: something is there, or nothing can be written there.
    """
    from claimledger.events.errors import InvalidInput

    try:
        mode = 0o600 if is_private else 0o666
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
    except FileExistsError:
        raise InvalidInput(f"{path}: something is there already; name another file") from None
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written: {error.strerror}") from None


def _write(lines: Iterable[Line | str], file: TextIO) -> None:
    if not file.isatty():
        for each in lines:
            text = _harmless(each) if isinstance(each, str) else str(each)
            file.write(_writable(text, file) + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, markup=False, emoji=False, highlight=False, soft_wrap=True)
    for each in lines:
        console.print(Text(_harmless(each)) if isinstance(each, str) else each)


def _harmless(text: str) -> str:
    return text if text.isprintable() else _ACTS(lambda found: f"\\x{ord(found[0]):02x}", text)


def _writable(text: str, file: TextIO) -> str:
    encoding = file.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for sign, instead in _ASCII.items():
            text = text.replace(sign, instead)
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def shown_path(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the current folder."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def copies_at(pairs: Iterable[str], option: str, form: str) -> dict[str, Path]:
    """Read options such as ``--source ID=FILE``.

    Args:
        pairs: what was given.
        option: its name.
        form: what it takes, such as ``ID=FILE``.

    Raises:
        typer.BadParameter: not of that form, no such file, or one id twice.
    """
    found: dict[str, Path] = {}
    for pair in pairs:
        name, equals, file = pair.partition("=")
        if not name or not equals or not file:
            raise typer.BadParameter(
                f"{pair!r}: write {form}, with the name that stands in the claim file", param_hint=option
            )
        if not Path(file).is_file():
            raise typer.BadParameter(f"{file!r}: no such file", param_hint=option)
        if name in found:
            raise typer.BadParameter(f"{name!r} is given twice", param_hint=option)
        found[name] = Path(file)
    return found


def ask_passphrase(about: str, *, confirm: bool) -> str:
    """The passphrase from the environment, else from a person.

    Args:
        about: the folder of keys, for the prompt.
        confirm: ask twice, for new keys.

    Raises:
        WrongPassphrase: there is neither the variable nor a terminal to ask on.
    """
    given = os.environ.get(PASSPHRASE)
    if given:
        return given
    if not sys.stdin.isatty():
        from claimledger.events.errors import WrongPassphrase

        raise WrongPassphrase(
            f"{about}: a passphrase is needed and there is no terminal to ask on; set {PASSPHRASE}"
        )
    word = "New passphrase" if confirm else "Passphrase"
    answer: str = typer.prompt(f"{word} for {about}", hide_input=True, confirmation_prompt=confirm, err=True)
    return answer


def open_keyring(folder: Path) -> Keyring:
    """Open a keyring, asking for the passphrase only where its keys are encrypted, and for a PIN once a token is used.

    Raises:
        KeyringError: as `Keyring.open`; also when there is nobody to ask.
    """
    from claimledger.events.errors import WrongPassphrase

    from .keys import Keyring

    given = os.environ.get(PASSPHRASE) or None
    try:
        return Keyring.open(folder, passphrase=given, pin=_ask_pin_of)
    except WrongPassphrase:
        if given is not None:
            raise
    return Keyring.open(folder, passphrase=ask_passphrase(str(folder), confirm=False), pin=_ask_pin_of)


def ask_pin(where: str) -> str:
    """The PIN of a token from the environment, else from a person.

    Args:
        where: the key and its token, in words.

    Raises:
        WrongPin: there is neither the variable nor a terminal to ask on.
    """
    given = os.environ.get(PIN)
    if given:
        return given
    if not sys.stdin.isatty():
        from claimledger.events.errors import WrongPin

        raise WrongPin(f"{where}: a PIN is needed and there is no terminal to ask on; set {PIN}")
    answer: str = typer.prompt(f"PIN for {where}", hide_input=True, err=True)
    return answer


def _ask_pin_of(entry: KeyEntry) -> str:
    return ask_pin(f"the {entry.role} key" if entry.pkcs11 is None else entry.pkcs11.where)
