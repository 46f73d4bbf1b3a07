"""Tallies: counting claims so that each can be taken out again, in little memory."""

from __future__ import annotations

import pickle
import uuid

from hypothesis import given
from hypothesis import strategies as st

from claimledger.projections.tallies import NAMED, Counted, Headings, Tally
from tests.memory import kept_by


def test_a_tally_counts_whole_and_names_the_first_few() -> None:
    tally = Tally()
    for index in range(NAMED + 5):
        tally.add(index, index % 3, index + 7)
    assert (tally.times, tally.cases) == (NAMED + 5, {0, 1, 2})
    assert tally.named == [(index, index % 3, index + 7) for index in range(NAMED)]


def test_a_claim_taken_out_leaves_the_counts_as_if_it_had_never_been_there() -> None:
    tally = Tally()
    for index in range(NAMED + 2):
        tally.add(index, index % 2, index)
    tally.take_out(1, 1)
    tally.take_out((NAMED + 1) % 2, NAMED + 1)
    assert (tally.times, tally.named[:2]) == (NAMED, [(0, 0, 0), (2, 0, 2)])
    for index in (0, *range(2, NAMED + 1)):
        tally.take_out(index % 2, index)
    assert (tally.times, tally.cases, tally.named) == (0, set(), [])


def test_a_heading_has_one_number_whoever_speaks() -> None:
    headings = Headings()
    speakers = [headings.add_speaker(key) for key in ((0, "a"), (1, "a"))]
    numbers = [headings.number(heading) for heading in (("claims",), ("kind", "count"), ("claims",))]
    assert numbers == [0, 1, 0]
    for speaker in speakers:
        headings.add_tally(speaker, numbers[1])
    assert [headings.of(tally) for tally in (0, 1)] == [
        ((0, "a"), ("kind", "count")),
        ((1, "a"), ("kind", "count")),
    ]


@given(st.lists(st.tuples(st.uuids(version=4), st.lists(st.integers(0, 2**32 - 1), max_size=6))))
def test_what_was_put_last_under_an_id_is_what_is_found(entries: list[tuple[uuid.UUID, list[int]]]) -> None:
    counted = Counted()
    for event_id, numbers in entries:
        counted.put(str(event_id), numbers)
    expected = {str(event_id): numbers for event_id, numbers in entries}
    assert {event_id: list(counted.get(event_id) or ()) for event_id in expected} == expected
    assert len(counted) == len(expected)
    assert counted.get(str(uuid.uuid4())) is None


def test_it_grows_past_its_first_size_and_travels_between_processes() -> None:
    ids = [str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)) for number in range(5000)]
    counted = Counted()
    for number, event_id in enumerate(ids):
        counted.put(event_id, (number, number + 1))
    travelled: Counted = pickle.loads(pickle.dumps(counted))
    assert all(list(travelled.get(ids[number]) or ()) == [number, number + 1] for number in range(5000))


def test_a_claim_takes_about_a_hundred_bytes_at_most() -> None:
    ids = [
        str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)) for number in range(50_000)
    ]

    def count() -> Counted:
        counted = Counted()
        for event_id in ids:
            counted.put(event_id, (1, 2, 1, 3, 4, 5, 6, 7, 8))
        return counted

    counted, kept = kept_by(count)
    assert len(counted) == len(ids)
    assert kept / len(ids) < 110
