"""What every test shares: hypothesis profiles, outside programs, and the folder of the real incident.

Profiles: `dev` (the default) is quick; `ci` looks further and prints how to repeat a failure; `deep` is for
a night. Choose one with `pytest --hypothesis-profile=deep`. None has a deadline: machines that share their
cores have no steady clock.

Some tests hold the library against programs of others. Where one is not installed, `need` skips the test and says
what to install; the variable CLAIMLEDGER_REQUIRE (names with commas between) turns that skip into a failure, and
`.ci/run` sets it: there nothing is passed over.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=150, print_blob=True)
settings.register_profile("deep", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile("dev")


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT


T = TypeVar("T")
Need: TypeAlias = Callable[[str, T | None, str], T]


@pytest.fixture(scope="session")
def need() -> Need[T]:
    """Ask for something outside Python: ``need("openssl", shutil.which("openssl"), "install OpenSSL 3")``.

    Gives back what was found. Where that is None, the test is skipped with the last argument, which says what to do;
    or it fails, where CLAIMLEDGER_REQUIRE names the first argument.
    """

    def look(name: str, found: T | None, how: str) -> T:
        if found is not None:
            return found
        said = f"{name} is not there: {how}"
        if name in os.environ.get("CLAIMLEDGER_REQUIRE", "").split(","):
            pytest.fail(f"{said} (CLAIMLEDGER_REQUIRE asks for it)")
        pytest.skip(said)

    return look


@pytest.fixture(scope="session")
def with_openssl(need: Need[str]) -> str:
    """The program `openssl`, for tests in which a stranger verifies with it."""
    return need(
        "openssl", shutil.which("openssl"), "install OpenSSL 3 (Debian and Ubuntu: apt-get install openssl)"
    )


@pytest.fixture(scope="session")
def incident_folder() -> Path:
    """The statement and the careful reading of it, kept beside the checkout, never inside."""
    folder = ROOT.parent / "shared" / "incident"
    if not (folder / "statement.txt").is_file():
        pytest.skip("the statement is not kept with the project: nothing at ../shared/incident")
    return folder
