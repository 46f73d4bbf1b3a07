"""The commands that make or check something: `init`, `keys`, `lint`, `record`, `prove`, `schema`.

Each is a function of plain values that returns an exit status; `claimledger.cli` gives it its name and turns what it
raises into messages. What it needs is imported when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_terminal import (
    ask_passphrase,
    copies_at,
    note,
    open_keyring,
    say,
    say_json,
    screen_width,
    working,
)

if TYPE_CHECKING:
    from .claimfile import ClaimFile
    from .keys import Keyring, KeyringRole
    from .ledger import Ledger

__all__ = ["init", "leaf_of", "lint", "make_ledger", "new_keyring", "prove", "record", "schema"]

LedgerPlace = Annotated[
    str, typer.Argument(metavar="LEDGER", help="A path, or an address such as sqlite:///PATH.")
]
KeysFolder = Annotated[Path, typer.Option("--keys", metavar="DIR", help="The folder of the keyring.")]
ClaimFiles = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Claim files, YAML or JSON."),
]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source", metavar="ID=FILE", help="Your own copy of a source: digest and offsets are checked."
    ),
]
Evidence = Annotated[
    list[str] | None,
    typer.Option(
        "--evidence",
        metavar="ITEM=FILE",
        help="Your own copy of an evidence item: digest and size are checked.",
    ),
]
Plain = Annotated[bool, typer.Option("--no-passphrase", help="Keep new private keys unencrypted.")]
Holder = Annotated[str, typer.Option("--holder", metavar="NAME", help="Who will sign with the recorder key.")]
AsJSON = Annotated[
    bool, typer.Option("--json", help="Answer as JSON, in the shape that the reference documents.")
]

_LONG = 50_000
"""Bytes of a claim file from which on its reading and recording take their time."""

UNENCRYPTED = "warning: the private keys are not encrypted; whoever reads the folder can sign in their names"


def init(
    ledger: LedgerPlace,
    origin: Annotated[
        str, typer.Option("--origin", metavar="NAME", help="A name in the world: example.org/harbour.")
    ],
    keys: KeysFolder,
    holder: Holder = "Recorder A",
    roots: Annotated[
        list[Path] | None,
        typer.Option("--roots", metavar="DIR", help="A folder with a root key of its own; each of them."),
    ] = None,
    threshold: Annotated[
        int | None, typer.Option("--threshold", metavar="N", min=1, help="How many roots must sign.")
    ] = None,
    no_passphrase: Plain = False,
) -> int:
    """Make a ledger, and a keyring where there is none."""
    if threshold is None and len(roots or ()) > 1:
        raise typer.BadParameter(
            "say how many of the roots must sign: --threshold N", param_hint="--threshold"
        )
    ledger_id = make_ledger(
        ledger, origin, keys, holder=holder, plain=no_passphrase, roots=roots or (), threshold=threshold
    )
    say(
        "",
        "Write the id down outside this machine: only against it can the ledger be verified.",
        "",
        "Now:",
        "  claimledger lint FILE",
        f"  claimledger record {ledger} FILE --keys {keys}",
        f"  claimledger verify {ledger} --trust {ledger_id}",
    )
    return 0


def make_ledger(
    place: str,
    origin: str,
    keys: Path,
    *,
    holder: str = "Recorder A",
    plain: bool,
    roots: Sequence[Path] = (),
    threshold: int | None = None,
) -> str:
    """Make a ledger, and a keyring where there is none; show the ledger's id and give it back."""
    from claimledger.projections.layout import paragraph

    from .keys import LISTING
    from .ledger import Ledger

    rings = [open_keyring(each) for each in roots]
    if (keys / LISTING).exists():
        keyring = open_keyring(keys)
    elif roots:
        keyring = new_keyring(keys, holder, plain=plain, roles=("recorder", "log"))
    else:
        keyring = new_keyring(keys, holder, plain=plain)
    with Ledger.create(place, origin=origin, keys=keyring, roots=rings or None, threshold=threshold) as made:
        ledger_id = made.id
    keyring.list_public([entry for ring in rings for entry in ring.entries if entry.role == "root"])
    said = f"ledger {place} of {origin}, with the keys in {keys}"
    say(*paragraph(said, screen_width(), hanging=2), "", "  ledger id", f"  {ledger_id}")
    return ledger_id


def lint(
    files: ClaimFiles,
    source: Sources = None,
    evidence: Evidence = None,
    words: Annotated[
        bool, typer.Option("--words", help="Show the words of each claim (with --source).")
    ] = False,
    as_json: AsJSON = False,
) -> int:
    """Check claim files, or look through a ledger for protected words that are signed; write nothing."""
    from claimledger.events.kinds import load_installed_kinds
    from claimledger.projections.layout import amount, columns, fitting, paragraph, plain

    from . import claimfile
    from .claimfile_leaks import leaks_of_file
    from .cli_leaks import is_ledger, leaks_as_json, leaks_of_ledger, said_of_clean, say_leaks

    load_installed_kinds()
    copies, items = _at_hand(source, evidence)
    ledgers = [file for file in files if is_ledger(file)]
    files = [file for file in files if file not in ledgers]
    if words and not copies:
        raise typer.BadParameter("needs a copy of the source: --source ID=FILE", param_hint="--words")
    problems = claimfile.lint(files, copies, items)
    read = [] if problems else [claimfile.read_claim_file(file, copies=copies) for file in files]
    of_ledgers = {file: leaks_of_ledger(file) for file in ledgers}
    leaks = [(file, some or []) for file, some in of_ledgers.items()]
    leaks += [(file, leaks_of_file(each)) for file, each in zip(files, read, strict=False)]
    sources = [] if problems else _strangers(copies, _sources(read))
    attached = [] if problems else _strangers(items, _items(read))
    if as_json:
        say_json({"shape": 1, "problems": [
            {"file": each.file, "line": each.line, "column": each.column, "path": each.path, "message": each.message}
            for each in problems
        ], "warnings": [one for file, some in leaks for one in leaks_as_json(file, some)],
            "unknown_sources": sources, "unknown_evidence": attached})  # fmt: skip
        return 1 if problems or sources or attached else 0
    width = screen_width()
    places = [f"{each.file}:{each.line}:{each.column}" for each in problems]
    widths = [fitting(places, 200), fitting((each.path for each in problems), 200)]
    if (
        widths[0] > width // 3 or widths[1] > 32
    ):  # places and paths are clicked or copied: they are never broken
        for place, each in zip(places, problems, strict=True):
            say(f"{plain(place)}  {plain(each.path)}", *paragraph(each.message, width, indent=4))
    else:
        for place, each in zip(places, problems, strict=True):
            say(*columns([place, each.path, each.message], widths, width=width))
    if problems:
        say(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}, nothing written")
        return 1
    for file, each_read in zip(files, read, strict=True):
        if words:
            _show_words(each_read, width)
        entities = len(each_read.entities) + len(each_read.shared)
        counted = [
            amount(len(each_read.claims), "claim"),
            amount(entities, "entity", "entities"),
            amount(len(each_read.judgements), "judgement"),
        ]
        acts = len(each_read.attachments) + len(each_read.transfers) + len(each_read.assessments)
        if acts:
            counted.append(amount(acts, "act on evidence", "acts on evidence"))
        say(f"{file}: {', '.join(counted)}, no problem")
    for file, some in leaks:
        say_leaks(file, some)
        if file in ledgers and not some:
            say(f"{file}: {said_of_clean(of_ledgers[file])}")
    strangers = _strangers_said(sources, attached, read)
    for said in strangers:
        say(*paragraph(said, width))
    return 1 if strangers else 0


def record(
    ledger: LedgerPlace,
    files: ClaimFiles,
    keys: KeysFolder,
    source: Sources = None,
    evidence: Evidence = None,
) -> int:
    """Record claim files: all or nothing for each file; what is recorded already is not added again."""
    from claimledger.events.errors import UnknownName
    from claimledger.events.kinds import load_installed_kinds
    from claimledger.projections.layout import amount

    from .claimfile import read_claim_file
    from .claimfile_leaks import leaks_of_file
    from .claimfile_record import record_claim_file
    from .cli_leaks import warn_of_leaks
    from .ledger import Ledger

    load_installed_kinds()
    copies, items = _at_hand(source, evidence)
    read = []
    for file in files:
        with _long_work(f"reading {file}", file):
            read.append((file, read_claim_file(file, copies=copies, evidence=items)))
    claim_files = [claim_file for _, claim_file in read]
    sources, attached = _strangers(copies, _sources(claim_files)), _strangers(items, _items(claim_files))
    if strangers := _strangers_said(sources, attached, claim_files):
        raise UnknownName("\n".join(strangers))
    with Ledger.open(ledger, open_keyring(keys)) as opened:
        for file, claim_file in read:
            warn_of_leaks(file, leaks_of_file(claim_file, opened))
            with _long_work(f"recording {amount(len(claim_file.claims), 'claim')} of {file}", file):
                done = record_claim_file(opened, claim_file)
            if done.added:
                first, last = done.receipts[0].index, done.receipts[-1].index
                added = f"{amount(done.added, 'event')}, index {first} to {last}"
                before = f"; {done.unchanged} there already" if done.unchanged else ""
                say(f"{file}: recorded in case {done.case}: {added}{before}")
            else:
                say(f"{file}: nothing new in case {done.case}; {done.unchanged} there already")
    return 0


def prove(
    ledger: LedgerPlace,
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="The start of a leaf hash, a claim's name, or CASE/NAME.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new or empty folder.")],
) -> int:
    """Write one event out so that openssl alone verifies it."""
    from .ledger import Ledger
    from .proof import openssl_command

    with Ledger.open(ledger, read_only=True) as opened:
        found = opened.export_event(leaf_of(opened, event), to)
    say(
        f"index {found.index}, {found.type}, leaf {found.leaf}",
        f"written to {to}; without claimledger, there:",
        *(f"  {openssl_command(signer)}" for signer in found.signers),
    )
    return 0


def schema(
    codes: Annotated[
        str | None,
        typer.Option("--codes", metavar="LIST", help="Show a code list instead: act, cause, verb ..."),
    ] = None,
    as_json: AsJSON = False,
) -> int:
    """Print the JSON Schema of claim files, or a code list with its meanings."""
    from claimledger.events.kinds import load_installed_kinds

    from . import schema as schemas

    load_installed_kinds()
    if codes is None:
        say_json(schemas.claim_file_schema())
        return 0
    from claimledger.projections.layout import columns, fitting

    listing = schemas.codes(codes)
    if as_json:
        say_json(dict(listing))
        return 0
    width = fitting(listing, 40)
    for code, meaning in listing.items():
        say(*columns([code, meaning], [width]))
    return 0


def _at_hand(
    source: Iterable[str] | None, evidence: Iterable[str] | None
) -> tuple[dict[str, Path], dict[str, Path]]:
    """The copies of sources and of evidence items that were handed in."""
    return copies_at(source or (), "--source", "ID=FILE"), copies_at(
        evidence or (), "--evidence", "ITEM=FILE"
    )


def _sources(read: Iterable[ClaimFile]) -> set[str]:
    return {source.name for each in read for source in each.sources}


def _items(read: Iterable[ClaimFile]) -> set[str]:
    return {attached.item for each in read for attached in each.attachments}


def _strangers(copies: Iterable[str], defined: Collection[str]) -> list[str]:
    """The copies handed in that no file speaks of: a copy that is not looked at is not checked."""
    return [name for name in copies if name not in defined]


def _strangers_said(sources: Iterable[str], items: Iterable[str], read: Sequence[ClaimFile]) -> list[str]:
    from .checks import did_you_mean

    defined, attached = sorted(_sources(read)), sorted(_items(read))
    return [
        *(
            f'--source {name}: no file defines a source "{name}"{did_you_mean(name, defined)}'
            for name in sources
        ),
        *(
            f'--evidence {name}: no file attaches a copy of an item "{name}" (under evidence)'
            f"{did_you_mean(name, attached)}"
            for name in items
        ),
    ]


def _long_work(what: str, file: Path) -> AbstractContextManager[None]:
    """Say what is being done where the file is long enough for somebody to wonder."""
    return working(what) if file.stat().st_size >= _LONG else nullcontext()


def _show_words(read: ClaimFile, width: int) -> None:
    from claimledger.projections.layout import columns

    for ref, claim in read.claims.items():
        shown = read.words_of(ref)
        if shown is not None and claim.locator is not None:
            say(*columns([ref, f"{claim.locator.start}-{claim.locator.end}", shown], [6, 11], width=width))


def leaf_of(ledger: Ledger, event: str) -> str:
    """The leaf hash that a person means: a claim's name in the only case, CASE/NAME, or the start of a leaf hash.

    ``entity:NAME`` and ``source:NAME`` mean the registration, by its name or the name in its recorder's file.

    Raises:
        UnknownName: no claim of that name, and no leaf hash that begins so.
        InvalidValue: several leaf hashes begin so.
    """
    case, slash, ref = event.rpartition("/")
    cases = ledger.cases()
    sort, colon, name = ref.partition(":")
    if colon and sort in ("entity", "source") and (slash or len(cases) == 1):
        within = ledger.case(case if slash else cases[0].name)
        return within.registration("entity" if sort == "entity" else "source", name).leaf
    if slash:
        return ledger.case(case).receipt(ref).leaf
    if len(cases) == 1 and event in ledger.case(cases[0].name).refs():
        return ledger.case(cases[0].name).receipt(event).leaf
    if re.fullmatch("[0-9a-f]{4,64}", event):
        return event
    from claimledger.events.errors import UnknownName

    raise UnknownName(
        f"{event}: neither a claim's name (CASE/NAME where there are several cases), nor entity:NAME or source:NAME, "
        "nor 4 to 64 digits of a leaf hash"
    )


def new_keyring(
    folder: Path, holder: str, *, plain: bool, roles: Sequence[KeyringRole] = ("root", "recorder", "log")
) -> Keyring:
    """Make a keyring, and say so where its keys are not encrypted."""
    from .keys import Keyring

    passphrase = new_passphrase(folder, plain=plain)
    return Keyring.create(folder, passphrase=passphrase, holder=holder, roles=roles, plain=plain)


def new_passphrase(folder: Path, *, plain: bool, confirm: bool = True) -> str | None:
    """The passphrase of private keys that are made; None where they are not to be encrypted, and that is said."""
    if plain:
        note(UNENCRYPTED)
        return None
    return ask_passphrase(str(folder), confirm=confirm)
