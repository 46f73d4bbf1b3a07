"""Words that are signed in clear at once, without a claim file that could be looked at before: refused where they hold
what a case protects.

1. Looked for are the name, aliases and contact of each protected entity, title and address of each protected source,
   and what its recorder calls either; compared as `claimledger.leaks` compares.
2. The authority and reason of an erasure are held against its own case, the reason for a key's revocation against all
   cases: parts of names count, since a reason can always be said otherwise.
3. Holders of keys and titles of cases are held against all cases, whole names only: another person, or a town, may have
   the same part of a name, and what a file calls somebody means nothing outside of its case.
4. What goes out with a bundle unsigned (who hands it over, what it is) is held against the cases that are packed: whole
   names are refused, parts of them can be asked for, to be warned of.
5. A refusal says which argument it is, whose words they are, and in which case; never the words.
6. Only registrations whose protected content is at hand are read, each of them verified; an object that is kept reads
   each of them once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING

from claimledger.events.errors import InvalidValue
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered, SourceRegistered

from .leaks import Leak, Secret, find_leaks, normal, recorded_secrets

if TYPE_CHECKING:
    from .log import Log
    from .rows import StoredRows

__all__ = ["ProtectedWords", "said_of"]

HANDLE = "handle"
_SIGNED = "is signed in clear for good"
_SLOTS = (
    "entity.handle", "entity.name", "entity.aliases", "entity.contact", "source.handle", "source.title", "source.url",
)  # fmt: skip
"""The slots of registrations whose words are looked for."""


class ProtectedWords:
    """The protected words of some cases, as far as they are at hand; in memory only.

    Args:
        store: the rows.
        log: the same, verified as they are read.
        streams: UUIDs of the cases' streams; None for every case, those that begin later included.
    """

    def __init__(self, store: StoredRows, log: Log, streams: Collection[str] | None = None) -> None:
        self._store = store
        self._log = log
        self._streams = streams
        self._lock = Lock()
        self._upto = -1
        self._found: dict[str, tuple[str, list[Secret]]] = {}  # event id to stream and words

    def refuse(
        self, texts: Mapping[str, str | None], *, whole_only: bool = False, because: str = _SIGNED
    ) -> None:
        """Refuse texts that hold protected words.

        Args:
            texts: what is to be signed in clear, by the name of the argument; None for what is not given.
            whole_only: let parts of names pass, and what a recorder calls somebody.
            because: what becomes of the text.

        Raises:
            InvalidValue: one of them holds such words.
        """
        for leak, stream in self.look(texts, whole_only=whole_only):
            raise InvalidValue(
                f"{leak.where}: {said_of(leak)}{self._in_case(stream)} stands in it, and it {because}; say it without"
            )

    def look(self, texts: Mapping[str, str | None], *, whole_only: bool = False) -> list[tuple[Leak, str]]:
        """Where protected words stand in texts; arguments as for `refuse`.

        Returns:
            For each text that has some, in their order: the place, whose `where` is the argument, and the UUID of the
            stream of the case that protects the words.
        """
        given = [(where, "", text) for where, text in texts.items() if text]
        if not given:
            return []
        forms = [normal(text) for _, _, text in given]
        with self._lock:
            self._read_on()
            words = list(self._found.values())
        found: list[tuple[Leak, str]] = []
        for stream, secrets in words:
            likely = [
                secret
                for secret in secrets
                if not (whole_only and (secret.slot == HANDLE or secret.slot.startswith("part of ")))
                and any(word in form for word in secret.words for form in forms)
            ]
            found += [(leak, stream) for leak in find_leaks(likely, given)]
        order = {where: place for place, (where, _, _) in enumerate(given)}
        return sorted(found, key=lambda each: (order[each[0].where], each[0].is_part, each[0]))

    def forget(self, event_ids: Collection[str]) -> None:
        """Let go of the words of registrations, of which something was erased."""
        with self._lock:
            for event_id in self._found.keys() & set(event_ids):
                event = self._log.event_of(event_id)
                self._found[event_id] = (event.stream, list(words_of(event)))

    def _read_on(self) -> None:
        last = self._store.size() - 1
        for index in self._store.indexes_with(_SLOTS, self._upto, last):
            row = self._store.row_at(index)
            if row is not None and (self._streams is None or row.stream in self._streams):
                event = self._log.read(row)
                self._found[event.id] = (event.stream, list(words_of(event)))
        self._upto = max(self._upto, last)

    def _in_case(self, stream: str) -> str:
        for name, event_id in self._store.names(self._log.keys.stream, "case"):
            row = self._store.row_of_id(event_id)
            if row is not None and row.stream == stream:
                return f" (case {name})"
        return ""


def words_of(event: Event) -> Iterator[Secret]:
    """What to look for of what an event registers: as the linter does, and what its recorder calls it."""
    yield from recorded_secrets(event)
    body = event.body
    if isinstance(body, (EntityRegistered, SourceRegistered)):
        registered = body.entity if isinstance(body, EntityRegistered) else body.source
        handle = normal(getattr(registered, "handle", None) or "")
        if handle:
            yield Secret(body.name, HANDLE, (handle,))


def said_of(leak: Leak) -> str:
    """Whose words they are, as `Leak.whose` says it; what a recorder calls somebody is no protected word of theirs."""
    return f"what its recorder calls {leak.of}" if leak.slot == HANDLE else leak.whose
