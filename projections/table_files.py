"""Tables as bytes: Parquet, Arrow, CSV and JSON Lines, written row group by row group into a stream that is handed in.

1. The same rows give the same bytes: rows are grouped by their number alone (`GROUP`), never by case or by time.
2. Parquet and Arrow files carry their origin in their metadata (`claimledger.projections.tables.provenance_of`); CSV
   and JSON Lines have no place for it, so that it goes beside them as ``<table>.provenance.json`` (`sidecar`).
3. CSV is RFC 4180 in UTF-8 without a byte order mark: a header, CRLF, quotes where needed; lists are JSON arrays; an
   empty cell is null, and no column holds an empty text.
4. No cell is altered. Spreadsheets run a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break as a
   formula; `excel_safe` leads such cells with an apostrophe, for eyes and not for machines, and the origin says so.
5. JSON Lines is one object for each row, its members in the order of the columns, in UTF-8.

Memory stays flat: at most `GROUP` rows of a table are held.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date, datetime
from typing import IO, Any, Final, Protocol

from claimledger.events.errors import InvalidValue
from claimledger.events.event import format_instant

from .table_rows import Row
from .tables import CODEBOOK, Origin, arrow, arrow_table, schema, table_named

__all__ = ["FORMATS", "GROUP", "TableWriter", "sidecar", "table_writer"]

GROUP: Final = 10_000
"""Rows of a row group, or of a record batch."""

FORMATS: Final = ("parquet", "csv", "jsonl", "arrow")
"""The formats; each is the end of a file's name as well."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class TableWriter(Protocol):
    """Writes one table: rows as they come, the origin last, since it may speak of all of them."""

    def write(self, rows: Iterable[Row]) -> None:
        """Take in rows."""

    def close(self, origin: Origin) -> int:
        """Write what is left and the origin; give back how many rows there were. The stream stays open."""

    def discard(self) -> None:
        """Let go of what it holds, where the file is given up. After `close` it does nothing."""


def table_writer(name: str, stream: IO[bytes], format: str, *, excel_safe: bool = False) -> TableWriter:
    """A writer of one table.

    Args:
        name: the table.
        stream: where the bytes go; open for writing.
        format: one of `FORMATS`.
        excel_safe: lead cells of a CSV file that a spreadsheet would run with an apostrophe.

    Raises:
        UnknownName: there is no such table.
        InvalidValue: there is no such format, or `excel_safe` is asked of another format than CSV.
        MissingExtra: the format needs pyarrow, and it is not installed.
    """
    if format not in FORMATS:
        raise InvalidValue(f'no format "{format}"; the formats are {", ".join(FORMATS)}')
    if excel_safe and format != "csv":
        raise InvalidValue(f"excel_safe is for csv: a {format} file holds no formulas")
    table_named(name)
    if format == "csv":
        return _Text(name, stream, _csv(excel_safe=excel_safe), header=True)
    if format == "jsonl":
        return _Text(name, stream, _json_line, header=False)
    return _Parquet(name, stream) if format == "parquet" else _Arrow(name, stream)


def sidecar(origin: Origin, *, rows: int, excel_safe: bool = False) -> bytes:
    """What stands beside a CSV or JSON Lines file: the origin, and how many rows there are."""
    said = {**origin, "rows": rows, "excel_safe": excel_safe}
    return json.dumps(said, indent=2, sort_keys=True, ensure_ascii=True).encode() + b"\n"


class _Text:
    """CSV and JSON Lines: a line for each row."""

    def __init__(self, name: str, stream: IO[bytes], line: Any, *, header: bool) -> None:
        self._names = [column.name for column in CODEBOOK[name].columns]
        self._stream, self._line, self._rows = stream, line, 0
        if header:
            stream.write((",".join(self._names) + "\r\n").encode())

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._stream.write(self._line({name: row[name] for name in self._names}))
            self._rows += 1

    def close(self, origin: Origin) -> int:  # noqa: ARG002 - its place is beside these formats
        return self._rows

    def discard(self) -> None:
        pass


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else value


def _json_line(row: Row) -> bytes:
    plain = {name: _plain(value) for name, value in row.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _csv(*, excel_safe: bool) -> Any:
    def line(row: Row) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerow([cell(value) for value in row.values()])
        return text.getvalue().encode()

    def cell(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, list):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        said = str(_plain(value))
        return f"'{said}" if excel_safe and isinstance(value, str) and said.startswith(_FORMULA) else said

    return line


class _Grouped(ABC):
    """Parquet and Arrow: groups of rows wait in a temporary file without a name, since the origin goes in front."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self._name, self._stream = name, stream
        self._waiting: list[Row] = []
        self._rows = 0
        self._ipc = arrow().ipc
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the writer
        self._groups = self._ipc.new_stream(self._spool, schema(name))

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._waiting.append(row)
            self._rows += 1
            if len(self._waiting) == GROUP:
                self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._groups.write_table(arrow_table(self._name, self._waiting), max_chunksize=GROUP)
            self._waiting = []

    def close(self, origin: Origin) -> int:
        self._flush()
        self._groups.close()
        self._spool.seek(0)
        whole = schema(self._name, origin)
        with self._spool, self._ipc.open_stream(self._spool) as groups:
            self._put(whole, (group.replace_schema_metadata(whole.metadata) for group in groups))
        return self._rows

    @abstractmethod
    def _put(self, whole: Any, groups: Iterable[Any]) -> None:
        """Write the file: its schema, then each group."""

    def discard(self) -> None:
        if not self._spool.closed:
            self._groups.close()
            self._spool.close()


class _Parquet(_Grouped):
    def _put(self, whole: Any, groups: Iterable[Any]) -> None:
        from pyarrow import parquet

        with parquet.ParquetWriter(self._stream, whole, version="2.6", compression="zstd") as file:
            for group in groups:
                file.write_batch(group, row_group_size=GROUP)


class _Arrow(_Grouped):
    def _put(self, whole: Any, groups: Iterable[Any]) -> None:
        with self._ipc.new_file(self._stream, whole) as file:
            for group in groups:
                file.write_batch(group)
