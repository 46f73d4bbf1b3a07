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
    from claimledger.events.errors import ClaimLedgerError

    from .case import Case
    from .keys import Keyring, Signer
    from .ledger import CaseInfo, Ledger
    from .recording import Receipt
    from .report import Finding, Report

__all__ = [
    "Case",
    "CaseInfo",
    "ClaimLedgerError",
    "Finding",
    "Keyring",
    "Ledger",
    "Receipt",
    "Report",
    "Signer",
]

__version__ = "0.1.0"

_HOMES = {
    "Case": "claimledger.case",
    "CaseInfo": "claimledger.ledger",
    "ClaimLedgerError": "claimledger.events.errors",
    "Finding": "claimledger.report",
    "Keyring": "claimledger.keys",
    "Ledger": "claimledger.ledger",
    "Receipt": "claimledger.recording",
    "Report": "claimledger.report",
    "Signer": "claimledger.keys",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
