"""Scripts of the project that stand in no package, loaded as modules so that tests can call them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def load(script: Path) -> ModuleType:
    """A script as a module named after its file; what it does only when it is run is not done."""
    found = importlib.util.spec_from_file_location(script.stem, script)
    assert found is not None
    assert found.loader is not None
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded
