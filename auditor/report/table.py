"""Certified accuracy by declared budget, as counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.report.sentences import budget_words, share
from auditor.report.subject import Subject


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
    """Return no attack first, then the declared budgets in their order."""
    summary = subject.summary
    inputs = int(summary["inputs"])
    declared = [(dict(row["budget"]), int(row["count"])) for row in summary["certified"]]
    clean: tuple[dict[str, int], int] = ({}, int(summary["correct"]))
    return tuple(
        Row(
            budget=budget,
            words=budget_words(subject.audit, budget) if budget else "no attack: the vote is right",
            count=count,
            inputs=inputs,
        )
        for budget, count in (clean, *(row for row in declared if row[0]))
    )
