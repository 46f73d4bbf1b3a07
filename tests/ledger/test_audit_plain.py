"""The short way of the audit says yes only to what the long way finds nothing wrong with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.audit_plain import plainly_held
from claimledger.audit_row import check_row
from claimledger.events.disclosure import Disclosure, commitment_of
from claimledger.events.entities import Organisation
from claimledger.events.envelope import Envelope, Signature, pae
from claimledger.events.kinds import Death
from claimledger.keys import Keyring, keyid
from claimledger.ledger import Ledger
from claimledger.recording import Row
from claimledger.store import Store
from claimledger.trust import KeyStream

KEYS = Keyring.in_memory(seed=b"plain")


class Sound:
    """A row of a real ledger that holds, with its disclosures and the keys."""

    def __init__(self) -> None:
        with Ledger.create("memory:", origin="example.org/plain", keys=KEYS) as ledger:
            case = ledger.create_case("plain-2025", title="A plain case")
            case.register_entity("ngo", Organisation(label="An NGO"))
            case.register_entity("z", Organisation(label="Z"))
            index = case.record(Death(person="z"), asserter="ngo", hedges=["reportedly"]).index
            store: Store = ledger.store
            found = store.row_at(index)
            if found is None:
                raise LookupError("the row that was just written")
            self.row: Row = found
            self.stored = dict(store.disclosures_after(index - 1)[index])
            self.keys: KeyStream = ledger._log.keys
        self.payload = Envelope.from_bytes(self.row.envelope).payload


SOUND = Sound()


def signed(payload: bytes, **columns: Any) -> Row:
    """The sound row with another payload, signed by the recorder; columns that show the payload are kept right."""
    envelope = Envelope(payload, (Signature(keyid(KEYS.recorder), KEYS.recorder.sign(pae(payload))),))
    try:
        says = json.loads(payload)
        shown = {name: says[name] for name in ("stream", "sequence", "type")} | {"event_id": says["id"]}
    except (ValueError, KeyError, TypeError):
        shown = {}
    return replace(SOUND.row, envelope=envelope.to_bytes(), leaf=envelope.leaf(), **(shown | columns))


def says_yes(row: Row, stored: dict[str, bytes] | None = None) -> bool:
    """Whether the short way says yes; fails where the long way does not agree with that yes."""
    stored = SOUND.stored if stored is None else stored
    short = plainly_held(row, stored, SOUND.keys)
    if short is None:
        return False
    long = check_row(row, stored, SOUND.keys, are_keys_complete=True)
    assert (long.problems, long.missing) == ([], [])
    assert long.is_believed
    assert (long.payload, long.signers, long.leaf) == (short[0], (short[1],), row.leaf)
    return True


def test_a_sound_row_is_told_at_one_look() -> None:
    assert says_yes(SOUND.row)
    assert says_yes(signed(SOUND.payload))


def test_a_byte_changed_anywhere_in_the_envelope_is_no_yes() -> None:
    envelope = SOUND.row.envelope
    for at in range(len(envelope)):
        changed = envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :]
        assert not says_yes(replace(SOUND.row, envelope=changed)), at


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload.replace(b'"hedges":["reportedly"]', b'"hedges":[1.0]'),
        lambda payload: payload.replace(b'"hedges":["reportedly"]', b'"hedges":[1e16]'),
        lambda payload: payload.replace(b'"hedges":["reportedly"]', b'"hedges":[9007199254740993]'),
        lambda payload: payload.replace(b'"hedges":["reportedly"]', b'"hedges":["\\u0061"]'),
        lambda payload: payload.replace(b'"hedges":["reportedly"]', b'"hedges":["reportedly"],"hedges":[]'),
        lambda payload: payload.replace(b'"hedges":["reportedly"]', b'"hedges":' + b"[" * 15 + b"]" * 15),
        lambda payload: payload.replace(b'"hedges":', b'"hedg\xc3\xa9s":'),
        lambda payload: payload.replace(b'"version":1', b'"version":true'),
        lambda payload: payload.replace(b'"version":1', b'"version":0'),
        lambda payload: payload.replace(b'"type":"claim.recorded"', b'"type":"ledger.opened"'),
        lambda payload: payload.replace(b'"type":"claim.recorded"', b'"type":"key.added"'),
        lambda payload: payload.replace(b'"type":"claim.recorded"', b'"type":"claim"'),
        lambda payload: payload.replace(b"T", b" ", 1),
        lambda payload: payload.replace(SOUND.keys.ledger_id.encode(), b"0" * 64),
        lambda payload: payload.replace(SOUND.keys.ledger_id.encode(), b"A" * 64),
        lambda payload: payload.replace(SOUND.row.event_id.encode(), b"0" * 8 + b"-0000-5000-8000-" + b"0" * 12),
        lambda payload: payload + b" ",
    ],
)  # fmt: skip
def test_what_no_writer_signs_is_no_yes_even_where_a_recorder_signed_it(
    change: Callable[[bytes], bytes],
) -> None:
    changed = change(SOUND.payload)
    assert changed != SOUND.payload
    row = signed(changed)
    assert not says_yes(row)
    assert check_row(row, SOUND.stored, SOUND.keys, are_keys_complete=True).problems


JSON_PARTS = st.sampled_from(
    [b"1.5", b":1.5,", b"-0", b"12", b"null", b"{}", b"[]", b'""', b'"a":1', b",", b'"x\xc3\xa9"', b"e", b".", b"\\n"]
)  # fmt: skip


@given(at=st.integers(0, len(SOUND.payload)), part=JSON_PARTS, drop=st.integers(0, 4))
def test_pieces_put_anywhere_into_what_is_signed_never_make_the_two_ways_disagree(
    at: int, part: bytes, drop: int
) -> None:
    says_yes(signed(SOUND.payload[:at] + part + SOUND.payload[at + drop :]))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "index": st.sampled_from([0, 1, 2, 10**6]),
            "stream": st.sampled_from([None, "", SOUND.keys.stream]),
            "sequence": st.sampled_from([None, 0, 1, "4", 4.0]),
            "type": st.sampled_from([None, "claim.amended", "claim.recorded"]),
            "leaf": st.sampled_from([None, "0" * 64, b"0"]),
            "event_id": st.sampled_from([None, "0" * 36]),
        },
    )
)
def test_columns_of_any_value_never_make_the_two_ways_disagree(columns: dict[str, Any]) -> None:
    says_yes(replace(SOUND.row, **columns))


def test_a_disclosure_that_is_not_there_or_too_many_or_wrong_is_no_yes() -> None:
    (slot, content), *_ = SOUND.stored.items()
    other = Disclosure(SOUND.keys.ledger_id, SOUND.row.event_id, slot, b"s" * 16, None).to_bytes()
    for stored in ({}, {**SOUND.stored, "more": content}, {**SOUND.stored, slot: other}):
        assert not says_yes(SOUND.row, stored)
        checked = check_row(SOUND.row, stored, SOUND.keys, are_keys_complete=True)
        assert checked.problems or checked.missing


def test_content_that_is_disclosed_goes_the_long_way() -> None:
    slot = next(iter(SOUND.stored))
    content = Disclosure(SOUND.keys.ledger_id, SOUND.row.event_id, slot, b"s" * 16, "words").to_bytes()
    payload = json.loads(SOUND.payload)
    payload["commitments"][slot] = commitment_of(content)
    row = signed(json.dumps(payload, separators=(",", ":")).encode())
    stored = {**SOUND.stored, slot: content}
    assert not says_yes(row, stored)
    assert check_row(row, stored, SOUND.keys, are_keys_complete=True).problems == []
