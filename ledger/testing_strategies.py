"""Hypothesis strategies for whole claims of every kind, for tests of those who embed claimledger (extra ``testing``).

    from hypothesis import given
    from claimledger.testing_strategies import claims

    @given(claims)
    def test_my_tool_takes_any_claim(claim): ...

What they make is valid by itself: every name is well formed and every code listed or one's own. Whether the entities
and claims that they name are registered is up to the test.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from claimledger.events import (
    Act,
    Attribute,
    BasedOn,
    CauseOfDeath,
    ClaimRecorded,
    Count,
    Death,
    General,
    Kind,
    Locator,
    NoAnswer,
    Opinion,
    Reason,
    Relation,
    Relay,
    Reply,
    Shows,
    TextQuote,
    Voice,
    either,
    undecided,
)
from claimledger.events.codes import CODES

__all__ = ["claims", "code", "dates", "kinds", "opened", "parties", "quantities", "terms", "texts", "voices"]

names = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
references = st.one_of(names, names.map("shared:{}".format))
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
ids = st.uuids(version=4).map(str)
dates = st.sampled_from(
    [
        "2025",
        "2025-06",
        "2025-06-27",
        "XXXX-06-27",
        "[..2025-07-03]",
        "[2025-06-27..2025-07-03]",
        "2025-06-30/2025-07-01",
        "2025~",
    ]
)
quantities = st.sampled_from(["6", "around 50", "at least 8", "dozens", "several", "3 to 5", "about 1 hour"])


def code(listing: str) -> st.SearchStrategy[str]:
    """A code of that list, or one of one's own."""
    return st.one_of(st.sampled_from(sorted(CODES[listing])), st.just("example.org:own_word"))


def opened(stated: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A field as it may be stated, undecided or left open."""
    pair = st.tuples(stated, stated)
    return st.one_of(stated, pair.map(lambda two: undecided(*two)), pair.map(lambda two: either(*two)))


def terms(listing: str) -> st.SearchStrategy[Any]:
    """One or more codes, acts or texts."""
    one = st.one_of(
        code(listing),
        names.map(lambda act: {"act": act}),
        texts.map(lambda text: {"text": text}),
        st.builds(
            lambda word, role: {"code": word, "role": role},
            code(listing),
            st.sampled_from(["immediate", "underlying"]),
        ),
    )
    several = st.lists(one, min_size=1, max_size=3)
    return st.one_of(several, several.map(lambda some: {"open": some}))


parties = st.one_of(
    references,
    st.lists(references, min_size=1, max_size=3),
    names.map(lambda group: {"all_of": group}),
    st.lists(references, min_size=1, max_size=3).map(lambda some: {"open": some}),
)


def perhaps(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """That, or not stated."""
    return st.none() | strategy


kinds: st.SearchStrategy[Kind] = st.one_of(
    st.builds(
        Act,
        act=opened(references),
        type=perhaps(opened(code("act"))),
        by=perhaps(opened(parties)),
        to=perhaps(opened(parties)),
        when=perhaps(opened(dates)),
        duration=perhaps(quantities),
        details=perhaps(texts),
    ),
    st.builds(
        Death, person=opened(names), when=perhaps(dates), in_custody=perhaps(st.booleans() | references)
    ),
    st.builds(CauseOfDeath, of=opened(names), causes=opened(terms("cause")), manner=perhaps(code("manner"))),
    st.builds(Count, group=names, quantity=opened(quantities), as_of=perhaps(dates)),
    st.builds(
        Attribute,
        of=parties,
        name=code("attribute"),
        value=perhaps(opened(texts | st.lists(texts, min_size=1, max_size=2))),
        details=perhaps(texts),
        distribution=perhaps(st.sampled_from(["each", "together", "unknown"])),
    ),
    st.builds(Relation, a=names, kind=code("relation"), b=opened(names)),
    st.builds(
        Reason, act=names, kind=code("reason_kind"), values=opened(terms("reason")), against=perhaps(parties)
    ),
    st.builds(Shows, items=parties, what=terms("shows"), on=perhaps(parties)),
    st.builds(NoAnswer, property=code("property"), of=opened(names), status=code("status")),
    st.builds(Opinion, about=parties, tone=code("opinion"), text=perhaps(texts), of=perhaps(parties)),
    st.builds(General, topic=texts, text=perhaps(texts), frequency=perhaps(texts)),
    st.builds(Reply, claims=st.lists(ids, min_size=1, max_size=2), kind=code("reply")),
)

relays = st.lists(st.builds(Relay, by=references, verb=perhaps(texts), at=perhaps(dates)), max_size=3)
voices = st.builds(
    Voice,
    asserter=references,
    on_behalf_of=perhaps(references),
    statement=perhaps(names),
    asserted_at=perhaps(dates),
    relays=relays,
)
locators = st.integers(0, 10_000).flatmap(
    lambda start: st.integers(1, 500).map(lambda length: Locator(start=start, end=start + length))
)
based_on = st.lists(
    st.one_of(ids.map(lambda id: BasedOn(claim=id)), names.map(lambda name: BasedOn(item=name))), max_size=2
)

claims: st.SearchStrategy[ClaimRecorded] = st.builds(
    ClaimRecorded,
    ref=names,
    claim=kinds,
    voice=voices | st.tuples(voices, voices).map(lambda two: undecided(*two)),
    polarity=st.sampled_from(["affirmed", "negated"]),
    strength=opened(st.sampled_from(["asserted", "appears", "likely", "possible"])),
    hedges=st.lists(texts, max_size=2),
    source=perhaps(names),
    locator=perhaps(locators),
    quote=perhaps(st.builds(TextQuote, exact=texts)),
    basis=perhaps(texts),
    based_on=based_on,
)
"""Whole claims of every kind."""
