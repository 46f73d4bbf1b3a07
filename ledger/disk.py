"""Files that outlive a loss of power, and that one process at a time may change.

1. A file is replaced in one step, and is on disk before `replace_file` returns: a crash leaves the old one or the new
   one, and nobody ever reads a half of either.
2. Whoever holds a place (`held`) keeps all others away, in other threads and processes too; a process that dies lets
   go by dying.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["held", "replace_file", "sync_folder"]


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put a file in the place of another: beside it, onto the disk, then under its name.

    Args:
        path: the file; its folder is there.
        data: what it is to hold.
        mode: who may read and write it, whatever the process's mask says.

    Raises:
        OSError: it cannot be written; what was there is there still.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(path)
        sync_folder(path.parent)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep all others away for the length of a ``with``.

    Args:
        path: a file that stands for what is held; it is made where there is none, and stays.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring the names of a folder's files onto the disk, where folders can be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    # The two systems have a call each; both let go when the file is closed, whoever closes it.
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
