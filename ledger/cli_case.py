"""How the commands that read one case answer: which case is meant, its events folded, then shown as JSON or as lines.

A case is read from events whose signatures, chains and rows were checked as they were read, and nothing is written to
the ledger. The JSON repeats the clocks as they were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

import typer

from .cli_clocks import Asked, repeated
from .cli_terminal import say, say_json

if TYPE_CHECKING:
    from claimledger.events.recorded import Event
    from claimledger.projections.layout import Line

    from .ledger import Ledger

__all__ = ["CaseName", "case_named", "holders_of", "tell", "tell_json"]

CaseName = Annotated[
    str | None, typer.Argument(metavar="CASE", help="May be left out where the ledger has one case.")
]


class _View(Protocol):
    """A projection of one case."""

    def apply(self, event: Event) -> None:
        """Take in one event."""

    def to_json(self) -> dict[str, Any]:
        """All of it as data."""


View = TypeVar("View", bound=_View)


def tell(
    ledger: str,
    case: str | None,
    clocks: Asked,
    view: Callable[..., View],
    lines: Callable[[View, Mapping[str, str]], Iterable[Line]],
    *,
    as_json: bool,
    with_holders: bool = False,
) -> int:
    """Answer a command that reads one case.

    Args:
        ledger: path or URL of the ledger.
        case: the case's name; None where the ledger has one case.
        clocks: the clocks that were asked for.
        view: makes the projection, from the case's name and the clocks.
        lines: what a person reads of it; takes the projection, and keyid to who holds the key.
        as_json: answer programs instead.
        with_holders: add to that who holds which key.

    Returns:
        Exit status 0.

    Raises:
        UnknownName: the ledger has no such case, none at all, or several and none is named.
    """
    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        fold = opened.replay(view(case_named(opened, case), **clocks))
        holders = holders_of(opened)
    if as_json:
        tell_json(fold, clocks, **({"holders": holders} if with_holders else {}))
    else:
        say(*lines(fold, holders))
    return 0


def tell_json(fold: _View, clocks: Asked, **more: Any) -> None:
    """Answer with a projection as data, the clocks as they were asked for, and what a command adds."""
    say_json({"shape": 1, **repeated(clocks), **fold.to_json(), **more})


def holders_of(ledger: Ledger) -> dict[str, str]:
    """Keyid to who holds the key, as the ledger has it."""
    return {keyid: record.holder for keyid, record in ledger.keys.keys.items()}


def case_named(ledger: Ledger, name: str | None) -> str:
    """The case that is meant; without a name, the only one.

    Raises:
        UnknownName: the ledger has no such case, none at all, or several and none is named.
    """
    if name is not None:
        return ledger.case(name).name
    names = [case.name for case in ledger.cases()]
    if len(names) == 1:
        return names[0]
    from claimledger.events.errors import UnknownName

    if not names:
        raise UnknownName(
            "the ledger has no case yet; record a claim file: claimledger record LEDGER FILE --keys DIR"
        )
    raise UnknownName(f"the ledger has {len(names)} cases, name one: {', '.join(names)}")
