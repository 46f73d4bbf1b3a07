"""The commands on numbers and on evidence items: `counts` and `custody`."""

from __future__ import annotations

from .cli_clocks import AssertedBy, KnownAt, TrueOn, asked, repeated
from .cli_read import CaseName, case_named
from .cli_terminal import say, say_json, screen_width
from .cli_write import AsJSON, LedgerPlace

__all__ = ["counts", "custody"]


def counts(
    ledger: LedgerPlace,
    case: CaseName = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    as_json: AsJSON = False,
) -> int:
    """Show each number over time, holder by holder, as it was stated; nothing is added up."""
    from claimledger.projections.counts import Counts
    from claimledger.projections.render_counts import counts_lines

    from .ledger import Ledger

    clocks = asked(known_at, asserted_by, true_on)
    with Ledger.open(ledger, read_only=True) as opened:
        fold = opened.replay(Counts(case_named(opened, case), **clocks))
    if as_json:
        say_json({"shape": 1, **repeated(clocks), **fold.to_json()})
        return 0
    say(*counts_lines(fold, width=screen_width()))
    return 0


def custody(
    ledger: LedgerPlace,
    case: CaseName = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    as_json: AsJSON = False,
) -> int:
    """Show each evidence item: who speaks of it, which copies are held, through whose hands it went."""
    from claimledger.projections.custody import Custody
    from claimledger.projections.render_custody import custody_lines

    from .ledger import Ledger

    clocks = asked(known_at, asserted_by, true_on)
    with Ledger.open(ledger, read_only=True) as opened:
        fold = opened.replay(Custody(case_named(opened, case), **clocks))
    if as_json:
        say_json({"shape": 1, **repeated(clocks), **fold.to_json()})
        return 0
    say(*custody_lines(fold, width=screen_width()))
    return 0
