"""What a log asks of a witness, and what it is answered: the texts of C2SP tlog-witness, add-checkpoint.

    old 20
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    example.org/harbour
    45
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=

    — example.org/harbour Az3grlgtzPICa5OS8npVmf1Myq…

1. A request is the size that the witness cosigned last (0 where it never did), the consistency proof from there, an
   empty line, and the signed checkpoint. The answer is signature lines.
2. There is one spelling of each. At most 63 hashes are read, and no more than a note and they have room for.

Nothing is verified here: the witness does that (`claimledger.witness`), and whoever takes its lines in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from claimledger.events.errors import InvalidValue, MalformedNote

from .checkpoints import Checkpoint
from .merkle import MAX_SIZE
from .note_text import read_decimal, read_hash, write_base64
from .notes import MAX_LINES, MAX_NOTE_BYTES, Note, SignatureLine
from .proof_text import MAX_HASHES, check_hashes, join_text, split_text

__all__ = ["MAX_REQUEST_BYTES", "WitnessRequest", "read_lines", "write_lines"]

MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 100 + 45 * MAX_HASHES


@dataclass(frozen=True, slots=True)
class WitnessRequest:
    """A checkpoint, and the proof that it goes on from what a witness has seen.

    Args:
        old: size of the checkpoint that the witness cosigned last; 0 where it never did.
        proof: consistency proof from there, 32 bytes each; empty from 0, and where nothing came since.
        checkpoint: the signed note.

    Raises:
        InvalidValue: another shape.
        MalformedNote: the checkpoint is none.
    """

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        if type(self.old) is not int or not 0 <= self.old <= MAX_SIZE:
            raise InvalidValue(f"an old size is a whole number from 0 to {MAX_SIZE}")
        check_hashes(self.proof, "a consistency proof")
        Checkpoint.from_text(Note.from_bytes(self.checkpoint).text)

    @classmethod
    def from_bytes(cls, data: bytes) -> WitnessRequest:
        """Read a request.

        Args:
            data: any bytes whatsoever.

        Raises:
            MalformedNote: it is no request, or its checkpoint is none.
        """
        (old, *lines), checkpoint = split_text(data, MAX_REQUEST_BYTES, "request")
        if not old.startswith("old "):
            raise MalformedNote('request: the first line must be "old" and a size')
        if len(lines) > MAX_HASHES:
            raise MalformedNote(f"request: {len(lines)} hashes, where no log asks for more than {MAX_HASHES}")
        size = read_decimal(old.removeprefix("old "), "request: the old size")
        return cls(size, tuple(read_hash(line, "request: a line of the proof") for line in lines), checkpoint)

    def to_bytes(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old}", *(write_base64(each) for each in self.proof)]
        return join_text(lines, self.checkpoint)


def read_lines(data: bytes) -> tuple[SignatureLine, ...]:
    """Read a witness's answer: one signature line or several.

    Args:
        data: any bytes whatsoever.

    Raises:
        MalformedNote: they are no signature lines, or more than a note may have.
    """
    if len(data) > MAX_NOTE_BYTES or data.count(b"\n") > MAX_LINES or not data.endswith(b"\n"):
        raise MalformedNote(f"cosignatures: expected 1 to {MAX_LINES} lines, each with a newline at its end")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise MalformedNote("cosignatures: not UTF-8") from None
    return tuple(SignatureLine.parse(line) for line in text[:-1].split("\n"))


def write_lines(lines: tuple[SignatureLine, ...]) -> bytes:
    """The answer of a witness."""
    return "".join(map(str, lines)).encode()
