"""Write the examples of the specification out of the golden bundle, `tests/bundles/golden.zip`.

Run it as ``python docs/make_spec.py`` after that bundle was made anew; the tests hold the pages to it. It reads the
bundle with nothing but the standard library, as a stranger would.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import textwrap
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "spec"
GOLDEN = ROOT / "tests" / "bundles" / "golden.zip"
_PLACE = re.compile(r"(<!-- example (\w+) -->\n).*?(<!-- end of example -->)", re.DOTALL)
_WIDTH = 116


def files() -> dict[str, bytes]:
    """The files of the golden bundle, by their names without the folder."""
    with zipfile.ZipFile(GOLDEN) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def block(text: str) -> str:
    """A block of bytes that stand for themselves; lines that were broken to fit end in a backslash."""
    lines = []
    for line in text.splitlines():
        *broken, last = textwrap.wrap(line, _WIDTH, break_on_hyphens=False, drop_whitespace=False) or [""]
        lines += [f"{each}\\" for each in broken] + [last]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def pae(payload: bytes) -> bytes:
    """What is signed."""
    return b"DSSEv1 38 application/vnd.claimledger.event+json %d %b" % (len(payload), payload)


def examples() -> dict[str, str]:
    """Every example, by its name."""
    found = files()
    line = found["data/events.jsonl"].splitlines()[1]
    envelope = line.removeprefix(b'{"envelope":').rpartition(b',"index":')[0]
    parsed, proof = json.loads(envelope), json.loads(line)
    payload = base64.b64decode(parsed["payload"])
    entry = hashlib.sha256(pae(payload)).digest()
    for signature in parsed["signatures"]:
        entry += bytes.fromhex(signature["keyid"]) + base64.b64decode(signature["sig"])
    leaf = hashlib.sha256(b"\0" + entry).hexdigest()
    key = json.loads(payload)["body"]["key"]
    lines = found["data/events.jsonl"].splitlines()
    disclosure = re.findall(rb'\["claimledger-disclosure/1",[^\]]*\]', b"".join(lines))[-1]
    head = found[f"data/heads/{json.loads(payload)['stream']}"]
    listed = "\n".join(f"{len(data):7}  {name}" for name, data in sorted(found.items()))
    return {
        "payload": f"The payload of the event at index 1 of the golden bundle, {len(payload)} bytes:\n\n"
        + block(payload.decode())
        + f"\nThe key that it adds has the keyid `{keyid(key)}`.\n",
        "envelope": "The same event as it is stored:\n\n" + block(envelope.decode()),
        "leaf": f"Of the same event: SHA-256(PAE) is `{hashlib.sha256(pae(payload)).hexdigest()}`, the entry has "
        f"{len(entry)} bytes, and the leaf hash is\n\n" + block(leaf),
        "disclosure": "One of the golden bundle, and its digest, which is the commitment in its event:\n\n"
        + block(disclosure.decode() + "\n" + hashlib.sha256(disclosure).hexdigest()),
        "checkpoint": "The checkpoint of the golden bundle, its ML-DSA-44 signature cut short, and the inclusion proof "
        f"of index {proof['index']}, whose leaf stands on the page of [events](2-events.md):\n\n"
        + block(cut(found["data/checkpoint"].decode()) + "\n" + "\n".join(proof["proof"])),
        "heads": "That of the key stream of the golden bundle:\n\n" + block(head.decode()),
        "bundle": "The files of the golden bundle with their lengths in bytes:\n\n" + block(listed),
    }


def keyid(key: str) -> str:
    """The keyid of an Ed25519 key in hex."""
    return hashlib.sha256(b"ed25519\0" + bytes.fromhex(key)).hexdigest()


def cut(note: str) -> str:
    """A note with its long lines cut."""
    return "\n".join(line if len(line) < 400 else f"{line[:90]}..." for line in note.splitlines())


def page(text: str) -> str:
    """A page with its examples as the golden bundle has them now."""
    made = examples()
    return _PLACE.sub(lambda found: f"{found[1]}{made[found[2]]}{found[3]}", text)


if __name__ == "__main__":
    for place in sorted(PAGES.glob("*.md")):
        place.write_text(page(place.read_text(encoding="utf-8")), encoding="utf-8")
