"""What a certificate says of each class: some may be much easier to attack than others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.report.sentences import class_name, share
from auditor.report.subject import Subject, right, withstands


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """The inputs of one true class. ``certified``: share that stays right, by budget."""

    name: str
    inputs: int
    right: str
    abstained: int
    certified: tuple[str, ...]


def class_rows(subject: Subject, budgets: tuple[Mapping[str, int], ...]) -> tuple[ClassRow, ...]:
    """Return one row a class that has inputs, in the order of the classes."""
    names = subject.audit["dataset"]["classes"]
    found = []
    for label in range(len(names)):
        claims = [claim for claim in subject.claims if claim.true_label == label]
        if not claims:
            continue
        total = len(claims)
        found.append(
            ClassRow(
                name=class_name(subject.audit, label),
                inputs=total,
                right=share(sum(map(right, claims)), total),
                abstained=sum(claim.label is None for claim in claims),
                certified=tuple(
                    share(sum(withstands(claim, budget) for claim in claims), total)
                    for budget in budgets
                ),
            )
        )
    return tuple(found)
