"""Make `events.json`: one signed event of every type and every kind of claim, from fixed keys, ids and clocks.

Run it as ``python tests/vectors/make_vectors.py``. The file freezes at the first release: from then on a line may
be added, never changed, and every later release must verify and read every line.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from claimledger.events import (
    Act,
    AllOf,
    Attribute,
    Authority,
    BasedOn,
    Body,
    CaseOpened,
    CauseOfDeath,
    ClaimAmended,
    ClaimRecorded,
    ClaimsJudged,
    ClaimWithdrawn,
    Count,
    CustodyTransferred,
    Death,
    DisclosureErased,
    EntityRegistered,
    EvidenceAttached,
    Excluded,
    General,
    KeyAdded,
    Kind,
    LedgerOpened,
    Locator,
    NoAnswer,
    OneOf,
    Opinion,
    Person,
    Reason,
    Relation,
    Relay,
    ReliabilityAssessed,
    Reply,
    SameAsJudged,
    SameAsUndone,
    Shows,
    Source,
    SourceRegistered,
    Term,
    TextQuote,
    Voice,
    When,
    either,
    undecided,
)
from claimledger.events.declarations import DeclaredAnswer, DeclaredField, DeclaredState, KindDeclared
from claimledger.events.disclosure import Disclosure, commitment_of
from claimledger.events.envelope import Envelope, Signature, keyid_of, pae
from claimledger.events.event import Payload
from claimledger.events.governance import KeyRevoked, LogKey, RootKey, RootsChanged
from claimledger.events.values import OpenTerms
from claimledger.trust import is_key_event

ROOT = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"claimledger vectors: root").digest())
RECORDER = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"claimledger vectors: recorder").digest())
ROOT_KEY = ROOT.public_key().public_bytes_raw()
RECORDER_KEY = RECORDER.public_key().public_bytes_raw()
NEW_RECORDER = Ed25519PrivateKey.from_private_bytes(
    hashlib.sha256(b"claimledger vectors: recorder 2").digest()
)
NEW_ROOT = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"claimledger vectors: root 2").digest())
LOG = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"claimledger vectors: log").digest())
LOG_44 = MLDSA44PrivateKey.from_seed_bytes(hashlib.sha256(b"claimledger vectors: log, ml-dsa-44").digest())
KEYS = "a0000000-0000-4000-8000-000000000000"
CASE = "b0000000-0000-4000-8000-000000000000"


def an_id(number: int) -> str:
    """A fixed event id."""
    return f"c0000000-0000-4000-8000-{number:012x}"


def claim(ref: str, kind: Kind, **changes: Any) -> ClaimRecorded:
    """A claim as it came through one relay."""
    voice = Voice(
        asserter="shared:az",
        statement="az1",
        asserted_at=When(value="[..2025-07-03]", basis="date of the document"),
        relays=[Relay(by="shared:ngo", verb="claim")],
    )
    members: dict[str, Any] = {"voice": voice, "source": "doc", "locator": Locator(start=0, end=9), **changes}
    return ClaimRecorded(ref=ref, claim=kind, **members)


def bodies() -> list[Body]:
    """One body of every type, and one claim of every kind."""
    claims: list[Body] = [
        claim(
            "C1", Act.detention("sweep", to=AllOf(all_of="held"), when="2025-06-27", duration="about 1 hour")
        ),
        claim("C2", Attribute(of=["z", "g"], name="occupation", value="journalist", distribution="each")),
        claim(
            "C3", CauseOfDeath(of="z", causes=["torture", Term(code="injury.multiple", role="underlying")])
        ),
        claim("C4", Count(group="held", quantity="around 50"), hedges=["around"]),
        claim(
            "C5", Death(person="one", in_custody=True, when="[2025-06-27..2025-07-03]"), polarity="negated"
        ),
        claim("C6", General(topic="deaths in custody", text="given as natural", frequency="often")),
        claim("C7", NoAnswer(property="cause_of_death", of="one", status="being_clarified")),
        claim(
            "C8",
            Opinion(about="sweep", tone="demands", text="an inquiry", of="shared:az"),
            strength="appears",
        ),
        claim(
            "C9", Reason(act="sweep", kind="accusation", values=OpenTerms(open=["espionage"]), against="held")
        ),
        claim("C10", Relation(a="z", kind="kinship.brother", b=either("g", "one"))),
        claim("C11", Reply(claims=[an_id(10)], kind="corrects", by=[an_id(11)])),
        claim(
            "C12",
            Shows(items="film", what="bruising.face", on="held"),
            voice=undecided(Voice(asserter="survivor"), Voice(asserter="shared:ngo")),
            based_on=[BasedOn(claim=an_id(10)), BasedOn(item="film")],
            quote=TextQuote(exact="the \u201cwords\u201d of 27 \u0438\u044e\u043d\u044f"),
        ),
    ]
    source = Source(
        title="A document",
        publisher="shared:ngo",
        url="https://example.org/document",
        language="en",
        media_type="text/plain; charset=utf-8",
        sha256=hashlib.sha256(b"a document").hexdigest(),
        published="2025-07-03",
        excluded=[Excluded(locator=Locator(start=100, end=200), because="a banner")],
    )
    amended = claim("C4", Count(group="held", quantity="at least 50"))
    return [
        LedgerOpened(
            origin="example.org/vectors",
            roots=[RootKey(holder="Root", key=ROOT_KEY.hex())],
            threshold=1,
            logs=[
                LogKey(holder="Log", algorithm="ed25519", key=LOG.public_key().public_bytes_raw().hex()),
                LogKey(holder="Log", algorithm="ml-dsa-44", key=LOG_44.public_key().public_bytes_raw().hex()),
            ],
        ),
        KeyAdded(holder="Recorder A", role="recorder", key=RECORDER_KEY.hex()),
        CaseOpened(case="vectors", title="One event of every sort"),
        SourceRegistered(name="doc", source=source),
        EntityRegistered(name="police", entity=Authority(label="Police", country="XX", part_of="shared:az")),
        EntityRegistered(
            name="person-00000001",
            entity=Person(
                label="a survivor", protected=True, name="A Name", aliases=["Another"], handle="survivor"
            ),
        ),
        EntityRegistered(name="one", entity=OneOf(label="one of the two", one_of=["z", "g"])),
        SameAsJudged(entities=["g", "h"], because="two spellings"),
        SameAsUndone(undoes=an_id(7), because="two men"),
        ClaimsJudged(
            claims=[an_id(12)], verb="contradicts", of=[an_id(14)], under={"one": "z"}, note="by then"
        ),
        *claims,
        ClaimAmended(
            amends=an_id(13), because="a misreading", **{name: getattr(amended, name) for name in CONTENT}
        ),
        ClaimWithdrawn(withdraws=an_id(15), because="recorded twice"),
        EvidenceAttached(
            item="film",
            sha256=hashlib.sha256(b"a film").hexdigest(),
            media_type="video/mp4",
            size=6,
            obtained_from="shared:ngo",
            obtained_at="2025-07-05",
            basis="the same frames as in the report",
        ),
        CustodyTransferred(
            item="film",
            given_by="shared:ngo",
            received_by="police",
            at="2025-07-06",
            place="shared:baku",
            note="sealed",
        ),
        ReliabilityAssessed(
            claim=an_id(12),
            scale="admiralty",
            grade="B2",
            assessor="shared:ngo",
            at="2025-07-07",
            note="seen before",
        ),
        KindDeclared(
            kind="org.example.closure",
            subject="road",
            protected=["note"],
            fields={
                "cause": DeclaredField(
                    form="code",
                    required=False,
                    open=True,
                    codes="org.example.closure_cause",
                    answers=DeclaredAnswer(property="org.example.closure_cause", by="code", single=True),
                ),
                "note": DeclaredField(form="text", required=False, open=False),
                "on": DeclaredField(form="when", required=False, open=False, scope=True),
                "road": DeclaredField(
                    form="name",
                    required=True,
                    open=True,
                    names="entity",
                    states=DeclaredState(property="org.example.passable", code="closed"),
                ),
            },
            code_lists={"org.example.closure_cause": {"flood": "water", "repair": "work on the road"}},
        ),
        DisclosureErased(
            event=an_id(5),
            erases=["entity.aliases", "entity.contact"],
            authority="the person",
            reason="asked for it",
        ),
        SourceRegistered(
            name="source-0badcafe",
            source=Source(
                protected=True,
                label="a talk",
                title="Talk with a witness",
                url="https://example.org/talk",
                sha256="5" * 64,
                language="ab",
                published="2025-06-30",
                excluded=[Excluded(locator=Locator(start=0, end=3), because="a greeting")],
                via="shared:az",
                handle="talk",
            ),
        ),
        claim("C20", Attribute(of="z", name="birth_date", details="1987"), source="source-0badcafe"),
    ]


def key_events(leaves: list[str]) -> list[tuple[Body, list[Ed25519PrivateKey]]]:
    """What becomes of the keys at the end, and who signs it."""
    trusted = 10
    root = merkle_root([bytes.fromhex(leaf) for leaf in leaves[:trusted]]).hex()
    new_recorder = NEW_RECORDER.public_key().public_bytes_raw().hex()
    new_root = RootKey(holder="Root", key=NEW_ROOT.public_key().public_bytes_raw().hex())
    old = keyid_of(RECORDER_KEY)
    return [
        (
            KeyAdded(holder="Recorder A", role="recorder", key=new_recorder, succeeds=old),
            [ROOT, NEW_RECORDER],
        ),
        (KeyRevoked(key=old, reason="stolen", size=trusted, root=root), [ROOT]),
        (RootsChanged(roots=[new_root], threshold=1), [ROOT, NEW_ROOT]),
    ]


def merkle_root(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes, as RFC 6962 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return hashlib.sha256(b"\1" + merkle_root(leaves[:left]) + merkle_root(leaves[left:])).digest()


CONTENT = ("kind", "claim", "voice", "source", "locator")


def vectors() -> list[dict[str, Any]]:
    """The lines of the file, each with everything a stranger needs to check it."""
    heads: dict[str, tuple[int, str | None]] = {KEYS: (0, None), CASE: (0, None)}
    ledger: str | None = None
    lines: list[dict[str, Any]] = []
    written: list[tuple[Body, list[Ed25519PrivateKey]]] = [(body, [RECORDER]) for body in bodies()]
    written[0] = (written[0][0], [ROOT])
    written[1] = (written[1][0], [ROOT, RECORDER])
    last = len(written)
    for number in range(last + 3):
        if number == last:
            written += key_events([line["leaf"] for line in lines])
        body, signers = written[number]
        stream = KEYS if is_key_event(body.TYPE) else CASE
        sequence, previous = heads[stream]
        public, protected = body.split()
        disclosures = {
            slot: Disclosure(ledger or "", an_id(number), slot, bytes([number]) * 16, value).to_bytes()
            for slot, value in protected.items()
        }
        payload = Payload(
            type=body.TYPE,
            version=body.VERSION,
            ledger=ledger,
            stream=stream,
            sequence=sequence + 1,
            previous=previous,
            id=an_id(number),
            recorded_at=f"2025-07-04T09:00:{number:02d}.000000Z",
            body=public,
            commitments={slot: commitment_of(content) for slot, content in disclosures.items()},
        ).to_bytes()
        signatures = sorted(
            (
                Signature(keyid_of(key.public_key().public_bytes_raw()), key.sign(pae(payload)))
                for key in signers
            ),
            key=lambda signature: signature.keyid,
        )
        envelope = Envelope(payload, tuple(signatures))
        heads[stream] = (sequence + 1, envelope.leaf())
        ledger = ledger or hashlib.sha256(payload).hexdigest()
        if isinstance(body, DisclosureErased):
            for slot in body.erases:
                del lines[int(body.event[-12:], 16)]["disclosures"][slot]
        lines.append(
            {
                "index": number,
                "what": f"{body.TYPE} {getattr(body, 'kind', '')}".strip(),
                "envelope": envelope.to_bytes().decode("ascii"),
                "leaf": envelope.leaf(),
                "disclosures": {slot: content.decode() for slot, content in disclosures.items()},
            }
        )
    return lines


if __name__ == "__main__":
    file = Path(__file__).with_name("events.json")
    made = [each.public_key().public_bytes_raw() for each in (ROOT, RECORDER, NEW_RECORDER, NEW_ROOT)]
    keys = {keyid_of(key): key.hex() for key in made}
    file.write_text(json.dumps({"keys": keys, "events": vectors()}, indent=1, ensure_ascii=True) + "\n")
