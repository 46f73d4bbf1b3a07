"""What a claim file says for the recorder: judgements, same-as and their undoing, amendments and withdrawals.

1. A judgement is one verb between claims of the file or of the ledger: ``{claim: C27, contradicts: C29}``. ``under``
   names a `OneOf` and the candidate under which it holds.
2. A same-as that is taken back is named by its entities, since it has no name, with the reason for taking it back.
3. An amendment is the whole claim anew, with the reason; a withdrawal is the reason. Both name a claim that is
   recorded already, so that the file need not hold it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from claimledger.events.claims import ClaimAmended, ClaimWithdrawn
from claimledger.events.codes import problem_with
from claimledger.events.entities import OneOf
from claimledger.events.errors import InvalidValue
from claimledger.events.recorder_acts import ClaimsJudged, SameAsJudged

from .checks import check_not_apart
from .claimfile_claims import Claims
from .claimfile_shapes import Reference, Several, Words, fields_of
from .claimfile_text import Node, Scalar, Table, child
from .claimfile_values import BAD, Values, stand_in

__all__ = ["read_amendments", "read_judgement", "read_same_as", "read_undoing", "read_withdrawals"]


def read_judgement(values: Values, node: Node, path: str, entities: Mapping[str, Any]) -> Any:
    """Read a judgement on claims; `entities` are those of the case, for ``under``."""
    table = values.table(node, path, "{claim: C1, VERB: C2}")
    if table is None:
        return BAD
    verbs = [name for name in table.keys if name not in ("claim", "under", "note")]
    if len(verbs) != 1 or "claim" not in table.members:
        expected = 'needs "claim" and one verb, such as {claim: C1, contradicts: C2}'
        return values.problem(table, path, f"{expected} (codes: claimledger schema --codes verb)")
    verb = verbs[0]
    data: dict[str, Any] = {"verb": verb}
    if problem := problem_with("verb", verb):
        data["verb"] = values.problem(table.keys[verb], child(path, verb), problem)
    for name, member in (("claims", "claim"), ("of", verb)):
        if (given := table.members.get(member)) is not None:
            data[name] = values.read(given, Several(Reference("claim")), child(path, member))
    if "under" in table.members:
        data["under"] = _under(values, table.members["under"], child(path, "under"), entities)
    if "note" in table.members:
        data["note"] = values.read(table.members["note"], Words(longest=8000), child(path, "note"))
    if BAD in data.values():
        return BAD
    return values.body(ClaimsJudged, data, table, path)


def read_same_as(values: Values, node: Node, path: str, entities: Mapping[str, Any]) -> Any:
    """Read a judgement that names mean one entity; `entities` are those of the case, which may say that they differ."""
    table = values.table(node, path, "{entities: [a, b], because: ...}")
    data = BAD if table is None else values.members(table, fields_of(SameAsJudged), path)
    body = values.body(SameAsJudged, data, node, path) if isinstance(data, dict) else BAD
    if isinstance(body, SameAsJudged):
        known = {name: found.entity for name, found in entities.items() if found is not BAD}
        try:
            check_not_apart(body.entities, known.get)
        except InvalidValue as error:
            return values.problem(node, child(path, "entities"), str(error))
    return body


def read_undoing(values: Values, node: Node, path: str) -> Any:
    """Read which same-as is taken back: its entities, with the reason for that in the place of its own."""
    table = values.table(node, path, "{entities: [a, b], because: ...}, the names of a same-as")
    data = BAD if table is None else values.members(table, fields_of(SameAsJudged), path)
    return values.body(SameAsJudged, data, node, path) if isinstance(data, dict) else BAD


def read_amendments(values: Values, section: Table, claims: Claims) -> Iterator[tuple[str, Any]]:
    """Read the amendments that can be read, each with the name of its claim."""
    for ref, node in section.members.items():
        path = child("amend", ref)
        table = values.table(node, path, "because, and the whole claim anew")
        if table is None or not values.name(ref, node, path):
            continue
        because = table.members.get("because")
        if because is None:
            values.problem(table, path, 'needs "because": why the record was wrong')
            reason = BAD
        else:
            reason = values.read(because, Words(longest=8000), child(path, "because"))
        kept = {name: place for name, place in table.keys.items() if name != "because"}
        claim = Table({k: v for k, v in table.members.items() if k in kept}, kept, table.place)
        content = claims.content(claim, path)
        if content is not BAD and reason is not BAD:
            data = {**content, "amends": stand_in(ref), "because": reason}
            yield ref, values.body(ClaimAmended, data, table, path)


def read_withdrawals(values: Values, section: Table) -> Iterator[tuple[str, Any]]:
    """Read the withdrawals that can be read, each with the name of its claim."""
    for ref, node in section.members.items():
        path = child("withdraw", ref)
        reason = values.read(node, Words(longest=8000), path)
        if values.name(ref, node, path) and reason is not BAD:
            data = {"withdraws": stand_in(ref), "because": reason}
            yield ref, values.body(ClaimWithdrawn, data, node, path)


def _under(values: Values, node: Node, path: str, entities: Mapping[str, Any]) -> Any:
    table = values.table(node, path, "a table of one_of: candidate")
    under: dict[str, Any] = {}
    for name, value in table.members.items() if table is not None else ():
        at = child(path, name)
        body = entities.get(name)
        candidate = values.reference(value, "entity", at)
        if body is None:
            named = values.reference(Scalar(name, table.keys[name]), "entity", at) if table else BAD
            under[name] = BAD if named is BAD else values.problem(value, at, f'"{name}" is no one_of')
        elif body is BAD or candidate is BAD:
            under[name] = BAD
        elif not isinstance(body.entity, OneOf):
            under[name] = values.problem(value, at, f'"{name}" is no one_of')
        elif candidate not in body.entity.one_of:
            message = f'expected a candidate of "{name}": {" or ".join(body.entity.one_of)}'
            under[name] = values.problem(value, at, message)
        else:
            under[name] = candidate
    return BAD if BAD in under.values() or not under else under
