"""Who may change the keys of a ledger, and who may sign in it, as rules over the keys that are there at that place.

1. Root keys sign ``key.*`` and ``roots.changed``: a threshold of them, and with a root or recorder key the new key
   itself, as proof that its holder has it. ``roots.changed`` takes a threshold of the old roots, a threshold of the
   new ones, and each root that is new.
2. One key, one role, one algorithm: a key that is there, or ever was, is not added again.
3. A revocation names a key that is in the ledger. Whether it is wise is asked when it is written, and not here
   (`claimledger.key_refusals`): of several revocations of a key the last one counts.
4. The body of a key event is read exactly as it was signed. What this release cannot read is `CouldNotCheck`.

Each rule looks at keyids alone: whether the signatures fit is looked at in `claimledger.trust`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from claimledger.events.encoding import encode
from claimledger.events.errors import CouldNotCheck, KeyNotAllowed, MalformedEvent
from claimledger.events.event import Payload
from claimledger.events.governance import KeyAdded, KeyRevoked, LedgerOpened, Role, RootsChanged
from claimledger.events.registry import Body, UnknownBody, read_body

from .key_records import KeyRecord, KeyTable, record_of

__all__ = [
    "are_recorders",
    "check_form",
    "governance_of",
    "keys_brought",
    "may_add",
    "may_change_roots",
    "may_open",
    "may_revoke",
    "threshold_of_roots",
]

_Governance = TypeVar("_Governance", bound=Body)
_PROVES_POSSESSION: frozenset[Role] = frozenset({"root", "recorder"})


def may_add(table: KeyTable, payload: Payload, signers: Collection[str], index: int) -> None:
    """Check that a key may be added by those who signed, and there.

    Raises:
        KeyNotAllowed: not by them, or the key was there already, or succeeds none that it could.
        WeakKey, MalformedEvent, CouldNotCheck: see `governance_of` and `claimledger.key_records.record_of`.
    """
    body = governance_of(payload, KeyAdded)
    new = record_of(body, body.role, body.algorithm, index).keyid
    _is_new(table, new, index)
    roots = [name for name in signers if name != new]
    if not table.are_roots(roots, index):
        raise KeyNotAllowed(f"{payload.type} may be signed by root keys and the new key only")
    threshold_of_roots(table, roots, payload.type, index)
    if body.role in _PROVES_POSSESSION and new not in signers:
        raise KeyNotAllowed(f"{payload.type}: a {body.role} key must sign its own adding")
    before = table.keys.get(body.succeeds) if body.succeeds is not None else None
    if body.succeeds is not None and (
        before is None or before.added_at >= index or before.role != "recorder"
    ):
        raise KeyNotAllowed(
            f"{payload.type}: is to succeed key {body.succeeds}, which is no recorder key here"
        )


def may_revoke(table: KeyTable, payload: Payload, signers: Collection[str], index: int) -> None:
    """Check that a key may be revoked by those who signed, and there.

    Raises:
        KeyNotAllowed: not by them, or not that key.
        MalformedEvent, CouldNotCheck: see `governance_of`.
    """
    body = governance_of(payload, KeyRevoked)
    if not table.are_roots(signers, index):
        raise KeyNotAllowed(f"{payload.type} may be signed by root keys only")
    record = table.keys.get(body.key)
    if record is None or record.added_at >= index:
        raise KeyNotAllowed(f"{payload.type}: key {body.key} is not in the ledger; it cannot be revoked")


def may_change_roots(table: KeyTable, payload: Payload, signers: Collection[str], index: int) -> None:
    """Check that the roots may be changed to these by those who signed, and there.

    Raises:
        KeyNotAllowed: fewer signed than must, of the new roots, or a root that cannot be one.
        WeakKey, MalformedEvent, CouldNotCheck: see `may_add`.
    """
    body = governance_of(payload, RootsChanged)
    listed = [each.keyid for each in keys_brought(payload, index)]
    new = [name for name in listed if not table.are_roots([name], index)]
    for name in new:
        _is_new(table, name, index)
        if name not in signers:
            raise KeyNotAllowed(f"{payload.type}: root key {name} is new and must sign it as well")
    if not table.are_roots([name for name in signers if name not in new], index):
        raise KeyNotAllowed(f"{payload.type} may be signed by the old and the new root keys only")
    among = sum(name in listed for name in signers)
    if among < body.threshold:
        raise KeyNotAllowed(
            f"{payload.type}: signed by {among} of the new root keys, where it takes {body.threshold}"
        )


def threshold_of_roots(table: KeyTable, signers: Collection[str], type: str, index: int) -> None:
    """Check that as many signed as roots must at an index; whether they are roots is not looked at here."""
    threshold = table.threshold_at(index)
    if len(signers) < threshold:
        raise KeyNotAllowed(f"{type}: signed by {len(signers)} root keys, where it takes {threshold}")


def are_recorders(table: KeyTable, type: str, signers: Collection[str], index: int) -> None:
    """Check that all who signed are recorder keys that are active at an index, and somebody did."""
    if not signers:
        raise KeyNotAllowed(f"{type}: nobody signed it")
    for name in signers:
        record = table.keys.get(name)
        if record is None or record.added_at >= index:
            raise KeyNotAllowed(f"key {name} is not in the ledger at index {index}; it may not sign there")
        if not record.is_active_at(index):
            raise KeyNotAllowed(
                f"key {name} was {record.ended}; it may not sign at index {index}, whatever its clock says"
            )
        if record.role != "recorder":
            raise KeyNotAllowed(f"key {name} is a {record.role} key; {type} is signed by recorder keys")


def may_open(table: KeyTable, type: str, signers: Collection[str]) -> None:
    """Check that a ledger was opened by its own roots, which are in the table, and by enough of them.

    Raises:
        KeyNotAllowed: by others, or by too few.
    """
    for name in signers:
        if name not in table.keys or table.keys[name].role != "root":
            raise KeyNotAllowed(f"{type}: signed by key {name}, which is none of the root keys that it lists")
    threshold_of_roots(table, signers, type, 0)


def keys_brought(payload: Payload, index: int) -> tuple[KeyRecord, ...]:
    """The keys that an event lists or adds, whether or not they are there already.

    Raises:
        WeakKey: one of them is one under which signatures prove nothing.
        MalformedEvent, CouldNotCheck: see `governance_of`.
    """
    if payload.type == KeyAdded.TYPE:
        added = governance_of(payload, KeyAdded)
        return (record_of(added, added.role, added.algorithm, index, added.succeeds),)
    if payload.type == RootsChanged.TYPE:
        changed = governance_of(payload, RootsChanged)
        return tuple(record_of(root, "root", "ed25519", index) for root in changed.roots)
    if payload.type == LedgerOpened.TYPE:
        opened = governance_of(payload, LedgerOpened)
        roots = (record_of(root, "root", "ed25519", index) for root in opened.roots)
        return (*roots, *(record_of(log, "log", log.algorithm, index) for log in opened.logs))
    return ()


def check_form(payload: Payload) -> None:
    """Check the body of an event by its type, where that is one that changes keys and can be read.

    Raises:
        MalformedEvent: it is not of the form that its type has.
    """
    for cls in (LedgerOpened, KeyAdded, KeyRevoked, RootsChanged):
        if payload.type == cls.TYPE and payload.version == cls.VERSION:
            governance_of(payload, cls)


def governance_of(payload: Payload, cls: type[_Governance]) -> _Governance:
    """The body of a key event, exactly as it was signed: pydantic would also read "1" as 1."""
    if payload.type != cls.TYPE or payload.version > cls.VERSION:
        what = f"{payload.type} version {payload.version}"
        raise CouldNotCheck(f"{what} cannot be read by this release; take a newer one to check this")
    body = read_body(payload.type, payload.version, payload.body, {})
    if isinstance(body, UnknownBody):
        raise MalformedEvent(body.reason)
    # Compared as bytes: in Python True == 1.
    if not isinstance(body, cls) or encode(body.split()[0]) != encode(payload.body) or payload.commitments:
        raise MalformedEvent(f"the members do not fit {payload.type} version {payload.version}")
    return body


def _is_new(table: KeyTable, name: str, index: int) -> None:
    known = table.keys.get(name)
    if known is not None and known.added_at != index:
        raise KeyNotAllowed(
            f"key {name} is in the ledger already, as a {known.role} key: one key, one role, and once"
        )
