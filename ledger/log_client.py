"""An auditor's client: follows a published log from outside, and finds where it does not only grow.

1. Nothing that the log serves is believed. Its checkpoint counts when each of the log's keys signed it, which the
   auditor has from elsewhere; every tile and entry is held against its root (`claimledger.verified_tiles`).
2. What was seen last is remembered in a file of the auditor's (`claimledger.log_seen`). A log that shows less than
   before was rolled back (`RolledBack`); one whose tree is not the one that was seen with leaves appended shows two
   histories (`SplitView`), and the second checkpoint is kept: both are signed, so they prove it to others.
3. What is remembered goes on only after everything new was read and found right, and the witnesses that were asked
   for had cosigned.
4. Only what is new is read: a tile and a bundle for each 256 entries, and the right edge of the tree. Memory and the
   length of each file are bounded.
5. A mirror keeps what was read as it was published, to be served and read again. What stands in it is held against
   the root like anything else, and replaced where it is wrong.

It sees no event: whether their signatures fit shows whoever holds the events. That a log only grew says nothing of
whether what it records is true. Standards: C2SP tlog-tiles, tlog-checkpoint, tlog-cosignature, tlog-proof.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from claimledger.events.envelope import ENVELOPE_MAX_BYTES, Envelope
from claimledger.events.errors import (
    CouldNotCheck,
    InvalidInput,
    LogUnavailable,
    MalformedNote,
    RolledBack,
    SplitView,
    VerificationFailed,
    WrongLedger,
    WrongProof,
    WrongTile,
)

from .checkpoints import SignedCheckpoint, open_checkpoint
from .cosignatures import Cosignature, WitnessPolicy, verifier_of
from .log_ahead import AT_ONCE, ReadAhead
from .log_folder import CHECKPOINT, LogFolder
from .log_places import FolderPlace, LogPlace, PlacedTiles, file_of, place_of
from .log_seen import Seen, SeenFile
from .log_web import WebPlace
from .notes import MAX_NOTE_BYTES, VerifierKey
from .proofs import MAX_PROOF_BYTES, LogProof
from .tiles import TILE_WIDTH, EntryBundle, Tile, encode_bundle, tile_width
from .verified_tiles import VerifiedTiles, check_entries, first_right

__all__ = ["Followed", "LogClient"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Followed:
    """What was found: the log only grew.

    Attributes:
        checkpoint: what it shows now.
        before: what it showed when it was last looked at; None for the first look.
        cosignatures: of the witnesses that were asked for.
    """

    checkpoint: SignedCheckpoint
    before: Seen | None
    cosignatures: tuple[Cosignature, ...]


class LogClient:
    """Follows one log. Not shared between threads.

    Args:
        place: a folder, ``http://...``, ``https://...``, or what else gives the files of a log.
        keys: the log's keys, of which each must have signed; from elsewhere, never from the log itself.
        state: the file that remembers what was seen.
        policy: which witnesses must have cosigned, and how many of them.
        mirror: a folder that keeps what was read.
        clock: the time, with its UTC offset.
        leeway: seconds that a witness's clock may be ahead.

    Raises:
        InvalidInput: an address, or keys, that cannot be those of a log.
    """

    def __init__(
        self,
        place: str | os.PathLike[str] | LogPlace,
        keys: Sequence[VerifierKey | str],
        *,
        state: str | os.PathLike[str],
        policy: WitnessPolicy | None = None,
        mirror: str | os.PathLike[str] | None = None,
        clock: Callable[[], datetime] = _now,
        leeway: int = 300,
    ) -> None:
        found = place_of(place) if isinstance(place, (str, os.PathLike)) else place
        self._ahead = ReadAhead(found) if isinstance(found, WebPlace) else None
        self._place = found if self._ahead is None else self._ahead
        self._keys = [verifier_of(key) for key in keys]
        if len({each.key.name for each in self._keys}) != 1:
            raise InvalidInput("a log is followed with its own keys: all of them, and of no other log")
        self.origin = self._keys[0].key.name
        self._state = SeenFile(state)
        self._policy = policy
        self._mirror = None if mirror is None else LogFolder(mirror)
        self._clock = clock
        self._leeway = leeway
        self._tiles: VerifiedTiles | None = None

    def follow(self, progress: Callable[[int], None] | None = None) -> Followed:
        """Look at the log, and read what is new in it.

        Args:
            progress: called with the number of events that were looked at, as it grows.

        Raises:
            RolledBack, SplitView: it does not only grow.
            WrongTile: a tile or bundle is not what was signed.
            MalformedNote, WrongSignature, KeyNotAllowed, WrongLedger: the checkpoint is none of this log.
            FutureCosignature: a witness's time is yet to come.
            LogUnavailable: something is not there, or cannot be had.
            NotWitnessed: fewer witnesses than were asked for have cosigned; all else was found right.
            InvalidInput: the state or the mirror cannot be used.
        """
        with self._state.held(), nullcontext() if self._mirror is None else self._mirror.held():
            seen = self._state.read()
            if seen is not None and seen.checkpoint.origin != self.origin:
                raise InvalidInput(
                    f"what was seen is of the log {seen.checkpoint.origin}, and the keys are those of {self.origin}; "
                    "keep a file of its own for each log"
                )
            signed = self._checkpoint()
            tiles = VerifiedTiles(signed.size, signed.root, self._sources(signed.size))
            if seen is not None:
                self._compare(seen, signed, tiles)
            known = 0 if seen is None else seen.checkpoint.size
            complete = self._mirrored(signed, tiles)
            if self._mirror is not None:
                # Not before: what contradicts the mirror must not come into it.
                tiles.tell(self._keep)
            self._read(min(known, complete), tiles, progress)
            now = self._clock()
            policy = self._policy
            cosigned = () if policy is None else policy.check(signed, int(now.timestamp()), self._leeway)
            if self._mirror is not None:
                self._mirror.put_checkpoint(signed.data)
            self._state.write(signed.data, now)
        self._tiles = tiles
        return Followed(signed, seen, cosigned)

    def holds(self, index: int, leaf: str) -> None:
        """Look an event up, after `follow`.

        Args:
            index: its place.
            leaf: its leaf hash, 64 hex digits.

        Raises:
            WrongProof: another event is at that place.
            LogUnavailable: the log does not go as far yet, or does not give what is needed.
            WrongTile: as `follow`.
        """
        tiles = self._followed()
        if index >= tiles.size:
            raise LogUnavailable(
                f"index {index}: the published log has {tiles.size} events so far; look again later"
            )
        if tiles.read(0, index // TILE_WIDTH, index % TILE_WIDTH + 1)[-32:].hex() != leaf:
            raise WrongProof(f"index {index}: another event is there than {leaf}")

    def agrees(self, note: bytes) -> SignedCheckpoint:
        """Hold a checkpoint that came another way against the log, after `follow`: do both show one history?

        Raises:
            SplitView: they do not.
            MalformedNote, WrongSignature, KeyNotAllowed, WrongLedger: it is no checkpoint of this log.
            LogUnavailable: the published log does not go as far yet.
        """
        tiles = self._followed()
        signed = open_checkpoint(note, self._keys)
        if signed.size > tiles.size:
            raise LogUnavailable(
                f"the checkpoint is over {signed.size} events, and {tiles.size} are published so far; look again later"
            )
        if tiles.root_at(signed.size) != signed.root:
            raise self._split(f"a checkpoint of size {signed.size} that came another way", note)
        return signed

    def holds_exported(self, folder: str | os.PathLike[str]) -> tuple[int, str]:
        """Look up an event that was written out by `claimledger prove`, after `follow`.

        Args:
            folder: with ``event.json`` and ``event.tlog-proof``.

        Returns:
            Its index, and its leaf hash.

        Raises:
            InvalidInput: the folder has no such files.
            MalformedEvent, MalformedNote: a file is not what its name says.
            WrongProof, SplitView, VerificationFailed: the event is not in this log, or its proof is of another history.
            LogUnavailable: the log does not go as far yet.
        """
        event = Envelope.from_bytes(_file(Path(folder) / "event.json", ENVELOPE_MAX_BYTES))
        proof = LogProof.from_bytes(_file(Path(folder) / "event.tlog-proof", MAX_PROOF_BYTES))
        proof.verify(bytes.fromhex(event.leaf()), self._keys)
        self.agrees(proof.checkpoint)
        self.holds(proof.index, event.leaf())
        return proof.index, event.leaf()

    def _checkpoint(self) -> SignedCheckpoint:
        try:
            note = self._place.read(CHECKPOINT, MAX_NOTE_BYTES)
        except WrongTile as error:
            raise MalformedNote(str(error)) from None
        return open_checkpoint(note, self._keys)

    def _sources(self, size: int) -> list[PlacedTiles]:
        there = PlacedTiles(self._place, size)
        if self._mirror is None:
            return [there]
        return [PlacedTiles(FolderPlace(self._mirror.path), size), there]

    def _compare(self, seen: Seen, signed: SignedCheckpoint, tiles: VerifiedTiles) -> None:
        """Hold what is shown against what was seen."""
        old = seen.checkpoint
        when = f"{seen.at:%Y-%m-%d %H:%M} UTC"
        if signed.size < old.size:
            try:
                then = VerifiedTiles(old.size, old.root, self._sources(old.size)).root_at(signed.size)
            except (CouldNotCheck, WrongTile):
                then = signed.root
            if then == signed.root:
                raise RolledBack(
                    f"{self.origin} shows {signed.size} events, where {old.size} were seen on {when}: its end was cut "
                    "off, or an old checkpoint is served; where a cache may stand in between, look again"
                )
        elif tiles.root_at(old.size) == old.root:
            return
        raise self._split(f"what was seen on {when}, of size {old.size},", signed.data)

    def _split(self, other: str, note: bytes) -> SplitView:
        kept = self._state.keep_evidence(note)
        return SplitView(
            f"{self.origin} shows two histories: {other} is no beginning of what is published; both are signed "
            f"and prove it: the second one is kept in {kept}"
        )

    def _mirrored(self, signed: SignedCheckpoint, tiles: VerifiedTiles) -> int:
        """How far the mirror is complete; as far as is asked, where there is none."""
        if self._mirror is None:
            return signed.size
        note = self._mirror.checkpoint()
        if note is None:
            return 0
        try:
            there = open_checkpoint(note, self._keys)
        except WrongLedger:
            raise InvalidInput(
                f"the mirror holds another log than {self.origin}; keep a folder for each"
            ) from None
        except VerificationFailed:
            return 0
        if there.size > signed.size:
            raise RolledBack(
                f"{self.origin} shows {signed.size} events, and the mirror has {there.size}: its end was cut off, or "
                "an old checkpoint is served; where a cache may stand in between, look again"
            )
        if tiles.root_at(there.size) != there.root:
            raise self._split(f"the mirror, of size {there.size},", signed.data)
        return there.size

    def _read(self, start: int, tiles: VerifiedTiles, progress: Callable[[int], None] | None) -> None:
        """Read each tile and bundle that is new; the tiles above are read in order to verify those below."""
        sources = self._sources(tiles.size)
        bundles = _bundles_between(start, tiles.size)
        with nullcontext() if self._ahead is None else self._ahead:
            for window in iter(lambda: list(islice(bundles, 2 * AT_ONCE)), []):
                self._expect(window, tiles)
                for bundle in window:
                    hashes = tiles.read(0, bundle.index)
                    entries = first_right(sources, partial(_entries, bundle=bundle, hashes=hashes))
                    if self._mirror is not None:
                        self._mirror.put(bundle, encode_bundle(entries))
                        if bundle.width == TILE_WIDTH:
                            self._mirror.drop_partials(bundle)
                    if progress is not None:
                        progress(bundle.index * TILE_WIDTH + bundle.width)

    def _expect(self, bundles: Iterable[EntryBundle], tiles: VerifiedTiles) -> None:
        """Have what is needed for these bundles read ahead, as far as it is not here already."""
        if self._ahead is None:
            return
        tiles.edge()  # the partial tiles, which are at hand from then on
        wanted: list[Tile | EntryBundle] = list(bundles)
        wanted += [Tile(0, each.index) for each in bundles if not tiles.has(0, each.index)]
        if self._mirror is not None:
            wanted = [each for each in wanted if not (self._mirror.path / each.path).is_file()]
        self._ahead.expect(map(file_of, wanted))

    def _keep(self, tile: Tile, hashes: bytes) -> None:
        if self._mirror is not None:
            self._mirror.put(tile, hashes)
            if tile.width == TILE_WIDTH:
                self._mirror.drop_partials(tile)

    def _followed(self) -> VerifiedTiles:
        if self._tiles is None:
            raise InvalidInput("follow the log first")
        return self._tiles


def _bundles_between(start: int, size: int) -> Iterator[EntryBundle]:
    """The bundles in which entries are new between two sizes."""
    if start < size:
        for index in range(start // TILE_WIDTH, -(-size // TILE_WIDTH)):
            yield EntryBundle(index, tile_width(0, index, size))


def _entries(source: PlacedTiles, bundle: EntryBundle, hashes: bytes) -> list[bytes]:
    entries = source.entries(bundle)
    check_entries(bundle, entries, hashes)
    return entries


def _file(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise InvalidInput(
            f"{path}: cannot be read: {error.strerror}; claimledger prove writes it for an event that is sealed"
        ) from None
