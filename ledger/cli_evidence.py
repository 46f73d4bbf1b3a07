"""The commands on numbers and on evidence items: `counts` and `custody`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cli_case import CaseName, tell
from .cli_clocks import AssertedBy, KnownAt, TrueOn, asked
from .cli_terminal import screen_width
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from claimledger.projections.layout import Line

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

    def lines(fold: Counts, _: object) -> list[Line]:
        return counts_lines(fold, width=screen_width())

    return tell(ledger, case, asked(known_at, asserted_by, true_on), Counts, lines, as_json=as_json)


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

    def lines(fold: Custody, _: object) -> list[Line]:
        return custody_lines(fold, width=screen_width())

    return tell(ledger, case, asked(known_at, asserted_by, true_on), Custody, lines, as_json=as_json)
