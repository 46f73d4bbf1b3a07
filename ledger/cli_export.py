"""The command `export`: the projections of a case, or of all cases, written as tables.

1. Rows are read case by case and written as they come: memory holds one case and a few thousand rows of each table.
2. It writes into a new or empty folder, and takes back what it wrote where it does not come to its end.
3. Each table carries where it comes from; CSV and JSON Lines have it in a file beside. `codebook.json` says what
   each column means.
4. Over several cases a cut by time is looked for once, in the whole log, and is then a log index for each case.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal, Self

import typer

from .cli_clocks import AssertedBy, KnownAt, TrueOn, asked, moment_of
from .cli_terminal import note, say, say_json, shown_path
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from claimledger.events.recorded import Event
    from claimledger.projections.clocks import Moment
    from claimledger.projections.replay import Provenance
    from claimledger.projections.table_files import TableWriter
    from claimledger.projections.tables import Tables

    from .cli_clocks import Asked
    from .ledger import Ledger

__all__ = ["export"]

DISCLOSED = "warning: texts behind commitments are in these tables; who has the folder can read them"

CODEBOOK_FILE = "codebook.json"

Format = Literal["parquet", "csv", "jsonl", "arrow"]


def export(
    ledger: LedgerPlace,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new or empty folder.")],
    case: Annotated[
        str | None, typer.Argument(metavar="CASE", help="Without it, all cases in one set of tables.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How the tables are written.")] = "parquet",
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help="Only this table; may be given several times."),
    ] = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Table changes: from then on, as for --known-at."),
    ] = None,
    disclosed: Annotated[
        bool, typer.Option("--disclosed", help="Add texts behind commitments; never who is protected.")
    ] = False,
    excel_safe: Annotated[
        bool, typer.Option("--excel-safe", help="CSV: lead cells that a spreadsheet would run with a '.")
    ] = False,
    as_json: AsJSON = False,
) -> int:
    """Write the projections as tables: Parquet, CSV, JSON Lines or Arrow."""
    from claimledger.projections.tables import CODEBOOK, table_named

    from .ledger import Ledger

    names = [table_named(name).name for name in dict.fromkeys(table or CODEBOOK)]
    if excel_safe and format != "csv":
        raise typer.BadParameter("is for --format csv only", param_hint="--excel-safe")
    if disclosed:
        note(DISCLOSED)
    with (
        Ledger.open(ledger, read_only=True) as opened,
        _Folder(to, format, excel_safe, is_private=disclosed) as folder,
    ):
        writers = {name: folder.writer(name) for name in names}
        asking = _Asking(case, asked(known_at, asserted_by, true_on), moment_of(since), disclosed)
        provenances = _write(opened, asking, writers)
        counted = folder.finish(provenances, asking)
    files = {name: f"{name}.{format}" for name in names}
    if as_json:
        say_json(
            {
                "shape": 1,
                "to": str(to),
                "format": format,
                "tables": [
                    {
                        "table": name,
                        "file": files[name],
                        "rows": counted[name],
                        "provenance": provenances[name].to_json(),
                    }
                    for name in names
                ],
            }
        )
        return 0
    for name in names:
        say(f"{shown_path(to / files[name])}  {counted[name]} {'row' if counted[name] == 1 else 'rows'}")
    say(f"{shown_path(to / CODEBOOK_FILE)}  what each column means")
    return 0


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is exported: the case or all of them, by which clocks, changes since when, and with which text."""

    case: str | None
    clocks: Asked
    since: Moment | None
    disclosed: bool


def _write(opened: Ledger, asking: _Asking, writers: Mapping[str, TableWriter]) -> dict[str, Provenance]:
    """Write the rows of each case; give back where each table comes from."""
    from claimledger.projections.asserters import Asserters
    from claimledger.projections.clocks import Clocks
    from claimledger.projections.tables import ASSERTERS, asserter_table, provenance_of_all

    parts: list[Provenance] = []
    whole = asking.case is None
    of_cases = {name: writer for name, writer in writers.items() if name != ASSERTERS or not whole}
    for tables in _tables(opened, asking):
        parts.append(tables.provenance())
        for name, writer in of_cases.items():
            writer.write(tables.rows(name))
    clocks = Clocks(**asking.clocks)
    provenance = provenance_of_all(parts, opened.id, clocks.filters()) if whole else parts[0]
    found = dict.fromkeys(writers, provenance)
    if whole and ASSERTERS in writers:
        fold = opened.replay(Asserters(known_at=clocks.known_at, asserted_by=clocks.asserted_by))
        writers[ASSERTERS].write(asserter_table(fold))
        found[ASSERTERS] = fold.provenance()
    return found


def _tables(opened: Ledger, asking: _Asking) -> Iterator[Tables]:
    """The tables of the case, or of every case in the order of their names, one at a time."""
    from claimledger.projections.tables import Tables

    cut, since = asking.clocks["known_at"], _index(opened, asking.since)
    names = [asking.case] if asking.case is not None else [each.name for each in opened.cases()]
    if asking.case is None:
        cut = _index(opened, cut)
    for name in names:
        yield opened.replay(
            Tables(
                opened.case(name).name,
                disclosed=asking.disclosed,
                since=since,
                known_at=cut,
                asserted_by=asking.clocks["asserted_by"],
                true_on=asking.clocks["true_on"],
            )
        )


def _index(opened: Ledger, moment: Moment | None) -> int | None:
    """The last log index that was known at a moment; -1 before the first, None for no moment."""
    from .log import reached

    if moment is None:
        return moment
    if isinstance(moment, int):
        return reached(moment, opened.size)
    return opened.replay(_Last(), known_at=moment).index


class _Last:
    """The last log index that a replay comes to; -1 before the first."""

    def __init__(self) -> None:
        self.index = -1

    def apply(self, event: Event) -> None:
        self.index = event.index


class _Folder:
    """A new or empty folder with the files of tables, which is emptied again where they are not finished.

    Args:
        path: the folder.
        format: how the tables are written.
        excel_safe: see `claimledger.projections.table_files`.
        is_private: let the owner alone read the files, whatever the umask.
    """

    def __init__(self, path: Path, format: str, excel_safe: bool, *, is_private: bool = False) -> None:
        self._mode = 0o600 if is_private else 0o666
        self._path, self._format, self._excel_safe = path, format, excel_safe
        self._writers: dict[str, TableWriter] = {}
        self._made: list[Path] = []
        self._open = ExitStack()
        self._finished = False

    def __enter__(self) -> Self:
        self._path.mkdir(parents=True, exist_ok=True)
        if any(self._path.iterdir()):
            from claimledger.events.errors import InvalidInput

            raise InvalidInput(f"{self._path}: holds files already; name a new or empty folder")
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.discard()
        self._open.close()
        if not self._finished:
            for file in self._made:
                file.unlink(missing_ok=True)

    def writer(self, name: str) -> TableWriter:
        """A writer into a new file of the folder."""
        from claimledger.projections.table_files import table_writer

        made = table_writer(
            name, self._new(f"{name}.{self._format}"), self._format, excel_safe=self._excel_safe
        )
        self._writers[name] = made
        return made

    def finish(self, provenances: Mapping[str, Provenance], asking: _Asking) -> dict[str, int]:
        """Write what is left, where it comes from, and the codebook; give back how many rows each table has."""
        from claimledger.projections.codebook import codebook_as_json
        from claimledger.projections.table_files import sidecar
        from claimledger.projections.tables import CODEBOOK, origin

        counted = {}
        for name, writer in self._writers.items():
            said = origin(name, provenances[name], disclosed=asking.disclosed, since=asking.since)
            counted[name] = writer.close(said)
            if self._format in ("csv", "jsonl"):
                beside = sidecar(said, rows=counted[name], excel_safe=self._excel_safe)
                self._new(f"{name}.provenance.json").write(beside)
        codebook = codebook_as_json(CODEBOOK[name] for name in self._writers)
        self._new(CODEBOOK_FILE).write(json.dumps(codebook, indent=2, ensure_ascii=True).encode() + b"\n")
        self._open.close()
        self._finished = True
        return counted

    def _new(self, name: str) -> BinaryIO:
        path = self._path / name
        file = self._open.enter_context(
            open(path, "xb", opener=lambda place, flags: os.open(place, flags, self._mode))  # noqa: SIM115 - the stack closes it
        )
        self._made.append(path)
        return file
