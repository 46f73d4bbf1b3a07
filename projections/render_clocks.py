"""The clocks of a result in words: every screen says which of them were applied, and on what a cut by time rests."""

from __future__ import annotations

from .clocks import Clocks

__all__ = ["clocks_in_words"]

_DAY = len("2025-07-02")


def clocks_in_words(clocks: Clocks) -> list[str]:
    """The clocks that are set, each in a few words: "as known at index 40", "what is said of 2025-06-27".

    Args:
        clocks: the clocks of the result.
    """
    said = []
    if isinstance(clocks.known_at, int):
        said.append(f"as known at index {clocks.known_at}")
    elif clocks.known_at is not None:
        by = "on" if len(str(clocks.known_at)) == _DAY else "at"
        said.append(f"as known {by} {clocks.known_at}, by the recorders' clocks")
    if clocks.asserted_by is not None:
        said.append(f"as asserted by {clocks.asserted_by}")
    if clocks.true_on is not None:
        said.append(f"what is said of {clocks.true_on}")
    return said
