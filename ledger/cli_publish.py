"""The commands `publish`, for who keeps a ledger, and `monitor`, for who watches one from outside.

1. `publish` writes the sealed log as files, and says how to serve and how to watch them.
2. `monitor` needs neither the ledger nor a store: an address or a folder, the log's keys, and a file of its own.
3. What `monitor` finds wrong is its answer: status 1, and 3 where something could not be checked. With `--json` the
   finding is in the document, under its stable code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_terminal import progress, say, say_json, shown_path, working
from .cli_witness import verifier_keys
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from .cosignatures import WitnessPolicy
    from .log_client import Followed

__all__ = ["monitor", "publish"]


def publish(
    ledger: LedgerPlace,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or one that this log is published in.")
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Look at each file, and write what is missing or changed.")
    ] = False,
    as_json: AsJSON = False,
) -> int:
    """Write the sealed log as files that any web server or object store serves; no event, no content."""
    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        with progress("publishing", opened.size) as advance:
            done = opened.publish(folder, everything=everything, progress=advance)
        keys = [str(key) for key in opened.log_keys]
    if as_json:
        say_json(
            {
                "shape": 1,
                "folder": str(done.folder),
                "origin": done.origin,
                "size": done.size,
                "before": done.before,
                "files": done.written,
                "log_keys": keys,
            }
        )
        return 0
    new = done.size - done.before
    was = f"{new:,} of them new" if new else "nothing new"
    say(f"published: {_events(done.size)} of {done.origin}, {was}; {_counted(done.written, 'file')} written")
    if not done.before:
        say(
            f"  serve {shown_path(folder)} with any web server; the log's keys, to be given out another way:",
            f"  claimledger anchor keys {ledger} --to log.keys",
            "  whoever has them watches it: claimledger monitor PLACE --key log.keys --state FILE",
        )
    return 0


def monitor(
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help="Where the log is published: https://... or a folder.")
    ],
    key: Annotated[
        list[str],
        typer.Option("--key", metavar="KEY", help="The log's keys, or a file with one on each line."),
    ],
    state: Annotated[
        Path, typer.Option("--state", metavar="FILE", help="Remembers what was seen; made at the first look.")
    ],
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="KEY", help="A witness's key, or a file with one on each line."),
    ] = None,
    witnesses: Annotated[
        int | None,
        typer.Option("--witnesses", metavar="N", min=1, help="How many must have cosigned; without it, all."),
    ] = None,
    mirror: Annotated[
        Path | None,
        typer.Option("--mirror", metavar="DIR", help="Keep a copy of the log there, to be served as well."),
    ] = None,
    event: Annotated[
        list[Path] | None,
        typer.Option("--event", metavar="DIR", help="Look up an event that claimledger prove wrote there."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="Hold a checkpoint that others kept against it."),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait for an answer.")
    ] = 10,
    as_json: AsJSON = False,
) -> int:
    """Look at a published log: does it only grow from what was seen before, and is every entry as it was signed?"""
    from claimledger.events.errors import CouldNotCheck, VerificationFailed

    from .log_client import LogClient
    from .log_places import place_of

    client = LogClient(
        place_of(place, timeout),
        verifier_keys(key),
        state=state,
        policy=_policy(witness, witnesses),
        mirror=mirror,
    )
    document: dict[str, Any] = {"shape": 1, "origin": client.origin}
    try:
        with working(f"reading {client.origin}"):
            found = client.follow()
        document |= _followed(found)
        if not as_json:
            _say_followed(found, asked=witness is not None)
        for each in checkpoint or ():
            signed = client.agrees(each.read_bytes())
            document.setdefault("checkpoints", []).append({"file": str(each), "size": signed.size})
            if not as_json:
                say(f"  {shown_path(each)}: of {_events(signed.size)}, the same history")
        for each in event or ():
            index, leaf = client.holds_exported(each)
            document.setdefault("events", []).append({"folder": str(each), "index": index, "leaf": leaf})
            if not as_json:
                say(f"  {shown_path(each)}: in the log, at index {index}")
    except (VerificationFailed, CouldNotCheck) as error:
        if not as_json:
            raise
        say_json(document | {"holds": False, "code": error.code, "message": str(error)})
        return 3 if isinstance(error, CouldNotCheck) else 1
    if as_json:
        say_json(document | {"holds": True})
    return 0


def _policy(keys: list[str] | None, count: int | None) -> WitnessPolicy | None:
    from .cosignatures import WitnessPolicy

    if not keys:
        if count is not None:
            raise typer.BadParameter("say who the witnesses are: --witness KEY", param_hint="--witnesses")
        return None
    read = verifier_keys(keys)
    return WitnessPolicy(read, len({each.name for each in read}) if count is None else count)


def _followed(found: Followed) -> dict[str, Any]:
    return {
        "size": found.checkpoint.size,
        "root": found.checkpoint.root.hex(),
        "before": None
        if found.before is None
        else {"size": found.before.checkpoint.size, "seen_at": f"{found.before.at:%Y-%m-%dT%H:%M:%SZ}"},
        "cosigned": [
            {"by": each.key.name, "at": _utc(each.timestamp) if each.timestamp else None}
            for each in found.cosignatures
        ],
    }


def _say_followed(found: Followed, *, asked: bool) -> None:
    origin, size = found.checkpoint.checkpoint.origin, found.checkpoint.size
    if found.before is None:
        say(f"{origin}: {_events(size)}, seen for the first time; every entry leads to the signed root")
    else:
        before, when = found.before.checkpoint.size, f"{found.before.at:%Y-%m-%d %H:%M} UTC"
        if size == before:
            say(f"{origin}: {_events(size)}, the same as on {when}")
        else:
            say(f"{origin} grew from {before:,} to {_events(size)}, consistent with what you saw on {when}")
    for each in found.cosignatures:
        say(f"  cosigned by {each.key.name}, {_utc(each.timestamp) if each.timestamp else 'no time stated'}")
    if not asked:
        say("  whether others are shown the same was not asked; a witness says so: --witness KEY")


def _utc(timestamp: int) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _events(count: int) -> str:
    return _counted(count, "event")
