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
        ErasureUnfinished,
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
        LogUnavailable,
        MalformedBundle,
        MalformedEvent,
        MalformedNote,
        MissingDisclosure,
        MissingExtra,
        NameTaken,
        NewerSchema,
        NotALedger,
        NotPinned,
        NotSealed,
        NotTheLatest,
        NotWitnessed,
        ReadOnly,
        RolledBack,
        RowMismatch,
        SplitView,
        TokenUnavailable,
        UnknownName,
        UntrustedTimestamp,
        VerificationFailed,
        WeakKey,
        WrongBundle,
        WrongDisclosure,
        WrongLedger,
        WrongPassphrase,
        WrongPin,
        WrongProof,
        WrongSignature,
        WrongTile,
        WrongTimestamp,
    )

    from .bundle_files import Custody
    from .bundle_merge import merge_bundles
    from .bundle_report import BundleReport
    from .bundle_verify import verify_bundle
    from .case import Case
    from .erasing import Erased
    from .key_requests import KeyRequest
    from .keys import Keyring, Signer
    from .ledger import CaseInfo, Ledger
    from .pkcs11_signer import Pkcs11Signer
    from .pkcs11_token import TokenKey
    from .recording import Receipt
    from .report import Finding, Report

    __version__: str

__all__ = [
    "BrokenChain",
    "BundleReport",
    "Case",
    "CaseInfo",
    "ClaimFileError",
    "ClaimLedgerError",
    "CouldNotCheck",
    "Custody",
    "Erased",
    "ErasureUnfinished",
    "Finding",
    "ForkRefused",
    "FutureCosignature",
    "IdempotencyConflict",
    "InvalidInput",
    "InvalidValue",
    "KeyMissing",
    "KeyNotAllowed",
    "KeyRequest",
    "Keyring",
    "KeyringError",
    "KindsNotLoaded",
    "Ledger",
    "LedgerBusy",
    "LedgerClosed",
    "LedgerExists",
    "LedgerNotFound",
    "LedgerUnavailable",
    "LogUnavailable",
    "MalformedBundle",
    "MalformedEvent",
    "MalformedNote",
    "MissingDisclosure",
    "MissingExtra",
    "NameTaken",
    "NewerSchema",
    "NotALedger",
    "NotPinned",
    "NotSealed",
    "NotTheLatest",
    "NotWitnessed",
    "Pkcs11Signer",
    "ReadOnly",
    "Receipt",
    "Report",
    "RolledBack",
    "RowMismatch",
    "Signer",
    "SplitView",
    "TokenKey",
    "TokenUnavailable",
    "UnknownName",
    "UntrustedTimestamp",
    "VerificationFailed",
    "WeakKey",
    "WrongBundle",
    "WrongDisclosure",
    "WrongLedger",
    "WrongPassphrase",
    "WrongPin",
    "WrongProof",
    "WrongSignature",
    "WrongTile",
    "WrongTimestamp",
    "__version__",
    "merge_bundles",
    "verify_bundle",
]

_HOMES = {
    "BundleReport": "bundle_report",
    "Case": "case",
    "CaseInfo": "ledger",
    "Custody": "bundle_files",
    "Erased": "erasing",
    "Finding": "report",
    "KeyRequest": "key_requests",
    "Keyring": "keys",
    "Ledger": "ledger",
    "Pkcs11Signer": "pkcs11_signer",
    "Receipt": "recording",
    "Report": "report",
    "Signer": "keys",
    "TokenKey": "pkcs11_token",
    "merge_bundles": "bundle_merge",
    "verify_bundle": "bundle_verify",
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
