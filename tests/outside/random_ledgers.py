"""Small ledgers at random, made from `docs/spec/` alone: most of what is in them is right, and some is not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.outside.bundle_maker import Files, Key, World, sha256, uuid_of

SLOTS = ("claim.text", "entity.name", "quote")
DOCUMENTS = (b"one", b"two")
KINDS = (
    "case.opened",
    "claim.amended",
    "claim.recorded",
    "claim.withdrawn",
    "disclosure.erased",
    "key.added",
    "key.revoked",
    "key.rotated",
    "ledger.opened",
    "roots.changed",
    "something.else",
    "source.registered",
)
WRONG = 0.05
"""How often something is signed by just anybody."""


class Ledger(World):
    """Streams, changes of keys, amendments, erasures and sources, as a seed has it."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.roots = [f"root {n}" for n in range(chance.randint(1, 3))]
        self.threshold = chance.randint(1, len(self.roots))
        logs = ["log 0", "log 1"][: chance.choice((1, 1, 1, 2))]
        super().__init__("example.org/random", roots=self.roots, threshold=self.threshold, logs=logs)
        self.recorders, self.cases = list[str](), list[str]()
        self.everybody = [*self.roots, *logs, "stranger"]
        self._new_recorder()
        self._open_case()
        steps: dict[Callable[[], object], int] = {
            self._claim: 8,
            self._mend: 3,
            self._erase: 3,
            self._new_recorder: 2,
            self._revoke: 2,
            self._new_log: 1,
            self._new_roots: 1,
            self._entity: 1,
            self._open_case: 1,
            self._source: 1,
            self._odd: 1,
        }
        for step in chance.choices([*steps], [*steps.values()], k=chance.randint(2, 14)):
            step()

    def packed(self) -> Files:
        """Some cases of it, sealed at some size or never."""
        chance, whole = self.chance, len(self.events)
        size = chance.choice((None, whole, whole, whole, chance.randint(0, whole)))
        withheld = chance.sample(SLOTS, chance.randint(0, 2))
        named = str([event.payload["body"] for event in self.events])
        sources = [each for each in DOCUMENTS if sha256(each).hex() in named and chance.random() < 0.5]
        cases = chance.sample(self.cases, chance.randint(1, len(self.cases)))
        return self.files(cases, size=size, withhold=withheld.__contains__, sources=sources)

    def _by(self, *names: str) -> tuple[str, ...]:
        """These, as a rule."""
        anybody = self.chance.sample(self.everybody, self.chance.randint(1, 3))
        return tuple(anybody) if self.chance.random() < WRONG else names

    def _by_roots(self, *more: str) -> tuple[str, ...]:
        count = self.chance.randint(min(self.threshold, len(self.roots)), len(self.roots))
        return self._by(*dict.fromkeys([*self.chance.sample(self.roots, count), *more]))

    def _by_recorders(self) -> tuple[str, ...]:
        count = min(len(self.recorders), self.chance.choice((1, 1, 1, 2)))
        return self._by(*self.chance.sample(self.recorders, count))

    def _case(self) -> str:
        return self.chance.choice(self.cases)

    def _words(self) -> dict[str, object]:
        return {slot: f"{slot} {self.count}" for slot in self.chance.sample(SLOTS, self.chance.randint(0, 2))}

    def _somebody_new(self, role: str) -> str:
        name = f"{role} {len(self.everybody)}"
        self.everybody.append(name)
        return name

    def _new_recorder(self) -> None:
        name = self._somebody_new("recorder")
        body = {"succeeds": Key(self.chance.choice(self.recorders)).id} if self.recorders else {}
        self.add_key(name, "recorder", by=self._by_roots(name), body=self.chance.choice((body, {})))
        self.recorders.append(name)

    def _new_log(self) -> None:
        name = self._somebody_new("log")
        self.add_key(name, "log", by=self._by_roots())
        if self.chance.random() > WRONG:
            self.logs.append(Key(name))

    def _revoke(self) -> None:
        name = self.chance.choice([*self.recorders, *self.everybody])
        size = self.chance.randint(0, len(self.events))
        body = {"key": Key(name).id, "reason": "lost", "size": size, "root": self.root_hash(size).hex()}
        self.add("keys", "key.revoked", body, self._by_roots())
        if name in self.recorders and len(self.recorders) > 1:
            self.recorders.remove(name)
        if name in self.roots and len(self.roots) > self.threshold:
            self.roots.remove(name)
        if self.chance.random() > WRONG:
            self.logs = [key for key in self.logs if key.name != name] or self.logs

    def _new_roots(self) -> None:
        new = [self._somebody_new("root")] if self.chance.random() < 0.7 else []
        roots = self.chance.sample(self.roots, self.chance.randint(1, len(self.roots))) + new
        threshold = self.chance.randint(1, len(roots))
        body = {"roots": [Key(name).listed() for name in roots], "threshold": threshold}
        self.add("keys", "roots.changed", body, self._by(*self.roots, *new))
        self.roots, self.threshold = roots, threshold

    def _entity(self) -> None:
        self.add("register", "entity.registered", {"entity": "x"}, self._by_recorders(), self._words())

    def _open_case(self) -> None:
        name = f"case {len(self.cases)}"
        self.add(name, "case.opened", {"case": name}, self._by_recorders())
        self.cases.append(name)

    def _claim(self) -> None:
        self.add(self._case(), "claim.recorded", {"n": self.count}, self._by_recorders(), self._words())

    def _mend(self) -> None:
        kind, member = self.chance.choice((("claim.amended", "amends"), ("claim.withdrawn", "withdraws")))
        record = self.chance.choice(self.events[-5:])
        its_own = [key.name for key in record.signers]
        signers = self.chance.choice((its_own, self._by_recorders(), self._by_roots()))
        what = uuid_of("nobody") if self.chance.random() < WRONG else record.payload["id"]
        self.add(self._case(), kind, {member: what}, self._by(*signers), self._words())

    def _erase(self) -> None:
        committing = [event for event in self.events if event.disclosures] or self.events
        record = self.chance.choice(committing)
        slots = [*record.disclosures][: self.chance.randint(1, 2)]
        body = {"event": record.payload["id"], "slots": slots, "authority": "a", "reason": "b"}
        self.add(self._case(), "disclosure.erased", body, self._by_recorders())

    def _source(self) -> None:
        named = {"sha256": sha256(self.chance.choice(DOCUMENTS)).hex()}
        bodies: dict[str, dict[str, Any]] = {
            "source.registered": {"source": named},
            "evidence.attached": named,
        }
        kind = self.chance.choice([*bodies])
        self.add(self._case(), kind, bodies[kind], self._by_recorders())

    def _odd(self) -> None:
        """Something of which nobody knows whether it is right."""
        kind = self.chance.choice(KINDS)
        changes: dict[str, Any] = {"ledger": None} if kind == "ledger.opened" else {}
        stream = self.chance.choice(("keys", "keys", "register", "nowhere", *self.cases))
        signers = self.chance.choice((self._by_recorders(), self._by_roots()))
        body = dict(self.chance.choice(self.events).payload["body"])
        words = self._words() if self.chance.random() < 0.3 else {}
        self.add(stream, kind, body, signers, words, version=self.chance.choice((1, 1, 2)), **changes)
