"""Who may sign what: the events of the key stream, from index 0 on.

1. ``ledger.opened`` is index 0, signed by a threshold of the root keys that it lists; its header names no ledger, for
   the ledger's id is the SHA-256 of its payload. It lists the first log keys too, so that who pins the id pins them.
2. ``key.added`` is signed by the roots and, for root and recorder keys, by the new key itself.
3. ``key.revoked`` is signed by the roots: below `size` what the key signed stays trusted, from there to the revocation
   it is disputed, after it invalid.
4. ``roots.changed`` is signed by a threshold of the old roots, by a threshold of the new ones, and by each root that is
   new. A root that it does not list may no longer sign.
5. One key, one algorithm, one role. Types of this stream that are not known here make a check impossible, never
   lenient: whoever cannot read a revocation must not go on as if there were none.

Who holds these rules against the log is `claimledger.trust`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from .envelope import KEY_BYTES, Algorithm
from .registry import Body, register_body
from .values import ReadAs, Text, Value

__all__ = [
    "MAX_ROOTS",
    "KeyAdded",
    "KeyRevoked",
    "LedgerOpened",
    "LogKey",
    "PublicKeyHex",
    "Role",
    "RootKey",
    "RootsChanged",
]

MAX_ROOTS = 8
"""How many root keys there may be: with half of an event's 16 signatures for the old ones and half for the new."""

Digest: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PublicKeyHex: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]+$")]
Role: TypeAlias = Literal["root", "recorder", "log", "witness"]
Origin: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[!-*,-~]{1,200}$")]


class RootKey(Value):
    """A root key: who holds it, and its 32 raw bytes (Ed25519) as hex."""

    holder: Text
    key: Digest


class LogKey(Value):
    """A log key: who holds it, its algorithm, and its raw bytes as hex."""

    holder: Text
    algorithm: Algorithm
    key: PublicKeyHex

    @model_validator(mode="after")
    def _whole(self) -> LogKey:
        _check_length(self.algorithm, self.key)
        return self


@register_body
class LedgerOpened(Body):
    """The first event of a ledger.

    Attributes:
        origin: the ledger's name in the world, such as ``example.org/yekaterinburg``.
        roots: the root keys.
        threshold: how many of them must sign key events.
        logs: the first keys that sign checkpoints.
    """

    TYPE: ClassVar[str] = "ledger.opened"

    origin: Origin
    roots: Annotated[Sequence[RootKey], ReadAs(tuple[RootKey, ...])]
    threshold: int
    logs: Annotated[Sequence[LogKey], ReadAs(tuple[LogKey, ...])]

    @model_validator(mode="after")
    def _reachable(self) -> LedgerOpened:
        _check_roots(self.roots, self.threshold)
        keys = [root.key for root in self.roots] + [log.key for log in self.logs]
        if len(set(keys)) != len(keys):
            raise ValueError("a key is listed twice: one key, one role")
        return self


@register_body
class KeyAdded(Body):
    """A key may sign from here on.

    Attributes:
        holder: who holds it, in words ("Recorder A").
        role: what it may sign.
        algorithm: ``ed25519``; log keys may be ``ml-dsa-44``.
        key: the raw bytes as hex: 32 of an Ed25519 key, 1,312 of an ML-DSA-44 key.
        succeeds: keyid of the recorder key that its holder signed with before; with this one it may amend and
            withdraw what was signed with that one.
    """

    TYPE: ClassVar[str] = "key.added"

    holder: Text
    role: Role
    algorithm: Algorithm = "ed25519"
    key: PublicKeyHex
    succeeds: Digest | None = None

    @model_validator(mode="after")
    def _fits(self) -> KeyAdded:
        _check_length(self.algorithm, self.key)
        if self.succeeds is not None and self.role != "recorder":
            raise ValueError("only a recorder key succeeds another one")
        if self.algorithm != "ed25519" and self.role != "log":
            raise ValueError(
                f"a {self.role} key is an Ed25519 key; only log keys may be of another algorithm"
            )
        return self


@register_body
class KeyRevoked(Body):
    """A key may no longer sign; and what it signed from some place of the log on is disputed.

    Attributes:
        key: its keyid.
        reason: why, in words; signed in clear, so it must identify nobody who is protected.
        size: how many leaves of the log stay trusted, whatever this key signed among them.
        root: RFC 6962 root of the log at that size, as hex: so that it is this log whose leaves are meant.
    """

    TYPE: ClassVar[str] = "key.revoked"

    key: Digest
    reason: Text
    size: Annotated[int, Field(ge=0)]
    root: Digest


@register_body
class RootsChanged(Body):
    """Other root keys, or another threshold, from here on.

    Attributes:
        roots: every root key from here on, those that stay included.
        threshold: how many of them must sign key events.
    """

    TYPE: ClassVar[str] = "roots.changed"

    roots: Annotated[Sequence[RootKey], ReadAs(tuple[RootKey, ...])]
    threshold: int

    @model_validator(mode="after")
    def _reachable(self) -> RootsChanged:
        _check_roots(self.roots, self.threshold)
        return self


def _check_roots(roots: Sequence[RootKey], threshold: int) -> None:
    if len(roots) > MAX_ROOTS:
        raise ValueError(f"a ledger has at most {MAX_ROOTS} root keys")
    if not 1 <= threshold <= len(roots):
        raise ValueError("the threshold must be between 1 and the number of root keys")
    if len({root.key for root in roots}) != len(roots):
        raise ValueError("a root key is listed twice")


def _check_length(algorithm: Algorithm, key: str) -> None:
    if len(key) != 2 * KEY_BYTES[algorithm]:
        raise ValueError(
            f"a key of {algorithm} has {KEY_BYTES[algorithm]} raw bytes, as {2 * KEY_BYTES[algorithm]} hex digits"
        )
