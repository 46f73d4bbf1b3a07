"""A folder that holds a published log, as it is written: any web server or object store serves it (C2SP tlog-tiles).

    checkpoint                     the signed checkpoint: the only file that ever changes
    tile/LEVEL/INDEX[.p/WIDTH]     hashes of the tree
    tile/entries/INDEX[.p/WIDTH]   leaf entries: hashes, keyids and signatures; no content

1. Whoever reads `checkpoint` finds every file that it asks for: it is replaced last, in one step, when all the others
   are there and on the disk.
2. A tile or bundle appears whole under its name. A file that holds the right bytes already is not written again; one
   that holds others is replaced.
3. A partial tile stays until the full one is there, for readers who hold an older checkpoint.
4. Others may read everything in it, whatever the process's mask says. One process at a time writes (`held`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from claimledger.events.errors import InvalidInput

from .disk import held, replace_file
from .notes import MAX_NOTE_BYTES
from .tiles import EntryBundle, Tile

__all__ = ["CHECKPOINT", "LogFolder"]

CHECKPOINT: Final = "checkpoint"

_FOLDER_MODE: Final = 0o755
_FILE_MODE: Final = 0o644
_LOCK: Final = ".publish.lock"
_BESIDE: Final = ".publish.new"


class LogFolder:
    """A folder into which a log is published.

    Args:
        path: the folder; it is made where there is none.

    Attributes:
        written: how many files were written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.written = 0
        self._made: set[Path] = set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep all others from writing into it, for the length of a ``with``.

        Raises:
            InvalidInput: it cannot be written.
        """
        with ExitStack() as stack:
            try:
                self._make(self.path)
                stack.enter_context(held(self.path / _LOCK))
            except OSError as error:
                raise self._cannot(error) from None
            yield

    def checkpoint(self) -> bytes | None:
        """What is there under the name of the checkpoint; None where nothing is.

        Raises:
            InvalidInput: it cannot be read.
        """
        try:
            with (self.path / CHECKPOINT).open("rb") as file:
                return file.read(MAX_NOTE_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot(error) from None

    def put(self, at: Tile | EntryBundle, data: bytes) -> None:
        """Have a tile or bundle in the folder; only while it is held.

        Raises:
            InvalidInput: it cannot be written.
        """
        path = self.path / at.path
        try:
            if self._holds(path, data):
                return
            self._make(path.parent)
            # One name for what is not whole yet: a crash leaves one such file at the most, and the next run writes it.
            beside = self.path / _BESIDE
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE), "wb") as file:
                file.write(data)
            beside.chmod(_FILE_MODE)
            beside.replace(path)
        except OSError as error:
            raise self._cannot(error) from None
        self.written += 1

    def put_checkpoint(self, note: bytes) -> None:
        """Replace the checkpoint, after everything else is on the disk; only while the folder is held.

        Raises:
            InvalidInput: it cannot be written.
        """
        path = self.path / CHECKPOINT
        try:
            if self._holds(path, note):
                return
            if self.written and hasattr(os, "sync"):
                os.sync()
            replace_file(path, note, _FILE_MODE)
        except OSError as error:
            raise self._cannot(error) from None
        self.written += 1

    def drop_partials(self, at: Tile | EntryBundle) -> None:
        """Take away the partial forms of a tile or bundle that is there in full; only while the folder is held."""
        shutil.rmtree(self.path / f"{at.path}.p", ignore_errors=True)

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it, for others to enter."""
        if folder in self._made:
            return
        if not folder.is_dir():
            if folder.parent != folder:
                self._make(folder.parent)
            folder.mkdir(exist_ok=True)
            folder.chmod(_FOLDER_MODE)
        self._made.add(folder)

    def _cannot(self, error: OSError) -> InvalidInput:
        return InvalidInput(f"{self.path}: the log cannot be published there: {error.strerror or error}")

    @staticmethod
    def _holds(path: Path, data: bytes) -> bool:
        try:
            with path.open("rb") as file:
                return file.read(len(data) + 1) == data
        except OSError:
            return False
