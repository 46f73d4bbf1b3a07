"""The vocabulary and the bytes of claimledger: no I/O, no keys, no store.

Importing this package loads neither eventsourcing nor cryptography. What stands in `__all__` is public.
Names are loaded when they are first used, so that a command that needs only the errors starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .claims import BasedOn, ClaimAmended, ClaimRecorded, ClaimWithdrawn, Relay, Voice
    from .dates import When
    from .declarations import KindDeclaration, KindDeclared
    from .entities import (
        Authority,
        Entity,
        EvidenceItem,
        Group,
        Medium,
        OneOf,
        Organisation,
        Person,
        Place,
        RegisteredAct,
        Unnamed,
    )
    from .evidence import CustodyTransferred, EvidenceAttached, ReliabilityAssessed
    from .governance import KeyAdded, LedgerOpened
    from .kinds import (
        Act,
        Attribute,
        CauseOfDeath,
        Count,
        Death,
        General,
        Kind,
        LoadedKind,
        NoAnswer,
        Opinion,
        OtherKind,
        Reason,
        Relation,
        Reply,
        Shows,
        load_installed_kinds,
        register_kind,
    )
    from .quantities import Quantity
    from .recorded import Event
    from .recorder_acts import (
        CaseOpened,
        ClaimsJudged,
        EntityRegistered,
        SameAsJudged,
        SameAsUndone,
        SourceRegistered,
    )
    from .registry import Body, UnknownBody
    from .sources import Excluded, Source, TextQuote
    from .values import (
        AllOf,
        Answers,
        Codes,
        Either,
        Locator,
        Names,
        Open,
        Scope,
        States,
        Term,
        Undecided,
        either,
        undecided,
    )

__all__ = [
    "Act",
    "AllOf",
    "Answers",
    "Attribute",
    "Authority",
    "BasedOn",
    "Body",
    "CaseOpened",
    "CauseOfDeath",
    "ClaimAmended",
    "ClaimRecorded",
    "ClaimWithdrawn",
    "ClaimsJudged",
    "Codes",
    "Count",
    "CustodyTransferred",
    "Death",
    "Either",
    "Entity",
    "EntityRegistered",
    "Event",
    "EvidenceAttached",
    "EvidenceItem",
    "Excluded",
    "General",
    "Group",
    "KeyAdded",
    "Kind",
    "KindDeclaration",
    "KindDeclared",
    "LedgerOpened",
    "LoadedKind",
    "Locator",
    "Medium",
    "Names",
    "NoAnswer",
    "OneOf",
    "Open",
    "Opinion",
    "Organisation",
    "OtherKind",
    "Person",
    "Place",
    "Quantity",
    "Reason",
    "RegisteredAct",
    "Relation",
    "Relay",
    "ReliabilityAssessed",
    "Reply",
    "SameAsJudged",
    "SameAsUndone",
    "Scope",
    "Shows",
    "Source",
    "SourceRegistered",
    "States",
    "Term",
    "TextQuote",
    "Undecided",
    "UnknownBody",
    "Unnamed",
    "Voice",
    "When",
    "either",
    "load_installed_kinds",
    "register_kind",
    "undecided",
]

_HOMES = {
    "Act": "kinds",
    "AllOf": "values",
    "Answers": "values",
    "Attribute": "kinds",
    "Authority": "entities",
    "BasedOn": "claims",
    "Body": "registry",
    "CaseOpened": "recorder_acts",
    "CauseOfDeath": "kinds",
    "ClaimAmended": "claims",
    "ClaimRecorded": "claims",
    "ClaimWithdrawn": "claims",
    "ClaimsJudged": "recorder_acts",
    "Codes": "values",
    "Count": "kinds",
    "CustodyTransferred": "evidence",
    "Death": "kinds",
    "Either": "values",
    "Entity": "entities",
    "EntityRegistered": "recorder_acts",
    "Event": "recorded",
    "EvidenceAttached": "evidence",
    "EvidenceItem": "entities",
    "Excluded": "sources",
    "General": "kinds",
    "Group": "entities",
    "KeyAdded": "governance",
    "Kind": "kinds",
    "KindDeclaration": "declarations",
    "KindDeclared": "declarations",
    "LedgerOpened": "governance",
    "LoadedKind": "kinds",
    "Locator": "values",
    "Medium": "entities",
    "Names": "values",
    "NoAnswer": "kinds",
    "OneOf": "entities",
    "Open": "values",
    "Opinion": "kinds",
    "Organisation": "entities",
    "OtherKind": "kinds",
    "Person": "entities",
    "Place": "entities",
    "Quantity": "quantities",
    "Reason": "kinds",
    "RegisteredAct": "entities",
    "Relation": "kinds",
    "Relay": "claims",
    "ReliabilityAssessed": "evidence",
    "Reply": "kinds",
    "SameAsJudged": "recorder_acts",
    "SameAsUndone": "recorder_acts",
    "Scope": "values",
    "Shows": "kinds",
    "Source": "sources",
    "SourceRegistered": "recorder_acts",
    "States": "values",
    "Term": "values",
    "TextQuote": "sources",
    "Undecided": "values",
    "UnknownBody": "registry",
    "Unnamed": "entities",
    "Voice": "claims",
    "When": "dates",
    "either": "values",
    "load_installed_kinds": "kinds",
    "register_kind": "kinds",
    "undecided": "values",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
