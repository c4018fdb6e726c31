"""Certified accuracy as one budget grows: the numbers behind the report's curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.report.sentences import budget_words
from auditor.report.subject import Subject, withstands
from auditor.verify.verified import Claim

#: Preferred for the horizontal axis, first present wins.
_HORIZONTAL = (
    "trainExamples",
    "partialExamples",
    "total",
    "inputFeatures",
    "trainFeatures",
    "trainLabels",
    "trainSquares",
    "trainSteps",
    "inputPatch",
    "inputSquares",
    "inputSteps",
    "columns",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: ``counts[i]`` inputs stay right while ``axis`` is spent up to ``amounts[i]``.

    ``beside`` is what the attacker may change as well, in words and as a budget.
    """

    axis: str
    beside: Mapping[str, int]
    words: str
    amounts: tuple[int, ...]
    counts: tuple[int, ...]


def lines(subject: Subject) -> tuple[Line, ...]:
    """Return the lines of the curve, for no other change first; () when nothing is certified.

    The horizontal axis is a training axis where there is one. There is one line for every
    combination of the other axes that the recipe declares budgets for.
    """
    claims = [claim for claim in subject.claims if claim.label is not None]
    seen = {axis for claim in claims for budget in claim.frontier for axis, _ in budget.amounts}
    axis = next((name for name in _HORIZONTAL if name in seen), None)
    if axis is None:
        return ()
    far = max(claim.radius(axis) or 0 for claim in claims)
    amounts = _amounts(claims, axis, far)
    return tuple(
        _line(subject.audit, claims, axis, beside, amounts) for beside in _besides(subject, axis)
    )


def _besides(subject: Subject, axis: str) -> list[dict[str, int]]:
    found: list[dict[str, int]] = [{}]
    for row in subject.summary["certified"]:
        rest = {name: amount for name, amount in row["budget"].items() if name != axis}
        if rest not in found:
            found.append(rest)
    return sorted(found, key=lambda budget: (len(budget), sum(budget.values())))


def _amounts(claims: Sequence[Claim], axis: str, far: int) -> tuple[int, ...]:
    """Return 0, every amount at which a count can change, and one beyond the last."""
    steps = {budget.get(axis) for claim in claims for budget in claim.frontier}
    return tuple(sorted({0, far, far + 1} | {step + 1 for step in steps}))


def _line(
    audit: Mapping[str, Any],
    claims: Sequence[Claim],
    axis: str,
    beside: dict[str, int],
    amounts: tuple[int, ...],
) -> Line:
    counts = tuple(
        sum(withstands(claim, {**beside, **({axis: amount} if amount else {})}) for claim in claims)
        for amount in amounts
    )
    words = f"and {budget_words(audit, beside)}" if beside else "nothing else changed"
    return Line(axis=axis, beside=beside, words=words, amounts=amounts, counts=counts)
