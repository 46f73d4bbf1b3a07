#!/usr/bin/env python3
"""Check a bundle of a claimledger, alone: this file needs nothing of claimledger, and no network.

    python3 verify_claimledger.py BUNDLE.zip --trust LEDGER_ID

It needs Python 3.9 or newer and, for signatures, Python's package `cryptography` or the program `openssl`
(3.0 or newer; slower). It follows the pages docs/spec/ of claimledger, under the same codes, writes nothing
but its report, and prints no protected content. LEDGER_ID must come from somewhere else than the bundle.
Exit status: 0 all holds, 1 something is wrong, 2 wrong usage, 3 nothing is wrong but not all was checked.
"""
from __future__ import annotations
import argparse, base64, contextlib, datetime, hashlib, json, os, re, subprocess, sys, tempfile, uuid, zlib
from collections import Counter
from struct import pack, unpack
from types import SimpleNamespace

MEANING = dict(line.split(None, 1) for line in """
bundle.unsafe         The archive is made to do harm when it is unpacked. Nothing in it was looked at.
bundle.malformed      This is no whole bundle: it was cut short, damaged, or made by something else.
bundle.extra          It holds a file that belongs to no bundle.
bundle.manifest       A file was changed, added or removed after the bundle was packed.
bundle.cases          It does not hold the cases that it says it holds, or holds others too.
bundle.withheld       What it says of content that was left out does not fit the events.
event.malformed       A record was changed or damaged: no ledger writes such bytes.
event.left_out        A record was taken out of the middle of a case.
signature.wrong       A record, or its signature, was changed after it was signed.
key.not_allowed       It was signed by somebody whom the roots of this ledger did not let sign it there.
keys.weak             A key is added under which anybody can sign.
ledger.other          It belongs to another ledger.
chain.broken          A record was added, moved, or put in the place of another.
proof.wrong           The log does not hold this record at this place.
checkpoint.wrong      The log did not sign this state of itself.
checkpoint.contradicted  The log showed its reader another history of the same size.
heads.wrong           The log did not say this of where its cases end.
tail.cut              The log knows later records of this case; they were cut off.
disclosure.wrong      The record stands; the protected content that is shown for it is not what was recorded.
disclosure.elsewhere  Protected content is here for a record that is not, or that has no such content.
disclosure.malformed  Where protected content should be is something else, or it is out of its place.
disclosure.erased     Content is here that was erased by a signed decision; it must not be here.
unchecked.disclosure  Protected content is not here, and nobody says why.
unchecked.keys        Whether its key counts cannot be told, since the list of keys does not hold.
unchecked.proof       The proof that the log holds this record is not here.
unchecked.checkpoint  The log vouches for nothing here: neither for the order nor that nothing was cut off.
unchecked.sealed      The last records are later than the log's signature; nothing vouches that they are all.
unchecked.heads       Nothing here says where the cases end: later records could have been cut off.
unchecked.signatures  This computer has no means to check signatures: install `cryptography`, or OpenSSL 3.
cosignature.wrong     Somebody made this witness's line who is not that witness.
cosignature.future    A witness's line names a time that has not come yet.
unchecked.witnesses   A witness that you asked for did not sign this state of the log.
""".strip().splitlines())
QUESTIONS = """The file is whole: nothing in it was changed since it was packed. | bundle. ledger.
Each record was signed, by a key that this ledger let sign it there. | signature. key event.m unchecked.keys
Within the cases no record was taken out, put in or moved. | event. chain.
The log signed, and holds each record at its place. | proof. checkpoint. unchecked.p unchecked.c unchecked.se
No record was cut off at the end of a case, as of that signature. | tail. heads. check unchecked.h unchecked.c
What is shown of protected content is what was recorded. | disclosure. unchecked.disclosure"""
NEEDED = set("""bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt data/README.txt
    data/bundle.json data/events.jsonl data/proofs.jsonl data/disclosures.jsonl
    data/withheld.jsonl""".split())
ALLOWED = re.compile(r"data/(checkpoint|verify_claimledger\.py|(heads|timestamps|sources)/[0-9a-f]{64})")
LABELS = "Source-Organization Organization-Address Contact-Name Contact-Email External-Description".split()
REGISTER = uuid.UUID("7f1c2a52-6c0b-5d0e-9a43-0d1f6a1f2b77")  # name space of the shared register's stream

# Forms, as `fits` reads them: a pattern for a string, two bounds for a whole number, [form, least, most] for
# a list, {name: form} for an object, a type for anything of it.
HEX, TEXT, SLOT = re.compile("[0-9a-f]{64}"), re.compile("(?s).{1,8000}"), re.compile("[a-z][a-z0-9_.]*")
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENT_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MENDS, MAXIMUM = {"claim.amended": "amends", "claim.withdrawn": "withdraws"}, 2**53 - 1
COUNT, WHOLE = (1, MAXIMUM), (0, MAXIMUM)
SIGNATURE = {"keyid": HEX, "sig": re.compile("[A-Za-z0-9+/]{86}==")}
ENVELOPE = {"payload": str, "payloadType": re.compile(r"application/vnd\.claimledger\.event\+json"),
            "signatures": [SIGNATURE, 1, 16]}
PAYLOAD = {"type": re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+"), "version": COUNT, "stream": UUID,
           "sequence": COUNT, "recorded_at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII),
           "id": EVENT_ID, "body": dict, "commitments": dict, "ledger": object, "previous": object}
LOG_KEY = {"holder": TEXT, "algorithm": str, "key": re.compile("([0-9a-f]{2})*")}
ROOTS = {"roots": [{"holder": TEXT, "key": HEX}, 1, 8], "threshold": (1, 8)}
BODIES = {"ledger.opened": {"origin": re.compile(r"[^\s+]{1,200}"), "logs": [LOG_KEY, *WHOLE], **ROOTS},
          "roots.changed": ROOTS, "key.added": {**LOG_KEY, "role": re.compile("root|recorder|log|witness")},
          "key.revoked": {"key": HEX, "reason": TEXT, "size": WHOLE, "root": HEX}}
BUNDLE = {"cases": [str, *COUNT], "format": re.compile("claimledger-bundle/1"), "ledger": HEX,
          "origin": BODIES["ledger.opened"]["origin"], "size": object}
PROOF = {"hashes": [re.compile("[A-Za-z0-9+/]{43}="), 0, 63], "index": WHOLE}
DISCLOSURE = [re.compile("claimledger-disclosure/1"), HEX, EVENT_ID, SLOT, re.compile("[0-9a-f]{32}"), object]
WITHHELD = [EVENT_ID, str]

class Stop(Exception):
    """A finding after which nothing more can be looked at: its code, and words."""

def fits(value, form) -> bool:
    """Whether a value has a form: all of it, and nothing besides."""
    if isinstance(form, re.Pattern):
        return isinstance(value, str) and form.fullmatch(value) is not None
    if isinstance(form, tuple):
        return type(value) is int and form[0] <= value <= form[1]
    if isinstance(form, list):
        form, least, most = form
        return type(value) is list and least <= len(value) <= most and all(fits(each, form) for each in value)
    if isinstance(form, dict):
        return type(value) is dict and set(value) == set(form) and all(fits(value[n], form[n]) for n in form)
    return isinstance(value, form)

def require(holds, what="not of its form") -> None:
    if not holds:
        raise ValueError(what)

def stop(code: str, what="", when=True) -> None:
    if when:
        raise Stop(code, what)

def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

def shown(text) -> str:
    """A text from the bundle as a screen may show it: one short line, no control characters."""
    return "".join(c if c.isprintable() else "?" for c in str(text)[:200])

def whole(text: str) -> int:
    require(re.fullmatch("-?[0-9]{1,16}", text) and abs(int(text)) <= MAXIMUM)
    return int(text)

def strict(data, longest=32768):
    """Page 1: the value that these bytes spell in the one way there is, or ValueError."""
    require(data is not None and len(data) <= longest, "a line is too long, or has no end")
    depth = 0
    for byte in re.sub(rb'(?s)"(?:[^"\\]|\\.)*"|[^]["{}]+', b"", data):
        depth += (byte in b"[{") - (byte in b"]}")
        require(depth <= 16, "nested too deep")
    def members(pairs):
        require(all(name.isascii() for name, _ in pairs))
        return dict(pairs)
    value = json.loads(data.decode(), parse_int=whole, parse_float=whole, parse_constant=whole,
                       object_pairs_hook=members)
    again = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    require(again == data, "not the one spelling of strict JSON")
    return value

def unbase64(text: str) -> bytes:
    data = base64.b64decode(text.encode("ascii"), validate=True)
    require(base64.b64encode(data).decode() == text, "not the one base64 of its bytes")
    return data

# --- Page 2: signatures and events ---
SPKI = {"ed25519": "302a300506032b6570032100",  # what stands before a raw key, for openssl
        "ml-dsa-44": "30820532300b06096086480165030403110382052100"}
MAKERS = {}
with contextlib.suppress(ImportError):
    from cryptography.hazmat.primitives.asymmetric import ed25519
    MAKERS["ed25519"] = ed25519.Ed25519PublicKey.from_public_bytes
    from cryptography.hazmat.primitives.asymmetric import mldsa  # from release 47 on
    MAKERS["ml-dsa-44"] = mldsa.MLDSA44PublicKey.from_public_bytes

def verifies(means: str, algorithm: str, raw: bytes, signature: bytes, message: bytes):
    """Whether a signature is one of this key over this message; None where this computer cannot tell."""
    if means != "openssl" and algorithm in MAKERS:
        try:
            MAKERS[algorithm](raw).verify(signature, message)
        except Exception:  # noqa: BLE001 - whatever it raises: it did not verify
            return False
        return True
    if means == "cryptography":
        return None
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OSError):
        paths = [os.path.join(folder, name) for name in ("key", "message", "signature")]
        for path, data in zip(paths, (bytes.fromhex(SPKI[algorithm]) + raw, message, signature)):
            with open(path, "wb") as file:
                file.write(data)
        options = "openssl pkeyutl -verify -pubin -keyform DER -rawin".split()
        command = [*options, "-inkey", paths[0], "-in", paths[1], "-sigfile", paths[2]]
        done = subprocess.run(command, capture_output=True, check=False)
        if b"Signature Verif" in done.stdout:
            return done.returncode == 0
    return None

def is_weak(raw: bytes) -> bool:
    """Whether 32 bytes are no public key of Ed25519, or one under which anybody can sign."""
    p, small = 2**255 - 19, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    y, d = int.from_bytes(raw, "little") & (2**255 - 1), -121665 * pow(121666, p - 2, p)
    if y >= p or y in (0, 1, p - 1, small, p - small):
        return True
    return pow((y * y - 1) * (d * y * y + 1), (p - 1) // 2, p) != 1  # x*x would be no square

def read_event(envelope: dict):
    """Of an envelope: the digest of the payload, its value, the signatures, what was signed, and the leaf."""
    signatures = [(each["keyid"], unbase64(each["sig"])) for each in envelope["signatures"]]
    require(all(a[0] < b[0] for a, b in zip(signatures, signatures[1:])), "keyids do not ascend")
    payload = unbase64(envelope["payload"])
    event = strict(payload)
    require(fits(event, PAYLOAD))
    require(event["ledger"] is None if event["type"] == "ledger.opened" else fits(event["ledger"], HEX))
    require(event["previous"] is None if event["sequence"] == 1 else fits(event["previous"], HEX))
    datetime.datetime.strptime(event["recorded_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    require(all(fits(slot, SLOT) and fits(digest, HEX) for slot, digest in event["commitments"].items()))
    signed = b"DSSEv1 38 %s %d %s" % (envelope["payloadType"].encode(), len(payload), payload)
    leaf = sha256(b"\0" + sha256(signed) + b"".join(bytes.fromhex(keyid) + sig for keyid, sig in signatures))
    return sha256(payload).hex(), event, signatures, signed, leaf

# --- Page 3: who may sign what ---
def is_active(key, index: int) -> bool:
    return key.added < max(index, 1) and (key.ended is None or index <= key.ended)

def keys_in(event: dict, index: int) -> dict:
    """The keys that an event brings, by keyid; ValueError where its body has not its form."""
    kind, body, keys = event["type"], dict(event["body"]), {}
    require(index or (kind, event["sequence"]) == ("ledger.opened", 1))
    require(kind not in MENDS or isinstance(body.get(MENDS[kind]), str))
    if kind not in BODIES or event["version"] != 1 or (index and kind == "ledger.opened"):
        return {}
    succeeds = body.pop("succeeds") if body.get("role") == "recorder" and "succeeds" in body else None
    require(fits(body, BODIES[kind]) and body.get("threshold", 0) <= len(body.get("roots", "")))
    require(fits(succeeds, HEX) or "succeeds" not in event["body"])
    listed = [("root", {"algorithm": "ed25519", **each}) for each in body.get("roots", ())]
    listed += [("log", each) for each in body.get("logs", ())]
    for role, each in listed + ([(body["role"], body)] if kind == "key.added" else []):
        raw = bytes.fromhex(each["key"])
        require(len(raw) == {"ed25519": 32, "ml-dsa-44": 1312 * (role == "log")}.get(each["algorithm"]))
        keyid = sha256(each["algorithm"].encode() + b"\0" + raw).hex()
        require(keyid not in keys, "a key stands there twice")
        keys[keyid] = SimpleNamespace(role=role, algorithm=each["algorithm"], raw=raw, holder=each["holder"],
                                      added=index, ended=None, size=None, succeeds=succeeds)
    return keys

class Trust:
    """The key stream, folded in the order of the log, and what it lets whom sign."""

    def __init__(self, means: str, records: dict):
        self.means, self.records, self.keys, self.threshold = means, records, {}, 0
        self.stream, self.origin, self.broken = None, "", False

    def judge(self, index: int, event: dict, signatures: list, signed: bytes):
        """The code of the first thing that is wrong with who signed, or None; and the keys that it brings."""
        self.stream, new = self.stream or event["stream"], None
        with contextlib.suppress(ValueError):
            new = keys_in(event, index)
        if any(key.algorithm == "ed25519" and is_weak(key.raw) for key in (new or {}).values()):
            return "keys.weak", new
        for keyid, signature in signatures:
            key = self.keys.get(keyid) or (new or {}).get(keyid)
            if key and key.algorithm == "ed25519":  # a key of another algorithm may sign no event: see below
                holds = verifies(self.means, "ed25519", key.raw, signature, signed)
                stop("unchecked.signatures", when=holds is None)
                if not holds:
                    return "signature.wrong", new
        if new is None:
            return "event.malformed", new
        signers = {keyid for keyid, _ in signatures}
        allowed, known = self.allows(index, event, signers, new), signers & set(self.keys)
        strangers = signers - known - set(new) and all(is_active(self.keys[keyid], index) for keyid in known)
        lost = allowed is None or (self.broken and strangers)
        return (None if allowed else "unchecked.keys" if lost else "key.not_allowed"), new

    def allows(self, index: int, event: dict, signers: set, new: dict):
        """Whether these may sign it; None where that cannot be told."""
        kind, body, keys = event["type"], event["body"], self.keys
        governs = kind in BODIES or kind.startswith("key.")
        active = {keyid: keys[keyid] for keyid in signers if keyid in keys and is_active(keys[keyid], index)}
        roots = {keyid for keyid, key in active.items() if key.role == "root"}
        by_recorders = all(keyid in active and active[keyid].role == "recorder" for keyid in signers)
        enough = len(roots) >= self.threshold
        if governs != (event["stream"] == self.stream) or (index and kind == "ledger.opened"):
            return False
        if governs and (kind not in BODIES or event["version"] != 1):
            return None if enough else False
        if kind == "ledger.opened":
            return signers <= {k for k in new if new[k].role == "root"} and len(signers) >= body["threshold"]
        if kind == "key.added":
            [(keyid, key)] = new.items()
            itself = keyid not in keys and (keyid in signers or key.role not in ("root", "recorder"))
            before = key.succeeds is None or (key.succeeds in keys and keys[key.succeeds].role == "recorder")
            return enough and signers <= roots | {keyid} and itself and before
        if kind == "key.revoked":
            key = keys.get(body["key"])
            if not (key and enough and signers <= roots and body["size"] <= index):
                return False
            if not is_active(key, index):
                return key.size is None or body["size"] < key.size
            left = {k for k in keys if keys[k].role == key.role and is_active(keys[k], index + 1)}
            return len(left - {body["key"]}) >= {"root": self.threshold, "recorder": 1}.get(key.role, 0)
        if kind == "roots.changed":
            fresh, stay = set(new) - set(keys), [(keys[keyid], new[keyid]) for keyid in new if keyid in keys]
            same = all(k.role == "root" and is_active(k, index) and k.holder == n.holder for k, n in stay)
            return (enough and signers <= roots | fresh and fresh <= signers and same
                    and len(signers & set(new)) >= body["threshold"])
        if kind not in MENDS or not by_recorders:
            return by_recorders or (kind in MENDS and enough and signers == roots)
        if body[MENDS[kind]] not in self.records:
            return None
        while signers and not signers & set(self.records[body[MENDS[kind]]].signers):
            signers = {keys[keyid].succeeds for keyid in signers} - {None}
        return bool(signers)

    def fold(self, index: int, event: dict, new: dict) -> None:
        """Take in a key event that holds."""
        body = event["body"]
        if event["type"] == "key.revoked":
            key = self.keys[body["key"]]
            key.ended, key.size = index if key.ended is None else key.ended, body["size"]
        for keyid, key in self.keys.items() if event["type"] == "roots.changed" else ():
            if key.role == "root" and key.ended is None and keyid not in new:
                key.ended = index
        self.keys = {**new, **self.keys}
        self.threshold, self.origin = body.get("threshold", self.threshold), body.get("origin", self.origin)

# --- Page 6: the archive ---
class Bag:
    """The files of a bundle, in a zip or unpacked: of each its path, offset and length, and its digest."""

    def __init__(self, path: str):
        self.folder, self.where, self.digests = None, {}, {}
        self.unpacked(os.path.realpath(path)) if os.path.isdir(path) else self.packed(path)

    def add(self, name: str, path: str, offset: int, size: int, crc=None) -> bool:
        """Take in a file, read once, without the folder that all are in; whether all of it fits the CRC."""
        folder, slash, rest = name.partition("/")
        self.folder = self.folder or folder
        name = rest if slash and folder == self.folder else "?" + name
        self.where[name], digest, check = (path, offset, size), hashlib.sha256(), 0
        with open(path, "rb") as file:
            file.seek(offset)
            while size and (part := file.read(min(size, 1 << 20))):
                size, check = size - len(part), zlib.crc32(part, check)
                digest.update(part)
        self.digests[name] = digest.hexdigest()
        return size == 0 and crc in (None, check)

    def unpacked(self, top: str) -> None:
        found = sorted(os.path.join(at, each) for at, dirs, files in os.walk(top) for each in dirs + files)
        plain = [path for path in found if os.path.isfile(path)]
        odd = any(os.path.islink(path) or not (os.path.isdir(path) or os.path.isfile(path)) for path in found)
        stop("bundle.unsafe", "the folder has a link or a device, or too much", odd or len(found) > 20_000)
        stop("bundle.malformed", "the folder is empty", not plain)
        names = {os.path.relpath(path, os.path.dirname(top)).replace(os.sep, "/"): path for path in plain}
        for name, path in sorted(names.items()):
            self.add(name, path, 0, os.path.getsize(path))

    def packed(self, path: str) -> None:
        total, seen, place, here, well = os.path.getsize(path), {}, 0, 0, True
        with open(path, "rb") as file:
            file.seek(max(total - 22, 0))
            end = file.read(22).ljust(22)
            count, length, start = unpack("<10xH2I2x", end)
            many = end[:8] == b"PK\5\6\0\0\0\0" and count > 10_000
            stop("bundle.unsafe", "it says that it has more than 10,000 files", many)
            same = end == pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, length, start, 0)
            cut = not same or start + length + 22 != total or not count or length > 2**22
            stop("bundle.malformed", "it is no archive, or it was cut short", cut)
            file.seek(start)
            listing = file.read(length)
            while len(seen) < count and listing[place : place + 4] == b"PK\1\2":
                head = unpack("<8x2H4x3I3H4x2I", listing[place : place + 46].ljust(46))
                flags, method, crc, stored, size, n, extra, remark, mode, offset = head
                raw = listing[place + 46 : place + 46 + n]
                name = raw.decode("latin-1")
                odd_name = not re.fullmatch(r"[ -\[\]-~]+", name) or {"", ".", ".."} & set(name.split("/"))
                odd_kind = flags & 1 or method or mode >> 28 not in (0, 8)
                odd_size = stored != size or offset + 30 + n + size > start
                odd = odd_name or name[1:2] == ":" or name.lower() in seen or odd_kind or odd_size
                stop("bundle.unsafe", f"{name}: its name, kind, packing or size", odd)
                seen[name.lower()] = name
                common = pack("<5H3I2H", 20, 0, 0, 0, 33, crc, size, size, n, 0)  # the one spelling
                local, tail = b"PK\3\4" + common + raw, pack("<3H2I", 0, 0, 0, 0o100644 << 16, here) + raw
                file.seek(here)
                well &= listing.startswith(b"PK\1\2\x14\3" + common + tail, place) and n <= 200
                well &= file.read(len(local)) == local
                place, here = place + 46 + n + extra + remark, here + len(local) + size
                well = well and self.add(name, path, here - size, size, crc)
        names = list(seen.values())
        well = well and (place, here, len(names)) == (length, start, count) and names == sorted(names)
        well = well and total < 2**32 - 1
        stop("bundle.malformed", "it is not in the one spelling, or bytes of it were changed", not well)

    def read(self, name: str, longest: int) -> bytes:
        path, offset, size = self.where[name]
        require(size <= longest, "it is too long")
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read(size)

    def lines(self, name: str, longest: int):
        """Each line without its newline; None for one that is too long, or has no newline."""
        (path, offset, left), fresh = self.where[name], True
        with open(path, "rb") as file:
            file.seek(offset)
            while left and (line := file.readline(min(left, longest + 1))):
                left, ended = left - len(line), line.endswith(b"\n")
                if fresh:
                    yield line[:-1] if ended else None
                fresh = ended

# --- Page 5: the log ---
def leads_to(root: bytes, leaf: bytes, index: int, size: int, hashes: list) -> bool:
    """RFC 6962, 2.1.1: whether the leaf is at this index in the tree of this size and root."""
    inner = (index ^ (size - 1)).bit_length()
    for level, other in enumerate(hashes):
        leaf = sha256(b"\1" + (leaf + other if level < inner and not index >> level & 1 else other + leaf))
    return leaf == root and len(hashes) == inner + bin(index >> inner).count("1")

def read_note(data: bytes, name: str, most: int):
    """A signed note on a state of the log: size, root, lines after, text, and who signed; or ValueError."""
    text, middle, block = data.decode().rpartition("\n\n")
    lines, signed = text.split("\n"), re.findall("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]{8,}={0,2})\n", block)
    require(middle and "".join(f"\u2014 {who} {what}\n" for who, what in signed) == block)
    require(1 <= len(signed) <= 100 and len(data) <= 10**6 and not re.search(r"[\0-\x09\x0b-\x1f]", text))
    require(lines[0] == name and 3 <= len(lines) <= most and re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]))
    size, root = int(lines[1]), unbase64(lines[2])
    require(size < 2**63 and len(root) == 32)
    return size, root, lines[3:], f"{text}\n".encode(), [(who, unbase64(what)) for who, what in signed]

class Check:
    """One bundle, checked in the order of page 7; `findings` are what does not hold."""

    def __init__(self, path: str, pin, means: str):
        self.path, self.pin, self.means, self.about, self.note = path, pin, means, {}, None
        self.findings, self.count, self.remarks, self.left_out, self.slots = [], Counter(), [], [], Counter()
        self.records, self.signers, self.streams, self.ends, self.cases, self.erased = {}, [], {}, {}, {}, {}
        self.named, self.disputed, self.events, self.sealed = set(), [], 0, 0
        self.trust = Trust(means, self.records)

    def say(self, code: str, what="", index=None, when=True) -> bool:
        """Note a finding, if there is one."""
        if when:
            self.count[code] += 1
            if self.count[code] <= 1000:
                self.findings.append({"code": code, "index": index, "what": shown(what)})
        return bool(when)

    @contextlib.contextmanager
    def finding(self, code: str, what: str, index=None):
        """What is not of its form inside is a finding."""
        try:
            yield
        except ValueError as error:
            self.say(code, f"{what}: {error}", index)

    def run(self) -> None:
        """Every stage, until one finds that there is no going on."""
        try:
            self.bag = Bag(self.path)
            for stage in (self.names, self.manifests, self.checkpoint, self.all_events, self.all_slots):
                stage()
            if self.trust.threshold:
                self.whole()
        except Stop as stop:
            self.say(*stop.args)
        other = self.about and self.pin not in (None, self.about["ledger"])
        self.say("ledger.other", "it is not the ledger that you named", when=other)

    def names(self) -> None:
        """Stage 2."""
        for name in self.bag.where:
            self.say("bundle.extra", name, when=name not in NEEDED and not ALLOWED.fullmatch(name))
        try:
            require(NEEDED <= set(self.bag.where), "a file is missing")
            data = self.bag.read("data/bundle.json", 2**20)
            about = strict(data[:-1], 2**20)
            require(data.endswith(b"\n") and fits(about, BUNDLE))
            require(about["size"] is None or fits(about["size"], WHOLE))
            require(all(a < b for a, b in zip(about["cases"], about["cases"][1:])))
            require(self.bag.folder == "bundle-" + about["ledger"][:16], "the folder has another name")
        except ValueError as error:
            raise Stop("bundle.malformed", f"its files, or bundle.json: {error}") from None
        self.about = about

    def manifests(self) -> None:
        """Stage 3: each manifest and bagit.txt has just the bytes that it must; bag-info.txt has its form."""
        where, digests = self.bag.where, self.bag.digests
        payload = [name for name in where if name.startswith("data/")]
        must = {"bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}
        lists = {"": payload, "tag": ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"]}
        for kind, listed in lists.items():
            must[f"{kind}manifest-sha256.txt"] = "".join(f"{digests[each]}  {each}\n" for each in listed)
        for name, text in must.items():
            self.say("bundle.manifest", name, when=digests[name] != sha256(text.encode()).hex())
        with self.finding("bundle.manifest", "bag-info.txt"):
            text = self.bag.read("bag-info.txt", 32768).decode()
            size = sum(where[name][2] for name in payload)
            last = f"External-Identifier: {self.about['ledger']}\nPayload-Oxum: {size}.{len(payload)}\n"
            value = r"(?! )[^\x00-\x1f\x7f]{1,500}(?<! )"
            may = "".join(f"({label}: {value}\n)?" for label in LABELS)
            found = re.fullmatch(may + "Bagging-Date: ([0-9]{4}-[0-9]{2}-[0-9]{2})\n" + re.escape(last), text)
            require(found and datetime.date.fromisoformat(found.groups()[-1]))
        for name in filter(ALLOWED.fullmatch, payload):
            self.say("bundle.manifest", name, when=name.count("/") == 2 and not name.endswith(digests[name]))

    def checkpoint(self) -> None:
        """Stage 4. `noted` is whether there is one, be it wrong."""
        self.noted = "data/checkpoint" in self.bag.where or self.about["size"] is not None
        with self.finding("checkpoint.wrong", "not here, unreadable, or not that of bundle.json"):
            if self.noted:
                require("data/checkpoint" in self.bag.where)
                note = read_note(self.bag.read("data/checkpoint", 10**6), self.about["origin"], 3)
                require(note[0] == self.about["size"])
                self.note = note

    def all_proofs(self):
        """The lines that hold a proof, in order, and one behind them all."""
        last = -1
        for line in self.bag.lines("data/proofs.jsonl", 4096) if self.note or not self.noted else ():
            with self.finding("proof.wrong", "a line that is not of the form, or out of order"):
                value = strict(line, 4096)
                require(fits(value, PROOF) and value["index"] > last)
                hashes, last = [unbase64(each) for each in value["hashes"]], value["index"]
                yield last, hashes
        yield 2**64, None

    def proof(self, index: int):
        """The proof of this index, or None; those before it belong to no record here."""
        while self.ahead[0] < index:
            self.say("proof.wrong", "a proof for a record that is not here", self.ahead[0])
            self.ahead = next(self.proofs)
        found, hashes = self.ahead
        self.ahead = next(self.proofs) if found == index else self.ahead
        return hashes if found == index else None

    def all_events(self) -> None:
        """Stage 5: each line, with the proof that belongs to it."""
        last, size, self.proofs = -1, self.note[0] if self.note else 0, self.all_proofs()
        self.ahead, self.register = next(self.proofs), str(uuid.uuid5(REGISTER, self.about["ledger"]))
        for place, line in enumerate(self.bag.lines("data/events.jsonl", 49280), 1):
            read, found = None, re.search(rb',"index":(0|[1-9][0-9]{0,15})}\Z', line or b"")
            index = int(found[1]) if found else -1
            with self.finding("event.malformed", f"line {place}", index if found else None):
                value = strict(line, 49280)
                require(fits(value, {"envelope": ENVELOPE, "index": WHOLE}))
                require(len(line) - len('{"envelope":,"index":}') - len(found[1]) <= 49152)
                read = read_event(value["envelope"])
            if read and self.say("chain.broken", "a line out of order", index, when=index <= last):
                continue
            hashes, last = self.proof(index), max(last, index)
            unsealed = read and hashes is not None and index >= size
            self.say("proof.wrong", "a proof for a record that is not sealed", index, when=unsealed)
            if read:
                self.event(index, size, hashes, *read)
        self.proof(2**64 - 1)
        left = self.events - self.sealed
        held = self.trust.threshold
        self.say("unchecked.keys", "no opening of the ledger here holds", when=not held)
        self.say("unchecked.sealed", f"{left} records", when=held and self.note and left)

    def event(self, index: int, size: int, hashes, digest, event: dict, signatures, signed, leaf) -> None:
        """Steps a to f of one record."""
        kind, body, stream, sequence = event["type"], event["body"], event["stream"], event["sequence"]
        trust, code, new = self.trust, None, {}
        self.events, self.sealed = self.events + 1, self.sealed + (index < size)
        if sys.stderr.isatty() and self.events % 1000 == 0:
            print(f"\r{self.events} records", end="", file=sys.stderr)
        other = index and kind != "ledger.opened" and event["ledger"] != self.about["ledger"]
        self.say("ledger.other", "", index, when=other)
        if index == 0 or trust.threshold:
            code, new = trust.judge(index, event, signatures, signed)
            self.say(code, kind, index, when=code)
        if index == 0 and not code:
            trust.fold(0, event, new)
            same = (digest, body["origin"]) == (self.about["ledger"], self.about["origin"])
            self.say("ledger.other", "another opening, or another origin", 0, when=not same)
        believed = trust.threshold and code != "signature.wrong"
        before, previous = self.streams.get(stream, (0, None))
        self.streams[stream] = (sequence, leaf if believed else None)
        if index < size:
            self.ends[stream] = self.streams[stream]
        is_new, governs = event["id"] not in self.records, stream == trust.stream
        signers = tuple(keyid for keyid, _ in signatures)
        if is_new:
            here = self.records[event["id"]] = SimpleNamespace(index=index, signers=signers, stream=stream)
            here.slots = event["commitments"] if believed else None
        if not believed:
            trust.broken |= governs
            return
        self.signers.append((index, signers))
        gap = sequence - before - 1
        odd = self.say("event.left_out", f"{gap} before it, in stream {stream}", index, when=gap > 0)
        odd |= self.say("chain.broken", "its place in the stream is taken", index, when=gap < 0)
        follows = gap or previous is None or event["previous"] == previous.hex()
        odd |= self.say("chain.broken", "the record before it is another", index, when=not follows)
        self.say("chain.broken", "its id was there before", index, when=not is_new)
        if kind == "case.opened":
            name = body["case"] if isinstance(body.get("case"), str) else None
            late = sequence != 1 or stream in (self.register, trust.stream) or name in self.cases
            self.say("chain.broken", "a case opened out of its place, or twice", index, when=late)
            self.cases.update({name: stream} if name is not None and not late else {})
        trust.broken |= governs and bool(odd or code)
        if governs and index and not trust.broken:
            trust.fold(index, event, new)
        if self.note and index < size and not self.say("unchecked.proof", "", index, when=hashes is None):
            leads = leads_to(self.note[1], leaf, index, size, hashes)
            self.say("proof.wrong", "it leads elsewhere", index, when=not leads)
        if kind == "disclosure.erased" and isinstance(body.get("slots"), list):
            words = shown(body.get("authority")), shown(body.get("reason"))
            for slot in body["slots"]:
                self.erased[stream, str(body.get("event")), str(slot)] = (index, *words)
        copied = {"source.registered": body.get("source"), "evidence.attached": body}.get(kind)
        self.named |= {str(copied.get("sha256"))} if isinstance(copied, dict) else set()

    def placed(self, name: str, form: list, code: str, elsewhere: str) -> dict:
        """Of lines that name a record and a slot, those in order: whether the line is what was recorded."""
        last, here, at = (-1, ""), {}, form.index(EVENT_ID)
        for number, line in enumerate(self.bag.lines(f"data/{name}.jsonl", 32768), 1):
            with self.finding(code, f"line {number}"):
                value = strict(line)
                require(type(value) is list and len(value) == len(form) and all(map(fits, value, form)))
                event, slot, record = value[at], value[at + 1], self.records.get(value[at])
                self.say(elsewhere, f"line {number}: there is no such record here", when=record is None)
                if record is None or record.slots is None:
                    continue
                require((record.index, slot) > last, "out of order")
                last = (record.index, slot)
                recorded = sha256(line).hex() == record.slots.get(slot)
                if not self.say(elsewhere, f"it has no {slot}", record.index, when=slot not in record.slots):
                    here[event, slot] = recorded and value[1] == self.about["ledger"]
        return here

    def all_slots(self) -> None:
        """Stage 6: what is disputed (a key was revoked later, from before), and what of slots is here."""
        revoked = {keyid: key for keyid, key in self.trust.keys.items() if key.size is not None}
        for index, signers in self.signers:
            keys = [revoked[keyid] for keyid in signers if keyid in revoked]
            self.disputed += [index] * any(max(key.size, key.added + 1) <= index < key.ended for key in keys)
        given = self.placed("disclosures", DISCLOSURE, "disclosure.malformed", "disclosure.elsewhere")
        kept = self.placed("withheld", WITHHELD, "bundle.withheld", "bundle.withheld")
        for event, record in self.records.items():
            for slot in record.slots or ():
                place, index = (event, slot), record.index
                erased, *words = self.erased.get((record.stream, *place), (-1,))
                status = ("disclosed" if given.get(place) else "wrong" if place in given else
                          "erased" if erased > index else "withheld" if place in kept else "missing")
                self.say("disclosure.erased", slot, index, when=place in given and erased > index)
                self.say("disclosure.wrong", slot, index, when=status == "wrong")
                too_much = place in kept and status != "withheld"
                self.say("bundle.withheld", f"{slot} is disclosed, or was erased", index, when=too_much)
                self.say("unchecked.disclosure", slot, index, when=status == "missing")
                self.slots[status] += 1
                if status in ("withheld", "erased"):
                    self.left_out.append([index, slot, status, *(words if status == "erased" else ())])

    def signed_by_log(self, name: str, note, algorithms) -> None:
        """ValueError unless each log key that is active there signed the note."""
        size, root, _, text, signed = note
        keys = [key for key in self.trust.keys.values() if key.role == "log" and is_active(key, size)]
        require(any(key.algorithm == "ed25519" for key in keys), "there is no log key")
        eight, named = bytes(8), bytes([len(name.encode())]) + name.encode()
        for key in (key for key in keys if key.algorithm in algorithms):
            kind = {"ed25519": b"\1", "ml-dsa-44": b"\6"}[key.algorithm]
            keyid = sha256(name.encode() + b"\n" + kind + key.raw)[:4]
            mine = [sig[4:] for who, sig in signed if who == name and sig[:4] == keyid]
            require(mine, f"the {key.algorithm} key of the log did not sign")
            for sig in mine:
                message = text
                if kind == b"\6":
                    require(sig[:8] == eight and len(sig) == 2428, "the ML-DSA-44 line")
                    state = pack(">Q", size) + root
                    sig, message = sig[8:], b"subtree/v1\n\0" + named + eight + named + eight + state
                holds = verifies(self.means, key.algorithm, key.raw, sig, message)
                require(holds is not False, "a signature of the log does not fit")
                if holds is None:
                    self.remarks.append("This computer cannot check the log's second signature (ML-DSA-44).")

    def whole(self) -> None:
        """Stage 7: cases, checkpoint, heads, sources."""
        asked = {self.cases.get(case) for case in self.about["cases"]} | {self.register, self.trust.stream}
        for name in set(self.about["cases"]) - set(self.cases) | set(self.streams) - asked:
            self.say("bundle.cases", name)
        if not self.say("unchecked.checkpoint", when=not self.noted) and self.note:
            with self.finding("checkpoint.wrong", "its signatures"):
                self.signed_by_log(self.trust.origin, self.note, ("ed25519", "ml-dsa-44"))
            self.heads([n for n in self.bag.where if n.startswith("data/heads/") and ALLOWED.fullmatch(n)])
        for name in self.bag.where:
            source = re.match("data/sources/([0-9a-f]{64})", name)
            self.say("bundle.extra", name, when=source and name[13:] not in self.named)

    def heads(self, notes: list) -> None:
        ends, well, origin = {}, 0, self.trust.origin + "/heads"
        for name in notes:
            with self.finding("heads.wrong", "a note"):
                note = read_note(self.bag.read(name, 10**6), origin, 10**6)
                require(note[:2] == self.note[:2] and note[2], "of another state")
                self.signed_by_log(origin, note, ("ed25519",))
                form = re.compile(f"{UUID.pattern} [1-9][0-9]{{0,18}} {HEX.pattern}")
                require(all(fits(line, form) for line in note[2]))
                lines = [(line[:36], int(line[37:-65]), line[-64:]) for line in note[2]]
                require(all(a[0] < b[0] for a, b in zip(lines, lines[1:])))
                require(all(line[1] <= note[0] and ends.get(line[0], line) == line for line in lines))
                ends.update({line[0]: line for line in lines})
                well += 1
        for stream, sequence, leaf in ends.values():
            last, known = self.ends.get(stream, (0, None))
            self.say("tail.cut", f"{sequence - last} records of stream {stream}", when=last < sequence)
            other = last > sequence or (last == sequence and known and known.hex() != leaf)
            self.say("heads.wrong", f"stream {stream} ends otherwise", when=other)
        if not self.say("unchecked.heads", when=not notes) and well == len(notes):
            for stream in set(self.ends) - set(ends):
                self.say("heads.wrong", f"no note names stream {stream}")

    def compare(self, path: str) -> None:
        """A checkpoint that the reader kept, or got elsewhere: the same state of the log?"""
        with open(path, "rb") as file, self.finding("unchecked.checkpoint", "your own"):
            other = read_note(file.read(10**6 + 1), self.about["origin"], 3)
            self.signed_by_log(self.trust.origin, other, ("ed25519",))
            require(self.note and other[0] == self.note[0], f"of size {other[0]}: the two cannot be compared")
            words = "your own: the log signed two states of one size"
            self.say("checkpoint.contradicted", words, when=other[1] != self.note[1])

    def witness(self, name: str, keyid: bytes, raw: bytes) -> None:
        """Whether a witness that the reader trusts signed the checkpoint."""
        signed = self.note[4] if self.note else []
        found = [sig[4:] for who, sig in signed if who == name and sig[:4] == keyid]
        self.say("unchecked.witnesses", name, when=not found)
        for sig in found:
            when, now = int.from_bytes(sig[:8], "big"), datetime.datetime.now().timestamp()
            message = b"cosignature/v1\ntime %d\n%s" % (when, self.note[3])
            holds = verifies(self.means, "ed25519", raw, sig[8:], message)
            if not self.say("cosignature.wrong", name, when=not holds):
                self.say("cosignature.future", name, when=when > now)
                self.remarks.append(f"The witness {name} signed this state, {when} seconds after 1970.")

def report(check: Check, status: int) -> None:
    """What holds and what does not, in plain words."""
    about, end = check.about, "" if check.pin else ", WHICH YOU DID NOT NAME (--trust)"
    print(f"Bundle  {shown(check.path)}")
    if about:
        print(f"Ledger  {about['ledger']}{end}\nLog     {shown(about['origin'])}")
        print(f"Cases   {shown(', '.join(about['cases']))}")
        print(f"Records {check.events}, of which {check.sealed} in the signed state of the log")
    print("\nWhat was asked")
    for line in QUESTIONS.splitlines() if about and "unchecked.signatures" not in check.count else ():
        words, codes = line.split(" | ")
        codes = [code for code in check.count if code.startswith(tuple(codes.split()))]
        doubt = "NOT CHECKED" if all(code.startswith("unchecked.") for code in codes) else "NO"
        print(f"  {doubt if codes else 'yes':11}  {words}")
    print("\nProtected content: " + (", ".join(f"{n} {how}" for how, n in check.slots.items()) or "none"))
    for index, slot, how, *why in check.left_out[:40]:
        by = f"on the authority of {why[0]}: {why[1]}" if why else "on purpose by whoever made the bundle"
        print(f"  record {index}: {slot} was {how} {by}")
    if len(check.left_out) > 40:
        print(f"  ... and {len(check.left_out) - 40} more (--json lists them)")
    for index in check.disputed[:40]:
        print(f"  record {index} is disputed: its key was revoked later, from a point before this record on"
              " (see --accept-disputed)")
    for code, number in sorted(check.count.items()):
        print(f"\n{code} ({number}): {MEANING[code]}")
        for each in [each for each in check.findings if each["code"] == code][:10]:
            print("   ", "" if each["index"] is None else f"record {each['index']}:", each["what"])
    for remark in dict.fromkeys(check.remarks):
        print(f"\nRemark: {shown(remark)}")
    print("\nNone of this shows that what was recorded is true, that there are no other cases,"
          " or whose keys these are.")
    result = {0: "all holds", 1: "SOMETHING IS WRONG", 3: "not all could be checked"}[status]
    print(f"RESULT: {result} (exit status {status})")

def witness_key(text: str):
    """The name, keyid and raw key in a witness's vkey."""
    [(name, keyid, key)] = re.findall(r"\A([^\s+]+)\+([0-9a-f]{8})\+(.+)\Z", text)
    raw = unbase64(key)
    require(len(raw) == 33 and raw[0] == 4 and sha256(name.encode() + b"\n" + raw)[:4].hex() == keyid)
    return name, bytes.fromhex(keyid), raw[1:]

def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", help="the file BUNDLE.zip")
    parser.add_argument("--trust", metavar="LEDGER_ID", help="which you got from somewhere else")
    parser.add_argument("--checkpoint", metavar="FILE", help="a state of the log that you got elsewhere")
    parser.add_argument("--witness", type=witness_key, action="append", default=[], help="its key")
    parser.add_argument("--with", dest="means", choices=("any", "cryptography", "openssl"), default="any")
    parser.add_argument("--accept-disputed", action="store_true", help="disputed records will do")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    asked = parser.parse_args()
    if asked.trust is not None and not fits(asked.trust, HEX):
        parser.error("--trust: a ledger id is 64 digits from 0 to 9 and a to f")
    check = Check(asked.bundle, asked.trust, asked.means)
    try:
        check.run()
        for each in asked.witness if check.trust.threshold else ():
            check.witness(*each)
        if asked.checkpoint and check.trust.threshold:
            check.compare(asked.checkpoint)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    wrong = any(not code.startswith("unchecked.") for code in check.count)
    doubtful = check.count or not asked.trust or (check.disputed and not asked.accept_disputed)
    status = 1 if wrong else 3 if doubtful else 0
    if asked.json:
        names = "findings slots left_out disputed remarks events sealed".split()
        told = {name: getattr(check, name) for name in names}
        print(json.dumps({"status": status, "codes": check.count, **check.about, **told}))
    else:
        report(check, status)
    return status

if __name__ == "__main__":
    sys.exit(main())
