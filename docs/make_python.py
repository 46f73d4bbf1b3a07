"""Write `reference/python.md`, the list of what is public, from the lists of names and the docstrings.

Run it as ``python docs/make_python.py`` after a public name came, went or changed its purpose; the tests hold the page
to it. Names come from each room's ``__all__``, words from the first paragraph of a docstring; for a constant, from the
string under its assignment.
"""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

PAGE = Path(__file__).resolve().parent / "reference" / "python.md"
ROOMS = {
    "claimledger": "Ledgers, keys, errors.",
    "claimledger.events": "What is said and how it is recorded. Importing it loads neither store nor cryptography.",
    "claimledger.projections": "What stands, and on whose word. Pure: no files, no keys, no clock.",
}
HEAD = """# The Python API

What is public is what these lists name: the `__all__` of three packages. Nothing else is promised. Names stay for two
minor releases after a `DeprecationWarning`. Guides: [embedding](../guides/embedding.md), [when an account
changes](../guides/changing-accounts.md), [keeping evidence](../guides/keeping-evidence.md), [protecting
people](../guides/protecting-people.md).

Methods and properties are listed under the class that has them, and not again under its public subclasses; `to_json`
and what Python and pydantic add are left out. The fields of a class stand in its docstring, as shown by
`help(claimledger.events.Act)`.
This page is written by `docs/make_python.py`.
"""
VERSION = "The version that is installed."


def words(text: str | None) -> str:
    """The first paragraph of a docstring, on one line, as a cell of a table."""
    line = " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())
    return line.replace("``", "`").replace("|", "\\|")


def under_the_assignment(module: ModuleType, name: str) -> str:
    """The string that stands under the assignment of a name in the room's files."""
    home = import_module(f"{module.__name__}.{getattr(module, '_HOMES', {}).get(name, 'replay')}")
    body = ast.parse(inspect.getsource(home)).body
    for statement, after in pairwise(body):
        targets = (
            statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        )
        named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return str(after.value.value)
    return ""


def purpose(module: ModuleType, name: str) -> str:
    """One line on a public name."""
    if name == "__version__":
        return VERSION
    member = getattr(module, name)
    if inspect.isclass(member) or inspect.isfunction(member):
        return words(member.__doc__)
    said = words(under_the_assignment(module, name))
    options = " or ".join(f"`{option.__name__}`" for option in get_args(member) if inspect.isclass(option))
    return said or (f"One of {options}." if options else "")


def members(cls: type[Any], listed: set[type[Any]]) -> list[tuple[str, str]]:
    """The methods and properties of a class, those of its bases too, but for bases that are public themselves."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("claimledger")]
    known = {name for base in ours[1:] if base in listed for name in vars(base)} | {"to_json"}
    found: dict[str, str] = {}
    for name in dict.fromkeys(name for base in reversed(ours) for name in vars(base)):
        member = inspect.getattr_static(cls, name)
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if name.startswith(("_", "model_")) or name in known:
            continue
        if inspect.isfunction(plain):
            found[f"`{name}()`"] = words(plain.__doc__)
        elif isinstance(plain, property):
            found[f"`{name}`"] = words(plain.__doc__)
    return list(found.items())


def room(name: str, about: str) -> str:
    """The part of the page on one package."""
    module = import_module(name)
    lines = [f"## `{name}`", "", about, "", "| name | what it is |", "|---|---|"]
    lines += [f"| `{public}` | {purpose(module, public)} |" for public in module.__all__]
    public_members = {one: getattr(module, one) for one in module.__all__ if one != "__version__"}
    listed = {member for member in public_members.values() if inspect.isclass(member)}
    for public, member in public_members.items():
        rows = members(member, listed) if inspect.isclass(member) else []
        if rows:
            lines += ["", f"### `{public}`", "", "| member | what it is |", "|---|---|"]
            lines += [f"| {shown} | {said} |" for shown, said in rows]
    return "\n".join(lines)


def page() -> str:
    """The page as the code has it now."""
    return "\n".join([HEAD, "\n\n".join(room(name, about) for name, about in ROOMS.items()), ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
