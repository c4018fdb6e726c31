"""Image folders: <path>/train/<class>/*.png|jpg|jpeg and <path>/test/<class>/*.

With groups every class folder holds one folder a group: <path>/train/<class>/<group>/*.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from auditor.datasets.places import existing
from auditor.datasets.rows import Rows
from auditor.datasets.sources.pixels import checked_shape, pixels
from auditor.errors import DataError

_SUFFIXES: Final = frozenset({".jpeg", ".jpg", ".png"})


def read(data: Mapping[str, Any], base: Path, classes: Sequence[str]) -> tuple[Rows, Rows | None]:
    """Return the images below ``data.path``, class by class, files in order of their names."""
    root = existing(data["path"], base, "path", folder=True)
    train = _split(root, "train", data, classes)
    return train, None if "holdout" in data else _split(root, "test", data, classes)


def _split(root: Path, split: str, data: Mapping[str, Any], classes: Sequence[str]) -> Rows:
    folder = root / split
    if not folder.is_dir():
        hint = " (or give data.holdout)" if split == "test" else ""
        raise DataError(f"data.path: expected a folder {folder}, which does not exist{hint}")
    found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    missing = [name for name in classes if name not in found]
    if missing:
        raise DataError(
            f"classes: class {missing[0]!r} has no folder in {folder}; there are "
            f"{', '.join(found[:20]) or 'none'}"
        )
    grouped = "group" in data
    files = [
        (label, file)
        for label, name in enumerate(classes)
        for file in _files(folder / name, grouped=grouped)
    ]
    shape = checked_shape(data["shape"])
    values = np.zeros((len(files), int(np.prod(shape))), np.uint8)
    faults: dict[int, str] = {}
    digests = []
    for row, (_, file) in enumerate(files):
        try:
            source = file.read_bytes()
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {error.strerror}") from None
        digests.append(hashlib.sha256(source).hexdigest())
        try:
            values[row] = _decoded(source, shape, resize=data["resize"])
        except ValueError as error:
            faults[row] = str(error)
    return Rows(
        values=values,
        labels=np.array([label for label, _ in files], np.int64),
        shape=shape,
        names=[file.relative_to(root).as_posix() for _, file in files],
        groups=[file.parent.name for _, file in files] if grouped else None,
        digests=digests,
        faults=faults,
        unlisted={
            name: count
            for name in found
            if name not in classes and (count := len(_files(folder / name, grouped=grouped)))
        },
    )


def _files(folder: Path, *, grouped: bool) -> list[Path]:
    """Return the images of a class, those of a group together."""
    found = folder.glob("*/*") if grouped else folder.iterdir()
    return sorted(
        (file for file in found if file.suffix.lower() in _SUFFIXES and file.is_file()),
        key=lambda file: (file.parent.name, file.name),
    )


def _decoded(source: bytes, shape: tuple[int, ...], *, resize: bool) -> Any:  # noqa: ANN401
    """Return the pixels of a PNG or JPEG. Raises ValueError, whatever is wrong with it."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # A picture that expands to gigabytes is a malformed example, not a warning.
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(source), formats=("PNG", "JPEG")) as image:
                return pixels(image, shape, resize=resize)
    except (OSError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        # Pillow's own text names a buffer's address, which is nobody's business.
        reason = "no PNG or JPEG" if isinstance(error, UnidentifiedImageError) else error
        raise ValueError(f"unreadable image: {reason}") from None
