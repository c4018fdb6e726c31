"""What an attacker may change: axes, budgets along them, and what each move costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import RecipeError
from auditor.guarantee import fields

TRAIN_EXAMPLES: Final = "trainExamples"
TRAIN_FEATURES: Final = "trainFeatures"
TRAIN_LABELS: Final = "trainLabels"
INPUT_FEATURES: Final = "inputFeatures"
INPUT_PATCH: Final = "inputPatch"
COLUMNS: Final = "columns"
TOTAL: Final = "total"

AXES: Final = (
    TRAIN_EXAMPLES,
    TRAIN_FEATURES,
    TRAIN_LABELS,
    INPUT_FEATURES,
    INPUT_PATCH,
    COLUMNS,
    TOTAL,
)
"""Every axis, in canonical order.

``trainExamples``: cost of the moves made on training units. ``trainFeatures``, ``trainLabels``:
changed training features (in the alphabet's unit) and labels. ``inputFeatures``: changed units of
the input. ``inputPatch``: side of one square of the input that may be repainted at will.
``columns``: places (in the alphabet's unit) at which every training example, and the input, may be
changed at will, labels intact and examples well-formed.
``total``: changed features and labels of training set and input together, however they are split.
"""

MAX_AMOUNT: Final = 1 << 40


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
