"""The codebook: what each table holds and what each of its columns means, as data.

1. Every column of every table stands here with meaning, type, unit, vocabulary and whether it may be empty; the Arrow
   schemas, the files and the reference page are made from this and from nothing else.
2. A *closed* vocabulary is the whole list of what can stand in a column. An *open* one names a code list that a
   recorder may go beyond with codes of its own.
3. Names are the field's own (case, ref, leaf, question, position ...), and mean the same in every table.

The tables themselves are in `codebook_state` (what stands), `codebook_course` (how it came about) and
`codebook_register` (who and what was registered, and what is told of it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

__all__ = ["CODEBOOK_SHAPE", "Column", "ColumnType", "Table", "codebook_as_json", "codebook_as_markdown"]

CODEBOOK_SHAPE: Final = 1
"""Number of the shape of the tables. Columns may be added to it; none changes its meaning without a new number."""


class ColumnType(StrEnum):
    """How the values of a column are written; `ARROW`, `CSV` and `JSON` of each are in `TYPES`."""

    TEXT = "text"
    CATEGORY = "category"
    INTEGER = "integer"
    FLAG = "flag"
    DAY = "day"
    INSTANT = "instant"
    DECIMAL = "decimal"
    LIST = "list"
    JSON = "json"


TYPES: Final[Mapping[ColumnType, tuple[str, str, str, str]]] = {
    ColumnType.TEXT: ("text", "string", "the text", "string"),
    ColumnType.CATEGORY: (
        "one word of a closed vocabulary",
        "dictionary<int32, string>",
        "the word",
        "string",
    ),
    ColumnType.INTEGER: ("whole number", "int64", "digits", "number"),
    ColumnType.FLAG: ("yes or no", "bool", "`true`, `false`", "boolean"),
    ColumnType.DAY: ("a day of the Gregorian calendar", "date32", "`2025-07-03`", "string"),
    ColumnType.INSTANT: (
        "an instant in UTC",
        "timestamp[us, UTC]",
        "`2025-07-03T16:20:11.000000Z`",
        "string",
    ),
    ColumnType.DECIMAL: ("a decimal number as text, exact, never a float", "string", "the text", "string"),
    ColumnType.LIST: ("texts in order; empty where there is none", "list<string>", "a JSON array", "array"),
    ColumnType.JSON: ("strict JSON (RFC 8785) as text", "string", "the JSON text", "string"),
}
"""Each type: what it is, its Arrow type, how a CSV cell and how a member of a JSON line is written."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: its name.
        type: how its values are written.
        meaning: what it says.
        nullable: whether it may be empty; an empty cell means not stated, or not so.
        unit: what a number counts, or the notation of a text.
        vocabulary: word to meaning, of a closed vocabulary.
        codes: the name of an open code list (`claimledger.events.codes`).
    """

    name: str
    type: ColumnType
    meaning: str
    nullable: bool = False
    unit: str | None = None
    vocabulary: Mapping[str, str] | None = None
    codes: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name; what does not apply is left out."""
        found: dict[str, Any] = {
            "name": self.name,
            "type": str(self.type),
            "meaning": self.meaning,
            "nullable": self.nullable,
        }
        if self.unit is not None:
            found["unit"] = self.unit
        if self.vocabulary is not None:
            found["vocabulary"] = dict(self.vocabulary)
        if self.codes is not None:
            found["codes"] = self.codes
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        name: its name.
        meaning: what it holds.
        row: what one row is.
        key: the columns that together name a row.
        order: in which order the rows stand, within a case.
        columns: its columns, in order.
    """

    name: str
    meaning: str
    row: str
    key: tuple[str, ...]
    order: str
    columns: tuple[Column, ...]

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name."""
        return {
            "name": self.name,
            "meaning": self.meaning,
            "row": self.row,
            "key": list(self.key),
            "order": self.order,
            "columns": [column.to_json() for column in self.columns],
        }


def text(name: str, meaning: str, *, nullable: bool = False, unit: str | None = None) -> Column:
    """A column of text."""
    return Column(name, ColumnType.TEXT, meaning, nullable, unit)


def coded(name: str, meaning: str, codes: str, *, nullable: bool = False) -> Column:
    """A column of codes of an open list."""
    return Column(name, ColumnType.TEXT, meaning, nullable, codes=codes)


def category(name: str, meaning: str, vocabulary: Mapping[str, str], *, nullable: bool = False) -> Column:
    """A column of words of a closed vocabulary."""
    return Column(name, ColumnType.CATEGORY, meaning, nullable, vocabulary=vocabulary)


def integer(name: str, meaning: str, unit: str, *, nullable: bool = False) -> Column:
    """A column of whole numbers."""
    return Column(name, ColumnType.INTEGER, meaning, nullable, unit)


def flag(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """A column of yes and no."""
    return Column(name, ColumnType.FLAG, meaning, nullable)


def instant(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """A column of instants."""
    return Column(name, ColumnType.INSTANT, meaning, nullable, "UTC, to the microsecond")


def listed(name: str, meaning: str, unit: str | None = None) -> Column:
    """A column of lists; one without members is empty, never null."""
    return Column(name, ColumnType.LIST, meaning, False, unit)


def data(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """A column of strict JSON."""
    return Column(name, ColumnType.JSON, meaning, nullable)


def date(name: str, meaning: str) -> tuple[Column, Column, Column]:
    """A date as stated, with the first and the last day that it allows."""
    return (
        Column(name, ColumnType.TEXT, meaning, True, "EDTF"),
        Column(f"{name}_earliest", ColumnType.DAY, f"first day that `{name}` allows", True),
        Column(f"{name}_latest", ColumnType.DAY, f"last day that `{name}` allows", True),
    )


def quantity(about: str) -> tuple[Column, ...]:
    """A quantity as stated, without a float and without precision that nobody stated."""
    return (
        Column("low", ColumnType.DECIMAL, f"the least that {about} states", True, "see `unit`"),
        Column("high", ColumnType.DECIMAL, f"the most that {about} states", True, "see `unit`"),
        Column("point", ColumnType.DECIMAL, f"the one number that {about} states", True, "see `unit`"),
        flag("low_open", "whether `low` itself is excluded, as in more than 3", nullable=True),
        flag("high_open", "whether `high` itself is excluded, as in fewer than 5", nullable=True),
        text("qualifier", "the hedge as it was said: around, at least, dozens", nullable=True),
        text("unit", "what is counted or measured, singular: hour, person", nullable=True),
        category(
            "certainty",
            "what the speaker calls the number",
            {"confirmed": "the speaker calls it confirmed", "presumed": "the speaker calls it presumed"},
            nullable=True,
        ),
    )


def codebook_as_json(tables: Iterable[Table]) -> dict[str, Any]:
    """The codebook as data: what ``codebook.json`` holds."""
    return {
        "shape": CODEBOOK_SHAPE,
        "types": {
            str(type): {"meaning": meaning, "arrow": arrow, "csv": csv, "jsonl": jsonl}
            for type, (meaning, arrow, csv, jsonl) in TYPES.items()
        },
        "tables": [table.to_json() for table in tables],
    }


def codebook_as_markdown(tables: Iterable[Table]) -> str:
    """The codebook as a page: the types, then each table with its columns."""
    lines = ["| type | meaning | Arrow, Parquet | CSV cell | JSON line |", "|---|---|---|---|---|"]
    lines += [f"| `{type}` | " + " | ".join(_cell(one) for one in TYPES[type]) + " |" for type in ColumnType]
    for table in tables:
        lines += ["", f"## `{table.name}`", "", f"{table.meaning} A row is {table.row}."]
        lines += [f"Key: {', '.join(f'`{name}`' for name in table.key)}. Order: {table.order}.", ""]
        lines += ["| column | type | empty | meaning |", "|---|---|---|---|"]
        for column in table.columns:
            empty = "may be" if column.nullable else ""
            lines.append(f"| `{column.name}` | {column.type} | {empty} | {_cell(_described(column))} |")
    return "\n".join(lines) + "\n"


def _described(column: Column) -> str:
    parts = [column.meaning]
    if column.unit is not None:
        parts.append(f"({column.unit})")
    if column.vocabulary is not None:
        words = "; ".join(f"`{word}`: {meaning}" for word, meaning in column.vocabulary.items())
        parts.append(f"\u2014 {words}")
    if column.codes is not None:
        parts.append(f"\u2014 code list `{column.codes}`, or a code of one's own")
    return " ".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
