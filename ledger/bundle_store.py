"""A bundle as a store: what was found to hold in it, in memory, so that a ledger can be read from it.

1. Only a bundle in which nothing is wrong becomes a store: it is verified first, and loaded in the same pass. Cases
   must be opened in it as a ledger opens them, or nobody could ask for them by their names.
2. Its log has gaps, for events of other cases are not there; each stream is whole, and linked as in any ledger.
3. Nothing is written to any disk: content that was given in confidence stays where it is. It takes memory, about twice
   the size of the bundle without its source documents: 44 MB for 10,000 records.
4. It is read only, for ever: what is in a bundle was said by others.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from claimledger.events.errors import NotSealed, ReadOnly, WrongBundle
from claimledger.events.event import Payload

from .audit_names import names_of
from .bundle_read import Bundle
from .bundle_report import BundleReport
from .bundle_verify import verify_bundle
from .register import shared_register
from .store import Store

__all__ = ["BundleStore"]

_AT_ONCE = 500


class BundleStore(Store):
    """The rows of one bundle; made by `load`."""

    is_sparse = True

    _key_stream = ""
    _withheld: dict[str, set[str]]
    _proofs: dict[int, tuple[bytes, ...]]
    _case_names: set[str]
    _strange: int | None
    _rows_waiting: list[tuple[object, ...]]
    _names_waiting: list[tuple[str, str, str, str]]
    _contents_waiting: list[tuple[int, str, bytes]]

    @classmethod
    def load(cls, place: str | os.PathLike[str], pin: str | None = None) -> tuple[BundleStore, BundleReport]:
        """Verify a bundle and make a store of it.

        Args:
            place: a zip, or the folder that was unpacked from one.
            pin: the ledger id that it must be of.

        Returns:
            The store, and what was found: nothing in it is wrong, but something may not have been checked.

        Raises:
            WrongBundle, MalformedBundle, CouldNotCheck: see `BundleReport.require_usable`.
            LedgerNotFound: nothing is there.
        """
        with Bundle.open(place) as bundle:
            store = cls.create("memory:")
            assert isinstance(store, cls)  # noqa: S101 - for type checkers; `create` makes what it is called on
            try:
                store.place = os.fspath(place)
                store._withheld, store._proofs = {}, {}
                store._case_names, store._strange = set(), None
                store._rows_waiting, store._names_waiting, store._contents_waiting = [], [], []
                report = verify_bundle(bundle, pin=pin, sink=store)
                report.require_usable(store.place)
                if store._strange is not None:
                    raise WrongBundle(
                        f"{store.place}: index {store._strange} opens a case, or a stream, as no ledger does: what is "
                        "here cannot be shown as cases, though every record is signed"
                    )
                store._write()
                note = bundle.checkpoint()
                if note is not None and report.size is not None:
                    store.keep_checkpoint(report.size, note)
                store._read_only = True
            except BaseException:
                store.close()
                raise
        return store, report

    def withheld(self, event_id: str) -> Collection[str]:
        """The slots of an event whose content was left out of the bundle on purpose."""
        return self._withheld.get(event_id, ())

    def proof_of(self, index: int) -> tuple[bytes, ...] | None:
        """The inclusion proof of an event at the checkpoint: a bundle holds these, and not the tree."""
        if index not in self._proofs:
            raise NotSealed(f"{self.place}: holds no proof that the log has an event at index {index}")
        return self._proofs[index]

    def check_usable(self, *, writing: bool = False) -> None:
        """Refuse use after close, after fork, and for writing."""
        if writing and self._read_only:
            raise ReadOnly(
                f"{self.place}: a bundle is read, never written; record in the ledger that it was made from"
            )
        super().check_usable(writing=writing)

    # As the sink of a verification

    def event(self, index: int, envelope: bytes, payload: Payload, leaf: str) -> None:
        """Take an event in."""
        if index == 0:
            self._key_stream = payload.stream
        if self._strange is None and not self._is_of_case(payload):
            self._strange = index
        self._rows_waiting.append(
            (index, payload.stream, payload.sequence, payload.type, envelope, leaf, payload.id)
        )
        self._names_waiting += [(*key, payload.id) for key in names_of(payload, self._key_stream)]
        if len(self._rows_waiting) >= _AT_ONCE:
            self._write()

    def proven(self, index: int, hashes: tuple[bytes, ...]) -> None:
        """Take in the proof of an event."""
        self._proofs[index] = hashes

    def disclosed(self, index: int, slot: str, content: bytes) -> None:
        """Take content of a slot in."""
        self._contents_waiting.append((index, slot, content))
        if len(self._contents_waiting) >= _AT_ONCE:
            self._write()

    def left_out(self, event: str, slot: str) -> None:
        """Take in that content was left out on purpose."""
        self._withheld.setdefault(event, set()).add(slot)

    def _is_of_case(self, payload: Payload) -> bool:
        """Whether it opens a case where one can be opened, once under its name, and nothing where none can."""
        opens = payload.type == "case.opened"
        may_open = payload.sequence == 1 and payload.stream not in (
            self._key_stream,
            shared_register(payload.ledger or ""),
        )
        name = payload.body.get("case")
        if not opens or not may_open:
            return opens == may_open
        is_new = isinstance(name, str) and name not in self._case_names
        self._case_names.add(str(name))
        return is_new

    def _write(self) -> None:
        # What comes twice is a finding, and then the store is dropped again.
        with self._writing() as cursor:
            self._insert(cursor, "events", 7, self._rows_waiting)
            self._insert(cursor, "names", 4, self._names_waiting)
            self._insert(cursor, "disclosures", 3, self._contents_waiting)
        self._rows_waiting, self._names_waiting, self._contents_waiting = [], [], []

    def _insert(self, cursor: Any, table: str, width: int, rows: list[Any]) -> None:
        marks = ",".join("?" * width)
        cursor.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)
