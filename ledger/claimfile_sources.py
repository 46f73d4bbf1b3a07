"""The sources of a claim file, and the copies of them that are at hand.

1. A source with ``protected: true`` is signed as its label, publisher and relaying entity alone. Its name in the file
   is its handle, and no message repeats what is protected of it.
2. A copy is held against the digest of its source before anything is read out of it.
3. Its text is decoded by the charset of the source's media type, UTF-8 where none is named; offsets count its code
   points. The text is for checking offsets and for showing words; it is never stored or logged.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from claimledger.events.recorder_acts import SourceRegistered
from claimledger.events.sources import Source
from claimledger.events.values import Locator

from .claimfile_claims import read_words
from .claimfile_shapes import Field, Truth, Words, fields_of
from .claimfile_text import Node, Place, Table, child
from .claimfile_values import BAD, Values

__all__ = ["SECRET", "read_copies", "read_source"]

SECRET: Final = tuple(slot for slot in Source(protected=True).slots if slot != "handle")
"""What a claim file may state of a protected source that is only committed to."""


def read_source(values: Values, section: Table, name: str, locators: dict[str, list[Locator]]) -> Any:
    """Read the source `name`; `BAD` when it cannot be read. Its excluded parts go to `locators` all the same."""
    path = child("sources", name)
    table = values.table(section.members[name], path, "a table with a title")
    if table is None:
        return BAD
    stated = table.members.get("protected")
    protected = BAD if stated is None else values.read(stated, Truth(), child(path, "protected"))
    parts = table.members.get("excluded")
    hidden = protected is True
    excluded = []
    for at, part in enumerate(values.items(parts) if parts is not None else ()):
        excluded.append(_excluded(values, part, child(child(path, "excluded"), at), hidden=hidden))
    locators[name] = [part["locator"] for part in excluded if part is not BAD]
    data = _members(values, table, path, is_protected=hidden)
    if data is BAD or BAD in excluded or (stated is not None and protected is BAD):
        return BAD
    if hidden:
        data |= {"protected": True, "handle": name}
    source = values.validate(Source, {**data, "excluded": excluded or None}, table, path)
    return (
        BAD if source is BAD else values.body(SourceRegistered, {"name": name, "source": source}, table, path)
    )


def _members(values: Values, table: Table, path: str, *, is_protected: bool) -> Any:
    """Read the members of a source, protected ones without ever repeating them; `BAD` when they cannot be read."""
    own = {name: member for name, member in fields_of(Source).items() if name not in ("excluded", "handle")}
    if not is_protected:
        if "label" in table.members:
            message = "is for a protected source only: {protected: true, label: ..., title: ...}"
            return values.problem(table.keys["label"], child(path, "label"), message)
        own["title"] = replace(own["title"], required=True)
        del own["label"]
    hidden = [name for name in table.members if is_protected and name in SECRET]
    seen = Table(
        {name: node for name, node in table.members.items() if name not in (*hidden, "excluded")},
        {name: place for name, place in table.keys.items() if name not in (*hidden, "excluded")},
        table.place,
    )
    data = values.members(seen, own, path)
    secret = {
        name: values.read(table.members[name], own[name].shape, child(path, name), hidden=True)
        for name in hidden
        if name != "excluded"
    }
    return BAD if data is BAD or BAD in secret.values() else data | secret


def read_copies(
    values: Values, copies: Mapping[str, Path], sources: Mapping[str, Source], places: Mapping[str, Place]
) -> dict[str, str]:
    """The text of each copy that is the one registered."""
    texts = {}
    for name, path in copies.items():
        source = sources.get(name)
        if source is None:
            continue
        at, where = places[child("sources", name)], child("sources", name)
        try:
            data = path.read_bytes()
        except OSError as error:
            values.problem(
                at, where, f"the copy {path} cannot be read: {(error.strerror or 'error').lower()}"
            )
            continue
        digest = sha256(data).hexdigest()
        if source.sha256 is None:
            values.problem(at, where, f'needs "sha256" to hold the copy against; that of {path} is {digest}')
        elif digest != source.sha256:
            values.problem(at, where, f"{path} is not the copy that was registered: its SHA-256 is {digest}")
        else:
            text = _decoded(values, data, source, at, where)
            if text is not None:
                texts[name] = text
    return texts


def _excluded(values: Values, node: Node, path: str, *, hidden: bool) -> Any:
    table = values.table(node, path, "{words: 3153-3395, because: ...}")
    if table is None:
        return BAD
    because = Field(Words(longest=8000), required=True)
    data = values.members(table, {"words": because, "because": because}, path, hidden=hidden)
    if data is BAD:
        return BAD
    locator = read_words(values, table.members["words"], child(path, "words"))
    return BAD if locator is BAD else {"locator": locator, "because": data["because"]}


def _decoded(values: Values, data: bytes, source: Source, at: Place, where: str) -> str | None:
    parameters = (source.media_type or "").split(";")[1:]
    named = [part.partition("=")[2].strip(' "') for part in parameters if part.strip().startswith("charset=")]
    charset = named[0] if named else "utf-8"
    try:
        return data.decode(codecs.lookup(charset).name)
    except (LookupError, UnicodeDecodeError):
        values.problem(at, where, f"the copy is not text in {charset}; name its charset in media_type")
        return None
