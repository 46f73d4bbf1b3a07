"""The commands `keys ...`: who may sign in a ledger, and how that is changed where the root keys are at hand.

1. Only the roots change keys. Where their private keys are at hand (in the keyring, or in a folder named by `--roots`),
   `rotate` and `revoke` do it at once. Where they are not, it takes a request: `claimledger.cli_key_requests`.
2. `rotate` makes no key that could not be added: first it looks whether enough roots are at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .cli_terminal import ask_passphrase, note, open_keyring, say, say_json, screen_width, tell
from .cli_tokens import Existing, KeyId, KeyLabel, Library, Serial, TokenLabel, new_in_token
from .cli_write import (
    UNENCRYPTED,
    AsJSON,
    Holder,
    KeysFolder,
    LedgerPlace,
    Plain,
    new_keyring,
    new_passphrase,
)

if TYPE_CHECKING:
    from .key_files import KeyEntry
    from .key_records import KeyRecord
    from .keys import Keyring
    from .ledger import Ledger

__all__ = ["Size", "keys_list", "keys_new", "keys_revoke", "keys_rotate", "role_of"]

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
        _new_key(folder, role_of(role), holder, plain=no_passphrase)
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
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; signed in clear.")
    ] = "rotated",
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
        opened.check_revocation_reason(reason)
        old = used[-1]
        plain = no_passphrase or _is_plain(keys)
        passphrase = None if plain else ask_passphrase(str(keys), confirm=False)
        new = ring.new_key("recorder", old.holder, passphrase=passphrase, plain=plain)
        added = opened.add_key(new, old.holder, succeeds=old.keyid, roots=rings)
        revoked = opened.revoke_key(old.keyid, reason, roots=rings)
        between = revoked.index - added.index - 1
        tell(
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
    tell(f"{record.role} key {record.keyid[:8]} of {record.holder}: {_state_of(record)}")
    tell(f"written at index {receipt.index}")
    return 0


def role_of(text: str) -> Role:
    """The role that an option names.

    Raises:
        typer.BadParameter: there is no such role.
    """
    roles: tuple[Role, ...] = ("root", "recorder", "log")
    for role in roles:
        if role == text:
            return role
    raise typer.BadParameter(f"{text!r}: one of root, recorder, log", param_hint="--role")


def _new_key(folder: Path, role: Role, holder: str, *, plain: bool) -> None:
    from .keys import LISTING, Keyring

    is_new = not (folder / LISTING).exists()
    passphrase = new_passphrase(folder, plain=plain, confirm=is_new)
    if is_new:
        holders = {"holder": holder, "root_holder": holder, "log_holder": holder}
        Keyring.create(folder, passphrase=passphrase, roles=(role,), plain=plain, **holders)
    else:
        Keyring.open(folder, passphrase=passphrase).new_key(role, holder, passphrase=passphrase, plain=plain)


def _list_keyring(folder: Path, *, as_json: bool) -> int:
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
    where = {
        entry.keyid: (str(entry.file) if entry.pkcs11 is None else entry.pkcs11.where)
        + ("  (its private key is not in the folder)" if at_hand[entry.keyid] is False else "")
        for entry in entries
    }
    _say_keys(entries, where)
    return 0


def _list_ledger(place: str, *, as_json: bool) -> int:
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
    _say_keys(records, {each.keyid: _state_of(each) for each in records})
    active = len(keys.active("root"))
    say(f"keys are changed by {keys.threshold} of {active} root {'key' if active == 1 else 'keys'}")
    return 0


def _say_keys(keys: Sequence[KeyEntry | KeyRecord], what: Mapping[str, str]) -> None:
    """A row for each key, with what there is to say of it, by its keyid."""
    from claimledger.projections.layout import columns, fitting, short

    holders = fitting((each.holder for each in keys), 40)
    for each in keys:
        row = [each.role, each.holder, short(each.keyid), what[each.keyid]]
        say(*columns(row, [8, holders, 8], width=screen_width()))


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
