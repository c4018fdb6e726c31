"""Gaussian noise on the input (Cohen, Rosenfeld and Kolter 2019), on the declared grid.

Every value gets round(sigma Z) steps added, Z standard normal. On a grid this is the rounded value
plus sigma Z, a function of it, so the bound for continuous noise holds exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.guarantee import fields, grid
from auditor.guarantee.threat import INPUT_SQUARES


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianTest:
    """Standard deviation of the noise on input values, in steps of the grid."""

    method: ClassVar[str] = "gaussian"
    axes: ClassVar[tuple[str, ...]] = (INPUT_SQUARES,)

    sigma: fmpq

    @classmethod
    def from_dict(
        cls, value: Mapping[str, object], where: str, alphabet: Mapping[str, object]
    ) -> GaussianTest:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "sigma"), where)
        return cls(sigma=grid.sigma_in_steps(value, alphabet, where))

    def squared(self, squares: int) -> fmpq:
        """Return the squared length of a change, in standard deviations."""
        return squares / self.sigma**2
