"""A backup: the whole ledger in one new file, verified before it gets its name.

1. It replaces nothing, and what is interrupted leaves no file of that name (`claimledger.sqlite_purge.copy_into`).
2. It holds protected content in clear, like the ledger, and is made readable and writable by its owner alone.
3. What was erased is not in it: neither in its tables nor in any free page.
4. A copy in which something is wrong is no backup: it is not kept, and the message says what is wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from claimledger.events.errors import ErasureUnfinished, VerificationFailed

if TYPE_CHECKING:
    from .report import Report
    from .store import Store

__all__ = ["backup"]


def backup(store: Store, ledger_id: str, path: Path) -> Report:
    """Copy a store to a new file and verify the copy; see `claimledger.Ledger.backup`."""
    from .audit import verify
    from .store import Store

    if store.marked_erasures():
        raise ErasureUnfinished(
            f"{store.place}: bytes that were erased are still in the file; open it for writing, which finishes that, "
            "then make the backup"
        )
    reports: list[Report] = []

    def check(copy: Path) -> None:
        made = Store.open(copy, read_only=True)
        try:
            reports.append(verify(made, pin=ledger_id))
        finally:
            made.close()
        wrong = [each for each in reports[0].findings if each.is_wrong]
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise VerificationFailed(
                f"{path}: no backup is kept, for the copy does not hold: {wrong[0]}{more}; verify the ledger itself"
            )

    store.copy_into(path, check)
    return reports[0]
