"""Request files: what is read from any bytes whatsoever, and what a signature in one is worth."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.envelope import Signature, pae
from claimledger.events.errors import InvalidInput, KeyNotAllowed, VerificationFailed
from claimledger.key_requests import Asked, KeyRequest
from claimledger.keys import keyid
from claimledger.trust import KeyStream
from tests.ledger.key_histories import key_added, opening, payload, sign, signer

ROOT, ANA, THIEF = map(signer, ("root", "ana", "thief"))
STREAM = KeyStream.opened(sign(opening(ROOT), ROOT))
ASKED = (
    Asked(holder="Root", key=ROOT.public_key.hex(), why="root"),
    Asked(holder="Ana", key=ANA.public_key.hex(), why="new"),
)
ADDED = key_added(STREAM, ANA.public_key).to_bytes()
REQUEST = KeyRequest("example.org/test", ADDED, 1, ASKED)


def test_a_request_comes_back_from_its_file_with_its_signatures() -> None:
    signed = REQUEST.signed_by([ROOT, THIEF])
    assert [each.keyid for each in signed.signatures] == [keyid(ROOT)]
    assert KeyRequest.from_json(signed.to_json()) == signed
    assert signed.signed_by([ROOT]) == signed
    assert [each.holder for each in signed.missing] == ["Ana"]


def test_a_signature_of_nobody_asked_or_over_something_else_is_refused() -> None:
    over_this = Signature(keyid(THIEF), THIEF.sign(pae(ADDED)))
    with pytest.raises(KeyNotAllowed, match="which was not asked for"):
        KeyRequest("example.org/test", ADDED, 1, ASKED, (over_this,))
    with pytest.raises(KeyNotAllowed, match="does not fit this request"):
        KeyRequest("example.org/test", ADDED, 1, ASKED, (Signature(keyid(ROOT), ROOT.sign(ADDED)),))


@pytest.mark.parametrize(
    "type", ["claim.recorded", "ledger.opened", "key.of_a_later_release", "disclosure.erased"]
)
def test_the_roots_are_asked_for_changes_of_keys_only(type: str) -> None:
    other = (
        payload(type, {}, ledger=STREAM.ledger_id).to_bytes()
        if type != "ledger.opened"
        else opening(ROOT).to_bytes()
    )
    with pytest.raises(InvalidInput, match="no change of keys"):
        KeyRequest("example.org/test", other, 1, ASKED)


def test_members_that_only_look_right_are_refused() -> None:
    header = key_added(STREAM, ANA.public_key, extra=1)
    with pytest.raises(InvalidInput, match="no change of keys"):
        KeyRequest("example.org/test", header.to_bytes(), 1, ASKED)


def test_two_requests_are_not_joined() -> None:
    other = KeyRequest("example.org/test", key_added(STREAM, THIEF.public_key).to_bytes(), 1, ASKED)
    with pytest.raises(InvalidInput, match="two different requests"):
        REQUEST.joined(other)


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_arbitrary_bytes_are_no_request(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        KeyRequest.from_json(data)


@given(
    member=st.sampled_from(sorted(json.loads(REQUEST.to_json()))),
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.binary(max_size=300).map(lambda data: b64encode(data).decode())
    | st.lists(
        st.text(max_size=3) | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
        max_size=3,
    ),
)
def test_a_changed_member_raises_only_our_own(member: str, value: object) -> None:
    document = json.loads(REQUEST.signed_by([ROOT]).to_json())
    document[member] = value
    with suppress(InvalidInput, VerificationFailed):
        read = KeyRequest.from_json(json.dumps(document).encode())
        assert read.payload == REQUEST.payload
        assert member not in ("ledger", "does", "payload") or value == json.loads(REQUEST.to_json())[member]
