"""A recipe's data as a training set and the inputs to certify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from auditor.datasets.alphabet import outside, quantise
from auditor.datasets.dataset import Dataset
from auditor.datasets.labels import no_examples
from auditor.datasets.rows import OTHER, Rows
from auditor.datasets.sources import read
from auditor.errors import DataError
from auditor.recipe import Recipe


def load(loaded: Recipe) -> tuple[Dataset, Dataset]:
    """Return (training set, inputs to certify after ``inputs.take``) of a recipe.

    A malformed example is left out by a rule that looks at that example alone, and counted. Raises
    DataError when the source cannot be read as the recipe says, when there is no input or when a
    class has no training example (no certificate is issued then; the classifier itself is defined
    without this check).
    """
    recipe = loaded.resolved
    train_rows, test_rows = split(loaded)
    train = build(train_rows, recipe)
    counts = np.bincount(train.labels, minlength=len(train.class_names)).tolist()
    empty = no_examples(
        dict(zip(train.class_names, counts, strict=True)), train_rows.unlisted, "training"
    )
    if empty:
        raise DataError(empty)
    test = build(test_rows, recipe)
    return train, test.take(chosen(recipe["inputs"]["take"], len(test)))


def split(loaded: Recipe) -> tuple[Rows, Rows]:
    """Return the source's training rows and the rows to choose inputs from."""
    recipe = loaded.resolved
    data = recipe["data"]
    train, test = read(data, loaded.base, recipe["classes"])
    if "holdout" in data:
        return train.split(data["holdout"]["every"], data["holdout"]["offset"])
    if test is None:
        raise DataError(f"data.holdout: expected a table, {data['source']} has no test split")
    return train, test


def faults(rows: Rows, recipe: Mapping[str, Any]) -> dict[int, str]:
    """Return why which rows are malformed, each judged by itself."""
    found = dict(rows.faults)
    # Whole numbers have a symbol, except outside a grid: the large case needs no look at each.
    if rows.values.dtype.kind == "f" or recipe["alphabet"]["kind"] == "grid":
        bad = outside(rows.values, recipe["alphabet"])
        for row in np.flatnonzero(bad.any(1)).tolist():
            if row not in found:
                column = int(bad[row].argmax())
                found[row] = _outside(rows, row, column, recipe["alphabet"])
    for key, names in (("data.id", rows.ids), ("data.group", rows.groups)):
        for row, name in enumerate(names or ()):
            # Control characters would let two names look like one in a list, or one like two.
            if not name or not name.isprintable():
                found.setdefault(row, f"{key}: expected printable text, got {name!r}")
    return found


def build(rows: Rows, recipe: Mapping[str, Any]) -> Dataset:
    """Return the well-formed rows of the listed classes as symbols."""
    slots = np.flatnonzero(rows.labels != OTHER)
    bad = faults(rows, recipe)
    good = np.array([row not in bad for row in slots.tolist()], np.bool_)
    keep = slots[good]
    at = keep.tolist()
    return Dataset(
        symbols=quantise(rows.values[keep], recipe["alphabet"], rows.columns),
        labels=rows.labels[keep],
        ids=_some(rows.ids, at),
        groups=_some(rows.groups, at),
        names=tuple(rows.name(row) for row in at),
        source_digests=tuple(rows.digest(row) for row in at),
        class_names=tuple(recipe["classes"]),
        shape=tuple(rows.shape),
        positions=np.flatnonzero(good),
        slots=len(slots),
        slot_labels=rows.labels[slots],
        columns=rows.columns,
    )


def chosen(take: str | int | Sequence[int], size: int) -> list[int]:
    """Return the indices that ``inputs.take`` means among ``size`` well-formed test rows.

    >>> chosen(3, 10)
    [0, 3, 6]
    """
    if size == 0:
        raise DataError("inputs: the test split has no well-formed example of these classes")
    if take == "all":
        return list(range(size))
    if isinstance(take, int):
        if take > size:
            raise DataError(
                f"inputs.take: expected at most {size}, the size of the test split, got {take}"
            )
        # Evenly spaced, as many sources are sorted by class.
        return [i * size // take for i in range(take)]
    indices = [int(index) for index in take]
    if max(indices) >= size:
        raise DataError(
            f"inputs.take: expected indices below {size}, the size of the test split, "
            f"got {max(indices)}"
        )
    return indices


def _outside(rows: Rows, row: int, column: int, alphabet: Mapping[str, Any]) -> str:
    name = rows.columns[column] if rows.columns else f"feature {column}"
    value = rows.values[row, column]
    if not np.isfinite(value):
        return f"{name} is {value}, not a finite number"
    return f"{name} is {value}, outside the alphabet ({alphabet['low']} to {alphabet['high']})"


def _some(values: Sequence[str] | None, at: Sequence[int]) -> tuple[str, ...] | None:
    return None if values is None else tuple(values[i] for i in at)
