"""Whoever passes a token of RFC 3161 for a timestamp of this checkpoint, from an authority that the auditor trusts.

The tokens are real: `openssl ts` answers, from certificates of several makes.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from claimledger.anchors import Trust, anchors_of
from claimledger.checkpoints import open_checkpoint
from claimledger.cosignatures import verifier_of
from claimledger.timestamps import read_authorities, timestamp_request
from tests.ledger.authority import NOW, SIGNING, STAMPING, Authority, swap

from .book import Check, attack
from .world import Copy, World, told

pytestmark = pytest.mark.usefixtures("with_openssl")

VERIFIED = Check(
    "timestamps:verify_timestamp",
    """client.VerifierBuilder(roots=list(authorities)).build().verify(
            response, sha256(text.encode()).digest()
        )""",
    "None",
)
USE = Check("timestamps:verify_timestamp", "not own or not _is_for_stamping(own[0])")
IMPRINT = Check("timestamps:_granted", "algorithm != _SHA256 or digest != sha256(text.encode()).digest()")


class Stamped:
    """The sealed ledger's checkpoint, and an authority that the auditor trusts."""

    def __init__(self, world: World, folder: Path) -> None:
        self.signed = open_checkpoint(world.checkpoint, [verifier_of(key) for key in world.log_keys])
        self.text = self.signed.checkpoint.to_text()
        self.folder = folder
        self.authority = Authority(folder / "one")
        self.signer = self.authority.signer()

    def told(self, token: bytes) -> set[str]:
        """What the auditor is told: a code, or that nobody whom he trusts vouches; nothing where it counts."""
        trust = Trust(authorities=read_authorities(self.authority.pem))
        anchors: list[object] = []
        said = told(lambda: anchors.extend(anchors_of(self.signed, [token], trust, 0)))
        return said or ({"not anchored"} if not anchors else set())

    def swapped(self, *, usages: tuple[object, ...], critical: bool = True) -> bytes:
        """A good token with another certificate of the same name, number and key in the place of its signer's.

        openssl signs with none such.
        """
        key, proper = self.signer
        _, other = self.authority.signer(usages, critical=critical, key=key)  # type: ignore[arg-type]
        token = self.authority.answer(timestamp_request(self.text), (key, proper))
        old, new = (each.public_bytes(Encoding.DER) for each in (proper, other))
        return swap(token, old, new)


@pytest.fixture(scope="module")
def stamped(sealed_world: World, tmp_path_factory: pytest.TempPathFactory) -> Stamped:
    return Stamped(sealed_world, tmp_path_factory.mktemp("authorities"))


def test_a_token_of_a_trusted_authority_counts(stamped: Stamped) -> None:
    token = stamped.authority.answer(timestamp_request(stamped.text), stamped.signer)
    assert stamped.told(token) == set()


@attack("timestamp over another checkpoint", found="timestamp.wrong", by=(IMPRINT, VERIFIED))
def test_a_token_is_for_an_earlier_checkpoint(stamped: Stamped) -> set[str]:
    earlier = stamped.text.replace("\n15\n", "\n14\n")
    return stamped.told(stamped.authority.answer(timestamp_request(earlier), stamped.signer))


@attack(
    "timestamp from another authority",
    found="not anchored",
    by=Check(
        "timestamps:verify_timestamp",
        "not any(each.issuer in trusted or each.subject in trusted for each in certificates)",
    ),
    then="timestamp.wrong",
)
def test_a_token_is_from_an_authority_whom_the_auditor_does_not_trust(
    stamped: Stamped, tmp_path: Path
) -> set[str]:
    other = Authority(tmp_path / "other", "Another Authority")
    return stamped.told(other.answer(timestamp_request(stamped.text), other.signer()))


@attack("timestamp from another authority", found="timestamp.wrong", by=VERIFIED)
def test_a_token_is_from_an_authority_of_the_same_name(stamped: Stamped, tmp_path: Path) -> set[str]:
    namesake = Authority(tmp_path / "namesake")
    return stamped.told(namesake.answer(timestamp_request(stamped.text), namesake.signer()))


@attack("timestamp without the right key usage", found="timestamp.wrong", by=(VERIFIED, USE))
def test_a_token_is_signed_with_a_certificate_for_something_else(stamped: Stamped) -> set[str]:
    return stamped.told(stamped.swapped(usages=(SIGNING,)))


@attack("timestamp without the right key usage", found="timestamp.wrong", by=(VERIFIED, USE))
def test_a_token_is_signed_with_a_certificate_for_nothing_in_particular(stamped: Stamped) -> set[str]:
    return stamped.told(stamped.swapped(usages=()))


@attack("timestamp without the right key usage", found="timestamp.wrong", by=(VERIFIED, USE))
def test_a_token_is_signed_with_a_certificate_for_stamping_and_more(stamped: Stamped) -> set[str]:
    return stamped.told(stamped.swapped(usages=(STAMPING, SIGNING)))


@attack("timestamp without the right key usage", found="timestamp.wrong", by=(VERIFIED, USE))
def test_a_token_is_signed_with_a_certificate_whose_use_nobody_has_to_heed(stamped: Stamped) -> set[str]:
    return stamped.told(stamped.swapped(usages=(STAMPING,), critical=False))


@attack("timestamp expired", found="timestamp.wrong", by=VERIFIED)
def test_a_token_is_signed_after_the_certificate_had_expired(stamped: Stamped) -> set[str]:
    expired = stamped.authority.signer(until=NOW - timedelta(days=1))
    return stamped.told(stamped.authority.answer(timestamp_request(stamped.text), expired))


@attack(
    "timestamp over another checkpoint",
    found=("timestamp.wrong", "unchecked.witnesses"),
    by=(IMPRINT, VERIFIED),
)
def test_a_token_for_an_earlier_checkpoint_is_kept_in_the_ledger(sealed: Copy, stamped: Stamped) -> set[str]:
    earlier = stamped.text.replace("\n15\n", "\n14\n")
    token = stamped.authority.answer(timestamp_request(earlier), stamped.signer)
    sealed.sql(("INSERT INTO timestamps VALUES (15, ?)", (token,)))
    return sealed.told(trust=Trust(authorities=read_authorities(stamped.authority.pem)))
