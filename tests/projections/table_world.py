"""A case with something in every table, in several scripts; and the same told as the rows that files must give back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from claimledger.events import (
    Act,
    Attribute,
    CaseOpened,
    CauseOfDeath,
    Count,
    EvidenceItem,
    General,
    NoAnswer,
    OneOf,
    Opinion,
    Person,
    Reply,
    Shows,
    Source,
    SourceRegistered,
    TextQuote,
    undecided,
)
from claimledger.events.claims import Voice
from claimledger.events.event import format_instant
from claimledger.events.evidence import CustodyTransferred, EvidenceAttached, ReliabilityAssessed
from claimledger.projections.tables import Tables

SECRET = "what nobody may read"
IDENTITY = "Protected Name"
ARABIC = "\u0645\u062d\u0645\u062f \u0627\u0644\u0623\u062d\u0645\u062f"
CYRILLIC = "\u0417\u0438\u044f\u0434\u0434\u0438\u043d"
AZERBAIJANI = "\u018fhm\u0259dov, \u0130l\u015fad"
AWKWARD = '=1+1, "quoted";\n@next\tline \u202eabc\u202c'


def filled(world: Any) -> Any:
    """Record something for every table; gives the world back."""
    world.add(
        SourceRegistered(name="report", source=Source(title=AWKWARD, published="2025-07~", language="ar"))
    )
    for name, label in (("arabic", ARABIC), ("cyrillic", CYRILLIC), ("azerbaijani", AZERBAIJANI)):
        world.entity(name, Person(label=label))
    world.entity("one", OneOf(label="one of them", one_of=("z", "g")))
    world.entity("video", EvidenceItem(label="-video", held=True))
    world.entity("witness", Person(label="a witness", protected=True, name=IDENTITY, aliases=(IDENTITY,)))
    claim = world.claim
    claim(
        "C1", CauseOfDeath(of="z", causes="torture"), "az", "2025-07-03", hedges=("=maybe",), relays=("ngo",)
    )
    claim(
        "C2", CauseOfDeath(of="one", causes="natural.heart_failure"), "ru", "[..2025-07-02]", source="report"
    )
    claim("C3", CauseOfDeath(of="z", causes="natural.heart_failure"), "ru", "2025-07-05")
    claim("C4", NoAnswer(property="cause_of_death", of="z", status="no_comment"), "paper", None)
    claim("C5", Count(group="both", quantity="at least 8", as_of="2025-06-27"), "ngo", "2025-07")
    claim("C6", Count(group="both", quantity="around 50"), "paper")
    claim("C7", Count(group="both", quantity="dozens"), "reports", None)
    claim("C8", Act(act="sweep", type=undecided("detention", "arrest"), when="2025-06-27", details=SECRET))
    claim("C9", Opinion(about="z", tone="condemns", text=SECRET), quote=TextQuote(exact=SECRET))
    claim("C10", General(topic="detention", text=SECRET, frequency="often"))
    claim("C11", Attribute(of="arabic", name="name", value=(ARABIC, CYRILLIC, AZERBAIJANI)))
    claim("C12", Shows(items="video", what="injury"), based_on=({"item": "video"},))
    either = undecided(Voice(asserter="reports", asserted_at="2025-07-01"), Voice(asserter="ngo"))
    claim("C13", CauseOfDeath(of="g", causes="suicide"), voice=either, strength="possible")
    claim("C14", Reply(claims=(world.ids["C1"],), kind="retracts"), "az", "2025-07-06")
    claim("C15", Opinion(about="g", tone="demands", text=SECRET))
    world.amend("C15", Opinion(about="g", tone="demands", text=SECRET + " again"))
    claim("C16", Count(group="both", quantity="5"))
    world.withdraw("C16")
    world.judge(["C2"], "contradicts", ["C1"], under={"one": "z"}, note=AWKWARD)
    world.same("arabic", "cyrillic")
    world.add(EvidenceAttached(item="video", sha256="d" * 64, size=7, obtained_at="2025-07-01"))
    world.add(CustodyTransferred(item="video", received_by="ngo", at="2025-07-02"))
    world.add(ReliabilityAssessed(entity="video", scale="admiralty", grade="B2", assessor="ngo"))
    return world


def tables_of(world: Any, **asked: Any) -> Tables:
    """The tables of a world's case."""
    tables = Tables(world.case, **asked)
    for event in world.events:
        tables.apply(event)
    return tables


def another(new_world: Callable[..., Any], name: str = "other") -> Any:
    """A case with next to nothing in it."""
    world = new_world(name)
    world.add(CaseOpened(case="third", title="not this one"), stream="5" * 8 + "-0000-4000-8000-" + "5" * 12)
    return world


def as_text(value: Any) -> str:
    """A value as a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def as_plain(value: Any) -> Any:
    """A value as a member of a JSON line."""
    return as_text(value) if isinstance(value, date) else value
