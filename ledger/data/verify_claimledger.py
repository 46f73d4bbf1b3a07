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
import argparse, base64, datetime, hashlib, json, os, re, subprocess, sys, tempfile, uuid, zlib
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
unchecked.witness     A witness that you asked for did not sign this state of the log.
""".strip().splitlines())
NEEDED = """bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt data/README.txt data/bundle.json
    data/events.jsonl data/disclosures.jsonl data/withheld.jsonl data/proofs.jsonl""".split()
ALLOWED = re.compile(r"data/(checkpoint|verify_claimledger\.py|(heads|timestamps|sources)/[0-9a-f]{64})")
LABELS = """Source-Organization Organization-Address Contact-Name Contact-Email External-Description Bagging-Date
    External-Identifier Payload-Oxum""".split()
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
BUNDLE = {"cases": [str, 1, MAXIMUM], "format": re.compile("claimledger-bundle/1"), "ledger": HEX, "origin": ORIGIN}

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
            holds = key is None or (key.algorithm == "ed25519" and self.signatures.hold("ed25519", key.raw, signature, signed))
            if holds is None:
                raise Stop("unchecked.signatures")
            if not holds:
                return "signature.wrong"
        if malformed:
            return "event.malformed"
        signers = {keyid for keyid, _ in signatures}
        try:
            require(self.allows(index, event, signers, new))
        except LookupError:
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
        """Whether these may sign it; LookupError where that cannot be told."""
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
            raise LookupError
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
        if kind in MENDS and not (enough and signers == roots):
            if by_recorders and body[MENDS[kind]] not in self.records:
                raise LookupError
            mended, line = self.records[body[MENDS[kind]]].signers if by_recorders else (), set(signers)
            while line and not line & set(mended):
                line = {keys[keyid].succeeds for keyid in line} - {None}
            return by_recorders and bool(line)
        return by_recorders or kind in MENDS

    def is_disputed(self, index: int, signers) -> bool:
        """Whether a key was revoked later, with a size that leaves this record out."""
        keys = [self.keys[keyid] for keyid in signers if keyid in self.keys]
        return any(key.size is not None and max(key.size, key.added + 1) <= index < key.ended for key in keys)

# --- Page 6: the archive ---
class Bag:
    """The files of a bundle: where each is in the archive, and its digest."""

    def __init__(self, path: str):
        self.path, self.where, self.digests, seen, place, here, well = path, {}, {}, set(), 0, 0, True
        total = os.path.getsize(path)
        with open(path, "rb") as file:
            file.seek(max(total - 22, 0))
            mark, count, again, length, start, comment = unpack("<8s2H2IH", file.read(22).ljust(22))
            if mark == b"PK\5\6\0\0\0\0" and count > 10_000:
                raise Stop("bundle.unsafe", "it says that it has more than 10,000 files")
            if (mark, again, comment, start + length + 22) != (b"PK\5\6\0\0\0\0", count, 0, total) or not count or length > 2**22:
                raise Stop("bundle.malformed", "it is no archive, or it was cut short")
            file.seek(start)
            listing = file.read(length)
            for _ in range(count):
                head = unpack("<4s6H3I5H2I", listing[place : place + 46].ljust(46))
                flags, method, crc, packed, size, n, extra, remark, mode, offset = *head[3:5], *head[7:13], *head[15:]
                if head[0] != b"PK\1\2":
                    break
                raw = listing[place + 46 : place + 46 + n]
                name, parts = raw.decode("latin-1"), raw.split(b"/")
                if (not re.fullmatch(r"[ -\[\]-~]+", name) or name[1:2] == ":" or {b"", b".", b".."} & set(parts) or name.lower() in seen
                        or flags & 1 or method or mode >> 28 not in (0, 8) or packed != size or offset + 30 + n + size > start):
                    raise Stop("bundle.unsafe", f"{shown(name)}: its name, kind, packing or size")
                seen.add(name.lower())
                common = pack("<5H3I2H", 20, 0, 0, 0, 33, crc, size, size, n, 0)
                local, entry = b"PK\3\4" + common + raw, b"PK\1\2\x14\3" + common + pack("<3H2I", 0, 0, 0, 0o100644 << 16, here) + raw
                file.seek(here)
                well &= listing[place : place + len(entry)] == entry and file.read(len(local)) == local and n <= 200
                place, here, left = place + 46 + n + extra + remark, here + len(local) + size, size
                digest, check = hashlib.sha256(), 0
                while well and left and (part := file.read(min(left, 1 << 20))):
                    left, check = left - len(part), zlib.crc32(part, check)
                    digest.update(part)
                well &= check == crc
                self.where[name], self.digests[name] = (offset + 30 + n, size), digest.hexdigest()
        if not well or (place, here) != (length, start) or list(self.where) != sorted(self.where) or len(seen) != count or total >= 2**32 - 1:
            raise Stop("bundle.malformed", "it is not in the one spelling of an archive, or bytes of it were changed")

    def enter(self) -> str:
        """Leave out of the names the folder that all are in; give its name."""
        folder = next(iter(self.where)).partition("/")[0]
        self.where, self.digests = ({name[len(folder) + 1 :] if name.startswith(folder + "/") else "?" + name: each[name]
                                     for name in each} for each in (self.where, self.digests))
        return folder

    def read(self, name: str, longest: int) -> bytes:
        require(self.where[name][1] <= longest)
        with open(self.path, "rb") as file:
            file.seek(self.where[name][0])
            return file.read(self.where[name][1])

    def lines(self, name: str, longest: int):
        """Each line without its newline; None for one that is too long, or has no newline."""
        left, fresh = self.where[name][1], True
        with open(self.path, "rb") as file:
            file.seek(self.where[name][0])
            while left:
                line = file.readline(min(left, longest + 1))
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
    """One bundle, checked in the order of page 7."""

    def __init__(self, path: str, pin, means: str):
        self.path, self.pin, self.records, self.findings, self.count = path, pin, {}, [], Counter()
        self.signatures, self.remarks, self.slots, self.left_out, self.disputed = Signatures(means), [], Counter(), [], []
        self.trust, self.about, self.note, self.events, self.sealed = Trust(self.signatures, self.records), {}, None, 0, 0
        self.streams, self.ends, self.cases, self.erased, self.skipped, self.named = {}, {}, {}, {}, set(), set()

    def say(self, code: str, what: str = "", index=None) -> None:
        self.count[code] += 1
        if len(self.findings) < 10_000:
            self.findings.append({"code": code, "index": index, "what": shown(what)})

    def run(self) -> None:
        """Every stage, until one finds that there is no going on."""
        try:
            self.bag = Bag(self.path)
            self.names()
            self.manifests()
            self.checkpoint()
            self.events_pass()
            self.slots_pass()
            if self.trust.threshold:
                self.whole()
        except Stop as stop:
            if stop.args:
                self.say(*stop.args)
        if self.about and self.pin not in (None, self.about["ledger"]):
            self.say("ledger.other", "it is not the ledger that you named")

    def names(self) -> None:
        folder = self.bag.enter()
        for name in self.bag.where:
            if name not in NEEDED and not ALLOWED.fullmatch(name):
                self.say("bundle.extra", name)
        for name in NEEDED:
            if name not in self.bag.where:
                self.say("bundle.malformed", f"{name} is not there")
        try:
            data = self.bag.read("data/bundle.json", 2**20) if "data/bundle.json" in self.bag.where else b""
            about = strict(data[:-1], 2**20)
            require(data.endswith(b"\n") and fits({**about, "size": 0}, {**BUNDLE, "size": int}) and "size" in about)
            require(about["size"] is None or fits(about["size"], (0, MAXIMUM)))
            require(all(a < b for a, b in zip(about["cases"], about["cases"][1:])))
            require(folder == "bundle-" + about["ledger"][:16])
            self.about = about
        except (ValueError, TypeError):
            self.say("bundle.malformed", "bundle.json, or the name of the folder")
        if self.count["bundle.malformed"]:
            raise Stop

    def manifests(self) -> None:
        """Each manifest has exactly the bytes that it must have; so has bagit.txt; the rest has its form."""
        payload = [name for name in self.bag.where if name.startswith("data/")]
        tags = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"]
        size = sum(self.bag.where[name][1] for name in payload)
        expected = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}
        for name, listed in (("manifest-sha256.txt", payload), ("tagmanifest-sha256.txt", tags)):
            expected[name] = "".join(f"{self.bag.digests[each]}  {each}\n" for each in listed).encode()
        for name, data in expected.items():
            if self.bag.where[name][1] != len(data) or self.bag.read(name, 2**22) != data:
                self.say("bundle.manifest", name)
        try:
            lines = self.bag.read("bag-info.txt", 32768).decode().split("\n")
            labels, values = zip(*(line.split(": ", 1) for line in lines[:-1]))
            require(not lines[-1] and list(labels) == [label for label in LABELS if label in labels])
            require(values[-2:] == (self.about["ledger"], f"{size}.{len(payload)}") and labels[-3:] == tuple(LABELS[-3:]))
            require(all(re.fullmatch(r"[^\x00-\x1f\x7f]{1,500}", value) and value == value.strip(" ") for value in values))
            datetime.datetime.strptime(values[-3], "%Y-%m-%d")
            require(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", values[-3]))
        except ValueError:
            self.say("bundle.manifest", "bag-info.txt")
        for name in payload:
            if name.count("/") == 2 and ALLOWED.fullmatch(name) and not name.endswith("/" + self.bag.digests[name]):
                self.say("bundle.manifest", name)

    def checkpoint(self) -> None:
        self.noted = "data/checkpoint" in self.bag.where
        try:
            if self.noted:
                self.note = read_note(self.bag.read("data/checkpoint", 10**6), self.about["origin"], 3)
            require((self.note[0] if self.note else None) == self.about["size"])
        except ValueError:
            self.note, self.noted = None, True
            self.say("checkpoint.wrong", "it cannot be read, or is not of the origin and size in bundle.json")

    def proofs(self):
        last = -1
        for line in self.bag.lines("data/proofs.jsonl", 4096):
            try:
                value = strict(line, 4096)
                require(fits(value, {"index": (0, MAXIMUM), "hashes": [re.compile("[A-Za-z0-9+/]{43}="), 0, 63]}))
                hashes = [unbase64(each) for each in value["hashes"]]
                require(value["index"] > last)
                last = value["index"]
                yield last, hashes
            except ValueError:
                self.say("proof.wrong", "a line that is not of the form, or out of order")
        while True:
            yield 2**64, None

    def events_pass(self) -> None:
        last, size, proofs = -1, self.note[0] if self.note else 0, self.proofs()
        proof = next(proofs) if self.note or not self.noted else (2**64, None)
        for place, line in enumerate(self.bag.lines("data/events.jsonl", 49280)):
            index = event = None
            try:
                found = re.search(rb',"index":(0|[1-9][0-9]{0,15})}\Z', line or b"")
                index = int(found[1]) if found else None
                value = strict(line, 49280)
                require(fits(value, {"envelope": dict, "index": (0, MAXIMUM)}))
                payload, event, signatures, signed, leaf = read_event(value["envelope"], len(line) - 22 - len(str(index)))
            except ValueError as error:
                self.say("event.malformed", f"line {place + 1}: {error}", index)
            if event and index <= last:
                self.say("chain.broken", "a line out of order", index)
                event, index = None, None
            while index is not None and proof[0] < index:
                self.say("proof.wrong", "a proof for a record that is not here", proof[0])
                proof = next(proofs)
            hashes = proof[1] if proof[0] == index else None
            if index is not None and proof[0] == index:
                proof = next(proofs)
                if index >= size and event:
                    self.say("proof.wrong", "a proof for a record that is not sealed", index)
            last = last if index is None else max(last, index)
            if event is None:
                self.skipped.add(place)
                continue
            self.events += 1
            self.sealed += index < size
            if sys.stderr.isatty() and self.events % 1000 == 0:
                print(f"\r{self.events} records", end="", file=sys.stderr)
            stream, sequence = event["stream"], event["sequence"]
            if index and event["type"] != "ledger.opened" and event["ledger"] != self.about["ledger"]:
                self.say("ledger.other", "the record names another ledger", index)
            before, previous = self.streams.get(stream, (0, None))
            code = None
            if index == 0 or self.trust.threshold:
                code = self.trust.judge(index, event, signatures, signed)
                if code:
                    self.say(code, event["type"], index)
                elif index == 0 and (sha256(payload).hex(), event["body"]["origin"]) != (self.about["ledger"], self.about["origin"]):
                    self.say("ledger.other", "this is the opening of another ledger, or of another name", 0)
            if index == 0 and not code:
                self.trust.fold(0, event)
            in_keys, governs = stream == self.trust.stream, index and event["type"] in BODIES
            believed = self.trust.threshold and code != "signature.wrong"
            self.streams[stream] = (sequence, leaf if believed else None)
            if index < size:
                self.ends[stream] = self.streams[stream]
            if event["id"] not in self.records:
                self.records[event["id"]] = SimpleNamespace(index=index, signers=tuple(k for k, _ in signatures), believed=believed)
                is_new = True
            else:
                is_new = False
            if not believed:
                self.trust.broken |= in_keys
                self.skipped.add(place)
                continue
            faults = []
            if sequence > before + 1:
                self.say("event.left_out", f"{sequence - before - 1} before it, in stream {stream}", index)
            elif sequence <= before:
                faults.append("its place in the stream is taken")
            elif before and previous and event["previous"] != previous.hex():
                faults.append("the record before it is another")
            body, kind = event["body"], event["type"]
            register = str(uuid.uuid5(REGISTER, self.about["ledger"]))
            if kind == "case.opened":
                name = body.get("case") if isinstance(body.get("case"), str) else None
                if sequence != 1 or stream in (register, self.trust.stream) or (name is not None and name in self.cases):
                    faults.append("a case opened out of its place, or twice")
                elif name is not None:
                    self.cases[name] = stream
            if not is_new:
                faults.append("its id was there before")
            for fault in faults:
                self.say("chain.broken", fault, index)
            self.trust.broken |= in_keys and bool(faults or code or sequence > before + 1)
            if governs and not self.trust.broken and not code:
                self.trust.fold(index, event)
            if self.note and index < size:
                if hashes is None:
                    self.say("unchecked.proof", "", index)
                elif not leads_to(self.note[1], leaf, index, size, hashes):
                    self.say("proof.wrong", "the proof does not lead to the root", index)
            if kind == "disclosure.erased" and isinstance(body.get("slots"), list) and isinstance(body.get("event"), str):
                for slot in body["slots"]:
                    if isinstance(slot, str):
                        self.erased[stream, body["event"], slot] = index, shown(body.get("authority")), shown(body.get("reason"))
            if kind == "source.registered" and isinstance(body.get("source"), dict):
                self.named.add(str(body["source"].get("sha256")))
            if kind == "evidence.attached":
                self.named.add(str(body.get("sha256")))
        while proof[0] < 2**64:
            self.say("proof.wrong", "a proof for a record that is not here", proof[0])
            proof = next(proofs)
        if not self.trust.threshold:
            self.say("unchecked.keys", "there is no opening of the ledger that holds")
        elif self.note and self.events > self.sealed:
            self.say("unchecked.sealed", f"{self.events - self.sealed} records")

    def placed(self, name: str, code: str, elsewhere: str, read):
        """Of lines that name event and slot, those that are in order, with their place."""
        last = (-1, "")
        for number, line in enumerate(self.bag.lines(name, 32768), 1):
            try:
                event, slot = read(strict(line))
            except ValueError:
                self.say(code, f"line {number}")
                continue
            record = self.records.get(event)
            if record is None:
                self.say(elsewhere, f"line {number}: no such record here")
            elif record.believed and (record.index, slot) <= last:
                self.say(code, f"line {number}: out of order", record.index)
            elif record.believed:
                last = (record.index, slot)
                yield last, line
        while True:
            yield (2**64, ""), b""

    @staticmethod
    def disclosure(value):
        require(isinstance(value, list) and len(value) == 6 and value[0] == "claimledger-disclosure/1")
        require(all(map(fits, value[1:5], (HEX, PAYLOAD["id"], SLOT, re.compile("[0-9a-f]{32}")))))
        return value[2:4]

    @staticmethod
    def withheld(value):
        require(fits(value, [str, 2, 2]))
        return value

    def slots_pass(self) -> None:
        """Stage 6: what is disclosed, withheld, erased, missing."""
        given = self.placed("data/disclosures.jsonl", "disclosure.malformed", "disclosure.elsewhere", self.disclosure)
        kept = self.placed("data/withheld.jsonl", "bundle.withheld", "bundle.withheld", self.withheld)
        lines = {"given": next(given), "kept": next(kept)}
        for place, line in enumerate(self.bag.lines("data/events.jsonl", 49280)):
            if place in self.skipped:
                continue
            value = json.loads(line)
            index, event = value["index"], json.loads(base64.b64decode(value["envelope"]["payload"]))
            if self.trust.is_disputed(index, [each["keyid"] for each in value["envelope"]["signatures"]]):
                self.disputed.append(index)
            if self.records[event["id"]].index != index:
                continue
            here = {"given": {}, "kept": {}}
            for which, source, code in (("given", given, "disclosure.elsewhere"), ("kept", kept, "bundle.withheld")):
                while lines[which][0][0] == index:
                    slot = lines[which][0][1]
                    if slot in event["commitments"]:
                        here[which][slot] = lines[which][1]
                    else:
                        self.say(code, f"the record has no {slot}", index)
                    lines[which] = next(source)
            for slot, digest in sorted(event["commitments"].items()):
                disclosure, withheld = here["given"].get(slot), slot in here["kept"]
                erased = self.erased.get((event["stream"], event["id"], slot), (-1,))
                erased = erased if erased[0] > index else None
                status = "erased" if erased else "withheld" if withheld else "missing"
                if disclosure is not None:
                    status = "disclosed"
                    if erased:
                        self.say("disclosure.erased", slot, index)
                    if sha256(disclosure).hex() != digest or json.loads(disclosure)[1] != self.about["ledger"]:
                        self.say("disclosure.wrong", slot, index)
                        status = "wrong"
                if withheld and (disclosure is not None or erased):
                    self.say("bundle.withheld", f"{slot} is listed as withheld, and is disclosed or erased", index)
                if status == "missing":
                    self.say("unchecked.disclosure", slot, index)
                self.slots[status] += 1
                if status in ("withheld", "erased") and len(self.left_out) < 10_000:
                    self.left_out.append([index, slot, status, *(erased or ())[1:]])

    def signed_by_log(self, name: str, note, algorithms) -> None:
        """ValueError unless each log key that is active there signed the note."""
        size, root, _, text, signed = note
        keys = [k for k in self.trust.keys.values() if k.role == "log" and k.algorithm in algorithms and is_active(k, size)]
        require(any(key.algorithm == "ed25519" for key in keys), "there is no log key")
        for key in keys:
            kind = b"\1" if key.algorithm == "ed25519" else b"\6"
            keyid = sha256(name.encode() + b"\n" + kind + key.raw)[:4]
            mine = [sig[4:] for who, sig in signed if who == name and sig[:4] == keyid]
            require(mine, f"the {key.algorithm} key of the log did not sign")
            for sig in mine:
                message = text
                if kind == b"\6":
                    require(sig[:8] == bytes(8))
                    sig, n = sig[8:], bytes([len(name.encode())]) + name.encode()
                    message = b"subtree/v1\n\0" + n + bytes(8) + n + bytes(8) + pack(">Q", size) + root
                holds = self.signatures.hold(key.algorithm, key.raw, sig, message)
                require(holds is not False, "a signature of the log does not fit")
                if holds is None:
                    self.remarks.append("The log's second signature (ML-DSA-44) is there; this computer cannot check it.")

    def whole(self) -> None:
        """Stage 7: cases, checkpoint, heads, sources."""
        register = str(uuid.uuid5(REGISTER, self.about["ledger"]))
        for case in self.about["cases"]:
            if case not in self.cases:
                self.say("bundle.cases", f"{case} is not here")
        asked = {self.cases.get(case) for case in self.about["cases"]} | {register, self.trust.stream}
        for stream in self.streams:
            if stream not in asked:
                self.say("bundle.cases", f"stream {stream} is none of them")
        if not self.noted:
            self.say("unchecked.checkpoint")
        if self.note:
            try:
                self.signed_by_log(self.trust.origin, self.note, ("ed25519", "ml-dsa-44"))
            except ValueError as error:
                self.say("checkpoint.wrong", error)
            self.heads()
        for name in self.bag.where:
            if name.startswith("data/sources/") and name[13:] not in self.named:
                self.say("bundle.extra", name)

    def heads(self) -> None:
        notes, ends, wrong = [name for name in self.bag.where if name.startswith("data/heads/")], {}, False
        for name in notes:
            try:
                note = read_note(self.bag.read(name, 10**6), self.about["origin"] + "/heads", 10**6)
                require(note[:2] == self.note[:2] and note[2])
                self.signed_by_log(self.trust.origin + "/heads", note, ("ed25519",))
                named = {}
                for line in note[2]:
                    stream, sequence, leaf = line.split(" ")
                    require(fits(stream, UUID) and re.fullmatch("[1-9][0-9]*", sequence) and int(sequence) <= note[0])
                    require(fits(leaf, HEX) and (not named or stream > max(named)))
                    named[stream] = int(sequence), leaf
                require(all(ends.get(stream, end) == end for stream, end in named.items()), "two say different things")
                ends.update(named)
            except ValueError as error:
                wrong = True
                self.say("heads.wrong", error)
        for stream, (sequence, leaf) in ends.items():
            last, known = self.ends.get(stream, (0, None))
            if last < sequence:
                self.say("tail.cut", f"{sequence - last} records of stream {stream}")
            elif last > sequence or (known and known.hex() != leaf):
                self.say("heads.wrong", f"stream {stream} ends otherwise")
        if not notes:
            self.say("unchecked.heads")
        elif not wrong:
            for stream in self.ends:
                if stream not in ends:
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

    def witness(self, name: str, keyid: bytes, raw: bytes) -> None:
        """Whether a witness that the reader trusts signed the checkpoint."""
        found = [sig[4:] for who, sig in self.note[4] if who == name and sig[:4] == keyid] if self.note else []
        for sig in found:
            when = int.from_bytes(sig[:8], "big")
            message = b"cosignature/v1\ntime %d\n%s" % (when, self.note[3])
            if not self.signatures.hold("ed25519", raw, sig[8:], message):
                return self.say("checkpoint.wrong", f"the signature of the witness {name} does not fit")
            self.remarks.append(f"The witness {name} signed this state of the log, by its clock at {when} seconds after 1970.")
        return None if found else self.say("unchecked.witness", name)

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
        print(f"  record {index} is disputed: its key was revoked later, from a point before this record on")
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
    status = 1 if wrong else 3 if check.count or not asked.trust else 0
    if asked.json:
        names = "findings slots left_out disputed remarks events sealed".split()
        print(json.dumps({"status": status, "codes": check.count, **check.about, **{name: getattr(check, name) for name in names}}))
    else:
        report(check, status)
    return status

if __name__ == "__main__":
    sys.exit(main())
