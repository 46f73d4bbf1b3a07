"""Record every claim about an incident as an immutable signed event; replay what stands, and on whose word.

    from claimledger import Keyring, Ledger
    from claimledger.events import Death, Person

    keys = Keyring.create("keys", passphrase="...")
    with Ledger.create("case.ledger", origin="example.org/harbour", keys=keys) as ledger:
        case = ledger.create_case("harbour-2025", title="A death in custody")
        ...

Names are loaded when they are first used, so that importing `claimledger.events` loads neither the store nor the
cryptography.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claimledger.events.errors import (
        BrokenChain,
        ClaimFileError,
        ClaimLedgerError,
        CouldNotCheck,
        ForkRefused,
        FutureCosignature,
        IdempotencyConflict,
        InvalidInput,
        InvalidValue,
        KeyMissing,
        KeyNotAllowed,
        KeyringError,
        KindsNotLoaded,
        LedgerBusy,
        LedgerClosed,
        LedgerExists,
        LedgerNotFound,
        LedgerUnavailable,
        MalformedEvent,
        MalformedNote,
        MissingDisclosure,
        MissingExtra,
        NameTaken,
        NewerSchema,
        NotALedger,
        NotPinned,
        NotSealed,
        NotWitnessed,
        ReadOnly,
        RowMismatch,
        UnknownName,
        VerificationFailed,
        WeakKey,
        WrongDisclosure,
        WrongLedger,
        WrongPassphrase,
        WrongProof,
        WrongSignature,
        WrongTile,
    )

    from .case import Case
    from .keys import Keyring, Signer
    from .ledger import CaseInfo, Ledger
    from .recording import Receipt
    from .report import Finding, Report

    __version__: str

__all__ = [
    "BrokenChain",
    "Case",
    "CaseInfo",
    "ClaimFileError",
    "ClaimLedgerError",
    "CouldNotCheck",
    "Finding",
    "ForkRefused",
    "FutureCosignature",
    "IdempotencyConflict",
    "InvalidInput",
    "InvalidValue",
    "KeyMissing",
    "KeyNotAllowed",
    "Keyring",
    "KeyringError",
    "KindsNotLoaded",
    "Ledger",
    "LedgerBusy",
    "LedgerClosed",
    "LedgerExists",
    "LedgerNotFound",
    "LedgerUnavailable",
    "MalformedEvent",
    "MalformedNote",
    "MissingDisclosure",
    "MissingExtra",
    "NameTaken",
    "NewerSchema",
    "NotALedger",
    "NotPinned",
    "NotSealed",
    "NotWitnessed",
    "ReadOnly",
    "Receipt",
    "Report",
    "RowMismatch",
    "Signer",
    "UnknownName",
    "VerificationFailed",
    "WeakKey",
    "WrongDisclosure",
    "WrongLedger",
    "WrongPassphrase",
    "WrongProof",
    "WrongSignature",
    "WrongTile",
    "__version__",
]

_HOMES = {
    "Case": "case",
    "CaseInfo": "ledger",
    "Finding": "report",
    "Keyring": "keys",
    "Ledger": "ledger",
    "Receipt": "recording",
    "Report": "report",
    "Signer": "keys",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("claimledger")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in __all__:
        return getattr(import_module(f"{__name__}.events.errors"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
