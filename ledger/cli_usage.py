"""How the command line helps, and what it says to wrong usage: in the form of every other message.

1. Wrong usage is one message on standard error, ``error: ...``, and the command whose help tells more; its status is 2.
2. Help names an argument by its word alone: LEDGER, CASE, FILE....
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

__all__ = ["Command", "Group", "message_lines"]

# The class of every error of usage: typer gives it no name of its own from release to release.
_USAGE: Final[type[Exception]] = typer.BadParameter.__mro__[1]


def message_lines(message: str) -> list[str]:
    """A message as standard error has it: led by ``error:``, its further lines set in, safe for a terminal."""
    from claimledger.projections.layout import plain

    rows = [plain(row) for row in message.split("\n")]
    return [f"error: {rows[0]}", *(f"  {row}" for row in rows[1:])]


class _WrongUsage(typer.BadParameter):
    """An error of usage that shows itself in our form."""

    def show(self, file: Any = None) -> None:
        """Write the message, to standard error where no file is given."""
        typer.echo("\n".join(message_lines(self.message)), file=file, err=file is None)


def _in_our_form(error: Any) -> NoReturn:
    if type(error).__name__ == "NoArgsIsHelpError":
        raise error  # it is the help that was asked for
    said = (
        str(error.format_message()).rstrip(".").replace("Value error, ", "").removeprefix("Invalid value: ")
    )
    path = "claimledger" if error.ctx is None else error.ctx.command_path
    raise _WrongUsage(f"{said[:1].lower()}{said[1:]}\nsee {path} --help") from None


class Command(TyperCommand):
    """A command whose help names arguments by their words."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words after the command's name: what may be left out stands in brackets."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what the arguments and options are."""
        listed: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and parameter.param_type_name == "argument":
                listed["Arguments"].append((record[0].partition(" <")[0], record[1]))
            elif record is not None:
                listed["Options"].append(record)
        for title, records in listed.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Group(TyperGroup):
    """Commands that answer wrong usage in our form."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the options before the command."""
        try:
            return super().make_context(*args, **kwargs)
        except _USAGE as error:
            _in_our_form(error)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is named."""
        try:
            return super().invoke(ctx)
        except _USAGE as error:
            if isinstance(error, _WrongUsage):
                raise
            _in_our_form(error)
