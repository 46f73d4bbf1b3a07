"""A case: the entities, sources and claims of one incident, recorded as signed events of one stream.

1. Before anything is written, all that a claim names must be there: entities, sources and claims of this case, of
   the batch that is open or, with ``shared:``, of the ledger's register. Codes must be in their lists.
2. A claim is called by its `ref`, unique in the case; inside signed bodies it is named by its event id.
3. The claims of one statement agree in who said it and when: a statement is one speech act.
4. What a recorder does besides recording claims is in `claimledger.registering`, `claimledger.recorder_acts` and
   `claimledger.evidence`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NoReturn

from claimledger.events.claims import BasedOn, ClaimRecorded, Polarity, Relay, Strength
from claimledger.events.dates import When
from claimledger.events.errors import (
    IdempotencyConflict,
    LedgerBusy,
    LedgerUnavailable,
    NameTaken,
    RowMismatch,
)
from claimledger.events.kinds import Kind
from claimledger.events.recorded import Event
from claimledger.events.sources import TextQuote
from claimledger.events.values import Either, Undecided

from .composing import Composer, Place, Spoken
from .erasing import Erased, ErasedSlot, Eraser
from .evidence import EvidenceActs
from .leaks import Leak, leaks_of_case
from .recorder_acts import RecorderActs
from .recording import Overtaken, Receipt
from .registering import Registering

if TYPE_CHECKING:
    from .ledger import Ledger
    from .register import Register

__all__ = ["Case"]

_ATTEMPTS = 32


class Case(Registering, RecorderActs, EvidenceActs):
    """One case of a ledger; made by `Ledger.create_case` or `Ledger.case`."""

    def __init__(self, ledger: Ledger, name: str, title: str, stream: str) -> None:
        self._ledger = ledger
        self._name = name
        self._title = title
        self._stream = stream
        self._register: Register = ledger._register
        self._writer = ledger._writer
        self._compose = Composer(ledger._log, ledger._register, ledger._writer, name, stream)

    @property
    def name(self) -> str:
        """The case's name, unique in the ledger."""
        return self._name

    @property
    def title(self) -> str:
        """What the case is about."""
        return self._title

    @property
    def stream(self) -> str:
        """UUID of the case's stream."""
        return self._stream

    @property
    def ledger(self) -> Ledger:
        """The ledger that the case is in."""
        return self._ledger

    def record(
        self,
        kind: Kind,
        *,
        ref: str | None = None,
        asserter: str | None = None,
        on_behalf_of: str | None = None,
        statement: str | None = None,
        asserted_at: When | str | None = None,
        relays: Sequence[Relay | str] = (),
        voice: Spoken | None = None,
        polarity: Polarity = "affirmed",
        strength: Strength | Undecided[Strength] | Either[Strength] = "asserted",
        hedges: Sequence[str] = (),
        standard_of_proof: str | None = None,
        source: str | None = None,
        locator: Place | None = None,
        quote: TextQuote | str | None = None,
        basis: str | None = None,
        based_on: Sequence[str | BasedOn] = (),
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Record a claim.

        Args:
            kind: what was said.
            ref: the case's short name of the claim; the next free of C1, C2 ... when left out.
            asserter: the entity that said it.
            on_behalf_of: the institution that it speaks for, where stated.
            statement: name of the speech act, where several claims or relays carry the same one.
            asserted_at: when it was said (EDTF).
            relays: those who passed it on, the one nearest the speaker first; an entity's name, or a `Relay`.
            voice: instead of the five above: a `Voice`, or several of which the reader cannot tell which it is.
            polarity: whether the value is affirmed or negated.
            strength: how firmly the speaker puts it.
            hedges: the hedging words, verbatim.
            standard_of_proof: the standard that the speaker applied, where stated.
            source: the registered document in which it was read.
            locator: where in it: start and end, in code points, end exclusive.
            quote: the words; kept behind a commitment.
            basis: what the recorder inferred, and from what.
            based_on: claims (by ref) or evidence items (by name) that the speaker relied on.
            idempotency_key: the same key with the same content gives the first receipt, and records nothing.

        Returns:
            The receipt; inside a batch it is completed when the batch is written.

        Raises:
            UnknownName: an entity, source, claim or kind is not there.
            NameTaken: the ref is there already.
            InvalidValue: a value breaks a rule.
            IdempotencyConflict: the key came before, with other content.
            LedgerBusy: other writers kept coming first.
        """
        with self._writer.turn():
            members = self._compose.content(
                kind, asserter=asserter, on_behalf_of=on_behalf_of, statement=statement, asserted_at=asserted_at,
                relays=relays, voice=voice, polarity=polarity, strength=strength, hedges=hedges,
                standard_of_proof=standard_of_proof, source=source, locator=locator, quote=quote, basis=basis,
                based_on=based_on,
            )  # fmt: skip
            for _ in range(_ATTEMPTS):
                try:
                    return self._record_claim(members, ref, idempotency_key)
                except Overtaken:
                    if self._writer.is_in_batch:
                        raise
                except NameTaken:
                    # With an idempotency key, the one who took the name may have been this very claim.
                    if self._writer.is_in_batch or idempotency_key is None:
                        raise
            raise LedgerBusy(
                f"{self._compose.where}: other writers kept coming first; nothing was written; try again"
            )

    def erase(self, *what: str, authority: str, reason: str) -> Erased:
        """Erase protected content of the case, for good: signed as erased first, then deleted from the disk.

        Every signature, leaf and proof stays as it is. The slots read *erased* from then on, by whose authority and
        why. Copies that were given away before, backups among them, are beyond reach.

        Args:
            *what: claims by ref, entities by name (random name or handle), sources by name: all that is protected of
                them; with a colon, one slot only: ``w1:contact``, ``C4:quote``. Where one name is of several sorts,
                write ``claim:C4`` or ``entity:C4``. An event id works, too.
            authority: by whose authority; signed in clear, so it must hold nothing that is protected.
            reason: why; signed in clear as well.

        Returns:
            What is erased, and where the same words still stand.

        Raises:
            UnknownName: nothing of that name, or nothing protected.
            InvalidValue: authority or reason hold what is to be erased or a telling part of it (a number, a word of
                four letters or more that is no everyday one), or words of anything else that the case protects: a name
                or a part of it, an alias, a contact, a protected title, your own name for somebody.
            ErasureUnfinished: it is recorded, and another process still holds the bytes on the disk.
        """
        return self._eraser().erase(what, authority=authority, reason=reason)

    def leaks(self) -> list[Leak]:
        """Where words of the case's protected entities stand in what is signed of it; the words are not in it.

        What is not at hand (withheld, erased) is not looked for. See `claimledger.leaks` for how words are compared.
        """
        return leaks_of_case(self._ledger.events(self._name)) if self.protects_somebody else []

    @property
    def protects_somebody(self) -> bool:
        """Whether the case has something protected whose name in its recorder's files is known."""
        return bool(self._ledger.store.names(self._stream, "handle"))

    def erasable(self, *what: str) -> tuple[ErasedSlot, ...]:
        """What `erase` would erase of what is named in the same way; nothing is written."""
        return self._eraser().look(what)

    def _eraser(self) -> Eraser:
        ledger = self._ledger
        return Eraser(ledger._store, ledger._log, self._register, self._writer, self._stream, self._name)

    def batch(self) -> AbstractContextManager[list[Receipt]]:
        """Record several events in one transaction; see `Ledger.batch`."""
        return self._ledger.batch()

    def claim(self, ref: str) -> Event:
        """The event that recorded a claim.

        Raises:
            UnknownName: no such claim, or it is only in the batch that is open.
        """
        return self._ledger.event_of(self._compose.claim_id(ref))

    def receipt(self, ref: str) -> Receipt:
        """The receipt of a recorded claim."""
        event = self.claim(ref)
        return self._receipt_of(event, ref)

    def _receipt_of(self, event: Event, ref: str | None) -> Receipt:
        place = (event.index, event.leaf, event.id, event.stream, event.sequence)
        return Receipt(*place, self._name, ref, self._ledger.proof)

    def refs(self) -> list[str]:
        """The refs of all claims of the case, those of the open batch included."""
        return self._register.known(self._stream, "claim")

    def claims(self) -> Iterator[Event]:
        """The events that recorded claims, in the order of the log, verified as they are read."""
        for event in self._ledger.events(self._name):
            if event.stream == self._stream and isinstance(event.body, ClaimRecorded):
                yield event

    def __reduce__(self) -> NoReturn:
        raise LedgerUnavailable("a case is not pickled or copied; open its ledger in each process")

    def __repr__(self) -> str:
        return f"<Case {self._name} of ledger {self._ledger.id}>"

    # Recording

    def _record_claim(self, members: dict[str, Any], ref: str | None, key: str | None) -> Receipt:
        stream, register = self._stream, self._register
        keyed = None if key is None else register.idempotency_key(stream, key)
        named = register.next_ref(stream) if ref is None else ref
        body = self._compose.named(ClaimRecorded(ref=named, **members))
        public, protected = body.split()
        digest = b""
        if keyed is not None:
            # A ref that was picked here is no part of what the caller handed in.
            handed_in = {name: value for name, value in public.items() if name != "ref" or ref is not None}
            digest = register.content_digest([body.TYPE, body.VERSION, handed_in, protected])
            first = self._first_receipt(keyed, digest, handed_in)
            if first is not None:
                return first
        own = (stream, "claim", named)
        if ref is not None and register.event_id(*own) is not None:
            raise NameTaken(
                f'{self._compose.where}: a claim "{named}" is there already; amend it, or pick another ref'
            )
        with self._compose.declared(members["claim"], body):
            receipt = self._writer.record(
                body,
                stream,
                case=self._name,
                name=named,
                names=(own,),
                statements=self._compose.statements(body.voices),
                idempotency=None if keyed is None else (keyed, digest),
                parts=(public, protected),
                is_picked=ref is None,
            )
        if ref is None:
            register.use_ref(stream)
        return receipt

    def _first_receipt(self, keyed: bytes, digest: bytes, handed_in: dict[str, Any]) -> Receipt | None:
        """The receipt of what was recorded under an idempotency key before."""
        pending = self._writer.pending_of_key(keyed)
        if pending is not None:
            if pending.idempotency != (keyed, digest):
                raise IdempotencyConflict(
                    f"{self._compose.where}: this idempotency key came with other content in this batch"
                )
            return pending.receipt
        found = self._ledger.store.idempotent(keyed)
        if found is None:
            return None
        event = self._ledger.event_of(found[0])
        # With erased content its digest went, too: what is signed must do.
        has_digest = bool(found[1]) or not event.erasures
        if has_digest and found[1] != digest:
            raise IdempotencyConflict(
                f"{self._compose.where}: this idempotency key was used for other content before, at index {event.index}"
            )
        # The entry is no evidence: the signed members must be those that were handed in.
        signed = {
            name: value for name, value in event.header.body.items() if name in handed_in or name != "ref"
        }
        if not has_digest and signed != handed_in:
            raise IdempotencyConflict(
                f"{self._compose.where}: this idempotency key was used for other content before, some of which was "
                f"erased, at index {event.index}"
            )
        is_claim = (event.type, event.stream) == (ClaimRecorded.TYPE, self._stream)
        if not is_claim or (event.header.version == ClaimRecorded.VERSION and signed != handed_in):
            raise RowMismatch(
                f"{self._compose.where}: an idempotency key leads to index {event.index}, which has other content; "
                "verify the ledger"
            )
        ref = event.body.ref if isinstance(event.body, ClaimRecorded) else None
        return self._receipt_of(event, ref)
