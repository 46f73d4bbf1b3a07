"""Random ledgers, packed and then broken at random: whatever comes of it, all verifiers say the same of it.

A seed stands for a ledger, for what of it is packed, and for up to four things that are done to the bundle afterwards:
lines left out, repeated, moved or garbled, members changed with and without signing anew, notes exchanged. Nobody says
what must be found: that is what `broken_bundles` is for.

`python -m tests.outside.random_bundles SEED FILE` writes one of them and says what was done to it.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.outside.bundle_maker import (
    Event,
    Files,
    Key,
    archive,
    base64_of,
    encode,
    sha256,
    uuid_of,
    with_manifests,
)
from tests.outside.golden import CHECKPOINT, EVENTS, flipped
from tests.outside.random_ledgers import DOCUMENTS, KINDS, SLOTS, Ledger

Line = dict[str, Any]


def random_bundle(seed: int) -> tuple[bytes, str, list[str]]:
    """A bundle, the id of its ledger, and what was done to it."""
    chance = Random(seed)
    ledger = Ledger(chance)
    breaking = Breaking(ledger, ledger.packed())
    for _ in range(chance.randint(0, 4)):
        breaking.once()
    files = breaking.files
    if chance.random() < 0.95:
        files = with_manifests(files, str(ledger.ledger))
    return archive(files), str(ledger.ledger), breaking.done


class Breaking:
    """Things done to the files of a bundle; `done` says which."""

    def __init__(self, ledger: Ledger, files: Files) -> None:
        self.ledger, self.chance, self.files, self.done = ledger, ledger.chance, files, list[str]()
        self._keys = {key.id: key for key in map(Key, ledger.everybody)}

    def once(self) -> None:
        ways: dict[Callable[[], object], int] = {
            self._lines: 6,
            self._member: 3,
            self._payload: 8,
            self._signature: 3,
            self._slot: 4,
            self._checkpoint: 2,
            self._head: 3,
            self._file: 1,
        }
        [way] = self.chance.choices([*ways], [*ways.values()])
        way()

    def _one_of(self, *made: Any, of: str) -> Any:
        """One of these; and it is noted."""
        chosen = self.chance.choice(made)
        self.done.append(f"{of}: {chosen!r:.300}")
        return chosen

    def _lines(self) -> None:
        lines = self.files[EVENTS].splitlines(keepends=True)
        if not lines:
            return
        at, to = self.chance.randrange(len(lines)), self.chance.randrange(len(lines))
        line, place = lines[at], self.chance.randrange(len(lines[at]))
        before, after = lines[:at], lines[at + 1 :]
        rest = before + after
        odd = self.chance.choice((b"\n", b"{}\n", line[:-1] + b"\r\n"))
        made = {
            "out": rest,
            "cut": before,
            "twice": [*lines[:to], line, *lines[to:]],
            "moved": [*rest[:to], line, *rest[to:]],
            "garbled": [*before, line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :], *after],
            "odd": [*before, odd, line, *after],
            "without an end": [*before, line[:-1]],
        }
        how = self._one_of("out", *made, of=f"line {at} (to {to})")
        self.files[EVENTS] = b"".join(made[how])

    def _edit(self, change: Callable[[Line, Line], object]) -> None:
        """Change a line of events in place, with another one at hand; lines that cannot be read are lost with it."""
        lines = [json.loads(line) for line in self.files[EVENTS].splitlines() if is_whole(line)]
        if lines:
            at = self.chance.randrange(len(lines))
            self.done.append(f"of line {at}:")
            change(lines[at], self.chance.choice(lines))
            self.files[EVENTS] = b"".join(encode(value) + b"\n" for value in lines)

    def _member(self) -> None:
        def change(line: Line, other: Line) -> None:
            proof = line["proof"] or []
            changes = self._one_of(
                {"index": line["index"] + self.chance.choice((-1, 1, 2, 50))},
                {"proof": None},
                {"proof": proof[1:]},
                {"proof": proof[::-1]},
                {"proof": [*proof, base64_of(bytes(32))]},
                {"proof": other["proof"]},
                {"slots": other["slots"]},
                {"slots": {}},
                {"slots": []},
                of="member",
            )
            line.update(changes)

        self._edit(change)

    def _slot(self) -> None:
        right = {
            (event.payload["id"], slot): json.loads(text)
            for event in self.ledger.events
            for slot, text in event.disclosures.items()
        }

        def change(line: Line, other: Line) -> None:
            payload = payload_of(line)
            slot = self.chance.choice([*payload["commitments"]] or SLOTS)
            mine, foreign = (
                right.get((payload["id"], slot), []),
                self.chance.choice([*right.values()] or [[]]),
            )
            place = self.chance.randrange(6)
            garbled = [*mine[:place], *foreign[place : place + 1], *mine[place + 1 :]]
            made = self._one_of(
                None, ..., mine, mine, garbled, [*mine[:5], "x"], foreign, [], "x", of=f"slot {slot}"
            )
            slots = {**(line["slots"] or {}), slot: made}
            line["slots"] = {name: each for name, each in slots.items() if each is not ...}

        self._edit(change)

    def _payload(self) -> None:
        def change(line: Line, other_line: Line) -> None:
            payload, other = payload_of(line), payload_of(other_line)
            body, streams = (
                payload["body"],
                [other["stream"], *self.ledger.streams.values(), uuid_of("another")],
            )
            changes = self._one_of(
                {"sequence": payload["sequence"] + self.chance.choice((-1, 1, 2))},
                {"stream": self.chance.choice(streams)},
                {"stream": self.chance.choice(streams), "sequence": 1, "previous": None},
                {"previous": "0" * 64},
                {"id": other["id"]},
                {"ledger": "0" * 64},
                {"version": 2},
                {"recorded_at": "2025"},
                {"type": self.chance.choice(KINDS)},
                {"type": "ledger.opened", "ledger": None},
                {"type": other["type"], "body": other["body"]},
                {"body": other["body"]},
                {"body": {**body, "n": 0}},
                {"body": {**body, "amends": other["id"], "event": other["id"]}},
                {"commitments": other["commitments"]},
                {"commitments": {}},
                of="payload",
            )
            payload |= changes
            who = [self._keys.get(each["keyid"]) for each in line["envelope"]["signatures"]]
            some = self.chance.sample([*self._keys.values()], self.chance.randint(1, 3))
            how = self._one_of("not signed", "signed anew", "signed anew", "signed by others", of="which is")
            if how == "not signed":
                line["envelope"]["payload"] = base64_of(encode(payload))
            else:
                same = [key for key in who if key]
                signers = same if same and how == "signed anew" else some
                line["envelope"] = Event(payload, tuple(dict.fromkeys(signers))).envelope

        self._edit(change)

    def _signature(self) -> None:
        def change(line: Line, other: Line) -> None:
            signed, others = line["envelope"]["signatures"], other["envelope"]["signatures"]
            somebody = {"keyid": self.chance.choice([*self._keys])}
            made = self._one_of(
                flipped(signed) if signed else [],
                signed[1:],
                others,
                [*signed, *others],
                [*signed, {**somebody, "sig": base64_of(bytes(64))}],
                [{**each, **somebody} for each in signed[:1]] + signed[1:],
                of="signatures",
            )
            kept = {each["keyid"]: each for each in made}
            line["envelope"]["signatures"] = [kept[keyid] for keyid in sorted(kept)]

        self._edit(change)

    def _note(self, name: str, *lines: str) -> bytes:
        """A note on some state of the log, as a rule the one that the bundle has."""
        whole = len(self.ledger.events)
        there = self.files.get(CHECKPOINT, b"").partition(b"\n")[2].partition(b"\n")[0]
        right = int(there) if there.isdigit() and int(there) <= whole else whole
        logs, stranger = self.ledger.logs, Key("stranger")
        size = self.chance.choice((right, right, right, self.chance.randint(0, whole)))
        by = self.chance.choice((logs, logs, logs[:1], [stranger], [*logs, stranger]))
        return self.ledger.note(name, size, lines, logs=by)

    def _checkpoint(self) -> None:
        data = self.files.get(CHECKPOINT, b"")
        at = self.chance.randrange(len(data) + 1)
        garbled = data[:at] + b"0" + data[at + 1 :]
        self._put(CHECKPOINT, None, self._note(self.ledger.origin), garbled, data + data)

    def _head(self) -> None:
        there = sorted(name for name in self.files if name.startswith("data/heads/"))
        streams = [*self.ledger.streams.values(), uuid_of("another")]
        path = self.chance.choice([*there, *(f"data/heads/{stream}" for stream in streams)])
        whole, name = len(self.ledger.events), f"{self.ledger.origin}/heads"
        end = self.chance.randint(1, whole), self.chance.choice(self.ledger.events).leaf.hex()
        right = [*self.ledger.heads(whole, self.ledger.streams).values()]
        self._put(
            path,
            None,
            b"",
            self.files[there[0]] if there else None,
            self._note(name, f"{path[-36:]} {end[0]} {end[1]}"),
            self._note(name, self.chance.choice(right)),
            self._note(name, *[line for line in right if line.startswith(path[-36:])]),
        )

    def _file(self) -> None:
        source = f"data/sources/{sha256(self.chance.choice(DOCUMENTS)).hex()}"
        path = self.chance.choice(
            (source, source, "data/README.txt", "data/more", "data/verify_claimledger.py")
        )
        self._put(path, *DOCUMENTS)

    def _put(self, path: str, *choices: bytes | None) -> None:
        """One of these in the place of a file; None for no file at all."""
        data = self._one_of(*choices, of=path)
        if data is None:
            self.files.pop(path, None)
        else:
            self.files[path] = data


def payload_of(line: Line) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(line["envelope"]["payload"])))


def is_whole(line: bytes) -> bool:
    """Whether a line has all members that can be changed here; what they hold may be wrong."""
    try:
        value = json.loads(line)
        payload = payload_of(value)
    except (ValueError, TypeError, KeyError):
        return False
    return (
        {"envelope", "index", "proof", "slots"} <= set(value)
        and {"body", "commitments", "id", "sequence", "stream", "type"} <= set(payload)
        and all(isinstance(payload[name], dict) for name in ("body", "commitments"))
    )


def main() -> None:
    data, ledger, done = random_bundle(int(sys.argv[1]))
    Path(sys.argv[2]).write_bytes(data)
    print(ledger, *done, sep="\n")


if __name__ == "__main__":
    main()
