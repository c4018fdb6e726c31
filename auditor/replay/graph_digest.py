"""One digest for the graph of all members: what a shard is without its members' parameters.

A member differs from another in the numbers of the initializers that the graph's own metadata
names. Everything else is digested, their names, types and dimensions and the metadata included, so
which numbers may differ is the same for all shards.
"""

from __future__ import annotations

import hashlib
from typing import Final

import onnx

from auditor.errors import EnvelopeError, ReleaseError
from auditor.format import strict_json

#: The only versions that are written, and that are read back.
OPSET: Final = 18
IR_VERSION: Final = 8
PRODUCER: Final = "auditor"

#: Metadata of a shard: initializer name -> axis along which members are stacked.
AXES_KEY: Final = "auditor.memberAxes"

_MAX_AXES: Final = 2**20


def member_axes(model: onnx.ModelProto, where: str = "graph") -> dict[str, int]:
    """Return a shard's parameters and the axis along which each stacks members.

    Empty for a graph without parameters. Raises ReleaseError for metadata of any other form.
    """
    axes: dict[str, int] = {}
    for number, entry in enumerate(model.metadata_props):
        if number or entry.key != AXES_KEY:
            msg = f"{where}: metadata {entry.key[:80]!r}, expected {AXES_KEY} alone"
            raise ReleaseError(msg)
        # Where it is no UTF-8, protobuf gives bytes instead of text.
        text = entry.value if isinstance(entry.value, bytes) else entry.value.encode()
        try:
            named = strict_json.parse(text, f"{where}: {AXES_KEY}", limit=_MAX_AXES)
        except EnvelopeError as error:
            raise ReleaseError(str(error)) from error
        for name, axis in named.items():
            if isinstance(axis, bool) or not isinstance(axis, int) or axis < 0:
                msg = f"{where}: {AXES_KEY}[{name[:80]!r}]: expected an axis, got {axis!r:.80}"
                raise ReleaseError(msg)
            axes[name] = axis
    return axes


def strip(model: onnx.ModelProto, axes: dict[str, int]) -> str:
    """Take the numbers of the parameters named in ``axes`` out of ``model``.

    Returns the SHA-256 (hex) of what is left.
    """
    for initializer in model.graph.initializer:
        if initializer.name in axes:
            for field in ("raw_data", "float_data"):
                initializer.ClearField(field)
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def graph_digest(model: bytes) -> str:
    """Return the SHA-256 (hex) of a graph without its members' parameters.

    Equal for all shards of a run: they differ in parameters only. Constants of the recipe count.
    """
    parsed = onnx.load_from_string(model)
    return strip(parsed, member_axes(parsed))
