"""A timestamp counts for one checkpoint, from an authority that the auditor trusts, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from claimledger import Ledger
from claimledger.anchors import Trust, anchors_of
from claimledger.cli import app
from claimledger.events.errors import (
    InvalidInput,
    NotSealed,
    UntrustedTimestamp,
    VerificationFailed,
    WrongTimestamp,
)
from claimledger.testing import seeded_keyring
from claimledger.timestamps import check_imprint, read_authorities, timestamp_request, verify_timestamp

from .authority import NOW, SIGNING, STAMPING, Authority, openssl, swap

TEXT = "example.org/stamped\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
OTHER = TEXT.replace("\n9\n", "\n8\n")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    return authority.answer(timestamp_request(TEXT), authority.signer())


def test_a_token_says_who_stamped_the_checkpoint_and_when(authority: Authority, token: bytes) -> None:
    stamp = verify_timestamp(token, TEXT, read_authorities(authority.pem))
    assert stamp.authority == "CN=A Signer"
    assert abs(stamp.at - NOW) < timedelta(minutes=10)


def test_openssl_says_the_same(authority: Authority, token: bytes, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(TEXT)
    (tmp_path / "token").write_bytes(token)
    said = openssl(
        *("ts", "-verify", "-data", tmp_path / "lines", "-in", tmp_path / "token"),
        *("-CAfile", authority.folder / "root.pem"),
    )
    assert "Verification: OK" in said


def test_a_token_over_another_checkpoint_is_wrong(authority: Authority, token: bytes) -> None:
    with pytest.raises(WrongTimestamp, match="other bytes"):
        verify_timestamp(token, OTHER, read_authorities(authority.pem))
    with pytest.raises(WrongTimestamp, match="other bytes"):
        check_imprint(token, OTHER)


def test_a_token_of_another_authority_is_not_trusted(token: bytes, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "Another Authority")
    with pytest.raises(UntrustedTimestamp):
        verify_timestamp(token, TEXT, read_authorities(other.pem))


def test_a_token_of_another_authority_of_the_same_name_is_wrong(token: bytes, tmp_path: Path) -> None:
    namesake = Authority(tmp_path / "namesake")
    with pytest.raises(WrongTimestamp, match="does not verify"):
        verify_timestamp(token, TEXT, read_authorities(namesake.pem))


@pytest.mark.parametrize("usages", [(SIGNING,), ()], ids=["another use", "no use"])
def test_a_certificate_that_is_not_for_stamping_does_not_stamp(
    authority: Authority, usages: tuple[object, ...]
) -> None:
    # openssl signs with none such: the certificate of the same name, number and key is put in its place.
    key, proper = authority.signer()
    _, improper = authority.signer(usages, key=key)  # type: ignore[arg-type]
    token = authority.answer(timestamp_request(TEXT), (key, proper))
    swapped = swap(token, proper.public_bytes(Encoding.DER), improper.public_bytes(Encoding.DER))
    with pytest.raises(WrongTimestamp):
        verify_timestamp(swapped, TEXT, read_authorities(authority.pem))


@pytest.mark.parametrize(
    ("usages", "critical"), [((STAMPING,), False), ((STAMPING, SIGNING), True)], ids=["not critical", "more"]
)
def test_a_certificate_with_a_weaker_use_does_not_stamp(
    authority: Authority, usages: tuple[object, ...], critical: bool
) -> None:
    key, proper = authority.signer()
    _, weaker = authority.signer(usages, critical=critical, key=key)  # type: ignore[arg-type]
    token = authority.answer(timestamp_request(TEXT), (key, proper))
    swapped = swap(token, proper.public_bytes(Encoding.DER), weaker.public_bytes(Encoding.DER))
    with pytest.raises(WrongTimestamp):
        verify_timestamp(swapped, TEXT, read_authorities(authority.pem))


def test_a_certificate_that_had_expired_when_it_stamped_does_not_count(authority: Authority) -> None:
    expired = authority.signer(until=NOW - timedelta(days=1))
    token = authority.answer(timestamp_request(TEXT), expired)
    with pytest.raises(WrongTimestamp, match="does not verify"):
        verify_timestamp(token, TEXT, read_authorities(authority.pem))


def test_a_request_that_was_not_granted_is_no_timestamp(authority: Authority) -> None:
    # An unaccepted policy: openssl answers, and does not grant.
    (authority.folder / "lines").write_text(TEXT)
    request = authority.folder / "refused.tsq"
    openssl(
        *("ts", "-query", "-data", authority.folder / "lines", "-sha384", "-cert", "-out", request),
    )
    refused = authority.answer(request.read_bytes(), authority.signer())
    with pytest.raises(WrongTimestamp):
        verify_timestamp(refused, TEXT, read_authorities(authority.pem))


@given(at=st.integers(0, 1500), junk=st.binary(min_size=1, max_size=4))
def test_a_token_that_was_changed_never_counts(
    authority: Authority, token: bytes, at: int, junk: bytes
) -> None:
    changed = token[:at] + junk + token[at + len(junk) :]
    if changed == token:
        return
    try:
        stamp = verify_timestamp(changed, TEXT, read_authorities(authority.pem))
    except (VerificationFailed, UntrustedTimestamp):
        return
    # Some bytes are nobody's: outside what is signed, and read by nobody.
    assert stamp == verify_timestamp(token, TEXT, read_authorities(authority.pem))


@given(st.binary())
def test_any_bytes_are_refused_in_our_words(data: bytes) -> None:
    with pytest.raises(WrongTimestamp):
        check_imprint(data, TEXT)


def test_a_token_of_megabytes_is_not_read() -> None:
    with pytest.raises(WrongTimestamp, match="at most"):
        check_imprint(bytes(1 << 20), TEXT)


def test_what_is_no_certificate_is_no_authority() -> None:
    with pytest.raises(InvalidInput, match="PEM"):
        read_authorities(b"nothing")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    keys = seeded_keyring(b"stamped")
    with Ledger.create(tmp_path / "a.ledger", origin="example.org/stamped", keys=keys) as opened:
        yield opened


def test_a_stamped_checkpoint_is_anchored(ledger: Ledger, authority: Authority) -> None:
    with pytest.raises(NotSealed):
        ledger.timestamp_request()
    checkpoint = ledger.seal()
    trusted = read_authorities(authority.pem)
    token = authority.answer(ledger.timestamp_request(), authority.signer())
    stamp = ledger.add_timestamp(token, trusted)
    assert stamp is not None
    tokens = [each for size, each in ledger.store.timestamps() if size == checkpoint.size]
    anchors = anchors_of(checkpoint, tokens, Trust(authorities=trusted), 0)
    assert [(each.by, each.kind, each.at) for each in anchors] == [(stamp.authority, "authority", stamp.at)]
    ledger.create_case("case", title="A case")
    ledger.seal()
    with pytest.raises(WrongTimestamp):
        ledger.add_timestamp(token, trusted)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_whole_way_on_the_command_line(ledger: Ledger, authority: Authority, tmp_path: Path) -> None:
    ledger.seal()
    ledger.close()
    place = tmp_path / "a.ledger"
    run("anchor", "timestamp", place, "--to", tmp_path / "request")
    answer = authority.answer((tmp_path / "request").read_bytes(), authority.signer())
    (tmp_path / "answer").write_bytes(answer)
    said = run("anchor", "stamp", place, tmp_path / "answer", "--authorities", authority.folder / "root.pem")
    assert "stamped by CN=A Signer at" in said
    assert "1 timestamp" in run("anchor", "list", place)
