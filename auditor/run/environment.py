"""What else a run's bytes can depend on: our code, the libraries, the machine, the device."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib import metadata
from pathlib import Path

import auditor
from auditor.errors import RunError

_LIBRARIES = ("numpy", "onnx", "scikit-learn", "scipy", "torch", "torchvision")


def device(wanted: str) -> str:
    """Resolve "auto", "cpu" or "cuda" to the device to use.

    Raises RunError when CUDA is asked for and absent.
    """
    if wanted == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        msg = "device cuda: expected a CUDA device, got none; use --device auto or cpu"
        raise RunError(msg)
    return "cpu"


def workers(wanted: int | None, chosen_device: str) -> int:
    """Resolve the number of worker processes: one a CPU core, one for a GPU, 0 = no process."""
    if wanted is not None:
        if wanted < 0:
            msg = f"workers: expected a number of processes, got {wanted}"
            raise RunError(msg)
        return wanted
    return 1 if chosen_device == "cuda" else len(os.sched_getaffinity(0))


def code() -> dict[str, str]:
    """Return this package's version and the SHA-256 of its sources, by path and content."""
    root = Path(auditor.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        inner = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{inner}  {path.relative_to(root).as_posix()}\n".encode())
    return {"version": version(), "sha256": digest.hexdigest()}


def version() -> str:
    """Return the version of this package."""
    return metadata.version("auditor")


def environment(chosen_device: str) -> dict[str, str]:
    """Return the versions of all that can change a member's bits."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    import onnxruntime

    found["onnxruntime"] = onnxruntime.__version__
    found["device"] = chosen_device
    if chosen_device == "cuda":
        import torch

        found["gpu"] = torch.cuda.get_device_name()
    return found
