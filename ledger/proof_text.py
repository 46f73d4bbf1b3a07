"""The frame that C2SP tlog-proof and tlog-witness share: lines of ASCII, an empty line, and a signed checkpoint.

1. The lines hold the hashes of a proof, in base64, behind what each format says first. At most 63 are read: no proof
   in a tree of 2**63 - 1 leaves has more.
2. How much is read at all is looked at before anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from claimledger.events.errors import InvalidValue, MalformedNote

from .merkle import HASH_BYTES

__all__ = ["MAX_HASHES", "check_hashes", "join_text", "split_text"]

MAX_HASHES: Final = 63


def split_text(data: bytes, limit: int, what: str) -> tuple[list[str], bytes]:
    """Split a text into its lines and the checkpoint behind them.

    Args:
        data: any bytes whatsoever.
        limit: how many bytes are read.
        what: what it is to be, for the message: "proof" or "request".

    Returns:
        At least one line, without its newline; and the bytes of the checkpoint, which are not looked at.

    Raises:
        MalformedNote: too long, or of another shape.
    """
    if len(data) > limit:
        raise MalformedNote(f"{what}: {len(data)} bytes, where at most {limit} are read")
    head, divider, checkpoint = data.partition(b"\n\n")
    if not divider or not head.isascii():
        raise MalformedNote(f"{what}: expected lines of ASCII, an empty line and a checkpoint")
    return head.decode().split("\n"), checkpoint


def join_text(lines: Iterable[str], checkpoint: bytes) -> bytes:
    """The bytes of lines and a checkpoint."""
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + checkpoint


def check_hashes(hashes: Sequence[bytes], what: str) -> None:
    """Check that a proof has no more hashes than one may have, of 32 bytes each.

    Raises:
        InvalidValue: it has not; `what` begins the message.
    """
    if len(hashes) > MAX_HASHES or any(len(each) != HASH_BYTES for each in hashes):
        raise InvalidValue(f"{what} has at most {MAX_HASHES} hashes of {HASH_BYTES} bytes")
