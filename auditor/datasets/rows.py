"""What a source hands over: one split, row by row, before anything is quantised or left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

#: Label of a row whose class the recipe does not list: no part of the task.
OTHER: Final = -1
#: Label of a row whose class cannot be read: malformed.
UNREADABLE: Final = -2


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """One split of a source.

    ``values`` (n, d): numbers as the source has them, row-major over ``shape``. ``labels`` (n,):
    class index, OTHER or UNREADABLE. ``faults``: why a row cannot be used, by row; its values are
    then meaningless. ``unlisted``: how many rows carry which class that the recipe does not list.
    ``digests``: SHA-256 (hex) of each row's source bytes; None where those are the array's own.
    ``columns``: names of a table's features.
    """

    values: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    shape: tuple[int, ...]
    names: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    groups: Sequence[str] | None = None
    digests: Sequence[str] | None = None
    faults: Mapping[int, str] = field(default_factory=dict)
    unlisted: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, row: int) -> str:
        """Return what to call a row."""
        return self.names[row] if self.names is not None else str(row)

    def digest(self, row: int) -> str:
        """Return the SHA-256 (hex) of a row's source bytes."""
        if self.digests is not None:
            return self.digests[row]
        return hashlib.sha256(self.values[row].tobytes()).hexdigest()

    def split(self, every: int, offset: int) -> tuple[Rows, Rows]:
        """Return (training rows, rows held out), by place alone."""
        place = np.arange(len(self))
        held = place % every == offset
        return self._where(place[~held]), self._where(place[held])

    def _where(self, at: npt.NDArray[np.int64]) -> Rows:
        def some(values: Sequence[str] | None) -> list[str] | None:
            return None if values is None else [values[i] for i in at.tolist()]

        moved = {int(old): new for new, old in enumerate(at.tolist())}
        return Rows(
            values=self.values[at],
            labels=self.labels[at],
            shape=self.shape,
            names=[self.name(i) for i in at.tolist()],
            ids=some(self.ids),
            groups=some(self.groups),
            digests=some(self.digests),
            faults={moved[i]: why for i, why in self.faults.items() if i in moved},
            # Which split an unlisted row falls in matters to nobody.
            unlisted=self.unlisted,
            columns=self.columns,
        )
