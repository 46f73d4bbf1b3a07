"""The sources of a claim file, and the copies of them that are at hand.

1. A copy is held against the digest of its source before anything is read out of it.
2. Its text is decoded by the charset of the source's media type, UTF-8 where none is named; offsets count its code
   points. The text is for checking offsets and for showing words; it is never stored or logged.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from claimledger.events.recorder_acts import SourceRegistered
from claimledger.events.sources import Source
from claimledger.events.values import Locator

from .claimfile_claims import read_words
from .claimfile_shapes import Field, Words, fields_of
from .claimfile_text import Node, Place, Table, child
from .claimfile_values import BAD, Values

__all__ = ["read_copies", "read_source"]


def read_source(values: Values, section: Table, name: str, locators: dict[str, list[Locator]]) -> Any:
    """Read the source `name`; `BAD` when it cannot be read. Its excluded parts go to `locators` all the same."""
    path = child("sources", name)
    table = values.table(section.members[name], path, "a table with a title")
    if table is None:
        return BAD
    parts = table.members.get("excluded")
    rest = Table({k: v for k, v in table.members.items() if k != "excluded"}, table.keys, table.place)
    data = values.members(rest, fields_of(Source), path)
    excluded = []
    for at, part in enumerate(values.items(parts) if parts is not None else ()):
        excluded.append(_excluded(values, part, child(child(path, "excluded"), at)))
    locators[name] = [part["locator"] for part in excluded if part is not BAD]
    if data is BAD or BAD in excluded:
        return BAD
    source = values.validate(Source, {**data, "excluded": excluded or None}, table, path)
    return (
        BAD if source is BAD else values.body(SourceRegistered, {"name": name, "source": source}, table, path)
    )


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


def _excluded(values: Values, node: Node, path: str) -> Any:
    table = values.table(node, path, "{words: 3153-3395, because: ...}")
    if table is None:
        return BAD
    because = Field(Words(longest=8000), required=True)
    data = values.members(table, {"words": because, "because": because}, path)
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
