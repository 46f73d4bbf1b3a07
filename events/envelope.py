"""The envelope: the exact bytes that were signed, and the signatures over them (DSSE 1.0).

Rules:

1. What is signed is the pre-authentication encoding (PAE) of the payload type and the payload bytes, never
   the payload alone and never a parsed form of it. ``payloadType`` is `PAYLOAD_TYPE`, exactly.
2. A keyid is the hex SHA-256 of the algorithm's name, a zero byte and the raw bytes of the public key. Events are
   signed with ``ed25519`` only; the keys of the log, which sign checkpoints, may be of ``ml-dsa-44`` too.
3. There are 1 to `MAX_SIGNATURES` signatures of 64 bytes. Keyids are unique and ascending.
4. The stored form is the DSSE JSON in the strict JSON of `claimledger.events.encoding`, with standard padded
   base64; it must re-encode to itself. Unknown members are refused.
5. The leaf entry is SHA-256(PAE), then for each signature in order the raw keyid and the signature. The leaf
   hash is SHA-256(0x00 + entry), as in RFC 6962. The entry holds no content, so that a log of entries can be
   public while the events stay closed; and it holds the signatures, so that they cannot be exchanged.

Nothing here verifies a signature or reads the payload: this module knows bytes, not keys.
Standards: DSSE 1.0 (secure-systems-lab/dsse, protocol.md and envelope.md), RFC 4648 section 4, RFC 6962
section 2.1.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import orjson

from .encoding import MAX_BYTES
from .errors import InvalidValue, MalformedEvent
from .identifiers import is_digest

__all__ = [
    "ENVELOPE_MAX_BYTES",
    "KEY_BYTES",
    "MAX_SIGNATURES",
    "PAYLOAD_TYPE",
    "Algorithm",
    "Envelope",
    "Signature",
    "hash_leaf",
    "keyid_of",
    "one_signature",
    "pae",
]

Algorithm: TypeAlias = Literal["ed25519", "ml-dsa-44"]
KEY_BYTES: Final = MappingProxyType[Algorithm, int]({"ed25519": 32, "ml-dsa-44": 1312})
"""How many raw bytes a public key of an algorithm has (RFC 8032; FIPS 204)."""

PAYLOAD_TYPE = "application/vnd.claimledger.event+json"
MAX_SIGNATURES = 16
ENVELOPE_MAX_BYTES = 48 * 1024
"""Room for a payload of `MAX_BYTES` in base64 with `MAX_SIGNATURES` signatures."""

_STORED_FORM = b'{"payload":"%b","payloadType":"' + PAYLOAD_TYPE.encode() + b'","signatures":[%b]}'
_BEGINNING = b'{"payload":"'
_BEGIN = len(_BEGINNING)
# What follows the payload where one key signed: nearly always.
_ONE_SIGNATURE = re.compile(
    rb'","payloadType":"'
    + re.escape(PAYLOAD_TYPE.encode())
    + rb'","signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{85}[AQgw]==)"\}\]\}'
).fullmatch
_MEMBERS = {"payload", "payloadType", "signatures"}
_SIGNATURE_MEMBERS = {"keyid", "sig"}
_SIGNATURE_BYTES = 64


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The bytes to sign for a payload: DSSE's pre-authentication encoding, version 1.

    >>> pae(b"hello world", "http://example.com/HelloWorld")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def keyid_of(public_key: bytes, algorithm: Algorithm = "ed25519") -> str:
    """The keyid (64 lowercase hex digits) of a raw public key.

    Args:
        public_key: the raw bytes: 32 of an Ed25519 key (RFC 8032), 1,312 of an ML-DSA-44 key (FIPS 204).
        algorithm: the name of the algorithm.

    Raises:
        InvalidValue: any other length, or an algorithm that no key here has.
    """
    length = KEY_BYTES.get(algorithm)
    if length is None:
        raise InvalidValue(f"no key here is of an algorithm {algorithm}: {' or '.join(KEY_BYTES)}")
    if len(public_key) != length:
        raise InvalidValue(f"public key: a key of {algorithm} has {length} raw bytes, not {len(public_key)}")
    return sha256(b"%b\0%b" % (algorithm.encode(), public_key)).hexdigest()


def hash_leaf(entry: bytes) -> bytes:
    """The leaf hash of a leaf entry: SHA-256 of a zero byte and the entry, 32 bytes (RFC 6962, section 2.1)."""
    return sha256(b"\0" + entry).digest()


def one_signature(data: bytes) -> tuple[bytes, str, bytes] | None:
    """Take the stored form of an envelope with one signature apart, without making objects of its parts.

    Args:
        data: any bytes whatsoever.

    Returns:
        Payload, keyid and signature; None where the bytes are anything but the one spelling of such an envelope.
    """
    end = data.find(b'"', _BEGIN)
    found = _ONE_SIGNATURE(data, end) if end > 0 and data.startswith(_BEGINNING) else None
    if found is None or len(data) > ENVELOPE_MAX_BYTES:
        return None
    text = data[_BEGIN:end]
    try:
        payload = binascii.a2b_base64(text)
    except binascii.Error:
        return None
    # The pattern has no second spelling of keyid and signature; of the payload, the last bits decide.
    if len(payload) > MAX_BYTES or binascii.b2a_base64(payload, newline=False) != text:
        return None
    return payload, found[1].decode(), binascii.a2b_base64(found[2])


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature, and the id of the key that is said to have made it.

    Attributes:
        keyid: 64 lowercase hex digits, see `keyid_of`.
        signature: 64 bytes, Ed25519 over the PAE.

    Raises:
        InvalidValue: one of the two has another shape.
    """

    keyid: str
    signature: bytes

    def __post_init__(self) -> None:
        if not is_digest(self.keyid):
            raise InvalidValue("a keyid is 64 lowercase hex digits")
        if type(self.signature) is not bytes or len(self.signature) != _SIGNATURE_BYTES:
            raise InvalidValue(
                f"signature of key {self.keyid}: an Ed25519 signature has {_SIGNATURE_BYTES} bytes"
            )


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its signatures, whose shape is right and whose signatures are unchecked.

    Attributes:
        payload: the signed bytes, at most `MAX_BYTES`.
        signatures: 1 to `MAX_SIGNATURES`, ascending by keyid, each key once.

    Raises:
        InvalidValue: one of the two has another shape.
    """

    payload: bytes
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if type(self.payload) is not bytes:
            raise InvalidValue("the payload must be bytes")
        if len(self.payload) > MAX_BYTES:
            raise InvalidValue(f"a payload has at most {MAX_BYTES} bytes, not {len(self.payload)}")
        if type(self.signatures) is not tuple or not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise InvalidValue(f"an envelope takes a tuple of 1 to {MAX_SIGNATURES} signatures")
        last = ""
        for signature in self.signatures:
            if signature.keyid <= last:
                raise InvalidValue("keyids must be ascending and each key may sign once")
            last = signature.keyid

    @classmethod
    def from_bytes(cls, data: bytes) -> Envelope:
        """Read the stored form.

        Args:
            data: any bytes whatsoever.

        Raises:
            MalformedEvent: `to_bytes` would not have written these bytes.
        """
        if len(data) > ENVELOPE_MAX_BYTES:
            raise MalformedEvent(f"envelope: {len(data)} bytes, where {ENVELOPE_MAX_BYTES} are allowed")
        try:
            pieces = one_signature(data)
            if pieces is not None:
                return cls(pieces[0], (Signature(*pieces[1:]),))
            envelope = _read(orjson.loads(data))
        except orjson.JSONDecodeError as error:
            reason = f"no JSON in UTF-8 at character {error.pos}"
        except binascii.Error:
            reason = "payload and sig must be standard base64 with padding"
        except InvalidValue as error:
            reason = str(error)
        else:
            # `to_bytes` knows one spelling only, so this refuses duplicate members, whitespace, escapes,
            # other orders of members and base64 with unused bits set.
            if envelope.to_bytes() == data:
                return envelope
            reason = "not the one spelling of its content: it would be written with other bytes"
        raise MalformedEvent(f"envelope: {reason}")

    def to_bytes(self) -> bytes:
        """The stored form: DSSE JSON, members in order, no whitespace.

        Joined by hand: base64 and hex need no escapes, so the strict JSON of these members has no choices.
        """
        signatures = b",".join(
            [
                b'{"keyid":"%b","sig":"%b"}' % (each.keyid.encode(), _base64(each.signature))
                for each in self.signatures
            ]
        )
        return _STORED_FORM % (_base64(self.payload), signatures)

    def pae(self) -> bytes:
        """The bytes that each signature signs."""
        return pae(self.payload)

    def leaf_entry(self) -> bytes:
        """What the log's tree is built over: 32 bytes, and 96 bytes more for each signature."""
        parts = [sha256(pae(self.payload)).digest()]
        for each in self.signatures:
            parts += (bytes.fromhex(each.keyid), each.signature)
        return b"".join(parts)

    def leaf(self) -> str:
        """The leaf hash, 64 lowercase hex digits: the name by which the outside cites this event."""
        return hash_leaf(self.leaf_entry()).hex()


def _read(document: Any) -> Envelope:
    if type(document) is not dict or document.keys() != _MEMBERS:
        raise InvalidValue("the members must be payload, payloadType and signatures")
    if document["payloadType"] != PAYLOAD_TYPE:
        raise InvalidValue(f"payloadType must be {PAYLOAD_TYPE}")
    members = document["signatures"]
    # Counted before they are decoded.
    if type(members) is not list or len(members) > MAX_SIGNATURES:
        raise InvalidValue(f"signatures must be a list of 1 to {MAX_SIGNATURES}")
    signatures = []
    for member in members:
        if type(member) is not dict or member.keys() != _SIGNATURE_MEMBERS:
            raise InvalidValue("the members of a signature must be keyid and sig")
        signatures.append(Signature(member["keyid"], _from_base64(member["sig"])))
    return Envelope(_from_base64(document["payload"]), tuple(signatures))


def _base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def _from_base64(text: object) -> bytes:
    if type(text) is not str or not text.isascii():
        raise InvalidValue("payload and sig must be standard base64 with padding")
    return binascii.a2b_base64(text, strict_mode=True)
