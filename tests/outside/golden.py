"""The golden ledger and bundle, made from `docs/spec/` alone; and short ways of going on with it wrongly.

`Golden` is a ledger that goes on as it is told; `Packed` are the files of a bundle of it, to be changed. What is done
to either is a line in the tables of `tests.outside.broken_bundles`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tests.outside.bundle_maker import (
    Key,
    World,
    archive,
    base64_of,
    encode,
    manifest,
    sha256,
    uuid_of,
    with_manifests,
)

ROOTS = ("root one", "root two")
DOCUMENT = b"On 3 July a spokesman said that one man had died.\n"
A, B, C, D = ("recorder a",), ("recorder b",), ("recorder c",), ("recorder d",)
MEMBERS = ("spoil", "sequence", "previous", "id", "commitments")  # of an event of a key, not of its body
NOTHING: Mapping[str, object] = MappingProxyType({})
EVENTS, CHECKPOINT = "data/events.jsonl", "data/checkpoint"


class Golden(World):
    """Two cases, a register, recorders who come and go, roots that change; and the ids of some events.

    What is said here is signed by recorder C in the case that will be handed over, if nothing else is asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.key("recorder a")
        self.key("recorder b")
        self.key("a witness", "witness", by=ROOTS)
        self.say("entity.registered", {"entity": "ministry"}, A, stream="register")
        self.say("case.opened", {"case": "harbour", "title": "Deaths at the harbour"}, A)
        self.say("case.opened", {"case": "quarry"}, B, stream="quarry")
        source = {"source": {"sha256": sha256(DOCUMENT).hex()}}
        self.source = self.say("source.registered", source, A, {"entity.contact": None})
        names = {"entity.name": "Anna \u0416 \U0001f600", "quote": "he died\n\u2028"}
        self.first = self.say("claim.recorded", {"n": 1}, A, names)
        self.say("claim.recorded", {"n": 2}, B, stream="quarry")
        self.by_b = self.say("claim.recorded", {"n": 3}, B, {"quote": {"exact": "one man", "n": [1, None]}})
        self.by_both = self.say("claim.recorded", {"n": 4}, (*A, *B), {"claim.text": "text"})
        self.say("claim.amended", {"amends": self.first, "why": "a misprint"}, A, {"quote": "he had died"})
        self.key("recorder c", succeeds=Key(A[0]).id)
        disputed = len(self.events)
        self.say("claim.recorded", {"n": 5}, A)
        self.erase(["claim.text"], of=self.by_both, authority="the speaker", reason="asked for it")
        self.revoke("recorder a", disputed)
        self.say("claim.withdrawn", {"withdraws": self.by_b}, ROOTS)
        self.say("claim.amended", {"amends": self.first})
        self.roots("root one", "root two", "root four", by=(*ROOTS, "root four"))
        self.say("claim.recorded", {"n": 6}, C, {"quote": None})
        self.say("claim.recorded", {"n": 7}, B, stream="quarry")

    def say(
        self,
        kind: str,
        body: dict[str, Any],
        by: Sequence[str] = C,
        slots: Mapping[str, object] = NOTHING,
        *,
        stream: str = "harbour",
        **changes: Any,
    ) -> str:
        return self.add(stream, kind, body, by, slots, **changes)

    def claim(self, by: Sequence[str] = C, slots: Mapping[str, object] = NOTHING, **changes: Any) -> str:
        return self.say("claim.recorded", changes.pop("body", {}), by, slots, **changes)

    def amend(self, what: str | None, by: Sequence[str] = C, **changes: Any) -> str:
        return self.say("claim.amended", {"amends": what}, by, **changes)

    def erase(self, slots: Any, by: Sequence[str] = C, *, of: str | None = None, **changes: Any) -> str:
        said = {"authority": changes.pop("authority", "a court"), "reason": changes.pop("reason", "an order")}
        return self.say(
            "disclosure.erased", {"event": of or self.first, "slots": slots, **said}, by, **changes
        )

    def key(
        self, name: str = D[0], role: str = "recorder", by: Sequence[str] | None = None, **body: Any
    ) -> str:
        signers = (*ROOTS, name) if by is None else by
        changes = {name: body.pop(name) for name in MEMBERS if name in body}
        return self.add_key(name, role, by=signers, body=body, **changes)

    def revoke(self, name: str, size: int = 1, by: Sequence[str] = ROOTS, **body: Any) -> str:
        said = {"key": Key(name).id, "reason": "lost", "size": size, "root": self.root_hash(size).hex()}
        return self.say("key.revoked", said | body, by, stream="keys")

    def roots(self, *names: str, by: Sequence[str] = ROOTS, threshold: int = 2, **body: Any) -> str:
        said = {"roots": [Key(name).listed() for name in names], "threshold": threshold} | body
        return self.say("roots.changed", said, by, stream="keys")

    def sealed_by(self, *names: str) -> Golden:
        self.logs = [Key(name) for name in names]
        return self

    def later(self, more: int) -> str:
        """The id of an event that is not recorded yet."""
        return uuid_of(f"{self.origin} event {self.count + more}")

    def length_of_words(self) -> int:
        """Of the disclosure of a quote that is the empty text, in bytes."""
        return len(encode(["claimledger-disclosure/1", self.ledger, self.first, "quote", "0" * 32, ""]))

    def signed_anyhow(self, spoil: Callable[[list[dict[str, Any]]], object]) -> None:
        """The last event of the case has an envelope that cannot be: its leaf is that of the right one."""
        self.claim((*B, *C))
        event = self.events[-1]
        right, _ = event.envelope, event.leaf
        vars(event)["envelope"] = {**right, "signatures": spoil(right["signatures"])}

    def bundle(self, cases: Iterable[str] = ("harbour",), *, size: int | None = -1) -> Packed:
        files = self.files(cases, size=size, withhold="entity.name".__eq__, sources=[DOCUMENT])
        return Packed(self, files)


class Packed:
    """The files of a bundle, to be changed."""

    def __init__(self, world: World, files: dict[str, bytes]) -> None:
        self.world, self.files, self.size = world, files, len(world.events)

    def put(self, path: str, data: bytes | Callable[[bytes], bytes]) -> Packed:
        self.files[path] = data(self.files[path]) if callable(data) else data
        return self

    def drop(self, *paths: str) -> Packed:
        for path in paths:
            del self.files[path]
        return self

    def lines(self, path: str, change: Callable[[list[bytes]], Iterable[bytes]]) -> Packed:
        return self.put(path, lambda data: b"".join(change(data.splitlines(keepends=True))))

    def event(self, which: int, **members: Any) -> Packed:
        """Change members of a line of events; ... takes one out."""
        return self._edit(
            EVENTS, which, lambda v: {k: m for k, m in {**v, **members}.items() if m is not ...}
        )

    def envelope(self, **members: Any) -> Packed:
        return self._edit(EVENTS, -1, lambda value: {**value, "envelope": {**value["envelope"], **members}})

    def proof(self, which: int, change: Callable[[list[str]], Any]) -> Packed:
        return self._edit(EVENTS, which, lambda value: {**value, "proof": change(value["proof"])})

    def slot(self, which: int, name: str, value: Any) -> Packed:
        """Put a disclosure (or what a function makes of the one that is there) into a line; ... takes it out."""

        def change(line: dict[str, Any]) -> dict[str, Any]:
            made = value(line["slots"][name]) if callable(value) else value
            slots = {**line["slots"], name: made}
            return {**line, "slots": {slot: said for slot, said in slots.items() if said is not ...}}

        return self._edit(EVENTS, which, change)

    def value(self, place: int, value: object) -> Packed:
        """Change one of the six values of the last disclosure."""
        return self.slot(-1, "quote", lambda said: [*said[:place], value, *said[place + 1 :]])

    def kept(self, slot: str) -> list[Any]:
        """A disclosure that was left out."""
        [text] = [e.disclosures[slot] for e in self.world.events if slot in e.disclosures]
        return list(json.loads(text))

    def exchange(self, one: int, two: int, values: slice) -> Packed:
        """Two quotes, each with some of the six values of the other."""
        lines = [json.loads(line) for line in self.files[EVENTS].splitlines()]
        first, second = lines[one]["slots"]["quote"], lines[two]["slots"]["quote"]
        first[values], second[values] = second[values], first[values]
        return self.put(EVENTS, b"".join(encode(line) + b"\n" for line in lines))

    def fill(self, length: int) -> Packed:
        """Make the last line of events as long as that, by the name of a slot that it has not."""
        short = len(self.files[EVENTS].splitlines()[-1])
        return self.slot(-1, "a" * (length - short - len('"":null,')), None)

    def head(
        self, *lines: str, of: str = "harbour", under: str = "", name: str = "/heads", **keywords: Any
    ) -> Packed:
        """The note of where a stream ends; with other lines than the right one, or under another stream's name."""
        size = keywords.pop("size", self.size)
        said = lines or self.world.heads(size, [of]).values()
        note = self.world.note(f"{self.world.origin}{name}", size, tuple(said), **keywords)
        return self.put(self.head_of(under or of), note)

    def end(self, sequence: object = None, leaf: str | None = None, *, of: str = "harbour") -> Packed:
        """The head of a stream, with another end."""
        [right] = self.world.heads(self.size, [of]).values()
        stream, at, hashed = right.split()
        said = at if sequence is None else sequence, hashed if leaf is None else leaf
        return self.head(" ".join(map(str, (stream, *said))), of=of)

    def head_of(self, stream: str) -> str:
        return f"data/heads/{self.world.streams.get(stream, stream)}"

    def checkpoint(self, change: Callable[[bytes], bytes] = bytes, /, **keywords: Any) -> Packed:
        size, origin = keywords.pop("size", self.size), keywords.pop("origin", self.world.origin)
        return self.put(CHECKPOINT, change(self.world.note(origin, size, **keywords)))

    def repack(self) -> Packed:
        """Manifests that fit what was changed."""
        self.files = with_manifests(self.files, str(self.world.ledger))
        return self

    def tag(self, path: str, data: Callable[[bytes], bytes]) -> Packed:
        """A file beside the payload, and the list of those made anew."""
        self.put(path, data)
        names = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")
        return self.put("tagmanifest-sha256.txt", manifest({name: self.files[name] for name in names}))

    def _edit(self, path: str, which: int, change: Callable[[Any], Any]) -> Packed:
        lines = self.files[path].splitlines()
        lines[which] = encode(change(json.loads(lines[which])))
        return self.put(path, b"".join(line + b"\n" for line in lines))


def golden() -> tuple[bytes, str]:
    """The golden bundle, and the id of its ledger."""
    world = Golden()
    return archive(world.bundle().files), str(world.ledger)


# What a signature can be turned into

Signatures = list[dict[str, Any]]


def flipped(signatures: Signatures) -> Signatures:
    raw = bytearray(base64.b64decode(signatures[0]["sig"]))
    raw[5] ^= 1
    return [{**signatures[0], "sig": base64_of(bytes(raw))}, *signatures[1:]]


def high_s(signatures: Signatures) -> Signatures:
    raw = base64.b64decode(signatures[0]["sig"])
    s = int.from_bytes(raw[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    return [{**signatures[0], "sig": base64_of(raw[:32] + s.to_bytes(32, "little"))}]


def zeros(signatures: Signatures) -> Signatures:
    return [{**each, "sig": base64_of(bytes(64))} for each in signatures]


def key_sequence(w: World) -> int:
    """The next one of the key stream."""
    return 1 + len([event for event in w.events if event.payload["stream"] == w.streams["keys"]])
