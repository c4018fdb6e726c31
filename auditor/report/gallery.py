"""Which inputs to show: those an attacker flips most cheaply, and those that withstand most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.guarantee.threat import Budget
from auditor.report.sentences import budget_words, class_name
from auditor.report.subject import Subject, right, withstands
from auditor.verify.verified import Claim

_SHOWN = 8
_POINTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One input as the report shows it."""

    index: int
    answer: str
    truth: str
    right: bool
    survives: tuple[str, ...]


def exhibits(subject: Subject) -> tuple[tuple[Exhibit, ...], tuple[Exhibit, ...]]:
    """Return (least robust, most robust), each at most eight, worst and best first.

    Wrong and abstained inputs are the least robust of all. No input is in both lists.
    """
    audit = subject.audit
    budgets = [dict(row["budget"]) for row in subject.summary["certified"]]
    ranked = sorted(subject.claims, key=lambda claim: (_strength(claim, budgets), claim.index))
    shown = min(_SHOWN, (len(ranked) + 1) // 2)
    least = ranked[:shown]
    most = sorted(
        ranked[max(shown, len(ranked) - _SHOWN) :],
        key=lambda claim: (_strength(claim, budgets), -claim.index),
        reverse=True,
    )
    return tuple(_exhibit(audit, c) for c in least), tuple(_exhibit(audit, c) for c in most)


def shown_inputs(subject: Subject) -> tuple[int, ...]:
    """Return the inputs whose pictures ``render`` can use, in increasing order."""
    least, most = exhibits(subject)
    return tuple(sorted({exhibit.index for exhibit in (*least, *most)}))


def _strength(claim: Claim, budgets: list[dict[str, int]]) -> tuple[int, int, int]:
    """Order claims: right before wrong, then declared budgets survived, then all radii."""
    survived = sum(withstands(claim, budget) for budget in budgets)
    axes = {axis for budget in claim.frontier for axis, _ in budget.amounts}
    return int(right(claim)), survived, sum(claim.radius(axis) or 0 for axis in axes)


def _exhibit(audit: Mapping[str, Any], claim: Claim) -> Exhibit:
    return Exhibit(
        index=claim.index,
        answer="none: abstained" if claim.label is None else class_name(audit, claim.label),
        truth="unknown" if claim.true_label is None else class_name(audit, claim.true_label),
        right=right(claim),
        survives=tuple(
            budget_words(audit, budget.to_json()) for budget in _few(claim) if budget.amounts
        ),
    )


def _few(claim: Claim) -> tuple[Budget, ...]:
    """At most four points of the frontier: both ends, and what lies evenly between."""
    points = claim.frontier
    if len(points) <= _POINTS:
        return tuple(points)
    last = len(points) - 1
    return tuple(points[step * last // (_POINTS - 1)] for step in range(_POINTS))
