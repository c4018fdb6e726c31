"""A plan as text: time, memory, disk, and what every budget needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from auditor.cli.progress import duration
from auditor.cli.screen import safe, table
from auditor.guarantee.claim import Requirement
from auditor.guarantee.smoothing import threat_for
from auditor.report.sentences import budget_words, count

if TYPE_CHECKING:
    from auditor.run.plan import Plan


def forecast(plan: Plan, recipe: Mapping[str, Any]) -> str:
    """Return the plan for people. ``recipe`` is the resolved recipe, for the names of things."""
    words = {
        "recipe": recipe,
        "threat": threat_for(recipe).to_json(),
        "dataset": {"shape": plan.shape} | ({"groups": plan.groups} if plan.groups else {}),
    }
    each = ""
    if plan.draws or plan.views > 1:
        each = f", {count(plan.draws, 'draw') if plan.draws else count(plan.views, 'view')} each"
    free = _size(plan.disk_free_bytes)
    lines = [
        f"{plan.name}: {count(plan.members, 'member')}, {count(plan.inputs, 'input')}{each}",
        "",
        f"  training  about {duration(plan.training_seconds)}",
        f"  voting    about {duration(plan.voting_seconds)}",
        f"  memory    about {_size(plan.memory_bytes)}",
        f"  disk      about {_size(plan.disk_bytes)} ({free} free)",
        f"  with      {count(plan.workers, 'worker')}, {plan.device}",
        "",
        *table(
            [
                ("attacker changes at most", "vote needed", "can be certified"),
                *(_row(words, need) for need in plan.requirements),
            ]
        ),
    ]
    return safe("\n".join(lines))


def _row(words: Mapping[str, Any], need: Requirement) -> tuple[str, str, str]:
    budget = need.budget.to_json()
    return (budget_words(words, budget) if budget else "no change", _needed(need), _answer(need))


def _needed(need: Requirement) -> str:
    if need.share is not None:
        if need.share >= 1:
            return "-"
        # Rounded up: a share that is only almost enough must not look like enough.
        tenths = -(-int(need.share.p) * 1000 // int(need.share.q))
        share = f"above {tenths // 10}.{tenths % 10} %"
        return share if need.count is None else f"{share}, {need.count:,} votes"
    return "-" if need.margin is None else f"margin {need.margin:,} in a view"


def _answer(need: Requirement) -> str:
    if need.reachable:
        return "yes"
    least = need.least_draws if need.share is not None else need.least_members
    return "impossible" if least is None else f"impossible: needs {least:,}"


def _size(amount: int) -> str:
    """Return a number of bytes as people say it.

    >>> _size(512), _size(1_500_000), _size(2_500_000_000)
    ('512 B', '1.5 MB', '2.5 GB')
    """
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if amount >= scale:
            return f"{amount / scale:.1f} {unit}"
    return f"{amount} B"
