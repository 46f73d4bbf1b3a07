"""The reading side of a ledger: verified events, replayed into projections, found, and written out.

1. Every event read back is verified: bytes, row, signatures, authority at its index, disclosures, and its link to
   the event before it in its stream. A reader never gets an event that was not.
2. The log's order is evidence; ``recorded_at`` is what the recorder's clock said.
3. Use after fork or close is refused, and so is pickling.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING, NoReturn, Protocol, Self, TypeVar

from claimledger.events.claims import ClaimRecorded
from claimledger.events.errors import (
    CouldNotCheck,
    InvalidInput,
    InvalidValue,
    LedgerUnavailable,
    NotSealed,
    UnknownName,
)
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import CaseOpened
from claimledger.events.registry import UnknownBody

from .bundle_withhold import Withholding
from .checkpoints import SignedCheckpoint
from .checks import did_you_mean
from .clear_words import ProtectedWords
from .log import Log
from .log_keys import every_verifier, verifier_key
from .notes import VerifierKey
from .reading import open_row
from .register import Register, shared_register
from .sealed import SealedLog
from .store import Store
from .timestamps import timestamp_request
from .trust import KeyStream

if TYPE_CHECKING:
    from .anchors import Trust
    from .publish import Published
    from .report import Report

__all__ = ["LedgerReader", "Projection"]

_LEAF_DIGITS = 4


class Projection(Protocol):
    """Any fold over events."""

    def apply(self, event: Event) -> object:
        """Take the next event in."""
        ...


P = TypeVar("P", bound=Projection)


def _a_second() -> bool:
    time.sleep(1)
    return True


class LedgerReader:
    """A ledger that is open, as far as reading goes.

    Args:
        store: where its rows are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._log = Log(store)
        self._shared_stream = shared_register(self._log.keys.ledger_id)
        self._log.keep(self._shared_stream)
        self._register = Register(
            store,
            self._log.event_of,
            self._log.keys.stream,
            self._shared_stream,
            ProtectedWords(store, self._log),
        )
        self._sealed = SealedLog(store, self._folded_keys)

    @property
    def id(self) -> str:
        """The ledger id, 64 hex digits: what others pin."""
        return self._log.keys.ledger_id

    @property
    def origin(self) -> str:
        """The ledger's name in the world."""
        return self._log.keys.origin

    @property
    def size(self) -> int:
        """How many events the log has."""
        return self._store.size()

    @property
    def keys(self) -> KeyStream:
        """The keys of the ledger, as its key stream has them."""
        return self._log.keys

    @property
    def store(self) -> Store:
        """The rows, for audits: nothing that comes from here is verified."""
        return self._store

    def events(self, case: str | None = None, after: int = -1) -> Iterator[Event]:
        """Events in the order of the log, verified as they are read, in flat memory.

        Args:
            case: only the events of that case and of the shared register, which its claims may refer to, and the
                revocations of keys, which may make its signatures disputed; None for all events.
            after: only events whose index is higher. The first event of each stream is then taken as it is; its
                link to what came before is not looked at.

        Raises:
            UnknownName: no such case.
            VerificationFailed: an event is not what was signed; those before it were.
        """
        if case is None:
            return self._log.events(None, after)
        events = self._log.events((self._find_case(case)[1], self._shared_stream), after)
        return merge(events, self._log.revocations(after), key=attrgetter("index"))

    def follow(
        self, case: str | None = None, after: int = -1, *, pause: Callable[[], bool] | None = None
    ) -> Iterator[Event]:
        """Events as `events` gives them, and then those that are recorded from now on, by whomever.

        Args:
            case: as for `events`.
            after: as for `events`.
            pause: called each time all that is recorded was given; it waits, and says whether to go on. Without
                one, it waits a second, and goes on.

        Raises:
            UnknownName: no such case.
            VerificationFailed: an event is not what was signed; those before it were.
        """
        streams = None if case is None else (self._find_case(case)[1], self._shared_stream)
        return self._log.follow(streams, after, pause or _a_second)

    def event(self, leaf: str) -> Event:
        """The event of a leaf hash, or of its first digits (four at least).

        Raises:
            UnknownName: there is none.
            InvalidValue: several begin so, or these are no hex digits.
        """
        if len(leaf) < _LEAF_DIGITS or not set(leaf) <= set("0123456789abcdef"):
            raise InvalidValue(
                f"an event is named by {_LEAF_DIGITS} to 64 lowercase hex digits of its leaf hash"
            )
        rows = self._store.rows_of_leaf(leaf)
        if not rows:
            raise UnknownName(f"no event's leaf hash begins with {leaf}")
        if len(rows) > 1:
            raise InvalidValue(f"several leaf hashes begin with {leaf}; give more digits")
        return self._log.read(rows[0])

    def event_of(self, event_id: str) -> Event:
        """The event of an event id.

        Raises:
            UnknownName: there is none.
        """
        return self._log.event_of(event_id)

    def revocations(self, known_at: int | str | datetime | None = None) -> list[Event]:
        """The revocations of keys, in the order of the log: each may dispute signatures of events before it.

        Args:
            known_at: only those that were known then; as for `replay`.

        Raises:
            InvalidValue: `known_at` is no index, day or instant, or an index that the log has not reached.
        """
        found = self._log.revocations()
        last = self._log.last_known(known_at) if found or isinstance(known_at, int) else None
        return found if last is None else [event for event in found if event.index <= last]

    def find(
        self, *, asserter: str | None = None, source: str | None = None, case: str | None = None
    ) -> Iterator[Event]:
        """Claims by who said them, or by the source they were read in.

        Args:
            asserter: name of the speaker, as claims give it.
            source: name of the source.
            case: only claims of that case; names belong to their case unless they begin with ``shared:``.
        """
        for event in self.events(case):
            body = event.body
            if not isinstance(body, ClaimRecorded):
                continue
            if asserter is not None and all(voice.asserter != asserter for voice in body.voices):
                continue
            if source is None or body.source == source:
                yield event

    def replay(
        self,
        projection: P,
        *,
        known_at: int | str | datetime | None = None,
        withhold: Iterable[str] = (),
    ) -> P:
        """Fold events into a projection.

        Args:
            projection: anything with ``apply(event)``; if it has a name in ``case``, only that case's events and
                those of the shared register go in.
            known_at: a log index (that event included); or a time: the prefix of the log before the first event
                that was recorded later, by the recorders' clocks. A day means until its end, UTC. A projection may
                have one of its own in ``known_at``; it is told of this one by its method `cut_at`, if it has one.
            withhold: what to leave out of protected content, in the words of `bundle`: the projection gets each event
                as the recipient of a bundle that withholds the same would.

        A projection that says in ``taken_in`` up to which index it has taken events in, such as a state that was
        saved and loaded, gets the events after that.

        Returns:
            The projection.

        Raises:
            UnknownName: no such case.
            InvalidValue: `known_at` is no index, day or instant, or an index that the log has not reached.
            UnknownName: nothing is called as something that is to be withheld.
        """
        cut_at, taken_in = getattr(projection, "cut_at", None), getattr(projection, "taken_in", None)
        if known_at is None:
            known_at = getattr(projection, "known_at", None)
        elif cut_at is not None:
            cut_at(known_at)
        last = self._log.last_known(known_at)
        case = getattr(projection, "case", None)
        after = taken_in if isinstance(taken_in, int) else -1
        wanted = case if isinstance(case, str) else None
        withholding = self._withholding(withhold, self._streams_of(wanted)) if withhold else None
        for event in self.events(wanted, after):
            if last is not None and event.index > last:
                break
            projection.apply(event if withholding is None else withholding.left_out(event))
        if withholding is not None:
            withholding.check()
        return projection

    def export_event(self, leaf: str, folder: str | os.PathLike[str]) -> Event:
        """Write one event out so that ``openssl`` alone can verify it; see `claimledger.proof`.

        Where it is sealed, the proof that it is in the log goes with it.

        Args:
            leaf: leaf hash or its first digits.
            folder: an empty folder, or one that is not there yet.

        Returns:
            The event.
        """
        from .proof import export_event

        event = self.event(leaf)
        envelope, _ = open_row(self._log.row_of(event.id))
        public_keys = [self._log.keys.keys[signer].public_key for signer in event.signers]
        try:
            proof = self._sealed.proof(event.index, event.leaf).to_bytes()
        except NotSealed:
            proof = None
        export_event(envelope, public_keys, folder, proof=proof, log_keys=map(str, self.log_keys))
        return event

    # What is sealed

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """The log's keys as those who verify its checkpoints take them: hand them out by another way than those."""
        return tuple(verifier_key(each, self.origin) for each in self._folded_keys().active("log"))

    def checkpoint(self, size: int | None = None) -> SignedCheckpoint | None:
        """The signed checkpoint of a size, or the largest; None where there is none.

        Raises:
            VerificationFailed: what is kept there is none that the log's keys signed.
        """
        return self._sealed.checkpoint(size)

    def checkpoints(self) -> Iterator[SignedCheckpoint]:
        """Every signed checkpoint, in the order of sizes.

        Raises:
            VerificationFailed: one that is kept is none that the log's keys signed.
        """
        return self._sealed.checkpoints()

    def proof(self, leaf: str | Event) -> bytes:
        """The proof that an event is in the log, as a text that stands alone (C2SP tlog-proof).

        Args:
            leaf: leaf hash or its first digits; or the event itself, as this ledger gave it, which spares reading it
                anew: what is proven is its leaf at its index.

        Raises:
            NotSealed: no checkpoint covers the event yet: seal the ledger.
            UnknownName, InvalidValue: as `event`.
            VerificationFailed: the event, the tree or the checkpoint is not what was signed.
        """
        event = leaf if isinstance(leaf, Event) else self.event(leaf)
        return self._sealed.proof(event.index, event.leaf).to_bytes()

    def witness_request(self, old: int = 0) -> bytes:
        """What to send a witness, so that it cosigns the last checkpoint (C2SP tlog-witness, add-checkpoint).

        Args:
            old: size of the checkpoint that the witness cosigned last; 0 where it never did.

        Raises:
            NotSealed: nothing is sealed yet, or not as far as the witness has seen.
            VerificationFailed: the tree or the checkpoint is not what was signed.
        """
        return self._sealed.witness_request(old)

    def timestamp_request(self) -> bytes:
        """What to send a timestamping authority, so that it stamps the last checkpoint (RFC 3161, in DER).

        Raises:
            NotSealed: nothing is sealed yet.
            MissingExtra: rfc3161-client is not installed.
        """
        return timestamp_request(self._sealed.last().checkpoint.to_text())

    def publish(
        self,
        folder: str | os.PathLike[str],
        *,
        everything: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Published:
        """Write the sealed log into a folder that any web server or object store serves (C2SP tlog-tiles).

        Args:
            folder: where to; made where there is none, and brought up to date where the log is there already.
            everything: look at each file, and write what is missing or changed.
            progress: called with the number of events that are covered, as it grows.

        Raises:
            NotSealed: there is nothing to publish yet: seal the ledger.
            InvalidInput: the folder holds another log, or cannot be written; or this was read from a bundle.
            ForkRefused: the folder holds more of this log, or another history of it.
            VerificationFailed: the ledger is not what was sealed; the published checkpoint was not replaced.
        """
        from .publish import publish

        if self._store.is_sparse:
            raise InvalidInput(
                f"{self._store.place}: a bundle holds a part of the log; publish the ledger itself"
            )
        known = every_verifier(self._folded_keys())
        return publish(
            self._store, self._sealed.last(), known, folder, everything=everything, progress=progress
        )

    def verify(
        self,
        pin: str | None = None,
        *,
        checkpoints: Mapping[str, bytes] | None = None,
        trust: Trust | None = None,
        since: bytes | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Report:
        """Verify every event, row and derived table, and what was sealed; see `claimledger.audit`.

        Args:
            pin: the ledger id that this must be, known from elsewhere.
            checkpoints: signed checkpoints that were kept elsewhere, by what the report is to call them.
            trust: which witnesses and timestamping authorities count; None for none.
            since: a checkpoint up to which the ledger was verified before, or the report of that audit in JSON: only
                what came since is verified.
            progress: called now and then with the number of events that are done.

        Raises:
            InvalidInput: the pin is no ledger id, or what was kept is no checkpoint; or this was read from a bundle,
                which is verified as a file.
        """
        from .audit import verify

        if self._store.is_sparse:
            raise InvalidInput(f"{self._store.place}: a bundle is verified as a file: verify_bundle(...)")
        return verify(
            self._store, pin=pin, checkpoints=checkpoints, trust=trust, since=since, progress=progress
        )

    def close(self) -> None:
        """Close the ledger; a file is then one file. Closing twice does nothing."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise LedgerUnavailable("a ledger is not pickled or copied; open it in each process")

    def __repr__(self) -> str:
        return f"<Ledger {self.id} at {self._store.place}>"

    def _withholding(self, words: Iterable[str], streams: Sequence[str]) -> Withholding:
        """Which protected slots some words mean, of cases whose streams these are."""
        register = self._register
        return Withholding(words, self._shared_stream, register.pseudonym, register.source_name, streams)

    def _streams_of(self, case: str | None) -> list[str]:
        """The streams of a case, or of all cases."""
        key_stream = self._log.keys.stream
        names = [case] if case is not None else [name for name, _ in self._store.names(key_stream, "case")]
        return [self._find_case(name)[1] for name in names]

    def _folded_keys(self) -> KeyStream:
        self._log.fold()
        return self._log.keys

    def _find_case(self, name: str) -> tuple[CaseOpened, str]:
        event_id = self._register.event_id(self._log.keys.stream, "case", name)
        if event_id is None:
            near = did_you_mean(name, self._register.known(self._log.keys.stream, "case"))
            raise UnknownName(f'{self._store.place}: no case "{name}"{near}')
        return self._case_opened(event_id)

    def _case_opened(self, event_id: str) -> tuple[CaseOpened, str]:
        """The opening of a case, and the stream that it opened."""
        event = self._log.event_of(event_id)
        if event.type == CaseOpened.TYPE and isinstance(event.body, UnknownBody):
            raise CouldNotCheck(
                f"{self._store.place}: the event at index {event.index} opens a case in a form that this release "
                "cannot read; it is signed as it has to be: read it with a later release"
            )
        if not isinstance(event.body, CaseOpened):
            raise UnknownName(
                f"event {event_id} opens no case, although the names index says so; verify the ledger"
            )
        return event.body, event.stream
