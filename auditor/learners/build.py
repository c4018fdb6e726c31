"""The closed table of learners: from a resolved recipe to a Learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from auditor.learners.base import InputSpec, Learner
from auditor.learners.cnn import cnn
from auditor.learners.factory import factory
from auditor.learners.front_ends.table import Given, front_end
from auditor.learners.kernel_bayes import KernelBayes
from auditor.learners.logistic import Logistic
from auditor.learners.mlp import Mlp
from auditor.learners.naive_bayes import NaiveBayes
from auditor.learners.nearest_neighbours import NearestNeighbours
from auditor.learners.options import Options
from auditor.learners.ridge import Ridge
from auditor.learners.rows import RowMaker
from auditor.learners.torchvision_models import torchvision_model

#: Name in a recipe -> learner; schemas/recipe.v1.json has the same names in the same order.
LEARNERS: Final[Mapping[str, Callable[[Options, RowMaker, int | None], Learner]]] = {
    "naive-bayes": lambda options, maker, _: NaiveBayes.from_options(options, maker),
    "kernel-bayes": KernelBayes.from_options,
    "nearest-neighbours": NearestNeighbours.from_options,
    "ridge": lambda options, maker, _: Ridge.from_options(options, maker),
    "logistic": lambda options, maker, _: Logistic.from_options(options, maker),
    "mlp": lambda options, maker, _: Mlp.from_options(options, maker),
    "cnn": lambda options, maker, _: cnn(options, maker),
    "torchvision": lambda options, maker, _: torchvision_model(options, maker),
    "python": lambda options, maker, _: factory(options, maker),
}

NOTHING: Final = Given()


def build(
    recipe: Mapping[str, Any],
    spec: InputSpec,
    masks: npt.NDArray[np.uint8] | None = None,
    capacity: int | None = None,
    given: Given = NOTHING,
) -> Learner:
    """Return the learner of a resolved recipe.

    ``masks`` (views, d) is the certified list of a deterministic test side, None otherwise.
    ``capacity`` is the most examples a member can hold (needed by kernel-bayes and by
    nearest-neighbours, whose graphs have a slot for each). ``given``: see
    :mod:`~auditor.learners.front_ends.table`. Raises RecipeError for parameters that cannot be used
    with these inputs.
    """
    options = Options(recipe["learner"], "learner")
    name = options.text("name", "")
    make = LEARNERS.get(name)
    if make is None:
        raise options.error("name", name, "one of " + ", ".join(LEARNERS))
    maker = RowMaker.from_recipe(recipe, spec, masks, front_end(options, spec, given))
    return make(options, maker, capacity)
