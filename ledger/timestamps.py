"""Timestamps: a public authority's word that a checkpoint existed at a time (RFC 3161).

1. What is stamped is the SHA-256 of the checkpoint's three lines, as they are signed: not of the whole note, so that
   lines which witnesses add later change nothing. ``openssl ts -verify -data LINES -in TOKEN -CAfile PEM`` agrees.
2. A token counts under an authority that the auditor trusts: a chain of certificates, valid at the time that the token
   states, to a certificate whose use is time stamping and nothing weaker.
3. A token for other bytes is *wrong*; so is one that names a trusted authority and does not verify under it. One of
   another authority is *not trusted*: nobody can say more of it.
4. The time is the authority's. It bounds from above when the checkpoint was made, and says nothing of when its events
   were recorded before that.

Parsing and certificates are the work of ``rfc3161-client`` (extra ``anchors``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from claimledger.events.errors import InvalidInput, MissingExtra, UntrustedTimestamp, WrongTimestamp

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

__all__ = [
    "MAX_TOKEN_BYTES",
    "Timestamp",
    "check_imprint",
    "read_authorities",
    "timestamp_request",
    "verify_timestamp",
]

MAX_TOKEN_BYTES = 64 * 1024
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An authority's word for a checkpoint.

    Attributes:
        authority: name of the certificate that signed it (RFC 4514).
        at: the time that it states, in UTC.
    """

    authority: str
    at: datetime


def timestamp_request(text: str) -> bytes:
    """What an authority is sent: a TimeStampReq in DER, with a fresh nonce, that asks for the certificates.

    Args:
        text: the lines of a checkpoint, as they are signed.

    Raises:
        MissingExtra: rfc3161-client is not installed.
    """
    client = _client()
    builder = client.TimestampRequestBuilder().data(text.encode()).hash_algorithm(client.HashAlgorithm.SHA256)
    request: bytes = builder.cert_request(cert_request=True).build().as_bytes()
    return request


def read_authorities(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of authorities that somebody trusts.

    Args:
        pem: certificates in PEM, one after the other.

    Raises:
        InvalidInput: there are none.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise InvalidInput("certificates of authorities are read in PEM, and these bytes are none") from None


def check_imprint(token: bytes, text: str) -> None:
    """Check that a token is for a checkpoint, whoever signed it.

    Args:
        token: a TimeStampResp in DER; any bytes whatsoever.
        text: the lines of the checkpoint.

    Raises:
        WrongTimestamp: it is no token that was granted, or is for other bytes.
        MissingExtra: rfc3161-client is not installed.
    """
    _granted(token, text)


def verify_timestamp(token: bytes, text: str, authorities: Sequence[x509.Certificate]) -> Timestamp:
    """Hold a token against a checkpoint and the authorities that are trusted.

    Args:
        token: a TimeStampResp in DER; any bytes whatsoever.
        text: the lines of the checkpoint.
        authorities: root certificates, and what lies between them and the signer where the token does not bring it.

    Raises:
        WrongTimestamp: it is no token that was granted, is for other bytes, or names one of the authorities and does
            not verify under it.
        UntrustedTimestamp: it is of no authority that is trusted.
        MissingExtra: rfc3161-client is not installed.
    """
    response = _granted(token, text)
    client = _client()
    # Parts of an answer are parsed when they are asked for: any of these may find that it is none.
    try:
        certificates = [x509.load_der_x509_certificate(each) for each in response.signed_data.certificates]
        trusted = {each.subject for each in authorities}
        if not any(each.issuer in trusted or each.subject in trusted for each in certificates):
            raise UntrustedTimestamp(
                "timestamp: of no authority that is trusted here; get its certificate by another way"
            )
        client.VerifierBuilder(roots=list(authorities)).build().verify(
            response, sha256(text.encode()).digest()
        )
        signer = next(iter(response.signed_data.signer_infos))
        by = (signer.issuer, signer.serial_number)
        own = [each for each in certificates if (each.issuer, each.serial_number) == by]
        if not own or not _is_for_stamping(own[0]):
            raise WrongTimestamp("timestamp: the certificate that signed it is not for time stamping alone")
        return Timestamp(own[0].subject.rfc4514_string(), response.tst_info.gen_time)
    except (client.VerificationError, ValueError, TypeError) as error:
        raise WrongTimestamp(
            f"timestamp: does not verify under the authority that it names ({error})"
        ) from None


def _granted(token: bytes, text: str) -> TimeStampResponse:
    client = _client()
    if len(token) > MAX_TOKEN_BYTES:
        raise WrongTimestamp(f"timestamp: {len(token)} bytes, where at most {MAX_TOKEN_BYTES} are read")
    try:
        response: TimeStampResponse = client.decode_timestamp_response(token)
        status, info = response.status, response.tst_info
        imprint = info.message_imprint
        algorithm, digest = imprint.hash_algorithm, bytes(imprint.message)
    except (ValueError, TypeError) as error:
        raise WrongTimestamp(f"timestamp: no answer of an authority ({error})") from None
    if status != client.PKIStatus.GRANTED:
        raise WrongTimestamp(f"timestamp: the authority did not grant it (status {status})")
    if algorithm != _SHA256 or digest != sha256(text.encode()).digest():
        raise WrongTimestamp("timestamp: it is for other bytes than those of this checkpoint")
    return response


def _is_for_stamping(certificate: x509.Certificate) -> bool:
    """RFC 3161, section 2.3: the one use is time stamping, and that is critical."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _client() -> Any:
    try:
        import rfc3161_client
    except ImportError:
        raise MissingExtra("timestamps need rfc3161-client: pip install claimledger[anchors]") from None
    module: ModuleType = rfc3161_client
    return module
