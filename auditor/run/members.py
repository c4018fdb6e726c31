"""Which data each member is trained on: a part, a bag, or a noisy copy of the training set.

Guarantee for fixed members (partition, grid): the training set of a member, its order included, is
a function of what it is given of the examples in its part, and of recipe constants only. Changing,
inserting or removing an example elsewhere changes nothing of it, nor does changing a feature that
is not in its block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.guarantee.training import partition
from auditor.guarantee.training.finite_aggregation import FiniteAggregation
from auditor.learners.base import TrainingSet
from auditor.randomness import Stream, derive
from auditor.replay import noise

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MemberSets:
    """Makes members' training sets.

    ``symbols`` (n, d) and ``labels`` (n,) are the audited data; ``positions`` (n,) their places
    among the source's ``slots``, which a malformed example keeps too; ``names`` are what the
    partition goes by (ids or groups), None where it goes by index or content. ``blocks`` (blocks,
    d) are the features that the members of a grid have.
    """

    training: Mapping[str, Any]
    members: int
    symbols: npt.NDArray[np.integer]
    labels: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    slots: int
    names: Sequence[str] | None
    alphabet: int
    classes: int
    design_root: bytes
    draw_root: bytes
    blocks: npt.NDArray[np.uint8] | None = None

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
            chosen = self._bag(member)
        elif method == "grid":
            return self._cell(member)
        elif method == "finite-aggregation":
            chosen = self._fed(member)
        elif method == "partition":
            chosen = self._parts[member]
        else:
            chosen = np.arange(len(labels))
        return TrainingSet(symbols=symbols[chosen], labels=labels[chosen], capacity=self.capacity)

    def _cell(self, member: int) -> TrainingSet:
        """Return one part's examples with one block's features, in an order that only those decide.

        By construction: every other feature is gone before anything is made of the examples.
        """
        assert self.blocks is not None  # noqa: S101 - a grid has blocks
        block, part = divmod(member, int(self.training["parts"]))
        visible = self.blocks[block]
        keys, parts = self._assigned
        chosen = np.array(parts[part], np.int64)
        symbols, labels = self.symbols[chosen], self.labels[chosen]
        symbols[:, visible == 0] = 0
        contents = map(_content, symbols, labels)
        order = list(zip((keys[index] for index in chosen), contents, strict=True))
        ranked = np.array(sorted(range(len(chosen)), key=order.__getitem__), np.int64)
        return TrainingSet(
            symbols=symbols[ranked],
            labels=labels[ranked],
            capacity=self.capacity,
            visible=visible,
        )

    def _fed(self, member: int) -> Indices:
        """Return the examples of the parts that feed a member, in an order only they decide."""
        params = FiniteAggregation.from_dict(self.training, "smoothing.training")
        keys, parts = self._assigned
        order = list(zip(keys, self._contents, strict=True))
        given = [index for part in params.feeding(member) for index in parts[part]]
        return np.array(sorted(given, key=order.__getitem__), np.int64)

    def _bag(self, member: int) -> Indices:
        """Draw slots, not examples: one made malformed is drawn as before and adds nothing."""
        stream = Stream(self.draw_root, "bag", member)
        drawn = noise.bag(self.slots, int(self.training["size"]), stream)
        example_at = np.full(self.slots, -1, np.int64)
        example_at[self.positions] = np.arange(len(self.labels))
        chosen = example_at[drawn]
        return chosen[chosen >= 0]

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
        labels64 = labels.astype(np.int64)
        return TrainingSet(symbols=features, labels=labels64, capacity=self.capacity)

    @property
    def capacity(self) -> int | None:
        """Most examples a member can hold, a constant under the moves that the claim allows.

        None where no such number exists: parts by id, content or group grow with insertions.
        """
        if self.training["method"] == "bag":
            return int(self.training["size"])
        if self.training["method"] in {"partition", "grid"}:
            by_index = self.training["by"] == "index"
            return -(-self.slots // int(self.training["parts"])) if by_index else None
        if self.training["method"] == "finite-aggregation":
            part = -(-self.slots // int(self.training["parts"]))
            return part * int(self.training["spread"]) if self.training["by"] == "index" else None
        return self.slots

    @cached_property
    def _contents(self) -> list[bytes]:
        return list(map(_content, self.symbols, self.labels))

    @cached_property
    def _parts(self) -> list[Indices]:
        """Return each part's examples, in an order that only the part's own examples decide."""
        keys, parts = self._assigned
        order = list(zip(keys, self._contents, strict=True))
        return [np.array(sorted(part, key=order.__getitem__), np.int64) for part in parts]

    @cached_property
    def _assigned(self) -> tuple[list[bytes], list[list[int]]]:
        """Return what each example is assigned by, and the examples of each part."""
        params = partition.Partition(parts=int(self.training["parts"]), by=self.training["by"])
        if params.by == "index":
            keys: list[bytes] = [at.to_bytes(8, "big") for at in self.positions.tolist()]
            slots = partition.assign(None, self.slots, params, self.design_root)
            assigned = [slots[at] for at in self.positions.tolist()]
        else:
            keys = self._contents
            if self.names is not None:
                keys = [name.encode() for name in self.names]
            assigned = partition.assign(keys, len(keys), params, self.design_root)
        parts: list[list[int]] = [[] for _ in range(params.parts)]
        for index, part in enumerate(assigned):
            parts[part].append(index)
        return keys, parts


def _content(symbols: npt.NDArray[np.integer], label: np.int64) -> bytes:
    """Return the digest of an example's symbols and label."""
    return derive("auditor/content/v1", symbols.tobytes(), int(label).to_bytes(4, "big"))
