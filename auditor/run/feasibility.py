"""Whether the declared budgets can be certified at all, before anything is spent."""

from __future__ import annotations

from auditor.errors import RunError
from auditor.guarantee.claim import Rule


def refuse_unreachable(rule: Rule) -> None:
    """Raise RunError when no budget above zero can be certified, whatever the votes."""
    wanted = [need for need in rule.requirements() if need.budget.amounts]
    if wanted and not any(need.reachable for need in wanted):
        reasons = "; ".join(need.reason for need in wanted)
        msg = f"no declared budget above zero can be certified, whatever the votes: {reasons}"
        raise RunError(msg)
