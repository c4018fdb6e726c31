"""Whether a file belongs to a release: what a gate is asked when one model file is at hand."""

from __future__ import annotations

import hashlib

from auditor.format import members
from auditor.verify.check import Check, check
from auditor.verify.verified import Verified

NOT_A_MEMBER = (
    "no member of this release: the subject is an ensemble, the vote of all files in "
    "members.sha256, and the certificate says nothing about this one model; use the release with "
    "'audit predict RELEASE' or auditor.load(RELEASE).predict(x)"
)


def subject_check(verified: Verified, listing: bytes, digest: str, name: str) -> Check:
    """Return whether the file with SHA-256 ``digest`` (hex) belongs to a verified release.

    ``listing`` is the release's ``members.sha256`` as it lies on disk, ``name`` what the file is
    called. It belongs to the release if it is that list, or one of the members.
    """
    got = hashlib.sha256(listing).hexdigest()
    holds: bool | None = None
    if got != verified.statement.subject_sha256:
        actual = "members.sha256 is another file than a moment ago"
    else:
        listed = {item: member for member, item in members.parse(listing).items()}
        listed[got] = "members.sha256, the signed list"
        holds = digest in listed
        actual = f"{name} is {listed.get(digest, NOT_A_MEMBER)}"
    return check(
        "AUD-SUB-002",
        holds=holds,
        expected="members.sha256 or a file that it lists",
        actual=actual,
        criterion=False,
    )
