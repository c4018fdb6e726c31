"""A member that cannot be trained: NaN throughout, so that it abstains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from auditor.learners.base import Parameters


def failed(shapes: Mapping[str, tuple[int, ...]]) -> Parameters:
    """Return parameters of these shapes, all NaN."""
    return {name: np.full(shape, np.nan, np.float32) for name, shape in shapes.items()}


def sound(parameters: Parameters) -> Parameters:
    """Return the parameters unless some number is not finite; then the failed member."""
    if all(bool(np.isfinite(array).all()) for array in parameters.values()):
        return parameters
    return failed({name: array.shape for name, array in parameters.items()})
