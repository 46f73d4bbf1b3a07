"""Keys over time in a real ledger: added, revoked, succeeded, and who is refused what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from claimledger.events import Count, Group, Unnamed
from claimledger.events.errors import InvalidInput, InvalidValue, KeyMissing, KeyNotAllowed
from claimledger.events.governance import KeyAdded, RootKey
from claimledger.key_requests import KeyRequest
from claimledger.keys import Keyring, keyid
from claimledger.ledger import Ledger
from claimledger.merkle import root_of
from claimledger.testing import FixedClock, fixed_ids

ANA = Keyring.in_memory(seed=b"ana", holder="Ana")
BEN = Keyring.in_memory(seed=b"ben", holder="Ben", roles=["recorder"])
BOARD = [Keyring.in_memory(seed=b"board %d" % n, root_holder=f"Board {n}", roles=["root"]) for n in range(3)]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """A ledger with one root and one recorder, both of Ana's keyring, and a case of two claims (index 4 and 5)."""
    with Ledger.create(
        "memory:", origin="example.org/keys", keys=ANA, clock=FixedClock(), new_id=fixed_ids()
    ) as made:
        case = made.create_case("harbour", title="Harbour")
        case.register_entity("held", Group(label="held"))
        case.register_entity("u1", Unnamed(label="reports"))
        case.record(Count(group="held", quantity=3), ref="C1", asserter="u1")
        yield made


def count(ledger: Ledger, ref: str) -> int:
    return ledger.case("harbour").record(Count(group="held", quantity=4), ref=ref, asserter="u1").index


def test_an_added_key_records_and_its_holder_is_known(ledger: Ledger) -> None:
    receipt = ledger.add_key(BEN.recorder, "Ben")
    assert ledger.keys.keys[keyid(BEN.recorder)].added_at == receipt.index
    assert ledger.verify(pin=ledger.id).is_sound
    with pytest.raises(KeyNotAllowed, match="is in the ledger already, as a recorder key"):
        ledger.add_key(BEN.recorder, "Ben")


def test_a_revocation_names_the_log_that_it_trusts(ledger: Ledger) -> None:
    ledger.add_key(BEN.recorder, "Ben")
    leaves = [bytes.fromhex(event.leaf) for event in ledger.events()]
    body = ledger.revocation(keyid(ANA.recorder), "stolen", size=4)
    assert body.root == root_of(leaves[:4]).hex()
    assert ledger.revocation(keyid(ANA.recorder)[:8], "stolen").size == len(leaves)
    with pytest.raises(InvalidValue, match="cannot stay trusted"):
        ledger.revocation(keyid(ANA.recorder), "stolen", size=len(leaves) + 1)
    with pytest.raises(InvalidValue, match="no key of this ledger"):
        ledger.revocation("0" * 64, "stolen")


def test_a_revoked_key_records_no_more_and_the_next_one_at_hand_takes_over(ledger: Ledger) -> None:
    with pytest.raises(KeyNotAllowed, match="is the last recorder key; add another one first"):
        ledger.revoke_key(keyid(ANA.recorder), "stolen")
    ring = Keyring.in_memory(seed=b"ana", holder="Ana")
    ledger.add_key(BEN.recorder, "Ben")
    ledger.revoke_key(keyid(ring.recorder), "stolen")
    with pytest.raises(KeyNotAllowed, match=r"of Ana was revoked at index \d+ \(stolen\)"):
        count(ledger, "C2")
    with pytest.raises(KeyNotAllowed, match="already, trusted up to"):
        ledger.revoke_key(keyid(ring.recorder), "again")
    assert ledger.verify(pin=ledger.id).is_sound


def test_what_is_learnt_late_narrows_what_stays_trusted(ledger: Ledger) -> None:
    ledger.add_key(BEN.recorder, "Ben")
    first = ledger.revoke_key(keyid(ANA.recorder), "rotated").index
    ledger.revoke_key(keyid(ANA.recorder), "was stolen before", size=3)
    record = ledger.keys.keys[keyid(ANA.recorder)]
    assert (record.revoked_at, record.trusted_below, record.reason) == (first, 3, "was stolen before")
    assert ledger.keys.verdicts([record.keyid], 4).as_now_known == "disputed"
    report = ledger.verify(pin=ledger.id)
    assert report.findings == ()
    assert report.disputed == first - 1 - 3  # the last before it is the adding of Ben's key


def test_a_successor_mends_what_the_lost_key_recorded_and_a_stranger_does_not(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    ring = Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    old = keyid(ring.recorder)
    with Ledger.create(place, origin="example.org/keys", keys=ring) as ledger:
        case = ledger.create_case("harbour", title="Harbour")
        case.register_entity("held", Group(label="held"))
        case.register_entity("u1", Unnamed(label="reports"))
        case.record(Count(group="held", quantity=3), ref="C1", asserter="u1")
        new = ring.new_key("recorder", "Ana", plain=True)
        ledger.add_key(new, "Ana", succeeds=old)
        ledger.add_key(BEN.recorder, "Ben")
        ledger.revoke_key(old, "stolen", size=4)
        assert ledger.case("harbour").withdraw("C1", because="not mine").index == ledger.size - 1
        assert ledger.verify(pin=ledger.id).findings == ()
    with Ledger.open(place, BEN) as ledger, pytest.raises(KeyNotAllowed, match="only its recorder"):
        ledger.case("harbour").withdraw("C1", because="not mine either")


def test_the_roots_mend_any_record_and_record_nothing_else(ledger: Ledger) -> None:
    case = ledger.case("harbour")
    with ledger.as_roots():
        with pytest.raises(KeyNotAllowed, match="the roots amend and withdraw"):
            count(ledger, "C2")
        receipt = case.withdraw("C1", because="signed by a thief")
    assert ledger.event(receipt.leaf).signers == (keyid(ANA.roots[0]),)
    assert ledger.verify(pin=ledger.id).is_sound
    other = Ledger.create("memory:", origin="example.org/other", keys=BEN, roots=BOARD[:1])
    with (
        other,
        pytest.raises(KeyMissing, match="takes 1 of the root keys, and 0 are at hand"),
        other.as_roots(),
    ):
        raise AssertionError("no root is at hand")


def test_a_revocation_that_races_an_acknowledged_event_leaves_it_and_stops_what_comes_after(
    tmp_path: Path,
) -> None:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/keys", keys=ANA) as administrator:
        administrator.add_key(BEN.recorder, "Ben")
        case = administrator.create_case("harbour", title="Harbour")
        case.register_entity("held", Group(label="held"))
        case.register_entity("u1", Unnamed(label="reports"))
        with Ledger.open(place, BEN) as recorder:
            case = recorder.case("harbour")
            before = case.record(Count(group="held", quantity=3), ref="C1", asserter="u1")
            # Between this and the revocation, the recorder has folded nothing in.
            administrator.revoke_key(keyid(BEN.recorder), "stolen")
            size = recorder.size
            with pytest.raises(KeyNotAllowed, match="of Ben was revoked at index"):
                case.record(Count(group="held", quantity=4), ref="C2", asserter="u1")
            assert recorder.size == size
            with pytest.raises(KeyNotAllowed, match="of Ben was revoked at index"):
                case.record(Count(group="held", quantity=4), ref="C2", asserter="u1")
        assert administrator.event(before.leaf).index == before.index
        assert administrator.case("harbour").refs() == ["C1"]
        assert administrator.verify(pin=administrator.id).is_sound


def test_a_recorder_who_has_read_of_its_revocation_signs_nothing_any_more(tmp_path: Path) -> None:
    """Reading folds the key stream: the transaction that inserts finds it where the writer says that it is."""
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/keys", keys=ANA) as administrator:
        administrator.add_key(BEN.recorder, "Ben")
        with Ledger.open(place, BEN) as recorder:
            administrator.revoke_key(keyid(BEN.recorder), "stolen")
            assert len(list(recorder.events())) == recorder.size
            with pytest.raises(KeyNotAllowed, match="of Ben was revoked at index"):
                recorder.create_case("harbour", title="Harbour")
        assert administrator.verify(pin=administrator.id).is_sound


def test_roots_of_whom_more_must_sign_meanwhile_mend_nothing(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    with board_of_three(place) as recorder:
        case = recorder.create_case("harbour", title="Harbour")
        case.register_entity("held", Group(label="held"))
        case.register_entity("u1", Unnamed(label="reports"))
        case.record(Count(group="held", quantity=3), ref="C1", asserter="u1")
        active = recorder.keys.active("root")
        roots = [RootKey(holder=each.holder, key=each.public_key.hex()) for each in active]
        with recorder.as_roots(*BOARD), Ledger.open(place, BOARD[0]) as administrator:
            administrator.change_roots(roots, 3, signers=BOARD)
            with pytest.raises(KeyNotAllowed, match="it takes 3 of the root keys by now, and 2 signed"):
                case.withdraw("C1", because="a slip")
        assert recorder.verify(pin=recorder.id).is_sound


def test_a_batch_composed_before_a_revocation_is_refused_whole(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/keys", keys=ANA) as administrator:
        administrator.add_key(BEN.recorder, "Ben")
        with Ledger.open(place, BEN) as recorder:
            batch = recorder.batch()
            batch.__enter__()
            recorder.create_case("harbour", title="Harbour")
            administrator.revoke_key(keyid(BEN.recorder), "stolen")
            with pytest.raises(KeyNotAllowed, match="nothing was written"):
                batch.__exit__(None, None, None)
            assert recorder.cases() == []
        assert administrator.cases() == []


def board_of_three(place: str | Path = "memory:") -> Ledger:
    """Three roots, two of whom sign; the recording machine holds none of their keys."""
    made = Keyring.in_memory(seed=b"ben", holder="Ben", roles=["recorder", "log"])
    return Ledger.create(place, origin="example.org/board", keys=made, roots=BOARD, threshold=2)


def test_roots_sign_a_request_elsewhere_in_any_order_until_they_are_enough() -> None:
    with board_of_three() as ledger:
        body = KeyAdded(holder="Ana", role="recorder", key=ANA.recorder.public_key.hex())
        with pytest.raises(KeyMissing, match=r"takes 2 of the roots, and 0 are at hand .*keys request"):
            ledger.add_key(ANA.recorder, "Ana")
        asked = ledger.key_request(body)
        assert [each.holder for each in asked.missing] == ["Board 0", "Board 1", "Board 2", "Ana"]
        one = KeyRequest.from_json(asked.to_json()).signed_by(BOARD[2].roots)
        with pytest.raises(KeyMissing, match="signed by 1 root keys, where 2 must sign"):
            ledger.apply_key_request(one)
        two = KeyRequest.from_json(asked.to_json()).signed_by([*BOARD[0].roots, ANA.recorder])
        both = KeyRequest.from_json(one.to_json()).joined(two)
        assert both.missing == ()
        ledger.apply_key_request(KeyRequest.from_json(both.to_json()))
        assert ledger.keys.keys[keyid(ANA.recorder)].holder == "Ana"
        with pytest.raises(InvalidInput, match="the keys were changed since this request was made"):
            ledger.apply_key_request(both)
        assert ledger.verify(pin=ledger.id).is_sound


def test_a_request_is_void_once_the_keys_were_changed() -> None:
    with board_of_three() as ledger:
        asked = ledger.key_request(KeyAdded(holder="Ana", role="recorder", key=ANA.recorder.public_key.hex()))
        other = Keyring.in_memory(seed=b"other").recorder
        ledger.add_key(other, "Other", roots=BOARD)
        signed = asked.signed_by([*BOARD[0].roots, *BOARD[1].roots, ANA.recorder])
        size = ledger.size
        with pytest.raises(InvalidInput, match="void; nothing was written; make a new one"):
            ledger.apply_key_request(signed)
        assert ledger.size == size


def test_roots_are_changed_with_both_thresholds() -> None:
    new = Keyring.in_memory(seed=b"new", root_holder="New", roles=["root"])
    with board_of_three() as ledger:
        listed = [
            RootKey(holder=ring.entries[0].holder, key=ring.entries[0].public_key) for ring in (BOARD[0], new)
        ]
        with pytest.raises(KeyMissing, match="missing: New"):
            ledger.change_roots(listed, 2, signers=BOARD)
        with pytest.raises(KeyMissing, match="Board 0"):
            ledger.change_roots(listed, 2, signers=[BOARD[1], BOARD[2], new])
        ledger.change_roots(listed, 2, signers=[*BOARD, new])
        assert {each.holder for each in ledger.keys.active("root")} == {"Board 0", "New"}
        with pytest.raises(KeyMissing, match="takes 2 of the roots, and 1 are at hand"):
            ledger.add_key(ANA.recorder, "Ana", roots=BOARD)
        ledger.add_key(ANA.recorder, "Ana", roots=[BOARD[0], new])
        assert ledger.verify(pin=ledger.id).is_sound


def test_nobody_is_asked_to_sign_what_would_be_refused() -> None:
    with board_of_three() as ledger, pytest.raises(KeyNotAllowed, match="last recorder key"):
        ledger.key_request(ledger.revocation(keyid(BEN.recorder), "lost"))
