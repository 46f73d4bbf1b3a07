"""The command `verify`: a whole ledger checked, and each event that does not hold named with the reason.

1. Without the ledger's id from elsewhere it never reads as success: status 3, unless `--unpinned` says that it will do.
2. Who vouches for which part of the log is said each time, and what nobody vouches for. `--require-anchor` turns that
   into could-not-check (3), unless somebody outside vouches for every event, the last one included.
3. Disputed events are no finding, and not plainly all that was asked for either: status 3, unless `--accept-disputed`
   says that it will do.
4. It reads the rows themselves, not through an open ledger: one that is damaged at its first event is reported too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_auditor import (
    Authorities,
    HowMany,
    KeptCheckpoints,
    Policy,
    SinceFile,
    TrustedWitnesses,
    dispute_lines,
    kept_checkpoints,
    outside_as_json,
    range_lines,
    read_file,
    trust_of,
)
from .cli_terminal import progress, say, say_json, screen_width
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from claimledger.projections.layout import Line

    from .report import Finding, Report

__all__ = ["exit_line", "finding_as_json", "finding_lines", "report_as_json", "report_lines", "verify"]

NO_ANCHOR = "nobody outside vouches for the last event of this ledger, and --require-anchor asks for that"

_UNCHECKED = 3
_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")
_SHOWN = 50
"""How many findings a screen lists; `--json` lists all."""


def verify(
    ledger: LedgerPlace,
    trust: Annotated[
        str | None,
        typer.Option("--trust", metavar="LEDGER_ID", help="The id that you keep outside the ledger."),
    ] = None,
    unpinned: Annotated[
        bool,
        typer.Option("--unpinned", help="Do without --trust: shows only that the ledger agrees with itself."),
    ] = False,
    checkpoint: KeptCheckpoints = None,
    witness: TrustedWitnesses = None,
    witnesses: HowMany = None,
    policy: Policy = None,
    authorities: Authorities = None,
    since: SinceFile = None,
    require_anchor: Annotated[
        bool,
        typer.Option("--require-anchor", help="Status 3 unless somebody outside vouches for the last event."),
    ] = False,
    accept_disputed: Annotated[
        bool,
        typer.Option("--accept-disputed", help="Do with events that are disputed: status 0 all the same."),
    ] = False,
    as_json: AsJSON = False,
) -> int:
    """Check every signature, chain, index and row; name each event that does not hold."""
    from . import audit, cli_bundle
    from .bundle_read import is_bundle
    from .store import Store

    if trust is not None and not re.fullmatch("[0-9a-f]{64}", trust.lower()):
        said = "a ledger id is 64 hex digits: it was shown when the ledger was made"
        raise typer.BadParameter(said, param_hint="--trust")
    if trust is not None and unpinned:
        raise typer.BadParameter("say either --trust or --unpinned", param_hint="--unpinned")
    kept = kept_checkpoints(checkpoint)
    if is_bundle(ledger):
        if since:
            raise typer.BadParameter("a bundle is verified whole each time: leave --since out")
        outside = trust_of(witness, witnesses, policy, authorities)
        asked = {"unpinned_will_do": unpinned, "disputed_will_do": accept_disputed}
        asked["require_anchor"] = require_anchor
        return cli_bundle.verify_bundle(ledger, trust, outside, kept, asked, as_json=as_json)
    trusted = trust_of(witness, witnesses, policy, authorities)
    earlier = None if since is None else read_file(since)
    store = Store.open(ledger, read_only=True)
    try:
        with progress("verifying", store.size()) as advance:
            report = audit.verify(
                store, pin=trust, checkpoints=kept, trust=trusted, since=earlier, progress=advance
            )
    finally:
        store.close()
    status = report.exit_status(
        unpinned_will_do=unpinned, disputed_will_do=accept_disputed, require_anchor=require_anchor
    )
    lacks_anchor = require_anchor and not report.is_anchored
    if as_json:
        say_json(report_as_json(report, status, lacks_anchor=lacks_anchor))
    else:
        say(*report_lines(report, status, lacks_anchor=lacks_anchor, width=screen_width()))
    return status


def report_as_json(report: Report, status: int, *, lacks_anchor: bool = False) -> dict[str, Any]:
    """The report in the shape that the reference documents."""
    return {
        "shape": 1,
        "ledger": report.ledger_id,
        "origin": report.origin,
        "pinned": report.pinned,
        "status": status,
        "events": report.events,
        "holding": report.holding,
        "streams": report.streams,
        "keys": report.keys,
        "findings": [finding_as_json(finding) for finding in report.findings],
        **outside_as_json(report),
        "notes": [*report.notes, *([NO_ANCHOR] if lacks_anchor else [])],
    }


def report_lines(report: Report, status: int, *, lacks_anchor: bool = False, width: int = 100) -> list[Line]:
    """The report as a person reads it.

    Args:
        report: what the audit found.
        status: the exit status that it comes to.
        lacks_anchor: whether an anchor of the last event was asked for, and there is none.
        width: cells of a line.
    """
    from claimledger.projections.layout import Cell, amount, line, wrapped

    lines: list[Line] = []
    for finding in report.findings[:_SHOWN]:
        lines += finding_lines(finding, width)
    if len(report.findings) > _SHOWN:
        lines.append(line(f"  and {len(report.findings) - _SHOWN} findings more: --json lists all"))
    if report.findings:
        held = f"{amount(report.holding, 'event')} {'holds' if report.holding == 1 else 'hold'}"
        lines.append(line(f"{amount(len(report.findings), 'finding')} \N{MIDDLE DOT} {held}"))
    else:
        new = "new " if report.since else ""
        counted = f"{amount(report.events, new + 'event')}, 1 ledger, {amount(report.keys, 'key')}"
        lines.append(
            line(Cell("\N{CHECK MARK} ", "green"), f"{counted}: every signature, chain and index holds")
        )
    if report.pinned and not report.findings:
        lines.append(line(f"  it is the ledger that you trust: {report.ledger_id}"))
    elif not report.pinned and report.ledger_id is not None:
        lines.append(line(f"  ledger id {report.ledger_id}"))
    lines += dispute_lines(report.disputes, width)
    lines += range_lines(report.ranges, width)
    for note in (*report.notes, *([NO_ANCHOR] if lacks_anchor else [])):
        first, *rest = wrapped(note, width - 2)
        lines.append(line(Cell("! ", "yellow"), first))
        lines += [line(f"  {each}") for each in rest]
    if not report.is_anchored and not report.findings:
        lines.append(line("  \N{RIGHTWARDS ARROW} keep a checkpoint elsewhere: claimledger seal --to FILE"))
    return [*lines, exit_line(status)]


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding in the shape that the reference documents."""
    return {
        "code": finding.code,
        "wrong": finding.is_wrong,
        "index": finding.index,
        "leaf": finding.leaf,
        "where": finding.where,
        "message": finding.message,
        "meaning": finding.meaning,
    }


def exit_line(status: int) -> Line:
    """What an exit status means, as the last line of a report."""
    from claimledger.projections.layout import Cell, line

    said = {
        0: "all that was asked holds",
        1: "something is wrong",
        _UNCHECKED: "could not be checked in full",
    }
    return line(Cell(f"exit {status}: {said[status]}", "green" if status == 0 else "red"))


def finding_lines(finding: Finding, width: int) -> list[Line]:
    """A finding as a person reads it: place, what is wrong, its code, and what follows from it."""
    from rich.text import Text

    from claimledger.projections.layout import aside, line, paragraph, wrapped

    mark = Text("\N{BALLOT X} ", "red") if finding.is_wrong else Text("? ", "yellow")
    code = f"[{finding.code}]"
    first, *rest = wrapped(_HASH.sub(r"\1", str(finding)), width - len(code) - 4)
    head = mark.append_text(aside(first, code, width - 2))
    lines = [head, *(line(f"  {each}") for each in rest)]
    if finding.meaning:
        lines += paragraph(_HASH.sub(r"\1", finding.meaning), width, indent=2)
    return lines
