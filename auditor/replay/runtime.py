"""onnxruntime sessions: one thread, from bytes, the same options everywhere.

Votes are those of the exported graphs under onnxruntime, so the options that could change a score
(threads, TF32, convolution search) are fixed here and nowhere else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from auditor.errors import UsageError

_CUDA_OPTIONS = {
    "use_tf32": "0",
    "cudnn_conv_algo_search": "HEURISTIC",
    "cudnn_conv_use_max_workspace": "0",
}


def session(model: bytes, device: str = "cpu") -> onnxruntime.InferenceSession:
    """Load a graph from its bytes on ``device`` ("cpu" or "cuda"), single-threaded.

    Raises UsageError when the graph cannot be loaded or the device is not there.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without this, bytes that are a sound ONNX file are read as onnxruntime's own format, in which
    # they can be another graph, where the fifth to eighth of them spell ORTM.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    providers: list[Any] = ["CPUExecutionProvider"]
    if device == "cuda":
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            msg = "device cuda: onnxruntime has no CUDA provider here; expected onnxruntime-gpu"
            raise UsageError(msg)
        providers.insert(0, ("CUDAExecutionProvider", _CUDA_OPTIONS))
    try:
        return onnxruntime.InferenceSession(model, options, providers=providers)
    except Exception as error:  # onnxruntime raises half a dozen unrelated types here
        reason = str(error).partition("\n")[0]
        msg = f"a graph of {len(model)} bytes cannot be loaded by onnxruntime: {reason}"
        raise UsageError(msg) from error


def run(
    loaded: onnxruntime.InferenceSession, rows: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Evaluate a graph of one input "x" and one output."""
    result: npt.NDArray[np.float32] = loaded.run(None, {"x": np.ascontiguousarray(rows)})[0]
    return result
