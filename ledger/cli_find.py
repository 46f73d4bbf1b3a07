"""The commands that look over all cases: `find`, claim by claim, and `asserters`, speaker by speaker.

Both read the log once, from its beginning; `find` shows each claim as it comes by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .cli_case import case_named
from .cli_clocks import AssertedBy, KnownAt, asked, repeated
from .cli_terminal import say, say_json, screen_width
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from claimledger.projections.finding import Finder, Found

    from .ledger import Ledger

__all__ = ["asserters", "find"]


def find(
    ledger: LedgerPlace,
    asserter: Annotated[
        str | None,
        typer.Option("--asserter", metavar="NAME", help="Said by, or on behalf of, by name or label."),
    ] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Read in.")] = None,
    code: Annotated[
        str | None, typer.Option("--code", metavar="CODE", help="With this code, or a narrower one.")
    ] = None,
    ref: Annotated[
        str | None, typer.Option("--ref", metavar="REF", help="Of this short name, or CASE/REF.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="WORDS", help="With these words in a label or text.")
    ] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="CASE", help="Only in this case.")] = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    as_json: AsJSON = False,
) -> int:
    """Find claims over all cases; what is given must all fit."""
    if all(each is None for each in (asserter, source, code, ref, text)):
        raise typer.BadParameter("say what to find: --asserter, --source, --code, --ref or --text")
    from claimledger.projections.finding import Finder, Sought
    from claimledger.projections.render_clocks import clocks_in_words
    from claimledger.projections.render_found import found_head, found_lines

    from .ledger import Ledger

    clocks = asked(known_at, asserted_by, None)
    with Ledger.open(ledger, read_only=True) as opened:
        if case is not None:
            case_named(opened, case)
        finder = Finder(
            Sought(asserter, source, code, ref, text),
            case=case,
            known_at=clocks["known_at"],
            asserted_by=asserted_by,
            revocations=opened.revocations(clocks["known_at"]),
        )
        found = _found(opened, finder, case)
        if as_json:
            kept = {name: value for name, value in repeated(clocks).items() if name != "true_on"}
            say_json({"shape": 1, "ledger": opened.id, **kept, "claims": [each.to_json() for each in found]})
            return 0
        width = screen_width()
        count = 0
        cases: set[str] = set()
        for each in found:
            say(*([] if count else found_head(width)), *found_lines(each, width))
            count += 1
            cases.add(each.case)
    counted = f"{count} {'claim' if count == 1 else 'claims'} in {len(cases)} {'case' if len(cases) == 1 else 'cases'}"
    say(*([""] if count else []), " \N{MIDDLE DOT} ".join([counted, *clocks_in_words(finder.clocks)]))
    return 0


def asserters(
    ledger: LedgerPlace,
    of: Annotated[
        str | None, typer.Option("--of", metavar="NAME", help="Only this speaker, by name or label.")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", metavar="CASE", help="Only speakers who belong to this case.")
    ] = None,
    of_property: Annotated[
        str | None,
        typer.Option("--property", metavar="P", help="Only answers to this, such as cause_of_death."),
    ] = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    as_json: AsJSON = False,
) -> int:
    """Show what every speaker has said over all cases: how often, on what, and what it took back."""
    from claimledger.projections.asserters import Asserters
    from claimledger.projections.render_asserters import asserter_lines, asserters_lines

    from .ledger import Ledger

    clocks = asked(known_at, asserted_by, None)
    with Ledger.open(ledger, read_only=True) as opened:
        if case is not None:
            case_named(opened, case)
        fold = opened.replay(Asserters(known_at=clocks["known_at"], asserted_by=asserted_by))
    if of is not None:
        rows = [fold.of(of, case)]
    else:
        rows = [row for row in fold.rows if case in (None, row.case)]
    sought = None if of_property is None else fold.property_named(of_property)
    if as_json:
        kept = {name: value for name, value in repeated(clocks).items() if name != "true_on"}
        listed = [row.to_json() for row in rows]
        for each in listed:
            each["answers"] = [one for one in each["answers"] if sought in (None, one["property"])]
        say_json({"shape": 1, **kept, **fold.to_json(), "asserters": listed})
        return 0
    width = screen_width()
    if of is not None:
        say(*asserter_lines(fold, rows[0], sought, width=width))
    else:
        say(
            *asserters_lines(
                fold, rows, sought, width=width, more=f"claimledger asserters {ledger} --of NAME"
            )
        )
    return 0


def _found(ledger: Ledger, finder: Finder, case: str | None) -> Iterator[Found]:
    """The claims that fit; a cut by time is looked for in the whole log, so the log is read whole for it."""
    known_at = finder.clocks.known_at
    whole = known_at is not None and not isinstance(known_at, int)
    return finder.found_in(ledger.events(None if whole else case))
