"""`history --follow`: what is recorded from now on, shown as it comes.

1. It polls the log, reads what is new and verifies it like any other event. Ctrl-C ends it, quietly and well.
2. Shown are the new claims, and what new events did to those above: ended, amended or judged them.
3. With `--json` each of these is one line: ``{"shape": 1, "is_new": ..., "row": {...}}``; first the rows that are
   there, then the others.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .cli_terminal import say, screen_width

if TYPE_CHECKING:
    from claimledger.projections.history import History, HistoryRow

    from .ledger import Ledger

__all__ = ["follow_history"]

_SECONDS = 1.0


def _wait() -> bool:
    time.sleep(_SECONDS)
    return True


def follow_history(
    ledger: Ledger, fold: History, *, as_json: bool = False, pause: Callable[[], bool] = _wait
) -> None:
    """Show what comes to a history.

    Args:
        ledger: open.
        fold: the history, as it was shown.
        as_json: a JSON object for each row, one a line.
        pause: called when everything recorded was shown; it waits, and says whether to go on.
    """
    shown: tuple[HistoryRow, ...] = ()
    if not as_json:
        shown = fold.rows
        say("", "following; Ctrl-C ends it")
    seen: int | None = -1

    def look() -> bool:
        nonlocal shown, seen
        if fold.taken_in != seen:
            rows, seen = fold.rows, fold.taken_in
            _show(ledger, fold, shown, rows, as_json=as_json)
            shown = rows
        sys.stdout.flush()
        return pause()

    after = -1 if fold.taken_in is None else fold.taken_in
    try:
        for event in ledger.follow(fold.case, after, pause=look):
            fold.apply(event)
    except KeyboardInterrupt:
        return


def _show(
    ledger: Ledger,
    fold: History,
    before: tuple[HistoryRow, ...],
    after: tuple[HistoryRow, ...],
    *,
    as_json: bool,
) -> None:
    if as_json:
        known = {row.ref: row for row in before}
        for row in after:
            if known.get(row.ref) != row:
                line = {"shape": 1, "is_new": row.ref not in known, "row": row.to_json()}
                say(json.dumps(line, ensure_ascii=True))
        return
    from claimledger.projections.render import endings_in_words
    from claimledger.projections.render_history import followed_lines

    holders = {keyid: record.holder for keyid, record in ledger.keys.keys.items()}
    endings = endings_in_words(fold.state, holders)
    say(
        *followed_lines(
            before, after, fold.state.label, width=screen_width(), holders=holders, endings=endings
        )
    )
