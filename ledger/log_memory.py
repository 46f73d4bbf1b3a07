"""What the log's key signed last, remembered beside the key and outside every database.

1. A memory is replaced in one step and is on disk before `LogMemory.write` returns: a crash leaves the old one or the
   new one.
2. Whoever holds it keeps all others away, in other threads and processes too; a process that dies lets go.
3. One file for each log that a keyring signs for, named after the log's origin, in the keyring's folder. A backup of
   the ledger does not bring it back, and must not.

What is remembered is a signed checkpoint (`claimledger.checkpoint_signer`); nothing here looks into it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from claimledger.events.errors import KeyringError

from .disk import held, replace_file

__all__ = ["FileMemory", "LogMemory", "ProcessMemory", "memory_name"]


class LogMemory(Protocol):
    """Where the last checkpoint is remembered: in a file, or for as long as a process lives."""

    def held(self) -> AbstractContextManager[None]:
        """Keep all others away for the length of a ``with``."""
        ...

    def read(self) -> bytes | None:
        """The note that was remembered last; None where there was none."""
        ...

    def write(self, note: bytes) -> None:
        """Remember a note; when this returns, it outlives a loss of power."""
        ...


def memory_name(origin: str) -> str:
    """The name of the file in which a keyring's folder remembers a log, by the log's origin."""
    return f"log-{sha256(origin.encode()).hexdigest()[:16]}.checkpoint"


class FileMemory:
    """Remembers in a file, which is replaced in one step.

    Args:
        path: the file; a second one beside it, ``.lock``, is held while somebody signs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep all others away; a process that dies lets go by dying.

        Raises:
            KeyringError: the folder cannot be written.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(held(self._path.with_name(f"{self._path.name}.lock")))
            except OSError as error:
                raise KeyringError(
                    f"{self._path}: the log cannot be signed there: {error.strerror}"
                ) from None
            yield

    def read(self) -> bytes | None:
        """The note that was remembered last.

        Raises:
            KeyringError: the file is there and cannot be read.
        """
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyringError(f"{self._path}: cannot be read: {error.strerror}") from None

    def write(self, note: bytes) -> None:
        """Remember a note: beside, onto the disk, then in place of the old one.

        Raises:
            KeyringError: it cannot be written.
        """
        try:
            replace_file(self._path, note)
        except OSError as error:
            raise KeyringError(
                f"{self._path}: cannot be written: {error.strerror}; nothing was signed"
            ) from None


class ProcessMemory:
    """Remembers for as long as the process lives: for keyrings in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._note: bytes | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other threads away."""
        with self._lock:
            yield

    def read(self) -> bytes | None:
        """The note that was remembered last."""
        return self._note

    def write(self, note: bytes) -> None:
        """Remember a note."""
        self._note = note
