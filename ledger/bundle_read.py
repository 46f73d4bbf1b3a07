"""A bundle that is open: its files looked at and found whole, nothing of what they say believed yet.

1. Opening looks at the archive (`claimledger.bundle_zip`), the names of its files and ``bundle.json``; what is
   dangerous or no bundle is refused there. Nothing is unpacked or written anywhere.
2. Files of lines are read line by line, in memory that does not grow with their number.
3. `claimledger.bundle_verify` holds what it says against itself; `claimledger.bundle_store` makes a ledger of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

from claimledger.events.errors import MalformedBundle

from .bundle_files import (
    BUNDLE_JSON,
    CHECKPOINT,
    DISCLOSURES,
    EVENTS,
    HEADS,
    LINE_BYTES,
    MAX_CONTENTS_BYTES,
    MAX_TOKEN_BYTES,
    PROOFS,
    SOURCES,
    TIMESTAMPS,
    WITHHELD,
    Contents,
    folder_of,
    problem_with_names,
    problems_with_bag,
    tag_names,
)
from .bundle_lines import (
    EventLine,
    ProofLine,
    SlotLine,
    Unreadable,
    disclosure_lines,
    event_lines,
    proof_lines,
    withheld_lines,
)
from .bundle_zip import Archive, PackedFile, looks_like_zip
from .notes import MAX_NOTE_BYTES

__all__ = ["Bundle", "is_bundle"]


class Bundle:
    """A bundle that is open for reading; made by `open`, and closed by `close` or at the end of a ``with``.

    Attributes:
        path: where it is.
        contents: what it says it is.
        files: its files, by their names without the folder.
        extra: what belongs to no bundle; None where nothing does.
    """

    def __init__(self, archive: Archive, folder: str, extra: str | None) -> None:
        self._archive = archive
        self._folder = folder
        self.path = archive.path
        self.extra = extra
        self.files: Mapping[str, PackedFile] = {
            name.removeprefix(f"{folder}/"): each for name, each in archive.files.items()
        }
        self.contents = Contents.from_bytes(self.read(BUNDLE_JSON, MAX_CONTENTS_BYTES))
        if folder != folder_of(self.contents.ledger):
            raise MalformedBundle(f"the folder {folder} is not named after ledger {self.contents.ledger}")

    @classmethod
    def open(cls, path: str | os.PathLike[str], progress: Callable[[int], None] | None = None) -> Bundle:
        """Open a bundle; every file is read once.

        Args:
            path: a zip, or the folder that was unpacked from one.
            progress: called with the number of bytes that were read.

        Raises:
            LedgerNotFound: nothing is there, or it cannot be read.
            UnsafeBundle: it is made to do harm.
            MalformedBundle: it is no bundle, or not whole.
        """
        archive = Archive.open(Path(path), progress)
        try:
            folder, extra = problem_with_names(archive.files)
            return cls(archive, folder, extra)
        except BaseException:
            archive.close()
            raise

    def problems(self) -> list[str]:
        """What does not fit the manifests, in words."""
        tags = {name: self.read(name, limit) for name, limit in tag_names().items()}
        return list(problems_with_bag(self.files, tags, self.contents.ledger))

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a small file.

        Raises:
            MalformedBundle: it is longer than the limit.
        """
        return self._archive.read(f"{self._folder}/{name}", limit)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file of any length, in pieces."""
        with self._archive.open_file(f"{self._folder}/{name}") as file:
            while piece := file.read(1 << 20):
                yield piece

    def events(self) -> Iterator[EventLine | Unreadable]:
        """The lines of events, in their order."""
        with self._archive.open_file(f"{self._folder}/{EVENTS}") as file:
            yield from event_lines(file, LINE_BYTES[EVENTS])

    def proofs(self) -> Iterator[ProofLine | Unreadable]:
        """The lines of proofs, in their order."""
        with self._archive.open_file(f"{self._folder}/{PROOFS}") as file:
            yield from proof_lines(file, LINE_BYTES[PROOFS])

    def disclosures(self) -> Iterator[SlotLine | Unreadable]:
        """The lines of disclosures, in their order."""
        with self._archive.open_file(f"{self._folder}/{DISCLOSURES}") as file:
            yield from disclosure_lines(file, LINE_BYTES[DISCLOSURES])

    def withheld(self) -> Iterator[SlotLine | Unreadable]:
        """The lines of what is withheld, in their order."""
        with self._archive.open_file(f"{self._folder}/{WITHHELD}") as file:
            yield from withheld_lines(file, LINE_BYTES[WITHHELD])

    def checkpoint(self) -> bytes | None:
        """The note of the checkpoint; None where there is none.

        Raises:
            MalformedBundle: it is longer than a note may be.
        """
        return self.read(CHECKPOINT, MAX_NOTE_BYTES) if CHECKPOINT in self.files else None

    def heads(self) -> Iterator[tuple[str, bytes]]:
        """The notes of heads, each with its name.

        Raises:
            MalformedBundle: one is longer than a note may be.
        """
        yield from ((name, self.read(name, MAX_NOTE_BYTES)) for name in self._below(HEADS))

    def timestamps(self) -> Iterator[tuple[str, bytes]]:
        """The timestamp tokens, each with its name.

        Raises:
            MalformedBundle: one is longer than a token may be.
        """
        yield from ((name, self.read(name, MAX_TOKEN_BYTES)) for name in self._below(TIMESTAMPS))

    def sources(self) -> list[str]:
        """Digests of the copies of sources and evidence that are here."""
        return [name.removeprefix(SOURCES) for name in self._below(SOURCES)]

    def close(self) -> None:
        """Close the bundle; closing twice does nothing."""
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _below(self, folder: str) -> list[str]:
        return [name for name in self.files if name.startswith(folder)]


def is_bundle(place: str | os.PathLike[str]) -> bool:
    """Whether a bundle is to be read there: a file that begins or ends as a zip does, or a bundle's folder."""
    path = Path(place)
    try:
        return (path / "bagit.txt").is_file() if path.is_dir() else looks_like_zip(path)
    except (OSError, ValueError):
        return False
