"""All verifiers say the same of random ledgers that were broken at random: of each finding its code and its record."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Need
from tests.outside.random_bundles import random_bundle
from tests.outside.verifiers import Verdicts, by_library, by_node, by_script

# What so few bundles must at least have shown of the codes: without that, agreeing says little.
SHOWN = {
    "chain.broken",
    "checkpoint.wrong",
    "disclosure.elsewhere",
    "event.left_out",
    "event.malformed",
    "heads.wrong",
    "key.not_allowed",
    "ledger.other",
    "proof.wrong",
    "signature.wrong",
    "tail.cut",
    "unchecked.checkpoint",
    "unchecked.disclosure",
    "unchecked.keys",
    "unchecked.sealed",
}


def write(folder: Path, seeds: range) -> dict[str, list[str]]:
    """Write a bundle for each seed; gives what was done to it."""
    ledgers, done = {}, {}
    for seed in seeds:
        data, ledger, did = random_bundle(seed)
        (folder / f"{seed}.zip").write_bytes(data)
        ledgers[str(seed)], done[str(seed)] = {"ledger": ledger}, did
    (folder / "expected.json").write_text(json.dumps(ledgers))
    return done


def parted(mine: Verdicts, other: Verdicts, done: dict[str, list[str]]) -> dict[str, object]:
    """Where two part: the seed to what each says that the other does not, and what was done to the bundle."""
    return {
        seed: (
            mine[seed].status,
            other[seed].status,
            set(mine[seed].found) ^ set(other[seed].found),
            done[seed],
        )
        for seed in mine
        if mine[seed] != other[seed]
    }


def agree(folder: Path, seeds: range, need: Need[str]) -> Counter[str]:
    done = write(folder, seeds)
    mine = by_script(folder)
    assert parted(mine, by_library(folder), done) == {}
    assert parted(mine, by_node(folder, need), done) == {}
    return Counter(code for each in mine.values() for code in each.codes)


def test_all_verifiers_agree_on_random_bundles(tmp_path: Path, need: Need[str]) -> None:
    assert set(agree(tmp_path, range(80), need)) >= SHOWN


@pytest.mark.slow
@pytest.mark.parametrize("share", range(4))
def test_all_verifiers_agree_on_many_random_bundles(share: int, tmp_path: Path, need: Need[str]) -> None:
    first = 1000 * (share + 1)
    agree(tmp_path, range(first, first + 750), need)


def test_a_seed_stands_for_one_bundle() -> None:
    assert random_bundle(7) == random_bundle(7)
