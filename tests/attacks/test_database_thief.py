"""Whoever holds the ledger's file and no key: changes bytes, rows and order, and is found.

The auditor pins the ledger's id and verifies the file. Where nothing could find an attack, the case says which anchor
does: there the ledger is sealed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import orjson

from claimledger import Ledger
from claimledger.events.envelope import pae
from claimledger.keys import keyid
from claimledger.merkle import root_of
from claimledger.notes import Note
from claimledger.recording import Row

from .book import Check, attack
from .world import Copy, World, dsse, everywhere, fresh, parts, row_of

ONE_SPELLING = Check("events.envelope:Envelope.from_bytes", "envelope.to_bytes() == data", "True")
SIGNATURE = Check(
    "trust:KeyStream.wrong_signatures", "not verify(record.public_key, each.signature, message)"
)
COLUMNS = Check("audit_row:_check_columns", "signed == stored", "True")
LINKS = Check("audit_links:Links.link", "broken is not None")
ROOT = Check("audit_log:SealedPart._hold", "self._tree.root() == signed.root", "True")


def last(world: World, envelope: bytes) -> list[Row]:
    """The ledger with another envelope in the place of its last event."""
    return [*world.rows[:-1], row_of(envelope, len(world.rows) - 1)]


# Bytes


@attack(
    "payload type swapped",
    found="event.malformed",
    by=(Check("events.envelope:_read", 'document["payloadType"] != PAYLOAD_TYPE'), ONE_SPELLING),
)
def test_the_payload_type_beside_the_signed_bytes_is_another(copy: Copy) -> set[str]:
    payload, signatures = parts(copy.world.rows[-1].envelope)
    return copy.write(last(copy.world, dsse(payload, signatures, "application/vnd.in-toto+json"))).told(14)


@attack("payload type swapped", found="signature.wrong", by=SIGNATURE)
def test_a_signature_that_was_made_for_another_payload_type_is_put_under_an_event(copy: Copy) -> set[str]:
    payload, ((name, _),) = parts(copy.world.rows[-1].envelope)
    elsewhere = copy.world.b.recorder.sign(pae(payload, "application/vnd.in-toto+json"))
    return copy.write(last(copy.world, dsse(payload, [(name, elsewhere)]))).told(14)


@attack("envelope re-encoded", found="event.malformed", by=ONE_SPELLING)
def test_an_envelope_is_written_with_members_in_another_order(copy: Copy) -> set[str]:
    document = orjson.loads(copy.world.rows[-1].envelope)
    return copy.write(last(copy.world, orjson.dumps(dict(reversed(document.items()))))).told(14)


@attack("envelope re-encoded", found="event.malformed", by=ONE_SPELLING)
def test_an_envelope_is_written_with_spaces(copy: Copy) -> set[str]:
    spaced = orjson.dumps(orjson.loads(copy.world.rows[-1].envelope), option=orjson.OPT_INDENT_2)
    return copy.write(last(copy.world, spaced)).told(14)


@attack("envelope re-encoded", found="event.malformed", by=ONE_SPELLING)
def test_an_envelope_is_written_with_an_escape(copy: Copy) -> set[str]:
    return copy.write(last(copy.world, copy.world.rows[-1].envelope.replace(b"sig", b"si\\u0067"))).told(14)


@attack("envelope re-encoded", found="event.malformed", by=ONE_SPELLING)
def test_a_member_of_an_envelope_comes_twice(copy: Copy) -> set[str]:
    twice = copy.world.rows[-1].envelope.replace(b'{"payload":', b'{"payload":"AAAA","payload":', 1)
    return copy.write(last(copy.world, twice)).told(14)


# Signatures

STRIPPED = Check("events.envelope:Envelope.__post_init__", "not 1 <= len(self.signatures) <= MAX_SIGNATURES")


@attack("signature stripped", found="event.malformed", by=STRIPPED, then="key.not_allowed")
def test_every_signature_is_stripped_from_an_event(copy: Copy) -> set[str]:
    payload, _ = parts(copy.world.rows[-1].envelope)
    return copy.write(last(copy.world, dsse(payload, []))).told(14)


@attack(
    "signature stripped",
    found="key.not_allowed",
    by=Check("key_rules:may_add", "body.role in _PROVES_POSSESSION and new not in signers"),
)
def test_the_signature_of_a_new_key_is_stripped_from_its_adding(copy: Copy) -> set[str]:
    world = copy.world
    added = world.key_added(world.rows, fresh("C").recorder.public_key, *world.a.roots, fresh("C").recorder)
    payload, signatures = parts(added.envelope)
    own = keyid(fresh("C").recorder)
    stripped = dsse(payload, [each for each in signatures if each[0] != own])
    return copy.write([*world.rows, row_of(stripped)]).told(15)


@attack("signature stripped", found="chain.broken", by=LINKS)
def test_one_of_two_signatures_is_stripped_from_an_event_that_others_follow(copy: Copy) -> set[str]:
    world = copy.world
    two = world.entity(world.rows, world.a.recorder, world.b.recorder)
    payload, signatures = parts(two.envelope)
    after = world.entity([*world.rows, two], world.a.recorder)
    return copy.write([*world.rows, row_of(dsse(payload, signatures[:1])), after]).told(16)


@attack(
    "signature added",
    found="key.not_allowed",
    by=Check("key_rules:are_recorders", "for name in signers:", "for name in ():"),
)
def test_a_signature_of_somebody_unknown_is_added_to_an_event(copy: Copy) -> set[str]:
    payload, signatures = parts(copy.world.rows[-1].envelope)
    stranger = fresh("Nobody").recorder
    added = sorted([*signatures, (keyid(stranger), stranger.sign(pae(payload)))])
    return copy.write(last(copy.world, dsse(payload, added))).told(14)


@attack("signature added", found="signature.wrong", by=SIGNATURE)
def test_the_name_of_a_recorder_is_added_to_an_event_that_he_did_not_sign(copy: Copy) -> set[str]:
    payload, signatures = parts(copy.world.rows[-1].envelope)
    added = sorted([*signatures, (keyid(copy.world.a.recorder), bytes(64))])
    return copy.write(last(copy.world, dsse(payload, added))).told(14)


@attack(
    "signature doubled",
    found="event.malformed",
    by=Check("events.envelope:Envelope.__post_init__", "signature.keyid <= last"),
)
def test_a_signature_stands_twice_under_an_event(copy: Copy) -> set[str]:
    payload, signatures = parts(copy.world.rows[-1].envelope)
    return copy.write(last(copy.world, dsse(payload, [*signatures, *signatures]))).told(14)


@attack("keyid edited", found="signature.wrong", by=SIGNATURE)
def test_a_keyid_is_edited_to_that_of_another_recorder(copy: Copy) -> set[str]:
    payload, ((_, signature),) = parts(copy.world.rows[-1].envelope)
    edited = dsse(payload, [(keyid(copy.world.a.recorder), signature)])
    return copy.write(last(copy.world, edited)).told(14)


@attack(
    "keyid edited",
    found="key.not_allowed",
    by=Check("key_rules:are_recorders", "for name in signers:", "for name in ():"),
)
def test_a_keyid_is_edited_to_one_that_nobody_has(copy: Copy) -> set[str]:
    payload, ((_, signature),) = parts(copy.world.rows[-1].envelope)
    return copy.write(last(copy.world, dsse(payload, [("0" * 64, signature)]))).told(14)


# Events from elsewhere


@attack(
    "event from another ledger",
    found="ledger.other",
    by=Check("trust:KeyStream.check_authority", "payload.ledger != self.ledger_id"),
)
def test_an_event_is_taken_from_another_ledger_of_the_same_people(copy: Copy, tmp_path: Path) -> set[str]:
    world = copy.world
    with Ledger.create(tmp_path / "other.ledger", origin="example.org/other", keys=fresh("B")) as other:
        other.create_case("elsewhere", title="A case of another ledger")
        row = other._store.row_at(2)
    assert row is not None
    return copy.write([*world.rows, row]).told(15)


@attack(
    "event from another ledger",
    found="ledger.other",
    by=Check(
        "audit:_Audit._look_at_the_whole",
        "self.pin is not None and self.folded.ledger_id not in (None, self.pin)",
    ),
)
def test_a_whole_other_ledger_stands_in_the_place_of_the_pinned_one(copy: Copy) -> set[str]:
    copy.path.unlink()
    with Ledger.create(copy.path, origin=copy.world.rows[0].stream, keys=fresh("Somebody")) as other:
        other.create_case("harbour", title="Another account")
    return copy.told()


@attack("event from another case", found="row.mismatch", by=COLUMNS)
def test_a_row_is_moved_to_another_case(copy: Copy) -> set[str]:
    rows = list(copy.world.rows)
    assert rows[-1].stream == copy.world.harbour
    rows[-1] = replace(rows[-1], stream=copy.world.quay, sequence=99)
    return copy.write(rows).told(14)


@attack("event from another sequence", found="row.mismatch", by=COLUMNS)
def test_a_row_says_another_number_in_its_stream_than_was_signed(copy: Copy) -> set[str]:
    rows = list(copy.world.rows)
    rows[-1] = replace(rows[-1], sequence=rows[-1].sequence + 1)
    return copy.write(rows).told(14)


@attack("event from another sequence", found="chain.broken", by=LINKS)
def test_two_events_of_one_case_trade_places(copy: Copy) -> set[str]:
    rows = list(copy.world.rows)
    rows[-1], rows[-2] = rows[-2], rows[-1]
    return copy.write(rows).told()


# Every place of a small log, under a checkpoint; whoever writes the rows writes tiles and names to fit

EVERY_PLACE = "reorder, insert, remove, duplicate at every place of a small log"
CUT = Check("audit_log:SealedPart._look_beyond", "size > self._findings.or_damaged(self._store.size, size)")


@attack(EVERY_PLACE, found="checkpoint.wrong", by=ROOT)
def test_any_two_events_trade_places(sealed: Copy) -> set[str]:
    def swapped(one: int, other: int) -> set[str]:
        rows = list(sealed.world.rows)
        rows[one], rows[other] = rows[other], rows[one]
        return sealed.write(rows).told()

    return everywhere(partial(swapped, *each) for each in combinations(range(2, 15), 2))


@attack(
    EVERY_PLACE,
    found=("chain.broken", "unchecked.checkpoint", "unchecked.keys"),
    by=LINKS,
    then=("unchecked.checkpoint", "unchecked.keys"),
)
def test_the_opening_or_the_first_adding_of_a_key_trades_places_with_any_other_event(
    sealed: Copy,
) -> set[str]:
    def swapped(one: int, other: int) -> set[str]:
        rows = list(sealed.world.rows)
        rows[one], rows[other] = rows[other], rows[one]
        return sealed.write(rows).told()

    return everywhere(partial(swapped, *each) for each in combinations(range(15), 2) if each[0] < 2)


@attack(EVERY_PLACE, found="log.cut", by=CUT)
def test_any_event_is_removed_and_the_others_close_ranks(sealed: Copy) -> set[str]:
    rows = sealed.world.rows
    return everywhere(
        partial(lambda at: sealed.write([*rows[:at], *rows[at + 1 :]]).told(), at) for at in range(3, 15)
    )


@attack(
    EVERY_PLACE,
    found="chain.broken",
    by=(LINKS, Check("audit_links:Links.link", "row.index != self.next_index")),
)
def test_any_event_is_removed_and_leaves_a_gap(copy: Copy) -> set[str]:
    rows = copy.world.rows

    def without(at: int) -> set[str]:
        left = [*rows[:at], *rows[at + 1 :]]
        return copy.write(left, at=[row.index for row in left]).told()

    return everywhere(partial(without, at) for at in range(14))


@attack(
    EVERY_PLACE,
    found=("chain.broken", "row.mismatch"),
    by=(LINKS, COLUMNS, Check("audit:_Audit._look_for_repeated_ids", "first != row.index")),
)
def test_any_event_comes_again_at_any_later_place(copy: Copy) -> set[str]:
    """The tables let no column come twice, so that the second row says something else than was signed in it."""
    rows = copy.world.rows

    def doubled(of: int, at: int) -> set[str]:
        again = replace(
            rows[of], sequence=100, leaf="0" * 64, event_id="00000000-0000-4000-8000-000000000000"
        )
        return copy.write([*rows[:at], again, *rows[at:]]).told()

    return everywhere(partial(doubled, of, at) for of in range(3, 15) for at in range(of + 1, 16))


@attack("tail cut to an earlier valid checkpoint", found="log.cut", by=CUT)
def test_a_tail_is_cut_that_the_checkpoint_covers(sealed: Copy) -> set[str]:
    return everywhere(
        partial(lambda end: sealed.write(sealed.world.rows[:end]).told(), end) for end in range(3, 15)
    )


# What is kept of the log beside the events


def keep(size: int, note: bytes) -> tuple[str, tuple[object, ...]]:
    return "INSERT OR REPLACE INTO checkpoints VALUES (?,?)", (size, note)


@attack(
    "dropped ML-DSA line",
    found="checkpoint.unsigned",
    by=Check("checkpoints:open_checkpoint", "key not in signed"),
)
def test_the_line_of_ml_dsa_is_dropped_from_the_checkpoint(sealed: Copy) -> set[str]:
    note = Note.from_bytes(sealed.world.checkpoint)
    assert len(note.lines) == 2
    return sealed.sql(keep(15, replace(note, lines=note.lines[:1]).to_bytes())).told()


@attack(
    "dropped ML-DSA line",
    found="checkpoint.unsigned",
    by=Check("checkpoints:open_checkpoint", "key not in signed"),
)
def test_the_line_of_ed25519_is_dropped_from_the_checkpoint(sealed: Copy) -> set[str]:
    note = Note.from_bytes(sealed.world.checkpoint)
    return sealed.sql(keep(15, replace(note, lines=note.lines[1:]).to_bytes())).told()


@attack(
    "wrong origin",
    found="checkpoint.wrong",
    by=Check("checkpoints:open_checkpoint", "checkpoint.origin not in origins"),
    then="checkpoint.unsigned",
)
def test_a_checkpoint_of_another_log_of_the_same_people_is_put_in(sealed: Copy, tmp_path: Path) -> set[str]:
    with Ledger.create(tmp_path / "other.ledger", origin="example.org/other", keys=fresh("A")) as other:
        note = other.seal().data
    return sealed.sql(keep(2, note)).told()


@attack(
    "size 0, leading zeros, negative and huge sizes",
    found="checkpoint.wrong",
    by=(
        Check("audit_log:SealedPart._judged", "checkpoint.size != size"),
        Check("audit_keys:_of_size", "signed.size != size"),
        ROOT,
    ),
)
def test_a_checkpoint_is_kept_under_another_size(sealed: Copy) -> set[str]:
    return sealed.sql("UPDATE checkpoints SET size=14").told()


# What the auditor kept


def kept(copy: Copy) -> dict[str, bytes]:
    """What the auditor kept of the log when all of it was there."""
    return {"kept": copy.world.checkpoint}


CONTRADICTED = Check("audit_log:SealedPart._hold_kept", "self._root_at(size) == signed.root", "True")


def put_back(copy: Copy, size: int) -> Copy:
    """The ledger as it was at a size, sealed then by the log's own keys: a copy that was made at the time."""
    earlier = copy.world.signed_checkpoint(size, root_of(copy.world.leaves[:size]))
    copy.sql("DELETE FROM checkpoints", keep(size, earlier))
    return copy.write(copy.world.rows[:size])


@attack("old checkpoint served (roll-back)", found="checkpoint.contradicted", by=CONTRADICTED)
def test_an_older_copy_of_the_whole_file_is_put_back(sealed: Copy) -> set[str]:
    """In itself it is whole: what shows it is the checkpoint that the auditor kept."""
    assert put_back(sealed, 9).told() == set()
    return sealed.told(checkpoints=kept(sealed))


@attack("tail cut to an earlier valid checkpoint", found="checkpoint.contradicted", by=CONTRADICTED)
def test_the_end_is_cut_off_back_to_any_earlier_checkpoint(sealed: Copy) -> set[str]:
    return everywhere(
        partial(lambda size: put_back(sealed, size).told(checkpoints=kept(sealed)), size)
        for size in range(3, 15)
    )


@attack(
    "split view to two auditors",
    found="checkpoint.contradicted",
    by=CONTRADICTED,
)
def test_another_auditor_is_shown_another_history(sealed: Copy) -> set[str]:
    """Whoever helps the thief holds the recorders' keys and the log's as well; the two auditors compare checkpoints."""
    world = sealed.world
    rows = list(world.rows[:-1])
    rows.append(world.entity(rows, world.b.recorder))
    other = world.signed_checkpoint(15, root_of(bytes.fromhex(row.leaf) for row in rows))
    sealed.sql(keep(15, other)).write(rows)
    assert sealed.told() == set()
    return sealed.told(checkpoints=kept(sealed))
