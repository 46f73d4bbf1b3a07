"""What names stand for while recording: cases, entities, sources, claims and statements, each in its stream.

1. A name is looked up in the batch that is open, then in what was seen before, then in the store. What was found
   stays true, since nothing is ever renamed; what was not found is asked for again each time.
2. The store's names index only says which event to look at; the event itself is read and verified, and must have the
   very name that was asked for. Who changes the index misleads nobody.
3. The handle of a protected entity or source stands in the index as HMAC-SHA256 under the ledger's own secret, never
   in clear.
4. Idempotency keys, and digests of what was recorded under them, are kept in the same way.

Nothing here writes; `claimledger.store` enters the names in the transaction that writes their events.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from claimledger.events.claims import ClaimAmended, ClaimRecorded, Voice
from claimledger.events.declarations import KindDeclared
from claimledger.events.encoding import JSONValue, encode
from claimledger.events.entities import Entity, Protectable
from claimledger.events.errors import RowMismatch, UnknownName
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered, SourceRegistered
from claimledger.events.registry import Body, UnknownBody
from claimledger.events.values import SHARED

from .audit_names import HANDLES, keyed, keyed_handle, names_of
from .checks import check_agreement, did_you_mean
from .recording import NameKey
from .store import Store

if TYPE_CHECKING:
    from .clear_words import ProtectedWords

__all__ = ["Register", "shared_register"]

_SHARED_REGISTER = UUID("7f1c2a52-6c0b-5d0e-9a43-0d1f6a1f2b77")

_CONTENT_BYTES = 1 << 20
_ELSEWHERE = "the index of names leads elsewhere; verify the ledger"


def shared_register(ledger_id: str) -> str:
    """The UUID of the stream of a ledger's shared register."""
    return str(uuid5(_SHARED_REGISTER, ledger_id))


class Register:
    """The names of one ledger.

    Args:
        store: the store.
        read_event: reads and verifies a stored event, by event id.
        key_stream: UUID of the key stream, under which the names of cases stand.
        shared_stream: UUID of the shared register's stream.
        words: the protected words of all cases; told what is to be forgotten.
    """

    def __init__(
        self,
        store: Store,
        read_event: Callable[[str], Event],
        key_stream: str,
        shared_stream: str,
        words: ProtectedWords,
    ) -> None:
        self._store = store
        self._read_event = read_event
        self._key_stream = key_stream
        self._shared_stream = shared_stream
        self._secret = store.secret()
        self.words = words
        self._seen: dict[NameKey, str] = {}
        self._bodies: dict[str, Body | UnknownBody] = {}
        self._open: dict[NameKey, str] = {}
        self._open_bodies: dict[str, Body] = {}
        self._next_ref: dict[str, int] = {}

    def event_id(self, stream: str, what: str, name: str) -> str | None:
        """The event id behind a name, or None.

        Raises:
            VerificationFailed: the event is not what was signed, or the index leads to another one than it says.
        """
        key = (stream, what, name)
        found = self._open.get(key) or self._seen.get(key)
        if found is None:
            found = self._store.name(*key)
            if found is not None:
                self._hold(key, found)
                self._seen[key] = found
        return found

    def _hold(self, key: NameKey, event_id: str) -> None:
        """Hold an entry of the index against the event that it leads to."""
        try:
            event = self._read_event(event_id)
        except UnknownName:
            raise RowMismatch(f"{_ELSEWHERE} (to an event that is not there)") from None
        body = event.body
        stream, what, name = key
        if what == "handle":
            entity = body.entity if isinstance(body, EntityRegistered) else None
            source = body.source if isinstance(body, SourceRegistered) else None
            handle = entity.handle if isinstance(entity, Protectable) else source.handle if source else None
            slot = HANDLES.get(event.type)
            leads = slot is not None and event.stream == stream
            leads = leads and (handle is None or self.keyed(stream, handle, slot or "") == name)
        else:
            leads = key in names_of(event.header, self._key_stream)
        if not leads or event.id != event_id:
            raise RowMismatch(f"index {event.index}: {_ELSEWHERE}")
        # Claims are many and seldom asked for again.
        if what != "claim":
            self._bodies[event_id] = body

    def body(self, event_id: str) -> Body | UnknownBody:
        """The body of an event of the open batch or of the store."""
        found = self._open_bodies.get(event_id) or self._bodies.get(event_id)
        if found is None:
            found = self._bodies[event_id] = self._read_event(event_id).body
        return found

    def declared(self, kind: str) -> KindDeclared | None:
        """The declaration of a kind of one's own in this ledger, or None."""
        event_id = self.event_id(*self.kind_key(kind))
        body = None if event_id is None else self.body(event_id)
        return body if isinstance(body, KindDeclared) else None

    def kind_key(self, kind: str) -> NameKey:
        """The row of the names index that a declaration takes."""
        return (self._shared_stream, "kind", kind)

    def entity_event(self, stream: str, name: str) -> str | None:
        """The event that registered an entity: of the case's stream, or of the shared register for ``shared:``."""
        if name.startswith(SHARED):
            return self.event_id(self._shared_stream, "entity", name.removeprefix(SHARED))
        return self.event_id(stream, "entity", name)

    def entity(self, stream: str, name: str) -> Entity | None:
        """The entity of a name, or None."""
        event_id = self.entity_event(stream, name)
        body = None if event_id is None else self.body(event_id)
        return body.entity if isinstance(body, EntityRegistered) else None

    def pseudonym(self, stream: str, handle: str) -> str | None:
        """The signed name of the protected person whom the recorder calls by that handle, or None."""
        event_id = self.event_id(stream, "handle", self.keyed(stream, handle))
        body = None if event_id is None else self.body(event_id)
        return body.name if isinstance(body, EntityRegistered) else None

    def source_event(self, stream: str, name: str) -> str | None:
        """The event that registered a source, by its signed name or by what its recorder calls it; or None."""
        found = self.event_id(stream, "source", name)
        return found or self.event_id(
            stream, "handle", self.keyed(stream, name, HANDLES[SourceRegistered.TYPE])
        )

    def source_name(self, stream: str, name: str) -> str | None:
        """The signed name of a source that is called so, or None."""
        event_id = self.source_event(stream, name)
        body = None if event_id is None else self.body(event_id)
        return body.name if isinstance(body, SourceRegistered) else None

    def unknown(self, stream: str, what: str, name: str, where: str = "") -> UnknownName:
        """The error for a name that is not there, with the nearest that is."""
        if name.startswith(SHARED):
            known = [SHARED + each for each in self.known(self._shared_stream, what)]
        else:
            known = self.known(stream, what)
            if what == "entity" and self.entity_event(stream, SHARED + name) is not None:
                known = [SHARED + name]
        place = f"{where}: " if where else ""
        return UnknownName(f'{place}no {what} "{name}"{did_you_mean(name, known)}')

    def known(self, stream: str, what: str) -> list[str]:
        """Every name of one sort in a stream, those of the open batch included."""
        stored = [name for name, _ in self._store.names(stream, what)]
        return stored + [name for at, sort, name in self._open if (at, sort) == (stream, what)]

    def next_ref(self, stream: str) -> str:
        """The next free short name for a claim: C1, C2 and so on."""
        number = self._next_ref.get(stream)
        if number is None:
            names = (name for at, what, name in self._open if (at, what) == (stream, "claim"))
            taken = (int(name[1:]) for name in names if name[:1] == "C" and name[1:].isdecimal())
            number = max(self._store.highest_ref(stream), *taken, 0) + 1
            self._next_ref[stream] = number
        return f"C{number}"

    def use_ref(self, stream: str) -> None:
        """The name that `next_ref` gave was used: the next one is the next."""
        self._next_ref[stream] += 1

    def check_statement(self, event_id: str, voice: Voice) -> None:
        """Check that a voice agrees with the claim that first carried its statement, by event id of that claim.

        Raises:
            InvalidValue: they disagree in asserter or time.
        """
        body = self.body(event_id)
        voices = body.voices if isinstance(body, (ClaimRecorded, ClaimAmended)) else ()
        for first in voices:
            if first.statement == voice.statement:
                check_agreement(first, voice)

    def enter(self, keys: Iterable[NameKey], event_id: str, body: Body) -> None:
        """Let the names of an event resolve within the batch that is open."""
        for key in keys:
            self._open[key] = event_id
        # Of a claim, only its statements are ever asked for; a large batch need not hold the others.
        voices = body.voices if isinstance(body, (ClaimRecorded, ClaimAmended)) else None
        if voices is None or any(voice.statement for voice in voices):
            self._open_bodies[event_id] = body

    def commit(self) -> None:
        """The open batch was written: its names stay."""
        # The refs of claims are many and seldom asked for again; the store answers for them.
        self._seen.update({key: event_id for key, event_id in self._open.items() if key[1] != "claim"})
        self._open.clear()
        self._open_bodies.clear()

    def discard(self) -> None:
        """The open batch was not written, or others changed what was thought free."""
        self._open.clear()
        self._open_bodies.clear()
        self._next_ref.clear()

    def forget(self, event_ids: Collection[str]) -> None:
        """Let go of what is kept in memory of events: their bodies, and the handles that lead to them."""
        for event_id in event_ids:
            self._bodies.pop(event_id, None)
        for key, found in list(self._seen.items()):
            if key[1] == "handle" and found in event_ids:
                del self._seen[key]
        self.words.forget(event_ids)

    def discard_refs(self, stream: str) -> None:
        """Look anew for the next free short name of a claim."""
        self._next_ref.pop(stream, None)

    def keyed(self, stream: str, name: str, slot: str = HANDLES[EntityRegistered.TYPE]) -> str:
        """How a name that may not stand in clear stands in the index (64 hex digits); `slot` is one of `HANDLES`."""
        return keyed_handle(self._secret, stream, name, slot)

    def idempotency_key(self, stream: str, key: str) -> bytes:
        """How an idempotency key stands in the store."""
        return self._mac(b"idempotency", stream.encode(), key.encode("utf-8", "surrogatepass"))

    def content_digest(self, content: JSONValue) -> bytes:
        """A digest of what is recorded, from which low-entropy content cannot be guessed without the secret."""
        return self._mac(b"content", encode(content, max_bytes=_CONTENT_BYTES))

    def _mac(self, *parts: bytes) -> bytes:
        return keyed(self._secret, *parts)
