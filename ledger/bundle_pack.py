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

from .bundle_files import BAG_INFO, BAGIT, BAGIT_TXT, MANIFEST, TAG_MANIFEST, Custody, manifests
from .bundle_report import BundleReport
from .bundle_verify import verify_bundle
from .bundle_zip import ArchiveWriter

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
        self._read: dict[str, Callable[[], Iterable[bytes]]] = {}
        self._digests: dict[str, str] = {}
        self._bytes = 0

    def add(self, name: str, data: bytes) -> None:
        """Add a small file."""
        self.add_file(name, lambda: (data,))

    def __contains__(self, name: object) -> bool:
        """Whether a file of a name was added already."""
        return name in self._read

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

    def add_file(self, name: str, read: Callable[[], Iterable[bytes]]) -> str:
        """Add a file that can be read twice; it is read once now.

        Returns:
            Its digest.
        """
        digest = sha256()
        for piece in read():
            digest.update(piece)
            self._bytes += len(piece)
        self._read[name] = read
        self._digests[name] = digest.hexdigest()
        return self._digests[name]

    def finish(self, ledger: str, custody: Custody) -> BundleReport:
        """Write the bundle, and verify it.

        Args:
            ledger: the ledger id.
            custody: who hands it over.

        Returns:
            What its recipient will find.

        Raises:
            WrongBundle: something in it does not hold; nothing was written.
            InvalidInput: it would be larger than a bundle may be, or cannot be written there.
        """
        self.add(BAG_INFO, custody.info(ledger, self._bytes, len(self._read)))
        self.add(BAGIT_TXT, BAGIT)
        listed, tagged = manifests(self._digests)
        self.add(MANIFEST, listed)
        self.add(TAG_MANIFEST, tagged)
        beside = self._target.with_name(f".{self._target.name}.{secrets.token_hex(4)}")
        try:
            with open(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
                archive = ArchiveWriter(file)
                for name in sorted(self._read):
                    archive.add(name, self._read[name]())
                archive.close()
                file.flush()
                os.fsync(file.fileno())
            report = verify_bundle(beside, pin=ledger)
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
