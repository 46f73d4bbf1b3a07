"""The lines of ``events.jsonl`` in a bundle, written and read in their one spelling.

1. A line is strict JSON and ends in a newline; its length is bounded before it is parsed.
2. An event stands in its line as it was stored, byte for byte, beside its index, its inclusion proof, and what is given
   of its protected content: a disclosure stands there byte for byte as well, null where it was left out on purpose.
3. Reading never raises for what stands there: what is no such line is given as `Unreadable`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from claimledger.events.encoding import MAX_DEPTH, decode, encode
from claimledger.events.errors import InvalidInput, MalformedEvent, MalformedNote

from .merkle import HASH_BYTES
from .note_text import read_base64, write_base64
from .proof_text import MAX_HASHES

__all__ = ["EventLine", "Readable", "Unreadable", "event_line", "event_lines", "lines_of"]

MAX_LINE: Final = 1 << 24
"""Bytes of the longest line, without its newline."""

_MAX_DEPTH: Final = MAX_DEPTH + 2
"""A disclosure may have all the levels of strict JSON, and it stands two levels down."""


class Readable(Protocol):
    """A file, as far as it is read here."""

    def readline(self, limit: int, /) -> bytes:
        """A line with its newline, or so many bytes of it; nothing at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is none of its file; nothing of it is repeated.

    Attributes:
        number: which line, from 1.
    """

    number: int


@dataclass(frozen=True, slots=True)
class EventLine:
    """A line of ``events.jsonl``.

    Attributes:
        number: which line, from 1.
        length: of the line, in bytes.
        index: place in the log, as the line says.
        envelope: the bytes that are said to be an envelope.
        proof: hashes of 32 bytes, said to lead to the root; None where there is no proof.
        slots: name of a slot to what is said to be its disclosure; None where it was left out on purpose.
    """

    number: int
    length: int
    index: int
    envelope: bytes
    proof: tuple[bytes, ...] | None
    slots: Mapping[str, Any]


def event_line(
    index: int, envelope: bytes, proof: Sequence[bytes] | None, slots: Mapping[str, bytes | None]
) -> bytes:
    """A line of ``events.jsonl``, with its newline.

    Args:
        index: place in the log.
        envelope: as it was stored.
        proof: hashes that lead to the root, or None.
        slots: name of a slot to its disclosure; None for what is left out on purpose.

    Raises:
        InvalidInput: it would be longer than a line may be.
    """
    hashes = encode(None if proof is None else [write_base64(each) for each in proof])
    given = b",".join(b'"%b":%b' % (slot.encode(), slots[slot] or b"null") for slot in sorted(slots))
    line = b'{"envelope":%b,"index":%d,"proof":%b,"slots":{%b}}\n' % (envelope, index, hashes, given)
    if len(line) > MAX_LINE + 1:
        raise InvalidInput(
            f"index {index}: its protected content is more than a line of a bundle holds (16 MiB); withhold some of it"
        )
    return line


def event_lines(file: Readable) -> Iterator[EventLine | Unreadable]:
    """The lines of ``events.jsonl``, one by one."""
    for number, line in lines_of(file, MAX_LINE):
        try:
            yield _event(number, line)
        except (MalformedEvent, MalformedNote):
            yield Unreadable(number)


def lines_of(file: Readable, limit: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a file without their newlines, with their numbers from 1.

    One that is too long or has no newline is empty here, which is no line of any file, and the last that is looked at.
    """
    number = 0
    while data := file.readline(limit + 1):
        number += 1
        yield number, data.removesuffix(b"\n") if data.endswith(b"\n") else b""
        if not data.endswith(b"\n"):
            return


def _event(number: int, line: bytes) -> EventLine:
    value = decode(line, max_bytes=MAX_LINE, max_depth=_MAX_DEPTH)
    if type(value) is not dict or value.keys() != {"envelope", "index", "proof", "slots"}:
        raise MalformedEvent("other members")
    envelope, index, proof, slots = (value[name] for name in ("envelope", "index", "proof", "slots"))
    if type(envelope) is not dict or type(slots) is not dict or type(index) is not int or index < 0:
        raise MalformedEvent("members of another form")
    hashes = None if proof is None else _hashes(proof)
    return EventLine(number, len(line), index, encode(envelope, max_bytes=MAX_LINE), hashes, slots)


def _hashes(proof: object) -> tuple[bytes, ...]:
    if type(proof) is not list or len(proof) > MAX_HASHES or not all(type(each) is str for each in proof):
        raise MalformedEvent("no list of hashes")
    hashes = tuple(read_base64(each, "proof") for each in proof)
    if any(len(each) != HASH_BYTES for each in hashes):
        raise MalformedEvent("no hashes")
    return hashes
