"""From trained parameters to the exported members: a template's zeros are replaced, no more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx

from auditor.learners.base import Parameters
from auditor.replay.graph_digest import member_axes


def fill(template: onnx.ModelProto, parameters: Sequence[Parameters]) -> bytes:
    """Return the bytes of one shard: the template with these members' parameters.

    Members beyond ``parameters`` are zero (a last, shorter shard). The template is not changed.
    Raises ValueError when a parameter is missing or of the wrong size, or there are too many
    members: an error of ours, not of the data.
    """
    axes = member_axes(template)
    model = onnx.ModelProto()
    model.CopyFrom(template)
    for initializer in model.graph.initializer:
        if initializer.name in axes:
            stacked = _stack(initializer, [p[initializer.name] for p in parameters], axes)
            initializer.raw_data = stacked.tobytes()
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _stack(
    initializer: onnx.TensorProto,
    arrays: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.float32]]],
    axes: dict[str, int],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Stack members' arrays along their axis, pad with zero members, and check the size."""
    total = int(np.prod(initializer.dims))
    size = arrays[0].size
    members = total // size if size else 0
    if members * size != total or len(arrays) > members:
        msg = (
            f"parameter {initializer.name}: template holds {total} numbers, "
            f"got {len(arrays)} members of {size}"
        )
        raise ValueError(msg)
    padding = [np.zeros_like(arrays[0])] * (members - len(arrays))
    stacked = np.stack([*arrays, *padding], axis=axes[initializer.name])
    return np.ascontiguousarray(stacked, dtype="<f4")
