"""Uniform noise on training features (Weber et al. 2023), on the declared grid.

A member is trained on a noisy copy of the whole set: every feature gets a whole number of steps
added, each of ``width`` neighbouring numbers equally likely, and labels may be flipped besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.exact.flips import FlipGroup
from auditor.guarantee import fields, grid
from auditor.guarantee.threat import TRAIN_STEPS, Threat
from auditor.guarantee.training import labels


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformTraining:
    """Number of equally likely shifts of a feature; keep probability of labels."""

    method: ClassVar[str] = "uniform"
    drawn: ClassVar[bool] = True

    width: int
    keep_labels: fmpq

    @classmethod
    def from_dict(
        cls, value: Mapping[str, object], where: str, alphabet: Mapping[str, object]
    ) -> UniformTraining:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "width", "keepLabels"), where)
        return cls(
            width=grid.width_in_steps(value, alphabet, where),
            keep_labels=fields.probability(value, "keepLabels", where),
        )

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes that carry noise."""
        return (TRAIN_STEPS, *labels.axes(self.keep_labels))

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError for groups."""
        return labels.threat(unit, self.keep_labels)

    def overlap(self, steps: int) -> fmpq:
        """Return the least chance that the noisy features could have come from either set."""
        return grid.overlap(self.width, steps)

    def groups(self, changed: int, classes: int) -> tuple[FlipGroup, ...]:
        """Return the noise on ``changed`` changed labels."""
        return labels.groups(self.keep_labels, changed, classes)
