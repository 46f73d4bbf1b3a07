"""Keys in tokens on the command line: the options of `keys new` that name one, and what they do.

1. The token is opened, and its key checked or made, before anything is written.
2. Into a keyring that is there the key is added, and no passphrase is asked. Elsewhere a keyring is made round it: the
   roles that the token's key does not have get keys in files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_terminal import ask_passphrase, ask_pin

if TYPE_CHECKING:
    from .pkcs11_signer import Pkcs11Signer

__all__ = ["Existing", "KeyId", "KeyLabel", "Library", "Serial", "TokenLabel", "new_in_token"]

Library = Annotated[
    str | None,
    typer.Option(
        "--pkcs11", metavar="LIBRARY", help="Keep the recorder key in a token: its maker's library."
    ),
]
TokenLabel = Annotated[
    str | None, typer.Option("--token", metavar="LABEL", help="With --pkcs11: which token.")
]
Serial = Annotated[
    str | None, typer.Option("--serial", metavar="NUMBER", help="With --pkcs11: which of two with one label.")
]
KeyLabel = Annotated[
    str | None, typer.Option("--key", metavar="LABEL", help="With --pkcs11: which key in it.")
]
KeyId = Annotated[
    str | None, typer.Option("--key-id", metavar="HEX", help="With --pkcs11: the id of the key (CKA_ID).")
]
Existing = Annotated[
    bool, typer.Option("--existing", help="With --pkcs11: take a key that is in the token; make none.")
]


def new_in_token(
    folder: Path,
    holder: str,
    *,
    library: str,
    token: str | None,
    serial: str | None,
    key: str | None,
    key_id: str | None,
    existing: bool,
    plain: bool,
) -> None:
    """Take or make a recorder key in a token, and write it into a keyring, which is made where there is none.

    Raises:
        InvalidInput: the token or key is not named, or the folder holds other files.
        NameTaken: a new key was asked for, and one of that name is in the token.
        KeyringError: as `Pkcs11Signer` and `Keyring.add_token`.
    """
    from claimledger.events.errors import InvalidInput

    from .keys import LISTING, Keyring
    from .pkcs11_signer import Pkcs11Signer
    from .pkcs11_token import TokenKey

    place = TokenKey(library=_absolute(library), token=token, serial=serial, key=key, key_id=key_id)
    is_new = not (folder / LISTING).exists()
    if is_new and folder.is_dir() and any(folder.iterdir()):  # before a key is made that nobody lists
        raise InvalidInput(f"{folder}: holds other files already; name a new or empty folder")
    passphrase = ask_passphrase(str(folder), confirm=True) if is_new and not plain else None
    pin = ask_pin(place.where)
    signer: Pkcs11Signer = Pkcs11Signer(place, pin=pin) if existing else Pkcs11Signer.generate(place, pin=pin)
    try:
        if is_new:
            Keyring.create(folder, passphrase=passphrase, roles=("root", "log"), plain=plain)
        Keyring.add_token(folder, signer, holder=holder)
    finally:
        signer.close()


def _absolute(library: str) -> str:
    """A path as `keyring.json` keeps it: it must mean the same from any folder."""
    return str(Path(library).expanduser().absolute())
