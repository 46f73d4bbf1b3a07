"""The attack book: what an attacker tries, by which check it is found, and that nothing else would have found it.

Every case is a test that attacks a real ledger and gives back what the auditor is told, as stable codes. It runs twice:
as the code is, and with the named checks taken out of it. `attack` says beforehand what is found each time, so that a
case shows which line of the code it is that finds the attack, and what is left when that line is gone.

A check is named by the function that holds it and by its own words in there, which must occur in it once. It is taken
out by compiling the function anew with other words in their place (mostly ``False``): whoever rewrites a check finds
the cases that rest on it red, and has to say which check they rest on now.

`docs/make_attacks.py` writes `docs/reference/attack-book.md` from the cases.
"""

from __future__ import annotations
import __future__ as future_features

import inspect
import textwrap
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any, Final

import pytest

__all__ = ["LINES", "Attack", "Check", "Unnoticed", "attack", "switch_off", "unnoticed"]

LINES: Final = (
    "payload type swapped",
    "event from another ledger",
    "event from another case",
    "event from another sequence",
    "signature stripped",
    "signature added",
    "signature doubled",
    "envelope re-encoded",
    "signatures of events, checkpoints and cosignatures interchanged",
    "one key in two roles",
    "same key under two ids towards a threshold",
    "keyid edited",
    "note key-id collision",
    "small-order and non-canonical keys",
    "registration without possession",
    "a recorder adding keys",
    "key used before it was added",
    "key used after it was revoked, with a back-dated clock",
    "revocation racing an acknowledged event",
    "old checkpoint served (roll-back)",
    "tail cut to an earlier valid checkpoint",
    "split view to two auditors",
    "fork after restoring a backup",
    "reorder, insert, remove, duplicate at every place of a small log",
    "proofs for the wrong index or size, too long, too short, empty",
    "leaf passed as node",
    "size 0, leading zeros, negative and huge sizes",
    "wrong origin",
    "unknown and duplicated witnesses counted",
    "cosignature from the future",
    "timestamp over another checkpoint",
    "timestamp from another authority",
    "timestamp without the right key usage",
    "timestamp expired",
    "dropped ML-DSA line",
    "wrong lengths everywhere",
    "thousands of signatures",
    "megabytes of note text",
    "deep nesting",
)
"""What the book has to cover. Each line has a case at least."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the code.

    Args:
        where: ``module:function`` or ``module:Class.method``, the module below `claimledger`.
        words: the check itself, as it is written there, once.
        instead: what stands there when it is switched off.
    """

    where: str
    words: str
    instead: str = "False"

    def function(self) -> FunctionType:
        """The function that holds the check, under whatever decorates it."""
        module, _, path = self.where.partition(":")
        found: Any = import_module(f"claimledger.{module}")
        for name in path.split("."):
            found = inspect.getattr_static(found, name)
        found = getattr(found, "fget", None) or found
        unwrapped: Any = inspect.unwrap(getattr(found, "__func__", found))
        assert type(unwrapped) is FunctionType, f"{self.where} is no function"
        function: FunctionType = unwrapped
        return function


def switch_off(checks: Iterable[Check], monkeypatch: pytest.MonkeyPatch) -> None:
    """Take checks out, wherever their functions were imported to, until the test is over."""
    together: dict[FunctionType, list[Check]] = {}
    for check in checks:
        together.setdefault(check.function(), []).append(check)
    for function, in_there in together.items():
        monkeypatch.setattr(function, "__code__", _without(function, in_there))


def _without(function: FunctionType, checks: Iterable[Check]) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    for check in checks:
        count = source.count(check.words)
        assert count == 1, f"{check.where}: the check `{check.words}` is in it {count} times, not once"
        source = source.replace(check.words, check.instead)
    flags = future_features.annotations.compiler_flag
    module = compile(source, function.__code__.co_filename, "exec", flags=flags, dont_inherit=True)
    return next(
        each for each in module.co_consts if isinstance(each, CodeType) and each.co_name == function.__name__
    )


@dataclass(frozen=True, slots=True)
class Attack:
    """One case of the book.

    Attributes:
        line: of `LINES`.
        test: name of the test, which says in a sentence what is tried and that it is found.
        module: of the test; each is about one attacker.
        found: the codes that the auditor is told.
        by: the checks that find it.
        then: the codes that are left with those checks switched off; none where it passes unnoticed.
    """

    line: str
    test: str
    module: str
    found: tuple[str, ...]
    by: tuple[Check, ...]
    then: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is tried, in words."""
        return _sentence(self.test)


def attack(
    line: str, *, found: str | Iterable[str], by: Check | Iterable[Check], then: str | Iterable[str] = ()
) -> Callable[[Callable[..., Set[str]]], Callable[..., None]]:
    """Make a function a case of the book.

    The function takes fixtures, attacks, and returns the codes that the auditor is told; none where nothing is found.

    Args:
        line: of `LINES`.
        found: those codes, as the code is.
        by: the checks that find it.
        then: those codes without these checks.
    """
    assert line in LINES, f"the book has no line {line!r}"
    assert set(_codes(found)) != set(_codes(then)), "a case shows nothing that is the same without its checks"
    checks = (by,) if isinstance(by, Check) else tuple(by)

    def register(function: Callable[..., Set[str]]) -> Callable[..., None]:
        described = Attack(line, function.__name__, function.__module__, _codes(found), checks, _codes(then))
        wanted = inspect.signature(function).parameters

        def run(defence: str, monkeypatch: pytest.MonkeyPatch, **fixtures: Any) -> None:
            if defence == "off":
                switch_off(checks, monkeypatch)
            told = function(**fixtures, **({"monkeypatch": monkeypatch} if "monkeypatch" in wanted else {}))
            expected = described.found if defence == "on" else described.then
            assert sorted(told) == sorted(expected), f"told {sorted(told)}, with the defence {defence}"

        shown: Any = run
        own = [*inspect.signature(run).parameters.values()][:2]
        others = [each for name, each in wanted.items() if name != "monkeypatch"]
        shown.__signature__ = inspect.Signature([*own, *others])
        shown.__name__, shown.__module__, shown.__doc__ = (
            function.__name__,
            function.__module__,
            function.__doc__,
        )
        shown.attack = described
        case: Callable[..., None] = pytest.mark.parametrize("defence", ["on", "off"])(run)
        return case

    return register


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """What nothing finds, by itself.

    Attributes:
        test: name of the test, which says in a sentence what is done.
        module: of the test.
        unless: what finds it where that is there; empty where nothing ever does.
        found: the codes that the auditor is told then.
    """

    test: str
    module: str
    unless: str
    found: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is done, in words."""
        return _sentence(self.test)


def unnoticed(
    *, unless: str = "", found: str | Iterable[str] = ()
) -> Callable[[Callable[..., Set[str]]], Callable[..., None]]:
    """Make a function a case of what nothing finds.

    The function takes fixtures, and whether that is there which finds it, and returns the codes of what is told.

    Args:
        unless: what finds it, in words.
        found: the codes that the auditor is told then.
    """

    def register(function: Callable[..., Set[str]]) -> Callable[..., None]:
        described = Unnoticed(function.__name__, function.__module__, unless, _codes(found))
        wanted = inspect.signature(function).parameters

        def run(*, is_there: bool, **fixtures: Any) -> None:
            told = function(is_there=is_there, **fixtures)
            assert sorted(told) == sorted(described.found if is_there else ()), f"told {sorted(told)}"

        shown: Any = run
        shown.__signature__ = inspect.Signature([*wanted.values()])
        shown.__name__, shown.__module__, shown.__doc__ = (
            function.__name__,
            function.__module__,
            function.__doc__,
        )
        shown.unnoticed = described
        tried = [False, True] if unless else [False]
        ids = ["alone", "with what finds it"][: len(tried)]
        case: Callable[..., None] = pytest.mark.parametrize("is_there", tried, ids=ids)(run)
        return case

    return register


def _sentence(test: str) -> str:
    words = test.removeprefix("test_").replace("_", " ")
    return words[0].upper() + words[1:]


def _codes(said: str | Iterable[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)
