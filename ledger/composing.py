"""Bodies for a case, composed and checked before anything is signed.

1. All that a body names must be there: in the case, in the batch that is open or, with ``shared:``, in the ledger's
   register. Names of claims become event ids, handles of protected entities and sources become their random names.
2. Codes are in their lists, kinds are known, committed texts are given where a kind says nothing without them.
3. The claims of one statement agree in asserter and time.
4. What pydantic finds wrong becomes one of our errors, which repeats nothing that was handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError

from claimledger.events.claims import BasedOn, ClaimAmended, ClaimRecorded, Relay, Voice
from claimledger.events.dates import When
from claimledger.events.declarations import KindDeclared
from claimledger.events.declared_kinds import kind_of
from claimledger.events.declaring import declaration_of
from claimledger.events.entities import Entity, OneOf
from claimledger.events.errors import InvalidValue, KeyNotAllowed, UnknownName
from claimledger.events.kinds import Kind, kinds
from claimledger.events.plain import in_plain_words
from claimledger.events.recorder_acts import SameAsJudged
from claimledger.events.registry import Body
from claimledger.events.sources import TextQuote
from claimledger.events.values import Locator, Undecided

from .checks import (
    check_agreement,
    check_not_apart,
    code_problems,
    did_you_mean,
    protected_gap,
    references,
    with_claim_ids,
    with_entity_names,
    with_source_names,
)
from .log import Log
from .recording import NameKey
from .register import Register
from .writing import Writer

__all__ = ["Composer", "Place", "Spoken"]

B = TypeVar("B", bound=Body)

Spoken: TypeAlias = Voice | Undecided[Voice]
Place: TypeAlias = Locator | tuple[int, int]


class Composer:
    """Composes the bodies of one case.

    Args:
        log: the verified log.
        register: what names stand for.
        writer: knows the batch that is open, and who signs.
        case: name of the case.
        stream: UUID of its stream.
    """

    def __init__(self, log: Log, register: Register, writer: Writer, case: str, stream: str) -> None:
        self._log = log
        self._register = register
        self._writer = writer
        self._stream = stream
        self.where = f"case {case}"

    def content(
        self,
        kind: Kind,
        *,
        asserter: str | None = None,
        on_behalf_of: str | None = None,
        statement: str | None = None,
        asserted_at: When | str | None = None,
        relays: Sequence[Relay | str] = (),
        voice: Spoken | None = None,
        locator: Place | None = None,
        quote: TextQuote | str | None = None,
        based_on: Sequence[str | BasedOn] = (),
        **others: Any,
    ) -> dict[str, Any]:
        """The members of a claim, as recorded or amended; the whole is validated once, when the body is built."""
        said: dict[str, Any] = {}
        self._check_kind(kind)
        if voice is None:
            if asserter is None:
                raise InvalidValue(
                    "asserter: say who said it; register an unnamed entity where it is not known"
                )
            hops = (relays,) if isinstance(relays, (str, Relay)) else relays
            said = {
                "asserter": asserter,
                "on_behalf_of": on_behalf_of,
                "statement": statement,
                "asserted_at": asserted_at,
                "relays": [{"by": hop} if isinstance(hop, str) else hop for hop in hops],
            }
        elif asserter or on_behalf_of or statement or asserted_at or relays:
            raise InvalidValue(
                "voice: give either a voice, or asserter, statement, time and relays, not both"
            )
        if isinstance(locator, tuple):
            if len(locator) != 2:
                raise InvalidValue("locator: two numbers, the start and the end in code points")
            at: Any = {"start": locator[0], "end": locator[1]}
        else:
            at = locator
        grounds = (based_on,) if isinstance(based_on, (str, BasedOn)) else based_on
        return {
            "claim": with_claim_ids(kind, self.claim_id),
            "voice": said if voice is None else voice,
            "locator": at,
            "quote": {"exact": quote} if isinstance(quote, str) else quote,
            "based_on": [self._ground(each) for each in grounds],
            **others,
        }

    def _check_kind(self, kind: Kind) -> None:
        if not isinstance(kind, Kind):
            raise InvalidValue(
                "record a kind of claim, such as Death(person=...) or Count(group=..., quantity=...)"
            )
        if kinds.get(kind.kind_name) is not type(kind):
            raise UnknownName(f'no kind "{kind.kind_name}" is known here; make it known with register_kind')
        problems = [f"{path}: {problem}" for path, problem in code_problems(kind)]
        if problems:
            raise InvalidValue(f"{kind.kind_name}: {'; '.join(problems)}")
        gap = protected_gap(kind)
        if gap is not None:
            instead = "give the value as value, in clear, or here" if gap == "details" else "say what it says"
            raise InvalidValue(
                f"{kind.kind_name}: {gap} is missing; {instead}, it is kept behind a commitment"
            )

    def declared(self, kind: Kind, body: ClaimRecorded | ClaimAmended) -> AbstractContextManager[None]:
        """Declare a kind of one's own in the transaction that records its first claim."""
        declaration = self._declaration(kind, body)
        return nullcontext() if declaration is None else self._declaring(declaration)

    @contextmanager
    def _declaring(self, declaration: KindDeclared) -> Iterator[None]:
        key = self._register.kind_key(declaration.kind)
        with nullcontext() if self._writer.is_in_batch else self._writer.batch():
            # Whoever comes first takes the name; a second one that declares it alike does no harm.
            self._writer.record(declaration, key[0], case=None, name=declaration.kind, statements=(key,))
            yield

    def _declaration(self, kind: Kind, body: ClaimRecorded | ClaimAmended) -> KindDeclared | None:
        """What must be declared before a claim: its kind, if that is one's own and new in this ledger.

        Raises:
            InvalidValue: the ledger has another declaration of that kind; or nobody could read this claim by it.
        """
        if "." not in kind.kind_name:
            return None
        declared, reader = _declared(type(kind))
        try:
            reader.model_validate(body.split()[0]["claim"])
        except ValidationError as error:
            raise in_plain_words(error, f"{kind.kind_name}, read by its declaration") from None
        there = self._register.declared(kind.kind_name)
        if there is not None and there != declared:
            raise InvalidValue(
                f"kind {kind.kind_name}: this ledger holds another declaration of it, and its claims are read by that "
                "for good; put the fields back, or give the changed kind a name of its own, such as "
                f"{kind.kind_name}_2"
            )
        return declared if there is None else None

    def statements(self, voices: Sequence[Voice], but: str | None = None) -> tuple[NameKey, ...]:
        """Check that the claims of each statement agree; give the statements that are new."""
        new: dict[NameKey, Voice] = {}
        for voice in voices:
            if voice.statement is None:
                continue
            key = (self._stream, "statement", voice.statement)
            event_id = self._register.event_id(*key)
            if event_id is None:
                check_agreement(new.setdefault(key, voice), voice)
            elif event_id != but:
                self._register.check_statement(event_id, voice)
        return tuple(new)

    def _ground(self, ground: str | BasedOn) -> BasedOn:
        if isinstance(ground, BasedOn):
            if ground.claim is not None:
                self.claim_id(ground.claim)
            return ground
        claim = self._register.event_id(self._stream, "claim", ground)
        if claim is not None:
            return BasedOn(claim=claim)
        register, stream = self._register, self._stream
        if register.entity_event(stream, ground) is None and register.pseudonym(stream, ground) is None:
            near = did_you_mean(ground, [*register.known(stream, "claim"), *register.known(stream, "entity")])
            raise UnknownName(f'based_on: no claim or item "{ground}"{near}')
        item: BasedOn = BasedOn(item=ground)
        return item

    def claim_id(self, claim: str) -> str:
        """The event id of a claim, from its ref or its event id."""
        found = self._register.event_id(self._stream, "claim", claim)
        if found is not None:
            return found
        if len(claim) == 36 and self.own_type(claim) == ClaimRecorded.TYPE:
            return claim
        raise self._register.unknown(self._stream, "claim", claim, self.where)

    def own_type(self, event_id: str) -> str | None:
        """The type of an event of this case, those of the open batch included; None where there is none."""
        pending = self._writer.pending(event_id)
        if pending is not None:
            return pending.type if pending.stream == self._stream else None
        try:
            event = self._log.event_of(event_id)
        except UnknownName:
            return None
        return event.type if event.stream == self._stream else None

    def own_claim(self, ref: str) -> str:
        """The event id of a claim that this recorder recorded."""
        event_id = self.claim_id(ref)
        if self._writer.pending(event_id) is None:
            mine = self._log.keys.predecessors(self._writer.keyids)
            if not self._writer.is_as_roots and not mine & set(self._log.event_of(event_id).signers):
                raise KeyNotAllowed(
                    f'{self.where}: claim "{ref}" was recorded with another key; only its recorder, or the roots, '
                    "may mend the record"
                )
        return event_id

    def named(self, body: B) -> B:
        """Check that all that a body names is there; put random names in the place of handles."""
        handles: dict[str, str] = {}
        sources: dict[str, str] = {}
        for each in references(body):
            if each.what == "claim":
                continue
            if each.what == "source":
                signed = self._register.source_name(self._stream, each.name)
                if signed is None:
                    raise self._register.unknown(self._stream, "source", each.name, each.path)
                if signed != each.name:
                    sources[each.name] = signed
            elif self._register.entity_event(self._stream, each.name) is None:
                found = self._register.pseudonym(self._stream, each.name)
                if found is None:
                    raise self._register.unknown(self._stream, "entity", each.name, each.path)
                handles[each.name] = found
        body = with_entity_names(body, handles) if handles else body
        return with_source_names(body, sources) if sources else body

    def check_one_of(self, entity: Entity) -> None:
        """Check that what a `OneOf` is `other_than` is a `OneOf` over the same candidates."""
        if not isinstance(entity, OneOf) or entity.other_than is None:
            return
        other = self.entity(entity.other_than, "other_than")
        if not isinstance(other, OneOf) or set(other.one_of) != set(entity.one_of):
            raise InvalidValue(
                f'other_than: "{entity.other_than}" is no one_of entity over the same candidates'
            )

    def check_itself(self, name: str, entity: Entity) -> None:
        """Check that a `OneOf` is not said to differ from itself; a longer loop cannot be made, one after another."""
        if isinstance(entity, OneOf) and entity.other_than == name:
            raise InvalidValue(f'other_than: "{name}" cannot differ from itself; name another one_of entity')

    def check_same_as(self, body: SameAsJudged) -> None:
        """Check that names that mean the same are not recorded as differing from one another."""
        check_not_apart(body.entities, lambda name: self._register.entity(self._stream, name))

    def entity(self, name: str, where: str) -> Entity:
        """The entity of a signed name; `where` begins the message when there is none."""
        entity = self._register.entity(self._stream, name)
        if entity is None:
            raise self._register.unknown(self._stream, "entity", name, where)
        return entity


@cache
def _declared(cls: type[Kind]) -> tuple[KindDeclared, type[Kind]]:
    """The declaration of a kind, and the class by which strangers read its claims."""
    declared = KindDeclared.of(declaration_of(cls))
    return declared, kind_of(declared)
