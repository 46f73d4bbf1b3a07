"""The commands `erase`, which takes protected content out for good, and `backup`, which copies the whole ledger.

Nothing here repeats what is erased, nor the name by which a person calls it: a random name stands for it on the screen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_terminal import note, open_keyring, say, screen_width
from .cli_write import KeysFolder, LedgerPlace

if TYPE_CHECKING:
    from .erasing import Erased, ErasedSlot

__all__ = ["backup", "erase"]

BEYOND_REACH = (
    "Beyond reach are copies made before: backups, files that were handed out or exported, claim files, what other "
    "programs saved, and what the disk itself keeps of deleted blocks."
)


def erase(
    ledger: LedgerPlace,
    case: Annotated[str, typer.Argument(metavar="CASE", help="Name of the case.")],
    what: Annotated[
        list[str],
        typer.Argument(metavar="WHAT", help="Claims, entities or sources; NAME:SLOT for one field only."),
    ],
    authority: Annotated[
        str, typer.Option("--authority", metavar="TEXT", help="By whose authority; signed in clear.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; signed in clear.")],
    keys: KeysFolder,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Erase protected content for good: sign that it is erased, then delete it from the disk."""
    from claimledger.projections.layout import paragraph

    from .ledger import Ledger

    width = screen_width()
    with Ledger.open(ledger, open_keyring(keys)) as opened:
        chosen = opened.case(case)
        if not yes:
            if not sys.stdin.isatty():
                raise typer.BadParameter("there is no terminal to ask on; add --yes", param_hint="--yes")
            note("To be erased for good:", *_slot_lines(chosen.erasable(*what)))
            note(*paragraph(BEYOND_REACH, width))
            if not typer.confirm("Erase it?", err=True):
                note("nothing was erased")
                return 1
        done = chosen.erase(*what, authority=authority, reason=reason)
    say(*_done_lines(done), *_slot_lines(done.slots))
    words = [leak for leak in done.elsewhere if not leak.is_value]
    values = [leak for leak in done.elsewhere if leak.is_value]
    for heading, leaks in (
        ("The same words still stand in:", words),
        ("Of the same entity there is still:", values),
    ):
        if leaks:
            say(heading)
        for leak in leaks:
            can = "signed for good" if leak.is_signed else "protected; erase it as well"
            part = "a part of " if leak.is_part else ""
            said = f"{leak.where}, {leak.path}: {part}{leak.slot} ({can})"
            say(*paragraph(said, width, indent=2, hanging=2))
    say(*paragraph(BEYOND_REACH, width))
    return 0


def backup(
    ledger: LedgerPlace,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; nothing is replaced.")],
) -> int:
    """Copy a whole ledger, protected content included, to a new file, and verify the copy."""
    from claimledger.projections.layout import paragraph

    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        report = opened.backup(to)
    say(f"{to}: {report.events} events, verified as ledger {report.ledger_id}")
    if report.findings:
        say(
            *paragraph(
                f"{len(report.findings)} of them could not be checked in full: verify {to}", screen_width()
            )
        )
    say(*paragraph("It holds protected content in clear: keep it as you keep the ledger.", screen_width()))
    return 0


def _done_lines(done: Erased) -> Iterable[str]:
    new = sum(slot.is_new for slot in done.slots)
    if not done.receipts:
        return ("erased already; its bytes were looked for again, and none are left:",)
    places = ", ".join(str(receipt.index) for receipt in done.receipts)
    fields = "1 protected field" if new == 1 else f"{new} protected fields"
    return (f"erased {fields}, signed at index {places}:",)


def _slot_lines(slots: Iterable[ErasedSlot]) -> Iterable[str]:
    named: dict[str, dict[str, None]] = {}
    for slot in slots:
        named.setdefault(slot.where, {})[slot.slot.rpartition(".")[2]] = None
    return [f"  {where}: {', '.join(fields)}" for where, fields in named.items()]
