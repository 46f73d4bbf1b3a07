"""The text of a claim file: YAML or JSON, every value kept as the text that stands there, with its place.

1. Scalars stay text: what ``no``, ``15:00`` or ``6`` means is said by the field that they stand in, never by YAML.
2. Refused, each with its place: anchors and aliases (hence no "billion laughs"), tags, directives, merge keys,
   keys that are no text, the same key twice, several documents, tabs, control characters, a byte order mark,
   text that is not UTF-8, more than 5 MB, more than 32 levels.
3. A member whose value is a bare ``null`` counts as not written.
4. Lines and columns count from 1, columns in Unicode code points. JSON is the JSON of RFC 8259, without NaN.
5. No problem found here repeats a value: the value may be protected.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as Loader
else:
    # The same events and places from C where PyYAML has it, about ten times as fast.
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

__all__ = ["Listing", "Node", "Place", "Problem", "Scalar", "Table", "child", "read_text"]

MAX_BYTES: Final = 5_000_000
MAX_DEPTH: Final = 32

_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_BARE_JSON: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_PLAIN_WORDS: Final = (
    ("mapping values are not allowed", 'a ":" in bare text; put the text in quotes'),
    ("could not find expected ':'", 'a line without ":"; expected a name, ":" and a value'),
    ("unexpected end of stream", "a quote that is opened is never closed"),
    ("cannot start any token", "a bare text cannot begin so; put it in quotes"),
    ("',' or ']'", 'before this, a "[" is not closed, a "," is missing, or a text with ":" needs quotes'),
    ("',' or '}'", 'before this, a "{" is not closed, a "," is missing, or a text with ":" needs quotes'),
    ("expected '-'", "this does not fit what stands above: the indentation differs, or a quote ended early"),
    ("block end", "this does not fit what stands above: the indentation differs, or a quote ended early"),
    ("expected key", "this does not fit what stands above: the indentation differs, or a quote ended early"),
    ("escape character", 'no such escape inside double quotes; a backslash is written "\\\\"'),
)
_SCAN_STRING: Final[Callable[[str, int, bool], tuple[str, int]]] = json.decoder.scanstring  # type: ignore[attr-defined]
"""The standard library's own reader of JSON strings, which typeshed does not name."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands in a file, from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a claim file.

    Attributes:
        file: the file's name, as it was given.
        line: from 1.
        column: from 1, in code points.
        path: the members that lead there, such as ``claims.C14.1.to``; empty for the file as a whole.
        message: what was expected; never protected content.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}  {self.path}  {self.message}" if self.path else f"{where}  {self.message}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, and whether it stood in quotes (or in a block)."""

    text: str = field(repr=False)
    place: Place
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """Members by name, in the order written; `keys` holds the places of the names."""

    members: Mapping[str, Node]
    keys: Mapping[str, Place]
    place: Place


Node: TypeAlias = Scalar | Listing | Table


def child(path: str, part: str | int) -> str:
    """The path of a member or of an item (counted from 0) of what stands at `path`."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    name = "".join(letter if letter.isprintable() else "?" for letter in part[:64])
    return f"{path}.{name}" if path else name


def read_text(path: Path) -> tuple[Node | None, list[Problem]]:
    """Read a claim file's text.

    Args:
        path: a YAML file; a JSON file when its name ends in ``.json``.

    Returns:
        The outermost node, None where there is none; and every problem. A node is returned beside problems
        where the rest could be read, so that all mistakes can be told at once.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return None, [Problem(file, 1, 1, "", f"cannot be read: {(error.strerror or 'error').lower()}")]
    if len(data) > MAX_BYTES:
        return None, [Problem(file, 1, 1, "", f"is larger than {MAX_BYTES // 1_000_000} MB; split it")]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _Lines(data[: error.start].decode("utf-8")).place(len(data[: error.start].decode("utf-8")))
        return None, [
            Problem(file, place.line, place.column, "", "is not UTF-8 from here on; save it as UTF-8")
        ]
    lines = _Lines(text)
    if unprintable := list(_unprintable(file, text, lines, json=path.suffix == ".json")):
        return None, unprintable
    builder = (_Json if path.suffix == ".json" else _Yaml)(file, text, lines)
    return builder.document(), builder.problems


def _unprintable(file: str, text: str, lines: _Lines, *, json: bool) -> Iterator[Problem]:
    """One problem for each line that holds what no editor shows."""
    line = 0
    for found in re.finditer(_UNPRINTABLE.pattern if json else f"\t|{_UNPRINTABLE.pattern}", text):
        place = lines.place(found.start())
        if place.line == line:
            continue
        line = place.line
        if found[0] == "\t":
            message = "a tab; use spaces"
        elif found[0] == "\ufeff" and found.start() == 0:
            message = "begins with a byte order mark; save it as UTF-8 without one"
        else:
            message = f"an unprintable character (U+{ord(found[0]):04X}); remove it"
        yield Problem(file, place.line, place.column, "", message)


class _Lines:
    """From offsets in a text to places."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]

    def place(self, offset: int) -> Place:
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)


class _Stop(Exception):
    """Nothing behind this place can be read."""


class _Builder:
    """What reading YAML and JSON have in common: problems, and tables without the same key twice."""

    def __init__(self, file: str, text: str, lines: _Lines) -> None:
        self.problems: list[Problem] = []
        self.file, self.text, self.lines = file, text, lines

    def problem(self, place: Place, path: str, message: str) -> None:
        self.problems.append(Problem(self.file, place.line, place.column, path, message))

    def stop(self, place: Place, path: str, message: str) -> _Stop:
        self.problem(place, path, message)
        return _Stop()

    def check_depth(self, place: Place, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self.stop(place, "", f"more than {MAX_DEPTH} levels deep; nothing behind this was read")

    def scalar(self, text: str, place: Place, path: str, *, quoted: bool) -> Scalar:
        if _SURROGATE.search(text) or _UNPRINTABLE.search(text):
            self.problem(place, path, "an escape stands for a character that cannot be written; remove it")
        return Scalar(text, place, quoted)

    def table(self, members: Iterator[tuple[str, Place, Node]], place: Place, path: str) -> Table:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key, key_place, value in members:
            if key in keys:
                message = f"stands here a second time (first in line {keys[key].line})"
                self.problem(key_place, child(path, key), message)
                continue
            keys[key] = key_place
            if isinstance(value, Scalar) and not value.quoted and value.text == "null":
                continue
            values[key] = value
        return Table(values, keys, place)


class _Yaml(_Builder):
    """YAML 1.1 by its parsing events, so that nothing is resolved, constructed or aliased."""

    def document(self) -> Node | None:
        self._events = yaml.parse(self.text, Loader=Loader)
        root: Node | None = None
        try:
            for event in self._events:
                if isinstance(event, yaml.DocumentStartEvent):
                    if root is not None:
                        raise self.stop(_mark(event), "", "a second document; a claim file is one document")
                    if event.version or event.tags:
                        self.problem(_mark(event), "", "no directives (%...) in a claim file")
                    root = self._node(self._next(), "", 1)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            said = str(error.problem)
            plain = next((words for sign, words in _PLAIN_WORDS if sign in said), f"not YAML: {said}")
            self.problem(place, "", f"{plain}; nothing behind this was read")
            return None
        except _Stop:
            return None
        if root is None:
            self.problem(Place(1, 1), "", "is empty; a claim file begins with claimledger: 1")
        return root

    def _next(self) -> yaml.Event:
        return next(self._events)

    def _node(self, event: yaml.Event, path: str, depth: int) -> Node:
        place = _mark(event)
        if isinstance(event, yaml.AliasEvent):
            self.problem(place, path, "no aliases (*...) in a claim file; write the value out")
            return Scalar("", place, quoted=True)
        if getattr(event, "anchor", None):
            self.problem(place, path, "no anchors (&...) in a claim file; leave it out")
        if getattr(event, "tag", None) is not None:
            self.problem(place, path, "no tags (!...) in a claim file; put a text that begins so in quotes")
        if isinstance(event, yaml.SequenceStartEvent):
            self.check_depth(place, depth)
            return Listing(tuple(self._items(path, depth)), place)
        if isinstance(event, yaml.MappingStartEvent):
            self.check_depth(place, depth)
            return self.table(self._members(path, depth), place, path)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event.value, place, path, quoted=not event.implicit[0])
        raise self.stop(place, path, "cannot be read")

    def _items(self, path: str, depth: int) -> Iterator[Node]:
        place = 0
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            yield self._node(event, child(path, place), depth + 1)
            place += 1

    def _members(self, path: str, depth: int) -> Iterator[tuple[str, Place, Node]]:
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._node(event, path, depth + 1)
            name = key.text if isinstance(key, Scalar) else ""
            value = self._node(self._next(), child(path, name) if name else path, depth + 1)
            if isinstance(value, Scalar) and not value.text and not value.quoted:
                # Where nothing stands, the two parsers of PyYAML name different columns.
                value = Scalar("", key.place)
            if not isinstance(key, Scalar):
                self.problem(key.place, path, "the name of a member is a text, not a list or table")
            elif name == "<<" and not key.quoted:
                self.problem(key.place, path, "no merge keys (<<) in a claim file; write the members out")
            elif not isinstance(event, yaml.AliasEvent):
                yield name, key.place, value


class _Json(_Builder):
    """JSON, read here because a place is wanted for each value."""

    def document(self) -> Node | None:
        try:
            root, end = self._node(self._skip(0), "", 1)
            end = self._skip(end)
            if end < len(self.text):
                raise self._stop(end, "", "something follows the end of the JSON")
        except _Stop:
            return None
        return root

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _stop(self, at: int, path: str, message: str) -> _Stop:
        return self.stop(self.lines.place(at), path, message)

    def _string(self, at: int, path: str) -> tuple[str, int]:
        try:
            value, end = _SCAN_STRING(self.text, at + 1, True)
        except json.JSONDecodeError as error:
            raise self._stop(
                error.pos, path, "not JSON: a string that does not end, or has a wrong escape"
            ) from None
        return value, end

    def _node(self, at: int, path: str, depth: int) -> tuple[Node, int]:
        place = self.lines.place(at)
        sign = self.text[at : at + 1]
        if sign == '"':
            text, end = self._string(at, path)
            return self.scalar(text, place, path, quoted=True), end
        if sign in ("{", "["):
            self.check_depth(place, depth)
            return self._table(at, path, depth) if sign == "{" else self._listing(at, path, depth)
        if found := _BARE_JSON.match(self.text, at):
            return Scalar(found[0], place), found.end()
        raise self._stop(at, path, "not JSON: expected a value")

    def _listing(self, at: int, path: str, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        end = self._skip(at + 1)
        while self.text[end : end + 1] != "]" or items:
            item, end = self._node(end, child(path, len(items)), depth + 1)
            items.append(item)
            end = self._skip(end)
            if self.text[end : end + 1] == "]":
                break
            end = self._comma(end, path, "]")
        return Listing(tuple(items), self.lines.place(at)), end + 1

    def _table(self, at: int, path: str, depth: int) -> tuple[Node, int]:
        members: list[tuple[str, Place, Node]] = []
        end = self._skip(at + 1)
        while self.text[end : end + 1] != "}" or members:
            if self.text[end : end + 1] != '"':
                raise self._stop(end, path, "not JSON: expected the name of a member, in double quotes")
            key_place = self.lines.place(end)
            key, end = self._string(end, path)
            end = self._skip(end)
            if self.text[end : end + 1] != ":":
                raise self._stop(end, child(path, key), 'not JSON: expected ":"')
            value, end = self._node(self._skip(end + 1), child(path, key), depth + 1)
            members.append((key, key_place, value))
            end = self._skip(end)
            if self.text[end : end + 1] == "}":
                break
            end = self._comma(end, path, "}")
        return self.table(iter(members), self.lines.place(at), path), end + 1

    def _comma(self, at: int, path: str, closing: str) -> int:
        if self.text[at : at + 1] != ",":
            raise self._stop(at, path, f'not JSON: expected "," or "{closing}"')
        return self._skip(at + 1)


def _mark(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark is not None else Place(1, 1)
