"""Every projection as tables, in memory: Arrow tables with typed columns that pandas, Polars and DuckDB read.

    tables = ledger.replay(Tables("yekaterinburg-2025"))
    tables["positions"].to_pandas()

1. The columns are those of the codebook (`CODEBOOK`), in its order; a table without rows keeps its schema.
2. Each table carries where it comes from in its schema's metadata, as JSON under ``claimledger`` (and, so that pandas
   gives it in ``DataFrame.attrs``, under ``PANDAS_ATTRS``). `provenance_of` reads it back.
3. The same state gives the same rows in the same order, and the same bytes when written by one version of Arrow.
4. Protected text is in no table unless `disclosed` asks for it: the events are read as they are for somebody who has
   none of it. The identity of a protected person is in no table, whatever is asked for.

Arrow comes with ``pip install claimledger[tables]``. Rows, the codebook, CSV and JSON Lines need nothing beyond
claimledger itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from claimledger.events.disclosure import SlotStatus
from claimledger.events.encoding import encode
from claimledger.events.errors import InvalidValue, MissingExtra, UnknownName
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body

from .asserters import Asserters
from .case import CaseState
from .changes import Changes
from .clocks import Moment
from .codebook import Column, ColumnType, Table
from .codebook_course import COURSE_TABLES
from .codebook_register import REGISTER_TABLES
from .codebook_state import STATE_TABLES
from .replay import RULES_VERSION, Provenance, replay
from .saved import read_saved
from .table_course import COURSE_ROWS, asserter_rows, change_rows
from .table_rows import STATE_ROWS, Row

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "CODEBOOK",
    "ASSERTERS",
    "METADATA",
    "Origin",
    "Tables",
    "arrow",
    "arrow_table",
    "asserter_table",
    "in_columns",
    "metadata",
    "origin",
    "provenance_of_all",
    "provenance_of",
    "schema",
    "table_named",
    "withheld",
]

METADATA: Final = "claimledger"
"""The name under which a table carries its provenance."""

ASSERTERS: Final = "asserters"
"""The one table that goes over cases."""

_PANDAS: Final = "PANDAS_ATTRS"

CODEBOOK: Final[Mapping[str, Table]] = MappingProxyType(
    {table.name: table for table in (*STATE_TABLES, *COURSE_TABLES, *REGISTER_TABLES)}
)
"""Every table by name."""

_OF_A_STATE: Final[Mapping[str, Callable[[CaseState], Iterator[Row]]]] = {**STATE_ROWS, **COURSE_ROWS}

Origin: TypeAlias = dict[str, Any]
"""Where a table comes from, as JSON data."""


def table_named(name: str) -> Table:
    """What the codebook says of a table.

    Raises:
        UnknownName: there is none of that name.
    """
    found = CODEBOOK.get(name)
    if found is None:
        raise UnknownName(f'no table "{name}"; the tables are {", ".join(CODEBOOK)}')
    return found


def in_columns(name: str, given: Iterable[Row]) -> Iterator[Row]:
    """Rows in the columns of the codebook and in their order; an empty text is null.

    Raises:
        UnknownName: there is no such table.
    """
    columns = table_named(name).columns
    for row in given:
        yield {column.name: _stated(row[column.name]) for column in columns}


def _stated(value: Any) -> Any:
    return None if value == "" else value


def origin(
    name: str, provenance: Provenance, *, disclosed: bool = False, since: Moment | None = None
) -> Origin:
    """Where a table comes from, as it is kept with the table.

    Args:
        name: the table.
        provenance: that of the state, or of the states, that it was read out of.
        disclosed: whether protected text was asked for.
        since: from which moment the table ``changes`` counts; None for the start of the log.
    """
    return {
        "shape": 1,
        "table": name,
        "library": f"claimledger {_version()}",
        "disclosed": disclosed,
        **({"since": since} if name == "changes" else {}),
        **provenance.to_json(),
    }


def _version() -> str:
    try:
        return version("claimledger")
    except PackageNotFoundError:
        return "(run from its source, not installed)"


def provenance_of_all(
    parts: Iterable[Provenance], ledger: str | None, filters: Mapping[str, str]
) -> Provenance:
    """The provenance of tables over several cases.

    Args:
        parts: the provenance of each case's state, which names the case in its filters.
        ledger: the ledger's id.
        filters: what limited all of them, such as ``asserted_by``.

    Returns:
        The last index of any; and as state hash the hex SHA-256 of the strict JSON of the object that gives each
        case its state hash, so that the order of the cases is of no account.
    """
    listed = list(parts)
    hashes = {part.filters["case"]: part.state_hash for part in listed}
    indexes = [part.index for part in listed if part.index is not None]
    whole = sha256(encode(hashes, max_bytes=2**40)).hexdigest()
    return Provenance(
        ledger, max(indexes, default=None), MappingProxyType(dict(filters)), RULES_VERSION, whole
    )


def arrow() -> Any:
    """The module of Arrow.

    Raises:
        MissingExtra: it is not installed; the message says how to get it.
    """
    try:
        import pyarrow
    except ImportError:
        raise MissingExtra(
            "Arrow and Parquet need pyarrow: pip install claimledger[tables] (CSV and JSON Lines do without it)"
        ) from None
    return pyarrow


def schema(name: str, origin: Origin | None = None) -> pa.Schema:
    """The Arrow schema of a table, each field with its meaning, and with the table's origin where it is given.

    Raises:
        UnknownName: there is no such table.
        MissingExtra: pyarrow is not installed.
    """
    pa = arrow()
    fields = [
        pa.field(column.name, _arrow_type(pa, column), column.nullable, metadata=_described(column))
        for column in table_named(name).columns
    ]
    return pa.schema(fields, metadata=None if origin is None else metadata(origin))


def metadata(origin: Origin) -> dict[str, str]:
    """The metadata in which a table carries its origin."""
    text = json.dumps(origin, sort_keys=True, ensure_ascii=True)
    return {METADATA: text, _PANDAS: json.dumps({METADATA: origin}, sort_keys=True, ensure_ascii=True)}


def _described(column: Column) -> dict[str, str]:
    return {"meaning": column.meaning, **({} if column.unit is None else {"unit": column.unit})}


def _arrow_type(pa: Any, column: Column) -> Any:
    return {
        ColumnType.CATEGORY: pa.dictionary(pa.int32(), pa.string()),
        ColumnType.INTEGER: pa.int64(),
        ColumnType.FLAG: pa.bool_(),
        ColumnType.DAY: pa.date32(),
        ColumnType.INSTANT: pa.timestamp("us", "UTC"),
        ColumnType.LIST: pa.list_(pa.string()),
    }.get(column.type, pa.string())


def arrow_table(name: str, given: Iterable[Row], origin: Origin | None = None) -> pa.Table:
    """Rows as an Arrow table.

    Args:
        name: the table.
        given: its rows, as `rows` gives them, of one case or several.
        origin: kept in the schema's metadata.

    Raises:
        UnknownName: there is no such table.
        MissingExtra: pyarrow is not installed.
    """
    pa = arrow()
    listed = list(given)
    arrays = []
    for column in table_named(name).columns:
        values = [row[column.name] for row in listed]
        arrays.append(_array(pa, column, values))
    return pa.Table.from_arrays(arrays, schema=schema(name, origin))


def _array(pa: Any, column: Column, values: list[Any]) -> Any:
    if column.vocabulary is None:
        return pa.array(values, type=_arrow_type(pa, column))
    # The dictionary is the whole vocabulary, in its order, whatever stands in the column: batches fit together.
    words = {word: place for place, word in enumerate(column.vocabulary)}
    unknown = sorted({value for value in values if value is not None and value not in words})
    if unknown:
        raise InvalidValue(f"column {column.name}: the codebook has no word {', '.join(unknown)}")
    places = pa.array([None if value is None else words[value] for value in values], type=pa.int32())
    return pa.DictionaryArray.from_arrays(places, pa.array(list(words), type=pa.string()))


def provenance_of(table: pa.Table | pa.Schema) -> Origin | None:
    """Where an Arrow table, or what was read from a Parquet or Arrow file, comes from; None where it says nothing."""
    found = getattr(table, "schema", table).metadata or {}
    text = found.get(METADATA.encode())
    return None if text is None else dict(json.loads(text))


class Tables:
    """The tables of one case, as a fold: ``ledger.replay(Tables("yekaterinburg-2025"))["claims"]``.

    Args:
        case: the case's name.
        disclosed: show the text behind commitments that is at hand (never who a protected person is).
        since: the moment from which the table ``changes`` counts, as `known_at`; None for the start of the log. A
            time is looked for among the events that are handed in.
        known_at, asserted_by, true_on: as for `CaseState`.
    """

    def __init__(
        self,
        case: str,
        *,
        disclosed: bool = False,
        since: Moment | None = None,
        known_at: Moment | None = None,
        asserted_by: str | None = None,
        true_on: str | None = None,
    ) -> None:
        self.state = CaseState(case, known_at=known_at, asserted_by=asserted_by, true_on=true_on)
        self.disclosed, self.since = disclosed, since
        self._before = CaseState(
            case, known_at=-1 if since is None else since, asserted_by=asserted_by, true_on=true_on
        )
        self._events: list[Event] = []

    @classmethod
    def of(cls, state: CaseState) -> Tables:
        """The tables of a state that is there already, without what is behind commitments."""
        clocks, saved = state.clocks, read_saved(state.save())
        made = cls(
            state.case, known_at=clocks.known_at, asserted_by=clocks.asserted_by, true_on=clocks.true_on
        )
        for event in saved.events:
            made.apply(event)
        return made

    @property
    def case(self) -> str:
        """The case's name."""
        return self.state.case

    @property
    def known_at(self) -> Moment | None:
        """Where the log was cut, as given."""
        return self.state.known_at

    def cut_at(self, known_at: Moment) -> None:
        """Say where the log is cut; see `CaseState.cut_at`."""
        self.state.cut_at(known_at)

    def apply(self, event: Event) -> None:
        """File one event."""
        taken = event if self.disclosed else withheld(event)
        self.state.apply(taken)
        self._events.append(taken)

    def __getitem__(self, name: str) -> pa.Table:
        """One table as Arrow.

        Raises:
            UnknownName: there is no such table.
            MissingExtra: pyarrow is not installed.
        """
        return arrow_table(name, self.rows(name), self.origin(name))

    def __iter__(self) -> Iterator[str]:
        return iter(CODEBOOK)

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of one table, as plain values; this needs no pyarrow.

        Raises:
            UnknownName: there is no such table.
        """
        if name == "changes":
            before = replay(self._before, self._events)
            return in_columns(name, change_rows(Changes.between(before, self.state)))
        if name == ASSERTERS:
            return asserter_table(self._asserters())
        table_named(name)
        return in_columns(name, _OF_A_STATE[name](self.state) if self.state.title else ())

    def _asserters(self) -> Asserters:
        clocks = self.state.clocks
        return replay(Asserters(known_at=clocks.known_at, asserted_by=clocks.asserted_by), self._events)

    def origin(self, name: str) -> Origin:
        """Where one table comes from, as data."""
        return origin(name, self.provenance(), disclosed=self.disclosed, since=self.since)

    def provenance(self) -> Provenance:
        """Where the tables come from: the provenance of the state that they were read out of."""
        return self.state.provenance()


def withheld(event: Event) -> Event:
    """An event as it is for whoever has nothing of what is behind its commitments."""
    header = event.header
    if not header.commitments and not getattr(event.body, "slots", ()):
        return event
    return replace(
        event,
        body=read_body(header.type, header.version, header.body, {}, header.commitments),
        slots=dict.fromkeys(header.commitments, SlotStatus.WITHHELD),
    )


def asserter_table(asserters: Asserters) -> Iterator[Row]:
    """The rows of the table ``asserters``, out of a fold over one case or over all."""
    return in_columns(ASSERTERS, asserter_rows(asserters.rows))
