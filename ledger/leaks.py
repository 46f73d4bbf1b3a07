"""Protected words where they must not stand, and attributes of protected entities that are signed in clear.

1. Words are looked for in what is signed, or in other protected content of the same case. They are compared in memory
   only, case-folded, in one Unicode normal form (NFKC), with every run of spaces as one; a word
   counts where it stands by itself, ``Ana`` not in ``analysis``.
2. Of a protected entity the name, each alias and the contact are looked for, and each part of a name that looks like
   one: three letters at least, no "The", and not written small where its script has capitals. Of a protected source,
   title and address.
3. What is found is named by its field and by the protected entity's random name, or its name in the file. The words
   themselves are in no result, so that a warning can be shown and kept.
4. An attribute of a protected entity whose value is signed in clear is named by its field and property: a birth year
   beside a random name may be all that somebody needs. Its value is in no result either.

It finds what is written as it was given. Other spellings, transliterations, "the nurse of the night shift" it does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from claimledger.events.claims import ClaimContent
from claimledger.events.disclosure import SlotStatus
from claimledger.events.kinds import Attribute
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import EntityRegistered, SourceRegistered
from claimledger.events.registry import Body
from claimledger.events.sources import Source
from claimledger.events.values import strings

__all__ = [
    "Leak",
    "Secret",
    "attribute_values",
    "clear_values",
    "find_leaks",
    "leaks_of_case",
    "normal",
    "protected_places",
    "recorded_secrets",
    "secrets_of",
    "signed_places",
    "source_secrets_of",
    "strings_of",
    "telling_parts",
    "where_of",
]

_IDENTIFYING = ("name", "aliases", "contact")
_SHORTEST_PART = 3
_NO_NAMES = frozenset({"the", "and", "for", "from", "with", "mrs", "miss"})
"""Words that begin with a capital in many a name, and are nobody's."""
_EVERYDAY = frozenset(
    """
    about after again against also always another anybody because been before being below between both cannot
    could does done down during each either else even ever every everybody everything first from given gave
    goes gone hardly have having here hers herself himself http https into itself just know known last later
    least less like made make many might more most much must near never next nobody none nothing often once
    only other others ours over perhaps rather said same says shall should since some somebody something still
    such than that their theirs them themselves then there these they thing things this those though through
    told took under until upon used very wants wanted well went were what when where whether which while whole
    whom whose will with within without would your yours year years month months week weeks date dates days
    today time times hour hours authority asked asks asking called case claim concerned concerns consent court
    data erase erased erasing erasure forgotten judge judgement kept lawyer legal order ordered orders person
    persons people privacy protected protection quote reason removal remove removed request requested requests
    right rights ruling safety source statement taken withdraw withdrawn withdrew witness wish wished wishes
    word words
    """.split()
)
"""Words of four letters or more that stand in many a reason, and tell nothing of whoever is spoken of."""
_RUNS = re.compile(r"[^\W\d_]+|\d+").findall
_DIGEST = re.compile(r"[0-9a-f]{32,}").fullmatch
_SPACES = re.compile(r"\s+")
_TOKENS = re.compile(r"[^\W_]+").findall


@dataclass(frozen=True, slots=True)
class Secret:
    """Words to look for.

    Attributes:
        of: whose they are: the random name of a protected entity, its name in a file, or the ref of a claim.
        slot: which of its fields they are.
        words: normal forms; not shown in the repr.
    """

    of: str
    slot: str
    words: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A place where protected words stand, or a value in clear that may identify. What stands there is not in it.

    Attributes:
        where: the record: "source report", "claim C4", "case night".
        path: the field in it, dotted.
        of: whose words they are, or whose attribute.
        slot: which field of that entity or claim they are; the property where it is the value of an attribute.
        is_signed: whether the place is signed in clear, for good; else it is protected content.
        is_part: whether only a part of a name was found.
        is_value: whether it is the value of an attribute of a protected entity, whatever its words are.
        is_recorded: whether it is known to be in the ledger already: nothing can be said otherwise there.
    """

    where: str
    path: str
    of: str
    slot: str
    is_signed: bool = True
    is_part: bool = False
    is_value: bool = False
    is_recorded: bool = False

    def __str__(self) -> str:
        if self.is_value:
            named = self.slot.replace("_", " ")
            stands = "stands in clear here" if self.is_signed else "is kept here"
            return f"{self.where}, {self.path}: the {named} of {self.of}, who is protected, {stands}"
        return f"{self.where}, {self.path}: {self.whose} stands here"

    @property
    def whose(self) -> str:
        """Whose words they are: "a part of the protected name of person-1f2e3d4c"."""
        part = "a part of the " if self.is_part else "the "
        slot = "alias" if self.slot == "aliases" else self.slot
        return f"{part}protected {slot} of {self.of}"


def normal(text: str) -> str:
    """The form in which words are compared; in memory only."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def strings_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string in a JSON value, with its dotted path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from strings_of(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings_of(inner, path)


def secrets_of(of: str, contents: Mapping[str, Any]) -> Iterator[Secret]:
    """What to look for of a protected entity.

    Args:
        of: how results call it.
        contents: slot to protected content, such as ``{"name": ..., "aliases": [...]}``.
    """
    for slot in _IDENTIFYING:
        words = tuple(dict.fromkeys(normal(text) for _, text in strings_of(contents.get(slot))))
        if any(words):
            yield Secret(of, slot, tuple(word for word in words if word))
        if slot != "contact":
            parts = dict.fromkeys(
                normal(part) for _, text in strings_of(contents.get(slot)) for part in _parts(text)
            )
            parts_only = tuple(part for part in parts if part not in words)
            if parts_only:
                yield Secret(of, f"part of {slot}", parts_only)


def source_secrets_of(of: str, source: Source) -> Iterator[Secret]:
    """What to look for of a protected source: its title and its address, whole; parts of a title are everybody's words.

    Args:
        of: how results call it.
        source: the source, with its protected content where that is at hand.
    """
    for slot in ("title", "url"):
        words = normal(getattr(source, slot) or "") if slot in source.slots else ""
        if words:
            yield Secret(of, slot, (words,))


def telling_parts(form: str) -> set[str]:
    """The parts of a text that tell something of it, where it is to be named nowhere.

    Args:
        form: the text in its normal form.

    Returns:
        Every run of two digits or more, every word of four letters or more that is no everyday one, and what is
        written of both without a space; of a digest nothing.
    """
    found: set[str] = set()
    for token in _TOKENS(form):
        if not _DIGEST(token):
            found |= {part for part in _RUNS(token) if len(part) >= (2 if part.isdigit() else 4)}
            found |= {token} if len(token) >= 4 else set()
    return found - _EVERYDAY


def find_leaks(
    secrets: Iterable[Secret], places: Iterable[tuple[str, str, str]], *, is_signed: bool = True
) -> list[Leak]:
    """Look for words.

    Args:
        secrets: what to look for.
        places: where: the record in words, the dotted path in it, the text.
        is_signed: whether those places are signed in clear.
    """
    sought = list(secrets)
    by_token: dict[str, list[int]] = {}
    for index, secret in enumerate(sought):
        # Where words stand by themselves, so does each token of them: the longest is the rarest, as a rule.
        for token in {max(_TOKENS(word), key=len, default="") for word in secret.words}:
            by_token.setdefault(token, []).append(index)
    patterns: dict[int, re.Pattern[str]] = {}
    found: dict[tuple[str, str, str, str], Leak] = {}
    for where, path, text in places:
        form = normal(text)
        tokens = by_token.keys() & {"", *_TOKENS(form)}
        for index in sorted({index for token in tokens for index in by_token[token]}):
            secret = sought[index]
            if not any(word in form for word in secret.words):
                continue
            pattern = patterns.get(index) or patterns.setdefault(index, _pattern(secret.words))
            if pattern.search(form) is None:
                continue
            slot = secret.slot.removeprefix("part of ")
            leak = Leak(where, path, secret.of, slot, is_signed, slot != secret.slot)
            key = (where, path, secret.of, slot)
            if key not in found or found[key].is_part:
                found[key] = leak
    return list(found.values())


def attribute_values(where: str, body: object, protected: Collection[str]) -> Iterator[Leak]:
    """Where a claim gives an attribute of a protected entity, in clear or behind a commitment that is open here.

    Args:
        where: the claim in words.
        body: its body, as recorded or amended; any other has none.
        protected: names of protected entities, as the body calls them.
    """
    claim = body.claim if isinstance(body, ClaimContent) else None
    if isinstance(claim, Attribute):
        for name in sorted(set(strings(claim.model_dump(mode="json")["of"])) & set(protected)):
            if claim.value is not None:
                yield Leak(where, "claim.value", name, claim.name, is_value=True)
            if claim.details is not None:
                yield Leak(where, "claim.details", name, claim.name, is_signed=False, is_value=True)


def clear_values(where: str, body: object, protected: Collection[str]) -> Iterator[Leak]:
    """Where a claim gives an attribute of a protected entity in clear; arguments as for `attribute_values`."""
    return (leak for leak in attribute_values(where, body, protected) if leak.is_signed)


def leaks_of_case(events: Iterable[Event]) -> list[Leak]:
    """Where the words of the protected entities of a case, or their attributes, stand in what is signed of it.

    Args:
        events: of the case and, where they belong to it, of the shared register, as read with what is at hand.
    """
    secrets: list[Secret] = []
    places: list[tuple[str, str, str]] = []
    values: list[Leak] = []
    protected: set[str] = set()
    for event in events:
        secrets += recorded_secrets(event)
        places += signed_places(event)
        body = event.body
        if isinstance(body, EntityRegistered) and body.entity.slots:
            protected.add(body.name)
        # An entity is registered before anything is said of it.
        values += clear_values(where_of(event), body, protected)
    return sorted([*find_leaks(secrets, places), *values])


def recorded_secrets(event: Event) -> Iterator[Secret]:
    """What to look for of a protected entity or source that an event registers, as far as it is at hand."""
    body = event.body
    if isinstance(body, EntityRegistered) and body.entity.slots:
        contents = {slot: getattr(body.entity, slot, None) for slot in body.entity.slots}
        yield from secrets_of(body.name, contents)
    elif isinstance(body, SourceRegistered):
        yield from source_secrets_of(body.name, body.source)


def signed_places(event: Event) -> Iterator[tuple[str, str, str]]:
    """Every string that an event signs in clear, with where it stands."""
    where = where_of(event)
    for path, text in strings_of(event.header.body):
        yield where, path, text


def protected_places(event: Event) -> Iterator[tuple[str, str, str]]:
    """Every string of protected content that is at hand of an event, with where it stands."""
    if not isinstance(event.body, Body):
        return
    where = where_of(event)
    for slot, content in event.body.split()[1].items():
        if event.slots.get(slot) is SlotStatus.DISCLOSED:
            for path, text in strings_of(content, slot):
                yield where, path, text


def where_of(event: Event) -> str:
    """An event in words, without protected content: "claim C4", "source report"."""
    members = event.header.body
    for member, what in (("ref", "claim"), ("case", "case"), ("name", event.type.partition(".")[0])):
        name = members.get(member)
        if isinstance(name, str):
            return f"{what} {name}"
    return f"{event.type} at index {event.index}"


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    # Letters and digits bound a word, the low line does not: names of statements are written with it.
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])")


def _parts(name: str) -> Iterator[str]:
    for part in re.findall(r"[^\W\d_]+", name):
        if len(part) >= _SHORTEST_PART and not part.islower() and part.casefold() not in _NO_NAMES:
            yield part
