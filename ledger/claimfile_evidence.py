"""What a claim file says of evidence: copies attached, custody passed on, reliability assessed.

1. The members are those of `Case.attach_evidence`, `Case.transfer_custody` and `Case.assess_reliability`. The acts of
   a section are recorded in the order in which they stand there: the order of transfers says who had an item.
2. Copies are attached to, and custody is of, evidence items of the case only.
3. A grade on a scale that is known by name is one of that scale.
4. A copy that is at hand is held against the digests and sizes of its item. It is hashed, and neither read nor kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

from claimledger.events.entities import EvidenceItem
from claimledger.events.evidence import (
    CustodyTransferred,
    EvidenceAttached,
    ReliabilityAssessed,
    scale_problem,
)

from .claimfile_shapes import fields_of
from .claimfile_text import Node, Place, Scalar, Table, child
from .claimfile_values import BAD, Values

__all__ = ["check_evidence", "read_assessment", "read_attachment", "read_transfer"]


def read_attachment(
    values: Values, node: Node, path: str, entities: Mapping[str, Any], copies: Mapping[str, Path]
) -> Any:
    """Read that a copy of an item is held; `copies` are those at hand, for a digest that is still to be written."""
    table = values.table(node, path, "{item: ..., sha256: ...}")
    if table is None:
        return BAD
    fields = dict(fields_of(EvidenceAttached))
    item = table.members.get("item")
    copy = copies.get(item.text) if isinstance(item, Scalar) else None
    hashed = None if copy is None or "sha256" in table.members else _hashed(values, copy, table, path)
    if hashed is not None:
        values.problem(table, path, f'needs "sha256"; that of {copy} is {hashed[0]}')
        fields["sha256"] = replace(fields["sha256"], required=False)
    data = values.members(table, fields, path)
    is_of_item = _is_of_item(values, table, path, entities)
    if not is_of_item or not isinstance(data, dict) or hashed is not None:
        return BAD
    return values.body(EvidenceAttached, data, table, path)


def read_transfer(values: Values, node: Node, path: str, entities: Mapping[str, Any]) -> Any:
    """Read that an item went from one keeper to another."""
    table = values.table(node, path, "{item: ..., given_by: ..., received_by: ...}")
    data = BAD if table is None else values.members(table, fields_of(CustodyTransferred), path)
    if table is None or not _is_of_item(values, table, path, entities) or not isinstance(data, dict):
        return BAD
    return values.body(CustodyTransferred, data, table, path)


def read_assessment(values: Values, node: Node, path: str) -> Any:
    """Read how reliable somebody finds a claim, a source or an entity."""
    table = values.table(node, path, "{claim: ..., scale: admiralty, grade: B2, assessor: ...}")
    data = BAD if table is None else values.members(table, fields_of(ReliabilityAssessed), path)
    if table is None or not isinstance(data, dict):
        return BAD
    problem = scale_problem(data["scale"], data["grade"])
    if problem is not None:
        return values.problem(table.members["grade"], child(path, "grade"), problem)
    return values.body(ReliabilityAssessed, data, table, path)


def check_evidence(
    values: Values, copies: Mapping[str, Path], attached: Iterable[Any], places: Mapping[str, Place]
) -> None:
    """Hold each copy at hand against what the section ``evidence`` says of its item.

    Args:
        values: collects the problems.
        copies: name of an item to a copy of it.
        attached: the acts of the section in order, `BAD` for those that could not be read.
        places: where each stands.
    """
    acts = [(child("evidence", at), act) for at, act in enumerate(attached) if act is not BAD]
    for item, copy in copies.items():
        own = [(path, act) for path, act in acts if act.item == item]
        if not own:
            continue
        at, where = places[own[0][0]], own[0][0]
        hashed = _hashed(values, copy, at, where)
        if hashed is None:
            continue
        same = [(path, act) for path, act in own if act.sha256 == hashed[0]]
        if not same:
            values.problem(at, where, f"{copy} is not the copy that was attached: its SHA-256 is {hashed[0]}")
        for path, act in same:
            if act.size not in (None, hashed[1]):
                values.problem(places[path], child(path, "size"), f"{copy} has {hashed[1]} bytes")


def _is_of_item(values: Values, table: Table, path: str, entities: Mapping[str, Any]) -> bool:
    """Whether the act is of an evidence item; where its name could not be read, that is told already."""
    node = table.members.get("item")
    if not isinstance(node, Scalar):
        return False
    body = entities.get(node.text)
    if body is BAD:
        return False
    # Whatever is no entity of the case is of the shared register, which takes no items, or was told already.
    is_item = isinstance(body.entity, EvidenceItem) if body is not None else False
    if not is_item and (node.text in values.names.entities or node.text.startswith("shared:")):
        values.problem(
            node, child(path, "item"), "expected an evidence item, under entities as {item: what it is}"
        )
    return is_item


def _hashed(values: Values, copy: Path, at: Node | Place, path: str) -> tuple[str, int] | None:
    """Hex SHA-256 and size in bytes of a file; None, with the problem told, where it cannot be read."""
    try:
        with copy.open("rb") as file:
            return file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        values.problem(at, path, f"the copy {copy} cannot be read: {(error.strerror or 'error').lower()}")
        return None
