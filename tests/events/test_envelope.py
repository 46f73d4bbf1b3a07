"""The envelope: its bytes by hand, round trips, and every malformation under its own name."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.encoding import MAX_BYTES, JSONValue, decode, encode
from claimledger.events.envelope import (
    ENVELOPE_MAX_BYTES,
    MAX_SIGNATURES,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    keyid_of,
    pae,
)
from claimledger.events.errors import InvalidValue, MalformedEvent

PAYLOAD = b'{"a":1}'
KEYS = sorted(hashlib.sha256(b"ed25519\x00" + bytes([n]) * 32).hexdigest() for n in range(MAX_SIGNATURES + 1))

SIGNATURES = st.builds(
    Signature, st.binary(min_size=32, max_size=32).map(bytes.hex), st.binary(min_size=64, max_size=64)
)
ENVELOPES = st.builds(
    Envelope,
    st.binary(max_size=200),
    st.lists(SIGNATURES, min_size=1, max_size=4, unique_by=lambda each: each.keyid).map(
        lambda many: tuple(sorted(many, key=lambda each: each.keyid))
    ),
)


def signed_by(count: int, payload: bytes = PAYLOAD) -> Envelope:
    return Envelope(payload, tuple(Signature(KEYS[n], bytes([n]) * 64) for n in range(count)))


def test_the_payload_type_is_the_registered_name() -> None:
    assert PAYLOAD_TYPE == "application/vnd.claimledger.event+json"


def test_pae_equals_the_example_of_the_dsse_protocol() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae(b"hello world", "http://example.com/HelloWorld") == expected


def test_pae_counts_bytes_not_characters() -> None:
    assert pae("\u00fc".encode(), "\u00e9") == b"DSSEv1 2 \xc3\xa9 2 \xc3\xbc"
    assert pae(b"") == b"DSSEv1 38 application/vnd.claimledger.event+json 0 "


def test_a_keyid_is_the_hash_of_the_algorithm_and_the_raw_key() -> None:
    key = bytes(range(32))
    assert keyid_of(key) == hashlib.sha256(b"ed25519" + b"\x00" + key).hexdigest()


@pytest.mark.parametrize("length", [0, 31, 33, 44, 64])
def test_a_key_of_another_length_has_no_keyid(length: int) -> None:
    with pytest.raises(InvalidValue, match=f"32 raw bytes, not {length}"):
        keyid_of(bytes(length))


def test_an_envelope_of_two_signatures_has_exactly_these_bytes_and_this_leaf() -> None:
    low, high = "00" * 31 + "0a", "ff" * 32
    envelope = Envelope(PAYLOAD, (Signature(low, b"\x01" * 64), Signature(high, b"\xfe" * 64)))
    one = base64.b64encode(b"\x01" * 64).decode()
    two = base64.b64encode(b"\xfe" * 64).decode()
    stored = (
        '{"payload":"eyJhIjoxfQ==","payloadType":"application/vnd.claimledger.event+json","signatures":['
        f'{{"keyid":"{low}","sig":"{one}"}},{{"keyid":"{high}","sig":"{two}"}}]}}'
    )
    to_sign = b'DSSEv1 38 application/vnd.claimledger.event+json 7 {"a":1}'
    entry = (
        hashlib.sha256(to_sign).digest() + bytes(31) + b"\x0a" + b"\x01" * 64 + b"\xff" * 32 + b"\xfe" * 64
    )
    assert envelope.to_bytes() == stored.encode()
    assert envelope.pae() == to_sign
    assert envelope.leaf_entry() == entry
    assert envelope.leaf() == hashlib.sha256(b"\x00" + entry).hexdigest()
    assert envelope.leaf() == "0eab4ccc10228aa1b405b38c6171663e5b9d1223623e05d05de1a7a3f51c8ed8"


@given(ENVELOPES)
def test_reading_gives_back_what_was_written(envelope: Envelope) -> None:
    assert Envelope.from_bytes(envelope.to_bytes()) == envelope


@given(ENVELOPES)
def test_the_stored_form_is_the_strict_json_of_its_members(envelope: Envelope) -> None:
    signatures: JSONValue = [
        {"sig": base64.b64encode(each.signature).decode(), "keyid": each.keyid}
        for each in envelope.signatures
    ]
    members: JSONValue = {
        "signatures": signatures,
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(envelope.payload).decode(),
    }
    assert envelope.to_bytes() == encode(members)


def test_the_largest_envelope_fits_its_limit() -> None:
    largest = signed_by(MAX_SIGNATURES, bytes(MAX_BYTES))
    assert len(largest.to_bytes()) <= ENVELOPE_MAX_BYTES
    assert Envelope.from_bytes(largest.to_bytes()) == largest
    assert decode(largest.to_bytes(), max_bytes=ENVELOPE_MAX_BYTES)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        pytest.param(lambda: Signature("ab", bytes(64)), "64 lowercase hex", id="short_keyid"),
        pytest.param(lambda: Signature("A" * 64, bytes(64)), "64 lowercase hex", id="upper_case_keyid"),
        pytest.param(lambda: Signature("a" * 64, bytes(63)), "64 bytes", id="short_signature"),
        pytest.param(lambda: Signature("a" * 64, bytes(65)), "64 bytes", id="long_signature"),
        pytest.param(lambda: Envelope(PAYLOAD, ()), "1 to 16", id="unsigned"),
        pytest.param(lambda: signed_by(MAX_SIGNATURES + 1), "1 to 16", id="too_many_signatures"),
        pytest.param(
            lambda: signed_by(1, bytes(MAX_BYTES + 1)), "at most 32768 bytes", id="payload_too_long"
        ),
        pytest.param(
            lambda: Envelope(PAYLOAD, tuple(reversed(signed_by(2).signatures))), "ascending", id="descending"
        ),
        pytest.param(
            lambda: Envelope(PAYLOAD, signed_by(1).signatures * 2), "sign once", id="same_key_twice"
        ),
    ],
)
def test_a_wrong_envelope_cannot_be_built(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        build()


def change(**members: Any) -> bytes:
    """A valid envelope with some members replaced, in otherwise canonical JSON."""
    document = json.loads(signed_by(2).to_bytes())
    document.update(members)
    return encode(document, max_bytes=1_000_000)


def change_signature(**members: Any) -> bytes:
    """A valid envelope whose first signature has some members replaced."""
    first, second = json.loads(signed_by(2).to_bytes())["signatures"]
    return change(signatures=[first | members, second])


def without(name: str) -> bytes:
    document = json.loads(signed_by(2).to_bytes())
    del document[name]
    return encode(document)


GOOD = signed_by(2).to_bytes()
FIRST, SECOND = json.loads(GOOD)["signatures"]

MALFORMED = {
    "empty": b"",
    "not_json": b"envelope",
    "not_utf_8": b"\xff" + GOOD,
    "list": b"[]",
    "null": b"null",
    "string": b'"' + b"a" * 20 + b'"',
    "deep_nesting": b"[" * ENVELOPE_MAX_BYTES,
    "byte_order_mark": b"\xef\xbb\xbf" + GOOD,
    "trailing_newline": GOOD + b"\n",
    "trailing_nul": GOOD + b"\x00",
    "two_envelopes": GOOD + GOOD,
    "whitespace": GOOD.replace(b'":', b'": '),
    "needless_escape": GOOD.replace(b"payloadType", b"payload\\u0054ype"),
    "escaped_slash": GOOD.replace(b"application/", b"application\\/"),
    "duplicate_member": GOOD.replace(b'{"payload":', b'{"payload":"","payload":', 1),
    "members_unsorted": json.dumps(dict(reversed(json.loads(GOOD).items())), separators=(",", ":")).encode(),
    "unknown_member": change(note="x"),
    "payload_missing": without("payload"),
    "payload_type_missing": without("payloadType"),
    "signatures_missing": without("signatures"),
    "payload_type_of_others": change(payloadType="application/vnd.in-toto+json"),
    "payload_type_upper_case": change(payloadType=PAYLOAD_TYPE.upper()),
    "payload_type_with_parameter": change(payloadType=PAYLOAD_TYPE + ";v=1"),
    "payload_type_null": change(payloadType=None),
    "payload_null": change(payload=None),
    "payload_number": change(payload=1),
    "payload_unpadded": change(payload="eyJhIjoxfQ"),
    "payload_padding_twice": change(payload="eyJhIjoxfQ===="),
    "payload_trailing_bits": change(payload="eyJhIjoxfR=="),
    "payload_url_safe": change(payload="-_-_"),
    "payload_with_newline": change(payload="eyJh\nIjoxfQ=="),
    "payload_with_space": change(payload="eyJh IjoxfQ=="),
    "payload_not_ascii": change(payload="\u00e9\u00e9\u00e9\u00e9"),
    "payload_too_long": change(payload=base64.b64encode(bytes(MAX_BYTES + 1)).decode()),
    "too_long": change(payload="A" * ENVELOPE_MAX_BYTES),
    "signatures_null": change(signatures=None),
    "signatures_object": change(signatures={}),
    "unsigned": change(signatures=[]),
    "seventeen_signatures": change(
        signatures=[{"keyid": key, "sig": base64.b64encode(bytes(64)).decode()} for key in KEYS]
    ),
    "signature_null": change(signatures=[None]),
    "signature_list": change(signatures=[["keyid", "sig"]]),
    "signatures_descending": change(signatures=[SECOND, FIRST]),
    "signature_twice": change(signatures=[FIRST, FIRST]),
    "signature_unknown_member": change_signature(alg="ed25519"),
    "signature_without_keyid": change(signatures=[{"sig": FIRST["sig"]}]),
    "signature_without_sig": change(signatures=[{"keyid": FIRST["keyid"]}]),
    "keyid_null": change_signature(keyid=None),
    "keyid_empty": change_signature(keyid=""),
    "keyid_upper_case": change_signature(keyid=FIRST["keyid"].upper()),
    "keyid_short": change_signature(keyid=FIRST["keyid"][:-1]),
    "keyid_newline": change_signature(keyid=FIRST["keyid"] + "\n"),
    "sig_null": change_signature(sig=None),
    "sig_empty": change_signature(sig=""),
    "sig_short": change_signature(sig=base64.b64encode(bytes(63)).decode()),
    "sig_long": change_signature(sig=base64.b64encode(bytes(65)).decode()),
    "sig_hex": change_signature(sig="00" * 64),
    "sig_trailing_bits": change_signature(sig=base64.b64encode(bytes(64)).decode()[:-3] + "B=="),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_envelope_is_refused(data: bytes) -> None:
    assert data != GOOD
    with pytest.raises(MalformedEvent, match="envelope: "):
        Envelope.from_bytes(data)


def test_the_envelope_that_the_malformed_ones_were_made_from_is_read() -> None:
    assert change() == GOOD
    assert Envelope.from_bytes(GOOD) == signed_by(2)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_malformed(data: bytes) -> None:
    with pytest.raises(MalformedEvent):
        Envelope.from_bytes(data)


@given(
    st.dictionaries(
        st.sampled_from(["payload", "payloadType", "signatures", "x"]),
        st.recursive(
            st.none() | st.integers(0, 9) | st.sampled_from(["", "AA==", PAYLOAD_TYPE, "0" * 64]),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["keyid", "sig"]), inner),
            max_leaves=6,
        ),
    )
)
def test_any_json_of_those_members_is_malformed_unless_it_is_an_envelope(document: Any) -> None:
    with pytest.raises(MalformedEvent):
        Envelope.from_bytes(encode(document))


def test_every_other_value_of_every_byte_is_malformed_or_another_leaf() -> None:
    envelope = signed_by(1)
    original = envelope.to_bytes()
    for place in range(len(original)):
        for byte in range(256):
            if byte == original[place]:
                continue
            changed = original[:place] + bytes([byte]) + original[place + 1 :]
            try:
                other = Envelope.from_bytes(changed)
            except MalformedEvent:
                continue
            assert other.to_bytes() == changed
            assert other.leaf() != envelope.leaf()
