"""Bundles made from `docs/spec/` alone: no line of the library is used here.

A `World` is a ledger in memory with keys from names, ids and salts from a counter, and a clock that stands at a second
a record; it signs whatever it is told to, right or wrong. `World.files` packs cases of it as the files of a bundle,
`archive` makes a zip of them. The same calls give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import uuid
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAYLOAD_TYPE = "application/vnd.claimledger.event+json"
REGISTER = uuid.UUID("7f1c2a52-6c0b-5d0e-9a43-0d1f6a1f2b77")
FOLDER = "claimledger-bundle-1"
Files = dict[str, bytes]


def encode(value: object) -> bytes:
    """Strict JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def uuid_of(name: str, version: int = 4) -> str:
    """A UUID that looks random, from a name."""
    digits = bytearray(sha256(name.encode())[:16])
    digits[6] = digits[6] & 0x0F | version << 4
    digits[8] = digits[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digits)))


@dataclass(frozen=True)
class Key:
    """An Ed25519 key that belongs to a name."""

    name: str

    @cached_property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(sha256(f"key of {self.name}".encode()))

    @cached_property
    def raw(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        return sha256(b"ed25519\0" + self.raw).hex()

    def listed(self) -> dict[str, str]:
        """As a root stands in a body."""
        return {"holder": self.name, "key": self.raw.hex()}

    def note_line(self, name: str, text: bytes) -> str:
        keyid = sha256(name.encode() + b"\n\x01" + self.raw)[:4]
        return f"\u2014 {name} {base64_of(keyid + self.private.sign(text))}\n"


@dataclass
class Event:
    """One event: its payload as a value, and who signs; `spoil` changes the signatures after the fact."""

    payload: dict[str, Any]
    signers: tuple[Key, ...]
    disclosures: dict[str, bytes] = field(default_factory=dict)
    spoil: Callable[[list[dict[str, str]]], list[dict[str, str]]] | None = None

    @cached_property
    def signed(self) -> bytes:
        return encode(self.payload)

    @property
    def pae(self) -> bytes:
        return b"DSSEv1 38 %s %d %s" % (PAYLOAD_TYPE.encode(), len(self.signed), self.signed)

    @cached_property
    def envelope(self) -> dict[str, Any]:
        listed = [
            {"keyid": key.id, "sig": base64_of(key.private.sign(self.pae))}
            for key in sorted(self.signers, key=lambda key: key.id)
        ]
        if self.spoil:
            listed = self.spoil(listed)
        return {"payload": base64_of(self.signed), "payloadType": PAYLOAD_TYPE, "signatures": listed}

    @cached_property
    def leaf(self) -> bytes:
        signatures = self.envelope["signatures"]
        tail = b"".join(bytes.fromhex(each["keyid"]) + base64.b64decode(each["sig"]) for each in signatures)
        return sha256(b"\0" + sha256(self.pae) + tail)


class World:
    """A ledger that signs what it is told to."""

    def __init__(
        self,
        origin: str = "example.org/outside",
        *,
        roots: Sequence[str] = ("root one", "root two", "root three"),
        threshold: int = 2,
        signers: Sequence[str] | None = None,
        logs: Sequence[str] = ("log",),
        **opening: Any,
    ) -> None:
        self.origin, self.events, self.logs = origin, list[Event](), [Key(name) for name in logs]
        self.streams: dict[str, str] = {"keys": uuid_of(f"{origin} keys")}
        self.ledger: str | None = None
        self.count = 0
        body = {
            "origin": origin,
            "roots": [Key(name).listed() for name in roots],
            "threshold": threshold,
            "logs": [{**key.listed(), "algorithm": "ed25519"} for key in self.logs],
        } | opening.pop("body", {})
        by = roots[:threshold] if signers is None else signers
        self.add("keys", "ledger.opened", body, by, **opening)
        self.ledger = sha256(self.events[0].signed).hex()
        self.streams["register"] = str(uuid.uuid5(REGISTER, self.ledger))

    def add(
        self,
        stream: str,
        kind: str,
        body: dict[str, Any],
        signers: Iterable[str],
        slots: Mapping[str, object] = MappingProxyType({}),
        /,
        *,
        spoil: Callable[[list[dict[str, str]]], list[dict[str, str]]] | None = None,
        **changes: Any,
    ) -> str:
        """Append an event; `changes` put other members in its payload than the right ones. Returns its id."""
        self.count += 1
        where = self.streams.setdefault(stream, uuid_of(f"{self.origin} {stream}"))
        before = [event for event in self.events if event.payload["stream"] == where]
        event_id = changes.get("id", uuid_of(f"{self.origin} event {self.count}"))
        disclosures = {
            slot: encode(
                [
                    "claimledger-disclosure/1",
                    self.ledger,
                    event_id,
                    slot,
                    sha256(f"salt {self.count} {slot}".encode())[:16].hex(),
                    value,
                ]
            )
            for slot, value in slots.items()
        }
        payload = {
            "type": kind,
            "version": 1,
            "ledger": self.ledger,
            "stream": where,
            "sequence": before[-1].payload["sequence"] + 1 if before else 1,
            "previous": before[-1].leaf.hex() if before else None,
            "id": event_id,
            "recorded_at": f"2025-07-03T10:{self.count // 60:02}:{self.count % 60:02}.000000Z",
            "body": body,
            "commitments": {slot: sha256(text).hex() for slot, text in disclosures.items()},
        }
        named = tuple(Key(name) for name in signers)
        self.events.append(Event({**payload, **changes}, named, disclosures, spoil))
        return str(event_id)

    def add_key(self, name: str, role: str, *, by: Iterable[str], **changes: Any) -> str:
        body = {**Key(name).listed(), "role": role, "algorithm": "ed25519"} | changes.pop("body", {})
        return self.add("keys", "key.added", body, by, **changes)

    def root_hash(self, size: int) -> bytes:
        return _root([event.leaf for event in self.events[:size]])

    def note(
        self, name: str, size: int, lines: Sequence[str] = (), *, logs: Sequence[Key] | None = None
    ) -> bytes:
        """A signed note on the state of the log at a size."""
        text = "".join(f"{line}\n" for line in (name, size, base64_of(self.root_hash(size)), *lines))
        by = self.logs if logs is None else logs
        return (text + "\n" + "".join(key.note_line(name, text.encode()) for key in by)).encode()

    def heads(self, size: int, streams: Iterable[str]) -> dict[str, str]:
        """Where each of these streams ends below a size: its UUID to the last line of the note about it."""
        wanted = {self.streams[name] for name in streams if name in self.streams}
        last = {e.payload["stream"]: e for e in self.events[:size] if e.payload["stream"] in wanted}
        none = {where: f"{where} 0 {'0' * 64}" for where in wanted & {self.streams["register"]}}
        return none | {
            where: f"{where} {event.payload['sequence']} {event.leaf.hex()}" for where, event in last.items()
        }

    def files(
        self,
        cases: Iterable[str],
        *,
        size: int | None = -1,
        withhold: Callable[[str], bool] = lambda slot: False,
        sources: Sequence[bytes] = (),
    ) -> Files:
        """The files of a bundle of these streams of cases: all that is in them, with fitting manifests."""
        assert self.ledger is not None
        size = len(self.events) if size == -1 else size
        asked = ["keys", "register", *cases]
        wanted = {self.streams[name] for name in asked}
        leaves = [event.leaf for event in self.events]
        erased = {
            (event.payload["body"].get("event"), slot)
            for event in self.events
            if event.payload["type"] == "disclosure.erased"
            for slot in event.payload["body"].get("slots", ())
        }
        events = b""
        for index, event in enumerate(self.events):
            if event.payload["stream"] not in wanted:
                continue
            slots = {
                slot: None if withhold(slot) else json.loads(text)
                for slot, text in event.disclosures.items()
                if (event.payload["id"], slot) not in erased
            }
            sealed = size is not None and index < size
            proof = [base64_of(each) for each in _proof(index, leaves[:size])] if sealed else None
            line = {"envelope": event.envelope, "index": index, "proof": proof, "slots": slots}
            events += encode(line) + b"\n"
        files = {"data/events.jsonl": events}
        files["data/README.txt"] = b"A bundle for tests.\n"
        if size is not None:
            files["data/checkpoint"] = self.note(self.origin, size)
            for where, line_of_it in self.heads(size, asked).items():
                files[f"data/heads/{where}"] = self.note(f"{self.origin}/heads", size, [line_of_it])
        files |= {f"data/sources/{sha256(each).hex()}": each for each in sources}
        return with_manifests(files, self.ledger)


def with_manifests(files: Mapping[str, bytes], ledger: str) -> Files:
    """These files with bag files that fit them."""
    payload = {name: data for name, data in sorted(files.items()) if name.startswith("data/")}
    made = dict(files)
    made["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
    about = f"Bagging-Date: 2025-07-10\nExternal-Identifier: {ledger}\nPayload-Oxum: {oxum}\n"
    made["bag-info.txt"] = f"Source-Organization: An Organisation\n{about}".encode()
    made["manifest-sha256.txt"] = manifest(payload)
    made["tagmanifest-sha256.txt"] = manifest(
        {name: made[name] for name in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")}
    )
    return made


def manifest(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{sha256(data).hex()}  {name}\n" for name, data in sorted(files.items())).encode()


def archive(files: Mapping[str, bytes]) -> bytes:
    """The zip in its one spelling."""
    out, listing = b"", b""
    for name, data in sorted((f"{FOLDER}/{name}".encode(), data) for name, data in files.items()):
        common = struct.pack("<5H3I2H", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        listing += b"PK\1\2" + struct.pack("<H", 788) + common
        listing += struct.pack("<3H2I", 0, 0, 0, 2175008768, len(out)) + name
        out += b"PK\3\4" + common + name + data
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(files), len(files), len(listing), len(out), 0)
    return out + listing + end


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + _root(leaves[:half]) + _root(leaves[half:]))


def _proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) < 2:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*_proof(index, leaves[:half]), _root(leaves[half:])]
    return [*_proof(index - half, leaves[half:]), _root(leaves[:half])]
