"""The commands that show what a ledger holds: `cases`, `show`, `history`, `disputes`.

Each is a function of plain values that returns an exit status. They answer from events whose
signatures, chains and rows were checked as they were read, and never write to a ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .cli_case import CaseName, case_named, holders_of, tell, tell_json
from .cli_clocks import AssertedBy, KnownAt, TrueOn, asked
from .cli_terminal import say, say_json, screen_width
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from claimledger.projections.layout import Line

__all__ = ["cases", "disputes", "history", "show"]


def cases(ledger: LedgerPlace, as_json: AsJSON = False) -> int:
    """List the cases of a ledger."""
    from claimledger.projections.layout import columns, fitting

    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        listed = opened.cases()
        if as_json:
            say_json({"shape": 1, "ledger": opened.id, "origin": opened.origin, "cases": [
                {"name": case.name, "title": case.title, "events": case.events} for case in listed
            ]})  # fmt: skip
            return 0
    if not listed:
        say("no case yet; record a claim file: claimledger record LEDGER FILE --keys DIR")
        return 0
    width = screen_width()
    names = fitting((case.name for case in listed), 40)
    for case in listed:
        row = [case.name, f"{case.events} {'event' if case.events == 1 else 'events'}", case.title]
        say(*columns(row, [names, 12], width=width))
    return 0


def show(
    ledger: LedgerPlace,
    case: CaseName = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every question and claim.")] = False,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    as_json: AsJSON = False,
) -> int:
    """Show what stands: each question with its positions, who holds them, and how they came."""
    from claimledger.projections.case import CaseState
    from claimledger.projections.render import case_lines

    def lines(state: CaseState, holders: Mapping[str, str]) -> list[Line]:
        more = f"claimledger show {ledger} {state.case} --all"
        return case_lines(state, width=screen_width(), everything=show_all, more=more, holders=holders)

    return tell(
        ledger,
        case,
        asked(known_at, asserted_by, true_on),
        CaseState,
        lines,
        as_json=as_json,
        with_holders=True,
    )


def history(
    ledger: LedgerPlace,
    case: CaseName = None,
    question: Annotated[
        str | None,
        typer.Option("--question", metavar="QUESTION", help="Entity and property, such as z.cause_of_death."),
    ] = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Stay, and show what is recorded from now on (Ctrl-C ends).")
    ] = False,
    as_json: AsJSON = False,
) -> int:
    """List every claim on a question in the order of the log: who, what, how it reached us, where it is read."""
    from claimledger.projections.history import History
    from claimledger.projections.render_history import history_lines

    from .ledger import Ledger

    if follow and known_at is not None:
        raise typer.BadParameter("shows what is still to come; leave out --known-at", param_hint="--follow")
    clocks = asked(known_at, asserted_by, true_on)
    with Ledger.open(ledger, read_only=True) as opened:
        name = case_named(opened, case)
        fold = opened.replay(History(name, question, **clocks))
        holders = holders_of(opened)
        if as_json and not follow:
            tell_json(fold, clocks, holders=holders)
            return 0
        more = f"a proof that stands alone: claimledger prove {ledger} {name}/CLAIM --to DIR"
        if not as_json:
            say(*history_lines(fold, width=screen_width(), holders=holders, more=more))
        if follow:
            from .cli_follow import follow_history

            follow_history(opened, fold, as_json=as_json)
    return 0


def disputes(
    ledger: LedgerPlace,
    case: CaseName = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    as_json: AsJSON = False,
) -> int:
    """Show the disputed questions as a table: a row for each question, a column for each speaker."""
    from claimledger.projections.disputes import Disputes
    from claimledger.projections.render_matrix import matrix_lines

    def lines(fold: Disputes, _: object) -> list[Line]:
        return matrix_lines(fold, width=screen_width())

    return tell(ledger, case, asked(known_at, asserted_by, true_on), Disputes, lines, as_json=as_json)
