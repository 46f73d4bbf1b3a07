"""Key streams made by hand, event by event, for tests of who may sign what."""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from claimledger.events.envelope import Envelope, Signature
from claimledger.events.event import Payload
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body
from claimledger.keys import PrivateKeySigner, Signer, keyid
from claimledger.trust import KeyStream

KEYS = "00000000-0000-5000-8000-000000000001"
CASE = "00000000-0000-5000-8000-000000000002"


def signer(name: str) -> PrivateKeySigner:
    """The key of a name: always the same one."""
    return PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()))


def sign(payload: Payload, *signers: Signer) -> Envelope:
    """The event, signed by whoever it is."""
    data = payload.to_bytes()
    unsigned = Envelope(data, (Signature("0" * 64, bytes(64)),))
    made = [Signature(keyid(each), each.sign(unsigned.pae())) for each in signers]
    return Envelope(data, tuple(sorted(made, key=lambda each: each.keyid)))


def opening(*roots: Signer, threshold: int = 1, **members: object) -> Payload:
    """The first event of a ledger."""
    body = {
        "origin": "example.org/test",
        "roots": listed(*roots),
        "threshold": threshold,
        "logs": [],
        **members,
    }
    return payload("ledger.opened", body, ledger=None, stream=KEYS, sequence=1)


def listed(*roots: Signer) -> list[dict[str, str]]:
    """Roots as an event lists them; each has the same holder everywhere."""
    return [{"holder": f"Root {keyid(each)[:8]}", "key": each.public_key.hex()} for each in roots]


def payload(
    type: str,
    body: dict[str, object],
    *,
    ledger: str | None,
    stream: str = CASE,
    sequence: int = 2,
    version: int = 1,
    recorded_at: str = "2025-07-03T16:20:11.000000Z",
) -> Payload:
    """An event, not signed yet."""
    return Payload(
        type=type,
        version=version,
        ledger=ledger,
        stream=stream,
        sequence=sequence,
        previous=None if sequence == 1 else "0" * 64,
        id="00000000-0000-4000-8000-000000000000",
        recorded_at=recorded_at,
        body=body,  # type: ignore[arg-type]
        commitments={},
    )


def key_added(
    stream: KeyStream,
    key: bytes,
    *,
    role: str = "recorder",
    algorithm: str = "ed25519",
    sequence: int | None = None,
    **members: object,
) -> Payload:
    """The next event of a key stream, where no sequence is given: a key is added."""
    body: dict[str, object] = {
        "holder": "Someone",
        "role": role,
        "algorithm": algorithm,
        "key": key.hex(),
        **members,
    }
    return _next(stream, "key.added", body, sequence)


def revoked(stream: KeyStream, key: Signer | str, size: int, **members: object) -> Payload:
    """The next event of a key stream: a key is revoked."""
    name = key if isinstance(key, str) else keyid(key)
    body: dict[str, object] = {"key": name, "reason": "stolen", "size": size, "root": "0" * 64, **members}
    return _next(stream, "key.revoked", body)


def roots_changed(stream: KeyStream, *roots: Signer, threshold: int = 1) -> Payload:
    """The next event of a key stream: the roots are changed."""
    return _next(stream, "roots.changed", {"roots": listed(*roots), "threshold": threshold})


def _next(stream: KeyStream, type: str, body: dict[str, object], sequence: int | None = None) -> Payload:
    number = stream.sequence + 1 if sequence is None else sequence
    return payload(type, body, ledger=stream.ledger_id, stream=KEYS, sequence=number)


def as_event(envelope: Envelope, index: int) -> Event:
    """What a reader makes of it."""
    header = Payload.from_bytes(envelope.payload)
    return Event(
        index=index,
        leaf=envelope.leaf(),
        header=header,
        body=read_body(header.type, header.version, header.body, {}),
        signers=tuple(each.keyid for each in envelope.signatures),
    )


def take(stream: KeyStream, envelope: Envelope, index: int) -> None:
    """Verify, then fold: what every reader of a key stream does."""
    stream.verify(envelope, Payload.from_bytes(envelope.payload), index)
    stream.apply(as_event(envelope, index))
