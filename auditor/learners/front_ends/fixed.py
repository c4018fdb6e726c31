"""A front end as training sees it: the very graph that is exported, run by the same runtime."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime import InferenceSession

from auditor.replay import runtime

#: Rows given to the graph at once; small enough for its intermediate images to stay in cache.
_ROWS = 64

#: Loaded graphs of this process, by digest.
_sessions: dict[str, InferenceSession] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedFrontEnd:
    """A graph "x" (batch, width) -> "features" (batch, ``size``), always run on the CPU."""

    model: onnx.ModelProto = field(repr=False)
    size: int

    def apply(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the features of rows (r, width).

        Rows of one call are taken in fixed blocks, the last one filled up with zero rows, so a
        row's features depend on its own numbers and place only.
        """
        if not len(rows):
            return np.zeros((0, self.size), np.float32)
        session = self._session()
        short = -len(rows) % _ROWS
        padded = np.concatenate([rows, np.zeros((short, rows.shape[1]), np.float32)])
        blocks = [
            runtime.run(session, padded[start : start + _ROWS])
            for start in range(0, len(padded), _ROWS)
        ]
        return np.concatenate(blocks)[: len(rows)]

    def _session(self) -> InferenceSession:
        data = self.model.SerializeToString(deterministic=True)
        key = hashlib.sha256(data).hexdigest()
        if key not in _sessions:
            _sessions[key] = runtime.session(data)
        return _sessions[key]
