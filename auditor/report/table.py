"""Certified accuracy by declared budget, as counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.report.sentences import budget_words, share
from auditor.report.subject import Subject

CLEAN: Final = "no attack: the vote is right"
CERTIFIED: Final = "no change: right, and certified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One budget: how many inputs keep their right label within it."""

    budget: Mapping[str, int]
    words: str
    count: int
    inputs: int

    @property
    def share(self) -> str:
        """The count as a percentage of all declared inputs."""
        return share(self.count, self.inputs)


def rows(subject: Subject) -> tuple[Row, ...]:
    """Return the answers that are right first, then the declared budgets in their order.

    The empty budget, where it is declared, counts the right answers that the rule certifies with
    nothing spent: there may be fewer of them than right answers.
    """
    summary = subject.summary
    inputs = int(summary["inputs"])

    def row(words: str, budget: Mapping[str, int], count: int) -> Row:
        return Row(budget=budget, words=words, count=count, inputs=inputs)

    declared = (
        row(
            budget_words(subject.audit, entry["budget"]) if entry["budget"] else CERTIFIED,
            dict(entry["budget"]),
            int(entry["count"]),
        )
        for entry in summary["certified"]
    )
    return (row(CLEAN, {}, int(summary["correct"])), *declared)
