"""Whoever holds a recorder's key, and can write in the file: signs whatever they like, where they may not.

What a recorder may sign, a thief of the key may sign until the key is revoked; nothing finds that. The cases here are
what such a key does not suffice for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from claimledger import Ledger
from claimledger.cosignatures import cosignature_message
from claimledger.events.event import Payload
from claimledger.events.governance import RootKey, RootsChanged
from claimledger.keys import keyid
from claimledger.recording import Signers

from .book import Check, attack
from .world import Copy, dsse, everywhere, fresh, parts, row_of, told

SIGNATURE = Check(
    "trust:KeyStream.wrong_signatures", "not verify(record.public_key, each.signature, message)"
)
ROOT = Check("audit_log:SealedPart._hold", "self._tree.root() == signed.root", "True")
ENDED = Check("key_rules:are_recorders", "not record.is_active_at(index)")
FEW_ROOTS = Check("key_rules:threshold_of_roots", "len(signers) < threshold")


# Payloads


@attack(
    "envelope re-encoded",
    found="event.malformed",
    by=Check("events.encoding:_decoded_at_length", "again == data", "True"),
)
def test_a_payload_is_signed_in_a_second_spelling(copy: Copy) -> set[str]:
    world = copy.world
    payload, _ = parts(world.entity(world.rows, world.a.recorder).envelope)
    spaced = payload.replace(b'":', b'": ', 1)
    envelope, _ = Signers([world.a.recorder]).seal(spaced)
    return copy.write([*world.rows, row_of(envelope)]).told(15)


# Keys


@attack(
    "a recorder adding keys",
    found="key.not_allowed",
    by=(FEW_ROOTS, Check("key_rules:may_add", "not table.are_roots(roots, index)")),
)
def test_a_recorder_adds_a_key(copy: Copy) -> set[str]:
    world, new = copy.world, fresh("C").recorder
    return copy.write([*world.rows, world.key_added(world.rows, new.public_key, world.a.recorder, new)]).told(
        15
    )


@attack(
    "a recorder adding keys",
    found="key.not_allowed",
    by=(FEW_ROOTS, Check("key_rules:may_revoke", "not table.are_roots(signers, index)")),
)
def test_a_recorder_revokes_a_key(copy: Copy) -> set[str]:
    world = copy.world
    revoked = world.key_revoked(world.rows, keyid(world.b.recorder), 15, world.a.recorder)
    return copy.write([*world.rows, revoked]).told(15)


@attack(
    "a recorder adding keys",
    found="key.not_allowed",
    by=(
        FEW_ROOTS,
        Check(
            "key_rules:may_change_roots",
            "not table.are_roots([name for name in signers if name not in new], index)",
        ),
    ),
)
def test_a_recorder_makes_a_key_of_his_the_root(copy: Copy) -> set[str]:
    world, mine = copy.world, fresh("C").roots[0]
    body = RootsChanged(roots=(RootKey(holder="Mine", key=mine.public_key.hex()),), threshold=1).split()[0]
    row = world.forge(world.rows, RootsChanged.TYPE, body, world.key_stream, world.a.recorder, mine)
    return copy.write([*world.rows, row]).told(15)


@attack(
    "a recorder adding keys",
    found="key.not_allowed",
    by=Check(
        "trust:KeyStream.check_signers",
        "is_key_event(payload.type) != (payload.stream == self.stream)",
    ),
    then=(),
)
def test_a_recorder_writes_into_the_stream_of_the_keys(copy: Copy) -> set[str]:
    world = copy.world
    return copy.write(
        [*world.rows, world.entity(world.rows, world.a.recorder, stream=world.key_stream)]
    ).told(15)


@attack(
    "key used before it was added",
    found="key.not_allowed",
    by=(
        Check("key_rules:are_recorders", "record.added_at >= index"),
        Check("key_records:KeyRecord.is_active_at", "self.added_at < max(index, 1)", "True"),
    ),
)
def test_a_key_signs_before_it_was_added(copy: Copy) -> set[str]:
    world, new = copy.world, fresh("C").recorder
    early = world.entity(world.rows, new)
    added = world.key_added([*world.rows, early], new.public_key, *world.a.roots, new)
    return copy.write([*world.rows, early, added]).told(15)


@attack("key used after it was revoked, with a back-dated clock", found="key.not_allowed", by=ENDED)
def test_a_key_signs_after_it_was_revoked_and_says_that_it_was_before(copy: Copy) -> set[str]:
    world = copy.world
    revoked = world.key_revoked(world.rows, keyid(world.b.recorder), 15, *world.a.roots)
    rows = [*world.rows, revoked]
    return copy.write(
        [*rows, world.entity(rows, world.b.recorder, recorded_at="2025-07-04T09:00:30.000000Z")]
    ).told(16)


@attack(
    "key used after it was revoked, with a back-dated clock",
    found="key.not_allowed",
    by=Check("key_rules:_is_new", "known is not None and known.added_at != index"),
)
def test_a_revoked_key_is_added_again(copy: Copy) -> set[str]:
    world, stolen = copy.world, fresh("C").recorder
    rows = [*world.rows, world.key_added(world.rows, stolen.public_key, *world.a.roots, stolen)]
    rows.append(world.key_revoked(rows, keyid(stolen), 15, *world.a.roots))
    rows.append(world.key_added(rows, stolen.public_key, *world.a.roots, stolen))
    return copy.write(rows).told(17)


RACE = "revocation racing an acknowledged event"


@attack(
    RACE,
    found="key.not_allowed",
    by=Check("sqlite:Recorder._keys_moved", "head.sequence != batch.key_sequence"),
    then="key.not_allowed in the audit",
)
def test_an_event_is_recorded_by_a_writer_who_has_not_seen_the_revocation(copy: Copy) -> set[str]:
    """The key stream is looked at in the transaction that inserts: what is acknowledged is valid where it stands."""
    world = copy.world
    with Ledger.open(copy.path, fresh("B")) as late, Ledger.open(copy.path, fresh("A")) as ledger:
        ledger.revoke_key(keyid(world.b.recorder), "lost")
        refused = told(lambda: late.create_case("new", title="New"))
    return refused or {f"{code} in the audit" for code in copy.told()}


@attack(
    RACE,
    found="key.not_allowed",
    by=(
        Check("writing:Writer._recorder", "self._log.keys.sequence != self._picked_at"),
        Check("writing:Writer._append", "key_sequence=checked()", "key_sequence=self._log.keys.sequence"),
    ),
    then="key.not_allowed in the audit",
)
def test_an_event_is_recorded_by_a_writer_who_has_read_the_revocation_and_not_looked_at_it(
    copy: Copy,
) -> set[str]:
    world = copy.world
    with Ledger.open(copy.path, fresh("B")) as late, Ledger.open(copy.path, fresh("A")) as ledger:
        ledger.revoke_key(keyid(world.b.recorder), "lost")
        assert len(list(late.events())) == late.size
        refused = told(lambda: late.create_case("new", title="New"))
    return refused or {f"{code} in the audit" for code in copy.told()}


@attack(
    RACE,
    found="key.disputed",
    by=Check(
        "audit_disputes:disputes_of",
        "each.trusted_below is not None and each.revoked_at is not None",
    ),
)
def test_an_event_was_acknowledged_that_a_later_revocation_does_not_trust(copy: Copy) -> set[str]:
    """It stays valid as it was recorded, and is shown as disputed from now on."""
    world = copy.world
    return copy.write(
        [*world.rows, world.key_revoked(world.rows, keyid(world.b.recorder), 11, *world.a.roots)]
    ).told(15)


@attack(
    RACE,
    found="revocation.wrong",
    by=Check("audit_log:SealedPart._hold_revocations", "found.hex() != root"),
)
def test_a_revocation_is_moved_to_a_log_that_has_other_events_below_it(copy: Copy) -> set[str]:
    """The roots saw one event acknowledged; in the log that the auditor is shown another one stands there."""
    world = copy.world
    seen = [*world.rows, world.entity(world.rows, world.a.recorder)]
    shown = [*world.rows, world.entity(world.rows, world.b.recorder)]
    revoked = world.key_revoked(seen, keyid(world.b.recorder), 16, *world.a.roots)
    return copy.write([*shown, revoked]).told(16)


# Cases


@attack(
    "event from another case",
    found="key.not_allowed",
    by=Check("trust:KeyStream.check_signers", "not self.succeeds_any(signers, record_signers or ())"),
)
def test_a_recorder_withdraws_what_another_one_recorded(copy: Copy) -> set[str]:
    world = copy.world
    body = {"withdraws": world.rows[6].event_id, "because": "it does not suit me"}
    withdrawn = world.forge(world.rows, "claim.withdrawn", body, world.harbour, world.b.recorder)
    return copy.write([*world.rows, withdrawn]).told(15)


EVERY_PLACE = "reorder, insert, remove, duplicate at every place of a small log"


@attack(EVERY_PLACE, found="checkpoint.wrong", by=ROOT)
def test_a_new_case_is_inserted_at_any_place_below_the_checkpoint(sealed: Copy) -> set[str]:
    """All signatures are good, all chains whole: only what was sealed tells."""
    world, rows = sealed.world, sealed.world.rows
    new = world.forge(rows, "case.opened", {"case": "new", "title": "New"}, fresh_stream(), world.a.recorder)
    return everywhere(
        partial(lambda at: sealed.write([*rows[:at], new, *rows[at:]]).told(), at) for at in range(3, 15)
    )


@attack(EVERY_PLACE, found="checkpoint.wrong", by=ROOT)
def test_an_event_is_signed_anew_with_all_that_follow_it(sealed: Copy) -> set[str]:
    """Both recorders work together: from any event of a case on, the whole chain is another one."""
    world, rows = sealed.world, sealed.world.rows

    def anew(start: int) -> set[str]:
        written = list(rows[:start])
        for row in rows[start:]:
            payload, ((signer, _),) = parts(row.envelope)
            by = next(each.recorder for each in (world.a, world.b) if keyid(each.recorder) == signer)
            header = Payload.from_bytes(payload)
            before = next((each.leaf for each in reversed(written) if each.stream == row.stream), None)
            changed = replace(
                header, previous=before, recorded_at=header.recorded_at.replace("2025-07-04", "2025-07-03")
            )
            envelope, _ = Signers([by]).seal(changed.to_bytes())
            written.append(row_of(envelope))
        return sealed.write(written).told()

    return everywhere(partial(anew, start) for start in range(3, 15))


def fresh_stream() -> str:
    return "7f1c2a52-6c0b-4d0e-9a43-0d1f6a1f2b77"


# Signatures that were made for something else

INTERCHANGED = "signatures of events, checkpoints and cosignatures interchanged"


@attack(INTERCHANGED, found="signature.wrong", by=SIGNATURE)
def test_what_the_same_key_signed_as_checkpoint_or_cosignature_is_put_under_an_event(copy: Copy) -> set[str]:
    """Even where the message is the event's own bytes: none of the three begins as another does."""
    world = copy.world
    payload, ((name, _),) = parts(world.rows[-1].envelope)
    key = world.b.recorder
    messages = (
        payload,
        payload + b"\n",
        cosignature_message(1, payload.decode() + "\n"),
        b"DSSEv1 " + payload,
    )
    return everywhere(
        partial(
            lambda message: copy.write(
                [*world.rows[:-1], row_of(dsse(payload, [(name, key.sign(message))]))]
            ).told(14),
            message,
        )
        for message in messages
    )
