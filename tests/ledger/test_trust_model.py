"""Whole histories of keys against a naive model: a list of what happened, looked through from its start each time.

The model shares no code with `claimledger.trust`; it is written from docs/spec/3-keys.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.errors import KeyNotAllowed, MalformedEvent
from claimledger.events.event import Payload
from claimledger.keys import keyid
from claimledger.trust import KeyStream
from tests.ledger.key_histories import (
    as_event,
    key_added,
    opening,
    payload,
    revoked,
    roots_changed,
    sign,
    signer,
)

NAMES = ("r0", "r1", "r2", "a", "b", "c")
SIGNERS = {name: signer(name) for name in NAMES}
IDS = {name: keyid(each) for name, each in SIGNERS.items()}


@dataclass(frozen=True)
class Act:
    """One event: what it does, and who signed it."""

    what: str  # add, revoke, roots, record
    signers: frozenset[str]
    key: str = ""
    role: str = "recorder"
    size: int = 0
    roots: tuple[str, ...] = ()
    threshold: int = 1


@dataclass
class Model:
    """What was accepted, by index."""

    roots: tuple[str, ...]
    threshold: int
    log: dict[int, Act] = field(default_factory=dict)

    def before(self, index: int) -> list[tuple[int, Act]]:
        return [(at, act) for at, act in sorted(self.log.items()) if at < index]

    def added(self, key: str, until: int) -> tuple[int, str] | None:
        """Index and role of a key that is in the ledger by then, the event at that index included."""
        if key in self.roots:
            return 0, "root"
        for at, act in self.before(until + 1):
            if act.what == "add" and act.key == key:
                return at, act.role
            if act.what == "roots" and key in act.roots:
                return at, "root"
        return None

    def ended(self, key: str, until: int) -> int | None:
        for at, act in self.before(until + 1):
            if act.what == "revoke" and act.key == key:
                return at
            known = self.added(key, at - 1)
            if act.what == "roots" and key not in act.roots and known is not None and known[1] == "root":
                return at
        return None

    def is_active(self, key: str, index: int, role: str) -> bool:
        known, end = self.added(key, index), self.ended(key, index)
        return (
            known is not None
            and known[1] == role
            and known[0] < max(index, 1)
            and (end is None or end >= index)
        )

    def threshold_at(self, index: int) -> int:
        changes = [act.threshold for _, act in self.before(index) if act.what == "roots"]
        return changes[-1] if changes else self.threshold

    def all_active(self, role: str, index: int) -> set[str]:
        return {key for key in NAMES if self.is_active(key, index, role)}

    def allows(self, act: Act, index: int) -> bool:
        signers = set(act.signers)
        roots = self.all_active("root", index)
        need = self.threshold_at(index)
        if act.what == "record":
            return bool(signers) and signers <= self.all_active("recorder", index)
        if act.what == "add":
            is_new = self.added(act.key, index - 1) is None
            proven = act.role == "log" or act.key in signers
            others = signers - {act.key}
            return is_new and proven and others <= roots and len(others) >= need
        if act.what == "revoke":
            return signers <= roots and len(signers) >= need and self.added(act.key, index - 1) is not None
        listed = set(act.roots)
        new = listed - roots
        if any(self.added(key, index - 1) is not None for key in new):
            return False
        return (
            new <= signers
            and signers <= roots | new
            and len(signers & roots) >= need
            and len(signers & listed) >= act.threshold
        )

    def verdicts(self, key: str, index: int, end: int) -> tuple[str, str]:
        known = self.added(key, end)
        if known is None or not self.is_active(key, index, known[1]):
            return "invalid", "invalid"
        last = self.ended(key, end)
        sizes = [one.size for _, one in self.before(end + 1) if one.what == "revoke" and one.key == key]
        disputed = bool(sizes) and last is not None and max(sizes[-1], known[0] + 1) <= index < last
        return "valid", "disputed" if disputed else "valid"


some = st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=4)
acts = st.one_of(
    st.builds(Act, st.just("record"), some),
    st.builds(
        Act, st.just("add"), some, st.sampled_from(NAMES), st.sampled_from(["recorder", "root", "log"])
    ),
    st.builds(
        lambda signers, key, size: Act("revoke", signers, key, size=size),
        some,
        st.sampled_from(NAMES),
        st.integers(0, 14),
    ),
    st.builds(
        lambda signers, roots, threshold: Act(
            "roots", signers, roots=tuple(roots), threshold=min(threshold, len(roots))
        ),
        some,
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
        st.integers(1, 3),
    ),
)


@st.composite
def likely(draw: st.DrawFn) -> list[Act]:
    """Histories in which much is accepted: the roots of the day sign, and new keys prove themselves."""
    made: list[Act] = []
    for _ in range(draw(st.integers(1, 12))):
        act = draw(acts)
        if draw(st.integers(0, 3)):
            helped = {"r0", "r1"} if act.what != "record" else set()
            helped |= {act.key} if act.what == "add" else set(act.roots)
            act = Act(
                act.what,
                frozenset(helped or {draw(st.sampled_from(NAMES))}),
                act.key, act.role, act.size, act.roots, act.threshold,
            )  # fmt: skip
        made.append(act)
    return made


def event_of(act: Act, stream: KeyStream) -> Payload:
    """The act as the next event of a key stream, or as one of a case."""
    if act.what == "record":
        return payload("claim.recorded", {}, ledger=stream.ledger_id)
    if act.what == "add":
        holder = f"Root {IDS[act.key][:8]}"  # as a list of roots has it
        return key_added(stream, SIGNERS[act.key].public_key, role=act.role, holder=holder)
    if act.what == "revoke":
        return revoked(stream, IDS[act.key], act.size)
    return roots_changed(stream, *(SIGNERS[name] for name in act.roots), threshold=act.threshold)


@given(
    history=likely(), threshold=st.integers(1, 2), gaps=st.lists(st.integers(1, 2), min_size=12, max_size=12)
)
def test_every_history_of_keys_is_judged_as_the_model_judges_it(
    history: list[Act], threshold: int, gaps: list[int]
) -> None:
    model = Model(("r0", "r1"), threshold)
    stream = KeyStream.opened(
        sign(opening(SIGNERS["r0"], SIGNERS["r1"], threshold=threshold), SIGNERS["r0"], SIGNERS["r1"])
    )
    index = 0
    accepted = []
    for act, gap in zip(history, gaps, strict=False):
        index += gap
        header = event_of(act, stream)
        envelope = sign(header, *(SIGNERS[name] for name in act.signers))
        try:
            stream.verify(envelope, header, index)
        except (KeyNotAllowed, MalformedEvent):
            assert not model.allows(act, index), act
            continue
        assert model.allows(act, index), act
        model.log[index] = act
        stream.apply(as_event(envelope, index))
        accepted.append((envelope, header, index))
    for key in NAMES:
        for at in range(index + 2):
            found = stream.verdicts([IDS[key]], at)
            known = model.added(key, index)
            if known is not None and known[0] == at and at:
                continue  # it signed its own adding: no say of its own
            assert (found.when_recorded, found.as_now_known) == model.verdicts(key, at, index), (key, at)
    # What was accepted stays accepted with all that is known since.
    for envelope, header, at in accepted:
        stream.verify(envelope, header, at)


def test_the_model_refuses_and_accepts() -> None:
    model = Model(("r0", "r1"), 2)
    assert not model.allows(Act("add", frozenset({"r0", "a"}), "a"), 1)
    assert model.allows(Act("add", frozenset({"r0", "r1", "a"}), "a"), 1)
