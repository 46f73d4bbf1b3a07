#!/usr/bin/env python3
"""Check a bundle of a claimledger, alone: this file needs nothing of claimledger, and no network.

    python3 verify_claimledger.py BUNDLE.zip --trust LEDGER_ID

It needs Python 3.9 or newer and, for signatures, Python's package `cryptography` or the program `openssl` (3.0 or
newer; slower). It follows the pages docs/spec/ of claimledger, under the same codes, writes nothing but its report,
and prints no protected content. LEDGER_ID must come from somewhere else than the bundle.
Exit status: 0 all holds, 1 something is wrong, 2 wrong usage, 3 nothing is wrong but not all was checked.
"""
import argparse, base64, collections, datetime, itertools, json, mmap, os, pathlib, re, shutil, struct, subprocess
import sys, tempfile, types, uuid
from hashlib import sha256

CHECKED = """Asked was whether files are as the lists of digests say; each record was signed by a key that this ledger
let sign it there; none was taken out, put in, moved or cut off within a case; the log holds them; what is shown of
protected content is what was recorded. Not asked: timestamps, ML-DSA-44 signatures, README.txt, whether it is true."""

# Forms, as `fits` reads them: a pattern for a string, two bounds for a whole number, [form, least, most] for a list,
# {name: form} for an object, a type for anything of it.
HEX, UUID, SLOT = "[0-9a-f]{64}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[a-z][a-z0-9_.]*"
TEXT, COUNT, WHOLE = "(?s).{1,8000}", (1, 2**53 - 1), (0, 2**53 - 1)
SIGNED = {"payload": str, "payloadType": "application/vnd[.]claimledger[.]event[+]json",
          "signatures": [{"keyid": HEX, "sig": "[A-Za-z0-9+/]{86}=="}, 1, 16]}
LINE = {"envelope": SIGNED, "index": WHOLE, "proof": object, "slots": dict}
PAYLOAD = {"type": "[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+", "version": COUNT, "ledger": object, "stream": UUID,
           "sequence": COUNT, "previous": object, "body": dict, "commitments": dict, "recorded_at": "[0-9T:.-]{26}Z",
           "id": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"}
KEY = {"holder": TEXT, "algorithm": str, "key": "([0-9a-f]{2})*"}
ROOTS = {"roots": [{"holder": TEXT, "key": HEX}, 1, 8], "threshold": (1, 8)}
BODIES = {"ledger.opened": {"origin": "[!-*,-~]{1,200}", "logs": [KEY, *WHOLE], **ROOTS}, "roots.changed": ROOTS,
          "key.added": {**KEY, "role": "root|recorder|log|witness"},
          "key.revoked": {"key": HEX, "reason": TEXT, "size": WHOLE, "root": HEX}}
WORDS = {"keys.weak": "Anybody can sign under a key that it adds.",
         "signature.wrong": "It, or its signature, was changed after it was signed.",
         "key.not_allowed": "Whoever signed it, the roots of this ledger did not let sign it there.",
         "unchecked.keys": "Whether its key counts cannot be told: the list of keys does not hold."}
MENDS = {"claim.amended": "amends", "claim.withdrawn": "withdraws"}
TAGS = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"]
NEEDED, EVENTS, CHECKPOINT = {*TAGS, "data/README.txt", "data/events.jsonl"}, "data/events.jsonl", "data/checkpoint"
MAY_BE = f"data/(checkpoint|verify_claimledger[.]py|heads/{UUID}|(timestamps|sources)/{HEX})"

class NoMeans(Exception): """This computer cannot check signatures."""
def require(holds, what="it is not of its form") -> None:
    if not holds: raise ValueError(what)
def fits(value, form) -> bool:
    """Whether a value has a form: all of it, and nothing besides."""
    if isinstance(form, str): return isinstance(value, str) and re.fullmatch(form, value) is not None
    if isinstance(form, tuple): return type(value) is int and form[0] <= value <= form[1]
    if isinstance(form, list):
        return type(value) is list and form[1] <= len(value) <= form[2] and all(fits(each, form[0]) for each in value)
    if isinstance(form, dict):
        return type(value) is dict and value.keys() == form.keys() and all(fits(value[n], form[n]) for n in form)
    return isinstance(value, form)
def unbase64(text: str) -> bytes:
    data = base64.b64decode(text.encode("ascii"), validate=True)
    require(base64.b64encode(data).decode() == text, "it is not the one base64 of its bytes")
    return data

# --- Page 1: strict JSON ---
def encode(value) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
def strict(data: bytes, longest: int, deepest: int):
    """The value that these bytes spell in the one way there is, or ValueError."""
    bare = re.sub(rb'(?s)"(?:[^"\\]+|\\.)*"?', b"", data)  # without strings; in linear time, whatever they are
    depths = itertools.accumulate(1 if each in b"[{" else -1 for each in re.findall(rb"[][{}]", bare))
    require(len(data) <= longest and max(depths, default=0) <= deepest, "it is too long, or nested too deep")
    require(all(len(n) < 17 and int(n) < 2**53 for n in re.findall(rb"[0-9]+", bare)), "a number is too large")
    value = json.loads(data.decode(), parse_float=str, parse_constant=str, object_pairs_hook=lambda members: {
        name.encode("ascii").decode(): each for name, each in members})
    require(encode(value) == data, "it is not the one spelling of strict JSON")
    return value

# --- Page 2: signatures, and events ---
try: from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError: Ed25519PublicKey = None
def verifies(raw: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature of Ed25519 is one of this key over this message."""
    if Ed25519PublicKey:
        try: Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
        except Exception: return False  # noqa: BLE001 - whatever it raises: it did not verify
        return True
    with tempfile.TemporaryDirectory() as folder:
        key = bytes.fromhex("302a300506032b6570032100") + raw
        for name, data in ("key", key), ("message", message), ("signature", signature):
            pathlib.Path(folder, name).write_bytes(data)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in message -sigfile signature"
        done = shutil.which("openssl") and subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)
    if not done or b"Signature Verif" not in done.stdout:
        raise NoMeans("Nothing here can check signatures: install the package `cryptography`, or OpenSSL 3.")
    return done.returncode == 0
def is_weak(key) -> bool:  # whether it is no key, or one under which anybody can sign
    p, small = 2**255 - 19, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    y, d = int.from_bytes(key.raw, "little") & (2**255 - 1), -121665 * pow(121666, p - 2, p)
    if not key.is_ed25519: return not any(key.raw[32:])
    return y >= p or y in (0, 1, p - 1, small, p - small) or pow((y*y - 1) * (d*y*y + 1), (p - 1) // 2, p) != 1

class Event:
    """A line of events.jsonl, with the members of its payload as attributes; ValueError where it is none."""
    def __init__(self, data: bytes) -> None:
        line = strict(data, 2**24, 18)
        require(fits(line, LINE) and (line["proof"] is None or fits(line["proof"], ["[A-Za-z0-9+/]{43}=", 0, 63])))
        listed, payload = line["envelope"]["signatures"], unbase64(line["envelope"]["payload"])
        self.index, self.slots, self.keys = line["index"], line["slots"], {}
        self.proof = line["proof"] and [unbase64(each) for each in line["proof"]]
        self.signatures = {each["keyid"]: unbase64(each["sig"]) for each in listed}
        require([each["keyid"] for each in listed] == sorted(self.signatures), "its keyids do not ascend")
        event = strict(payload, 32768, 16)
        require(fits(event, PAYLOAD))
        vars(self).update(event)
        opens = self.type == "ledger.opened"
        require(self.ledger is None if opens else fits(self.ledger, HEX))
        require(self.previous is None if self.sequence == 1 else fits(self.previous, HEX))
        require(self.index or (opens and self.sequence == 1), "the first record opens no ledger")
        time = datetime.datetime.fromisoformat(self.recorded_at[:-1]).isoformat(timespec="microseconds")
        require(f"{time}Z" == self.recorded_at, "its time is not of its form")
        require(all(fits(slot, SLOT) and fits(digest, HEX) for slot, digest in self.commitments.items()))
        require(self.type not in MENDS or isinstance(self.body.get(MENDS[self.type]), str))
        self.ledger = self.ledger or sha256(payload).hexdigest()
        self.message = b"DSSEv1 38 application/vnd.claimledger.event+json %d %s" % (len(payload), payload)
        entry = b"".join(bytes.fromhex(keyid) + signature for keyid, signature in self.signatures.items())
        self.leaf = sha256(b"\0" + sha256(self.message).digest() + entry).digest()
        if self.type in BODIES and self.version == 1 and opens != bool(self.index): self.read_keys(dict(self.body))

    def read_keys(self, body: dict) -> None:  # page 3: the keys that a key event brings, by keyid
        succeeds = body.pop("succeeds", None) if body.get("role") == "recorder" else None
        require(fits(body, BODIES[self.type]) and body.get("threshold", 0) <= len(body.get("roots", "")))
        require(("succeeds" not in self.body or fits(succeeds, HEX)) and not self.commitments)
        listed = [{"role": "root", "algorithm": "ed25519", **each} for each in body.get("roots", ())]
        listed += [{"role": "log", **each} for each in body.get("logs", ())] + [body] * ("role" in body)
        for each in listed:
            role, name, raw = each["role"], each["algorithm"], bytes.fromhex(each["key"])
            require(len(raw) == {"ed25519": 32, "ml-dsa-44": 1312 if role == "log" else None}.get(name))
            keyid = sha256(name.encode() + b"\0" + raw).hexdigest()
            require(keyid not in self.keys, "a key comes twice")
            self.keys[keyid] = types.SimpleNamespace(role=role, is_ed25519=name == "ed25519", raw=raw, ended=None,
                                                     added=self.index, size=None, succeeds=succeeds)

# --- Page 3: who may sign what ---
def is_active(key, index: int) -> bool:
    return key.added < max(index, 1) and (key.ended is None or index <= key.ended)

class Keys(dict):
    """The keys of a ledger, by keyid, as the events of the key stream bring and end them."""
    threshold, stream, origin, lost, roots = 0, None, None, False, frozenset()

    def judge(self, event: Event, signed: dict):
        """What does not hold of who signed an event; `signed` says who signed those before it, by their ids."""
        if any(is_weak(key) for key in event.keys.values()): return ["keys.weak"]
        known = [(self.get(keyid) or event.keys.get(keyid), sig) for keyid, sig in event.signatures.items()]
        right = [verifies(key.raw, sig, event.message) for key, sig in known if key and key.is_ed25519]
        allowed = (self.threshold or not event.index) and self.allows(event, signed)
        unsure = allowed is None or (event.index and (self.lost or not self.threshold))
        bad = [] if allowed else ["unchecked.keys" if unsure else "key.not_allowed"]
        return bad if all(right) else ["signature.wrong", *bad]
    def allows(self, event: Event, signed: dict):  # whether these may sign it; None where that cannot be told
        kind, body, index, signers = event.type, event.body, event.index, set(event.signatures)
        active = {k: self[k].role for k in signers | set(event.keys) if k in self and is_active(self[k], index)}
        roots = {keyid for keyid in active if active[keyid] == "root"}
        enough, governs = len(roots & signers) >= self.threshold, kind in BODIES or kind.startswith("key.")
        if governs != (event.stream == self.stream) or (index and kind == "ledger.opened"): return False
        if governs and (kind not in BODIES or event.version != 1): return None if enough else False
        if kind == "key.revoked": return enough and signers <= roots and body["key"] in self
        if governs:
            own, new = {k for k, key in event.keys.items() if key.role == "root"}, set(event.keys) - set(self)
            must = {k for k in new if index and event.keys[k].role in ("root", "recorder")}
            before = {key.succeeds for key in event.keys.values()} - {None}
            return (enough and must <= signers <= roots | (new if index else own)
                    and set(event.keys) - new <= (roots if kind == "roots.changed" else set())
                    and all(k in self and self[k].role == "recorder" for k in before)
                    and len(signers & own) >= body.get("threshold", 0))
        by_recorders = all(active.get(keyid) == "recorder" for keyid in signers)
        if kind not in MENDS or not by_recorders: return by_recorders or (kind in MENDS and enough and signers <= roots)
        record = signed.get(body[MENDS[kind]])
        while record and signers and not signers & record:
            signers = {self[keyid].succeeds for keyid in signers} - {None}
        return bool(signers) if record else None
    def fold(self, event: Event) -> None:  # take in a key event that holds
        ended = [event.body["key"]] if event.type == "key.revoked" else []
        if event.type == "roots.changed": ended = self.roots - set(event.keys)
        for key in map(self.get, ended):
            key.ended, key.size = event.index if key.ended is None else key.ended, event.body.get("size", key.size)
        self.update({keyid: key for keyid, key in event.keys.items() if keyid not in self})
        self.roots = {k for k in {*self.roots, *event.keys} if self[k].role == "root" and self[k].ended is None}
        self.threshold, self.origin = [event.body.get(n, getattr(self, n)) for n in ("threshold", "origin")]

# --- Page 5: the log ---
def leads_to(root: bytes, node: bytes, index: int, size: int, hashes: list) -> bool:
    """RFC 6962, 2.1.1: whether a leaf is at this index in the tree of this size and root."""
    inner = (index ^ (size - 1)).bit_length()
    for level, other in enumerate(hashes):
        node = sha256(b"\1" + (node + other if level < inner and not index >> level & 1 else other + node)).digest()
    return node == root and len(hashes) == inner + bin(index >> inner).count("1")
def read_note(data, count: int):
    """A signed note on a state of the log, whose text has so many lines; or ValueError."""
    require(len(data) <= 10**6, "it is too long")
    text, middle, block = bytes(data).decode().rpartition("\n\n")
    lines, signed = text.split("\n"), re.findall("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]{7,}={0,2})\n", block)
    require(middle and "".join(f"\u2014 {who} {what}\n" for who, what in signed) == block and 1 <= len(signed) <= 100)
    require(len(lines) == count and len(unbase64(lines[2])) == 32 and not re.search(r"[\0-\t\v-\x1f]", text + block))
    require(re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]) and int(lines[1]) < 2**63)
    return types.SimpleNamespace(name=lines[0], size=int(lines[1]), root=unbase64(lines[2]), last=lines[-1],
                                 text=f"{text}\n".encode(), signed=[(who, unbase64(what)) for who, what in signed])

# --- Page 6: the files ---
def mapped(path):  # the bytes of a file; those of a large one stay where they are
    with open(path, "rb") as f:
        if os.path.getsize(path) < 2**20: return memoryview(f.read())
        return memoryview(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ))
def packed(path: str):  # the files of a zip in its one spelling: name and bytes
    data, at, last, listing, count = mapped(path), 0, b"", b"", 0
    while data[at : at + 4] == b"PK\3\4":
        crc, size, length = struct.unpack("<14xI4xIH2x", bytes(data[at : at + 30]).ljust(30))
        name, begin, count = bytes(data[at + 30 : at + 30 + length]), at + 30 + length, count + 1
        common = struct.pack("<5H3I2H", 20, 0, 0, 0, 33, crc, size, size, length, 0)
        require(data[at : at + 30] == b"PK\3\4" + common and last < name and length <= 200 and count <= 10_000)
        yield name.decode("latin-1"), data[begin : begin + size]
        listing += b"PK\1\2\x14\3" + common + struct.pack("<3H2I", 0, 0, 0, 0o100644 << 16, at % 2**32) + name
        at, last = begin + size, name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listing), at % 2**32, 0)
    require(data[at:] == listing + end and len(data) < 2**32, "it was cut short, or something else is in it")
def unpacked(top: str):  # the files of a folder that was unpacked from a bundle
    for count, at in enumerate(pathlib.Path(top).rglob("*")):
        require((at.is_file() or at.is_dir()) and not at.is_symlink() and count < 10_000, "a link, or too many files")
        if at.is_file(): yield f"claimledger-bundle-1/{at.relative_to(top).as_posix()}", mapped(at)

# --- Page 7: all of it ---
class Check:
    """One bundle, checked in the order of page 7: `findings` are what does not hold."""
    def __init__(self, path: str, pin) -> None:
        self.path, self.pin, self.ledger, self.note, self.keys, self.sources = path, pin, None, None, Keys(), set()
        self.signed, self.signers, self.streams, self.ends, self.slots, self.erased, self.files = ({} for _ in range(7))
        self.findings, self.count, self.cases, self.disputed, self.later = [], collections.Counter(), {}, [], 0

    def say(self, code: str, what: str, when=True, index=None) -> bool:  # takes a finding, if there is one
        self.count.update([code] * bool(when))
        what = what if self.count[code] <= 1000 else "and more of these, which are not listed"
        if when and self.count[code] <= 1001: self.findings.append((code, index, shown(what)))
        return bool(when)

    def run(self) -> None:
        try:
            self.bag()
            self.events()
            if self.keys.threshold: self.log()
            self.say("ledger.other", "This is not the ledger that you named.", self.pin not in (None, self.ledger))
        except NoMeans as error: self.say("unchecked.signatures", error)
        except (ValueError, RecursionError) as e: self.say("bundle.malformed", f"Not whole, or packed anew: {e}.")

    def bag(self) -> None:
        for name, data in list((unpacked if os.path.isdir(self.path) else packed)(self.path)):
            folder, _, rest = name.partition("/")
            known = folder == "claimledger-bundle-1" and (rest in NEEDED or re.fullmatch(MAY_BE, rest))
            self.files.update({rest: data} if known else {})
            self.say("bundle.extra", f"Of no bundle, not looked at, better not opened: {name}", not known)
        require(NEEDED <= set(self.files), f"not in it: {', '.join(sorted(NEEDED - set(self.files)))}")
        found = {name: sha256(self.files[name]).hexdigest() for name in sorted(self.files)}
        names = [name for name in found if name not in TAGS], TAGS[:3]
        lists = ["".join(f"{found[name]}  {name}\n" for name in each) for each in names]
        for name, text in zip(TAGS[1:], ["BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", *lists]):
            said = set(bytes(self.files[name][: 2**22]).decode("utf-8", "replace").split("\n"))
            odd = sorted({line[66:] for line in said ^ set(text.split("\n"))})[:9]
            self.say("bundle.manifest", f"Not as {name} says: {', '.join(odd)}", self.files[name] != text.encode())
        for name in [name for name in found if re.search("/(timestamps|sources)/", name)]:
            self.say("bundle.manifest", f"{name} has another digest than its name.", name[-64:] != found[name])

    def events(self) -> None:
        try: self.note = read_note(self.files[CHECKPOINT], 3) if CHECKPOINT in self.files else None
        except ValueError as error: self.say("checkpoint.wrong", f"What should be the log's state is not: {error}.")
        last = -1
        for number, line in enumerate(re.finditer(rb"(?s)[^\n]{0,16777216}\n|.+", self.files[EVENTS]), 1):
            if number % 1000 == 0: print(f"{number} records were read ...", file=sys.stderr)
            try:
                require(line.end() - line.start() <= 2**24 + 1 and line[0].endswith(b"\n"), "too long, or without end")
                event = Event(line[0][:-1])
            except ValueError as error:
                event = self.say("event.malformed", f"Line {number} is no record of a ledger: {error}.") and None
            if event and not self.say("chain.broken", "It is behind a later one.", event.index <= last, event.index):
                last = event.index
                self.look_at(event)
            else: self.keys.lost = True
        self.say("unchecked.sealed", f"The last {self.later} records are later than the log's signature.", self.later)
        for place, (end, why) in self.erased.items():
            at, status = self.slots.get(place, (end, ""))
            self.say("disclosure.erased", f"Here though erased: {place[2]}.", status == "disclosed" and at < end, at)
            if at < end: self.slots[place] = at, why
        for (*_, slot), (index, status) in self.slots.items():
            self.say("unchecked.disclosure", f"{slot} is not here, and nobody says why.", status == "missing", index)

    def look_at(self, event: Event) -> None:
        index, stream, body, note, keys = event.index, event.stream, event.body, self.note, self.keys
        self.ledger, keys.stream = self.ledger or event.ledger, keys.stream if index else stream
        before, leaf = self.streams.get(stream, (0, None))
        gap, governs = event.sequence - before - 1, stream == keys.stream
        odd = [self.say("ledger.other", "It belongs to another ledger.", event.ledger != self.ledger, index),
               self.say("chain.broken", "A record of this id was there before.", event.id in self.signed, index),
               self.say("event.left_out", f"{gap} records before it in its stream are not here.", gap > 0, index),
               self.say("chain.broken", "It does not follow the one before it: one was added, moved, or replaced.",
                        gap < 0 or (gap == 0 and event.previous != leaf), index)]
        keys.lost |= governs and any(odd)
        odd += [self.say(code, WORDS[code], True, index) for code in keys.judge(event, self.signed)]
        keys.lost |= governs and any(odd)
        if governs and not any(odd): keys.fold(event)
        if note and index < note.size: self.ends[stream] = event.sequence, event.leaf.hex()
        if note and (index < note.size or event.proof is not None):
            holds = index < note.size and leads_to(note.root, event.leaf, index, note.size, event.proof or [])
            self.say("unchecked.proof", "The proof that the log holds it is not here.", event.proof is None, index)
            self.say("proof.wrong", "The log does not hold it there.", not holds and event.proof is not None, index)
        self.later += bool(note and index >= note.size)
        self.take_slots(event)
        self.streams[stream], self.signers[index] = (event.sequence, event.leaf.hex()), set(event.signatures)
        self.signed.setdefault(event.id, self.signers[index])
        if event.type == "case.opened": self.cases.setdefault(stream, "case " + str(body.get("case")))
        if event.type == "disclosure.erased" and isinstance(body.get("slots"), list):
            why = f"erased on the authority of {body.get('authority')}: {body.get('reason')}"
            self.erased.update(((stream, str(body.get("event")), str(slot)), (index, why)) for slot in body["slots"])
        source = {"source.registered": body.get("source"), "evidence.attached": body}.get(event.type)
        self.sources.add(str(source.get("sha256")) if isinstance(source, dict) else None)

    def take_slots(self, event: Event) -> None:  # what is here of the protected content of an event
        for slot, value in event.slots.items():
            place, data = ["claimledger-disclosure/1", self.ledger, event.id, slot], encode(value)
            other = slot not in event.commitments or (type(value) is list and value[1:4] != place[1:])
            form = type(value) is list and len(value) == 6 and value[:4] == place and fits(value[4], "[0-9a-f]{32}")
            right = form and len(data) <= 32768 and sha256(data).hexdigest() == event.commitments.get(slot)
            self.say("disclosure.elsewhere", f"What is shown as {slot} is of something else.", other, event.index)
            wrong = not other and not right and value is not None
            self.say("disclosure.wrong", f"What is shown as {slot} is not what was recorded.", wrong, event.index)
        for slot in event.commitments if event.id not in self.signed else ():
            status = "disclosed" if event.slots.get(slot) is not None else "withheld (left out on purpose, as it says)"
            self.slots[event.stream, event.id, slot] = event.index, status if slot in event.slots else "missing"

    def log(self) -> None:
        """What was disputed since, and what the log signed: its state, and where each stream ends."""
        for index, signers in self.signers.items():
            revoked = [self.keys[each] for each in signers if each in self.keys and self.keys[each].size is not None]
            self.disputed += [index] * any(max(key.size, key.added + 1) <= index < key.ended for key in revoked)
        for name in self.files:
            other = "/sources/" in name and name[13:] not in self.sources
            self.say("bundle.extra", f"No record speaks of this source: {name}", other)
        self.say("unchecked.checkpoint", "The log vouches for nothing here.", CHECKPOINT not in self.files)
        try: self.signs(self.note, self.keys.origin) if self.note else None
        except ValueError as error: self.say("checkpoint.wrong", f"The log did not sign this state: {error}.")
        heads = {name[11:]: data for name, data in self.files.items() if name.startswith("data/heads/") and self.note}
        for stream, data in heads.items():
            try:
                note = read_note(data, 4)
                name, number, leaf = re.fullmatch(f"({UUID}) (0|[1-9][0-9]{{0,18}}) ({HEX})", note.last).group(1, 3, 4)
                here = stream, self.note.size, self.note.root
                require((name, note.size, note.root) == here and int(number) <= note.size, "of another state")
                self.signs(note, f"{self.keys.origin}/heads")
            except (ValueError, AttributeError) as error:
                self.say("heads.wrong", f"The log did not sign where {self.called(stream)} ends: {error}.")
                continue
            end = self.ends.get(stream, (0, "0" * 64))
            cut, other = int(number) - end[0], end != (int(number), leaf)
            self.say("tail.cut", f"Of {self.called(stream)} the last records are not here: {cut}.", cut > 0)
            self.say("heads.wrong", f"The log signed another end of {self.called(stream)}.", cut <= 0 and other)
        register = str(uuid.uuid5(uuid.UUID("7f1c2a52-6c0b-5d0e-9a43-0d1f6a1f2b77"), self.ledger))
        for stream in sorted({*self.ends, register} - set(heads)) if self.note else ():
            self.say("unchecked.heads", f"Nothing says where {self.called(stream)} ends: it could have been cut off.")

    def called(self, stream: str) -> str:
        return "the list of keys" if stream == self.keys.stream else self.cases.get(stream, f"the register {stream}")
    def signs(self, note, name: str) -> None:  # each log key that is active there signed it; ValueError if not
        logs = [key for key in self.keys.values() if key.role == "log" and is_active(key, note.size)]
        require(note.name == name and any(key.is_ed25519 for key in logs), "it is of another log, or no key is there")
        for key, plain in [(key, key.is_ed25519) for key in logs if key.is_ed25519 or name == self.keys.origin]:
            keyid = sha256(name.encode() + (b"\n\1" if plain else b"\n\6") + key.raw).digest()[:4]
            mine = [signature[4:] for who, signature in note.signed if who == name and signature[:4] == keyid]
            holds = [verifies(key.raw, s, note.text) if plain else (len(s), s[:8]) == (2428, bytes(8)) for s in mine]
            require(mine and all(holds), "a key of the log did not sign, or its signature is wrong")

def shown(text) -> str:
    return "".join(each if each.isprintable() else "?" for each in str(text)[:300])

def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", help="the file BUNDLE.zip")
    parser.add_argument("--trust", metavar="LEDGER_ID", type=str.lower, help="which you got from somewhere else")
    asked = parser.parse_args()
    if asked.trust is not None and not fits(asked.trust, HEX): parser.error("--trust: an id is 64 of 0 to 9 and a to f")
    sys.stdout.reconfigure(errors="backslashreplace")
    it = Check(asked.bundle, asked.trust)
    try: it.run()
    except OSError as error: parser.error(str(error))
    state = f", size {it.note.size}, root {it.note.root.hex()}" if it.note else ""
    print(f"Ledger {it.ledger}{'' if asked.trust else ', WHICH YOU DID NOT NAME (--trust)'}")
    print(f"Log {shown(it.keys.origin)}{state}\nRecords {len(it.signers)}:", shown("; ".join(it.cases.values())))
    for (*_, slot), (index, what) in it.slots.items():
        if what != "disclosed": print(f"  record {index}: {slot} is {shown(what)}")
    for index in it.disputed: print(f"  record {index} is disputed: its key was revoked later, as of before it")
    for code, index, what in it.findings: print(f"{code}: {'' if index is None else f'record {index}: '}{what}")
    wrong = any(not code.startswith("unchecked.") for code in it.count)
    status = 1 if wrong else 3 if it.count or it.disputed or not asked.trust else 0
    if it.keys.threshold: print(CHECKED)
    print("RESULT:", {0: "all holds", 1: "SOMETHING IS WRONG", 3: "not all could be checked"}[status])
    return status

if __name__ == "__main__": sys.exit(main())
