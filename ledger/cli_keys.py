"""The commands `keys ...`: who may sign in a ledger, and how that is changed, by roots at hand or kept elsewhere.

1. Only the roots change keys. Where their private keys are at hand (in the keyring, or in a folder named by `--roots`),
   `rotate` and `revoke` do it at once.
2. Where they are not, `request` writes a file, `sign` shows on the other machine what it does, read from the bytes that
   will be signed, and signs it; `apply` takes it back. Several sign in any order, on one file or on copies.
3. Nothing is signed before a person, or `--yes`, said so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .cli_terminal import ask_passphrase, note, open_keyring, say, say_json, screen_width, write_new
from .cli_tokens import Existing, KeyId, KeyLabel, Library, Serial, TokenLabel, new_in_token
from .cli_write import UNENCRYPTED, AsJSON, Holder, KeysFolder, LedgerPlace, Plain, new_keyring

if TYPE_CHECKING:
    from .key_records import KeyRecord
    from .key_requests import KeyChange, KeyRequest
    from .keys import Keyring
    from .ledger import Ledger

__all__ = ["keys_apply", "keys_list", "keys_new", "keys_request", "keys_revoke", "keys_rotate", "keys_sign"]

Roots = Annotated[
    list[Path] | None,
    typer.Option("--roots", metavar="DIR", help="A folder with a root key; may be given several times."),
]
Reason = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Why; signed in clear, so name nobody to be protected."),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size",
        metavar="N",
        min=0,
        help="How many events stay trusted: what the key signed at index N or later is disputed. Default: all.",
    ),
]
Role = Literal["root", "recorder", "log"]


def keys_new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, or a keyring.")],
    holder: Holder = "Recorder A",
    role: Annotated[
        str | None,
        typer.Option(
            "--role", metavar="ROLE", help="Make one key only: root, recorder or log; also into a keyring."
        ),
    ] = None,
    no_passphrase: Plain = False,
    pkcs11: Library = None,
    token: TokenLabel = None,
    serial: Serial = None,
    key: KeyLabel = None,
    key_id: KeyId = None,
    existing: Existing = False,
) -> int:
    """Make a keyring: one root key, one recorder key, and the keys that sign checkpoints; or one key more."""
    if role is not None and pkcs11 is not None:
        raise typer.BadParameter("a key in a token is a recorder key", param_hint="--role")
    if pkcs11 is not None:
        new_in_token(
            folder,
            holder,
            library=pkcs11,
            token=token,
            serial=serial,
            key=key,
            key_id=key_id,
            existing=existing,
            plain=no_passphrase,
        )
        if no_passphrase:
            note(UNENCRYPTED)
    elif existing or any(each is not None for each in (token, serial, key, key_id)):
        raise typer.BadParameter("name the library of the token too", param_hint="--pkcs11")
    elif role is not None:
        _new_key(folder, _role(role), holder, plain=no_passphrase)
    else:
        new_keyring(folder, holder, plain=no_passphrase)
    return _list_keyring(folder, as_json=False)


def keys_list(
    place: Annotated[str, typer.Argument(metavar="LEDGER|DIR", help="A ledger, or the folder of a keyring.")],
    as_json: AsJSON = False,
) -> int:
    """List who may sign in a ledger, or the keys of a keyring; no passphrase is needed."""
    if "://" in place or Path(place).is_file():
        return _list_ledger(place, as_json=as_json)
    return _list_keyring(Path(place), as_json=as_json)


def keys_rotate(
    ledger: LedgerPlace,
    keys: KeysFolder,
    roots: Roots = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "rotated",
    no_passphrase: Plain = False,
) -> int:
    """Put a new recorder key in the place of the one in use: add it, then revoke the old one from now on."""
    from claimledger.events.errors import KeyMissing

    from .ledger import Ledger

    ring, rings = open_keyring(keys), [open_keyring(each) for each in roots or ()]
    with Ledger.open(ledger, ring) as opened:
        active = {each.keyid for each in opened.keys.active("recorder")}
        used = [entry for entry in ring.entries if entry.role == "recorder" and entry.keyid in active]
        if not used:
            raise KeyMissing(
                f"{keys}: none of its recorder keys may sign in {ledger}; there is nothing to rotate"
            )
        _check_roots_at_hand(opened, [ring, *rings], ledger, keys)
        old = used[-1]
        plain = no_passphrase or _is_plain(keys)
        passphrase = None if plain else ask_passphrase(str(keys), confirm=False)
        new = ring.new_key("recorder", old.holder, passphrase=passphrase, plain=plain)
        added = opened.add_key(new, old.holder, succeeds=old.keyid, roots=rings)
        revoked = opened.revoke_key(old.keyid, reason, roots=rings)
        between = revoked.index - added.index - 1
        _tell(
            f"added at index {added.index}: a new recorder key of {old.holder}; it may mend what the old one recorded",
            f"revoked at index {revoked.index}: recorder key {old.keyid[:8]}; all that it signed stays trusted",
        )
        if between:
            note(
                f"warning: {between} events came in between; see whether the old key signed one: keys list {ledger}"
            )
        say(
            f"{keys}: signs with the new key from now on; keep the old one until you have a copy of the folder"
        )
    return 0


def keys_revoke(
    ledger: LedgerPlace,
    key: Annotated[str, typer.Argument(metavar="KEYID", help="A keyid, or its first eight digits or more.")],
    reason: Reason,
    size: Size = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="DIR", help="A keyring with the root key.")
    ] = None,
    roots: Roots = None,
) -> int:
    """End a key, and say how much of what it signed stays trusted; for a theft, from when on not."""
    from .ledger import Ledger

    folders = [*([keys] if keys is not None else []), *(roots or ())]
    if not folders:
        raise typer.BadParameter(
            "name the folder with the root key, or make a request that is signed elsewhere: keys request",
            param_hint="--roots",
        )
    rings = [open_keyring(each) for each in folders]
    with Ledger.open(ledger) as opened:
        receipt = opened.revoke_key(key, reason, size, roots=rings)
        record = opened.key(key)
    _tell(f"{record.role} key {record.keyid[:8]} of {record.holder}: {_state_of(record)}")
    _tell(f"written at index {receipt.index}")
    return 0


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
            change, own = _adding(opened, add, _role(role), succeeds)
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
    _tell(*_missing_lines(signed, to or file))
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
    _tell(*request.words[:-1], f"written at index {receipt.index} of {ledger}")
    return 0


def _role(text: str) -> Role:
    roles: tuple[Role, ...] = ("root", "recorder", "log")
    for role in roles:
        if role == text:
            return role
    raise typer.BadParameter(f"{text!r}: one of root, recorder, log", param_hint="--role")


def _new_key(folder: Path, role: Role, holder: str, *, plain: bool) -> None:
    from .keys import LISTING, Keyring

    passphrase = None if plain else ask_passphrase(str(folder), confirm=not (folder / LISTING).exists())
    if (folder / LISTING).exists():
        Keyring.open(folder, passphrase=passphrase).new_key(role, holder, passphrase=passphrase, plain=plain)
    else:
        Keyring.create(
            folder,
            passphrase=passphrase,
            holder=holder,
            root_holder=holder,
            log_holder=holder,
            roles=(role,),
            plain=plain,
        )
    if plain:
        note(UNENCRYPTED)


def _list_keyring(folder: Path, *, as_json: bool) -> int:
    from claimledger.projections.layout import columns, fitting, short

    from .keys import Keyring

    entries = Keyring.describe(folder)
    at_hand = {
        entry.keyid: None if entry.file is None else (folder / entry.file).exists() for entry in entries
    }
    if as_json:
        say_json(
            [
                {
                    **entry.model_dump(
                        include={"role", "holder", "algorithm", "keyid", "public_key", "file", "pkcs11"}
                    ),
                    "at_hand": there,
                }
                for entry, there in zip(entries, at_hand.values(), strict=True)
            ]
        )
        return 0
    holders = fitting((entry.holder for entry in entries), 40)
    for entry in entries:
        state = "  (its private key is not in the folder)" if at_hand[entry.keyid] is False else ""
        where = str(entry.file) if entry.pkcs11 is None else entry.pkcs11.where
        row = [entry.role, entry.holder, short(entry.keyid), where + state]
        say(*columns(row, [8, holders, 8]))
    return 0


def _list_ledger(place: str, *, as_json: bool) -> int:
    from claimledger.projections.layout import columns, fitting, short

    from .ledger import Ledger

    with Ledger.open(place, read_only=True) as opened:
        keys, ledger_id = opened.keys, opened.id
    records = list(keys.keys.values())
    if as_json:
        say_json(
            {
                "shape": 1,
                "ledger": ledger_id,
                "origin": keys.origin,
                "threshold": keys.threshold,
                "keys": [_record_as_json(each) for each in records],
            }
        )
        return 0
    holders = fitting((each.holder for each in records), 40)
    for each in records:
        row = [each.role, each.holder, short(each.keyid), _state_of(each)]
        say(*columns(row, [8, holders, 8], width=screen_width()))
    active = len(keys.active("root"))
    say(f"keys are changed by {keys.threshold} of {active} root {'key' if active == 1 else 'keys'}")
    return 0


def _record_as_json(record: KeyRecord) -> dict[str, Any]:
    return {
        "keyid": record.keyid,
        "holder": record.holder,
        "role": record.role,
        "algorithm": record.algorithm,
        "public_key": record.public_key.hex(),
        "added_at": record.added_at,
        "succeeds": record.succeeds,
        "revoked_at": record.revoked_at,
        "trusted_below": record.trusted_below,
        "reason": record.reason,
    }


def _state_of(record: KeyRecord) -> str:
    algorithm = "" if record.algorithm == "ed25519" else f"{record.algorithm}, "
    if record.revoked_at is None:
        return f"{algorithm}signs from index {record.added_at + 1 if record.added_at else 0} on"
    if record.trusted_below is None:
        return f"{algorithm}no root any more from index {record.revoked_at} on"
    said = f"{algorithm}revoked at index {record.revoked_at}: {record.reason}"
    if record.trusted_below < record.revoked_at:
        return f"{said}; what it signed at index {record.trusted_below} or later is disputed"
    return f"{said}; all that it signed stays trusted"


def _tell(*texts: str) -> None:
    """Say something in which a ledger or a request has words of its own."""
    from claimledger.projections.layout import paragraph

    for text in texts:
        say(*paragraph(text, screen_width(), hanging=2))


def _is_plain(folder: Path) -> bool:
    """Whether the private keys of a keyring are kept unencrypted: a new one is kept as they are."""
    pems = list(folder.glob("*.pem"))
    return bool(pems) and not any(b"ENCRYPTED" in pem.read_bytes() for pem in pems)


def _check_roots_at_hand(ledger: Ledger, rings: Sequence[Keyring], place: str, folder: Path) -> None:
    """Before a key is made that could not be added."""
    from claimledger.events.errors import KeyMissing

    from .keys import keyid

    active = {each.keyid for each in ledger.keys.active("root")}
    at_hand = {keyid(root) for ring in rings for root in ring.roots} & active
    if len(at_hand) < ledger.keys.threshold:
        raise KeyMissing(
            f"{place}: it takes {ledger.keys.threshold} of the root keys, and {len(at_hand)} are at hand; name their "
            f"folders with --roots, or have it signed elsewhere: claimledger keys new {folder} --role recorder, then "
            f"keys request {place} --add {folder} --to FILE, and after that keys request {place} --revoke KEYID"
        )


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
