"""What a kind of claim is, which kinds are known here, and how kinds of one's own come in.

1. A kind is made known by a call or decorator (`register_kind`), or comes with an installed distribution and is made
   known by `load_installed_kinds`. Importing claimledger loads no plug-in; verifying and showing never need one.
2. Kinds of one's own have a reverse-domain name (``org.example.flood``), and so have their code lists.
3. A kind with which strangers could not compute is refused when it is registered (`claimledger.events.declaring`).
4. A claim of a kind that is not known here is read as `OtherKind`: kept and shown with its fields.

Entry points of group ``claimledger.kinds`` give the name of a kind and its class::

    [project.entry-points."claimledger.kinds"]
    "org.example.water_level" = "example_floods:WaterLevel"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar

from pydantic import ConfigDict, ValidationError

from .codes import codes_of, register_codes
from .declarations import OWN_NAME
from .declaring import declaration_of
from .errors import KindsNotLoaded
from .values import Value

__all__ = [
    "GROUP",
    "Kind",
    "LoadedKind",
    "OtherKind",
    "kinds",
    "load_installed_kinds",
    "other_kind",
    "read_kind",
    "register_kind",
]

GROUP = "claimledger.kinds"
"""The group of entry points by which distributions bring kinds."""

kinds: dict[str, type[Kind]] = {}
"""Every kind known here, by name."""


class Kind(Value):
    """Base of all kinds of claim.

    Attributes:
        KIND: the kind's name; one's own is a reverse-domain name.
        SUBJECT: the field that says what the claim is about.
        SLOTS: fields that are committed to and never stand in signed bytes.
        CODES: code lists of one's own, by reverse-domain name, each code with its meaning.
    """

    KIND: ClassVar[str]
    SUBJECT: ClassVar[str]
    SLOTS: ClassVar[tuple[str, ...]] = ()
    CODES: ClassVar[Mapping[str, Mapping[str, str]]] = {}

    @property
    def kind_name(self) -> str:
        """The kind's name, as recorded."""
        return self.KIND

    def __reduce__(self) -> tuple[Any, ...]:
        return (read_kind, (self.kind_name, self.model_dump()))


class OtherKind(Kind):
    """A claim of a kind that is not known here, with its fields as they were signed."""

    model_config = ConfigDict(frozen=True, extra="allow")

    KIND: ClassVar[str] = ""
    SUBJECT: ClassVar[str] = ""

    _name: str = ""

    @property
    def kind_name(self) -> str:
        """The kind's name, as signed."""
        return self._name


@dataclass(frozen=True, slots=True)
class LoadedKind:
    """A kind that an installed distribution brought.

    Attributes:
        name: the kind's name.
        distribution: name and version of the distribution.
        kind: its class.
    """

    name: str
    distribution: str
    kind: type[Kind]


_BUILT_IN = re.compile(r"[a-z]+(_[a-z]+)*\Z")
_HOME = f"{__package__}.kinds"


def register_kind(cls: type[Kind]) -> type[Kind]:
    """Make a kind of claim known, with its code lists (a class decorator).

    Raises:
        ValueError: the name is taken by another class, or is no reverse-domain name; or strangers could not compute
            with its claims, see `claimledger.events.declaring`.
    """
    name = cls.KIND
    own = cls.__module__ != _HOME
    if not (OWN_NAME if own else _BUILT_IN).match(name):
        raise ValueError(
            f'a kind of one\'s own has a reverse-domain name such as "org.example.flood", not "{name}"'
        )
    declared = declaration_of(cls)
    if name in kinds and kinds[name] is not cls:
        raise ValueError(f"kind {name} is registered already, by {kinds[name].__qualname__}")
    for listing, codes in cls.CODES.items():
        register_codes(listing, codes)
    for field, each in declared.fields.items():
        if each.codes is not None and codes_of(each.codes) is None:
            raise ValueError(f'kind {name}: field {field}: no code list "{each.codes}"; give it in CODES')
    return kinds.setdefault(name, cls)


def load_installed_kinds() -> tuple[LoadedKind, ...]:
    """Make the kinds of all installed distributions known. Calling it again changes nothing.

    Returns:
        What there is, in the order of the names.

    Raises:
        KindsNotLoaded: an entry point of group ``claimledger.kinds`` cannot be imported, or gives no kind of its
            name. The message names the distribution; kinds that came before it stay registered.
    """
    found = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    return tuple(_loaded(point) for point in found)


def _loaded(point: EntryPoint) -> LoadedKind:
    dist = point.dist
    distribution = "an unnamed distribution" if dist is None else f"{dist.name} {dist.version}"
    where = f'kind "{point.name}" of {distribution} ({point.value})'
    try:
        cls = point.load()
        if not (isinstance(cls, type) and issubclass(cls, Kind) and point.name == cls.KIND):
            raise KindsNotLoaded(
                f"{where}: gives no kind of that name; point it at the class whose KIND it is"
            )
        return LoadedKind(point.name, distribution, register_kind(cls))
    except KindsNotLoaded:
        raise
    except Exception as error:
        raise KindsNotLoaded(
            f"{where}: cannot be loaded: {type(error).__name__}: {error}; mend or uninstall it"
        ) from error


def read_kind(name: str, members: dict[str, Any]) -> Kind:
    """Read the fields of a claim into its kind; into `OtherKind` when the kind is unknown or newer here."""
    cls = kinds.get(name)
    if cls is not None:
        try:
            return cls.model_validate(members)
        except ValidationError:
            pass  # signed by a release whose kind has other fields: shown as it is, never refused
    return other_kind(name, members)


def other_kind(name: str, members: Mapping[str, Any]) -> OtherKind:
    """The fields of a claim as they are, under the name of their kind."""
    other = OtherKind.model_validate(dict(members))
    object.__setattr__(other, "_name", name)
    return other
