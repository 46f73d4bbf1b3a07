"""The files of a bundle: their names, and the bytes of those that describe the others (BagIt 1.0, RFC 8493).

1. A bundle has the files of `docs/spec/6-bundles.md` and no others; every name begins with one folder, which is named
   after the ledger.
2. Manifests, ``bagit.txt``, ``bag-info.txt`` and ``bundle.json`` have one spelling each: what is read is written
   again and compared.
3. Nothing in these files is signed. They say what is there; what it is worth, the events and the log say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Final

from claimledger.events.encoding import decode, encode
from claimledger.events.errors import InvalidValue, MalformedBundle, MalformedEvent
from claimledger.events.identifiers import is_digest

from .bundle_zip import MAX_FILES, PackedFile

__all__ = [
    "BAGIT",
    "BUNDLE_JSON",
    "CHECKPOINT",
    "DISCLOSURES",
    "EVENTS",
    "FORMAT",
    "HEADS",
    "LINE_BYTES",
    "MAX_HEADS",
    "MAX_TOKEN_BYTES",
    "PROOFS",
    "README",
    "SOURCES",
    "TIMESTAMPS",
    "VERIFIER",
    "verifier_script",
    "WITHHELD",
    "Contents",
    "Custody",
    "folder_of",
    "manifest",
    "problem_with_names",
    "problems_with_bag",
]

FORMAT: Final = "claimledger-bundle/1"
BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

BAGIT_TXT, BAG_INFO = "bagit.txt", "bag-info.txt"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
README, BUNDLE_JSON, EVENTS = "data/README.txt", "data/bundle.json", "data/events.jsonl"
DISCLOSURES, WITHHELD, PROOFS = "data/disclosures.jsonl", "data/withheld.jsonl", "data/proofs.jsonl"
CHECKPOINT, VERIFIER = "data/checkpoint", "data/verify_claimledger.py"
HEADS, TIMESTAMPS, SOURCES = "data/heads/", "data/timestamps/", "data/sources/"

LINE_BYTES: Final = {EVENTS: 49_280, PROOFS: 4_096, DISCLOSURES: 32_768, WITHHELD: 32_768}
"""The longest line of each file of lines, without its newline."""

MAX_CONTENTS_BYTES: Final = 1 << 20
MAX_INFO_BYTES: Final = 32_768
MAX_MANIFEST_BYTES: Final = 4 << 20
MAX_HEADS: Final = 100
MAX_TOKEN_BYTES: Final = 65_536

_ALWAYS: Final = (
    BAGIT_TXT,
    BAG_INFO,
    MANIFEST,
    TAG_MANIFEST,
    README,
    BUNDLE_JSON,
    EVENTS,
    DISCLOSURES,
    WITHHELD,
    PROOFS,
)
_MAY_BE: Final = {*_ALWAYS, CHECKPOINT, VERIFIER}
_BY_DIGEST: Final = re.compile(r"data/(?:heads|timestamps|sources)/([0-9a-f]{64})").fullmatch
_FOLDER: Final = re.compile(r"bundle-[0-9a-f]{16}").fullmatch
_DAY: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])").fullmatch
_VALUE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,500}").fullmatch


def verifier_script() -> bytes | None:
    """The verifier that goes into every bundle; None where this installation has none."""
    found = files("claimledger").joinpath("data", "verify_claimledger.py")
    return found.read_bytes() if found.is_file() else None


@dataclass(frozen=True, slots=True)
class Custody:
    """Who hands a bundle over, as ``bag-info.txt`` says it. No signature covers it.

    Attributes:
        date: the day on which it was packed, as ``2025-07-05``.
        organization: who packed it.
        address: of the organization.
        contact: a person to ask.
        email: of that person.
        description: what it is, in a line.

    Raises:
        InvalidValue: a value is empty, longer than 500 characters, or has control characters or spaces at its ends.
    """

    date: str
    organization: str | None = None
    address: str | None = None
    contact: str | None = None
    email: str | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        if _DAY(self.date) is None:
            raise InvalidValue("the day on which a bundle is packed is written as 2025-07-05")
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and (not _VALUE(value) or value != value.strip(" ") or not _is_utf8(value)):
                raise InvalidValue(f"{each.name}: 1 to 500 characters on one line, no space at the ends")

    def info(self, ledger: str, payload: Iterable[PackedFile]) -> bytes:
        """The bytes of ``bag-info.txt``.

        Args:
            ledger: the ledger id.
            payload: the files below ``data/``.
        """
        files = list(payload)
        lines = [
            ("Source-Organization", self.organization),
            ("Organization-Address", self.address),
            ("Contact-Name", self.contact),
            ("Contact-Email", self.email),
            ("External-Description", self.description),
            ("Bagging-Date", self.date),
            ("External-Identifier", ledger),
            ("Payload-Oxum", f"{sum(each.size for each in files)}.{len(files)}"),
        ]
        return "".join(f"{label}: {value}\n" for label, value in lines if value is not None).encode()


_LABELS: Final = {
    "Source-Organization": "organization",
    "Organization-Address": "address",
    "Contact-Name": "contact",
    "Contact-Email": "email",
    "External-Description": "description",
    "Bagging-Date": "date",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle says it is: ``bundle.json``.

    Attributes:
        ledger: the ledger id, 64 hex digits.
        origin: the log's name.
        cases: names of the cases, ascending, each once.
        size: of the checkpoint; None where there is none.
    """

    ledger: str
    origin: str
    cases: tuple[str, ...]
    size: int | None

    def to_bytes(self) -> bytes:
        """The bytes of ``bundle.json``.

        Raises:
            InvalidValue: there are more cases than it has room for.
        """
        members = {
            "cases": self.cases, "format": FORMAT, "ledger": self.ledger, "origin": self.origin, "size": self.size,
        }  # fmt: skip
        return encode(members, max_bytes=MAX_CONTENTS_BYTES) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Contents:
        """Read ``bundle.json``.

        Raises:
            MalformedBundle: it is none.
        """
        try:
            value = decode(data.removesuffix(b"\n"), max_bytes=MAX_CONTENTS_BYTES)
        except MalformedEvent as error:
            raise MalformedBundle(f"bundle.json: {error}") from None
        members = {"cases", "format", "ledger", "origin", "size"}
        if type(value) is not dict or value.keys() != members or value["format"] != FORMAT:
            raise MalformedBundle(f"bundle.json: no description of a {FORMAT}")
        cases, size = value["cases"], value["size"]
        are_names = type(cases) is list and all(type(name) is str for name in cases)
        if not are_names or not cases or sorted(set(cases)) != cases:
            raise MalformedBundle("bundle.json: the cases are not a list of names, ascending, each once")
        if not is_digest(value["ledger"]) or type(value["origin"]) is not str:
            raise MalformedBundle("bundle.json: ledger and origin are not those of a ledger")
        if size is not None and (type(size) is not int or size < 0):
            raise MalformedBundle("bundle.json: the size of a checkpoint is a whole number from 0, or null")
        found = cls(value["ledger"], value["origin"], tuple(cases), size)
        if found.to_bytes() != data:
            raise MalformedBundle("bundle.json: one line, with one newline at its end")
        return found


def folder_of(ledger: str) -> str:
    """The folder that all names of a bundle begin with, by the id of its ledger."""
    return f"bundle-{ledger[:16]}"


def manifest(files: Iterable[PackedFile], folder: str) -> bytes:
    """The bytes of a manifest over files."""
    listed = sorted((each.name.removeprefix(f"{folder}/"), each.digest) for each in files)
    return "".join(f"{digest}  {name}\n" for name, digest in listed).encode()


def problem_with_names(names: Iterable[str]) -> tuple[str, str | None]:
    """Look at the names of the files of an archive.

    Returns:
        The folder that all begin with, and what is not as it must be: a file that belongs to no bundle.

    Raises:
        MalformedBundle: there is no such folder, or a file that must be there is not.
    """
    listed = list(names)
    folder = listed[0].partition("/")[0] if listed else ""
    if not _FOLDER(folder):
        raise MalformedBundle("it holds no folder of a bundle (bundle- and 16 digits)")
    inside = [name.removeprefix(f"{folder}/") for name in listed if name.startswith(f"{folder}/")]
    if len(inside) != len(listed):
        return folder, "a file stands outside of the one folder that a bundle has"
    missing = [name for name in _ALWAYS if name not in set(inside)]
    if missing:
        raise MalformedBundle(f"{missing[0]}: is not there, and no bundle is without it")
    for name in inside:
        if name not in _MAY_BE and not _BY_DIGEST(name):
            return folder, f"{name}: belongs to no bundle"
    if sum(name.startswith(HEADS) for name in inside) > MAX_HEADS:
        return folder, f"more than {MAX_HEADS} notes of heads"
    return folder, None


def problems_with_bag(
    files: Mapping[str, PackedFile], tags: Mapping[str, bytes], ledger: str
) -> Sequence[str]:
    """Hold the files of a bundle against its manifests and ``bag-info.txt``.

    Args:
        files: every file, by its name without the folder.
        tags: the bytes of the four files that stand beside ``data/``.
        ledger: the ledger id in ``bundle.json``.

    Returns:
        What does not hold, in words.
    """
    problems = []
    if tags[BAGIT_TXT] != BAGIT:
        problems.append(f"{BAGIT_TXT}: is not that of a BagIt 1.0 bag")
    payload = {name: each for name, each in files.items() if name.startswith("data/")}
    tagged = {name: files[name] for name in (BAG_INFO, BAGIT_TXT, MANIFEST)}
    for name, listed in ((MANIFEST, payload), (TAG_MANIFEST, tagged)):
        problems += _problems_with_manifest(name, tags[name], listed)
    problem = _problem_with_info(tags[BAG_INFO], ledger, payload.values())
    if problem is not None:
        problems.append(f"{BAG_INFO}: {problem}")
    for name, each in payload.items():
        by_digest = _BY_DIGEST(name)
        if by_digest is not None and by_digest[1] != each.digest:
            problems.append(f"{name}: is not the file that its name says, by its digest")
    return problems


def tag_names() -> Mapping[str, int]:
    """The files beside ``data/``, and how many bytes of each are read at most."""
    return {
        BAGIT_TXT: 1_024,
        BAG_INFO: MAX_INFO_BYTES,
        MANIFEST: MAX_MANIFEST_BYTES,
        TAG_MANIFEST: MAX_MANIFEST_BYTES,
    }


def _problems_with_manifest(name: str, data: bytes, files: Mapping[str, PackedFile]) -> list[str]:
    expected = {each: f"{files[each].digest}  {each}" for each in sorted(files)}
    if "".join(f"{line}\n" for line in expected.values()).encode() == data:
        return []
    listed: dict[str, str] = {}
    for line in data.decode("utf-8", errors="replace").split("\n")[:MAX_FILES]:
        listed.setdefault(line[66:], line)
    problems = []
    for each, line in expected.items():
        if each not in listed:
            problems.append(f"{each}: is not in {name}; it was added after the bundle was packed")
        elif listed[each] != line:
            problems.append(f"{each}: is not the file that was packed: its digest is not that in {name}")
    problems += [
        f"{name}: lists {each!r}, which is not here" for each in listed if each and each not in expected
    ]
    return problems or [f"{name}: is not written as a manifest of a bundle is"]


def _problem_with_info(data: bytes, ledger: str, payload: Iterable[PackedFile]) -> str | None:
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        return "is not UTF-8"
    values: dict[str, str] = {}
    for line in lines:
        label, _, value = line.partition(": ")
        if label in _LABELS:
            values.setdefault(_LABELS[label], value)
    try:
        expected = Custody(**{"date": "", **values}).info(ledger, payload)
    except InvalidValue as error:
        return str(error)
    return None if expected == data else "does not fit the bundle: its form, the ledger id, or Payload-Oxum"


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)
