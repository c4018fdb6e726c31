"""What the gate needs from outside: files, the clock, the release, an earlier one, its own key."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from auditor import clock, files, keyfiles, relying
from auditor.cli.failures import complain
from auditor.errors import ReleaseError, SignatureError, UsageError, VerificationError
from auditor.format import dsse, members, vsa
from auditor.format.keys import PrivateKey
from auditor.verify.challenge import SIGNED
from auditor.verify.check import Check
from auditor.verify.forms import Shown
from auditor.verify.gate import Report
from auditor.verify.policy import Policy
from auditor.verify.settings import Settings
from auditor.verify.subject import subject_check
from auditor.verify.trust import Trust
from auditor.verify.verified import Verified

_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
_LISTING: Final = "members.sha256"
_CERTIFICATE: Final = "certificate.dsse.json"
_MAX_SUBJECT: Final = 2**40


def time(text: str | None) -> str:
    """Return the time to judge at: as given, else now, as YYYY-MM-DDThh:mm:ssZ.

    Now is the machine's clock and no variable of the environment: nobody may make it earlier.
    """
    if text is None:
        return clock.machine()
    return Settings({"--now": text}, "audit gate", "", {}).time("--now", end=False)


def verified(path: Path, trust: Trust, **options: Any) -> Verified | VerificationError:
    """Return what the release establishes under this trust, or how it failed to."""
    try:
        return relying.verify(path, trust=trust, **options)
    except VerificationError as error:
        if isinstance(error, SignatureError) or not trust.keys("auditor"):
            return _by_a_revoked_key(path, trust) or error
        return error


def _by_a_revoked_key(path: Path, trust: Trust) -> SignatureError | None:
    """Return the reason, if the only thing wrong with a signature is that its key was revoked."""
    for entry in trust.pinned:
        if entry.revoked is not None and "auditor" in entry.roles:
            try:
                relying.verify(path, keys=[entry.key])
            except VerificationError:
                continue
            return SignatureError(
                f"signed by key {entry.name!r}, revoked {entry.revoked}: nothing of it counts"
            )
    return None


def digest(asked: str | None) -> str | None:
    """Return the SHA-256 (hex) that ``--subject`` means: of a file, or after ``sha256:``."""
    if asked is None:
        return None
    match = _DIGEST.fullmatch(asked)
    if match:
        return match.group(1)
    try:
        return files.sha256(Path(asked).resolve(), limit=_MAX_SUBJECT)
    except VerificationError as error:
        raise UsageError(f"--subject: {error}") from error


def subject(
    path: Path, found: Verified | VerificationError, sha256: str | None, name: str | None
) -> Check | None:
    """Return the check of whether the file with this digest belongs to the release."""
    if sha256 is None or isinstance(found, VerificationError) or found.kind != "release":
        return None
    try:
        listing = files.read(path / _LISTING, limit=members.MAX_LIST)
    except VerificationError:
        listing = b""  # it was there a moment ago
    return subject_check(found, listing, sha256, name or sha256)


def baseline(
    policy_file: Path, policy: Policy, trust: Trust
) -> Verified | VerificationError | None:
    """Return the earlier release that the policy names, verified under the same trust."""
    if policy.baseline is None:
        return None
    return verified(policy_file.parent / policy.baseline.release, trust)


def shown(path: Path, *, warn_only: bool) -> Shown:
    """Return what the report says of its surroundings."""
    file = path / _CERTIFICATE if path.is_dir() or not path.exists() else path
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 - links stay as they were given
    try:
        uri = quote(absolute.relative_to(Path.cwd()).as_posix())
    except ValueError:
        uri = absolute.as_uri()
    return Shown(
        release=str(path), uri=uri, version=metadata.version("auditor"), warn_only=warn_only
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """Where to write a verification summary, by whom, signed with what."""

    out: Path
    key: PrivateKey
    verifier_id: str
    resource_uri: str


def attestation(
    out: Path | None,
    key: Path | None,
    verifier_id: str | None,
    resource_uri: str | None,
    policy: Policy,
) -> Attestation | None:
    """Return what ``--vsa`` and its companions ask for; raise UsageError for what they lack."""
    if out is None:
        if key is not None or verifier_id is not None:
            raise UsageError("--vsa-key, --verifier-id: expected with --vsa FILE only")
        return None
    uri = resource_uri or policy.resource_uri
    if key is None or verifier_id is None or uri is None:
        raise UsageError(
            "--vsa: expected also --vsa-key, --verifier-id and --resource-uri (or subject."
            "resourceUri in the policy)"
        )
    for option, text in (("--verifier-id", verifier_id), ("--resource-uri", uri)):
        if not vsa.is_uri(text):
            raise UsageError(
                f"{option}: expected a URI such as https://example.com/x, got {text!r}"
            )
    if os.path.lexists(out):
        # An old pass must not be left lying there when this one ends undecided.
        raise UsageError(f"{out}: exists already, and is not overwritten")
    return Attestation(
        out=out, key=keyfiles.load_private(key), verifier_id=verifier_id, resource_uri=uri
    )


def attest(wanted: Attestation, path: Path, report: Report) -> None:
    """Write the signed summary of a verdict; of an undecided one there is none."""
    if report.verdict == "undecided":
        complain(f"{wanted.out}: not written, since the gate is undecided")
        return
    try:
        names, subject_digest = _attested(path, report)
    except VerificationError as error:
        complain(f"{wanted.out}: not written: {error}")
        return
    summary = vsa.Summary(
        subject=subject_digest,
        verifier_id=wanted.verifier_id,
        time_verified=report.now,
        resource_uri=wanted.resource_uri,
        policy=report.policy.sha256,
        trust=report.trust.sha256,
        attestations=names,
        passed=report.verdict == "pass",
        levels=report.levels,
    )
    files.create(wanted.out, dsse.sign(summary.to_payload(), wanted.key), mode=0o644)


def _attested(path: Path, report: Report) -> tuple[dict[str, str], str]:
    """Return the digests of the envelope files that were verified, and the subject's."""
    found = report.verified
    listing = hashlib.sha256(files.read(path / _LISTING, limit=members.MAX_LIST)).hexdigest()
    if found is None:
        return {}, listing
    if listing != found.statement.subject_sha256:
        raise ReleaseError(f"{path / _LISTING}: changed while the gate ran")
    payloads = {
        "precommit.dsse.json": found.certificate.precommitment,
        _CERTIFICATE: found.digest,
    }
    if found.challenge.kind == "signed" and found.certificate.challenge is not None:
        payloads[SIGNED] = found.certificate.challenge
    return {name: _envelope(path / name, payload) for name, payload in payloads.items()}, listing


def _envelope(file: Path, payload: str) -> str:
    """Return the digest of an envelope's file, which must hold the payload that was verified."""
    data = files.read(file, limit=dsse.MAX_ENVELOPE)
    if hashlib.sha256(dsse.parse(data, str(file)).payload).hexdigest() != payload:
        raise ReleaseError(f"{file}: changed while the gate ran")
    return hashlib.sha256(data).hexdigest()
