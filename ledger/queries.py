"""How questions are put to a store: on connections that are usable here and now, and in pages.

1. A store that was closed, or opened in another process before a fork, is refused; so is writing where it was opened
   for reading.
2. What SQLite says of a failure comes out as an error of this library, with the place.
3. A table is read in pages, so that reading takes flat memory and holds no lock between pages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimledger.events.errors import LedgerClosed, ReadOnly

from .sqlite import Datastore
from .sqlite_file import translated

__all__ = ["PAGE", "Queries"]

PAGE = 500
"""How many rows are read at once."""


class Queries:
    """The connections of one store.

    Args:
        datastore: the connections.
        path: the file; None for memory.
        read_only: whether it was opened for reading only.
    """

    def __init__(self, datastore: Datastore, path: Path | None, *, read_only: bool) -> None:
        self._datastore: Any = datastore
        self._path = path
        self._read_only = read_only
        self._pid = os.getpid()
        self._closed = False
        self.place = "memory:" if path is None else str(path)

    def check_usable(self, *, writing: bool = False) -> None:
        """Refuse use after close, after fork and, for writing, of a store opened for reading.

        Raises:
            LedgerClosed, ReadOnly: what the names say.
        """
        if self._closed:
            raise LedgerClosed(f"{self.place}: the ledger is closed; open it again")
        if os.getpid() != self._pid:
            raise LedgerClosed(f"{self.place}: opened in another process; open it again after the fork")
        if writing and self._read_only:
            raise ReadOnly(f"{self.place}: open for reading only; open it without read_only")

    def _reading(self) -> Any:
        self.check_usable()
        return self._datastore.transaction(commit=False)

    def _writing(self) -> Any:
        self.check_usable(writing=True)
        return self._datastore.transaction(commit=True)

    def _all(self, statement: str, *parameters: object) -> list[Any]:
        with translated(self.place), self._reading() as cursor:
            rows: list[Any] = cursor.execute(statement, parameters).fetchall()
            return rows

    def _one(self, statement: str, *parameters: object) -> Any:
        self.check_usable()
        with translated(self.place):
            return self._datastore.one(statement, parameters)

    def _pages(self, columns: str, table: str, key: str, width: int) -> Iterator[Any]:
        marks = ",".join("?" * width)
        page = self._all(f"SELECT {columns} FROM {table} ORDER BY {key} LIMIT {PAGE}")
        while page:
            yield from page
            page = self._all(
                f"SELECT {columns} FROM {table} WHERE ({key})>({marks}) ORDER BY {key} LIMIT {PAGE}",
                *page[-1][:width],
            )
