r"""Lines of a fixed width: how text from a ledger is laid out for a person, on a terminal or in a pipe.

1. Text from a ledger is data. Control characters, line breaks and what would turn the direction of writing are
   shown as what they are (``\x1b``), never obeyed; nothing in a label is read as markup.
2. Words of right-to-left scripts stand in directional isolates (Unicode UAX 9: RLI ... PDI), so that they turn nothing
   around them: what comes after an Arabic name keeps its place. They take no room, and only screens have them.
3. Widths are counted in terminal cells, so that columns stand straight for every script.
4. No line is wider than was asked, and none ends in spaces. Nothing is dropped without a sign: what is cut ends
   in an ellipsis.
5. Style only helps: every line reads the same without it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

__all__ = [
    "WIDTH",
    "Cell",
    "Line",
    "amount",
    "aside",
    "columns",
    "cut",
    "fitting",
    "isolated",
    "line",
    "paragraph",
    "plain",
    "short",
    "wrapped",
]

WIDTH = 100
"""Cells of a line where no terminal says otherwise."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

Line = Text
"""A line of a screen, without its line break."""

_SHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}

# The blocks of which every letter is written from right to left (bidirectional classes R and AL).
_TURNED = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_ISOLATE, _ISOLATED = "\N{RIGHT-TO-LEFT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_RUN = re.compile(rf"[{_TURNED}](?:[\W\d]*[{_TURNED}])*")
_JOINTS = "/-_"  # where the parts of a name or an address are joined
_PAIRS = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column of a row.

    Attributes:
        text: the text; it wraps in its column.
        style: a style of rich ("red"), or none.
    """

    text: str
    style: str = ""


def plain(text: str) -> str:
    """Make text from a ledger safe to show: whatever would act on the terminal is written out instead.

    Args:
        text: any text; line breaks and tabs become single spaces.

    Returns:
        Text of printing characters. Joiners stay: some scripts are not written without them.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\r\t":
        return " "
    if unicodedata.category(character) not in _SHOWN or character in _JOINERS:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def isolated(text: str) -> str:
    """Text with each run of right-to-left words in an isolate of its own.

    Args:
        text: what `plain` gave.
    """
    if text.isascii():
        return text
    parts: list[str] = []
    done = 0
    for run in _RUN.finditer(text):
        end = run.end()
        opened = _PAIRS.get(text[end : end + 1])
        if opened is not None and opened in run.group():
            end += 1  # a bracket that opens in the run closes in it
        parts += [text[done : run.start()], _ISOLATE, text[run.start() : end], _ISOLATED]
        done = end
    return "".join([*parts, text[done:]])


def amount(number: int, one: str, several: str | None = None) -> str:
    """A number of things in words, such as "1 claim" or "3 entities".

    Args:
        number: how many.
        one: what one of them is called.
        several: what any other number of them is called; by default with an "s".
    """
    return f"{number} {one if number == 1 else several or one + 's'}"


def short(digest: str) -> str:
    """The first 8 characters of a leaf hash, keyid or id."""
    return digest[:8]


def cut(text: str, width: int) -> str:
    """Cut text to a width, with an ellipsis where something is left out."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + ELLIPSIS


def line(*parts: str | Cell) -> Line:
    """Put a line together from pieces, each with its own style."""
    made = Text(no_wrap=True)
    for part in parts:
        cell = part if isinstance(part, Cell) else Cell(part)
        made.append(isolated(plain(cell.text)), style=cell.style or None)
    made.rstrip()
    return made


def aside(left: str | Cell, right: str, width: int) -> Line:
    """One text at the left end of a line and one at the right; the left one is cut where they would meet."""
    cell = left if isinstance(left, Cell) else Cell(left)
    right = plain(right)
    text = cut(plain(cell.text), max(width - cell_len(right) - 2, 8))
    gap = max(width - cell_len(text) - cell_len(right), 2)
    return line(Cell(text, cell.style), " " * gap, right)


def paragraph(text: str, width: int, *, indent: int = 0, hanging: int = 0, style: str = "") -> list[Line]:
    """Text in lines of a width, broken between words; a word that is too long is broken where its parts are joined."""
    rows = wrapped(text, width - indent, width - indent - hanging)
    return [
        line(" " * (indent + (hanging if position else 0)), Cell(row, style))
        for position, row in enumerate(rows)
    ]


def wrapped(text: str, first: int, later: int | None = None) -> list[str]:
    """Text broken between words, to be put into lines.

    Args:
        text: any text.
        first: cells of the first row.
        later: cells of the rows after it; as the first where not given.
    """
    return _wrap(plain(text), first, first if later is None else later)


def columns(
    cells: Sequence[str | Cell], widths: Sequence[int], *, indent: int = 0, gap: int = 2, width: int = WIDTH
) -> list[Line]:
    """One row of a table: each cell wraps inside its column, the last one takes what is left of the width.

    Args:
        cells: the row; it may be shorter than `widths`.
        widths: cells of each column but the last.
        indent: spaces before the first column.
        gap: spaces between columns.
        width: cells of the whole line.

    Returns:
        As many lines as the tallest cell needs.
    """
    taken = indent + sum(widths[: len(cells) - 1]) + gap * (len(cells) - 1)
    rooms = [*widths[: len(cells) - 1], max(width - taken, 10)]
    row = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
    stacks = [_wrap(plain(cell.text), room, room) for cell, room in zip(row, rooms, strict=True)]
    lines = []
    for level in range(max(len(stack) for stack in stacks)):
        parts: list[str | Cell] = [" " * indent]
        for position, (stack, room, cell) in enumerate(zip(stacks, rooms, row, strict=True)):
            text = stack[level] if level < len(stack) else ""
            filling = 0 if position == len(row) - 1 else room - cell_len(text) + gap
            parts += [Cell(text, cell.style), " " * filling]
        lines.append(line(*parts))
    return lines


def fitting(texts: Iterable[str], most: int) -> int:
    """The width of a column that holds these texts, at most `most`."""
    return min(max((cell_len(plain(text)) for text in texts), default=0), most)


def _wrap(text: str, first: int, later: int) -> list[str]:
    rows: list[str] = []
    room = max(first, 1)
    row = ""
    for word in text.split(" "):
        joined = f"{row} {word}" if row else word
        if cell_len(joined) <= room:
            row = joined
            continue
        if row:
            rows.append(row)
            room = max(later, 1)
        row = word
        while cell_len(row) > room:
            head = _head(row, room)
            rows.append(head)
            row = row[len(head) :]
            room = max(later, 1)
    rows.append(row)
    return rows


def _head(word: str, room: int) -> str:
    """As much of a word as fits, one character at least; up to where its parts are joined, if it has such a place."""
    end = 1
    while end < len(word) and cell_len(word[: end + 1]) <= room:
        end += 1
    joined = max(word.rfind(mark, 0, end) for mark in _JOINTS) + 1
    return word[: joined or end]
