"""The golden bundle, broken in every way that was thought of: each named after its defect, with the codes it must give.

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

from tests.bundles.packing import Entry, bundle, changed, entries, pack, unpack, with_manifests

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "golden.zip"
LEDGER_ID = HERE / "golden.id"
ERASED = HERE / "golden.erased.jsonl"
"""A disclosure that was given away before its content was erased."""

Files = dict[str, bytes]
Variant = Callable[[str, Files], bytes]

_VARIANTS: dict[str, tuple[Variant, tuple[str, ...]]] = {}
UNSAFE, MALFORMED = ("bundle.unsafe",), ("bundle.malformed",)


def variant(name: str, *codes: str) -> Callable[[Variant], Variant]:
    """Register a variant under its name (a decorator)."""

    def register(function: Variant) -> Variant:
        assert name not in _VARIANTS
        _VARIANTS[name] = (function, codes)
        return function

    return register


def variants() -> dict[str, bytes]:
    """Every variant: name to bytes."""
    folder, files = unpack(GOLDEN)
    return {name: make(folder, dict(files)) for name, (make, _) in _VARIANTS.items()}


def expected() -> dict[str, list[str]]:
    """Name of a variant to the codes that are found, each once, ascending."""
    return {name: sorted(codes) for name, (_, codes) in _VARIANTS.items()}


# The archive

EVENTS, PROOFS = "data/events.jsonl", "data/proofs.jsonl"
DISCLOSURES, WITHHELD = "data/disclosures.jsonl", "data/withheld.jsonl"


def _with(name: bytes, **changes: object) -> Variant:
    def make(folder: str, files: Files) -> bytes:
        extra = Entry(name.replace(b"FOLDER", folder.encode()), b"harm", **changes)  # type: ignore[arg-type]
        listed = sorted([*entries(folder, files), extra], key=lambda each: each.name)
        return pack(listed)

    return make


for _name, _path in {
    "path-up": b"FOLDER/../../evil.txt",
    "path-up-inside": b"FOLDER/data/../../evil.txt",
    "path-dot": b"FOLDER/./data/evil.txt",
    "path-absolute": b"/etc/evil.txt",
    "path-backslash": b"FOLDER\\..\\evil.txt",
    "path-drive": b"C:evil.txt",
    "path-drive-slash": b"C:/evil.txt",
    "path-nul": b"FOLDER/data/evil\0.txt",
    "path-newline": b"FOLDER/data/evil\n.txt",
    "path-escape-sequence": b"FOLDER/data/\x1b[2Jevil.txt",
    "path-empty-part": b"FOLDER//evil.txt",
    "path-not-ascii": "FOLDER/data/\u202etxt.exe".encode(),
    "path-folder": b"FOLDER/data/folder/",
    "path-case-collision": b"FOLDER/DATA/events.jsonl",
    "path-case-collision-tag": b"FOLDER/BAGIT.txt",
    "path-duplicate": b"FOLDER/data/events.jsonl",
}.items():
    _VARIANTS[_name] = (_with(_path), UNSAFE)
_VARIANTS["path-too-long"] = (_with(b"FOLDER/data/" + b"a" * 300), MALFORMED)

for _name, _mode in {
    "link": 0o120777,
    "device-character": 0o020666,
    "device-block": 0o060666,
    "pipe": 0o010666,
    "socket": 0o140777,
    "folder-entry": 0o040755,
}.items():
    _VARIANTS[_name] = (_with(b"FOLDER/data/harm", mode=_mode), UNSAFE)


@variant("link-in-the-place-of-events", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), EVENTS, data=b"/etc/passwd", mode=0o120777))


@variant("executable", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", mode=0o100755))


@variant("bomb", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    packed = zlib.compress(bytes(50_000_000), 9)[2:-4]
    return pack(changed(entries(folder, files), "README.txt", data=packed, method=8, size=50_000_000))


@variant("compressed", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    data = files["data/README.txt"]
    packed = zlib.compress(data, 9)[2:-4]
    listed = changed(
        entries(folder, files), "README.txt", data=packed, method=8, size=len(data), crc=zlib.crc32(data)
    )
    return pack(listed)


@variant("encrypted", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", flags=1))


@variant("declares-4-gb", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", size=0xFFFFFFFE, packed=0xFFFFFFFE))


@variant("declares-4-gb-inside-only", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", size=0xFFFFFFFF))


@variant("declares-zip64", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    end = b"PK\5\6" + b"\0\0\0\0" + b"\xff" * 12 + b"\0\0"
    return pack(entries(folder, files), end=end)


@variant("declares-65534-files", *UNSAFE)
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, files), count=65_534)


@variant("declares-one-file-more", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, files), count=len(files) + 1)


@variant("declares-one-file-less", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, files), count=len(files) - 1)


for _name, _keep in {"half": 0.5, "all-but-the-end": 0.99, "first-header": 0.001}.items():

    def _cut(folder: str, files: Files, keep: float = _keep) -> bytes:
        whole = pack(entries(folder, files))
        return whole[: int(len(whole) * keep)]

    _VARIANTS[f"truncated-{_name}"] = (_cut, MALFORMED)


@variant("truncated-last-byte", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, files))[:-1]


@variant("something-behind", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, files), after=b"x")


@variant("comment-behind", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    whole = pack(entries(folder, files))
    return whole[:-2] + b"\5\0hello"


@variant("something-before", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "bag-info.txt", before=b"#!/bin/sh\n"))


@variant("something-between", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", before=b"hidden"))


@variant("extra-field", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", extra=b"\xca\xfe\4\0data"))


@variant("flag-of-utf8", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", flags=0x800))


@variant("another-time", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", time=1))


@variant("wrong-crc", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(changed(entries(folder, files), "README.txt", crc=1))


@variant("two-names-of-one-file", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(
        changed(entries(folder, files), "README.txt", local_name=f"{folder}/data/READM3.txt".encode())
    )


@variant("other-order-of-files", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, files)[::-1])


@variant("empty-file", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return b""


@variant("empty-archive", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return pack([])


@variant("begins-as-a-zip-only", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return b"PK\3\4" + b"\0" * 1000


@variant("folder-of-another-ledger", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return bundle("bundle-0123456789abcdef", files)


@variant("folder-of-another-name", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return bundle("evidence", files)


@variant("two-folders", "bundle.extra")
def _(folder: str, files: Files) -> bytes:
    listed = [*entries(folder, with_manifests(files)), Entry(b"zzz/data/events.jsonl", b"")]
    return pack(listed)


# Files that are not there, or should not be


def _without(name: str) -> Variant:
    def make(folder: str, files: Files) -> bytes:
        del files[name]
        return pack(entries(folder, files))

    return make


for _file in (
    "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "data/README.txt",
    "data/bundle.json", EVENTS, DISCLOSURES, WITHHELD, PROOFS,
):  # fmt: skip
    _VARIANTS[f"without-{_file.rpartition('/')[2]}"] = (_without(_file), MALFORMED)


@variant("extra-file", "bundle.extra")
def _(folder: str, files: Files) -> bytes:
    return bundle(folder, {**files, "data/notes.txt": b"not packed by anybody"})


@variant("extra-file-beside-data", "bundle.extra")
def _(folder: str, files: Files) -> bytes:
    listed = entries(folder, {**with_manifests(files), "fetch.txt": b"https://example.org/ 1 data/more\n"})
    return pack(listed)


@variant("extra-file-unlisted", "bundle.extra", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, {**files, "data/notes.txt": b"slipped in"}))


@variant("source-that-nobody-names", "bundle.extra")
def _(folder: str, files: Files) -> bytes:
    data = b"another document"
    return bundle(folder, {**files, f"data/sources/{hashlib.sha256(data).hexdigest()}": data})


@variant("source-changed", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    [name] = [name for name in files if name.startswith("data/sources/")]
    return bundle(folder, {**files, name: files[name].replace(b"one man", b"two men")})


@variant("file-changed-after-packing", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    return pack(entries(folder, {**files, "data/README.txt": files["data/README.txt"] + b"\n"}))


@variant("manifest-in-another-order", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    lines = files["manifest-sha256.txt"].splitlines(keepends=True)
    return pack(entries(folder, {**files, "manifest-sha256.txt": b"".join(lines[::-1])}))


@variant("manifest-lists-what-is-not-here", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    more = files["manifest-sha256.txt"] + b"0" * 64 + b"  data/zzz\n"
    return pack(entries(folder, {**files, "manifest-sha256.txt": more}))


@variant("manifest-in-upper-case", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    lines = files["manifest-sha256.txt"].splitlines(keepends=True)
    upper = b"".join(line[:64].upper() + line[64:] for line in lines)
    return pack(entries(folder, {**files, "manifest-sha256.txt": upper}))


@variant("bag-of-another-ledger", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    info = files["bag-info.txt"].replace(b"External-Identifier: ", b"External-Identifier: 0")
    return bundle(folder, {**files, "bag-info.txt": info})


@variant("bag-info-with-a-label-of-its-own", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    return bundle(folder, {**files, "bag-info.txt": b"Verified-By: the court\n" + files["bag-info.txt"]})


@variant("bagit-of-another-version", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    return bundle(folder, {**files, "bagit.txt": files["bagit.txt"].replace(b"1.0", b"0.97")})


# bundle.json


def _json(**changes: object) -> Variant:
    def make(folder: str, files: Files) -> bytes:
        members = {**json.loads(files["data/bundle.json"]), **changes}
        members = {name: value for name, value in members.items() if value is not ...}
        data = json.dumps(members, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        return bundle(folder, {**files, "data/bundle.json": data})

    return make


_VARIANTS |= {
    "json-of-another-format": (_json(format="claimledger-bundle/2"), MALFORMED),
    "json-with-a-member-more": (_json(signed=True), MALFORMED),
    "json-with-a-member-less": (_json(origin=...), MALFORMED),
    "json-without-cases": (_json(cases=[]), MALFORMED),
    "json-with-a-float": (_json(size=15.0), MALFORMED),
    "json-of-another-case": (_json(cases=["quarry-2025"]), ("bundle.cases",)),
    "json-of-one-case-more": (_json(cases=["harbour-2025", "quarry-2025"]), ("bundle.cases",)),
    "json-of-another-origin": (_json(origin="example.org/other"), ("checkpoint.wrong", "ledger.other")),
    "json-of-another-size": (_json(size=3), ("checkpoint.wrong",)),
    "json-without-a-size": (_json(size=None), ("checkpoint.wrong",)),
}


@variant("json-without-its-newline", *MALFORMED)
def _(folder: str, files: Files) -> bytes:
    return bundle(folder, {**files, "data/bundle.json": files["data/bundle.json"].rstrip()})


# Lines


def _lines(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Variant:
    def make(folder: str, files: Files) -> bytes:
        lines = change(files[name].splitlines(keepends=True))
        return bundle(folder, {**files, name: b"".join(lines)})

    return make


def _swap(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-2], lines[-1], lines[-2]]


def _signed(lines: list[bytes], which: int, old: bytes, new: bytes) -> list[bytes]:
    """Change the payload in a line of events, and leave its signature as it is."""
    line = json.loads(lines[which])
    payload = base64.b64decode(line["envelope"]["payload"])
    assert old in payload
    line["envelope"]["payload"] = base64.b64encode(payload.replace(old, new)).decode()
    lines[which] = json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return lines


def _resigned(lines: list[bytes], which: int) -> list[bytes]:
    """Change the signature in a line of events."""
    line = json.loads(lines[which])
    signature = bytearray(base64.b64decode(line["envelope"]["signatures"][0]["sig"]))
    signature[5] ^= 1
    line["envelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    lines[which] = json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return lines


def _moved(line: bytes, by: int) -> bytes:
    head, _, index = line.rpartition(b":")
    return b"%b:%d}\n" % (head, int(index.rstrip(b"}\n")) + by)


_VARIANTS |= {
    "event-left-out": (
        _lines(EVENTS, lambda lines: lines[:-2] + lines[-1:]),
        ("disclosure.elsewhere", "event.left_out", "proof.wrong", "unchecked.keys"),
    ),
    "event-left-out-with-all-of-it": (
        lambda folder, files: bundle(folder, _without_event(files, -2)),
        ("event.left_out", "unchecked.keys"),
    ),
    "tail-cut": (lambda folder, files: bundle(folder, _without_event(files, -1)), ("tail.cut",)),
    "tail-cut-twice": (
        lambda folder, files: bundle(folder, _without_event(_without_event(files, -1), -1)),
        ("tail.cut",),
    ),
    "events-emptied": (
        _lines(EVENTS, lambda lines: []),
        ("bundle.withheld", "disclosure.elsewhere", "proof.wrong", "unchecked.keys"),
    ),
    "event-twice": (_lines(EVENTS, lambda lines: [*lines, lines[-1]]), ("chain.broken",)),
    "events-in-another-order": (
        _lines(EVENTS, _swap),
        ("chain.broken", "disclosure.elsewhere", "event.left_out", "proof.wrong", "unchecked.keys"),
    ),
    "event-changed": (
        _lines(EVENTS, lambda lines: _signed(lines, -1, b'"recorded_at":"2025', b'"recorded_at":"2024')),
        ("signature.wrong",),
    ),
    "event-signature-changed": (_lines(EVENTS, lambda lines: _resigned(lines, -2)), ("signature.wrong",)),
    "opening-changed": (
        _lines(EVENTS, lambda lines: _signed(lines, 0, b"example.org/bundles", b"example.org/bandits")),
        ("signature.wrong", "unchecked.keys"),
    ),
    "event-not-strict-json": (
        _lines(EVENTS, lambda lines: [*lines[:-1], lines[-1].replace(b'"index":', b'"index": ')]),
        ("disclosure.elsewhere", "event.malformed", "proof.wrong", "tail.cut"),
    ),
    "event-without-newline": (
        _lines(EVENTS, lambda lines: [*lines[:-1], lines[-1].rstrip(b"\n")]),
        ("disclosure.elsewhere", "event.malformed", "proof.wrong", "tail.cut"),
    ),
    "event-line-of-a-megabyte": (
        _lines(EVENTS, lambda lines: [*lines, b"[" * 1_000_000 + b"\n"]),
        ("event.malformed",),
    ),
    "event-at-another-index": (
        _lines(EVENTS, lambda lines: [*lines[:-1], _moved(lines[-1], 1)]),
        ("proof.wrong", "unchecked.proof"),
    ),
    "events-with-an-empty-line": (_lines(EVENTS, lambda lines: [*lines, b"\n"]), ("event.malformed",)),
    "proof-left-out": (_lines(PROOFS, lambda lines: lines[:-1]), ("unchecked.proof",)),
    "proofs-emptied": (_lines(PROOFS, lambda lines: []), ("unchecked.proof",)),
    "proof-twice": (_lines(PROOFS, lambda lines: [*lines, lines[-1]]), ("proof.wrong",)),
    "proofs-in-another-order": (_lines(PROOFS, _swap), ("proof.wrong", "unchecked.proof")),
    "proof-of-another-event": (
        _lines(PROOFS, lambda lines: [*lines[:-1], _moved(lines[-1], 1)]),
        ("proof.wrong", "unchecked.proof"),
    ),
    "proof-too-short": (
        _lines(PROOFS, lambda lines: [*lines[:-1], _hashes(lines[-1], lambda hashes: hashes[:-1])]),
        ("proof.wrong",),
    ),
    "proof-too-long": (
        _lines(PROOFS, lambda lines: [*lines[:-1], _hashes(lines[-1], lambda hashes: [*hashes, hashes[0]])]),
        ("proof.wrong",),
    ),
    "proof-of-other-hashes": (
        _lines(PROOFS, lambda lines: [*lines[:-1], _hashes(lines[-1], lambda hashes: hashes[::-1])]),
        ("proof.wrong",),
    ),
    "proof-of-short-hashes": (
        _lines(PROOFS, lambda lines: [*lines[:-1], _hashes(lines[-1], lambda hashes: ["AAAA"])]),
        ("proof.wrong", "unchecked.proof"),
    ),
    "disclosure-left-out": (_lines(DISCLOSURES, lambda lines: lines[1:]), ("unchecked.disclosure",)),
    "disclosures-emptied": (_lines(DISCLOSURES, lambda lines: []), ("unchecked.disclosure",)),
    "disclosure-changed": (
        _lines(DISCLOSURES, lambda lines: [line.replace(b"had died", b"had lied") for line in lines]),
        ("disclosure.wrong",),
    ),
    "disclosure-twice": (_lines(DISCLOSURES, lambda lines: [*lines, lines[-1]]), ("disclosure.malformed",)),
    "disclosures-in-another-order": (
        _lines(DISCLOSURES, _swap),
        ("disclosure.malformed", "unchecked.disclosure"),
    ),
    "disclosure-not-strict-json": (
        _lines(DISCLOSURES, lambda lines: [lines[0].replace(b'","', b'", "', 1), *lines[1:]]),
        ("disclosure.malformed", "unchecked.disclosure"),
    ),
    "disclosure-of-another-slot": (
        _lines(DISCLOSURES, lambda lines: [line.replace(b'"quote"', b'"quota"') for line in lines]),
        ("disclosure.elsewhere", "unchecked.disclosure"),
    ),
    "withheld-left-out": (_lines(WITHHELD, lambda lines: lines[1:]), ("unchecked.disclosure",)),
    "withheld-twice": (_lines(WITHHELD, lambda lines: [*lines, lines[-1]]), ("bundle.withheld",)),
    "withheld-in-another-order": (_lines(WITHHELD, _swap), ("bundle.withheld", "unchecked.disclosure")),
    "withheld-and-here": (
        lambda folder, files: bundle(
            folder, {**files, WITHHELD: _and_withheld(files, files[DISCLOSURES].splitlines()[0])}
        ),
        ("bundle.withheld",),
    ),
    "withheld-of-no-event": (
        _lines(WITHHELD, lambda lines: [*lines, b'["00000000-0000-4000-8000-000000000000","quote"]\n']),
        ("bundle.withheld",),
    ),
}


def _without_event(files: Files, which: int) -> Files:
    """The files without one event, its proof, and all that is said of its slots."""
    event = _order(files)[which]
    cut = dict(files)
    for name in (EVENTS, PROOFS):
        lines = files[name].splitlines(keepends=True)
        del lines[which]
        cut[name] = b"".join(lines)
    for name in (DISCLOSURES, WITHHELD):
        lines = files[name].splitlines(keepends=True)
        cut[name] = b"".join(line for line in lines if event.encode() not in line)
    return cut


def _twice(files: Files) -> Files:
    return _without_event(_without_event(files, -1), -1)


def _hashes(line: bytes, change: Callable[[list[str]], list[str]]) -> bytes:
    value = json.loads(line)
    value["hashes"] = change(value["hashes"])
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _and_withheld(files: Files, disclosure: bytes) -> bytes:
    """What is withheld, and the slot of a disclosure as well, in its place."""
    _, _, event, slot, _, _ = json.loads(disclosure)
    first = json.dumps([event, slot], separators=(",", ":")).encode() + b"\n"
    lines = [*files[WITHHELD].splitlines(keepends=True), first]
    order = _order(files)

    places = {line: json.loads(line) for line in lines}
    lines.sort(key=lambda line: (order.index(places[line][0]), places[line][1]))
    return b"".join(lines)


def _first_disclosure(files: Files) -> bytes:
    return files[DISCLOSURES].splitlines()[0]


def _order(files: Files) -> list[str]:
    """The ids of the events, in their order."""
    return [
        json.loads(base64.b64decode(json.loads(line)["envelope"]["payload"]))["id"]
        for line in files[EVENTS].splitlines()
    ]


@variant("erased-and-here", "disclosure.erased")
def _(folder: str, files: Files) -> bytes:
    """Content that was given away before it was erased, put back."""
    lines = [*files[DISCLOSURES].splitlines(keepends=True), ERASED.read_bytes()]
    order = _order(files)
    lines.sort(key=lambda line: (order.index(json.loads(line)[2]), json.loads(line)[3]))
    return bundle(folder, {**files, DISCLOSURES: b"".join(lines)})


@variant("erased-and-withheld", "bundle.withheld")
def _(folder: str, files: Files) -> bytes:
    return bundle(folder, {**files, WITHHELD: _and_withheld(files, ERASED.read_bytes())})


@variant("erasure-left-out", "event.left_out", "unchecked.disclosure")
def _(folder: str, files: Files) -> bytes:
    """The event that erased, taken out with its proof: what it erased is then missing, and nothing says why."""
    lines = files[EVENTS].splitlines(keepends=True)
    [at] = [at for at, line in enumerate(lines) if b"disclosure.erased" in _payload(line)]
    return bundle(folder, _without_event(files, at))


def _payload(line: bytes) -> bytes:
    return base64.b64decode(json.loads(line)["envelope"]["payload"])


@variant("disclosure-of-another-event", "disclosure.wrong")
def _(folder: str, files: Files) -> bytes:
    """The words of one claim, in the place of those of another: its own event id put into the line."""
    lines = [json.loads(line) for line in files[DISCLOSURES].splitlines()]
    quotes = [at for at, line in enumerate(lines) if line[3] == "quote"]
    lines[quotes[1]][5] = lines[quotes[0]][5]
    return bundle(folder, {**files, DISCLOSURES: _dumped(lines)})


@variant("disclosures-swapped", "disclosure.wrong")
def _(folder: str, files: Files) -> bytes:
    lines = [json.loads(line) for line in files[DISCLOSURES].splitlines()]
    quotes = [at for at, line in enumerate(lines) if line[3] == "quote"]
    one, two = quotes[0], quotes[1]
    lines[one][4:], lines[two][4:] = lines[two][4:], lines[one][4:]
    return bundle(folder, {**files, DISCLOSURES: _dumped(lines)})


@variant("disclosure-of-an-event-that-is-not-here", "disclosure.elsewhere")
def _(folder: str, files: Files) -> bytes:
    line = json.loads(files[DISCLOSURES].splitlines()[0])
    line[2] = "00000000-0000-4000-8000-000000000000"
    return bundle(folder, {**files, DISCLOSURES: files[DISCLOSURES] + _dumped([line])})


@variant("disclosure-guessed", "bundle.withheld", "disclosure.wrong")
def _(folder: str, files: Files) -> bytes:
    """A guess at a withheld name, with a salt that is guessed as well."""
    event, slot = json.loads(files[WITHHELD].splitlines()[0])
    ledger = json.loads(files["data/bundle.json"])["ledger"]
    guess = ["claimledger-disclosure/1", ledger, event, slot, "0" * 32, "Anna Example"]
    lines = [*map(json.loads, files[DISCLOSURES].splitlines()), guess]
    order = _order(files)
    lines.sort(key=lambda line: (order.index(line[2]), line[3]))
    return bundle(folder, {**files, DISCLOSURES: _dumped(lines)})


def _dumped(lines: list[list[object]]) -> bytes:
    return b"".join(
        json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"
        for line in lines
    )


# Checkpoint and heads


def _heads(files: Files) -> str:
    [name] = [name for name in files if name.startswith("data/heads/")]
    return name


def _with_heads(folder: str, files: Files, data: bytes | None) -> bytes:
    del files[_heads(files)]
    if data is not None:
        files[f"data/heads/{hashlib.sha256(data).hexdigest()}"] = data
    return bundle(folder, files)


@variant("checkpoint-left-out", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    del files["data/checkpoint"]
    return bundle(folder, files)


@variant("unsealed", "unchecked.checkpoint")
def _(folder: str, files: Files) -> bytes:
    """All that the log signed taken out, as if it had never been sealed."""
    del files["data/checkpoint"]
    files[PROOFS] = b""
    members = {**json.loads(files["data/bundle.json"]), "size": None}
    files["data/bundle.json"] = json.dumps(members, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return _with_heads(folder, files, None)


@variant("checkpoint-of-another-root", "checkpoint.wrong", "heads.wrong", "proof.wrong")
def _(folder: str, files: Files) -> bytes:
    lines = files["data/checkpoint"].split(b"\n")
    lines[2] = base64.b64encode(bytes(32))
    return bundle(folder, {**files, "data/checkpoint": b"\n".join(lines)})


@variant("checkpoint-signed-by-nobody", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    text, _, lines = files["data/checkpoint"].rpartition(b"\n\n")
    return bundle(
        folder, {**files, "data/checkpoint": text + b"\n\n" + lines.replace(b"bundles", b"bandits")}
    )


@variant("checkpoint-without-its-ml-dsa-line", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    text, _, lines = files["data/checkpoint"].rpartition(b"\n\n")
    short = b"".join(line for line in lines.splitlines(keepends=True) if len(line) < 1000)
    return bundle(folder, {**files, "data/checkpoint": text + b"\n\n" + short})


@variant("checkpoint-without-its-ed25519-line", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    text, _, lines = files["data/checkpoint"].rpartition(b"\n\n")
    long = b"".join(line for line in lines.splitlines(keepends=True) if len(line) > 1000)
    return bundle(folder, {**files, "data/checkpoint": text + b"\n\n" + long})


@variant("checkpoint-with-an-extension", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    text, _, lines = files["data/checkpoint"].rpartition(b"\n\n")
    return bundle(folder, {**files, "data/checkpoint": text + b"\nmore\n\n" + lines})


@variant("checkpoint-of-leading-zeros", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    lines = files["data/checkpoint"].split(b"\n")
    lines[1] = b"0" + lines[1]
    return bundle(folder, {**files, "data/checkpoint": b"\n".join(lines)})


@variant("checkpoint-of-a-thousand-lines", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    last = files["data/checkpoint"].splitlines(keepends=True)[-1]
    return bundle(folder, {**files, "data/checkpoint": files["data/checkpoint"] + last * 100})


@variant("heads-in-the-place-of-the-checkpoint", "checkpoint.wrong")
def _(folder: str, files: Files) -> bytes:
    return bundle(folder, {**files, "data/checkpoint": files[_heads(files)]})


@variant("heads-left-out", "unchecked.heads")
def _(folder: str, files: Files) -> bytes:
    return _with_heads(folder, files, None)


@variant("heads-changed", "heads.wrong")
def _(folder: str, files: Files) -> bytes:
    data = files[_heads(files)]
    lines = data.split(b"\n")
    stream, sequence, leaf = lines[3].split(b" ")
    lines[3] = b" ".join([stream, b"%d" % (int(sequence) + 1), leaf])
    return _with_heads(folder, files, b"\n".join(lines))


@variant("heads-under-another-name", "bundle.manifest")
def _(folder: str, files: Files) -> bytes:
    files["data/heads/" + "0" * 64] = files.pop(_heads(files))
    return bundle(folder, files)


@variant("heads-are-a-checkpoint", "heads.wrong")
def _(folder: str, files: Files) -> bytes:
    return _with_heads(folder, files, files["data/checkpoint"])


@variant("heads-are-nonsense", "heads.wrong")
def _(folder: str, files: Files) -> bytes:
    return _with_heads(folder, files, b"nonsense")
