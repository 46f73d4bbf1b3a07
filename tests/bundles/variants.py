"""The golden bundle, broken in every way that was thought of: each named after its defect, with the codes it must give.

Here are the archives that are made to do harm or are no whole ones, the files that are too few or too many, and what a
second kind of log key brings with it. What can be wrong with events, proofs, keys and disclosures has a corpus of its
own, which takes nothing from the library: `tests/outside/broken_bundles.py`. A few of each are here too, since the
library writes more into a bundle than that one does.

A variant is a function from the golden bundle's files to the bytes of a file. Those that change content make the
manifests anew, as an attacker would; what is then found is what manifests have no part in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bundles.packing import Entry, bundle, changed, entries, pack, unpack

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "golden.zip"
LEDGER_ID = HERE / "golden.id"
ERASED = HERE / "golden.erased.jsonl"
"""A disclosure that was given away before its content was erased."""

FOLDER = "claimledger-bundle-1"
EVENTS, CHECKPOINT = "data/events.jsonl", "data/checkpoint"
README, MANIFEST = "data/README.txt", "manifest-sha256.txt"
NOBODY = "00000000-0000-4000-8000-000000000000"

Files = dict[str, bytes]
Lines = list[bytes]
Change = Callable[[Files], object]
Variant = Callable[[Files], bytes]
Table = dict[str, tuple[str, Variant]]


def variants() -> dict[str, bytes]:
    """Every variant: name to bytes."""
    _, files = unpack(GOLDEN)
    return {name: make(dict(files)) for name, (_, make) in _VARIANTS.items()}


def expected() -> dict[str, list[str]]:
    """Name of a variant to the codes that are found, each once, ascending."""
    return {name: sorted(codes.split()) for name, (codes, _) in _VARIANTS.items()}


# Archives


def _entries(files: Files) -> list[Entry]:
    return entries(FOLDER, files)


def _more(*named: bytes, data: bytes = b"harm", **how: Any) -> Variant:
    """Files of these names besides, each in its place."""
    extra = [Entry(name.replace(b"FOLDER", FOLDER.encode()), data, **how) for name in named]
    return lambda files: pack(sorted([*_entries(files), *extra], key=lambda each: each.name))


def _readme(**changes: Any) -> Variant:
    """One file with other headers or bytes."""
    return lambda files: pack(changed(_entries(files), README, **changes))


def _compressed(data: bytes, **changes: Any) -> Variant:
    return _readme(data=zlib.compress(data, 9)[2:-4], method=8, size=len(data), **changes)


def _whole(change: Callable[[bytes], bytes]) -> Variant:
    """Something done to the bytes of the archive."""
    return lambda files: change(pack(_entries(files)))


def _central(place: int, new: bytes) -> Variant:
    """Something overwritten in the first header of the list of files, and nowhere else."""

    def change(data: bytes) -> bytes:
        at = data.index(b"PK\1\2") + place
        return data[:at] + new + data[at + len(new) :]

    return _whole(change)


# Files and lines


def _anew(*changes: Change) -> Variant:
    """Files changed, and the manifests made anew."""

    def make(files: Files) -> bytes:
        for change in changes:
            change(files)
        return bundle(FOLDER, files)

    return make


def _left(*changes: Change) -> Variant:
    """Files changed, and the manifests left as they were."""

    def make(files: Files) -> bytes:
        for change in changes:
            change(files)
        return pack(_entries(files))

    return make


def _put(path: str, data: bytes) -> Change:
    return lambda files: files.update({path: data})


def _drop(path: str) -> Change:
    return lambda files: files.pop(path)


def _edit(path: str, change: Callable[[bytes], bytes]) -> Change:
    return lambda files: files.update({path: change(files[path])})


def _lines(path: str, change: Callable[[Lines], Lines]) -> Change:
    return _edit(path, lambda data: b"".join(change(data.splitlines(keepends=True))))


def _values(path: str, change: Callable[[list[Any]], object]) -> Change:
    """The lines of a file, as values that are changed in place."""

    def edit(data: bytes) -> bytes:
        values = [json.loads(line) for line in data.splitlines()]
        change(values)
        return b"".join(encode(value) + b"\n" for value in values)

    return _edit(path, edit)


def encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _event(which: int, **members: object) -> Change:
    return _values(EVENTS, lambda lines: lines[which].update(members))


def _proof(which: int, change: Callable[[list[str]], object]) -> Change:
    return _values(EVENTS, lambda lines: lines[which].update(proof=change(lines[which]["proof"])))


def _payload(which: int, old: bytes, new: bytes) -> Change:
    """What is signed, changed under its signature."""

    def change(lines: list[Any]) -> None:
        payload = base64.b64decode(lines[which]["envelope"]["payload"])
        assert old in payload
        lines[which]["envelope"]["payload"] = base64.b64encode(payload.replace(old, new)).decode()

    return _values(EVENTS, change)


def _signature(which: int) -> Change:
    def change(lines: list[Any]) -> None:
        first = lines[which]["envelope"]["signatures"][0]
        raw = bytearray(base64.b64decode(first["sig"]))
        raw[5] ^= 1
        first["sig"] = base64.b64encode(raw).decode()

    return _values(EVENTS, change)


def _payloads(files: Files) -> list[dict[str, Any]]:
    return [
        json.loads(base64.b64decode(json.loads(line)["envelope"]["payload"]))
        for line in files[EVENTS].splitlines()
    ]


def _without_event(which: int | str) -> Change:
    """An event left out (by its place, or by its type)."""

    def change(files: Files) -> None:
        at = which if isinstance(which, int) else [each["type"] for each in _payloads(files)].index(which)
        _lines(EVENTS, lambda lines: [line for line in lines if line is not lines[at]])(files)

    return change


def _slots(change: Callable[[list[dict[str, Any]]], object]) -> Change:
    """The protected content of all lines, changed in place."""
    return _values(EVENTS, lambda lines: change([line["slots"] for line in lines]))


def _quotes(every: list[dict[str, Any]]) -> list[list[Any]]:
    return [slots["quote"] for slots in every if slots.get("quote")][:2]


def _other_words(every: list[dict[str, Any]]) -> None:
    """The words of one claim, in the place of those of another."""
    one, two = _quotes(every)
    two[5] = one[5]


def _swapped(every: list[dict[str, Any]]) -> None:
    one, two = _quotes(every)
    one[:], two[:] = two[:], one[:]


def _left_out(value: object) -> Callable[[list[dict[str, Any]]], None]:
    """The first disclosure that is here taken out, or null in its place."""

    def change(every: list[dict[str, Any]]) -> None:
        [slots, *_] = [slots for slots in every if any(slots.values())]
        [slot, *_] = [slot for slot, said in slots.items() if said]
        if value is ...:
            del slots[slot]
        else:
            slots[slot] = value

    return change


def _unsaid(every: list[dict[str, Any]]) -> None:
    """Nothing says any more that something was withheld."""
    for slots in every:
        for slot in [slot for slot, said in slots.items() if said is None]:
            del slots[slot]


def _guessed(every: list[dict[str, Any]]) -> None:
    """A guess at a withheld name, with a salt that is guessed as well."""
    [given, *_] = [said for slots in every for said in slots.values() if said]
    [slots, *_] = [slots for slots in every if "entity.name" in slots and slots["entity.name"] is None]
    slots["entity.name"] = [*given[:2], NOBODY, "entity.name", "0" * 32, "Anna Example"]


def _erased(made: Callable[[list[Any]], object]) -> Change:
    """Something in the place of content that was erased, made of what was given away before."""

    def change(files: Files) -> None:
        said = json.loads(ERASED.read_bytes())
        at = [each["id"] for each in _payloads(files)].index(said[2])
        _slots(lambda every: every[at].update({said[3]: made(said)}))(files)

    return change


def _note(change: Callable[[bytes, Lines], bytes]) -> Variant:
    """The checkpoint, made of its text and its lines in another way."""

    def edit(data: bytes) -> bytes:
        text, _, lines = data.rpartition(b"\n\n")
        return change(text + b"\n", lines.splitlines(keepends=True))

    return _anew(_edit(CHECKPOINT, edit))


def _heads(files: Files) -> list[str]:
    return sorted(name for name in files if name.startswith("data/heads/"))


def _head(change: Callable[[bytes, Files], bytes]) -> Variant:
    """The first note of where a stream ends, changed."""
    return _anew(lambda files: files.update({_heads(files)[0]: change(files[_heads(files)[0]], files)}))


def _no_heads(files: Files) -> None:
    for name in _heads(files):
        del files[name]


def _one_later(data: bytes, _: Files) -> bytes:
    lines = data.split(b"\n")
    stream, sequence, leaf = lines[3].split(b" ")
    lines[3] = b"%b %d %b" % (stream, int(sequence) + 1, leaf)
    return b"\n".join(lines)


def _source(files: Files) -> str:
    [name] = [name for name in files if name.startswith("data/sources/")]
    return name


DOCUMENT = b"another document"
UNNAMED = f"data/sources/{hashlib.sha256(DOCUMENT).hexdigest()}"
BAD, EXTRA = "bundle.malformed", "bundle.extra"
LOST = "event.malformed tail.cut"
# fmt: off
_ARCHIVES: Table = {
    **{f"path-{name}": (EXTRA, _more(path)) for name, path in {
        "up": b"FOLDER/../../evil.txt", "up-inside": b"FOLDER/data/../../evil.txt", "up-first": b"../evil.txt",
        "dot": b"FOLDER/./data/evil.txt", "absolute": b"/etc/evil.txt", "backslash": b"FOLDER\\..\\evil.txt",
        "drive": b"C:evil.txt", "drive-slash": b"C:/evil.txt", "nul": b"FOLDER/data/evil\0.txt",
        "newline": b"FOLDER/data/evil\n.txt", "escape-sequence": b"FOLDER/data/\x1b[2Jevil.txt",
        "empty-part": b"FOLDER//evil.txt", "not-ascii": "FOLDER/data/\u202etxt.exe".encode(), "not-utf8": b"FOLDER/data/\xff",
        "folder": b"FOLDER/data/folder/", "case-collision": b"FOLDER/DATA/events.jsonl",
        "case-collision-tag": b"FOLDER/BAGIT.txt", "of-another-folder": b"zzz/data/events.jsonl", "of-no-folder": b"bagit.txt",
        "as-long-as-can-be": b"FOLDER/" + b"a" * (199 - len(FOLDER)),
    }.items()},
    **{f"path-{name}": (BAD, _more(path)) for name, path in {
        "duplicate": b"FOLDER/data/events.jsonl", "empty": b"", "too-long": b"FOLDER/" + b"a" * (200 - len(FOLDER)),
    }.items()},
    **{name: (BAD, _more(b"FOLDER/data/harm", mode=mode)) for name, mode in {
        "link": 0o120777, "device-character": 0o020666, "device-block": 0o060666, "pipe": 0o010666, "socket": 0o140777,
        "folder-entry": 0o040755,
    }.items()},
    "link-in-the-place-of-events":
        (BAD, lambda files: pack(changed(_entries(files), EVENTS, data=b"/etc/passwd", mode=0o120777))),
    "bomb": (BAD, _compressed(bytes(50_000_000))),
    "compressed": (BAD, _compressed(b"A bundle.\n", crc=zlib.crc32(b"A bundle.\n"))),
    **{name: (BAD, _readme(**changes)) for name, changes in dict[str, dict[str, Any]]({
        "executable": {"mode": 0o100755}, "encrypted": {"flags": 1}, "descriptor": {"flags": 8}, "flag-of-utf8": {"flags": 0x800},
        "declares-4-gb": {"size": 0xFFFFFFFE, "packed": 0xFFFFFFFE}, "declares-4-gb-inside-only": {"size": 0xFFFFFFFF},
        "declares-4-gb-packed-only": {"packed": 0xFFFFFFFF}, "declares-a-byte-less": {"size": 1, "packed": 1},
        "something-between": {"before": b"hidden"}, "extra-field": {"extra": b"\xca\xfe\4\0data"}, "another-time": {"time": 1},
        "two-names-of-one-file": {"local_name": f"{FOLDER}/data/READM3.txt".encode()},
    }).items()},
    "something-before": (BAD, lambda files: pack(changed(_entries(files), "bag-info.txt", before=b"#!/bin/sh\n"))),
    "another-checksum": ("", _readme(crc=1)),
    **{f"listed-{name}": (BAD, _central(place, new)) for name, place, new in (
        ("as-made-by-dos", 4, b"\x14\0"), ("as-encrypted", 8, b"\1\0"), ("as-compressed", 10, b"\x08\0"),
        ("with-another-checksum", 16, b"\0\0\0\0"), ("with-4-gb", 20, b"\xfe\xff\xff\xff\xfe\xff\xff\xff"),
        ("with-a-comment", 32, b"\1\0"), ("as-a-link", 38, b"\0\0\xff\xa1"), ("at-another-place", 42, b"\1\0\0\0"),
        ("under-another-name", 46, b"a"), ("as-absolute", 46, b"/"))},
    "declares-zip64": (BAD, lambda files: pack(_entries(files), end=b"PK\5\6\0\0\0\0" + b"\xff" * 12 + b"\0\0")),
    "declares-65534-files": (BAD, lambda files: pack(_entries(files), count=65_534)),
    "declares-one-file-more": (BAD, lambda files: pack(_entries(files), count=len(files) + 1)),
    "declares-one-file-less": (BAD, lambda files: pack(_entries(files), count=len(files) - 1)),
    "ten-thousand-files-and-more": (BAD, _more(*(b"FOLDER/x%d" % number for number in range(10_000)), data=b"")),
    **{f"truncated-{name}": (BAD, _whole(lambda data, keep=keep: data[: int(len(data) * keep)]))  # type: ignore[misc]
       for name, keep in {"half": 0.5, "all-but-the-end": 0.99, "first-header": 0.001}.items()},
    "truncated-last-byte": (BAD, _whole(lambda data: data[:-1])),
    "truncated-list": (BAD, _whole(lambda data: data[: data.index(b"PK\1\2")])),
    "something-behind": (BAD, _whole(lambda data: data + b"x")),
    "comment-behind": (BAD, _whole(lambda data: data[:-2] + b"\5\0hello")),
    "twice": (BAD, _whole(lambda data: data * 2)),
    "other-order-of-files": (BAD, lambda files: pack(_entries(files)[::-1])),
    "empty-file": (BAD, lambda files: b""),
    "empty-archive": (BAD, lambda files: pack([])),
    "begins-as-a-zip-only": (BAD, lambda files: b"PK\3\4" + b"\0" * 1000),
    "folder-of-another-name": (f"{BAD} {EXTRA}", lambda files: bundle("evidence", files)),
    "folder-of-another-format": (f"{BAD} {EXTRA}", lambda files: bundle("claimledger-bundle-2", files)),
}

_FILES: Table = {
    **{f"without-{path.rpartition('/')[2]}": (BAD, _left(_drop(path)))
       for path in ("bagit.txt", "bag-info.txt", MANIFEST, "tagmanifest-sha256.txt", README, EVENTS)},
    "extra-file": (EXTRA, _left(_put("data/notes.txt", b"slipped in"))),
    "extra-file-listed": (f"{EXTRA} bundle.manifest", _anew(_put("data/notes.txt", b"slipped in"))),
    "extra-file-beside-data": (EXTRA, _left(_put("fetch.txt", b"https://example.org/ 1 data/more\n"))),
    "source-that-nobody-names": (EXTRA, _anew(_put(UNNAMED, DOCUMENT))),
    "source-changed": ("bundle.manifest", _anew(lambda files: _edit(_source(files), lambda data: data + b"x")(files))),
    "file-changed-after-packing": ("bundle.manifest", _left(_edit(README, lambda data: data + b"\n"))),
    "file-added-after-packing": ("bundle.manifest", _left(_put(UNNAMED.replace("sources", "timestamps"), DOCUMENT))),
    "file-taken-out-after-packing": ("bundle.manifest", _left(lambda files: files.pop(_source(files)))),
    "manifest-in-another-order": ("bundle.manifest", _left(_lines(MANIFEST, lambda lines: lines[::-1]))),
    "manifest-lists-what-is-not-here": ("bundle.manifest", _left(_edit(MANIFEST, lambda data: data + b"0" * 64 + b"  data/zzz\n"))),
    "manifest-in-upper-case": ("bundle.manifest", _left(_lines(MANIFEST, lambda ls: [each[:64].upper() + each[64:] for each in ls]))),
    "bagit-of-another-version": ("bundle.manifest", _anew(_edit("bagit.txt", lambda data: data.replace(b"1.0", b"0.97")))),
    "bag-of-another-ledger": ("", _anew(_edit("bag-info.txt", lambda data: data.replace(b"Identifier: ", b"Identifier: 0")))),
}

_EVENTS: Table = {
    "event-left-out": ("event.left_out unchecked.keys", _anew(_without_event(-2))),
    "tail-cut": ("tail.cut", _anew(_without_event(-1))),
    "tail-cut-twice": ("tail.cut", _anew(_without_event(-1), _without_event(-1))),
    "events-emptied": ("ledger.other", _anew(_put(EVENTS, b""))),
    "event-twice": ("chain.broken", _anew(_lines(EVENTS, lambda ls: [*ls, ls[-1]]))),
    "events-in-another-order": ("chain.broken event.left_out unchecked.keys",
                                _anew(_lines(EVENTS, lambda ls: [*ls[:-2], ls[-1], ls[-2]]))),
    "event-changed": ("heads.wrong proof.wrong signature.wrong", _anew(_payload(-1, b'"recorded_at":"2025', b'"recorded_at":"2024'))),
    "event-changed-before-another": ("chain.broken proof.wrong signature.wrong",
                                     _anew(_payload(-2, b'"recorded_at":"2025', b'"recorded_at":"2024'))),
    "event-signature-changed": ("chain.broken proof.wrong signature.wrong", _anew(_signature(-2))),
    "opening-changed": ("chain.broken disclosure.elsewhere ledger.other proof.wrong signature.wrong unchecked.keys",
                        _anew(_payload(0, b"example.org/bundles", b"example.org/bandits"))),
    "event-not-strict-json": (LOST, _anew(_lines(EVENTS, lambda ls: [*ls[:-1], ls[-1].replace(b'"index":', b'"index": ')]))),
    "event-without-newline": (LOST, _anew(_edit(EVENTS, lambda data: data[:-1]))),
    "event-line-of-a-megabyte": ("event.malformed", _anew(_edit(EVENTS, lambda data: data + b"[" * 2_000_000 + b"\n"))),
    "events-with-an-empty-line": ("event.malformed", _anew(_edit(EVENTS, lambda data: data + b"\n"))),
    "event-at-another-index": ("proof.wrong", _anew(_values(EVENTS, lambda ls: ls[-1].update(index=ls[-1]["index"] + 1)))),
    "proof-left-out": ("unchecked.proof", _anew(_event(-1, proof=None))),
    "proof-of-another-event": ("proof.wrong", _anew(_values(EVENTS, lambda ls: ls[-1].update(proof=ls[-2]["proof"])))),
    "proof-too-short": ("proof.wrong", _anew(_proof(-1, lambda hashes: hashes[:-1]))),
    "proof-too-long": ("proof.wrong", _anew(_proof(-1, lambda hashes: [*hashes, hashes[0]]))),
    "proof-of-other-hashes": ("proof.wrong", _anew(_proof(-1, lambda hashes: hashes[::-1]))),
    "proof-of-short-hashes": (LOST, _anew(_event(-1, proof=["AAAA"]))),
    "erasure-left-out": ("event.left_out unchecked.disclosure", _anew(_without_event("disclosure.erased"))),
    "withheld-unsaid": ("unchecked.disclosure", _anew(_slots(_unsaid))),
    "withheld-of-no-slot": ("disclosure.elsewhere", _anew(_event(0, slots={"quote": None}))),
    "withheld-later": ("", _anew(_slots(_left_out(None)))),
    "erased-and-here": ("disclosure.erased", _anew(_erased(lambda said: said))),
    "erased-and-here-in-other-words": ("disclosure.erased disclosure.wrong", _anew(_erased(lambda said: [*said[:5], "x"]))),
    "erased-and-withheld": ("", _anew(_erased(lambda said: None))),
    "disclosure-left-out": ("unchecked.disclosure", _anew(_slots(_left_out(...)))),
    "disclosure-of-another-event": ("disclosure.wrong", _anew(_slots(_other_words))),
    "disclosures-swapped": ("disclosure.elsewhere", _anew(_slots(_swapped))),
    "disclosure-of-an-event-that-is-not-here": ("disclosure.elsewhere", _anew(_slots(_guessed))),
    "disclosure-is-text": ("disclosure.wrong", _anew(_slots(_left_out("one man had died")))),
}

_LOG: Table = {
    "checkpoint-left-out": ("unchecked.checkpoint", _anew(_drop(CHECKPOINT))),
    "unsealed": ("unchecked.checkpoint", _anew(_drop(CHECKPOINT), _no_heads, _values(
        EVENTS, lambda lines: [each.update(proof=None) for each in lines]))),
    **{name: ("checkpoint.wrong", _note(change)) for name, change in dict[str, Callable[[bytes, Lines], bytes]]({
        "checkpoint-signed-by-nobody": lambda text, lines: text + b"\n" + b"".join(lines).replace(b"bundles", b"bandits"),
        "checkpoint-without-its-ml-dsa-line": lambda text, lines: text + b"\n" + b"".join(each for each in lines if len(each) < 1000),
        "checkpoint-without-its-ed25519-line": lambda text, lines: text + b"\n" + b"".join(each for each in lines if len(each) > 1000),
        "checkpoint-with-an-extension": lambda text, lines: text + b"more\n\n" + b"".join(lines),
        "checkpoint-of-leading-zeros": lambda text, lines: text.replace(b"\n", b"\n0", 1) + b"\n" + b"".join(lines),
        "checkpoint-of-a-hundred-lines-more": lambda text, lines: text + b"\n" + b"".join(lines) + lines[-1] * 100,
    }).items()},
    "checkpoint-of-another-root": ("checkpoint.wrong heads.wrong proof.wrong", _anew(_lines(
        CHECKPOINT, lambda ls: [*ls[:2], base64.b64encode(bytes(32)) + b"\n", *ls[3:]]))),
    "head-in-the-place-of-the-checkpoint":
        ("checkpoint.wrong", _anew(lambda files: files.update({CHECKPOINT: files[_heads(files)[0]]}))),
    "heads-left-out": ("unchecked.heads", _anew(_no_heads)),
    "head-left-out": ("unchecked.heads", _anew(lambda files: files.pop(_heads(files)[0]))),
    "head-changed": ("heads.wrong", _head(_one_later)),
    "head-is-a-checkpoint": ("heads.wrong", _head(lambda _, files: files[CHECKPOINT])),
    "head-is-nonsense": ("heads.wrong", _head(lambda *_: b"nonsense")),
    "head-of-another-stream": ("heads.wrong", _head(lambda _, files: files[_heads(files)[1]])),
    "head-under-another-name": ("heads.wrong unchecked.heads",
                                _anew(lambda files: files.update({f"data/heads/{NOBODY}": files.pop(_heads(files)[0])}))),
}
# fmt: on
_VARIANTS = _ARCHIVES | _FILES | _EVENTS | _LOG
