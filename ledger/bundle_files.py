"""The files of a bundle: their names, and the bytes of those that describe the others (BagIt 1.0, RFC 8493).

1. A bundle has the files of `docs/spec/6-bundles.md` and no others, in one folder whose name is that of the format.
2. ``bagit.txt`` and the manifests have one spelling each: they are written again, and compared.
3. Nothing in these files is signed. ``bag-info.txt``, the README and the verifier are words of whoever packed them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from importlib.resources import files
from typing import Final

from claimledger.events.errors import InvalidValue
from claimledger.events.identifiers import is_digest, is_stream

from .bundle_zip import MAX_FILES, PackedFile

__all__ = [
    "ALWAYS",
    "BAGIT",
    "BAGIT_TXT",
    "BAG_INFO",
    "CHECKPOINT",
    "EVENTS",
    "HEADS",
    "MANIFEST",
    "MAX_TOKEN_BYTES",
    "README",
    "SOURCES",
    "TAG_MANIFEST",
    "TIMESTAMPS",
    "VERIFIER",
    "Custody",
    "is_of_bundle",
    "manifests",
    "problems_with_bag",
    "verifier_script",
]

BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

BAGIT_TXT, BAG_INFO = "bagit.txt", "bag-info.txt"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
README, EVENTS = "data/README.txt", "data/events.jsonl"
CHECKPOINT, VERIFIER = "data/checkpoint", "data/verify_claimledger.py"
HEADS, TIMESTAMPS, SOURCES = "data/heads/", "data/timestamps/", "data/sources/"

ALWAYS: Final = (BAGIT_TXT, BAG_INFO, MANIFEST, TAG_MANIFEST, README, EVENTS)
"""The files without which no bundle is."""

MAX_TOKEN_BYTES: Final = 65_536

_MAX_MANIFEST_BYTES: Final = 4 << 20
"""More than the manifest of any bundle has; a longer one is wrong, and is not searched for what differs."""

_DAY: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])").fullmatch
_VALUE: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,500}").fullmatch


def is_of_bundle(name: str) -> bool:
    """Whether a file may be in a bundle.

    Args:
        name: without the folder.
    """
    if name in ALWAYS or name in (CHECKPOINT, VERIFIER):
        return True
    if name.startswith(HEADS):
        return is_stream(name.removeprefix(HEADS))
    return _digest_in(name) is not None


def _digest_in(name: str) -> str | None:
    """The digest that a file is named by; None where it is named otherwise."""
    folder, _, last = name.rpartition("/")
    return last if f"{folder}/" in (TIMESTAMPS, SOURCES) and is_digest(last) else None


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
            if value is not None and (not _VALUE(value) or value != value.strip(" ")):
                raise InvalidValue(f"{each.name}: 1 to 500 characters on one line, no space at the ends")

    def texts(self) -> dict[str, str | None]:
        """What somebody wrote of it, by the names of the arguments: all but the day."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "date"}

    def info(self, ledger: str, payload_bytes: int, payload_files: int) -> bytes:
        """The bytes of ``bag-info.txt``.

        Args:
            ledger: the ledger id.
            payload_bytes: of all files below ``data/``.
            payload_files: how many these are.
        """
        lines = [
            ("Source-Organization", self.organization),
            ("Organization-Address", self.address),
            ("Contact-Name", self.contact),
            ("Contact-Email", self.email),
            ("External-Description", self.description),
            ("Bagging-Date", self.date),
            ("External-Identifier", ledger),
            ("Payload-Oxum", f"{payload_bytes}.{payload_files}"),
        ]
        return "".join(f"{label}: {value}\n" for label, value in lines if value is not None).encode()


def manifests(digests: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The bytes of the manifest and of the tag manifest.

    Args:
        digests: SHA-256 of each file below ``data/``, and of ``bag-info.txt`` and ``bagit.txt``, by name.
    """
    listed = _manifest({name: each for name, each in digests.items() if name.startswith("data/")})
    tagged = {name: digests[name] for name in (BAG_INFO, BAGIT_TXT)}
    return listed, _manifest({**tagged, MANIFEST: sha256(listed).hexdigest()})


def _manifest(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def problems_with_bag(found: Mapping[str, PackedFile], read: Callable[[str, int], bytes]) -> Iterator[str]:
    """Hold the files of a bundle against its manifests.

    Args:
        found: every file that belongs to a bundle, by its name.
        read: gives the bytes of one, at most so many.

    Returns:
        What does not hold, in words.
    """
    digests = {name: each.digest for name, each in found.items()}
    payload = {name: each for name, each in digests.items() if name.startswith("data/")}
    tagged = {name: digests[name] for name in (BAG_INFO, BAGIT_TXT, MANIFEST)}
    if digests[BAGIT_TXT] != sha256(BAGIT).hexdigest():
        yield f"{BAGIT_TXT}: is not that of a BagIt 1.0 bag"
    for name, listed in ((MANIFEST, payload), (TAG_MANIFEST, tagged)):
        if digests[name] != sha256(_manifest(listed)).hexdigest():
            yield from _differences(name, read(name, _MAX_MANIFEST_BYTES), listed)
    for name, digest in payload.items():
        if _digest_in(name) not in (None, digest):
            yield f"{name}: is not the file that its name says, by its digest"


def _differences(name: str, data: bytes, digests: Mapping[str, str]) -> list[str]:
    listed: dict[str, str] = {}
    for line in data.decode("utf-8", errors="replace").split("\n")[:MAX_FILES]:
        listed.setdefault(line[66:], line)
    problems = []
    for each, digest in digests.items():
        if each not in listed:
            problems.append(f"{each}: is not in {name}; it was added after the bundle was packed")
        elif listed[each] != f"{digest}  {each}":
            problems.append(f"{each}: is not the file that was packed: its digest is not that in {name}")
    problems += [
        f"{name}: lists {each!a}, which is not here" for each in listed if each and each not in digests
    ]
    return problems or [f"{name}: is not written as a manifest of a bundle is"]
