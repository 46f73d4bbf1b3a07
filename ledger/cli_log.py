"""The command `seal`: a signed checkpoint over everything that is recorded.

1. The checkpoint is shown and, with `--to`, written out: what vouches for a ledger must be kept where it is not.
2. Sealing twice changes nothing. What the log's key signed before is never contradicted, whatever is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_terminal import open_keyring, progress, say, say_json, write_new
from .cli_write import AsJSON, KeysFolder, LedgerPlace

__all__ = ["seal"]


def seal(
    ledger: LedgerPlace,
    keys: KeysFolder,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write the checkpoint there too, to be kept elsewhere."),
    ] = None,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Go on from the ledger's last checkpoint where the key's own memory of it was lost.",
        ),
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build the whole tree anew, where an audit found it damaged.")
    ] = False,
    as_json: AsJSON = False,
) -> int:
    """Sign a checkpoint over everything that is recorded, so that none of it can be changed unseen."""
    from .ledger import Ledger

    with Ledger.open(ledger, open_keyring(keys)) as opened:
        before = opened.checkpoint()
        with progress("sealing", opened.size, 0 if before is None else before.size) as advance:
            sealed = opened.seal(adopt=adopt, rebuild=rebuild, progress=advance)
        log_keys = [str(each) for each in opened.log_keys]
        new = sealed.size - (0 if before is None else before.size)
    if to is not None:
        write_new(to, sealed.data)
    if as_json:
        say_json(
            {
                "shape": 1,
                "origin": sealed.checkpoint.origin,
                "size": sealed.size,
                "root": sealed.root.hex(),
                "new": new,
                "checkpoint": sealed.data.decode(),
                "log_keys": log_keys,
            }
        )
        return 0
    events = "1 event" if sealed.size == 1 else f"{sealed.size:,} events"
    was = "nothing new since the last checkpoint" if not new else f"{new:,} of them new"
    say(f"sealed: {events} of {sealed.checkpoint.origin}, {was}", f"  root {sealed.root.hex()}")
    if to is None:
        say("  kept in the ledger; to keep it elsewhere as well: --to FILE, and give FILE to others")
    else:
        say(f"  written to {to}; keep it where the ledger is not, and give it to others")
        say(f"  claimledger verify {ledger} --checkpoint {to} then holds the ledger against it")
    return 0
