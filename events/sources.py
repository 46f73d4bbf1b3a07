"""Documents that claims rest on: registered once, by digest where a copy is held.

1. A source is named, never contained: digest, media type, language, address, date, publisher.
2. Offsets into a source are Unicode code points of its decoded text, end exclusive (W3C TextPosition).
3. Parts that are no evidence (a banner, a survey of the site) are excluded by offset, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from .values import EntityName, Locator, ReadAs, Text, Value, WhenLike

__all__ = ["Excluded", "Source", "TextQuote"]


class Excluded(Value):
    """A part of a source that is no evidence."""

    locator: Locator
    because: Text


class TextQuote(Value):
    """W3C TextQuote: the exact words, with what stands around them. Always behind a commitment."""

    exact: Text = Field(repr=False)
    prefix: Text | None = Field(default=None, repr=False)
    suffix: Text | None = Field(default=None, repr=False)


class Source(Value):
    """A document, as registered.

    Attributes:
        title: what it is, in the recorder's words.
        publisher: the entity that published it.
        via: the entity that relayed or archived it.
        url: its address.
        language: BCP 47 language tag.
        media_type: IANA media type of the copy that `sha256` speaks of.
        sha256: hex SHA-256 of the copy that the recorder held; absent where no copy was held.
        published: when it was published (EDTF).
        retrieved: when the copy was taken (EDTF).
        excluded: parts that are no evidence.
    """

    title: Text
    publisher: EntityName | None = None
    via: EntityName | None = None
    url: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:\S+$", max_length=2000)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] | None = None
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+(;.*)?$")] | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    published: WhenLike | None = None
    retrieved: WhenLike | None = None
    excluded: Annotated[Sequence[Excluded], ReadAs(tuple[Excluded, ...])] | None = None
