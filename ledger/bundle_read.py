"""A bundle that is open: its archive is whole, nothing of what it says believed yet.

1. Opening looks at the archive (`claimledger.bundle_zip`) and at the names of its files. Nothing is unpacked or
   written anywhere.
2. Events are read line by line, in memory that does not grow with their number.
3. What is read is what was there when it was opened: a file whose digest is another one by then was written to
   meanwhile, and is no bundle (`MalformedBundle`).
4. `claimledger.bundle_verify` holds what it says against itself; `claimledger.bundle_store` makes a ledger of it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from claimledger.events.errors import MalformedBundle

from .bundle_files import ALWAYS, CHECKPOINT, EVENTS, is_of_bundle, problems_with_bag
from .bundle_lines import EventLine, Unreadable, event_lines
from .bundle_zip import FOLDER, Archive, PackedFile, looks_like_zip
from .notes import MAX_NOTE_BYTES

__all__ = ["Bundle", "is_bundle"]

_BLOCK: Final = 1 << 20


class Bundle:
    """A bundle that is open for reading; made by `open`, and closed by `close` or at the end of a ``with``.

    Attributes:
        path: where it is.
        files: the files that belong to a bundle, by their names without the folder.
        extra: whole names of those that belong to none.
        missing: names of those that every bundle has, and this one has not: it is no bundle then.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.path = archive.path
        inside = {name: name.removeprefix(FOLDER) for name in archive.files if name.startswith(FOLDER)}
        self.files: Mapping[str, PackedFile] = {
            short: archive.files[name] for name, short in inside.items() if is_of_bundle(short)
        }
        self.extra = [name for name in archive.files if inside.get(name) not in self.files]
        self.missing = [name for name in ALWAYS if name not in self.files]

    @classmethod
    def open(cls, path: str | os.PathLike[str], progress: Callable[[int], None] | None = None) -> Bundle:
        """Open a bundle; every file is read once.

        Args:
            path: a zip, or the folder that was unpacked from one.
            progress: called with the number of bytes that were read.

        Raises:
            LedgerNotFound: nothing is there, or it cannot be read.
            MalformedBundle: it is no bundle, or not whole.
        """
        return cls(Archive.open(Path(path), progress))

    def problems(self) -> Iterator[str]:
        """What does not fit the manifests, in words."""
        return problems_with_bag(self.files, self.read)

    def read(self, name: str, limit: int) -> bytes:
        """The first bytes of a file: so many, and one more where it is longer, so that it shows.

        Raises:
            MalformedBundle: it was changed since the bundle was opened.
        """
        with self._archive.open_file(FOLDER + name) as file:
            data = file.read(limit + 1)
        if len(data) <= limit:
            self._check_digest(name, sha256(data).hexdigest())
        return data

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file of any length, in pieces."""
        with self._archive.open_file(FOLDER + name) as file:
            while piece := file.read(1 << 20):
                yield piece

    def events(self) -> Iterator[EventLine | Unreadable]:
        """The lines of events, in their order.

        Raises:
            MalformedBundle: they were changed since the bundle was opened; said after the last one was given.
        """
        with self._archive.open_file(FOLDER + EVENTS) as file:
            hashed = _Hashed(file)
            yield from event_lines(hashed)
            while hashed.readline(_BLOCK):
                pass  # Behind a line that is none, nothing is looked at any more; it is hashed all the same.
            self._check_digest(EVENTS, hashed.digest.hexdigest())

    def _check_digest(self, name: str, digest: str) -> None:
        if digest != self.files[name].digest:
            raise MalformedBundle(
                f"{name}: was changed while the bundle was read; nothing that was read counts"
            )

    def checkpoint(self) -> bytes | None:
        """The note of the checkpoint; None where there is none."""
        return self.read(CHECKPOINT, MAX_NOTE_BYTES) if CHECKPOINT in self.files else None

    def below(self, folder: str) -> list[str]:
        """What the files in one of the folders of notes, tokens or copies are named by.

        Args:
            folder: such as ``data/heads/``.
        """
        return [name.removeprefix(folder) for name in self.files if name.startswith(folder)]

    def close(self) -> None:
        """Close the bundle; closing twice does nothing."""
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Hashed:
    """A file that is hashed as its lines are read."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.digest = sha256()

    def readline(self, limit: int, /) -> bytes:
        """Read a line, or as much of it."""
        data = self._file.readline(limit)
        self.digest.update(data)
        return data


def is_bundle(place: str | os.PathLike[str]) -> bool:
    """Whether a bundle is to be read there: a file that begins or ends as a zip does, or a bundle's folder."""
    path = Path(place)
    try:
        return (path / "bagit.txt").is_file() if path.is_dir() else looks_like_zip(path)
    except (OSError, ValueError):
        return False
