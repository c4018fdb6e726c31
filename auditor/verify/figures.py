"""A policy's demands on how much is certified, how random draws came about, and what was re-done.

Shares of inputs are counted over all of them, after what the evidence leaves in doubt was taken
off: an input without a true label, or whose label might hang on a forged vote, counts against.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from auditor.errors import VerificationError
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.verify import compare
from auditor.verify.check import Check, check
from auditor.verify.criteria import prices
from auditor.verify.policy import Policy
from auditor.verify.trust import Trust
from auditor.verify.verified import Evidence, Sampled, Verified


def figures(
    verified: Verified,
    policy: Policy,
    trust: Trust,
    baseline: Verified | VerificationError | None,
) -> Iterator[Check]:
    """Yield the checks of what is certified and on what grounds.

    ``baseline`` is the verified earlier release of the policy, or why there is none.
    """
    yield from _accuracy(verified, policy)
    yield from _challenge(verified, policy, trust)
    yield from _evidence(verified, policy)
    if policy.baseline is not None:
        yield _baseline(verified, policy, baseline)


def _accuracy(verified: Verified, policy: Policy) -> Iterator[Check]:
    total = len(verified.claims)
    given = ", given the members" if policy.given_members else ""
    for budget, least in policy.certified:
        found = Fraction(_certified(verified, policy, budget), total)
        cost = ""
        if budget.get(TRAIN_EXAMPLES):
            cost = f" ({prices(verified.certificate.audit.moves)})"
        yield check(
            "AUD-ACC-001",
            about=_named(budget),
            holds=found >= least,
            expected=f"at least {decimal(least, up=True)}",
            actual=f"{decimal(found)} of {total} inputs{given}{cost}",
        )
    if policy.clean is not None:
        right = max(_standing(verified, right=True), _certified(verified, policy, Budget()))
        found = Fraction(right, total)
        yield check(
            "AUD-ACC-002",
            holds=found >= policy.clean,
            expected=f"at least {decimal(policy.clean, up=True)}",
            actual=f"{decimal(found)} ({right} of {total}){given}",
        )
    if policy.abstention is not None:
        answered = max(_standing(verified, right=False), _certified(verified, policy, Budget()))
        found = Fraction(total - answered, total)
        yield check(
            "AUD-ACC-003",
            holds=found <= policy.abstention,
            expected=f"at most {decimal(policy.abstention)}",
            actual=f"{decimal(found, up=True)} ({total - answered} of {total}){given}",
        )


def _standing(verified: Verified, *, right: bool) -> int:
    """Return how many labels stand, each with all that may be forged against it alone.

    Where forgery is spread over the inputs fewer may fall: ``_certified`` counts that, at the
    budget of no change, and the larger of both numbers holds.
    """
    evidence = verified.evidence
    claims = verified.claims if evidence is None else evidence.surviving
    return sum(c.label is not None and (not right or c.label == c.true_label) for c in claims)


def _certified(verified: Verified, policy: Policy, budget: Budget) -> int:
    """Return how many inputs are certified after what is in doubt was taken off.

    Doubt about the members is left out where the policy takes them as given and no member that was
    trained again votes otherwise. What holds at a larger budget holds at this one.
    """
    counts = [int(verified.surviving_accuracy(budget) * len(verified.claims))]
    evidence = verified.evidence
    if policy.given_members and evidence is not None:
        refuted = evidence.members is not None and evidence.members.found > 0
        if not refuted:
            counts += [n for most, n in evidence.given_members if most.covers(budget)]
    return max(counts)


def _challenge(verified: Verified, policy: Policy, trust: Trust) -> Iterator[Check]:
    origin = verified.challenge
    certain = origin.kind == "not-needed"
    if policy.challenges:
        believed = origin.kind != "drand" or bool(trust.drand)
        yield check(
            "AUD-CHA-001",
            holds=certain or (origin.kind in policy.challenges and believed),
            expected=" or ".join(policy.challenges),
            actual=origin.text + ("" if believed else "; no drand chain is trusted"),
        )
    for number, most, name in (
        ("AUD-CHA-002", policy.of_key, "of_key"),
        ("AUD-CHA-003", policy.of_data, "of_data"),
    ):
        if most is not None:
            count = None if origin.count is None else getattr(origin.count, name)
            yield check(
                number,
                holds=certain or (count is not None and count <= most),
                expected=f"at most {most}",
                actual=origin.text if certain else _count(count),
            )


def _count(count: int | None) -> str:
    return "no pinned challenger counted" if count is None else f"challenge number {count}"


def _evidence(verified: Verified, policy: Policy) -> Iterator[Check]:
    found = verified.evidence
    votes = None if found is None else found.votes
    members = None if found is None else found.members
    if policy.replay is not None:
        yield check(
            "AUD-EVI-001",
            holds=_enough(found, votes, policy.replay),
            expected=_demanded(policy.replay, "cells of votes"),
            actual=_done(votes, "cells of votes", "--replay"),
        )
    if policy.retrain is not None:
        yield check(
            "AUD-EVI-002",
            holds=_enough(found, members, policy.retrain),
            expected=_demanded(policy.retrain, "members"),
            actual=_done(members, "members", "--retrain"),
        )
    if policy.bitwise:
        same = None if found is None else found.bitwise
        yield check(
            "AUD-EVI-004",
            holds=members is not None and same == members.sampled,
            expected="all that were looked at",
            actual=_done(members, "members", "--retrain")
            + ("" if members is None else f"; {same} have the same bits"),
        )
    if policy.delta is not None:
        samples = [sample for sample in (votes, members) if sample is not None]
        deltas = [Fraction(sample.delta) for sample in samples]
        yield check(
            "AUD-EVI-003",
            holds=bool(deltas) and max(deltas) <= policy.delta,
            expected=f"at most {policy.delta} for each sample",
            actual=", ".join(sample.delta for sample in samples) or "nothing was sampled",
        )


def _enough(found: Evidence | None, sample: Sampled | None, demanded: int | str) -> bool | None:
    """Whether so many were looked at, or all that there are.

    None (undecided) where the sample follows from a seed that was given: it may have been known to
    whoever made the release, unless it is all that there is.
    """
    if found is None or sample is None:
        return False
    if not found.fresh and sample.sampled < sample.of:
        return None
    wanted = sample.of if isinstance(demanded, str) else min(demanded, sample.of)
    return sample.sampled >= wanted


def _demanded(demanded: int | str, what: str) -> str:
    return f"all {what}" if isinstance(demanded, str) else f"{demanded} {what} or all of them"


def _done(sample: Sampled | None, what: str, option: str) -> str:
    if sample is None:
        return f"none: this gate ran without {option}"
    return (
        f"{sample.sampled} of {sample.of} {what}, of which {sample.found} differ; "
        f"at most {sample.undetected} of all do"
    )


def _baseline(
    verified: Verified, policy: Policy, baseline: Verified | VerificationError | None
) -> Check:
    wanted = policy.baseline
    assert wanted is not None  # noqa: S101 - the caller looked
    expected = f"a drop of at most {decimal(wanted.max_drop)} against {wanted.release}"
    holds: bool | None = None
    if not isinstance(baseline, Verified):
        actual = f"the earlier release does not verify: {baseline or 'it was not read'}"
    elif wanted.sha256 not in {None, baseline.digest}:
        actual = f"the earlier certificate is {baseline.digest}, pinned is {wanted.sha256}"
    else:
        try:
            found = compare.compare(
                baseline,
                verified,
                max_drop=wanted.max_drop,
                at=wanted.at,
                listed=policy.inputs,
            )
        except VerificationError as error:
            actual = f"not comparable: {error}"
        else:
            holds = found.within
            worst = max(found.changes, key=lambda change: change.drop)
            actual = (
                f"{worst.old} before and {worst.new} now, of {worst.total}, at "
                f"{_named(worst.budget)}; {len(worst.lost)} lost, {len(worst.gained)} gained, "
                f"{worst.doubtful} in doubt"
            )
    return check("AUD-BAS-001", holds=holds, expected=expected, actual=actual)


def decimal(value: Fraction, *, up: bool = False) -> str:
    """Return a share to four decimals, rounded down, or up.

    >>> decimal(Fraction(2, 3)), decimal(Fraction(2, 3), up=True), decimal(Fraction(3, 4))
    ('0.6666', '0.6667', '0.7500')
    """
    scaled = 10_000 * value
    number = -(-scaled.numerator // scaled.denominator) if up else scaled.__floor__()
    whole, rest = divmod(number, 10_000)
    return f"{whole}.{rest:04d}"


def _named(budget: Budget) -> str:
    return str(budget) if budget.amounts else "no change at all"
