"""Whoever sends more than anybody can read: thousands of signatures, megabytes of text, levels without end.

Nothing here is measured by the clock. Memory is what Python hands out at most while it reads; work is how many
signatures are verified. The last test reads everything that can be sent under limits that the system keeps.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from claimledger import ed25519
from claimledger.checkpoints import open_checkpoint
from claimledger.cosignatures import verifier_of
from claimledger.events.envelope import Envelope
from claimledger.merkle import root_of
from claimledger.notes import KeyType, Note, SignatureLine, VerifierKey, write_base64
from claimledger.recording import Signers
from tests.memory import peak_of

from .book import Check, attack
from .world import ORIGIN, Copy, World, dsse, parts, row_of, told

MEGABYTE = 1_000_000


def within(most: int, attempt: Callable[[], set[str]]) -> set[str]:
    """The codes that somebody is told, and whether more memory (bytes) than that was taken at a time."""
    codes, peak = peak_of(attempt)
    return codes | ({"too much memory"} if peak > most else set())


# Thousands of signatures

SIGNATURES = "thousands of signatures"
FEW_SIGNATURES = (
    Check("events.envelope:_read", "type(members) is not list or len(members) > MAX_SIGNATURES"),
    Check("events.envelope:Envelope.__post_init__", "not 1 <= len(self.signatures) <= MAX_SIGNATURES"),
)
FEW_LINES = (
    Check("notes:Note.from_bytes", 'below.count(b"\\n") > MAX_LINES'),
    Check("notes:Note.__post_init__", "len(self.lines) > MAX_LINES"),
)


@attack(
    SIGNATURES,
    found="event.malformed",
    by=FEW_SIGNATURES,
    then="key.not_allowed",
)
def test_an_event_has_more_signatures_than_any_needs(copy: Copy) -> set[str]:
    payload, _ = parts(copy.world.rows[-1].envelope)
    many = [(f"{at:064x}", bytes(64)) for at in range(200)]
    return copy.write([*copy.world.rows[:-1], row_of(dsse(payload, many))]).told(14)


@attack(
    SIGNATURES,
    found="event.malformed",
    by=(
        Check("events.envelope:Envelope.from_bytes", "len(data) > ENVELOPE_MAX_BYTES"),
        *FEW_SIGNATURES,
    ),
    then="too much memory",
)
def test_an_event_has_tens_of_thousands_of_signatures(open_world: World) -> set[str]:
    """Weighed before anything of it is taken apart."""
    payload, _ = parts(open_world.rows[-1].envelope)
    data = dsse(payload, [(f"{at:064x}", bytes(64)) for at in range(20_000)])
    return within(len(data) // 10, lambda: told(lambda: Envelope.from_bytes(data)))


@attack(
    SIGNATURES,
    found="note.malformed",
    by=FEW_LINES,
    then="too much memory",
)
def test_a_checkpoint_has_thousands_of_lines(sealed_world: World) -> set[str]:
    """Counted before a single one is decoded, and of those that are read a hundred at most are verified."""
    line = f"\N{EM DASH} {ORIGIN} {write_base64(bytes(8))}\n".encode()
    data = sealed_world.checkpoint + line * 20_000
    assert len(data) < MEGABYTE
    log = [verifier_of(key) for key in sealed_world.log_keys]
    return within(3 * MEGABYTE, lambda: told(lambda: open_checkpoint(data, log)))


@attack(
    SIGNATURES,
    found="note.malformed",
    by=FEW_LINES,
    then="2000 verified",
)
def test_a_good_line_of_the_log_stands_thousands_of_times_under_a_checkpoint(
    sealed_world: World, monkeypatch: pytest.MonkeyPatch
) -> set[str]:
    note = Note.from_bytes(sealed_world.checkpoint)
    data = sealed_world.checkpoint + str(note.lines[0]).encode() * 1_999
    verified: list[bytes] = []
    real = ed25519.verify

    def counted(public_key: bytes, signature: bytes, message: bytes) -> bool:
        verified.append(signature)
        return real(public_key, signature, message)

    monkeypatch.setattr(ed25519, "verify", counted)
    (key,) = [each for each in sealed_world.log_keys if each.type is KeyType.ED25519]
    said = told(lambda: open_checkpoint(data, [verifier_of(key)]))
    return said | ({f"{len(verified)} verified"} if len(verified) > 100 else set())


# Megabytes

TEXT = "megabytes of note text"


@attack(
    TEXT,
    found="note.malformed",
    by=Check("notes:Note.from_bytes", "len(data) > MAX_NOTE_BYTES"),
    then="too much memory",
)
def test_a_checkpoint_has_megabytes_of_extension_lines(sealed_world: World) -> set[str]:
    """The log's own key signs it, so that nothing else is wrong with it."""
    log = sealed_world.a.logs[0]
    text = f"{ORIGIN}\n15\n{write_base64(root_of(sealed_world.leaves))}\n" + "an extension\n" * 300_000
    key = VerifierKey(ORIGIN, KeyType.ED25519, log.public_key)
    line = SignatureLine(ORIGIN, key.key_id, log.sign(text.encode()))
    data = f"{text}\n{line}".encode()
    assert len(data) > 3 * MEGABYTE
    return within(MEGABYTE, lambda: told(lambda: open_checkpoint(data, [verifier_of(key)])))


@attack(
    TEXT,
    found=("chain.broken", "disclosure.wrong", "names.wrong", "store.damaged"),
    by=Check(
        "sqlite:ConnectionPool._prepare",
        "connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)",
        "None",
    ),
    then="event.malformed",
)
def test_a_row_of_the_ledger_holds_fifty_megabytes(copy: Copy) -> set[str]:
    """SQLite gives out no value so long; without that, rows are read up to the size of the largest envelope."""
    copy.sql("UPDATE events SET state=zeroblob(50000000) WHERE idx=14")
    return within(10 * MEGABYTE, lambda: copy.told())


# Depth

DEEP = "deep nesting"


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@attack(
    DEEP,
    found="event.malformed",
    by=(
        Check("events.encoding:_decoded_at_length", "_is_too_deep(data, max_depth)"),
        Check("events.encoding:encode", "_has_plain_shape(value, max_bytes, max_depth)", "True"),
    ),
)
def test_an_event_is_signed_that_is_nested_without_end(copy: Copy) -> set[str]:
    """By a recorder, with a good signature: each reader walks down as many levels as there are."""
    world = copy.world
    last = parts(world.entity(world.rows, world.a.recorder).envelope)[0]
    deep = last.replace(b'"body":{', b'"body":{"deep":' + nested(150) + b",", 1)
    envelope, _ = Signers([world.a.recorder]).seal(deep)
    return copy.write([*world.rows, row_of(envelope)]).told(15)


# Everything, under limits that the system keeps

READ_ALL = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from claimledger.events.envelope import Envelope
from claimledger.events.errors import ClaimLedgerError
from claimledger.events.event import Payload
from claimledger.key_requests import KeyRequest
from claimledger.notes import Note
from claimledger.proofs import LogProof
from claimledger.tiles import decode_bundle, parse_path
from claimledger.witness_requests import WitnessRequest, read_lines

taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 200_000_000,) * 2)
readers = [Envelope.from_bytes, Payload.from_bytes, KeyRequest.from_json, Note.from_bytes, LogProof.from_bytes,
           WitnessRequest.from_bytes, read_lines, lambda data: decode_bundle(data, 256)]
dash = "\\N{EM DASH} a AAAAAAAA\\n".encode()
framed = (b"", b"c2sp.org/tlog-proof@v1\\nindex 0\\n", b'{"payload":"')
ends = (b"", b"\\n\\n" + dash)
units = (b"[", b'{"a":', b'"', b"\\\\", b"\\n", b"\\n\\n", b"A", b"\\0", b"\\xff", b"index 0\\n", dash)
for unit in units:
    for limit, starts, ends in ((900_000, framed, ends), (16_000_000, (b"",), (b"",))):
        data = (unit * (limit // len(unit)))[:limit]
        for start in starts:
            for end in ends:
                for read in readers:
                    try:
                        read(start + data + end)
                    except ClaimLedgerError:
                        pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory it has, and to keep to it")
def test_whatever_is_sent_is_refused_in_bounded_time_and_memory() -> None:
    done = subprocess.run([sys.executable, "-c", READ_ALL], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
