"""A PKCS#11 token for the tests that ask for one; those that do not load nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ledger.softhsm import SoftToken


@pytest.fixture
def token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, need: Callable[[str, str | None, str], str]
) -> Iterator[SoftToken]:
    """An empty token, by the label "ledger"."""
    from tests.ledger.softhsm import HOW, library, soft_token

    with soft_token(need("softhsm2", library(), HOW), tmp_path, monkeypatch.setenv) as made:
        yield made


@pytest.fixture
def filled(token: SoftToken) -> SoftToken:
    """The same with one key, "recorder", of id 01, made outside."""
    token.import_key("recorder", "01")
    return token
