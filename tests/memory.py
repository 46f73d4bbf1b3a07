"""How much memory something takes, as Python hands it out: the same on every machine, whatever else runs there."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def peak_of(attempt: Callable[[], T]) -> tuple[T, int]:
    """What an attempt gives, and the most memory (bytes) that it took at a time."""
    result, _, peak = _measured(attempt)
    return result, peak


def kept_by(attempt: Callable[[], T]) -> tuple[T, int]:
    """What an attempt gives, and how much of the memory (bytes) that it took is still taken."""
    result, kept, _ = _measured(attempt)
    return result, kept


def _measured(attempt: Callable[[], T]) -> tuple[T, int, int]:
    tracemalloc.start()
    try:
        result = attempt()
        return (result, *tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()
