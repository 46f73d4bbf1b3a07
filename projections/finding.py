"""Finding claims over all cases, in one pass: who said it, where it was read, what it says.

1. A finder takes every event in the order of the log and gives back the claims that fit, each as it comes by; what
   it keeps is names and labels, never bodies.
2. All criteria must fit. A code also finds its narrower ones (``torture`` finds ``torture.falaka``). A speaker is named
   by name (of the shared register without ``shared:`` too) or by label. Text is found in the labels of the entities
   that a claim names, in its hedges, its topic and its text. Letter case is of no account in names and text.
3. Amended records are found by what is in force at that place of the log, under the claim's ref.
   Claims of kinds of one's own are read by the declarations in the log, whether or not the kind is installed.
4. Names are as registered: a same-as of a case joins no speakers here.
5. A claim is given back before a later revocation can come by, so revocations are handed in beforehand.
6. A criterion that names nothing that there is finds nothing, and says so: silence would read as "was never said".
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from claimledger.events.claims import ClaimAmended, ClaimContent, ClaimRecorded, Voice
from claimledger.events.codes import codes_of, is_listed, listings
from claimledger.events.dates import When, parse_edtf
from claimledger.events.declarations import KindDeclared
from claimledger.events.declared_kinds import DeclaredKind, as_declared, kind_of
from claimledger.events.errors import UnknownName
from claimledger.events.event import format_instant
from claimledger.events.governance import KeyRevoked
from claimledger.events.kinds import General, NoAnswer, Opinion, Reply
from claimledger.events.recorded import Event
from claimledger.events.recorder_acts import CaseOpened, EntityRegistered, SourceRegistered
from claimledger.events.values import SHARED, Codes

from .answers import Account, account_of
from .clocks import Clocks, Moment
from .compare import TermValue
from .kept import kept_in_words, kept_property
from .names import EntityView, NamesInForce
from .positions import Hop, hops_of
from .revocations import RevocationView, touched_by
from .words import as_put, date_in_words, date_text, folded, property_in_words, value_in_words

__all__ = ["Finder", "Found", "Sought"]


@dataclass(frozen=True, slots=True)
class Sought:
    """What a claim must fit.

    Attributes:
        asserter: name or label of the speaker or of the institution spoken for.
        source: name of the source.
        code: a code of a list, such as ``torture``.
        ref: the claim's short name, or ``CASE/REF``.
        text: words that stand in a label or text of the claim.
    """

    asserter: str | None = None
    source: str | None = None
    code: str | None = None
    ref: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A claim that fits.

    Attributes:
        case: name of its case.
        ref: its short name.
        index: log index of the record that fits.
        leaf: leaf hash of that record.
        said: when it was said, for a column of dates; alternatives are parted by " or ".
        who: label of the speaker, and of whom it speaks for.
        asserters: the speakers by name, one for each alternative.
        what: what was said, in a few words, without protected text.
        text: the protected text of an opinion or a pattern, where it is at hand; in no JSON.
        relays: how it reached us.
        source: name of the source.
        recorded_at: when it was recorded, by the recorder's clock (UTC).
        revocation: of the revocations that were handed in, the last by which its signature is disputed; None where none
            is.
    """

    case: str
    ref: str
    index: int
    leaf: str
    said: str
    who: str
    asserters: tuple[str, ...]
    what: str
    text: str | None
    relays: tuple[Hop, ...]
    source: str | None
    recorded_at: str
    revocation: RevocationView | None = None

    def to_json(self) -> dict[str, Any]:
        """Every member under its own name but `text`, which is protected; relays as objects."""
        return {
            "case": self.case,
            "ref": self.ref,
            "index": self.index,
            "leaf": self.leaf,
            "said": self.said,
            "who": self.who,
            "asserters": list(self.asserters),
            "what": self.what,
            "relays": [
                {"by": hop.by, "verb": hop.verb, "document": hop.document, "at": hop.at}
                for hop in self.relays
            ],
            "source": self.source,
            "recorded_at": self.recorded_at,
            "revocation": None if self.revocation is None else self.revocation.to_json(),
        }


class Finder:
    """Takes events and gives back the claims that fit: ``finder.found_in(ledger.events())``.

    Args:
        sought: what they must fit.
        case: only claims of this case; None for all.
        known_at, asserted_by: as for `CaseState`.
        revocations: the revocations of keys that are known then (``ledger.revocations(known_at)``), so that claims
            whose signatures they dispute are marked.

    Raises:
        InvalidValue: a clock is set to what it cannot show.
    """

    def __init__(
        self,
        sought: Sought,
        *,
        case: str | None = None,
        known_at: Moment | None = None,
        asserted_by: str | None = None,
        revocations: Iterable[Event] = (),
    ) -> None:
        self.sought = sought
        self.case = case
        self.clocks = Clocks(known_at, asserted_by)
        self._cases: dict[str, str] = {}
        self._shared: dict[str, EntityView] = {}
        self._own: dict[str, dict[str, EntityView]] = {}
        self._names: tuple[str, NamesInForce] | None = None
        self._refs: dict[str, str] = {}
        self._claims: set[str] = set()
        self._sources: set[str] = set()
        self._wanted = (
            {folded(sought.asserter), folded(f"{SHARED}{sought.asserter}")} if sought.asserter else set()
        )
        self._declared: dict[str, type[DeclaredKind]] = {}
        self._own_codes: set[str] = set()
        self._revocations: dict[str, list[tuple[Event, KeyRevoked]]] = {}
        for event in revocations:
            if isinstance(event.body, KeyRevoked):
                self._revocations.setdefault(event.body.key, []).append((event, event.body))

    def found_in(self, events: Iterable[Event]) -> Iterator[Found]:
        """The claims that fit, as their events come by.

        Args:
            events: those of the whole log, or of a case and the shared register, in order.

        Raises:
            UnknownName: at the end, where nothing fits because something sought is not there at all; the message lists
                near ones.
        """
        count = 0
        for event in events:
            if self.clocks.leave_out(event):
                break
            found = self.take(event)
            if found is not None:
                count += 1
                yield found
        if not count:
            self._refuse_unknown()

    def _refuse_unknown(self) -> None:
        """Refuse what names nothing among the events that were taken in."""
        sought = self.sought
        if sought.asserter is not None:
            views = [*self._shared.values(), *(view for own in self._own.values() for view in own.values())]
            names = dict.fromkeys(one for view in views for one in (view.name, view.label))
            if not any(self._means(view) for view in views):
                raise _unknown(
                    f'nobody and nothing here is called "{sought.asserter}"', sought.asserter, names
                )
        if sought.source is not None and sought.source not in self._sources:
            raise _unknown(f'no source here is called "{sought.source}"', sought.source, self._sources)
        if sought.ref is not None and sought.ref not in self._claims:
            raise _unknown(f'no claim here is called "{sought.ref}"', sought.ref, self._claims)
        is_own = sought.code in self._own_codes
        if (
            sought.code is not None
            and not is_own
            and not any(is_listed(listing, sought.code) for listing in listings())
        ):
            codes = [*self._own_codes, *(code for listing in listings() for code in codes_of(listing) or ())]
            raise _unknown(f'no claim here has the code "{sought.code}", and no list', sought.code, codes)

    def take(self, event: Event) -> Found | None:
        """Take the next event in; give back the claim if it is one that fits."""
        body, stream = event.body, event.stream
        if isinstance(body, (ClaimRecorded, ClaimAmended)) and "." in body.kind:
            body = as_declared(body, event.header.body, self._declared)
        if isinstance(body, KindDeclared) and stream not in self._cases:
            self._declared.setdefault(body.kind, kind_of(body))
            self._own_codes.update(code for listing in (body.code_lists or {}).values() for code in listing)
        elif isinstance(body, CaseOpened):
            self._cases[stream] = body.case
        elif isinstance(body, EntityRegistered):
            self._register(event, body)
        elif isinstance(body, SourceRegistered):
            self._sources.add(body.name)
        elif isinstance(body, (ClaimRecorded, ClaimAmended)) and not event.mends_unseen:
            case = self._cases.get(stream, "")
            if isinstance(body, ClaimRecorded):
                ref = self._refs[event.id] = body.ref
                if self.sought.ref is not None:
                    self._claims.update((ref, f"{case}/{ref}"))
            else:
                ref = self._refs.get(body.amends, body.amends)
            if self.case in (None, case) and self._fits_outside(body, case, ref, stream):
                names = self._names_of(stream)
                account = account_of(ref, body, names)
                if self._fits_inside(account, names):
                    return _found(event, case, account, names, self._revocation_of(event))
        return None

    def _revocation_of(self, event: Event) -> RevocationView | None:
        of_its_keys = [each for keyid in event.signers for each in self._revocations.get(keyid, ())]
        of_its_keys.sort(key=lambda each: each[0].index, reverse=True)
        touching = (touched_by(one, body, (event,)) for one, body in of_its_keys)
        return next((view for view in touching if view is not None), None)

    def _register(self, event: Event, body: EntityRegistered) -> None:
        shared = event.stream not in self._cases
        name = SHARED + body.name.removeprefix(SHARED) if shared else body.name
        view = EntityView(name, body.entity, body.entity.label, shared, event.index)
        if shared:
            self._shared[name] = view
        else:
            self._own.setdefault(event.stream, {})[name] = view
        self._names = None

    def _names_of(self, stream: str) -> NamesInForce:
        if self._names is None or self._names[0] != stream:
            self._names = (stream, NamesInForce({**self._shared, **self._own.get(stream, {})}))
        return self._names[1]

    def _fits_outside(self, content: ClaimContent, case: str, ref: str, stream: str) -> bool:
        """Whether what can be told without taking the claim apart fits."""
        sought = self.sought
        if sought.source is not None and content.source != sought.source:
            return False
        if sought.ref is not None and sought.ref not in (ref, f"{case}/{ref}"):
            return False
        if sought.asserter is not None:
            names = {
                name for voice in content.voices for name in (voice.asserter, voice.on_behalf_of) if name
            }
            if not any(self._means(self._view(name, stream)) for name in names):
                return False
        until = self.clocks.said_by
        return until is None or all(_said_by(voice.asserted_at, until) for voice in content.voices)

    def _view(self, name: str, stream: str) -> EntityView | None:
        return self._own.get(stream, {}).get(name) or self._shared.get(name)

    def _means(self, view: EntityView | None) -> bool:
        """Whether an entity is who is sought as the speaker."""
        return view is not None and not self._wanted.isdisjoint((folded(view.name), folded(view.label)))

    def _fits_inside(self, account: Account, names: NamesInForce) -> bool:
        sought = self.sought
        if sought.code is not None and not any(
            code == sought.code or code.startswith(f"{sought.code}.") for code in _codes(account)
        ):
            return False
        if sought.text is None:
            return True
        wanted = folded(sought.text)
        return any(wanted in folded(text) for text in _texts(account, names))


def _unknown(what: str, sought: str, known: Iterable[str]) -> UnknownName:
    spelled = {folded(one): one for one in known}
    near = [spelled[one] for one in difflib.get_close_matches(folded(sought), spelled, n=4)]
    return UnknownName(f"{what}; near ones: {', '.join(near)}" if near else what)


def _said_by(asserted_at: When | str | None, until: datetime.date) -> bool:
    text = date_text(asserted_at)
    latest = None if text is None else parse_edtf(text).bounds.latest
    return latest is not None and latest <= until


def _codes(account: Account) -> Iterator[str]:
    """The codes of a claim: in its answers, and in the fields that answer nothing (a tone, a kind of reply)."""
    for answer in account.answers:
        for value in answer.values:
            if isinstance(value, TermValue):
                yield from (word for sort, word, _ in value.terms if sort == "code")
    claim = account.content.claim
    for name, field in type(claim).model_fields.items():
        stated = getattr(claim, name)
        if isinstance(stated, str) and any(isinstance(mark, Codes) for mark in field.metadata):
            yield stated


def _texts(account: Account, names: NamesInForce) -> Iterator[str]:
    """What can be read in a claim: the labels of those whom it names, its hedges, its topic and its text."""
    content = account.content
    claim = content.claim
    yield from content.hedges
    if isinstance(claim, (Opinion, General)):
        yield from (text for text in (claim.text, getattr(claim, "topic", None)) if text)
    for leaf in _leaves(content.model_dump(mode="json", exclude_none=True)):
        if names.entity(leaf) is not None:
            yield names.label(leaf)
    for answer in account.answers:
        yield from (value_in_words(value, names.label) for value in answer.values)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _leaves(one)


def _found(
    event: Event, case: str, account: Account, names: NamesInForce, revocation: RevocationView | None
) -> Found:
    voices = [speaker.voice for speaker in account.speakers]
    said = dict.fromkeys(date_in_words(voice.asserted_at) for voice in voices)
    claim = account.content.claim
    return Found(
        case=case,
        ref=account.ref,
        index=event.index,
        leaf=event.leaf,
        said=" or ".join(one for one in said if one),
        who=" or ".join(dict.fromkeys(_named(voice, names) for voice in voices)),
        asserters=tuple(dict.fromkeys(voice.asserter for voice in voices)),
        what=_what(account, names),
        text=claim.text if isinstance(claim, (Opinion, General)) else None,
        relays=tuple(dict.fromkeys(hop for speaker in account.speakers for hop in hops_of(speaker))),
        source=account.content.source,
        recorded_at=format_instant(event.recorded_at),
        revocation=revocation,
    )


def _named(voice: Voice, names: NamesInForce) -> str:
    label = names.label(voice.asserter)
    return label if voice.on_behalf_of is None else f"{label}, for {names.label(voice.on_behalf_of)}"


def _what(account: Account, names: NamesInForce) -> str:
    """What a claim says, in a few words: whom it is about, and its answers."""
    claim = account.content.claim
    about = dict.fromkeys(names.labels(placement.entity) for placement in account.placements)
    said = [
        f"{property_in_words(answer.property)}: "
        + (" or " if answer.openness == "either" else " | ").join(
            value_in_words(value, names.label) for value in answer.values
        )
        for answer in account.answers
    ]
    if isinstance(claim, NoAnswer):
        said.append(f"{property_in_words(claim.property)}: {claim.status.replace('_', ' ')}")
    kept = kept_property(account.content)
    if kept is not None:
        said.append(kept_in_words(kept))
    if isinstance(claim, Opinion):
        said.append(claim.tone.replace("_", " "))
    if isinstance(claim, General):
        said.append(claim.topic if claim.frequency is None else f"{claim.frequency}: {claim.topic}")
    if isinstance(claim, Reply):
        said.append(f"{claim.kind.replace('_', ' ')} an earlier claim")
    plain = "; ".join(said) or account.content.kind.replace("_", " ")
    what = as_put(plain, account.content, account.strengths)
    return f"{' or '.join(about)}: {what}" if about else what
