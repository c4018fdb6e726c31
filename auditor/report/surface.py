"""Certified accuracy over two axes at once: what both sides of a certificate are worth together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auditor.report.sentences import axis_words, share, unit_words
from auditor.report.subject import Subject, withstands

_COLUMNS: Final = 12
_ROWS: Final = 8
_TRAINING: Final = ("trainExamples", "trainFeatures", "trainLabels", "trainSquares", "trainSteps")
_TEST: Final = ("inputPatch", "inputFeatures", "inputSquares", "inputSteps", "columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Inputs that stay right within one amount on each axis, and their share in words."""

    count: int
    share: str
    tenths: int
    """The share in tenths, rounded down: how dark the cell is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """``cells[i][j]``: within ``rows[i]`` of the one axis and ``columns[j]`` of the other.

    ``across`` says what the columns count; ``names`` says each row.
    """

    across: str
    columns: tuple[int, ...]
    rows: tuple[int, ...]
    names: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def surface(subject: Subject) -> Surface | None:
    """Return the two-axis frontier; None unless both a training and a test axis are certified."""
    points = [budget for claim in subject.claims for budget in claim.frontier]
    seen = {axis for budget in points for axis, _ in budget.amounts}
    pair = [next((axis for axis in axes if axis in seen), None) for axes in (_TRAINING, _TEST)]
    training, test = pair
    if training is None or test is None:
        return None
    columns = _few({budget.get(training) for budget in points}, _COLUMNS)
    rows = _few({budget.get(test) for budget in points}, _ROWS)
    return Surface(
        across=unit_words(subject.audit, training),
        columns=columns,
        rows=rows,
        names=tuple(_name(subject.audit, test, amount) for amount in rows),
        cells=tuple(
            tuple(_cell(subject, {training: across, test: down}) for across in columns)
            for down in rows
        ),
    )


def _name(audit: Mapping[str, Any], axis: str, amount: int) -> str:
    return axis_words(audit, axis, amount) if amount else "input untouched"


def _cell(subject: Subject, amounts: Mapping[str, int]) -> Cell:
    budget = {axis: amount for axis, amount in amounts.items() if amount}
    inputs = len(subject.claims)
    count = sum(
        withstands(claim, budget) and (bool(budget) or claim.certified({}))
        for claim in subject.claims
    )
    return Cell(count=count, share=share(count, inputs), tenths=10 * count // max(inputs, 1))


def _few(amounts: set[int], most: int) -> tuple[int, ...]:
    """Return 0 and the amounts, or of many some that lie evenly, the largest among them."""
    listed: Sequence[int] = sorted({0, *amounts})
    if len(listed) > most:
        last = len(listed) - 1
        listed = sorted({listed[place * last // (most - 1)] for place in range(most)})
    return tuple(listed)
