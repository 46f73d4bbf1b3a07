"""The three clocks on the command line: one definition of their options, for every command that reads.

`--known-at` cuts the log, `--asserted-by` leaves out what was said later, `--true-on` picks the day that is spoken
of; what they mean is in `claimledger.projections.clocks`. They work alone and together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

if TYPE_CHECKING:
    from claimledger.projections.clocks import Moment

__all__ = ["Asked", "AssertedBy", "KnownAt", "TrueOn", "asked", "moment_of", "repeated"]

KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="WHEN",
        help="As recorded by then: a log index, a day or an instant (recorders' clocks).",
    ),
]
AssertedBy = Annotated[
    str | None,
    typer.Option("--asserted-by", metavar="DAY", help="Only what had been said by the end of that day."),
]
TrueOn = Annotated[
    str | None,
    typer.Option("--true-on", metavar="DAY", help="Only what is said of that day, or of no day."),
]


class Asked(TypedDict):
    """The clocks as projections take them."""

    known_at: Moment | None
    asserted_by: str | None
    true_on: str | None


def asked(known_at: str | None, asserted_by: str | None, true_on: str | None) -> Asked:
    """The clocks of a command, for the projection that it asks."""
    return Asked(known_at=moment_of(known_at), asserted_by=asserted_by, true_on=true_on)


def moment_of(known_at: str | None) -> Moment | None:
    """A log index where digits were written, else the day or instant as it was."""
    return int(known_at) if known_at is not None and known_at.isdigit() else known_at


def repeated(clocks: Asked) -> dict[str, str | None]:
    """The clocks as JSON answers repeat them: as they were written."""
    known_at = clocks["known_at"]
    return {
        "known_at": None if known_at is None else str(known_at),
        "asserted_by": clocks["asserted_by"],
        "true_on": clocks["true_on"],
    }
