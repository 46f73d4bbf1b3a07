"""The code lists: what may be said in one word, each with its meaning.

1. Codes are dotted, from broad to narrow: ``injury`` is broader than ``injury.head``, hence compatible with it.
2. A code of one's own has a domain before a colon (``example.org:tear_gas``) and needs no entry here. A whole list
   of one's own has a reverse-domain name (``org.example.closure``) and comes with a kind (`Kind.CODES`).
3. Lists are checked when a claim is recorded, never when it is replayed: an old claim keeps its code for good.

The lists are claimledger's own; `docs/reference/codes.md` maps them to HURIDOCS Events Standard Formats and to the
International Classification of Crime for Statistical Purposes (ICCS).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = [
    "CODES",
    "INCLUSIVE",
    "SINGLE_ATTRIBUTES",
    "VERBS",
    "codes_of",
    "is_listed",
    "listings",
    "problem_with",
    "register_codes",
]

_ACTS = {
    "accreditation": "a step about an accreditation",
    "acquittal": "a court finds a person not guilty",
    "arrest": "a person is taken into the power of an authority",
    "attack": "force against persons or places by an armed side",
    "attack.air": "from the air",
    "attack.shelling": "by artillery or rockets",
    "charge": "an authority formally charges a person",
    "conviction": "a court finds a person guilty",
    "demolition": "property is destroyed by an authority",
    "departure": "a person leaves a place or country",
    "deportation": "a person is removed from a country",
    "detention": "a person is held",
    "detention.incommunicado": "held without contact to the outside",
    "detention.mass": "many persons are held in one operation",
    "detention.pre_trial": "held by order until a trial",
    "disappearance": "a person is held and the holding is denied or hidden",
    "dismemberment": "a dead body is cut up",
    "displacement": "persons are made to leave where they live",
    "entry": "persons enter a place or country",
    "eviction": "persons are removed from where they live",
    "expulsion": "a person is ordered out of a country or institution",
    "hearing": "a court or body hears a matter",
    "hearing.remand": "a court decides whether a person stays in custody",
    "hospitalisation": "a person is taken into hospital",
    "ill_treatment": "cruel, inhuman or degrading treatment",
    "ill_treatment.beating": "blows, kicks, throws, or blows with objects",
    "ill_treatment.denial_of_care": "needed medical care is withheld",
    "ill_treatment.sexual": "sexual violence or humiliation",
    "ill_treatment.torture": "treatment that is called torture",
    "ill_treatment.torture.electric_shock": "with electric current",
    "ill_treatment.torture.suffocation": "by cutting off breath or with water",
    "interrogation": "questions are put to a person in the power of an authority",
    "investigation": "an authority or body inquires into a matter",
    "killing": "a person is killed by another",
    "measure": "an administrative measure",
    "measure.accreditation_withdrawn": "an accreditation is taken away",
    "measure.ban": "an activity or body is banned",
    "measure.closure": "a place or body is closed",
    "publication": "something is published or distributed",
    "raid": "an authority enters a place by force or order",
    "release": "a person is let go",
    "search": "an authority searches a place or person",
    "seizure": "an authority takes property",
    "sentence": "a court imposes a penalty",
    "threat": "harm is announced to a person",
    "transfer": "a person in custody is moved",
    "trial": "a court tries a person",
}

_CAUSES = {
    "accident": "an accident",
    "accident.fall": "a fall",
    "accident.traffic": "traffic",
    "asphyxia": "lack of breath",
    "asphyxia.drowning": "drowning",
    "asphyxia.hanging": "hanging",
    "asphyxia.inhalation": "smoke or gas breathed in",
    "asphyxia.strangulation": "strangulation",
    "burns": "burns",
    "crush": "crushing in a crowd or under a weight",
    "denial_of_care": "needed care was not given",
    "exposure": "heat, cold or exhaustion",
    "hunger": "lack of food or water",
    "injury": "an injury",
    "injury.blunt_force": "blunt force",
    "injury.explosion": "an explosion",
    "injury.gunshot": "a gunshot",
    "injury.head": "an injury of the head",
    "injury.multiple": "several injuries",
    "injury.stabbing": "a blade",
    "natural": "illness or age",
    "natural.cardiac_arrest": "the heart stopped",
    "natural.heart_failure": "the heart failed",
    "natural.illness": "an illness",
    "natural.stroke": "a stroke",
    "overdose": "a drug",
    "poisoning": "a poison",
    "suicide": "the person's own act",
    "torture": "torture",
    "unlawful_force": "force that is called unlawful",
    "weapon": "a weapon of war",
    "weapon.air_to_air": "fired from one aircraft at another",
    "weapon.surface_to_air": "fired from the ground at an aircraft",
}

_SHOWS = {
    "arrest": "an arrest",
    "attack": "an attack",
    "body": "a dead body",
    "bruising": "bruises",
    "bruising.face": "bruises of the face",
    "court_appearance": "a person before a court",
    "custody": "a person in custody",
    "damage": "damage to property",
    "injury": "an injury",
    "injury.head": "an injury of the head",
    "presence": "a person at a place",
    "publication": "something published or distributed",
    "ill_treatment": "ill-treatment",
    "vehicle": "a vehicle",
    "weapon": "a weapon",
}

_ATTRIBUTES = {
    "age": "age in years",
    "birth_date": "date of birth",
    "citizenship": "citizenship",
    "ethnicity": "ethnicity",
    "gender": "gender",
    "kind": "what sort of thing or body it is",
    "name": "a name or spelling in use",
    "nationality": "nationality as the source uses the word",
    "occupation": "work or profession",
    "owner": "who owns it",
    "rank": "rank or office held",
    "reason_for_stay": "why the person is where it is",
    "religion": "religion",
    "residence": "where the person lives",
    "travel_document": "a passport or the like (no statement on citizenship)",
}

SINGLE_ATTRIBUTES: Final = MappingProxyType({"age": "range", "birth_date": "time"})
"""Attributes of which only one value can hold, with the comparator for their values."""

INCLUSIVE: Final = frozenset({"injury.multiple"})
"""Codes that say "several of these", so that each code beside them under the same broader word may be one of these:
``injury.multiple`` and ``injury.head`` can both hold."""

_REASONS = {
    "discrimination": "a protected ground in general",
    "drug_trafficking": "trade in drugs",
    "computer_hacking": "breaking into computers",
    "espionage": "spying",
    "ethnicity": "ethnicity",
    "extremism": "extremism as the accuser uses the word",
    "fraud": "fraud",
    "incitement": "incitement",
    "investigation": "an inquiry under way",
    "journalism": "work as a journalist",
    "killing": "a killing",
    "migration": "migration or its rules",
    "nationality": "nationality",
    "opinion": "an opinion held or voiced",
    "protest": "taking part in a protest",
    "religion": "religion",
    "retaliation": "answering an act of another side",
    "security": "public or national security",
    "terrorism": "terrorism as the accuser uses the word",
    "theft": "theft",
    "treason": "treason",
}

_RELATIONS = {
    "is": "is the same as or is an instance of",
    "kinship": "are related",
    "kinship.brother": "are brothers",
    "kinship.child": "is a child of",
    "kinship.parent": "is a parent of",
    "kinship.sibling": "are siblings",
    "kinship.sister": "are sisters",
    "kinship.spouse": "are married",
    "membership": "belongs to",
    "membership.commands": "commands",
    "membership.employee": "works for",
    "owns": "owns",
    "represents": "speaks or acts for",
}

_PROPERTIES = {
    "by": "who did it",
    "cause_of_death": "of what the person died",
    "cause_of_death.in_custody": "in whose custody the cause arose",
    "count": "how many",
    "death": "whether the person died",
    "death.in_custody": "whether, or in whose custody, the person died",
    "death.place": "where the person died",
    "death.when": "when the person died",
    "destination": "where it led",
    "duration": "how long it lasted",
    "identity": "who it was",
    "intent": "whether it was meant",
    "manner_of_death": "in what manner the person died",
    "origin": "where it began",
    "place": "where",
    "reason": "why",
    "to": "to whom it was done",
    "type": "what sort of act",
    "when": "when",
    "whereabouts": "where the person is",
}

VERBS: Final = MappingProxyType(
    {
        "agrees_with": "says the same in substance as",
        "circumstantial_for": "makes more likely, without saying it",
        "consistent_with": "can hold together with",
        "contests": "puts in question",
        "contradicts": "cannot hold together with",
        "evidence_for": "is what the other rests on",
        "follows": "comes after, in time or in the text",
        "frames": "gives the norm or setting for",
        "in_tension_with": "fits badly with, without excluding it",
        "part_of": "is a part of",
        "precedes": "comes before, in time",
        "prompted_by": "answers or reacts to",
        "refines": "says more exactly than",
        "related_to": "belongs together with",
        "restates": "says again",
        "setting_of": "is where or in what the other happened",
        "sums": "says together what the others say one by one",
        "supports": "speaks for",
        "undercuts": "attacks the warrant of, not its content",
    }
)
"""What a person may judge of two claims. None of them changes a value that is computed."""

CODES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "act": _ACTS,
        "attribute": _ATTRIBUTES,
        "cause": _CAUSES,
        "intent": {
            "deliberate": "meant",
            "deliberate.premeditated": "meant, and planned beforehand",
            "deliberate.spontaneous": "meant, and decided on the spot",
            "negligent": "through lack of care",
            "accidental": "not meant",
        },
        "manner": {
            "accident": "an accident",
            "homicide": "caused by another person",
            "natural": "illness or age",
            "suicide": "the person's own act",
            "undetermined": "found to be undeterminable",
        },
        "opinion": {
            "characterises": "says what something amounts to",
            "condemns": "judges it wrong",
            "demands": "asks someone to act",
            "welcomes": "judges it right",
        },
        "property": _PROPERTIES,
        "reason": _REASONS,
        "reason_kind": {
            "accusation": "what the affected are accused of",
            "motive": "why it was done, as a speaker sees it",
            "stated": "the reason that is given for it",
            "targeting": "by what the affected were picked",
        },
        "relation": _RELATIONS,
        "reply": {
            "clarifies": "says more exactly what was meant",
            "corrects": "replaces an own claim",
            "corroborates": "says the same from own knowledge",
            "rebuts": "denies another's claim",
            "retracts": "takes an own claim back",
            "undercuts": "attacks the warrant of another's claim, not its content",
        },
        "shows": _SHOWS,
        "status": {
            "being_clarified": "the speaker says that it is looking into it",
            "no_comment": "the speaker declines to say",
            "undetermined": "the speaker says that it cannot be told",
        },
        "verb": VERBS,
    }
)
"""Every code list by name: code to meaning."""


_own: dict[str, Mapping[str, str]] = {}
_OWN_LIST = re.compile(r"[a-z0-9-]+(\.[a-z0-9_-]+)+\Z")


def register_codes(listing: str, codes: Mapping[str, str]) -> None:
    """Make a code list of one's own known.

    Args:
        listing: its reverse-domain name.
        codes: code to meaning.

    Raises:
        ValueError: the name is none, or is taken by a list with other codes.
    """
    if not _OWN_LIST.match(listing):
        raise ValueError(
            f'a code list of one\'s own has a reverse-domain name such as "org.example.closure", not "{listing}"'
        )
    if dict(_own.setdefault(listing, MappingProxyType(dict(codes)))) != dict(codes):
        raise ValueError(f"code list {listing} is registered already, with other codes")


def codes_of(listing: str) -> Mapping[str, str] | None:
    """The code list of a name, built in or of one's own; None where there is none."""
    return CODES.get(listing) or _own.get(listing)


def listings() -> tuple[str, ...]:
    """The names of all code lists that are known now, those of one's own last."""
    return (*CODES, *_own)


def is_listed(listing: str, code: str) -> bool:
    """Say whether a code may be used: it is in the list, or is one's own (``example.org:word``)."""
    return ":" in code or code in (codes_of(listing) or ())


def problem_with(listing: str, code: str) -> str | None:
    """Say what is wrong with a code, and what was probably meant.

    Args:
        listing: the name of a code list.
        code: the code that somebody wrote.

    Returns:
        None when the code may be used, else one line for a person.
    """
    if is_listed(listing, code):
        return None
    near = difflib.get_close_matches(code, codes_of(listing) or (), n=1, cutoff=0.6)
    guess = f'; did you mean "{near[0]}"?' if near else ""
    return f'no {listing} code "{code}"{guess} (codes: claimledger schema --codes {listing})'
