"""What an audit says beside its findings: what no check of this file can show, and remarks.

1. Nothing here says or implies that a log is complete: what was recorded after the last anchor, and cut off, never
   shows.
2. Clock readings are claims: where they run backwards or ahead, that is a remark and no finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .audit_links import Links

__all__ = ["NO_PIN", "remarks", "what_is_left_open", "what_no_anchor_mends"]

NO_PIN = "no ledger id was given: a whole other ledger in the place of this one would not show"
_END = "nothing outside this file vouches for its end: later events could have been cut off"
_ORDER = "nothing outside this file vouches for the order of events of different streams"


def what_is_left_open(anchored: int, end: int) -> Iterator[str]:
    """What nobody outside vouches for.

    Args:
        anchored: for how many events somebody outside does.
        end: how many there are.
    """
    if not anchored:
        yield _END
        yield _ORDER
    elif anchored < end:
        yield (
            f"nobody outside vouches for what follows index {anchored - 1}: events of different streams could have "
            "traded places there, and later ones could have been cut off"
        )
    else:
        yield (
            f"the last anchor is at index {anchored - 1}: events that were recorded later, and cut off, would not show"
        )


def what_no_anchor_mends(wrong: Collection[int], anchored: int) -> Iterator[str]:
    """That an anchor covers records which are found wrong, and does not make them right.

    Args:
        wrong: indexes of the events that nobody signed as they are.
        anchored: for how many events somebody outside vouches.
    """
    covered = sorted(index for index in wrong if index < anchored)
    if covered:
        of = "a record that is" if len(covered) == 1 else f"{len(covered)} records that are"
        yield (
            f"among what is vouched for is {of} found wrong above (the first at index {covered[0]}): whoever vouches "
            "saw the root of the log, not these bytes, and does not make them right"
        )


def remarks(erased: int, links: Links) -> Iterator[str]:
    """What else there is to be said of events that hold.

    Args:
        erased: how many protected fields are erased.
        links: what was seen of the recorders' clocks.
    """
    if erased:
        slots = "1 protected field is" if erased == 1 else f"{erased} protected fields are"
        yield f"{slots} erased; signed events say by whose authority and why"
    for (count, first), said in (
        (links.back_dated, "dated before an event that is earlier in the log"),
        (links.future_dated, "dated after the time of this audit"),
    ):
        if count:
            events = "1 event is" if count == 1 else f"{count} events are"
            yield f"{events} {said}, by the recorders' clocks; the first at index {first}"
