"""The command line: `claimledger COMMAND ...`.

1. Exit status: 0 all that was asked holds; 1 something is wrong (evidence not sound, input not valid, a ledger or
   key that cannot be used); 2 wrong usage; 3 nothing was found wrong, but something could not be checked.
   130 and 141 mean that the user or the reader of the output stopped it.
2. A user's mistake never shows a traceback: every error of claimledger becomes one message on standard error.
3. Starting is quick: a command imports what it needs when it runs, so `--help` loads neither keys nor a store.

The commands themselves are in the other modules `cli_*` and in `demo`: functions that return an exit status.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from . import (
    cli_bundle,
    cli_erase,
    cli_evidence,
    cli_export,
    cli_find,
    cli_key_requests,
    cli_keys,
    cli_log,
    cli_publish,
    cli_read,
    cli_sheet,
    cli_time,
    cli_verify,
    cli_witness,
    cli_write,
    demo,
)
from .cli_terminal import note
from .cli_usage import Command, Group, message_lines

if TYPE_CHECKING:
    from claimledger.events.errors import ClaimLedgerError

__all__ = ["app", "main"]

WRONG, UNCHECKED, READER_LEFT = 1, 3, 141

_P = ParamSpec("_P")

app = typer.Typer(
    name="claimledger",
    cls=Group,
    help="Record every claim about an incident as a signed event; see what stands, and on whose word.",
    epilog="LEDGER is a path or an address. Status: 0 holds, 1 something is wrong, 2 usage, 3 could not check.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
keys_app = typer.Typer(
    name="keys",
    cls=Group,
    help="Who may sign, and how that is changed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
witness_app = typer.Typer(
    name="witness",
    cls=Group,
    help="Vouch for somebody's log: init, add-log, cosign, serve, show.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
anchor_app = typer.Typer(
    name="anchor",
    cls=Group,
    help="Have others vouch for checkpoints: keys, request, add, ask, timestamp, stamp, list.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _status_of(error: ClaimLedgerError) -> int:
    from claimledger.events.errors import CouldNotCheck

    return UNCHECKED if isinstance(error, CouldNotCheck) else WRONG


def _our_errors() -> type[ClaimLedgerError]:
    """Evaluated only when something was raised: the vocabulary is not loaded for ``--help``."""
    from claimledger.events.errors import ClaimLedgerError

    return ClaimLedgerError


def _command(function: Callable[_P, int]) -> Callable[_P, None]:
    """Turn what a command returns or raises into an exit status, and an error into one message."""

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            status = function(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the output has seen enough; what Python still flushes at its end goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(READER_LEFT) from None
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            note(f"error: {where}{error.strerror or error}")
            raise typer.Exit(WRONG) from None
        except _our_errors() as error:
            sys.stdout.flush()
            note(*message_lines(str(error)))
            raise typer.Exit(_status_of(error)) from None
        if status:
            raise typer.Exit(status)

    return run


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"claimledger {version('claimledger')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Take the options of all commands together; each acts by its own callback."""


app.command("demo", cls=Command, short_help="Record a real incident, dispute, verify, tamper.")(
    _command(demo.demo)
)
app.command("init", cls=Command, short_help="Make a ledger, and keys where there are none.")(
    _command(cli_write.init)
)
app.add_typer(keys_app)
app.command("lint", cls=Command, short_help="Check claim files and write nothing.")(_command(cli_write.lint))
app.command("record", cls=Command, short_help="Record claim files, all or nothing for each.")(
    _command(cli_write.record)
)
app.command("cases", cls=Command, short_help="List the cases of a ledger.")(_command(cli_read.cases))
app.command("show", cls=Command, short_help="Show what stands, and on whose word.")(_command(cli_read.show))
app.command("history", cls=Command, short_help="Show one question, claim by claim.")(
    _command(cli_read.history)
)
app.command("disputes", cls=Command, short_help="Show who contradicts whom, as a table.")(
    _command(cli_read.disputes)
)
app.command("timeline", cls=Command, short_help="List the claims of a case in the order of time.")(
    _command(cli_time.timeline)
)
app.command("diff", cls=Command, short_help="Show what changed between two moments.")(_command(cli_time.diff))
app.command("counts", cls=Command, short_help="Show each number over time, by holder.")(
    _command(cli_evidence.counts)
)
app.command("custody", cls=Command, short_help="Show through whose hands evidence went.")(
    _command(cli_evidence.custody)
)
app.command("sheet", cls=Command, short_help="Write a page for each claim, as exhibits.")(
    _command(cli_sheet.sheet)
)
app.command("find", cls=Command, short_help="Find claims over all cases.")(_command(cli_find.find))
app.command("asserters", cls=Command, short_help="Show how often who said what, over all cases.")(
    _command(cli_find.asserters)
)
app.command("verify", cls=Command, short_help="Check every signature, chain, index and row.")(
    _command(cli_verify.verify)
)
app.command("seal", cls=Command, short_help="Sign a checkpoint over everything recorded.")(
    _command(cli_log.seal)
)
app.command("publish", cls=Command, short_help="Write the sealed log as files for a web server.")(
    _command(cli_publish.publish)
)
app.command("monitor", cls=Command, short_help="Follow a published log: does it only grow?")(
    _command(cli_publish.monitor)
)
app.add_typer(anchor_app)
app.add_typer(witness_app)
app.command("bundle", cls=Command, short_help="Write cases into one file that a stranger can check.")(
    _command(cli_bundle.bundle)
)
app.command("disclose", cls=Command, short_help="Hand over protected content of one event later.")(
    _command(cli_bundle.disclose)
)
app.command("merge", cls=Command, short_help="Make one bundle of several; fit in what was disclosed.")(
    _command(cli_bundle.merge)
)
app.command("export", cls=Command, short_help="Write the projections as tables for other tools.")(
    _command(cli_export.export)
)
app.command("prove", cls=Command, short_help="Write one event out for openssl to verify.")(
    _command(cli_write.prove)
)
app.command("erase", cls=Command, short_help="Erase protected content for good, and sign that.")(
    _command(cli_erase.erase)
)
app.command("backup", cls=Command, short_help="Copy a whole ledger to a new file, and verify it.")(
    _command(cli_erase.backup)
)
app.command("schema", cls=Command, short_help="Print the schema of claim files, or a code list.")(
    _command(cli_write.schema)
)
keys_app.command("list", cls=Command)(_command(cli_keys.keys_list))
keys_app.command("new", cls=Command)(_command(cli_keys.keys_new))
keys_app.command("rotate", cls=Command)(_command(cli_keys.keys_rotate))
keys_app.command("revoke", cls=Command)(_command(cli_keys.keys_revoke))
keys_app.command("request", cls=Command)(_command(cli_key_requests.keys_request))
keys_app.command("sign", cls=Command)(_command(cli_key_requests.keys_sign))
keys_app.command("apply", cls=Command)(_command(cli_key_requests.keys_apply))
witness_app.command("init", cls=Command)(_command(cli_witness.witness_init))
witness_app.command("add-log", cls=Command)(_command(cli_witness.witness_add_log))
witness_app.command("cosign", cls=Command)(_command(cli_witness.witness_cosign))
witness_app.command("serve", cls=Command)(_command(cli_witness.witness_serve))
witness_app.command("show", cls=Command)(_command(cli_witness.witness_show))
anchor_app.command("keys", cls=Command)(_command(cli_witness.anchor_keys))
anchor_app.command("request", cls=Command)(_command(cli_witness.anchor_request))
anchor_app.command("add", cls=Command)(_command(cli_witness.anchor_add))
anchor_app.command("ask", cls=Command)(_command(cli_witness.anchor_ask))
anchor_app.command("timestamp", cls=Command)(_command(cli_witness.anchor_timestamp))
anchor_app.command("stamp", cls=Command)(_command(cli_witness.anchor_stamp))
anchor_app.command("list", cls=Command)(_command(cli_witness.anchor_list))


def main() -> None:
    """Run the command line; the entry point of the installed script."""
    app(prog_name="claimledger")


if __name__ == "__main__":
    main()
