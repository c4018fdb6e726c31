"""The one type that every source becomes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.format.examples import dataset_root, example_bytes, tensor_bytes

Symbols = npt.NDArray[np.uint8] | npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Examples as symbols of the recipe's alphabet, in the order of the source.

    ``symbols`` (n, d): uint8 from 0, or on a grid int32 centred on 0; row-major over ``shape``,
    which is (d,) for tables and (channels, height, width) for images. ``labels`` (n,): int64
    indices into ``class_names``. ``ids``: the source's own trusted names (a column), None if it has
    none; ``names``: what to call an example in a message (file or row). ``groups``: the contributor
    of each, None without a group column. ``source_digests``: SHA-256 (hex) of each example's source
    bytes (array row, image file or CSV record).

    ``positions`` (n,): each example's slot among the source's ``slots`` rows of these classes.
    ``dropped`` slots hold malformed examples, so making an example malformed shifts no other.
    ``slot_labels`` (slots,): the label of each slot, malformed examples' too, negative where it
    cannot be read; None for a selection, which is no training set. ``columns``: names of a table's
    features, () where there are none.
    """

    symbols: Symbols
    labels: npt.NDArray[np.int64]
    ids: tuple[str, ...] | None
    groups: tuple[str, ...] | None
    names: tuple[str, ...]
    source_digests: tuple[str, ...]
    class_names: tuple[str, ...]
    shape: tuple[int, ...]
    positions: npt.NDArray[np.int64]
    slots: int
    slot_labels: npt.NDArray[np.int64] | None = None
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def group_count(self) -> int | None:
        """How many groups the examples have, None without a group column."""
        return None if self.groups is None else len(set(self.groups))

    @property
    def dropped(self) -> int:
        """How many rows of these classes were malformed and left out."""
        return self.slots - len(self)

    @property
    def dtype(self) -> str:
        """The symbols' type on the wire: "uint8", or "int32" in little-endian order."""
        return self.symbols.dtype.name

    def examples(self) -> Iterator[bytes]:
        """Yield the canonical bytes of each example: shape, type, label, id and group, symbols."""
        ids: Sequence[str | None] = self.ids or [None] * len(self)
        groups: Sequence[str | None] = self.groups or [None] * len(self)
        wire = self._wire
        for row, label, name, group in zip(wire, self.labels.tolist(), ids, groups, strict=True):
            yield example_bytes(
                row.tobytes(), shape=self.shape, dtype=self.dtype, label=label, id=name, group=group
            )

    def tensor(self, index: int) -> bytes:
        """Return the canonical bytes of one input: the example without label, id and group."""
        return tensor_bytes(self._wire[index].tobytes(), shape=self.shape, dtype=self.dtype)

    @cached_property
    def example_digests(self) -> tuple[str, ...]:
        """SHA-256 (hex) of each example's canonical bytes."""
        return tuple(hashlib.sha256(example).hexdigest() for example in self.examples())

    @cached_property
    def root(self) -> str:
        """Root (hex) of the RFC 9162 tree over the canonical example bytes."""
        return dataset_root(self.examples())

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> Dataset:
        """Return the examples at these indices, in that order."""
        at = [int(index) for index in indices]
        return Dataset(
            symbols=self.symbols[at],
            labels=self.labels[at],
            ids=None if self.ids is None else tuple(self.ids[i] for i in at),
            groups=None if self.groups is None else tuple(self.groups[i] for i in at),
            names=tuple(self.names[i] for i in at),
            source_digests=tuple(self.source_digests[i] for i in at),
            class_names=self.class_names,
            shape=self.shape,
            positions=self.positions[at],
            slots=len(at) + self.dropped,
            columns=self.columns,
        )

    def manifest(self) -> dict[str, Any]:
        """Return what a reader wants to know of the data, as JSON values."""
        counts = np.bincount(self.labels, minlength=len(self.class_names)).tolist()
        return {
            "size": len(self),
            "dropped": self.dropped,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "classes": list(self.class_names),
            "counts": dict(zip(self.class_names, counts, strict=True)),
            **({} if self.groups is None else {"groups": dict(Counter(self.groups).most_common())}),
            "rootHash": self.root,
            "examples": [
                {"name": name, "label": label, "sha256": digest, "source": source}
                for name, label, digest, source in zip(
                    self.names,
                    self.labels.tolist(),
                    self.example_digests,
                    self.source_digests,
                    strict=True,
                )
            ],
        }

    @property
    def _wire(self) -> npt.NDArray[Any]:
        # Rows contiguous and little-endian, whatever machine and slicing they come from.
        return np.ascontiguousarray(self.symbols, dtype=self.symbols.dtype.newbyteorder("<"))
