"""The JSON Schema of claim files, and the code lists: what editors complete and check while one writes.

1. The schema (JSON Schema, draft 2020-12) is made from the same shapes by which claim files are read, kinds of
   one's own included. What `lint` accepts fits the schema, but for members that are null and so not there.
2. It is laxer than `lint`: it knows no names of the file, no dates, no offsets, and not which members need others.
3. Editors hand YAML over typed, so that where a text is wanted a bare number, date or truth value is let pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from claimledger.events.claims import ClaimRecorded, Relay, Voice
from claimledger.events.codes import CODES, codes_of, listings
from claimledger.events.dates import When
from claimledger.events.entities import OneOf, Protectable
from claimledger.events.errors import UnknownName
from claimledger.events.evidence import CustodyTransferred, EvidenceAttached, ReliabilityAssessed
from claimledger.events.kinds import Attribute, Kind, NoAnswer, Relation, kinds
from claimledger.events.quantities import Quantity
from claimledger.events.recorder_acts import SameAsJudged
from claimledger.events.sources import Source, TextQuote
from claimledger.events.values import SHARED

from .checks import did_you_mean
from .claimfile import SECTIONS
from .claimfile_claims import CAME, SPEECH
from .claimfile_entities import PROTECTED, TYPE_WORDS, UNWRITTEN
from .claimfile_shapes import (
    AnyOf,
    Choice,
    Code,
    Field,
    Keyed,
    Record,
    Reference,
    Several,
    Shape,
    Truth,
    Whole,
    Words,
    fields_of,
)

__all__ = ["claim_file_schema", "codes"]

Schema: TypeAlias = dict[str, Any]

_NAME: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_OWN_CODE: Final = r"^[a-z0-9][a-z0-9.-]*:[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$"
_LARGE: Final = 200
_OFFSETS: Final = "^[0-9]{1,9}-[0-9]{1,9}$"


def codes(listing: str) -> Mapping[str, str]:
    """A code list: code to meaning.

    Args:
        listing: its name, such as ``cause``.

    Raises:
        UnknownName: there is no such list; the message names all of them.
    """
    found = codes_of(listing)
    if found is None:
        near = did_you_mean(listing, listings(), cutoff=0.75)
        raise UnknownName(f'no code list "{listing}"{near} (the lists: {", ".join(listings())})')
    return found


def claim_file_schema() -> Schema:
    """The JSON Schema of claim files, of all kinds that are registered now.

    Returns:
        A schema of draft 2020-12, ready for `json.dumps`.
    """
    content = fields_of(ClaimRecorded)
    sections: dict[str, Schema] = {
        "claimledger": {"enum": [1, "1"], "description": "The version of the format."},
        "case": _table({"id": _ref("name"), "title": _ref("text")}, required=("id", "title")),
        "sources": _named(_source()),
        "shared": _named(_entity(word for word, cls in TYPE_WORDS.items() if cls.SHAREABLE)),
        "entities": _named(_entity(TYPE_WORDS)),
        "statements": _named(_table(_fields(fields_of(Voice), SPEECH), required=("asserter",))),
        "defaults": _table({"source": _ref("name"), **_voice()}),
        "claims": _named(_ref("claim")),
        "judgements": _judgements(),
        "same_as": _listed(_table(_fields(fields_of(SameAsJudged)), required=("entities",))),
        "undo_same_as": _listed(_table(_fields(fields_of(SameAsJudged)), required=("entities",))),
        "evidence": _listed(_schema(Record(EvidenceAttached))),
        "custody": _listed(_schema(Record(CustodyTransferred))),
        "reliability": _listed(_schema(Record(ReliabilityAssessed))),
        "amend": _named(_ref("amendment")),
        "withdraw": _named(_ref("text")),
    }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "claimledger claim file",
        "type": "object",
        "properties": {name: sections[name] for name in SECTIONS},
        "required": ["claimledger", "case"],
        "additionalProperties": False,
        "$defs": {
            "name": {"type": ["string", "number"], "pattern": _NAME},
            "entity": {"type": ["string", "number"], "pattern": f"^({SHARED})?{_NAME[1:]}"},
            "text": {"type": ["string", "number", "boolean"], "minLength": 1},
            "date": {
                "type": ["string", "integer"],
                "minLength": 1,
                "description": "EDTF",
            },
            "quantity": {
                "type": ["string", "number"],
                "minLength": 1,
                "description": "6, at least 8",
            },
            **{f"{listing}-code": _code(listing) for listing in listings()},
            "relay": _relay(),
            "claim": {"anyOf": [_claim(cls, content) for cls in kinds.values()]},
            "amendment": {"anyOf": [_claim(cls, content, ("because",)) for cls in kinds.values()]},
        },
    }
    return _shared(whole)


def _shared(schema: Schema) -> Schema:
    """The same schema, each larger part that occurs more than once written once, under ``$defs``."""
    seen: dict[str, int] = {}

    def count(part: Any) -> None:
        if isinstance(part, (dict, list)):
            text = json.dumps(part, sort_keys=True)
            seen[text] = seen.get(text, 0) + 1
            if seen[text] == 1:
                for inner in part.values() if isinstance(part, dict) else part:
                    count(inner)

    count(schema)
    is_schema = {"anyOf", "type"}
    repeated = [text for text, times in seen.items() if times > 1 and len(text) > _LARGE and text[0] == "{"]
    names = {
        text: f"part-{number}"
        for number, text in enumerate(repeated, 1)
        if is_schema & json.loads(text).keys()
    }

    def written(part: Any, *, whole: bool = False) -> Any:
        if isinstance(part, list):
            return [written(inner) for inner in part]
        if not isinstance(part, dict):
            return part
        name = None if whole else names.get(json.dumps(part, sort_keys=True))
        return {key: written(inner) for key, inner in part.items()} if name is None else _ref(name)

    parts = {name: written(json.loads(text), whole=True) for text, name in names.items()}
    result: Schema = written(schema, whole=True)
    return {**result, "$defs": {**result["$defs"], **parts}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _table(members: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    table: Schema = {"type": "object", "properties": dict(members), "additionalProperties": False}
    return {**table, "required": list(required)} if required else table


def _named(item: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": _NAME}, "additionalProperties": item}


def _listed(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _code(listing: str) -> Schema:
    own: list[Schema] = [] if listing == "verb" else [{"type": "string", "pattern": _OWN_CODE}]
    return {"anyOf": [{"enum": list(codes_of(listing) or ())}, *own]}


def _schema(shape: Shape) -> Schema:
    """What fits a shape."""
    match shape:
        case Words(pattern=pattern):
            return _ref("text") if pattern is None else {"type": ["string", "number"], "pattern": pattern}
        case Reference(what):
            return _ref("entity" if what == "entity" else "name")
        case Code(listing):
            return _ref(f"{listing}-code") if codes_of(listing) else _ref("text")
        case Choice(words):
            return {"enum": list(words)}
        case Truth():
            return {"type": "boolean"}
        case Whole():
            return {"type": "integer", "minimum": 0}
        case Several(item):
            return _one_or_more(_schema(item))
        case Keyed(item):
            return {"type": "object", "additionalProperties": _schema(item)}
        case AnyOf(options):
            return {"anyOf": [_schema(option) for option in options]}
        case Record(model=model, bare=bare):
            table = _table(
                _fields(shape.fields), [name for name, each in shape.fields.items() if each.required]
            )
            if bare is None:
                return table
            short: dict[type[BaseModel], dict[str, Any]] = {When: _ref("date"), Quantity: _ref("quantity")}
            plain = short.get(model) or _schema(bare)
            return {"anyOf": [plain, table]}
    return {}


def _fields(fields: Mapping[str, Field], names: Iterable[str] | None = None) -> dict[str, Schema]:
    return {name: _schema(fields[name].shape) for name in (fields if names is None else names)}


def _source() -> Schema:
    words = {"type": "string", "pattern": _OFFSETS}
    excluded = _table({"words": words, "because": _ref("text")}, required=("words", "because"))
    fields = {**_fields(fields_of(Source)), "excluded": _one_or_more(excluded)}
    del fields["handle"]
    plain = {name: shape for name, shape in fields.items() if name != "label"}
    return {
        "anyOf": [
            _table({**plain, "protected": {"const": False}}, required=("title",)),
            _table({**fields, "protected": {"const": True}}, required=("protected",)),
        ]
    }


def _entity(words: Iterable[str]) -> Schema:
    options = []
    for word in words:
        cls = TYPE_WORDS[word]
        own = [name for name in fields_of(cls) if name not in UNWRITTEN and name not in PROTECTED]
        members = _fields(fields_of(cls), own)
        if cls is OneOf:
            options.append(_table({**members, "label": _ref("text")}, required=("one_of", "label")))
            continue
        options.append(_table({**members, word: _ref("text")}, required=(word,)))
        if issubclass(cls, Protectable):
            secret = {**members, **_fields(fields_of(cls), PROTECTED), "label": _ref("text")}
            options.append(_table({**secret, word: {"const": "protected"}}, required=(word,)))
    return {"anyOf": options}


def _relay() -> Schema:
    full = _table(_fields(fields_of(Relay)), required=("by",))
    with_verb = {**_named(_ref("text")), "minProperties": 1, "maxProperties": 1}
    with_verb["propertyNames"] = _ref("entity")
    return {"anyOf": [_ref("entity"), full, with_verb]}


def _voice() -> dict[str, Schema]:
    return {
        **_fields(fields_of(Voice), SPEECH),
        "statement": _ref("name"),
        "relays": _one_or_more(_ref("relay")),
    }


def _claim(cls: type[Kind], content: Mapping[str, Field], further: Iterable[str] = ()) -> Schema:
    """A claim of one kind: how it came, and the kind's own fields, which win over members of the same name."""
    quote = {"anyOf": [_ref("text"), _schema(Record(TextQuote))]}
    readings = {"type": "array", "items": _table(_voice()), "minItems": 2}
    came: dict[str, Schema] = {
        **_voice(),
        **_fields(content, CAME),
        "undecided": readings,
        "source": _ref("name"),
        "words": {"type": "string", "pattern": _OFFSETS},
        "quote": quote,
        "based_on": _one_or_more(
            {"anyOf": [_ref("entity"), _table({"claim": _ref("name"), "item": _ref("entity")})]}
        ),
    }
    fields = fields_of(cls)
    subject = "property" if cls is NoAnswer else cls.SUBJECT
    own = _fields(fields, [name for name in fields if name != subject])
    required = [name for name, member in fields.items() if member.required and name != subject]
    value = _schema(fields[subject].shape)
    if cls is Relation:
        pair = _schema(fields["b"].shape)
        value = {"anyOf": [value, {"type": "array", "items": pair, "minItems": 2, "maxItems": 2}]}
        required.remove("b")
    members = {**came, **{name: _ref("text") for name in further}, **own, cls.KIND: value}
    table = _table(members, required=(cls.KIND, *required, *further))
    if cls is Attribute:
        table = {**table, "anyOf": [{"required": ["value"]}, {"required": ["details"]}]}
    return {"description": (cls.__doc__ or cls.KIND).partition("\n")[0], **table}


def _judgements() -> Schema:
    names = _one_or_more(_ref("name"))
    members: dict[str, Schema] = {
        "claim": names,
        "under": {
            "type": "object",
            "propertyNames": {"pattern": _NAME},
            "additionalProperties": _ref("entity"),
        },
        "note": _ref("text"),
    }
    verbs = {verb: {**names, "description": meaning} for verb, meaning in CODES["verb"].items()}
    one_verb = {"oneOf": [{"required": [verb]} for verb in verbs]}
    return _listed({**_table({**members, **verbs}, required=("claim",)), **one_verb})
