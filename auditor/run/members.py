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

from auditor.guarantee.sides import DRAWN_METHODS
from auditor.guarantee.training import partition
from auditor.guarantee.training.finite_aggregation import FiniteAggregation
from auditor.learners.base import TrainingSet
from auditor.randomness import Stream, derive
from auditor.replay import grid_noise, noise
from auditor.replay.grid_noise import Sampler

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MemberSets:
    """Makes members' training sets.

    ``symbols`` (n, d) and ``labels`` (n,) are the audited data; ``positions`` (n,) their places
    among the source's ``slots``, which a malformed example keeps too; ``names`` are what the
    partition goes by (ids or groups), or whose rows a bag draws together (groups), None otherwise.
    ``slot_labels`` are the labels of all slots where the partition goes by class, else None.
    ``added`` is the noise that is added to features, None where none is; ``channels`` how many
    features make one unit. ``blocks`` (blocks, d) are the features that the members of a grid have.
    """

    training: Mapping[str, Any]
    members: int
    symbols: npt.NDArray[np.integer]
    labels: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    slots: int
    names: Sequence[str] | None
    slot_labels: Sequence[int] | None
    alphabet: int
    added: Sampler | None
    channels: int
    classes: int
    design_root: bytes
    draw_root: bytes
    blocks: npt.NDArray[np.uint8] | None = None

    @property
    def drawn(self) -> bool:
        """Whether a member is a random draw and not a part of the classifier."""
        return self.training["method"] in DRAWN_METHODS

    def streams(self, member: int) -> Callable[[str], Stream]:
        """Return the member's own streams, by purpose; drawn members draw all their randomness."""
        root = self.draw_root if self.drawn else self.design_root
        return lambda purpose: Stream(root, purpose, member)

    def training_set(self, member: int) -> TrainingSet:
        """Return what ``member`` is trained on."""
        method = self.training["method"]
        symbols, labels = self.symbols, self.labels
        if method == "flip" or self.added is not None:
            return self._noisy(member, symbols, labels)
        if method == "hide":
            return self._hidden(member)
        if method == "bag-flip":
            chosen = self._bag(member)
            return self._noisy(member, symbols[chosen], labels[chosen])
        if method == "bag":
            chosen = self._bag(member)
        elif method == "poisson-bag":
            chosen = self._poisson_bag(member)
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
            visible=np.broadcast_to(visible, symbols.shape),
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
        if self.names is not None:
            groups = self._groups
            drawn = noise.bag(len(groups), int(self.training["size"]), stream)
            return np.concatenate([groups[at] for at in drawn.tolist()])
        drawn = noise.bag(self.slots, int(self.training["size"]), stream)
        example_at = np.full(self.slots, -1, np.int64)
        example_at[self.positions] = np.arange(len(self.labels))
        chosen = example_at[drawn]
        return chosen[chosen >= 0]

    @cached_property
    def _groups(self) -> list[Indices]:
        """Return each group's rows, in the data's order; the groups by the bytes of their names."""
        rows: dict[bytes, list[int]] = {}
        for index, name in enumerate(self.names or ()):
            rows.setdefault(name.encode(), []).append(index)
        return [np.array(rows[name], np.int64) for name in sorted(rows)]

    def _poisson_bag(self, member: int) -> Indices:
        """Ask every slot, in order: one made malformed takes its word and adds nothing."""
        stream = Stream(self.draw_root, "bag", member)
        entered = noise.show((self.slots,), weight_shown=self.training["rate"], stream=stream)
        return np.flatnonzero(entered[self.positions])

    def _noisy(
        self, member: int, symbols: npt.NDArray[np.integer], labels: npt.NDArray[np.int64]
    ) -> TrainingSet:
        """Noise the copies (n, d) that a member is shown, and their labels, in their order."""
        stream = Stream(self.draw_root, "train-noise", member)
        features: npt.NDArray[np.integer]
        if self.added is not None:
            features = grid_noise.added(symbols, self.added, stream)
        else:
            features = noise.flip(
                symbols,
                alphabet=self.alphabet,
                keep=self.training["keepFeatures"],
                stream=stream,
            )
        noisy = noise.flip(
            labels,
            alphabet=self.classes,
            keep=self.training["keepLabels"],
            stream=Stream(self.draw_root, "label-noise", member),
        )
        labels64 = noisy.astype(np.int64)
        return TrainingSet(symbols=features, labels=labels64, capacity=self.capacity)

    def _hidden(self, member: int) -> TrainingSet:
        """Leave out whose label is hidden, and write the first symbol over what else is."""
        labelled = self._shown("label-noise", member, (len(self.labels),), "showLabels")
        units = (len(self.labels), self.symbols.shape[1] // self.channels)
        features = self._shown("train-noise", member, units, "showFeatures")
        chosen = np.flatnonzero(labelled)
        visible = np.tile(features[chosen], self.channels)
        return TrainingSet(
            symbols=self.symbols[chosen] * visible,
            labels=self.labels[chosen],
            capacity=self.capacity,
            visible=visible,
        )

    def _shown(
        self, purpose: str, member: int, shape: tuple[int, ...], key: str
    ) -> npt.NDArray[np.uint8]:
        """Return what of a shape is shown; a share of 1 shows everything and draws nothing."""
        if self.training[key] == "1":
            return np.ones(shape, np.uint8)
        stream = Stream(self.draw_root, purpose, member)
        return noise.show(shape, weight_shown=self.training[key], stream=stream)

    @property
    def capacity(self) -> int | None:
        """Most examples a member can hold, a constant under the moves that the claim allows.

        A single member of all examples has as many as there are; no other's graph depends on it.
        None where no such number exists: a Poisson bag may hold any number, parts by id, content or
        group grow with insertions, and a group may become any rows.
        """
        method = self.training["method"]
        dealt = self.training.get("by") in {"index", "class"}
        if method in {"bag", "bag-flip"}:
            return int(self.training["size"]) if self.names is None else None
        if method == "poisson-bag":
            return None
        if "parts" in self.training:
            part = -(-self.slots // int(self.training["parts"]))
            return part * int(self.training.get("spread", 1)) if dealt else None
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

    def parts(self) -> list[list[int]]:
        """Return the examples of each part of a partition, in the order of the data."""
        return self._assigned[1]

    @cached_property
    def _assigned(self) -> tuple[list[bytes], list[list[int]]]:
        """Return what each example is assigned by, and the examples of each part."""
        params = partition.Partition(parts=int(self.training["parts"]), by=self.training["by"])
        if params.by in {"index", "class"}:
            keys: list[bytes] = [at.to_bytes(8, "big") for at in self.positions.tolist()]
            if params.by == "index":
                slots = partition.assign(None, self.slots, params, self.design_root)
            else:
                labels = self.slot_labels or ()
                slots = partition.assign_by_class(labels, params, self.design_root)
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
