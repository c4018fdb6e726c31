"""What an attacker may change: axes, budgets along them, and what each move costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import RecipeError
from auditor.guarantee import fields

TRAIN_EXAMPLES: Final = "trainExamples"
PARTIAL_EXAMPLES: Final = "partialExamples"
FEATURES_PER_EXAMPLE: Final = "featuresPerExample"
LABELS_PER_EXAMPLE: Final = "labelsPerExample"
TRAIN_FEATURES: Final = "trainFeatures"
TRAIN_LABELS: Final = "trainLabels"
TRAIN_SQUARES: Final = "trainSquares"
TRAIN_STEPS: Final = "trainSteps"
INPUT_FEATURES: Final = "inputFeatures"
INPUT_PATCH: Final = "inputPatch"
INPUT_SQUARES: Final = "inputSquares"
INPUT_STEPS: Final = "inputSteps"
COLUMNS: Final = "columns"
TOTAL: Final = "total"

AXES: Final = (
    TRAIN_EXAMPLES,
    PARTIAL_EXAMPLES,
    FEATURES_PER_EXAMPLE,
    LABELS_PER_EXAMPLE,
    TRAIN_FEATURES,
    TRAIN_LABELS,
    TRAIN_SQUARES,
    TRAIN_STEPS,
    INPUT_FEATURES,
    INPUT_PATCH,
    INPUT_SQUARES,
    INPUT_STEPS,
    COLUMNS,
    TOTAL,
)
"""Every axis, in canonical order.

``trainExamples``: cost of the moves made on training units. ``partialExamples``: further training
examples that are changed in part, each in at most ``featuresPerExample`` features (in the
alphabet's unit) and ``labelsPerExample`` labels (0 or 1). ``trainFeatures``, ``trainLabels``:
changed training features (in the alphabet's unit) and labels. ``inputFeatures``: changed units of
the input. ``inputPatch``: side of one square of the input that may be repainted at will.
``trainSquares``, ``inputSquares``: sum of the squared changes of training features or input values,
counted in steps of the grid (an l2 distance). ``trainSteps``, ``inputSteps``: sum of the changes in
steps (an l1 distance). ``columns``: places (in the alphabet's unit) at which every training
example, and the input, may be changed at will, labels intact and examples well-formed. ``total``:
changed features and labels of training set and input together, however they are split.
"""

MAX_AMOUNT: Final = 1 << 40
_CAPS: Final = (FEATURES_PER_EXAMPLE, LABELS_PER_EXAMPLE)


@dataclass(frozen=True, slots=True, order=True)
class Budget:
    """How much may be changed at once: positive amounts by axis, absent meaning none.

    >>> Budget.of({"inputFeatures": 4, "trainExamples": 65, "trainLabels": 0}).to_json()
    {'trainExamples': 65, 'inputFeatures': 4}
    """

    amounts: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, amounts: Mapping[str, int]) -> Budget:
        """Return the budget with these amounts; zeros are dropped, axes put in canonical order."""
        return cls.from_json(amounts, "budget")

    @classmethod
    def from_json(cls, value: object, where: str) -> Budget:
        """Read a budget; RecipeError on an unknown axis or an amount out of range."""
        if not isinstance(value, Mapping):
            message = f"{where}: expected a table of amounts by axis, got {type(value).__name__}"
            raise RecipeError(message)
        fields.only(value, AXES, where)
        amounts = tuple(
            (axis, fields.integer(value, axis, where, low=0, high=MAX_AMOUNT))
            for axis in AXES
            if axis in value
        )
        return cls(tuple(entry for entry in amounts if entry[1]))

    def to_json(self) -> dict[str, int]:
        """Return the amounts by axis, in canonical order."""
        return dict(self.amounts)

    def get(self, axis: str) -> int:
        """Return the amount along ``axis``, zero when absent."""
        return dict(self.amounts).get(axis, 0)

    def check_partial(self, where: str) -> None:
        """Raise RecipeError unless partial changes have a number of examples and a cap on each."""
        caps = any(self.get(cap) for cap in _CAPS)
        if caps != bool(self.get(PARTIAL_EXAMPLES)):
            message = (
                f"{where}: expected {PARTIAL_EXAMPLES} together with {' or '.join(_CAPS)}, or "
                f"none of them, got {self}"
            )
            raise RecipeError(message)
        if self.get(LABELS_PER_EXAMPLE) > 1:
            raise fields.refuse(where, LABELS_PER_EXAMPLE, "0 or 1", self.get(LABELS_PER_EXAMPLE))

    def covers(self, other: Budget) -> bool:
        """Return whether this budget allows at least what ``other`` allows, axis by axis."""
        mine = dict(self.amounts)
        return all(mine.get(axis, 0) >= amount for axis, amount in other.amounts)

    def __str__(self) -> str:
        """Return e.g. ``trainExamples 65, inputFeatures 4``, or ``none``."""
        return ", ".join(f"{axis} {amount}" for axis, amount in self.amounts) or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """The unit of the training side and the price of each move on it.

    A move that is not listed is not covered by the certificate.
    """

    unit: str
    moves: tuple[tuple[str, int], ...]

    def to_json(self) -> dict[str, object]:
        """Return the form signed in the certificate."""
        return {"unit": self.unit, "moves": dict(self.moves)}
