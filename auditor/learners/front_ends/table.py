"""The closed table of front ends: fixed graphs between views and members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from auditor.learners.base import InputSpec
from auditor.learners.front_ends import own_graph
from auditor.learners.front_ends.centroids import Centroids
from auditor.learners.front_ends.colour_hog import ColourHog
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.front_ends.masked_hog import MaskedHog
from auditor.learners.options import Options
from auditor.randomness import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The training features, for a front end that is made from them under a threat to labels.

    ``symbols`` (n, d) are those of all training examples, ``stream`` is part of the design.
    """

    symbols: npt.NDArray[np.integer]
    stream: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a front end may be made of besides its options.

    ``artefact`` holds the bytes of the recipe's own file, if it has one; ``features`` gives the
    training features, and is called only for a front end that is made from them.
    """

    artefact: bytes | None = None
    features: Callable[[], Features] | None = None


def _centroids(options: Options, spec: InputSpec, given: Given) -> FixedFrontEnd:
    if given.features is None:
        name = options.text("name", "")
        raise options.error("name", name, "a front end that needs no training features here")
    found = given.features()
    return Centroids.from_options(options, spec, found.symbols, found.stream).build()


#: Name in a recipe -> graph between views and members; schemas/recipe.v1.json has the same names.
FRONT_ENDS: Final[Mapping[str, Callable[[Options, InputSpec, Given], FixedFrontEnd]]] = {
    "masked-hog": lambda options, spec, _: MaskedHog.from_options(options, spec).build(),
    "colour-hog": lambda options, spec, _: ColourHog.from_options(options, spec).build(),
    "centroids": _centroids,
    own_graph.NAME: lambda options, spec, given: own_graph.build(options, spec, given.artefact),
}


def front_end(learner: Options, spec: InputSpec, given: Given) -> FixedFrontEnd | None:
    """Return the front end of a recipe's ``learner`` table, None where it names none."""
    table = learner.table.get("frontEnd")
    if table is None:
        return None
    options = Options(table, "learner.frontEnd")
    name = options.text("name", "")
    make = FRONT_ENDS.get(name)
    if make is None:
        raise options.error("name", name, "one of " + ", ".join(sorted(FRONT_ENDS)))
    return make(options, spec, given)
