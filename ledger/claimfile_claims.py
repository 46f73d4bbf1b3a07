"""The claims of a claim file: which kind, which fields, whose voice, read where.

1. One key of a claim names its kind, and its value fills the kind's subject. Every other key is a field of the
   kind, or says how the claim came; a name that is both belongs to the kind.
2. A voice is one piece. A claim that names a speaker (`asserter`, `statement` or `undecided`) takes nothing from
   the speaker of the defaults; beside the default speaker it may state its own time, institution or relays.
3. `statement` gives the asserter, the institution and the time of the speech act; what a claim repeats of them must
   agree.
4. Offsets lie inside the source and outside its excluded parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from claimledger.events.claims import ClaimRecorded, Relay, Voice
from claimledger.events.dates import When
from claimledger.events.kinds import Attribute, Kind, NoAnswer, Relation, kinds
from claimledger.events.sources import TextQuote
from claimledger.events.values import Locator

from .checks import did_you_mean, protected_gap
from .claimfile_shapes import Field, Record, fields_of
from .claimfile_text import Listing, Node, Scalar, Table, child
from .claimfile_values import BAD, Values
from .claimfile_words import codes_hint, with_article

__all__ = ["CAME", "Claims", "SPEECH", "VOICE", "read_words"]

SPEECH: Final = ("asserter", "on_behalf_of", "asserted_at")
VOICE: Final = (*SPEECH, "statement", "relays")
CAME: Final = ("polarity", "strength", "hedges", "standard_of_proof", "basis")
CLAIM: Final = (*VOICE, "undecided", *CAME, "source", "words", "quote", "based_on")

_CONTENT: Final = fields_of(ClaimRecorded)
_VOICE: Final = fields_of(Voice)
_WORDS: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_PHRASES: Final = {
    "shows": 'a "shows" claim',
    "no_answer": 'a "no_answer" claim',
    "general": "a general claim",
    "cause_of_death": "a cause of death",
}


def read_words(values: Values, node: Node, path: str) -> Any:
    """Read ``1837-1991`` into a `Locator`; `BAD` when it is none."""
    found = _WORDS.fullmatch(node.text) if isinstance(node, Scalar) else None
    if found is None:
        return values.problem(
            node, path, "expected two offsets in code points, such as 1837-1991, end exclusive"
        )
    return values.validate(Locator, {"start": int(found[1]), "end": int(found[2])}, node, path)


@dataclass(slots=True)
class Claims:
    """Reads claims; knows the sources, statements and defaults of the file.

    Attributes:
        values: reads single values, and collects the problems.
        excluded: the parts of each source that are no evidence.
        statements: the statements that could be read, as members of `Voice`; None for those that could not.
        texts: the decoded text of each source of which a copy is at hand.
        default_source: the source for claims that name none; `BAD` when it could not be read.
        default_voice: members of `Voice` for claims that name no speaker; `BAD` when they could not be read.
        default_relays: relays for every claim without its own, where the defaults name no speaker.
    """

    values: Values
    excluded: Mapping[str, Sequence[Locator]] = field(default_factory=dict)
    statements: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    default_source: Any = None
    default_voice: Any = None
    default_relays: Any = None

    def set_defaults(self, table: Table, path: str) -> None:
        """Read the section ``defaults``."""
        self.values.known(table, ("source", *VOICE), path)
        source = table.members.get("source")
        if source is not None:
            name = self.values.reference(source, "source", child(path, "source"))
            self.default_source = name
        if "asserter" in table.members or "statement" in table.members:
            self.default_voice = self._voice(table, path, None)
            return
        for name in ("on_behalf_of", "asserted_at"):
            if name in table.members:
                message = "defaults hold this only beside the asserter or statement that it belongs to"
                self.default_voice = self.values.problem(table.keys[name], child(path, name), message)
        if "relays" in table.members:
            self.default_relays = self._relays(table.members["relays"], child(path, "relays"))

    def content(self, table: Table, path: str) -> Any:
        """Read a claim into the members of `ClaimRecorded` (without ref); `BAD` when it cannot be read."""
        values = self.values
        cls = self._kind(table, path)
        own = fields_of(cls) if cls is not None else {}
        if cls is None:
            # Without its kind only what every claim has can be read; other keys may be right or wrong.
            claim: Any = BAD
        else:
            claim = self._claim(cls, table, path)
        came = {name: node for name, node in table.members.items() if name in CLAIM and name not in own}
        content: dict[str, Any] = {"claim": claim, "voice": self._voices(table, came, path)}
        for name in CAME:
            if name in came:
                content[name] = values.read(came[name], _CONTENT[name].shape, child(path, name))
        content["source"] = self._source(came, path)
        if "words" in came:
            content["locator"] = self._locator(came["words"], content["source"], child(path, "words"))
        if "quote" in came:
            content["quote"] = self._quote(came["quote"], child(path, "quote"))
        if "based_on" in came:
            content["based_on"] = self._based_on(came["based_on"], child(path, "based_on"))
        return BAD if BAD in content.values() else content

    def _kind(self, table: Table, path: str) -> type[Kind] | None:
        """The kind of a claim, by the one key that names it."""
        place = table.keys
        named = [name for name in table.keys if name in kinds]
        if len(named) > 1:
            # `act` names a kind and is a field of `reason`: the kind of which the others are fields is meant.
            named = [
                name for name in named if all(one == name or one in kinds[name].model_fields for one in named)
            ] or named
        if len(named) == 1:
            return kinds[named[0]]
        if named:
            message = (
                f"names more than one kind ({', '.join(named)}); a text that says two things is two claims"
            )
            self.values.problem(place[named[1]], path, message)
            return None
        for name in table.keys:
            if "." in name:
                own = [kind for kind in kinds if "." in kind]
                todo = did_you_mean(name, own, cutoff=0.8) or "; install the package that brings it"
                message = f'no kind of claim "{name}" is known here{todo}'
                self.values.problem(place[name], child(path, name), message)
                return None
        strangers = [name for name in table.keys if name not in CLAIM]
        guesses = (did_you_mean(name, kinds) for name in strangers)
        guess = next(filter(None, guesses), "") or f"; expected one of {', '.join(kinds)}"
        self.values.problem(table, path, f"names no kind of claim{guess}")
        return None

    def _claim(self, cls: type[Kind], table: Table, path: str) -> Any:
        values, fields = self.values, fields_of(cls)
        given: dict[str, tuple[Node, str]] = {}
        subject = table.members.get(cls.KIND)
        filled = "property" if cls is NoAnswer else cls.SUBJECT
        good = True
        if subject is not None:
            at = child(path, cls.KIND)
            if cls is Relation and isinstance(subject, Listing):
                if len(subject.items) == 2:
                    given["a"], given["b"] = ((item, child(at, i)) for i, item in enumerate(subject.items))
                else:
                    values.problem(subject, at, "expected two entities, [a, b]")
                    good = False
            else:
                given[filled] = (subject, at)
        for name, node in table.members.items():
            if name == cls.KIND:
                continue
            if name in given or (name == filled and name in fields):
                values.problem(table.keys[name], child(path, name), f'stands under "{cls.KIND}" already')
                good = False
            elif name in fields:
                given[name] = (node, child(path, name))
        allowed = (cls.KIND, *(name for name in fields if name != filled), *CLAIM)
        for name in table.keys:
            if name not in allowed and name not in fields:
                own = ", ".join(field for field in fields if field != filled)
                guess = did_you_mean(name, allowed, cutoff=0.7) or f"; it has {own}, and what every claim has"
                values.problem(
                    table.keys[name], child(path, name), f"{phrase(cls)} has no such member{guess}"
                )
                good = False
        good = self._is_complete(cls, fields, given, table, path, good) and good
        data = {
            name: values.read(node, fields[name].shape, at, hidden=name in cls.SLOTS)
            for name, (node, at) in given.items()
        }
        if not good or BAD in data.values():
            return BAD
        kind = values.validate(cls, data, table, path)
        if kind is not BAD and (gap := protected_gap(kind)) is not None:
            return values.problem(table, path, f'{phrase(cls)} needs "{gap}": what it says')
        return kind

    def _is_complete(
        self,
        cls: type[Kind],
        fields: Mapping[str, Field],
        given: Mapping[str, Any],
        table: Table,
        path: str,
        good: bool,
    ) -> bool:
        """Whether all that the kind needs is there; what is missing is told only where nothing was misspelt."""
        missing = [name for name, member in fields.items() if member.required and name not in given]
        if not good:
            return not missing
        for name in missing:
            shown = "/".join((cls.KIND, name)) if name == cls.SUBJECT and cls is not NoAnswer else name
            message = f'{phrase(cls)} needs "{shown}"{codes_hint(fields[name].listing)}'
            self.values.problem(table, path, message)
        answers = [name for name, member in fields.items() if member.answers]
        silent = answers and not any(name in given for name in answers)
        if cls is Attribute:
            return self._has_value(given, table, path) and not missing
        if silent and not missing and not any(member.states for member in fields.values()):
            first, *others = answers
            rest = f", or one of {', '.join(others)}" if others else ""
            message = f'{phrase(cls)} needs "{first}"{codes_hint(fields[first].listing)}{rest}'
            self.values.problem(table, path, message)
            return False
        return not missing

    def _has_value(self, given: Mapping[str, tuple[Node, str]], table: Table, path: str) -> bool:
        """Whether an attribute has its value: in clear, or behind a commitment."""
        value, at = given.get("value", (None, ""))
        if isinstance(value, Scalar) and value.text == "protected":
            # What is protected of an entity is written in this way; here the word itself would be signed as the value.
            message = (
                'the value itself would be this word; what is to be protected stands under "details" instead'
            )
            self.values.problem(value, at, message)
            return False
        if value is None and "details" not in given:
            message = 'an attribute needs "value", or "details" for what is to be kept behind a commitment'
            self.values.problem(table, path, message)
            return False
        return True

    def _voices(self, table: Table, came: Mapping[str, Node], path: str) -> Any:
        own = Table({name: came[name] for name in VOICE if name in came}, table.keys, table.place)
        readings = came.get("undecided")
        if readings is None:
            return self._voice(own, path, self.default_voice)
        at = child(path, "undecided")
        for name in own.members:
            message = "stands inside each reading of undecided, not beside it"
            self.values.problem(table.keys[name], child(path, name), message)
        if not isinstance(readings, Listing) or len(readings.items) < 2:
            return self.values.problem(readings, at, "expected a list of two voices or more")
        voices = []
        for place, item in enumerate(readings.items):
            reading = self.values.table(item, child(at, place), "a voice: asserter or statement, and relays")
            good = reading is not None and self.values.known(reading, VOICE, child(at, place))
            voices.append(self._voice(reading, child(at, place), None) if reading is not None else BAD)
            if not good:
                voices.append(BAD)
        return BAD if BAD in voices or own.members else {"undecided": voices}

    def _voice(self, table: Table, path: str, default: Any) -> Any:
        """Read one voice into members of `Voice`."""
        values, members = self.values, table.members
        said: dict[str, Any] = {}
        for name in SPEECH:
            if name in members:
                said[name] = values.read(members[name], _VOICE[name].shape, child(path, name))
        statement: Any = None
        if "statement" in members:
            said["statement"] = values.reference(members["statement"], "statement", child(path, "statement"))
            if said["statement"] is BAD:
                return BAD
            statement = self.statements[said["statement"]]
        elif "asserter" not in members:
            statement = default
            if default is None:
                return values.problem(table, path, 'needs a speaker: "asserter" or "statement"')
            if default is BAD:
                return BAD
        if "relays" in members:
            said["relays"] = self._relays(members["relays"], child(path, "relays"))
        elif self.default_relays is not None:
            said["relays"] = self.default_relays
        if BAD in said.values() or statement is BAD:
            return BAD
        if "statement" in members or (statement and "statement" in statement):
            for name in SPEECH:
                if name in members and _plain(name, said[name]) != _plain(name, statement.get(name)):
                    message = 'is not what the statement says; leave it out, or leave out "statement"'
                    values.problem(members[name], child(path, name), message)
                    return BAD
        return {**(statement or {}), **said}

    def _relays(self, node: Node, path: str) -> Any:
        items = node.items if isinstance(node, Listing) else (node,)
        listed = isinstance(node, Listing)
        hops = [self._hop(item, child(path, at) if listed else path) for at, item in enumerate(items)]
        return BAD if BAD in hops else hops

    def _hop(self, node: Node, path: str) -> Any:
        values = self.values
        if isinstance(node, Scalar):
            by = values.reference(node, "entity", path)
            return BAD if by is BAD else {"by": by}
        if isinstance(node, Table) and "by" in node.keys:
            return values.read(node, Record(Relay), path)
        if isinstance(node, Table) and len(node.members) == 1:
            [(name, verb)] = node.members.items()
            by = values.reference(Scalar(name, node.keys[name]), "entity", path)
            word = values.read(verb, fields_of(Relay)["verb"].shape, child(path, name))
            return BAD if BAD in (by, word) else {"by": by, "verb": word}
        return values.problem(
            node, path, "expected who passed it on: ngo, {ngo: claims}, {by: ngo, ...}, or a list of those"
        )

    def _source(self, came: Mapping[str, Node], path: str) -> Any:
        if "source" in came:
            return self.values.reference(came["source"], "source", child(path, "source"))
        return self.default_source

    def _locator(self, node: Node, source: Any, path: str) -> Any:
        locator = read_words(self.values, node, path)
        if locator is BAD or source is BAD:
            return BAD
        if source is None:
            return self.values.problem(node, path, 'needs a "source", here or in defaults')
        for part in self.excluded.get(source, ()):
            start, end = part.start, part.end
            if locator.start < end and start < locator.end:
                return self.values.problem(
                    node, path, f"lies in a part that is no evidence ({start}-{end} is excluded)"
                )
        text = self.texts.get(source)
        if text is not None and locator.end > len(text):
            return self.values.problem(
                node, path, f"lies outside the copy, which has {len(text)} code points"
            )
        return locator

    def _quote(self, node: Node, path: str) -> Any:
        if isinstance(node, Scalar):
            words = self.values.read(node, fields_of(TextQuote)["exact"].shape, path, hidden=True)
            return BAD if words is BAD else {"exact": words}
        return self.values.read(node, Record(TextQuote), path, hidden=True)

    def _based_on(self, node: Node, path: str) -> Any:
        values, read = self.values, []
        for at, item in enumerate(values.items(node)):
            where = child(path, at) if isinstance(node, Listing) else path
            name = item.text if isinstance(item, Scalar) else ""
            is_claim, is_entity = name in values.names.claims, name in values.names.entities
            if isinstance(item, Table):
                read.append(values.read(item, _CONTENT["based_on"].shape.item, where))  # type: ignore[union-attr]
            elif is_claim and is_entity:
                message = f'"{name}" is a claim and an entity; write {{claim: {name}}} or {{item: {name}}}'
                read.append(values.problem(item, where, message))
            elif is_entity or name.startswith("shared:"):
                read.append({"item": values.names.entities.get(name, name)})
            else:
                claim = values.reference(item, "claim", where)
                read.append(BAD if claim is BAD else {"claim": claim})
        return BAD if BAD in read else read


def phrase(cls: type[Kind]) -> str:
    """A kind with its article, for messages."""
    if "." in cls.KIND:
        return f"a claim of kind {cls.KIND}"
    words = cls.KIND.replace("_", " ")
    return _PHRASES.get(cls.KIND, with_article(words))


def _plain(name: str, value: Any) -> Any:
    """Speakers and times in one form, so that a bare date equals the same date in full."""
    return When.model_validate(value) if name == "asserted_at" and value is not None else value
