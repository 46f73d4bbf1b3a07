"""The commands that hand records on, and check what was handed on: `bundle`, `disclose`, `merge`, and `verify BUNDLE`.

1. What is written is verified first, as its recipient would; nothing is written over.
2. What its recipient cannot check is said to whoever makes it: no checkpoint, no signed end, content that is missing.
3. What is signed in clear goes out whatever is withheld: where that has protected words, it is said; so is it of the
   words that whoever packs writes beside them, as far as they are not refused. What is protected and given, and holds
   words of what is withheld, is said with what withholds it, too.
4. Without the ledger's id from elsewhere, a bundle never reads as verified.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_leaks import still_given_as_json, warn_of_bundle, warn_of_still_given
from .cli_terminal import note, open_keyring, progress_bar, say, say_json, screen_width, tell, write_new
from .cli_write import AsJSON, LedgerPlace, leaf_of

if TYPE_CHECKING:
    from claimledger.projections.layout import Line

    from .anchors import Trust
    from .bundle_files import Custody
    from .bundle_report import BundleReport
    from .leaks import Leak

__all__ = ["Withheld", "bundle", "bundle_as_json", "bundle_lines", "disclose", "merge", "verify_bundle"]

_SHOWN = 50
"""How many findings a screen lists; `--json` lists more."""

Withheld = Annotated[
    list[str] | None,
    typer.Option(
        "--withhold",
        metavar="SLOT|ENTITY|NAME:SLOT",
        help="Leave out: a slot, NAME:SLOT (C1:quote, w1:entity.name), all that is protected where an entity is named, "
        "or *.",
    ),
]
To = Annotated[Path, typer.Option("--to", metavar="FILE", help="The file to make; nothing may be there.")]
Organization = Annotated[
    str | None, typer.Option("--organization", metavar="NAME", help="Who hands it over, for bag-info.txt.")
]
Contact = Annotated[
    str | None, typer.Option("--contact", metavar="NAME", help="A person to ask, for bag-info.txt.")
]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Of that person.")]
Description = Annotated[
    str | None, typer.Option("--description", metavar="TEXT", help="What it is, in a line.")
]
Day = Annotated[
    str | None, typer.Option("--date", metavar="DAY", help="The day of packing; by default today, UTC.")
]


def bundle(
    ledger: LedgerPlace,
    cases: Annotated[list[str], typer.Argument(metavar="CASE", help="The cases to hand on.")],
    to: To,
    withhold: Withheld = None,
    source: Annotated[
        list[Path] | None,
        typer.Option("--source", metavar="FILE", help="Put in your copy of a source or evidence item."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="DIR", help="With the log's keys, the log signs where the cases end."),
    ] = None,
    organization: Organization = None,
    contact: Contact = None,
    email: Email = None,
    description: Description = None,
    date: Day = None,
    as_json: AsJSON = False,
) -> int:
    """Write cases into one file that a stranger can check; leave out what is said to be withheld."""
    from .ledger import Ledger

    custody = _custody(date, organization, contact, email, description)
    keyring = open_keyring(keys) if keys is not None else None
    with Ledger.open(ledger, keyring, read_only=True) as opened:
        report = opened.bundle(cases, to=to, custody=custody, withhold=withhold or (), sources=source or ())
        leaks = [leak for case in dict.fromkeys(cases) for leak in opened.case(case).leaks()]
        beside = opened.words_in(cases, {**_options(custody), "--to": to.name})
        given = opened.still_given(withhold or (), cases)
    _say_written(to, report, as_json=as_json, still_given=still_given_as_json(given))
    warn_of_still_given(given)
    warn_of_bundle(leaks, beside)
    if any(each.code == "unchecked.heads" for each in report.findings):
        note("with --keys DIR, where the log's keys are, the log signs where the cases end")
    return 0


def disclose(
    ledger: LedgerPlace,
    event: Annotated[
        str,
        typer.Argument(
            metavar="EVENT",
            help="A claim, entity:NAME or source:NAME (CASE/... where there are several cases), or a leaf hash.",
        ),
    ],
    slot: Annotated[list[str], typer.Argument(metavar="SLOT", help="The protected slots to hand over.")],
    to: To,
) -> int:
    """Write protected content of one event into a file that fits into a bundle that somebody has."""
    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        leaf = leaf_of(opened, event)
        lines = b"".join(opened.disclosure(leaf, each) for each in dict.fromkeys(slot))
    write_new(to, lines, is_private=True)
    say(
        f"{to}: the content of {', '.join(dict.fromkeys(slot))}, in clear",
        f"  whoever has a bundle with this event fits it in: claimledger merge BUNDLE {to} --to NEW",
    )
    return 0


def merge(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Bundles of one ledger, and files that disclose wrote."),
    ],
    to: To,
    trust: Annotated[
        str | None,
        typer.Option(
            "--trust", metavar="LEDGER_ID", help="The id that you keep outside; they must be of it."
        ),
    ] = None,
    organization: Organization = None,
    contact: Contact = None,
    email: Email = None,
    description: Description = None,
    date: Day = None,
    as_json: AsJSON = False,
) -> int:
    """Make one bundle of several, or fit in content that was handed over later."""
    from .bundle_merge import merge_bundles

    custody = _custody(date, organization, contact, email, description)
    report = merge_bundles(files, to=to, custody=custody, pin=trust)
    _say_written(to, report, as_json=as_json)
    if any(custody.texts().values()):
        warn_of_bundle((), _words_beside(to, custody))
    return 0


def verify_bundle(
    place: str,
    pin: str | None,
    trust: Trust | None,
    kept: Mapping[str, bytes],
    asked: Mapping[str, bool],
    *,
    as_json: bool,
) -> int:
    """Verify a bundle, and say what was found; the command `verify` for a file that is one.

    Args:
        place: the bundle.
        pin: the ledger id that it is held against, or None.
        trust: whom the auditor trusts.
        kept: checkpoints that the auditor kept, by their names.
        asked: what `BundleReport.exit_status` takes.
        as_json: answer as JSON.
    """
    from .bundle_verify import verify_bundle as verify

    with _progress(place) as advance:
        report = verify(place, pin=pin, trust=trust, checkpoints=kept, progress=advance)
    status = report.exit_status(**asked)
    lacks_anchor = asked.get("require_anchor", False) and not report.anchors
    if as_json:
        say_json(bundle_as_json(report, status, lacks_anchor=lacks_anchor))
    else:
        say(*bundle_lines(report, status, lacks_anchor=lacks_anchor, width=screen_width()))
    return status


def bundle_as_json(report: BundleReport, status: int, *, lacks_anchor: bool = False) -> dict[str, Any]:
    """The report in the shape that the reference documents."""
    from .cli_verify import NO_ANCHOR, finding_as_json

    return {
        "shape": 1,
        "bundle": True,
        "ledger": report.ledger_id,
        "origin": report.origin,
        "pinned": report.pinned,
        "status": status,
        "cases": list(report.cases),
        "events": report.events,
        "holding": report.holding,
        "size": report.size,
        "slots": {status.value: count for status, count in sorted(report.slots.items())},
        "disputed": report.disputed,
        "anchors": [
            {"by": each.by, "kind": each.kind, "at": None if each.at is None else each.at.isoformat()}
            for each in report.anchors
        ],
        "findings": [finding_as_json(each) for each in report.findings],
        "more": report.more,
        "notes": [*report.notes, *([NO_ANCHOR] if lacks_anchor else [])],
    }


def bundle_lines(
    report: BundleReport, status: int, *, lacks_anchor: bool = False, width: int = 100
) -> list[Line]:
    """The report as a person reads it.

    Args:
        report: what was found.
        status: the exit status that it comes to.
        lacks_anchor: whether an anchor was asked for and is not there.
        width: cells of a line.
    """
    from claimledger.projections.layout import Cell, line, paragraph, wrapped

    from .cli_verify import NO_ANCHOR, exit_line, finding_lines

    lines: list[Line] = []
    for finding in report.findings[:_SHOWN]:
        lines += finding_lines(finding, width)
    more = len(report.findings) + report.more - _SHOWN
    if more > 0:
        lines.append(line(f"  and {more} findings more: --json lists them"))
    if report.ledger_id is not None:
        lines += _what_it_is(report, width)
    for each in (*report.notes, *([NO_ANCHOR] if lacks_anchor else [])):
        first, *rest = wrapped(each, width - 2)
        lines.append(line(Cell("! ", "yellow"), first))
        lines += [line(f"  {each}") for each in rest]
    if report.pinned and not report.findings:
        lines += paragraph(f"it is of the ledger that you trust: {report.ledger_id}", width, indent=2)
    elif report.ledger_id is not None and not report.pinned:
        lines.append(line(f"  ledger id {report.ledger_id}"))
    return [*lines, exit_line(status)]


def _what_it_is(report: BundleReport, width: int) -> list[Line]:
    from claimledger.projections.layout import Cell, amount, line, paragraph

    cases = {0: "no case", 1: "case "}.get(len(report.cases), "cases ")
    what = f"{amount(report.events, 'event')} of {cases}{', '.join(report.cases)}"
    lines: list[Line] = []
    if report.findings:
        held = f"{amount(report.holding, 'event')} {'holds' if report.holding == 1 else 'hold'}"
        lines.append(line(f"{amount(len(report.findings) + report.more, 'finding')} \N{MIDDLE DOT} {held}"))
    else:
        lines.append(
            line(Cell("\N{CHECK MARK} ", "green"), f"{what}: every signature, key, chain and proof holds")
        )
    if report.size is not None:
        lines.append(line(f"  sealed: the log signed its first {amount(report.size, 'event')}"))
    for each in report.anchors:
        when = "" if each.at is None else f", {each.at:%Y-%m-%d %H:%M} UTC"
        lines += paragraph(f"anchored: {each.by} ({each.kind}{when})", width, indent=2)
    if report.slots:
        counted = [f"{count} {status.value}" for status, count in sorted(report.slots.items())]
        lines += paragraph(f"protected content: {', '.join(counted)}", width, indent=2)
    return lines


def _say_written(to: Path, report: BundleReport, *, as_json: bool, **more: object) -> None:
    from claimledger.projections.layout import amount, paragraph

    if as_json:
        say_json({"file": str(to), **bundle_as_json(report, report.exit_status()), **more})
        return
    tell(
        f"{to}: {amount(report.events, 'event')} of {', '.join(report.cases)}, verified as its recipient will"
    )
    if report.slots:
        counted = [f"{count} {status.value}" for status, count in sorted(report.slots.items())]
        say(*paragraph(f"protected content: {', '.join(counted)}", screen_width(), indent=2))
    for each in report.findings[:5]:
        say(*paragraph(f"? {each} [{each.code}]", screen_width(), indent=2))
    if len(report.findings) > 5:
        say(f"  and {len(report.findings) - 5} more that its recipient cannot check")
    say(f"  ledger id {report.ledger_id}", "  give it to the recipient by another way than the bundle")


def _words_beside(bundle: Path, custody: Custody) -> list[Leak]:
    """Where what was written of a merged bundle holds protected words that it gives; others nobody here can know."""
    from claimledger.events.errors import WrongBundle

    from .ledger import Ledger

    try:
        with Ledger.open(bundle) as opened:
            return opened.words_in(None, _options(custody))
    except WrongBundle:
        return []  # its cases are opened as no ledger opens them: nothing is read of it


def _options(custody: Custody) -> dict[str, str | None]:
    """What somebody wrote of a bundle, by the options."""
    return {f"--{name}": text for name, text in custody.texts().items()}


def _custody(
    date: str | None,
    organization: str | None,
    contact: str | None,
    email: str | None,
    description: str | None,
) -> Custody:
    from datetime import UTC, datetime

    from .bundle_files import Custody

    return Custody(
        date=date or datetime.now(UTC).date().isoformat(),
        organization=organization,
        contact=contact,
        email=email,
        description=description,
    )


@contextmanager
def _progress(place: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error, on a terminal and for long work only."""
    path = Path(place)
    if not sys.stderr.isatty() or not path.is_file() or path.stat().st_size < 8_000_000:
        yield None
        return
    with progress_bar("verifying") as show:
        yield show
