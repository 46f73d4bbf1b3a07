"""Types of event, their versions, and how stored bodies become objects again.

1. Every body is an immutable pydantic model with a TYPE, a VERSION and its protected slots.
2. A protected slot never enters the signed body; its content is committed to (`claimledger.events.disclosure`),
   null when absent. `Body.split` takes a body apart, `read_body` puts it together again.
3. Old bytes are never rewritten: an upcaster turns the decoded members of an old version into the next one's.
4. A type that is not known here, a newer version, or members that do not fit are read as `UnknownBody`: kept, shown,
   verified like any other event, never dropped and never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any, ClassVar

from pydantic import ValidationError

from .encoding import JSONValue
from .values import Value

__all__ = ["Body", "UnknownBody", "body_types", "read_body", "register_body", "upcaster"]

Members = dict[str, JSONValue]
Upcaster = Callable[[Members], Members]

body_types: dict[str, type[Body]] = {}
"""Every body known here, by event type."""

_HOMES = ("claims", "erasure", "evidence", "governance", "recorder_acts")
"""The modules that register bodies; what is read must not depend on which of them were imported."""

_upcasters: dict[tuple[str, int], Upcaster] = {}


class Body(Value):
    """Base of the bodies of all events."""

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1

    @property
    def slots(self) -> tuple[str, ...]:
        """Paths (dotted) of the protected members of this body, present or not."""
        return ()

    def may_commit_to(self, path: str) -> bool:
        """Whether an event with this body may have a protected slot of that path."""
        return path in self.slots

    def split(self) -> tuple[Members, Members]:
        """Take the body apart into what is signed as it is and what is only committed to.

        Returns:
            The public members, without any protected one; and slot path to protected value, None when absent.
        """
        public: Members = self.model_dump(mode="json", exclude_none=True)
        return public, {path: _take(public, path) for path in self.slots}


class UnknownBody(Value):
    """A body that this release cannot read into a type of its own.

    Attributes:
        type: the event type as signed.
        version: the schema version as signed.
        members: the signed members, as they are.
        reason: why it is shown raw, in one line.
    """

    type: str
    version: int
    members: dict[str, Any]
    reason: str


def register_body(cls: type[Body]) -> type[Body]:
    """Make a body type known (a class decorator).

    Raises:
        ValueError: another class has that TYPE.
    """
    if body_types.setdefault(cls.TYPE, cls) is not cls:
        raise ValueError(f"event type {cls.TYPE} is registered already")
    return cls


def upcaster(type: str, version: int) -> Callable[[Upcaster], Upcaster]:
    """Register a function from the members of `version` to those of `version + 1` (a decorator)."""

    def register(function: Upcaster) -> Upcaster:
        _upcasters[(type, version)] = function
        return function

    return register


def read_body(
    type: str,
    version: int,
    members: Members,
    disclosed: Mapping[str, JSONValue],
    committed: Collection[str] | None = None,
) -> Body | UnknownBody:
    """Read the decoded members of an event into today's body.

    Args:
        type: event type, as signed.
        version: schema version, as signed.
        members: the decoded, signed members; not changed.
        disclosed: slot path to value, for the slots whose content is at hand.
        committed: every slot that the event commits to, at hand or not; by default those disclosed.

    Returns:
        A body of the registered class, or an `UnknownBody`. Never raises for what was signed.
    """
    cls = body_types.get(type) or _registered_now(type)
    if cls is None:
        return UnknownBody(
            type=type, version=version, members=members, reason=f"no event type {type} is known here"
        )
    if version > cls.VERSION:
        reason = f"version {version} is newer than {cls.VERSION}, the newest known here"
        return UnknownBody(type=type, version=version, members=members, reason=reason)
    committed = disclosed.keys() if committed is None else committed
    for path in committed:
        # Else one signed event would say two things, depending on what its reader was given.
        if _is_signed(members, path):
            reason = "it commits to a member that it signs in clear as well"
            return UnknownBody(type=type, version=version, members=members, reason=reason)
    today = members
    for path, value in disclosed.items():
        if value is not None:
            today = _with(today, path.split("."), value)
    for step in range(version, cls.VERSION):
        today = _upcasters[(type, step)](today)
    try:
        body = cls.model_validate(today)
        if all(body.may_commit_to(path) for path in committed):
            return body
        reason = "it commits to a member that is not protected"
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"the members do not fit {type} version {version} (at {where or 'top'}: {first['msg']})"
    return UnknownBody(type=type, version=version, members=members, reason=reason)


def _registered_now(name: str) -> type[Body] | None:
    """The body of a type whose module was not loaded yet."""
    for home in _HOMES:
        import_module(f"{__package__}.{home}")
    return body_types.get(name)


def _is_signed(members: Members, path: str) -> bool:
    """Whether a path leads to a signed member, or through one that can hold no member."""
    at: Any = members
    for part in path.split("."):
        if not isinstance(at, dict):
            return True
        if part not in at:
            return False
        at = at[part]
    return True


def _take(members: Members, path: str) -> JSONValue:
    *outer, last = path.split(".")
    at: Any = members
    for part in outer:
        at = at.get(part, {})
    value: JSONValue = at.pop(last, None)
    return value


def _with(members: Members, path: list[str], value: JSONValue) -> Members:
    head, *rest = path
    if not rest:
        return {**members, head: value}
    inner = members.get(head)
    return {**members, head: _with(inner if isinstance(inner, dict) else {}, rest, value)}
