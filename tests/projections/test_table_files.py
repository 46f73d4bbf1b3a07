"""Tables as files: what pandas, Polars and DuckDB read back is what was written, and where it comes from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from claimledger.events.errors import InvalidValue, UnknownName
from claimledger.projections import table_files
from claimledger.projections.codebook import ColumnType
from claimledger.projections.table_files import FORMATS, sidecar, table_writer
from claimledger.projections.tables import CODEBOOK, Tables, provenance_of, schema
from tests.projections.table_world import AWKWARD, as_plain, as_text, filled, tables_of

Write = Callable[..., Path]
Rows = list[dict[str, Any]]


@pytest.fixture
def tables(world: Any) -> Tables:
    return tables_of(filled(world), disclosed=True)


@pytest.fixture
def write(tmp_path: Path, tables: Tables) -> Write:
    """Writes a table of the case, or other rows of it, into a file."""

    def write(name: str, format: str, rows: Rows | None = None, **options: Any) -> Path:
        path = tmp_path / f"{name}.{format}"
        with path.open("wb") as stream:
            writer = table_writer(name, stream, format, **options)
            writer.write(tables.rows(name) if rows is None else rows)
            counted = writer.close(tables.origin(name))
        assert counted == len(list(tables.rows(name)) if rows is None else rows)
        return path

    return write


def pandas_rows(frame: pd.DataFrame) -> Rows:
    arrow: pa.Table = pa.Table.from_pandas(frame, preserve_index=False)
    return list(arrow.to_pylist())


def duckdb_rows(question: str, path: Path) -> Rows:
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        found = database.sql(question, params=[str(path)]).to_arrow_table()
    return list(found.to_pylist())


@pytest.mark.parametrize("name", CODEBOOK)
def test_parquet_gives_back_every_row_in_pandas_polars_and_duckdb(
    tables: Tables, write: Write, name: str
) -> None:
    path, expected = write(name, "parquet"), list(tables.rows(name))
    assert parquet.read_table(path).to_pylist() == expected
    assert pandas_rows(pd.read_parquet(path, dtype_backend="pyarrow")) == expected
    assert pl.read_parquet(path).to_dicts() == expected
    assert duckdb_rows("from read_parquet(?)", path) == expected


@pytest.mark.parametrize("name", CODEBOOK)
def test_arrow_gives_back_every_row_in_pandas_polars_and_duckdb(
    tables: Tables, write: Write, name: str
) -> None:
    path, expected = write(name, "arrow"), list(tables.rows(name))
    with pa.ipc.open_file(path) as file:
        whole = file.read_all()
    assert whole.to_pylist() == expected
    assert pandas_rows(pd.read_feather(path, dtype_backend="pyarrow")) == expected
    assert pl.read_ipc(path).to_dicts() == expected
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.register("whole", whole)
        assert database.sql("from whole").to_arrow_table().to_pylist() == expected


@pytest.mark.parametrize("name", CODEBOOK)
def test_csv_gives_back_every_cell_in_pandas_polars_and_duckdb(
    tables: Tables, write: Write, name: str
) -> None:
    path = write(name, "csv")
    expected = [{key: as_text(value) for key, value in row.items()} for row in tables.rows(name)]
    assert list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""))) == expected
    assert pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records") == expected
    assert pl.read_csv(path, infer_schema=False).fill_null("").to_dicts() == expected
    question = "from read_csv(?, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"')"
    found = duckdb_rows(question, path)
    assert [{key: value or "" for key, value in row.items()} for row in found] == expected


@pytest.mark.parametrize("name", CODEBOOK)
def test_json_lines_give_back_every_row_in_pandas_polars_and_duckdb(
    tables: Tables, write: Write, name: str
) -> None:
    path = write(name, "jsonl")
    expected = [{key: as_plain(value) for key, value in row.items()} for row in tables.rows(name)]
    lines = path.read_bytes().decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == expected
    frame = pd.read_json(path, lines=True, dtype=False)
    assert [
        {key: value if isinstance(value, list) or not pd.isna(value) else None for key, value in row.items()}
        for row in frame.to_dict("records")
    ] == expected
    sorts: dict[ColumnType, Any] = {
        ColumnType.INTEGER: pl.Int64,
        ColumnType.FLAG: pl.Boolean,
        ColumnType.LIST: pl.List(pl.String),
    }
    shape: dict[str, Any] = {
        column.name: sorts.get(column.type, pl.String) for column in CODEBOOK[name].columns
    }
    assert pl.read_ndjson(path, schema=shape).to_dicts() == expected
    words = {ColumnType.INTEGER: "BIGINT", ColumnType.FLAG: "BOOLEAN", ColumnType.LIST: "VARCHAR[]"}
    columns = {column.name: words.get(column.type, "VARCHAR") for column in CODEBOOK[name].columns}
    question = f"from read_json(?, format = 'newline_delimited', columns = {columns})"
    assert duckdb_rows(question, path) == expected


def test_types_survive_a_file(write: Write) -> None:
    for name in CODEBOOK:
        assert parquet.read_table(write(name, "parquet")).schema.equals(schema(name))
        with pa.ipc.open_file(write(name, "arrow")) as file:
            assert file.schema.equals(schema(name))


def test_polars_and_duckdb_see_dates_numbers_and_lists_as_such(write: Write) -> None:
    path = write("claims", "parquet")
    frame = pl.read_parquet(path)
    assert frame.schema["said_latest"] == pl.Date
    assert frame.schema["recorded_at"] == pl.Datetime("us", "UTC")
    assert frame.schema["strengths"] == pl.List(pl.String)
    assert frame.schema["index"] == pl.Int64
    shown = duckdb_rows("select column_name, column_type from (describe from read_parquet(?))", path)
    types = {row["column_name"]: row["column_type"] for row in shown}
    assert (types["said_latest"], types["index"], types["strengths"]) == ("DATE", "BIGINT", "VARCHAR[]")


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_rows_give_the_same_bytes(write: Write, format: str) -> None:
    for name in CODEBOOK:
        first = write(name, format).read_bytes()
        assert write(name, format).read_bytes() == first


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_groups_are_of_rows_and_not_of_the_calls_that_brought_them(
    tables: Tables, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "GROUP", 4)
    rows = list(tables.rows("holdings"))
    written = []
    for pieces in ([rows], [[row] for row in rows]):
        path = tmp_path / str(len(pieces))
        with path.open("wb") as stream:
            writer = table_writer("holdings", stream, format)
            for piece in pieces:
                writer.write(piece)
            writer.close(tables.origin("holdings"))
        written.append(path.read_bytes())
    assert written[0] == written[1]
    if format == "parquet":
        assert parquet.ParquetFile(path).num_row_groups == -(-len(rows) // 4)


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_a_table_without_rows_keeps_its_columns_in_every_reader(write: Write, format: str) -> None:
    for name, table in CODEBOOK.items():
        path = write(name, format, [])
        names = [column.name for column in table.columns]
        read = pl.read_parquet if format == "parquet" else pl.read_ipc
        assert read(path).columns == names
        assert list((pd.read_parquet if format == "parquet" else pd.read_feather)(path).columns) == names
        assert write(name, "csv", []).read_bytes() == (",".join(names) + "\r\n").encode()
        assert write(name, "jsonl", []).read_bytes() == b""


def test_each_reader_finds_where_a_parquet_file_comes_from(tables: Tables, write: Write) -> None:
    path, origin = write("positions", "parquet"), tables.origin("positions")
    assert provenance_of(parquet.read_table(path)) == origin
    assert provenance_of(parquet.read_schema(path)) == origin
    assert pd.read_parquet(path).attrs["claimledger"] == origin
    assert json.loads(pl.read_parquet_metadata(path)["claimledger"]) == origin
    question = "select value from parquet_kv_metadata(?) where key::varchar = 'claimledger'"
    [row] = duckdb_rows(question, path)
    assert json.loads(row["value"]) == origin


def test_an_arrow_file_says_where_it_comes_from(tables: Tables, write: Write) -> None:
    path, origin = write("positions", "arrow"), tables.origin("positions")
    with pa.ipc.open_file(path) as file:
        assert provenance_of(file.schema) == origin
        assert file.schema.field("position").metadata[b"unit"] == b"16 hex digits"
    assert provenance_of(feather.read_table(path)) == origin


def test_what_stands_beside_a_text_file_says_where_it_comes_from(tables: Tables) -> None:
    origin = tables.origin("positions")
    beside = sidecar(origin, rows=3)
    assert json.loads(beside) == {**origin, "rows": 3, "excel_safe": False}
    assert beside.endswith(b"\n")
    assert beside.isascii()


def test_csv_alters_no_cell_unless_a_spreadsheet_is_to_show_it(write: Write) -> None:
    def cells(**options: Any) -> list[dict[str, str]]:
        text = write("judgements", "csv", **options).read_bytes().decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    assert cells()[0]["note"] == AWKWARD
    assert cells(excel_safe=True)[0]["note"] == f"'{AWKWARD}"
    assert cells(excel_safe=True)[0]["index"].isdigit()


def test_csv_is_that_of_rfc_4180(write: Write) -> None:
    data = write("judgements", "csv").read_bytes()
    head, _, rest = data.partition(b"\r\n")
    assert head.startswith(b"case,event,index,")
    assert b'""quoted""' in rest
    assert data.endswith(b"\r\n")


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as stream:
        with pytest.raises(InvalidValue, match="parquet, csv, jsonl, arrow"):
            table_writer("claims", stream, "xlsx")
        with pytest.raises(InvalidValue, match="holds no formulas"):
            table_writer("claims", stream, "parquet", excel_safe=True)
        with pytest.raises(UnknownName, match='no table "claim"'):
            table_writer("claim", stream, "csv")


@pytest.mark.parametrize("format", FORMATS)
def test_a_writer_that_is_given_up_lets_go(tables: Tables, tmp_path: Path, format: str) -> None:
    with (tmp_path / "x").open("wb") as stream:
        writer = table_writer("claims", stream, format)
        writer.write(tables.rows("claims"))
        writer.discard()
        writer.discard()
