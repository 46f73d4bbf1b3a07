"""Bundles taken apart, and put together in ways that no writer of bundles would: by hand, from the specification."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

TAGS = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")


@dataclass(frozen=True)
class Entry:
    """One file of an archive, and everything that its headers say."""

    name: bytes
    data: bytes
    local_name: bytes | None = None
    flags: int = 0
    method: int = 0
    time: int = 0
    crc: int | None = None
    size: int | None = None
    packed: int | None = None
    extra: bytes = b""
    mode: int = 0o100644
    before: bytes = b""


def unpack(path: Path) -> tuple[str, dict[str, bytes]]:
    """The folder of a bundle, and its files by their names without it."""
    with zipfile.ZipFile(path) as archive:
        folder = archive.namelist()[0].partition("/")[0]
        return folder, {name.removeprefix(f"{folder}/"): archive.read(name) for name in archive.namelist()}


def with_manifests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files with manifests and Payload-Oxum that fit them."""
    made = dict(files)
    payload = {name: data for name, data in files.items() if name.startswith("data/")}
    if "bag-info.txt" in made:
        oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}".encode()
        made["bag-info.txt"] = b"".join(
            oxum + b"\n" if line.startswith(b"Payload-Oxum: ") else line
            for line in made["bag-info.txt"].splitlines(keepends=True)
        )
    made["manifest-sha256.txt"] = _manifest(payload)
    made["tagmanifest-sha256.txt"] = _manifest({name: made[name] for name in TAGS if name in made})
    return made


def entries(folder: str, files: Mapping[str, bytes]) -> list[Entry]:
    """The files of an archive, in their order."""
    return [Entry(f"{folder}/{name}".encode(), files[name]) for name in sorted(files)]


def pack(
    listed: Sequence[Entry], *, end: bytes | None = None, after: bytes = b"", count: int | None = None
) -> bytes:
    """An archive, whatever its entries say."""
    out, central = BytesIO(), b""
    for each in listed:
        out.write(each.before)
        offset = out.tell()
        crc = zlib.crc32(each.data) if each.crc is None else each.crc
        packed = len(each.data) if each.packed is None else each.packed
        size = len(each.data) if each.size is None else each.size
        name = each.name if each.local_name is None else each.local_name
        common = (20, each.flags, each.method, each.time, 33, crc, packed, size)
        out.write(
            struct.pack("<4s5H3I2H", b"PK\3\4", *common, len(name), len(each.extra)) + name + each.extra
        )
        out.write(each.data)
        central += struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            788,
            *common,
            len(each.name),
            len(each.extra),
            0,
            0,
            0,
            each.mode << 16,
            offset,
        )
        central += each.name + each.extra
    start, number = out.tell(), len(listed) if count is None else count
    last = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, number, number, len(central), start, 0)
    return out.getvalue() + central + (last if end is None else end) + after


def bundle(folder: str, files: Mapping[str, bytes]) -> bytes:
    """A bundle of these files, with manifests that fit."""
    return pack(entries(folder, with_manifests(files)))


def changed(listed: Sequence[Entry], ending: str, **changes: object) -> list[Entry]:
    """The entries, with the one whose name ends so changed."""
    return [
        replace(each, **changes) if each.name.endswith(ending.encode()) else each  # type: ignore[arg-type]
        for each in listed
    ]


def _manifest(files: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()
