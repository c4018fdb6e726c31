"""Gaussian noise on training features (RAB: Weber, Xu, Karlas, Zhang and Li 2023), on the grid.

A member is trained on a noisy copy of the whole set: every feature gets round(sigma Z) steps added,
and labels may be flipped besides. ``keepLabels`` = 1 leaves labels alone, and then no change of a
label is covered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.exact.flips import FlipGroup
from auditor.guarantee import fields, grid
from auditor.guarantee.threat import TRAIN_SQUARES, Threat
from auditor.guarantee.training import labels


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianTraining:
    """Standard deviation of the noise on features, in steps; keep probability of labels."""

    method: ClassVar[str] = "gaussian"
    drawn: ClassVar[bool] = True

    sigma: fmpq
    keep_labels: fmpq

    @classmethod
    def from_dict(
        cls, value: Mapping[str, object], where: str, alphabet: Mapping[str, object]
    ) -> GaussianTraining:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "sigma", "keepLabels"), where)
        return cls(
            sigma=grid.sigma_in_steps(value, alphabet, where),
            keep_labels=fields.probability(value, "keepLabels", where),
        )

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes that carry noise."""
        return (TRAIN_SQUARES, *labels.axes(self.keep_labels))

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError for groups."""
        return labels.threat(unit, self.keep_labels)

    def squared(self, squares: int) -> fmpq:
        """Return the squared length of a change of features, in standard deviations."""
        return squares / self.sigma**2

    def groups(self, changed: int, classes: int) -> tuple[FlipGroup, ...]:
        """Return the noise on ``changed`` changed labels."""
        return labels.groups(self.keep_labels, changed, classes)
