"""A timestamping authority of one's own: certificates of several makes, and ``openssl ts`` that answers."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
NOW = datetime.now(UTC).replace(microsecond=0)
YEARS = timedelta(days=3650)

_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*arguments: object) -> str:
    """Run the real one."""
    done = subprocess.run(["openssl", *map(str, arguments)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Authority:
    """One root and its signers, in a folder."""

    def __init__(self, folder: Path, name: str = "An Authority") -> None:
        folder.mkdir()
        self.folder = folder
        self.key = generate_private_key(SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(self.name, self.name, self.key, 1, NOW - YEARS, NOW + YEARS)
        self.root = builder.add_extension(x509.BasicConstraints(True, None), True).sign(self.key, SHA256())
        (folder / "root.pem").write_bytes(self.pem)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))

    @property
    def pem(self) -> bytes:
        """The root's certificate."""
        return self.root.public_bytes(Encoding.PEM)

    def signer(
        self,
        usages: tuple[ObjectIdentifier, ...] = (STAMPING,),
        *,
        critical: bool = True,
        until: datetime = NOW + YEARS,
        key: EllipticCurvePrivateKey | None = None,
    ) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
        """Issue a certificate, always under the same name and number."""
        key = key or generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A Signer")])
        builder = _builder(subject, self.name, key, 77, NOW - YEARS, until)
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical)
        return key, builder.sign(self.key, SHA256())

    def answer(self, request: bytes, signer: tuple[EllipticCurvePrivateKey, x509.Certificate]) -> bytes:
        """What ``openssl ts`` answers to a request."""
        key, certificate = signer
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for name, data in (
            ("request.tsq", request),
            ("signer.pem", certificate.public_bytes(Encoding.PEM)),
            ("signer.key", pem),
        ):
            (self.folder / name).write_bytes(data)
        openssl(
            *("ts", "-reply", "-config", self.folder / "tsa.cnf", "-queryfile", self.folder / "request.tsq"),
            *("-signer", self.folder / "signer.pem", "-inkey", self.folder / "signer.key"),
            *("-out", self.folder / "answer.tsr"),
        )
        return (self.folder / "answer.tsr").read_bytes()


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    serial: int,
    since: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(since)
        .not_valid_after(until)
    )


def swap(token: bytes, old: bytes, new: bytes) -> bytes:
    """Put another certificate into a token, and mend the lengths around it."""
    at = token.index(old)
    changed = token[:at] + new + token[at + len(old) :]
    difference = len(new) - len(old)
    return _mend(changed, at, difference) if difference else changed


def _mend(data: bytes, at: int, difference: int) -> bytes:
    """Add to the length of each value of DER that goes over a place, from the outermost in."""
    mended, start = bytearray(data), 0
    while True:
        head = start + 1
        count = mended[head] & 0x7F if mended[head] & 0x80 else 0
        size = int.from_bytes(mended[head + 1 : head + 1 + count], "big") if count else mended[head]
        content = head + 1 + count
        if not start <= at < content + size:
            start = content + size
            continue
        if start == at:
            return bytes(mended)
        assert count == 2, "every value around a certificate has a length of two bytes here"
        mended[head + 1 : head + 3] = (size + difference).to_bytes(2, "big")
        start = content
