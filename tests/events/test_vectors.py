"""The golden vectors: made by this library once, checked here without it, and read by every later release."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from claimledger.events import UnknownBody
from claimledger.events.disclosure import open_commitment
from claimledger.events.envelope import Envelope
from claimledger.events.event import Payload
from claimledger.events.kinds import kinds
from claimledger.events.recorded import Event
from claimledger.events.registry import body_types, read_body
from claimledger.trust import KeyStream
from tests.scripts import load

FOLDER = Path(__file__).resolve().parent.parent / "vectors"
GOLDEN: dict[str, Any] = json.loads((FOLDER / "events.json").read_text())
EVENTS: list[dict[str, Any]] = GOLDEN["events"]
each_event = pytest.mark.parametrize(
    "vector", EVENTS, ids=lambda vector: f"{vector['index']}-{vector['what']}"
)


def test_there_is_a_vector_of_every_type_and_every_kind() -> None:
    read_body("nothing.known", 1, {}, {})  # loads every module that registers bodies
    said = {vector["what"] for vector in EVENTS}
    assert {what.split()[0] for what in said} == set(body_types)
    assert {what.split()[1] for what in said if what.startswith("claim.recorded")} == {
        name for name in kinds if "." not in name
    }


def erased(event: str) -> set[str]:
    """The slots of an event that a later vector erases, by its signed bytes."""
    payloads = [json.loads(base64.b64decode(json.loads(each["envelope"])["payload"])) for each in EVENTS]
    bodies = [each["body"] for each in payloads if each["type"] == "disclosure.erased"]
    return {slot for body in bodies if body["event"] == event for slot in body["slots"]}


@each_event
def test_a_vector_checks_with_nothing_but_hashes_json_and_ed25519(vector: dict[str, Any]) -> None:
    """Written from the specification, with no code of ours."""
    outer = json.loads(vector["envelope"])
    payload = base64.b64decode(outer["payload"])
    kind = outer["payloadType"].encode()
    pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    entry = hashlib.sha256(pae).digest()
    for signature in outer["signatures"]:
        raw = bytes.fromhex(GOLDEN["keys"][signature["keyid"]])
        assert hashlib.sha256(b"ed25519\0" + raw).hexdigest() == signature["keyid"]
        signed = base64.b64decode(signature["sig"])
        Ed25519PublicKey.from_public_bytes(raw).verify(signed, pae)
        entry += bytes.fromhex(signature["keyid"]) + signed
    assert hashlib.sha256(b"\0" + entry).hexdigest() == vector["leaf"]
    header = json.loads(payload)
    assert set(header["commitments"]) == set(vector["disclosures"]) | erased(header["id"])
    for slot, content in vector["disclosures"].items():
        assert hashlib.sha256(content.encode()).hexdigest() == header["commitments"][slot]


def test_the_vectors_form_whole_chains_in_one_ledger() -> None:
    heads: dict[str, tuple[int, str | None]] = {}
    ledger = None
    for vector in EVENTS:
        payload = base64.b64decode(json.loads(vector["envelope"])["payload"])
        header = json.loads(payload)
        sequence, previous = heads.get(header["stream"], (0, None))
        assert (header["sequence"], header["previous"], header["ledger"]) == (sequence + 1, previous, ledger)
        heads[header["stream"]] = (header["sequence"], vector["leaf"])
        ledger = ledger or hashlib.sha256(payload).hexdigest()


@each_event
def test_this_release_reads_a_vector_and_writes_the_same_bytes(vector: dict[str, Any]) -> None:
    raw = vector["envelope"].encode()
    envelope = Envelope.from_bytes(raw)
    assert envelope.to_bytes() == raw
    assert envelope.leaf() == vector["leaf"]
    payload = Payload.from_bytes(envelope.payload)
    assert payload.to_bytes() == envelope.payload
    disclosed = {
        slot: open_commitment(
            payload.commitments[slot],
            content.encode(),
            ledger=payload.ledger or "",
            event=payload.id,
            slot=slot,
        ).value
        for slot, content in vector["disclosures"].items()
    }
    body = read_body(payload.type, payload.version, dict(payload.body), disclosed)
    assert not isinstance(body, UnknownBody)
    public, protected = body.split()
    assert public == payload.body
    assert protected == {**disclosed, **dict.fromkeys(erased(payload.id))}


def test_the_keys_of_the_vectors_may_sign_them() -> None:
    stored = [Envelope.from_bytes(vector["envelope"].encode()) for vector in EVENTS]
    keys = KeyStream.opened(stored[0])
    for vector, envelope in zip(EVENTS[1:], stored[1:], strict=True):
        payload = Payload.from_bytes(envelope.payload)
        signers = tuple(each.keyid for each in envelope.signatures)
        keys.verify(envelope, payload, vector["index"], record_signers=signers)
        body = read_body(payload.type, payload.version, payload.body, {})
        keys.apply(Event(vector["index"], envelope.leaf(), payload, body, signers))
    ended = [each for each in keys.keys.values() if each.revoked_at is not None]
    assert [(each.role, each.trusted_below, each.reason) for each in ended] == [
        ("root", None, None),
        ("recorder", 10, "stolen"),
    ]
    assert {each.algorithm for each in keys.active("log")} == {"ed25519", "ml-dsa-44"}


def test_the_script_still_makes_the_golden_file() -> None:
    assert load(FOLDER / "make_vectors.py").vectors() == EVENTS
