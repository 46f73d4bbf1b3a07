"""The ledger that the golden bundle is made of: two cases side by side, a protected person, an amended claim."""

from __future__ import annotations

import hashlib
from pathlib import Path
from unittest import mock

from claimledger import Ledger
from claimledger.bundle_files import Custody
from claimledger.events import ClaimRecorded, Death, Opinion, Organisation, Person, Source
from claimledger.testing import FixedClock, fixed_ids, seeded_keyring

ORIGIN = "example.org/bundles"
CASE, OTHER = "harbour-2025", "quarry-2025"
DOCUMENT = b"On 3 July a spokesman said that one man had died of heart failure.\n"
ERASED = "the guards from a village that is not named here"
CUSTODY = Custody(
    date="2025-07-10",
    organization="An Organisation",
    contact="A Person",
    email="desk@example.org",
    description="One case, for the court",
)


def new_ledger(url: str | Path = "memory:", *, seal: bool = True) -> Ledger:
    """The ledger; only salts and the ML-DSA-44 signature differ from one making to the next, unless they are fixed."""
    return new_world(url, seal=seal)[0]


def leaf_of(ledger: Ledger, ref: str) -> str:
    """The leaf of a claim of the case, by its ref."""
    for event in ledger.events(CASE):
        if (
            isinstance(event.body, ClaimRecorded)
            and event.body.ref == ref
            and event.stream == ledger.case(CASE).stream
        ):
            return event.leaf
    raise KeyError(ref)


def new_world(url: str | Path = "memory:", *, seal: bool = True) -> tuple[Ledger, bytes]:
    """The ledger, and a disclosure that was given away before its content was erased."""
    ledger = Ledger.create(
        url,
        origin=ORIGIN,
        keys=seeded_keyring(b"bundles"),
        clock=FixedClock(),
        new_id=fixed_ids(b"bundles"),
    )
    ngo = ledger.register_entity("ngo", Organisation(label="An NGO"))
    case = ledger.create_case(CASE, title="Deaths at the harbour")
    other = ledger.create_case(OTHER, title="Another case")
    digest = hashlib.sha256(DOCUMENT).hexdigest()
    case.register_source("doc", Source(title="A statement", sha256=digest, media_type="text/plain"))
    case.register_entity("man", Person(label="A man"))
    other.register_entity("man", Person(label="Another man"))
    case.register_entity(
        "w1", Person(label="a witness", protected=True, name="Anna Example", aliases=["A."], handle="w1")
    )
    case.record(Death(person="man", in_custody=True), asserter=ngo, source="doc", quote="one man had died")
    other.record(Death(person="man"), asserter=ngo)
    case.record(Opinion(about="man", tone="condemns", text=ERASED), asserter=ngo, ref="E1")
    given_away = ledger.disclosure(leaf_of(ledger, "E1"), "claim.text")
    case.erase("E1:claim.text", authority="the speaker", reason="asked for it")
    case.record(Opinion(about="man", tone="demands", text="an inquiry by Anna"), asserter="w1", ref="C2")
    case.withdraw(
        case.record(Death(person="man", in_custody=False), asserter=ngo).ref, because="recorded twice"
    )
    other.record(Death(person="man", in_custody=True), asserter=ngo)
    if seal:
        ledger.seal()
    return ledger, given_away


def golden(folder: Path, *, withhold: tuple[str, ...] = ("w1",)) -> tuple[Path, str, bytes]:
    """The golden bundle, the id of its ledger, and a disclosure that was given away before it was erased."""
    document = folder / "document.txt"
    document.write_bytes(DOCUMENT)
    target = folder / "golden.zip"
    ledger, given_away = new_world()
    with ledger:
        ledger.bundle([CASE], to=target, custody=CUSTODY, withhold=withhold, sources=[document])
        return target, ledger.id, given_away


def fixed_salts() -> mock._patch[object]:
    """Salts that are the same each time, for vectors only."""
    count = 0

    def salt() -> bytes:
        nonlocal count
        count += 1
        return hashlib.sha256(b"bundles salt %d" % count).digest()[:16]

    return mock.patch("claimledger.disclosures.new_salt", salt)
