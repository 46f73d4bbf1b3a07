"""The commands that read a case along a clock: `timeline`, and `diff` between two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .cli_case import CaseName, case_named, tell
from .cli_clocks import Asked, AssertedBy, KnownAt, TrueOn, asked, moment_of, repeated
from .cli_terminal import say, say_json, screen_width
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from claimledger.projections.layout import Line

__all__ = ["diff", "timeline"]

Clock = Literal["known-at", "asserted-by"]


def timeline(
    ledger: LedgerPlace,
    case: CaseName = None,
    by: Annotated[
        Literal["happened", "said", "recorded"],
        typer.Option("--by", help="In the order in which it happened, was said, or was recorded."),
    ] = "happened",
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    as_json: AsJSON = False,
) -> int:
    """List the claims of a case in the order of time, and say how far that order is certain."""
    from claimledger.projections.render_timeline import timeline_lines
    from claimledger.projections.timeline import Timeline

    def view(name: str, **clocks: Any) -> Timeline:
        return Timeline(name, by, **clocks)

    def lines(fold: Timeline, holders: Mapping[str, str]) -> list[Line]:
        return timeline_lines(fold, width=screen_width(), holders=holders)

    return tell(ledger, case, asked(known_at, asserted_by, true_on), view, lines, as_json=as_json)


def diff(
    ledger: LedgerPlace,
    case: CaseName = None,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="MOMENT", help="The one moment; from the beginning if not given."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="MOMENT", help="The other moment; now if not given.")
    ] = None,
    clock: Annotated[
        Clock, typer.Option("--clock", help="Whether the moments are of being recorded or of being said.")
    ] = "known-at",
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    as_json: AsJSON = False,
) -> int:
    """Show what changed between two moments, and by which claims."""
    from claimledger.projections.case import CaseState
    from claimledger.projections.changes import Changes, is_turned
    from claimledger.projections.render_changes import changes_lines

    from .ledger import Ledger

    if (known_at if clock == "known-at" else asserted_by) is not None:
        raise typer.BadParameter("is the clock of --from and --to already", param_hint=f"--{clock}")
    if since is None and to is None:
        raise typer.BadParameter("say at least one moment: --from, --to")
    if since is not None and to is not None:
        _refuse_turned(clock, since, to)
    others = asked(known_at, asserted_by, true_on)
    with Ledger.open(ledger, read_only=True) as opened:
        name = case_named(opened, case)
        before, after = (
            opened.replay(CaseState(name, **at))
            for at in (
                _nothing(others) if since is None else _set(others, clock, since),
                _set(others, clock, to),
            )
        )
    if since is not None and is_turned(before, after):
        raise _turned(since, to)
    changed = Changes.between(before, after)
    if as_json:
        moments: dict[str, Any] = {"clock": clock.replace("-", "_"), "from": since, "to": to}
        say_json({"shape": 1, **moments, **repeated(others), **changed.to_json()})
        return 0
    say(*changes_lines(changed, before, after, width=screen_width()))
    return 0


def _refuse_turned(clock: Clock, since: str, to: str) -> None:
    """Refuse moments of which the first one is the later, where they tell that themselves."""
    from claimledger.projections.clocks import is_later

    one, other = (since, to) if clock == "asserted-by" else (moment_of(since), moment_of(to))
    by: Literal["known_at", "asserted_by"] = "asserted_by" if clock == "asserted-by" else "known_at"
    if one is not None and other is not None and is_later(by, one, other):
        raise _turned(since, to)


def _turned(since: str, to: str | None) -> typer.BadParameter:
    return typer.BadParameter(
        f"{since} is later than {to} of --to; --from is the earlier moment, --to the later one",
        param_hint="--from",
    )


def _nothing(clocks: Asked) -> Asked:
    """The time before anything was recorded."""
    return {**clocks, "known_at": -1}


def _set(clocks: Asked, clock: Clock, moment: str | None) -> Asked:
    if clock == "known-at":
        return {**clocks, "known_at": moment_of(moment)}
    return {**clocks, "asserted_by": moment}
