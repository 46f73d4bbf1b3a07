"""What is looked at once more when events are written, since others may have written in the meantime.

1. Names, idempotency keys, statements and declared kinds: another writer may have taken them just now.
2. Keys: what was composed with a key that was revoked meanwhile is refused.
3. Nothing was written when one of these is raised, and the message says so.
"""

from __future__ import annotations

from claimledger.events.claims import ClaimAmended, ClaimRecorded
from claimledger.events.errors import InvalidValue, KeyNotAllowed, NameTaken

from .log import Log
from .recording import Overtaken, Pending
from .register import Register
from .store import Store
from .trust import MENDS

__all__ = ["Rechecks"]

_AGAIN = "nothing was written; record it again"


class Rechecks:
    """Holds events that wait to be written against what is in the ledger by now.

    Args:
        store: where rows go.
        log: the verified log, which knows the keys.
        register: what names stand for.
    """

    def __init__(self, store: Store, log: Log, register: Register) -> None:
        self._store = store
        self._log = log
        self._register = register

    def free(self, pending: Pending) -> None:
        """After another writer came first: whether an event can still be recorded as it is.

        Raises:
            NameTaken, InvalidValue: its name was taken, its statement or kind was said otherwise.
            Overtaken: what was picked for it was taken: pick again.
        """
        for stream, what, name in (*pending.names, *pending.absent):
            if self._store.name(stream, what, name) is not None:
                if pending.picked:
                    raise Overtaken(f'another writer took the next name, "{name}", just now; {_AGAIN}')
                shown = "of something protected" if what == "handle" else f'"{name}"'
                raise NameTaken(
                    f"{what} {shown}: another writer took that name just now; nothing was written"
                )
        if pending.idempotency is not None and self._store.idempotent(pending.idempotency[0]):
            raise Overtaken(f"another writer used this idempotency key just now; {_AGAIN}")
        still_new = []
        for key in pending.statements:
            first = self._store.name(*key)
            if first is None:
                still_new.append(key)
            elif key[1] == "kind":
                self._check_declaration(pending, key[2], first)
            else:
                self._check_statement(pending, key[2], first)
        pending.statements = still_new

    def _check_statement(self, pending: Pending, statement: str, first: str) -> None:
        body = self._register.body(pending.id)
        for voice in body.voices if isinstance(body, (ClaimRecorded, ClaimAmended)) else ():
            if voice.statement == statement:
                self._register.check_statement(first, voice)

    def _check_declaration(self, pending: Pending, kind: str, first: str) -> None:
        """Two writers may declare one kind at once, as long as they declare it alike: the first one holds."""
        if self._register.body(pending.id) != self._register.body(first):
            raise InvalidValue(
                f"kind {kind}: another writer declared it otherwise just now; nothing was written; "
                "give one of the two another name"
            )

    def may_sign(self, pending: Pending) -> None:
        """Whether those who are to sign an event may, by the keys as they are folded now.

        Raises:
            KeyNotAllowed: one of them may not any more, or too few of the roots.
        """
        keys = self._log.keys
        records = [keys.keys.get(name) for name in pending.signers.keyids]
        roots = [each for each in records if each is not None and each.role == "root"]
        if pending.type not in MENDS or not roots:
            for name in pending.signers.keyids:
                self.may_record(name)
            return
        for record in roots:
            if record.revoked_at is not None:
                raise KeyNotAllowed(
                    f"{self._store.place}: root key {record.keyid} was dropped or revoked at index "
                    f"{record.revoked_at}; nothing was written"
                )
        if len(roots) < keys.threshold:
            raise KeyNotAllowed(
                f"{self._store.place}: it takes {keys.threshold} of the root keys by now, and {len(roots)} signed; "
                "nothing was written"
            )

    def may_record(self, name: str) -> None:
        """Whether a key may record, by the keys as they are folded now.

        Raises:
            KeyNotAllowed: it is no recorder key of this ledger, or was revoked.
        """
        record = self._log.keys.keys.get(name)
        if record is None or record.role != "recorder":
            raise KeyNotAllowed(
                f"{self._store.place}: key {name} of this keyring may not record in this ledger; use the "
                "keyring that it was made with, or have a root holder add the key"
            )
        if record.revoked_at is not None:
            raise KeyNotAllowed(
                f"{self._store.place}: key {name} of {record.holder} was revoked at index {record.revoked_at} "
                f"({record.reason}) and may not record any more; nothing was written; have a root holder add a new key"
            )
