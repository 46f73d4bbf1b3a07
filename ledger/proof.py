"""One event, written out so that a stranger verifies it with `openssl` alone, decades later.

    event.json       the stored bytes: the DSSE envelope
    event.pae        the bytes that were signed (DSSE's pre-authentication encoding of the payload)
    <keyid>.sig      each signature, 64 raw bytes
    <keyid>.pem      each public key (SubjectPublicKeyInfo, RFC 8410)
    event.tlog-proof, log.keys   where the log is sealed: that the event is in it (C2SP tlog-proof), and its keys
    README.txt       the command to type, and what its answer does and does not mean

1. Nothing is written unless every signature fits: a proof that fails is never handed out.
2. Protected content is not part of it: the signed bytes carry commitments only.
3. Nothing is written over: the folder is new or empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from claimledger.events.envelope import Envelope, keyid_of
from claimledger.events.errors import InvalidInput, KeyNotAllowed, WrongSignature

from .ed25519 import verify

__all__ = ["export_event", "openssl_command"]

_README = """\
One event of a claim ledger, with what it takes to verify its signature.

Leaf hash of the event (its name towards the outside):
  {leaf}

In this folder, with OpenSSL 3.0 or newer, type:

{commands}

"Signature Verified Successfully" means that the holder of the key in the .pem file signed exactly the bytes of
event.pae. Those are: "DSSEv1", the length and name of the payload type, the length of the payload, the payload.
The payload is JSON that can be read as it is; event.json holds the same payload in base64, with the signatures.

It does not mean that what the event says is true. It does not show whose key that is: compare the .pem file with
a copy that reached you another way. It does not show what else the ledger holds. Where the payload has
"commitments", each is the SHA-256 of content that is kept out of the signed bytes.
{place}"""

_PLACE = """
event.tlog-proof shows that the event is in the log, at which place, and under which signed checkpoint (the form is
C2SP tlog-proof; log.keys holds the keys of the log that sign its checkpoints, as C2SP signed-note writes them). The
leaf entry is the SHA-256 of event.pae, then for each signature, in the order of keyids, the 32 bytes of the keyid
and the 64 of the signature; the leaf hash is the SHA-256 of a zero byte and that entry. Hold the log's keys, and the
checkpoint, against copies that reached you another way.
"""


def export_event(
    envelope: Envelope,
    public_keys: Iterable[bytes],
    folder: str | os.PathLike[str],
    *,
    proof: bytes | None = None,
    log_keys: Iterable[str] = (),
) -> tuple[Path, ...]:
    """Write one event out for `openssl`.

    Args:
        envelope: the event's envelope.
        public_keys: 32 raw bytes each, at least of the keys that signed.
        folder: a folder that is not there yet, or is empty.
        proof: that it is in the log (`claimledger.proofs`), where it is sealed.
        log_keys: the log's keys in text form (`claimledger.notes.VerifierKey`), for the proof.

    Returns:
        The files that were written.

    Raises:
        KeyNotAllowed: the public key of a signature is not among those given.
        WrongSignature: a signature does not fit.
        InvalidInput: the folder is not empty, or cannot be written.
    """
    keys = {keyid_of(key): key for key in public_keys}
    message = envelope.pae()
    files = {"event.json": envelope.to_bytes(), "event.pae": message}
    for each in envelope.signatures:
        key = keys.get(each.keyid)
        if key is None:
            raise KeyNotAllowed(f"event {envelope.leaf()}: key {each.keyid} is not at hand to prove it with")
        if not verify(key, each.signature, message):
            raise WrongSignature(f"event {envelope.leaf()}: the signature of key {each.keyid} does not fit")
        spki = Ed25519PublicKey.from_public_bytes(key)
        pem = spki.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        files |= {f"{each.keyid}.sig": each.signature, f"{each.keyid}.pem": pem}
    commands = "\n".join(f"  {openssl_command(each.keyid)}" for each in envelope.signatures)
    if proof is not None:
        files |= {"event.tlog-proof": proof, "log.keys": "".join(f"{each}\n" for each in log_keys).encode()}
    place_said = "" if proof is None else _PLACE
    files["README.txt"] = _README.format(leaf=envelope.leaf(), commands=commands, place=place_said).encode()
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        if any(place.iterdir()):
            raise InvalidInput(f"{place}: holds files already; name a new or empty folder")
        for name, data in files.items():
            with (place / name).open("xb") as file:
                file.write(data)
    except OSError as error:
        raise InvalidInput(f"{place}: the proof cannot be written there: {error.strerror}") from None
    return tuple(place / name for name in files)


def openssl_command(keyid: str) -> str:
    """The command that verifies the signature of a key, typed in the folder of an exported event."""
    return f"openssl pkeyutl -verify -pubin -inkey {keyid}.pem -rawin -in event.pae -sigfile {keyid}.sig"
