"""What every test shares: hypothesis profiles, and the folder of the real incident where a checkout has it.

Profiles: `dev` (the default) is quick; `ci` looks further and prints how to repeat a failure; `deep` is for
a night. Choose one with `pytest --hypothesis-profile=deep`. None has a deadline: machines that share their
cores have no steady clock.
"""

from __future__ import annotations

from pathlib import Path

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


@pytest.fixture(scope="session")
def incident_folder() -> Path:
    """The statement and the careful reading of it, kept beside the checkout, never inside."""
    folder = ROOT.parent / "shared" / "incident"
    if not (folder / "statement.txt").is_file():
        pytest.skip("the statement is not kept with the project: nothing at ../shared/incident")
    return folder
