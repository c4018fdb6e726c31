"""An earlier release beside this one: what is certified no more, and what is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.report.sentences import budget_words, share
from auditor.report.table import CERTIFIED
from auditor.verify.compare import Change, Comparison, Moved

_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One budget, before and now; ``lost`` and ``gained`` name inputs, the first twelve."""

    words: str
    before: str
    now: str
    lost: str
    gained: str


def steps(audit: Mapping[str, Any], comparison: Comparison) -> tuple[Step, ...]:
    """Return one step a budget."""
    return tuple(_step(audit, change) for change in comparison.changes)


def _step(audit: Mapping[str, Any], change: Change) -> Step:
    return Step(
        words=budget_words(audit, change.budget.to_json()) if change.budget.amounts else CERTIFIED,
        before=share(change.old, change.total),
        now=share(change.new, change.total),
        lost=_named(change.lost),
        gained=_named(change.gained),
    )


def _named(moved: Sequence[Moved]) -> str:
    if not moved:
        return "none"
    rest = len(moved) - _NAMED
    listed = ", ".join(str(one.new) for one in moved[:_NAMED])
    return f"{len(moved)}: {listed}" + (f" and {rest} more" if rest > 0 else "")
