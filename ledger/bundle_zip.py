"""The archive of a bundle: a zip in its one spelling, and what is refused of any other before a byte of it is
believed.

1. Files are stored, never compressed; names ascend; every header has the one form that `docs/spec/6-bundles.md`
   gives; no byte stands between, before or after. Nothing can hide, and nothing is larger inside than outside.
2. What is made to do harm when it is unpacked is refused as such (`UnsafeBundle`): names that lead out of the folder,
   links, devices, repeated names, compressed files, sizes that are not there. All else that is not in the form is
   `MalformedBundle`. Both are found from headers alone, in memory that is bounded by the number of files.
3. Nothing is ever unpacked here: files are read where they stand.
4. A folder into which a bundle was unpacked is read as well, without following any link.

Format: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16, narrowed. Compression is left out since its bytes
differ between releases of zlib: the same bundle must have the same bytes everywhere.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from claimledger.events.errors import InvalidInput, LedgerNotFound, MalformedBundle, UnsafeBundle

__all__ = ["MAX_BYTES", "MAX_FILES", "MAX_NAME", "Archive", "ArchiveWriter", "PackedFile", "looks_like_zip"]

MAX_BYTES: Final = 2**32 - 1
MAX_FILES: Final = 10_000
MAX_NAME: Final = 200
"""Bytes of the longest name of a file."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION, _MADE_BY, _DATE, _MODE = 20, 788, 33, 0o100644 << 16
_BLOCK: Final = 1 << 20
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]").search
_DRIVE: Final = re.compile(r"[A-Za-z]:").match
_KINDS: Final = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a bundle, whose bytes were read once.

    Attributes:
        name: with the folder that all names begin with, and ``/`` between.
        size: in bytes.
        digest: SHA-256 of its bytes, 64 hex digits.
        offset: where its bytes begin in the archive; 0 in a folder.
    """

    name: str
    size: int
    digest: str
    offset: int


def _local_header(name: bytes, crc: int, size: int) -> bytes:
    fields = (b"PK\3\4", _VERSION, 0, 0, 0, _DATE, crc, size, size, len(name), 0)
    return _LOCAL.pack(*fields) + name


def _central_header(name: bytes, crc: int, size: int, offset: int) -> bytes:
    fields = (
        b"PK\1\2",
        _MADE_BY,
        _VERSION,
        0,
        0,
        0,
        _DATE,
        crc,
        size,
        size,
        len(name),
        0,
        0,
        0,
        0,
        _MODE,
        offset,
    )
    return _CENTRAL.pack(*fields) + name


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
            name: comes after all names that were added before.
            content: its bytes, in pieces of any length.

        Raises:
            InvalidInput: the archive would be larger than any may be.
        """
        raw = name.encode()
        if raw <= self._last or len(raw) > MAX_NAME or len(self._central) == MAX_FILES:
            raise InvalidInput(f"{name}: a bundle has at most {MAX_FILES} files, in the order of their names")
        self._last = raw
        offset = self._file.tell()
        self._file.write(_local_header(raw, 0, 0))
        crc = size = 0
        for piece in content:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if offset + size > MAX_BYTES:
                raise InvalidInput("a bundle is smaller than 4 GiB: give fewer cases or source files")
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
        start, headers, count = self._file.tell(), b"".join(self._central), len(self._central)
        if start + len(headers) + _END.size > MAX_BYTES:
            raise InvalidInput("a bundle is smaller than 4 GiB: give fewer cases or source files")
        self._file.write(headers)
        self._file.write(_END.pack(b"PK\5\6", 0, 0, count, count, len(headers), start, 0))


class Archive:
    """The files of a bundle, each read once and found whole; made by `open`.

    Attributes:
        path: where it is.
        files: every file, by its name, in the order of the names.
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
            UnsafeBundle: it is made to do harm.
            MalformedBundle: it is no bundle, or not whole.
        """
        try:
            if path.is_dir():
                return cls(path, _folder_files(path), None)
            file = path.open("rb")
        except OSError as error:
            raise LedgerNotFound(f"{path}: cannot be read: {error.strerror}") from None
        try:
            return cls(path, _archive_files(file, progress or _nobody), file)
        except OSError as error:
            file.close()
            raise LedgerNotFound(f"{path}: cannot be read: {error.strerror}") from None
        except BaseException:
            file.close()
            raise

    def open_file(self, name: str) -> io.BufferedReader:
        """Open a file of the bundle for reading.

        Args:
            name: one of `files`.
        """
        found = self.files[name]
        if self._archive is None:
            return open(_open_here(self.path.parent, name), "rb")
        return io.BufferedReader(_Window(self._archive, found.offset, found.size), 1 << 16)

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a small file.

        Raises:
            MalformedBundle: it is longer than the limit.
        """
        if self.files[name].size > limit:
            raise MalformedBundle(f"{name}: {self.files[name].size} bytes, where at most {limit} are read")
        with self.open_file(name) as file:
            return file.read(limit)

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
    if length < _END.size:
        raise MalformedBundle("no zip archive, or one that was cut short")
    file.seek(length - _END.size)
    end = file.read(_END.size)
    magic, _, _, _, count, central_length, central_at, _ = _END.unpack(end)
    if magic != b"PK\5\6":
        raise MalformedBundle("its end is not that of a bundle: it was cut short, or something was added")
    if count > MAX_FILES:
        raise UnsafeBundle(f"it says that it holds more than {MAX_FILES} files")
    if central_at + central_length + _END.size > length:
        raise UnsafeBundle("it declares sizes that are larger than the whole archive")
    if central_at + central_length + _END.size != length or central_length > count * (
        _CENTRAL.size + MAX_NAME
    ):
        raise MalformedBundle(
            "there is something between the parts of the archive that belongs to none of them"
        )
    file.seek(central_at)
    found = list(_central_headers(file.read(central_length), count))
    _refuse_the_dangerous(found, central_at)
    files, at = {}, 0
    headers = []
    for name, crc, size, _ in sorted(found, key=lambda each: each[3]):
        header = _local_header(name, crc, size)
        file.seek(at)
        if file.read(len(header)) != header:
            raise MalformedBundle(f"{name.decode()}: its header is not the one that a bundle has")
        headers.append(_central_header(name, crc, size, at))
        at += len(header)
        digest, counted = _digest(file, size, at, progress)
        if counted != crc:
            raise MalformedBundle(f"{name.decode()}: its bytes do not fit their check sum; it was damaged")
        files[name.decode()] = PackedFile(name.decode(), size, digest, at)
        at += size
    expected = b"".join(headers) + _END.pack(b"PK\5\6", 0, 0, count, count, central_length, central_at, 0)
    file.seek(central_at)
    if at != central_at or file.read() != expected or list(files) != sorted(files, key=str.encode):
        raise MalformedBundle("the list of files at its end is not the one that a bundle has")
    return files


def _central_headers(data: bytes, count: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, CRC-32, size and offset of each file; what no bundle may have is refused on the way."""
    at = 0
    for _ in range(count):
        if len(data) - at < _CENTRAL.size:
            raise MalformedBundle("the list of files at its end was cut short")
        (magic, _, _, flags, method, _, _, crc, packed, size, name_length, extra, comment, _, _, external, offset) = (
            _CENTRAL.unpack_from(data, at)
        )  # fmt: skip
        name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_length]
        if magic != b"PK\1\2" or len(name) != name_length:
            raise MalformedBundle("the list of files at its end is damaged")
        at += _CENTRAL.size + name_length + extra + comment
        text = _safe_name(name)
        kind = _KINDS.get(stat.S_IFMT(external >> 16))
        if kind is not None or text.endswith("/"):
            raise UnsafeBundle(f"{text}: is {kind or 'a folder'}; a bundle holds plain files only")
        if flags & 1:
            raise UnsafeBundle(f"{text}: is encrypted")
        if method:
            raise UnsafeBundle(f"{text}: is compressed; it could be larger inside than outside")
        if packed != size:
            raise UnsafeBundle(f"{text}: declares another size than it has")
        yield name, crc, size, offset
    if at != len(data):
        raise MalformedBundle("the list of files at its end is longer than it says")


def _safe_name(raw: bytes) -> str:
    """The name of a file, if it leads nowhere but into the folder of the bundle."""
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise UnsafeBundle("a name of a file is not ASCII; no bundle has such a name") from None
    shown = repr(name[:MAX_NAME])
    if _CONTROL(name):
        raise UnsafeBundle(f"{shown}: a name with control characters")
    if name.startswith("/") or "\\" in name or _DRIVE(name):
        raise UnsafeBundle(f"{shown}: a name that leads out of the folder it is unpacked into")
    parts = name.removesuffix("/").split("/")
    if ".." in parts or "." in parts or "" in parts:
        raise UnsafeBundle(f"{shown}: a name that leads out of the folder it is unpacked into")
    if len(raw) > MAX_NAME:
        raise MalformedBundle(f"{shown}: a name of {len(raw)} bytes; at most {MAX_NAME} are read")
    return name


def _refuse_the_dangerous(found: list[tuple[bytes, int, int, int]], end: int) -> None:
    seen: dict[str, str] = {}
    for raw, _, size, offset in found:
        name = raw.decode()
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise UnsafeBundle(f"{name}: differs from {other} in upper and lower case only")
        if offset + _LOCAL.size + len(raw) + size > end:
            raise UnsafeBundle(f"{name}: declares more bytes than the archive has")
    if len(seen) != len(found):
        raise UnsafeBundle("two files have the same name")


def _digest(file: BinaryIO, size: int, at: int, progress: Callable[[int], None]) -> tuple[str, int]:
    digest, crc, left = sha256(), 0, size
    file.seek(at)
    while left:
        piece = file.read(min(left, _BLOCK))
        if not piece:
            raise MalformedBundle("the archive was cut short")
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
        left -= len(piece)
        progress(len(piece))
    return digest.hexdigest(), crc


def _folder_files(folder: Path) -> dict[str, PackedFile]:
    folder = folder.resolve()
    names: list[str] = []
    waiting = [folder.name]
    while waiting:
        at = waiting.pop()
        with os.scandir(folder.parent / at) as entries:
            for entry in entries:
                name = f"{at}/{entry.name}"
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.append(name)
                elif stat.S_ISREG(mode):
                    names.append(name)
                else:
                    kind = _KINDS.get(stat.S_IFMT(mode), "no file")
                    raise UnsafeBundle(f"{name!r}: is {kind}; a bundle holds plain files only")
                if len(names) + len(waiting) > MAX_FILES:
                    raise UnsafeBundle(f"it holds more than {MAX_FILES} files")
    files = {}
    for name in sorted(names, key=os.fsencode):
        with open(_open_here(folder.parent, name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise MalformedBundle(f"{name!r}: has 4 GiB or more; no file of a bundle has")
            digest, _ = _digest(file, size, 0, _nobody)
        files[name] = PackedFile(name, size, digest, 0)
    return files


def _open_here(parent: Path, name: str) -> int:
    return os.open(parent / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
