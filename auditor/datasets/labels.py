"""A source's labels to indices into the recipe's classes, each label by itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.datasets.rows import OTHER, UNREADABLE
from auditor.errors import DataError

Encoded = tuple[npt.NDArray[np.int64], dict[int, str], dict[str, int]]


def guess(word: str, options: Iterable[str]) -> str:
    """Return " (did you mean ...?)" for the option most like ``word``, "" if none is.

    >>> guess("Mnist", ["MNIST", "Omniglot"])
    " (did you mean 'MNIST'?)"
    """
    folded = {option.casefold(): option for option in options}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f" (did you mean {folded[close[0]]!r}?)" if close else ""


def known(classes: Sequence[str], available: Sequence[Sequence[str]], source: str) -> list[int]:
    """Return for each class of the recipe its index in the source's own, fixed list.

    ``available`` gives each class's names (number, title). Raises DataError for an unknown class.
    """
    index = {name: i for i, names in enumerate(available) for name in reversed(names)}
    for name in classes:
        if name not in index:
            titles = [names[0] for names in available]
            listed = ", ".join(titles[:20]) + (", ..." if len(titles) > 20 else "")
            raise DataError(
                f"classes: {source} has no class {name!r}{guess(name, index)}; it has {listed}"
            )
    chosen = [index[name] for name in classes]
    if len(set(chosen)) != len(chosen):
        raise DataError(f"classes: two of {list(classes)} name the same class of {source}")
    return chosen


def by_index(targets: npt.NDArray[Any], chosen: Sequence[int], titles: Sequence[str]) -> Encoded:
    """Encode integer targets (n,) of a source with a fixed class list."""
    table = np.full(len(titles) + 1, OTHER, np.int64)
    table[list(chosen)] = np.arange(len(chosen))
    inside = (targets >= 0) & (targets < len(titles))
    labels = table[np.where(inside, targets, len(titles)).astype(np.int64)]
    counts = np.bincount(targets[inside & (labels == OTHER)].astype(np.int64))
    unlisted = {titles[i]: int(count) for i, count in enumerate(counts.tolist()) if count}
    faults = {}
    for row in np.flatnonzero(~inside).tolist():
        labels[row] = UNREADABLE
        faults[row] = f"label {targets[row]} is no class of the source"
    return labels, faults, unlisted


def by_text(targets: Sequence[object], classes: Sequence[str]) -> Encoded:
    """Encode labels as text, integers or whole floats (n,), against the recipe's own names."""
    index = {name: i for i, name in enumerate(classes)}
    labels = np.full(len(targets), OTHER, np.int64)
    faults: dict[int, str] = {}
    unlisted: dict[str, int] = {}
    for row, target in enumerate(targets):
        text = label_text(target)
        if text is None:
            labels[row] = UNREADABLE
            faults[row] = f"label {target!r} is neither text nor a whole number"
        elif text in index:
            labels[row] = index[text]
        else:
            unlisted[text] = unlisted.get(text, 0) + 1
    return labels, faults, unlisted


def label_text(target: object) -> str | None:
    """Return a label as the recipe would write it, None if it is none.

    >>> label_text(7), label_text(7.0), label_text(" spam "), label_text(0.5), label_text("")
    ('7', '7', 'spam', None, None)
    """
    if isinstance(target, bytes):
        target = target.decode("utf-8", "replace")
    if isinstance(target, str):
        return target.strip() or None
    if isinstance(target, bool | int):
        return str(target)
    if isinstance(target, float) and target.is_integer():
        return str(int(target))
    return None


def no_examples(counts: Mapping[str, int], unlisted: Mapping[str, int], split: str) -> str | None:
    """Return the sentence for a listed class that has no row, if there is one."""
    for name, count in counts.items():
        if count == 0:
            others = ", ".join(sorted(unlisted)[:10]) or "none"
            return (
                f"classes: class {name!r} has no {split} example{guess(name, unlisted)}; "
                f"labels found that are not listed: {others}"
            )
    return None
