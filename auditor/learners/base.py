"""The one interface of all learners, and the three types it speaks in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx

from auditor.randomness import Stream

#: How a shard's members are fed: ``shared`` rows (batch, width) for all of them, or ``paired``
#: rows (members, batch, width), block m for member m.
Layout: TypeAlias = Literal["shared", "paired"]

#: One member's float32 arrays by name; names and shapes are the same for all members of a run.
#: A member that could not be trained holds NaN throughout, so that its votes are abstentions.
Parameters: TypeAlias = Mapping[str, npt.NDArray[np.float32]]

#: A member's own keyed streams, by purpose: "init", "order" or "augment".
Streams: TypeAlias = Callable[[str], Stream]

#: Most bytes of parameters in one exported shard.
SHARD_BYTES: Final = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """What a member reads.

    ``shape`` is (d,) for a table and (channels, height, width) for images. ``symbols`` is the size
    of the alphabet, 0 for centred grid steps. A ``masked`` row has a second half that says which
    features are visible; hidden values are 0 in the first half.
    """

    shape: tuple[int, ...]
    symbols: int
    masked: bool
    classes: int

    @property
    def features(self) -> int:
        """Number of features d."""
        return int(np.prod(self.shape))

    @property
    def width(self) -> int:
        """Length of a row: d, or 2 d when masked."""
        return self.features * (2 if self.masked else 1)

    @property
    def image(self) -> bool:
        """Whether the features are pixels of an image."""
        return len(self.shape) == 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """What one member is trained on, in an order that only its own examples decide.

    ``symbols`` is (n, d), ``labels`` (n,). ``capacity`` is the most examples any member of the run
    can hold, under every move that the claim allows. ``visible`` (n, d) has 0 where the training
    side hides a value, whose symbol then says nothing; None where it hides none.
    """

    symbols: npt.NDArray[np.integer]
    labels: npt.NDArray[np.int64]
    capacity: int | None = None
    visible: npt.NDArray[np.uint8] | None = None


class Learner(Protocol):
    """Trains members and describes them as one ONNX graph.

    ``chunk`` is a constant of the recipe: members of one shard, and of one training call.
    ``front_end`` is a fixed graph ("x" to "features") that all members share, or None.
    """

    @property
    def name(self) -> str:
        """The learner's name in a recipe."""
        ...

    @property
    def chunk(self) -> int:
        """Members of one shard and of one training call."""
        ...

    @property
    def front_end(self) -> onnx.ModelProto | None:
        """The graph between views and members, if the recipe has one."""
        ...

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Train one member per set and return their parameters, in order.

        Guarantee: a member's parameters are bitwise a function of its own set and streams and of
        the recipe; the other members of the call, their number and order change nothing. Never
        raises for a member that cannot be trained: that member is NaN throughout. All others are
        finite, also where a class has no example (an infinite score would be an abstention).
        """
        ...

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return the graph of ``members`` stacked members, its parameters all zero.

        Input "x" (see :data:`Layout`); output "scores" (members, batch, classes).
        """
        ...


def shard_chunk(member_bytes: int, most: int = 100) -> int:
    """Return how many members of so many bytes share a shard: ``most``, fewer when they are large.

    >>> shard_chunk(1000), shard_chunk(1 << 24), shard_chunk(1 << 30)
    (100, 4, 1)
    """
    return max(1, min(most, SHARD_BYTES // member_bytes))
