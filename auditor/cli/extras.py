"""Say which extra a command needs before it does any work."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from auditor.errors import UsageError

_MODULES: Final = {
    "replay": ("numpy", "onnx", "onnxruntime", "PIL"),
    "run": (
        "jinja2",
        "matplotlib",
        "numpy",
        "onnx",
        "onnxruntime",
        "PIL",
        "pyarrow",
        "scipy",
        "sklearn",
        "torch",
        "torchvision",
    ),
    "witness": ("py_arkworks_bls12381", "rfc3161_client"),
}


def need(extra: str, command: str) -> None:
    """Return if the packages of an extra are there; else raise UsageError with what to install."""
    missing = [name for name in _MODULES[extra] if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"audit {command} needs packages that are not installed ({', '.join(missing)}): "
            f"pip install 'auditor[{extra}]'"
        )
