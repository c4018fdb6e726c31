"""Which data each member is trained on: a part, a bag, or a noisy copy of the training set.

Guarantee for fixed members (partition): the training set of member k, its order included, is a
function of the examples in part k and of recipe constants only. Changing, inserting or removing an
example elsewhere changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.guarantee.training import partition
from auditor.learners.base import TrainingSet
from auditor.randomness import Stream, derive
from auditor.replay import noise

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MemberSets:
    """Makes members' training sets.

    ``symbols`` (n, d) and ``labels`` (n,) are the audited data; ``names`` are what the partition
    goes by (ids or groups), None where it goes by index or content.
    """

    training: Mapping[str, Any]
    members: int
    symbols: npt.NDArray[np.integer]
    labels: npt.NDArray[np.int64]
    names: Sequence[str] | None
    alphabet: int
    classes: int
    design_root: bytes
    draw_root: bytes

    @property
    def drawn(self) -> bool:
        """Whether a member is a random draw (flip, bag) and not a part of the classifier."""
        return self.training["method"] in {"flip", "bag"}

    def streams(self, member: int) -> Callable[[str], Stream]:
        """Return the member's own streams, by purpose; drawn members draw all their randomness."""
        root = self.draw_root if self.drawn else self.design_root
        return lambda purpose: Stream(root, purpose, member)

    def training_set(self, member: int) -> TrainingSet:
        """Return what ``member`` is trained on."""
        method = self.training["method"]
        symbols, labels = self.symbols, self.labels
        if method == "flip":
            return self._flipped(member)
        if method == "bag":
            stream = Stream(self.draw_root, "bag", member)
            chosen = noise.bag(len(labels), int(self.training["size"]), stream)
        elif method == "partition":
            chosen = self._parts[member]
        else:
            chosen = np.arange(len(labels))
        return TrainingSet(symbols=symbols[chosen], labels=labels[chosen], capacity=self._capacity)

    def _flipped(self, member: int) -> TrainingSet:
        features = noise.flip(
            self.symbols,
            alphabet=self.alphabet,
            keep=self.training["keepFeatures"],
            stream=Stream(self.draw_root, "train-noise", member),
        )
        labels = noise.flip(
            self.labels,
            alphabet=self.classes,
            keep=self.training["keepLabels"],
            stream=Stream(self.draw_root, "label-noise", member),
        )
        return TrainingSet(symbols=features, labels=labels, capacity=self._capacity)

    @property
    def _capacity(self) -> int:
        """Most examples a member can hold: a constant under the moves that the claim allows."""
        method = self.training["method"]
        if method == "bag":
            return int(self.training["size"])
        if method == "partition":
            if "capacity" in self.training:
                return int(self.training["capacity"])
            return -(-len(self.labels) // self.members)  # by index: the number of examples is fixed
        return len(self.labels)

    @cached_property
    def _contents(self) -> list[bytes]:
        return [
            derive("auditor/content/v1", row.tobytes(), int(label).to_bytes(4, "big"))
            for row, label in zip(self.symbols, self.labels, strict=True)
        ]

    @cached_property
    def _parts(self) -> list[Indices]:
        """Return each part's examples, in an order that only the part's own examples decide."""
        by = self.training["by"]
        count = len(self.labels)
        keys: list[bytes]
        if by == "index":
            keys = [index.to_bytes(8, "big") for index in range(count)]
        elif by == "content" or self.names is None:
            keys = self._contents
        else:
            keys = [name.encode() for name in self.names]
        assigned = partition.assign(keys, by=by, parts=self.members, design_root=self.design_root)
        order = [(key, content) for key, content in zip(keys, self._contents, strict=True)]
        parts: list[list[int]] = [[] for _ in range(self.members)]
        for index, part in enumerate(assigned):
            parts[part].append(index)
        return [np.array(sorted(part, key=order.__getitem__), np.int64) for part in parts]
