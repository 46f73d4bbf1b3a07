"""Pack a bundle: files collected beside the target, then written into one archive in their order, the same each time.

1. The target appears whole or not at all, readable by its owner alone. What is there already is not replaced.
2. What is collected meanwhile stands in files without a name in the target's folder, never in a common temporary
   folder: it may hold protected content.
3. Before the target appears it is verified as its recipient would; where something does not hold, nothing is handed
   out.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from claimledger.events.errors import InvalidInput, WrongBundle

from .bundle_files import (
    BAG_INFO,
    BAGIT,
    BAGIT_TXT,
    BUNDLE_JSON,
    MANIFEST,
    TAG_MANIFEST,
    Contents,
    Custody,
    folder_of,
    manifest,
)
from .bundle_report import BundleReport
from .bundle_verify import verify_bundle
from .bundle_zip import ArchiveWriter, PackedFile

__all__ = ["Packer"]

_BLOCK = 1 << 20


class Packer:
    """Collects the files of one bundle; a context manager, at the end of which nothing is left but what `finish` made.

    Args:
        target: the file to make.

    Raises:
        InvalidInput: something is there already.
    """

    def __init__(self, target: Path) -> None:
        if target.exists() or target.is_symlink():
            raise InvalidInput(f"{target}: something is there already; name another file")
        self._target = target
        self._stack = ExitStack()
        self._collected: dict[str, tuple[PackedFile, Callable[[], Iterable[bytes]]]] = {}

    def add(self, name: str, data: bytes) -> None:
        """Add a small file below ``data/``."""
        found = PackedFile(name, len(data), sha256(data).hexdigest(), 0)
        self._collected[name] = (found, lambda: (data,))

    def add_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """Add a file of lines, which may be many."""
        file = self.spool()
        for line in lines:
            file.write(line)
        self.add_spool(name, file)

    def spool(self) -> IO[bytes]:
        """A file without a name, to be filled and handed to `add_spool`.

        Raises:
            InvalidInput: the target's folder cannot be written.
        """
        try:
            return self._stack.enter_context(tempfile.TemporaryFile(dir=self._target.parent))
        except OSError as error:
            raise InvalidInput(f"{self._target}: cannot be written there: {error.strerror}") from None

    def add_spool(self, name: str, file: IO[bytes]) -> None:
        """Add what was written into a file of `spool`."""
        self.add_file(name, lambda: _pieces(file))

    def add_file(self, name: str, read: Callable[[], Iterable[bytes]]) -> PackedFile:
        """Add a file that can be read twice; it is read once now.

        Returns:
            What it is: its size and digest.
        """
        digest, size = sha256(), 0
        for piece in read():
            digest.update(piece)
            size += len(piece)
        found = PackedFile(name, size, digest.hexdigest(), 0)
        self._collected[name] = (found, read)
        return found

    def finish(self, contents: Contents, custody: Custody) -> BundleReport:
        """Write the bundle, and verify it.

        Args:
            contents: what it says it is.
            custody: who hands it over.

        Returns:
            What its recipient will find.

        Raises:
            WrongBundle: something in it does not hold; nothing was written.
            InvalidInput: it would be larger than a bundle may be, or cannot be written there.
        """
        self.add(BUNDLE_JSON, contents.to_bytes())
        payload = [found for found, _ in self._collected.values()]
        self.add(BAG_INFO, custody.info(contents.ledger, payload))
        self.add(BAGIT_TXT, BAGIT)
        self.add(MANIFEST, manifest(payload, ""))
        tags = [self._collected[name][0] for name in (BAG_INFO, BAGIT_TXT, MANIFEST)]
        self.add(TAG_MANIFEST, manifest(tags, ""))
        beside = self._target.with_name(f".{self._target.name}.{secrets.token_hex(4)}")
        try:
            with open(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
                archive = ArchiveWriter(file)
                for name in sorted(self._collected, key=str.encode):
                    archive.add(f"{folder_of(contents.ledger)}/{name}", self._collected[name][1]())
                archive.close()
                file.flush()
                os.fsync(file.fileno())
            report = verify_bundle(beside, pin=contents.ledger)
            wrong = [each for each in report.findings if each.is_wrong]
            if wrong:
                raise WrongBundle(
                    f"the bundle was not written, for it would not hold: {wrong[0]} [{wrong[0].code}]"
                )
            beside.replace(self._target)
        except OSError as error:
            raise InvalidInput(f"{self._target}: cannot be written: {error.strerror}") from None
        finally:
            beside.unlink(missing_ok=True)
        return report

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_BLOCK):
        yield piece
