"""A time stamp (RFC 3161): an authority that the relying party pinned saw a digest at some time.

``rfc3161-client`` parses the response (strict DER), and its OpenSSL checks the signature, the chain
to the pinned root at the time of the stamp and the purpose of the signer's certificate. Here is
what it leaves open: the hash algorithm of the imprint, the version, weak digests, fractions of a
second (it drops them), and its own version: before 1.0.9 it trusted whatever certificates a
response brought along.

Not checked: revocation (unpin the root), the policy and the serial number (pinning a root takes its
authority's word), the nonce (a digest names one precommitment, and an old stamp on it is as good as
a new one).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Final, cast

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from auditor import clock
from auditor.errors import (
    EnvelopeError,
    SignatureError,
    StatementError,
    UndecidedError,
    UsageError,
)
from auditor.verify.witness import TrustedTime
from auditor.witness.foreign import contained, missing

if TYPE_CHECKING:
    from rfc3161_client import Accuracy, TimeStampResponse, TimeStampTokenInfo

MAX_RESPONSE: Final = 2**16
UNSTATED: Final = 60
"""Seconds granted to an authority that does not state its accuracy (RFC 3161 leaves it open)."""

_WHERE: Final = "time stamp"
_PACKAGE: Final = "rfc3161-client"
_TRUSTS_NOTHING_INSIDE: Final = (1, 0, 9)
_SECOND: Final = 10**9
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_DIGESTS: Final = {_SHA256, "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"}  # SHA-384, SHA-512
_OPENSSL: Final = re.compile(r'Verify error: ?([^"]+)')


def trusted_time(response: bytes, digest: str, roots: Sequence[tuple[str, bytes]]) -> TrustedTime:
    """Return the latest time at which the bytes with SHA-256 ``digest`` (hex) were stamped.

    ``response`` is a TimeStampResp (DER), ``roots`` the pinned authorities: a name and one
    certificate (PEM). ``at`` is genTime plus the accuracy that the authority states, or a minute
    where it states none, rounded up to a whole second (RFC 3161, section 2.4.2).

    Raises EnvelopeError for a malformed response or one of more than 64 KiB; StatementError for a
    request that was not granted, another digest or hash algorithm, or an impossible time;
    SignatureError for anything that does not lead to a pinned root through certificates valid at
    genTime, or a signer that is not for time-stamping alone; UndecidedError where no root is
    pinned; UsageError for a root that is no certificate, or without the extra ``witness``.
    """
    pinned = tuple((name, _root(name, pem)) for name, pem in roots)
    if not pinned:
        raise UndecidedError(f"{_WHERE}: no time-stamping authority is pinned")
    _check_package()
    if len(response) > MAX_RESPONSE:
        raise EnvelopeError(f"{_WHERE}: {len(response)} bytes, expected at most {MAX_RESPONSE}")
    from rfc3161_client import decode_timestamp_response

    with contained(_WHERE):
        stamp = decode_timestamp_response(response)
        _check_status(stamp)
        info = stamp.tst_info
        _check_subject(info, digest)
        _check_signer(stamp)
        authority = _authority(stamp, digest, pinned)
        return TrustedTime(digest=digest, at=_latest(info, response), authority=authority)


def _root(name: str, pem: bytes) -> x509.Certificate:
    try:
        (certificate,) = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise UsageError(f"{name}: expected one certificate in PEM") from error
    return certificate


def _check_package() -> None:
    try:
        import rfc3161_client  # noqa: F401 - whether it can be

        version = metadata.version(_PACKAGE)
    except (ImportError, metadata.PackageNotFoundError) as error:
        raise missing(_PACKAGE) from error
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None or tuple(map(int, numbers.groups())) < _TRUSTS_NOTHING_INSIDE:
        raise missing(_PACKAGE, f"{version} believes forged time stamps, 1.0.9 does not")


def _check_status(stamp: TimeStampResponse) -> None:
    from rfc3161_client import PKIStatus

    if stamp.status != PKIStatus.GRANTED:
        said = " ".join(stamp.status_string)[:80]
        raise StatementError(f"{_WHERE}: expected status 0 (granted), got {stamp.status} {said!r}")


def _check_subject(info: TimeStampTokenInfo, digest: str) -> None:
    imprint = info.message_imprint
    algorithm = imprint.hash_algorithm.dotted_string
    if algorithm != _SHA256:
        raise StatementError(f"{_WHERE}: expected a SHA-256 digest ({_SHA256}), got {algorithm}")
    if imprint.message.hex() != digest:
        found = imprint.message.hex()[:64]
        raise StatementError(f"{_WHERE}: expected one of {digest}, got one of {found}")
    if info.version != 1:
        raise StatementError(f"{_WHERE}: expected version 1, got {info.version}")


def _latest(info: TimeStampTokenInfo, response: bytes) -> str:
    """Return the first whole second that is no earlier than genTime + accuracy."""
    # The library drops the fraction. Whatever spells this second with one may be it: looking in
    # all of the response can only make the time later, which proves less.
    second = info.gen_time.strftime("%Y%m%d%H%M%S").encode("ascii")
    digits = re.findall(rb"\x18." + second + rb"\.([0-9]+)", response, re.DOTALL)
    spread = max((int(each[:9].ljust(9, b"0")) + (len(each) > 9) for each in digits), default=0)
    accuracy = cast("Accuracy | None", info.accuracy)  # optional, whatever the library's types say
    if accuracy is None:
        spread += UNSTATED * _SECOND
    else:
        spread += (accuracy.seconds or 0) * _SECOND
        spread += (accuracy.millis or 0) * 10**6 + (accuracy.micros or 0) * 10**3
    start = calendar.timegm(info.gen_time.utctimetuple())
    try:
        return clock.text(start - (-spread // _SECOND))
    except (ValueError, OverflowError, OSError) as error:
        raise StatementError(f"{_WHERE}: no time has the accuracy that it states") from error


def _check_signer(stamp: TimeStampResponse) -> None:
    """Raise SignatureError with a plain reason where OpenSSL's would be its number."""
    data = stamp.signed_data
    weak = sorted({each.dotted_string for each in data.digest_algorithms} - _DIGESTS)
    if weak:
        raise SignatureError(f"{_WHERE}: expected SHA-256, SHA-384 or SHA-512, got {weak[0]}")
    if len(data.signer_infos) != 1:
        raise SignatureError(f"{_WHERE}: expected one signature, got {len(data.signer_infos)}")
    (signer,) = data.signer_infos
    found = [x509.load_der_x509_certificate(each) for each in data.certificates]
    name = (signer.issuer, signer.serial_number)
    mine = [each for each in found if (each.issuer, each.serial_number) == name]
    if not mine:
        raise SignatureError(f"{_WHERE}: the signer's certificate is not in it; ask with -cert")
    time = stamp.tst_info.gen_time
    for each in mine:
        if not each.not_valid_before_utc <= time <= each.not_valid_after_utc:
            raise SignatureError(
                f"{_WHERE}: the signer's certificate is valid from {each.not_valid_before_utc} to "
                f"{each.not_valid_after_utc}, which {time} is not"
            )
        _check_purpose(each)


def _check_purpose(certificate: x509.Certificate) -> None:
    """A key for time-stamping is for nothing else, or other things it signs could be stamps."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not usage.critical or {*usage.value} != {ExtendedKeyUsageOID.TIME_STAMPING}:
        raise SignatureError(
            f"{_WHERE}: the signer's certificate is not for time-stamping alone (RFC 3161, "
            "section 2.3: a critical extended key usage)"
        )


def _authority(
    stamp: TimeStampResponse, digest: str, pinned: Sequence[tuple[str, x509.Certificate]]
) -> str:
    """Return the name of the first pinned root that the stamp verifies under."""
    from rfc3161_client import VerificationError as Refused
    from rfc3161_client import VerifierBuilder

    reasons = []
    for name, root in pinned:
        try:
            VerifierBuilder(roots=[root]).build().verify(stamp, bytes.fromhex(digest))
        except Refused as error:
            reasons.append(f"{name}: {_reason(str(error))}")
        else:
            return name
    raise SignatureError(f"{_WHERE}: no pinned authority made it ({'; '.join(reasons)})")


def _reason(said: str) -> str:
    """Return what OpenSSL found wrong with a chain out of the library's dump of its errors."""
    chain = _OPENSSL.search(said)
    if chain:
        return chain.group(1)
    return "the signature is not the signer's" if "pkcs7" in said else said[:200]
