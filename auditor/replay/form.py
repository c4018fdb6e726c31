"""What a graph that votes reads and writes, and the calls that open and run one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The one input "x" and the one output of a graph, all sizes fixed but the batch.

    A shard of ``members`` reads rows (batch, width), or (members, batch, width) when ``paired``,
    and writes scores (members, batch, outputs), one output a class. A front end (``members`` is
    None) reads (batch, width) and writes (batch, outputs), ``outputs`` None where only the graph
    says how many features it makes.
    """

    width: int
    members: int | None
    outputs: int | None
    paired: bool = False

    def rows(self, batch: int) -> tuple[int, ...]:
        """Return the shape of "x" for a batch."""
        own = (self.members,) if self.paired and self.members is not None else ()
        return (*own, batch, self.width)

    def results(self, batch: int, outputs: int) -> tuple[int, ...]:
        """Return the shape of the output for a batch."""
        own = () if self.members is None else (self.members,)
        return (*own, batch, outputs)


class Scorer(Protocol):
    """A loaded graph: float32 rows in, float32 results out."""

    def __call__(self, rows: Floats, /) -> Floats:
        """Return the results of one batch of rows."""
        ...


class Opener(Protocol):
    """Loads a graph from its bytes; ``where`` names its file in errors."""

    def __call__(self, model: bytes, form: Form, where: str, /) -> Scorer:
        """Return the loaded graph, or raise an AuditorError."""
        ...
