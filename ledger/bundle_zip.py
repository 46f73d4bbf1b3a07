"""The archive of a bundle: a zip in its one spelling, read from the front, and nothing believed that stands elsewhere.

1. Files are stored, never compressed; names ascend; every header has the one form that `docs/spec/6-bundles.md`
   gives; no byte stands between, before or after. Nothing can hide, and nothing is larger inside than outside.
2. Each local header is held against the one that its CRC-32, size and name make. What follows the last file must be
   the list that these headers make, to the last byte. All else is `MalformedBundle`, found in memory that is bounded
   by the number of files. Whether the bytes fit, the manifests say (SHA-256), and no check sum.
3. Nothing is ever unpacked here, so that no name can lead anywhere: files are read where they stand.
4. A folder into which a bundle was unpacked is read as well, without following any link.

Format: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16, narrowed. Compression is left out since its bytes
differ between releases of zlib: the same bundle must have the same bytes everywhere.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from claimledger.events.errors import InvalidInput, LedgerNotFound, MalformedBundle

__all__ = [
    "FOLDER",
    "MAX_BYTES",
    "MAX_FILES",
    "MAX_NAME",
    "Archive",
    "ArchiveWriter",
    "PackedFile",
    "looks_like_zip",
]

FOLDER: Final = "claimledger-bundle-1/"
"""What all names of a bundle begin with: the name of its format."""

MAX_BYTES: Final = 2**32 - 1
MAX_FILES: Final = 10_000
MAX_NAME: Final = 200
"""Bytes of the longest name of a file."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION, _MADE_BY, _DATE, _MODE = 20, 788, 33, 0o100644 << 16
_BLOCK: Final = 1 << 20
_TOO_LARGE: Final = "a bundle is smaller than 4 GiB: give fewer cases or source files"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a bundle, whose bytes were read once.

    Attributes:
        size: in bytes.
        digest: SHA-256 of its bytes, 64 hex digits.
        offset: where its bytes begin in the archive; 0 in a folder.
    """

    size: int
    digest: str
    offset: int


def _local_header(name: bytes, crc: int, size: int) -> bytes:
    return _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, 0, _DATE, crc, size, size, len(name), 0) + name


def _central_header(name: bytes, crc: int, size: int, offset: int) -> bytes:
    fields = (_MADE_BY, _VERSION, 0, 0, 0, _DATE, crc, size, size, len(name), 0, 0, 0, 0, _MODE, offset)
    return _CENTRAL.pack(b"PK\1\2", *fields) + name


def _end(central: list[bytes], offset: int) -> bytes:
    """What stands behind the files: all central headers and the end record."""
    headers, count = b"".join(central), len(central)
    return headers + _END.pack(b"PK\5\6", 0, 0, count, count, len(headers), offset, 0)


class ArchiveWriter:
    """Writes an archive, file by file; the same files give the same bytes.

    Args:
        file: where to write, at its beginning; it must be possible to go back in it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._central: list[bytes] = []
        self._last = b""

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """Add a file.

        Args:
            name: without the folder; comes after all names that were added before.
            content: its bytes, in pieces of any length.

        Raises:
            InvalidInput: the archive would be larger than any may be.
        """
        raw = (FOLDER + name).encode()
        if raw <= self._last or len(raw) > MAX_NAME or len(self._central) == MAX_FILES:
            raise InvalidInput(f"{name}: a bundle has at most {MAX_FILES} files, in the order of their names")
        self._last = raw
        offset = self._file.tell()
        self._file.write(_local_header(raw, 0, 0))
        crc = size = 0
        for piece in content:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if offset + size > MAX_BYTES:
                raise InvalidInput(_TOO_LARGE)
            self._file.write(piece)
        end = self._file.tell()
        self._file.seek(offset)
        self._file.write(_local_header(raw, crc, size))
        self._file.seek(end)
        self._central.append(_central_header(raw, crc, size, offset))

    def close(self) -> None:
        """Write what stands at the end of an archive. The file itself stays open.

        Raises:
            InvalidInput: the archive would be larger than any may be.
        """
        start = self._file.tell()
        if start + sum(map(len, self._central)) + _END.size > MAX_BYTES:
            raise InvalidInput(_TOO_LARGE)
        self._file.write(_end(self._central, start))


class Archive:
    """The files of a bundle, each read once and found whole; made by `open`.

    Attributes:
        path: where it is.
        files: every file, by its whole name, in the order of the names. A name that is not UTF-8 has lone surrogates.
    """

    def __init__(self, path: Path, files: dict[str, PackedFile], archive: BinaryIO | None) -> None:
        self.path = path
        self.files = files
        self._archive = archive

    @classmethod
    def open(cls, path: Path, progress: Callable[[int], None] | None = None) -> Archive:
        """Open a bundle, and read every file of it once.

        Args:
            path: a zip, or the folder that was unpacked from one.
            progress: called with the number of bytes that were read.

        Raises:
            LedgerNotFound: nothing is there, or it cannot be read.
            MalformedBundle: it is not in the one form.
        """
        file = None
        try:
            if path.is_dir():
                return cls(path, _folder_files(path), None)
            file = path.open("rb")
            return cls(path, _archive_files(file, progress or _nobody), file)
        except BaseException as error:
            if file is not None:
                file.close()
            if isinstance(error, OSError):
                raise LedgerNotFound(f"{path}: cannot be read: {error.strerror}") from None
            raise

    def open_file(self, name: str) -> io.BufferedReader:
        """Open a file of the bundle for reading.

        Args:
            name: one of `files`.
        """
        found = self.files[name]
        if self._archive is None:
            return _open_here(self.path, name)
        return io.BufferedReader(_Window(self._archive, found.offset, found.size), 1 << 16)

    def close(self) -> None:
        """Close the archive; closing twice does nothing."""
        if self._archive is not None:
            self._archive.close()


class _Window(io.RawIOBase):
    """A part of a file, read by its offset: several can be read in turns."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        super().__init__()
        self._file, self._at, self._left = file, offset, size

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Read the next bytes."""
        wanted = min(len(buffer), self._left)
        self._file.seek(self._at)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        self._left -= len(data)
        return len(data)


def looks_like_zip(path: Path) -> bool:
    """Whether a file begins or ends as a zip does: by that, a bundle is told from a ledger.

    Programs that unpack a zip look for its end: one with something before it is a bundle that is malformed.
    """
    try:
        with path.open("rb") as file:
            if file.read(2) == b"PK":
                return True
            file.seek(-min(_END.size, path.stat().st_size), os.SEEK_END)
            return file.read(4) == b"PK\5\6"
    except OSError:
        return False


def _nobody(_: int) -> None:
    """Tell nobody how far it is."""


def _archive_files(file: BinaryIO, progress: Callable[[int], None]) -> dict[str, PackedFile]:
    length = file.seek(0, os.SEEK_END)
    if length > MAX_BYTES:
        raise MalformedBundle("the archive has 4 GiB or more; no bundle has")
    files: dict[str, PackedFile] = {}
    central: list[bytes] = []
    at, last = 0, b""
    file.seek(0)
    while (header := file.read(_LOCAL.size)).startswith(b"PK\3\4"):
        header = header.ljust(_LOCAL.size, b"\0")
        *_, crc, size, _, name_length, _ = _LOCAL.unpack(header)
        raw = file.read(name_length)
        begins = at + len(header) + len(raw)
        if not 1 <= len(raw) <= MAX_NAME or len(central) == MAX_FILES or begins + size > length:
            raise MalformedBundle(
                "the archive was cut short, or has more files or longer names than a bundle"
            )
        name = raw.decode(errors="surrogateescape")
        if header + raw != _local_header(raw, crc, size) or raw <= last:
            raise MalformedBundle(f"{name!a}: its header, or its place, is not the one that a bundle has")
        files[name] = PackedFile(size, _digest(file, size, progress), begins)
        central.append(_central_header(raw, crc, size, at))
        at, last = begins + size, raw
    expected = _end(central, at)
    file.seek(at)
    if length != at + len(expected) or file.read() != expected:
        raise MalformedBundle("the list of files at its end is not the one that a bundle has")
    return files


def _digest(file: BinaryIO, size: int, progress: Callable[[int], None]) -> str:
    """SHA-256 of the next bytes of a file."""
    digest, left = sha256(), size
    while left:
        piece = file.read(min(left, _BLOCK))
        if not piece:
            raise MalformedBundle("it was cut short while it was read")
        digest.update(piece)
        left -= len(piece)
        progress(len(piece))
    return digest.hexdigest()


def _folder_files(folder: Path) -> dict[str, PackedFile]:
    files: dict[str, PackedFile] = {}
    total = 0
    for name in sorted(_names_below(folder), key=os.fsencode):
        with _open_here(folder, name) as file:
            size = os.fstat(file.fileno()).st_size
            total += size
            if total > MAX_BYTES:
                raise MalformedBundle("the folder has 4 GiB or more; no bundle has")
            files[name] = PackedFile(size, _digest(file, size, _nobody), 0)
    return files


def _names_below(folder: Path) -> Iterator[str]:
    """Names of all files, as an archive has them; anything that is no file is refused."""
    waiting, count = [""], 0
    while waiting:
        at = waiting.pop()
        with os.scandir(folder / at) as entries:
            for entry in entries:
                count += 1
                name = FOLDER + at + entry.name
                mode = entry.stat(follow_symlinks=False).st_mode
                if count > MAX_FILES:
                    raise MalformedBundle("the folder has more files than a bundle")
                if stat.S_ISDIR(mode):
                    waiting.append(f"{at}{entry.name}/")
                elif stat.S_ISREG(mode):
                    yield name
                else:
                    raise MalformedBundle(f"{name!a}: is a link or a device; a bundle holds plain files only")


def _open_here(folder: Path, name: str) -> io.BufferedReader:
    path = folder / name.removeprefix(FOLDER)
    return open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")
