"""One module for each kind of source; ``read`` chooses by ``data.source``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from auditor.datasets.rows import Rows
from auditor.datasets.sources import images, npz, scikit, table, vision

Reader = Callable[[Mapping[str, Any], Path, Sequence[str]], tuple[Rows, Rows | None]]

READERS: Final[Mapping[str, Reader]] = {
    "images": images.read,
    "npz": npz.read,
    "sklearn": scikit.read,
    "table": table.read,
    "torchvision": vision.read,
}


def read(data: Mapping[str, Any], base: Path, classes: Sequence[str]) -> tuple[Rows, Rows | None]:
    """Return the training rows and, if the source has them, the test rows.

    ``data`` is the recipe's table, ``base`` the folder that relative paths start from. Raises
    DataError when the source as a whole cannot be read.
    """
    return READERS[data["source"].partition(":")[0]](data, base, classes)
