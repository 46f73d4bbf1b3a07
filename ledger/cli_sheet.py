"""The command `sheet`: a page for each claim, numbered as exhibits, as text or as HTML that prints.

1. Each record's place in the log is proven before the page says so.
2. The words of a source come from a copy that is handed in and has the digest that was registered; nothing keeps them.
3. Protected content that is at hand is on the pages. It is said on standard error that it is, and the file is its
   owner's alone; `--withhold` leaves out what a bundle would leave out by the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_bundle import Withheld
from .cli_case import CaseName, case_named, holders_of
from .cli_clocks import AssertedBy, KnownAt, TrueOn, asked, repeated
from .cli_leaks import warn_of_still_given
from .cli_terminal import copies_at, note, say, say_json, screen_width, write_new
from .cli_write import AsJSON, LedgerPlace

if TYPE_CHECKING:
    from claimledger.events.recorded import Event
    from claimledger.projections.sheets import Exhibit, Sealing, Sheets

    from .case import Case
    from .ledger import Ledger
    from .ledger_reading import LedgerReader
    from .withheld_words import StillGiven

__all__ = ["sheet"]


def sheet(
    ledger: LedgerPlace,
    case: CaseName = None,
    claims: Annotated[
        list[str] | None,
        typer.Option("--claim", metavar="REF", help="Only this claim; may be given several times."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="ID=FILE", help="Your own copy of a source, to show its words."),
    ] = None,
    withhold: Withheld = None,
    html: Annotated[bool, typer.Option("--html", help="As one HTML file that prints.")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write it to a new file; else it is shown.")
    ] = None,
    known_at: KnownAt = None,
    asserted_by: AssertedBy = None,
    true_on: TrueOn = None,
    as_json: AsJSON = False,
) -> int:
    """Write one page for each claim: what was said, on whose word, in which words, recorded and proven how."""
    from claimledger.projections.render_sheets import sheets_as_html, sheets_lines
    from claimledger.projections.sheets import Exhibits, Sheets

    from .ledger import Ledger

    if html and as_json:
        raise typer.BadParameter("say either --html or --json", param_hint="--html")
    if withhold and source:
        raise typer.BadParameter(
            "a copy of a source shows words that a quote withholds; give one of them", param_hint="--source"
        )
    copies = copies_at(source or (), "--source", "ID=FILE")
    clocks = asked(known_at, asserted_by, true_on)
    with Ledger.open(ledger, read_only=True) as opened:
        asked_for = _case_asked(opened, case, claims or ())
        fold = opened.replay(Sheets(asked_for, **clocks), withhold=withhold or ())
        texts = _texts(fold, _signed(opened.case(fold.case), copies))
        pages = fold.exhibits(
            claims,
            holders=holders_of(opened),
            sealing=_sealing(opened),
            words=lambda name, start, end: texts[name][start:end] if name in texts else None,
        )
        exhibits = Exhibits(fold.case, fold.state.title, opened.id, opened.origin, pages)
        provenance = fold.provenance().to_json()
        given = _on_pages(pages, opened.still_given(withhold or (), [fold.case]))
    warn_of_still_given(given)
    if as_json:
        say_json(
            {
                "shape": 1,
                **repeated(clocks),
                "case": exhibits.case,
                "title": exhibits.title,
                "exhibits": [page.to_json() for page in pages],
                "provenance": provenance,
            }
        )
        return 0
    if html:
        document = sheets_as_html(exhibits)
    else:
        document = "".join(f"{each}\n" for each in sheets_lines(exhibits))
    if to is not None:
        write_new(to, document.encode(), is_private=True)
        say(f"{len(pages)} exhibit{'' if len(pages) == 1 else 's'} in {to}")
    elif html:
        say(document.removesuffix("\n"))
    else:
        say(*sheets_lines(exhibits, width=screen_width()))
    _warn_of_content(pages, is_bundle=opened.store.is_sparse)
    return 0


def _on_pages(pages: Sequence[Exhibit], given: Sequence[StillGiven]) -> list[StillGiven]:
    """Of what is given though it holds words of what is withheld, what may stand on the pages that were made."""
    clear = {page.row.ref: page.in_clear for page in pages}
    anywhere = {slot for slots in clear.values() for slot in slots}
    return [
        each
        for each in given
        if each.slot in clear.get(each.leak.where.removeprefix("claim "), ())
        or (each.slot in anywhere and not each.leak.where.startswith("claim "))
    ]


def _case_asked(opened: Ledger, case: str | None, claims: Sequence[str]) -> str:
    """The case that is meant; where a claim stands in its place, how several claims are chosen is said.

    Raises:
        UnknownName: there is no such case.
    """
    from claimledger.events.errors import UnknownName

    try:
        return case_named(opened, case)
    except UnknownName as error:
        only = opened.cases()
        if case is None or not claims or len(only) != 1 or case not in opened.case(only[0].name).refs():
            raise
        each = " ".join(f"--claim {ref}" for ref in (*claims, case))
        raise UnknownName(f"{error}; {case} is a claim: each takes an option of its own: {each}") from None


def _warn_of_content(pages: Sequence[Exhibit], *, is_bundle: bool) -> None:
    """Say which protected content stands on the pages that were made, and how they are made without."""
    from claimledger.projections.layout import amount, paragraph

    fields = sorted({slot for page in pages for slot in page.in_clear})
    if not fields:
        return
    holding = sum(bool(page.in_clear) for page in pages)
    hold = "holds" if holding == 1 else "hold"
    keep = "what was given to you in confidence" if is_bundle else "the ledger"
    said = (
        f"warning: {holding} of {amount(len(pages), 'page')} {hold} protected content in clear "
        f"({', '.join(fields)}): keep them like {keep}, or leave it out with --withhold '*', --withhold SLOT or "
        "--withhold ENTITY"
    )
    said += "" if is_bundle else ", or make them from a bundle that withholds it"
    note(*paragraph(said, screen_width()))


def _sealing(opened: LedgerReader) -> Callable[[Event], Sealing | None]:
    """Under which checkpoint a record is proven to be in the log."""
    from claimledger.events.errors import NotSealed
    from claimledger.projections.sheets import Sealing

    checkpoint = opened.checkpoint()

    def sealed(event: Event) -> Sealing | None:
        if checkpoint is None:
            return None
        try:
            opened.proof(event)
        except NotSealed:
            return None
        return Sealing(checkpoint.size, checkpoint.root.hex())

    return sealed


def _signed(case: Case, copies: dict[str, Path]) -> dict[str, Path]:
    """The same copies by the names that are signed: a protected source has another in its recorder's file.

    Raises:
        UnknownName: the case has no such source.
    """
    return {case.source_name(name): path for name, path in copies.items()}


def _texts(fold: Sheets, copies: dict[str, Path]) -> dict[str, str]:
    """The text of each copy that is the one registered.

    Raises:
        UnknownName: the case has no such source.
        InvalidInput: a copy is not the one registered, or no text.
    """
    from claimledger.events.errors import InvalidInput, UnknownName

    from .checks import did_you_mean

    texts = {}
    for name, path in copies.items():
        registered = fold.state.sources.get(name)
        if registered is None:
            near = did_you_mean(name, fold.state.sources)
            raise UnknownName(f'case {fold.case}: no source "{name}"{near}')
        data = path.read_bytes()
        digest = sha256(data).hexdigest()
        if registered.sha256 is None:
            raise InvalidInput(f"{path}: no digest of source {name} is at hand to hold it against")
        if digest != registered.sha256:
            raise InvalidInput(f"{path}: is not the copy that was registered: its SHA-256 is {digest}")
        try:
            texts[name] = data.decode()
        except UnicodeDecodeError:
            raise InvalidInput(f"{path}: is no text in UTF-8, so its words cannot be shown") from None
    return texts
