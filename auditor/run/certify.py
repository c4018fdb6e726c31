"""From evidence rows to leaves, from leaves to the signed certificate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auditor.format import leaf as leaf_format
from auditor.format import merkle
from auditor.format.audit import Audit
from auditor.format.leaf import Leaf
from auditor.format.predicate import Certificate, Summary, Threshold
from auditor.guarantee.claim import Rule
from auditor.guarantee.claim import Threshold as RuleThreshold
from auditor.guarantee.threat import Budget
from auditor.run.commit import DeclaredInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What training left behind, beside the votes."""

    determinism: str
    shard_size: int
    graph: str


def leaves(
    rule: Rule, declared: Sequence[DeclaredInput], evidence: bytes, done: Callable[[int], None]
) -> tuple[Leaf, ...]:
    """Judge every input's evidence row; ``done`` hears of each."""
    size = rule.row_size
    judged = []
    for item in declared:
        row = evidence[item.index * size : (item.index + 1) * size]
        verdict = rule.judge(row)
        judged.append(
            Leaf(
                index=item.index,
                input=item.name,
                true_label=item.true_label,
                label=verdict.label,
                row=leaf_format.row_digest(row),
                statistics=verdict.statistics,
                frontier=tuple(budget.to_json() for budget in verdict.frontier),
            )
        )
        done(1)
    return tuple(judged)


def summarise(audit: Audit, judged: Sequence[Leaf]) -> Summary:
    """Return the totals: by declared budget, inputs certified with their true label."""
    certified = []
    for declared in audit.budgets:
        budget = Budget.of(declared)
        count = sum(
            leaf.label is not None
            and leaf.label == leaf.true_label
            and any(Budget.of(point).covers(budget) for point in leaf.frontier)
            for leaf in judged
        )
        certified.append((declared, count))
    return Summary(
        inputs=len(judged),
        correct=sum(leaf.label is not None and leaf.label == leaf.true_label for leaf in judged),
        abstained=sum(leaf.label is None for leaf in judged),
        certified=tuple(certified),
    )


def certificate(
    audit: Audit,
    rule: Rule,
    judged: Sequence[Leaf],
    evidence: bytes,
    *,
    precommitment: str,
    challenge: str | None,
    outcome: Outcome,
) -> Certificate:
    """Return the certificate's predicate.

    ``precommitment`` is its payload's SHA-256 in hex, ``challenge`` the digest of the one that was
    answered (``verify.challenge.Files.digest``).
    """
    tree = merkle.Tree(leaf.to_bytes() for leaf in judged)
    return Certificate(
        audit=audit,
        precommitment=precommitment,
        challenge=challenge,
        determinism=outcome.determinism,
        member_count=audit.members,
        shard_size=outcome.shard_size,
        graph=outcome.graph,
        evidence=hashlib.sha256(evidence).hexdigest(),
        row_size=rule.row_size,
        evidence_size=len(judged),
        thresholds=tuple(_threshold(entry) for entry in rule.thresholds()),
        batch_size=tree.size,
        batch_root=tree.root.hex(),
        summary=summarise(audit, judged),
    )


def _threshold(entry: RuleThreshold) -> Threshold:
    return Threshold(
        budget=entry.budget.to_json(),
        p_star=f"{entry.p_star.p}/{entry.p_star.q}",
        k_star=entry.k_star,
    )
