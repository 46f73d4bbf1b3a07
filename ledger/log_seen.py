r"""What an auditor saw of a log last: a file of the auditor's own, outside the log's reach.

    {"version": 1, "seen_at": "2026-11-25T09:12:44Z", "checkpoint": "example.org/harbour\n72\n..."}

1. It is replaced in one step and is on disk before `SeenFile.write` returns (`claimledger.disk`). One process at a time
   goes on from it.
2. The checkpoint is kept as it was signed: shown to others, it proves what the log said then.
3. A second checkpoint that cannot be of the same history is kept beside it, under a name of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from claimledger.events.errors import InvalidInput, MalformedNote

from .checkpoints import Checkpoint
from .disk import held, replace_file
from .notes import MAX_NOTE_BYTES, Note

__all__ = ["Seen", "SeenFile"]

_MAX_BYTES: Final = 7 * MAX_NOTE_BYTES  # JSON may write one byte as six
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that was verified, and when.

    Attributes:
        note: the signed checkpoint, byte for byte.
        at: when it was last shown, by the auditor's clock.
        checkpoint: what it says.
    """

    note: bytes
    at: datetime
    checkpoint: Checkpoint


class SeenFile:
    """The file in which it is remembered.

    Args:
        path: the file; made where there is none, in a folder that is there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep all others away, for the length of a ``with``.

        Raises:
            InvalidInput: the folder cannot be written.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(held(self._path.with_name(f"{self._path.name}.lock")))
            except OSError as error:
                raise InvalidInput(f"{self._path}: cannot be written: {error.strerror}") from None
            yield

    def read(self) -> Seen | None:
        """What was seen last; None where nothing was yet.

        Raises:
            InvalidInput: the file is none of these, or cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                data = file.read(_MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InvalidInput(f"{self._path}: cannot be read: {error.strerror}") from None
        try:
            document = json.loads(data)
            if document.keys() != {"version", "seen_at", "checkpoint"} or document["version"] != 1:
                raise ValueError
            note = document["checkpoint"].encode()
            at = datetime.strptime(document["seen_at"], _TIME).replace(tzinfo=UTC)
            return Seen(note, at, Checkpoint.from_text(Note.from_bytes(note).text))
        except (ValueError, TypeError, AttributeError, RecursionError, MalformedNote):
            raise InvalidInput(
                f"{self._path}: does not hold what was seen of a log; restore it, or name another file to begin anew"
            ) from None

    def write(self, note: bytes, at: datetime) -> None:
        """Remember a checkpoint.

        Args:
            note: as it was signed.
            at: when it was shown, with its UTC offset.

        Raises:
            InvalidInput: it cannot be written.
        """
        document = {"version": 1, "seen_at": at.astimezone(UTC).strftime(_TIME), "checkpoint": note.decode()}
        self._replace(self._path, json.dumps(document, indent=2).encode() + b"\n")

    def keep_evidence(self, note: bytes) -> Path:
        """Keep a checkpoint that contradicts the one that was seen.

        Returns:
            The file that it is in.

        Raises:
            InvalidInput: it cannot be written.
        """
        path = self._path.with_name(f"{self._path.name}.split-{sha256(note).hexdigest()[:8]}")
        self._replace(path, note)
        return path

    def _replace(self, path: Path, data: bytes) -> None:
        try:
            replace_file(path, data, 0o644)
        except OSError as error:
            raise InvalidInput(f"{path}: cannot be written: {error.strerror}") from None
