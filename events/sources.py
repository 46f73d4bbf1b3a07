"""Documents that claims rest on: registered once, by digest where a copy is held.

1. A source is named, never contained: digest, media type, language, address, date, publisher.
2. Offsets into a source are Unicode code points of its decoded text, end exclusive (W3C TextPosition).
3. Parts that are no evidence (a banner, a survey of the site) are excluded by offset, with the reason.
4. A source may identify somebody by itself: "Interview with ...", the address of an account, a day on which two people
   met. Of a protected one only label, publisher and relaying entity are signed in clear; those two can be protected
   entities in their turn. The digest is committed to as well: by a digest in clear, whoever holds or guesses the
   document could tell that it is the one. Such a source has a random name; its name in the recorder's files is
   committed to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from .values import EntityName, Locator, ReadAs, Text, Value, WhenLike

__all__ = ["PROTECTED_SOURCE", "Excluded", "Source", "TextQuote"]

PROTECTED_SOURCE: Final = "a protected source"
"""What readers see for a protected source without a label."""

_PROTECTED: Final = (
    "excluded",
    "handle",
    "language",
    "media_type",
    "published",
    "retrieved",
    "sha256",
    "title",
    "url",
)


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
        title: what it is, in the recorder's words; only a protected source may be without.
        publisher: the entity that published it.
        via: the entity that relayed or archived it.
        url: its address.
        language: BCP 47 language tag.
        media_type: IANA media type of the copy that `sha256` speaks of.
        sha256: hex SHA-256 of the copy that the recorder held; absent where no copy was held.
        published: when it was published (EDTF).
        retrieved: when the copy was taken (EDTF).
        excluded: parts that are no evidence.
        protected: whether all but label, publisher and `via` stays out of everything that is signed; None is no.
        label: what readers see for a protected source: a description that identifies nobody.
        handle: what the recorder calls a protected source in its own files.
    """

    title: Text | None = None
    publisher: EntityName | None = None
    via: EntityName | None = None
    url: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:\S+$", max_length=2000)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] | None = None
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+(;.*)?$")] | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    published: WhenLike | None = None
    retrieved: WhenLike | None = None
    excluded: Annotated[Sequence[Excluded], ReadAs(tuple[Excluded, ...])] | None = None
    protected: Annotated[bool | None, BeforeValidator(lambda stated: stated or None)] = None
    label: Text | None = None
    handle: Text | None = None

    @model_validator(mode="after")
    def _identity_only_behind_commitments(self) -> Source:
        if self.protected:
            return self
        if self.title is None:
            raise ValueError("a source needs a title")
        if self.label is not None or self.handle is not None:
            raise ValueError("label is for a protected source; write protected: true, or use title")
        return self

    @property
    def slots(self) -> tuple[str, ...]:
        """Everything that could identify a protected source; nothing for others."""
        return _PROTECTED if self.protected else ()

    @property
    def shown_as(self) -> str:
        """What readers see for it: its title or, where it is protected, its label."""
        return (self.label or PROTECTED_SOURCE) if self.protected else (self.title or "")

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return [(name, value) for name, value in super().__repr_args__() if name not in self.slots]
