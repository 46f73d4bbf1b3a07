"""Registering entities and sources of a case, and finding them again by what their recorder calls them.

1. A name is unique in its case among those of its sort, what its recorder calls something protected included.
2. A protected entity or source gets a random name; what the recorder calls it is kept as a disclosure, and only the
   random name stands in signed bytes. `Case.entity_name` and `Case.source_name` find it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from claimledger.events.entities import Entity, Protectable
from claimledger.events.errors import InvalidValue, NameTaken
from claimledger.events.recorder_acts import EntityRegistered, SourceRegistered
from claimledger.events.sources import Source

from .audit_names import HANDLES

if TYPE_CHECKING:
    from claimledger.events.recorded import Event

    from .composing import Composer
    from .ledger import Ledger
    from .register import Register
    from .writing import Writer

__all__ = ["Registering"]

_SOURCE_HANDLE = HANDLES[SourceRegistered.TYPE]


class Registering:
    """The part of a `claimledger.Case` that registers entities and sources."""

    _ledger: Ledger
    _compose: Composer
    _register: Register
    _writer: Writer
    _stream: str
    _name: str

    def register_entity(self, name: str, entity: Entity) -> str:
        """Register an entity.

        Args:
            name: its name, ASCII, unique in the case. For a protected entity this is the handle: it is kept behind a
                commitment, and a random name stands in signed bytes.
            entity: what it is.

        Returns:
            The name to use in claims: `name`, or the random name of a protected entity.

        Raises:
            NameTaken: the name is there already.
            UnknownName: it refers to an entity that is not there.
            InvalidValue: a value breaks a rule.
        """
        if not isinstance(entity, Entity):
            raise InvalidValue(f"{name}: register one of the types of entity, such as Person or Authority")
        self._compose.check_itself(name, entity)
        with self._writer.turn():
            keyed = (self._stream, "handle", self._register.keyed(self._stream, name))
            clear = (self._stream, "entity", name)
            protected = isinstance(entity, Protectable) and entity.protected
            if self._register.event_id(*keyed) or self._register.event_id(*clear):
                raise NameTaken(
                    f"{self._compose.where}: the name of this entity is taken already; pick another"
                )
            if protected:
                entity = entity.model_copy(update={"handle": name})
            signed = self._free_name(getattr(entity, "type", "entity")) if protected else name
            body = EntityRegistered(name=signed, entity=entity)  # type: ignore[arg-type]
            body = self._compose.named(body)
            self._compose.check_one_of(body.entity)
            own = (self._stream, "entity", signed)
            self._writer.record(
                body,
                self._stream,
                case=self._name,
                name=signed,
                names=(own, keyed) if protected else (own,),
                absent=(clear,) if protected else (keyed,),
            )
        return signed

    def register_source(self, name: str, source: Source) -> str:
        """Register a document that claims are read in.

        Args:
            name: its name, ASCII, unique among the sources of the case. For a protected source this is the handle: it
                is kept behind a commitment, and a random name stands in signed bytes.
            source: what it is.

        Returns:
            The name that is signed: `name`, or the random name of a protected source.

        Raises:
            NameTaken, UnknownName, InvalidValue: see `register_entity`.
        """
        if not isinstance(source, Source):
            raise InvalidValue(f"{name}: register a Source")
        with self._writer.turn():
            clear = (self._stream, "source", name)
            keyed = (self._stream, "handle", self._register.keyed(self._stream, name, _SOURCE_HANDLE))
            if self._register.source_event(self._stream, name) is not None:
                raise NameTaken(f'{self._compose.where}: a source "{name}" is there already')
            signed = name
            if source.protected:
                source = source.model_copy(update={"handle": name})
                signed = self._free_name("source")
            own = (self._stream, "source", signed)
            self._writer.record(
                self._compose.named(SourceRegistered(name=signed, source=source)),
                self._stream,
                case=self._name,
                name=signed,
                names=(own, keyed) if source.protected else (own,),
                absent=(clear,) if source.protected else (keyed,),
            )
        return signed

    def entity_name(self, name: str) -> str:
        """The name under which an entity stands in signed bytes.

        Args:
            name: a registered name, or the handle of a protected person.

        Raises:
            UnknownName: neither.
        """
        if self._register.entity_event(self._stream, name) is not None:
            return name
        found = self._register.pseudonym(self._stream, name)
        if found is None:
            raise self._register.unknown(self._stream, "entity", name, self._compose.where)
        return found

    def entity(self, name: str) -> Entity:
        """The registered entity of a name or handle, with its protected content where that is at hand.

        Raises:
            UnknownName: it is not there.
        """
        return self._compose.entity(self.entity_name(name), self._compose.where)

    def source_name(self, name: str) -> str:
        """The name under which a source stands in signed bytes.

        Args:
            name: a registered name, or the handle of a protected source.

        Raises:
            UnknownName: neither.
        """
        found = self._register.source_name(self._stream, name)
        if found is None:
            raise self._register.unknown(self._stream, "source", name, self._compose.where)
        return found

    def source(self, name: str) -> Source:
        """The registered source of a name or handle, with its protected content where that is at hand.

        Raises:
            UnknownName: it is not there.
        """
        event_id = self._register.source_event(self._stream, name)
        body = None if event_id is None else self._register.body(event_id)
        if not isinstance(body, SourceRegistered):
            raise self._register.unknown(self._stream, "source", name, self._compose.where)
        return body.source

    def registration(self, sort: Literal["entity", "source"], name: str) -> Event:
        """The event that registered an entity or a source of the case.

        Args:
            sort: which of the two.
            name: a registered name, or the handle of a protected one.

        Raises:
            UnknownName: it is not there, or is only in the batch that is open.
        """
        signed = self.entity_name(name) if sort == "entity" else self.source_name(name)
        event_id = self._register.event_id(self._stream, sort, signed)
        if event_id is None:
            raise self._register.unknown(self._stream, sort, name, self._compose.where)
        return self._ledger.event_of(event_id)

    def _free_name(self, what: str) -> str:
        """A random name that is free."""
        while True:
            name = f"{what}-{self._writer.new_id()[:8]}"
            sort = "source" if what == "source" else "entity"
            if self._register.event_id(self._stream, sort, name) is None:
                return name
