"""What nothing in the ledger finds by itself, and what does where somebody outside kept it.

These are the gaps that the audit speaks of in every report. A case shows that it is one, and that the anchor closes it.
"""

from __future__ import annotations

from claimledger.keys import keyid
from claimledger.merkle import root_of

from .book import unnoticed
from .world import Copy, fresh

KEPT = "a checkpoint that the auditor kept"


def kept(copy: Copy, size: int) -> dict[str, bytes]:
    """A checkpoint of the log as it was, which the auditor kept."""
    return {"kept": copy.world.signed_checkpoint(size, root_of(copy.world.leaves[:size]))}


@unnoticed(unless="any checkpoint over them", found="checkpoint.contradicted")
def test_rows_of_two_cases_trade_places_before_anything_is_sealed(copy: Copy, *, is_there: bool) -> set[str]:
    rows = list(copy.world.rows)
    assert rows[6].stream != rows[7].stream
    rows[6], rows[7] = rows[7], rows[6]
    return copy.write(rows).told(checkpoints=kept(copy, 15) if is_there else {})


@unnoticed(unless=KEPT, found="checkpoint.contradicted")
def test_the_end_is_cut_off_before_anything_is_sealed(copy: Copy, *, is_there: bool) -> set[str]:
    return copy.write(copy.world.rows[:9]).told(checkpoints=kept(copy, 15) if is_there else {})


@unnoticed(unless="the revocation of the key, from the size on that it still trusts", found="key.disputed")
def test_the_thief_of_a_recorder_key_records_what_the_recorder_could_have(
    copy: Copy, *, is_there: bool
) -> set[str]:
    """With any time in it; the report notes only that clocks ran backwards."""
    world = copy.world
    rows = [
        *world.rows,
        world.entity(world.rows, world.b.recorder, recorded_at="2020-01-01T00:00:00.000000Z"),
    ]
    if is_there:
        rows.append(world.key_revoked(rows, keyid(world.b.recorder), 15, *world.a.roots))
    return copy.write(rows).told()


@unnoticed()
def test_thieves_of_as_many_root_keys_as_must_sign_let_somebody_record(
    copy: Copy, *, is_there: bool
) -> set[str]:
    """Everybody sees that they did, and nobody that it was not the holders."""
    assert not is_there
    world, thief = copy.world, fresh("Thief").recorder
    rows = [*world.rows, world.key_added(world.rows, thief.public_key, *world.a.roots, thief)]
    return copy.write([*rows, world.entity(rows, thief)]).told()


@unnoticed(unless=KEPT, found="checkpoint.contradicted")
def test_whoever_holds_the_file_and_every_key_writes_the_log_anew(
    sealed: Copy, *, is_there: bool
) -> set[str]:
    world = sealed.world
    rows = list(world.rows[:12])
    for _ in range(3):
        rows.append(world.entity(rows, world.a.recorder, stream=world.quay))
    note = world.signed_checkpoint(15, root_of(bytes.fromhex(row.leaf) for row in rows))
    sealed.sql(("UPDATE checkpoints SET note=?", (note,)))
    return sealed.write(rows).told(checkpoints=kept(sealed, 15) if is_there else {})
