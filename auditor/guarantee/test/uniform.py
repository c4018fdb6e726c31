"""Uniform noise on the input, on the declared grid (Weber et al. 2023 for the continuous one).

Every value gets a whole number of steps added, each of ``width`` neighbouring numbers equally
likely.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.guarantee import fields, grid
from auditor.guarantee.threat import INPUT_STEPS


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformTest:
    """Number of equally likely shifts of an input value."""

    method: ClassVar[str] = "uniform"
    axes: ClassVar[tuple[str, ...]] = (INPUT_STEPS,)

    width: int

    @classmethod
    def from_dict(
        cls, value: Mapping[str, object], where: str, alphabet: Mapping[str, object]
    ) -> UniformTest:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "width"), where)
        return cls(width=grid.width_in_steps(value, alphabet, where))

    def overlap(self, steps: int) -> fmpq:
        """Return the least chance that a noisy value could have come from either input.

        >>> str(UniformTest(width=8).overlap(2))
        '3/4'
        """
        return grid.overlap(self.width, steps)
