"""What a ledger refuses to write of its own keys, though its roots may sign it: what nobody could have meant.

1. The last recorder key stays, and of the roots as many as must sign.
2. No more leaves stay trusted than there are. A key that is no longer active is revoked again only to trust fewer:
   when a theft shows late.
3. A root that stays keeps its holder: a new holder takes a new key.

This is asked before anything is written. What stands in a ledger is judged by who signed it, and where, alone
(`claimledger.key_rules`).
"""

from __future__ import annotations

from claimledger.events.errors import KeyNotAllowed
from claimledger.events.event import Payload
from claimledger.events.governance import KeyRevoked, RootsChanged

from .key_records import KeyTable, record_of
from .key_rules import governance_of

__all__ = ["refuse_unwise"]


def refuse_unwise(table: KeyTable, payload: Payload, index: int) -> None:
    """Refuse a change of keys that its roots may sign and should not.

    Args:
        table: the keys as they are now.
        payload: the change, which those who sign it may make.
        index: the place that it is to have.

    Raises:
        KeyNotAllowed: it breaks one of the rules of this module.
    """
    if payload.type == KeyRevoked.TYPE:
        _refuse_revocation(table, governance_of(payload, KeyRevoked), index)
    if payload.type == RootsChanged.TYPE:
        for root in governance_of(payload, RootsChanged).roots:
            known = table.keys.get(record_of(root, "root", "ed25519", index).keyid)
            if known is not None and known.holder != root.holder:
                raise KeyNotAllowed(
                    f'{payload.type}: root key {known.keyid} is held by "{known.holder}"; a new holder takes a new key'
                )


def _refuse_revocation(table: KeyTable, body: KeyRevoked, index: int) -> None:
    record = table.keys[body.key]
    if body.size > index:
        raise KeyNotAllowed(
            f"{body.TYPE}: {body.size} leaves are to stay trusted, where {index} come before it"
        )
    if not record.is_active_at(index):
        if record.trusted_below is not None and body.size >= record.trusted_below:
            raise KeyNotAllowed(
                f"{body.TYPE}: key {body.key} was {record.ended} already, trusted up to {record.trusted_below} leaves; "
                "again only to trust fewer"
            )
        return
    others = [each for each in table.active(record.role, index) if each.keyid != body.key]
    if record.role == "recorder" and not others:
        raise KeyNotAllowed(f"{body.TYPE}: key {body.key} is the last recorder key; add another one first")
    if record.role == "root" and len(others) < table.threshold_at(index):
        raise KeyNotAllowed(
            f"{body.TYPE}: without root key {body.key} too few are left to sign; change the roots instead"
        )
