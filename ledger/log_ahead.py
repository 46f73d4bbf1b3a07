"""Files of a published log, read before they are asked for: several at once, so that a far server costs less waiting.

1. What is expected is read by a few threads, `AT_ONCE` files at a time; whoever asks for one waits for it, or reads it
   then and there. A failure is raised when the file is asked for, and not before.
2. Memory is bounded by what is expected. Whatever nobody asked for is dropped at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from .log_places import LogPlace

__all__ = ["AT_ONCE", "ReadAhead"]

AT_ONCE: Final = 8


class ReadAhead:
    """A `LogPlace` that reads ahead, for the length of a ``with``.

    Args:
        place: gives the files; more than one thread at a time asks it.
    """

    def __init__(self, place: LogPlace) -> None:
        self._place = place
        self._threads: ThreadPoolExecutor | None = None
        self._coming: dict[tuple[str, int], Future[bytes]] = {}

    def expect(self, files: Iterable[tuple[str, int]]) -> None:
        """Begin to read files, each a path and the bytes that it may have."""
        if self._threads is not None:
            for file in files:
                self._coming[file] = self._threads.submit(self._place.read, *file)

    def read(self, path: str, limit: int) -> bytes:
        """A file; see `LogPlace.read`."""
        coming = self._coming.pop((path, limit), None)
        return self._place.read(path, limit) if coming is None else coming.result()

    def __enter__(self) -> Self:
        self._threads = ThreadPoolExecutor(AT_ONCE, "claimledger-log")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        self._threads = None
        self._coming.clear()
