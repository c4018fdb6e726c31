"""The gate: does this release meet this policy, under this trust, now? Yes, no, or undecided.

Yes takes at least one demand of the policy that was checked, and nothing that failed or could not
be decided. A release that does not verify, a policy that demands nothing and evidence that nobody
gathered are never a yes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from auditor.errors import (
    EnvelopeError,
    ReleaseError,
    SignatureError,
    UndecidedError,
    VerificationError,
)
from auditor.verify.check import Check, check
from auditor.verify.criteria import content
from auditor.verify.figures import figures
from auditor.verify.policy import Policy
from auditor.verify.trust import Trust, standing
from auditor.verify.verified import Verified

Verdict = Literal["pass", "fail", "undecided"]

EXIT_CODES: Final[dict[Verdict, int]] = {"pass": 0, "fail": 1, "undecided": 3}

# Levels of an attestation: what was re-done here, never what the certificate says of itself.
SIGNATURE: Final = "ROBUSTNESS_SIGNATURE"
ARITHMETIC: Final = "ROBUSTNESS_ARITHMETIC"
VOTES: Final = ("ROBUSTNESS_VOTES_REPLAYED", "ROBUSTNESS_VOTES_SAMPLED")
MEMBERS: Final = ("ROBUSTNESS_MEMBERS_RETRAINED", "ROBUSTNESS_MEMBERS_SAMPLED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the gate found. ``verified`` is None when the release does not verify.

    ``now`` is the time that validity and age were judged at; ``trust`` and ``policy`` are what it
    was judged by, their digests part of every report.
    """

    verdict: Verdict
    checks: tuple[Check, ...]
    now: str
    trust: Trust
    policy: Policy
    verified: Verified | None

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 undecided."""
        return EXIT_CODES[self.verdict]

    @property
    def levels(self) -> tuple[str, ...]:
        """What was re-done, by name; empty when the release does not verify.

        ``REPLAYED``: all votes were cast again and none is contradicted. ``RETRAINED``: all members
        were trained again and have the same bits. Less is ``SAMPLED``; the checks say how much.
        """
        if self.verified is None:
            return ()
        found = [SIGNATURE, ARITHMETIC]
        evidence = self.verified.evidence
        if evidence is not None and evidence.votes is not None:
            found.append(VOTES[evidence.votes.sampled < evidence.votes.of])
        if evidence is not None and evidence.members is not None:
            members = evidence.members
            # Members with other bits vote alike on the listed inputs, and perhaps on no other.
            found.append(MEMBERS[evidence.bitwise != members.of])
        return tuple(found)


def judge(
    verified: Verified | VerificationError,
    trust: Trust,
    policy: Policy,
    *,
    now: str,
    subject: Check | None = None,
    resource_uri: str | None = None,
    baseline: Verified | VerificationError | None = None,
) -> Report:
    """Return the report on a release; raise nothing for anything that a release may hold.

    ``verified`` is what the release established under ``trust.keys("auditor")``, or the error that
    it ended with. ``subject`` is the check of a file that was asked about (``subject_check``),
    ``resource_uri`` what the resource is called, ``baseline`` the earlier release of the policy.
    """
    if isinstance(verified, VerificationError):
        checks = [_unverified(verified)]
        found = None
    elif verified.kind != "release":
        checks = [_not_a_folder()]
        found = None
    else:
        found = verified
        checks = [
            *_verified(verified),
            *standing(
                trust,
                keyid=verified.keyid,
                serial=verified.precommitment.serial,
                created_at=verified.precommitment.created_at,
                time=verified.time,
                now=now,
            ),
            *content(verified, policy, resource_uri),
            *figures(verified, policy, trust, baseline),
        ]
        if not any(item.criterion for item in checks):
            checks.append(_nothing_demanded())
    if subject is not None:
        checks.append(subject)
    return Report(
        verdict=verdict_of(checks),
        checks=tuple(checks),
        now=now,
        trust=trust,
        policy=policy,
        verified=found,
    )


def verdict_of(checks: Sequence[Check]) -> Verdict:
    """Return the verdict on checks: a failure decides, then doubt, and nothing is no pass."""
    if any(item.result == "fail" for item in checks):
        return "fail"
    if any(item.result == "undecided" for item in checks):
        return "undecided"
    if not any(item.criterion and item.result == "pass" for item in checks):
        return "undecided"
    return "pass"


def _verified(verified: Verified) -> Iterator[Check]:
    yield check(
        "AUD-SIG-001",
        holds=True,
        expected="a signature by a pinned key",
        actual=f"by {verified.keyid}",
        criterion=False,
    )
    yield check(
        "AUD-CRT-001",
        holds=True,
        expected="every claim follows from its row of votes",
        actual=f"{len(verified.claims)} claims under certificate {verified.digest}",
        criterion=False,
    )
    yield check(
        "AUD-CRT-002",
        holds=True,
        expected="the signed files",
        actual=f"members.sha256 {verified.statement.subject_sha256}",
        criterion=False,
    )


def _unverified(error: VerificationError) -> Check:
    number, expected = "AUD-CRT-001", "a certificate that verifies"
    if isinstance(error, SignatureError | EnvelopeError):
        number, expected = "AUD-SIG-001", "a signature by a pinned key that is not revoked"
    elif isinstance(error, ReleaseError):
        number, expected = "AUD-CRT-002", "the signed files"
    return check(
        number,
        holds=None if isinstance(error, UndecidedError) else False,
        expected=expected,
        actual=f"{error.grade}: {error}",
        criterion=False,
    )


def _not_a_folder() -> Check:
    return check(
        "AUD-CRT-001",
        holds=None,
        expected="a release folder",
        actual="the file of a single input: it says nothing about the other inputs",
        criterion=False,
    )


def _nothing_demanded() -> Check:
    return check(
        "AUD-POL-001",
        holds=None,
        expected="at least one demand that can be checked",
        actual="the policy demands nothing of this release",
        criterion=False,
    )
