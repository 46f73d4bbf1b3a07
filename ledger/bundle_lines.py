"""The lines of a bundle: events, proofs, disclosures and what is withheld, each written and read in its one spelling.

1. A line is strict JSON and ends in a newline; its length is bounded before it is parsed.
2. An event stands in its line as it was stored, byte for byte. A disclosure is its line, so that the digest of the
   line is the commitment in the event.
3. Reading never raises for what stands there: what is no line of its file is given as `Unreadable`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from claimledger.events.disclosure import Disclosure
from claimledger.events.encoding import decode, encode
from claimledger.events.errors import MalformedEvent, MalformedNote
from claimledger.events.identifiers import is_event_id, is_slot

from .merkle import HASH_BYTES
from .notes import read_base64, write_base64
from .proof_text import MAX_HASHES

__all__ = [
    "EventLine",
    "ProofLine",
    "SlotLine",
    "Unreadable",
    "disclosure_lines",
    "event_line",
    "event_lines",
    "proof_line",
    "proof_lines",
    "withheld_line",
    "withheld_lines",
]

_EVENT: Final = re.compile(rb'\{"envelope":(\{.*\}),"index":(0|[1-9][0-9]{0,15})\}', re.DOTALL).fullmatch
_SKIPPED: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is none of its file.

    Attributes:
        number: which line, from 1.
        why: in a few words; nothing of the line is repeated.
    """

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """A line of ``events.jsonl``.

    Attributes:
        number: which line, from 1.
        index: place in the log, as the line says.
        envelope: the bytes that are said to be an envelope.
    """

    number: int
    index: int
    envelope: bytes


@dataclass(frozen=True, slots=True)
class ProofLine:
    """A line of ``proofs.jsonl``: the index, and the hashes of 32 bytes."""

    number: int
    index: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A line of ``disclosures.jsonl`` or ``withheld.jsonl``.

    Attributes:
        number: which line, from 1.
        ledger: the ledger that a disclosure names; None in what is withheld.
        event: event id.
        slot: name of the slot.
        content: the bytes of the disclosure; empty in what is withheld.
    """

    number: int
    ledger: str | None
    event: str
    slot: str
    content: bytes


def event_line(index: int, envelope: bytes) -> bytes:
    """A line of ``events.jsonl``, with its newline."""
    return b'{"envelope":%b,"index":%d}\n' % (envelope, index)


def proof_line(index: int, hashes: Sequence[bytes]) -> bytes:
    """A line of ``proofs.jsonl``, with its newline."""
    return encode({"hashes": [write_base64(each) for each in hashes], "index": index}) + b"\n"


def withheld_line(event: str, slot: str) -> bytes:
    """A line of ``withheld.jsonl``, with its newline."""
    return encode([event, slot]) + b"\n"


def event_lines(file: io.BufferedReader, limit: int) -> Iterator[EventLine | Unreadable]:
    """The lines of ``events.jsonl``, one by one."""
    for number, line in _lines(file, limit):
        found = None if line is None else _EVENT(line)
        if found is None:
            yield Unreadable(number, "is no event and its index in one line of strict JSON")
        else:
            yield EventLine(number, int(found[2]), found[1])


def proof_lines(file: io.BufferedReader, limit: int) -> Iterator[ProofLine | Unreadable]:
    """The lines of ``proofs.jsonl``, one by one."""
    for number, line in _lines(file, limit):
        read = None if line is None else _proof(line, number)
        yield read or Unreadable(number, "is no inclusion proof")


def disclosure_lines(file: io.BufferedReader, limit: int) -> Iterator[SlotLine | Unreadable]:
    """The lines of ``disclosures.jsonl``, or of a file of disclosures, one by one."""
    for number, line in _lines(file, limit):
        try:
            found = Disclosure.from_bytes(line or b"")
        except MalformedEvent:
            yield Unreadable(number, "is no disclosure")
        else:
            yield SlotLine(number, found.ledger, found.event, found.slot, line or b"")


def withheld_lines(file: io.BufferedReader, limit: int) -> Iterator[SlotLine | Unreadable]:
    """The lines of ``withheld.jsonl``, one by one."""
    for number, line in _lines(file, limit):
        value = _decoded(line, limit)
        if type(value) is list and len(value) == 2 and is_event_id(value[0]) and is_slot(value[1]):
            yield SlotLine(number, None, str(value[0]), str(value[1]), b"")
        else:
            yield Unreadable(number, "does not name an event and a slot")


def _decoded(line: bytes | None, limit: int) -> object:
    try:
        return decode(line or b"", max_bytes=limit)
    except MalformedEvent:
        return None


def _proof(line: bytes, number: int) -> ProofLine | None:
    value = _decoded(line, len(line))
    if type(value) is not dict or value.keys() != {"hashes", "index"}:
        return None
    hashes, index = value["hashes"], value["index"]
    if type(index) is not int or index < 0 or type(hashes) is not list or len(hashes) > MAX_HASHES:
        return None
    try:
        read = tuple(read_base64(each, "") if type(each) is str else b"" for each in hashes)
    except MalformedNote:
        return None
    return ProofLine(number, index, read) if all(len(each) == HASH_BYTES for each in read) else None


def _lines(file: io.BufferedReader, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Each line without its newline; None for one that is too long, or has no newline at its end."""
    number = 0
    while data := file.readline(limit + 1):
        number += 1
        if data.endswith(b"\n"):
            yield number, data[:-1]
            continue
        while data and not data.endswith(b"\n"):
            data = file.readline(_SKIPPED)
        yield number, None
