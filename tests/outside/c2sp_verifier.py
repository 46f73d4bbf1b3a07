"""A verifier of transparency logs that knows nothing of claimledger: the standard library and `cryptography` alone.

Written from the texts: RFC 6962 section 2.1, RFC 9162 sections 2.1.3.2 and 2.1.4.2 (how to verify), and of C2SP
signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof. It is a test of the library, and an example of how little
an auditor has to trust. As a program:

    python c2sp_verifier.py FILE.tlog-proof LEAF_HASH_IN_HEX LOG_VKEY... [--witness VKEY]...

Exit status 0: the leaf is in the log, and every key named signed. 1: refused, with the reason.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

DASH = "\u2014".encode()
# Characters with the property White_Space of Unicode, beyond the control characters, which no note may have.
SPACES = set(" \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(code) for code in range(0x2000, 0x200B)}


class Refused(Exception):
    """What was handed in does not hold, and why."""


def refuse_unless(holds: bool, reason: str) -> None:
    if not holds:
        raise Refused(reason)


# --- RFC 4648 section 4, decimals -------------------------------------------------------------------------------


def from_base64(text: bytes) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("not base64") from None
    # RFC 4648 section 3.5: pad bits that are not zero may be refused.
    refuse_unless(base64.b64encode(raw) == text, "not the canonical base64")
    return raw


def from_decimal(text: bytes) -> int:
    refuse_unless(text.isdigit() and (text == b"0" or not text.startswith(b"0")), "not a decimal number")
    refuse_unless(len(text) < 20 and int(text) < 2**63, "a number too large")
    return int(text)


# --- signed-note ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A verifier key: name, signature type, raw key."""

    name: str
    kind: int
    raw: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(b"%b\n%c%b" % (self.name.encode(), self.kind, self.raw)).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.raw).decode()}"

    @classmethod
    def read(cls, text: str) -> Key:
        parts = text.split("+", 2)
        refuse_unless(len(parts) == 3, "a vkey has three parts")
        raw = from_base64(parts[2].encode())
        refuse_unless(len(raw) > 1, "a vkey without a key")
        key = cls(parts[0], raw[0], raw[1:])
        refuse_unless(key.text == text, "a vkey with another id than its key has")
        return key


def name_is_good(name: str) -> bool:
    return name != "" and "+" not in name and not SPACES & set(name)


def split_note(note: bytes) -> tuple[bytes, list[tuple[str, bytes, bytes]]]:
    """The text of a note, and its lines as name, key id, signature."""
    try:
        characters = note.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    refuse_unless(all(each >= " " or each == "\n" for each in characters), "control characters")
    at = note.rfind(b"\n\n")
    refuse_unless(at >= 0, "no empty line")
    text, below = note[: at + 1], note[at + 2 :]
    refuse_unless(below != b"" and below[-1:] == b"\n", "no signature lines, or the last one does not end")
    lines = []
    for line in below[:-1].split(b"\n"):
        words = line.split(b" ")
        refuse_unless(len(words) == 3 and words[0] == DASH, "not a signature line")
        name, raw = words[1].decode(), from_base64(words[2])
        refuse_unless(name_is_good(name), "not the name of a key")
        refuse_unless(len(raw) > 4, "no signature behind the key id")
        lines.append((name, raw[:4], raw[4:]))
    refuse_unless(len(lines) <= 100, "more signatures than this verifier takes")
    return text, lines


def signed_by(note: bytes, keys: list[Key]) -> set[Key]:
    """The keys that signed a note; refused where a line of one of them does not verify, or where none signed."""
    text, lines = split_note(note)
    found = set()
    for name, key_id, signature in lines:
        for key in keys:
            if (key.name, key.id) == (name, key_id):
                refuse_unless(line_holds(key, text, signature), f"the signature of {name} does not verify")
                found.add(key)
    refuse_unless(bool(found), "signed by no key that is known")
    return found


def line_holds(key: Key, text: bytes, signature: bytes) -> bool:
    if key.kind == 0x01:
        return ed25519_holds(key.raw, signature, text)
    # tlog-cosignature: a timestamped signature over a checkpoint.
    origin, size, root = read_checkpoint(text)
    seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
    if seconds >= 2**63:
        return False
    if key.kind == 0x04:
        return ed25519_holds(key.raw, signature, b"cosignature/v1\ntime %d\n" % seconds + text)
    if key.kind == 0x06:
        return mldsa_holds(key.raw, signature, subtree_v1(key.name, seconds, origin, 0, size, root))
    return False


def ed25519_holds(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def mldsa_holds(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        MLDSA44PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def subtree_v1(name: str, seconds: int, origin: bytes, start: int, end: int, root: bytes) -> bytes:
    message = bytearray(b"subtree/v1\n\0")
    message.append(len(name.encode()))
    message += name.encode()
    message += seconds.to_bytes(8, "big")
    message.append(len(origin))
    message += origin
    message += start.to_bytes(8, "big")
    message += end.to_bytes(8, "big")
    message += root
    return bytes(message)


# --- tlog-checkpoint --------------------------------------------------------------------------------------------


def read_checkpoint(text: bytes) -> tuple[bytes, int, bytes]:
    """Origin, size, root of the text of a note."""
    refuse_unless(text.endswith(b"\n"), "a checkpoint ends in a newline")
    lines = text[:-1].split(b"\n")
    refuse_unless(len(lines) >= 3 and all(lines), "a checkpoint has three lines or more, none of them empty")
    refuse_unless(len(lines[0]) < 256, "an origin for which subtree/v1 has no room")
    size, root = from_decimal(lines[1]), from_base64(lines[2])
    refuse_unless(len(root) == 32, "a root of another length than SHA-256 has")
    refuse_unless(
        size > 0 or root == hashlib.sha256().digest(), "a root of no leaves that is not that of RFC 6962"
    )
    return lines[0], size, root


def verify_checkpoint(note: bytes, log: list[Key], witnesses: list[Key]) -> tuple[int, bytes]:
    """Size and root of a checkpoint that all keys of the log, and all witnesses that were named, have signed."""
    text, _ = split_note(note)
    origin, size, root = read_checkpoint(text)
    refuse_unless({key.name.encode() for key in log} == {origin}, "the checkpoint of another log")
    found = signed_by(note, log + witnesses)
    refuse_unless(found >= {*log, *witnesses}, "not signed by every key that was named")
    refuse_unless(
        text.count(b"\n") == 3 or any(key.kind == 0x01 for key in log), "extension lines that none signed"
    )
    return size, root


# --- RFC 6962 and RFC 9162 ---------------------------------------------------------------------------------------


def parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    refuse_unless(index < size, "no such leaf in a tree of that size")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        refuse_unless(sn != 0, "more hashes than the way to the root has")
        if fn & 1 or fn == sn:
            r = parent(p, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = parent(r, p)
        fn, sn = fn >> 1, sn >> 1
    refuse_unless(sn == 0, "fewer hashes than the way to the root has")
    refuse_unless(r == root, "another root")


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: list[bytes]
) -> None:
    refuse_unless(0 < first <= second, "no trees of which one can have grown into the other")
    if first == second:
        refuse_unless(not proof and first_root == second_root, "two roots of one size")
        return
    refuse_unless(bool(proof), "an empty proof")
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        refuse_unless(sn != 0, "more hashes than the sizes ask for")
        if fn & 1 or fn == sn:
            fr, sr = parent(c, fr), parent(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = parent(sr, c)
        fn, sn = fn >> 1, sn >> 1
    refuse_unless(sn == 0, "fewer hashes than the sizes ask for")
    refuse_unless((fr, sr) == (first_root, second_root), "another root")


# --- tlog-proof --------------------------------------------------------------------------------------------------


def read_proof(data: bytes) -> tuple[int, list[bytes], bytes]:
    """Index, inclusion proof and checkpoint of a proof; extra data is looked at and left."""
    head, empty, note = data.partition(b"\n\n")
    refuse_unless(empty != b"", "no empty line before the checkpoint")
    lines = head.split(b"\n")
    refuse_unless(lines.pop(0) == b"c2sp.org/tlog-proof@v1", "another first line")
    if lines and lines[0].startswith(b"extra "):
        refuse_unless(from_base64(lines.pop(0)[6:]) != b"", "extra data that is empty")
    refuse_unless(bool(lines) and lines[0].startswith(b"index "), "no index")
    index = from_decimal(lines.pop(0)[6:])
    proof = [from_base64(line) for line in lines]
    refuse_unless(
        all(len(each) == 32 for each in proof) and len(proof) < 64, "no hashes of SHA-256, or too many"
    )
    return index, proof, note


def verify_proof(data: bytes, leaf: bytes, log: list[Key], witnesses: list[Key]) -> int:
    """Hold a leaf hash against a proof; the index at which it stands."""
    index, proof, note = read_proof(data)
    size, root = verify_checkpoint(note, log, witnesses)
    verify_inclusion(leaf, index, size, proof, root)
    return index


# --- the other side: a log and a witness, to be held against the library ---------------------------------------


@dataclass(frozen=True)
class Author:
    """A key that can sign: the public half, and how."""

    key: Key
    sign: Callable[[bytes], bytes]

    def line(self, text: bytes, seconds: int = 0) -> bytes:
        """The line of this key under a text that is a checkpoint."""
        origin, size, root = read_checkpoint(text)
        stamp = seconds.to_bytes(8, "big")
        if self.key.kind == 0x01:
            signature = self.sign(text)
        elif self.key.kind == 0x04:
            signature = stamp + self.sign(b"cosignature/v1\ntime %d\n" % seconds + text)
        else:
            signature = stamp + self.sign(subtree_v1(self.key.name, seconds, origin, 0, size, root))
        encoded = base64.b64encode(self.key.id + signature)
        return b"%b %b %b\n" % (DASH, self.key.name.encode(), encoded)


def author(name: str, kind: int, seed: bytes) -> Author:
    if kind == 0x06:
        mldsa = MLDSA44PrivateKey.from_seed_bytes(seed)
        return Author(Key(name, kind, mldsa.public_key().public_bytes_raw()), mldsa.sign)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Author(Key(name, kind, private.public_key().public_bytes_raw()), private.sign)


def make_checkpoint(origin: str, size: int, root: bytes, extensions: tuple[str, ...] = ()) -> bytes:
    lines = [origin.encode(), b"%d" % size, base64.b64encode(root), *(each.encode() for each in extensions)]
    return b"".join(line + b"\n" for line in lines)


def make_proof(index: int, proof: list[bytes], note: bytes, extra: bytes = b"") -> bytes:
    lines = [b"c2sp.org/tlog-proof@v1"]
    if extra:
        lines.append(b"extra " + base64.b64encode(extra))
    lines += [b"index %d" % index, *map(base64.b64encode, proof), b""]
    return b"".join(line + b"\n" for line in lines) + note


def tree_root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 2 ** ((len(leaves) - 1).bit_length() - 1)
    return parent(tree_root(leaves[:k]), tree_root(leaves[k:]))


def tree_path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) < 2:
        return []
    k = 2 ** ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return [*tree_path(index, leaves[:k]), tree_root(leaves[k:])]
    return [*tree_path(index - k, leaves[k:]), tree_root(leaves[:k])]


def main() -> int:
    asked = argparse.ArgumentParser(description="Hold a leaf of a transparency log against a proof.")
    asked.add_argument("proof", help="a .tlog-proof file")
    asked.add_argument("leaf", help="the leaf hash, in hex")
    asked.add_argument("log", nargs="+", help="vkey of the log; every one named must have signed")
    asked.add_argument(
        "--witness", action="append", default=[], help="vkey of a witness that must have cosigned"
    )
    given = asked.parse_args()
    try:
        with open(given.proof, "rb") as file:
            data = file.read(2_000_000)
        log, witnesses = map(Key.read, given.log), map(Key.read, given.witness)
        index = verify_proof(data, bytes.fromhex(given.leaf), list(log), list(witnesses))
    except (Refused, OSError, ValueError) as error:
        print(f"refused: {error}")
        return 1
    print(f"leaf {index} is in the log, and every key that was named has signed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
