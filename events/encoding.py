"""The strict JSON in which everything signed or committed to is written: one value, one spelling.

Rules, the same for writing and for reading:

1. The text is RFC 8785 (JSON Canonicalization Scheme): UTF-8, no whitespace, members in order of their names,
   and only the escapes that RFC 8785 names.
2. It is a subset: member names are ASCII, numbers are whole and within +-(2**53 - 1), and there is no other
   kind of number. Floats are refused even where their value is whole.
3. At most ``max_depth`` levels of lists and objects and ``max_bytes`` bytes (`MAX_DEPTH` and `MAX_BYTES` unless said).
4. Strings are kept code point by code point. They are never normalised; lone surrogates are refused.

`encode` takes only ``None``, ``bool``, ``int``, ``str``, ``list``, ``tuple`` (written as a list) and
``dict``, not their subclasses, so that no enum, UUID, date or model slips in with a spelling of its own.

`decode` checks the size, then the depth by scanning the bytes, then parses, then demands that
``encode(result)`` gives back the same bytes. That last rule refuses duplicate members, a byte order mark,
whitespace, trailing bytes, ``1.0``, ``-0`` and escapes that were not needed, without naming them one by one.

Most of what is read is plain: ASCII, whole numbers, shallow. That is found out without walking the value, since
verifying a ledger does little else (`_plain`); whatever is not plainly right takes the way above, which says why.

orjson does the work, but the format is the RFC: where orjson is laxer, the rules above are checked here.
Messages name the place and the rule, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from .errors import InvalidValue, MalformedEvent

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_INTEGER", "JSONValue", "decode", "encode", "encode_dumped"]

JSONValue: TypeAlias = "bool | int | str | Sequence[JSONValue] | Mapping[str, JSONValue] | None"
"""What `encode` takes and `decode` returns. At run time the containers are exactly list, tuple and dict."""

MAX_BYTES = 32 * 1024
MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_SCALARS = frozenset({type(None), bool, int, str})
_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)
# A string that never ends is taken to the end of the bytes: were that a failure to match, each quote in it
# would be tried again as a beginning, and the scan would take quadratic time.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
# In bytes without whitespace a number stands between two of these, or is the whole. Inside a string it may look so
# too: then the value is walked, and nothing is lost but time. Three patterns, since each looks for one first byte.
_FRACTIONS = tuple(
    re.compile(before + rb"-?[0-9]+[.eE][0-9.eE+-]*[]},]").search for before in (rb":", rb",", rb"\[")
)
_HARMLESS_BRACKETS = 200  # no parser minds that many levels
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def encode(value: JSONValue, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> bytes:
    """Write a value as strict JSON.

    Args:
        value: None, bool, int, str, list, tuple or dict with ASCII names.
        max_bytes: the longest result allowed, in bytes.
        max_depth: how many levels of lists and objects may be nested.

    Returns:
        The one spelling of the value, in UTF-8.

    Raises:
        InvalidValue: the value breaks a rule of this module; the message says where and which.

    >>> encode({"b": (1, 2), "a": None})
    b'{"a":null,"b":[1,2]}'
    """
    try:
        if _has_plain_shape(value, max_bytes, max_depth):
            data = orjson.dumps(value, option=_OPTIONS)
            # ASCII bytes have ASCII names; only quotes in other scripts need the second look.
            if len(data) <= max_bytes and (data.isascii() or _has_ascii_names(value)):
                return data
    except TypeError:
        # A member name that is no string, an integer out of range or a lone surrogate: _problem finds which.
        pass
    raise InvalidValue(_problem(value, max_bytes, max_depth))


def encode_dumped(members: Mapping[str, JSONValue], *, max_bytes: int = MAX_BYTES) -> bytes:
    """Write what a model was dumped to, in the time of writing it: what `encode` gives, or raises.

    Args:
        members: as pydantic dumps a model for JSON, hence of plain types and floats.
        max_bytes: as for `encode`.
    """
    try:
        data = orjson.dumps(members, option=_OPTIONS | orjson.OPT_PASSTHROUGH_SUBCLASS)
    except TypeError:
        return encode(members, max_bytes=max_bytes)
    is_plain = (
        len(data) <= max_bytes
        and data.isascii()
        and data.count(b"{") + data.count(b"[") <= MAX_DEPTH
        # A float that is no number is written as null.
        and not _may_hold_fractions(data)
        and b"null" not in data
    )
    return data if is_plain else encode(members, max_bytes=max_bytes)


def decode(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JSONValue:
    """Read strict JSON; the exact opposite of `encode`.

    Args:
        data: any bytes whatsoever.
        max_bytes: the longest input that is looked at, in bytes.
        max_depth: how many levels of lists and objects may be nested.

    Returns:
        The value, of dict, list, str, int, bool and None.

    Raises:
        MalformedEvent: `encode` would not have written these bytes.

    >>> decode(b'{"a":[1,true]}')
    {'a': [1, True]}
    """
    if len(data) > max_bytes:
        raise MalformedEvent(f"strict JSON: {len(data)} bytes, where at most {max_bytes} are allowed")
    plain = _plain(data, max_depth)
    return _decoded_at_length(data, max_bytes, max_depth) if plain is None else plain


def _decoded_at_length(data: bytes, max_bytes: int, max_depth: int) -> JSONValue:
    if _is_too_deep(data, max_depth):
        raise MalformedEvent(f"strict JSON: nested deeper than {max_depth} levels")
    try:
        value: JSONValue = orjson.loads(data)
        again = encode(value, max_bytes=max_bytes, max_depth=max_depth)
    except orjson.JSONDecodeError as error:
        # Only the place is kept: the parser's error carries the whole document, which may be protected.
        reason = f"no JSON in UTF-8 at character {error.pos}"
    except InvalidValue as error:
        reason = str(error)
    else:
        if again == data:
            return value
        reason = "not the one spelling of its value (RFC 8785): it would be written with other bytes"
    raise MalformedEvent(f"strict JSON: {reason}")


def _plain(data: bytes, max_depth: int) -> JSONValue:
    """The value, where it is plain that `encode` would write these bytes; None otherwise, or where it is null."""
    brackets = data.count(b"{") + data.count(b"[")
    if brackets > _HARMLESS_BRACKETS or not data.isascii() or _may_hold_fractions(data):
        return None
    try:
        value: Any = orjson.loads(data)
        if type(value) is float or orjson.dumps(value, option=_OPTIONS) != data:
            return None
        if brackets > max_depth:
            # Two spaces a level: what stands that far from the margin is nested deeper.
            too_deep = b"\n" + b"  " * max_depth
            if too_deep in orjson.dumps(value, option=orjson.OPT_INDENT_2):
                return None
    except (orjson.JSONDecodeError, TypeError):
        # No JSON, or an integer out of range.
        return None
    found: JSONValue = value
    return found


def _may_hold_fractions(data: bytes) -> bool:
    return bool(_FRACTIONS[0](data) or _FRACTIONS[1](data) or _FRACTIONS[2](data))


def _has_plain_shape(value: object, room: int, max_depth: int) -> bool:
    """Whether types and depth are right, looking at no more than ``room`` members.

    This runs for every event that is recorded or read, hence the plain loops. Each member takes at least a
    byte, so what does not fit into ``room`` is given up early, even where shared references would multiply
    out to more than any memory, or where a list holds itself.
    """
    if type(value) in _SCALARS:
        return True
    level: list[Any] = [value]
    for _ in range(max_depth):
        deeper: list[Any] = []
        for container in level:
            members: Collection[Any]
            if type(container) is dict:
                members = container.values()
            elif type(container) is list or type(container) is tuple:
                members = container
            else:
                return False
            room -= len(members)
            if room < 0:
                return False
            for member in members:
                if type(member) in _SCALARS:
                    continue
                deeper.append(member)
        if not deeper:
            return True
        level = deeper
    return False


def _has_ascii_names(value: object) -> bool:
    """Whether every member name is ASCII, for a value whose shape was found right before."""
    if type(value) is dict:
        return "".join(value).isascii() and all(map(_has_ascii_names, value.values()))
    if type(value) is list or type(value) is tuple:
        return all(map(_has_ascii_names, value))
    return True


def _is_too_deep(data: bytes, max_depth: int) -> bool:
    """Whether brackets outside strings nest deeper than that, in time linear in the bytes."""
    if data.count(b"[") + data.count(b"{") <= max_depth:
        return False
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_BRACKETS):
        if bracket in b"[{":
            depth += 1
            if depth > max_depth:
                return True
        else:
            depth -= 1
    return False


def _problem(value: object, max_bytes: int, max_depth: int) -> str:
    """Say where a refused value breaks which rule. Breadth first and bounded, as `_has_plain_shape` is."""
    room = max_bytes
    level: list[tuple[str, object]] = [("$", value)]
    for depth in range(max_depth + 1):
        deeper: list[tuple[str, object]] = []
        for path, member in level:
            if depth == max_depth and type(member) not in _SCALARS:
                return f"{path}: nested deeper than {max_depth} levels"
            reason = _broken_rule(member)
            if reason is not None:
                return f"{path}: {reason}"
            for below in _members(path, member):
                room -= 1
                if room < 0:
                    return f"$: longer than {max_bytes} bytes when written as JSON"
                deeper.append(below)
        level = deeper
    return f"$: longer than {max_bytes} bytes when written as JSON"


def _broken_rule(value: object) -> str | None:
    """Which rule the value itself breaks, its members left aside."""
    if value is None or type(value) is bool or type(value) is list or type(value) is tuple:
        return None
    if type(value) is int:
        in_range = abs(value) <= MAX_INTEGER
        return None if in_range else "an integer must be within +-(2**53 - 1); write it as text"
    if type(value) is str:
        return "a string must not hold a lone surrogate" if _has_lone_surrogate(value) else None
    if type(value) is dict:
        if not all(type(name) is str and name.isascii() for name in value):
            return "the names of members must be ASCII text"
        return None
    if isinstance(value, float):
        return "a float is not allowed; write the number as decimal text"
    return f"a {type(value).__name__} is not allowed; use None, bool, int, str, list, tuple or dict"


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _members(path: str, value: object) -> Iterator[tuple[str, object]]:
    if type(value) is dict:
        for name, member in value.items():
            yield f"{path}.{name}" if _PLAIN_NAME.fullmatch(name) else f"{path}.(member)", member
    elif type(value) is list or type(value) is tuple:
        for index, member in enumerate(value):
            yield f"{path}[{index}]", member
