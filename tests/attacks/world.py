"""What the cases of the attack book attack: a small real ledger, and the tools of whoever changes it."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from claimledger import Keyring, Ledger, audit
from claimledger.audit_names import names_of
from claimledger.checkpoints import Checkpoint, sign_checkpoint
from claimledger.events.entities import Organisation, Person
from claimledger.events.envelope import PAYLOAD_TYPE, pae
from claimledger.events.errors import ClaimLedgerError
from claimledger.events.event import Payload
from claimledger.events.governance import KeyAdded, KeyRevoked, Role
from claimledger.events.kinds import CauseOfDeath
from claimledger.log_keys import log_signers
from claimledger.merkle import root_of
from claimledger.recording import Row, Signers
from claimledger.report import Report
from claimledger.sealer import StoredTiles
from claimledger.signers import Signer
from claimledger.store import Store
from claimledger.testing import FixedClock, fixed_ids, seeded_keyring
from claimledger.tiles import new_tiles

__all__ = ["ORIGIN", "Copy", "World", "dsse", "everywhere", "fresh", "leaf_of", "parts", "row_of", "told"]

ORIGIN: Final = "example.org/attacked"
Told = set[str]


def fresh(name: str) -> Keyring:
    """The keyring of somebody: the same keys each time, and a log memory of its own."""
    return seeded_keyring(name.encode(), holder=f"Recorder {name}")


def told(attempt: Callable[[], object]) -> Told:
    """What somebody is told who tries something: the code of the error, or nothing."""
    try:
        attempt()
    except ClaimLedgerError as error:
        return {error.code}
    return set()


class World:
    """A ledger of fifteen events in two cases, by two recorders; closed, in a file.

    Args:
        path: where to make it.
        sealed: sign a checkpoint over all of it.

    Attributes:
        id: what the auditor pins.
        rows: as they were recorded.
        disclosures: slot and content by event id.
    """

    def __init__(self, path: Path, *, sealed: bool) -> None:
        self.path = path
        self.a, self.b = fresh("A"), fresh("B")
        clock, ids = FixedClock(), fixed_ids(b"attacked")
        with Ledger.create(path, origin=ORIGIN, keys=self.a, clock=clock, new_id=ids) as ledger:
            self.id = ledger.id
            ledger.add_key(self.b.recorder, "Recorder B")
            for name in ("harbour", "quay"):
                case = ledger.create_case(name, title="A case")
                case.register_entity("man", Person(label="A man"))
                case.register_entity("ngo", Organisation(label="An NGO"))
                case.record(CauseOfDeath(of="man", causes="torture"), asserter="ngo")
        with Ledger.open(path, self.b, clock=clock, new_id=ids) as ledger:
            for name in ("quay", "harbour"):
                ledger.case(name).register_entity("gov", Organisation(label="A government"))
                ledger.case(name).record(CauseOfDeath(of="man", causes="natural"), asserter="gov")
        with Ledger.open(path, fresh("A")) as ledger:
            self.log_keys = ledger.log_keys
            self.signers = log_signers(self.a, ledger.keys, ledger.size)
            self.checkpoint = ledger.seal().data if sealed else b""
        with closing(Store.open(path, read_only=True)) as store:
            self.rows = list(store.rows())
            self.disclosures = {
                self.rows[index].event_id: kept for index, kept in store.disclosures_after(-1).items()
            }
        self.key_stream = self.rows[0].stream
        self.harbour, self.quay = (
            next(row.stream for row in self.rows[at:] if row.type == "case.opened") for at in (0, 4)
        )

    @property
    def leaves(self) -> list[bytes]:
        """The leaf hashes, 32 bytes each."""
        return [bytes.fromhex(row.leaf) for row in self.rows]

    def forge(
        self,
        rows: Sequence[Row],
        type: str,
        body: Mapping[str, Any],
        stream: str,
        *signers: Signer,
        **header: Any,
    ) -> Row:
        """An event that these sign, as the next of its stream, to be put behind other rows.

        Args:
            rows: what comes before.
            type: of the event.
            body: of the event.
            stream: of the event.
            signers: who sign it.
            header: other members of the header than those.
        """
        last = next((row for row in reversed(rows) if row.stream == stream), None)
        payload = Payload(
            type=type,
            version=1,
            ledger=self.id,
            stream=stream,
            sequence=1 if last is None else last.sequence + 1,
            previous=None if last is None else last.leaf,
            id=str(UUID(bytes=sha256(f"{type}{len(rows)}{header}".encode()).digest()[:16], version=4)),
            recorded_at="2025-07-04T10:00:00.000000Z",
            body=dict(body),
            commitments={},
        )
        envelope, _ = Signers(signers).seal(replace(payload, **header).to_bytes())
        return row_of(envelope, len(rows))

    def entity(self, rows: Sequence[Row], *signers: Signer, stream: str = "", **header: Any) -> Row:
        """The simplest event that a recorder signs, as the next one of a case."""
        body = {"name": f"new{len(rows)}", "entity": {"type": "organisation", "label": "New"}}
        return self.forge(rows, "entity.registered", body, stream or self.harbour, *signers, **header)

    def key_added(
        self, rows: Sequence[Row], key: bytes, *signers: Signer, role: Role = "recorder", **header: Any
    ) -> Row:
        """An adding of a key."""
        body = KeyAdded(holder="New", role=role, key=key.hex()).split()[0]
        return self.forge(rows, KeyAdded.TYPE, body, self.key_stream, *signers, **header)

    def key_revoked(self, rows: Sequence[Row], key: str, size: int, *signers: Signer) -> Row:
        """A revocation of a key."""
        root = root_of(bytes.fromhex(row.leaf) for row in rows[:size]).hex()
        body = KeyRevoked(key=key, reason="lost", size=size, root=root).split()[0]
        return self.forge(rows, KeyRevoked.TYPE, body, self.key_stream, *signers)

    def signed_checkpoint(self, size: int, root: bytes, origin: str = ORIGIN) -> bytes:
        """A checkpoint as whoever holds the log's keys can sign it, over whatever they like."""
        return sign_checkpoint(Checkpoint(origin, size, root), self.signers)


@dataclass(slots=True)
class Copy:
    """A copy of a ledger's file, in the hands of somebody who can write in it.

    Attributes:
        world: the ledger.
        path: of the copy.
    """

    world: World
    path: Path

    def __post_init__(self) -> None:
        self.path.write_bytes(self.world.path.read_bytes())

    def sql(self, *statements: str | tuple[str, tuple[object, ...]]) -> Copy:
        """Run SQL in it."""
        with closing(sqlite3.connect(self.path)) as database:
            for each in statements:
                database.execute(*((each,) if isinstance(each, str) else each))
            database.commit()
        return self

    def write(self, rows: Sequence[Row], *, at: Sequence[int] | None = None) -> Copy:
        """Put these events in the place of all others, with all that belongs beside them.

        Args:
            rows: the events, in the order of the log.
            at: their indexes; by default 0, 1, 2...
        """
        placed = [replace(row, index=index) for index, row in zip(at or range(len(rows)), rows, strict=True)]
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA synchronous=OFF")
            for table in ("events", "disclosures", "names"):
                database.execute(f"DELETE FROM {table}")
            for row in placed:
                values = (row.index, row.stream, row.sequence, row.type, row.envelope, row.leaf, row.event_id)
                database.execute("INSERT INTO events VALUES (?,?,?,?,?,?,?)", values)
                for slot, content in self.world.disclosures.get(row.event_id, {}).items():
                    database.execute("INSERT INTO disclosures VALUES (?,?,?)", (row.index, slot, content))
                for name in _names(row, self.world.key_stream):
                    database.execute("INSERT OR IGNORE INTO names VALUES (?,?,?,?)", (*name, row.event_id))
            if self.world.checkpoint:
                _write_tiles(database, [bytes.fromhex(row.leaf) for row in placed])
            database.commit()
        return self

    def verify(self, pin: str | None = None, **asked: Any) -> Report:
        """What the auditor is told, who pins the ledger's id, or another one."""
        with closing(Store.open(self.path, read_only=True)) as store:
            return audit.verify(store, pin=pin or self.world.id, **asked)

    def told(self, at: int | None = None, **asked: Any) -> Told:
        """The codes of what the auditor is told.

        Args:
            at: where everything is to be found that is about one event; what is elsewhere is marked so.
            asked: how the auditor asks.
        """
        report = self.verify(**asked)
        assert bool(report.findings or report.disputes) == (report.exit_status() != 0)
        found = {
            each.code if at is None or each.index in (at, None) else f"{each.code} elsewhere"
            for each in report.findings
        }
        return found | {each.CODE for each in report.disputes}


def dsse(payload: bytes, signatures: Sequence[tuple[str, bytes]], payload_type: str = PAYLOAD_TYPE) -> bytes:
    """An envelope of whatever is put into it, in the one spelling that ours have."""
    members = [{"keyid": keyid, "sig": b64encode(sig).decode()} for keyid, sig in signatures]
    return orjson.dumps(
        {"payload": b64encode(payload).decode(), "payloadType": payload_type, "signatures": members}
    )


def parts(envelope: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Payload and signatures of an envelope, whatever it is."""
    document = orjson.loads(envelope)
    signatures = [(each["keyid"], _base64(each["sig"])) for each in document["signatures"]]
    return _base64(document["payload"]), signatures


def leaf_of(envelope: bytes) -> str:
    """The leaf hash that whoever forges an envelope writes beside it."""
    payload, signatures = parts(envelope)
    entry = sha256(pae(payload)).digest() + b"".join(bytes.fromhex(name) + sig for name, sig in signatures)
    return sha256(b"\0" + entry).hexdigest()


def row_of(envelope: bytes, index: int = 0) -> Row:
    """A row whose columns say what the envelope says, as whoever forges one writes it."""
    said = orjson.loads(parts(envelope)[0])
    return Row(index, said["stream"], said["sequence"], said["type"], envelope, leaf_of(envelope), said["id"])


def _base64(text: str) -> bytes:
    from base64 import b64decode

    return b64decode(text)


def everywhere(attempts: Iterable[Callable[[], Told]]) -> Told:
    """The codes that an auditor is told wherever something is tried; none where it passes unnoticed in one place."""
    common: Told | None = None
    for attempt in attempts:
        codes = attempt()
        common = codes if common is None else common & codes
        if not common:
            break
    assert common is not None
    return common


def _write_tiles(database: sqlite3.Connection, leaves: Sequence[bytes]) -> None:
    database.execute("DELETE FROM tiles")
    for level, index, _, hashes in new_tiles(0, StoredTiles(_NoTiles()), leaves):
        database.execute("INSERT INTO tiles VALUES (?,?,?)", (level, index, hashes))


class _NoTiles:
    def tile(self, level: int, index: int) -> bytes | None:
        return None


def _names(row: Row, key_stream: str) -> list[tuple[str, str, str]]:
    try:
        payload = Payload.from_bytes(parts(row.envelope)[0])
    except (ClaimLedgerError, ValueError, KeyError):
        return []
    return names_of(payload, key_stream)
