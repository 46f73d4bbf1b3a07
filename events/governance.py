"""Who may sign what: the events of the key stream, from index 0 on.

1. ``ledger.opened`` is index 0, signed by a threshold of the root keys that it lists; its header names no ledger, for
   the ledger's id is the SHA-256 of its payload.
2. ``key.added`` is signed by the roots and, for root and recorder keys, by the new key itself.
3. One key, one algorithm, one role. Types of this stream that are not known here make a check impossible, never
   lenient: whoever cannot read a revocation must not go on as if there were none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import StringConstraints, model_validator

from .registry import Body, register_body
from .values import ReadAs, Text, Value

__all__ = ["KeyAdded", "LedgerOpened", "PublicKeyHex", "Role", "RootKey"]

PublicKeyHex: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Role: TypeAlias = Literal["root", "recorder", "log", "witness"]
Origin: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\s+]{1,200}$")]


class RootKey(Value):
    """A root key: who holds it, and its 32 raw bytes as hex."""

    holder: Text
    key: PublicKeyHex


@register_body
class LedgerOpened(Body):
    """The first event of a ledger.

    Attributes:
        origin: the ledger's name in the world, such as ``example.org/yekaterinburg``.
        roots: the root keys.
        threshold: how many of them must sign key events.
    """

    TYPE: ClassVar[str] = "ledger.opened"

    origin: Origin
    roots: Annotated[Sequence[RootKey], ReadAs(tuple[RootKey, ...])]
    threshold: int

    @model_validator(mode="after")
    def _reachable(self) -> LedgerOpened:
        if not 1 <= self.threshold <= len(self.roots):
            raise ValueError("the threshold must be between 1 and the number of root keys")
        if len({root.key for root in self.roots}) != len(self.roots):
            raise ValueError("a root key is listed twice")
        return self


@register_body
class KeyAdded(Body):
    """A key may sign from here on.

    Attributes:
        holder: who holds it, in words ("Recorder A").
        role: what it may sign.
        algorithm: always ``ed25519`` for keys that sign events.
        key: the 32 raw bytes as hex.
    """

    TYPE: ClassVar[str] = "key.added"

    holder: Text
    role: Role
    algorithm: Literal["ed25519"] = "ed25519"
    key: PublicKeyHex
