"""A ledger whose keys can be changed: by the roots at hand, or by a request that they sign elsewhere.

1. Only the roots change keys: a threshold of them, and each new root or recorder key itself.
2. Where too few are at hand, a request is made (`key_request`), signed where they are, and applied here.
3. While keys are changed, the threads of this ledger record nothing; another process may.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from claimledger.events.governance import KeyAdded, KeyRevoked, Role, RootKey, RootsChanged

from .key_changes import KeyChanges
from .key_records import KeyRecord
from .key_requests import KeyChange, KeyRequest
from .keys import Keyring, LogSigner, Signer
from .ledger_reading import LedgerReader
from .recording import Receipt
from .writing import Writer

__all__ = ["LedgerWithKeys"]


class LedgerWithKeys(LedgerReader):
    """A ledger that is open, as far as reading it and changing its keys goes."""

    _keyring: Keyring | None
    _writer: Writer
    _key_changes: KeyChanges

    def add_key(
        self,
        key: Signer | LogSigner,
        holder: str,
        *,
        role: Role = "recorder",
        succeeds: str | None = None,
        roots: Iterable[Keyring] = (),
    ) -> Receipt:
        """Let one more key sign.

        Args:
            key: the new key, which signs its own adding as proof that it is there.
            holder: who holds it, in words; signed in clear.
            role: what it may sign.
            succeeds: keyid of the recorder key that its holder signed with before: with the new one it may amend and
                withdraw what that one recorded.
            roots: keyrings with root keys, beside the one that the ledger was opened with.

        Raises:
            KeyMissing: fewer root keys are at hand than must sign; make a request (`key_request`).
            KeyNotAllowed: the key is there already, or ever was.
            WeakKey, InvalidValue: it cannot be a key of that role, or its holder's name is protected in a case.
        """
        return self._change_keys(
            KeyAdded(
                holder=holder,
                role=role,
                algorithm=getattr(key, "algorithm", "ed25519"),
                key=key.public_key.hex(),
                succeeds=succeeds,
            ),
            roots,
            key,
        )

    def revoke_key(
        self, key: str, reason: str, size: int | None = None, *, roots: Iterable[Keyring] = ()
    ) -> Receipt:
        """End a key, and say how much of what it signed stays trusted.

        Args:
            key: its keyid, or the first eight digits of it or more.
            reason: why, in words; signed in clear, so it must identify nobody who is protected.
            size: how many leaves of the log stay trusted: what the key signed from that index on is disputed from now
                on. None for all that there are now.
            roots: keyrings with root keys, beside the one that the ledger was opened with.

        Raises:
            KeyMissing: fewer root keys are at hand than must sign; make a request (`key_request`).
            KeyNotAllowed: it is the last recorder key, or was revoked already with no more trust than now.
            InvalidValue: no such key, no reason, one that names somebody who is protected, or more leaves than there
                are.
        """
        with self._writer.alone():
            return self._change_keys(self.revocation(key, reason, size), roots)

    def check_revocation_reason(self, reason: str) -> None:
        """Refuse, before anything is signed, a reason that `revoke_key` would refuse: one that names the protected.

        Raises:
            InvalidValue: it holds a protected word of a case, in whole or in part.
        """
        self._key_changes.check_reason(reason)

    def change_roots(
        self, roots: Sequence[RootKey], threshold: int, *, signers: Iterable[Keyring] = ()
    ) -> Receipt:
        """Make these the root keys from now on; a root that is not among them may sign nothing any more.

        Args:
            roots: every root key, those that stay included.
            threshold: how many of them must sign from now on.
            signers: keyrings with the keys that must sign this, beside the one that the ledger was opened with: a
                threshold of the old roots, a threshold of the new ones, and each one that is new.

        Raises:
            KeyMissing: some of them are not at hand; make a request (`key_request`).
            KeyNotAllowed: a key is in the ledger already in another role, or was dropped before.
            WeakKey, InvalidValue: they cannot be the roots, or a holder's name is protected in a case.
        """
        return self._change_keys(RootsChanged(roots=roots, threshold=threshold), signers)

    def key(self, name: str) -> KeyRecord:
        """A key of the ledger, by its keyid or the first eight digits of it or more; one that was revoked too.

        Raises:
            InvalidValue: no key begins so, or several do.
        """
        return self._key_changes.key(name)

    def revocation(self, key: str, reason: str, size: int | None = None) -> KeyRevoked:
        """What `revoke_key` has signed, as a body for `key_request`; arguments and errors as there."""
        return self._key_changes.revocation(key, reason, size)

    def key_request(self, change: KeyChange) -> KeyRequest:
        """A change of keys as a request that is signed elsewhere, where the root keys are.

        Raises:
            VerificationFailed: it would not be allowed, whoever signed.
        """
        return self._key_changes.request(change)

    def apply_key_request(self, request: KeyRequest) -> Receipt:
        """Write a request that came back signed.

        Raises:
            InvalidInput: the keys were changed since it was made, or it is for another ledger.
            KeyMissing: signatures are missing.
            VerificationFailed: it is not allowed.
        """
        with self._writer.alone():
            return self._key_changes.write(request)

    def as_roots(self, *roots: Keyring) -> AbstractContextManager[None]:
        """Let the roots amend or withdraw records, whoever made them, for the length of a ``with``.

        Args:
            *roots: keyrings with root keys, beside the one that the ledger was opened with.

        Raises:
            KeyMissing: fewer root keys are at hand than must sign.
        """
        return self._writer.as_roots(self._root_signers(roots))

    def _root_signers(self, rings: Iterable[Keyring]) -> list[Signer]:
        own = () if self._keyring is None else (self._keyring,)
        return [root for ring in (*own, *rings) for root in ring.roots]

    def _change_keys(self, change: KeyChange, rings: Iterable[Keyring], *new: Signer) -> Receipt:
        with self._writer.alone():
            return self._key_changes.change(change, [*self._root_signers(rings), *new])
