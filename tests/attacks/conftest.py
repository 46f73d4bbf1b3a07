"""The ledgers that are attacked: made once, closed, and copied by each case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from claimledger import ed25519

from .world import Copy, World


@pytest.fixture(scope="package")
def open_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Fifteen events that no checkpoint covers."""
    return World(tmp_path_factory.mktemp("open") / "a.ledger", sealed=False)


@pytest.fixture(scope="package")
def sealed_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same fifteen events under a checkpoint."""
    return World(tmp_path_factory.mktemp("sealed") / "a.ledger", sealed=True)


@pytest.fixture
def copy(open_world: World, tmp_path: Path) -> Copy:
    """A copy of the ledger that is not sealed."""
    return Copy(open_world, tmp_path / "copy.ledger")


@pytest.fixture
def sealed(sealed_world: World, tmp_path: Path) -> Copy:
    """A copy of the ledger that is sealed."""
    return Copy(sealed_world, tmp_path / "copy.ledger")


@pytest.fixture(autouse=True)
def no_key_outlives_a_case() -> Iterator[None]:
    """Weak keys that were loaded while nothing refused them are forgotten again."""
    yield
    ed25519.load_public_key.cache_clear()
