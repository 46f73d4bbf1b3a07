#!/usr/bin/env python3
"""Check a bundle of a claimledger, alone: this file needs nothing of claimledger, and no network.

    python3 verify_claimledger.py BUNDLE.zip --trust LEDGER_ID

It needs Python 3.9 or newer and, for signatures, Python's package `cryptography` or the program `openssl` (3.0 or newer;
slower, since each signature is a process). It follows the pages docs/spec/ of claimledger, under the same codes. It reads
line by line, writes nothing but its report, and prints no protected content.

Exit status: 0 all holds, 1 something is wrong, 2 wrong usage, 3 nothing is wrong but something could not be checked.
LEDGER_ID must come from somewhere else than the bundle: held against no id, a bundle only agrees with itself.
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
NEEDED = """bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt data/README.txt data/bundle.json
    data/events.jsonl data/disclosures.jsonl data/withheld.jsonl data/proofs.jsonl""".split()
ALLOWED = re.compile(r"data/(checkpoint|verify_claimledger\.py|(heads|timestamps|sources)/[0-9a-f]{64})")
LABELS = """Source-Organization Organization-Address Contact-Name Contact-Email External-Description Bagging-Date
    External-Identifier Payload-Oxum""".split()
LABELS = tuple(LABELS)
PAYLOAD_TYPE, REGISTER = "application/vnd.claimledger.event+json", uuid.UUID("7f1c2a52-6c0b-5d0e-9a43-0d1f6a1f2b77")
MENDS, MAXIMUM = {"claim.amended": "amends", "claim.withdrawn": "withdraws"}, 2**53 - 1
# Forms: a pattern for a string, two bounds for a whole number, [form, least, most] for a list, a dict for an object.
HEX, TEXT, ORIGIN = re.compile("[0-9a-f]{64}"), re.compile("(?s).{1,8000}"), re.compile(r"[^\s+]{1,200}")
SLOT, UUID = re.compile("[a-z][a-z0-9_.]*"), re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ENVELOPE = {"payload": str, "payloadType": re.compile(re.escape(PAYLOAD_TYPE)),
            "signatures": [{"keyid": HEX, "sig": re.compile("[A-Za-z0-9+/]{86}==")}, 1, 16]}
PAYLOAD = {"type": re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+"), "version": (1, MAXIMUM), "stream": UUID,
           "sequence": (1, MAXIMUM), "id": re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
           "recorded_at": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"),
           "body": dict, "commitments": dict, "ledger": object, "previous": object}
LOG_KEY = {"holder": TEXT, "algorithm": str, "key": re.compile("([0-9a-f]{2})*")}
ROOTS = {"roots": [{"holder": TEXT, "key": HEX}, 1, 8], "threshold": (1, 8)}
BODIES = {"ledger.opened": {"origin": ORIGIN, "logs": [LOG_KEY, 0, MAXIMUM], **ROOTS}, "roots.changed": ROOTS,
          "key.added": {**LOG_KEY, "role": re.compile("root|recorder|log|witness")},
          "key.revoked": {"key": HEX, "reason": TEXT, "size": (0, MAXIMUM), "root": HEX}}
BUNDLE = {"cases": [str, 1, MAXIMUM], "format": re.compile("claimledger-bundle/1"), "ledger": HEX, "origin": ORIGIN, "size": object}
EVENT_ID, WHOLE = PAYLOAD["id"], (0, MAXIMUM)
DISCLOSURE = [re.compile("claimledger-disclosure/1"), HEX, EVENT_ID, SLOT, re.compile("[0-9a-f]{32}"), object]

class Unknown(Exception):
    """Who may have signed cannot be told."""

class Stop(Exception):
    """A finding after which nothing more can be looked at: its code, and words."""

def fits(value, form) -> bool:
    """Whether a value has a form: all of it, and nothing besides."""
    if isinstance(form, re.Pattern):
        return isinstance(value, str) and form.fullmatch(value) is not None
    if isinstance(form, tuple):
        return type(value) is int and form[0] <= value <= form[1]
    if isinstance(form, list):
        return isinstance(value, list) and form[1] <= len(value) <= form[2] and all(fits(v, form[0]) for v in value)
    if isinstance(form, dict):
        return isinstance(value, dict) and set(value) == set(form) and all(fits(value[n], f) for n, f in form.items())
    return isinstance(value, form)

def require(holds, what: str = "not of its form") -> None:
    """Raise ValueError with `what`, unless it holds."""
    if not holds:
        raise ValueError(what)

def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

def shown(text) -> str:
    """A text from the bundle as a screen may show it: one short line, no control characters."""
    return "".join(c if c.isprintable() else "?" for c in str(text)[:200])

# --- Page 1: strict JSON ---
def whole(text: str) -> int:
    require(re.fullmatch("-?[0-9]{1,16}", text) and abs(int(text)) <= MAXIMUM)
    return int(text)

def members(pairs: list) -> dict:
    require(all(name.isascii() for name, _ in pairs))
    return dict(pairs)

def strict(data, longest: int = 32768):
    """The value that these bytes spell in the one way there is, or ValueError."""
    require(data is not None and len(data) <= longest, "a line is too long, or has no end")
    depth = 0
    for byte in re.sub(rb'(?s)"(?:[^"\\]|\\.)*"|[^]["{}]+', b"", data):
        depth += (byte in b"[{") - (byte in b"]}")
        require(depth <= 16, "nested too deep")
    value = json.loads(data.decode(), parse_int=whole, parse_float=whole, parse_constant=whole, object_pairs_hook=members)
    again = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    require(again == data, "not the one spelling of strict JSON")
    return value

def unbase64(text: str) -> bytes:
    data = base64.b64decode(text.encode("ascii"), validate=True)
    require(base64.b64encode(data).decode() == text, "not the one base64 of its bytes")
    return data

# --- Page 2: signatures and events ---
SPKI = {"ed25519": "302a300506032b6570032100", "ml-dsa-44": "30820532300b06096086480165030403110382052100"}
P, SMALL = 2**255 - 19, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
D = -121665 * pow(121666, P - 2, P) % P

class Signatures:
    """Ed25519 and ML-DSA-44, by `cryptography` or by `openssl`."""

    def __init__(self, means: str):
        self.ours, self.folder = {}, tempfile.TemporaryDirectory()
        try:
            if means != "openssl":
                from cryptography.hazmat.primitives.asymmetric import ed25519
                self.ours["ed25519"] = ed25519.Ed25519PublicKey.from_public_bytes
                from cryptography.hazmat.primitives.asymmetric import mldsa  # from release 47 on
                self.ours["ml-dsa-44"] = mldsa.MLDSA44PublicKey.from_public_bytes
        except ImportError:
            require(means != "cryptography", "Python's package cryptography is not here, or too old")

    def hold(self, algorithm: str, raw: bytes, signature: bytes, message: bytes):
        """True or False; None where this computer cannot tell."""
        if algorithm in self.ours:
            try:
                self.ours[algorithm](raw).verify(signature, message)
            except Exception:  # noqa: BLE001 - whatever it raises: it did not verify
                return False
            return True
        pem = b"-----BEGIN PUBLIC KEY-----\n%s-----END PUBLIC KEY-----\n" % base64.encodebytes(bytes.fromhex(SPKI[algorithm]) + raw)
        paths = [os.path.join(self.folder.name, name) for name in ("key.pem", "message", "signature")]
        for path, data in zip(paths, (pem, message, signature)):
            with open(path, "wb") as file:
                file.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", paths[0], "-rawin", "-in", paths[1], "-sigfile", paths[2]]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except OSError:
            return None
        return done.returncode == 0 if b"Signature Verif" in done.stdout else None

def is_weak(raw: bytes) -> bool:
    """Whether 32 bytes are no public key, or one under which anybody can sign."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= P or y in (0, 1, P - 1, SMALL, P - SMALL):
        return True
    return pow((y * y - 1) * (D * y * y + 1), (P - 1) // 2, P) != 1  # x*x would be no square

def read_event(envelope: dict, length: int):
    """Of an envelope: the payload as bytes and as value, the signatures, what was signed, the leaf; or ValueError."""
    require(length <= 49152 and fits(envelope, ENVELOPE))
    signatures = [(each["keyid"], unbase64(each["sig"])) for each in envelope["signatures"]]
    require(all(a[0] < b[0] for a, b in zip(signatures, signatures[1:])), "keyids do not ascend")
    payload = unbase64(envelope["payload"])
    event = strict(payload)
    require(fits(event, PAYLOAD))
    require(event["ledger"] is None if event["type"] == "ledger.opened" else fits(event["ledger"], HEX))
    require(event["previous"] is None if event["sequence"] == 1 else fits(event["previous"], HEX))
    datetime.datetime.strptime(event["recorded_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    require(all(fits(slot, SLOT) and fits(digest, HEX) for slot, digest in event["commitments"].items()))
    signed = b"DSSEv1 38 %s %d %s" % (PAYLOAD_TYPE.encode(), len(payload), payload)
    leaf = sha256(b"\0" + sha256(signed) + b"".join(bytes.fromhex(keyid) + sig for keyid, sig in signatures))
    return payload, event, signatures, signed, leaf

# --- Page 3: who may sign what ---
def is_active(key, index: int) -> bool:
    return key.added < max(index, 1) and (key.ended is None or index <= key.ended)

def keys_in(event: dict, index: int) -> dict:
    """The keys that a key event lists, by keyid; or ValueError where its body has not its form."""
    kind, body = event["type"], dict(event["body"])
    succeeds = body.pop("succeeds", None) if body.get("role") == "recorder" else None
    require(fits(body, BODIES[kind]) and body.get("threshold", 0) <= len(body.get("roots", "")))
    require(fits(succeeds, HEX) or "succeeds" not in event["body"])
    listed = [("root", {"algorithm": "ed25519", **each}) for each in body.get("roots", ())]
    listed += [("log", each) for each in body.get("logs", ())] + ([(body["role"], body)] if kind == "key.added" else [])
    keys = {}
    for role, each in listed:
        raw = bytes.fromhex(each["key"])
        require(len(raw) == {"ed25519": 32, "ml-dsa-44": 1312 * (role == "log")}.get(each["algorithm"]))
        keyid = sha256(each["algorithm"].encode() + b"\0" + raw).hex()
        require(keyid not in keys, "a key stands there twice")
        keys[keyid] = SimpleNamespace(role=role, algorithm=each["algorithm"], raw=raw, holder=each["holder"],
                                      added=index, ended=None, size=None, succeeds=succeeds)
    return keys

class Trust:
    """The key stream, folded in the order of the log, and what it lets whom sign."""

    def __init__(self, signatures: Signatures, records: dict):
        self.signatures, self.records, self.keys, self.threshold = signatures, records, {}, 0
        self.stream, self.origin, self.broken = None, "", False

    def judge(self, index: int, event: dict, signatures: list, signed: bytes):
        """The code of the first thing that is wrong with who signed; None where nothing is."""
        kind, malformed, new = event["type"], False, {}
        self.stream = self.stream or event["stream"]
        try:
            require(index or (kind, event["sequence"]) == ("ledger.opened", 1))
            readable = kind in BODIES and event["version"] == 1 and (index == 0 or kind != "ledger.opened")
            new = keys_in(event, index) if readable else {}
            require(kind not in MENDS or isinstance(event["body"].get(MENDS[kind]), str))
        except ValueError:
            malformed = True
        if any(key.algorithm == "ed25519" and is_weak(key.raw) for key in new.values()):
            return "keys.weak"
        for keyid, signature in signatures:
            key = self.keys.get(keyid) or new.get(keyid)
            known = key and key.algorithm == "ed25519"  # a log's key of another algorithm may sign no event: see below
            holds = not known or self.signatures.hold("ed25519", key.raw, signature, signed)
            if holds is None:
                raise Stop("unchecked.signatures")
            if not holds:
                return "signature.wrong"
        if malformed:
            return "event.malformed"
        signers = {keyid for keyid, _ in signatures}
        try:
            require(self.allows(index, event, signers, new))
        except Unknown:
            return "unchecked.keys"
        except ValueError:
            others = {keyid for keyid in signers if keyid in self.keys}
            lost = self.broken and others | set(new) < signers | set(new) and all(is_active(self.keys[k], index) for k in others)
            return "unchecked.keys" if lost else "key.not_allowed"
        return None

    def fold(self, index: int, event: dict) -> None:
        """Take in a key event that holds."""
        kind, body, new = event["type"], event["body"], keys_in(event, index) if event["type"] in BODIES else {}
        if kind == "key.revoked":
            key = self.keys[body["key"]]
            key.ended, key.size = index if key.ended is None else key.ended, body["size"]
        for keyid, key in self.keys.items() if kind == "roots.changed" else ():
            if key.role == "root" and key.ended is None and keyid not in new:
                key.ended = index
        self.keys = {**new, **self.keys} if new else self.keys
        self.threshold = body["threshold"] if "threshold" in body else self.threshold
        self.origin = body["origin"] if "origin" in body else self.origin

    def allows(self, index: int, event: dict, signers: set, new: dict) -> bool:
        """Whether these may sign it; Unknown where that cannot be told."""
        kind, body, keys = event["type"], event["body"], self.keys
        governs = kind in ("ledger.opened", "roots.changed") or kind.startswith("key.")
        active = {keyid for keyid in signers if keyid in keys and is_active(keys[keyid], index)}
        roots = {keyid for keyid in active if keys[keyid].role == "root"}
        by_recorders, enough = all(k in active and keys[k].role == "recorder" for k in signers), len(roots) >= self.threshold
        if governs != (event["stream"] == self.stream):
            return False
        if kind == "ledger.opened" and index:
            return False
        if governs and (kind not in BODIES or event["version"] != 1):
            require(index == 0 or enough)
            raise Unknown
        if kind == "ledger.opened":
            return signers <= {k for k in new if new[k].role == "root"} and len(signers) >= body["threshold"]
        if kind == "key.added":
            (keyid, key), = new.items()
            return (keyid not in keys and enough and signers <= roots | {keyid}
                    and (keyid in signers or key.role not in ("root", "recorder"))
                    and (key.succeeds is None or (key.succeeds in keys and keys[key.succeeds].role == "recorder")))
        if kind == "key.revoked":
            key = keys.get(body["key"])
            if not (key and enough and signers <= roots and body["size"] <= index):
                return False
            if not is_active(key, index):
                return key.size is None or body["size"] < key.size
            left = sum(each is not key and each.role == key.role and is_active(each, index + 1) for each in keys.values())
            return left >= {"root": self.threshold, "recorder": 1}.get(key.role, 0)
        if kind == "roots.changed":
            fresh = {keyid for keyid in new if keyid not in keys}
            kept = [(keys[keyid], new[keyid]) for keyid in new if keyid in keys]
            return (enough and signers <= roots | fresh and fresh <= signers and len(signers & set(new)) >= body["threshold"]
                    and all(k.role == "root" and is_active(k, index) and k.holder == n.holder for k, n in kept))
        if kind not in MENDS or not by_recorders:
            return by_recorders or (kind in MENDS and enough and signers == roots)
        if body[MENDS[kind]] not in self.records:
            raise Unknown
        mended, line = set(self.records[body[MENDS[kind]]].signers), set(signers)
        while line and not line & mended:
            line = {keys[keyid].succeeds for keyid in line} - {None}
        return bool(line)

    def is_disputed(self, index: int, signers) -> bool:
        """Whether a key was revoked later, with a size that leaves this record out."""
        keys = [self.keys[keyid] for keyid in signers if keyid in self.keys]
        return any(key.size is not None and max(key.size, key.added + 1) <= index < key.ended for key in keys)

# --- Page 6: the archive ---
class Bag:
    """The files of a bundle, in a zip or unpacked: of each its path, offset, length, and digest."""

    def __init__(self, path: str):
        self.where, self.digests = {}, {}
        self.unpacked(os.path.realpath(path)) if os.path.isdir(path) else self.packed(path)

    def add(self, name: str, path: str, offset: int, size: int, crc=None) -> bool:
        """Take in a file, read once; whether its bytes are there and fit the CRC."""
        self.where[name], digest, check = (path, offset, size), hashlib.sha256(), 0
        with open(path, "rb") as file:
            file.seek(offset)
            while size and (part := file.read(min(size, 1 << 20))):
                size, check = size - len(part), zlib.crc32(part, check)
                digest.update(part)
        self.digests[name] = digest.hexdigest()
        return size == 0 and crc in (None, check)

    def unpacked(self, top: str) -> None:
        found = sorted(os.path.join(folder, each) for folder, folders, files in os.walk(top) for each in folders + files)
        names = {os.path.relpath(path, os.path.dirname(top)).replace(os.sep, "/"): path for path in found}
        if len(found) > 20_000 or any(os.path.islink(path) or not (os.path.isdir(path) or os.path.isfile(path)) for path in found):
            raise Stop("bundle.unsafe", "there is a link or a device in the folder, or too much")
        for name in sorted(name for name, path in names.items() if os.path.isfile(path)):
            self.add(name, names[name], 0, os.path.getsize(names[name]))
        if not self.where:
            raise Stop("bundle.malformed", "the folder is empty")

    def packed(self, path: str) -> None:
        total, seen, place, here, well = os.path.getsize(path), set(), 0, 0, True
        with open(path, "rb") as file:
            file.seek(max(total - 22, 0))
            mark, count, again, length, start, comment = unpack("<8s2H2IH", file.read(22).ljust(22))
            if mark == b"PK\5\6\0\0\0\0" and count > 10_000:
                raise Stop("bundle.unsafe", "it says that it has more than 10,000 files")
            if (mark, again, comment, start + length + 22) != (b"PK\5\6\0\0\0\0", count, 0, total) or not count or length > 2**22:
                raise Stop("bundle.malformed", "it is no archive, or it was cut short")
            file.seek(start)
            listing = file.read(length)
            while len(seen) < count and listing[place : place + 4] == b"PK\1\2":
                head = unpack("<4s6H3I5H2I", listing[place : place + 46].ljust(46))
                flags, method, crc, packed, size, n, extra, remark, mode, offset = *head[3:5], *head[7:13], *head[15:]
                raw = listing[place + 46 : place + 46 + n]
                name, parts = raw.decode("latin-1"), raw.split(b"/")
                if (not re.fullmatch(r"[ -\[\]-~]+", name) or name[1:2] == ":" or {b"", b".", b".."} & set(parts) or name.lower() in seen
                        or flags & 1 or method or mode >> 28 not in (0, 8) or packed != size or offset + 30 + n + size > start):
                    raise Stop("bundle.unsafe", f"{shown(name)}: its name, kind, packing or size")
                seen.add(name.lower())
                common = pack("<5H3I2H", 20, 0, 0, 0, 33, crc, size, size, n, 0)  # the one spelling: all else follows from these
                local, entry = b"PK\3\4" + common + raw, b"PK\1\2\x14\3" + common + pack("<3H2I", 0, 0, 0, 0o100644 << 16, here) + raw
                file.seek(here)
                well &= listing[place : place + len(entry)] == entry and file.read(len(local)) == local and n <= 200
                place, here = place + 46 + n + extra + remark, here + len(local) + size
                well = well and self.add(name, path, here - size, size, crc)
        if not well or (place, here, len(seen)) != (length, start, count) or list(self.where) != sorted(self.where) or total >= 2**32 - 1:
            raise Stop("bundle.malformed", "it is not in the one spelling of an archive, or bytes of it were changed")

    def enter(self) -> str:
        """Leave out of the names the folder that all are in; give its name."""
        folder = next(iter(self.where)).partition("/")[0]
        self.where, self.digests = ({name[len(folder) + 1 :] if name.startswith(folder + "/") else "?" + name: each[name]
                                     for name in each} for each in (self.where, self.digests))
        return folder

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
                left -= len(line)
                if fresh:
                    yield line[:-1] if line.endswith(b"\n") else None
                fresh = line.endswith(b"\n")

# --- Page 5: the log ---
def leads_to(root: bytes, leaf: bytes, index: int, size: int, hashes: list) -> bool:
    """RFC 6962, 2.1.1: whether the leaf is at this index in the tree of this size and root."""
    inner = (index ^ (size - 1)).bit_length()
    for level, other in enumerate(hashes):
        leaf = sha256(b"\1" + (leaf + other if level < inner and not index >> level & 1 else other + leaf))
    return leaf == root and len(hashes) == inner + bin(index >> inner).count("1")

def read_note(data: bytes, name: str, most: int):
    """A signed note on a state of the log: size, root, the lines after, the text, and who signed; or ValueError."""
    text, middle, block = data.decode().rpartition("\n\n")
    lines, signed = text.split("\n"), re.findall("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]{8,}={0,2})\n", block)
    require(middle and 1 <= len(signed) <= 100 and "".join(f"\u2014 {who} {what}\n" for who, what in signed) == block)
    require(len(data) <= 1_000_000 and not re.search(r"[\0-\x09\x0b-\x1f]", text) and lines[0] == name and 3 <= len(lines) <= most)
    require(re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]) and int(lines[1]) < 2**63 and len(unbase64(lines[2])) == 32)
    return int(lines[1]), unbase64(lines[2]), lines[3:], f"{text}\n".encode(), [(who, unbase64(what)) for who, what in signed]

class Check:
    """One bundle, checked in the order of page 7; `findings` are what does not hold."""

    def __init__(self, path: str, pin, means: str):
        self.path, self.pin, self.records, self.findings, self.count = path, pin, {}, [], Counter()
        self.signatures, self.remarks, self.slots, self.left_out, self.disputed = Signatures(means), [], Counter(), [], []
        self.trust, self.about, self.note, self.events, self.sealed = Trust(self.signatures, self.records), {}, None, 0, 0
        self.streams, self.ends, self.cases, self.erased, self.skipped, self.named = {}, {}, {}, {}, set(), set()

    def say(self, code: str, what="", index=None, when=True) -> bool:
        """Note a finding, if there is one."""
        if when:
            self.count[code] += 1
            self.findings += [{"code": code, "index": index, "what": shown(what)}] * (self.count[code] <= 1000)
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
            self.names()
            self.manifests()
            self.checkpoint()
            self.all_events()
            self.all_slots()
            if self.trust.threshold:
                self.whole()
        except Stop as stop:
            self.say(*stop.args) if stop.args else None
        self.say("ledger.other", "it is not the ledger that you named", when=self.about and self.pin not in (None, self.about["ledger"]))

    def names(self) -> None:
        """Stage 2."""
        folder, here = self.bag.enter(), self.bag.where
        for name in here:
            self.say("bundle.extra", name, when=name not in NEEDED and not ALLOWED.fullmatch(name))
        with self.finding("bundle.malformed", "a file, bundle.json, or the name of the folder"):
            require(set(NEEDED) <= set(here), "a file is missing")
            data = self.bag.read("data/bundle.json", 2**20)
            about = strict(data[:-1], 2**20)
            require(data.endswith(b"\n") and fits(about, BUNDLE) and (about["size"] is None or fits(about["size"], WHOLE)))
            require(all(a < b for a, b in zip(about["cases"], about["cases"][1:])) and folder == "bundle-" + about["ledger"][:16])
            self.about = about
        if not self.about:
            raise Stop

    def manifests(self) -> None:
        """Stage 3: each manifest has exactly the bytes that it must have; so has bagit.txt; bag-info.txt has its form."""
        payload, tags = [n for n in self.bag.where if n.startswith("data/")], ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"]
        lists = {name: "".join(f"{self.bag.digests[n]}  {n}\n" for n in listed).encode()
                 for name, listed in (("manifest-sha256.txt", payload), ("tagmanifest-sha256.txt", tags))}
        for name, data in {**lists, "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}.items():
            self.say("bundle.manifest", name, when=self.bag.digests[name] != sha256(data).hex())
        with self.finding("bundle.manifest", "bag-info.txt"):
            text = self.bag.read("bag-info.txt", 32768).decode()
            labels, values = zip(*re.findall(r"([A-Za-z-]+): ((?! )[^\x00-\x1f\x7f]{1,500}(?<! ))\n", text))
            require("".join(f"{label}: {value}\n" for label, value in zip(labels, values)) == text and labels[-3:] == LABELS[-3:])
            require(labels == tuple(label for label in LABELS if label in labels) and re.fullmatch("[0-9]{4}(-[0-9]{2}){2}", values[-3]))
            datetime.datetime.strptime(values[-3], "%Y-%m-%d")
            require(values[-2:] == (self.about["ledger"], f"{sum(self.bag.where[n][2] for n in payload)}.{len(payload)}"))
        for name in filter(ALLOWED.fullmatch, payload):
            self.say("bundle.manifest", name, when=name.count("/") == 2 and not name.endswith(self.bag.digests[name]))

    def checkpoint(self) -> None:
        """Stage 4. `noted` is whether there is one, be it wrong."""
        self.noted = "data/checkpoint" in self.bag.where or self.about["size"] is not None
        with self.finding("checkpoint.wrong", "it is not here, cannot be read, or is not of the origin and size in bundle.json"):
            require(not self.noted or "data/checkpoint" in self.bag.where)
            note = read_note(self.bag.read("data/checkpoint", 10**6), self.about["origin"], 3) if self.noted else None
            require((note and note[0]) == self.about["size"])
            self.note = note

    def proofs(self):
        """The lines that hold a proof, in order, and one behind them all."""
        last = -1
        for line in self.bag.lines("data/proofs.jsonl", 4096) if self.note or not self.noted else ():
            with self.finding("proof.wrong", "a line that is not of the form, or out of order"):
                value = strict(line, 4096)
                require(fits(value, {"index": WHOLE, "hashes": [re.compile("[A-Za-z0-9+/]{43}="), 0, 63]}) and value["index"] > last)
                hashes = [unbase64(each) for each in value["hashes"]]
                last = value["index"]
                yield last, hashes
        yield 2**64, None

    def all_events(self) -> None:
        """Stage 5: each line, with the proof that belongs to it."""
        last, size, proofs = -1, self.note[0] if self.note else 0, self.proofs()
        proof, self.register = next(proofs), str(uuid.uuid5(REGISTER, self.about["ledger"]))
        for place, line in enumerate(self.bag.lines("data/events.jsonl", 49280)):
            read, found = None, re.search(rb',"index":(0|[1-9][0-9]{0,15})}\Z', line or b"")
            index = int(found[1]) if found else None
            with self.finding("event.malformed", f"line {place + 1}", index):
                value = strict(line, 49280)
                require(fits(value, {"envelope": dict, "index": WHOLE}))
                read = read_event(value["envelope"], len(line) - 22 - len(str(index)))
            self.skipped.add(place)
            if read and self.say("chain.broken", "a line out of order", index, when=index <= last):
                continue
            while index is not None and proof[0] < index:
                self.say("proof.wrong", "a proof for a record that is not here", proof[0])
                proof = next(proofs)
            hashes = None
            if index is not None and proof[0] == index:
                self.say("proof.wrong", "a proof for a record that is not sealed", index, when=read and index >= size)
                hashes, proof = proof[1], next(proofs)
            last = max(last, -1 if index is None else index)
            if read and self.event(index, size, hashes, *read):
                self.skipped.remove(place)
        while proof[0] < 2**64:
            self.say("proof.wrong", "a proof for a record that is not here", proof[0])
            proof = next(proofs)
        left = self.events - self.sealed
        if not self.say("unchecked.keys", "there is no opening of the ledger that holds", when=not self.trust.threshold):
            self.say("unchecked.sealed", f"{left} records", when=self.note and left)

    def event(self, index: int, size: int, hashes, payload: bytes, event: dict, signatures: list, signed: bytes, leaf: bytes) -> bool:
        """Steps a to f of one record; whether it is believed."""
        kind, body, stream, sequence = event["type"], event["body"], event["stream"], event["sequence"]
        self.events, self.sealed = self.events + 1, self.sealed + (index < size)
        if sys.stderr.isatty() and self.events % 1000 == 0:
            print(f"\r{self.events} records", end="", file=sys.stderr)
        self.say("ledger.other", "", index, when=index and kind != "ledger.opened" and event["ledger"] != self.about["ledger"])
        code = self.trust.judge(index, event, signatures, signed) if index == 0 or self.trust.threshold else None
        self.say(code, kind, index, when=code)
        if index == 0 and not code:
            self.trust.fold(0, event)
            same = (sha256(payload).hex(), body["origin"]) == (self.about["ledger"], self.about["origin"])
            self.say("ledger.other", "the opening is that of another ledger, or has another origin", 0, when=not same)
        believed, (before, previous) = self.trust.threshold and code != "signature.wrong", self.streams.get(stream, (0, None))
        self.streams[stream] = (sequence, leaf if believed else None)
        if index < size:
            self.ends[stream] = self.streams[stream]
        is_new, governs = event["id"] not in self.records, stream == self.trust.stream
        if is_new:
            signers = tuple(keyid for keyid, _ in signatures)
            self.records[event["id"]] = SimpleNamespace(index=index, signers=signers, believed=believed)
        if not believed:
            self.trust.broken |= governs
            return False
        odd = self.say("event.left_out", f"{sequence - before - 1} before it, in stream {stream}", index, when=sequence > before + 1)
        odd |= self.say("chain.broken", "its place in the stream is taken", index, when=sequence <= before)
        follows = sequence != before + 1 or previous is None or event["previous"] == previous.hex()
        odd |= self.say("chain.broken", "the record before it is another", index, when=not follows)
        self.say("chain.broken", "its id was there before", index, when=not is_new)
        if kind == "case.opened":
            name = body["case"] if isinstance(body.get("case"), str) else None
            late = sequence != 1 or stream in (self.register, self.trust.stream) or name in self.cases
            if not self.say("chain.broken", "a case opened out of its place, or twice", index, when=late) and name is not None:
                self.cases[name] = stream
        self.trust.broken |= governs and bool(odd or code)
        if governs and index and not self.trust.broken:
            self.trust.fold(index, event)
        if self.note and index < size and not self.say("unchecked.proof", "", index, when=hashes is None):
            self.say("proof.wrong", "it leads elsewhere", index, when=not leads_to(self.note[1], leaf, index, size, hashes))
        if kind == "disclosure.erased" and isinstance(body.get("slots"), list):
            words = shown(body.get("authority")), shown(body.get("reason"))
            self.erased.update({(stream, str(body.get("event")), str(slot)): (index, *words) for slot in body["slots"]})
        copied = body.get("source") if kind == "source.registered" else body if kind == "evidence.attached" else None
        self.named |= {str(copied.get("sha256"))} if isinstance(copied, dict) else set()
        return True

    def placed(self, name: str, code: str, elsewhere: str, form: list):
        """Of lines that name an event and a slot, those that are in order: index, slot, line; and one behind them all."""
        last = (-1, "")
        for number, line in enumerate(self.bag.lines(name, 32768), 1):
            with self.finding(code, f"line {number}"):
                value = strict(line)
                require(isinstance(value, list) and len(value) == len(form) and all(map(fits, value, form)))
                place = form.index(EVENT_ID)
                record, slot = self.records.get(value[place]), value[place + 1]
                if self.say(elsewhere, f"line {number}: there is no such record here", when=record is None) or not record.believed:
                    continue
                require((record.index, slot) > last, "out of order")
                last = (record.index, slot)
                yield *last, line
        yield 2**64, "", b""

    def all_slots(self) -> None:
        """Stage 6: what is disclosed, withheld, erased, missing."""
        given = self.placed("data/disclosures.jsonl", "disclosure.malformed", "disclosure.elsewhere", DISCLOSURE)
        kept = self.placed("data/withheld.jsonl", "bundle.withheld", "bundle.withheld", [EVENT_ID, re.compile("(?s).*")])
        ahead = {given: next(given), kept: next(kept)}

        def take(source, code: str, index: int, slots: dict) -> dict:
            here = {}
            while ahead[source][0] == index:
                _, slot, line = ahead[source]
                if not self.say(code, f"the record has no {slot}", index, when=slot not in slots):
                    here[slot] = line
                ahead[source] = next(source)
            return here

        for place, line in enumerate(self.bag.lines("data/events.jsonl", 49280)):
            if place in self.skipped:
                continue
            value = json.loads(line)
            index, event = value["index"], json.loads(base64.b64decode(value["envelope"]["payload"]))
            if self.trust.is_disputed(index, [each["keyid"] for each in value["envelope"]["signatures"]]):
                self.disputed.append(index)
            if self.records[event["id"]].index != index:
                continue
            slots = event["commitments"]
            disclosures, withheld = take(given, "disclosure.elsewhere", index, slots), take(kept, "bundle.withheld", index, slots)
            for slot, digest in slots.items():
                text, erased = disclosures.get(slot), self.erased.get((event["stream"], event["id"], slot), (-1,))
                is_erased = erased[0] > index
                wrong = text is not None and (sha256(text).hex() != digest or json.loads(text)[1] != self.about["ledger"])
                status = "disclosed" if text else "erased" if is_erased else "withheld" if slot in withheld else "missing"
                self.say("disclosure.erased", slot, index, when=text and is_erased)
                self.say("disclosure.wrong", slot, index, when=wrong)
                self.say("bundle.withheld", f"{slot} is disclosed, or was erased", index, when=slot in withheld and status != "withheld")
                self.say("unchecked.disclosure", slot, index, when=status == "missing")
                self.slots["wrong" if wrong else status] += 1
                if status in ("withheld", "erased") and len(self.left_out) < 10_000:
                    self.left_out.append([index, slot, status, *(erased[1:] if is_erased else ())])

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
                    sig, message = sig[8:], b"subtree/v1\n\0" + named + eight + named + eight + pack(">Q", size) + root
                holds = self.signatures.hold(key.algorithm, key.raw, sig, message)
                require(holds is not False, "a signature of the log does not fit")
                if holds is None:
                    self.remarks.append("The log's second signature (ML-DSA-44) is there; this computer cannot check it.")

    def whole(self) -> None:
        """Stage 7: cases, checkpoint, heads, sources."""
        asked = {self.cases.get(case) for case in self.about["cases"]} | {self.register, self.trust.stream}
        for name in set(self.about["cases"]) - set(self.cases) | set(self.streams) - asked:
            self.say("bundle.cases", name)
        if not self.say("unchecked.checkpoint", when=not self.noted) and self.note:
            with self.finding("checkpoint.wrong", "its signatures"):
                self.signed_by_log(self.trust.origin, self.note, ("ed25519", "ml-dsa-44"))
            self.heads([name for name in self.bag.where if name.startswith("data/heads/") and ALLOWED.fullmatch(name)])
        for name in self.bag.where:
            self.say("bundle.extra", name, when=re.match("data/sources/[0-9a-f]{64}", name) and name[13:] not in self.named)

    def heads(self, notes: list) -> None:
        ends, well = {}, 0
        for name in notes:
            with self.finding("heads.wrong", "a note"):
                note = read_note(self.bag.read(name, 10**6), self.trust.origin + "/heads", 10**6)
                require(note[:2] == self.note[:2] and note[2], "of another state")
                self.signed_by_log(self.trust.origin + "/heads", note, ("ed25519",))
                lines = [line.split(" ") for line in note[2]]
                require(all(fits(line, [str, 3, 3]) and fits(line[0], UUID) and fits(line[2], HEX) for line in lines))
                require(all(re.fullmatch("[1-9][0-9]{0,18}", line[1]) and int(line[1]) <= note[0] for line in lines))
                require(all(a[0] < b[0] for a, b in zip(lines, lines[1:])) and all(ends.get(a[0], a) == a for a in lines))
                ends.update({line[0]: line for line in lines})
                well += 1
        for stream, sequence, leaf in ends.values():
            last, known = self.ends.get(stream, (0, None))
            if not self.say("tail.cut", f"{int(sequence) - last} records of stream {stream}", when=last < int(sequence)):
                other = last > int(sequence) or (known and known.hex() != leaf)
                self.say("heads.wrong", f"stream {stream} ends otherwise", when=other)
        if not self.say("unchecked.heads", when=not notes) and well == len(notes):
            for stream in set(self.ends) - set(ends):
                self.say("heads.wrong", f"no note names stream {stream}")

    def compare(self, path: str) -> None:
        """A checkpoint that the reader got elsewhere: the same state of the log?"""
        try:
            with open(path, "rb") as file:
                other = read_note(file.read(10**6 + 1), self.about["origin"], 3)
            self.signed_by_log(self.trust.origin, other, ("ed25519",))
            require(not self.note or other[0] != self.note[0] or other[1] == self.note[1], "the log signed two states of one size")
            if not self.note or other[0] != self.note[0]:
                self.say("unchecked.checkpoint", f"your own is of size {other[0]}: the two cannot be compared")
        except ValueError as error:
            self.say("checkpoint.wrong", f"your own: {error}")

    def witness(self, name: str, keyid: bytes, raw: bytes) -> bool:
        """Whether a witness that the reader trusts signed the checkpoint."""
        found = [sig[4:] for who, sig in self.note[4] if who == name and sig[:4] == keyid] if self.note else []
        for sig in found:
            when = int.from_bytes(sig[:8], "big")
            message = b"cosignature/v1\ntime %d\n%s" % (when, self.note[3])
            if not self.signatures.hold("ed25519", raw, sig[8:], message):
                return self.say("cosignature.wrong", name)
            self.say("cosignature.future", name, when=when > datetime.datetime.now(datetime.timezone.utc).timestamp())
            self.remarks.append(f"The witness {name} signed this state of the log, by its clock at {when} seconds after 1970.")
        return self.say("unchecked.witnesses", name, when=not found)

QUESTIONS = (
    ("The file is whole: nothing in it was changed since it was packed.", "bundle. ledger."),
    ("Each record was signed, by a key that this ledger let sign it there.", "signature. key event.malformed unchecked.keys"),
    ("Within the cases no record was taken out, put in or moved.", "event.left_out chain. event.malformed"),
    ("The log signed, and holds each record at its place.", "proof. checkpoint. unchecked.proof unchecked.checkpoint unchecked.sealed"),
    ("No record was cut off at the end of a case, as of that signature.", "tail. heads. unchecked.heads unchecked.checkpoint checkpoint."),
    ("What is shown of protected content is what was recorded.", "disclosure. unchecked.disclosure"),
)

def report(check: Check, status: int) -> None:
    """What holds and what does not, in plain words."""
    begun, end = bool(check.about), "" if check.pin else ", WHICH YOU DID NOT NAME (--trust)"
    print(f"Bundle  {shown(check.path)}")
    if begun:
        print(f"Ledger  {check.about['ledger']}{end}\nLog     {shown(check.about['origin'])}")
        print(f"Cases   {shown(', '.join(check.about['cases']))}\nRecords {check.events}, of which {check.sealed} in the signed state of the log")
    print("\nWhat was asked")
    for words, prefixes in QUESTIONS if begun and "unchecked.signatures" not in check.count else ():
        codes = [code for code in check.count if code.startswith(tuple(prefixes.split()))]
        print(f"  {'yes        ' if not codes else 'NOT CHECKED' if all(c.startswith('unchecked.') for c in codes) else 'NO         '}  {words}")
    print("\nProtected content: " + (", ".join(f"{n} {status}" for status, n in check.slots.items()) or "none"))
    for index, slot, how, *why in check.left_out[:40]:
        print(f"  record {index}: {slot} was {how} " + ("on purpose by whoever made the bundle" if not why else f"on the authority of {why[0]}: {why[1]}"))
    print(f"  ... and {len(check.left_out) - 40} more (--json lists them)" if len(check.left_out) > 40 else "", end="")
    for index in check.disputed[:40]:
        print(f"  record {index} is disputed: its key was revoked later, from a point before this record on (see --accept-disputed)")
    for code, number in sorted(check.count.items()):
        print(f"\n{code} ({number}): {MEANING[code]}")
        for each in [each for each in check.findings if each["code"] == code][:10]:
            print("   ", "" if each["index"] is None else f"record {each['index']}:", each["what"])
    for remark in dict.fromkeys(check.remarks):
        print(f"\nRemark: {shown(remark)}")
    print("\nNone of this shows that what was recorded is true, that there are no other cases, or whose keys these are.")
    print("RESULT: " + {0: "all holds", 1: "SOMETHING IS WRONG", 3: "not all could be checked"}[status] + f" (exit status {status})")

def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", help="the file BUNDLE.zip")
    parser.add_argument("--trust", metavar="LEDGER_ID", help="the ledger id, 64 digits, which you got from somewhere else")
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint of this log that you got from somewhere else")
    parser.add_argument("--witness", metavar="VKEY", action="append", default=[], help="key of a witness that must have signed")
    parser.add_argument("--with", dest="means", choices=("any", "cryptography", "openssl"), default="any", help="how to check signatures")
    parser.add_argument("--accept-disputed", action="store_true", help="records whose key was revoked later will do")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    asked = parser.parse_args()
    try:
        require(asked.trust is None or fits(asked.trust, HEX), "--trust: a ledger id is 64 digits from 0 to 9 and a to f")
        witnesses = []
        for vkey in asked.witness:
            name, keyid, key = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+(.+)", vkey).groups()
            raw = unbase64(key)
            require(len(raw) == 33 and raw[0] == 4 and sha256(name.encode() + b"\n" + raw)[:4].hex() == keyid)
            witnesses.append((name, bytes.fromhex(keyid), raw[1:]))
        check = Check(asked.bundle, asked.trust, asked.means)
        check.run()
        if check.trust.threshold:
            for each in witnesses:
                check.witness(*each)
            if asked.checkpoint:
                check.compare(asked.checkpoint)
    except (ValueError, AttributeError, OSError) as error:
        parser.error(str(error) if not isinstance(error, AttributeError) else "--witness: no key of a witness")
    wrong = [code for code in check.count if not code.startswith("unchecked.")]
    doubtful = check.count or not asked.trust or (check.disputed and not asked.accept_disputed)
    status = 1 if wrong else 3 if doubtful else 0
    if asked.json:
        names = "findings slots left_out disputed remarks events sealed".split()
        print(json.dumps({"status": status, "codes": check.count, **check.about, **{name: getattr(check, name) for name in names}}))
    else:
        report(check, status)
    return status

if __name__ == "__main__":
    sys.exit(main())
