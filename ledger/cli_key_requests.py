"""The commands `keys request`, `keys sign` and `keys apply`: a change of keys by roots that are kept elsewhere.

1. `request` writes a file at the ledger, without a root key. `sign` shows on the other machine what it does, read from
   the bytes that will be signed, and signs it; `apply` takes it back. Several sign in any order, on one file or on
   copies.
2. Nothing is signed before a person, or `--yes`, said so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_keys import Size, role_of
from .cli_terminal import open_keyring, say, screen_width, tell, write_new
from .cli_write import KeysFolder, LedgerPlace

if TYPE_CHECKING:
    from claimledger.events.governance import Role

    from .key_requests import KeyChange, KeyRequest
    from .ledger import Ledger

__all__ = ["keys_apply", "keys_request", "keys_sign"]


def keys_request(
    ledger: LedgerPlace,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write the request.")],
    add: Annotated[
        Path | None,
        typer.Option(
            "--add", metavar="DIR", help="Add the newest key of this keyring that is not in the ledger."
        ),
    ] = None,
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help="With --add: root, recorder or log.")
    ] = "recorder",
    succeeds: Annotated[
        str | None,
        typer.Option(
            "--succeeds", metavar="KEYID", help="With --add: the key that its holder signed with before."
        ),
    ] = None,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="KEYID", help="Revoke this key (with --reason).")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="With --revoke: why; signed in clear.")
    ] = None,
    size: Size = None,
    roots: Annotated[
        list[Path] | None,
        typer.Option(
            "--roots", metavar="DIR", help="Make the root keys of these keyrings the roots; each of them."
        ),
    ] = None,
    threshold: Annotated[
        int | None, typer.Option("--threshold", metavar="N", help="With --roots: how many of them must sign.")
    ] = None,
) -> int:
    """Write a change of keys into a file, to be signed where the root keys are."""
    from .ledger import Ledger

    if sum(each is not None and each != [] for each in (add, revoke, roots)) != 1:
        raise typer.BadParameter(
            "ask for one thing: --add DIR, --revoke KEYID or --roots DIR", param_hint="--add"
        )
    with Ledger.open(ledger) as opened:
        own: list[Any] = []
        change: KeyChange
        if add is not None:
            change, own = _adding(opened, add, role_of(role), succeeds)
        elif revoke is not None:
            if reason is None:
                raise typer.BadParameter("say why: --reason TEXT", param_hint="--reason")
            change = opened.revocation(revoke, reason, size)
        else:
            change = _changing_roots(roots or [], threshold)
        request = opened.key_request(change).signed_by(own)
    write_new(to, request.to_json())
    say(
        *_request_lines(request),
        "",
        f"written to {to}; where a root key is: claimledger keys sign {to} --keys DIR",
    )
    return 0


def keys_sign(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A request.")],
    keys: KeysFolder,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write it there, and leave the file as it is.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
) -> int:
    """Show what a request does, and sign it with the keys of a keyring that it asks for."""
    from claimledger.events.errors import InvalidInput, KeyMissing

    from .keys import Keyring

    request = _read(file)
    say(*_request_lines(request))
    asked = {each.keyid for each in request.asked} - {each.keyid for each in request.signatures}
    if not asked & {entry.keyid for entry in Keyring.describe(keys)}:
        raise KeyMissing(
            f"{keys}: none of its keys is asked for here, or they have signed already; nothing was signed"
        )
    if not yes:
        if not sys.stdin.isatty():
            raise InvalidInput(
                "nothing was signed: there is no terminal to ask on; say --yes if that is what you want"
            )
        if not typer.confirm("Sign this?", err=True):
            raise InvalidInput("nothing was signed")
    ring = open_keyring(keys)
    signed = request.signed_by([*ring.roots, *ring.recorders])
    if signed == request:
        raise KeyMissing(
            f"{keys}: the private key that is asked for is not in the folder; nothing was signed"
        )
    if to is not None:
        write_new(to, signed.to_json())
    else:
        _write_over(file, signed.to_json())
    say("")
    tell(*_missing_lines(signed, to or file))
    return 0


def keys_apply(
    ledger: LedgerPlace,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="The request, or signed copies of it.")],
) -> int:
    """Write a signed change of keys into the ledger."""
    from .ledger import Ledger

    request = _read(files[0])
    for file in files[1:]:
        request = request.joined(_read(file))
    with Ledger.open(ledger) as opened:
        receipt = opened.apply_key_request(request)
    tell(*request.words[:-1], f"written at index {receipt.index} of {ledger}")
    return 0


def _adding(ledger: Ledger, folder: Path, role: Role, succeeds: str | None) -> tuple[KeyChange, list[Any]]:
    from claimledger.events.errors import KeyMissing
    from claimledger.events.governance import KeyAdded

    ring = open_keyring(folder)
    new = [each for each in ring.entries if each.role == role and each.keyid not in ledger.keys.keys]
    if not new:
        raise KeyMissing(
            f"{folder}: every {role} key of it is in the ledger; make one: claimledger keys new {folder} --role {role}"
        )
    entry = new[-1]
    before = None if succeeds is None else ledger.key(succeeds).keyid
    body = KeyAdded(
        holder=entry.holder, role=role, algorithm=entry.algorithm, key=entry.public_key, succeeds=before
    )
    return body, [*ring.recorders, *ring.roots]


def _changing_roots(folders: Iterable[Path], threshold: int | None) -> KeyChange:
    from claimledger.events.governance import RootKey, RootsChanged

    from .keys import Keyring

    listed = [
        RootKey(holder=entry.holder, key=entry.public_key)
        for folder in folders
        for entry in Keyring.describe(folder)
        if entry.role == "root"
    ]
    if threshold is None and len(listed) != 1:
        raise typer.BadParameter("say how many of them must sign: --threshold N", param_hint="--threshold")
    return RootsChanged(roots=listed, threshold=1 if threshold is None else threshold)


def _read(file: Path) -> KeyRequest:
    from claimledger.events.errors import InvalidInput

    from .key_requests import KeyRequest

    try:
        return KeyRequest.from_json(file.read_bytes())
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from None


def _request_lines(request: KeyRequest) -> list[str]:
    from claimledger.projections.layout import paragraph

    lines: list[Any] = ["This request is to"]
    for words in request.words:
        lines += paragraph(words, screen_width(), indent=2, hanging=2)
    signed = {each.keyid for each in request.signatures}
    lines.append(f"signed by {request.roots_signed} of the {request.threshold} roots that must sign:")
    for each in request.asked:
        mark = "signed" if each.keyid in signed else "not yet"
        what = "new key" if each.why == "new" else "root"
        lines += paragraph(
            f"{mark}: {each.holder} ({what} {each.keyid[:8]})", screen_width(), indent=2, hanging=2
        )
    return lines


def _missing_lines(request: KeyRequest, file: Path) -> list[str]:
    if not request.missing:
        return [f"all who must have signed {file}; at the ledger: claimledger keys apply LEDGER {file}"]
    who = ", ".join(each.holder for each in request.missing)
    roots = request.threshold - request.roots_signed
    need = f"{roots} more of the roots" if roots > 0 else "the new key"
    return [f"signed; still needed: {need} ({who})"]


def _write_over(file: Path, data: bytes) -> None:
    """Replace a file in one step: a crash leaves the old one or the new one."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_bytes(data)
    beside.replace(file)
