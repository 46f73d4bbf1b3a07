"""The vocabulary and the bytes of claimledger: no I/O, no keys, no store.

Importing this package loads neither eventsourcing nor cryptography. What stands in `__all__` is public.
"""

from __future__ import annotations

from .claims import BasedOn, ClaimAmended, ClaimRecorded, ClaimWithdrawn, Relay, Voice
from .dates import When
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
from .governance import KeyAdded, LedgerOpened
from .kinds import (
    Act,
    Attribute,
    CauseOfDeath,
    Count,
    Death,
    General,
    Kind,
    NoAnswer,
    Opinion,
    OtherKind,
    Reason,
    Relation,
    Reply,
    Shows,
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
    "Death",
    "Either",
    "Entity",
    "EntityRegistered",
    "Event",
    "EvidenceItem",
    "Excluded",
    "General",
    "Group",
    "KeyAdded",
    "Kind",
    "LedgerOpened",
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
    "Reply",
    "SameAsJudged",
    "SameAsUndone",
    "Scope",
    "Shows",
    "Source",
    "SourceRegistered",
    "Term",
    "TextQuote",
    "Undecided",
    "UnknownBody",
    "Unnamed",
    "Voice",
    "When",
    "either",
    "register_kind",
    "undecided",
]
