"""Time stamps: what a pinned authority stamped holds, at the latest time it allows; no other."""

from __future__ import annotations

import hashlib
import sys
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import (
    EnvelopeError,
    SignatureError,
    StatementError,
    UndecidedError,
    UsageError,
    VerificationError,
)
from auditor.verify.witness import TrustedTime
from auditor.witness import drand
from auditor.witness.rfc3161 import MAX_RESPONSE, trusted_time
from tests.witness.authority import (
    SERVER,
    SHA512,
    TIME_STAMPING,
    Accuracy,
    Authority,
    certify,
    needs_openssl,
    response,
)
from tests.witness.rounds import version2

pytestmark = needs_openssl

DIGEST = hashlib.sha256(b"precommitment").hexdigest()
AT = "2023-08-23T15:00:00Z"


@pytest.fixture(scope="module", params=["p256", "rsa"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp(request.param), kind=request.param)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def honest(authority: Authority) -> bytes:
    return authority.stamp(DIGEST, at=AT)


def check(
    stamp: bytes, authority: Authority, digest: str = DIGEST, name: str = "tsa"
) -> TrustedTime:
    return trusted_time(stamp, digest, [(name, authority.root_pem)])


def refused(stamp: bytes, authority: Authority, error: type[VerificationError], match: str) -> None:
    with pytest.raises(error, match=rf"^time stamp: .*{match}"):
        check(stamp, authority)


# --- what holds -----------------------------------------------------------------------------------


def test_an_honest_stamp_holds_with_either_kind_of_key(either: Authority) -> None:
    found = check(either.stamp(DIGEST, at=AT), either)
    assert found == TrustedTime(digest=DIGEST, at="2023-08-23T15:00:01Z", authority="tsa")


@pytest.mark.parametrize(
    ("accuracy", "fraction", "expected"),
    [
        ((1, None, None), "", "15:00:01"),
        ((0, None, None), "", "15:00:00"),
        ((None, None, None), "", "15:00:00"),
        ((None, None, 1), "", "15:00:01"),
        ((None, 500, None), "5", "15:00:01"),
        ((None, 500, 1), "5", "15:00:02"),
        ((1, 1, None), "", "15:00:02"),
        ((0, None, None), "000000001", "15:00:01"),
        ((3600, None, None), "", "16:00:00"),
        (None, "", "15:01:00"),  # a minute for an authority that states none
        (None, "1", "15:01:01"),
    ],
)
def test_the_time_is_the_latest_that_the_accuracy_allows(
    authority: Authority, accuracy: Accuracy | None, fraction: str, expected: str
) -> None:
    stamp = authority.stamp(DIGEST, at=AT, accuracy=accuracy, fraction=fraction)
    assert check(stamp, authority).at == f"2023-08-23T{expected}Z"


@pytest.mark.parametrize("md", ["sha256", "sha384", "sha512"])
def test_the_signature_may_hash_with_any_of_three(authority: Authority, md: str) -> None:
    assert check(authority.stamp(DIGEST, at=AT, md=md), authority).digest == DIGEST


def test_the_authority_is_named_as_it_was_pinned(tmp_path: Path, authority: Authority) -> None:
    other = Authority(tmp_path)
    roots = [("other", other.root_pem), ("mine", authority.root_pem)]
    assert trusted_time(authority.stamp(DIGEST, at=AT), DIGEST, roots).authority == "mine"
    assert trusted_time(other.stamp(DIGEST, at=AT), DIGEST, roots).authority == "other"


def test_an_intermediate_authority_holds_if_it_is_enclosed(
    tmp_path: Path, authority: Authority
) -> None:
    between = certify("Intermediate", authority.root, ca=True)
    signer = certify("TSA", between, usage=[TIME_STAMPING])
    below = Authority(tmp_path, root=authority.root, signer=signer)
    assert check(below.stamp(DIGEST, at=AT, enclosed=[between.pem]), authority).authority == "tsa"
    refused(below.stamp(DIGEST, at=AT), authority, SignatureError, "local issuer certificate")


def test_a_stamp_goes_on_holding_after_its_certificates_expired(tmp_path: Path) -> None:
    root = certify("Old Root", ca=True, valid=(2020, 2024))
    signer = certify("Old TSA", root, usage=[TIME_STAMPING], valid=(2023, 2024))
    old = Authority(tmp_path, root=root, signer=signer)
    assert check(old.stamp(DIGEST, at=AT), old).at == "2023-08-23T15:00:01Z"


def test_a_stamp_can_be_told_from_a_published_round_before_and_after(authority: Authority) -> None:
    """Texts of times compare as times do: what the order of commitment and round rests on."""
    round_ = drand.beacon(version2(1000), "round.json")
    assert round_.at == "2023-08-23T15:59:24Z"
    before = authority.stamp(DIGEST, at="2023-08-23T15:59:22Z")
    after = authority.stamp(DIGEST, at="2023-08-23T15:59:23Z")  # accurate to a second
    assert check(before, authority).at < round_.at
    assert not check(after, authority).at < round_.at


# --- what is refused ------------------------------------------------------------------------------


def test_another_digest_is_refused(authority: Authority, honest: bytes) -> None:
    other = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(StatementError, match=f"expected one of {other}, got one of {DIGEST}"):
        check(honest, authority, digest=other)


def test_another_hash_algorithm_is_refused_though_the_bytes_agree(authority: Authority) -> None:
    stamp = authority.stamp(DIGEST, at=AT, algorithm=SHA512)
    refused(stamp, authority, StatementError, "expected a SHA-256 digest")


def test_a_longer_digest_is_refused(authority: Authority) -> None:
    stamp = authority.stamp(hashlib.sha512(b"precommitment").hexdigest(), at=AT, algorithm=SHA512)
    refused(stamp, authority, StatementError, "expected a SHA-256 digest")


def test_another_root_is_refused(tmp_path: Path, honest: bytes) -> None:
    refused(honest, Authority(tmp_path), SignatureError, "no pinned authority made it")


def test_certificates_inside_the_response_are_not_trusted(
    tmp_path: Path, authority: Authority
) -> None:
    """rfc3161-client 1.0.8 accepted this one."""
    forger = Authority(tmp_path)
    stamp = forger.stamp(DIGEST, at=AT, enclosed=[forger.root_pem])
    refused(stamp, authority, SignatureError, "no pinned authority made it")


def test_a_root_of_the_same_name_is_not_the_root(tmp_path: Path, honest: bytes) -> None:
    namesake = Authority(tmp_path, root=certify("Test Root", ca=True))
    refused(honest, namesake, SignatureError, "certificate signature failure")


@pytest.mark.parametrize(
    ("usage", "critical"),
    [(None, True), ([SERVER], True), ([TIME_STAMPING], False), ([TIME_STAMPING, SERVER], True)],
)
def test_a_signer_that_is_not_for_time_stamping_alone_is_refused(
    tmp_path: Path, authority: Authority, usage: list[object] | None, critical: bool
) -> None:
    signer = certify("Web", authority.root, usage=usage, critical=critical)  # type: ignore[arg-type]
    below = Authority(tmp_path, root=authority.root, signer=signer)
    refused(below.stamp(DIGEST, at=AT), authority, SignatureError, "not for time-stamping alone")


def test_a_certificate_that_poses_as_the_signers_is_refused(
    tmp_path: Path, authority: Authority
) -> None:
    """Same issuer and serial number, another key, and fit for time-stamping."""
    web = certify("Web", authority.root, usage=[SERVER])
    posing = certify(
        "Web", authority.root, usage=[TIME_STAMPING], serial=web.certificate.serial_number
    )
    below = Authority(tmp_path, root=authority.root, signer=web)
    stamp = below.stamp(DIGEST, at=AT, enclosed=[posing.pem])
    refused(stamp, authority, SignatureError, "not for time-stamping alone")


@pytest.mark.parametrize("valid", [(2024, 2030), (2010, 2020)])
def test_a_signer_that_was_not_valid_then_is_refused(
    tmp_path: Path, authority: Authority, valid: tuple[int, int]
) -> None:
    signer = certify("TSA", authority.root, usage=[TIME_STAMPING], valid=valid)
    below = Authority(tmp_path, root=authority.root, signer=signer)
    refused(below.stamp(DIGEST, at=AT), authority, SignatureError, "is valid from")


def test_a_root_that_was_not_valid_then_is_refused(tmp_path: Path) -> None:
    old = Authority(tmp_path, root=certify("Old Root", ca=True, valid=(2000, 2020)))
    refused(old.stamp(DIGEST, at=AT), old, SignatureError, "certificate has expired")


def test_a_signer_cannot_certify_another(tmp_path: Path, authority: Authority) -> None:
    signer = certify("Second", authority.signer, usage=[TIME_STAMPING])
    below = Authority(tmp_path, root=authority.root, signer=signer)
    stamp = below.stamp(DIGEST, at=AT, enclosed=[authority.signer.pem])
    refused(stamp, authority, SignatureError, "invalid CA certificate")


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5, 6, 200])
def test_a_request_that_was_not_granted_as_made_is_refused(
    authority: Authority, status: int
) -> None:
    stamp = authority.stamp(DIGEST, at=AT, status=status)
    refused(stamp, authority, StatementError, rf"expected status 0 \(granted\), got {status}")


def test_a_response_without_a_token_is_refused(authority: Authority) -> None:
    refused(response(b"", status=2), authority, StatementError, "got 2")
    refused(response(b"", status=0), authority, EnvelopeError, "malformed")


def test_a_weak_hash_under_the_signature_is_refused(authority: Authority) -> None:
    stamp = authority.stamp(DIGEST, at=AT, md="sha1")
    refused(stamp, authority, SignatureError, "expected SHA-256, SHA-384 or SHA-512")


def test_a_signed_message_of_another_type_is_refused(authority: Authority) -> None:
    stamp = authority.stamp(DIGEST, at=AT, content="1.2.840.113549.1.7.1")
    refused(stamp, authority, EnvelopeError, "malformed")


def test_another_version_is_refused(authority: Authority) -> None:
    refused(
        authority.stamp(DIGEST, at=AT, version=2), authority, StatementError, "version 1, got 2"
    )


def test_two_signatures_are_refused(tmp_path: Path, authority: Authority) -> None:
    certificate, key = certify("Two", authority.root, usage=[TIME_STAMPING]).save(tmp_path, "two")
    options = ["-signer", str(certificate), "-inkey", str(key)]
    stamp = authority.stamp(DIGEST, at=AT, options=options)
    refused(stamp, authority, SignatureError, "expected one signature, got 2")


def test_a_response_without_the_signers_certificate_is_refused(authority: Authority) -> None:
    stamp = authority.stamp(DIGEST, at=AT, options=["-nocerts"])
    refused(stamp, authority, SignatureError, "ask with -cert")


def test_an_accuracy_beyond_all_times_is_refused(authority: Authority) -> None:
    stamp = authority.stamp(DIGEST, at=AT, accuracy=(2**60, None, None))
    refused(stamp, authority, StatementError, "accuracy")


def test_a_changed_signature_is_refused(authority: Authority, honest: bytes) -> None:
    changed = bytearray(honest)
    changed[-1] ^= 1
    refused(bytes(changed), authority, SignatureError, "the signature is not the signer's")


def test_a_changed_time_is_refused(authority: Authority, honest: bytes) -> None:
    changed = honest.replace(b"20230823150000Z", b"20230823140000Z")
    assert changed != honest
    refused(changed, authority, SignatureError, "the signature is not the signer's")


def test_the_signature_of_another_stamp_is_refused(authority: Authority, honest: bytes) -> None:
    later = authority.stamp(DIGEST, at="2023-08-23T16:00:00Z")
    changed = later.replace(b"20230823160000Z", b"20230823150000Z")
    refused(changed, authority, SignatureError, "the signature is not the signer's")


def test_bytes_behind_the_response_are_refused(authority: Authority, honest: bytes) -> None:
    refused(honest + b"\0", authority, EnvelopeError, "malformed")


def test_more_than_64_kib_are_refused_unread(authority: Authority) -> None:
    refused(b"\0" * (MAX_RESPONSE + 1), authority, EnvelopeError, "expected at most 65536")


# --- pins and packages ----------------------------------------------------------------------------


def test_without_a_pinned_authority_nothing_is_decided(honest: bytes) -> None:
    with pytest.raises(UndecidedError, match="no time-stamping authority is pinned"):
        trusted_time(honest, DIGEST, [])


def test_a_pin_that_is_not_one_certificate_is_a_usage_error(
    authority: Authority, honest: bytes
) -> None:
    for pem in (b"", b"no", authority.root_pem * 2, authority.root_pem[:-40]):
        with pytest.raises(UsageError, match=r"^root\.pem: expected one certificate in PEM"):
            trusted_time(honest, DIGEST, [("root.pem", pem)])


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, honest: bytes
) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    with monkeypatch.context() as patch:
        patch.setattr(metadata, "version", absent)
        with pytest.raises(UsageError, match=r"pip install --upgrade 'auditor\[witness\]'"):
            check(honest, authority)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(UsageError, match=r"rfc3161-client is not installed"):
        check(honest, authority)


@pytest.mark.parametrize("version", ["1.0.8", "0.9.12", "1.0", "unknown"])
def test_a_package_that_believes_forgeries_is_not_used(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, honest: bytes, version: str
) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: version)
    with pytest.raises(UsageError, match="believes forged time stamps"):
        check(honest, authority)


@pytest.mark.parametrize("version", ["1.0.9", "1.0.10", "1.2.0", "10.0.0"])
def test_later_packages_are_used(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, honest: bytes, version: str
) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: version)
    assert check(honest, authority).digest == DIGEST


# --- hostile bytes --------------------------------------------------------------------------------


def same_or_refused(data: bytes, authority: Authority) -> None:
    try:
        found = check(data, authority)
    except VerificationError:
        return
    assert (found.digest, found.at) == (DIGEST, "2023-08-23T15:00:01Z")


@settings(max_examples=300)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_way(authority: Authority, data: bytes) -> None:
    with pytest.raises(VerificationError):
        check(data, authority)


def test_every_truncation_is_refused(authority: Authority, honest: bytes) -> None:
    for size in range(len(honest)):
        with pytest.raises(VerificationError):
            check(honest[:size], authority)


def test_every_changed_bit_is_refused_or_changes_nothing(
    authority: Authority, honest: bytes
) -> None:
    for place in range(len(honest)):
        changed = bytearray(honest)
        changed[place] ^= 1 << place % 8
        same_or_refused(bytes(changed), authority)


@settings(max_examples=300)
@given(draw=st.data())
def test_spliced_responses_are_refused_or_say_the_same(
    authority: Authority, honest: bytes, draw: st.DataObject
) -> None:
    places = st.integers(0, len(honest))
    changed = honest
    for _ in range(draw.draw(st.integers(1, 3))):
        start, stop = sorted((draw.draw(places), draw.draw(places)))
        middle = draw.draw(st.binary(max_size=8) | st.just(honest[start:stop] * 2))
        changed = changed[:start] + middle + changed[stop:]
    same_or_refused(changed, authority)
