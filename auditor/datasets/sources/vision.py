"""Any torchvision classification set, by class name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from auditor.datasets.labels import Encoded, by_index, by_text, guess, known
from auditor.datasets.places import place
from auditor.datasets.rows import UNREADABLE, Rows
from auditor.datasets.sources.pixels import checked_shape, pixels
from auditor.errors import DataError

#: Target of an example that could not be opened.
_UNREAD: Final = -1


def read(data: Mapping[str, Any], base: Path, classes: Sequence[str]) -> tuple[Rows, Rows | None]:
    """Return the rows of ``torchvision:NAME``: its training split and its test split."""
    kind = _kind(data["source"])
    root = place(data["root"], base, "root")
    parameters = inspect.signature(kind).parameters
    train = _rows(_opened(kind, parameters, data, root, train=True), data, classes)
    if "holdout" in data:
        return train, None
    if not {"train", "split"} & parameters.keys():
        raise DataError(f"data.holdout: expected a table, {data['source']} has no test split")
    test = _rows(_opened(kind, parameters, data, root, train=False), data, classes)
    if test.shape != train.shape:
        raise DataError(
            f"{data['source']}: test images are {test.shape}, training images {train.shape}"
        )
    return train, test


def _kind(source: str) -> Any:  # noqa: ANN401 - torchvision ships no types
    from torchvision import datasets

    name = source.partition(":")[2]
    if name not in datasets.__all__:
        hint = guess(name, datasets.__all__)
        raise DataError(f"data.source: torchvision has no data set {name!r}{hint}")
    return getattr(datasets, name)


def _opened(
    kind: Any,  # noqa: ANN401
    parameters: Mapping[str, inspect.Parameter],
    data: Mapping[str, Any],
    root: Path,
    *,
    train: bool,
) -> Any:  # noqa: ANN401
    arguments: dict[str, Any] = dict(data.get("options", {}))
    if "root" in parameters:
        arguments["root"] = str(root)
    if "download" in parameters:
        arguments["download"] = data["download"]
    if "train" in parameters:
        arguments["train"] = train
    elif "split" in parameters:
        named = data.get("trainSplit" if train else "testSplit", "train" if train else "test")
        arguments.setdefault("split", named)
    try:
        return kind(**arguments)
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        hint = (
            ""
            if data["download"]
            else ("; data.download = true lets torchvision fetch it, if it can")
        )
        said = " ".join(str(error).split())
        raise DataError(f"{data['source']}: not readable below {root}: {said}{hint}") from None


def _rows(opened: Any, data: Mapping[str, Any], classes: Sequence[str]) -> Rows:  # noqa: ANN401
    images, targets = getattr(opened, "data", None), _targets(opened)
    faults: dict[int, str] = {}
    if images is not None and targets is not None and len(images) == len(targets) > 0:
        values, shape = _array(np.asarray(images), data["source"])
    else:
        values, targets, shape, faults = _iterated(opened, data)
    labels, bad_labels, unlisted = _encoded(opened, targets, data["source"], classes)
    labels[[row for row in faults if targets[row] == _UNREAD]] = UNREADABLE
    return Rows(
        values=values,
        labels=labels,
        shape=shape,
        faults=bad_labels | faults,
        unlisted=unlisted,
    )


def _targets(opened: Any) -> npt.NDArray[Any] | None:  # noqa: ANN401
    for name in ("targets", "labels"):
        targets = getattr(opened, name, None)
        if targets is not None:
            return np.asarray(targets)
    return None


def _array(images: npt.NDArray[Any], source: str) -> tuple[npt.NDArray[Any], tuple[int, ...]]:
    """Return all images at once, flat, channels first."""
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and images.shape[-1] in {1, 3}:
        images = images.transpose(0, 3, 1, 2)
    elif images.ndim != 4:
        raise DataError(f"{source}: expected images, got an array of shape {images.shape}")
    return np.ascontiguousarray(images).reshape(len(images), -1), images.shape[1:]


def _iterated(
    opened: Any,  # noqa: ANN401
    data: Mapping[str, Any],
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], tuple[int, ...], dict[int, str]]:
    """Return images read one by one, for sets that hold files; ``_UNREAD`` where one has no label.

    Such an example keeps its slot: nobody can tell that it was none of the listed classes.
    """
    if "shape" not in data:
        raise DataError(
            f"data.shape: expected [channels, height, width], as {data['source']} holds image files"
        )
    shape = checked_shape(data["shape"])
    values = np.zeros((len(opened), int(np.prod(shape))), np.uint8)
    targets = np.full(len(opened), _UNREAD, np.int64)
    faults = {}
    for row in range(len(opened)):
        try:
            image, target = opened[row]
        except (OSError, SyntaxError, ValueError) as error:
            faults[row] = str(error)
            continue
        if not hasattr(target, "__index__"):
            raise DataError(
                f"{data['source']}: expected one whole number as label, got "
                f"{type(target).__name__}: no classification set"
            )
        targets[row] = int(target)
        try:
            values[row] = pixels(image, shape, resize=data["resize"])
        except (OSError, SyntaxError, ValueError) as error:
            faults[row] = str(error)
    return values, targets, shape, faults


def _encoded(
    opened: Any,  # noqa: ANN401
    targets: npt.NDArray[Any],
    source: str,
    classes: Sequence[str],
) -> Encoded:
    titles = getattr(opened, "classes", None)
    if not titles or targets.dtype.kind not in "iu":
        return by_text(targets.tolist(), classes)
    # A class may be called by its number or by its title: "7" or "7 - seven".
    numbered = [(str(i), *_titles(title)) for i, title in enumerate(titles)]
    titles = [names[-1] for names in numbered]
    return by_index(targets, known(classes, numbered, source), titles)


def _titles(title: object) -> tuple[str, ...]:
    return tuple(map(str, title)) if isinstance(title, tuple) else (str(title),)
